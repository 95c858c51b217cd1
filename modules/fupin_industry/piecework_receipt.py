# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from collections import defaultdict
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.modules.fupin_coop.document import DRAFT
from trytond.pyson import Eval, If

from .exceptions import PieceworkError
from .piecework_document import PieceworkDetailMixin, PieceworkDocumentMixin
from .piecework_part import QUANTITY


class PieceworkReceipt(PieceworkDocumentMixin):
    """Parts that the customer brought or got back, in quantity only.

    They are not the cooperative's: a register beside the books (备查簿)
    keeps them."""
    __name__ = 'fupin.piecework.receipt'
    __string__ = "Customer's Parts"

    order = fields.Many2One(
        'fupin.piecework.order', "Order", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            If(Eval('state') == 'draft', ('state', '=', 'running'), ()),
            ],
        states=DRAFT)
    kind = fields.Selection([
            ('received', "Received"),
            ('returned', "Returned"),
            ], "Kind", required=True, sort=False, states=DRAFT,
        help="Received from the customer or returned to it.")
    kind_string = kind.translated('kind')
    reference = fields.Char(
        "Reference", states=DRAFT, help="The delivery note of the customer.")
    lines = fields.One2Many(
        'fupin.piecework.receipt.line', 'document', "Parts", states=DRAFT)
    comment = fields.Char("Comment", states=DRAFT)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.order, Index.Equality())))

    @classmethod
    def default_kind(cls):
        return 'received'

    def get_part_changes(self):
        changes = defaultdict(Decimal)
        sign = 1 if self.kind == 'received' else -1
        for line in self.lines:
            changes[line.part] += sign * line.quantity
        return changes

    def check_post(self):
        if not self.lines:
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_empty',
                    document=self.full_name))
        for line in self.lines:
            if line.part.made_by or line.part.order != self.order:
                raise PieceworkError(gettext(
                        'fupin_industry.msg_piecework_receipt_part',
                        document=self.full_name,
                        part=line.part.rec_name))
        super().check_post()


class ReceiptLine(PieceworkDetailMixin, ModelSQL, ModelView):
    "How much of a part came or went"
    __name__ = 'fupin.piecework.receipt.line'
    __string__ = "Customer's Part"

    _document_name = 'document'

    document = fields.Many2One(
        'fupin.piecework.receipt', "Receipt", required=True,
        ondelete='CASCADE')
    order = fields.Function(
        fields.Many2One('fupin.piecework.order', "Order"),
        'on_change_with_order')
    part = fields.Many2One(
        'fupin.piecework.order.part', "Part", required=True,
        ondelete='RESTRICT',
        domain=[
            ('order', '=', Eval('order', -1)),
            ('made_by', '=', None),
            ])
    quantity = fields.Numeric(
        "Quantity", digits=QUANTITY, required=True,
        domain=[
            ('quantity', '>', 0),
            ])
    unit = fields.Function(
        fields.Many2One('product.uom', "Unit"), 'on_change_with_unit')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('part_unique', Unique(t, t.document, t.part),
                'fupin_industry.msg_piecework_part_twice'),
            ]
        cls._sql_indexes.add(Index(t, (t.part, Index.Equality())))

    @fields.depends('document', '_parent_document.company')
    def on_change_with_company(self, name=None):
        return super().on_change_with_company(name)

    @fields.depends('document', '_parent_document.order')
    def on_change_with_order(self, name=None):
        return self.document.order if self.document else None

    @fields.depends('part')
    def on_change_with_unit(self, name=None):
        return self.part.unit if self.part else None

    def get_rec_name(self, name):
        return self.part.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('part.rec_name', *clause[1:])]
