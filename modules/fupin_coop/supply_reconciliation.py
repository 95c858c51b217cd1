# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Literal, Union
from sql.conditionals import Case, Coalesce

from trytond.pool import Pool, PoolMeta

from .ledger import get_accounts
from .reconciliation import Comparison, entries, to_reference

_SUPPLY = 'fupin.supply'
_PURCHASE = 'fupin.supply.purchase'
_RECEIPT = 'fupin.member.receipt'
# money, and what is owed to suppliers
_PAYING = ['101', '102', '211']


def _documents(company, model, amount, condition=None, detail=None):
    "Return a query of an amount of the posted documents"
    table = Pool().get(model).__table__()
    where = (table.company == company.id) & (table.state == 'posted')
    if condition:
        where &= condition(table)
    return entries(
        table, to_reference(model, table.id), amount(table), where,
        detail(table) if detail else None)


def _lines(company, model, amount='amount', condition=None, detail=None):
    "Return a query of an amount of the lines of the posted documents"
    pool = Pool()
    table = pool.get(model).__table__()
    Line = pool.get(f'{model}.line')
    line = Line.__table__()
    parent = getattr(line, Line._document_name)
    where = (table.company == company.id) & (table.state == 'posted')
    if condition:
        where &= condition(table)
    return entries(
        line.join(table, condition=parent == table.id),
        to_reference(model, table.id), getattr(line, amount), where,
        detail(table, line) if detail else None)


def _booked(company, model, amount, codes=None, detail=None):
    """Return a query of what the documents booked on the accounts of the
    codes, on those of parties without codes."""
    pool = Pool()
    line = pool.get('account.move.line').__table__()
    move = pool.get('account.move').__table__()
    where = ((move.company == company.id) & (move.state == 'posted')
        & move.origin.like(f'{model},%'))
    if codes:
        accounts = get_accounts(company, *codes)
        where &= line.account.in_(accounts) if accounts else Literal(False)
    return entries(
        line.join(move, condition=line.move == move.id),
        move.origin, amount(line), where,
        detail(line) if detail else None)


def _debit(line):
    return line.debit - line.credit


def _credit(line):
    return line.credit - line.debit


def _moved(company, model, amount, detail=None):
    "Return a query of the goods that the documents moved out of the stock"
    pool = Pool()
    move = pool.get('stock.move').__table__()
    location = pool.get('stock.location').__table__()
    return entries(
        move.join(location, condition=move.from_location == location.id),
        move.origin,
        Case((location.type == 'storage', amount(move)),
            else_=-amount(move)),
        (move.company == company.id) & (move.state == 'done')
        & move.origin.like(f'{model},%'),
        detail(move) if detail else None)


class Reconciliation(metaclass=PoolMeta):
    "What supplies, their purchases and the money for them booked and moved"
    __name__ = 'fupin.reconciliation'

    @classmethod
    def get_comparisons(cls, company):
        return (super().get_comparisons(company)
            + cls.get_supply_comparisons(company))

    @classmethod
    def get_supply_comparisons(cls, company):
        def from_stock(table):
            return table.route == 'stock'

        def direct(table):
            return table.route == 'direct'

        def own(table):
            return table.route == 'own'

        def issued(table):
            return table.route.in_(['stock', 'own'])

        def product(table, line):
            return line.product

        return [
            Comparison(
                'supply_purchase_stock', _lines(company, _PURCHASE),
                _booked(company, _PURCHASE, _debit, ['121', '127'])),
            Comparison(
                'supply_purchase_paid', _lines(company, _PURCHASE),
                _booked(company, _PURCHASE, _credit, _PAYING)),
            Comparison(
                'supply_purchase_quantity',
                _lines(
                    company, _PURCHASE, 'stock_quantity', detail=product),
                _moved(
                    company, _PURCHASE, lambda m: -m.internal_quantity,
                    lambda m: m.product), 'product.product'),
            Comparison(
                'supply_debt',
                Union(
                    _lines(company, _SUPPLY,
                        detail=lambda table, line: table.grower),
                    _documents(company, _SUPPLY, lambda t: t.fee,
                        detail=lambda t: t.grower),
                    all_=True),
                _booked(
                    company, _SUPPLY, _debit, ['113', '114'],
                    lambda line: line.party), 'party.party'),
            Comparison(
                'supply_stock', _lines(company, _SUPPLY, condition=from_stock),
                _booked(company, _SUPPLY, _credit, ['127'])),
            Comparison(
                'supply_supplier', _lines(company, _SUPPLY, condition=direct),
                _booked(company, _SUPPLY, _credit, _PAYING)),
            Comparison(
                'supply_fee',
                Union(
                    _documents(company, _SUPPLY, lambda t: t.fee),
                    _lines(company, _SUPPLY, condition=own), all_=True),
                _booked(company, _SUPPLY, _credit, ['501'])),
            Comparison(
                'supply_own', _lines(company, _SUPPLY, condition=own),
                _booked(company, _SUPPLY, _credit, ['121'])),
            Comparison(
                'supply_own_cost', _lines(company, _SUPPLY, condition=own),
                _booked(company, _SUPPLY, _debit, ['521'])),
            Comparison(
                'supply_quantity',
                _lines(
                    company, _SUPPLY, 'stock_quantity', issued, product),
                _moved(
                    company, _SUPPLY, lambda m: m.internal_quantity,
                    lambda m: m.product), 'product.product'),
            Comparison(
                'supply_lot_cost',
                _lines(company, _SUPPLY, 'amount', issued, product),
                _moved(
                    company, _SUPPLY, lambda m: Coalesce(m.lot_cost, 0),
                    lambda m: m.product), 'product.product'),
            *cls.get_netting_comparisons(company),
            Comparison(
                'member_receipt_money',
                _documents(company, _RECEIPT, lambda t: t.amount),
                _booked(company, _RECEIPT, _debit, ['101', '102'])),
            Comparison(
                'member_receipt_debt',
                _documents(
                    company, _RECEIPT, lambda t: t.amount,
                    detail=lambda t: t.grower),
                _booked(
                    company, _RECEIPT, _credit, ['113', '114'],
                    lambda line: line.party), 'party.party'),
            ]

    @classmethod
    def get_netting_comparisons(cls, company):
        "What settlements set off, and what they booked of it on both sides"
        pool = Pool()
        model = 'fupin.settlement.line'

        def tables():
            return (pool.get(model).__table__(),
                pool.get('fupin.settlement').__table__())

        def netted():
            line, settlement = tables()
            return entries(
                line.join(
                    settlement, condition=line.settlement == settlement.id),
                to_reference(model, line.id), line.netted,
                (settlement.company == company.id)
                & ~line.state.in_(['draft', 'cancelled']), line.party)

        def parts():
            line, settlement = tables()
            item = pool.get('fupin.settlement.item').__table__()
            return entries(
                item
                .join(line, condition=item.line == line.id)
                .join(settlement,
                    condition=line.settlement == settlement.id),
                to_reference(model, line.id), item.amount,
                (settlement.company == company.id)
                & (item.kind == 'netted')
                & ~line.state.in_(['draft', 'cancelled']), line.party)

        def booked(amount, of_line):
            line, _ = tables()
            move = pool.get('account.move').__table__()
            move_line = pool.get('account.move.line').__table__()
            return entries(
                move_line
                .join(move, condition=move_line.move == move.id)
                .join(line,
                    condition=move.origin == to_reference(model, line.id)),
                move.origin, amount(move_line),
                (move.company == company.id) & (move.state == 'posted')
                & (move_line.account == line.account if of_line
                    else move_line.account != line.account),
                move_line.party)

        return [
            Comparison(
                'settlement_netted', netted(), booked(_debit, True),
                'party.party'),
            Comparison(
                'settlement_netted_debt', parts(), booked(_credit, False),
                'party.party'),
            ]
