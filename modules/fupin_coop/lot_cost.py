# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The cost of what leaves a lot, by specific identification.

财会〔2021〕37号, article 18: the lot of a delivery carries the amount of the
delivery.  What is left of the lot is worth its share of that amount, rounded
to the cent; what leaves costs the difference.  So the costs of any number of
shipments and returns add up to the amount, and an empty lot is worth 0.00."""
from decimal import Decimal

from .weighing import round_half_up


def lot_value(amount, quantity, remaining, digits=2):
    "Return the value of what remains of a lot of quantity worth amount"
    return round_half_up(amount * remaining / quantity, digits)


def cost_out(amount, quantity, book, remaining, digits=2):
    """Return the cost of the goods whose leaving makes remaining what is
    left, when the books had the lot at book before."""
    cost = book - lot_value(amount, quantity, remaining, digits)
    return max(cost, Decimal(0))


def cost_in(amount, quantity, book, remaining, digits=2):
    """Return the cost of the goods whose coming back makes remaining what is
    there, when the books had the lot at book before."""
    cost = lot_value(amount, quantity, remaining, digits) - book
    return max(cost, Decimal(0))


def proceeds(price, before, quantity, digits=2):
    """Return the part of quantity in what a sale line brings when before of
    it was shipped already; the parts add up to the rounded total."""
    return (round_half_up(price * (before + quantity), digits)
        - round_half_up(price * before, digits))


def settle_commission(cost, sold):
    """Return how the agreed cost of goods sold on commission is covered: the
    part taken from what they were sold for, and the shortfall.

    财会〔2021〕37号, account 128: a sale above the agreed price leaves the
    difference in the operating revenue, one below it in the operating
    cost."""
    covered = min(cost, sold)
    return covered, cost - covered
