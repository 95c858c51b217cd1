# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What growers owe the cooperative for the goods they got: the open lines of
114 成员往来 of members, and of 113 应收款 of those who are none."""
from collections import defaultdict

from sql import Literal, Null
from sql.operators import Exists

from trytond.model import fields
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from .exact_sum import to_amount, to_cents
from .netting import balance

SLICE = 1000
# On 113 only what these booked is a debt of a grower, not an invoice
DOCUMENTS = ['fupin.supply', 'fupin.member.receipt', 'fupin.settlement.line']


def get_debt_accounts(company):
    "Return the accounts of members and of others"
    Configuration = Pool().get('account.configuration')
    return tuple(
        Configuration.get_cooperative_account(name, company)
        for name in ['member_receivable', 'receivable'])


def debt_clause(company, line, move):
    "Return the clause of the posted lines of debts of a company"
    members, others = get_debt_accounts(company)
    by_document = Literal(False)
    for name in DOCUMENTS:
        by_document |= move.origin.like(f'{name},%')
    return ((move.company == company.id) & (move.state == 'posted')
        & (line.party != Null)
        & ((line.account == members.id)
            | ((line.account == others.id) & by_document)))


def get_open_lines(company, parties, up_to=None):
    """Return {(party, account): [(line, amount), ...]} of the open lines of
    the parties that no settlement holds, the oldest first.

    All are ids; what is owed is positive, what was paid negative."""
    pool = Pool()
    cursor = Transaction().connection.cursor()
    open_lines = defaultdict(list)
    for sub_parties in grouped_slice(list(parties), SLICE):
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        item = pool.get('fupin.settlement.item').__table__()
        where = (debt_clause(company, line, move)
            & fields.SQL_OPERATORS['in'](line.party, list(sub_parties))
            & (line.reconciliation == Null)
            & ~Exists(item.select(
                    item.id, where=item.held_line == line.id)))
        if up_to:
            where &= move.date <= up_to
        cursor.execute(*line
            .join(move, condition=line.move == move.id)
            .select(
                line.id, line.party, line.account,
                to_cents(line.debit - line.credit),
                where=where, order_by=[move.date, line.id]))
        for id_, party, account, cents in cursor:
            if cents:
                open_lines[party, account].append((id_, to_amount(cents)))
    return open_lines


def get_debts(company, parties):
    "Return {party: what is owed and not paid, less what was paid before}"
    pool = Pool()
    cursor = Transaction().connection.cursor()
    debts = dict.fromkeys(parties, to_amount(0))
    for sub_parties in grouped_slice(list(debts), SLICE):
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        cursor.execute(*line
            .join(move, condition=line.move == move.id)
            .select(
                line.party, to_cents(line.debit - line.credit),
                where=debt_clause(company, line, move)
                & fields.SQL_OPERATORS['in'](
                    line.party, list(sub_parties))))
        for party, cents in cursor:
            debts[party] += to_amount(cents)
    return debts


def split(lines):
    "Return the debts and the credits of open lines, all positive"
    return (
        [(key, amount) for key, amount in lines if amount > 0],
        [(key, -amount) for key, amount in lines if amount < 0])


def reconcile(*open_lines):
    """Reconcile what is paid of the open lines of each party, the oldest debt
    first."""
    Line = Pool().get('account.move.line')
    to_reconcile = [
        Line.browse(ids) for lines in open_lines
        for ids in balance(*split(lines))]
    if to_reconcile:
        Line.reconcile(*to_reconcile)
