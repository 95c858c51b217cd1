# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql.aggregate import Sum

from trytond.model import fields
from trytond.pool import Pool
from trytond.transaction import Transaction

from .exact_sum import to_amount, to_cents
from .ledger import get_codes


def get_balances(company, codes, until=None, before=None):
    """Return {code: credit less debit} of the statutory accounts, of what is
    posted until the end of a date or before it."""
    pool = Pool()
    line = pool.get('account.move.line').__table__()
    move = pool.get('account.move').__table__()
    balances = dict.fromkeys(codes, to_amount(0))
    accounts = {
        id_: code for id_, code in get_codes(company).items()
        if code in balances}
    if not accounts:
        return balances
    where = ((move.company == company.id)
        & (move.state == 'posted')
        & fields.SQL_OPERATORS['in'](line.account, list(accounts)))
    if until:
        where &= move.date <= until
    if before:
        where &= move.date < before
    cursor = Transaction().connection.cursor()
    cursor.execute(*line
        .join(move, condition=line.move == move.id)
        .select(
            line.account, Sum(to_cents(line.credit - line.debit)),
            where=where, group_by=[line.account]))
    for account, cents in cursor:
        balances[accounts[account]] += to_amount(cents)
    return balances
