# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Exact conversion of quantities and prices between units of measure.

Tryton keeps the ratio of a unit as two floats, of which one is the decimal
that was meant (0.0015 per square meter) and the other its rounded inverse
(666.666666666667). The meant one is taken as a fraction, and only the result
is rounded."""
from decimal import Decimal
from fractions import Fraction

QUANTITY_DIGITS = 6
PRICE_DIGITS = 4


def base_quantity(unit):
    "Return how many base units of its category are in one unit"
    factor, rate = Decimal(repr(unit.factor)), Decimal(repr(unit.rate))
    if not factor or not rate:
        raise ValueError("unit without factor or rate")
    if decimals(rate) < decimals(factor):
        return 1 / Fraction(rate)
    return Fraction(factor)


def decimals(number):
    return max(-number.normalize().as_tuple().exponent, 0)


def ratio(from_unit, to_unit):
    "Return how many to_unit are in one from_unit"
    if from_unit == to_unit:
        return Fraction(1)
    if from_unit.category != to_unit.category:
        raise ValueError("units of different categories")
    return base_quantity(from_unit) / base_quantity(to_unit)


def convert_quantity(quantity, from_unit, to_unit, digits=QUANTITY_DIGITS):
    return to_decimal(
        Fraction(quantity) * ratio(from_unit, to_unit), digits)


def convert_price(price, from_unit, to_unit, digits=PRICE_DIGITS):
    return to_decimal(Fraction(price) / ratio(from_unit, to_unit), digits)


def to_decimal(fraction, digits):
    "Round to the digits, halves away from zero"
    scale = 10 ** digits
    doubled = abs(fraction) * scale * 2
    number = (doubled.numerator // doubled.denominator + 1) // 2
    if fraction < 0:
        number = -number
    return Decimal(number).scaleb(-digits)
