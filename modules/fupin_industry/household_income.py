# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from collections import defaultdict
from decimal import Decimal

from sql import Literal, Null, Window, With
from sql.aggregate import Count, Max
from sql.conditionals import Case, Coalesce
from sql.functions import RowNumber

from trytond.model import ModelSQL, ModelView, fields
from trytond.model.modelsql import convert_from
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.pyson import Eval, If, PYSONEncoder
from trytond.tools import sql_pairing
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import StateAction, Wizard

from .reporting import sql_cents, sql_divide, sql_money, sql_rate, sql_sum

# What the context may ask for
FILTERS = [
    'year', 'township', 'village', 'registration_kind', 'cooperative',
    'enterprise', 'industry_only']
CLASSES = ['wage', 'business', 'property', 'transfer']


class IncomeReportMixin:
    """The queries that the reports on the income ledger share

    They count in cents.  They take only the households and the lines of the
    ledger that the user may read: who opens the lines of a figure finds all
    that it is the sum of."""
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
    def _lines_from(cls, years):
        """Return the ledger, the tables to select from and the SQL condition
        of the lines that count."""
        context = Transaction().context
        income, from_, where = cls._readable('fupin.income')
        if context.get('year'):
            where &= (income.year.in_(years.select(years.id))
                | income.year.in_(years.select(years.previous)))
        if enterprise := context.get('enterprise'):
            where &= income.enterprise == enterprise
        if cooperative := context.get('cooperative'):
            where &= income.company == cooperative
        if context.get('industry_only'):
            where &= income.industry == Literal(True)
        return income, from_, where

    @classmethod
    def _lines(cls, years, *names):
        """Return the query of the sums of the ledger by household, year and
        the columns named."""
        income, from_, where = cls._lines_from(years)
        keys = [getattr(income, n) for n in ['household', 'year', *names]]
        amount = sql_cents(income.amount)
        return from_.select(
            *keys,
            *[sql_sum(amount, income.income_class == c).as_(c)
                for c in CLASSES],
            sql_sum(amount).as_('income'),
            sql_sum(amount, income.industry == Literal(True)).as_('industry'),
            sql_sum(sql_cents(income.cost)).as_('cost'),
            where=where,
            group_by=keys)

    @classmethod
    def _paid(cls, years, *names):
        """Return the query of what was paid of the industry income by
        household, year and the columns named."""
        payment = Pool().get('fupin.income.payment').__table__()
        income, from_, where = cls._lines_from(years)
        keys = [getattr(income, n) for n in ['household', 'year', *names]]
        return (from_
            .join(payment, condition=payment.income == income.id)
            .select(
                *keys,
                sql_sum(sql_cents(payment.amount)).as_('paid'),
                where=where & (income.industry == Literal(True)),
                group_by=keys))

    @classmethod
    def _persons(cls, years):
        """Return the query of the persons and the head of the households on
        the last day of the years."""
        Membership = Pool().get('fupin.household.membership')
        membership = Membership.__table__()
        return (membership
            .join(years,
                condition=Membership.active_at(membership, years.end_date))
            .select(
                membership.household, years.id.as_('year'),
                Count(membership.id).as_('persons'),
                Max(Case(
                        (membership.relation == 'head', membership.person),
                        else_=Null)).as_('head'),
                group_by=[membership.household, years.id]))

    @classmethod
    def _registrations(cls, years):
        """Return the query of the kind as which the households are registered
        on the last day of the years, the latest where there are many."""
        Registration = Pool().get('fupin.household.registration')
        registration = Registration.__table__()
        where = Literal(True)
        if kind := Transaction().context.get('registration_kind'):
            where = registration.kind == kind
        kinds = (registration
            .join(years,
                condition=Registration.active_at(
                    registration, years.end_date))
            .select(
                registration.household, years.id.as_('year'),
                registration.kind,
                RowNumber(window=Window(
                        [registration.household, years.id],
                        order_by=[
                            registration.from_date.desc,
                            registration.id.desc])).as_('rank'),
                where=where))
        return kinds.select(
            kinds.household, kinds.year, kinds.kind, where=kinds.rank == 1)

    @classmethod
    def _households(cls):
        """Return the query of the households of the years and their income.

        A household without income is there as well, unless the context asks
        for the income of one source: then only those that have some, or had
        some the year before."""
        pool = Pool()
        context = Transaction().context
        household, from_, where = cls._readable('fupin.household')
        area = pool.get('country.subdivision').__table__()

        years = With(query=cls._years())
        lines = With(query=cls._lines(years))
        previous = lines.select(lines.household, lines.year, lines.industry)
        paid = cls._paid(years)
        persons = cls._persons(years)
        registration = cls._registrations(years)

        def of(table, year=years.id):
            return (table.household == household.id) & (table.year == year)

        has_lines = (lines.household != Null) | (previous.household != Null)
        if (context.get('enterprise')
                or context.get('cooperative')
                or context.get('industry_only')):
            where &= has_lines
        else:
            where &= has_lines | (
                ((household.start_date == Null)
                    | (household.start_date <= years.end_date))
                & ((household.end_date == Null)
                    | (household.end_date >= years.start_date)))
        for name in ['township', 'village']:
            if id_ := context.get(name):
                where &= getattr(area, name) == id_
        if context.get('registration_kind'):
            where &= registration.kind != Null

        return (from_
            .join(area, condition=household.area == area.id)
            .join(years, type_='CROSS')
            .join(lines, type_='LEFT', condition=of(lines))
            .join(previous, type_='LEFT',
                condition=of(previous, years.previous))
            .join(paid, type_='LEFT', condition=of(paid))
            .join(persons, type_='LEFT', condition=of(persons))
            .join(registration, type_='LEFT', condition=of(registration))
            .select(
                household.id.as_('household'),
                years.id.as_('year'),
                area.id.as_('area'),
                area.county.as_('county'),
                area.township.as_('township'),
                area.village.as_('village'),
                registration.kind.as_('registration_kind'),
                persons.head.as_('head'),
                Coalesce(persons.persons, 0).as_('persons'),
                *[Coalesce(getattr(lines, n), 0).as_(n)
                    for n in [*CLASSES, 'income', 'industry', 'cost']],
                Coalesce(paid.paid, 0).as_('paid'),
                Coalesce(previous.industry, 0).as_('previous'),
                where=where,
                with_=[years, lines]))


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
