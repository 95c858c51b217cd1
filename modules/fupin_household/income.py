# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt
from decimal import Decimal

from sql.aggregate import Sum
from sql.functions import Round

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from .exceptions import (
    IncomeCategoryError, IncomeError, IncomeYearClosedError, IncomeYearError,
    IncomeYearNotFoundError, LedgerError)
from .registration import CodeMixin

# 工资性, 生产经营性, 财产性 and 转移性收入
INCOME_CLASSES = [
    ('wage', "Wage Income"),
    ('business', "Business Income"),
    ('property', "Property Income"),
    ('transfer', "Transfer Income"),
    ]
ENTRIES = [
    ('posting', "Posting"),
    ('reversal', "Reversal"),
    ]
CENT = Decimal('0.01')


class Category(CodeMixin, ModelSQL, ModelView):
    __name__ = 'fupin.income.category'

    declarable = fields.Boolean(
        "Declarable",
        help="Check if the township may declare income of this category.")
    export_column = fields.Char(
        "Export Column",
        help="The column of the national system for this category.")
    rules = fields.One2Many(
        'fupin.income.category.rule', 'category', "Rules",
        help="The class of the income by date, as the county decided.")

    def get_rule(self, date):
        """Return the county's rule that holds for the category on date.

        IncomeCategoryError if there is none."""
        found = None
        for rule in self.rules:
            if rule.from_date is None or rule.from_date <= date:
                found = rule
        if not found:
            raise IncomeCategoryError(gettext(
                    'fupin_household.msg_income_category_rule',
                    category=self.rec_name, date=date))
        return found


class CategoryRule(ModelSQL, ModelView):
    __name__ = 'fupin.income.category.rule'

    category = fields.Many2One(
        'fupin.income.category', "Category", required=True,
        ondelete='CASCADE')
    from_date = fields.Date("From", help="Leave empty for always.")
    income_class = fields.Selection(
        INCOME_CLASSES, "Class", required=True, sort=False)
    industry = fields.Boolean(
        "Industry", help="Check if the income counts as industry income.")
    document = fields.Char(
        "Document", help="The document with which the county decided it.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'ASC NULLS FIRST'), ('id', 'ASC')]
        cls.__access__.add('category')
        t = cls.__table__()
        cls._sql_constraints += [
            ('from_date_unique', Unique(t, t.category, t.from_date),
                'fupin_household.msg_income_category_rule_unique'),
            ]


class Year(ModelSQL, ModelView):
    __name__ = 'fupin.income.year'

    name = fields.Char("Name", required=True)
    start_date = fields.Date("Start Date", required=True)
    end_date = fields.Date(
        "End Date", required=True,
        domain=[('end_date', '>', Eval('start_date', None))])
    previous = fields.Many2One(
        'fupin.income.year', "Year before", readonly=True,
        ondelete='SET NULL',
        help="The income year that ends the day before.")
    state = fields.Selection([
            ('open', "Open"),
            ('closed', "Closed"),
            ], "State", readonly=True, required=True, sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order.insert(0, ('start_date', 'DESC'))
        t = cls.__table__()
        cls._sql_constraints += [
            ('name_unique', Unique(t, t.name),
                'fupin_household.msg_income_year_name_unique'),
            ]
        cls._buttons.update({
                'close': {
                    'invisible': Eval('state') != 'open',
                    'depends': ['state'],
                    },
                'reopen': {
                    'invisible': Eval('state') != 'closed',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_state(cls):
        return 'open'

    @classmethod
    def validate_fields(cls, years, field_names):
        super().validate_fields(years, field_names)
        if field_names and not (field_names & {'start_date', 'end_date'}):
            return
        for year in years:
            others = cls.search([
                    ('id', '!=', year.id),
                    ('start_date', '<=', year.end_date),
                    ('end_date', '>=', year.start_date),
                    ], limit=1)
            if others:
                raise IncomeYearError(gettext(
                        'fupin_household.msg_income_year_overlap',
                        year=year.rec_name, other=others[0].rec_name))

    @classmethod
    def on_modification(cls, mode, years, field_names=None):
        super().on_modification(mode, years, field_names=field_names)
        if (mode in {'create', 'write'}
                and (field_names is None
                    or field_names & {'start_date', 'end_date'})):
            cls._set_previous()

    @classmethod
    def _set_previous(cls):
        years = cls.search([], order=[('start_date', 'ASC')])
        ends = {y.end_date + dt.timedelta(days=1): y for y in years}
        for year in years:
            previous = ends.get(year.start_date)
            if year.previous != previous:
                cls.write([year], {
                        'previous': previous.id if previous else None})

    @classmethod
    def find(cls, date):
        """Return the income year of the date.

        IncomeYearNotFoundError if no year covers it."""
        years = cls.search([
                ('start_date', '<=', date),
                ('end_date', '>=', date),
                ], limit=1)
        if not years:
            raise IncomeYearNotFoundError(gettext(
                    'fupin_household.msg_income_year_not_found', date=date))
        return years[0]

    @classmethod
    def check_modification(cls, mode, years, values=None, external=False):
        Income = Pool().get('fupin.income')
        super().check_modification(
            mode, years, values=values, external=external)
        if mode == 'write' and values.keys() & {'start_date', 'end_date'}:
            used = Income.search([
                    ('year', 'in', [y.id for y in years]),
                    ], limit=1)
            if used:
                raise AccessError(gettext(
                        'fupin_household.msg_income_year_used',
                        year=used[0].year.rec_name))

    @classmethod
    @ModelView.button
    def close(cls, years):
        cls.write(years, {'state': 'closed'})

    @classmethod
    @ModelView.button
    def reopen(cls, years):
        cls.write(years, {'state': 'open'})


class LedgerMixin:
    """Lines that are only ever added: a posting, and for a posting that is
    taken back one reversal that names it.

    The origin is the document of the line.  Lines are written by post() and
    reverse(), which documents call, and by nothing else."""
    __slots__ = ()

    origin = fields.Reference(
        "Document", selection='get_origin', required=True, readonly=True)
    entry = fields.Selection(
        ENTRIES, "Entry", required=True, readonly=True, sort=False)

    @classmethod
    def default_entry(cls):
        return 'posting'

    @classmethod
    def get_origin(cls):
        Model = Pool().get('ir.model')
        return [(m, Model.get_name(m)) for m in cls._get_origin()]

    @classmethod
    def _get_origin(cls):
        "Return the names of the models that post lines"
        return []

    @classmethod
    def _to_reverse(cls, origins):
        "Return the postings of the origins that are not yet reversed"
        lines = []
        for sub_origins in grouped_slice(list(origins), 500):
            lines.extend(cls.search([
                        ('origin', 'in', [str(o) for o in sub_origins]),
                        ('entry', '=', 'posting'),
                        ('reversals', '=', None),
                        ], order=[('id', 'ASC')]))
        return lines

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        if mode in {'write', 'delete'} or (mode == 'create' and external):
            raise LedgerError(gettext(
                    'fupin_household.msg_ledger_append_only',
                    **cls.__names__()))

    @classmethod
    def copy(cls, lines, default=None):
        if lines:
            raise LedgerError(gettext(
                    'fupin_household.msg_ledger_append_only',
                    **cls.__names__()))
        return super().copy(lines, default=default)


class Income(LedgerMixin, ModelSQL, ModelView):
    __name__ = 'fupin.income'

    household = fields.Many2One(
        'fupin.household', "Household", required=True, readonly=True,
        ondelete='RESTRICT')
    area = fields.Function(
        fields.Many2One('country.subdivision', "Area"),
        'get_area', searcher='search_area')
    person = fields.Many2One(
        'fupin.person', "Person", readonly=True, ondelete='RESTRICT')
    company = fields.Many2One(
        'company.company', "Cooperative", readonly=True, ondelete='RESTRICT',
        help="The cooperative that booked the income; "
        "empty for what the household earned elsewhere.")
    category = fields.Many2One(
        'fupin.income.category', "Category", required=True, readonly=True,
        ondelete='RESTRICT')
    income_class = fields.Selection(
        INCOME_CLASSES, "Class", required=True, readonly=True, sort=False)
    industry = fields.Boolean("Industry", readonly=True)
    date = fields.Date(
        "Date", required=True, readonly=True,
        help="The day on which the income was earned.")
    year = fields.Many2One(
        'fupin.income.year', "Income Year", required=True, readonly=True,
        ondelete='RESTRICT')
    amount = fields.Numeric(
        "Amount", digits=(16, 2), required=True, readonly=True)
    cost = fields.Numeric(
        "Production Cost", digits=(16, 2), required=True, readonly=True)
    net = fields.Function(fields.Numeric(
            "Net Income", digits=(16, 2)), 'get_net')
    payments = fields.One2Many(
        'fupin.income.payment', 'income', "Payments", readonly=True)
    paid = fields.Function(fields.Numeric(
            "Paid", digits=(16, 2),
            help="What of the amount the household has been paid."),
        'get_paid')
    reversal_of = fields.Many2One(
        'fupin.income', "Reversal of", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('reversal_of'),
            'required': Eval('entry') == 'reversal',
            },
        domain=[
            If(Eval('entry') == 'posting',
                ('id', '=', None),
                ()),
            ])
    reversals = fields.One2Many(
        'fupin.income', 'reversal_of', "Reversals", readonly=True,
        states={
            'invisible': ~Eval('reversals', []),
            })
    document = fields.Function(
        fields.Char("Document Number"), 'get_document')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('origin_unique', Unique(t, t.origin, t.category, t.entry),
                'fupin_household.msg_income_origin_unique'),
            ('reversal_unique', Unique(t, t.reversal_of),
                'fupin_household.msg_income_origin_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.household, Index.Equality()),
                    (t.year, Index.Equality())),
                Index(t,
                    (t.year, Index.Equality()),
                    (t.industry, Index.Equality(cardinality='low'))),
                Index(t,
                    (t.company, Index.Equality()),
                    (t.date, Index.Range())),
                })

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + ['fupin.income.declaration.line']

    def get_rec_name(self, name):
        return ' '.join([
                self.household.rec_name, self.category.rec_name,
                str(self.date)])

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('household.rec_name', *clause[1:])]

    def get_area(self, name):
        return self.household.area.id

    @classmethod
    def search_area(cls, name, clause):
        return [('household.' + clause[0], *clause[1:])]

    def get_net(self, name):
        return self.amount - self.cost

    @classmethod
    def get_paid(cls, lines, name):
        Payment = Pool().get('fupin.income.payment')
        payment = Payment.__table__()
        cursor = Transaction().connection.cursor()
        paid = {line.id: Decimal('0.00') for line in lines}
        cursor.execute(*payment.select(
                payment.income, Round(Sum(payment.amount), 2),
                where=fields.SQL_OPERATORS['in'](payment.income, list(paid)),
                group_by=[payment.income]))
        for income, amount in cursor:
            paid[income] = Decimal(str(amount)).quantize(CENT)
        return paid

    @classmethod
    def get_document(cls, lines, name):
        "The number is shown also to whom the document itself is closed"
        documents = {}
        with without_check_access():
            for line in cls.browse(lines):
                documents[line.id] = line.origin.rec_name
        return documents

    @classmethod
    def post(cls, lines):
        """Write lines of income into the ledger and return them.

        lines are unsaved instances with household, person, company (both or
        one may be None), category, date, amount and cost in yuan, and
        origin.  Year, class and industry follow from the date and the
        county's rules.  IncomeYearNotFoundError and IncomeYearClosedError
        for the date, IncomeCategoryError for a category without rule."""
        Year = Pool().get('fupin.income.year')
        years = {}
        rules = {}
        for line in lines:
            if line.date not in years:
                years[line.date] = Year.find(line.date)
            line.year = years[line.date]
            if line.year.state != 'open':
                raise IncomeYearClosedError(gettext(
                        'fupin_household.msg_income_year_closed',
                        year=line.year.rec_name, date=line.date))
            key = (line.category, line.date)
            if key not in rules:
                rules[key] = line.category.get_rule(line.date)
            line.income_class = rules[key].income_class
            line.industry = rules[key].industry
            line.entry = 'posting'
            if getattr(line, 'cost', None) is None:
                line.cost = Decimal(0)
            for name in ['amount', 'cost']:
                value = getattr(line, name)
                if value != value.quantize(CENT):
                    raise IncomeError(gettext(
                            'fupin_household.msg_income_cent',
                            household=line.household.rec_name,
                            amount=value))
                setattr(line, name, value.quantize(CENT))
        with without_check_access():
            cls.save(lines)
        return lines

    @classmethod
    def reverse(cls, origins, date=None):
        """Take back what the documents posted and return the reversals.

        A reversal counts on the day of what it takes back while that year
        is open, else on date (default today), as a correction that shows."""
        pool = Pool()
        Date = pool.get('ir.date')
        Year = pool.get('fupin.income.year')
        with without_check_access():
            reversals = []
            for line in cls._to_reverse(origins):
                reversal = cls(
                    entry='reversal', reversal_of=line, year=line.year,
                    date=line.date, amount=-line.amount, cost=-line.cost)
                if line.year.state != 'open':
                    reversal.date = date or Date.today()
                    reversal.year = Year.find(reversal.date)
                    if reversal.year.state != 'open':
                        raise IncomeYearClosedError(gettext(
                                'fupin_household.msg_income_year_closed',
                                year=reversal.year.rec_name,
                                date=reversal.date))
                for name in cls._reversal_names():
                    setattr(reversal, name, getattr(line, name))
                reversals.append(reversal)
            cls.save(reversals)
        return reversals

    @classmethod
    def _reversal_names(cls):
        "Return the names of the fields that a reversal has in common"
        return [
            'household', 'person', 'company', 'category', 'income_class',
            'industry', 'origin']


class Payment(LedgerMixin, ModelSQL, ModelView):
    __name__ = 'fupin.income.payment'

    income = fields.Many2One(
        'fupin.income', "Income", required=True, readonly=True,
        ondelete='RESTRICT')
    date = fields.Date("Date", required=True, readonly=True)
    amount = fields.Numeric(
        "Amount", digits=(16, 2), required=True, readonly=True)
    reversal_of = fields.Many2One(
        'fupin.income.payment', "Reversal of", readonly=True,
        ondelete='RESTRICT')
    reversals = fields.One2Many(
        'fupin.income.payment', 'reversal_of', "Reversals", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'ASC'), ('id', 'ASC')]
        cls.__access__.add('income')
        t = cls.__table__()
        cls._sql_constraints += [
            ('origin_unique', Unique(t, t.origin, t.income, t.entry),
                'fupin_household.msg_income_origin_unique'),
            ('reversal_unique', Unique(t, t.reversal_of),
                'fupin_household.msg_income_origin_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.income, Index.Equality())),
                })

    @classmethod
    def post(cls, lines):
        """Write what was paid of lines of income and return the payments.

        lines are unsaved instances with income, date, amount in yuan and
        origin."""
        for line in lines:
            line.entry = 'posting'
        with without_check_access():
            cls.save(lines)
        return lines

    @classmethod
    def reverse(cls, origins, date=None):
        "Take back the payments of the documents and return the reversals"
        Date = Pool().get('ir.date')
        with without_check_access():
            reversals = [
                cls(entry='reversal', reversal_of=line, income=line.income,
                    date=date or Date.today(), amount=-line.amount,
                    origin=line.origin)
                for line in cls._to_reverse(origins)]
            cls.save(reversals)
        return reversals


class Household(metaclass=PoolMeta):
    __name__ = 'fupin.household'

    incomes = fields.One2Many(
        'fupin.income', 'household', "Income", readonly=True)
