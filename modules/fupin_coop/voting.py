# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Who may be a member and how members decide: no database.

The articles are those of the 农民专业合作社法 of 2017.  Its limits are given
by the caller, from dated records, as VotingLimits and MembershipLimits; a
charter may ask for more votes than the law, never for fewer (Art. 30)."""
import datetime as dt
from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

ARTICLES = {'quorum': 30, 'ordinary': 30, 'special': 30}
UNITS = ('enterprise', 'institution', 'organization')


class VotingError(ValueError):
    """Votes or limits can not be so.

    article is that of the law, values what the message can tell.  reason is
    one of

    * 'member': values['number'] votes or attends but is no member (Art. 22)
    * 'additional': the additional votes of values['number'] are negative or
      not whole (Art. 22)
    * 'additional_limit': the additional votes, values['votes'], are more than
      the values['maximum'] that the basic votes allow (Art. 22)
    * 'absent': values['number'] votes but does not attend (Art. 30)
    * 'limit': the charter asks for less than the law for values['name']"""

    def __init__(self, reason, article, **values):
        super().__init__(reason, article, values)
        self.reason = reason
        self.article = article
        self.values = values


# Limits


@dataclass(frozen=True, slots=True)
class Majority:
    """A part that has to be reached, or passed if over is set.

    Two thirds or more (三分之二以上) is Majority(2, 3), more than half
    (过半数) is Majority(1, 2, over=True)."""
    numerator: int
    denominator: int
    over: bool = False

    def needed(self, total):
        "Return the smallest whole number of total that is enough"
        needed, rest = divmod(total * self.numerator, self.denominator)
        return needed + bool(self.over or rest)

    def is_stricter(self, other):
        "Whether it never takes less than other"
        mine = self.numerator * other.denominator
        others = other.numerator * self.denominator
        return mine > others or mine == others and self.over >= other.over


@dataclass(frozen=True, slots=True)
class VotingLimits:
    """What the law or a charter asks of a members' meeting.

    * additional: the most that the additional votes may be of the basic votes
      (Art. 22: 0.2)
    * quorum: Majority of the members that has to attend (Art. 30: 2/3)
    * ordinary: Majority of all votes of the cooperative, present or not, for
      a resolution (Art. 30: over 1/2)
    * special: the same for charter, merger, split, dissolution and
      federation (Art. 30: 2/3)
    * papers: days that the papers are ready before the meeting (Art. 40:
      15)"""
    additional: Decimal
    quorum: Majority
    ordinary: Majority
    special: Majority
    papers: int

    def check(self, law):
        "Raise VotingError if these limits of a charter ask for less than law"
        if self.additional > law.additional:
            raise VotingError('limit', 22, name='additional')
        for name, article in ARTICLES.items():
            if not getattr(self, name).is_stricter(getattr(law, name)):
                raise VotingError('limit', article, name=name)
        if self.papers < law.papers:
            raise VotingError('limit', 40, name='papers')


@dataclass(frozen=True, slots=True)
class MembershipLimits:
    """What the law asks of the members.

    * members: the least number (Art. 12: 5)
    * farmers: the least rate of farmers (Art. 20: 0.8)
    * small: up to how many members only small_units units may be members,
      enterprises, public institutions and social organizations (Art. 20: 20
      and 1)
    * units: the highest rate of units above it (Art. 20: 0.05)
    * cure: months to make it good when members change (6 by the
      市场主体登记管理条例实施细则, which names the farmers only)"""
    members: int
    farmers: Decimal
    small: int
    small_units: int
    units: Decimal
    cure: int


def _at_most(rate, total):
    "Return the most whole number that is not above rate of total"
    numerator, denominator = rate.as_integer_ratio()
    return total * numerator // denominator


def _at_least(rate, total):
    "Return the least whole number that is not below rate of total"
    numerator, denominator = rate.as_integer_ratio()
    return -(-total * numerator // denominator)


# Votes


@dataclass(frozen=True, slots=True)
class Rights:
    """The voting rights of a cooperative on a day (表决权, Art. 22).

    * votes: {number: votes}, one basic vote each and the additional ones
    * basic, additional: their sums"""
    votes: dict
    basic: int
    additional: int

    @property
    def total(self):
        "All votes, which resolutions are measured by (Art. 30)"
        return self.basic + self.additional


def additional_maximum(members, limits):
    "Return how many additional votes so many members allow (Art. 22)"
    return _at_most(limits.additional, members)


def voting_rights(members, additional, limits):
    """Return the Rights of members, numbers, with the additional votes of some
    of them, {number: votes}.

    VotingError if all additional votes are more than the law allows."""
    votes = dict.fromkeys(members, 1)
    basic = len(votes)
    for number, extra in additional.items():
        if number not in votes:
            raise VotingError('member', 22, number=number)
        if not isinstance(extra, int) or extra < 0:
            raise VotingError('additional', 22, number=number)
        votes[number] += extra
    extra = sum(additional.values())
    maximum = additional_maximum(basic, limits)
    if extra > maximum:
        raise VotingError(
            'additional_limit', 22, votes=extra, maximum=maximum)
    return Rights(votes, basic, extra)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a vote went (Art. 30).

    * members, present, quorum: all members, who attended, who had to; heads
    * total, in_favour, needed: all votes of the cooperative, those in favour
      and those that it takes
    * missing: a word for what failed, 'quorum' or 'votes', None if nothing"""
    members: int
    present: int
    quorum: int
    total: int
    in_favour: int
    needed: int

    @property
    def missing(self):
        if self.present < self.quorum:
            return 'quorum'
        return 'votes' if self.in_favour < self.needed else None

    @property
    def adopted(self):
        return self.missing is None


def vote(rights, present, in_favour, limits, special=False):
    """Return the Outcome of a vote.

    * present, in_favour: numbers of members.  Heads make the quorum, votes
      the resolution, and these are measured by all votes of the cooperative,
      so who stays away or abstains counts as against.
    * special: for what Art. 30 names, charter or dissolution for example"""
    present, in_favour = set(present), set(in_favour)
    for number in present | in_favour:
        if number not in rights.votes:
            raise VotingError('member', 22, number=number)
    for number in in_favour - present:
        raise VotingError('absent', 30, number=number)
    majority = limits.special if special else limits.ordinary
    return Outcome(
        rights.basic, len(present), limits.quorum.needed(rights.basic),
        rights.total, sum(rights.votes[number] for number in in_favour),
        majority.needed(rights.total))


def papers_due(meeting, limits):
    "Return the last day to lay out the papers of a meeting (Art. 40)"
    return meeting - dt.timedelta(days=limits.papers)


def papers_in_time(ready, meeting, limits):
    "Whether papers laid out on the day ready are in time for the meeting"
    return ready <= papers_due(meeting, limits)


# Members


@dataclass(frozen=True, slots=True)
class Finding:
    """A limit that the members of a day do not keep.

    * reason: 'members' (too few, Art. 12), 'farmers' (too few) or 'units'
      (too many, Art. 20)
    * actual, limit: the number there is and the one there should be, at least
      or at most"""
    reason: str
    article: int
    actual: int
    limit: int


def units_maximum(members, limits):
    "Return how many of so many members may be units (Art. 20)"
    if members <= limits.small:
        return limits.small_units
    return _at_most(limits.units, members)


def check_members(kinds, limits):
    """Return the findings for {kind: number of members}; kinds are 'farmer',
    'enterprise', 'institution', 'organization'."""
    members = sum(kinds.values())
    farmers = kinds.get('farmer', 0)
    units = sum(kinds.get(kind, 0) for kind in UNITS)
    findings = []
    if members < limits.members:
        findings.append(Finding('members', 12, members, limits.members))
    least = _at_least(limits.farmers, members)
    if farmers < least:
        findings.append(Finding('farmers', 20, farmers, least))
    most = units_maximum(members, limits)
    if units > most:
        findings.append(Finding('units', 20, units, most))
    return findings


@dataclass(frozen=True, slots=True)
class Membership:
    "One membership; to_date is its last day, None while it lasts"
    kind: str
    from_date: dt.date
    to_date: dt.date = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A time in which the members did not keep a limit.

    * reason, article: as in Finding
    * from_date, to_date: first and last day, None while it lasts
    * deadline: the last day to make it good"""
    reason: str
    article: int
    from_date: dt.date
    to_date: dt.date
    deadline: dt.date

    def is_overdue(self, date):
        "Whether it lasts on date and the time to make it good is over"
        return (self.deadline < date
            and (self.to_date is None or date <= self.to_date))


def add_months(date, months):
    """Return the same day months later, or the last of the month if it has no
    such day (民法典, Art. 202)."""
    years, month = divmod(date.month - 1 + months, 12)
    year, month = date.year + years, month + 1
    return dt.date(year, month, min(date.day, monthrange(year, month)[1]))


def find_breaches(memberships, limits):
    """Return the breaches of the limits on any day since the first member, in
    the order of their first days."""
    changes = {}
    for membership in memberships:
        changes.setdefault(
            membership.from_date, Counter())[membership.kind] += 1
        if membership.to_date and membership.to_date < dt.date.max:
            after = membership.to_date + dt.timedelta(days=1)
            changes.setdefault(after, Counter())[membership.kind] -= 1

    kinds, running, breaches = Counter(), {}, []
    for date in sorted(changes):
        kinds.update(changes[date])
        findings = {f.reason: f for f in check_members(kinds, limits)}
        for reason in running.keys() - findings.keys():
            breaches.append(_breach(
                    *running.pop(reason), date - dt.timedelta(days=1),
                    limits))
        for reason, finding in findings.items():
            running.setdefault(reason, (finding, date))
    for finding, date in running.values():
        breaches.append(_breach(finding, date, None, limits))
    return sorted(breaches, key=lambda b: (b.from_date, b.reason))


def _breach(finding, from_date, to_date, limits):
    return Breach(
        finding.reason, finding.article, from_date, to_date,
        add_months(from_date, limits.cure))
