# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The register of contributions: what is booked and what is held when."""
import datetime as dt
from decimal import Decimal as D

import pytest
from assembly import adopted, new_charter
from cooperative import acting, balances, new_delivery, new_user, post
from equity import quantify, set_aside, shares

from trytond.model.exceptions import (
    AccessButtonError, AccessError, ValidationError)
from trytond.modules.fupin_coop.exceptions import (
    ContributionError, ContributionHoldingError, DocumentPeriodError,
    DocumentStateError, ResolutionError, SubscriptionError)
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']
MARCH = dt.date(2026, 3, 10)
APRIL = dt.date(2026, 4, 1)
MAY = dt.date(2026, 5, 6)

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


def new_contribution(member, amount, kind='payment', post=True, **values):
    Contribution = Pool().get('fupin.member.contribution')
    values.setdefault('date', MARCH)
    for name, value in list(values.items()):
        if hasattr(value, 'id'):
            values[name] = value.id
    contribution, = Contribution.create([{
                'company': member.company.id,
                'member': member.id,
                'kind': kind,
                'amount': D(amount),
                **values,
                }])
    if post:
        Contribution.post([contribution])
    return Contribution(contribution.id)


def account(company, code):
    Account = Pool().get('account.account')
    return Account.search([
            ('company', '=', company.id), ('code', '=', code)])[0]


def booked(contribution):
    return sorted(
        (line.account.code, line.debit - line.credit,
            line.party.name if line.party else None)
        for line in contribution.move.lines)


def held(member, date=MAY):
    Member = Pool().get('fupin.member')
    with Transaction().set_context(date=date):
        member = Member(member.id)
        return (member.contribution_household_asset,
            member.contribution_other)


def test_payment(company, members):
    contribution = new_contribution(members[0], '1000')
    assert contribution.number == 'CZ000001'
    assert contribution.move.state == 'posted'
    assert booked(contribution) == [
        ('102', D(1000), None), ('301', D(-1000), "张三")]
    assert held(members[0]) == (D(0), D(1000))
    assert held(members[0], MARCH - dt.timedelta(1)) == (D(0), D(0))


def test_premium(company, members):
    contribution = new_contribution(
        members[0], '1000', value=D('1200.50'),
        account=account(company, '101'))
    assert contribution.premium == D('200.50')
    assert booked(contribution) == [
        ('101', D('1200.50'), None), ('301', D(-1000), "张三"),
        ('321', D('-200.50'), None)]
    assert held(members[0]) == (D(0), D(1000))


def test_money_below_amount(company, members):
    with pytest.raises(ContributionError):
        new_contribution(members[0], '1000', value=D(999))


@pytest.mark.parametrize('form, code', [
        ('goods', '121'), ('land', '161'), ('right', '161'),
        ('household_asset', '151')])
def test_in_kind(company, members, form, code):
    resolution = adopted(company, 'valuation', MARCH)
    contribution = new_contribution(
        members[0], '500', form=form, resolution=resolution, value=D(600))
    assert booked(contribution) == sorted([
            (code, D(600), None), ('301', D(-500), "张三"),
            ('321', D(-100), None)])
    assert held(members[0]) == (
        (D(500), D(0)) if form == 'household_asset' else (D(0), D(500)))


def test_in_kind_below_amount(company, members):
    "37号 lets 321 be debited for what is not money"
    contribution = new_contribution(
        members[0], '500', form='goods', value=D(400),
        resolution=adopted(company, 'valuation', MARCH))
    assert booked(contribution) == [
        ('121', D(400), None), ('301', D(-500), "张三"),
        ('321', D(100), None)]


def test_in_kind_without_resolution(company, members):
    contribution = new_contribution(
        members[0], '500', form='land', post=False)
    with pytest.raises(ResolutionError):
        contribution.post([contribution])


def test_in_kind_resolution_later(company, members):
    contribution = new_contribution(
        members[0], '500', form='land', post=False,
        resolution=adopted(company, 'valuation', APRIL))
    with pytest.raises(ResolutionError):
        contribution.post([contribution])


def test_household_asset_in_money(company, members):
    contribution = new_contribution(
        members[0], '500', form='household_asset',
        account=account(company, '102'))
    assert held(members[0]) == (D(500), D(0))
    assert booked(contribution)[0] == ('102', D(500), None)


def test_wrong_account(company, members):
    with pytest.raises(ContributionError):
        new_contribution(members[0], '500', account=account(company, '113'))


def test_not_member(company, members):
    Member = Pool().get('fupin.member')
    Member.write(members[:1], {'from_date': APRIL})
    with pytest.raises(ContributionError):
        new_contribution(members[0], '500')


def test_posted_stays(company, members):
    contribution = new_contribution(members[0], '500')
    with pytest.raises(DocumentStateError):
        contribution.post([contribution])
    with pytest.raises(AccessError):
        contribution.write([contribution], {'amount': D(600)})


def test_delete_posted(company, members):
    contribution = new_contribution(members[0], '500')
    with pytest.raises(AccessError):
        contribution.delete([contribution])


def test_amount_not_positive(company, members):
    with pytest.raises(ValidationError):
        new_contribution(members[0], '0')


def test_cancel(company, members):
    before = balances(company)
    contribution = new_contribution(members[0], '500')
    contribution.cancel([contribution])
    assert balances(company) == before
    assert held(members[0]) == (D(0), D(0))
    contribution = contribution.__class__(contribution.id)
    assert contribution.state == 'cancelled'
    assert contribution.cancel_move.state == 'posted'


def test_cancel_withdrawn(company, members):
    "What was taken out since can not be taken back"
    contribution = new_contribution(members[0], '500')
    new_contribution(members[0], '200', 'withdrawal', date=APRIL)
    with pytest.raises(ContributionHoldingError):
        contribution.cancel([contribution])


def test_transfer(company, members):
    one, two, _ = members
    new_contribution(one, '1000')
    before = balances(company)
    transfer = new_contribution(
        one, '300', 'transfer', transferee=two, date=APRIL)
    assert not transfer.move
    assert balances(company) == before
    assert held(one) == (D(0), D(700))
    assert held(two) == (D(0), D(300))
    assert held(one, MARCH) == (D(0), D(1000))
    assert held(two, MARCH) == (D(0), D(0))
    transfer.cancel([transfer])
    assert held(one) == (D(0), D(1000))
    assert held(two) == (D(0), D(0))


def test_transfer_of_reserve_share(company, members):
    one, two, _ = members
    new_contribution(one, '1000')
    set_aside(company, '90')
    new_charter(
        company, reserve_volume_rate=D(0), reserve_equal_rate=D(1))
    quantify(company, 'reserve')
    transfer = new_contribution(
        one, '300', 'transfer', transferee=two, date=APRIL, reserve=D(20))
    assert not transfer.move
    assert shares(company, 'reserve', APRIL) == {
        one.number: D(10), two.number: D(50), members[2].number: D(30)}
    assert shares(company, 'reserve') == {m.number: D(30) for m in members}
    transfer.cancel([transfer])
    assert shares(company, 'reserve', APRIL) == {
        m.number: D(30) for m in members}
    with pytest.raises(ContributionHoldingError):
        new_contribution(
            one, '300', 'transfer', transferee=two, date=APRIL,
            reserve=D('30.01'))


def test_transfer_asset_not_held(company, members):
    "A column of the member account does not pay for the other"
    one, two, _ = members
    new_contribution(one, '1000')
    with pytest.raises(ContributionHoldingError):
        new_contribution(
            one, '300', 'transfer', transferee=two, form='household_asset')


def test_transfer_before_payment(company, members):
    "What is taken out on a past day has to be there on each day since"
    one, two, _ = members
    new_contribution(one, '1000', date=APRIL)
    with pytest.raises(ContributionHoldingError):
        new_contribution(one, '300', 'transfer', transferee=two)


def test_withdrawal(company, members):
    new_contribution(members[0], '1000')
    withdrawal = new_contribution(
        members[0], '1000', 'withdrawal', date=APRIL)
    assert booked(withdrawal) == [
        ('11402', D(-1000), "张三"), ('301', D(1000), "张三")]
    assert withdrawal.move.lines[0].maturity_date == APRIL or \
        withdrawal.move.lines[1].maturity_date == APRIL
    assert held(members[0]) == (D(0), D(0))


def test_withdrawal_in_one_go(company, members):
    "Two at once do not take the same"
    Contribution = Pool().get('fupin.member.contribution')
    new_contribution(members[0], '1000')
    withdrawals = [
        new_contribution(
            members[0], '600', 'withdrawal', date=APRIL, post=False)
        for _ in range(2)]
    with pytest.raises(ContributionHoldingError):
        Contribution.post(withdrawals)


def test_opening(company, members):
    "What was paid in before these books, with its true date"
    Member = Pool().get('fupin.member')
    Member.write([members[0]], {'from_date': dt.date(2012, 5, 1)})
    before = balances(company)
    opening = new_contribution(
        members[0], '1000', 'opening', date=dt.date(2012, 5, 1))
    assert not opening.move
    assert balances(company) == before
    assert held(members[0], dt.date(2012, 5, 1)) == (D(0), D(1000))
    opening.cancel([opening])
    assert held(members[0], dt.date(2012, 5, 1)) == (D(0), D(0))


def test_payment_before_books(company, members):
    Member = Pool().get('fupin.member')
    Member.write([members[0]], {'from_date': dt.date(2012, 5, 1)})
    with pytest.raises(DocumentPeriodError):
        new_contribution(members[0], '1000', date=dt.date(2012, 5, 1))


def reserve(member, amount, origin):
    Entry = Pool().get('fupin.member.entry')
    Entry.post([Entry(
                member=member, date=MARCH, kind='reserve', amount=D(amount),
                origin=origin)])


def test_conversion_of_reserve(company, members):
    Entry = Pool().get('fupin.member.entry')
    reserve(members[0], '500', new_contribution(members[0], '1'))
    conversion = new_contribution(
        members[0], '500', 'conversion', form='reserve', date=APRIL,
        resolution=adopted(company, 'reserve', APRIL))
    assert booked(conversion) == [
        ('301', D(-500), "张三"), ('322', D(500), None)]
    assert held(members[0]) == (D(0), D(501))
    assert not Entry.balances(company, MAY)[members[0].id]['reserve']


def test_conversion_of_too_much(company, members):
    reserve(members[0], '499.99', new_contribution(members[0], '1'))
    with pytest.raises(ContributionHoldingError):
        new_contribution(
            members[0], '500', 'conversion', form='reserve', date=APRIL,
            resolution=adopted(company, 'reserve', APRIL))


def test_conversion_of_surplus(company, members):
    "It is the distribution that converts surplus"
    with pytest.raises(ContributionError):
        new_contribution(members[0], '500', 'conversion', form='surplus')


def test_register_converted(company, members, product):
    Contribution = Pool().get('fupin.member.contribution')
    # a delivery stands for the document that converts
    origin, = post(new_delivery(company, product, members[2]))
    contributions = Contribution.register_converted(
        origin, MAY, [(members[0], D('10.01'), 'surplus'),
            (members[1].id, D('20.02'), 'surplus')])
    assert [c.state for c in contributions] == ['posted'] * 2
    assert len({c.number for c in contributions}) == 2
    assert not any(c.move for c in contributions)
    assert held(members[0]) == (D(0), D('10.01'))
    assert held(members[1]) == (D(0), D('20.02'))
    with pytest.raises(ContributionError):
        Contribution.cancel(contributions[:1])
    Contribution.take_back(origin)
    assert held(members[0]) == held(members[1]) == (D(0), D(0))
    assert {c.state for c in Contribution.browse(contributions)} == {
        'cancelled'}


def test_register_withdrawn(company, members, product):
    Contribution = Pool().get('fupin.member.contribution')
    origin, = post(new_delivery(company, product, members[2]))
    new_contribution(members[0], '100')
    Contribution.register_withdrawn(
        origin, APRIL, [(members[0], D(30), 'money')])
    assert held(members[0]) == (D(0), D(70))
    with pytest.raises(ContributionHoldingError):
        Contribution.register_withdrawn(
            origin, MAY, [(members[0], D('70.01'), 'money')])


def test_shares(company, members):
    Member = Pool().get('fupin.member')
    for member, amount in zip(members, ['100', '200', '600']):
        new_contribution(member, amount)
    with Transaction().set_context(date=MAY):
        assert [m.contribution_share for m in Member.browse(members)] == [
            D('0.111111'), D('0.222222'), D('0.666667')]
    with Transaction().set_context(date=dt.date(2026, 1, 1)):
        assert [m.contribution_share for m in Member.browse(members)] == [
            D(0)] * 3


def subscribe(member, amount, date=MARCH):
    Subscription = Pool().get('fupin.member.subscription')
    return Subscription.create([{
                'member': member.id, 'date': date, 'amount': D(amount)}])[0]


def test_subscription(company, members):
    Member = Pool().get('fupin.member')
    subscribe(members[0], '5000')
    subscribe(members[0], '3000')
    subscribe(members[0], '8000', APRIL)
    new_contribution(members[0], '1000')
    values = {}
    for date in [dt.date(2026, 1, 1), MARCH, MAY]:
        with Transaction().set_context(date=date):
            member = Member(members[0].id)
            values[date] = member.subscribed, member.outstanding
    assert list(values.values()) == [
        (D(0), D(0)), (D(3000), D(2000)), (D(8000), D(7000))]


def test_subscription_stays(company, members):
    subscription = subscribe(members[0], '5000')
    with pytest.raises(AccessError):
        subscription.write([subscription], {'amount': D(1)})
    with pytest.raises(AccessError):
        subscription.delete([subscription])


def test_subscription_of_stranger(company, members):
    with pytest.raises(SubscriptionError):
        subscribe(members[0], '5000', dt.date(2024, 1, 1))


def test_manager(company, members):
    "With the access of the cooperative, from draft to void"
    Contribution = Pool().get('fupin.member.contribution')
    user = new_user(company, 'fupin_coop.group_cooperative')
    with acting(user):
        contribution = new_contribution(members[0], '500')
        assert contribution.posted_by == user
        with pytest.raises(AccessError):
            Contribution.write([contribution], {'state': 'draft'})
        Contribution.cancel([contribution])


def test_auditor(company, members):
    contribution = new_contribution(members[0], '500')
    with acting(new_user(company, 'fupin_household.group_auditor')):
        Contribution = Pool().get('fupin.member.contribution')
        contribution = Contribution(contribution.id)
        assert contribution.amount == D(500)
        with pytest.raises(AccessButtonError):
            contribution.cancel([contribution])
