# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The ledgers and journals: on screen, printed and as XLSX."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (  # noqa: F401
    acting, alone, area, company, cooperatives, members, new_user, other)
from office import needs_libreoffice, needs_pdf, read_pages, read_sheets
from test_coop_closing import END, book, get_account, get_fiscalyear
from test_coop_statement import books, context, untied  # noqa: F401

from trytond.model.exceptions import AccessError
from trytond.modules.fupin_coop.account_book_report import AccountBooks
from trytond.modules.fupin_coop.exceptions import AccountBookError
from trytond.modules.fupin_coop.form import to_text
from trytond.modules.fupin_coop.statement import compute_trial, get_scope
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def user(company):  # noqa: F811
    return new_user(
        company, 'fupin_coop.group_cooperative', 'account.group_account')


def forms(company, book, year='2025', **values):  # noqa: F811
    scope = get_scope(company, get_fiscalyear(company, year))
    return {
        f.sheet: f for f in AccountBooks(scope, book, **values).get_forms()}


def rows(form):
    "Return what the rows show, without the dates of the sums"
    return [
        [to_text(c) for c in (r.cells if not r.style else r.cells[2:])]
        for r in form.rows]


def sums(debit, credit, side, balance):
    return [["本月合计", debit, credit, side, balance],
        ["本年累计", debit, credit, side, balance]]


def test_general_ledger(books):  # noqa: F811
    "A book for each first-level account, by month"
    ledger = forms(books, 'general')
    bank = ledger["102 银行存款"]
    assert (bank.title, bank.date) == ("总账", "2025年度")
    assert bank.subject == "科目：102 银行存款"
    assert rows(bank) == [
        ["上年结转", '', '', '借', '5,000.00'],
        *sums('860.05', '1,520.05', '借', '4,340.00'),
        ["期末余额", '', '', '借', '4,340.00']]
    # 33201 and 33202 in one, transferred and distributed in December
    surplus = ledger["332 盈余分配"]
    assert rows(surplus) == [
        ["上年结转", '', '', '贷', '600.00'],
        *sums('660.00', '670.00', '贷', '610.00'),
        ["期末余额", '', '', '贷', '610.00']]
    # both sides of 114 in one
    assert rows(ledger["114 成员往来"])[-1] == [
        "期末余额", '', '', '贷', '70.00']
    assert rows(ledger["501 经营收入"])[1:] == [
        ["本月合计", '0.00', '1,000.00', '贷', '1,000.00'],
        ["本年累计", '0.00', '1,000.00', '贷', '1,000.00'],
        ["本月合计", '1,000.00', '0.00', '平', '0.00'],
        ["本年累计", '1,000.00', '1,000.00', '平', '0.00'],
        ["期末余额", '', '', '平', '0.00']]


def test_general_ledger_is_the_trial_balance(books):  # noqa: F811
    for year in ['2025', '2026']:
        scope = get_scope(books, get_fiscalyear(books, year))
        trial = compute_trial(*scope)
        ledgers = AccountBooks(scope, 'general')
        found = {}
        for account, amounts in trial.items():
            key = ledgers.get_key(account)
            before = found.setdefault(key, [D(0)] * 4)
            found[key] = [a + b for a, b in zip(before, amounts)]
        assert found.keys() == ledgers.books.keys()
        for key, parties in ledgers.books.items():
            (opening, entries), = parties.values()
            debit = sum(e.debit for e in entries)
            credit = sum(e.credit for e in entries)
            assert [opening, debit, credit, opening + debit - credit] == (
                found[key])


def test_detail_ledger(books, members):  # noqa: F811
    "Each party has a book of its own in that of the account"
    first, second = (m.party for m in members[:2])
    ledger = forms(books, 'detail')
    dealings = ledger["114 成员往来"]
    shown = rows(dealings)
    assert [r for r in shown if len(r) == 5 and not any(r[1:])] == [
        [name, '', '', '', ''] for name in sorted(
            [first.rec_name, second.rec_name])]
    headings = [r.cells[2] for r in dealings.rows if r.style == 'heading']
    by_party = {}
    for row in dealings.rows:
        if row.style == 'heading':
            lines = by_party.setdefault(row.cells[2], [])
        else:
            lines.append(row)
    assert set(headings) == {first.rec_name, second.rec_name}
    entries = [
        r for r in by_party[first.rec_name] if not r.style]
    assert [(r.cells[0], *map(to_text, r.cells[3:])) for r in entries] == [
        (dt.date(2025, 6, 30), '30.00', '0.00', '借', '30.00')]
    entries = [
        r for r in by_party[second.rec_name] if not r.style]
    assert [tuple(map(to_text, r.cells[3:])) for r in entries] == [
        ('0.00', '100.00', '贷', '100.00')]
    assert ledger["221 应付盈余返还"].rows[-1].cells[-1] in {
        D(120), D(66)}
    # what has no party is one book
    assert rows(ledger["151 固定资产"])[0] == [
        "上年结转", '', '', '借', '2,000.00']
    chosen = forms(
        books, 'detail', parties=[first.id],
        accounts={get_account(books, '221').id})
    form, = chosen.values()
    assert [r.cells[2] for r in form.rows if r.style == 'heading'] == [
        first.rec_name]


def test_journal(books):  # noqa: F811
    "Cash and bank line by line, with the accounts on the other side"
    book(books, [('101', 90, None), ('102', -90, None)],
        date=dt.date(2025, 7, 1), description="提现")
    journals = forms(books, 'journal')
    assert list(journals) == ["101 库存现金", "102 银行存款"]
    cash = journals["101 库存现金"]
    assert cash.title == "库存现金日记账"
    line, = [r for r in cash.rows if not r.style]
    assert line.cells[0] == dt.date(2025, 7, 1)
    assert line.cells[2:] == [
        "提现", "102 银行存款", D(90), D(0), '借', D(90)]
    bank = [r for r in journals["102 银行存款"].rows if not r.style]
    assert bank[0].cells[3:] == [
        "502 其他收入、511 投资收益", D('60.05'), D(0), '借', D('5060.05')]
    assert bank[1].cells[3:] == [
        "521 经营支出、523 管理费用、524 财务费用", D(0), D('720.05'),
        '借', D('4340.00')]
    # each number once, in their order
    numbers = [r.cells[1] for r in bank]
    assert all(numbers)
    assert numbers == sorted(set(numbers))
    # next year begins with it
    later = forms(books, 'journal', year='2026')
    assert rows(later["101 库存现金"])[0] == [
        "上年结转", '', '', '', '借', '90.00']
    assert later["101 库存现金"].rows[-1].cells[-1] == D(65)


def test_draft_and_later_moves_do_not_count(books):  # noqa: F811
    before = forms(books, 'detail')
    book(books, {'113': 1, '501': -1}, post=False)
    book(books, {'113': 1, '501': -1}, date=dt.date(2026, 5, 6))
    assert forms(books, 'detail') == before


def run_wizard(user, state, **values):
    pool = Pool()
    Print = pool.get('fupin.account.book.print', type='wizard')
    with acting(user):
        session_id, start, _ = Print.create()
        result = Print.execute(session_id, {'start': values}, state)
        (action, data), = result['actions']
        Report = pool.get(action['report_name'], type='report')
        return Report.execute([], {**data, 'action_id': action['id']})


def values(company, book, year='2025'):  # noqa: F811
    return {
        'company': company.id,
        'fiscalyear': get_fiscalyear(company, year).id,
        'date': None, 'book': book, 'accounts': [], 'parties': [],
        }


@needs_libreoffice
@pytest.mark.parametrize('name', ['general', 'detail', 'journal'])
def test_workbook(books, user, tmp_path, name):  # noqa: F811
    "LibreOffice shows what the books have, line by line"
    extension, content, _, title = run_wizard(
        user, 'workbook', **values(books, name))
    assert extension == 'xlsx' and books.party.name in title
    sheets = read_sheets(content, tmp_path)
    expected = forms(books, name)
    assert sheets.keys() == expected.keys()
    for sheet, form in expected.items():
        shown = sheets[sheet]
        assert shown[0][0] == form.title
        assert form.subject in shown[2][0]
        assert shown[3] == form.columns
        assert shown[4:] == [
            [to_text(c) for c in r.cells] for r in form.rows]


@needs_pdf
def test_pdf(books, user):  # noqa: F811
    extension, content, _, _ = run_wizard(
        user, 'print_', **values(books, 'journal'))
    assert extension == 'pdf'
    page, = read_pages(content)
    assert any("银行存款日记账" in line for line in page)
    for words in [
            "上年结转 借 5,000.00",
            "502 其他收入、511 投资收益 60.05 0.00 借 5,060.05",
            "本月合计 860.05 1,520.05 借 4,340.00", "期末余额 借 4,340.00"]:
        assert any(words in line for line in page), words


def test_foreign_company(books, other):  # noqa: F811
    Report = Pool().get('fupin.account.book', type='report')
    stranger = new_user(other, 'fupin_coop.group_cooperative')
    data = values(books, 'general')
    with acting(stranger), pytest.raises(AccessError):
        Report.execute([], data)


def test_nothing_booked(other):  # noqa: F811
    Report = Pool().get('fupin.account.book.workbook', type='report')
    user = new_user(other, 'fupin_coop.group_cooperative')
    data = values(other, 'general')
    with acting(user), pytest.raises(AccountBookError):
        Report.execute([], data)


def test_screen(books, user):  # noqa: F811
    "The lists of Tryton open for the manager, with the side of the balance"
    pool = Pool()
    Account = pool.get('account.general_ledger.account')
    Party = pool.get('account.general_ledger.account.party')
    Line = pool.get('account.general_ledger.line')
    year = get_fiscalyear(books)
    journals = [('account.account.code', 'like', '102%')]
    with acting(user), Transaction().set_context(
            company=books.id, fiscalyear=year.id, posted=True):
        bank, = Account.search([('account.code', '=', '102')])
        assert bank.end_balance == 4340
        assert Party.search([('account.code', '=', '221')])
        lines = Line.search(journals, order=[('date', 'ASC'), ('id', 'ASC')])
        assert [(x.side, x.balance) for x in lines][-1] == ('debit', 4340)
        repaid, = Line.search([
                ('account.account.code', '=', '501'), ('date', '=', END)])
        assert repaid.side == 'level'
        owed = Line.search([('account.account.code', '=', '222')])
        assert [x.side for x in owed] == ['credit']
        for Model in [Account, Party, Line]:
            view = Model.fields_view_get(view_type='tree')
            Model.read(
                [r.id for r in Model.search([], limit=3)],
                list(view['fields']))
