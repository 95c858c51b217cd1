# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The member accounts of a year (成员账户 of 财会〔2021〕37号) as XLSX."""
from trytond.pool import Pool

from .form import Form, Measure, Row
from .member_account import HOLDINGS
from .report import FormWorkbook

TITLE = "成员账户"
OPENING = "年初余额"
CLOSING = "年末余额/总额"
CONTRIBUTION = "成员出资"
VOLUME = "交易量"
VALUE = "交易额"
COLUMNS = ["编号", "日期", "摘要"]
HOLDING_COLUMNS = {
    'household_asset': "来源于到户类扶贫项目资产的出资额",
    'other': "其他来源的出资额",
    'reserve': "公积金份额",
    'grant': "接受国家财政直接补助形成财产量化份额",
    'donation': "接受他人捐赠形成财产量化份额",
    }
DISTRIBUTION_COLUMNS = ["盈余返还金额", "剩余盈余分配金额"]
SUBJECT = "成员姓名（名称）：{name}　　联系地址：{address}　　第{page}页"


class MemberAccountWorkbook(FormWorkbook):
    "The pages of the member accounts, each a sheet"
    __name__ = 'fupin.member.account.workbook'

    @classmethod
    def get_forms(cls, records, data):
        MemberAccount = Pool().get('fupin.member.account', type='report')
        return [cls.get_form(p) for p in MemberAccount.get_pages(records)]

    @classmethod
    def get_form(cls, page):
        account = page['account']
        member = account.member
        products = page['products']
        names = [
            f'{p.name}（{p.default_uom.symbol}）' if p else ''
            for p in products]
        return Form(
            TITLE, account.company.party.name,
            f'{account.year.start_date.year}年度',
            [*COLUMNS, *(HOLDING_COLUMNS[n] for n in HOLDINGS), *names,
                *(p.name if p else '' for p in products),
                *DISTRIBUTION_COLUMNS],
            [cls.get_opening(page), *(
                    cls.get_line(page, line) for line in page['lines']),
                cls.get_closing(page)],
            wide=True,
            groups=(
                ('', 3), (CONTRIBUTION, 2), ('', 3), (VOLUME, len(products)),
                (VALUE, len(products)), ('', 2)),
            subject=SUBJECT.format(
                name=member.party.name, address=page['address'],
                page=page['page']),
            sheet=f'{member.number} {member.party.name}')

    @classmethod
    def get_opening(cls, page):
        account, products = page['account'], page['products']
        return Row([
                None, account.year.start_date, OPENING,
                *(account.opening[n] if page['first'] else None
                    for n in HOLDINGS),
                *[None] * (2 * len(products) + 2)], 'total')

    @classmethod
    def get_line(cls, page, line):
        def own(column):
            return line['amount'] if line['column'] == column else None

        products = [
            line['column'] == 'trade' and line['product'] == p
            for p in page['products']]
        return Row([
                line['number'], line['date'], line['summary'],
                *(own(n) for n in HOLDINGS),
                *(Measure(line['quantity'], p.default_uom.digits)
                    if traded and p else None
                    for p, traded in zip(page['products'], products)),
                *(line['amount'] if traded else None for traded in products),
                own('refund'), own('remainder')])

    @classmethod
    def get_closing(cls, page):
        account, products = page['account'], page['products']
        first = page['first']
        return Row([
                None, account.year.end_date, CLOSING,
                *(account.closing[n] if first else None for n in HOLDINGS),
                *(Measure(page['quantities'][p], p.default_uom.digits)
                    if p and p in page['quantities'] else None
                    for p in products),
                *(page['amounts'].get(p) for p in products),
                page['refund'] if first else None,
                page['remainder'] if first else None], 'total')
