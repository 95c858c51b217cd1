# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Households and persons of a sheet beside those recorded.

A household is known by its number or else by the ID number of its head, a
person by the ID number or else by the name in the household.  Empty cells
leave what is recorded.  Dates of memberships and registrations that are
recorded stay: they are events of their own."""
import datetime as dt
from collections import Counter, defaultdict

from trytond.model import fields
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from .registry_sheet import FIELDS, PERSON, RegistrySheet, propose
from .registry_write import RegistryWriter
from .sheet_loader import Loader, own_areas, visible

IN = fields.SQL_OPERATORS['in']
# the columns of the table for what a sheet tells of a person
COLUMNS = {
    'id_number': 'id_number_naked', 'phone': 'phone_naked',
    'bank_account': 'bank_account_naked', 'health': 'health_naked',
    'disability': 'disability_naked'}
SQL = [COLUMNS.get(f, f) for f in PERSON]
PLAIN = ['id', 'death_date', *PERSON]


def day(value):
    return dt.date.fromisoformat(value) if value else None


class Row:
    "A person of the sheet and what is to be done"
    __slots__ = [
        'number', 'relation', 'from_date', 'values', 'unit', 'person',
        'membership', 'changes', 'new_relation', 'done']

    def __init__(self, unit, number, relation, from_date, *values):
        self.unit = unit
        self.number = number
        self.relation = relation
        self.from_date = day(from_date)
        self.values = dict(zip(PERSON, values))
        self.values['birth_date'] = day(self.values['birth_date'])
        self.person = self.membership = self.new_relation = None
        self.changes = {}
        self.done = False


class Unit:
    "A household of the sheet and what is to be done"
    __slots__ = [
        'first_row', 'number', 'head_id_number', 'area', 'address', 'kind',
        'kind_date', 'cause', 'rows', 'household', 'changes', 'registration',
        'new_cause']

    def __init__(self, rows, **values):
        for name, value in values.items():
            setattr(self, name, value)
        self.kind_date = day(self.kind_date)
        self.rows = [Row(self, *row) for row in rows]
        self.household = self.registration = self.new_cause = None
        self.changes = {}


class RegistryLoader(Loader):
    known = FIELDS

    @staticmethod
    def guess(headers):
        return {c: (f, None) for c, f in propose(headers).items()}

    def read(self, sheet, problems):
        pool = Pool()
        Cause = pool.get('fupin.registration.cause')
        Kind = pool.get('fupin.registration.kind')
        kinds = {k.id: k for k in Kind.search([])}

        def entries(records):
            # a name that was used again means the entry that holds today
            for record in sorted(
                    records, key=lambda r: r.valid_at(self.today)):
                yield record.code, record.id
                yield record.name, record.id
        registry = RegistrySheet(
            sheet, {c.number: c.field for c in self.columns}, own_areas(),
            list(entries(kinds.values())), list(entries(Cause.search([]))),
            lambda kind, day: kinds[kind].valid_at(day), self.today,
            problems.add)
        rows = defaultdict(list)
        places = {}
        ids, names = {}, {}
        for (number, place, relation, from_date, bad, *values) in registry:
            places[number] = place
            if bad:
                continue
            name, _, birth_date, id_number = values[:4]
            seen, key = (ids, id_number) if id_number else (
                names, (place, name, birth_date))
            if key in seen:
                problems.say(
                    number, 'id_number' if id_number else 'name', 'twice',
                    detail=seen[key])
                continue
            seen[key] = number
            rows[place].append([number, relation, from_date, *values])
        self._hold_back(registry.households, rows, places, problems)
        return [{
                'first_row': h.first_row, 'number': h.number,
                'head_id_number': h.head_id_number, 'area': h.area,
                'address': h.address, 'kind': h.kind,
                'kind_date': h.kind_date, 'cause': h.cause,
                'rows': rows[place]}
            for place, h in enumerate(registry.households) if rows[place]]

    def _hold_back(self, households, rows, places, problems):
        """What the first row tells of the household is wrong: no person of
        it is loaded."""
        of_household = {
            'household_number', 'head_id_number', 'area_code', 'village',
            'address', 'kind', 'kind_date', 'cause'}
        wrong = {
            places[row]: row
            for row, _, field, _, _, error, _ in problems.rows
            if error and field in of_household and row in places
            and households[places[row]].first_row == row}
        for place, household in enumerate(households):
            if place not in wrong and not (
                    household.number or household.head_id_number):
                # nothing by which to know it the next time
                problems.say(
                    household.first_row, 'household_number', 'no_key')
                wrong[place] = household.first_row
        for place, first in wrong.items():
            for number, *_ in rows.pop(place, []):
                if number not in problems.bad:
                    problems.say(number, None, 'held', detail=first)

    def load(self, units, problems, write):
        units = [Unit(**u) for u in units]
        recorded = Recorded(units)
        for unit in units:
            self._match(unit, recorded, problems)
        counts = Counter()
        for unit in units:
            rows = unit.rows = [
                r for r in unit.rows if r.number not in problems.bad]
            new = not unit.household
            for row in rows:
                if new or not row.membership:
                    counts['new'] += 1
                elif (row.changes or row.new_relation
                        or (row is rows[0] and (
                                unit.changes or unit.registration
                                or unit.new_cause))):
                    counts['changed'] += 1
                else:
                    counts['same'] += 1
            counts['households'] += bool(new and rows)
        if write:
            RegistryWriter(units, self.today).write()
        return counts

    def _match(self, unit, recorded, problems):
        household = unit.household = recorded.find_household(unit)
        if household and household.id not in recorded.visible_households:
            self._hold(unit, problems, 'household_elsewhere')
            return
        if not household and not unit.area:
            self._hold(unit, problems, 'area_missing')
            return
        if household:
            for name in ['area', 'address']:
                value = getattr(unit, name)
                if value and value != getattr(household, name):
                    unit.changes[name] = value
        self._match_registration(unit, recorded, problems)
        members = recorded.members(household, self.today)
        for row in unit.rows:
            if id_ := row.values['id_number']:
                row.person = recorded.by_id_number.get(id_)
        taken = {r.person['id'] for r in unit.rows if r.person}
        for row in unit.rows:
            if not row.person:
                self._match_name(row, members, taken, problems)
            if row.person:
                self._match_person(row, recorded, problems)
        self._match_memberships(unit, recorded, problems)
        if not household:
            head = next(
                (r for r in unit.rows if r.relation == 'head'), None)
            if head and head.number in problems.bad:
                for row in unit.rows:
                    if row.number not in problems.bad:
                        problems.say(
                            row.number, None, 'held', detail=head.number)

    def _hold(self, unit, problems, code):
        for row in unit.rows:
            problems.say(
                row.number, 'household_number', code, unit.number)

    def _match_registration(self, unit, recorded, problems):
        if not unit.kind:
            return
        registrations = (
            recorded.registrations[unit.household.id] if unit.household
            else [])
        for id_, kind, from_date, to_date, cause in registrations:
            if kind != unit.kind:
                continue
            if from_date <= unit.kind_date and (
                    not to_date or to_date >= unit.kind_date):
                if unit.cause and unit.cause != cause:
                    unit.new_cause = id_
                return
            if not to_date or to_date >= unit.kind_date:
                if from_date > unit.kind_date:
                    problems.say(
                        unit.first_row, 'kind_date', 'registered',
                        unit.kind_date, detail=from_date, error=False)
                return
        unit.registration = (unit.kind, unit.kind_date, unit.cause)

    def _match_name(self, row, members, taken, problems):
        same = [
            p for p in members
            if p['name'] == row.values['name'] and p['id'] not in taken]
        if not same:
            return
        if len(same) > 1:
            problems.say(row.number, 'name', 'ambiguous')
            return
        person, = same
        for field in ['id_number', 'birth_date']:
            value = row.values[field]
            if value and person[field] and value != person[field]:
                problems.say(row.number, field, f'{field}_differs', value)
                return
        row.person = person
        taken.add(person['id'])

    def _match_person(self, row, recorded, problems):
        person = row.person
        if person['id'] not in recorded.visible_persons:
            problems.say(
                row.number, 'id_number', 'person_elsewhere',
                row.values['id_number'])
            return
        for field, value in row.values.items():
            if value is not None and value != person[field]:
                row.changes[field] = value
        birth = row.changes.get('birth_date')
        if birth and person['death_date'] and birth > person['death_date']:
            problems.say(row.number, 'birth_date', 'after_death', birth)

    def _match_memberships(self, unit, recorded, problems):
        "A person is in one household at a time, which has one head"
        id_ = unit.household and unit.household.id
        heads = [
            m for m in recorded.memberships_of[id_]
            if m.relation == 'head'] if id_ else []
        changed = set()
        for row in unit.rows:
            if row.number in problems.bad or not row.person:
                continue
            start = row.from_date or self.today
            for membership in recorded.memberships_by[row.person['id']]:
                if membership.to_date and membership.to_date < start:
                    continue
                if membership.household == id_:
                    row.membership = membership
                    continue
                number = recorded.number_of(membership.household)
                problems.say(
                    row.number, 'name', 'member_elsewhere',
                    row.values['name'], detail=number)
                break
            else:
                membership = row.membership
                if not membership:
                    continue
                if row.from_date and row.from_date != membership.from_date:
                    problems.say(
                        row.number, 'from_date', 'membership',
                        row.from_date, detail=membership.from_date,
                        error=False)
                if row.relation != membership.relation:
                    row.new_relation = row.relation
                    changed.add(membership.id)
        heads = [m for m in heads if m.id not in changed]
        head = None
        for row in unit.rows:
            if row.relation != 'head' or row.number in problems.bad or (
                    row.membership and not row.new_relation):
                continue
            start = (row.membership.from_date if row.membership
                else row.from_date or self.today)
            if head or any(
                    not m.to_date or m.to_date >= start for m in heads):
                problems.say(row.number, 'relation', 'heads')
            head = head or row


class Membership:
    __slots__ = [
        'id', 'household', 'person', 'relation', 'from_date', 'to_date']

    def __init__(self, *values):
        for name, value in zip(self.__slots__, values):
            setattr(self, name, value)


class RecordedHousehold:
    __slots__ = ['id', 'number', 'area', 'address']

    def __init__(self, *values):
        for name, value in zip(self.__slots__, values):
            setattr(self, name, value)


class Recorded:
    "What is recorded of the households and persons of a batch"

    def __init__(self, units):
        pool = Pool()
        Household = pool.get('fupin.household')
        Person = pool.get('fupin.person')
        self._households = {}
        self._persons = {}
        self.by_number = {}
        self.by_id_number = {}
        self.by_head = {}
        self.memberships_of = defaultdict(list)
        self.memberships_by = defaultdict(list)
        self.registrations = defaultdict(list)
        numbers = {u.number for u in units if u.number}
        heads = {
            u.head_id_number for u in units
            if not u.number and u.head_id_number}
        id_numbers = {
            r.values['id_number'] for u in units for r in u.rows} - {None}
        self._find_persons('id_number_naked', id_numbers | heads)
        self._find_households('number', numbers)
        self._find_memberships('person', self._persons)
        self._find_households('id', {
                m.household for ms in self.memberships_by.values()
                for m in ms} - self._households.keys())
        # of the households that the sheet is about
        own = {h.id for h in self.by_number.values()
            if h.number in numbers}
        for id_number in heads:
            person = self.by_id_number.get(id_number)
            for membership in self.memberships_by[person['id']
                    ] if person else []:
                if membership.relation == 'head' and not membership.to_date:
                    self.by_head[id_number] = membership.household
                    own.add(membership.household)
        self._find_memberships('household', own)
        self._find_persons('id', {
                m.person for id_ in own for m in self.memberships_of[id_]
                } - self._persons.keys())
        self._find_registrations(own)
        self.visible_households = visible(Household, own)
        self.visible_persons = visible(Person, set(self._persons))

    def _rows(self, Model, names, key, values):
        table = Model.__table__()
        cursor = Transaction().connection.cursor()
        for sub_values in grouped_slice(list(values), 10_000):
            cursor.execute(*table.select(
                    *(getattr(table, n) for n in names),
                    where=IN(getattr(table, key), list(sub_values)),
                    order_by=[table.id]))
            yield from cursor

    def _find_households(self, key, values):
        Household = Pool().get('fupin.household')
        for row in self._rows(
                Household, RecordedHousehold.__slots__, key, values):
            household = RecordedHousehold(*row)
            self._households[household.id] = household
            self.by_number[household.number] = household

    def _find_persons(self, key, values):
        Person = Pool().get('fupin.person')
        for row in self._rows(
                Person, ['id', 'death_date', *SQL], key, values):
            person = dict(zip(PLAIN, row))
            self._persons[person['id']] = person
            if person['id_number']:
                self.by_id_number[person['id_number']] = person

    def _find_memberships(self, key, values):
        Model = Pool().get('fupin.household.membership')
        for row in self._rows(Model, Membership.__slots__, key, values):
            membership = Membership(*row)
            if key == 'person':
                self.memberships_by[membership.person].append(membership)
                continue
            self.memberships_of[membership.household].append(membership)
            if membership.person not in self._persons:
                self.memberships_by[membership.person].append(membership)

    def _find_registrations(self, households):
        Model = Pool().get('fupin.household.registration')
        for household, *row in self._rows(Model, [
                    'household', 'id', 'kind', 'from_date', 'to_date',
                    'cause'], 'household', households):
            self.registrations[household].append(row)

    def find_household(self, unit):
        if unit.number:
            return self.by_number.get(unit.number)
        return self._households.get(self.by_head.get(unit.head_id_number))

    def members(self, household, date):
        "Return the persons of the household on the date"
        if not household:
            return []
        return [
            self._persons[m.person]
            for m in self.memberships_of[household.id]
            if m.from_date <= date and (not m.to_date or m.to_date >= date)]

    def number_of(self, household):
        return self._households[household].number
