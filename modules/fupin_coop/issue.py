# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Goods that a document takes out of their lots, at what they cost."""
from decimal import Decimal

from trytond.i18n import gettext
from trytond.modules.product import round_price
from trytond.pool import Pool

from .exceptions import SupplyStockError


class IssueMixin:
    """A document whose lines (GoodsLineMixin) take goods from a warehouse.

    The oldest go first and cost what they cost when they came (specific
    identification, article 18 of 财会〔2021〕37号)."""
    __slots__ = ()

    @property
    def issues_owned(self):
        "Whether the goods are the cooperative's own, else those for members"
        return False

    @property
    def issue_message(self):
        "The id of the message that there are less goods than are asked for"
        return 'fupin_coop.msg_supply_stock'

    def get_issue_location(self):
        "Return the location where the goods go"
        raise NotImplementedError

    @classmethod
    def take_goods(cls, documents):
        """Take the goods out of their lots, which makes their cost, and save
        it on the lines"""
        pool = Pool()
        Lot = pool.get('stock.lot')
        StockMove = pool.get('stock.move')
        shelves = {}
        lines, moves = [], []
        for document in documents:
            for line in document.lines:
                key = (
                    document.company, line.product, document.warehouse,
                    document.issues_owned)
                if key not in shelves:
                    shelves[key] = Lot.get_shelf(*key)
                    shelves[key].lock()
                parts = shelves[key].take(line.get_stock_quantity())
                if parts is None:
                    raise SupplyStockError(gettext(
                            document.issue_message,
                            document=document.full_name,
                            product=line.product.rec_name,
                            warehouse=document.warehouse.rec_name,
                            left=shelves[key].quantity,
                            quantity=line.get_stock_quantity(),
                            unit=line.product.default_uom.symbol))
                line.amount = sum(p.cost for p in parts)
                line.price = round_price(line.amount / line.quantity)
                line.stock_quantity = line.get_stock_quantity()
                lines.append(line)
                moves += [document.get_stock_move(line, p) for p in parts]
        cls.lines.get_target().save(lines)
        StockMove.save(moves)

    def get_stock_move(self, line, part):
        StockMove = Pool().get('stock.move')
        location = self.get_issue_location()
        # the stock wants a price only of what leaves to somebody
        priced = location.type == 'customer'
        return StockMove(
            company=self.company,
            product=line.product,
            unit=line.product.default_uom,
            # the stock keeps floats: made of our decimals, never read back
            # into money
            quantity=StockMove.quantity.sql_format(part.quantity),
            from_location=self.warehouse.storage_location,
            to_location=location,
            lot=part.lot,
            lot_cost=part.cost,
            effective_date=self.date,
            unit_price=round_price(part.cost / part.quantity)
            if priced else None,
            currency=self.company.currency if priced else None,
            origin=self)

    def get_stock_moves(self):
        StockMove = Pool().get('stock.move')
        # made when the goods were taken
        return super().get_stock_moves() + StockMove.search([
                ('origin', '=', str(self)),
                ('state', '=', 'draft'),
                ])

    def get_return_moves(self):
        moves = super().get_return_moves()
        costs = {}
        for move in self.stock_moves:
            costs.setdefault(
                (move.lot, move.quantity), []).append(move.lot_cost)
        for move in moves:
            move.lot_cost = costs[move.lot, move.quantity].pop()
            if move.unit_price is None:
                move.unit_price = round_price(
                    move.lot_cost / Decimal(str(move.quantity)))
                move.currency = self.company.currency
        return moves
