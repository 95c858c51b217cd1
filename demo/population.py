# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Draw the invented people of the demo county, without a database."""
import datetime as dt
from dataclasses import dataclass, field

COUNTY = '410999', "禾望县（演示）"
TOWNSHIPS = [
    ('100', "城关镇", ["东关村", "北湖村", "桃园村", "石桥村"]),
    ('101', "青石镇", ["青石村", "上营村", "下营村", "槐树庄村"]),
    ('200', "柳河乡", ["柳河村", "杨湾村", "沙岗村", "渡口村"]),
    ('201', "双桥乡", ["双桥村", "南坡村", "枣林村", "望岭村"]),
    ]
GROUPS = ["一组", "二组", "三组"]
# the first year of 建档立卡
RECORD = dt.date(2014, 1, 1)
YEAR = dt.timedelta(days=365)
DAY = dt.timedelta(days=1)


@dataclass(eq=False)
class Person:
    name: str
    sex: str
    birth_date: dt.date
    id_number: str
    phone: str = None
    bank_card: str = None
    health: str = 'healthy'
    disability: str = None
    death_date: dt.date = None
    # (relation, from, to, reason)
    memberships: list = field(default_factory=list)
    works_away: bool = False
    grows: bool = False
    record: object = None

    def age(self, date):
        return (date.year - self.birth_date.year
            - ((date.month, date.day)
                < (self.birth_date.month, self.birth_date.day)))

    def lives(self, date):
        return (self.birth_date <= date
            and (not self.death_date or date < self.death_date))


@dataclass(eq=False)
class Household:
    area: str
    number: str
    persons: list = field(default_factory=list)
    # (kind, from, to, cause)
    registrations: list = field(default_factory=list)
    mu: float = 0
    # how its income moves from year to year
    trend: float = 1
    start_date: dt.date = None
    record: object = None

    @property
    def head(self):
        for person in self.persons:
            relation, _, to_date, _ = person.memberships[-1]
            if relation == 'head' and not to_date:
                return person

    def kinds(self, date):
        return {
            kind for kind, from_date, to_date, _ in self.registrations
            if from_date <= date and (not to_date or date <= to_date)}

    def adults(self, date):
        return [
            p for p in self.persons
            if p.lives(date) and 18 <= p.age(date) < 60
            and p.health in {'healthy', 'chronic'}]


def areas():
    "Return (code, name) of the county and of everything in it"
    county, name = COUNTY
    rows = [(county, name)]
    for township, name, villages in TOWNSHIPS:
        rows.append((county + township, name))
        for i, village in enumerate(villages):
            code = f'{county}{township}{200 + i}'
            rows.append((code, village))
            rows.extend(
                (f'{code}{j:02}', group)
                for j, group in enumerate(GROUPS, 1))
    return rows


def villages():
    return [code for code, _ in areas() if len(code) == 12]


class Population:
    """The households of the county, spread evenly over its villages.

    Ages and events are relative to today."""

    # share and method of each form of household
    FORMS = [
        (.10, 'old_single'),
        (.14, 'old_couple'),
        (.09, 'couple'),
        (.36, 'nuclear'),
        (.25, 'three_generations'),
        (.06, 'single_parent'),
        ]

    def __init__(self, random, identities, today):
        self.random = random
        self.identities = identities
        self.today = today

    def draw(self, count):
        households = []
        numbers = {}
        codes = villages()
        forms = [f for share, f in self.FORMS
            for _ in range(round(share * count))]
        forms += ['nuclear'] * (count - len(forms))
        self.random.shuffle(forms)
        for i, form in enumerate(forms[:count]):
            village = codes[i % len(codes)]
            numbers[village] = numbers.get(village, 0) + 1
            household = Household(
                area=f'{village}{self.random.randint(1, len(GROUPS)):02}',
                number=f'{village}{numbers[village]:04}')
            getattr(self, form)(household)
            self.complete(household)
            households.append(household)
        self.register(households)
        return households

    def person(
            self, household, relation, sex, age, surname=None, since=None,
            until=None):
        """Add a person of this age today, in the household since a wedding
        and until death."""
        random = self.random
        birth_date = self.today - age * YEAR - dt.timedelta(
            days=random.randint(age // 4 + 1, 364))
        person = Person(
            name=self.identities.name(sex, surname), sex=sex,
            birth_date=birth_date,
            id_number=self.identities.id_number(birth_date, sex))
        start = household.start_date or RECORD
        if since:
            from_date, reason = since, 'marriage'
        elif birth_date > start:
            from_date, reason = birth_date, 'birth'
        elif start > RECORD:
            from_date, reason = start, 'split'
        else:
            from_date, reason = RECORD, 'record'
        person.memberships.append((relation, from_date, None, reason))
        household.persons.append(person)
        if until:
            self.bury(household, person, until)
        return person

    def bury(self, household, person, date):
        person.death_date = date
        relation, from_date, _, _ = person.memberships[-1]
        person.memberships[-1] = (relation, from_date, date, 'death')
        if relation == 'head':
            heir = next(
                p for p in household.persons
                if p.memberships[-1][0] == 'spouse')
            relation, from_date, _, reason = heir.memberships[-1]
            heir.memberships[-1] = (relation, from_date, date, reason)
            heir.memberships.append(('head', date + DAY, None, 'death'))

    def wedding(self, age):
        "The wedding of a man of this age today, if it was since the record"
        days = self.random.randint(0, 364)
        date = self.today - (age - 23) * YEAR - days * DAY
        if date > RECORD:
            return date

    def recently(self, years=2):
        "A day in the years before today, not in the last month"
        return self.today - dt.timedelta(
            days=self.random.randint(30, 365 * years))

    def couple_of(self, household, age):
        random = self.random
        husband = self.person(household, 'head', 'male', age)
        self.person(
            household, 'spouse', 'female',
            max(22, age - random.randint(-1, 4)))
        return husband

    def children(self, household, father, relations, age, most):
        "Children of a father of this age, the first at 25 or later"
        random = self.random
        for _ in range(random.choices([1, 2, 3], most)[0]):
            oldest = min(22, age - 26)
            if oldest < 0:
                break
            sex = random.choice(['male', 'female'])
            self.person(
                household, relations[sex], sex, random.randint(0, oldest),
                surname=father.name[0])

    OWN = {'male': 'son', 'female': 'daughter'}
    GRAND = {'male': 'grandson', 'female': 'granddaughter'}

    def old_single(self, household):
        random = self.random
        if random.random() < .3:
            wife = self.person(
                household, 'spouse', 'female', random.randint(64, 80))
            self.person(
                household, 'head', 'male', random.randint(66, 84),
                until=self.recently())
            household.persons.remove(wife)
            household.persons.append(wife)
            return
        self.person(
            household, 'head', random.choice(['male', 'female']),
            random.randint(62, 86))

    def old_couple(self, household):
        self.couple_of(household, self.random.randint(61, 80))

    def couple(self, household):
        self.couple_of(household, self.random.randint(46, 59))

    def nuclear(self, household):
        random = self.random
        age = random.randint(27, 54)
        # the young left the household of their parents
        household.start_date = self.wedding(age)
        father = self.couple_of(household, age)
        self.children(household, father, self.OWN, age, [4, 7, 1])

    def single_parent(self, household):
        random = self.random
        age = random.randint(32, 52)
        sex = random.choice(['male', 'female'])
        parent = self.person(household, 'head', sex, age)
        self.children(household, parent, self.OWN, age, [3, 2, 0])

    def three_generations(self, household):
        random = self.random
        age = random.randint(26, 48)
        elder = age + random.randint(24, 28)
        if age >= 38:
            father = self.couple_of(household, age)
            self.children(household, father, self.OWN, age, [4, 5, 1])
            relations = [('father', 'male'), ('mother', 'female')]
            for relation, sex in random.sample(
                    relations, random.choice([1, 2, 2])):
                self.person(
                    household, relation, sex, elder,
                    surname=father.name[0] if sex == 'male' else None,
                    until=self.recently() if random.random() < .12 else None)
        else:
            grandfather = self.couple_of(household, elder)
            wedding = self.wedding(age)
            son = self.person(
                household, 'son', 'male', age, surname=grandfather.name[0])
            self.person(
                household, 'daughter_in_law', 'female',
                max(22, age - random.randint(0, 3)), since=wedding)
            self.children(household, son, self.GRAND, age, [5, 4, 0])

    def complete(self, household):
        random, today = self.random, self.today
        for person in household.persons:
            age = person.age(today)
            if person.lives(today) and age >= 16:
                person.phone = self.identities.phone()
                person.bank_card = self.identities.bank_card()
            if random.random() < (.25 if age >= 60 else .05):
                person.health = 'chronic'
            elif random.random() < .02:
                person.health = 'serious'
            elif random.random() < .025:
                person.health = 'disabled'
                person.disability = random.choice([
                        'visual', 'hearing', 'speech', 'physical',
                        'physical', 'intellectual', 'mental'])
        household.mu = random.randint(2, 3) + round(
            random.uniform(.8, 1.9) * len(household.persons), 1)
        household.trend = (
            random.uniform(.78, .97) if random.random() < .14
            else random.uniform(1.01, 1.16))
        adults = sorted(
            household.adults(today), key=lambda p: p.birth_date)
        for i, person in enumerate(adults):
            # the oldest stays with the land
            person.works_away = random.random() < (
                .25 if i == 0 else .7 if person.age(today) < 46 else .35)
        staying = [
            p for p in household.persons
            if p.lives(today) and 20 <= p.age(today) < 72
            and p.health in {'healthy', 'chronic'} and not p.works_away]
        if staying:
            min(staying, key=lambda p: abs(p.age(today) - 46)).grows = True

    def register(self, households):
        """Register most households as poor in the years of 建档立卡, lifted
        since 2021, some of them watched."""
        random = self.random
        causes = [
            'illness', 'illness', 'disability', 'schooling', 'disaster',
            'land', 'skill', 'labour', 'labour', 'capital', 'road', 'other']
        risks = ['illness', 'illness', 'accident', 'disaster', 'work',
            'work', 'schooling', 'industry']
        drawn = households[:]
        random.shuffle(drawn)
        lifted = drawn[:round(.58 * len(drawn))]
        others = drawn[len(lifted):]
        for household in lifted:
            household.registrations += [
                ('poor_2014',
                    dt.date(random.choice([2014, 2014, 2015, 2016]),
                        random.randint(1, 12), 1),
                    dt.date(2020, 12, 31), random.choice(causes)),
                ('lifted_2021', dt.date(2021, 1, 1), None, None),
                ]
        for candidates, kind, share in [
                (lifted, 'unstable_2021', .07),
                (others, 'marginal_2021', .11),
                (others, 'hardship_2021', .06),
                ]:
            for household in random.sample(
                    candidates, round(share * len(candidates))):
                cause = random.choice(risks)
                since = dt.date(
                    random.randint(2021, 2024), random.randint(1, 12),
                    random.randint(1, 28))
                solved = random.random() < .6
                until = (
                    since + random.randint(200, 420) * DAY if solved
                    else dt.date(2025, 12, 31))
                household.registrations.append((kind, since, until, cause))
                if not solved:
                    household.registrations.append((
                            'prevention_2026', dt.date(2026, 1, 1), None,
                            cause))
        for household in random.sample(
                drawn, round(.025 * len(drawn))):
            if 'prevention_2026' not in {
                    k for k, *_ in household.registrations}:
                household.registrations.append((
                        'prevention_2026',
                        dt.date(2026, random.randint(2, 9),
                            random.randint(1, 28)),
                        None, random.choice(risks)))
        for household in drawn:
            start = household.start_date or RECORD
            household.registrations = [
                (kind, max(from_date, start), to_date, cause)
                for kind, from_date, to_date, cause in household.registrations
                if from_date <= self.today
                and (not to_date or to_date > start)]
