# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Null
from sql.operators import Exists

from trytond.i18n import gettext
from trytond.model import (
    DeactivableMixin, Index, ModelSQL, ModelView, Unique, fields)
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from .exceptions import RegistrationError


class CodeMixin(DeactivableMixin):
    "A code list whose entries hold from a date to a date"
    __slots__ = ()

    code = fields.Char("Code", required=True)
    name = fields.Char("Name", required=True, translate=True)
    from_date = fields.Date(
        "From",
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
            ])
    document = fields.Char(
        "Document", help="The document from which the entry comes.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order.insert(0, ('code', 'ASC'))
        t = cls.__table__()
        cls._sql_constraints += [
            ('code_unique', Unique(t, t.code),
                'fupin_household.msg_code_unique'),
            ]

    def valid_at(self, date):
        "Return if the entry holds on the date"
        return ((not self.from_date or self.from_date <= date)
            and (not self.to_date or date <= self.to_date))


class Kind(CodeMixin, ModelSQL, ModelView):
    __name__ = 'fupin.registration.kind'

    poor = fields.Boolean(
        "Counted",
        help="Check if households of this kind are counted as registered.")


class Cause(CodeMixin, ModelSQL, ModelView):
    __name__ = 'fupin.registration.cause'


class Registration(ModelSQL, ModelView):
    __name__ = 'fupin.household.registration'

    household = fields.Many2One(
        'fupin.household', "Household", required=True, ondelete='CASCADE')
    kind = fields.Many2One(
        'fupin.registration.kind', "Kind", required=True, ondelete='RESTRICT')
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
            ])
    cause = fields.Many2One(
        'fupin.registration.cause', "Main Cause", ondelete='RESTRICT')
    document = fields.Char("Document")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('household', 'ASC'), ('from_date', 'DESC'), ('id', 'DESC')]
        cls.__access__.add('household')
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t,
                    (t.household, Index.Equality()),
                    (t.from_date, Index.Range())),
                Index(t, (t.kind, Index.Equality())),
                })

    @classmethod
    def default_from_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    def get_rec_name(self, name):
        return f'{self.household.rec_name} - {self.kind.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('household.rec_name', *clause[1:]),
            ('kind.rec_name', *clause[1:]),
            ]

    @classmethod
    def active_at(cls, table, date):
        "Return the SQL condition that a registration holds on date"
        return (table.from_date <= date) & (
            (table.to_date == Null) | (table.to_date >= date))

    @classmethod
    def validate_fields(cls, registrations, field_names):
        super().validate_fields(registrations, field_names)
        cls.check_kind(registrations, field_names)
        cls.check_overlap(registrations, field_names)

    @classmethod
    def check_kind(cls, registrations, field_names=None):
        if field_names and not (field_names & {'kind', 'from_date'}):
            return
        for registration in registrations:
            if not registration.kind.valid_at(registration.from_date):
                raise RegistrationError(gettext(
                        'fupin_household.msg_registration_kind_date',
                        household=registration.household.rec_name,
                        kind=registration.kind.rec_name,
                        date=registration.from_date))

    @classmethod
    def check_overlap(cls, registrations, field_names=None):
        "A household holds one kind once at a time"
        if field_names and not (field_names & {
                    'household', 'kind', 'from_date', 'to_date'}):
            return
        table, other = cls.__table__(), cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id,
                where=fields.SQL_OPERATORS['in'](
                    table.id, [r.id for r in registrations])
                & Exists(other.select(other.id,
                        where=(table.id != other.id)
                        & (table.household == other.household)
                        & (table.kind == other.kind)
                        & ((other.to_date == Null)
                            | (table.from_date <= other.to_date))
                        & ((table.to_date == Null)
                            | (other.from_date <= table.to_date)))),
                limit=1))
        if found := cursor.fetchone():
            registration = cls(found[0])
            raise RegistrationError(gettext(
                    'fupin_household.msg_registration_overlap',
                    household=registration.household.rec_name,
                    kind=registration.kind.rec_name,
                    date=registration.from_date))


class Household(metaclass=PoolMeta):
    __name__ = 'fupin.household'

    registrations = fields.One2Many(
        'fupin.household.registration', 'household', "Registrations")
    registration_kind = fields.Function(fields.Many2One(
            'fupin.registration.kind', "Registered As"),
        'get_registration_kind', searcher='search_registration_kind')

    @classmethod
    def get_registration_kind(cls, households, name):
        pool = Pool()
        Date = pool.get('ir.date')
        Registration = pool.get('fupin.household.registration')
        registration = Registration.__table__()
        cursor = Transaction().connection.cursor()
        kinds = {h.id: None for h in households}
        cursor.execute(*registration.select(
                registration.household, registration.kind,
                where=fields.SQL_OPERATORS['in'](
                    registration.household, list(kinds))
                & Registration.active_at(registration, Date.today()),
                order_by=[registration.from_date, registration.id]))
        kinds.update(cursor)
        return kinds

    @classmethod
    def search_registration_kind(cls, name, clause):
        Date = Pool().get('ir.date')
        today = Date.today()
        nested = clause[0][len(name):]
        return [('registrations', 'where', [
                    ('kind' + nested, *clause[1:]),
                    ('from_date', '<=', today),
                    ['OR',
                        ('to_date', '=', None),
                        ('to_date', '>=', today),
                        ],
                    ])]

    @classmethod
    def copy(cls, households, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('registrations')
        return super().copy(households, default=default)
