# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The parts that a worker is given, and what became of them."""
from collections import defaultdict
from decimal import Decimal

from sql import Literal
from sql.operators import Exists

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.modules.fupin_coop.document import DRAFT
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.transaction import Transaction

from .exceptions import PieceworkError
from .piece_pay import (
    PieceError, Step, check_steps, open_rework, part_balance, used_parts)
from .piecework_document import PieceworkDetailMixin, PieceworkDocumentMixin
from .piecework_part import QUANTITY

PLACES = [
    ('home', "At Home"),
    ('workshop', "In the Workshop"),
    ]
COUNTS = ['accepted', 'rejected', 'rework', 'reworked']
ZERO = Decimal(0)


class Piecework(PieceworkDocumentMixin):
    """The parts of so many pieces, issued to one worker for some steps.

    It is open until a last return closes it: what is neither used nor
    returned nor lost as allowed is then charged."""
    __name__ = 'fupin.piecework'
    __string__ = "Piecework"

    _sequence_name = 'piecework_sequence'

    order = fields.Many2One(
        'fupin.piecework.order', "Order", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            If(Eval('state') == 'draft', ('state', '=', 'running'), ()),
            ],
        states=DRAFT)
    worker = fields.Many2One(
        'fupin.labour.worker', "Worker", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=DRAFT)
    place = fields.Selection(
        PLACES, "Place", required=True, sort=False, states=DRAFT)
    place_string = place.translated('place')
    pieces = fields.Integer(
        "Pieces", required=True,
        domain=[
            ('pieces', '>', 0),
            ],
        states=DRAFT, help="How many pieces the parts are for.")
    due_date = fields.Date(
        "Due",
        domain=[
            If(Bool(Eval('due_date')),
                ('due_date', '>=', Eval('date', None)), ()),
            ],
        states=DRAFT)
    steps = fields.One2Many(
        'fupin.piecework.step', 'piecework', "Steps", states=DRAFT)
    parts = fields.One2Many(
        'fupin.piecework.part', 'piecework', "Parts", states=DRAFT)
    returns = fields.One2Many(
        'fupin.piecework.return', 'piecework', "Returns", readonly=True)
    comment = fields.Char("Comment", states=DRAFT)
    closed = fields.Function(fields.Boolean(
            "Closed", help="The last return is posted."),
        'get_closed', searcher='search_closed')
    accepted = fields.Function(fields.Integer(
            "Accepted", help="The pieces that passed the last step."),
        'get_counts')
    rejected = fields.Function(fields.Integer("Rejected"), 'get_counts')
    open_rework = fields.Function(fields.Integer(
            "To Rework", help="The pieces given back to be done again."),
        'get_counts')
    open_pieces = fields.Function(fields.Integer(
            "Outstanding", help="The pieces that are not back yet."),
        'get_counts')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t, (t.order, Index.Equality())),
                Index(t, (t.worker, Index.Equality())),
                })
        cls._buttons.update({
                'fill': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_place(cls):
        return 'home'

    @fields.depends('order', 'place', 'steps')
    def on_change_order(self):
        Line = Pool().get('fupin.piecework.step')
        if self.order:
            self.steps = [
                Line(step=step) for step in self.order.steps
                if self.place != 'home' or not step.workshop]

    @fields.depends(methods=['on_change_order'])
    def on_change_place(self):
        self.on_change_order()

    @classmethod
    @ModelView.button
    def fill(cls, documents):
        "Write the parts that the steps use for the pieces"
        Part = Pool().get('fupin.piecework.part')
        documents = cls.claim(documents, 'draft')
        Part.delete([p for d in documents for p in d.parts])
        Part.save([
                Part(piecework=d, part=part, quantity=quantity)
                for d in documents
                for part, quantity in d.get_needed_parts().items()])

    def get_needed_parts(self):
        "Return {part: quantity} that the steps use for the pieces"
        steps = {line.step for line in self.steps}
        return {
            part: part.per_piece * self.pieces
            for part in self.order.parts if part.step in steps
            # what a step of the same worker makes is not given
            and part.made_by not in steps}

    def get_part_changes(self):
        changes = defaultdict(Decimal)
        for line in self.parts:
            changes[line.part] -= line.quantity
        return changes

    # What became of them

    @classmethod
    def get_closed(cls, documents, name):
        Return = Pool().get('fupin.piecework.return')
        return_ = Return.__table__()
        cursor = Transaction().connection.cursor()
        ids = [d.id for d in documents]
        closed = dict.fromkeys(ids, False)
        cursor.execute(*return_.select(
                return_.piecework,
                where=fields.SQL_OPERATORS['in'](return_.piecework, ids)
                & cls._closing(return_)))
        for id_, in cursor:
            closed[id_] = True
        return closed

    @classmethod
    def _closing(cls, return_):
        return (return_.state == 'posted') & (
            return_.final == Literal(True))

    @classmethod
    def search_closed(cls, name, clause):
        Return = Pool().get('fupin.piecework.return')
        return_, table = Return.__table__(), cls.__table__()
        _, operator, value = clause
        if operator in {'in', 'not in'}:
            value = bool(set(value) & {True}) if len(set(value)) == 1 else None
            if value is None:
                return [] if operator == 'in' else [('id', '=', -1)]
        closed = Exists(return_.select(
                return_.id,
                where=(return_.piecework == table.id)
                & cls._closing(return_)))
        if bool(value) != (operator in {'=', 'in'}):
            closed = ~closed
        return [('id', 'in', table.select(table.id, where=closed))]

    @classmethod
    def get_counts(cls, documents, names):
        counts = {n: {} for n in names}
        for document in documents:
            sums = document.get_step_sums(document.get_posted_returns())
            steps = list(sums.values())
            figures = {
                'accepted': steps[-1].accepted if steps else 0,
                'rejected': sum(s.rejected for s in steps),
                'open_rework': sum(map(open_rework, steps)),
                'open_pieces': 0,
                }
            if document.state == 'posted' and not document.closed:
                figures['open_pieces'] = (
                    document.pieces - figures['accepted']
                    - figures['rejected'])
            for name in names:
                counts[name][document.id] = figures[name]
        return counts

    def get_posted_returns(self):
        "Return the posted returns, the first one first"
        return sorted(
            (r for r in self.returns if r.state == 'posted'),
            key=lambda r: (r.date, r.id))

    def get_step_sums(self, returns):
        "Return {step: sums of the counts} of the returns, in working order"
        sums = {}
        for line in sorted(
                self.steps, key=lambda x: list(self.order.steps).index(
                    x.step)):
            counts = [0] * len(COUNTS)
            for return_ in returns:
                for other in return_.lines:
                    if other.step == line.step:
                        counts = [
                            c + (getattr(other, n) or 0)
                            for c, n in zip(counts, COUNTS)]
            sums[line.step] = Step(*counts)
        return sums

    def get_balances(self, returns):
        """Return {part: PartBalance} after the returns.

        What a step of the worker makes and another one of hers uses never
        leaves her hands: it has no balance.

        PieceError if it does not balance."""
        sums = self.get_step_sums(returns)
        check_steps(self.pieces, list(sums.values()))
        issued, returned = defaultdict(Decimal), defaultdict(Decimal)
        for line in self.parts:
            issued[line.part] += line.quantity
        for return_ in returns:
            for line in return_.parts:
                returned[line.part] += line.returned or ZERO
        parts = [
            p for p in self.order.parts
            if p in issued or p in returned
            or (p.step in sums and p.made_by not in sums)]
        return {
            part: part_balance(
                issued[part],
                used_parts(part.per_piece, sums[part.step])
                if part.step in sums else ZERO,
                returned[part], part.loss_rate, part.unit.digits)
            for part in parts}

    def check_returns(self, document, returns):
        """Refuse the document if the counts of the returns can not be.

        Each day has to balance, not only the last one."""
        returns = sorted(returns, key=lambda r: (r.date, r.id))
        for i in range(len(returns)):
            try:
                self.get_balances(returns[:i + 1])
            except PieceError as error:
                raise PieceworkError(gettext(
                        f'fupin_industry.msg_piecework_{error.reason}',
                        document=document.full_name,
                        piecework=self.rec_name,
                        pieces=self.pieces)) from error

    # Posting

    def check_post(self):
        steps = [line.step for line in self.steps]
        if not steps:
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_steps',
                    document=self.full_name))
        for step in steps:
            if step.order != self.order:
                raise PieceworkError(gettext(
                        'fupin_industry.msg_piecework_other_step',
                        document=self.full_name,
                        step=step.rec_name,
                        order=self.order.rec_name))
            if self.place == 'home' and step.workshop:
                message = 'gas' if step.gas else 'workshop'
                raise PieceworkError(gettext(
                        f'fupin_industry.msg_piecework_{message}',
                        document=self.full_name,
                        step=step.rec_name))
        for line in self.parts:
            if line.part.step not in steps:
                raise PieceworkError(gettext(
                        'fupin_industry.msg_piecework_other_part',
                        document=self.full_name,
                        part=line.part.rec_name))
        super().check_post()

    def check_cancel(self):
        super().check_cancel()
        for return_ in self.__class__(self.id).returns:
            if return_.state != 'cancelled':
                raise PieceworkError(gettext(
                        'fupin_industry.msg_piecework_cancel_returned',
                        document=self.full_name,
                        return_=return_.full_name))

    @classmethod
    def copy(cls, documents, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('date', Pool().get('ir.date').today())
        default.setdefault('due_date')
        default.setdefault('returns')
        return super().copy(documents, default=default)


class PieceworkStep(PieceworkDetailMixin, ModelSQL, ModelView):
    "A step that the worker does"
    __name__ = 'fupin.piecework.step'
    __string__ = "Step of a Worker"

    _document_name = 'piecework'

    piecework = fields.Many2One(
        'fupin.piecework', "Piecework", required=True, ondelete='CASCADE')
    order = fields.Function(
        fields.Many2One('fupin.piecework.order', "Order"),
        'on_change_with_order')
    step = fields.Many2One(
        'fupin.piecework.order.step', "Step", required=True,
        ondelete='RESTRICT',
        domain=[
            ('order', '=', Eval('order', -1)),
            ])

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('step_unique', Unique(t, t.piecework, t.step),
                'fupin_industry.msg_piecework_step_twice'),
            ]

    @fields.depends('piecework', '_parent_piecework.company')
    def on_change_with_company(self, name=None):
        return super().on_change_with_company(name)

    @fields.depends('piecework', '_parent_piecework.order')
    def on_change_with_order(self, name=None):
        return self.piecework.order if self.piecework else None

    def get_rec_name(self, name):
        return self.step.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('step.rec_name', *clause[1:])]


class PieceworkPart(PieceworkDetailMixin, ModelSQL, ModelView):
    "How much of a part the worker was given"
    __name__ = 'fupin.piecework.part'
    __string__ = "Part of a Worker"

    _document_name = 'piecework'

    piecework = fields.Many2One(
        'fupin.piecework', "Piecework", required=True, ondelete='CASCADE')
    order = fields.Function(
        fields.Many2One('fupin.piecework.order', "Order"),
        'on_change_with_order')
    part = fields.Many2One(
        'fupin.piecework.order.part', "Part", required=True,
        ondelete='RESTRICT',
        domain=[
            ('order', '=', Eval('order', -1)),
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
            ('part_unique', Unique(t, t.piecework, t.part),
                'fupin_industry.msg_piecework_part_twice'),
            ]
        cls._sql_indexes.add(Index(t, (t.part, Index.Equality())))

    @fields.depends('piecework', '_parent_piecework.company')
    def on_change_with_company(self, name=None):
        return super().on_change_with_company(name)

    @fields.depends('piecework', '_parent_piecework.order')
    def on_change_with_order(self, name=None):
        return self.piecework.order if self.piecework else None

    @fields.depends('part')
    def on_change_with_unit(self, name=None):
        return self.part.unit if self.part else None

    def get_rec_name(self, name):
        return self.part.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('part.rec_name', *clause[1:])]
