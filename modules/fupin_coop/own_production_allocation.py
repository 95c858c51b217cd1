# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from sql import Null
from sql.aggregate import Sum

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction

from .document import DRAFT, wait_for
from .exact_sum import to_amount, to_cents
from .exceptions import OwnProductionError
from .own_production_document import BatchDocumentMixin
from .production_account import ACCOUNTS
from .production_cost import ProductionCostError, available, split

ZERO = Decimal('0.00')


class Allocation(BatchDocumentMixin):
    """Common cost divided among batches by a stated base.

    Dr 141 or 401 of the batches, Cr the account where the cost was collected
    without a batch (间接费用): 401, or 141 for what a product bears before it
    has batches."""
    __name__ = 'fupin.own_production.allocation'
    __string__ = "Allocation of Common Cost"

    account = fields.Selection(
        ACCOUNTS, "From Account", required=True, sort=False, states=DRAFT)
    product = fields.Many2One(
        'product.product', "From Product", ondelete='RESTRICT',
        states=DRAFT,
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="What was booked for the product without a batch; empty for "
        "what is common to all products.")
    base = fields.Selection([
            ('area', "Area"),
            ('cost', "Direct Cost"),
            ('labour', "Labour"),
            ('expected', "Expected Quantity"),
            ('manual', "Entered"),
            ], "Base", required=True, sort=False, states=DRAFT,
        help="In which proportion the batches bear the cost.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    available = fields.Function(Monetary(
            "To Allocate", currency='currency', digits='currency',
            states={
                'invisible': Eval('state') != 'draft',
                },
            help="What has been booked until the date and not allocated."),
        'on_change_with_available')
    amount = Monetary(
        "Amount", currency='currency', digits='currency',
        states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('state') != 'draft',
            },
        help="Leave it empty to take all there is.")
    lines = fields.One2Many(
        'fupin.own_production.allocation.line', 'allocation', "Lines",
        states=DRAFT)
    comment = fields.Char("Comment", states=DRAFT)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.product, Index.Equality())))
        cls._buttons.update({
                'compute': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_account(cls):
        return '401'

    @classmethod
    def default_base(cls):
        return 'area'

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('company', 'account', 'product', 'date')
    def on_change_with_available(self, name=None):
        if self.company and self.account and self.date:
            return self.get_common(
                self.company, self.account, self.product, self.date)

    @classmethod
    def get_common(cls, company, code, product, date):
        """Return what can be allocated on the date of the cost that names
        the product, or none, and no batch."""
        pool = Pool()
        Configuration = pool.get('account.configuration')
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        cursor = Transaction().connection.cursor()
        account = Configuration.get_chart_account(code, company)
        cursor.execute(*line
            .join(move, condition=line.move == move.id)
            .select(
                move.date, Sum(to_cents(line.debit - line.credit)),
                where=(move.company == company.id)
                & (move.state == 'posted')
                & (line.account == account.id)
                & (line.own_production == Null)
                & (line.cost_product == (product.id if product else Null)),
                group_by=[move.date]))
        return available(
            [(date_, to_amount(cents)) for date_, cents in cursor], date)

    @classmethod
    def hold_common(cls, company, code):
        "Let nobody else allocate or take back common cost until this is done"
        Configuration = Pool().get('account.configuration')
        wait_for([Configuration.get_chart_account(code, company)])

    def get_productions(self):
        return [line.production for line in self.lines]

    # The base

    def get_weights(self, productions):
        "Return {batch: weight} by the base, on the date"
        pool = Pool()
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        if self.base == 'area':
            return {p: p.area or Decimal(0) for p in productions}
        elif self.base == 'expected':
            return {p: p.expected_quantity or Decimal(0) for p in productions}
        # what red letters took back is below zero
        where = ((move.company == self.company.id)
            & (move.state == 'posted') & (move.date <= self.date)
            & fields.SQL_OPERATORS['in'](
                line.own_production, [p.id for p in productions]))
        if self.base == 'labour':
            where &= move.origin.like('fupin.labour,%')
        else:
            where &= ~move.origin.like(f'{self.__name__},%')
        cursor = Transaction().connection.cursor()
        cursor.execute(*line
            .join(move, condition=line.move == move.id)
            .select(
                line.own_production, Sum(to_cents(line.debit)),
                where=where, group_by=[line.own_production]))
        amounts = {id_: to_amount(cents) for id_, cents in cursor}
        return {p: max(amounts.get(p.id, ZERO), ZERO) for p in productions}

    @classmethod
    @ModelView.button
    def compute(cls, allocations):
        """Propose the open batches and divide the amount among them; entered
        weights stay."""
        pool = Pool()
        Line = pool.get('fupin.own_production.allocation.line')
        Production = pool.get('fupin.own_production')
        for allocation in cls.claim(allocations, 'draft'):
            if allocation.amount is None:
                allocation.amount = cls.get_common(
                    allocation.company, allocation.account,
                    allocation.product, allocation.date)
                allocation.save()
            if allocation.base != 'manual':
                productions = [
                    line.production for line in allocation.lines]
                if not productions:
                    domain = [
                        ('company', '=', allocation.company.id),
                        ('state', '=', 'open'),
                        ('start_date', '<=', allocation.date),
                        ]
                    if allocation.product:
                        domain.append(
                            ('product', '=', allocation.product.id))
                    productions = Production.search(
                        domain, order=[('number', 'ASC')])
                weights = allocation.get_weights(productions)
                lines = {line.production: line for line in allocation.lines}
                to_save = []
                for production, weight in weights.items():
                    line = lines.get(production) or Line(
                        allocation=allocation, production=production)
                    line.weight = weight
                    to_save.append(line)
                Line.save(to_save)
            cls(allocation.id).divide()

    def divide(self):
        "Give each line its part of the amount"
        Line = Pool().get('fupin.own_production.allocation.line')
        lines = sorted(self.lines, key=lambda x: x.production.number)
        try:
            amounts = split(
                self.amount or ZERO, [line.weight for line in lines])
        except ProductionCostError as error:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_allocation_base',
                    document=self.full_name)) from error
        for line, amount in zip(lines, amounts):
            line.amount = amount
        Line.save(lines)

    # Posting

    def check_post(self):
        super().check_post()
        self.hold_common(self.company, self.account)
        if not self.lines:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_allocation_empty',
                    document=self.full_name))
        left = self.get_common(
            self.company, self.account, self.product, self.date)
        if not self.amount or not ZERO < self.amount <= left:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_allocation_amount',
                    document=self.full_name,
                    amount=self.amount or ZERO,
                    left=left))
        if self.base != 'manual':
            weights = self.get_weights(self.get_productions())
            for line in self.lines:
                if line.weight != weights[line.production]:
                    raise OwnProductionError(gettext(
                            'fupin_coop.msg_own_production_allocation_old',
                            document=self.full_name,
                            production=line.production.rec_name))

    @classmethod
    def prepare_post(cls, allocations):
        super().prepare_post(allocations)
        for allocation in allocations:
            allocation.divide()

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        lines = pool.get('fupin.own_production.allocation.line').search([
                ('allocation', '=', self.id)])
        return self.new_move(
            Configuration.get_delivery_journal(self.company), [
                self.get_production_line(line.production, line.amount)
                for line in lines if line.amount] + [
                Line(
                    account=Configuration.get_chart_account(
                        self.account, self.company),
                    cost_product=self.product,
                    debit=ZERO, credit=self.amount)],
            description=gettext(
                'fupin_coop.msg_own_production_allocation_move',
                count=len(lines)))


class AllocationLine(ModelSQL, ModelView):
    "The part of a batch in common cost"
    __name__ = 'fupin.own_production.allocation.line'
    __string__ = "Allocated Common Cost"

    allocation = fields.Many2One(
        'fupin.own_production.allocation', "Allocation", required=True,
        ondelete='CASCADE')
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    production = fields.Many2One(
        'fupin.own_production', "Production Batch", required=True,
        ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ])
    weight = fields.Numeric(
        "Base", digits=(16, 6), required=True,
        domain=[
            ('weight', '>=', 0),
            ],
        help="The area, cost or quantity by which the batch bears its part.")
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('allocation')
        cls._order = [('allocation', 'DESC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('production_unique', Unique(t, t.allocation, t.production),
                'fupin_coop.msg_own_production_allocation_twice'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.allocation, Index.Equality())),
                Index(t, (t.production, Index.Equality())),
                })

    @fields.depends('allocation', '_parent_allocation.company')
    def on_change_with_company(self, name=None):
        return self.allocation.company if self.allocation else None

    @classmethod
    def search_company(cls, name, clause):
        return [(f'allocation.{clause[0]}', *clause[1:])]

    @fields.depends('allocation', '_parent_allocation.company')
    def on_change_with_currency(self, name=None):
        if self.allocation and self.allocation.company:
            return self.allocation.company.currency

    def get_rec_name(self, name):
        return f'{self.allocation.rec_name} {self.production.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('allocation.rec_name', *clause[1:]),
            ('production.rec_name', *clause[1:]),
            ]

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        for line in lines:
            if line.allocation.state != 'draft':
                raise AccessError(gettext(
                        'fupin_coop.msg_document_modify',
                        document=line.allocation.full_name))

    @classmethod
    def copy(cls, lines, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('amount')
        return super().copy(lines, default=default)
