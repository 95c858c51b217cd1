# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.modules.currency.fields import Monetary
from trytond.modules.fupin_household.income import LedgerMixin
from trytond.pyson import Eval, If
from trytond.transaction import without_check_access

from .document import get_effect_models


class Entry(LedgerMixin, ModelSQL, ModelView):
    "One line of a member's account (成员账户)"
    __name__ = 'fupin.member.entry'
    __string__ = "Member Account Entry"

    company = fields.Many2One(
        'company.company', "Company", required=True, readonly=True,
        ondelete='RESTRICT')
    member = fields.Many2One(
        'fupin.member', "Member", required=True, readonly=True,
        ondelete='RESTRICT')
    date = fields.Date("Date", required=True, readonly=True)
    kind = fields.Selection([
            ('trade', "Trade"),
            ], "Kind", required=True, readonly=True, sort=False)
    product = fields.Many2One(
        'product.product', "Product", readonly=True, ondelete='RESTRICT',
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    quantity = fields.Numeric("Quantity", digits='unit', readonly=True)
    unit = fields.Many2One(
        'product.uom', "Unit", readonly=True, ondelete='RESTRICT')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True,
        readonly=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    reversal_of = fields.Many2One(
        'fupin.member.entry', "Reversal of", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('reversal_of'),
            'required': Eval('entry') == 'reversal',
            },
        domain=[
            If(Eval('entry') == 'posting',
                ('id', '=', None),
                ()),
            ])
    reversals = fields.One2Many(
        'fupin.member.entry', 'reversal_of', "Reversals", readonly=True,
        states={
            'invisible': ~Eval('reversals', []),
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('origin_unique', Unique(t, t.origin, t.kind, t.entry),
                'fupin_coop.msg_member_entry_unique'),
            ('reversal_unique', Unique(t, t.reversal_of),
                'fupin_coop.msg_member_entry_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.member, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t,
                    (t.company, Index.Equality()),
                    (t.date, Index.Range())),
                })

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + get_effect_models()

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    def get_rec_name(self, name):
        return f'{self.member.rec_name} {self.date} {self.origin.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('member.rec_name', *clause[1:])]

    @classmethod
    def post(cls, entries):
        """Write entries into the accounts of members and return them.

        entries are unsaved instances with member, date, kind, amount and
        origin, and product, quantity and unit for a trade."""
        for entry in entries:
            entry.company = entry.member.company
            entry.entry = 'posting'
        with without_check_access():
            cls.save(entries)
        return entries

    @classmethod
    def reverse(cls, origins, date=None):
        """Take back what the documents posted and return the reversals.

        They count on date, default is the day of what they take back."""
        with without_check_access():
            reversals = []
            for entry in cls._to_reverse(origins):
                reversals.append(cls(
                        company=entry.company,
                        member=entry.member,
                        date=date or entry.date,
                        kind=entry.kind,
                        product=entry.product,
                        quantity=(-entry.quantity
                            if entry.quantity is not None else None),
                        unit=entry.unit,
                        amount=-entry.amount,
                        origin=entry.origin,
                        entry='reversal',
                        reversal_of=entry))
            cls.save(reversals)
        return reversals
