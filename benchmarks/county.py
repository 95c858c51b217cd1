# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Fill a database with an invented county of any size, the same every time.

    python -m benchmarks.county -c trytond.conf -d NAME --scale 1

What decides how the system works (users, cooperatives with their books,
products, prices) goes through the models; the many rows go in by COPY and by
SQL, in the way in which the documents would have written them.  Only the
first cooperatives keep books; the others have members, deliveries and the
income that comes from them."""
import argparse
import datetime as dt
import random
import time
from collections import namedtuple
from decimal import Decimal

SEED = 'fupin'
PASSWORD = 'fupin-bench'
TOWNSHIP, COUNTY, AUDITOR = 'zhen', 'xian', 'shenji'
# a county
HOUSEHOLDS = 50_000
COOPERATIVES = 300
TOWNSHIPS = 15
MEMBERS = 20_000
DELIVERIES = 250_000
YEARS = 5
VILLAGES, GROUPS = 15, 4
# cooperatives with books, each with a manager who logs in
BOOKS = 8
# members of the largest cooperative
LARGEST = 1_000
GIVEN = "建国志强永福长春德明新民保田成林秀桂玉凤淑兰翠彩月红爱香巧金银文"
RECORD = dt.date(2014, 1, 1)
DAY = dt.timedelta(days=1)
# what a new cooperative locks
LOCKED = [
    'account_configuration', 'account_fiscalyear', 'account_period',
    'company_company', 'ir_sequence_strict']


class Plan:
    "How many of what there are at a scale"

    def __init__(self, scale, today):
        def count(full, least=1):
            return max(least, round(full * scale))
        self.scale = scale
        self.today = today
        self.households = count(HOUSEHOLDS, 40)
        self.counties = count(1)
        self.townships = count(TOWNSHIPS, 2)
        self.cooperatives = count(COOPERATIVES, 2)
        self.members = count(MEMBERS, 8)
        self.deliveries = count(DELIVERIES, 40)
        self.books = min(BOOKS, self.cooperatives)
        self.largest = min(LARGEST, self.members // 2)
        last = today.year + (today.month >= 10)
        # each ends on 30 September, the last one is the current one
        self.years = range(last - YEARS + 1, last + 1)


Area = namedtuple('Area', 'id code name type parent county township village')


def managers(plan):
    return [f'she{i}' for i in range(1, plan.books + 1)]


class Loader:
    "Rows of a county by COPY"

    def __init__(self, plan, say=lambda text: None, trusted=True):
        from trytond.transaction import Transaction
        self.plan = plan
        self.say = say
        self.trusted = trusted
        self.random = random.Random(SEED)
        self.cursor = Transaction().connection.cursor()

    def execute(self, query, **values):
        self.cursor.execute(query, values or None)
        return self.cursor

    def value(self, query, **values):
        return self.execute(query, **values).fetchone()[0]

    def first_id(self, table):
        return self.value(f'SELECT coalesce(max(id), 0) + 1 FROM {table}')

    def copy(self, table, names, rows):
        "Write rows, whose first value is the id"
        columns = ', '.join(f'"{name}"' for name in names)
        with self.cursor.copy(f'COPY {table} ({columns}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        self.set_sequence(table)

    def insert(self, table, query, **values):
        "Write the rows of a query, whose columns are those named in it"
        self.execute(f'INSERT INTO {table} {query}', **values)
        self.set_sequence(table)

    def set_sequence(self, table):
        self.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
            f'(SELECT max(id) FROM {table}))')

    def load(self):
        for name in [
                'areas', 'years', 'users', 'books', 'cooperatives',
                'households', 'persons', 'registrations', 'members',
                'deliveries', 'effects', 'declarations', 'incomes',
                'household_years']:
            self.say(name)
            if name == 'cooperatives' and self.trusted:
                # the rows refer to what is there by construction; a small
                # county, loaded with all checks, is tested for it
                self.execute('SET LOCAL session_replication_role = replica')
            getattr(self, f'load_{name}')()

    # Through the models

    def load_areas(self):
        from trytond.pool import Pool
        Country = Pool().get('country.country')
        country, = (Country.search([('code', '=', 'CN')])
            or Country.create([{'name': "中国", 'code': 'CN'}]))
        id_ = self.first_id('country_subdivision')
        self.areas = []

        def add(code, name, type_, parent=None):
            nonlocal id_
            above = {
                t: getattr(parent, t, None)
                for t in ['county', 'township', 'village']}
            above[type_] = id_
            area = Area(
                id_, code, name, type_, parent.id if parent else None,
                above['county'], above['township'], above['village'])
            self.areas.append(area)
            id_ += 1
            return area
        counties = [
            add(f'{410999 - i}', f'禾望县{i + 1}', 'county')
            for i in range(self.plan.counties)]
        for i in range(self.plan.townships):
            county = counties[i % len(counties)]
            township = add(
                f'{county.code}{100 + i // len(counties)}', f'第{i + 1}镇',
                'township', county)
            for j in range(VILLAGES):
                village = add(
                    f'{township.code}{201 + j}', f'第{j + 1}村', 'village',
                    township)
                for k in range(GROUPS):
                    add(f'{village.code}{k + 1:02}', f'{k + 1}组', 'group',
                        village)
        self.copy(
            'country_subdivision', [
                'id', 'code', 'name', 'type', 'parent', 'county', 'township',
                'village', 'country', 'active'],
            [(*area, country.id, True) for area in self.areas])
        self.groups = [a for a in self.areas if a.type == 'group']

    def load_years(self):
        from trytond.pool import Pool
        Year = Pool().get('fupin.income.year')
        self.years = Year.create([{
                    'name': f'{year}年度',
                    'start_date': dt.date(year - 1, 10, 1),
                    'end_date': dt.date(year, 9, 30),
                    } for year in self.plan.years])

    def load_users(self):
        from trytond.pool import Pool
        import users
        pool = Pool()
        Lang = pool.get('ir.lang')
        ModelData = pool.get('ir.model.data')
        User = pool.get('res.user')
        language, = Lang.search([('code', '=', 'zh_CN')])
        counties = [a.id for a in self.areas if a.type == 'county']
        township = next(a.id for a in self.areas if a.type == 'township')

        def user(login, groups, areas=()):
            return {
                'login': login,
                'name': login,
                'password': PASSWORD,
                'language': language.id,
                'groups': [('add', [
                            ModelData.get_id(*g.split('.'))
                            for g in groups])],
                'areas': [('add', list(areas))],
                }
        self.users = User.create([
                user(TOWNSHIP, users.GROUPS['qingshi'], [township]),
                user(COUNTY, users.GROUPS['nongye'], counties),
                user(AUDITOR, users.GROUPS['shenji'], counties),
                *[user(login, users.MANAGER)
                    for login in managers(self.plan)]])

    def load_books(self):
        "The cooperatives that keep books, what they buy and at what price"
        from trytond.pool import Pool
        from trytond.transaction import Transaction
        from identity import credit_code
        pool = Pool()
        Company = pool.get('company.company')
        Enterprise = pool.get('fupin.enterprise')
        ModelData = pool.get('ir.model.data')
        Price = pool.get('fupin.price')
        Template = pool.get('product.template')
        User = pool.get('res.user')
        kilogram = ModelData.get_id('product', 'uom_kilogram')
        township, county, auditor, *chiefs = self.users
        start = dt.date(self.plan.years[0] - 1, 10, 1)
        self.companies = []
        for i, chief in enumerate(chiefs, 1):
            company = Company.create_cooperative(
                f"第{i}专业合作社", credit_code('93', '410999', i),
                # each year takes its time; what is older has no books
                range(self.plan.today.year - 1, self.plan.today.year + 1))
            self.companies.append(company)
            User.write([chief], {
                    'companies': [('add', [company.id])],
                    'company': company.id,
                    })
        first = self.companies[0]
        with Transaction().set_context(
                company=first.id, companies=[c.id for c in self.companies]):
            template, = Template.create([{
                        'name': "鲜香菇",
                        'type': 'goods',
                        'default_uom': kilogram,
                        'salable': True,
                        'sale_uom': kilogram,
                        'account_category': ModelData.get_id(
                            'fupin_coop', 'category_produce'),
                        'products': [('create', [{}])],
                        'grades': [('create', [
                                    {'code': 'A', 'name': "A级"},
                                    {'code': 'B', 'name': "B级"}])],
                        }])
            self.product, = template.products
            self.grades = [g.id for g in template.grades]
            self.unit = kilogram
            for company in self.companies:
                with Transaction().set_context(company=company.id):
                    Price.create([{
                                'company': company.id,
                                'product': self.product.id,
                                'grade': grade,
                                'unit': kilogram,
                                'from_date': start,
                                'price': Decimal(price),
                                'floor_price': Decimal(4),
                                } for grade, price in zip(
                                self.grades, ['7.60', '6.40'])])
            villages = [a for a in self.areas if a.type == 'village']
            self.enterprises = Enterprise.create([{
                        'name': f"第{i}基地",
                        'company': company.id,
                        'kind': 'mushroom',
                        'area': villages[i * 7 % len(villages)].id,
                        'start_date': start,
                        'products': [('add', [self.product.id])],
                        } for i, company in enumerate(self.companies)])
        self.companies = [c.id for c in self.companies]
        self.enterprises = [e.id for e in self.enterprises]
        User.write([county, auditor], {
                'companies': [('add', self.companies)],
                'company': self.companies[0],
                'company_filter': 'all',
                })

    # By COPY

    def new_parties(self, names):
        "Write parties with no more than a name and return their ids"
        first = self.first_id('party_party')
        rows = [
            (first + i, name, f'X{first + i:08}', f'X{first + i:08}', True)
            for i, name in enumerate(names)]
        self.copy(
            'party_party', ['id', 'name', 'code', 'code_alnum', 'active'],
            rows)
        return [row[0] for row in rows]

    def load_cooperatives(self):
        "Those without books"
        others = self.plan.cooperatives - len(self.companies)
        if not others:
            return
        currency = self.value(
            'SELECT currency FROM company_company WHERE id = %(id)s',
            id=self.companies[0])
        parties = self.new_parties(
            f"第{i}专业合作社" for i in range(
                self.plan.books + 1, self.plan.cooperatives + 1))
        first = self.first_id('company_company')
        self.copy(
            'company_company', [
                'id', 'party', 'currency', 'cooperative', 'timezone'],
            [(first + i, party, currency, True, 'Asia/Shanghai')
                for i, party in enumerate(parties)])
        companies = range(first, first + others)
        self.companies.extend(companies)
        villages = [a for a in self.areas if a.type == 'village']
        enterprise = self.first_id('fupin_enterprise')
        start = dt.date(self.plan.years[0] - 1, 10, 1)
        self.copy(
            'fupin_enterprise', [
                'id', 'name', 'company', 'kind', 'area', 'start_date'],
            [(enterprise + i, f"基地{company}", company, 'mushroom',
                    villages[company * 7 % len(villages)].id, start)
                for i, company in enumerate(companies)])
        self.enterprises.extend(range(enterprise, enterprise + others))

    def load_households(self):
        self.first_household = self.first_id('fupin_household')
        numbers = {}
        self.household_areas = []

        def rows():
            for i in range(self.plan.households):
                area = self.groups[i % len(self.groups)]
                number = numbers[area.village] = (
                    numbers.get(area.village, 0) + 1)
                self.household_areas.append(area.id)
                yield (
                    self.first_household + i,
                    f'{area.code[:12]}{number:05}', area.id)
        self.copy('fupin_household', ['id', 'number', 'area'], rows())

    def load_persons(self):
        from identity import SURNAMES, Identities
        rand = self.random
        identities = Identities(rand)
        today = self.plan.today
        self.first_person = self.first_id('fupin_person')
        person = self.first_person
        self.heads = []
        persons, memberships = [], []
        for i, area in enumerate(self.household_areas):
            surname = rand.choice(SURNAMES)
            for j in range(rand.choices(range(1, 7), [2, 5, 6, 6, 3, 1])[0]):
                relation = ['head', 'spouse', 'son'][min(j, 2)]
                sex = 'female' if relation == 'spouse' else 'male'
                age = rand.randint(26, 78) if j < 2 else rand.randint(0, 25)
                birth = today - dt.timedelta(
                    days=age * 365 + rand.randint(1, 364))
                if j == 0:
                    self.heads.append(person)
                persons.append((
                        person,
                        surname + rand.choice(GIVEN) + rand.choice(GIVEN),
                        sex, birth, area, identities.id_number(birth, sex),
                        identities.phone() if j == 0 else None))
                until = None
                if j == 1 and rand.random() < .05:
                    until = today - dt.timedelta(days=rand.randint(30, 1800))
                since = max(birth, RECORD)
                memberships.append((
                        self.first_household + i, person, relation, since,
                        until, 'record' if since == RECORD else 'birth'))
                person += 1
        self.copy(
            'fupin_person', [
                'id', 'name', 'sex', 'birth_date', 'area',
                'id_number_naked', 'phone_naked'], persons)
        first = self.first_id('fupin_household_membership')
        self.copy(
            'fupin_household_membership', [
                'id', 'household', 'person', 'relation', 'from_date',
                'to_date', 'reason'],
            [(i, *row) for i, row in enumerate(memberships, first)])

    def load_registrations(self):
        kind = self.value(
            "SELECT id FROM fupin_registration_kind WHERE code = %(code)s",
            code='lifted_2021')
        first = self.first_id('fupin_household_registration')
        self.copy(
            'fupin_household_registration', [
                'id', 'household', 'kind', 'from_date'],
            [(first + i, household, kind, dt.date(2021, 1, 1))
                for i, household in enumerate(range(
                        self.first_household,
                        self.first_household + self.plan.households, 5))])

    def load_members(self):
        plan = self.plan
        heads = self.random.sample(
            range(plan.households), min(plan.members, plan.households))
        names = dict(self.execute(
                'SELECT id, name FROM fupin_person WHERE id >= %(first)s',
                first=self.first_person).fetchall())
        parties = self.new_parties(names[self.heads[i]] for i in heads)
        first = self.first_id('fupin_member')
        start = dt.date(plan.years[0] - 2, 3, 1)
        self.members, owners = [], []
        others = self.companies[1:]
        for i, (index, party) in enumerate(zip(heads, parties)):
            company = (self.companies[0] if i < plan.largest
                else others[i % len(others)])
            self.members.append((
                    first + i, company, f'L{i:06}', 'farmer',
                    self.heads[index], self.first_household + index, party,
                    start))
            owners.append((self.heads[index], party))
        self.copy(
            'fupin_member', [
                'id', 'company', 'number', 'kind', 'person', 'household',
                'party', 'from_date'], self.members)
        self.execute(
            'CREATE TEMPORARY TABLE owner (person integer, party integer)')
        with self.cursor.copy('COPY owner FROM STDIN') as copy:
            for row in owners:
                copy.write_row(row)
        self.execute(
            'UPDATE fupin_person SET party = owner.party FROM owner '
            'WHERE owner.person = fupin_person.id')

    def load_deliveries(self):
        rand = self.random
        plan = self.plan
        warehouses = dict(self.execute(
                'SELECT id, warehouse FROM company_company').fetchall())
        shared = warehouses[self.companies[0]]
        enterprises = dict(zip(self.companies, self.enterprises))
        first = self.first_id('fupin_delivery')
        start = dt.date(plan.years[0] - 1, 10, 1)
        days = (plan.today - start).days
        dates = sorted(
            start + rand.randint(0, days - 1) * DAY
            for _ in range(plan.deliveries))
        prices = [Decimal('7.60'), Decimal('6.40')]

        def rows():
            for i, date in enumerate(dates):
                member, company, _, _, person, household, party, _ = (
                    rand.choice(self.members))
                grade = rand.randint(0, 1)
                gross = Decimal(rand.randint(300, 3000)) / 10
                tare = Decimal('1.2')
                net = gross - tare
                amount = round(net * prices[grade], 2)
                yield (
                    first + i, company, f'L{first + i:08}', date, 'posted',
                    member, party, household, person, 'purchase',
                    self.product.id, self.grades[grade], self.unit, gross,
                    tare, net, 0, 0, net, self.unit, prices[grade], 4,
                    amount, warehouses[company] or shared,
                    enterprises[company], 1, date)
        self.copy(
            'fupin_delivery', [
                'id', 'company', 'number', 'date', 'state', 'member',
                'grower', 'household', 'person', 'method', 'product',
                'grade', 'unit', 'gross', 'tare', 'net', 'deduction_rate',
                'deduction', 'quantity', 'price_unit', 'price',
                'floor_price', 'amount', 'warehouse', 'enterprise',
                'posted_by', 'posted_at'], rows())

    # By SQL

    def load_effects(self):
        "What the posted deliveries wrote into stock, books and accounts"
        from trytond.pool import Pool
        Account = Pool().get('account.configuration')
        Company = Pool().get('company.company')
        Location = Pool().get('stock.location')
        self.insert('fupin_member_entry', """
            (company, member, date, entry, kind, origin, product, quantity,
                unit, amount)
            SELECT company, member, date, 'posting', 'trade',
                'fupin.delivery,' || id, product, quantity, unit, amount
            FROM fupin_delivery ORDER BY id""")
        supplier, = Location.search(
            [('type', '=', 'supplier')], order=[('id', 'ASC')], limit=1)
        for company in Company.browse(self.companies[:self.plan.books]):
            values = {
                'company': company.id,
                'storage': company.warehouse.storage_location.id,
                'supplier': supplier.id,
                'currency': company.currency.id,
                'journal': Account.get_delivery_journal(company).id,
                'stock': Account.get_chart_account('121', company).id,
                'payable': Account.get_cooperative_account(
                    'member_payable', company).id,
                }
            self.insert('stock_lot', """
                (number, product, company, delivery, grower, active)
                SELECT number, product, company, id, grower, TRUE
                FROM fupin_delivery WHERE company = %(company)s
                ORDER BY id""", **values)
            self.insert('stock_move', """
                (company, product, unit, quantity, internal_quantity,
                    from_location, to_location, lot, effective_date,
                    unit_price, cost_price, currency, origin, state)
                SELECT d.company, d.product, d.unit, d.quantity, d.quantity,
                    %(supplier)s, %(storage)s, l.id, d.date, d.price,
                    d.price, %(currency)s, 'fupin.delivery,' || d.id, 'done'
                FROM fupin_delivery d JOIN stock_lot l ON l.delivery = d.id
                WHERE d.company = %(company)s ORDER BY d.id""", **values)
            self.insert('account_move', """
                (company, journal, period, date, post_date, number, origin,
                    state)
                SELECT d.company, %(journal)s, p.id, d.date, d.date,
                    d.number, 'fupin.delivery,' || d.id, 'posted'
                FROM fupin_delivery d
                JOIN account_fiscalyear y ON y.company = d.company
                JOIN account_period p ON p.fiscalyear = y.id
                    AND d.date BETWEEN p.start_date AND p.end_date
                WHERE d.company = %(company)s ORDER BY d.id""", **values)
            self.execute("""
                UPDATE fupin_delivery d SET lot = l.id,
                    move = (SELECT m.id FROM account_move m
                        WHERE m.origin = 'fupin.delivery,' || d.id)
                FROM stock_lot l
                WHERE l.delivery = d.id AND d.company = %(company)s""",
                **values)
            self.insert('account_move_line', """
                (move, account, party, debit, credit, maturity_date, state)
                SELECT move, %(stock)s, NULL, amount, 0, NULL, 'valid'
                FROM fupin_delivery
                WHERE company = %(company)s AND move IS NOT NULL
                UNION ALL
                SELECT move, %(payable)s, grower, 0, amount, date, 'valid'
                FROM fupin_delivery
                WHERE company = %(company)s AND move IS NOT NULL
                ORDER BY 1""", **values)

    def load_declarations(self):
        """One of each household and year, of five to nine lines.  The numbers
        come from a hash of the id, which is the same every time."""
        township, county, *_ = self.users
        values = {
            'declared': township.id, 'verified': county.id,
            'today': self.plan.today,
            }
        self.insert('fupin_income_declaration', """
            (number, household, date, declared_by, verified_by, state)
            SELECT 'S' || h.id || '-' || y.id, h.id,
                least(y.end_date, %(today)s), %(declared)s, %(verified)s,
                'verified'
            FROM fupin_household h, fupin_income_year y ORDER BY y.id, h.id
            """, **values)
        self.insert('fupin_income_declaration_line', """
            (declaration, category, date, amount, cost, source)
            SELECT d.id, c.id,
                d.date - abs(hashint4(d.id * 16 + i))
                    %% greatest(d.date - y.start_date, 1),
                round(100 + abs(hashint4(d.id * 16 + i)) %% 800000
                    / 100.0, 2),
                CASE WHEN c.code = 'business_own' THEN round(
                    abs(hashint4(d.id * 16 + i)) %% 30000 / 100.0, 2)
                ELSE 0 END,
                '村委会核实'
            FROM fupin_income_declaration d
            JOIN fupin_income_year y
                ON d.date BETWEEN y.start_date AND y.end_date
            CROSS JOIN generate_series(1, 9) i
            JOIN (SELECT id, code, row_number() OVER (ORDER BY id) AS place
                FROM fupin_income_category WHERE declarable) c
                ON c.place = 1 + (d.id + i) %% 9
            WHERE i <= 5 + abs(hashint4(d.id)) %% 5
            ORDER BY d.id, i""", **values)

    def load_incomes(self):
        "The ledger: what comes from the deliveries and the declarations"
        self.insert('fupin_income', """
            (household, person, company, enterprise, category, income_class,
                industry, date, year, amount, cost, origin, entry)
            SELECT d.household, d.person, d.company, d.enterprise,
                c.id, r.income_class, r.industry, d.date, y.id, d.amount, 0,
                'fupin.delivery,' || d.id, 'posting'
            FROM fupin_delivery d
            JOIN fupin_income_category c ON c.code = 'sale'
            JOIN fupin_income_category_rule r ON r.category = c.id
            JOIN fupin_income_year y
                ON d.date BETWEEN y.start_date AND y.end_date
            ORDER BY d.id""")
        self.insert('fupin_income', """
            (household, person, category, income_class, industry, date, year,
                amount, cost, origin, entry)
            SELECT d.household, l.person, l.category, r.income_class,
                r.industry, l.date, y.id, l.amount, l.cost,
                'fupin.income.declaration.line,' || l.id, 'posting'
            FROM fupin_income_declaration_line l
            JOIN fupin_income_declaration d ON l.declaration = d.id
            JOIN fupin_income_category_rule r ON r.category = l.category
            JOIN fupin_income_year y
                ON l.date BETWEEN y.start_date AND y.end_date
            ORDER BY l.id""")

    def load_household_years(self):
        "What is kept of the ledger, where it is"
        from trytond.pool import Pool
        Year = Pool().get('fupin.household.year')
        if self.trusted:
            self.execute('SET LOCAL session_replication_role = origin')
        # else the database does not know how much there is
        self.execute('ANALYZE')
        if rebuild := getattr(Year, 'rebuild', None):
            rebuild()


def run(database, plan, say=lambda text: None, trusted=True):
    "Load the county and commit; without trusted, foreign keys are checked"
    from trytond.transaction import Transaction, TransactionError
    extras = {'_lock_tables': LOCKED}
    while True:
        with Transaction().start(
                database, 1, context={
                    'language': 'zh_CN', '_skip_warnings': True},
                **extras) as transaction:
            try:
                Loader(plan, say, trusted).load()
                transaction.commit()
                break
            except TransactionError as error:
                transaction.rollback()
                error.fix(extras)
                say(f"again, with the lock of {extras['_lock_tables'][-1]}")
            finally:
                transaction.tasks.clear()
    with Transaction().start(database, 0, autocommit=True) as transaction:
        say('analyze')
        transaction.connection.cursor().execute('VACUUM ANALYZE')


class Progress:
    "Tell what is done and when"

    def __init__(self):
        self.start = time.monotonic()

    def __call__(self, text):
        print(f'  {time.monotonic() - self.start:5.0f} s  {text}', flush=True)


def main():
    from trytond import config
    from trytond.pool import Pool
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('-c', '--config', required=True)
    parser.add_argument('-d', '--database', required=True)
    parser.add_argument('--scale', type=float, required=True)
    args = parser.parse_args()
    config.update_etc(args.config)
    Pool.start()
    Pool(args.database).init()
    run(args.database, Plan(args.scale, dt.date.today()),
        say=Progress())


if __name__ == '__main__':
    main()
