# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The rent of land: the parts add up to the contract, whatever its days."""
import datetime as dt
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.fupin_industry.rent import (
    Rate, RentError, add_months, contract_years, grain_value, late_fee,
    periods, review_dates, reviewed, schedule, share)

pytestmark = pytest.mark.plain

JANUARY = dt.date(2024, 1, 1)
dates = st.dates(dt.date(2000, 1, 1), dt.date(2060, 12, 31))
days = st.integers(0, 11000)
areas = st.decimals('0.01', '9999.99', places=2)
money = st.decimals('0', '5000', places=2)
months = st.sampled_from([0, 1, 2, 3, 4, 6, 12, 24, 36, 60])


@st.composite
def contracts(draw):
    start = draw(dates)
    end = start + dt.timedelta(days=draw(days))
    rates = [Rate(start, draw(money), draw(money))]
    for offset in draw(st.lists(days, max_size=4, unique=True)):
        if offset:
            rates.append(Rate(
                    start + dt.timedelta(days=offset),
                    draw(money), draw(money)))
    return start, end, draw(areas), rates


@pytest.mark.parametrize('date, number, expected', [
        (dt.date(2024, 1, 31), 1, dt.date(2024, 3, 1)),
        (dt.date(2024, 2, 29), 12, dt.date(2025, 3, 1)),
        (dt.date(2024, 2, 29), 48, dt.date(2028, 2, 29)),
        (dt.date(2023, 12, 31), 2, dt.date(2024, 3, 1)),
        (dt.date(2024, 5, 15), -6, dt.date(2023, 11, 15)),
        (dt.date(2024, 10, 31), 1, dt.date(2024, 12, 1)),
        ])
def test_add_months(date, number, expected):
    assert add_months(date, number) == expected


def test_year_from_29_february_ends_with_february():
    first, *_ = periods(dt.date(2024, 2, 29), dt.date(2027, 2, 28), 12)
    assert first == (
        dt.date(2024, 2, 29), dt.date(2025, 2, 28), dt.date(2025, 2, 28))


def test_cash_by_hand():
    # 12.35 mu at 800 yuan are 9,880 a year, paid in two halves
    found = schedule(
        JANUARY, dt.date(2025, 12, 31), D('12.35'),
        [Rate(JANUARY, D(800))], months=6, days=9)
    assert [(i.number, i.from_date, i.to_date, i.due_date, i.cash)
        for i in found] == [
            (1, JANUARY, dt.date(2024, 6, 30), dt.date(2024, 1, 10),
                D('4940.00')),
            (2, dt.date(2024, 7, 1), dt.date(2024, 12, 31),
                dt.date(2024, 7, 10), D('4940.00')),
            (3, dt.date(2025, 1, 1), dt.date(2025, 6, 30),
                dt.date(2025, 1, 10), D('4940.00')),
            (4, dt.date(2025, 7, 1), dt.date(2025, 12, 31),
                dt.date(2025, 7, 10), D('4940.00'))]


def test_part_year_by_hand():
    # a year and 100 days of 366: 1,000 and 1,000 × 100 / 365 = 273.97
    found = schedule(
        dt.date(2023, 7, 1), dt.date(2024, 6, 30) + dt.timedelta(days=100),
        D(10), [Rate(dt.date(2023, 7, 1), D(100))], in_advance=False)
    assert [(i.to_date, i.due_date, i.cash) for i in found] == [
        (dt.date(2024, 6, 30), dt.date(2024, 6, 30), D('1000.00')),
        (dt.date(2024, 10, 8), dt.date(2024, 10, 8), D('273.97'))]


def test_grain_by_hand():
    # 3.33 mu × 500 kg = 1,665 kg at 2.36, not under 2.40: 3,996.00
    found, = schedule(
        JANUARY, dt.date(2024, 12, 31), D('3.33'),
        [Rate(JANUARY, grain=D(500))])
    assert (found.cash, found.grain) == (D('0.00'), D('1665.00'))
    assert grain_value(found.grain, D('2.36')) == D('3929.40')
    assert grain_value(found.grain, D('2.36'), D('2.40')) == D('3996.00')


def test_review_by_hand():
    # 800, after 5 years 5 % more, after 10 years 5 % more than that
    rates = reviewed(
        Rate(JANUARY, D(800)), JANUARY, dt.date(2035, 12, 31), 5, D('0.05'))
    assert [(r.from_date, r.cash) for r in rates] == [
        (JANUARY, D(800)), (dt.date(2029, 1, 1), D('840.00')),
        (dt.date(2034, 1, 1), D('882.00'))]
    years = contract_years(JANUARY, dt.date(2035, 12, 31), D(2), rates)
    assert [cash for _, _, cash, _ in years] == (
        [D(1600)] * 5 + [D(1680)] * 5 + [D(1764)] * 2)


def test_change_within_a_year():
    # 182 days of 366 at 100 and 184 at 200
    found, = schedule(
        JANUARY, dt.date(2024, 12, 31), D(1),
        [Rate(JANUARY, D(100)), Rate(dt.date(2024, 7, 1), D(200))])
    assert found.cash == D('150.27')


def test_late_fee_by_hand():
    # 5 per 10,000 and day of 9,880 for 30 days
    due = dt.date(2024, 1, 10)
    assert late_fee(D(9880), D(5), due, dt.date(2024, 2, 9)) == D('148.20')
    assert late_fee(D(9880), D(5), due, due) == D(0)
    assert late_fee(D(9880), D(5), due, JANUARY) == D(0)


@pytest.mark.parametrize('reason, arguments', [
        ('term', {'end': dt.date(2023, 12, 31)}),
        ('area', {'area': D(0)}),
        ('area', {'area': D(-1)}),
        ('months', {'months': 5}),
        ('months', {'months': 18}),
        ('months', {'months': -12}),
        ('rate', {'rates': []}),
        ('rate', {'rates': [Rate(dt.date(2024, 1, 2), D(1))]}),
        ('rate', {'rates': [Rate(JANUARY, D(-1))]}),
        ])
def test_refusals(reason, arguments):
    arguments = {
        'start': JANUARY, 'end': dt.date(2024, 12, 31), 'area': D(1),
        'rates': [Rate(JANUARY, D(1))], **arguments}
    with pytest.raises(RentError) as caught:
        schedule(**arguments)
    assert caught.value.reason == reason


def test_negative_price():
    with pytest.raises(RentError):
        grain_value(D(1), D(-1))
    with pytest.raises(RentError):
        grain_value(D(1), D(1), D(-1))


@given(contracts(), months)
def test_instalments_cover_the_contract(contract, number):
    start, end, area, rates = contract
    found = schedule(start, end, area, rates, months=number)
    assert found[0].from_date == start
    assert found[-1].to_date == end
    for before, after in zip(found, found[1:]):
        assert after.from_date == before.to_date + dt.timedelta(days=1)
    assert [i.number for i in found] == list(range(1, len(found) + 1))


@given(contracts(), months)
def test_instalments_add_up(contract, number):
    start, end, area, rates = contract
    years = contract_years(start, end, area, rates)
    found = schedule(start, end, area, rates, months=number)
    assert sum(i.cash for i in found) == sum(y[2] for y in years)
    assert sum(i.grain for i in found) == sum(y[3] for y in years)
    assert all(i.cash >= 0 and i.grain >= 0 for i in found)


@given(dates, st.integers(1, 30), areas, money, st.sampled_from([1, 3, 6]))
def test_complete_years_are_equal(start, years, area, cash, number):
    end = add_months(start, 12 * years) - dt.timedelta(days=1)
    found = contract_years(start, end, area, [Rate(start, cash)])
    assert len(found) == years
    exact = Fraction(area) * Fraction(cash)
    for _, _, amount, _ in found:
        assert abs(Fraction(amount) - exact) <= Fraction(1, 200)
    parts = schedule(start, end, area, [Rate(start, cash)], months=number)
    amounts = {i.cash for i in parts}
    assert max(amounts) - min(amounts) <= D('0.01')


@given(contracts(), st.integers(1, 3000))
def test_longer_costs_no_less(contract, more):
    start, end, area, rates = contract
    shorter = contract_years(start, end, area, rates)
    longer = contract_years(
        start, end + dt.timedelta(days=more), area, rates)
    assert sum(y[2] for y in longer) >= sum(y[2] for y in shorter)


@given(st.decimals('0', '99999999', places=2),
    st.dictionaries(
        st.from_regex(r'\A4109901012[0-9]{8}\Z'), areas,
        min_size=1, max_size=40))
def test_parcels_add_up(amount, parcels):
    found = share(amount, parcels)
    assert sum(found.values()) == amount
    total = sum(map(Fraction, parcels.values()))
    for code, part in found.items():
        exact = Fraction(amount) * Fraction(parcels[code]) / total
        assert abs(Fraction(part) - exact) < Fraction(1, 100)


@given(dates, days, st.integers(1, 10))
def test_review_dates(start, length, years):
    end = start + dt.timedelta(days=length)
    found = review_dates(start, end, years)
    assert found == [
        d for k in range(1, 40)
        if (d := add_months(start, 12 * years * k)) <= end]
