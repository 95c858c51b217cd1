# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""How memberships begin, rest and end (成员变动)."""
import datetime as dt

from trytond.i18n import gettext
from trytond.model import Index, ModelView, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id, If
from trytond.transaction import Transaction, without_check_access

from .configuration import default_sequence
from .document import DocumentMixin, wait_for
from .exceptions import (
    CharterNotFoundError, LimitNotFoundError, MemberEventError,
    MemberStructureError, MemberStructureWarning)
from .holding import ONE_DAY, notice_end
from .voting import UNITS, add_months, check_members

STATES = {
    'readonly': Eval('state') != 'draft',
    }
# what decides on an application
DECIDING = ['admission', 'refusal']
# what is about somebody who asks to be a member
ASKING = ['application', *DECIDING]
# who takes the place of the member
SUCCEEDING = ['inheritance', 'transfer']
# who comes in: somebody who is no member yet
ENTERING = ASKING + SUCCEEDING
RESTING = ['suspension', 'resumption']
# the membership ends at the end of a year (Art. 25, 26)
YEAR_END = ['notice', 'expulsion']
# what decides when a membership ends
ENDING = ['notice', 'expulsion', 'death', 'transfer']


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    member_event_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Member Event Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_member_event')),
                ],
            help="Used to generate the number of a member event; "
            "it leaves no gaps."))

    default_member_event_sequence = default_sequence('sequence_member_event')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'member_event_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['member_event_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    member_event_sequence = fields.Many2One(
        'ir.sequence.strict', "Member Event Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_coop', 'sequence_type_member_event')),
            ])

    default_member_event_sequence = default_sequence('sequence_member_event')


class Event(DocumentMixin):
    """Something that happens to a membership, by its document.

    Posting an admission makes the member; what ends a membership sets its
    last day: a notice or an expulsion the end of a year, a death its day, a
    transfer the day before the successor enters."""
    __name__ = 'fupin.member.event'
    __string__ = "Member Event"
    _rec_name = 'number'
    _sequence_name = 'member_event_sequence'

    kind = fields.Selection([
            ('application', "Application"),
            ('admission', "Admission"),
            ('refusal', "Refusal of Application"),
            ('suspension', "Suspension"),
            ('resumption', "Resumption"),
            ('notice', "Notice of Withdrawal"),
            ('expulsion', "Expulsion"),
            ('death', "Death"),
            ('inheritance', "Inheritance"),
            ('transfer', "Transfer of Membership"),
            ], "Kind", required=True, sort=False, states=STATES)
    kind_string = kind.translated('kind')
    member = fields.Many2One(
        'fupin.member', "Member", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states={
            'readonly': (
                (Eval('state') != 'draft')
                | Eval('kind').in_(ASKING)),
            'required': ~Eval('kind').in_(ASKING),
            'invisible': (
                Eval('kind').in_(ASKING)
                & ~Eval('member')),
            })
    successor = fields.Many2One(
        'fupin.member', "Successor", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('id', '!=', Eval('member', -1)),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('kind').in_(SUCCEEDING),
            },
        help="The member who inherits or takes over; "
        "leave it empty for somebody who becomes a member by it.")
    application = fields.Many2One(
        'fupin.member.event', "Application", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('kind', '=', 'application'),
            ('state', '=', 'posted'),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('kind') == 'refusal',
            'invisible': ~Eval('kind').in_(DECIDING),
            })
    decisions = fields.One2Many(
        'fupin.member.event', 'application', "Decisions", readonly=True,
        states={
            'invisible': Eval('kind') != 'application',
            })
    applicant_kind = fields.Selection([
            (None, ""),
            ('farmer', "Farmer"),
            ('enterprise', "Enterprise"),
            ('institution', "Public Institution"),
            ('organization', "Social Organization"),
            ], "Kind of Applicant", sort=False,
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('kind').in_(ENTERING),
            'required': (
                Eval('kind').in_(ASKING)
                | (Eval('kind').in_(SUCCEEDING) & ~Eval('successor'))),
            })
    person = fields.Many2One(
        'fupin.person', "Person", ondelete='RESTRICT',
        states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('applicant_kind') == 'farmer',
            'invisible': Eval('applicant_kind') != 'farmer',
            })
    party = fields.Many2One(
        'party.party', "Party", ondelete='RESTRICT',
        states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('applicant_kind').in_(list(UNITS)),
            'invisible': ~Eval('applicant_kind').in_(list(UNITS)),
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    effect_date = fields.Date(
        "Effective",
        states={
            'readonly': (
                (Eval('state') != 'draft')
                | Eval('kind').in_(YEAR_END)),
            'required': ~Eval('kind').in_([
                    'application', 'refusal', *YEAR_END]),
            'invisible': Eval('kind').in_(['application', 'refusal']),
            },
        help="The first day of a membership or of its suspension, "
        "the last one of a membership that ends.")
    document = fields.Char(
        "Document", states=STATES,
        help="The application, notice, certificate or agreement.")
    hearing_date = fields.Date(
        "Heard on",
        states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('kind') == 'expulsion',
            'invisible': Eval('kind') != 'expulsion',
            },
        help="The day on which the member could speak about the expulsion "
        "(Art. 26).")
    resolution = fields.Many2One(
        'fupin.resolution', "Resolution", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('subject', '=', If(Eval('kind') == 'expulsion',
                    'expulsion', 'admission')),
            If(Eval('state') == 'draft',
                ('state', '=', 'adopted'),
                ()),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('kind').in_(
                ['admission', 'expulsion', *SUCCEEDING]),
            },
        help="An expulsion takes the vote of the members (Art. 26); "
        "an admission, where the charter asks for it.")
    reason = fields.Char(
        "Reason",
        states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('kind') == 'refusal',
            })
    previous_to_date = fields.Date(
        "Would End", readonly=True,
        states={
            'invisible': ~Eval('previous_to_date'),
            },
        help="When the membership would have ended without the event.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.date.help = (
            "The day of the document, for a notice the one of its receipt.")
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t,
                    (t.member, Index.Equality()),
                    (t.effect_date, Index.Range())),
                Index(t, (t.person, Index.Equality())),
                })

    @classmethod
    def default_kind(cls):
        return 'application'

    @classmethod
    def default_applicant_kind(cls):
        return 'farmer'

    @fields.depends(methods=['_set_effect_date'])
    def on_change_date(self):
        # what happens on a day takes effect on it, if nothing else is said
        self.effect_date = None
        self._set_effect_date()

    @fields.depends(methods=['_set_effect_date'])
    def on_change_member(self):
        self._set_effect_date()

    @fields.depends('kind', 'applicant_kind', methods=['_set_effect_date'])
    def on_change_kind(self):
        if self.kind not in ENTERING:
            self.applicant_kind = None
            self.person = None
            self.party = None
        else:
            if self.kind not in DECIDING:
                self.application = None
            if self.kind in ASKING:
                self.member = None
                if not self.applicant_kind:
                    self.applicant_kind = 'farmer'
        if self.kind not in SUCCEEDING:
            self.successor = None
        self.resolution = None
        self._set_effect_date()

    @fields.depends('application')
    def on_change_application(self):
        if self.application:
            for name in ['applicant_kind', 'person', 'party']:
                setattr(self, name, getattr(self.application, name))

    @fields.depends('successor')
    def on_change_successor(self):
        if self.successor:
            self.applicant_kind = None
            self.person = None
            self.party = None

    @fields.depends('kind', 'date', 'member', 'company', 'effect_date')
    def _set_effect_date(self):
        if self.kind in YEAR_END:
            self.effect_date = self._year_end()
        elif self.kind in {'application', 'refusal'}:
            self.effect_date = None
        elif not self.effect_date:
            self.effect_date = self.date

    def _year_end(self):
        """Return the last day of a membership that ends by notice or
        expulsion, None if it is not known yet."""
        if not self.date or not self.company:
            return
        if self.kind == 'expulsion':
            return dt.date(self.date.year, 12, 31)
        if not self.member:
            return
        months = self._notice_months()
        return notice_end(self.date, months) if months is not None else None

    def _notice_months(self):
        "Return the months of notice by the charter, else by the law"
        pool = Pool()
        Charter = pool.get('fupin.charter')
        Limit = pool.get('fupin.cooperative.limit')
        try:
            rule = Charter.get(self.company, self.date)
        except CharterNotFoundError:
            try:
                rule = Limit.get(self.date)
            except LimitNotFoundError:
                return
        return (rule.notice_months_unit if self.member.kind in UNITS
            else rule.notice_months)

    def get_rec_name(self, name):
        parts = [self.number or f'({self.id})', self.kind_string]
        if self.member:
            parts.append(self.member.rec_name)
        elif self.person or self.party:
            parts.append((self.person or self.party).name)
        return ' '.join(parts)

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, value = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('number', operator, value),
            ('member.rec_name', operator, value),
            ]

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if mode == 'create':
            kind = values.get('kind', cls.default_kind())
            if kind in ENTERING and values.get('application'):
                application = cls(values['application'])
                for name in ['applicant_kind', 'person', 'party']:
                    if not values.get(name):
                        value = getattr(application, name)
                        values[name] = getattr(value, 'id', value)
            elif ('applicant_kind' not in values
                    and (kind not in ENTERING
                        or values.get('successor') or values.get('party'))):
                # the default is that of an application of a farmer
                values['applicant_kind'] = None
            if (not values.get('effect_date')
                    and kind not in ['application', 'refusal', *YEAR_END]):
                values['effect_date'] = values.get(
                    'date', cls.default_date())
        return values

    # The event is no origin of money, goods or income

    @classmethod
    def get_effect_models(cls):
        return []

    def get_effect_origins(self):
        return []

    def get_period(self, date):
        # it is not booked and may be older than the books
        return

    def get_cancel_date(self):
        Date = Pool().get('ir.date')
        with Transaction().set_context(company=self.company.id):
            return Date.today()

    # What the event demands

    def _refuse(self, reason, **values):
        values = {
            n: Pool().get('ir.lang').get().strftime(v)
            if isinstance(v, dt.date) else v for n, v in values.items()}
        raise MemberEventError(gettext(
                f'fupin_coop.msg_member_event_{reason}',
                event=self.full_name, **values))

    def check_post(self):
        super().check_post()
        getattr(self, f'_check_{self.kind}')()
        self.check_resolution()

    def check_resolution(self):
        Resolution = Pool().get('fupin.resolution')
        if self.kind == 'expulsion':
            Resolution.check(
                self.resolution, 'expulsion', self.company, date=self.date)
        elif self.resolution:
            Resolution.check(
                self.resolution, 'admission', self.company)

    def _check_member(self, date):
        "Refuse if the membership does not hold on the date"
        if not self.member.is_member(date):
            self._refuse(
                'not_member', member=self.member.rec_name, date=date)

    def _check_applicant(self, date):
        "Refuse somebody who is a member already"
        Member = Pool().get('fupin.member')
        if self.person:
            clause = ('person', '=', self.person.id)
        else:
            clause = ('party', '=', self.party.id)
        members = Member.search([
                ('company', '=', self.company.id), clause,
                Member.current_domain(date),
                ], limit=1)
        if members:
            self._refuse('member', member=members[0].rec_name, date=date)

    def _check_application(self):
        self._check_applicant(self.date)

    def _check_admission(self):
        if self.application:
            self._check_decision()
        self._check_applicant(self.effect_date)

    def _check_refusal(self):
        self._check_decision()

    def _check_decision(self):
        "Refuse to decide for another one, too early or twice"
        application = self.application
        if application.date > self.date:
            self._refuse(
                'application_date', application=application.rec_name,
                date=application.date)
        if any(getattr(application, n) != getattr(self, n)
                for n in ['applicant_kind', 'person', 'party']):
            self._refuse(
                'application_other', application=application.rec_name)
        used = self.search([
                ('application', '=', application.id),
                ('state', '=', 'posted'),
                ], limit=1)
        if used:
            self._refuse(
                'application_used', application=application.rec_name,
                other=used[0].rec_name)

    def _check_suspension(self):
        self._check_rest(suspended=False)

    def _check_resumption(self):
        self._check_rest(suspended=True)

    def _check_rest(self, suspended):
        "Refuse to suspend who is suspended, or to resume who is not"
        self._check_member(self.effect_date)
        events = self.search([
                ('member', '=', self.member.id),
                ('kind', 'in', RESTING),
                ('state', '=', 'posted'),
                ], order=[('effect_date', 'DESC'), ('id', 'DESC')], limit=1)
        last = events[0] if events else None
        if last and last.effect_date >= self.effect_date:
            self._refuse(
                'rest_later', other=last.rec_name, date=last.effect_date)
        if bool(last and last.kind == 'suspension') != suspended:
            self._refuse(
                'not_suspended' if suspended else 'suspended',
                member=self.member.rec_name)

    def _check_notice(self):
        self._check_member(self.date)
        if self._year_end() is None:
            self._refuse('notice_months', date=self.date)
        self._check_not_leaving(self._year_end())

    def _check_expulsion(self):
        self._check_member(self.date)
        if self.hearing_date > self.date:
            self._refuse('hearing', date=self.hearing_date)
        self._check_not_leaving(self._year_end())

    def _check_not_leaving(self, date):
        to_date = self.member.to_date
        if to_date and to_date <= date:
            self._refuse(
                'leaving', member=self.member.rec_name, date=to_date)

    def _check_death(self):
        if self.member.kind in UNITS:
            self._refuse('death_unit', member=self.member.rec_name)
        if self.effect_date > self.date:
            self._refuse('death_date', date=self.effect_date)
        self._check_member(self.effect_date)

    def _check_inheritance(self):
        deaths = self.search([
                ('member', '=', self.member.id),
                ('kind', '=', 'death'),
                ('state', '=', 'posted'),
                ], limit=1)
        if not deaths or deaths[0].effect_date >= self.effect_date:
            self._refuse(
                'no_death', member=self.member.rec_name,
                date=self.effect_date)
        self._check_succession()

    def _check_transfer(self):
        self._check_member(self.effect_date - ONE_DAY)
        self._check_succession()

    def _check_succession(self):
        if self.successor:
            if not self.successor.is_member(self.effect_date):
                self._refuse(
                    'not_member', member=self.successor.rec_name,
                    date=self.effect_date)
        else:
            self._check_applicant(self.effect_date)

    # Posting

    @classmethod
    def claim(cls, events, state):
        events = super().claim(events, state)
        wait_for({e.member for e in events if e.member}
            | {e.successor for e in events if e.successor})
        return events

    @classmethod
    @without_check_access
    def prepare_post(cls, events):
        super().prepare_post(events)
        for event in events:
            event.apply()
        for event in events:
            event.check_structure()

    def apply(self):
        "Do to the membership what the event says"
        if self.kind in YEAR_END:
            self.effect_date = self._year_end()
            self._end(self.effect_date)
        elif self.kind == 'death':
            self._end(self.effect_date)
        elif self.kind == 'transfer':
            self._end(self.effect_date - ONE_DAY)
        if self.kind == 'admission':
            self.member = self._new_member()
        elif self.kind in SUCCEEDING:
            if not self.successor:
                self.successor = self._new_member()
            self._new_transfers()

    def _end(self, date):
        member = self.member
        self.previous_to_date = member.to_date
        member.to_date = min(date, member.to_date or date)
        member.save()

    def _new_member(self):
        Member = Pool().get('fupin.member')
        member = Member(
            company=self.company,
            kind=self.applicant_kind,
            person=self.person,
            party=self.party if not self.person else None,
            from_date=self.effect_date)
        member.save()
        return member

    def _new_transfers(self):
        "Prepare the transfer of what the member holds to the successor"
        pool = Pool()
        Contribution = pool.get('fupin.member.contribution')
        Entry = pool.get('fupin.member.entry')
        held = Entry.balances(self.company, self.effect_date).get(
            self.member.id, {})
        transfers = [
            Contribution(
                company=self.company, date=self.effect_date,
                kind='transfer', member=self.member,
                transferee=self.successor, form=form,
                amount=held[source], document=self.document)
            for source, form in [
                ('other', 'money'),
                ('household_asset', 'household_asset')]
            if held.get(source, 0) > 0]
        if transfers and held.get('reserve', 0) > 0:
            # the successor answers with both (Art. 6)
            transfers[0].reserve = held['reserve']
        Contribution.save(transfers)

    # Art. 12 and 20

    def check_structure(self):
        """Refuse a member whom Art. 20 does not allow; warn when somebody
        leaves and the members that stay are not enough."""
        pool = Pool()
        Member = pool.get('fupin.member')
        Limit = pool.get('fupin.cooperative.limit')
        Warning = pool.get('res.user.warning')
        if self.kind in {'application', 'refusal', *RESTING}:
            return
        entering = self.kind not in ENDING or self.kind == 'transfer'
        date = self.effect_date
        if not entering:
            date += ONE_DAY
        try:
            limits = Limit.get(date).membership_limits()
        except LimitNotFoundError:
            return
        kinds = Member.count_kinds(self.company, date)
        found = check_members(kinds, limits)
        entered = self.member if self.kind == 'admission' else self.successor
        if entering and entered.kind in UNITS and self.applicant_kind:
            for finding in found:
                if finding.reason in {'farmers', 'units'}:
                    raise MemberStructureError(gettext(
                            'fupin_coop.msg_member_structure_'
                            + finding.reason,
                            event=self.full_name,
                            **self._structure_values(finding, date)))
        if not entering or self.kind == 'transfer':
            left = dict(kinds)
            left[self.member.kind] = left.get(self.member.kind, 0) + 1
            if entering and self.applicant_kind:
                left[entered.kind] -= 1
            before = {f.reason for f in check_members(left, limits)}
            for finding in found:
                if finding.reason in before:
                    continue
                name = f'{self.id}.{finding.reason}'
                key = Warning.format(f'member_structure.{name}', [self])
                if Warning.check(key):
                    raise MemberStructureWarning(key, gettext(
                            'fupin_coop.msg_member_structure_warning_'
                            + finding.reason,
                            event=self.full_name,
                            deadline=Pool().get('ir.lang').get().strftime(
                                add_months(date, limits.cure)),
                            **self._structure_values(finding, date)))

    def _structure_values(self, finding, date):
        return {
            'date': Pool().get('ir.lang').get().strftime(date),
            'article': finding.article,
            'actual': finding.actual,
            'limit': finding.limit,
            }

    # Cancelling

    def check_cancel(self):
        super().check_cancel()
        if self.kind == 'application':
            used = self.search([
                    ('application', '=', self.id),
                    ('state', '=', 'posted'),
                    ], limit=1)
            if used:
                self._refuse('cancel_used', other=used[0].rec_name)
        elif self.kind in RESTING:
            later = self.search([
                    ('member', '=', self.member.id),
                    ('kind', 'in', RESTING),
                    ('state', '=', 'posted'),
                    ('effect_date', '>', self.effect_date),
                    ], limit=1)
            if later:
                self._refuse('cancel_used', other=later[0].rec_name)
        elif self.kind in ENDING:
            if self.member.to_date != self._last_day():
                self._refuse(
                    'cancel_ended', member=self.member.rec_name,
                    date=self.member.to_date or self.effect_date)
            inherited = self.search([
                    ('member', '=', self.member.id),
                    ('kind', '=', 'inheritance'),
                    ('state', '=', 'posted'),
                    ], limit=1)
            if self.kind == 'death' and inherited:
                self._refuse('cancel_used', other=inherited[0].rec_name)

    def _last_day(self):
        "Return the last day of the membership that the event has set"
        last = self.effect_date
        if self.kind == 'transfer':
            last -= ONE_DAY
        return min(last, self.previous_to_date or last)

    @classmethod
    @ModelView.button
    def cancel(cls, events):
        super().cancel(events)
        with without_check_access():
            entered = []
            for event in cls.browse(events):
                if event.kind in ENDING:
                    event.member.to_date = event.previous_to_date
                    event.member.save()
                if (event.applicant_kind
                        and event.kind not in {'application', 'refusal'}):
                    name = ('member' if event.kind == 'admission'
                        else 'successor')
                    entered.append((event, name, getattr(event, name)))
            cls._forget(entered)

    @classmethod
    def _forget(cls, entered):
        """Delete the members whom the events made; those with dealings or
        events of their own refuse."""
        Member = Pool().get('fupin.member')
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        for event, name, _member in entered:
            # what is posted can not be written otherwise
            cursor.execute(*table.update(
                    [getattr(table, name)], [None],
                    where=table.id == event.id))
        Member.delete([m for _, _, m in entered])

    @classmethod
    def copy(cls, events, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('previous_to_date')
        default.setdefault('application')
        default.setdefault('decisions')
        return super().copy(events, default=default)
