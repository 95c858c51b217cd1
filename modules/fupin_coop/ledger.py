# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The sums of the books by statutory account, which statements are made of.

An account belongs to the account of 37号 from whose template it was made, a
sub-account to the one above it, and a first-level account that a cooperative
has added to the one of the same type."""
from collections import defaultdict
from decimal import Decimal

from sql import Literal
from sql.aggregate import Sum
from sql.conditionals import Case
from sql.operators import Exists

from trytond.pool import Pool
from trytond.transaction import Transaction

from .reconciliation import to_amount, to_cents

_PREFIX = 'account_template_'


def get_codes(company):
    """Return {account: code} of the statutory codes of the accounts of the
    company, with five digits where 37号 prescribes a sub-account."""
    pool = Pool()
    Account = pool.get('account.account')
    ModelData = pool.get('ir.model.data')
    Template = pool.get('account.account.template')
    Type = pool.get('account.account.type')
    account, data = Account.__table__(), ModelData.__table__()
    template, type_ = Template.__table__(), Type.__table__()
    cursor = Transaction().connection.cursor()

    cursor.execute(*data
        .join(template, condition=data.db_id == template.id)
        .select(
            data.fs_id, template.id, template.type,
            where=(data.module == 'fupin_coop')
            & (data.model == Template.__name__)))
    templates, types = {}, {}
    for name, id_, template_type in sorted(cursor):
        code = name.removeprefix(_PREFIX)
        if code.isdigit() and len(code) >= 3:
            templates[id_] = code
            if template_type:
                types.setdefault(template_type, code)
    cursor.execute(*account
        .join(type_, 'LEFT', condition=account.type == type_.id)
        .select(
            account.id, account.parent, account.template, type_.template,
            where=account.company == company.id))
    rows = {row[0]: row[1:] for row in cursor}

    codes = {}
    for id_, (parent, template_id, type_id) in rows.items():
        code = templates.get(template_id)
        while not code and parent in rows:
            parent, template_id, _ = rows[parent]
            code = templates.get(template_id)
        codes[id_] = code or types.get(type_id)
    return {id_: code for id_, code in codes.items() if code}


def get_accounts(company, *prefixes):
    "Return the ids of the accounts of the company with these codes"
    return [
        id_ for id_, code in get_codes(company).items()
        if code.startswith(prefixes)]


def _tables(company):
    pool = Pool()
    journal = pool.get('account.journal').__table__()
    line = pool.get('account.move.line').__table__()
    move = pool.get('account.move').__table__()
    tables = (line
        .join(move, condition=line.move == move.id)
        .join(journal, condition=move.journal == journal.id))
    where = (move.company == company.id) & (move.state == 'posted')
    return tables, line, move, journal, where


def is_opening(move, journal, start):
    """Return the clause for what was there before the start of a year.

    What a cooperative takes over into its first year here is booked on the
    first day in a journal of situation."""
    return (move.date < start) | (
        (move.date == start) & (journal.type == 'situation'))


def is_in_year(move, journal, start, end):
    return ~is_opening(move, journal, start) & (move.date <= end)


def get_balances(company, start, end):
    """Return what the accounts had before the start and have at the end.

    Two pairs of {code: debit - credit} by first-level account and, for 114,
    {party: debit - credit}."""
    codes = get_codes(company)
    members = [id_ for id_, c in codes.items() if c.startswith('114')]
    tables, line, move, journal, where = _tables(company)
    amount = to_cents(line.debit - line.credit)
    party = Case((line.account.in_(members), line.party), else_=-1) \
        if members else Literal(-1)
    rows = tables.select(
        line.account.as_('account'), party.as_('party'),
        Case((is_opening(move, journal, start), amount), else_=0)
        .as_('opening'),
        amount.as_('closing'),
        where=where & (move.date <= end))
    cursor = Transaction().connection.cursor()
    cursor.execute(*rows.select(
            rows.account, rows.party, Sum(rows.opening), Sum(rows.closing),
            group_by=[rows.account, rows.party]))
    opening, closing = defaultdict(Decimal), defaultdict(Decimal)
    opening_members = defaultdict(Decimal)
    closing_members = defaultdict(Decimal)
    for account, party, before, after in cursor:
        code = codes.get(account, '')[:3]
        before, after = to_amount(before), to_amount(after)
        opening[code] += before
        closing[code] += after
        if code == '114':
            opening_members[party] += before
            closing_members[party] += after
    return (opening, opening_members), (closing, closing_members)


def get_result(company, start, end):
    """Return {code: debit - credit} of what the accounts of income and
    expense booked in the year, without their transfer to 331."""
    pool = Pool()
    codes = get_codes(company)
    result = [id_ for id_, c in codes.items() if c.startswith('5')]
    surplus = [id_ for id_, c in codes.items() if c == '331']
    if not result:
        return {}
    tables, line, move, journal, where = _tables(company)
    where &= is_in_year(move, journal, start, end)
    where &= line.account.in_(result)
    if surplus:
        other = pool.get('account.move.line').__table__()
        where &= ~Exists(other.select(
                other.id,
                where=(other.move == move.id)
                & other.account.in_(surplus)))
    cursor = Transaction().connection.cursor()
    cursor.execute(*tables.select(
            line.account, Sum(to_cents(line.debit - line.credit)),
            where=where,
            group_by=line.account))
    amounts = defaultdict(Decimal)
    for account, amount in cursor:
        amounts[codes[account][:3]] += to_amount(amount)
    return amounts


def get_movements(company, start, end):
    """Return [(move, origin, {code: debit}, {code: credit})] of the account
    moves of the year that touch equity."""
    pool = Pool()
    codes = get_codes(company)
    equity = [id_ for id_, c in codes.items() if c.startswith('3')]
    if not equity:
        return []
    tables, line, move, journal, where = _tables(company)
    other = pool.get('account.move.line').__table__()
    where &= is_in_year(move, journal, start, end)
    where &= Exists(other.select(
            other.id,
            where=(other.move == move.id) & other.account.in_(equity)))
    cursor = Transaction().connection.cursor()
    cursor.execute(*tables.select(
            move.id, move.origin, line.account,
            Sum(to_cents(line.debit)), Sum(to_cents(line.credit)),
            where=where,
            group_by=[move.id, move.origin, line.account]))
    movements = {}
    for id_, origin, account, debit, credit in cursor:
        _, _, debits, credits = movements.setdefault(
            id_, (id_, origin, defaultdict(Decimal), defaultdict(Decimal)))
        code = codes.get(account, '')[:3]
        debits[code] += to_amount(debit)
        credits[code] += to_amount(credit)
    return list(movements.values())
