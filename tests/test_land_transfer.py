# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Land transfers: what the law refuses, never twice at the same time, the
rent from the contract to the household's income."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (
    ACCOUNTS, balances, exported, import_results, new_household, new_member,
    new_user, acting)
from land import CONTRACT_END, END, START, new_parcel, new_transfer, signed

from trytond.model.exceptions import AccessError
from trytond.modules.fupin_coop.exceptions import DocumentStateError
from trytond.modules.fupin_industry.exceptions import (
    LandRentError, LandTransferError, LandTransferLetError,
    ParcelChangeError)
from trytond.pool import Pool

pytest_plugins = ['cooperative']
MODULES = ['fupin_industry']
DAY = dt.timedelta(days=1)
# each pair of the thirteen relations of a time to 2026-2028
RELATIONS = {
    'before': (dt.date(2024, 1, 1), dt.date(2025, 6, 30)),
    'meets': (dt.date(2024, 1, 1), START - DAY),
    'overlaps': (dt.date(2025, 1, 1), START),
    'finished_by': (dt.date(2025, 1, 1), END),
    'contains': (dt.date(2025, 1, 1), dt.date(2029, 1, 1)),
    'starts': (START, dt.date(2027, 1, 1)),
    'equals': (START, END),
    'started_by': (START, dt.date(2029, 1, 1)),
    'during': (dt.date(2026, 5, 1), dt.date(2027, 5, 1)),
    'finishes': (dt.date(2027, 5, 1), END),
    'overlapped_by': (END, dt.date(2030, 1, 1)),
    'met_by': (END + DAY, dt.date(2030, 1, 1)),
    'after': (dt.date(2029, 6, 1), dt.date(2030, 1, 1)),
    }
APART = {'before', 'meets', 'met_by', 'after'}


@pytest.fixture
def households(company, area):
    return [new_household(area, name) for name in ["赵一", "钱二"]]


@pytest.fixture
def member(company, households):
    "The first household is a member's"
    return new_member(company, households[0], ACCOUNTS[0])


@pytest.fixture
def parcels(households, member):
    return [
        new_parcel(households[0], 1, mu='3.33'),
        new_parcel(households[1], 2, mu='2.50'),
        new_parcel(households[1], 3, mu='1.17')]


def transfers():
    return Pool().get('fupin.land.transfer')


def rent_of(transfer, number=1):
    "Return the draft of the rent of an instalment"
    Instalment = Pool().get('fupin.land.instalment')
    instalment = transfer.instalments[number - 1]
    rent, = Instalment.draft_rents([instalment])
    return rent


def test_areas_add_up(company, parcels):
    transfer = signed(company, parcels)
    assert transfer.state == 'signed'
    assert (transfer.mu, transfer.parcels_count, transfer.households_count
        ) == (D('7.00'), 3, 2)
    assert transfer.number.startswith('LZ')
    # 7 mu × 800 a year
    assert [(i.from_date, i.due_date, i.cash) for i in transfer.instalments
        ] == [
        (dt.date(y, 1, 1), dt.date(y, 1, 1), D('5600.00'))
        for y in [2026, 2027, 2028]]


@pytest.mark.parametrize('relation', RELATIONS)
def test_never_let_twice(company, parcels, relation):
    signed(company, parcels[:1])
    start, end = RELATIONS[relation]
    second = new_transfer(
        company, parcels[:2], start_date=start, end_date=end,
        sign_date=start, rates=[{'from_date': start, 'cash': D(1)}])
    if relation in APART:
        transfers().sign([second])
        assert transfers()(second.id).state == 'signed'
    else:
        with pytest.raises(LandTransferLetError, match="地块1"):
            transfers().sign([second])


def test_voided_is_free_again(company, parcels):
    first = signed(company, parcels)
    transfers().cancel([first])
    assert not transfers()(first.id).instalments
    assert signed(company, parcels).state == 'signed'


@pytest.mark.parametrize('values, words', [
        ({'end_date': CONTRACT_END + DAY}, "地块1"),
        ({'sign_date': None}, "signing"),
        ({'rights': " "}, "Rights"),
        ({'agent': "村委会", 'entrust_document': "委托书",
                'entrust_from': START, 'entrust_to': END}, "村委会"),
        ({'social_capital': True, 'review_date': START,
                'review_level': 'county'}, "review"),
        ({'social_capital': True, 'review_date': START,
                'review_level': 'county', 'review_result': 'failed',
                'review_decided': START, 'review_document': "批复"},
            "review"),
        ({'rates': [{'from_date': START + DAY, 'cash': D(1)}]},
            "2026"),
        ({'rates': [{'from_date': START, 'grain': D(1)}]},
            "2026"),
        ])
def test_contracts_that_are_refused(company, parcels, values, words):
    transfer = new_transfer(company, parcels, **values)
    with pytest.raises(LandTransferError, match=words):
        transfers().sign([transfer])
    assert transfers()(transfer.id).state == 'draft'


def test_review_before_signing(company, parcels):
    transfer = new_transfer(
        company, parcels, social_capital=True, review_level='county',
        review_date=dt.date(2025, 11, 3), review_result='passed',
        review_decided=dt.date(2025, 11, 20), review_document="批复")
    # 20 working days after Monday 3 November are Monday 1 December
    assert transfer.review_due == dt.date(2025, 12, 1)
    transfers().sign([transfer])
    assert transfers()(transfer.id).state == 'signed'


def test_review_and_holidays(company, parcels):
    Holiday = Pool().get('fupin.land.holiday')
    Holiday.create([
            {'date': dt.date(2025, 11, 4)},
            {'date': dt.date(2025, 11, 5)},
            {'date': dt.date(2025, 11, 8), 'worked': True}])
    transfer = new_transfer(
        company, parcels, social_capital=True, review_level='county',
        review_date=dt.date(2025, 11, 3))
    assert transfer.review_due == dt.date(2025, 12, 2)


def test_basic_farmland(company, households, member):
    parcel = new_parcel(households[0], 1, basic_farmland=True)
    transfer = new_transfer(company, [parcel], use_kind='2')
    with pytest.raises(LandTransferError, match="地块1"):
        transfers().sign([transfer])
    assert signed(company, [parcel]).state == 'signed'


def test_holder_and_area(company, parcels, households):
    transfer = new_transfer(company, parcels[:1])
    line, = transfer.lines
    line.mu = D('3.34')
    line.save()
    with pytest.raises(LandTransferError, match="3.34"):
        transfers().sign([transfer])
    line.mu = D('3.33')
    line.household = households[1]
    line.save()
    with pytest.raises(LandTransferError, match="钱二"):
        transfers().sign([transfers()(transfer.id)])


def test_passed_on(company, other, parcels):
    original = signed(company, parcels[:2])
    values = {
        'original': original.id, 'consent_document': "书面同意",
        'company': None, 'transferee': other.party.id,
        'expense_account': None}
    with pytest.raises(LandTransferError):
        signed(company, parcels[:1], **values, end_date=END + DAY)
    with pytest.raises(LandTransferLetError, match="地块3"):
        signed(company, parcels[2:], **values)
    sub = signed(company, parcels[:1], **values)
    assert sub.depth == 1
    with pytest.raises(LandTransferLetError, match="地块1"):
        signed(company, parcels[:1], **values)
    with pytest.raises(LandTransferError):
        transfers().cancel([original])


def test_let_parcels_do_not_change(company, parcels):
    from test_land_parcel import change, result
    signed(company, parcels)
    with pytest.raises(ParcelChangeError, match="地块1"):
        change('split', parcels[:1], [
                result(8, '1.33', contract_square_metres=D('886.67')),
                result(9, '2.00', contract_square_metres=D('1333.33'))])


def test_signed_is_signed(company, parcels):
    transfer = signed(company, parcels)
    with pytest.raises(AccessError):
        transfers().write([transfer], {'end_date': END + DAY})
    with pytest.raises(AccessError):
        transfers().delete([transfer])
    with pytest.raises(AccessError):
        transfers().copy([transfer], default={'state': 'signed'})


def test_filing(company, parcels):
    transfer = signed(company, parcels)
    with pytest.raises(LandTransferError):
        transfers().file([transfer])
    transfers().write([transfer], {
            'filing_number': '41099011020112345', 'filing_date': START})
    with pytest.raises(LandTransferError, match="18"):
        transfers().file([transfer])
    transfers().write([transfer], {'filing_number': '410990110201123456'})
    transfers().file([transfers()(transfer.id)])
    assert transfers()(transfer.id).state == 'filed'


def test_rent_becomes_income(company, parcels, households, member):
    """5,600 a year for 7 mu: 3.33 mu are 2,664.00, 2.50 are 2,000.00 and
    1.17 are 936.00"""
    Income = Pool().get('fupin.income')
    Rent = Pool().get('fupin.land.rent')
    transfer = signed(company, parcels)
    rent = rent_of(transfer)
    assert [(line.parcel.name, line.amount, bool(line.member))
        for line in rent.lines] == [
        ("地块1", D('2664.00'), True), ("地块2", D('2000.00'), False),
        ("地块3", D('936.00'), False)]
    Rent.post([rent])
    assert balances(company) == {
        '401': D('5600.00'), '11402': -D('2664.00'), '211': -D('2936.00')}
    incomes = Income.search([('company', '=', company.id)])
    assert {(i.household, i.amount, i.income_class, i.industry)
        for i in incomes} == {
        (households[0], D('2664.00'), 'property', True),
        (households[1], D('2000.00'), 'property', True),
        (households[1], D('936.00'), 'property', True)}
    assert_ties(company)
    with pytest.raises(DocumentStateError):
        Rent.post([rent])
    assert not Pool().get('fupin.land.instalment').draft_rents(
        transfer.instalments[:1])


def test_rent_is_paid(company, parcels, member, households):
    from cooperative import set_bank_account
    Income = Pool().get('fupin.income')
    Rent = Pool().get('fupin.land.rent')
    set_bank_account(households[1].head, ACCOUNTS[1])
    Rent.post([rent_of(signed(company, parcels))])
    settlement, _ = exported(company)
    assert {(ln.party.name, ln.amount) for ln in settlement.lines} == {
        ("赵一", D('2664.00')), ("钱二", D('2936.00'))}
    import_results(settlement)
    assert {(i.amount, i.paid) for i in Income.search([])} == {
        (D('2664.00'),) * 2, (D('2000.00'),) * 2, (D('936.00'),) * 2}
    assert balances(company) == {'401': D('5600.00'), '102': -D('5600.00')}
    assert_ties(company)


def test_rent_is_voided(company, parcels):
    Income = Pool().get('fupin.income')
    Rent = Pool().get('fupin.land.rent')
    transfer = signed(company, parcels)
    rent = rent_of(transfer)
    Rent.post([rent])
    with pytest.raises(LandTransferError):
        transfers().cancel([transfers()(transfer.id)])
    Rent.cancel([Rent(rent.id)])
    assert balances(company) == {}
    assert sum(i.amount for i in Income.search([])) == 0
    assert_ties(company)
    transfers().cancel([transfers()(transfer.id)])


def test_grain(company, parcels):
    """500 kg a mu of 7 mu are 3,500 kg at 2.36, but not under the contract's
    2.40: 8,400.00"""
    Price = Pool().get('fupin.grain.price')
    Rent = Pool().get('fupin.land.rent')
    transfer = signed(
        company, parcels, rates=[{'from_date': START, 'grain': D(500)}],
        rent_form='grain', grain='wheat', grain_floor=D('2.40'))
    assert transfer.instalments[0].grain == D('3500.00')
    with pytest.raises(LandRentError, match="Wheat"):
        rent_of(transfer)
    Price.create([
            {'grain': 'wheat', 'date': START - DAY, 'price': D('2.36'),
                'document': "发改委"},
            {'grain': 'wheat', 'date': START + DAY, 'price': D(3),
                'document': "发改委"},
            {'grain': 'rice', 'date': START - DAY, 'price': D(5),
                'document': "发改委"}])
    Rent.delete(Rent.search([]))
    rent = rent_of(transfer)
    assert (rent.grain_price, rent.grain_floor, rent.amount) == (
        D('2.36'), D('2.40'), D('8400.00'))
    Price.write(Price.search([('date', '=', START - DAY),
                ('grain', '=', 'wheat')]), {'floor': D('2.44')})
    Rent.post([rent])
    assert Rent(rent.id).amount == D('8540.00')
    assert_ties(company)


def test_review_of_the_rent(company, parcels):
    Rent = Pool().get('fupin.land.rent')
    transfer = signed(company, parcels)
    Rent.post([rent_of(transfer)])
    add = [('create', [{
                    'from_date': dt.date(2027, 1, 1), 'cash': D(840),
                    'document': "调价协议"}])]
    transfers().write([transfers()(transfer.id)], {'rates': add})
    assert [i.cash for i in transfers()(transfer.id).instalments] == [
        D('5600.00'), D('5880.00'), D('5880.00')]
    # what is posted does not change
    with pytest.raises(LandTransferError):
        transfers().write([transfers()(transfer.id)], {
                'rates': [('create', [{
                                'from_date': START + DAY, 'cash': D(1)}])]})


def test_early_end(company, parcels):
    """Half of 2027: 5,600 × 181 / 365 = 2,776.99"""
    transfer = signed(company, parcels)
    transfers().end_early(
        [transfer], dt.date(2027, 6, 30), "双方同意")
    transfer = transfers()(transfer.id)
    assert [(i.to_date, i.cash) for i in transfer.instalments] == [
        (dt.date(2026, 12, 31), D('5600.00')),
        (dt.date(2027, 6, 30), D('2776.99'))]
    start = dt.date(2027, 7, 1)
    assert signed(
        company, parcels, start_date=start, sign_date=start,
        rates=[{'from_date': start, 'cash': D(1)}]).state == 'signed'


def test_early_end_of_what_is_posted(company, parcels):
    Rent = Pool().get('fupin.land.rent')
    transfer = signed(company, parcels)
    Rent.post([rent_of(transfer)])
    with pytest.raises(LandTransferError):
        transfers().end_early([transfer], dt.date(2026, 6, 30), "双方同意")


def test_expired(company, parcels):
    start = dt.date(2025, 1, 1)
    transfer = signed(
        company, parcels, start_date=start, end_date=dt.date(2025, 12, 31),
        sign_date=start, rates=[{'from_date': start, 'cash': D(1)}])
    transfers().end_expired()
    assert transfers()(transfer.id).state == 'ended'


def test_renewal(company, parcels):
    transfer = signed(company, parcels)
    transfers().renew([transfer])
    renewal, = transfers()(transfer.id).renewals
    assert renewal.start_date == END + DAY
    assert renewal.state == 'draft' and not renewal.rates
    assert [ln.parcel for ln in renewal.lines] == parcels
    renewal.rates = [Pool().get('fupin.land.transfer.rate')(
            from_date=renewal.start_date, cash=D(900))]
    renewal.sign_date = END
    renewal.save()
    transfers().sign([renewal])
    assert transfers()(renewal.id).state == 'signed'


def test_shares_owe_no_rent(company, parcels):
    transfer = signed(
        company, parcels, rates=[], mode='share', rent_form='shares',
        expense_account=None)
    assert not transfer.instalments


def test_township_and_cooperative(company, other, parcels, area):
    township = new_user(company, 'fupin_household.group_township')
    User = Pool().get('res.user')
    User.write([township], {
            'areas': [('add', [area.township.id])],
            'companies': [('remove', [company.id])], 'company': None})
    manager = new_user(company, 'fupin_coop.group_cooperative')
    stranger = new_user(other, 'fupin_coop.group_cooperative_admin')
    transfer = signed(company, parcels)
    for user, sees in [(township, True), (manager, True), (stranger, False)]:
        with acting(user):
            found = transfers().search([])
            assert bool(found) is sees
            if found:
                assert found[0].lines[0].parcel.household
                assert found[0].transferee.rec_name
            else:
                with pytest.raises(AccessError):
                    transfers().read([transfer.id], ['number'])
    with acting(township):
        view = transfers().fields_view_get(view_type='form')
        assert 'transferee' in view['fields']
        assert 'expense_account' not in view['fields']
        with pytest.raises(AccessError):
            transfers().read([transfer.id], ['expense_account'])
        with pytest.raises(AccessError):
            Pool().get('fupin.land.rent').search([])


def assert_ties(company):
    Reconciliation = Pool().get('fupin.reconciliation')
    assert [
        (c.name, c.differences)
        for c in Reconciliation.check(company) if c.count] == []
