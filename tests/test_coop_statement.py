# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The statements of a cooperative: on screen, printed and as XLSX."""
import datetime as dt
import io
import re
import shutil
import subprocess
from decimal import Decimal as D

import pytest
from cooperative import (  # noqa: F401
    acting, again, alone, area, company, cooperatives, members, new_user,
    other)
from openpyxl import load_workbook
from test_coop_closing import (
    END, book, get_fiscalyear, new_closing, transfer)

from trytond.model.exceptions import AccessError
from trytond.modules.fupin_household.slip import load_weasyprint
from trytond.modules.fupin_coop.statement import compute, get_scope
from trytond.modules.fupin_coop.statement_line import (
    BALANCE_SHEET, EQUITY_PARTS, EQUITY_ROWS, SURPLUS)
from trytond.modules.fupin_coop.statement_report import get_forms
from trytond.pool import Pool
from trytond.pyson import PYSONDecoder
from trytond.transaction import Transaction

MODULES = ['fupin_coop']
START = dt.date(2025, 1, 1)
MAY = dt.date(2026, 5, 31)

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def untied(monkeypatch):
    """The moves here are booked by hand, without the documents and member
    accounts that the closing asks for"""
    Reconciliation = Pool().get('fupin.reconciliation')
    monkeypatch.setattr(
        Reconciliation, 'check', classmethod(lambda cls, *args, **kw: []))


@pytest.fixture
def books(company, members, untied):  # noqa: F811
    """Two years: taken over on 1 January 2025, a surplus of 340.00 closed and
    distributed, then a loss of 25.00 until May 2026."""
    first, second = members[:2]
    first, second = first.get_party() if hasattr(
        first, 'get_party') else first.party, second.party
    situation = Pool().get('account.journal').search(
        [('type', '=', 'situation')], limit=1)[0]
    book(company, [
            ('102', 5000, None), ('151', 2000, None), ('152', -500, None),
            ('301', -4000, first), ('301', -1000, second),
            ('322', -900, None), ('33202', -600, None)],
        date=START, journal=situation)
    book(company, {'113': 1000, '501': -1000})
    book(company, {'102': '60.05', '502': -50, '511': '-10.05'})
    book(company, {'521': 700, '523': 20, '524': '0.05', '102': '-720.05'})
    # one member owes, the other is owed
    book(company, [('11401', 30, first), ('121', -30, None)])
    book(company, [('121', 100, None), ('11402', -100, second)])
    book(company, {'102': 800, '235': -800})
    book(company, {'151': 800, '102': -800})
    book(company, {'235': 800, '311': -800})
    closing = transfer(new_closing(company))
    book(company, [
            ('33201', 34, None), ('322', -34, None),
            ('33201', 120, None), ('221', -120, first),
            ('33201', 66, None), ('221', -66, second),
            ('33201', 100, None), ('222', -100, first),
            ('33201', 10, None), ('301', -10, second),
            ('33202', 330, None), ('33201', -330, None),
            ], date=END, period=closing.period,
        journal=closing.transfer_move.journal)
    book(company, {'523': 25, '101': -25}, date=dt.date(2026, 5, 6))
    return company


def run(company, year='2025', date=None):  # noqa: F811
    return compute(company, get_fiscalyear(company, year), date)


def amounts(lines, index=0):
    return {n: a[index] for n, a in lines.items() if a[index]}


def test_balance_sheet(books):
    statements = run(books)
    # what was taken over on the first day is the beginning of the year
    assert amounts(statements.balance, 1) == {
        1: 5000, 5: 5000, 10: 2000, 11: 500, 12: 1500, 15: 1500, 21: 1500,
        22: 6500, 36: 5000, 39: 900, 40: 600, 41: 6500, 42: 6500}
    assert amounts(statements.balance) == {
        1: 4340, 2: 1030, 3: 70, 5: 5440, 10: 2800, 11: 500, 12: 2300,
        15: 2300, 21: 2300, 22: 7740, 24: 100, 29: 186, 30: 100, 31: 386,
        35: 386, 36: 5010, 37: 800, 39: 934, 40: 610, 41: 7354, 42: 7740}
    assert statements.pending == 0


def test_surplus(books):
    statements = run(books)
    assert amounts(statements.surplus) == {
        1: 1000, 2: D('10.05'), 3: 700, 5: 20, 6: D('0.05'), 7: 290, 8: 50,
        10: 340, 12: 340, 13: 600, 15: 34, 16: 906, 17: 186, 18: 100, 19: 10,
        20: 610}
    assert not amounts(statements.surplus, 1)


def test_equity(books):
    equity = run(books).equity
    assert equity['opening'] == {
        'capital': 5000, 'fund': 0, 'capital_reserve': 0,
        'surplus_reserve': 900, 'undistributed': 600, 'total': 6500}
    assert equity['closing'] == {
        'capital': 5010, 'fund': 800, 'capital_reserve': 0,
        'surplus_reserve': 934, 'undistributed': 610, 'total': 7354}
    found = {
        key: row['total'] for key, row in equity.items() if row['total']}
    assert found == {
        'opening': 6500, 'increase': 10 + 800 + 34 + 340,
        'capital_contributed': 10, 'fund_grant': 800,
        'surplus_reserve_set_aside': 34, 'undistributed_surplus': 340,
        'decrease': 330, 'undistributed_reserve': 34,
        'undistributed_refund': 186, 'undistributed_remainder': 100,
        'undistributed_converted': 10, 'closing': 7354}


def test_next_year(books):
    "Last year's column, and a date within a year not closed"
    statements = run(books, '2026', MAY)
    last = run(books)
    assert {n: b for n, (_, b) in statements.balance.items()} == {
        n: a for n, (a, _) in last.balance.items()}
    assert {n: b for n, (_, b) in statements.surplus.items()} == {
        n: a for n, (a, _) in last.surplus.items()}
    assert amounts(statements.surplus) == {
        5: 25, 7: -25, 10: -25, 12: -25, 13: 610, 16: 585, 20: 585}
    assert statements.balance[40][0] == 585
    assert statements.balance[22][0] == statements.balance[42][0] == 7715
    assert run(books, '2026', dt.date(2026, 5, 5)).surplus[12][0] == 0


def test_closing_undone(books):
    "The statements are the same before, after and without the closing"
    pool = Pool()
    Closing = pool.get('fupin.closing')
    before = run(books)
    closing, = Closing.search([])
    Closing.undo([closing])
    undone = run(books)
    assert undone.surplus == before.surplus
    assert undone.balance == before.balance
    assert undone.equity == before.equity
    transfer(again(closing))
    assert run(books) == before


def test_draft_moves_do_not_count(books):
    before = run(books)
    book(books, {'113': 1, '501': -1}, post=False)
    assert run(books) == before


def test_other_company(books, other):  # noqa: F811
    assert not amounts(run(other).balance)


def test_pending(books):
    book(books, {'18101': '2.00', '121': '-2.00'})
    assert run(books).pending == D('2.00')


def test_added_account(books):
    """A first-level account that the cooperative has added stands where its
    type belongs, a sub-account where the one above does"""
    pool = Pool()
    Account = pool.get('account.account')
    Configuration = pool.get('account.configuration')
    Move = pool.get('account.move')
    bank = Configuration.get_chart_account('102', books)
    added, sub = Account.create([{
                'name': "其他货币资金", 'code': '109',
                'type': bank.type.id, 'company': books.id,
                'parent': bank.parent.id,
                }, {
                'name': "农商行", 'code': '10201', 'type': bank.type.id,
                'company': books.id, 'parent': bank.id,
                }])
    cash = run(books).balance[1][0]
    for account in [added, sub]:
        move = book(books, {'102': 7, '502': -7}, post=False)
        line, = [line for line in move.lines if line.account == bank]
        line.account = account
        line.save()
        Move.post([move])
    assert run(books).balance[1][0] == cash + 14


def context(company, year='2025', **values):  # noqa: F811
    return Transaction().set_context(
        company=company.id, fiscalyear=get_fiscalyear(company, year).id,
        **values)


def test_screen(books):
    "The lists show the figures, to who may see the books"
    pool = Pool()
    Line = pool.get('fupin.statement.line')
    Equity = pool.get('fupin.statement.equity')
    Trial = pool.get('fupin.trial.balance')
    statements = run(books)
    for group in ['fupin_coop.group_cooperative',
            'fupin_household.group_auditor', 'fupin_household.group_county']:
        with acting(new_user(books, group)), context(books):
            lines = Line.search([('statement', '=', 'balance')])
            assert [
                (n, x.current, x.previous) for n, x in enumerate(lines, 1)
                ] == [
                (n, *statements.balance[n]) for n in range(1, 43)]
            assert [x.name for x in lines] == [x.name for x in BALANCE_SHEET]
            lines = Line.search([('statement', '=', 'surplus')])
            assert [(x.number, x.current) for x in lines] == [
                (n, statements.surplus[n][0]) for n in range(1, 21)]
            rows = Equity.search([])
            assert [r.name for r in rows] == [n for _, n in EQUITY_ROWS]
            for row in rows:
                for column in ['capital', 'undistributed', 'total']:
                    assert getattr(row, column) == statements.equity[
                        row.key].get(column)
            trial = Trial.search([])
            for debit, credit in [
                    ('opening_debit', 'opening_credit'),
                    ('debit', 'credit'),
                    ('closing_debit', 'closing_credit')]:
                assert sum(getattr(t, debit) for t in trial) == sum(
                    getattr(t, credit) for t in trial) > 0
            bank, = [t for t in trial if t.code == '102']
            assert (bank.opening_debit, bank.debit, bank.credit,
                bank.closing_debit) == (
                    5000, D('860.05'), D('1520.05'), 4340)
            assert lines[0].rule == '501' and lines[6].rule == '1+2-3-4-5-6'


def test_foreign_company(books, other):  # noqa: F811
    "Nobody reads or prints the books of another cooperative"
    pool = Pool()
    Line = pool.get('fupin.statement.line')
    Trial = pool.get('fupin.trial.balance')
    year = get_fiscalyear(books).id
    with acting(new_user(other, 'fupin_coop.group_cooperative')), \
            Transaction().set_context(company=books.id, fiscalyear=year):
        assert Line.search([]) == Trial.search([]) == []
        with pytest.raises(AccessError):
            Line.read([1], ['current'])
        for name in ['fupin.statement', 'fupin.statement.workbook',
                'fupin.trial.balance', 'fupin.trial.balance.workbook']:
            Report = pool.get(name, type='report')
            with pytest.raises(AccessError):
                Report.execute([], {})


def test_open(books):
    "A line opens what was booked behind it"
    pool = Pool()
    Line = pool.get('fupin.statement.line')
    MoveLine = pool.get('account.move.line')
    Open = pool.get('fupin.statement.open', type='wizard')
    user = new_user(
        books, 'fupin_coop.group_cooperative', 'account.group_account')
    with acting(user), context(books):
        for statement, number, balance in [
                ('balance', 1, 4340), ('balance', 2, 1030 - 100),
                ('surplus', 5, 20)]:
            line, = Line.search([
                    ('statement', '=', statement), ('number', '=', number)])
            session_id, _, _ = Open.create()
            with Transaction().set_context(
                    active_model=Line.__name__, active_id=line.id,
                    active_ids=[line.id]):
                result = Open.execute(session_id, {}, 'open_')
            (action, _), = result['actions']
            found = MoveLine.search(PYSONDecoder().decode(
                    action['pyson_domain']))
            if statement == 'surplus':
                # also its transfer at the end of the year
                found = [x for x in found if x.date != END]
            assert sum(x.debit - x.credit for x in found) == balance


def execute(name, company, ids=(), model=None, **values):  # noqa: F811
    Report = Pool().get(name, type='report')
    with acting(new_user(company, 'fupin_coop.group_cooperative')), \
            context(company, **values):
        return Report.execute(list(ids), {'model': model} if model else {})


def text(content):
    content = re.sub(r'(?s)<style.*?</style>', '', content)
    return ' '.join(re.sub(r'<[^>]*>', ' ', content).split())


def test_html(books, monkeypatch):
    monkeypatch.setattr(
        'trytond.modules.fupin_household.slip.load_weasyprint', lambda: None)
    extension, content, _, name = execute('fupin.statement', books)
    assert extension == 'html'
    words = text(content)
    for word in [
            "资产负债表", "会农社01表", "盈余及盈余分配表", "会农社02表",
            "成员权益变动表", "会农社03表", "2025年12月31日", "2025年度",
            books.party.name, "单位：元", "7,740.00", "7,354.00",
            *(line.name for line in BALANCE_SHEET + SURPLUS),
            "年初余额", "本年增加数", "本年减少数", "年末余额",
            *(name for columns in EQUITY_PARTS.values()
                for parts in columns.values() for _, name in parts)]:
        assert word in words
    assert books.party.name in name and "2025年" in name


@pytest.mark.skipif(not load_weasyprint(), reason="weasyprint does not work")
@pytest.mark.skipif(not shutil.which('pdftotext'), reason="no pdftotext")
def test_pdf(books):
    extension, content, _, _ = execute('fupin.statement', books)
    assert extension == 'pdf' and content.startswith(b'%PDF')
    pages = subprocess.run(
        ['pdftotext', '-layout', '-', '-'], input=content,
        capture_output=True, check=True).stdout.decode().split('\f')
    assert len([p for p in pages if p.strip()]) == 3
    for page, title in zip(pages, [
                "资产负债表", "盈余及盈余分配表", "成员权益变动表"]):
        assert title in page


def test_workbook(books):
    "The file has the numbers of the screen, as numbers"
    extension, content, _, _ = execute('fupin.statement.workbook', books)
    assert extension == 'xlsx'
    workbook = load_workbook(io.BytesIO(content))
    with context(books):
        forms = get_forms(get_scope())
    assert workbook.sheetnames == [f.title for f in forms]
    for form in forms:
        sheet = workbook[form.title]
        assert [c.value for c in sheet[4]] == form.columns
        for number, row in enumerate(form.rows, 5):
            for cell, value in zip(sheet[number], row.cells):
                if isinstance(value, D):
                    assert cell.data_type == 'n'
                    assert D(str(cell.value)) == value
                else:
                    assert (cell.value or None) == (value or None)


def test_of_closing(books):
    "A closing prints the statements of its year"
    Closing = Pool().get('fupin.closing')
    closing, = Closing.search([])
    _, content, _, name = execute(
        'fupin.statement.workbook', books, [closing.id], 'fupin.closing',
        year='2026')
    sheet = load_workbook(io.BytesIO(content))["资产负债表"]
    assert sheet['A2'].value == "2025年12月31日"
    assert "2025年" in name
