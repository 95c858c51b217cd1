# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Charters, meetings and resolutions for tests."""
import datetime as dt
from decimal import Decimal as D

from trytond.pool import Pool


def new_charter(company, from_date=dt.date(2025, 1, 1), post=True, **values):
    "Return the charter of the company, in force if post"
    Charter = Pool().get('fupin.charter')
    charter, = Charter.create([{
                'company': company.id,
                'from_date': from_date,
                'document': f"章程({from_date.year})",
                'reserve_rate': D('0.1'),
                **values,
                }])
    if post:
        Charter.post([charter])
    return Charter(charter.id)


def new_meeting(company, date, subjects=(), present=None, **values):
    """Return the draft of a meeting with the members of the date, all of them
    present if it is not said how many."""
    Meeting = Pool().get('fupin.meeting')
    meeting, = Meeting.create([{
                'company': company.id,
                'date': date,
                'papers_ready': date - dt.timedelta(days=20),
                'resolutions': [('create', [{
                                'subject': subject,
                                'text': f"关于{subject}的决议",
                                } for subject in subjects])],
                **values,
                }])
    Meeting.fill([meeting])
    meeting = Meeting(meeting.id)
    for attendance in meeting.attendance[:present]:
        attendance.present = True
    meeting.attendance = meeting.attendance
    if not meeting.chair and meeting.attendance:
        meeting.chair = meeting.attendance[0].member
    meeting.save()
    return Meeting(meeting.id)


def hold(meeting):
    Meeting = Pool().get('fupin.meeting')
    Meeting.hold([meeting])
    return Meeting(meeting.id)


def adopted(company, subject, date, **values):
    "Return a resolution on the subject that all members adopt on the date"
    meeting = new_meeting(company, date, [subject], **values)
    resolution, = meeting.resolutions
    resolution.in_favour = meeting.votes
    resolution.save()
    resolution, = hold(meeting).resolutions
    return resolution
