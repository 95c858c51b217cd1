# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Working days: no database."""
import datetime as dt

ONE_DAY = dt.timedelta(days=1)
SATURDAY = 5


def is_working_day(date, days_off=(), days_worked=()):
    """Return whether the day is worked: from Monday to Friday but the days
    off, and the weekends that are worked in exchange."""
    if date in days_worked:
        return True
    return date.weekday() < SATURDAY and date not in days_off


def add_working_days(date, number, days_off=(), days_worked=()):
    "Return the last of so many working days after the date"
    while number > 0:
        date += ONE_DAY
        if is_working_day(date, days_off, days_worked):
            number -= 1
    return date
