# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Declared income of a sheet beside what is declared already.

A line is the same as one that is declared if household, person, category,
date and source are; with another amount it is refused, because what is
submitted is corrected by cancelling it."""
import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal

from sql import Null

from trytond.model import Index, fields
from trytond.pool import Pool, PoolMeta
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from .bulk_insert import bulk_insert, bulk_log
from .exceptions import IncomeCategoryError
from .income_sheet import FIELDS, IncomeSheet, propose
from .sheet_loader import Loader, visible
from .spreadsheet import header_key

IN = fields.SQL_OPERATORS['in']


class Declaration(metaclass=PoolMeta):
    __name__ = 'fupin.income.declaration'

    sheet_import = fields.Many2One(
        'fupin.import', "Import", readonly=True, ondelete='RESTRICT',
        help="The import of a sheet that entered the declaration.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(
            Index(
                t, (t.sheet_import, Index.Equality()),
                where=t.sheet_import != Null))

    @classmethod
    def copy(cls, declarations, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('sheet_import')
        return super().copy(declarations, default=default)


class Calendar:
    "The rule and the open year of a category on a date, asked once"

    def __init__(self):
        pool = Pool()
        Year = pool.get('fupin.income.year')
        self._Category = pool.get('fupin.income.category')
        self._years = Year.search([])
        self._rules = {}

    def year(self, date):
        for year in self._years:
            if year.start_date <= date <= year.end_date:
                return year

    def rule(self, category, date):
        "Return the rule, None if there is none"
        key = (category, date)
        if key not in self._rules:
            try:
                self._rules[key] = self._Category(category).get_rule(date)
            except IncomeCategoryError:
                self._rules[key] = None
        return self._rules[key]

    def is_business(self, category, date):
        rule = self.rule(category, date)
        return rule and rule.income_class == 'business'


def category_columns():
    "Return {header_key: id} of what a column of one category is called"
    Category = Pool().get('fupin.income.category')
    columns = {}
    categories = Category.search(
        [('declarable', '=', True)], order=[('id', 'ASC')])
    for name in ['export_column', 'name']:
        for category in categories:
            if value := getattr(category, name):
                # the name of one goes before the column of several
                if name == 'name':
                    columns[header_key(value)] = category.id
                else:
                    columns.setdefault(header_key(value), category.id)
    return columns


class IncomeLoader(Loader):

    @property
    def known(self):
        return {*FIELDS, *category_columns()}

    @staticmethod
    def guess(headers):
        return propose(headers, category_columns())

    def read(self, sheet, problems):
        Category = Pool().get('fupin.income.category')
        entries = [
            (entry, c.id) for c in Category.search(
                [('declarable', '=', True)], order=[('id', 'DESC')])
            for entry in [c.export_column, c.code, c.name] if entry]
        rows = IncomeSheet(
            sheet, {
                c.number: (c.field, c.category and c.category.id)
                for c in self.columns},
            entries, Calendar().is_business, self.import_.date,
            self.import_.source, problems.add)
        units, seen = {}, {}
        for number, household, head_id, head, name, id_number, lines in rows:
            if not lines:
                continue
            key = household or head_id or id_number
            keys = [
                (key, id_number or name, category, day, source)
                for _, category, day, _, _, source in lines]
            if first := next((seen[k] for k in keys if k in seen), None):
                problems.say(number, 'amount', 'twice', detail=first)
                continue
            seen.update(dict.fromkeys(keys, number))
            unit = units.setdefault(key, {
                    'household': household,
                    'id_number': None if household else key,
                    'rows': []})
            unit['rows'].append([number, head, name, id_number, lines])
        return list(units.values())

    def load(self, units, problems, write):
        recorded = Recorded(units)
        calendar = Calendar()
        counts = Counter()
        to_write = []
        for unit in units:
            household = recorded.find_household(unit)
            new = []
            for number, head, name, id_number, lines in unit['rows']:
                if code := recorded.refuse(household, head):
                    problems.say(
                        number, 'head' if code == 'head_differs'
                        else 'household_number', code,
                        head if code == 'head_differs'
                        else unit['household'])
                    continue
                person, code = recorded.find_person(
                    household, name, id_number)
                if code:
                    problems.say(
                        number, 'id_number' if id_number else 'name', code,
                        id_number or name)
                    continue
                added = self._match(
                    number, household, person, lines, recorded, calendar,
                    problems)
                if number in problems.bad:
                    continue
                counts['new' if added else 'same'] += 1
                new.extend(added)
            if new:
                counts['households'] += 1
                to_write.append((household, new))
        if write:
            self._write(to_write)
        return counts

    def _match(self, number, household, person, lines, recorded, calendar,
            problems):
        added = []
        for column, category, date, amount, cost, source in lines:
            date = dt.date.fromisoformat(date)
            amount, cost = Decimal(amount), Decimal(cost)

            def say(code, detail=None, column=column, date=date):
                problems.add(
                    number, column, 'amount', code, date, True, detail)
            year = calendar.year(date)
            found = recorded.lines.get(
                (household, person, category, date, source))
            if found:
                if found[:2] != (amount, cost):
                    problems.add(
                        number, column, 'amount', 'declared', amount, True,
                        found[2])
            elif not year:
                say('year_missing')
            elif year.state != 'open':
                say('year_closed', year.name)
            elif not calendar.rule(category, date):
                say('rule_missing')
            else:
                added.append((category, person, date, amount, cost, source))
        return added

    @without_check_access
    def _write(self, to_write):
        pool = Pool()
        Declaration = pool.get('fupin.income.declaration')
        Line = pool.get('fupin.income.declaration.line')
        ModelData = pool.get('ir.model.data')
        Sequence = pool.get('ir.sequence')
        sequence = Sequence(ModelData.get_id(
                'fupin_household', 'sequence_declaration'))
        user = Transaction().user
        ids = bulk_insert(
            Declaration, [
                'number', 'household', 'date', 'state', 'declared_by',
                'sheet_import'],
            [(number, household, self.import_.date, 'submitted', user,
                    self.import_.id)
                for (household, _), number in zip(
                    to_write, sequence.get_many(len(to_write)))])
        bulk_log(Declaration, ids, 'button', 'submit')
        bulk_log(Declaration, ids, 'transition', 'state:submitted')
        bulk_insert(
            Line, [
                'declaration', 'category', 'person', 'date', 'amount',
                'cost', 'source'],
            [(id_, *line) for id_, (_, lines) in zip(ids, to_write)
                for line in lines])


class Recorded:
    "What is recorded of the households of a batch"

    def __init__(self, units):
        Household = Pool().get('fupin.household')
        self._by_number = {}
        self._by_id_number = {}
        self._members = defaultdict(list)
        self._current = {}
        self._heads = {}
        self.lines = {}
        self._find_households({
                u['household'] for u in units if u['household']})
        self._find_persons({
                u['id_number'] for u in units if u['id_number']} | {
                row[3] for u in units for row in u['rows'] if row[3]})
        own = set(self._by_number.values())
        own |= {
            self._current[p] for p in self._by_id_number.values()
            if p in self._current}
        self._visible = visible(Household, own)
        self._find_members(own)
        lines = [
            line for u in units for row in u['rows'] for line in row[-1]]
        self._find_lines(
            own, {line[1] for line in lines},
            {dt.date.fromisoformat(line[2]) for line in lines})

    @staticmethod
    def _slices(values):
        return map(list, grouped_slice(list(values), 10_000))

    def _find_households(self, numbers):
        table = Pool().get('fupin.household').__table__()
        cursor = Transaction().connection.cursor()
        for values in self._slices(numbers):
            cursor.execute(*table.select(
                    table.number, table.id, where=IN(table.number, values)))
            self._by_number.update(cursor)

    def _find_persons(self, id_numbers):
        pool = Pool()
        Date = pool.get('ir.date')
        Membership = pool.get('fupin.household.membership')
        person = pool.get('fupin.person').__table__()
        membership = Membership.__table__()
        cursor = Transaction().connection.cursor()
        for values in self._slices(id_numbers):
            cursor.execute(*person.join(
                    membership, 'LEFT',
                    condition=(membership.person == person.id)
                    & Membership.active_at(membership, Date.today())).select(
                    person.id_number_naked, person.id, membership.household,
                    where=IN(person.id_number_naked, values)))
            for id_number, id_, household in cursor:
                self._by_id_number[id_number] = id_
                if household:
                    self._current[id_] = household

    def _find_members(self, households):
        pool = Pool()
        Date = pool.get('ir.date')
        Membership = pool.get('fupin.household.membership')
        person = pool.get('fupin.person').__table__()
        membership = Membership.__table__()
        cursor = Transaction().connection.cursor()
        today = Date.today()
        for values in self._slices(households):
            cursor.execute(*membership.join(
                    person, condition=membership.person == person.id).select(
                    membership.household, person.id, person.name,
                    membership.relation, membership.from_date,
                    membership.to_date,
                    where=IN(membership.household, values)))
            for household, id_, name, relation, start, end in cursor:
                if (id_, name) not in self._members[household]:
                    self._members[household].append((id_, name))
                if relation == 'head' and start <= today and (
                        not end or end >= today):
                    self._heads[household] = name

    def _find_lines(self, households, categories, dates):
        pool = Pool()
        declaration = pool.get('fupin.income.declaration').__table__()
        line = pool.get('fupin.income.declaration.line').__table__()
        cursor = Transaction().connection.cursor()
        for values in self._slices(households):
            cursor.execute(*line.join(
                    declaration,
                    condition=line.declaration == declaration.id).select(
                    declaration.household, line.person, line.category,
                    line.date, line.source, line.amount, line.cost,
                    declaration.number,
                    where=IN(declaration.household, values)
                    & (declaration.state != 'cancelled')
                    & line.category.in_(list(categories))
                    & (line.date >= min(dates))
                    & (line.date <= max(dates))))
            for *key, amount, cost, number in cursor:
                self.lines[tuple(key)] = (
                    Decimal(str(amount)), Decimal(str(cost)), number)

    def find_household(self, unit):
        if unit['household']:
            return self._by_number.get(unit['household'])
        return self._current.get(self._by_id_number.get(unit['id_number']))

    def refuse(self, household, head):
        "Return what is wrong with the household of a row"
        if not household:
            return 'household_unknown'
        if household not in self._visible:
            return 'household_elsewhere'
        if head and head != self._heads.get(household):
            return 'head_differs'

    def find_person(self, household, name, id_number):
        "Return the person of the household and what is wrong with it"
        if id_number:
            id_ = self._by_id_number.get(id_number)
            if any(id_ == m for m, _ in self._members[household]):
                return id_, None
            return None, 'person_unknown'
        if not name:
            return None, None
        found = [i for i, n in self._members[household] if n == name]
        if len(found) == 1:
            return found[0], None
        return None, 'ambiguous' if found else 'person_unknown'
