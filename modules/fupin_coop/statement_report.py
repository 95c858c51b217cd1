# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The statements of 财会〔2021〕37号 and the trial balance, printed and as
XLSX."""
from trytond.i18n import gettext
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.transaction import (
    Transaction, check_access, without_check_access)

from .form import Form, Row
from .report import FormReport, FormWorkbook
from .statement import ZERO, TrialBalance, compute, compute_trial, get_scope
from .statement_line import (
    BALANCE_COLUMNS, EQUITY_COLUMN, EQUITY_COLUMNS, SURPLUS, SURPLUS_COLUMNS,
    TITLES, TOTAL, TRIAL_COLUMNS, balance_sheet_sides, equity_matrix)


def check_books(company):
    "Raise AccessError if the user may not see the books of the company"
    Line = Pool().get('fupin.statement.line')
    if not Transaction().user:
        return
    with check_access(), Transaction().set_context(company=int(company)):
        if not Line.search([], limit=1):
            raise AccessError(gettext('fupin_coop.msg_statement_company'))


def get_date(scope, balance=False):
    "Return the date or the year of the scope as forms print it"
    if balance:
        return '{0.year}年{0.month}月{0.day}日'.format(scope.date)
    date = f'{scope.fiscalyear.start_date.year}年度'
    if scope.date != scope.fiscalyear.end_date:
        date += '（至{0.month}月{0.day}日）'.format(scope.date)
    return date


def get_forms(scope):
    "Return the three statements as they are printed"
    statements = compute(*scope)
    return [
        _balance_form(scope, statements.balance),
        _surplus_form(scope, statements.surplus),
        _equity_form(scope, statements.equity),
        ]


def _form(name, scope, columns, rows, wide=False):
    title, code = TITLES[name]
    return Form(
        title, scope.company.party.name, get_date(scope, name == 'balance'),
        columns, rows, code=code, wide=wide)


def _balance_form(scope, amounts):
    def cells(item):
        if item is None:
            return ['', None, None, None]
        elif isinstance(item, str):
            return [item, None, None, None]
        return [item.name, item.number, *amounts[item.number]]

    return _form('balance', scope, BALANCE_COLUMNS, [
            Row(cells(left) + cells(right))
            for left, right in zip(*balance_sheet_sides(), strict=True)])


def _surplus_form(scope, amounts):
    return _form('surplus', scope, SURPLUS_COLUMNS, [
            Row([line.name, line.number, *amounts[line.number]],
                'total' if line.total else '')
            for line in SURPLUS])


def _equity_form(scope, equity):
    return _form(
        'equity', scope, [EQUITY_COLUMN, *EQUITY_COLUMNS.values(), TOTAL],
        [Row(*row) for row in equity_matrix(equity)], wide=True)


def get_trial_form(scope):
    "Return the trial balance as it is printed"
    Account = Pool().get('account.account')
    amounts = compute_trial(*scope)
    with without_check_access():
        accounts = sorted(
            Account.browse(list(amounts)), key=lambda a: (a.code or '', a.id))
    rows, totals = [], [ZERO] * 6
    for account in accounts:
        columns = list(TrialBalance._get_columns(
                amounts[account.id]).values())
        if not any(columns):
            # booked in earlier years only
            continue
        totals = [t + c for t, c in zip(totals, columns)]
        rows.append(Row([account.code, account.name, *columns]))
    rows.append(Row(['', TOTAL, *totals], 'total'))
    return _form('trial', scope, TRIAL_COLUMNS, rows, wide=True)


class ScopeMixin:
    """Forms of the years of closings, or of the company and year of the
    context"""
    __slots__ = ()
    _statements = ['balance', 'surplus', 'equity']

    @classmethod
    def get_name(cls, ids, data):
        records = []
        if data.get('model') == 'fupin.closing':
            records = cls._get_records(list(map(int, ids)), data['model'], {})
        scope = cls.get_scopes(records)[0]
        return ' '.join([
                '、'.join(TITLES[n][0] for n in cls._statements),
                scope.company.party.name,
                get_date(scope, cls._statements[0] == 'balance')])

    @classmethod
    def get_scopes(cls, records):
        closings = [
            r for r in records
            if getattr(r, '__class__', None).__name__ == 'fupin.closing']
        if closings:
            return [
                get_scope(c.company.id, c.fiscalyear.id) for c in closings]
        scope = get_scope()
        if not scope:
            raise AccessError(gettext('fupin_coop.msg_statement_company'))
        check_books(scope.company)
        return [scope]

    @classmethod
    def get_forms(cls, records, data):
        return [
            form for scope in cls.get_scopes(records)
            for form in cls.get_scope_forms(scope)]

    @classmethod
    def get_scope_forms(cls, scope):
        return get_forms(scope)


class StatementReport(ScopeMixin, FormReport):
    __name__ = 'fupin.statement'


class StatementWorkbook(ScopeMixin, FormWorkbook):
    __name__ = 'fupin.statement.workbook'


class TrialBalanceMixin(ScopeMixin):
    __slots__ = ()
    _statements = ['trial']

    @classmethod
    def get_scope_forms(cls, scope):
        return [get_trial_form(scope)]


class TrialBalanceReport(TrialBalanceMixin, FormReport):
    __name__ = 'fupin.trial.balance'


class TrialBalanceWorkbook(TrialBalanceMixin, FormWorkbook):
    __name__ = 'fupin.trial.balance.workbook'
