# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The surplus of a year divided among the members: no database.

The articles are those of the 农民专业合作社法 of 2017, the lines those of
the statement 会农社02 of 财会〔2021〕37号.  Amounts are decimals in yuan with
whole cents; rates are decimals from 0 to 1, which the caller takes from the
charter and from the dated limits of the law.

A year goes through these steps:

    cover_losses            what the reserves can cover of old losses
    set_aside               the reserve by the rate of the charter (Art. 42)
    assess                  the distributable surplus (Art. 44), line 16
    refund_pool             what is refunded by trade, at least 60 % (Art. 44)
    distribute              the plan: refund, remainder, conversion by member
    share_losses            the losses that members bear (Art. 28)
    settle_leaver           what a leaver gets back (Art. 28)

All divisions are those of division.py.  So a member who trades more, while
the pools and the others stay, never gets a smaller refund, nor a smaller sum
of refund and remainder as long as the reserve shares given are those recorded
before this year's reserve is quantified.  Where the charter counts this
year's reserve in and quantifies it by trade, shares of others can move by a
cent against each other and cost him a cent of the remainder at most."""
from dataclasses import dataclass
from decimal import Decimal

from .division import (
    EXACT, DivisionError, Part, divide, from_cents, number_key, to_cents,
    total_of)

ZERO = Decimal('0.00')


class DistributionError(ValueError):
    """The surplus can not be distributed so.

    article is that of the law, values what the message can tell.  reason is
    one of

    * 'amount': what is called values['name'] is negative, not finite or not
      in whole cents
    * 'rate': the rate called values['name'] is not from 0 to 1
    * 'number': two accounts have the number values['number'] (Art. 43)
    * 'trade': the trade of values['number'] is negative or not finite
      (Art. 43)
    * 'factor': values['product'] has no factor to weigh its volume (Art. 44)
    * 'transferred': the reserves would cover more than the values['losses']
      (Art. 42)
    * 'reserve': more is set aside than the values['available'] that the year
      leaves after the losses (Art. 42)
    * 'refund_minimum': the refund is less than the values['minimum'], which
      is 60 % of the distributable surplus in the law (Art. 44)
    * 'refund_maximum': it is more than the values['maximum'] (Art. 44)
    * 'released': more of the undistributed surplus of former years would be
      distributed than the values['maximum'] there is (Art. 44)
    * 'carried': more is carried forward than the values['maximum'] that the
      refund leaves (Art. 44)
    * 'no_trade': no member traded, so there is no ratio to refund by; all
      values['base'] can only be carried forward (Art. 44)
    * 'no_capital': there is nothing to divide the remainder by, neither
      contributions nor shares; refund or carry it forward (Art. 44)
    * 'converted': more would become contribution than the values['maximum']
      of the members who stay (Art. 44)
    * 'losses': losses are to be shared but there is nothing to share them by,
      or the name of the base, values['base'], is unknown (Art. 28)"""

    def __init__(self, reason, article=44, **values):
        super().__init__(reason, article, values)
        self.reason = reason
        self.article = article
        self.values = values


def _cents(name, amount, article=44, negative=False):
    try:
        cents = to_cents(amount)
    except ValueError:
        raise DistributionError('amount', article, name=name, amount=amount)
    if cents < 0 and not negative:
        raise DistributionError('amount', article, name=name, amount=amount)
    return cents


def _rate(name, rate, article=44):
    "Return numerator and denominator of a rate from 0 to 1"
    if not isinstance(rate, (Decimal, int)):
        raise DistributionError('rate', article, name=name, rate=rate)
    try:
        numerator, denominator = rate.as_integer_ratio()
    except (OverflowError, ValueError):
        raise DistributionError('rate', article, name=name, rate=rate)
    if not 0 <= numerator <= denominator:
        raise DistributionError('rate', article, name=name, rate=rate)
    return numerator, denominator


# The account of a member


@dataclass(frozen=True, slots=True)
class TradeLine:
    """The trade of a member in one product (交易量, 交易额; Art. 43).

    * product: anything that tells it apart
    * quantity: yuan where the refund goes by value, else the volume in the
      unit of the product
    * factor: what one of quantity counts, 1 for yuan"""
    product: object
    quantity: Decimal
    factor: Decimal = Decimal(1)

    @property
    def weight(self):
        "What the trade counts in the refund"
        return EXACT.multiply(self.quantity, self.factor)


def trade_by_value(amounts):
    "Return the trade lines of {product: yuan}"
    return tuple(
        TradeLine(product, amount) for product, amount in amounts.items())


def trade_by_volume(quantities, factors):
    """Return the trade lines of {product: quantity}, weighted by {product:
    factor}, which makes melons and mushrooms comparable (the charter's)."""
    for product in quantities:
        if product not in factors:
            raise DistributionError('factor', product=product)
    return tuple(
        TradeLine(product, quantity, factors[product])
        for product, quantity in quantities.items())


@dataclass(frozen=True, slots=True)
class Account:
    """What the account of a member holds when the surplus is distributed
    (成员账户, Art. 43), in yuan.

    * number: the member's, which breaks ties
    * trade: the trade lines of the year, of the time of the membership
    * contribution: 出资额
    * reserve: the share of the reserve, 公积金份额
    * grant, donation: the equal shares of the property formed by grants of
      the state and by donations, 量化份额
    * days: of the membership in the year, where the charter counts the capital
      by the day; the same for all where it does not
    * leaving: the membership ends by the end of the year (Art. 25, 26).  The
      member has part in the surplus like the others (Art. 28), but nothing of
      it is converted to contribution"""
    number: object
    trade: tuple = ()
    contribution: Decimal = ZERO
    reserve: Decimal = ZERO
    grant: Decimal = ZERO
    donation: Decimal = ZERO
    days: int = 1
    leaving: bool = False

    @property
    def traded(self):
        "The base of the refund, 交易量(额)"
        return total_of(line.weight for line in self.trade)

    @property
    def capital(self):
        "The base of the remainder, without days"
        return total_of([
                self.contribution, self.reserve, self.grant, self.donation])

    @property
    def liable(self):
        "What the member answers with: contribution and reserve share (Art. 6)"
        return EXACT.add(self.contribution, self.reserve)


def by_number(accounts):
    """Return {number: account} in the order of the numbers.

    DistributionError for what no account can hold."""
    result = {}
    for account in sorted(accounts, key=lambda a: number_key(a.number)):
        if account.number in result:
            raise DistributionError('number', 43, number=account.number)
        for name in ['contribution', 'reserve', 'grant', 'donation']:
            _cents(name, getattr(account, name), 43)
        if account.days < 0:
            raise DistributionError(
                'amount', 43, name='days', amount=account.days)
        for line in account.trade:
            if not (_is_finite(line.quantity) and _is_finite(line.factor)):
                raise DistributionError('trade', 43, number=account.number)
        if account.traded < 0:
            raise DistributionError('trade', 43, number=account.number)
        result[account.number] = account
    return result


def _is_finite(value):
    return (isinstance(value, int)
        or isinstance(value, Decimal) and value.is_finite())


def _divide(total, weights, reason):
    try:
        return divide(total, weights)
    except DivisionError:
        raise DistributionError(reason, base=total)


# The surplus


@dataclass(frozen=True, slots=True)
class Surplus:
    """What a year leaves to distribute, in yuan.

    * surplus: 本年盈余, line 12; negative for a loss
    * opening: 年初未分配盈余, line 13; negative for losses not covered yet
    * transferred: 其他转入, line 14, what the reserves cover of the losses
    * reserve: 提取盈余公积, line 15
    * losses: what there was to cover, of this year and former ones
    * covered: what the surplus of this year covers of them
    * available: what is left of the surplus to set reserves aside from
    * distributable: 可分配盈余 of Art. 44, which the refund is measured by"""
    surplus: Decimal
    opening: Decimal
    transferred: Decimal
    reserve: Decimal
    losses: Decimal
    covered: Decimal
    available: Decimal
    distributable: Decimal

    @property
    def line_16(self):
        "可分配盈余 of the statement, which has the opening balance in it"
        return total_of([
                self.surplus, self.opening, self.transferred,
                EXACT.minus(self.reserve)])

    @property
    def difference(self):
        """Line 16 less the distributable surplus of Art. 44: undistributed
        surplus of former years, or, negative, losses not covered."""
        return EXACT.subtract(self.line_16, self.distributable)

    @property
    def uncovered(self):
        "The losses that stay"
        return max(EXACT.minus(self.line_16), ZERO)

    @property
    def state(self):
        """'distributable', 'loss' for a year that made a loss, or 'nothing'
        for one whose surplus went all to losses and reserve."""
        if self.surplus < 0:
            return 'loss'
        return 'distributable' if self.distributable else 'nothing'


def _losses(surplus, opening):
    "Return the cents to cover when the year makes surplus after opening"
    return max(-opening if surplus >= 0 else -(opening + surplus), 0)


def _available(surplus, opening, transferred):
    """Return in cents the losses, what the surplus covers of them and what it
    leaves."""
    surplus = _cents('surplus', surplus, negative=True)
    opening = _cents('opening', opening, negative=True)
    transferred = _cents('transferred', transferred, 42)
    losses = _losses(surplus, opening)
    if transferred > losses:
        raise DistributionError(
            'transferred', 42, losses=from_cents(losses),
            transferred=from_cents(transferred))
    covered = min(max(surplus, 0), losses - transferred)
    return losses, covered, max(surplus, 0) - covered


def cover_losses(surplus, opening, reserves):
    """Return what each reserve covers and what stays uncovered.

    surplus is that of the year, opening the undistributed of former years.
    reserves is {account: balance} in the order in which they are used, 322
    first as a rule.  They cover losses of the year that the opening balance
    does not, and losses brought forward (Art. 42): nothing where there are
    none.  The result is ({account: amount}, uncovered)."""
    losses = _losses(
        _cents('surplus', surplus, negative=True),
        _cents('opening', opening, negative=True))
    amounts = {}
    for account, balance in reserves.items():
        amount = min(losses, _cents('reserve', balance, 42))
        amounts[account] = from_cents(amount)
        losses -= amount
    return amounts, from_cents(losses)


def set_aside(surplus, opening, transferred, rate):
    """Return the reserve of the year: rate of the surplus that is left when
    the losses are covered (Art. 42), to the cent, halves up; 0 in a loss year.

    The parameters are those of assess."""
    numerator, denominator = _rate('reserve', rate, 42)
    _, _, available = _available(surplus, opening, transferred)
    return from_cents(
        (2 * available * numerator + denominator) // (2 * denominator))


def assess(surplus, opening=ZERO, transferred=ZERO, reserve=ZERO):
    """Return the Surplus of a year: what Art. 44 calls distributable, which is
    the surplus of the year after losses and reserve, and line 16 beside it.

    surplus, opening: lines 12 and 13, negative for losses.
    transferred: line 14, what the reserves cover; never more than the losses.
    reserve: line 15; never more than what the losses leave of the surplus, so
    nothing in a year of loss."""
    losses, covered, available = _available(surplus, opening, transferred)
    cents = _cents('reserve', reserve, 42)
    if cents > available:
        raise DistributionError(
            'reserve', 42, available=from_cents(available),
            reserve=from_cents(cents))
    return Surplus(
        *(from_cents(to_cents(amount))
            for amount in [surplus, opening, transferred, reserve]),
        losses=from_cents(losses), covered=from_cents(covered),
        available=from_cents(available),
        distributable=from_cents(available - cents))


# The plan


def refund_minimum(base, minimum):
    "Return the least refund of base yuan: minimum of it, to the next cent"
    numerator, denominator = _rate('minimum', minimum)
    return from_cents(-(-_cents('base', base) * numerator // denominator))


def refund_pool(base, rate, minimum):
    """Return what of base yuan is refunded by trade (盈余返还) at the rate of
    the charter, rounded up, so that it is never below the rate.

    DistributionError 'refund_minimum' if the rate is below the minimum of
    the law, 0.6 (Art. 44)."""
    numerator, denominator = _rate('refund', rate)
    _rate('minimum', minimum)
    if rate < minimum:
        raise DistributionError(
            'refund_minimum', rate=rate, minimum=refund_minimum(base, minimum))
    return from_cents(-(-_cents('base', base) * numerator // denominator))


def check_refund(refund, base, minimum):
    """Raise DistributionError unless the refund is at least minimum of base
    and not more than it (Art. 44)."""
    cents = _cents('refund', refund)
    least = refund_minimum(base, minimum)
    if cents < to_cents(least):
        raise DistributionError(
            'refund_minimum', refund=refund, minimum=least)
    if cents > to_cents(base):
        raise DistributionError('refund_maximum', refund=refund, maximum=base)


@dataclass(frozen=True, slots=True)
class Share:
    """What one member gets of the surplus of a year, and how it came about.

    Each of the four is a Part: what was divided, the member's weight and the
    sum of all, the exact amount and the amount in whole cents.

    * refund: 盈余返还, by trade
    * remainder: 剩余盈余分配, by capital (times days)
    * refund_converted, remainder_converted: what of them becomes contribution,
      by the refund and the remainder of the members who stay"""
    account: Account
    refund: Part
    remainder: Part
    refund_converted: Part
    remainder_converted: Part

    @property
    def number(self):
        return self.account.number

    @property
    def amount(self):
        "Refund and remainder"
        return EXACT.add(self.refund.amount, self.remainder.amount)

    @property
    def converted(self):
        "What becomes contribution (转为成员出资)"
        return EXACT.add(
            self.refund_converted.amount, self.remainder_converted.amount)

    @property
    def payable_refund(self):
        "What stays to pay of the refund (account 221)"
        return EXACT.subtract(
            self.refund.amount, self.refund_converted.amount)

    @property
    def payable_remainder(self):
        "What stays to pay of the remainder (account 222)"
        return EXACT.subtract(
            self.remainder.amount, self.remainder_converted.amount)

    @property
    def payable(self):
        "What the member is paid"
        return EXACT.add(self.payable_refund, self.payable_remainder)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan to distribute the surplus of a year (盈余分配方案), in yuan.

    * surplus: the year as assessed
    * released: what is distributed of the undistributed surplus of former
      years
    * base: what the plan disposes of, distributable and released; the minimum
      of the refund is measured by it
    * minimum: the least refund that the law allows
    * refund, remainder, carried: what becomes of base
    * refund_converted, remainder_converted: what becomes contribution
    * shares: {number: Share} in the order of the numbers"""
    surplus: Surplus
    released: Decimal
    base: Decimal
    minimum: Decimal
    refund: Decimal
    remainder: Decimal
    carried: Decimal
    refund_converted: Decimal
    remainder_converted: Decimal
    shares: dict

    @property
    def state(self):
        """What to tell about the year: 'distribution', 'no_trade' where all
        is carried forward because no member traded, or 'loss' or 'nothing' as
        in Surplus where there is nothing to distribute."""
        if not self.base:
            return self.surplus.state
        traded = any(share.refund.weight for share in self.shares.values())
        return 'distribution' if traded else 'no_trade'

    @property
    def converted(self):
        return EXACT.add(self.refund_converted, self.remainder_converted)

    @property
    def lines(self):
        """{line: amount} of 会农社02, lines 12 to 20.

        What is converted is on line 19 only, so 20 = 16 - 17 - 18 - 19."""
        line_17 = EXACT.subtract(self.refund, self.refund_converted)
        line_18 = EXACT.subtract(self.remainder, self.remainder_converted)
        return {
            12: self.surplus.surplus,
            13: self.surplus.opening,
            14: self.surplus.transferred,
            15: self.surplus.reserve,
            16: self.surplus.line_16,
            17: line_17,
            18: line_18,
            19: self.converted,
            20: EXACT.subtract(
                self.surplus.line_16,
                total_of([line_17, line_18, self.converted])),
            }


def distribute(
        surplus, accounts, refund, minimum, *, released=ZERO, carried=ZERO,
        refund_converted=ZERO, remainder_converted=ZERO):
    """Return the Plan that divides the surplus of a year among the members.

    * surplus: a Surplus
    * accounts: an Account for each who was a member in the year, in any order
    * refund: what is refunded by trade, see refund_pool
    * minimum: the least rate of the refund, 0.6 in the law (Art. 44)
    * released: undistributed surplus of former years to distribute too;
      not in a year of loss
    * carried: what of the rest the resolution carries forward
    * refund_converted, remainder_converted: what of the refund and the
      remainder becomes contribution (Art. 44), of the members who stay

    Without anything to distribute all shares are zero and refund must be; the
    same if no member traded, where all must be carried forward."""
    accounts = by_number(accounts)
    released = from_cents(_cents('released', released))
    carried = from_cents(_cents('carried', carried))
    refund = from_cents(_cents('refund', refund))
    maximum = max(surplus.opening, ZERO) if surplus.surplus >= 0 else ZERO
    if released > maximum:
        raise DistributionError('released', released=released, maximum=maximum)
    base = EXACT.add(surplus.distributable, released)

    traded = {number: a.traded for number, a in accounts.items()}
    if base and not any(traded.values()):
        if refund or carried != base:
            raise DistributionError('no_trade', base=base)
    else:
        check_refund(refund, base, minimum)
    least = refund_minimum(base, minimum)
    rest = EXACT.subtract(base, refund)
    if carried > rest:
        raise DistributionError('carried', carried=carried, maximum=rest)
    remainder = EXACT.subtract(rest, carried)

    refunds = _divide(refund, traded, 'no_trade')
    remainders = _divide(
        remainder, {
            number: EXACT.multiply(a.capital, Decimal(a.days))
            for number, a in accounts.items()}, 'no_capital')
    refunds_converted = _convert(
        'refund_converted', refund_converted, refunds, accounts)
    remainders_converted = _convert(
        'remainder_converted', remainder_converted, remainders, accounts)
    return Plan(
        surplus, released, base, least, refund, remainder, carried,
        from_cents(to_cents(refund_converted)),
        from_cents(to_cents(remainder_converted)),
        {number: Share(
                account, refunds[number], remainders[number],
                refunds_converted[number], remainders_converted[number])
            for number, account in accounts.items()})


def _convert(name, amount, parts, accounts):
    cents = _cents(name, amount)
    weights = {
        number: ZERO if accounts[number].leaving else part.amount
        for number, part in parts.items()}
    maximum = total_of(weights.values())
    if cents > to_cents(maximum):
        raise DistributionError(
            'converted', name=name, amount=amount, maximum=maximum)
    return _divide(amount, weights, 'converted')


# Leavers


LOSS_BASES = {
    'liable': lambda account: account.liable,
    'contribution': lambda account: account.contribution,
    'trade': lambda account: account.traded,
    'equal': lambda account: Decimal(1),
    }


def share_losses(losses, accounts, base):
    """Return {number: Part} of the losses and debts that the members bear by
    the charter's base (Art. 28): 'liable' (contribution and reserve share),
    'contribution', 'trade' or 'equal'."""
    _cents('losses', losses, 28)
    if base not in LOSS_BASES:
        raise DistributionError('losses', 28, base=base)
    weight = LOSS_BASES[base]
    try:
        return divide(losses, {
                number: weight(account)
                for number, account in by_number(accounts).items()})
    except DivisionError:
        raise DistributionError('losses', 28, base=base)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a leaver gets back (Art. 28), in yuan.

    * contribution, reserve: what the account held
    * losses: the share of losses and debts
    * from_reserve, from_contribution: what of it is taken from either, the
      reserve share first, which is there to cover losses (Art. 42)
    * refused: what of it is not borne, for nobody answers with more than
      contribution and reserve share (Art. 6)
    * lapsed: the shares of grants and donations, which are not paid out but
      quantified among those who stay"""
    number: object
    contribution: Decimal
    reserve: Decimal
    losses: Decimal
    from_reserve: Decimal
    from_contribution: Decimal
    refused: Decimal
    lapsed: Decimal

    @property
    def contribution_paid(self):
        return EXACT.subtract(self.contribution, self.from_contribution)

    @property
    def reserve_paid(self):
        return EXACT.subtract(self.reserve, self.from_reserve)

    @property
    def paid(self):
        return EXACT.add(self.contribution_paid, self.reserve_paid)


def settle_leaver(account, losses=ZERO):
    """Return the Leaving of a member whose account holds account and who bears
    losses yuan of the losses of the time of the membership (Art. 28).

    Refund and remainder of the last year are not part of it: the leaver has a
    Share in the plan like any other.  A reserve share of that year belongs to
    account.reserve here."""
    by_number([account])
    losses = _cents('losses', losses, 28)
    from_reserve = min(losses, to_cents(account.reserve))
    from_contribution = min(
        losses - from_reserve, to_cents(account.contribution))
    return Leaving(
        account.number,
        from_cents(to_cents(account.contribution)),
        from_cents(to_cents(account.reserve)),
        from_cents(losses), from_cents(from_reserve),
        from_cents(from_contribution),
        from_cents(losses - from_reserve - from_contribution),
        EXACT.add(account.grant, account.donation))
