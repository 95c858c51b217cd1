# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The seasons of the enterprises of the demo county: mushroom bags made and
handed out, watermelons on the land of members, a lot of gift boxes."""
import datetime as dt
from decimal import Decimal

from trytond.pool import Pool
from trytond.transaction import Transaction

import parcels
from batches import new_product
from statutes import account

# when seasons begin and how long they take
SEASONS = {
    'mushroom': ([(10, 5)], 100),
    'watermelon': ([(3, 1), (7, 25)], 78),
    'lighter': ([(2, 10), (7, 10)], 60),
    }
COUNT = 3
NAMES = {
    'mushroom': "制棒出菇", 'watermelon': "大棚西瓜", 'lighter': "礼品套装",
    }
BAGS, HANDED_OUT, CONTAMINATED = 2000, 600, 40
PIECES = 3000
ROTATION = 5, "农技推广站技术意见（演示）"


def days(cooperative, county):
    "Return the days on which seasons end, or today for one that goes on"
    begins, length = SEASONS[cooperative.kind]
    starts = [
        start for year in range(county.start.year, county.today.year + 1)
        for month, day in begins
        if county.start <= (start := dt.date(year, month, day))
        < county.today]
    return [
        min(start + dt.timedelta(days=length), county.today)
        for start in starts[-COUNT:]]


class Cycles:
    "The seasons of one cooperative, one after the other"

    def __init__(self, work):
        self.work = work
        self.cooperative = work.cooperative
        self.company = work.company
        self.county = work.county
        self.seasons = 0
        self.templates = {}
        self.goods = {}
        self.common = {'company': self.company.id}

    def grow(self, until):
        "Post what happened in the season until the day"
        begins, length = SEASONS[self.cooperative.kind]
        start = max(
            dt.date(year, month, day)
            for year in [until.year - 1, until.year] for month, day in begins
            if dt.date(year, month, day) < until)
        self.until = until
        number = self.seasons % len(self.cooperative.enterprise_records)
        self.enterprise = self.cooperative.enterprise_records[number]
        *_, product = self.cooperative.enterprises[number]
        self.product = self.cooperative.products[product].record
        self.seasons += 1
        self.start = start
        season = getattr(self, self.cooperative.kind)
        # it tells its cycle and goes on
        cycle = next(iter([*season()]), None)
        if cycle and until == start + dt.timedelta(days=length):
            Cycle = Pool().get('fupin.cycle')
            Cycle.close([Cycle(cycle.id)])

    def day(self, number):
        return self.start + dt.timedelta(days=number)

    def begin(self, product, lines, **values):
        "Return a running cycle by the template of the enterprise"
        pool = Pool()
        Cycle = pool.get('fupin.cycle')
        Template = pool.get('fupin.cycle.template')
        name = NAMES[self.cooperative.kind]
        if self.enterprise not in self.templates:
            of_template = {
                n: values.pop(n) for n in ['dry_substrate', 'grafted']
                if n in values}
            self.templates[self.enterprise], = Template.create([{
                        **self.common,
                        **of_template,
                        'name': f'{self.enterprise.name}{name}',
                        'kind': self.cooperative.kind,
                        'product': product.id,
                        'days': SEASONS[self.cooperative.kind][1],
                        'lines': [('create', [{
                                        'kind': kind,
                                        ('description' if kind == 'cost'
                                            else 'product'):
                                        of if kind == 'cost' else of.id,
                                        'quantity': Decimal(quantity),
                                        'price': Decimal(price),
                                        } for kind, of, quantity, price
                                    in lines])],
                        }])
        else:
            for key in ['dry_substrate', 'grafted']:
                values.pop(key, None)
        cycle = Cycle.begin(
            self.enterprise, self.templates[self.enterprise],
            f'{self.start.year}年{self.start.month}月{name}', self.start,
            **values)
        Cycle.run([cycle])
        return Cycle(cycle.id)

    def stages(self, cycle, *stages):
        Stage = Pool().get('fupin.cycle.stage')
        Stage.create([{
                    'cycle': cycle.id,
                    'date': self.day(number),
                    'kind': kind,
                    'comment': comment,
                    } for number, kind, comment in stages
                if self.day(number) <= self.until])

    # The documents

    def post(self, model, number, values):
        "Post a document of a day of the season, None if that is to come"
        Model = Pool().get(model)
        if self.day(number) > self.until:
            return
        document, = Model.create([{
                    **self.common, 'date': self.day(number), **values}])
        Model.post([document])
        return Model(document.id)

    def put_in(self, number, production, costs, goods=()):
        bank = account(self.cooperative, '102').id
        return self.post('fupin.own_production.input', number, {
                'production': production.id,
                'lines': [('create', [{
                                'product': product.id,
                                'quantity': Decimal(quantity),
                                } for product, quantity in goods])],
                'costs': [('create', [{
                                'description': description,
                                'amount': Decimal(amount),
                                'cash_account': bank,
                                } for description, amount in costs])],
                })

    def harvest(self, number, production, lines, remaining=None, flush=None):
        "Harvest (product, quantity, grade, factor) and keep it for sale"
        harvest = self.post('fupin.own_production.harvest', number, {
                'production': production.id,
                'flush': flush,
                'method': 'last' if remaining is None else 'quantity',
                'remaining': remaining,
                'lines': [('create', [{
                                'product': product.id,
                                'quantity': Decimal(quantity),
                                'grade': grade.id if grade else None,
                                'factor': Decimal(factor),
                                } for product, quantity, grade, factor
                            in lines])],
                })
        if harvest:
            self.work.keep([
                    (line.lot, line.stock_quantity, line.amount)
                    for line in harvest.lines])
        return harvest

    def deliver(self, number, cycle, member, gross, unit, flush=None):
        "Take what a grower of the cycle brings"
        Delivery = Pool().get('fupin.delivery')
        if self.day(number) > self.until:
            return
        grades = self.product.grades
        delivery, = Delivery.create([{
                    **self.common,
                    'date': self.day(number),
                    'member': member.id,
                    'method': 'purchase',
                    'product': self.product.id,
                    'grade': grades[0].id if grades else None,
                    'cycle': cycle.id,
                    'flush': flush,
                    'unit': unit.id,
                    'gross': Decimal(gross),
                    'tare': Decimal(0),
                    'deduction_rate': Decimal(0),
                    }])
        self.work.post([delivery])
        return delivery

    def growers(self):
        "Return the members who are so all through the season"
        return [
            (member, household)
            for member, household, _ in self.cooperative.farmers
            if member.is_member(self.start) and member.is_member(self.until)]

    def own(self, name, code, unit):
        if name not in self.goods:
            self.goods[name] = new_product(self.company, name, code, unit)
        return self.goods[name]

    # The kinds

    def mushroom(self):
        pool = Pool()
        Batch = pool.get('fupin.own_production')
        piece, kilogram = 'fupin_coop.uom_piece', 'product.uom_kilogram'
        bags = self.own("菌棒", '401', piece)
        sawdust = self.own("木屑麸皮", '401', kilogram)
        substrate = self.own("菌渣", '401', kilogram)
        cycle = self.begin(bags, [
                ('material', sawdust, '980', '0.95'),
                ('cost', "菌种和菌袋", '1', '680.00'),
                ('cost', "灭菌燃料", '1', '240.00'),
                ('output', bags, '970', '1.90'),
                ('output', self.product, '780', '7.00'),
                ], bags=BAGS, dry_substrate=Decimal('0.95'))
        yield cycle
        self.stages(
            cycle, (2, 'sterilise', "常压灭菌100℃ 16小时"),
            (3, 'inoculate', "接种"), (35, 'fruit', "菌丝发满，开袋出菇"))
        production, = cycle.productions
        self.post('fupin.supply.purchase', 1, {
                'supplier': self.cooperative.supplier_record.id,
                'purpose': 'own',
                'lines': [('create', [{
                                'product': sawdust.id,
                                'quantity': Decimal(1960),
                                'price': Decimal('0.95'),
                                }])],
                })
        self.put_in(
            2, production,
            [("菌种和菌袋", '1380.00'), ("灭菌燃料", '465.00')],
            [(sawdust, 1960)])
        self.post('fupin.own_production.loss', 20, {
                'production': production.id,
                'cause': 'contamination',
                'method': 'quantity',
                'quantity': Decimal(CONTAMINATED),
                'remaining': Decimal(BAGS - CONTAMINATED),
                'approval': "理事会会议记录（演示）",
                })
        made = BAGS - CONTAMINATED
        if not self.harvest(34, production, [(bags, made, None, 1)]):
            return
        growers = self.growers()
        member = growers[self.seasons % len(growers)][0] if growers else None
        handed_out = HANDED_OUT if member else 0
        if member:
            self.post('fupin.supply', 35, {
                    'member': member.id,
                    'route': 'own',
                    'cycle': cycle.id,
                    'lines': [('create', [{
                                    'product': bags.id,
                                    'quantity': Decimal(handed_out),
                                    }])],
                    })
        if self.day(36) > self.until:
            return
        fruiting, = Batch.create([{
                    **self.common,
                    'cycle': cycle.id,
                    'product': self.product.id,
                    'name': f'{cycle.name}（自管棚）',
                    'start_date': self.day(36),
                    'expected_quantity': Decimal(1020),
                    }])
        self.put_in(
            36, fruiting, [("棚室水电", '360.00')],
            [(bags, made - handed_out)])
        grade = self.product.grades[0]
        self.harvest(
            48, fruiting, [(self.product, 620, grade, 1)], Decimal(400), 1)
        if member:
            kilogram = self.product.default_uom
            self.deliver(49, cycle, member, '268.5', kilogram, 1)
            self.deliver(80, cycle, member, '171.2', kilogram, 2)
        self.harvest(90, fruiting, [
                (self.product, 410, grade, 1),
                (substrate, 900, None, '0.01')], flush=2)

    def watermelon(self):
        pool = Pool()
        Template = pool.get('product.template')
        growers = self.growers()
        if not growers:
            return
        with Transaction().set_context(company=self.company.id):
            Template.write(
                [self.product.template], {'production_account': '141'})
        member, household = growers[self.seasons % len(growers)]
        if household not in self.goods:
            self.goods[household] = parcels.new_parcel(
                self.county, household, 9, len(self.goods),
                self.county.random(f'cycles {self.cooperative.login}'))
        parcel = self.goods[household]
        cycle = self.begin(self.product, [
                ('cost', "嫁接瓜苗", '700', '1.10'),
                ('cost', "有机肥和滴灌带", '1', '560.00'),
                ('output', self.product, '3600', '2.00'),
                ], parcels=[parcel], grafted=True)
        yield cycle
        self.stages(
            cycle, (1, 'transplant', "嫁接苗定植"),
            (35, 'pollinate', "红绳标记，人工授粉"),
            (68, 'pick', "头茬采收"))
        production, = cycle.productions
        mu = cycle.mu
        self.put_in(1, production, [
                ("嫁接瓜苗", (mu * 770).quantize(Decimal('0.01'))),
                ("有机肥和滴灌带", (mu * 590).quantize(Decimal('0.01')))])
        self.give_film(growers)
        first, second = int(mu * 1300), int(mu * 700)
        grades = self.product.grades
        self.harvest(68, production, [
                (self.product, first * 2 // 3, grades[0], 1),
                (self.product, first - first * 2 // 3, grades[1], 1)],
            Decimal(second), 1)
        self.deliver(
            69, cycle, member, int(mu * 900), self.product.default_uom, 1)
        self.harvest(
            77, production, [(self.product, second, grades[1], 1)], flush=2)

    def give_film(self, growers):
        "Another member gets film for the next season from the supplier"
        pool = Pool()
        Supply = pool.get('fupin.supply')
        member, _ = growers[(self.seasons + 1) % len(growers)]
        supply, = Supply.create([{
                    **self.common,
                    'date': self.until,
                    'member': member.id,
                    'route': 'direct',
                    'supplier': self.cooperative.supplier_record.id,
                    'lines': [('create', [{
                                    'product':
                                    self.cooperative.input_records[-1].id,
                                    'quantity': Decimal(10),
                                    'price': Decimal('12.80'),
                                    }])],
                    }])
        Supply.post([supply])

    def lighter(self):
        boxes = self.own("礼盒打火机", '401', 'fupin_coop.uom_piece')
        cycle = self.begin(boxes, [
                ('cost', "礼盒和印刷", '1', '1300.00'),
                ('output', boxes, '990', '2.60'),
                ], pieces=PIECES)
        yield cycle
        self.stages(cycle, (5, 'other', "备料"), (30, 'other', "装盒质检"))
        production, = cycle.productions
        self.put_in(5, production, [("礼盒和印刷", '3960.00')])
        growers = self.growers()
        if growers:
            member, _ = growers[self.seasons % len(growers)]
            self.deliver(
                25, cycle, member, 4000, self.product.default_uom)
        self.harvest(50, production, [(boxes, 2960, None, 1)])


def enter_rotation_rule(county):
    "The years that watermelons have to stay away, as the county rules them"
    Rule = Pool().get('fupin.rotation.rule')
    years, document = ROTATION
    Rule.create([{'years': years, 'document': document}])
