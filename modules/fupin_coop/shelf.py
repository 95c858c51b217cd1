# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Taking goods from lots, the oldest first: no database."""
from dataclasses import dataclass
from decimal import Decimal

from .lot_cost import cost_out


@dataclass
class Place:
    "What of a lot is on the shelf, and its books"
    lot: object
    # what there is to take
    here: Decimal
    # of the whole lot: what came and its cost, what is left and its value
    received: Decimal
    amount: Decimal
    remaining: Decimal
    book: Decimal


@dataclass
class Part:
    "What is taken of a lot and costs"
    lot: object
    quantity: Decimal
    cost: Decimal


class Shelf:
    "The lots of a product in a warehouse, the oldest first"

    def __init__(self, places, lock=None):
        self.places = [p for p in places if p.here > 0]
        self._lock = lock

    def lock(self):
        "Let nobody else take of the lots"
        if self._lock:
            self._lock([p.lot for p in self.places])

    @property
    def quantity(self):
        return sum((p.here for p in self.places), Decimal(0))

    def take(self, quantity):
        """Take the quantity and return its parts, None if there is less.

        The costs of all that is ever taken of a lot add up to its amount."""
        if quantity > self.quantity:
            return None
        parts = []
        for place in self.places:
            taken = min(place.here, quantity)
            if not taken:
                continue
            place.here -= taken
            place.remaining -= taken
            cost = cost_out(
                place.amount, place.received, place.book, place.remaining)
            place.book -= cost
            quantity -= taken
            parts.append(Part(place.lot, taken, cost))
        return parts
