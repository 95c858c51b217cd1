# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The rows of a sheet of declared income, recognised cell by cell.

A row has an amount with its category, or a column for each category as in
the national system; the production cost of such a row belongs to its
business income."""
from decimal import Decimal

from .recognition import (
    CellError, Choice, amount, code, date, id_number, name, text)
from .spreadsheet import column_letter, header_key

HEADERS = {
    'household_number': [
        "户编号", "农户编号", "户号", "家庭编号", "户编码"],
    'head_id_number': [
        "户主证件号码", "户主身份证号", "户主身份证号码", "户主身份证"],
    'head': ["户主姓名", "户主"],
    'name': [
        "姓名", "成员姓名", "家庭成员姓名", "务工人员", "收入人", "领取人"],
    'id_number': [
        "证件号码", "身份证号", "身份证号码", "身份证", "公民身份号码",
        "成员证件号码", "家庭成员证件号码"],
    'category': ["收入项目", "收入类别", "收入类型", "项目", "收入名称"],
    'date': ["日期", "收入日期", "收入时间", "发放日期", "发放时间"],
    'amount': ["金额", "收入金额", "收入", "发放金额", "补贴金额"],
    'cost': [
        "生产经营性支出", "生产性支出", "生产成本", "成本", "支出",
        "家庭经营支出"],
    'source': [
        "来源", "收入来源", "依据", "佐证", "务工单位", "发放单位",
        "来源及依据"],
    }
FIELDS = {
    header_key(header): field
    for field, headers in HEADERS.items() for header in headers}
ZERO = Decimal(0)


def propose(headers, categories):
    """Return {column: (field, category)} of the headers that are known.

    categories are {header_key: category} of columns of one category."""
    columns = {}
    for column in sorted(headers):
        key = header_key(headers[column])
        if key in FIELDS:
            choice = FIELDS[key], None
        elif key in categories:
            choice = 'category_amount', categories[key]
        else:
            continue
        if choice not in columns.values():
            columns[column] = choice
    return columns


class IncomeSheet:
    """The rows of income of a sheet.

    columns are (field, category) by number of the column; categories pairs
    of a name or code and an id; is_business tells if a category on a date is
    business income; day and source count where the sheet has none.
    issue(row, column, field, code, value, error) is told of each cell."""

    def __init__(self, sheet, columns, categories, is_business, day, source,
            issue):
        parsers = {
            'household_number': code, 'head_id_number': id_number,
            'head': name, 'name': name, 'id_number': id_number,
            'category': Choice(categories), 'date': date, 'amount': amount,
            'cost': amount, 'source': text, 'category_amount': amount}
        self.sheet = sheet
        self._cells = [
            (column - 1, column_letter(column), field, category,
                parsers[field])
            for column, (field, category) in sorted(columns.items())]
        self._letters = {f: c for _, c, f, _, _ in self._cells}
        self._is_business = is_business
        self._day = day
        self._source = source
        self._issue = issue

    def __iter__(self):
        """Yield row, household_number, head_id_number, head, name,
        id_number and lines; lines are column, category, date, amount, cost
        and source."""
        for number, row in self.sheet:
            values, amounts, bad = {}, [], False
            for place, letter, field, category, parse in self._cells:
                try:
                    value = parse(row[place])
                except CellError as error:
                    bad = True
                    self._issue(
                        number, letter, field, error.args[0], row[place],
                        True)
                    continue
                if value is None:
                    continue
                if field == 'category_amount':
                    # offices fill the columns of what there is not with 0
                    if value:
                        amounts.append((letter, category, value))
                else:
                    values[field] = value
            if not bad:
                lines = self._lines(number, values, amounts)
                if lines is not None:
                    get = values.get
                    yield (
                        number, get('household_number'),
                        get('head_id_number'), get('head'), get('name'),
                        get('id_number'), lines)

    def _say(self, number, letter, field, code_, value=None):
        self._issue(number, letter, field, code_, value, True)

    def _lines(self, number, values, amounts):
        "Return the lines of a row, None if something of it is wrong"
        get = values.get
        letter = self._letters.get
        wrong = False
        if not (get('household_number') or get('head_id_number')
                or get('id_number')):
            self._say(
                number, letter('household_number'), 'household_number',
                'no_key')
            wrong = True
        if 'amount' in self._letters:
            for field in ['category', 'amount']:
                if get(field) is None and (
                        field == 'category' or not amounts):
                    self._say(number, letter(field), field, 'required')
                    wrong = True
            if not wrong and get('amount') is not None:
                amounts = [
                    (letter('amount'), values['category'], values['amount']),
                    *amounts]
        day = get('date') or self._day
        source = get('source') or self._source
        if not day or not source:
            field = 'source' if day else 'date'
            self._say(number, letter(field), field, 'required')
            wrong = True
        for column, _, value in amounts:
            if value <= 0:
                self._say(number, column, 'amount', 'not_positive', value)
                wrong = True
        cost = get('cost') or ZERO
        if cost < 0:
            self._say(number, letter('cost'), 'cost', 'negative', cost)
            wrong = True
        if wrong:
            return None
        lines = [[c, category, day, value, ZERO, source]
            for c, category, value in amounts]
        if cost:
            for line in lines:
                if len(lines) == 1 or self._is_business(line[1], day):
                    line[4] = cost
                    break
            else:
                self._say(number, letter('cost'), 'cost', 'cost_alone', cost)
                return None
        return lines
