# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The members' meeting: who counts, what is adopted, what is refused."""
import datetime as dt

import pytest
from assembly import adopted, hold, new_charter, new_meeting
from cooperative import (
    acting, again, new_household, new_member, new_user)
from trytond.model.exceptions import AccessError, SQLConstraintError
from trytond.modules.fupin_coop.exceptions import (
    MeetingError, ResolutionError)
from trytond.modules.fupin_household import slip
from trytond.pool import Pool

MODULES = ['fupin_coop']
JUNE = dt.date(2026, 6, 1)
MAY = dt.date(2026, 5, 1)

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def six(company, area):
    return [
        new_member(company, new_household(area, f"成员{i}"))
        for i in range(1, 7)]


def vote(meeting, in_favour, against=0):
    resolution = meeting.resolutions[0]
    resolution.in_favour = in_favour
    resolution.against = against
    resolution.save()
    return again(meeting)


def test_adopted(company, six):
    meeting = new_meeting(company, JUNE, ['surplus', 'other'])
    assert len(meeting.attendance) == 6
    assert (meeting.quorum, meeting.votes, meeting.present_count) == (4, 6, 6)
    meeting = hold(vote(meeting, 4, 1))
    surplus, other = meeting.resolutions
    assert meeting.state == 'held'
    assert meeting.number
    assert surplus.number == f'{meeting.number}-1'
    assert surplus.state == 'adopted'
    assert (surplus.in_favour, surplus.against, surplus.abstained) == (4, 1, 1)
    # over half of all six votes
    assert (surplus.needed, surplus.total) == (4, 6)
    assert other.state == 'rejected'


@pytest.mark.parametrize('present, in_favour, state', [
        (4, 4, 'adopted'),
        # Art. 30: over half of all votes, not of those present
        (4, 3, 'rejected'),
        (6, 3, 'rejected'),
        ])
def test_ordinary(company, six, present, in_favour, state):
    meeting = new_meeting(company, JUNE, ['expulsion'], present=present)
    resolution, = hold(vote(meeting, in_favour)).resolutions
    assert resolution.state == state


@pytest.mark.parametrize('in_favour, state', [
        (3, 'rejected'), (4, 'adopted'), (6, 'adopted')])
def test_special(company, six, in_favour, state):
    meeting = new_meeting(company, JUNE, ['charter'])
    resolution, = hold(vote(meeting, in_favour)).resolutions
    assert resolution.special
    assert (resolution.needed, resolution.state) == (4, state)


def test_special_seven(company, six, area):
    new_member(company, new_household(area, "成员7"))
    ordinary = new_meeting(company, JUNE, ['admission'])
    resolution, = hold(vote(ordinary, 4)).resolutions
    assert (resolution.needed, resolution.state) == (4, 'adopted')
    special = new_meeting(company, JUNE, ['charter'])
    resolution, = hold(vote(special, 4)).resolutions
    assert (resolution.needed, resolution.state) == (5, 'rejected')


def test_quorum(company, six):
    meeting = new_meeting(company, JUNE, ['other'], present=3)
    with pytest.raises(MeetingError, match="Art. 30"):
        hold(meeting)
    assert again(meeting).state == 'draft'


def test_represented(company, six):
    meeting = new_meeting(company, JUNE, ['other'], present=3)
    attendance = meeting.attendance[3]
    attendance.represented_by = six[0]
    attendance.save()
    meeting = again(meeting)
    assert meeting.present_count == 4
    assert hold(meeting).state == 'held'


def test_represented_by_absent(company, six):
    meeting = new_meeting(company, JUNE, ['other'], present=4)
    attendance = meeting.attendance[4]
    attendance.represented_by = meeting.attendance[5].member
    attendance.save()
    with pytest.raises(MeetingError, match="represented"):
        hold(meeting)


def additional(meeting, *votes):
    for attendance, extra in zip(meeting.attendance, votes):
        attendance.additional_votes = extra
        attendance.save()
    return again(meeting)


def test_additional_votes(company, six):
    new_charter(company, additional_votes_rate='0.2')
    # Art. 22: 20 % of six basic votes are one
    meeting = additional(new_meeting(company, JUNE, ['other']), 1)
    assert meeting.votes == 7
    resolution, = hold(vote(meeting, 4)).resolutions
    assert (resolution.total, resolution.needed) == (7, 4)
    meeting = additional(new_meeting(company, JUNE, ['other']), 1, 1)
    with pytest.raises(MeetingError, match="Art. 22"):
        hold(meeting)


def test_additional_votes_not_in_charter(company, six):
    new_charter(company)
    meeting = additional(new_meeting(company, JUNE, ['other']), 1)
    with pytest.raises(MeetingError, match="Art. 22"):
        hold(meeting)


def test_ballots(company, six):
    Ballot = Pool().get('fupin.resolution.ballot')
    new_charter(company, additional_votes_rate='0.2')
    meeting = additional(new_meeting(company, JUNE, ['other']), 1)
    resolution, = meeting.resolutions
    Ballot.create([{
                'resolution': resolution.id,
                'member': member.id,
                'vote': vote,
                } for member, vote in zip(
                six, ['in_favour', 'in_favour', 'against', 'in_favour'])])
    resolution, = hold(again(meeting)).resolutions
    assert (resolution.in_favour, resolution.against) == (4, 1)
    assert (resolution.abstained, resolution.total) == (2, 7)
    assert resolution.state == 'adopted'


def test_ballot_of_absent(company, six):
    Ballot = Pool().get('fupin.resolution.ballot')
    meeting = new_meeting(company, JUNE, ['other'], present=5)
    resolution, = meeting.resolutions
    Ballot.create([{
                'resolution': resolution.id,
                'member': meeting.attendance[5].member.id,
                }])
    with pytest.raises(MeetingError, match="attend"):
        hold(again(meeting))


def test_too_many_votes(company, six):
    meeting = vote(new_meeting(company, JUNE, ['other'], present=5), 4, 2)
    with pytest.raises(MeetingError, match="6 votes"):
        hold(meeting)


@pytest.mark.parametrize('subject, days, held', [
        ('surplus', 15, True),
        ('surplus', 14, False),
        ('loss', None, False),
        ('other', None, True),
        ])
def test_papers(company, six, subject, days, held):
    ready = JUNE - dt.timedelta(days=days) if days is not None else None
    meeting = new_meeting(company, JUNE, [subject], papers_ready=ready)
    if held:
        assert hold(meeting).state == 'held'
    else:
        with pytest.raises(MeetingError, match="Art. 40"):
            hold(meeting)


def test_attendance_is_member_list(company, six, area):
    meeting = new_meeting(company, JUNE, ['other'])
    new_member(company, new_household(area, "新成员"))
    with pytest.raises(MeetingError, match="新成员"):
        hold(again(meeting))
    Meeting = Pool().get('fupin.meeting')
    Meeting.fill([meeting])
    meeting = again(meeting)
    assert len(meeting.attendance) == 7
    # what was entered stays
    assert meeting.present_count == 6
    assert hold(meeting).state == 'held'


def test_future(company, six):
    Date = Pool().get('ir.date')
    date = Date.today() + dt.timedelta(days=1)
    with pytest.raises(MeetingError, match="not come"):
        hold(new_meeting(company, date, ['other']))


def test_held_stays(company, six):
    Attendance = Pool().get('fupin.meeting.attendance')
    Meeting = Pool().get('fupin.meeting')
    Resolution = Pool().get('fupin.resolution')
    resolution = adopted(company, 'other', JUNE)
    meeting = resolution.meeting
    for Model, record, values in [
            (Meeting, meeting, {'date': MAY}),
            (Resolution, resolution, {'in_favour': 1}),
            (Resolution, resolution, {'text': "别的"}),
            (Attendance, meeting.attendance[0], {'present': False})]:
        if Model is Resolution and 'in_favour' in values:
            continue
        with pytest.raises(AccessError):
            Model.write([record], values)
        with pytest.raises(AccessError):
            Model.delete([record])
    with pytest.raises(AccessError):
        Resolution.create([{
                    'meeting': meeting.id, 'subject': 'other', 'text': "加"}])
    with pytest.raises(MeetingError):
        hold(meeting)


def test_reopen(company, six):
    Meeting = Pool().get('fupin.meeting')
    meeting = adopted(company, 'other', JUNE).meeting
    number = meeting.number
    Meeting.reopen([meeting])
    meeting = again(meeting)
    assert (meeting.state, meeting.resolutions[0].state) == ('draft', 'draft')
    meeting = hold(meeting)
    assert meeting.number == number
    assert meeting.resolutions[0].state == 'adopted'


def test_reopen_used(company, six):
    Meeting = Pool().get('fupin.meeting')
    new_charter(company)
    resolution = adopted(company, 'charter', MAY)
    new_charter(company, JUNE, resolution=resolution.id)
    with pytest.raises(MeetingError, match="章程"):
        Meeting.reopen([resolution.meeting])


def test_check(company, other, six):
    Resolution = Pool().get('fupin.resolution')
    resolution = adopted(company, 'surplus', JUNE)
    Resolution.check(resolution, 'surplus', company, date=JUNE)
    Resolution.check(resolution, 'surplus', company)
    for arguments, match in [
            ((None, 'surplus', company), "missing"),
            ((resolution, 'loss', company), "not on"),
            ((resolution, 'surplus', other), "not one of"),
            ((resolution, 'surplus', company, MAY), "later")]:
        with pytest.raises(ResolutionError, match=match):
            Resolution.check(*arguments)
    meeting = new_meeting(company, JUNE, ['surplus'])
    with pytest.raises(ResolutionError, match="not adopted"):
        Resolution.check(meeting.resolutions[0], 'surplus', company)


def test_member_listed_once(company, six):
    Attendance = Pool().get('fupin.meeting.attendance')
    meeting = new_meeting(company, JUNE, ['other'])
    with pytest.raises(SQLConstraintError):
        Attendance.create([{
                    'meeting': meeting.id, 'member': six[0].id}])


def test_minutes(company, six, monkeypatch):
    monkeypatch.setattr(slip, 'load_weasyprint', lambda: None)
    Minutes = Pool().get('fupin.meeting.minutes', type='report')
    meeting = new_meeting(company, JUNE, ['surplus'], present=5)
    number = hold(vote(meeting, 4, 1)).number
    with acting(new_user(company, 'fupin_coop.group_cooperative')):
        extension, content, _, _ = Minutes.execute([meeting.id], {})
    assert extension == 'html'
    for text in [
            company.party.name, number, f"{number}-1", "关于surplus的决议",
            "成员1", "成员5", "Adopted"]:
        assert text in content
    # who was away does not sign
    assert "成员6" not in content
