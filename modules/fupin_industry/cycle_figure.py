# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The figures of a production cycle: decimals only, no database."""
from collections import namedtuple
from decimal import Decimal

from trytond.modules.fupin_coop.weighing import round_half_up

# of a share or a percentage
DIGITS = 2

Deviation = namedtuple('Deviation', ['difference', 'rate'])


def percent(part, whole):
    "Return part in percent of whole, None if there is no whole"
    if part is None or not whole or whole < 0:
        return None
    return round_half_up(part * 100 / whole, DIGITS)


def good_bags(bags, contaminated):
    "Return the bags that are left to bear, none if more were lost than made"
    return max((bags or 0) - (contaminated or 0), Decimal(0))


def biological_efficiency(fresh, bags, dry):
    """Return the biological efficiency in percent: the fresh yield by the
    dry substrate of the bags that bear, both in kilograms."""
    return percent(fresh, (bags or 0) * (dry or 0))


def contamination_rate(contaminated, bags):
    "Return the contaminated bags in percent of all that were inoculated"
    return percent(contaminated, bags)


def per_unit(amount, units, digits=DIGITS):
    "Return amount by unit, None without units"
    if amount is None or not units or units < 0:
        return None
    return round_half_up(amount / units, digits)


def margin(revenue, used, left, cost, bought):
    """Return what a cycle leaves: what its goods brought, what of them others
    used and what is still there, less what was put in and paid for."""
    return revenue + used + left - cost - bought


def planned_quantity(per_unit, scale, digits=4):
    "Return the quantity of a plan for the scale, None without a scale"
    if per_unit is None or scale is None:
        return None
    return round_half_up(per_unit * scale, digits)


def deviation(planned, actual):
    "Return how far the actual is from the plan, also in percent of the plan"
    difference = actual - planned
    return Deviation(difference, percent(difference, planned))


def meets(grade, piece_weight, sugar):
    """Return what the measures fall short of: 'piece_weight', 'sugar' or None.

    grade is the least weight of a piece and the least sugar, None where it
    demands nothing; what is demanded has to be measured."""
    for name, least, value in zip(
            ['piece_weight', 'sugar'], grade, [piece_weight, sugar]):
        if least and (value is None or value < least):
            return name


def best_grade(grades, piece_weight, sugar):
    """Return the key of the first of (key, least weight, least sugar) that
    the measures meet, None if they meet none."""
    for key, *least in grades:
        if meets(least, piece_weight, sugar) is None:
            return key


def years_before(date, years):
    "Return the same day so many years before, 28 February for the 29th"
    try:
        return date.replace(year=date.year - years)
    except ValueError:
        return date.replace(year=date.year - years, day=28)


def too_early(start, earlier, years):
    """Return the last of the earlier starts on the same land that is less
    than the years before the start, None if there is none."""
    if not years:
        return None
    least = years_before(start, years)
    return max((d for d in earlier if least < d < start), default=None)
