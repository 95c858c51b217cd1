# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What a cooperative grows and makes on its own account: what goes into a
batch, what comes out, what is refused and what is taken back.

The figures are worked by hand."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (
    APRIL, MARCH, MAY, acting, again, balances, new_delivery, new_user, post)
from labour import cancel_sheet, new_sheet, new_task, new_worker, post_sheet
from own_production import (
    JULY, PLANTED, SOWN, new_allocation, new_batch, new_harvest, new_loss,
    new_own_product, new_production_input)
from supply import (
    cancelled, differences, get_account, new_purchase, new_supply, posted)

from trytond.model.exceptions import (
    AccessButtonError, AccessError, DomainValidationError)
from trytond.modules.fupin_coop.exceptions import (
    DocumentDateError, DocumentPeriodError, DocumentStateError,
    LabourLineError, LotMoveError, OwnProductionCancelError,
    OwnProductionError, SupplyError, SupplyStockError)
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']

pytest_plugins = ['cooperative', 'supply', 'own_production']
pytestmark = pytest.mark.usefixtures('transaction')


def ship(company, product, lot, quantity, date=JULY):
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    Move = pool.get('stock.move')
    moves = Move.create([{
                'company': company.id,
                'product': product.id,
                'unit': product.default_uom.id,
                'quantity': quantity,
                'from_location': company.warehouse.storage_location.id,
                'to_location': ModelData.get_id('stock', 'location_customer'),
                'lot': lot.id,
                'unit_price': D(5),
                'currency': company.currency.id,
                'effective_date': date,
                }])
    with Transaction().set_context(_skip_warnings=True):
        Move.do(moves)
    return moves


def figures(batch):
    batch = again(batch)
    return [
        getattr(batch, n) for n in [
            'materials', 'costs', 'labour', 'common', 'harvested', 'lost',
            'balance']]


def checks(company):
    Reconciliation = Pool().get('fupin.reconciliation')
    return {c.name: c for c in Reconciliation.check(company)}


# The batch

def test_batch(company, batch, drying):
    assert (batch.number, drying.number) == ('PC2026-0001', 'PC2026-0002')
    assert (batch.account.code, drying.account.code) == ('141', '401')
    assert batch.rec_name == 'PC2026-0001 2026年春西瓜'
    assert (batch.unit, batch.state) == (batch.product.default_uom, 'open')
    assert figures(batch) == [D('0.00')] * 7


def test_account_follows_the_product_until_it_is_booked(
        company, batch, dried, store, melon):
    Production = Pool().get('fupin.own_production')
    Production.write([batch], {'product': dried.id})
    assert again(batch).account.code == '401'
    Production.write([batch], {'product': melon.id})
    posted(new_production_input(company, batch, [], [("瓜苗", '5', store)]))
    for values in [
            {'product': dried.id}, {'start_date': PLANTED},
            {'account': get_account(company, '401').id}]:
        with pytest.raises(AccessError):
            Production.write([batch], values)
    Production.write([again(batch)], {'place': "三号棚"})


# A season of watermelons through 141

def test_inputs(company, batch, grown, members, store):
    sown, sheet = grown

    # 60 x 3.20 = 192.00; 1000.00 + 300.00 + 150.50
    assert sown.number == 'SC2026-0001'
    assert sown.lines[0].amount == D('192.00')
    assert sown.amount == D('1642.50')
    assert figures(batch) == [
        D('192.00'), D('1450.50'), D('800.00'), 0, 0, 0, D('2442.50')]
    assert balances(company) == {
        '141': D('2442.50'),
        '121': D('128.00'),     # 40 x 3.20
        '102': -1000, '11402': -300, '213': -800,
        '211': D('-470.50'),    # 320.00 + 150.50
        }
    assert {
        line.party: line.credit for line in sown.move.lines if line.party
        } == {members[0].party: 300, store: D('150.50')}
    for line in list(sown.move.lines) + list(sheet.move.lines):
        assert (line.own_production == batch) == (line.account.code == '141')
    assert differences(company) == {}


def test_season(company, batch, drying, grown, melon, store):
    # common cost of 600.00 by area, 20 : 10 mu
    posted(new_production_input(
            company, None, [], [("看护", '600.00', '101')], date=APRIL))
    allocation = new_allocation(company)
    assert allocation.amount == 600
    assert [
        (x.production, x.weight, x.amount) for x in allocation.lines] == [
        (batch, 20, D('400.00')), (drying, 10, D('200.00'))]
    posted(allocation)
    assert figures(batch)[-1] == D('2842.50')
    assert balances(company)['401'] == 200

    # 4000 of 10000 kg: 2842.50 x 0.4
    first = new_harvest(company, batch, [(melon, '4000')], '6000')
    assert first.balance == D('2842.50')
    first = posted(first)
    assert first.amount == D('1137.00')
    assert first.lines[0].lot.amount_left == D('1137.00')
    # 0.28425, by Tryton half to even
    assert first.lines[0].price == D('0.2842')

    # hail: 1000 of the 6000 kg left: 1705.50 / 6 = 284.25
    loss = posted(new_loss(
            company, batch, [(store, '200.00')], quantity=D(1000),
            remaining=D(5000)))
    assert loss.amount == D('284.25')
    assert {
        (x.account.code, x.debit - x.credit) for x in loss.move.lines} == {
        ('18101', D('284.25')), ('141', D('-284.25')), ('113', D('200.00')),
        ('529', D('84.25')), ('18101', D('-284.25'))}

    # the rest, in two grades of which the second bears half: 1421.25
    # 3000 + 2000 / 2: 1065.94 (1065.9375) and 355.31
    last = posted(new_harvest(
            company, batch, [
                (melon, '3000'), (melon, '2000', {'factor': D('0.5')})],
            date=JULY))
    assert last.amount == D('1421.25')
    assert [x.amount for x in last.lines] == [D('1065.94'), D('355.31')]
    assert [x.lot.number for x in last.lines] == [
        f'{last.number}-01', f'{last.number}-02']
    assert again(batch).state == 'closed'
    assert figures(batch) == [
        D('192.00'), D('1450.50'), D('800.00'), D('400.00'),
        D('2558.25'), D('284.25'), D('0.00')]
    assert again(batch).cost == D('2842.50')
    assert '141' not in balances(company)
    # 128.00 of fertiliser, 2558.25 of melons
    assert balances(company)['121'] == D('2686.25')
    assert differences(company) == {}

    # 1000 kg of the first lot are sold: 1137.00 / 4
    ship(company, melon, first.lines[0].lot, 1000)
    assert balances(company)['521'] == D('284.25')
    assert again(first.lines[0].lot).amount_left == D('852.75')
    assert balances(company)['121'] == D('2402.00')
    assert differences(company) == {}
    balance = checks(company)['own_production_balance']
    assert (balance.left, balance.right) == (D('200.00'), D('200.00'))


# Mushrooms bought from members and dried, through 401

def test_drying(company, drying, dried, product, members):
    "116.82 kg of mushrooms cost 887.83; 50 kg of them 380.00"
    delivery, = post(new_delivery(company, product, members[0]))
    stems = new_own_product(company, "菇脚", '401')
    used = posted(new_production_input(
            company, drying, [(product, '50')],
            [("燃料", '320.00', '101')], date=MARCH))
    assert used.lines[0].amount == D('380.00')
    assert again(delivery.lot).amount_left == D('507.83')
    assert balances(company)['401'] == D('700.00')

    # 4 + 2 / 4: 700.00 x 4 / 4.5 = 622.22
    harvest = posted(new_harvest(
            company, drying, [
                (dried, '4'), (stems, '2', {'factor': D('0.25')})]))
    assert [x.amount for x in harvest.lines] == [D('622.22'), D('77.78')]
    assert balances(company) == {
        '121': D('1207.83'), '101': D('-320.00'), '11402': D('-887.83')}
    assert again(drying).state == 'closed'

    # 3 kg left are worth 466.67 (466.665), so 1 kg costs 155.55
    ship(company, dried, harvest.lines[0].lot, 1)
    assert balances(company)['521'] == D('155.55')
    assert differences(company) == {}


def test_batch_feeds_batch(company, batch, drying, grown, melon, dried):
    "What one batch yields is material of another, at its cost"
    posted(new_harvest(company, batch, [(melon, '1000')], '9000'))
    used = posted(new_production_input(
            company, drying, [(melon, '500')], date=JULY))
    # 500 of 1000 kg for 244.25: 122.13 (122.125) stay in the lot
    assert used.amount == D('122.12')
    assert figures(drying)[0] == D('122.12')
    assert differences(company) == {}


def test_oldest_goods_first(company, batch, seedlings, stocked, store):
    posted(new_purchase(
            company, store, [(seedlings, '50', '3.50')], purpose='own',
            date=MARCH))
    used = posted(new_production_input(
            company, batch, [(seedlings, '70'), (seedlings, '40')],
            date=APRIL))
    assert [x.amount for x in used.lines] == [D('224.00'), D('131.00')]


# Common cost

@pytest.mark.parametrize('base, amounts', [
        # 20 and 10 mu
        ('area', ['400.00', '200.00']),
        # 2442.50 and 300.00 of direct cost: 600 x 2442.50 / 2742.50
        ('cost', ['534.37', '65.63']),
        # 800.00 of labour, and none
        ('labour', ['600.00', '0.00']),
        # 10000 kg expected, and nothing stated
        ('expected', ['600.00', '0.00']),
        ])
def test_bases(company, batch, drying, grown, base, amounts):
    posted(new_production_input(
            company, drying, [], [("燃料", '300.00', '101')]))
    posted(new_production_input(
            company, None, [], [("看护", '600.00', '101')]))
    allocation = posted(new_allocation(company, base))
    assert [x.amount for x in allocation.lines] == [D(a) for a in amounts]
    assert figures(batch)[3] == D(amounts[0])
    assert differences(company) == {}


def test_entered_base(company, batch, drying):
    posted(new_production_input(
            company, None, [], [("看护", '100.00', '101')]))
    allocation = posted(new_allocation(
            company, 'manual', [(batch, '2'), (drying, '1')],
            amount=D('50.00')))
    assert [x.amount for x in allocation.lines] == [
        D('33.33'), D('16.67')]
    assert again(allocation).available == D('50.00')


def test_labour_of_a_product_is_allocated(company, area, batch, melon):
    "Work for watermelons without a batch is on 141 until it is allocated"
    worker = new_worker(company, area, "赵六")
    task = new_task(company, product=melon)
    post_sheet(new_sheet(company, (worker, task, 3)))
    assert figures(batch)[-1] == 0
    posted(new_allocation(
            company, account='141', product=melon.id))
    assert figures(batch) == [0, 0, 0, 240, 0, 0, 240]
    assert balances(company)['141'] == 240
    assert differences(company) == {}


def test_no_more_is_allocated_than_there_is(company, batch):
    posted(new_production_input(
            company, None, [], [("看护", '100.00', '101')]))
    with pytest.raises(OwnProductionError, match="100.01"):
        posted(new_allocation(company, amount=D('100.01')))
    posted(new_allocation(company))
    with pytest.raises(OwnProductionError):
        posted(new_allocation(company, amount=D('0.01')))


def test_allocation_before_the_cost(company, batch):
    posted(new_production_input(
            company, None, [], [("看护", '100.00', '101')], date=MAY))
    with pytest.raises(OwnProductionError):
        posted(new_allocation(company, amount=D('100.00')))


def test_allocation_of_old_base(company, batch, drying, grown):
    posted(new_production_input(
            company, None, [], [("看护", '100.00', '101')]))
    allocation = new_allocation(company, 'cost')
    posted(new_production_input(
            company, drying, [], [("燃料", '300.00', '101')]))
    with pytest.raises(OwnProductionError, match="烘干第一批"):
        posted(allocation)
    allocation.__class__.compute([allocation])
    posted(allocation)


def test_allocation_without_base(company, melon):
    new_batch(company, melon, "无面积")
    posted(new_production_input(
            company, None, [], [("看护", '100.00', '101')]))
    with pytest.raises(OwnProductionError):
        new_allocation(company)


def test_allocated_cost_is_not_taken_back(company, batch):
    common = posted(new_production_input(
            company, None, [], [("看护", '100.00', '101')]))
    allocation = posted(new_allocation(company))
    with pytest.raises(OwnProductionCancelError):
        cancelled(common)
    cancelled(allocation)
    cancelled(common)
    assert balances(company) == {}
    assert figures(batch)[-1] == 0
    assert differences(company) == {}


# Harvests

def test_share(company, batch, grown, melon):
    harvest = posted(new_harvest(
            company, batch, [(melon, '10')], method='share',
            share=D('12.5')))
    assert harvest.amount == D('305.31')    # 305.3125


def test_cost_that_comes_later_falls_on_later_harvests(
        company, batch, grown, melon, store):
    posted(new_harvest(company, batch, [(melon, '5000')], '5000'))
    posted(new_production_input(
            company, batch, [], [("追肥", '778.75', store)], date=MAY))
    # 1221.25 + 778.75
    last = posted(new_harvest(company, batch, [(melon, '5000')], date=JULY))
    assert last.amount == D('2000.00')


def test_harvest_entered_late_leaves_no_day_below_zero(
        company, batch, grown, melon, store):
    posted(new_harvest(company, batch, [(melon, '9000')], '1000'))
    posted(new_production_input(
            company, batch, [], [("追肥", '500', store)], date=JULY))
    # on the day of the harvest only 244.25 are left
    late = posted(new_harvest(
            company, batch, [(melon, '500')], '500', date=APRIL))
    assert late.amount == D('122.13')


@pytest.mark.parametrize('values, message', [
        ({'remaining': D(0)}, "still expected"),
        ({'remaining': D(-5)}, "still expected"),
        ({'method': 'share', 'share': D(0)}, "share"),
        ({'method': 'share', 'share': D(100)}, "share"),
        ({'date': dt.date(2026, 2, 1)}, "starts"),
        ({'date': PLANTED - dt.timedelta(days=1)}, "takes no cost"),
        ({'lines': []}, "no goods"),
        ])
def test_harvest_refused(company, batch, grown, melon, values, message):
    if values.get('lines') == []:
        harvest = new_harvest(company, batch, [], '6000')
    else:
        harvest = new_harvest(
            company, batch, [(melon, '4000')], **{'remaining': '6000'})
        harvest.__class__.write([harvest], values)
    with pytest.raises(OwnProductionError, match=message):
        posted(again(harvest))


def test_last_harvest_before_a_booking(company, batch, grown, melon):
    with pytest.raises(OwnProductionError, match="2026-04-01"):
        posted(new_harvest(company, batch, [(melon, '1')], date=MARCH))


def test_harvest_of_no_quantity(company, batch, grown, melon):
    with pytest.raises(SupplyError):
        posted(new_harvest(company, batch, [(melon, '0')]))


def test_harvest_in_units_that_do_not_convert(company, batch, grown):
    Pool().get('product.uom')
    from supply import new_input
    piece = new_input("瓜箱", 'product.uom_unit')
    with pytest.raises(OwnProductionError, match="瓜箱"):
        posted(new_harvest(company, batch, [(piece, '5')], '5'))
    # a share needs no quantity
    posted(new_harvest(
            company, batch, [(piece, '5')], method='share', share=D(10)))


def test_nothing_more_after_the_last(
        company, area, batch, grown, melon, store):
    posted(new_harvest(company, batch, [(melon, '10000')]))
    for document in [
            new_production_input, new_harvest, new_loss, new_sheet]:
        with pytest.raises(DomainValidationError):
            if document == new_production_input:
                document(company, batch, [], [("追肥", '5', store)])
            elif document == new_harvest:
                document(company, batch, [(melon, '1')])
            elif document == new_loss:
                document(company, batch, method='last')
            else:
                document(company, (
                        new_worker(company, area, "钱七"),
                        new_task(company, "收尾"), 1,
                        {'own_production': batch.id}))


def test_draft_from_before_the_last(company, batch, grown, melon, store):
    late = new_production_input(company, batch, [], [("追肥", '5', store)])
    posted(new_harvest(company, batch, [(melon, '10000')]))
    with pytest.raises(OwnProductionError, match="closed"):
        posted(again(late))


def test_two_harvests_at_once(company, batch, grown, melon):
    "The second takes of what the first one left"
    harvests = [
        new_harvest(company, batch, [(melon, '5000')], '5000'),
        new_harvest(company, batch, [(melon, '5000')], date=JULY)]
    harvests[0].__class__.post(harvests[::-1])
    assert [again(h).amount for h in harvests] == [
        D('1221.25'), D('1221.25')]
    assert again(batch).state == 'closed'


# Losses

def test_whole_loss(company, batch, grown, members, store):
    "What is paid above the cost is other income"
    loss = posted(new_loss(
            company, batch, [(store, '2000'), (members[0].party, '500')],
            method='last'))
    assert loss.amount == D('2442.50')
    booked = balances(company)
    assert (booked['113'], booked['11401'], booked['502']) == (
        2000, 500, D('-57.50'))
    assert '18101' not in booked and '141' not in booked
    assert again(batch).state == 'closed'
    assert differences(company) == {}
    cancelled(loss)
    assert again(batch).state == 'open'
    assert figures(batch)[-1] == D('2442.50')
    assert differences(company) == {}


def test_stated_loss(company, batch, grown):
    loss = new_loss(
        company, batch, method='amount', stated_amount=D('2442.51'))
    with pytest.raises(OwnProductionError, match="2442.51"):
        posted(loss)
    loss.__class__.write([loss], {'stated_amount': D('42.50')})
    posted(loss)
    assert balances(company)['529'] == D('42.50')


def test_loss_is_approved(company, batch, grown):
    loss = new_loss(company, batch, method='last', approval=None)
    with pytest.raises(OwnProductionError, match="approved"):
        posted(loss)


# What goes in

def test_materials_that_are_not_there(company, batch, seedlings, stocked):
    with pytest.raises(SupplyStockError, match="100"):
        posted(new_production_input(company, batch, [(seedlings, '101')]))


def test_goods_of_members_are_not_used(
        company, batch, fertiliser, bought, product, members):
    "Neither what was bought for them (127) nor what they left to sell (128)"
    post(new_delivery(company, product, members[0], method='commission'))
    for goods in [fertiliser, product]:
        with pytest.raises(SupplyStockError):
            posted(new_production_input(
                    company, batch, [(goods, '1')], date=APRIL))


def test_goods_of_the_cooperative_are_not_supplied(
        company, members, seedlings, stocked):
    with pytest.raises(SupplyStockError):
        posted(new_supply(company, members[0], [(seedlings, '1')]))


def test_goods_of_the_cooperative_are_sold(company, seedlings, stocked):
    ship(company, seedlings, stocked.lines[0].lot, 10)
    assert balances(company) == {
        '121': 288, '521': 32, '211': -320}
    assert differences(company) == {}


def test_goods_for_members_are_still_not_sold(company, fertiliser, bought):
    with pytest.raises(LotMoveError):
        ship(company, fertiliser, bought[0].lines[0].lot, 10)


@pytest.mark.parametrize('costs, message', [
        ([], "neither materials"),
        ([("瓜苗", '0', '101')], "瓜苗"),
        ([("瓜苗", '-1', '101')], "瓜苗"),
        ([("瓜苗", '5', None)], "either"),
        ])
def test_input_refused(company, batch, costs, message):
    with pytest.raises(OwnProductionError, match=message):
        posted(new_production_input(company, batch, [], costs))


def test_input_both_paid_and_owed(company, batch, store):
    input_ = new_production_input(company, batch, [], [("瓜苗", '5', '101')])
    input_.costs[0].__class__.write(
        list(input_.costs), {'party': store.id})
    with pytest.raises(OwnProductionError, match="either"):
        posted(again(input_))


# Labour

def test_labour_of_another_purpose(company, area, batch):
    worker = new_worker(company, area, "赵六")
    with pytest.raises(LabourLineError, match="2026年春西瓜"):
        new_sheet(company, (
                worker, new_task(company, "修路", purpose='construction'), 1,
                {'own_production': batch.id}))


def test_labour_knows_the_product_by_the_batch(
        company, area, batch, melon, product):
    worker = new_worker(company, area, "赵六")
    sheet = new_sheet(company, (
            worker, new_task(company, product=product), 1,
            {'own_production': batch.id}))
    assert sheet.lines[0].product == melon
    sheet = post_sheet(sheet)
    assert balances(company) == {'141': 80, '213': -80}


def test_labour_taken_back(company, batch, grown, melon):
    harvest = posted(new_harvest(company, batch, [(melon, '9000')], '1000'))
    with pytest.raises(OwnProductionCancelError, match="244.25"):
        cancel_sheet(grown[1])
    cancelled(harvest)
    cancel_sheet(grown[1])
    assert figures(batch) == [
        D('192.00'), D('1450.50'), 0, 0, 0, 0, D('1642.50')]
    assert differences(company) == {}


# Taking back

def test_everything_taken_back(company, batch, grown, melon, stocked):
    sown, sheet = grown
    harvest = posted(new_harvest(company, batch, [(melon, '10000')]))
    for document in [sown, sheet]:
        with pytest.raises(OwnProductionCancelError, match="closed"):
            cancelled(document)
    cancelled(harvest)
    assert again(batch).state == 'open'
    cancel_sheet(sheet)
    sown = cancelled(sown)
    assert (sown.state, sown.cancel_move.state) == ('cancelled', 'posted')
    assert figures(batch) == [D('0.00')] * 7
    assert balances(company) == {'121': 320, '211': -320}
    assert again(stocked.lines[0].lot).amount_left == 320
    assert differences(company) == {}
    Production = batch.__class__
    Production.close([batch])
    assert again(batch).state == 'closed'
    Production.reopen([batch])
    assert again(batch).state == 'open'


def test_batch_with_cost_is_not_closed(company, batch, grown, melon):
    Production = batch.__class__
    with pytest.raises(OwnProductionError, match="2442.50"):
        Production.close([batch])
    posted(new_harvest(company, batch, [(melon, '10000')]))
    with pytest.raises(OwnProductionError, match="last|closed"):
        Production.reopen([batch])


def test_sold_harvest_is_not_taken_back(company, batch, grown, melon):
    harvest = posted(new_harvest(company, batch, [(melon, '10000')]))
    ship(company, melon, harvest.lines[0].lot, 1)
    with pytest.raises(OwnProductionCancelError, match=harvest.number):
        cancelled(harvest)


def test_used_purchase_is_not_taken_back(company, batch, grown, stocked):
    with pytest.raises(Exception, match=stocked.number):
        cancelled(stocked)


# What every document obeys

@pytest.fixture
def drafts(company, batch, drying, grown, melon):
    posted(new_production_input(
            company, None, [], [("看护", '90.00', '101')]))
    return [
        new_production_input(company, batch, [], [("追肥", '5', '101')]),
        new_allocation(company),
        new_harvest(company, batch, [(melon, '1')], '9'),
        new_loss(company, batch, method='amount', stated_amount=D(5)),
        ]


def test_posted_once(company, drafts):
    for document in drafts:
        posted(document)
        with pytest.raises(DocumentStateError):
            posted(document)
        with pytest.raises(AccessError):
            document.__class__.write([document], {'date': JULY})
        with pytest.raises(AccessError):
            document.__class__.delete([document])
    for document in drafts[::-1]:
        cancelled(document)
        with pytest.raises(DocumentStateError):
            cancelled(document)
    assert differences(company) == {}


def test_lines_are_kept(company, drafts):
    for document in drafts:
        document = posted(document)
        for name in ['lines', 'costs', 'recoveries']:
            for line in getattr(document, name, []):
                with pytest.raises(AccessError):
                    line.__class__.delete([line])


def test_closed_period(company, drafts):
    Period = Pool().get('account.period')
    for document in drafts:
        period = Period.find(company, date=document.date, test_state=False)
        if period.state == 'open':
            Period.close([period])
        with pytest.raises(DocumentPeriodError):
            posted(document)


def test_future(company, drafts):
    for document in drafts:
        document.__class__.write(
            [document], {'date': dt.date.today() + dt.timedelta(days=2)})
        with pytest.raises(DocumentDateError):
            posted(again(document))


def test_batch_of_another_cooperative(company, other, drafts, melon):
    with Transaction().set_context(
            company=other.id, companies=[company.id, other.id]):
        theirs = new_batch(other, melon, "别社的")
        for document in drafts:
            Document = document.__class__
            with pytest.raises(DomainValidationError):
                if hasattr(document, 'production'):
                    Document.write([document], {'production': theirs.id})
                else:
                    document.lines[0].__class__.write(
                        [document.lines[0]], {'production': theirs.id})


def test_warehouse_of_another_cooperative(company, other, batch, grown, melon):
    with pytest.raises(DomainValidationError):
        new_harvest(
            company, batch, [(melon, '1')], warehouse=other.warehouse.id)


def test_access(company, other, batch, drafts):
    documents = [posted(d) for d in drafts]
    clerk = new_user(company, 'fupin_coop.group_cooperative')
    auditor = new_user(company, 'fupin_household.group_auditor')
    stranger = new_user(
        other, 'fupin_coop.group_cooperative',
        'fupin_coop.group_cooperative_admin')
    with acting(clerk):
        for document in documents[::-1]:
            cancelled(document)
    with acting(auditor):
        for document in documents:
            assert document in document.__class__.search([])
            with pytest.raises(AccessButtonError):
                document.__class__.post([document])
        with pytest.raises(AccessError):
            batch.__class__.write([batch], {'place': "别处"})
    children = [
        line for d in documents for name in ['lines', 'costs', 'recoveries']
        for line in getattr(d, name, [])]
    with acting(stranger):
        for record in [batch, *documents, *children]:
            Model = record.__class__
            assert Model.search([]) == []
            with pytest.raises(AccessError):
                Model.read([record.id], ['id'])


# The reconciliation sees what is wrong

@pytest.mark.parametrize('model, field, names', [
        ('fupin.own_production.input.material', 'amount', {
                'own_production_balance', 'own_production_input',
                'own_production_material', 'own_production_material_lot'}),
        ('fupin.own_production.input.cost', 'amount', {
                'own_production_balance', 'own_production_input',
                'own_production_cost'}),
        ('fupin.own_production.harvest.line', 'amount', {
                'own_production_harvest'}),
        ('fupin.own_production.harvest.line', 'stock_quantity', {
                'own_production_quantity'}),
        ('fupin.own_production.loss', 'amount', {
                'own_production_balance', 'own_production_loss'}),
        ('fupin.own_production.allocation.line', 'amount', {
                'own_production_balance', 'own_production_allocation'}),
        ])
def test_spoilt(company, drafts, model, field, names):
    for document in drafts:
        posted(document)
    assert differences(company) == {}
    Model = Pool().get(model)
    record = Model.search([], order=[('id', 'ASC')])[0]
    table = Model.__table__()
    Transaction().connection.cursor().execute(*table.update(
            [getattr(table, field)], [getattr(record, field) + D('0.01')],
            where=table.id == record.id))
    assert differences(company).keys() == names


def test_booking_by_hand_is_seen(company, batch, grown):
    "A line that names a batch without a document of it"
    Line = Pool().get('account.move.line')
    table = Line.__table__()
    line, = Line.search([
            ('account.code', '=', '121'), ('debit', '>', 0),
            ('move.company', '=', company.id)])
    Transaction().connection.cursor().execute(*table.update(
            [table.own_production, table.account],
            [batch.id, batch.account.id], where=table.id == line.id))
    assert differences(company)['own_production_balance'] == [D('-320.00')]


def test_sheet(company, batch, grown, melon):
    Sheet = Pool().get('fupin.own_production.sheet', type='report')
    posted(new_harvest(company, batch, [(melon, '4000')], '6000'))
    rows = Sheet.get_rows(again(batch))
    # the balance runs: 192.00, 1192.00, 1492.00, 1642.50, 2442.50, 1465.50
    assert [(kind, balance) for _, _, kind, _, _, _, balance in rows] == [
        ('material', D('192.00')), ('cost', D('1192.00')),
        ('cost', D('1492.00')), ('cost', D('1642.50')),
        ('labour', D('2442.50')), ('harvest', D('1465.50'))]
    with acting(new_user(
                company, 'fupin_coop.group_cooperative',
                'account.group_account')):
        extension, content, _, _ = Sheet.execute([batch.id], {})
    assert extension in {'pdf', 'html'} and len(content) > 1000


def test_dates_of_the_fixtures():
    assert SOWN < PLANTED < MARCH < APRIL < MAY < JULY
