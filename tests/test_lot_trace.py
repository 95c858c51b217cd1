# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""From a lot to its growers and buyers, and back."""
import datetime as dt
from decimal import Decimal as D

import pytest

from cooperative import (
    acting, new_delivery, new_household, new_user, post)
from cycle import begin, new_enterprise, new_template, run, sell
from own_production import (
    new_batch, new_harvest, new_own_product, new_production_input)
from supply import cancelled, posted
from trytond.modules.fupin_coop.division import divide
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_industry']
MARCH = dt.date(2026, 3, 10)
JUNE, JULY = dt.date(2026, 6, 1), dt.date(2026, 7, 1)
MILLION = 10 ** 6

pytest_plugins = ['cooperative', 'supply', 'own_production']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def dried(company):
    return new_own_product(company, "香菇干", '401')


def bring(company, product, *quantities):
    "Return the deliveries of (member, kilograms)"
    return post(*(
            new_delivery(
                company, product, member, gross=D(quantity), tare=D(0),
                deduction_rate=D(0))
            for member, quantity in quantities))


@pytest.fixture
def brought(company, product, members):
    "Three growers of 100, 200 and 300 kg, the first again 50 kg"
    return bring(company, product, *zip(
            [*members, members[0]], ['100', '200', '300', '50']))


def dry(company, product, dried, quantity, *harvests):
    "Dry so much of the oldest and return the lots, one a harvest"
    batch = new_batch(
        company, dried, "烘干", expected_quantity=D(sum(harvests)))
    posted(new_production_input(
            company, batch, [(product, str(quantity))], date=JUNE))
    lots, left = [], sum(harvests)
    for harvested in harvests:
        left -= harvested
        harvest = posted(new_harvest(
                company, batch, [(dried, str(harvested))],
                str(left) if left else None, date=JUNE))
        lots.append(harvest.lines[0].lot)
    return lots


def growers(*lots):
    LotGrower = Pool().get('fupin.lot.grower')
    with Transaction().set_context(lots=[lot.id for lot in lots]):
        return [
            (r.grower.name, r.weight, r.share)
            for r in LotGrower.search([], order=[('source', 'ASC')])]


def test_lot_of_a_delivery(brought):
    assert growers(brought[1].lot) == [("李四", D(200), D(1))]


def test_lot_of_several_growers(company, product, dried, brought):
    "500 kg dried: 100 of the first, 200 of the second, 200 of the third"
    lot, = dry(company, product, dried, 500, 50)
    assert growers(lot) == [
        ("张三", D(100), D('0.2')), ("李四", D(200), D('0.4')),
        ("王五", D(200), D('0.4'))]


def test_shares_of_thirds_add_up(company, product, dried, members):
    bring(company, product, *[(m, '100') for m in members])
    lot, = dry(company, product, dried, 300, 30)
    shares = [share for _, _, share in growers(lot)]
    # the first gets the millionth that is left over
    assert shares == [D('0.333334'), D('0.333333'), D('0.333333')]
    assert sum(shares) == 1


def test_shares_are_dealt_like_money(company, product, dried, members):
    "By the same rule as the parts of a surplus"
    quantities = ['17.3', '101.99', '64.07', '3.1', '250.5', '0.01']
    brought = bring(company, product, *zip(members * 2, quantities))
    lot, = dry(
        company, product, dried, sum(map(D, quantities)), 40)
    parts = divide(
        D('10000.00'), {d.id: d.quantity for d in brought})
    assert [share for _, _, share in growers(lot)] == [
        parts[d.id].amount / 10000 for d in brought]


def test_two_lots_of_a_batch(company, product, dried, brought):
    "650 kg are dried into 39 and 26 kg: three and two fifths of each grower"
    first, second = dry(company, product, dried, 650, 39, 26)
    assert growers(first) == [
        ("张三", D(60), D('0.153846')), ("李四", D(120), D('0.307692')),
        ("王五", D(180), D('0.461539')), ("张三", D(30), D('0.076923'))]
    assert [w for _, w, _ in growers(second)] == [
        D(40), D(80), D(120), D(20)]


def test_dried_again(company, product, dried, brought):
    "A lot of a batch goes into another one with more of a grower"
    powder = new_own_product(company, "香菇粉", '401')
    lot, _ = dry(company, product, dried, 300, 20, 10)
    batch = new_batch(company, powder, "磨粉", expected_quantity=D(30))
    # 15 of 20 kg dried, which are 75 and 150 kg fresh of 100 and 200
    # in 30 kg of which 20 are in the lot; and 50 kg fresh of the third
    posted(new_production_input(
            company, batch, [(dried, '15'), (product, '50')], date=JULY))
    harvest = posted(new_harvest(company, batch, [(powder, '30')], date=JULY))
    assert growers(harvest.lines[0].lot) == [
        ("张三", D(50), D('0.25')), ("李四", D(100), D('0.5')),
        ("王五", D(50), D('0.25'))]


def test_own_harvest(company, area, melon):
    field = new_enterprise(company, area, 'other', melon)
    cycle = run(begin(field, new_template(company, 'other', melon)))
    production, = cycle.productions
    posted(new_production_input(
            company, production, costs=[("瓜苗", '100.00', '102')]))
    harvest = posted(new_harvest(
            company, production, [(melon, '80')], date=JUNE))
    lot = harvest.lines[0].lot
    assert growers(lot) == [(company.party.name, D(80), D(1))]
    row, = Pool().get('fupin.lot.grower').search([('lot', '=', lot.id)])
    assert (row.cycle, row.production) == (cycle, production)
    assert not row.household


def test_manure_does_not_grow_melons(company, area, melon, product, brought):
    "What a field (141) is given is no melon"
    batch = new_batch(company, melon, "瓜田", expected_quantity=D(10))
    posted(new_production_input(
            company, batch, [(product, '100')], date=JUNE))
    harvest = posted(new_harvest(company, batch, [(melon, '10')], date=JUNE))
    assert growers(harvest.lines[0].lot) == [
        (company.party.name, D(10), D(1))]


def test_what_was_taken_back_is_no_source(company, product, dried, brought):
    batch = new_batch(company, dried, "烘干", expected_quantity=D(10))
    wrong = posted(new_production_input(
            company, batch, [(product, '150')], date=JUNE))
    cancelled(wrong)
    posted(new_production_input(
            company, batch, [(product, '100')], date=JUNE))
    harvest = posted(new_harvest(company, batch, [(dried, '10')], date=JUNE))
    assert growers(harvest.lines[0].lot) == [("张三", D(100), D(1))]


# To the buyers

def traces(**context):
    Trace = Pool().get('fupin.lot.trace')
    with Transaction().set_context(**context):
        return [
            (r.buyer, r.grower.name, r.quantity)
            for r in Trace.search([], order=[
                    ('date', 'ASC'), ('source', 'ASC'), ('id', 'ASC')])]


def test_from_grower_to_buyer_and_back(
        company, product, dried, brought, members):
    lot, = dry(company, product, dried, 500, 50)
    one = sell(company, [(lot, 20)], '60.00', JUNE)
    two = sell(company, [(lot, 10), ], '61.00', JULY)
    # the last 250 kg of the third and the 50 of the first
    fresh = sell(
        company, [(brought[2].lot, 80), (brought[3].lot, 50)], '9.00', JULY)

    assert traces(trace_buyer=one.id) == [
        (one, "张三", D(4)), (one, "李四", D(8)), (one, "王五", D(8))]
    assert traces(trace_household=members[0].household.id) == [
        (one, "张三", D(4)), (two, "张三", D(2)), (fresh, "张三", D(50))]
    assert traces(trace_grower=members[2].party.id) == [
        (one, "王五", D(8)), (two, "王五", D(4)), (fresh, "王五", D(80))]
    assert traces(lots=[lot.id], trace_buyer=fresh.id) == []


def test_parts_of_a_shipment_add_up(company, product, dried, members):
    bring(company, product, *[(m, '100') for m in members])
    lot, = dry(company, product, dried, 300, 30)
    buyer = sell(company, [(lot, D('10'))], '60.00', JULY)
    quantities = [q for _, _, q in traces(trace_buyer=buyer.id)]
    assert quantities == [D('3.334'), D('3.333'), D('3.333')]


def test_report(company, product, dried, brought):
    Report = Pool().get('fupin.lot.trace.report', type='report')
    lot, = dry(company, product, dried, 500, 50)
    buyer = sell(company, [(lot, 20)], '60.00', JUNE)
    clerk = new_user(
        company, 'fupin_coop.group_cooperative', 'stock.group_stock')
    context = Report.get_context([lot], {}, {})
    assert [
        (r.grower.name, r.share) for r in context['growers'][lot.id]] == [
        ("李四", D('0.4')), ("王五", D('0.4')), ("张三", D('0.2'))]
    assert [
        (sold, quantity) for _, sold, _, quantity in context['sales'][lot.id]
        ] == [(buyer, D(20))]
    with acting(clerk):
        extension, content, _, _ = Report.execute([lot.id], {
                'action_id': Pool().get('ir.model.data').get_id(
                    'fupin_industry', 'report_lot_trace')})
    assert content
    if extension == 'html':
        for text in ["张三", "40.0000", lot.number, buyer.name]:
            assert text in content


def test_who_sees_the_trace(
        company, other, area, product, dried, brought, members):
    LotGrower = Pool().get('fupin.lot.grower')
    clerk = new_user(company, 'fupin_coop.group_cooperative')
    stranger = new_user(
        other, 'fupin_coop.group_cooperative', 'stock.group_stock')
    with acting(clerk):
        assert LotGrower.search([], count=True) == 4
    with acting(stranger):
        assert LotGrower.search([], count=True) == 0


def test_grower_who_is_no_member(company, area, product, dried, members):
    Party = Pool().get('party.party')
    new_household(area, "赵一")
    party, = Party.create([{'name': "散户"}])
    post(new_delivery(
            company, product, None, grower=party.id, gross=D(10), tare=D(0),
            deduction_rate=D(0)))
    lot = Pool().get('stock.lot').search([], order=[('id', 'DESC')])[0]
    assert growers(lot) == [("散户", D(10), D(1))]
