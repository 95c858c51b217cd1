# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What changed in a household's income, and why: arithmetic."""
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trytond.modules.fupin_household.income_change import (
    Amount, Change, compare, explain, per_person)

pytestmark = pytest.mark.plain
cents = st.integers(-10 ** 9, 10 ** 9).map(lambda c: D(c).scaleb(-2))
positive = st.integers(0, 10 ** 9).map(lambda c: D(c).scaleb(-2))
years = st.dictionaries(
    st.sampled_from('abcde'), st.builds(Amount, positive, positive, positive))


def amount(amount, cost='0', paid='0'):
    return Amount(D(amount), D(cost), D(paid))


def test_reasons():
    now = {
        'melons': amount('3000', '800'), 'wages': amount('1200'),
        'rent': amount('500'), 'pension': amount('100')}
    before = {
        'melons': amount('2500', '100'), 'lighters': amount('900'),
        'rent': amount('500'), 'pension': amount('60')}
    assert [(c.source, c.net, c.change, c.reason)
        for c in compare(now, before)] == [
        ('wages', D('1200'), D('1200'), 'new'),
        ('lighters', D('0'), D('-900'), 'ended'),
        ('melons', D('2200'), D('-200'), 'less'),
        ('pension', D('100'), D('40'), 'more'),
        ('rent', D('500'), D('0'), 'same'),
        ]


def test_taken_back_is_nothing():
    nothing = {'melons': amount('0.00')}
    assert compare(nothing, {}) == []
    change, = compare(nothing, {'melons': amount('10')})
    assert change.reason == 'ended'
    # what was paid and not yet given back is still seen
    change, = compare({'melons': amount('0', paid='5')}, {})
    assert change == Change(
        'melons', amount('0', paid='5'), Amount(), D('0'), D('0'), 'same')


@given(years, years)
def test_changes_add_up(now, before):
    changes = compare(now, before)

    def net(year):
        return sum((a.amount - a.cost for a in year.values()), D(0))
    assert sum((c.change for c in changes), D(0)) == net(now) - net(before)
    assert sum((c.net for c in changes), D(0)) == net(now)
    sizes = [abs(c.change) for c in changes]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize('net, persons, before, persons_before, expected', [
        # 12000 / 4 - 9000 / 3 = 0: the child took what was more
        ('12000', 4, '9000', 3, ('0.00', '750.00', '-750.00')),
        # one moved away: 10000 / 2 - 9000 / 3, of which 9000 / 2 - 3000
        ('10000', 2, '9000', 3, ('2000.00', '500.00', '1500.00')),
        ('100', 3, '100', 3, ('0.00', '0.00', '0.00')),
        ('100.01', 3, '100', 3, ('0.01', '0.01', '0.00')),
        ])
def test_explained(net, persons, before, persons_before, expected):
    found = explain(D(net), persons, D(before), persons_before)
    assert found == tuple(D(e) for e in expected)


@given(cents, st.integers(1, 12), cents, st.integers(1, 12))
def test_parts_add_up(net, persons, before, persons_before):
    found = explain(net, persons, before, persons_before)
    assert found.income + found.persons == found.change
    assert found.change == (
        per_person(net, persons) - per_person(before, persons_before))
    if persons == persons_before:
        assert not found.persons


def test_nobody_counted():
    assert per_person(D('100'), 0) is None
    assert explain(D('100'), 0, D('90'), 3) is None
    assert explain(D('100'), 3, D('90'), 0) is None
