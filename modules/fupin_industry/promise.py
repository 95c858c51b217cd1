# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What an enterprise promised a household, as amounts that fall due."""
import datetime as dt
from decimal import Decimal

from dateutil.relativedelta import relativedelta

CENT = Decimal('0.01')


def schedule(yearly, from_date, to_date, months=12):
    """Return [(due date, amount)] of what is promised for each year.

    yearly is what is promised for a whole year, in yuan; it is due at the
    end of every months (a divisor of 12).  The last part, if it is shorter,
    gets its share by days.  ValueError for what can not be a promise.

    The parts of each whole year add up to yearly: what is lost to rounding
    is in its last part."""
    if yearly <= 0 or 12 % months or to_date < from_date:
        raise ValueError("no promise")
    parts = 12 // months
    regular = (yearly / parts).quantize(CENT)
    result = []
    number = 0
    while True:
        start = from_date + relativedelta(months=number * months)
        end = (from_date
            + relativedelta(months=(number + 1) * months)
            - dt.timedelta(days=1))
        number += 1
        if start > to_date:
            return result
        amount = regular
        if not number % parts:
            amount = yearly - regular * (parts - 1)
        if end > to_date:
            days, whole = ((d - start).days + 1 for d in [to_date, end])
            amount = (amount * days / whole).quantize(CENT)
            end = to_date
        if amount:
            result.append((end, amount))


def overdue(promises, paid, date, grace_days=0):
    """Return how much of the promises has not been paid though it should.

    promises are (due date, amount), paid is all that was paid until date;
    what is due within the days of grace before date may still come."""
    last = date - dt.timedelta(days=grace_days)
    return max(
        sum((a for due, a in promises if due <= last), Decimal(0)) - paid,
        Decimal(0))
