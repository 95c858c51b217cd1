# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Promises that fall due: plain arithmetic."""
import datetime as dt
from decimal import Decimal

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st
from trytond.modules.fupin_industry import promise

pytestmark = pytest.mark.plain
D = Decimal
dates = st.dates(dt.date(2000, 1, 1), dt.date(2060, 12, 31))
money = st.decimals('0.01', '9999999.99', places=2)
months = st.sampled_from([1, 3, 6, 12])


def test_year():
    assert promise.schedule(
        D('1000'), dt.date(2025, 1, 1), dt.date(2025, 12, 31)) == [
        (dt.date(2025, 12, 31), D('1000'))]


def test_rounding():
    "What thirds lose is in the last part of the year"
    assert promise.schedule(
        D('100'), dt.date(2025, 10, 1), dt.date(2026, 9, 30), 3) == [
        (dt.date(2025, 12, 31), D('25.00')),
        (dt.date(2026, 3, 31), D('25.00')),
        (dt.date(2026, 6, 30), D('25.00')),
        (dt.date(2026, 9, 30), D('25.00'))]
    amounts = [a for _, a in promise.schedule(
            D('100'), dt.date(2025, 1, 1), dt.date(2025, 12, 31), 1)]
    assert amounts == [D('8.33')] * 11 + [D('8.37')]


def test_part_of_year():
    "73 of 365 days are a fifth"
    assert promise.schedule(
        D('1000'), dt.date(2025, 1, 1), dt.date(2026, 3, 14)) == [
        (dt.date(2025, 12, 31), D('1000')),
        (dt.date(2026, 3, 14), D('200.00'))]


@pytest.mark.parametrize('yearly, to_date, every', [
        (D(0), dt.date(2025, 12, 31), 12),
        (D(-1), dt.date(2025, 12, 31), 12),
        (D(1), dt.date(2024, 12, 31), 12),
        (D(1), dt.date(2025, 12, 31), 5),
        ])
def test_no_promise(yearly, to_date, every):
    with pytest.raises(ValueError):
        promise.schedule(yearly, dt.date(2025, 1, 1), to_date, every)


@given(money, dates, st.integers(1, 8), months)
def test_whole_years(yearly, start, years, every):
    end = start + relativedelta(years=years) - dt.timedelta(days=1)
    parts = promise.schedule(yearly, start, end, every)
    assert sum(a for _, a in parts) == yearly * years


@given(money, dates, st.integers(0, 2000), months)
def test_any_term(yearly, start, days, every):
    end = start + dt.timedelta(days=days)
    parts = promise.schedule(yearly, start, end, every)
    assert all(a > 0 and a == a.quantize(D('0.01')) for _, a in parts)
    assert [d for d, _ in parts] == sorted({d for d, _ in parts})
    assert all(start <= d <= end for d, _ in parts)
    longer = promise.schedule(
        yearly, start, end + dt.timedelta(days=1), every)
    assert sum(a for _, a in parts) <= sum(a for _, a in longer)


@given(st.lists(st.tuples(dates, money), max_size=8), money, dates,
    st.integers(0, 90))
def test_overdue(promises, paid, day, grace):
    due = promise.overdue(promises, paid, day, grace)
    assert due >= 0
    assert due <= promise.overdue(promises, paid, day, 0)
    assert promise.overdue(promises, D(0), day, grace) - due <= paid
