# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What people type into a cell, recognised or refused, never guessed.

A function returns the value, None for an empty cell, or raises CellError."""
import datetime as dt
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from stdnum.cn import ric
from stdnum.exceptions import InvalidComponent

NOTHING = {'', '/', '\\', '-', '--', '—', '——', '无', '#N/A', 'None', 'NULL'}
# Spreadsheets keep fifteen digits of a number
EXACT = 10 ** 15
EPOCH = dt.date(1899, 12, 30)
# As serial numbers: 1927, as four digits may be a year, and 2100
FIRST_SERIAL, LAST_SERIAL = 10000, 73050
YEARS = range(1900, 2101)
DATE = re.compile(
    r'(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?'
    r'(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?')
COMPACT_DATE = re.compile(r'(\d{4})(\d{2})(\d{2})')
SCIENTIFIC = re.compile(r'[+-]?\d+(?:\.\d+)?[Ee][+]?\d+')
PHONE = re.compile(r'1[3-9]\d{9}|0\d{2,3}-?\d{7,8}')
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
CHECK_DIGITS = '10X98765432'
CENT = Decimal('0.01')
# What the binary form of a decimal number may add
NOISE = Decimal('0.000001')


class CellError(ValueError):
    """A cell that can't be taken as it is.

    args[0] is what is wrong: 'text', 'spoilt', 'date', 'amount', 'cent',
    'code', 'id_length', 'id_check', 'id_date', 'phone'."""


def text(value):
    "Return the text of a cell, half-width and without needless spaces"
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not value.isascii():
            value = unicodedata.normalize('NFKC', value)
        value = value.strip().lstrip("'‘’`").strip()
        if '  ' in value or '\n' in value or '\t' in value:
            value = ' '.join(value.split())
        return None if value in NOTHING else value
    if isinstance(value, (int, float, Decimal)):
        if abs(value) >= EXACT:
            raise CellError('spoilt')
        if value == int(value):
            return str(int(value))
        return str(value)
    if isinstance(value, dt.datetime) and not value.time():
        return value.date().isoformat()
    return str(value)


def name(value):
    "Return the name of a person, in which spaces are for the look only"
    value = text(value)
    if value and not value.isascii():
        value = value.replace(' ', '')
    return value


def code(value):
    "Return a number of which every digit counts: of a household, an area"
    value = text(value)
    if value:
        value = value.replace(' ', '')
        if SCIENTIFIC.fullmatch(value) and '.' in value:
            raise CellError('spoilt')
    return value


def account(value):
    "Return the number of a bank account"
    value = code(value)
    return value and value.replace('-', '')


def phone(value):
    "Return the telephone number"
    value = code(value)
    if value and not PHONE.fullmatch(value):
        raise CellError('phone')
    return value


def _date(year, month, day):
    try:
        value = dt.date(int(year), int(month), int(day))
    except ValueError:
        raise CellError('date')
    if value.year not in YEARS:
        raise CellError('date')
    return value


def _serial(number):
    if not FIRST_SERIAL <= number <= LAST_SERIAL:
        raise CellError('date')
    return EPOCH + dt.timedelta(days=int(number))


@lru_cache(maxsize=65536)
def _text_date(value):
    if found := DATE.fullmatch(value) or COMPACT_DATE.fullmatch(value):
        return _date(*found.groups())
    if value.isdigit() and len(value) == 5:
        return _serial(int(value))
    raise CellError('date')


def date(value):
    """Return the date, written with four digits of the year or as the serial
    number of a spreadsheet; 2020.1 or 3/4/20 are nobody's to guess."""
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return _date(value.year, value.month, value.day)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not abs(value) < EXACT or value != int(value):
            if FIRST_SERIAL <= value <= LAST_SERIAL:
                return _serial(value)
            raise CellError('date')
        value = str(int(value))
    value = text(value)
    if value is None:
        return None
    if ' ' in value:
        value = re.sub(r'\s*([-/.年月日])\s*', r'\1', value)
    return _text_date(value)


def amount(value):
    "Return the yuan to the cent"
    if isinstance(value, bool):
        raise CellError('amount')
    if isinstance(value, (int, float)):
        number = Decimal(repr(value))
    elif isinstance(value, Decimal):
        number = value
    else:
        if not isinstance(value, (str, type(None))):
            raise CellError('amount')
        value = text(value)
        if value is None:
            return None
        value = value.replace(' ', '').strip('¥元')
        if re.fullmatch(r'[+-]?\d{1,3}(,\d{3})+(\.\d+)?', value):
            value = value.replace(',', '')
        if not re.fullmatch(r'[+-]?(\d+(\.\d*)?|\.\d+)', value):
            raise CellError('amount')
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise CellError('amount')
    if not number.is_finite() or abs(number) >= 10 ** 13:
        raise CellError('amount')
    rounded = number.quantize(CENT)
    if abs(rounded - number) > NOISE:
        raise CellError('cent')
    return rounded


@lru_cache(maxsize=4096)
def region_known(digits):
    """Return if a list knows the region of an ID number in the year of birth.

    digits are the first ten of the number."""
    try:
        ric.get_birth_place(digits + '0101')
    except (InvalidComponent, KeyError):
        return False
    return True


@lru_cache(maxsize=65536)
def _birth_date(digits):
    try:
        return dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise CellError('id_date')


def id_number(value):
    """Return the resident ID number of 18 characters (GB 11643).

    Fifteen digits of before 1999 and what scientific notation has spoilt
    are refused: the rest can only be read off the card."""
    if isinstance(value, (int, float)):
        raise CellError('spoilt')
    value = text(value)
    if value is None:
        return None
    value = value.replace(' ', '').replace('-', '').upper()
    if SCIENTIFIC.fullmatch(value):
        raise CellError('spoilt')
    if len(value) != 18:
        raise CellError('id_length')
    if not (value.isascii() and value[:17].isdigit()):
        raise CellError('id_check')
    _birth_date(value[6:14])
    total = sum([w * int(d) for w, d in zip(WEIGHTS, value)])
    if CHECK_DIGITS[total % 11] != value[17]:
        raise CellError('id_check')
    return value


def birth_date(number):
    "Return the date of birth in a checked ID number"
    return _birth_date(number[6:14])


def sex(number):
    "Return the sex in a checked ID number"
    return 'male' if number[16] in '13579' else 'female'


class Choice:
    "The entries of a code list by code and by name"

    def __init__(self, entries):
        """entries are pairs of a name or code and the value that it means"""
        self._values = {}
        for entry, value in entries:
            self._values[self.key(entry)] = value

    @staticmethod
    def key(value):
        value = re.sub(r'[\s()]', '', value).lower()
        return value.lstrip('0') or '0' if value.isdigit() else value

    def __call__(self, value):
        try:
            return self._values[value]
        except (KeyError, TypeError):
            pass
        entry = text(value)
        if entry is None:
            return None
        try:
            return self._values[self.key(entry)]
        except KeyError:
            raise CellError('code')
