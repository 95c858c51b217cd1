# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import random
from dataclasses import replace
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trytond.modules.fupin_coop.distribution import (
    Account, DistributionError, trade_by_value)
from trytond.modules.fupin_coop.division import from_cents, to_cents
from trytond.modules.fupin_coop.quantification import (
    QuantificationError, quantify_equally, quantify_reserve, reduce_reserve,
    requantify, unquantified)

pytestmark = pytest.mark.plain

cents = st.one_of(
    st.integers(0, 30), st.integers(0, 10 ** 8), st.integers(0, 10 ** 30))
yuan = cents.map(from_cents)
numbers = st.sets(st.integers(1, 40), max_size=12).map(
    lambda ns: [str(n) for n in ns])


@st.composite
def accounts(draw):
    return [
        Account(
            str(number), trade_by_value({'melon': draw(yuan)}), draw(yuan))
        for number in range(1, draw(st.integers(1, 10)) + 1)]


@st.composite
def rates(draw):
    "Rates of the three bases that add up to 1, some of them 0"
    trade = draw(st.integers(0, 100))
    contribution = draw(st.integers(0, 100 - trade))
    return {
        'trade': D(trade) / 100,
        'contribution': D(contribution) / 100,
        'equal': D(100 - trade - contribution) / 100,
        }


def has_bases(accounts, rates):
    return ((not rates['trade'] or any(a.traded for a in accounts))
        and (not rates['contribution']
            or any(a.contribution for a in accounts)))


def amounts(shares):
    return [share.amount for share in shares.values()]


def refused(reason, article, call, *args):
    with pytest.raises(QuantificationError) as error:
        call(*args)
    assert (error.value.reason, error.value.article) == (reason, article)
    return error.value.values


# The reserve


MEMBERS = [
    Account('1', trade_by_value({'melon': D('600.00')}), D('1000.00')),
    Account('2', trade_by_value({'melon': D('300.00')}), D('4000.00')),
    Account('3', trade_by_value({'melon': D('0.00')}), D('2000.00')),
    ]


@pytest.mark.parametrize('rates, shares', [
        # 100 x 600/900, 300/900, 0/900
        ({'trade': '1'}, ['66.67', '33.33', '0.00']),
        # 100 x 1/7, 4/7, 2/7: 14.285714, 57.142857, 28.571428; the cent left
        # goes to 1, who is .5714 of it short
        ({'contribution': '1'}, ['14.29', '57.14', '28.57']),
        ({'equal': '1'}, ['33.34', '33.33', '33.33']),
        # 50 x 2/3 + 50 x 1/7 = 40.476190
        # 50 x 1/3 + 50 x 4/7 = 45.238095
        # 50 x 2/7 = 14.285714; two cents are left, for 2 and 1
        ({'trade': '0.5', 'contribution': '0.5'},
            ['40.48', '45.24', '14.28']),
        ({'trade': '0.5', 'contribution': '0.3', 'equal': '0.2'},
            # 33.333333 + 4.285714 + 6.666666 = 44.285714
            # 16.666666 + 17.142857 + 6.666666 = 40.476190
            # 0 + 8.571428 + 6.666666 = 15.238095; two for 3 and 2
            ['44.28', '40.48', '15.24']),
        ])
def test_reserve_by_base(rates, shares):
    quantified = quantify_reserve(
        D('100.00'), MEMBERS, {b: D(r) for b, r in rates.items()})

    assert amounts(quantified) == list(map(D, shares))


def test_components_tell_how_a_share_arose():
    share = quantify_reserve(
        D('100.00'), MEMBERS, {
            'trade': D('0.5'), 'contribution': D('0.3'), 'equal': D('0.2')
            })['2']

    assert [
        (c.base, c.total, c.weight, c.weights, c.exact)
        for c in share.components] == [
        ('trade', D('50'), D('300'), D('900'), D('16.666666')),
        ('contribution', D('30'), D('4000'), D('7000'), D('17.142857')),
        ('equal', D('20'), D('1'), D('3'), D('6.666666')),
        ]
    assert share.part.exact == D('40.476190')
    assert (share.part.down, share.part.cent) == (D('40.47'), True)


@pytest.mark.parametrize('rates', [
        {}, {'trade': '0.99'}, {'trade': '0.5', 'equal': '0.51'},
        {'trade': '1.5', 'equal': '-0.5'}, {'age': '1'}, {'trade': 'NaN'},
        {'trade': 'Infinity'}])
def test_rates_that_can_not_be(rates):
    refused(
        'rates', 42, quantify_reserve, D(1), MEMBERS,
        {b: D(r) for b, r in rates.items()})


def test_reserve_without_a_base():
    idle = [Account('1'), Account('2')]

    for base in ['trade', 'contribution']:
        values = refused(
            'base', 42, quantify_reserve, D(1), idle, {base: D(1)})
        assert values['base'] == base
        # also where it counts for a part only
        values = refused(
            'base', 42, quantify_reserve, D(1), idle,
            {base: D('0.1'), 'equal': D('0.9')})
        assert values['base'] == base
        # but not if it counts for nothing, or there is nothing
        shares = quantify_reserve(
            D(1), idle, {base: D(0), 'equal': D(1)})
        assert amounts(shares) == [D('0.50'), D('0.50')]
        assert amounts(quantify_reserve(D(0), idle, {base: D(1)})) == [0, 0]
    refused('base', 42, quantify_reserve, D(1), [], {'equal': D(1)})


def test_reserve_of_accounts_that_can_not_be():
    refused(
        'amount', 42, quantify_reserve, D(-1), MEMBERS, {'equal': D(1)})
    with pytest.raises(DistributionError):
        quantify_reserve(
            D(1), [Account('1', contribution=D(-1))], {'equal': D(1)})
    with pytest.raises(DistributionError):
        quantify_reserve(D(1), [Account('1')] * 2, {'equal': D(1)})


@settings(max_examples=600, deadline=None)
@given(yuan, accounts(), rates())
def test_shares_of_the_reserve_add_up(amount, accounts, rates):
    assume(has_bases(accounts, rates))
    shares = quantify_reserve(amount, accounts, rates)

    assert sum(map(to_cents, amounts(shares))) == to_cents(amount)
    for account in accounts:
        exact = 0
        if rates['trade']:
            exact += Fraction(rates['trade']) * Fraction(
                account.traded) / sum(Fraction(a.traded) for a in accounts)
        if rates['contribution']:
            exact += Fraction(rates['contribution']) * Fraction(
                account.contribution) / sum(
                Fraction(a.contribution) for a in accounts)
        exact += Fraction(rates['equal']) / len(accounts)
        exact *= Fraction(amount)
        share = shares[account.number]
        assert abs(Fraction(share.amount) - exact) < Fraction(1, 100)
        assert 0 <= exact - Fraction(share.part.exact) < Fraction(1, 10 ** 6)
        assert abs(sum(
                Fraction(c.exact) for c in share.components) - exact) < (
            Fraction(3, 10 ** 6))


@settings(max_examples=300, deadline=None)
@given(yuan, accounts(), rates(), st.randoms(use_true_random=False))
def test_reserve_does_not_depend_on_order(amount, accounts, rates, rnd):
    assume(has_bases(accounts, rates))
    mixed, bases = list(accounts), list(rates.items())
    rnd.shuffle(mixed)
    rnd.shuffle(bases)

    shares = quantify_reserve(amount, mixed, dict(bases))
    assert list(shares) == [a.number for a in accounts]
    assert amounts(shares) == amounts(
        quantify_reserve(amount, accounts, rates))


@settings(max_examples=600, deadline=None)
@given(yuan, accounts(), rates(), yuan, yuan, st.data())
def test_more_trade_or_contribution_never_gives_less(
        amount, accounts, rates, trade, contribution, data):
    assume(has_bases(accounts, rates))
    place = data.draw(st.integers(0, len(accounts) - 1))
    account = accounts[place]
    raised = list(accounts)
    raised[place] = replace(
        account, trade=account.trade + trade_by_value({'more': trade}),
        contribution=from_cents(
            to_cents(account.contribution) + to_cents(contribution)))

    before = quantify_reserve(amount, accounts, rates)[account.number].amount
    after = quantify_reserve(amount, raised, rates)[account.number].amount
    assert after >= before


@settings(max_examples=300, deadline=None)
@given(yuan, accounts(), rates(), st.integers(1, 4))
def test_members_alike_differ_by_a_cent(amount, accounts, rates, more):
    assume(has_bases(accounts, rates))
    alike = accounts + [
        replace(accounts[0], number=str(100 + n)) for n in range(more)]
    shares = quantify_reserve(amount, alike, rates)

    parts = [
        to_cents(shares[n].amount)
        for n in ['1', *(str(100 + n) for n in range(more))]]
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5000), st.integers(0, 2 ** 32), yuan, rates())
def test_cooperatives_of_any_size(size, seed, amount, rates):
    rnd = random.Random(seed)
    top = 10 ** rnd.choice([1, 4, 9, 17])
    members = [
        Account(
            str(n), trade_by_value({'m': from_cents(rnd.randint(0, top))}),
            from_cents(rnd.randint(1, top))) for n in range(1, size + 1)]
    assume(has_bases(members, rates))

    shares = quantify_reserve(amount, members, rates)
    assert sum(map(to_cents, amounts(shares))) == to_cents(amount)


def test_reserve_that_covers_losses():
    # 10.00 x 100 / 300 = 3.333.., 200 / 300 = 6.666..
    parts = reduce_reserve(
        D('10.00'), {'1': D('100.00'), '2': D('200.00'), '3': D(0)})

    assert amounts(parts) == [D('3.33'), D('6.67'), 0]
    values = refused(
        'shares', 42, reduce_reserve, D('300.01'),
        {'1': D('100.00'), '2': D('200.00')})
    assert values['maximum'] == D('300.00')
    refused('amount', 42, reduce_reserve, D(-1), {'1': D(1)})
    refused('amount', 42, reduce_reserve, D(0), {'1': D(-1)})
    assert reduce_reserve(D(0), {}) == {}


@settings(max_examples=300, deadline=None)
@given(st.lists(cents, max_size=12), st.data())
def test_never_more_than_a_share_is_taken(shares, data):
    amount = data.draw(st.integers(0, sum(shares)))
    shares = {str(n): from_cents(share) for n, share in enumerate(shares)}
    parts = reduce_reserve(from_cents(amount), shares)

    assert sum(map(to_cents, amounts(parts))) == amount
    assert all(parts[n].amount <= share for n, share in shares.items())


# Grants and donations


def test_grants_are_quantified_equally():
    # 100,000.00 / 6 = 16,666.666.., four cents left for 1 to 4
    parts = quantify_equally(D('100000.00'), ['6', '5', '4', '3', '2', '1'])

    assert list(parts) == ['1', '2', '3', '4', '5', '6']
    assert amounts(parts) == [D('16666.67')] * 4 + [D('16666.66')] * 2


def test_property_without_members():
    refused('members', 44, quantify_equally, D('0.01'), [])
    refused('members', 44, requantify, D('0.01'), [], {'1': D('0.01')})
    refused('amount', 44, quantify_equally, D('-0.01'), ['1'])
    refused('amount', 44, quantify_equally, D('0.001'), ['1'])
    assert quantify_equally(D(0), []) == {}
    assert quantify_equally(D(0), ['1'])['1'].amount == 0


def test_requantified_when_members_and_property_change():
    """90.00 among 1, 2 and 3; 3 leaves, 4 and 5 join, 10.02 are added:
    100.02 / 4 = 25.005, rounded down 100.00, two cents left for 1 and 2."""
    before = {'1': D('30.00'), '2': D('30.00'), '3': D('30.00')}
    changes = requantify(D('100.02'), ['5', '4', '2', '1'], before)

    assert [(c.number, c.before, c.after, c.amount) for c in changes] == [
        ('1', D('30.00'), D('25.01'), D('-4.99')),
        ('2', D('30.00'), D('25.01'), D('-4.99')),
        ('3', D('30.00'), D('0.00'), D('-30.00')),
        ('4', D('0.00'), D('25.00'), D('25.00')),
        ('5', D('0.00'), D('25.00'), D('25.00')),
        ]


def test_all_property_is_gone():
    changes = requantify(D(0), ['1', '2'], {'1': D(5), '2': D(5)})

    assert [c.amount for c in changes] == [D(-5), D(-5)]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.tuples(yuan, numbers), min_size=1, max_size=6))
def test_shares_follow_property_and_members(steps):
    "However often it is done, the entries add up to the shares of the day"
    shares = {}
    for amount, numbers in steps:
        if not numbers:
            amount = D('0.00')
        changes = requantify(amount, numbers, shares)
        for change in changes:
            assert change.amount != 0
            shares[change.number] = from_cents(
                to_cents(shares.get(change.number, D(0)))
                + to_cents(change.amount))
        assert unquantified(amount, shares.values()) == 0
        assert requantify(amount, numbers, shares) == []
        held = [to_cents(shares.get(n, D(0))) for n in numbers]
        assert not held or max(held) - min(held) <= 1
        assert all(
            share == 0 for n, share in shares.items() if n not in numbers)


@settings(max_examples=300, deadline=None)
@given(yuan, numbers, st.randoms(use_true_random=False))
def test_equal_shares_do_not_depend_on_order(amount, numbers, rnd):
    assume(numbers)
    mixed = list(numbers)
    rnd.shuffle(mixed)

    parts = quantify_equally(amount, mixed)
    assert list(parts) == sorted(numbers, key=int)
    assert parts == quantify_equally(amount, numbers)


def test_what_is_not_quantified():
    assert unquantified(D('10.00'), [D('3.00'), D('7.00')]) == 0
    assert unquantified(D('10.00'), []) == 10
    assert unquantified(D('10.00'), [D('10.01')]) == D('-0.01')
