# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Conflict, Literal
from sql.conditionals import Case
from sql.functions import CurrentTimestamp

from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.pyson import PYSONEncoder
from trytond.transaction import Transaction
from trytond.wizard import StateAction, Wizard

from .cents import sql_money, sql_share
from .household_year_figures import (
    CLASSES, LIVE, MONEY, PLACES, SHARES, Scope, excluded, no_longer,
    query_posted, query_rows, query_sources)

COLUMNS = [
    'household', 'year', 'area', *PLACES, 'registration_kind', 'head',
    'persons', *MONEY, *SHARES, 'closed']


class KeptMixin:
    "Rows that the database writes from others and that nobody else does"
    __slots__ = ()

    @classmethod
    def _forget(cls):
        "Make rows that are already read be read again"
        transaction = Transaction()
        transaction.counter += 1
        for cache in transaction.cache.values():
            if cls.__name__ in cache:
                cache[cls.__name__].clear()

    @classmethod
    def copy(cls, records, default=None):
        return []


class HouseholdYear(KeptMixin, ModelSQL, ModelView):
    """What a household earned in an income year, kept ready.

    The rows are brought up to date by refresh(), which whatever changes the
    ledger, the registry, the years or the lines calls in its transaction.
    When the year is closed they stay as the county saw them."""
    __name__ = 'fupin.household.year'

    household = fields.Many2One(
        'fupin.household', "Household", required=True, readonly=True,
        ondelete='CASCADE')
    year = fields.Many2One(
        'fupin.income.year', "Income Year", required=True, readonly=True,
        ondelete='CASCADE')
    area = fields.Many2One(
        'country.subdivision', "Area", required=True, readonly=True,
        ondelete='RESTRICT', help="Where the household lives now.")
    county = fields.Many2One(
        'country.subdivision', "County", readonly=True, ondelete='RESTRICT')
    township = fields.Many2One(
        'country.subdivision', "Township", readonly=True,
        ondelete='RESTRICT')
    village = fields.Many2One(
        'country.subdivision', "Village", readonly=True, ondelete='RESTRICT')
    registration_kind = fields.Many2One(
        'fupin.registration.kind', "Registered As", readonly=True,
        ondelete='RESTRICT',
        help="What the household is registered as on the last day "
        "of the year.")
    head = fields.Many2One(
        'fupin.person', "Head", readonly=True, ondelete='SET NULL',
        help="The head of the household on the last day of the year.")
    persons = fields.Integer(
        "Persons", readonly=True,
        help="The persons of the household on the last day of the year.")
    wage = fields.Numeric("Wage Income", digits=(16, 2), readonly=True)
    business = fields.Numeric(
        "Business Income", digits=(16, 2), readonly=True)
    property = fields.Numeric(
        "Property Income", digits=(16, 2), readonly=True)
    transfer = fields.Numeric(
        "Transfer Income", digits=(16, 2), readonly=True)
    amount = fields.Numeric("Total Income", digits=(16, 2), readonly=True)
    cost = fields.Numeric("Production Cost", digits=(16, 2), readonly=True)
    net = fields.Numeric("Net Income", digits=(16, 2), readonly=True)
    per_capita = fields.Numeric(
        "Net Income per Person", digits=(16, 2), readonly=True,
        help="The net income divided by the persons; empty without persons.")
    line = fields.Numeric(
        "Standard Line", digits=(16, 2), readonly=True,
        help="The standard line that applies to the household in the year.")
    line_distance = fields.Numeric(
        "Above the Line", digits=(16, 2), readonly=True,
        help="The net income per person less the standard line.")
    industry = fields.Numeric(
        "Industry Income", digits=(16, 2), readonly=True)
    paid = fields.Numeric(
        "Paid", digits=(16, 2), readonly=True,
        help="What has been paid of the income, also after the year was "
        "closed.")
    industry_paid = fields.Numeric(
        "Paid of Industry Income", digits=(16, 2), readonly=True,
        help="What has been paid of the industry income, also after the year "
        "was closed.")
    previous_net = fields.Numeric(
        "Net Income of the Year before", digits=(16, 2), readonly=True)
    net_change = fields.Numeric(
        "Change of Net Income", digits=(16, 2), readonly=True)
    previous_industry = fields.Numeric(
        "Industry Income of the Year before", digits=(16, 2), readonly=True)
    industry_change = fields.Numeric(
        "Change of Industry Income", digits=(16, 2), readonly=True)
    largest_share = fields.Numeric(
        "Share of the Largest Source", digits=(16, 4), readonly=True,
        help="What came from one cooperative, or was declared in one "
        "category, of the total income.")
    transfer_share = fields.Numeric(
        "Share of Transfers", digits=(16, 4), readonly=True,
        help="The transfer income of the total income.")
    closed = fields.Boolean(
        "Closed", readonly=True,
        help="Checked when the county has closed the year with this row.")
    corrections = fields.One2Many(
        'fupin.household.year.correction', 'household_year', "Corrections",
        readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('year', 'DESC'), ('household', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('household_year_unique', Unique(t, t.household, t.year),
                'fupin_household.msg_household_year_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.year, Index.Range()),
                    (t.area, Index.Equality())),
                Index(t,
                    (t.year, Index.Range()),
                    (t.township, Index.Equality())),
                Index(t,
                    (t.year, Index.Range()),
                    (t.village, Index.Equality())),
                Index(t,
                    (t.year, Index.Range()),
                    (t.industry, Index.Range())),
                Index(t, (t.area, Index.Equality())),
                })
        cls._buttons.update({
                'open_incomes': {},
                })

    @classmethod
    def refresh(
            cls, households=None, years=None, missing=False, purge=False,
            posted=False):
        """Bring the rows of households in years (ids, None for all) up to
        date, and those of the years that follow them.

        missing also makes rows in closed years that have none; purge deletes
        those of open years in which the household no longer exists; posted
        tells that only the ledger has changed.
        The number of statements does not depend on how many there are.
        The rows are written before anything else of the household is summed
        up: of two transactions at once the later one fails there and is done
        again with what the other has left."""
        pool = Pool()
        Correction = pool.get('fupin.household.year.correction')
        Source = pool.get('fupin.household.year.source')
        if Transaction().context.get('_household_year_held'):
            return
        scope = Scope(households, years)
        if not scope:
            return
        if not (posted and cls._update_rows(scope)):
            cls._write_rows(scope, missing)
        if purge:
            cls._purge(scope)
        Source.refresh(scope)
        if scope.closed:
            Correction.refresh(scope)
        cls._forget()

    @classmethod
    def _write_rows(cls, scope, missing):
        cursor = Transaction().connection.cursor()
        rows = query_rows(scope, missing)
        table = cls.__table__()
        frozen = table.closed & excluded.closed
        columns, values = [], []
        for name in COLUMNS[2:]:
            column, value = getattr(table, name), getattr(excluded, name)
            if name not in LIVE:
                value = Case((frozen, column), else_=value)
            columns.append(column)
            values.append(value)
        cursor.execute(*table.insert(
                [*(getattr(table, n) for n in COLUMNS), table.create_date],
                rows.select(
                    *(cls._value(rows, n) for n in COLUMNS),
                    CurrentTimestamp(),
                    # SQLite takes ON for that of a join else
                    where=Literal(True),
                    # everybody locks in the same order
                    order_by=[rows.household, rows.year]),
                on_conflict=Conflict(
                    table, [table.household, table.year],
                    columns=[*columns, table.write_date],
                    values=[*values, CurrentTimestamp()])))

    @classmethod
    def _update_rows(cls, scope):
        """Write what follows from the ledger of one household in open years,
        which is what most postings need; return if all rows were there."""
        if len(scope.households) != 1 or set(scope.open) != set(scope.targets):
            return False
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        rows = query_posted(scope)
        columns, values = [], []
        for name in [*MONEY, *SHARES]:
            if name == 'line':
                continue
            column, value = getattr(table, name), cls._value(rows, name)
            if name not in LIVE:
                value = Case((table.closed, column), else_=value)
            columns.append(column)
            values.append(value)
        cursor.execute(*table.update(
                [*columns, table.write_date], [*values, CurrentTimestamp()],
                from_=[rows], where=table.id == rows.id))
        return cursor.rowcount >= len(scope.open)

    @classmethod
    def _value(cls, rows, name):
        "Return the SQL expression of what is kept of a column of the figures"
        value = getattr(rows, name)
        if name in MONEY:
            value = sql_money(value)
        elif name in SHARES:
            value = sql_share(value)
        return value

    @classmethod
    def _purge(cls, scope):
        cursor = Transaction().connection.cursor()
        table, kept = cls.__table__(), cls.__table__()
        cursor.execute(*table.delete(
                where=table.id.in_(kept.select(
                        kept.id,
                        where=scope.holds(kept, scope.targets)
                        & (kept.closed == Literal(False))
                        & no_longer(kept)))))

    @classmethod
    def rebuild(cls, years=None):
        "Write all rows anew, of closed years only those that are missing"
        cls.refresh(None, years, missing=True, purge=True)

    @classmethod
    @ModelView.button_action('fupin_household.wizard_household_year_income')
    def open_incomes(cls, records):
        pass

    def get_rec_name(self, name):
        return f'{self.household.rec_name} {self.year.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('household.rec_name', *clause[1:]),
            ('year.rec_name', *clause[1:]),
            ]


class Source(KeptMixin, ModelSQL, ModelView):
    """What of a household's income in a year came from where, kept ready for
    the reports; modules with finer sources add theirs to get_names."""
    __name__ = 'fupin.household.year.source'

    household = fields.Many2One(
        'fupin.household', "Household", required=True, readonly=True,
        ondelete='CASCADE')
    area = fields.Function(
        fields.Many2One('country.subdivision', "Area"),
        'get_area', searcher='search_area')
    year = fields.Many2One(
        'fupin.income.year', "Income Year", required=True, readonly=True,
        ondelete='CASCADE')
    company = fields.Many2One(
        'company.company', "Cooperative", readonly=True, ondelete='RESTRICT')
    industry = fields.Boolean("Industry", readonly=True)
    wage = fields.Numeric("Wage Income", digits=(16, 2), readonly=True)
    business = fields.Numeric(
        "Business Income", digits=(16, 2), readonly=True)
    property = fields.Numeric(
        "Property Income", digits=(16, 2), readonly=True)
    transfer = fields.Numeric(
        "Transfer Income", digits=(16, 2), readonly=True)
    amount = fields.Numeric("Total Income", digits=(16, 2), readonly=True)
    cost = fields.Numeric("Production Cost", digits=(16, 2), readonly=True)
    paid = fields.Numeric("Paid", digits=(16, 2), readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('household', 'ASC'), ('year', 'DESC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t,
                    (t.household, Index.Equality()),
                    (t.year, Index.Equality())),
                Index(t,
                    (t.year, Index.Equality()),
                    (t.company, Index.Equality())),
                })

    @classmethod
    def get_names(cls):
        "Return the names of the columns that tell sources apart"
        return ['company', 'industry']

    @classmethod
    def get_area(cls, sources, name):
        return {s.id: s.household.area.id for s in sources}

    @classmethod
    def search_area(cls, name, clause):
        return [('household.' + clause[0], *clause[1:])]

    @classmethod
    def refresh(cls, scope):
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        names = cls.get_names()
        cursor.execute(*table.delete(where=scope.holds(table, scope.given)))
        sources = query_sources(scope, names)
        columns = ['household', 'year', *names]
        money = [*CLASSES, 'amount', 'cost', 'paid']
        cursor.execute(*table.insert(
                [getattr(table, n) for n in [*columns, *money]],
                sources.select(
                    *(getattr(sources, n) for n in columns),
                    *(sql_money(getattr(sources, n)) for n in money))))
        cls._forget()


class OpenIncomes(Wizard):
    __name__ = 'fupin.household.year.income'
    _readonly = True

    start_state = 'open_'
    open_ = StateAction('fupin_household.act_household_year_income')

    def do_open_(self, action):
        action['name'] = self.record.rec_name
        action['pyson_domain'] = PYSONEncoder().encode([
                ('household', '=', self.record.household.id),
                ('year', '=', self.record.year.id),
                ])
        return action, {}
