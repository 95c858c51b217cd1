# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Warnings that need to know cooperatives, enterprises and contracts."""
from decimal import Decimal as D

import pytest
from trytond.pool import Pool

from cooperative import ignore_locks
from test_fupin_industry import County, date

MODULES = ['fupin_industry']
TODAY = '2025-12-31'


@pytest.fixture
def today(transaction, monkeypatch):
    ignore_locks(monkeypatch)
    Date = Pool().get('ir.date')

    def set_today(day):
        monkeypatch.setattr(Date, 'today', lambda *a, **k: date(day))
    set_today(TODAY)
    return set_today


@pytest.fixture
def c(today):
    pool = Pool()
    county = County()
    pool.get('fupin.income.year').create([{
                'name': "2026 Year", 'start_date': date('2025-10-01'),
                'end_date': date('2026-09-30')}])
    pool.get('fupin.linkage.rule').create([{
                'from_date': date('2020-01-01'), 'grace_days': 30,
                'document': "1"}])
    return county


def claim(
        source, household, kind, from_='2024-10-01', to='2025-09-30',
        promises=()):
    pool = Pool()
    Linkage = pool.get('fupin.linkage')
    Kind = pool.get('fupin.linkage.kind')
    kind, = Kind.search([('code', '=', kind)])
    enterprise = source if source.__name__ == 'fupin.enterprise' else None
    linkage, = Linkage.create([{
                'company': (enterprise.company if enterprise else source).id,
                'enterprise': enterprise.id if enterprise else None,
                'household': household.id,
                'kind': kind.id,
                'from_date': date(from_),
                'to_date': date(to) if to else None,
                'promises': [('create', [{
                                'due_date': date(d), 'amount': D(a),
                                } for d, a in promises])],
                }])
    Linkage.post([linkage])
    return linkage


def look(*rules):
    return Pool().get('fupin.early_warning').look(rules=rules)


def warnings(**domain):
    EarlyWarning = Pool().get('fupin.early_warning')
    return {
        (w.household.number, w.rule, w.source): w
        for w in EarlyWarning.search([(n, '=', v) for n, v in domain.items()])}


def test_promise(c, today):
    """2000 promised for 30 September 2025, 30 days of grace: late since 30
    October, until it is paid"""
    claim(c.e1, c.h1, 'shares', promises=[('2025-09-30', '2000')])
    claim(c.c2, c.h2, 'shares', promises=[('2025-09-30', '2000')])
    # due on 10 December: not late before 10 January
    claim(c.e1, c.h3, 'shares', '2025-10-01', '2026-09-30',
        promises=[('2025-12-10', '500')])
    part = c.income(
        c.h1, '2025-09-01', '1500.50', 'remainder', enterprise=c.e1)
    c.pay(part, '1500.50')
    whole = c.income(c.h2, '2025-09-01', '2000', 'remainder', company=c.c2)
    c.pay(whole, '2000')
    today('2025-10-29')
    assert look('promise') == (0, 0, 0)
    today(TODAY)
    assert look('promise') == (1, 0, 0)
    ((_, rule, source), late), = warnings().items()
    assert (late.household, rule) == (c.h1, 'promise')
    assert 'Mushroom Base' in source and 'Mushroom Cooperative' in source
    assert (late.measured, late.compared) == (D('1500.50'), D('2000'))
    assert '499.50' in late.explanation
    # 15 days
    assert late.due_date == date('2026-01-15')
    rest = c.income(
        c.h1, '2025-09-30', '499.50', 'remainder', enterprise=c.e1)
    c.pay(rest, '499.50')
    assert look('promise') == (0, 0, 1)
    assert late.state == 'ended'
    today('2026-01-10')
    assert look('promise') == (1, 0, 0)


def test_contract(c, today):
    """On 31 December 2025 the contracts that ended since June count, and the
    income from June 2024 to May 2025

    H1: 3000 of 10000 from the base, exactly the share; H2: 2999.99 of 10000;
    H3 has a new contract; H4's runs on; H5 has that of the cooperative as a
    whole, 4000 of 4000."""
    for household, of_base in [
            (c.h1, '3000'), (c.h2, '2999.99'), (c.h3, '9000')]:
        c.income(household, '2024-06-01', of_base, enterprise=c.e1)
        c.income(
            household, '2025-05-31', D(10000) - D(of_base), 'pension')
        # outside of the twelve months
        c.income(household, '2024-05-31', '9999', enterprise=c.e1)
        c.income(household, '2025-06-01', '9999', enterprise=c.e1)
        claim(c.e1, household, 'order')
    for household in [c.h4, c.h5]:
        c.income(household, '2025-01-01', '4000', enterprise=c.e2)
    claim(c.e1, c.h3, 'order', '2025-10-01', None)
    claim(c.e2, c.h4, 'order', '2024-10-01', '2025-12-31')
    claim(c.c2, c.h5, 'labour', '2024-10-01', '2025-12-30')
    # too long ago
    claim(c.e2, c.h4, 'labour', '2024-10-01', '2025-05-31')
    Household = Pool().get('fupin.household')
    Household.write([c.h5], {'end_date': None})
    assert look('contract') == (2, 0, 0)
    found = {n: w for (n, _, _), w in warnings().items()}
    assert set(found) == {'H1', 'H5'}
    first = found['H1']
    assert (first.compared, first.share, first.limit_share) == (
        D('3000'), D('0.3'), D('0.3'))
    assert first.to_date == date('2025-09-30')
    assert 'Mushroom Base' in first.explanation
    assert '2025-09-30' in first.explanation
    assert found['H5'].compared == D('4000')
    # 30 days
    assert first.due_date == date('2026-01-30')
    claim(c.e1, c.h1, 'order', '2026-01-01', None)
    today('2026-01-02')
    look('contract')
    assert first.state == 'ended'
    # H4's has ended too, and the income looked at is that from July on:
    # 9999 of H2, and 7000.01 of pension, by the end of June
    assert {n for n, _, _ in warnings(pending=True)} == {'H2', 'H4', 'H5'}


def test_stopped_names_the_enterprise(c):
    """September to November 2025 without delivery: 6000 of 6000 from the
    base the year before, all of it in October 2024"""
    c.income(c.h1, '2024-10-10', '6000', enterprise=c.e1)
    c.income(c.h1, '2025-10-10', '6000', enterprise=c.e2)
    c.income(c.h2, '2024-10-10', '6000', 'labour_wage', company=c.c1)
    assert look('stopped') == (2, 0, 0)
    found = {n: w for (n, _, _), w in warnings().items()}
    assert found['H1'].source == "Mushroom Base (Mushroom Cooperative)"
    assert found['H1'].explanation.startswith("No delivery in season")
    assert found['H1'].compared == D('6000')
    assert found['H2'].source == "Mushroom Cooperative"
    assert found['H2'].explanation.startswith("No pay")
    # the base takes a delivery
    c.income(c.h1, '2025-12-20', '10', enterprise=c.e1)
    assert look('stopped') == (0, 1, 1)
    assert found['H1'].state == 'ended'


def test_cooperatives_see_nothing(c):
    from trytond.model.exceptions import AccessError
    from trytond.transaction import Transaction, check_access
    c.income(c.h1, '2024-10-10', '6000', enterprise=c.e1)
    look('stopped')
    manager = c.user(
        'manager', ['fupin_coop.group_cooperative'], companies=[c.c1])
    with Transaction().set_user(manager.id), check_access():
        for name in ['fupin.early_warning', 'fupin.household.expense']:
            with pytest.raises(AccessError):
                Pool().get(name).search([])
