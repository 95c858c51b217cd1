# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Does the income of a household grow, and will it last?

Plain arithmetic on the figures of its years, the earliest first, see
docs/logic/growth.md.  Money and shares are Decimal, None where there is no
figure."""
from collections import namedtuple
from decimal import ROUND_HALF_UP, Decimal, localcontext

SHARE = Decimal('0.0001')

# What one year of a household shows
Figures = namedtuple(
    'Figures', [
        'per_capita', 'industry', 'line', 'transfer_share', 'largest_share'])
# What the county asks for, see fupin.growth.standard
Standard = namedtuple(
    'Standard', [
        'years', 'flat_band', 'transfer_share', 'largest_share',
        'volatility'])
Growth = namedtuple(
    'Growth', [
        'per_capita', 'industry', 'growing_years', 'years_above',
        'volatility', 'judgement', 'condition'])


def round_share(value):
    return value.quantize(SHARE, ROUND_HALF_UP)


def rate(current, previous):
    """Return the growth from previous to current as a share of previous.

    None without both, and where previous is not positive: from nothing or
    from a loss everything is endless growth."""
    if current is None or previous is None or previous <= 0:
        return None
    return round_share((current - previous) / previous)


def years_in_row(values):
    "Return how many years in a row, up to the last, each exceeded the former"
    count = 0
    for current, previous in zip(values[::-1], values[-2::-1]):
        if current is None or previous is None or current <= previous:
            break
        count += 1
    return count


def years_above(years):
    """Return how many years in a row, up to the last, were not below their
    line."""
    count = 0
    for year in reversed(years):
        if (year.per_capita is None or year.line is None
                or year.per_capita < year.line):
            break
        count += 1
    return count


def volatility(values):
    """Return by how much the yearly growth of the values strays: the standard
    deviation of the rates, so that steady growth is calm however fast.

    None for fewer than two rates."""
    rates = [rate(c, p) for p, c in zip(values, values[1:])]
    rates = [r for r in rates if r is not None]
    if len(rates) < 2:
        return None
    with localcontext() as context:
        context.prec = 50
        mean = sum(rates) / len(rates)
        variance = sum((r - mean) ** 2 for r in rates) / len(rates)
        return round_share(variance.sqrt())


def worst_quarter(quarters):
    """Return the number (from 1) and the net income of the quarter of the
    year that brought least, the earliest of equal ones."""
    worst = min(range(len(quarters)), key=lambda i: quarters[i])
    return worst + 1, quarters[worst]


def judge(years, standard):
    """Return (judgement, the condition that decided) of the last year.

    The first that holds decides:

    * None: no_persons, no_line, no_previous: it can't be told
    * below_line: per_capita is below the line
    * falling: per_capita fell by more than the band (growth), or from a year
      that was not positive
    * flat: it changed by no more than the band
    * fragile: it grew, but years_above the line or growing_years are fewer
      than asked for, the year before was not positive (previous), too much
      is transfers (transfer_share) or from one source (largest_share), or the
      yearly growth strays too much (volatility)
    * sustained: none of these (all)"""
    last = years[-1]
    if last.per_capita is None:
        return None, 'no_persons'
    if last.line is None:
        return None, 'no_line'
    if last.per_capita < last.line:
        return 'below_line', 'line'
    if len(years) < 2 or years[-2].per_capita is None:
        return None, 'no_previous'
    previous = years[-2].per_capita
    growth = rate(last.per_capita, previous)
    if growth is None:
        if last.per_capita <= previous:
            return 'falling', 'growth'
        return 'fragile', 'previous'
    if growth < -standard.flat_band:
        return 'falling', 'growth'
    if growth <= standard.flat_band:
        return 'flat', 'growth'
    if years_above(years) < standard.years:
        return 'fragile', 'years_above'
    if years_in_row([y.per_capita for y in years]) < standard.years:
        return 'fragile', 'growing_years'
    for name in ['transfer_share', 'largest_share']:
        value, limit = getattr(last, name), getattr(standard, name)
        if limit is not None and value is not None and value > limit:
            return 'fragile', name
    strays = volatility([y.per_capita for y in years])
    if (standard.volatility is not None and strays is not None
            and strays > standard.volatility):
        return 'fragile', 'volatility'
    return 'sustained', 'all'


def assess(years, standard):
    "Return the Growth of the last of the years"
    last = years[-1]
    previous = years[-2] if len(years) > 1 else Figures(*[None] * 5)
    values = [y.per_capita for y in years]
    return Growth(
        rate(last.per_capita, previous.per_capita),
        rate(last.industry, previous.industry),
        years_in_row(values), years_above(years), volatility(values),
        *judge(years, standard))
