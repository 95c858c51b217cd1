# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Cast, Literal, Null
from sql.aggregate import Count, Sum
from sql.conditionals import Case, Coalesce
from sql.functions import Round

from trytond.model import ModelSQL, ModelView, fields
from trytond.pool import Pool
from trytond.pyson import PYSONEncoder
from trytond.wizard import StateAction, Wizard

from .income import INCOME_CLASSES

YEARS = 1000


def money(expression):
    "Return the expression as a sum of yuan to the cent on both databases"
    return Cast(Round(Coalesce(expression, 0), 2), 'NUMERIC')


class HouseholdYear(ModelSQL, ModelView):
    """What a household earned in an income year: sums over the ledger.

    The persons counted are those who belong to the household on the last
    day of the year."""
    __name__ = 'fupin.household.year'

    household = fields.Many2One(
        'fupin.household', "Household", readonly=True)
    year = fields.Many2One('fupin.income.year', "Income Year", readonly=True)
    area = fields.Many2One('country.subdivision', "Area", readonly=True)
    township = fields.Many2One(
        'country.subdivision', "Township", readonly=True)
    village = fields.Many2One(
        'country.subdivision', "Village", readonly=True)
    persons = fields.Integer("Persons", readonly=True)
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
        "Net Income per Person", digits=(16, 2), readonly=True)
    industry = fields.Numeric(
        "Industry Income", digits=(16, 2), readonly=True)
    paid = fields.Numeric("Paid", digits=(16, 2), readonly=True)
    previous_net = fields.Numeric(
        "Net Income of the Year before", digits=(16, 2), readonly=True)
    net_change = fields.Numeric(
        "Change of Net Income", digits=(16, 2), readonly=True)
    previous_industry = fields.Numeric(
        "Industry Income of the Year before", digits=(16, 2), readonly=True)
    industry_change = fields.Numeric(
        "Change of Industry Income", digits=(16, 2), readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('year', 'DESC'), ('household', 'ASC'), ('id', 'ASC')]
        cls._buttons.update({
                'open_incomes': {},
                })

    @classmethod
    def table_query(cls):
        pool = Pool()
        Household = pool.get('fupin.household')
        Year = pool.get('fupin.income.year')
        Subdivision = pool.get('country.subdivision')

        household = Household.__table__()
        year = Year.__table__()
        area = Subdivision.__table__()
        income = cls._query_income()
        previous = cls._query_income()
        paid = cls._query_paid()
        persons = cls._query_persons()

        net = Coalesce(income.amount, 0) - Coalesce(income.cost, 0)
        previous_net = (
            Coalesce(previous.amount, 0) - Coalesce(previous.cost, 0))
        from_item = (household
            .join(year,
                condition=((household.start_date == Null)
                    | (household.start_date <= year.end_date))
                & ((household.end_date == Null)
                    | (household.end_date >= year.start_date)))
            .join(area, condition=household.area == area.id)
            .join(income, 'LEFT',
                condition=(income.household == household.id)
                & (income.year == year.id))
            .join(previous, 'LEFT',
                condition=(previous.household == household.id)
                & (previous.year == year.previous))
            .join(paid, 'LEFT',
                condition=(paid.household == household.id)
                & (paid.year == year.id))
            .join(persons, 'LEFT',
                condition=(persons.household == household.id)
                & (persons.year == year.id)))
        return from_item.select(
            (Cast(household.id, 'BIGINT') * YEARS + year.id).as_('id'),
            household.id.as_('household'),
            year.id.as_('year'),
            area.id.as_('area'),
            area.township.as_('township'),
            area.village.as_('village'),
            Coalesce(persons.persons, 0).as_('persons'),
            *(money(getattr(income, c)).as_(c) for c, _ in INCOME_CLASSES),
            money(income.amount).as_('amount'),
            money(income.cost).as_('cost'),
            money(net).as_('net'),
            money(net / persons.persons).as_('per_capita'),
            money(income.industry).as_('industry'),
            money(paid.paid).as_('paid'),
            money(previous_net).as_('previous_net'),
            money(net - previous_net).as_('net_change'),
            money(previous.industry).as_('previous_industry'),
            money(Coalesce(income.industry, 0)
                - Coalesce(previous.industry, 0)).as_('industry_change'),
            )

    @classmethod
    def _query_income(cls):
        Income = Pool().get('fupin.income')
        income = Income.__table__()

        def total(condition):
            return Sum(Case((condition, income.amount), else_=0))
        return income.select(
            income.household, income.year,
            *(total(income.income_class == c).as_(c)
                for c, _ in INCOME_CLASSES),
            total(income.industry == Literal(True)).as_('industry'),
            Sum(income.amount).as_('amount'),
            Sum(income.cost).as_('cost'),
            group_by=[income.household, income.year])

    @classmethod
    def _query_paid(cls):
        pool = Pool()
        Income = pool.get('fupin.income')
        Payment = pool.get('fupin.income.payment')
        income = Income.__table__()
        payment = Payment.__table__()
        return payment.join(
            income, condition=payment.income == income.id).select(
            income.household, income.year,
            Sum(payment.amount).as_('paid'),
            group_by=[income.household, income.year])

    @classmethod
    def _query_persons(cls):
        pool = Pool()
        Membership = pool.get('fupin.household.membership')
        Year = pool.get('fupin.income.year')
        membership = Membership.__table__()
        year = Year.__table__()
        return membership.join(
            year,
            condition=Membership.active_at(membership, year.end_date)).select(
            membership.household, year.id.as_('year'),
            Count(membership.id).as_('persons'),
            group_by=[membership.household, year.id])

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


class OpenIncomes(Wizard):
    __name__ = 'fupin.household.year.income'
    start_state = 'open_'
    open_ = StateAction('fupin_household.act_household_year_income')

    def do_open_(self, action):
        action['name'] = self.record.rec_name
        action['pyson_domain'] = PYSONEncoder().encode([
                ('household', '=', self.record.household.id),
                ('year', '=', self.record.year.id),
                ])
        return action, {}
