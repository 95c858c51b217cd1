# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The books of a cooperative: chart, setup, units, grades and prices."""
import datetime as dt
import unittest
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError, SQLConstraintError
from trytond.modules.company.tests import create_company, set_company
from trytond.modules.currency.tests import create_currency
from trytond.modules.fupin_coop.conversion import (
    convert_price, convert_quantity, to_decimal)
from trytond.modules.fupin_coop.exceptions import (
    ChartMissingError, CreditCodeValidationError, PriceNotFoundError,
    PriceValidationError)
from trytond.pool import Pool
from trytond.tests.test_tryton import with_transaction
from trytond.transaction import Transaction, without_check_access

MODULES = ['fupin_coop']

pytestmark = pytest.mark.usefixtures('database')

# Well-formed codes of no existing cooperative: region 410000 is on none
CREDIT_CODES = [
    '93410000MA0000001J',
    '93410000MA0000002M',
    ]

# 财会〔2021〕37号, appendix 1 (1)
STATUTORY_ACCOUNTS = """
101 库存现金
102 银行存款
113 应收款
114 成员往来
121 产品物资
124 委托加工物资
125 委托代销商品
127 受托代购商品
128 受托代销商品
131 对外投资
141 消耗性生物资产
142 生产性生物资产
143 生产性生物资产累计折旧
144 公益性生物资产
151 固定资产
152 累计折旧
153 在建工程
154 固定资产清理
161 无形资产
162 累计摊销
171 长期待摊费用
181 待处理财产损溢
201 短期借款
211 应付款
212 应付工资
213 应付劳务费
214 应交税费
215 应付利息
221 应付盈余返还
222 应付剩余盈余
231 长期借款
235 专项应付款
301 股金
311 专项基金
321 资本公积
322 盈余公积
331 本年盈余
332 盈余分配
401 生产成本
501 经营收入
502 其他收入
511 投资收益
521 经营支出
522 税金及附加
523 管理费用
524 财务费用
529 其他支出
531 所得税费用
"""

# 会农社01表 with its line numbers, totals above what they add up
BALANCE_SHEET = """
22 资产总计
5 流动资产合计
1 货币资金 101 102
2 应收款项 113 11401
3 存货 121 124 125 127 128 401
4 消耗性生物资产 141
21 非流动资产合计
6 对外投资 131
9 生产性生物资产净值
7 生产性生物资产原值 142
8 减：生产性生物资产累计折旧 143
15 固定资产小计
12 固定资产净值
10 固定资产原值 151
11 减：累计折旧 152
13 在建工程 153
14 固定资产清理 154
18 无形资产净值
16 无形资产原值 161
17 减：累计摊销 162
19 公益性生物资产 144
20 长期待摊费用 171
- 待处理财产损溢 18101 18102
42 负债和所有者权益总计
35 负债合计
31 流动负债合计
23 短期借款 201
24 应付款项 211 11402
25 应付工资 212
26 应付劳务费 213
27 应交税费 214
28 应付利息 215
29 应付盈余返还 221
30 应付剩余盈余 222
34 非流动负债合计
32 长期借款 231
33 专项应付款 235
41 所有者权益合计
36 股金 301
37 专项基金 311
38 资本公积 321
39 盈余公积 322
40 未分配盈余 331 33201 33202
"""

# 会农社02表, the lines that are accounts or sums of them
INCOME_STATEMENT = """
12 本年盈余
10 盈余总额
7 经营收益
1 经营收入 501
2 投资收益 511
3 经营支出 521
4 税金及附加 522
5 管理费用 523
6 财务费用 524
8 其他收入 502
9 其他支出 529
11 所得税费用 531
"""


def statement_lines(text):
    for line in text.strip().splitlines():
        _, name, *codes = line.split()
        yield name, codes


def create_cooperative(name="示例食用菌专业合作社", years=None, number=0):
    pool = Pool()
    Company = pool.get('company.company')
    return Company.create_cooperative(
        name, CREDIT_CODES[number], years or [2026])


def create_product(name="香菇", unit=None, grades=()):
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    Template = pool.get('product.template')
    template, = Template.create([{
                'name': name,
                'default_uom': ModelData.get_id(
                    unit or 'product.uom_kilogram'),
                'account_category': ModelData.get_id(
                    'fupin_coop.category_produce'),
                'products': [('create', [{}])],
                'grades': [('create', [
                            {'code': g, 'name': '%s级' % g}
                            for g in grades])],
                }])
    return template.products[0]


def get_unit(name):
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    Uom = pool.get('product.uom')
    return Uom(ModelData.get_id(name))


class ChartTestCase(unittest.TestCase):
    "The chart of accounts of 财会〔2021〕37号"

    def create_chart(self, company):
        pool = Pool()
        CreateChart = pool.get('account.create_chart', type='wizard')
        AccountTemplate = pool.get('account.account.template')
        ModelData = pool.get('ir.model.data')
        session_id, _, _ = CreateChart.create()
        wizard = CreateChart(session_id)
        wizard.account.company = company
        wizard.account.account_template = AccountTemplate(
            ModelData.get_id('fupin_coop.account_template_root'))
        wizard.transition_create_account()
        properties = wizard.default_properties(None)
        for name, value in properties.items():
            setattr(wizard.properties, name, value)
        wizard.transition_create_properties()
        return properties

    @with_transaction()
    def test_statutory_accounts(self):
        "The 48 first-level accounts have their code and name"
        pool = Pool()
        Template = pool.get('account.account.template')
        ModelData = pool.get('ir.model.data')
        expected = dict(
            line.split() for line in STATUTORY_ACCOUNTS.strip().splitlines())
        self.assertEqual(len(expected), 48)
        root = ModelData.get_id('fupin_coop.account_template_root')
        templates = Template.search([
                ('parent', 'child_of', [root]),
                ])
        found = {
            t.code: t.name for t in templates if t.code and len(t.code) == 3}
        self.assertEqual(found, expected)
        for code in expected:
            template = Template(ModelData.get_id(
                    'fupin_coop.account_template_%s' % code))
            self.assertEqual(template.code, code)
            self.assertEqual(template.parent.code, code[0])

    @with_transaction()
    def test_sub_accounts(self):
        "Accounts with sub-accounts can not be posted to"
        pool = Pool()
        Template = pool.get('account.account.template')
        ModelData = pool.get('ir.model.data')
        root = ModelData.get_id('fupin_coop.account_template_root')
        for template in Template.search([('parent', 'child_of', [root])]):
            with self.subTest(account=template.rec_name):
                if template.id == root:
                    self.assertTrue(template.type)
                elif template.childs:
                    self.assertIsNone(template.type)
                else:
                    self.assertTrue(template.type)
        self.assertEqual(
            [t.code for t in Template.search([
                        ('parent', 'child_of', [root]),
                        ('code', 'like', '_____'),
                        ])],
            ['11401', '11402', '18101', '18102', '33201', '33202'])

    @with_transaction()
    def test_statements(self):
        "Types follow the lines of the statements in order and name"
        pool = Pool()
        Type = pool.get('account.account.type.template')
        Template = pool.get('account.account.template')
        ModelData = pool.get('ir.model.data')
        root = Type(ModelData.get_id('fupin_coop.account_type_template_root'))

        def walk(types, statement):
            for type_ in types:
                if type_.statement == statement:
                    accounts = Template.search([
                            ('type', '=', type_.id),
                            ], order=[('code', 'ASC')])
                    yield type_.name, {a.code for a in accounts}
                yield from walk(type_.childs, statement)

        for statement, text in [
                ('balance', BALANCE_SHEET),
                ('income', INCOME_STATEMENT)]:
            with self.subTest(statement=statement):
                self.assertEqual(
                    list(walk(root.childs, statement)),
                    [(n, set(c)) for n, c in statement_lines(text)])

    @with_transaction()
    def test_create_chart(self):
        "The wizard offers the accounts and leaves nothing to do"
        pool = Pool()
        Account = pool.get('account.account')
        Configuration = pool.get('account.configuration')
        company = create_company(currency=create_currency('CNY'))
        with set_company(company):
            properties = self.create_chart(company)
            self.assertEqual(
                {n: Account(v).code for n, v in properties.items()
                    if n != 'company'}, {
                    'account_receivable': '113',
                    'account_payable': '211',
                    'category_account_revenue': '501',
                    'category_account_expense': '521',
                    'category_account_stock': '121',
                    'category_account_stock_in': '521',
                    'category_account_stock_out': '521',
                    'member_receivable': '11401',
                    'member_payable': '11402',
                    'commission_stock': '128',
                    })
            config = Configuration(1)
            for name, code in [
                    ('default_account_receivable', '113'),
                    ('default_account_payable', '211'),
                    ('default_category_account_revenue', '501'),
                    ('default_category_account_expense', '521'),
                    ('default_category_account_stock', '121'),
                    ('member_receivable', '11401'),
                    ('member_payable', '11402'),
                    ('commission_stock', '128')]:
                self.assertEqual(getattr(config, name).code, code)
            product = create_product()
            self.assertEqual(product.account_revenue_used.code, '501')
            self.assertEqual(product.account_expense_used.code, '521')
            self.assertEqual(product.account_stock_used.code, '121')
            self.assertEqual(product.account_stock_in_used.code, '521')
            self.assertEqual(product.account_stock_out_used.code, '521')

    @with_transaction()
    def test_accounts_valid(self):
        "All accounts and types of the chart respect the domains"
        pool = Pool()
        Account = pool.get('account.account')
        Type = pool.get('account.account.type')
        Template = pool.get('account.account.template')
        TypeTemplate = pool.get('account.account.type.template')
        company = create_company(currency=create_currency('CNY'))
        with set_company(company):
            self.create_chart(company)
            for Model in [Account, Type, Template, TypeTemplate]:
                Model._validate(Model.search([]))

    @with_transaction()
    def test_party_accounts(self):
        "Dealings are kept by party"
        pool = Pool()
        Template = pool.get('account.account.template')
        ModelData = pool.get('ir.model.data')
        root = ModelData.get_id('fupin_coop.account_template_root')
        domain = [('parent', 'child_of', [root])]
        self.assertEqual(
            {t.code for t in Template.search(
                    domain + [('party_required', '=', True)])},
            {'113', '11401', '11402', '211', '212', '213', '221', '222',
                '301'})
        self.assertEqual(
            {t.code for t in Template.search(
                    domain + [('reconcile', '=', True)])},
            {'113', '11401', '11402', '211', '212', '213', '221', '222'})

    @with_transaction()
    def test_no_chart(self):
        "Without chart the message says what to do"
        pool = Pool()
        Configuration = pool.get('account.configuration')
        company = create_company(currency=create_currency('CNY'))
        with set_company(company):
            self.assertIsNone(Configuration(1).member_payable)
            with self.assertRaises(ChartMissingError) as cm:
                Configuration.get_cooperative_account(
                    'member_payable', company)
            self.assertIn('11402', cm.exception.message)
            self.assertIn(company.rec_name, cm.exception.message)

    @with_transaction()
    def test_configuration_without_value(self):
        "An account that is not configured is found in the chart"
        pool = Pool()
        Configuration = pool.get('account.configuration')
        DefaultAccount = pool.get('account.configuration.default_account')
        company = create_company(currency=create_currency('CNY'))
        with set_company(company):
            self.create_chart(company)
            config = Configuration(1)
            config.member_payable = None
            config.save()
            self.assertEqual(
                Configuration.get_cooperative_account(
                    'member_payable', company).code, '11402')
            DefaultAccount.delete(DefaultAccount.search([]))
            self.assertEqual(
                Configuration.get_cooperative_account(
                    'commission_stock', company).code, '128')
            self.assertEqual(Configuration(1).member_receivable.code, '11401')


class SetupTestCase(unittest.TestCase):
    "The guided setup of a cooperative"

    @with_transaction()
    def test_create_cooperative(self):
        "A new cooperative is ready to keep its books"
        pool = Pool()
        Account = pool.get('account.account')
        Configuration = pool.get('account.configuration')
        FiscalYear = pool.get('account.fiscalyear')
        Location = pool.get('stock.location')
        PaymentJournal = pool.get('account.payment.journal')
        PaymentMethod = pool.get('account.invoice.payment.method')
        company = create_cooperative(years=range(2024, 2027))
        self.assertTrue(company.cooperative)
        self.assertEqual(company.credit_code, CREDIT_CODES[0])
        self.assertEqual(company.currency.code, 'CNY')
        self.assertEqual(company.currency.symbol, '¥')
        self.assertEqual(company.timezone, 'Asia/Shanghai')
        with set_company(company):
            self.assertEqual(
                Account.search([
                        ('company', '=', company.id),
                        ('type', '!=', None),
                        ], count=True),
                # root, 48 less 3 with sub-accounts, 6 of those
                1 + 48 - 3 + 6)
            fiscalyears = FiscalYear.search([
                    ('company', '=', company.id),
                    ], order=[('start_date', 'ASC')])
            self.assertEqual(
                [(f.start_date, f.end_date) for f in fiscalyears],
                [(dt.date(y, 1, 1), dt.date(y, 12, 31))
                    for y in range(2024, 2027)])
            for fiscalyear in fiscalyears:
                self.assertEqual(len(fiscalyear.periods), 12)
                self.assertEqual(
                    fiscalyear.account_stock_method, 'continental')
                self.assertEqual(len(fiscalyear.invoice_sequences), 1)
                self.assertEqual(
                    fiscalyear.move_sequence.company, company)
            journal, = PaymentJournal.search([
                    ('company', '=', company.id),
                    ('process_method', '=', 'bank_file'),
                    ])
            self.assertEqual(journal.clearing_account.code, '102')
            self.assertEqual(journal.clearing_journal.type, 'cash')
            self.assertEqual(
                {m.debit_account.code for m in PaymentMethod.search([
                            ('company', '=', company.id)])},
                {'101', '102'})
            self.assertEqual(company.warehouse.company, company)
            self.assertEqual(
                Location.get_default_warehouse(), company.warehouse.id)
            self.assertEqual(
                company.warehouse.input_location,
                company.warehouse.storage_location)
            self.assertEqual(
                Configuration(1).default_account_payable.code, '211')
            self.assertEqual(
                Configuration.get_delivery_journal(company).code, "交")

    @with_transaction()
    def test_two_cooperatives(self):
        "Each cooperative has books of its own"
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Currency = pool.get('currency.currency')
        Location = pool.get('stock.location')
        first = create_cooperative()
        second = create_cooperative("示例西瓜专业合作社", number=1)
        self.assertEqual(first.currency, second.currency)
        self.assertEqual(Currency.search([
                    ('code', '=', 'CNY')], count=True), 1)
        for company in [first, second]:
            account = Configuration.get_cooperative_account(
                'member_payable', company)
            self.assertEqual(account.company, company)
            with set_company(company):
                self.assertEqual(
                    Location.get_default_warehouse(), company.warehouse.id)

    @with_transaction()
    def test_party_known(self):
        "The party of the licence is not made twice"
        pool = Pool()
        Party = pool.get('party.party')
        party, = Party.create([{
                    'name': "示例食用菌专业合作社",
                    'identifiers': [('create', [{
                                    'type': 'cn_vat',
                                    'code': CREDIT_CODES[0],
                                    }])],
                    }])
        self.assertEqual(create_cooperative().party, party)

    @with_transaction()
    def test_currency_known(self):
        "The currency of the import gets its symbol"
        pool = Pool()
        Currency = pool.get('currency.currency')
        currency, = Currency.create([{'name': "元", 'code': 'CNY'}])
        company = create_cooperative()
        self.assertEqual(company.currency, currency)
        self.assertEqual(company.currency.symbol, '¥')

    @with_transaction()
    def test_credit_code(self):
        "A wrong credit code is refused with the reason"
        pool = Pool()
        Company = pool.get('company.company')
        Party = pool.get('party.party')
        before = Company.search([], count=True), Party.search([], count=True)
        for code, message in [
                ('', "no unified social credit code"),
                (CREDIT_CODES[0][:-1], "17 characters"),
                (CREDIT_CODES[0] + '1', "19 characters"),
                ('93410000IA0000001J', "a character that cannot occur"),
                ('9341A000MA0000001J', "a character that cannot occur"),
                (CREDIT_CODES[0][:-1] + '3', "does not match"),
                ('91350100M000100Y43', "starts with 93"),
                ]:
            with self.subTest(code=code):
                with self.assertRaises(CreditCodeValidationError) as cm:
                    Company.create_cooperative("示例合作社", code, [2026])
                self.assertIn(message, cm.exception.message)
                self.assertIn("示例合作社", cm.exception.message)
        self.assertEqual(
            (Company.search([], count=True), Party.search([], count=True)),
            before)

    @with_transaction()
    def test_credit_code_unique(self):
        "A credit code belongs to one company"
        company = create_cooperative()
        with self.assertRaises(CreditCodeValidationError) as cm:
            create_cooperative("另一合作社")
        self.assertIn(company.rec_name, cm.exception.message)
        other = create_cooperative("示例西瓜专业合作社", number=1)
        other.credit_code = company.credit_code
        with self.assertRaises(CreditCodeValidationError):
            other.save()

    @with_transaction()
    def test_credit_code_company(self):
        "The credit code is kept as identifier of the party"
        pool = Pool()
        Company = pool.get('company.company')
        company = create_company(currency=create_currency('CNY'))
        self.assertIsNone(company.credit_code)
        company.credit_code = '91350100 M000100Y43'
        company.save()
        identifier, = company.party.identifiers
        self.assertEqual(identifier.type, 'cn_vat')
        self.assertEqual(identifier.code, '91350100M000100Y43')
        self.assertEqual(Company.search([
                    ('credit_code', '=', '91350100m000100y43'),
                    ]), [company])
        self.assertEqual(Company.search([
                    ('credit_code', '=', None),
                    ]), [])
        company.cooperative = True
        with self.assertRaises(CreditCodeValidationError):
            company.save()

    @with_transaction()
    def test_credit_code_identifier(self):
        "The identifier of a cooperative can not become another's"
        company = create_cooperative()
        identifier, = company.party.identifiers
        identifier.code = '91350100M000100Y43'
        with self.assertRaises(CreditCodeValidationError):
            identifier.save()

    @with_transaction()
    def test_credit_code_delete(self):
        "A cooperative keeps its credit code"
        pool = Pool()
        Identifier = pool.get('party.identifier')
        company = create_cooperative()
        with self.assertRaises(AccessError):
            Identifier.delete(list(company.party.identifiers))
        with self.assertRaises(AccessError):
            Identifier.write(
                list(company.party.identifiers), {'type': None})
        company.credit_code = None
        with self.assertRaises(CreditCodeValidationError):
            company.save()

    @with_transaction()
    def test_wizard(self):
        "The user who creates a cooperative can work for it"
        pool = Pool()
        Wizard = pool.get('fupin.cooperative.create', type='wizard')
        Company = pool.get('company.company')
        User = pool.get('res.user')
        session_id, _, _ = Wizard.create()
        wizard = Wizard(session_id)
        wizard.start.name = "示例食用菌专业合作社"
        wizard.start.credit_code = CREDIT_CODES[0]
        wizard.start.start_year = wizard.start.default_start_year()
        wizard.do_create_({'views': []})
        company, = Company.search([('cooperative', '=', True)])
        user = User(Transaction().user)
        self.assertEqual(user.companies, (company,))
        self.assertEqual(user.company, company)

    @with_transaction()
    def test_wizard_access(self):
        "Only administrators set up a cooperative"
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        User = pool.get('res.user')
        Wizard = pool.get('fupin.cooperative.create', type='wizard')
        user, = User.create([{
                    'name': "Manager",
                    'login': 'manager',
                    'groups': [('add', [ModelData.get_id(
                                    'fupin_coop.group_cooperative_admin')])],
                    }])
        with Transaction().set_user(user.id):
            with self.assertRaises(UserError):
                Wizard.check_access()


    @with_transaction()
    def test_next_year(self):
        "The next year is made from the last one"
        pool = Pool()
        FiscalYear = pool.get('account.fiscalyear')
        Renew = pool.get('account.fiscalyear.renew', type='wizard')
        company = create_cooperative()
        with set_company(company):
            previous, = FiscalYear.search([('company', '=', company.id)])
            session_id, _, _ = Renew.create()
            wizard = Renew(session_id)
            wizard.start.company = company
            wizard.start.reset_sequences = True
            wizard.start.previous_fiscalyear = previous
            wizard.start.on_change_previous_fiscalyear()
            fiscalyear = wizard.create_fiscalyear()
            self.assertEqual(fiscalyear.name, '2027')
            self.assertEqual(
                (fiscalyear.start_date, fiscalyear.end_date),
                (dt.date(2027, 1, 1), dt.date(2027, 12, 31)))
            self.assertEqual(len(fiscalyear.periods), 12)
            self.assertEqual(fiscalyear.account_stock_method, 'continental')
            self.assertEqual(fiscalyear.move_sequence.prefix, '2027-')
            sequences, = fiscalyear.invoice_sequences
            self.assertEqual(sequences.out_invoice_sequence.prefix, 'S2027-')
            self.assertEqual(sequences.in_invoice_sequence.prefix, 'P2027-')
            self.assertEqual(previous.move_sequence.prefix, '2026-')

    @with_transaction()
    def test_chinese(self):
        "Shared records lose the English codes where Chinese is spoken"
        pool = Pool()
        Configuration = pool.get('ir.configuration')
        Journal = pool.get('account.journal')
        Lang = pool.get('ir.lang')
        Location = pool.get('stock.location')
        ModelData = pool.get('ir.model.data')
        chinese, = Lang.search([('code', '=', 'zh_CN')])
        chinese.translatable = True
        chinese.save()
        configuration = Configuration(1)
        configuration.language = 'zh_CN'
        configuration.save()
        create_cooperative()
        self.assertEqual(Location.search([
                    ('code', 'in', ['CUS', 'SUP', 'IN', 'OUT', 'STO', 'WH']),
                    ]), [])
        self.assertEqual(
            Journal(ModelData.get_id('account.journal_revenue')).code, "收")


class StatementTestCase(unittest.TestCase):
    "The statements over the chart"

    def post(self, company, date, lines, party=None):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        ModelData = pool.get('ir.model.data')
        Move = pool.get('account.move')
        Period = pool.get('account.period')
        move = Move(
            company=company,
            period=Period.find(company, date=date),
            journal=ModelData.get_id('account.journal_cash'),
            date=date,
            lines=[])
        move_lines = []
        for code, debit, credit in lines:
            account = Configuration.get_chart_account(code, company)
            move_lines.append(Line(
                    account=account,
                    party=party if account.party_required else None,
                    debit=Decimal(debit), credit=Decimal(credit)))
        move.lines = move_lines
        move.save()
        Move.post([move])
        return move

    @with_transaction()
    def test_signs(self):
        "Lines print with the sign of the form and the sheet balances"
        pool = Pool()
        Type = pool.get('account.account.type')
        Party = pool.get('party.party')
        company = create_cooperative()
        with set_company(company):
            party, = Party.create([{'name': "成员"}])
            date = dt.date(2026, 3, 1)
            self.post(company, date, [
                    ('102', 1000, 0), ('301', 0, 1000)], party)
            self.post(company, date, [
                    ('121', 300, 0), ('11402', 0, 300)], party)
            self.post(company, date, [
                    ('113', 500, 0), ('501', 0, 500)], party)
            self.post(company, date, [
                    ('521', 300, 0), ('121', 0, 300)], party)
            self.post(company, date, [
                    ('151', 200, 0), ('102', 0, 200)], party)
            self.post(company, date, [
                    ('523', 20, 0), ('152', 0, 20)], party)
            with Transaction().set_context(
                    date=dt.date(2026, 12, 31), cumulate=True, posted=True):
                amounts = {
                    t.name: t.amount for t in Type.search([
                            ('company', '=', company.id)])}
            for name, amount in [
                    ('货币资金', 800),
                    ('应收款项', 500),
                    ('存货', 0),
                    ('固定资产原值', 200),
                    ('减：累计折旧', 20),
                    ('固定资产净值', 180),
                    ('资产总计', 1480),
                    ('应付款项', 300),
                    ('股金', 1000),
                    ('未分配盈余', 180),
                    ('本年盈余', 180),
                    ('经营收入', 500),
                    ('经营支出', -300),
                    ('管理费用', -20),
                    ('负债和所有者权益总计', 1480),
                    ]:
                with self.subTest(line=name):
                    self.assertEqual(amounts[name], Decimal(amount))

    @with_transaction()
    def test_close_year(self):
        "The year closes to 331 and 332 and the balances carry over"
        pool = Pool()
        BalanceNonDeferral = pool.get(
            'account.fiscalyear.balance_non_deferral', type='wizard')
        Account = pool.get('account.account')
        Configuration = pool.get('account.configuration')
        FiscalYear = pool.get('account.fiscalyear')
        ModelData = pool.get('ir.model.data')
        Move = pool.get('account.move')
        Party = pool.get('party.party')
        Period = pool.get('account.period')
        company = create_cooperative(years=[2025, 2026])
        with set_company(company):
            party, = Party.create([{'name': "客户"}])
            self.post(company, dt.date(2025, 5, 1), [
                    ('113', 500, 0), ('501', 0, 500)], party)
            fiscalyear, = FiscalYear.search([
                    ('company', '=', company.id), ('name', '=', '2025')])
            with self.assertRaises(UserError):
                FiscalYear.close([fiscalyear])
            closing, = Period.create([{
                        'name': "结转",
                        'start_date': dt.date(2025, 12, 31),
                        'end_date': dt.date(2025, 12, 31),
                        'fiscalyear': fiscalyear.id,
                        'type': 'adjustment',
                        }])
            surplus = Configuration.get_chart_account('331', company)
            session_id, _, _ = BalanceNonDeferral.create()
            wizard = BalanceNonDeferral(session_id)
            wizard.start.fiscalyear = fiscalyear
            wizard.start.journal = ModelData.get_id(
                'fupin_coop.journal_closing')
            wizard.start.period = closing
            wizard.start.credit_account = surplus
            wizard.start.debit_account = surplus
            Move.post([wizard.create_move()])
            FiscalYear.close([fiscalyear])
            next_year, = FiscalYear.search([
                    ('company', '=', company.id), ('name', '=', '2026')])
            with Transaction().set_context(
                    fiscalyear=next_year.id, cumulate=True):
                balances = {
                    a.code: a.balance for a in Account.search([
                            ('company', '=', company.id),
                            ('code', 'in', ['113', '331', '501'])])}
            self.assertEqual(balances, {
                    '113': Decimal(500),
                    '331': Decimal(-500),
                    '501': Decimal(0),
                    })


class UnitTestCase(unittest.TestCase):
    "The units that people use"

    @with_transaction()
    def test_quantity(self):
        "Quantities convert exactly"
        for quantity, from_, to, result in [
                ('120.5', 'product.uom_kilogram', 'fupin_coop.uom_jin', '241'),
                ('1', 'fupin_coop.uom_jin', 'fupin_coop.uom_liang', '10'),
                ('1', 'fupin_coop.uom_dan', 'fupin_coop.uom_jin', '100'),
                ('2.5', 'fupin_coop.uom_ton', 'product.uom_kilogram', '2500'),
                ('15', 'fupin_coop.uom_mu', 'product.uom_hectare', '1'),
                ('1', 'product.uom_hectare', 'fupin_coop.uom_mu', '15'),
                ('1', 'fupin_coop.uom_mu', 'fupin_coop.uom_fen', '10'),
                ('3', 'fupin_coop.uom_mu', 'product.uom_square_meter',
                    '2000'),
                ('1', 'fupin_coop.uom_mu', 'product.uom_square_meter',
                    '666.666667'),
                ('2', 'fupin_coop.uom_thousand', 'fupin_coop.uom_piece',
                    '2000'),
                ]:
            with self.subTest(quantity=quantity, from_=from_, to=to):
                self.assertEqual(
                    convert_quantity(
                        Decimal(quantity), get_unit(from_), get_unit(to)),
                    Decimal(result))

    @with_transaction()
    def test_price(self):
        "Prices convert exactly"
        for price, from_, to, result in [
                ('7.60', 'product.uom_kilogram', 'fupin_coop.uom_jin', '3.80'),
                ('3.8', 'fupin_coop.uom_jin', 'product.uom_kilogram', '7.60'),
                ('0.95', 'fupin_coop.uom_jin', 'fupin_coop.uom_ton', '1900'),
                ('1000', 'fupin_coop.uom_mu', 'product.uom_square_meter',
                    '1.5'),
                ('15', 'fupin_coop.uom_thousand', 'fupin_coop.uom_piece',
                    '0.015'),
                ]:
            with self.subTest(price=price, from_=from_, to=to):
                self.assertEqual(
                    convert_price(
                        Decimal(price), get_unit(from_), get_unit(to)),
                    Decimal(result))

    @with_transaction()
    def test_not_convertible(self):
        "A bag holds what it holds"
        names = ['product.uom_kilogram', 'fupin_coop.uom_bag',
            'fupin_coop.uom_box', 'fupin_coop.uom_basket',
            'fupin_coop.uom_piece', 'fupin_coop.uom_mu']
        for name in names:
            for other in names:
                if name == other:
                    continue
                with self.assertRaises(ValueError):
                    convert_price(
                        Decimal(1), get_unit(name), get_unit(other))

    @with_transaction()
    def test_units_valid(self):
        "Rate and factor of the units belong together"
        pool = Pool()
        Uom = pool.get('product.uom')
        Uom.check_factor_and_rate(Uom.search([]))

    @given(
        st.fractions(min_value=-10**6, max_value=10**6), st.integers(0, 6))
    def test_to_decimal(self, value, digits):
        "Rounding is never off by more than half a digit"
        result = to_decimal(value, digits)
        unit = Fraction(1, 10 ** digits)
        difference = abs(Fraction(result) - value)
        self.assertLessEqual(difference, unit / 2)
        self.assertEqual(-result.as_tuple().exponent, digits)
        if difference == unit / 2:
            self.assertGreater(abs(Fraction(result)), abs(value))


class GradeTestCase(unittest.TestCase):
    "The grades of a product"

    @with_transaction()
    def test_grades(self):
        "Grades belong to a product"
        product = create_product(grades="AB")
        create_product("西瓜", grades="A")
        self.assertEqual([g.code for g in product.grades], ['A', 'B'])
        self.assertEqual(
            [g.rec_name for g in product.template.grades], ['A级', 'B级'])

    @with_transaction()
    def test_code_unique(self):
        "A code stands once for a product"
        with self.assertRaises(SQLConstraintError):
            create_product(grades="AA")

    @with_transaction()
    def test_search(self):
        "Grades are found by product, code and name"
        pool = Pool()
        Grade = pool.get('fupin.product.grade')
        product = create_product(grades="AB")
        create_product("西瓜", grades="A")
        self.assertEqual(len(Grade.search([
                        ('template.products', '=', product.id)])), 2)
        self.assertEqual(len(Grade.search([('rec_name', '=', 'A')])), 2)
        self.assertEqual(len(Grade.search([('rec_name', '=', 'B级')])), 1)


# The thirteen relations of two intervals, the other one is day 10 to 20
RELATIONS = {
    'before': (1, 8),
    'meets': (1, 9),
    'overlaps': (5, 15),
    'starts': (10, 15),
    'during': (12, 18),
    'finishes': (15, 20),
    'equals': (10, 20),
    'finished by': (5, 20),
    'contains': (5, 25),
    'started by': (10, 25),
    'overlapped by': (15, 25),
    'met by': (21, 25),
    'after': (22, 28),
    }
ALLOWED = {'before', 'meets', 'met by', 'after'}


class PriceTestCase(unittest.TestCase):
    "The prices at which a cooperative buys"

    def create_price(self, company, product, **values):
        pool = Pool()
        Price = pool.get('fupin.price')
        values.setdefault('from_date', dt.date(2026, 1, 1))
        values.setdefault('price', Decimal('7.60'))
        values.setdefault('unit', product.default_uom.id)
        price, = Price.create([{
                    'company': company.id,
                    'product': product.id,
                    **values}])
        return price

    @with_transaction()
    def test_get(self):
        "The price of the grade on the date is found"
        pool = Pool()
        Price = pool.get('fupin.price')
        company = create_cooperative()
        with set_company(company):
            product = create_product(grades="AB")
            grade_a, grade_b = product.grades
            jin = get_unit('fupin_coop.uom_jin')
            first = self.create_price(
                company, product, grade=grade_a.id,
                to_date=dt.date(2026, 5, 31), floor_price=Decimal('6.50'))
            second = self.create_price(
                company, product, grade=grade_a.id,
                from_date=dt.date(2026, 6, 1), price=Decimal('3.50'),
                unit=jin.id)
            self.create_price(
                company, product, grade=grade_b.id, price=Decimal('5.00'))
            for date, unit, expected in [
                    (dt.date(2026, 1, 1), product.default_uom,
                        (Decimal('7.60'), Decimal('6.50'), first)),
                    (dt.date(2026, 5, 31), jin,
                        (Decimal('3.80'), Decimal('3.25'), first)),
                    (dt.date(2026, 6, 1), jin,
                        (Decimal('3.50'), None, second)),
                    (dt.date(2036, 1, 1), product.default_uom,
                        (Decimal('7.00'), None, second)),
                    ]:
                with self.subTest(date=date, unit=unit.rec_name):
                    self.assertEqual(Price.get(
                            company, product, grade_a, date, unit), expected)

    @with_transaction()
    def test_not_found(self):
        "Without price the message names product, grade and date"
        pool = Pool()
        Price = pool.get('fupin.price')
        company = create_cooperative()
        other = create_cooperative("示例西瓜专业合作社", number=1)
        with set_company(company):
            product = create_product(grades="AB")
            grade_a, grade_b = product.grades
            self.create_price(company, product, grade=grade_a.id,
                to_date=dt.date(2026, 5, 31))
            for company_, grade, date in [
                    (company, grade_b, dt.date(2026, 3, 1)),
                    (company, grade_a, dt.date(2025, 12, 31)),
                    (company, grade_a, dt.date(2026, 6, 1)),
                    (other, grade_a, dt.date(2026, 3, 1)),
                    ]:
                with self.assertRaises(PriceNotFoundError) as cm:
                    Price.get(company_, product, grade, date,
                        product.default_uom)
                self.assertIn(product.rec_name, cm.exception.message)
                self.assertIn(grade.rec_name, cm.exception.message)
                self.assertIn(str(date.year), cm.exception.message)
            with self.assertRaises(PriceNotFoundError):
                Price.find(company, product, None, dt.date(2026, 3, 1))

    @with_transaction()
    def test_relations(self):
        "Prices of the same product and grade do not overlap"
        company = create_cooperative()
        with set_company(company):
            product = create_product(grades="AB")
            grade_a, grade_b = product.grades
            ungraded = create_product("西瓜")

            def day(number):
                return dt.date(2026, 1, number) if number else None

            for grade, priced in [
                    (grade_a, product), (None, ungraded)]:
                other = self.create_price(
                    company, priced, grade=grade.id if grade else None,
                    from_date=day(10), to_date=day(20))
                for relation, (start, end) in RELATIONS.items():
                    with self.subTest(relation=relation, grade=grade):
                        self.check_relation(
                            company, priced, grade, day(start), day(end),
                            relation in ALLOWED, other)
                for relation, start, allowed in [
                        ('open, starts before', 5, False),
                        ('open, starts with', 10, False),
                        ('open, starts in', 20, False),
                        ('open, starts after', 21, True)]:
                    with self.subTest(relation=relation, grade=grade):
                        self.check_relation(
                            company, priced, grade, day(start), None,
                            allowed, other)
                other.to_date = None
                other.save()
                for relation, start, end, allowed in [
                        ('before open', 1, 9, True),
                        ('into open', 1, 10, False),
                        ('in open', 25, 28, False),
                        ('both open', 25, None, False),
                        ('both open, before', 1, None, False)]:
                    with self.subTest(relation=relation, grade=grade):
                        self.check_relation(
                            company, priced, grade, day(start), day(end),
                            allowed, other)

    def check_relation(
            self, company, product, grade, start, end, allowed, other):
        pool = Pool()
        Price = pool.get('fupin.price')

        def create():
            return self.create_price(
                company, product, grade=grade.id if grade else None,
                from_date=start, to_date=end)
        if allowed:
            Price.delete([create()])
        else:
            with self.assertRaises(PriceValidationError) as cm:
                create()
            self.assertIn(other.rec_name, cm.exception.message)
            self.assertEqual(
                Price.search([('product', '=', product.id)]), [other])

    @with_transaction()
    def test_no_overlap(self):
        "Grades, products and cooperatives have prices of their own"
        company = create_cooperative()
        other = create_cooperative("示例西瓜专业合作社", number=1)
        with without_check_access():
            product = create_product(grades="AB")
            grade_a, grade_b = product.grades
            self.create_price(company, product, grade=grade_a.id)
            self.create_price(company, product, grade=grade_b.id)
            self.create_price(other, product, grade=grade_a.id)
            self.create_price(company, create_product("西瓜"))

    @with_transaction()
    def test_write(self):
        "A price can not be moved onto another"
        company = create_cooperative()
        with set_company(company):
            product = create_product()
            first = self.create_price(
                company, product, to_date=dt.date(2026, 5, 31))
            self.create_price(
                company, product, from_date=dt.date(2026, 6, 1))
            first.to_date = dt.date(2026, 6, 1)
            with self.assertRaises(PriceValidationError):
                first.save()

    @with_transaction()
    def test_same_time(self):
        "The database refuses prices that were entered at the same time"
        pool = Pool()
        Price = pool.get('fupin.price')
        company = create_cooperative()
        with set_company(company):
            product = create_product()
            values = {
                'company': company.id,
                'product': product.id,
                'unit': product.default_uom.id,
                'price': Decimal(1),
                }
            with self.assertRaises(SQLConstraintError):
                Price.create([values, values])

    @with_transaction()
    def test_values(self):
        "Bad prices are refused with the product in the message"
        company = create_cooperative()
        with set_company(company):
            product = create_product()
            for values, message in [
                    ({'price': Decimal(0)}, "above zero"),
                    ({'price': Decimal('-1')}, "above zero"),
                    ({'floor_price': Decimal('-0.01')}, "zero or more"),
                    ({'floor_price': Decimal('7.61')}, "above its price"),
                    ]:
                with self.subTest(**values):
                    with self.assertRaises(PriceValidationError) as cm:
                        self.create_price(company, product, **values)
                    self.assertIn(message, cm.exception.message)
                    self.assertIn(product.rec_name, cm.exception.message)
            price = self.create_price(
                company, product, floor_price=Decimal('7.60'))
            price.price = Decimal('7.59')
            with self.assertRaises(PriceValidationError):
                price.save()

    @with_transaction()
    def test_graded(self):
        "A graded product is priced by grade, in a unit of its kind"
        company = create_cooperative()
        with set_company(company):
            product = create_product(grades="A")
            other = create_product("西瓜", grades="A")
            for values in [
                    {},
                    {'grade': other.grades[0].id},
                    {'grade': product.grades[0].id,
                        'unit': get_unit('fupin_coop.uom_bag').id},
                    ]:
                with self.assertRaises(UserError):
                    self.create_price(company, product, **values)


if __name__ == '__main__':
    unittest.main()
