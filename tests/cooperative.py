# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Fixtures of a cooperative that buys from its members and pays them.

A test file names it in pytest_plugins and imports what it needs of the
functions."""
import datetime as dt
from contextlib import contextmanager
from decimal import Decimal as D

import pytest

from trytond.modules.fupin_coop import bank_file
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']
NAMES = ["示例食用菌专业合作社", "示例西瓜专业合作社"]
CREDIT_CODES = ['93410000MA0000001J', '93410000MA0000002M']
MARCH = dt.date(2026, 3, 10)
APRIL = dt.date(2026, 4, 1)
MAY = dt.date(2026, 5, 6)
ACCOUNTS = [
    '6228480402564890018', '6228480402564890026', '6228480402564890034']


def ignore_locks(monkeypatch):
    for name in ['lock_table', 'lock_records']:
        monkeypatch.setattr(Transaction, name, lambda *args: None)


@pytest.fixture(scope='module')
def alone():
    "The only transaction needs no locks, to get them it would start again"
    with pytest.MonkeyPatch.context() as monkeypatch:
        ignore_locks(monkeypatch)
        yield


@pytest.fixture(scope='module')
def cooperatives(database, alone):
    "Two cooperatives and the income years, there for all tests of a file"
    with Transaction().start(database, 1):
        Company = Pool().get('company.company')
        new_income_years(2026, 2027)
        return [
            Company.create_cooperative(name, code, [2025, 2026]).id
            for name, code in zip(NAMES, CREDIT_CODES)]


@pytest.fixture
def company(cooperatives, transaction):
    Company = Pool().get('company.company')
    with transaction.set_context(
            company=cooperatives[0], companies=cooperatives[:1]):
        yield Company(cooperatives[0])


@pytest.fixture
def other(cooperatives, company):
    Company = Pool().get('company.company')
    return Company(cooperatives[1])


@pytest.fixture
def area(transaction):
    return new_area()


@pytest.fixture
def product(company):
    return new_product(company, "香菇", '7.60')


@pytest.fixture
def members(company, area):
    return [
        new_member(company, new_household(area, name), account)
        for name, account in zip(["张三", "李四", "王五"], ACCOUNTS)]


@pytest.fixture
def owed(company, product, members):
    "Three members are owed 887.83 each, the first twice"
    return post(*(
            new_delivery(company, product, m) for m in members + members[:1]))


def new_income_years(*years):
    Year = Pool().get('fupin.income.year')
    Year.create([{
                'name': str(y),
                'start_date': dt.date(y - 1, 10, 1),
                'end_date': dt.date(y, 9, 30),
                } for y in years])


def new_area():
    "Return a village"
    pool = Pool()
    Country = pool.get('country.country')
    Subdivision = pool.get('country.subdivision')
    country, = Country.create([{'name': "中国", 'code': 'CN'}])
    Subdivision.load_areas([
            ('410990', "试验县"), ('410990110', "镇一"),
            ('410990110201', "村一")], country)
    return Subdivision.search([('name', '=', "村一")])[0]


def new_household(area, name):
    pool = Pool()
    Household = pool.get('fupin.household')
    Person = pool.get('fupin.person')
    person, = Person.create([{'name': name, 'area': area.id}])
    household, = Household.create([{
                'area': area.id,
                'memberships': [('create', [{
                                'person': person.id,
                                'relation': 'head',
                                'from_date': dt.date(2020, 1, 1),
                                }])],
                }])
    return household


def set_bank_account(person, account, bank="兰考农商行"):
    person.bank_account = account
    person.bank_name = bank
    with Transaction().set_context(_skip_warnings=True):
        person.save()


def new_member(company, household, account=None):
    Member = Pool().get('fupin.member')
    member, = Member.create([{
                'company': company.id,
                'person': household.head.id,
                'from_date': dt.date(2025, 1, 1),
                }])
    if account:
        set_bank_account(member.person, account)
    return member


def new_product(company, name, price):
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    Template = pool.get('product.template')
    kilogram = ModelData.get_id('product.uom_kilogram')
    template, = Template.create([{
                'name': name,
                'default_uom': kilogram,
                'salable': True,
                'sale_uom': kilogram,
                'account_category': ModelData.get_id(
                    'fupin_coop.category_produce'),
                'products': [('create', [{}])],
                'grades': [('create', [{'code': 'A', 'name': "A级"}])],
                }])
    product, = template.products
    new_price(company, product, price)
    return product


def new_price(company, product, price):
    Price = Pool().get('fupin.price')
    Price.create([{
                'company': company.id,
                'product': product.id,
                'grade': product.grades[0].id,
                'from_date': dt.date(2026, 1, 1),
                'unit': product.default_uom.id,
                'price': D(price),
                'floor_price': D(1),
                }])


def new_delivery(company, product, member=None, **values):
    Delivery = Pool().get('fupin.delivery')
    values = {
        'company': company.id,
        'date': MARCH,
        'member': member.id if member else None,
        'product': product.id,
        'grade': product.grades[0].id,
        'unit': product.default_uom.id,
        'gross': D('120.5'),
        'tare': D('2.5'),
        'deduction_rate': D(1),
        } | values
    return Delivery.create([values])[0]


def post(*deliveries):
    Delivery = Pool().get('fupin.delivery')
    Delivery.post(list(deliveries))
    return Delivery.browse(deliveries)


def cancel(*deliveries):
    Delivery = Pool().get('fupin.delivery')
    Delivery.cancel(list(deliveries))
    return Delivery.browse(deliveries)


def new_move(company, lines, date=APRIL):
    "Post a move of lines (account, amount, party)"
    pool = Pool()
    Configuration = pool.get('account.configuration')
    Line = pool.get('account.move.line')
    Move = pool.get('account.move')
    Period = pool.get('account.period')
    move = Move(
        company=company,
        journal=Configuration.get_delivery_journal(company),
        date=date,
        period=Period.find(company, date=date),
        lines=[
            Line(account=account, party=party,
                debit=max(amount, D(0)), credit=max(-amount, D(0)))
            for account, amount, party in lines])
    move.save()
    Move.post([move])
    return move


def balances(company):
    "Return {code: debit - credit} of the posted moves"
    Line = Pool().get('account.move.line')
    result = {}
    for line in Line.search([
                ('move.company', '=', company.id),
                ('move.state', '=', 'posted')]):
        result.setdefault(line.account.code, D(0))
        result[line.account.code] += line.debit - line.credit
    return {c: b for c, b in result.items() if b}


def again(record):
    "Read the record anew"
    return record.__class__(record.id)


def new_settlement(company, method='bank_file', **values):
    pool = Pool()
    Journal = pool.get('account.payment.journal')
    Settlement = pool.get('fupin.settlement')
    journal, = Journal.search([
            ('company', '=', company.id),
            ('process_method', '=', method),
            ])
    return Settlement.create([{
                'company': company.id,
                'date': APRIL,
                'up_to': APRIL,
                'journal': journal.id,
                **values,
                }])[0]


def computed(company, **values):
    Settlement = Pool().get('fupin.settlement')
    settlement = new_settlement(company, **values)
    Settlement.compute([settlement])
    return again(settlement)


def approved(company, **values):
    Settlement = Pool().get('fupin.settlement')
    settlement = computed(company, **values)
    Settlement.approve([settlement])
    return again(settlement)


def exported(company, format_='csv-utf-8', **values):
    settlement = approved(company, **values)
    file = settlement.export(format_)
    return again(settlement), file


def answer(settlement, failed=(), format_='csv', **kwargs):
    "Return the file that the bank makes of the exported one"
    file = next(f for f in settlement.files if f.kind == 'export')
    return bank_file.write_results([
            bank_file.Result(
                None, p.number, p.account, p.name, p.amount,
                p.name not in failed, "账户已销户" if p.name in failed else '')
            for p in bank_file.read_payments(file.content)],
        format_, **kwargs)


def import_results(settlement, content=None, name='结果.csv', date=APRIL):
    if content is None:
        content = answer(settlement)
    settlement.import_results(content, name, date)
    return again(settlement)


def new_user(company, *groups):
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    User = pool.get('res.user')
    user, = User.create([{
                'name': ' '.join(groups),
                'login': ' '.join(groups),
                'groups': [('add', [ModelData.get_id(g) for g in groups])],
                'companies': [('add', [company.id])],
                'company': company.id,
                }])
    return user


@contextmanager
def acting(user):
    "As the user who is logged in, with the access that the user has"
    User = Pool().get('res.user')
    with Transaction().set_user(user.id), Transaction().set_context(
            User.get_preferences(context_only=True), _check_access=True):
        yield
