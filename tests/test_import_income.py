# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Declared income loaded from sheets, as one by one."""
import datetime as dt
from decimal import Decimal

import pytest
from trytond.exceptions import UserError
from trytond.modules.fupin_household import household_year_check
from trytond.modules.fupin_household.exceptions import SheetImportError
from trytond.modules.fupin_household.income_sheet import propose
from trytond.modules.fupin_household.spreadsheet import header_key
from trytond.pool import Pool

import spoilt_workbooks as spoilt
from test_fupin_household import (  # noqa: F401
    MODULES, acting, county, household, user, years)
from test_import import (  # noqa: F401
    at_once, cells, counts, enter, load, officer, work)

pytestmark = pytest.mark.usefixtures('transaction', 'at_once', 'years')

TODAY = dt.date(2026, 3, 1)
LONG = ["户编号", "户主姓名", "姓名", "收入项目", "日期", "金额",
    "生产经营性支出", "来源"]
WIDE = ["户编号", "户主姓名", "工资性收入", "生产经营性收入", "低保金",
    "养老保险金", "生产性支出"]


@pytest.fixture(autouse=True)
def kept_rows(transaction):
    "Whatever is loaded, the rows of household and year say so"
    yield
    assert household_year_check.compare() == (0, [])


@pytest.fixture
def families(county):  # noqa: F811
    return [
        household(county["村11"], name, others=1, number=f'W{i}')
        for i, name in enumerate(["赵一", "钱二", "孙三"], 1)]


def sheet(headers, *rows):
    return spoilt.save(spoilt.workbook([headers, *rows]))


def long_sheet():
    return sheet(
        LONG,
        ['W1', "赵一", "赵一0", 'wage_outside', '2026-02-01', 1200.5, None,
            "建筑公司"],
        ['W1', "赵一", None, "养老保险金", '2026年1月1日', '300', None, "折"],
        ['W2', "钱二", None, 'business_own', 46054, '5,000.00', 1800,
            "集市"],
        # wrong from here
        ['W2', "赵一", None, 'business_own', '2026-02-01', 100, None, "乙"],
        ['W9', "李九", None, 'business_own', '2026-02-01', 100, None, "集市"],
        ['W3', "孙三", "甲", 'business_own', '2026-02-01', 100, None, "乙"],
        ['W3', "孙三", None, 'sale', '2026-02-01', 100, None, "集市"],
        ['W3', "孙三", None, 'business_own', '2026-02-01', 0, None, "集市"],
        ['W3', "孙三", None, 'business_own', '2026-02-01', 10.005, None,
            "集市"],
        ['W3', "孙三", None, 'business_own', '2019-02-01', 100, None, "集市"],
        ['W1', "赵一", None, "养老保险金", '2026-01-01', 301, None, "折"],
        ['W3', "孙三", None, 'business_own', '2026-02-01', 10, -5, "集市"],
        [None, "孙三", None, 'business_own', '2026-02-01', 10, None, "集市"])


WRONG = {
    (5, 'B', 'head_differs'), (6, 'A', 'household_unknown'),
    (7, 'C', 'person_unknown'), (8, 'D', 'code'), (9, 'F', 'not_positive'),
    (10, 'F', 'cent'), (11, 'F', 'year_missing'), (12, 'F', 'twice'),
    (13, 'G', 'negative'), (14, 'A', 'no_key')}


def declared():
    Line = Pool().get('fupin.income.declaration.line')
    return sorted(
        (line.household.number, line.person and line.person.name or '',
            line.category.code, line.date, line.amount, line.cost,
            line.source, line.declaration.state)
        for line in Line.search([]))


def test_long_sheet(officer, families):  # noqa: F811
    import_ = enter(officer, long_sheet(), kind='income')
    assert cells(import_) == WRONG
    assert counts(import_) == {'new': 3, 'changed': 0, 'same': 0, 'bad': 10}
    assert not declared()
    import_ = load(officer, import_)
    assert counts(import_) == {'new': 3, 'changed': 0, 'same': 0, 'bad': 10}
    assert import_.households_new == 2
    assert declared() == [
        ('W1', '', 'pension', dt.date(2026, 1, 1), Decimal('300.00'),
            Decimal('0.00'), "折", 'submitted'),
        ('W1', "赵一0", 'wage_outside', dt.date(2026, 2, 1),
            Decimal('1200.50'), Decimal('0.00'), "建筑公司", 'submitted'),
        ('W2', '', 'business_own', dt.date(2026, 2, 1), Decimal('5000.00'),
            Decimal('1800.00'), "集市", 'submitted')]
    first, second = import_.declarations
    assert {first.declared_by, second.create_uid} == {officer}
    assert first.number and first.number != second.number


def test_twice_changes_nothing(officer, families):  # noqa: F811
    load(officer, enter(officer, long_sheet(), kind='income'))
    before = declared()
    import_ = load(officer, enter(officer, long_sheet(), kind='income'))
    assert counts(import_) == {'new': 0, 'changed': 0, 'same': 3, 'bad': 10}
    assert declared() == before
    changed = enter(
        officer, sheet(LONG, [
                'W1', "赵一", None, "养老保险金", '2026-01-01', 310, None,
                "折"]), kind='income')
    assert cells(changed) == {(2, 'F', 'declared')}


def test_wide_sheet(officer, families):  # noqa: F811
    "The columns of the national system, its zeros left out"
    import_ = enter(
        officer, sheet(
            WIDE,
            ['W1', "赵一", 3000, 2000, 0, 105.5, 800],
            ['W2', "钱二", 0, 0, 400, 0, 0],
            ['W3', "孙三", 100, 0, 0, 0, 50],
            ['W3', "孙三", None, None, None, None, None]),
        kind='income', source="国家系统")
    # the cost of the third belongs to its only income
    import_ = load(officer, import_)
    assert not cells(import_)
    assert [(n, c, a, k) for n, _, c, _, a, k, _, _ in declared()] == [
        ('W1', 'business_own', Decimal('2000.00'), Decimal('800.00')),
        ('W1', 'pension', Decimal('105.50'), Decimal('0.00')),
        ('W1', 'wage_outside', Decimal('3000.00'), Decimal('0.00')),
        ('W2', 'minimum_living', Decimal('400.00'), Decimal('0.00')),
        ('W3', 'wage_outside', Decimal('100.00'), Decimal('50.00'))]
    bad = enter(
        officer, sheet(WIDE, ['W1', "赵一", 10, 0, 20, 0, 5]), kind='income')
    assert cells(bad) == {(2, 'G', 'cost_alone')}


def one_by_one(data, who):
    "Declare, submit and verify each line as the forms do"
    pool = Pool()
    Category = pool.get('fupin.income.category')
    Declaration = pool.get('fupin.income.declaration')
    Household = pool.get('fupin.household')
    with acting(who):
        for _, number, _, code, day, amount, cost, source in data:
            household_, = Household.search([('number', '=', number)])
            category, = Category.search([('code', '=', code)])
            declaration, = Declaration.create([{
                        'household': household_.id, 'date': TODAY,
                        'lines': [('create', [{
                                        'category': category.id,
                                        'date': day, 'amount': amount,
                                        'cost': cost, 'source': source}])]}])
            Declaration.submit([declaration])
            yield declaration


def ledger():
    return sorted(
        (i.household.number, i.person and i.person.name or '',
            i.category.code, i.income_class, i.industry, i.date, i.year.name,
            i.amount, i.cost, i.entry, i.company,
            i.origin.__name__)
        for i in Pool().get('fupin.income').search([]))


def test_verified_as_one_by_one(officer, families, county):  # noqa: F811
    pool = Pool()
    Declaration = pool.get('fupin.income.declaration')
    Import = pool.get('fupin.import')
    Income = pool.get('fupin.income')
    bureau = user('xian', ['group_county'], [county["试验县"]])
    import_ = load(officer, enter(officer, long_sheet(), kind='income'))
    with acting(officer), pytest.raises(SheetImportError):
        Import.verify([import_])
    with acting(bureau):
        Import.verify([Import(import_.id)])
    import_ = work(import_)
    assert (import_.state, import_.progress) == ('verified', 1)
    assert {(d.state, d.verified_by) for d in import_.declarations} == {
        ('verified', bureau)}
    loaded = ledger()
    assert len(loaded) == 3
    # what a posting refuses twice, stays refused
    with pytest.raises(UserError):
        with acting(bureau):
            Declaration.verify(import_.declarations)
    # the same lines by the forms
    lines = [
        (None, *row) for row in [
            ('W1', None, 'wage_outside', dt.date(2026, 2, 1),
                Decimal('1200.50'), Decimal(0), "建筑公司"),
            ('W1', None, 'pension', dt.date(2026, 1, 1), Decimal(300),
                Decimal(0), "折"),
            ('W2', None, 'business_own', dt.date(2026, 2, 1), Decimal(5000),
                Decimal(1800), "集市")]]
    with acting(bureau):
        Declaration.cancel(Declaration.search([]))
    before = {i.id for i in Income.search([])}
    declarations = list(one_by_one(lines, officer))
    with acting(bureau):
        Declaration.verify(declarations)
    slow = sorted(
        (i.household.number, i.category.code, i.income_class, i.industry,
            i.date, i.year.name, i.amount, i.cost, i.entry, i.company)
        for i in Income.search([('id', 'not in', list(before))]))
    assert slow == sorted((r[0], *r[2:11]) for r in loaded)


def test_verified_in_own_areas(officer, families, county):  # noqa: F811
    Import = Pool().get('fupin.import')
    bureau = user('xian', ['group_county'], [county["镇2"]])
    import_ = load(officer, enter(officer, long_sheet(), kind='income'))
    with acting(bureau):
        Import.verify([Import(import_.id)])
    assert work(import_).state == 'done'
    assert not ledger()


def test_closed_year(officer, families, years, county):  # noqa: F811
    "Nothing is posted into a year that was closed meanwhile"
    pool = Pool()
    Import = pool.get('fupin.import')
    Year = pool.get('fupin.income.year')
    bureau = user('xian', ['group_county'], [county["试验县"]])
    import_ = load(officer, enter(officer, long_sheet(), kind='income'))
    Year.close(years)
    with acting(bureau):
        Import.verify([Import(import_.id)])
    # what is left undone is told, not lost
    import_ = work(import_)
    assert import_.state == 'done'
    assert '2026' in import_.error
    assert not pool.get('fupin.income').search([])
    closed = enter(officer, sheet(LONG, [
                'W3', "孙三", None, 'business_own', '2026-02-01', 100, None,
                "集市"]), kind='income')
    assert {c for _, _, c in cells(closed)} == {'year_closed'}


def test_other_township(officer, families, county):  # noqa: F811
    other = user('zhen2', ['group_township'], [county["镇2"]])
    import_ = enter(other, long_sheet(), kind='income')
    assert counts(import_)['bad'] == 13
    assert {c for r, _, c in cells(import_) if r < 5} == {
        'household_elsewhere'}


def test_propose():
    headers = {1: "户编号", 2: "养老保险金(元)", 3: "工资性收入", 4: "备注"}
    assert propose(
        headers, {header_key("养老保险金"): 7, header_key("工资性收入"): 8}
        ) == {
            1: ('household_number', None), 2: ('category_amount', 7),
            3: ('category_amount', 8)}
