# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from sql.operators import Equal

from trytond.i18n import gettext
from trytond.model import (
    Exclude, Index, ModelSQL, ModelView, Unique, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.modules.fupin_coop.configuration import default_sequence
from trytond.modules.fupin_coop.document import DocumentMixin, wait_for
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateAction, StateView, Wizard

from . import rent
from .exceptions import LandRentError

ZERO = Decimal('0.00')




class Instalment(ModelSQL, ModelView):
    "What a transfer owes at once"
    __name__ = 'fupin.land.instalment'
    __string__ = "Rent Instalment"

    transfer = fields.Many2One(
        'fupin.land.transfer', "Land Transfer", required=True, readonly=True,
        ondelete='CASCADE')
    number = fields.Integer("Number", required=True, readonly=True)
    from_date = fields.Date("From", required=True, readonly=True)
    to_date = fields.Date("To", required=True, readonly=True)
    due_date = fields.Date("Due on", required=True, readonly=True)
    cash = fields.Numeric(
        "Cash (yuan)", digits=(16, 2), required=True, readonly=True)
    grain = fields.Numeric(
        "Grain (kg)", digits=(16, 2), required=True, readonly=True)
    rents = fields.One2Many(
        'fupin.land.rent', 'instalment', "Rents", readonly=True)
    rent = fields.Function(fields.Many2One(
            'fupin.land.rent', "Posted Rent"),
        'get_rent', searcher='search_rent')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('due_date', 'ASC'), ('id', 'ASC')]
        cls.__access__.add('transfer')
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.transfer, t.number),
                'fupin_industry.msg_land_instalment_unique'),
            ]
        cls._sql_indexes.add(Index(t, (t.due_date, Index.Range())))

    @classmethod
    def get_rent(cls, instalments, name):
        Rent = Pool().get('fupin.land.rent')
        rent_ = Rent.__table__()
        cursor = Transaction().connection.cursor()
        rents = dict.fromkeys(i.id for i in instalments)
        cursor.execute(*rent_.select(
                rent_.instalment, rent_.id,
                where=fields.SQL_OPERATORS['in'](
                    rent_.instalment, list(rents))
                & (rent_.state == 'posted')))
        rents.update(cursor)
        return rents

    @classmethod
    def search_rent(cls, name, clause):
        Rent = Pool().get('fupin.land.rent')
        rent_ = Rent.__table__()
        posted = rent_.select(
            rent_.instalment, where=rent_.state == 'posted')
        _, operator, value = clause
        if value is None and operator in {'=', '!='}:
            return [('id', 'not in' if operator == '=' else 'in', posted)]
        nested = clause[0][len(name):]
        return [('rents', 'where', [
                    ('id' if not nested else nested[1:], *clause[1:]),
                    ('state', '=', 'posted'),
                    ])]

    def get_rec_name(self, name):
        return f'{self.transfer.rec_name} - {self.number}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('transfer.rec_name', *clause[1:])]

    @classmethod
    def check_modification(
            cls, mode, instalments, values=None, external=False):
        super().check_modification(
            mode, instalments, values=values, external=external)
        if external:
            raise AccessError(gettext(
                    'fupin_industry.msg_land_instalment_modify'))

    @classmethod
    def on_delete(cls, instalments):
        "The rents that are only drafted go too"
        Rent = Pool().get('fupin.land.rent')
        callback = super().on_delete(instalments)
        drafts = Rent.search([
                ('instalment', 'in', [i.id for i in instalments]),
                ('state', '=', 'draft'),
                ])
        Rent.delete(drafts)
        return callback

    @classmethod
    def drop(cls, instalments):
        """Take back instalments that are not owed any more; one whose rent
        was voided stays with nothing to pay."""
        voided = [
            i for i in instalments
            if any(r.state == 'cancelled' for r in i.rents)]
        cls.write(voided, {'cash': ZERO, 'grain': ZERO})
        cls.delete([i for i in instalments if i not in voided])

    @classmethod
    def draft_rents(cls, instalments):
        "Return drafts of the rents of the instalments that have none yet"
        pool = Pool()
        Date = pool.get('ir.date')
        Rent = pool.get('fupin.land.rent')
        rents = []
        for instalment in instalments:
            company = instalment.transfer.company
            if (not company
                    or not (instalment.cash or instalment.grain)
                    or any(
                        r.state != 'cancelled' for r in instalment.rents)):
                continue
            with Transaction().set_context(company=company.id):
                today = Date.today()
            rents.append(Rent(
                    company=company,
                    date=min(instalment.due_date, today),
                    instalment=instalment))
        Rent.save(rents)
        Rent.compute(rents)
        return rents


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    land_rent_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Rent Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_industry', 'sequence_type_land_rent')),
                ],
            help="Used to generate the number of a rent; "
            "it leaves no gaps."))

    default_land_rent_sequence = default_sequence(
        'sequence_land_rent', 'fupin_industry')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'land_rent_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['land_rent_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    land_rent_sequence = fields.Many2One(
        'ir.sequence.strict', "Rent Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_industry', 'sequence_type_land_rent')),
            ])

    default_land_rent_sequence = default_sequence(
        'sequence_land_rent', 'fupin_industry')


class LandRent(DocumentMixin):
    "The rent of an instalment, owed to the households that let the land"
    __name__ = 'fupin.land.rent'
    __string__ = "Land Rent"

    _sequence_name = 'land_rent_sequence'

    instalment = fields.Many2One(
        'fupin.land.instalment', "Instalment", required=True,
        ondelete='RESTRICT',
        domain=[
            ('transfer.company', '=', Eval('company', -1)),
            ],
        states={
            'readonly': (Eval('state') != 'draft') | (Eval('id', -1) >= 0),
            })
    transfer = fields.Function(fields.Many2One(
            'fupin.land.transfer', "Land Transfer"),
        'on_change_with_transfer', searcher='search_transfer')
    due_date = fields.Function(
        fields.Date("Due on"), 'on_change_with_due_date',
        searcher='search_due_date')
    grain_price = fields.Numeric(
        "Price of Grain (yuan/kg)", digits=(16, 4), readonly=True)
    grain_floor = fields.Numeric(
        "Floor Price of Grain (yuan/kg)", digits=(16, 4), readonly=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True)
    lines = fields.One2Many(
        'fupin.land.rent.line', 'rent', "Households", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._document_fields = cls._document_fields | {
            'grain_price', 'grain_floor', 'amount', 'lines'}
        t = cls.__table__()
        cls._sql_constraints += [
            ('instalment_once', Exclude(t,
                    (t.instalment, Equal),
                    where=t.state != 'cancelled'),
                'fupin_industry.msg_land_rent_once'),
            ]
        cls._sql_indexes.add(Index(t, (t.instalment, Index.Equality())))
        cls._buttons.update({
                'compute': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                })

    @fields.depends('instalment', '_parent_instalment.transfer')
    def on_change_with_transfer(self, name=None):
        return self.instalment.transfer if self.instalment else None

    @classmethod
    def search_transfer(cls, name, clause):
        return [('instalment.' + clause[0], *clause[1:])]

    @fields.depends('instalment', '_parent_instalment.due_date')
    def on_change_with_due_date(self, name=None):
        return self.instalment.due_date if self.instalment else None

    @classmethod
    def search_due_date(cls, name, clause):
        return [('instalment.' + clause[0], *clause[1:])]

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends(
        'instalment', '_parent_instalment.due_date', 'date')
    def on_change_instalment(self):
        Date = Pool().get('ir.date')
        if self.instalment:
            self.date = min(self.instalment.due_date, Date.today())

    @classmethod
    @ModelView.button
    def compute(cls, rents):
        "Divide what is owed among the parcels and their households"
        pool = Pool()
        Line = pool.get('fupin.land.rent.line')
        Line.delete([line for r in rents for line in r.lines])
        lines = []
        for rent_ in rents:
            rent_.set_amount()
            lines.extend(rent_.new_lines())
        cls.save(rents)
        Line.save(lines)

    def set_amount(self):
        "Price the grain on the day when the instalment is due"
        GrainPrice = Pool().get('fupin.grain.price')
        transfer, instalment = self.transfer, self.instalment
        self.grain_price = self.grain_floor = None
        self.amount = instalment.cash
        if instalment.grain:
            price = GrainPrice.find(transfer.grain, instalment.due_date)
            floors = [
                f for f in [price.floor, transfer.grain_floor]
                if f is not None]
            self.grain_price = price.price
            self.grain_floor = max(floors, default=None)
            self.amount += rent.grain_value(
                instalment.grain, self.grain_price, self.grain_floor)

    def new_lines(self):
        "Return the unsaved lines of the rent"
        pool = Pool()
        Line = pool.get('fupin.land.rent.line')
        let = {
            ln.parcel.code: ln for ln in self.transfer.lines if ln.let}
        shares = rent.share(
            self.amount, {code: ln.mu for code, ln in let.items()})
        lines = []
        with without_check_access():
            for code, amount in shares.items():
                line = let[code]
                household = line.household
                member = self.get_member(household)
                person = member.person if member else self.get_head(household)
                lines.append(Line(
                        rent=self,
                        parcel=line.parcel,
                        mu=line.mu,
                        household=household,
                        person=person,
                        member=member,
                        party=(
                            member.party if member else person.get_party()),
                        amount=amount))
        return lines

    def get_member(self, household):
        "Return the member of the cooperative in the household, if any"
        Member = Pool().get('fupin.member')
        members = Member.search([
                ('company', '=', self.company.id),
                ('household', '=', household.id),
                *Member.current_domain(self.date),
                ], order=[('number', 'ASC')], limit=1)
        return members[0] if members else None

    def get_head(self, household):
        "Return the head of the household, who signs for it"
        Household = Pool().get('fupin.household')
        Person = Pool().get('fupin.person')
        persons = Household.persons_at([household], self.date)[household.id]
        if not persons:
            raise LandRentError(gettext(
                    'fupin_industry.msg_land_rent_head',
                    household=household.rec_name, date=self.date))
        return Person(persons[0])

    @classmethod
    def get_effect_models(cls):
        return super().get_effect_models() + ['fupin.land.rent.line']

    def get_effect_origins(self):
        return super().get_effect_origins() + list(self.lines)

    def check_post(self):
        super().check_post()
        if self.transfer.state not in {'signed', 'filed', 'ended'}:
            raise LandRentError(gettext(
                    'fupin_industry.msg_land_rent_transfer',
                    rent=self.full_name, transfer=self.transfer.rec_name,
                    state=self.transfer.state_string))

    @classmethod
    def prepare_post(cls, rents):
        "What is posted is what the contract says now"
        super().prepare_post(rents)
        wait_for({r.instalment for r in rents})
        cls.compute(rents)
        for rent_ in rents:
            if not rent_.amount:
                raise LandRentError(gettext(
                        'fupin_industry.msg_land_rent_nothing',
                        rent=rent_.full_name))

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        lines = [Line(
                account=self.transfer.expense_account,
                debit=self.amount, credit=ZERO)]
        for line in self.lines:
            if not line.amount:
                continue
            lines.append(Line(
                    account=Configuration.get_cooperative_account(
                        'member_payable' if line.member else 'payable',
                        self.company),
                    party=line.party,
                    debit=ZERO, credit=line.amount,
                    maturity_date=self.due_date,
                    origin=line))
        return self.new_move(
            Configuration.get_delivery_journal(self.company), lines,
            description=gettext(
                'fupin_industry.msg_land_rent_move',
                transfer=self.transfer.rec_name,
                from_date=self.instalment.from_date,
                to_date=self.instalment.to_date))

    def get_incomes(self):
        pool = Pool()
        Category = pool.get('fupin.income.category')
        Income = pool.get('fupin.income')
        ModelData = pool.get('ir.model.data')
        category = Category(
            ModelData.get_id('fupin_household', 'category_rent'))
        return super().get_incomes() + [
            Income(
                household=line.household,
                person=line.person,
                company=self.company,
                category=category,
                date=self.date,
                amount=line.amount,
                cost=ZERO,
                origin=line)
            for line in self.lines if line.amount]


class LandRentLine(ModelSQL, ModelView):
    "The rent of one parcel"
    __name__ = 'fupin.land.rent.line'
    __string__ = "Land Rent Line"

    rent = fields.Many2One(
        'fupin.land.rent', "Rent", required=True, readonly=True,
        ondelete='CASCADE')
    parcel = fields.Many2One(
        'fupin.parcel', "Parcel", required=True, readonly=True,
        ondelete='RESTRICT')
    mu = fields.Numeric(
        "Area (mu)", digits=(16, 2), required=True, readonly=True)
    household = fields.Many2One(
        'fupin.household', "Household", required=True, readonly=True,
        ondelete='RESTRICT')
    person = fields.Many2One(
        'fupin.person', "Person", readonly=True, ondelete='RESTRICT')
    member = fields.Many2One(
        'fupin.member', "Member", readonly=True, ondelete='RESTRICT',
        help="Empty for who is no member of the cooperative.")
    party = fields.Many2One(
        'party.party', "Party", required=True, readonly=True,
        ondelete='RESTRICT')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True,
        readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('rent', 'DESC'), ('parcel', 'ASC'), ('id', 'ASC')]
        cls.__access__.add('rent')
        t = cls.__table__()
        cls._sql_constraints += [
            ('parcel_unique', Unique(t, t.rent, t.parcel),
                'fupin_industry.msg_land_rent_parcel_unique'),
            ]
        cls._sql_indexes.add(Index(t, (t.household, Index.Equality())))

    @fields.depends('rent', '_parent_rent.currency')
    def on_change_with_currency(self, name=None):
        return self.rent.currency if self.rent else None

    def get_rec_name(self, name):
        return f'{self.rent.rec_name} {self.parcel.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('rent.rec_name', *clause[1:]),
            ('parcel.rec_name', *clause[1:]),
            ]

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        refused = [
            line for line in lines if external or line.rent.state != 'draft']
        if refused:
            raise AccessError(gettext(
                    'fupin_coop.msg_document_modify',
                    document=refused[0].rent.full_name))


class AccountMoveLine(metaclass=PoolMeta):
    __name__ = 'account.move.line'

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + ['fupin.land.rent.line']


class DueRentsStart(ModelView):
    "Due Rents"
    __name__ = 'fupin.land.rent.due.start'
    __string__ = "Draft Due Rents"

    company = fields.Many2One('company.company', "Cooperative", required=True)
    date = fields.Date(
        "Due until", required=True,
        help="The rents that are due up to the day are drafted.")

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_date(cls):
        return Pool().get('ir.date').today()


class DueRents(Wizard):
    "Due Rents"
    __name__ = 'fupin.land.rent.due'

    start = StateView(
        'fupin.land.rent.due.start',
        'fupin_industry.land_rent_due_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Draft", 'draft_', 'tryton-ok', default=True),
            ])
    draft_ = StateAction('fupin_industry.act_land_rent_form')

    def do_draft_(self, action):
        Instalment = Pool().get('fupin.land.instalment')
        instalments = Instalment.search([
                ('transfer.company', '=', self.start.company.id),
                ('transfer.state', 'in', ['signed', 'filed', 'ended']),
                ('due_date', '<=', self.start.date),
                ('rent', '=', None),
                ])
        rents = []
        for part in grouped_slice(instalments, 200):
            rents.extend(Instalment.draft_rents(list(part)))
        if not rents:
            raise LandRentError(gettext(
                    'fupin_industry.msg_land_rent_none_due',
                    date=self.start.date))
        action['domains'] = []
        return action, {
            'res_id': [r.id for r in rents],
            }
