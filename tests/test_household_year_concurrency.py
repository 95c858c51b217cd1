# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Two people at once, one that dies, and the command that checks it."""
import datetime as dt
import os
import signal
from decimal import Decimal as D

import pytest
from sessions import at_once, open_sessions, serve
from sessions import Work as BaseWork

MODULES = ['fupin_household']
ROUNDS = 6
DAY = dt.date(2026, 3, 1)


@pytest.fixture(scope='module')
def records(database):
    "The ids of two households"
    from trytond.transaction import Transaction
    with Transaction().start(database, 1):
        return create_records()


def create_records():
    from trytond.pool import Pool
    pool = Pool()
    Country = pool.get('country.country')
    Household = pool.get('fupin.household')
    Person = pool.get('fupin.person')
    Subdivision = pool.get('country.subdivision')
    Year = pool.get('fupin.income.year')
    Year.create([{
                'name': str(y),
                'start_date': dt.date(y - 1, 10, 1),
                'end_date': dt.date(y, 9, 30),
                } for y in (2026, 2027)])
    country, = Country.create([{'name': "中国", 'code': 'CN'}])
    Subdivision.load_areas([
            ('410990', "试验县"), ('410990101', "镇"),
            ('410990101201', "村")], country)
    area, = Subdivision.search([('code', '=', '410990101201')])
    return [
        h.id for h in Household.create([{
                    'area': area.id,
                    'memberships': [('create', [{
                                    'person': Person.create([{
                                                'name': name,
                                                'area': area.id,
                                                }])[0].id,
                                    'relation': 'head',
                                    'from_date': dt.date(2020, 1, 1),
                                    }])],
                    } for name in ["张三", "李四"]])]


@pytest.fixture(scope='module')
def sessions(database, records, tmp_path_factory):
    with open_sessions(
            __file__, database,
            tmp_path_factory.mktemp('household_year')) as sessions:
        yield sessions


def test_posting_for_one_household_at_once(sessions, records):
    "No figure is lost"
    first, second = sessions
    before = D(first.ask('net', records[0])[0])
    for _ in range(ROUNDS):
        assert at_once(
            sessions,
            ['post', records[:1], '10.01'],
            ['post', records[:1], '0.10']) == ['done', 'done']
    assert first.ask('net', records[0]) == [
        str(before + ROUNDS * D('10.11')), [0, []]]


def test_posting_for_two_in_other_order(sessions, records):
    "Whoever waits for the other does not wait for ever"
    first, _ = sessions
    before = [D(first.ask('net', r)[0]) for r in records]
    for _ in range(ROUNDS):
        assert at_once(
            sessions,
            ['post', records, '1.00'],
            ['post', records[::-1], '2.00']) == ['done', 'done']
    for record, net in zip(records, before):
        assert first.ask('net', record) == [
            str(net + ROUNDS * D('3.00')), [0, []]]


def test_posting_while_a_person_joins(sessions, records):
    first, _ = sessions
    persons = first.ask('persons', records[0])
    for _ in range(ROUNDS):
        assert at_once(
            sessions, ['post', records[:1], '1.00'],
            ['join', records[0]]) == ['done', 'done']
    assert first.ask('persons', records[0]) == persons + ROUNDS
    assert first.ask('net', records[0])[1] == [0, []]


def test_posting_while_the_year_is_closed(sessions, records):
    "It is in the year that the county saw, or refused"
    first, _ = sessions
    before = D(first.ask('net', records[1])[0])
    posted, closed = at_once(
        sessions, ['post', records[1:], '5.00'], ['close'])
    assert closed == 'done'
    if posted == 'done':
        before += D('5.00')
    else:
        assert posted[0] == 'refused'
    assert first.ask('net', records[1]) == [str(before), [0, []]]
    assert first.ask('reopen') == 'done'


def test_whoever_dies_leaves_nothing(sessions, records, tmp_path):
    first, second = sessions
    before = first.ask('net', records[0])
    second.tell('die', records[:1], '77.00')
    assert second.process.wait(60) == -signal.SIGKILL
    assert first.ask('net', records[0]) == before


class Work(BaseWork):

    def post(self, households, amount):
        Category = self.pool.get('fupin.income.category')
        Declaration = self.pool.get('fupin.income.declaration')
        Household = self.pool.get('fupin.household')
        Income = self.pool.get('fupin.income')
        category, = Category.search([('code', '=', 'pension')]) or [
            Category.search([('declarable', '=', True)])[0]]
        lines = []
        for household in Household.browse(households):
            declaration, = Declaration.create([{
                        'household': household.id,
                        'date': DAY,
                        'lines': [('create', [{
                                        'category': category.id,
                                        'date': DAY,
                                        'amount': D(amount),
                                        'source': "收据",
                                        }])],
                        }])
            lines.append(declaration.lines[0].get_income())
        # one by one, so that the order is that of the households
        for line in lines:
            Income.post([line])
        return 'done'

    def die(self, households, amount):
        self.post(households, amount)
        os.kill(os.getpid(), signal.SIGKILL)

    def join(self, household):
        Household = self.pool.get('fupin.household')
        Membership = self.pool.get('fupin.household.membership')
        Person = self.pool.get('fupin.person')
        person, = Person.create([{
                    'name': "子", 'area': Household(household).area.id}])
        Membership.create([{
                    'household': household, 'person': person.id,
                    'relation': 'son', 'from_date': DAY}])
        return 'done'

    def _year(self):
        Year = self.pool.get('fupin.income.year')
        return Year.search([('name', '=', '2026')])

    def close(self):
        self.pool.get('fupin.income.year').close(self._year())
        return 'done'

    def reopen(self):
        self.pool.get('fupin.income.year').reopen(self._year())
        return 'done'

    def _row(self, household):
        HouseholdYear = self.pool.get('fupin.household.year')
        row, = HouseholdYear.search([
                ('household', '=', household), ('year.name', '=', '2026')])
        return row

    def net(self, household):
        "What is kept, and what the check says of it"
        from trytond.modules.fupin_household import household_year_check
        count, differences = household_year_check.compare()
        net = D(self._row(household).net).quantize(D('0.01'))
        return [str(net), [count, [d.names for d in differences]]]

    def persons(self, household):
        return self._row(household).persons


if __name__ == '__main__':
    serve(Work)
