# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.company.company import TIMEZONES
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateAction, StateView, Wizard

from .company import CREDIT_CODE_TYPE
from .exceptions import CreditCodeValidationError

# 农民专业合作社法 is in force since then
FIRST_YEAR = 2007
# Records of the base modules whose code is English and not translatable, and
# what stands for it in Chinese. A location shows its code before its name.
CODES = {
    ('account.journal', 'account', 'journal_cash'): ('CASH', "现"),
    ('account.journal', 'account', 'journal_currency_exchange'): ('EXC', "汇"),
    ('account.journal', 'account', 'journal_expense'): ('EXP', "费"),
    ('account.journal', 'account', 'journal_miscellaneous'): ('MISC', "转"),
    ('account.journal', 'account', 'journal_revenue'): ('REV', "收"),
    ('account.journal', 'account', 'journal_stock'): ('STO', "库"),
    ('stock.location', 'stock', 'location_customer'): ('CUS', None),
    ('stock.location', 'stock', 'location_input'): ('IN', None),
    ('stock.location', 'stock', 'location_output'): ('OUT', None),
    ('stock.location', 'stock', 'location_storage'): ('STO', None),
    ('stock.location', 'stock', 'location_supplier'): ('SUP', None),
    ('stock.location', 'stock', 'location_warehouse'): ('WH', None),
    }


class Company(metaclass=PoolMeta):
    __name__ = 'company.company'

    @classmethod
    def create_cooperative(cls, name, credit_code, years):
        """Create a cooperative that is ready to keep its books.

        It gets the chart, the calendar fiscal years, the sequences, the ways
        to be paid and to pay and a warehouse. Users are not touched."""
        pool = Pool()
        Configuration = pool.get('ir.configuration')
        years = sorted(set(years))
        with without_check_access(), \
                Transaction().set_context(
                    language=Configuration.get_language(), company=None):
            code = cls.check_credit_code(name, credit_code, cooperative=True)
            # Two administrators may enter the same licence at once
            cls.lock()
            cls._set_codes()
            company = cls(
                party=cls._get_cooperative_party(name, code),
                currency=cls._get_cooperative_currency(),
                cooperative=True,
                credit_code=code)
            if ('Asia/Shanghai', 'Asia/Shanghai') in TIMEZONES:
                company.timezone = 'Asia/Shanghai'
            company.save()
            with Transaction().set_context(company=company.id):
                company._create_chart()
                for year in years:
                    cls.create_cooperative_fiscalyear(company, year)
                company._create_payment_methods()
                company.warehouse = company._create_warehouse()
                company.save()
        return cls(company.id)

    @classmethod
    def _set_codes(cls):
        "Replace the English codes of shared records"
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        if not Transaction().language.startswith('zh'):
            return
        for (model, module, xml_id), (english, code) in CODES.items():
            Model = pool.get(model)
            record = Model(ModelData.get_id(module, xml_id))
            if record.code == english:
                record.code = code
                record.save()

    @classmethod
    def _get_cooperative_party(cls, name, code):
        pool = Pool()
        Identifier = pool.get('party.identifier')
        Lang = pool.get('ir.lang')
        Party = pool.get('party.party')
        # The cooperative may already be known as somebody's customer
        identifiers = Identifier.search([
                ('type', '=', CREDIT_CODE_TYPE),
                ('code_compact', '=', code),
                ], limit=1)
        if identifiers:
            identifier, = identifiers
            others = cls.search([('party', '=', identifier.party.id)])
            if others:
                other, = others
                raise CreditCodeValidationError(
                    gettext('fupin_coop.msg_credit_code_unique',
                        code=code, company=name, other=other.rec_name))
            return identifier.party
        lang, = Lang.search([
                ('code', '=', Transaction().language),
                ], limit=1)
        party = Party(name=name, lang=lang)
        party.save()
        return party

    @classmethod
    def _get_cooperative_currency(cls):
        pool = Pool()
        Currency = pool.get('currency.currency')
        currencies = Currency.search([('code', '=', 'CNY')], limit=1)
        if currencies:
            currency, = currencies
        else:
            currency = Currency(
                name=gettext('fupin_coop.msg_setup_currency'),
                code='CNY', numeric_code='156')
        # The import of currencies brings it without symbol
        if not getattr(currency, 'symbol', None):
            currency.symbol = '¥'
            currency.save()
        return currency

    def _create_chart(self):
        pool = Pool()
        AccountTemplate = pool.get('account.account.template')
        CreateChart = pool.get('account.create_chart', type='wizard')
        ModelData = pool.get('ir.model.data')
        session_id, _, _ = CreateChart.create()
        wizard = CreateChart(session_id)
        wizard.account.company = self
        wizard.account.account_template = AccountTemplate(
            ModelData.get_id('fupin_coop', 'account_template_root'))
        wizard.transition_create_account()
        for name, value in wizard.default_properties(None).items():
            setattr(wizard.properties, name, value)
        wizard.transition_create_properties()
        CreateChart.delete(session_id)

    @classmethod
    def create_cooperative_fiscalyear(cls, company, year):
        """Create the fiscal year with its months and sequences.

        37号 art. 6: the fiscal year is the calendar year."""
        pool = Pool()
        FiscalYear = pool.get('account.fiscalyear')
        InvoiceSequence = pool.get('account.fiscalyear.invoice_sequence')
        out_sequence = cls._create_sequence(
            company, year, 'account_invoice', 'sequence_type_account_invoice',
            gettext('fupin_coop.msg_setup_customer_invoice', year=year),
            'S%s-' % year)
        in_sequence = cls._create_sequence(
            company, year, 'account_invoice', 'sequence_type_account_invoice',
            gettext('fupin_coop.msg_setup_supplier_invoice', year=year),
            'P%s-' % year)
        fiscalyear = FiscalYear(
            name=str(year),
            company=company,
            start_date=dt.date(year, 1, 1),
            end_date=dt.date(year, 12, 31),
            account_stock_method='continental',
            move_sequence=cls._create_sequence(
                company, year, 'account', 'sequence_type_account_move',
                gettext('fupin_coop.msg_setup_move', year=year),
                '%s-' % year),
            invoice_sequences=[InvoiceSequence(
                    company=company,
                    out_invoice_sequence=out_sequence,
                    out_credit_note_sequence=out_sequence,
                    in_invoice_sequence=in_sequence,
                    in_credit_note_sequence=in_sequence)])
        fiscalyear.save()
        FiscalYear.create_period([fiscalyear])
        return fiscalyear

    @classmethod
    def _create_sequence(cls, company, year, module, type_, name, prefix):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        Sequence = pool.get('ir.sequence.strict')
        sequence = Sequence(
            name=name,
            sequence_type=ModelData.get_id(module, type_),
            company=company,
            prefix=prefix,
            padding=5)
        sequence.save()
        return sequence

    def _create_payment_methods(self):
        "Create the ways to be paid for invoices and to pay members"
        pool = Pool()
        Configuration = pool.get('account.configuration')
        ModelData = pool.get('ir.model.data')
        PaymentJournal = pool.get('account.payment.journal')
        PaymentMethod = pool.get('account.invoice.payment.method')
        cash = Configuration.get_cooperative_account('cash', self)
        bank = Configuration.get_cooperative_account('bank', self)
        bank_journal = ModelData.get_id('fupin_coop', 'journal_bank')
        PaymentMethod.save([
                PaymentMethod(
                    company=self,
                    name=gettext('fupin_coop.msg_setup_cash'),
                    journal=ModelData.get_id('account', 'journal_cash'),
                    credit_account=cash,
                    debit_account=cash),
                PaymentMethod(
                    company=self,
                    name=gettext('fupin_coop.msg_setup_bank'),
                    journal=bank_journal,
                    credit_account=bank,
                    debit_account=bank),
                ])
        PaymentJournal.save([
                PaymentJournal(
                    company=self,
                    name=gettext('fupin_coop.msg_setup_payment_journal'),
                    currency=self.currency,
                    process_method='bank_file',
                    clearing_account=bank,
                    clearing_journal=bank_journal),
                PaymentJournal(
                    company=self,
                    name=gettext('fupin_coop.msg_setup_payment_journal_cash'),
                    currency=self.currency,
                    process_method='cash',
                    clearing_account=cash,
                    clearing_journal=ModelData.get_id(
                        'account', 'journal_cash')),
                ])

    def _create_warehouse(self):
        """Create a warehouse of one location.

        A cooperative receives, stores and ships at the same place: goods are
        not moved between zones."""
        pool = Pool()
        Location = pool.get('stock.location')
        ModelData = pool.get('ir.model.data')
        storage = Location(
            name=gettext('fupin_coop.msg_setup_storage'),
            type='storage',
            company=self)
        storage.save()
        warehouse = Location(
            name=gettext('fupin_coop.msg_setup_warehouse',
                company=self.party.name),
            type='warehouse',
            company=self,
            storage_location=storage,
            input_location=storage,
            output_location=storage,
            lost_found_location=ModelData.get_id(
                'stock', 'location_lost_found'))
        warehouse.save()
        return warehouse


class RenewFiscalYear(metaclass=PoolMeta):
    __name__ = 'account.fiscalyear.renew'

    def create_fiscalyear(self):
        pool = Pool()
        Sequence = pool.get('ir.sequence.strict')
        fiscalyear = super().create_fiscalyear()
        previous = self.start.previous_fiscalyear
        if fiscalyear.company.cooperative and self.start.reset_sequences:
            # The numbers of a cooperative name their year
            sequences = {fiscalyear.move_sequence}
            for invoice_sequence in fiscalyear.invoice_sequences:
                for name in self.invoice_sequence_fields:
                    sequences.add(getattr(invoice_sequence, name))
            for sequence in sequences:
                sequence.prefix = (sequence.prefix or '').replace(
                    previous.name, fiscalyear.name)
            Sequence.save(list(sequences))
        return fiscalyear


class CreateCooperativeStart(ModelView):
    __name__ = 'fupin.cooperative.create.start'
    __string__ = "Create Cooperative"

    name = fields.Char(
        "Name", required=True,
        help="The full name on the business licence.")
    credit_code = fields.Char(
        "Unified Social Credit Code", required=True,
        help="The 18 characters on the business licence.")
    start_year = fields.Integer(
        "Start Year", required=True,
        domain=[
            ('start_year', '>=', FIRST_YEAR),
            ('start_year', '<=', Eval('current_year', 0)),
            ],
        help="The first year for which the books are kept here.")
    current_year = fields.Integer("Current Year", readonly=True)

    @classmethod
    def default_start_year(cls):
        return cls.default_current_year()

    @classmethod
    def default_current_year(cls):
        pool = Pool()
        Date = pool.get('ir.date')
        return Date.today().year


class CreateCooperative(Wizard):
    __name__ = 'fupin.cooperative.create'

    start = StateView('fupin.cooperative.create.start',
        'fupin_coop.create_cooperative_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Create", 'create_', 'tryton-ok', default=True),
            ])
    create_ = StateAction('company.act_company_list')

    def do_create_(self, action):
        pool = Pool()
        Company = pool.get('company.company')
        Date = pool.get('ir.date')
        User = pool.get('res.user')
        company = Company.create_cooperative(
            self.start.name, self.start.credit_code,
            range(self.start.start_year, Date.today().year + 1))
        # The user sees nothing of a company that is not one of his own
        user = User(Transaction().user)
        if user.id:
            values = {'companies': [('add', [company.id])]}
            if not user.company:
                values['company'] = company.id
            with without_check_access():
                User.write([user], values)
        action['views'].reverse()
        return action, {'res_id': company.id}
