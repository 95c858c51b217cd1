# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Literal, Null, Union

from trytond.pool import Pool, PoolMeta

from .ledger import get_accounts
from .reconciliation import Comparison, entries, to_reference
from .supply_reconciliation import _booked, _credit, _debit, _lines, _moved

_BATCH = 'fupin.own_production'
_INPUT = f'{_BATCH}.input'
_ALLOCATION = f'{_BATCH}.allocation'
_HARVEST = f'{_BATCH}.harvest'
_LOSS = f'{_BATCH}.loss'


def _documents(company, model):
    table = Pool().get(model).__table__()
    return entries(
        table, to_reference(model, table.id), table.amount,
        (table.company == company.id) & (table.state == 'posted'))


def _children(company, model, child, parent, detail=None):
    "Return a query of the amounts of the children of posted documents"
    pool = Pool()
    table = pool.get(model).__table__()
    line = pool.get(f'{model}.{child}').__table__()
    return entries(
        line.join(table, condition=getattr(line, parent) == table.id),
        to_reference(model, table.id), line.amount,
        (table.company == company.id) & (table.state == 'posted'),
        detail(line) if detail else None)


class Reconciliation(metaclass=PoolMeta):
    "What own production put into batches, took out, booked and moved"
    __name__ = 'fupin.reconciliation'

    @classmethod
    def get_comparisons(cls, company):
        return (super().get_comparisons(company)
            + cls.get_own_production_comparisons(company))

    @classmethod
    def get_own_production_comparisons(cls, company):
        return [
            cls._get_batch_balance(company),
            cls._get_batch_closed(company),
            Comparison(
                'own_production_input',
                Union(
                    _children(company, _INPUT, 'material', 'input'),
                    _children(company, _INPUT, 'cost', 'input'),
                    all_=True),
                _booked(company, _INPUT, _debit, ['141', '401'])),
            Comparison(
                'own_production_material',
                _children(company, _INPUT, 'material', 'input'),
                _booked(company, _INPUT, _credit, ['121'])),
            Comparison(
                'own_production_material_lot',
                _children(
                    company, _INPUT, 'material', 'input',
                    lambda line: line.product),
                _moved(
                    company, _INPUT, lambda m: m.lot_cost,
                    lambda m: m.product), 'product.product'),
            Comparison(
                'own_production_cost',
                _children(company, _INPUT, 'cost', 'input'),
                _booked(
                    company, _INPUT, _credit,
                    ['101', '102', '114', '211'])),
            Comparison(
                'own_production_allocation',
                _documents(company, _ALLOCATION),
                _children(company, _ALLOCATION, 'line', 'allocation')),
            cls._get_common(company),
            Comparison(
                'own_production_harvest',
                _documents(company, _HARVEST),
                _children(company, _HARVEST, 'line', 'harvest')),
            Comparison(
                'own_production_stock',
                _documents(company, _HARVEST),
                _booked(company, _HARVEST, _debit, ['121'])),
            Comparison(
                'own_production_quantity',
                _lines(
                    company, _HARVEST, 'stock_quantity',
                    detail=lambda table, line: line.product),
                _moved(
                    company, _HARVEST, lambda m: -m.internal_quantity,
                    lambda m: m.product), 'product.product'),
            Comparison(
                'own_production_loss',
                _documents(company, _LOSS),
                _booked(company, _LOSS, _debit, [
                        '113', '114', '502', '529'])),
            ]

    @classmethod
    def _get_batch_lines(cls, company, condition=None, amount=_debit):
        pool = Pool()
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        batch = pool.get(_BATCH).__table__()
        where = (move.company == company.id) & (move.state == 'posted')
        if condition:
            where &= condition(batch)
        return entries(
            line
            .join(move, condition=line.move == move.id)
            .join(batch, condition=(line.own_production == batch.id)
                & (line.account == batch.account)),
            to_reference(_BATCH, batch.id), amount(line), where)

    @classmethod
    def _get_batch_balance(cls, company):
        "The balance on 141 and 401 of a batch is the sum of its documents"
        Batch = Pool().get(_BATCH)
        queries = []
        for source in Batch.get_sources():
            batch = Batch.__table__()
            queries.append(entries(
                    source.from_.join(
                        batch, condition=source.production == batch.id),
                    to_reference(_BATCH, batch.id),
                    source.amount * source.sign,
                    source.where & (batch.company == company.id)))
        return Comparison(
            'own_production_balance', Union(*queries, all_=True),
            cls._get_batch_lines(company))

    @classmethod
    def _get_batch_closed(cls, company):
        "Nothing is left on a closed batch"
        def closed(batch):
            return batch.state == 'closed'
        return Comparison(
            'own_production_closed',
            cls._get_batch_lines(company, closed, lambda line: Literal(0)),
            cls._get_batch_lines(company, closed))

    @classmethod
    def _get_common(cls, company):
        "What was allocated left 141 and 401 without a batch"
        pool = Pool()
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        accounts = get_accounts(company, '141', '401')
        return Comparison(
            'own_production_common', _documents(company, _ALLOCATION),
            entries(
                line.join(move, condition=line.move == move.id),
                move.origin, line.credit - line.debit,
                (move.company == company.id) & (move.state == 'posted')
                & move.origin.like(f'{_ALLOCATION},%')
                & (line.own_production == Null)
                & (line.account.in_(accounts) if accounts
                    else Literal(False))))
