# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Enter the areas, persons and households of the demo county."""
import datetime as dt
from decimal import Decimal

from trytond.pool import Pool
from trytond.tools import grouped_slice

from identity import Identities
from population import COUNTY, Population, areas

BANKS = {
    '100': "禾望农村商业银行城关支行",
    '101': "禾望农村商业银行青石支行",
    '200': "禾望农村商业银行柳河支行",
    '201': "禾望农村商业银行双桥支行",
    }


def find_county():
    Subdivision = Pool().get('country.subdivision')
    code, _ = COUNTY
    found = Subdivision.search([('code', '=', code), ('type', '=', 'county')])
    if found:
        return found[0]


def enter_areas(county):
    pool = Pool()
    Country = pool.get('country.country')
    Subdivision = pool.get('country.subdivision')
    countries = Country.search([('code', '=', 'CN')])
    if not countries:
        countries = Country.create([{
                    'name': "中国", 'code': 'CN', 'code3': 'CHN',
                    'code_numeric': '156',
                    }])
    Subdivision.load_areas(areas(), countries[0])
    county.areas = {
        a.code: a for a in Subdivision.search([
                ('type', 'in', ['county', 'township', 'village', 'group']),
                ])}


def enter_income_years(county):
    """The two past years and the current one, from 1 October, with the
    standard lines of the county"""
    pool = Pool()
    Line = pool.get('fupin.poverty.line')
    Year = pool.get('fupin.income.year')
    county.years = Year.create([{
                'name': f'{year}年度',
                'start_date': dt.date(year - 1, 10, 1),
                'end_date': dt.date(year, 9, 30),
                } for year in county.income_years])
    Line.create([{
                'year': year.id,
                'amount': Decimal(7500 + 500 * i),
                'document': f"示例县〔{year.start_date.year}〕{i + 1}号",
                } for i, year in enumerate(county.years)])


def enter_households(county):
    pool = Pool()
    Cause = pool.get('fupin.registration.cause')
    Household = pool.get('fupin.household')
    Kind = pool.get('fupin.registration.kind')
    Membership = pool.get('fupin.household.membership')
    Person = pool.get('fupin.person')
    Registration = pool.get('fupin.household.registration')
    random = county.random('population')
    county.households = Population(
        random, Identities(random), county.today).draw(county.size)

    plans = [(h, p) for h in county.households for p in h.persons]
    for sub_plans in grouped_slice(plans, 200):
        sub_plans = list(sub_plans)
        records = Person.create([{
                    'name': person.name,
                    'sex': person.sex,
                    'birth_date': person.birth_date,
                    'death_date': person.death_date,
                    'area': county.areas[household.area].id,
                    'id_number': person.id_number,
                    'phone': person.phone,
                    'bank_name': (
                        BANKS[household.area[6:9]] if person.bank_card
                        else None),
                    'bank_account': person.bank_card,
                    'health': person.health,
                    'disability': person.disability,
                    } for household, person in sub_plans])
        for (_, person), record in zip(sub_plans, records):
            person.record = record
        yield len(records) / len(plans)

    records = Household.create([{
                'number': household.number,
                'area': county.areas[household.area].id,
                'start_date': household.start_date,
                'address': address(household, county),
                } for household in county.households])
    for household, record in zip(county.households, records):
        household.record = record
    Membership.create([{
                'household': household.record.id,
                'person': person.record.id,
                'relation': relation,
                'from_date': from_date,
                'to_date': to_date,
                'reason': reason,
                } for household, person in plans
            for relation, from_date, to_date, reason in person.memberships])
    kinds = {k.code: k.id for k in Kind.search([])}
    causes = {c.code: c.id for c in Cause.search([])}
    Registration.create([{
                'household': household.record.id,
                'kind': kinds[kind],
                'from_date': from_date,
                'to_date': to_date,
                'cause': causes[cause] if cause else None,
                } for household in county.households
            for kind, from_date, to_date, cause in household.registrations])


def address(household, county):
    area = county.areas[household.area]
    serial = int(household.number[-4:])
    return f'{area.township.name}{area.village.name}{area.name}{serial}号'
