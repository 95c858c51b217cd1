# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Grants, donations and what of them members have shares in."""
import datetime as dt
from decimal import Decimal as D

import pytest
from assembly import new_charter
from cooperative import (
    APRIL, MARCH, balances, new_delivery, new_household, new_member)
from equity import (
    account, equity, new_fund, new_party, new_project, pay_in, quantify,
    set_aside, shares)
from trytond.model.exceptions import (
    AccessError, RequiredValidationError, SQLConstraintError)
from trytond.modules.fupin_coop.exceptions import (
    CharterNotFoundError, DocumentStateError, FundError,
    QuantificationPostError)
from trytond.pool import Pool

MODULES = ['fupin_coop']
JUNE = dt.date(2026, 6, 1)
EXACT = {'equity_capital': 0, 'equity_fund': 0, 'equity_reserve': 0}

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def project(company):
    return new_project(company)


# The account of a member

def test_balances(company, members):
    Entry = Pool().get('fupin.member.entry')
    first, second, _ = members
    pay_in(first, '1000.00', 'household_asset')
    pay_in(first, '500.10')
    pay_in(second, '0.20', date=APRIL)

    assert Entry.balances(company, APRIL) == {
        first.id: {
            'household_asset': D('1000.00'), 'other': D('500.10'),
            'reserve': 0, 'grant': 0, 'donation': 0},
        second.id: {
            'household_asset': 0, 'other': D('0.20'), 'reserve': 0,
            'grant': 0, 'donation': 0},
        }
    assert set(Entry.balances(company, MARCH)) == {first.id}
    assert Entry.balances(company, MARCH - dt.timedelta(days=1)) == {}


def test_trade(company, product, members):
    pool = Pool()
    Delivery = pool.get('fupin.delivery')
    Entry = pool.get('fupin.member.entry')
    ModelData = pool.get('ir.model.data')
    first, second, _ = members
    jin = ModelData.get_id('fupin_coop.uom_jin')
    deliveries = [
        new_delivery(company, product, first),
        new_delivery(company, product, first, unit=jin, date=APRIL),
        new_delivery(company, product, second)]
    Delivery.post(deliveries)

    trade = Entry.trade(company, MARCH, APRIL)
    quantity, amount = trade[first.id][product.id]
    assert quantity == D('116.82') + D('58.41')
    assert amount == deliveries[0].amount + deliveries[1].amount
    assert trade[second.id] == {product.id: (D('116.82'), D('887.83'))}
    assert set(Entry.trade(company, APRIL, APRIL)) == {first.id}
    Delivery.cancel(deliveries[2:])
    assert Entry.trade(company, MARCH, MARCH)[second.id] == {
        product.id: (0, 0)}


@pytest.mark.parametrize('source', ['other', 'household_asset'])
def test_one_document_enters_a_column_once(company, members, source):
    Entry = Pool().get('fupin.member.entry')
    entry, = pay_in(members[0], 100, source)
    pay_in(members[1], 100, source, origin=entry.origin)
    assert Entry.search([], count=True) == 2
    with pytest.raises(SQLConstraintError):
        pay_in(members[0], 1, source, origin=entry.origin)


def test_one_document_enters_a_share_once(company, members, project):
    Entry = Pool().get('fupin.member.entry')
    origin = new_fund(company, 'receipt', 5, project=project)

    def enter(member):
        Entry.post([Entry(
                    member=member, date=MARCH, kind='grant', amount=D(1),
                    origin=origin)])
    enter(members[0])
    enter(members[1])
    with pytest.raises(SQLConstraintError):
        enter(members[0])


def test_contribution_has_a_source(company, members):
    with pytest.raises(RequiredValidationError):
        pay_in(members[0], 100, None)


# What the documents book

def test_receipt(company, project):
    fund = new_fund(company, 'receipt', '100000.00', project=project)
    assert fund.number == 'ZX2026-0001'
    assert balances(company) == {'102': 100000, '235': -100000}
    assert project.left == 100000


def test_used_for_assets(company, project):
    new_fund(company, 'receipt', 100000, project=project)
    new_fund(company, 'asset', 70000, project=project, asset='151')
    assert balances(company) == {
        '102': 30000, '151': 70000, '235': -30000, '311': -70000}
    project = project.__class__(project.id)
    assert (project.received, project.used, project.left) == (
        100000, 70000, 30000)


def test_used_for_assets_bought_before(company, project):
    new_fund(company, 'receipt', 100, project=project)
    new_fund(company, 'earlier_asset', 100, project=project)
    assert balances(company) == {'102': 100, '311': -100}


def test_used_for_training(company, project):
    new_fund(company, 'receipt', 100, project=project)
    new_fund(company, 'expense', 40, project=project)
    assert balances(company) == {'102': 60, '235': -60}


def test_used_for_expenses_made_before(company, project):
    new_fund(company, 'receipt', 100, project=project)
    new_fund(company, 'earlier_expense', 40, project=project, expense='523')
    assert balances(company) == {'102': 100, '235': -60, '523': -40}


def test_returned(company, project):
    new_fund(company, 'receipt', 100, project=project)
    new_fund(company, 'return', 100, project=project)
    assert balances(company) == {}


@pytest.mark.parametrize('kind', ['asset_grant', 'asset_donation'])
def test_assets_in_kind(company, kind):
    new_fund(
        company, kind, 5000, asset='142', fees=D(200), evidence="发票",
        party=new_party("捐赠企业"))
    assert balances(company) == {'142': 5200, '311': -5000, '102': -200}


def test_assets_of_nominal_value(company):
    new_fund(
        company, 'asset_grant', 1, asset='144', fees=D(200), nominal=True,
        evidence="旧品种,无市价", party=new_party("县农业农村局"))
    assert balances(company) == {
        '144': 1, '311': -1, '529': 200, '102': -200}


def test_money_donated(company):
    new_fund(company, 'cash_donation', 800, party=new_party("捐赠人"))
    assert balances(company) == {'102': 800, '311': -800}


def test_cancelled(company, project):
    Fund = Pool().get('fupin.fund')
    fund = new_fund(company, 'receipt', 100, project=project)
    Fund.cancel([fund])
    assert balances(company) == {}
    assert project.left == 0


def test_special_funds(company, project):
    Fund = Pool().get('fupin.fund')
    new_fund(company, 'opening_fund', 7, source='donation')
    new_fund(company, 'opening_fund', 11, source='grant')
    new_fund(company, 'opening_project', 100, project=project)
    new_fund(company, 'asset', 13, project=project, asset='141', date=APRIL)
    donation = new_fund(
        company, 'cash_donation', 17, party=new_party("捐赠人"), date=APRIL)
    new_fund(
        company, 'cash_donation', 19, post=False, party=donation.party)

    assert Fund.special_funds(company, MARCH) == {
        'grant': 11, 'donation': 7}
    assert Fund.special_funds(company) == {'grant': 24, 'donation': 24}
    assert Fund.special_funds(company, start=APRIL) == {
        'grant': 13, 'donation': 17}
    Fund.cancel([donation])
    assert Fund.special_funds(company) == {'grant': 24, 'donation': 7}
    Fund.write([donation], {'state': 'cancelled', 'cancel_date': JUNE})
    assert Fund.special_funds(company, APRIL) == {'grant': 24, 'donation': 24}


# The register of project assets

def test_register(company, project):
    pool = Pool()
    Asset = pool.get('fupin.project.asset')
    Fund = pool.get('fupin.fund')
    new_fund(company, 'receipt', 100, project=project)
    new_fund(company, 'asset', 20, project=project, asset='153')
    bought = new_fund(
        company, 'asset', 60, project=project, asset='151',
        poverty_project=True)
    new_fund(
        company, 'earlier_asset', 10, project=project, poverty_project=True)
    given = new_fund(
        company, 'asset_donation', 40, asset='142', fees=D(2),
        poverty_project=True, evidence="发票", party=new_party("捐赠人"))

    assert [
        (a.value, a.account.code, a.source, a.project)
        for a in Asset.search([], order=[('id', 'ASC')])] == [
        (60, '151', 'grant', "冷库"), (10, '151', 'grant', "冷库"),
        (42, '142', 'donation', "捐赠人")]
    with pytest.raises(AccessError):
        Asset.delete(list(given.project_assets))
    Fund.cancel([bought])
    asset, = bought.project_assets
    assert asset.to_date == bought.cancel_date
    assert bought.number in asset.reason


# What is refused

@pytest.mark.parametrize('kind, values', [
        ('asset', {'asset': '151'}),
        ('expense', {}),
        ('return', {}),
        ])
def test_grant_is_not_overspent(company, project, kind, values):
    new_fund(company, 'receipt', 100, project=project)
    new_fund(company, 'receipt', 900, project=new_project(company, "别的"))
    new_fund(company, kind, 60, project=project, **values)
    with pytest.raises(FundError) as error:
        new_fund(company, kind, '40.01', project=project, **values)
    assert '0.01' in error.value.message
    assert project.name in error.value.message


def test_grant_is_not_used_before_it_comes(company, project):
    new_fund(company, 'receipt', 100, project=project, date=APRIL)
    with pytest.raises(FundError):
        new_fund(company, 'expense', 1, project=project, date=MARCH)


def test_used_receipt_stays(company, project):
    Fund = Pool().get('fupin.fund')
    fund = new_fund(company, 'receipt', 100, project=project)
    new_fund(company, 'expense', 1, project=project)
    with pytest.raises(FundError):
        Fund.cancel([fund])


def test_nominal_value_is_one_yuan(company):
    with pytest.raises(FundError):
        new_fund(
            company, 'asset_grant', 2, asset='144', nominal=True, fees=D(0),
            evidence="无市价", party=new_party("县农业农村局"))


def test_assets_in_kind_need_evidence(company):
    with pytest.raises(FundError):
        new_fund(
            company, 'asset_donation', 2, asset='144', fees=D(0),
            party=new_party("捐赠人"))


def test_posted_stays(company, project):
    Fund = Pool().get('fupin.fund')
    fund = new_fund(company, 'receipt', 100, project=project)
    with pytest.raises(AccessError):
        Fund.write([fund], {'amount': D(1)})
    with pytest.raises(DocumentStateError):
        Fund.post([fund])


# What is quantified

def test_grant_is_shared_equally(company, members, project):
    new_fund(company, 'receipt', 100, project=project)
    new_fund(company, 'asset', 100, project=project, asset='151')
    quantification = quantify(company, 'grant')

    assert quantification.number == 'LH2026-0001'
    assert shares(company, 'grant') == {
        '0001': D('33.34'), '0002': D('33.33'), '0003': D('33.33')}
    assert [x.exact for x in quantification.lines] == [D('33.333333')] * 3
    assert quantification.amount == 100
    assert quantification.count == 3
    assert equity(company) == EXACT


def test_quantified_again(company, members, area):
    party = new_party("捐赠人")
    new_fund(company, 'cash_donation', 90, party=party)
    quantify(company, 'donation')
    members[0].to_date = APRIL
    members[0].save()
    new_member(company, new_household(area, "赵六"))
    new_fund(company, 'cash_donation', 30, party=party, date=APRIL)
    assert equity(company) == EXACT
    quantification = quantify(company, 'donation', JUNE)

    assert shares(company, 'donation', JUNE) == {
        '0002': 40, '0003': 40, '0004': 40}
    assert shares(company, 'donation', APRIL) == {
        '0001': 30, '0002': 30, '0003': 30}
    assert (quantification.before, quantification.amount,
        quantification.after) == (90, 30, 120)
    assert equity(company) == EXACT
    assert equity(company, APRIL) == EXACT


def test_quantified_twice_changes_nothing(company, members):
    Entry = Pool().get('fupin.member.entry')
    new_fund(company, 'cash_donation', 100, party=new_party("捐赠人"))
    quantify(company, 'donation')
    count = Entry.search([], count=True)
    quantify(company, 'donation')
    assert Entry.search([], count=True) == count


def test_reserve_by_the_charter(company, members, product):
    new_charter(
        company, reserve_volume_rate=D('0.5'),
        reserve_contribution_rate=D('0.3'), reserve_equal_rate=D('0.2'))
    Pool().get('fupin.delivery').post([
            new_delivery(company, product, members[0]),
            new_delivery(company, product, members[1])])
    pay_in(members[0], 100)
    pay_in(members[2], 300)
    set_aside(company, 300)
    assert equity(company) == EXACT
    quantification = quantify(company, 'reserve')

    # by trade 75, 75, 0; by contribution 22.5, 0, 67.5; equally 20 each
    assert shares(company, 'reserve') == {
        '0001': D('117.50'), '0002': D('95.00'), '0003': D('87.50')}
    assert quantification.charter
    assert equity(company) == EXACT


def test_reserve_that_shrinks(company, members):
    new_charter(
        company, reserve_volume_rate=D(0), reserve_equal_rate=D(1))
    set_aside(company, 300)
    quantify(company, 'reserve')
    set_aside(company, -30, APRIL)
    quantify(company, 'reserve', APRIL)
    assert shares(company, 'reserve', APRIL) == {
        '0001': 90, '0002': 90, '0003': 90}
    assert equity(company) == EXACT


def test_reserve_without_charter(company, members):
    set_aside(company, 300)
    with pytest.raises(CharterNotFoundError):
        quantify(company, 'reserve')


def test_nothing_to_divide_by(company, members):
    new_charter(company)
    set_aside(company, 300)
    with pytest.raises(QuantificationPostError) as error:
        quantify(company, 'reserve')
    assert '42' in error.value.message


def test_nobody_to_divide_among(company):
    new_fund(company, 'cash_donation', 100, party=new_party("捐赠人"))
    with pytest.raises(QuantificationPostError):
        quantify(company, 'donation')


def test_not_computed(company, members):
    Quantification = Pool().get('fupin.quantification')
    quantification, = Quantification.create([{
                'company': company.id, 'date': MARCH, 'fund': 'grant'}])
    with pytest.raises(QuantificationPostError):
        Quantification.post([quantification])


def test_computed_too_early(company, members):
    Quantification = Pool().get('fupin.quantification')
    party = new_party("捐赠人")
    new_fund(company, 'cash_donation', 100, party=party)
    quantification = quantify(company, 'donation', post=False)
    new_fund(company, 'cash_donation', 1, party=party)
    with pytest.raises(QuantificationPostError):
        Quantification.post([quantification])
    Quantification.compute([quantification])
    Quantification.post([quantification])
    assert sum(shares(company, 'donation').values()) == 101


def test_order_of_quantifications(company, members):
    Quantification = Pool().get('fupin.quantification')
    new_fund(company, 'cash_donation', 100, party=new_party("捐赠人"))
    first = quantify(company, 'donation')
    new_fund(company, 'cash_donation', 50, party=new_party("捐赠人"))
    second = quantify(company, 'donation', APRIL)
    with pytest.raises(QuantificationPostError):
        quantify(company, 'donation', MARCH)
    with pytest.raises(QuantificationPostError):
        Quantification.cancel([first])
    Quantification.cancel([second])
    Quantification.cancel([first])
    assert shares(company, 'donation', APRIL) == {}
    assert equity(company) == EXACT


def test_draft_can_be_deleted(company, members):
    pool = Pool()
    Line = pool.get('fupin.quantification.line')
    Quantification = pool.get('fupin.quantification')
    new_fund(company, 'cash_donation', 100, party=new_party("捐赠人"))
    Quantification.delete([quantify(company, 'donation', post=False)])
    assert not Line.search([])


# The books and the accounts

def test_equity_differs(company, members):
    from cooperative import new_move
    pay_in(members[0], 100)
    assert equity(company) == EXACT
    new_move(company, [
            (account(company, '102'), D(5), None),
            (account(company, '301'), D(-5), members[1].party)])
    new_move(company, [
            (account(company, '102'), D(3), None),
            (account(company, '311'), D(-3), None)])
    assert equity(company) == {
        'equity_capital': 5, 'equity_fund': 3, 'equity_reserve': 0}


def test_everything_ties(company, members, project, product):
    Reconciliation = Pool().get('fupin.reconciliation')
    new_charter(company, reserve_volume_rate=D(0), reserve_equal_rate=D(1))
    new_fund(company, 'receipt', 100, project=project)
    cancelled = new_fund(company, 'asset', 30, project=project, asset='151')
    Pool().get('fupin.fund').cancel([cancelled])
    new_fund(company, 'asset', 50, project=project, asset='151')
    new_fund(company, 'expense', 10, project=project)
    quantify(company, 'grant')
    set_aside(company, 20)
    quantify(company, 'reserve')
    pay_in(members[0], 5)

    differences = {
        check.name: check.difference
        for check in Reconciliation.check(company)}
    assert set(differences) >= {
        'fund_booked', 'fund_payable', 'quantification_entry', *EXACT}
    assert not any(differences.values())
