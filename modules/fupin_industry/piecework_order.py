# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What a customer has made of parts that it provides (来料加工)."""
from decimal import Decimal

from sql.aggregate import Sum

from trytond.i18n import gettext
from trytond.model import (
    Check, Index, ModelSQL, ModelView, Unique, Workflow, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.modules.fupin_coop.document import wait_for
from trytond.modules.fupin_coop.exact_sum import to_amount, to_cents
from trytond.modules.product import price_digits
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.transaction import Transaction

from .exceptions import PieceworkError
from .piece_pay import THOUSAND, per_thousand

ZERO = Decimal('0.00')
_DRAFT = {
    'readonly': Eval('state') != 'draft',
    }


class PieceworkOrder(Workflow, ModelSQL, ModelView):
    """An order for pieces that are made of the customer's parts.

    The parts belong to the customer: they are counted beside the books.  An
    order that runs is not edited; a new one is made by duplicating it."""
    __name__ = 'fupin.piecework.order'
    __string__ = "Piecework Order"

    company = fields.Many2One(
        'company.company', "Cooperative", required=True, ondelete='RESTRICT',
        states={
            'readonly': (Eval('state') != 'draft') | (Eval('id', -1) >= 0),
            })
    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=_DRAFT)
    number = fields.Char("Number", readonly=True)
    name = fields.Char(
        "Article", required=True, states=_DRAFT,
        help="What is made.")
    customer = fields.Many2One(
        'party.party', "Customer", required=True, ondelete='RESTRICT',
        states=_DRAFT,
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    customer_reference = fields.Char(
        "Customer's Reference", states=_DRAFT,
        help="The contract or order of the customer.")
    pieces = fields.Integer(
        "Pieces", required=True,
        domain=[
            ('pieces', '>', 0),
            ],
        states=_DRAFT)
    from_date = fields.Date(
        "From", required=True,
        domain=[
            If(Bool(Eval('to_date')),
                ('from_date', '<=', Eval('to_date', None)),
                ()),
            ],
        states=_DRAFT)
    to_date = fields.Date("Due", states=_DRAFT)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    fee = Monetary(
        "Fee per Thousand", currency='currency', digits=price_digits,
        required=True,
        domain=[
            ('fee', '>=', 0),
            ],
        states=_DRAFT,
        help="What the customer pays for a thousand accepted pieces.")
    steps = fields.One2Many(
        'fupin.piecework.order.step', 'order', "Steps", states=_DRAFT,
        help="The steps in the order of the work.")
    parts = fields.One2Many(
        'fupin.piecework.order.part', 'order', "Parts", states=_DRAFT)
    comment = fields.Char("Comment")
    state = fields.Selection([
            ('draft', "Draft"),
            ('running', "Running"),
            ('closed', "Closed"),
            ], "State", readonly=True, required=True, sort=False)
    state_string = state.translated('state')

    accepted = fields.Function(fields.Integer(
            "Accepted", help="The pieces that passed the last step."),
        'get_figures')
    rejected = fields.Function(fields.Integer(
            "Rejected", help="The pieces rejected in all steps."),
        'get_figures')
    reject_rate = fields.Function(fields.Numeric(
            "Rejected in %", digits=(16, 2),
            help="The rejected pieces of those accepted and rejected."),
        'get_figures')
    wages = fields.Function(Monetary(
            "Wages", currency='currency', digits='currency',
            help="The posted wages, less what was kept back."),
        'get_figures')
    charges = fields.Function(Monetary(
            "Missing Parts", currency='currency', digits='currency',
            help="What the workers owe for missing parts."),
        'get_figures')
    charged = fields.Function(Monetary(
            "Kept Back", currency='currency', digits='currency',
            help="What posted pay sheets kept back for missing parts."),
        'get_figures')
    total_fee = fields.Function(Monetary(
            "Fee", currency='currency', digits='currency',
            help="The customer's fee for the accepted pieces."),
        'get_figures')
    margin = fields.Function(Monetary(
            "Margin", currency='currency', digits='currency',
            help="The fee less the wages."),
        'get_figures')
    wages_per_thousand = fields.Function(Monetary(
            "Wages per Thousand", currency='currency', digits='currency'),
        'get_figures')
    margin_per_thousand = fields.Function(Monetary(
            "Margin per Thousand", currency='currency', digits='currency'),
        'get_figures')

    @classmethod
    def __setup__(cls):
        cls.number.search_unaccented = False
        super().__setup__()
        cls._order = [('from_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.company, t.number),
                'fupin_coop.msg_document_number_unique'),
            ('pieces_positive', Check(t, t.pieces > 0),
                'fupin_industry.msg_piecework_order_pieces'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.company, Index.Equality())),
                Index(t, (t.enterprise, Index.Equality())),
                Index(t, (t.customer, Index.Equality())),
                })
        cls._transitions |= {
            ('draft', 'running'),
            ('running', 'draft'),
            ('running', 'closed'),
            ('closed', 'running'),
            }
        cls._buttons.update({
                'draft': {
                    'invisible': Eval('state') != 'running',
                    'depends': ['state'],
                    },
                'run': {
                    'invisible': ~Eval('state').in_(['draft', 'closed']),
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
    def default_from_date(cls):
        return Pool().get('ir.date').today()

    @classmethod
    def default_state(cls):
        return 'draft'

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @property
    def full_name(self):
        Model = Pool().get('ir.model')
        return f'{Model.get_name(self.__name__)} {self.rec_name}'

    def get_rec_name(self, name):
        return ' '.join(filter(None, [self.number, self.name]))

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR', ('number', *clause[1:]), ('name', *clause[1:])]

    # What was made and paid

    @classmethod
    def get_figures(cls, orders, names):
        pool = Pool()
        Item = pool.get('fupin.piecework.charge')
        Return = pool.get('fupin.piecework.return')
        ReturnLine = pool.get('fupin.piecework.return.line')
        ReturnPart = pool.get('fupin.piecework.return.part')
        Sheet = pool.get('fupin.labour')
        SheetLine = pool.get('fupin.labour.line')
        Step = pool.get('fupin.piecework.order.step')
        cursor = Transaction().connection.cursor()
        ids = [o.id for o in orders]
        figures = {
            name: dict.fromkeys(ids) for name in [
                'accepted', 'rejected', 'reject_rate', 'wages', 'charges',
                'charged', 'total_fee', 'margin', 'wages_per_thousand',
                'margin_per_thousand']}
        for name in ['accepted', 'rejected']:
            figures[name] = dict.fromkeys(ids, 0)
        for name in ['wages', 'charges', 'charged']:
            figures[name] = dict.fromkeys(ids, ZERO)

        line, return_ = ReturnLine.__table__(), Return.__table__()
        step = Step.__table__()
        cursor.execute(*line
            .join(return_, condition=line.document == return_.id)
            .join(step, condition=line.step == step.id)
            .select(
                step.order, step.id, Sum(line.accepted), Sum(line.rejected),
                where=(return_.state == 'posted')
                & fields.SQL_OPERATORS['in'](step.order, ids),
                group_by=[step.order, step.id]))
        last = {o.steps[-1].id for o in orders if o.steps}
        for order, id_, accepted, rejected in cursor:
            figures['rejected'][order] += int(rejected)
            if id_ in last:
                figures['accepted'][order] = int(accepted)

        def add(name, query):
            cursor.execute(*query)
            for order, cents in cursor:
                figures[name][order] = to_amount(cents)

        sheet_line, sheet = SheetLine.__table__(), Sheet.__table__()
        add('wages', sheet_line
            .join(sheet, condition=sheet_line.sheet == sheet.id)
            .join(step, condition=sheet_line.piecework_step == step.id)
            .select(
                step.order, Sum(to_cents(sheet_line.amount)),
                where=(sheet.state == 'posted')
                & fields.SQL_OPERATORS['in'](step.order, ids),
                group_by=[step.order]))
        part = ReturnPart.__table__()
        Part = pool.get('fupin.piecework.order.part')
        order_part = Part.__table__()
        add('charges', part
            .join(return_, condition=part.document == return_.id)
            .join(order_part, condition=part.part == order_part.id)
            .select(
                order_part.order, Sum(to_cents(part.charge)),
                where=(return_.state == 'posted')
                & fields.SQL_OPERATORS['in'](order_part.order, ids),
                group_by=[order_part.order]))
        item = Item.__table__()
        add('charged', item
            .join(part, condition=item.held_part == part.id)
            .join(order_part, condition=part.part == order_part.id)
            .join(sheet_line, condition=item.line == sheet_line.id)
            .join(sheet, condition=sheet_line.sheet == sheet.id)
            .select(
                order_part.order, Sum(to_cents(item.amount)),
                where=(sheet.state == 'posted')
                & fields.SQL_OPERATORS['in'](order_part.order, ids),
                group_by=[order_part.order]))

        for order in orders:
            accepted = figures['accepted'][order.id]
            rejected = figures['rejected'][order.id]
            wages = figures['wages'][order.id]
            fee = order.currency.round(order.fee * accepted / THOUSAND)
            if accepted + rejected:
                figures['reject_rate'][order.id] = (
                    Decimal(100 * rejected) / (accepted + rejected)
                    ).quantize(Decimal('0.01'))
            figures['total_fee'][order.id] = fee
            figures['margin'][order.id] = fee - wages
            figures['wages_per_thousand'][order.id] = per_thousand(
                wages, accepted)
            figures['margin_per_thousand'][order.id] = per_thousand(
                fee - wages, accepted)
        return {name: figures[name] for name in names}

    # Running

    @classmethod
    def hold(cls, orders):
        "Let nobody else book on the orders until this is done"
        wait_for(set(orders))

    @classmethod
    @ModelView.button
    @Workflow.transition('draft')
    def draft(cls, orders):
        Piecework = Pool().get('fupin.piecework')
        Receipt = Pool().get('fupin.piecework.receipt')
        cls.hold(orders)
        for Model in [Piecework, Receipt]:
            used = Model.search([
                    ('order', 'in', [o.id for o in orders]),
                    ], limit=1)
            if used:
                raise PieceworkError(gettext(
                        'fupin_industry.msg_piecework_order_used',
                        order=used[0].order.rec_name,
                        document=used[0].full_name))

    @classmethod
    @ModelView.button
    @Workflow.transition('running')
    def run(cls, orders):
        cls.hold(orders)
        for order in orders:
            if not order.steps:
                raise PieceworkError(gettext(
                        'fupin_industry.msg_piecework_order_steps',
                        order=order.rec_name))
        cls.set_number(orders)

    @classmethod
    def set_number(cls, orders):
        Configuration = Pool().get('fupin.coop.configuration')
        configuration = Configuration(1)
        for order in orders:
            if not order.number:
                sequence = configuration.get_multivalue(
                    'piecework_document_sequence', company=order.company.id)
                wait_for([sequence])
                order.number = sequence.get()
        cls.save(orders)

    @classmethod
    @ModelView.button
    @Workflow.transition('closed')
    def close(cls, orders):
        "Close orders of which no worker has parts any more"
        Piecework = Pool().get('fupin.piecework')
        cls.hold(orders)
        ids = [o.id for o in orders]
        for domain in [
                [('state', '=', 'draft')],
                [('state', '=', 'posted'), ('closed', '=', False)]]:
            open_ = Piecework.search([('order', 'in', ids), *domain], limit=1)
            if open_:
                raise PieceworkError(gettext(
                        'fupin_industry.msg_piecework_order_open',
                        order=open_[0].order.rec_name,
                        document=open_[0].full_name))

    def check_document(self, document):
        "Refuse a document that can not book on the order"
        if self.company != document.company:
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_company',
                    document=document.full_name,
                    order=self.rec_name))
        if self.state != 'running':
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_not_running',
                    document=document.full_name,
                    order=self.rec_name,
                    state=self.state_string))
        if document.date < self.from_date:
            raise PieceworkError(gettext(
                    'fupin_industry.msg_piecework_order_from',
                    document=document.full_name,
                    order=self.rec_name,
                    date=self.from_date))

    def check_stock(self, document, changes):
        """Refuse the document if its changes {part: quantity} of its date
        leave less than nothing of a part on that or a later day."""
        pool = Pool()
        Lang = pool.get('ir.lang')
        Register = pool.get('fupin.piecework.register')
        days = Register.get_days(changes)
        for part, change in changes.items():
            left = Decimal(0)
            dates = days.get(part.id, {})
            dates[document.date] = dates.get(
                document.date, Decimal(0)) + change
            for date in sorted(dates):
                left += dates[date]
                if left < 0 and date >= document.date:
                    raise PieceworkError(gettext(
                            'fupin_industry.msg_piecework_stock',
                            document=document.full_name,
                            part=part.rec_name,
                            date=date,
                            quantity=Lang.get().format_number(
                                -left, digits=part.unit.digits),
                            unit=part.unit.symbol))

    @classmethod
    def check_modification(cls, mode, orders, values=None, external=False):
        super().check_modification(
            mode, orders, values=values, external=external)
        if mode == 'write':
            fixed = values.keys() - {'state', 'number', 'comment'}
            if external and values.keys() & {'state', 'number'}:
                raise AccessError(gettext(
                        'fupin_coop.msg_document_write_state',
                        document=orders[0].full_name))
            for order in orders:
                if fixed and order.state != 'draft':
                    raise AccessError(gettext(
                            'fupin_industry.msg_piecework_order_modify',
                            order=order.rec_name))
        elif mode == 'delete':
            for order in orders:
                if order.state != 'draft' or order.number:
                    raise AccessError(gettext(
                            'fupin_industry.msg_piecework_order_delete',
                            order=order.rec_name))
        elif mode == 'create' and external:
            for order in orders:
                if order.state != 'draft':
                    raise AccessError(gettext(
                            'fupin_coop.msg_document_create_draft',
                            document=order.full_name))

    @classmethod
    def copy(cls, orders, default=None):
        """Return new orders with the same steps and parts.

        The parts of the new ones belong to the new steps."""
        Part = Pool().get('fupin.piecework.order.part')
        default = default.copy() if default is not None else {}
        default.setdefault('number')
        default.setdefault('state', 'draft')
        default.setdefault('from_date', Pool().get('ir.date').today())
        default.setdefault('to_date')
        default['parts'] = None
        copies = super().copy(orders, default=default)
        for order, new in zip(orders, copies):
            steps = dict(zip(order.steps, new.steps))
            Part.save([Part(
                        order=new,
                        sequence=part.sequence,
                        name=part.name,
                        unit=part.unit,
                        step=steps[part.step],
                        made_by=steps[part.made_by] if part.made_by else None,
                        per_piece=part.per_piece,
                        loss_rate=part.loss_rate,
                        price=part.price)
                    for part in order.parts])
        return copies
