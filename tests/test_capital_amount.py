# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trytond.modules.fupin_coop.capital_amount import capital_amount

pytestmark = pytest.mark.plain

DIGITS = '零壹贰叁肆伍陆柒捌玖'
UNITS = {'拾': 10, '佰': 100, '仟': 1000}


def value(words):
    "Read the capitals as a person does"
    sign = 1
    if words.startswith('负'):
        sign, words = -1, words[1:]
    cents = total = group = digit = 0
    for c in words:
        if c in DIGITS:
            digit = DIGITS.index(c)
        elif c in UNITS:
            group += digit * UNITS[c]
            digit = 0
        elif c in '万亿':
            total += (group + digit) * (10 ** 4 if c == '万' else 10 ** 8)
            group = digit = 0
        elif c == '元':
            total += group + digit
            group = digit = 0
        elif c == '角':
            cents += digit * 10
            digit = 0
        elif c == '分':
            cents += digit
            digit = 0
    return sign * (total + Decimal(cents) / 100)


@pytest.mark.parametrize('amount,words', [
        ('0', '零元整'),
        ('0.05', '伍分'),
        ('0.50', '伍角整'),
        ('10', '壹拾元整'),
        ('887.83', '捌佰捌拾柒元捌角叁分'),
        ('1000', '壹仟元整'),
        ('1004.05', '壹仟零肆元零伍分'),
        ('100000000', '壹亿元整'),
        ('100010000', '壹亿零壹万元整'),
        ('10000010', '壹仟万零壹拾元整'),
        ('-3.20', '负叁元贰角整'),
        # The examples of the rules for filling in bank documents
        ('1409.50', '壹仟肆佰零玖元伍角整'),
        ('6007.14', '陆仟零柒元壹角肆分'),
        ('1680.32', '壹仟陆佰捌拾元叁角贰分'),
        ('107000.53', '壹拾万柒仟元伍角叁分'),
        ('16409.02', '壹万陆仟肆佰零玖元零贰分'),
        ('325.04', '叁佰贰拾伍元零肆分'),
        ])
def test_capital_amount(amount, words):
    assert capital_amount(Decimal(amount)) == words


@given(st.decimals(
        min_value=Decimal('-999999999999.99'),
        max_value=Decimal('999999999999.99'), places=2))
def test_says_the_amount(amount):
    words = capital_amount(amount)
    assert value(words) == amount
    assert '零零' not in words
    assert words.endswith(('整', '分'))


@pytest.mark.parametrize(
    'amount', ['0.001', '1000000000000', 'NaN', 'Infinity'])
def test_refused(amount):
    with pytest.raises(ValueError):
        capital_amount(Decimal(amount))
