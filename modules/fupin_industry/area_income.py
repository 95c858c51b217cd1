# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Cast, Literal, Null, Union, With
from sql.aggregate import Count

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.fupin_household.cents import (
    sql_divide, sql_money, sql_rate, sql_sum)
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.pyson import PYSONEncoder
from trytond.tools import sql_pairing
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import StateAction, Wizard

from .household_income import FILTERS, IncomeReportMixin, ReportContext

AREA_LEVELS = ['county', 'township', 'village']
LEVELS = [*AREA_LEVELS, 'enterprise']


class AreaIncome(IncomeReportMixin, ExportMixin, ModelSQL, ModelView):
    "The industry income of all households of an area or of an enterprise"
    __name__ = 'fupin.industry.area_income'

    level = fields.Selection([
            ('county', "County"),
            ('township', "Township"),
            ('village', "Village"),
            ('enterprise', "Enterprise"),
            ], "Level", sort=False)
    year = fields.Many2One('fupin.income.year', "Income Year")
    area = fields.Many2One('country.subdivision', "Area")
    enterprise = fields.Many2One('fupin.enterprise', "Enterprise")
    company = fields.Many2One('company.company', "Cooperative")
    place = fields.Function(
        fields.Char("Area or Enterprise"), 'get_place',
        searcher='search_place')
    households = fields.Integer("Households")
    persons = fields.Integer(
        "Persons",
        help="The persons of the households on the last day of the year.")
    earning_households = fields.Integer(
        "Households with Industry Income")
    industry_income = fields.Numeric("Industry Income", digits=(16, 2))
    per_household = fields.Numeric(
        "Average per Household", digits=(16, 2),
        help="The industry income divided by all households.")
    per_earning_household = fields.Numeric(
        "Average per Earning Household", digits=(16, 2),
        help="The industry income divided by the households that have some.")
    per_capita = fields.Numeric(
        "Industry Income per Person", digits=(16, 2),
        help="The industry income divided by the persons.")
    paid = fields.Numeric(
        "Paid", digits=(16, 2),
        help="What has been paid of the industry income.")
    previous_industry_income = fields.Numeric(
        "Industry Income of the Year before", digits=(16, 2))
    change = fields.Numeric(
        "Change", digits=(16, 2),
        help="The industry income less that of the year before.")
    change_rate = fields.Numeric(
        "Change in %", digits=(16, 4),
        help="The change in percent of the year before; "
        "empty without industry income in the year before.")
    income_areas = fields.Function(fields.Many2Many(
            'country.subdivision', None, None, "Areas of Households",
            help="The areas of the households that earned from it."),
        'get_income_areas', searcher='search_income_areas')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('year', 'DESC'),
            ('level', 'ASC'),
            ('industry_income', 'DESC'),
            ('id', 'ASC'),
            ]

    @classmethod
    def table_query(cls):
        levels = LEVELS
        if level := Transaction().context.get('level'):
            levels = [level]
        queries = []
        for level in levels:
            if level == 'enterprise':
                queries.append(cls._enterprise_rows())
            else:
                queries.append(cls._area_rows(level))
        if len(queries) == 1:
            return queries[0]
        return Union(*queries, all_=True)

    @classmethod
    def _columns(cls, row, level, key, households):
        "Return the columns that count the households of row"
        persons = sql_sum(row.persons)
        earning = sql_sum(Literal(1), row.industry > 0)
        industry = sql_sum(row.industry)
        previous = sql_sum(row.previous)
        return [
            sql_pairing(key * len(LEVELS) + LEVELS.index(level), row.year).as_(
                'id'),
            Literal(level).as_('level'),
            row.year,
            households.as_('households'),
            persons.as_('persons'),
            earning.as_('earning_households'),
            sql_money(industry).as_('industry_income'),
            sql_money(sql_divide(industry, households)).as_('per_household'),
            sql_money(sql_divide(industry, earning)).as_(
                'per_earning_household'),
            sql_money(sql_divide(industry, persons)).as_('per_capita'),
            sql_money(sql_sum(row.paid)).as_('paid'),
            sql_money(previous).as_('previous_industry_income'),
            sql_money(industry - previous).as_('change'),
            sql_rate(industry - previous, previous).as_('change_rate'),
            ]

    @classmethod
    def _area_rows(cls, level):
        row = cls._households()
        area = getattr(row, level)
        return row.select(
            *cls._columns(row, level, area, Count(Literal(1))),
            area.as_('area'),
            Cast(Null, 'INTEGER').as_('enterprise'),
            Cast(Null, 'INTEGER').as_('company'),
            where=area != Null,
            group_by=[row.year, area])

    @classmethod
    def _enterprise_rows(cls):
        """The households of an enterprise are those with lines of it in the
        year."""
        enterprise = Pool().get('fupin.enterprise').__table__()
        row = cls._enterprise_households()
        return (row
            .join(enterprise, condition=row.enterprise == enterprise.id)
            .select(
                *cls._columns(
                    row, 'enterprise', row.enterprise,
                    sql_sum(row.counted)),
                enterprise.area.as_('area'),
                enterprise.id.as_('enterprise'),
                enterprise.company.as_('company'),
                group_by=[
                    row.year, row.enterprise, enterprise.id, enterprise.area,
                    enterprise.company]))

    @classmethod
    def _enterprise_households(cls):
        "Return the query of the households of enterprises in the years"
        pool = Pool()
        context = Transaction().context
        household, household_from, where = cls._readable('fupin.household')
        kept = pool.get('fupin.household.year').__table__()

        years = With(query=cls._years())
        lines = With(query=cls._lines(years, 'enterprise'))

        def part(year, **columns):
            return lines.join(years, condition=lines.year == year).select(
                lines.household, lines.enterprise, years.id.as_('year'),
                *[columns.get(n, Literal(0)).as_(n) for n in [
                        'industry', 'paid', 'previous', 'counted']])
        parts = Union(
            part(years.id, industry=lines.industry, paid=lines.paid,
                counted=Literal(1)),
            part(years.previous, previous=lines.industry),
            all_=True)
        keys = [parts.household, parts.enterprise, parts.year]
        row = parts.select(
            *keys,
            *[sql_sum(getattr(parts, n)).as_(n) for n in [
                    'industry', 'paid', 'previous', 'counted']],
            group_by=keys)
        from_ = (household_from
            .join(row, condition=row.household == household.id)
            .join(kept,
                condition=(kept.household == row.household)
                & (kept.year == row.year)))
        if context.get('registration_kind'):
            registration = cls._registrations()
            from_ = from_.join(registration,
                condition=(registration.household == row.household)
                & (registration.year == row.year))
        for name in ['township', 'village']:
            if id_ := context.get(name):
                where &= getattr(kept, name) == id_
        return from_.select(
            row.enterprise, row.year, row.industry, row.paid,
            row.previous, row.counted,
            (row.counted * kept.persons).as_('persons'),
            where=where,
            with_=[years, lines])

    @classmethod
    def get_income_areas(cls, records, name):
        with without_check_access():
            return {
                r.id: [a.id for a in r.enterprise.income_areas]
                if r.enterprise else [] for r in cls.browse(records)}

    @classmethod
    def search_income_areas(cls, name, clause):
        return [('enterprise.' + clause[0], *clause[1:])]

    def get_place(self, name):
        return (self.enterprise or self.area).rec_name

    @classmethod
    def search_place(cls, name, clause):
        _, operator, value = clause
        return ['OR',
            [
                ('level', '=', 'enterprise'),
                ('enterprise.rec_name', operator, value),
                ],
            [
                ('level', '!=', 'enterprise'),
                ('area.rec_name', operator, value),
                ],
            ]

    def get_rec_name(self, name):
        return f'{self.place} - {self.year.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('place', *clause[1:])]


class Context(ReportContext):
    __name__ = 'fupin.industry.area_income.context'

    level = fields.Selection([
            (None, ""),
            ('county', "County"),
            ('township', "Township"),
            ('village', "Village"),
            ('enterprise', "Enterprise"),
            ], "By", sort=False)

    @classmethod
    def default_level(cls):
        User = Pool().get('res.user')
        # who has no areas sees the enterprises of the own cooperatives
        default = 'township' if User.get_areas() else 'enterprise'
        return Transaction().context.get('level', default)


class OpenHouseholds(Wizard):
    __name__ = 'fupin.industry.area_income.open_households'
    _readonly = True

    start_state = 'open_'
    open_ = StateAction('fupin_industry.act_household_income_form')

    def do_open_(self, action):
        row = self.record
        context = {n: Transaction().context.get(n) for n in FILTERS}
        context['year'] = row.year.id
        domain = []
        if row.level == 'enterprise':
            context['enterprise'] = row.enterprise.id
        elif row.level == 'county':
            domain.append(('county', '=', row.area.id))
        else:
            context[row.level] = row.area.id
        action['pyson_context'] = PYSONEncoder().encode(context)
        action['pyson_domain'] = PYSONEncoder().encode(domain)
        action['name'] += ' (%s)' % row.rec_name
        return action, {}
