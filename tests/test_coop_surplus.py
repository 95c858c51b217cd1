# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The surplus of a year: planned, decided, booked, paid."""
import datetime as dt
import subprocess
from decimal import Decimal as D

import pytest
from assembly import adopted, new_charter
from cooperative import (
    ACCOUNTS, MODULES, acting, again, balances, new_delivery, new_household,
    new_member, new_move, new_product, new_settlement, new_user, post)
from equity import quantify
from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError
from trytond.modules.fupin_coop.exceptions import (
    ResolutionError, SurplusBalanceError, SurplusError,
    SurplusParameterError, SurplusYearError)
from trytond.pool import Pool

pytest_plugins = ['cooperative']
__all__ = ['MODULES']

pytestmark = pytest.mark.usefixtures('transaction')

YEAR = 2025
JUNE = dt.date(YEAR, 6, 10)
END = dt.date(YEAR, 12, 31)
MEETING = dt.date(2026, 3, 20)


def account(company, code):
    Configuration = Pool().get('account.configuration')
    return Configuration.get_chart_account(code, company)


def fiscalyear(company, year=YEAR):
    FiscalYear = Pool().get('account.fiscalyear')
    return FiscalYear.search([
            ('company', '=', company.id),
            ('start_date', '=', dt.date(year, 1, 1)),
            ])[0]


def book(company, debit, credit, amount, date=JUNE):
    "Book an amount from one account to the other"
    new_move(company, [
            (account(company, debit), D(amount), None),
            (account(company, credit), -D(amount), None),
            ], date=date)


def contribute(company, member, amount, date=dt.date(YEAR, 1, 2), **values):
    Contribution = Pool().get('fupin.member.contribution')
    contribution, = Contribution.create([{
                'company': company.id,
                'member': member.id,
                'date': date,
                'kind': 'payment',
                'form': 'money',
                'amount': D(amount),
                **values,
                }])
    Contribution.post([contribution])


def close(company, year=YEAR):
    Closing = Pool().get('fupin.closing')
    closing, = Closing.create([{
                'company': company.id,
                'fiscalyear': fiscalyear(company, year).id,
                }])
    Closing.transfer([closing])
    return Closing(closing.id)


def plan(company, **values):
    Surplus = Pool().get('fupin.surplus')
    charter = Pool().get('fupin.charter').get(company, END)
    surplus, = Surplus.create([{
                'company': company.id,
                'fiscalyear': fiscalyear(company).id,
                'reserve_rate': charter.reserve_rate,
                'refund_rate': charter.refund_rate,
                **values,
                }])
    Surplus.compute([surplus])
    return Surplus(surplus.id)


def posted(surplus):
    Surplus = Pool().get('fupin.surplus')
    Surplus.post([surplus])
    return Surplus(surplus.id)


def voided(surplus):
    Surplus = Pool().get('fupin.surplus')
    Surplus.cancel([surplus])
    return Surplus(surplus.id)


def decided(company, **values):
    subject = values.pop('subject', 'surplus')
    return plan(
        company, resolution=adopted(company, subject, MEETING).id, **values)


@pytest.fixture
def charter(company):
    return new_charter(company, reserve_rate=D('0.1'), refund_rate=D('0.6'))


@pytest.fixture
def traders(company, area, charter):
    """Three members: 1,000 + 2,000 + 3,000 contributed; the first two have
    delivered for 760 and 1,520."""
    pool = Pool()
    Price = pool.get('fupin.price')
    Year = pool.get('fupin.income.year')
    Year.create([{
                'name': str(YEAR),
                'start_date': dt.date(YEAR - 1, 10, 1),
                'end_date': dt.date(YEAR, 9, 30),
                }])
    product = new_product(company, "香菇", '7.60')
    Price.write(Price.search([]), {'from_date': dt.date(YEAR, 1, 1)})
    members = [
        new_member(company, new_household(area, name), bank)
        for name, bank in zip(["张三", "李四", "王五"], ACCOUNTS)]
    for member, amount in zip(members, ['1000', '2000', '3000']):
        contribute(company, member, amount)
    for member, gross in zip(members, ['100', '200']):
        post(new_delivery(
                company, product, member, date=JUNE, gross=D(gross),
                tare=D(0), deduction_rate=D(0)))
    return members


@pytest.fixture
def closed(company, traders):
    "The year made 10,000.00"
    book(company, '102', '501', '10000')
    return close(company)


def test_plan(company, closed):
    "What a plan makes of the surplus, by hand"
    surplus = plan(company)
    assert surplus.outcome == 'distribution'
    assert surplus.year_surplus == D('10000.00')
    assert surplus.opening == D('0.00')
    assert surplus.reserve == D('1000.00')
    assert surplus.distributable == surplus.line_16 == D('9000.00')
    assert surplus.refund == surplus.refund_minimum == D('5400.00')
    assert surplus.remainder == D('3600.00')
    assert surplus.line_20 == D('0.00')
    assert [
        (line.refund, line.remainder, line.reserve_share)
        for line in surplus.lines] == [
        (D('1800.00'), D('600.00'), D('333.33')),
        (D('3600.00'), D('1200.00'), D('666.67')),
        (D('0.00'), D('1800.00'), D('0.00')),
        ]
    assert '9,000.00' in surplus.explanation
    assert not surplus.move


def test_post(company, closed):
    "What the posting books, and that it can be taken back"
    pool = Pool()
    Entry = pool.get('fupin.member.entry')
    Income = pool.get('fupin.income')
    Reconciliation = pool.get('fupin.reconciliation')
    before = balances(company)
    surplus = posted(decided(company))
    assert surplus.state == 'posted'
    assert surplus.number and surplus.move.state == 'posted'
    assert surplus.move.date == END
    assert surplus.move.period == surplus.closing.period
    assert surplus.distributed_year == surplus.fiscalyear
    after = balances(company)
    assert {
        code: after.get(code, D(0)) - before.get(code, D(0))
        for code in ['221', '222', '301', '322', '33201', '33202']} == {
        '221': -D('5400'), '222': -D('3600'), '301': D(0),
        '322': -D('1000'), '33201': D(0), '33202': D('10000')}
    assert '33202' not in after
    assert [
        (e.kind, e.amount) for e in Entry.search([
                ('origin', '=', str(surplus.lines[0])),
                ], order=[('id', 'ASC')])] == [
        ('refund', D('1800.00')), ('remainder', D('600.00')),
        ('reserve', D('333.33'))]
    incomes = Income.search([
            ('origin', 'like', 'fupin.surplus.line,%'),
            ], order=[('id', 'ASC')])
    assert [
        (i.person.name, i.category.name, i.amount, i.date)
        for i in incomes][:2] == [
        ("张三", incomes[0].category.name, D('1800.00'), MEETING),
        ("张三", incomes[1].category.name, D('600.00'), MEETING)]
    assert sum(i.amount for i in incomes) == D('9000.00')
    assert not any(c.count for c in Reconciliation.check(company))

    surplus = voided(surplus)
    assert surplus.state == 'cancelled'
    assert surplus.distributed_year is None
    assert surplus.cancel_move.date == END
    assert balances(company) == before
    assert not any(c.count for c in Reconciliation.check(company))
    # and the year can be distributed anew
    assert posted(decided(company)).state == 'posted'


def test_move_lines(company, closed):
    "The inserted lines of the move are what create would have made"
    Line = Pool().get('account.move.line')
    surplus = posted(decided(company))
    lines = [line for line in surplus.move.lines if line.origin]
    assert len(lines) == 5
    for line in lines:
        assert line.account.company == company
        assert line.account.party_required and line.party
        assert line.maturity_date == MEETING
        assert line.state == 'valid'
        assert line.create_date
        assert line.debit == 0 and line.credit > 0
        assert line.reconciliation is None
    first = lines[0]
    twin = Line(**{
            name: getattr(first, name)
            for name in [
                'move', 'account', 'party', 'debit', 'credit',
                'maturity_date', 'origin', 'description']})
    assert {
        name: getattr(twin, name, None) for name in Line._fields
        if name in ['second_currency', 'amount_second_currency']} == {
        name: getattr(first, name)
        for name in ['second_currency', 'amount_second_currency']}
    Line._validate(lines)


def test_convert(company, closed):
    "What is converted becomes contribution and counts as paid"
    pool = Pool()
    Contribution = pool.get('fupin.member.contribution')
    Income = pool.get('fupin.income')
    Reconciliation = pool.get('fupin.reconciliation')
    before = balances(company)
    surplus = posted(decided(
            company, refund_converted=D('1000'),
            remainder_converted=D('600')))
    assert surplus.line_17 == D('4400.00')
    assert surplus.line_18 == D('3000.00')
    assert surplus.line_19 == D('1600.00')
    assert [line.converted for line in surplus.lines] == [
        D('433.33'), D('866.67'), D('300.00')]
    after = balances(company)
    assert after['301'] - before['301'] == -D('1600')
    contributions = Contribution.search([
            ('origin', '=', str(surplus)), ('state', '=', 'posted')])
    assert sum(c.amount for c in contributions) == D('1600.00')
    incomes = Income.search([('origin', 'like', 'fupin.surplus.line,%')])
    assert sum(i.amount for i in incomes) == D('9000.00')
    assert sum(i.paid for i in incomes) == D('1600.00')
    assert not any(c.count for c in Reconciliation.check(company))

    voided(surplus)
    assert balances(company) == before
    assert not Contribution.search([
            ('origin', '=', str(surplus)), ('state', '=', 'posted')])
    assert sum(again(i).paid for i in incomes) == 0
    assert not any(c.count for c in Reconciliation.check(company))


def test_settlement(company, closed):
    "What is owed of refund and remainder is paid with the dealings"
    pool = Pool()
    Income = pool.get('fupin.income')
    Reconciliation = pool.get('fupin.reconciliation')
    Settlement = pool.get('fupin.settlement')
    surplus = posted(decided(company, remainder_converted=D('600')))
    settlement = new_settlement(company, method='cash')
    Settlement.compute([settlement])
    settlement = again(settlement)
    assert sorted(
        (line.member.number, line.account.code, line.amount)
        for line in settlement.lines) == [
        (m.number, code, D(amount))
        for m, amounts in zip(
            [line.member for line in surplus.lines], [
                [('11402', '760'), ('221', '1800'), ('222', '500')],
                [('11402', '1520'), ('221', '3600'), ('222', '1000')],
                [('222', '1500')]])
        for code, amount in amounts]
    Settlement.approve([settlement])
    settlement = again(settlement)
    # the remainder of the first member is paid before the refund
    first, = [
        line for line in settlement.lines
        if line.member == surplus.lines[0].member
        and line.account.code == '222']
    settlement.pay([first], settlement.date)
    refund, remainder = Income.search([
            ('origin', '=', str(surplus.lines[0])),
            ], order=[('id', 'ASC')])
    assert (refund.paid, remainder.paid) == (D(0), D('600.00'))
    settlement.pay(
        [line for line in again(settlement).lines
            if line.state == 'processing'],
        settlement.date)
    assert again(settlement).state == 'done'
    assert '221' not in balances(company)
    assert '222' not in balances(company)
    for income in Income.search([
                ('origin', 'like', 'fupin.surplus.line,%')]):
        assert income.paid == income.amount
    assert not any(c.count for c in Reconciliation.check(company))


def test_voided_is_not_owed(company, closed):
    "What was voided is settled with its reverse, only the second is paid"
    Line = Pool().get('account.move.line')
    Settlement = Pool().get('fupin.settlement')
    first = posted(decided(company))
    voided(first)
    lines = Line.search([
            ('move.origin', '=', str(first)),
            ('account.code', 'in', ['221', '222'])])
    assert lines
    assert all(line.reconciliation for line in lines)
    second = posted(decided(company))
    settlement, = Settlement.create([{
                'company': company.id,
                'date': MEETING, 'up_to': MEETING,
                'journal': new_settlement(company).journal.id,
                }])
    Settlement.compute([settlement])
    owed = {
        item.move_line.move for line in Settlement(settlement.id).lines
        for item in line.items
        if item.move_line.account.code in {'221', '222'}}
    assert owed == {second.__class__(second.id).move}


def test_volume(company, closed):
    "By weighted volume the refund goes by quantity times factor"
    Charter = Pool().get('fupin.charter')
    Product = Pool().get('product.product')
    product, = Product.search([('name', '=', "香菇")])
    charter, = Charter.search([('company', '=', company.id)])
    new_charter(
        company, from_date=dt.date(YEAR, 5, 1), reserve_rate=D(0),
        refund_base='volume',
        resolution=adopted(company, 'charter', dt.date(YEAR, 4, 1)).id,
        factors=[('create', [{'product': product.id, 'factor': D('1.5')}])])
    surplus = plan(company)
    assert [line.traded for line in surplus.lines] == [
        D('150'), D('300'), D('0')]
    assert [line.refund for line in surplus.lines] == [
        D('2000.00'), D('4000.00'), D('0.00')]


@pytest.mark.parametrize('values, error, text', [
        ({'refund_rate': D('0.59')}, SurplusParameterError, '5,400.00'),
        ({'refund_rate': D('1.1')}, SurplusParameterError, '110'),
        ({'reserve_rate': D('-0.1')}, SurplusParameterError, '42'),
        ({'transferred': D('1')}, SurplusParameterError, '322'),
        ({'released': D('1')}, SurplusParameterError, '44'),
        ({'carried': D('3600.01')}, SurplusParameterError, '3,600.00'),
        ({'refund_converted': D('5400.01')}, SurplusParameterError, '44'),
        ({'carried': D('-1')}, SurplusParameterError, '-'),
        ])
def test_forbidden(company, closed, values, error, text):
    "A parameter that the law or the books do not allow"
    with pytest.raises(error) as refused:
        plan(company, **values)
    assert text in refused.value.message
    assert '%(' not in refused.value.message


def test_no_trade(company, area, charter):
    "Without trade all can only be carried forward"
    member = new_member(company, new_household(area, "张三"))
    contribute(company, member, '1000')
    book(company, '102', '501', '10000')
    close(company)
    with pytest.raises(SurplusParameterError) as refused:
        plan(company, reserve_rate=D(0))
    assert '10,000.00' in refused.value.message
    surplus = posted(decided(
            company, reserve_rate=D(0), carried=D('10000')))
    assert surplus.outcome == 'no_trade'
    assert surplus.line_20 == D('10000.00')
    assert not surplus.move
    assert surplus.distributed_year


def test_loss(company, traders):
    "The reserve covers the loss, nothing is distributed"
    pool = Pool()
    Entry = pool.get('fupin.member.entry')
    Reconciliation = pool.get('fupin.reconciliation')
    book(company, '102', '322', '300')
    quantify(company, 'reserve', dt.date(YEAR, 7, 1))
    book(company, '523', '102', '1000')
    close(company)
    assert [
        Entry.balances(company, END)[m.id]['reserve'] for m in traders] == [
        D('100.00'), D('200.00'), D('0.00')]
    with pytest.raises(SurplusParameterError):
        plan(company, transferred=D('300.01'))
    with pytest.raises(SurplusParameterError):
        plan(company, released=D('1'))
    surplus = decided(company, subject='loss', transferred=D('250'))
    assert surplus.outcome == 'loss'
    assert (surplus.year_surplus, surplus.losses, surplus.uncovered) == (
        D('-1000.00'), D('1000.00'), D('750.00'))
    assert (surplus.line_16, surplus.line_20) == (D('-750.00'), D('-750.00'))
    assert '750.00' in surplus.explanation
    surplus = posted(surplus)
    assert [line.reserve_taken for line in surplus.lines] == [
        D('83.33'), D('166.67'), D('0.00')]
    assert [
        Entry.balances(company, END)[m.id]['reserve'] for m in traders] == [
        D('16.67'), D('33.33'), D('0.00')]
    after = balances(company)
    assert (after['322'], after['33202']) == (-D('50.00'), D('750.00'))
    assert not any(c.count for c in Reconciliation.check(company))
    # a surplus cannot be decided on in a year of loss, nor is it closed twice
    voided(surplus)
    with pytest.raises(ResolutionError):
        posted(decided(company, transferred=D('250')))


def test_refusals(company, closed):
    "No resolution, the wrong one, not computed, twice, changed since"
    Surplus = Pool().get('fupin.surplus')
    with pytest.raises(ResolutionError):
        posted(plan(company))
    loss = adopted(company, 'loss', MEETING)
    with pytest.raises(ResolutionError):
        posted(plan(company, resolution=loss.id))
    resolution = adopted(company, 'surplus', MEETING).id
    draft, = Surplus.copy([plan(company)])
    assert not draft.lines and not draft.outcome
    Surplus.write([draft], {'resolution': resolution})
    with pytest.raises(SurplusError):
        posted(draft)
    with pytest.raises(AccessError):
        Surplus.create([{
                    'company': company.id,
                    'fiscalyear': fiscalyear(company).id,
                    'reserve_rate': D(0), 'refund_rate': D('0.6'),
                    'resolution': resolution, 'state': 'posted',
                    }])
    changed = plan(company, resolution=resolution)
    Surplus.write([changed], {'refund_rate': D('0.7')})
    with pytest.raises(SurplusError) as refused:
        posted(changed)
    assert 'Compute' in refused.value.message
    good = plan(company, resolution=resolution)
    second = plan(company, resolution=resolution)
    posted(good)
    with pytest.raises(SurplusYearError):
        posted(second)
    with pytest.raises(UserError):
        posted(Surplus(good.id))


def test_unbalanced(company, closed, traders):
    "A contribution booked past its member"
    surplus = decided(company)
    new_move(company, [
            (account(company, '102'), D('10'), None),
            (account(company, '301'), -D('10'), traders[0].party),
            ], date=JUNE)
    with pytest.raises(SurplusBalanceError) as refused:
        posted(surplus)
    assert '10.00' in refused.value.message
    assert not Pool().get('fupin.surplus')(surplus.id).move


def test_not_transferred(company, traders):
    "A plan can be made before the closing, posted only after it"
    Closing = Pool().get('fupin.closing')
    book(company, '102', '501', '10000')
    with pytest.raises(SurplusYearError):
        plan(company)
    closing, = Closing.create([{
                'company': company.id,
                'fiscalyear': fiscalyear(company).id,
                }])
    surplus = decided(company)
    assert surplus.year_surplus == D('10000.00')
    with pytest.raises(SurplusYearError):
        posted(surplus)
    Closing.transfer([closing])
    assert posted(surplus).state == 'posted'


def test_lines_are_computed(company, closed):
    "Nobody writes a line"
    Line = Pool().get('fupin.surplus.line')
    surplus = plan(company)
    with pytest.raises(AccessError):
        Line.write(list(surplus.lines[:1]), {'refund': D('1')})


def pdf_pages(content):
    "Return the text of each page"
    text = subprocess.run(
        ['pdftotext', '-layout', '-', '-'], input=bytes(content),
        capture_output=True, check=True).stdout.decode()
    return text.split('\f')[:-1]


@pytest.mark.parametrize('name, text', [
        ('plan', '60'),
        ('sheet', '张三'),
        ])
def test_print(company, closed, monkeypatch, name, text):
    "Plans side by side, and a sheet for each member"
    pool = Pool()
    ActionReport = pool.get('ir.action.report')
    Report = pool.get(f'fupin.surplus.{name}', type='report')
    monkeypatch.setattr(
        'trytond.modules.fupin_household.slip.load_weasyprint', lambda: None)
    surpluses = [plan(company), plan(company, refund_rate=D('0.7'))]
    action, = ActionReport.search([
            ('report_name', '=', f'fupin.surplus.{name}')])
    with acting(new_user(company, 'fupin_coop.group_cooperative')):
        extension, content, _, _ = Report.execute(
            [s.id for s in surpluses], {'action_id': action.id})
    if isinstance(content, bytes):
        content = content.decode('utf-8')
    assert extension == 'html'
    assert text in content
    assert '5,400.00' in content and '6,300.00' in content


def test_print_many(company, closed, monkeypatch):
    "Many sheets are drawn in parts, tell how far they are and say the same"
    pool = Pool()
    ActionReport = pool.get('ir.action.report')
    Report = pool.get('fupin.surplus.sheet', type='report')
    pytest.importorskip('fpdf')
    monkeypatch.setattr(
        'trytond.modules.fupin_coop.surplus_report._SHEETS', 2)
    progress = []
    monkeypatch.setattr(
        Report, 'show_progress', lambda *args: progress.append(args))
    action, = ActionReport.search([
            ('report_name', '=', 'fupin.surplus.sheet')])
    surplus = plan(company)
    with acting(new_user(company, 'fupin_coop.group_cooperative')):
        extension, content, _, _ = Report.execute(
            [surplus.id], {'action_id': action.id})
    assert extension == 'pdf' and bytes(content).startswith(b'%PDF')
    assert progress == [(2, 3), (3, 3)]
    pages = pdf_pages(content)
    assert len(pages) == 3
    for page, line in zip(pages, surplus.lines):
        assert line.member.party.name in page
        assert line.member.number in page
        for text in ['9,000.00', f'{line.refund:,}', f'{line.payable:,}']:
            assert text in page


def test_explain(company, closed):
    "A member can work out his line again"
    surplus = plan(company)
    totals = surplus.get_totals()
    assert totals == {'traded': D('2280.00'), 'capital': D('6000.00')}
    line = surplus.lines[0]
    assert line.explain('refund', surplus.refund, totals['traded']) == {
        'total': D('5400.00'), 'weight': D('760.00'),
        'weights': D('2280.00'), 'exact': D('1800.000000'),
        'amount': D('1800.00'), 'cent': False}
