# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The benchmarks on a tiny county: it is true, both sides of each work give
the same answer, and what is kept is compared as it should be."""
import datetime as dt

import pytest
from trytond.transaction import Transaction

from benchmarks import (
    county, forms, imports, income_reports, measure, posting)
from benchmarks.server import LocalClient

pytestmark = pytest.mark.postgresql
# 200 households
PLAN = county.Plan(.004, dt.date.today())


@pytest.fixture(scope='module')
def bench(database):
    translate(database)
    county.run(database, PLAN, trusted=False)
    return measure.Bench(database, PLAN, None, rounds=1)


def translate(database):
    "Allow Chinese, which the installation does"
    from trytond.pool import Pool
    with Transaction().start(database, 1) as transaction:
        Lang = Pool().get('ir.lang')
        chinese, = Lang.search([('code', '=', 'zh_CN')])
        chinese.translatable = True
        chinese.save()
        transaction.commit()


def count(bench, table):
    return bench.select(f'SELECT count(*) FROM {table}')[0][0]


def test_county(bench):
    assert count(bench, 'fupin_household') == PLAN.households == 200
    assert count(bench, 'fupin_delivery') == PLAN.deliveries
    assert count(bench, 'company_company') == PLAN.cooperatives
    assert count(bench, 'fupin_income') == (
        count(bench, 'fupin_delivery')
        + count(bench, 'fupin_income_declaration_line'))
    (income, delivered), = bench.select(
        'SELECT (SELECT sum(amount) FROM fupin_income WHERE industry), '
        '(SELECT sum(amount) FROM fupin_delivery)')
    assert income == delivered > 0
    (debit, credit), = bench.select(
        'SELECT sum(debit), sum(credit) FROM account_move_line')
    assert debit == credit > 0


def test_county_is_the_same_every_time():
    values = [county.Plan(1, dt.date(2026, 11, 28)) for _ in range(2)]
    assert vars(values[0]) == vars(values[1])
    assert values[0].households == 50_000
    assert [*values[0].years] == [2023, 2024, 2025, 2026, 2027]


def test_income_reports(bench):
    "Both sides give the same answer, else AnswerError"
    results = list(income_reports.run(bench))
    assert [r.name[:3] for r in results] == ['W3a', 'W3b', 'W3c']
    for result in results:
        assert result.ratio and result.statements


def test_imports(bench):
    "What the importers write is what COPY writes, else AnswerError"
    results = list(imports.run(bench))
    assert [r.name[:2] for r in results] == ['W1', 'W2']
    for result in results:
        assert result.ratio and result.statements


def test_wrong_answer(bench):
    with pytest.raises(measure.AnswerError, match='W0: 1 and 2'):
        bench.alternate(
            'W0', lambda: 1, lambda: 2,
            check=lambda ours, floor: f'{ours} and {floor}')


def test_household_form(bench):
    result = forms.household(bench)
    assert result.statements
    assert not result.grows


@pytest.mark.parametrize('login', forms.ROLES)
def test_lists(bench, login):
    results = list(forms.lists(bench, login))
    assert len(results) > 3
    assert not [r.name for r in results if r.grows]


def test_posting(bench):
    before = count(bench, 'account_move')
    posting.alone(bench)
    after = count(bench, 'account_move')
    assert after - before == bench.rounds * 10 + 1


def test_refused_call(bench):
    client = LocalClient(bench.database, county.TOWNSHIP)
    with pytest.raises(Exception, match='account.move'):
        client.model('account.move', 'search', [], 0, 1, None)


def result(**values):
    return measure.Result('W1', **{
            'ours': [2.0, 2.1], 'floor': [1.0, 1.0], 'statements': 10,
            **values})


@pytest.mark.parametrize('values, kept, problem', [
        ({}, 1.5, None),
        ({}, 1.3, "ratio 2.00, kept 1.30"),
        # too short to say anything
        ({'ours': [.02], 'floor': [.01]}, 1.3, None),
        ({'growing': 12}, 2, None),
        ({'growing': 100}, 2, "10 statements, with more rows 100"),
        ])
def test_compare(values, kept, problem):
    problems = measure.compare(
        [result(**values)], {'W1': {'ratio': kept}})
    assert problems == ([f'W1: {problem}'] if problem else [])


def test_new_work():
    assert measure.compare([result()], {}) == []


@pytest.mark.parametrize('values, reached', [
        ({'limit': 2}, True),
        ({'limit': 1.9}, False),
        ({'limit': None}, None),
        # milliseconds of 95 of 100
        ({'floor': [], 'limit': 2100}, True),
        ({'floor': [], 'limit': 2000}, False),
        ])
def test_reached(values, reached):
    assert result(**values).reached is reached
