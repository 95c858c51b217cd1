# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""How old receivables are: decimals and dates only, no database."""
from decimal import Decimal

ZERO = Decimal('0.00')
# (years, name): what is not older than so many years
AGES = [
    (1, "1年以内（含1年）"),
    (2, "1至2年（含2年）"),
    (3, "2至3年（含3年）"),
    (None, "3年以上"),
    ]


def years_before(date, years):
    "Return the day so many years before the date, 28 February for the 29th"
    try:
        return date.replace(year=date.year - years)
    except ValueError:
        return date.replace(year=date.year - years, day=28)


def age(balance, debits, date):
    """Return {name of the age: yuan} of what someone owes on the date.

    debits are (date, yuan) of what was lent until the date.  What was paid
    has settled the oldest first, so that the youngest are left: the sum of
    the ages is the balance."""
    ages = {name: ZERO for _, name in AGES}
    limits = [
        (years_before(date, years), name) for years, name in AGES
        if years is not None]
    oldest = AGES[-1][1]
    left = balance
    for day, amount in sorted(debits, reverse=True):
        if left <= 0:
            break
        if amount <= 0:
            continue
        part = min(left, amount)
        # what is as old as a limit still belongs to it
        ages[next((n for limit, n in limits if day >= limit), oldest)] += part
        left -= part
    # more than was lent was paid in advance by red letters, no date tells
    ages[oldest] += max(left, ZERO)
    return ages
