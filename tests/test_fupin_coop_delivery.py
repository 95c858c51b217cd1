# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Members, deliveries and what they book; lots and what they cost."""
import datetime as dt
from decimal import Decimal as D

import pytest
from trytond.exceptions import UserError
from trytond.model.exceptions import (
    AccessError, DomainValidationError, SQLConstraintError)
from trytond.modules.account.exceptions import CancelWarning
from trytond.modules.company.tests import set_company
from trytond.modules.fupin_coop.exceptions import (
    DeliveryCancelError, DeliveryError, DeliveryMemberError,
    DeliveryPriceError, DeliveryWeightError, DocumentCancelError,
    DocumentDateError, DocumentPeriodError, DocumentStateError, LotMoveError,
    LotQuantityError, MemberError, MemberNotFoundError, PriceNotFoundError)
from trytond.modules.fupin_household.exceptions import (
    IncomeYearClosedError, LedgerError)
from trytond.pool import Pool
from trytond.transaction import Transaction, check_access

MODULES = ['fupin_coop']
CREDIT_CODES = ['93410000MA0000001J', '93410000MA0000002M']
COOPERATIVES = ["示例食用菌专业合作社", "示例西瓜专业合作社"]
ID_NUMBER = '410000197003150011'
JANUARY = dt.date(2026, 1, 15)
MARCH = dt.date(2026, 3, 10)

pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture(scope='module', autouse=True)
def alone():
    "The only transaction needs no locks, to get them it would start again"
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ['lock_table', 'lock_records']:
            monkeypatch.setattr(Transaction, name, lambda *args: None)
        yield


@pytest.fixture
def area():
    pool = Pool()
    Country = pool.get('country.country')
    Subdivision = pool.get('country.subdivision')
    country, = Country.create([{'name': "中国", 'code': 'CN'}])
    Subdivision.load_areas([
            ('410990', "试验县"), ('410990110', "镇一"),
            ('410990110201', "村一")], country)
    return Subdivision.search([('name', '=', "村一")])[0]


@pytest.fixture(scope='module')
def cooperatives(database, alone):
    "Two cooperatives and the income years, there for all tests of the file"
    with Transaction().start(database, 1):
        pool = Pool()
        Company = pool.get('company.company')
        Year = pool.get('fupin.income.year')
        Year.create([{
                    'name': str(y),
                    'start_date': dt.date(y - 1, 10, 1),
                    'end_date': dt.date(y, 9, 30),
                    } for y in (2026, 2027)])
        return [
            Company.create_cooperative(name, code, [2025, 2026]).id
            for name, code in zip(COOPERATIVES, CREDIT_CODES)]


@pytest.fixture
def company(cooperatives, transaction):
    Company = Pool().get('company.company')
    company = Company(cooperatives[0])
    with set_company(company):
        yield company


@pytest.fixture
def other(cooperatives, company):
    Company = Pool().get('company.company')
    return Company(cooperatives[1])


def new_household(area, name="张三"):
    Household = Pool().get('fupin.household')
    household, = Household.create([{
                'area': area.id,
                'memberships': [('create', [{
                                'person': new_person(area, name).id,
                                'relation': 'head',
                                'from_date': dt.date(2020, 1, 1),
                                }])],
                }])
    return household


def new_person(area, name="张三", **values):
    Person = Pool().get('fupin.person')
    return Person.create([{'name': name, 'area': area.id, **values}])[0]


def new_member(company, household, **values):
    Member = Pool().get('fupin.member')
    values.setdefault('from_date', dt.date(2025, 1, 1))
    return Member.create([{
                'company': company.id,
                'person': household.head.id,
                **values,
                }])[0]


@pytest.fixture
def household(area):
    return new_household(area)


@pytest.fixture
def member(company, household):
    return new_member(company, household)


def new_product(name="香菇"):
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    Template = pool.get('product.template')
    kilogram = ModelData.get_id('product.uom_kilogram')
    template, = Template.create([{
                'name': name,
                'default_uom': kilogram,
                'salable': True,
                'sale_uom': kilogram,
                'account_category': ModelData.get_id(
                    'fupin_coop.category_produce'),
                'products': [('create', [{}])],
                'grades': [('create', [
                            {'code': g, 'name': f'{g}级'} for g in 'AB'])],
                }])
    return template.products[0]


def new_price(company, product, grade, price, floor=None, unit=None):
    Price = Pool().get('fupin.price')
    return Price.create([{
                'company': company.id,
                'product': product.id,
                'grade': grade.id,
                'from_date': dt.date(2026, 1, 1),
                'unit': (unit or product.default_uom).id,
                'price': D(price),
                'floor_price': D(floor) if floor else None,
                }])[0]


@pytest.fixture
def product(company):
    product = new_product()
    new_price(company, product, product.grades[0], '7.60', '6.00')
    return product


def new_delivery(company, product, member=None, **values):
    Delivery = Pool().get('fupin.delivery')
    values.setdefault('date', MARCH)
    values.setdefault('gross', D('120.5'))
    values.setdefault('tare', D('2.5'))
    values.setdefault('deduction_rate', D(1))
    values.setdefault('grade', product.grades[0].id)
    return Delivery.create([{
                'company': company.id,
                'member': member.id if member else None,
                'product': product.id,
                'unit': product.default_uom.id,
                **values,
                }])[0]


def post(*deliveries):
    Delivery = Pool().get('fupin.delivery')
    Delivery.post(list(deliveries))
    return Delivery.browse(deliveries)


def cancel(*deliveries):
    Delivery = Pool().get('fupin.delivery')
    Delivery.cancel(list(deliveries))
    return Delivery.browse(deliveries)


@pytest.fixture
def delivery(company, product, member):
    return new_delivery(company, product, member)


@pytest.fixture
def posted(delivery):
    return post(delivery)[0]


def balances(company):
    "Return {code: debit - credit} of the posted moves"
    Line = Pool().get('account.move.line')
    result = {}
    for line in Line.search([
                ('move.company', '=', company.id),
                ('move.state', '=', 'posted')]):
        result.setdefault(line.account.code, D(0))
        result[line.account.code] += line.debit - line.credit
    return {c: b for c, b in result.items() if b}


def today():
    Date = Pool().get('ir.date')
    return Date.today()


def counts():
    return {
        name: Pool().get(name).search([], count=True)
        for name in [
            'account.move', 'stock.move', 'stock.lot', 'fupin.income',
            'fupin.member.entry']}


def new_customer(name="批发市场"):
    Party = Pool().get('party.party')
    return Party.create([{'name': name, 'addresses': [('create', [{}])]}])[0]


def ship(company, product, *parts, price='9.00', date=MARCH, back=False):
    "Ship parts of lots, as (lot, quantity), to a customer"
    pool = Pool()
    Location = pool.get('stock.location')
    ModelData = pool.get('ir.model.data')
    Move = pool.get('stock.move')
    customer = Location(ModelData.get_id('stock', 'location_customer'))
    places = [company.warehouse.storage_location, customer]
    if back:
        places.reverse()
    moves = Move.create([{
                'company': company.id,
                'product': product.id,
                'unit': product.default_uom.id,
                'quantity': quantity,
                'from_location': places[0].id,
                'to_location': places[1].id,
                'lot': lot.id if lot else None,
                'unit_price': D(price),
                'currency': company.currency.id,
                'effective_date': date,
                } for lot, quantity in parts])
    with Transaction().set_context(_skip_warnings=True):
        Move.do(moves)
    return moves


# Members

def test_member_of_person(company, household):
    member = new_member(company, household)

    assert member.number == '0001'
    assert member.household == household
    assert member.party.name == household.head.name
    assert household.head.party == member.party
    assert not member.party.identifiers
    assert not member.party.contact_mechanisms


def test_members_are_numbered_by_cooperative(company, other, area):
    numbers = [
        new_member(c, new_household(area, name)).number
        for c, name in [(company, "张三"), (other, "李四"), (company, "王五")]]

    assert numbers == ['0001', '0001', '0002']


def test_member_number_is_unique(company, member, area):
    with pytest.raises(SQLConstraintError):
        new_member(company, new_household(area, "李四"), number='0001')


@pytest.mark.parametrize('from_, to, overlap', [
        ((2024, 1, 1), (2024, 12, 31), False),
        ((2024, 1, 1), (2025, 1, 1), True),
        ((2024, 1, 1), (2025, 6, 1), True),
        ((2024, 1, 1), (2027, 1, 1), True),
        ((2024, 1, 1), None, True),
        ((2025, 1, 1), (2025, 12, 31), True),
        ((2025, 3, 1), (2025, 6, 1), True),
        ((2025, 3, 1), None, True),
        ((2025, 12, 31), None, True),
        ((2026, 1, 1), None, False),
        ((2026, 1, 1), (2026, 12, 31), False),
        ])
def test_memberships_of_a_party_do_not_overlap(
        company, household, from_, to, overlap):
    new_member(company, household, to_date=dt.date(2025, 12, 31))
    dates = {
        'from_date': dt.date(*from_),
        'to_date': dt.date(*to) if to else None,
        }
    if overlap:
        with pytest.raises(SQLConstraintError):
            new_member(company, household, **dates)
    else:
        assert new_member(company, household, **dates)


def test_enterprise_is_a_member_without_household(company):
    Member = Pool().get('fupin.member')
    member, = Member.create([{
                'company': company.id,
                'kind': 'enterprise',
                'party': new_customer("示例菌业公司").id,
                }])

    assert not member.household
    assert not member.person


def test_farmer_without_person_is_refused(company):
    Member = Pool().get('fupin.member')
    with pytest.raises(UserError):
        Member.create([{
                    'company': company.id,
                    'kind': 'farmer',
                    'party': new_customer("张三").id,
                    }])


def test_member_on_dates(company, household):
    member = new_member(
        company, household, from_date=dt.date(2025, 2, 1),
        to_date=dt.date(2025, 3, 1))

    assert not member.is_member(dt.date(2025, 1, 31))
    assert member.is_member(dt.date(2025, 2, 1))
    assert member.is_member(dt.date(2025, 3, 1))
    assert not member.is_member(dt.date(2025, 3, 2))


def test_member_can_not_leave_before_the_last_delivery(posted):
    Member = Pool().get('fupin.member')
    with pytest.raises(MemberError) as error:
        Member.write([posted.member], {'to_date': JANUARY})

    assert posted.member.rec_name in error.value.message


def test_member_with_past_keeps_identity(posted):
    Member = Pool().get('fupin.member')
    with pytest.raises(AccessError):
        Member.write([posted.member], {'party': new_customer("李四").id})
    with pytest.raises(AccessError):
        Member.delete([posted.member])


def test_household_of_member_follows_the_person(member, area):
    Membership = Pool().get('fupin.household.membership')
    old, = Membership.search([('person', '=', member.person.id)])
    other = new_household(area, "李四")
    Membership.write([old], {'to_date': dt.date(2026, 1, 31)})
    Membership.create([{
                'household': other.id,
                'person': member.person.id,
                'relation': 'other',
                'from_date': dt.date(2026, 2, 1),
                }])

    assert member.household == other


def test_register_member(company, area):
    pool = Pool()
    Member = pool.get('fupin.member')
    Register = pool.get('fupin.member.register', type='wizard')
    household = new_household(area)
    household.head.id_number = ID_NUMBER
    household.head.save()

    def register(name, number):
        session, _, _ = Register.create()
        wizard = Register(session)
        wizard.start.company = company
        wizard.start.name = name
        wizard.start.id_number = number
        wizard.start.from_date = MARCH
        wizard.transition_register()

    with pytest.raises(MemberNotFoundError):
        register("李四", ID_NUMBER)
    with pytest.raises(MemberNotFoundError):
        register("张三", ID_NUMBER[:-1] + 'X')
    register("张三", ID_NUMBER)

    assert Member.search([('person', '=', household.head.id)])


# What a delivery books

def test_delivery_computes_what_it_pays(delivery):
    assert delivery.net == D('118.00')
    assert delivery.deduction == D('1.18')
    assert delivery.quantity == D('116.82')
    assert delivery.price == D('7.60')
    assert delivery.floor_price == D('6.00')
    assert delivery.amount == D('887.83')
    assert delivery.grower == delivery.member.party
    assert delivery.household == delivery.member.household


def test_posted_delivery(company, posted, household):
    pool = Pool()
    Income = pool.get('fupin.income')
    Entry = pool.get('fupin.member.entry')

    assert posted.state == 'posted'
    assert posted.number == 'JS000001'
    assert balances(company) == {'121': D('887.83'), '11402': D('-887.83')}
    assert posted.move.date == MARCH
    assert posted.move.origin == posted
    payable, = [x for x in posted.move.lines if x.credit]
    assert payable.party == posted.member.party
    assert payable.maturity_date == MARCH
    assert posted.member.balance == D('887.83')
    assert posted.member.trade_amount == D('887.83')

    entry, = Entry.search([])
    assert (entry.member, entry.kind, entry.product, entry.quantity,
        entry.unit, entry.amount, entry.origin) == (
        posted.member, 'trade', posted.product, D('116.82'), posted.unit,
        D('887.83'), posted)

    income, = Income.search([])
    assert (income.household, income.person, income.company, income.amount,
        income.cost, income.date, income.income_class, income.industry,
        income.origin) == (
        household, household.head, company, D('887.83'), D(0), MARCH,
        'business', True, posted)

    stock_move, = posted.stock_moves
    assert stock_move.state == 'done'
    assert stock_move.quantity == 116.82
    assert stock_move.effective_date == MARCH
    assert stock_move.to_location == company.warehouse.storage_location
    assert not stock_move.account_moves
    assert posted.lot.number == 'JS000001'
    assert posted.lot.rec_name == 'JS000001 张三'
    assert posted.lot.grower == posted.member.party
    assert posted.lot.amount_left == D('887.83')


def test_delivery_of_stranger(company, product):
    grower = new_customer("外地农户")
    delivery, = post(new_delivery(company, product, grower=grower.id))

    assert balances(company) == {'121': D('887.83'), '211': D('-887.83')}
    assert counts()['fupin.member.entry'] == 0
    assert counts()['fupin.income'] == 0
    payable, = [x for x in delivery.move.lines if x.credit]
    assert payable.party == grower


def test_delivery_of_stranger_with_household(company, product, area):
    Income = Pool().get('fupin.income')
    household = new_household(area, "李四")
    grower = household.head.get_party()
    delivery, = post(new_delivery(company, product, grower=grower.id))

    income, = Income.search([])
    assert income.household == household
    assert income.amount == D('887.83')
    assert not delivery.household


def test_delivery_on_commission(company, product, member):
    post(new_delivery(company, product, member, method='commission'))

    assert balances(company) == {'128': D('887.83'), '11402': D('-887.83')}
    assert member.balance == D('887.83')


def test_price_of_another_unit(company, member):
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    Uom = pool.get('product.uom')
    product = new_product("木耳")
    jin = Uom(ModelData.get_id('fupin_coop.uom_jin'))
    new_price(company, product, product.grades[0], '3.80', unit=jin)
    delivery = new_delivery(company, product, member)

    assert delivery.price_unit == jin
    assert delivery.price == D('3.80')
    assert delivery.amount == D('887.83')


def test_income_goes_to_the_household_of_the_day(
        company, product, member, area):
    Membership = Pool().get('fupin.household.membership')
    old, = Membership.search([('person', '=', member.person.id)])
    first = member.household
    other = new_household(area, "李四")
    Membership.write([old], {'to_date': dt.date(2026, 1, 31)})
    Membership.create([{
                'household': other.id,
                'person': member.person.id,
                'relation': 'other',
                'from_date': dt.date(2026, 2, 1),
                }])
    before = new_delivery(company, product, member, date=JANUARY)
    after = new_delivery(company, product, member, date=MARCH)

    assert before.household == first
    assert after.household == other


def test_many_deliveries_at_once(company, product, member):
    deliveries = post(*[
            new_delivery(company, product, member) for _ in range(3)])

    assert [d.number for d in deliveries] == [
        'JS000001', 'JS000002', 'JS000003']
    assert member.balance == 3 * D('887.83')


def test_defaults_follow_the_last_delivery(company, delivery):
    Delivery = Pool().get('fupin.delivery')
    defaults = Delivery.default_get(list(Delivery._fields))

    assert defaults['product'] == delivery.product.id
    assert defaults['grade'] == delivery.grade.id
    assert defaults['unit'] == delivery.unit.id
    assert defaults['warehouse'] == company.warehouse.id
    assert defaults['date'] == today()


def test_form_warns_before_posting(company, product, household):
    Delivery = Pool().get('fupin.delivery')
    member = new_member(company, household, to_date=dt.date(2026, 3, 1))
    delivery = Delivery(
        company=company, member=member, date=MARCH, product=product,
        grade=product.grades[1], state='draft', gross=D(1), tare=D(2),
        deduction_rate=D(0), unit=product.default_uom, graded=True,
        price=None, floor_price=None)

    assert len(delivery.on_change_notify()) == 3


# What is refused, with nothing written

@pytest.mark.parametrize('values', [
        {'gross': D(0)},
        {'gross': D(-1)},
        {'tare': D(-1)},
        {'tare': D('120.5')},
        {'tare': D(121)},
        {'deduction_rate': D(-1)},
        {'deduction_rate': D(100)},
        {'gross': D('2.51'), 'deduction_rate': D(99)},
        ])
def test_impossible_weights_are_refused(company, product, member, values):
    with pytest.raises(DeliveryWeightError):
        new_delivery(company, product, member, **values)


def refused(error, delivery):
    before = counts()
    with pytest.raises(error) as raised:
        post(delivery)
    assert counts() == before
    return raised.value.message


def test_no_price_for_the_grade(company, product, member):
    delivery = new_delivery(
        company, product, member, grade=product.grades[1].id,
        price=D(7), price_unit=product.default_uom.id)
    message = refused(PriceNotFoundError, delivery)

    assert 'B级' in message


def test_no_price_on_the_date(company, product, member):
    delivery = new_delivery(
        company, product, member, date=dt.date(2025, 12, 31), price=D(7),
        price_unit=product.default_uom.id)
    refused(PriceNotFoundError, delivery)


def test_price_under_the_floor(company, product, member):
    delivery = new_delivery(
        company, product, member, price=D('5.99'),
        price_unit=product.default_uom.id)
    message = refused(DeliveryPriceError, delivery)

    assert '5.99' in message and '6.00' in message


def test_floor_of_another_unit(company, product, member):
    ModelData = Pool().get('ir.model.data')
    jin = ModelData.get_id('fupin_coop.uom_jin')
    refused(DeliveryPriceError, new_delivery(
            company, product, member, price=D('2.99'), price_unit=jin))
    post(new_delivery(
            company, product, member, price=D('3.00'), price_unit=jin))


def test_grade_is_required(company, product, member):
    with pytest.raises(UserError):
        post(new_delivery(company, product, member, grade=None))


def test_member_who_has_left(company, product, household):
    member = new_member(company, household, to_date=dt.date(2026, 3, 9))
    with pytest.raises(DeliveryMemberError) as error:
        new_delivery(company, product, member)

    assert member.rec_name in error.value.message


def test_member_who_leaves_before_posting(company, product, member):
    delivery = new_delivery(company, product, member)
    member.to_date = dt.date(2026, 3, 9)
    member.save()
    refused(DeliveryMemberError, delivery)


def test_member_not_yet(company, product, household):
    member = new_member(company, household, from_date=dt.date(2026, 3, 11))
    with pytest.raises(DeliveryMemberError):
        new_delivery(company, product, member)


def test_member_as_stranger(company, product, member):
    with pytest.raises(DeliveryMemberError):
        new_delivery(company, product, grower=member.party.id)


def test_member_of_other_cooperative(company, other, product, household):
    member = new_member(other, household)
    with pytest.raises((DomainValidationError, DeliveryMemberError)):
        new_delivery(company, product, member)


def test_product_without_price_in_the_cooperative(
        other, product, household):
    member = new_member(other, household)
    with set_company(other):
        delivery = new_delivery(
            other, product, member, price=D(7),
            price_unit=product.default_uom.id,
            warehouse=other.warehouse.id)
        refused(PriceNotFoundError, delivery)


def test_warehouse_of_other_cooperative(company, other, product, member):
    with pytest.raises((DomainValidationError, DeliveryError)):
        post(new_delivery(
                company, product, member, warehouse=other.warehouse.id))


def test_date_in_the_future(company, product, member):
    tomorrow = today() + dt.timedelta(days=1)
    refused(DocumentDateError, new_delivery(
            company, product, member, date=tomorrow))


def test_closed_period(company, delivery):
    Period = Pool().get('account.period')
    Period.close([Period.find(company, date=MARCH)])
    message = refused(DocumentPeriodError, delivery)

    assert '2026-03' in message or '03/10/2026' in message


def test_missing_period(company, product, household):
    member = new_member(company, household, from_date=dt.date(2024, 1, 1))
    delivery = new_delivery(
        company, product, member, date=dt.date(2024, 12, 31), price=D(7),
        price_unit=product.default_uom.id)
    refused(DocumentPeriodError, delivery)


def test_closed_income_year(delivery):
    Year = Pool().get('fupin.income.year')
    Year.close([Year.find(MARCH)])
    with pytest.raises(IncomeYearClosedError):
        post(delivery)


def test_posting_twice(posted):
    before = counts()
    with pytest.raises(DocumentStateError) as error:
        post(posted)

    assert posted.number in error.value.message
    assert counts() == before


def test_posted_delivery_stays(posted):
    Delivery = Pool().get('fupin.delivery')
    for values in [{'gross': D(1)}, {'comment': "x"}, {'member': None}]:
        with pytest.raises(AccessError):
            Delivery.write([posted], values)
    with pytest.raises(AccessError):
        Delivery.delete([posted])


def test_nobody_enters_the_state(delivery):
    Delivery = Pool().get('fupin.delivery')
    with check_access():
        for values in [{'state': 'posted'}, {'number': 'X'}]:
            with pytest.raises(AccessError):
                Delivery.write([delivery], values)
    with pytest.raises(AccessError):
        Delivery.copy([delivery], default={'state': 'posted'})


def test_effects_belong_to_the_document(posted):
    pool = Pool()
    Entry = pool.get('fupin.member.entry')
    StockMove = pool.get('stock.move')
    with pytest.raises(LedgerError):
        Entry.delete(Entry.search([]))
    with pytest.raises(AccessError):
        posted.move.cancel()
    with pytest.raises(AccessError):
        StockMove.cancel(list(posted.stock_moves))


# Cancelling

def test_cancelled_delivery(company, posted, household):
    pool = Pool()
    Entry = pool.get('fupin.member.entry')
    Income = pool.get('fupin.income')
    lot = posted.lot
    posted, = cancel(posted)

    assert posted.state == 'cancelled'
    assert posted.cancel_date == MARCH
    assert balances(company) == {}
    assert posted.cancel_move.origin == posted
    assert posted.cancel_move.state == 'posted'
    # red letters, so that the turnover of the accounts goes back too
    assert sum(x.credit for x in posted.cancel_move.lines) == D('-887.83')
    for move in [posted.move, posted.cancel_move]:
        payable, = [x for x in move.lines if x.party]
        assert payable.reconciliation
    assert posted.member.balance == 0
    assert posted.member.trade_amount == 0
    assert sorted(e.amount for e in Entry.search([])) == [
        D('-887.83'), D('887.83')]
    assert sorted(i.amount for i in Income.search([])) == [
        D('-887.83'), D('887.83')]
    assert {i.household for i in Income.search([])} == {household}
    assert len(posted.stock_moves) == 2
    with Transaction().set_context(
            locations=[company.warehouse.storage_location.id],
            stock_date_end=today()):
        assert lot.__class__(lot.id).quantity == 0
    assert lot.amount_left == 0


def test_cancelling_twice(posted):
    posted, = cancel(posted)
    before = counts()
    with pytest.raises(DocumentStateError):
        cancel(posted)

    assert counts() == before


def test_cancelling_a_draft(delivery):
    with pytest.raises(DocumentStateError):
        cancel(delivery)


def test_cancelled_delivery_stays(posted):
    Delivery = Pool().get('fupin.delivery')
    posted, = cancel(posted)
    with pytest.raises(AccessError):
        Delivery.delete([posted])
    with pytest.raises(DocumentStateError):
        post(posted)


def test_cancelling_in_a_closed_period(company, posted):
    pool = Pool()
    Period = pool.get('account.period')
    Warning = pool.get('res.user.warning')
    Period.close([Period.find(company, date=MARCH)])
    with pytest.raises(CancelWarning) as warning:
        cancel(posted)
    Warning.create([{
                'user': Transaction().user,
                'name': warning.value.name,
                'always': True,
                }])
    posted, = cancel(posted)

    assert posted.cancel_date == today()
    assert posted.cancel_move.date == today()
    assert balances(company) == {}


def test_cancelling_what_is_paid(company, posted):
    pool = Pool()
    Line = pool.get('account.move.line')
    Move = pool.get('account.move')
    Configuration = pool.get('account.configuration')
    payable, = [x for x in posted.move.lines if x.party]
    move, = Move.create([{
                'company': company.id,
                'journal': posted.move.journal.id,
                'period': posted.move.period.id,
                'date': MARCH,
                'lines': [('create', [{
                                'account': payable.account.id,
                                'party': payable.party.id,
                                'debit': D('887.83'),
                                }, {
                                'account': Configuration
                                .get_cooperative_account(
                                    'bank', company).id,
                                'credit': D('887.83'),
                                }])],
                }])
    Move.post([move])
    Line.reconcile([payable] + [x for x in move.lines if x.party])
    before = counts()
    with pytest.raises(DocumentCancelError) as error:
        cancel(posted)

    assert "张三" in error.value.message
    assert counts() == before


def test_cancelling_what_has_left(company, product, posted):
    moves = ship(company, product, (posted.lot, 1))
    before = counts()
    with pytest.raises(DeliveryCancelError):
        cancel(posted)
    assert counts() == before

    ship(company, product, (posted.lot, 1), back=True)
    cancel(posted)

    assert moves[0].state == 'done'
    assert balances(company) == {}


# What goods cost

def test_cost_of_partial_shipments(company, product, posted):
    lot = posted.lot
    costs = [
        ship(company, product, (lot, q))[0].lot_cost
        for q in [38.94, 38.94, 38.94]]

    assert costs == [D('295.94'), D('295.95'), D('295.94')]
    assert balances(company) == {'521': D('887.83'), '11402': D('-887.83')}
    assert lot.amount_left == 0


def test_parts_of_a_lot_in_one_go(company, product, posted):
    moves = ship(company, product, *[(posted.lot, 38.94)] * 3)

    assert sum(m.lot_cost for m in moves) == D('887.83')
    assert balances(company) == {'521': D('887.83'), '11402': D('-887.83')}


def test_goods_that_come_back(company, product, posted):
    lot = posted.lot
    ship(company, product, (lot, 100))
    ship(company, product, (lot, 33.33), back=True)
    ship(company, product, (lot, 50.15))

    assert balances(company) == {'521': D('887.83'), '11402': D('-887.83')}


def test_cancelled_shipments(company, product, posted):
    Move = Pool().get('stock.move')
    lot = posted.lot
    first, = ship(company, product, (lot, 38.94))
    ship(company, product, (lot, 38.94))
    Move.cancel([first])
    assert lot.amount_left == D('887.83') - D('295.95')
    ship(company, product, (lot, 77.88))

    assert balances(company) == {'521': D('887.83'), '11402': D('-887.83')}
    assert lot.amount_left == 0


def test_more_than_the_lot_has(company, product, member, posted):
    post(new_delivery(company, product, member))
    before = counts()
    with pytest.raises(LotQuantityError) as error:
        ship(company, product, (posted.lot, 116.83))

    assert posted.number in error.value.message
    assert counts()['account.move'] == before['account.move']


def test_more_comes_back_than_has_left(company, product, posted):
    ship(company, product, (posted.lot, 1))
    with pytest.raises(LotQuantityError):
        ship(company, product, (posted.lot, 2), back=True)


def test_goods_of_lots_need_a_lot(company, product, posted):
    with pytest.raises(LotQuantityError) as error:
        ship(company, product, (None, 1))

    assert product.rec_name in error.value.message


def test_goods_that_come_back_need_a_lot(company, product, posted):
    ship(company, product, (posted.lot, 2))
    with pytest.raises(LotMoveError):
        ship(company, product, (None, 1), back=True)


def test_goods_go_back_to_the_grower_by_cancelling(company, product, posted):
    Move = Pool().get('stock.move')
    move = posted.stock_moves[0]
    moves = Move.create([{
                'company': company.id,
                'product': product.id,
                'unit': product.default_uom.id,
                'quantity': 1,
                'from_location': move.to_location.id,
                'to_location': move.from_location.id,
                'lot': posted.lot.id,
                'unit_price': D(1),
                'currency': company.currency.id,
                'effective_date': MARCH,
                }])
    with pytest.raises(LotMoveError):
        Move.do(moves)


def test_loss_awaits_treatment(company, product, posted):
    Move = Pool().get('stock.move')
    storage = company.warehouse.storage_location
    moves = Move.create([{
                'company': company.id,
                'product': product.id,
                'unit': product.default_uom.id,
                'quantity': 16.82,
                'from_location': storage.id,
                'to_location': company.warehouse.lost_found_location.id,
                'lot': posted.lot.id,
                'effective_date': MARCH,
                }])
    Move.do(moves)

    assert balances(company) == {
        '18101': D('127.83'), '121': D('760.00'), '11402': D('-887.83')}


@pytest.mark.parametrize('price, revenue, expense', [
        ('9.00', '887.83', None),
        ('7.60', '887.83', None),
        ('7.00', '817.74', '70.09'),
        ])
def test_goods_on_commission(
        company, product, member, price, revenue, expense):
    delivery, = post(
        new_delivery(company, product, member, method='commission'))
    for quantity in [50, 50, 16.82]:
        ship(company, product, (delivery.lot, quantity), price=price)

    # the invoice credits 501 with what the goods were sold for
    expected = {'501': D(revenue), '11402': D('-887.83')}
    if expense:
        expected['521'] = D(expense)
    assert balances(company) == expected


def test_oldest_goods_go_first(company, product, member):
    pool = Pool()
    Location = pool.get('stock.location')
    ModelData = pool.get('ir.model.data')
    Move = pool.get('stock.move')
    newer, older = post(
        new_delivery(company, product, member, date=MARCH),
        new_delivery(company, product, member, date=JANUARY))
    customer = Location(ModelData.get_id('stock', 'location_customer'))
    move, = Move.create([{
                'company': company.id,
                'product': product.id,
                'unit': product.default_uom.id,
                'quantity': 150,
                'from_location': company.warehouse.storage_location.id,
                'to_location': customer.id,
                'unit_price': D(9),
                'currency': company.currency.id,
                }])

    with Transaction().set_context(_skip_warnings=True):
        assert Move.assign_try([move])
    moves = Move.search([('state', '=', 'assigned')], order=[('id', 'ASC')])
    assert [(m.lot, m.quantity) for m in moves] == [
        (older.lot, 116.82), (newer.lot, 33.18)]


def test_not_enough_goods_to_assign(company, product, posted):
    pool = Pool()
    Location = pool.get('stock.location')
    ModelData = pool.get('ir.model.data')
    Move = pool.get('stock.move')
    customer = Location(ModelData.get_id('stock', 'location_customer'))
    move, = Move.create([{
                'company': company.id,
                'product': product.id,
                'unit': product.default_uom.id,
                'quantity': 120,
                'from_location': company.warehouse.storage_location.id,
                'to_location': customer.id,
                'unit_price': D(9),
                'currency': company.currency.id,
                }])

    with Transaction().set_context(_skip_warnings=True):
        assert not Move.assign_try([move])
    assigned, = Move.search([('state', '=', 'assigned')])
    assert (assigned.lot, assigned.quantity) == (posted.lot, 116.82)
    with pytest.raises(DeliveryCancelError):
        cancel(posted)
