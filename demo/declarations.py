# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Declare what the households of the demo county earn elsewhere.

The officer of the township enters it, the county verifies it.
"""
import datetime as dt
from decimal import Decimal

from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from users import officer

FOREST = {"南坡村", "望岭村", "沙岗村"}
WATCHED = {
    'unstable_2021', 'marginal_2021', 'hardship_2021', 'prevention_2026'}
WORK = [
    "省外务工，电子厂工资流水", "省外务工，服装厂工资流水",
    "县外省内务工，建筑工地工资表", "县外省内务工，物流公司工资流水",
    "乡外县内务工，工业园区工资流水", "乡镇内务工，用工证明"]
CROPS = [
    "小麦、玉米销售，磅单", "红薯、花生销售，收购收据",
    "出售山羊，买主收条", "蔬菜零售，农户记账", "出售生猪，屠宰场收据"]


def yuan(value, step=10):
    return Decimal(round(value / step) * step)


class Earnings:
    "What one household earns outside the cooperatives, year after year"

    def __init__(self, random, household, county):
        self.random = random
        self.household = household
        self.county = county
        village = county.areas[household.area].village.name
        self.forest = random.randint(3, 9) if village in FOREST else 0
        self.crop = random.choice(CROPS)
        self.yield_ = random.uniform(1050, 1750)
        self.wages = {
            p: (random.choice(WORK),
                random.gauss(33000 if p.age(county.today) < 46 else 26000,
                    5000))
            for p in household.persons if p.works_away}
        # who stays works now and then, unless a cooperative takes the time
        for person in household.adults(county.today):
            busy = household in county.members and person.grows
            if not person.works_away and not busy and random.random() < .85:
                self.wages[person] = (
                    "乡镇内零工，用工证明", random.gauss(12500, 2500))
        elders = [
            p for p in household.persons if p.age(county.today) >= 60]
        self.support = (
            {p: random.randint(30, 62) * 100 for p in elders}
            if len(elders) == len(household.persons) else {})
        self.post = None
        at_home = [
            p for p in household.adults(county.today) if not p.works_away]
        if at_home and household.registrations and random.random() < .12:
            self.post = at_home[0], random.choice(
                ["护林员", "保洁员", "护路员"]), random.randint(55, 80) * 120
        self.rent = random.randint(2, 6) if random.random() < .1 else 0
        self.helped = random.randint(240, 420) * 12

    def lines(self, start, end, index):
        """Return (category, person, date, amount, cost, source) of the part
        of an income year from start to end."""
        random, household = self.random, self.household
        share = ((end - start).days + 1) / 365
        growth = household.trend ** index * random.uniform(.96, 1.05)
        persons = [p for p in household.persons if p.lives(end)]

        def day():
            return start + dt.timedelta(
                days=random.randint(0, (end - start).days))

        for person, (source, wage) in self.wages.items():
            if person in persons and person.age(end) >= 18:
                yield ('wage_outside', person, end,
                    yuan(max(6000, wage) * growth * share, 50), 0, source)
        if self.post:
            person, title, pay = self.post
            yield ('public_post', person, end, yuan(pay * share), 0,
                f"公益性岗位（{title}），村委会工资表")
        if any(not p.works_away and p.age(end) >= 18 for p in persons):
            amount = household.mu * self.yield_ * growth * share
            if share > .5:
                yield ('business_own', None, day(), yuan(amount),
                    yuan(amount * random.uniform(.35, .43)), self.crop)
                yield ('subsidy', None, day(),
                    Decimal(str(household.mu)) * 108, 0,
                    "耕地地力保护补贴，一卡通明细")
        for person in persons:
            age = person.age(end)
            if age >= 60:
                yield ('pension', person, end,
                    yuan((138 + 4 * index + (age >= 70) * 20) * 12 * share),
                    0, "城乡居民养老金，存折明细")
            if person in self.support:
                yield ('other_transfer', person, end,
                    yuan(self.support[person] * share), 0,
                    "子女赡养费，赡养协议")
            if age >= 80:
                yield ('other_transfer', person, end, yuan(600 * share), 0,
                    "高龄津贴，一卡通明细")
        kinds = household.kinds(end)
        if kinds & WATCHED:
            yield ('minimum_living', None, end,
                yuan(self.helped * len(persons) ** .7 * share), 0,
                "农村低保金，一卡通明细")
        elif len(persons) == 1 and 'lifted_2021' in kinds:
            yield ('destitute', persons[0], end,
                yuan(640 * 12 * share), 0, "特困供养金，一卡通明细")
        if self.forest and share > .5:
            yield ('ecology', None, day(), yuan(self.forest * 95), 0,
                "公益林生态补偿，一卡通明细")
        if self.rent and share > .5:
            yield ('other_property', None, day(), yuan(self.rent * 520), 0,
                "出租耕地给邻户，租地协议")


def enter_declarations(county):
    pool = Pool()
    Category = pool.get('fupin.income.category')
    Declaration = pool.get('fupin.income.declaration')
    random = county.random('declarations')
    categories = {c.code: c.id for c in Category.search([])}
    by_officer = {}
    for household in county.households:
        earnings = Earnings(random, household, county)
        for index, year in enumerate(county.years):
            end = min(year.end_date, county.today)
            if year.end_date > county.today and random.random() > .4:
                # the others will declare later
                continue
            lines = list(earnings.lines(year.start_date, end, index))
            if lines:
                by_officer.setdefault(
                    officer(county, household.area), []).append(
                    (household, end, lines))

    total = sum(map(len, by_officer.values()))
    for user, drafts in by_officer.items():
        for sub_drafts in grouped_slice(drafts, 100):
            sub_drafts = list(sub_drafts)
            with Transaction().set_user(user.id):
                declarations = Declaration.create([{
                            'household': household.record.id,
                            'date': date,
                            'lines': [('create', [{
                                            'category': categories[category],
                                            'person': (person.record.id
                                                if person else None),
                                            'date': day,
                                            'amount': amount,
                                            'cost': cost,
                                            'source': source,
                                            } for (category, person, day,
                                                amount, cost, source)
                                        in lines])],
                            } for household, date, lines in sub_drafts])
                # of the current year, some wait for somebody
                waiting = {
                    d: random.random() for d in declarations
                    if d.date == county.today}
                # in each township one of each at least
                waiting.update(zip(waiting, [.1, .3]))
                Declaration.submit([
                        d for d in declarations if waiting.get(d, 1) > .15])
            with Transaction().set_user(county.users['nongye'].id):
                Declaration.verify([
                        d for d in declarations if waiting.get(d, 1) > .45])
            yield len(declarations) / total
    cancel_some(county, random)


def cancel_some(county, random):
    "A few were wrong: the county takes them back, the township says it anew"
    Declaration = Pool().get('fupin.income.declaration')
    verified = Declaration.search(
        [('state', '=', 'verified')], order=[('id', 'ASC')])
    for declaration in random.sample(
            verified, min(6, len(verified) // 20)):
        with Transaction().set_user(declaration.declared_by.id):
            corrected, = Declaration.copy([declaration])
            line = corrected.lines[0]
            line.amount -= yuan(line.amount / 10)
            line.save()
            Declaration.submit([corrected])
        with Transaction().set_user(county.users['nongye'].id):
            declaration.answer = "金额与银行流水不符，重新申报"
            declaration.save()
            Declaration.cancel([declaration])
            Declaration.verify([corrected])
