# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What the cooperative made itself, given to members at cost on credit."""
import datetime as dt
from decimal import Decimal as D

import pytest

from cooperative import again, balances
from own_production import (
    new_batch, new_harvest, new_own_product, new_production_input)
from supply import cancelled, differences, new_supply, posted
from trytond.modules.fupin_coop.exceptions import SupplyStockError
from trytond.pool import Pool

MODULES = ['fupin_coop']
JUNE = dt.date(2026, 6, 1)

pytest_plugins = ['cooperative', 'supply', 'own_production']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def bags(company):
    return new_own_product(company, "菌棒", '401')


@pytest.fixture
def made(company, bags):
    "300 bags for 1000.00: the cost of a bag does not come out even"
    batch = new_batch(company, bags, "制棒", expected_quantity=D(300))
    posted(new_production_input(
            company, batch, costs=[("木屑", '1000.00', '102')]))
    return posted(new_harvest(company, batch, [(bags, '300')]))


def give(company, member, bags, quantity, **values):
    return new_supply(
        company, member, [(bags, quantity)], date=JUNE, route='own', **values)


def test_given_at_cost(company, made, bags, members):
    # what is left of the lot is worth 1000 * 200 / 300 = 666.67
    supply = posted(give(company, members[0], bags, '100', fee=D('5.00')))

    assert (supply.cost, supply.amount) == (D('333.33'), D('338.33'))
    assert supply.lines[0].price == D('3.3333')
    assert balances(company) == {
        '102': D('-1000.00'),
        '11401': D('338.33'),
        '121': D('666.67'),
        '501': D('-338.33'),
        '521': D('333.33'),
        }
    lot = again(made.lines[0].lot)
    assert lot.amount_left == D('666.67')
    assert differences(company) == {}


def test_all_that_is_given_costs_what_it_cost_to_make(
        company, made, bags, members):
    supplies = [
        posted(give(company, m, bags, '100')) for m in members]
    assert [s.cost for s in supplies] == [
        D('333.33'), D('333.34'), D('333.33')]
    assert balances(company)['521'] == D('1000.00')
    assert '121' not in balances(company)
    assert differences(company) == {}


def test_taken_back(company, made, bags, members):
    supply = cancelled(posted(give(company, members[0], bags, '100')))
    assert supply.state == 'cancelled'
    assert balances(company) == {
        '102': D('-1000.00'), '121': D('1000.00')}
    assert again(made.lines[0].lot).amount_left == D('1000.00')
    assert differences(company) == {}


def test_more_than_was_made(company, made, bags, members):
    supply = give(company, members[0], bags, '301')
    with pytest.raises(SupplyStockError, match="owns only 300"):
        posted(supply)


def test_own_goods_are_not_those_for_members(company, made, bags, members):
    supply = new_supply(
        company, members[0], [(bags, '1')], date=JUNE, route='stock')
    with pytest.raises(SupplyStockError, match="bought for members"):
        posted(supply)


@pytest.mark.parametrize('name, values', [
        ('supply_own', {'amount': D('1.00')}),
        ('supply_own_cost', {'amount': D('1.00')}),
        ('supply_quantity', {'stock_quantity': D('1')}),
        ('supply_lot_cost', {'amount': D('1.00')}),
        ])
def test_planted_difference(company, made, bags, members, name, values):
    from trytond.transaction import Transaction
    supply = posted(give(company, members[0], bags, '100'))
    line = Pool().get('fupin.supply.line').__table__()
    cursor = Transaction().connection.cursor()
    cursor.execute(*line.update(
            [getattr(line, n) for n in values], list(values.values()),
            where=line.id == supply.lines[0].id))
    assert name in differences(company)
