# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal as D

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trytond.modules.fupin_coop.weighing import (
    WeighingError, pay, round_half_up, weigh)

pytestmark = pytest.mark.plain

weights = st.decimals('0.001', '99999', places=3)
rates = st.decimals('0', '99.99', places=2)
prices = st.decimals('0.0001', '9999', places=4)
digits = st.integers(0, 4)


def test_delivery_of_the_manual():
    weighing = weigh(D('120.5'), D('2.5'), D(1), 2)

    assert weighing == (D('118.00'), D('1.18'), D('116.82'))
    assert pay(weighing.quantity, D('7.60'), 2) == D('887.83')


@pytest.mark.parametrize('value, digits, rounded', [
        ('0.005', 2, '0.01'),
        ('0.0049', 2, '0.00'),
        ('2.5', 0, '3'),
        ('1.0005', 3, '1.001'),
        ('-0.005', 2, '-0.01'),
        ])
def test_halves_are_rounded_up(value, digits, rounded):
    assert round_half_up(D(value), digits) == D(rounded)


@pytest.mark.parametrize('gross, tare, rate, digits, reason', [
        ('0', '0', '0', 2, 'gross'),
        ('-1', '0', '0', 2, 'gross'),
        ('0.004', '0', '0', 2, 'gross'),
        ('10', '-0.01', '0', 2, 'tare'),
        ('10', '10', '0', 2, 'net'),
        ('10', '10.01', '0', 2, 'net'),
        ('10', '1', '-1', 2, 'rate'),
        ('10', '1', '100', 2, 'rate'),
        ('0.01', '0', '99', 2, 'quantity'),
        ('1', '0', '50', 0, 'quantity'),
        ])
def test_impossible_weights(gross, tare, rate, digits, reason):
    with pytest.raises(WeighingError) as error:
        weigh(D(gross), D(tare), D(rate), digits)

    assert error.value.reason == reason


@given(weights, weights, rates, digits)
def test_weights_add_up(gross, tare, rate, digits):
    assume(round_half_up(gross - tare, digits) > 1)
    try:
        weighing = weigh(gross, tare, rate, digits)
    except WeighingError as error:
        assert error.reason == 'quantity'
        return

    assert weighing.net == weighing.deduction + weighing.quantity
    assert weighing.quantity > 0
    assert weighing.deduction >= 0
    for weight in weighing:
        assert -weight.as_tuple().exponent <= min(digits, 3)


@given(weights, rates, rates)
def test_more_deduction_is_less_to_pay(net, rate, other):
    low, high = sorted([rate, other])
    try:
        less = weigh(net, D(0), high, 3).quantity
    except WeighingError:
        return

    assert less <= weigh(net, D(0), low, 3).quantity


@given(weights, prices)
def test_pay_is_the_nearest_cent(quantity, price):
    amount = pay(quantity, price, 2)

    assert abs(amount - quantity * price) <= D('0.005')
    assert amount.as_tuple().exponent == -2
