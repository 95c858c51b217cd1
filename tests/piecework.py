# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""An order for lighters, what workers are given and bring back, for tests.

A lighter is assembled at home (8.50 yuan a thousand), filled in the workshop
(4.20) and labelled at home (0.0033 a piece)."""
import datetime as dt
from decimal import Decimal as D

import pytest
from labour import new_task

from trytond.pool import Pool

START = dt.date(2026, 3, 2)
MONDAY = dt.date(2026, 3, 9)
SUNDAY = dt.date(2026, 3, 15)
FRIDAY = dt.date(2026, 3, 13)
NEXT_FRIDAY = dt.date(2026, 3, 20)
ASSEMBLE, FILL, LABEL = "组装", "充气", "贴标"
BODY, FLINT, HALF, GAS, FULL, STICKER = (
    "壳体", "火石", "半成品", "丁烷", "充气品", "商标")


@pytest.fixture
def order(company, area):
    return received(running(new_order(company, area)))


def new_order(company, area, pieces=5000, fee='45', **values):
    "Return the draft of an order with its three steps and six parts"
    pool = Pool()
    Enterprise = pool.get('fupin.enterprise')
    ModelData = pool.get('ir.model.data')
    Order = pool.get('fupin.piecework.order')
    Part = pool.get('fupin.piecework.order.part')
    Party = pool.get('party.party')
    Task = pool.get('fupin.labour.task')
    gram = ModelData.get_id('product', 'uom_gram')
    piece = ModelData.get_id('fupin_coop', 'uom_piece')

    def task(name, unit, rate):
        found = Task.search([
                ('company', '=', company.id), ('name', '=', name)])
        return found[0] if found else new_task(
            company, name, rate, unit, 'operation')

    enterprise, = Enterprise.search([
            ('company', '=', company.id)], limit=1) or Enterprise.create([{
                'name': "打火机车间",
                'company': company.id,
                'kind': 'lighter',
                'area': area.id,
                'start_date': START,
                }])
    customer, = Party.create([{'name': "打火机厂"}])
    order, = Order.create([{
                'company': company.id,
                'enterprise': enterprise.id,
                'name': "一次性打火机",
                'customer': customer.id,
                'pieces': pieces,
                'from_date': START,
                'fee': D(fee),
                'steps': [('create', [{
                                'sequence': 1,
                                'task': task(ASSEMBLE, 'thousand', '8.50').id,
                                }, {
                                'sequence': 2,
                                'task': task(FILL, 'thousand', '4.20').id,
                                'gas': True,
                                }, {
                                'sequence': 3,
                                'task': task(LABEL, 'piece', '0.0033').id,
                                }])],
                **values}])
    assemble, fill, label = order.steps
    Part.create([{
                'order': order.id,
                'sequence': i,
                'name': name,
                'unit': unit,
                'step': step.id,
                'made_by': made_by.id if made_by else None,
                'per_piece': D(per_piece),
                'loss_rate': D(loss),
                'price': D(price),
                } for i, (name, unit, step, made_by, per_piece, loss, price)
            in enumerate([
                    (BODY, piece, assemble, None, 1, '0.01', '0.12'),
                    (FLINT, piece, assemble, None, 1, '0.03', '0.015'),
                    (HALF, piece, fill, assemble, 1, 0, '0.2'),
                    (GAS, gram, fill, None, '4.5', '0.02', '0.008'),
                    (FULL, piece, label, fill, 1, 0, '0.25'),
                    (STICKER, piece, label, None, 1, '0.02', '0.01'),
                    ])])
    return Order(order.id)


def running(order):
    order.run([order])
    return order.__class__(order.id)


def received(order, date=START, kind='received', **quantities):
    "Enter what the customer brought of its parts, by default for all pieces"
    Receipt = Pool().get('fupin.piecework.receipt')
    quantities = quantities or {
        p.name: p.per_piece * order.pieces
        for p in order.parts if not p.made_by}
    receipt, = Receipt.create([{
                'company': order.company.id,
                'date': date,
                'order': order.id,
                'kind': kind,
                'lines': [('create', [{
                                'part': part(order, name).id,
                                'quantity': D(quantity),
                                } for name, quantity in quantities.items()])],
                }])
    Receipt.post([receipt])
    return order.__class__(order.id)


def part(order, name):
    found, = [p for p in order.parts if p.name == name]
    return found


def step(order, name):
    found, = [s for s in order.steps if s.task.name == name]
    return found


def new_piecework(
        order, worker, *steps, pieces=1000, place='home', date=MONDAY,
        **quantities):
    "Return the draft of an issue with the parts for all pieces, or others"
    Piecework = Pool().get('fupin.piecework')
    piecework, = Piecework.create([{
                'company': order.company.id,
                'date': date,
                'order': order.id,
                'worker': worker.id,
                'place': place,
                'pieces': pieces,
                'steps': [('create', [
                            {'step': step(order, s).id} for s in steps])],
                }])
    if quantities:
        Part = Pool().get('fupin.piecework.part')
        Part.create([{
                    'piecework': piecework.id,
                    'part': part(order, name).id,
                    'quantity': D(quantity),
                    } for name, quantity in quantities.items()])
    else:
        Piecework.fill([piecework])
    return Piecework(piecework.id)


def new_return(piecework, lines, parts=None, date=FRIDAY, final=False):
    """Return the draft of a return.

    lines are {step: accepted or (accepted, rejected, rework, reworked)}."""
    Return = Pool().get('fupin.piecework.return')
    order = piecework.order

    def counts(figures):
        figures = figures if isinstance(figures, tuple) else (figures,)
        names = ['accepted', 'rejected', 'rework', 'reworked']
        return dict(zip(names, figures + (0,) * 3))

    return_, = Return.create([{
                'company': piecework.company.id,
                'date': date,
                'piecework': piecework.id,
                'final': final,
                'lines': [('create', [
                            {'step': step(order, name).id, **counts(figures)}
                            for name, figures in lines.items()])],
                'parts': [('create', [
                            {'part': part(order, name).id,
                                'returned': D(quantity)}
                            for name, quantity in (parts or {}).items()])],
                }])
    return return_


def posted(document):
    document.post([document])
    return document.__class__(document.id)


def cancelled(document):
    document.cancel([document])
    return document.__class__(document.id)


def on_hand(order):
    return {
        p.name: p.on_hand for p in order.__class__(order.id).parts}


def new_week(company, from_date=MONDAY, to_date=SUNDAY, date=None):
    "Return the draft of the pay sheet of a week, with what it gathered"
    Sheet = Pool().get('fupin.labour')
    sheet, = Sheet.create([{
                'company': company.id,
                'date': date or to_date,
                'from_date': from_date,
                'to_date': to_date,
                }])
    Sheet.gather([sheet])
    return Sheet(sheet.id)
