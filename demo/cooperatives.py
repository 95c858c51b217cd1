# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Enter the three cooperatives of the demo county with their members,
products, prices, enterprises and customers."""
import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from trytond.modules.fupin_coop.company import CREDIT_CODE_TYPE
from trytond.pool import Pool
from trytond.transaction import Transaction

import inputs
import statutes
from identity import credit_code
from population import COUNTY, DAY

FOUNDED = dt.date(2019, 3, 1)
BANK = "禾望农村商业银行"


@dataclass(eq=False)
class Product:
    name: str
    category: str
    # units of stock, scale and price
    units: tuple
    # code, name, price of today, floor
    grades: list
    # months from which the price list is new
    months: list
    record: object = None


@dataclass(eq=False)
class Cooperative:
    login: str
    name: str
    kind: str
    products: list
    # name, township, village (number), product (number)
    enterprises: list
    # members by township
    members: dict
    enterprise_member: str
    customers: list
    record: object = None
    user: object = None
    # (member record, household, person) of the farmers
    farmers: list = field(default_factory=list)
    growers: list = field(default_factory=list)
    enterprise_records: list = field(default_factory=list)
    customer_records: list = field(default_factory=list)
    supplier_record: object = None
    input_records: list = field(default_factory=list)


def plan():
    kilogram, jin = 'product.uom_kilogram', 'fupin_coop.uom_jin'
    piece, thousand = 'fupin_coop.uom_piece', 'fupin_coop.uom_thousand'
    return [
        Cooperative(
            'mogu', "禾望县菌缘食用菌农民专业合作社（演示）", 'mushroom', [
                Product(
                    "鲜香菇", 'category_produce', (kilogram,) * 3, [
                        ('A', "A级", '7.60', '6.00'),
                        ('B', "B级", '6.40', '5.20'),
                        ('C', "C级", '5.00', '4.20'),
                        ], [1, 5, 10]),
                Product(
                    "鲜平菇", 'category_produce', (kilogram,) * 3, [
                        ('A', "A级", '4.80', '4.00'),
                        ('B', "B级", '3.90', '3.20'),
                        ], [1, 5, 10]),
                ], [
                ("青石香菇基地", '101', 1, 0),
                ("北湖平菇基地", '100', 1, 1),
                ],
            {'101': 42, '100': 18}, "禾望县菌种供应有限公司（演示）", [
                "中原食用菌批发市场商行（演示）",
                "绿野食品加工有限公司（演示）",
                "惠家生鲜连锁超市（演示）"]),
        Cooperative(
            'xigua', "禾望县柳河西瓜农民专业合作社（演示）", 'watermelon', [
                Product(
                    "西瓜", 'category_produce', (kilogram, jin, jin), [
                        ('T', "特等", '1.25', '0.95'),
                        ('1', "一等", '0.98', '0.75'),
                        ('2', "二等", '0.70', '0.55'),
                        ], [1]),
                ], [
                ("柳河西瓜基地", '200', 0, 0),
                ("上营西瓜基地", '101', 1, 0),
                ],
            {'200': 36, '101': 14}, "禾望县农机服务有限公司（演示）", [
                "江淮瓜果批发市场商行（演示）", "惠家生鲜连锁超市（演示）",
                "鲜达果品配送有限公司（演示）"]),
        Cooperative(
            'huoji', "禾望县双桥打火机组装农民专业合作社（演示）", 'lighter', [
                Product(
                    "打火机组装件", 'category_handicraft',
                    (piece, piece, thousand), [
                        (None, None, '48.00', '42.00'),
                        ], [1, 7]),
                Product(
                    "防风打火机组装件", 'category_handicraft',
                    (piece, piece, thousand), [
                        (None, None, '66.00', '58.00'),
                        ], [1, 7]),
                ], [
                ("双桥打火机组装车间", '201', 0, 0),
                ("城关打火机组装车间", '100', 0, 1),
                ],
            {'201': 29, '100': 11}, "禾望县包装制品有限公司（演示）", [
                "东海打火机制造有限公司（演示）",
                "明焰日用品贸易有限公司（演示）"]),
        ]


def enter_cooperatives(county):
    pool = Pool()
    Company = pool.get('company.company')
    User = pool.get('res.user')
    random = county.random('cooperatives')
    code, _ = COUNTY
    county.cooperatives = plan()
    years = range(county.start.year, county.today.year + 1)
    for i, cooperative in enumerate(county.cooperatives, 1):
        cooperative.record = Company.create_cooperative(
            cooperative.name, credit_code('93', code, i), years)
        cooperative.user = county.users[cooperative.login]
        User.write([cooperative.user], {
                'companies': [('add', [cooperative.record.id])],
                'company': cooperative.record.id,
                })
        yield 1 / 6
    companies = [c.record.id for c in county.cooperatives]
    User.write([county.users['nongye'], county.users['shenji']], {
            'companies': [('add', companies)],
            'company': companies[0],
            'company_filter': 'all',
            })
    parties = Parties(county)
    county.cards = {}
    for i, cooperative in enumerate(county.cooperatives, 1):
        with acting(cooperative):
            enter_products(cooperative)
            enter_prices(cooperative, county)
            enter_enterprises(cooperative, county)
            enter_members(cooperative, county, random, parties, i)
            statutes.found(cooperative, county, FOUNDED)
            cooperative.customer_records = [
                parties.get(name) for name in cooperative.customers]
            inputs.enter_inputs(
                cooperative, parties.get(inputs.SUPPLIER), FOUNDED)
        yield 1 / 6


def acting(cooperative):
    "Work as the manager of the cooperative"
    manager = Transaction().set_user(cooperative.user.id)
    Transaction().set_context(
        company=cooperative.record.id, companies=[cooperative.record.id],
        language='zh_CN')
    return manager


class Parties:
    "The companies with which the cooperatives deal, each once"

    def __init__(self, county):
        self.county = county
        self.parties = {}

    def get(self, name):
        pool = Pool()
        Country = pool.get('country.country')
        Lang = pool.get('ir.lang')
        Party = pool.get('party.party')
        if name not in self.parties:
            china, = Country.search([('code', '=', 'CN')])
            language, = Lang.search([('code', '=', 'zh_CN')])
            region, _ = COUNTY
            self.parties[name], = Party.create([{
                        'name': name,
                        'lang': language.id,
                        'addresses': [('create', [{
                                        'street': "产业路"
                                        f"{len(self.parties) + 1}号",
                                        'city': "禾望县",
                                        'country': china.id,
                                        }])],
                        'identifiers': [('create', [{
                                        'type': CREDIT_CODE_TYPE,
                                        'code': credit_code(
                                            '91', region,
                                            100 + len(self.parties)),
                                        }])],
                        }])
        return self.parties[name]


def get_id(name):
    ModelData = Pool().get('ir.model.data')
    return ModelData.get_id(*name.split('.'))


def enter_products(cooperative):
    Template = Pool().get('product.template')
    for product in cooperative.products:
        stock_unit, _, price_unit = map(get_id, product.units)
        template, = Template.create([{
                    'name': product.name,
                    'type': 'goods',
                    'default_uom': stock_unit,
                    'salable': True,
                    'sale_uom': price_unit,
                    'account_category': get_id(
                        f'fupin_coop.{product.category}'),
                    'products': [('create', [{}])],
                    'grades': [('create', [{
                                    'code': code,
                                    'name': name,
                                    'sequence': i,
                                    } for i, (code, name, _, _)
                                in enumerate(product.grades, 1)
                                if code])],
                    }])
        product.record, = template.products


def enter_prices(cooperative, county):
    "Price lists by resolution of the board, the last one until further notice"
    Price = Pool().get('fupin.price')
    to_create = []
    for product in cooperative.products:
        starts = [county.start] + [
            date for year in range(county.start.year, county.today.year + 1)
            for month in product.months
            if county.start < (date := dt.date(year, month, 1))
            <= county.today]
        grades = {g.code: g.id for g in product.record.grades}
        for i, from_date in enumerate(starts):
            last = i + 1 == len(starts)
            # what the produce brings has risen over the years
            risen = Decimal(i) / max(len(starts) - 1, 1)
            share = Decimal('0.88') + Decimal('0.12') * risen
            for code, _, price, floor in product.grades:
                to_create.append({
                        'company': cooperative.record.id,
                        'product': product.record.id,
                        'grade': grades.get(code),
                        'unit': get_id(product.units[2]),
                        'from_date': from_date,
                        'to_date': None if last else starts[i + 1] - DAY,
                        'price': rounded(Decimal(price) * share),
                        'floor_price': rounded(Decimal(floor) * share),
                        'document': f"理事会决议〔{from_date.year}〕"
                        f"{from_date.month}号",
                        })
    Price.create(to_create)


def rounded(price):
    step = Decimal('0.01') if price < 2 else Decimal('0.05')
    return (price / step).quantize(Decimal(1)) * step


def enter_enterprises(cooperative, county):
    Enterprise = Pool().get('fupin.enterprise')
    region, _ = COUNTY
    cooperative.enterprise_records = Enterprise.create([{
                'name': name,
                'company': cooperative.record.id,
                'kind': cooperative.kind,
                'area': county.areas[f'{region}{township}{200 + village}'].id,
                'start_date': dt.date(2021, 3, 1),
                'products': [('add', [
                            cooperative.products[product].record.id])],
                } for name, township, village, product
            in cooperative.enterprises])


def enter_members(cooperative, county, random, parties, serial):
    pool = Pool()
    Account = pool.get('bank.account')
    Member = pool.get('fupin.member')
    to_create, farmers = [], []
    for township, count in cooperative.members.items():
        growers = [
            (household, person) for household in county.households
            if household.area[6:9] == township
            for person in household.persons
            if person.grows and household not in county.members]
        count = min(round(count * county.scale) or 1, len(growers))
        chosen = random.sample(growers, min(count + 1, len(growers)))
        # who grows for the cooperative without being a member
        cooperative.growers += chosen[count:]
        for household, person in chosen[:count]:
            _, since, _, _ = person.memberships[0]
            from_date = max(FOUNDED, since)
            if random.random() < .2:
                from_date = max(
                    since, county.start + random.randint(0, 500) * DAY)
            farmers.append((household, person))
            to_create.append({
                    'company': cooperative.record.id,
                    'kind': 'farmer',
                    'person': person.record.id,
                    'from_date': from_date,
                    'to_date': None,
                    })
        county.members.update(h for h, _ in chosen)
    # one or two left at the end of a year
    for values in random.sample(to_create, len(to_create) // 25):
        if values['from_date'] < county.start:
            values['to_date'] = dt.date(county.today.year - 1, 12, 31)
    order = sorted(
        range(len(to_create)), key=lambda i: to_create[i]['from_date'])
    to_create = [to_create[i] for i in order]
    farmers = [farmers[i] for i in order]

    partner = parties.get(cooperative.enterprise_member)
    members = Member.create([{
                'company': cooperative.record.id,
                'kind': 'enterprise',
                'party': partner.id,
                'from_date': FOUNDED,
                }, *to_create])
    cooperative.farmers = [
        (member, *farmer) for member, farmer in zip(members[1:], farmers)]
    Account.create([{
                'bank': bank(parties).id,
                'owners': [('add', [partner.id])],
                'currency': cooperative.record.currency.id,
                'numbers': [('create', [{
                                'type': 'other',
                                'number': f'6200990000{serial:09}',
                                }])],
                }])


def bank(parties):
    Bank = Pool().get('bank')
    party = parties.get(BANK)
    banks = Bank.search([('party', '=', party.id)])
    return banks[0] if banks else Bank.create([{'party': party.id}])[0]
