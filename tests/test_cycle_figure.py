# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The figures of a cycle, without a database."""
import datetime as dt
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.fupin_industry import cycle_figure as figure

pytestmark = pytest.mark.plain
amounts = st.decimals(D(0), D(10) ** 8, places=2)
quantities = st.decimals(D('0.001'), D(10) ** 6, places=3)
dates = st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31))


@pytest.mark.parametrize('fresh, bags, dry, expected', [
        # 850 kg of 1000 bags with 1 kg each
        ('850', '1000', '1', '85.00'),
        # 1463.4 / (1960 × 0.95) = 78.5929…
        ('1463.4', '1960', '0.95', '78.59'),
        ('0', '10', '1', '0.00'),
        ])
def test_biological_efficiency(fresh, bags, dry, expected):
    assert figure.biological_efficiency(
        D(fresh), D(bags), D(dry)) == D(expected)


@pytest.mark.parametrize('bags, dry', [(None, D(1)), (D(10), None), (0, 1)])
def test_no_efficiency_without_substrate(bags, dry):
    assert figure.biological_efficiency(D(5), bags, dry) is None


def test_contamination():
    assert figure.contamination_rate(D(40), 2000) == D('2.00')
    assert figure.contamination_rate(D(40), None) is None
    assert figure.good_bags(2000, D(40)) == 1960
    assert figure.good_bags(10, D(40)) == 0


@given(amounts, quantities)
def test_rate_of_good_and_bad_bags(bags, part):
    "What is contaminated and what is not are all the bags"
    if part <= bags:
        assert figure.good_bags(bags, part) + part == bags
        assert 0 <= figure.contamination_rate(part, bags) <= 100


@given(amounts, quantities)
def test_per_unit(amount, units):
    per_unit = figure.per_unit(amount, units)
    assert abs(per_unit * units - amount) <= units * D('0.005')


@pytest.mark.parametrize('units', [None, D(0), D(-1)])
def test_per_unit_of_nothing(units):
    assert figure.per_unit(D(10), units) is None


@given(*[amounts] * 5)
def test_margin_is_what_is_left_over(revenue, used, left, cost, bought):
    margin = figure.margin(revenue, used, left, cost, bought)
    assert margin + cost + bought == revenue + used + left
    # goods that are sold for what they cost leave nothing
    assert figure.margin(cost + bought, 0, 0, cost, bought) == 0


@given(amounts, amounts)
def test_deviation(planned, actual):
    difference, rate = figure.deviation(planned, actual)
    assert planned + difference == actual
    if not planned:
        assert rate is None
    elif difference >= D(0):
        assert rate >= 0
    else:
        assert -100 <= rate <= 0


def test_deviation_by_hand():
    assert figure.deviation(D('800'), D('860')) == (D(60), D('7.50'))
    assert figure.deviation(D('800'), D('700')) == (D(-100), D('-12.50'))


@given(quantities, st.integers(1, 10 ** 6))
def test_plan_grows_with_the_scale(per_unit, scale):
    assert figure.planned_quantity(per_unit, D(scale)) == per_unit * scale
    assert figure.planned_quantity(per_unit, None) is None


GRADES = [
    ('top', D(5), D(12)),
    ('sweet', None, D(11)),
    ('big', D(3), None),
    ]


@pytest.mark.parametrize('weight, sugar, expected', [
        ('6', '12.5', 'top'), ('5', '12', 'top'), ('4.9', '12', 'sweet'),
        ('4', '10', 'big'), ('2', '10', None), (None, '12', 'sweet'),
        ('5', None, 'big'), (None, None, None)])
def test_best_grade(weight, sugar, expected):
    assert figure.best_grade(
        GRADES, weight and D(weight), sugar and D(sugar)) == expected


@given(
    st.decimals(D(0), D(20), places=3), st.decimals(D(0), D(20), places=1))
def test_best_grade_is_met_and_no_better_one(weight, sugar):
    best = figure.best_grade(GRADES, weight, sugar)
    for key, *least in GRADES:
        if key == best:
            assert figure.meets(least, weight, sugar) is None
            break
        assert figure.meets(least, weight, sugar)


def test_years_before():
    assert figure.years_before(dt.date(2024, 2, 29), 1) == dt.date(
        2023, 2, 28)
    assert figure.years_before(dt.date(2026, 4, 1), 5) == dt.date(2021, 4, 1)


@pytest.mark.parametrize('earlier, expected', [
        (['2021-04-02'], '2021-04-02'), (['2021-04-01'], None),
        (['2022-03-01', '2024-03-20', '2019-01-01'], '2024-03-20'),
        (['2026-04-01', '2027-01-01'], None), ([], None)])
def test_too_early(earlier, expected):
    "Five years are over on the same day"
    found = figure.too_early(
        dt.date(2026, 4, 1), [dt.date.fromisoformat(d) for d in earlier], 5)
    assert found == (expected and dt.date.fromisoformat(expected))


@given(dates, st.lists(dates), st.integers(0, 10))
def test_too_early_is_within_the_years(start, earlier, years):
    found = figure.too_early(start, earlier, years)
    within = [
        d for d in earlier if figure.years_before(start, years) < d < start]
    assert found == (max(within) if within and years else None)
