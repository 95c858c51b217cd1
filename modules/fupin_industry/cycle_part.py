# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The land and the stages of a cycle."""
from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access

from .exceptions import CycleError


class CyclePartMixin:
    "What a cycle has of its own"
    __slots__ = ()

    cycle = fields.Many2One(
        'fupin.cycle', "Cycle", required=True, ondelete='CASCADE')

    # the states of the cycle in which the part may be modified
    _states = {'planned', 'running'}

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('cycle')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.cycle, Index.Equality())))

    @classmethod
    def check_modification(cls, mode, parts, values=None, external=False):
        super().check_modification(
            mode, parts, values=values, external=external)
        for part in parts:
            if part.cycle.state not in cls._states:
                raise AccessError(gettext(
                        'fupin_industry.msg_cycle_modify',
                        cycle=part.cycle.rec_name))


class CycleParcel(CyclePartMixin, ModelSQL, ModelView):
    """A parcel on which a season grows.

    The cooperative has it by a contract in force, or a member grows on the
    household's own land."""
    __name__ = 'fupin.cycle.parcel'
    __string__ = "Parcel of a Cycle"

    _states = {'planned'}

    parcel = fields.Many2One(
        'fupin.parcel', "Parcel", required=True, ondelete='RESTRICT')
    mu = fields.Numeric(
        "Area (mu)", digits=(16, 2), required=True,
        domain=[('mu', '>', 0)],
        help="The area that is planted.")
    transfer = fields.Many2One(
        'fupin.land.transfer', "Land Transfer", readonly=True,
        ondelete='RESTRICT',
        help="The contract by which the cooperative has the parcel.")
    household = fields.Many2One(
        'fupin.household', "Growing Household", readonly=True,
        ondelete='RESTRICT',
        help="The member's household that grows on its own land.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('parcel_unique', Unique(t, t.cycle, t.parcel),
                'fupin_industry.msg_cycle_parcel_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.parcel, Index.Equality())),
                Index(t, (t.household, Index.Equality())),
                })

    @fields.depends('parcel')
    def on_change_parcel(self):
        if self.parcel:
            self.mu = self.parcel.contract_mu

    def get_rec_name(self, name):
        return f'{self.cycle.rec_name} {self.parcel.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('cycle.rec_name', *clause[1:]),
            ('parcel.rec_name', *clause[1:]),
            ]

    @classmethod
    def preprocess_values(cls, mode, values):
        pool = Pool()
        Cycle = pool.get('fupin.cycle')
        Parcel = pool.get('fupin.parcel')
        values = super().preprocess_values(mode, values)
        if mode == 'create' and values.get('parcel'):
            parcel = Parcel(values['parcel'])
            if values.get('mu') is None:
                values['mu'] = parcel.contract_mu
            if values.get('cycle'):
                values['transfer'], values['household'] = cls.find_grower(
                    Cycle(values['cycle']), parcel)
        return values

    @classmethod
    @without_check_access
    def find_grower(cls, cycle, parcel):
        """Return the ids of the contract by which the cooperative has the
        parcel when the cycle starts, and of the member's household that
        holds it otherwise; None for what there is not."""
        pool = Pool()
        Line = pool.get('fupin.land.transfer.line')
        Member = pool.get('fupin.member')
        Parcel = pool.get('fupin.parcel')
        date = cycle.start_date
        lines = Line.search([
                ('parcel', '=', parcel.id),
                ('let', '=', True),
                ('transfer.company', '=', cycle.company.id),
                ('from_date', '<=', date),
                ['OR', ('to_date', '=', None), ('to_date', '>=', date)],
                ], limit=1)
        if lines:
            return lines[0].transfer.id, None
        household = Parcel.holders_at([parcel], date).get(parcel.id)
        if household and Member.search([
                    ('company', '=', cycle.company.id),
                    ('household', '=', household),
                    Member.current_domain(date),
                    ], limit=1):
            return None, household
        return None, None

    def check_held(self):
        "Refuse land that neither the cooperative nor a member has"
        transfer, household = self.find_grower(self.cycle, self.parcel)
        if not transfer and not household:
            raise CycleError(gettext(
                    'fupin_industry.msg_cycle_parcel_held',
                    cycle=self.cycle.rec_name,
                    parcel=self.parcel.rec_name,
                    date=self.cycle.start_date))
        if self.mu > max(
                self.parcel.contract_mu, self.parcel.measured_mu or 0):
            raise CycleError(gettext(
                    'fupin_industry.msg_cycle_parcel_area',
                    cycle=self.cycle.rec_name,
                    parcel=self.parcel.rec_name,
                    mu=self.mu,
                    parcel_mu=self.parcel.contract_mu))
        if (transfer != (self.transfer.id if self.transfer else None)
                or household != (
                    self.household.id if self.household else None)):
            self.transfer, self.household = transfer, household
            self.save()

    def get_earlier_dates(self):
        """Return when other seasons of watermelons began on the parcel, also
        while it was part of another one that was split or merged."""
        pool = Pool()
        cycle = pool.get('fupin.cycle').__table__()
        enterprise = pool.get('fupin.enterprise').__table__()
        table = self.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table
            .join(cycle, condition=table.cycle == cycle.id)
            .join(enterprise, condition=cycle.enterprise == enterprise.id)
            .select(
                cycle.start_date,
                where=fields.SQL_OPERATORS['in'](
                    table.parcel, self.get_land())
                & (table.cycle != self.cycle.id)
                & (enterprise.kind == 'watermelon')
                & cycle.state.in_(['running', 'closed']),
                group_by=[cycle.start_date]))
        return [date for date, in cursor]

    def get_land(self):
        "Return the ids of the parcel and of those that it was made of"
        pool = Pool()
        line = pool.get('fupin.parcel.change.line').__table__()
        change = pool.get('fupin.parcel.change').__table__()
        old = pool.get('fupin.parcel.change-fupin.parcel').__table__()
        cursor = Transaction().connection.cursor()
        land, found = set(), {self.parcel.id}
        while found - land:
            land |= found
            cursor.execute(*line
                .join(change, condition=line.change == change.id)
                .join(old, condition=old.change == change.id)
                .select(
                    old.parcel,
                    where=fields.SQL_OPERATORS['in'](
                        line.parcel, list(found))
                    & (change.state == 'done') & (change.kind != 'swap')))
            found = {id_ for id_, in cursor}
        return sorted(land)


class CycleStage(CyclePartMixin, ModelSQL, ModelView):
    "A dated step of a cycle"
    __name__ = 'fupin.cycle.stage'
    __string__ = "Stage of a Cycle"

    date = fields.Date("Date", required=True)
    kind = fields.Selection([
            ('mix', "Mixing and Bagging"),
            ('sterilise', "Sterilising"),
            ('inoculate', "Inoculation"),
            ('incubate', "Spawn Run"),
            ('fruit', "Fruiting"),
            ('clear', "Clearing Spent Substrate"),
            ('raise', "Raising Seedlings"),
            ('transplant', "Transplanting"),
            ('pollinate', "Pollination"),
            ('pick', "Picking"),
            ('other', "Other"),
            ], "Stage", required=True, sort=False)
    kind_string = kind.translated('kind')
    quantity = fields.Numeric(
        "Quantity", digits=(16, 2),
        domain=[
            ['OR',
                ('quantity', '=', None),
                ('quantity', '>=', 0),
                ],
            ],
        help="Bags, plants or whatever the stage is counted in.")
    comment = fields.Char(
        "Comment",
        help="The lot of the steriliser, the strain, the colour of the "
        "string of a pollination.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'ASC'), ('id', 'ASC')]

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @fields.depends('cycle', '_parent_cycle.kind')
    def on_change_cycle(self):
        if self.cycle and not getattr(self, 'kind', None):
            self.kind = (
                'pollinate' if self.cycle.kind == 'watermelon' else 'mix')

    def get_rec_name(self, name):
        return f'{self.date} {self.kind_string}'

    @classmethod
    def validate_fields(cls, stages, field_names):
        super().validate_fields(stages, field_names)
        if field_names is None or 'date' in field_names:
            for stage in stages:
                if (stage.cycle.end_date
                        and stage.date > stage.cycle.end_date):
                    raise CycleError(gettext(
                            'fupin_industry.msg_cycle_stage_date',
                            cycle=stage.cycle.rec_name,
                            stage=stage.kind_string,
                            date=stage.date))
