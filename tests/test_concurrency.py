# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Two people do the same at once: it is booked once."""
from decimal import Decimal as D

import pytest
from cooperative import (
    CREDIT_CODES, MARCH, NAMES, alone, new_area, new_delivery, new_household,
    new_income_years, new_member, new_product)
from sessions import Work as Session
from sessions import at_once, open_sessions, serve

__all__ = ['alone']

MODULES = ['fupin_coop']
ROUNDS = 5


@pytest.fixture(scope='module')
def records(database, alone):  # noqa: F811
    "The ids of what the sessions work on"
    from trytond.transaction import Transaction
    with Transaction().start(database, 1):
        return create_records()


def create_records():
    from trytond.modules.company.tests import set_company
    from trytond.pool import Pool
    Company = Pool().get('company.company')
    new_income_years(2026)
    area = new_area()
    company = Company.create_cooperative(NAMES[0], CREDIT_CODES[0], [2026])
    with set_company(company):
        member = new_member(company, new_household(area, "张三"))
        product = new_product(company, "香菇", '7.60')
        return [
            new_delivery(company, product, member).id
            for _ in range(6 * ROUNDS)]


@pytest.fixture(scope='module')
def sessions(database, records, tmp_path_factory):
    with open_sessions(
            __file__, database, tmp_path_factory.mktemp('concurrency')
            ) as sessions:
        yield sessions


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

class Work(Session):

    def get(self, delivery):
        return self.pool.get('fupin.delivery')(delivery)

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
                    'effective_date': MARCH,
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


if __name__ == '__main__':
    serve(Work)
