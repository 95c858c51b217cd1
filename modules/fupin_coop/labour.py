# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from collections import defaultdict
from decimal import Decimal

from sql.aggregate import Sum

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.modules.product import price_digits
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, Id, If
from trytond.transaction import Transaction

from .configuration import default_sequence
from .document import DRAFT, DocumentMixin, wait_for
from .exact_sum import to_amount, to_cents
from .exceptions import (
    LabourError, LabourHouseholdWarning, LabourLineError,
    LabourRateNotFoundError)
from .labour_rate import PURPOSES, UNITS
from .labour_worker import CODES, KINDS
from .pay import PayError, pay

ZERO = Decimal('0.00')
# by what the work is for; own production goes by the product
ACCOUNTS = {
    'production': '401',
    'construction': '153',
    'operation': '521',
    'management': '523',
    }


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    labour_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Pay Sheet Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_labour')),
                ],
            help="Used to generate the number of a pay sheet; "
            "it leaves no gaps."))

    default_labour_sequence = default_sequence('sequence_labour')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'labour_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['labour_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    labour_sequence = fields.Many2One(
        'ir.sequence.strict', "Pay Sheet Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=', Id('fupin_coop', 'sequence_type_labour')),
            ])

    default_labour_sequence = default_sequence('sequence_labour')


class Labour(DocumentMixin):
    "What a cooperative owes for the work of a period"
    __name__ = 'fupin.labour'
    __string__ = "Pay Sheet"

    _sequence_name = 'labour_sequence'

    from_date = fields.Date(
        "Work from", required=True,
        domain=[
            If(Eval('from_date') & Eval('to_date'),
                ('from_date', '<=', Eval('to_date', None)),
                ()),
            ],
        states=DRAFT)
    to_date = fields.Date(
        "Work until", required=True,
        domain=[
            If(Eval('date') & Eval('to_date'),
                ('to_date', '<=', Eval('date', None)),
                ()),
            ],
        states=DRAFT, help="Nothing is paid before it is done.")
    lines = fields.One2Many(
        'fupin.labour.line', 'sheet', "Lines", states=DRAFT)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = fields.Function(Monetary(
            "Amount", currency='currency', digits='currency'),
        'get_amount')
    comment = fields.Char("Comment", states=DRAFT)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update({
                'gather': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_from_date(cls):
        Date = Pool().get('ir.date')
        return Date.today().replace(day=1)

    @classmethod
    def default_to_date(cls):
        return cls.default_date()

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @classmethod
    def get_amount(cls, sheets, name):
        Line = Pool().get('fupin.labour.line')
        cursor = Transaction().connection.cursor()
        line = Line.__table__()
        amounts = {s.id: ZERO for s in sheets}
        cursor.execute(*line.select(
                line.sheet, Sum(to_cents(line.amount)),
                where=fields.SQL_OPERATORS['in'](line.sheet, list(amounts)),
                group_by=[line.sheet]))
        for id_, cents in cursor:
            amounts[id_] = to_amount(cents)
        return amounts

    # Attendance

    @classmethod
    @ModelView.button
    def gather(cls, sheets):
        """Add lines for the attendance of the period that no sheet has, and
        compute all lines anew."""
        Line = Pool().get('fupin.labour.line')
        for sheet in cls.claim(sheets, 'draft'):
            Line.save(sheet.get_gathered_lines())
        sheets = cls.browse(sheets)
        Line.recompute([line for s in sheets for line in s.lines])

    def get_gathered_lines(self):
        "Return the unsaved lines of the attendance that no sheet has yet"
        pool = Pool()
        Attendance = pool.get('fupin.labour.attendance')
        Item = pool.get('fupin.labour.item')
        Line = pool.get('fupin.labour.line')
        attendances = Attendance.search([
                ('company', '=', self.company.id),
                ('date', '>=', self.from_date),
                ('date', '<=', self.to_date),
                ('held', '=', None),
                ], order=[('date', 'ASC'), ('id', 'ASC')])
        wait_for(attendances)
        groups = defaultdict(list)
        for attendance in attendances:
            rate = attendance.task.find_rate(attendance.date)
            groups[attendance.worker, attendance.task, rate].append(
                attendance)
        return [
            Line(
                sheet=self,
                worker=worker,
                task=task,
                date=max(a.date for a in group),
                quantity=sum(a.quantity for a in group),
                items=[
                    Item(attendance=a, held_attendance=a) for a in group])
            for (worker, task, _), group in groups.items()]

    # Posting

    @classmethod
    def get_effect_models(cls):
        return super().get_effect_models() + ['fupin.labour.line']

    def get_effect_origins(self):
        return super().get_effect_origins() + list(self.lines)

    def check_post(self):
        super().check_post()
        if not self.lines:
            raise LabourError(gettext(
                    'fupin_coop.msg_labour_empty', sheet=self.full_name))
        for line in self.lines:
            line.check_post()

    @classmethod
    def prepare_post(cls, sheets):
        Line = Pool().get('fupin.labour.line')
        super().prepare_post(sheets)
        lines = [line for s in sheets for line in s.lines]
        for line in lines:
            line.income = bool(line.worker.find_household(line.date))
        Line.save(lines)

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        MoveLine = pool.get('account.move.line')
        costs = defaultdict(lambda: ZERO)
        wages = []
        for line in self.lines:
            costs[line.get_cost_object()] += line.amount
            wages.append(MoveLine(
                    account=Configuration.get_chart_account(
                        CODES[line.kind], self.company),
                    party=line.worker.party,
                    debit=ZERO,
                    credit=line.amount,
                    maturity_date=self.date,
                    origin=line))
        return self.new_move(
            Configuration.get_delivery_journal(self.company), [
                MoveLine(debit=amount, credit=ZERO, **dict(cost_object))
                for cost_object, amount in costs.items()] + wages,
            description=gettext(
                'fupin_coop.msg_labour_move',
                from_date=self.from_date, to_date=self.to_date))

    def get_incomes(self):
        pool = Pool()
        Category = pool.get('fupin.income.category')
        Income = pool.get('fupin.income')
        ModelData = pool.get('ir.model.data')
        category = Category(ModelData.get_id(
                'fupin_household', 'category_labour_wage'))
        incomes = super().get_incomes()
        for line in self.lines:
            if household := line.worker.find_household(line.date):
                incomes.append(Income(
                        household=household,
                        person=line.worker.person,
                        company=self.company,
                        category=category,
                        date=line.date,
                        amount=line.amount,
                        cost=ZERO,
                        origin=line))
        return incomes

    @classmethod
    @ModelView.button
    def cancel(cls, sheets):
        Item = Pool().get('fupin.labour.item')
        super().cancel(sheets)
        Item.release([
                item for s in cls.browse(sheets)
                for line in s.lines for item in line.items])

    @classmethod
    def copy(cls, sheets, default=None):
        Date = Pool().get('ir.date')
        default = default.copy() if default is not None else {}
        default.setdefault('date', Date.today())
        return super().copy(sheets, default=default)


class LabourLine(ModelSQL, ModelView):
    "What one worker earned by one kind of work"
    __name__ = 'fupin.labour.line'
    __string__ = "Pay Sheet Line"

    _states = {
        'readonly': Eval('sheet_state') != 'draft',
        }
    _gathered = {
        'readonly': (
            (Eval('sheet_state') != 'draft') | Bool(Eval('items', []))),
        }

    sheet = fields.Many2One(
        'fupin.labour', "Pay Sheet", required=True, ondelete='CASCADE',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    sheet_state = fields.Function(
        fields.Selection('get_sheet_states', "State"),
        'on_change_with_sheet_state')
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    worker = fields.Many2One(
        'fupin.labour.worker', "Worker", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=_gathered)
    kind = fields.Selection(
        KINDS, "Kind", required=True, sort=False, states=_states,
        help="Regular staff is paid wages (212), a temporary worker "
        "remuneration (213).")
    kind_string = kind.translated('kind')
    task = fields.Many2One(
        'fupin.labour.task', "Kind of Work", required=True,
        ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=_gathered)
    purpose = fields.Selection(
        PURPOSES, "Purpose", required=True, sort=False, states=_states)
    purpose_string = purpose.translated('purpose')
    product = fields.Many2One(
        'product.product', "Product", ondelete='RESTRICT',
        domain=[
            ('type', '=', 'goods'),
            ],
        states={
            'readonly': Eval('sheet_state') != 'draft',
            'invisible': Eval('purpose') != 'production',
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="What is produced; empty for work common to several products.")
    date = fields.Date(
        "Date", required=True, states=_gathered,
        help="The last day of the work; it decides the rate and when the "
        "household earned the income.")
    quantity = fields.Numeric(
        "Quantity", digits=(16, 3), required=True,
        domain=[
            ('quantity', '>=', 0),
            ],
        states=_gathered,
        help="The days, hours, months or accepted pieces.")
    unit = fields.Function(
        fields.Selection(UNITS, "Unit"), 'on_change_with_unit')
    unit_string = unit.translated('unit')
    rate_record = fields.Many2One(
        'fupin.labour.rate', "Rate from", readonly=True, ondelete='RESTRICT')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    rate = Monetary(
        "Rate", currency='currency', digits=price_digits, readonly=True,
        help="What one unit was paid on the date.")
    additions = Monetary(
        "Additions", currency='currency', digits='currency', required=True,
        domain=[
            ('additions', '>=', 0),
            ],
        states=_states, help="Bonus, allowance, overtime.")
    deductions = Monetary(
        "Deductions", currency='currency', digits='currency', required=True,
        domain=[
            ('deductions', '>=', 0),
            ],
        states=_states,
        help="What is not earned, for absence or rejected pieces; no taxes "
        "and no advances.")
    reason = fields.Char(
        "Reason", states=_states,
        help="The reason of additions and deductions.")
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True)
    income = fields.Boolean(
        "Household Income", readonly=True,
        help="The wage is the income of a household of the county.")
    items = fields.One2Many(
        'fupin.labour.item', 'line', "Attendance", readonly=True)

    del _states, _gathered

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('sheet')
        cls._order = [('sheet', 'DESC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t, (t.sheet, Index.Equality())),
                Index(t,
                    (t.worker, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t, (t.rate_record, Index.Equality())),
                })

    @classmethod
    def get_sheet_states(cls):
        Sheet = Pool().get('fupin.labour')
        return Sheet.fields_get(['state'])['state']['selection']

    @classmethod
    def default_sheet_state(cls):
        return 'draft'

    @classmethod
    def default_unit(cls):
        return 'day'

    @classmethod
    def default_additions(cls):
        return ZERO

    @classmethod
    def default_deductions(cls):
        return ZERO

    @fields.depends('sheet', '_parent_sheet.state')
    def on_change_with_sheet_state(self, name=None):
        return self.sheet.state if self.sheet else 'draft'

    @fields.depends('sheet', '_parent_sheet.company')
    def on_change_with_company(self, name=None):
        return self.sheet.company if self.sheet else None

    @classmethod
    def search_company(cls, name, clause):
        return [('sheet.' + clause[0], *clause[1:])]

    @fields.depends('sheet', '_parent_sheet.company')
    def on_change_with_currency(self, name=None):
        if self.sheet and self.sheet.company:
            return self.sheet.company.currency

    @fields.depends('worker')
    def on_change_worker(self):
        if self.worker:
            self.kind = self.worker.kind

    @fields.depends('task', 'date', 'sheet', '_parent_sheet.to_date')
    def on_change_task(self):
        if self.task:
            self.purpose = self.task.purpose
            self.product = self.task.product
        if not self.date and self.sheet:
            self.date = self.sheet.to_date

    @fields.depends('purpose')
    def on_change_purpose(self):
        if self.purpose != 'production':
            self.product = None

    @fields.depends('task')
    def on_change_with_unit(self, name=None):
        return self.task.unit if self.task else 'day'

    @fields.depends('task', 'date')
    def on_change_with_rate_record(self, name=None):
        if self.task and self.date:
            try:
                return self.task.find_rate(self.date)
            except LabourRateNotFoundError:
                return None

    @fields.depends(methods=['on_change_with_rate_record'])
    def on_change_with_rate(self, name=None):
        record = self.on_change_with_rate_record()
        return record.rate if record else None

    @fields.depends(
        'quantity', 'additions', 'deductions', methods=['on_change_with_rate'])
    def on_change_with_amount(self, name=None):
        try:
            return self.compute_amount()
        except PayError:
            return None

    @fields.depends(
        'quantity', 'additions', 'deductions', methods=['on_change_with_rate'])
    def compute_amount(self):
        "Return the wage, None while it is not complete"
        rate = self.on_change_with_rate()
        if rate is None or self.quantity is None:
            return None
        return pay(
            self.quantity, rate, self.additions or ZERO,
            self.deductions or ZERO)

    def compute_fields(self, field_names=None):
        cls = self.__class__
        values = super().compute_fields(field_names=field_names)
        for name in ['rate_record', 'rate', 'amount']:
            if (field_names is None
                    or cls._fields[name].on_change_with & field_names):
                value = getattr(self, f'on_change_with_{name}')()
                if getattr(self, name, None) != value:
                    values[name] = int(value) if name == 'rate_record' \
                        and value else value
        return values

    @classmethod
    def recompute(cls, lines):
        "Bring the lines up to the rates as they are now"
        for line in lines:
            if values := line.compute_fields():
                cls.write([line], values)

    @property
    def full_name(self):
        return self.sheet.full_name

    def get_rec_name(self, name):
        return f'{self.sheet.rec_name} {self.worker.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('sheet.rec_name', *clause[1:]),
            ('worker.rec_name', *clause[1:]),
            ]

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if mode == 'create':
            line = cls(**{
                    n: values[n] for n in ['sheet', 'worker', 'task', 'date']
                    if values.get(n)})
            for name in ['worker', 'task', 'date']:
                if name not in values:
                    setattr(line, name, None)
            line.on_change_worker()
            line.on_change_task()
            for name in ['kind', 'purpose', 'product', 'date']:
                if name not in values and getattr(line, name, None):
                    value = getattr(line, name)
                    values[name] = value.id if name == 'product' else value
        return values

    @classmethod
    def validate_fields(cls, lines, field_names):
        super().validate_fields(lines, field_names)
        for line in lines:
            line.check_date()
            line.check_purpose()

    def check_date(self):
        "Refuse work out of the period of the sheet"
        if not self.sheet.from_date <= self.date <= self.sheet.to_date:
            raise LabourLineError(gettext(
                    'fupin_coop.msg_labour_line_date',
                    line=self.rec_name,
                    date=self.date,
                    from_date=self.sheet.from_date,
                    to_date=self.sheet.to_date))

    def check_purpose(self):
        "Refuse what 37号 does not have for account 213"
        if self.kind == 'temporary' and self.purpose == 'management':
            raise LabourLineError(gettext(
                    'fupin_coop.msg_labour_line_management',
                    line=self.rec_name))

    def check_post(self):
        "Raise a UserError if the line is not what the sheet can book"
        self.check_date()
        self.check_purpose()
        self.task.find_rate(self.date)
        try:
            self.compute_amount()
        except PayError as error:
            raise LabourError(gettext(
                    f'fupin_coop.msg_labour_pay_{error.reason}',
                    line=self.rec_name)) from error
        gathered = sum(i.attendance.quantity for i in self.items)
        if self.compute_fields() or (
                self.items and gathered != self.quantity):
            raise LabourError(gettext(
                    'fupin_coop.msg_labour_line_computed',
                    line=self.rec_name))
        self.check_household()

    def check_household(self):
        "Warn of a person whose wage is nobody's income"
        Warning = Pool().get('res.user.warning')
        if self.worker.person and not self.worker.find_household(self.date):
            key = Warning.format('labour_household', [self])
            if Warning.check(key):
                raise LabourHouseholdWarning(key, gettext(
                        'fupin_coop.msg_labour_line_household',
                        line=self.rec_name,
                        date=self.date))

    def get_account(self):
        "Return the account of what the work is for"
        Configuration = Pool().get('account.configuration')
        company = self.sheet.company
        if self.purpose == 'production' and self.product:
            return self.product.get_production_account(company)
        return Configuration.get_chart_account(
            ACCOUNTS[self.purpose], company)

    def get_cost_object(self):
        "Return the (field, value) of the account move line of the cost"
        return (
            ('account', self.get_account()), ('cost_product', self.product))

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        for line in lines:
            if line.sheet.state != 'draft':
                raise AccessError(gettext(
                        'fupin_coop.msg_document_modify',
                        document=line.sheet.full_name))
        if mode == 'write' and external:
            for line in lines:
                if line.items and values.keys() & {
                        'worker', 'task', 'date', 'quantity'}:
                    raise AccessError(gettext(
                            'fupin_coop.msg_labour_line_gathered',
                            line=line.rec_name))

    @classmethod
    def copy(cls, lines, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('items')
        default.setdefault('income')
        return super().copy(lines, default=default)


class LabourItem(ModelSQL, ModelView):
    "An attendance that a line of a pay sheet pays"
    __name__ = 'fupin.labour.item'
    __string__ = "Gathered Attendance"

    line = fields.Many2One(
        'fupin.labour.line', "Pay Sheet Line", required=True, readonly=True,
        ondelete='CASCADE')
    attendance = fields.Many2One(
        'fupin.labour.attendance', "Attendance", required=True,
        readonly=True, ondelete='RESTRICT')
    held_attendance = fields.Many2One(
        'fupin.labour.attendance', "Held Attendance", readonly=True,
        ondelete='RESTRICT',
        help="The attendance as long as no other sheet may pay it.")
    date = fields.Function(fields.Date("Date"), 'get_attendance')
    quantity = fields.Function(
        fields.Numeric("Quantity", digits=(16, 3)), 'get_attendance')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('line')
        t = cls.__table__()
        cls._sql_constraints += [
            # two who gather at once can not pay the same day twice
            ('held_attendance_unique', Unique(t, t.held_attendance),
                'fupin_coop.msg_labour_item_held'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.line, Index.Equality())),
                Index(t, (t.attendance, Index.Equality())),
                })

    @classmethod
    def get_attendance(cls, items, names):
        return {
            name: {i.id: getattr(i.attendance, name) for i in items}
            for name in names}

    def get_rec_name(self, name):
        return self.attendance.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('attendance.rec_name', *clause[1:])]

    @classmethod
    def check_modification(cls, mode, items, values=None, external=False):
        super().check_modification(
            mode, items, values=values, external=external)
        if external and mode in {'create', 'write'}:
            raise AccessError(gettext('fupin_coop.msg_labour_item_modify'))
        if mode == 'delete':
            for item in items:
                if item.line.sheet.state != 'draft':
                    raise AccessError(gettext(
                            'fupin_coop.msg_document_modify',
                            document=item.line.sheet.full_name))

    @classmethod
    def release(cls, items):
        "Let other sheets pay what the items held"
        cls.write(
            [i for i in items if i.held_attendance],
            {'held_attendance': None})

    @classmethod
    def copy(cls, items, default=None):
        if items:
            raise AccessError(gettext('fupin_coop.msg_labour_item_modify'))
        return super().copy(items, default=default)


class AccountMoveLine(metaclass=PoolMeta):
    __name__ = 'account.move.line'

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + ['fupin.labour.line']
