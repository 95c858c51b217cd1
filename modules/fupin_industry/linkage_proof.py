# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt

from sql import Cast, Literal, Null, Union, With
from sql.conditionals import Case, Coalesce

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.fupin_household.cents import (
    sql_cents, sql_money, sql_sum)
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.pyson import Eval, If, PYSONEncoder
from trytond.transaction import Transaction
from trytond.wizard import StateAction, Wizard

from .household_income import IncomeReportMixin

RESULTS = [
    ('proved', "Proved"),
    ('pending', "Not Yet Due"),
    ('unpaid', "Promised, Not Paid"),
    ('unproved', "Claimed without Proof"),
    ('unclaimed', "Proved without Claim"),
    ('not_judged', "Not Judged"),
    ]
FIGURES = [
    'claimed', 'promised', 'overdue', 'earned', 'earned_due', 'paid']
KEYS = ['company', 'enterprise', 'household', 'kind', 'year']


class ProofMixin(IncomeReportMixin):
    """The query that sets the ledger of income against what is claimed

    A key is the cooperative, its enterprise (0 for the cooperative as a
    whole), the household, the kind of linkage and the income year."""
    __slots__ = ()

    @classmethod
    def _cutoff(cls):
        "Return the last day that must have been paid by now"
        pool = Pool()
        today = pool.get('ir.date').today()
        grace = pool.get('fupin.linkage.rule').get_grace_days(today)
        return today - dt.timedelta(days=grace)

    @classmethod
    def _claims(cls, years):
        "Return the query of what was claimed and promised for the years"
        pool = Pool()
        promise = pool.get('fupin.linkage.promise').__table__()
        linkage, from_, where = cls._readable('fupin.linkage')
        last = Coalesce(linkage.to_date, years.end_date)
        promises = (promise
            .join(linkage, condition=promise.linkage == linkage.id)
            .join(years,
                condition=(promise.due_date >= years.start_date)
                & (promise.due_date <= years.end_date))
            .select(
                linkage.id.as_('linkage'), years.id.as_('year'),
                sql_sum(sql_cents(promise.amount)).as_('promised'),
                sql_sum(
                    sql_cents(promise.amount),
                    promise.due_date <= cls._cutoff()).as_('overdue'),
                # what ended before owes no more
                where=promise.due_date <= last,
                group_by=[linkage.id, years.id]))
        # the linkage of the promises is another row than that of the claim
        claim, claim_from, claim_where = cls._readable('fupin.linkage')
        if cooperative := Transaction().context.get('cooperative'):
            claim_where &= claim.company == cooperative
        enterprise = Coalesce(claim.enterprise, 0)
        keys = [
            claim.company, enterprise, claim.household, claim.kind, years.id]
        return (claim_from
            .join(years,
                condition=(claim.from_date <= years.end_date)
                & (Coalesce(claim.to_date, years.end_date)
                    >= years.start_date))
            .join(promises, type_='LEFT',
                condition=(promises.linkage == claim.id)
                & (promises.year == years.id))
            .select(
                *[k.as_(n) for k, n in zip(keys, KEYS)],
                Literal(1).as_('claimed'),
                Coalesce(promises.promised, 0).as_('promised'),
                Coalesce(promises.overdue, 0).as_('overdue'),
                *[Literal(0).as_(n) for n in ['earned', 'earned_due', 'paid']],
                where=claim_where & (claim.state == 'posted')))

    @classmethod
    def _earnings(cls, years, claims):
        """Return the query of what the ledger has of the kinds

        A line counts for the claim of its enterprise, else for that of its
        cooperative."""
        pool = Pool()
        category = pool.get('fupin.linkage.kind-income.category').__table__()
        payment = pool.get('fupin.income.payment').__table__()
        income, from_, where = cls._readable('fupin.income')
        if cooperative := Transaction().context.get('cooperative'):
            where &= income.company == cooperative
        payments = payment.select(
            payment.income,
            sql_sum(sql_cents(payment.amount)).as_('paid'),
            group_by=[payment.income])

        def claim_of(enterprise):
            keys = [getattr(claims, n) for n in KEYS]
            claim = claims.select(*keys, group_by=keys)
            return claim, (
                (claim.company == income.company)
                & (claim.enterprise == enterprise)
                & (claim.household == income.household)
                & (claim.kind == category.kind)
                & (claim.year == income.year))
        own, is_own = claim_of(Coalesce(income.enterprise, 0))
        whole, is_whole = claim_of(0)
        enterprise = Case(
            (own.company != Null, Coalesce(income.enterprise, 0)),
            (whole.company != Null, 0),
            else_=Coalesce(income.enterprise, 0))
        amount = sql_cents(income.amount)
        keys = [
            income.company, enterprise, income.household, category.kind,
            income.year]
        return (from_
            .join(category, condition=category.category == income.category)
            .join(years, condition=years.id == income.year)
            .join(payments, type_='LEFT',
                condition=payments.income == income.id)
            .join(own, type_='LEFT', condition=is_own)
            .join(whole, type_='LEFT', condition=is_whole)
            .select(
                *[k.as_(n) for k, n in zip(keys, KEYS)],
                *[Literal(0).as_(n)
                    for n in ['claimed', 'promised', 'overdue']],
                amount.as_('earned'),
                Case(
                    (income.date <= cls._cutoff(), amount), else_=0).as_(
                    'earned_due'),
                Coalesce(payments.paid, 0).as_('paid'),
                where=where & (income.company != Null)))

    @classmethod
    def _key(cls, row, *keys):
        """Return the SQL expression of the id of a row

        The clients know whole numbers of 53 bits: 22 for the household, 15
        for the cooperative or enterprise, 8 each for kind and year."""
        source = Case(
            (row.enterprise > 0, row.enterprise * 2 + 1),
            else_=row.company * 2)
        id_ = Cast(source, 'BIGINT')
        for key, size in zip(keys, [2 ** 22, 2 ** 8]):
            id_ = id_ * size + key
        return id_ * 2 ** 8 + row.year

    @classmethod
    def _proofs(cls):
        "Return the query of the figures and the result of each key"
        pool = Pool()
        context = Transaction().context
        kind = pool.get('fupin.linkage.kind').__table__()
        household = pool.get('fupin.household').__table__()
        area = pool.get('country.subdivision').__table__()
        years = With(query=cls._years())
        claims = With(query=cls._claims(years))
        both = Union(
            claims.select(*[getattr(claims, n) for n in KEYS + FIGURES]),
            cls._earnings(years, claims),
            all_=True)
        keys = [getattr(both, n) for n in KEYS]
        row = both.select(
            *keys,
            *[sql_sum(getattr(both, n)).as_(n) for n in FIGURES],
            group_by=keys)
        expected = Case(
            (row.overdue > row.earned_due, row.overdue),
            else_=row.earned_due)
        outstanding = Case(
            (expected > row.paid, expected - row.paid), else_=0)
        result = Case(
            (kind.judged == Literal(False), 'not_judged'),
            (row.claimed == 0, 'unclaimed'),
            (outstanding > 0, 'unpaid'),
            (row.earned > 0, 'proved'),
            (row.promised > row.overdue, 'pending'),
            (years.end_date <= cls._cutoff(), 'unproved'),
            else_='pending')
        where = (row.claimed > 0) | (row.earned != 0) | (row.paid != 0)
        # a line may count for the claim of the whole cooperative
        if enterprise := context.get('enterprise'):
            where &= row.enterprise == enterprise
        if township := context.get('township'):
            where &= area.township == township
        return (row
            .join(kind, condition=kind.id == row.kind)
            .join(years, condition=years.id == row.year)
            .join(household, condition=household.id == row.household)
            .join(area, condition=area.id == household.area)
            .select(
                *[getattr(row, n) for n in KEYS + FIGURES],
                outstanding.as_('outstanding'),
                result.as_('result'),
                area.id.as_('area'),
                where=where,
                with_=[years, claims]))


class LinkageProof(ProofMixin, ExportMixin, ModelSQL, ModelView):
    """Claim against proof: what a cooperative says it does for a household
    and what the ledger of income shows of it in a year"""
    __name__ = 'fupin.linkage.proof'
    __string__ = "Claim against Proof"

    year = fields.Many2One('fupin.income.year', "Income Year")
    company = fields.Many2One('company.company', "Cooperative")
    enterprise = fields.Many2One('fupin.enterprise', "Enterprise")
    household = fields.Many2One('fupin.household', "Household")
    area = fields.Many2One('country.subdivision', "Area")
    kind = fields.Many2One('fupin.linkage.kind', "Kind")
    claimed = fields.Boolean("Claimed")
    promised = fields.Numeric(
        "Promised", digits=(16, 2), help="What falls due in the year.")
    overdue = fields.Numeric(
        "Due", digits=(16, 2),
        help="What of it should have been paid by now, the days of grace "
        "considered.")
    earned = fields.Numeric(
        "Earned", digits=(16, 2),
        help="What the ledger of income has of the kind.")
    paid = fields.Numeric("Paid", digits=(16, 2))
    outstanding = fields.Numeric(
        "Outstanding", digits=(16, 2),
        help="What is due or earned, whichever is more, and not paid.")
    result = fields.Selection(RESULTS, "Result", sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('year', 'DESC'), ('company', 'ASC'), ('household', 'ASC'),
            ('id', 'ASC')]

    @classmethod
    def table_query(cls):
        row = cls._proofs()
        return row.select(
            cls._key(row, row.household, row.kind).as_('id'),
            row.year, row.company, row.household, row.area, row.kind,
            Case((row.enterprise > 0, row.enterprise), else_=Null).as_(
                'enterprise'),
            (row.claimed > 0).as_('claimed'),
            *[sql_money(getattr(row, n)).as_(n) for n in [
                    'promised', 'overdue', 'earned', 'paid', 'outstanding']],
            row.result)

    def get_rec_name(self, name):
        source = self.enterprise or self.company
        return (f'{source.rec_name} - {self.household.rec_name} - '
            f'{self.kind.rec_name} - {self.year.rec_name}')

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('household.rec_name', *clause[1:])]

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('result').in_(['unpaid', 'unproved']), 'danger',
                    If(Eval('result') == 'unclaimed', 'warning',
                        If(Eval('result') == 'proved', 'success', '')))),
            ]


class Context(ModelView):
    __name__ = 'fupin.linkage.proof.context'

    year = fields.Many2One('fupin.income.year', "Income Year")
    township = fields.Many2One(
        'country.subdivision', "Township",
        domain=[
            ('type', '=', 'township'),
            ])
    cooperative = fields.Many2One('company.company', "Cooperative")
    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise",
        domain=[
            If(Eval('cooperative'),
                ('company', '=', Eval('cooperative', -1)),
                ()),
            ])

    @classmethod
    def default_year(cls):
        context = Transaction().context
        if 'year' in context:
            return context['year']
        return Pool().get(
            'fupin.industry.household_income.context').default_year()

    @classmethod
    def default_township(cls):
        return Transaction().context.get('township')

    @classmethod
    def default_cooperative(cls):
        return Transaction().context.get('cooperative')

    @classmethod
    def default_enterprise(cls):
        return Transaction().context.get('enterprise')


class OpenLines(Wizard):
    "Open the lines of the ledger that prove a linkage"
    __name__ = 'fupin.linkage.proof.open_lines'
    _readonly = True

    start_state = 'open_'
    open_ = StateAction('fupin_household.act_income_form')

    def do_open_(self, action):
        row = self.record
        domain = [
            ('household', '=', row.household.id),
            ('company', '=', row.company.id),
            ('year', '=', row.year.id),
            ('category', 'in', [c.id for c in row.kind.categories]),
            ]
        if row.enterprise:
            domain.append(('enterprise', '=', row.enterprise.id))
        action['pyson_domain'] = PYSONEncoder().encode(domain)
        action['name'] += ' (%s)' % row.rec_name
        return action, {}
