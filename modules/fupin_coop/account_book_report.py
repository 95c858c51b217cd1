# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The general ledger, the detail ledger and the journals of cash and bank,
printed and as XLSX (总账、明细账、日记账)."""
from collections import defaultdict

from sql.aggregate import Sum
from sql.conditionals import Case, Coalesce
from sql.operators import Exists

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateReport, StateView, Wizard

from .account_book import Entry, keep_book
from .exact_sum import to_amount, to_cents
from .exceptions import AccountBookError
from .form import Form, Row
from .ledger import get_codes, is_in_year, is_opening
from .member import to_date
from .report import FormReport, FormWorkbook
from .statement import ZERO, get_scope
from .statement_report import check_books, get_date

BOOKS = {
    'general': "总账",
    'detail': "明细账",
    'journal': "日记账",
    }
ACCOUNT = "科目："
COLUMNS = [
    "日期", "凭证字号", "摘要", "借方金额", "贷方金额", "借或贷", "余额"]
JOURNAL_COLUMNS = [
    "日期", "凭证字号", "摘要", "对方科目", "借方金额", "贷方金额",
    "借或贷", "余额"]
# the accounts that have a journal of their own
CASH = ('101', '102')
# printed as one, its sub-accounts are but the two sides of it
MEMBERS = '114'
NOBODY = "（未列往来单位）"


class AccountBooks:
    """What is in the books of a scope: the lines by account and party.

    books is {key: {party: (opening, [Entry])}} with the first-level code as
    key in the general ledger, else the id of the account, or the code of
    114."""

    def __init__(self, scope, book, accounts=(), parties=()):
        self.scope = scope
        self.company, self.fiscalyear, self.date = scope
        self.book = book
        self.codes = get_codes(self.company)
        self.accounts = {
            a for a in self.codes if not accounts or a in accounts}
        if book == 'journal':
            self.accounts = {
                a for a in self.accounts if self.codes[a].startswith(CASH)}
        self.parties = set(parties)
        self.names = self._get_names()
        self.books = self._get_books() if self.accounts else {}

    @without_check_access
    def _get_names(self):
        Account = Pool().get('account.account')
        return {
            a.id: (a.code or '', a.name)
            for a in Account.browse(list(self.codes))}

    def get_key(self, account):
        code = self.codes[account]
        if self.book == 'general':
            return code[:3]
        return MEMBERS if code.startswith(MEMBERS) else account

    def get_name(self, key):
        "Return the code and the name of what has the key"
        if isinstance(key, int):
            return self.names[key]
        names = sorted(
            (id_, self.names[id_]) for id_, code in self.codes.items()
            if code == key)
        return names[0][1] if names else (key, key)

    def _query(self):
        pool = Pool()
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        journal = pool.get('account.journal').__table__()
        tables = (line
            .join(move, condition=line.move == move.id)
            .join(journal, condition=move.journal == journal.id))
        where = ((move.company == self.company.id)
            & (move.state == 'posted')
            & fields.SQL_OPERATORS['in'](
                line.account, sorted(self.accounts)))
        if self.parties:
            where &= fields.SQL_OPERATORS['in'](
                line.party, sorted(self.parties))
        return tables, line, move, journal, where

    def _get_books(self):
        tables, line, move, journal, where = self._query()
        start = self.fiscalyear.start_date
        cursor = Transaction().connection.cursor()
        books = defaultdict(lambda: defaultdict(lambda: [ZERO, []]))
        by_party = self.book == 'detail'
        cursor.execute(*tables.select(
                line.account, line.party,
                Sum(to_cents(line.debit - line.credit)),
                where=where & is_opening(move, journal, start),
                group_by=[line.account, line.party]))
        for account, party, cents in cursor:
            book = books[self.get_key(account)][party if by_party else None]
            book[0] += to_amount(cents)
        cursor.execute(*tables.select(
                line.account, line.party, move.id, move.date,
                Coalesce(move.number, ''),
                line.description, move.description, move.origin,
                to_cents(line.debit), to_cents(line.credit),
                where=where & is_in_year(move, journal, start, self.date),
                order_by=[move.date, move.id, line.id]))
        # numbers are text, 10 comes after 9
        rows = sorted(
            cursor, key=lambda r: (to_date(r[3]), len(r[4]), r[4], r[2]))
        origins = self._get_origins({r[7] for r in rows if not r[5]})
        others = {}
        if self.book == 'journal':
            others = self._get_others()
        for (account, party, move_id, date, number, description,
                move_description, origin, debit, credit) in rows:
            summary = (description or move_description
                or origins.get(origin, ''))
            debit, credit = to_amount(debit), to_amount(credit)
            book = books[self.get_key(account)][party if by_party else None]
            book[1].append(Entry(
                    to_date(date), debit, credit, number, summary,
                    others.get((move_id, debit > credit), '')))
        return books

    @without_check_access
    def _get_origins(self, origins):
        "Return {origin: what the document is called}"
        pool = Pool()
        IrModel = pool.get('ir.model')
        ids = defaultdict(list)
        for origin in filter(None, origins):
            model, _, id_ = origin.partition(',')
            if model and id_.isdigit():
                ids[model].append(int(id_))
        names = {}
        for model, model_ids in ids.items():
            label = IrModel.get_name(model)
            for sub_ids in grouped_slice(model_ids, 1000):
                for record in pool.get(model).browse(list(sub_ids)):
                    names[f'{model},{record.id}'] = (
                        f'{label} {record.rec_name}')
        return names

    def _get_others(self):
        """Return {(move, whether cash is in debit): the accounts on the
        other side}"""
        pool = Pool()
        journal = pool.get('account.journal').__table__()
        move = pool.get('account.move').__table__()
        other = pool.get('account.move.line').__table__()
        cash = pool.get('account.move.line').__table__()
        where = ((move.company == self.company.id)
            & (move.state == 'posted')
            & is_in_year(move, journal, self.fiscalyear.start_date, self.date)
            & Exists(cash.select(
                    cash.id,
                    where=(cash.move == move.id)
                    & fields.SQL_OPERATORS['in'](
                        cash.account, sorted(self.accounts)))))
        in_credit = Case(
            (other.debit < other.credit, 1), else_=0).as_('in_credit')
        cursor = Transaction().connection.cursor()
        cursor.execute(*move
            .join(journal, condition=move.journal == journal.id)
            .join(other, condition=other.move == move.id)
            .select(
                move.id, in_credit, other.account,
                where=where,
                group_by=[move.id, in_credit, other.account]))
        others = defaultdict(set)
        for move_id, is_in_credit, account in cursor:
            others[move_id, bool(is_in_credit)].add(
                ' '.join(self.get_name(self._other_key(account))))
        return {key: '、'.join(sorted(names)) for key, names in others.items()}

    def _other_key(self, account):
        code = self.codes.get(account, '')
        return MEMBERS if code.startswith(MEMBERS) else account

    # What is printed

    def get_forms(self):
        keys = sorted(self.books, key=self.get_name)
        names = self._get_party_names()
        return [self._get_form(key, names) for key in keys]

    @without_check_access
    def _get_party_names(self):
        Party = Pool().get('party.party')
        ids = {p for parties in self.books.values() for p in parties if p}
        return {p.id: p.rec_name for p in Party.browse(sorted(ids))}

    def _get_form(self, key, names):
        code, name = self.get_name(key)
        parties = self.books[key]
        rows = []
        if set(parties) == {None}:
            rows += self._get_rows(*parties[None])
        else:
            # each party has a book of its own in that of the account
            for party in sorted(
                    parties, key=lambda p: (p is None, names.get(p), p or 0)):
                heading = names.get(party, NOBODY)
                rows.append(Row(
                        [None, None, heading, *[None] * 4], 'heading'))
                rows += self._get_rows(*parties[party])
        title = BOOKS[self.book]
        if self.book == 'journal':
            title = name + title
        return Form(
            title, self.company.party.name, get_date(self.scope),
            JOURNAL_COLUMNS if self.book == 'journal' else COLUMNS,
            rows, wide=self.book == 'journal',
            subject=f'{ACCOUNT}{code} {name}', sheet=f'{code} {name}')

    def _get_rows(self, opening, entries):
        for row in keep_book(opening, entries, self.book != 'general'):
            cells = [row.date, row.number, row.summary]
            if self.book == 'journal':
                cells.append(row.other)
            yield Row(
                [*cells, row.debit, row.credit, row.side, row.amount],
                '' if row.kind == 'entry' else 'total')


class PrintAccountBook(Wizard):
    "Print the books of the accounts"
    __name__ = 'fupin.account.book.print'

    start = StateView(
        'fupin.account.book.print.start',
        'fupin_coop.account_book_print_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Excel", 'workbook', 'tryton-export'),
            Button("Print", 'print_', 'tryton-print', default=True),
            ])
    print_ = StateReport('fupin.account.book')
    workbook = StateReport('fupin.account.book.workbook')

    def _data(self):
        return {
            'company': self.start.company.id,
            'fiscalyear': self.start.fiscalyear.id,
            'date': self.start.date,
            'book': self.start.book,
            'accounts': [a.id for a in self.start.accounts],
            'parties': [p.id for p in self.start.parties],
            }

    def do_print_(self, action):
        return action, self._data()

    def do_workbook(self, action):
        return action, self._data()


class PrintAccountBookStart(ModelView):
    __name__ = 'fupin.account.book.print.start'
    __string__ = "Print Account Books"

    company = fields.Many2One(
        'company.company', "Company", required=True,
        domain=[
            ('id', 'in', Eval('context', {}).get('companies', [])),
            ])
    fiscalyear = fields.Many2One(
        'account.fiscalyear', "Fiscal Year", required=True,
        domain=[
            ('company', '=', Eval('company', -1)),
            ])
    date = fields.Date(
        "Date", help="Leave empty for the end of the fiscal year.")
    book = fields.Selection([
            ('general', "General Ledger"),
            ('detail', "Detail Ledger"),
            ('journal', "Cash and Bank Journals"),
            ], "Book", required=True, sort=False)
    accounts = fields.Many2Many(
        'account.account', None, None, "Accounts",
        domain=[
            ('company', '=', Eval('company', -1)),
            ('type', '!=', None),
            ],
        help="Leave empty for all of them.")
    parties = fields.Many2Many(
        'party.party', None, None, "Parties",
        states={
            'invisible': Eval('book') != 'detail',
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="Leave empty for all of them.")

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_fiscalyear(cls):
        scope = get_scope()
        return scope.fiscalyear.id if scope else None

    @classmethod
    def default_book(cls):
        return 'general'

    @fields.depends('company', 'fiscalyear')
    def on_change_company(self):
        scope = get_scope(company=self.company) if self.company else None
        self.fiscalyear = scope.fiscalyear if scope else None


class AccountBookMixin:
    __slots__ = ()

    @classmethod
    def _get_scope(cls, data):
        scope = get_scope(
            data.get('company'), data.get('fiscalyear'), data.get('date'))
        if scope:
            check_books(scope.company)
        return scope

    @classmethod
    def get_name(cls, ids, data):
        scope = cls._get_scope(data)
        return ' '.join([
                BOOKS[data['book']], scope.company.party.name,
                get_date(scope)])

    @classmethod
    def get_forms(cls, records, data):
        scope = cls._get_scope(data)
        forms = []
        if scope:
            parties = data.get('parties', ())
            forms = AccountBooks(
                scope, data['book'], set(data.get('accounts', ())),
                parties if data['book'] == 'detail' else ()).get_forms()
        if not forms:
            raise AccountBookError(
                gettext('fupin_coop.msg_account_book_empty'))
        return forms


class AccountBookReport(AccountBookMixin, FormReport):
    __name__ = 'fupin.account.book'


class AccountBookWorkbook(AccountBookMixin, FormWorkbook):
    __name__ = 'fupin.account.book.workbook'
