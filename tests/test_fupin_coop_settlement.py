# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Paying what is owed: collecting, approving, the bank's file and its
results, cash, and what comes back."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (
    ACCOUNTS, APRIL, MAY, acting, again, answer, approved, balances, cancel,
    computed, exported, import_results, new_delivery, new_household,
    new_member, new_move, new_product, new_settlement, new_user, post,
    set_bank_account)

from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError, SQLConstraintError
from trytond.modules.fupin_coop import bank_file
from trytond.modules.fupin_coop.exceptions import (
    BankFileRefusedError, DocumentCancelError, SettlementBankAccountError,
    SettlementDateError, SettlementEmptyError, SettlementJournalError,
    SettlementLineError, SettlementPaymentError, SettlementStateError)
from trytond.pool import Pool
from trytond.transaction import Transaction, check_access

MODULES = ['fupin_coop']

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


def incomes():
    "Return {name of the head: (income, paid)}"
    Income = Pool().get('fupin.income')
    result = {}
    for income in Income.search([]):
        earned, paid = result.get(income.person.name, (D(0), D(0)))
        result[income.person.name] = (
            earned + income.amount, paid + income.paid)
    return result


def states(settlement):
    return {line.party.name: line.state for line in settlement.lines}


# Collecting

def test_one_line_per_payee(company, owed):
    settlement = computed(company)

    assert [
        (line.sequence, line.party.name, line.member.number,
            line.account.code, line.amount, len(line.items), line.state)
        for line in settlement.lines] == [
        (1, "张三", '0001', '11402', D('1775.66'), 2, 'draft'),
        (2, "李四", '0002', '11402', D('887.83'), 1, 'draft'),
        (3, "王五", '0003', '11402', D('887.83'), 1, 'draft'),
        ]
    assert (settlement.count, settlement.amount) == (3, D('3551.32'))
    assert settlement.state == 'draft'
    assert not settlement.number
    assert {i.document for line in settlement.lines for i in line.items} == {
        d.number for d in owed}


def test_bank_account_is_shown_masked(company, owed):
    settlement = computed(company)
    assert settlement.lines[0].bank_account == '*' * 15 + '0018'
    Pool().get('fupin.settlement').approve([settlement])
    line = again(settlement).lines[0]
    assert line.bank_account == '*' * 15 + '0018'
    with check_access(), Transaction().set_user(1):
        Line = Pool().get('fupin.settlement.line')
        with pytest.raises(UserError):
            Line.read([line.id], ['bank_account_naked'])
        with pytest.raises(UserError):
            Line.search([('bank_account_naked', 'like', '62%')])
        with pytest.raises(UserError):
            Line.search([], order=[('bank_account_naked', 'ASC')])


def test_collect_up_to_a_date(company, product, members):
    early = new_delivery(company, product, members[0])
    late = new_delivery(
        company, product, members[0], date=dt.date(2026, 4, 2))
    post(early, late)

    assert computed(company).amount == D('887.83')


def test_collect_again(company, product, members, owed):
    settlement = computed(company)
    post(new_delivery(company, product, members[1]))
    Pool().get('fupin.settlement').compute([settlement])

    assert again(settlement).amount == D('4439.15')


def test_nothing_owed(company, product, members):
    new_delivery(company, product, members[0])  # a draft owes nothing
    with pytest.raises(SettlementEmptyError):
        computed(company)


def test_cancelled_delivery_is_not_paid(company, owed):
    cancel(owed[0])
    assert computed(company).lines[0].amount == D('887.83')


def test_grower_who_is_no_member(company, product, area):
    household = new_household(area, "赵六")
    person = household.head
    party = person.get_party()
    set_bank_account(person, ACCOUNTS[0])
    post(new_delivery(company, product, None, grower=party.id))

    settlement, _ = exported(company)
    line, = settlement.lines
    assert (line.account.code, line.member, line.person) == (
        '211', None, person)
    import_results(settlement)
    assert incomes() == {"赵六": (D('887.83'), D('887.83'))}


def test_invoices_of_suppliers_are_not_collected(company):
    pool = Pool()
    Configuration = pool.get('account.configuration')
    Party = pool.get('party.party')
    supplier, = Party.create([{'name': "农资店"}])
    new_move(company, [
            (Configuration.get_chart_account('523', company), D(100), None),
            (Configuration.get_cooperative_account('payable', company),
                D(-100), supplier)])
    with pytest.raises(SettlementEmptyError):
        computed(company)


def test_what_a_member_owes_back_is_deducted(company, owed):
    Configuration = Pool().get('account.configuration')
    payable = Configuration.get_cooperative_account(
        'member_payable', company)
    cash = Configuration.get_cooperative_account('cash', company)
    new_move(company, [
            (payable, D(100), owed[0].grower), (cash, D(-100), None)])
    new_move(company, [
            (payable, D(1000), owed[1].grower), (cash, D(-1000), None)])
    settlement, _ = exported(company)

    assert {line.party.name: line.amount for line in settlement.lines} == {
        "张三": D('1675.66'), "王五": D('887.83')}
    import_results(settlement)
    assert balances(company)['11402'] == D('112.17')
    # The advance is a payment of the income, too
    assert incomes()["张三"] == (D('1775.66'), D('1775.66'))


# Never twice

def test_line_is_never_in_two_settlements(company, owed):
    first = computed(company)
    with pytest.raises(SettlementEmptyError):
        computed(company)

    # Two sessions that do not see each other write the same line
    Item = Pool().get('fupin.settlement.item')
    second = new_settlement(company)
    Line = Pool().get('fupin.settlement.line')
    line = first.lines[0]
    with pytest.raises(SQLConstraintError, match="already|已在"):
        Line(
            settlement=second, party=line.party, account=line.account,
            amount=line.items[0].amount, items=[Item(
                    move_line=line.items[0].move_line,
                    held_line=line.items[0].move_line,
                    amount=line.items[0].amount)]).save()


def test_removed_line_is_free_again(company, owed):
    Line = Pool().get('fupin.settlement.line')
    first = computed(company)
    Line.delete(list(first.lines[:1]))
    second = computed(company)

    assert [line.party.name for line in second.lines] == ["张三"]
    assert [line.party.name for line in again(first).lines] == ["李四", "王五"]


def test_deleted_settlement_frees_its_lines(company, owed):
    Settlement = Pool().get('fupin.settlement')
    Settlement.delete([computed(company)])
    assert computed(company).count == 3


def test_cancelled_settlement_frees_its_lines(company, owed):
    pool = Pool()
    Payment = pool.get('account.payment')
    Settlement = pool.get('fupin.settlement')
    settlement = approved(company)
    Settlement.cancel([settlement])
    settlement = again(settlement)

    assert settlement.state == 'cancelled'
    assert settlement.number
    assert set(states(settlement).values()) == {'cancelled'}
    assert not Payment.search([])
    assert computed(company).count == 3


def test_line_in_settlement_is_paid_by_nothing_else(company, owed):
    pool = Pool()
    Line = pool.get('account.move.line')
    Payment = pool.get('account.payment')
    settlement = computed(company)
    line = settlement.lines[0].items[0].move_line
    assert line.payment_blocked
    with pytest.raises(SettlementLineError):
        Payment(
            company=company, journal=settlement.journal, kind='payable',
            party=line.party, date=APRIL, amount=line.credit,
            line=line).save()
    with pytest.raises(SettlementLineError):
        Line.reconcile([line, line])


def test_line_with_a_payment_is_not_collected(company, owed):
    Payment = Pool().get('account.payment')
    settlement = new_settlement(company)
    line = next(line for line in owed[1].move.lines if line.party)
    Payment(
        company=company, journal=settlement.journal, kind='payable',
        party=line.party, date=APRIL, amount=D(1), line=line).save()
    settlement = computed(company)
    assert [line.party.name for line in settlement.lines] == ["张三", "王五"]


def test_delivery_in_settlement_is_not_cancelled(company, owed):
    settlement = computed(company)
    with pytest.raises(DocumentCancelError):
        cancel(owed[0])
    Pool().get('fupin.settlement').delete([settlement])
    assert cancel(owed[0])[0].state == 'cancelled'


def test_paid_delivery_is_not_cancelled(company, owed):
    settlement, _ = exported(company)
    import_results(settlement)
    with pytest.raises(DocumentCancelError):
        cancel(owed[0])


# Approving

def test_approve(company, owed):
    settlement = approved(company)

    assert settlement.state == 'approved'
    assert settlement.number == 'FK2026-0001'
    assert settlement.approved_at
    line = settlement.lines[0]
    payment = line.payment
    assert (payment.number, payment.state, payment.amount) == (
        'FK2026-0001-001', 'approved', D('1775.66'))
    assert (payment.origin, payment.account, payment.line) == (
        line, line.account, None)
    # Nothing is booked before the money goes
    assert balances(company) == {'121': D('3551.32'), '11402': D('-3551.32')}


def test_approve_empty(company):
    Settlement = Pool().get('fupin.settlement')
    with pytest.raises(SettlementEmptyError):
        Settlement.approve([new_settlement(company)])


def test_approve_twice(company, owed):
    Settlement = Pool().get('fupin.settlement')
    settlement = approved(company)
    with pytest.raises(SettlementStateError):
        Settlement.approve([settlement])


def test_who_has_no_bank_account_is_named(company, owed):
    Settlement = Pool().get('fupin.settlement')
    for delivery in owed[:2]:
        delivery.person.bank_account = None
        delivery.person.save()
    settlement = computed(company)
    with pytest.raises(SettlementBankAccountError) as info:
        Settlement.approve([settlement])
    message = info.value.message
    assert "张三" in message and "李四" in message and "王五" not in message
    assert '2' in message


def test_enterprise_is_paid_to_its_own_account(company, product, members):
    pool = Pool()
    Account = pool.get('bank.account')
    Bank = pool.get('bank')
    Member = pool.get('fupin.member')
    Party = pool.get('party.party')
    party, bank_party = Party.create([
            {'name': "菌种公司"}, {'name': "兰考农商行"}])
    bank, = Bank.create([{'party': bank_party.id}])
    Account.create([{
                'bank': bank.id,
                'owners': [('add', [party.id])],
                'numbers': [('create', [{
                                'type': 'other',
                                'number': '6200 9900 0000 001',
                                }])],
                }])
    member, = Member.create([{
                'company': company.id,
                'kind': 'enterprise',
                'party': party.id,
                'from_date': dt.date(2025, 1, 1),
                }])
    post(new_delivery(company, product, member))
    line, = approved(company).lines
    assert line.bank_account_name == "菌种公司"
    assert line.bank_account_naked == '620099000000001'


def test_changed_bank_account_is_not_paid(company, owed):
    "What was approved is paid, whatever happens to the person afterwards"
    settlement = approved(company)
    person = settlement.lines[0].person
    set_bank_account(person, '6228480402564890042', "别的银行")
    person.name = "张三丰"
    person.save()
    file = settlement.export('csv-utf-8')

    payment = bank_file.read_payments(file.content)[0]
    assert (payment.account, payment.name, payment.bank) == (
        ACCOUNTS[0], "张三", "兰考农商行")


def test_approved_is_not_changed(company, owed):
    pool = Pool()
    Item = pool.get('fupin.settlement.item')
    Line = pool.get('fupin.settlement.line')
    Payment = pool.get('account.payment')
    Settlement = pool.get('fupin.settlement')
    settlement = approved(company)
    line = settlement.lines[0]
    item = line.items[0]
    for values in [
            {'date': MAY}, {'up_to': MAY}, {'journal': None},
            {'purpose': "别的"}, {'lines': [('delete', [line.id])]}]:
        with pytest.raises(UserError):
            Settlement.write([settlement], values)
    with check_access():
        for values in [{'state': 'done'}, {'number': '1'}]:
            with pytest.raises(AccessError):
                Settlement.write([settlement], values)
        for values in [
                {'amount': D(1)}, {'bank_account_naked': ACCOUNTS[2]},
                {'bank_account_name': "李四"}, {'state': 'succeeded'},
                {'party': settlement.lines[1].party.id}]:
            with pytest.raises(AccessError):
                Line.write([line], values)
        with pytest.raises(AccessError):
            Item.write([item], {'held_line': None})
    for Model, record in [
            (Settlement, settlement), (Line, line), (Item, item)]:
        with pytest.raises(AccessError):
            Model.delete([record])
    for Model, record in [(Line, line), (Item, item)]:
        with pytest.raises(AccessError):
            Model.copy([record])
    for values in [
            {'amount': D(1)}, {'party': settlement.lines[1].party.id},
            {'journal': None}, {'origin': None}, {'number': '1'}]:
        with pytest.raises(AccessError):
            Payment.write([line.payment], values)
    with pytest.raises(AccessError):
        Payment.delete([line.payment])
    with pytest.raises(SettlementPaymentError):
        Payment.draft([line.payment])


def test_lines_are_made_by_collecting(company, owed):
    Line = Pool().get('fupin.settlement.line')
    settlement = computed(company)
    line = settlement.lines[0]
    with check_access():
        with pytest.raises(AccessError):
            Line.create([{
                        'settlement': settlement.id,
                        'party': company.party.id,
                        'account': line.account.id,
                        'amount': D(1),
                        }])
        with pytest.raises(AccessError):
            Line.write([line], {'amount': D(1)})


def test_change_between_collecting_and_approving(company, owed):
    """A line that somebody settled elsewhere in between stops the approval"""
    pool = Pool()
    Line = pool.get('account.move.line')
    Settlement = pool.get('fupin.settlement')
    settlement = computed(company)
    line = settlement.lines[1].items[0].move_line
    table = Line.__table__()
    Transaction().connection.cursor().execute(*table.update(
            [table.credit, table.debit], [D('800'), D(0)],
            where=table.id == line.id))
    Transaction().counter += 1
    with pytest.raises(SettlementLineError, match="李四"):
        Settlement.approve([settlement])


def test_copy(company, owed):
    Settlement = Pool().get('fupin.settlement')
    settlement, _ = exported(company)
    copy, = Settlement.copy([settlement])
    assert (copy.state, copy.number, copy.lines, copy.files, copy.group) == (
        'draft', None, (), (), None)


def test_no_clearing_account(company, owed):
    Settlement = Pool().get('fupin.settlement')
    settlement = computed(company)
    table = settlement.journal.__table__()
    Transaction().connection.cursor().execute(*table.update(
            [table.clearing_account, table.clearing_journal], [None, None],
            where=table.id == settlement.journal.id))
    Transaction().counter += 1
    with pytest.raises(SettlementJournalError):
        Settlement.approve([settlement])


# The bank's file

def test_export(company, owed):
    settlement, file = exported(company)

    assert settlement.state == 'processing'
    assert set(states(settlement).values()) == {'processing'}
    assert (file.kind, file.name, file.count, file.amount) == (
        'export', 'FK2026-0001.csv', 3, D('3551.32'))
    assert file.content.decode('utf-8-sig').split('\r\n') == [
        '序号,收款账号,收款户名,开户行,金额,附言,业务编号',
        f'1,{ACCOUNTS[0]},张三,兰考农商行,1775.66,'
        f'{settlement.purpose},FK2026-0001-001',
        f'2,{ACCOUNTS[1]},李四,兰考农商行,887.83,'
        f'{settlement.purpose},FK2026-0001-002',
        f'3,{ACCOUNTS[2]},王五,兰考农商行,887.83,'
        f'{settlement.purpose},FK2026-0001-003',
        '合计,,3笔,,3551.32,,',
        '']
    assert settlement.group.payment_count == 3


@pytest.mark.parametrize('format_', ['csv-gb18030', 'xlsx'])
def test_export_formats(company, owed, format_):
    _, file = exported(company, format_=format_)
    payments = bank_file.read_payments(file.content)
    assert [p.account for p in payments] == ACCOUNTS
    assert file.name.endswith('.csv' if 'csv' in format_ else '.xlsx')
    if 'csv' in format_:
        assert "张三" in file.content.decode('gb18030')


def test_export_is_logged(company, owed):
    Reveal = Pool().get('fupin.person.reveal')
    settlement, _ = exported(company)
    logs = Reveal.search([])
    assert {(line.record.name, line.field) for line in logs} == {
        (n, 'bank_account') for n in ["张三", "李四", "王五"]}
    assert all('FK2026-0001' in line.reason for line in logs)
    settlement.export('xlsx')
    assert len(Reveal.search([])) == 6
    assert len(again(settlement).files) == 2


def test_file_of_others_is_closed(company, owed):
    File = Pool().get('fupin.settlement.file')
    _, file = exported(company)

    clerk = new_user(company, 'fupin_coop.group_cooperative')
    chief = new_user(company, 'fupin_coop.group_settlement_approval')
    auditor = new_user(company, 'fupin_household.group_auditor')
    for user, may in [(clerk, False), (auditor, False), (chief, True)]:
        with acting(user):
            assert File.search([], count=True) == 1
            if may:
                assert File.read([file.id], ['content'])[0]['content']
            else:
                with pytest.raises(AccessError):
                    File.read([file.id], ['content'])


# The bank's results

def test_all_succeed(company, owed):
    settlement, _ = exported(company)
    settlement = import_results(settlement)

    assert settlement.state == 'done'
    assert set(states(settlement).values()) == {'succeeded'}
    assert settlement.amount_paid == D('3551.32')
    assert balances(company) == {'121': D('3551.32'), '102': D('-3551.32')}
    for line in settlement.lines:
        assert line.paid_date == APRIL
        assert line.payment.state == 'succeeded'
        assert line.payment.clearing_move.state == 'posted'
        assert line.payment.clearing_move.date == APRIL
        reconciliation, = {
            i.move_line.reconciliation for i in line.items}
        assert len(reconciliation.lines) == len(line.items) + 1
    assert incomes() == {
        "张三": (D('1775.66'), D('1775.66')),
        "李四": (D('887.83'), D('887.83')),
        "王五": (D('887.83'), D('887.83')),
        }
    file = settlement.files[0]
    assert (file.kind, file.name, file.count) == ('result', '结果.csv', 3)


@pytest.mark.parametrize('format_,kwargs', [
        ('csv', {}), ('csv', {'encoding': 'gb18030'}), ('xlsx', {})])
def test_one_fails(company, owed, format_, kwargs):
    settlement, _ = exported(company)
    settlement = import_results(
        settlement, answer(settlement, {"李四"}, format_, **kwargs))

    assert settlement.state == 'done'
    assert states(settlement) == {
        "张三": 'succeeded', "李四": 'failed', "王五": 'succeeded'}
    line = settlement.lines[1]
    assert line.reason == "账户已销户"
    assert line.payment.state == 'failed'
    assert not line.payment.clearing_move
    assert (settlement.amount_paid, settlement.amount_failed) == (
        D('2663.49'), D('887.83'))
    assert balances(company)['11402'] == D('-887.83')
    assert incomes()["李四"] == (D('887.83'), D(0))

    # It is owed again and paid by the next one
    set_bank_account(line.person, '6228480402564890042')
    settlement, _ = exported(company)
    assert [(line.party.name, line.amount) for line in settlement.lines] == [
        ("李四", D('887.83'))]
    import_results(settlement)
    assert '11402' not in balances(company)
    assert incomes()["李四"] == (D('887.83'), D('887.83'))


def test_money_comes_back(company, owed):
    "What the bank gives back after it had succeeded is owed again"
    settlement, _ = exported(company)
    settlement = import_results(settlement)
    line = settlement.lines[0]
    settlement.fail([line], "账户冻结", MAY)
    settlement = again(settlement)

    assert states(settlement)["张三"] == 'failed'
    assert settlement.lines[0].reason == "账户冻结"
    assert balances(company) == {
        '121': D('3551.32'), '102': D('-1775.66'), '11402': D('-1775.66')}
    assert all(
        i.move_line.reconciliation is None for i in settlement.lines[0].items)
    assert incomes()["张三"] == (D('1775.66'), D(0))
    Move = Pool().get('account.move')
    assert not Move.search([('state', '!=', 'posted')])
    back, = Move.search([('date', '=', MAY)])
    assert back.period.start_date == dt.date(2026, 5, 1)

    settlement, _ = exported(company)
    assert [(line.party.name, line.amount) for line in settlement.lines] == [
        ("张三", D('1775.66'))]
    import_results(settlement)
    assert incomes()["张三"] == (D('1775.66'), D('1775.66'))
    assert '11402' not in balances(company)


def test_failed_payment_is_not_revived(company, owed):
    Payment = Pool().get('account.payment')
    settlement, _ = exported(company)
    settlement = import_results(
        settlement, answer(settlement, {"李四"}))
    succeeded, failed, _ = [line.payment for line in settlement.lines]
    for method, payment in [
            (Payment.succeed, failed), (Payment.proceed, failed),
            (Payment.proceed, succeeded)]:
        with pytest.raises(SettlementPaymentError):
            method([payment])


def test_buttons_of_payments_do_the_same(company, owed):
    pool = Pool()
    Group = pool.get('account.payment.group')
    settlement, _ = exported(company)
    Group.succeed([settlement.group])
    settlement = again(settlement)

    assert settlement.state == 'done'
    assert incomes()["李四"] == (D('887.83'), D('887.83'))
    assert '11402' not in balances(company)


def snapshot():
    return {
        name: [
            r.values() for r in Pool().get(name).search_read(
                [], fields_names=names, order=[('id', 'ASC')])]
        for name, names in [
            ('account.move', ['state', 'date']),
            ('account.payment', ['state', 'amount', 'clearing_move']),
            ('fupin.settlement', ['state']),
            ('fupin.settlement.line', ['state', 'reason', 'paid_date']),
            ('fupin.settlement.file', ['name']),
            ('fupin.income.payment', ['amount']),
            ]}


@pytest.mark.parametrize('old,new,parts', [
        ('FK2026-0001-002', 'FK2026-0001-009', ['3', 'FK2026-0001-009']),
        (ACCOUNTS[1], ACCOUNTS[2], ['3', 'FK2026-0001-002']),
        ('李四', '李肆', ['3', 'FK2026-0001-002']),
        ('1775.66', '1775.67', []),
        ('失败原因', '备注', ['失败原因']),
        ('成功', '处理中', ['2', '处理中']),
        ('3笔', '4笔', ['5', '4', '3']),
        ])
def test_changed_file_is_refused(company, owed, old, new, parts):
    settlement, _ = exported(company)
    text = answer(settlement).decode('utf-8-sig')
    assert old in text
    before = str(snapshot())
    with pytest.raises(BankFileRefusedError) as info:
        settlement.import_results(
            text.replace(old, new).encode(), 'x.csv', APRIL)
    for part in parts:
        assert part in info.value.message
    assert str(snapshot()) == before


def test_file_that_is_cut_short(company, owed):
    settlement, _ = exported(company)
    lines = answer(settlement).decode('utf-8-sig').split('\r\n')
    before = str(snapshot())
    with pytest.raises(BankFileRefusedError) as info:
        settlement.import_results(
            '\r\n'.join(lines[:2]).encode(), 'x.csv', APRIL)
    assert 'FK2026-0001-002' in info.value.message
    assert 'FK2026-0001-003' in info.value.message
    assert str(snapshot()) == before


def test_file_in_strange_encoding(company, owed):
    settlement, _ = exported(company)
    text = answer(settlement).decode('utf-8-sig')
    with pytest.raises(BankFileRefusedError, match='GB18030'):
        settlement.import_results(text.encode('utf-16'), 'x.csv', APRIL)


def test_file_of_another_settlement(company, owed, product, members):
    first, _ = exported(company)
    post(new_delivery(company, product, members[0]))
    second, _ = exported(company)
    with pytest.raises(BankFileRefusedError, match=first.number):
        second.import_results(answer(first), 'x.csv', APRIL)


def test_file_twice(company, owed):
    settlement, _ = exported(company)
    content = answer(settlement)
    settlement = import_results(settlement, content)
    before = str(snapshot())
    with pytest.raises(BankFileRefusedError, match='结果.csv'):
        settlement.import_results(content, 'x.csv', APRIL)
    with pytest.raises(SettlementStateError):
        settlement.import_results(content + b'\r\n', 'x.csv', APRIL)
    assert str(snapshot()) == before


def test_settled_payment_in_the_file(company, owed):
    settlement, _ = exported(company)
    content = answer(settlement)
    settlement.fail(list(settlement.lines[:1]), "账户冻结", APRIL)
    settlement = again(settlement)
    assert settlement.state == 'processing'
    with pytest.raises(BankFileRefusedError, match='FK2026-0001-001'):
        settlement.import_results(content, 'x.csv', APRIL)


def test_date_of_the_result(company, owed):
    settlement, _ = exported(company)
    today = Pool().get('ir.date').today()
    for date in [dt.date(2026, 3, 31), today + dt.timedelta(days=1)]:
        with pytest.raises(SettlementDateError):
            settlement.import_results(answer(settlement), 'x.csv', date)


def test_closed_period(company, owed):
    pool = Pool()
    Period = pool.get('account.period')
    settlement, _ = exported(company)
    period = Period.find(company, date=APRIL)
    table = Period.__table__()
    Transaction().connection.cursor().execute(*table.update(
            [table.state], ['closed'], where=table.id == period.id))
    Transaction().counter += 1
    Period._find_cache.clear()
    with pytest.raises(UserError):
        settlement.import_results(answer(settlement), 'x.csv', APRIL)


# Cash

def test_cash(company, owed):
    for delivery in owed:
        delivery.person.bank_account = None
        delivery.person.save()
    settlement = approved(company, method='cash')
    with pytest.raises(SettlementJournalError):
        settlement.export('csv-utf-8')
    first, second, third = settlement.lines
    settlement.pay([first, second], APRIL)
    settlement = again(settlement)
    assert settlement.state == 'processing'
    assert balances(company) == {
        '121': D('3551.32'), '101': D('-2663.49'), '11402': D('-887.83')}
    settlement.fail([again(third)], "未来领取", APRIL)
    settlement = again(settlement)
    assert settlement.state == 'done'
    assert states(settlement)["王五"] == 'failed'
    assert incomes()["王五"] == (D('887.83'), D(0))
    with pytest.raises(SettlementLineError):
        settlement.fail([settlement.lines[2]], "未来领取", APRIL)


def test_bank_is_not_paid_in_cash(company, owed):
    settlement = approved(company)
    with pytest.raises(SettlementJournalError):
        settlement.pay(list(settlement.lines), APRIL)


# Two cooperatives

def test_cooperatives_are_settled_apart(
        company, other, owed, area, transaction):
    melon = new_product(other, "西瓜", '2.00')
    member = new_member(other, new_household(area, "孙七"), ACCOUNTS[0])
    with transaction.set_context(company=other.id, companies=[other.id]):
        post(new_delivery(
                other, melon, member, warehouse=other.warehouse.id))
        settlement = approved(other)
    assert [line.party.name for line in settlement.lines] == ["孙七"]
    assert settlement.number == 'FK2026-0001'
    assert [line.party.name for line in computed(company).lines] == [
        "张三", "李四", "王五"]
