# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Conflict, Literal
from sql.functions import CurrentTimestamp
from sql.operators import Exists

from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.pyson import PYSONEncoder
from trytond.transaction import Transaction
from trytond.wizard import StateAction, Wizard

from .cents import sql_cents, sql_money
from .household_year import KeptMixin
from .household_year_figures import (
    CLASSES, Scope, among, excluded, query_rows)

MONEY = [*CLASSES, 'amount', 'cost', 'net', 'industry', 'per_capita']
FIGURES = ['persons', *MONEY]
# the others follow from them
COMPARED = [*CLASSES, 'cost', 'industry']


def closed_field(string, type_=fields.Numeric):
    "Return the field of a figure as the county closed the year with it"
    options = {} if type_ == fields.Integer else {'digits': (16, 2)}
    return fields.Function(type_(string, **options), 'get_closed')


class Correction(KeptMixin, ModelSQL, ModelView):
    """A household whose figures in a closed year would differ today, from
    those with which the county closed it.

    What was taken back of the year's income after it was closed counts here
    in that year, in the rows in the year of the correction.  There is none
    while nothing differs."""
    __name__ = 'fupin.household.year.correction'

    household_year = fields.Many2One(
        'fupin.household.year', "Household and Year", required=True,
        readonly=True, ondelete='CASCADE')
    household = fields.Many2One(
        'fupin.household', "Household", required=True, readonly=True,
        ondelete='CASCADE')
    year = fields.Many2One(
        'fupin.income.year', "Income Year", required=True, readonly=True,
        ondelete='CASCADE')
    area = fields.Many2One(
        'country.subdivision', "Area", required=True, readonly=True,
        ondelete='RESTRICT')
    date = fields.DateTime(
        "Last Change", readonly=True, format='%H:%M:%S')
    persons = fields.Integer("Persons now", readonly=True)
    wage = fields.Numeric("Wage Income now", digits=(16, 2), readonly=True)
    business = fields.Numeric(
        "Business Income now", digits=(16, 2), readonly=True)
    property = fields.Numeric(
        "Property Income now", digits=(16, 2), readonly=True)
    transfer = fields.Numeric(
        "Transfer Income now", digits=(16, 2), readonly=True)
    amount = fields.Numeric(
        "Total Income now", digits=(16, 2), readonly=True)
    cost = fields.Numeric(
        "Production Cost now", digits=(16, 2), readonly=True)
    net = fields.Numeric("Net Income now", digits=(16, 2), readonly=True)
    industry = fields.Numeric(
        "Industry Income now", digits=(16, 2), readonly=True)
    per_capita = fields.Numeric(
        "Net Income per Person now", digits=(16, 2), readonly=True)
    closed_persons = closed_field("Persons when Closed", fields.Integer)
    closed_wage = closed_field("Wage Income when Closed")
    closed_business = closed_field("Business Income when Closed")
    closed_property = closed_field("Property Income when Closed")
    closed_transfer = closed_field("Transfer Income when Closed")
    closed_amount = closed_field("Total Income when Closed")
    closed_cost = closed_field("Production Cost when Closed")
    closed_net = closed_field("Net Income when Closed")
    closed_industry = closed_field("Industry Income when Closed")
    closed_per_capita = closed_field("Net Income per Person when Closed")
    net_change = fields.Function(
        fields.Numeric("Change of Net Income", digits=(16, 2)),
        'get_net_change')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('household_year_unique', Unique(t, t.household, t.year),
                'fupin_household.msg_household_year_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.household_year, Index.Equality())),
                Index(t, (t.area, Index.Equality())),
                })
        cls._buttons.update({
                'open_incomes': {},
                })

    def get_rec_name(self, name):
        return self.household_year.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('household_year' + clause[0][len('rec_name'):], *clause[1:])]

    @classmethod
    def get_closed(cls, corrections, names):
        return {
            name: {
                c.id: getattr(c.household_year, name[len('closed_'):])
                for c in corrections}
            for name in names}

    def get_net_change(self, name):
        return self.net - self.closed_net

    @classmethod
    def refresh(cls, scope):
        "Bring the corrections of the closed years of the scope up to date"
        pool = Pool()
        HouseholdYear = pool.get('fupin.household.year')
        cursor = Transaction().connection.cursor()
        table, kept = cls.__table__(), HouseholdYear.__table__()
        now = query_rows(
            Scope(scope.households, scope.closed), corrected=True)

        def differs(left, right, names):
            condition = left.persons != right.persons
            for name in names:
                condition |= (sql_cents(getattr(left, name))
                    != sql_cents(getattr(right, name)))
            return condition
        figures = now.select(
            now.household, now.year, now.area, now.persons,
            *(sql_money(getattr(now, n)).as_(n) for n in MONEY))
        known = cls.__table__()
        columns = ['area', *FIGURES]
        cursor.execute(*table.insert(
                [table.household_year, table.household, table.year,
                    table.date, *(getattr(table, n) for n in columns)],
                figures.join(kept,
                    condition=(kept.household == figures.household)
                    & (kept.year == figures.year)).select(
                    kept.id, figures.household, figures.year,
                    CurrentTimestamp(),
                    *(getattr(figures, n) for n in columns),
                    where=(kept.closed == Literal(True))
                    & (differs(figures, kept, COMPARED)
                        | Exists(known.select(
                                Literal(1),
                                where=known.household_year == kept.id))),
                    order_by=[figures.household, figures.year]),
                on_conflict=Conflict(
                    table, [table.household, table.year],
                    columns=[
                        table.date, *(getattr(table, n) for n in columns)],
                    values=[
                        CurrentTimestamp(),
                        *(getattr(excluded, n) for n in columns)],
                    where=differs(table, excluded, COMPARED)
                    | (table.area != excluded.area))))
        kept, same = HouseholdYear.__table__(), cls.__table__()
        cursor.execute(*table.delete(
                where=table.id.in_(same.join(kept,
                        condition=kept.id == same.household_year).select(
                        same.id,
                        where=scope.holds(same, scope.closed)
                        & ~differs(same, kept, COMPARED)))))
        cls._forget()

    @classmethod
    def discard(cls, years):
        "Delete the corrections of years that are open again"
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        cursor.execute(*table.delete(where=among(table.year, years)))
        cls._forget()

    @classmethod
    @ModelView.button_action(
        'fupin_household.wizard_household_year_correction_income')
    def open_incomes(cls, records):
        pass


class OpenIncomes(Wizard):
    "Open the lines that have taken back income of the closed year"
    __name__ = 'fupin.household.year.correction.income'
    _readonly = True

    start_state = 'open_'
    open_ = StateAction('fupin_household.act_household_year_income')

    def do_open_(self, action):
        action['name'] = self.record.rec_name
        action['pyson_domain'] = PYSONEncoder().encode([
                ('household', '=', self.record.household.id),
                ('reversal_of.year', '=', self.record.year.id),
                ('year', '!=', self.record.year.id),
                ])
        return action, {}
