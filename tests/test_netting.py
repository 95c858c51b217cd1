# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The arithmetic of setting off: the parts add up, nothing is negative, the
oldest debt comes first."""
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.fupin_coop.netting import balance, cover, net

pytestmark = pytest.mark.plain

cents = st.integers(0, 10 ** 11).map(lambda n: D(n).scaleb(-2))
amounts = st.integers(1, 10 ** 9).map(lambda n: D(n).scaleb(-2))
rates = st.integers(0, 10 ** 6).map(lambda n: D(n).scaleb(-6))
debts = st.lists(amounts, max_size=12)


@pytest.mark.parametrize('owed, debt, rate, result', [
        ('887.83', '399.75', '1', '399.75'),
        ('300.00', '399.75', '1', '300.00'),
        # half of 887.83 is 443.915: never more than the half
        ('887.83', '600.00', '0.5', '443.91'),
        ('887.83', '100.00', '0.5', '100.00'),
        ('887.83', '100.00', '0', '0.00'),
        ('0.00', '100.00', '1', '0.00'),
        ('-5.00', '100.00', '1', '0.00'),
        ('100.00', '-4.00', '1', '0.00'),
        ])
def test_net(owed, debt, rate, result):
    assert net(D(owed), D(debt), D(rate)) == D(result)


@given(cents, cents, rates)
def test_net_is_within_both(owed, debt, rate):
    netted = net(owed, debt, rate)
    assert 0 <= netted <= debt
    assert netted <= owed * rate
    assert netted == netted.quantize(D('0.01'))
    # no cent less than it may be
    assert netted == debt or netted + D('0.01') > owed * rate


@given(cents, cents, cents)
def test_more_debt_never_sets_off_less(owed, debt, more):
    assert net(owed, debt + more) >= net(owed, debt)
    assert net(owed + more, debt) >= net(owed, debt)


@pytest.mark.parametrize('debts, amount, credit, parts, left', [
        (['32', '32', '32'], '50', '0', ['32', '18', '0'], '0'),
        (['32', '32', '32'], '50', '50', ['0', '14', '32'], '4'),
        ([], '50', '0', [], '50'),
        (['32'], '0', '0', ['0'], '0'),
        (['32'], '10', '40', ['0'], '10'),
        ])
def test_cover(debts, amount, credit, parts, left):
    assert cover([D(d) for d in debts], D(amount), D(credit)) == (
        [D(p) for p in parts], D(left))


@given(debts, cents, cents)
def test_cover_adds_up_oldest_first(debts, amount, credit):
    parts, left = cover(debts, amount, credit)
    assert len(parts) == len(debts)
    assert sum(parts) + left == amount
    assert left >= 0
    assert all(0 <= p <= d for p, d in zip(parts, debts))
    # nothing is left while a debt is not covered
    assert not left or sum(parts) == max(sum(debts) - credit, 0)
    # a later debt gets something only when all before it are covered
    for i, part in enumerate(parts):
        if part:
            assert credit + sum(parts[:i]) >= sum(debts[:i])


def test_balance():
    debts = [('a', D(300)), ('b', D(300)), ('c', D(50))]
    assert balance(debts, [('x', D(100)), ('y', D(200)), ('z', D(60))]) == [
        ['a', 'x', 'y']]
    assert balance(debts, [('x', D(650))]) == [['a', 'x', 'b', 'c']]
    assert balance(debts, []) == []
    assert balance([], [('x', D(5))]) == []
    assert balance(debts[:1], [('x', D(400))]) == []


@given(debts, st.lists(amounts, max_size=12))
def test_balanced_keys_sum_to_nothing(debts, credits):
    sums = {('d', i): a for i, a in enumerate(debts)}
    sums |= {('c', i): -a for i, a in enumerate(credits)}
    balanced = balance(
        [(k, a) for k, a in sums.items() if k[0] == 'd'],
        [(k, -a) for k, a in sums.items() if k[0] == 'c'])
    keys = [k for group in balanced for k in group]
    assert len(keys) == len(set(keys))
    for group in balanced:
        assert sum(sums[k] for k in group) == 0
        assert {k[0] for k in group} == {'c', 'd'}
    # oldest first: what is balanced is the beginning of both lists
    for side in 'cd':
        assert [i for s, i in keys if s == side] == list(
            range(sum(1 for k in keys if k[0] == side)))


@given(debts, st.lists(cents, max_size=6))
def test_payments_close_each_debt_that_they_cover(debts, payments):
    "As receipts and settlements do it, one after the other"
    credits = []
    for payment in payments:
        parts, left = cover(debts, payment, sum(credits, D(0)))
        credits += [p for p in [*parts, left] if p]
    closed = balance(list(enumerate(debts)), [
            (('c', i), a) for i, a in enumerate(credits)])
    paid = sum(credits, D(0))
    covered = 0
    for debt in debts:
        if paid < debt:
            break
        paid -= debt
        covered += 1
    assert {k for group in closed for k in group
        if isinstance(k, int)} == set(range(covered))
