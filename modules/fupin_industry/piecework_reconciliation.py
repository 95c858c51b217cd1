# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Null
from sql.conditionals import Case

from trytond.modules.fupin_coop.reconciliation import (
    Comparison, entries, to_reference)
from trytond.pool import Pool, PoolMeta

from .piecework_part import UNITS

_LINE = 'fupin.labour.line'


class Reconciliation(metaclass=PoolMeta):
    "The pieces that pay sheets pay, and the returns that accepted them"
    __name__ = 'fupin.reconciliation'

    @classmethod
    def get_comparisons(cls, company):
        return (super().get_comparisons(company)
            + cls.get_piecework_comparisons(company))

    @classmethod
    def get_piecework_comparisons(cls, company):
        pool = Pool()
        item = pool.get('fupin.piecework.item').__table__()
        return_ = pool.get('fupin.piecework.return').__table__()
        return_line = pool.get('fupin.piecework.return.line').__table__()
        task = pool.get('fupin.labour.task').__table__()

        def lines():
            line = pool.get(_LINE).__table__()
            sheet = pool.get('fupin.labour').__table__()
            where = (
                (sheet.company == company.id) & (sheet.state == 'posted')
                & (line.piecework_step != Null))
            return line, sheet, where

        paid, paid_sheet, of_paid = lines()
        held, held_sheet, of_held = lines()
        return [
            Comparison(
                'fupin_industry.piecework_pieces',
                entries(
                    paid
                    .join(paid_sheet, condition=paid.sheet == paid_sheet.id)
                    .join(task, condition=paid.task == task.id),
                    to_reference(_LINE, paid.id),
                    paid.quantity * Case(
                        *((task.unit == unit, pieces)
                            for unit, pieces in UNITS.items()), else_=1),
                    of_paid),
                entries(
                    item
                    .join(held, condition=item.line == held.id)
                    .join(held_sheet, condition=held.sheet == held_sheet.id)
                    .join(return_line,
                        condition=item.held_line == return_line.id)
                    .join(return_,
                        condition=return_line.document == return_.id),
                    to_reference(_LINE, held.id), return_line.accepted,
                    of_held & (return_.state == 'posted'))),
            ]
