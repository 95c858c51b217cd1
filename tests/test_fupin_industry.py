# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Enterprises and what the county reviews: the income of each household."""
import datetime as dt
import random
import unittest
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from unittest.mock import patch

import pytest
from trytond.model.exceptions import AccessError
from trytond.modules.company.tests import create_company, set_company
from trytond.modules.currency.tests import add_currency_rate, create_currency
from trytond.pool import Pool
from trytond.pyson import PYSONDecoder
from trytond.transaction import Transaction

from cooperative import ignore_locks

MODULES = ['fupin_industry']
CENT = Decimal('0.01')
D = Decimal


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    "The only transaction needs no locks, to get them it would start again"
    ignore_locks(monkeypatch)


def date(text):
    return dt.date.fromisoformat(text)


def round_cent(value):
    return value.quantize(CENT, ROUND_HALF_UP)


class Statements:
    "Counts the statements that are sent to the database"

    def __init__(self):
        self.count = 0

    def __enter__(self):
        statements = self
        self._connection = connection = Transaction().connection

        class Cursor:
            def __init__(self, cursor):
                self._cursor = cursor

            def __enter__(self):
                return self

            def __exit__(self, *args):
                pass

            def __iter__(self):
                return iter(self._cursor)

            def __getattr__(self, name):
                return getattr(self._cursor, name)

            def execute(self, *args, **kwargs):
                statements.count += 1
                return self._cursor.execute(*args, **kwargs)

        class Connection:
            def cursor(self, *args, **kwargs):
                return Cursor(connection.cursor(*args, **kwargs))

            def __getattr__(self, name):
                return getattr(connection, name)

        Transaction().connection = Connection()
        return self

    def __exit__(self, *args):
        Transaction().connection = self._connection


class County:
    """Two townships with two villages each, five households, two years, two
    cooperatives with an enterprise each."""

    def __init__(self):
        pool = Pool()
        Country = pool.get('country.country')
        Kind = pool.get('fupin.registration.kind')
        Registration = pool.get('fupin.household.registration')
        Year = pool.get('fupin.income.year')
        Enterprise = pool.get('fupin.enterprise')

        self.country = Country(name="China", code='CN')
        self.country.save()
        self.persons = 0
        self.documents = 0

        self.county = self.area(None, '410099', "County", 'county')
        self.t1 = self.area(self.county, '410099101', "East", 'township')
        self.t2 = self.area(self.county, '410099102', "West", 'township')
        self.v1 = self.area(self.t1, '410099101201', "Oak", 'village')
        self.v2 = self.area(self.t1, '410099101202', "Elm", 'village')
        self.v3 = self.area(self.t2, '410099102201', "Pine", 'village')
        self.v4 = self.area(self.t2, '410099102202', "Fir", 'village')
        self.group = self.area(self.v1, '41009910120101', "One", 'group')

        self.h1 = self.household('H1', self.group, "Zhao", [
                ('spouse', '2020-01-01', None),
                ('son', '2020-01-01', '2025-03-01'),
                ('daughter', '2025-01-01', None),
                ('daughter', '2025-09-30', None),
                ('son', '2025-10-01', None),
                ])
        self.h2 = self.household('H2', self.v1, "Qian", [
                ('spouse', '2020-01-01', None),
                ])
        self.h3 = self.household('H3', self.v2, "Sun", [])
        self.h4 = self.household('H4', self.v3, "Li", [
                ('spouse', '2020-01-01', None),
                ('mother', '2020-01-01', None),
                ])
        self.h5 = self.household('H5', self.v4, "Zhou", [], '2025-02-01')
        # Neither is there in the years of the report
        self.h6 = self.household(
            'H6', self.v4, "Wu", [], '2023-09-30', end_date='2023-09-30')
        self.h7 = self.household(
            'H7', self.v4, "Zheng", [], start_date='2025-10-01')

        self.y1, self.y2 = Year.create([{
                    'name': "2024 Year",
                    'start_date': date('2023-10-01'),
                    'end_date': date('2024-09-30'),
                    }, {
                    'name': "2025 Year",
                    'start_date': date('2024-10-01'),
                    'end_date': date('2025-09-30'),
                    }])

        self.poor, self.watched = Kind.create([
                {'code': 'TEST1', 'name': "Poor"},
                {'code': 'TEST2', 'name': "Watched"},
                ])
        Registration.create([{
                    'household': self.h1.id,
                    'kind': self.poor.id,
                    'from_date': date('2020-01-01'),
                    }, {
                    'household': self.h1.id,
                    'kind': self.watched.id,
                    'from_date': date('2024-12-01'),
                    }, {
                    'household': self.h4.id,
                    'kind': self.poor.id,
                    'from_date': date('2020-01-01'),
                    'to_date': date('2025-06-30'),
                    }])

        currency = create_currency('CNY')
        add_currency_rate(currency, 1)
        self.c1 = create_company("Mushroom Cooperative", currency)
        self.c2 = create_company("Watermelon Cooperative", currency)
        self.e1, self.e2 = Enterprise.create([{
                    'name': "Mushroom Base",
                    'company': self.c1.id,
                    'kind': 'mushroom',
                    'area': self.v1.id,
                    'start_date': date('2020-01-01'),
                    }, {
                    'name': "Watermelon Base",
                    'company': self.c2.id,
                    'kind': 'watermelon',
                    'area': self.v3.id,
                    'start_date': date('2020-01-01'),
                    }])

    def area(self, parent, code, name, type_):
        Subdivision = Pool().get('country.subdivision')
        area = Subdivision(
            country=self.country, parent=parent, code=code, name=name,
            type=type_)
        area.save()
        return area

    def household(
            self, number, area, name, relations, to_date=None,
            start_date=None, end_date=None):
        pool = Pool()
        Household = pool.get('fupin.household')
        Membership = pool.get('fupin.household.membership')
        Person = pool.get('fupin.person')
        household, = Household.create([{
                    'number': number,
                    'area': area.id,
                    'start_date': start_date and date(start_date),
                    'end_date': end_date and date(end_date),
                    }])
        relations = [
            ('head', start_date or '2020-01-01', to_date), *relations]
        for i, (relation, from_, to) in enumerate(relations):
            person, = Person.create([{
                        'name': name if relation == 'head' else f'{name} {i}',
                        'sex': 'female',
                        'birth_date': date('1980-01-01'),
                        'area': area.id,
                        }])
            Membership.create([{
                        'household': household.id,
                        'person': person.id,
                        'relation': relation,
                        'from_date': date(from_),
                        'to_date': to and date(to),
                        }])
        return household

    def document(self, household):
        "Return a record from which income may come"
        pool = Pool()
        Declaration = pool.get('fupin.income.declaration')
        ModelData = pool.get('ir.model.data')
        declaration, = Declaration.create([{
                    'household': household.id,
                    'date': date('2025-01-01'),
                    'lines': [('create', [{
                                    'category': ModelData.get_id(
                                        'fupin_household',
                                        'category_pension'),
                                    'date': date('2025-01-01'),
                                    'amount': D(1),
                                    'source': "Test",
                                    }])],
                    }])
        return declaration.lines[0]

    def income(
            self, household, day, amount, category='sale', enterprise=None,
            cost='0', company=None, document=None):
        pool = Pool()
        Category = pool.get('fupin.income.category')
        Income = pool.get('fupin.income')
        ModelData = pool.get('ir.model.data')
        if enterprise:
            company = enterprise.company
        line, = Income.post([Income(
                    household=household,
                    person=None,
                    company=company,
                    category=Category(ModelData.get_id(
                            'fupin_household', f'category_{category}')),
                    enterprise=enterprise,
                    date=date(day),
                    amount=D(amount),
                    cost=D(cost),
                    origin=document or self.document(household))])
        return line

    def pay(self, income, amount):
        Payment = Pool().get('fupin.income.payment')
        document = self.document(income.household)
        # Any record does for the ledger
        with patch.object(
                Payment, '_get_origin', return_value=[document.__name__]):
            Payment.post([Payment(
                        income=income, date=income.date, amount=D(amount),
                        origin=document)])
        return document

    def fill(self):
        pool = Pool()
        Income = pool.get('fupin.income')
        Payment = pool.get('fupin.income.payment')
        # The first year
        self.income(self.h1, '2024-05-01', '1000.10', enterprise=self.e1)
        self.income(self.h2, '2024-01-15', '5000.00', 'wage_outside')
        self.income(self.h4, '2024-06-01', '300.00', enterprise=self.e2)
        self.income(self.h5, '2024-09-30', '80.01', enterprise=self.e2)
        # The second year
        full = self.income(
            self.h1, '2024-10-01', '887.83', enterprise=self.e1)
        part = self.income(
            self.h1, '2025-05-01', '112.17', enterprise=self.e1,
            cost='10.05')
        undone = self.income(
            self.h1, '2025-06-01', '200.00', enterprise=self.e2)
        reversed_ = self.income(
            self.h1, '2025-06-02', '50.00', enterprise=self.e1)
        Income.reverse([reversed_.origin])
        self.income(self.h1, '2025-06-03', '1234.56', 'pension')
        self.income(self.h1, '2025-06-04', '66.67', 'rent', company=self.c1)
        wage = self.income(
            self.h2, '2025-07-01', '333.33', 'piece_wage',
            enterprise=self.e1)
        self.income(self.h4, '2025-09-30', '450.00', enterprise=self.e2)
        own = self.income(
            self.h4, '2025-08-01', '100.00', 'business_own', cost='40.00')
        self.pay(full, '887.83')
        self.pay(part, '50.00')
        payment = self.pay(undone, '200.00')
        with patch.object(
                Payment, '_get_origin', return_value=[payment.__name__]):
            Payment.reverse([payment])
        self.pay(wage, '333.33')
        # Not industry, not counted as paid
        self.pay(own, '100.00')

    def member(self, company, household):
        pool = Pool()
        Member = pool.get('fupin.member')
        person = household.memberships[0].person
        with set_company(company):
            Member.create([{
                        'company': company.id,
                        'number': household.number,
                        'kind': 'farmer',
                        'person': person.id,
                        'household': household.id,
                        'from_date': date('2020-01-01'),
                        }])

    def user(self, login, groups, areas=(), companies=()):
        pool = Pool()
        User = pool.get('res.user')
        ModelData = pool.get('ir.model.data')
        user, = User.create([{
                    'name': login,
                    'login': login,
                    'groups': [('add', [
                                ModelData.get_id(*g.split('.'))
                                for g in groups])],
                    'areas': [('add', [a.id for a in areas])],
                    'companies': [('add', [c.id for c in companies])],
                    'company': companies[0].id if companies else None,
                    }])
        return user


MONEY = [
    'wage', 'business', 'property', 'transfer', 'income', 'cost', 'net',
    'per_capita', 'industry_income', 'industry_per_capita', 'paid',
    'previous_industry_income', 'change']

# household, year: persons, the money as in MONEY, the change in %
FIGURES = {
    ('H1', 1): (3, '0', '1000.10', '0', '0', '1000.10', '0', '1000.10',
        '333.37', '1000.10', '333.37', '0', '0', '1000.10', None),
    ('H2', 1): (2, '5000.00', '0', '0', '0', '5000.00', '0', '5000.00',
        '2500.00', '0', '0', '0', '0', '0', None),
    ('H3', 1): (1, '0', '0', '0', '0', '0', '0', '0',
        '0', '0', '0', '0', '0', '0', None),
    ('H4', 1): (3, '0', '300.00', '0', '0', '300.00', '0', '300.00',
        '100.00', '300.00', '100.00', '0', '0', '300.00', None),
    ('H5', 1): (1, '0', '80.01', '0', '0', '80.01', '0', '80.01',
        '80.01', '80.01', '80.01', '0', '0', '80.01', None),
    # 887.83 + 112.17 + 200.00 + 50.00 - 50.00 = 1200.00 business
    # 1266.67 / 4 = 316.6675; (2501.23 - 10.05) / 4 = 622.795
    # 266.57 / 1000.10 = 26.6543 %
    ('H1', 2): (4, '0', '1200.00', '66.67', '1234.56', '2501.23', '10.05',
        '2491.18', '622.80', '1266.67', '316.67', '937.83', '1000.10',
        '266.57', '0.2665'),
    ('H2', 2): (2, '333.33', '0', '0', '0', '333.33', '0', '333.33',
        '166.67', '333.33', '166.67', '333.33', '0', '333.33', None),
    ('H3', 2): (1, '0', '0', '0', '0', '0', '0', '0',
        '0', '0', '0', '0', '0', '0', None),
    ('H4', 2): (3, '0', '550.00', '0', '0', '550.00', '40.00', '510.00',
        '170.00', '450.00', '150.00', '0', '300.00', '150.00', '0.5'),
    # Nobody lives there any more on the last day
    ('H5', 2): (0, '0', '0', '0', '0', '0', '0', '0',
        None, '0', None, '0', '80.01', '-80.01', '-1'),
    }


@pytest.mark.usefixtures('transaction')
class IncomeReportTestCase(unittest.TestCase):
    "The reports on the income ledger"

    def rows(self, *domain, **context):
        HouseholdIncome = Pool().get('fupin.industry.household_income')
        with Transaction().set_context(**context):
            rows = HouseholdIncome.search(list(domain))
            # The context is that of the search
            return [(r, self.figures(r)) for r in rows]

    def figures(self, row):
        return (
            row.persons, *[getattr(row, n) for n in MONEY], row.change_rate)

    def numbers(self, *domain, **context):
        return [r.household.number for r, _ in self.rows(*domain, **context)]

    def expected(self, *key):
        persons, *figures = FIGURES[key]
        return (persons, *[None if f is None else D(f) for f in figures])

    def test_figures(self):
        "Test each figure of each household and year"
        county = County()
        county.fill()
        years = {county.y1.id: 1, county.y2.id: 2}

        found = {}
        for row, figures in self.rows():
            found[row.household.number, years[row.year.id]] = figures
            for name in MONEY:
                value = getattr(row, name)
                if value is not None:
                    self.assertIsInstance(value, Decimal)
                    self.assertEqual(value, value.quantize(CENT))

        self.assertEqual(set(found), set(FIGURES))
        for key in FIGURES:
            with self.subTest(key=key):
                self.assertEqual(found[key], self.expected(*key))

    def test_columns(self):
        "Test the columns that are not figures"
        county = County()
        county.fill()

        rows = {
            (r.household.number, r.year.name): r for r, _ in self.rows()}

        row = rows['H1', '2025 Year']
        self.assertEqual(row.head_name, "Zhao")
        self.assertEqual(row.area, county.group)
        self.assertEqual(row.county, county.county)
        self.assertEqual(row.township, county.t1)
        self.assertEqual(row.village, county.v1)
        self.assertEqual(row.registration_kind, county.watched)
        self.assertEqual(row.rec_name, "Zhao (H1) - 2025 Year")
        self.assertEqual(
            rows['H1', '2024 Year'].registration_kind, county.poor)
        self.assertEqual(
            rows['H4', '2024 Year'].registration_kind, county.poor)
        self.assertIsNone(rows['H4', '2025 Year'].registration_kind)
        self.assertIsNone(rows['H5', '2025 Year'].head_name)
        self.assertEqual(len({r.id for r in rows.values()}), len(rows))

    def test_context_year(self):
        "Test the context chooses the year"
        county = County()
        county.fill()

        rows = self.rows(year=county.y2.id)

        self.assertEqual(
            [(r.household.number, f) for r, f in rows],
            [(n, self.expected(n, 2)) for n in [
                    'H1', 'H4', 'H2', 'H3', 'H5']])

    def test_context_area(self):
        "Test the context chooses the township and the village"
        county = County()
        county.fill()
        year = county.y2.id

        self.assertEqual(
            self.numbers(year=year, township=county.t1.id),
            ['H1', 'H2', 'H3'])
        self.assertEqual(
            self.numbers(year=year, township=county.t2.id), ['H4', 'H5'])
        self.assertEqual(
            self.numbers(year=year, village=county.v1.id), ['H1', 'H2'])
        self.assertEqual(
            self.numbers(
                year=year, township=county.t2.id, village=county.v1.id), [])

    def test_context_registration_kind(self):
        "Test the context chooses what the household is registered as"
        county = County()
        county.fill()

        def numbers(kind, year):
            rows = self.rows(year=year.id, registration_kind=kind.id)
            self.assertEqual({r.registration_kind for r, _ in rows}, {kind})
            return [r.household.number for r, _ in rows]

        self.assertEqual(numbers(county.poor, county.y1), ['H1', 'H4'])
        self.assertEqual(numbers(county.poor, county.y2), ['H1'])
        self.assertEqual(numbers(county.watched, county.y2), ['H1'])

    def test_context_enterprise(self):
        "Test the context chooses the enterprise"
        county = County()
        county.fill()

        rows = {
            r.household.number: r for r, _ in self.rows(
                year=county.y2.id, enterprise=county.e2.id)}

        # H5 earned there the year before
        self.assertEqual(set(rows), {'H1', 'H4', 'H5'})
        self.assertEqual(rows['H1'].income, D('200.00'))
        self.assertEqual(rows['H1'].industry_income, D('200.00'))
        self.assertEqual(rows['H1'].previous_industry_income, D('0'))
        self.assertEqual(rows['H1'].paid, D('0'))
        self.assertEqual(rows['H4'].income, D('450.00'))
        self.assertEqual(rows['H4'].previous_industry_income, D('300.00'))
        self.assertEqual(rows['H5'].industry_income, D('0'))
        self.assertEqual(rows['H5'].change, D('-80.01'))

    def test_context_cooperative(self):
        "Test the context chooses the cooperative"
        county = County()
        county.fill()

        rows = {
            r.household.number: r for r, _ in self.rows(
                year=county.y2.id, cooperative=county.c1.id)}

        self.assertEqual(set(rows), {'H1', 'H2'})
        # Without the 200.00 of the other one and the pension
        self.assertEqual(rows['H1'].income, D('1066.67'))
        self.assertEqual(rows['H1'].paid, D('937.83'))
        self.assertEqual(rows['H2'].income, D('333.33'))

    def test_context_industry_only(self):
        "Test the context leaves out what is not industry"
        county = County()
        county.fill()

        rows = {
            r.household.number: r for r, _ in self.rows(
                year=county.y2.id, industry_only=True)}

        self.assertEqual(set(rows), {'H1', 'H2', 'H4', 'H5'})
        self.assertEqual(rows['H1'].income, D('1266.67'))
        self.assertEqual(rows['H1'].transfer, D('0'))
        self.assertEqual(rows['H4'].income, D('450.00'))
        self.assertEqual(rows['H4'].cost, D('0'))

    def test_context_default(self):
        "Test the defaults of the context"
        pool = Pool()
        Context = pool.get('fupin.industry.household_income.context')
        Date = pool.get('ir.date')
        county = County()

        with patch.object(Date, 'today') as today:
            today.return_value = date('2025-02-01')
            self.assertEqual(Context.default_year(), county.y2.id)
            today.return_value = date('2030-02-01')
            self.assertIsNone(Context.default_year())
        with Transaction().set_context(
                year=county.y1.id, township=county.t1.id):
            self.assertEqual(Context.default_year(), county.y1.id)
            self.assertEqual(Context.default_township(), county.t1.id)

    def test_context_totals(self):
        "Test the context shows the totals of what it asks for"
        pool = Pool()
        Context = pool.get('fupin.industry.household_income.context')
        county = self.scoped()

        def totals(**values):
            context = Context(year=county.y2, **values)
            context.on_change_year()
            return (
                context.total_households, context.total_industry_income,
                context.total_previous_industry_income,
                context.total_change, context.total_paid)

        everything = (
            5, D('2050.00'), D('1380.11'), D('669.89'), D('1271.16'))
        self.assertEqual(totals(), everything)
        self.assertEqual(
            totals(township=county.t2),
            (2, D('450.00'), D('380.01'), D('69.99'), D('0')))
        self.assertEqual(
            totals(enterprise=county.e2),
            (3, D('650.00'), D('380.01'), D('269.99'), D('0')))
        self.assertEqual(
            totals(registration_kind=county.watched)[:2],
            (1, D('1266.67')))
        user, context = self.as_user(county.bureau)
        with user, context:
            self.assertEqual(totals(), everything)
        user, context = self.as_user(county.officer)
        with user, context:
            self.assertEqual(
                totals(),
                (3, D('1600.00'), D('1000.10'), D('599.90'),
                    D('1271.16')))
        user, context = self.as_user(county.nobody)
        with user, context:
            self.assertEqual(totals(), (0, 0, 0, 0, 0))

    def test_search_order(self):
        "Test search and order by money"
        county = County()
        county.fill()
        HouseholdIncome = Pool().get('fupin.industry.household_income')

        def search(*domain):
            return set(self.numbers(*domain, year=county.y2.id))

        self.assertEqual(
            search(('industry_income', '=', D('1266.67'))), {'H1'})
        self.assertEqual(
            search(('industry_income', '>', D('333.33'))), {'H1', 'H4'})
        self.assertEqual(
            search(('industry_income', '>=', D('333.33'))),
            {'H1', 'H2', 'H4'})
        self.assertEqual(
            search(('industry_income', 'in', [D('450'), D('333.33')])),
            {'H2', 'H4'})
        self.assertEqual(search(('change', '<', D('0'))), {'H5'})
        self.assertEqual(search(('change_rate', '>', D('0.3'))), {'H4'})
        self.assertEqual(search(('per_capita', '=', None)), {'H5'})
        self.assertEqual(search(('persons', '>', 2)), {'H1', 'H4'})
        self.assertEqual(search(('rec_name', 'ilike', "%Zhao%")), {'H1'})
        self.assertEqual(search(('rec_name', '=', "H4")), {'H4'})
        with Transaction().set_context(year=county.y2.id):
            for name in [*MONEY, 'change_rate']:
                for order in ['ASC', 'DESC']:
                    values = [
                        v for r in HouseholdIncome.search(
                            [], order=[(name, order)])
                        if (v := getattr(r, name)) is not None]
                    self.assertEqual(
                        values, sorted(values, reverse=order == 'DESC'))
            self.assertEqual([
                    r.household.number for r in HouseholdIncome.search(
                        [], order=[('industry_income', 'ASC'),
                            ('household', 'ASC')], offset=2, limit=2)],
                ['H2', 'H4'])
            self.assertEqual(
                HouseholdIncome.search_count(
                    [('industry_income', '>', D(0))]), 3)

    def test_lines(self):
        "Test the lines of a row are what it is the sum of"
        pool = Pool()
        OpenLines = pool.get(
            'fupin.industry.household_income.open_lines', type='wizard')
        HouseholdIncome = pool.get('fupin.industry.household_income')
        Income = pool.get('fupin.income')
        county = County()
        county.fill()

        for context, amounts in [
                ({}, [
                        '887.83', '112.17', '200.00', '50.00', '-50.00',
                        '1234.56', '66.67']),
                ({'enterprise': county.e1.id}, [
                        '887.83', '112.17', '50.00', '-50.00']),
                ({'cooperative': county.c1.id}, [
                        '887.83', '112.17', '50.00', '-50.00', '66.67']),
                ({'industry_only': True}, [
                        '887.83', '112.17', '200.00', '50.00', '-50.00',
                        '66.67']),
                ]:
            with Transaction().set_context(year=county.y2.id, **context):
                row, = HouseholdIncome.search(
                    [('household', '=', county.h1.id)])
                self.assertEqual(
                    sorted(ln.amount for ln in row.lines),
                    sorted(map(D, amounts)))
                self.assertEqual(
                    sum(ln.amount for ln in row.lines), row.income)
                self.assertEqual(
                    sum(ln.amount for ln in row.lines if ln.industry),
                    row.industry_income)
                self.assertEqual(
                    sum(ln.cost for ln in row.lines), row.cost)
                self.assertEqual(
                    sum(ln.paid for ln in row.lines if ln.industry), row.paid)
                for line in row.lines:
                    self.assertTrue(line.origin)

                session_id, _, _ = OpenLines.create()
                with Transaction().set_context(
                        active_model=HouseholdIncome.__name__,
                        active_id=row.id, active_ids=[row.id]):
                    wizard = OpenLines(session_id)
                    action, _ = wizard.do_open_({'name': "Lines"})
                domain = PYSONDecoder().decode(action['pyson_domain'])
                self.assertEqual(
                    set(Income.search(domain)), set(row.lines))

    def test_export(self):
        "Test all columns are exported"
        HouseholdIncome = Pool().get('fupin.industry.household_income')
        county = County()
        county.fill()
        names = [
            'household/rec_name', 'head_name', 'year/rec_name',
            'township/rec_name', 'village/rec_name',
            'registration_kind/rec_name', 'persons', *MONEY, 'change_rate']

        with Transaction().set_context(year=county.y2.id):
            rows = HouseholdIncome.search([('household', '=', county.h1.id)])
            export, = HouseholdIncome.export_data(rows, names)
            by_domain = HouseholdIncome.export_data_domain(
                [('household', '=', county.h1.id)], names)

        self.assertEqual(by_domain, [export])
        self.assertEqual(
            export, [
                "Zhao (H1)", "Zhao", "2025 Year", "East", "East Oak",
                "Watched", *self.expected('H1', 2)])

    def test_sql(self):
        "Test the sums of many lines are those of the ledger"
        pool = Pool()
        Income = pool.get('fupin.income')
        Payment = pool.get('fupin.income.payment')
        county = County()
        households = [
            county.h1, county.h2, county.h3, county.h4, county.h5]
        rand = random.Random(20251)
        for i in range(150):
            line = county.income(
                rand.choice(households),
                str(date('2023-10-01') + dt.timedelta(rand.randrange(731))),
                str(D(rand.randrange(1, 10**rand.randrange(1, 8))) * CENT),
                rand.choice([
                        'sale', 'piece_wage', 'rent', 'pension',
                        'wage_outside', 'business_own']),
                enterprise=rand.choice([None, county.e1, county.e2]),
                cost=str(D(rand.randrange(100)) * CENT))
            if i % 5 == 0:
                Income.reverse([line.origin])
            elif i % 2:
                county.pay(line, str(D(rand.randrange(1000)) * CENT))

        sums = defaultdict(lambda: defaultdict(Decimal))
        cursor = Transaction().connection.cursor()
        cursor.execute(
            'SELECT id, household, year, income_class, industry, amount, '
            'cost FROM ' + Income._table)
        lines = {}
        for id_, household, year, class_, industry, amount, cost in cursor:
            row = sums[household, year]
            amount, cost = D(self.text(amount)), D(self.text(cost))
            lines[id_] = (household, year, industry)
            row[class_] += amount
            row['income'] += amount
            row['cost'] += cost
            if industry:
                row['industry_income'] += amount
        cursor.execute('SELECT income, amount FROM ' + Payment._table)
        for id_, amount in cursor:
            household, year, industry = lines[id_]
            if industry:
                sums[household, year]['paid'] += D(self.text(amount))

        rows = self.rows()
        self.assertEqual(len(rows), 10)
        for row, _ in rows:
            expected = sums[row.household.id, row.year.id]
            for name in ['wage', 'business', 'property', 'transfer',
                    'income', 'cost', 'industry_income', 'paid']:
                self.assertEqual(getattr(row, name), expected[name])
            net = expected['income'] - expected['cost']
            self.assertEqual(row.net, net)
            if row.persons:
                self.assertEqual(
                    row.per_capita, round_cent(net / row.persons))
            previous = D(0)
            if row.year == county.y2:
                previous = sums[row.household.id, county.y1.id][
                    'industry_income']
            change = expected['industry_income'] - previous
            self.assertEqual(row.change, change)
            if previous:
                self.assertEqual(
                    row.change_rate,
                    (change / previous).quantize(D('0.0001'), ROUND_HALF_UP))

    def text(self, value):
        "Return the text of a number as the database keeps it"
        return value.decode() if isinstance(value, bytes) else str(value)

    def scoped(self):
        "Return the county with its users"
        county = County()
        county.fill()
        county.member(county.c1, county.h1)
        county.member(county.c1, county.h2)
        county.member(county.c2, county.h4)
        groups = ['fupin_household.group_township']
        county.officer = county.user('officer', groups, [county.t1])
        county.bureau = county.user(
            'bureau', ['fupin_household.group_county'], [county.county])
        county.manager = county.user(
            'manager', ['fupin_coop.group_cooperative'], [], [county.c2])
        county.nobody = county.user('nobody', groups)
        return county

    def as_user(self, user, **context):
        with Transaction().set_user(user.id):
            preferences = Pool().get('res.user').get_preferences(
                context_only=True)
        transaction = Transaction()
        stack = transaction.set_user(user.id)
        return stack, transaction.set_context(
            preferences, _check_access=True, **context)

    def test_scope_township(self):
        "Test a township officer sees the households of the township only"
        HouseholdIncome = Pool().get('fupin.industry.household_income')
        county = self.scoped()
        with Transaction().set_context(year=county.y2.id):
            foreign, = HouseholdIncome.search(
                [('household', '=', county.h4.id)])
            own, = HouseholdIncome.search([('household', '=', county.h1.id)])

        user, context = self.as_user(county.officer, year=county.y2.id)
        with user, context:
            rows = HouseholdIncome.search([])
            self.assertEqual(
                {r.household.number for r in rows}, {'H1', 'H2', 'H3'})
            for row in rows:
                self.assertEqual(
                    self.figures(row),
                    self.expected(row.household.number, 2))
            self.assertEqual(HouseholdIncome.search_count([]), 3)
            self.assertEqual(
                HouseholdIncome.search([('rec_name', 'ilike', "%Li%")]), [])
            self.assertEqual(
                HouseholdIncome.search([('head_name', '=', "Li")]), [])
            self.assertEqual(
                HouseholdIncome.search(
                    [('industry_income', '=', D('450'))]), [])
            self.assertTrue(HouseholdIncome.read(
                    [own.id], ['household.rec_name', 'lines.amount']))
            for names in [['persons'], ['household.rec_name'], ['lines']]:
                with self.assertRaises(AccessError):
                    HouseholdIncome.read([foreign.id], names)
            with self.assertRaises(AccessError):
                HouseholdIncome.export_data(
                    HouseholdIncome.browse([foreign.id]), ['persons'])
            self.assertEqual(
                len(HouseholdIncome.export_data_domain([], ['persons'])), 3)

    def test_scope_county(self):
        "Test the county sees all, who has no area sees nothing"
        HouseholdIncome = Pool().get('fupin.industry.household_income')
        county = self.scoped()

        user, context = self.as_user(county.bureau, year=county.y2.id)
        with user, context:
            for row in HouseholdIncome.search([]):
                self.assertEqual(
                    self.figures(row),
                    self.expected(row.household.number, 2))
            self.assertEqual(HouseholdIncome.search_count([]), 5)
        user, context = self.as_user(county.nobody, year=county.y2.id)
        with user, context:
            self.assertEqual(HouseholdIncome.search([]), [])

    def test_scope_cooperative(self):
        """Test a manager sees what the cooperative's members earned from
        it and nothing else."""
        pool = Pool()
        HouseholdIncome = pool.get('fupin.industry.household_income')
        AreaIncome = pool.get('fupin.industry.area_income')
        county = self.scoped()

        user, context = self.as_user(county.manager, year=county.y2.id)
        with user, context:
            row, = HouseholdIncome.search(
                [('household', '=', county.h4.id)])
            # Without the 100.00 that the household earned by itself
            self.assertEqual(row.income, D('450.00'))
            self.assertEqual(row.cost, D('0'))
            self.assertEqual(row.industry_income, D('450.00'))
            self.assertTrue(HouseholdIncome.read(
                    [row.id], ['rec_name', 'household.rec_name']))
            self.assertNotIn(
                'H2', {r.household.number for r in HouseholdIncome.search([])})
            area, = AreaIncome.search([])
            self.assertEqual(area.enterprise, county.e2)

    def test_statements(self):
        "Test the number of statements does not grow with the rows"
        pool = Pool()
        HouseholdIncome = pool.get('fupin.industry.household_income')
        AreaIncome = pool.get('fupin.industry.area_income')
        county = self.scoped()
        names = [
            'rec_name', 'household.rec_name', 'head_name', 'year.rec_name',
            'township.rec_name', 'village.rec_name',
            'registration_kind.rec_name', 'persons', *MONEY, 'change_rate']
        exported = [
            'household', 'head_name', 'year', 'township', 'village',
            'registration_kind', 'persons', *MONEY, 'change_rate']

        def count():
            counts = []
            with Statements() as statements:
                rows = HouseholdIncome.export_data_domain([], exported)
            counts.append((len(rows), statements.count))
            for model, fields_names in [
                    (HouseholdIncome, names),
                    (HouseholdIncome, ['lines.amount']),
                    (AreaIncome, ['rec_name', 'industry_income'])]:
                with Statements() as statements:
                    rows = model.search_read([], fields_names=fields_names)
                counts.append((len(rows), statements.count))
            return counts

        def measure():
            Transaction().counter += 1
            user, context = self.as_user(county.bureau, year=county.y2.id)
            with user, context:
                # The rules are kept once they are known
                count()
                Transaction().counter += 1
                return count()

        before = measure()
        for i in range(45):
            household = county.household(
                f'N{i}', [county.v1, county.v4][i % 2], f"New {i}", [
                    ('spouse', '2020-01-01', None)])
            county.income(
                household, '2025-05-01', '10.00', enterprise=county.e1)
        after = measure()

        self.assertEqual([r for r, _ in before][0], 5)
        self.assertEqual([r for r, _ in after][0], 50)
        self.assertEqual([c for _, c in before], [c for _, c in after])

    def test_area_income(self):
        "Test each figure of the areas and enterprises"
        AreaIncome = Pool().get('fupin.industry.area_income')
        county = County()
        county.fill()

        def rows(year, level, **context):
            with Transaction().set_context(
                    year=year.id, level=level, **context):
                return {
                    r.enterprise or r.area: (
                        r.households, r.persons, r.earning_households,
                        r.industry_income, r.per_household,
                        r.per_earning_household, r.per_capita, r.paid,
                        r.previous_industry_income, r.change, r.change_rate)
                    for r in AreaIncome.search([])}

        def figures(households, persons, earning, *values):
            return (households, persons, earning, *[
                    None if v is None else D(v) for v in values])

        # 1266.67 + 333.33 = 1600.00, 450.00
        self.assertEqual(rows(county.y2, 'county'), {
                county.county: figures(
                    5, 10, 3, '2050.00', '410.00', '683.33', '205.00',
                    '1271.16', '1380.11', '669.89', '0.4854'),
                })
        self.assertEqual(rows(county.y2, 'township'), {
                county.t1: figures(
                    3, 7, 2, '1600.00', '533.33', '800.00', '228.57',
                    '1271.16', '1000.10', '599.90', '0.5998'),
                county.t2: figures(
                    2, 3, 1, '450.00', '225.00', '450.00', '150.00',
                    '0', '380.01', '69.99', '0.1842'),
                })
        self.assertEqual(rows(county.y2, 'village'), {
                county.v1: figures(
                    2, 6, 2, '1600.00', '800.00', '800.00', '266.67',
                    '1271.16', '1000.10', '599.90', '0.5998'),
                county.v2: figures(
                    1, 1, 0, '0', '0', None, '0', '0', '0', '0', None),
                county.v3: figures(
                    1, 3, 1, '450.00', '450.00', '450.00', '150.00',
                    '0', '300.00', '150.00', '0.5'),
                county.v4: figures(
                    1, 0, 0, '0', '0', None, None, '0', '80.01', '-80.01',
                    '-1'),
                })
        # 887.83 + 112.17 + 50.00 - 50.00 + 333.33; 200.00 + 450.00
        self.assertEqual(rows(county.y2, 'enterprise'), {
                county.e1: figures(
                    2, 6, 2, '1333.33', '666.67', '666.67', '222.22',
                    '1271.16', '1000.10', '333.23', '0.3332'),
                county.e2: figures(
                    2, 7, 2, '650.00', '325.00', '325.00', '92.86',
                    '0', '380.01', '269.99', '0.7105'),
                })
        self.assertEqual(rows(county.y1, 'enterprise'), {
                county.e1: figures(
                    1, 3, 1, '1000.10', '1000.10', '1000.10', '333.37',
                    '0', '0', '1000.10', None),
                county.e2: figures(
                    2, 4, 2, '380.01', '190.01', '190.01', '95.00',
                    '0', '0', '380.01', None),
                })
        self.assertEqual(
            rows(county.y2, 'enterprise', township=county.t1.id,
                enterprise=county.e2.id), {
                county.e2: figures(
                    1, 4, 1, '200.00', '200.00', '200.00', '50.00',
                    '0', '0', '200.00', None),
                })
        with Transaction().set_context(year=county.y2.id):
            records = AreaIncome.search([])
            self.assertEqual(len({r.id for r in records}), 9)
            self.assertEqual({r.level for r in records}, {
                    'county', 'township', 'village', 'enterprise'})
            self.assertEqual(
                AreaIncome.search_count(
                    [('industry_income', '>', D('1599.99'))]), 3)
            self.assertEqual(
                [r.place for r in AreaIncome.search(
                        [('rec_name', 'ilike', "%Mushroom%")])],
                ["Mushroom Base"])
            self.assertEqual(
                [r.rec_name for r in AreaIncome.search(
                        [('rec_name', '=', "East")])],
                ["East - 2025 Year"])

    def test_area_income_scope(self):
        "Test a township officer sees the areas and the sums of the township"
        AreaIncome = Pool().get('fupin.industry.area_income')
        county = self.scoped()

        user, context = self.as_user(county.officer, year=county.y2.id)
        with user, context:
            rows = {
                r.enterprise or r.area: r.industry_income
                for r in AreaIncome.search([])}
            self.assertEqual(rows, {
                    county.t1: D('1600.00'),
                    county.v1: D('1600.00'),
                    county.v2: D('0'),
                    county.e1: D('1333.33'),
                    # What the households of the township earned there
                    county.e2: D('200.00'),
                    })
            self.assertEqual(
                len(AreaIncome.search_read([], fields_names=['rec_name'])), 5)

    def test_open_households(self):
        "Test the rows of areas and enterprises open their households"
        pool = Pool()
        AreaIncome = pool.get('fupin.industry.area_income')
        HouseholdIncome = pool.get('fupin.industry.household_income')
        OpenHouseholds = pool.get(
            'fupin.industry.area_income.open_households', type='wizard')
        county = County()
        county.fill()

        for level in ['county', 'township', 'village', 'enterprise']:
            with Transaction().set_context(year=county.y2.id, level=level):
                rows = AreaIncome.search([])
                for row in rows:
                    session_id, _, _ = OpenHouseholds.create()
                    with Transaction().set_context(
                            active_model=AreaIncome.__name__,
                            active_id=row.id, active_ids=[row.id]):
                        action, _ = OpenHouseholds(session_id).do_open_(
                            {'name': "Households"})
                    context = PYSONDecoder().decode(action['pyson_context'])
                    domain = PYSONDecoder().decode(action['pyson_domain'])
                    with Transaction().set_context(context):
                        households = HouseholdIncome.search(domain)
                        self.assertEqual(
                            sum(h.industry_income for h in households),
                            row.industry_income)

    def test_reversal(self):
        "Test the reversal belongs to the enterprise of the posting"
        Income = Pool().get('fupin.income')
        county = County()
        line = county.income(
            county.h1, '2025-05-01', '1.23', enterprise=county.e1)

        reversal, = Income.reverse([line.origin])

        self.assertEqual(reversal.enterprise, county.e1)

    def test_delivery_enterprise(self):
        "Test a delivery finds the only enterprise that handles the product"
        pool = Pool()
        Delivery = pool.get('fupin.delivery')
        Enterprise = pool.get('fupin.enterprise')
        ModelData = pool.get('ir.model.data')
        Template = pool.get('product.template')
        county = County()
        mushroom, melon = [
            Template.create([{
                        'name': name,
                        'default_uom': ModelData.get_id(
                            'product', 'uom_kilogram'),
                        'products': [('create', [{}])],
                        }])[0].products[0]
            for name in ["Mushroom", "Melon"]]

        def enterprise(product, day='2025-05-01', chosen=None):
            delivery = Delivery(
                company=county.c1, product=product, date=date(day),
                enterprise=chosen)
            delivery._set_enterprise()
            return delivery.enterprise

        self.assertIsNone(enterprise(mushroom))
        county.e1.products = [mushroom]
        county.e1.end_date = date('2025-12-31')
        county.e1.save()
        # of another cooperative
        county.e2.products = [mushroom, melon]
        county.e2.save()
        self.assertEqual(enterprise(mushroom), county.e1)
        self.assertEqual(
            enterprise(mushroom, '2025-12-31'), county.e1)
        self.assertIsNone(enterprise(mushroom, '2026-01-01'))
        self.assertIsNone(enterprise(mushroom, '2019-12-31'))
        self.assertIsNone(enterprise(melon))
        second, = Enterprise.copy([county.e1], {'name': "Second Base"})
        self.assertIsNone(enterprise(mushroom))
        self.assertEqual(enterprise(mushroom, chosen=second), second)
        self.assertIsNone(enterprise(melon, chosen=second))

    def test_enterprise_scope(self):
        "Test who may read an enterprise"
        Enterprise = Pool().get('fupin.enterprise')
        county = self.scoped()
        east = county.user(
            'east', ['fupin_household.group_township'], [county.v2])

        for user, enterprises in [
                (county.bureau, {county.e1, county.e2}),
                # Its own, and the one where a household earned
                (county.officer, {county.e1, county.e2}),
                (east, set()),
                (county.manager, {county.e2}),
                (county.nobody, set()),
                ]:
            user_, context = self.as_user(user)
            with user_, context:
                self.assertEqual(set(Enterprise.search([])), enterprises)
                with self.assertRaises(AccessError):
                    Enterprise.write([county.e2], {'name': "New"})
