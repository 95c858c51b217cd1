# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Who of a sheet is who on record, and what changes."""
import datetime as dt

import pytest
from trytond.pool import Pool

import spoilt_workbooks as spoilt
from test_fupin_household import (  # noqa: F401
    MODULES, acting, county, household, user)
from test_import import (  # noqa: F401
    at_once, cells, counts, enter, load, officer, snapshot)

pytestmark = pytest.mark.usefixtures('transaction', 'at_once')

HEADERS = ["户编号", "户主身份证号", "村", "与户主关系", "姓名", "证件号码",
    "出生日期", "电话"]
VILLAGE = "村11"
A, B, C, D = [
    spoilt.id_number(dt.date(1960 + i, 5, 6), i) for i in range(4)]


def sheet(*rows):
    return spoilt.save(spoilt.workbook([HEADERS, *[
                    [*row, *[None] * (len(HEADERS) - len(row))]
                    for row in rows]]))


def imported(who, *rows):
    return load(who, enter(who, sheet(*rows)))


def family(number):
    Household = Pool().get('fupin.household')
    found, = Household.search([('number', '=', number)])
    return {m.person.name: m for m in found.memberships}


@pytest.fixture
def one(officer):  # noqa: F811
    return imported(
        officer,
        ['W1', None, VILLAGE, "户主", "赵一", A],
        ['W1', None, VILLAGE, "配偶", "钱二", B],
        ['W1', None, VILLAGE, "之子", "赵三"],
        ['W1', None, VILLAGE, "之女", "赵四", None, '1999-01-01'])


def test_household_by_its_head(officer, one):  # noqa: F811
    import_ = imported(
        officer,
        [None, A, VILLAGE, "户主", "赵一", A],
        [None, A, VILLAGE, "之女", "赵五", D])
    assert counts(import_) == {'new': 1, 'changed': 0, 'same': 1, 'bad': 0}
    assert set(family('W1')) == {"赵一", "钱二", "赵三", "赵四", "赵五"}


def test_numbered_by_the_sequence(officer):  # noqa: F811
    rows = [
        [None, A, VILLAGE, "户主", "赵一", A],
        [None, A, VILLAGE, "配偶", "钱二", B],
        [None, C, VILLAGE, "户主", "孙三", C]]
    assert imported(officer, *rows).households_new == 2
    numbers = {
        h.number for h in Pool().get('fupin.household').search([])}
    assert len(numbers) == 2 and all(n.startswith('H') for n in numbers)
    before = snapshot()
    assert imported(officer, *rows).rows_same == 3
    assert snapshot() == before


def test_person_by_name(officer, one):  # noqa: F811
    import_ = imported(
        officer,
        ['W1', None, None, "之子", "赵三", C],
        ['W1', None, None, "之女", "赵四", None, '1998-01-01'],
        ['W1', None, None, "配偶", "钱二", None, None, '13800138000'])
    assert cells(import_) == {(3, 'G', 'birth_date_differs')}
    assert counts(import_) == {'new': 0, 'changed': 2, 'same': 0, 'bad': 1}
    members = family('W1')
    assert members["赵三"].person.id_number_naked == C
    assert members["赵三"].person.birth_date == dt.date(1962, 5, 6)
    assert members["钱二"].person.phone_naked == '13800138000'
    assert members["钱二"].person.id_number_naked == B


def test_another_id_number(officer, one):  # noqa: F811
    import_ = imported(officer, ['W1', None, None, "配偶", "钱二", D])
    assert cells(import_) == {(2, 'F', 'id_number_differs')}


def test_change_of_head(officer, one):  # noqa: F811
    import_ = imported(officer, ['W1', None, None, "户主", "赵三"])
    assert cells(import_) == {(2, 'D', 'heads')}
    import_ = imported(
        officer,
        ['W1', None, None, "户主", "赵三"],
        ['W1', None, None, "之父", "赵一", A])
    assert counts(import_)['changed'] == 2
    members = family('W1')
    assert members["赵三"].relation == 'head'
    assert members["赵一"].relation == 'father'


def test_member_elsewhere(officer, one):  # noqa: F811
    import_ = imported(
        officer,
        ['W2', None, VILLAGE, "户主", "李四", C],
        ['W2', None, VILLAGE, "之媳", "钱二", B],
        ['W2', None, VILLAGE, "之儿媳", "钱二", B])
    assert cells(import_) == {
        (3, 'D', 'code'), (4, 'E', 'member_elsewhere')}
    problem = import_.problems[-1]
    assert 'W1' in problem.message
    assert set(family('W2')) == {"李四"}


def test_head_is_wrong(officer, one):  # noqa: F811
    "No household without its head comes of a sheet"
    import_ = imported(
        officer,
        ['W3', None, VILLAGE, "户主", "赵一", A],
        ['W3', None, VILLAGE, "配偶", "周五", C],
        ['W4', None, "没有村", "户主", "吴六", D],
        ['W4', None, None, "之子", "吴七"])
    assert cells(import_) == {
        (2, 'E', 'member_elsewhere'), (3, None, 'held'),
        (4, 'C', 'area'), (5, None, 'held')}
    assert not Pool().get('fupin.household').search([
            ('number', 'in', ['W3', 'W4'])])


def test_moved_household(officer, one, county):  # noqa: F811
    import_ = imported(officer, ['W1', None, "村12", "户主", "赵一", A])
    assert counts(import_) == {'new': 0, 'changed': 1, 'same': 0, 'bad': 0}
    assert {m.person.area for m in family('W1').values()} == {
        county["村12"]}


def test_no_key(officer):  # noqa: F811
    import_ = imported(
        officer,
        [None, None, VILLAGE, "户主", "赵一"],
        [None, None, VILLAGE, "配偶", "钱二"])
    assert cells(import_) == {(2, 'A', 'no_key'), (3, None, 'held')}


def test_new_without_village(officer):  # noqa: F811
    import_ = imported(officer, ['W1', None, None, "户主", "赵一", A])
    assert {c for _, _, c in cells(import_)} == {'area_missing'}


def test_masked(officer):  # noqa: F811
    "No number of a person is kept in the problems"
    import_ = imported(
        officer, ['W1', None, VILLAGE, "户主", "赵一", A[:-1] + '@',
            None, '123456'])
    for problem in import_.problems:
        assert set(problem.value[2:]) == {'*'}
