# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The household card: every figure by hand, printed for who may see it."""
import datetime as dt
import re
from decimal import Decimal as D

import pytest
from test_fupin_household import acting, county, household, user, years
from test_household_year import (
    any_origin, count_statements, line_of, pay, post, row)
from trytond.exceptions import UserError
from trytond.modules.fupin_household import slip
from trytond.pool import Pool
from trytond.transaction import Transaction

__all__ = ['any_origin', 'county', 'years']

MODULES = ['fupin_household']

pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def card(county, years, monkeypatch):
    "Two years of a household of three whose son moved out"
    Membership = Pool().get('fupin.household.membership')
    monkeypatch.setattr(slip, 'load_weasyprint', lambda: None)
    h = household(county["村11"], "张三", others=2)
    before, year = years[:2]
    for date, amount, category, cost in [
            (dt.date(2025, 3, 1), '6000.00', 'sale', '1500.00'),
            (dt.date(2025, 4, 1), '1500.00', 'pension', '0'),
            (dt.date(2025, 5, 1), '3000.00', 'wage_outside', '0'),
            (dt.date(2026, 3, 1), '8000.00', 'sale', '2400.50'),
            (dt.date(2026, 4, 1), '1500.00', 'pension', '0'),
            (dt.date(2026, 5, 1), '700.00', 'other_transfer', '0')]:
        post(h, date, amount, category, cost)
    son = [m for m in h.memberships if m.relation == 'son'][1]
    Membership.write([son], {
            'to_date': dt.date(2026, 6, 30), 'reason': 'move'})
    line_of(year, '3000.00')
    return h, before, year


def make(rows):
    Card = Pool().get('fupin.household.card', type='report')
    extension, content, _, _ = Card.execute([r.id for r in rows], {})
    assert extension == 'html'
    return re.sub(r'\s+', ' ', re.sub(r'<[^>]*>', ' ', content))


def test_figures(card):
    "Every figure by hand"
    Card = Pool().get('fupin.household.card', type='report')
    h, _, year = card
    found, = Card.get_cards([row(h, year)])
    # 6000 - 1500 + 1500 + 3000 = 9000 of three, 3000 each;
    # 8000 - 2400.50 + 1500 + 700 = 7799.50 of two, 3899.75 each
    r = found['row']
    assert (r.net, r.persons, r.per_capita) == (
        D('7799.50'), 2, D('3899.75'))
    assert found['before'].net == D('9000.00')
    # 9000 of two are 4500 each
    assert found['explained'] == (D('899.75'), D('-600.25'), D('1500.00'))
    assert [
        (x.source[0], x.current.amount, x.current.cost, x.net, x.change)
        for x in found['lines']] == [
        ('wage', D('0'), D('0'), D('0'), D('-3000.00')),
        ('business', D('8000.00'), D('2400.50'), D('5599.50'),
            D('1099.50')),
        ('transfer', D('1500.00'), D('0'), D('1500.00'), D('0')),
        ('transfer', D('700.00'), D('0'), D('700.00'), D('700.00')),
        ]
    assert sum(x.net for x in found['lines']) == r.net
    assert [name for name, _ in found['persons']] == ["张三", "张三0"]
    assert len(found['changes']) == 3
    assert found['unpaid'] == 0


@pytest.fixture
def officer(county):
    return user('officer', ['group_township'], [county["镇1"]])


def test_printed(card, officer):
    h, _, year = card
    with acting(officer):
        text = make([row(h, year)])
    for part in [
            h.number, "张三 ( Head ), 张三0 ( Son )", "7,799.50",
            "3,899.75", "899.75", "-600.25", "(3 → 2)", "1,500.00",
            "gave 3,000.00 yuan the year before, nothing this year",
            "1,099.50 yuan more, 5,599.50 after 4,500.00"]:
        assert part.replace('( ', '(').replace(' )', ')') in text
    assert "张三1" not in text


def test_first_year(card, officer):
    h, before, _ = card
    with acting(officer):
        text = make([row(h, before)])
    assert "Nothing is recorded of the year before" in text
    assert "张三1" in text


def test_paid_is_of_its_own_source(card, years):
    "What is not yet paid is of cooperatives, declared money is in the hand"
    Card = Pool().get('fupin.household.card', type='report')
    h, _, year = card
    pay(post(h, dt.date(2026, 6, 1), '100.00'), '40.00')
    found, = Card.get_cards([row(h, year)])
    sale, = [x for x in found['lines'] if x.source[0] == 'business']
    assert (sale.current.amount, sale.current.paid) == (
        D('8100.00'), D('40.00'))


def test_closed_year_adds_up(card):
    "What was corrected later does not change the card"
    Year = Pool().get('fupin.income.year')
    Card = Pool().get('fupin.household.card', type='report')
    h, _, year = card
    Year.close([year])
    found, = Card.get_cards([row(h, year)])
    assert found['row'].closed
    assert sum(x.net for x in found['lines']) == found['row'].net


def test_wizard(card, county, officer):
    PrintCard = Pool().get('fupin.household.card.print', type='wizard')
    h, _, year = card
    other = household(county["村11"], "李四")
    elsewhere = household(county["村21"], "王五")
    Household = Pool().get('fupin.household')

    def rows(records, **start):
        id_, _, _ = PrintCard.create()
        context = {}
        if records:
            context = {
                'active_model': Household.__name__,
                'active_id': records[0].id,
                'active_ids': [r.id for r in records]}
        with Transaction().set_context(context):
            wizard = PrintCard(id_)
            values = wizard.default_start(None) | {
                'year': year.id, 'area': None} | start
            for name, value in values.items():
                setattr(wizard.start, name, value)
            _, data = wizard.do_print_({})
        return [r.household for r in
            Pool().get('fupin.household.year').browse(data['ids'])]
    with acting(officer):
        assert rows([h]) == [h]
        assert rows([], households=[], area=county["村11"]) == [h, other]
        with pytest.raises(UserError, match="Choose another year or area"):
            rows([], households=[], area=county["村12"])
        # those of another township are not shown
        assert elsewhere.area == county["村21"]
        with pytest.raises(UserError, match="Choose another year or area"):
            rows([], households=[], area=county["镇2"])


def test_scope(card, county, officer):
    "A township prints the cards of its own households only"
    HouseholdYear = Pool().get('fupin.household.year')
    h, _, year = card
    stranger = household(county["村21"], "王五")
    rows = [row(h, year), row(stranger, year)]
    with acting(officer):
        assert h.number in make(rows[:1])
        with pytest.raises(UserError):
            make(rows)
        assert HouseholdYear.search([('id', '=', rows[1].id)]) == []


def test_statements(county, years, monkeypatch):
    "A village's cards take no more statements than one"
    Card = Pool().get('fupin.household.card', type='report')

    def count(number):
        households = [
            household(county["村12"], f"户{number}{i}") for i in range(number)]
        for h in households:
            post(h, dt.date(2025, 12, 1), '10.00')
        rows = [row(h, years[1]) for h in households]
        Transaction().counter += 1
        return count_statements(
            monkeypatch, lambda: Card.get_cards(rows))
    first, second = count(2), count(20)
    assert second <= first + 2
