# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import (
    Index, ModelSQL, ModelView, Workflow, fields)
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from .exceptions import DeclarationError

_STATES = {
    'readonly': Eval('state') != 'draft',
    }


class Declaration(Workflow, ModelSQL, ModelView):
    """What a household earned outside the cooperatives: entered by one
    officer, verified by another, who thereby posts it."""
    __name__ = 'fupin.income.declaration'
    _rec_name = 'number'

    number = fields.Char("Number", readonly=True)
    household = fields.Many2One(
        'fupin.household', "Household", required=True, ondelete='RESTRICT',
        states={
            'readonly': (
                (Eval('state') != 'draft') | Eval('lines', [0])),
            })
    area = fields.Function(
        fields.Many2One('country.subdivision', "Area"),
        'get_area', searcher='search_area')
    date = fields.Date("Date", required=True, states=_STATES)
    lines = fields.One2Many(
        'fupin.income.declaration.line', 'declaration', "Lines",
        states=_STATES)
    amount = fields.Function(fields.Numeric(
            "Amount", digits=(16, 2)), 'on_change_with_amount')
    note = fields.Text("Note", states=_STATES)
    answer = fields.Char(
        "Answer of the Verifier",
        states={
            'readonly': Eval('state') != 'submitted',
            },
        help="Why it is sent back or cancelled.")
    declared_by = fields.Many2One(
        'res.user', "Declared by", readonly=True, ondelete='RESTRICT')
    verified_by = fields.Many2One(
        'res.user', "Verified by", readonly=True, ondelete='RESTRICT')
    cancelled_by = fields.Many2One(
        'res.user', "Cancelled by", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': Eval('state') != 'cancelled',
            })
    state = fields.Selection([
            ('draft', "Draft"),
            ('submitted', "Submitted"),
            ('verified', "Verified"),
            ('cancelled', "Cancelled"),
            ], "State", required=True, readonly=True, sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t, (t.household, Index.Equality())),
                Index(
                    t, (t.state, Index.Equality(cardinality='low')),
                    where=t.state.in_(['draft', 'submitted'])),
                })
        cls._transitions |= {
            ('draft', 'submitted'),
            ('submitted', 'draft'),
            ('submitted', 'verified'),
            ('draft', 'cancelled'),
            ('verified', 'cancelled'),
            }
        cls._buttons.update({
                'submit': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                'send_back': {
                    'invisible': Eval('state') != 'submitted',
                    'depends': ['state'],
                    },
                'verify': {
                    'invisible': Eval('state') != 'submitted',
                    'depends': ['state'],
                    },
                'cancel': {
                    'invisible': ~Eval('state').in_(['draft', 'verified']),
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def default_state(cls):
        return 'draft'

    @fields.depends('lines')
    def on_change_with_amount(self, name=None):
        return sum(
            ((x.amount or Decimal(0)) for x in self.lines or []), Decimal(0))

    def get_area(self, name):
        return self.household.area.id

    @classmethod
    def search_area(cls, name, clause):
        return [('household.' + clause[0], *clause[1:])]

    def get_rec_name(self, name):
        return ' '.join(filter(None, [self.number, self.household.rec_name]))

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('number', *clause[1:]),
            ('household.rec_name', *clause[1:]),
            ]

    @classmethod
    def check_modification(
            cls, mode, declarations, values=None, external=False):
        super().check_modification(
            mode, declarations, values=values, external=external)
        if external and (mode == 'delete' or mode == 'write'):
            for declaration in declarations:
                allowed = (
                    declaration.state == 'draft'
                    or (mode == 'write'
                        and declaration.state == 'submitted'
                        and not (values.keys() - {'answer'})))
                if not allowed:
                    raise AccessError(gettext(
                            'fupin_household.msg_declaration_modify',
                            declaration=declaration.rec_name))

    @classmethod
    def copy(cls, declarations, default=None):
        default = default.copy() if default is not None else {}
        for name in [
                'number', 'answer', 'declared_by', 'verified_by',
                'cancelled_by']:
            default.setdefault(name)
        return super().copy(declarations, default=default)

    @classmethod
    @ModelView.button
    @Workflow.transition('submitted')
    def submit(cls, declarations):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        Sequence = pool.get('ir.sequence')
        for declaration in declarations:
            if not declaration.lines:
                raise DeclarationError(gettext(
                        'fupin_household.msg_declaration_empty',
                        declaration=declaration.rec_name))
        missing = [d for d in declarations if not d.number]
        sequence = Sequence(ModelData.get_id(
                'fupin_household', 'sequence_declaration'))
        for declaration, number in zip(
                missing, sequence.get_many(len(missing))):
            declaration.number = number
        for declaration in declarations:
            declaration.declared_by = Transaction().user
        cls.save(declarations)

    @classmethod
    @ModelView.button
    @Workflow.transition('draft')
    def send_back(cls, declarations):
        for declaration in declarations:
            if not (declaration.answer or '').strip():
                raise DeclarationError(gettext(
                        'fupin_household.msg_declaration_answer',
                        declaration=declaration.rec_name))

    @classmethod
    @ModelView.button
    @Workflow.transition('verified')
    def verify(cls, declarations):
        Income = Pool().get('fupin.income')
        cls.lock(declarations)
        incomes = []
        for declaration in declarations:
            # The second pair of eyes
            if Transaction().user in {
                    declaration.declared_by.id, declaration.create_uid.id}:
                raise DeclarationError(gettext(
                        'fupin_household.msg_declaration_verify_own',
                        declaration=declaration.rec_name))
            for line in declaration.lines:
                incomes.append(line.get_income())
            declaration.verified_by = Transaction().user
        Income.post(incomes)
        cls.save(declarations)

    @classmethod
    @ModelView.button
    @Workflow.transition('cancelled')
    def cancel(cls, declarations):
        Income = Pool().get('fupin.income')
        cls.lock(declarations)
        Income.reverse([
                line for d in declarations if d.state == 'verified'
                for line in d.lines])
        for declaration in declarations:
            declaration.cancelled_by = Transaction().user
        cls.save(declarations)


class Line(ModelSQL, ModelView):
    __name__ = 'fupin.income.declaration.line'

    declaration = fields.Many2One(
        'fupin.income.declaration', "Declaration", required=True,
        ondelete='CASCADE')
    category = fields.Many2One(
        'fupin.income.category', "Category", required=True,
        ondelete='RESTRICT',
        domain=[
            If(Eval('declaration_state') == 'draft',
                ('declarable', '=', True),
                ()),
            ])
    person = fields.Many2One(
        'fupin.person', "Person", ondelete='RESTRICT',
        domain=[
            If(Eval('declaration_state') == 'draft',
                ('memberships.household', '=', Eval('household', -1)),
                ()),
            ],
        help="Who of the household earned it.")
    date = fields.Date("Date", required=True)
    amount = fields.Numeric(
        "Amount", digits=(16, 2), required=True,
        domain=[('amount', '>', 0)])
    cost = fields.Numeric(
        "Production Cost", digits=(16, 2), required=True,
        domain=[('cost', '>=', 0)])
    source = fields.Char(
        "Source", required=True,
        help="Who paid it and what proves it: employer, pass book, receipt.")
    household = fields.Function(
        fields.Many2One('fupin.household', "Household"),
        'on_change_with_household', searcher='search_household')
    declaration_state = fields.Function(
        fields.Selection('get_declaration_states', "Declaration State"),
        'on_change_with_declaration_state')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('declaration', 'ASC'), ('date', 'ASC'), ('id', 'ASC')]
        cls.__access__.add('declaration')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.declaration, Index.Equality())))
        for field in ['category', 'person', 'date', 'amount', 'cost',
                'source']:
            getattr(cls, field).states['readonly'] = (
                Eval('declaration_state', 'draft') != 'draft')

    @classmethod
    def default_cost(cls):
        return Decimal(0)

    @fields.depends('declaration', '_parent_declaration.date')
    def on_change_with_date(self):
        if self.declaration:
            return self.declaration.date

    @fields.depends('declaration', '_parent_declaration.household')
    def on_change_with_household(self, name=None):
        if self.declaration and self.declaration.household:
            return self.declaration.household.id

    @classmethod
    def search_household(cls, name, clause):
        return [('declaration.' + clause[0], *clause[1:])]

    @classmethod
    def get_declaration_states(cls):
        Declaration = Pool().get('fupin.income.declaration')
        return Declaration.fields_get(['state'])['state']['selection']

    @fields.depends('declaration', '_parent_declaration.state')
    def on_change_with_declaration_state(self, name=None):
        if self.declaration:
            return self.declaration.state

    def get_rec_name(self, name):
        return f'{self.declaration.rec_name} {self.category.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('declaration.rec_name', *clause[1:]),
            ('category.rec_name', *clause[1:]),
            ]

    def get_income(self):
        "Return the unsaved income of the line"
        Income = Pool().get('fupin.income')
        return Income(
            household=self.declaration.household, person=self.person,
            company=None, category=self.category, date=self.date,
            amount=self.amount, cost=self.cost, origin=self)

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        for line in lines:
            if line.declaration.state != 'draft':
                raise AccessError(gettext(
                        'fupin_household.msg_declaration_modify',
                        declaration=line.declaration.rec_name))
