# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Close an income year of all households, and take it back."""

# milliseconds, for 50,000 households
CLOSING = 30_000


def run(bench):
    yield bench.alternate(
        'closing a year', lambda: close(bench.database), limit=CLOSING)


def close(database):
    from trytond.pool import Pool
    from trytond.transaction import Transaction, TransactionError
    Year = Pool(database).get('fupin.income.year')
    extras = {}
    while True:
        with Transaction().start(
                database, 1, context={'_skip_warnings': True},
                **extras) as transaction:
            try:
                year, = Year.search(
                    [('state', '=', 'open')],
                    order=[('start_date', 'ASC')], limit=1)
                Year.close([year])
                return
            except TransactionError as error:
                error.fix(extras)
            finally:
                transaction.rollback()
                transaction.tasks.clear()
