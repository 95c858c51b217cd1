# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"The arithmetic of a weigh ticket: decimals only, no database."
from collections import namedtuple
from decimal import ROUND_HALF_UP, Decimal

WEIGHT_DIGITS = 3

Weighing = namedtuple('Weighing', ['net', 'deduction', 'quantity'])


class WeighingError(ValueError):
    """The weights can not be those of a delivery.

    The reason is one of 'gross', 'tare', 'net', 'rate' or 'quantity'."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def round_half_up(value, digits):
    "Return value with digits decimals, halves away from zero"
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def weight_digits(digits):
    "Return the decimals of a weight in a unit that shows digits decimals"
    return min(digits, WEIGHT_DIGITS)


def weigh(gross, tare, rate, digits):
    """Return the net weight, the deducted weight and the weight to pay for.

    The rate is in percent of the net weight.  The deduction is rounded, the
    other two are exact: net = gross - tare = deduction + quantity."""
    digits = weight_digits(digits)
    gross = round_half_up(gross, digits)
    tare = round_half_up(tare, digits)
    if gross <= 0:
        raise WeighingError('gross')
    if tare < 0:
        raise WeighingError('tare')
    net = gross - tare
    if net <= 0:
        raise WeighingError('net')
    if not 0 <= rate < 100:
        raise WeighingError('rate')
    deduction = round_half_up(net * rate / 100, digits)
    quantity = net - deduction
    if quantity <= 0:
        raise WeighingError('quantity')
    return Weighing(net, deduction, quantity)


def pay(quantity, price, digits):
    """Return what quantity costs at price, rounded once, at the end.

    The quantity is in the unit of the price, not rounded to it."""
    return round_half_up(quantity * price, digits)
