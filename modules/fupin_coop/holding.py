# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What a member holds on a day, and how two times lie to each other: no
database.

A time is a pair of days, its first and its last one, None for the last while
it goes on.  Days are whole: the day after the last one is the first that does
not belong to it."""
import datetime as dt
from decimal import Decimal

ONE_DAY = dt.timedelta(days=1)
# later than the day after any day
_NEVER = dt.date.max.toordinal() + 2
# the thirteen relations of two intervals (Allen 1983)
RELATIONS = [
    'before', 'meets', 'overlaps', 'starts', 'during', 'finishes', 'equals',
    'finished_by', 'contains', 'started_by', 'overlapped_by', 'met_by',
    'after']
INVERSE = dict(zip(RELATIONS, reversed(RELATIONS)))


class HoldingError(ValueError):
    """Less than nothing is held from a day on.

    date is the first such day and amount what is held on it."""

    def __init__(self, date, amount):
        super().__init__(date, amount)
        self.date = date
        self.amount = amount


def _span(time):
    "Return the ordinals of the first day and of the day after the last one"
    first, last = time
    if last is None:
        return first.toordinal(), _NEVER
    if last < first:
        raise ValueError("the last day is before the first one", time)
    return first.toordinal(), last.toordinal() + 1


def relation(time, other):
    """Return how time lies to other, one of RELATIONS.

    'meets' is the day before other starts, no day between them and none in
    both."""
    start, end = _span(time)
    other_start, other_end = _span(other)
    if end < other_start:
        return 'before'
    if other_end < start:
        return 'after'
    if end == other_start:
        return 'meets'
    if other_end == start:
        return 'met_by'
    if start == other_start:
        if end == other_end:
            return 'equals'
        return 'starts' if end < other_end else 'started_by'
    if end == other_end:
        return 'finishes' if start > other_start else 'finished_by'
    if start > other_start:
        return 'during' if end < other_end else 'overlapped_by'
    return 'overlaps' if end < other_end else 'contains'


def overlap(time, other):
    "Whether a day is in both"
    return relation(time, other) not in {'before', 'meets', 'met_by', 'after'}


def is_within(time, other):
    "Whether each day of time is one of other"
    return relation(time, other) in {'starts', 'during', 'finishes', 'equals'}


def intersection(time, other):
    "Return the days that are in both, None if there are none"
    if not overlap(time, other):
        return None
    lasts = [last for _, last in (time, other) if last is not None]
    return max(time[0], other[0]), min(lasts, default=None)


def held_times(entries):
    """Return what was held when, as [(first day, last day, amount)].

    entries are (day, amount) in any order, an amount counts from its day on.
    The times follow each other without a gap, the last one goes on; what is
    the same on both sides of a day is one time."""
    changes = {}
    for date, amount in entries:
        changes[date] = changes.get(date, Decimal(0)) + amount
    times, held = [], Decimal(0)
    for date in sorted(changes):
        if not changes[date]:
            continue
        held += changes[date]
        if times:
            first, _, before = times.pop()
            times.append((first, date - ONE_DAY, before))
        times.append((date, None, held))
    return times


def held_on(times, date):
    "Return what is held on the day"
    for first, last, amount in times:
        if is_within((date, date), (first, last)):
            return amount
    return Decimal(0)


def check_held(entries):
    "Raise HoldingError if less than nothing is held on a day"
    for first, _, amount in held_times(entries):
        if amount < 0:
            raise HoldingError(first, amount)


def notice_end(date, months):
    """Return the day on which the membership ends after a notice given on
    the day, months before the end of the year at the latest (Art. 25).

    Who is too late for a year leaves at the end of the next one."""
    year = date.year
    while date > notice_deadline(year, months):
        year += 1
    return dt.date(year, 12, 31)


def notice_deadline(year, months):
    "Return the last day to give notice for the end of the year"
    years, month = divmod(12 - months, 12)
    return dt.date(year + years, month + 1, 1) - ONE_DAY
