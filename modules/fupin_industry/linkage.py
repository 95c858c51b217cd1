# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import (
    Index, ModelSQL, ModelView, Unique, Workflow, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.fupin_coop.document import wait_for
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import promise
from .exceptions import LinkageError

DRAFT = {
    'readonly': Eval('state') != 'draft',
    }


class Linkage(Workflow, ExportMixin, ModelSQL, ModelView):
    """What a cooperative or its enterprise says it does for a household

    It proves nothing by itself: fupin.linkage.proof sets the ledger of
    income against it."""
    __name__ = 'fupin.linkage'
    __string__ = "Linkage"

    company = fields.Many2One(
        'company.company', "Cooperative", required=True, ondelete='RESTRICT',
        states=DRAFT)
    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise", ondelete='RESTRICT', states=DRAFT,
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        help="Leave empty if the cooperative as a whole is meant.")
    household = fields.Many2One(
        'fupin.household', "Household", required=True, ondelete='RESTRICT',
        states=DRAFT)
    area = fields.Function(
        fields.Many2One('country.subdivision', "Area"),
        'on_change_with_area', searcher='search_area')
    kind = fields.Many2One(
        'fupin.linkage.kind', "Kind", required=True, ondelete='RESTRICT',
        states=DRAFT)
    from_date = fields.Date(
        "From", required=True, states=DRAFT,
        domain=[
            If(Eval('from_date') & Eval('to_date'),
                ('from_date', '<=', Eval('to_date', None)),
                ()),
            ])
    to_date = fields.Date(
        "To", states=DRAFT,
        domain=[
            If(Eval('from_date') & Eval('to_date'),
                ('to_date', '>=', Eval('from_date', None)),
                ()),
            ])
    document = fields.Char(
        "Contract", states=DRAFT,
        help="The number of the contract or agreement with the household.")
    yearly = fields.Numeric(
        "Promised per Year", digits=(16, 2), states=DRAFT,
        domain=[['OR', ('yearly', '=', None), ('yearly', '>', 0)]],
        help="Leave empty if no amount was promised.")
    months = fields.Selection([
            ('12', "Yearly"),
            ('6', "Half-yearly"),
            ('3', "Quarterly"),
            ('1', "Monthly"),
            ], "Due", required=True, sort=False, states=DRAFT)
    promises = fields.One2Many(
        'fupin.linkage.promise', 'linkage', "Promises", states=DRAFT)
    end_reason = fields.Char(
        "Reason of the End", readonly=True,
        states={
            'invisible': ~Eval('end_reason'),
            })
    state = fields.Selection([
            ('draft', "Draft"),
            ('posted', "In Force"),
            ('cancelled', "Voided"),
            ], "State", readonly=True, required=True, sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('from_date', 'DESC'), ('household', 'ASC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t,
                    (t.company, Index.Equality()),
                    (t.household, Index.Equality())),
                Index(t, (t.household, Index.Equality())),
                })
        cls._transitions |= {
            ('draft', 'posted'),
            ('draft', 'cancelled'),
            ('posted', 'cancelled'),
            }
        cls._buttons.update({
                'propose': {
                    'invisible': Eval('state') != 'draft',
                    'readonly': ~Bool(Eval('yearly')) | ~Eval('to_date'),
                    'depends': ['state', 'yearly', 'to_date'],
                    },
                'post': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                'end': {
                    'invisible': Eval('state') != 'posted',
                    'depends': ['state'],
                    },
                'cancel': {
                    'invisible': Eval('state') == 'cancelled',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_months(cls):
        return '12'

    @classmethod
    def default_state(cls):
        return 'draft'

    @fields.depends('household', '_parent_household.area')
    def on_change_with_area(self, name=None):
        return self.household.area if self.household else None

    @classmethod
    def search_area(cls, name, clause):
        return [('household.' + clause[0], *clause[1:])]

    def get_rec_name(self, name):
        source = self.enterprise or self.company
        return (f'{source.rec_name} - {self.household.rec_name} - '
            f'{self.kind.rec_name}')

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, value = clause
        bool_op = 'AND' if operator.startswith(('!', 'not ')) else 'OR'
        return [bool_op,
            ('household.rec_name', *clause[1:]),
            ('enterprise.rec_name', *clause[1:]),
            ('company.rec_name', *clause[1:]),
            ('document', *clause[1:]),
            ]

    @classmethod
    def copy(cls, linkages, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('end_reason')
        return super().copy(linkages, default=default)

    @classmethod
    @ModelView.button
    def propose(cls, linkages):
        "Enter what is promised per year as amounts that fall due"
        Promise = Pool().get('fupin.linkage.promise')
        Promise.delete([p for r in linkages for p in r.promises])
        to_save = []
        for linkage in linkages:
            if linkage.yearly and linkage.to_date:
                to_save += [
                    Promise(linkage=linkage, due_date=date, amount=amount)
                    for date, amount in promise.schedule(
                        linkage.yearly, linkage.from_date, linkage.to_date,
                        int(linkage.months))]
        Promise.save(to_save)

    @classmethod
    @ModelView.button
    @Workflow.transition('posted')
    def post(cls, linkages):
        for linkage in linkages:
            linkage.check_post()
        # the later of two at once finds the other
        wait_for(list({r.household for r in linkages}))
        cls.write(linkages, {'state': 'posted'})
        cls._check_overlap(linkages)

    def check_post(self):
        for due in self.promises:
            if (due.due_date < self.from_date
                    or self.to_date and due.due_date > self.to_date):
                raise LinkageError(gettext(
                        'fupin_industry.msg_linkage_promise_date',
                        linkage=self.rec_name, date=due.due_date))
        if self.yearly and not self.promises:
            raise LinkageError(gettext(
                    'fupin_industry.msg_linkage_promise_missing',
                    linkage=self.rec_name))
        if not self.kind.valid_at(self.from_date):
            raise LinkageError(gettext(
                    'fupin_industry.msg_linkage_kind_date',
                    linkage=self.rec_name, date=self.from_date))

    @classmethod
    def _check_overlap(cls, linkages):
        for linkage in linkages:
            others = cls.search([
                    ('id', '!=', linkage.id),
                    ('state', '=', 'posted'),
                    ('company', '=', linkage.company.id),
                    ('enterprise', '=', (
                            linkage.enterprise.id
                            if linkage.enterprise else None)),
                    ('household', '=', linkage.household.id),
                    ('kind', '=', linkage.kind.id),
                    ['OR',
                        ('to_date', '=', None),
                        ('to_date', '>=', linkage.from_date),
                        ],
                    ('from_date', '<=', linkage.to_date)
                    if linkage.to_date else (),
                    ], limit=1)
            if others:
                raise LinkageError(gettext(
                        'fupin_industry.msg_linkage_overlap',
                        linkage=linkage.rec_name,
                        from_date=others[0].from_date))

    @classmethod
    @ModelView.button_action('fupin_industry.wizard_linkage_end')
    def end(cls, linkages):
        pass

    @classmethod
    @ModelView.button
    @Workflow.transition('cancelled')
    def cancel(cls, linkages):
        pass

    @classmethod
    def check_modification(cls, mode, linkages, values=None, external=False):
        super().check_modification(
            mode, linkages, values=values, external=external)
        if mode == 'create':
            return
        for linkage in linkages:
            if linkage.state == 'draft':
                continue
            if mode == 'delete' or external:
                raise AccessError(gettext(
                        'fupin_industry.msg_linkage_posted',
                        linkage=linkage.rec_name))


class LinkagePromise(ModelSQL, ModelView):
    "An amount that falls due to the household"
    __name__ = 'fupin.linkage.promise'
    __string__ = "Promise"

    linkage = fields.Many2One(
        'fupin.linkage', "Linkage", required=True, ondelete='CASCADE')
    due_date = fields.Date("Due Date", required=True)
    amount = fields.Numeric(
        "Amount", digits=(16, 2), required=True,
        domain=[('amount', '>', 0)])

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('due_date', 'ASC'), ('id', 'ASC')]
        cls.__access__.add('linkage')
        t = cls.__table__()
        cls._sql_constraints += [
            ('due_date_unique', Unique(t, t.linkage, t.due_date),
                'fupin_industry.msg_linkage_promise_unique'),
            ]

    @classmethod
    def check_modification(cls, mode, promises, values=None, external=False):
        super().check_modification(
            mode, promises, values=values, external=external)
        for promise_ in promises:
            if promise_.linkage.state != 'draft':
                raise AccessError(gettext(
                        'fupin_industry.msg_linkage_posted',
                        linkage=promise_.linkage.rec_name))


class LinkageEndStart(ModelView):
    "End Linkage"
    __name__ = 'fupin.linkage.end.start'

    date = fields.Date("Last Day", required=True)
    reason = fields.Char("Reason", required=True)

    @classmethod
    def default_date(cls):
        return Pool().get('ir.date').today()


class LinkageEnd(Wizard):
    "End Linkage"
    __name__ = 'fupin.linkage.end'

    start = StateView(
        'fupin.linkage.end.start',
        'fupin_industry.linkage_end_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("End", 'end_', 'tryton-ok', default=True),
            ])
    end_ = StateTransition()

    def transition_end_(self):
        for linkage in self.records:
            if (linkage.state != 'posted'
                    or self.start.date < linkage.from_date
                    or linkage.to_date and self.start.date > linkage.to_date):
                raise LinkageError(gettext(
                        'fupin_industry.msg_linkage_end',
                        linkage=linkage.rec_name, date=self.start.date))
        self.model.write(list(self.records), {
                'to_date': self.start.date,
                'end_reason': self.start.reason,
                })
        return 'end'


class LinkageListStart(ModelView):
    "Claim Households of the Ledger"
    __name__ = 'fupin.linkage.list.start'

    company = fields.Many2One(
        'company.company', "Cooperative", required=True)
    year = fields.Many2One('fupin.income.year', "Income Year", required=True)

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')


class LinkageList(Wizard):
    """Enter as drafts the linkages that the ledger proves and nobody claims

    So that the list of the households is not typed a second time."""
    __name__ = 'fupin.linkage.list'

    start = StateView(
        'fupin.linkage.list.start',
        'fupin_industry.linkage_list_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Enter", 'enter', 'tryton-ok', default=True),
            ])
    enter = StateTransition()

    def transition_enter(self):
        pool = Pool()
        Linkage = pool.get('fupin.linkage')
        Proof = pool.get('fupin.linkage.proof')
        year = self.start.year
        with Transaction().set_context(
                year=year.id, cooperative=self.start.company.id,
                enterprise=None, township=None):
            rows = Proof.search([
                    ('company', '=', self.start.company.id),
                    ('result', '=', 'unclaimed'),
                    ])
            keys = [(r.enterprise, r.household, r.kind) for r in rows]
        drafts = set()
        for households in grouped_slice([h for _, h, _ in keys], 500):
            drafts |= {
                (d.enterprise, d.household, d.kind)
                for d in Linkage.search([
                        ('company', '=', self.start.company.id),
                        ('household', 'in', [h.id for h in households]),
                        ('state', '=', 'draft'),
                        ])}
        Linkage.save([
                Linkage(
                    company=self.start.company, enterprise=enterprise,
                    household=household, kind=kind,
                    from_date=year.start_date, to_date=year.end_date)
                for enterprise, household, kind in keys
                if (enterprise, household, kind) not in drafts])
        return 'end'
