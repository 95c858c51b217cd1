# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The division of a sum of money by weights: decimals only, no database.

A total is divided by largest remainder: everybody gets the exact part rounded
down to the cent, and the cents that are left go one each to whom the rounding
took most from, ties by member number.  So

* the parts add up to the total;
* nobody is a whole cent away from the exact part, equal weights differ by at
  most a cent and a larger weight never gets less than a smaller one;
* the result depends on nothing but the total, the weights and the numbers;
* who raises his own weight never gets less, when the total and the weights of
  the others stay.  His exact part grows and all the others shrink.  If its
  whole cents grow, one left over is made up for.  If they do not, what was
  rounded off grows, and none of the others can overtake him but one whose
  exact part fell below a whole cent, and each of these leaves that cent over
  to be handed out.

Two things hold only to the cent, as for any method that stays within a cent
of the exact part (Balinski and Young, Fair Representation): a larger total
can give somebody a cent less, and a weight that grows can give a cent more to
somebody else."""
import re
from dataclasses import dataclass
from decimal import (
    MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation)
from math import lcm

CENT = Decimal('0.01')
# no figure is too long for it, and nothing is rounded unasked
EXACT = Context(
    prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN,
    traps=[Inexact, InvalidOperation])


class DivisionError(ValueError):
    """The total can not be divided.

    The reason is one of 'total' (negative, or not in whole cents), 'weight'
    (that of number is negative or no number) or 'base' (there is nobody, or
    all weights are zero, but something to divide)."""

    def __init__(self, reason, number=None):
        super().__init__(reason, number)
        self.reason = reason
        self.number = number


@dataclass(frozen=True, slots=True)
class Part:
    """The part of one member in a total, and how it came about.

    * number: the member's
    * total: what was divided, yuan
    * weight, weights: the member's and the sum of all
    * amount: what the member gets, yuan
    * rank: the member's place in the order of what rounding down took, 1 took
      most; 0 for who lost nothing
    * left: how many cents rounding down left; who ranks up to here gets one"""
    number: object
    total: Decimal
    weight: Decimal
    weights: Decimal
    amount: Decimal
    rank: int
    left: int

    @property
    def cent(self):
        "Whether one of the cents left over came here"
        return 0 < self.rank <= self.left

    @property
    def down(self):
        "The exact amount rounded down to the cent"
        return EXACT.subtract(self.amount, CENT) if self.cent else self.amount

    @property
    def ratio(self):
        "weight / weights, cut after 10 decimals"
        return cut(Decimal(1), self.weight, self.weights, 10)

    @property
    def exact(self):
        "total * weight / weights, cut after 6 decimals"
        return cut(self.total, self.weight, self.weights, 6)


def number_key(number):
    "Return the key that sorts numbers as people do: 2 before 10, A2 before B1"
    text = str(number)
    parts = re.split('([0-9]+)', text)
    parts[1::2] = map(int, parts[1::2])
    return parts, text


def to_cents(amount):
    "Return an amount of yuan in cents; ValueError if these are not whole"
    if not isinstance(amount, (Decimal, int)):
        raise ValueError(amount)
    try:
        numerator, denominator = amount.as_integer_ratio()
    except OverflowError:
        raise ValueError(amount)
    cents, rest = divmod(numerator * 100, denominator)
    if rest:
        raise ValueError(amount)
    return cents


def from_cents(cents):
    "Return the yuan of an integer of cents, with two decimals"
    return EXACT.scaleb(Decimal(cents), -2)


def cut(total, weight, weights, digits):
    "Return total * weight / weights without the decimals after digits"
    if not weights:
        return Decimal(0)
    total, by_total = total.as_integer_ratio()
    weight, by_weight = weight.as_integer_ratio()
    weights, by_weights = weights.as_integer_ratio()
    value = (total * weight * by_weights * 10 ** digits
        // (by_total * by_weight * weights))
    return EXACT.scaleb(Decimal(value), -digits)


def total_of(values):
    "Return the sum of decimals, not rounded to any precision"
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    return total


def whole_numbers(weights):
    "Return {number: integer} in the proportion of {number: decimal}"
    ratios = {}
    for number, weight in weights.items():
        if not isinstance(weight, (Decimal, int)):
            raise DivisionError('weight', number)
        try:
            ratios[number] = weight.as_integer_ratio()
        except (OverflowError, ValueError):
            raise DivisionError('weight', number)
        if weight < 0:
            raise DivisionError('weight', number)
    common = lcm(*{denominator for _, denominator in ratios.values()})
    return {number: numerator * (common // denominator)
        for number, (numerator, denominator) in ratios.items()}


def deal(cents, weights):
    """Return how many cents are left over when cents are divided by integer
    weights and all parts rounded down, and {number: (cents, rank)} in the
    order of the numbers, where cents has the one left over for who got it."""
    numbers = sorted(weights, key=number_key)
    weight = sum(weights.values())
    if not weight:
        if cents:
            raise DivisionError('base')
        return 0, {number: (0, 0) for number in numbers}
    downs, rests = {}, {}
    for number in numbers:
        downs[number], rest = divmod(cents * weights[number], weight)
        if rest:
            rests[number] = rest
    left = cents - sum(downs.values())
    # sorting keeps the order of equal ones, which is that of the numbers
    ranking = sorted(rests, key=rests.get, reverse=True)
    ranks = {number: rank for rank, number in enumerate(ranking, 1)}
    return left, {
        number: (
            down + (0 < ranks.get(number, 0) <= left), ranks.get(number, 0))
        for number, down in downs.items()}


def divide(total, weights):
    """Divide a total of yuan and return {number: Part} by number.

    weights is {number: weight}, decimals or integers that are not negative.
    The numbers are strings or integers, not both."""
    try:
        cents = to_cents(total)
    except ValueError:
        raise DivisionError('total')
    if cents < 0:
        raise DivisionError('total')
    left, parts = deal(cents, whole_numbers(weights))
    total = from_cents(cents)
    weights = {number: Decimal(weight) for number, weight in weights.items()}
    weight = total_of(weights.values())
    return {
        number: Part(
            number, total, weights[number], weight, from_cents(part), rank,
            left)
        for number, (part, rank) in parts.items()}
