# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Account books as they are kept in China: decimals only, no database.

A book begins with what was carried over, shows each line with the balance
after it and on which side that is (借, 贷, 平), and after each month what it
came to and what the year came to so far."""
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

ZERO = Decimal('0.00')
DEBIT, CREDIT, LEVEL = '借', '贷', '平'
CARRIED = "上年结转"
MONTH = "本月合计"
YEAR = "本年累计"
CLOSING = "期末余额"


@dataclass(frozen=True)
class Entry:
    "One line of the account, and what else its move books (other)"
    date: dt.date
    debit: Decimal
    credit: Decimal
    number: str = ''
    summary: str = ''
    other: str = ''


@dataclass(frozen=True)
class BookRow:
    """One row of a book; balance is debit - credit.

    kind is carried, entry, month, year or closing."""
    kind: str
    summary: str
    balance: Decimal
    debit: Decimal = None
    credit: Decimal = None
    date: dt.date = None
    number: str = ''
    other: str = ''

    @property
    def side(self):
        return side(self.balance)

    @property
    def amount(self):
        "What stands in the column of the balance"
        return abs(self.balance)


def side(balance):
    if balance > 0:
        return DEBIT
    elif balance < 0:
        return CREDIT
    return LEVEL


def keep_book(opening, entries, lines=True):
    """Return the rows of a book of the entries of one year.

    The entries are in their order, by date.  Without lines only the months
    are shown, as in the general ledger."""
    rows = [BookRow('carried', CARRIED, opening)]
    balance = opening
    year_debit = year_credit = ZERO
    for (year, month), month_entries in groupby(
            entries, key=lambda e: (e.date.year, e.date.month)):
        month_debit = month_credit = ZERO
        for entry in month_entries:
            month_debit += entry.debit
            month_credit += entry.credit
            balance += entry.debit - entry.credit
            if lines:
                rows.append(BookRow(
                        'entry', entry.summary, balance, entry.debit,
                        entry.credit, entry.date, entry.number, entry.other))
        year_debit += month_debit
        year_credit += month_credit
        last = _last_day(year, month)
        rows.append(BookRow(
                'month', MONTH, balance, month_debit, month_credit, last))
        rows.append(BookRow(
                'year', YEAR, balance, year_debit, year_credit, last))
    rows.append(BookRow('closing', CLOSING, balance))
    return rows


def _last_day(year, month):
    return (dt.date(year + month // 12, month % 12 + 1, 1)
        - dt.timedelta(days=1))
