# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Null
from sql.operators import Equal

from trytond.i18n import gettext
from trytond.model import (
    Exclude, Index, ModelSQL, ModelView, Unique, fields)
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.sql.functions import DateRange
from trytond.sql.operators import RangeOverlap
from trytond.transaction import Transaction, without_check_access

from .exceptions import LandTransferLetError

# Art. 11 of the rules of 2021: none of it on permanent basic farmland
NOT_ON_BASIC_FARMLAND = {'2', '4', '5'}


class LandTransferLine(ModelSQL, ModelView):
    "A parcel of a transfer and who lets it"
    __name__ = 'fupin.land.transfer.line'
    __string__ = "Land Transfer Parcel"

    transfer = fields.Many2One(
        'fupin.land.transfer', "Land Transfer", required=True,
        ondelete='CASCADE')
    parcel = fields.Many2One(
        'fupin.parcel', "Parcel", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('transfer_state') != 'draft',
            })
    household = fields.Many2One(
        'fupin.household', "Household", required=True, ondelete='RESTRICT',
        readonly=True)
    mu = fields.Numeric(
        "Area (mu)", digits=(16, 2), required=True,
        domain=[('mu', '>', 0)],
        states={
            'readonly': Eval('transfer_state') != 'draft',
            },
        help="The area for which rent is owed.")
    transfer_state = fields.Function(
        fields.Selection('get_states', "State"),
        'on_change_with_transfer_state')
    from_date = fields.Date("From", readonly=True)
    to_date = fields.Date("To", readonly=True)
    depth = fields.Integer("Depth", readonly=True)
    let = fields.Boolean(
        "Let", readonly=True, help="Whether the contract is in force.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('transfer')
        t = cls.__table__()
        cls._sql_constraints += [
            ('parcel_unique', Unique(t, t.transfer, t.parcel),
                'fupin_industry.msg_land_transfer_parcel_unique'),
            # the last line of defence against letting twice
            ('let_once', Exclude(t,
                    (t.parcel, Equal),
                    (t.depth, Equal),
                    (DateRange(t.from_date, t.to_date, '[]'), RangeOverlap),
                    where=t.let),
                'fupin_industry.msg_land_transfer_let_once'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.transfer, Index.Equality())),
                Index(t,
                    (t.parcel, Index.Equality()),
                    (t.to_date, Index.Range())),
                Index(t, (t.household, Index.Equality())),
                })

    @classmethod
    def default_let(cls):
        return False

    @classmethod
    def get_states(cls):
        Transfer = Pool().get('fupin.land.transfer')
        return Transfer.fields_get(['state'])['state']['selection']

    @fields.depends('transfer', '_parent_transfer.state')
    def on_change_with_transfer_state(self, name=None):
        return self.transfer.state if self.transfer else 'draft'

    @fields.depends('parcel', 'transfer', '_parent_transfer.start_date')
    def on_change_parcel(self):
        self.household = None
        if self.parcel:
            self.mu = self.parcel.contract_mu
            self.household = self.get_holder(
                self.parcel,
                self.transfer.start_date if self.transfer else None)

    @classmethod
    def get_holder(cls, parcel, date=None):
        pool = Pool()
        Date = pool.get('ir.date')
        Parcel = pool.get('fupin.parcel')
        return Parcel.holders_at(
            [parcel], date or Date.today()).get(int(parcel))

    @classmethod
    def preprocess_values(cls, mode, values):
        pool = Pool()
        Parcel = pool.get('fupin.parcel')
        Transfer = pool.get('fupin.land.transfer')
        values = super().preprocess_values(mode, values)
        if mode == 'create' and values.get('parcel'):
            if values.get('mu') is None:
                values['mu'] = Parcel(values['parcel']).contract_mu
            if not values.get('household') and values.get('transfer'):
                values['household'] = cls.get_holder(
                    values['parcel'], Transfer(values['transfer']).start_date)
        return values

    @classmethod
    def set_households(cls, lines):
        "Take over who holds the parcels when the transfer starts"
        for line in lines:
            line.household = (
                cls.get_holder(line.parcel, line.transfer.start_date)
                or line.household)
        cls.save(lines)

    def get_rec_name(self, name):
        return f'{self.transfer.rec_name} {self.parcel.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('transfer.rec_name', *clause[1:]),
            ('parcel.rec_name', *clause[1:]),
            ]

    def check_sign(self):
        "Raise LandTransferError if the parcel may not be let like this"
        Parcel = Pool().get('fupin.parcel')
        transfer, parcel = self.transfer, self.parcel

        def refuse(message, **values):
            transfer._refuse(message, parcel=parcel.rec_name, **values)
        if parcel.end_date or (
                parcel.start_date and parcel.start_date > transfer.start_date):
            refuse('parcel_ended')
        holder = Parcel.holders_at(
            [parcel], transfer.start_date).get(parcel.id)
        if holder != self.household.id:
            refuse('holder', household=self.household.rec_name,
                date=transfer.start_date)
        for holding in parcel.holdings:
            # Art. 38: no longer than what is left of the contracting right
            if (holding.household == self.household
                    and holding.contract_end
                    and holding.from_date <= transfer.start_date
                    and (not holding.to_date
                        or holding.to_date >= transfer.start_date)
                    and transfer.end_date > holding.contract_end):
                refuse('outlives', date=transfer.end_date,
                    contract_end=holding.contract_end)
        if self.mu > max(parcel.contract_mu, parcel.measured_mu or 0):
            refuse('area', mu=self.mu, parcel_mu=parcel.contract_mu)
        if (parcel.basic_farmland
                and transfer.use_kind in NOT_ON_BASIC_FARMLAND):
            refuse('basic_farmland')

    @classmethod
    def find_let(cls, parcels, date):
        "Return the lines by which the parcels are let on or after the date"
        return cls.search([
                ('parcel', 'in', [int(p) for p in parcels]),
                ('let', '=', True),
                ('to_date', '>=', date),
                ], limit=1)

    @classmethod
    def check_let(cls, transfer):
        """Raise LandTransferLetError if one of the parcels is let at the same
        time, or is passed on by who does not have it."""
        cursor = Transaction().connection.cursor()
        line, other = cls.__table__(), cls.__table__()
        cursor.execute(*line.join(other,
                condition=(line.parcel == other.parcel)
                & (line.id != other.id)
                & (other.let == True)  # noqa: E712
                & (other.depth == transfer.depth)
                & (other.from_date <= transfer.end_date)
                & ((other.to_date == Null)
                    | (other.to_date >= transfer.start_date)))
            .select(
                other.id,
                where=line.transfer == transfer.id,
                limit=1))
        if found := cursor.fetchone():
            with without_check_access():
                other = cls(found[0])
                transfer._refuse(
                    'let', error=LandTransferLetError,
                    parcel=other.parcel.rec_name,
                    other=other.transfer.rec_name,
                    from_date=other.from_date, to_date=other.to_date)
        if transfer.original:
            held = {
                ln.parcel for ln in transfer.original.lines
                if ln.let and ln.from_date <= transfer.start_date}
            for line in transfer.lines:
                if line.parcel not in held:
                    transfer._refuse(
                        'original_parcel', error=LandTransferLetError,
                        parcel=line.parcel.rec_name,
                        original=transfer.original.rec_name)

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        if external:
            for line in lines:
                if line.transfer.state != 'draft':
                    raise AccessError(gettext(
                            'fupin_industry.msg_land_transfer_modify',
                            transfer=line.transfer.rec_name,
                            state=line.transfer.state_string))

    @classmethod
    def copy(cls, lines, default=None):
        default = default.copy() if default is not None else {}
        for name in ['from_date', 'to_date', 'depth']:
            default.setdefault(name)
        default.setdefault('let', False)
        return super().copy(lines, default=default)


class LandTransferRate(ModelSQL, ModelView):
    "What is owed per mu and year from a day on"
    __name__ = 'fupin.land.transfer.rate'
    __string__ = "Land Transfer Rate"

    transfer = fields.Many2One(
        'fupin.land.transfer', "Land Transfer", required=True,
        ondelete='CASCADE')
    from_date = fields.Date("From", required=True)
    cash = fields.Numeric(
        "Cash (yuan)", digits=(16, 2),
        domain=[['OR', ('cash', '=', None), ('cash', '>=', 0)]])
    grain = fields.Numeric(
        "Grain (kg)", digits=(16, 2),
        domain=[['OR', ('grain', '=', None), ('grain', '>=', 0)]])
    document = fields.Char(
        "Document", help="The contract or the agreement of a review.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'ASC'), ('id', 'ASC')]
        cls.__access__.add('transfer')
        t = cls.__table__()
        cls._sql_constraints += [
            ('from_date_unique', Unique(t, t.transfer, t.from_date),
                'fupin_industry.msg_land_transfer_rate_unique'),
            ]

    @fields.depends('transfer', '_parent_transfer.start_date')
    def on_change_with_from_date(self):
        return self.transfer.start_date if self.transfer else None

    def get_rec_name(self, name):
        return str(self.from_date)
