# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import fields
from trytond.pool import Pool, PoolMeta
from trytond.transaction import without_check_access


class Household(metaclass=PoolMeta):
    __name__ = 'fupin.household'

    members = fields.One2Many(
        'fupin.member', 'household', "Cooperative Members", readonly=True)
    deliveries = fields.One2Many(
        'fupin.delivery', 'household', "Deliveries", readonly=True)

    @classmethod
    def copy(cls, households, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('members')
        default.setdefault('deliveries')
        return super().copy(households, default=default)


class Membership(metaclass=PoolMeta):
    __name__ = 'fupin.household.membership'

    @classmethod
    def on_modification(cls, mode, memberships, field_names=None):
        super().on_modification(mode, memberships, field_names=field_names)
        if mode in {'create', 'write'}:
            cls.set_member_household(memberships)

    @classmethod
    def set_member_household(cls, memberships):
        "A member belongs to the cooperative with the household of today"
        pool = Pool()
        Date = pool.get('ir.date')
        Member = pool.get('fupin.member')
        today = Date.today()
        with without_check_access():
            members = Member.search([
                    ('person', 'in', [m.person.id for m in memberships]),
                    ['OR',
                        ('to_date', '=', None),
                        ('to_date', '>=', today),
                        ],
                    ])
            for member in members:
                household = member.person.get_household_at(today)
                if household and household != member.household:
                    member.household = household
            Member.save(members)


class Person(metaclass=PoolMeta):
    __name__ = 'fupin.person'

    members = fields.One2Many(
        'fupin.member', 'person', "Cooperative Memberships", readonly=True)

    @classmethod
    def copy(cls, persons, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('members')
        return super().copy(persons, default=default)

    def get_household_at(self, date):
        "Return the household of the person on the date, None if unknown"
        Membership = Pool().get('fupin.household.membership')
        with without_check_access():
            memberships = Membership.search([
                    ('person', '=', self.id),
                    ('from_date', '<=', date),
                    ['OR',
                        ('to_date', '=', None),
                        ('to_date', '>=', date),
                        ],
                    ], limit=1)
        if memberships:
            return memberships[0].household

    def get_party(self):
        """Return the party of the person's money dealings.

        It is made with the name and no personal data if there is none."""
        Party = Pool().get('party.party')
        with without_check_access():
            person = self.__class__(self.id)
            if not person.party:
                party = Party(name=person.name, addresses=[])
                party.save()
                person.party = party
                person.save()
            return person.party
