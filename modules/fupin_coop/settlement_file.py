# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .exceptions import BankFileRefusedError

BANK_FILE_FORMATS = [
    ('csv-utf-8', "CSV (UTF-8)"),
    ('csv-gb18030', "CSV (GB18030)"),
    ('xlsx', "Excel (XLSX)"),
    ]


class SettlementFile(ModelSQL, ModelView):
    "A file that went to the bank or came from it"
    __name__ = 'fupin.settlement.file'
    __string__ = "Settlement File"

    settlement = fields.Many2One(
        'fupin.settlement', "Settlement", required=True, readonly=True,
        ondelete='RESTRICT')
    company = fields.Many2One(
        'company.company', "Company", required=True, readonly=True,
        ondelete='RESTRICT')
    kind = fields.Selection([
            ('export', "Bank File"),
            ('result', "Result File"),
            ], "Kind", required=True, readonly=True, sort=False)
    name = fields.Char("File Name", required=True, readonly=True)
    content = fields.Binary("File", filename='name', readonly=True)
    digest = fields.Char("Digest", readonly=True)
    count = fields.Integer("Payments", readonly=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True)
    user = fields.Function(
        fields.Many2One('res.user', "User"), 'get_user')
    time = fields.Function(fields.Timestamp("Time"), 'get_time')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('settlement')
        cls._order = [('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('digest_unique', Unique(t, t.company, t.digest),
                'fupin_coop.msg_settlement_file_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.settlement, Index.Equality())),
                })

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    def get_user(self, name):
        return self.create_uid.id if self.create_uid else None

    def get_time(self, name):
        return self.create_date

    @classmethod
    def preprocess_values(cls, mode, values):
        Settlement = Pool().get('fupin.settlement')
        values = super().preprocess_values(mode, values)
        if mode == 'create' and values.get('settlement'):
            values['company'] = Settlement(values['settlement']).company.id
        return values

    @classmethod
    def check_modification(cls, mode, files, values=None, external=False):
        super().check_modification(
            mode, files, values=values, external=external)
        if external or mode != 'create':
            raise AccessError(gettext('fupin_coop.msg_settlement_file_modify'))

    @classmethod
    def copy(cls, files, default=None):
        if files:
            raise AccessError(
                gettext('fupin_coop.msg_settlement_file_modify'))
        return super().copy(files, default=default)

    @classmethod
    def check_twice(cls, company, digest):
        "BankFileRefusedError if the company has imported the same file"
        same = cls.search([
                ('company', '=', company.id),
                ('digest', '=', digest),
                ], limit=1)
        if same:
            file, = same
            raise BankFileRefusedError(gettext(
                    'fupin_coop.msg_bank_file_twice',
                    settlement=file.settlement.rec_name,
                    file=file.name,
                    time=file.time))


class ExportStart(ModelView):
    __name__ = 'fupin.settlement.export.start'
    __string__ = "Export Bank File"

    format = fields.Selection(
        BANK_FILE_FORMATS, "Format", required=True, sort=False)

    @classmethod
    def default_format(cls):
        return BANK_FILE_FORMATS[0][0]


class ExportResult(ModelView):
    __name__ = 'fupin.settlement.export.result'
    __string__ = "Export Bank File"

    file = fields.Binary("File", filename='name', readonly=True)
    name = fields.Char("File Name", readonly=True)
    count = fields.Integer("Payments", readonly=True)
    currency = fields.Many2One('currency.currency', "Currency")
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True)


class Export(Wizard):
    __name__ = 'fupin.settlement.export'

    start = StateView(
        'fupin.settlement.export.start',
        'fupin_coop.settlement_export_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Export", 'export', 'tryton-ok', default=True),
            ])
    export = StateTransition()
    result = StateView(
        'fupin.settlement.export.result',
        'fupin_coop.settlement_export_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def transition_export(self):
        file = self.record.export(self.start.format)
        self.result.file = file.content
        self.result.name = file.name
        self.result.count = file.count
        self.result.currency = file.currency
        self.result.amount = file.amount
        return 'result'

    def default_result(self, fields):
        result = self.result
        # The session does not keep the account numbers
        content, result.file = result.file, None
        return {
            'file': content,
            'name': result.name,
            'count': result.count,
            'currency': result.currency.id,
            'amount': result.amount,
            }


class ImportStart(ModelView):
    __name__ = 'fupin.settlement.import.start'
    __string__ = "Import Results"

    file = fields.Binary(
        "File", filename='name', required=True,
        help="The bank's result file: CSV in UTF-8 or GB18030, or XLSX.")
    name = fields.Char("File Name")
    date = fields.Date(
        "Date", required=True, help="The day on which the bank paid.")

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()


class ImportResult(ModelView):
    __name__ = 'fupin.settlement.import.result'
    __string__ = "Import Results"

    paid = fields.Integer("Payments Paid", readonly=True)
    failed = fields.Integer("Payments Failed", readonly=True)
    currency = fields.Many2One('currency.currency', "Currency")
    amount_paid = Monetary(
        "Paid", currency='currency', digits='currency', readonly=True)
    amount_failed = Monetary(
        "Failed", currency='currency', digits='currency', readonly=True)


class Import(Wizard):
    __name__ = 'fupin.settlement.import'

    start = StateView(
        'fupin.settlement.import.start',
        'fupin_coop.settlement_import_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Import", 'import_', 'tryton-ok', default=True),
            ])
    import_ = StateTransition()
    result = StateView(
        'fupin.settlement.import.result',
        'fupin_coop.settlement_import_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def transition_import_(self):
        self.record.import_results(
            self.start.file,
            self.start.name or gettext(
                'fupin_coop.msg_settlement_result_file'),
            self.start.date)
        self.start.file = None
        return 'result'

    def default_result(self, fields):
        # Read anew what the import has changed
        settlement = self.model(self.record.id)
        states = [line.state for line in settlement.lines]
        return {
            'paid': states.count('succeeded'),
            'failed': states.count('failed'),
            'currency': settlement.currency.id,
            'amount_paid': settlement.amount_paid,
            'amount_failed': settlement.amount_failed,
            }
