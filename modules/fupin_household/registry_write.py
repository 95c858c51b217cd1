# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Write what a sheet of households and persons says that is new.

New records go in by the thousand; the loader has checked of them what the
models would check.  What touches a person or an area that is recorded, on
which other records depend, goes through the models."""
from collections import defaultdict

from trytond.pool import Pool
from trytond.transaction import without_check_access

from .bulk_insert import bulk_insert, bulk_log, bulk_update
from .registry_sheet import PERSON
from .sheet_loader import refresh_households

NAKED = {'id_number', 'phone', 'bank_account', 'health', 'disability'}


class RegistryWriter:
    """units are matched, their bad rows taken out; today is the first day
    of a membership for which the sheet has none."""

    def __init__(self, units, today):
        pool = Pool()
        self.Household = pool.get('fupin.household')
        self.Membership = pool.get('fupin.household.membership')
        self.Person = pool.get('fupin.person')
        self.Registration = pool.get('fupin.household.registration')
        self.units = [u for u in units if u.rows]
        self.today = today
        self.touched = set()

    @without_check_access
    def write(self):
        self._write_households()
        self._write_persons()
        self._write_memberships()
        self._write_registrations()
        refresh_households(self.touched)

    def _write_households(self):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        Sequence = pool.get('ir.sequence')
        new = [u for u in self.units if not u.household]
        unnumbered = [u for u in new if not u.number]
        if unnumbered:
            sequence = Sequence(ModelData.get_id(
                    'fupin_household', 'sequence_household'))
            for unit, number in zip(
                    unnumbered, sequence.get_many(len(unnumbered))):
                unit.number = number
        ids = bulk_insert(
            self.Household, ['number', 'area', 'address'],
            [(u.number, u.area, u.address) for u in new])
        self.ids = dict(zip(map(id, new), ids))
        self.touched.update(ids)
        self.areas = {}
        addresses, moved = [], []
        for unit in self.units:
            household = unit.household
            if not household:
                self.areas[id(unit)] = unit.area
                continue
            self.ids[id(unit)] = household.id
            self.areas[id(unit)] = unit.changes.get('area', household.area)
            if 'area' in unit.changes:
                # the persons move with it
                moved.extend((
                        [self.Household(household.id)], unit.changes))
            elif unit.changes:
                addresses.append((household.id, unit.changes['address']))
        bulk_update(self.Household, ['address'], addresses)
        bulk_log(
            self.Household, [id_ for id_, _ in addresses], 'write', 'address')
        if moved:
            self.Household.write(*moved)

    def _write_persons(self):
        new = [r for u in self.units for r in u.rows if not r.person]
        names = [f + '_naked' if f in NAKED else f for f in PERSON]
        ids = bulk_insert(
            self.Person, [*names, 'area'],
            [(*r.values.values(), self.areas[id(r.unit)]) for r in new])
        self.new_persons = dict(zip(map(id, new), ids))
        changed = defaultdict(list)
        for unit in self.units:
            for row in unit.rows:
                if row.changes:
                    changed[tuple(sorted(row.changes))].append(row)
        for fields, rows in changed.items():
            names = [f + '_naked' if f in NAKED else f for f in fields]
            bulk_update(
                self.Person, names, [
                    (r.person['id'], *(r.changes[f] for f in fields))
                    for r in rows])
            bulk_log(
                self.Person, [r.person['id'] for r in rows], 'write',
                ','.join(sorted(names)))

    def _write_memberships(self):
        new, joining, relations = [], [], []
        for unit in self.units:
            household = self.ids[id(unit)]
            for row in unit.rows:
                if row.membership:
                    if row.new_relation:
                        self.touched.add(household)
                        relations.append(
                            (row.membership.id, row.new_relation))
                    continue
                start = row.from_date or self.today
                self.touched.add(household)
                if row.person:
                    joining.append({
                            'household': household,
                            'person': row.person['id'],
                            'relation': row.relation,
                            'from_date': start,
                            'reason': 'record',
                            })
                else:
                    new.append((
                            household, self.new_persons[id(row)],
                            row.relation, start, 'record'))
        bulk_insert(
            self.Membership, [
                'household', 'person', 'relation', 'from_date', 'reason'],
            new)
        bulk_update(self.Membership, ['relation'], relations)
        bulk_log(
            self.Membership, [id_ for id_, _ in relations], 'write',
            'relation')
        if joining:
            # members of a cooperative go with it
            self.Membership.create(joining)

    def _write_registrations(self):
        new = [
            (self.ids[id(u)], *u.registration)
            for u in self.units if u.registration]
        self.touched.update(household for household, *_ in new)
        bulk_insert(
            self.Registration, ['household', 'kind', 'from_date', 'cause'],
            new)
        causes = [
            (u.new_cause, u.cause) for u in self.units if u.new_cause]
        bulk_update(self.Registration, ['cause'], causes)
        bulk_log(
            self.Registration, [id_ for id_, _ in causes], 'write', 'cause')
