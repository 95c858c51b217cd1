# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Literal
from sql.functions import CurrentTimestamp

from trytond.tools import grouped_slice
from trytond.transaction import Transaction

_SLICE = 500


def bulk_insert(Model, names, rows):
    """Insert rows into the table of the Model, thousands in a second.

    rows are the values of the fields names, as SQL columns take them.
    Nothing of what create does happens here: no default, no check, no
    trigger.  The caller answers for what they would say.  What the database
    itself demands, it demands."""
    transaction = Transaction()
    cursor = transaction.connection.cursor()
    table = Model.__table__()
    columns = [getattr(table, name) for name in names]
    columns += [table.create_uid, table.create_date]
    user = Literal(transaction.user)
    for slice_ in grouped_slice(rows, _SLICE):
        cursor.execute(*table.insert(
                columns, [
                    [*row, user, CurrentTimestamp()] for row in slice_]))
    forget(Model)


def forget(Model):
    "Make records that are already read be read again"
    transaction = Transaction()
    transaction.counter += 1
    for cache in transaction.cache.values():
        if Model.__name__ in cache:
            cache[Model.__name__].clear()
