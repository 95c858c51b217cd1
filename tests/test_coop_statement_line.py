# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Each line of the statements by its rule, and what they add up to."""
from collections import defaultdict
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.fupin_coop.statement_line import (
    BALANCE_SHEET, EQUITY_ACCOUNTS, EQUITY_COLUMNS, EQUITY_PARTS,
    EQUITY_ROWS, RESULT, SURPLUS, UNDISTRIBUTED, Movement,
    balance_sheet_sides, equity_matrix, evaluate, evaluate_equity, explain,
    row_column)

pytestmark = pytest.mark.plain

# The 48 accounts of 财会〔2021〕37号
ASSETS = [
    '101', '102', '113', '114', '121', '124', '125', '127', '128', '131',
    '141', '142', '143', '144', '151', '152', '153', '154', '161', '162',
    '171', '181']
LIABILITIES = [
    '201', '211', '212', '213', '214', '215', '221', '222', '231', '235']
EQUITY = ['301', '311', '321', '322', '331', '332']
CODES = ASSETS + LIABILITIES + EQUITY + ['401'] + list(RESULT)
MEMBERS = ['李四', '王五', '张三']

# What the appendix of the regulation says of each line: the accounts that
# it takes with the side that counts, or the lines that it adds up
BALANCE_RULES = {
    1: '+101 +102', 2: '+113', 3: '+121 +124 +125 +127 +128 +401',
    4: '+141', 6: '+131', 7: '+142', 8: '-143', 10: '+151', 11: '-152',
    13: '+153', 14: '+154', 16: '+161', 17: '-162', 19: '+144', 20: '+171',
    23: '-201', 24: '-211', 25: '-212', 26: '-213', 27: '-214', 28: '-215',
    29: '-221', 30: '-222', 32: '-231', 33: '-235', 36: '-301', 37: '-311',
    38: '-321', 39: '-322',
    40: '-331 -332 -501 -502 -511 -521 -522 -523 -524 -529 -531',
    }
BALANCE_TOTALS = {
    5: [1, 2, 3, 4], 9: [7, -8], 12: [10, -11], 15: [12, 13, 14],
    18: [16, -17], 21: [6, 9, 15, 18, 19, 20], 22: [5, 21],
    31: [23, 24, 25, 26, 27, 28, 29, 30], 34: [32, 33], 35: [31, 34],
    41: [36, 37, 38, 39, 40], 42: [35, 41],
    }
SURPLUS_RULES = {
    1: '-501', 2: '-511', 3: '+521', 4: '+522', 5: '+523', 6: '+524',
    8: '-502', 9: '+529', 11: '+531',
    }
SURPLUS_TOTALS = {
    7: [1, 2, -3, -4, -5, -6], 10: [7, 8, -9], 12: [10, -11],
    16: [12, 13, 14, -15], 20: [16, -17, -18, -19],
    }
REASONS = {
    13: 'opening', 14: 'transferred', 15: 'reserve', 17: 'refund',
    18: 'remainder', 19: 'converted'}

cents = st.integers(-10 ** 11, 10 ** 11).map(lambda c: D(c).scaleb(-2))


def test_count():
    assert [line.number for line in BALANCE_SHEET] == list(range(1, 43))
    assert [line.number for line in SURPLUS] == list(range(1, 21))
    assert BALANCE_RULES.keys() | BALANCE_TOTALS.keys() == set(range(1, 43))
    assert (SURPLUS_RULES.keys() | SURPLUS_TOTALS.keys() | REASONS.keys()
        == set(range(1, 21)))


@pytest.mark.parametrize('lines, number, rule', [
        *((BALANCE_SHEET, n, r) for n, r in BALANCE_RULES.items()),
        *((SURPLUS, n, r) for n, r in SURPLUS_RULES.items())])
def test_rule(lines, number, rule):
    "A line has its accounts, each with its sign, and no other one"
    signs = {part[1:]: D(f'{part[0]}1') for part in rule.split()}
    for code in CODES:
        amounts = evaluate(lines, {code: D('7.01')})
        assert amounts[number] == D('7.01') * signs.get(code, 0)


@pytest.mark.parametrize('lines, number, parts', [
        *((BALANCE_SHEET, n, p) for n, p in BALANCE_TOTALS.items()),
        *((SURPLUS, n, p) for n, p in SURPLUS_TOTALS.items())])
@given(books=st.dictionaries(st.sampled_from(CODES), cents),
    members=st.dictionaries(st.sampled_from(MEMBERS), cents),
    reasons=st.dictionaries(
        st.sampled_from(sorted(REASONS.values())), cents))
def test_total(lines, number, parts, books, members, reasons):
    amounts = evaluate(lines, books, members, reasons)
    assert amounts[number] == sum(
        amounts[abs(n)] * (1 if n > 0 else -1) for n in parts)


@pytest.mark.parametrize('number, reason', REASONS.items())
def test_reason(number, reason):
    amounts = evaluate(SURPLUS, {}, reasons={reason: D('3.14')})
    assert amounts[number] == D('3.14')


def test_members():
    "What one member owes does not reduce what another is owed"
    amounts = evaluate(BALANCE_SHEET, {'113': D(5), '211': D(-7)}, {
            '张三': D('10.00'), '李四': D('-30.00'), '王五': D('-1.00')})
    assert amounts[2] == D('15.00')
    assert amounts[24] == D('38.00')


def test_printed_sides():
    "Both columns of the form stand as printed"
    left, right = balance_sheet_sides()
    assert len(left) == len(right) == 24
    printed = dict(zip(
            [getattr(i, 'number', i) for i in left],
            [getattr(i, 'number', i) for i in right]))
    assert printed == {
        "流动资产：": "流动负债：", 1: 23, 2: 24, 3: 25, 4: 26, 5: 27,
        "非流动资产：": 28, 6: 29, 7: 30, 8: 31, 9: "非流动负债：",
        10: 32, 11: 33, 12: 34, 13: 35, 14: None, 15: "所有者权益：",
        16: 36, 17: 37, 18: 38, 19: 39, 20: 40, 21: 41, 22: 42}


def test_names_of_members_equity():
    for key, name in EQUITY_ROWS:
        assert name
        assert row_column(key) in {None, *EQUITY_COLUMNS}


# Movements of equity, in the way that documents book them

def movement(grant=None, **amounts):
    "A move of lines a301=-5: debit above, credit below zero"
    debits, credits = defaultdict(D), defaultdict(D)
    for name, amount in amounts.items():
        code, amount = name[1:4], D(amount)
        (debits if amount > 0 else credits)[code] += abs(amount)
    return Movement(debits, credits, grant)


MOVES = [
    (movement(a102=100, a301=-80, a321=-20), {
            'capital_contributed': 80, 'capital_reserve_premium': 20}),
    (movement(a301=50, a102=-50), {'capital_withdrawn': 50}),
    (movement(a321=9, a301=-9), {
            'capital_from_capital_reserve': 9,
            'capital_reserve_converted': 9}),
    (movement(a322=9, a301=-9), {
            'capital_from_surplus_reserve': 9,
            'surplus_reserve_converted': 9}),
    (movement(a131=12, a151=-10, a321=-2), {
            'capital_reserve_revaluation': 2}),
    (movement(a235=70, a311=-70, a151=70, b102=-70), {'fund_grant': 70}),
    (movement(a102=6, a311=-6), {'fund_donation': 6}),
    (movement(True, a151=6, a311=-6), {'fund_grant': 6}),
    (movement(False, a151=6, a311=-6), {'fund_donation': 6}),
    (movement(a322=4, a332=-4), {
            'undistributed_transferred': 4, 'surplus_reserve_loss': 4}),
    (movement(a321=4, a332=-4), {
            'undistributed_transferred': 4, 'capital_reserve_loss': 4}),
    (movement(a332=5, a322=-5), {
            'undistributed_reserve': 5, 'surplus_reserve_set_aside': 5}),
    (movement(a332=60, a221=-60), {'undistributed_refund': 60}),
    (movement(a332=40, a222=-40), {'undistributed_remainder': 40}),
    (movement(a332=7, a301=-7), {
            'undistributed_converted': 7, 'capital_contributed': 7}),
    (movement(a221=3, b222=2, a301=-5), {
            'undistributed_refund': -3, 'undistributed_remainder': -2,
            'undistributed_converted': 5, 'capital_contributed': 5}),
    (movement(a331=8, a332=-8), {}),
    (movement(a501=8, a331=-8), {}),
    (movement(a102=3, a332=-3), {'undistributed_transferred': 3}),
    (movement(a301=8, b322=2, b211=-10), {'capital_withdrawn': 8}),
    ]


@pytest.mark.parametrize('move, expected', MOVES)
def test_explain(move, expected):
    found = explain([move])
    details = {key for key, _ in EQUITY_ROWS if row_column(key)}
    assert {
        k: v for k, v in found.items() if k in details and v} == expected
    # in red letters the reverse is exactly taken back
    red = Movement(
        {c: -a for c, a in move.debits.items()},
        {c: -a for c, a in move.credits.items()}, move.grant)
    assert not any(explain([move, red]).values())


def test_every_cell_is_explained():
    """Each cell of 会农社03 has a move above that fills it; the surplus of
    the year comes from 会农社02."""
    explained = {key for _, expected in MOVES for key in expected}
    cells = {key for key, _ in EQUITY_ROWS if row_column(key)}
    assert explained == cells - {'undistributed_surplus'}
    equity = evaluate_equity({}, {}, D('12.34'))
    assert equity['undistributed_surplus'] == {
        'undistributed': D('12.34'), 'total': D('12.34')}


def test_matrix():
    "Each amount of 会农社03 stands once, under its column and its name"
    reasons = {
        key: D(number) for number, (key, _) in enumerate(EQUITY_ROWS, 100)}
    for column in EQUITY_COLUMNS:
        for side, amount in [('increase', 7), ('decrease', 3)]:
            reasons[f'{column}_{side}'] = D(amount)
    equity = evaluate_equity({'301': D(-1)}, reasons, D(999))
    rows = equity_matrix(equity)
    assert [cells[0] for cells, style in rows if style == 'total'] == [
        "年初余额", "本年增加数", "本年减少数", "年末余额"]
    assert rows[0][0][1:] == [1, 0, 0, 0, 0, 1]
    found, side, names = {}, None, None
    for cells, style in rows:
        assert len(cells) == 7
        if style == 'total':
            side = cells[0]
        elif style == 'label':
            names = cells[1:-1]
        else:
            for column, name, amount in zip(
                    EQUITY_COLUMNS, names, cells[1:-1]):
                assert bool(name) == (amount is not None)
                if name:
                    found[side, column, name] = amount
    expected = {
        (title, column, name): equity[key][column]
        for title, columns in zip(
            ["本年增加数", "本年减少数"], EQUITY_PARTS.values())
        for column, parts in columns.items() for key, name in parts}
    assert found == expected
    assert len(set(found.values())) == len(found) == 19
    assert {
        key for columns in EQUITY_PARTS.values()
        for parts in columns.values() for key, _ in parts} == {
        key for key, _ in EQUITY_ROWS if row_column(key)}


def test_distribution():
    "One move books the whole distribution"
    found = explain([Movement(
                {'322': D(10), '332': D(200 + 200)},
                {'332': D(10 + 200), '322': D(20), '221': D(108),
                    '222': D(52), '301': D(20)})])
    assert [
        found[k] for k in [
            'transferred', 'reserve', 'refund', 'remainder', 'converted']
        ] == [10, 20, 108, 52, 20]


def test_leaver():
    "What a leaver bears of losses is no conversion, nor all a loss"
    move = Movement(
        {'301': D(2000), '322': D(100)}, {'332': D(30), '114': D(2070)},
        leaver=True)
    found = explain([move])
    assert {k: v for k, v in found.items() if v} == {
        'other': 30, 'transferred': 30, 'undistributed_transferred': 30,
        'capital_decrease': 2000, 'capital_withdrawn': 2000,
        'surplus_reserve_decrease': 100, 'surplus_reserve_loss': 30}


# Whatever is booked, the statements agree with each other

@st.composite
def moves(draw):
    lines = draw(st.lists(
            st.tuples(st.sampled_from(CODES), st.sampled_from(MEMBERS),
                cents),
            min_size=1, max_size=5))
    other = draw(st.sampled_from(CODES))
    balance = sum(amount for _, _, amount in lines)
    return [*lines, (other, draw(st.sampled_from(MEMBERS)), -balance)]


@given(st.lists(moves(), max_size=8), st.lists(moves(), max_size=12),
    st.sampled_from([None, True, False]))
def test_statements_agree(before, during, grant):
    def books(moves):
        sums, members = defaultdict(D), defaultdict(D)
        for move in moves:
            for code, member, amount in move:
                sums[code] += amount
                if code == '114':
                    members[member] += amount
        return sums, members

    opening, opening_members = books(before)
    closing, closing_members = books(before + during)
    movements = []
    result = defaultdict(D)
    for move in during:
        debits, credits = defaultdict(D), defaultdict(D)
        for code, _, amount in move:
            (debits if amount > 0 else credits)[code] += abs(amount)
        if any(code in EQUITY for code, _, _ in move):
            movements.append(Movement(debits, credits, grant))
        if not any(code == '331' for code, _, _ in move):
            for code, _, amount in move:
                if code in RESULT:
                    result[code] += amount
    reasons = explain(movements)
    reasons['opening'] = -sum(
        opening[c] for c in [*UNDISTRIBUTED, *RESULT])
    begin = evaluate(BALANCE_SHEET, opening, opening_members)
    end = evaluate(BALANCE_SHEET, closing, closing_members)
    surplus = evaluate(SURPLUS, result, reasons=reasons)
    equity = evaluate_equity(opening, reasons, surplus[12])

    for amounts, sums in [(begin, opening), (end, closing)]:
        # 181 has no line
        assert amounts[22] + sums['181'] == amounts[42]
    assert surplus[13] == begin[40]
    assert surplus[20] == end[40]
    for row, amounts in [('opening', begin), ('closing', end)]:
        for column, number in zip(EQUITY_COLUMNS, range(36, 41)):
            assert equity[row][column] == amounts[number], column
        assert equity[row]['total'] == amounts[41]
    for row in equity.values():
        assert row['total'] == sum(
            a for c, a in row.items() if c != 'total')
    assert EQUITY_ACCOUNTS.keys() == EQUITY_COLUMNS.keys()
