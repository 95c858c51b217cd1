# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The steps of an order and the parts that they use."""
from decimal import Decimal

from sql import Literal

from trytond.i18n import gettext
from trytond.model import (
    Check, Index, ModelSQL, ModelView, Unique, fields, sequence_ordered)
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.modules.product import price_digits
from trytond.pool import Pool
from trytond.pyson import Bool, Eval

from .exceptions import PieceworkStepError

QUANTITY = (16, 4)
# by what the accepted pieces are paid: how many pieces the unit has
UNITS = {
    'piece': 1,
    'thousand': 1000,
    }


class OrderChildMixin(sequence_ordered()):
    "What belongs to an order and stays as it is once the order runs"
    __slots__ = ()

    order = fields.Many2One(
        'fupin.piecework.order', "Order", required=True, ondelete='CASCADE')
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('order')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.order, Index.Equality())))

    @fields.depends('order', '_parent_order.company')
    def on_change_with_company(self, name=None):
        return self.order.company if self.order else None

    @classmethod
    def search_company(cls, name, clause):
        return [('order.' + clause[0], *clause[1:])]

    @classmethod
    def check_modification(cls, mode, children, values=None, external=False):
        super().check_modification(
            mode, children, values=values, external=external)
        for child in children:
            if child.order.state != 'draft':
                raise AccessError(gettext(
                        'fupin_industry.msg_piecework_order_modify',
                        order=child.order.rec_name))
        if mode == 'write' and 'order' in values:
            raise AccessError(gettext(
                    'fupin_industry.msg_piecework_order_modify',
                    order=children[0].order.rec_name))


class OrderStep(OrderChildMixin, ModelSQL, ModelView):
    "One step of the work, with what it pays and where it may be done"
    __name__ = 'fupin.piecework.order.step'
    __string__ = "Piecework Step"

    task = fields.Many2One(
        'fupin.labour.task', "Kind of Work", required=True,
        ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('unit', 'in', list(UNITS)),
            ],
        help="Its dated rates are what accepted pieces are paid.")
    gas = fields.Boolean(
        "Handles Gas",
        help="Filling or testing with butane: dangerous goods, in the "
        "workshop only.")
    workshop = fields.Boolean(
        "Workshop Only",
        states={
            'readonly': Bool(Eval('gas')),
            },
        help="The step is not given to workers at home.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('task_unique', Unique(t, t.order, t.task),
                'fupin_industry.msg_piecework_step_unique'),
            ('gas_workshop', Check(t,
                    (t.gas == Literal(False))
                    | (t.workshop == Literal(True))),
                'fupin_industry.msg_piecework_step_gas'),
            ]

    @classmethod
    def default_gas(cls):
        return False

    @classmethod
    def default_workshop(cls):
        return False

    @fields.depends('gas', 'workshop')
    def on_change_gas(self):
        if self.gas:
            self.workshop = True

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if values.get('gas'):
            values.setdefault('workshop', True)
        return values

    def get_rec_name(self, name):
        return self.task.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('task.rec_name', *clause[1:])]


class OrderPart(OrderChildMixin, ModelSQL, ModelView):
    """A part that workers are given, in quantity only.

    It is the customer's, or a piece half done that another step made."""
    __name__ = 'fupin.piecework.order.part'
    __string__ = "Piecework Part"

    name = fields.Char("Name", required=True)
    unit = fields.Many2One(
        'product.uom', "Unit", required=True, ondelete='RESTRICT')
    step = fields.Many2One(
        'fupin.piecework.order.step', "Used in", required=True,
        ondelete='RESTRICT',
        domain=[
            ('order', '=', Eval('order', -1)),
            ],
        help="The step that puts the part into the piece.")
    made_by = fields.Many2One(
        'fupin.piecework.order.step', "Made by", ondelete='RESTRICT',
        domain=[
            ('order', '=', Eval('order', -1)),
            ],
        help="The step whose accepted pieces it is; empty for what the "
        "customer provides.")
    per_piece = fields.Numeric(
        "Per Piece", digits=QUANTITY, required=True,
        domain=[
            ('per_piece', '>', 0),
            ])
    loss_rate = fields.Numeric(
        "Allowed Loss", digits=(16, 4), required=True,
        domain=[
            ('loss_rate', '>=', 0),
            ('loss_rate', '<', 1),
            ],
        help="The share of the used parts that may get lost in the work "
        "without charge.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    price = Monetary(
        "Price", currency='currency', digits=price_digits, required=True,
        domain=[
            ('price', '>=', 0),
            ],
        help="What a missing one is charged.")
    on_hand = fields.Function(fields.Numeric(
            "On Hand", digits=QUANTITY,
            help="What lies in the workshop, given to nobody."),
        'get_on_hand')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('name_unique', Unique(t, t.order, t.name),
                'fupin_industry.msg_piecework_part_unique'),
            ]

    @classmethod
    def default_unit(cls):
        ModelData = Pool().get('ir.model.data')
        return ModelData.get_id('fupin_coop', 'uom_piece')

    @classmethod
    def default_per_piece(cls):
        return Decimal(1)

    @classmethod
    def default_loss_rate(cls):
        return Decimal(0)

    @classmethod
    def default_price(cls):
        return Decimal(0)

    @fields.depends('order', '_parent_order.company')
    def on_change_with_currency(self, name=None):
        if self.order and self.order.company:
            return self.order.company.currency

    @classmethod
    def get_on_hand(cls, parts, name):
        Register = Pool().get('fupin.piecework.register')
        days = Register.get_days(parts)
        return {
            p.id: sum(days.get(p.id, {}).values(), Decimal(0))
            for p in parts}

    @classmethod
    def validate_fields(cls, parts, field_names):
        super().validate_fields(parts, field_names)
        for part in parts:
            if part.made_by and not cls._is_before(part.made_by, part.step):
                raise PieceworkStepError(gettext(
                        'fupin_industry.msg_piecework_part_order',
                        part=part.rec_name,
                        step=part.step.rec_name))

    @classmethod
    def _is_before(cls, first, second):
        steps = list(first.order.steps)
        return steps.index(first) < steps.index(second)
