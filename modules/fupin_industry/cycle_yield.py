# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from sql import Cast, Literal, Null, Union
from sql.aggregate import Min, Sum
from sql.conditionals import Case
from sql.functions import Round

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.fupin_coop.exact_sum import to_cents, to_millionths
from trytond.modules.fupin_household.cents import sql_money
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.pyson import Eval

SOURCES = ['own', 'grower']
MILLIONTH = Decimal('0.000001')


class CycleYield(ExportMixin, ModelSQL, ModelView):
    "What a cycle brought, by flush or picking, product and grade"
    __name__ = 'fupin.cycle.yield'
    __string__ = "Yield of a Cycle"

    cycle = fields.Many2One('fupin.cycle', "Cycle")
    company = fields.Many2One('company.company', "Cooperative")
    enterprise = fields.Many2One('fupin.enterprise', "Enterprise")
    area = fields.Many2One('country.subdivision', "Area")
    flush = fields.Integer("Flush or Picking")
    source = fields.Selection([
            ('own', "Own Harvest"),
            ('grower', "Bought back"),
            ], "Source")
    product = fields.Many2One(
        'product.product', "Product",
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    grade = fields.Many2One('fupin.product.grade', "Grade")
    unit = fields.Many2One('product.uom', "Unit")
    quantity = fields.Numeric("Quantity", digits='unit')
    amount = fields.Numeric(
        "Amount", digits=(16, 2),
        help="The cost of a harvest, what growers are owed for a delivery.")
    sugar = fields.Numeric(
        "Sugar (°Bx)", digits=(16, 1),
        help="The average by quantity of what was measured.")
    from_date = fields.Date("From")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('cycle', 'DESC'), ('flush', 'ASC'), ('product', 'ASC'),
            ('grade', 'ASC'), ('id', 'ASC')]

    @classmethod
    def _lines(cls):
        "Return the query of the posted harvests and deliveries of cycles"
        pool = Pool()
        batch = pool.get('fupin.own_production').__table__()
        delivery = pool.get('fupin.delivery').__table__()
        harvest = pool.get('fupin.own_production.harvest').__table__()
        line = pool.get('fupin.own_production.harvest.line').__table__()
        return Union(
            line
            .join(harvest, condition=line.harvest == harvest.id)
            .join(batch, condition=harvest.production == batch.id)
            .select(
                line.id, Literal(0).as_('source'), batch.cycle,
                harvest.flush, harvest.date, line.product, line.grade,
                line.unit, line.quantity, line.amount, line.sugar,
                where=(harvest.state == 'posted') & (batch.cycle != Null)),
            delivery.select(
                delivery.id, Literal(1).as_('source'), delivery.cycle,
                delivery.flush, delivery.date, delivery.product,
                delivery.grade, delivery.unit, delivery.quantity,
                delivery.amount, delivery.sugar,
                where=(delivery.state == 'posted')
                & (delivery.cycle != Null)),
            all_=True)

    @classmethod
    def table_query(cls):
        pool = Pool()
        cycle = pool.get('fupin.cycle').__table__()
        product = pool.get('product.product').__table__()
        stock_unit = pool.get('product.uom').__table__()
        template = pool.get('product.template').__table__()
        unit = pool.get('product.uom').__table__()
        line = cls._lines()
        millionths = Sum(Cast(Round(
                    to_millionths(line.quantity)
                    * unit.factor / stock_unit.factor), 'BIGINT'))
        measured = Case((line.sugar != Null, line.quantity), else_=0)
        keys = [
            line.cycle, cycle.company, cycle.enterprise, cycle.area,
            line.flush, line.source, line.product, line.grade]
        return (line
            .join(cycle, condition=line.cycle == cycle.id)
            .join(product, condition=line.product == product.id)
            .join(template, condition=product.template == template.id)
            .join(unit, condition=line.unit == unit.id)
            .join(stock_unit, condition=template.default_uom == stock_unit.id)
            .select(
                # each line is of one group only
                (Min(line.id) * 2 + line.source).as_('id'),
                line.cycle, cycle.company, cycle.enterprise, cycle.area,
                line.flush,
                Case(*[
                        (line.source == i, name)
                        for i, name in enumerate(SOURCES)]).as_('source'),
                line.product, line.grade,
                stock_unit.id.as_('unit'),
                cls.quantity.sql_cast(
                    Round(millionths * MILLIONTH, 6)).as_('quantity'),
                sql_money(Sum(to_cents(line.amount))).as_('amount'),
                cls.sugar.sql_cast(Round(
                        Sum(Case(
                                (line.sugar != Null,
                                    line.quantity * line.sugar), else_=0))
                        / Case((Sum(measured) > 0, Sum(measured)),
                            else_=Null), 1)).as_('sugar'),
                Min(line.date).as_('from_date'),
                group_by=[*keys, stock_unit.id]))

    def get_rec_name(self, name):
        return f'{self.cycle.rec_name} {self.product.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('cycle.rec_name', *clause[1:]),
            ('product.rec_name', *clause[1:]),
            ]
