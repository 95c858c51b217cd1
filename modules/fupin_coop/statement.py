# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from collections import namedtuple
from decimal import Decimal

from sql import Cast, Literal, Select, Union
from sql.aggregate import Sum
from sql.conditionals import Case
from sql.operators import Exists

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Eval, If, PYSONEncoder
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import StateAction, Wizard

from .ledger import (
    get_accounts, get_balances, get_movements, get_result, is_in_year,
    is_opening)
from .reconciliation import to_amount, to_cents
from .statement_line import (
    BALANCE_SHEET, EQUITY_COLUMNS, EQUITY_ROWS, MEMBERS, PENDING, RESULT,
    SURPLUS, UNDISTRIBUTED, Movement, evaluate, evaluate_equity, explain)

ZERO = Decimal('0.00')
LINES = {'balance': BALANCE_SHEET, 'surplus': SURPLUS}

Scope = namedtuple('Scope', ['company', 'fiscalyear', 'date'])
Statements = namedtuple(
    'Statements', ['balance', 'surplus', 'equity', 'pending'])


@without_check_access
def get_scope(company=None, fiscalyear=None, date=None):
    """Return the company, fiscal year and date of the statements, by default
    those of the context.

    None if there is no company or it has no fiscal year."""
    pool = Pool()
    Company = pool.get('company.company')
    Date = pool.get('ir.date')
    FiscalYear = pool.get('account.fiscalyear')
    context = Transaction().context
    if company is None:
        company = context.get('company')
        fiscalyear = fiscalyear or context.get('fiscalyear')
        date = date or context.get('date')
    if company is None:
        return
    company = Company(int(company))
    if fiscalyear is not None:
        fiscalyear = FiscalYear(int(fiscalyear))
    if not fiscalyear or fiscalyear.company != company:
        with Transaction().set_context(company=company.id):
            today = Date.today()
        fiscalyears = FiscalYear.search([
                ('company', '=', company.id),
                ('start_date', '<=', today),
                ], order=[('start_date', 'DESC')], limit=1)
        if not fiscalyears:
            return
        fiscalyear, = fiscalyears
    if not date or not (
            fiscalyear.start_date <= date <= fiscalyear.end_date):
        date = fiscalyear.end_date
    return Scope(company, fiscalyear, date)


@without_check_access
def compute(company, fiscalyear, date=None):
    """Return the statements of the fiscal year up to the date.

    balance and surplus are {number: (amount, amount of the year before)},
    equity is {key: {column: amount}} and pending what is in 181, which has no
    line and must be zero."""
    FiscalYear = Pool().get('account.fiscalyear')
    date = date or fiscalyear.end_date
    current = _Year(company, fiscalyear.start_date, date)
    previous = None
    for year in FiscalYear.search([
                ('company', '=', company.id),
                ('end_date', '<', fiscalyear.start_date),
                ], order=[('end_date', 'DESC')], limit=1):
        previous = _Year(company, year.start_date, year.end_date)
    begin = evaluate(
        BALANCE_SHEET, current.opening, current.opening_members)
    end = evaluate(BALANCE_SHEET, current.closing, current.closing_members)
    surplus = current.surplus
    before = previous.surplus if previous else {}
    return Statements(
        {n: (end[n], begin[n]) for n in end},
        {n: (surplus[n], before.get(n, ZERO)) for n in surplus},
        evaluate_equity(current.opening, current.reasons, surplus[12]),
        current.closing.get(PENDING, ZERO))


class _Year:
    "What the statements take from the books of one year"

    def __init__(self, company, start, end):
        ((self.opening, self.opening_members),
            (self.closing, self.closing_members)) = get_balances(
                company, start, end)
        movements = get_movements(company, start, end)
        grants = self._get_grants([o for _, o, _, _ in movements])
        self.reasons = explain(
            Movement(
                debits, credits, grants.get(origin),
                leaver=(origin or '').startswith('fupin.leaver,'))
            for _, origin, debits, credits in movements)
        self.reasons['opening'] = -sum(
            (self.opening.get(c, ZERO) for c in [*UNDISTRIBUTED, *RESULT]),
            ZERO)
        self.surplus = evaluate(
            SURPLUS, get_result(company, start, end), reasons=self.reasons)

    @staticmethod
    def _get_grants(origins):
        "Return {origin: whether its special fund comes from the state}"
        Fund = Pool().get('fupin.fund')
        ids = [
            int(o.split(',')[1]) for o in origins
            if o and o.startswith('fupin.fund,')]
        return {
            str(f): not f.kind.endswith('donation')
            for f in Fund.browse(ids)}


@without_check_access
def compute_trial(company, fiscalyear, date=None):
    """Return {account: (opening, debit, credit, closing)} of the accounts of
    the company on which something is booked, opening and closing as debit -
    credit."""
    pool = Pool()
    line = pool.get('account.move.line').__table__()
    move = pool.get('account.move').__table__()
    journal = pool.get('account.journal').__table__()
    start, end = fiscalyear.start_date, date or fiscalyear.end_date
    opening = is_opening(move, journal, start)
    in_year = is_in_year(move, journal, start, end)
    cursor = Transaction().connection.cursor()
    cursor.execute(*line
        .join(move, condition=line.move == move.id)
        .join(journal, condition=move.journal == journal.id)
        .select(
            line.account,
            Sum(Case((opening, to_cents(line.debit - line.credit)), else_=0)),
            Sum(Case((in_year, to_cents(line.debit)), else_=0)),
            Sum(Case((in_year, to_cents(line.credit)), else_=0)),
            where=(move.company == company.id) & (move.state == 'posted')
            & (move.date <= end),
            group_by=line.account))
    result = {}
    for account, *amounts in cursor:
        before, debit, credit = map(to_amount, amounts)
        result[account] = before, debit, credit, before + debit - credit
    return result


class StatementContext(ModelView):
    __name__ = 'fupin.statement.context'
    __string__ = "Statement Context"

    company = fields.Many2One('company.company', "Company", required=True)
    fiscalyear = fields.Many2One(
        'account.fiscalyear', "Fiscal Year", required=True,
        domain=[
            ('company', '=', Eval('company', -1)),
            ])
    date = fields.Date(
        "Date",
        help="Leave empty for the end of the fiscal year.")

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_fiscalyear(cls):
        scope = get_scope()
        return scope.fiscalyear.id if scope else None

    @fields.depends('company', 'fiscalyear')
    def on_change_company(self):
        scope = get_scope(company=self.company) if self.company else None
        self.fiscalyear = scope.fiscalyear if scope else None


class StatementMixin(ModelSQL, ModelView):
    """The rows of a statement of the company and year of the context.

    The query has but the rows: the amounts are computed for all rows that
    are read at once."""
    __slots__ = ()

    company = fields.Many2One('company.company', "Company")
    sequence = fields.Integer("Sequence")
    currency = fields.Function(
        fields.Many2One('currency.currency', "Currency"), 'get_values')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('sequence', 'ASC'), ('id', 'ASC')]

    @classmethod
    def search_name(cls, name, clause):
        "Find the rows, a few dozen, whose item has the text"
        _, operator, value = clause
        negative = operator.startswith('!') or operator.startswith('not ')
        if operator.endswith('in'):
            def matches(item):
                return item in value
        elif operator.endswith('like'):
            def matches(item):
                return (value or '').strip('%').lower() in item.lower()
        else:
            def matches(item):
                return item == value
        found = [r.id for r in cls.search([]) if matches(r.name)]
        return [('id', 'not in' if negative else 'in', found)]

    @classmethod
    def _select(cls, rows):
        "Return the query of rows {column: value} without a table"
        def value(name, content):
            type_ = cls._fields[name].sql_type().base
            return Cast(Literal(content), type_).as_(name)
        return Union(*(
                Select([value(n, v) for n, v in row.items()])
                for row in rows), all_=True)


class StatementLine(StatementMixin):
    __name__ = 'fupin.statement.line'
    __string__ = "Statement Line"

    statement = fields.Selection([
            ('balance', "Balance Sheet"),
            ('surplus', "Surplus and Its Distribution"),
            ], "Statement")
    number = fields.Integer("Line")
    name = fields.Function(
        fields.Char("Item"), 'get_values', searcher='search_name')
    rule = fields.Function(fields.Char(
            "Rule",
            help="The accounts whose balance or turnover the line has, "
            "or the lines that it adds up."), 'get_values')
    total = fields.Function(fields.Boolean("Total"), 'get_values')
    current = fields.Function(Monetary(
            "Amount", currency='currency', digits='currency'), 'get_values')
    previous = fields.Function(Monetary(
            "Previous Amount", currency='currency', digits='currency',
            help="At the beginning of the year, or of the year before."),
        'get_values')

    @classmethod
    def table_query(cls):
        company = Transaction().context.get('company')
        rows = []
        for statement, lines in LINES.items():
            for line in lines:
                id_ = len(rows) + 1
                rows.append({
                        'id': id_,
                        'company': company,
                        'sequence': id_,
                        'statement': statement,
                        'number': line.number,
                        })
        return cls._select(rows)

    def get_rec_name(self, name):
        return f'{self.number} {self.name}'

    @classmethod
    def get_values(cls, lines, names):
        scope = get_scope()
        computed = scope and {'current', 'previous'} & set(names)
        statements = compute(*scope) if computed else None
        rules = {
            (statement, line.number): line
            for statement, lines_ in LINES.items() for line in lines_}
        result = {n: {} for n in names}
        for line in lines:
            rule = rules[line.statement, line.number]
            current, previous = (
                getattr(statements, line.statement)[line.number]
                if statements else (None, None))
            for name, value in [
                    ('name', rule.name),
                    ('rule', rule.rule),
                    ('total', rule.total),
                    ('current', current),
                    ('previous', previous),
                    ('currency', scope and scope.company.currency.id)]:
                if name in result:
                    result[name][line.id] = value
        return result

    def get_accounts(self):
        "Return the ids of the accounts that the line takes"
        rule, = [
            line for line in LINES[self.statement]
            if line.number == self.number]
        codes = rule.accounts
        if rule.members:
            codes = (*codes, MEMBERS)
        elif rule.reason:
            codes = UNDISTRIBUTED
        return get_accounts(self.company, *codes) if codes else []

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Eval('total', False), 'success', '')),
            ]


class StatementEquity(StatementMixin):
    __name__ = 'fupin.statement.equity'
    __string__ = "Changes of Members' Equity"

    key = fields.Char("Key")
    name = fields.Function(
        fields.Char("Item"), 'get_values', searcher='search_name')
    capital = fields.Function(Monetary(
            "Share Capital", currency='currency', digits='currency'),
        'get_values')
    fund = fields.Function(Monetary(
            "Special Fund", currency='currency', digits='currency'),
        'get_values')
    capital_reserve = fields.Function(Monetary(
            "Capital Reserve", currency='currency', digits='currency'),
        'get_values')
    surplus_reserve = fields.Function(Monetary(
            "Surplus Reserve", currency='currency', digits='currency'),
        'get_values')
    undistributed = fields.Function(Monetary(
            "Undistributed Surplus", currency='currency', digits='currency'),
        'get_values')
    total = fields.Function(Monetary(
            "Total", currency='currency', digits='currency'), 'get_values')

    @classmethod
    def table_query(cls):
        company = Transaction().context.get('company')
        return cls._select([{
                    'id': i,
                    'company': company,
                    'sequence': i,
                    'key': key,
                    } for i, (key, _) in enumerate(EQUITY_ROWS, 1)])

    def get_rec_name(self, name):
        return self.name

    @classmethod
    def get_values(cls, rows, names):
        scope = get_scope()
        computed = scope and {*EQUITY_COLUMNS, 'total'} & set(names)
        equity = compute(*scope).equity if computed else {}
        titles = dict(EQUITY_ROWS)
        result = {n: {} for n in names}
        for row in rows:
            amounts = equity.get(row.key, {})
            for name in names:
                if name == 'name':
                    value = titles[row.key]
                elif name == 'currency':
                    value = scope and scope.company.currency.id
                else:
                    value = amounts.get(name)
                result[name][row.id] = value
        return result

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('key').in_(
                        ['opening', 'increase', 'decrease', 'closing']),
                    'success', '')),
            ]


class TrialBalance(StatementMixin):
    __name__ = 'fupin.trial.balance'
    __string__ = "Trial Balance"

    code = fields.Char("Code")
    name = fields.Char("Account")
    opening_debit = fields.Function(Monetary(
            "Opening Debit", currency='currency', digits='currency'),
        'get_values')
    opening_credit = fields.Function(Monetary(
            "Opening Credit", currency='currency', digits='currency'),
        'get_values')
    debit = fields.Function(Monetary(
            "Debit", currency='currency', digits='currency'), 'get_values')
    credit = fields.Function(Monetary(
            "Credit", currency='currency', digits='currency'), 'get_values')
    closing_debit = fields.Function(Monetary(
            "Closing Debit", currency='currency', digits='currency'),
        'get_values')
    closing_credit = fields.Function(Monetary(
            "Closing Credit", currency='currency', digits='currency'),
        'get_values')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('code', 'ASC'), ('id', 'ASC')]

    @classmethod
    def table_query(cls):
        pool = Pool()
        account = pool.get('account.account').__table__()
        line = pool.get('account.move.line').__table__()
        company = Transaction().context.get('company')
        return account.select(
            account.id.as_('id'),
            account.company.as_('company'),
            account.id.as_('sequence'),
            account.code.as_('code'),
            account.name.as_('name'),
            where=(account.company == (-1 if company is None else company))
            & Exists(line.select(
                    line.id, where=line.account == account.id)))

    def get_rec_name(self, name):
        return f'{self.code} {self.name}'

    @classmethod
    def get_values(cls, rows, names):
        scope = get_scope()
        amounts = compute_trial(*scope) if scope else {}
        result = {n: {} for n in names}
        for row in rows:
            values = cls._get_columns(
                amounts.get(row.id, (ZERO, ZERO, ZERO, ZERO)))
            values['currency'] = scope and scope.company.currency.id
            for name in names:
                result[name][row.id] = values[name]
        return result

    @classmethod
    def _get_columns(cls, amounts):
        opening, debit, credit, closing = amounts
        return {
            'opening_debit': max(opening, ZERO),
            'opening_credit': max(-opening, ZERO),
            'debit': debit,
            'credit': credit,
            'closing_debit': max(closing, ZERO),
            'closing_credit': max(-closing, ZERO),
            }

    def get_accounts(self):
        return [self.id]


class OpenStatement(Wizard):
    "Open what was booked behind a line"
    __name__ = 'fupin.statement.open'

    start_state = 'open_'
    open_ = StateAction('account.act_move_line_form')

    def do_open_(self, action):
        scope = get_scope()
        domain = [
            ('account', 'in', self.record.get_accounts()),
            ('move.state', '=', 'posted'),
            ('date', '<=', scope.date),
            ]
        if not (self.model.__name__ == 'fupin.statement.line'
                and self.record.statement == 'balance'):
            domain.append(('date', '>=', scope.fiscalyear.start_date))
        action['pyson_domain'] = PYSONEncoder().encode(domain)
        action['name'] += f' ({self.record.rec_name})'
        # All of them, whatever the client proposes to search for
        action['pyson_search_value'] = PYSONEncoder().encode([])
        return action, {}
