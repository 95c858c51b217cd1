# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What a worker brings back: pieces that are accepted or not, and parts."""
from collections import defaultdict
from decimal import Decimal

from sql import Null
from sql.aggregate import Sum

from trytond.i18n import gettext
from trytond.model import (
    Check, Index, ModelSQL, ModelView, Unique, fields)
from trytond.modules.currency.fields import Monetary
from trytond.modules.fupin_coop.document import DRAFT
from trytond.modules.fupin_coop.exact_sum import to_amount, to_cents
from trytond.modules.product import price_digits
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from .exceptions import PieceworkError
from .piecework import COUNTS
from .piecework_document import PieceworkDetailMixin, PieceworkDocumentMixin
from .piecework_part import QUANTITY

ZERO = Decimal('0.00')


class PieceworkReturn(PieceworkDocumentMixin):
    """What a worker brought back on a day, and what of it was accepted.

    The accepted pieces wait for a pay sheet; the last return charges what is
    missing of the parts."""
    __name__ = 'fupin.piecework.return'
    __string__ = "Piecework Return"

    piecework = fields.Many2One(
        'fupin.piecework', "Piecework", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            If(Eval('state') == 'draft', [
                    ('state', '=', 'posted'),
                    ('closed', '=', False),
                    ], []),
            ],
        states=DRAFT)
    order = fields.Function(
        fields.Many2One('fupin.piecework.order', "Order"),
        'on_change_with_order', searcher='search_piecework')
    worker = fields.Function(
        fields.Many2One('fupin.labour.worker', "Worker"),
        'on_change_with_worker', searcher='search_piecework')
    final = fields.Boolean(
        "Last Return", states=DRAFT,
        help="Closes the piecework: what is missing of the parts is "
        "charged.")
    lines = fields.One2Many(
        'fupin.piecework.return.line', 'document', "Pieces", states=DRAFT)
    parts = fields.One2Many(
        'fupin.piecework.return.part', 'document', "Parts", states=DRAFT)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    charge = fields.Function(Monetary(
            "Charge", currency='currency', digits='currency',
            help="What the worker owes for missing parts."),
        'get_charge')
    comment = fields.Char("Comment", states=DRAFT)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.piecework, Index.Equality())))

    @classmethod
    def default_final(cls):
        return False

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('piecework', '_parent_piecework.order')
    def on_change_with_order(self, name=None):
        return self.piecework.order if self.piecework else None

    @fields.depends('piecework', '_parent_piecework.worker')
    def on_change_with_worker(self, name=None):
        return self.piecework.worker if self.piecework else None

    @classmethod
    def search_piecework(cls, name, clause):
        return [('piecework.' + clause[0], *clause[1:])]

    @fields.depends('piecework', 'lines', 'parts')
    def on_change_piecework(self):
        "Ask for what the worker was given"
        pool = Pool()
        Line = pool.get('fupin.piecework.return.line')
        Part = pool.get('fupin.piecework.return.part')
        if self.piecework:
            self.lines = [
                Line(step=line.step, **dict.fromkeys(COUNTS, 0))
                for line in self.piecework.steps]
            self.parts = [
                Part(part=line.part, returned=Decimal(0))
                for line in self.piecework.parts]

    @classmethod
    def get_charge(cls, returns, name):
        Part = Pool().get('fupin.piecework.return.part')
        part = Part.__table__()
        cursor = Transaction().connection.cursor()
        charges = dict.fromkeys((r.id for r in returns), ZERO)
        cursor.execute(*part.select(
                part.document, Sum(to_cents(part.charge)),
                where=fields.SQL_OPERATORS['in'](
                    part.document, list(charges)),
                group_by=[part.document]))
        for id_, cents in cursor:
            charges[id_] = to_amount(cents)
        return charges

    # Posting

    def get_order(self):
        return self.piecework.order

    def get_part_changes(self):
        changes = defaultdict(Decimal)
        for line in self.parts:
            if line.returned:
                changes[line.part] += line.returned
        accepted = {line.step: line.accepted for line in self.lines}
        steps = {line.step for line in self.piecework.steps}
        for part in self.piecework.order.parts:
            # what the same worker uses up stays with her
            if accepted.get(part.made_by) and part.step not in steps:
                changes[part] += accepted[part.made_by]
        return changes

    def check_post(self):
        super().check_post()
        Piecework = Pool().get('fupin.piecework')
        piecework = Piecework(self.piecework.id)
        if piecework.state != 'posted' or piecework.closed:
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_closed',
                    document=self.full_name,
                    piecework=piecework.rec_name))
        if self.date < piecework.date:
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_before',
                    document=self.full_name,
                    piecework=piecework.rec_name,
                    date=piecework.date))
        returns = piecework.get_posted_returns()
        if self.final and returns and returns[-1].date > self.date:
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_before',
                    document=self.full_name,
                    piecework=returns[-1].rec_name,
                    date=returns[-1].date))
        if not self.final and not any(
                getattr(line, n) for line in self.lines for n in COUNTS) \
                and not any(line.returned for line in self.parts):
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_empty',
                    document=self.full_name))
        steps = {line.step for line in piecework.steps}
        for line in self.lines:
            if line.step not in steps:
                raise PieceworkError(gettext(
                        'fupin_industry.msg_piecework_other_step',
                        document=self.full_name,
                        step=line.step.rec_name,
                        order=piecework.rec_name))
        piecework.check_returns(self, [*returns, self])

    @classmethod
    def prepare_post(cls, returns):
        "Reckon what is missing after the last return"
        Part = Pool().get('fupin.piecework.return.part')
        super().prepare_post(returns)
        parts = []
        for return_ in returns:
            if not return_.final:
                continue
            piecework = return_.piecework
            known = {line.part: line for line in return_.parts}
            balances = piecework.get_balances(
                [*piecework.get_posted_returns(), return_])
            for part, balance in balances.items():
                line = known.get(part) or Part(
                    document=return_, part=part, returned=Decimal(0))
                line.used = balance.used
                line.allowed = balance.allowed
                line.missing = balance.missing
                line.price = part.price
                line.charge = return_.company.currency.round(
                    balance.missing * part.price)
                parts.append(line)
        Part.save(parts)

    def check_cancel(self):
        pool = Pool()
        Charge = pool.get('fupin.piecework.charge')
        Item = pool.get('fupin.piecework.item')
        super().check_cancel()
        held = Item.search([
                ('held_line', 'in', [line.id for line in self.lines]),
                ], limit=1) or Charge.search([
                ('held_part', 'in', [line.id for line in self.parts]),
                ], limit=1)
        if held:
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_cancel_paid',
                    document=self.full_name,
                    sheet=held[0].line.sheet.full_name))
        Piecework = Pool().get('fupin.piecework')
        piecework = Piecework(self.piecework.id)
        if piecework.closed and not self.final:
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_cancel_closed',
                    document=self.full_name,
                    piecework=piecework.rec_name))
        piecework.check_returns(self, [
                r for r in piecework.get_posted_returns() if r != self])

    @classmethod
    def copy(cls, returns, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('date', Pool().get('ir.date').today())
        return super().copy(returns, default=default)


class ReturnLine(PieceworkDetailMixin, ModelSQL, ModelView):
    "The pieces of a return by step"
    __name__ = 'fupin.piecework.return.line'
    __string__ = "Returned Pieces"

    _document_name = 'document'

    document = fields.Many2One(
        'fupin.piecework.return', "Return", required=True,
        ondelete='CASCADE')
    order = fields.Function(
        fields.Many2One('fupin.piecework.order', "Order"),
        'on_change_with_order')
    step = fields.Many2One(
        'fupin.piecework.order.step', "Step", required=True,
        ondelete='RESTRICT',
        domain=[
            ('order', '=', Eval('order', -1)),
            ])
    accepted = fields.Integer(
        "Accepted", required=True, domain=[('accepted', '>=', 0)],
        help="Good pieces, also those done again.")
    rejected = fields.Integer(
        "Rejected", required=True, domain=[('rejected', '>=', 0)],
        help="Pieces that can not be mended; they are not paid.")
    rework = fields.Integer(
        "To Rework", required=True, domain=[('rework', '>=', 0)],
        help="Pieces that the worker takes back to do again; they are paid "
        "once, when they are accepted.")
    reworked = fields.Integer(
        "Reworked", required=True, domain=[('reworked', '>=', 0)],
        help="How many of the accepted and rejected had been given back.")
    held = fields.One2Many(
        'fupin.piecework.item', 'held_line', "Gathered", readonly=True)
    sheet = fields.Function(fields.Many2One(
            'fupin.labour', "Pay Sheet",
            help="The sheet by which it is paid."),
        'get_sheet')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('step_unique', Unique(t, t.document, t.step),
                'fupin_industry.msg_piecework_step_twice'),
            ('counts_positive', Check(t,
                    (t.accepted >= 0) & (t.rejected >= 0)
                    & (t.rework >= 0) & (t.reworked >= 0)),
                'fupin_industry.msg_piecework_counts'),
            ]
        cls._sql_indexes.add(Index(t, (t.step, Index.Equality())))

    @staticmethod
    def default_accepted():
        return 0

    @staticmethod
    def default_rejected():
        return 0

    @staticmethod
    def default_rework():
        return 0

    @staticmethod
    def default_reworked():
        return 0

    @fields.depends('document', '_parent_document.company')
    def on_change_with_company(self, name=None):
        return super().on_change_with_company(name)

    @fields.depends('document', '_parent_document.piecework')
    def on_change_with_order(self, name=None):
        if self.document and self.document.piecework:
            return self.document.piecework.order

    def get_sheet(self, name):
        for item in self.held:
            return item.line.sheet.id

    def get_rec_name(self, name):
        return f'{self.document.rec_name} {self.step.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('document.rec_name', *clause[1:]),
            ('step.rec_name', *clause[1:]),
            ]

    @classmethod
    def copy(cls, lines, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('held')
        return super().copy(lines, default=default)


class ReturnPart(PieceworkDetailMixin, ModelSQL, ModelView):
    """The parts of a return, and what is missing of them after the last"""
    __name__ = 'fupin.piecework.return.part'
    __string__ = "Returned Parts"

    _document_name = 'document'
    _posting_fields = {'used', 'allowed', 'missing', 'price', 'charge'}

    document = fields.Many2One(
        'fupin.piecework.return', "Return", required=True,
        ondelete='CASCADE')
    order = fields.Function(
        fields.Many2One('fupin.piecework.order', "Order"),
        'on_change_with_order')
    worker = fields.Function(
        fields.Many2One('fupin.labour.worker', "Worker"), 'get_worker',
        searcher='search_worker')
    part = fields.Many2One(
        'fupin.piecework.order.part', "Part", required=True,
        ondelete='RESTRICT',
        domain=[
            ('order', '=', Eval('order', -1)),
            ])
    unit = fields.Function(
        fields.Many2One('product.uom', "Unit"), 'on_change_with_unit')
    returned = fields.Numeric(
        "Returned", digits=QUANTITY, required=True,
        domain=[
            ('returned', '>=', 0),
            ])
    used = fields.Numeric(
        "Used", digits=QUANTITY, readonly=True,
        help="What is in all accepted and rejected pieces.")
    allowed = fields.Numeric(
        "Allowed Loss", digits=QUANTITY, readonly=True)
    missing = fields.Numeric("Missing", digits=QUANTITY, readonly=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    price = Monetary(
        "Price", currency='currency', digits=price_digits, readonly=True)
    charge = Monetary(
        "Charge", currency='currency', digits='currency', readonly=True)
    taken = fields.Function(Monetary(
            "Kept Back", currency='currency', digits='currency',
            help="What pay sheets have kept back of it."),
        'get_taken')
    open_charge = fields.Function(Monetary(
            "Still Owed", currency='currency', digits='currency',
            help="What the next pay sheets keep back."),
        'get_taken')
    charges = fields.One2Many(
        'fupin.piecework.charge', 'held_part', "Kept Back", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('part_unique', Unique(t, t.document, t.part),
                'fupin_industry.msg_piecework_part_twice'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.part, Index.Equality())),
                Index(t, (t.charge, Index.Range()), where=t.charge != Null),
                })

    @staticmethod
    def default_returned():
        return Decimal(0)

    @fields.depends('document', '_parent_document.company')
    def on_change_with_company(self, name=None):
        return super().on_change_with_company(name)

    @fields.depends('document', '_parent_document.piecework')
    def on_change_with_order(self, name=None):
        if self.document and self.document.piecework:
            return self.document.piecework.order

    @fields.depends('part')
    def on_change_with_unit(self, name=None):
        return self.part.unit if self.part else None

    @fields.depends('document', '_parent_document.company')
    def on_change_with_currency(self, name=None):
        if self.document and self.document.company:
            return self.document.company.currency

    def get_worker(self, name):
        return self.document.piecework.worker.id

    @classmethod
    def search_worker(cls, name, clause):
        return [('document.piecework.' + clause[0], *clause[1:])]

    @classmethod
    def get_taken(cls, parts, names):
        Charge = Pool().get('fupin.piecework.charge')
        charge = Charge.__table__()
        cursor = Transaction().connection.cursor()
        taken = dict.fromkeys((p.id for p in parts), ZERO)
        cursor.execute(*charge.select(
                charge.held_part, Sum(to_cents(charge.amount)),
                where=fields.SQL_OPERATORS['in'](
                    charge.held_part, list(taken)),
                group_by=[charge.held_part]))
        for id_, cents in cursor:
            taken[id_] = to_amount(cents)
        figures = {
            'taken': taken,
            'open_charge': {
                p.id: (p.charge or ZERO) - taken[p.id]
                if p.document.state == 'posted' else ZERO for p in parts},
            }
        return {name: figures[name] for name in names}

    def get_rec_name(self, name):
        return f'{self.document.rec_name} {self.part.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('document.rec_name', *clause[1:]),
            ('part.rec_name', *clause[1:]),
            ]

    @classmethod
    def copy(cls, parts, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('charges')
        return super().copy(parts, default=default)
