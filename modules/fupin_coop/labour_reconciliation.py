# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Literal, Null, Union
from sql.conditionals import Coalesce

from trytond.pool import Pool, PoolMeta

from .ledger import get_accounts
from .reconciliation import Comparison, entries, to_reference

_SHEET = 'fupin.labour'
_LINE = 'fupin.labour.line'


def _lines(company, condition=None, by_sheet=False, party=False):
    "Return a query of the amounts of the lines of posted pay sheets"
    pool = Pool()
    line = pool.get(_LINE).__table__()
    sheet = pool.get(_SHEET).__table__()
    worker = pool.get('fupin.labour.worker').__table__()
    where = (sheet.company == company.id) & (sheet.state == 'posted')
    if condition:
        where &= condition(line)
    return entries(
        line
        .join(sheet, condition=line.sheet == sheet.id)
        .join(worker, condition=line.worker == worker.id),
        to_reference(_SHEET, sheet.id) if by_sheet
        else to_reference(_LINE, line.id),
        line.amount, where, worker.party if party else None)


class Reconciliation(metaclass=PoolMeta):
    "What the pay sheets booked, entered and paid"
    __name__ = 'fupin.reconciliation'

    @classmethod
    def get_comparisons(cls, company):
        return (super().get_comparisons(company)
            + cls.get_labour_comparisons(company))

    @classmethod
    def get_labour_comparisons(cls, company):
        pool = Pool()
        attendance = pool.get('fupin.labour.attendance').__table__()
        income = pool.get('fupin.income').__table__()
        item = pool.get('fupin.labour.item').__table__()
        line = pool.get(_LINE).__table__()
        sheet = pool.get(_SHEET).__table__()
        accounts = get_accounts(company, '212', '213')

        def booked(by_sheet, payable):
            move_line = pool.get('account.move.line').__table__()
            move = pool.get('account.move').__table__()
            sheet = pool.get(_SHEET).__table__()
            of_wages = (
                move_line.account.in_(accounts) if accounts
                else Literal(False))
            where = ((move.company == company.id) & (move.state == 'posted')
                & (of_wages if payable else ~of_wages))
            tables = move_line.join(
                move, condition=move_line.move == move.id)
            amount = move_line.credit - move_line.debit
            if by_sheet:
                # what took back a sheet stands beside what it booked
                return entries(
                    tables, move.origin, amount if payable else -amount,
                    where & move.origin.like(f'{_SHEET},%'),
                    move_line.party if payable else None)
            return entries(
                tables.join(sheet, condition=sheet.move == move.id),
                Coalesce(
                    move_line.origin,
                    to_reference('account.move.line', move_line.id)),
                amount,
                where & (sheet.state == 'posted'), move_line.party)

        gathered = entries(
            item
            .join(attendance,
                condition=item.held_attendance == attendance.id)
            .join(line, condition=item.line == line.id)
            .join(sheet, condition=line.sheet == sheet.id),
            to_reference(_LINE, line.id), attendance.quantity,
            (sheet.company == company.id) & (sheet.state == 'posted'))
        item = pool.get('fupin.labour.item').__table__()
        line = pool.get(_LINE).__table__()
        sheet = pool.get(_SHEET).__table__()
        of_attendance = entries(
            line.join(sheet, condition=line.sheet == sheet.id),
            to_reference(_LINE, line.id), line.quantity,
            (sheet.company == company.id) & (sheet.state == 'posted')
            & line.id.in_(item.select(item.line)))

        return [
            Comparison(
                'labour_income',
                _lines(company, lambda line: line.income == Literal(True)),
                entries(
                    income, income.origin, income.amount,
                    (income.company == company.id)
                    & income.origin.like(f'{_LINE},%'))),
            Comparison(
                'labour_person', _lines(company, party=True),
                booked(False, True), 'party.party'),
            Comparison(
                'labour_payable',
                _lines(company, by_sheet=True, party=True),
                booked(True, True), 'party.party'),
            Comparison(
                'labour_cost', _lines(company, by_sheet=True),
                booked(True, False)),
            Comparison('labour_attendance', of_attendance, gathered),
            ]

    @classmethod
    def _get_paid(cls, company):
        "Wages are paid by the line of the pay sheet"
        pool = Pool()
        labour = pool.get(_LINE).__table__()
        item = pool.get('fupin.settlement.item').__table__()
        line = pool.get('fupin.settlement.line').__table__()
        move_line = pool.get('account.move.line').__table__()
        settlement = pool.get('fupin.settlement').__table__()
        sheet = pool.get(_SHEET).__table__()
        paid, ledger = super()._get_paid(company)
        of_lines = entries(
            line
            .join(settlement, condition=line.settlement == settlement.id)
            .join(item, condition=item.line == line.id)
            .join(move_line, condition=item.move_line == move_line.id)
            .join(labour, condition=move_line.origin
                == to_reference(_LINE, labour.id))
            .join(sheet, condition=labour.sheet == sheet.id),
            to_reference('fupin.settlement.line', line.id), item.amount,
            (settlement.company == company.id)
            & (line.state == 'succeeded')
            & (sheet.move == move_line.move) & (sheet.state == 'posted')
            & (labour.income == Literal(True))
            & (move_line.party != Null),
            move_line.origin)
        return Union(paid, of_lines, all_=True), ledger
