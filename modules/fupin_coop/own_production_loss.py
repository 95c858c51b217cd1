# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields, sequence_ordered
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Eval

from .document import DRAFT
from .exceptions import OwnProductionError
from .own_production_document import TakingMixin

ZERO = Decimal('0.00')


class Loss(TakingMixin):
    """What dies or spoils before it is harvested.

    财会〔2021〕37号, account 141 (8): the cost goes through 待处理流动资产损溢
    (18101); once approved, what insurer and responsible persons pay is owed
    by them (113, members 114), the rest is other expense (529); what they pay
    above the cost is other income (502, article 24)."""
    __name__ = 'fupin.own_production.loss'
    __string__ = "Production Loss"

    cause = fields.Selection([
            ('disaster', "Natural Disaster"),
            ('disease', "Disease or Pest"),
            ('contamination', "Contamination"),
            ('theft', "Theft"),
            ('other', "Other"),
            ], "Cause", required=True, sort=False, states=DRAFT)
    cause_string = cause.translated('cause')
    quantity = fields.Numeric(
        "Lost Quantity", digits='unit',
        states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('method') == 'quantity',
            },
        help="What will not be harvested.")
    stated_amount = Monetary(
        "Stated Amount", currency='currency', digits='currency',
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': Eval('method') != 'amount',
            'required': Eval('method') == 'amount',
            })
    approval = fields.Char(
        "Approved by", states={
            'readonly': Eval('state') != 'draft',
            'required': Eval('state') != 'draft',
            },
        help="The decision by which the loss is written off: of whom, when.")
    recoveries = fields.One2Many(
        'fupin.own_production.loss.recovery', 'loss', "Recoveries",
        states=DRAFT, help="What insurer and responsible persons pay.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        amount = ('amount', "Stated Amount")
        if amount not in cls.method.selection:
            cls.method.selection = cls.method.selection + [amount]

    @classmethod
    def default_cause(cls):
        return 'disaster'

    def get_quantity(self):
        return self.quantity or Decimal(0)

    # Posting

    def check_post(self):
        super().check_post()
        if not self.approval:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_loss_approval',
                    document=self.full_name))
        for recovery in self.recoveries:
            if recovery.amount <= 0:
                raise OwnProductionError(gettext(
                        'fupin_coop.msg_own_production_recovery',
                        document=self.full_name,
                        party=recovery.party.rec_name))

    def compute_cost(self, production):
        if self.method != 'amount':
            return super().compute_cost(production)
        left = production.get_available(self.date)
        amount = self.stated_amount or ZERO
        if amount > left:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_loss_amount',
                    document=self.full_name,
                    production=production.rec_name,
                    amount=amount,
                    left=left))
        return amount

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')

        def line(code, amount):
            return Line(
                account=Configuration.get_chart_account(code, self.company),
                debit=max(amount, ZERO), credit=max(-amount, ZERO))

        lines = [
            line('18101', self.amount),
            self.get_production_line(self.production, -self.amount)]
        lines += [r.get_debit_line() for r in self.recoveries]
        net = self.amount - sum((r.amount for r in self.recoveries), ZERO)
        if net:
            lines.append(line('529' if net > 0 else '502', net))
        lines.append(line('18101', -self.amount))
        return self.new_move(
            Configuration.get_delivery_journal(self.company), lines,
            description=gettext(
                'fupin_coop.msg_own_production_loss_move',
                production=self.production.rec_name,
                cause=self.cause_string))


class LossRecovery(sequence_ordered(), ModelSQL, ModelView):
    "What an insurer or a responsible person pays for a loss"
    __name__ = 'fupin.own_production.loss.recovery'
    __string__ = "Recovery of a Loss"

    loss = fields.Many2One(
        'fupin.own_production.loss', "Loss", required=True,
        ondelete='CASCADE')
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    kind = fields.Selection([
            ('insurer', "Insurer"),
            ('person', "Responsible Person"),
            ], "Kind", required=True, sort=False)
    party = fields.Many2One(
        'party.party', "Party", required=True, ondelete='RESTRICT',
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('loss')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.loss, Index.Equality())))

    @classmethod
    def default_kind(cls):
        return 'insurer'

    @fields.depends('loss', '_parent_loss.company')
    def on_change_with_company(self, name=None):
        return self.loss.company if self.loss else None

    @classmethod
    def search_company(cls, name, clause):
        return [(f'loss.{clause[0]}', *clause[1:])]

    @fields.depends('loss', '_parent_loss.company')
    def on_change_with_currency(self, name=None):
        if self.loss and self.loss.company:
            return self.loss.company.currency

    def get_rec_name(self, name):
        return f'{self.loss.rec_name} {self.party.rec_name}'

    def get_debit_line(self):
        "Return the unsaved line of what the party owes"
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        Member = pool.get('fupin.member')
        loss = self.loss
        members = Member.search([
                ('company', '=', loss.company.id),
                ('party', '=', self.party.id),
                Member.current_domain(loss.date),
                ], limit=1)
        return Line(
            account=Configuration.get_cooperative_account(
                'member_receivable' if members else 'receivable',
                loss.company),
            party=self.party, debit=self.amount, credit=ZERO,
            maturity_date=loss.date)

    @classmethod
    def check_modification(cls, mode, recoveries, values=None, external=False):
        super().check_modification(
            mode, recoveries, values=values, external=external)
        for recovery in recoveries:
            if recovery.loss.state != 'draft':
                raise AccessError(gettext(
                        'fupin_coop.msg_document_modify',
                        document=recovery.loss.full_name))
