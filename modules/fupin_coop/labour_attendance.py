# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.transaction import Transaction

from .exceptions import LabourAttendanceError
from .labour_rate import UNITS
from .pay import LIMITS, is_possible

GATHERED = {
    'readonly': Bool(Eval('held', [])),
    }


class LabourAttendance(ModelSQL, ModelView):
    "What a worker did on a day, before it is paid"
    __name__ = 'fupin.labour.attendance'
    __string__ = "Attendance"

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    date = fields.Date("Date", required=True, states=GATHERED)
    worker = fields.Many2One(
        'fupin.labour.worker', "Worker", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=GATHERED)
    task = fields.Many2One(
        'fupin.labour.task', "Kind of Work", required=True,
        ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('unit', '!=', 'month'),
            ],
        states=GATHERED)
    quantity = fields.Numeric(
        "Quantity", digits=(16, 3), required=True, states=GATHERED,
        help="The days, hours or accepted pieces.")
    unit = fields.Function(
        fields.Selection(UNITS, "Unit"), 'on_change_with_unit')
    unit_string = unit.translated('unit')
    comment = fields.Char("Comment", states=GATHERED)
    held = fields.One2Many(
        'fupin.labour.item', 'held_attendance', "Gathered", readonly=True)
    sheet = fields.Function(fields.Many2One(
            'fupin.labour', "Pay Sheet",
            help="The sheet by which it is paid."),
        'get_sheet')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('day_unique', Unique(t, t.worker, t.date, t.task),
                'fupin_coop.msg_labour_attendance_unique'),
            ]
        cls._sql_indexes.add(Index(
                t, (t.company, Index.Equality()), (t.date, Index.Range())))

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def default_unit(cls):
        return 'day'

    @fields.depends('task')
    def on_change_with_unit(self, name=None):
        return self.task.unit if self.task else 'day'

    @fields.depends('task', 'quantity')
    def on_change_task(self):
        if self.task and self.task.unit == 'day' and self.quantity is None:
            self.quantity = LIMITS['day']

    def get_sheet(self, name):
        for item in self.held:
            return item.line.sheet.id

    def get_rec_name(self, name):
        return f'{self.worker.rec_name} {self.date} {self.task.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('worker.rec_name', *clause[1:]),
            ('task.rec_name', *clause[1:]),
            ]

    @classmethod
    def validate_fields(cls, attendances, field_names):
        super().validate_fields(attendances, field_names)
        cls.check_days(attendances)

    @classmethod
    def check_days(cls, attendances):
        "Refuse more than a person can work on a day, and days to come"
        Date = Pool().get('ir.date')
        today = Date.today()
        days = {}
        for other in cls.search([
                    ('worker', 'in', list(
                            {a.worker.id for a in attendances})),
                    ('date', 'in', list({a.date for a in attendances})),
                    ]):
            key = (other.worker, other.date, other.unit)
            days.setdefault(key, []).append(other.quantity)
        for attendance in attendances:
            if attendance.date > today:
                raise LabourAttendanceError(gettext(
                        'fupin_coop.msg_labour_attendance_future',
                        attendance=attendance.rec_name))
            quantities = days[
                attendance.worker, attendance.date, attendance.unit]
            if not is_possible(attendance.unit, quantities):
                raise LabourAttendanceError(gettext(
                        'fupin_coop.msg_labour_attendance_quantity',
                        attendance=attendance.rec_name,
                        quantity=sum(quantities),
                        unit=attendance.unit_string))

    @classmethod
    def check_modification(
            cls, mode, attendances, values=None, external=False):
        super().check_modification(
            mode, attendances, values=values, external=external)
        if mode in {'write', 'delete'}:
            for attendance in attendances:
                if attendance.held:
                    raise AccessError(gettext(
                            'fupin_coop.msg_labour_attendance_gathered',
                            attendance=attendance.rec_name,
                            sheet=attendance.sheet.full_name))

    @classmethod
    def copy(cls, attendances, default=None):
        Date = Pool().get('ir.date')
        default = default.copy() if default is not None else {}
        default.setdefault('date', Date.today())
        default.setdefault('held')
        return super().copy(attendances, default=default)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Bool(Eval('sheet')), 'muted', '')),
            ]
