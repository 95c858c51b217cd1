# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The main job in the real clients, on the demo county.

A weighed basket becomes the member's account, the payout and the income
that the county sees, with the weigh ticket two clicks away."""
import csv
from decimal import Decimal

import pytest
from county import PASSWORD

AMOUNT = Decimal('887.83')


def money(text):
    return Decimal(text.replace('¥', '').replace(',', '').strip())


def member_row(web, number):
    web.menu('合作社/成员')
    web.tool('reload')
    row, = [r for r in web.rows() if r['成员编号'] == number]
    return row


def industry_income(web, household):
    web.menu('产业/统计分析/农户产业收入')
    web.search(household.split('(')[1].strip(')'))
    row, = [r for r in web.rows() if r['农户'] == household]
    return money(row['产业收入'])


def write_result(path, payments, failed):
    "Answer as the bank does: all paid but one"
    with open(path, 'w', encoding='gb18030', newline='') as file:
        writer = csv.writer(file)
        writer.writerow([
                '业务编号', '收款账号', '收款户名', '金额', '状态',
                '失败原因'])
        for payment in payments:
            bad = payment['收款户名'] == failed
            writer.writerow([
                    payment['业务编号'], payment['收款账号'],
                    payment['收款户名'], payment['金额'],
                    '失败' if bad else '成功', '账户已销户' if bad else ''])


@pytest.fixture
def growers(county_server, open_web):
    "Two members with a household, and what they have before"
    web = open_web(county_server)
    web.login('mogu', PASSWORD)
    web.menu('合作社/成员')
    # what waits in a settlement of somebody else would not be in the new one
    first, second = sorted(
        (r for r in web.rows() if r['农户']),
        key=lambda r: money(r['成员往来余额']) != 0)[:2]
    return web, first, second


def weigh(web, name):
    web.menu('合作社/交售')
    web.new()
    web.fill('member', name)
    web.fill('grade', 'A级')
    web.fill('gross', '120.5')
    web.fill('tare', '2.5')
    web.fill('deduction_rate', '1')
    web.fill('price', '7.60')
    assert web.value('quantity') == '116.82'
    assert web.value('amount') == '887.83'
    web.save()


def sell(web, customer, product):
    "Sell ten units of the produce that was weighed, to the posted invoice"
    web.menu('销售/销售单')
    web.new()
    web.fill('party', customer)
    web.top.locator('.form-one2many button[title^="新"]:visible').click()
    web.idle()
    web.fill('product', product)
    web.fill('quantity', '10')
    web.fill('unit_price', '9.50')
    web.click('添加')
    web.save()
    web.click('报价')
    web.click('确认')
    assert web.value('state') == '处理中'
    assert money(web.value('total_amount')) == 95
    web.related('发货单')
    web.open_row()
    web.click('分配')
    web.click('打包')
    web.click('完成')
    web.confirm()
    assert web.value('state') == '已完成'
    web.menu('销售/销售单')
    web.page_tab('处理中')
    web.open_row()
    assert money(web.value('total_amount')) == 95
    web.related('发票')
    web.open_row()
    web.click('过账')
    web.confirm()
    assert web.value('state') == '已过账'


def test_web(county_server, open_web, growers, tmp_path):
    manager, member, other = growers
    number, name = member['成员编号'], member['往来单位']
    owed = money(member['成员往来余额'])
    county = open_web(county_server)
    county.login('nongye', PASSWORD)
    earned = industry_income(county, member['农户'])

    weigh(manager, other['往来单位'])
    manager.click('过账')
    weigh(manager, name)
    slip = manager.download(lambda: manager.choose('print', 'A4'))
    assert slip.stat().st_size > 1000

    # book
    manager.click('过账')
    delivery = manager.value('number')
    assert delivery
    assert manager.value('state') == '已过账'
    assert money(
        member_row(manager, number)['成员往来余额']) == owed + AMOUNT

    # sell
    sell(manager, '中原食用菌批发市场商行（演示）', '鲜香菇')

    # pay
    manager.menu('合作社/结算')
    manager.new()
    manager.click('归集应付款')
    lines = manager.rows()
    assert owed + AMOUNT in {
        money(r['金额']) for r in lines if r['往来单位'] == name}
    manager.click('审批')
    manager.confirm()
    assert manager.value('state') == '已审批'
    manager.click('导出银行代发文件')
    manager.fill('format', 'CSV（UTF-8）')
    manager.click('导出')
    file = manager.download(lambda: manager.top.locator(
            '.form-binary button[title^="另存为"]').first.click())
    manager.click('关闭')
    with open(file, encoding='utf-8-sig', newline='') as csv_file:
        payments = [
            r for r in csv.DictReader(csv_file) if r['序号'] != '合计']
    assert len(payments) == len(lines)
    failed = other['往来单位']
    write_result(tmp_path / 'result.csv', payments, failed)
    manager.click('导入银行结果')
    manager.upload('file', tmp_path / 'result.csv')
    manager.click('导入')
    manager.click('关闭')
    assert manager.value('state') == '已完成'
    assert money(manager.value('amount_failed')) == sum(
        Decimal(p['金额']) for p in payments if p['收款户名'] == failed)
    assert money(member_row(manager, number)['成员往来余额']) == 0

    assert not manager.latin()
    assert not manager.errors

    # the county finds the money, and in two clicks the weigh ticket
    assert industry_income(county, member['农户']) == earned + AMOUNT
    county.open_row(member['农户'])
    county.follow('887.83', '单据')
    assert county.value('number') == delivery
    assert county.value('amount') == '887.83'
    assert not county.latin()
    assert not county.errors
