# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Null
from sql.aggregate import Count
from sql.operators import Exists

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction, without_check_access

from .exceptions import MembershipError

RELATIONS = [
    ('head', "Head"),
    ('spouse', "Spouse"),
    ('son', "Son"),
    ('daughter', "Daughter"),
    ('daughter_in_law', "Daughter-in-law"),
    ('son_in_law', "Son-in-law"),
    ('grandson', "Grandson"),
    ('granddaughter', "Granddaughter"),
    ('daughters_son', "Daughter's Son"),
    ('daughters_daughter', "Daughter's Daughter"),
    ('father', "Father"),
    ('mother', "Mother"),
    ('wifes_father', "Wife's Father"),
    ('wifes_mother', "Wife's Mother"),
    ('husbands_father', "Husband's Father"),
    ('husbands_mother', "Husband's Mother"),
    ('grandfather', "Grandfather"),
    ('grandmother', "Grandmother"),
    ('maternal_grandfather', "Mother's Father"),
    ('maternal_grandmother', "Mother's Mother"),
    ('other', "Other"),
    ]


def _order_ancestor(name):
    def order(cls, tables):
        Subdivision = Pool().get('country.subdivision')
        table, _ = tables[None]
        if 'area' not in tables:
            area = Subdivision.__table__()
            tables['area'] = {
                None: (area, table.area == area.id),
                }
        area, _ = tables['area'][None]
        return [getattr(area, name)]
    return classmethod(order)


class Household(ModelSQL, ModelView):
    __name__ = 'fupin.household'
    _rec_name = 'number'

    number = fields.Char(
        "Number", required=True,
        help="The number of the household, unique in the county; "
        "leave it empty to get the next one.")
    area = fields.Many2One(
        'country.subdivision', "Area", required=True, ondelete='RESTRICT',
        domain=[
            ('type', 'in', ['village', 'group']),
            ],
        help="The village or group of the household.")
    county = fields.Function(
        fields.Many2One('country.subdivision', "County"),
        'get_ancestor', searcher='search_ancestor')
    township = fields.Function(
        fields.Many2One('country.subdivision', "Township"),
        'get_ancestor', searcher='search_ancestor')
    village = fields.Function(
        fields.Many2One('country.subdivision', "Village"),
        'get_ancestor', searcher='search_ancestor')
    address = fields.Char("Address")
    start_date = fields.Date(
        "Start Date",
        domain=[
            If(Eval('start_date') & Eval('end_date'),
                ('start_date', '<=', Eval('end_date', None)),
                ()),
            ],
        help="When the household was founded; empty if before the record.")
    end_date = fields.Date(
        "End Date",
        domain=[
            If(Eval('start_date') & Eval('end_date'),
                ('end_date', '>=', Eval('start_date', None)),
                ()),
            ],
        help="When the household ended; empty while it lasts.")
    memberships = fields.One2Many(
        'fupin.household.membership', 'household', "Persons")
    head = fields.Function(fields.Many2One(
            'fupin.person', "Head"),
        'get_head', searcher='search_head')
    persons_count = fields.Function(fields.Integer(
            "Persons Today"), 'get_persons_count')
    note = fields.Text("Note")

    @classmethod
    def __setup__(cls):
        cls.number.search_unaccented = False
        super().__setup__()
        cls._order.insert(0, ('number', 'ASC'))
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.number),
                'fupin_household.msg_household_number_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.area, Index.Equality())),
                Index(t, (t.number, Index.Similarity())),
                })

    @classmethod
    def default_area(cls):
        Person = Pool().get('fupin.person')
        return Person.default_area()

    @classmethod
    def get_ancestor(cls, households, names):
        pool = Pool()
        Subdivision = pool.get('country.subdivision')
        table = cls.__table__()
        area = Subdivision.__table__()
        cursor = Transaction().connection.cursor()
        ancestors = {n: {} for n in names}
        cursor.execute(*table
            .join(area, condition=table.area == area.id)
            .select(
                table.id, *(getattr(area, n) for n in names),
                where=fields.SQL_OPERATORS['in'](
                    table.id, [h.id for h in households])))
        for id_, *row in cursor:
            for name, value in zip(names, row):
                ancestors[name][id_] = value
        return ancestors

    @classmethod
    def search_ancestor(cls, name, clause):
        return [('area.' + clause[0], *clause[1:])]

    order_county = _order_ancestor('county')
    order_township = _order_ancestor('township')
    order_village = _order_ancestor('village')

    @classmethod
    def persons_at(cls, households, date):
        """Return {household id: [person ids]} of the persons that belong to
        the households on the date, the head first."""
        pool = Pool()
        Membership = pool.get('fupin.household.membership')
        membership = Membership.__table__()
        cursor = Transaction().connection.cursor()
        persons = {int(h): [] for h in households}
        cursor.execute(*membership.select(
                membership.household, membership.person, membership.relation,
                where=fields.SQL_OPERATORS['in'](
                    membership.household, list(persons))
                & Membership.active_at(membership, date),
                order_by=[membership.id]))
        for household, person, relation in cursor:
            if relation == 'head':
                persons[household].insert(0, person)
            else:
                persons[household].append(person)
        return persons

    @classmethod
    def get_head(cls, households, name):
        pool = Pool()
        Date = pool.get('ir.date')
        Membership = pool.get('fupin.household.membership')
        membership = Membership.__table__()
        cursor = Transaction().connection.cursor()
        heads = {h.id: None for h in households}
        cursor.execute(*membership.select(
                membership.household, membership.person,
                where=fields.SQL_OPERATORS['in'](
                    membership.household, list(heads))
                & (membership.relation == 'head')
                & Membership.active_at(membership, Date.today())))
        heads.update(cursor)
        return heads

    @classmethod
    def search_head(cls, name, clause):
        Date = Pool().get('ir.date')
        today = Date.today()
        nested = clause[0][len(name):]
        return [('memberships', 'where', [
                    ('relation', '=', 'head'),
                    ('person' + nested, *clause[1:]),
                    ('from_date', '<=', today),
                    ['OR',
                        ('to_date', '=', None),
                        ('to_date', '>=', today),
                        ],
                    ])]

    @classmethod
    def get_persons_count(cls, households, name):
        pool = Pool()
        Date = pool.get('ir.date')
        Membership = pool.get('fupin.household.membership')
        membership = Membership.__table__()
        cursor = Transaction().connection.cursor()
        counts = {h.id: 0 for h in households}
        cursor.execute(*membership.select(
                membership.household, Count(membership.id),
                where=fields.SQL_OPERATORS['in'](
                    membership.household, list(counts))
                & Membership.active_at(membership, Date.today()),
                group_by=[membership.household]))
        counts.update(cursor)
        return counts

    @classmethod
    def get_rec_name(cls, households, name):
        pool = Pool()
        Date = pool.get('ir.date')
        Membership = pool.get('fupin.household.membership')
        Person = pool.get('fupin.person')
        membership = Membership.__table__()
        person = Person.__table__()
        cursor = Transaction().connection.cursor()
        names = {h.id: h.number for h in households}
        cursor.execute(*membership
            .join(person, condition=membership.person == person.id)
            .select(
                membership.household, person.name,
                where=fields.SQL_OPERATORS['in'](
                    membership.household, list(names))
                & (membership.relation == 'head')
                & Membership.active_at(membership, Date.today())))
        for id_, head in cursor:
            names[id_] = f'{head} ({names[id_]})'
        return names

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, value = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('number', operator, value),
            ('head.name', operator, value),
            ]

    @classmethod
    def preprocess_values(cls, mode, values):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        Sequence = pool.get('ir.sequence')
        values = super().preprocess_values(mode, values)
        if mode == 'create' and not values.get('number'):
            with without_check_access():
                sequence = Sequence(ModelData.get_id(
                        'fupin_household', 'sequence_household'))
                values['number'] = sequence.get()
        return values

    @classmethod
    def on_modification(cls, mode, households, field_names=None):
        Membership = Pool().get('fupin.household.membership')
        super().on_modification(mode, households, field_names=field_names)
        if mode == 'write' and (field_names is None or 'area' in field_names):
            Membership.set_person_area(
                [m for h in households for m in h.memberships])

    @classmethod
    def copy(cls, households, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('number')
        default.setdefault('memberships')
        return super().copy(households, default=default)


class Membership(ModelSQL, ModelView):
    __name__ = 'fupin.household.membership'

    household = fields.Many2One(
        'fupin.household', "Household", required=True, ondelete='CASCADE')
    person = fields.Many2One(
        'fupin.person', "Person", required=True, ondelete='RESTRICT')
    relation = fields.Selection(
        RELATIONS, "Relation to Head", required=True, sort=False)
    relation_string = relation.translated('relation')
    from_date = fields.Date(
        "From", required=True,
        domain=[
            If(Eval('from_date') & Eval('to_date'),
                ('from_date', '<=', Eval('to_date', None)),
                ()),
            ])
    to_date = fields.Date(
        "To",
        domain=[
            If(Eval('from_date') & Eval('to_date'),
                ('to_date', '>=', Eval('from_date', None)),
                ()),
            ],
        help="The last day in the household; empty while it lasts.")
    reason = fields.Selection([
            (None, ""),
            ('record', "First Record"),
            ('birth', "Birth"),
            ('marriage', "Marriage"),
            ('move', "Move"),
            ('death', "Death"),
            ('split', "Split of the Household"),
            ('other', "Other"),
            ], "Reason", sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('household', 'ASC'), ('from_date', 'ASC'), ('id', 'ASC')]
        cls.__access__.add('household')
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t,
                    (t.household, Index.Equality()),
                    (t.from_date, Index.Range())),
                Index(t,
                    (t.person, Index.Equality()),
                    (t.from_date, Index.Range())),
                })

    @classmethod
    def default_from_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    def get_rec_name(self, name):
        return f'{self.household.rec_name} - {self.person.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('household.rec_name', *clause[1:]),
            ('person.rec_name', *clause[1:]),
            ]

    @classmethod
    def active_at(cls, table, date):
        "Return the SQL condition that a membership of table holds on date"
        return (table.from_date <= date) & (
            (table.to_date == Null) | (table.to_date >= date))

    @classmethod
    def validate_fields(cls, memberships, field_names):
        super().validate_fields(memberships, field_names)
        cls.check_overlap(memberships, field_names)

    @classmethod
    def check_overlap(cls, memberships, field_names=None):
        """A person belongs to one household at a time, a household has one
        head at a time."""
        if field_names and not (field_names & {
                    'household', 'person', 'relation',
                    'from_date', 'to_date'}):
            return
        table, other = cls.__table__(), cls.__table__()
        cursor = Transaction().connection.cursor()
        overlap = ((table.id != other.id)
            & ((other.to_date == Null) | (table.from_date <= other.to_date))
            & ((table.to_date == Null) | (other.from_date <= table.to_date)))
        ids = [m.id for m in memberships]
        for same, message in [
                (table.person == other.person,
                    'fupin_household.msg_membership_overlap'),
                ((table.household == other.household)
                    & (table.relation == 'head')
                    & (other.relation == 'head'),
                    'fupin_household.msg_membership_heads'),
                ]:
            cursor.execute(*table.select(
                    table.id,
                    where=fields.SQL_OPERATORS['in'](table.id, ids)
                    & Exists(other.select(other.id, where=same & overlap)),
                    limit=1))
            if found := cursor.fetchone():
                membership = cls(found[0])
                raise MembershipError(gettext(
                        message,
                        person=membership.person.name,
                        household=membership.household.number,
                        from_date=membership.from_date))

    @classmethod
    def on_modification(cls, mode, memberships, field_names=None):
        super().on_modification(mode, memberships, field_names=field_names)
        if mode in {'create', 'write'}:
            cls.set_person_area(memberships)

    @classmethod
    def set_person_area(cls, memberships):
        "A person lives where the household of today is"
        pool = Pool()
        Date = pool.get('ir.date')
        Person = pool.get('fupin.person')
        today = Date.today()
        to_write = []
        for membership in memberships:
            area = membership.household.area
            if (membership.from_date <= today
                    and (not membership.to_date
                        or membership.to_date >= today)
                    and membership.person.area != area):
                to_write.extend(([membership.person], {'area': area.id}))
        if to_write:
            with without_check_access():
                Person.write(*to_write)
