# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt
from collections import defaultdict
from decimal import Decimal

from sql import Cast, Literal, Union, Window
from sql.aggregate import Sum
from sql.conditionals import Case

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.fupin_coop.exact_sum import (
    QUANTITY_DIGITS, to_millionths, to_quantity)
from trytond.modules.fupin_coop.reconciliation import to_reference
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.transaction import Transaction

from .piecework_part import QUANTITY

_DIGITS = Decimal(1).scaleb(-QUANTITY[1])
_SOURCES = [
    'fupin.piecework.receipt', 'fupin.piecework', 'fupin.piecework.return']


def _to_parts(millionths):
    "Return the quantity with the digits of parts"
    return to_quantity(millionths).quantize(_DIGITS)


class PieceworkRegister(ExportMixin, ModelSQL, ModelView):
    """The register of parts in the workshop (来料备查簿)

    What the customer brought or got back, what workers were given and brought
    back, and pieces half done.  Quantities only: the books know nothing of
    them."""
    __name__ = 'fupin.piecework.register'
    __string__ = "Register of Parts"

    company = fields.Many2One('company.company', "Cooperative")
    order = fields.Many2One('fupin.piecework.order', "Order")
    part = fields.Many2One('fupin.piecework.order.part', "Part")
    unit = fields.Many2One('product.uom', "Unit")
    date = fields.Date("Date")
    document = fields.Reference("Voucher", 'get_documents')
    rank = fields.Integer(
        "Rank", help="What comes on a day stands before what goes.")
    change_millionths = fields.Integer("Change in Millionths")
    balance_millionths = fields.Integer("Balance in Millionths")
    received = fields.Function(fields.Numeric(
            "In", digits=QUANTITY), 'get_quantities')
    issued = fields.Function(fields.Numeric(
            "Out", digits=QUANTITY), 'get_quantities')
    balance = fields.Function(fields.Numeric(
            "On Hand", digits=QUANTITY,
            help="What lies in the workshop after the entry."),
        'get_quantities')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('order', 'DESC'), ('part', 'ASC'), ('date', 'ASC'),
            ('rank', 'ASC'), ('id', 'ASC')]

    @classmethod
    def get_documents(cls):
        Model = Pool().get('ir.model')
        return [(n, Model.get_name(n)) for n in _SOURCES]

    @classmethod
    def _changes(cls):
        """Return a query of (id, part, date, document, change) of all that
        posted documents moved."""
        pool = Pool()
        OrderPart = pool.get('fupin.piecework.order.part')
        receipt = pool.get('fupin.piecework.receipt').__table__()
        receipt_line = pool.get('fupin.piecework.receipt.line').__table__()
        piecework = pool.get('fupin.piecework').__table__()
        given = pool.get('fupin.piecework.part').__table__()
        return_ = pool.get('fupin.piecework.return').__table__()
        returned = pool.get('fupin.piecework.return.part').__table__()
        made_return = pool.get('fupin.piecework.return').__table__()
        made = pool.get('fupin.piecework.return.line').__table__()
        made_part = OrderPart.__table__()
        own_step = pool.get('fupin.piecework.step').__table__()

        def changes(number, model, from_, line, part, document, change, where):
            return from_.select(
                (line.id * 4 + number).as_('id'),
                part.as_('part'),
                document.date.as_('date'),
                to_reference(model, document.id).as_('document'),
                change.as_('change'),
                where=(document.state == 'posted') & where)

        receipts = receipt_line.join(
            receipt, condition=receipt_line.document == receipt.id)
        amount = to_millionths(receipt_line.quantity)
        received, sent_back = (
            changes(
                0, 'fupin.piecework.receipt', receipts, receipt_line,
                receipt_line.part, receipt, amount * sign,
                receipt.kind == kind)
            for kind, sign in [('received', 1), ('returned', -1)])
        issued = changes(
            1, 'fupin.piecework',
            given.join(piecework, condition=given.piecework == piecework.id),
            given, given.part, piecework, -to_millionths(given.quantity),
            Literal(True))
        back = changes(
            2, 'fupin.piecework.return',
            returned.join(
                return_, condition=returned.document == return_.id),
            returned, returned.part, return_,
            to_millionths(returned.returned),
            to_millionths(returned.returned) > 0)
        # a step that another worker goes on with
        half_done = changes(
            3, 'fupin.piecework.return',
            made
            .join(made_return, condition=made.document == made_return.id)
            .join(made_part, condition=made_part.made_by == made.step),
            made, made_part.id, made_return,
            Cast(made.accepted, 'BIGINT') * 10 ** QUANTITY_DIGITS,
            (made.accepted > 0)
            & ~made_part.step.in_(own_step.select(
                    own_step.step,
                    where=own_step.piecework == made_return.piecework)))
        return Union(received, sent_back, issued, back, half_done, all_=True)

    @classmethod
    def table_query(cls):
        pool = Pool()
        order = pool.get('fupin.piecework.order').__table__()
        part = pool.get('fupin.piecework.order.part').__table__()
        changes = cls._changes()
        rank = Case((changes.change < 0, 1), else_=0)
        window = Window(
            [changes.part], order_by=[changes.date, rank, changes.id])
        return (changes
            .join(part, condition=changes.part == part.id)
            .join(order, condition=part.order == order.id)
            .select(
                changes.id,
                order.company.as_('company'),
                part.order.as_('order'),
                changes.part.as_('part'),
                part.unit.as_('unit'),
                changes.date.as_('date'),
                changes.document.as_('document'),
                rank.as_('rank'),
                changes.change.as_('change_millionths'),
                Sum(changes.change, window=window).as_(
                    'balance_millionths')))

    @classmethod
    def get_days(cls, parts):
        "Return {id of the part: {date: change}} of the parts"
        changes = cls._changes()
        cursor = Transaction().connection.cursor()
        days = defaultdict(dict)
        ids = [p.id for p in parts]
        if not ids:
            return days
        cursor.execute(*changes.select(
                changes.part, changes.date, Sum(changes.change),
                where=fields.SQL_OPERATORS['in'](changes.part, ids),
                group_by=[changes.part, changes.date]))
        for part, date, change in cursor:
            # the union has lost the type of the column on SQLite
            if isinstance(date, str):
                date = dt.date.fromisoformat(date)
            days[part][date] = _to_parts(change)
        return days

    @classmethod
    def get_quantities(cls, entries, names):
        quantities = {n: {} for n in names}
        for entry in entries:
            change = _to_parts(entry.change_millionths)
            figures = {
                'received': change if change > 0 else None,
                'issued': -change if change < 0 else None,
                'balance': _to_parts(entry.balance_millionths),
                }
            for name in names:
                quantities[name][entry.id] = figures[name]
        return quantities

    def get_rec_name(self, name):
        return f'{self.part.rec_name} {self.date}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('part.rec_name', *clause[1:])]
