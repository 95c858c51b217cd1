# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The arithmetic of a pay sheet: decimals only, no database."""
from decimal import Decimal

from .weighing import round_half_up

# the most that one person works on one day
LIMITS = {
    'day': Decimal(1),
    'hour': Decimal(24),
    'month': Decimal(1),
    }
DIGITS = 2


class PayError(ValueError):
    """The figures can not be those of a wage.

    The reason is one of 'quantity', 'rate', 'additions', 'deductions' or
    'amount'."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def basic_pay(quantity, rate, digits=DIGITS):
    """Return what quantity (days, hours, months or pieces) earns at the rate
    of one, in yuan, rounded once to the cent."""
    if quantity < 0:
        raise PayError('quantity')
    if rate <= 0:
        raise PayError('rate')
    return round_half_up(quantity * rate, digits)


def pay(quantity, rate, additions, deductions, digits=DIGITS):
    """Return the wage: quantity at the rate, with the additions, less the
    deductions, in yuan.

    PayError if a figure is negative, or if nothing is left of the wage."""
    wage = basic_pay(quantity, rate, digits)
    if additions < 0:
        raise PayError('additions')
    if deductions < 0:
        raise PayError('deductions')
    wage += additions - deductions
    if wage <= 0:
        raise PayError('amount')
    return wage


def is_possible(unit, quantities):
    """Return whether one person can have worked the quantities of the unit
    on one day; of pieces any number."""
    if any(q <= 0 for q in quantities):
        return False
    limit = LIMITS.get(unit)
    return limit is None or sum(quantities) <= limit
