# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""How memberships begin, rest and end."""
import datetime as dt
from decimal import Decimal as D

import pytest
from assembly import adopted, new_charter
from cooperative import (
    acting, new_delivery, new_household, new_member, new_user, post)
from equity import equity, quantify, set_aside, shares

from trytond.model.exceptions import AccessError, ValidationError
from trytond.modules.fupin_coop.exceptions import (
    MemberEventError, MemberStructureError, MemberStructureWarning,
    ResolutionError)
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']
JANUARY = dt.date(2026, 1, 15)
MARCH = dt.date(2026, 3, 10)
APRIL = dt.date(2026, 4, 1)
MAY = dt.date(2026, 5, 6)

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


def new_event(company, kind, member=None, post=True, warn=False, **values):
    Event = Pool().get('fupin.member.event')
    values.setdefault('date', MARCH)
    for name, value in list(values.items()):
        if hasattr(value, 'id'):
            values[name] = value.id
    event, = Event.create([{
                'company': company.id,
                'kind': kind,
                'member': member.id if member else None,
                **values,
                }])
    if post:
        with Transaction().set_context(_skip_warnings=not warn):
            Event.post([event])
    return Event(event.id)


def new_enterprise(name="示例食品公司"):
    Party = Pool().get('party.party')
    return Party.create([{'name': name}])[0]


@pytest.fixture
def farmers(company, area):
    "Six farmers"
    return [
        new_member(company, new_household(area, name))
        for name in "甲乙丙丁戊己"]


def state(member, date):
    Member = Pool().get('fupin.member')
    with Transaction().set_context(date=date):
        found = Member.search([
                ('id', '=', member.id),
                ('state', '=', Member(member.id).state)])
        assert found == [member]
        return Member(member.id).state


def again(record):
    return record.__class__(record.id)


def test_admission(company, area):
    person = new_household(area, "张三").head
    application = new_event(
        company, 'application', person=person, date=JANUARY)
    assert application.state == 'posted'
    assert not application.member
    admission = new_event(
        company, 'admission', application=application, effect_date=APRIL)
    member = admission.member
    assert member.person == person
    assert member.party == person.party
    assert member.household
    assert (member.from_date, member.to_date) == (APRIL, None)
    assert member.kind == 'farmer'
    assert state(member, MARCH) == 'future'
    assert state(member, APRIL) == 'active'
    assert list(member.events) == [admission]


def test_application_used(company, area):
    application = new_event(
        company, 'application', person=new_household(area, "张三").head)
    new_event(company, 'admission', application=application)
    with pytest.raises(MemberEventError):
        application.cancel([application])
    with pytest.raises(MemberEventError):
        new_event(company, 'admission', application=application)


def test_refusal(company, area):
    Event = Pool().get('fupin.member.event')
    undecided = [
        ('kind', '=', 'application'),
        ('decisions', 'not where', [
                ('state', '=', 'posted'), ('application', '!=', None)])]
    application, other = [
        new_event(
            company, 'application', person=new_household(area, name).head,
            date=JANUARY)
        for name in ["张三", "李四"]]
    refusal = new_event(
        company, 'refusal', application=application, reason="不符合条件")
    assert refusal.person == application.person
    assert not refusal.member and not refusal.effect_date
    assert again(application).decisions == (refusal,)
    assert Event.search(undecided) == [other]
    for kind in ['admission', 'refusal']:
        with pytest.raises(MemberEventError):
            new_event(
                company, kind, application=application, reason="重复")
    refusal.cancel([refusal])
    assert set(Event.search(undecided)) == {application, other}
    assert new_event(company, 'admission', application=application).member


def test_refusal_without_application(company, area):
    with pytest.raises(ValidationError):
        new_event(
            company, 'refusal', person=new_household(area, "张三").head,
            reason="不符合条件")


def test_refusal_without_reason(company, area):
    application = new_event(
        company, 'application', person=new_household(area, "张三").head)
    with pytest.raises(ValidationError):
        new_event(company, 'refusal', application=application)


def test_refusal_before_application(company, area):
    application = new_event(
        company, 'application', person=new_household(area, "张三").head)
    with pytest.raises(MemberEventError):
        new_event(
            company, 'refusal', application=application, date=JANUARY,
            reason="不符合条件")


def test_admission_of_other(company, area):
    application = new_event(
        company, 'application', person=new_household(area, "张三").head)
    with pytest.raises(MemberEventError):
        new_event(
            company, 'admission', application=application,
            person=new_household(area, "李四").head)


def test_admission_of_member(company, members):
    with pytest.raises(MemberEventError):
        new_event(company, 'admission', person=members[0].person)


def test_void_admission(company, area):
    Member = Pool().get('fupin.member')
    admission = new_event(
        company, 'admission', person=new_household(area, "张三").head)
    member = admission.member
    admission.cancel([admission])
    assert not Member.search([('id', '=', member.id)])
    assert again(admission).state == 'cancelled'


def test_void_admission_with_dealings(company, area, product):
    admission = new_event(
        company, 'admission', person=new_household(area, "张三").head)
    post(new_delivery(company, product, admission.member))
    with pytest.raises(AccessError):
        admission.cancel([admission])


@pytest.mark.parametrize('date, end', [
        (dt.date(2025, 9, 30), dt.date(2025, 12, 31)),
        (dt.date(2025, 10, 1), dt.date(2026, 12, 31)),
        ])
def test_notice(company, farmers, date, end):
    member = farmers[0]
    notice = new_event(company, 'notice', member, date=date)
    member = again(member)
    assert notice.effect_date == member.to_date == end
    assert state(member, date - dt.timedelta(1)) == 'active'
    assert state(member, date) == 'leaving'
    assert state(member, end) == 'leaving'
    assert state(member, end + dt.timedelta(1)) == 'former'
    notice.cancel([notice])
    assert again(member).to_date is None
    assert state(member, end) == 'active'


@pytest.mark.parametrize('date, end', [
        (dt.date(2025, 6, 30), dt.date(2025, 12, 31)),
        (dt.date(2025, 7, 1), dt.date(2026, 12, 31)),
        ])
def test_notice_of_unit(company, farmers, date, end):
    member = new_event(
        company, 'admission', applicant_kind='enterprise',
        party=new_enterprise(), date=dt.date(2025, 1, 1)).member
    assert new_event(
        company, 'notice', member, date=date).effect_date == end


def test_notice_by_charter(company, farmers):
    new_charter(company, notice_months=5)
    assert new_event(
        company, 'notice', farmers[0], date=dt.date(2025, 8, 1)
        ).effect_date == dt.date(2026, 12, 31)


def test_notice_twice(company, farmers):
    new_event(company, 'notice', farmers[0])
    with pytest.raises(MemberEventError):
        new_event(company, 'notice', farmers[0])


def test_notice_of_stranger(company, farmers):
    with pytest.raises(MemberEventError):
        new_event(
            company, 'notice', farmers[0], date=dt.date(2024, 1, 1))


def test_expulsion(company, farmers):
    resolution = adopted(company, 'expulsion', MARCH)
    expulsion = new_event(
        company, 'expulsion', farmers[0], hearing_date=MARCH,
        resolution=resolution)
    member = again(farmers[0])
    assert expulsion.effect_date == member.to_date == dt.date(2026, 12, 31)
    assert state(member, MARCH) == 'leaving'


def test_expulsion_without_resolution(company, farmers):
    event = new_event(
        company, 'expulsion', farmers[0], hearing_date=MARCH, post=False)
    with pytest.raises(ResolutionError):
        event.post([event])
    assert again(farmers[0]).to_date is None


def test_expulsion_unheard(company, farmers):
    with pytest.raises(ValidationError):
        new_event(
            company, 'expulsion', farmers[0],
            resolution=adopted(company, 'expulsion', MARCH))


def test_expulsion_heard_later(company, farmers):
    with pytest.raises(MemberEventError):
        new_event(
            company, 'expulsion', farmers[0], hearing_date=APRIL,
            resolution=adopted(company, 'expulsion', MARCH))


def test_suspension(company, farmers):
    member = farmers[0]
    suspension = new_event(
        company, 'suspension', member, date=APRIL, effect_date=APRIL)
    assert state(member, MARCH) == 'active'
    assert state(member, APRIL) == 'suspended'
    resumption = new_event(
        company, 'resumption', member, date=MAY, effect_date=MAY)
    assert state(member, MAY) == 'active'
    with pytest.raises(MemberEventError):
        suspension.cancel([suspension])
    resumption.cancel([resumption])
    assert state(member, MAY) == 'suspended'


def test_resume_active(company, farmers):
    with pytest.raises(MemberEventError):
        new_event(company, 'resumption', farmers[0])


def test_suspend_suspended(company, farmers):
    new_event(company, 'suspension', farmers[0])
    with pytest.raises(MemberEventError):
        new_event(company, 'suspension', farmers[0], effect_date=APRIL)


def test_suspension_outside(company, farmers):
    with pytest.raises(MemberEventError):
        new_event(
            company, 'suspension', farmers[0],
            effect_date=dt.date(2024, 1, 1))


def contribute(member, amount, **values):
    Contribution = Pool().get('fupin.member.contribution')
    contribution, = Contribution.create([{
                'company': member.company.id,
                'member': member.id,
                'date': JANUARY,
                'amount': D(amount),
                **values,
                }])
    Contribution.post([contribution])


def test_death_and_inheritance(company, area, farmers):
    Contribution = Pool().get('fupin.member.contribution')
    member = farmers[0]
    contribute(member, '1000')
    death = new_event(company, 'death', member, effect_date=MARCH)
    assert again(member).to_date == MARCH
    heir = new_household(area, "小甲").head
    inheritance = new_event(
        company, 'inheritance', member, person=heir,
        applicant_kind='farmer', date=APRIL, effect_date=APRIL)
    successor = inheritance.successor
    assert (successor.person, successor.from_date) == (heir, APRIL)
    transfer, = Contribution.search([('transferee', '=', successor.id)])
    assert (transfer.state, transfer.amount) == ('draft', D(1000))
    Contribution.post([transfer])
    with Transaction().set_context(date=MAY):
        assert again(member).contribution == 0
        assert again(successor).contribution == 1000
    with pytest.raises(MemberEventError):
        death.cancel([death])


def test_death_after_deliveries(company, farmers, product):
    "A dead member delivers nothing"
    post(new_delivery(company, product, farmers[0]))
    with pytest.raises(ValidationError):
        new_event(company, 'death', farmers[0], effect_date=JANUARY)


def test_inheritance_of_living(company, area, farmers):
    with pytest.raises(MemberEventError):
        new_event(
            company, 'inheritance', farmers[0],
            applicant_kind='farmer', person=new_household(area, "小甲").head)


def test_death_of_unit(company, farmers):
    member = new_event(
        company, 'admission', applicant_kind='enterprise',
        party=new_enterprise(), date=JANUARY).member
    with pytest.raises(MemberEventError):
        new_event(company, 'death', member)


def test_transfer(company, area, farmers):
    member = farmers[0]
    contribute(member, '600')
    contribute(
        member, '400', form='household_asset',
        account=account(company, '102'))
    event = new_event(
        company, 'transfer', member, applicant_kind='farmer',
        person=new_household(area, "小甲").head, effect_date=APRIL)
    assert again(member).to_date == APRIL - dt.timedelta(1)
    assert event.successor.from_date == APRIL
    Contribution = Pool().get('fupin.member.contribution')
    transfers = Contribution.search([('kind', '=', 'transfer')])
    assert {t.source: t.amount for t in transfers} == {
        'household_asset': D(400), 'other': D(600)}


def test_transfer_with_reserve(company, farmers):
    "The successor gets the reserve share with what is held in money"
    one, two = farmers[:2]
    new_charter(
        company, reserve_volume_rate=D(0), reserve_equal_rate=D(1))
    contribute(one, '600')
    set_aside(company, '60')
    quantify(company, 'reserve')
    share = shares(company, 'reserve')[one.number]
    new_event(company, 'transfer', one, successor=two, effect_date=APRIL)
    Contribution = Pool().get('fupin.member.contribution')
    transfer, = Contribution.search([('kind', '=', 'transfer')])
    assert (transfer.form, transfer.amount, transfer.reserve) == (
        'money', D(600), share)
    Contribution.post([transfer])
    held = shares(company, 'reserve', APRIL)
    assert one.number not in held
    assert held[two.number] == share + shares(company, 'reserve')[two.number]
    assert not any(equity(company).values())


def test_transfer_to_member(company, farmers):
    one, two = farmers[:2]
    event = new_event(
        company, 'transfer', one, successor=two, effect_date=APRIL)
    assert again(one).to_date == APRIL - dt.timedelta(1)
    event.cancel([event])
    assert again(one).to_date is None
    assert again(two)


def account(company, code):
    Account = Pool().get('account.account')
    return Account.search([
            ('company', '=', company.id), ('code', '=', code)])[0]


def admit_enterprise(company, name):
    return new_event(
        company, 'admission', applicant_kind='enterprise',
        party=new_enterprise(name), warn=True)


def test_units(company, farmers):
    "Up to 20 members, one unit"
    admit_enterprise(company, "一公司")
    with pytest.raises(MemberStructureError) as error:
        admit_enterprise(company, "二公司")
    assert "20" in error.value.message


def test_unit_among_few(company, members):
    "Three farmers of four members are less than 80 %"
    with pytest.raises(MemberStructureError):
        admit_enterprise(company, "一公司")


def test_too_few(company, area, farmers):
    "Five may stay; the one who makes them four is warned of"
    one, two = farmers[:2]
    new_event(company, 'notice', one, warn=True)
    with pytest.raises(MemberStructureWarning) as warning:
        new_event(company, 'notice', two, warn=True)
    assert "07/01/2027" in warning.value.message


def test_farmer_leaves(company, area, farmers):
    "Four of five are 80 %, three of four are not"
    admit_enterprise(company, "一公司")
    for member in farmers[:2]:
        new_event(company, 'death', member, effect_date=MARCH, warn=True)
    with pytest.raises(MemberStructureWarning):
        new_event(
            company, 'death', farmers[2], effect_date=MARCH, warn=True)


def test_dates_by_event(company, farmers):
    "Who has access to members does not end a membership by hand"
    Member = Pool().get('fupin.member')
    with acting(new_user(company, 'fupin_coop.group_cooperative')):
        with pytest.raises(AccessError):
            Member.write([farmers[0]], {'to_date': MAY})


def test_posted_stays(company, farmers):
    event = new_event(company, 'suspension', farmers[0])
    with pytest.raises(AccessError):
        event.write([event], {'effect_date': MAY})


def test_manager(company, area):
    "With the access of the cooperative"
    person = new_household(area, "张三").head
    person.id_number = '410000197003150011'
    person.save()
    pool = Pool()
    Event = pool.get('fupin.member.event')
    Register = pool.get('fupin.member.register', type='wizard')
    user = new_user(company, 'fupin_coop.group_cooperative')
    with acting(user):
        session_id, _, _ = Register.create()
        register = Register(session_id)
        register.start.company = company
        register.start.name = "张三"
        register.start.id_number = '410000197003150011'
        register.start.from_date = MARCH
        register.start.document = "入社申请书"
        register.start.admitted = False
        register.transition_register()
        application, = Event.search([])
        assert application.rec_name
        assert application.person.name == "张三"
        admission = new_event(
            company, 'admission', application=application)
        assert admission.member.from_date == MARCH
        with pytest.raises(AccessError):
            Event.write([admission], {'state': 'draft'})


def test_death_after_withdrawal(company, farmers):
    "What is paid back later does not keep a membership from ending"
    contribute(farmers[0], '1000')
    contribute(
        farmers[0], '1000', kind='withdrawal', date=APRIL)
    new_event(company, 'death', farmers[0], effect_date=MARCH)
    assert again(farmers[0]).to_date == MARCH


def test_death_before_payment(company, farmers):
    contribute(farmers[0], '1000', date=APRIL)
    with pytest.raises(ValidationError):
        new_event(company, 'death', farmers[0], effect_date=MARCH)
