# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The arithmetic of a pay sheet."""
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trytond.modules.fupin_coop.pay import (
    PayError, basic_pay, is_possible, pay)

pytestmark = pytest.mark.plain

CENT = D('0.01')
quantities = st.decimals(0, 100_000, places=2)
rates = st.decimals('0.0001', 100_000, places=4)
amounts = st.decimals(0, 1_000_000, places=2)


def test_by_hand():
    assert basic_pay(D('2.5'), D('80')) == D('200.00')
    # 1 234 pieces at 0.0485
    assert basic_pay(D(1234), D('0.0485')) == D('59.85')
    assert pay(D(20), D(80), D(150), D('35.50')) == D('1714.50')


@pytest.mark.parametrize('figures, reason', [
        (('-1', '80', '0', '0'), 'quantity'),
        (('1', '0', '0', '0'), 'rate'),
        (('1', '-80', '0', '0'), 'rate'),
        (('1', '80', '-1', '0'), 'additions'),
        (('1', '80', '0', '-1'), 'deductions'),
        (('1', '80', '0', '80'), 'amount'),
        (('0', '80', '0', '0'), 'amount'),
        (('0.01', '0.1', '0', '0'), 'amount'),
        ])
def test_refused(figures, reason):
    with pytest.raises(PayError) as caught:
        pay(*map(D, figures))
    assert caught.value.reason == reason


@given(quantities, rates)
def test_rounded_once(quantity, rate):
    wage = basic_pay(quantity, rate)
    assert wage == wage.quantize(CENT)
    assert abs(wage - quantity * rate) <= CENT / 2


@given(quantities, quantities, rates)
def test_more_work_never_gets_less(one, other, rate):
    low, high = sorted([one, other])
    assert basic_pay(low, rate) <= basic_pay(high, rate)


@given(quantities, rates, rates)
def test_higher_rate_never_gets_less(quantity, one, other):
    low, high = sorted([one, other])
    assert basic_pay(quantity, low) <= basic_pay(quantity, high)


@given(st.lists(quantities, max_size=31), rates)
def test_days_gathered_stay_within_a_cent_for_each(days, rate):
    "Paid together or day by day differs by the rounding only"
    together = basic_pay(sum(days, D(0)), rate)
    apart = sum((basic_pay(d, rate) for d in days), D(0))
    assert abs(together - apart) <= CENT / 2 * (len(days) + 1)


@given(quantities, rates, amounts, amounts)
def test_additions_and_deductions_are_exact(
        quantity, rate, additions, deductions):
    wage = basic_pay(quantity, rate) + additions - deductions
    if wage > 0:
        assert pay(quantity, rate, additions, deductions) == wage
    else:
        with pytest.raises(PayError, match='amount'):
            pay(quantity, rate, additions, deductions)


@given(st.sampled_from(['day', 'hour', 'month']),
    st.lists(st.decimals('0.01', 30, places=2), min_size=1, max_size=4))
def test_limits(unit, worked):
    limit = {'day': 1, 'hour': 24, 'month': 1}[unit]
    assert is_possible(unit, worked) == (sum(worked) <= limit)
    assert is_possible('piece', worked)
    assert not is_possible(unit, [*worked, D(0)])
    assert not is_possible('piece', [*worked, D(-1)])
