# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Two people do the same at once: it is booked once.

Each is a process of its own with its own connection; both wait until the
other one is ready too."""
import datetime as dt
import json
import os
import subprocess
import sys
import time
from decimal import Decimal as D

import pytest

MODULES = ['fupin_coop']
ROUNDS = 5
DAY = dt.date(2026, 3, 10)
TIMEOUT = 300


class Session:
    "A process that does what it is told"

    def __init__(self, database, **environment):
        self.process = subprocess.Popen(
            [sys.executable, __file__, database],
            env=os.environ | environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, *command):
        print(json.dumps(command), file=self.process.stdin, flush=True)

    def hear(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, *command):
        self.tell(*command)
        return self.hear()

    def end(self):
        self.process.stdin.close()
        self.process.wait(TIMEOUT)


def at_once(sessions, *commands):
    "Let each session do its command at the same time and return the results"
    for session, command in zip(sessions, commands):
        session.tell(*command)
    return [session.hear() for session in sessions]


@pytest.fixture(scope='module')
def records(database):
    "The ids of what the sessions work on"
    from trytond.transaction import Transaction
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ['lock_table', 'lock_records']:
            monkeypatch.setattr(Transaction, name, lambda *args: None)
        with Transaction().start(database, 1):
            return create_records()


def create_records():
    from trytond.modules.company.tests import set_company
    from trytond.pool import Pool
    pool = Pool()
    Company = pool.get('company.company')
    Country = pool.get('country.country')
    Delivery = pool.get('fupin.delivery')
    Household = pool.get('fupin.household')
    Member = pool.get('fupin.member')
    ModelData = pool.get('ir.model.data')
    Person = pool.get('fupin.person')
    Price = pool.get('fupin.price')
    Subdivision = pool.get('country.subdivision')
    Template = pool.get('product.template')
    Year = pool.get('fupin.income.year')
    Year.create([{
                'name': '2026',
                'start_date': dt.date(2025, 10, 1),
                'end_date': dt.date(2026, 9, 30),
                }])
    country, = Country.create([{'name': "中国", 'code': 'CN'}])
    Subdivision.load_areas([
            ('410990', "试验县"), ('410990110', "镇一"),
            ('410990110201', "村一")], country)
    area, = Subdivision.search([('name', '=', "村一")])
    company = Company.create_cooperative(
        "示例食用菌专业合作社", '93410000MA0000001J', [2026])
    with set_company(company):
        person, = Person.create([{'name': "张三", 'area': area.id}])
        Household.create([{
                    'area': area.id,
                    'memberships': [('create', [{
                                    'person': person.id,
                                    'relation': 'head',
                                    'from_date': dt.date(2020, 1, 1),
                                    }])],
                    }])
        member, = Member.create([{
                    'company': company.id,
                    'person': person.id,
                    'from_date': dt.date(2025, 1, 1),
                    }])
        kilogram = ModelData.get_id('product.uom_kilogram')
        template, = Template.create([{
                    'name': "香菇",
                    'default_uom': kilogram,
                    'account_category': ModelData.get_id(
                        'fupin_coop.category_produce'),
                    'products': [('create', [{}])],
                    }])
        product, = template.products
        Price.create([{
                    'company': company.id,
                    'product': product.id,
                    'from_date': dt.date(2026, 1, 1),
                    'unit': kilogram,
                    'price': D('7.60'),
                    }])
        deliveries = Delivery.create([{
                    'company': company.id,
                    'date': DAY,
                    'member': member.id,
                    'product': product.id,
                    'unit': kilogram,
                    'gross': D('120.5'),
                    'tare': D('2.5'),
                    'deduction_rate': D(1),
                    } for _ in range(6 * ROUNDS)])
    return [d.id for d in deliveries]


@pytest.fixture(scope='module')
def sessions(database, records, tmp_path_factory):
    from trytond import backend
    environment = {}
    if backend.name == 'sqlite':
        from trytond.tests import test_tryton
        folder = tmp_path_factory.mktemp('concurrency')
        database = 'concurrency'
        test_tryton._sqlite_copy(str(folder / f'{database}.sqlite'))
        environment['TRYTOND_DATABASE__PATH'] = str(folder)
    sessions = [Session(database, **environment) for _ in range(2)]
    for session in sessions:
        session.ask('wait')
    yield sessions
    for session in sessions:
        session.end()


@pytest.fixture
def deliveries(records):
    "Deliveries that no test has touched"
    return [records.pop() for _ in range(ROUNDS)]


def difference(session, before):
    now = session.ask('count')
    return {name: now[name] - before[name] for name in now}


def test_posting_at_once_books_once(sessions, deliveries):
    before = sessions[0].ask('count')
    for delivery in deliveries:
        results = at_once(sessions, *[('post', delivery)] * 2)
        assert sorted(r[0] for r in results) == ['done', 'refused']

    assert difference(sessions[0], before) == {
        'account.move': ROUNDS, 'stock.move': ROUNDS, 'stock.lot': ROUNDS,
        'fupin.member.entry': ROUNDS, 'fupin.income': ROUNDS,
        '11402': -ROUNDS * 88783}


def test_posting_many_at_once_numbers_all(sessions, deliveries, records):
    others = [records.pop() for _ in range(ROUNDS)]
    before = sessions[0].ask('count')
    numbers = []
    for pair in zip(deliveries, others):
        results = at_once(sessions, *[('post', d) for d in pair])
        assert [r[0] for r in results] == ['done', 'done']
        numbers.extend(int(r[1][2:]) for r in results)

    numbers.sort()
    assert numbers == list(range(numbers[0], numbers[0] + 2 * ROUNDS))
    assert difference(sessions[0], before)['11402'] == -2 * ROUNDS * 88783


def test_voiding_at_once_takes_back_once(sessions, deliveries):
    for delivery in deliveries:
        assert sessions[0].ask('post', delivery)[0] == 'done'
    before = sessions[0].ask('count')
    for delivery in deliveries:
        results = at_once(sessions, *[('cancel', delivery)] * 2)
        assert sorted(r[0] for r in results) == ['done', 'refused']

    assert difference(sessions[0], before) == {
        'account.move': ROUNDS, 'stock.move': ROUNDS, 'stock.lot': 0,
        'fupin.member.entry': ROUNDS, 'fupin.income': ROUNDS,
        '11402': ROUNDS * 88783}


def test_shipping_at_once_ships_once(sessions, deliveries):
    for delivery in deliveries:
        assert sessions[0].ask('post', delivery)[0] == 'done'
        results = at_once(sessions, *[('ship', delivery, 116.82)] * 2)
        assert sorted(r[0] for r in results) == ['done', 'refused']
        assert sessions[1].ask('left', delivery) == '0.00'


def test_voiding_and_shipping_at_once(sessions, records):
    for _ in range(len(records)):
        delivery = records.pop()
        assert sessions[0].ask('post', delivery)[0] == 'done'
        results = at_once(
            sessions, ('cancel', delivery), ('ship', delivery, 116.82))
        assert sorted(r[0] for r in results) == ['done', 'refused']
        assert sessions[0].ask('left', delivery) == '0.00'


# What a session does

class Work:

    def __init__(self, database):
        from trytond.pool import Pool
        self.database = database
        self.pool = Pool(database)
        self.pool.init()

    def __call__(self, name, *args):
        "Do it as the server does (trytond.protocols.dispatcher)"
        from trytond import backend, config
        from trytond.exceptions import UserError
        from trytond.transaction import Transaction, TransactionError
        retry, count, extras = config.getint('database', 'retry'), 0, {}
        while True:
            time.sleep(0.02 * count)
            with Transaction().start(
                    self.database, 1, **extras) as transaction:
                User = self.pool.get('res.user')
                try:
                    with transaction.set_context(
                            User.get_preferences(context_only=True),
                            _skip_warnings=True):
                        result = getattr(self, name)(*args)
                    transaction.commit()
                    return result
                except TransactionError as exception:
                    transaction.rollback()
                    exception.fix(extras)
                except backend.DatabaseOperationalError:
                    transaction.rollback()
                    if count >= retry:
                        raise
                    count += 1
                except UserError as exception:
                    transaction.rollback()
                    return ['refused', exception.message]

    def get(self, delivery):
        return self.pool.get('fupin.delivery')(delivery)

    def wait(self):
        return 'ready'

    def post(self, delivery):
        delivery = self.get(delivery)
        delivery.post([delivery])
        return ['done', self.get(delivery.id).number]

    def cancel(self, delivery):
        delivery = self.get(delivery)
        delivery.cancel([delivery])
        return ['done', delivery.number]

    def ship(self, delivery, quantity):
        Move = self.pool.get('stock.move')
        ModelData = self.pool.get('ir.model.data')
        delivery = self.get(delivery)
        moves = Move.create([{
                    'company': delivery.company.id,
                    'product': delivery.product.id,
                    'unit': delivery.unit.id,
                    'quantity': quantity,
                    'from_location': delivery.warehouse.storage_location.id,
                    'to_location': ModelData.get_id(
                        'stock', 'location_customer'),
                    'lot': delivery.lot.id,
                    'unit_price': D(9),
                    'currency': delivery.company.currency.id,
                    'effective_date': DAY,
                    }])
        Move.do(moves)
        return ['done', str(moves[0].lot_cost)]

    def left(self, delivery):
        return str(self.get(delivery).lot.amount_left)

    def count(self):
        Line = self.pool.get('account.move.line')
        counts = {
            name: self.pool.get(name).search([], count=True)
            for name in [
                'account.move', 'stock.move', 'stock.lot',
                'fupin.member.entry', 'fupin.income']}
        counts['11402'] = int(100 * sum(
                line.debit - line.credit for line in Line.search([
                        ('account.code', '=', '11402'),
                        ('move.state', '=', 'posted')])))
        return counts


def main():
    work = Work(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(work(*json.loads(line))), flush=True)


if __name__ == '__main__':
    main()
