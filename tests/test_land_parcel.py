# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Parcels: their areas, outlines and holders, split, merged and exchanged."""
import datetime as dt
import json
from decimal import Decimal as D

import pytest
from cooperative import alone, new_household
from land import AREA, new_area, new_parcel, square

from trytond.model.exceptions import AccessError, ValidationError
from trytond.model.modelsql import SQLConstraintError
from trytond.modules.fupin_industry.exceptions import (
    ParcelAreaWarning, ParcelChangeError, ParcelCodeError,
    ParcelHoldingError, ParcelOutlineError)
from trytond.pool import Pool
from trytond.transaction import Transaction

__all__ = ['alone']

pytestmark = pytest.mark.usefixtures('alone')
MODULES = ['fupin_industry']
JULY = dt.date(2026, 7, 1)


@pytest.fixture
def area(transaction):
    return new_area()


@pytest.fixture
def household(area):
    return new_household(area, "张三")


@pytest.fixture
def other(area):
    return new_household(area, "李四")


def change(kind, parcels, lines, date=JULY):
    Change = Pool().get('fupin.parcel.change')
    record, = Change.create([{
                'kind': kind,
                'area': parcels[0].area.id,
                'date': date,
                'document': "调地协议",
                'parcels': [('add', [p.id for p in parcels])],
                'lines': [('create', lines)],
                }])
    Change.do([record])
    return Change(record.id)


def result(number, mu, **values):
    return {
        'code': AREA + '00' + f'{number:05}',
        'name': f"地块{number}",
        'contract_mu': D(mu),
        'contract_square_metres': D(mu) * 1000,
        **values}


def test_units(household):
    parcel = new_parcel(household, 1, mu='3.00')
    assert parcel.contract_square_metres == D('2000.00')
    assert parcel.household == household


@pytest.mark.parametrize('code', ['123', 'A' * 19, '４' * 19])
def test_code(household, code):
    with pytest.raises(ParcelCodeError):
        new_parcel(household, 1, code=code)


def test_units_that_disagree(household):
    with pytest.raises(ParcelHoldingError):
        new_parcel(household, 1, contract_mu=D(3),
            contract_square_metres=D(2100))


@pytest.mark.parametrize('mu', ['0', '-1'])
def test_no_area(household, mu):
    with pytest.raises(ValidationError):
        new_parcel(household, 1, mu=mu)


def test_outline(household):
    parcel = new_parcel(
        household, 1, mu='15.23', outline=json.dumps(square()))
    assert abs(parcel.outline_square_metres - D(10151)) < 10
    assert parcel.min_longitude == 114.8
    parcel.outline = None
    parcel.save()
    parcel = parcel.__class__(parcel.id)
    assert parcel.outline_square_metres is None
    assert parcel.min_longitude is None


def test_outline_that_crosses_itself(household):
    bow = {
        'type': 'Polygon',
        'coordinates': [[
                [114.80, 34.80], [114.81, 34.81], [114.81, 34.80],
                [114.80, 34.81], [114.80, 34.80]]]}
    with pytest.raises(ParcelOutlineError, match="地块1"):
        new_parcel(household, 1, outline=json.dumps(bow))
    with pytest.raises(ParcelOutlineError, match="地块1"):
        new_parcel(household, 2, name="地块1", outline="no outline")


def test_outline_outside_the_county(household):
    county = household.area.county
    county.outline = json.dumps(square(114.7, 34.7, 0.2))
    county.save()
    new_parcel(household, 1, mu='15.23', outline=json.dumps(square()))
    with pytest.raises(ParcelOutlineError, match="地块2.*试验县"):
        new_parcel(household, 2, mu='15.23',
            outline=json.dumps(square(114.8995)))


def test_outline_off_the_area_is_warned_of(household):
    with pytest.raises(ParcelAreaWarning, match="地块1"):
        new_parcel(household, 1, mu='12.00', outline=json.dumps(square()))
    with Transaction().set_context(_skip_warnings=True):
        assert new_parcel(
            household, 2, mu='12.00', outline=json.dumps(square()))


def test_one_holder_at_a_time(household, other):
    Holding = Pool().get('fupin.parcel.holding')
    parcel = new_parcel(household, 1)
    # the database is faster where it knows how
    with pytest.raises((ParcelHoldingError, SQLConstraintError)):
        Holding.create([{
                    'parcel': parcel.id,
                    'household': other.id,
                    'from_date': JULY,
                    }])


def test_split(household, other):
    Parcel = Pool().get('fupin.parcel')
    parcel = new_parcel(household, 1, mu='3.00')
    done = change('split', [parcel], [
            result(2, '1.00', contract_square_metres=D('666.67')),
            result(3, '2.00', contract_square_metres=D('1333.33'),
                household=other.id)])
    parcel = Parcel(parcel.id)
    assert parcel.end_date == dt.date(2026, 6, 30)
    first, second = (line.parcel for line in done.lines)
    assert (first.household, second.household) == (household, other)
    assert first.start_date == second.start_date == JULY
    before, after = dt.date(2026, 6, 30), JULY
    assert Parcel.holders_at([parcel, first], before) == {
        parcel.id: household.id}
    assert Parcel.holders_at([parcel, first], after) == {
        first.id: household.id}
    assert first.holdings[0].contract_end == parcel.holdings[0].contract_end
    with pytest.raises(AccessError):
        done.document = "另一份"
        done.save()
    with pytest.raises(AccessError):
        Parcel.delete([])
        done.__class__.delete([done])


def test_split_is_undone(household):
    Change, Parcel = map(
        Pool().get, ['fupin.parcel.change', 'fupin.parcel'])
    parcel = new_parcel(household, 1, mu='3.00')
    done = change('split', [parcel], [
            result(2, '1.00', contract_square_metres=D('666.67')),
            result(3, '2.00', contract_square_metres=D('1333.33'))])
    Change.undo([done])
    parcel = Parcel(parcel.id)
    assert parcel.end_date is None
    assert parcel.household == household
    assert all(
        line.parcel.end_date and not line.parcel.household
        for line in Change(done.id).lines)


def test_merge(household):
    Parcel = Pool().get('fupin.parcel')
    parcels = [new_parcel(household, n, mu='3.00') for n in [1, 2]]
    done = change('merge', parcels, [
            result(3, '6.00', contract_square_metres=D('4000.00'))])
    assert all(Parcel(p.id).end_date for p in parcels)
    line, = done.lines
    assert line.parcel.household == household


def test_swap(household, other):
    Parcel = Pool().get('fupin.parcel')
    parcels = [new_parcel(h, n) for n, h in enumerate([household, other], 1)]
    done = change('swap', parcels, [
            {'parcel': parcels[0].id, 'household': other.id},
            {'parcel': parcels[1].id, 'household': household.id}])
    assert Parcel.holders_at(parcels, JULY) == {
        parcels[0].id: other.id, parcels[1].id: household.id}
    done.__class__.undo([done])
    assert Parcel.holders_at(parcels, JULY) == {
        parcels[0].id: household.id, parcels[1].id: other.id}


def test_changes_that_are_refused(household, other):
    parcels = [new_parcel(h, n, mu='3.00') for n, h in enumerate(
            [household, other, household], 1)]
    two = [
        result(8, '1.00', contract_square_metres=D('666.67')),
        result(9, '2.00', contract_square_metres=D('1333.33'))]
    for kind, old, new in [
            # the areas do not add up
            ('split', parcels[:1], [two[0], result(
                        9, '1.99', contract_square_metres=D('1326.67'))]),
            # one part is no split
            ('split', parcels[:1], [result(
                        9, '3.00', contract_square_metres=D('2000.00'))]),
            # of two households
            ('merge', parcels[:2], [result(
                        9, '6.00', contract_square_metres=D('4000.00'))]),
            # somebody loses
            ('swap', parcels[:2], [
                    {'parcel': parcels[0].id, 'household': household.id},
                    {'parcel': parcels[1].id, 'household': household.id}]),
            # another parcel
            ('swap', parcels[:2], [
                    {'parcel': parcels[0].id, 'household': other.id},
                    {'parcel': parcels[2].id, 'household': household.id}]),
            ]:
        with pytest.raises(ParcelChangeError):
            change(kind, old, new)
    change('split', parcels[:1], two)
    with pytest.raises(ParcelChangeError):
        change('split', parcels[:1], two, date=dt.date(2026, 8, 1))
