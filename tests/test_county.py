# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The demo county, small: true, tied to the cent and the same every time."""
import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest
from stdnum import luhn
from stdnum.cn import ric, uscc
from trytond import backend
from trytond.pool import Pool
from trytond.pyson import PYSONDecoder
from trytond.transaction import Transaction, check_access

import county as demo
from clients import server
from identity import REGION

COUNTY = server.COUNTY


def translate(database):
    "Allow Chinese, which the installation of the demo does"
    with Transaction().start(database, 1) as transaction:
        Lang = Pool().get('ir.lang')
        chinese, = Lang.search([('code', '=', 'zh_CN')])
        chinese.translatable = True
        chinese.save()
        transaction.commit()


def seed(database):
    said = []
    assert demo.run(database, **COUNTY, say=said.append)
    return said


@pytest.fixture(scope='module')
def kept():
    "The county that the clients see: an SQLite file and what was said"
    path = server.prepared('database.py', 'county.py')
    said = path.with_suffix('.txt').read_text().splitlines()
    return path, [line for line in said if not line.startswith("用时")]


@pytest.fixture(scope='module')
def said(request, kept):
    """What the seeding said, with the county in the database of the test: on
    SQLite the one that is kept, on PostgreSQL one of its own"""
    from trytond.tests import test_tryton
    path, said = kept
    test_tryton.drop_db()
    if backend.name == 'sqlite':
        test_tryton._sqlite_copy(str(path), restore=True)
        Pool(test_tryton.DB_NAME).init()
    else:
        test_tryton.activate_module(['fupin_industry'])
        translate(test_tryton.DB_NAME)
        said = seed(test_tryton.DB_NAME)
    yield said
    test_tryton.drop_db()


@pytest.fixture
def database(said):
    from trytond.tests.test_tryton import DB_NAME
    return DB_NAME


@pytest.fixture
def county(said, transaction):
    "The database with the county, as the administrator sees it"
    return said


def user(login):
    User = Pool().get('res.user')
    found, = User.search([('login', '=', login)])
    return found


def test_progress(said):
    assert said[0].startswith('  0 %')
    assert said[-1] == '100 %'


def test_again(database):
    assert demo.run(database, **COUNTY, say=print) is None


@pytest.mark.usefixtures('county')
def test_counts():
    pool = Pool()
    Area = pool.get('country.subdivision')
    Company = pool.get('company.company')
    Household = pool.get('fupin.household')
    Member = pool.get('fupin.member')

    def count(type_):
        return Area.search([('type', '=', type_)], count=True)
    assert [count('county'), count('township'), count('village')] == [1, 4, 16]
    assert Household.search([], count=True) == COUNTY['size']
    assert Household.search([('head', '=', None)], count=True) == 0
    companies = Company.search([])
    assert len(companies) == 3
    for company in companies:
        assert uscc.is_valid(company.credit_code)
        assert company.credit_code.startswith('93')
        members = Member.search([('company', '=', company.id)])
        # 农民专业合作社法 art. 20
        assert sum(m.kind == 'farmer' for m in members) >= .8 * len(members)


@pytest.mark.usefixtures('county')
@pytest.mark.parametrize('model, states', [
        ('fupin.delivery', {'draft', 'posted'}),
        ('fupin.income.declaration', {'draft', 'submitted', 'verified'}),
        ('fupin.settlement', {'done'}),
        ('account.invoice', {'paid', 'posted'}),
        ])
def test_states(model, states):
    Model = Pool().get(model)
    assert states <= {r.state for r in Model.search([])}


@pytest.mark.usefixtures('county')
def test_persons():
    Person = Pool().get('fupin.person')
    persons = Person.search([])
    values = Person._naked_values(
        [p.id for p in persons], ['id_number', 'phone', 'bank_account'])
    numbers = [values[p.id]['id_number'] for p in persons]
    assert len(set(numbers)) == len(persons)
    for person, number in zip(persons, numbers):
        assert ric.is_valid(number) and number.startswith(REGION)
        assert ric.get_birth_date(number) == person.birth_date
        assert (int(number[16]) % 2 == 1) == (person.sex == 'male')
        phone, account = (
            values[person.id][n] for n in ['phone', 'bank_account'])
        assert not phone or phone.startswith('199000')
        assert not account or (
            luhn.is_valid(account) and account.startswith('6200990000'))


@pytest.mark.usefixtures('county')
def test_second_pair_of_eyes():
    Declaration = Pool().get('fupin.income.declaration')
    for declaration in Declaration.search([('state', '=', 'verified')]):
        assert declaration.verified_by != declaration.declared_by


@pytest.mark.usefixtures('county')
def test_nothing_waits():
    pool = Pool()
    assert not pool.get('ir.queue').search([])
    assert not pool.get('ir.module.config_wizard.item').search([
            ('state', '=', 'open'), ('action', '=', None)])


@pytest.mark.usefixtures('county')
def test_reconciliation():
    pool = Pool()
    Company = pool.get('company.company')
    Reconciliation = pool.get('fupin.reconciliation')
    amounts = []
    for company in [*Company.search([]), None]:
        for check in Reconciliation.check(company):
            assert not check.difference and not check.differences, check
            amounts.append(check.left)
    assert sum(amounts)


# a sheet is loaded in transactions of its own, by who has one
BY_HAND = {'fupin.import', 'fupin.import.mapping'}


@pytest.mark.usefixtures('county')
@pytest.mark.parametrize('login', [u[0] for u in demo.USERS])
def test_user(login):
    "Each user reads Chinese and sees something in each list of ours"
    pool = Pool()
    Menu = pool.get('ir.ui.menu')
    User = pool.get('res.user')
    record = user(login)
    assert record.language.code == 'zh_CN'
    with Transaction().set_user(record.id):
        context = User.get_preferences(context_only=True)
        with Transaction().set_context(context), check_access():
            empty, seen = [], 0
            for menu in Menu.search([]):
                action = menu.action
                if (not action or action.__name__ != 'ir.action.act_window'
                        or not (action.res_model or '').startswith('fupin.')):
                    continue
                seen += 1
                if (action.res_model not in BY_HAND
                        and not rows(action, context)):
                    empty.append(menu.complete_name)
    assert seen
    assert not empty


def rows(action, context):
    "Return what a list shows, for one of the years if it shows one"
    pool = Pool()
    IncomeYear = pool.get('fupin.income.year')
    Model = pool.get(action.res_model)
    decoder = PYSONDecoder(context)
    context = decoder.decode(action.pyson_context or '{}')
    contexts = [context]
    if action.context_model:
        Context = pool.get(action.context_model)
        names = [
            n for n in Context._fields
            if n not in {'id', 'rec_name', 'xml_id'}]
        context |= {
            n: v for n, v in Context.default_get(
                names, with_rec_name=False).items()}
        contexts = [context]
        if 'year' in names:
            contexts = [
                {**context, 'year': y.id} for y in IncomeYear.search([])]
    for context in contexts:
        with Transaction().set_context(context):
            if found := Model.search(
                    decoder.decode(action.pyson_domain or '[]'), limit=1):
                return found


# by names and numbers: PostgreSQL does not give a number of a row again
QUERIES = [
    'SELECT name, id_number_naked, phone_naked, bank_account_naked '
    'FROM fupin_person ORDER BY id',
    'SELECT number FROM fupin_household ORDER BY id',
    'SELECT number, date, state, quantity, price, amount '
    'FROM fupin_delivery ORDER BY id',
    'SELECT h.number, i.date, i.amount, i.cost, i.entry '
    'FROM fupin_income i JOIN fupin_household h ON h.id = i.household '
    'ORDER BY i.id',
    'SELECT h.number, p.date, p.amount FROM fupin_income_payment p '
    'JOIN fupin_income i ON i.id = p.income '
    'JOIN fupin_household h ON h.id = i.household ORDER BY p.id',
    'SELECT a.code, p.name, l.debit, l.credit FROM account_move_line l '
    'JOIN account_account a ON a.id = l.account '
    'LEFT JOIN party_party p ON p.id = l.party ORDER BY l.id',
    'SELECT t.name, o.number, m.quantity, m.state FROM stock_move m '
    'JOIN product_product p ON p.id = m.product '
    'JOIN product_template t ON t.id = p.template '
    'LEFT JOIN stock_lot o ON o.id = m.lot ORDER BY m.id',
    ]


def read(cursor):
    "What the database holds of people, money and goods"
    rows = []
    for query in QUERIES:
        cursor.execute(query)
        rows += [[written(value) for value in row] for row in cursor]
    return rows


def written(value):
    if isinstance(value, bytes):
        # SQLite keeps exact numbers as text
        value = Decimal(value.decode())
    if isinstance(value, (int, float, Decimal)):
        return f'{value:.3f}'
    return str(value)


@pytest.mark.postgresql
def test_same_every_time(said, database, kept):
    "Seeded a second time and elsewhere, the county is the same"
    path, said_before = kept
    assert said == said_before
    with Transaction().start(database, 0, readonly=True) as transaction:
        now = read(transaction.connection.cursor())
    with closing(sqlite3.connect(path)) as connection:
        before = read(connection.cursor())
    assert len(now) == len(before)
    assert now == before
