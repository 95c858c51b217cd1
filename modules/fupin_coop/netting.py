# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What is owed set off against what is due: decimals only, no database.

The oldest debt is covered first.  All amounts are in yuan to the cent."""
from collections import deque
from decimal import ROUND_DOWN, Decimal

ZERO = Decimal('0.00')
CENT = Decimal('0.01')


def net(owed, debt, rate=Decimal(1)):
    """Return what of the debt is set off against what is owed to somebody,
    at most the rate of it."""
    if owed <= 0 or debt <= 0:
        return ZERO
    return min(debt, (owed * rate).quantize(CENT, ROUND_DOWN))


def cover(debts, amount, credit=ZERO):
    """Return the part of the amount that covers each debt, and what is left.

    The debts are in the order in which they are covered; the credit is what
    was paid before and covers the first of them."""
    parts = []
    for debt in debts:
        covered = min(debt, credit)
        credit -= covered
        part = min(debt - covered, amount)
        amount -= part
        parts.append(part)
    return parts, amount


def balance(debts, credits):
    """Return the lists of keys whose debts and credits are equal in sum.

    Both are lists of (key, amount) with positive amounts; each list of keys
    is the shortest that the order allows, what is left is in none."""
    debts, credits = deque(debts), deque(credits)
    balanced, keys, left = [], [], ZERO
    while True:
        side = credits if left > 0 else debts
        if not side:
            return balanced
        key, amount = side.popleft()
        keys.append(key)
        left += -amount if side is credits else amount
        if not left:
            balanced.append(keys)
            keys = []
