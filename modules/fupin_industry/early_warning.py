# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What a cooperative or enterprise lets a household expect and does not give:
a promised linkage that is late, a contract that ended"""
import datetime as dt
from decimal import Decimal

from sql import Literal, Null, Union, Window
from sql.aggregate import Max, Sum
from sql.conditionals import Case, Coalesce
from sql.operators import Exists

from trytond.i18n import gettext
from trytond.model import fields
from trytond.modules.fupin_household import early_warning
from trytond.modules.fupin_household.cents import sql_cents, sql_sum
from trytond.modules.fupin_household.household_warning_search import (
    Found, within, yuan)
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction


class Standard(metaclass=PoolMeta):
    __name__ = 'fupin.early_warning.standard'

    promise_days = fields.Integer(
        "Days to Answer: Promised Linkage Late", required=True,
        domain=[('promise_days', '>=', 0)],
        help="From the day on which the warning is found; how long a payment "
        "may take is said by the linkage rules.")
    contract_months = fields.Integer(
        "Months since the End", required=True,
        domain=[('contract_months', '>=', 1), ('contract_months', '<=', 12)],
        help="Contracts that ended in so many last months are looked at.")
    contract_share = fields.Numeric(
        "Share of the Source", digits=(16, 4), required=True,
        domain=[('contract_share', '>', 0), ('contract_share', '<=', 1)],
        help="What the source gave, of the income of the twelve months "
        "before those months.")
    contract_days = fields.Integer(
        "Days to Answer: Contract Ended", required=True,
        domain=[('contract_days', '>=', 0)])

    @classmethod
    def default_promise_days(cls):
        return 15

    @classmethod
    def default_contract_months(cls):
        return 6

    @classmethod
    def default_contract_share(cls):
        return Decimal('0.3')

    @classmethod
    def default_contract_days(cls):
        return 30


class EarlyWarning(metaclass=PoolMeta):
    __name__ = 'fupin.early_warning'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.rule.selection += [
            ('promise', "Promised Linkage Late"),
            ('contract', "Contract Ended"),
            ]

    @classmethod
    def get_rules(cls):
        return [*super().get_rules(), 'promise', 'contract']

    @classmethod
    def _sources(cls, income):
        return [('fupin.enterprise', income.enterprise)] + (
            super()._sources(income))

    @classmethod
    def _source_name(cls, record):
        if record.__name__ == 'fupin.enterprise':
            return f'{record.rec_name} ({record.company.rec_name})'
        if record.__name__ == 'fupin.linkage':
            source = cls._source_name(record.enterprise or record.company)
            return f'{source} - {record.kind.rec_name}'
        if record.__name__ == 'fupin.land.transfer':
            return f'{record.transferee.rec_name} - {record.rec_name}'
        return super()._source_name(record)

    def get_explanation(self, name):
        if self.rule not in {'promise', 'contract'}:
            return super().get_explanation(name)
        Kind = Pool().get('fupin.linkage.kind')
        figures = self._figures()
        if self.rule == 'promise':
            *_, kind = self.subject.split(',')
            figures['kind'] = Kind(int(kind)).rec_name
        return gettext(
            f'fupin_industry.msg_warning_{self.rule}', **figures)

    @classmethod
    def _find_promise(cls, search):
        """What is due by the linkages of a cooperative or enterprise, the
        days of grace considered, is not paid: as the comparison of claim and
        proof says."""
        pool = Pool()
        Proof = pool.get('fupin.linkage.proof')
        household = pool.get('fupin.household').__table__()
        cursor = Transaction().connection.cursor()
        with Transaction().set_context(
                year=None, cooperative=None, enterprise=None, township=None):
            row = Proof._proofs()
        due = Case(
            (row.overdue > row.earned_due, row.overdue),
            else_=row.earned_due)
        keys = [row.household, row.company, row.enterprise, row.kind]
        late = row.result == 'unpaid'
        cursor.execute(*row
            .join(household, condition=row.household == household.id)
            .select(
                *keys, sql_sum(row.paid), sql_sum(due),
                where=search.exists(household) & late,
                group_by=keys))
        for id_, company, enterprise, kind, paid, due in cursor:
            subject = (f'fupin.enterprise,{enterprise},{kind}' if enterprise
                else f'company.company,{company},{kind}')
            finding = early_warning.Finding(
                'promise', yuan(paid), yuan(due), subject=subject)
            yield Found(id_, finding, None, None, search.date)

    @classmethod
    def _ended_contracts(cls, search, first):
        """Return the query of the contracts that ended since first and that
        none follows: subject, household, cooperative, enterprise (0 for the
        cooperative as a whole), the last day."""
        pool = Pool()
        linkage = pool.get('fupin.linkage').__table__()
        later = pool.get('fupin.linkage').__table__()
        line = pool.get('fupin.land.transfer.line').__table__()
        other = pool.get('fupin.land.transfer.line').__table__()
        transfer = pool.get('fupin.land.transfer').__table__()
        last = Coalesce(transfer.ended_on, transfer.end_date)
        yesterday = search.date - dt.timedelta(days=1)
        ended = (first, yesterday)
        linkages = linkage.select(
            Literal('fupin.linkage').as_('model'), linkage.id.as_('record'),
            linkage.household, linkage.company,
            Coalesce(linkage.enterprise, 0).as_('enterprise'),
            linkage.to_date.as_('last'),
            where=(linkage.state == 'posted')
            & within(linkage.to_date, ended)
            & search.holds(linkage.household)
            & ~Exists(later.select(
                    Literal(1),
                    where=(later.state == 'posted')
                    & (later.household == linkage.household)
                    & (later.company == linkage.company)
                    & (later.kind == linkage.kind)
                    & ((later.to_date == Null)
                        | (later.to_date > linkage.to_date)))))
        transfers = line.join(
            transfer, condition=line.transfer == transfer.id).select(
            Literal('fupin.land.transfer').as_('model'),
            transfer.id.as_('record'),
            line.household, transfer.company,
            Literal(0).as_('enterprise'), last.as_('last'),
            where=transfer.state.in_(['signed', 'filed', 'ended'])
            & (transfer.company != Null)
            & within(last, ended)
            & search.holds(line.household)
            & ~Exists(other.select(
                    Literal(1),
                    where=(other.household == line.household)
                    & (other.let == Literal(True))
                    & (other.to_date > last))))
        return Union(linkages, transfers)

    @classmethod
    def _find_contract(cls, search):
        "The contract with a main source ended, and there is no other"
        pool = Pool()
        income = pool.get('fupin.income').__table__()
        household = pool.get('fupin.household').__table__()
        cursor = Transaction().connection.cursor()
        count = search.standard.contract_months
        share = search.standard.contract_share
        first, _ = search.days(count)
        days = search.days(12, count)
        contracts = cls._ended_contracts(search, first)
        amount = sql_cents(income.amount)
        keys = [income.household, income.company, income.enterprise]
        gave = income.select(
            *keys, sql_sum(amount).as_('amount'),
            where=search.holds(income.household) & within(income.date, days),
            group_by=keys)
        gave = gave.select(
            gave.household, gave.company, gave.enterprise, gave.amount,
            Sum(gave.amount, window=Window([gave.household])).as_('whole'))
        keys = [contracts.model, contracts.record, contracts.household]
        cursor.execute(*contracts
            .join(household, condition=contracts.household == household.id)
            .join(gave,
                condition=(gave.household == contracts.household)
                & (gave.company == contracts.company)
                & ((contracts.enterprise == 0)
                    | (gave.enterprise == contracts.enterprise)))
            .select(
                *keys, Max(contracts.last), sql_sum(gave.amount),
                Max(gave.whole),
                where=search.exists(household),
                group_by=keys))
        for model, record, id_, last, given, whole in cursor:
            if finding := early_warning.contract_ended(
                    yuan(given), yuan(whole), share, f'{model},{record}'):
                if isinstance(last, str):
                    last = dt.date.fromisoformat(last)
                yield Found(id_, finding, None, days[0], last)
