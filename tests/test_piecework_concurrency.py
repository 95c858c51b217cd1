# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Two people at once: no parts are given or brought back twice, and each
accepted piece is paid once."""
import pytest
from cooperative import (
    CREDIT_CODES, NAMES, alone, new_area, new_income_years)
from labour import new_worker
from piecework import (
    ASSEMBLE, BODY, MONDAY, SUNDAY, new_order, new_piecework,
    new_return, posted, received, running)
from sessions import Work as Session
from sessions import at_once, open_sessions, serve

__all__ = ['alone']

MODULES = ['fupin_industry']
ROUNDS = 5


@pytest.fixture(scope='module')
def order(database, alone):  # noqa: F811
    "The ids of an order of 5,000 and of a worker"
    from trytond.modules.company.tests import set_company
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    with Transaction().start(database, 1):
        Company = Pool().get('company.company')
        new_income_years(2026)
        area = new_area()
        company = Company.create_cooperative(
            NAMES[0], CREDIT_CODES[0], [2026])
        with set_company(company):
            order = received(running(new_order(company, area)))
            return order.id, new_worker(company, area, "赵六").id


@pytest.fixture(scope='module')
def sessions(database, order, tmp_path_factory):
    with open_sessions(
            __file__, database, tmp_path_factory.mktemp('piecework'),
            TRYTOND_DATABASE__RETRY='40') as sessions:
        yield sessions


def outcome(results):
    return sorted(r[0] for r in results)


def test_all_is_booked_once(sessions, order):
    "In one go: what is left of one part is what the next needs"
    for _ in range(ROUNDS):
        # two who want 600 of the same 1,000
        issues = [sessions[0].ask('issue', *order, 600) for _ in range(2)]
        extra = sessions[0].ask('take_back', order[0], 1000)
        results = at_once(sessions, *[('post', *i) for i in issues])
        assert outcome(results) == ['done', 'refused']
        issue = issues[results[0][0] != 'done']

        # two who enter the return of the same 600
        returns = [sessions[1].ask('bring', issue[1], 400) for _ in range(2)]
        results = at_once(sessions, *[('post', *r) for r in returns])
        assert outcome(results) == ['done', 'refused']
        return_ = returns.pop(results[0][0] != 'done')
        sessions[0].ask('delete', *returns[0])

        # two who gather the same week
        sheets = [sessions[0].ask('sheet') for _ in range(2)]
        results = at_once(sessions, *[('gather', s) for s in sheets])
        assert sorted(r[1] for r in results) == ['0.00', '3.40']
        paying = sheets[results[0][1] != '3.40']

        # one pays what another takes back
        sessions[0].ask('delete', 'fupin.labour', paying)
        sheet = sessions[1].ask('sheet')
        results = at_once(
            sessions, ('gather', sheet), ('cancel', *return_))
        assert results[0][1] == (
            '3.40' if results[1][0] == 'refused' else '0.00')
        sessions[0].ask('delete', 'fupin.labour', sheet)
        sessions[0].ask('cancel', *return_)
        assert sessions[0].ask('cancel', *issue)[0] == 'done'
        assert sessions[0].ask('cancel', *extra)[0] == 'done'
        assert sessions[1].ask('on_hand', order[0]) == '5000'


# What a session does

class Work(Session):

    def issue(self, order, worker, pieces):
        Order = self.pool.get('fupin.piecework.order')
        Worker = self.pool.get('fupin.labour.worker')
        piecework = new_piecework(
            Order(order), Worker(worker), ASSEMBLE, pieces=pieces)
        return ['fupin.piecework', piecework.id]

    def take_back(self, order, left):
        "Let the customer have all bodies but so many"
        Order = self.pool.get('fupin.piecework.order')
        Receipt = self.pool.get('fupin.piecework.receipt')
        received(
            Order(order), MONDAY, 'returned', **{BODY: 5000 - left})
        receipt, = Receipt.search([], order=[('id', 'DESC')], limit=1)
        return ['fupin.piecework.receipt', receipt.id]

    def bring(self, piecework, pieces):
        Piecework = self.pool.get('fupin.piecework')
        return_ = new_return(Piecework(piecework), {ASSEMBLE: pieces})
        return ['fupin.piecework.return', return_.id]

    def sheet(self):
        Company = self.pool.get('company.company')
        Sheet = self.pool.get('fupin.labour')
        company, = Company.search([])
        sheet, = Sheet.create([{
                    'company': company.id,
                    'date': SUNDAY,
                    'from_date': MONDAY,
                    'to_date': SUNDAY,
                    }])
        return sheet.id

    def post(self, model, id_):
        document = posted(self.pool.get(model)(id_))
        return ['done', document.number]

    def cancel(self, model, id_):
        document = self.pool.get(model)(id_)
        document.cancel([document])
        return ['done', document.number]

    def gather(self, sheet):
        Sheet = self.pool.get('fupin.labour')
        Sheet.gather([Sheet(sheet)])
        return ['done', str(Sheet(sheet).amount)]

    def delete(self, model, id_):
        document = self.pool.get(model)(id_)
        document.delete([document])

    def on_hand(self, order):
        Order = self.pool.get('fupin.piecework.order')
        return str(int({
                    p.name: p.on_hand for p in Order(order).parts}[BODY]))


if __name__ == '__main__':
    serve(Work)
