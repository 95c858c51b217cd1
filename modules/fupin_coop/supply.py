# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from collections import defaultdict

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.modules.product import round_price
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, Id, If
from trytond.transaction import Transaction

from .configuration import default_sequence
from .document import DRAFT, DocumentMixin
from .exceptions import SupplyError
from .grower import GrowerMixin
from .issue import IssueMixin
from .supply_purchase import ZERO, GoodsLineMixin, GoodsMixin
from .weighing import pay, round_half_up


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    supply_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Supply Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_supply')),
                ],
            help="Used to generate the number of a supply; "
            "it leaves no gaps."))

    default_supply_sequence = default_sequence('sequence_supply')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'supply_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['supply_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    supply_sequence = fields.Many2One(
        'ir.sequence.strict', "Supply Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=', Id('fupin_coop', 'sequence_type_supply')),
            ])

    default_supply_sequence = default_sequence('sequence_supply')


class Supply(GrowerMixin, IssueMixin, GoodsMixin, DocumentMixin):
    """Inputs given to a grower on credit.

    财会〔2021〕37号 has two routes of buying for members: through 127 from
    what was bought before, or directly from the supplier to the grower.  The
    grower owes the cost and the fee (114, others 113); the fee is operating
    revenue (501).  What is the cooperative's own, like the mushroom bags that
    it made, is sold at its cost: 501 for what is owed, 521 / 121 for the
    cost."""
    __name__ = 'fupin.supply'
    __string__ = "Supply"

    _sequence_name = 'supply_sequence'

    route = fields.Selection([
            ('stock', "From Stock"),
            ('direct', "Directly from the Supplier"),
            ('own', "Own Goods at Cost"),
            ], "Route", required=True, sort=False,
        states={
            'readonly': (
                (Eval('state') != 'draft') | Eval('lines', [0])),
            },
        help="From stock, the goods were bought for members before "
        "and cost what they cost then; own goods, the cooperative made or "
        "bought them for itself.")
    supplier = fields.Many2One(
        'party.party', "Supplier", ondelete='RESTRICT',
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': Eval('route') != 'direct',
            'required': Eval('route') == 'direct',
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    lines = fields.One2Many(
        'fupin.supply.line', 'supply', "Lines",
        states={
            'readonly': (Eval('state') != 'draft') | ~Eval('route'),
            })
    cost = fields.Function(Monetary(
            "Cost", currency='currency', digits='currency'), 'get_amounts')
    fee_rate = fields.Numeric(
        "Fee (%)", digits=(5, 2),
        domain=[
            If(Bool(Eval('fee_rate')),
                [('fee_rate', '>=', 0), ('fee_rate', '<=', 100)],
                ()),
            ],
        states=DRAFT,
        help="The fee in percent of the cost; "
        "leave it empty to enter the fee itself.")
    fee = Monetary(
        "Fee", currency='currency', digits='currency', required=True,
        domain=[
            ('fee', '>=', 0),
            ],
        states={
            'readonly': (Eval('state') != 'draft') | Bool(Eval('fee_rate')),
            })
    amount = fields.Function(Monetary(
            "Amount", currency='currency', digits='currency',
            help="What the grower owes: the cost and the fee."),
        'get_amounts')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.cash_account.states = {
            'readonly': Eval('state') != 'draft',
            'invisible': Eval('route') != 'direct',
            }
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.supplier, Index.Equality())))

    @classmethod
    def default_route(cls):
        return 'stock'

    @classmethod
    def default_fee(cls):
        return ZERO

    @classmethod
    def get_amounts(cls, supplies, names):
        costs = cls.get_line_totals(supplies)
        amounts = {
            'cost': costs,
            'amount': {s.id: costs[s.id] + s.fee for s in supplies},
            }
        return {name: amounts[name] for name in names}

    @fields.depends('lines')
    def on_change_with_cost(self):
        return sum(
            (getattr(line, 'amount', None) or ZERO for line in self.lines),
            ZERO)

    @fields.depends('fee_rate', 'fee', methods=['on_change_with_cost'])
    def on_change_with_fee(self):
        if self.fee_rate:
            return self.get_fee(self.on_change_with_cost())
        return self.fee

    @fields.depends(methods=['on_change_with_cost', 'on_change_with_fee'])
    def on_change_with_amount(self):
        return self.on_change_with_cost() + (
            self.on_change_with_fee() or ZERO)

    def get_fee(self, cost):
        return round_half_up(cost * self.fee_rate / 100, 2)

    # Posting

    def check_post(self):
        super().check_post()
        self.check_grower()
        self.check_membership()
        self.check_goods()
        if self.route == 'direct':
            self.check_prices()
            if not self.supplier:
                raise SupplyError(gettext(
                        'fupin_coop.msg_supply_supplier',
                        document=self.full_name))

    @classmethod
    def prepare_post(cls, supplies):
        Line = Pool().get('fupin.supply.line')
        super().prepare_post(supplies)
        cls.take_goods([s for s in supplies if s.route != 'direct'])
        lines = [
            line for s in supplies if s.route == 'direct' for line in s.lines]
        for line in lines:
            line.stock_quantity = line.get_stock_quantity()
        Line.save(lines)
        for supply in supplies:
            if supply.fee_rate:
                supply.fee = supply.get_fee(
                    sum(line.amount for line in supply.lines))
        cls.save(supplies)

    @property
    def issues_owned(self):
        return self.route == 'own'

    @property
    def issue_message(self):
        if self.issues_owned:
            return 'fupin_coop.msg_own_production_stock'
        return super().issue_message

    def get_issue_location(self):
        return self.grower.customer_location

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        cost = sum(line.amount for line in self.lines)
        lines = [Line(
                account=self.get_debt_account(),
                party=self.grower,
                debit=cost + self.fee,
                credit=ZERO,
                maturity_date=self.date)]
        if self.route == 'direct':
            lines.append(self.get_credit_line(cost))
        elif self.route == 'own':
            lines += self.get_own_lines(cost)
        else:
            lines.append(Line(
                    account=Configuration.get_cooperative_account(
                        'agency_stock', self.company),
                    debit=ZERO, credit=cost))
        if self.fee:
            lines.append(Line(
                    account=Configuration.get_cooperative_account(
                        'revenue', self.company),
                    debit=ZERO, credit=self.fee))
        return self.new_move(
            Configuration.get_delivery_journal(self.company), lines,
            description=gettext(
                'fupin_coop.msg_supply_move',
                grower=self.grower.name, products=self.product_names))

    def get_own_lines(self, cost):
        "Return the lines of the sale at cost of what is the cooperative's"
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        Product = pool.get('product.product')
        StockMove = pool.get('stock.move')
        amounts = defaultdict(lambda: ZERO)
        amounts[Configuration.get_cooperative_account(
                'revenue', self.company)] -= cost
        with Transaction().set_context(company=self.company.id):
            for move in StockMove.search([
                        ('origin', '=', str(self)), ('state', '=', 'draft')]):
                product = Product(move.product.id)
                amounts[product.account_stock_out_used] += move.lot_cost
                amounts[move.lot.get_stock_account()] -= move.lot_cost
        return [
            Line(account=account,
                debit=max(amount, ZERO), credit=max(-amount, ZERO))
            for account, amount in amounts.items() if amount]


class SupplyLine(GoodsLineMixin, ModelSQL, ModelView):
    "What a grower got of a product"
    __name__ = 'fupin.supply.line'
    __string__ = "Supply Line"

    _document_name = 'supply'

    supply = fields.Many2One(
        'fupin.supply', "Supply", required=True, ondelete='CASCADE')
    route = fields.Function(
        fields.Selection('get_routes', "Route"), 'on_change_with_route')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.price.states = {
            'readonly': Eval('route') != 'direct',
            'required': Eval('route') == 'direct',
            }
        cls.price.help = (
            "What one unit costs; from stock, what it cost to buy.")

    @classmethod
    def get_routes(cls):
        Supply = Pool().get('fupin.supply')
        name = 'route'
        return Supply.fields_get([name])[name]['selection'] + [(None, '')]

    @fields.depends('supply', '_parent_supply.route')
    def on_change_with_route(self, name=None):
        return self.supply.route if self.supply else None

    @fields.depends('supply', '_parent_supply.company')
    def on_change_with_company(self, name=None):
        return self.supply.company if self.supply else None

    @fields.depends('supply', '_parent_supply.company')
    def on_change_with_currency(self, name=None):
        if self.supply and self.supply.company:
            return self.supply.company.currency

    @fields.depends(
        'product', 'quantity', 'unit', 'supply', '_parent_supply.company',
        '_parent_supply.route', '_parent_supply.warehouse')
    def _expected_cost(self):
        """Return what the goods cost if they are taken from stock now, None
        if they are not there."""
        Lot = Pool().get('stock.lot')
        if (self.supply and self.supply.company and self.supply.warehouse
                and self.product and self.unit and self.quantity
                and self.unit.category == self.product.default_uom.category):
            quantity = self.get_stock_quantity()
            if quantity > 0:
                parts = Lot.get_shelf(
                    self.supply.company, self.product,
                    self.supply.warehouse,
                    owned=self.supply.route == 'own').take(quantity)
                if parts is not None:
                    return sum(p.cost for p in parts)

    @fields.depends(
        'price', 'quantity', 'supply', '_parent_supply.route',
        methods=['_expected_cost'])
    def on_change_with_price(self):
        if self.supply and self.supply.route in {'stock', 'own'}:
            cost = self._expected_cost()
            return round_price(cost / self.quantity) if cost else None
        return self.price

    @fields.depends(
        'price', 'quantity', 'supply', '_parent_supply.route',
        methods=['_expected_cost'])
    def on_change_with_amount(self):
        if self.supply and self.supply.route in {'stock', 'own'}:
            return self._expected_cost()
        if self.quantity is not None and self.price is not None:
            return pay(self.quantity, self.price, 2)

    def compute_fields(self, field_names=None):
        if (field_names and 'stock_quantity' in field_names):
            # what posting found is what the goods cost
            return {}
        return super().compute_fields(field_names=field_names)
