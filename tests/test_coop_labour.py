# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Work that a cooperative pays for, and whose income it is."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (
    ACCOUNTS, APRIL, MARCH, acting, again, answer, approved, balances,
    computed, exported, import_results, new_household, new_user)
from labour import (
    JANUARY, LAST, attend, cancel_sheet, gather, new_sheet, new_task,
    new_worker, post_sheet)
from trytond.model.exceptions import (
    AccessButtonError, AccessError, DomainValidationError,
    SQLConstraintError)
from trytond.modules.fupin_coop.exceptions import (
    DocumentCancelError, DocumentDateError, DocumentPeriodError,
    DocumentStateError, LabourAttendanceError, LabourError,
    LabourHouseholdWarning, LabourLineError, LabourRateNotFoundError,
    LabourWorkerError)
from trytond.modules.fupin_household.exceptions import IncomeYearClosedError
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']
SECOND = dt.date(2026, 3, 11)

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def worker(company, area):
    return new_worker(company, area, "赵六", account=ACCOUNTS[0])


@pytest.fixture
def manager(company, area):
    return new_worker(company, area, "钱经理", 'staff', ACCOUNTS[1])


@pytest.fixture
def picking(company, product):
    return new_task(company, product=product)


@pytest.fixture
def managing(company):
    return new_task(company, "管理", '3000', 'month', 'management')


@pytest.fixture
def posted(company, worker, manager, picking, managing):
    return post_sheet(new_sheet(
            company, (worker, picking, '12.5'), (manager, managing, 1)))


def incomes(worker):
    Income = Pool().get('fupin.income')
    return Income.search(
        [('person', '=', worker.person.id)], order=[('id', 'ASC')])


def checks(company):
    Reconciliation = Pool().get('fupin.reconciliation')
    return {c.name: c for c in Reconciliation.check(company)}


def differences(company):
    return {n for n, c in checks(company).items() if c.count}


def spoil(model, record, **values):
    "Change a record behind the back of the system"
    table = Pool().get(model).__table__()
    Transaction().connection.cursor().execute(*table.update(
            [getattr(table, n) for n in values], list(values.values()),
            where=table.id == record.id))


# What a sheet books

def test_posted(company, posted, worker, manager):
    assert posted.number == 'GZ2026-0001'
    assert posted.amount == D('4000.00')
    assert [line.amount for line in posted.lines] == [1000, 3000]
    assert balances(company) == {
        '401': 1000, '523': 3000, '213': -1000, '212': -3000}
    assert {
        (m.account.code, m.party): (m.credit, m.origin)
        for m in posted.move.lines if m.party} == {
        ('213', worker.party): (1000, posted.lines[0]),
        ('212', manager.party): (3000, posted.lines[1]),
        }
    assert (again(worker).earned, again(worker).balance) == (1000, 1000)


def test_income(company, posted, worker, manager):
    income, = incomes(worker)
    assert income.household == worker.person.household
    assert (income.amount, income.cost) == (D('1000.00'), 0)
    assert (income.income_class, income.industry) == ('wage', True)
    assert income.category.code == 'labour_wage'
    assert (income.date, income.origin) == (LAST, posted.lines[0])
    assert income.document == f'{posted.number} 赵六'
    assert [i.amount for i in incomes(manager)] == [3000]
    assert all(line.income for line in posted.lines)


def test_member_works(company, members, picking):
    "The member account has nothing to do with wages"
    pool = Pool()
    Worker = pool.get('fupin.labour.worker')
    worker, = Worker.create([{
                'company': company.id, 'person': members[0].person.id}])
    assert worker.party == members[0].party
    assert worker.kind == 'temporary'
    post_sheet(new_sheet(company, (worker, picking, 2)))
    assert [i.amount for i in incomes(worker)] == [160]
    assert again(members[0]).balance == 0
    assert not pool.get('fupin.member.entry').search([])


def test_by_party(company, picking):
    "Who is in no register is paid, but nobody here has the income"
    pool = Pool()
    party, = pool.get('party.party').create([{'name': "外地师傅"}])
    worker, = pool.get('fupin.labour.worker').create([{
                'company': company.id, 'party': party.id}])
    sheet = post_sheet(new_sheet(company, (worker, picking, 2)))
    assert not sheet.lines[0].income
    assert not pool.get('fupin.income').search([])
    assert balances(company) == {'401': 160, '213': -160}
    assert not differences(company)


@pytest.mark.parametrize('purpose, kind, code', [
        ('production', 'temporary', '401'),
        ('construction', 'temporary', '153'),
        ('operation', 'temporary', '521'),
        ('construction', 'staff', '153'),
        ('operation', 'staff', '521'),
        ('management', 'staff', '523'),
        ])
def test_purpose(company, area, purpose, kind, code):
    worker = new_worker(company, area, "赵六", kind)
    task = new_task(company, purpose=purpose)
    post_sheet(new_sheet(company, (worker, task, 1)))
    payable = {'staff': '212', 'temporary': '213'}[kind]
    assert balances(company) == {code: 80, payable: -80}


def test_product_setting(company, other, worker, product):
    "What grows goes to 141, in the cooperative that says so"
    template = product.template
    template.production_account = '141'
    template.save()
    task = new_task(company, product=product)
    sheet = post_sheet(new_sheet(company, (worker, task, 1)))
    assert balances(company) == {'141': 80, '213': -80}
    cost, = [m for m in sheet.move.lines if m.debit]
    assert cost.cost_product == product
    assert product.get_production_account(other).code == '401'


def test_costs_by_product(company, worker, manager, product, picking):
    common = new_task(company, "看护", '50')
    sheet = post_sheet(new_sheet(
            company, (worker, picking, 1), (worker, common, 2),
            (manager, picking, 1)))
    assert {
        m.cost_product: m.debit for m in sheet.move.lines if m.debit
        } == {product: 160, None: 100}


def test_additions_and_deductions(company, worker, picking):
    sheet = new_sheet(company, (worker, picking, 20, {
                    'additions': D(150), 'deductions': D('35.50'),
                    'reason': "全勤奖；损坏工具"}))
    assert sheet.amount == D('1714.50')
    post_sheet(sheet)
    assert balances(company)['213'] == D('-1714.50')


def test_rate_of_the_date(company, worker):
    task = new_task(company, rate=None)
    Rate = Pool().get('fupin.labour.rate')
    Rate.create([
            {'task': task.id, 'rate': D(80), 'from_date': JANUARY,
                'to_date': MARCH},
            {'task': task.id, 'rate': D(90), 'from_date': SECOND}])
    sheet = new_sheet(
        company, (worker, task, 1, {'date': MARCH}),
        (worker, task, 1, {'date': SECOND}))
    assert [line.rate for line in sheet.lines] == [80, 90]
    assert sheet.amount == 170
    with pytest.raises(SQLConstraintError):
        Rate.create([
                {'task': task.id, 'rate': D(1), 'from_date': APRIL}])


def test_cancelled(company, posted, worker):
    sheet = cancel_sheet(posted)
    assert sheet.state == 'cancelled'
    assert balances(company) == {}
    assert [i.amount for i in incomes(worker)] == [1000, -1000]
    assert (again(worker).earned, again(worker).balance) == (0, 0)
    assert not differences(company)
    with pytest.raises(DocumentStateError):
        cancel_sheet(sheet)


# Attendance

def test_gathered(company, worker, manager, picking, product):
    sorting = new_task(company, "分拣", '12.50', 'hour', 'operation')
    for day in range(10, 13):
        attend(worker, picking, dt.date(2026, 3, day))
    attend(worker, sorting, MARCH, '3.5')
    attend(manager, picking, MARCH, '0.5')
    attend(worker, picking, APRIL)
    sheet = gather(new_sheet(company))
    assert [
        (line.worker, line.task, line.kind, line.quantity, line.amount,
            line.date, len(line.items)) for line in sheet.lines] == [
        (worker, picking, 'temporary', 3, 240, dt.date(2026, 3, 12), 3),
        (worker, sorting, 'temporary', D('3.5'), D('43.75'), MARCH, 1),
        (manager, picking, 'staff', D('0.5'), 40, MARCH, 1),
        ]
    sheet = post_sheet(sheet)
    assert balances(company) == {
        '401': 280, '521': D('43.75'), '213': D('-283.75'), '212': -40}
    assert not differences(company)


def test_gathered_by_rate(company, worker):
    task = new_task(company, rate=None)
    Pool().get('fupin.labour.rate').create([
            {'task': task.id, 'rate': D(80), 'from_date': JANUARY,
                'to_date': MARCH},
            {'task': task.id, 'rate': D(90), 'from_date': SECOND}])
    attend(worker, task, MARCH)
    attend(worker, task, SECOND)
    sheet = gather(new_sheet(company))
    assert [line.amount for line in sheet.lines] == [80, 90]


def test_attendance_is_paid_once(company, worker, picking):
    Item = Pool().get('fupin.labour.item')
    attendance = attend(worker, picking)
    first = gather(new_sheet(company))
    second = gather(new_sheet(company, (worker, picking, 1)))
    assert len(first.lines[0].items) == 1
    assert not second.lines[0].items
    assert again(attendance).sheet == first
    with pytest.raises(SQLConstraintError):
        Item.create([{
                    'line': second.lines[0].id,
                    'attendance': attendance.id,
                    'held_attendance': attendance.id,
                    }])


def test_attendance_gathered_is_kept(company, worker, picking):
    Attendance = Pool().get('fupin.labour.attendance')
    attendance = attend(worker, picking)
    sheet = gather(new_sheet(company))
    for change in [
            lambda: Attendance.write([attendance], {'quantity': D('0.5')}),
            lambda: Attendance.delete([attendance])]:
        with pytest.raises(AccessError):
            change()
    Pool().get('fupin.labour').delete([sheet])
    attendance = again(attendance)
    assert not attendance.held
    Attendance.write([attendance], {'quantity': D('0.5')})


def test_voided_sheet_frees_attendance(company, worker, picking):
    attendance = attend(worker, picking)
    sheet = cancel_sheet(post_sheet(gather(new_sheet(company))))
    assert sheet.lines[0].items[0].attendance == attendance
    assert not again(attendance).held
    second = post_sheet(gather(new_sheet(company)))
    assert again(attendance).sheet == second
    assert balances(company) == {'401': 80, '213': -80}
    assert not differences(company)


@pytest.mark.parametrize('unit, quantities', [
        ('day', ['1', '0.5']),
        ('day', ['1.5']),
        ('day', ['0']),
        ('hour', ['20', '5']),
        ('piece', ['-1']),
        ])
def test_impossible_day(company, worker, unit, quantities):
    with pytest.raises(LabourAttendanceError):
        for i, quantity in enumerate(quantities):
            attend(
                worker, new_task(company, str(i), unit=unit),
                quantity=quantity)


def test_attendance_to_come(company, worker, picking):
    date = Pool().get('ir.date').today() + dt.timedelta(days=2)
    with pytest.raises(LabourAttendanceError):
        attend(worker, picking, date)


def test_same_attendance_twice(company, worker, picking):
    attend(worker, picking, quantity='0.5')
    with pytest.raises(SQLConstraintError):
        attend(worker, picking, quantity='0.5')


def test_gather_without_rate(company, worker):
    task = new_task(company, from_date=APRIL)
    attend(worker, task)
    with pytest.raises(LabourRateNotFoundError, match="采摘"):
        gather(new_sheet(company))


# Paid by a settlement

def test_paid(company, posted, worker, manager):
    settlement, _ = exported(company)
    assert {
        (line.party, line.account.code, line.amount)
        for line in settlement.lines} == {
        (worker.party, '213', 1000), (manager.party, '212', 3000)}
    assert settlement.lines[0].person
    assert b'1000' in settlement.files[0].content
    import_results(settlement)
    assert balances(company) == {
        '102': -4000, '401': 1000, '523': 3000}
    assert [i.paid for i in incomes(worker)] == [1000]
    assert again(worker).balance == 0
    assert not differences(company)
    with pytest.raises(DocumentCancelError):
        cancel_sheet(posted)


def test_failed_payment_is_owed_again(company, posted, worker):
    settlement, _ = exported(company)
    import_results(settlement, answer(settlement, failed=["赵六"]))
    assert [i.paid for i in incomes(worker)] == [0]
    assert again(worker).balance == 1000
    assert [(x.party, x.amount) for x in computed(company).lines] == [
        (worker.party, 1000)]
    assert not differences(company)


def test_about_to_be_paid(company, posted):
    approved(company)
    with pytest.raises(DocumentCancelError):
        cancel_sheet(posted)


def test_wages_and_goods_of_one_person(company, members, owed, picking):
    Worker = Pool().get('fupin.labour.worker')
    worker, = Worker.create([{
                'company': company.id, 'person': members[0].person.id}])
    post_sheet(new_sheet(company, (worker, picking, 1)))
    settlement, _ = exported(company)
    assert sorted(
        (x.account.code, x.amount) for x in settlement.lines
        if x.party == worker.party) == [
        ('11402', D('1775.66')), ('213', 80)]
    import_results(settlement)
    assert sorted(i.paid for i in incomes(worker)) == [
        80, D('887.83'), D('887.83')]
    assert not differences(company)


# Ledger

def test_ledger(company, posted, worker, manager, picking):
    Entry = Pool().get('fupin.labour.entry')
    settlement, _ = exported(company)
    import_results(settlement)
    post_sheet(new_sheet(
            company, (worker, picking, 1, {'date': APRIL}),
            from_date=APRIL, to_date=APRIL))
    assert [
        (e.owed, e.paid, e.balance) for e in Entry.search([
                ('party', '=', worker.party.id),
                ('kind', '=', 'temporary')])] == [
        (1000, 0, 1000), (0, 1000, 0), (80, 0, 80)]
    assert [
        (e.owed, e.paid, e.balance, e.document) for e in Entry.search([
                ('party', '=', manager.party.id)])][0] == (
        3000, 0, 3000, posted.number)


# What is refused

def test_no_rate(company, worker):
    task = new_task(company, from_date=APRIL)
    sheet = new_sheet(company, (worker, task, 1))
    assert sheet.lines[0].amount is None
    with pytest.raises(LabourRateNotFoundError, match="采摘"):
        post_sheet(sheet)
    assert again(sheet).state == 'draft'


@pytest.mark.parametrize('name', ['quantity', 'additions', 'deductions'])
def test_negative(company, worker, picking, name):
    with pytest.raises(DomainValidationError):
        new_sheet(company, (worker, picking, 1, {name: D(-1)}))


def test_nothing_left(company, worker, picking):
    sheet = new_sheet(company, (worker, picking, 1, {'deductions': D(80)}))
    with pytest.raises(LabourError, match="赵六"):
        post_sheet(sheet)
    assert not balances(company)


def test_empty(company):
    with pytest.raises(LabourError):
        post_sheet(new_sheet(company))


def test_temporary_worker_does_not_manage(company, worker, managing):
    with pytest.raises(LabourLineError, match="213"):
        new_sheet(company, (worker, managing, 1))


def test_outside_the_period(company, worker, picking):
    with pytest.raises(LabourLineError):
        new_sheet(company, (worker, picking, 1, {'date': JANUARY}))
    with pytest.raises(DomainValidationError):
        new_sheet(company, date=MARCH)


def test_worker_of_another_cooperative(company, other, worker):
    task = new_task(other)
    with pytest.raises(DomainValidationError):
        new_sheet(company, (worker, task, 1))


def test_person_without_household(company, area, picking):
    pool = Pool()
    person, = pool.get('fupin.person').create([
            {'name': "孤身", 'area': area.id}])
    worker, = pool.get('fupin.labour.worker').create([{
                'company': company.id, 'person': person.id}])
    sheet = new_sheet(company, (worker, picking, 1))
    with pytest.raises(LabourHouseholdWarning, match="孤身"):
        post_sheet(sheet)
    with Transaction().set_context(_skip_warnings=True):
        sheet = post_sheet(sheet)
    assert not sheet.lines[0].income
    assert balances(company) == {'401': 80, '213': -80}
    assert not differences(company)


def test_worker_is_the_person(company, area, worker):
    pool = Pool()
    Worker = pool.get('fupin.labour.worker')
    person = new_household(area, "周七").head
    party, = pool.get('party.party').create([{'name': "别人"}])
    with pytest.raises(LabourWorkerError):
        Worker.create([{
                    'company': company.id, 'person': person.id,
                    'party': party.id}])
    with pytest.raises(LabourWorkerError, match="周七"):
        Worker.create([{
                    'company': company.id, 'party': person.get_party().id}])
    with pytest.raises(SQLConstraintError):
        Worker.create([{
                    'company': company.id, 'person': worker.person.id}])


def test_closed_period(company, worker, picking):
    pool = Pool()
    Period = pool.get('account.period')
    sheet = new_sheet(company, (worker, picking, 1))
    Period.close([Period.find(company, date=APRIL)])
    with pytest.raises(DocumentPeriodError):
        post_sheet(sheet)
    assert not incomes(worker)


def test_closed_income_year(company, worker, picking):
    Year = Pool().get('fupin.income.year')
    sheet = new_sheet(company, (worker, picking, 1))
    Year.close([Year.find(MARCH)])
    with pytest.raises(IncomeYearClosedError):
        post_sheet(sheet)


def test_date_to_come(company, worker, picking):
    date = Pool().get('ir.date').today() + dt.timedelta(days=2)
    with pytest.raises(DocumentDateError):
        post_sheet(new_sheet(company, (worker, picking, 1), date=date))


def test_rate_changed_before_posting(company, worker, picking):
    "What was looked at is what is posted"
    sheet = new_sheet(company, (worker, picking, 1))
    Pool().get('fupin.labour.rate').write(
        list(picking.rates), {'rate': D(85)})
    with pytest.raises(LabourError, match="赵六"):
        post_sheet(again(sheet))
    post_sheet(gather(sheet))
    assert balances(company) == {'401': 85, '213': -85}


def test_posted_is_posted(company, posted, worker, picking):
    pool = Pool()
    Line = pool.get('fupin.labour.line')
    for change in [
            lambda: Line.write([posted.lines[0]], {'quantity': D(1)}),
            lambda: Line.delete([posted.lines[0]]),
            lambda: Line.create([{
                        'sheet': posted.id, 'worker': worker.id,
                        'task': picking.id, 'quantity': D(1)}]),
            lambda: pool.get('fupin.labour').write(
                [posted], {'date': MARCH}),
            lambda: pool.get('fupin.labour').delete([posted]),
            lambda: pool.get('fupin.labour.rate').write(
                list(picking.rates), {'rate': D(1)}),
            lambda: pool.get('fupin.labour.rate').delete(
                list(picking.rates)),
            lambda: pool.get('fupin.labour.task').write(
                [picking], {'unit': 'hour'}),
            ]:
        with pytest.raises(AccessError):
            change()
    with pytest.raises(DocumentStateError):
        post_sheet(posted)


def test_copy(company, posted):
    copy, = Pool().get('fupin.labour').copy([posted])
    assert (copy.state, copy.number, copy.move) == ('draft', None, None)
    assert [line.income for line in copy.lines] == [None, None]


# Differences are found

def test_ties(company, posted):
    assert {
        n: (c.left, c.right) for n, c in checks(company).items()
        if n.startswith('labour_')} == {
        'labour_income': (4000, 4000),
        'labour_person': (4000, 4000),
        'labour_payable': (4000, 4000),
        'labour_cost': (4000, 4000),
        'labour_attendance': (0, 0),
        }
    assert not differences(company)


@pytest.mark.parametrize('model, get, values, found', [
        ('fupin.income', lambda s: s.lines[0].id, {'amount': D(999)},
            {'labour_income'}),
        ('fupin.labour.line', lambda s: s.lines[0].id, {'amount': D(999)},
            {'labour_income', 'labour_person', 'labour_payable',
                'labour_cost'}),
        ('account.move.line', lambda s: next(
                m.id for m in s.move.lines if m.account.code == '213'),
            {'origin': None}, {'labour_person'}),
        ('account.move.line', lambda s: next(
                m.id for m in s.move.lines if m.account.code == '401'),
            {'debit': D(999)}, {'labour_cost', 'move_balance'}),
        ])
def test_planted_difference(
        company, posted, worker, model, get, values, found):
    record = posted.lines[0]
    if model == 'fupin.income':
        record, = incomes(worker)
    elif model == 'account.move.line':
        record = Pool().get(model)(get(posted))
    spoil(model, record, **values)
    assert found <= differences(company)


def test_planted_other_payee(company, posted, worker, manager):
    "The amount is right, but it is owed to somebody else"
    line, = [m for m in posted.move.lines if m.account.code == '213']
    spoil('account.move.line', line, party=manager.party.id)
    assert {'labour_person', 'labour_payable'} <= differences(company)


def test_planted_attendance(company, worker, picking):
    attendance = attend(worker, picking)
    post_sheet(gather(new_sheet(company)))
    assert not differences(company)
    spoil('fupin.labour.attendance', attendance, quantity=D('0.5'))
    assert differences(company) == {'labour_attendance'}


def test_planted_payment(company, posted, worker):
    settlement, _ = exported(company)
    import_results(settlement)
    payment, = [p for i in incomes(worker) for p in i.payments]
    spoil('fupin.income.payment', payment, amount=D(900))
    assert 'income_paid' in differences(company)


# Who sees and does what

def test_manager_of_the_cooperative(company, area, picking):
    "Everything by the manager, who sees the worker but not the household"
    pool = Pool()
    Household = pool.get('fupin.household')
    Person = pool.get('fupin.person')
    household = new_household(area, "赵六")
    Person.write([household.head], {'id_number': '410000197003150011'})
    user = new_user(
        company, 'fupin_coop.group_cooperative', 'account.group_account')
    with acting(user):
        assert not Person.search([])
        Register = pool.get('fupin.labour.worker.register', type='wizard')
        session, _, _ = Register.create()
        wizard = Register(session)
        wizard.start.company = company
        wizard.start.name = "赵六"
        wizard.start.id_number = '410000197003150029'
        wizard.start.kind = 'temporary'
        wizard.start.duty = "采摘工"
        with pytest.raises(LabourWorkerError, match="赵六"):
            wizard.transition_register()
        wizard.start.id_number = '410000197003150011'
        wizard.transition_register()
        worker, = pool.get('fupin.labour.worker').search([])
        assert worker.person.name == "赵六"
        assert worker.duty == "采摘工"
        assert Person.search([]) == [worker.person]
        assert not Household.search([])
        attend(worker, picking)
        sheet = post_sheet(gather(new_sheet(company)))
        assert sheet.lines[0].income
        assert len(pool.get('fupin.labour.entry').search([])) == 1
        for model in [
                'fupin.labour', 'fupin.labour.line', 'fupin.labour.worker',
                'fupin.labour.attendance', 'fupin.labour.task',
                'fupin.labour.rate', 'fupin.labour.item']:
            Model = pool.get(model)
            assert Model.export_data(
                Model.search([]), ['rec_name'], header=False)
    assert [i.amount for i in incomes(worker)] == [80]


def test_other_cooperative_sees_nothing(company, other, posted):
    pool = Pool()
    user = new_user(other, 'fupin_coop.group_cooperative')
    with acting(user):
        for model in [
                'fupin.labour', 'fupin.labour.line', 'fupin.labour.worker',
                'fupin.labour.task', 'fupin.labour.rate',
                'fupin.labour.entry', 'fupin.person']:
            assert not pool.get(model).search([]), model
        with pytest.raises(AccessError):
            pool.get('fupin.labour').read([posted.id], ['number'])


def test_auditor_only_reads(company, posted):
    Sheet = Pool().get('fupin.labour')
    user = new_user(company, 'fupin_household.group_auditor')
    with acting(user):
        assert Sheet.search([]) == [posted]
        with pytest.raises(AccessButtonError):
            Sheet.cancel([Sheet(posted.id)])
        with pytest.raises(AccessError):
            new_sheet(company)


@pytest.mark.parametrize('name, total', [
        ('sheet', "肆仟元整"), ('slip', "壹仟元整")])
def test_report(company, posted, monkeypatch, name, total):
    monkeypatch.setattr(
        'trytond.modules.fupin_household.slip.load_weasyprint', lambda: None)
    Report = Pool().get(f'fupin.labour.{name}', type='report')
    user = new_user(company, 'fupin_coop.group_cooperative')
    with acting(user):
        extension, content, _, title = Report.execute([posted.id], {})
    assert extension == 'html'
    assert posted.number in title
    for word in [
            posted.number, "赵六", "钱经理", "采摘", '1,000.00', '3,000.00',
            '12.50', total]:
        assert word in content
