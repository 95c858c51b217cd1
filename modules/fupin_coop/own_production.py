# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What a cooperative grows or makes on its own account (自营生产).

A batch or season is the object of cost (成本核算对象): its documents book on
account 141 or 401, by the setting of the product, and name the batch on the
line, so that its balance is a sum over posted lines."""
from collections import defaultdict, namedtuple
from decimal import Decimal

from sql import Null
from sql.aggregate import Sum

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, Id, If
from trytond.transaction import Transaction

from .configuration import default_sequence
from .document import wait_for
from .exact_sum import to_amount, to_cents
from .exceptions import OwnProductionCancelError, OwnProductionError
from .production_cost import available

ZERO = Decimal('0.00')
FIGURES = ['materials', 'costs', 'labour', 'common', 'harvested', 'lost']

# A query of what posted documents put into batches (sign 1) or took out:
# tables to select from, columns of the batch and of the amount, condition
Source = namedtuple(
    'Source', ['name', 'sign', 'from_', 'production', 'amount', 'where'])


def sequence_field(string, type_, required=True, multi=True):
    company = (
        Eval('context', {}).get('company', -1) if multi
        else Eval('company', -1))
    return fields.Many2One(
        'ir.sequence.strict', string, required=required,
        domain=[
            ('company', 'in', [company, None]),
            ('sequence_type', '=', Id('fupin_coop', type_)),
            ])


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    own_production_sequence = fields.MultiValue(sequence_field(
            "Batch Sequence", 'sequence_type_own_production'))
    own_production_document_sequence = fields.MultiValue(sequence_field(
            "Own Production Document Sequence",
            'sequence_type_own_production_document'))

    default_own_production_sequence = default_sequence(
        'sequence_own_production')
    default_own_production_document_sequence = default_sequence(
        'sequence_own_production_document')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        for name in [
                'own_production_sequence',
                'own_production_document_sequence']:
            if name not in cls._sequences:
                cls._sequences = cls._sequences + [name]


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    own_production_sequence = sequence_field(
        "Batch Sequence", 'sequence_type_own_production',
        required=False, multi=False)
    own_production_document_sequence = sequence_field(
        "Own Production Document Sequence",
        'sequence_type_own_production_document',
        required=False, multi=False)

    default_own_production_sequence = default_sequence(
        'sequence_own_production')
    default_own_production_document_sequence = default_sequence(
        'sequence_own_production_document')


class OwnProduction(ModelSQL, ModelView):
    "One batch or season of what a cooperative produces itself"
    __name__ = 'fupin.own_production'
    __string__ = "Production Batch"

    _states = {
        'readonly': Eval('state') != 'open',
        }
    _begun = {
        'readonly': (Eval('state') != 'open') | Eval('begun', False),
        }

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    number = fields.Char("Number", readonly=True)
    name = fields.Char(
        "Name", required=True, states=_states,
        help="What people call it: the season, the field, the shed.")
    product = fields.Many2One(
        'product.product', "Product", required=True, ondelete='RESTRICT',
        domain=[
            ('type', '=', 'goods'),
            ],
        states=_begun,
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="The main product; a harvest may bring others beside it.")
    account = fields.Many2One(
        'account.account', "Production Account", required=True,
        readonly=True, ondelete='RESTRICT',
        help="Where the cost of the batch is collected, by the setting of "
        "the product: 141 for what grows, 401 for what is made.")
    start_date = fields.Date("Start Date", required=True, states=_begun)
    place = fields.Char("Place", states=_states)
    area = fields.Numeric(
        "Area (mu)", digits=(16, 2),
        domain=[
            If(Bool(Eval('area')), ('area', '>=', 0), ()),
            ],
        states=_states, help="It may be the base of common cost.")
    unit = fields.Function(fields.Many2One(
            'product.uom', "Unit"), 'on_change_with_unit')
    expected_quantity = fields.Numeric(
        "Expected Quantity", digits='unit',
        domain=[
            If(Bool(Eval('expected_quantity')),
                ('expected_quantity', '>=', 0), ()),
            ],
        states=_states,
        help="What the batch is expected to yield in all.")
    comment = fields.Char("Comment")
    state = fields.Selection([
            ('open', "Open"),
            ('closed', "Closed"),
            ], "State", readonly=True, required=True, sort=False)
    state_string = state.translated('state')
    begun = fields.Function(fields.Boolean("Begun"), 'get_begun')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    materials = fields.Function(Monetary(
            "Materials", currency='currency', digits='currency'),
        'get_figures')
    costs = fields.Function(Monetary(
            "Other Costs", currency='currency', digits='currency'),
        'get_figures')
    labour = fields.Function(Monetary(
            "Labour", currency='currency', digits='currency'),
        'get_figures')
    common = fields.Function(Monetary(
            "Common Cost", currency='currency', digits='currency',
            help="The part of the batch in the cost of several."),
        'get_figures')
    cost = fields.Function(Monetary(
            "Cost", currency='currency', digits='currency',
            help="All that was put into the batch."),
        'get_figures')
    harvested = fields.Function(Monetary(
            "Harvested", currency='currency', digits='currency',
            help="The cost of what went into stock."),
        'get_figures')
    lost = fields.Function(Monetary(
            "Lost", currency='currency', digits='currency'),
        'get_figures')
    balance = fields.Function(Monetary(
            "Balance", currency='currency', digits='currency',
            help="What the books have on 141 or 401 for the batch."),
        'get_balances')
    inputs = fields.One2Many(
        'fupin.own_production.input', 'production', "Inputs", readonly=True)
    labour_lines = fields.One2Many(
        'fupin.labour.line', 'own_production', "Labour", readonly=True)
    allocation_lines = fields.One2Many(
        'fupin.own_production.allocation.line', 'production',
        "Common Cost", readonly=True)
    harvests = fields.One2Many(
        'fupin.own_production.harvest', 'production', "Harvests",
        readonly=True)
    losses = fields.One2Many(
        'fupin.own_production.loss', 'production', "Losses", readonly=True)

    del _states, _begun

    @classmethod
    def __setup__(cls):
        cls.number.search_unaccented = False
        super().__setup__()
        cls._order = [('start_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.company, t.number),
                'fupin_coop.msg_document_number_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.company, Index.Equality()),
                    (t.start_date, Index.Range())),
                Index(t, (t.product, Index.Equality())),
                Index(t,
                    (t.state, Index.Equality(cardinality='low')),
                    where=t.state == 'open'),
                })
        cls._buttons.update({
                'close': {
                    'invisible': Eval('state') != 'open',
                    'depends': ['state'],
                    },
                'reopen': {
                    'invisible': Eval('state') != 'closed',
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
        return 'open'

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('product')
    def on_change_with_unit(self, name=None):
        return self.product.default_uom if self.product else None

    @fields.depends('product', 'company')
    def on_change_product(self):
        self.account = None
        if self.product and self.company:
            self.account = self.product.get_production_account(self.company)

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

    # Figures

    @classmethod
    def get_sources(cls):
        """Return the sources of the cost of batches: each has the amounts of
        one kind of posted documents."""
        pool = Pool()

        def tables(model, parent):
            line = pool.get(f'{model}.{parent}').__table__()
            return line, pool.get(model).__table__()

        sources = []
        for name, child in [('materials', 'material'), ('costs', 'cost')]:
            line, document = tables('fupin.own_production.input', child)
            sources.append(Source(
                    name, 1,
                    line.join(document, condition=line.input == document.id),
                    document.production, line.amount,
                    document.state == 'posted'))
        line, document = tables('fupin.labour', 'line')
        sources.append(Source(
                'labour', 1,
                line.join(document, condition=line.sheet == document.id),
                line.own_production, line.amount, document.state == 'posted'))
        line, document = tables('fupin.own_production.allocation', 'line')
        sources.append(Source(
                'common', 1,
                line.join(
                    document, condition=line.allocation == document.id),
                line.production, line.amount, document.state == 'posted'))
        for name, model in [
                ('harvested', 'fupin.own_production.harvest'),
                ('lost', 'fupin.own_production.loss')]:
            document = pool.get(model).__table__()
            sources.append(Source(
                    name, -1, document, document.production, document.amount,
                    document.state == 'posted'))
        return sources

    @classmethod
    def get_figures(cls, productions, names):
        cursor = Transaction().connection.cursor()
        ids = [p.id for p in productions]
        figures = {name: dict.fromkeys(ids, ZERO) for name in FIGURES}
        figures['cost'] = dict.fromkeys(ids, ZERO)
        for source in cls.get_sources():
            cursor.execute(*source.from_.select(
                    source.production, Sum(to_cents(source.amount)),
                    where=source.where
                    & fields.SQL_OPERATORS['in'](source.production, ids),
                    group_by=[source.production]))
            for id_, cents in cursor:
                figures[source.name][id_] = to_amount(cents)
                if source.sign > 0:
                    figures['cost'][id_] += to_amount(cents)
        return {name: figures[name] for name in names}

    @classmethod
    def get_entries(cls, productions):
        "Return {id: [(date, amount)]} of what the books have for the batches"
        pool = Pool()
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        ids = [p.id for p in productions]
        cursor.execute(*line
            .join(move, condition=line.move == move.id)
            .join(table, condition=(line.own_production == table.id)
                & (line.account == table.account))
            .select(
                table.id, move.date,
                Sum(to_cents(line.debit - line.credit)),
                where=(move.state == 'posted')
                & fields.SQL_OPERATORS['in'](table.id, ids),
                group_by=[table.id, move.date],
                order_by=[table.id, move.date]))
        entries = defaultdict(list)
        for id_, date, cents in cursor:
            entries[id_].append((date, to_amount(cents)))
        return entries

    @classmethod
    def get_balances(cls, productions, name):
        entries = cls.get_entries(productions)
        return {
            p.id: sum((a for _, a in entries[p.id]), ZERO)
            for p in productions}

    @classmethod
    def get_begun(cls, productions, name):
        "Whether the books have anything for the batch"
        Line = Pool().get('account.move.line')
        line = Line.__table__()
        cursor = Transaction().connection.cursor()
        ids = [p.id for p in productions]
        cursor.execute(*line.select(
                line.own_production,
                where=fields.SQL_OPERATORS['in'](line.own_production, ids),
                group_by=[line.own_production]))
        begun = {id_ for id_, in cursor}
        return {id_: id_ in begun for id_ in ids}

    def get_available(self, date):
        "Return what can be taken from the batch on the date"
        return available(self.get_entries([self])[self.id], date)

    def get_last_date(self):
        "Return the date of the last booking, None if there is none"
        entries = self.get_entries([self])[self.id]
        return entries[-1][0] if entries else None

    # What documents demand

    @classmethod
    def hold(cls, productions):
        "Let nobody else book on the batches until this is done"
        wait_for(set(productions))

    def check_document(self, document, company, date):
        "Refuse a document that can not book on the batch"
        if self.company != company:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_company',
                    document=document.full_name,
                    production=self.rec_name,
                    company=company.rec_name))
        if self.state != 'open':
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_closed',
                    document=document.full_name,
                    production=self.rec_name))
        if date < self.start_date:
            raise OwnProductionError(gettext(
                    'fupin_coop.msg_own_production_start',
                    document=document.full_name,
                    production=self.rec_name,
                    start_date=self.start_date))

    @classmethod
    def check_document_cancel(cls, document, closing=None):
        """Refuse to take back a document whose cost has left its batch.

        closing is the batch that the document closed."""
        amounts = defaultdict(lambda: ZERO)
        for line in document.move.lines if document.move else []:
            if line.own_production:
                amounts[line.own_production] += line.debit - line.credit
        cls.hold(amounts)
        for production, amount in amounts.items():
            production = cls(production.id)
            if production.state == 'closed' and production != closing:
                raise OwnProductionCancelError(gettext(
                        'fupin_coop.msg_own_production_cancel_closed',
                        document=document.full_name,
                        production=production.rec_name))
            if amount > 0:
                left = production.get_available(document.get_cancel_date())
                if left < amount:
                    raise OwnProductionCancelError(gettext(
                            'fupin_coop.msg_own_production_cancel_taken',
                            document=document.full_name,
                            production=production.rec_name,
                            amount=amount,
                            left=left))

    # Closing

    @classmethod
    @ModelView.button
    def close(cls, productions):
        "Close batches on which nothing is left"
        wait_for(productions)
        for production in cls.browse(productions):
            if production.balance:
                raise OwnProductionError(gettext(
                        'fupin_coop.msg_own_production_close',
                        production=production.rec_name,
                        balance=production.balance))
        cls.write(cls.browse(productions), {'state': 'closed'})

    @classmethod
    @ModelView.button
    def reopen(cls, productions):
        "Open again batches that were not closed by their last harvest"
        wait_for(productions)
        for production in cls.browse(productions):
            for document in production.harvests + production.losses:
                if document.state == 'posted' and document.method == 'last':
                    raise OwnProductionError(gettext(
                            'fupin_coop.msg_own_production_reopen',
                            production=production.rec_name,
                            document=document.full_name))
        cls.write(cls.browse(productions), {'state': 'open'})

    # What is booked stays

    @classmethod
    def preprocess_values(cls, mode, values):
        pool = Pool()
        Company = pool.get('company.company')
        Configuration = pool.get('fupin.coop.configuration')
        Product = pool.get('product.product')
        values = super().preprocess_values(mode, values)
        if mode == 'create':
            company = values.get('company', cls.default_company())
            if company and values.get('product'):
                # by the setting, whatever the screen had
                values['account'] = Product(
                    values['product']).get_production_account(
                    Company(company)).id
            if not values.get('number'):
                sequence = Configuration(1).get_multivalue(
                    'own_production_sequence', company=company)
                if sequence:
                    wait_for([sequence])
                    values['number'] = sequence.get()
        return values

    @classmethod
    def check_modification(
            cls, mode, productions, values=None, external=False):
        super().check_modification(
            mode, productions, values=values, external=external)
        if mode == 'create' and external:
            for production in productions:
                if production.state != 'open':
                    raise AccessError(gettext(
                            'fupin_coop.msg_own_production_modify',
                            production=production.rec_name))
        elif mode == 'write' and values.keys() & {
                'company', 'number', 'product', 'account', 'start_date',
                'state'}:
            for production in productions:
                if ((external and values.keys() & {
                                'company', 'number', 'state'})
                        or (production.begun and values.keys() - {'state'})):
                    raise AccessError(gettext(
                            'fupin_coop.msg_own_production_modify',
                            production=production.rec_name))

    @classmethod
    def on_modification(cls, mode, productions, field_names=None):
        super().on_modification(mode, productions, field_names=field_names)
        if mode == 'write' and field_names & {'product', 'account'}:
            for production in productions:
                account = production.product.get_production_account(
                    production.company)
                if production.account != account:
                    cls.write([production], {'account': account.id})

    @classmethod
    def copy(cls, productions, default=None):
        default = default.copy() if default is not None else {}
        for name in [
                'number', 'inputs', 'labour_lines', 'allocation_lines',
                'harvests', 'losses']:
            default.setdefault(name)
        default.setdefault('state', 'open')
        return super().copy(productions, default=default)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('state') == 'closed', 'muted', '')),
            ]


class AccountMoveLine(metaclass=PoolMeta):
    __name__ = 'account.move.line'

    own_production = fields.Many2One(
        'fupin.own_production', "Production Batch", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('own_production'),
            },
        help="The batch of own production for which the cost was made.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(
                t, (t.own_production, Index.Equality()),
                where=t.own_production != Null))
