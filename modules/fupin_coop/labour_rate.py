# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql.operators import Equal

from trytond.i18n import gettext
from trytond.model import (
    Check, DeactivableMixin, Exclude, Index, ModelSQL, ModelView, Unique,
    fields)
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.modules.product import price_digits
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.sql.functions import DateRange
from trytond.sql.operators import RangeOverlap
from trytond.transaction import Transaction

from .exceptions import LabourRateError, LabourRateNotFoundError

UNITS = [
    ('day', "Day"),
    ('hour', "Hour"),
    ('month', "Month"),
    ('piece', "Piece"),
    ('thousand', "Thousand Pieces"),
    ]
# what the work is for
PURPOSES = [
    ('production', "Own Production"),
    ('construction', "Construction"),
    ('operation', "Operation"),
    ('management', "Management"),
    ]


class LabourTask(DeactivableMixin, ModelSQL, ModelView):
    "A kind of work that a cooperative pays for"
    __name__ = 'fupin.labour.task'
    __string__ = "Kind of Work"

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    name = fields.Char("Name", required=True)
    unit = fields.Selection(
        UNITS, "Paid per", required=True, sort=False,
        states={
            'readonly': Bool(Eval('rates', [])) & (Eval('id', -1) >= 0),
            },
        help="By what the work is counted.")
    unit_string = unit.translated('unit')
    purpose = fields.Selection(
        PURPOSES, "Purpose", required=True, sort=False,
        help="What the work is for: own production (141 or 401), "
        "construction (153), operation (521) or management (523).")
    product = fields.Many2One(
        'product.product', "Product", ondelete='RESTRICT',
        domain=[
            ('type', '=', 'goods'),
            ],
        states={
            'invisible': Eval('purpose') != 'production',
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="What is produced; leave it empty for work that is common to "
        "several products.")
    rates = fields.One2Many(
        'fupin.labour.rate', 'task', "Rates",
        help="What one unit is paid by date.")
    rate = fields.Function(fields.Numeric(
            "Rate", digits=price_digits, help="The rate of today."),
        'get_rate')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('company', 'ASC'), ('name', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('name_unique', Unique(t, t.company, t.name),
                'fupin_coop.msg_labour_task_unique'),
            ]

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_unit(cls):
        return 'day'

    @classmethod
    def default_purpose(cls):
        return 'production'

    @fields.depends('purpose')
    def on_change_purpose(self):
        if self.purpose != 'production':
            self.product = None

    def get_rate(self, name):
        Date = Pool().get('ir.date')
        today = Date.today()
        for rate in self.rates:
            if rate.is_valid(today):
                return rate.rate

    def find_rate(self, date):
        """Return the rate record of the date.

        LabourRateNotFoundError if nothing was agreed for it."""
        for rate in self.rates:
            if rate.is_valid(date):
                return rate
        raise LabourRateNotFoundError(gettext(
                'fupin_coop.msg_labour_rate_not_found',
                task=self.rec_name, date=date))

    @classmethod
    def check_modification(cls, mode, tasks, values=None, external=False):
        Line = Pool().get('fupin.labour.line')
        super().check_modification(
            mode, tasks, values=values, external=external)
        if mode == 'write' and values.keys() & {'unit', 'company'}:
            used = Line.search([
                    ('task', 'in', [t.id for t in tasks]),
                    ], limit=1)
            if used:
                raise AccessError(gettext(
                        'fupin_coop.msg_labour_task_used',
                        task=used[0].task.rec_name))

    @classmethod
    def copy(cls, tasks, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('rates')
        default.setdefault('name', lambda data: gettext(
                'fupin_coop.msg_labour_task_copy', name=data['name']))
        return super().copy(tasks, default=default)


class LabourRate(ModelSQL, ModelView):
    "What one unit of a kind of work is paid from date to date"
    __name__ = 'fupin.labour.rate'
    __string__ = "Labour Rate"

    task = fields.Many2One(
        'fupin.labour.task', "Kind of Work", required=True,
        ondelete='CASCADE')
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    from_date = fields.Date(
        "From", required=True,
        domain=[
            If(Eval('to_date'),
                ('from_date', '<=', Eval('to_date', None)),
                ()),
            ])
    to_date = fields.Date("To", help="The last day; leave it empty until "
        "further notice.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    rate = Monetary(
        "Rate", currency='currency', digits=price_digits, required=True,
        domain=[
            ('rate', '>', 0),
            ],
        help="What one unit is paid.")
    document = fields.Char(
        "Document", help="The resolution or notice that fixes the rate.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('task')
        cls._order = [('task', 'ASC'), ('from_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('dates_overlap', Exclude(t,
                    (t.task, Equal),
                    (DateRange(t.from_date, t.to_date, '[]'), RangeOverlap)),
                'fupin_coop.msg_labour_rate_overlap'),
            ('rate_positive', Check(t, t.rate > 0),
                'fupin_coop.msg_labour_rate_positive'),
            ]
        cls._sql_indexes.add(Index(t, (t.task, Index.Equality())))

    @classmethod
    def default_from_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @fields.depends('task', '_parent_task.company')
    def on_change_with_company(self, name=None):
        return self.task.company if self.task else None

    @classmethod
    def search_company(cls, name, clause):
        return [('task.' + clause[0], *clause[1:])]

    @fields.depends('task', '_parent_task.company')
    def on_change_with_currency(self, name=None):
        if self.task and self.task.company:
            return self.task.company.currency

    def get_rec_name(self, name):
        return f'{self.task.rec_name} {self.from_date}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('task.rec_name', *clause[1:])]

    def is_valid(self, date):
        return (self.from_date <= date
            and (self.to_date is None or date <= self.to_date))

    @classmethod
    def check_modification(cls, mode, rates, values=None, external=False):
        Line = Pool().get('fupin.labour.line')
        super().check_modification(
            mode, rates, values=values, external=external)
        if mode == 'delete' or (
                mode == 'write'
                and values.keys() & {'rate', 'from_date', 'task'}):
            used = Line.search([
                    ('rate_record', 'in', [r.id for r in rates]),
                    ('sheet.state', '!=', 'draft'),
                    ], limit=1)
            if used:
                raise AccessError(gettext(
                        'fupin_coop.msg_labour_rate_used',
                        rate=used[0].rate_record.rec_name,
                        sheet=used[0].sheet.full_name))
        if mode == 'write' and values.get('to_date'):
            used = Line.search([
                    ('rate_record', 'in', [r.id for r in rates]),
                    ('sheet.state', '!=', 'draft'),
                    ('date', '>', values['to_date']),
                    ], limit=1)
            if used:
                raise LabourRateError(gettext(
                        'fupin_coop.msg_labour_rate_used',
                        rate=used[0].rate_record.rec_name,
                        sheet=used[0].sheet.full_name))
