# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What the cooperatives of the demo county produce on their own account: a
batch with its inputs, the cost it shares, a loss and two harvests."""
import datetime as dt
from decimal import Decimal

from trytond.pool import Pool
from trytond.transaction import Transaction

from inputs import get_id
from statutes import account

# the product, its account and unit, what is bought and paid for it, what is
# harvested first and what is left then
BATCHES = {
    'mushroom': (
        "香菇干", '401', 'product.uom_kilogram',
        ("木屑麸皮", '1800.00'), ("烘干用电", '420.00'), (150, 50)),
    'watermelon': (
        "自种西瓜", '141', 'product.uom_kilogram',
        ("瓜苗", '2400.00'), ("机耕", '900.00'), (6000, 2000)),
    'lighter': (
        "礼品套装", '401', 'fupin_coop.uom_piece',
        ("包装盒", '1250.00'), ("印刷", '300.00'), (2000, 500)),
    }
COMMON = Decimal('160.00')
LOST = Decimal('80.00')


def produce(cooperative, start):
    "Make one batch from the start to its last harvest"
    pool = Pool()
    Allocation = pool.get('fupin.own_production.allocation')
    Harvest = pool.get('fupin.own_production.harvest')
    Input = pool.get('fupin.own_production.input')
    Loss = pool.get('fupin.own_production.loss')
    Production = pool.get('fupin.own_production')
    company = cooperative.record
    name, code, unit, *costs, (first, left) = BATCHES[cooperative.kind]
    product = new_product(company, name, code, unit)
    batch, = Production.create([{
                'company': company.id,
                'product': product.id,
                'name': f'{start.year}年{name}',
                'start_date': start,
                'expected_quantity': Decimal(first + left),
                }])
    bank = account(cooperative, '102').id
    common = {'company': company.id}

    def cost(description, amount):
        return {
            'description': description,
            'amount': Decimal(amount),
            'cash_account': bank,
            }

    Input.post(Input.create([{
                    **common,
                    'date': start,
                    'production': batch.id,
                    'costs': [('create', [cost(*c) for c in costs])],
                    }, {
                    **common,
                    'date': start,
                    'costs': [('create', [cost("场地维护", COMMON)])],
                    }]))
    allocation, = Allocation.create([{
                **common,
                'date': start + dt.timedelta(days=10),
                'base': 'cost',
                'lines': [('create', [{
                                'production': batch.id,
                                'weight': Decimal(0),
                                }])],
                }])
    Allocation.compute([allocation])
    Allocation.post([allocation])
    Loss.post(Loss.create([{
                    **common,
                    'date': start + dt.timedelta(days=20),
                    'production': batch.id,
                    'method': 'amount',
                    'stated_amount': LOST,
                    'approval': "理事会会议记录（演示）",
                    }]))
    for days, values in [
            (40, {'method': 'quantity', 'remaining': Decimal(left)}),
            (55, {'method': 'last'})]:
        quantity = left if values['method'] == 'last' else first
        Harvest.post(Harvest.create([{
                        **common,
                        'date': start + dt.timedelta(days=days),
                        'production': batch.id,
                        'lines': [('create', [{
                                        'product': product.id,
                                        'quantity': Decimal(quantity),
                                        }])],
                        **values}]))


def new_product(company, name, code, unit):
    Template = Pool().get('product.template')
    with Transaction().set_context(company=company.id):
        template, = Template.create([{
                    'name': name,
                    'type': 'goods',
                    'default_uom': get_id(unit),
                    'salable': True,
                    'sale_uom': get_id(unit),
                    'account_category': get_id('fupin_coop.category_produce'),
                    'production_account': code,
                    'products': [('create', [{}])],
                    }])
    return template.products[0]
