# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Workflow, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

_STATES = {
    'readonly': Eval('state') != 'draft',
    }


class Expense(Workflow, ModelSQL, ModelView):
    """A large expense that a household could not avoid, and what of it was
    left to the household after insurance and relief."""
    __name__ = 'fupin.household.expense'
    __string__ = "Large Expense"

    household = fields.Many2One(
        'fupin.household', "Household", required=True, ondelete='RESTRICT',
        states=_STATES)
    area = fields.Function(
        fields.Many2One('country.subdivision', "Area"),
        'on_change_with_area', searcher='search_area')
    kind = fields.Selection([
            ('illness', "Illness"),
            ('schooling', "Schooling"),
            ('disaster', "Disaster"),
            ('accident', "Accident"),
            ('other', "Other"),
            ], "Kind", required=True, sort=False, states=_STATES)
    date = fields.Date("Date", required=True, states=_STATES)
    amount = fields.Numeric(
        "Amount", digits=(16, 2), required=True, states=_STATES,
        domain=[('amount', '>', 0)])
    own_share = fields.Numeric(
        "Own Share", digits=(16, 2), required=True, states=_STATES,
        domain=[
            ('own_share', '>=', 0),
            If(Eval('amount'), ('own_share', '<=', Eval('amount', 0)), ()),
            ],
        help="What the household bears itself, after insurance, relief and "
        "other help.")
    document = fields.Char(
        "Document", states=_STATES,
        help="The bill, the decision on the reimbursement or other proof.")
    note = fields.Text(
        "Note", states=_STATES,
        help="Write no name of an illness and no finding: health is kept with "
        "the person only, where it is not shown to everybody.")
    recorded_by = fields.Many2One(
        'res.user', "Recorded by", readonly=True, ondelete='RESTRICT')
    cancelled_by = fields.Many2One(
        'res.user', "Cancelled by", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': Eval('state') != 'cancelled',
            })
    state = fields.Selection([
            ('draft', "Draft"),
            ('recorded', "Recorded"),
            ('cancelled', "Cancelled"),
            ], "State", required=True, readonly=True, sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t,
                    (t.household, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t, (t.date, Index.Range())),
                })
        cls._transitions |= {
            ('draft', 'recorded'),
            ('draft', 'cancelled'),
            ('recorded', 'cancelled'),
            }
        cls._buttons.update({
                'record': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                'cancel': {
                    'invisible': Eval('state') == 'cancelled',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_date(cls):
        return Pool().get('ir.date').today()

    @classmethod
    def default_state(cls):
        return 'draft'

    @fields.depends('amount', 'own_share')
    def on_change_amount(self):
        if self.amount is not None and self.own_share is None:
            self.own_share = self.amount

    @fields.depends('household', '_parent_household.area')
    def on_change_with_area(self, name=None):
        return self.household.area if self.household else None

    @classmethod
    def search_area(cls, name, clause):
        return [('household.' + clause[0], *clause[1:])]

    def get_rec_name(self, name):
        return f'{self.household.rec_name} {self.date}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('household.rec_name', *clause[1:])]

    @classmethod
    def copy(cls, expenses, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('recorded_by')
        default.setdefault('cancelled_by')
        default.setdefault('state', 'draft')
        return super().copy(expenses, default=default)

    @classmethod
    def check_modification(cls, mode, expenses, values=None, external=False):
        super().check_modification(
            mode, expenses, values=values, external=external)
        if not external:
            return
        for expense in expenses:
            if expense.state != 'draft':
                raise AccessError(gettext(
                        'fupin_household.msg_expense_modify',
                        expense=expense.rec_name))

    @classmethod
    @ModelView.button
    def record(cls, expenses):
        "What is recorded is looked at for warnings at once"
        cls._set_recorded(expenses)
        cls._look(expenses)

    @classmethod
    @Workflow.transition('recorded')
    def _set_recorded(cls, expenses):
        cls.write(expenses, {'recorded_by': Transaction().user})

    @classmethod
    @ModelView.button
    def cancel(cls, expenses):
        cls._set_cancelled(expenses)
        cls._look(expenses)

    @classmethod
    @Workflow.transition('cancelled')
    def _set_cancelled(cls, expenses):
        cls.write(expenses, {'cancelled_by': Transaction().user})

    @classmethod
    def _look(cls, expenses):
        EarlyWarning = Pool().get('fupin.early_warning')
        EarlyWarning.look(
            households=[e.household.id for e in expenses],
            rules=['expense'])
