# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Fixtures of a cooperative that gives inputs to its members on credit, on
top of those of cooperative."""
import datetime as dt
from decimal import Decimal as D

import pytest

from cooperative import again
from trytond.pool import Pool

FEBRUARY = dt.date(2026, 2, 1)


@pytest.fixture
def fertiliser(company):
    return new_input("复合肥", 'product.uom_kilogram')


@pytest.fixture
def film(company):
    return new_input("地膜", 'product.uom_unit')


@pytest.fixture
def shop(company):
    Party = Pool().get('party.party')
    shop, = Party.create([{'name': "农资店"}])
    return shop


@pytest.fixture
def bought(company, fertiliser, film, shop):
    "100 kg of fertiliser for 3.20 each, 50 more for 3.50 later, 30 films"
    return [
        posted(new_purchase(
                company, shop, [(fertiliser, '100', '3.20')])),
        posted(new_purchase(
                company, shop,
                [(fertiliser, '50', '3.50'), (film, '30', '41.333')],
                date=FEBRUARY + dt.timedelta(days=9))),
        ]


def new_input(name, uom):
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    Template = pool.get('product.template')
    template, = Template.create([{
                'name': name,
                'default_uom': ModelData.get_id(uom),
                'account_category': ModelData.get_id(
                    'fupin_coop.category_produce'),
                'products': [('create', [{}])],
                }])
    return template.products[0]


def lines(goods):
    return [('create', [{
                    'product': product.id,
                    'quantity': D(quantity),
                    **({'price': D(price[0])} if price else {}),
                    } for product, quantity, *price in goods])]


def new_purchase(company, supplier, goods, **values):
    Purchase = Pool().get('fupin.supply.purchase')
    return Purchase.create([{
                'company': company.id,
                'date': FEBRUARY,
                'supplier': supplier.id,
                'lines': lines(goods),
                **values,
                }])[0]


def new_supply(company, member, goods, **values):
    Supply = Pool().get('fupin.supply')
    return Supply.create([{
                'company': company.id,
                'date': dt.date(2026, 3, 1),
                'member': member.id if member else None,
                'lines': lines(goods),
                **values,
                }])[0]


def new_receipt(company, member, amount, code='101', **values):
    Receipt = Pool().get('fupin.member.receipt')
    return Receipt.create([{
                'company': company.id,
                'date': dt.date(2026, 3, 5),
                'member': member.id if member else None,
                'amount': D(amount),
                'cash_account': get_account(company, code).id,
                **values,
                }])[0]


def get_account(company, code):
    Account = Pool().get('account.account')
    account, = Account.search([
            ('company', '=', company.id), ('code', '=', code)])
    return account


def posted(document):
    document.__class__.post([document])
    return again(document)


def cancelled(document):
    document.__class__.cancel([document])
    return again(document)


def differences(company):
    "Return {name of the check: what differs} of all that does not tie"
    Reconciliation = Pool().get('fupin.reconciliation')
    return {
        c.name: [d.difference for d in c.differences]
        for c in Reconciliation.check(company)
        if c.difference or c.differences}
