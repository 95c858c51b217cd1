# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt
from collections import Counter
from dataclasses import replace
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trytond.modules.fupin_coop.voting import (
    Majority, Membership, MembershipLimits, VotingError, VotingLimits,
    add_months, additional_maximum, check_members, find_breaches, papers_due,
    papers_in_time, units_maximum, vote, voting_rights)

pytestmark = pytest.mark.plain

LAW = VotingLimits(
    additional=D('0.2'), quorum=Majority(2, 3),
    ordinary=Majority(1, 2, over=True), special=Majority(2, 3), papers=15)
MEMBERS = MembershipLimits(
    members=5, farmers=D('0.8'), small=20, small_units=1, units=D('0.05'),
    cure=6)
TWELVE = [str(number) for number in range(1, 13)]
sizes = st.integers(1, 5000)


def refused(reason, article, call, *args, **kwargs):
    with pytest.raises(VotingError) as error:
        call(*args, **kwargs)
    assert (error.value.reason, error.value.article) == (reason, article)
    return error.value.values


# Votes


@pytest.mark.parametrize('members, maximum', [
        (1, 0), (4, 0), (5, 1), (9, 1), (10, 2), (12, 2), (100, 20),
        (5000, 1000)])
def test_additional_votes_are_a_fifth_of_the_basic_ones(members, maximum):
    assert additional_maximum(members, LAW) == maximum


def test_rights_of_twelve_members():
    "12 basic votes, 12 x 0.2 = 2.4, so 2 more at most"
    rights = voting_rights(TWELVE, {'12': 1, '3': 1}, LAW)

    assert (rights.basic, rights.additional, rights.total) == (12, 2, 14)
    assert rights.votes['12'] == rights.votes['3'] == 2
    assert rights.votes['1'] == 1
    values = refused(
        'additional_limit', 22, voting_rights, TWELVE, {'12': 3}, LAW)
    assert (values['votes'], values['maximum']) == (3, 2)


@pytest.mark.parametrize('additional, reason', [
        ({'13': 1}, 'member'),
        ({'1': -1}, 'additional'),
        ({'1': D('0.5')}, 'additional'),
        ({'1': -1, '2': 3}, 'additional'),
        ])
def test_rights_that_can_not_be(additional, reason):
    refused(reason, 22, voting_rights, TWELVE, additional, LAW)


@given(sizes, st.lists(st.integers(0, 30), max_size=20))
def test_cap_of_the_additional_votes(size, extra):
    extra = extra[:size]
    additional = dict(enumerate(extra))
    if Fraction(sum(extra)) > Fraction(size, 5):
        refused(
            'additional_limit', 22, voting_rights, range(size), additional,
            LAW)
    else:
        rights = voting_rights(range(size), additional, LAW)
        assert rights.total == size + sum(extra) == sum(rights.votes.values())


@pytest.mark.parametrize('majority, total, needed', [
        # two thirds or more
        (Majority(2, 3), 12, 8), (Majority(2, 3), 13, 9),
        (Majority(2, 3), 14, 10), (Majority(2, 3), 15, 10),
        (Majority(2, 3), 1, 1), (Majority(2, 3), 5, 4),
        # more than half
        (Majority(1, 2, over=True), 12, 7), (Majority(1, 2, over=True), 13, 7),
        (Majority(1, 2, over=True), 14, 8), (Majority(1, 2, over=True), 1, 1),
        # all
        (Majority(1, 1), 12, 12),
        ])
def test_votes_needed(majority, total, needed):
    assert majority.needed(total) == needed


@given(
    st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(0, 6000))
def test_needed_is_the_smallest_that_is_enough(part, whole, over, total):
    needed = Majority(part, whole, over).needed(total)
    wanted = Fraction(total * part, whole)

    assert needed > wanted if over else needed >= wanted
    assert not (needed - 1 > wanted if over else needed - 1 >= wanted)


def test_resolution_of_twelve_members():
    """14 votes, 8 heads for the quorum; 8 votes for an ordinary resolution,
    9.33.., so 10, for a special one."""
    rights = voting_rights(TWELVE, {'12': 1, '3': 1}, LAW)
    eight = ['1', '2', '3', '4', '5', '6', '7', '12']

    outcome = vote(rights, eight, eight[:6] + ['12'], LAW)
    assert (outcome.present, outcome.quorum) == (8, 8)
    assert (outcome.in_favour, outcome.needed, outcome.total) == (9, 8, 14)
    assert outcome.adopted and outcome.missing is None
    # the same votes are not enough for the charter
    outcome = vote(rights, eight, eight[:6] + ['12'], LAW, special=True)
    assert (outcome.needed, outcome.missing) == (10, 'votes')
    assert vote(rights, eight, eight, LAW, special=True).adopted
    # seven heads are no quorum, whatever their votes
    outcome = vote(rights, eight[:6] + ['12'], eight[:6] + ['12'], LAW)
    assert (outcome.in_favour, outcome.missing) == (9, 'quorum')


def test_half_of_all_votes_is_not_enough_though_more_than_half_present():
    rights = voting_rights(TWELVE, {}, LAW)
    present = TWELVE[:8]

    # 6 of 8 present, but 6 of 12 altogether
    outcome = vote(rights, present, present[:6], LAW)
    assert (outcome.missing, outcome.needed) == ('votes', 7)
    assert vote(rights, present, present[:7], LAW).adopted


def test_votes_that_can_not_be():
    rights = voting_rights(TWELVE, {}, LAW)

    values = refused('member', 22, vote, rights, ['13'], [], LAW)
    assert values['number'] == '13'
    refused('member', 22, vote, rights, TWELVE, ['13'], LAW)
    values = refused('absent', 30, vote, rights, TWELVE[:9], ['12'], LAW)
    assert values['number'] == '12'


@settings(max_examples=300, deadline=None)
@given(sizes, st.data())
def test_votes_of_any_cooperative(size, data):
    extra = data.draw(st.integers(0, size // 5))
    rights = voting_rights(range(size), {0: extra}, LAW)
    present = data.draw(st.integers(0, size))
    in_favour = data.draw(st.integers(0, present))
    special = data.draw(st.booleans())
    outcome = vote(rights, range(present), range(in_favour), LAW, special)

    votes = in_favour + extra if in_favour else 0
    assert outcome.in_favour == votes
    enough = (Fraction(votes, size + extra) >= Fraction(2, 3) if special
        else Fraction(votes, size + extra) > Fraction(1, 2))
    assert outcome.adopted == (
        enough and Fraction(present, size) >= Fraction(2, 3))
    if in_favour < present:
        more = vote(rights, range(present), range(in_favour + 1), LAW, special)
        assert more.adopted >= outcome.adopted
    # a charter is not changed more easily than anything else
    if special and outcome.adopted:
        assert vote(rights, range(present), range(in_favour), LAW).adopted


@pytest.mark.parametrize('charter, name', [
        (replace(LAW, additional=D('0.21')), 'additional'),
        (replace(LAW, quorum=Majority(1, 2)), 'quorum'),
        (replace(LAW, ordinary=Majority(1, 2)), 'ordinary'),
        (replace(LAW, special=Majority(3, 5)), 'special'),
        (replace(LAW, papers=14), 'papers'),
        ])
def test_charter_asks_for_less_than_the_law(charter, name):
    values = refused(
        'limit', 40 if name == 'papers' else 22 if name == 'additional'
        else 30, charter.check, LAW)
    assert values['name'] == name


@pytest.mark.parametrize('charter', [
        LAW,
        replace(LAW, additional=D(0)),
        replace(LAW, ordinary=Majority(2, 3), special=Majority(3, 4)),
        replace(LAW, ordinary=Majority(51, 100)),
        replace(LAW, quorum=Majority(2, 3, over=True)),
        replace(LAW, papers=30),
        ])
def test_charter_may_ask_for_more(charter):
    charter.check(LAW)


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.booleans()),
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.booleans()),
    st.integers(0, 6000))
def test_stricter_never_needs_less(one, other, total):
    one, other = Majority(*one), Majority(*other)

    if one.is_stricter(other):
        assert one.needed(total) >= other.needed(total)


@pytest.mark.parametrize('ready, in_time', [
        (dt.date(2026, 3, 4), True), (dt.date(2026, 3, 5), True),
        (dt.date(2026, 3, 6), False), (dt.date(2026, 3, 20), False)])
def test_papers_fifteen_days_before(ready, in_time):
    meeting = dt.date(2026, 3, 20)

    assert papers_due(meeting, LAW) == dt.date(2026, 3, 5)
    assert papers_in_time(ready, meeting, LAW) == in_time


# Members


@pytest.mark.parametrize('members, maximum', [
        (5, 1), (20, 1), (21, 1), (39, 1), (40, 2), (59, 2), (60, 3),
        (5000, 250)])
def test_most_units(members, maximum):
    assert units_maximum(members, MEMBERS) == maximum


@pytest.mark.parametrize('kinds, findings', [
        ({'farmer': 11, 'enterprise': 1}, []),
        ({'farmer': 4, 'enterprise': 1}, []),
        ({'farmer': 5}, []),
        ({'farmer': 4}, [('members', 12, 4, 5)]),
        # 4 of them: 3 < 3.2
        ({'farmer': 3, 'enterprise': 1},
            [('members', 12, 4, 5), ('farmers', 20, 3, 4)]),
        ({'farmer': 10, 'enterprise': 1, 'organization': 1},
            [('units', 20, 2, 1)]),
        ({'farmer': 18, 'enterprise': 1, 'institution': 1},
            [('units', 20, 2, 1)]),
        ({'farmer': 37, 'enterprise': 1, 'institution': 1},
            [('units', 20, 2, 1)]),
        ({'farmer': 38, 'enterprise': 1, 'institution': 1}, []),
        ({'farmer': 3, 'enterprise': 2},
            [('farmers', 20, 3, 4), ('units', 20, 2, 1)]),
        ({}, [('members', 12, 0, 5)]),
        ])
def test_limits_of_the_members(kinds, findings):
    assert [
        (f.reason, f.article, f.actual, f.limit)
        for f in check_members(kinds, MEMBERS)] == findings


@given(sizes, st.data())
def test_limits_of_any_cooperative(size, data):
    units = data.draw(st.integers(0, size))
    findings = {
        f.reason for f in check_members(
            {'farmer': size - units, 'enterprise': units}, MEMBERS)}

    assert ('members' in findings) == (size < 5)
    assert ('farmers' in findings) == (
        Fraction(size - units, size) < Fraction(4, 5))
    assert ('units' in findings) == (
        units > 1 if size <= 20 else Fraction(units, size) > Fraction(1, 20))


@pytest.mark.parametrize('date, months, later', [
        ((2026, 1, 15), 6, (2026, 7, 15)),
        ((2026, 8, 31), 6, (2027, 2, 28)),
        ((2027, 8, 31), 6, (2028, 2, 29)),
        ((2026, 7, 1), 6, (2027, 1, 1)),
        ((2026, 12, 31), 6, (2027, 6, 30)),
        ((2026, 6, 30), 18, (2027, 12, 30)),
        ((2026, 6, 30), 0, (2026, 6, 30)),
        ])
def test_months_later(date, months, later):
    assert add_months(dt.date(*date), months) == dt.date(*later)


def test_six_months_to_make_it_good():
    """Five members; one farmer leaves by the end of 2025, so from 2026-01-01
    there are four, of whom three farmers: too few members, and 3 < 3.2 too few
    farmers.  On 2026-05-01 a farmer joins."""
    start, end = dt.date(2024, 1, 1), dt.date(2025, 12, 31)
    memberships = [
        Membership('farmer', start), Membership('farmer', start),
        Membership('farmer', start), Membership('farmer', start, end),
        Membership('enterprise', start)]

    members, farmers = sorted(
        find_breaches(memberships, MEMBERS), key=lambda b: b.article)
    assert (members.reason, farmers.reason) == ('members', 'farmers')
    for breach in [members, farmers]:
        assert breach.from_date == dt.date(2026, 1, 1)
        assert breach.to_date is None
        assert breach.deadline == dt.date(2026, 7, 1)
        assert not breach.is_overdue(dt.date(2026, 7, 1))
        assert breach.is_overdue(dt.date(2026, 7, 2))

    memberships.append(Membership('farmer', dt.date(2026, 5, 1)))
    breaches = find_breaches(memberships, MEMBERS)
    assert {b.to_date for b in breaches} == {dt.date(2026, 4, 30)}
    assert not any(b.is_overdue(dt.date(2026, 7, 2)) for b in breaches)


def test_change_of_members_from_one_day_to_the_next_is_no_breach():
    start, end = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
    memberships = [Membership('farmer', start) for _ in range(4)]
    memberships += [
        Membership('farmer', start, end),
        Membership('farmer', end + dt.timedelta(days=1))]

    assert find_breaches(memberships, MEMBERS) == []


def test_each_breach_has_its_own_time():
    start = dt.date(2024, 1, 1)
    memberships = [Membership('farmer', start) for _ in range(5)] + [
        Membership('enterprise', start),
        Membership('enterprise', dt.date(2024, 3, 1), dt.date(2024, 3, 31)),
        Membership('enterprise', dt.date(2024, 8, 1), dt.date(2024, 8, 31)),
        ]
    breaches = [
        b for b in find_breaches(memberships, MEMBERS) if b.reason == 'units']

    assert [(b.from_date, b.to_date, b.deadline) for b in breaches] == [
        (dt.date(2024, 3, 1), dt.date(2024, 3, 31), dt.date(2024, 9, 1)),
        (dt.date(2024, 8, 1), dt.date(2024, 8, 31), dt.date(2025, 2, 1))]


def test_no_members_no_breach():
    assert find_breaches([], MEMBERS) == []


days = st.integers(0, 60).map(
    lambda n: dt.date(2026, 1, 1) + dt.timedelta(days=n))


@st.composite
def memberships(draw):
    from_date, to_date = sorted([draw(days), draw(days)])
    kind = draw(st.sampled_from(['farmer'] * 6 + ['enterprise']))
    return Membership(kind, from_date, draw(st.sampled_from([to_date, None])))


@settings(max_examples=300, deadline=None)
@given(st.lists(memberships(), min_size=1, max_size=25))
def test_breaches_are_those_of_every_day(memberships):
    breaches = find_breaches(memberships, MEMBERS)

    date = min(m.from_date for m in memberships)
    while date < dt.date(2026, 3, 20):
        kinds = Counter(
            m.kind for m in memberships if m.from_date <= date
            and (m.to_date is None or date <= m.to_date))
        assert sorted(
            b.reason for b in breaches if b.from_date <= date
            and (b.to_date is None or date <= b.to_date)) == sorted(
            f.reason for f in check_members(kinds, MEMBERS))
        date += dt.timedelta(days=1)
