# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The year end of a cooperative in the real web client.

Its manager carries the accounts forward, compares two plans, has the meeting
resolve on one of them, posts it, prints what each member is shown, closes the
year and opens the statements."""
import datetime as dt
import subprocess
from decimal import Decimal

import openpyxl
import pytest
from county import PASSWORD

from clients.conftest import serve

TODAY = dt.date.today()
YEAR = TODAY.year - 1
# of a box that is ticked in a list before its row is edited (sao 8.0)
SAO_ERROR = "Cannot read properties of undefined (reading 'parent')"


def money(text):
    return Decimal(text.replace('¥', '').replace(',', '').strip() or '0')


def check_shares(lines, basis, share, total):
    "Each share is its part of the total, but for a cent"
    bases = [money(line[basis]) for line in lines]
    shares = [money(line[share]) for line in lines]
    assert sum(shares) == total
    for base, part in zip(bases, shares):
        assert abs(part - total * base / sum(bases)) < Decimal('0.01')


def read_column(sheet, number, amount):
    "Return the amounts of a sheet by the number of their line"
    return {
        str(row[number]): Decimal(str(row[amount])).quantize(Decimal('0.01'))
        for row in sheet.iter_rows(values_only=True)
        if isinstance(row[number], int)}


def text_of(pdf):
    return subprocess.run(
        ['pdftotext', '-layout', pdf, '-'], check=True,
        capture_output=True, text=True).stdout


@pytest.fixture(scope='module')
def year_server(tmp_path_factory):
    "A small county in which the last year has not been closed yet"
    yield from serve(
        tmp_path_factory.mktemp('year'), 'database.py', 'county.py',
        options={'county.py': [
                '--size', '40', '--start', f'{YEAR}-07-01',
                '--today', f'{TODAY.year}-02-20']})


def carry_forward(web):
    web.menu('合作社/账簿/年终结转')
    web.new()
    web.fill('fiscalyear', str(YEAR))
    web.save()
    web.click('结转')
    web.confirm()
    assert web.value('state') == '已结转'
    return money(web.value('surplus'))


def plan(web, name, refund_rate):
    web.menu('合作社/盈余分配')
    web.new()
    web.fill('name', name)
    web.fill('fiscalyear', str(YEAR))
    web.fill('refund_rate', refund_rate)
    web.save()
    web.click('计算')


def hold_meeting(web):
    "The members' meeting resolves on the plan, all present in favour"
    web.menu('合作社/成员大会')
    web.new()
    web.fill('name', f"{YEAR}年度成员大会")
    web.fill('date', f'{TODAY.year}-03-15')
    web.fill('papers_ready', f'{TODAY.year}-02-25')
    web.fill('place', "合作社会议室")
    web.fill('recorder', "会计")
    web.save()
    web.click('列出成员')
    web.tick('本人出席')
    present = web.value('present_count')
    web.fill('chair', web.rows()[1]['成员'].split()[0])
    web.page_tab('决议')
    web.top.locator('.form-one2many button[title^="新"]:visible').click()
    web.idle()
    web.fill('subject', '盈余分配')
    web.fill('text', f"同意{YEAR}年度盈余分配方案。")
    web.fill('in_favour', present)
    web.click('添加')
    web.save()
    web.click('会议定稿')
    web.confirm()
    assert web.value('number')


def test_year_end(year_server, open_web):
    web = open_web(year_server)
    web.login('mogu', PASSWORD)
    surplus = carry_forward(web)
    assert surplus > 0
    plan(web, "方案一", '60')
    assert money(web.value('year_surplus')) == surplus
    plan(web, "方案二", '70')
    hold_meeting(web)

    # less than the law asks for is refused
    web.menu('合作社/盈余分配')
    web.open_row("方案二")
    web.fill('refund_rate', '50')
    web.save()
    web.click('计算')
    assert "第44条" in web.message()
    web.confirm()
    web.tool('reload')

    web.menu('合作社/盈余分配')
    web.open_row("方案一")
    web.fill('resolution', f"同意{YEAR}年度盈余分配方案。")
    web.save()
    web.click('过账')
    web.confirm()
    assert web.value('state') == '已过账'
    assert money(web.value('refund')) >= money(web.value('refund_minimum'))
    refund, remainder = (
        money(web.value(name)) for name in ['refund', 'remainder'])
    web.page_tab('明细')
    lines = web.rows()
    check_shares(lines, '返还依据', '盈余返还', refund)
    check_shares(lines, '剩余盈余分配依据', '剩余盈余分配', remainder)
    sheets = text_of(web.download(
            lambda: web.choose('print', '成员盈余分配明细单')))
    assert sheets.count('成员编号') == len(lines)
    for line in lines:
        assert line['成员'].split()[0] in sheets
        assert line['应付金额'].replace('\n', '') in sheets

    # it is shared once
    web.menu('合作社/盈余分配')
    web.open_row("方案二")
    web.click('过账')
    web.confirm()
    assert "方案一”分配" in web.message()
    web.confirm()
    assert web.value('state') == '草稿'

    # the year is closed
    web.menu('合作社/账簿/年终结转')
    web.open_row(str(YEAR))
    web.click('结账')
    web.confirm()
    assert web.value('state') == '已结账'
    web.tool('reload')
    assert {r['状态'] for r in web.rows()} == {'已完成', '无需办理'}

    # and its statements show on screen, on paper and in Excel the same
    web.menu('合作社/账簿/盈余及盈余分配表')
    web.fill('fiscalyear', str(YEAR))
    web.search('')
    rows = web.rows()
    shown = {r['行次']: money(r['本年金额']) for r in rows}
    assert shown['12'] == surplus
    assert (shown['17'], shown['18']) == (refund, remainder)
    assert shown['20'] == (
        shown['12'] + shown['13'] + shown['14'] - shown['15'] - refund
        - remainder - shown['19'])
    web.choose_rows(0)
    paper = text_of(web.download(
            lambda: web.choose('print', '会计报表（A4）')))
    for row in rows:
        if money(row['本年金额']):
            assert row['本年金额'].replace('¥', '').strip() in paper
    file = web.download(
        lambda: web.choose('print', '会计报表（Excel）'))
    workbook = openpyxl.load_workbook(file)
    assert read_column(workbook['盈余及盈余分配表'], 1, 2) == shown

    web.menu('合作社/账簿/资产负债表')
    web.fill('fiscalyear', str(YEAR))
    web.search('')
    balance = {r['行次']: money(r['期末余额']) for r in web.rows()}
    assert len(balance) == 42
    assert balance['22'] == balance['42'] != 0
    assert (balance['29'], balance['30']) == (refund, remainder)
    sheet = workbook['资产负债表']
    assert balance == (
        read_column(sheet, 1, 2) | read_column(sheet, 5, 6))

    # the account of each member
    web.menu('合作社/成员/年度成员账户')
    web.search(f'会计年度: {YEAR}')
    accounts = {r['成员']: r for r in web.rows()}
    for line in lines:
        account = accounts[line['成员']]
        assert account['会计年度'] == str(YEAR)
        assert (money(account['公积金份额'])
            == money(line['本年公积金量化份额']))
    assert not web.latin()
    assert set(web.errors) <= {SAO_ERROR}
