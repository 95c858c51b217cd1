# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What posted documents say of cycles: cost, goods, money, as queries."""
from collections import defaultdict, namedtuple
from decimal import Decimal

from sql import Null, Union
from sql.aggregate import Sum
from sql.conditionals import Case, Coalesce

from trytond.model import fields
from trytond.modules.fupin_coop.conversion import convert_quantity
from trytond.modules.fupin_coop.exact_sum import (
    to_amount, to_cents, to_millionths, to_quantity)
from trytond.modules.fupin_coop.lot_cost import proceeds
from trytond.modules.fupin_coop.reconciliation import to_reference
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access

from . import cycle_figure as figure

ZERO = Decimal('0.00')
# Amounts of cycles: tables to select from, columns of the cycle and of the
# amount, condition
CycleSource = namedtuple(
    'CycleSource', ['name', 'from_', 'cycle', 'amount', 'where'])
# Goods that came out of cycles: also the columns of product and unit
CycleOutput = namedtuple(
    'CycleOutput', ['from_', 'cycle', 'product', 'unit', 'quantity', 'where'])

_INPUT = 'fupin.own_production.input'


class CycleSourceMixin:
    "The figures of cycles, each the sum of posted documents"
    __slots__ = ()

    @classmethod
    def get_sources(cls):
        """Return the sources of amounts: 'cost' is what was put into the
        cycle, 'lost' what was written off, 'bought' what growers are owed
        for what they brought, 'revenue' what came in beside the sale of lots,
        'work' what is left on the batches.

        A document that puts cost into cycles in another way adds its own."""
        pool = Pool()
        Batch = pool.get('fupin.own_production')
        delivery = pool.get('fupin.delivery').__table__()
        supply = pool.get('fupin.supply').__table__()
        recovery = pool.get('fupin.own_production.loss.recovery').__table__()
        loss = pool.get('fupin.own_production.loss').__table__()
        sources = []
        for source in Batch.get_sources():
            batch = Batch.__table__()
            from_ = source.from_.join(
                batch, condition=source.production == batch.id)
            if source.sign > 0:
                sources.append(CycleSource(
                        'cost', from_, batch.cycle, source.amount,
                        source.where))
            elif source.name == 'lost':
                sources.append(CycleSource(
                        'lost', from_, batch.cycle, source.amount,
                        source.where))
            sources.append(CycleSource(
                    'work', from_, batch.cycle, source.amount * source.sign,
                    source.where))
        batch = Batch.__table__()
        return sources + [
            CycleSource(
                'bought', delivery, delivery.cycle, delivery.amount,
                delivery.state == 'posted'),
            CycleSource(
                'revenue', supply, supply.cycle, supply.fee,
                supply.state == 'posted'),
            CycleSource(
                'revenue',
                recovery
                .join(loss, condition=recovery.loss == loss.id)
                .join(batch, condition=loss.production == batch.id),
                batch.cycle, recovery.amount, loss.state == 'posted'),
            ]

    @classmethod
    def get_outputs(cls):
        "Return the sources of what came out of cycles"
        pool = Pool()
        batch = pool.get('fupin.own_production').__table__()
        delivery = pool.get('fupin.delivery').__table__()
        harvest = pool.get('fupin.own_production.harvest').__table__()
        line = pool.get('fupin.own_production.harvest.line').__table__()
        return [
            CycleOutput(
                line
                .join(harvest, condition=line.harvest == harvest.id)
                .join(batch, condition=harvest.production == batch.id),
                batch.cycle, line.product, line.unit, line.quantity,
                harvest.state == 'posted'),
            CycleOutput(
                delivery, delivery.cycle, delivery.product, delivery.unit,
                delivery.quantity, delivery.state == 'posted'),
            ]

    @classmethod
    def lots(cls, ids=None):
        "Return the query of (lot, cycle, amount) of the lots of cycles"
        pool = Pool()
        batch = pool.get('fupin.own_production').__table__()
        delivery = pool.get('fupin.delivery').__table__()
        harvest = pool.get('fupin.own_production.harvest').__table__()
        line = pool.get('fupin.own_production.harvest.line').__table__()

        def of_cycles(column):
            if ids is None:
                return column != Null
            return fields.SQL_OPERATORS['in'](column, ids)
        return Union(
            line
            .join(harvest, condition=line.harvest == harvest.id)
            .join(batch, condition=harvest.production == batch.id)
            .select(
                line.lot, batch.cycle, line.amount,
                where=(harvest.state == 'posted') & of_cycles(batch.cycle)),
            delivery.select(
                delivery.lot, delivery.cycle, delivery.amount,
                where=(delivery.state == 'posted')
                & of_cycles(delivery.cycle)),
            all_=True)

    @classmethod
    def _sums(cls, cycles):
        "Return {name: {cycle: amount}} of the sources"
        cursor = Transaction().connection.cursor()
        ids = [c.id for c in cycles]
        sums = defaultdict(lambda: dict.fromkeys(ids, ZERO))
        for source in cls.get_sources():
            cursor.execute(*source.from_.select(
                    source.cycle, Sum(to_cents(source.amount)),
                    where=source.where
                    & fields.SQL_OPERATORS['in'](source.cycle, ids),
                    group_by=[source.cycle]))
            for id_, cents in cursor:
                sums[source.name][id_] += to_amount(cents)
        return sums

    @classmethod
    def _lot_sums(cls, cycles):
        """Return {name: {cycle: amount}} of what lots of cycles cost: 'lots'
        when they came, 'gone' what left them, of it 'internal' to batches of
        the cycle itself, 'used' to other batches and 'supplied' to
        growers."""
        pool = Pool()
        batch = pool.get('fupin.own_production').__table__()
        input_ = pool.get(_INPUT).__table__()
        location = pool.get('stock.location').__table__()
        move = pool.get('stock.move').__table__()
        cursor = Transaction().connection.cursor()
        ids = [c.id for c in cycles]
        sums = {
            name: dict.fromkeys(ids, ZERO)
            for name in ['lots', 'gone', 'internal', 'used', 'supplied']}
        lots = cls.lots(ids)
        cursor.execute(*lots.select(
                lots.cycle, Sum(to_cents(lots.amount)),
                group_by=[lots.cycle]))
        for id_, cents in cursor:
            sums['lots'][id_] = to_amount(cents)

        lots = cls.lots(ids)
        cost = to_cents(move.lot_cost)
        cost = Case((location.type == 'storage', cost), else_=-cost)

        def part(condition):
            return Sum(Case((condition, cost), else_=0))
        used = input_.id != Null
        within = used & (Coalesce(batch.cycle, -1) == lots.cycle)
        cursor.execute(*lots
            .join(move, condition=move.lot == lots.lot)
            .join(location, condition=move.from_location == location.id)
            .join(input_, 'LEFT',
                condition=move.origin == to_reference(_INPUT, input_.id))
            .join(batch, 'LEFT', condition=input_.production == batch.id)
            .select(
                lots.cycle, Sum(cost), part(within), part(used & ~within),
                part(move.origin.like('fupin.supply,%')),
                where=(move.state == 'done') & (move.lot_cost != Null),
                group_by=[lots.cycle]))
        for id_, *cents in cursor:
            for name, value in zip(
                    ['gone', 'internal', 'used', 'supplied'], cents):
                sums[name][id_] = to_amount(value)
        return sums

    @classmethod
    def get_sold(cls, cycles):
        """Return {(cycle, product): amount} of what the goods were sold for,
        goods of growers included.

        Of a sale line with several lots each move bears its part, so that
        the parts add up to the line, as when its cost was booked."""
        pool = Pool()
        location = pool.get('stock.location').__table__()
        move = pool.get('stock.move').__table__()
        wanted = pool.get('stock.move').__table__()
        cursor = Transaction().connection.cursor()
        ids = [c.id for c in cycles]
        sold = defaultdict(lambda: ZERO)
        lots, of_lots = cls.lots(ids), cls.lots(ids)
        cursor.execute(*move
            .join(location, condition=move.from_location == location.id)
            .join(lots, 'LEFT', condition=move.lot == lots.lot)
            .select(
                move.origin, move.unit, move.unit_price, move.quantity,
                Case((location.type == 'storage', 1), else_=-1),
                lots.cycle, move.product,
                where=(move.state == 'done') & (move.lot_cost != Null)
                & move.origin.in_(wanted
                    .join(of_lots, condition=wanted.lot == of_lots.lot)
                    .select(
                        wanted.origin,
                        where=(wanted.state == 'done')
                        & wanted.origin.like('sale.line,%'))),
                order_by=[move.origin, move.id]))
        key, before = None, Decimal(0)
        for origin, unit, price, quantity, sign, cycle, product in cursor:
            if key != (origin, unit, price):
                key, before = (origin, unit, price), Decimal(0)
            quantity = Decimal(str(quantity))
            if cycle is not None and price is not None:
                sold[cycle, product] += sign * proceeds(
                    Decimal(str(price)), before, quantity)
            before += quantity
        return sold

    @classmethod
    def get_supplied(cls, cycles):
        "Return {(cycle, product): amount} of what growers got of the goods"
        pool = Pool()
        location = pool.get('stock.location').__table__()
        move = pool.get('stock.move').__table__()
        cursor = Transaction().connection.cursor()
        lots = cls.lots([c.id for c in cycles])
        cost = to_cents(move.lot_cost)
        cursor.execute(*lots
            .join(move, condition=move.lot == lots.lot)
            .join(location, condition=move.from_location == location.id)
            .select(
                lots.cycle, move.product,
                Sum(Case((location.type == 'storage', cost), else_=-cost)),
                where=(move.state == 'done')
                & move.origin.like('fupin.supply,%'),
                group_by=[lots.cycle, move.product]))
        return {
            (cycle, product): to_amount(cents)
            for cycle, product, cents in cursor}

    @classmethod
    def get_quantities(cls, cycles):
        "Return [(cycle, product id, unit id, quantity)] of what came out"
        cursor = Transaction().connection.cursor()
        ids = [c.id for c in cycles]
        quantities = []
        for output in cls.get_outputs():
            cursor.execute(*output.from_.select(
                    output.cycle, output.product, output.unit,
                    Sum(to_millionths(output.quantity)),
                    where=output.where
                    & fields.SQL_OPERATORS['in'](output.cycle, ids),
                    group_by=[output.cycle, output.product, output.unit]))
            quantities += [
                (cycle, product, unit, to_quantity(quantity))
                for cycle, product, unit, quantity in cursor]
        return quantities

    @classmethod
    @without_check_access
    def get_yields(cls, cycles):
        """Return {cycle: kilograms} of what the enterprise handles, from the
        harvests and from the growers"""
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        Unit = pool.get('product.uom')
        kilogram = Unit(ModelData.get_id('product', 'uom_kilogram'))
        handled = {
            c.id: {p.id for p in c.enterprise.products}
            for c in cls.browse(cycles)}
        yields = dict.fromkeys(handled, Decimal(0))
        for cycle, product, unit, quantity in cls.get_quantities(cycles):
            unit = Unit(unit)
            if (product in handled[cycle]
                    and unit.category == kilogram.category):
                yields[cycle] += convert_quantity(quantity, unit, kilogram)
        return yields

    @classmethod
    def get_contaminated(cls, cycles):
        "Return {cycle: bags} written off as contaminated"
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        batch = pool.get('fupin.own_production').__table__()
        loss = pool.get('fupin.own_production.loss').__table__()
        product = pool.get('product.product').__table__()
        template = pool.get('product.template').__table__()
        unit = pool.get('product.uom').__table__()
        cursor = Transaction().connection.cursor()
        ids = [c.id for c in cycles]
        bags = dict.fromkeys(ids, Decimal(0))
        cursor.execute(*loss
            .join(batch, condition=loss.production == batch.id)
            .join(product, condition=batch.product == product.id)
            .join(template, condition=product.template == template.id)
            .join(unit, condition=template.default_uom == unit.id)
            .select(
                batch.cycle, Sum(to_millionths(Coalesce(loss.quantity, 0))),
                where=(loss.state == 'posted')
                & (loss.cause == 'contamination')
                & (unit.category == ModelData.get_id(
                        'product', 'uom_cat_unit'))
                & fields.SQL_OPERATORS['in'](batch.cycle, ids),
                group_by=[batch.cycle]))
        for id_, quantity in cursor:
            bags[id_] = to_quantity(quantity)
        return bags

    @classmethod
    def get_household_ids(cls, cycles):
        "Return {cycle: ids} of who got of the cycle's goods or brought some"
        pool = Pool()
        cursor = Transaction().connection.cursor()
        ids = [c.id for c in cycles]
        households = {id_: [] for id_ in ids}
        queries = []
        for model in ['fupin.supply', 'fupin.delivery']:
            table = pool.get(model).__table__()
            queries.append(table.select(
                    table.cycle, table.household,
                    where=(table.state == 'posted')
                    & (table.household != Null)
                    & fields.SQL_OPERATORS['in'](table.cycle, ids)))
        union = Union(*queries)
        cursor.execute(*union.select(
                union.cycle, union.household,
                order_by=[union.cycle, union.household]))
        for cycle, household in cursor:
            households[cycle].append(household)
        return households

    @classmethod
    @without_check_access
    def compute_figures(cls, cycles):
        "Return {name: {cycle: figure}}"
        sums, of_lots = cls._sums(cycles), cls._lot_sums(cycles)
        sold = defaultdict(lambda: ZERO)
        for (cycle, _), amount in cls.get_sold(cycles).items():
            sold[cycle] += amount
        yields = cls.get_yields(cycles)
        contaminated = cls.get_contaminated(cycles)
        households = cls.get_household_ids(cycles)
        figures = defaultdict(dict)
        for cycle in cls.browse(cycles):
            id_, units = cycle.id, cycle.units
            amounts = {
                'cost': sums['cost'][id_] - of_lots['internal'][id_],
                'bought': sums['bought'][id_],
                'sold': sold[id_],
                'supplied': of_lots['supplied'][id_],
                'used': of_lots['used'][id_],
                'lost': sums['lost'][id_],
                'left': (of_lots['lots'][id_] - of_lots['gone'][id_]
                    + sums['work'][id_]),
                }
            amounts['revenue'] = (
                amounts['sold'] + amounts['supplied'] + sums['revenue'][id_])
            amounts['margin'] = figure.margin(*(
                    amounts[n]
                    for n in ['revenue', 'used', 'left', 'cost', 'bought']))
            for name, amount in amounts.items():
                figures[name][id_] = amount
            for name in ['cost', 'revenue', 'margin']:
                figures[f'unit_{name}'][id_] = figure.per_unit(
                    amounts[name], units)
            figures['yield_quantity'][id_] = yields[id_]
            figures['contaminated'][id_] = contaminated[id_]
            figures['households_count'][id_] = len(households[id_])
            mushroom = cycle.kind == 'mushroom'
            figures['biological_efficiency'][id_] = (
                figure.biological_efficiency(
                    yields[id_],
                    figure.good_bags(cycle.bags, contaminated[id_]),
                    cycle.dry_substrate) if mushroom else None)
            figures['contamination_rate'][id_] = (
                figure.contamination_rate(contaminated[id_], cycle.bags)
                if mushroom else None)
            figures['yield_per_mu'][id_] = figure.per_unit(
                yields[id_], cycle.mu)
        return figures
