# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import (
    DeactivableMixin, Index, ModelSQL, ModelView, Unique, fields)
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction

from .cycle_plan import PlanLineMixin


class Template(DeactivableMixin, ModelSQL, ModelView):
    "What a season of a kind of enterprise takes and brings"
    __name__ = 'fupin.cycle.template'
    __string__ = "Cycle Template"

    company = fields.Many2One(
        'company.company', "Cooperative", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    name = fields.Char("Name", required=True)
    kind = fields.Selection('get_kinds', "Kind", required=True, sort=False)
    product = fields.Many2One(
        'product.product', "Product of the Batch", required=True,
        ondelete='RESTRICT',
        domain=[
            ('type', '=', 'goods'),
            ],
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="What the production batch of a new season yields.")
    days = fields.Integer(
        "Days",
        domain=[
            ['OR',
                ('days', '=', None),
                ('days', '>', 0),
                ],
            ],
        help="How long a season takes.")
    dry_substrate = fields.Numeric(
        "Dry Substrate per Bag (kg)", digits=(6, 3),
        domain=[
            ['OR',
                ('dry_substrate', '=', None),
                ('dry_substrate', '>', 0),
                ],
            ],
        states={
            'invisible': Eval('kind') != 'mushroom',
            })
    grafted = fields.Boolean(
        "Grafted Seedlings",
        states={
            'invisible': Eval('kind') != 'watermelon',
            })
    lines = fields.One2Many(
        'fupin.cycle.template.line', 'template', "Plan")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order.insert(0, ('name', 'ASC'))
        t = cls.__table__()
        cls._sql_constraints += [
            ('name_unique', Unique(t, t.company, t.name),
                'fupin_industry.msg_cycle_template_unique'),
            ]
        cls._sql_indexes.add(Index(t, (t.company, Index.Equality())))

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_grafted(cls):
        return False

    @classmethod
    def get_kinds(cls):
        Enterprise = Pool().get('fupin.enterprise')
        return Enterprise.fields_get(['kind'])['kind']['selection']

    def get_plan_lines(self):
        return self.lines


class TemplateLine(PlanLineMixin, ModelSQL, ModelView):
    "What a season takes or brings, for a thousand bags or for a mu"
    __name__ = 'fupin.cycle.template.line'
    __string__ = "Cycle Template Line"

    template = fields.Many2One(
        'fupin.cycle.template', "Template", required=True,
        ondelete='CASCADE')
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('template')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.template, Index.Equality())))

    @fields.depends('template', '_parent_template.company')
    def on_change_with_company(self, name=None):
        return self.template.company if self.template else None

    @classmethod
    def search_company(cls, name, clause):
        return [(f'template.{clause[0]}', *clause[1:])]

    @property
    def parent(self):
        return self.template
