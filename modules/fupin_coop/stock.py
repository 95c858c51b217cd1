# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt
from decimal import Decimal

from sql import Null
from sql.aggregate import Sum
from sql.conditionals import Case

from trytond.i18n import gettext
from trytond.model import Index, ModelView, Workflow, fields
from trytond.modules.account.exceptions import PeriodNotFoundError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.transaction import Transaction, without_check_access

from .document import open_journals, wait_for
from .exceptions import LotMoveError, LotQuantityError
from .lot_cost import cost_in, cost_out, proceeds, settle_commission
from .shelf import Place, Shelf


class Lot(metaclass=PoolMeta):
    __name__ = 'stock.lot'

    company = fields.Many2One(
        'company.company', "Company", readonly=True, ondelete='RESTRICT')
    delivery = fields.Many2One(
        'fupin.delivery', "Delivery", readonly=True, ondelete='RESTRICT',
        help="The delivery with which the goods came.")
    purchase_line = fields.Many2One(
        'fupin.supply.purchase.line', "Supply Purchase", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('purchase_line'),
            },
        help="The purchase with which the goods came.")
    harvest_line = fields.Many2One(
        'fupin.own_production.harvest.line', "Harvest", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('harvest_line'),
            },
        help="The harvest of the own production with which the goods came.")
    grower = fields.Many2One(
        'party.party', "Grower", readonly=True, ondelete='RESTRICT',
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount_left = fields.Function(Monetary(
            "Value", currency='currency', digits='currency',
            help="What the books have for the goods that are left."),
        'get_amount_left')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.product.context['company'] = Eval('company', -1)
        cls.product.depends.add('company')
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t, (t.delivery, Index.Equality())),
                Index(t, (t.purchase_line, Index.Equality())),
                Index(t, (t.harvest_line, Index.Equality())),
                Index(t,
                    (t.company, Index.Equality()),
                    (t.product, Index.Equality())),
                })

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    def get_rec_name(self, name):
        rec_name = super().get_rec_name(name)
        if self.grower:
            rec_name += f' {self.grower.name}'
        return rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, value = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('number', operator, value),
            ('grower.name', operator, value),
            ]

    @classmethod
    def get_amount_left(cls, lots, name):
        amounts = {lot.id: None for lot in lots}
        with without_check_access():
            for lot in cls.browse(lots):
                if lot.document and lot.document.state != 'draft':
                    amounts[lot.id] = lot.get_books()[1]
        return amounts

    @property
    def document(self):
        "The document with which the goods came, None if there is none"
        if self.delivery:
            return self.delivery
        elif self.purchase_line:
            return self.purchase_line.purchase
        elif self.harvest_line:
            return self.harvest_line.harvest

    @property
    def amount(self):
        "What the goods cost when they came"
        return (
            self.delivery or self.purchase_line or self.harvest_line).amount

    @property
    def owned(self):
        "Whether the goods are the cooperative's own (121)"
        if self.delivery:
            return self.delivery.method == 'purchase'
        elif self.purchase_line:
            return self.purchase_line.purchase.purpose == 'own'
        return bool(self.harvest_line)

    @property
    def for_members(self):
        "Whether the goods were bought for members (127)"
        return bool(self.purchase_line) and not self.owned

    def get_stock_account(self):
        "Return the account where the goods are, None if not posted"
        return (self.harvest_line or self.document).get_stock_account()

    def get_books(self):
        """Return what of the document's goods is left and its value in the
        books, by the shipments and returns that were booked.

        The quantity is in the default unit of the product."""
        if self.document.state == 'cancelled':
            return Decimal(0), Decimal('0.00')
        quantity, amount = self.get_received(), self.amount
        for move in self.moves_booked:
            sign = -1 if move.is_out else 1
            quantity += sign * to_decimal(move.internal_quantity)
            amount += sign * move.lot_cost
        return quantity, amount

    @property
    def moves_booked(self):
        Move = Pool().get('stock.move')
        return Move.search([
                ('lot', '=', self.id),
                ('state', '=', 'done'),
                ('lot_cost', '!=', None),
                ], order=[('id', 'ASC')])

    def get_received(self):
        "Return the quantity that the document brought in the default unit"
        return sum(
            to_decimal(m.internal_quantity)
            for m in self.document.stock_moves
            if m.from_location.type in {'supplier', 'production'}
            and m.lot == self)

    @classmethod
    def get_shelf(cls, company, product, warehouse, owned=False):
        """Return the shelf of the goods of the product in the warehouse:
        those bought for members, or those that the cooperative owns."""
        pool = Pool()
        Delivery = pool.get('fupin.delivery')
        Move = pool.get('stock.move')
        Purchase = pool.get('fupin.supply.purchase')
        PurchaseLine = pool.get('fupin.supply.purchase.line')
        table, move = cls.__table__(), Move.__table__()
        delivery, purchase = Delivery.__table__(), Purchase.__table__()
        purchase_line = PurchaseLine.__table__()
        if owned:
            wanted = ((delivery.method == 'purchase')
                | (purchase.purpose == 'own') | (table.harvest_line != Null))
        else:
            wanted = purchase.purpose == 'members'
        location = warehouse.storage_location.id
        cursor = Transaction().connection.cursor()
        cursor.execute(*table
            .join(move, condition=move.lot == table.id)
            .join(delivery, 'LEFT', condition=table.delivery == delivery.id)
            .join(purchase_line, 'LEFT',
                condition=table.purchase_line == purchase_line.id)
            .join(purchase, 'LEFT',
                condition=purchase_line.purchase == purchase.id)
            .select(
                table.id,
                Sum(Case(
                        (move.to_location == location,
                            move.internal_quantity),
                        else_=-move.internal_quantity)),
                where=(table.company == company.id)
                & (table.product == product.id)
                & wanted
                & (move.state == 'done')
                & ((move.to_location == location)
                    | (move.from_location == location))
                & (move.to_location != move.from_location),
                group_by=table.id))
        unit = product.default_uom
        quantities = {
            id_: to_decimal(unit.round(quantity)) for id_, quantity in cursor}
        places = []
        with without_check_access():
            for lot in cls.browse([i for i, q in quantities.items() if q > 0]):
                remaining, book = lot.get_books()
                places.append(Place(
                        cls(lot.id), min(quantities[lot.id], remaining),
                        lot.get_received(), lot.amount, remaining, book))
            places.sort(key=lambda p: (p.lot.document.date, p.lot.id))
        return Shelf(places, wait_for)

    @classmethod
    def copy(cls, lots, default=None):
        default = default.copy() if default is not None else {}
        for name in [
                'company', 'delivery', 'grower', 'purchase_line',
                'harvest_line']:
            default.setdefault(name)
        return super().copy(lots, default=default)


def to_decimal(quantity):
    "Return the quantity of a stock move as a decimal"
    return Decimal(str(quantity))


class Move(metaclass=PoolMeta):
    __name__ = 'stock.move'

    lot_cost = fields.Numeric(
        "Cost of the Lot", digits=(16, 2), readonly=True,
        help="What the books have for the goods of the delivery "
        "that left or came back with this move.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._allow_modify_closed_period.add('lot_cost')
        t = cls.__table__()
        cls._sql_indexes.add(
            Index(t, (t.lot, Index.Equality()), where=t.lot != Null))

    @property
    def is_out(self):
        "Whether the goods leave the cooperative"
        return self.from_location.type == 'storage'

    @classmethod
    def copy(cls, moves, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('lot_cost')
        return super().copy(moves, default=default)

    # Choosing lots: the oldest goods go first

    @classmethod
    def assign_try(
            cls, moves, with_childs=True, grouping=('product',), pblc=None):
        if 'lot' in grouping or pblc is not None:
            return super().assign_try(
                moves, with_childs=with_childs, grouping=grouping, pblc=pblc)
        kept_by_lot = cls.kept_by_lot(moves)
        by_lot, others = [], []
        for move in moves:
            if (not move.lot
                    and (move.product.id, move.company.id) in kept_by_lot):
                by_lot.append(move)
            else:
                others.append(move)
        success = super().assign_try(
            by_lot, with_childs=with_childs, grouping=grouping + ('lot',))
        success &= super().assign_try(
            others, with_childs=with_childs, grouping=grouping)
        return success

    @classmethod
    def kept_by_lot(cls, moves):
        """Return the ids of product and company of which the goods come by
        documents, for the products and companies of the moves"""
        Lot = Pool().get('stock.lot')
        cursor = Transaction().connection.cursor()
        table = Lot.__table__()
        cursor.execute(*table.select(
                table.product, table.company,
                where=fields.SQL_OPERATORS['in'](
                    table.product, list({m.product.id for m in moves}))
                & fields.SQL_OPERATORS['in'](
                    table.company, list({m.company.id for m in moves}))
                & ((table.delivery != Null) | (table.purchase_line != Null)
                    | (table.harvest_line != Null)),
                group_by=[table.product, table.company]))
        return set(cursor)

    def sort_quantities(self, quantities, locations, grouping):
        Lot = Pool().get('stock.lot')
        quantities = super().sort_quantities(quantities, locations, grouping)
        if 'lot' not in grouping or self.lot:
            return quantities
        index = grouping.index('lot') + 1
        ages = {
            lot.id: (lot.document.date, lot.document.id)
            for lot in Lot.browse(
                {k[index] for k, q in quantities if k[index] and q > 0})
            if lot.document and not lot.for_members}
        return sorted(
            ((k, q) for k, q in quantities if q > 0),
            key=lambda x: ages.get(x[0][index], (dt.date.max, 0)))

    # Goods of a delivery cost what the delivery cost

    @classmethod
    @ModelView.button
    @Workflow.transition('done')
    def do(cls, moves):
        wait_for({m.lot for m in moves if m.lot and m.lot.document})
        super().do(moves)
        cls.check_lot_quantities(moves)

    @classmethod
    def check_lot_quantities(cls, moves):
        "Refuse to take more of a delivery than is there"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        moves = [m for m in moves if m.is_out and m.quantity]
        kept_by_lot = cls.kept_by_lot(moves)
        places = {
            (m.company, m.product, m.from_location) for m in moves
            if (m.product.id, m.company.id) in kept_by_lot}
        for company, product, location in places:
            taken = {
                m.lot for m in moves
                if (m.company, m.product, m.from_location) == (
                    company, product, location)}
            cursor.execute(*table.select(
                    table.lot,
                    Sum(Case(
                            (table.to_location == location.id,
                                table.internal_quantity),
                            else_=-table.internal_quantity)),
                    where=(table.company == company.id)
                    & (table.product == product.id)
                    & (table.state == 'done')
                    & ((table.to_location == location.id)
                        | (table.from_location == location.id)),
                    group_by=table.lot))
            quantities = dict(cursor)
            for lot_ in taken:
                quantity = quantities.get(lot_.id if lot_ else None, 0)
                if product.default_uom.round(quantity) >= 0:
                    continue
                if lot_:
                    raise LotQuantityError(gettext(
                            'fupin_coop.msg_lot_quantity',
                            lot=lot_.rec_name,
                            product=product.rec_name,
                            location=location.rec_name))
                raise LotQuantityError(gettext(
                        'fupin_coop.msg_lot_missing',
                        product=product.rec_name,
                        location=location.rec_name))

    def _get_account_stock_move(self):
        if (not self.document and self.lot and self.lot.document
                and self.quantity):
            type_ = self._get_account_stock_move_type()
            if type_:
                return self._get_lot_account_move(type_)
            return
        if (not self.lot and self.quantity
                and self._get_account_stock_move_type() == 'in_customer'
                and self.kept_by_lot([self])):
            raise LotMoveError(gettext(
                    'fupin_coop.msg_lot_return',
                    product=self.product.rec_name,
                    move=self.rec_name))
        return super()._get_account_stock_move()

    def _get_lot_account_move(self, type_):
        """Return the account move for goods of a lot that leave or come
        back, by specific identification (财会〔2021〕37号, article 18)."""
        direction, _, place = type_.partition('_')
        delivery = self.lot.document
        if self.lot.for_members and place != 'lost_found':
            raise LotMoveError(gettext(
                    'fupin_coop.msg_lot_agency',
                    lot=self.lot.rec_name,
                    purchase=delivery.full_name))
        if place not in {'customer', 'lost_found', 'production'}:
            raise LotMoveError(gettext(
                    'fupin_coop.msg_lot_supplier',
                    lot=self.lot.rec_name,
                    delivery=delivery.full_name))
        with Transaction().set_context(company=self.company.id):
            move = self.__class__(self.id)
            move._set_lot_cost(direction)
            lines = move._get_lot_lines(direction, place)
        if lines:
            return self._new_lot_account_move(lines)

    def _set_lot_cost(self, direction):
        lot = self.lot
        received, amount = lot.get_received(), lot.amount
        remaining, book = lot.get_books()
        quantity = to_decimal(self.internal_quantity)
        digits = self.company.currency.digits
        if direction == 'out':
            remaining -= quantity
        else:
            remaining += quantity
        if not 0 <= remaining <= received:
            raise LotQuantityError(gettext(
                    'fupin_coop.msg_lot_quantity_%s' % direction,
                    lot=lot.rec_name,
                    product=self.product.rec_name,
                    move=self.rec_name))
        cost = cost_out if direction == 'out' else cost_in
        self.lot_cost = cost(amount, received, book, remaining, digits)
        self.save()

    def _get_lot_lines(self, direction, place):
        Configuration = Pool().get('account.configuration')
        cost = self.lot_cost
        stock = self.lot.get_stock_account()
        if place == 'lost_found':
            # 待处理流动资产损溢
            against = Configuration.get_chart_account('18101', self.company)
        elif place == 'production':
            against = Configuration.get_chart_account('401', self.company)
        else:
            against = self.product.account_stock_out_used
        amounts = [(against, cost)]
        if place == 'customer' and not self.lot.owned:
            covered, shortfall = settle_commission(cost, self._get_proceeds())
            amounts = [
                (self.product.account_revenue_used, covered),
                (against, shortfall),
                ]
        amounts.append((stock, -cost))
        sign = 1 if direction == 'out' else -1
        return [
            self._get_lot_line(account, sign * amount)
            for account, amount in amounts if amount]

    def _get_lot_line(self, account, amount):
        Line = Pool().get('account.move.line')
        return Line(
            account=account,
            debit=max(amount, Decimal(0)),
            credit=max(-amount, Decimal(0)))

    def _get_proceeds(self):
        "Return what the goods of the move are sold for"
        pool = Pool()
        SaleLine = pool.get('sale.line')
        UoM = pool.get('product.uom')
        before = Decimal(0)
        if isinstance(self.origin, SaleLine):
            for move in self.origin.moves:
                if (move != self and move.state == 'done'
                        and move.lot_cost is not None):
                    before += to_decimal(UoM.compute_qty(
                            move.unit, move.quantity, self.unit))
        return proceeds(
            self.unit_price, before, to_decimal(self.quantity),
            self.company.currency.digits)

    def _new_lot_account_move(self, lines):
        pool = Pool()
        AccountMove = pool.get('account.move')
        Configuration = pool.get('account.configuration')
        Date = pool.get('ir.date')
        Period = pool.get('account.period')
        date = self.effective_date
        try:
            period = Period.find(self.company, date=date)
        except PeriodNotFoundError:
            with Transaction().set_context(company=self.company.id):
                date = Date.today()
            period = Period.find(self.company, date=date)
        move = AccountMove(
            company=self.company,
            journal=Configuration(1).get_multivalue(
                'stock_journal', company=self.company.id),
            period=period,
            date=date,
            origin=self,
            lines=lines)
        open_journals([move])
        return move
