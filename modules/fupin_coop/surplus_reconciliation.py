# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Literal, Null, Union
from sql.operators import Exists

from trytond.pool import Pool, PoolMeta

from .ledger import get_accounts
from .reconciliation import Comparison, entries, to_reference

_LINE = 'fupin.surplus.line'


def _amount(line):
    return line.refund + line.remainder


def _converted(line):
    return line.refund_converted + line.remainder_converted


def _with_household(line):
    return line.household != Null


def _lines(company, amount, condition=None):
    "Return a query of an amount of the lines of posted distributions"
    pool = Pool()
    line = pool.get(_LINE).__table__()
    surplus = pool.get('fupin.surplus').__table__()
    where = (line.company == company.id) & (surplus.state == 'posted')
    if condition:
        where &= condition(line)
    return entries(
        line.join(surplus, condition=line.surplus == surplus.id),
        to_reference(_LINE, line.id), amount(line), where,
        to_reference(_LINE, line.id))


class Reconciliation(metaclass=PoolMeta):
    "What the distribution of the surplus booked, entered and paid"
    __name__ = 'fupin.reconciliation'

    @classmethod
    def get_comparisons(cls, company):
        return (super().get_comparisons(company)
            + cls.get_surplus_comparisons(company))

    @classmethod
    def get_surplus_comparisons(cls, company):
        pool = Pool()
        entry = pool.get('fupin.member.entry').__table__()
        income = pool.get('fupin.income').__table__()
        move_line = pool.get('account.move.line').__table__()
        surplus = pool.get('fupin.surplus').__table__()
        accounts = get_accounts(company, '221', '222', '301')
        return [
            Comparison(
                'surplus_entry', _lines(company, _amount),
                entries(
                    entry, entry.origin, entry.amount,
                    (entry.company == company.id)
                    & entry.kind.in_(['refund', 'remainder']),
                    entry.origin)),
            Comparison(
                'surplus_income', _lines(company, _amount, _with_household),
                entries(
                    income, income.origin, income.amount,
                    (income.company == company.id)
                    & income.origin.like(f'{_LINE},%'), income.origin)),
            Comparison(
                'surplus_booked', _lines(company, _amount),
                entries(
                    move_line.join(
                        surplus, condition=move_line.move == surplus.move),
                    move_line.origin, move_line.credit - move_line.debit,
                    (surplus.company == company.id)
                    & (surplus.state == 'posted')
                    & (move_line.account.in_(accounts)
                        if accounts else Literal(False)),
                    move_line.origin)),
            ]

    @classmethod
    def _get_paid(cls, company):
        "Refunds and remainders are paid by line, or converted"
        pool = Pool()
        income = pool.get('fupin.income').__table__()
        item = pool.get('fupin.settlement.item').__table__()
        line = pool.get('fupin.settlement.line').__table__()
        move_line = pool.get('account.move.line').__table__()
        settlement = pool.get('fupin.settlement').__table__()
        paid, ledger = super()._get_paid(company)
        of_lines = entries(
            line
            .join(settlement, condition=line.settlement == settlement.id)
            .join(item, condition=item.line == line.id)
            .join(move_line, condition=item.move_line == move_line.id),
            to_reference('fupin.settlement.line', line.id), item.amount,
            (settlement.company == company.id)
            & (line.state == 'succeeded')
            & move_line.origin.like(f'{_LINE},%')
            & Exists(income.select(
                    income.id,
                    where=(income.company == company.id)
                    & (income.origin == move_line.origin))),
            move_line.origin)
        return Union(
            paid, of_lines, _lines(company, _converted, _with_household),
            all_=True), ledger
