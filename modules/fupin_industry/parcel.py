# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import json
from decimal import Decimal

from sql import Null
from sql.operators import Equal

from trytond.i18n import gettext
from trytond.model import (
    Exclude, Index, ModelSingleton, ModelSQL, ModelView, Unique, fields)
from trytond.model.exceptions import AccessError
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, If
from trytond.sql.functions import DateRange
from trytond.sql.operators import RangeOverlap
from trytond.transaction import Transaction

from . import outline
from .exceptions import (
    ParcelAreaWarning, ParcelCodeError, ParcelHoldingError,
    ParcelOutlineError)
from .outline import CGCS2000, WGS84, OutlineError

ZERO = Decimal(0)
CODE_LENGTH = 19
# the value codes of NY/T 2539
OWNERSHIPS = [
    ('10', "State-owned"),
    ('30', "Collective"),
    ('31', "Village Group"),
    ('32', "Village Collective"),
    ('33', "Township Collective"),
    ('34', "Other Collective"),
    ]
KINDS = [
    ('10', "Contracted Parcel"),
    ('21', "Private Plot"),
    ('22', "Reserve Land"),
    ('23', "Reclaimed Land"),
    ('99', "Other Collective Land"),
    ]
LAND_TYPES = [
    (None, ""),
    ('011', "Paddy Field"),
    ('012', "Irrigated Land"),
    ('013', "Dry Land"),
    ]
GRADES = [(None, "")] + [
    (f'{grade:02}', str(grade)) for grade in range(1, 11)]
USES = [
    ('1', "Crops"),
    ('2', "Forestry"),
    ('3', "Livestock"),
    ('4', "Fishery"),
    ('5', "Non-agricultural"),
    ]
BOUNDARIES = ['east', 'south', 'west', 'north']
# what a contract names and must not change under it
FROZEN = {
    'code', 'area', 'contract_square_metres', 'contract_mu',
    'basic_farmland', 'start_date'}


class Configuration(ModelSingleton, ModelSQL, ModelView):
    "Land Configuration"
    __name__ = 'fupin.land.configuration'
    __string__ = "Land Configuration"

    outline_tolerance = fields.Numeric(
        "Tolerance of Outlines (%)", digits=(4, 2), required=True,
        domain=[
            ('outline_tolerance', '>=', 0),
            ],
        help="By how much of the measured area an outline may differ from it "
        "before the officer is warned.")

    @classmethod
    def default_outline_tolerance(cls):
        return Decimal(5)


class Subdivision(metaclass=PoolMeta):
    __name__ = 'country.subdivision'

    outline = fields.Text(
        "Outline", strip=False,
        help="The border as a GeoJSON polygon; parcels of the area must lie "
        "within that of their county.")

    @classmethod
    def validate_fields(cls, areas, field_names):
        super().validate_fields(areas, field_names)
        if field_names is None or 'outline' in field_names:
            for area in areas:
                if area.outline:
                    check_outline(area, area.outline)


def check_outline(record, text):
    """Return the geometry of a GeoJSON text of the record.

    ParcelOutlineError names the record and what is wrong."""
    try:
        geometry = outline.load(text)
        outline.check(geometry)
    except OutlineError as error:
        raise ParcelOutlineError(gettext(
                f'fupin_industry.msg_outline_{error.reason}',
                record=record.name, detail=error.detail)) from error
    return geometry


class Parcel(ModelSQL, ModelView):
    "A parcel of contracted land"
    __name__ = 'fupin.parcel'
    __string__ = "Parcel"
    _rec_name = 'code'

    code = fields.Char(
        "Code", required=True,
        help="The 19 digits of the parcel (DKBM): issuer 14, serial 5.")
    name = fields.Char("Name", required=True)
    area = fields.Many2One(
        'country.subdivision', "Area", required=True, ondelete='RESTRICT',
        domain=[
            ('type', 'in', ['village', 'group']),
            ],
        help="The village or group to which the parcel belongs.")
    holdings = fields.One2Many(
        'fupin.parcel.holding', 'parcel', "Holders")
    household = fields.Function(fields.Many2One(
            'fupin.household', "Holder",
            help="The household that holds the parcel today."),
        'get_household', searcher='search_household')
    companies = fields.Function(fields.Many2Many(
            'company.company', None, None, "Cooperatives",
            help="The cooperatives that deal with who holds or held it."),
        'get_companies', searcher='search_companies')
    ownership = fields.Selection(
        OWNERSHIPS, "Ownership", required=True, sort=False)
    kind = fields.Selection(KINDS, "Kind", required=True, sort=False)
    land_type = fields.Selection(LAND_TYPES, "Land Type", sort=False)
    grade = fields.Selection(GRADES, "Grade", sort=False)
    grade_string = grade.translated('grade')
    use = fields.Selection(USES, "Use", required=True, sort=False)
    basic_farmland = fields.Boolean(
        "Permanent Basic Farmland",
        help="It may not be used for forestry, fruit or fish ponds.")
    contract_square_metres = fields.Numeric(
        "Contracted Area (m²)", digits=(16, 2), required=True,
        domain=[('contract_square_metres', '>', 0)])
    contract_mu = fields.Numeric(
        "Contracted Area (mu)", digits=(16, 2), required=True,
        domain=[('contract_mu', '>', 0)])
    measured_square_metres = fields.Numeric(
        "Measured Area (m²)", digits=(16, 2),
        domain=[
            ['OR',
                ('measured_square_metres', '=', None),
                ('measured_square_metres', '>', 0),
                ],
            ])
    measured_mu = fields.Numeric(
        "Measured Area (mu)", digits=(16, 2),
        domain=[
            ['OR',
                ('measured_mu', '=', None),
                ('measured_mu', '>', 0),
                ],
            ])
    east = fields.Char("East")
    south = fields.Char("South")
    west = fields.Char("West")
    north = fields.Char("North")
    pointed_out_by = fields.Char(
        "Pointed out by", help="Who showed the borders (ZJRXM).")
    note = fields.Char("Note")
    start_date = fields.Date(
        "Start Date",
        help="The first day of the parcel; empty if before the record.")
    end_date = fields.Date(
        "End Date", readonly=True,
        states={
            'invisible': ~Eval('end_date'),
            },
        help="The last day of the parcel, before it was split or merged.")
    outline = fields.Text(
        "Outline", strip=False, help="The border as a GeoJSON polygon.")
    outline_system = fields.Selection([
            (CGCS2000, "CGCS2000 (EPSG:4490)"),
            (WGS84, "WGS 84 (EPSG:4326)"),
            ], "System of Coordinates", required=True, sort=False)
    outline_square_metres = fields.Numeric(
        "Area of the Outline (m²)", digits=(16, 2), readonly=True)
    min_longitude = fields.Float("Least Longitude", readonly=True)
    max_longitude = fields.Float("Greatest Longitude", readonly=True)
    min_latitude = fields.Float("Least Latitude", readonly=True)
    max_latitude = fields.Float("Greatest Latitude", readonly=True)

    @classmethod
    def __setup__(cls):
        cls.code.search_unaccented = False
        super().__setup__()
        cls._order.insert(0, ('code', 'ASC'))
        t = cls.__table__()
        cls._sql_constraints += [
            ('code_unique', Unique(t, t.code),
                'fupin_industry.msg_parcel_code_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.area, Index.Equality())),
                Index(t, (t.code, Index.Similarity())),
                Index(t,
                    (t.min_longitude, Index.Range()),
                    (t.min_latitude, Index.Range())),
                })

    @classmethod
    def default_area(cls):
        Person = Pool().get('fupin.person')
        return Person.default_area()

    @classmethod
    def default_ownership(cls):
        return '30'

    @classmethod
    def default_kind(cls):
        return '10'

    @classmethod
    def default_use(cls):
        return '1'

    @classmethod
    def default_outline_system(cls):
        return CGCS2000

    @fields.depends('contract_square_metres', 'contract_mu')
    def on_change_contract_square_metres(self):
        if self.contract_square_metres:
            self.contract_mu = outline.to_mu(self.contract_square_metres)

    @fields.depends('contract_mu', 'contract_square_metres')
    def on_change_contract_mu(self):
        if self.contract_mu and not self._fits(
                self.contract_square_metres, self.contract_mu):
            self.contract_square_metres = outline.to_square_metres(
                self.contract_mu)

    @fields.depends('measured_square_metres', 'measured_mu')
    def on_change_measured_square_metres(self):
        if self.measured_square_metres:
            self.measured_mu = outline.to_mu(self.measured_square_metres)

    @fields.depends('measured_mu', 'measured_square_metres')
    def on_change_measured_mu(self):
        if self.measured_mu and not self._fits(
                self.measured_square_metres, self.measured_mu):
            self.measured_square_metres = outline.to_square_metres(
                self.measured_mu)

    @classmethod
    def _fits(cls, square_metres, mu):
        "Return whether the two say the same to the hundredth of a mu"
        return bool(square_metres) and abs(
            outline.to_mu(square_metres) - mu) <= outline.HUNDREDTH

    @classmethod
    def get_household(cls, parcels, name):
        Date = Pool().get('ir.date')
        holders = cls.holders_at(parcels, Date.today())
        return {p.id: holders.get(p.id) for p in parcels}

    @classmethod
    def search_household(cls, name, clause):
        Date = Pool().get('ir.date')
        today = Date.today()
        nested = clause[0][len(name):]
        return [('holdings', 'where', [
                    ('household' + nested, *clause[1:]),
                    ('from_date', '<=', today),
                    ['OR',
                        ('to_date', '=', None),
                        ('to_date', '>=', today),
                        ],
                    ])]

    @classmethod
    def get_companies(cls, parcels, name):
        pool = Pool()
        Holding = pool.get('fupin.parcel.holding')
        Household = pool.get('fupin.household')
        holding = Holding.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*holding.select(
                holding.parcel, holding.household,
                where=fields.SQL_OPERATORS['in'](
                    holding.parcel, [p.id for p in parcels])))
        holders = cursor.fetchall()
        households = Household.companies_of({h for _, h in holders})
        companies = {p.id: set() for p in parcels}
        for parcel, household in holders:
            companies[parcel].update(households[household])
        return {p: list(c) for p, c in companies.items()}

    @classmethod
    def search_companies(cls, name, clause):
        return [('holdings.household.' + clause[0], *clause[1:])]

    @classmethod
    def holders_at(cls, parcels, date):
        "Return {parcel id: household id} of who holds the parcels on date"
        Holding = Pool().get('fupin.parcel.holding')
        holding = Holding.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*holding.select(
                holding.parcel, holding.household,
                where=fields.SQL_OPERATORS['in'](
                    holding.parcel, [int(p) for p in parcels])
                & (holding.from_date <= date)
                & ((holding.to_date == Null) | (holding.to_date >= date))))
        return dict(cursor)

    def get_rec_name(self, name):
        return f'{self.name} ({self.code})'

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, value = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('code', operator, value),
            ('name', operator, value),
            ]

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        # what one area says, the other one says too
        for kind in ['contract', 'measured']:
            square_metres, mu = f'{kind}_square_metres', f'{kind}_mu'
            if values.get(square_metres) and not values.get(mu):
                values[mu] = outline.to_mu(values[square_metres])
            elif values.get(mu) and not values.get(square_metres):
                values[square_metres] = outline.to_square_metres(values[mu])
        if values.get('outline'):
            try:
                # one form, so that an export finds again what came in
                values['outline'] = json.dumps(
                    outline.load(values['outline']), separators=(',', ':'))
            except OutlineError:
                # the validation names the parcel
                pass
        return values

    def compute_fields(self, field_names=None):
        values = super().compute_fields(field_names=field_names)
        if field_names is None or 'outline' in field_names:
            found = dict.fromkeys([
                    'outline_square_metres', 'min_longitude',
                    'min_latitude', 'max_longitude', 'max_latitude'])
            if self.outline:
                geometry = check_outline(self, self.outline)
                found['outline_square_metres'] = outline.area(geometry)
                (found['min_longitude'], found['min_latitude'],
                    found['max_longitude'], found['max_latitude']) = (
                    outline.bounds(geometry))
            for name, value in found.items():
                if getattr(self, name, None) != value:
                    values[name] = value
        return values

    @classmethod
    def validate_fields(cls, parcels, field_names):
        super().validate_fields(parcels, field_names)
        for parcel in parcels:
            parcel.check_code(field_names)
            parcel.check_areas(field_names)
            parcel.check_county(field_names)

    def check_code(self, field_names=None):
        "The code has 19 digits"
        if field_names and 'code' not in field_names:
            return
        if (len(self.code) != CODE_LENGTH
                or not (self.code.isascii() and self.code.isdigit())):
            raise ParcelCodeError(gettext(
                    'fupin_industry.msg_parcel_code_invalid',
                    parcel=self.name, code=self.code))

    def check_areas(self, field_names=None):
        """The two units agree, and the outline with what was measured; the
        latter is only warned of."""
        pool = Pool()
        Configuration = pool.get('fupin.land.configuration')
        Warning = pool.get('res.user.warning')
        if field_names and not (field_names & {
                    'contract_square_metres', 'contract_mu',
                    'measured_square_metres', 'measured_mu',
                    'outline_square_metres'}):
            return
        for kind in ['contract', 'measured']:
            square_metres = getattr(self, f'{kind}_square_metres')
            mu = getattr(self, f'{kind}_mu')
            if square_metres and mu and not self._fits(square_metres, mu):
                raise ParcelHoldingError(gettext(
                        'fupin_industry.msg_parcel_units',
                        parcel=self.rec_name,
                        square_metres=square_metres, mu=mu,
                        expected=outline.to_mu(square_metres)))
        if not self.outline_square_metres:
            return
        stated = self.measured_square_metres or self.contract_square_metres
        tolerance = Configuration(1).outline_tolerance
        if outline.differs(
                self.outline_square_metres, stated, tolerance / 100):
            key = Warning.format('parcel_area', [self])
            if Warning.check(key):
                raise ParcelAreaWarning(key, gettext(
                        'fupin_industry.msg_parcel_outline_area',
                        parcel=self.rec_name,
                        outline=outline.to_mu(self.outline_square_metres),
                        stated=outline.to_mu(stated),
                        tolerance=tolerance))

    def check_county(self, field_names=None):
        "The outline lies in the county's"
        if field_names and not (field_names & {'outline', 'area'}):
            return
        county = self.area.county
        if self.outline and county and county.outline:
            if not outline.is_within(
                    outline.load(self.outline),
                    outline.load(county.outline)):
                raise ParcelOutlineError(gettext(
                        'fupin_industry.msg_outline_outside',
                        record=self.name, county=county.name))

    @classmethod
    def check_modification(
            cls, mode, parcels, values=None, external=False):
        super().check_modification(
            mode, parcels, values=values, external=external)
        if mode == 'write' and external:
            if 'end_date' in values or (
                    FROZEN & values.keys()
                    and any(p.end_date for p in parcels)):
                raise AccessError(gettext(
                        'fupin_industry.msg_parcel_ended',
                        parcel=parcels[0].rec_name))

    @classmethod
    def copy(cls, parcels, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('holdings')
        default.setdefault('end_date')
        return super().copy(parcels, default=default)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Eval('end_date'), 'muted', '')),
            ]


class Holding(ModelSQL, ModelView):
    "The right of a household to a parcel, from day to day"
    __name__ = 'fupin.parcel.holding'
    __string__ = "Holder of a Parcel"

    parcel = fields.Many2One(
        'fupin.parcel', "Parcel", required=True, ondelete='CASCADE')
    household = fields.Many2One(
        'fupin.household', "Household", required=True, ondelete='RESTRICT')
    from_date = fields.Date(
        "From", required=True,
        domain=[
            If(Eval('from_date') & Eval('to_date'),
                ('from_date', '<=', Eval('to_date', None)),
                ()),
            ])
    to_date = fields.Date(
        "To", help="The last day; empty while the household holds it.")
    contract_code = fields.Char(
        "Contract Code",
        help="The code of the contract (CBHTBM), 19 characters.")
    contract_end = fields.Date(
        "End of the Contract",
        help="The last day of the contracting right; no transfer may outlive "
        "it.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('parcel', 'ASC'), ('from_date', 'DESC'), ('id', 'DESC')]
        cls.__access__.add('parcel')
        t = cls.__table__()
        cls._sql_constraints += [
            ('parcel_dates_overlap', Exclude(t,
                    (t.parcel, Equal),
                    (DateRange(t.from_date, t.to_date, '[]'), RangeOverlap)),
                'fupin_industry.msg_parcel_holding_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.parcel, Index.Equality()),
                    (t.from_date, Index.Range())),
                Index(t, (t.household, Index.Equality())),
                })

    @classmethod
    def default_from_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    def get_rec_name(self, name):
        return f'{self.parcel.rec_name} - {self.household.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('parcel.rec_name', *clause[1:]),
            ('household.rec_name', *clause[1:]),
            ]

    @classmethod
    def validate_fields(cls, holdings, field_names):
        super().validate_fields(holdings, field_names)
        cls.check_overlap(holdings, field_names)

    @classmethod
    def check_overlap(cls, holdings, field_names=None):
        "A parcel has one holder at a time"
        if field_names and not (
                field_names & {'parcel', 'from_date', 'to_date'}):
            return
        table, other = cls.__table__(), cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.join(other,
                condition=(table.parcel == other.parcel)
                & (table.id != other.id)
                & ((other.to_date == Null)
                    | (table.from_date <= other.to_date))
                & ((table.to_date == Null)
                    | (other.from_date <= table.to_date)))
            .select(
                table.id, other.id,
                where=fields.SQL_OPERATORS['in'](
                    table.id, [h.id for h in holdings]),
                limit=1))
        if found := cursor.fetchone():
            holding, other = map(cls, found)
            raise ParcelHoldingError(gettext(
                    'fupin_industry.msg_parcel_holding_overlap',
                    parcel=holding.parcel.rec_name,
                    household=other.household.number,
                    from_date=other.from_date))
