# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import Index, fields
from trytond.modules.currency.fields import Monetary
from trytond.modules.product import price_digits, round_price
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.transaction import Transaction, without_check_access

from .conversion import convert_quantity
from .document import DRAFT, DocumentMixin, wait_for
from .exceptions import (
    DeliveryCancelError, DeliveryError, DeliveryMemberError,
    DeliveryPriceError, DeliveryWeightError, PriceNotFoundError)
from .weighing import WeighingError, pay, weigh

# more than any unit shows, so that only the amount is rounded
EXACT_DIGITS = 12


class Delivery(DocumentMixin):
    "The weigh ticket of produce that a grower brings"
    __name__ = 'fupin.delivery'
    __string__ = "Delivery"

    _sequence_name = 'delivery_sequence'

    member = fields.Many2One(
        'fupin.member', "Member", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=DRAFT,
        help="Leave it empty for a grower who is no member.")
    grower = fields.Many2One(
        'party.party', "Grower", required=True, ondelete='RESTRICT',
        states={
            'readonly': (Eval('state') != 'draft') | Bool(Eval('member')),
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="Who brings the goods and is paid for them.")
    household = fields.Many2One(
        'fupin.household', "Household", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('household'),
            },
        help="The member's household on the day of the delivery.")
    person = fields.Many2One(
        'fupin.person', "Person", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('person'),
            })
    method = fields.Selection([
            ('purchase', "Bought Out"),
            ('commission', "On Commission"),
            ], "Method", required=True, sort=False, states=DRAFT,
        help="On commission, the goods are sold for the grower "
        "at the agreed price.")
    product = fields.Many2One(
        'product.product', "Product", required=True, ondelete='RESTRICT',
        domain=[
            ('type', '=', 'goods'),
            ],
        states=DRAFT,
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    graded = fields.Function(
        fields.Boolean("Graded"), 'on_change_with_graded')
    grade = fields.Many2One(
        'fupin.product.grade', "Grade", ondelete='RESTRICT',
        domain=[
            ('template.products', '=', Eval('product', -1)),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('graded', False) & ~Eval('grade'),
            'required': Eval('graded', False),
            })
    product_uom_category = fields.Function(fields.Many2One(
            'product.uom.category', "Product UoM Category"),
        'on_change_with_product_uom_category')
    unit = fields.Many2One(
        'product.uom', "Unit", required=True, ondelete='RESTRICT',
        domain=[
            If(Eval('product_uom_category'),
                ('category', '=', Eval('product_uom_category', -1)),
                ()),
            ],
        states=DRAFT,
        help="The unit of the scale.")
    gross = fields.Numeric(
        "Gross", digits='unit', required=True, states=DRAFT,
        help="What the scale shows with the packing.")
    tare = fields.Numeric(
        "Tare", digits='unit', required=True, states=DRAFT,
        help="The weight of the packing.")
    net = fields.Numeric("Net", digits='unit', readonly=True)
    deduction_rate = fields.Numeric(
        "Deduction (%)", digits=(4, 2), required=True, states=DRAFT,
        help="What is deducted for water and impurities, "
        "in percent of the net weight.")
    deduction = fields.Numeric("Deduction", digits='unit', readonly=True)
    quantity = fields.Numeric(
        "Payable Quantity", digits='unit', readonly=True,
        help="The net weight less the deduction.")
    price_unit = fields.Many2One(
        'product.uom', "Price Unit", required=True, ondelete='RESTRICT',
        domain=[
            If(Eval('product_uom_category'),
                ('category', '=', Eval('product_uom_category', -1)),
                ()),
            ],
        states=DRAFT)
    price = Monetary(
        "Price", currency='currency', digits=price_digits, states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('state') != 'draft',
            },
        help="The price of one price unit; by default the price of the list.")
    floor_price = Monetary(
        "Floor Price", currency='currency', digits=price_digits,
        readonly=True,
        states={
            'invisible': ~Eval('floor_price'),
            },
        help="The price under which nothing is bought.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True)
    warehouse = fields.Many2One(
        'stock.location', "Warehouse", required=True, ondelete='RESTRICT',
        domain=[
            ('type', '=', 'warehouse'),
            ('company', 'in', [None, Eval('company', -1)]),
            ],
        states=DRAFT)
    lot = fields.Many2One(
        'stock.lot', "Lot", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('lot'),
            })
    comment = fields.Char("Comment", states=DRAFT)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._document_fields = cls._document_fields | {'lot'}
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t,
                    (t.member, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t, (t.grower, Index.Equality())),
                Index(t, (t.household, Index.Equality())),
                Index(t, (t.product, Index.Equality())),
                Index(t,
                    (t.company, Index.Equality()),
                    (t.create_uid, Index.Equality()),
                    (t.id, Index.Range(order='DESC'))),
                })

    # At the scale: what the last delivery had, the next one probably has

    @classmethod
    def _last(cls):
        deliveries = cls.search([
                ('company', '=', cls.default_company()),
                ('create_uid', '=', Transaction().user),
                ], order=[('id', 'DESC')], limit=1)
        return deliveries[0] if deliveries else None

    @classmethod
    def default_method(cls):
        last = cls._last()
        return last.method if last else 'purchase'

    @classmethod
    def default_product(cls):
        last = cls._last()
        if last and last.product.active:
            return last.product.id

    @classmethod
    def default_grade(cls):
        last = cls._last()
        if last and last.grade and last.grade.active:
            return last.grade.id

    @classmethod
    def default_unit(cls):
        last = cls._last()
        if last and last.product.active:
            return last.unit.id

    @classmethod
    def default_tare(cls):
        return Decimal(0)

    @classmethod
    def default_deduction_rate(cls):
        return Decimal(0)

    @classmethod
    def default_warehouse(cls):
        Location = Pool().get('stock.location')
        return Location.get_default_warehouse()

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('member', 'date')
    def on_change_member(self):
        self.person = self.household = None
        if self.member:
            self.grower = self.member.party
            self.person = self.member.person
            self.household = self.member.household
            if self.person and self.date:
                self.household = (
                    self.person.get_household_at(self.date)
                    or self.member.household)

    @fields.depends('product', 'unit', 'grade', methods=['_set_price'])
    def on_change_product(self):
        if self.product:
            default_uom = self.product.default_uom
            if not self.unit or self.unit.category != default_uom.category:
                self.unit = default_uom
            if self.grade and self.grade not in self.product.grades:
                self.grade = None
        self._set_price()

    @fields.depends(methods=['_set_price'])
    def on_change_grade(self):
        self._set_price()

    @fields.depends(methods=['_set_price', 'on_change_member'])
    def on_change_date(self):
        self.on_change_member()
        self._set_price()

    @fields.depends('price_unit', methods=['_find_price'])
    def on_change_price_unit(self):
        record = self._find_price()
        if record and self.price_unit:
            self.price = record.get_price(self.price_unit)
            self.floor_price = record.get_floor_price(self.price_unit)

    @fields.depends('company', 'product', 'grade', 'date')
    def _find_price(self):
        Price = Pool().get('fupin.price')
        if self.company and self.product and self.date:
            try:
                return Price.find(
                    self.company, self.product, self.grade, self.date)
            except PriceNotFoundError:
                return None

    @fields.depends('unit', 'price_unit', methods=['_find_price'])
    def _set_price(self):
        "Take price, floor and unit from the price list"
        record = self._find_price()
        if record:
            self.price_unit = record.unit
            self.price = record.price
            self.floor_price = record.floor_price
        else:
            self.price_unit = self.unit
            self.price = None
            self.floor_price = None

    @fields.depends('product')
    def on_change_with_graded(self, name=None):
        return bool(self.product and self.product.grades)

    @fields.depends('product')
    def on_change_with_product_uom_category(self, name=None):
        return self.product.default_uom_category if self.product else None

    @fields.depends('gross', 'tare', 'deduction_rate', 'unit')
    def _weigh(self):
        return weigh(
            self.gross, self.tare, self.deduction_rate, self.unit.digits)

    @fields.depends(
        'gross', 'tare', 'deduction_rate', 'unit', methods=['_weigh'])
    def _weighing(self):
        "Return the weighing, None while it is not complete or not possible"
        if (self.unit and self.gross is not None and self.tare is not None
                and self.deduction_rate is not None):
            try:
                return self._weigh()
            except WeighingError:
                return None

    @fields.depends(methods=['_weighing'])
    def on_change_with_net(self):
        weighing = self._weighing()
        return weighing.net if weighing else None

    @fields.depends(methods=['_weighing'])
    def on_change_with_deduction(self):
        weighing = self._weighing()
        return weighing.deduction if weighing else None

    @fields.depends(methods=['_weighing'])
    def on_change_with_quantity(self):
        weighing = self._weighing()
        return weighing.quantity if weighing else None

    @fields.depends(
        'price', 'price_unit', 'unit', 'company', methods=['_weighing'])
    def on_change_with_amount(self):
        weighing = self._weighing()
        if (weighing and self.price is not None and self.price_unit
                and self.company
                and self.unit.category == self.price_unit.category):
            quantity = convert_quantity(
                weighing.quantity, self.unit, self.price_unit, EXACT_DIGITS)
            return pay(quantity, self.price, self.company.currency.digits)

    @fields.depends(
        'member', 'date', 'product', 'grade', 'graded', 'price',
        'floor_price', 'gross', 'state',
        methods=['_find_price', '_weighing'])
    def on_change_notify(self):
        notifications = super().on_change_notify()
        if self.state != 'draft':
            return notifications
        if (self.member and self.date and self.member.from_date
                and not self.member.is_member(self.date)):
            notifications.append(('warning', gettext(
                        'fupin_coop.msg_delivery_notify_member',
                        member=self.member.rec_name)))
        if self.product and (self.grade or not self.graded):
            if not self._find_price():
                notifications.append(('warning', gettext(
                            'fupin_coop.msg_delivery_notify_price')))
            elif (self.price is not None and self.floor_price is not None
                    and self.price < self.floor_price):
                notifications.append(('warning', gettext(
                            'fupin_coop.msg_delivery_notify_floor_price')))
        if self.gross is not None and not self._weighing():
            notifications.append(('warning', gettext(
                        'fupin_coop.msg_delivery_notify_weights')))
        return notifications

    def compute_fields(self, field_names=None):
        cls = self.__class__
        values = super().compute_fields(field_names=field_names)
        for name in ['net', 'deduction', 'quantity', 'amount']:
            if (field_names is None
                    or cls._fields[name].on_change_with & field_names):
                value = getattr(self, f'on_change_with_{name}')()
                if getattr(self, name, None) != value:
                    values[name] = value
        return values

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if mode == 'create':
            delivery = cls(**{
                    n: v for n, v in values.items()
                    if n in cls._delivery_names})
            for name in ['company', 'date']:
                if name not in values:
                    setattr(delivery, name, cls.default_get([name])[name])
            if values.get('member'):
                delivery.on_change_member()
                for name in ['grower', 'person', 'household']:
                    value = getattr(delivery, name)
                    values[name] = value.id if value else None
            if values.get('product') and values.get('price') is None:
                delivery.on_change_product()
                for name in ['unit', 'price_unit']:
                    if not values.get(name) and getattr(delivery, name):
                        values[name] = getattr(delivery, name).id
                values['price'] = delivery.price
                values['floor_price'] = delivery.floor_price
        return values

    _delivery_names = [
        'company', 'date', 'member', 'product', 'grade', 'unit', 'price_unit']

    @classmethod
    def validate_fields(cls, deliveries, field_names):
        super().validate_fields(deliveries, field_names)
        if not field_names or field_names & {
                'gross', 'tare', 'deduction_rate', 'unit'}:
            for delivery in deliveries:
                delivery.check_weights()
        if not field_names or field_names & {
                'member', 'grower', 'date', 'company'}:
            for delivery in deliveries:
                delivery.check_member()

    def check_weights(self):
        "Refuse weights that are not those of a delivery"
        try:
            self._weigh()
        except WeighingError as error:
            raise DeliveryWeightError(gettext(
                    f'fupin_coop.msg_delivery_{error.reason}',
                    delivery=self.full_name,
                    gross=self.gross,
                    tare=self.tare,
                    rate=self.deduction_rate,
                    unit=self.unit.symbol)) from error

    def check_member(self):
        "Refuse a member who was none on the day, or a member as a stranger"
        Member = Pool().get('fupin.member')
        member = self.member
        if member:
            if (member.company != self.company
                    or member.party != self.grower):
                raise DeliveryMemberError(gettext(
                        'fupin_coop.msg_delivery_member_other',
                        delivery=self.full_name,
                        member=member.rec_name,
                        company=self.company.rec_name))
            if member.from_date > self.date:
                raise DeliveryMemberError(gettext(
                        'fupin_coop.msg_delivery_member_before',
                        delivery=self.full_name,
                        member=member.rec_name,
                        from_date=member.from_date,
                        date=self.date))
            if not member.is_member(self.date):
                raise DeliveryMemberError(gettext(
                        'fupin_coop.msg_delivery_member_left',
                        delivery=self.full_name,
                        member=member.rec_name,
                        to_date=member.to_date,
                        date=self.date))
        elif self.state == 'draft':
            members = Member.search([
                    ('company', '=', self.company.id),
                    ('party', '=', self.grower.id),
                    Member.current_domain(self.date),
                    ], limit=1)
            if members:
                raise DeliveryMemberError(gettext(
                        'fupin_coop.msg_delivery_grower_member',
                        delivery=self.full_name,
                        member=members[0].rec_name))

    # Posting

    def check_post(self):
        super().check_post()
        self.check_weights()
        self.check_member()
        self.check_product()
        self.check_price()
        if self.compute_fields():
            raise DeliveryError(gettext(
                    'fupin_coop.msg_delivery_computed',
                    delivery=self.full_name))

    def check_product(self):
        if self.graded and not self.grade:
            raise DeliveryError(gettext(
                    'fupin_coop.msg_delivery_grade',
                    delivery=self.full_name,
                    product=self.product.rec_name))
        if (self.warehouse.company
                and self.warehouse.company != self.company):
            raise DeliveryError(gettext(
                    'fupin_coop.msg_delivery_warehouse',
                    delivery=self.full_name,
                    warehouse=self.warehouse.rec_name,
                    company=self.company.rec_name))

    def check_price(self):
        "Refuse what the price list of the day does not allow"
        Price = Pool().get('fupin.price')
        _, floor, _ = Price.get(
            self.company, self.product, self.grade, self.date,
            self.price_unit)
        if self.price is None or self.price <= 0:
            raise DeliveryPriceError(gettext(
                    'fupin_coop.msg_delivery_price',
                    delivery=self.full_name))
        if floor is not None and self.price < floor:
            raise DeliveryPriceError(gettext(
                    'fupin_coop.msg_delivery_floor_price',
                    delivery=self.full_name,
                    price=self.price,
                    floor=floor,
                    unit=self.price_unit.symbol,
                    product=self.product.rec_name))
        if not self.amount:
            raise DeliveryPriceError(gettext(
                    'fupin_coop.msg_delivery_amount_zero',
                    delivery=self.full_name))

    @classmethod
    def prepare_post(cls, deliveries):
        Lot = Pool().get('stock.lot')
        super().prepare_post(deliveries)
        lots = []
        for delivery in deliveries:
            lot = Lot(
                number=delivery.number,
                product=delivery.product,
                company=delivery.company,
                delivery=delivery,
                grower=delivery.grower)
            delivery.lot = lot
            lots.append(lot)
        Lot.save(lots)

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        if self.method == 'commission':
            stock = Configuration.get_cooperative_account(
                'commission_stock', self.company)
        else:
            with Transaction().set_context(company=self.company.id):
                product = self.product.__class__(self.product.id)
                stock = product.account_stock_used
        description = gettext(
            f'fupin_coop.msg_delivery_move_{self.method}',
            grower=self.grower.name,
            product=self.product.name,
            quantity=self.quantity,
            unit=self.unit.symbol)
        return self.new_move(
            Configuration.get_delivery_journal(self.company), [
                Line(account=stock, debit=self.amount, credit=Decimal(0)),
                Line(account=self.get_payable_account(),
                    party=self.grower,
                    debit=Decimal(0),
                    credit=self.amount,
                    maturity_date=self.date),
                ], description=description)

    def get_payable_account(self):
        "Return 114 for a member, 211 for anybody else"
        Configuration = Pool().get('account.configuration')
        return Configuration.get_cooperative_account(
            'member_payable' if self.member else 'payable', self.company)

    def get_stock_account(self):
        "Return the account where the goods are, None if not posted"
        if self.move:
            for line in self.move.lines:
                if line.debit:
                    return line.account

    def get_stock_moves(self):
        StockMove = Pool().get('stock.move')
        return super().get_stock_moves() + [StockMove(
                company=self.company,
                product=self.product,
                unit=self.unit,
                # the stock keeps floats: made of our decimals, never read
                # back into money
                quantity=StockMove.quantity.sql_format(self.quantity),
                from_location=self.grower.supplier_location,
                to_location=self.warehouse.storage_location,
                lot=self.lot,
                effective_date=self.date,
                unit_price=round_price(self.amount / self.quantity),
                currency=self.company.currency,
                origin=self)]

    def get_member_entries(self):
        Entry = Pool().get('fupin.member.entry')
        entries = super().get_member_entries()
        if self.member:
            entries.append(Entry(
                    member=self.member,
                    date=self.date,
                    kind='trade',
                    product=self.product,
                    quantity=self.quantity,
                    unit=self.unit,
                    amount=self.amount,
                    origin=self))
        return entries

    def get_incomes(self):
        pool = Pool()
        Category = pool.get('fupin.income.category')
        Income = pool.get('fupin.income')
        ModelData = pool.get('ir.model.data')
        incomes = super().get_incomes()
        person, household = self.get_earner()
        if household:
            incomes.append(Income(
                    household=household,
                    person=person,
                    company=self.company,
                    category=Category(ModelData.get_id(
                            'fupin_household', 'category_sale')),
                    date=self.date,
                    amount=self.amount,
                    cost=Decimal(0),
                    origin=self))
        return incomes

    def get_earner(self):
        """Return the person and the household that earn the amount.

        For a grower who is no member, the person is found by the party; the
        cooperative does not get to see the household."""
        Person = Pool().get('fupin.person')
        if self.member:
            return self.person, self.household
        with without_check_access():
            persons = Person.search([
                    ('party', '=', self.grower.id),
                    ], limit=1)
            if persons:
                person, = persons
                return person, person.get_household_at(self.date)
        return None, None

    # Cancelling

    def check_cancel(self):
        super().check_cancel()
        if self.lot:
            wait_for([self.lot])
            self.check_lot()

    def check_lot(self):
        "Refuse to give back what is not there any more"
        StockMove = Pool().get('stock.move')
        moves = StockMove.search([
                ('lot', '=', self.lot.id),
                ('state', 'in', ['assigned', 'done']),
                ], order=[('id', 'DESC')])
        reserved = [m for m in moves if m.state == 'assigned']
        if self.lot.amount_left != self.amount or reserved:
            move = (reserved or moves)[0]
            raise DeliveryCancelError(gettext(
                    'fupin_coop.msg_delivery_cancel_lot',
                    delivery=self.full_name,
                    lot=self.lot.rec_name,
                    move=move.rec_name))

    @classmethod
    def copy(cls, deliveries, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('lot')
        return super().copy(deliveries, default=default)
