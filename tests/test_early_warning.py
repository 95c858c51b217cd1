# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Warnings of falling back into poverty: arithmetic, figures worked out by
hand, from the ledger to the answer."""
import datetime as dt
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trytond.modules.fupin_household import early_warning as ew

import warning_panel as panel

MODULES = ['fupin_household']
STANDARD = ew.Standard(
    0, 6, D('0.3'), D('3000'), 3, D('0.3'), D('0.2'), D('10000'))
plain = pytest.mark.plain


@plain
@pytest.mark.parametrize('month,count,expected', [
        ((2026, 1), -1, (2025, 12)), ((2025, 12), 1, (2026, 1)),
        ((2026, 11), -12, (2025, 11)), ((2026, 3), 0, (2026, 3)),
        ((2026, 3), -27, (2023, 12))])
def test_add_months(month, count, expected):
    assert ew.add_months(month, count) == expected


@plain
@pytest.mark.parametrize('date,lag,expected', [
        ('2026-12-01', 0, (2026, 11)), ('2026-11-30', 0, (2026, 10)),
        ('2026-01-31', 0, (2025, 12)), ('2026-01-31', 2, (2025, 10))])
def test_month_before(date, lag, expected):
    "A month that is not over is not looked at"
    assert ew.month_before(dt.date.fromisoformat(date), lag) == expected


@plain
@pytest.mark.parametrize('month,count,shift,first,last', [
        ((2026, 11), 12, 0, '2025-12-01', '2026-11-30'),
        ((2026, 11), 3, 12, '2025-09-01', '2025-11-30'),
        ((2024, 2), 1, 0, '2024-02-01', '2024-02-29'),
        ((2026, 2), 3, 0, '2025-12-01', '2026-02-28')])
def test_window(month, count, shift, first, last):
    assert ew.window(month, count, shift) == (
        dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@plain
@pytest.mark.parametrize('date,expected', [
        ('2026-11-30', '2025-12-01'), ('2026-11-15', '2025-11-16'),
        ('2024-02-28', '2023-03-01'), ('2024-02-29', '2023-03-01'),
        ('2025-02-28', '2024-03-01')])
def test_year_before(date, expected):
    assert ew.year_before(dt.date.fromisoformat(date)) == (
        dt.date.fromisoformat(expected))


@plain
@pytest.mark.parametrize('net,persons,line,measured', [
        # 25499.99 / 3 = 8499.9967 is 8500.00 to the cent: on the line
        ('25499.99', 3, '8500', None),
        # 25499.98 / 3 = 8499.9933 is 8499.99
        ('25499.98', 3, '8500', '8499.99'),
        ('8500', 1, '8500', None), ('-120', 2, '8500', '-60'),
        ('0', 4, '8500', '0'), ('100', 0, '8500', None),
        ('100', 1, None, None)])
def test_below_line(net, persons, line, measured):
    found = ew.below_line(D(net), persons, line and D(line))
    if measured is None:
        assert found is None
    else:
        assert found == ew.Finding('line', D(measured), D(line))


@plain
@pytest.mark.parametrize('now,before,share', [
        # 3 of 10 thousand is exactly the share
        ('7000', '10000', '0.3'), ('7000.01', '10000', None),
        # 1999.99 yuan are too little, whatever the share
        ('0', '1999.99', None), ('0', '2000', '1'),
        ('-1000', '4000', '1.25'), ('5000', '0', None),
        ('-9000', '-1000', None), ('10000', '10000', None),
        ('12000', '10000', None)])
def test_fell(now, before, share):
    found = ew.fell(D(now), D(before), D('0.3'), D('2000'))
    if share is None:
        assert found is None
    else:
        assert (found.measured, found.compared, found.share) == (
            D(now), D(before), D(share))


@plain
@pytest.mark.parametrize('now,before,year,whole,share', [
        # 3600 of 12000 is a main source, 900 of it in its season
        ('0', '900', '3600', '12000', '0.3'),
        ('0', '900', '3599.99', '12000', None),
        ('0', '719.99', '3600', '12000', None),
        ('0', '720', '3600', '12000', '0.3'),
        ('0.01', '900', '3600', '12000', None),
        # a reversal leaves nothing
        ('-5', '900', '3600', '3600', '1'),
        ('0', '0', '3600', '12000', None), ('0', '0', '0', '0', None)])
def test_stopped(now, before, year, whole, share):
    found = ew.stopped(
        D(now), D(before), D(year), D(whole), D('0.3'), D('0.2'), 'x')
    if share is None:
        assert found is None
    else:
        assert (found.compared, found.share, found.subject) == (
            D(before), D(share), 'x')


@plain
@pytest.mark.parametrize('own,expected', [
        ('10000', True), ('9999.99', False), ('0', False)])
def test_large_expense(own, expected):
    assert bool(ew.large_expense(D(own), D('10000'))) == expected


months = st.tuples(st.integers(2015, 2030), st.integers(1, 12))
amounts = st.decimals('-20000', '200000', places=2)
positive = st.decimals('0', '200000', places=2)
series = st.lists(positive, min_size=24, max_size=24)


@plain
@given(months, st.integers(-60, 60), st.integers(-60, 60))
def test_months_add_up(month, a, b):
    assert ew.add_months(ew.add_months(month, a), b) == ew.add_months(
        month, a + b)
    assert (ew.add_months(month, 1) > month > ew.add_months(month, -1))


@plain
@given(months, st.integers(1, 12), series)
def test_windows_and_totals_are_the_same_days(month, count, values):
    "What is summed by month is what lies between the days of the window"
    of = {ew.add_months(month, -i): v for i, v in enumerate(values)}
    for shift in [0, 12]:
        first, last = ew.window(month, count, shift)
        assert ew.total(of, month, count, shift) == sum(
            (v for m, v in of.items() if first <= dt.date(*m, 15) <= last),
            D(0))
        assert (last - first).days + 1 >= 28 * count


@plain
@given(amounts, amounts, st.decimals('0.01', '1', places=4), positive,
    positive)
def test_more_income_never_warns(now, before, share, floor, more):
    after = ew.fell(now + more, before, share, floor)
    if after:
        assert ew.fell(now, before, share, floor)
        assert after.compared - after.measured >= floor
        assert after.share >= share - ew.SHARE
    if ew.below_line(now + more, 3, D(8500)):
        assert ew.below_line(now, 3, D(8500))


@plain
@given(series, series, months)
def test_nothing_lost_is_no_warning(first, second, month):
    "Who earns in each month at least what he did a year before is not warned"
    better = [max(a, b) for a, b in zip(first[:12], first[12:])] + first[12:]
    of = {ew.add_months(month, -i): v for i, v in enumerate(better)}
    rules = {f.rule for f in ew.look({'a': of}, month, 1, D(0), STANDARD)}
    assert not rules


# the synthetic panel

@plain
def test_panel_is_the_same_every_time():
    assert panel.draw(1, 40) == panel.draw(1, 40)
    assert panel.draw(1, 40) != panel.draw(2, 40)


@plain
@pytest.mark.parametrize('seed', range(5))
def test_panel_measured(seed):
    "Recall and precision as docs/logic/warning.md states them"
    recall, whole, precision, _, delay = panel.measure(
        panel.draw(seed), STANDARD)
    assert recall['job_lost'] == recall['expense'] == 1
    assert recall['no_delivery'] == 1
    assert whole >= .83
    assert precision >= .5
    assert delay <= 3


# from the ledger to the answer

TODAY = dt.date(2026, 12, 1)


@pytest.fixture
def today(monkeypatch, transaction):
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    for name in ['lock_table', 'lock_records']:
        monkeypatch.setattr(Transaction, name, lambda *args: None)
    Date = Pool().get('ir.date')

    def set_today(date):
        monkeypatch.setattr(Date, 'today', lambda *a, **k: date)
    set_today(TODAY)
    return set_today


class County:
    "Two townships with an officer each, the county and an auditor"

    def __init__(self):
        from test_fupin_household import household, user
        from trytond.pool import Pool
        pool = Pool()
        Country = pool.get('country.country')
        Line = pool.get('fupin.poverty.line')
        Subdivision = pool.get('country.subdivision')
        Year = pool.get('fupin.income.year')
        self.household = household
        country, = Country.create([{'name': "中国", 'code': 'CN'}])
        Subdivision.load_areas([
                ('410990', "试验县"),
                ('410990101', "一镇"), ('410990101201', "一村"),
                ('410990102', "二镇"), ('410990102201', "二村")], country)
        self.area = {
            a.name: a for a in Subdivision.search([
                    ('country', '=', country.id)])}
        years = Year.create([{
                    'name': str(y),
                    'start_date': dt.date(y - 1, 10, 1),
                    'end_date': dt.date(y, 9, 30),
                    } for y in range(2025, 2028)])
        # that of 2027 is not decided yet
        Line.create([{
                    'year': y.id, 'amount': D(8000 + 500 * i),
                    'document': "县发"} for i, y in enumerate(years[:2])])
        self.officer1 = user('one', ['group_township'], [self.area["一镇"]])
        self.officer2 = user('two', ['group_township'], [self.area["二镇"]])
        self.later = user('later', ['group_township'], [self.area["一镇"]])
        self.county = user('county', ['group_county'], [self.area["试验县"]])
        self.auditor = user(
            'auditor', ['group_auditor'], [self.area["试验县"]])

    def earn(self, household, *lines):
        "Post lines of date, amount, category and cost"
        from test_fupin_household import declaration, income
        from trytond.pool import Pool
        lines = [(*line, '0')[:4] for line in lines]
        d = declaration(household, *(
                ('pension', date(line[0]), '1', '0') for line in lines))
        Pool().get('fupin.income').post([
                income(household, date(day), a, line, c, cost)
                for (day, a, c, cost), line in zip(
                    lines, sorted(d.lines, key=lambda x: x.id))])
        return d


def date(text):
    return dt.date.fromisoformat(text)


def warnings(**domain):
    "Return {(number of the household, rule): warning}"
    from trytond.pool import Pool
    EarlyWarning = Pool().get('fupin.early_warning')
    return {
        (w.household.head.name, w.rule): w for w in EarlyWarning.search(
            [(n, '=', v) for n, v in domain.items()])}


@pytest.fixture
def county(today):
    return County()


def fill(c):
    """Four households, looked at on 1 December 2026: the twelve months are
    December 2025 to November 2026, the six are June to November, the three
    September to November.

    稳: 20000 in March of each year, two persons: 10000 per person; the line
    of 8500 holds until there is another.
    低: 20000 in March 2025, 18000 less a cost of 1000.02 in March 2026:
    16999.98 / 2 = 8499.99, one cent below the line.
    降: 30000 in July 2025, 21000 in July 2026, one person: down by 9000 or
    30 %, far above the line.
    停: wages of 4000 in each of January 2025 to October 2025 and nothing
    after, and 60000 of sales in December 2025: the year before (December 2024
    to November 2025) 40000 of wages of 40000 in all, 8000 of them in
    September to November 2025; one person."""
    one, two = c.area["一村"], c.area["二村"]
    h = {
        '稳': c.household(one, '稳', others=1),
        '低': c.household(one, '低', others=1),
        '降': c.household(two, '降'),
        '停': c.household(two, '停'),
        }
    c.earn(h['稳'], ('2025-03-05', '20000', 'sale'),
        ('2026-03-05', '20000', 'sale'))
    c.earn(h['低'], ('2025-03-05', '20000', 'sale'),
        ('2026-03-05', '18000', 'sale', '1000.02'))
    c.earn(h['降'], ('2025-07-05', '30000', 'sale'),
        ('2026-07-05', '21000', 'sale'))
    c.earn(h['停'], *(
            (f'2025-{m:02}-28', '4000', 'wage_outside')
            for m in range(1, 11)), ('2025-12-10', '60000', 'sale'))
    return h


def test_found(county):
    "Each with its figures, its officer and its due date"
    from trytond.pool import Pool
    EarlyWarning = Pool().get('fupin.early_warning')
    fill(county)
    assert EarlyWarning.look() == (4, 0, 0)
    found = warnings()
    assert set(found) == {
        ('低', 'line'), ('降', 'fall'), ('停', 'stopped'), ('停', 'fall')}

    low = found['低', 'line']
    assert (low.measured, low.compared) == (D('8499.99'), D('8500'))
    assert (low.from_date, low.to_date) == (
        dt.date(2025, 12, 1), dt.date(2026, 11, 30))
    # 15 days, by the officer of the township who was entered first
    assert (low.found_on, low.due_date) == (TODAY, dt.date(2026, 12, 16))
    assert low.owner == county.officer1
    assert low.township == county.area["一镇"]
    assert '8,499.99' in low.explanation and '0.01' in low.explanation
    assert low.source is None

    fell = found['降', 'fall']
    assert (fell.measured, fell.compared, fell.share) == (
        D('21000'), D('30000'), D('0.3'))
    assert (fell.limit_share, fell.limit_amount) == (D('0.3'), D('3000'))
    assert (fell.from_date, fell.to_date) == (
        dt.date(2026, 6, 1), dt.date(2026, 11, 30))
    assert fell.owner == county.officer2
    assert fell.due_date == dt.date(2026, 12, 31)
    assert '30.0 %' in fell.explanation

    stopped = found['停', 'stopped']
    assert (stopped.measured, stopped.compared, stopped.share) == (
        D('0'), D('8000'), D('1'))
    assert stopped.detail == 'wage'
    assert stopped.explanation.startswith('No pay')
    assert stopped.source and stopped.source in stopped.explanation
    # June to November: 5 months of 4000, then nothing
    assert found['停', 'fall'].compared == D('20000')


def test_once(county, today):
    "Found again it is updated, gone it ends, answered it waits"
    from trytond.pool import Pool
    pool = Pool()
    EarlyWarning = pool.get('fupin.early_warning')
    h = fill(county)
    EarlyWarning.look()
    assert EarlyWarning.look() == (0, 4, 0)
    low = warnings()['低', 'line']
    county.earn(h['低'], ('2026-11-05', '0.01', 'sale'))
    today(dt.date(2026, 12, 2))
    # 16999.99 / 2 = 8499.995, which is 8500.00 to the cent
    assert EarlyWarning.look() == (0, 3, 1)
    assert (low.state, low.ended_on, low.holds) == (
        'ended', dt.date(2026, 12, 2), False)
    assert not low.pending

    # answered, it is not found anew while the reason holds
    fell = warnings()['降', 'fall']
    EarlyWarning.take_up([fell])
    EarlyWarning.close_with([fell], 'helped', "联系到县内务工")
    assert fell.state == 'answered' and fell.holds
    assert EarlyWarning.look() == (0, 2, 0)
    assert fell.state == 'answered'
    # in December the six months are July to December: it still holds after
    # 180 days?  In June 2027 the months are December to May: nothing fell
    today(dt.date(2027, 6, 1))
    EarlyWarning.look()
    assert (fell.state, fell.holds) == ('answered', False)
    assert not warnings(pending=True).get(('降', 'fall'))


def test_repeated(county, today):
    "So many days after the answer it is said again when it still holds"
    from trytond.pool import Pool
    pool = Pool()
    EarlyWarning = pool.get('fupin.early_warning')
    Standard = pool.get('fupin.early_warning.standard')
    fill(county)
    EarlyWarning.look()
    low = warnings()['低', 'line']
    EarlyWarning.close_with([low], 'false_alarm', "粮食尚未出售")
    Standard.write(Standard.search([]), {'repeat_days': 30})
    today(dt.date(2026, 12, 30))
    assert EarlyWarning.look()[0] == 0
    today(dt.date(2026, 12, 31))
    assert EarlyWarning.look(rules=['line']) == (1, 0, 0)
    new = warnings(pending=True)['低', 'line']
    assert new != low and new.found_on == dt.date(2026, 12, 31)
    assert (low.state, low.holds) == ('answered', False)


def test_reopened(county, today):
    "What the county wants to know more of stays, and is not found twice"
    from trytond.pool import Pool
    EarlyWarning = Pool().get('fupin.early_warning')
    h = fill(county)
    EarlyWarning.look()
    low = warnings()['低', 'line']
    EarlyWarning.close_with([low], 'helped', "已帮扶")
    d = county.earn(h['低'], ('2026-11-05', '10', 'sale'))
    EarlyWarning.look()
    assert (low.state, low.holds) == ('answered', False)
    EarlyWarning.reopen([low])
    EarlyWarning.look()
    assert (low.state, low.pending, low.holds) == ('in_work', True, False)
    Pool().get('fupin.income').reverse(list(d.lines))
    assert EarlyWarning.look()[0] == 0
    assert (low.state, low.holds) == ('in_work', True)


def test_source_that_gives_again(county, today):
    "A season that is over is no pay; the pay itself is"
    from trytond.pool import Pool
    EarlyWarning = Pool().get('fupin.early_warning')
    h = fill(county)
    EarlyWarning.look()
    stopped = warnings()['停', 'stopped']
    # November to January: nothing last year either
    today(dt.date(2027, 2, 1))
    EarlyWarning.look()
    assert stopped.state == 'open'
    county.earn(h['停'], ('2027-01-20', '4200', 'wage_outside'))
    EarlyWarning.look()
    assert (stopped.state, stopped.ended_on) == (
        'ended', dt.date(2027, 2, 1))


def test_not_told(county, today):
    "Without a line, a person, income or a standard nothing is said"
    from trytond.pool import Pool
    pool = Pool()
    EarlyWarning = pool.get('fupin.early_warning')
    Household = pool.get('fupin.household')
    Line = pool.get('fupin.poverty.line')
    Standard = pool.get('fupin.early_warning.standard')
    h = fill(county)
    county.household(county.area["一村"], '无')
    new = county.household(
        county.area["一村"], '新', start_date=dt.date(2026, 3, 1))
    county.earn(new, ('2026-03-05', '100', 'sale'))
    Household.write([h['停']], {'end_date': dt.date(2026, 11, 30)})
    EarlyWarning.look()
    assert set(warnings()) == {('低', 'line'), ('降', 'fall')}
    EarlyWarning.delete(EarlyWarning.search([]))
    Line.delete(Line.search([]))
    EarlyWarning.look()
    assert set(warnings()) == {('降', 'fall')}
    Standard.delete(Standard.search([]))
    assert EarlyWarning.look() == (0, 0, 0)


def test_expense(county):
    "Recorded it is looked at, cancelled it ends; what is not own counts not"
    from test_fupin_household import acting
    from trytond.model.exceptions import DomainValidationError
    from trytond.pool import Pool
    Expense = Pool().get('fupin.household.expense')
    h = fill(county)

    def expense(amount, own, day='2026-11-20', kind='illness'):
        expense, = Expense.create([{
                    'household': h['稳'].id, 'kind': kind,
                    'date': date(day), 'amount': D(amount),
                    'own_share': D(own)}])
        return expense
    with acting(county.officer1):
        first = expense('60000', '6000')
        Expense.record([first])
    assert not warnings()
    assert (first.state, first.recorded_by) == ('recorded', county.officer1)
    # twelve months to 1 December begin on 2 December of last year
    Expense.record([expense('5000', '5000', '2025-12-01', 'schooling')])
    assert not warnings()
    last = expense('4000', '4000', '2025-12-02', 'disaster')
    assert not warnings()
    Expense.record([last])
    found = warnings()['稳', 'expense']
    assert (found.measured, found.limit_amount) == (D('10000'), D('10000'))
    assert found.owner == county.officer1
    assert found.due_date == dt.date(2026, 12, 16)
    # nobody learns from it what it was for
    assert '10,000.00' in found.explanation
    assert 'llness' not in found.explanation
    Expense.cancel([last])
    assert warnings()['稳', 'expense'].state == 'ended'
    with pytest.raises(DomainValidationError):
        expense('100', '100.01')


@pytest.mark.postgresql
def test_number_of_statements(county, monkeypatch):
    "It does not grow with the households"
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    EarlyWarning = Pool().get('fupin.early_warning')

    def count():
        counted = []
        cursor = type(Transaction().connection.cursor())
        with monkeypatch.context() as patch:
            for name in ['execute', 'executemany']:
                method = getattr(cursor, name)
                patch.setattr(
                    cursor, name,
                    lambda self, *args, method=method: (
                        counted.append(1), method(self, *args))[1])
            EarlyWarning.look()
        return len(counted)
    fill(county)
    few = count()
    EarlyWarning.delete(EarlyWarning.search([]))
    for _ in range(3):
        fill(county)
    assert count() <= few


def test_rights(county):
    "Each sees the warnings of his areas; nobody writes what was found"
    from test_fupin_household import acting, user
    from trytond.model.exceptions import AccessButtonError, AccessError
    from trytond.modules.fupin_household.exceptions import EarlyWarningError
    from trytond.pool import Pool
    pool = Pool()
    EarlyWarning = pool.get('fupin.early_warning')
    Expense = pool.get('fupin.household.expense')
    h = fill(county)
    EarlyWarning.look()
    for who, heads in [
            (county.officer1, {'低'}), (county.officer2, {'降', '停'}),
            (county.county, {'低', '降', '停'}),
            (county.auditor, {'低', '降', '停'})]:
        with acting(who):
            ids = {w.id for w in EarlyWarning.search([])}
        assert {
            w.household.head.name for w in EarlyWarning.browse(ids)} == heads
    low = warnings()['低', 'line']
    fell = warnings()['降', 'fall']
    nobody = user('nobody', [], [county.area["试验县"]])
    with acting(nobody), pytest.raises(AccessError):
        EarlyWarning.search([])
    with acting(county.officer1):
        for values in [{'measured': D(1)}, {'state': 'answered'},
                {'due_date': dt.date(2027, 1, 1)}]:
            with pytest.raises(AccessError):
                EarlyWarning.write([EarlyWarning(low.id)], values)
        with pytest.raises(AccessError):
            EarlyWarning.delete([EarlyWarning(low.id)])
        with pytest.raises(AccessError):
            EarlyWarning.take_up([EarlyWarning(fell.id)])
        EarlyWarning.write(
            [EarlyWarning(low.id)], {'owner': county.later.id})
        EarlyWarning.take_up([EarlyWarning(low.id)])
        with pytest.raises(AccessError):
            Expense.create([{
                        'household': h['降'].id, 'kind': 'other',
                        'date': TODAY, 'amount': D(1), 'own_share': D(1)}])
    low = EarlyWarning(low.id)
    assert (low.owner, low.taken_by, low.taken_on, low.state) == (
        county.later, county.officer1, TODAY, 'in_work')
    with acting(county.auditor), pytest.raises(AccessButtonError):
        EarlyWarning.take_up([EarlyWarning(fell.id)])
    with acting(county.auditor), pytest.raises(AccessError):
        EarlyWarning.write(
            [EarlyWarning(fell.id)], {'owner': county.auditor.id})

    for result, note, message in [
            ('helped', ' ', "write what was found"),
            ('registered', "已识别", "no registration")]:
        with pytest.raises(EarlyWarningError, match=message):
            EarlyWarning.close_with([low], result, note)
    EarlyWarning.close_with([low], 'moved_out', "全家外出")
    with pytest.raises(EarlyWarningError, match="not pending"):
        EarlyWarning.close_with([low], 'helped', "再次")
    with acting(county.officer1), pytest.raises(AccessButtonError):
        EarlyWarning.reopen([EarlyWarning(low.id)])
    with acting(county.county):
        EarlyWarning.reopen([EarlyWarning(low.id)])
    assert EarlyWarning(low.id).state == 'in_work'
    assert EarlyWarning(low.id).pending


def test_overdue(county, today):
    from trytond.pool import Pool
    EarlyWarning = Pool().get('fupin.early_warning')
    fill(county)
    EarlyWarning.look()

    def overdue(operator, value):
        return {
            (w.household.head.name, w.rule)
            for w in EarlyWarning.search([('overdue', operator, value)])}
    every = set(warnings())
    for day, expected in [
            ('2026-12-16', set()),
            ('2026-12-17', {('低', 'line'), ('停', 'stopped')})]:
        today(date(day))
        assert overdue('=', True) == overdue('!=', False) == expected
        assert overdue('=', False) == overdue('!=', True) == every - expected
        assert overdue('in', [True]) == expected
        assert overdue('in', [True, False]) == every
        assert {k for k, w in warnings().items() if w.overdue} == expected
    EarlyWarning.close_with(
        [warnings()['低', 'line']], 'helped', "已帮扶")
    assert overdue('=', True) == {('停', 'stopped')}


def test_pending_once(county):
    "The database refuses a second pending one"
    from trytond.model.exceptions import SQLConstraintError
    from trytond.pool import Pool
    EarlyWarning = Pool().get('fupin.early_warning')
    h = fill(county)
    values = {
        'household': h['稳'].id, 'rule': 'line', 'subject': 'household',
        'found_on': TODAY, 'last_found': TODAY, 'due_date': TODAY,
        'state': 'open'}
    EarlyWarning.create([
            values, {**values, 'rule': 'fall'},
            {**values, 'state': 'ended'}, {**values, 'state': 'ended'}])
    with pytest.raises(SQLConstraintError):
        EarlyWarning.create([values])


def test_look_wizard(county):
    from test_fupin_household import acting
    from trytond.model.exceptions import AccessError
    from trytond.modules.fupin_household.exceptions import EarlyWarningError
    from trytond.pool import Pool
    pool = Pool()
    Look = pool.get('fupin.early_warning.look', type='wizard')
    Standard = pool.get('fupin.early_warning.standard')
    fill(county)
    with acting(county.officer1), pytest.raises(AccessError):
        Look.create()
    with acting(county.county):
        session, _, _ = Look.create()
        result = Look.execute(session, {'start': {}}, 'look')
    assert result['view']['defaults'] == {'new': 4, 'again': 0, 'ended': 0}
    Standard.delete(Standard.search([]))
    with acting(county.county), pytest.raises(
            EarlyWarningError, match="no standard"):
        session, _, _ = Look.create()
        Look.execute(session, {'start': {}}, 'look')


def test_panel_in_the_models(county, today):
    "The database finds what the plain functions find"
    from trytond.pool import Pool
    pool = Pool()
    EarlyWarning = pool.get('fupin.early_warning')
    Expense = pool.get('fupin.household.expense')
    Line = pool.get('fupin.poverty.line')
    Line.write(Line.search([]), {'amount': panel.LINE})
    pool.get('fupin.income.year').create([{
                'name': '2024', 'start_date': dt.date(2023, 10, 1),
                'end_date': dt.date(2024, 9, 30)}])
    categories = {
        'cooperative': 'sale', 'employer': 'wage_outside',
        'new employer': 'piece_wage', 'odd jobs': 'other_transfer',
        'pension': 'pension'}
    expected, chosen = {}, []
    for household in panel.draw(7, 60):
        if household.planted or len(chosen) < 12:
            chosen.append(household)
    for i, h in enumerate(chosen):
        record = county.household(
            county.area["一村"], f"户{i}", others=h.persons - 1)
        lines = []
        costs = dict(h.costs)
        for source, amounts in h.sources.items():
            for month, amount in sorted(amounts.items()):
                if month[0] * 12 + month[1] > 2026 * 12 + 9:
                    continue
                cost = costs.pop(month, 0) if source == 'cooperative' else 0
                if amount:
                    lines.append((
                            dt.date(*month, 15).isoformat(), str(amount),
                            categories[source], str(cost)))
        county.earn(record, *lines)
        for month, own in h.expenses.items():
            Expense.create([{
                        'household': record.id, 'kind': 'other',
                        'date': dt.date(*month, 15), 'amount': own,
                        'own_share': own, 'state': 'recorded'}])
        for finding in panel.found_at(h, (2026, 9), STANDARD):
            expected[f"户{i}", finding.rule] = (
                finding.measured, finding.compared, finding.share)
    today(dt.date(2026, 10, 1))
    EarlyWarning.look()
    found = {
        key: (w.measured, w.compared, w.share)
        for key, w in warnings().items()}
    assert len(expected) >= 10
    assert {rule for _, rule in expected} >= {'fall', 'stopped', 'expense'}
    assert found == expected
