# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The arithmetic of own production: what a batch costs and gives up.

A batch collects its cost on one account (141 or 401 of 财会〔2021〕37号).  A
harvest or a loss takes a part of the cost that is on the batch at the time:

* by quantity, harvested / (harvested + still expected),
* by a stated share of it,
* the last one all the rest, so that a finished batch stands at 0.00.

With the same expectation throughout, a unit of each harvest costs the same;
cost that comes later falls on what is harvested later.  Decimals only, no
database."""
from decimal import Decimal
from itertools import accumulate

from .division import EXACT, DivisionError, divide
from .weighing import round_half_up

ZERO = Decimal('0.00')


class ProductionCostError(ValueError):
    """The cost can not be taken.

    The reason is one of 'quantity' (not above zero), 'remaining' (nothing
    more is expected, or less than that), 'share' (not between 0 and 100) or
    'factor' (nothing to divide the cost by)."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def available(entries, date):
    """Return how much can be taken on the date from the sum of the entries,
    pairs of date and amount, so that the balance is below zero neither then
    nor on any later day."""
    before = sum((a for d, a in entries if d <= date), ZERO)
    later = {}
    for day, amount in entries:
        if day > date:
            later[day] = later.get(day, ZERO) + amount
    return min(accumulate(
            (later[day] for day in sorted(later)), initial=before))


def by_quantity(balance, quantity, remaining):
    """Return the part of the balance for the quantity when remaining is
    expected to come after it, rounded to the cent."""
    if quantity <= 0:
        raise ProductionCostError('quantity')
    if remaining is None or remaining <= 0:
        raise ProductionCostError('remaining')
    return round_half_up(
        balance * quantity / EXACT.add(quantity, remaining), 2)


def by_share(balance, share):
    "Return share percent of the balance, rounded to the cent"
    if share is None or not 0 < share < 100:
        raise ProductionCostError('share')
    return round_half_up(balance * share / 100, 2)


def split(amount, weights):
    """Return the parts of the amount in the proportion of the weights, in
    their order, by largest remainder; they add up to the amount."""
    try:
        parts = divide(amount, dict(enumerate(weights)))
    except DivisionError as error:
        raise ProductionCostError('factor') from error
    return [parts[i].amount for i in range(len(weights))]
