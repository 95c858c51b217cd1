# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The shares of members in the property of the cooperative: no database.

* The reserve of each year (公积金) is quantified to every member by the base
  of the charter (农民专业合作社法, Art. 42): once, and it stays.
* The property formed by grants of the state and by donations is quantified in
  equal shares to the members of a day (Art. 44), all of it again at the end
  of each year and whenever the remainder is distributed (财会〔2021〕37号,
  notes to the member account, 3): what changes are the entries.

Amounts are decimals in yuan with whole cents.  All divisions are those of
division.py, so shares add up to what is quantified."""
from dataclasses import dataclass
from decimal import Decimal
from math import prod

from .distribution import by_number
from .division import (
    EXACT, DivisionError, Part, cut, deal, divide, from_cents, number_key,
    to_cents, total_of, whole_numbers)

ZERO = Decimal('0.00')
RESERVE_BASES = {
    'trade': lambda account: account.traded,
    'contribution': lambda account: account.contribution,
    'equal': lambda account: Decimal(1),
    }


class QuantificationError(ValueError):
    """The property can not be quantified so.

    article is that of the law, values what the message can tell.  reason is
    one of

    * 'amount': the amount is negative, not finite or not in whole cents
    * 'rates': the rates of the bases do not add up to 1, one is negative, or
      a base is unknown (Art. 42)
    * 'base': nobody has anything of values['base'], trade for example, so
      there is nothing to quantify by (Art. 42)
    * 'shares': more would be taken than the values['maximum'] that members
      have (Art. 42)
    * 'members': there is property but no member (Art. 44)"""

    def __init__(self, reason, article, **values):
        super().__init__(reason, article, values)
        self.reason = reason
        self.article = article
        self.values = values


def _cents(amount, article):
    try:
        cents = to_cents(amount)
    except ValueError:
        raise QuantificationError('amount', article, amount=amount)
    if cents < 0:
        raise QuantificationError('amount', article, amount=amount)
    return cents


# The reserve


@dataclass(frozen=True, slots=True)
class Component:
    """What one base contributes to a member's share of the reserve.

    * base: 'trade', 'contribution' or 'equal'
    * total: the part of the reserve that goes by it, yuan, not rounded
    * weight, weights: the member's and the sum of all"""
    base: str
    total: Decimal
    weight: Decimal
    weights: Decimal

    @property
    def exact(self):
        "What comes from this base, cut after 6 decimals"
        return cut(self.total, self.weight, self.weights, 6)


@dataclass(frozen=True, slots=True)
class ReserveShare:
    """The share of one member in the reserve of a year.

    part is the whole of it, rounded once; components tell the member how the
    exact amount came about, their sum."""
    number: object
    part: Part
    components: tuple

    @property
    def amount(self):
        return self.part.amount


def quantify_reserve(amount, accounts, rates):
    """Return {number: ReserveShare} of a reserve of amount yuan (Art. 42).

    * accounts: distribution.Account of every member of the year
    * rates: {base: rate}, decimals that add up to 1: by 'trade' (value or
      weighted volume, as the trade lines are), 'contribution' or 'equal',
      one of them or mixed

    The bases are mixed before anything is rounded, so that also with several
    of them two members alike differ by a cent at most, and who trades or
    contributes more, while the others stay, never gets less.  The weights of
    the parts have no unit then; the components are there to be shown.

    DistributionError for what no account can hold."""
    cents = _cents(amount, 42)
    rates = _rates(rates)
    accounts = by_number(accounts)
    weights, exact, bases = {}, {}, {}
    for base in rates:
        weights[base] = {
            number: RESERVE_BASES[base](account)
            for number, account in accounts.items()}
        bases[base] = total_of(weights[base].values())
        if not bases[base] and cents:
            raise QuantificationError('base', 42, base=base)
        exact[base] = whole_numbers(weights[base])

    # rate / base as integers over a denominator that all have in common
    sums = {base: sum(exact[base].values()) for base in rates}
    whole_rates = whole_numbers(rates)
    factors = {
        base: whole_rates[base] * prod(
            sums[other] for other in rates if other != base)
        for base in rates}
    mixed = {
        number: sum(factors[base] * exact[base][number] for base in rates)
        for number in accounts}
    left, parts = deal(cents, mixed)
    total = from_cents(cents)
    mixed_sum = Decimal(sum(mixed.values()))
    totals = {base: EXACT.multiply(total, rates[base]) for base in rates}
    return {
        number: ReserveShare(
            number,
            Part(
                number, total, Decimal(mixed[number]), mixed_sum,
                from_cents(part), rank, left),
            tuple(
                Component(
                    base, totals[base], weights[base][number], bases[base])
                for base in rates))
        for number, (part, rank) in parts.items()}


def _rates(rates):
    "Return the rates that count, checked"
    for base, rate in rates.items():
        if base not in RESERVE_BASES:
            raise QuantificationError('rates', 42, base=base)
        if (not isinstance(rate, (Decimal, int))
                or not Decimal(rate).is_finite() or rate < 0):
            raise QuantificationError('rates', 42, base=base, rate=rate)
    if total_of(rates.values()) != 1:
        raise QuantificationError('rates', 42, sum=total_of(rates.values()))
    return {base: Decimal(rate) for base, rate in rates.items() if rate}


def reduce_reserve(amount, shares):
    """Return {number: Part} of what is taken from each share of the reserve
    when amount yuan of it cover losses or become contribution (Art. 42), in
    the proportion of shares, {number: yuan}.  Never more than a share."""
    cents = _cents(amount, 42)
    for share in shares.values():
        _cents(share, 42)
    maximum = total_of(shares.values())
    if cents > to_cents(maximum):
        raise QuantificationError(
            'shares', 42, amount=amount, maximum=maximum)
    return divide(amount, shares)


# Grants and donations


@dataclass(frozen=True, slots=True)
class Change:
    "What quantifying again changes in the share of one member, yuan"
    number: object
    before: Decimal
    after: Decimal

    @property
    def amount(self):
        "The amount of the entry"
        return EXACT.subtract(self.after, self.before)


def quantify_equally(amount, numbers):
    """Return {number: Part} of property of amount yuan, in equal shares to the
    members of the day of the quantification (Art. 44)."""
    _cents(amount, 44)
    try:
        return divide(amount, dict.fromkeys(numbers, 1))
    except DivisionError:
        raise QuantificationError('members', 44, amount=amount)


def requantify(amount, numbers, shares):
    """Return the changes, by number, that make equal shares of amount yuan for
    the members numbers out of what accounts hold, shares {number: yuan}.

    Who is no member any more loses the share, for it is not paid out
    (Art. 28).  Only accounts that change are listed; done twice, the second
    time changes nothing.  The changes add up to amount less the shares."""
    parts = quantify_equally(amount, numbers)
    changes = []
    for number in sorted(parts.keys() | shares.keys(), key=number_key):
        before = from_cents(_cents(shares.get(number, ZERO), 44))
        after = parts[number].amount if number in parts else ZERO
        if before != after:
            changes.append(Change(number, before, after))
    return changes


def unquantified(balance, shares):
    """Return what of the balance of an account (311, 322) no member has a
    share in: 0.00 when it is quantified, negative when shares exceed it.

    shares are the yuan of all members."""
    return EXACT.subtract(balance, total_of(shares))
