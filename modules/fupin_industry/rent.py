# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The rent of land that is let: decimals only, no database.

A contract runs from its first to its last day, both included.  Its years
start on the anniversaries of the first day; a day that a month does not have
is the first of the next month, so that a year that starts on 29 February ends
on the last of February (Art. 202 of the Civil Code).

The rent of a contract year is area × rate, to the cent; a year cut short owes
the days it has.  It is divided among the instalments of the year, and each of
these among the parcels, by largest remainder: so the parcels add up to the
instalment, the instalments to the year and the years to the contract."""
import calendar
import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from trytond.modules.fupin_coop.division import (
    divide, from_cents, total_of)

ONE_DAY = dt.timedelta(days=1)
MONTHS = 12
TEN_THOUSAND = 10000


class RentError(ValueError):
    """No rent can be computed.

    The reason is one of 'term' (the last day is before the first), 'rate'
    (the first rates do not start with the contract, or one is negative),
    'months' (the instalments do not divide a year nor count whole years),
    'area' (there is none) or 'price' (negative)."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rate:
    """What is owed for a mu and a year from a day on.

    * from_date: the first day
    * cash: yuan
    * grain: kilograms of the named grain"""
    from_date: dt.date
    cash: Decimal = Decimal(0)
    grain: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Instalment:
    """What is due at once.

    * number: counted from 1
    * from_date, to_date: the days for which it is owed
    * due_date: the last day to pay without being late
    * cash: yuan
    * grain: kilograms, to the hundredth"""
    number: int
    from_date: dt.date
    to_date: dt.date
    due_date: dt.date
    cash: Decimal
    grain: Decimal


def add_months(date, months):
    """Return the day of the month so many months later; the first of the next
    month where that month is too short."""
    year, month = divmod(date.year * MONTHS + date.month - 1 + months, MONTHS)
    month += 1
    if date.day > calendar.monthrange(year, month)[1]:
        year, month = divmod(year * MONTHS + month, MONTHS)
        return dt.date(year, month + 1, 1)
    return dt.date(year, month, date.day)


def periods(start, end, months):
    """Return the periods of so many months from start to end as [(first day,
    last day, last day if it were not cut short)]."""
    if end < start:
        raise RentError('term')
    result = []
    first, number = start, 0
    while first <= end:
        number += 1
        last = add_months(start, number * months) - ONE_DAY
        result.append((first, min(last, end), last))
        first = last + ONE_DAY
    return result


def review_dates(start, end, years):
    "Return the days on which the rent is reviewed, every so many years"
    return [
        first for first, _, _ in periods(start, end, years * MONTHS)][1:]


def reviewed(rate, start, end, years, change):
    """Return the rates of a contract whose rent changes by a fixed part at
    each review: change 0.05 is 5 % more than before, to the cent."""
    rates = [Rate(start, rate.cash, rate.grain)]
    for date in review_dates(start, end, years):
        cash, grain = (
            to_hundredth(Fraction(value) * (1 + Fraction(change)))
            for value in [rates[-1].cash, rates[-1].grain])
        rates.append(Rate(date, cash, grain))
    return rates


def to_hundredth(value):
    "Return a fraction as a decimal with two places, halves rounded up"
    hundredths, rest = divmod(value.numerator * 100, value.denominator)
    if rest * 2 >= value.denominator:
        hundredths += 1
    return from_cents(hundredths)


def _check(rates, start, months):
    if not rates or rates[0].from_date > start:
        raise RentError('rate')
    if any(r.cash < 0 or r.grain < 0 for r in rates):
        raise RentError('rate')
    if months < 0 or (months and MONTHS % months and months % MONTHS):
        raise RentError('months')


def _owed(first, last, full, rates):
    """Return the fractions of a year's cash and grain of a mu that are owed
    from first to last, of a year that would end with full."""
    days = (full - first).days + 1
    cash = grain = Fraction(0)
    ends = [r.from_date - ONE_DAY for r in rates[1:]] + [last]
    for rate, end in zip(rates, ends):
        from_date = max(first, rate.from_date)
        to_date = min(last, end)
        if from_date <= to_date:
            part = Fraction((to_date - from_date).days + 1, days)
            cash += Fraction(rate.cash) * part
            grain += Fraction(rate.grain) * part
    return cash, grain


def contract_years(start, end, area, rates):
    """Return [(first day, last day, yuan, kilograms)] of each year of a
    contract over so many mu, to the cent and to the hundredth of a
    kilogram."""
    rates = sorted(rates, key=lambda r: r.from_date)
    _check(rates, start, MONTHS)
    if area <= 0:
        raise RentError('area')
    years = []
    for first, last, full in periods(start, end, MONTHS):
        cash, grain = _owed(first, last, full, rates)
        years.append((
                first, last,
                to_hundredth(Fraction(area) * cash),
                to_hundredth(Fraction(area) * grain)))
    return years


def schedule(
        start, end, area, rates, months=MONTHS, in_advance=True, days=0):
    """Return the instalments of a contract.

    * start, end: its first and last day
    * area: mu
    * rates: list of Rate, the first holds from start on
    * months: between two instalments; part or multiple of a year, 0 for the
      whole term at once
    * in_advance: whether an instalment is due before its time or after it
    * days: how many days after the first day of its time (in advance) or
      after the last one it is due; negative for before

    RentError if the contract makes no sense."""
    years = contract_years(start, end, area, rates)
    _check(rates, start, months)
    if months and months < MONTHS:
        parts = []
        for first, last, cash, grain in years:
            parts.extend(_within(first, last, cash, grain, months))
    else:
        span = months // MONTHS or len(years)
        parts = [
            (group[0][0], group[-1][1],
                total_of(y[2] for y in group), total_of(y[3] for y in group))
            for group in (
                years[i:i + span] for i in range(0, len(years), span))]
    return [
        Instalment(
            number, first, last,
            (first if in_advance else last) + dt.timedelta(days=days),
            cash, grain)
        for number, (first, last, cash, grain) in enumerate(parts, 1)]


def _within(first, last, cash, grain, months):
    "Return the parts of a contract year, complete ones equal to the cent"
    spans = periods(first, last, months)
    weights = {
        number: Decimal((to_date - from_date).days + 1)
        / Decimal((full - from_date).days + 1)
        for number, (from_date, to_date, full) in enumerate(spans, 1)}
    cashes, grains = divide(cash, weights), divide(grain, weights)
    return [
        (from_date, to_date, cashes[number].amount, grains[number].amount)
        for number, (from_date, to_date, _) in enumerate(spans, 1)]


def grain_value(quantity, price, floor=None):
    """Return the yuan of kilograms of grain at the price of the reference
    day, or at the floor if it is higher (最低收购价)."""
    if price < 0 or (floor is not None and floor < 0):
        raise RentError('price')
    price = price if floor is None else max(price, floor)
    return (quantity * price).quantize(Decimal('0.01'), ROUND_HALF_UP)


def share(amount, areas):
    """Return {code: yuan} of an amount that is divided among parcels.

    areas is {code of the parcel: mu}."""
    return {
        code: part.amount for code, part in divide(amount, areas).items()}


def late_fee(base, rate, due_date, date):
    """Return the fee of paying on date what was due on due_date.

    base is what the contract names (the rent of a year or what is overdue),
    in yuan; rate is per ten thousand (万分之) and day."""
    days = max((date - due_date).days, 0)
    return to_hundredth(
        Fraction(base) * Fraction(rate) * days / TEN_THOUSAND)
