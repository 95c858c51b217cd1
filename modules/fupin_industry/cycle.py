# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Production cycles of enterprises: a batch of mushroom bags, a season of
watermelons.

The cost of a cycle is that of its batches of own production, what comes out
their harvests and what growers bring; a cycle books nothing itself."""
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import (
    Index, ModelSQL, ModelView, Unique, Workflow, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.fupin_coop.document import wait_for
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from . import cycle_figure as figure
from .cycle_source import CycleSourceMixin
from .exceptions import CycleError, CycleRotationWarning

PLANNED = {
    'readonly': Eval('state') != 'planned',
    }
OPEN = {
    'readonly': Eval('state') == 'closed',
    }


class Cycle(CycleSourceMixin, ExportMixin, Workflow, ModelSQL, ModelView):
    "One batch or season of an enterprise"
    __name__ = 'fupin.cycle'
    __string__ = "Production Cycle"

    company = fields.Many2One(
        'company.company', "Cooperative", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    number = fields.Char("Number", readonly=True)
    name = fields.Char("Name", required=True, states=OPEN)
    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=PLANNED)
    kind = fields.Function(
        fields.Selection('get_kinds', "Kind"),
        'on_change_with_kind', searcher='search_kind')
    area = fields.Many2One(
        'country.subdivision', "Area", required=True, ondelete='RESTRICT',
        domain=[
            ('type', 'in', ['county', 'township', 'village', 'group']),
            ],
        states=PLANNED, help="Where the cycle lies.")
    place = fields.Char(
        "Place", states=OPEN, help="The shed or the field.")
    template = fields.Many2One(
        'fupin.cycle.template', "Template", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('template'),
            })
    start_date = fields.Date("Start Date", required=True, states=PLANNED)
    end_date = fields.Date(
        "End Date", states=OPEN,
        domain=[
            If(Eval('start_date') & Eval('end_date'),
                ('end_date', '>=', Eval('start_date', None)),
                ()),
            ],
        help="When it is to end, or has ended.")
    persons = fields.Many2Many(
        'fupin.cycle-company.employee', 'cycle', 'employee',
        "Persons in Charge",
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=OPEN)
    bags = fields.Integer(
        "Bags",
        domain=[
            ['OR',
                ('bags', '=', None),
                ('bags', '>', 0),
                ],
            ],
        states={
            'readonly': Eval('state') == 'closed',
            'invisible': Eval('kind') != 'mushroom',
            },
        help="The bags that are made and inoculated.")
    dry_substrate = fields.Numeric(
        "Dry Substrate per Bag (kg)", digits=(6, 3),
        domain=[
            ['OR',
                ('dry_substrate', '=', None),
                ('dry_substrate', '>', 0),
                ],
            ],
        states={
            'readonly': Eval('state') == 'closed',
            'invisible': Eval('kind') != 'mushroom',
            })
    pieces = fields.Integer(
        "Pieces",
        domain=[
            ['OR',
                ('pieces', '=', None),
                ('pieces', '>', 0),
                ],
            ],
        states={
            'readonly': Eval('state') == 'closed',
            'invisible': Eval('kind') != 'lighter',
            },
        help="The pieces that are to be made.")
    grafted = fields.Boolean(
        "Grafted Seedlings",
        states={
            'readonly': Eval('state') != 'planned',
            'invisible': Eval('kind') != 'watermelon',
            },
        help="Grafted seedlings need no rotation.")
    parcels = fields.One2Many(
        'fupin.cycle.parcel', 'cycle', "Parcels",
        states={
            'readonly': Eval('state') != 'planned',
            'invisible': Eval('kind') != 'watermelon',
            })
    mu = fields.Function(fields.Numeric(
            "Area (mu)", digits=(16, 2),
            states={
                'invisible': Eval('kind') != 'watermelon',
                }), 'get_mu')
    stages = fields.One2Many(
        'fupin.cycle.stage', 'cycle', "Stages", states=OPEN)
    plan = fields.One2Many(
        'fupin.cycle.plan.line', 'cycle', "Plan", states=OPEN)
    productions = fields.One2Many(
        'fupin.own_production', 'cycle', "Production Batches", readonly=True)
    supplies = fields.One2Many(
        'fupin.supply', 'cycle', "Supplies", readonly=True)
    deliveries = fields.One2Many(
        'fupin.delivery', 'cycle', "Deliveries", readonly=True)
    households = fields.Function(fields.Many2Many(
            'fupin.household', None, None, "Households",
            help="Who got goods of the cycle on credit or brought some."),
        'get_households')
    comment = fields.Char("Comment")
    state = fields.Selection([
            ('planned', "Planned"),
            ('running', "Running"),
            ('closed', "Closed"),
            ], "State", readonly=True, required=True, sort=False)
    state_string = state.translated('state')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')

    @classmethod
    def __setup__(cls):
        cls.number.search_unaccented = False
        super().__setup__()
        cls._order = [('start_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.company, t.number),
                'fupin_industry.msg_cycle_number_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.company, Index.Equality()),
                    (t.start_date, Index.Range())),
                Index(t, (t.enterprise, Index.Equality())),
                Index(t, (t.area, Index.Equality())),
                Index(t,
                    (t.state, Index.Equality(cardinality='low')),
                    where=t.state.in_(['planned', 'running'])),
                })
        cls._transitions |= {
            ('planned', 'running'),
            ('running', 'planned'),
            ('running', 'closed'),
            ('closed', 'running'),
            }
        cls._buttons.update({
                'plan_again': {
                    'invisible': Eval('state') != 'running',
                    'depends': ['state'],
                    },
                'run': {
                    'invisible': ~Eval('state').in_(['planned', 'closed']),
                    'icon': If(Eval('state') == 'closed',
                        'tryton-undo', 'tryton-forward'),
                    'depends': ['state'],
                    },
                'close': {
                    'invisible': Eval('state') != 'running',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_start_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def default_state(cls):
        return 'planned'

    @classmethod
    def default_grafted(cls):
        return False

    @classmethod
    def get_kinds(cls):
        Enterprise = Pool().get('fupin.enterprise')
        return Enterprise.fields_get(['kind'])['kind']['selection'] + [
            (None, "")]

    @fields.depends('enterprise')
    def on_change_with_kind(self, name=None):
        return self.enterprise.kind if self.enterprise else None

    @classmethod
    def search_kind(cls, name, clause):
        return [('enterprise.kind', *clause[1:])]

    @fields.depends('enterprise', 'area')
    def on_change_enterprise(self):
        if self.enterprise and not self.area:
            self.area = self.enterprise.area

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    def get_rec_name(self, name):
        return f'{self.number} {self.name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, *_ = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('number', *clause[1:]),
            ('name', *clause[1:]),
            ]

    # How much it is

    @classmethod
    def get_mu(cls, cycles, name):
        mu = dict.fromkeys([c.id for c in cycles], Decimal('0.00'))
        parcel = Pool().get('fupin.cycle.parcel').__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*parcel.select(
                parcel.cycle, parcel.mu,
                where=fields.SQL_OPERATORS['in'](parcel.cycle, list(mu))))
        for cycle, area in cursor:
            mu[cycle] += Decimal(str(area)).quantize(Decimal('0.01'))
        return mu

    @property
    def units(self):
        "What the figures by unit are of: bags, mu or thousands of pieces"
        if self.kind == 'mushroom':
            return Decimal(self.bags) if self.bags else None
        elif self.kind == 'watermelon':
            return self.mu or None
        elif self.kind == 'lighter':
            return Decimal(self.pieces) / 1000 if self.pieces else None

    @property
    def scale(self):
        "By what the plan is multiplied: thousands of bags or pieces, mu, 1"
        if self.kind == 'other':
            return Decimal(1)
        units = self.units
        if self.kind == 'mushroom' and units:
            units /= 1000
        return units

    @classmethod
    def get_households(cls, cycles, name):
        Household = Pool().get('fupin.household')
        households = cls.get_household_ids(cycles)
        # an officer sees those of the own area
        seen = {h.id for h in Household.search([
                    ('id', 'in', list({
                                h for ids in households.values()
                                for h in ids})),
                    ])}
        return {
            cycle: [h for h in ids if h in seen]
            for cycle, ids in households.items()}

    def get_plan_lines(self):
        return self.plan

    # Beginning and end

    @classmethod
    @ModelView.button
    @Workflow.transition('planned')
    def plan_again(cls, cycles):
        for cycle in cycles:
            cycle.refuse_used()

    @classmethod
    @ModelView.button
    @Workflow.transition('running')
    def run(cls, cycles):
        wait_for(cycles)
        for cycle in cycles:
            if cycle.state == 'planned':
                cycle.check_scale()
                cycle.check_rotation()

    @classmethod
    @ModelView.button
    @Workflow.transition('closed')
    def close(cls, cycles):
        "Close cycles whose batches are closed"
        Date = Pool().get('ir.date')
        wait_for(cycles)
        for cycle in cycles:
            for production in cycle.productions:
                if production.state != 'closed':
                    raise CycleError(gettext(
                            'fupin_industry.msg_cycle_close',
                            cycle=cycle.rec_name,
                            production=production.rec_name))
            if not cycle.end_date:
                cycle.end_date = max(Date.today(), cycle.start_date)
        cls.save(cycles)

    def check_scale(self):
        "Raise CycleError if it is not known how much is grown, or where"
        if self.kind != 'other' and not self.units:
            raise CycleError(gettext(
                    f'fupin_industry.msg_cycle_scale_{self.kind}',
                    cycle=self.rec_name))
        for parcel in self.parcels:
            parcel.check_held()

    def check_rotation(self):
        "Warn of watermelons on land that bore some not long ago"
        pool = Pool()
        Rule = pool.get('fupin.rotation.rule')
        Warning = pool.get('res.user.warning')
        if self.kind != 'watermelon' or self.grafted:
            return
        years = Rule.get_years(self.start_date)
        for line in self.parcels:
            date = figure.too_early(
                self.start_date, line.get_earlier_dates(), years)
            if date:
                key = Warning.format('cycle_rotation', [self])
                if Warning.check(key):
                    raise CycleRotationWarning(key, gettext(
                            'fupin_industry.msg_cycle_rotation',
                            cycle=self.rec_name,
                            parcel=line.parcel.rec_name,
                            date=date,
                            years=years))

    def refuse_used(self):
        "Raise AccessError if documents name the cycle already"
        begun = [p for p in self.productions if p.begun]
        for record in [*begun, *self.supplies, *self.deliveries]:
            raise AccessError(gettext(
                    'fupin_industry.msg_cycle_used',
                    cycle=self.rec_name,
                    document=getattr(
                        record, 'full_name', record.rec_name)))

    def check_document(self, document):
        """Raise CycleError if the document that names the cycle is not one of
        its cooperative and time."""
        if (self.state != 'running' or document.company != self.company
                or document.date < self.start_date):
            raise CycleError(gettext(
                    'fupin_industry.msg_cycle_document',
                    document=document.full_name,
                    cycle=self.rec_name,
                    state=self.state_string,
                    start_date=self.start_date))

    # What is on record stays

    @classmethod
    def preprocess_values(cls, mode, values):
        pool = Pool()
        Configuration = pool.get('fupin.coop.configuration')
        Enterprise = pool.get('fupin.enterprise')
        values = super().preprocess_values(mode, values)
        if mode == 'create':
            company = values.get('company', cls.default_company())
            if not values.get('number'):
                sequence = Configuration(1).get_multivalue(
                    'cycle_sequence', company=company)
                if sequence:
                    wait_for([sequence])
                    values['number'] = sequence.get()
            if not values.get('area') and values.get('enterprise'):
                values['area'] = Enterprise(values['enterprise']).area.id
        return values

    @classmethod
    def check_modification(
            cls, mode, cycles, values=None, external=False):
        super().check_modification(
            mode, cycles, values=values, external=external)
        if mode == 'create' and external:
            for cycle in cycles:
                if cycle.state != 'planned':
                    raise AccessError(gettext(
                            'fupin_industry.msg_cycle_modify',
                            cycle=cycle.rec_name))
        elif mode == 'write':
            if external and values.keys() & {'company', 'number', 'state'}:
                raise AccessError(gettext(
                        'fupin_industry.msg_cycle_modify',
                        cycle=cycles[0].rec_name))
            if values.keys() & {'enterprise', 'start_date', 'grafted'}:
                for cycle in cycles:
                    if cycle.state != 'planned':
                        raise AccessError(gettext(
                                'fupin_industry.msg_cycle_modify',
                                cycle=cycle.rec_name))
        elif mode == 'delete':
            for cycle in cycles:
                if cycle.state != 'planned':
                    raise AccessError(gettext(
                            'fupin_industry.msg_cycle_modify',
                            cycle=cycle.rec_name))
                cycle.refuse_used()

    @classmethod
    def copy(cls, cycles, default=None):
        default = default.copy() if default is not None else {}
        for name in [
                'number', 'stages', 'productions', 'supplies', 'deliveries',
                'end_date']:
            default.setdefault(name)
        default.setdefault('state', 'planned')
        return super().copy(cycles, default=default)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('state') == 'closed', 'muted', '')),
            ]


class CycleEmployee(ModelSQL):
    __name__ = 'fupin.cycle-company.employee'

    cycle = fields.Many2One(
        'fupin.cycle', "Cycle", required=True, ondelete='CASCADE')
    employee = fields.Many2One(
        'company.employee', "Employee", required=True, ondelete='CASCADE')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('cycle')
        t = cls.__table__()
        cls._sql_constraints += [
            ('cycle_employee_unique', Unique(t, t.cycle, t.employee),
                'fupin_industry.msg_cycle_employee_unique'),
            ]
        cls._sql_indexes.add(Index(t, (t.cycle, Index.Equality())))
