# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Where the goods of a lot come from and where they went.

A lot of a delivery has one grower.  One of a batch that was made (401) of
the produce of others has theirs, by what the batch took of each; one of a
batch that grew (141), or that took nothing like it, is the cooperative's."""
from decimal import Decimal

from sql import Cast, Literal, Null, Union, Window, With
from sql.aggregate import Sum
from sql.conditionals import Case, Coalesce
from sql.functions import Round, RowNumber

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.fupin_coop.reconciliation import to_reference
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import sql_pairing
from trytond.transaction import Transaction

_BATCH = 'fupin.own_production'
# how many batches a lot is followed back through
DEPTH = 8
# shares are dealt in millionths, quantities in thousandths of the unit
MILLION, THOUSAND = 10 ** 6, 10 ** 3
MILLIONTH, THOUSANDTH = Decimal('0.000001'), Decimal('0.001')


def to_float(expression):
    return Cast(expression, 'FLOAT')


def to_whole(expression):
    return Cast(Round(expression), 'BIGINT')


def sql_deal(rows, names, total, weight, partition, order):
    """Return the query of the rows with their part of the total by largest
    remainder: whole numbers that add up to the total of the partition.

    rows is a query, names are those of its columns, total, weight and order
    columns of it, total a whole number; ties go to the first by the order."""
    whole = Cast(Sum(
            getattr(rows, weight),
            window=Window([getattr(rows, n) for n in partition])), 'BIGINT')
    product = getattr(rows, weight) * (
        getattr(rows, total) if isinstance(total, str) else total)
    down = product / whole
    downs = rows.select(
        *[getattr(rows, n) for n in names],
        (Literal(0) + total if not isinstance(total, str)
            else getattr(rows, total)).as_('whole'),
        down.as_('down'), (product - down * whole).as_('rest'))
    by = [getattr(downs, n) for n in partition]
    ranks = downs.select(
        *[getattr(downs, n) for n in names],
        downs.down,
        Cast(downs.whole - Sum(downs.down, window=Window(by)), 'BIGINT').as_(
            'left_over'),
        RowNumber(window=Window(by, order_by=[
                    downs.rest.desc, getattr(downs, order).asc])).as_(
            'rank'))
    return ranks.select(
        *[getattr(ranks, n) for n in names],
        (ranks.down + Case((ranks.rank <= ranks.left_over, 1), else_=0)).as_(
            'part'))


class LotSourceMixin:
    "The query of the growers of lots"
    __slots__ = ()

    _names = [
        'lot', 'company', 'product', 'date', 'source', 'delivery',
        'production', 'cycle', 'grower', 'household', 'area', 'weight']

    @classmethod
    def _documents(cls):
        """Return the query of (lot, company, product, date, quantity in the
        stock unit, category of unit, delivery, batch) of what was delivered
        or harvested"""
        pool = Pool()
        delivery = pool.get('fupin.delivery').__table__()
        harvest = pool.get(f'{_BATCH}.harvest').__table__()
        line = pool.get(f'{_BATCH}.harvest.line').__table__()
        queries = []
        for from_, state, document, values in [
                (delivery, delivery.state, delivery, [
                        delivery.lot, delivery.product, delivery.unit,
                        to_float(delivery.quantity), to_float(
                            delivery.quantity),
                        delivery.id, Literal(None)]),
                (line.join(harvest, condition=line.harvest == harvest.id),
                    harvest.state, harvest, [
                        line.lot, line.product, line.unit,
                        to_float(line.quantity),
                        to_float(line.quantity * line.factor),
                        Literal(None), harvest.production])]:
            product = pool.get('product.product').__table__()
            template = pool.get('product.template').__table__()
            stock_unit = pool.get('product.uom').__table__()
            unit = pool.get('product.uom').__table__()
            lot, product_id, unit_id, quantity, weight, of, batch = values
            ratio = unit.factor / stock_unit.factor
            queries.append(from_
                .join(product, condition=product_id == product.id)
                .join(template, condition=product.template == template.id)
                .join(unit, condition=unit_id == unit.id)
                .join(stock_unit,
                    condition=template.default_uom == stock_unit.id)
                .select(
                    lot.as_('lot'), document.company, product_id.as_(
                        'product'), document.date,
                    (quantity * ratio).as_('quantity'),
                    (weight * ratio).as_('content'),
                    stock_unit.category,
                    Cast(of, 'INTEGER').as_('delivery'),
                    Cast(batch, 'INTEGER').as_('production'),
                    where=state == 'posted'))
        return Union(*queries, all_=True)

    @classmethod
    def _contents(cls):
        "Return the query of (batch, content) of all that batches yielded"
        documents = cls._documents()
        return documents.select(
            documents.production, Sum(documents.content).as_('content'),
            where=documents.production != Null,
            group_by=[documents.production])

    @classmethod
    def _wanted(cls, lot, documents):
        "Return the condition on the lots that are asked for"
        context = Transaction().context
        where = lot.id == documents.lot
        if context.get('lots') is not None:
            where &= fields.SQL_OPERATORS['in'](
                lot.id, list(context['lots']))
        if context.get('trace_lot'):
            where &= lot.id == context['trace_lot']
        if context.get('trace_product'):
            where &= lot.product == context['trace_product']
        return where

    @classmethod
    def _taken(cls):
        """Return the query of (batch, lot, quantity, category) of the produce
        that batches on 401 took"""
        pool = Pool()
        account = pool.get('account.account').__table__()
        batch = pool.get(_BATCH).__table__()
        input_ = pool.get(f'{_BATCH}.input').__table__()
        move = pool.get('stock.move').__table__()
        product = pool.get('product.product').__table__()
        template = pool.get('product.template').__table__()
        unit = pool.get('product.uom').__table__()
        return (input_
            .join(batch, condition=input_.production == batch.id)
            .join(account, condition=batch.account == account.id)
            .join(product, condition=batch.product == product.id)
            .join(template, condition=product.template == template.id)
            .join(unit, condition=template.default_uom == unit.id)
            .join(move, condition=move.origin == to_reference(
                    f'{_BATCH}.input', input_.id))
            .select(
                input_.production, move.lot,
                move.internal_quantity.as_('quantity'), unit.category,
                where=(input_.state == 'posted') & (move.state == 'done')
                & (move.lot != Null) & account.code.like('401%')))

    @classmethod
    def _growers(cls):
        """Return the query of the growers of each lot with the weight that
        they brought of it and their share in millionths"""
        pool = Pool()
        batch = pool.get(_BATCH).__table__()
        company = pool.get('company.company').__table__()
        delivery = pool.get('fupin.delivery').__table__()
        household = pool.get('fupin.household').__table__()
        lot = pool.get('stock.lot').__table__()

        # how much of what came with the source is in the lot
        reach = With('lot', 'source', 'portion', 'depth', recursive=True)
        first = cls._documents()
        reach.query = lot.join(
            first, condition=cls._wanted(lot, first)).select(
            lot.id, lot.id, to_float(Literal(1)),
            Cast(Literal(0), 'INTEGER'))
        made, part, contents = (
            cls._documents(), cls._documents(), cls._contents())
        taken = cls._taken()
        reach.query |= (reach
            .join(made, condition=reach.source == made.lot)
            .join(contents,
                condition=made.production == contents.production)
            .join(taken, condition=(taken.production == made.production)
                & (taken.lot != reach.source))
            .join(part, condition=(taken.lot == part.lot)
                & (part.category == taken.category))
            .select(
                reach.lot, taken.lot,
                to_float(
                    reach.portion * made.content / contents.content
                    * taken.quantity / part.quantity),
                Cast(reach.depth + 1, 'INTEGER'),
                where=(reach.depth < DEPTH) & (contents.content > 0)
                & (part.quantity > 0)))
        reach.query.all_ = True

        # what a batch was made of stands for it
        of, source, taken, again = (
            cls._documents(), cls._documents(), cls._taken(),
            cls._documents())
        passed = taken.join(again, condition=(taken.lot == again.lot)
            & (again.category == taken.category)).select(
            taken.production, group_by=[taken.production])
        found = (reach
            .join(of, condition=reach.lot == of.lot)
            .join(source, condition=reach.source == source.lot)
            .join(passed, 'LEFT',
                condition=source.production == passed.production)
            .join(company, condition=of.company == company.id)
            .join(delivery, 'LEFT', condition=source.delivery == delivery.id)
            .join(household, 'LEFT',
                condition=delivery.household == household.id)
            .join(batch, 'LEFT', condition=source.production == batch.id)
            .select(
                reach.lot, of.company, of.product, of.date, reach.source,
                source.delivery, source.production,
                Coalesce(delivery.cycle, batch.cycle).as_('cycle'),
                Coalesce(delivery.grower, company.party).as_('grower'),
                delivery.household, household.area,
                to_whole(Sum(source.quantity * reach.portion)
                    * THOUSAND).as_('weight'),
                where=passed.production == Null,
                group_by=[
                    reach.lot, of.company, of.product, of.date, reach.source,
                    source.delivery, source.production, delivery.cycle,
                    batch.cycle, delivery.grower, company.party,
                    delivery.household, household.area]))
        found = found.select(
            *[getattr(found, n) for n in cls._names],
            where=found.weight > 0)
        dealt = sql_deal(
            found, cls._names, MILLION, 'weight', ['lot'], 'source')
        return dealt, reach

    @classmethod
    def _asked(cls, row):
        "Return the condition on who grew, by the context"
        context = Transaction().context
        where = Literal(True)
        for name in ['household', 'cycle', 'grower']:
            if value := context.get(f'trace_{name}'):
                where &= getattr(row, name) == value
        return where


class LotGrower(LotSourceMixin, ExportMixin, ModelSQL, ModelView):
    "Who grew what is in a lot, with weight and share"
    __name__ = 'fupin.lot.grower'
    __string__ = "Growers of a Lot"

    lot = fields.Many2One('stock.lot', "Lot")
    company = fields.Many2One('company.company', "Cooperative")
    product = fields.Many2One(
        'product.product', "Product",
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    date = fields.Date("Date", help="When the lot came into stock.")
    grower = fields.Many2One(
        'party.party', "Grower",
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    household = fields.Many2One('fupin.household', "Household")
    area = fields.Many2One('country.subdivision', "Area")
    source = fields.Many2One(
        'stock.lot', "Source",
        help="The lot with which it came from the grower.")
    delivery = fields.Many2One('fupin.delivery', "Delivery")
    production = fields.Many2One('fupin.own_production', "Production Batch")
    cycle = fields.Many2One('fupin.cycle', "Production Cycle")
    parcels = fields.Function(fields.Char(
            "Parcels", help="Where it grew, if the cycle names land."),
        'get_parcels')
    weight = fields.Numeric(
        "Weight", digits=(16, 3),
        help="What of it was brought, in the stock unit of the produce.")
    share = fields.Numeric(
        "Share", digits=(16, 6),
        help="The shares of a lot add up to 1.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('date', 'DESC'), ('lot', 'DESC'), ('share', 'DESC'),
            ('id', 'ASC')]

    @classmethod
    def table_query(cls):
        row, reach = cls._growers()
        return row.select(
            sql_pairing(row.lot, row.source).as_('id'),
            *[getattr(row, n) for n in cls._names if n != 'weight'],
            cls.weight.sql_cast(
                Round(row.weight * THOUSANDTH, 3)).as_('weight'),
            cls.share.sql_cast(
                Round(row.part * MILLIONTH, 6)).as_('share'),
            where=cls._asked(row),
            with_=[reach])

    @classmethod
    def get_parcels(cls, rows, name):
        return get_parcels(rows)

    def get_rec_name(self, name):
        return f'{self.lot.rec_name} {self.grower.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('lot.rec_name', *clause[1:]),
            ('grower.rec_name', *clause[1:]),
            ]


def get_parcels(rows):
    """Return {row: the names of the parcels} on which it grew: those of the
    cycle that the household holds, or that the cooperative has."""
    CycleParcel = Pool().get('fupin.cycle.parcel')
    names = {}
    for line in CycleParcel.search([
                ('cycle', 'in', list({
                            r.cycle.id for r in rows if r.cycle})),
                ]):
        names.setdefault((line.cycle, line.household), []).append(
            line.parcel.rec_name)
    return {
        r.id: '、'.join(names.get((r.cycle, r.household), [])) for r in rows}


class LotTrace(LotSourceMixin, ExportMixin, ModelSQL, ModelView):
    "Who bought what of whom: each shipment by the growers of its lots"
    __name__ = 'fupin.lot.trace'
    __string__ = "Trace from Grower to Buyer"

    company = fields.Many2One('company.company', "Cooperative")
    buyer = fields.Many2One(
        'party.party', "Buyer",
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    date = fields.Date("Date", help="When it was shipped.")
    shipment = fields.Char("Shipment")
    lot = fields.Many2One('stock.lot', "Lot")
    product = fields.Many2One(
        'product.product', "Product",
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    quantity = fields.Numeric(
        "Quantity", digits=(16, 3),
        help="The grower's part of what was shipped, in the stock unit; "
        "below zero if it came back.")
    share = fields.Numeric("Share of the Lot", digits=(16, 6))
    grower = fields.Many2One(
        'party.party', "Grower",
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    household = fields.Many2One('fupin.household', "Household")
    area = fields.Many2One('country.subdivision', "Area")
    source = fields.Many2One('stock.lot', "Source")
    delivery = fields.Many2One('fupin.delivery', "Delivery")
    production = fields.Many2One('fupin.own_production', "Production Batch")
    cycle = fields.Many2One('fupin.cycle', "Production Cycle")
    parcels = fields.Function(fields.Char("Parcels"), 'get_parcels')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('date', 'DESC'), ('buyer', 'ASC'), ('lot', 'ASC'),
            ('share', 'DESC'), ('id', 'ASC')]

    @classmethod
    def _shipped(cls):
        """Return the query of (move, lot, date, buyer, number, sign, whole
        thousandths) of what customers got or gave back"""
        pool = Pool()
        move = pool.get('stock.move').__table__()
        queries = []
        for model, sign in [
                ('stock.shipment.out', 1), ('stock.shipment.out.return', -1)]:
            shipment = pool.get(model).__table__()
            location = pool.get('stock.location').__table__()
            move = pool.get('stock.move').__table__()
            place = move.to_location if sign > 0 else move.from_location
            queries.append(move
                .join(shipment, condition=move.shipment == to_reference(
                        model, shipment.id))
                .join(location, condition=place == location.id)
                .select(
                    move.id.as_('move'), move.lot,
                    move.effective_date.as_('shipped'),
                    shipment.customer.as_('buyer'),
                    shipment.number.as_('shipment'),
                    Literal(sign).as_('sign'),
                    to_whole(move.internal_quantity * THOUSAND).as_('whole'),
                    where=(move.state == 'done') & (move.lot != Null)
                    & (location.type == 'customer')))
        return Union(*queries, all_=True)

    @classmethod
    def table_query(cls):
        context = Transaction().context
        row, reach = cls._growers()
        shipped = cls._shipped()
        where = shipped.whole > 0
        if buyer := context.get('trace_buyer'):
            where &= shipped.buyer == buyer
        if context.get('shipments') is not None:
            where &= fields.SQL_OPERATORS['in'](
                shipped.move, list(context['shipments']))
        names = ['move', 'buyer', 'shipped', 'shipment', 'sign', 'share',
            *(n for n in cls._names if n not in {'weight', 'date'})]
        rows = row.join(shipped, condition=row.lot == shipped.lot).select(
            shipped.move, shipped.buyer, shipped.shipped, shipped.shipment,
            shipped.sign, row.part.as_('share'),
            *[getattr(row, n) for n in names[6:]],
            shipped.whole, where=where)
        dealt = sql_deal(
            rows, names, 'whole', 'share', ['move'], 'source')
        return dealt.select(
            sql_pairing(dealt.move, dealt.source).as_('id'),
            dealt.buyer, dealt.shipped.as_('date'), dealt.shipment,
            cls.share.sql_cast(
                Round(dealt.share * MILLIONTH, 6)).as_('share'),
            *[getattr(dealt, n) for n in names[6:]],
            cls.quantity.sql_cast(Round(
                    dealt.part * dealt.sign * THOUSANDTH, 3)).as_('quantity'),
            where=cls._asked(dealt),
            with_=[reach])

    @classmethod
    def get_parcels(cls, rows, name):
        return get_parcels(rows)

    def get_rec_name(self, name):
        return f'{self.shipment} {self.lot.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('shipment', *clause[1:]),
            ('lot.rec_name', *clause[1:]),
            ]
