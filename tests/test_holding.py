# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Times and holdings: the thirteen relations, sums on any day, notices."""
import datetime as dt
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.fupin_coop.holding import (
    INVERSE, ONE_DAY, RELATIONS, HoldingError, check_held, held_on,
    held_times, intersection, is_within, notice_deadline, notice_end, overlap,
    relation)

pytestmark = pytest.mark.plain

DAY = dt.date(2026, 1, 1)
# the other time is day 10 to 20
OTHER = 10, 20
EXAMPLES = {
    'before': (1, 8),
    'meets': (1, 9),
    'overlaps': (5, 10),
    'starts': (10, 15),
    'during': (12, 18),
    'finishes': (15, 20),
    'equals': (10, 20),
    'finished_by': (5, 20),
    'contains': (5, 25),
    'started_by': (10, 25),
    'overlapped_by': (20, 25),
    'met_by': (21, 25),
    'after': (22, 25),
    }


def days(time):
    first, last = time
    return (day(first), day(last) if last is not None else None)


def day(number):
    return DAY + number * ONE_DAY


@st.composite
def times(draw):
    # few days, so that all relations come up
    first = draw(st.integers(0, 8))
    last = draw(st.none() | st.integers(first, 9))
    return first, last


def whole(time, end=12):
    "The days of a time, as a set, up to a day after all"
    first, last = time
    return set(range(first, (end if last is None else last) + 1))


def test_all_relations():
    assert len(RELATIONS) == len(set(RELATIONS)) == 13
    assert EXAMPLES.keys() == set(RELATIONS)


@pytest.mark.parametrize('name', RELATIONS)
def test_relation(name):
    time, other = days(EXAMPLES[name]), days(OTHER)
    assert relation(time, other) == name
    assert relation(other, time) == INVERSE[name]


@pytest.mark.parametrize('name', RELATIONS)
def test_relation_open(name):
    "A time that goes on lies like one that ends after all others"
    time, other = EXAMPLES[name], OTHER
    last = max(time[1], other[1])
    time, other = [
        days((f, None if t == last else t)) for f, t in (time, other)]
    assert relation(time, other) == name


@given(times(), times())
def test_relation_of_sets(a, b):
    "Exactly one relation holds, and it says what the days have in common"
    first, second = whole(a), whole(b)
    name = relation(days(a), days(b))
    holds = {
        'before': max(first) + 1 < min(second),
        'meets': max(first) + 1 == min(second),
        'overlaps': (min(first) < min(second) <= max(first)
            < max(second)),
        'starts': min(first) == min(second) and first < second,
        'during': min(first) > min(second) and max(first) < max(second),
        'finishes': max(first) == max(second) and first < second,
        'equals': first == second,
        'finished_by': max(first) == max(second) and first > second,
        'contains': min(first) < min(second) and max(first) > max(second),
        'started_by': min(first) == min(second) and first > second,
        'overlapped_by': (min(second) < min(first) <= max(second)
            < max(first)),
        'met_by': max(second) + 1 == min(first),
        'after': max(second) + 1 < min(first),
        }
    assert [n for n, h in holds.items() if h] == [name]
    assert overlap(days(a), days(b)) == bool(first & second)
    assert is_within(days(a), days(b)) == (first <= second)
    both = intersection(days(a), days(b))
    if both is None:
        assert not first & second
    else:
        assert days((min(first & second), None))[0] == both[0]
        if both[1] is None:
            assert a[1] is None and b[1] is None
        else:
            assert both[1] == day(max(first & second))


def test_wrong_time():
    with pytest.raises(ValueError):
        relation(days((3, 2)), days(OTHER))


entries = st.lists(st.tuples(
        st.integers(0, 9).map(day),
        st.decimals(-1000, 1000, places=2)))


@given(entries, st.integers(-1, 12).map(day))
def test_held(entries, date):
    held = held_times(entries)
    assert held_on(held, date) == sum(
        (a for d, a in entries if d <= date), D(0))


@given(entries, st.randoms())
def test_held_order(entries, random):
    shuffled = list(entries)
    random.shuffle(shuffled)
    assert held_times(shuffled) == held_times(entries)


@given(entries)
def test_held_follow(entries):
    held = held_times(entries)
    for before, after in zip(held, held[1:]):
        assert relation(before[:2], after[:2]) == 'meets'
        assert before[2] != after[2]
    if held:
        assert held[-1][1] is None


@given(entries)
def test_check_held(entries):
    sums = [
        sum((a for d, a in entries if d <= day(n)), D(0)) for n in range(10)]
    if min(sums) >= 0:
        check_held(entries)
    else:
        with pytest.raises(HoldingError) as error:
            check_held(entries)
        first = next(n for n, amount in enumerate(sums) if amount < 0)
        assert error.value.date == day(first)
        assert error.value.amount == sums[first]


@pytest.mark.parametrize('months, deadline', [
        (3, dt.date(2026, 9, 30)),
        (6, dt.date(2026, 6, 30)),
        (0, dt.date(2026, 12, 31)),
        (12, dt.date(2025, 12, 31)),
        ])
def test_notice_deadline(months, deadline):
    assert notice_deadline(2026, months) == deadline


@pytest.mark.parametrize('date, months, end', [
        (dt.date(2026, 9, 30), 3, dt.date(2026, 12, 31)),
        (dt.date(2026, 10, 1), 3, dt.date(2027, 12, 31)),
        (dt.date(2026, 6, 30), 6, dt.date(2026, 12, 31)),
        (dt.date(2026, 7, 1), 6, dt.date(2027, 12, 31)),
        (dt.date(2026, 12, 31), 14, dt.date(2028, 12, 31)),
        ])
def test_notice_end(date, months, end):
    assert notice_end(date, months) == end
