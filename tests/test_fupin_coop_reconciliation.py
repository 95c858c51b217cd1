# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Everything ties, and what does not is found and named."""
import io
from decimal import Decimal as D

import pytest
from cooperative import (
    MARCH, acting, again, answer, cancel, exported, import_results,
    new_delivery, new_household, new_product, new_user, post,
    set_bank_account)

from trytond.model import fields
from trytond.modules.fupin_coop.reconciliation import report
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def county(company, product, members, owed, area):
    """A cooperative with a bit of everything: deliveries bought out and on
    commission, of a grower who is no member, cancelled, shipped, paid,
    failed, given back and owed"""
    grower = new_household(area, "赵六")
    party = grower.head.get_party()
    set_bank_account(grower.head, '6228480402564890059')
    stranger = new_delivery(company, product, None, grower=party.id)
    commission = new_delivery(
        company, product, members[1], method='commission', gross=D('77.7'))
    post(stranger, commission)
    cancel(*post(new_delivery(company, product, members[2])))
    ship(company, owed[0].lot, 33.33)
    ship(company, again(commission).lot, 74.45)
    ship(company, owed[1].lot, 116.82)

    settlement, _ = exported(company)
    settlement = import_results(settlement, answer(settlement, {"李四"}))
    line, = [x for x in settlement.lines if x.party.name == "王五"]
    settlement.fail([line], "账户冻结", MARCH.replace(month=4))
    settlement, _ = exported(company)
    import_results(settlement)
    post(new_delivery(company, product, members[0], gross=D('55.5')))
    return company


def ship(company, lot, quantity):
    pool = Pool()
    Location = pool.get('stock.location')
    Move = pool.get('stock.move')
    customer, = Location.search([('code', '=', 'CUS')])
    move, = Move.create([{
                'company': company.id,
                'product': lot.product.id,
                'unit': lot.product.default_uom.id,
                'quantity': quantity,
                'from_location': company.warehouse.storage_location.id,
                'to_location': customer.id,
                'lot': lot.id,
                'unit_price': D('9.00'),
                'currency': company.currency.id,
                'effective_date': MARCH,
                }])
    with Transaction().set_context(_skip_warnings=True):
        Move.do([move])


def check(company):
    Reconciliation = Pool().get('fupin.reconciliation')
    return {c.name: c for c in Reconciliation.check(company)}


def found(company):
    "Return {check: records that differ}"
    return {
        n: {d.record for d in c.differences}
        for n, c in check(company).items() if c.count}


def execute(query):
    Transaction().connection.cursor().execute(*query)
    Transaction().counter += 1


def set_columns(record, **values):
    "Change the record behind the back of everything"
    table = record.__table__()
    execute(table.update(
            [getattr(table, n) for n in values], list(values.values()),
            where=table.id == record.id))


def remove(record):
    table = record.__table__()
    execute(table.delete(where=table.id == record.id))


def insert_copy(record, **values):
    "Insert the row of the record once more, return the new id"
    table = record.__table__()
    cursor = Transaction().connection.cursor()
    names = [
        n for n, f in record._fields.items()
        if not isinstance(f, fields.Function) and f.sql_type()
        and n != 'id']
    cursor.execute(*table.select(
            *(getattr(table, n) for n in names),
            where=table.id == record.id))
    row = dict(zip(names, cursor.fetchone())) | values
    new = record.__class__.__table__()
    cursor.execute(*new.insert(
            [getattr(new, n) for n in names],
            [[row[n] for n in names]]))
    cursor.execute(*table.select(
            table.id, order_by=[table.id.desc], limit=1))
    Transaction().counter += 1
    return cursor.fetchone()[0]


def first(name, *domain):
    record, = Pool().get(name).search(list(domain), limit=1)
    return record


def income_of(delivery):
    return first(
        'fupin.income', ('origin', '=', str(delivery)),
        ('entry', '=', 'posting'))


def succeeded_line(name="张三"):
    return first(
        'fupin.settlement.line', ('state', '=', 'succeeded'),
        ('party.name', '=', name))


# All is well

def test_everything_ties(county):
    checks = check(county)
    assert not [d for c in checks.values() for d in c.differences]
    assert {c.difference for c in checks.values()} == {D('0.00')}
    assert not found(None)
    # and the comparisons are of something
    assert checks['delivery_income'].left == D('5403.74')
    assert checks['delivery_stock'].left == D('5403.74')
    assert checks['delivery_payable'].left == D('5403.74')
    assert checks['delivery_member_entry'].left == D('4515.91')
    assert checks['income_paid'].left == D('5004.97')
    assert checks['settlement_payment'].left == D('5004.97')
    assert checks['settlement_booked'].left == D('5004.97')
    for name in ['lot_cost', 'lot_value', 'move_balance', 'move_origin']:
        assert checks[name].left


def test_empty_cooperative(company):
    checks = check(company)
    assert {(c.left, c.right) for c in checks.values()} == {
        (D('0.00'), D('0.00'))}


def test_other_cooperative_is_apart(county, other, area):
    melon = new_product(other, "西瓜", '2.00')
    party = new_household(area, "孙七").head.get_party()
    with Transaction().set_context(
            company=other.id, companies=[other.id]):
        delivery, = post(new_delivery(
                other, melon, None, grower=party.id,
                warehouse=other.warehouse.id))
    assert check(other)['delivery_income'].left == D('233.64')
    set_columns(income_of(delivery), amount=D('1.00'))
    assert found(other)
    assert not found(county)


# Differences that are planted: what is done, and which check names what

def income_amount(county, owed):
    set_columns(income_of(owed[0]), amount=D('887.84'))
    return 'delivery_income', owed[0]


def income_deleted(county, owed):
    delivery = first(
        'fupin.delivery', ('state', '=', 'posted'),
        ('gross', '=', D('55.5')))
    remove(income_of(delivery))
    return 'delivery_income', delivery


def income_of_another_household(county, owed):
    set_columns(income_of(owed[0]), household=owed[1].household.id)
    return 'delivery_income', owed[0]


def income_twice(county, owed):
    category = first('fupin.income.category', ('code', '=', 'rent'))
    insert_copy(income_of(owed[0]), category=category.id)
    return 'delivery_income', owed[0]


def income_of_a_draft(county, owed):
    company = owed[0].company
    draft = new_delivery(company, owed[0].product, owed[0].member)
    insert_copy(income_of(owed[0]), origin=str(draft))
    return 'delivery_income', draft


def orphan_income(county, owed):
    insert_copy(income_of(owed[0]), origin='fupin.delivery,987654')
    return 'delivery_income', 'fupin.delivery,987654'


def income_without_document(county, owed):
    id_ = insert_copy(
        income_of(owed[0]), origin='fupin.income.declaration.line,1')
    return 'income_document', f'fupin.income,{id_}'


def income_outside_its_year(county, owed):
    income = income_of(owed[0])
    set_columns(income, date=MARCH.replace(year=2025))
    return 'income_year', income


def income_of_another_cooperative(county, owed):
    other = first('company.company', ('id', '!=', county.id),
        ('cooperative', '=', True))
    set_columns(income_of(owed[0]), company=other.id)
    return 'delivery_income', owed[0]


def reversal_changed(county, owed):
    reversal = first('fupin.income', ('entry', '=', 'reversal'))
    set_columns(reversal, amount=D('-887.82'))
    return 'income_reversal', reversal


def delivery_amount(county, owed):
    set_columns(owed[0], amount=D('887.80'))
    return 'delivery_payable', owed[0]


def delivery_state(county, owed):
    set_columns(owed[0], state='cancelled')
    return 'delivery_member_entry', owed[0]


def member_entry_amount(county, owed):
    set_columns(
        first('fupin.member.entry', ('origin', '=', str(owed[0]))),
        amount=D('1'))
    return 'delivery_member_entry', owed[0]


def member_entry_of_another(county, owed):
    set_columns(
        first('fupin.member.entry', ('origin', '=', str(owed[0]))),
        member=owed[1].member.id)
    return 'delivery_member_entry', owed[0]


def member_entry_deleted(county, owed):
    remove(first('fupin.member.entry', ('origin', '=', str(owed[0]))))
    return 'delivery_member_entry', owed[0]


def payable_amount(county, owed):
    line, = [x for x in owed[0].move.lines if x.party]
    set_columns(line, credit=D('887.82'))
    return 'delivery_payable', owed[0]


def payable_of_another(county, owed):
    line, = [x for x in owed[0].move.lines if x.party]
    set_columns(line, party=owed[1].grower.id)
    return 'delivery_payable', owed[0]


def stock_line_amount(county, owed):
    line, = [x for x in owed[0].move.lines if not x.party]
    set_columns(line, debit=D('887.82'))
    return 'move_balance', owed[0].move


def move_unposted(county, owed):
    set_columns(owed[0].move, state='draft')
    return 'delivery_stock', owed[0]


def booked_twice(county, owed):
    id_ = insert_copy(owed[0].move)
    for line in owed[0].move.lines:
        insert_copy(line, move=id_, reconciliation=None)
    return 'delivery_payable', owed[0]


def weight_received(county, owed):
    move, = [m for m in owed[3].stock_moves]
    set_columns(move, quantity=116.81)
    return 'delivery_quantity', owed[3]


def goods_not_received(county, owed):
    move, = [m for m in owed[3].stock_moves]
    set_columns(move, state='draft')
    return 'delivery_quantity', owed[3]


def shipped_cost(county, owed):
    move = first('stock.move', ('lot_cost', '>', 0))
    set_columns(move, lot_cost=move.lot_cost + D('0.01'))
    return 'lot_cost', move


def shipped_cost_in_the_books(county, owed):
    move = first('stock.move', ('lot_cost', '>', 0))
    booked = first('account.move', ('origin', '=', str(move)))
    for line in booked.lines:
        set_columns(line, debit=line.debit * 2, credit=line.credit * 2)
    return 'lot_cost', move


def goods_that_left_unbooked(county, owed):
    move = first('stock.move', ('lot', '=', owed[1].lot.id),
        ('lot_cost', '>', 0))
    set_columns(move, internal_quantity=100.0)
    return 'lot_value', owed[1].lot


def move_without_document(county, owed):
    move = first('stock.move', ('lot_cost', '>', 0))
    booked = first('account.move', ('origin', '=', str(move)))
    set_columns(booked, origin='stock.move,987654')
    return 'move_origin', booked


def paid_without_income_payment(county, owed):
    line = succeeded_line()
    remove(first('fupin.income.payment', ('origin', '=', str(line))))
    return 'income_paid', line


def income_payment_amount(county, owed):
    line = succeeded_line()
    payment = first('fupin.income.payment', ('origin', '=', str(line)))
    set_columns(payment, amount=payment.amount - D('0.01'))
    return 'income_paid', line


def income_paid_twice(county, owed):
    line = succeeded_line()
    payment = first('fupin.income.payment', ('origin', '=', str(line)))
    failed = first('fupin.settlement.line', ('state', '=', 'failed'))
    insert_copy(payment, origin=str(failed))
    return 'income_paid_limit', payment.income


def settlement_line_amount(county, owed):
    line = succeeded_line()
    set_columns(line, amount=line.amount + 1)
    return 'settlement_covered', line


def payment_amount(county, owed):
    line = succeeded_line()
    set_columns(line.payment, amount=D(1))
    return 'settlement_payment', line


def payment_without_settlement(county, owed):
    line = first('fupin.settlement.line', ('state', '=', 'failed'))
    set_columns(line.payment, state='succeeded')
    return 'settlement_payment', line


def clearing_amount(county, owed):
    line = succeeded_line()
    for x in line.payment.clearing_move.lines:
        set_columns(x, debit=x.debit * 2, credit=x.credit * 2)
    return 'settlement_booked', line


def debt_not_reconciled(county, owed):
    line = succeeded_line()
    set_columns(line.items[0].move_line, reconciliation=None)
    return 'settlement_reconciled', line


def reconciled_with_another(county, owed):
    line, other = succeeded_line(), succeeded_line("王五")
    reconciliation = other.items[0].move_line.reconciliation
    set_columns(line.items[0].move_line, reconciliation=reconciliation.id)
    return 'reconciliation_balance', reconciliation


PLANTED = [
    income_amount, income_deleted, income_of_another_household, income_twice,
    income_of_a_draft, orphan_income, income_without_document,
    income_outside_its_year, income_of_another_cooperative, reversal_changed,
    delivery_amount, delivery_state, member_entry_amount,
    member_entry_of_another, member_entry_deleted, payable_amount,
    payable_of_another, stock_line_amount, move_unposted, booked_twice,
    weight_received, goods_not_received, shipped_cost,
    shipped_cost_in_the_books, goods_that_left_unbooked,
    move_without_document, paid_without_income_payment,
    income_payment_amount, income_paid_twice, settlement_line_amount,
    payment_amount, payment_without_settlement, clearing_amount,
    debt_not_reconciled, reconciled_with_another]


def test_each_difference_is_found_and_named(county, owed):
    "One database for all: what is planted is taken out again"
    connection = Transaction().connection
    missed = []
    for plant in PLANTED:
        connection.cursor().execute('SAVEPOINT planted')
        name, record = plant(county, owed)
        differences = found(county)
        if str(record) not in differences.get(name, ()):
            missed.append((plant.__name__, differences))
        connection.cursor().execute('ROLLBACK TO SAVEPOINT planted')
        Transaction().counter += 1
        for cache in Transaction().cache.values():
            cache.clear()
    assert not missed
    assert not found(county)


def test_declaration(county, owed):
    "Income without a cooperative is what the townships declared"
    id_ = insert_copy(
        income_of(owed[0]), company=None,
        origin='fupin.income.declaration.line,987654')
    assert id_
    assert found(None) == {
        'declaration_income': {'fupin.income.declaration.line,987654'}}


# What people see

def test_report(county, owed):
    output = io.StringIO()
    assert report(file=output) == 0
    text = output.getvalue()
    assert county.party.name in text
    assert '5,403.74' in text
    assert 'Everything ties' in text

    set_columns(income_of(owed[0]), amount=D('887.84'))
    output = io.StringIO()
    assert report([county.party.name], file=output) == 1
    text = output.getvalue()
    assert owed[0].number in text
    assert '-0.01' in text
    assert 'Everything ties' not in text

    assert report(["没有"], file=io.StringIO()) == 2


def test_label_of_what_is_gone(county, owed):
    orphan_income(county, owed)
    labels = [
        d.label for c in check(county).values() for d in c.differences]
    assert any('987654' in label for label in labels)


def test_many_differences_are_counted(county, owed, monkeypatch):
    monkeypatch.setattr(
        'trytond.modules.fupin_coop.reconciliation.NAMED', 2)
    for delivery in owed:
        set_columns(income_of(delivery), amount=D('1'))
    result = check(county)['delivery_income']
    assert result.count == 4
    assert len(result.differences) == 2


def run_wizard(company=None):
    pool = Pool()
    Wizard = pool.get('fupin.reconciliation', type='wizard')
    session_id, _, _ = Wizard.create()
    result = Wizard.execute(session_id, {
            'start': {'company': company.id if company else None},
            }, 'result')
    return result['view']['defaults']


def test_wizard(county, other, owed):
    user = new_user(county, 'fupin_coop.group_cooperative')
    with acting(user):
        result = run_wizard()
        assert result['tied']
        assert {c['company'] for c in result['checks']} == {county.id}
        assert not result['differences']
        assert not run_wizard(other)['checks']
        set_columns(income_of(owed[0]), amount=D('887.84'))
        result = run_wizard()
        assert not result['tied']
        difference, = result['differences']
        assert owed[0].number in difference['label']
        assert difference['difference'] == D('-0.01')
