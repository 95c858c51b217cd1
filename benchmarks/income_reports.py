# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""W3 and W4: the income of households by year, township and enterprise."""
from decimal import Decimal

from .county import COUNTY, TOWNSHIP
from .screen import Screen
from .server import LocalClient

MODEL = 'fupin.industry.household_income'
AREA = 'fupin.industry.area_income'


def run(bench):
    yield all_households(bench)
    yield one_township(bench)
    yield boards(bench)


def all_households(bench):
    "W3a: the net income of each household and year, as rows"
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    Year = Pool(bench.database).get('fupin.household.year')

    def floor():
        return bench.select(
            'SELECT household, year, sum(amount - cost) FROM fupin_income '
            'GROUP BY household, year')

    def ours():
        with Transaction().start(bench.database, 0, readonly=True):
            table = Year.__table__()
            cursor = Transaction().connection.cursor()
            cursor.execute(*table.select(
                    table.household, table.year, table.net))
            return cursor.fetchall()

    def check(ours, floor):
        expected = {(h, y): net for h, y, net in floor}
        if len(ours) < len(expected) or any(
                net != expected.get((h, y), 0) for h, y, net in ours):
            return "the net income of a household differs"
    return bench.alternate(
        'W3a household x year, whole county', ours, floor, 1.3, check=check)


def year_and_township(bench):
    "The last whole year and the township of the officer"
    (year,), = bench.select(
        'SELECT id FROM fupin_income_year ORDER BY start_date DESC '
        'OFFSET 1 LIMIT 1')
    (township,), = bench.select(
        'SELECT a.area FROM "res_user-country_subdivision" a '
        'JOIN res_user u ON a."user" = u.id WHERE u.login = %(login)s',
        login=TOWNSHIP)
    return year, township


def one_township(bench):
    "W3b: the first page and the totals, as the township's officer"
    year, township = year_and_township(bench)
    client = LocalClient(bench.database, TOWNSHIP)
    screen = Screen(client, MODEL, 'tree', context={
            'year': year, 'township': township})

    def floor():
        return bench.select(
            'SELECT i.household, i.year, '
            'sum(i.amount) FILTER (WHERE i.industry), '
            'sum(i.amount - i.cost) FROM fupin_income i '
            'JOIN fupin_household h ON i.household = h.id '
            'JOIN country_subdivision a ON h.area = a.id '
            'WHERE a.township = %(township)s GROUP BY i.household, i.year',
            township=township)

    def ours():
        totals = client.model(
            MODEL + '.context', 'on_change', {
                'year': year, 'township': township, 'village': None,
                'registration_kind': None, 'cooperative': None,
                'enterprise': None, 'industry_only': False,
                }, ['year'])
        return screen.open([]), totals

    def check(ours, floor):
        rows, totals = ours
        industry = {h: i or 0 for h, y, i, _ in floor if y == year}
        net = {h: n for h, y, _, n in floor if y == year}
        if number(find(totals, 'total_industry_income')) != sum(
                industry.values()):
            return "the total differs"
        for row in rows:
            household = row['household']
            if (number(row['industry_income']) != industry[household]
                    or number(row['net']) != net[household]):
                return f"household {household} differs"
        first = sorted(industry.values(), reverse=True)[:len(rows)]
        if [number(r['industry_income']) for r in rows] != first:
            return "the order differs"
    return bench.alternate(
        'W3b township, first page and totals', ours, floor, 1, check=check)


def find(changes, name):
    "Return the value of a name in what on_change answers"
    if isinstance(changes, dict):
        changes = [changes]
    for change in changes:
        if name in change:
            return change[name]


def number(value):
    "Return the Decimal of the answer of a server"
    if isinstance(value, dict):
        value = value['decimal']
    return Decimal(value or 0)


def boards(bench):
    "W3c: by enterprise and by township, as the county sees it"
    year, _ = year_and_township(bench)
    client = LocalClient(bench.database, COUNTY)
    screens = [
        Screen(client, AREA, 'tree', context={'year': year, 'level': level})
        for level in ['enterprise', 'township']]

    def floor():
        return bench.select(
            'SELECT i.enterprise, a.township, i.year, '
            'sum(i.amount) FILTER (WHERE i.industry), '
            'count(DISTINCT i.household) FROM fupin_income i '
            'JOIN fupin_household h ON i.household = h.id '
            'JOIN country_subdivision a ON h.area = a.id '
            'GROUP BY i.enterprise, a.township, i.year')

    def ours():
        return [screen.open([]) for screen in screens]

    def check(ours, floor):
        for rows, place in zip(ours, [0, 1]):
            name = ['enterprise', 'area'][place]
            expected = {}
            for row in floor:
                if row[2] == year and row[place]:
                    expected.setdefault(row[place], Decimal(0))
                    expected[row[place]] += row[3] or 0
            for row in rows:
                if number(row['industry_income']) != expected.get(
                        row[name], 0):
                    return f"{name} {row[name]} differs"
            if not rows:
                return f"nothing by {name}"
    return bench.alternate(
        'W3c by enterprise, by township', ours, floor, .2, check=check)
