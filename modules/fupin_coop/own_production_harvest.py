# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from collections import defaultdict
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.product import round_price
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction

from .conversion import convert_quantity
from .document import DRAFT, wait_for
from .exceptions import OwnProductionCancelError, OwnProductionError
from .own_production_document import TakingMixin
from .production_cost import ProductionCostError, split
from .supply_purchase import GoodsLineMixin, WarehouseMixin

ZERO = Decimal('0.00')


class Harvest(WarehouseMixin, TakingMixin):
    """What a batch yields: goods into stock at the cost that they take.

    Dr 121, Cr 141 or 401 of the batch.  Each line becomes a lot, so that
    what is sold later costs what it cost to produce (521 / 121)."""
    __name__ = 'fupin.own_production.harvest'
    __string__ = "Harvest"

    lines = fields.One2Many(
        'fupin.own_production.harvest.line', 'harvest', "Lines",
        states=DRAFT,
        context={
            'own_production': Eval('production', -1),
            },
        depends=['production'])

    def get_quantity(self):
        total = Decimal(0)
        for line in self.lines:
            quantity = line.get_batch_quantity()
            if quantity is None:
                raise OwnProductionError(gettext(
                        'fupin_coop.msg_own_production_harvest_unit',
                        document=self.full_name,
                        product=line.product.rec_name,
                        unit=self.unit.symbol))
            total += quantity * line.factor
        return total

    # Posting

    def check_post(self):
        if not self.lines:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_harvest_empty',
                    document=self.full_name))
        self.check_quantities()
        super().check_post()

    @classmethod
    def prepare_post(cls, harvests):
        pool = Pool()
        Line = pool.get('fupin.own_production.harvest.line')
        Lot = pool.get('stock.lot')
        super().prepare_post(harvests)
        lines, lots = [], []
        for harvest in harvests:
            try:
                amounts = split(
                    harvest.amount, [x.get_weight() for x in harvest.lines])
            except ProductionCostError as error:
                harvest.refuse_cost(error)
            for i, (line, amount) in enumerate(
                    zip(harvest.lines, amounts), 1):
                line.amount = amount
                line.price = round_price(amount / line.quantity)
                line.stock_quantity = line.get_stock_quantity()
                line.stock_account = line.get_product_account()
                lines.append(line)
                lots.append(Lot(
                        number=f'{harvest.number}-{i:02}',
                        product=line.product,
                        company=harvest.company,
                        harvest_line=line))
        Lot.save(lots)
        for line, lot in zip(lines, lots):
            line.lot = lot
        Line.save(lines)

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        debits = defaultdict(lambda: ZERO)
        for line in self.lines:
            debits[line.stock_account] += line.amount
        return self.new_move(
            Configuration.get_delivery_journal(self.company), [
                Line(account=account, debit=amount, credit=ZERO)
                for account, amount in debits.items() if amount]
            + [self.get_production_line(self.production, -self.amount)],
            description=gettext(
                'fupin_coop.msg_own_production_harvest_move',
                production=self.production.rec_name,
                products=self.product_names))

    def get_stock_moves(self):
        pool = Pool()
        Location = pool.get('stock.location')
        ModelData = pool.get('ir.model.data')
        StockMove = pool.get('stock.move')
        location = Location(ModelData.get_id(
                'fupin_coop', 'location_own_production'))
        return super().get_stock_moves() + [
            StockMove(
                company=self.company,
                product=line.product,
                unit=line.product.default_uom,
                # the stock keeps floats: made of our decimals, never read
                # back into money
                quantity=StockMove.quantity.sql_format(line.stock_quantity),
                from_location=location,
                to_location=self.warehouse.storage_location,
                lot=line.lot,
                effective_date=self.date,
                unit_price=round_price(line.amount / line.stock_quantity),
                currency=self.company.currency,
                origin=self)
            for line in self.lines]

    def get_return_moves(self):
        moves = super().get_return_moves()
        for move in moves:
            # the stock has no price for what goes into production
            move.unit_price = move.currency = None
        return moves

    def check_cancel(self):
        super().check_cancel()
        wait_for([line.lot for line in self.lines])
        for line in self.lines:
            line.check_lot()


class HarvestLine(GoodsLineMixin, ModelSQL, ModelView):
    "What was harvested of a product"
    __name__ = 'fupin.own_production.harvest.line'
    __string__ = "Harvest Line"

    _document_name = 'harvest'
    _posting_fields = {
        'stock_quantity', 'lot', 'stock_account', 'price', 'amount'}

    harvest = fields.Many2One(
        'fupin.own_production.harvest', "Harvest", required=True,
        ondelete='CASCADE')
    grade = fields.Many2One(
        'fupin.product.grade', "Grade", ondelete='RESTRICT',
        domain=[
            ('template.products', '=', Eval('product', -1)),
            ])
    factor = fields.Numeric(
        "Cost Factor", digits=(6, 3), required=True,
        domain=[
            ('factor', '>=', 0),
            ],
        help="How much of the cost one unit bears, compared with the others "
        "of the harvest; 1 for all bears it by quantity.")
    lot = fields.Many2One(
        'stock.lot', "Lot", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('lot'),
            })
    stock_account = fields.Many2One(
        'account.account', "Stock Account", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('stock_account'),
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.price.readonly = True
        cls.price.help = "What one unit cost to produce."

    @classmethod
    def _default_production(cls):
        "Return the batch of the harvest that is being entered"
        Production = Pool().get('fupin.own_production')
        id_ = Transaction().context.get('own_production')
        return Production(id_) if id_ and id_ >= 0 else None

    @classmethod
    def default_product(cls):
        production = cls._default_production()
        return production.product.id if production else None

    @classmethod
    def default_unit(cls):
        production = cls._default_production()
        return production.unit.id if production else None

    @classmethod
    def default_factor(cls):
        return Decimal(1)

    @fields.depends('harvest', '_parent_harvest.company')
    def on_change_with_company(self, name=None):
        return self.harvest.company if self.harvest else None

    @fields.depends('harvest', '_parent_harvest.company')
    def on_change_with_currency(self, name=None):
        if self.harvest and self.harvest.company:
            return self.harvest.company.currency

    @fields.depends('product', 'grade')
    def on_change_product(self):
        super().on_change_product()
        if self.grade and (
                not self.product or self.grade not in self.product.grades):
            self.grade = None

    def get_batch_quantity(self):
        """Return the quantity in the unit of the batch, None if it can not be
        converted."""
        unit = self.harvest.unit
        if self.unit.category == unit.category:
            return convert_quantity(self.quantity, self.unit, unit)

    def get_weight(self):
        "Return how much of the cost of the harvest the line bears"
        quantity = self.get_batch_quantity()
        return (self.quantity if quantity is None else quantity) * self.factor

    def get_product_account(self):
        with Transaction().set_context(company=self.harvest.company.id):
            product = self.product.__class__(self.product.id)
            return product.account_stock_used

    def get_stock_account(self):
        "Return the account where the goods are, None if not posted"
        return self.stock_account

    def check_lot(self):
        "Refuse to take back what is not there any more"
        StockMove = Pool().get('stock.move')
        moves = StockMove.search([
                ('lot', '=', self.lot.id),
                ('state', 'in', ['assigned', 'done']),
                ], order=[('id', 'DESC')])
        reserved = [m for m in moves if m.state == 'assigned']
        if (self.lot.get_books() != (self.stock_quantity, self.amount)
                or reserved):
            raise OwnProductionCancelError(gettext(
                    'fupin_coop.msg_own_production_cancel_lot',
                    document=self.harvest.full_name,
                    lot=self.lot.rec_name,
                    move=(reserved or moves)[0].rec_name))
