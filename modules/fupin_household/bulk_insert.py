# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Thousands of rows in a few statements: by COPY on PostgreSQL, by one
prepared statement elsewhere.

Nothing of what create and write do happens here: no default, no check, no
trigger.  The caller answers for what they would say.  What the database
itself demands, it demands."""
from sql import Select, Table
from sql.functions import CurrentTimestamp

from trytond.pool import Pool
from trytond.transaction import Transaction


def bulk_insert(Model, names, rows):
    """Insert rows into the table of the Model and return their ids.

    rows are the values of the fields names, as SQL columns take them."""
    rows = list(rows)
    if not rows:
        return []
    transaction = Transaction()
    cursor = transaction.connection.cursor()
    ids = _next_ids(Model, len(rows))
    cursor.execute(*Select([CurrentTimestamp()]))
    now, = cursor.fetchone()
    last = (transaction.user, now)
    columns = ', '.join(
        f'"{name}"' for name in [
            'id', *names, 'create_uid', 'create_date'])
    if hasattr(cursor, 'copy'):
        with cursor.copy(
                f'COPY "{Model._table}" ({columns}) FROM STDIN') as copy:
            for id_, row in zip(ids, rows):
                copy.write_row((id_, *row, *last))
    else:
        places = ', '.join(['?'] * (len(names) + 3))
        cursor.executemany(
            f'INSERT INTO "{Model._table}" ({columns}) VALUES ({places})',
            ((id_, *row, *last) for id_, row in zip(ids, rows)))
    forget(Model)
    return ids


def _next_ids(Model, count):
    transaction = Transaction()
    ids = transaction.database.nextid(
        transaction.connection, Model._table, count=count)
    if ids is not None:
        return [ids] if count == 1 else ids
    # SQLite, on which nobody else writes meanwhile
    cursor = transaction.connection.cursor()
    sequence = Table('sqlite_sequence')
    cursor.execute(*sequence.select(
            sequence.seq, where=sequence.name == Model._table))
    found = cursor.fetchone()
    first = (found[0] if found else 0) + 1
    return list(range(first, first + count))


def bulk_update(Model, names, rows):
    """Set the fields names of records.

    rows are the id and the values, as SQL columns take them."""
    rows = list(rows)
    if not rows:
        return
    transaction = Transaction()
    cursor = transaction.connection.cursor()
    table = Model.__table__()
    columns = [getattr(table, name) for name in names]
    query, _ = table.update(
        [*columns, table.write_uid, table.write_date],
        [*rows[0][1:], transaction.user, CurrentTimestamp()],
        where=table.id == rows[0][0])
    cursor.executemany(
        query, [(*values, transaction.user, id_) for id_, *values in rows])
    forget(Model)


def bulk_log(Model, ids, event, target):
    "Keep in the history of each record that the user did it"
    Log = Pool().get('ir.model.log')
    if not Model._log:
        return
    user = Transaction().user
    bulk_insert(
        Log, ['resource', 'event', 'target', 'user'],
        [(f'{Model.__name__},{id_}', event, target, user) for id_ in ids])


def forget(Model):
    "Make records that are already read be read again"
    transaction = Transaction()
    transaction.counter += 1
    for cache in transaction.cache.values():
        if Model.__name__ in cache:
            cache[Model.__name__].clear()
