# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.fupin_coop.lot_cost import (
    cost_in, cost_out, lot_value, proceeds, settle_commission)

pytestmark = pytest.mark.plain

amounts = st.decimals('0.01', '99999.99', places=2)
quantities = st.decimals('0.01', '9999', places=2)
prices = st.decimals('0.0001', '999', places=4)


@st.composite
def lots(draw):
    "A lot and what is left of it after each of some shipments and returns"
    quantity = draw(quantities)
    cents = int(quantity * 100)
    remaining = draw(st.lists(st.integers(0, cents), max_size=12))
    return draw(amounts), quantity, [D(r) / 100 for r in remaining]


def move(amount, quantity, book, before, after):
    if after <= before:
        return -cost_out(amount, quantity, book, after)
    return cost_in(amount, quantity, book, after)


def test_three_parts_of_a_delivery():
    amount, quantity = D('887.83'), D('116.82')
    book, costs = amount, []
    for remaining in [D('77.88'), D('38.94'), D(0)]:
        cost = cost_out(amount, quantity, book, remaining)
        costs.append(cost)
        book -= cost

    assert costs == [D('295.94'), D('295.95'), D('295.94')]
    assert book == 0


def test_value_at_both_ends():
    assert lot_value(D('887.83'), D('116.82'), D('116.82')) == D('887.83')
    assert lot_value(D('887.83'), D('116.82'), D(0)) == 0


@given(lots())
def test_books_follow_the_lot(lot):
    amount, quantity, states = lot
    book, before = amount, quantity
    for after in states + [D(0)]:
        book += move(amount, quantity, book, before, after)
        assert book == lot_value(amount, quantity, after)
        before = after

    assert book == 0


@given(lots(), st.data())
def test_cancelled_shipments_lose_no_cent(lot, data):
    # Tryton cancels a shipment with the cost it was booked with
    amount, quantity, states = lot
    book, before, shipped = amount, quantity, []
    for after in states:
        after = min(after, before)
        cost = cost_out(amount, quantity, book, after)
        assert cost >= 0
        shipped.append((before - after, cost))
        book, before = book - cost, after
        if data.draw(st.booleans()):
            back, cost = shipped.pop(
                data.draw(st.integers(0, len(shipped) - 1)))
            book, before = book + cost, before + back
        assert 0 <= book <= amount
    book -= cost_out(amount, quantity, book, D(0))

    assert book == 0


@given(prices, st.lists(quantities, min_size=1, max_size=8))
def test_proceeds_add_up(price, parts):
    before, total = D(0), D(0)
    for quantity in parts:
        part = proceeds(price, before, quantity)
        assert part >= 0
        before, total = before + quantity, total + part

    assert total == (price * before).quantize(D('0.01'), 'ROUND_HALF_UP')


@given(amounts, amounts)
def test_commission(cost, sold):
    covered, shortfall = settle_commission(cost, sold)

    assert covered + shortfall == cost
    # what the invoice leaves in 501 is the gain, what is in 521 the loss
    assert sold - covered == max(sold - cost, 0)
    assert shortfall == max(cost - sold, 0)
