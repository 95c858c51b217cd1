# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Tables as XLSX."""
import io

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

WIDTH = 14


def cell(value):
    "Return the value as a cell takes it"
    if isinstance(value, str):
        return ILLEGAL_CHARACTERS_RE.sub('', value)
    return value


def write_workbook(title, headers, rows, widths=()):
    """Return an XLSX of one sheet with the headers, which stay when it is
    scrolled, and the rows.

    Text stays text, whatever it begins with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(cell(title)[:31])
    sheet.freeze_panes = 'A2'
    for column, header in enumerate(headers, 1):
        width = widths[column - 1] if column <= len(widths) else WIDTH
        sheet.column_dimensions[get_column_letter(column)].width = max(
            width, 2 * len(header or '') + 2)

    def styled(value, **style):
        result = WriteOnlyCell(sheet, value=cell(value))
        if isinstance(value, str) and value.startswith('='):
            result.data_type = 's'
        for name, setting in style.items():
            setattr(result, name, setting)
        return result
    sheet.append([styled(h, font=Font(bold=True)) for h in headers])
    for row in rows:
        sheet.append([
                styled(v) if isinstance(v, str) and v.startswith('=')
                else cell(v) for v in row])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()
