# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The files of the statements show what the screen shows, line by line."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (  # noqa: F401
    acting, alone, area, company, cooperatives, members, new_user)
from equity import new_fund, new_party, pay_in, quantify
from office import (
    needs_libreoffice, needs_pdf, read_pages, read_sheets, workbook_pages)
from test_coop_closing import END, book
from test_coop_statement import books, context, untied  # noqa: F401

from trytond.modules.fupin_coop.statement_line import (
    EQUITY_COLUMNS, EQUITY_PARTS, TITLES)
from trytond.pool import Pool

MODULES = ['fupin_coop']
YEARS = ['2025', '2026']

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


def show(amount):
    return '' if amount is None else f'{amount:,.2f}'


@pytest.fixture
def user(company):  # noqa: F811
    return new_user(company, 'fupin_coop.group_cooperative')


def execute(name, company, user, year):  # noqa: F811
    Report = Pool().get(name, type='report')
    with acting(user), context(company, year):
        _, content, _, _ = Report.execute([], {})
    return content


def screen(model, company, user, year, domain=()):  # noqa: F811
    with acting(user), context(company, year):
        return Pool().get(model).search(list(domain))


def statement_lines(company, user, year):  # noqa: F811
    "Return {statement: [[item, line, amount, amount before]]} as shown"
    lines = {}
    for line in screen('fupin.statement.line', company, user, year):
        lines.setdefault(line.statement, []).append([
                line.name, str(line.number), show(line.current),
                show(line.previous)])
    return lines


def equity_cells(company, user, year):  # noqa: F811
    "Return what the matrix has to show: {(row, column): amount}"
    rows = {
        r.key: r for r in screen(
            'fupin.statement.equity', company, user, year)}
    cells = {}
    for key in ['opening', 'increase', 'decrease', 'closing']:
        for column in [*EQUITY_COLUMNS, 'total']:
            cells[key, column] = show(getattr(rows[key], column))
    for columns in EQUITY_PARTS.values():
        for column, parts in columns.items():
            for part, _ in parts:
                cells[part, column] = show(getattr(rows[part], column))
    # none of the screen is left out
    assert {k for k, _ in cells} == rows.keys()
    return cells


def read_matrix(rows):
    "Return the same of the rows that are printed"
    names = {
        (side, column, name): key
        for side, columns in EQUITY_PARTS.items()
        for column, parts in columns.items() for key, name in parts}
    titles = {
        "年初余额": 'opening', "本年增加数": 'increase',
        "本年减少数": 'decrease', "年末余额": 'closing'}
    cells, side, labels = {}, None, None
    for row in rows:
        if row[0] in titles:
            side = titles[row[0]]
            for column, cell in zip([*EQUITY_COLUMNS, 'total'], row[1:]):
                cells[side, column] = cell
        elif labels is None:
            labels = row[1:]
        else:
            for column, name, cell in zip(EQUITY_COLUMNS, labels, row[1:]):
                if name:
                    cells[names[side, column, name], column] = cell
                else:
                    assert not cell
            labels = None
    return cells


def trial_rows(company, user, year):  # noqa: F811
    columns = [
        'opening_debit', 'opening_credit', 'debit', 'credit',
        'closing_debit', 'closing_credit']
    rows = screen('fupin.trial.balance', company, user, year)
    # what has but zeros in the year is not printed
    return [
        [r.code, r.name, *(show(getattr(r, c)) for c in columns)]
        for r in rows if any(getattr(r, c) for c in columns)] + [
        ['', "合计", *(
                show(sum(getattr(r, c) for r in rows)) for c in columns)]]


@needs_libreoffice
@pytest.mark.parametrize('year', YEARS)
def test_statement_workbook(books, user, year, tmp_path):  # noqa: F811
    sheets = read_sheets(
        execute('fupin.statement.workbook', books, user, year), tmp_path)
    lines = statement_lines(books, user, year)
    for name in ['balance', 'surplus', 'equity']:
        title, code = TITLES[name]
        head = sheets[title]
        assert head[0][0] == title
        assert head[1][0].startswith(f'{year}年') and head[1][-1] == code
        assert head[2][0] == "编制单位：" + books.party.name
        assert head[2][-1] == "单位：元"
    balance = sheets["资产负债表"]
    assert balance[3] == [
        "资产", "行次", "期末余额", "年初余额",
        "负债和所有者权益", "行次", "期末余额", "年初余额"]
    # the assets on the left, beside them what they belong to
    shown = [row[:4] for row in balance[4:]] + [
        row[4:] for row in balance[4:]]
    assert [row for row in shown if row[1]] == lines['balance']
    assert {row[0] for row in shown if not row[1]} == {
        '', "流动资产：", "非流动资产：", "流动负债：", "非流动负债：",
        "所有者权益："}
    surplus = sheets["盈余及盈余分配表"]
    assert surplus[3] == ["项目", "行次", "本年金额", "上年金额"]
    assert surplus[4:] == lines['surplus']
    equity = sheets["成员权益变动表"]
    assert equity[3] == ["项目", *EQUITY_COLUMNS.values(), "合计"]
    assert read_matrix(equity[4:]) == equity_cells(books, user, year)


@needs_libreoffice
@pytest.mark.parametrize('year', YEARS)
def test_trial_balance_workbook(books, user, year, tmp_path):  # noqa: F811
    sheets = read_sheets(
        execute('fupin.trial.balance.workbook', books, user, year), tmp_path)
    assert sheets["科目余额表"][4:] == trial_rows(books, user, year)


def find(lines, *words):
    "Whether the words stand in one line, in this order"
    return any(' '.join(words) in line for line in lines)


@needs_pdf
@pytest.mark.parametrize('year', YEARS)
def test_statement_pdf(books, user, year):  # noqa: F811
    pages = read_pages(execute('fupin.statement', books, user, year))
    assert len(pages) == 3
    check_pages(pages, books, user, year)


@needs_libreoffice
@needs_pdf
def test_statement_workbook_printed(books, user, tmp_path):  # noqa: F811
    "What LibreOffice prints of the file, no number is too wide for its cell"
    pages = workbook_pages(
        execute('fupin.statement.workbook', books, user, '2025'), tmp_path)
    assert len(pages) == 3
    check_pages(pages, books, user, '2025')


def check_pages(pages, books, user, year):  # noqa: F811
    lines = statement_lines(books, user, year)
    for page, name in zip(pages, ['balance', 'surplus', 'equity']):
        assert find(page, TITLES[name][0])
        assert any(TITLES[name][1] in line for line in page)
        assert not any('###' in line for line in page)
    for line in lines['balance']:
        assert find(pages[0], *line), line
    for line in lines['surplus']:
        assert find(pages[1], *line), line
    cells = equity_cells(books, user, year)
    for key, title in [
            ('opening', "年初余额"), ('increase', "本年增加数"),
            ('decrease', "本年减少数"), ('closing', "年末余额")]:
        assert find(pages[2], title, *(
                cells[key, c] for c in [*EQUITY_COLUMNS, 'total']))
    for columns in EQUITY_PARTS.values():
        for index in range(4):
            parts = [
                (column, *parts[index]) for column, parts in columns.items()
                if index < len(parts)]
            if parts:
                assert find(pages[2], *(name for _, _, name in parts))
                assert find(pages[2], *(
                        cells[part, column] for column, part, _ in parts))


@needs_pdf
def test_trial_balance_pdf(books, user):  # noqa: F811
    page, = read_pages(execute('fupin.trial.balance', books, user, '2025'))
    rows = trial_rows(books, user, '2025')
    assert len(rows) > 15
    for row in rows:
        assert find(page, *filter(None, row)), row


@needs_libreoffice
def test_last_year_is_as_printed(books, members, user, tmp_path):  # noqa: F811
    """The columns of last year are what was printed last year, though this
    year goes on; no member is set off against another."""
    first, second, third = (m.party for m in members)
    for date in ['2025-09-01', '2026-02-01']:
        # one owes more, the other has paid and is owed; a third owes
        book(books, [
                ('11401', '7.05', third), ('11402', '-3.02', second),
                ('11401', '-1.00', first), ('102', '-3.03', None),
                ], date=dt.date.fromisoformat(date))
    sheets = {}
    for year in YEARS:
        folder = tmp_path / year
        folder.mkdir()
        sheets[year] = read_sheets(
            execute('fupin.statement.workbook', books, user, year), folder)
    last, current = (sheets[y] for y in YEARS)
    for side in [0, 4]:
        for before, now in zip(last["资产负债表"], current["资产负债表"]):
            if before[side + 1].isdigit():
                assert now[side + 3] == before[side + 2]
                assert now[side + 1] == before[side + 1]
    lines = {}
    for year in YEARS:
        lines[year] = {
            row[1]: row[2:] for row in sheets[year]["盈余及盈余分配表"]
            if row[1].isdigit()}
    for number in map(str, range(1, 21)):
        assert lines['2026'][number][1] == lines['2025'][number][0]
    assert lines['2026']['13'][0] == lines['2025']['20'][0] == '610.00'
    matrices = [read_matrix(sheets[y]["成员权益变动表"][4:]) for y in YEARS]
    for column in [*EQUITY_COLUMNS, 'total']:
        assert (matrices[1]['opening', column]
            == matrices[0]['closing', column])
    balance = {
        row[i + 1]: row[i + 2:i + 4] for row in current["资产负债表"]
        for i in [0, 4] if row[i + 1].isdigit()}
    # 113 and the first and third member; the second member
    assert balance['2'] == ['1,042.10', '1,036.05']
    assert balance['24'] == ['106.04', '103.02']


# Member accounts

@pytest.fixture
def accounts(company, members, area):  # noqa: F811
    "Two years of the accounts of three members, two with a line"
    first, second, _ = members
    pay_in(first, 1000, 'household_asset', date=END.replace(month=2, day=1))
    pay_in(second, '500.50', date=END.replace(month=3, day=1))
    new_fund(
        company, 'cash_donation', 100, party=new_party("捐赠人"),
        date=END.replace(month=5, day=1))
    quantify(company, 'donation', END)
    return company


@needs_libreoffice
def test_member_account_workbook(accounts, members, user, tmp_path):  # noqa: F811
    pool = Pool()
    Account = pool.get('fupin.member.year')
    Workbook = pool.get('fupin.member.account.workbook', type='report')
    with acting(user):
        records = Account.search([('year.name', '=', '2025')])
        extension, content, _, _ = Workbook.execute(
            [r.id for r in records], {})
    assert extension == 'xlsx'
    sheets = read_sheets(content, tmp_path)
    assert len(sheets) == len(records) == 3
    names = ['household_asset', 'other', 'reserve', 'grant', 'donation']
    for account in records:
        rows = sheets[
            f'{account.member.number} {account.member.party.name}']
        assert rows[0][0] == "成员账户"
        assert rows[1][0] == "2025年度"
        assert f"成员姓名（名称）：{account.member.party.name}" in rows[2][0]
        assert rows[3] == [
            "编号", "日期", "摘要", "成员出资", '', "公积金份额",
            "接受国家财政直接补助形成财产量化份额",
            "接受他人捐赠形成财产量化份额", "交易量", "交易额",
            "盈余返还金额", "剩余盈余分配金额"]
        assert rows[4][3:5] == [
            "来源于到户类扶贫项目资产的出资额", "其他来源的出资额"]
        opening, *lines, closing = rows[5:]
        assert opening[1:3] == ['2025-01-01', "年初余额"]
        assert opening[3:8] == [
            show(getattr(account, f'opening_{n}')) for n in names]
        assert closing[1:3] == ['2025-12-31', "年末余额/总额"]
        assert closing[3:8] == [
            show(getattr(account, f'closing_{n}')) for n in names]
        assert closing[-2:] == [
            show(account.refund), show(account.remainder)]
        entries = list(account.entries)
        assert len(lines) == len(entries)
        for number, (line, entry) in enumerate(zip(lines, entries), 1):
            assert line[:2] == [str(number), str(entry.date)]
            assert entry.kind_string in line[2]
            column = names.index(entry.source or entry.kind)
            assert line[3:8] == [
                show(entry.amount) if i == column else '' for i in range(5)]
    first = sheets[f'{members[0].number} {members[0].party.name}']
    assert first[-1][3:8] == ['1,000.00', '0.00', '0.00', '0.00', '33.34']
    assert D(first[-1][7]) == D('33.34')
