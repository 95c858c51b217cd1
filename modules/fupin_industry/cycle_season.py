# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.fupin_coop.conversion import convert_quantity
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, If, PYSONEncoder
from trytond.transaction import Transaction
from trytond.wizard import Button, StateAction, StateView, Wizard

from .cycle_plan import PLAN_FIELDS
from .exceptions import CycleError


class Cycle(metaclass=PoolMeta):
    __name__ = 'fupin.cycle'

    @classmethod
    def begin(
            cls, enterprise, template, name, start_date, bags=None,
            pieces=None, parcels=()):
        """Return a new planned cycle with the plan of the template and an
        open batch of production for its product.

        CycleError if a parcel is neither the cooperative's nor a member's on
        the day."""
        pool = Pool()
        Line = pool.get('fupin.cycle.plan.line')
        if template.kind != enterprise.kind:
            raise CycleError(gettext(
                    'fupin_industry.msg_cycle_template_kind',
                    template=template.rec_name,
                    enterprise=enterprise.rec_name))
        end_date = None
        if template.days:
            end_date = start_date + dt.timedelta(days=template.days)
        cycle, = cls.create([{
                    'company': enterprise.company.id,
                    'enterprise': enterprise.id,
                    'template': template.id,
                    'name': name,
                    'start_date': start_date,
                    'end_date': end_date,
                    'bags': bags,
                    'pieces': pieces,
                    'dry_substrate': template.dry_substrate,
                    'grafted': template.grafted,
                    'persons': [('add', [enterprise.manager.id])]
                    if enterprise.manager else [],
                    }])
        CycleParcel = pool.get('fupin.cycle.parcel')
        held = CycleParcel.create([{
                    'cycle': cycle.id,
                    'parcel': parcel.id,
                    } for parcel in parcels])
        for parcel in held:
            parcel.check_held()
        Line.create([{
                    'cycle': cycle.id,
                    **{n: getattr(line, n) for n in PLAN_FIELDS
                        if n not in {'product', 'unit'}},
                    'product': line.product.id if line.product else None,
                    'unit': line.unit.id if line.unit else None,
                    } for line in template.lines])
        cycle = cls(cycle.id)
        cycle.new_production(template.product)
        return cls(cycle.id)

    def new_production(self, product):
        "Return a new batch of the cycle for the product"
        Production = Pool().get('fupin.own_production')
        expected = None
        for line in self.plan:
            if line.kind == 'output' and line.product == product:
                quantity, _ = line.plan()
                if quantity:
                    unit = product.default_uom
                    expected = convert_quantity(
                        quantity, line.unit, unit, min(unit.digits, 4))
        production, = Production.create([{
                    'company': self.company.id,
                    'cycle': self.id,
                    'product': product.id,
                    'name': self.name,
                    'start_date': self.start_date,
                    'place': self.place or self.enterprise.name,
                    'area': self.mu or None,
                    'expected_quantity': expected,
                    }])
        return production


class NewSeasonStart(ModelView):
    "What a new season is: the rest comes from the template"
    __name__ = 'fupin.cycle.new_season.start'
    __string__ = "New Season"

    company = fields.Many2One(
        'company.company', "Cooperative", required=True,
        domain=[
            ('id', 'in', Eval('context', {}).get('companies', [])),
            ])
    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise", required=True,
        domain=[
            ('company', '=', Eval('company', -1)),
            ])
    kind = fields.Function(
        fields.Selection('get_kinds', "Kind"), 'on_change_with_kind')
    template = fields.Many2One(
        'fupin.cycle.template', "Template", required=True,
        domain=[
            ('company', '=', Eval('company', -1)),
            ('kind', '=', Eval('kind', None)),
            ])
    name = fields.Char("Name", required=True)
    start_date = fields.Date("Start Date", required=True)
    bags = fields.Integer(
        "Bags",
        states={
            'invisible': Eval('kind') != 'mushroom',
            'required': Eval('kind') == 'mushroom',
            },
        domain=[
            If(Eval('kind') == 'mushroom', ('bags', '>', 0), ()),
            ])
    pieces = fields.Integer(
        "Pieces",
        states={
            'invisible': Eval('kind') != 'lighter',
            'required': Eval('kind') == 'lighter',
            },
        domain=[
            If(Eval('kind') == 'lighter', ('pieces', '>', 0), ()),
            ])
    parcels = fields.Many2Many(
        'fupin.parcel', None, None, "Parcels",
        domain=[
            ('companies', '=', Eval('company', -1)),
            ],
        states={
            'invisible': Eval('kind') != 'watermelon',
            'required': Eval('kind') == 'watermelon',
            },
        help="What the cooperative has by contract or its members hold.")

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_start_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def get_kinds(cls):
        Cycle = Pool().get('fupin.cycle')
        return Cycle.get_kinds()

    @fields.depends('enterprise')
    def on_change_with_kind(self, name=None):
        return self.enterprise.kind if self.enterprise else None

    @fields.depends('enterprise', 'company', 'template')
    def on_change_enterprise(self):
        "Propose the template if there is one only"
        Template = Pool().get('fupin.cycle.template')
        self.template = None
        if self.enterprise and self.company:
            templates = Template.search([
                    ('company', '=', self.company.id),
                    ('kind', '=', self.enterprise.kind),
                    ], limit=2)
            if len(templates) == 1:
                self.template, = templates

    @fields.depends('template', 'start_date', 'name')
    def on_change_with_name(self):
        if self.name or not (self.template and self.start_date):
            return self.name
        return f'{self.start_date:%Y-%m} {self.template.name}'


class NewSeason(Wizard):
    "Begin a season: the cycle with its plan and its batch of production"
    __name__ = 'fupin.cycle.new_season'

    start = StateView(
        'fupin.cycle.new_season.start',
        'fupin_industry.cycle_new_season_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Create", 'create_', 'tryton-ok', default=True),
            ])
    create_ = StateAction('fupin_industry.act_cycle_form')

    def default_start(self, fields):
        if self.model and self.model.__name__ == 'fupin.enterprise':
            if self.record:
                return {
                    'company': self.record.company.id,
                    'enterprise': self.record.id,
                    }
        return {}

    def do_create_(self, action):
        pool = Pool()
        Cycle = pool.get('fupin.cycle')
        start = self.start
        cycle = Cycle.begin(
            start.enterprise, start.template, start.name, start.start_date,
            bags=start.bags, pieces=start.pieces,
            parcels=list(start.parcels or []))
        action['views'] = [(None, 'form'), (None, 'tree')]
        action['pyson_domain'] = PYSONEncoder().encode(
            [('id', '=', cycle.id)])
        return action, {'res_id': cycle.id}
