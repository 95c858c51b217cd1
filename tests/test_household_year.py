# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The rows of household and year: always what the ledger says, frozen when
the county closes the year, corrections beside them."""
import datetime as dt
import random
import sqlite3
from decimal import Decimal as D

import pytest
from test_fupin_household import (
    acting, county, declaration, household, income, person, user, years)
from trytond import backend
from trytond.model.exceptions import AccessError, SQLConstraintError
from trytond.modules.fupin_household import household_year_check as check
from trytond.modules.fupin_household.exceptions import PovertyLineError
from trytond.pool import Pool
from trytond.transaction import Transaction

__all__ = ['county', 'years']

MODULES = ['fupin_household']

pytestmark = pytest.mark.usefixtures('transaction')


def post(h, date, amount, category='sale', cost='0'):
    "Post a line of income whose document is any record"
    Income = Pool().get('fupin.income')
    d = declaration(h, ('pension', dt.date(2026, 1, 1), '1', '0'))
    line, = Income.post([
            income(h, date, amount, d.lines[0], category, cost)])
    return line


def pay(line, amount, date=dt.date(2026, 11, 1)):
    Payment = Pool().get('fupin.income.payment')
    payment, = Payment.post([Payment(
                income=line, date=date, amount=D(amount),
                origin=line.origin)])
    return payment


@pytest.fixture(autouse=True)
def any_origin(monkeypatch, transaction):
    "What pays is a document of a module above"
    pool = Pool()
    Income = pool.get('fupin.income')
    Payment = pool.get('fupin.income.payment')
    monkeypatch.setattr(Payment, '_get_origin', Income._get_origin)


def row(h, year):
    HouseholdYear = Pool().get('fupin.household.year')
    return HouseholdYear.search([
            ('household', '=', h.id), ('year', '=', year.id)])[0]


def line_of(year, amount, area=None):
    PovertyLine = Pool().get('fupin.poverty.line')
    return PovertyLine.create([{
                'year': year.id,
                'area': area.id if area else None,
                'amount': D(amount),
                'document': "县发〔2026〕1号",
                }])[0]


def execute(*query):
    Transaction().connection.cursor().execute(*query)


# What is kept

def test_shares_and_line(county, years):
    "Every figure by hand"
    h = household(county["村11"], "张三", others=1)
    year = years[1]
    line_of(year, '7500.00')
    post(h, dt.date(2025, 12, 1), '3000.00', 'sale', '500.00')
    post(h, dt.date(2026, 1, 1), '2000.00', 'pension')
    post(h, dt.date(2026, 2, 1), '1000.00', 'pension')
    post(h, dt.date(2026, 3, 1), '4000.00', 'wage_outside')

    r = row(h, year)

    # 4000 of 10000 from one source, 3000 of them transfers
    assert (r.amount, r.net) == (D('10000.00'), D('9500.00'))
    assert (r.largest_share, r.transfer_share) == (D('0.4'), D('0.3'))
    assert (r.per_capita, r.line) == (D('4750.00'), D('7500.00'))
    assert r.line_distance == D('-2750.00')
    assert (r.head.name, r.persons, r.closed) == ("张三", 2, False)
    assert (r.township, r.village) == (county["镇1"], county["村11"])
    empty = row(h, years[0])
    assert (empty.amount, empty.per_capita) == (0, 0)
    assert empty.largest_share is empty.transfer_share is empty.line is None


def test_nobody_counted(county, years):
    "Without persons there is no figure per person"
    Household = Pool().get('fupin.household')
    h, = Household.create([{'area': county["村11"].id}])
    post(h, dt.date(2026, 1, 1), '100.00')
    r = row(h, years[1])
    assert (r.persons, r.net, r.per_capita) == (0, D('100.00'), None)


def test_nearest_line_holds(county, years):
    PovertyLine = Pool().get('fupin.poverty.line')
    first = household(county["村11"], "张三")
    second = household(county["村21"], "李四")
    year = years[1]

    def lines():
        return [row(h, year).line for h in [first, second]]
    assert lines() == [None, None]
    everywhere = line_of(year, '7000')
    assert lines() == [D('7000'), D('7000')]
    of_county = line_of(year, '7500', county["试验县"])
    assert lines() == [D('7500'), D('7500')]
    of_township = line_of(year, '8000', county["镇2"])
    assert lines() == [D('7500'), D('8000')]
    PovertyLine.write([of_township], {'amount': D('8800')})
    assert lines() == [D('7500'), D('8800')]
    PovertyLine.delete([of_county])
    assert lines() == [D('7000'), D('8800')]
    PovertyLine.delete([of_township, everywhere])
    assert lines() == [None, None]
    assert row(first, years[0]).line is None


def test_line_of_the_province(county, years):
    pool = Pool()
    Subdivision = pool.get('country.subdivision')
    h = household(county["村11"])
    whole = county["试验县"]
    province, = Subdivision.create([{
                'name': "试验省", 'code': 'CN-41', 'type': 'province',
                'country': whole.country.id}])
    line_of(years[1], '6000', province)
    assert row(h, years[1]).line is None
    Subdivision.write([whole], {'parent': province.id})
    assert row(h, years[1]).line == D('6000')


def test_two_lines_refused(county, years):
    line_of(years[1], '7000')
    with pytest.raises(SQLConstraintError, match="one standard line"):
        line_of(years[1], '7500')


def test_line_of_a_closed_year_refused(county, years):
    area_line = line_of(years[1], '7500', county["试验县"])
    Year = Pool().get('fupin.income.year')
    Year.close([years[1]])
    PovertyLine = Pool().get('fupin.poverty.line')
    for act in [
            lambda: PovertyLine.write([area_line], {'amount': D('1')}),
            lambda: PovertyLine.delete([area_line]),
            lambda: line_of(years[1], '1', county["镇1"])]:
        with pytest.raises(PovertyLineError, match="is closed"):
            act()


# What changes them

def change(rand, county, years, state):
    "Do something at random that a row shows"
    pool = Pool()
    Household = pool.get('fupin.household')
    Income = pool.get('fupin.income')
    Membership = pool.get('fupin.household.membership')
    Registration = pool.get('fupin.household.registration')
    Kind = pool.get('fupin.registration.kind')
    households, lines = state
    h = rand.choice(households)
    day = dt.date(2024, 10, 1) + dt.timedelta(rand.randrange(730))
    what = rand.choice([
            'post', 'post', 'post', 'reverse', 'pay', 'join', 'leave',
            'forget', 'register', 'move', 'end', 'found', 'begin'])
    if what == 'post':
        lines.append(post(
                h, day, str(D(rand.randrange(1, 10**6)).scaleb(-2)),
                rand.choice(['sale', 'rent', 'pension', 'wage_outside']),
                str(D(rand.randrange(100)).scaleb(-2))))
    elif what == 'reverse' and lines:
        Income.reverse([lines.pop(rand.randrange(len(lines))).origin])
    elif what == 'pay' and lines:
        line = lines.pop()
        pay(line, str(line.amount))
    elif what == 'join':
        Membership.create([{
                    'household': h.id, 'relation': 'son',
                    'person': person(h.area, "子").id, 'from_date': day}])
    elif what in {'leave', 'forget'}:
        found = Membership.search([
                ('household', '=', h.id), ('relation', '!=', 'head'),
                ('to_date', '=', None)], limit=1)
        if what == 'forget':
            Membership.delete(found)
        elif found and found[0].from_date <= day:
            Membership.write(found, {'to_date': day})
    elif what == 'register':
        kind, = Kind.search([('code', '=', 'lifted')], limit=1) or Kind.create(
            [{'code': 'lifted', 'name': "脱贫户"}])
        if not h.registrations:
            Registration.create([{
                        'household': h.id, 'kind': kind.id,
                        'from_date': day}])
        else:
            Registration.delete(h.registrations)
    elif what == 'move':
        Household.write([h], {
                'area': county[rand.choice(["村11", "村12", "村21"])].id})
    elif what == 'end':
        Household.write([h], {'start_date': None, 'end_date': day})
    elif what == 'begin':
        Household.write([h], {'start_date': None, 'end_date': None})
    elif what == 'found':
        households.append(household(county["村22"], "王五", start_date=day))
    return what


@pytest.mark.parametrize('seed', range(4))
def test_always_what_the_ledger_says(county, years, seed):
    Year = Pool().get('fupin.income.year')
    rand = random.Random(seed)
    state = [household(county["村11"]), household(county["村21"])], []
    done = set()
    for i in range(30):
        if i == 15:
            Year.create([{
                        'name': '2027', 'start_date': dt.date(2026, 10, 1),
                        'end_date': dt.date(2027, 9, 30)}])
        what = change(rand, county, years, state)
        done.add(what)
        assert check.compare() == (0, []), what
    assert len(done) > 6


def test_year_after_the_changed_one(county, years):
    "The row of the next year shows what was posted in the one before"
    h = household(county["村11"])
    post(h, dt.date(2026, 1, 1), '300.00')
    post(h, dt.date(2025, 1, 1), '100.00')
    r = row(h, years[1])
    assert (r.previous_net, r.net_change) == (D('100.00'), D('200.00'))
    assert r.industry_change == D('200.00')

def test_posting_without_row(county, years):
    "Who earns something after the household has ended gets a row"
    h = household(county["村11"], "张三", end_date=dt.date(2025, 1, 1))
    HouseholdYear = Pool().get('fupin.household.year')
    assert HouseholdYear.search_count([('household', '=', h.id)]) == 1
    line = post(h, dt.date(2026, 1, 1), '5.00')
    assert row(h, years[1]).net == D('5.00')
    assert check.compare() == (0, [])
    other = household(county["村11"], "李四", end_date=dt.date(2025, 1, 1))
    wrong = post(other, dt.date(2024, 12, 1), '5.00')
    Pool().get('fupin.income.year').close(years[:1])
    Pool().get('fupin.income').reverse(
        [line.origin, wrong.origin], dt.date(2026, 2, 1))
    assert [row(x, years[1]).net for x in [h, other]] == [D(0), D(-5)]
    assert check.compare() == (0, [])


# The check

def test_check_finds_and_rebuild_mends(county, years, capsys):
    pool = Pool()
    HouseholdYear = pool.get('fupin.household.year')
    Source = pool.get('fupin.household.year.source')
    households = [household(county["村11"], f"户{i}") for i in range(4)]
    for h in households:
        post(h, dt.date(2026, 1, 1), '100.00')
    gone = household(county["村11"], "亡", end_date=dt.date(2025, 1, 1))
    assert check.report() == 0
    assert 'All rows are' in capsys.readouterr().out

    table, source = HouseholdYear.__table__(), Source.__table__()
    execute(*table.update(
            [table.net, table.persons], [D('99.99'), 7],
            where=table.id == row(households[0], years[1]).id))
    execute(*table.delete(where=table.id == row(households[1], years[1]).id))
    execute(*source.update(
            [source.paid], [D('0.01')],
            where=source.household == households[2].id))
    execute(*table.insert(
            [table.household, table.year, table.area, table.persons,
                table.net, table.closed],
            [[gone.id, years[1].id, gone.area.id, 0, D(0), False]]))

    count, differences = check.compare()
    assert count == 4
    assert {(d.household, d.year): d.names for d in differences} == {
        (households[0].number, '2026'): ['persons', 'net'],
        (households[1].number, '2026'): ['id'],
        (households[2].number, '2026'): ['sources'],
        (gone.number, '2026'): ['id'],
        }
    assert check.report() == 1
    output = capsys.readouterr().out
    assert f'! {households[0].number}  2026  Persons, Net Income' in output
    assert '4 rows differ' in output

    HouseholdYear.rebuild()
    assert check.compare() == (0, [])
    assert row(households[0], years[1]).net == D('100.00')
    assert row(households[1], years[1]).net == D('100.00')


def test_wizard(county, years):
    pool = Pool()
    HouseholdYear = pool.get('fupin.household.year')
    Check = pool.get('fupin.household.year.check', type='wizard')
    h = household(county["村11"])
    table = HouseholdYear.__table__()
    execute(*table.delete())
    session_id, _, _ = Check.create()
    wizard = Check(session_id)
    result = wizard.default_result([])
    assert result['count'] == 2
    assert result['differences'][0] == {
        'household': h.number, 'year': '2025',
        'names': 'missing or needless row'}
    assert wizard.transition_rebuild() == 'result'
    assert wizard.default_result([]) == {'count': 0, 'differences': []}


# Closing

def test_closing_freezes(county, years):
    "What the county saw stays, what would be now stands beside it"
    pool = Pool()
    Correction = pool.get('fupin.household.year.correction')
    Household = pool.get('fupin.household')
    HouseholdYear = pool.get('fupin.household.year')
    Income = pool.get('fupin.income')
    Membership = pool.get('fupin.household.membership')
    Year = pool.get('fupin.income.year')
    old, new = years
    line_of(old, '200.00')
    h = household(county["村11"], "张三", others=1)
    other = household(county["村11"], "李四")
    kept = post(h, dt.date(2025, 5, 1), '500.00', 'sale', '100.00')
    wrong = post(h, dt.date(2025, 6, 1), '300.00', 'wage_outside')
    post(other, dt.date(2025, 6, 1), '10.00', 'pension')

    Year.close([old])

    def figures(r):
        return (r.persons, r.wage, r.business, r.cost, r.net, r.per_capita,
            r.closed)
    seen = (2, D(300), D(500), D(100), D(700), D(350), True)
    assert figures(row(h, old)) == seen
    assert not Correction.search([])

    # a person more on the last day of the year
    Membership.create([{
                'household': h.id, 'relation': 'daughter',
                'person': person(h.area, "女").id,
                'from_date': dt.date(2025, 9, 1)}])
    assert figures(row(h, old)) == seen
    correction, = Correction.search([])
    assert correction.household_year == row(h, old)
    assert (correction.closed_persons, correction.persons) == (2, 3)
    assert (correction.closed_net, correction.net) == (D(700), D(700))
    assert (correction.closed_per_capita, correction.per_capita) == (
        D(350), D('233.33'))

    # the wage was another's
    Income.reverse([wrong.origin], dt.date(2026, 2, 1))
    assert figures(row(h, old)) == seen
    assert row(h, new).wage == D(-300)
    correction, = Correction.search([])
    assert (correction.closed_wage, correction.wage) == (D(300), D(0))
    assert (correction.net, correction.net_change) == (D(400), D(-300))
    assert correction.per_capita == D('133.33')
    assert row(h, old).corrections == (correction,)
    assert Income.search([
            ('household', '=', h.id), ('reversal_of.year', '=', old.id),
            ('year', '!=', old.id)]) == [Income(wrong.reversals[0].id)]

    # the bank pays on, the household moves
    pay(kept, '500.00')
    assert (row(h, old).paid, row(h, old).industry_paid) == (D(500), D(500))
    Household.write([h], {'area': county["村21"].id})
    assert row(h, old).village == county["村11"]
    assert row(h, old).area == row(h, new).village == county["村21"]
    assert Correction(correction.id).area == county["村21"]
    assert figures(row(h, old)) == seen
    # who is recorded afterwards was not seen
    household(county["村11"], "后来")
    assert HouseholdYear.search_count([('year', '=', old.id)]) == 2
    assert check.compare() == (0, [])
    HouseholdYear.rebuild([new.id])
    assert figures(row(h, old)) == seen

    Membership.delete([h.memberships[-1]])
    correction, = Correction.search([])
    assert (correction.persons, correction.per_capita) == (2, D(200))

    Year.reopen([old])
    assert not Correction.search([])
    assert figures(row(h, old)) == (
        2, D(300), D(500), D(100), D(700), D(350), False)
    assert row(h, old).village == county["村21"]
    assert HouseholdYear.search_count([('year', '=', old.id)]) == 3


def test_correction_taken_back(county, years):
    "No correction is left where nothing differs any more"
    pool = Pool()
    Correction = pool.get('fupin.household.year.correction')
    Membership = pool.get('fupin.household.membership')
    Year = pool.get('fupin.income.year')
    h = household(county["村11"], "张三", others=1)
    Year.close([years[0]])
    son = h.memberships[1]
    Membership.write([son], {'to_date': dt.date(2025, 9, 1)})
    assert Correction.search_count([]) == 1
    Membership.write([son], {'to_date': None})
    assert not Correction.search([])


def test_scope(county, years):
    "An officer sees the corrections and the sources of the own area only"
    pool = Pool()
    Correction = pool.get('fupin.household.year.correction')
    Membership = pool.get('fupin.household.membership')
    Source = pool.get('fupin.household.year.source')
    Year = pool.get('fupin.income.year')
    mine = household(county["村11"], "张三", others=1)
    theirs = household(county["村21"], "李四", others=1)
    for h in [mine, theirs]:
        post(h, dt.date(2025, 5, 1), '1.00')
    Year.close([years[0]])
    for h in [mine, theirs]:
        Membership.delete([h.memberships[1]])
    officer = user('officer', ['group_township'], [county["镇1"]])
    everything = {m: m.search([]) for m in [Correction, Source]}
    with acting(officer):
        for Model, records in everything.items():
            found = Model.search([])
            assert [r.household.id for r in found] == [mine.id]
            hidden = [r for r in records if r.id != found[0].id]
            assert len(hidden) == 1
            with pytest.raises(AccessError):
                Model.read([hidden[0].id], ['household'])
            with pytest.raises(AccessError):
                Model.write(found, {'household': mine.id})
            with pytest.raises(AccessError):
                Model.delete(found)


# Statements

def count_statements(monkeypatch, function):
    connection = Transaction().connection
    statements = []

    class Cursor:

        def __init__(self, cursor):
            self._cursor = cursor

        def execute(self, *args):
            statements.append(args)
            return self._cursor.execute(*args)

        def __getattr__(self, name):
            return getattr(self._cursor, name)

        def __iter__(self):
            return iter(self._cursor)

    class Connection:

        def cursor(self):
            return Cursor(connection.cursor())

        def __getattr__(self, name):
            return getattr(connection, name)
    with monkeypatch.context() as patch:
        patch.setattr(Transaction(), 'connection', Connection())
        function()
    return len(statements)


def test_statements(county, years, monkeypatch):
    "However many households change at once, the statements are the same"
    HouseholdYear = Pool().get('fupin.household.year')
    households = [household(county["村11"], f"户{i}").id for i in range(40)]

    def count(number):
        return count_statements(monkeypatch, lambda: HouseholdYear.refresh(
                households[:number], [years[1].id]))
    assert count(2) == count(40) == 4


# The command, last: its copy of the database commits

def test_command(county, years, tmp_path):
    from test_reconcile_command import copy_database, run
    command = ('-m', 'trytond.modules.fupin_household.household_year_check')
    h = household(county["村11"])
    post(h, dt.date(2026, 1, 1), '100.00')
    database = copy_database(tmp_path)
    status, output, error = run(tmp_path, database, command=command)
    assert status == 0, error
    assert 'All rows are what the ledger' in output
    if backend.name != 'sqlite':
        return  # what is changed here is not seen there
    with sqlite3.connect(tmp_path / 'copy.sqlite') as connection:
        connection.execute("UPDATE fupin_household_year SET wage = 1")
    connection.close()
    status, output, _ = run(
        tmp_path, database, '--rebuild', command=command)
    assert status == 1
    assert f'! {h.number}  2026  Wage Income' in output
    assert 'written anew' in output
    status, output, _ = run(tmp_path, database, command=command)
    assert status == 0
