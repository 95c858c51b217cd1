# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The equity of a cooperative and what of it members have shares in.

At every moment 301 is the sum of the contributions, 311 that of the shares
in grants and donations, 321 and 322 that of the shares in the reserve, each
with what is stated as not yet quantified."""
from sql import Literal, Null, Union
from sql.aggregate import Sum
from sql.conditionals import Coalesce
from sql.operators import Exists

from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction, without_check_access

from .document import get_effect_models
from .exact_sum import to_amount
from .fund import FUND_KINDS, SOURCES
from .ledger import get_accounts
from .reconciliation import Comparison, entries, to_reference

CAPITAL = ['301']
FUND = ['311']
RESERVE = ['321', '322']


def _booked(company, codes, date, record=None, condition=None):
    "Return a query of the posted credit less debit on the accounts"
    pool = Pool()
    line = pool.get('account.move.line').__table__()
    move = pool.get('account.move').__table__()
    accounts = get_accounts(company, *codes)
    where = (move.company == company.id) & (move.state == 'posted')
    if accounts:
        where &= line.account.in_(accounts)
    else:
        where &= Literal(False)
    if date is not None:
        where &= move.date <= date
    if condition:
        where &= condition(move)
    return entries(
        line.join(move, condition=line.move == move.id),
        record(move, line) if record else Literal(_record(company)),
        line.credit - line.debit, where)


def _held(company, kinds, date, condition=None, negative=False):
    "Return a query of the entries of the kinds in the accounts of members"
    entry = Pool().get('fupin.member.entry').__table__()
    where = (entry.company == company.id) & entry.kind.in_(kinds)
    if date is not None:
        where &= entry.date <= date
    if condition:
        where &= condition(entry)
    return entries(
        entry, Literal(_record(company)),
        -entry.amount if negative else entry.amount, where)


def _record(company):
    return f'{company.__name__},{company.id}'


def total(query):
    "Return the yuan of a query of entries"
    cursor = Transaction().connection.cursor()
    cursor.execute(*query.select(Sum(query.amount)))
    return to_amount(cursor.fetchone()[0])


def get_capital(company, date=None):
    "Return the balance of 301"
    return total(_booked(company, CAPITAL, date))


def get_reserve(company, date=None):
    "Return the balance of 321 and 322"
    return total(_booked(company, RESERVE, date))


def get_special_fund(company, date=None):
    "Return the balance of 311"
    return total(_booked(company, FUND, date))


def get_unquantified_reserve(company, date=None):
    """Return what of the reserve no member has a share in: more than 0.00
    until it is quantified, less when shares exceed the reserve."""
    return get_reserve(company, date) - total(
        _held(company, ['reserve'], date))


def _quantifies(origin):
    """Return the clause for documents whose moves on the reserve are in the
    accounts of members as well."""
    clause = Literal(False)
    for name in get_effect_models():
        if name != 'fupin.member.contribution':
            clause |= origin.like(f'{name},%')
    entry = Pool().get('fupin.member.entry').__table__()
    return clause | Exists(entry.select(
            entry.id,
            where=(entry.origin == origin) & (entry.kind == 'reserve')))


class Reconciliation(metaclass=PoolMeta):
    __name__ = 'fupin.reconciliation'

    @classmethod
    def get_comparisons(cls, company):
        return (super().get_comparisons(company)
            + cls.get_fund_comparisons(company)
            + cls.get_equity_comparisons(company))

    @classmethod
    @without_check_access
    def check_equity(cls, company, date=None):
        """Return the checks that the accounts of members are the equity of
        the books at the end of the date, default is all that is posted."""
        return [
            cls._compare(c)
            for c in cls.get_equity_comparisons(company, date=date)]

    @classmethod
    def get_equity_comparisons(cls, company, date=None):
        pool = Pool()
        Entry = pool.get('fupin.member.entry')
        Member = pool.get('fupin.member')
        Quantification = pool.get('fupin.quantification')

        # 301 by member, which is the party of the line
        def party(table):
            return Coalesce(
                to_reference('party.party', table.party), _record(company))

        entry, member = Entry.__table__(), Member.__table__()
        where = (entry.company == company.id) & (entry.kind == 'contribution')
        if date is not None:
            where &= entry.date <= date
        contributions = entries(
            entry.join(member, condition=entry.member == member.id),
            party(member), entry.amount, where)

        # 311: what the documents brought is quantified or still to be
        def quantified(entry):
            return entry.origin.like(f'{Quantification.__name__},%')

        fund = Union(
            _held(company, ['grant', 'donation'], date),
            cls._get_funds(company, date),
            _held(
                company, ['grant', 'donation'], date, condition=quantified,
                negative=True),
            all_=True)

        # 321 and 322: what a document sets aside, it quantifies; premiums
        # and what was booked without a document wait for a quantification
        def not_quantifying(move):
            return (move.origin == Null) | ~_quantifies(move.origin)

        reserve = Union(
            _held(company, ['reserve'], date),
            _booked(company, RESERVE, date, condition=not_quantifying),
            _held(
                company, ['reserve'], date, condition=quantified,
                negative=True),
            all_=True)
        return [
            Comparison(
                'equity_capital',
                Union(
                    _booked(
                        company, CAPITAL, date,
                        lambda move, line: party(line)),
                    *cls._get_transfers(company, date), all_=True),
                contributions),
            Comparison(
                'equity_fund', _booked(company, FUND, date), fund),
            Comparison(
                'equity_reserve', _booked(company, RESERVE, date), reserve),
            ]

    @classmethod
    def _get_transfers(cls, company, date):
        """Return queries of what members transferred to each other, which
        is not booked (301 of 37号, 7)."""
        pool = Pool()
        Contribution = pool.get('fupin.member.contribution')
        Member = pool.get('fupin.member')
        queries = []
        for name, sign in [('member', -1), ('transferee', 1)]:
            for cancelled in [False, True]:
                table, member = Contribution.__table__(), Member.__table__()
                when = table.cancel_date if cancelled else table.date
                where = (
                    (table.company == company.id)
                    & (table.kind == 'transfer') & table.state.in_(
                        ['cancelled'] if cancelled
                        else ['posted', 'cancelled']))
                if date is not None:
                    where &= when <= date
                queries.append(entries(
                        table.join(member, condition=(
                                getattr(table, name) == member.id)),
                        to_reference('party.party', member.party),
                        table.amount * (-sign if cancelled else sign),
                        where))
        return queries

    @classmethod
    def _get_funds(cls, company, date):
        "Return a query of what documents brought to the special fund"
        Fund = Pool().get('fupin.fund')

        def documents(cancelled):
            table = Fund.__table__()
            when = table.cancel_date if cancelled else table.date
            where = (table.company == company.id) & table.state.in_(
                ['cancelled'] if cancelled else ['posted', 'cancelled'])
            kinds = table.kind == 'opening_fund'
            for source, _ in SOURCES:
                kinds |= table.kind.in_(FUND_KINDS[source])
            where &= kinds
            if date is not None:
                where &= when <= date
            return entries(
                table, Literal(_record(company)),
                -table.amount if cancelled else table.amount, where)
        return Union(documents(False), documents(True), all_=True)

    @classmethod
    def get_fund_comparisons(cls, company):
        "The special fund and the unused grants by document"
        pool = Pool()
        Fund = pool.get('fupin.fund')
        Entry = pool.get('fupin.member.entry')
        Quantification = pool.get('fupin.quantification')
        Line = pool.get('fupin.quantification.line')
        model = Fund.__name__

        def documents(kinds, sign=1):
            table = Fund.__table__()
            return entries(
                table, to_reference(model, table.id), table.amount * sign,
                (table.company == company.id) & (table.state == 'posted')
                & table.kind.in_(kinds))

        def booked(code):
            return _booked(
                company, [code], None, lambda move, _: move.origin,
                lambda move: move.origin.like(f'{model},%'))

        table, line = Quantification.__table__(), Line.__table__()
        entry = Entry.__table__()
        return [
            Comparison(
                'fund_booked', documents(sum(FUND_KINDS.values(), [])),
                booked('311')),
            Comparison(
                'fund_payable',
                Union(
                    documents(['receipt']),
                    documents([
                            'asset', 'earlier_asset', 'expense',
                            'earlier_expense', 'return'], -1),
                    all_=True),
                booked('235')),
            Comparison(
                'quantification_entry',
                entries(
                    line.join(table,
                        condition=line.quantification == table.id),
                    to_reference(Quantification.__name__, table.id),
                    line.amount,
                    (table.company == company.id)
                    & (table.state == 'posted'),
                    line.member),
                entries(
                    entry, entry.origin, entry.amount,
                    (entry.company == company.id) & entry.origin.like(
                        f'{Quantification.__name__},%'),
                    entry.member),
                'fupin.member'),
            ]
