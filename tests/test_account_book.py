# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""A book of one account: balances, sides, months and the year."""
import datetime as dt
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.fupin_coop.account_book import Entry, keep_book, side

pytestmark = pytest.mark.plain

cents = st.integers(-10 ** 11, 10 ** 11).map(lambda c: D(c).scaleb(-2))
entries = st.lists(st.builds(
        lambda day, amount: Entry(
            dt.date(2025, 1, 1) + dt.timedelta(days=day),
            max(amount, D(0)), max(-amount, D(0))),
        st.integers(0, 364), cents)).map(
    lambda entries: sorted(entries, key=lambda e: e.date))


def test_book():
    rows = keep_book(D(100), [
            Entry(dt.date(2025, 1, 3), D(0), D(100), '1', "付款", "501 收入"),
            Entry(dt.date(2025, 1, 31), D(0), D(7), '2', "再付"),
            Entry(dt.date(2025, 12, 2), D(10), D(0), '3', "收款"),
            ])
    assert [
        (r.date and r.date.isoformat(), r.number, r.summary, r.debit,
            r.credit, r.side, r.amount) for r in rows] == [
        (None, '', "上年结转", None, None, '借', 100),
        ('2025-01-03', '1', "付款", 0, 100, '平', 0),
        ('2025-01-31', '2', "再付", 0, 7, '贷', 7),
        ('2025-01-31', '', "本月合计", 0, 107, '贷', 7),
        ('2025-01-31', '', "本年累计", 0, 107, '贷', 7),
        ('2025-12-02', '3', "收款", 10, 0, '借', 3),
        ('2025-12-31', '', "本月合计", 10, 0, '借', 3),
        ('2025-12-31', '', "本年累计", 10, 107, '借', 3),
        (None, '', "期末余额", None, None, '借', 3),
        ]
    assert rows[1].other == "501 收入"


@given(cents, entries)
def test_any_book(opening, entries):
    rows = keep_book(opening, entries)
    assert rows[-1].balance == opening + sum(
        e.debit - e.credit for e in entries)
    lines = [r for r in rows if r.kind == 'entry']
    assert len(lines) == len(entries)
    balance = opening
    for row, entry in zip(lines, entries):
        balance += entry.debit - entry.credit
        assert row.balance == balance
        assert {'借': 1, '贷': -1, '平': 0}[row.side] * row.amount == balance
    months = [r for r in rows if r.kind == 'month']
    assert len(months) == len({e.date.month for e in entries})
    for name in ['debit', 'credit']:
        assert sum(getattr(r, name) for r in months) == sum(
            getattr(e, name) for e in entries)
    if years := [r for r in rows if r.kind == 'year']:
        assert years[-1].debit == sum(e.debit for e in entries)
    # the general ledger is the same without the lines
    assert keep_book(opening, entries, lines=False) == [
        r for r in rows if r.kind != 'entry']


def test_side():
    assert [side(D(n)) for n in ['0.01', '-0.01', '0']] == ['借', '贷', '平']
