# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields, sequence_ordered
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.modules.product import price_digits, round_price
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id, If
from trytond.transaction import Transaction

from .configuration import default_sequence
from .conversion import convert_quantity
from .document import DRAFT, DocumentMixin, wait_for
from .exact_sum import to_amount, to_cents
from .exceptions import SupplyCancelError, SupplyError
from .fund import code_domain
from .weighing import pay

ZERO = Decimal('0.00')


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    supply_purchase_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Supply Purchase Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_supply_purchase')),
                ],
            help="Used to generate the number of a purchase for members; "
            "it leaves no gaps."))

    default_supply_purchase_sequence = default_sequence(
        'sequence_supply_purchase')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'supply_purchase_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['supply_purchase_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    supply_purchase_sequence = fields.Many2One(
        'ir.sequence.strict', "Supply Purchase Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_coop', 'sequence_type_supply_purchase')),
            ])

    default_supply_purchase_sequence = default_sequence(
        'sequence_supply_purchase')


class WarehouseMixin:
    "A document whose lines are goods of a warehouse"
    __slots__ = ()

    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    warehouse = fields.Many2One(
        'stock.location', "Warehouse", required=True, ondelete='RESTRICT',
        domain=[
            ('type', '=', 'warehouse'),
            ('company', 'in', [None, Eval('company', -1)]),
            ],
        states=DRAFT)
    comment = fields.Char("Comment", states=DRAFT)

    @classmethod
    def default_warehouse(cls):
        Location = Pool().get('stock.location')
        return Location.get_default_warehouse()

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @classmethod
    def get_line_totals(cls, documents):
        "Return {document: the sum of its lines}"
        Line = cls.lines.get_target()
        table = Line.__table__()
        cursor = Transaction().connection.cursor()
        ids = [d.id for d in documents]
        totals = dict.fromkeys(ids, to_amount(0))
        parent = getattr(table, cls.lines.field)
        cursor.execute(*table.select(
                parent, to_cents(table.amount),
                where=fields.SQL_OPERATORS['in'](parent, ids)))
        for id_, cents in cursor:
            totals[id_] += to_amount(cents)
        return totals

    def check_goods(self):
        "Refuse a document without goods"
        if not self.lines:
            raise SupplyError(gettext(
                    'fupin_coop.msg_supply_empty', document=self.full_name))
        self.check_quantities()

    def check_quantities(self):
        "Refuse the warehouse of somebody else, and goods of no quantity"
        if (self.warehouse.company
                and self.warehouse.company != self.company):
            raise SupplyError(gettext(
                    'fupin_coop.msg_supply_warehouse',
                    document=self.full_name,
                    warehouse=self.warehouse.rec_name,
                    company=self.company.rec_name))
        for line in self.lines:
            if line.quantity <= 0 or line.get_stock_quantity() <= 0:
                raise SupplyError(gettext(
                        'fupin_coop.msg_supply_quantity',
                        document=self.full_name,
                        product=line.product.rec_name))

    @property
    def product_names(self):
        return '、'.join(dict.fromkeys(
                line.product.name for line in self.lines))


class GoodsMixin(WarehouseMixin):
    "A document whose lines are goods and their cost"
    __slots__ = ()

    cash_account = fields.Many2One(
        'account.account', "Paid from", ondelete='RESTRICT',
        domain=code_domain('101', '102'), states=DRAFT,
        help="Leave it empty if the supplier is paid later.")

    def check_prices(self):
        for line in self.lines:
            if not line.price or line.price < 0 or not line.amount:
                raise SupplyError(gettext(
                        'fupin_coop.msg_supply_price',
                        document=self.full_name,
                        product=line.product.rec_name))

    def get_credit_line(self, amount):
        "Return the line of who is owed for the goods, or of the money paid"
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        if self.cash_account:
            return Line(
                account=self.cash_account, debit=ZERO, credit=amount)
        return Line(
            account=Configuration.get_cooperative_account(
                'payable', self.company),
            party=self.supplier, debit=ZERO, credit=amount,
            maturity_date=self.date)


class GoodsLineMixin(sequence_ordered()):
    "A line of goods"
    __slots__ = ()

    # the name of the document's field
    _document_name = None
    # what posting writes
    _posting_fields = {'stock_quantity'}

    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    product = fields.Many2One(
        'product.product', "Product", required=True, ondelete='RESTRICT',
        domain=[
            ('type', '=', 'goods'),
            ],
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    product_uom_category = fields.Function(fields.Many2One(
            'product.uom.category', "Product UoM Category"),
        'on_change_with_product_uom_category')
    quantity = fields.Numeric("Quantity", digits='unit', required=True)
    unit = fields.Many2One(
        'product.uom', "Unit", required=True, ondelete='RESTRICT',
        domain=[
            If(Eval('product_uom_category'),
                ('category', '=', Eval('product_uom_category', -1)),
                ()),
            ])
    price = Monetary("Price", currency='currency', digits=price_digits)
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True)
    stock_quantity = fields.Numeric(
        "Quantity in Stock Unit", digits=(16, 6), readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add(cls._document_name)
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t, (
                        getattr(t, cls._document_name), Index.Equality())),
                Index(t, (t.product, Index.Equality())),
                })

    @property
    def document(self):
        return getattr(self, self._document_name)

    @classmethod
    def search_company(cls, name, clause):
        return [(f'{cls._document_name}.{clause[0]}', *clause[1:])]

    @fields.depends('product', 'unit')
    def on_change_product(self):
        if self.product:
            default_uom = self.product.default_uom
            if not self.unit or self.unit.category != default_uom.category:
                self.unit = default_uom

    @fields.depends('product')
    def on_change_with_product_uom_category(self, name=None):
        return self.product.default_uom_category if self.product else None

    def get_rec_name(self, name):
        return f'{self.document.rec_name} {self.product.rec_name}'

    def get_stock_quantity(self):
        "Return the quantity in the unit of the stock"
        unit = self.product.default_uom
        return convert_quantity(
            self.quantity, self.unit, unit, min(unit.digits, 6))

    def compute_fields(self, field_names=None):
        values = super().compute_fields(field_names=field_names)
        for name in ['price', 'amount']:
            field = self.__class__._fields[name]
            if (field.on_change_with and (field_names is None
                        or field.on_change_with & field_names)):
                value = getattr(self, f'on_change_with_{name}')()
                if getattr(self, name, None) != value:
                    values[name] = value
        return values

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if (mode == 'create' and values.get('product')
                and not values.get('unit')):
            Product = Pool().get('product.product')
            values['unit'] = Product(values['product']).default_uom.id
        return values

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        for line in lines:
            if line.document.state != 'draft':
                raise AccessError(gettext(
                        'fupin_coop.msg_document_modify',
                        document=line.document.full_name))
        if mode == 'write' and external and (
                values.keys() & cls._posting_fields):
            raise AccessError(gettext(
                    'fupin_coop.msg_document_write_state',
                    document=lines[0].document.full_name))

    @classmethod
    def copy(cls, lines, default=None):
        default = default.copy() if default is not None else {}
        for name in cls._posting_fields:
            default.setdefault(name)
        return super().copy(lines, default=default)


class SupplyPurchase(GoodsMixin, DocumentMixin):
    """Goods bought for members (受托代购商品, 127 of 财会〔2021〕37号) or for
    the cooperative itself (产品物资, 121).

    Each line becomes a lot, so that what is given out later costs what it
    cost to buy (specific identification, article 18)."""
    __name__ = 'fupin.supply.purchase'
    __string__ = "Supply Purchase"

    _sequence_name = 'supply_purchase_sequence'

    supplier = fields.Many2One(
        'party.party', "Supplier", required=True, ondelete='RESTRICT',
        states=DRAFT,
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    purpose = fields.Selection([
            ('members', "For Members"),
            ('own', "For the Cooperative"),
            ], "Purpose", required=True, sort=False, states=DRAFT,
        help="What is bought for members (127) is given to them by supplies; "
        "what is bought for the cooperative (121) is used by its own "
        "production.")
    lines = fields.One2Many(
        'fupin.supply.purchase.line', 'purchase', "Lines", states=DRAFT)
    amount = fields.Function(Monetary(
            "Amount", currency='currency', digits='currency'), 'get_amount')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.supplier, Index.Equality())))

    @classmethod
    def default_purpose(cls):
        return 'members'

    @classmethod
    def get_amount(cls, purchases, name):
        return cls.get_line_totals(purchases)

    @fields.depends('lines')
    def on_change_with_amount(self):
        return sum(
            (getattr(line, 'amount', None) or ZERO for line in self.lines),
            ZERO)

    def check_post(self):
        super().check_post()
        self.check_goods()
        self.check_prices()

    @classmethod
    def prepare_post(cls, purchases):
        pool = Pool()
        Lot = pool.get('stock.lot')
        Line = pool.get('fupin.supply.purchase.line')
        super().prepare_post(purchases)
        lines = [line for p in purchases for line in p.lines]
        lots = [
            Lot(
                number=f'{purchase.number}-{i:02}',
                product=line.product,
                company=purchase.company,
                purchase_line=line)
            for purchase in purchases
            for i, line in enumerate(purchase.lines, 1)]
        Lot.save(lots)
        for line, lot in zip(lines, lots):
            line.lot = lot
            line.stock_quantity = line.get_stock_quantity()
        Line.save(lines)

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        amount = sum(line.amount for line in self.lines)
        return self.new_move(
            Configuration.get_delivery_journal(self.company), [
                Line(account=Configuration.get_cooperative_account(
                        'agency_stock' if self.purpose == 'members'
                        else 'stock', self.company),
                    debit=amount, credit=ZERO),
                self.get_credit_line(amount),
                ], description=gettext(
                    'fupin_coop.msg_supply_purchase_move',
                    supplier=self.supplier.name,
                    products=self.product_names))

    def get_stock_moves(self):
        StockMove = Pool().get('stock.move')
        return super().get_stock_moves() + [
            StockMove(
                company=self.company,
                product=line.product,
                unit=line.product.default_uom,
                # the stock keeps floats: made of our decimals, never read
                # back into money
                quantity=StockMove.quantity.sql_format(line.stock_quantity),
                from_location=self.supplier.supplier_location,
                to_location=self.warehouse.storage_location,
                lot=line.lot,
                effective_date=self.date,
                unit_price=round_price(line.amount / line.stock_quantity),
                currency=self.company.currency,
                origin=self)
            for line in self.lines]

    def get_stock_account(self):
        "Return the account where the goods are, None if not posted"
        if self.move:
            for line in self.move.lines:
                if line.debit:
                    return line.account

    def check_cancel(self):
        super().check_cancel()
        lots = [line.lot for line in self.lines]
        wait_for(lots)
        for line in self.lines:
            line.check_lot()


class SupplyPurchaseLine(GoodsLineMixin, ModelSQL, ModelView):
    "What was bought of a product"
    __name__ = 'fupin.supply.purchase.line'
    __string__ = "Supply Purchase Line"

    _document_name = 'purchase'
    _posting_fields = {'stock_quantity', 'lot'}

    purchase = fields.Many2One(
        'fupin.supply.purchase', "Purchase", required=True,
        ondelete='CASCADE')
    lot = fields.Many2One(
        'stock.lot', "Lot", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('lot'),
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.price.required = True

    @fields.depends('purchase', '_parent_purchase.company')
    def on_change_with_company(self, name=None):
        return self.purchase.company if self.purchase else None

    @fields.depends('purchase', '_parent_purchase.company')
    def on_change_with_currency(self, name=None):
        if self.purchase and self.purchase.company:
            return self.purchase.company.currency

    @fields.depends('quantity', 'price')
    def on_change_with_amount(self):
        if self.quantity is not None and self.price is not None:
            return pay(self.quantity, self.price, 2)

    def check_lot(self):
        "Refuse to give back what is not there any more"
        StockMove = Pool().get('stock.move')
        moves = StockMove.search([
                ('lot', '=', self.lot.id),
                ('state', 'in', ['assigned', 'done']),
                ], order=[('id', 'DESC')])
        reserved = [m for m in moves if m.state == 'assigned']
        if self.lot.amount_left != self.amount or reserved:
            raise SupplyCancelError(gettext(
                    'fupin_coop.msg_supply_purchase_cancel_lot',
                    document=self.purchase.full_name,
                    lot=self.lot.rec_name,
                    move=(reserved or moves)[0].rec_name))
