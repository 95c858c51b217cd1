# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""A distribution that is refused has written nothing."""
import datetime as dt
from contextlib import contextmanager
from decimal import Decimal as D

import pytest
from assembly import adopted
from cooperative import MODULES, balances, new_move, new_settlement
from test_coop_surplus import (  # noqa: F401
    END, JUNE, MEETING, account, charter, close, closed, contribute, decided,
    fiscalyear, plan, posted, traders)

from trytond.exceptions import UserError
from trytond.modules.fupin_coop.exceptions import (
    DocumentCancelError, DocumentStateError, ResolutionError,
    SurplusBalanceError, SurplusParameterError, SurplusYearError)
from trytond.pool import Pool
from trytond.transaction import Transaction

pytest_plugins = ['cooperative']
__all__ = ['MODULES']

pytestmark = pytest.mark.usefixtures('transaction')

EFFECTS = [
    'account.move', 'account.move.line', 'account.move.reconciliation',
    'fupin.income', 'fupin.income.payment', 'fupin.member.contribution',
    'fupin.member.entry', 'fupin.surplus', 'fupin.surplus.line']


def written(company):
    "Return all that a posting would change"
    Surplus = Pool().get('fupin.surplus')
    cursor = Transaction().connection.cursor()
    rows = {}
    for name in EFFECTS:
        table = Pool().get(name).__table__()
        cursor.execute(*table.select(table.id, order_by=[table.id]))
        rows[name] = cursor.fetchall()
    states = {
        s.id: (s.state, s.number, s.move, s.distributed_year, s.cancel_move)
        for s in Surplus.search([])}
    sequence = Pool().get('ir.sequence.strict').__table__()
    cursor.execute(*sequence.select(
            sequence.id, sequence.number_next_internal,
            order_by=[sequence.id]))
    return rows, states, cursor.fetchall(), balances(company)


@contextmanager
def refused(company, error, *texts):
    "What happens inside is refused with these texts and writes nothing"
    before = written(company)
    with pytest.raises(error) as info:
        yield
    assert written(company) == before
    assert '%(' not in info.value.message
    for text in texts:
        assert text in info.value.message


def test_without_resolution(company, closed):  # noqa: F811
    surplus = plan(company)
    with refused(company, ResolutionError):
        posted(surplus)


def test_resolution_on_something_else(company, closed):  # noqa: F811
    surplus = plan(
        company, resolution=adopted(company, 'loss', MEETING).id)
    with refused(company, ResolutionError):
        posted(surplus)


def test_resolution_that_was_rejected(company, closed):  # noqa: F811
    "The domain of the field does not even let it be chosen"
    from assembly import hold, new_meeting
    meeting = new_meeting(company, MEETING, ['surplus'])
    resolution, = meeting.resolutions
    resolution.against = meeting.votes
    resolution.save()
    resolution, = hold(meeting).resolutions
    assert resolution.state == 'rejected'
    with pytest.raises(UserError):
        plan(company, resolution=resolution.id)


def test_twice(company, closed):  # noqa: F811
    "The same plan, and another one for the year"
    first = decided(company)
    second = plan(company, resolution=first.resolution.id)
    first = posted(first)
    with refused(company, DocumentStateError, first.number):
        posted(first)
    with refused(company, SurplusYearError, first.number, '2025'):
        posted(second)


def test_database_refuses_a_year_twice(company, closed):  # noqa: F811
    "Also where the check was passed"
    Surplus = Pool().get('fupin.surplus')
    first = decided(company)
    second = plan(company, resolution=first.resolution.id)
    posted(first)
    with pytest.raises(UserError) as info:
        Surplus.prepare_post([second])
    assert '%(' not in info.value.message


def test_closed_year(company, closed):  # noqa: F811
    "Neither posted nor taken back"
    Closing = Pool().get('fupin.closing')
    surplus = decided(company)
    late = plan(company, resolution=surplus.resolution.id)
    surplus = posted(surplus)
    Closing.close([Closing(closed.id)])
    assert fiscalyear(company).state != 'open'
    Surplus = Pool().get('fupin.surplus')
    with refused(company, SurplusYearError, '2025'):
        posted(Surplus(late.id))
    with refused(company, SurplusYearError, '2025'):
        Surplus.cancel([Surplus(surplus.id)])


@pytest.mark.parametrize('code, text', [('301', '10.00'), ('322', '10.00')])
def test_unbalanced_account_of_a_member(
        company, closed, traders, code, text):  # noqa: F811
    "What is booked past the account of a member, by ten yuan"
    surplus = decided(company)
    if code == '301':
        new_move(company, [
                (account(company, '102'), D('10'), None),
                (account(company, '301'), -D('10'), traders[0].party),
                ], date=JUNE)
    else:
        # a share of the reserve that no account has
        Entry = Pool().get('fupin.member.entry')
        Entry.post([Entry(
                    member=traders[0], date=JUNE, kind='reserve',
                    amount=D('10'), origin=surplus)])
    with refused(company, SurplusBalanceError, text):
        posted(surplus)


def test_changed_since_it_was_computed(company, closed, traders):  # noqa: F811
    surplus = decided(company)
    contribute(company, traders[0], '500', date=JUNE)
    with refused(company, UserError):
        posted(surplus)


@pytest.mark.parametrize('values, text', [
        ({'refund_rate': D('0.5999')}, '60'),
        ({'reserve_rate': D('1.01')}, '42'),
        ({'carried': D('3600.01')}, '3,600.00'),
        ({'released': D('0.01')}, '44'),
        ({'remainder_converted': D('3600.01')}, '44'),
        ])
def test_parameter_that_the_law_forbids(
        company, closed, values, text):  # noqa: F811
    "Written into a plan that was computed before, it is refused as well"
    Surplus = Pool().get('fupin.surplus')
    surplus = decided(company)
    Surplus.write([surplus], values)
    with refused(company, SurplusParameterError, text):
        posted(Surplus(surplus.id))
    with refused(company, SurplusParameterError, text):
        Surplus.compute([Surplus(surplus.id)])


def test_paid_is_not_taken_back(company, closed):  # noqa: F811
    Settlement = Pool().get('fupin.settlement')
    Surplus = Pool().get('fupin.surplus')
    surplus = posted(decided(company))
    settlement = new_settlement(
        company, method='cash', date=dt.date(2026, 4, 1))
    Settlement.compute([settlement])
    Settlement.approve([settlement])
    with refused(company, DocumentCancelError):
        Surplus.cancel([Surplus(surplus.id)])
