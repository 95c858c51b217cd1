# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The end of a fiscal year: checked, transferred, taken back, closed."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (  # noqa: F401
    again, alone, area, balances, company, cooperatives, members, other,
    product, acting, new_delivery, new_user)

from trytond.model.exceptions import (
    AccessButtonError, AccessError, SQLConstraintError)
from trytond.modules.fupin_coop.exceptions import (
    ClosingCheckError, ClosingNotFoundError, ClosingStateError)
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']
JUNE = dt.date(2025, 6, 30)
END = dt.date(2025, 12, 31)

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


def get_account(company, code):  # noqa: F811
    Configuration = Pool().get('account.configuration')
    return Configuration.get_chart_account(code, company)


def book(company, lines, date=JUNE, post=True, **values):  # noqa: F811
    "Make a move of lines {code: amount} or [(code, amount, party)]"
    pool = Pool()
    Journal = pool.get('account.journal')
    Line = pool.get('account.move.line')
    Move = pool.get('account.move')
    Party = pool.get('party.party')
    Period = pool.get('account.period')
    if isinstance(lines, dict):
        lines = [(code, amount, None) for code, amount in lines.items()]
    stranger = None
    to_save = []
    for code, amount, party in lines:
        account = get_account(company, code)
        if account.party_required and not party:
            if not stranger:
                stranger = Party(name="客户")
                stranger.save()
            party = stranger
        amount = D(amount)
        to_save.append(Line(
                account=account, party=party,
                debit=max(amount, D(0)), credit=max(-amount, D(0))))
    journal, = Journal.search([('type', '=', 'revenue')], limit=1)
    move = Move(**{
            'company': company,
            'journal': journal,
            'date': date,
            'period': Period.find(company, date=date),
            'lines': to_save,
            **values})
    move.save()
    if post:
        Move.post([move])
    return move


def get_fiscalyear(company, name='2025'):  # noqa: F811
    FiscalYear = Pool().get('account.fiscalyear')
    fiscalyear, = FiscalYear.search([
            ('company', '=', company.id), ('name', '=', name)])
    return fiscalyear


def new_closing(company, name='2025'):  # noqa: F811
    Closing = Pool().get('fupin.closing')
    return Closing.create([{
                'company': company.id,
                'fiscalyear': get_fiscalyear(company, name).id,
                }])[0]


def transfer(closing):
    Closing = Pool().get('fupin.closing')
    Closing.transfer([closing])
    return again(closing)


@pytest.fixture
def year(company):  # noqa: F811
    "Earned 1,000.00 + 50.00 + 10.05, spent 700.00 + 20.00 + 0.05"
    book(company, {'113': 1000, '501': -1000})
    book(company, {'102': '60.05', '502': -50, '511': '-10.05'})
    book(company, {'521': 700, '523': 20, '524': '0.05', '102': '-720.05'})
    return company


def steps(closing):
    return {s.kind: (s.amount, s.status) for s in closing.steps}


def test_transfer(year):
    Closing = Pool().get('fupin.closing')
    closing = new_closing(year)
    assert (closing.state, closing.date) == ('draft', END)
    assert closing.surplus == D('340.00')
    with pytest.raises(ClosingNotFoundError):
        Closing.find(year, closing.fiscalyear)

    closing = transfer(closing)

    assert closing.state == 'transferred'
    assert Closing.find(year, closing.fiscalyear) == closing
    assert closing.surplus == D('340.00')
    assert balances(year) == {
        '102': D('-660.00'), '113': D('1000.00'), '33202': D('-340.00')}
    assert {
        (line.account.code, line.debit - line.credit)
        for line in closing.transfer_move.lines} == {
            ('501', D(1000)), ('502', D(50)), ('511', D('10.05')),
            ('521', D(-700)), ('523', D(-20)), ('524', D('-0.05')),
            ('331', D('-1060.05')), ('331', D('720.05'))}
    assert {
        (line.account.code, line.debit - line.credit)
        for line in closing.surplus_move.lines} == {
            ('331', D('340.00')), ('33202', D('-340.00'))}
    for move in closing.moves:
        assert (move.state, move.date) == ('posted', END)
        assert move.period == closing.period
    assert closing.period.type == 'adjustment'
    assert steps(closing)['surplus'] == (D('340.00'), 'done')
    assert steps(closing)['refund'] == (D('0.00'), 'open')


def test_loss(company):  # noqa: F811
    book(company, {'521': 30, '102': -30})
    book(company, {'113': 10, '501': -10})
    closing = transfer(new_closing(company))
    assert closing.surplus == D('-20.00')
    assert balances(company)['33202'] == D('20.00')


def test_investment_loss(company):  # noqa: F811
    "511 in debit is transferred to the debit of 331"
    book(company, {'511': 5, '102': -5})
    closing = transfer(new_closing(company))
    assert closing.surplus == D('-5.00')
    assert balances(company) == {'102': D('-5.00'), '33202': D('5.00')}


def test_sub_account(company):  # noqa: F811
    "What a cooperative has below 501 is transferred too"
    pool = Pool()
    Account = pool.get('account.account')
    parent = get_account(company, '501')
    sub, = Account.create([{
                'name': "香菇", 'code': '50101', 'parent': parent.id,
                'type': parent.type.id, 'company': company.id}])
    move = book(company, {'113': 8, '501': -8}, post=False)
    line, = [line for line in move.lines if line.account == parent]
    line.account = sub
    line.save()
    pool.get('account.move').post([move])
    closing = transfer(new_closing(company))
    assert closing.surplus == D('8.00')
    assert balances(company) == {'113': D('8.00'), '33202': D('-8.00')}


def test_nothing(company):  # noqa: F811
    "A year without dealings is transferred without a move"
    Closing = Pool().get('fupin.closing')
    closing = transfer(new_closing(company))
    assert not closing.moves
    assert closing.surplus == 0
    Closing.close([closing])
    assert again(closing).state == 'closed'


def test_undo(year):
    Closing = Pool().get('fupin.closing')
    before = balances(year)
    closing = transfer(new_closing(year))
    for count in [4, 8]:
        Closing.undo([closing])
        closing = again(closing)
        assert closing.state == 'draft'
        assert balances(year) == before
        assert len(closing.moves) == count
        with pytest.raises(ClosingNotFoundError):
            Closing.find(year, closing.fiscalyear)
        if count == 4:
            book(year, {'113': 5, '501': -5}, date=END)
            before = balances(year)
            closing = transfer(closing)
            assert closing.surplus == D('345.00')


def test_late(year):
    "What is booked after the transfer is seen and stops the close"
    Closing = Pool().get('fupin.closing')
    closing = transfer(new_closing(year))
    book(year, {'113': 5, '501': -5}, date=END)
    assert steps(closing)['result'][1] == 'problem'
    with pytest.raises(ClosingCheckError) as error:
        Closing.close([closing])
    assert "Undo the transfer" in error.value.message


def test_close_needs_distribution(year):
    pool = Pool()
    Closing = pool.get('fupin.closing')
    FiscalYear = pool.get('account.fiscalyear')
    closing = new_closing(year)
    with pytest.raises(ClosingNotFoundError):
        FiscalYear.close([closing.fiscalyear])
    closing = transfer(closing)
    with pytest.raises(ClosingCheckError) as error:
        Closing.close([closing])
    assert "Art. 44" in error.value.message
    with pytest.raises(ClosingCheckError):
        FiscalYear.close([closing.fiscalyear])


def test_close(company):  # noqa: F811
    pool = Pool()
    Closing = pool.get('fupin.closing')
    FiscalYear = pool.get('account.fiscalyear')
    book(company, {'102': 10, '501': -10})
    book(company, {'521': 10, '102': -10})
    closing = transfer(new_closing(company))
    Closing.close([closing])
    closing = again(closing)
    assert closing.state == 'closed'
    assert closing.fiscalyear.state == 'closed'
    with pytest.raises(ClosingStateError):
        Closing.undo([closing])
    FiscalYear.reopen([closing.fiscalyear])
    assert again(closing).state == 'transferred'
    Closing.undo([again(closing)])
    assert again(closing).state == 'draft'


def test_drafts(company, members, product):  # noqa: F811
    "A draft document or move of the year stops the closing, no other one"
    pool = Pool()
    Closing = pool.get('fupin.closing')
    Delivery = pool.get('fupin.delivery')
    Move = pool.get('account.move')
    Period = pool.get('account.period')
    closing = new_closing(company)
    new_delivery(company, product, members[0])
    Closing.check([closing])
    delivery = new_delivery(company, product, members[0], date=JUNE)
    move, = Move.create([{
                'company': company.id,
                'journal': get_fiscal_journal().id,
                'date': JUNE,
                'period': Period.find(company, date=JUNE).id,
                }])
    assert steps(closing)['draft'][1] == 'problem'
    for record in [delivery, move]:
        with pytest.raises(ClosingCheckError) as error:
            Closing.transfer([closing])
        assert record.rec_name in error.value.message
        record.__class__.delete([record])
    assert not Delivery.search([('date', '=', JUNE)])
    assert transfer(closing).state == 'transferred'


def get_fiscal_journal():
    Journal = Pool().get('account.journal')
    return Journal.search([('type', '=', 'general')], limit=1)[0]


def test_pending(company):  # noqa: F811
    Closing = Pool().get('fupin.closing')
    closing = new_closing(company)
    book(company, {'18101': '3.20', '121': '-3.20'})
    assert steps(closing)['pending'] == (D('3.20'), 'problem')
    with pytest.raises(ClosingCheckError) as error:
        Closing.transfer([closing])
    assert "3.20" in error.value.message
    book(company, {'529': '3.20', '18101': '-3.20'})
    assert transfer(closing).surplus == D('-3.20')


def test_previous(year):
    "The year before comes first"
    Closing = Pool().get('fupin.closing')
    closing = new_closing(year, '2026')
    with pytest.raises(ClosingCheckError) as error:
        closing.check_transfer()
    # in 2026 it is not over either
    assert "ends on" in error.value.message or "340" in error.value.message
    assert closing.get_previous() == D('340.00')
    transfer(new_closing(year))
    assert closing.get_previous() == 0
    assert Closing.search([], count=True) == 2


def test_future(company):  # noqa: F811
    Date = Pool().get('ir.date')
    closing = new_closing(company, '2026')
    if Date.today() <= dt.date(2026, 12, 31):
        with pytest.raises(ClosingCheckError) as error:
            transfer(closing)
        assert "ends on" in error.value.message


def test_reconciliation(company, monkeypatch):  # noqa: F811
    "While something differs the year is not closed"
    pool = Pool()
    Closing = pool.get('fupin.closing')
    Reconciliation = pool.get('fupin.reconciliation')
    checks = Reconciliation.check(company)
    bad = checks[0]._replace(count=1, difference=D('0.01'))
    monkeypatch.setattr(
        Reconciliation, 'check', classmethod(lambda cls, company: [bad]))
    with pytest.raises(ClosingCheckError) as error:
        Closing.check([new_closing(company)])
    assert "0.01" in error.value.message


def test_once(year):
    new_closing(year)
    with pytest.raises(SQLConstraintError):
        new_closing(year)


def test_twice(year):
    Closing = Pool().get('fupin.closing')
    closing = transfer(new_closing(year))
    with pytest.raises(ClosingStateError):
        Closing.transfer([closing])
    with pytest.raises(AccessError):
        Closing.delete([closing])


def test_moves_are_the_closings(year):
    "Nobody books in the name of the closing or takes its moves back"
    pool = Pool()
    Move = pool.get('account.move')
    closing = transfer(new_closing(year))
    with pytest.raises(AccessError):
        closing.transfer_move.cancel()
    with Transaction().set_context(_check_access=True), \
            pytest.raises(AccessError):
        Move.create([{
                    'company': year.id,
                    'journal': get_fiscal_journal().id,
                    'date': END,
                    'period': closing.period.id,
                    'origin': str(closing),
                    }])


def test_states_are_not_written(company):  # noqa: F811
    Closing = Pool().get('fupin.closing')
    closing = new_closing(company)
    user = new_user(company, 'fupin_coop.group_cooperative')
    with acting(user):
        with pytest.raises(AccessError):
            Closing.write([closing], {'state': 'transferred'})


def test_buttons(company, other):  # noqa: F811
    "Who keeps the books transfers, who administers closes, others read"
    Closing = Pool().get('fupin.closing')
    closing = new_closing(company)
    foreign = new_closing(other)
    with acting(new_user(company, 'fupin_household.group_auditor')):
        assert Closing.search([]) == [closing]
        assert len(closing.steps) == 13
        with pytest.raises(AccessError):
            Closing.transfer([closing])
    with acting(new_user(company, 'fupin_coop.group_cooperative')):
        with pytest.raises(AccessError):
            Closing.read([foreign.id], ['state'])
        Closing.transfer([Closing(closing.id)])
        with pytest.raises(AccessButtonError):
            Closing.close([Closing(closing.id)])
    with acting(new_user(company, 'fupin_coop.group_cooperative_admin')):
        Closing.close([Closing(closing.id)])
    assert again(closing).fiscalyear.state == 'closed'
