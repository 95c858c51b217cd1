# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Invented households month by month, some of which fall back into poverty.

Everything follows from the seed.  The relapses are planted in the last of
three years; the others have what makes it hard to tell them apart: seasons,
pay that comes a month late, bad months, changes of work."""
import random
from collections import defaultdict, namedtuple
from decimal import Decimal

from trytond.modules.fupin_household import early_warning
from trytond.modules.fupin_household.income_change import CENT
from trytond.modules.fupin_household.early_warning import add_months

START = (2023, 10)
MONTHS = 36
LINE = Decimal(8500)
# what is planted, and how many of a hundred households
RELAPSES = {
    'job_lost': 4, 'no_delivery': 4, 'slow_fall': 4, 'expense': 3}
# what others go through without falling back
TROUBLES = {'bad_month': 15, 'changed_work': 3, 'small_expense': 5}

Household = namedtuple(
    'Household', ['persons', 'sources', 'costs', 'expenses', 'planted',
        'since'])


def months():
    return [add_months(START, i) for i in range(MONTHS)]


def draw(seed, size=400):
    "Return the households of the panel"
    numbers = random.Random(f'panel {seed}')
    plan = [
        kind for kind, share in {**RELAPSES, **TROUBLES}.items()
        for _ in range(size * share // 100)]
    plan += [None] * (size - len(plan))
    numbers.shuffle(plan)
    return [_draw_one(numbers, kind) for kind in plan]


def _draw_one(numbers, planted):
    persons = numbers.randint(1, 5)
    since = numbers.randint(MONTHS - 10, MONTHS - 4)
    # what the household lives on, of a year and together above the line
    level = float(LINE) * persons * numbers.uniform(1.15, 2.5)
    grower = planted == 'no_delivery' or (
        planted != 'job_lost' and numbers.random() < .5)
    main = numbers.uniform(.5, .8)
    # the season of mushrooms or of watermelons
    season = numbers.choice([(11, 12, 1, 2, 3), (6, 7, 8)])
    if planted == 'no_delivery':
        # a season that lies in the last ten months
        since = MONTHS - 10 if 11 in season else MONTHS - 6
    growth = numbers.uniform(1.0, 1.08)
    sources, costs = defaultdict(dict), {}

    def add(source, month, amount):
        amounts = sources[source]
        amounts[month] = amounts.get(month, Decimal(0)) + (
            Decimal(round(amount)).quantize(CENT))

    for index, month in enumerate(months()):
        yearly = level * growth ** (index / 12)
        over = index >= since
        noise = max(numbers.gauss(1, .12), .3)
        if planted == 'bad_month' and index == since:
            noise *= .3
        if planted == 'slow_fall' and over:
            noise *= .45
        # pay that comes a month late, at times
        late = add_months(month, numbers.random() < .08)
        if grower:
            # net of a cost of about three tenths
            if month[1] in season and not (
                    planted == 'no_delivery' and over):
                amount = yearly * main / len(season) / .7 * noise
                add('cooperative', late, amount)
                costs[late] = costs.get(late, Decimal(0)) + (
                    Decimal(round(amount * .3)).quantize(
                        CENT))
        elif not (planted == 'job_lost' and over):
            source = 'employer'
            if planted == 'changed_work' and over:
                source = 'new employer'
            add(source, late, yearly * main / 12 * noise)
        # odd jobs, and a pension that comes every month
        add('odd jobs', month, yearly * (1 - main) * .6 / 12
            * max(numbers.gauss(1, .4), 0))
        add('pension', month, yearly * (1 - main) * .4 / 12)
    expenses = {}
    if planted == 'expense':
        expenses[months()[since]] = Decimal(numbers.randint(12000, 60000))
    elif planted == 'small_expense':
        expenses[months()[since]] = Decimal(numbers.randint(1000, 9000))
    return Household(persons, dict(sources), costs, expenses, planted, since)


def found_at(household, month, standard):
    "Return the findings on the figures up to the month"
    return early_warning.look(
        household.sources, month, household.persons, LINE, standard,
        household.costs, early_warning.total(household.expenses, month, 12))


def found(household, standard):
    "Return the rules found in each month of the last year"
    return [
        {f.rule for f in found_at(household, month, standard)}
        for month in months()[-12:]]


def measure(households, standard):
    """Return recall by what was planted, recall, precision, and the median
    of the months from the relapse to the first warning.

    A warning before the relapse began counts as a false one."""
    caught, missed = defaultdict(int), defaultdict(int)
    false, delays = defaultdict(int), []
    for household in households:
        rules = found(household, standard)
        first = next((i for i, r in enumerate(rules) if r), None)
        if household.planted not in RELAPSES:
            false[household.planted] += first is not None
            continue
        begun = household.since - (MONTHS - 12)
        after = next(
            (i for i, r in enumerate(rules) if r and i >= begun), None)
        if first is not None and first < begun:
            false[household.planted] += 1
        if after is None:
            missed[household.planted] += 1
        else:
            caught[household.planted] += 1
            delays.append(after - begun + 1)
    hits = sum(caught.values())
    recall = {
        kind: caught[kind] / (caught[kind] + missed[kind])
        for kind in RELAPSES}
    return (
        recall, hits / (hits + sum(missed.values())),
        hits / (hits + sum(false.values())), dict(false),
        sorted(delays)[len(delays) // 2])
