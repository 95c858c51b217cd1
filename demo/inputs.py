# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Let the cooperatives buy inputs for their members before the season and
give them on credit."""
from decimal import Decimal

from trytond.pool import Pool

SUPPLIER = "禾望县农资供应站（演示）"
# the month in which inputs are given; name, unit, price, how much
INPUTS = {
    'mushroom': (9, [
            ("香菇菌种", 'product.uom_kilogram', '6.50', (30, 80)),
            ("塑料菌袋", 'fupin_coop.uom_piece', '0.18', (500, 2000)),
            ]),
    'watermelon': (3, [
            ("西瓜专用复合肥", 'product.uom_kilogram', '3.20', (40, 120)),
            ("地膜", 'product.uom_kilogram', '12.80', (5, 15)),
            ]),
    'lighter': (4, [
            ("防护手套", 'fupin_coop.uom_piece', '1.60', (10, 40)),
            ]),
    }
FEE_RATE = Decimal('1.5')
# how many of the members ask for them
ASKING = 12


def get_id(name):
    ModelData = Pool().get('ir.model.data')
    return ModelData.get_id(*name.split('.'))


def enter_inputs(cooperative, supplier, founded):
    "What there is to buy, from whom, and how much a member may owe"
    pool = Pool()
    Limit = pool.get('fupin.supply.limit')
    Template = pool.get('product.template')
    cooperative.supplier_record = supplier
    if cooperative.kind not in INPUTS:
        return
    Limit.create([{
                'company': cooperative.record.id,
                'from_date': founded,
                'document': f"理事会决议〔{founded.year}〕3号",
                'amount': Decimal(3000),
                'over': 'refuse',
                'netting_rate': Decimal(1),
                }])
    _, inputs = INPUTS[cooperative.kind]
    cooperative.input_records = [
        template.products[0] for template in Template.create([{
                    'name': name,
                    'type': 'goods',
                    'default_uom': get_id(unit),
                    'account_category': get_id('fupin_coop.category_produce'),
                    'products': [('create', [{}])],
                    } for name, unit, _, _ in inputs])]


def give_inputs(cooperative, random, date):
    "Buy what the members ask for, and give it to them"
    pool = Pool()
    Purchase = pool.get('fupin.supply.purchase')
    Receipt = pool.get('fupin.member.receipt')
    Supply = pool.get('fupin.supply')
    _, inputs = INPUTS[cooperative.kind]
    members = [m for m, _, _ in cooperative.farmers if m.is_member(date)]
    if not members:
        return
    members = random.sample(members, min(ASKING, len(members)))
    asked = [
        [Decimal(random.randint(*much) // 5 * 5) for *_, much in inputs]
        for _ in members]
    products = cooperative.input_records
    purchase, = Purchase.create([{
                'company': cooperative.record.id,
                'date': date,
                'supplier': cooperative.supplier_record.id,
                'lines': [('create', [{
                                'product': product.id,
                                'quantity': sum(quantities),
                                'price': Decimal(price),
                                } for product, (_, _, price, _), quantities
                            in zip(products, inputs, zip(*asked))])],
                }])
    Purchase.post([purchase])
    Supply.post(Supply.create([{
                    'company': cooperative.record.id,
                    'date': date,
                    'member': member.id,
                    'fee_rate': FEE_RATE,
                    'lines': [('create', [{
                                    'product': product.id,
                                    'quantity': quantity,
                                    } for product, quantity
                                in zip(products, quantities)])],
                    } for member, quantities in zip(members, asked)]))
    receipt, = Receipt.create([{
                'company': cooperative.record.id,
                'date': date,
                'member': members[0].id,
                'amount': Decimal(100),
                'comment': "预交部分农资款",
                }])
    Receipt.post([receipt])
