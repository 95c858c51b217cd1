# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What a cycle is planned to take and to bring, against what it did."""
from collections import defaultdict
from decimal import Decimal

from sql.aggregate import Sum

from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, fields, sequence_ordered
from trytond.modules.currency.fields import Monetary
from trytond.modules.fupin_coop.conversion import convert_quantity
from trytond.modules.fupin_coop.exact_sum import (
    to_amount, to_cents, to_millionths, to_quantity)
from trytond.modules.fupin_coop.weighing import pay
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.modules.product import price_digits
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction, without_check_access

from . import cycle_figure as figure
from .cycle_part import CyclePartMixin
from .exceptions import CyclePlanError

ZERO = Decimal('0.00')
OF_PRODUCT = ['material', 'output']
# what has no product: labour by the kind of work, costs by their description
NAMED = ['labour', 'cost']
PLAN_FIELDS = [
    'sequence', 'kind', 'product', 'description', 'unit', 'quantity', 'price']


class PlanLineMixin(sequence_ordered()):
    "What is planned for a thousand bags or pieces, for a mu, or in all"
    __slots__ = ()

    kind = fields.Selection([
            ('material', "Material"),
            ('labour', "Labour"),
            ('cost', "Other Cost"),
            ('common', "Common Cost"),
            ('output', "Output"),
            ], "Kind", required=True, sort=False)
    kind_string = kind.translated('kind')
    product = fields.Many2One(
        'product.product', "Product", ondelete='RESTRICT',
        domain=[
            ('type', '=', 'goods'),
            ],
        states={
            'invisible': ~Eval('kind').in_(OF_PRODUCT),
            'required': Eval('kind').in_(OF_PRODUCT),
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    description = fields.Char(
        "Description",
        states={
            'invisible': ~Eval('kind').in_(NAMED),
            'required': Eval('kind') == 'cost',
            },
        help="The name of the kind of work, or the description of the cost, "
        "as in the documents; labour without one is all that no other line "
        "names.")
    product_uom_category = fields.Function(fields.Many2One(
            'product.uom.category', "Product UoM Category"),
        'on_change_with_product_uom_category')
    unit = fields.Many2One(
        'product.uom', "Unit", ondelete='RESTRICT',
        domain=[
            If(Eval('product_uom_category'),
                ('category', '=', Eval('product_uom_category', -1)),
                ()),
            ],
        states={
            'invisible': ~Eval('kind').in_(OF_PRODUCT),
            'required': Eval('kind').in_(OF_PRODUCT),
            })
    quantity = fields.Numeric(
        "Quantity", digits=(16, 4), required=True,
        domain=[('quantity', '>=', 0)],
        help="Per thousand bags or pieces, per mu, or in all; days of "
        "labour.")
    price = fields.Numeric(
        "Price", digits=price_digits, required=True,
        domain=[('price', '>=', 0)],
        help="The cost of one unit, what it is to be sold for if it is an "
        "output.")

    @classmethod
    def default_kind(cls):
        return 'material'

    @classmethod
    def default_quantity(cls):
        return Decimal(1)

    @fields.depends('kind', 'product', 'unit')
    def on_change_product(self):
        if self.product:
            default_uom = self.product.default_uom
            if not self.unit or self.unit.category != default_uom.category:
                self.unit = default_uom

    @fields.depends('kind')
    def on_change_kind(self):
        if self.kind not in OF_PRODUCT:
            self.product = self.unit = None
        if self.kind not in NAMED:
            self.description = None

    @fields.depends('product')
    def on_change_with_product_uom_category(self, name=None):
        return self.product.default_uom_category if self.product else None

    @property
    def key(self):
        "What tells the line from the others, and names what counts for it"
        if self.kind in OF_PRODUCT:
            return self.kind, self.product.id
        elif self.kind in NAMED:
            return self.kind, (self.description or '').strip()
        return self.kind, None

    @property
    def item(self):
        if self.kind in OF_PRODUCT:
            return self.product.rec_name
        return self.description or self.kind_string

    @property
    def parent(self):
        "The cycle or the template"
        raise NotImplementedError

    def get_rec_name(self, name):
        return f'{self.parent.rec_name} {self.item}'

    @classmethod
    def preprocess_values(cls, mode, values):
        Product = Pool().get('product.product')
        values = super().preprocess_values(mode, values)
        if (mode == 'create' and values.get('product')
                and not values.get('unit')):
            values['unit'] = Product(values['product']).default_uom.id
        return values

    @classmethod
    def validate_fields(cls, lines, field_names):
        super().validate_fields(lines, field_names)
        if field_names is None or field_names & {
                'kind', 'product', 'description'}:
            for parent in {line.parent for line in lines}:
                cls.check_keys(parent)

    @classmethod
    def check_keys(cls, parent):
        "Refuse two lines for which the same documents would count"
        keys = set()
        for line in parent.__class__(parent.id).get_plan_lines():
            if line.key in keys:
                raise CyclePlanError(gettext(
                        'fupin_industry.msg_cycle_plan_twice',
                        plan=parent.rec_name,
                        item=line.item))
            keys.add(line.key)


def plan_field(string, digits=(16, 4), help=''):
    return fields.Function(
        fields.Numeric(string, digits=digits, help=help), 'get_figures')


def plan_amount(string, help=''):
    return fields.Function(Monetary(
            string, currency='currency', digits='currency', help=help),
        'get_figures')


class PlanLine(
        PlanLineMixin, CyclePartMixin, ExportMixin, ModelSQL, ModelView):
    "What a cycle is planned to take or to bring"
    __name__ = 'fupin.cycle.plan.line'
    __string__ = "Plan of a Cycle"

    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    planned_quantity = plan_field("Planned Quantity")
    planned_amount = plan_amount("Planned Amount")
    actual_quantity = plan_field(
        "Actual Quantity",
        help="What posted documents have, in the unit of the plan.")
    actual_amount = plan_amount(
        "Actual Amount",
        help="The cost that was booked; of an output, what it was sold or "
        "supplied for.")
    deviation = plan_amount(
        "Deviation", help="The actual amount less the planned one.")
    deviation_rate = plan_field("Deviation (%)", (16, 2))

    @fields.depends('cycle', '_parent_cycle.company')
    def on_change_with_company(self, name=None):
        return self.cycle.company if self.cycle else None

    @classmethod
    def search_company(cls, name, clause):
        return [(f'cycle.{clause[0]}', *clause[1:])]

    @fields.depends('cycle', '_parent_cycle.company')
    def on_change_with_currency(self, name=None):
        if self.cycle and self.cycle.company:
            return self.cycle.company.currency

    @property
    def parent(self):
        return self.cycle

    def plan(self):
        "Return the planned quantity and amount for the scale of the cycle"
        quantity = figure.planned_quantity(self.quantity, self.cycle.scale)
        if quantity is None:
            return None, None
        return quantity, pay(quantity, self.price, 2)

    # Planned against actual

    @classmethod
    @without_check_access
    def get_actuals(cls, cycles):
        """Return {(cycle, key): (amount, {unit: quantity})} of what posted
        documents have; the unit of days is None."""
        actuals = defaultdict(lambda: [ZERO, defaultdict(Decimal)])
        for cycle, *key, unit, quantity, cents in cls._query_actuals(cycles):
            actual = actuals[cycle, tuple(key)]
            actual[0] += to_amount(cents)
            if quantity is not None:
                actual[1][unit] += to_quantity(quantity)
        Cycle = Pool().get('fupin.cycle')
        for cycle, product, unit, quantity in Cycle.get_quantities(cycles):
            actuals[cycle, ('output', product)][1][unit] += quantity
        for amounts in [Cycle.get_sold(cycles), Cycle.get_supplied(cycles)]:
            for (cycle, product), amount in amounts.items():
                actuals[cycle, ('output', product)][0] += amount
        return actuals

    @classmethod
    def _query_actuals(cls, cycles):
        pool = Pool()
        ids = [c.id for c in cycles]
        cursor = Transaction().connection.cursor()
        rows = []

        def collect(kind, from_, batch, state, key, unit, quantity, amount):
            columns = [batch.cycle]
            columns += [c for c in [key, unit] if c is not None]
            cursor.execute(*from_.select(
                    *columns,
                    *([Sum(quantity)] if quantity is not None else []),
                    Sum(to_cents(amount)),
                    where=(state == 'posted')
                    & fields.SQL_OPERATORS['in'](batch.cycle, ids),
                    group_by=columns))
            for cycle, *values, cents in cursor:
                quantity_ = values.pop() if quantity is not None else None
                unit_ = values.pop() if unit is not None else None
                rows.append((
                        cycle, kind, values.pop() if values else None,
                        unit_, quantity_, cents))

        def tables(child, parent, field):
            line = pool.get(f'{parent}.{child}').__table__()
            document = pool.get(parent).__table__()
            batch = pool.get('fupin.own_production').__table__()
            return line, document, batch, line.join(
                document, condition=getattr(line, field) == document.id)

        line, document, batch, from_ = tables(
            'material', 'fupin.own_production.input', 'input')
        collect(
            'material', from_.join(
                batch, condition=document.production == batch.id),
            batch, document.state, line.product, line.unit,
            to_millionths(line.quantity), line.amount)
        line, document, batch, from_ = tables(
            'cost', 'fupin.own_production.input', 'input')
        collect(
            'cost', from_.join(
                batch, condition=document.production == batch.id),
            batch, document.state, line.description, None, None, line.amount)
        line, document, batch, from_ = tables(
            'line', 'fupin.own_production.allocation', 'allocation')
        collect(
            'common', from_.join(
                batch, condition=line.production == batch.id),
            batch, document.state, None, None, None, line.amount)
        line, document, batch, from_ = tables('line', 'fupin.labour', 'sheet')
        task = pool.get('fupin.labour.task').__table__()
        collect(
            'labour', from_
            .join(task, condition=line.task == task.id)
            .join(batch, condition=line.own_production == batch.id),
            batch, document.state, task.name, task.unit,
            to_millionths(line.quantity), line.amount)
        for cycle, kind, key, unit, quantity, cents in rows:
            if kind == 'labour':
                # only days are days
                unit, quantity = None, quantity if unit == 'day' else None
            if isinstance(key, str):
                key = key.strip()
            yield cycle, kind, key, unit, quantity, cents

    @classmethod
    def match(cls, cycle, lines, actuals):
        """Return {line: (amount, {unit: quantity})} and the amount that no
        line of the plan of the cycle names"""
        keys = {line.key: line for line in lines}
        matched = {line: [ZERO, defaultdict(Decimal)] for line in lines}
        unplanned = ZERO
        for (cycle_id, key), (amount, quantities) in actuals.items():
            if cycle_id != cycle.id:
                continue
            line = keys.get(key)
            if not line and key[0] == 'labour':
                line = keys.get(('labour', ''))
            if line:
                matched[line][0] += amount
                for unit, quantity in quantities.items():
                    matched[line][1][unit] += quantity
            elif key[0] != 'output':
                unplanned += amount
        return matched, unplanned

    @classmethod
    @without_check_access
    def get_figures(cls, lines, names):
        Unit = Pool().get('product.uom')
        lines = cls.browse(lines)
        cycles = list({line.cycle for line in lines})
        actuals = cls.get_actuals(cycles)
        figures = {name: dict.fromkeys([x.id for x in lines])
            for name in [
                'planned_quantity', 'planned_amount', 'actual_quantity',
                'actual_amount', 'deviation', 'deviation_rate']}
        for cycle in cycles:
            matched, _ = cls.match(cycle, cycle.plan, actuals)
            for line, (amount, quantities) in matched.items():
                if line.id not in figures['actual_amount']:
                    continue
                planned_quantity, planned = line.plan()
                quantity = None
                if line.kind in OF_PRODUCT or line.kind == 'labour':
                    quantity = sum((
                            convert_quantity(q, Unit(unit), line.unit)
                            if line.unit else q
                            for unit, q in quantities.items()), Decimal(0))
                values = {
                    'planned_quantity': planned_quantity,
                    'planned_amount': planned,
                    'actual_quantity': quantity,
                    'actual_amount': amount,
                    }
                if planned is not None:
                    deviation = figure.deviation(planned, amount)
                    values['deviation'] = deviation.difference
                    values['deviation_rate'] = deviation.rate
                for name, value in values.items():
                    figures[name][line.id] = value
        return {name: figures[name] for name in names}

    @classmethod
    @without_check_access
    def get_totals(cls, cycles):
        "Return {name: {cycle: amount}} of the whole plans"
        Cycle = Pool().get('fupin.cycle')
        actuals = cls.get_actuals(cycles)
        totals = {name: dict.fromkeys([c.id for c in cycles], ZERO)
            for name in [
                'planned_cost', 'planned_revenue', 'planned_margin',
                'unplanned']}
        for cycle in Cycle.browse(cycles):
            for line in cycle.plan:
                _, amount = line.plan()
                name = (
                    'planned_revenue' if line.kind == 'output'
                    else 'planned_cost')
                totals[name][cycle.id] += amount or ZERO
            totals['planned_margin'][cycle.id] = (
                totals['planned_revenue'][cycle.id]
                - totals['planned_cost'][cycle.id])
            _, totals['unplanned'][cycle.id] = cls.match(
                cycle, cycle.plan, actuals)
        return totals
