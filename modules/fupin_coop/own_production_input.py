# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields, sequence_ordered
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Bool, Eval
from trytond.transaction import Transaction

from .document import DRAFT
from .exact_sum import to_amount, to_cents
from .exceptions import OwnProductionCancelError, OwnProductionError
from .fund import code_domain
from .issue import IssueMixin
from .own_production_document import BatchDocumentMixin, production_field
from .supply_purchase import GoodsLineMixin, WarehouseMixin

ZERO = Decimal('0.00')


class Input(IssueMixin, WarehouseMixin, BatchDocumentMixin):
    """What goes into a batch: materials from stock and costs.

    Dr 141 or 401 of the batch, Cr 121 for materials at the cost of their
    lots, Cr 101, 102, 114 or 211 for the rest.  Without a batch it is common
    cost (401), which an allocation divides later."""
    __name__ = 'fupin.own_production.input'
    __string__ = "Production Input"

    production = production_field(
        required=False,
        help="Leave it empty for the common cost of several batches.")
    lines = fields.One2Many(
        'fupin.own_production.input.material', 'input', "Materials",
        states=DRAFT)
    costs = fields.One2Many(
        'fupin.own_production.input.cost', 'input', "Costs", states=DRAFT)
    amount = fields.Function(Monetary(
            "Amount", currency='currency', digits='currency'), 'get_amount')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.production, Index.Equality())))

    @classmethod
    def get_amount(cls, inputs, name):
        totals = cls.get_line_totals(inputs)
        table = Pool().get('fupin.own_production.input.cost').__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.input, to_cents(table.amount),
                where=fields.SQL_OPERATORS['in'](
                    table.input, list(totals))))
        for id_, cents in cursor:
            totals[id_] += to_amount(cents)
        return totals

    def get_productions(self):
        return [self.production] if self.production else []

    @property
    def issues_owned(self):
        return True

    @property
    def issue_message(self):
        return 'fupin_coop.msg_own_production_stock'

    def get_issue_location(self):
        pool = Pool()
        Location = pool.get('stock.location')
        ModelData = pool.get('ir.model.data')
        return Location(ModelData.get_id(
                'fupin_coop', 'location_own_production'))

    # Posting

    def check_post(self):
        super().check_post()
        if not self.lines and not self.costs:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_input_empty',
                    document=self.full_name))
        self.check_quantities()
        for cost in self.costs:
            cost.check_post()

    @classmethod
    def prepare_post(cls, inputs):
        super().prepare_post(inputs)
        cls.take_goods(inputs)

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        StockMove = pool.get('stock.move')
        credits = {}
        for move in StockMove.search([
                    ('origin', '=', str(self)), ('state', '=', 'draft')]):
            account = move.lot.get_stock_account()
            credits[account] = credits.get(account, ZERO) + move.lot_cost
        amount = sum(credits.values(), ZERO) + sum(
            (c.amount for c in self.costs), ZERO)
        if self.production:
            debit = self.get_production_line(self.production, amount)
        else:
            debit = Line(
                account=Configuration.get_chart_account('401', self.company),
                debit=amount, credit=ZERO)
        return self.new_move(
            Configuration.get_delivery_journal(self.company),
            [debit] + [
                Line(account=account, debit=ZERO, credit=cost)
                for account, cost in credits.items() if cost]
            + [c.get_credit_line() for c in self.costs],
            description=gettext(
                'fupin_coop.msg_own_production_input_move',
                production=self.production.rec_name if self.production
                else '—',
                names='、'.join(dict.fromkeys(
                        [line.product.name for line in self.lines]
                        + [c.description for c in self.costs]))))

    def check_cancel(self):
        Allocation = Pool().get('fupin.own_production.allocation')
        super().check_cancel()
        if not self.production:
            Allocation.hold_common(self.company, '401')
            left = Allocation.get_common(
                self.company, '401', None, self.get_cancel_date())
            if left < self.amount:
                raise OwnProductionCancelError(gettext(
                        'fupin_coop.msg_own_production_cancel_common',
                        document=self.full_name,
                        amount=self.amount,
                        left=left))


class InputMaterial(GoodsLineMixin, ModelSQL, ModelView):
    "What an input takes of a product"
    __name__ = 'fupin.own_production.input.material'
    __string__ = "Production Material"

    _document_name = 'input'

    input = fields.Many2One(
        'fupin.own_production.input', "Input", required=True,
        ondelete='CASCADE')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.price.readonly = True
        cls.price.help = "What one unit cost when it came into stock."

    @fields.depends('input', '_parent_input.company')
    def on_change_with_company(self, name=None):
        return self.input.company if self.input else None

    @fields.depends('input', '_parent_input.company')
    def on_change_with_currency(self, name=None):
        if self.input and self.input.company:
            return self.input.company.currency

    @classmethod
    def copy(cls, lines, default=None):
        default = default.copy() if default is not None else {}
        for name in ['price', 'amount']:
            default.setdefault(name)
        return super().copy(lines, default=default)


class InputCost(sequence_ordered(), ModelSQL, ModelView):
    "A cost of own production that is paid or owed"
    __name__ = 'fupin.own_production.input.cost'
    __string__ = "Production Cost"

    input = fields.Many2One(
        'fupin.own_production.input', "Input", required=True,
        ondelete='CASCADE')
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    description = fields.Char("Description", required=True)
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True)
    cash_account = fields.Many2One(
        'account.account', "Paid from", ondelete='RESTRICT',
        domain=code_domain('101', '102'),
        states={
            'readonly': Bool(Eval('party')),
            },
        help="The money with which it was paid.")
    party = fields.Many2One(
        'party.party', "Owed to", ondelete='RESTRICT',
        states={
            'readonly': Bool(Eval('cash_account')),
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="Who is owed the amount: a member (114), anybody else (211).")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('input')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.input, Index.Equality())))

    @fields.depends('input', '_parent_input.company')
    def on_change_with_company(self, name=None):
        return self.input.company if self.input else None

    @classmethod
    def search_company(cls, name, clause):
        return [(f'input.{clause[0]}', *clause[1:])]

    @fields.depends('input', '_parent_input.company')
    def on_change_with_currency(self, name=None):
        if self.input and self.input.company:
            return self.input.company.currency

    def get_rec_name(self, name):
        return f'{self.input.rec_name} {self.description}'

    def check_post(self):
        if self.amount <= 0:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_cost_amount',
                    document=self.input.full_name,
                    cost=self.description))
        if bool(self.cash_account) == bool(self.party):
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_cost_paid',
                    document=self.input.full_name,
                    cost=self.description))

    def get_credit_line(self):
        "Return the unsaved line of the money, or of who is owed"
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        Member = pool.get('fupin.member')
        document = self.input
        if self.cash_account:
            return Line(
                account=self.cash_account, debit=ZERO, credit=self.amount)
        members = Member.search([
                ('company', '=', document.company.id),
                ('party', '=', self.party.id),
                Member.current_domain(document.date),
                ], limit=1)
        return Line(
            account=Configuration.get_cooperative_account(
                'member_payable' if members else 'payable',
                document.company),
            party=self.party, debit=ZERO, credit=self.amount,
            maturity_date=document.date)

    @classmethod
    def check_modification(cls, mode, costs, values=None, external=False):
        super().check_modification(
            mode, costs, values=values, external=external)
        for cost in costs:
            if cost.input.state != 'draft':
                raise AccessError(gettext(
                        'fupin_coop.msg_document_modify',
                        document=cost.input.full_name))
