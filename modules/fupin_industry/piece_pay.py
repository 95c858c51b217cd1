# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The arithmetic of piecework: decimals only, no database.

Parts are counted, never valued: what a worker was given is all used,
returned, lost as allowed, or missing.  Only what is missing has a price."""
from collections import namedtuple
from decimal import ROUND_DOWN, ROUND_UP, Decimal

THOUSAND = Decimal(1000)
CENT = Decimal('0.01')

Step = namedtuple('Step', ['accepted', 'rejected', 'rework', 'reworked'])
PartBalance = namedtuple(
    'PartBalance', ['used', 'returned', 'allowed', 'missing'])


class PieceError(ValueError):
    """The counts can not be those of a worker.

    The reason is one of 'negative', 'pieces', 'order', 'rework' or 'parts'."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def check_steps(pieces, steps):
    """Refuse counts that can not be those of a worker with so many pieces.

    steps are the sums of each step in the order of the work.  What was
    rejected in a step does not reach the next one."""
    left = pieces
    for i, step in enumerate(steps):
        if any(count < 0 for count in step):
            raise PieceError('negative')
        if step.accepted + step.rejected > left:
            raise PieceError('order' if i else 'pieces')
        if step.reworked > step.rework \
                or step.reworked > step.accepted + step.rejected:
            raise PieceError('rework')
        left = step.accepted


def open_rework(step):
    "Return the pieces that the worker still has to do again"
    return step.rework - step.reworked


def used_parts(per_piece, step):
    "Return the parts in the accepted and the rejected pieces"
    return per_piece * (step.accepted + step.rejected)


def part_balance(issued, used, returned, loss_rate, digits=0):
    """Return where the issued parts of one kind are.

    The allowed loss is a share of what was used, rounded up to the digits of
    the unit, in favour of the worker; issued = used + returned + allowed +
    missing.  PieceError('parts') if more came back than was given."""
    if min(issued, used, returned, loss_rate) < 0:
        raise PieceError('negative')
    short = issued - used - returned
    if short < 0:
        raise PieceError('parts')
    allowance = (used * loss_rate).quantize(
        Decimal(1).scaleb(-digits), ROUND_UP)
    allowed = min(short, allowance)
    return PartBalance(used, returned, allowed, short - allowed)


def charge_limit(wage, share):
    "Return the most that may be kept back of the wage, in whole cents"
    return (wage * share).quantize(CENT, ROUND_DOWN)


def take_charges(charges, limits):
    """Divide open charges over wages.

    charges are yuan, the oldest first, limits what may be kept back of each
    wage.  Return [(number of the charge, number of the wage, yuan)]; what
    does not fit stays open."""
    taken = []
    left = list(limits)
    for i, charge in enumerate(charges):
        for j, room in enumerate(left):
            amount = min(charge, room)
            if amount > 0:
                taken.append((i, j, amount))
                charge -= amount
                left[j] -= amount
    return taken


def per_thousand(amount, pieces):
    "Return the yuan of a thousand pieces, None without pieces"
    if pieces:
        return (amount * THOUSAND / pieces).quantize(CENT)
