# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

_DIGITS = '零壹贰叁肆伍陆柒捌玖'
_PLACES = ['', '拾', '佰', '仟']
_GROUPS = ['亿', '万', '']


def _group(digits):
    "Return the words of four digits, zeros in between said once"
    words, zero = '', False
    for place, digit in zip([3, 2, 1, 0], digits):
        if digit == '0':
            zero = True
            continue
        if zero and words:
            words += '零'
        zero = False
        words += _DIGITS[int(digit)] + _PLACES[place]
    return words


def capital_amount(amount):
    """Return the amount of yuan in the capitals of bank documents.

    As in the rules for filling in bank documents (支付结算办法, annex 1):
    整 after yuan or jiao, 零 where digits are left out, one 零 for several.
    ValueError for an amount of 10^12 or more or with parts of a fen."""
    cents = Decimal(amount) * 100
    if not cents.is_finite() or cents != cents.to_integral_value():
        raise ValueError(amount)
    sign = '负' if cents < 0 else ''
    yuan, cents = divmod(abs(int(cents)), 100)
    if yuan >= 10 ** 12:
        raise ValueError(amount)
    jiao, fen = divmod(cents, 10)

    digits = '%012d' % yuan
    words = ''
    zero = False
    for i, unit in enumerate(_GROUPS):
        part = digits[i * 4:i * 4 + 4]
        if part == '0000':
            zero = True
            continue
        if words and (zero or part[0] == '0'):
            words += '零'
        zero = False
        words += _group(part) + unit
    words = words + '元' if words else ''
    if not cents:
        return sign + (words or '零元') + '整'
    if jiao:
        words += _DIGITS[jiao] + '角'
    elif words:
        words += '零'
    if fen:
        words += _DIGITS[fen] + '分'
    else:
        words += '整'
    return sign + words
