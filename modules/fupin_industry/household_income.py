# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from collections import defaultdict
from decimal import Decimal

from sql import Literal, Null, With
from sql.aggregate import Count
from sql.conditionals import Coalesce

from trytond.model import ModelSQL, ModelView, fields
from trytond.model.modelsql import convert_from
from trytond.modules.fupin_household.cents import (
    sql_cents, sql_divide, sql_money, sql_rate, sql_sum)
from trytond.modules.fupin_household.household_year_figures import (
    CLASSES, query_registrations)
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.pyson import Eval, If, PYSONEncoder
from trytond.tools import sql_pairing
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import StateAction, Wizard

# What the context may ask for
FILTERS = [
    'year', 'township', 'village', 'registration_kind', 'cooperative',
    'enterprise', 'industry_only']


class IncomeReportMixin:
    """The queries that the reports on the income share

    They read the rows that are kept of the ledger, and count in cents.  They
    take only the households and the lines of the ledger that the user may
    read: who opens the lines of a figure finds all that it is the sum of."""
    __slots__ = ()

    @classmethod
    def _readable(cls, model):
        """Return the table of the model, the tables to select from and the
        SQL condition that the user may read the row."""
        pool = Pool()
        Model = pool.get(model)
        Rule = pool.get('ir.rule')
        domain = Rule.domain_get(model)
        table = Model.__table__()
        if not domain:
            return table, table, Literal(True)
        with Transaction().set_user(0, set_context=True):
            tables, condition = Model.search_domain(
                domain, active_test=False, tables={None: (table, None)})
        return table, convert_from(None, tables), condition

    @classmethod
    def _years(cls):
        "Return the query of the years that the context asks for"
        Year = Pool().get('fupin.income.year')
        year = Year.__table__()
        where = Literal(True)
        if year_id := Transaction().context.get('year'):
            where = year.id == year_id
        return year.select(
            year.id, year.start_date, year.end_date, year.previous,
            where=where)

    @classmethod
    def _lines(cls, years, *names):
        """Return the query of the sums of the ledger by household, year and
        the columns named, and of what was paid of the industry income."""
        context = Transaction().context
        source, from_, where = cls._readable('fupin.household.year.source')
        if context.get('year'):
            where &= (source.year.in_(years.select(years.id))
                | source.year.in_(years.select(years.previous)))
        if enterprise := context.get('enterprise'):
            where &= source.enterprise == enterprise
        if cooperative := context.get('cooperative'):
            where &= source.company == cooperative
        if context.get('industry_only'):
            where &= source.industry == Literal(True)
        if 'enterprise' in names:
            where &= source.enterprise != Null
        keys = [getattr(source, n) for n in ['household', 'year', *names]]
        amount = sql_cents(source.amount)
        industry = source.industry == Literal(True)
        return from_.select(
            *keys,
            *[sql_sum(sql_cents(getattr(source, c))).as_(c)
                for c in CLASSES],
            sql_sum(amount).as_('income'),
            sql_sum(amount, industry).as_('industry'),
            sql_sum(sql_cents(source.cost)).as_('cost'),
            sql_sum(sql_cents(source.paid), industry).as_('paid'),
            where=where,
            group_by=keys)

    @classmethod
    def _registrations(cls):
        """Return the query of the kind as which the households are registered
        on the last day of the years, only that which the context asks for."""
        context = Transaction().context
        years = [context['year']] if context.get('year') else None
        return query_registrations(
            None, years, context.get('registration_kind'))

    @classmethod
    def _reads_whole(cls):
        """Return if each row that the user may read shows all that the
        context asks for, so that nothing needs to be summed up.

        Who sees households because of a cooperative sees what they earned
        from it only."""
        User = Pool().get('res.user')
        context = Transaction().context
        if any(context.get(n) for n in [
                    'cooperative', 'enterprise', 'industry_only']):
            return False
        return not (Transaction().check_access and User.get_companies())

    @classmethod
    def _households(cls):
        """Return the query of the households of the years and their income.

        A household without income is there as well, unless the context asks
        for the income of one source: then only those that have some, or had
        some the year before."""
        pool = Pool()
        context = Transaction().context
        years = With(query=cls._years())
        with_ = [years]
        if cls._reads_whole():
            row, from_, where = cls._readable('fupin.household.year')
            figures = {
                n: sql_cents(getattr(row, c)) for n, c in [
                    *((c, c) for c in CLASSES), ('income', 'amount'),
                    ('industry', 'industry'), ('cost', 'cost'),
                    ('paid', 'industry_paid'),
                    ('previous', 'previous_industry')]}
            with_ = []
        else:
            row = pool.get('fupin.household.year').__table__()
            household, from_, where = cls._readable('fupin.household')
            lines = With(query=cls._lines(years))
            previous = lines.select(
                lines.household, lines.year, lines.industry)
            from_ = (from_
                .join(row, condition=row.household == household.id)
                .join(years, condition=row.year == years.id)
                .join(lines, type_='LEFT',
                    condition=(lines.household == household.id)
                    & (lines.year == years.id))
                .join(previous, type_='LEFT',
                    condition=(previous.household == household.id)
                    & (previous.year == years.previous)))
            figures = {
                n: Coalesce(getattr(lines, n), 0)
                for n in [*CLASSES, 'income', 'industry', 'cost', 'paid']}
            figures['previous'] = Coalesce(previous.industry, 0)
            with_.append(lines)
            if (context.get('enterprise')
                    or context.get('cooperative')
                    or context.get('industry_only')):
                where &= (
                    (lines.household != Null) | (previous.household != Null))
        kind = row.registration_kind
        if context.get('registration_kind'):
            registration = cls._registrations()
            from_ = from_.join(registration,
                condition=(registration.household == row.household)
                & (registration.year == row.year))
            kind = registration.kind
        for name in ['year', 'township', 'village']:
            if id_ := context.get(name):
                where &= getattr(row, name) == id_
        return from_.select(
            row.household,
            row.year,
            row.area,
            row.county,
            row.township,
            row.village,
            kind.as_('registration_kind'),
            row.head,
            row.persons,
            *(value.as_(n) for n, value in figures.items()),
            where=where,
            with_=with_)


class HouseholdIncome(IncomeReportMixin, ExportMixin, ModelSQL, ModelView):
    __name__ = 'fupin.industry.household_income'

    household = fields.Many2One('fupin.household', "Household")
    head_name = fields.Char(
        "Head", help="The head of the household on the last day of the year.")
    year = fields.Many2One('fupin.income.year', "Income Year")
    area = fields.Many2One('country.subdivision', "Area")
    county = fields.Many2One('country.subdivision', "County")
    township = fields.Many2One('country.subdivision', "Township")
    village = fields.Many2One('country.subdivision', "Village")
    registration_kind = fields.Many2One(
        'fupin.registration.kind', "Registered As",
        help="What the household is registered as on the last day "
        "of the year.")
    persons = fields.Integer(
        "Persons",
        help="The persons of the household on the last day of the year.")
    wage = fields.Numeric("Wage Income", digits=(16, 2))
    business = fields.Numeric("Business Income", digits=(16, 2))
    property = fields.Numeric("Property Income", digits=(16, 2))
    transfer = fields.Numeric("Transfer Income", digits=(16, 2))
    income = fields.Numeric("Total Income", digits=(16, 2))
    cost = fields.Numeric("Production Cost", digits=(16, 2))
    net = fields.Numeric("Net Income", digits=(16, 2))
    per_capita = fields.Numeric(
        "Net Income per Person", digits=(16, 2),
        help="The net income divided by the persons.")
    industry_income = fields.Numeric("Industry Income", digits=(16, 2))
    industry_per_capita = fields.Numeric(
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
    companies = fields.Function(fields.Many2Many(
            'company.company', None, None, "Cooperatives",
            help="The cooperatives with which the household deals."),
        'get_companies', searcher='search_companies')
    label = fields.Function(
        fields.Char("Head and Number"), 'get_label')
    lines = fields.Function(fields.Many2Many(
            'fupin.income', None, None, "Income Lines"), 'get_lines')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('year', 'DESC'),
            ('industry_income', 'DESC'),
            ('id', 'ASC'),
            ]

    @classmethod
    def table_query(cls):
        Person = Pool().get('fupin.person')
        row = cls._households()
        person = Person.__table__()
        net = row.income - row.cost
        change = row.industry - row.previous
        return (row
            .join(person, type_='LEFT', condition=row.head == person.id)
            .select(
                sql_pairing(row.household, row.year).as_('id'),
                row.household,
                person.name.as_('head_name'),
                row.year,
                row.area,
                row.county,
                row.township,
                row.village,
                row.registration_kind,
                row.persons,
                *[sql_money(getattr(row, c)).as_(c) for c in CLASSES],
                sql_money(row.income).as_('income'),
                sql_money(row.cost).as_('cost'),
                sql_money(net).as_('net'),
                sql_money(sql_divide(net, row.persons)).as_('per_capita'),
                sql_money(row.industry).as_('industry_income'),
                sql_money(sql_divide(row.industry, row.persons)).as_(
                    'industry_per_capita'),
                sql_money(row.paid).as_('paid'),
                sql_money(row.previous).as_('previous_industry_income'),
                sql_money(change).as_('change'),
                sql_rate(change, row.previous).as_('change_rate'),
                ))

    def get_label(self, name):
        "Short enough for a graph: the number within the township"
        return f'{self.head_name or ""} {self.household.number[-7:]}'.strip()

    @classmethod
    def get_totals(cls):
        "Return the sums over the households that the context asks for"
        ModelAccess = Pool().get('ir.model.access')
        ModelAccess.check(cls.__name__, 'read')
        cursor = Transaction().connection.cursor()
        row = cls._households()
        cursor.execute(*row.select(
                Count(Literal(1)),
                *[sql_sum(getattr(row, n))
                    for n in ['industry', 'previous', 'paid']]))
        households, industry, previous, paid = cursor.fetchone()
        return {
            'households': households,
            'industry_income': Decimal(industry).scaleb(-2),
            'previous_industry_income': Decimal(previous).scaleb(-2),
            'change': Decimal(industry - previous).scaleb(-2),
            'paid': Decimal(paid).scaleb(-2),
            }

    def get_rec_name(self, name):
        return f'{self.household.rec_name} - {self.year.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, value = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('household.rec_name', operator, value),
            ('head_name', operator, value),
            ]

    @classmethod
    def get_companies(cls, records, name):
        Household = Pool().get('fupin.household')
        with without_check_access():
            households = {
                h.id: [c.id for c in h.companies]
                for h in Household.browse([r.household.id for r in records])}
        return {r.id: households[r.household.id] for r in records}

    @classmethod
    def search_companies(cls, name, clause):
        return [('household.' + clause[0], *clause[1:])]

    @classmethod
    def lines_domain(cls, records):
        "Return the domain of the lines of the ledger behind the records"
        context = Transaction().context
        domain = [['OR', *(
                    [
                        ('household', '=', r.household.id),
                        ('year', '=', r.year.id),
                        ] for r in records)]]
        if enterprise := context.get('enterprise'):
            domain.append(('enterprise', '=', enterprise))
        if cooperative := context.get('cooperative'):
            domain.append(('company', '=', cooperative))
        if context.get('industry_only'):
            domain.append(('industry', '=', True))
        return domain

    @classmethod
    def get_lines(cls, records, name):
        Income = Pool().get('fupin.income')
        lines = defaultdict(list)
        for line in Income.search(cls.lines_domain(records)):
            lines[line.household, line.year].append(line.id)
        return {r.id: lines[r.household, r.year] for r in records}


class ReportContext(ModelView):
    "What the reports on the income ledger may be asked for"
    __slots__ = ()

    year = fields.Many2One('fupin.income.year', "Income Year")
    township = fields.Many2One(
        'country.subdivision', "Township",
        domain=[
            ('type', '=', 'township'),
            ])
    village = fields.Many2One(
        'country.subdivision', "Village",
        domain=[
            ('type', '=', 'village'),
            If(Eval('township'),
                ('township', '=', Eval('township', -1)),
                ()),
            ])
    registration_kind = fields.Many2One(
        'fupin.registration.kind', "Registered As",
        help="What the household is registered as on the last day "
        "of the year.")
    cooperative = fields.Many2One(
        'company.company', "Cooperative",
        help="Only income that the cooperative booked.")
    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise",
        domain=[
            If(Eval('cooperative'),
                ('company', '=', Eval('cooperative', -1)),
                ()),
            ],
        help="Only income that comes from the enterprise.")
    industry_only = fields.Boolean(
        "Only Industry",
        help="Only industry income and the households that have some.")

    @classmethod
    def default_year(cls):
        pool = Pool()
        Date = pool.get('ir.date')
        Year = pool.get('fupin.income.year')
        context = Transaction().context
        if 'year' in context:
            return context['year']
        today = Date.today()
        years = Year.search([
                ('start_date', '<=', today),
                ('end_date', '>=', today),
                ],
            limit=1)
        if years:
            return years[0].id

    @classmethod
    def default_township(cls):
        return Transaction().context.get('township')

    @classmethod
    def default_village(cls):
        return Transaction().context.get('village')

    @classmethod
    def default_registration_kind(cls):
        return Transaction().context.get('registration_kind')

    @classmethod
    def default_cooperative(cls):
        return Transaction().context.get('cooperative')

    @classmethod
    def default_enterprise(cls):
        return Transaction().context.get('enterprise')

    @classmethod
    def default_industry_only(cls):
        return Transaction().context.get('industry_only', False)

    @fields.depends('township', 'village')
    def on_change_township(self):
        if (self.township and self.village
                and self.village.township != self.township):
            self.village = None

    @fields.depends('cooperative', 'enterprise')
    def on_change_cooperative(self):
        if (self.cooperative and self.enterprise
                and self.enterprise.company != self.cooperative):
            self.enterprise = None


class Context(ReportContext):
    """With the totals of what is asked for: the clients add up only the rows
    that they have loaded."""
    __name__ = 'fupin.industry.household_income.context'

    total_households = fields.Integer("Total Households", readonly=True)
    total_industry_income = fields.Numeric(
        "Total Industry Income", digits=(16, 2), readonly=True)
    total_previous_industry_income = fields.Numeric(
        "Total of the Year before", digits=(16, 2), readonly=True)
    total_change = fields.Numeric(
        "Total Change", digits=(16, 2), readonly=True)
    total_paid = fields.Numeric(
        "Total Paid", digits=(16, 2), readonly=True,
        help="What has been paid of the industry income.")

    @fields.depends(*FILTERS)
    def _set_totals(self):
        HouseholdIncome = Pool().get('fupin.industry.household_income')
        context = {}
        for name in FILTERS:
            value = getattr(self, name, None)
            context[name] = getattr(value, 'id', value)
        with Transaction().set_context(context):
            totals = HouseholdIncome.get_totals()
        for name, value in totals.items():
            setattr(self, f'total_{name}', value)

    @fields.depends(methods=['_set_totals'])
    def on_change_year(self):
        self._set_totals()

    @fields.depends(methods=['_set_totals'])
    def on_change_township(self):
        super().on_change_township()
        self._set_totals()

    @fields.depends(methods=['_set_totals'])
    def on_change_village(self):
        self._set_totals()

    @fields.depends(methods=['_set_totals'])
    def on_change_registration_kind(self):
        self._set_totals()

    @fields.depends(methods=['_set_totals'])
    def on_change_cooperative(self):
        super().on_change_cooperative()
        self._set_totals()

    @fields.depends(methods=['_set_totals'])
    def on_change_enterprise(self):
        self._set_totals()

    @fields.depends(methods=['_set_totals'])
    def on_change_industry_only(self):
        self._set_totals()


class OpenLines(Wizard):
    __name__ = 'fupin.industry.household_income.open_lines'
    _readonly = True

    start_state = 'open_'
    open_ = StateAction('fupin_industry.act_income_lines')

    def do_open_(self, action):
        action['pyson_domain'] = PYSONEncoder().encode(
            self.model.lines_domain(self.records))
        if len(self.records) == 1:
            action['name'] += ' (%s)' % self.record.rec_name
        return action, {}
