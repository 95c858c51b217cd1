# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The judgement of growth: arithmetic, and twenty households over four years
worked out by hand."""
import datetime as dt
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trytond.modules.fupin_household import growth

MODULES = ['fupin_household']

STANDARD = growth.Standard(2, D('0.03'), D('0.5'), D('0.8'), D('0.3'))


def figures(per_capita, line='5000', transfer='0.2', largest='0.5',
        industry='0'):
    return growth.Figures(*(
            None if v is None else D(v)
            for v in [per_capita, industry, line, transfer, largest]))


plain = pytest.mark.plain


@plain
@pytest.mark.parametrize('current,previous,expected', [
        ('110', '100', '0.1'), ('100', '300', '-0.6667'),
        ('0', '100', '-1'), ('-50', '100', '-1.5'), ('100', '100', '0'),
        ('100', '0', None), ('100', '-5', None), (None, '100', None),
        ('100', None, None)])
def test_rate(current, previous, expected):
    found = growth.rate(*(
            None if v is None else D(v) for v in [current, previous]))
    assert found == (None if expected is None else D(expected))


@plain
@pytest.mark.parametrize('values,expected', [
        ([1, 2, 3], 2), ([3, 2, 3], 1), ([1, 2, 2], 0), ([3, 2], 0),
        ([5], 0), ([None, 1, 2], 1), ([1, None, 2], 0), ([], 0)])
def test_years_in_row(values, expected):
    assert growth.years_in_row(values) == expected


@plain
@pytest.mark.parametrize('values,expected', [
        # rates 0.1 and 0.1; 0.5 and -0.1: mean 0.2, both 0.3 away
        (['100', '110', '121'], '0'), (['100', '150', '135'], '0.3'),
        # 0, 0, 0.3: mean 0.1, variance (0.01 + 0.01 + 0.04) / 3 = 0.02
        (['100', '100', '100', '130'], '0.1414'),
        (['100', '110'], None), (['0', '100', '110'], None), ([], None)])
def test_volatility(values, expected):
    found = growth.volatility([D(v) for v in values])
    assert found == (None if expected is None else D(expected))


@plain
def test_worst_quarter():
    assert growth.worst_quarter([D(4), D(-1), D(3), D(-1)]) == (2, D(-1))
    assert growth.worst_quarter([D(0)] * 4) == (1, D(0))


money = st.none() | st.decimals('-20000', '200000', places=2)
shares = st.none() | st.decimals('0', '1', places=4)
panels = st.lists(
    st.builds(growth.Figures, money, money, money, shares, shares),
    min_size=1, max_size=6)
standards = st.builds(
    growth.Standard, st.integers(1, 4), st.decimals('0', '0.2', places=4),
    shares, shares, shares)


@plain
@given(panels, standards)
def test_judgement_is_what_it_says(years, standard):
    found = growth.assess(years, standard)
    last = years[-1]
    if found.judgement is None:
        assert found.condition in {'no_persons', 'no_line', 'no_previous'}
        return
    assert (found.judgement == 'below_line') == (last.per_capita < last.line)
    if found.judgement == 'sustained':
        assert found.per_capita > standard.flat_band
        assert found.growing_years >= standard.years
        assert found.years_above >= standard.years
        for name in ['transfer_share', 'largest_share']:
            if None not in {getattr(standard, name), getattr(last, name)}:
                assert getattr(last, name) <= getattr(standard, name)
    if found.judgement == 'falling':
        assert last.per_capita <= years[-2].per_capita
    if found.judgement == 'fragile':
        assert last.per_capita > years[-2].per_capita


@plain
@given(panels, standards, st.decimals('0.01', '10000', places=2))
def test_more_income_is_never_judged_worse(years, standard, more):
    "Above the line stays above it, and who did not fall does not fall"
    before = growth.judge(years, standard)[0]
    last = years[-1]
    if last.per_capita is None:
        return
    better = years[:-1] + [last._replace(per_capita=last.per_capita + more)]
    after = growth.judge(better, standard)[0]
    if before not in {'below_line', None}:
        assert after not in {'below_line', None}
    if before in {'flat', 'sustained', 'fragile'}:
        assert after != 'falling'
    if before in {'sustained', 'fragile'}:
        assert after in {'sustained', 'fragile'}


@plain
@given(panels, standards)
def test_laxer_standard_is_never_judged_worse(years, standard):
    lax = standard._replace(
        years=1, transfer_share=None, largest_share=None, volatility=None)
    if growth.judge(years, standard)[0] == 'sustained':
        assert growth.judge(years, lax) == ('sustained', 'all')


# Twenty households over four years, the line 5000 in each

# Persons; the income of the years 2023 to 2026 as wage from outside, sale
# with its cost, pension; worked out by hand for 2026: persons, per capita,
# growth in %, industry growth in %, years in a row, years above the line,
# volatility, judgement and the condition that decides.
#
# 1  5000, 6000, 7000, 8400: +20 %; +16.67 %, +20 %: mean of 0.2, 0.1667,
#    0.2 is 0.1889, deviations 0.0111, -0.0222, 0.0111, root of their mean
#    square 0.0157
# 2  two persons, 12000, 13000, 14000, 15000: 6000, 6500, 7000, 7500;
#    0.0833, 0.0769, 0.0714: mean 0.0772, 0.0061, -0.0003, -0.0058: 0.0049
PANEL = [
    # wages and sales, grows each year, above the line throughout
    (1, [(2500, 2500, 0, 0), (3000, 3000, 0, 0), (3500, 3500, 0, 0),
            (4200, 4200, 0, 0)],
        ('8400', '0.2', '0.2', 3, 4, '0.0157', 'sustained', 'all')),
    (2, [(6000, 6000, 0, 0), (6500, 6500, 0, 0), (7000, 7000, 0, 0),
            (7500, 7500, 0, 0)],
        ('7500', '0.0714', '0.0714', 3, 4, '0.0049', 'sustained', 'all')),
    # costs count: 10000 - 2000 = 8000, before 9000 - 2000 = 7000, 6000, 5500
    (1, [(3000, 4500, 2000, 0), (3000, 5000, 2000, 0), (3000, 6000, 2000, 0),
            (3000, 7000, 2000, 0)],
        ('8000', '0.1429', '0.1667', 3, 4, '0.0317', 'sustained', 'all')),
    # exactly half from transfers is not too much
    (1, [(1250, 1250, 0, 2500), (1500, 1500, 0, 3000), (1750, 1750, 0, 3500),
            (2000, 2000, 0, 4000)],
        ('8000', '0.1429', '0.1429', 3, 4, '0.0234', 'sustained', 'all')),
    # more than half: 4400 of 8400
    (1, [(1250, 1250, 0, 2500), (1500, 1500, 0, 3000), (1750, 1750, 0, 3500),
            (2000, 2000, 0, 4400)],
        ('8400', '0.2', '0.1429', 3, 4, '0.0157', 'fragile',
            'transfer_share')),
    # all from one source
    (1, [(5000, 0, 0, 0), (6000, 0, 0, 0), (7000, 0, 0, 0), (8400, 0, 0, 0)],
        ('8400', '0.2', None, 3, 4, '0.0157', 'fragile', 'largest_share')),
    # exactly 80 % from one source: 6400 of 8000
    (1, [(1000, 4000, 0, 0), (1200, 4800, 0, 0), (1400, 5600, 0, 0),
            (1600, 6400, 0, 0)],
        ('8000', '0.1429', '0.1429', 3, 4, '0.0234', 'sustained', 'all')),
    # first year above the line
    (1, [(1500, 1500, 0, 0), (1800, 1800, 0, 0), (2200, 2200, 0, 0),
            (2600, 2600, 0, 0)],
        ('5200', '0.1818', '0.1818', 3, 1, '0.0165', 'fragile',
            'years_above')),
    # exactly on the line is not below it: 5000, then 5400
    (1, [(2000, 2000, 0, 0), (2250, 2250, 0, 0), (2500, 2500, 0, 0),
            (2700, 2700, 0, 0)],
        ('5400', '0.08', '0.08', 3, 2, '0.0188', 'sustained', 'all')),
    # grew once, after a fall: 8000, 7000, 7700
    (1, [(4000, 4000, 0, 0), (4000, 4000, 0, 0), (3500, 3500, 0, 0),
            (3850, 3850, 0, 0)],
        ('7700', '0.1', '0.1', 1, 4, '0.0920', 'fragile', 'growing_years')),
    # 5000, 5100, 12750, 13260: too unsteady; the mean of 0.02, 1.5 and 0.04
    # is 0.52, the root of (0.25 + 0.9604 + 0.2304) / 3 is 0.6930
    (1, [(2500, 2500, 0, 0), (2550, 2550, 0, 0), (6375, 6375, 0, 0),
            (6630, 6630, 0, 0)],
        ('13260', '0.04', '0.04', 3, 4, '0.6930', 'fragile', 'volatility')),
    # plus 3 % is flat
    (1, [(4000, 4000, 0, 0), (4000, 4000, 0, 0), (5000, 5000, 0, 0),
            (5150, 5150, 0, 0)],
        ('10300', '0.03', '0.03', 2, 4, '0.1115', 'flat', 'growth')),
    # minus 3 % too
    (1, [(4000, 4000, 0, 0), (4000, 4000, 0, 0), (5000, 5000, 0, 0),
            (4850, 4850, 0, 0)],
        ('9700', '-0.03', '-0.03', 0, 4, '0.1255', 'flat', 'growth')),
    # nothing changed
    (2, [(6000, 6000, 0, 0)] * 4,
        ('6000', '0', '0', 0, 4, '0', 'flat', 'growth')),
    # minus 4 %
    (1, [(4000, 4000, 0, 0), (4000, 4000, 0, 0), (5000, 5000, 0, 0),
            (4800, 4800, 0, 0)],
        ('9600', '-0.04', '-0.04', 0, 4, '0.1283', 'falling', 'growth')),
    # half is lost, still above the line
    (1, [(8000, 4000, 0, 0), (8000, 4000, 0, 0), (8000, 4000, 0, 0),
            (6000, 0, 0, 0)],
        ('6000', '-0.5', '-1', 0, 4, '0.2357', 'falling', 'growth')),
    # grew, but not to the line
    (1, [(1000, 1000, 0, 0), (1500, 1500, 0, 0), (2000, 2000, 0, 0),
            (2499, '2500.99', 0, 0)],
        ('4999.99', '0.25', '0.2505', 3, 0, '0.1039', 'below_line', 'line')),
    # three persons share 14000
    (3, [(8000, 8000, 0, 0), (8000, 8000, 0, 0), (8000, 8000, 0, 0),
            (7000, 7000, 0, 0)],
        ('4666.67', '-0.125', '-0.125', 0, 0, '0.0589', 'below_line',
            'line')),
    # more cost than income the year before: 2000 - 6000 = -4000
    (1, [(4000, 4000, 0, 0), (4000, 4000, 0, 0), (1000, 1000, 6000, 0),
            (4000, 4000, 0, 0)],
        ('8000', None, '3', 1, 1, '0.75', 'fragile', 'previous')),
    # everybody has left
    (0, [(4000, 4000, 0, 0), (4000, 4000, 0, 0), (4000, 4000, 0, 0),
            (4000, 4000, 0, 0)],
        (None, None, '0', 0, 0, '0', None, 'no_persons')),
    ]


def test_panel(transaction, monkeypatch):
    "From the lines of the ledger to the judgement, by the SQL and the model"
    from test_fupin_household import declaration, household, income, person
    from trytond.pool import Pool
    pool = Pool()
    Country = pool.get('country.country')
    Date = pool.get('ir.date')
    Household = pool.get('fupin.household')
    HouseholdYear = pool.get('fupin.household.year')
    Income = pool.get('fupin.income')
    Line = pool.get('fupin.poverty.line')
    Membership = pool.get('fupin.household.membership')
    Subdivision = pool.get('country.subdivision')
    Year = pool.get('fupin.income.year')
    monkeypatch.setattr(Date, 'today', lambda *a, **k: dt.date(2026, 11, 30))
    country, = Country.create([{'name': "中国", 'code': 'CN'}])
    Subdivision.load_areas([
            ('410990', "试验县"), ('410990101', "镇"),
            ('410990101201', "村")], country)
    village, = Subdivision.search([('code', '=', '410990101201')])
    years = Year.create([{
                'name': str(y),
                'start_date': dt.date(y - 1, 10, 1),
                'end_date': dt.date(y, 9, 30),
                } for y in range(2023, 2027)])
    Line.create([{
                'year': y.id, 'amount': D(5000), 'document': "省发"}
            for y in years])
    households, lines = [], []
    assert len(PANEL) == 20
    for i, (persons, amounts, _) in enumerate(PANEL):
        h = household(village, f"户{i}", others=max(persons - 1, 0))
        if not persons:
            Membership.write(
                list(h.memberships), {'to_date': dt.date(2026, 9, 29)})
        households.append(h)
        for year, (wage, sale, cost, pension) in zip(years, amounts):
            d = declaration(h, *(
                    ('pension', year.start_date, '1', '0')
                    for _ in range(3)))
            for origin, category, amount, of_cost, months in [
                    (d.lines[0], 'wage_outside', wage, 0, 1),
                    (d.lines[1], 'sale', sale, cost, 4),
                    (d.lines[2], 'pension', pension, 0, 9)]:
                if amount:
                    date = dt.date(
                        year.start_date.year + (10 + months > 12),
                        (9 + months) % 12 + 1, 15)
                    lines.append(income(
                            h, date, str(amount), origin, category,
                            str(of_cost)))
    Income.post(lines)
    assert person
    Year.judge(years)

    def rows(year):
        return {
            r.household: r for r in HouseholdYear.search(
                [('year', '=', year.id)])}
    found = rows(years[-1])
    for number, (h, (persons, amounts, expected)) in enumerate(
            zip(households, PANEL), 1):
        row = found[h]
        wage, sale, cost, pension = map(D, amounts[-1])
        assert row.persons == persons, number
        assert (row.wage, row.business, row.transfer, row.cost, row.net) == (
            wage, sale, pension, cost, wage + sale + pension - cost), number
        assert (row.per_capita, row.growth, row.industry_growth,
            row.growing_years, row.years_above, row.volatility,
            row.judgement, row.condition) == tuple(
                D(v) if isinstance(v, str) and v[-1].isdigit() else v
                for v in expected), number
        assert row.judged_on == dt.date(2026, 11, 30)
    # the wage in November, the sale in January, the pension in July; what
    # was earned in no quarter is nothing
    assert [
        (found[households[i]].worst_quarter,
            found[households[i]].worst_quarter_net)
        for i in [0, 3, 18]] == [(3, D(0)), (3, D(0)), (3, D(0))]
    before = rows(years[2])[households[18]]
    assert (before.worst_quarter, before.worst_quarter_net) == (2, D(-5000))
    assert {r.condition for r in rows(years[0]).values()} == {
        'no_previous', 'line'}

    # in the lists
    sustained = [
        h for h, p in zip(households, PANEL) if p[2][6] == 'sustained']
    assert len(sustained) == 6
    assert set(Household.search([('judgement', '=', 'sustained')])) == set(
        sustained)
    assert Household.search([('judgement', '=', None)]) == [households[19]]
    assert len(Household.search([('judgement', '!=', None)])) == 19
    assert [h.judgement for h in Household.browse(households)] == [
        p[2][6] for p in PANEL]
    assert HouseholdYear.search_count([
            ('judgement', '=', 'below_line'),
            ('year', '=', years[-1].id)]) == 2

    # closed with its judgement, which stays
    Year.close([years[-1]])
    Line.delete(Line.search([('year', '=', years[0].id)]))
    Membership.delete(list(households[0].memberships))
    HouseholdYear.judge_ended()
    assert rows(years[-1])[households[0]].judgement == 'sustained'


def test_year_and_standard(transaction, monkeypatch):
    "A running year is not judged, nor one without standard"
    from trytond.modules.fupin_household.exceptions import GrowthError
    from trytond.pool import Pool
    pool = Pool()
    Date = pool.get('ir.date')
    Standard = pool.get('fupin.growth.standard')
    Year = pool.get('fupin.income.year')
    monkeypatch.setattr(Date, 'today', lambda *a, **k: dt.date(2026, 9, 30))
    year, = Year.create([{
                'name': '2026', 'start_date': dt.date(2025, 10, 1),
                'end_date': dt.date(2026, 9, 30)}])
    with pytest.raises(GrowthError, match="lasts until"):
        Year.judge([year])
    monkeypatch.setattr(Date, 'today', lambda *a, **k: dt.date(2026, 10, 1))
    Year.judge([year])
    Standard.delete(Standard.search([]))
    with pytest.raises(GrowthError, match="no standard of growth"):
        Year.judge([year])


def test_standard_of_the_date(transaction):
    from trytond.pool import Pool
    Standard = Pool().get('fupin.growth.standard')
    later, = Standard.create([{
                'from_date': dt.date(2026, 1, 1), 'document': "县发",
                'years': 3, 'panel': 5, 'flat_band': D('0.05')}])
    assert Standard.find(dt.date(2025, 12, 31)).years == 2
    assert Standard.find(dt.date(2026, 1, 1)) == later
    assert Standard.find(dt.date(2013, 12, 31)) is None
    assert later.get_plain() == growth.Standard(3, D('0.05'), None, None, None)
