# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Sums of decimals in SQL that are exact on each database.

On SQLite a decimal is stored in bytes, which can be computed with but
neither compared nor added up exactly; as a whole number it can."""
from decimal import Decimal

from sql import Cast
from sql.functions import Round

# no unit of a quantity shows more
QUANTITY_DIGITS = 6


def to_cents(expression):
    "Return an expression of yuan as one of whole cents"
    return Cast(Round(expression * 100), 'BIGINT')


def to_amount(cents):
    "Return the yuan of the cents of a row, 0.00 for None"
    return Decimal(int(cents or 0)).scaleb(-2)


def to_millionths(expression):
    "Return an expression of a quantity as one of whole millionths"
    return Cast(Round(expression * 10 ** QUANTITY_DIGITS), 'BIGINT')


def to_quantity(millionths):
    "Return the quantity of the millionths of a row, 0 for None"
    return Decimal(int(millionths or 0)).scaleb(-QUANTITY_DIGITS)
