# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The judgement of growth by dated parameters, kept with the rows of household
and year"""
from decimal import Decimal
from itertools import groupby

from dateutil.relativedelta import relativedelta
from sql import Cast, Literal, Values
from sql.conditionals import Case

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from . import growth
from .cents import sql_cents, sql_sum
from .exceptions import GrowthError
from .household_year_figures import among

JUDGEMENTS = [
    (None, ""),
    ('sustained', "Sustained Growth"),
    ('fragile', "Growing but Fragile"),
    ('flat', "Flat"),
    ('falling', "Falling"),
    ('below_line', "Below the Line"),
    ]
CONDITIONS = [
    (None, ""),
    ('all', "All Conditions Met"),
    ('line', "Net Income per Person below the Line"),
    ('growth', "Growth of the Net Income per Person"),
    ('previous', "No Positive Income the Year before"),
    ('years_above', "Too Few Years above the Line"),
    ('growing_years', "Too Few Years of Growth in a Row"),
    ('transfer_share', "Too Much from Transfers"),
    ('largest_share', "Too Much from One Source"),
    ('volatility', "Growth too Unsteady"),
    ('no_persons', "Not Judged: Nobody Counted"),
    ('no_line', "Not Judged: No Standard Line"),
    ('no_previous', "Not Judged: No Year before"),
    ]
# Households that are judged at once: what is in memory
SLICE = 2000


class StandardMixin:
    "What the county decided with a document, from a date on"
    __slots__ = ()

    def get_rec_name(self, name):
        return f'{self.from_date} {self.document}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('document', *clause[1:])]

    @classmethod
    def find(cls, date):
        "Return the standard that holds on the date, None if there is none"
        standards = cls.search(
            [('from_date', '<=', date)], order=[('from_date', 'DESC')],
            limit=1)
        return standards[0] if standards else None


class Standard(StandardMixin, ModelSQL, ModelView):
    "What the county asks of growth, from a date on"
    __name__ = 'fupin.growth.standard'

    from_date = fields.Date(
        "From", required=True,
        help="Income years are judged by the standard that holds on their "
        "last day.")
    document = fields.Char(
        "Document", required=True,
        help="The document with which the county decided it.")
    years = fields.Integer(
        "Years in a Row", required=True, domain=[('years', '>=', 1)],
        help="How many years in a row the net income per person must have "
        "grown and not been below the line.")
    panel = fields.Integer(
        "Years Looked at", required=True,
        domain=[('panel', '>', Eval('years', 1))],
        help="How many years up to the one that is judged are looked at.")
    flat_band = fields.Numeric(
        "Flat within", digits=(16, 4), required=True,
        domain=[('flat_band', '>=', 0)],
        help="Growth of no more than this, up or down, is flat.")
    transfer_share = fields.Numeric(
        "Largest Share of Transfers", digits=(16, 4),
        domain=['OR',
            ('transfer_share', '=', None),
            [('transfer_share', '>=', 0), ('transfer_share', '<=', 1)],
            ],
        help="Growth with a larger share is fragile; "
        "leave empty for no limit.")
    largest_share = fields.Numeric(
        "Largest Share of One Source", digits=(16, 4),
        domain=['OR',
            ('largest_share', '=', None),
            [('largest_share', '>=', 0), ('largest_share', '<=', 1)],
            ],
        help="Growth with a larger share is fragile; "
        "leave empty for no limit.")
    volatility = fields.Numeric(
        "Largest Volatility", digits=(16, 4),
        domain=['OR',
            ('volatility', '=', None),
            ('volatility', '>=', 0),
            ],
        help="Growth whose yearly rates have a larger standard deviation is "
        "fragile; leave empty for no limit.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('from_date_unique', Unique(t, t.from_date),
                'fupin_household.msg_growth_standard_unique'),
            ]

    def get_plain(self):
        return growth.Standard(
            self.years, self.flat_band, self.transfer_share,
            self.largest_share, self.volatility)


class HouseholdYear(metaclass=PoolMeta):
    __name__ = 'fupin.household.year'

    growth = fields.Numeric(
        "Growth of Net Income per Person", digits=(16, 4), readonly=True,
        help="Since the year before, when it was positive.")
    industry_growth = fields.Numeric(
        "Growth of Industry Income", digits=(16, 4), readonly=True,
        help="Since the year before, when there was some.")
    growing_years = fields.Integer(
        "Years of Growth in a Row", readonly=True)
    years_above = fields.Integer(
        "Years above the Line in a Row", readonly=True)
    volatility = fields.Numeric(
        "Volatility", digits=(16, 4), readonly=True,
        help="The standard deviation of the yearly growth.")
    worst_quarter = fields.Integer("Worst Quarter", readonly=True)
    worst_quarter_net = fields.Numeric(
        "Net Income of the Worst Quarter", digits=(16, 2), readonly=True)
    judgement = fields.Selection(
        JUDGEMENTS, "Judgement", readonly=True, sort=False)
    judgement_string = judgement.translated('judgement')
    condition = fields.Selection(
        CONDITIONS, "Decided by", readonly=True, sort=False,
        help="The condition that decided the judgement.")
    condition_string = condition.translated('condition')
    judged_on = fields.Date(
        "Judged on", readonly=True,
        help="The judgement is of the figures of this day.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(
            Index(t,
                (t.year, Index.Range()),
                (t.judgement, Index.Equality(cardinality='low'))))

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree/field[@name="judgement"]', 'visual',
                If(Eval('judgement') == 'sustained', 'success',
                    If(Eval('judgement').in_(['falling', 'below_line']),
                        'danger', ''))),
            ]

    @classmethod
    def judge(cls, years, closed=False):
        """Judge the growth of the households in the years, those that the
        county has closed only with closed.

        By the standard of each year's last day; without one nothing is
        judged.  Figures are read and written some thousand households at a
        time."""
        Standard = Pool().get('fupin.growth.standard')
        for year in sorted(years, key=lambda y: y.start_date):
            standard = Standard.find(year.end_date)
            if standard:
                cls._judge_year(year, standard, closed)
        cls._forget()

    @classmethod
    def _judge_year(cls, year, standard, closed):
        Date = Pool().get('ir.date')
        today = Date.today()
        cursor = Transaction().connection.cursor()
        panel = [year]
        while len(panel) < standard.panel and panel[0].previous:
            panel.insert(0, panel[0].previous)
        plain = standard.get_plain()
        table = cls.__table__()
        where = table.year == year.id
        if not closed:
            where &= table.closed == Literal(False)
        cursor.execute(*table.select(
                table.household, where=where, order_by=[table.household]))
        households = [h for h, in cursor]
        for slice_ in grouped_slice(households, SLICE):
            slice_ = list(slice_)
            figures = cls._read_figures(slice_, panel)
            quarters = cls._read_quarters(slice_, year)
            rows = []
            for household in slice_:
                found = growth.assess(figures[household], plain)
                worst = growth.worst_quarter(
                    quarters.get(household, [Decimal(0)] * 4))
                rows.append([household, *found, *worst])
            cls._write_judgements(year, rows, today)

    @classmethod
    def _read_figures(cls, households, panel):
        """Return {household: [figures of the years]}, of those in a row up to
        the last of the panel."""
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        places = {y.id: i for i, y in enumerate(panel)}
        money = ['per_capita', 'industry', 'line']
        shares = ['transfer_share', 'largest_share']
        cursor.execute(*table.select(
                table.household, table.year,
                *(sql_cents(getattr(table, n)) for n in money),
                *(sql_cents(getattr(table, n) * 100) for n in shares),
                where=among(table.household, households)
                & among(table.year, list(places)),
                order_by=[table.household]))
        figures = {}
        for household, rows in groupby(cursor, lambda r: r[0]):
            years = [None] * len(panel)
            for _, year, *values in rows:
                years[places[year]] = growth.Figures(*(
                        None if v is None else Decimal(v).scaleb(exponent)
                        for v, exponent in zip(values, [-2, -2, -2, -4, -4])))
            # nothing is known before a year that is missing
            first = max(
                [i for i, y in enumerate(years) if y is None], default=-1)
            figures[household] = years[first + 1:]
        return figures

    @classmethod
    def _read_quarters(cls, households, year):
        "Return {household: [net income of the quarters of the year]}"
        Income = Pool().get('fupin.income')
        cursor = Transaction().connection.cursor()
        income = Income.__table__()
        starts = [
            year.start_date + relativedelta(months=3 * i) for i in (1, 2, 3)]
        quarter = Case(
            *((income.date < start, i) for i, start in enumerate(starts)),
            else_=3)
        net = sql_cents(income.amount) - sql_cents(income.cost)
        cursor.execute(*income.select(
                income.household,
                *(sql_sum(net, quarter == i) for i in range(4)),
                where=among(income.household, households)
                & (income.year == year.id),
                group_by=[income.household]))
        return {
            household: [Decimal(q).scaleb(-2) for q in quarters]
            for household, *quarters in cursor}

    @classmethod
    def _write_judgements(cls, year, rows, date):
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        names = [
            'growth', 'industry_growth', 'growing_years', 'years_above',
            'volatility', 'judgement', 'condition', 'worst_quarter',
            'worst_quarter_net']
        values = Values(rows)
        cursor.execute(*table.update(
                [*(getattr(table, n) for n in names), table.judged_on],
                [*(Cast(
                            getattr(values, f'column{i}'),
                            cls._fields[n].sql_type().base)
                        for i, n in enumerate(names, 2)), date],
                from_=[values],
                where=(table.household == values.column1)
                & (table.year == year.id)))

    @classmethod
    def judge_ended(cls):
        "Judge the open years that have ended; called every day"
        pool = Pool()
        Date = pool.get('ir.date')
        Year = pool.get('fupin.income.year')
        cls.judge(Year.search([
                    ('end_date', '<', Date.today()),
                    ('state', '=', 'open'),
                    ]))


class Household(metaclass=PoolMeta):
    __name__ = 'fupin.household'

    years = fields.One2Many(
        'fupin.household.year', 'household', "Years", readonly=True)
    judgement = fields.Function(fields.Selection(
            JUDGEMENTS, "Judgement", sort=False,
            help="The judgement of the last income year that has ended."),
        'get_judgement', searcher='search_judgement')

    @classmethod
    def _last_year(cls):
        "Return the id of the last income year that has ended, or None"
        pool = Pool()
        Date = pool.get('ir.date')
        Year = pool.get('fupin.income.year')
        years = Year.search(
            [('end_date', '<', Date.today())],
            order=[('start_date', 'DESC')], limit=1)
        return years[0].id if years else None

    @classmethod
    def get_judgement(cls, households, name):
        HouseholdYear = Pool().get('fupin.household.year')
        table = HouseholdYear.__table__()
        cursor = Transaction().connection.cursor()
        judgements = {h.id: None for h in households}
        cursor.execute(*table.select(
                table.household, table.judgement,
                where=among(table.household, list(judgements))
                & (table.year == cls._last_year())))
        judgements.update(cursor)
        return judgements

    @classmethod
    def search_judgement(cls, name, clause):
        _, operator, value = clause
        year = cls._last_year()
        if value is None:
            # a household without row is not judged either
            judged = [('years', 'where', [
                        ('year', '=', year),
                        ('judgement', '!=', None),
                        ])]
            if operator == '!=':
                return judged
            return [('id', 'not in', cls.search(
                        judged, order=[], query=True))]
        return [('years', 'where', [
                    ('year', '=', year),
                    ('judgement', operator, value),
                    ])]

    @classmethod
    def copy(cls, households, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('years')
        return super().copy(households, default=default)


class Year(metaclass=PoolMeta):
    __name__ = 'fupin.income.year'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update({
                'judge': {
                    'invisible': Eval('state') != 'open',
                    'depends': ['state'],
                    },
                })

    @classmethod
    @ModelView.button
    def close(cls, years):
        "The county closes the year with the judgement of its figures"
        HouseholdYear = Pool().get('fupin.household.year')
        super().close(years)
        HouseholdYear.judge(years, closed=True)

    @classmethod
    @ModelView.button
    def judge(cls, years):
        pool = Pool()
        Date = pool.get('ir.date')
        HouseholdYear = pool.get('fupin.household.year')
        Standard = pool.get('fupin.growth.standard')
        for year in years:
            if year.end_date >= Date.today():
                raise GrowthError(gettext(
                        'fupin_household.msg_growth_year',
                        year=year.rec_name, date=year.end_date))
            if not Standard.find(year.end_date):
                raise GrowthError(gettext(
                        'fupin_household.msg_growth_no_standard',
                        year=year.rec_name, date=year.end_date))
        HouseholdYear.judge([y for y in years if y.state == 'open'])


class Cron(metaclass=PoolMeta):
    __name__ = 'ir.cron'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection.append(
            ('fupin.household.year|judge_ended', "Judge Growth"))
