# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What changed in a household's income from one year to the next, and why

Plain arithmetic in yuan, exact to the cent."""
from collections import namedtuple
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal('0.01')
ZERO = Decimal('0.00')

# of a source in a year, in yuan
Amount = namedtuple('Amount', 'amount cost paid', defaults=(ZERO,) * 3)
# of a source from a year to the next; the reason is new, ended, more, less
# or same
Change = namedtuple('Change', 'source current previous net change reason')
# of the net income per person: the parts that come from the income and from
# the number of persons add up to the change
Explained = namedtuple('Explained', 'change income persons')


def compare(current, previous):
    """Return the Change of each source, those with the largest change first.

    current and previous are {source: Amount}.  A source is new if it gave
    nothing the year before, ended if it gives nothing any more: what was
    taken back wholly is nothing."""
    changes = []
    for source in {**previous, **current}:
        now = current.get(source, Amount())
        before = previous.get(source, Amount())
        given, gave = any(now[:2]), any(before[:2])
        if not given and not gave and not any([now.paid, before.paid]):
            continue
        net = now.amount - now.cost
        change = net - (before.amount - before.cost)
        if given and not gave:
            reason = 'new'
        elif gave and not given:
            reason = 'ended'
        elif change:
            reason = 'more' if change > 0 else 'less'
        else:
            reason = 'same'
        changes.append(Change(source, now, before, net, change, reason))
    changes.sort(key=lambda c: -abs(c.change))
    return changes


def per_person(net, persons):
    "Return the net income per person to the cent, None without persons"
    if persons:
        return (net / persons).quantize(CENT, ROUND_HALF_UP)


def explain(net, persons, previous_net, previous_persons):
    """Return what changed the net income per person since the year before.

    The part of the persons is what the income of the year before would have
    been for today's persons, less what it was; the rest comes from the
    income.  None if nobody was counted in one of the years."""
    if not persons or not previous_persons:
        return
    before = per_person(previous_net, previous_persons)
    change = per_person(net, persons) - before
    by_persons = per_person(previous_net, persons) - before
    return Explained(change, change - by_persons, by_persons)
