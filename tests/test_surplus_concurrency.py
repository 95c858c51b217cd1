# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Two people distribute the surplus of a year at once: it is done once."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (
    CREDIT_CODES, NAMES, alone, new_area, new_delivery, new_household,
    new_income_years, new_member, new_product, post)
from sessions import Work as Session
from sessions import at_once, open_sessions, serve

__all__ = ['alone']

MODULES = ['fupin_coop']
ROUNDS = 3
EFFECTS = [
    'account.move', 'account.move.line', 'fupin.member.entry',
    'fupin.income']


@pytest.fixture(scope='module')
def records(database, alone):  # noqa: F811
    "The ids of plans for one year, all of them decided"
    from trytond.transaction import Transaction
    with Transaction().start(database, 1):
        return create_records()


def create_records():
    from assembly import adopted, new_charter
    from test_coop_surplus import (
        JUNE, MEETING, book, close, contribute, plan)
    from trytond.modules.company.tests import set_company
    from trytond.pool import Pool
    Company = Pool().get('company.company')
    new_income_years(2025, 2026)
    area = new_area()
    company = Company.create_cooperative(
        NAMES[0], CREDIT_CODES[0], [2025, 2026])
    with set_company(company):
        new_charter(company, reserve_rate=D('0.1'), refund_rate=D('0.6'))
        product = new_product(company, "香菇", '7.60')
        Price = Pool().get('fupin.price')
        Price.write(Price.search([]), {'from_date': dt.date(2025, 1, 1)})
        for name, traded in [("张三", 100), ("李四", 200), ("王五", None)]:
            member = new_member(company, new_household(area, name))
            contribute(company, member, '1000')
            if traded:
                post(new_delivery(
                        company, product, member, date=JUNE, gross=D(traded),
                        tare=D(0), deduction_rate=D(0)))
        book(company, '102', '501', '10000')
        close(company)
        resolution = adopted(company, 'surplus', MEETING)
        return [
            plan(company, resolution=resolution.id).id
            for _ in range(3 * ROUNDS)]


@pytest.fixture(scope='module')
def sessions(database, records, tmp_path_factory):
    with open_sessions(
            __file__, database, tmp_path_factory.mktemp('surplus')
            ) as sessions:
        yield sessions


def check_once(sessions, plans):
    "Post the plans at once and return the one that is posted"
    before = sessions[0].ask('count')
    results = at_once(sessions, *[('post', p) for p in plans])
    assert sorted(r[0] for r in results) == ['done', 'refused']
    refusal, = [r[1] for r in results if r[0] == 'refused']
    assert '%(' not in refusal and '2025' in refusal
    after = sessions[1].ask('count')
    # two have a refund and a share of the reserve, three a remainder; six
    # lines have no party
    assert {n: after[n] - before[n] for n in after} == {
        'account.move': 1, 'account.move.line': 11, 'fupin.member.entry': 7,
        'fupin.income': 5, 'posted': 1}
    assert sessions[0].ask('ties')
    done, = [r[1] for r in results if r[0] == 'done']
    return done


def test_one_plan_posted_at_once(sessions, records):
    for _ in range(ROUNDS):
        plan = records.pop()
        assert check_once(sessions, [plan, plan]) == plan
        assert sessions[1].ask('cancel', plan)[0] == 'done'


def test_two_plans_posted_at_once(sessions, records):
    for _ in range(ROUNDS):
        done = check_once(sessions, [records.pop(), records.pop()])
        assert sessions[0].ask('cancel', done)[0] == 'done'


class Work(Session):

    def get(self, id_):
        return self.pool.get('fupin.surplus')(id_)

    def post(self, id_):
        surplus = self.get(id_)
        surplus.post([surplus])
        return ['done', id_]

    def cancel(self, id_):
        surplus = self.get(id_)
        surplus.cancel([surplus])
        return ['done', id_]

    def count(self):
        counts = {
            name: self.pool.get(name).search([], count=True)
            for name in EFFECTS}
        counts['posted'] = self.pool.get('fupin.surplus').search(
            [('state', '=', 'posted')], count=True)
        return counts

    def ties(self):
        company, = self.pool.get('company.company').search([])
        checks = self.pool.get('fupin.reconciliation').check(company)
        return not any(c.count for c in checks)


if __name__ == '__main__':
    serve(Work)
