# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Pay sheets that pay accepted pieces, each once, and keep back what is owed
for missing parts."""
import datetime as dt
from collections import defaultdict
from decimal import Decimal

from sql import Null

from trytond.i18n import gettext
from trytond.model import Check, Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.modules.fupin_coop.document import wait_for
from trytond.modules.fupin_coop.exceptions import LabourError
from trytond.modules.fupin_coop.pay import basic_pay
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval
from trytond.transaction import Transaction
from trytond.wizard import Button, StateAction, StateView, Wizard

from .piece_pay import charge_limit, take_charges
from .piecework_part import UNITS

ZERO = Decimal('0.00')
WEEK = dt.timedelta(days=6)


class Labour(metaclass=PoolMeta):
    __name__ = 'fupin.labour'

    @classmethod
    @ModelView.button
    def gather(cls, sheets):
        """Add lines for the accepted pieces of the period that no sheet pays,
        and keep back what their workers owe for missing parts."""
        super().gather(sheets)
        for sheet in cls.browse(sheets):
            sheet.take_charges()

    def get_gathered_lines(self):
        pool = Pool()
        Document = pool.get('fupin.piecework.return')
        Item = pool.get('fupin.piecework.item')
        Line = pool.get('fupin.labour.line')
        ReturnLine = pool.get('fupin.piecework.return.line')
        gathered = super().get_gathered_lines()
        lines = ReturnLine.search([
                ('document.company', '=', self.company.id),
                ('document.state', '=', 'posted'),
                ('document.date', '>=', self.from_date),
                ('document.date', '<=', self.to_date),
                ('accepted', '>', 0),
                ('held', '=', None),
                ], order=[('document.date', 'ASC'), ('id', 'ASC')])
        wait_for(Document.browse(list({x.document.id for x in lines})))
        groups = defaultdict(list)
        for line in lines:
            date = line.document.date
            groups[
                line.document.worker, line.step,
                line.step.task.find_rate(date)].append(line)
        gathered += [
            Line(
                sheet=self,
                worker=worker,
                task=step.task,
                piecework_step=step,
                date=max(x.document.date for x in group),
                quantity=to_units(
                    sum(x.accepted for x in group), step.task.unit),
                piece_items=[
                    Item(return_line=x, held_line=x) for x in group])
            for (worker, step, _), group in groups.items()]
        return gathered

    def take_charges(self):
        """Keep back of each worker's piece wages what the law allows of what
        is owed for missing parts; the rest stays open for the next sheet."""
        pool = Pool()
        Charge = pool.get('fupin.piecework.charge')
        Document = pool.get('fupin.piecework.return')
        Limit = pool.get('fupin.piecework.limit')
        Line = pool.get('fupin.labour.line')
        ReturnPart = pool.get('fupin.piecework.return.part')
        lines = [x for x in self.lines if x.piecework_step]
        workers = list(dict.fromkeys(x.worker for x in lines))
        parts = ReturnPart.search([
                ('document.company', '=', self.company.id),
                ('document.state', '=', 'posted'),
                ('document.date', '<=', self.to_date),
                ('document.piecework.worker', 'in', [w.id for w in workers]),
                ('charge', '!=', None),
                ], order=[
                ('document.date', 'ASC'), ('document.id', 'ASC'),
                ('part.sequence', 'ASC'), ('id', 'ASC')])
        wait_for(Document.browse(list({p.document.id for p in parts})))
        # those of this sheet are taken anew
        before = {x: x.charged for x in lines}
        Charge.delete([c for x in lines for c in x.charges])
        share = Limit.get_share(self.to_date)
        charges = []
        for worker in workers:
            owed = [
                p for p in ReturnPart.browse(parts)
                if p.worker == worker and p.open_charge]
            wages = [x for x in lines if x.worker == worker]
            for i, j, amount in take_charges(
                    [p.open_charge for p in owed],
                    [charge_limit(x.basic_pay, share) for x in wages]):
                charges.append(Charge(
                        line=wages[j], return_part=owed[i],
                        held_part=owed[i], amount=amount))
        Charge.save(charges)
        for line in Line.browse(lines):
            if line.charged != before[line]:
                Line.write([line], {
                        'deductions': (
                            line.deductions - before[line] + line.charged),
                        'reason': line.get_charge_reason(),
                        })

    def get_incomes(self):
        pool = Pool()
        Category = pool.get('fupin.income.category')
        ModelData = pool.get('ir.model.data')
        category = Category(ModelData.get_id(
                'fupin_household', 'category_piece_wage'))
        incomes = super().get_incomes()
        for income in incomes:
            if step := income.origin.piecework_step:
                income.category = category
                income.enterprise = step.order.enterprise
        return incomes

    @classmethod
    @ModelView.button
    def cancel(cls, sheets):
        pool = Pool()
        Charge = pool.get('fupin.piecework.charge')
        Item = pool.get('fupin.piecework.item')
        super().cancel(sheets)
        lines = [x for s in cls.browse(sheets) for x in s.lines]
        Item.release([i for x in lines for i in x.piece_items])
        Charge.release([c for x in lines for c in x.charges])


class LabourLine(metaclass=PoolMeta):
    __name__ = 'fupin.labour.line'

    piecework_step = fields.Many2One(
        'fupin.piecework.order.step', "Piecework Step", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('piecework_step'),
            },
        help="The step of the order whose accepted pieces are paid.")
    piece_items = fields.One2Many(
        'fupin.piecework.item', 'line', "Accepted Pieces", readonly=True,
        states={
            'invisible': ~Eval('piece_items', []),
            })
    charges = fields.One2Many(
        'fupin.piecework.charge', 'line', "Missing Parts", readonly=True,
        states={
            'invisible': ~Eval('charges', []),
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        for name in ['worker', 'task', 'date', 'quantity']:
            field = getattr(cls, name)
            field.states = {
                **field.states,
                'readonly': (
                    field.states['readonly'] | Bool(Eval('piecework_step'))),
                }
        t = cls.__table__()
        cls._sql_indexes.add(Index(
                t, (t.piecework_step, Index.Equality()),
                where=t.piecework_step != Null))

    @property
    def basic_pay(self):
        "What the pieces earn before anything is added or kept back"
        rate = self.on_change_with_rate()
        return basic_pay(self.quantity, rate) if rate else ZERO

    @property
    def charged(self):
        "What is kept back for missing parts"
        return sum((c.amount for c in self.charges), ZERO)

    def get_charge_reason(self):
        "Return the reason of the deduction, None if there is none"
        if self.charges:
            return gettext(
                'fupin_industry.msg_piecework_charge_reason',
                documents='、'.join(dict.fromkeys(
                        c.return_part.document.rec_name
                        for c in self.charges)),
                amount=self.charged)

    def check_post(self):
        super().check_post()
        Limit = Pool().get('fupin.piecework.limit')
        if not self.piecework_step:
            return
        pieces = sum(i.return_line.accepted for i in self.piece_items)
        share = Limit.get_share(self.sheet.to_date)
        if (to_units(pieces, self.task.unit) != self.quantity
                or self.charged > self.deductions
                or self.charged > charge_limit(self.basic_pay, share)):
            raise LabourError(gettext(
                    'fupin_coop.msg_labour_line_computed',
                    line=self.rec_name))

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        if mode == 'write' and external:
            for line in lines:
                if line.piecework_step and values.keys() & {
                        'worker', 'task', 'date', 'quantity',
                        'piecework_step'}:
                    raise AccessError(gettext(
                            'fupin_industry.msg_piecework_line_gathered',
                            line=line.rec_name))

    @classmethod
    def copy(cls, lines, default=None):
        default = default.copy() if default is not None else {}
        for name in ['piecework_step', 'piece_items', 'charges']:
            default.setdefault(name)
        return super().copy(lines, default=default)


def to_units(pieces, unit):
    "Return the pieces in the unit of the pay sheet"
    return Decimal(pieces) / UNITS[unit]


class HeldMixin:
    """What a line of a pay sheet holds of a return, and no other one may.

    Voiding the sheet releases it; the trace stays."""
    __slots__ = ()

    _held_name = None

    line = fields.Many2One(
        'fupin.labour.line', "Pay Sheet Line", required=True, readonly=True,
        ondelete='CASCADE')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('line')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.line, Index.Equality())))

    @classmethod
    def release(cls, items):
        "Let other sheets take what the items held"
        cls.write(
            [i for i in items if getattr(i, cls._held_name)],
            {cls._held_name: None})

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
    def copy(cls, items, default=None):
        if items:
            raise AccessError(gettext('fupin_coop.msg_labour_item_modify'))
        return super().copy(items, default=default)


class PieceworkItem(HeldMixin, ModelSQL, ModelView):
    "The accepted pieces of a return that a line of a pay sheet pays"
    __name__ = 'fupin.piecework.item'
    __string__ = "Gathered Pieces"

    _held_name = 'held_line'

    return_line = fields.Many2One(
        'fupin.piecework.return.line', "Return", required=True,
        readonly=True, ondelete='RESTRICT')
    held_line = fields.Many2One(
        'fupin.piecework.return.line', "Held Return", readonly=True,
        ondelete='RESTRICT',
        help="The return as long as no other sheet may pay it.")
    date = fields.Function(fields.Date("Date"), 'get_return')
    accepted = fields.Function(fields.Integer("Accepted"), 'get_return')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            # two who gather at once can not pay the same pieces twice
            ('held_line_unique', Unique(t, t.held_line),
                'fupin_industry.msg_piecework_item_held'),
            ]
        cls._sql_indexes.add(Index(t, (t.return_line, Index.Equality())))

    def get_return(self, name):
        if name == 'date':
            return self.return_line.document.date
        return self.return_line.accepted

    def get_rec_name(self, name):
        return self.return_line.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('return_line.rec_name', *clause[1:])]


class PieceworkCharge(HeldMixin, ModelSQL, ModelView):
    "What a line of a pay sheet keeps back for missing parts"
    __name__ = 'fupin.piecework.charge'
    __string__ = "Kept Back"

    _held_name = 'held_part'

    return_part = fields.Many2One(
        'fupin.piecework.return.part', "Missing Parts", required=True,
        readonly=True, ondelete='RESTRICT')
    held_part = fields.Many2One(
        'fupin.piecework.return.part', "Held Missing Parts", readonly=True,
        ondelete='RESTRICT',
        help="The missing parts, unless the sheet is voided.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'get_currency')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True,
        readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('part_unique', Unique(t, t.line, t.held_part),
                'fupin_industry.msg_piecework_charge_once'),
            ('amount_positive', Check(t, t.amount > 0),
                'fupin_industry.msg_piecework_charge_once'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.return_part, Index.Equality())),
                Index(t, (t.held_part, Index.Equality())),
                })

    def get_currency(self, name):
        return self.line.sheet.company.currency.id

    def get_rec_name(self, name):
        return self.return_part.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('return_part.rec_name', *clause[1:])]


class WeekSheet(Wizard):
    "Make the pay sheet of a week and gather what was accepted in it"
    __name__ = 'fupin.piecework.week_sheet'

    start = StateView(
        'fupin.piecework.week_sheet.start',
        'fupin_industry.piecework_week_sheet_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Make Pay Sheet", 'make', 'tryton-ok', default=True),
            ])
    make = StateAction('fupin_coop.act_labour_form')

    def do_make(self, action):
        Sheet = Pool().get('fupin.labour')
        monday = self.start.date - dt.timedelta(
            days=self.start.date.weekday())
        with Transaction().set_context(company=self.start.company.id):
            today = Pool().get('ir.date').today()
        sheet = Sheet(
            company=self.start.company,
            date=max(monday, min(today, monday + WEEK)),
            from_date=monday,
            to_date=max(monday, min(today, monday + WEEK)))
        sheet.save()
        Sheet.gather([sheet])
        action['views'].reverse()
        return action, {'res_id': [sheet.id]}


class WeekSheetStart(ModelView):
    __name__ = 'fupin.piecework.week_sheet.start'
    __string__ = "Weekly Pay Sheet"

    company = fields.Many2One(
        'company.company', "Cooperative", required=True,
        domain=[
            ('id', 'in', Eval('context', {}).get('companies', [])),
            ])
    date = fields.Date(
        "Day of the Week", required=True,
        help="Any day of the week, from Monday to Sunday.")

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_date(cls):
        return Pool().get('ir.date').today()
