# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Spreadsheets as offices have them: a title and blank rows above the table,
one or two header rows, merged cells, totals and signatures below it.

Rows and columns are counted from 1 as the office programs show them."""
import csv
import io
import re
import unicodedata
from collections import defaultdict
from itertools import islice

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

# The table starts within so many rows
HEADER_ROWS = 30
ENCODINGS = ['utf-8-sig', 'gb18030']
TOTALS = re.compile(r'(合计|总计|小计|共计)')
REMARKS = re.compile(
    r'(备注|说明|注[:：]|填表|制表|审核|负责人|单位盖章|联系电话[:：])')
REMARK_CELLS = 4


class SheetError(ValueError):
    """The file can't be read as a table.

    args[0] is 'format', 'encoding' or 'header'."""


def blank(value):
    return value is None or (isinstance(value, str) and not value.strip())


def column_letter(column):
    "Return the letters of the column of that number"
    letters = ''
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord('A') + rest) + letters
    return letters


def header_key(text):
    "Return what headers that mean the same have in common"
    text = unicodedata.normalize('NFKC', str(text))
    text = re.sub(r'\((是否|填|元|亩|年|月|日|代码|必填|选填).*?\)', '', text)
    return re.sub(r'[\s*:：_\-—、.()\[\]【】"\']', '', text).lower()


class Grid:
    "The cells of one sheet, row by row"

    def __init__(self, rows, first_column=1, merged=()):
        self._rows = rows
        self.first_column = first_column
        # Row and column of the first and of the last cell
        self.merged = sorted(merged)

    def __iter__(self):
        "Yield the number and the values of each row, merged cells filled"
        starts = defaultdict(list)
        for (top, left), (bottom, right) in self.merged:
            starts[top].append((left, bottom, right))
        open_ = []
        for number, cells in enumerate(self._rows(), 1):
            row = [None] * (self.first_column - 1)
            row.extend(cells)
            if number in starts or open_:
                for left, bottom, right in starts.get(number, []):
                    if left <= len(row):
                        open_.append((left, bottom, right, row[left - 1]))
                for left, _, right, value in open_:
                    for column in range(left, min(right, len(row)) + 1):
                        row[column - 1] = value
                open_ = [m for m in open_ if m[1] > number]
            yield number, row


def _read_csv(data):
    if data[:2] in {b'\xff\xfe', b'\xfe\xff'}:
        encodings = ['utf-16']
    else:
        encodings = ENCODINGS
    for encoding in encodings:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise SheetError('encoding')
    if '\0' in text:
        raise SheetError('format')
    head = text[:4096]
    delimiter = max(',\t;', key=head.count)
    return [Grid(lambda: csv.reader(io.StringIO(text), delimiter=delimiter))]


def _read_workbook(data):
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        grids = []
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.start is None:
                continue
            merged = [
                ((top + 1, left + 1), (bottom + 1, right + 1))
                for (top, left), (bottom, right)
                in sheet.merged_cell_ranges or []]
            grids.append(Grid(
                    sheet.iter_rows, first_column=sheet.start[1] + 1,
                    merged=merged))
        return grids
    except (CalamineError, PasswordError, OSError, ValueError):
        raise SheetError('format')


def read_grids(data):
    "Return the sheets of a workbook (XLSX, XLS, ODS) or of a CSV file"
    data = bytes(data)
    if data[:2] == b'PK' or data[:4] == b'\xd0\xcf\x11\xe0':
        return _read_workbook(data)
    return _read_csv(data)


class Sheet:
    """A table with its header.

    headers are the texts by number of the column; __iter__ yields the number
    of each row that holds data and its values."""

    def __init__(self, grid, header_row, last_header_row, headers):
        self.grid = grid
        self.header_row = header_row
        self.last_header_row = last_header_row
        self.headers = headers

    def __iter__(self):
        columns = sorted(self.headers)
        keys = {c: header_key(self.headers[c]) for c in columns}
        width = columns[-1]
        for number, row in self.grid:
            if number <= self.last_header_row:
                continue
            if len(row) < width:
                row.extend([None] * (width - len(row)))
            first = next((v for v in row if not blank(v)), None)
            if first is None:
                continue
            if isinstance(first, str):
                text = first.strip()
                if TOTALS.match(text):
                    continue
                if REMARKS.match(text) and sum(
                        1 for v in row if not blank(v)) <= REMARK_CELLS:
                    continue
                # The header is printed again on each page
                if header_key(text) in keys.values() and all(
                        blank(row[c - 1])
                        or header_key(row[c - 1]) in keys.values()
                        for c in columns):
                    continue
            yield number, row


def _known(row, known):
    return sum(
        1 for v in row
        if isinstance(v, str) and header_key(v) in known)


def _headers(top, bottom, known):
    headers = {}
    for column in range(1, max(len(top), len(bottom)) + 1):
        texts = []
        for row in [top, bottom]:
            value = row[column - 1] if column <= len(row) else None
            if not blank(value):
                texts.append(re.sub(r'\s+', '', str(value)))
        if len(texts) == 2 and texts[0] == texts[1]:
            texts.pop()
        if len(texts) == 2:
            for text in [''.join(texts), texts[1], texts[0]]:
                if header_key(text) in known:
                    break
            else:
                text = ''.join(texts)
            headers[column] = text
        elif texts:
            headers[column] = texts[0]
    return headers


def _find_header(grid, known):
    rows = list(islice(grid, HEADER_ROWS))
    best, found = 1, None
    for i, (_, row) in enumerate(rows):
        score = _known(row, known)
        if score > best:
            best, found = score, i
    if found is None:
        return None, 0
    number, row = rows[found]
    top, bottom, last = row, [], number
    merged = [
        m for m in grid.merged
        if m[0][0] == number and (m[1][0] > m[0][0] or m[1][1] > m[0][1])]
    below = rows[found + 1][1] if found + 1 < len(rows) else []
    above = rows[found - 1][1] if found else []
    if any(m[1][0] == number + 1 for m in merged) or (
            any(m[1][1] > m[0][1] for m in merged)):
        bottom, last = below, number + 1
    elif found and (
            any(m[0][0] < number <= m[1][0] for m in grid.merged)
            or _known(above, known)):
        # The lower one of two rows has more of the known headers
        top, bottom = above, row
        number -= 1
    elif _known(below, known) > 1 and any(map(blank, row)):
        bottom, last = below, number + 1
    headers = _headers(top, bottom, known)
    return Sheet(grid, number, last, headers), best


def read_sheet(data, known):
    """Return the table of the file whose headers are known best.

    known are the header_key of headers; at least two have to be found.
    SheetError if it is no table."""
    best, found = 0, None
    for grid in read_grids(data):
        sheet, score = _find_header(grid, known)
        if score > best:
            best, found = score, sheet
    if not found:
        raise SheetError('header')
    return found
