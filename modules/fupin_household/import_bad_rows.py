# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The rows of an import that are not loaded, as a file to mend and load
again: the columns of the sheet, and what is wrong."""
from collections import defaultdict

from trytond.i18n import gettext
from trytond.pool import Pool
from trytond.report import Report
from trytond.transaction import Transaction, without_check_access

from .exceptions import SheetImportError
from .import_mapping import PROBLEM
from .import_problem import message
from .workbook import write_workbook


class BadRows(Report):
    __name__ = 'fupin.import.bad_rows'

    @classmethod
    def _execute(cls, records, header, data, action):
        import_, = records
        if Transaction().user != import_.user.id:
            raise SheetImportError(gettext(
                    'fupin_household.msg_import_bad_rows_own',
                    **{'import': import_.rec_name}))
        problems = cls._problems(import_)
        with without_check_access():
            import_ = import_.__class__(import_.id)
            if not (import_.content and problems):
                raise SheetImportError(gettext(
                        'fupin_household.msg_import_no_bad_rows',
                        **{'import': import_.rec_name}))
            sheet = import_._read()
        return 'xlsx', write_workbook(
            PROBLEM, *cls._table(sheet, problems))

    @classmethod
    def _problems(cls, import_):
        "Return {row: texts}"
        Problem = Pool().get('fupin.import.problem')
        table = Problem.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.row, table.letter, table.header, table.code,
                table.detail,
                where=(table.import_ == import_.id)
                & (table.error == True),  # noqa: E712
                order_by=[table.row, table.id]))
        problems = defaultdict(list)
        for row, letter, header, code, detail in cursor.fetchall():
            text = message(code, detail)
            if letter:
                text = f'{letter} {header or ""}: {text}'
            problems[row].append(text)
        return problems

    @classmethod
    def _table(cls, sheet, problems):
        "Return the headers and the rows, each column where it was"
        columns = [c for c, h in sheet.headers.items() if h != PROBLEM]
        width = max(columns)
        headers = [sheet.headers.get(c) for c in range(1, width + 1)]
        headers = [None if h == PROBLEM else h for h in headers]

        def rows():
            for number, row in sheet:
                if number in problems:
                    yield [*row[:width], '\n'.join(problems[number])]
        return [*headers, PROBLEM], rows()
