# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The income of the households in the columns of the national system."""
from collections import defaultdict
from decimal import Decimal

from sql.aggregate import Sum

from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.report import Report
from trytond.transaction import Transaction, check_access
from trytond.wizard import Button, StateReport, StateView, Wizard

from .workbook import write_workbook

# in the order in which the system has them; what a category names besides
# follows them
NATIONAL = [
    "工资性收入", "生产经营性收入", "计划生育金", "低保金", "特困供养金",
    "养老保险金", "生态补偿金", "其他转移性收入", "资产收益扶贫分红收入",
    "其他财产性收入"]
FIRST = ["户编号", "户主姓名", "乡镇", "村", "家庭人口"]
LAST = ["生产性支出", "家庭纯收入", "人均纯收入"]
CENT = Decimal('0.01')


def cents(value):
    return Decimal(str(value or 0)).quantize(CENT)


class IncomeSheetStart(ModelView):
    __name__ = 'fupin.income.sheet.start'

    year = fields.Many2One('fupin.income.year', "Income Year", required=True)
    area = fields.Many2One(
        'country.subdivision', "Area",
        domain=[('type', 'in', ['county', 'township', 'village', 'group'])],
        help="Leave empty for all households that you may see.")

    @classmethod
    def default_year(cls):
        pool = Pool()
        Date = pool.get('ir.date')
        Year = pool.get('fupin.income.year')
        years = Year.search([('start_date', '<=', Date.today())], limit=1)
        return years[0].id if years else None


class PrintIncomeSheet(Wizard):
    __name__ = 'fupin.income.sheet.print'

    start = StateView(
        'fupin.income.sheet.start',
        'fupin_household.income_sheet_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Export", 'print_', 'tryton-ok', default=True),
            ])
    print_ = StateReport('fupin.income.sheet')

    def do_print_(self, action):
        return action, {
            'year': self.start.year.id,
            'area': self.start.area.id if self.start.area else None,
            }


class IncomeSheetWorkbook(Report):
    __name__ = 'fupin.income.sheet'

    @classmethod
    def _execute(cls, records, header, data, action):
        Year = Pool().get('fupin.income.year')
        year = Year(data['year'])
        return 'xlsx', write_workbook(
            year.rec_name, *cls.get_table(year, data.get('area')))

    @classmethod
    def get_table(cls, year, area=None):
        "Return the headers and the rows of the households the user may see"
        pool = Pool()
        Household = pool.get('fupin.household')
        HouseholdYear = pool.get('fupin.household.year')
        Subdivision = pool.get('country.subdivision')
        household = Household.__table__()
        township, village = Subdivision.__table__(), Subdivision.__table__()
        of_year = HouseholdYear.__table__()
        cursor = Transaction().connection.cursor()
        domain = [('area', 'child_of', [area], 'parent')] if area else []
        with check_access():
            visible = Household.search(domain, query=True, order=[])
        amounts = cls._amounts(year, visible)
        others = sorted({c for a in amounts.values() for c in a}
            - set(NATIONAL))
        columns = [*NATIONAL, *others]
        cursor.execute(*of_year
            .join(household, condition=of_year.household == household.id)
            .join(township, 'LEFT', condition=of_year.township == township.id)
            .join(village, 'LEFT', condition=of_year.village == village.id)
            .select(
                household.id, household.number, township.name, village.name,
                of_year.persons, of_year.cost, of_year.net,
                of_year.per_capita,
                where=(of_year.year == year.id)
                & household.id.in_(visible),
                order_by=[household.number]))
        rows = cursor.fetchall()
        heads = cls._heads([r[0] for r in rows], year.end_date)

        def table():
            for id_, number, town, place, persons, cost, net, per in rows:
                yield [
                    number, heads.get(id_), town, place, persons,
                    *(cents(amounts[id_].get(c)) for c in columns),
                    cents(cost), cents(net), cents(per)]
        return [*FIRST, *columns, *LAST], table()

    @classmethod
    def _amounts(cls, year, visible):
        "Return {household: {column: yuan}}"
        pool = Pool()
        category = pool.get('fupin.income.category').__table__()
        income = pool.get('fupin.income').__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*income
            .join(category, condition=income.category == category.id)
            .select(
                income.household, category.export_column, category.code,
                Sum(income.amount),
                where=(income.year == year.id)
                & income.household.in_(visible),
                group_by=[
                    income.household, category.export_column, category.code]))
        amounts = defaultdict(lambda: defaultdict(Decimal))
        for household, column, code, amount in cursor:
            amounts[household][column or code] += cents(amount)
        return amounts

    @classmethod
    def _heads(cls, households, date):
        "Return {household: name} of the heads on the date"
        pool = Pool()
        Membership = pool.get('fupin.household.membership')
        membership = Membership.__table__()
        person = pool.get('fupin.person').__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*membership
            .join(person, condition=membership.person == person.id)
            .select(
                membership.household, person.name,
                where=(membership.relation == 'head')
                & Membership.active_at(membership, date)
                & fields.SQL_OPERATORS['in'](
                    membership.household, households)))
        return dict(cursor)
