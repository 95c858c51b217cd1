# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Literal, Null, With
from sql.aggregate import Max
from sql.conditionals import Case, Coalesce

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.fupin_household.cents import (
    sql_divide, sql_money, sql_rate, sql_sum)
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.pyson import PYSONEncoder
from trytond.transaction import Transaction
from trytond.wizard import StateAction, Wizard

from .linkage_proof import ProofMixin

COUNTED = [
    'claimed', 'poor_claimed', 'led', 'poor_led', 'unproved', 'unpaid',
    'unclaimed']
AMOUNTS = ['promised', 'earned', 'paid', 'outstanding']


class LinkageIndicator(ProofMixin, ExportMixin, ModelSQL, ModelView):
    """What a cooperative or enterprise claims and proves in a year, with the
    households that each share is of"""
    __name__ = 'fupin.linkage.indicator'
    __string__ = "Linkage Indicators"

    year = fields.Many2One('fupin.income.year', "Income Year")
    company = fields.Many2One('company.company', "Cooperative")
    enterprise = fields.Many2One('fupin.enterprise', "Enterprise")
    claimed = fields.Integer(
        "Households Claimed", help="That it says it leads.")
    poor_claimed = fields.Integer("Registered Households Claimed")
    led = fields.Integer(
        "Households Led", help="That have been paid by it in the year.")
    poor_led = fields.Integer("Registered Households Led")
    poor_rate = fields.Numeric(
        "Registered in %", digits=(16, 4),
        help="The registered households led of all that are led.")
    unproved = fields.Integer("Claimed without Proof")
    unpaid = fields.Integer("Promised, Not Paid")
    unclaimed = fields.Integer("Proved without Claim")
    promised = fields.Numeric("Promised", digits=(16, 2))
    earned = fields.Numeric("Earned", digits=(16, 2))
    paid = fields.Numeric("Paid", digits=(16, 2))
    outstanding = fields.Numeric("Outstanding", digits=(16, 2))
    per_household = fields.Numeric(
        "Paid per Household", digits=(16, 2),
        help="What was paid divided by the households led.")
    previous_paid = fields.Numeric(
        "Paid the Year before", digits=(16, 2))
    change = fields.Numeric("Change", digits=(16, 2))
    change_rate = fields.Numeric(
        "Change in %", digits=(16, 4),
        help="Empty if nothing was paid the year before.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('year', 'DESC'), ('company', 'ASC'), ('enterprise', 'ASC'),
            ('id', 'ASC')]

    @classmethod
    def table_query(cls):
        "A household counts once, by however many linkages it is led"
        row = cls._sources()
        change = row.paid - row.previous_paid
        return row.select(
            cls._key(row).as_('id'),
            row.year, row.company,
            Case((row.enterprise > 0, row.enterprise), else_=Null).as_(
                'enterprise'),
            *[getattr(row, n) for n in COUNTED],
            *[sql_money(getattr(row, n)).as_(n) for n in AMOUNTS],
            sql_rate(row.poor_led, row.led).as_('poor_rate'),
            sql_money(sql_divide(row.paid, row.led)).as_('per_household'),
            sql_money(row.previous_paid).as_('previous_paid'),
            sql_money(change).as_('change'),
            sql_rate(change, row.previous_paid).as_('change_rate'))

    @classmethod
    def _sources(cls):
        "Return the query of the counts and sums of each source and year"
        pool = Pool()
        kind = pool.get('fupin.registration.kind').__table__()
        years = With(query=cls._years())
        registration = cls._registrations()
        households = With(query=cls._source_households())
        previous = With(query=cls._previous_paid())

        poor = kind.poor == Literal(True)
        led = households.paid > 0
        keys = [households.company, households.enterprise, households.year]
        return (households
            .join(years, condition=years.id == households.year)
            .join(registration, type_='LEFT',
                condition=(registration.household == households.household)
                & (registration.year == households.year))
            .join(kind, type_='LEFT',
                condition=kind.id == registration.kind)
            .join(previous, type_='LEFT',
                condition=(previous.company == households.company)
                & (previous.enterprise == households.enterprise)
                & (previous.year == households.year))
            .select(
                *keys,
                sql_sum(households.claimed).as_('claimed'),
                sql_sum(households.claimed, poor).as_('poor_claimed'),
                sql_sum(Literal(1), led).as_('led'),
                sql_sum(Literal(1), led & poor).as_('poor_led'),
                *[sql_sum(getattr(households, n)).as_(n)
                    for n in ['unproved', 'unpaid', 'unclaimed', *AMOUNTS]],
                Coalesce(Max(previous.paid), 0).as_('previous_paid'),
                group_by=keys,
                with_=[years, households, previous]))

    @classmethod
    def _source_households(cls):
        row = cls._proofs()
        keys = [row.company, row.enterprise, row.household, row.year]

        def any_(result):
            return Max(Case((row.result == result, 1), else_=0))
        return row.select(
            *keys,
            Max(Case((row.claimed > 0, 1), else_=0)).as_('claimed'),
            *[any_(n).as_(n) for n in ['unproved', 'unpaid', 'unclaimed']],
            *[sql_sum(getattr(row, n)).as_(n) for n in AMOUNTS],
            group_by=keys)

    @classmethod
    def _previous_paid(cls):
        "Return the query of what each source paid the year before the year"
        year = Pool().get('fupin.income.year').__table__()
        where = Literal(True)
        context = {'year': None}
        if year_id := Transaction().context.get('year'):
            where = year.id == year_id
            Year = Pool().get('fupin.income.year')
            before = Year(year_id).previous
            context['year'] = before.id if before else -1
        with Transaction().set_context(**context):
            row = cls._proofs()
        keys = [row.company, row.enterprise, year.id]
        return row.join(year, condition=year.previous == row.year).select(
            *[k.as_(n) for k, n in zip(
                    keys, ['company', 'enterprise', 'year'])],
            sql_sum(row.paid).as_('paid'),
            where=where,
            group_by=keys)

    def get_rec_name(self, name):
        return (f'{(self.enterprise or self.company).rec_name} - '
            f'{self.year.rec_name}')

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('company.rec_name', *clause[1:]),
            ('enterprise.rec_name', *clause[1:]),
            ]


class OpenProofs(Wizard):
    "Open the households behind the indicators"
    __name__ = 'fupin.linkage.indicator.open_proofs'
    _readonly = True

    start_state = 'open_'
    open_ = StateAction('fupin_industry.act_linkage_proof_form')

    def do_open_(self, action):
        row = self.record
        context = Transaction().context
        action['pyson_context'] = PYSONEncoder().encode({
                'year': row.year.id,
                'cooperative': row.company.id,
                'enterprise': row.enterprise.id if row.enterprise else None,
                'township': context.get('township'),
                })
        action['pyson_domain'] = PYSONEncoder().encode([
                ('enterprise', '=', (
                        row.enterprise.id if row.enterprise else None)),
                ])
        action['name'] += ' (%s)' % row.rec_name
        return action, {}
