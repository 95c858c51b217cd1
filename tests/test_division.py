# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import random
from decimal import Decimal as D
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trytond.modules.fupin_coop.division import (
    EXACT, DivisionError, deal, divide, from_cents, number_key, to_cents)

pytestmark = pytest.mark.plain

# a cent and nothing are as likely as more than any cooperative has
cents = st.one_of(
    st.integers(0, 20), st.integers(0, 10 ** 9), st.integers(0, 10 ** 40))
weight = st.one_of(
    st.integers(0, 9).map(D),
    st.decimals('0', '99999999.99', places=2),
    st.decimals('0', '1e30', places=6),
    st.sampled_from([D(0), D('0.001'), D('1e-9'), D('1e33')]))
weights = st.lists(weight, min_size=1, max_size=12).map(
    lambda ws: {str(number): w for number, w in enumerate(ws, 1)})
positive = weights.filter(lambda ws: any(ws.values()))


def amounts(parts):
    return {number: part.amount for number, part in parts.items()}


def exact(part, whole):
    "The exact cents of a part, by fractions"
    return (Fraction(part.total) * 100
        * Fraction(part.weight) / Fraction(whole))


def test_hundred_yuan_for_three():
    parts = divide(D('100.00'), {'1': D(1), '2': D(1), '3': D(1)})

    assert amounts(parts) == {
        '1': D('33.34'), '2': D('33.33'), '3': D('33.33')}
    part = parts['1']
    assert (part.ratio, part.exact) == (D('0.3333333333'), D('33.333333'))
    assert (part.down, part.cent, part.rank, part.left) == (
        D('33.33'), True, 1, 1)
    assert (parts['3'].down, parts['3'].cent, parts['3'].rank) == (
        D('33.33'), False, 3)


def test_largest_remainder_gets_the_cent():
    # 10 cents by 14: 4.2857 4.2857 1.4285; one is left, for the third
    parts = divide(D('0.10'), {'1': D(6), '2': D(6), '3': D(2)})

    assert amounts(parts) == {'1': D('0.04'), '2': D('0.04'), '3': D('0.02')}


def test_ties_go_by_number_as_people_count():
    parts = divide(D('0.02'), {number: D(1) for number in ['10', '2', '1']})

    assert list(parts) == ['1', '2', '10']
    assert amounts(parts) == {'1': D('0.01'), '2': D('0.01'), '10': D(0)}


@pytest.mark.parametrize('numbers', [
        ['1', '2', '10', '11', '100'],
        ['A1', 'A2', 'A10', 'B1'],
        ['007', '07', '7', '8'],
        [1, 2, 10],
        ])
def test_order_of_numbers(numbers):
    mixed = list(reversed(numbers))

    assert sorted(mixed, key=number_key) == numbers


@pytest.mark.parametrize('total, weights, reason, number', [
        (D('-0.01'), {'1': D(1)}, 'total', None),
        (D('0.001'), {'1': D(1)}, 'total', None),
        (D('NaN'), {'1': D(1)}, 'total', None),
        (D('Infinity'), {'1': D(1)}, 'total', None),
        (1.5, {'1': D(1)}, 'total', None),
        (D(1), {'1': D(1), '2': D('-1')}, 'weight', '2'),
        (D(1), {'1': D('NaN')}, 'weight', '1'),
        (D(1), {'1': D('Infinity')}, 'weight', '1'),
        (D(1), {'1': 1.5}, 'weight', '1'),
        (D('0.01'), {'1': D(0)}, 'base', None),
        (D('0.01'), {}, 'base', None),
        ])
def test_what_can_not_be_divided(total, weights, reason, number):
    with pytest.raises(DivisionError) as error:
        divide(total, weights)

    assert (error.value.reason, error.value.number) == (reason, number)


def test_nothing_to_divide():
    assert divide(D(0), {}) == {}
    part = divide(D(0), {'1': D(0)})['1']
    assert (part.amount, part.ratio, part.exact) == (0, 0, 0)


@given(st.integers(-10 ** 50, 10 ** 50))
def test_cents_and_back(value):
    assert to_cents(from_cents(value)) == value


@settings(max_examples=600)
@given(cents, positive)
def test_parts_add_up_and_are_within_a_cent(value, weights):
    total = from_cents(value)
    parts = divide(total, weights)

    whole = sum(Fraction(w) for w in weights.values())
    assert sum(to_cents(part.amount) for part in parts.values()) == value
    for number, part in parts.items():
        quota = exact(part, whole)
        floor = quota.numerator // quota.denominator
        assert to_cents(part.down) == floor
        assert to_cents(part.amount) - floor in {0, 1}
        assert abs(to_cents(part.amount) - quota) < 1
        assert 0 <= quota / 100 - Fraction(part.exact) < Fraction(1, 10 ** 6)
        assert 0 <= (Fraction(part.weight) / whole - Fraction(part.ratio)
            ) < Fraction(1, 10 ** 10)
        if not weights[number]:
            assert part.amount == 0


@settings(max_examples=600)
@given(cents, positive)
def test_the_cents_left_go_to_the_largest_remainders(value, weights):
    parts = divide(from_cents(value), weights)

    whole = sum(Fraction(w) for w in weights.values())
    got = [p for p in parts.values() if p.cent]
    not_got = [p for p in parts.values() if not p.cent]
    assert all(len(got) == p.left for p in parts.values())
    for one in got:
        for other in not_got:
            key = exact(one, whole) % 1, [-int(one.number)]
            other_key = exact(other, whole) % 1, [-int(other.number)]
            assert key > other_key


@settings(max_examples=300)
@given(cents, positive, st.randoms(use_true_random=False))
def test_order_of_members_changes_nothing(value, weights, rnd):
    mixed = list(weights.items())
    rnd.shuffle(mixed)

    parts = divide(from_cents(value), dict(mixed))
    assert list(parts.items()) == list(
        divide(from_cents(value), weights).items())


@settings(max_examples=300)
@given(cents, positive, st.sampled_from([D('0.001'), D(7), D('1e12')]))
def test_unit_of_the_weights_changes_nothing(value, weights, factor):
    scaled = {
        number: EXACT.multiply(w, factor) for number, w in weights.items()}

    assert amounts(divide(from_cents(value), scaled)) == amounts(
        divide(from_cents(value), weights))


@settings(max_examples=600)
@given(cents, positive)
def test_larger_weight_never_gets_less_and_equal_ones_a_cent(value, weights):
    parts = sorted(
        divide(from_cents(value), weights).values(),
        key=lambda p: (p.weight, -int(p.number)))

    for less, more in zip(parts, parts[1:]):
        assert less.amount <= more.amount
        if less.weight == more.weight:
            assert more.amount - less.amount in {D('0.00'), D('0.01')}


@settings(max_examples=1500)
@given(cents, weights, st.data(), weight.filter(bool))
@example(3, {'1': D(1), '2': D(1), '3': D(3)}, None, D(1))
def test_who_raises_his_weight_never_gets_less(value, weights, data, more):
    number = data.draw(st.sampled_from(sorted(weights))) if data else '1'
    raised = {**weights, number: EXACT.add(weights[number], more)}
    try:
        before = divide(from_cents(value), weights)[number].amount
    except DivisionError:
        before = 0

    assert divide(from_cents(value), raised)[number].amount >= before


def test_no_small_case_gives_less_for_more_weight():
    "Every total up to 9 cents and up to four weights up to 4, all of them"
    tried = 0
    for size in [2, 3, 4]:
        for ws in product(range(5), repeat=size):
            if not any(ws):
                continue
            weights = dict(enumerate(ws))
            raised = [
                {**weights, 0: weights[0] + more} for more in [1, 2, 3]]
            for value in range(10):
                before = deal(value, weights)[1][0][0]
                for others in raised:
                    assert deal(value, others)[1][0][0] >= before
                    tried += 1
    assert tried == 3 * 10 * (24 + 124 + 624)


def test_larger_total_can_cost_a_cent():
    "Known as the Alabama paradox"
    weights = {'1': D(6), '2': D(6), '3': D(2)}

    assert divide(D('0.10'), weights)['3'].amount == D('0.02')
    assert divide(D('0.11'), weights)['3'].amount == D('0.01')


@settings(max_examples=600)
@given(cents, cents, positive)
def test_larger_total_never_costs_more_than_a_cent(value, more, weights):
    before = divide(from_cents(value), weights)
    after = divide(from_cents(value + more), weights)

    for number in weights:
        assert (to_cents(after[number].amount)
            >= to_cents(before[number].amount) - 1)


def test_weight_that_grows_can_give_a_cent_to_another():
    before = divide(D('0.03'), {'1': D(1), '2': D(1), '3': D(3)})
    after = divide(D('0.03'), {'1': D(2), '2': D(1), '3': D(3)})

    assert [p.amount for p in before.values()] == [
        D('0.01'), D('0.00'), D('0.02')]
    assert [p.amount for p in after.values()] == [
        D('0.01'), D('0.01'), D('0.01')]


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 5000), cents, st.integers(0, 2 ** 32))
def test_cooperatives_of_any_size(size, value, seed):
    rnd = random.Random(seed)
    top = 10 ** rnd.choice([0, 1, 4, 9, 15])
    weights = {
        str(number): D(rnd.randint(0, top)).scaleb(-2)
        for number in range(size)}
    weights['0'] += D('0.01')
    parts = divide(from_cents(value), weights)

    assert sum(to_cents(part.amount) for part in parts.values()) == value
    ordered = sorted(parts.values(), key=lambda p: p.weight)
    for less, more in zip(ordered, ordered[1:]):
        assert (less.amount <= more.amount
            or less.weight == more.weight
            and less.amount - more.amount == D('0.01'))
