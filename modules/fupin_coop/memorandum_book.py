# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The registers beside the books (备查簿), printed and as XLSX.

财会〔2021〕37号 asks for one of the assets of poverty alleviation projects
(Art. 33), of assets at nominal value (141 to 161, 311), and of what changes
the contributions of members, with the transferee (301)."""
from collections import defaultdict
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction
from trytond.wizard import Button, StateReport, StateView, Wizard

from .form import CURRENCY, Form, Row
from .report import FormReport, FormWorkbook
from .statement_line import TOTAL
from .statement_report import check_books

ZERO = Decimal('0.00')
TITLES = {
    'project': "扶贫项目资产备查簿",
    'nominal': "名义金额计量资产备查簿",
    'contribution': "成员出资变动备查簿",
    'transfer': "成员出资转让备查簿",
    }
COLUMNS = {
    'project': [
        "序号", "登记日期", "资产名称", "数量及型号", "所属项目", "来源",
        "会计科目", "入账价值", "坐落地点", "权属", "管护人", "使用方式",
        "受益情况", "移除日期", "移除原因", "依据"],
    'nominal': [
        "序号", "登记日期", "资产名称", "数量及型号", "来源", "会计科目",
        "名义金额", "以名义金额计量的理由", "坐落地点", "管护人",
        "移除日期", "移除原因", "依据"],
    'contribution': [
        "序号", "日期", "编号", "成员编号", "成员", "变动类型", "受让方",
        "出资方式", "金额", "成员结余出资", "凭据", "备注", "状态"],
    'transfer': [
        "序号", "日期", "编号", "转让方编号", "转让方", "受让方编号",
        "受让方", "出资方式", "金额", "转让方结余出资", "受让方结余出资",
        "凭据", "备注", "状态"],
    }
AMOUNTS = {'入账价值', '名义金额', '金额'}


class PrintRegister(Wizard):
    "Print a register that is kept beside the books"
    __name__ = 'fupin.register.print'

    start = StateView(
        'fupin.register.print.start',
        'fupin_coop.register_print_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Excel", 'workbook', 'tryton-export'),
            Button("Print", 'print_', 'tryton-print', default=True),
            ])
    print_ = StateReport('fupin.register')
    workbook = StateReport('fupin.register.workbook')

    def _data(self):
        return {
            'company': self.start.company.id,
            'register': self.start.register,
            'from_date': self.start.from_date,
            'to_date': self.start.to_date,
            }

    def do_print_(self, action):
        return action, self._data()

    def do_workbook(self, action):
        return action, self._data()


class PrintRegisterStart(ModelView):
    __name__ = 'fupin.register.print.start'
    __string__ = "Print Registers"

    company = fields.Many2One(
        'company.company', "Company", required=True,
        domain=[
            ('id', 'in', Eval('context', {}).get('companies', [])),
            ])
    register = fields.Selection([
            ('project', "Assets of Poverty Alleviation Projects"),
            ('nominal', "Assets at Nominal Value"),
            ('contribution', "Changes of Contributions"),
            ('transfer', "Transfers of Contributions"),
            ], "Register", required=True, sort=False)
    from_date = fields.Date(
        "From Date",
        domain=[
            If(Eval('from_date') & Eval('to_date'),
                ('from_date', '<=', Eval('to_date', None)),
                ()),
            ],
        help="Leave empty to begin with the first one.")
    to_date = fields.Date("To Date", required=True)

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_register(cls):
        return 'project'

    @classmethod
    def default_to_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()


class RegisterMixin:
    __slots__ = ()

    @classmethod
    def _get_company(cls, data):
        Company = Pool().get('company.company')
        if not data.get('company'):
            raise AccessError(gettext('fupin_coop.msg_statement_company'))
        check_books(data['company'])
        return Company(data['company'])

    @classmethod
    def get_name(cls, ids, data):
        return ' '.join([
                TITLES[data['register']],
                cls._get_company(data).party.name, cls._get_date(data)])

    @staticmethod
    def _get_date(data):
        start, end = data.get('from_date'), data['to_date']
        return f'{start} 至 {end}' if start else f'截至 {end}'

    @classmethod
    def get_forms(cls, records, data):
        register = data['register']
        company = cls._get_company(data)
        columns = COLUMNS[register]
        rows = [
            Row([number, *cells]) for number, cells in enumerate(
                getattr(cls, f'_get_{register}s')(company, data), 1)]
        total = []
        for index, name in enumerate(columns):
            total.append(sum(
                    (r.cells[index] for r in rows
                        if columns[-1] != "状态" or not r.cells[-1]), ZERO)
                if name in AMOUNTS else None)
        total[2] = TOTAL
        rows.append(Row(total, 'total'))
        return [Form(
                TITLES[register], company.party.name, cls._get_date(data),
                columns, rows, wide=True, currency=CURRENCY)]

    # Assets

    @classmethod
    def _get_assets(cls, company, data, *domain):
        Asset = Pool().get('fupin.project.asset')
        domain = [
            ('company', '=', company.id),
            ('from_date', '<=', data['to_date']),
            *domain]
        if data.get('from_date'):
            domain.append(('from_date', '>=', data['from_date']))
        return Asset.search(
            domain, order=[('from_date', 'ASC'), ('id', 'ASC')])

    @classmethod
    def _get_projects(cls, company, data):
        for asset in cls._get_assets(
                company, data, ('poverty_project', '=', True)):
            yield [
                asset.from_date, asset.name, asset.quantity, asset.project,
                asset.source_string, asset.account.rec_name, asset.value,
                asset.location, asset.owner_string, asset.keeper,
                asset.use_string, asset.benefit,
                *cls._get_removal(asset, data)]

    @classmethod
    def _get_nominals(cls, company, data):
        for asset in cls._get_assets(company, data, ('nominal', '=', True)):
            yield [
                asset.from_date, asset.name, asset.quantity,
                asset.source_string, asset.account.rec_name, asset.value,
                asset.nominal_reason, asset.location, asset.keeper,
                *cls._get_removal(asset, data)]

    @staticmethod
    def _get_removal(asset, data):
        "Return what is known of it on the last day, and the document"
        fund = asset.fund.rec_name if asset.fund else None
        if asset.to_date and asset.to_date <= data['to_date']:
            return [asset.to_date, asset.reason, fund]
        return [None, None, fund]

    # Contributions

    @classmethod
    def _find_contributions(cls, company, data, *domain):
        Contribution = Pool().get('fupin.member.contribution')
        domain = [
            ('company', '=', company.id),
            ('state', 'in', ['posted', 'cancelled']),
            ('date', '<=', data['to_date']),
            *domain]
        if data.get('from_date'):
            domain.append(('date', '>=', data['from_date']))
        return Contribution.search(
            domain, order=[('date', 'ASC'), ('id', 'ASC')])

    @classmethod
    def _get_contributions(cls, company, data):
        contributions = cls._find_contributions(company, data)
        held = cls._get_held(contributions)
        for record in contributions:
            yield [
                record.date, record.number, record.member.number,
                record.member.party.name, record.kind_string,
                record.transferee.party.name if record.transferee else None,
                record.form_string, record.amount,
                held.get((record.id, record.member.id)), record.document,
                record.comment, cls._get_state(record)]

    @classmethod
    def _get_transfers(cls, company, data):
        contributions = cls._find_contributions(
            company, data, ('kind', '=', 'transfer'))
        held = cls._get_held(contributions)
        for record in contributions:
            giver, taker = record.member, record.transferee
            yield [
                record.date, record.number, giver.number, giver.party.name,
                taker.number, taker.party.name, record.form_string,
                record.amount, held.get((record.id, giver.id)),
                held.get((record.id, taker.id)), record.document,
                record.comment, cls._get_state(record)]

    @staticmethod
    def _get_state(contribution):
        "Return the state of what no longer counts"
        if contribution.state == 'cancelled':
            return contribution.state_string

    @classmethod
    def _get_held(cls, contributions):
        "Return {(contribution, member): what the member holds after it}"
        Entry = Pool().get('fupin.member.entry')
        members = {c.member.id for c in contributions} | {
            c.transferee.id for c in contributions if c.transferee}
        held, running = {}, defaultdict(Decimal)
        for entry in Entry.search([
                    ('member', 'in', list(members)),
                    ('kind', '=', 'contribution'),
                    ], order=[('date', 'ASC'), ('id', 'ASC')]):
            member = entry.member.id
            running[member] += entry.amount
            origin = entry.origin
            if (origin.__name__ == 'fupin.member.contribution'
                    and entry.entry == 'posting'):
                held[origin.id, member] = running[member]
        return held


class RegisterReport(RegisterMixin, FormReport):
    __name__ = 'fupin.register'


class RegisterWorkbook(RegisterMixin, FormWorkbook):
    __name__ = 'fupin.register.workbook'
