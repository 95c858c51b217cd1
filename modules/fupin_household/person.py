# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import re
import unicodedata

from stdnum import luhn
from stdnum.cn import ric
from stdnum.exceptions import InvalidComponent, ValidationError

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from .exceptions import (
    BankAccountWarning, IdNumberError, IdNumberWarning, PhoneError)
from .privacy import (
    NAKED, PrivateMixin, mask_bank_account, mask_code, mask_id_number,
    mask_phone)

PHONE = re.compile(r'1[3-9]\d{9}|0\d{2,3}-?\d{7,8}')


def compact(value):
    "Return value without the spaces and full-width forms people type"
    return unicodedata.normalize('NFKC', value).replace(' ', '').strip()


class Person(PrivateMixin, ModelSQL, ModelView):
    __name__ = 'fupin.person'

    name = fields.Char("Name", required=True)
    sex = fields.Selection([
            (None, ""),
            ('male', "Male"),
            ('female', "Female"),
            ], "Sex", sort=False)
    birth_date = fields.Date("Birth Date")
    death_date = fields.Date(
        "Death Date",
        domain=[
            If(Eval('birth_date') & Eval('death_date'),
                ('death_date', '>=', Eval('birth_date', None)),
                ()),
            ])
    area = fields.Many2One(
        'country.subdivision', "Area", required=True, ondelete='RESTRICT',
        domain=[
            ('type', 'in', ['village', 'group']),
            ],
        help="The village or group where the person lives.")
    party = fields.Many2One(
        'party.party', "Party", ondelete='RESTRICT', readonly=True,
        help="The party of the person's money dealings.")
    id_number = fields.Function(fields.Char(
            "ID Number", strip=False,
            help="The resident ID number; shown masked."),
        'get_masked', setter='set_naked', searcher='search_naked')
    phone = fields.Function(fields.Char(
            "Phone", help="Shown masked."),
        'get_masked', setter='set_naked', searcher='search_naked')
    bank_name = fields.Char(
        "Bank", help="The branch that keeps the bank account.")
    bank_account = fields.Function(fields.Char(
            "Bank Account", help="Shown masked."),
        'get_masked', setter='set_naked', searcher='search_naked')
    health = fields.Function(fields.Selection([
                (None, ""),
                ('masked', "***"),
                ('healthy', "Healthy"),
                ('chronic', "Chronic Disease"),
                ('serious', "Serious Disease"),
                ('disabled', "Disabled"),
                ], "Health", sort=False, help="Shown masked."),
        'get_masked', setter='set_naked')
    disability = fields.Function(fields.Selection([
                (None, ""),
                ('masked', "***"),
                ('visual', "Visual"),
                ('hearing', "Hearing"),
                ('speech', "Speech"),
                ('physical', "Physical"),
                ('intellectual', "Intellectual"),
                ('mental', "Mental"),
                ('multiple', "Multiple"),
                ], "Disability", sort=False, help="Shown masked."),
        'get_masked', setter='set_naked')
    id_number_naked = fields.Char("ID Number (real)")
    phone_naked = fields.Char("Phone (real)")
    bank_account_naked = fields.Char("Bank Account (real)")
    health_naked = fields.Char("Health (real)")
    disability_naked = fields.Char("Disability (real)")
    memberships = fields.One2Many(
        'fupin.household.membership', 'person', "Households",
        readonly=True)
    household = fields.Function(fields.Many2One(
            'fupin.household', "Household"),
        'get_household', searcher='search_household')
    areas = fields.Function(fields.Many2Many(
            'country.subdivision', None, None, "Areas",
            help="Where the person lives and where the households are to "
            "which the person belongs or belonged."),
        'get_areas', searcher='search_areas')

    _private = {
        'id_number': mask_id_number,
        'phone': mask_phone,
        'bank_account': mask_bank_account,
        'health': mask_code,
        'disability': mask_code,
        }

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order.insert(0, ('name', 'ASC'))
        t = cls.__table__()
        cls._sql_constraints += [
            ('id_number_unique', Unique(t, t.id_number_naked),
                'fupin_household.msg_person_id_number_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.area, Index.Equality())),
                Index(t, (t.name, Index.Similarity())),
                })
        cls._buttons.update({
                'reveal_wizard': {},
                })

    @classmethod
    def default_area(cls):
        User = Pool().get('res.user')
        areas = User(Transaction().user).areas
        if len(areas) == 1 and areas[0].type in {'village', 'group'}:
            return areas[0].id

    @fields.depends('id_number', 'sex', 'birth_date')
    def on_change_id_number(self):
        number = compact(self.id_number or '').upper()
        if len(number) == 18 and '*' not in number:
            try:
                self.birth_date = ric.get_birth_date(number)
                self.sex = 'male' if int(number[16]) % 2 else 'female'
            except (ValidationError, ValueError):
                pass

    @classmethod
    def get_household(cls, persons, name):
        pool = Pool()
        Date = pool.get('ir.date')
        Membership = pool.get('fupin.household.membership')
        membership = Membership.__table__()
        cursor = Transaction().connection.cursor()
        households = dict.fromkeys((p.id for p in persons))
        cursor.execute(*membership.select(
                membership.person, membership.household,
                where=fields.SQL_OPERATORS['in'](
                    membership.person, list(households))
                & Membership.active_at(membership, Date.today())))
        households.update(cursor)
        return households

    @classmethod
    def search_household(cls, name, clause):
        pool = Pool()
        Date = pool.get('ir.date')
        today = Date.today()
        nested = clause[0][len(name):]
        return [('memberships', 'where', [
                    ('household' + nested, *clause[1:]),
                    ('from_date', '<=', today),
                    ['OR',
                        ('to_date', '=', None),
                        ('to_date', '>=', today),
                        ],
                    ])]

    def get_areas(self, name):
        areas = {self.area.id}
        areas.update(m.household.area.id for m in self.memberships)
        return list(areas)

    @classmethod
    def search_areas(cls, name, clause):
        return ['OR',
            ('area', *clause[1:]),
            ('memberships.household.area', *clause[1:]),
            ]

    @classmethod
    def check_id_number(cls, persons, value):
        """Return the compact resident ID number (GB 11643).

        IdNumberError if the length, the birth date or the check digit is
        wrong or if it does not fit the birth date or the sex of the person;
        a region that no list knows is only warned of, because old cards keep
        the codes of counties that are gone."""
        Warning = Pool().get('res.user.warning')
        number = compact(value).upper()
        for person in persons:
            try:
                try:
                    ric.validate(number)
                except InvalidComponent:
                    ric.get_birth_date(number)
                    raise KeyError(number[:6])
            except ValidationError:
                raise IdNumberError(gettext(
                        'fupin_household.msg_person_id_number_invalid',
                        person=person.rec_name,
                        number=mask_id_number(number)))
            except KeyError:
                key = Warning.format('id_number_region', [person])
                if Warning.check(key):
                    raise IdNumberWarning(key, gettext(
                            'fupin_household.msg_person_id_number_region',
                            person=person.rec_name, region=number[:6]))
            if (person.birth_date
                    and person.birth_date != ric.get_birth_date(number)):
                raise IdNumberError(gettext(
                        'fupin_household.msg_person_id_number_birth_date',
                        person=person.rec_name))
            sex = 'male' if int(number[16]) % 2 else 'female'
            if person.sex and person.sex != sex:
                raise IdNumberError(gettext(
                        'fupin_household.msg_person_id_number_sex',
                        person=person.rec_name))
        return number

    @classmethod
    def check_phone(cls, persons, value):
        "Return the compact phone number, PhoneError if it is none"
        phone = compact(value)
        if not PHONE.fullmatch(phone):
            raise PhoneError(gettext(
                    'fupin_household.msg_person_phone_invalid',
                    person=persons[0].rec_name))
        return phone

    @classmethod
    def check_bank_account(cls, persons, value):
        "Return the compact account, warn of one that fails its check digit"
        Warning = Pool().get('res.user.warning')
        account = compact(value).replace('-', '')
        if not account.isdigit() or not luhn.is_valid(account):
            key = Warning.format('bank_account', persons)
            if Warning.check(key):
                raise BankAccountWarning(key, gettext(
                        'fupin_household.msg_person_bank_account_check',
                        person=persons[0].rec_name))
        return account

    @classmethod
    @ModelView.button_action('fupin_household.wizard_person_reveal')
    def reveal_wizard(cls, persons):
        pass

    @classmethod
    def copy(cls, persons, default=None):
        default = default.copy() if default is not None else {}
        for name in cls._private:
            default.setdefault(name)
            default.setdefault(name + NAKED)
        default.setdefault('memberships')
        default.setdefault('party')
        return super().copy(persons, default=default)
