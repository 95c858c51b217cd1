# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""How old receivables are."""
import datetime as dt
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.fupin_coop.receivable_age import AGES, age

pytestmark = pytest.mark.plain

END = dt.date(2026, 12, 31)
NAMES = [name for _, name in AGES]
cents = st.integers(0, 10 ** 11).map(lambda c: D(c).scaleb(-2))
debits = st.lists(st.tuples(
        st.dates(dt.date(2015, 1, 1), END), cents), max_size=10)


def ages(balance, debits, date=END):
    found = age(balance, debits, date)
    assert list(found) == NAMES
    return [found[n] for n in NAMES]


def test_oldest_is_paid_first():
    lent = [(dt.date(2025, 2, 1), D(300)), (dt.date(2026, 11, 1), D(80))]
    assert ages(D(380), lent) == [80, 300, 0, 0]
    assert ages(D(130), lent) == [80, 50, 0, 0]
    assert ages(D(80), lent) == [80, 0, 0, 0]
    assert ages(D('79.99'), lent) == [D('79.99'), 0, 0, 0]


@pytest.mark.parametrize('day, position', [
        (dt.date(2026, 12, 31), 0), (dt.date(2025, 12, 31), 0),
        (dt.date(2025, 12, 30), 1), (dt.date(2024, 12, 31), 1),
        (dt.date(2024, 12, 30), 2), (dt.date(2023, 12, 31), 2),
        (dt.date(2023, 12, 30), 3)])
def test_limits(day, position):
    "What is exactly a year old is within the year"
    assert ages(D(7), [(day, D(7))]).index(7) == position


def test_leap_day():
    assert ages(
        D(1), [(dt.date(2027, 2, 28), D(1))], dt.date(2028, 2, 29)) == [
        1, 0, 0, 0]


def test_nothing_owed():
    assert ages(D(0), [(END, D(5))]) == [0, 0, 0, 0]
    assert ages(D(-5), [(END, D(5))]) == [0, 0, 0, 0]


def test_red_letters():
    "What was taken back by a negative debit is no debt"
    assert ages(D(5), [(END, D(-5)), (dt.date(2025, 1, 1), D(10))]) == [
        0, 5, 0, 0]


@given(debits, cents)
def test_ages_are_the_balance(lent, paid):
    balance = max(sum((a for _, a in lent), D(0)) - paid, D(0))
    found = ages(balance, lent)
    assert sum(found) == balance
    assert min(found) >= 0
    # no more is left of an age than was lent in it
    for limit, part in zip(NAMES, found):
        whole = sum(
            age(a, [(d, a)], END)[limit] for d, a in lent)
        assert part <= whole
