# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Null, Union
from sql.operators import Exists

from trytond.modules.fupin_coop.reconciliation import (
    Comparison, entries, to_reference)
from trytond.pool import Pool, PoolMeta

_LINE = 'fupin.land.rent.line'


class Reconciliation(metaclass=PoolMeta):
    "What the rents of land booked, earned and paid"
    __name__ = 'fupin.reconciliation'

    @classmethod
    def get_comparisons(cls, company):
        return (super().get_comparisons(company)
            + cls.get_land_rent_comparisons(company))

    @classmethod
    def get_land_rent_comparisons(cls, company):
        pool = Pool()
        income = pool.get('fupin.income').__table__()
        move_line = pool.get('account.move.line').__table__()
        rent = pool.get('fupin.land.rent').__table__()
        other_line = pool.get('account.move.line').__table__()
        other_rent = pool.get('fupin.land.rent').__table__()
        total = pool.get('fupin.land.rent').__table__()
        return [
            Comparison(
                'fupin_industry.land_rent_income',
                cls._land_rent_lines(company, True),
                entries(
                    income, income.origin, income.amount,
                    (income.company == company.id)
                    & income.origin.like(f'{_LINE},%'), income.household),
                'fupin.household'),
            Comparison(
                'fupin_industry.land_rent_payable',
                cls._land_rent_lines(company),
                entries(
                    move_line.join(rent,
                        condition=move_line.move == rent.move),
                    move_line.origin, move_line.credit - move_line.debit,
                    (rent.company == company.id) & (rent.state == 'posted')
                    & (move_line.party != Null))),
            Comparison(
                'fupin_industry.land_rent_expense',
                entries(
                    total, to_reference('fupin.land.rent', total.id),
                    total.amount,
                    (total.company == company.id)
                    & (total.state == 'posted')),
                entries(
                    other_line.join(other_rent,
                        condition=other_line.move == other_rent.move),
                    to_reference('fupin.land.rent', other_rent.id),
                    other_line.debit - other_line.credit,
                    (other_rent.company == company.id)
                    & (other_rent.state == 'posted')
                    & (other_line.party == Null))),
            ]

    @classmethod
    def _land_rent_lines(cls, company, detail=False):
        "Return a query of the lines of the posted rents"
        pool = Pool()
        line = pool.get(_LINE).__table__()
        rent = pool.get('fupin.land.rent').__table__()
        return entries(
            line.join(rent, condition=line.rent == rent.id),
            to_reference(_LINE, line.id), line.amount,
            (rent.company == company.id) & (rent.state == 'posted'),
            line.household if detail else None)

    @classmethod
    def _get_paid(cls, company):
        "Rents are paid by line"
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
        return Union(paid, of_lines, all_=True), ledger
