# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Lists as XLSX: what the user sees, masked, in the language of the user."""
import datetime as dt
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from trytond.model.exceptions import AccessError
from trytond.modules.fupin_household.workbook import write_workbook
from trytond.pool import Pool
from trytond.transaction import Transaction

from test_fupin_household import (  # noqa: F401
    ID_MAN, MODULES, acting, county, declaration, household, income, user,
    years)

pytestmark = pytest.mark.usefixtures('transaction')


def rows_of(content):
    sheet = load_workbook(io.BytesIO(content)).active
    return [list(r) for r in sheet.iter_rows(values_only=True)]


def export(who, records):
    Workbook = Pool().get('fupin.list.workbook', type='report')
    Model = records[0].__class__
    with acting(who):
        extension, content, _, name = Workbook.execute(
            [r.id for r in records], {
                'model': Model.__name__, 'ids': [r.id for r in records]})
    assert (extension, name) == ('xlsx', Pool().get('ir.model').get_name(
            Model.__name__))
    return rows_of(content)


@pytest.fixture
def officer(county):  # noqa: F811
    return user('zhen1', ['group_township'], [county["镇1"]])


def test_persons_masked(county, officer):  # noqa: F811
    Person = Pool().get('fupin.person')
    person, = Person.create([{
                'name': "张三", 'area': county["村11"].id,
                'id_number': ID_MAN, 'sex': 'male',
                'birth_date': dt.date(1970, 3, 15),
                'phone': '13800138000'}])
    header, row = export(officer, [person])
    values = dict(zip(header, row))
    assert values['Name'] == "张三"
    assert values['Sex'] == 'Male'
    assert values['Birth Date'] == dt.datetime(1970, 3, 15)
    assert values['ID Number'] == f'410000********{ID_MAN[-4:]}'
    assert values['Phone'] == '138****8000'
    assert values['Area'].endswith("村11")


def test_only_what_the_user_sees(county, officer):  # noqa: F811
    mine = household(county["村11"])
    other = household(county["村21"], "李四")
    assert export(officer, [mine])[1][0] == mine.number
    with pytest.raises(AccessError):
        export(officer, [mine, other])


def test_declarations_in_order(county, officer):  # noqa: F811
    family = household(county["村11"])
    records = [
        declaration(family, ('pension', dt.date(2026, 2, 1), amount, '0'))
        for amount in ['10.50', '20.00', '5.25']]
    header, *rows = export(officer, [records[i] for i in (2, 0, 1)])
    place = header.index('Amount')
    assert [r[place] for r in rows] == [5.25, 10.5, 20]
    assert {r[header.index('State')] for r in rows} == {'Draft'}


def test_statements_do_not_grow(county, officer):  # noqa: F811
    families = [
        household(county["村11"], f"张{i}", others=1) for i in range(12)]
    Household = Pool().get('fupin.household')

    def count(number):
        records = Household.browse([f.id for f in families[:number]])
        Transaction().cache.clear()
        cursor_class = type(Transaction().connection.cursor())
        statements = []
        execute = cursor_class.execute
        try:
            cursor_class.execute = lambda self, *args, **kwargs: (
                statements.append(args) or execute(self, *args, **kwargs))
        except TypeError:
            pytest.skip("the cursor can't be watched")
        try:
            export(officer, records)
        finally:
            cursor_class.execute = execute
        return len(statements)
    count(12)
    assert count(12) <= count(2)


def test_income_sheet(county, officer, years):  # noqa: F811
    "The columns of the national system, sums by hand"
    Income = Pool().get('fupin.income')
    Sheet = Pool().get('fupin.income.sheet', type='report')
    family = household(county["村11"], "张三", others=1, number='W1')
    other = household(county["村21"], "李四", number='W2')
    day = dt.date(2026, 2, 1)
    for target, category, amount, cost in [
            (family, 'wage_outside', '100.10', '0'),
            (family, 'public_post', '50', '0'),
            (family, 'business_own', '300', '120.40'),
            (family, 'pension', '10', '0'),
            (other, 'pension', '7', '0')]:
        line = declaration(target, (category, day, amount, cost)).lines[0]
        Income.post([income(target, day, amount, line, category, cost)])
    with acting(officer):
        extension, content, _, _ = Sheet.execute(
            [], {'year': years[1].id})
    header, *rows = rows_of(content)
    assert header == [
        "户编号", "户主姓名", "乡镇", "村", "家庭人口", "工资性收入",
        "生产经营性收入", "计划生育金", "低保金", "特困供养金", "养老保险金",
        "生态补偿金", "其他转移性收入", "资产收益扶贫分红收入",
        "其他财产性收入", "生产性支出", "家庭纯收入", "人均纯收入"]
    # 100.10 + 50 + 300 + 10 - 120.40 = 339.70, of two persons 169.85
    assert rows == [[
            'W1', "张三", "镇1", "村11", 2, 150.1, 300, 0, 0, 0, 10, 0, 0, 0,
            0, 120.4, 339.7, 169.85]]


def test_text_stays_text():
    content = write_workbook(
        "表", ["甲", "乙"], [['=1+1', '001'], [Decimal('1.10'), 'a\x00b']])
    assert rows_of(content)[1:] == [['=1+1', '001'], [1.1, 'ab']]
    cell = load_workbook(io.BytesIO(content)).active['A2']
    assert cell.data_type == 's'
