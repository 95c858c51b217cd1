# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Forms as the books print them, as HTML and XLSX: no database."""
import datetime as dt
import re
from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

# what is printed around the lines, Chinese in every language
UNIT = "编制单位："
CURRENCY = "单位：元"
# of a sheet of XLSX
SHEET_LENGTH = 31
FONT = '宋体'
WIDEST = 44

# style of a row: '', 'heading', 'label' or 'total'
Row = namedtuple('Row', ['cells', 'style'], defaults=[''])
# a number that is no money, with as many digits
Measure = namedtuple('Measure', ['value', 'digits'])


@dataclass(frozen=True)
class Form:
    """A table with its head.

    * date: the day or the year that it is of
    * columns: the names of the columns
    * groups: [(name, span)] of what stands over the columns; those without a
      name have only that of their column
    * subject: what it is about, beside the name of the cooperative
    * text: what stands between the head and the table
    * currency: the unit of the money in it
    * sheet: the name of the sheet of XLSX, default is the title"""
    title: str
    company: str
    date: str
    columns: list
    rows: list
    code: str = ''
    wide: bool = False
    groups: tuple = ()
    subject: str = ''
    text: str = ''
    currency: str = CURRENCY
    sheet: str = None

    @property
    def head(self):
        """Return the two rows of the head of the table as [[(name, column
        span, row span)]]; the second is empty without groups."""
        if not self.groups:
            return [[(name, 1, 1) for name in self.columns], []]
        first, second = [], []
        columns = iter(self.columns)
        for name, span in self.groups:
            names = [next(columns) for _ in range(span)]
            if name:
                first.append((name, span, 1))
                second += [(n, 1, 1) for n in names]
            else:
                first += [(n, 1, 2) for n in names]
        return [first, second]


def to_text(value):
    "Return what is printed in a cell"
    if value is None:
        return ''
    elif isinstance(value, Decimal):
        return f'{value:,.2f}'
    elif isinstance(value, Measure):
        if value.value is None:
            return ''
        return f'{value.value:,.{value.digits}f}'
    elif isinstance(value, dt.date):
        return f'{value:%Y-%m-%d}'
    return value


def to_kind(value):
    "Return what kind of cell the value makes"
    if isinstance(value, Decimal | Measure):
        return 'number'
    elif isinstance(value, int):
        return 'line'
    elif isinstance(value, dt.date):
        return 'date'
    return 'text'


def name_sheets(forms):
    "Return a name for the sheet of each form, which no other one has"
    names, used = [], set()
    for form in forms:
        name = base = re.sub(
            r'[\[\]:*?/\\]', ' ', form.sheet or form.title)[:SHEET_LENGTH]
        number = 1
        while name.casefold() in used:
            number += 1
            suffix = f' {number}'
            name = base[:SHEET_LENGTH - len(suffix)] + suffix
        used.add(name.casefold())
        names.append(name)
    return names


def write_workbook(forms):
    "Return the content of an XLSX file with a sheet per form"
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, form in zip(name_sheets(forms), forms):
        _Sheet(workbook.create_sheet(name), form).write()
    content = BytesIO()
    workbook.save(content)
    return content.getvalue()


class _Sheet:
    _title = Font(name=FONT, size=16, bold=True)
    _plain = Font(name=FONT, size=11)
    _bold = Font(name=FONT, size=11, bold=True)
    _thin = Side(style='thin')
    _border = Border(left=_thin, right=_thin, top=_thin, bottom=_thin)
    _centre = Alignment(horizontal='center', vertical='center', wrap_text=True)
    _right = Alignment(horizontal='right', vertical='center')
    _left = Alignment(vertical='center')
    _wrap = Alignment(vertical='center', wrap_text=True)

    def __init__(self, sheet, form):
        self.sheet = sheet
        self.form = form
        self.width = max(len(form.columns), 2)
        self.sizes = [0] * self.width

    def write(self):
        self._write_title()
        row = 4
        if self.form.text:
            row = self._write_text(row)
        if self.form.columns:
            row = self._write_head(row)
            self.sheet.freeze_panes = f'A{row}'
            for number, values in enumerate(self.form.rows, row):
                self._write_row(number, values)
        self._set_layout(row - 1)

    def _write_title(self):
        sheet, form = self.sheet, self.form
        sheet['A1'] = form.title
        sheet.merge_cells(
            start_row=1, end_row=1, start_column=1, end_column=self.width)
        sheet['A1'].font = self._title
        sheet['A1'].alignment = self._centre
        unit = UNIT + form.company
        if form.subject:
            unit += f'　　{form.subject}'
        for row, left, right in [
                (2, form.date, form.code), (3, unit, form.currency)]:
            cell = sheet.cell(row, 1, left)
            cell.font, cell.alignment = self._plain, self._left
            cell = sheet.cell(row, self.width, right)
            cell.font, cell.alignment = self._plain, self._right

    def _write_text(self, row):
        for paragraph in self.form.text.splitlines():
            cell = self.sheet.cell(row, 1, paragraph)
            cell.font, cell.alignment = self._plain, self._wrap
            self.sheet.merge_cells(
                start_row=row, end_row=row,
                start_column=1, end_column=self.width)
            # a merged cell does not get higher by itself
            self.sheet.row_dimensions[row].height = 16 * (
                1 + len(paragraph) // 40)
            row += 1
        return row

    def _write_head(self, row):
        form = self.form
        if not form.groups:
            for column, name in enumerate(form.columns, 1):
                self._write_name(row, column, name)
                self._measure(column, len(name) * 2)
            return row + 1
        column = 1
        for name, span in form.groups:
            for offset, sub in enumerate(form.columns[column - 1:][:span]):
                at = column + offset
                self._write_name(row, at, None if name else sub)
                self._write_name(row + 1, at, sub if name else None)
                # long names go on several lines
                self._measure(at, min(len(sub) * 2, 14))
                if not name:
                    self.sheet.merge_cells(
                        start_row=row, end_row=row + 1,
                        start_column=at, end_column=at)
            if name:
                self.sheet.cell(row, column).value = name
                if span > 1:
                    self.sheet.merge_cells(
                        start_row=row, end_row=row, start_column=column,
                        end_column=column + span - 1)
            column += span
        return row + 2

    def _write_name(self, row, column, name):
        cell = self.sheet.cell(row, column, name)
        cell.font, cell.alignment = self._bold, self._centre
        cell.border = self._border

    def _write_row(self, number, row):
        font = self._bold if row.style in {'total', 'heading'} else self._plain
        for column, value in enumerate(row.cells, 1):
            kind = to_kind(value)
            alignment = {
                'line': self._centre,
                'date': self._centre,
                'number': self._right,
                }.get(kind, self._wrap)
            size = self._get_size(kind, value)
            if isinstance(value, Measure):
                digits = f'.{"0" * value.digits}' if value.digits else ''
                format_, value = '#,##0' + digits, value.value
            else:
                format_ = {
                    'number': '#,##0.00', 'date': 'yyyy-mm-dd'}.get(kind)
            cell = self.sheet.cell(number, column, value)
            cell.font, cell.border = font, self._border
            cell.alignment = (
                self._centre if row.style == 'label' else alignment)
            if format_:
                cell.number_format = format_
            self._measure(column, size)

    @staticmethod
    def _get_size(kind, value):
        "Return the width that the value needs, in digits"
        if kind == 'number':
            return max(14, len(to_text(value)) + 2)
        elif kind == 'line':
            return 6
        elif kind == 'date':
            return 12
        return 2 * max(map(len, (value or '').splitlines()), default=0)

    def _measure(self, column, size):
        self.sizes[column - 1] = max(self.sizes[column - 1], size)

    def _set_layout(self, head):
        sheet = self.sheet
        if not self.form.columns:
            self.sizes = [WIDEST, WIDEST]
        for column, size in enumerate(self.sizes, 1):
            sheet.column_dimensions[get_column_letter(column)].width = min(
                size + 2, WIDEST)
        sheet.sheet_format.defaultRowHeight = 18
        sheet.sheet_format.customHeight = True
        sheet.print_title_rows = f'1:{head}'
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        if self.form.wide or self.width > 6:
            sheet.page_setup.orientation = 'landscape'
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.print_options.horizontalCentered = True
        for side in ['left', 'right', 'top', 'bottom']:
            setattr(sheet.page_margins, side, 0.5)
