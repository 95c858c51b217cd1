# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id, If
from trytond.transaction import Transaction, without_check_access

from .exceptions import ChartMissingError

# The accounts of 财会〔2021〕37号 that documents post to
ACCOUNT_CODES = {
    'cash': '101',
    'bank': '102',
    'receivable': '113',
    'member_receivable': '11401',
    'member_payable': '11402',
    'stock': '121',
    'agency_stock': '127',
    'commission_stock': '128',
    'payable': '211',
    'revenue': '501',
    'expense': '521',
    }
member_receivable_domain = [
    ('closed', '!=', True),
    ('type.receivable', '=', True),
    ('party_required', '=', True),
    ]
member_payable_domain = [
    ('closed', '!=', True),
    ('type.payable', '=', True),
    ('party_required', '=', True),
    ]
stock_domain = [
    ('closed', '!=', True),
    ('type.stock', '=', True),
    ('type.statement', '=', 'balance'),
    ]
stock_expense_domain = [
    ('closed', '!=', True),
    ('type.stock', '=', True),
    ('type.statement', '=', 'income'),
    ]


def account_field(string, domain, company):
    return fields.Many2One(
        'account.account', string,
        domain=domain + [('company', '=', company)])


def configuration_field(string, domain):
    return fields.MultiValue(account_field(
            string, domain, Eval('context', {}).get('company', -1)))


def company_field(string, domain):
    return account_field(string, domain, Eval('company', -1))


class Configuration(metaclass=PoolMeta):
    __name__ = 'account.configuration'

    member_receivable = configuration_field(
        "Member Receivable Account", member_receivable_domain)
    member_payable = configuration_field(
        "Member Payable Account", member_payable_domain)
    commission_stock = configuration_field(
        "Commission Stock Account", stock_domain)
    default_category_account_stock = configuration_field(
        "Default Account Stock", stock_domain)
    default_category_account_stock_in = configuration_field(
        "Default Account Stock IN", stock_expense_domain)
    default_category_account_stock_out = configuration_field(
        "Default Account Stock OUT", stock_expense_domain)
    delivery_journal = fields.MultiValue(fields.Many2One(
            'account.journal', "Delivery Journal",
            domain=[
                ('type', 'in', ['general', 'expense']),
                ]))

    @classmethod
    def multivalue_model(cls, field):
        pool = Pool()
        if field in {
                'member_receivable', 'member_payable', 'commission_stock',
                'default_category_account_stock',
                'default_category_account_stock_in',
                'default_category_account_stock_out'}:
            return pool.get('account.configuration.default_account')
        elif field == 'delivery_journal':
            return pool.get('account.configuration.journal')
        return super().multivalue_model(field)

    @classmethod
    def default_member_receivable(cls, **pattern):
        return cls._default_account('member_receivable', **pattern)

    @classmethod
    def default_member_payable(cls, **pattern):
        return cls._default_account('member_payable', **pattern)

    @classmethod
    def default_commission_stock(cls, **pattern):
        return cls._default_account('commission_stock', **pattern)

    @classmethod
    def default_default_category_account_stock(cls, **pattern):
        return cls._default_account('stock', **pattern)

    @classmethod
    def default_default_category_account_stock_in(cls, **pattern):
        return cls._default_account('expense', **pattern)

    @classmethod
    def default_default_category_account_stock_out(cls, **pattern):
        return cls._default_account('expense', **pattern)

    @classmethod
    def default_delivery_journal(cls, **pattern):
        return cls.multivalue_model(
            'delivery_journal').default_delivery_journal()

    @classmethod
    def _default_account(cls, name, company=None, **pattern):
        if company is None:
            company = Transaction().context.get('company')
        account = cls._find_chart_account(ACCOUNT_CODES[name], company)
        return account.id if account else None

    @classmethod
    def _find_chart_account(cls, code, company):
        """Return the account of the company made from the statutory one.

        It is found by the template, so a cooperative may renumber or rename
        its own account."""
        pool = Pool()
        Account = pool.get('account.account')
        ModelData = pool.get('ir.model.data')
        if company is None:
            return None
        try:
            template = ModelData.get_id(
                'fupin_coop', 'account_template_%s' % code)
        except KeyError:
            return None
        # A document posts to the account of its company whatever the
        # current company of the user is
        with without_check_access():
            accounts = Account.search([
                    ('template', '=', template),
                    ('company', '=', int(company)),
                    ('closed', '!=', True),
                    ], limit=1)
        return Account(accounts[0].id) if accounts else None

    @classmethod
    def get_chart_account(cls, code, company):
        "Return the account of the statutory code or say how to get it"
        pool = Pool()
        Company = pool.get('company.company')
        account = cls._find_chart_account(code, company)
        if not account:
            raise ChartMissingError(
                gettext('fupin_coop.msg_chart_account_missing',
                    account=code,
                    company=Company(int(company)).rec_name
                    if company is not None else ''))
        return account

    @classmethod
    def get_cooperative_account(cls, name, company):
        """Return the account that documents of the company post to.

        The name is a key of ACCOUNT_CODES. What is configured wins over the
        chart."""
        account = None
        if (company is not None
                and isinstance(cls._fields.get(name), fields.MultiValue)):
            account = cls(1).get_multivalue(name, company=int(company))
        if not account:
            account = cls.get_chart_account(ACCOUNT_CODES[name], company)
        return account

    @classmethod
    def get_delivery_journal(cls, company):
        "Return the journal in which deliveries of the company are booked"
        journal = cls(1).get_multivalue(
            'delivery_journal', company=int(company))
        if not journal:
            pool = Pool()
            Journal = pool.get('account.journal')
            journal = Journal(cls.default_delivery_journal())
        return journal


class ConfigurationDefaultAccount(metaclass=PoolMeta):
    __name__ = 'account.configuration.default_account'

    member_receivable = company_field(
        "Member Receivable Account", member_receivable_domain)
    member_payable = company_field(
        "Member Payable Account", member_payable_domain)
    commission_stock = company_field(
        "Commission Stock Account", stock_domain)
    default_category_account_stock = company_field(
        "Default Account Stock", stock_domain)
    default_category_account_stock_in = company_field(
        "Default Account Stock IN", stock_expense_domain)
    default_category_account_stock_out = company_field(
        "Default Account Stock OUT", stock_expense_domain)


class ConfigurationJournal(metaclass=PoolMeta):
    __name__ = 'account.configuration.journal'

    delivery_journal = fields.Many2One(
        'account.journal', "Delivery Journal",
        domain=[
            ('type', 'in', ['general', 'expense']),
            ],
        context={
            'company': Eval('company', -1),
            },
        depends={'company'})

    @classmethod
    def default_delivery_journal(cls):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        return ModelData.get_id('fupin_coop', 'journal_delivery')


class CreateChartAccount(metaclass=PoolMeta):
    __name__ = 'account.create_chart.account'

    cooperative = fields.Boolean("Cooperative", states={'invisible': True})

    @classmethod
    def __setup__(cls):
        super().__setup__()
        # The law leaves a cooperative no choice of the chart
        cls.account_template.domain = [
            cls.account_template.domain,
            If(Eval('cooperative', False),
                ('id', '=', Id('fupin_coop', 'account_template_root')),
                ()),
            ]

    @classmethod
    def default_account_template(cls):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        return ModelData.get_id('fupin_coop', 'account_template_root')

    @fields.depends('company')
    def on_change_with_cooperative(self):
        return bool(self.company and self.company.cooperative)


class CreateChartProperties(metaclass=PoolMeta):
    __name__ = 'account.create_chart.properties'

    member_receivable = company_field(
        "Member Receivable Account", member_receivable_domain)
    member_payable = company_field(
        "Member Payable Account", member_payable_domain)
    commission_stock = company_field(
        "Commission Stock Account", stock_domain)
    category_account_stock = company_field(
        "Default Account Stock", stock_domain)
    category_account_stock_in = company_field(
        "Default Account Stock IN", stock_expense_domain)
    category_account_stock_out = company_field(
        "Default Account Stock OUT", stock_expense_domain)


class CreateChart(metaclass=PoolMeta):
    __name__ = 'account.create_chart'

    def default_properties(self, fields):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        ModelData = pool.get('ir.model.data')
        defaults = super().default_properties(fields)
        template = ModelData.get_id('fupin_coop', 'account_template_root')
        if self.account.account_template.id == template:
            # The chart has more than one account of each kind
            for field, name in [
                    ('account_receivable', 'receivable'),
                    ('account_payable', 'payable'),
                    ('category_account_revenue', 'revenue'),
                    ('category_account_expense', 'expense'),
                    ('category_account_stock', 'stock'),
                    ('category_account_stock_in', 'expense'),
                    ('category_account_stock_out', 'expense'),
                    ('member_receivable', 'member_receivable'),
                    ('member_payable', 'member_payable'),
                    ('commission_stock', 'commission_stock'),
                    ]:
                defaults[field] = Configuration.get_chart_account(
                    ACCOUNT_CODES[name], self.account.company).id
        return defaults

    def transition_create_properties(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        state = super().transition_create_properties()
        with Transaction().set_context(company=self.properties.company.id):
            config = Configuration(1)
            for name in [
                    'member_receivable', 'member_payable',
                    'commission_stock']:
                setattr(config, name, getattr(self.properties, name, None))
            for name in [
                    'category_account_stock', 'category_account_stock_in',
                    'category_account_stock_out']:
                setattr(config, 'default_%s' % name,
                    getattr(self.properties, name, None))
            config.save()
        return state
