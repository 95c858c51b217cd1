# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id
from trytond.transaction import without_check_access

from .configuration import default_sequence
from .distribution import (
    Account, DistributionError, trade_by_value, trade_by_volume)
from .division import cut, number_key
from .document import DRAFT, DocumentMixin, wait_for
from .equity import get_unquantified_reserve
from .exceptions import QuantificationPostError
from .quantification import (
    QuantificationError, quantify_reserve, reduce_reserve, requantify)

ZERO = Decimal('0.00')
EXACT_DIGITS = (16, 6)


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    quantification_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Quantification Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_quantification')),
                ],
            help="Used to generate the number of a quantification; "
            "it leaves no gaps."))

    default_quantification_sequence = default_sequence(
        'sequence_quantification')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'quantification_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['quantification_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    quantification_sequence = fields.Many2One(
        'ir.sequence.strict', "Quantification Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_coop', 'sequence_type_quantification')),
            ])

    default_quantification_sequence = default_sequence(
        'sequence_quantification')


class Quantification(DocumentMixin):
    """The shares of members in what belongs to all of them (量化).

    Grants and donations are divided equally among the members of the day,
    again whenever they change (Art. 44), the reserve by the charter
    (Art. 42).  The books do not change, only the accounts of members."""
    __name__ = 'fupin.quantification'
    __string__ = "Quantification"

    _sequence_name = 'quantification_sequence'
    _document_fields = DocumentMixin._document_fields | {
        'charter', 'before', 'after', 'amount', 'count'}

    fund = fields.Selection([
            ('grant', "State Grants"),
            ('donation', "Donations"),
            ('reserve', "Reserve"),
            ], "Property", required=True, sort=False,
        states={
            'readonly': (
                (Eval('state') != 'draft') | Eval('lines', [0])),
            })
    charter = fields.Many2One(
        'fupin.charter', "Charter", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': Eval('fund') != 'reserve',
            },
        help="By what the reserve is divided.")
    before = Monetary(
        "Shares Before", currency='currency', digits='currency',
        readonly=True)
    amount = Monetary(
        "Change", currency='currency', digits='currency', readonly=True,
        help="What the shares of members gain; negative if they lose.")
    after = Monetary(
        "Shares After", currency='currency', digits='currency',
        readonly=True)
    count = fields.Integer(
        "Members", readonly=True,
        help="Those among whom the property is divided.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    lines = fields.One2Many(
        'fupin.quantification.line', 'quantification', "Lines",
        readonly=True)
    comment = fields.Char("Comment", states=DRAFT)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.date.states = {
            'readonly': (
                (Eval('state') != 'draft') | Eval('lines', [0])),
            }
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t,
                    (t.company, Index.Equality()),
                    (t.fund, Index.Equality()),
                    (t.date, Index.Range())),
                })
        cls._buttons.update({
                'compute': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_fund(cls):
        return 'grant'

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    # What the shares are

    def _refuse(self, message, **values):
        raise QuantificationPostError(gettext(
                f'fupin_coop.msg_quantification_{message}',
                document=self.full_name, **values))

    def get_members(self):
        "Return the members of the day, {number: id}"
        Member = Pool().get('fupin.member')
        with without_check_access():
            members = Member.search([
                    ('company', '=', self.company.id),
                    Member.current_domain(self.date),
                    ])
            return {m.number: m.id for m in members}

    def get_shares(self, holdings):
        "Return {id of the member: share} of who has one"
        return {
            member: holding[self.fund]
            for member, holding in holdings.items() if holding[self.fund]}

    def get_lines(self):
        "Return the unsaved lines, of who gains or loses"
        pool = Pool()
        Entry = pool.get('fupin.member.entry')
        Line = pool.get('fupin.quantification.line')
        Member = pool.get('fupin.member')
        holdings = Entry.balances(self.company, self.date)
        shares = self.get_shares(holdings)
        members = self.get_members()
        ids = dict(members)
        gone = set(shares) - set(members.values())
        if gone:
            with without_check_access():
                # who was a member twice has a number for each time
                ids.update((m.number, m.id) for m in Member.browse(gone))
        numbers = {id_: number for number, id_ in ids.items()}
        shares = {numbers[id_]: share for id_, share in shares.items()}
        try:
            if self.fund == 'reserve':
                changes = self._divide_reserve(
                    holdings, members, numbers, shares)
            else:
                changes = self._divide_equally(members, shares)
        except (QuantificationError, DistributionError) as error:
            self._refuse(
                'impossible', article=error.article, reason=gettext(
                    'fupin_coop.msg_quantification_reason_'
                    + (error.reason if error.reason in {
                                'base', 'shares', 'members'} else 'other')))
        return [
            Line(
                company=self.company,
                member=ids[number],
                before=before,
                amount=after - before,
                after=after,
                exact=exact)
            for number, before, after, exact in changes
            if before != after or number in members]

    def _divide_equally(self, members, shares):
        Fund = Pool().get('fupin.fund')
        amount = Fund.special_funds(self.company, self.date)[self.fund]
        changes = {
            c.number: c.after for c in requantify(amount, members, shares)}
        exact = cut(
            amount, Decimal(1), Decimal(len(members)), EXACT_DIGITS[1])
        return [
            (number, shares.get(number, ZERO),
                changes.get(number, shares.get(number, ZERO)),
                exact if number in members else ZERO)
            for number in sorted(
                members.keys() | shares.keys(), key=number_key)]

    def _divide_reserve(self, holdings, members, numbers, shares):
        Charter = Pool().get('fupin.charter')
        amount = get_unquantified_reserve(self.company, self.date)
        if amount < 0:
            parts = reduce_reserve(-amount, shares)
            return [
                (number, shares[number], shares[number] - part.amount,
                    shares[number] - part.exact)
                for number, part in parts.items()]
        charter = Charter.get(self.company, self.date)
        accounts = self.get_accounts(charter, holdings, members)
        parts = quantify_reserve(amount, accounts, charter.reserve_rates)
        return [
            (number, shares.get(number, ZERO),
                shares.get(number, ZERO) + part.amount,
                shares.get(number, ZERO) + part.part.exact)
            for number, part in parts.items()]

    def get_accounts(self, charter, holdings, members):
        "Return the distribution.Account of each member of the day"
        pool = Pool()
        Entry = pool.get('fupin.member.entry')
        FiscalYear = pool.get('account.fiscalyear')
        year = FiscalYear.find(
            self.company, date=self.date, test_state=False)
        trade = Entry.trade(self.company, year.start_date, self.date)
        factors = charter.get_factors()
        accounts = []
        for number, id_ in members.items():
            traded = trade.get(id_, {})
            if charter.refund_base == 'volume':
                lines = trade_by_volume(
                    {p: quantity for p, (quantity, _) in traded.items()},
                    factors)
            else:
                lines = trade_by_value(
                    {p: amount for p, (_, amount) in traded.items()})
            holding = holdings.get(id_, {})
            accounts.append(Account(
                    number, trade=lines,
                    contribution=sum((
                            holding.get(name, ZERO)
                            for name in ['household_asset', 'other']),
                        ZERO)))
        return accounts

    @classmethod
    @ModelView.button
    def compute(cls, quantifications):
        "Fill in the shares as they would be"
        Line = Pool().get('fupin.quantification.line')
        for quantification in quantifications:
            if quantification.state != 'draft':
                quantification._refuse('draft')
            lines = quantification.get_lines()
            with without_check_access():
                Line.delete(quantification.lines)
                for line in lines:
                    line.quantification = quantification
                Line.save(lines)
                quantification = cls(quantification.id)
                if quantification.fund == 'reserve':
                    Charter = Pool().get('fupin.charter')
                    quantification.charter = Charter.get(
                        quantification.company, quantification.date)
                for name in ['before', 'amount', 'after']:
                    setattr(quantification, name, sum(
                            (getattr(x, name) for x in lines), ZERO))
                quantification.count = len(quantification.get_members())
                quantification.save()

    # Posting

    def check_post(self):
        super().check_post()
        wait_for([self.company])
        if not self.lines:
            self._refuse('empty')
        Entry = Pool().get('fupin.member.entry')
        later = Entry.search([
                ('company', '=', self.company.id),
                ('kind', '=', self.fund),
                ('date', '>', self.date),
                ], limit=1)
        if later:
            self._refuse('later', date=later[0].date)

        def key(lines):
            return {
                (int(x.member), x.before, x.amount, x.after) for x in lines}
        if key(self.lines) != key(self.get_lines()):
            self._refuse('changed')

    def get_member_entries(self):
        Entry = Pool().get('fupin.member.entry')
        return super().get_member_entries() + [
            Entry(
                member=line.member,
                date=self.date,
                kind=self.fund,
                amount=line.amount,
                origin=self)
            for line in self.lines if line.amount]

    def check_cancel(self):
        super().check_cancel()
        wait_for([self.company])
        later = self.search([
                ('company', '=', self.company.id),
                ('fund', '=', self.fund),
                ('state', '=', 'posted'),
                ('id', '!=', self.id),
                ['OR',
                    ('date', '>', self.date),
                    [
                        ('date', '=', self.date),
                        ('number', '>', self.number),
                        ],
                    ],
                ], limit=1)
        if later:
            self._refuse('cancel', later=later[0].rec_name)

    @classmethod
    def copy(cls, quantifications, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('lines')
        return super().copy(quantifications, default=default)


class QuantificationLine(ModelSQL, ModelView):
    "What a quantification changes in the account of one member"
    __name__ = 'fupin.quantification.line'
    __string__ = "Quantification Line"

    company = fields.Many2One(
        'company.company', "Company", required=True, readonly=True,
        ondelete='RESTRICT')
    quantification = fields.Many2One(
        'fupin.quantification', "Quantification", required=True,
        readonly=True, ondelete='CASCADE')
    member = fields.Many2One(
        'fupin.member', "Member", required=True, readonly=True,
        ondelete='RESTRICT')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    before = Monetary(
        "Share Before", currency='currency', digits='currency',
        required=True, readonly=True)
    amount = Monetary(
        "Change", currency='currency', digits='currency', required=True,
        readonly=True)
    after = Monetary(
        "Share After", currency='currency', digits='currency',
        required=True, readonly=True)
    exact = fields.Numeric(
        "Exact Share", digits=EXACT_DIGITS, readonly=True,
        help="The share before it is rounded to the cent.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('quantification', 'DESC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('member_unique', Unique(t, t.quantification, t.member),
                'fupin_coop.msg_quantification_line_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.member, Index.Equality())),
                })

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        for line in lines:
            if line.quantification.state != 'draft' or external:
                raise AccessError(gettext(
                        'fupin_coop.msg_document_modify',
                        document=line.quantification.full_name))
