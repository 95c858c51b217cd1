# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id

from .configuration import default_sequence
from .debt import get_open_lines, reconcile, split
from .document import DRAFT, DocumentMixin, wait_for
from .fund import code_domain
from .grower import GrowerMixin
from .netting import ZERO, cover


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    member_receipt_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Receipt Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_member_receipt')),
                ],
            help="Used to generate the number of a receipt of money; "
            "it leaves no gaps."))

    default_member_receipt_sequence = default_sequence(
        'sequence_member_receipt')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'member_receipt_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['member_receipt_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    member_receipt_sequence = fields.Many2One(
        'ir.sequence.strict', "Receipt Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_coop', 'sequence_type_member_receipt')),
            ])

    default_member_receipt_sequence = default_sequence(
        'sequence_member_receipt')


class MemberReceipt(GrowerMixin, DocumentMixin):
    """Money that a grower pays in: for what he owes, or in advance.

    It pays the oldest supply first; what is left stays in 114 (others 113)
    for the next ones."""
    __name__ = 'fupin.member.receipt'
    __string__ = "Receipt of Money"

    _sequence_name = 'member_receipt_sequence'

    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True,
        domain=[
            ('amount', '>', 0),
            ],
        states=DRAFT)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    cash_account = fields.Many2One(
        'account.account', "Paid into", required=True, ondelete='RESTRICT',
        domain=code_domain('101', '102'), states=DRAFT)
    owed = fields.Function(Monetary(
            "Owed", currency='currency', digits='currency',
            states={
                'invisible': Eval('state') != 'draft',
                },
            help="What the grower owes now; negative if paid in advance."),
        'on_change_with_owed')
    comment = fields.Char("Comment", states=DRAFT)

    @classmethod
    def default_cash_account(cls):
        Configuration = Pool().get('account.configuration')
        if company := cls.default_company():
            account = Configuration._find_chart_account('101', company)
            return account.id if account else None

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('company', 'grower', 'state', 'member')
    def on_change_with_owed(self, name=None):
        if self.company and self.grower and self.state == 'draft':
            lines = get_open_lines(self.company, [self.grower.id])
            return sum(
                (amount for (_, account), debts in lines.items()
                    if account == self.get_debt_account().id
                    for _, amount in debts), ZERO)

    # Posting

    @property
    def open_lines(self):
        return get_open_lines(self.company, [self.grower.id])[
            self.grower.id, self.get_debt_account().id]

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        account = self.get_debt_account()
        wait_for([self.grower])
        debts, credits = split(self.open_lines)
        parts, left = cover(
            [amount for _, amount in debts], self.amount,
            sum((amount for _, amount in credits), ZERO))
        return self.new_move(
            Configuration.get_delivery_journal(self.company), [
                Line(account=self.cash_account,
                    debit=self.amount, credit=ZERO),
                *(Line(account=account, party=self.grower,
                        debit=ZERO, credit=part)
                    for part in [*parts, left] if part),
                ], description=gettext(
                    'fupin_coop.msg_member_receipt_move',
                    grower=self.grower.name))

    @classmethod
    @ModelView.button
    def post(cls, receipts):
        # one by one: each finds what the one before has paid
        for receipt in receipts:
            super().post([receipt])
            receipt = cls(receipt.id)
            reconcile(receipt.open_lines)

    # Cancelling

    @classmethod
    @ModelView.button
    def cancel(cls, receipts):
        Reconciliation = Pool().get('account.move.reconciliation')
        receipts = cls.claim(receipts, 'posted')
        # what was paid with the money is owed again
        Reconciliation.delete(list({
                    line.reconciliation for r in receipts
                    for line in r.move.lines if line.reconciliation}))
        super().cancel(cls.browse(receipts))
