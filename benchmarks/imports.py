# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""W1 and W2: sheets through the importers, from the file to the rows with
the dry run and all checks, beside COPY of the same rows."""
import csv
import datetime as dt
import io
import random
import time
from contextlib import contextmanager

from .measure import AnswerError

HOUSEHOLDS = 50_000
LINES = 100_000
LIMIT = 6
DAY = dt.date(2026, 2, 1)
FIRST_BIRTH = dt.date(1900, 1, 1)
RELATIONS = [("户主", 'head'), ("配偶", 'spouse'), ("之子", 'son')]


def run(bench):
    yield households(bench)
    yield incomes(bench)


@contextmanager
def rolled_back(bench, user=0):
    from trytond.transaction import Transaction
    with Transaction().start(
            bench.database, user, context={'language': 'zh_CN'}
            ) as transaction:
        try:
            yield transaction
        finally:
            transaction.rollback()
            transaction.tasks.clear()


def officers(bench):
    "Make, once, two who may do it in the whole county, and return their ids"
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    with Transaction().start(bench.database, 1) as transaction:
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        Subdivision = pool.get('country.subdivision')
        User = pool.get('res.user')
        language, = pool.get('ir.lang').search([('code', '=', 'zh_CN')])
        users = User.search([('login', 'in', ['daoru', 'hecha'])])
        if not users:
            areas = [
                a.id for a in Subdivision.search([('type', '=', 'county')])]
            users = User.create([{
                        'login': login, 'name': login,
                        'language': language.id,
                        'groups': [('add', [ModelData.get_id(
                                        'fupin_household', group)])],
                        'areas': [('add', areas)],
                        } for login, group in [
                        ('daoru', 'group_township'),
                        ('hecha', 'group_county')]])
            transaction.commit()
        return sorted(u.id for u in users)


def sheet(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


class Clock:
    "Seconds of the parts of an import, the last time"

    def __init__(self):
        self.parts = {}

    @contextmanager
    def __call__(self, name):
        start = time.perf_counter()
        yield
        self.parts[name] = time.perf_counter() - start

    def __str__(self):
        return ', '.join(f'{n} {s:.1f} s' for n, s in self.parts.items())


def load(bench, clock, officer, kind, data, verifier=None, answer=None):
    "Import the file as its user does, and return the answer"
    from trytond.modules.fupin_household import import_work
    from trytond.pool import Pool
    commit, import_work.commit = import_work.commit, lambda: None
    try:
        with rolled_back(bench, officer) as transaction:
            Import = Pool().get('fupin.import')
            with clock('dry run'):
                import_, = Import.create([{
                            'kind': kind, 'filename': 'bench.csv',
                            'date': DAY, 'data': data, 'source': "核查"}])
                Import.check([import_])
                Import.work([import_])
            with clock('load'):
                Import.load_all([Import(import_.id)])
                Import.work([import_])
            if verifier:
                with clock('verify'), transaction.set_user(verifier):
                    Import.verify([Import(import_.id)])
                    Import.work([import_])
            import_ = Import(import_.id)
            if import_.rows_bad or import_.error:
                raise ValueError(
                    import_.error or import_.problems[0].message)
            return answer and answer(transaction.connection.cursor())
    finally:
        import_work.commit = commit


def last_ids(bench, tables):
    return {
        t: bench.select(f'SELECT coalesce(max(id), 0) FROM {t}')[0][0]
        for t in tables}


def copy(cursor, table, names, rows):
    columns = ', '.join(f'"{name}"' for name in names)
    with cursor.copy(f'COPY {table} ({columns}) FROM STDIN') as copy_:
        for row in rows:
            copy_.write_row(row)


def same_rows(name, ours, floor, answer):
    "Compare what both write, once and outside of the clock"
    if ours(answer) != floor(answer):
        raise AnswerError(f"{name}: the rows differ")


def households(bench):
    "W1: households with their persons"
    from identity import GIVEN, SURNAMES, Identities
    officer, _ = officers(bench)
    count = max(50, round(HOUSEHOLDS * bench.plan.scale))
    rand = random.Random('imports')
    identities = Identities(rand)
    groups = bench.select(
        "SELECT id, code FROM country_subdivision WHERE type = 'group' "
        'ORDER BY id')
    rows = [[
            "户编号", "行政区划代码", "家庭住址", "与户主关系", "姓名",
            "性别", "出生日期", "证件号码", "联系电话", "健康状况"]]
    first = last_ids(bench, [
            'fupin_household', 'fupin_person', 'fupin_household_membership'])
    next_household = first['fupin_household'] + 1_000_000
    person = first['fupin_person'] + 1_000_000
    membership = first['fupin_household_membership'] + 1_000_000
    plain = {'household': [], 'person': [], 'membership': []}
    for i in range(count):
        area, code = groups[i % len(groups)]
        number = f'P{i:07}'
        address = f'{i}号'
        surname = rand.choice(SURNAMES)
        plain['household'].append(
            (next_household + i, number, area, address))
        for j in range(rand.choices(range(1, 7), [2, 5, 6, 6, 3, 1])[0]):
            label, relation = RELATIONS[min(j, 2)]
            sex = 'female' if relation == 'spouse' else 'male'
            # nobody of the county is so old
            birth = FIRST_BIRTH + dt.timedelta(days=rand.randint(0, 16000))
            name = surname + rand.choice(GIVEN['male'][0]) + chr(0x4e00 + j)
            id_number = identities.id_number(birth, sex)
            phone = identities.phone()
            rows.append([
                    number, code, address, label, name,
                    "女" if sex == 'female' else "男", birth, id_number,
                    phone, "健康"])
            plain['person'].append((
                    person, name, sex, birth, area, id_number, phone,
                    'healthy'))
            plain['membership'].append((
                    membership, next_household + i, person, relation, DAY,
                    'record'))
            person += 1
            membership += 1
    data = sheet(rows)
    clock = Clock()

    def answer(cursor):
        cursor.execute(
            'SELECT h.number, h.area, h.address, m.relation, m.from_date, '
            'p.name, p.sex, p.birth_date, p.area, p.id_number_naked, '
            'p.phone_naked, p.health_naked '
            'FROM fupin_household h '
            'JOIN fupin_household_membership m ON m.household = h.id '
            'JOIN fupin_person p ON m.person = p.id '
            "WHERE h.number LIKE 'P%%' ORDER BY p.id_number_naked")
        return hash(tuple(cursor.fetchall())), cursor.rowcount

    def floor(compare=None):
        with rolled_back(bench) as transaction:
            cursor = transaction.connection.cursor()
            copy(cursor, 'fupin_household', [
                    'id', 'number', 'area', 'address'], plain['household'])
            copy(cursor, 'fupin_person', [
                    'id', 'name', 'sex', 'birth_date', 'area',
                    'id_number_naked', 'phone_naked', 'health_naked'],
                plain['person'])
            copy(cursor, 'fupin_household_membership', [
                    'id', 'household', 'person', 'relation', 'from_date',
                    'reason'], plain['membership'])
            return compare and compare(cursor)

    def ours(compare=None):
        return load(
            bench, clock, officer, 'registry', data, answer=compare)
    same_rows('W1', ours, floor, answer)
    result = bench.alternate('W1 import of a registry', ours, floor, LIMIT)
    result.note = (
        f'{count} households, {len(plain["person"])} persons: {clock}')
    return result


def incomes(bench):
    "W2: declared income, verified and posted"
    officer, verifier = officers(bench)
    count = max(50, round(LINES * bench.plan.scale))
    (year,), = bench.select(
        'SELECT id FROM fupin_income_year '
        'WHERE %(day)s BETWEEN start_date AND end_date', day=DAY)
    categories = bench.select(
        'SELECT c.id, c.code, r.income_class, r.industry '
        'FROM fupin_income_category c '
        'JOIN fupin_income_category_rule r ON r.category = c.id '
        "WHERE c.code IN ('wage_outside', 'pension') ORDER BY c.id")
    found = bench.select(
        'SELECT id, number FROM fupin_household ORDER BY id LIMIT %(count)s',
        count=-(-count // len(categories)))
    tables = [
        'fupin_income_declaration', 'fupin_income_declaration_line',
        'fupin_income']
    first = last_ids(bench, tables)
    declaration, line, income = (first[t] + 1_000_000 for t in tables)
    rows = [["户编号", "收入项目", "日期", "金额", "来源"]]
    plain = {t: [] for t in tables}
    for id_, number in found:
        declaration += 1
        plain[tables[0]].append((
                declaration, f'P{declaration}', id_, DAY, officer, verifier,
                'verified'))
        for category, code, class_, industry in categories:
            line += 1
            income += 1
            amount = f'{100 + line % 9000}.{line % 100:02}'
            rows.append([number, code, DAY, amount, "核查"])
            plain[tables[1]].append((
                    line, declaration, category, DAY, amount, 0, "核查"))
            plain[tables[2]].append((
                    income, id_, category, class_, industry, DAY, year,
                    amount, 0, f'fupin.income.declaration.line,{line}',
                    'posting'))
    data = sheet(rows)
    clock = Clock()
    names = [
        ['id', 'number', 'household', 'date', 'declared_by', 'verified_by',
            'state'],
        ['id', 'declaration', 'category', 'date', 'amount', 'cost',
            'source'],
        ['id', 'household', 'category', 'income_class', 'industry', 'date',
            'year', 'amount', 'cost', 'origin', 'entry']]

    def answer(cursor):
        cursor.execute(
            'SELECT i.household, i.category, i.income_class, i.industry, '
            'i.date, i.year, i.amount, i.cost '
            'FROM fupin_income i WHERE i.id > %(first)s '
            'ORDER BY i.household, i.category',
            {'first': first['fupin_income']})
        return hash(tuple(cursor.fetchall())), cursor.rowcount

    def floor(compare=None):
        with rolled_back(bench) as transaction:
            cursor = transaction.connection.cursor()
            for table, columns in zip(tables, names):
                copy(cursor, table, columns, plain[table])
            return compare and compare(cursor)

    def ours(compare=None):
        return load(
            bench, clock, officer, 'income', data, verifier, compare)
    same_rows('W2', ours, floor, answer)
    result = bench.alternate('W2 import of income', ours, floor, LIMIT)
    result.note = f'{len(rows) - 1} lines: {clock}'
    return result
