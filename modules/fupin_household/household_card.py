# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The household card (收入明白卡): what a household earned in a year, from
what, what changed since the year before and why, to be signed by it"""
from collections import defaultdict
from decimal import Decimal

from sql import Null
from sql.conditionals import Case

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateReport, StateView, Wizard

from . import income_change
from .cents import sql_cents, sql_sum
from .exceptions import HouseholdCardError
from .household_year_figures import among
from .income import INCOME_CLASSES
from .slip import SlipReport

CLASSES = [name for name, _ in INCOME_CLASSES]


class HouseholdCard(SlipReport):
    "The cards of rows of household and year"
    __name__ = 'fupin.household.card'

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['cards'] = cls.get_cards(records)
        context['money'] = cls.money
        context['class_name'] = cls._class_names()
        context['source_name'] = cls.get_source_name
        return context

    @classmethod
    def money(cls, amount):
        "Return yuan with its cents, nothing for nothing known"
        if amount is None:
            return ''
        return cls.format_number(amount, None, digits=2)

    @classmethod
    def get_cards(cls, rows):
        "Return the cards of rows of fupin.household.year, in their order"
        cards = []
        for sub_rows in grouped_slice(list(rows), 500):
            sub_rows = list(sub_rows)
            sources = cls._read_sources(sub_rows)
            before = cls._read_before(sub_rows)
            persons = cls._read_persons(sub_rows)
            for row in sub_rows:
                cards.append(cls.get_card(row, sources, before, persons))
        return cards

    @classmethod
    def get_card(cls, row, sources, rows_before, persons):
        """Return the card of a row.

        sources is {(household id, year id): {source: Amount}}, rows_before
        {(household id, year id): row}, persons {row id: [(name, relation)]}.
        """
        household, year = row.household, row.year
        key = household.id, year.previous.id if year.previous else None
        before = rows_before.get(key)
        changes = income_change.compare(
            sources[household.id, year.id], sources[key])
        explained = None
        if before:
            explained = income_change.explain(
                row.net, row.persons, before.net, before.persons)
        return {
            'row': row,
            'before': before,
            'date': cls._counted_on(year),
            'persons': persons[row.id],
            'lines': sorted(changes, key=lambda c: (
                    CLASSES.index(c.source[0]), -c.current.amount,
                    cls.get_source_name(c.source))),
            'changes': [
                cls.get_reason(c) for c in changes if c.reason != 'same'],
            'explained': explained,
            'unpaid': sum(
                (c.current.amount - c.current.paid for c in changes
                    if c.source[1] == 'company'), Decimal(0)),
            }

    @classmethod
    def _class_names(cls):
        HouseholdYear = Pool().get('fupin.household.year')
        names = HouseholdYear.fields_get(CLASSES)
        return {n: names[n]['string'] for n in CLASSES}

    @classmethod
    def _counted_on(cls, year):
        "Return the day whose persons count"
        Date = Pool().get('ir.date')
        return min(year.end_date, Date.today())

    @classmethod
    def _read_before(cls, rows):
        "Return {(household, year): row} of the years before"
        HouseholdYear = Pool().get('fupin.household.year')
        found = HouseholdYear.search([
                ('household', 'in', list({r.household.id for r in rows})),
                ('year', 'in', list({
                            r.year.previous.id for r in rows
                            if r.year.previous})),
                ])
        return {(r.household.id, r.year.id): r for r in found}

    @classmethod
    def _read_persons(cls, rows):
        "Return {row: [(name, relation)]} of who was counted, the head first"
        Membership = Pool().get('fupin.household.membership')
        by_date = defaultdict(list)
        for row in rows:
            by_date[cls._counted_on(row.year)].append(row)
        persons = {r.id: [] for r in rows}
        for date, sub_rows in by_date.items():
            of_household = defaultdict(list)
            for membership in Membership.search([
                        ('household', 'in', [
                                r.household.id for r in sub_rows]),
                        ('from_date', '<=', date),
                        ['OR',
                            ('to_date', '=', None),
                            ('to_date', '>=', date),
                            ],
                        ], order=[('id', 'ASC')]):
                of_household[membership.household.id].append(membership)
            for row in sub_rows:
                persons[row.id] = [
                    (m.person.name, m.relation_string) for m in sorted(
                        of_household[row.household.id],
                        key=lambda m: m.relation != 'head')]
        return persons

    @classmethod
    @without_check_access
    def get_source_name(cls, source):
        """Return who or what a source is: a cooperative, or the category of
        what was declared.

        source is (class, 'company' or 'category', id)."""
        pool = Pool()
        _, kind, id_ = source
        if kind == 'company':
            return pool.get('company.company')(id_).rec_name
        return pool.get('fupin.income.category')(id_).rec_name

    @classmethod
    def get_reason(cls, change):
        "Return the sentence that says why the income changed"
        return gettext(
            f'fupin_household.msg_household_card_{change.reason}',
            source=cls.get_source_name(change.source),
            change=cls.money(abs(change.change)),
            current=cls.money(change.net),
            previous=cls.money(change.net - change.change))

    @classmethod
    def _read_sources(cls, rows):
        """Return {(household, year): {source: Amount}} of the rows and of
        the years before them."""
        pool = Pool()
        income = pool.get('fupin.income').__table__()
        payment = pool.get('fupin.income.payment').__table__()
        cursor = Transaction().connection.cursor()
        households = list({r.household.id for r in rows})
        years = list({
                y.id for r in rows for y in [r.year, r.year.previous] if y})
        where = among(income.household, households) & among(
            income.year, years)
        keys = [
            income.household, income.year, income.income_class,
            income.company,
            Case((income.company == Null, income.category), else_=Null)]
        found = defaultdict(lambda: defaultdict(
                lambda: dict.fromkeys(['amount', 'cost', 'paid'], 0)))

        def collect(names, query):
            cursor.execute(*query)
            for household, year, class_, company, category, *sums in cursor:
                source = (
                    (class_, 'company', company) if company
                    else (class_, 'category', category))
                for name, cents in zip(names, sums):
                    found[household, year][source][name] = (
                        Decimal(cents).scaleb(-2))

        collect(['amount', 'cost'], income.select(
                *keys, sql_sum(sql_cents(income.amount)),
                sql_sum(sql_cents(income.cost)),
                where=where, group_by=keys))
        collect(['paid'], payment.join(
                income, condition=payment.income == income.id).select(
                *keys, sql_sum(sql_cents(payment.amount)),
                where=where, group_by=keys))
        return defaultdict(dict, {
                key: {
                    s: income_change.Amount(**amounts)
                    for s, amounts in sources.items()}
                for key, sources in found.items()})


class PrintCard(Wizard):
    "Print the cards of a year, of some households or of an area"
    __name__ = 'fupin.household.card.print'

    start = StateView(
        'fupin.household.card.print.start',
        'fupin_household.household_card_print_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Print", 'print_', 'tryton-print', default=True),
            ])
    print_ = StateReport('fupin.household.card')

    def default_start(self, fields):
        default = {}
        if self.model and self.model.__name__ == 'fupin.household':
            default['households'] = [r.id for r in self.records]
        return default

    def do_print_(self, action):
        rows = self.find_rows()
        if not rows:
            raise HouseholdCardError(gettext(
                    'fupin_household.msg_household_card_none',
                    year=self.start.year.rec_name))
        return action, {'ids': [r.id for r in rows]}

    def find_rows(self):
        "Return the rows whose cards are asked for, by village and number"
        HouseholdYear = Pool().get('fupin.household.year')
        domain = [('year', '=', self.start.year.id)]
        if self.start.households:
            domain.append(
                ('household', 'in', [h.id for h in self.start.households]))
        if self.start.area:
            domain.append(('area', 'child_of', [self.start.area.id], 'parent'))
        return HouseholdYear.search(domain, order=[
                ('village.code', 'ASC'), ('household.number', 'ASC'),
                ('id', 'ASC')])


class PrintCardStart(ModelView):
    __name__ = 'fupin.household.card.print.start'
    __string__ = "Print Household Cards"

    year = fields.Many2One('fupin.income.year', "Income Year", required=True)
    households = fields.Many2Many(
        'fupin.household', None, None, "Households",
        states={
            'required': ~Eval('area'),
            },
        help="Leave empty to print those of the area.")
    area = fields.Many2One(
        'country.subdivision', "Area",
        domain=[
            ('type', 'in', ['township', 'village', 'group']),
            ],
        states={
            'required': ~Eval('households'),
            })

    @classmethod
    def default_year(cls):
        "The last year that has ended, or the present one"
        pool = Pool()
        Date = pool.get('ir.date')
        Year = pool.get('fupin.income.year')
        today = Date.today()
        for clause in [
                ('end_date', '<', today), ('start_date', '<=', today)]:
            years = Year.search(
                [clause], order=[('start_date', 'DESC')], limit=1)
            if years:
                return years[0].id
