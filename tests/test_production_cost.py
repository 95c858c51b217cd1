# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What a batch costs and gives up, without a database."""
import datetime as dt
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.fupin_coop.production_cost import (
    ProductionCostError, available, by_quantity, by_share, split)

pytestmark = pytest.mark.plain

START = dt.date(2026, 1, 1)

amounts = st.decimals(D(0), D(10) ** 9, places=2)
quantities = st.decimals(D('0.001'), D(10) ** 6, places=3)
dates = st.integers(0, 60).map(lambda n: START + dt.timedelta(days=n))


def day(number):
    return START + dt.timedelta(days=number)


@pytest.mark.parametrize('number, expected', [
        # 100 until the 9th, 20 left on the 10th, 70 from the 20th
        (0, 20), (5, 20), (10, 20), (19, 20), (20, 70), (30, 70), (-1, 0)])
def test_available(number, expected):
    entries = [(day(0), D(100)), (day(10), D(-80)), (day(20), D(50))]
    assert available(entries, day(number)) == expected


def test_available_of_nothing():
    assert available([], START) == 0


@pytest.mark.parametrize('balance, quantity, remaining, expected', [
        ('1000', '400', '600', '400.00'),
        ('1000', '1', '2', '333.33'),
        ('2000', '1', '2', '666.67'),
        ('0.01', '1', '1', '0.01'),
        ])
def test_by_quantity(balance, quantity, remaining, expected):
    assert by_quantity(D(balance), D(quantity), D(remaining)) == D(expected)


@pytest.mark.parametrize('quantity, remaining, reason', [
        ('0', '1', 'quantity'), ('-1', '5', 'quantity'),
        ('1', '0', 'remaining'), ('1', '-2', 'remaining'),
        ('1', None, 'remaining')])
def test_by_quantity_refused(quantity, remaining, reason):
    with pytest.raises(ProductionCostError) as error:
        by_quantity(
            D(100), D(quantity), remaining and D(remaining))
    assert error.value.reason == reason


@pytest.mark.parametrize('share', ['0', '-1', '100', '100.01', None])
def test_by_share_refused(share):
    with pytest.raises(ProductionCostError) as error:
        by_share(D(100), share and D(share))
    assert error.value.reason == 'share'


def test_by_share():
    assert by_share(D('999.99'), D('33.33')) == D('333.30')


@pytest.mark.parametrize('amount, weights, expected', [
        ('100', [1, 1, 1], ['33.34', '33.33', '33.33']),
        ('0.05', [3, 2], ['0.03', '0.02']),
        ('10', [0, 5], ['0.00', '10.00']),
        ])
def test_split(amount, weights, expected):
    assert split(D(amount), [D(w) for w in weights]) == [
        D(x) for x in expected]


def test_split_of_no_weights():
    with pytest.raises(ProductionCostError) as error:
        split(D(1), [D(0), D(0)])
    assert error.value.reason == 'factor'


@given(st.lists(st.tuples(dates, amounts)), st.lists(dates))
def test_taking_what_is_available_leaves_no_day_below_zero(put, take):
    entries = list(put)
    for date in take:
        entries.append((date, -available(entries, date)))
    balance = D(0)
    for date in sorted({d for d, _ in entries}):
        balance += sum(a for d, a in entries if d == date)
        assert balance >= 0
    # and no more can be taken
    if take:
        assert available(entries, take[-1]) == 0


@given(amounts, st.lists(quantities, min_size=1, max_size=12))
def test_harvests_add_up_to_the_cost(cost, harvest):
    "Part harvests by quantity, the last one takes the rest: 0.00 is left"
    balance, taken = cost, []
    for i, quantity in enumerate(harvest[:-1]):
        part = by_quantity(balance, quantity, sum(harvest[i + 1:]))
        assert 0 <= part <= balance
        balance -= part
        taken.append(part)
    taken.append(balance)
    assert sum(taken) == cost


@given(amounts, st.lists(quantities, min_size=2, max_size=12))
def test_a_unit_of_each_harvest_costs_the_same(cost, harvest):
    "to the cents that rounding moved before"
    balance, total = cost, sum(harvest)
    for i, quantity in enumerate(harvest[:-1]):
        part = by_quantity(balance, quantity, sum(harvest[i + 1:]))
        assert abs(part - cost * quantity / total) <= D('0.005') * (i + 2)
        balance -= part


@given(amounts, st.decimals(D('0.01'), D('99.99'), places=2))
def test_a_share_leaves_the_rest(balance, share):
    assert 0 <= by_share(balance, share) <= balance


@given(amounts, st.lists(quantities, min_size=1, max_size=20))
def test_split_adds_up(amount, weights):
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights):
        assert abs(part - amount * weight / sum(weights)) < D('0.01')
