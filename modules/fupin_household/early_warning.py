# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Is a household about to fall back into poverty?

Plain arithmetic, see docs/logic/warning.md.  Money is Decimal in yuan to the
cent, a month is (year, month), income by month a dictionary of months.  What
holds returns a Finding with the figures that decided, what does not None."""
import datetime as dt
from calendar import monthrange
from collections import namedtuple
from decimal import ROUND_HALF_UP, Decimal

from .income_change import per_person

SHARE = Decimal('0.0001')

# What the county asks for, see fupin.early_warning.standard
Standard = namedtuple('Standard', [
        'lag_months', 'fall_months', 'fall_share', 'fall_amount',
        'stopped_months', 'stopped_share', 'season_share',
        'expense_amount'])
# subject tells the sources of one household apart
Finding = namedtuple('Finding', [
        'rule', 'measured', 'compared', 'share', 'limit_share',
        'limit_amount', 'subject'], defaults=[None] * 5)


def add_months(month, count):
    "Return the month that is count months after month, before if negative"
    years, index = divmod(month[0] * 12 + month[1] - 1 + count, 12)
    return years, index + 1


def month_before(date, lag=0):
    """Return the last month that was over on the date, and was so for lag
    months more."""
    return add_months((date.year, date.month), -1 - lag)


def year_before(date):
    "Return the first of the twelve months of days that end with the date"
    after = date + dt.timedelta(days=1)
    if (after.month, after.day) == (2, 29):
        return dt.date(after.year - 1, 3, 1)
    return after.replace(year=after.year - 1)


def window(month, count, shift=0):
    """Return the first and the last day of the count months that end with
    month, shift months earlier."""
    year, last = add_months(month, -shift)
    first = add_months((year, last), 1 - count)
    return (dt.date(*first, 1),
        dt.date(year, last, monthrange(year, last)[1]))


def total(amounts, month, count, shift=0):
    """Return the sum of the amounts by month over the count months that end
    with month, shift months earlier."""
    last = add_months(month, -shift)
    return sum(
        (amounts.get(add_months(last, -i), Decimal(0)) for i in range(count)),
        Decimal(0))


def part(amount, whole):
    "Return the share of the amount in the whole, None if it is not positive"
    if whole <= 0:
        return None
    return (amount / whole).quantize(SHARE, ROUND_HALF_UP)


def below_line(net, persons, line):
    """The net income of twelve months per person is below the line.

    On the line is not below; without persons or line it can't be told."""
    measured = per_person(net, persons)
    if measured is None or line is None or measured >= line:
        return None
    return Finding('line', measured, line)


def fell(now, before, share, amount):
    """The net income now is less than before by the share and by the amount,
    both at least."""
    if before <= 0:
        return None
    fall = before - now
    if fall <= 0 or fall < amount or fall < before * share:
        return None
    return Finding('fall', now, before, part(fall, before), share, amount)


def stopped(now, before, year, whole, share, season_share, subject=None):
    """A main source gave nothing in its season.

    now and before are what it gave in the months looked at, this year and
    last, year what it gave in the twelve months that ended with those of last
    year, whole what all sources gave then.  It is a main one with at least
    the share of the whole, and the months are in its season with at least
    season_share of what it gave in the year."""
    if now > 0 or before <= 0 or year <= 0 or whole <= 0:
        return None
    if year < whole * share or before < year * season_share:
        return None
    return Finding(
        'stopped', now, before, part(year, whole), share, None, subject)


def large_expense(own, amount):
    "What the household bore itself in twelve months reaches the amount"
    if own < amount or own <= 0:
        return None
    return Finding('expense', own, None, None, None, amount)


def contract_ended(amount, whole, share, subject=None):
    """The source with which the contract ended gave the share of the whole
    income of twelve months at least."""
    if amount <= 0 or whole <= 0 or amount < whole * share:
        return None
    return Finding(
        'contract', None, amount, part(amount, whole), share, None, subject)


def look(sources, month, persons, line, standard, costs=None, own=0):
    """Return the findings of one household in its panel of months.

    sources are {subject: income by month}, costs the production cost by
    month, own what it bore of large expenses in twelve months."""
    costs = costs or {}

    def net(count, shift=0):
        return sum(
            (total(s, month, count, shift) for s in sources.values()),
            Decimal(0)) - total(costs, month, count, shift)

    whole = sum(
        (total(s, month, 12, 12) for s in sources.values()), Decimal(0))
    findings = [
        below_line(net(12), persons, line),
        fell(net(standard.fall_months), net(standard.fall_months, 12),
            standard.fall_share, standard.fall_amount)]
    for subject, amounts in sources.items():
        findings.append(stopped(
                total(amounts, month, standard.stopped_months),
                total(amounts, month, standard.stopped_months, 12),
                total(amounts, month, 12, 12), whole,
                standard.stopped_share, standard.season_share, subject))
    findings.append(large_expense(own, standard.expense_amount))
    return [f for f in findings if f]
