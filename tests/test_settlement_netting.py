# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What members owe for inputs is set off when they are paid."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (
    APRIL, MAY, again, answer, approved, balances, computed, exported,
    import_results, new_delivery, new_household, new_settlement, post)
from supply import (
    cancelled, differences, new_receipt, new_supply, posted)

from trytond.model.exceptions import AccessError
from trytond.model.modelsql import SQLConstraintError
from trytond.modules.fupin_coop.exceptions import (
    DocumentCancelError, SettlementEmptyError, SettlementLineError,
    SettlementStateError, SupplyLimitError, SupplyLimitWarning)
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']

pytest_plugins = ['cooperative', 'supply']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def supplied(company, bought, fertiliser, members):
    """The first member owes 64.00 and 100.50, the second one 1000.00, the
    third nothing"""
    return [
        posted(new_supply(
                company, members[0], [(fertiliser, '20')],
                date=dt.date(2026, 3, 1))),
        # 30 x 3.20 + 4.50
        posted(new_supply(
                company, members[0], [(fertiliser, '30')], fee=D('4.50'),
                date=dt.date(2026, 3, 2))),
        # 50 x 3.20 + 840.00
        posted(new_supply(
                company, members[1], [(fertiliser, '50')], fee=D('840.00'),
                date=dt.date(2026, 3, 3))),
        ]


def new_limit(company, amount, over='refuse', rate='1', member=None, **values):
    Limit = Pool().get('fupin.supply.limit')
    return Limit.create([{
                'company': company.id,
                'member': member.id if member else None,
                'from_date': dt.date(2026, 1, 1),
                'document': "理事会2026年1号决议",
                'amount': D(amount),
                'over': over,
                'netting_rate': D(rate),
                **values,
                }])[0]


def by_name(settlement):
    return {
        line.party.name: (line.gross, line.netted, line.amount)
        for line in settlement.lines}


def open_lines(code):
    Line = Pool().get('account.move.line')
    return sorted(
        x.debit - x.credit for x in Line.search([
                ('account.code', '=', code),
                ('reconciliation', '=', None),
                ('move.state', '=', 'posted')]))


def paid():
    Income = Pool().get('fupin.income')
    result = {}
    for income in Income.search([]):
        name = income.person.name
        result[name] = result.get(name, D(0)) + income.paid
    return result


def test_amounts(company, owed, supplied):
    assert [s.amount for s in supplied] == [
        D('64.00'), D('100.50'), D('1000.00')]
    settlement = computed(company)

    # each is owed 887.83, the first one twice
    assert by_name(settlement) == {
        "张三": (D('1775.66'), D('164.50'), D('1611.16')),
        "李四": (D('887.83'), D('887.83'), D('0.00')),
        "王五": (D('887.83'), D('0.00'), D('887.83')),
        }
    assert (settlement.gross, settlement.netted, settlement.amount) == (
        D('3551.32'), D('1052.33'), D('2498.99'))
    first = settlement.lines[0]
    assert [(i.document, i.amount) for i in first.nettings] == [
        (supplied[0].number, D('64.00')), (supplied[1].number, D('100.50'))]
    # nothing is booked yet
    assert balances(company)['11401'] == D('1164.50')
    assert differences(company) == {}


def test_paid_by_the_bank(company, owed, supplied):
    settlement, _ = exported(company)

    # approval has set off: 112.17 of the second one are left
    assert open_lines('11401') == [D('-887.83'), D('1000.00')]
    assert {line.party.name: line.state for line in settlement.lines} == {
        "张三": 'processing', "李四": 'succeeded', "王五": 'processing'}
    assert balances(company)['11402'] == D('-2498.99')
    assert paid() == {
        "张三": D('0.00'), "李四": D('887.83'), "王五": D('0.00')}
    assert differences(company) == {}

    settlement = import_results(settlement)
    assert settlement.state == 'done'
    assert (settlement.amount_paid, settlement.netted) == (
        D('2498.99'), D('1052.33'))
    # income is income also where it was set off
    assert paid() == {
        "张三": D('1775.66'), "李四": D('887.83'), "王五": D('887.83')}
    assert open_lines('11402') == []
    # 121: 4 x 887.83; 127: 1734.99 - 320.00; 501: 4.50 + 840.00
    assert balances(company) == {
        '121': D('3551.32'), '127': D('1414.99'), '102': D('-2498.99'),
        '11401': D('112.17'), '211': D('-1734.99'), '501': D('-844.50')}
    assert differences(company) == {}


def test_the_rest_is_set_off_next_time(
        company, product, members, owed, supplied):
    settlement, _ = exported(company)
    import_results(settlement)
    post(new_delivery(company, product, members[1], date=APRIL))
    settlement, _ = exported(company, date=MAY, up_to=MAY)
    assert by_name(settlement) == {
        "李四": (D('887.83'), D('112.17'), D('775.66'))}
    import_results(settlement, date=MAY)

    assert open_lines('11401') == []
    assert balances(company).get('11401') is None
    assert differences(company) == {}


def test_advance_is_used_first(company, owed, bought, fertiliser, members):
    posted(new_receipt(
            company, members[0], '50.00', date=dt.date(2026, 2, 20)))
    posted(new_supply(company, members[0], [(fertiliser, '20')]))
    posted(new_supply(company, members[0], [(fertiliser, '10')]))
    settlement = approved(company)

    # 64.00 + 32.00 - 50.00
    assert by_name(settlement)["张三"] == (
        D('1775.66'), D('46.00'), D('1729.66'))
    line = settlement.lines[0]
    assert sorted(
        x.credit for x in line.netting_move.lines if x.credit) == [
        D('14.00'), D('32.00')]
    assert open_lines('11401') == []
    assert differences(company) == {}


def test_advance_alone_sets_off_nothing(company, owed, members):
    posted(new_receipt(company, members[0], '50.00'))
    settlement = computed(company)
    assert settlement.netted == 0
    assert not settlement.lines[0].nettings


def test_only_so_much(company, owed, supplied, members):
    new_limit(company, '5000', rate='0.5')
    new_limit(company, '5000', rate='0.05', member=members[0])
    settlement = approved(company)

    # 5 % of 1775.66 = 88.783; half of 887.83 = 443.915
    assert by_name(settlement) == {
        "张三": (D('1775.66'), D('88.78'), D('1686.88')),
        "李四": (D('887.83'), D('443.91'), D('443.92')),
        "王五": (D('887.83'), D('0.00'), D('887.83')),
        }
    # the oldest supply is paid, 24.78 of the next one
    assert [
        bool(x.reconciliation)
        for s in supplied for x in s.move.lines if x.party] == [
        True, False, False]
    assert open_lines('11401') == [
        D('-443.91'), D('-24.78'), D('100.50'), D('1000.00')]
    assert differences(company) == {}


def test_what_came_later_is_not_set_off(company, owed, bought, fertiliser,
        members):
    posted(new_supply(
            company, members[0], [(fertiliser, '20')],
            date=APRIL + dt.timedelta(days=1)))
    assert computed(company).netted == 0


def test_grower_who_is_no_member(company, product, area, bought, fertiliser):
    party = new_household(area, "赵六").head.get_party()
    post(new_delivery(company, product, None, grower=party.id))
    posted(new_supply(company, None, [(fertiliser, '10')], grower=party.id))
    settlement = computed(company, method='cash')

    # the shop is not paid with the growers
    assert by_name(settlement) == {
        "赵六": (D('887.83'), D('32.00'), D('855.83'))}
    Pool().get('fupin.settlement').approve([settlement])
    settlement = again(settlement)
    settlement.pay(list(settlement.lines), APRIL)
    assert balances(company) == {
        '121': D('887.83'), '127': D('1702.99'), '101': D('-855.83'),
        '211': D('-1734.99')}
    assert paid() == {"赵六": D('887.83')}
    assert differences(company) == {}


# Held and taken back

def test_held_debts(company, owed, supplied, members):
    settlement = computed(company)
    with pytest.raises(DocumentCancelError):
        cancelled(supplied[0])
    # money that comes meanwhile is an advance
    posted(new_receipt(company, members[0], '10.00'))
    assert D('-10.00') in open_lines('11401')
    Settlement = Pool().get('fupin.settlement')
    Settlement.delete([settlement])
    cancelled(supplied[0])


def test_second_settlement_finds_no_debt(company, owed, supplied):
    computed(company)
    other = new_settlement(company)
    Settlement = Pool().get('fupin.settlement')
    with pytest.raises(SettlementEmptyError):
        Settlement.compute([other])


def test_cancel_takes_everything_back(company, owed, supplied):
    before = balances(company), open_lines('11401'), open_lines('11402')
    settlement = approved(company)
    assert balances(company) != before[0]
    settlement = cancelled(settlement)

    assert settlement.state == 'cancelled'
    assert (balances(company), open_lines('11401'), open_lines('11402')
        ) == before
    assert paid() == {"张三": 0, "李四": 0, "王五": 0}
    assert differences(company) == {}
    # and can be done again
    settlement, _ = exported(company)
    import_results(settlement)
    assert differences(company) == {}
    assert balances(company)['11401'] == D('112.17')


def test_cancel_what_sets_off_everything(
        company, product, members, bought, fertiliser):
    post(new_delivery(company, product, members[1]))
    posted(new_supply(
            company, members[1], [(fertiliser, '50')], fee=D('840.00')))
    settlement = approved(company)
    assert settlement.state == 'done'
    assert settlement.amount == 0
    assert open_lines('11402') == []
    settlement = cancelled(settlement)
    assert open_lines('11402') == [D('-887.83')]
    assert paid() == {"李四": 0}
    assert differences(company) == {}


def test_paid_settlement_is_not_cancelled(company, owed, supplied):
    settlement, _ = exported(company)
    with pytest.raises(SettlementStateError):
        cancelled(settlement)
    settlement = import_results(settlement)
    with pytest.raises(SettlementStateError):
        cancelled(settlement)


def test_set_off_stands_when_the_bank_fails(company, owed, supplied):
    settlement, _ = exported(company)
    settlement = import_results(
        settlement, answer(settlement, failed=["张三"]))
    assert paid() == {
        "张三": D('0.00'), "李四": D('887.83'), "王五": D('887.83')}
    assert sum(open_lines('11402')) == D('-1611.16')
    assert differences(company) == {}

    # only the rest is owed again
    settlement, _ = exported(company, date=MAY, up_to=MAY)
    assert by_name(settlement) == {
        "张三": (D('1611.16'), D('0.00'), D('1611.16'))}
    import_results(settlement, date=MAY)
    assert paid()["张三"] == D('1775.66')
    assert open_lines('11402') == []
    assert differences(company) == {}


def test_money_that_comes_back(company, owed, supplied):
    settlement, _ = exported(company)
    settlement = import_results(settlement)
    line = settlement.lines[0]
    settlement.fail([line], "账户冻结", APRIL)

    assert sum(open_lines('11402')) == D('-1611.16')
    assert balances(company)['11401'] == D('112.17')
    assert differences(company) == {}


def test_changed_debt(company, owed, supplied):
    settlement = computed(company)
    item = settlement.lines[0].nettings[0]
    table = item.__table__()
    Transaction().connection.cursor().execute(*table.update(
            [table.amount], [D('1.00')], where=table.id == item.id))
    Transaction().counter += 1
    Settlement = Pool().get('fupin.settlement')
    with pytest.raises(SettlementLineError):
        Settlement.approve([again(settlement)])


def test_set_off_move_is_not_cancelled_alone(company, owed, supplied):
    settlement = approved(company)
    with pytest.raises(AccessError):
        settlement.lines[0].netting_move.cancel()


def test_deleted_draft_lets_go(company, owed, supplied):
    settlement = computed(company)
    Settlement = Pool().get('fupin.settlement')
    Settlement.delete([settlement])
    assert by_name(computed(company))["张三"] == (
        D('1775.66'), D('164.50'), D('1611.16'))


def test_planted_differences(company, owed, supplied):
    settlement = approved(company)
    line = settlement.lines[0]
    cursor = Transaction().connection.cursor()
    table = line.__table__()
    cursor.execute(*table.update(
            [table.netted], [D('164.49')], where=table.id == line.id))
    assert set(differences(company)) == {'settlement_netted'}
    cursor.execute(*table.update(
            [table.netted], [D('164.50')], where=table.id == line.id))
    item = line.nettings[0]
    table = item.__table__()
    cursor.execute(*table.update(
            [table.amount], [D('63.99')], where=table.id == item.id))
    assert set(differences(company)) == {'settlement_netted_debt'}


# The balance

def test_balance(company, owed, supplied, members):
    posted(new_receipt(company, members[2], '8.00'))
    posted(new_receipt(
            company, members[0], '70.00', date=dt.date(2026, 3, 6)))
    Balance = Pool().get('fupin.supply.balance')
    assert [
        (b.member, b.amount, b.since) for b in Balance.search([])] == [
        (members[1], D('1000.00'), dt.date(2026, 3, 3)),
        # 164.50 - 70.00: the supply of the first day is paid
        (members[0], D('94.50'), dt.date(2026, 3, 2)),
        (members[2], D('-8.00'), None),
        ]
    first = Balance.search([('member', '=', members[0].id)])[0]
    assert set(first.supplies) == set(supplied[:2])
    assert len(first.receipts) == 1
    assert Balance.search(
        [('amount', '>', D('94.50'))], count=True) == 1
    assert Balance.search([('amount', '<', 0)], count=True) == 1
    approved(company)
    balance, = Balance.search([('member', '=', members[1].id)])
    assert balance.amount == D('112.17')
    assert len(balance.nettings) == 1


# The limit

def test_limit_refuses(company, bought, fertiliser, members):
    new_limit(company, '100.00')
    posted(new_supply(company, members[0], [(fertiliser, '20')]))
    with pytest.raises(
            SupplyLimitError, match="(?s)张三.*64.00.*36.01.*100.00"):
        posted(new_supply(
                company, members[0], [(fertiliser, '10')], fee=D('4.01')))
    # to the cent
    posted(new_supply(
            company, members[0], [(fertiliser, '10')], fee=D('4.00')))
    posted(new_supply(company, members[1], [(fertiliser, '30')]))
    # who pays may have again
    posted(new_receipt(company, members[0], '50.00'))
    posted(new_supply(company, members[0], [(fertiliser, '10')]))


def test_limit_counts_what_is_posted_together(
        company, bought, fertiliser, members):
    new_limit(company, '100.00')
    Supply = Pool().get('fupin.supply')
    supplies = [
        new_supply(company, members[0], [(fertiliser, '20')])
        for _ in range(2)]
    with pytest.raises(SupplyLimitError):
        Supply.post(supplies)


def test_limit_warns(company, bought, fertiliser, members):
    new_limit(company, '50.00', over='warn')
    Warning = Pool().get('res.user.warning')
    with pytest.raises(SupplyLimitWarning, match="64.00"):
        posted(new_supply(company, members[0], [(fertiliser, '20')]))
    supply = new_supply(company, members[1], [(fertiliser, '20')])
    Warning.create([{
                'user': Transaction().user,
                'name': Warning.format('supply_limit', [supply]),
                }])
    assert posted(supply).state == 'posted'


def test_limit_of_a_member(company, bought, fertiliser, members):
    new_limit(company, '10.00')
    new_limit(company, '100.00', member=members[0])
    posted(new_supply(company, members[0], [(fertiliser, '20')]))
    with pytest.raises(SupplyLimitError):
        posted(new_supply(company, members[1], [(fertiliser, '20')]))


def test_limit_from_a_day_on(company, bought, fertiliser, members):
    new_limit(company, '100.00')
    new_limit(company, '10.00', from_date=dt.date(2026, 3, 10))
    posted(new_supply(
            company, members[0], [(fertiliser, '20')],
            date=dt.date(2026, 3, 9)))
    with pytest.raises(SupplyLimitError):
        posted(new_supply(
                company, members[1], [(fertiliser, '20')],
                date=dt.date(2026, 3, 10)))


@pytest.mark.parametrize('own', [False, True])
def test_one_limit_a_day(company, members, own):
    member = members[0] if own else None
    new_limit(company, '100.00')
    new_limit(company, '100.00', member=members[0])
    with pytest.raises(SQLConstraintError):
        new_limit(company, '50.00', member=member)
