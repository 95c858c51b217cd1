# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The documents that name the cycle for which they are."""
from sql import Null

from trytond.i18n import gettext
from trytond.model import Index, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, If

from . import cycle_figure as figure
from .exceptions import CycleError, CycleGradeError

DRAFT = {
    'readonly': Eval('state') != 'draft',
    }


def flush_field(states):
    return fields.Integer(
        "Flush or Picking",
        domain=[
            ['OR',
                ('flush', '=', None),
                ('flush', '>', 0),
                ],
            ],
        states=states, help="Which flush of mushrooms or picking it is.")


class MeasuredMixin:
    "Produce that is graded by the weight of a piece and its sugar"
    __slots__ = ()

    piece_weight = fields.Numeric(
        "Weight of a Piece (kg)", digits=(8, 3),
        domain=[
            ['OR',
                ('piece_weight', '=', None),
                ('piece_weight', '>', 0),
                ],
            ],
        help="The average of what was measured.")
    sugar = fields.Numeric(
        "Sugar (°Bx)", digits=(4, 1),
        domain=[
            ['OR',
                ('sugar', '=', None),
                [('sugar', '>=', 0), ('sugar', '<=', 30)],
                ],
            ],
        help="The soluble solids of the centre.")

    @fields.depends('product', 'piece_weight', 'sugar', 'grade')
    def _set_grade(self):
        "Propose the first grade whose measures are met"
        if self.product and (self.piece_weight or self.sugar):
            grades = {
                g.id: (g.min_piece_weight, g.min_sugar)
                for g in self.product.grades}
            if any(any(least) for least in grades.values()):
                best = figure.best_grade(
                    [(g, *least) for g, least in grades.items()],
                    self.piece_weight, self.sugar)
                self.grade = best

    def check_grade(self, document):
        "Raise CycleGradeError if the measures fall short of the grade"
        if not self.grade:
            return
        short = figure.meets(
            (self.grade.min_piece_weight, self.grade.min_sugar),
            self.piece_weight, self.sugar)
        if short:
            least = getattr(self.grade, f'min_{short}')
            value = getattr(self, short)
            raise CycleGradeError(gettext(
                    f'fupin_industry.msg_grade_{short}',
                    document=document.full_name,
                    grade=self.grade.rec_name,
                    least=least,
                    value='—' if value is None else value))


class Grade(metaclass=PoolMeta):
    __name__ = 'fupin.product.grade'

    min_piece_weight = fields.Numeric(
        "Least Weight of a Piece (kg)", digits=(8, 3),
        help="Leave it empty if the grade does not demand one.")
    min_sugar = fields.Numeric(
        "Least Sugar (°Bx)", digits=(4, 1),
        help="Leave it empty if the grade does not demand one.")


class OwnProduction(metaclass=PoolMeta):
    __name__ = 'fupin.own_production'

    cycle = fields.Many2One(
        'fupin.cycle', "Production Cycle", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            If(Eval('state') == 'open',
                ('state', 'in', ['planned', 'running']), ()),
            ],
        states={
            'readonly': Eval('state') != 'open',
            },
        help="The cycle of an enterprise of which the batch is a part.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(
                t, (t.cycle, Index.Equality()), where=t.cycle != Null))

    def check_document(self, document, company, date):
        super().check_document(document, company, date)
        if self.cycle and self.cycle.state != 'running':
            raise CycleError(gettext(
                    'fupin_industry.msg_cycle_not_running',
                    document=document.full_name,
                    cycle=self.cycle.rec_name,
                    state=self.cycle.state_string))


class Harvest(metaclass=PoolMeta):
    __name__ = 'fupin.own_production.harvest'

    flush = flush_field(DRAFT)

    def check_post(self):
        super().check_post()
        for line in self.lines:
            line.check_grade(self)


class HarvestLine(MeasuredMixin, metaclass=PoolMeta):
    __name__ = 'fupin.own_production.harvest.line'

    @fields.depends(methods=['_set_grade'])
    def on_change_piece_weight(self):
        self._set_grade()

    @fields.depends(methods=['_set_grade'])
    def on_change_sugar(self):
        self._set_grade()


class Supply(metaclass=PoolMeta):
    __name__ = 'fupin.supply'

    cycle = fields.Many2One(
        'fupin.cycle', "Production Cycle", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            If(Eval('state') == 'draft', ('state', '=', 'running'), ()),
            ],
        states=DRAFT,
        help="The cycle for which the grower gets the goods.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(
                t, (t.cycle, Index.Equality()), where=t.cycle != Null))

    def check_post(self):
        super().check_post()
        if self.cycle:
            self.cycle.check_document(self)


class Delivery(MeasuredMixin, metaclass=PoolMeta):
    __name__ = 'fupin.delivery'

    cycle = fields.Many2One(
        'fupin.cycle', "Production Cycle", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            If(Eval('state') == 'draft', ('state', '=', 'running'), ()),
            If(Bool(Eval('enterprise')),
                ('enterprise', '=', Eval('enterprise', -1)), ()),
            ],
        states=DRAFT,
        help="The cycle in which the produce was grown.")
    flush = flush_field(DRAFT)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        for name in ['piece_weight', 'sugar']:
            getattr(cls, name).states = DRAFT
        t = cls.__table__()
        cls._sql_indexes.add(Index(
                t, (t.cycle, Index.Equality()), where=t.cycle != Null))

    @fields.depends('cycle', 'enterprise')
    def on_change_cycle(self):
        if self.cycle:
            self.enterprise = self.cycle.enterprise

    @fields.depends(methods=['_set_grade', 'on_change_grade'])
    def on_change_piece_weight(self):
        self._set_grade()
        self.on_change_grade()

    @fields.depends(methods=['_set_grade', 'on_change_grade'])
    def on_change_sugar(self):
        self._set_grade()
        self.on_change_grade()

    @fields.depends('company', 'enterprise', 'cycle', 'date')
    def _set_cycle(self):
        "Keep a cycle of the enterprise, else take the only one that runs"
        Cycle = Pool().get('fupin.cycle')
        if self.cycle and self.cycle.enterprise == self.enterprise:
            return
        self.cycle = None
        if self.company and self.enterprise and self.date:
            cycles = Cycle.search([
                    ('company', '=', self.company.id),
                    ('enterprise', '=', self.enterprise.id),
                    ('state', '=', 'running'),
                    ('start_date', '<=', self.date),
                    ], limit=2)
            if len(cycles) == 1:
                self.cycle, = cycles

    @fields.depends(methods=['_set_cycle'])
    def on_change_product(self):
        super().on_change_product()
        self._set_cycle()

    @fields.depends(methods=['_set_cycle'])
    def on_change_enterprise(self):
        self._set_cycle()

    @classmethod
    def preprocess_values(cls, mode, values):
        Cycle = Pool().get('fupin.cycle')
        if (mode == 'create' and values.get('cycle')
                and 'enterprise' not in values):
            values = values.copy()
            values['enterprise'] = Cycle(values['cycle']).enterprise.id
        return super().preprocess_values(mode, values)

    def check_post(self):
        super().check_post()
        if self.cycle:
            self.cycle.check_document(self)
            if self.enterprise != self.cycle.enterprise:
                raise CycleError(gettext(
                        'fupin_industry.msg_cycle_enterprise',
                        document=self.full_name,
                        cycle=self.cycle.rec_name,
                        enterprise=self.cycle.enterprise.rec_name))
        self.check_grade(self)
