# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Enterprises with templates and cycles, for tests."""
import datetime as dt
from decimal import Decimal as D

from cooperative import again
from trytond.pool import Pool

SOWN = dt.date(2026, 3, 1)


def unit(name='product.uom_kilogram'):
    ModelData = Pool().get('ir.model.data')
    return ModelData.get_id(*name.split('.'))


def new_enterprise(company, area, kind, *products, name=None):
    Enterprise = Pool().get('fupin.enterprise')
    return Enterprise.create([{
                'name': name or f"{kind}基地",
                'company': company.id,
                'kind': kind,
                'area': area.id,
                'start_date': dt.date(2021, 1, 1),
                'products': [('add', [p.id for p in products])],
                }])[0]


def new_template(company, kind, product, lines=(), **values):
    "Lines are (kind, product or description, quantity, price)"
    Template = Pool().get('fupin.cycle.template')
    return Template.create([{
                'company': company.id,
                'name': f"{product.name}模板",
                'kind': kind,
                'product': product.id,
                'lines': [('create', [{
                                'kind': line_kind,
                                ('description' if isinstance(of, str)
                                    else 'product'): (
                                    of if isinstance(of, str)
                                    else of.id if of else None),
                                'quantity': D(quantity),
                                'price': D(price),
                                } for line_kind, of, quantity, price
                            in lines])],
                } | values])[0]


def begin(enterprise, template, name="第一季", date=SOWN, **values):
    Cycle = Pool().get('fupin.cycle')
    return Cycle.begin(enterprise, template, name, date, **values)


def run(cycle):
    cycle.__class__.run([cycle])
    return again(cycle)


def sell(company, lots, price, date):
    """Sell quantities of lots of one product to a customer, as one line of a
    sale; lots are (lot, quantity)."""
    pool = Pool()
    Party = pool.get('party.party')
    Sale = pool.get('sale.sale')
    Term = pool.get('account.invoice.payment_term')
    customer, = Party.create([{
                'name': f"批发商{price}",
                'addresses': [('create', [{'city': "兰考"}])],
                }])
    product = lots[0][0].product
    term, = Term.create([{
                'name': f"现款{price}{date}",
                'lines': [('create', [{'type': 'remainder'}])],
                }])
    sale, = Sale.create([{
                'company': company.id,
                'party': customer.id,
                'sale_date': date,
                'currency': company.currency.id,
                'payment_term': term.id,
                'invoice_address': customer.addresses[0].id,
                'shipment_address': customer.addresses[0].id,
                'invoice_method': 'fulfillment',
                'lines': [('create', [{
                                'product': product.id,
                                'quantity': float(sum(q for _, q in lots)),
                                'unit': product.default_uom.id,
                                'unit_price': D(price),
                                }])],
                }])
    Sale.quote([sale])
    Sale.confirm([sale])
    Sale.process([sale])
    shipment, = again(sale).shipments
    ship(shipment, lots, date)
    return customer


def ship(shipment, lots, date):
    pool = Pool()
    Move = pool.get('stock.move')
    Shipment = pool.get('stock.shipment.out')
    Shipment.write([shipment], {'effective_date': date, 'planned_date': date})
    move, = shipment.outgoing_moves
    first, *others = lots
    for lot, quantity in others:
        Move.copy([move], default={'lot': lot.id, 'quantity': float(quantity)})
    Move.write([move], {'lot': first[0].id, 'quantity': float(first[1])})
    for step in ['assign_try', 'pick', 'pack', 'do']:
        getattr(Shipment, step)([again(shipment)])
