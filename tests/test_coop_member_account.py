# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The account of a member, on the screen and on paper."""
import datetime as dt
import re
from decimal import Decimal as D

import pytest
from cooperative import (
    APRIL, acting, new_delivery, new_household, new_member,
    new_product, new_user, post)
from equity import new_fund, new_party, pay_in, quantify
from trytond.modules.fupin_household.slip import load_weasyprint
from trytond.pool import Pool

MODULES = ['fupin_coop']
HOLDINGS = ['household_asset', 'other', 'reserve', 'grant', 'donation']

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def html(monkeypatch):
    monkeypatch.setattr(
        'trytond.modules.fupin_household.slip.load_weasyprint', lambda: None)


def accounts(member, year=None):
    Account = Pool().get('fupin.member.year')
    domain = [('member', '=', member.id)]
    if year:
        domain.append(('year.name', '=', str(year)))
    return Account.search(domain, order=[('year.start_date', 'ASC')])


def execute(name, records, user):
    Report = Pool().get(name, type='report')
    with acting(user):
        return Report.execute([r.id for r in records], {})


def text(content):
    content = re.sub(r'(?s)<style.*?</style>', '', content)
    return ' '.join(re.sub(r'<[^>]*>', ' ', content).split())


def cells(content):
    "Return the rows of the tables, cell by cell"
    return [
        [text(c) for c in re.findall(r'(?s)<t[dh][^>]*?(?:/>|>(.*?)</t[dh]>)',
                row)]
        for row in re.findall(r'(?s)<tr[^>]*>(.*?)</tr>', content)]


@pytest.fixture
def business(company, members, product):
    "A year and a bit of the first member"
    member = members[0]
    pay_in(member, 1000, 'household_asset', date=dt.date(2025, 2, 1))
    pay_in(member, 500, date=dt.date(2025, 3, 1))
    pay_in(member, '50.50', date=APRIL)
    new_fund(
        company, 'cash_donation', 100, party=new_party("捐赠人"),
        date=dt.date(2025, 5, 1))
    quantify(company, 'donation', dt.date(2025, 12, 31))
    post(
        new_delivery(company, product, member),
        new_delivery(company, product, member, date=APRIL))
    return member


def test_years(business, company):
    first, second = accounts(business)
    assert first.year.name == '2025'
    assert (first.opening, first.closing) == (
        dict.fromkeys(HOLDINGS, 0),
        {'household_asset': 1000, 'other': 500, 'reserve': 0, 'grant': 0,
            'donation': D('33.34')})
    assert second.opening == first.closing
    assert second.increase_other == D('50.50')
    assert second.closing_other == D('550.50')
    assert (first.trade, second.trade) == (0, D('1775.66'))
    line, = second.products
    assert (line.quantity, line.amount) == (D('233.64'), D('1775.66'))
    assert [e.kind for e in first.entries] == [
        'contribution', 'contribution', 'donation']
    assert [e.kind for e in second.entries] == [
        'trade', 'contribution', 'trade']


def test_balances_are_the_closing(business, company):
    Entry = Pool().get('fupin.member.entry')
    for account in accounts(business):
        assert Entry.balances(company, account.year.end_date)[
            business.id] == account.closing


def test_search(business, company):
    Account = Pool().get('fupin.member.year')
    assert Account.search([
            ('closing_other', '>', 500), ('company', '=', company.id)],
        count=True) == 1
    assert Account.search([('member', '=', business.id)], count=True) == 2


def test_account_of_who_has_left(company, area):
    member = new_member(company, new_household(area, "赵六"))
    member.to_date = dt.date(2025, 12, 31)
    member.save()
    assert [a.year.name for a in accounts(member)] == ['2025']
    pay_in(member, 10, date=dt.date(2025, 6, 1))
    assert [a.year.name for a in accounts(member)] == ['2025', '2026']


def test_only_of_own_cooperative(business, company, other):
    Account = Pool().get('fupin.member.year')
    Product = Pool().get('fupin.member.year.product')
    for cooperative, count in [(company, True), (other, False)]:
        user = new_user(cooperative, 'fupin_coop.group_cooperative')
        user.login = str(count)
        user.save()
        with acting(user):
            assert bool(Account.search([])) == count
            assert bool(Product.search([])) == count


def test_printed_as_the_regulation(business, company, html):
    user = new_user(company, 'fupin_coop.group_cooperative')
    _, content, _, _ = execute(
        'fupin.member.account', accounts(business, 2026), user)
    rows = cells(content)
    heads = rows[1]
    for word in [
            "Reserve share", "Trade volume", "Trade value",
            "Surplus refund", "Remainder distributed",
            "Quantified share of property formed by donations"]:
        assert word in heads
    assert rows[2] == [
        "From household poverty alleviation project assets",
        "From other sources", "香菇 (kg)", "香菇"]
    lines = rows[3:]
    assert [r[3:] for r in lines] == [
        ['1,000.00', '500.00', '0.00', '0.00', '33.34', '', '', '', ''],
        ['', '', '', '', '', '116.82', '887.83', '', ''],
        ['', '50.50', '', '', '', '', '', '', ''],
        ['', '', '', '', '', '116.82', '887.83', '', ''],
        ['1,000.00', '550.50', '0.00', '0.00', '33.34', '233.64',
            '1,775.66', '0.00', '0.00'],
        ]
    assert [r[0] for r in lines] == ['', '1', '2', '3', '']
    words = text(content)
    for word in [company.party.name, "张三", '0001', "村一", '1 / 1']:
        assert word in words


def test_printed_with_many_products(company, members, html):
    user = new_user(company, 'fupin_coop.group_cooperative')
    member = members[0]
    pay_in(member, 7)
    post(*(new_delivery(
                company, new_product(company, f'品种{n}', '7.60'), member)
            for n in range(6)))
    _, content, _, _ = execute(
        'fupin.member.account', accounts(member, 2026), user)
    words = text(content)
    assert '1 / 2' in words and '2 / 2' in words
    closing = [r for r in cells(content) if "Closing balance or total" in r]
    assert [len(r) for r in closing] == [3 + 5 + 8 + 2, 3 + 5 + 4 + 2]
    assert closing[1][3:8] == [''] * 5
    assert words.count('887.83') == 12


def test_printed_without_trade(company, members, html):
    user = new_user(company, 'fupin_coop.group_cooperative')
    _, content, _, _ = execute(
        'fupin.member.account', accounts(members[0], 2025), user)
    assert len(cells(content)[-1]) == 3 + 5 + 2 + 2


def test_explained(business, company, html):
    user = new_user(company, 'fupin_coop.group_cooperative')
    _, content, _, _ = execute(
        'fupin.member.account.sheet', accounts(business, 2025), user)
    assert [
        'Donations, in equal shares (Art. 44)', '100', '3', '33.333333',
        '33.34', '33.34'] == [
        c.replace('.00', '').replace('¥', '').replace('CNY', '').strip()
        for c in next(r for r in cells(content) if '33.333333' in r)[2:]]
    _, content, _, _ = execute(
        'fupin.member.account.sheet', accounts(business), user)
    assert '1,775.66' in text(content)


@pytest.mark.skipif(
    not load_weasyprint(), reason="weasyprint or a Chinese font is missing")
@pytest.mark.parametrize('name', [
        'fupin.member.account', 'fupin.member.account.sheet'])
def test_pdf(business, company, name):
    user = new_user(company, 'fupin_coop.group_cooperative')
    extension, content, _, _ = execute(name, accounts(business), user)
    assert extension == 'pdf'
    assert bytes(content[:4]) == b'%PDF'


def test_print_wizard(business, company, members):
    Print = Pool().get('fupin.member.account.print', type='wizard')
    session, _, _ = Print.create()
    wizard = Print(session)
    wizard.start.company = company
    wizard.start.year = accounts(business, 2026)[0].year
    wizard.start.members = []
    _, data = wizard.do_print_(None)
    assert len(data['ids']) == len(members)
    wizard.start.members = [business]
    _, data = wizard.do_explain(None)
    assert len(data['ids']) == 1
