# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Inputs bought for members, given to them on credit, and the money for
them: what is booked, moved, refused and taken back."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import acting, again, balances, new_household, new_user
from supply import (
    FEBRUARY, cancelled, differences, get_account, new_purchase, new_receipt,
    new_supply, posted)

from trytond.model.exceptions import (
    AccessButtonError, AccessError, DomainValidationError)
from trytond.modules.fupin_coop.exceptions import (
    DocumentCancelError, DocumentDateError, DocumentPeriodError,
    DocumentStateError, GrowerError, LotMoveError,
    SupplyCancelError, SupplyError, SupplyStockError)
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']

pytest_plugins = ['cooperative', 'supply']
pytestmark = pytest.mark.usefixtures('transaction')


def in_stock(company, product):
    Lot = Pool().get('stock.lot')
    return Lot.get_shelf(company, product, company.warehouse).quantity


def owes(company, member):
    line = Pool().get('account.move.line')
    return sum(
        (x.debit - x.credit for x in line.search([
                    ('party', '=', member.party.id),
                    ('account.code', '=', '11401'),
                    ('reconciliation', '=', None),
                    ('move.company', '=', company.id),
                    ('move.state', '=', 'posted')])), D(0))


# Buying for members

def test_purchase(company, bought, fertiliser, film):
    first, second = bought

    # 100 x 3.20; 50 x 3.50 + 30 x 41.333 = 175.00 + 1239.99
    assert (first.amount, second.amount) == (D('320.00'), D('1414.99'))
    assert balances(company) == {'127': D('1734.99'), '211': D('-1734.99')}
    line = next(x for x in first.move.lines if x.credit)
    assert line.party == first.supplier
    assert [x.lot.number for x in second.lines] == [
        f'{second.number}-01', f'{second.number}-02']
    assert [x.lot.amount_left for x in second.lines] == [
        D('175.00'), D('1239.99')]
    assert in_stock(company, fertiliser) == 150
    assert in_stock(company, film) == 30
    assert differences(company) == {}


def test_purchase_paid_at_once(company, fertiliser, shop):
    posted(new_purchase(
            company, shop, [(fertiliser, '10', '3.20')],
            cash_account=get_account(company, '102').id))

    assert balances(company) == {'127': D('32.00'), '102': D('-32.00')}


def test_purchase_cancelled(company, bought, fertiliser):
    first, second = bought
    second = cancelled(second)

    assert second.state == 'cancelled'
    assert in_stock(company, fertiliser) == 100
    assert balances(company) == {'127': D('320.00'), '211': D('-320.00')}
    assert differences(company) == {}


def test_purchase_of_goods_given_is_not_cancelled(
        company, bought, fertiliser, members):
    posted(new_supply(company, members[0], [(fertiliser, '1')]))
    with pytest.raises(SupplyCancelError):
        cancelled(bought[0])
    cancelled(bought[1])


@pytest.mark.parametrize('goods', [
        [], [('0', '3.20')], [('-1', '3.20')]])
def test_purchase_of_nothing(company, fertiliser, shop, goods):
    purchase = new_purchase(
        company, shop, [(fertiliser, *line) for line in goods])
    with pytest.raises(SupplyError):
        posted(purchase)


@pytest.mark.parametrize('price', ['0', '-1'])
def test_purchase_without_price(company, fertiliser, shop, price):
    purchase = new_purchase(company, shop, [(fertiliser, '5', price)])
    with pytest.raises(SupplyError):
        posted(purchase)


# Giving

def test_supply_from_stock(company, bought, fertiliser, members):
    supply = new_supply(
        company, members[0], [(fertiliser, '120')], fee_rate=D('2.5'))

    # the oldest goods first: 100 x 3.20 + 20 x 3.50 = 390.00
    assert supply.cost == D('390.00')
    supply = posted(supply)
    assert (supply.cost, supply.fee, supply.amount) == (
        D('390.00'), D('9.75'), D('399.75'))
    assert supply.lines[0].price == D('3.2500')
    assert supply.household == members[0].household
    assert balances(company) == {
        '11401': D('399.75'), '127': D('1344.99'), '501': D('-9.75'),
        '211': D('-1734.99')}
    assert [
        (m.lot.number, m.quantity, m.lot_cost) for m in sorted(
            supply.stock_moves, key=lambda m: m.lot.id)] == [
        (f'{bought[0].number}-01', 100, D('320.00')),
        (f'{bought[1].number}-01', 20, D('70.00'))]
    assert in_stock(company, fertiliser) == 30
    assert members[0].balance == D('-399.75')
    assert differences(company) == {}


def test_costs_of_a_lot_add_up(company, bought, film, members):
    "30 films cost 1239.99: three times 7, 7 and 9, and nothing is left"
    costs = [
        posted(new_supply(company, member, [(film, quantity)])).cost
        for member, quantity in zip(members + members, '777522')]

    assert sum(costs) == D('1239.99')
    assert bought[1].lines[1].lot.amount_left == D('0.00')
    assert in_stock(company, film) == 0
    assert differences(company) == {}


def test_lines_share_the_stock(company, bought, film, members):
    supply = posted(new_supply(
            company, members[0], [(film, '10'), (film, '20')]))
    assert supply.cost == D('1239.99')


def test_supply_in_another_unit(company, bought, fertiliser, members):
    pool = Pool()
    Line = pool.get('fupin.supply.line')
    ModelData = pool.get('ir.model.data')
    supply = new_supply(company, members[0], [])
    Line.create([{
                'supply': supply.id,
                'product': fertiliser.id,
                'quantity': D(40),
                'unit': ModelData.get_id('fupin_coop.uom_jin'),
                }])
    supply = posted(again(supply))

    # 40 jin are 20 kg
    assert supply.cost == D('64.00')
    assert supply.lines[0].price == D('1.6000')
    assert in_stock(company, fertiliser) == 130
    assert differences(company) == {}


def test_supply_directly(company, fertiliser, shop, members):
    supply = posted(new_supply(
            company, members[0], [(fertiliser, '50', '3.40')],
            route='direct', supplier=shop.id, fee=D('5.00')))

    assert supply.amount == D('175.00')
    assert balances(company) == {
        '11401': D('175.00'), '211': D('-170.00'), '501': D('-5.00')}
    assert not supply.stock_moves
    assert differences(company) == {}


def test_supply_directly_paid_at_once(company, fertiliser, shop, members):
    posted(new_supply(
            company, members[0], [(fertiliser, '50', '3.40')],
            route='direct', supplier=shop.id,
            cash_account=get_account(company, '101').id))

    assert balances(company) == {'11401': D('170.00'), '101': D('-170.00')}


def test_supply_to_a_grower_who_is_no_member(
        company, bought, fertiliser, area):
    party = new_household(area, "赵六").head.get_party()
    supply = posted(new_supply(
            company, None, [(fertiliser, '10')], grower=party.id))

    assert balances(company)['113'] == D('32.00')
    assert supply.household is None
    assert differences(company) == {}


def test_supply_cancelled(company, bought, fertiliser, members):
    before = balances(company)
    supply = posted(new_supply(
            company, members[0], [(fertiliser, '120')], fee_rate=D('2.5')))
    supply = cancelled(supply)

    assert balances(company) == before
    assert in_stock(company, fertiliser) == 150
    assert [x.lines[0].lot.amount_left for x in bought] == [
        D('320.00'), D('175.00')]
    assert owes(company, members[0]) == 0
    assert differences(company) == {}
    # and can be given again at the same cost
    assert posted(new_supply(
            company, members[1], [(fertiliser, '120')])).cost == D('390.00')


def test_draft_costs_what_it_will(company, bought, fertiliser, members):
    Line = Pool().get('fupin.supply.line')
    supply = new_supply(company, members[0], [(fertiliser, '110')])
    assert supply.lines[0].amount == D('355.00')
    line = Line(supply=supply, product=fertiliser, quantity=D(151),
        unit=fertiliser.default_uom)
    # more than is there
    assert line.on_change_with_amount() is None


# Refusals

def test_more_than_in_stock(company, bought, fertiliser, members):
    before = balances(company)
    supply = new_supply(company, members[0], [(fertiliser, '150.01')])
    with pytest.raises(SupplyStockError, match=r"150\.01.*150"):
        posted(supply)
    assert balances(company) == before
    supply = new_supply(
        company, members[0], [(fertiliser, '100'), (fertiliser, '51')])
    with pytest.raises(SupplyStockError):
        posted(supply)


@pytest.mark.parametrize('quantity', ['0', '-5'])
def test_zero_quantity(company, bought, fertiliser, members, quantity):
    supply = new_supply(company, members[0], [(fertiliser, quantity)])
    with pytest.raises(SupplyError):
        posted(supply)


def test_nothing_given(company, members):
    with pytest.raises(SupplyError):
        posted(new_supply(company, members[0], []))


def test_direct_without_price(company, fertiliser, shop, members):
    supply = new_supply(
        company, members[0], [(fertiliser, '5', '0')], route='direct',
        supplier=shop.id)
    with pytest.raises(SupplyError):
        posted(supply)


def test_member_who_left(company, bought, fertiliser, members):
    member = members[0]
    Member = Pool().get('fupin.member')
    table = Member.__table__()
    Transaction().connection.cursor().execute(*table.update(
            [table.to_date], [dt.date(2025, 12, 31)],
            where=table.id == member.id))
    member = again(member)
    supply = new_supply(company, member, [(fertiliser, '5')])
    with pytest.raises(GrowerError, match="张三"):
        posted(supply)
    # but he can still pay what he owes
    posted(new_receipt(company, member, '5.00'))


def test_before_the_membership(company, bought, fertiliser, members):
    supply = new_supply(
        company, members[0], [(fertiliser, '5')], date=dt.date(2024, 12, 31))
    with pytest.raises((GrowerError, DocumentPeriodError)):
        posted(supply)


def test_member_as_a_stranger(company, fertiliser, members):
    with pytest.raises(GrowerError):
        new_supply(
            company, None, [(fertiliser, '5')], grower=members[0].party.id)


def test_future(company, bought, fertiliser, members):
    tomorrow = dt.date.today() + dt.timedelta(days=2)
    supply = new_supply(
        company, members[0], [(fertiliser, '5')], date=tomorrow)
    with pytest.raises(DocumentDateError):
        posted(supply)


def test_closed_period(company, bought, fertiliser, members):
    Period = Pool().get('account.period')
    supply = new_supply(company, members[0], [(fertiliser, '5')])
    receipt = new_receipt(company, members[0], '5.00')
    period = Period.find(company, date=supply.date)
    Period.close([period])
    for document in [supply, receipt]:
        with pytest.raises(DocumentPeriodError):
            posted(document)


def test_posting_twice(company, bought, fertiliser, members):
    before = balances(company)
    supply = posted(new_supply(company, members[0], [(fertiliser, '5')]))
    with pytest.raises(DocumentStateError):
        posted(supply)
    receipt = posted(new_receipt(company, members[0], '16.00'))
    with pytest.raises(DocumentStateError):
        posted(receipt)
    cancelled(receipt)
    with pytest.raises(DocumentStateError):
        cancelled(receipt)
    cancelled(supply)
    assert balances(company) == before


def test_posted_is_not_changed(company, bought, fertiliser, members):
    supply = posted(new_supply(company, members[0], [(fertiliser, '5')]))
    line, = supply.lines
    with pytest.raises(AccessError):
        line.__class__.write([line], {'quantity': D(4)})
    with pytest.raises(AccessError):
        line.__class__.delete([line])
    with pytest.raises(AccessError):
        supply.__class__.write([supply], {'fee': D(4)})
    with pytest.raises(AccessError):
        supply.__class__.delete([supply])


def test_goods_of_members_are_not_sold(company, bought, film):
    pool = Pool()
    Move = pool.get('stock.move')
    Party = pool.get('party.party')
    customer, = Party.create([{'name': "客户"}])
    move, = Move.create([{
                'company': company.id,
                'product': film.id,
                'unit': film.default_uom.id,
                'quantity': 5,
                'from_location': company.warehouse.storage_location.id,
                'to_location': customer.customer_location.id,
                'lot': bought[1].lines[1].lot.id,
                'unit_price': D(50),
                'currency': company.currency.id,
                'effective_date': dt.date(2026, 3, 1),
                }])
    with Transaction().set_context(_skip_warnings=True):
        with pytest.raises(LotMoveError):
            Move.do([move])


def test_goods_that_are_lost(company, bought, film, members):
    "A broken roll is a loss (181) at what it cost, the books tie"
    pool = Pool()
    Move = pool.get('stock.move')
    move, = Move.create([{
                'company': company.id,
                'product': film.id,
                'unit': film.default_uom.id,
                'quantity': 10,
                'from_location': company.warehouse.storage_location.id,
                'to_location': company.warehouse.lost_found_used.id,
                'lot': bought[1].lines[1].lot.id,
                'effective_date': dt.date(2026, 3, 1),
                }])
    with Transaction().set_context(_skip_warnings=True):
        Move.do([move])
    AccountMove = pool.get('account.move')
    AccountMove.post(AccountMove.search([('state', '=', 'draft')]))

    assert balances(company)['18101'] == D('413.33')
    assert balances(company)['127'] == D('1321.66')
    assert posted(new_supply(
            company, members[0], [(film, '20')])).cost == D('826.66')
    assert differences(company) == {}


# Money

def credits(document):
    return sorted(x.credit for x in document.move.lines if x.credit)


def test_receipt_pays_the_oldest(company, bought, fertiliser, members):
    member = members[0]
    supplies = [
        posted(new_supply(
                company, member, [(fertiliser, '10')],
                date=dt.date(2026, 3, day)))
        for day in [3, 1, 2]]
    receipt = posted(new_receipt(company, member, '50.00', '102'))

    # each owes 32.00: the one of the first is paid, 18.00 of the second
    assert credits(receipt) == [D('18.00'), D('32.00')]
    paid = {
        x.move.origin.date.day: bool(x.reconciliation)
        for s in supplies for x in s.move.lines if x.party}
    assert paid == {3: False, 1: True, 2: False}
    assert owes(company, member) == D('46.00')
    assert balances(company)['102'] == D('50.00')

    # what is left pays the rest, and 4.00 more are an advance
    second = posted(new_receipt(company, member, '50.00'))
    assert credits(second) == [D('4.00'), D('14.00'), D('32.00')]
    assert owes(company, member) == D('-4.00')
    assert differences(company) == {}


def test_advance(company, bought, fertiliser, members):
    member = members[0]
    posted(new_receipt(company, member, '100.00', date=FEBRUARY))
    assert owes(company, member) == D('-100.00')
    posted(new_supply(company, member, [(fertiliser, '10')]))
    posted(new_supply(company, member, [(fertiliser, '25')]))
    assert owes(company, member) == D('12.00')
    receipt = new_receipt(company, member, '12.00')
    assert receipt.owed == D('12.00')
    posted(receipt)
    assert owes(company, member) == 0
    Line = Pool().get('account.move.line')
    assert not Line.search([
            ('account.code', '=', '11401'), ('reconciliation', '=', None)])


def test_receipt_cancelled(company, bought, fertiliser, members):
    member = members[0]
    supply = posted(new_supply(company, member, [(fertiliser, '10')]))
    receipt = posted(new_receipt(company, member, '40.00'))
    with pytest.raises(DocumentCancelError):
        cancelled(supply)
    cancelled(receipt)

    assert owes(company, member) == D('32.00')
    assert '101' not in balances(company)
    assert differences(company) == {}
    cancelled(supply)
    assert owes(company, member) == 0


@pytest.mark.parametrize('amount', ['0', '-1'])
def test_receipt_of_nothing(company, members, amount):
    with pytest.raises(DomainValidationError):
        new_receipt(company, members[0], amount)


def test_receipt_of_others(company, bought, fertiliser, area):
    party = new_household(area, "赵六").head.get_party()
    supply = posted(new_supply(
            company, None, [(fertiliser, '10')], grower=party.id))
    posted(new_receipt(company, None, '32.00', grower=party.id))

    assert again(supply).move.lines[0].reconciliation or (
        again(supply).move.lines[1].reconciliation)
    assert '113' not in balances(company)
    assert differences(company) == {}


# Planted differences

def plant(model, id_, **values):
    "Change a record as nobody can through the application"
    table = Pool().get(model).__table__()
    Transaction().connection.cursor().execute(*table.update(
            [getattr(table, n) for n in values], list(values.values()),
            where=table.id == id_))


@pytest.mark.parametrize('name, plant_it', [
        ('supply_purchase_stock', lambda p, s, r: plant(
                'fupin.supply.purchase.line', p.lines[0].id,
                amount=D('319.99'))),
        ('supply_purchase_quantity', lambda p, s, r: plant(
                'stock.move', p.stock_moves[0].id, internal_quantity=99)),
        ('supply_debt', lambda p, s, r: plant(
                'fupin.supply', s.id, fee=D('1.01'))),
        ('supply_stock', lambda p, s, r: plant(
                'fupin.supply.line', s.lines[0].id, amount=D('32.01'))),
        ('supply_fee', lambda p, s, r: plant(
                'fupin.supply', s.id, fee=D('0.99'))),
        ('supply_quantity', lambda p, s, r: plant(
                'stock.move', s.stock_moves[0].id, internal_quantity=11)),
        ('supply_lot_cost', lambda p, s, r: plant(
                'stock.move', s.stock_moves[0].id, lot_cost=D('31.00'))),
        ('lot_value', lambda p, s, r: plant(
                'stock.move', s.stock_moves[0].id, lot_cost=D('31.00'))),
        ('member_receipt_money', lambda p, s, r: plant(
                'fupin.member.receipt', r.id, amount=D('9.99'))),
        ('member_receipt_debt', lambda p, s, r: plant(
                'fupin.member.receipt', r.id, amount=D('9.99'))),
        ])
def test_planted_differences(
        company, bought, fertiliser, members, name, plant_it):
    supply = posted(new_supply(
            company, members[0], [(fertiliser, '10')], fee=D('1.00')))
    receipt = posted(new_receipt(company, members[0], '10.00'))
    assert differences(company) == {}
    plant_it(bought[0], supply, receipt)
    assert name in differences(company)


@pytest.mark.parametrize('name, plant_it', [
        ('supply_supplier', lambda s: plant(
                'fupin.supply.line', s.lines[0].id, amount=D('32.01'))),
        ])
def test_planted_difference_of_a_supplier(
        company, fertiliser, shop, members, name, plant_it):
    supply = posted(new_supply(
            company, members[0], [(fertiliser, '10', '3.20')],
            route='direct', supplier=shop.id))
    plant_it(supply)
    assert name in differences(company)


# Who may

def test_clerk_gives_and_auditor_reads(
        company, bought, fertiliser, members):
    clerk = new_user(company, 'fupin_coop.group_cooperative')
    auditor = new_user(company, 'fupin_household.group_auditor')
    with acting(clerk):
        supply = posted(new_supply(company, members[0], [(fertiliser, '5')]))
        cancelled(posted(new_receipt(company, members[0], '5.00')))
    Supply = Pool().get('fupin.supply')
    with acting(auditor):
        assert Supply.search([]) == [supply]
        with pytest.raises(AccessButtonError):
            Supply.cancel([supply])
        with pytest.raises(AccessError):
            Supply.create([{'member': members[0].id}])


def test_other_cooperative(company, other, bought, fertiliser, members):
    supply = posted(new_supply(company, members[0], [(fertiliser, '5')]))
    stranger = new_user(other, 'fupin_coop.group_cooperative')
    with acting(stranger):
        for record in [supply, supply.lines[0], bought[0]]:
            Model = record.__class__
            assert Model.search([]) == []
            with pytest.raises(AccessError):
                Model.read([record.id], ['id'])
