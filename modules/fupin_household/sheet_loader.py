# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What the loaders of the kinds of sheets have in common.

A loader recognises a sheet cell by cell into units (a household with its
rows), which are kept in batches, and matches and writes a batch with a
number of statements that does not grow with its rows."""
import json
import zlib
from collections import Counter

from trytond.pool import Pool
from trytond.transaction import Transaction, check_access

from .registry_sheet import Areas

# rows of a batch, which is one transaction
BATCH = 4000


def pack(units):
    "Return the units as they are kept"
    return zlib.compress(
        json.dumps(units, ensure_ascii=False, default=str).encode(), 1)


def unpack(data):
    return json.loads(zlib.decompress(data))


def batches(units, size):
    """Yield lists of units with about so many rows.

    A unit has its rows under 'rows'."""
    batch, count = [], 0
    for unit in units:
        batch.append(unit)
        count += len(unit['rows'])
        if count >= size:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def refresh_households(households, years=None):
    """Bring the years of households up to date, of which a batch has written
    persons, registrations or income past the models.

    households are ids; years the ids of the income years, None for all."""
    HouseholdYear = Pool().get('fupin.household.year')
    HouseholdYear.refresh(households, years)


def visible(Model, ids):
    "Return those ids that the record rules leave to the user"
    if not ids:
        return set()
    with check_access():
        return {r.id for r in Model.search([('id', 'in', list(ids))])}


def own_areas():
    "Return the villages and groups of the user as Areas"
    pool = Pool()
    Subdivision = pool.get('country.subdivision')
    User = pool.get('res.user')
    table = Subdivision.__table__()
    township, village = Subdivision.__table__(), Subdivision.__table__()
    cursor = Transaction().connection.cursor()
    own = set(User.get_areas())
    cursor.execute(*table
        .join(township, condition=table.township == township.id)
        .join(village, condition=table.village == village.id)
        .select(
            table.id, table.code, table.type, table.name, township.name,
            village.name,
            where=table.type.in_(['village', 'group']),
            order_by=[table.id]))
    return Areas([
            (id_, code, township, village, name if type_ == 'group' else None)
            for id_, code, type_, name, township, village in cursor
            if id_ in own])


class Problems:
    """The problems of a batch.

    bad are the rows that can't be loaded."""

    def __init__(self, columns):
        self._columns = {c.field: c for c in columns if c.field}
        self.rows = []
        self.bad = set()

    def add(self, row, column, field, code, value=None, error=True,
            detail=None):
        "Take what a sheet tells of a cell; column are its letters"
        if column is None and field in self._columns:
            column = self._columns[field].letter
        self.rows.append((row, column, field, code, value, error, detail))
        if error:
            self.bad.add(row)

    def say(self, row, field, code, value=None, detail=None, error=True):
        self.add(row, None, field, code, value, error, detail)


class Loader:
    """Loads one kind of sheet.

    columns are the fupin.import.mapping.column that hold something; today
    the day that counts where the sheet has none."""
    # by header_key of the header
    known = {}

    def __init__(self, import_, columns, today):
        self.import_ = import_
        self.columns = columns
        self.today = today

    @staticmethod
    def guess(headers):
        "Return {column: (field, category)} of the headers that are known"
        return {}

    def read(self, sheet, problems):
        "Return the units of the sheet, what can't be loaded left out"
        raise NotImplementedError

    def load(self, units, problems, write):
        """Match the units with what is recorded, and write what is new or
        changed if asked to.

        Return a Counter of new, changed and same rows and of households."""
        return Counter()
