# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The lines of the statements of 财会〔2021〕37号: decimals only, no database.

Each line is data: the accounts that it takes and their sign, or the lines
that it adds up.  Names are statutory, Chinese in every language.

The books come as {code: debit - credit} by statutory account and, for 114,
{member: debit - credit}: what a member owes is not set off against what
another one is owed."""
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal('0.00')
# 会农社01表: what has no line of its own must be zero before the report
PENDING = '181'
# accounts of income and expense, transferred to 331 at the end of the year
INCOME = ('501', '502', '511')
EXPENSE = ('521', '522', '523', '524', '529', '531')
RESULT = INCOME + EXPENSE
UNDISTRIBUTED = ('331', '332')
EQUITY = ('301', '311', '321', '322', '331', '332')
MEMBERS = '114'


@dataclass(frozen=True)
class Line:
    """One line of a statement.

    * sign: 1 for what stands in debit, -1 for what stands in credit
    * accounts: the codes whose balance or turnover the line has
    * members: whether members who owe (sign 1) or are owed (-1) come to it
    * lines: {number: sign} of the lines that it adds up
    * reason: what of the movements of equity it is, see explain
    * heading: what the printed form has above the line"""
    number: int
    name: str
    sign: int = 1
    accounts: tuple = ()
    members: bool = False
    lines: dict = None
    reason: str = None
    heading: str = ''

    @property
    def total(self):
        return self.lines is not None

    @property
    def rule(self):
        "How the line comes about, as people write it"
        if self.total:
            text = ''.join(
                f'{"+" if sign > 0 else "-"}{number}'
                for number, sign in self.lines.items())
            return text.removeprefix('+')
        parts = list(self.accounts)
        if self.members:
            parts.append(
                f'{MEMBERS}{"借" if self.sign > 0 else "贷"}')
        return '+'.join(parts)


def _sum(*numbers):
    return {abs(n): 1 if n > 0 else -1 for n in numbers}


def _debit(number, name, *accounts, **kwargs):
    return Line(number, name, 1, accounts, **kwargs)


def _credit(number, name, *accounts, **kwargs):
    return Line(number, name, -1, accounts, **kwargs)


BALANCE_SHEET = [
    _debit(1, "货币资金", '101', '102', heading="流动资产："),
    _debit(2, "应收款项", '113', members=True),
    _debit(3, "存货", '121', '124', '125', '127', '128', '401'),
    _debit(4, "消耗性生物资产", '141'),
    Line(5, "流动资产合计", lines=_sum(1, 2, 3, 4)),
    _debit(6, "对外投资", '131', heading="非流动资产："),
    _debit(7, "生产性生物资产原值", '142'),
    _credit(8, "减：生产性生物资产累计折旧", '143'),
    Line(9, "生产性生物资产净值", lines=_sum(7, -8)),
    _debit(10, "固定资产原值", '151'),
    _credit(11, "减：累计折旧", '152'),
    Line(12, "固定资产净值", lines=_sum(10, -11)),
    _debit(13, "在建工程", '153'),
    _debit(14, "固定资产清理", '154'),
    Line(15, "固定资产小计", lines=_sum(12, 13, 14)),
    _debit(16, "无形资产原值", '161'),
    _credit(17, "减：累计摊销", '162'),
    Line(18, "无形资产净值", lines=_sum(16, -17)),
    _debit(19, "公益性生物资产", '144'),
    _debit(20, "长期待摊费用", '171'),
    Line(21, "非流动资产合计", lines=_sum(6, 9, 15, 18, 19, 20)),
    Line(22, "资产总计", lines=_sum(5, 21)),
    _credit(23, "短期借款", '201', heading="流动负债："),
    _credit(24, "应付款项", '211', members=True),
    _credit(25, "应付工资", '212'),
    _credit(26, "应付劳务费", '213'),
    _credit(27, "应交税费", '214'),
    _credit(28, "应付利息", '215'),
    _credit(29, "应付盈余返还", '221'),
    _credit(30, "应付剩余盈余", '222'),
    Line(31, "流动负债合计", lines=_sum(*range(23, 31))),
    _credit(32, "长期借款", '231', heading="非流动负债："),
    _credit(33, "专项应付款", '235'),
    Line(34, "非流动负债合计", lines=_sum(32, 33)),
    Line(35, "负债合计", lines=_sum(31, 34)),
    _credit(36, "股金", '301', heading="所有者权益："),
    _credit(37, "专项基金", '311'),
    _credit(38, "资本公积", '321'),
    _credit(39, "盈余公积", '322'),
    # Between two closings the surplus is still in the accounts of income
    # and expense, at the end of a period it would be in 331
    _credit(40, "未分配盈余", *UNDISTRIBUTED, *RESULT),
    Line(41, "所有者权益合计", lines=_sum(*range(36, 41))),
    Line(42, "负债和所有者权益总计", lines=_sum(35, 41)),
    ]

SURPLUS = [
    _credit(1, "一、经营收入", '501'),
    _credit(2, "加：投资收益", '511'),
    _debit(3, "减：经营支出", '521'),
    _debit(4, "税金及附加", '522'),
    _debit(5, "管理费用", '523'),
    _debit(6, "财务费用", '524'),
    Line(7, "二、经营收益", lines=_sum(1, 2, -3, -4, -5, -6)),
    _credit(8, "加：其他收入", '502'),
    _debit(9, "减：其他支出", '529'),
    Line(10, "三、盈余总额", lines=_sum(7, 8, -9)),
    _debit(11, "减：所得税费用", '531'),
    Line(12, "四、本年盈余", lines=_sum(10, -11)),
    Line(13, "加：年初未分配盈余", reason='opening'),
    Line(14, "其他转入", reason='transferred'),
    Line(15, "减：提取盈余公积", reason='reserve'),
    Line(16, "五、可分配盈余", lines=_sum(12, 13, 14, -15)),
    Line(17, "减：盈余返还", reason='refund'),
    Line(18, "剩余盈余分配", reason='remainder'),
    Line(19, "转为成员出资", reason='converted'),
    Line(20, "六、年末未分配盈余", lines=_sum(16, -17, -18, -19)),
    ]

# 会农社03表: the columns and, for each, what is printed of its movements
EQUITY_COLUMNS = {
    'capital': "股金",
    'fund': "专项基金",
    'capital_reserve': "资本公积",
    'surplus_reserve': "盈余公积",
    'undistributed': "未分配盈余",
    }
EQUITY_ACCOUNTS = {
    'capital': ('301',),
    'fund': ('311',),
    'capital_reserve': ('321',),
    'surplus_reserve': ('322',),
    'undistributed': (*UNDISTRIBUTED, *RESULT),
    }
TITLES = {
    'balance': ("资产负债表", "会农社01表"),
    'surplus': ("盈余及盈余分配表", "会农社02表"),
    'equity': ("成员权益变动表", "会农社03表"),
    'trial': ("科目余额表", ""),
    }
BALANCE_COLUMNS = [
    "资产", "行次", "期末余额", "年初余额",
    "负债和所有者权益", "行次", "期末余额", "年初余额"]
SURPLUS_COLUMNS = ["项目", "行次", "本年金额", "上年金额"]
TRIAL_COLUMNS = [
    "科目编号", "科目名称", "年初借方", "年初贷方", "本期借方", "本期贷方",
    "期末借方", "期末贷方"]
EQUITY_COLUMN = "项目"
EQUITY_PART = "其中："
TOTAL = "合计"

# (key, name): what begins with the key of a column is of that column
EQUITY_ROWS = [
    ('opening', "年初余额"),
    ('increase', "本年增加数"),
    ('capital_from_capital_reserve', "其中：资本公积转增"),
    ('capital_from_surplus_reserve', "盈余公积转增"),
    ('capital_contributed', "成员增加出资"),
    ('fund_grant', "接受国家财政直接补助形成"),
    ('fund_donation', "接受他人捐赠形成"),
    ('capital_reserve_premium', "股金溢价"),
    ('capital_reserve_revaluation', "资产评估增值"),
    ('surplus_reserve_set_aside', "从盈余中提取"),
    ('undistributed_surplus', "本年盈余"),
    ('undistributed_transferred', "其他转入"),
    ('decrease', "本年减少数"),
    ('capital_withdrawn', "其中：成员减少出资"),
    ('capital_reserve_converted', "资本公积转为成员出资"),
    ('capital_reserve_loss', "资本公积弥补亏损"),
    ('surplus_reserve_converted', "盈余公积转为成员出资"),
    ('surplus_reserve_loss', "盈余公积弥补亏损"),
    ('undistributed_reserve', "提取盈余公积"),
    ('undistributed_refund', "盈余返还"),
    ('undistributed_remainder', "剩余盈余分配"),
    ('undistributed_converted', "盈余转为成员出资"),
    ('closing', "年末余额"),
    ]

# what is printed in the cells under the increase and the decrease
EQUITY_PARTS = {
    'increase': {
        'capital': [
            ('capital_from_capital_reserve', "资本公积转增"),
            ('capital_from_surplus_reserve', "盈余公积转增"),
            ('capital_contributed', "成员增加出资"),
            ],
        'fund': [
            ('fund_grant', "接受国家财政直接补助形成"),
            ('fund_donation', "接受他人捐赠形成"),
            ],
        'capital_reserve': [
            ('capital_reserve_premium', "股金溢价"),
            ('capital_reserve_revaluation', "资产评估增值"),
            ],
        'surplus_reserve': [
            ('surplus_reserve_set_aside', "从盈余中提取"),
            ],
        'undistributed': [
            ('undistributed_surplus', "本年盈余"),
            ('undistributed_transferred', "其他转入"),
            ],
        },
    'decrease': {
        'capital': [
            ('capital_withdrawn', "成员减少出资"),
            ],
        'fund': [],
        'capital_reserve': [
            ('capital_reserve_converted', "转为成员出资"),
            ('capital_reserve_loss', "弥补亏损"),
            ],
        'surplus_reserve': [
            ('surplus_reserve_converted', "转为成员出资"),
            ('surplus_reserve_loss', "弥补亏损"),
            ],
        'undistributed': [
            ('undistributed_reserve', "提取盈余公积"),
            ('undistributed_refund', "盈余返还"),
            ('undistributed_remainder', "剩余盈余分配"),
            ('undistributed_converted', "转为成员出资"),
            ],
        },
    }


def evaluate(lines, books, members=None, reasons=None):
    "Return {number: amount} of the lines"
    amounts = {}
    for line in lines:
        if line.total:
            amount = sum(
                (sign * amounts[number]
                    for number, sign in line.lines.items()), ZERO)
        elif line.reason:
            amount = (reasons or {}).get(line.reason, ZERO)
        else:
            amount = sum(
                (line.sign * books.get(code, ZERO)
                    for code in line.accounts), ZERO)
            if line.members:
                amount += sum(
                    (line.sign * balance
                        for balance in (members or {}).values()
                        if line.sign * balance > 0), ZERO)
        # no -0.00
        amounts[line.number] = amount + ZERO if amount else ZERO
    return amounts


@dataclass(frozen=True)
class Movement:
    """What one account move books, with the sums by statutory account.

    grant tells where 311 comes from: True from the state, False from a
    donor, None if the move does not say.  leaver tells whether it pays out a
    member who has left, who may bear losses."""
    debits: dict
    credits: dict
    grant: bool = None
    leaver: bool = False

    def touches(self, *codes):
        return any(
            self.debits.get(c) or self.credits.get(c) for c in codes)

    def debit(self, *codes):
        return sum((self.debits.get(c, ZERO) for c in codes), ZERO)

    def credit(self, *codes):
        return sum((self.credits.get(c, ZERO) for c in codes), ZERO)

    def net(self, *codes):
        return self.credit(*codes) - self.debit(*codes)


def _matched(one, other):
    "Return what is in both amounts, a move in red letters has negative ones"
    if one > 0 and other > 0:
        return min(one, other)
    elif one < 0 and other < 0:
        return max(one, other)
    return ZERO


def explain(movements):
    """Return {reason: amount} of why equity moved.

    The keys are those of EQUITY_ROWS and what they add up to: COLUMN_increase
    and COLUMN_decrease, and the reasons of the lines 14 to 19."""
    found = defaultdict(lambda: ZERO)
    for movement in movements:
        _explain_undistributed(movement, found)
        _explain_funds(movement, found)
    found['transferred'] = found['covered'] + found['other']
    found['undistributed_transferred'] = found['transferred']
    for reason in ['reserve', 'refund', 'remainder', 'converted']:
        found[f'undistributed_{reason}'] = found[reason]
        found['undistributed_decrease'] += found[reason]
    return found


def _explain_undistributed(movement, found):
    if not movement.touches(*UNDISTRIBUTED):
        # Dr 221, 222 Cr 301: what was to be paid becomes contribution
        for account, reason in [('221', 'refund'), ('222', 'remainder')]:
            converted = _matched(
                -movement.net(account), movement.net('301'))
            found[reason] -= converted
            found['converted'] += converted
        return
    explained = {
        'covered': movement.debit('321', '322'),
        'reserve': movement.credit('322'),
        'refund': movement.net('221'),
        'remainder': movement.net('222'),
        'converted': movement.net('301'),
        }
    if movement.leaver or not movement.touches('332'):
        explained = {}
    change = movement.net(*UNDISTRIBUTED)
    if movement.touches('331'):
        # Income and expense of such a move are not in the lines 1 to 11
        change += movement.net(*RESULT)
    for reason, amount in explained.items():
        found[reason] += amount
        change -= amount if reason == 'covered' else -amount
    found['other'] += change


def _explain_funds(movement, found):
    for column, codes in EQUITY_ACCOUNTS.items():
        if column != 'undistributed':
            found[f'{column}_increase'] += movement.credit(*codes)
            found[f'{column}_decrease'] += movement.debit(*codes)
    distribution = movement.touches('332')
    contributed = movement.credit('301')
    borne = movement.net('332')
    for account, column in [
            ('321', 'capital_reserve'), ('322', 'surplus_reserve')]:
        debit = movement.debit(account)
        if movement.leaver:
            # the rest of the reserve share is paid out
            loss = _matched(debit, borne)
            borne -= loss
            found[f'{column}_loss'] += loss
        elif distribution:
            found[f'{column}_loss'] += debit
        else:
            converted = _matched(debit, contributed)
            contributed -= converted
            found[f'{column}_converted'] += converted
            found[f'capital_from_{column}'] += converted
    found['capital_contributed'] += contributed
    found['capital_withdrawn'] += movement.debit('301')
    grant = movement.grant
    if grant is None:
        grant = movement.touches('235')
    found['fund_grant' if grant else 'fund_donation'] += movement.credit(
        '311')
    if movement.touches('301'):
        found['capital_reserve_premium'] += movement.credit('321')
    else:
        found['capital_reserve_revaluation'] += movement.credit('321')
    if distribution:
        found['surplus_reserve_set_aside'] += movement.credit('322')


def evaluate_equity(opening, reasons, surplus):
    """Return {key: {column: amount}} of the rows of 会农社03表.

    opening is {code: debit - credit} of the beginning, surplus the amount of
    line 12 of 会农社02表."""
    rows = {key: {} for key, _ in EQUITY_ROWS}
    reasons = dict(reasons)
    reasons['undistributed_surplus'] = surplus
    reasons['undistributed_increase'] = (
        surplus + reasons.get('transferred', ZERO))
    for column, codes in EQUITY_ACCOUNTS.items():
        begin = -sum((opening.get(c, ZERO) for c in codes), ZERO)
        increase = reasons.get(f'{column}_increase', ZERO)
        decrease = reasons.get(f'{column}_decrease', ZERO)
        rows['opening'][column] = begin
        rows['increase'][column] = increase
        rows['decrease'][column] = decrease
        rows['closing'][column] = begin + increase - decrease
    for key, _ in EQUITY_ROWS:
        if column := row_column(key):
            rows[key][column] = reasons.get(key, ZERO)
    for row in rows.values():
        for column, amount in row.items():
            row[column] = amount + ZERO if amount else ZERO
        row['total'] = sum(row.values(), ZERO)
    return rows


def row_column(key):
    "Return the column that the row is of, None if it is of all"
    columns = [c for c in EQUITY_COLUMNS if key.startswith(f'{c}_')]
    if key.startswith('capital_from_'):
        return 'capital'
    return max(columns, key=len, default=None)


def equity_matrix(equity):
    """Return the rows of 会农社03表 as printed: [(cells, style)].

    Under the increase and the decrease each column has what it comes from,
    the name in one row and the amount in the next one."""
    titles = dict(EQUITY_ROWS)
    rows = []
    for key in ['opening', 'increase', 'decrease', 'closing']:
        rows.append((
                [titles[key], *(
                        equity[key][c] for c in [*EQUITY_COLUMNS, 'total'])],
                'total'))
        parts = [EQUITY_PARTS.get(key, {}).get(c, []) for c in EQUITY_COLUMNS]
        for index in range(max(map(len, parts))):
            names, amounts = [EQUITY_PART if not index else ''], ['']
            for column, column_parts in zip(EQUITY_COLUMNS, parts):
                if index < len(column_parts):
                    part, name = column_parts[index]
                    names.append(name)
                    amounts.append(equity[part][column])
                else:
                    names.append('')
                    amounts.append(None)
            rows.append(([*names, ''], 'label'))
            rows.append(([*amounts, None], ''))
    return rows


def balance_sheet_sides():
    """Return the two sides of 会农社01表 as printed: lists of equal length of
    lines, headings and None"""
    left, right = [], []
    for line in BALANCE_SHEET:
        side = left if line.number <= 22 else right
        if line.heading:
            if line.number == 36:
                side.append(None)
            side.append(line.heading)
        side.append(line)
    return left, right
