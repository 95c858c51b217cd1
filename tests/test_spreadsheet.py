# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Sheets as they come, read cell by cell."""
import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.exceptions import ValidationError
from trytond.modules.fupin_household import recognition
from trytond.modules.fupin_household.recognition import CellError
from trytond.modules.fupin_household.registry_sheet import (
    FIELDS, Areas, RegistrySheet, propose)
from trytond.modules.fupin_household.spreadsheet import (
    SheetError, column_letter, read_sheet)

import spoilt_workbooks as spoilt

pytestmark = pytest.mark.plain

TODAY = dt.date(2026, 3, 1)
PLACES = ['row', 'place', 'relation', 'from_date', 'bad', 'name', 'sex',
    'birth_date', 'id_number', 'phone', 'bank_name', 'bank_account',
    'health', 'disability']
days = st.dates(dt.date(1900, 3, 1), dt.date(2099, 12, 31))


def code(function, value):
    with pytest.raises(CellError) as raised:
        function(value)
    return raised.value.args[0]


def read(data):
    "Return the persons, the households and the issues of a file"
    issues = []
    sheet = read_sheet(data, FIELDS)
    registry = RegistrySheet(
        sheet, propose(sheet.headers),
        Areas([
                (1, '410990110201', "镇1", "村11", None),
                (2, '410990110202', "镇1", "村12", None),
                (3, '410990120201', "镇2", "村21", None)]),
        [("脱贫户", 1)], [("因病", 1)], lambda kind, day: True, TODAY,
        lambda *issue: issues.append(issue))
    persons = [dict(zip(PLACES, p)) for p in registry]
    return sheet, persons, registry.households, issues


# the spoilt workbooks

@pytest.mark.parametrize('maker', spoilt.MAKERS, ids=lambda m: m.__name__)
def test_spoilt_workbook(maker):
    people = spoilt.make_people(14)
    data, _, cells = maker(people)
    sheet, persons, households, issues = read(data)
    headers = {column_letter(c): h for c, h in sheet.headers.items()}
    lines = [p['row'] for p in persons]
    reported = set()
    for row, column, _, _, _, error in issues:
        assert error
        header = headers[column].removeprefix("家庭成员").removeprefix("住址")
        reported.add((people[lines.index(row)]["姓名"], header.strip()))
    assert reported == cells
    assert len(persons) == len(people)
    assert [h.number for h in households] == list(dict.fromkeys(
            p["户编号"] for p in people))
    assert {h.area for h in households} == {1}
    wrong = {name for name, _ in cells}
    for person, expected in zip(persons, people):
        assert person['bad'] == (expected["姓名"] in wrong)
        if person['bad']:
            continue
        assert households[person['place']].number == expected["户编号"]
        assert person['relation'] == {
            "户主": 'head', "配偶": 'spouse', "之子": 'son'}[
                expected["与户主关系"]]
        assert person['name'] == expected["姓名"]
        assert spoilt.LABELS[person['sex']] == expected["性别"]
        assert person['birth_date'] == expected["出生日期"]
        assert person['id_number'] == expected["证件号码"]
        assert person['phone'] == expected["联系电话"]
        assert person['health'] == 'healthy'


def test_enough_spoilt_workbooks():
    assert len(spoilt.MAKERS) >= 12


@pytest.mark.parametrize('data, reason', [
        (b'PK\x03\x04 broken', 'format'),
        (b'\xd0\xcf\x11\xe0 broken', 'format'),
        (b'\xff\xff\xff', 'encoding'),
        (b'%PDF-1.7\0\0', 'format'),
        ("甲,乙\n1,2\n".encode(), 'header'),
        (b'', 'header'),
        ])
def test_no_table(data, reason):
    with pytest.raises(SheetError) as raised:
        read_sheet(data, FIELDS)
    assert raised.value.args == (reason,)


def test_second_sheet():
    people = spoilt.make_people(1)
    book = spoilt.workbook([["说明"], ["请填写第二张表"]])
    sheet = book.create_sheet("花名册")
    for row in [spoilt.HEADERS, *map(spoilt.cells, people)]:
        sheet.append(row)
    _, persons, _, _ = read(spoilt.save(book))
    assert len(persons) == len(people)


def test_column_letter():
    assert [column_letter(n) for n in (1, 26, 27, 52, 53, 702, 703)] == [
        'A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA']


def test_household_conflict():
    people = spoilt.make_people(1)
    people[1]["村"] = "村12"
    _, persons, _, issues = read(spoilt.plain(people)[0])
    assert [(i[0], i[1], i[3]) for i in issues] == [(3, 'C', 'conflict')]
    assert [p['bad'] for p in persons] == [False, True, False]


def test_warnings_do_not_stop():
    headers = ["户编号", "村", "姓名", "与户主关系", "身份证号", "银行账号"]
    number = '419900197003150013'
    number = number[:17] + ric.calc_check_digit(number)
    rows = [headers, ['W1', "村21", "张三", 1, number, '6200990000000000']]
    _, (person,), _, issues = read(spoilt.save(spoilt.workbook(rows)))
    assert not person['bad']
    assert {(i[3], i[5]) for i in issues} == {
        ('region', False), ('card', False)}


# cells

@given(days)
def test_date(day):
    for value in [
            day, dt.datetime.combine(day, dt.time()), day.isoformat(),
            f'{day.year}/{day.month}/{day.day}',
            f'{day.year}年{day.month}月{day.day}日', f'{day:%Y%m%d}',
            float(f'{day:%Y%m%d}')]:
        assert recognition.date(value) == day


@given(st.dates(dt.date(1927, 5, 18), dt.date(2099, 12, 31)))
def test_serial_date(day):
    number = (day - spoilt.EPOCH).days
    for value in [number, float(number), number + 0.75, str(number)]:
        assert recognition.date(value) == day


@pytest.mark.parametrize('value', [
        '2020年1月', '2020.1', 2020, 2020.0, '20/1/3', '3/4/20',
        '2020-02-30', '昨天', 1e18, 0, -1, '2020-1-3-4',
        dt.date(1800, 1, 1), 20201301])
def test_no_date(value):
    assert code(recognition.date, value) == 'date'


@given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)),
    st.integers(0, 999))
def test_id_number(day, sequence):
    number = f'410000{day:%Y%m%d}{sequence:03}'
    number += ric.calc_check_digit(number + '0')
    for value in [number, number.lower(), f"'{number}", f' {number[:6]} '
            f'{number[6:]}']:
        assert recognition.id_number(value) == number
    assert recognition.birth_date(number) == day
    assert recognition.sex(number) == ['female', 'male'][sequence % 2]
    assert code(recognition.id_number, float(number[:17])) == 'spoilt'


@given(st.from_regex(r'\A41000019[0-9]{9}[0-9X]\Z'))
def test_id_number_as_stdnum(number):
    try:
        ric.get_birth_date(number)
        valid = ric.calc_check_digit(number) == number[17]
    except ValidationError:
        valid = False
    try:
        assert recognition.id_number(number) == number
        assert valid
    except CellError:
        assert not valid


@given(st.decimals(
        Decimal('-9999999999.99'), Decimal('9999999999.99'), places=2))
def test_amount(value):
    for cell in [value, float(value), str(value), f' ¥{value} 元 ',
            f'{value:,}']:
        assert recognition.amount(cell) == value


@pytest.mark.parametrize('value, reason', [
        ('1.2万', 'amount'), ('约100', 'amount'), ('1.005', 'cent'),
        (float('nan'), 'amount'), (float('inf'), 'amount'), (True, 'amount'),
        (1e15, 'amount'), (dt.date(2020, 1, 1), 'amount'), ('1,2', 'amount')])
def test_no_amount(value, reason):
    assert code(recognition.amount, value) == reason


@given(st.text(max_size=30))
def test_text_is_settled(value):
    "What has been recognised is not changed by being read again"
    once = recognition.text(value)
    if once is not None:
        assert recognition.text(once) == once or not recognition.text(once)
        assert once == once.strip()


@pytest.mark.parametrize('function', [
        recognition.text, recognition.name, recognition.code,
        recognition.account, recognition.phone, recognition.date,
        recognition.amount, recognition.id_number,
        recognition.Choice([("男", 1)])])
@pytest.mark.parametrize('value', [None, '', '  ', '　', '/', '—', '无', "'"])
def test_empty(function, value):
    assert function(value) is None


def test_numbers_as_text():
    assert recognition.code(12.0) == '12'
    assert recognition.code('00012') == '00012'
    assert recognition.phone(13800138000.0) == '13800138000'
    assert code(recognition.account, 6.2e18) == 'spoilt'
    assert code(recognition.account, '6.2E+18') == 'spoilt'
    assert code(recognition.phone, '1380013800') == 'phone'


def test_choice():
    choice = recognition.Choice([("男", 'male'), ("1", 'male'), ("女", 2)])
    assert {choice(v) for v in ["男", " 男", 1, 1.0, '1', '01', "１"]} == {
        'male'}
    assert code(choice, '3') == 'code'


def test_areas():
    areas = Areas([
            (1, '410990110201', "镇1", "同村", None),
            (2, '410990120201', "镇2", "同村", None),
            (3, '41099012020101', "镇2", "同村", "一组"),
            (4, '410990120202', "镇2", "独村", None)])
    assert areas.by_name("镇1", "同村", None) == 1
    assert areas.by_name("镇2", "同村委会", None) == 2
    assert areas.by_name("镇2", "同村", "一组") == 3
    assert areas.by_name(None, "独村", "三组") == 4
    assert areas.by_code('410990120202') == 4
    for wrong in [
            (None, "同村", None), ("镇2", "同村", "二组"),
            ("镇1", "独村", None)]:
        assert code(lambda w: areas.by_name(*w), wrong) == 'area'
    assert code(areas.by_code, '41099012') == 'area'


def test_reading_again():
    "The rows of a table can be read as often as one likes"
    data = spoilt.plain(spoilt.make_people(2))[0]
    sheet = read_sheet(io.BytesIO(data).getvalue(), FIELDS)
    assert list(sheet) == list(sheet)
