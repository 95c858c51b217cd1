# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Batches of own production and their documents, for tests."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import APRIL, MAY
from labour import new_sheet, new_task, new_worker, post_sheet
from supply import get_account, new_input, new_purchase, posted

from trytond.pool import Pool
from trytond.transaction import Transaction

SOWN = dt.date(2026, 3, 1)
PLANTED = dt.date(2026, 3, 5)
JULY = dt.date(2026, 7, 1)


@pytest.fixture
def melon(company):
    return new_own_product(company, "西瓜", '141')


@pytest.fixture
def dried(company):
    return new_own_product(company, "香菇干", '401')


@pytest.fixture
def seedlings(company):
    return new_input("复合肥", 'product.uom_kilogram')


@pytest.fixture
def store(company):
    Party = Pool().get('party.party')
    store, = Party.create([{'name': "农资店"}])
    return store


@pytest.fixture
def batch(company, melon):
    "A season of watermelons on 20 mu"
    return new_batch(
        company, melon, "2026年春西瓜", area=D(20),
        expected_quantity=D(10000))


@pytest.fixture
def drying(company, dried):
    return new_batch(company, dried, "烘干第一批", area=D(10))


@pytest.fixture
def stocked(company, seedlings, store):
    "100 kg of fertiliser for 3.20, bought for the cooperative"
    return posted(new_purchase(
            company, store, [(seedlings, '100', '3.20')], purpose='own'))


@pytest.fixture
def grown(company, area, batch, melon, seedlings, stocked, store, members):
    """192.00 of fertiliser, 1000.00 of seedlings paid, 300.00 owed to a
    member, 150.50 to the store, 800.00 of labour: 2442.50 on the batch"""
    sown = posted(new_production_input(
            company, batch, [(seedlings, '60')], [
                ("瓜苗", '1000.00', '102'),
                ("机耕", '300.00', members[0].party),
                ("地膜", '150.50', store)]))
    worker = new_worker(company, area, "赵六")
    task = new_task(company, "整枝")
    sheet = post_sheet(new_sheet(
            company, (worker, task, 10, {'own_production': batch.id})))
    return [sown, sheet]


def new_own_product(company, name, account):
    product = new_input(name, 'product.uom_kilogram')
    with Transaction().set_context(company=company.id):
        template = product.template.__class__(product.template.id)
        template.production_account = account
        template.salable = True
        template.sale_uom = template.default_uom
        template.save()
    return product.__class__(product.id)


def new_batch(company, product, name, **values):
    Production = Pool().get('fupin.own_production')
    return Production.create([{
                'company': company.id,
                'product': product.id,
                'name': name,
                'start_date': SOWN,
                } | values])[0]


def new_production_input(company, batch, materials=(), costs=(), **values):
    "Costs are (description, amount, code of the money or party)"
    Input = Pool().get('fupin.own_production.input')
    return Input.create([{
                'company': company.id,
                'date': PLANTED,
                'production': batch.id if batch else None,
                'lines': [('create', [{
                                'product': product.id,
                                'quantity': D(quantity),
                                } for product, quantity in materials])],
                'costs': [('create', [{
                                'description': description,
                                'amount': D(amount),
                                **({'cash_account':
                                        get_account(company, source).id}
                                    if isinstance(source, str) else
                                    {'party': source.id if source else None}),
                                } for description, amount, source in costs])],
                } | values])[0]


def new_allocation(company, base='area', lines=(), **values):
    "Lines are (batch, weight)"
    Allocation = Pool().get('fupin.own_production.allocation')
    allocation, = Allocation.create([{
                'company': company.id,
                'date': APRIL,
                'base': base,
                'lines': [('create', [{
                                'production': batch.id,
                                'weight': D(weight),
                                } for batch, weight in lines])],
                } | values])
    Allocation.compute([allocation])
    return Allocation(allocation.id)


def new_harvest(company, batch, lines, remaining=None, **values):
    "Lines are (product, quantity, values)"
    Harvest = Pool().get('fupin.own_production.harvest')
    return Harvest.create([{
                'company': company.id,
                'date': MAY,
                'production': batch.id,
                'method': 'last' if remaining is None else 'quantity',
                'remaining': None if remaining is None else D(remaining),
                'lines': [('create', [{
                                'product': product.id,
                                'quantity': D(quantity),
                                **(others[0] if others else {}),
                                } for product, quantity, *others in lines])],
                } | values])[0]


def new_loss(company, batch, recoveries=(), **values):
    "Recoveries are (party, amount)"
    Loss = Pool().get('fupin.own_production.loss')
    return Loss.create([{
                'company': company.id,
                'date': MAY,
                'production': batch.id,
                'approval': "理事会2026年5月5日会议",
                'recoveries': [('create', [{
                                'party': party.id,
                                'amount': D(amount),
                                } for party, amount in recoveries])],
                } | values])[0]
