# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What the documents of own production have in common."""
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import Index, ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Eval, If

from .document import DRAFT, DocumentMixin
from .exceptions import OwnProductionError
from .production_cost import ProductionCostError, by_quantity, by_share

ZERO = Decimal('0.00')


def production_field(required=True, **kwargs):
    return fields.Many2One(
        'fupin.own_production', "Production Batch", required=required,
        ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            If(Eval('state') == 'draft', ('state', '=', 'open'), ()),
            ],
        states=DRAFT, **kwargs)


class BatchDocumentMixin(DocumentMixin):
    """A document that books on the account of batches.

    It names the batch on its lines and is refused for batches of another
    cooperative, closed ones and those that start later."""
    __slots__ = ()

    _sequence_name = 'own_production_document_sequence'

    def get_productions(self):
        "Return the batches on which the document books"
        return [self.production]

    def get_closed(self):
        "Return the batch that the document closes, None if it closes none"

    def get_production_line(self, production, amount):
        "Return the unsaved line of the amount, a debit if above zero"
        Line = Pool().get('account.move.line')
        return Line(
            account=production.account,
            cost_product=production.product,
            own_production=production,
            debit=max(amount, ZERO),
            credit=max(-amount, ZERO))

    @classmethod
    @ModelView.button
    def post(cls, documents):
        # one after the other: what one takes, the next one finds gone
        for document in sorted(documents, key=lambda d: (d.date, d.id)):
            super().post([document])

    def check_post(self):
        Production = Pool().get('fupin.own_production')
        super().check_post()
        productions = self.get_productions()
        Production.hold(productions)
        for production in productions:
            Production(production.id).check_document(
                self, self.company, self.date)

    def post_many(self):
        super().post_many()
        if production := self.get_closed():
            production.state = 'closed'
            production.save()

    @classmethod
    @ModelView.button
    def cancel(cls, documents):
        for document in sorted(
                documents, key=lambda d: (d.date, d.id), reverse=True):
            super().cancel([document])
            document = cls(document.id)
            if production := document.get_closed():
                production.state = 'open'
                production.save()

    def check_cancel(self):
        Production = Pool().get('fupin.own_production')
        super().check_cancel()
        Production.check_document_cancel(self, closing=self.get_closed())


class TakingMixin(BatchDocumentMixin):
    """A document that takes cost out of a batch.

    By the quantity in what is still expected, by a share, or all the rest,
    which closes the batch at 0.00."""
    __slots__ = ()

    production = production_field()
    unit = fields.Function(fields.Many2One(
            'product.uom', "Unit"), 'on_change_with_unit')
    method = fields.Selection([
            ('quantity', "By Quantity"),
            ('share', "By Share"),
            ('last', "All the Rest"),
            ], "Cost Taken", required=True, sort=False, states=DRAFT,
        help="By quantity, the part in what is still expected; by share, the "
        "stated part of the cost; all the rest closes the batch.")
    remaining = fields.Numeric(
        "Still Expected", digits='unit',
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': Eval('method') != 'quantity',
            'required': Eval('method') == 'quantity',
            },
        help="What the batch is expected to yield after this document.")
    share = fields.Numeric(
        "Share (%)", digits=(5, 2),
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': Eval('method') != 'share',
            'required': Eval('method') == 'share',
            },
        help="The part of the cost that is on the batch on the date.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    balance = fields.Function(Monetary(
            "Cost on the Batch", currency='currency', digits='currency',
            states={
                'invisible': Eval('state') != 'draft',
                },
            help="What there is to take on the date."),
        'on_change_with_balance')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True,
        states={
            'invisible': Eval('state') == 'draft',
            },
        help="The cost that posting took.")
    comment = fields.Char("Comment", states=DRAFT)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._document_fields = cls._document_fields | {'amount'}
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.production, Index.Equality())))

    @classmethod
    def default_method(cls):
        return 'quantity'

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('production')
    def on_change_with_unit(self, name=None):
        return self.production.unit if self.production else None

    @fields.depends('production', 'date')
    def on_change_with_balance(self, name=None):
        if self.production and self.date:
            return self.production.get_available(self.date)

    def get_closed(self):
        if self.method == 'last':
            return self.production

    def get_quantity(self):
        "Return the quantity of the document in the unit of the batch"
        raise NotImplementedError

    def check_post(self):
        super().check_post()
        self.compute_amount()

    @classmethod
    def prepare_post(cls, documents):
        super().prepare_post(documents)
        for document in documents:
            document.amount = document.compute_amount()
        cls.save(documents)

    def compute_amount(self):
        "Return the cost that the document takes from the batch"
        Production = Pool().get('fupin.own_production')
        production = Production(self.production.id)
        amount = self.compute_cost(production)
        if amount <= 0:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_nothing',
                    document=self.full_name,
                    production=production.rec_name))
        return amount

    def compute_cost(self, production):
        balance = production.get_available(self.date)
        try:
            if self.method == 'quantity':
                return by_quantity(
                    balance, self.get_quantity(), self.remaining)
            elif self.method == 'share':
                return by_share(balance, self.share)
        except ProductionCostError as error:
            self.refuse_cost(error)
        last_date = production.get_last_date()
        if last_date and last_date > self.date:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_last',
                    document=self.full_name,
                    production=production.rec_name,
                    date=last_date))
        return balance

    def refuse_cost(self, error):
        raise OwnProductionError(gettext(
                f'fupin_coop.msg_own_production_{error.reason}',
                document=self.full_name)) from error

    @classmethod
    def copy(cls, documents, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('amount')
        return super().copy(documents, default=default)
