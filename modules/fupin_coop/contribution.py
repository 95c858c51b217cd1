# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The register of contributions of members (成员出资)."""
import datetime as dt
from collections import defaultdict
from decimal import Decimal

from sql import Null
from sql.aggregate import Sum

from trytond.i18n import gettext
from trytond.model import Index, ModelView, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from .configuration import default_sequence
from .document import DocumentMixin, get_effect_models, wait_for
from .exact_sum import to_amount, to_cents
from .exceptions import ContributionError, ContributionHoldingError
from .holding import HoldingError, check_held

STATES = {
    'readonly': Eval('state') != 'draft',
    }
FORMS = [
    ('money', "Money"),
    ('goods', "Goods"),
    ('land', "Land Operating Right"),
    ('right', "Other Property Right"),
    ('household_asset', "Household Poverty Alleviation Asset"),
    ('reserve', "Reserve"),
    ('surplus', "Distributable Surplus"),
    ]
# 37号: the accounts to which what is contributed in a form can go, the first
# one is the usual one
PAYMENT_ACCOUNTS = {
    'money': ['102', '101'],
    'goods': ['121', '141', '142', '151', '153'],
    'land': ['161'],
    'right': ['161'],
    'household_asset': [
        '151', '121', '141', '142', '144', '153', '161', '102', '101'],
    }
WITHDRAWAL_ACCOUNTS = ['11402', '102', '101']
CONVERSION_ACCOUNTS = ['322', '321']
CASH_ACCOUNTS = ['101', '102']


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    contribution_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Contribution Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_contribution')),
                ],
            help="Used to generate the number of a contribution; "
            "it leaves no gaps."))

    default_contribution_sequence = default_sequence('sequence_contribution')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'contribution_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['contribution_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    contribution_sequence = fields.Many2One(
        'ir.sequence.strict', "Contribution Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_coop', 'sequence_type_contribution')),
            ])

    default_contribution_sequence = default_sequence('sequence_contribution')


class Contribution(DocumentMixin):
    """One entry of the register of contributions.

    * payment: the member pays in, Cr 301 with what exceeds the share at 321
    * transfer: the member gives to another one, his reserve share with it or
      not; no move, entries of both
    * conversion: reserve or surplus becomes contribution, Cr 301
    * withdrawal: the member takes out, Dr 301
    * opening: what was held before these books; no move, true date

    What another document converts has that as origin, which books it."""
    __name__ = 'fupin.member.contribution'
    __string__ = "Member Contribution"
    _rec_name = 'number'
    _sequence_name = 'contribution_sequence'

    kind = fields.Selection([
            ('payment', "Payment"),
            ('transfer', "Transfer"),
            ('conversion', "Conversion"),
            ('withdrawal', "Withdrawal"),
            ('opening', "Opening"),
            ], "Kind", required=True, sort=False, states=STATES)
    kind_string = kind.translated('kind')
    member = fields.Many2One(
        'fupin.member', "Member", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=STATES)
    transferee = fields.Many2One(
        'fupin.member', "Transferee", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('id', '!=', Eval('member', -1)),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('kind') == 'transfer',
            'invisible': Eval('kind') != 'transfer',
            })
    form = fields.Selection(
        FORMS, "Form", required=True, sort=False, states=STATES,
        domain=[
            If(Eval('kind') == 'payment',
                ('form', 'in', list(PAYMENT_ACCOUNTS)),
                If(Eval('kind') == 'conversion',
                    ('form', 'in', ['reserve', 'surplus']),
                    ())),
            ],
        help="In what was contributed.")
    form_string = form.translated('form')
    source = fields.Function(fields.Selection([
                ('household_asset', "Household Poverty Alleviation Asset"),
                ('other', "Other Source"),
                ], "Source", sort=False,
            help="The column of the member account."),
        'on_change_with_source')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True,
        domain=[
            ('amount', '>', 0),
            ],
        states=STATES, help="What counts as share capital (301).")
    value = Monetary(
        "Value", currency='currency', digits='currency',
        domain=[
            If(Eval('value', None) != None,  # noqa: E711 PYSON
                ('value', '>', 0),
                ()),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'required': ((Eval('kind') == 'payment')
                & (Eval('id', -1) >= 0)),
            'invisible': Eval('kind') != 'payment',
            },
        help="What the contribution is worth; "
        "what exceeds the amount is capital reserve (321).")
    premium = fields.Function(Monetary(
            "Premium", currency='currency', digits='currency',
            states={
                'invisible': Eval('kind') != 'payment',
                }),
        'on_change_with_premium')
    reserve = Monetary(
        "Reserve Share", currency='currency', digits='currency',
        domain=[
            If(Eval('reserve', None) != None,  # noqa: E711 PYSON
                ('reserve', '>', 0),
                ()),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': Eval('kind') != 'transfer',
            },
        help="What of the reserve share goes with the contribution; "
        "leave it empty if the member keeps it.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    account = fields.Many2One(
        'account.account', "Account", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('type', '!=', None),
            ('closed', '!=', True),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': (
                Eval('kind').in_(['transfer', 'opening'])
                | Eval('origin')),
            },
        help="Where the contribution is booked to, or taken from.")
    resolution = fields.Many2One(
        'fupin.resolution', "Resolution", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('subject', '=', If(Eval('kind') == 'conversion',
                    'reserve', 'valuation')),
            If(Eval('state') == 'draft',
                ('state', '=', 'adopted'),
                ()),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': (
                ~Eval('kind').in_(['payment', 'conversion'])
                | ((Eval('kind') == 'payment') & (Eval('form') == 'money'))
                | Eval('origin')),
            },
        help="The resolution by which the members valued what is not money, "
        "or converted reserve.")
    origin = fields.Reference(
        "Origin", selection='get_origin', readonly=True,
        states={
            'invisible': ~Eval('origin'),
            },
        help="The document that books the contribution.")
    document = fields.Char(
        "Document", states=STATES,
        help="The receipt, agreement or appraisal.")
    comment = fields.Char("Comment", states=STATES)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t,
                    (t.member, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t, (t.transferee, Index.Equality()),
                    where=t.transferee != Null),
                Index(t, (t.origin, Index.Equality()),
                    where=t.origin != Null),
                })

    @classmethod
    def default_kind(cls):
        return 'payment'

    @classmethod
    def default_form(cls):
        return 'money'

    @classmethod
    def get_origin(cls):
        Model = Pool().get('ir.model')
        return [(None, '')] + [
            (m, Model.get_name(m)) for m in cls._get_origin()]

    @classmethod
    def _get_origin(cls):
        "Return the names of the models that book contributions themselves"
        return [m for m in get_effect_models() if m != cls.__name__]

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('form')
    def on_change_with_source(self, name=None):
        if self.form == 'household_asset':
            return 'household_asset'
        return 'other'

    @fields.depends('kind', 'amount', 'value')
    def on_change_with_premium(self, name=None):
        if (self.kind == 'payment'
                and self.amount is not None and self.value is not None):
            return self.value - self.amount

    @fields.depends(methods=['_set_account'])
    def on_change_company(self):
        self._set_account()

    @fields.depends('kind', 'form', methods=['_set_account'])
    def on_change_kind(self):
        if self.kind == 'conversion':
            self.form = 'reserve'
        elif self.form in {'reserve', 'surplus'}:
            self.form = 'money'
        if self.kind != 'transfer':
            self.transferee = None
            self.reserve = None
        if self.kind not in {'payment', 'conversion'}:
            self.resolution = None
        if self.kind != 'payment':
            self.value = None
        self._set_account()

    @fields.depends(methods=['_set_account'])
    def on_change_form(self):
        self._set_account()

    @fields.depends('kind', 'amount', 'value')
    def on_change_amount(self):
        if self.kind == 'payment' and self.value is None:
            self.value = self.amount

    @fields.depends('company', 'kind', 'form', 'origin')
    def _set_account(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        codes = self._account_codes()
        self.account = None
        if codes and self.company:
            self.account = Configuration._find_chart_account(
                codes[0], self.company)

    def _account_codes(self):
        "Return the statutory codes of the accounts that can be booked"
        if self.kind == 'payment':
            return PAYMENT_ACCOUNTS.get(self.form, [])
        elif self.kind == 'withdrawal':
            return WITHDRAWAL_ACCOUNTS
        elif self.kind == 'conversion' and not getattr(self, 'origin', None):
            return CONVERSION_ACCOUNTS
        return []

    @property
    def booked(self):
        "Whether the contribution has a move of its own"
        return bool(self._account_codes())

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if mode == 'create':
            contribution = cls(**{
                    n: values.get(n) for n in ['company', 'kind', 'form']})
            for name in ['company', 'kind', 'form']:
                if name not in values:
                    setattr(contribution, name, cls.default_get([name])[name])
            if (contribution.kind == 'payment'
                    and values.get('value') is None):
                values['value'] = values.get('amount')
            if not values.get('account') and not values.get('origin'):
                contribution._set_account()
                if contribution.account:
                    values['account'] = contribution.account.id
        return values

    # What the contribution demands

    def check_post(self):
        super().check_post()
        if self.origin:
            return
        self.check_members()
        self.check_amount()
        self.check_account()
        self.check_resolution()

    def check_members(self):
        "Refuse a contribution of somebody who is not a member on the day"
        member = self.member
        if self.kind in {'transfer', 'withdrawal'}:
            # who has left is still to get back what he holds
            if self.date < member.from_date:
                self._refuse_member(member)
        elif not member.is_member(self.date):
            self._refuse_member(member)
        if (self.kind == 'transfer'
                and not self.transferee.is_member(self.date)):
            self._refuse_member(self.transferee)

    def _refuse_member(self, member):
        raise ContributionError(gettext(
                'fupin_coop.msg_contribution_member',
                contribution=self.full_name,
                member=member.rec_name,
                date=self.date))

    def check_amount(self):
        if self.kind != 'payment':
            return
        # for what is not money 37号 lets 321 take less as well as more
        if self.form == 'money' and self.value < self.amount:
            raise ContributionError(gettext(
                    'fupin_coop.msg_contribution_value',
                    contribution=self.full_name,
                    value=self.value,
                    amount=self.amount))

    def check_account(self):
        codes = self._account_codes()
        if not codes:
            return
        if self.kind == 'conversion' and self.form != 'reserve':
            raise ContributionError(gettext(
                    'fupin_coop.msg_contribution_surplus',
                    contribution=self.full_name))
        if self._statutory_code() not in codes:
            raise ContributionError(gettext(
                    'fupin_coop.msg_contribution_account',
                    contribution=self.full_name,
                    account=self.account.rec_name if self.account else '',
                    form=self.form_string,
                    kind=self.kind_string,
                    codes=', '.join(codes)))

    def _statutory_code(self):
        "Return the code that the regulation gives the account or its parent"
        account = self.account
        while account and not account.template:
            account = account.parent
        return account.template.code if account else None

    def check_resolution(self):
        "Refuse what is not money and conversion without a resolution"
        Resolution = Pool().get('fupin.resolution')
        if self.kind == 'conversion':
            subject = 'reserve'
        elif (self.kind == 'payment'
                and self._statutory_code() not in CASH_ACCOUNTS):
            subject = 'valuation'
        else:
            return
        Resolution.check(
            self.resolution, subject, self.company, date=self.date)

    def check_cancel(self):
        super().check_cancel()
        if self.origin:
            raise ContributionError(gettext(
                    'fupin_coop.msg_contribution_cancel_origin',
                    contribution=self.full_name,
                    origin=self.origin.rec_name))

    @classmethod
    def check_holdings(cls, members):
        """Raise ContributionHoldingError if one of the members holds less
        than nothing on any day."""
        pool = Pool()
        Entry = pool.get('fupin.member.entry')
        Lang = pool.get('ir.lang')
        Member = pool.get('fupin.member')
        entry = Entry.__table__()
        cursor = Transaction().connection.cursor()
        for ids in grouped_slice(sorted({int(m) for m in members}), 1000):
            held = defaultdict(list)
            cursor.execute(*entry.select(
                    entry.member, entry.kind, entry.source, entry.date,
                    Sum(to_cents(entry.amount)),
                    where=fields.SQL_OPERATORS['in'](entry.member, list(ids))
                    & entry.kind.in_(['contribution', 'reserve']),
                    group_by=[
                        entry.member, entry.kind, entry.source, entry.date]))
            for member, kind, source, date, cents in cursor:
                if isinstance(date, str):  # SQLite
                    date = dt.date.fromisoformat(date)
                held[member, kind, source or ''].append(
                    (date, to_amount(cents)))
            for (member, kind, source), entries in sorted(held.items()):
                try:
                    check_held(entries)
                except HoldingError as error:
                    name, value = (
                        ('source', source) if source else ('kind', kind))
                    definition = Entry.fields_get([name])[name]
                    raise ContributionHoldingError(gettext(
                            'fupin_coop.msg_contribution_overdrawn',
                            member=Member(member).rec_name,
                            holding=dict(definition['selection'])[value],
                            date=Lang.get().strftime(error.date),
                            amount=-error.amount)) from error

    @classmethod
    def _holders(cls, contributions):
        return ({c.member for c in contributions}
            | {c.transferee for c in contributions if c.transferee})

    # Posting

    @classmethod
    def claim(cls, contributions, state):
        contributions = super().claim(contributions, state)
        # nobody else takes from these members meanwhile
        wait_for(cls._holders(contributions))
        return contributions

    @classmethod
    @ModelView.button
    def post(cls, contributions):
        super().post(contributions)
        cls.check_holdings(cls._holders(
                c for c in contributions
                if c.kind in {'transfer', 'withdrawal', 'conversion'}))

    @classmethod
    @ModelView.button
    def cancel(cls, contributions):
        super().cancel(contributions)
        cls.check_holdings(cls._holders(contributions))

    def get_period(self, date):
        # what is not booked may be older than the books
        if self.booked:
            return super().get_period(date)

    def get_cancel_date(self):
        return super().get_cancel_date() if self.booked else self.date

    def get_move(self):
        if not self.booked:
            return
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Journal = pool.get('account.journal')
        ModelData = pool.get('ir.model.data')
        capital = Configuration.get_chart_account('301', self.company)
        amount, party = self.amount, self.member.party
        if self.kind == 'withdrawal':
            lines = [
                self._line(capital, amount, party),
                self._line(self.account, -amount, party),
                ]
        else:
            value = self.value if self.kind == 'payment' else amount
            lines = [
                self._line(self.account, value),
                self._line(capital, -amount, party),
                ]
            if value != amount:
                reserve = Configuration.get_chart_account(
                    '321', self.company)
                lines.append(self._line(reserve, amount - value))
        journal = Journal(
            ModelData.get_id('account', 'journal_miscellaneous'))
        return self.new_move(
            journal, lines, description=gettext(
                f'fupin_coop.msg_contribution_move_{self.kind}',
                member=self.member.rec_name,
                form=self.form_string))

    def _line(self, account, amount, party=None):
        "Return an unsaved line, credit if the amount is negative"
        Line = Pool().get('account.move.line')
        line = Line(
            account=account,
            party=party if account.party_required else None,
            debit=max(amount, Decimal(0)),
            credit=max(-amount, Decimal(0)))
        if account.type.payable:
            line.maturity_date = self.date
        return line

    def get_member_entries(self):
        entries = super().get_member_entries()
        source = self.source
        if self.kind in {'transfer', 'withdrawal'}:
            entries.append(self._entry(
                    self.member, 'contribution', -self.amount, source))
        else:
            entries.append(self._entry(
                    self.member, 'contribution', self.amount, source))
        if self.kind == 'transfer':
            entries.append(self._entry(
                    self.transferee, 'contribution', self.amount, source))
            if self.reserve:
                entries.append(
                    self._entry(self.member, 'reserve', -self.reserve))
                entries.append(
                    self._entry(self.transferee, 'reserve', self.reserve))
        elif self.kind == 'conversion' and self.form == 'reserve':
            entries.append(
                self._entry(self.member, 'reserve', -self.amount))
        return entries

    def _entry(self, member, kind, amount, source=None):
        Entry = Pool().get('fupin.member.entry')
        return Entry(
            member=member, date=self.date, kind=kind, source=source,
            amount=amount, origin=self)

    # What another document books

    @classmethod
    def register_converted(cls, origin, date, shares):
        """Register what the origin, a document being posted, converts into
        contributions, and return the posted contributions.

        shares are (member, amount, 'surplus' or 'reserve'), one per member.
        The move of the origin books Cr 301; the entries of the member
        accounts are made here: contribution, and for what comes from the
        reserve as much less reserve share."""
        return cls._register(origin, 'conversion', date, shares)

    @classmethod
    def register_withdrawn(cls, origin, date, shares):
        """Register what the origin, a document being posted, pays back of
        contributions, and return the posted contributions.

        shares are (member, amount, form); what is not 'household_asset' is
        taken from the other sources.  The move of the origin books Dr 301;
        the entries of the member accounts are made here."""
        return cls._register(origin, 'withdrawal', date, shares)

    @classmethod
    @without_check_access
    def _register(cls, origin, kind, date, shares):
        pool = Pool()
        Configuration = pool.get('fupin.coop.configuration')
        Entry = pool.get('fupin.member.entry')
        shares = list(shares)
        if not shares:
            return []
        company = origin.company
        sequence = Configuration(1).get_multivalue(
            cls._sequence_name, company=company.id)
        wait_for([sequence])
        now = dt.datetime.now()
        contributions = [
            cls(company=company, number=number, date=date, kind=kind,
                member=member, form=form, amount=amount, origin=origin,
                posted_by=Transaction().user or None, posted_at=now)
            for number, (member, amount, form) in zip(
                sequence.get_many(len(shares)), shares)]
        cls.save(contributions)
        Entry.post([
                e for c in contributions for e in c.get_member_entries()])
        cls.write(contributions, {'state': 'posted'})
        if kind == 'withdrawal' or any(f == 'reserve' for _, _, f in shares):
            cls.check_holdings([m for m, _, _ in shares])
        return contributions

    @classmethod
    @without_check_access
    def take_back(cls, origin, date=None):
        """Take back what the origin, a document being cancelled, registered,
        and return it.

        The entries count on date, default is the day of what they take
        back."""
        Entry = Pool().get('fupin.member.entry')
        contributions = cls.search([
                ('origin', '=', str(origin)),
                ('state', '=', 'posted'),
                ])
        if contributions:
            Entry.reverse(contributions, date=date)
            cls.write(contributions, {
                    'state': 'cancelled',
                    'cancelled_by': Transaction().user or None,
                    'cancelled_at': dt.datetime.now(),
                    'cancel_date': date or contributions[0].date,
                    })
            cls.check_holdings(cls._holders(contributions))
        return contributions

    @classmethod
    def check_modification(
            cls, mode, contributions, values=None, external=False):
        super().check_modification(
            mode, contributions, values=values, external=external)
        if external and (
                mode == 'create' or (mode == 'write' and 'origin' in values)):
            for contribution in contributions:
                if contribution.origin:
                    raise AccessError(gettext(
                            'fupin_coop.msg_contribution_origin',
                            contribution=contribution.full_name))

    @classmethod
    def copy(cls, contributions, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('origin')
        return super().copy(contributions, default=default)
