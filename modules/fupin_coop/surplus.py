# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from dataclasses import dataclass
from decimal import Decimal

from sql import Null

from trytond.i18n import gettext
from trytond.model import ModelView, Unique, fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, Id, If
from trytond.transaction import Transaction, without_check_access

from .account_balance import get_balances
from .configuration import default_sequence
from .distribution import (
    Account, DistributionError, Plan, assess, distribute,
    refund_pool, set_aside, trade_by_value, trade_by_volume)
from .division import number_key
from .document import DRAFT, DocumentMixin
from .exceptions import (
    SurplusBalanceError, SurplusError, SurplusParameterError,
    SurplusYearError)
from .limit import RATE_DIGITS
from .quantification import (
    QuantificationError, quantify_reserve, reduce_reserve)
from .surplus_line import COLUMNS, ZERO

class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    surplus_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Surplus Distribution Sequence",
            required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_surplus')),
                ],
            help="Used to generate the number of a surplus distribution; "
            "it leaves no gaps."))

    default_surplus_sequence = default_sequence('sequence_surplus')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'surplus_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['surplus_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    surplus_sequence = fields.Many2One(
        'ir.sequence.strict', "Surplus Distribution Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_coop', 'sequence_type_surplus')),
            ])

    default_surplus_sequence = default_sequence('sequence_surplus')


@dataclass(frozen=True, slots=True)
class Member:
    "Who was a member in the year"
    id: int
    number: str
    party: int
    person: int | None
    household: int | None
    leaving: bool


@dataclass(frozen=True, slots=True)
class Computation:
    """A plan and what it does to the shares in the reserve.

    * members: {number: Member}
    * plan: the Plan
    * trade_amounts: {number: yuan}
    * taken: {number: yuan} of the reserve shares that cover losses
    * shares: {number: yuan} of the reserve of the year"""
    members: dict
    plan: Plan
    trade_amounts: dict
    taken: dict
    shares: dict

    def rows(self):
        "Return the lines in the order of surplus_line.COLUMNS"
        for sequence, (number, share) in enumerate(
                self.plan.shares.items(), 1):
            member, account = self.members[number], share.account
            yield [
                member.id, sequence, member.person, member.household,
                member.leaving, account.traded, self.trade_amounts[number],
                account.contribution, account.reserve, account.grant,
                account.donation, share.refund.amount, share.remainder.amount,
                share.refund_converted.amount,
                share.remainder_converted.amount,
                self.taken.get(number, ZERO), self.shares.get(number, ZERO)]

    def figures(self):
        "Return the values of the fields of the surplus"
        plan, surplus = self.plan, self.plan.surplus
        lines = plan.lines
        return {
            'year_surplus': surplus.surplus,
            'opening': surplus.opening,
            'losses': surplus.losses,
            'covered': surplus.covered,
            'available': surplus.available,
            'reserve': surplus.reserve,
            'distributable': surplus.distributable,
            'line_16': surplus.line_16,
            'uncovered': surplus.uncovered,
            'base': plan.base,
            'refund_minimum': plan.minimum,
            'refund': plan.refund,
            'remainder': plan.remainder,
            'line_17': lines[17],
            'line_18': lines[18],
            'line_19': lines[19],
            'line_20': lines[20],
            'outcome': plan.state,
            }


def parameter(string, help):
    return Monetary(
        string, currency='currency', digits='currency', required=True,
        domain=[], states=DRAFT, help=help)


def figure(string, help=''):
    return Monetary(
        string, currency='currency', digits='currency', readonly=True,
        help=help)


class Surplus(DocumentMixin):
    """The distribution of the surplus of a year (盈余分配).

    Any number of drafts are plans to compare; compute works a plan out, one
    of them is posted with the resolution of the members.  Posting computes
    again: a plan that no longer is what the books say is refused."""
    __name__ = 'fupin.surplus'
    __string__ = "Surplus Distribution"

    _sequence_name = 'surplus_sequence'

    name = fields.Char(
        "Plan", required=True, states=DRAFT,
        help="What tells the plan from the other plans for the year.")
    fiscalyear = fields.Many2One(
        'account.fiscalyear', "Fiscal Year", required=True,
        ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=DRAFT)
    distributed_year = fields.Many2One(
        'account.fiscalyear', "Distributed Year", readonly=True,
        ondelete='RESTRICT',
        help="The year whose surplus is distributed by it and nothing else.")
    resolution = fields.Many2One(
        'fupin.resolution', "Resolution", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('subject', 'in', ['surplus', 'loss']),
            If(Eval('state') == 'draft',
                ('state', '=', 'adopted'),
                ()),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('state') != 'draft',
            },
        help="The members' resolution that adopts the plan, or the one on "
        "the loss of the year (Art. 29).")
    charter = fields.Many2One(
        'fupin.charter', "Charter", readonly=True, ondelete='RESTRICT',
        help="The charter in force at the end of the year.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')

    # What the plan decides
    transferred = parameter(
        "Losses Covered by Reserve",
        "What the reserve covers of losses (Art. 42), line 14.")
    reserve_rate = fields.Numeric(
        "Reserve Rate", digits=RATE_DIGITS, required=True, states=DRAFT,
        help="What is set aside of the surplus that is left after losses "
        "(Art. 42).")
    released = parameter(
        "Released",
        "What is distributed of the undistributed surplus of former years.")
    refund_rate = fields.Numeric(
        "Refund Rate", digits=RATE_DIGITS, required=True, states=DRAFT,
        help="What is refunded by trade, at least 60 % (Art. 44).")
    carried = parameter(
        "Carried Forward",
        "What the resolution carries forward of what the refund leaves.")
    refund_converted = parameter(
        "Refund Converted",
        "What of the refund becomes contribution (Art. 44).")
    remainder_converted = parameter(
        "Remainder Converted",
        "What of the remainder becomes contribution (Art. 44).")

    # What comes out, with the lines of 会农社02
    year_surplus = figure(
        "Surplus of the Year", help="Line 12; negative for a loss.")
    opening = figure(
        "Opening Undistributed Surplus",
        help="Line 13, with what leavers bore of losses in the year; "
        "negative for losses that are not covered.")
    losses = figure(
        "Losses to Cover", help="Those of this year and of former ones.")
    covered = figure(
        "Losses Covered by Surplus",
        help="What the surplus of the year covers of the losses.")
    available = figure(
        "Surplus after Losses", help="What reserves are set aside from.")
    reserve = figure("Reserve", help="Line 15.")
    distributable = figure(
        "Distributable Surplus (Art. 44)",
        help="The surplus of the year after losses and reserve; "
        "the refund is measured by it.")
    line_16 = figure(
        "Distributable Surplus (line 16)",
        help="The same with the undistributed surplus of former years.")
    uncovered = figure("Losses Not Covered")
    base = figure(
        "To Distribute",
        help="The distributable surplus of the law and what is released.")
    refund_minimum = figure(
        "Minimum Refund", help="The least that the law allows (Art. 44).")
    refund = figure("Refund")
    remainder = figure("Remainder")
    line_17 = figure("Refund (line 17)", help="Without what is converted.")
    line_18 = figure("Remainder (line 18)", help="Without what is converted.")
    line_19 = figure("Converted to Contribution (line 19)")
    line_20 = figure("Closing Undistributed Surplus (line 20)")
    outcome = fields.Selection([
            (None, ""),
            ('distribution', "Distribution"),
            ('no_trade', "No Trade, Carried Forward"),
            ('loss', "Loss"),
            ('nothing', "Nothing to Distribute"),
            ], "Outcome", readonly=True, sort=False)
    outcome_string = outcome.translated('outcome')
    explanation = fields.Function(
        fields.Text("Explanation"), 'get_explanation')
    lines = fields.One2Many(
        'fupin.surplus.line', 'surplus', "Lines", readonly=True,
        order=[('sequence', 'ASC'), ('id', 'ASC')])

    _figures = [
        'year_surplus', 'opening', 'losses', 'covered', 'available',
        'reserve', 'distributable', 'line_16', 'uncovered', 'base',
        'refund_minimum', 'refund', 'remainder', 'line_17', 'line_18',
        'line_19', 'line_20', 'outcome']

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._document_fields = cls._document_fields | {'distributed_year'}
        cls.date.states = {'readonly': True}
        cls.date.help = "The last day of the fiscal year."
        t = cls.__table__()
        cls._sql_constraints += [
            ('distributed_year_unique', Unique(t, t.distributed_year),
                'fupin_coop.msg_surplus_year_unique'),
            ]
        cls._buttons.update({
                'compute': {
                    'invisible': Eval('state') != 'draft',
                    'icon': 'tryton-refresh',
                    'depends': ['state'],
                    },
                })
        cls._buttons['post']['readonly'] = ~Bool(Eval('outcome'))
        cls._buttons['post']['depends'] = ['state', 'outcome']

    @classmethod
    def default_name(cls):
        return gettext('fupin_coop.msg_surplus_plan')

    @classmethod
    def default_fiscalyear(cls):
        "The last year that is over"
        pool = Pool()
        Date = pool.get('ir.date')
        FiscalYear = pool.get('account.fiscalyear')
        years = FiscalYear.search([
                ('company', '=', cls.default_company()),
                ('state', '=', 'open'),
                ('end_date', '<', Date.today()),
                ], order=[('end_date', 'DESC')], limit=1)
        return years[0].id if years else None

    @classmethod
    def default_date(cls):
        FiscalYear = Pool().get('account.fiscalyear')
        if year := cls.default_fiscalyear():
            return FiscalYear(year).end_date

    @classmethod
    def default_reserve_rate(cls):
        charter = cls._default_charter()
        return charter.reserve_rate if charter else None

    @classmethod
    def default_refund_rate(cls):
        charter = cls._default_charter()
        return charter.refund_rate if charter else None

    @classmethod
    def _default_charter(cls):
        pool = Pool()
        Company = pool.get('company.company')
        company, date = cls.default_company(), cls.default_date()
        if company is not None and date:
            return cls._find_charter(Company(company), date)

    @classmethod
    def _find_charter(cls, company, date):
        Charter = Pool().get('fupin.charter')
        charters = Charter.search([
                ('company', '=', company.id),
                ('state', '=', 'posted'),
                ('from_date', '<=', date),
                ], order=[('from_date', 'DESC')], limit=1)
        return charters[0] if charters else None

    @classmethod
    def _default_zero(cls):
        return ZERO

    default_transferred = default_released = default_carried = _default_zero
    default_refund_converted = default_remainder_converted = _default_zero

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('company', 'fiscalyear')
    def on_change_fiscalyear(self):
        if self.fiscalyear:
            self.date = self.fiscalyear.end_date
            if self.company and (charter := self._find_charter(
                        self.company, self.date)):
                self.reserve_rate = charter.reserve_rate
                self.refund_rate = charter.refund_rate

    @classmethod
    def preprocess_values(cls, mode, values):
        FiscalYear = Pool().get('account.fiscalyear')
        values = super().preprocess_values(mode, values)
        if values.get('fiscalyear'):
            values['date'] = FiscalYear(values['fiscalyear']).end_date
        return values

    def get_rec_name(self, name):
        return ' '.join(filter(None, [
                    self.number, self.fiscalyear.rec_name, self.name]))

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('number', *clause[1:]),
            ('name', *clause[1:]),
            ('fiscalyear.rec_name', *clause[1:]),
            ]

    @classmethod
    def copy(cls, surpluses, default=None):
        default = default.copy() if default is not None else {}
        for name in ['lines', 'resolution', 'charter', *cls._figures]:
            default.setdefault(name)
        return super().copy(surpluses, default=default)

    @classmethod
    def get_explanation(cls, surpluses, name):
        return {s.id: s._explain() for s in surpluses}

    def _explain(self):
        "Return why line 16 is not what Art. 44 calls distributable"
        Lang = Pool().get('ir.lang')
        lang = Lang.get()
        if not self.outcome:
            return gettext('fupin_coop.msg_surplus_explain_compute')

        def money(amount):
            return lang.currency(amount, self.currency, grouping=True)

        values = {
            'surplus': money(self.year_surplus),
            'losses': money(self.losses),
            'covered': money(self.covered),
            'transferred': money(self.transferred),
            'uncovered': money(self.uncovered),
            'reserve': money(self.reserve),
            'distributable': money(self.distributable),
            'line_16': money(self.line_16),
            'difference': money(abs(self.line_16 - self.distributable)),
            'minimum': money(self.refund_minimum),
            'refund': money(self.refund),
            'base': money(self.base),
            }
        names = [self.outcome]
        if self.line_16 > self.distributable:
            names.append('difference')
        elif self.line_16 < self.distributable:
            names.append('uncovered')
        return '\n'.join(
            gettext(f'fupin_coop.msg_surplus_explain_{n}', **values)
            for n in names)

    # Reading the year

    @property
    def closing(self):
        "The closing of the year in any state, None before there is one"
        Closing = Pool().get('fupin.closing')
        closings = Closing.search([
                ('company', '=', self.company.id),
                ('fiscalyear', '=', self.fiscalyear.id),
                ], limit=1)
        return closings[0] if closings else None

    def get_opening(self):
        """Return what former years left undistributed (年初未分配盈余), and
        what leavers have borne of their losses in the year."""
        Leaver = Pool().get('fupin.leaver')
        return sum(get_balances(
                self.company, ['331', '33201', '33202'],
                before=self.fiscalyear.start_date).values()
            ) + Leaver.get_borne(
                self.company, self.fiscalyear.start_date,
                self.fiscalyear.end_date)

    def get_year_surplus(self):
        """Return the surplus of the year (本年盈余), what it comes to so far
        as long as it is not transferred."""
        closing = self.closing
        if not closing:
            raise SurplusYearError(gettext(
                    'fupin_coop.msg_surplus_closing_missing',
                    surplus=self.full_name,
                    year=self.fiscalyear.rec_name))
        return closing.surplus

    @without_check_access
    def get_members(self):
        "Return {number: Member} of all who were members in the year"
        pool = Pool()
        MemberModel = pool.get('fupin.member')
        Membership = pool.get('fupin.household.membership')
        cursor = Transaction().connection.cursor()
        member, membership = MemberModel.__table__(), Membership.__table__()
        start, end = self.fiscalyear.start_date, self.fiscalyear.end_date
        cursor.execute(*member
            .join(membership, 'LEFT',
                condition=(membership.person == member.person)
                & (membership.from_date <= end)
                & ((membership.to_date == Null)
                    | (membership.to_date >= end)))
            .select(
                member.id, member.number, member.party, member.person,
                member.household, membership.household, member.to_date,
                where=(member.company == self.company.id)
                & (member.from_date <= end)
                & ((member.to_date == Null) | (member.to_date >= start)),
                order_by=[member.id, membership.from_date]))
        members = {}
        for id_, number, party, person, own, household, to_date in cursor:
            members[number] = Member(
                id_, number, party, person, household or own,
                to_date is not None and to_date <= end)
        return {
            number: members[number]
            for number in sorted(members, key=number_key)}

    def get_accounts(self, members, charter):
        """Return {number: Account} as the members' accounts are at the end of
        the year, and {number: yuan} of their trade."""
        Entry = Pool().get('fupin.member.entry')
        balances = Entry.balances(self.company, self.date)
        trades = Entry.trade(
            self.company, self.fiscalyear.start_date, self.date)
        factors = charter.get_factors()
        accounts, amounts = {}, {}
        for number, member in members.items():
            balance = balances.get(member.id, {})
            trade = trades.get(member.id, {})
            amounts[number] = sum((a for _, a in trade.values()), ZERO)
            if charter.refund_base == 'volume':
                lines = trade_by_volume(
                    {p: q for p, (q, _) in trade.items()}, factors)
            else:
                lines = trade_by_value({p: a for p, (_, a) in trade.items()})
            accounts[number] = Account(
                number, lines,
                contribution=balance.get('household_asset', ZERO)
                + balance.get('other', ZERO),
                reserve=balance.get('reserve', ZERO),
                grant=balance.get('grant', ZERO),
                donation=balance.get('donation', ZERO),
                leaving=member.leaving)
        return accounts, amounts

    # Computing

    @classmethod
    @ModelView.button
    def compute(cls, surpluses):
        "Work the plans out"
        pool = Pool()
        Charter = pool.get('fupin.charter')
        surpluses = cls.claim(surpluses, 'draft')
        Line = pool.get('fupin.surplus.line')
        for surplus in surpluses:
            charter = Charter.get(surplus.company, surplus.date)
            computation = surplus.get_computation(charter)
            for name, value in computation.figures().items():
                setattr(surplus, name, value)
            surplus.charter = charter
            surplus.save()
            Line.replace(surplus, computation.rows())

    def get_computation(self, charter):
        "Return what the parameters make of the year"
        try:
            return self._get_computation(charter)
        except (DistributionError, QuantificationError) as error:
            raise self._refuse(error) from error

    def _get_computation(self, charter):
        Limit = Pool().get('fupin.cooperative.limit')
        minimum = Limit.get(self.date).refund_minimum
        year_surplus, opening = self.get_year_surplus(), self.get_opening()
        held = get_balances(self.company, ['322'], until=self.date)['322']
        transferred = self.transferred
        if transferred > held:
            raise DistributionError(
                'held', 42, transferred=transferred, maximum=held)
        if self.reserve_rate < 0 or self.reserve_rate > 1:
            raise DistributionError(
                'rate', 42, name='reserve', rate=self.reserve_rate)
        reserve = set_aside(
            year_surplus, opening, transferred, self.reserve_rate)
        surplus = assess(year_surplus, opening, transferred, reserve)

        members = self.get_members()
        accounts, amounts = self.get_accounts(members, charter)
        base = surplus.distributable + self.released
        refund = refund_pool(base, self.refund_rate, minimum)
        if (base and self.carried == base
                and not any(a.traded for a in accounts.values())):
            # without trade there is no ratio: all is carried forward
            refund = ZERO
        plan = distribute(
            surplus, accounts.values(), refund, minimum,
            released=self.released, carried=self.carried,
            refund_converted=self.refund_converted,
            remainder_converted=self.remainder_converted)

        taken = reduce_reserve(
            transferred, {n: a.reserve for n, a in accounts.items()})
        shares = quantify_reserve(
            reserve, accounts.values(), charter.reserve_rates)
        return Computation(
            members, plan, amounts,
            {n: p.amount for n, p in taken.items()},
            {n: s.amount for n, s in shares.items()})

    def _refuse(self, error):
        "Return the message of what the law or the figures do not allow"
        Lang = Pool().get('ir.lang')
        lang = Lang.get()
        values = {'name': '', 'rate': '', 'number': '', 'product': ''}
        for name, value in error.values.items():
            if name in {'rate', 'sum'} and isinstance(value, Decimal):
                value = lang.format_number(value * 100)
            elif isinstance(value, Decimal):
                value = lang.currency(
                    value, self.currency, grouping=True)
            elif name == 'name' and value in self._fields:
                value = self.__names__(value)['field']
            elif name == 'product':
                value = Pool().get('product.product')(value).rec_name
            values[name] = value
        values.setdefault('minimum', '')
        return SurplusParameterError(gettext(
                f'fupin_coop.msg_surplus_refuse_{error.reason}',
                surplus=self.full_name,
                year=self.fiscalyear.rec_name,
                article=error.article,
                **values))

    def get_totals(self):
        "Return the sums of what refund and remainder are divided by"
        Line = Pool().get('fupin.surplus.line')
        _, rows = Line.read_rows(self)
        totals = {'traded': Decimal(0), 'capital': ZERO}
        for row in rows:
            values = dict(zip(COLUMNS, row))
            totals['traded'] += values['traded']
            totals['capital'] += sum(
                values[n]
                for n in ['contribution', 'reserve', 'grant', 'donation'])
        return totals

    # Posting

    def get_period(self, date):
        "The period of the closing, where the year has one of its own"
        closing = self.closing
        if date == self.date and closing and closing.period:
            return closing.period
        return super().get_period(date)

    def check_post(self):
        pool = Pool()
        Date = pool.get('ir.date')
        Resolution = pool.get('fupin.resolution')
        values = {
            'surplus': self.full_name,
            'year': self.fiscalyear.rec_name,
            }
        if self.fiscalyear.state != 'open':
            raise SurplusYearError(gettext(
                    'fupin_coop.msg_surplus_year_closed', **values))
        others = self.search([
                ('distributed_year', '=', self.fiscalyear.id),
                ], limit=1)
        if others:
            raise SurplusYearError(gettext(
                    'fupin_coop.msg_surplus_year_distributed',
                    other=others[0].rec_name, **values))
        closing = self.closing
        if not closing or closing.state != 'transferred':
            raise SurplusYearError(gettext(
                    'fupin_coop.msg_surplus_not_transferred', **values))
        super().check_post()
        if not self.outcome:
            raise SurplusError(gettext(
                    'fupin_coop.msg_surplus_not_computed', **values))
        with Transaction().set_context(company=self.company.id):
            today = Date.today()
        Resolution.check(
            self.resolution,
            'loss' if self.outcome == 'loss' else 'surplus',
            self.company, date=today)
        self.check_balanced()
        self.check_computed()

    def check_balanced(self):
        """Raise SurplusBalanceError if an account of equity is not what the
        members hold and what is stated as not quantified."""
        Reconciliation = Pool().get('fupin.reconciliation')
        Lang = Pool().get('ir.lang')
        lang = Lang.get()
        for check in Reconciliation.check_equity(
                self.company, date=self.date):
            if check.count:
                raise SurplusBalanceError(gettext(
                        'fupin_coop.msg_surplus_unbalanced_check',
                        surplus=self.full_name,
                        check=gettext(
                            f'fupin_coop.msg_reconciliation_{check.name}'),
                        difference=lang.currency(
                            check.difference, self.currency, grouping=True)))

    def check_computed(self):
        "Raise SurplusError if the plan is not what the books say now"
        pool = Pool()
        Charter = pool.get('fupin.charter')
        Line = pool.get('fupin.surplus.line')
        charter = Charter.get(self.company, self.date)
        computation = self.get_computation(charter)
        figures = computation.figures()
        _, stored = Line.read_rows(self)
        if (charter != self.charter
                or any(getattr(self, n) != v for n, v in figures.items())
                or stored != list(computation.rows())):
            raise SurplusError(gettext(
                    'fupin_coop.msg_surplus_changed',
                    surplus=self.full_name,
                    year=self.fiscalyear.rec_name))
