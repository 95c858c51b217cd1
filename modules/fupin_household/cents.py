# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""SQL of money in whole cents

SQLite has no decimal numbers: it adds and divides floats.  Integers are exact
on both databases, so the reports count in cents and turn them into money in
their last step."""
from decimal import Decimal

from sql import Cast, Null
from sql.aggregate import Sum
from sql.conditionals import Case, Coalesce
from sql.functions import Round


def sql_cents(amount):
    "Return the SQL expression of the cents of a column of money"
    return Cast(Round(amount * 100), 'BIGINT')


def sql_sum(expression, where=None):
    """Return the SQL expression of the sum of whole numbers, 0 for no row;
    where restricts it to the rows that fulfil the condition."""
    if where is not None:
        expression = Case((where, expression), else_=0)
    # PostgreSQL would make it a NUMERIC, whose division keeps a rest
    return Cast(Coalesce(Sum(expression), 0), 'BIGINT')


def sql_divide(dividend, divisor):
    """Return the SQL expression of the whole number nearest to the quotient
    of whole numbers, halves away from zero as for money; Null if the divisor
    is not positive."""
    half_up = (dividend * 2 + divisor) / (divisor * 2)
    half_down = -((dividend * -2 + divisor) / (divisor * 2))
    return Case(
        (divisor > 0, Case((dividend >= 0, half_up), else_=half_down)),
        else_=Null)


def sql_money(cents):
    "Return the SQL expression of the money of cents"
    return Round(cents * Decimal('0.01'), 2)


def sql_share(share):
    "Return the SQL expression of the share of hundredths of a percent"
    return Round(share * Decimal('0.0001'), 4)


def sql_rate(change, previous):
    "Return the SQL expression of change over previous, to 0.01 percent"
    return sql_share(sql_divide(change * 10000, previous))
