# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Union

from trytond.model import fields
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction, without_check_access


def companies_field():
    return fields.Function(fields.Many2Many(
            'company.company', None, None, "Cooperatives",
            help="The cooperatives that deal with the household."),
        'get_companies', searcher='search_companies')


class Household(metaclass=PoolMeta):
    __name__ = 'fupin.household'

    companies = companies_field()

    members = fields.One2Many(
        'fupin.member', 'household', "Cooperative Members", readonly=True)
    deliveries = fields.One2Many(
        'fupin.delivery', 'household', "Deliveries", readonly=True)

    @classmethod
    def get_companies(cls, households, name):
        return cls.companies_of([h.id for h in households])

    @classmethod
    def companies_of(cls, ids):
        """Return {household id: [company ids]} of the cooperatives of which
        somebody of the household is or was a member or delivered as one."""
        pool = Pool()
        Delivery = pool.get('fupin.delivery')
        Member = pool.get('fupin.member')
        cursor = Transaction().connection.cursor()
        companies = {i: [] for i in ids}
        queries = []
        for Model in [Member, Delivery]:
            table = Model.__table__()
            queries.append(table.select(
                    table.household, table.company,
                    where=fields.SQL_OPERATORS['in'](
                        table.household, list(companies))))
        # Union drops the repetitions
        cursor.execute(*Union(*queries))
        for household, company in cursor:
            companies[household].append(company)
        return companies

    @classmethod
    def search_companies(cls, name, clause):
        nested = clause[0][len(name):]
        return ['OR',
            ('members.company' + nested, *clause[1:]),
            ('deliveries.company' + nested, *clause[1:]),
            ]

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

    companies = companies_field()
    members = fields.One2Many(
        'fupin.member', 'person', "Cooperative Memberships", readonly=True)
    member_events = fields.One2Many(
        'fupin.member.event', 'person', "Applications for Membership",
        readonly=True)
    labour_workers = fields.One2Many(
        'fupin.labour.worker', 'person', "Work in Cooperatives",
        readonly=True)

    @classmethod
    def get_companies(cls, persons, name):
        pool = Pool()
        Event = pool.get('fupin.member.event')
        Household = pool.get('fupin.household')
        Member = pool.get('fupin.member')
        Membership = pool.get('fupin.household.membership')
        Worker = pool.get('fupin.labour.worker')
        cursor = Transaction().connection.cursor()
        membership = Membership.__table__()
        member = Member.__table__()
        companies = {p.id: set() for p in persons}
        # who has applied for membership or works for the cooperative is
        # known to it
        for table in [member, Event.__table__(), Worker.__table__()]:
            cursor.execute(*table.select(
                    table.person, table.company,
                    where=fields.SQL_OPERATORS['in'](
                        table.person, list(companies))))
            for person, company in cursor:
                companies[person].add(company)
        cursor.execute(*membership.select(
                membership.person, membership.household,
                where=fields.SQL_OPERATORS['in'](
                    membership.person, list(companies))))
        memberships = list(cursor)
        of_households = Household.companies_of(
            list({h for _, h in memberships}))
        for person, household in memberships:
            companies[person].update(of_households[household])
        return {p: list(c) for p, c in companies.items()}

    @classmethod
    def search_companies(cls, name, clause):
        nested = clause[0][len(name):]
        return ['OR',
            ('members.company' + nested, *clause[1:]),
            ('member_events.company' + nested, *clause[1:]),
            ('labour_workers.company' + nested, *clause[1:]),
            ('memberships.household.companies' + nested, *clause[1:]),
            ]

    @classmethod
    def copy(cls, persons, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('members')
        default.setdefault('member_events')
        default.setdefault('labour_workers')
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


class HouseholdCompaniesMixin:
    "A record of a household, seen by the cooperatives that deal with it"
    __slots__ = ()

    companies = companies_field()

    @classmethod
    def get_companies(cls, records, name):
        Household = Pool().get('fupin.household')
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        cursor.execute(*table.select(
                table.id, table.household,
                where=fields.SQL_OPERATORS['in'](
                    table.id, [r.id for r in records])))
        households = dict(cursor)
        companies = Household.companies_of(list(set(households.values())))
        return {i: companies[h] for i, h in households.items()}

    @classmethod
    def search_companies(cls, name, clause):
        return [('household.' + clause[0], *clause[1:])]


class Income(HouseholdCompaniesMixin, metaclass=PoolMeta):
    __name__ = 'fupin.income'


class IncomeSource(HouseholdCompaniesMixin, metaclass=PoolMeta):
    __name__ = 'fupin.household.year.source'
