# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt
from collections import defaultdict
from decimal import Decimal

from sql import Literal, Null
from sql.aggregate import Count, Sum
from sql.conditionals import Case, Coalesce
from sql.operators import Equal, Exists

from trytond.i18n import gettext
from trytond.model import (
    Exclude, Index, ModelSQL, ModelView, Unique, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.sql.functions import DateRange
from trytond.sql.operators import RangeOverlap
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .document import wait_for
from .exact_sum import to_amount, to_cents
from .exceptions import MemberError, MemberNotFoundError
from .voting import Membership

CENT = Decimal('0.01')
SHARE_DIGITS = 6


def to_date(value):
    "Return the date of a row, which SQLite gives as text"
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


class Member(ModelSQL, ModelView):
    __name__ = 'fupin.member'
    __string__ = "Member"
    _rec_name = 'number'

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    number = fields.Char(
        "Number", required=True,
        states={
            'required': Eval('id', -1) >= 0,
            },
        help="The number in the register of members; "
        "leave it empty to get the next one.")
    kind = fields.Selection([
            ('farmer', "Farmer"),
            ('enterprise', "Enterprise"),
            ('institution', "Public Institution"),
            ('organization', "Social Organization"),
            ], "Kind", required=True, sort=False)
    kind_string = kind.translated('kind')
    person = fields.Many2One(
        'fupin.person', "Person", ondelete='RESTRICT',
        states={
            'required': Eval('kind') == 'farmer',
            'invisible': Eval('kind') != 'farmer',
            'readonly': Eval('id', -1) >= 0,
            })
    household = fields.Many2One(
        'fupin.household', "Household", ondelete='RESTRICT',
        states={
            'required': Eval('kind') == 'farmer',
            'invisible': Eval('kind') != 'farmer',
            })
    party = fields.Many2One(
        'party.party', "Party", required=True, ondelete='RESTRICT',
        states={
            'required': (Eval('id', -1) >= 0) | (Eval('kind') != 'farmer'),
            'readonly': (Eval('id', -1) >= 0) | (Eval('kind') == 'farmer'),
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="With whom the cooperative deals; "
        "made from the person's name if there is none.")
    from_date = fields.Date(
        "From", required=True,
        domain=[
            If(Eval('from_date') & Eval('to_date'),
                ('from_date', '<=', Eval('to_date', None)),
                ()),
            ],
        states={
            'readonly': Bool(Eval('events', [])),
            })
    to_date = fields.Date(
        "To",
        domain=[
            If(Eval('from_date') & Eval('to_date'),
                ('to_date', '>=', Eval('from_date', None)),
                ()),
            ],
        states={
            'readonly': Eval('id', -1) >= 0,
            },
        help="The last day of the membership; empty while it lasts.\n"
        "It is set by a notice, an expulsion, a death or a transfer.")
    state = fields.Function(fields.Selection([
                ('future', "Not yet Member"),
                ('active', "Member"),
                ('suspended', "Suspended"),
                ('leaving', "Leaving"),
                ('former', "Former Member"),
                ], "State", sort=False,
            help="On the date of the list, else today."),
        'get_state', searcher='search_state')
    state_string = state.translated('state')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    balance = fields.Function(Monetary(
            "Balance", currency='currency', digits='currency',
            help="What the cooperative owes the member (114); "
            "negative if the member owes."),
        'get_balance')
    trade_amount = fields.Function(Monetary(
            "Trade Amount", currency='currency', digits='currency',
            help="What the member has delivered, in money."),
        'get_trade_amount')
    contribution = fields.Function(Monetary(
            "Paid in", currency='currency', digits='currency',
            help="What the member holds of the share capital."),
        'get_contributions')
    contribution_household_asset = fields.Function(Monetary(
            "From Household Assets", currency='currency', digits='currency',
            help="What of it comes from household poverty alleviation "
            "assets."),
        'get_contributions')
    contribution_other = fields.Function(Monetary(
            "From Other Sources", currency='currency', digits='currency'),
        'get_contributions')
    contribution_share = fields.Function(fields.Numeric(
            "Share", digits=(16, SHARE_DIGITS),
            help="The part of the share capital of all members."),
        'get_contributions')
    subscribed = fields.Function(Monetary(
            "Subscribed", currency='currency', digits='currency',
            help="What the member has bound himself to contribute."),
        'get_subscribed')
    outstanding = fields.Function(Monetary(
            "Outstanding", currency='currency', digits='currency',
            help="What of the subscribed is not paid in yet."),
        'get_outstanding')
    subscriptions = fields.One2Many(
        'fupin.member.subscription', 'member', "Subscriptions")
    contributions = fields.One2Many(
        'fupin.member.contribution', 'member', "Contributions",
        readonly=True)
    events = fields.One2Many(
        'fupin.member.event', 'member', "Events", readonly=True)
    entries = fields.One2Many(
        'fupin.member.entry', 'member', "Entries", readonly=True)
    deliveries = fields.One2Many(
        'fupin.delivery', 'member', "Deliveries", readonly=True)

    @classmethod
    def __setup__(cls):
        cls.number.search_unaccented = False
        super().__setup__()
        cls._order = [
            ('company', 'ASC'), ('number', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.company, t.number),
                'fupin_coop.msg_member_number_unique'),
            ('party_overlap', Exclude(t,
                    (t.company, Equal),
                    (t.party, Equal),
                    (DateRange(t.from_date, t.to_date, '[]'), RangeOverlap)),
                'fupin_coop.msg_member_overlap'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.company, Index.Equality()),
                    (t.from_date, Index.Range())),
                Index(t, (t.party, Index.Equality())),
                Index(t, (t.person, Index.Equality())),
                Index(t, (t.household, Index.Equality())),
                Index(t, (t.number, Index.Similarity())),
                })

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_kind(cls):
        return 'farmer'

    @classmethod
    def default_from_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @fields.depends('kind')
    def on_change_kind(self):
        if self.kind != 'farmer':
            self.person = None
            self.household = None

    @fields.depends('person', 'party', 'from_date')
    def on_change_person(self):
        if self.person:
            self.party = self.person.party
            self.household = self.person.get_household_at(self.from_date)

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @classmethod
    def get_balance(cls, members, name):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        Move = pool.get('account.move')
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        line = Line.__table__()
        move = Move.__table__()
        balances = {m.id: Decimal('0.00') for m in members}
        configuration = Configuration(1)
        accounts = set()
        for company in {m.company for m in members}:
            for account_name in ['member_payable', 'member_receivable']:
                if account := configuration.get_multivalue(
                        account_name, company=company.id):
                    accounts.add(account.id)
        if not accounts:
            return balances
        cursor.execute(*table
            .join(line, condition=line.party == table.party)
            .join(move, condition=(line.move == move.id)
                & (move.company == table.company))
            .select(
                table.id, Sum(line.credit - line.debit),
                where=fields.SQL_OPERATORS['in'](table.id, list(balances))
                & fields.SQL_OPERATORS['in'](line.account, list(accounts))
                & (move.state == 'posted'),
                group_by=table.id))
        for id_, balance in cursor:
            balances[id_] = Decimal(str(balance)).quantize(CENT)
        return balances

    @classmethod
    def get_trade_amount(cls, members, name):
        pool = Pool()
        Entry = pool.get('fupin.member.entry')
        cursor = Transaction().connection.cursor()
        entry = Entry.__table__()
        amounts = {m.id: Decimal('0.00') for m in members}
        cursor.execute(*entry.select(
                entry.member, Sum(entry.amount),
                where=fields.SQL_OPERATORS['in'](entry.member, list(amounts))
                & (entry.kind == 'trade'),
                group_by=entry.member))
        for id_, amount in cursor:
            amounts[id_] = Decimal(str(amount)).quantize(CENT)
        return amounts

    # As on a date

    @classmethod
    def _context_date(cls):
        "Return the date of the list, else today"
        Date = Pool().get('ir.date')
        return Transaction().context.get('date') or Date.today()

    @classmethod
    def _state_expression(cls, table, date):
        "Return the expression of the state on the date"
        Event = Pool().get('fupin.member.event')
        rest = Event.__table__()
        end = Event.__table__()
        last_rest = rest.select(
            rest.kind,
            where=(rest.member == table.id)
            & (rest.state == 'posted')
            & rest.kind.in_(['suspension', 'resumption'])
            & (rest.effect_date <= date),
            order_by=[rest.effect_date.desc, rest.id.desc], limit=1)
        ends = end.select(
            Literal(1),
            where=(end.member == table.id)
            & (end.state == 'posted')
            & end.kind.in_(['notice', 'expulsion'])
            & (end.date <= date))
        return Case(
            (table.from_date > date, 'future'),
            (Coalesce(table.to_date, date) < date, 'former'),
            (Coalesce(last_rest, '') == 'suspension', 'suspended'),
            ((table.to_date != Null) & Exists(ends), 'leaving'),
            else_='active')

    @classmethod
    def get_state(cls, members, name):
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        expression = cls._state_expression(table, cls._context_date())
        states = {}
        for sub_members in grouped_slice(members, 1000):
            cursor.execute(*table.select(
                    table.id, expression,
                    where=fields.SQL_OPERATORS['in'](
                        table.id, [m.id for m in sub_members])))
            states.update(cursor)
        return states

    @classmethod
    def search_state(cls, name, clause):
        _, operator, value = clause
        table = cls.__table__()
        expression = cls._state_expression(table, cls._context_date())
        Operator = fields.SQL_OPERATORS[operator]
        return [('id', 'in', table.select(
                    table.id, where=Operator(expression, value)))]

    @classmethod
    def get_contributions(cls, members, names):
        Entry = Pool().get('fupin.member.entry')
        cursor = Transaction().connection.cursor()
        entry = Entry.__table__()
        where = ((entry.kind == 'contribution')
            & (entry.date <= cls._context_date()))
        zero = Decimal('0.00')
        held = defaultdict(lambda: dict.fromkeys(
                ['household_asset', 'other'], zero))
        for sub_members in grouped_slice(members, 1000):
            cursor.execute(*entry.select(
                    entry.member, entry.source, Sum(to_cents(entry.amount)),
                    where=where & fields.SQL_OPERATORS['in'](
                        entry.member, [m.id for m in sub_members]),
                    group_by=[entry.member, entry.source]))
            for member, source, cents in cursor:
                held[member][source] = to_amount(cents)
        totals = {}
        if 'contribution_share' in names:
            cursor.execute(*entry.select(
                    entry.company, Sum(to_cents(entry.amount)),
                    where=where & fields.SQL_OPERATORS['in'](
                        entry.company, list({m.company.id for m in members})),
                    group_by=entry.company))
            totals = {c: to_amount(cents) for c, cents in cursor}
        values = {n: {} for n in names}
        for member in members:
            sources = held[member.id]
            total = sum(sources.values())
            whole = totals.get(member.company.id)
            share = (total / whole).quantize(
                Decimal(1).scaleb(-SHARE_DIGITS)) if whole else Decimal(0)
            for name, value in [
                    ('contribution', total),
                    ('contribution_household_asset',
                        sources['household_asset']),
                    ('contribution_other', sources['other']),
                    ('contribution_share', share)]:
                if name in values:
                    values[name][member.id] = value
        return values

    @classmethod
    def get_subscribed(cls, members, name):
        Subscription = Pool().get('fupin.member.subscription')
        return Subscription.amounts(members, cls._context_date())

    def get_outstanding(self, name):
        return max(self.subscribed - self.contribution, Decimal('0.00'))

    @classmethod
    def count_kinds(cls, company, date):
        "Return {kind: number of members on the date}"
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        cursor.execute(*table.select(
                table.kind, Count(table.id),
                where=(table.company == company.id)
                & (table.from_date <= date)
                & (Coalesce(table.to_date, date) >= date),
                group_by=table.kind))
        return dict(cursor)

    @classmethod
    def get_memberships(cls, company):
        "Return all memberships, as voting.Membership"
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        cursor.execute(*table.select(
                table.kind, table.from_date, table.to_date,
                where=table.company == company.id))
        return [
            Membership(kind, *map(to_date, dates)) for kind, *dates in cursor]

    def get_rec_name(self, name):
        return f'{self.party.rec_name} ({self.number})'

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, value = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('number', operator, value),
            ('party.rec_name', operator, value),
            ]

    def is_member(self, date):
        "Return whether the membership holds on the date"
        return (self.from_date <= date
            and (self.to_date is None or date <= self.to_date))

    @classmethod
    def current_domain(cls, date):
        "Return the domain of the memberships that hold on the date"
        return [
            ('from_date', '<=', date),
            ['OR',
                ('to_date', '=', None),
                ('to_date', '>=', date),
                ],
            ]

    @classmethod
    def preprocess_values(cls, mode, values):
        pool = Pool()
        Configuration = pool.get('fupin.coop.configuration')
        Person = pool.get('fupin.person')
        values = super().preprocess_values(mode, values)
        if mode == 'create':
            if not values.get('number'):
                company = values.get('company', cls.default_company())
                sequence = Configuration(1).get_multivalue(
                    'member_sequence', company=company)
                if company is not None and sequence:
                    wait_for([sequence])
                    values['number'] = sequence.get()
            if values.get('person'):
                person = Person(values['person'])
                if not values.get('party'):
                    values['party'] = person.get_party().id
                if not values.get('household'):
                    household = person.get_household_at(
                        values.get('from_date') or cls.default_from_date())
                    values['household'] = household.id if household else None
        return values

    @classmethod
    def validate_fields(cls, members, field_names):
        super().validate_fields(members, field_names)
        cls.check_party(members, field_names)
        cls.check_to_date(members, field_names)

    @classmethod
    def check_party(cls, members, field_names=None):
        "The party of a farmer is the party of the person"
        if field_names and not (field_names & {'person', 'party'}):
            return
        for member in members:
            if member.person and member.person.party != member.party:
                raise MemberError(gettext(
                        'fupin_coop.msg_member_party',
                        member=member.rec_name,
                        person=member.person.rec_name))

    @classmethod
    def check_to_date(cls, members, field_names=None):
        "A member who has left has no dealings after it"
        Entry = Pool().get('fupin.member.entry')
        if field_names and not (field_names & {'from_date', 'to_date'}):
            return
        table = cls.__table__()
        entry = Entry.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table
            .join(entry, condition=entry.member == table.id)
            .select(
                table.id, entry.date,
                where=fields.SQL_OPERATORS['in'](
                    table.id, [m.id for m in members])
                & (entry.entry == 'posting')
                # who has left still gets back what he holds
                & ((entry.kind == 'trade')
                    | ((entry.kind == 'contribution')
                        & (to_cents(entry.amount) > 0)))
                & ((entry.date < table.from_date)
                    | (Coalesce(table.to_date, entry.date) < entry.date)),
                order_by=[entry.date.desc], limit=1))
        if row := cursor.fetchone():
            member = cls(row[0])
            raise MemberError(gettext(
                    'fupin_coop.msg_member_entries_outside',
                    member=member.rec_name,
                    date=row[1]))

    @classmethod
    def check_modification(
            cls, mode, members, values=None, external=False):
        Entry = Pool().get('fupin.member.entry')
        super().check_modification(
            mode, members, values=values, external=external)
        if (mode == 'delete'
                or (mode == 'write'
                    and values.keys() & {'company', 'person', 'party'})):
            entries = Entry.search([
                    ('member', 'in', [m.id for m in members]),
                    ], limit=1)
            if entries:
                entry, = entries
                raise AccessError(gettext(
                        'fupin_coop.msg_member_modify',
                        member=entry.member.rec_name))
        if mode == 'write' and external:
            for member in members:
                if ('to_date' in values
                        and values['to_date'] != member.to_date):
                    raise AccessError(gettext(
                            'fupin_coop.msg_member_to_date',
                            member=member.rec_name))
                if ('from_date' in values and member.events
                        and values['from_date'] != member.from_date):
                    raise AccessError(gettext(
                            'fupin_coop.msg_member_from_date',
                            member=member.rec_name))

    @classmethod
    def copy(cls, members, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('number')
        default.setdefault('entries')
        default.setdefault('deliveries')
        default.setdefault('contributions')
        default.setdefault('subscriptions')
        default.setdefault('events')
        return super().copy(members, default=default)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('state') == 'former', 'muted',
                    If(Eval('state') == 'suspended', 'warning', ''))),
            ]


class RegisterMember(Wizard):
    """Make a member, or an applicant, of the person whose ID card was
    shown"""
    __name__ = 'fupin.member.register'

    start = StateView('fupin.member.register.start',
        'fupin_coop.member_register_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Register", 'register', 'tryton-ok', default=True),
            ])
    register = StateTransition()

    def transition_register(self):
        pool = Pool()
        Date = pool.get('ir.date')
        Event = pool.get('fupin.member.event')
        start = self.start
        with without_check_access():
            person = start.get_person()
            event = Event(
                company=start.company,
                kind='admission' if start.admitted else 'application',
                applicant_kind='farmer',
                person=person,
                document=start.document)
            if start.admitted:
                event.effect_date = start.from_date
            with Transaction().set_context(company=start.company.id):
                event.date = min(start.from_date, Date.today())
            event.save()
            Event.post([event])
        return 'end'

    def end(self):
        return 'reload'


class RegisterMemberStart(ModelView):
    __name__ = 'fupin.member.register.start'
    __string__ = "Register Member"

    company = fields.Many2One(
        'company.company', "Company", required=True,
        domain=[
            ('id', 'in', Eval('context', {}).get('companies', [])),
            ])
    name = fields.Char(
        "Full Name", required=True, help="The name as on the ID card.")
    id_number = fields.Char(
        "ID Number", required=True, strip=False,
        help="The resident ID number as on the ID card.")
    from_date = fields.Date("From", required=True)
    document = fields.Char("Document", help="The application for membership.")
    admitted = fields.Boolean(
        "Admitted",
        help="Uncheck it for an application that is still to be decided.")

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_from_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def default_admitted(cls):
        return True

    def get_person(self):
        """Return the person with exactly this name and ID number.

        The cooperative sees persons only once they are its members, so it
        has to know both."""
        Person = Pool().get('fupin.person')
        number = ''.join(self.id_number.split()).upper()
        persons = Person.search([
                ('id_number', '=', number),
                ('name', '=', self.name.strip()),
                ], limit=1)
        if not persons:
            raise MemberNotFoundError(gettext(
                    'fupin_coop.msg_member_register_person',
                    name=self.name))
        return persons[0]


class MemberDate(ModelView):
    "The date of the list of members"
    __name__ = 'fupin.member.date'
    __string__ = "Members on Date"

    date = fields.Date("Date", required=True)

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Transaction().context.get('date') or Date.today()
