# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Who leaves gets back contribution and reserve share less losses."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import MODULES, balances, new_settlement
from test_coop_surplus import (  # noqa: F401
    END, book, charter, close, closed, decided, posted, traders)
from trytond.modules.fupin_coop.exceptions import (
    LeaverError, LeaverSurplusWarning)
from trytond.pool import Pool
from trytond.transaction import Transaction

pytest_plugins = ['cooperative']
__all__ = ['MODULES']

pytestmark = pytest.mark.usefixtures('transaction')

APRIL = dt.date(2026, 4, 1)


def leave(member, date=END):
    Member = Pool().get('fupin.member')
    Member.write([member], {'to_date': date})


def settled(company, member, post=True, **values):
    Leaver = Pool().get('fupin.leaver')
    leaver, = Leaver.create([{
                'company': company.id,
                'member': member.id,
                'date': APRIL,
                **values,
                }])
    Leaver.compute([leaver])
    if post:
        Leaver.post([leaver])
    return Leaver(leaver.id)


def test_leaver(company, closed, traders):  # noqa: F811
    "Contribution 2,000 and a reserve share of 666.67, no losses"
    pool = Pool()
    Entry = pool.get('fupin.member.entry')
    Leaver = pool.get('fupin.leaver')
    Reconciliation = pool.get('fupin.reconciliation')
    Settlement = pool.get('fupin.settlement')
    member = traders[1]
    leave(member)
    surplus = posted(decided(company))
    line, = [line for line in surplus.lines if line.member == member]
    assert line.leaving and line.refund == D('3600.00')
    before = balances(company)
    leaver = settled(company, member)
    assert (leaver.other, leaver.reserve, leaver.paid) == (
        D('2000.00'), D('666.67'), D('2666.67'))
    after = balances(company)
    assert {
        code: after.get(code, D(0)) - before.get(code, D(0))
        for code in ['301', '322', '33202', '11402']} == {
        '301': D('2000.00'), '322': D('666.67'), '33202': D(0),
        '11402': -D('2666.67')}
    assert not any(Entry.balances(company, APRIL)[member.id].values())
    assert not any(c.count for c in Reconciliation.check(company))

    settlement = new_settlement(company, method='cash')
    Settlement.compute([settlement])
    assert D('4186.67') in [  # with what was owed for deliveries
        line.amount for line in Settlement(settlement.id).lines]
    Settlement.cancel([settlement])

    Leaver.cancel([leaver])
    assert balances(company) == before
    assert Entry.balances(company, APRIL)[member.id]['other'] == D('2000')
    assert not any(c.count for c in Reconciliation.check(company))


def test_losses(company, closed, traders):  # noqa: F811
    "Losses are borne by liability, and by nobody with more than he has"
    member = traders[0]
    leave(member)
    posted(decided(company))
    leaver = settled(company, member, post=False, total_losses=D('700'))
    # 1,333.33 of 7,000.00: contributions 6,000 and reserve 1,000
    assert leaver.losses == D('133.33')
    assert (leaver.from_reserve, leaver.from_contribution) == (
        D('133.33'), D('0.00'))
    assert leaver.paid == D('1200.00')
    leaver = settled(company, member, total_losses=D('14000'))
    assert leaver.losses == D('2666.66')
    assert (leaver.from_reserve, leaver.from_contribution) == (
        D('333.33'), D('1000.00'))
    assert leaver.refused == D('1333.33')
    assert leaver.paid == D('0.00')
    assert balances(company)['33202'] == -D('1333.33')


def test_refused(company, closed, traders):  # noqa: F811
    "Not left, not distributed yet, nothing left to settle"
    pool = Pool()
    Leaver = pool.get('fupin.leaver')
    with pytest.raises(Exception):  # noqa: B017 the domain on the member
        settled(company, traders[0], post=False)
    leave(traders[0])
    with Transaction().set_context(_check_access=False), \
            pytest.raises(LeaverSurplusWarning):
        settled(company, traders[0])
    posted(decided(company))
    settled(company, traders[0])
    with pytest.raises(LeaverError):
        settled(company, traders[0])
    assert Leaver.search([('state', '=', 'posted')], count=True) == 1
