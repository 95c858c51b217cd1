# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The members' meeting and what it resolves (成员大会, 决议)."""
from collections import Counter

from trytond.i18n import gettext
from trytond.model import Check, Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, Id, If
from trytond.transaction import Transaction

from .configuration import default_sequence
from .document import wait_for
from .exceptions import MeetingError, ResolutionError
from .report import SlipReport
from .voting import (
    Outcome, VotingError, papers_due, papers_in_time, vote, voting_rights)

SUBJECTS = [
    ('charter', "Charter"),
    ('surplus', "Surplus Distribution"),
    ('loss', "Covering of Losses"),
    ('reserve', "Use of Reserve"),
    ('admission', "Admission"),
    ('expulsion', "Expulsion"),
    ('valuation', "Valuation of Contributions"),
    ('grant', "Grants and Donations"),
    ('other', "Other"),
    ]
# Art. 30: what two thirds of all votes decide; more in the charter
SPECIAL = {'charter'}
# Art. 40: what is laid out before the meeting
PAPERS = {'surplus', 'loss'}


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    meeting_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Meeting Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_meeting')),
                ],
            help="Used to generate the number of a meeting; "
            "it leaves no gaps."))

    default_meeting_sequence = default_sequence('sequence_meeting')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'meeting_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['meeting_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    meeting_sequence = fields.Many2One(
        'ir.sequence.strict', "Meeting Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_coop', 'sequence_type_meeting')),
            ])

    default_meeting_sequence = default_sequence('sequence_meeting')


STATES = {
    'readonly': Eval('state') != 'draft',
    }


class Meeting(ModelSQL, ModelView):
    """A meeting of the members.

    Holding it counts heads and votes (Art. 22, 30), decides its resolutions
    and closes the minutes: nothing of it is edited afterwards."""
    __name__ = 'fupin.meeting'
    __string__ = "Members' Meeting"

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': (Eval('state') != 'draft') | (Eval('id', -1) >= 0),
            })
    number = fields.Char("Number", readonly=True)
    name = fields.Char("Name", required=True, states=STATES)
    date = fields.Date("Date", required=True, states=STATES)
    place = fields.Char("Place", states=STATES)
    chair = fields.Many2One(
        'fupin.member', "Chair", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=STATES)
    recorder = fields.Char(
        "Recorder", states=STATES,
        help="Who takes the minutes, member or not.")
    papers_ready = fields.Date(
        "Papers Laid Out", states=STATES,
        help="The day from which plans and reports could be read at the "
        "office (Art. 40).")
    attendance = fields.One2Many(
        'fupin.meeting.attendance', 'meeting', "Attendance", states=STATES)
    resolutions = fields.One2Many(
        'fupin.resolution', 'meeting', "Resolutions", states=STATES)
    minutes = fields.Text(
        "Minutes", states=STATES,
        help="What was said, besides the resolutions.")
    members_count = fields.Function(
        fields.Integer("Members"), 'on_change_with_members_count')
    present_count = fields.Function(
        fields.Integer("Attending"), 'on_change_with_present_count')
    quorum = fields.Function(fields.Integer(
            "Quorum", help="How many members have to attend (Art. 30)."),
        'on_change_with_quorum')
    votes = fields.Function(fields.Integer(
            "Votes", help="All votes of the cooperative (Art. 22)."),
        'on_change_with_votes')
    state = fields.Selection([
            ('draft', "Draft"),
            ('held', "Held"),
            ], "State", readonly=True, required=True, sort=False)

    @classmethod
    def __setup__(cls):
        cls.number.search_unaccented = False
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.company, t.number),
                'fupin_coop.msg_meeting_number_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.company, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t, (t.number, Index.Similarity())),
                })
        cls._buttons.update({
                'fill': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                'hold': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                'reopen': {
                    'invisible': Eval('state') != 'held',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def default_name(cls):
        return gettext('fupin_coop.msg_meeting_name')

    @classmethod
    def default_state(cls):
        return 'draft'

    @fields.depends('attendance')
    def on_change_with_members_count(self, name=None):
        return len(self.attendance or [])

    @fields.depends('attendance')
    def on_change_with_present_count(self, name=None):
        return sum(1 for a in self.attendance or [] if a.attends)

    @fields.depends('attendance', 'company', 'date')
    def on_change_with_quorum(self, name=None):
        Charter = Pool().get('fupin.charter')
        if not (self.company and self.date):
            return
        limits = Charter.get_voting_limits(self.company, self.date)
        return limits.quorum.needed(len(self.attendance or []))

    @fields.depends('attendance')
    def on_change_with_votes(self, name=None):
        return sum(a.votes for a in self.attendance or [])

    def get_rec_name(self, name):
        names = [self.name]
        if self.number:
            names.append(f'({self.number})')
        return ' '.join(names)

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, value = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('number', operator, value),
            ('name', operator, value),
            ]

    # The members of the day

    def get_members(self):
        "Return the members of the company on the day of the meeting"
        Member = Pool().get('fupin.member')
        return Member.search([
                ('company', '=', self.company.id),
                Member.current_domain(self.date),
                ])

    @classmethod
    @ModelView.button
    def fill(cls, meetings):
        "List the members of the day, keep what is entered of them"
        Attendance = Pool().get('fupin.meeting.attendance')
        to_save, to_delete = [], []
        for meeting in meetings:
            members = meeting.get_members()
            to_delete.extend(
                a for a in meeting.attendance if a.member not in members)
            listed = {a.member for a in meeting.attendance}
            to_save.extend(
                Attendance(meeting=meeting, member=member)
                for member in members if member not in listed)
        Attendance.delete(to_delete)
        Attendance.save(to_save)

    # Holding

    def _refuse(self, message, **values):
        raise MeetingError(gettext(
                f'fupin_coop.msg_meeting_{message}',
                meeting=self.rec_name, **values))

    @classmethod
    @ModelView.button
    def hold(cls, meetings):
        "Decide the resolutions of the meetings and close the minutes"
        Resolution = Pool().get('fupin.resolution')
        wait_for(meetings)
        resolutions = []
        for meeting in meetings:
            if meeting.state != 'draft':
                meeting._refuse('held')
            limits, rights, present = meeting.check_hold()
            for i, resolution in enumerate(meeting.resolutions, 1):
                resolution.decide(limits, rights, present)
                resolutions.append((i, resolution))
        cls.set_number(meetings)
        for i, resolution in resolutions:
            resolution.number = f'{resolution.meeting.number}-{i}'
        Resolution.save([r for _, r in resolutions])
        for meeting in meetings:
            meeting.state = 'held'
        cls.save(meetings)

    @classmethod
    def set_number(cls, meetings):
        Configuration = Pool().get('fupin.coop.configuration')
        configuration = Configuration(1)
        for meeting in sorted(meetings, key=lambda m: (m.date, m.id)):
            if meeting.number:
                continue
            sequence = configuration.get_multivalue(
                'meeting_sequence', company=meeting.company.id)
            wait_for([sequence])
            meeting.number = sequence.get()
        cls.save(meetings)

    def check_hold(self):
        """Return the VotingLimits, the Rights and the members who attend, by
        id.

        MeetingError if the meeting can not decide."""
        pool = Pool()
        Charter = pool.get('fupin.charter')
        Date = pool.get('ir.date')
        Lang = pool.get('ir.lang')
        Member = pool.get('fupin.member')
        lang = Lang.get()
        with Transaction().set_context(company=self.company.id):
            today = Date.today()
        if self.date > today:
            self._refuse('future', date=lang.strftime(self.date))
        if not self.chair:
            self._refuse('chair')
        members = {m.id for m in self.get_members()}
        listed = {a.member.id: a for a in self.attendance}
        if members != listed.keys():
            changed = Member(min(members ^ listed.keys()))
            self._refuse(
                'attendance', date=lang.strftime(self.date),
                member=changed.rec_name)
        present = {a.member.id for a in self.attendance if a.attends}
        for attendance in self.attendance:
            attendance.check_represented(listed)

        limits = Charter.get_voting_limits(self.company, self.date)
        self.check_papers(limits)
        try:
            rights = voting_rights(members, {
                    a.member.id: a.additional_votes
                    for a in self.attendance if a.additional_votes}, limits)
        except VotingError as error:
            if error.reason == 'additional_limit':
                self._refuse(
                    'additional', votes=error.values['votes'],
                    maximum=error.values['maximum'], members=len(members))
            self._refuse(
                'additional_negative',
                member=Member(error.values['number']).rec_name)
        quorum = limits.quorum.needed(len(members))
        if len(present) < quorum:
            self._refuse(
                'quorum', present=len(present), members=len(members),
                quorum=quorum)
        return limits, rights, present

    def check_papers(self, limits):
        "Raise MeetingError if the papers were not laid out in time"
        Lang = Pool().get('ir.lang')
        if not any(r.subject in PAPERS for r in self.resolutions):
            return
        if (not self.papers_ready
                or not papers_in_time(self.papers_ready, self.date, limits)):
            self._refuse(
                'papers', days=limits.papers,
                date=Lang.get().strftime(papers_due(self.date, limits)))

    @classmethod
    @ModelView.button
    def reopen(cls, meetings):
        "Open the minutes again while nothing refers to the resolutions"
        Resolution = Pool().get('fupin.resolution')
        wait_for(meetings)
        resolutions = [r for m in meetings for r in m.resolutions]
        for resolution in resolutions:
            if record := resolution.find_use():
                resolution.meeting._refuse(
                    'used', resolution=resolution.rec_name,
                    document='%s %s' % (
                        record.__names__()['model'], record.rec_name))
        for resolution in resolutions:
            resolution.state = 'draft'
        Resolution.save(resolutions)
        for meeting in meetings:
            meeting.state = 'draft'
        cls.save(meetings)

    # What is held stays

    # what hold and reopen write, and nobody else
    _held_fields = {'state', 'number'}

    @classmethod
    def check_modification(cls, mode, meetings, values=None, external=False):
        super().check_modification(
            mode, meetings, values=values, external=external)
        if mode == 'create':
            refused = any(m.state != 'draft' or m.number for m in meetings)
        elif mode == 'write':
            refused = (
                (external and values.keys() & cls._held_fields)
                or (values.keys() - cls._held_fields
                    and any(m.state != 'draft' for m in meetings)))
        else:
            refused = any(m.state != 'draft' or m.number for m in meetings)
        if refused:
            raise AccessError(gettext(
                    'fupin_coop.msg_meeting_modify',
                    meeting=meetings[0].rec_name))

    @classmethod
    def copy(cls, meetings, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('number')
        default.setdefault('state')
        default.setdefault('date', cls.default_date())
        default.setdefault('papers_ready')
        default.setdefault('attendance')
        return super().copy(meetings, default=default)


class MeetingLineMixin:
    "A part of a meeting, which stays when the meeting is held"
    __slots__ = ()

    # what holding the meeting writes
    _held_fields = set()

    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    meeting_state = fields.Function(
        fields.Selection('get_meeting_states', "Meeting State"),
        'on_change_with_meeting_state')

    @fields.depends('meeting', '_parent_meeting.company')
    def on_change_with_company(self, name=None):
        return self.meeting.company if self.meeting else None

    @classmethod
    def search_company(cls, name, clause):
        return [('meeting.' + clause[0], *clause[1:])]

    @classmethod
    def get_meeting_states(cls):
        Meeting = Pool().get('fupin.meeting')
        return Meeting.fields_get(['state'])['state']['selection']

    @fields.depends('meeting', '_parent_meeting.state')
    def on_change_with_meeting_state(self, name=None):
        return self.meeting.state if self.meeting else 'draft'

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        Meeting = Pool().get('fupin.meeting')
        super().check_modification(
            mode, records, values=values, external=external)
        if (mode == 'write' and not external
                and not values.keys() - cls._held_fields):
            return
        meetings = {r.meeting for r in records}
        if values and values.get('meeting'):
            meetings.add(Meeting(values['meeting']))
        for meeting in meetings:
            if meeting.state != 'draft':
                raise AccessError(gettext(
                        'fupin_coop.msg_meeting_modify',
                        meeting=meeting.rec_name))


LINE_STATES = {
    'readonly': Eval('meeting_state') != 'draft',
    }


class Attendance(MeetingLineMixin, ModelSQL, ModelView):
    "A member and the meeting: there, represented or away"
    __name__ = 'fupin.meeting.attendance'
    __string__ = "Meeting Attendance"

    meeting = fields.Many2One(
        'fupin.meeting', "Meeting", required=True, ondelete='CASCADE',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    member = fields.Many2One(
        'fupin.member', "Member", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    present = fields.Boolean("Present", states=LINE_STATES)
    represented_by = fields.Many2One(
        'fupin.member', "Represented by", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('id', '!=', Eval('member', -1)),
            ],
        states={
            'readonly': Eval('meeting_state') != 'draft',
            'invisible': Bool(Eval('present')),
            },
        help="The member who attends and votes with a written authority.")
    additional_votes = fields.Integer(
        "Additional Votes", states=LINE_STATES,
        help="What the charter gives for contribution or trade, made known "
        "to the meeting (Art. 22).")
    votes = fields.Function(
        fields.Integer("Votes"), 'on_change_with_votes')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('meeting')
        cls._order = [('member.number', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('member_unique', Unique(t, t.meeting, t.member),
                'fupin_coop.msg_meeting_attendance_unique'),
            ('additional_votes_positive', Check(t, t.additional_votes >= 0),
                'fupin_coop.msg_meeting_additional_positive'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.meeting, Index.Equality())),
                Index(t, (t.member, Index.Equality())),
                })

    @classmethod
    def default_present(cls):
        return False

    @fields.depends('present')
    def on_change_present(self):
        if self.present:
            self.represented_by = None

    @fields.depends('additional_votes')
    def on_change_with_votes(self, name=None):
        return 1 + (self.additional_votes or 0)

    @property
    @fields.depends('present', 'represented_by')
    def attends(self):
        "Whether the member counts for the quorum"
        return bool(self.present or self.represented_by)

    def check_represented(self, listed):
        """Raise MeetingError if who represents the member is not there.

        listed is the attendance by the id of the member."""
        if not self.represented_by:
            return
        other = listed.get(self.represented_by.id)
        if self.present or not other or not other.present:
            self.meeting._refuse(
                'represented', member=self.member.rec_name,
                representative=self.represented_by.rec_name)

    def get_rec_name(self, name):
        return self.member.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('member.rec_name', *clause[1:])]


class Resolution(MeetingLineMixin, ModelSQL, ModelView):
    "What a meeting resolves, adopted or rejected by the votes"
    __name__ = 'fupin.resolution'
    __string__ = "Resolution"

    _held_fields = {
        'number', 'state', 'special', 'in_favour', 'against', 'abstained',
        'needed', 'total'}

    meeting = fields.Many2One(
        'fupin.meeting', "Meeting", required=True, ondelete='CASCADE',
        states={
            'readonly': (Eval('id', -1) >= 0)
            | (Eval('meeting_state') != 'draft'),
            })
    number = fields.Char("Number", readonly=True)
    date = fields.Function(
        fields.Date("Date"), 'on_change_with_date', searcher='search_date')
    subject = fields.Selection(
        SUBJECTS, "Subject", required=True, sort=False, states=LINE_STATES)
    subject_string = subject.translated('subject')
    text = fields.Text("Text", required=True, states=LINE_STATES)
    special = fields.Boolean(
        "Special",
        states={
            'readonly': (Eval('meeting_state') != 'draft')
            | Eval('subject').in_(sorted(SPECIAL)),
            },
        help="It takes two thirds of all votes: charter, merger, split, "
        "dissolution, federation, and what the charter says (Art. 30).")
    ballots = fields.One2Many(
        'fupin.resolution.ballot', 'resolution', "Ballots",
        states=LINE_STATES,
        help="How each member votes; "
        "leave empty if only the votes were counted.")
    in_favour = fields.Integer(
        "In Favour",
        domain=[
            ('in_favour', '>=', 0),
            ],
        states={
            'readonly': (Eval('meeting_state') != 'draft')
            | Bool(Eval('ballots', [])),
            },
        help="Votes, the additional ones included.")
    against = fields.Integer(
        "Against",
        domain=[
            ('against', '>=', 0),
            ],
        states={
            'readonly': (Eval('meeting_state') != 'draft')
            | Bool(Eval('ballots', [])),
            })
    abstained = fields.Integer("Abstained", readonly=True)
    needed = fields.Integer("Needed", readonly=True)
    total = fields.Integer(
        "All Votes", readonly=True,
        help="All votes of the cooperative, present or not (Art. 30).")
    state = fields.Selection([
            ('draft', "Draft"),
            ('adopted', "Adopted"),
            ('rejected', "Rejected"),
            ], "State", readonly=True, required=True, sort=False)
    state_string = state.translated('state')

    @classmethod
    def __setup__(cls):
        cls.number.search_unaccented = False
        super().__setup__()
        cls.__access__.add('meeting')
        cls._order = [('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.meeting, t.number),
                'fupin_coop.msg_meeting_number_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.meeting, Index.Equality())),
                Index(t, (t.number, Index.Similarity())),
                })

    @classmethod
    def default_subject(cls):
        return 'other'

    @classmethod
    def default_special(cls):
        return False

    @classmethod
    def default_in_favour(cls):
        return 0

    @classmethod
    def default_against(cls):
        return 0

    @classmethod
    def default_state(cls):
        return 'draft'

    @fields.depends('subject', 'special')
    def on_change_subject(self):
        if self.subject in SPECIAL:
            self.special = True

    @fields.depends('meeting', '_parent_meeting.date')
    def on_change_with_date(self, name=None):
        return self.meeting.date if self.meeting else None

    @classmethod
    def search_date(cls, name, clause):
        return [('meeting.' + clause[0], *clause[1:])]

    def get_rec_name(self, name):
        text = self.text.splitlines()[0] if self.text else ''
        return ' '.join(filter(None, [self.number, text]))

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, value = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('number', operator, value),
            ('text', operator, value),
            ]

    # Deciding

    def decide(self, limits, rights, present):
        """Count the votes and set the state.

        limits are the VotingLimits, rights the Rights and present the ids of
        the members who attend."""
        if self.subject in SPECIAL:
            self.special = True
        if self.ballots:
            outcome = self.count_ballots(limits, rights, present)
        else:
            outcome = self.count_votes(limits, rights, present)
        self.needed = outcome.needed
        self.total = outcome.total
        self.state = 'adopted' if outcome.adopted else 'rejected'

    def _present_votes(self, rights, present):
        return sum(rights.votes[id_] for id_ in present)

    def count_ballots(self, limits, rights, present):
        "Return the Outcome of the ballots"
        counted = Counter()
        for ballot in self.ballots:
            if ballot.member.id not in present:
                self.meeting._refuse(
                    'absent', member=ballot.member.rec_name,
                    resolution=self.rec_name)
            counted[ballot.vote] += rights.votes[ballot.member.id]
        self.in_favour = counted['in_favour']
        self.against = counted['against']
        self.abstained = (
            self._present_votes(rights, present)
            - self.in_favour - self.against)
        return vote(
            rights, present,
            {b.member.id for b in self.ballots if b.vote == 'in_favour'},
            limits, special=self.special)

    def count_votes(self, limits, rights, present):
        "Return the Outcome of the votes that were counted"
        in_favour, against = self.in_favour or 0, self.against or 0
        maximum = self._present_votes(rights, present)
        if min(in_favour, against) < 0 or in_favour + against > maximum:
            self.meeting._refuse(
                'votes', resolution=self.rec_name,
                votes=in_favour + against, maximum=maximum)
        self.in_favour, self.against = in_favour, against
        self.abstained = maximum - in_favour - against
        majority = limits.special if self.special else limits.ordinary
        return Outcome(
            rights.basic, len(present), limits.quorum.needed(rights.basic),
            rights.total, in_favour, majority.needed(rights.total))

    # What the documents ask

    @classmethod
    def check(cls, resolution, subject, company, date=None):
        """Raise ResolutionError unless the resolution is one of the company
        on the subject, adopted, and on the date or before it."""
        pool = Pool()
        Lang = pool.get('ir.lang')
        lang = Lang.get()
        subjects = dict(
            cls.fields_get(['subject'])['subject']['selection'])
        values = {
            'subject': subjects[subject],
            'resolution': resolution.rec_name if resolution else '',
            }
        if not resolution:
            reason = 'missing'
        elif resolution.company != company:
            reason = 'company'
            values['company'] = company.rec_name
        elif resolution.subject != subject:
            reason = 'subject'
            values['actual'] = subjects[resolution.subject]
        elif resolution.state != 'adopted':
            reason = 'state'
        elif date and (date < resolution.date):
            reason = 'date'
            values['date'] = lang.strftime(date)
            values['meeting_date'] = lang.strftime(resolution.date)
        else:
            return
        raise ResolutionError(gettext(
                f'fupin_coop.msg_resolution_{reason}', **values))

    def find_use(self):
        "Return a record that stands on the resolution, None if there is none"
        for name, Model in Pool().iterobject():
            if not issubclass(Model, ModelSQL) or Model.table_query:
                continue
            for field_name, field in Model._fields.items():
                if (field._type != 'many2one'
                        or field.model_name != self.__name__
                        or isinstance(field, fields.Function)
                        or name == 'fupin.resolution.ballot'):
                    continue
                records = Model.search([
                        (field_name, '=', self.id),
                        ], limit=1)
                if records:
                    return records[0]

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if values.get('subject') in SPECIAL:
            values['special'] = True
        return values

    @classmethod
    def check_modification(
            cls, mode, resolutions, values=None, external=False):
        super().check_modification(
            mode, resolutions, values=values, external=external)
        if ((mode == 'create'
                    and any(r.state != 'draft' for r in resolutions))
                or (mode == 'write' and external
                    and values.keys() & {'state', 'number'})):
            raise AccessError(gettext(
                    'fupin_coop.msg_meeting_modify',
                    meeting=resolutions[0].meeting.rec_name))

    @classmethod
    def copy(cls, resolutions, default=None):
        default = default.copy() if default is not None else {}
        for name in ['number', 'state', 'needed', 'total', 'ballots']:
            default.setdefault(name)
        for name in ['in_favour', 'against', 'abstained']:
            default.setdefault(name, 0)
        return super().copy(resolutions, default=default)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Eval('state') == 'rejected', 'muted', '')),
            ]


class Ballot(ModelSQL, ModelView):
    "How one member votes"
    __name__ = 'fupin.resolution.ballot'
    __string__ = "Ballot"

    resolution = fields.Many2One(
        'fupin.resolution', "Resolution", required=True, ondelete='CASCADE')
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    member = fields.Many2One(
        'fupin.member', "Member", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ])
    vote = fields.Selection([
            ('in_favour', "In Favour"),
            ('against', "Against"),
            ('abstained', "Abstained"),
            ], "Vote", required=True, sort=False)
    vote_string = vote.translated('vote')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('resolution')
        cls._order = [('member.number', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('member_unique', Unique(t, t.resolution, t.member),
                'fupin_coop.msg_resolution_ballot_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.resolution, Index.Equality())),
                Index(t, (t.member, Index.Equality())),
                })

    @classmethod
    def default_vote(cls):
        return 'in_favour'

    @fields.depends('resolution', '_parent_resolution.company')
    def on_change_with_company(self, name=None):
        return self.resolution.company if self.resolution else None

    @classmethod
    def search_company(cls, name, clause):
        nested = clause[0].removeprefix(name)
        return [('resolution.meeting.company' + nested, *clause[1:])]

    def get_rec_name(self, name):
        return self.member.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('member.rec_name', *clause[1:])]

    @classmethod
    def check_modification(cls, mode, ballots, values=None, external=False):
        super().check_modification(
            mode, ballots, values=values, external=external)
        for meeting in {b.resolution.meeting for b in ballots}:
            if meeting.state != 'draft':
                raise AccessError(gettext(
                        'fupin_coop.msg_meeting_modify',
                        meeting=meeting.rec_name))


class MeetingMinutes(SlipReport):
    "The minutes, which who attends signs (会议记录, Art. 34)"
    __name__ = 'fupin.meeting.minutes'
