# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Null, Union

from trytond.modules.fupin_coop.reconciliation import (
    Comparison, entries, to_reference)
from trytond.pool import Pool, PoolMeta

_BATCH = 'fupin.own_production'
_CYCLE = 'fupin.cycle'


class Reconciliation(metaclass=PoolMeta):
    "What was put into cycles, and what the books have of it"
    __name__ = 'fupin.reconciliation'

    @classmethod
    def get_comparisons(cls, company):
        return (super().get_comparisons(company)
            + cls.get_cycle_comparisons(company))

    @classmethod
    def get_cycle_comparisons(cls, company):
        return [
            Comparison(
                'fupin_industry.cycle_cost', cls._get_cycle_costs(company),
                cls._get_cycle_postings(company)),
            ]

    @classmethod
    def _get_cycle_costs(cls, company):
        Cycle = Pool().get(_CYCLE)
        queries = []
        for source in Cycle.get_sources():
            if source.name == 'cost':
                cycle = Cycle.__table__()
                queries.append(entries(
                        source.from_.join(
                            cycle, condition=source.cycle == cycle.id),
                        to_reference(_CYCLE, cycle.id), source.amount,
                        source.where & (cycle.company == company.id)))
        return Union(*queries, all_=True)

    @classmethod
    def _get_cycle_postings(cls, company):
        "What was booked on 141 and 401 but what harvests and losses took"
        pool = Pool()
        batch = pool.get(_BATCH).__table__()
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        taken = (move.origin.like(f'{_BATCH}.harvest,%')
            | move.origin.like(f'{_BATCH}.loss,%'))
        return entries(
            line
            .join(move, condition=line.move == move.id)
            .join(batch, condition=(line.own_production == batch.id)
                & (line.account == batch.account)),
            to_reference(_CYCLE, batch.cycle), line.debit - line.credit,
            (move.company == company.id) & (move.state == 'posted')
            & (batch.cycle != Null)
            & ((move.origin == Null) | ~taken))
