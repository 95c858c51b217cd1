# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The arithmetic of piecework."""
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trytond.modules.fupin_industry.piece_pay import (
    PartBalance, PieceError, Step, charge_limit, check_steps, open_rework,
    part_balance, per_thousand, take_charges, used_parts)

pytestmark = pytest.mark.plain

counts = st.integers(0, 100_000)
quantities = st.decimals(0, 100_000, places=4)
rates = st.decimals(0, D('0.9999'), places=4)
amounts = st.decimals(0, 100_000, places=2)


def test_parts_by_hand():
    # 2,060 flints for 2,000 pieces: 1,985 in pieces, 30 back, 45 gone, of
    # which 1 % of 1,985 = 19.85, so 20, may get lost
    step = Step(1970, 15, 0, 0)
    assert used_parts(D(1), step) == 1985
    assert part_balance(D(2060), D(1985), D(30), D('0.01')) == PartBalance(
        1985, 30, 20, 25)
    # less is gone than may
    assert part_balance(D(2000), D(1985), D(5), D('0.01')) == PartBalance(
        1985, 5, 10, 0)
    # gas by the gram, with one decimal
    assert part_balance(
        D('9100'), D('8932.5'), D(0), D('0.01'), digits=1) == PartBalance(
        D('8932.5'), 0, D('89.4'), D('78.1'))


@pytest.mark.parametrize('figures, reason', [
        ((100, 101, 0), 'parts'),
        ((100, 60, 41), 'parts'),
        ((100, -1, 0), 'negative'),
        ((100, 0, -1), 'negative'),
        ((-1, 0, 0), 'negative'),
        ])
def test_parts_refused(figures, reason):
    with pytest.raises(PieceError) as caught:
        part_balance(*map(D, figures), D(0))
    assert caught.value.reason == reason


@given(counts, counts, counts, rates, st.integers(0, 3))
def test_parts_balance(used, returned, short, rate, digits):
    issued = D(used + returned + short)
    balance = part_balance(issued, D(used), D(returned), rate, digits)
    assert sum(balance) == issued
    assert min(balance) >= 0
    assert not balance.missing or balance.allowed >= used * rate


@given(quantities, quantities, quantities, rates)
def test_parts_never_come_from_nowhere(issued, used, returned, rate):
    try:
        balance = part_balance(issued, used, returned, rate)
    except PieceError:
        assert used + returned > issued
    else:
        assert sum(balance) == issued


def test_steps_by_hand():
    steps = [Step(990, 10, 30, 25), Step(985, 5, 0, 0)]
    check_steps(1000, steps)
    assert [open_rework(s) for s in steps] == [5, 0]
    check_steps(1000, [])


@pytest.mark.parametrize('steps, reason', [
        ([Step(991, 10, 0, 0)], 'pieces'),
        ([Step(990, 10, 0, 0), Step(991, 0, 0, 0)], 'order'),
        ([Step(990, 10, 0, 0), Step(985, 6, 0, 0)], 'order'),
        ([Step(10, 0, 5, 6)], 'rework'),
        ([Step(2, 1, 5, 4)], 'rework'),
        ([Step(-1, 0, 0, 0)], 'negative'),
        ])
def test_steps_refused(steps, reason):
    with pytest.raises(PieceError) as caught:
        check_steps(1000, steps)
    assert caught.value.reason == reason


def test_charges_by_hand():
    # 20 % of 88.83 is 17.766, so 17.76
    assert charge_limit(D('88.83'), D('0.20')) == D('17.76')
    limits = [D('17.76'), D('5.00')]
    assert take_charges([D('3.00'), D('25.00')], limits) == [
        (0, 0, D('3.00')), (1, 0, D('14.76')), (1, 1, D('5.00'))]
    # what does not fit, 5.24, stays open
    assert limits == [D('17.76'), D('5.00')]


@given(
    st.lists(amounts, max_size=6), st.lists(amounts, max_size=6),
    st.decimals(0, 1, places=4))
def test_charges(charges, wages, share):
    limits = [charge_limit(w, share) for w in wages]
    taken = take_charges(charges, limits)
    of_charges, of_wages = [D(0)] * len(charges), [D(0)] * len(wages)
    for i, j, amount in taken:
        assert amount > 0
        of_charges[i] += amount
        of_wages[j] += amount
    assert all(map(D.__le__, of_charges, map(D, charges)))
    assert all(t <= w * share for t, w in zip(of_wages, wages))
    # as much as the law allows, and not a cent more
    assert sum(of_wages) == min(sum(charges), sum(limits))
    # the oldest first
    open_ = [c - t for c, t in zip(charges, of_charges)]
    first = next((i for i, o in enumerate(open_) if o), len(open_))
    assert not any(of_charges[first + 1:])


def test_per_thousand():
    assert per_thousand(D('88.83'), 1970) == D('45.09')
    assert per_thousand(D('88.83'), 0) is None
