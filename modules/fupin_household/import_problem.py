# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from .bulk_insert import bulk_insert
from .registry_sheet import PRIVATE, shown


class Problem(ModelSQL, ModelView):
    "A cell that is wrong, or of which the user has to know"
    __name__ = 'fupin.import.problem'

    import_ = fields.Many2One(
        'fupin.import', "Import", required=True, readonly=True,
        ondelete='CASCADE')
    batch = fields.Integer("Batch", readonly=True)
    row = fields.Integer("Row", readonly=True)
    letter = fields.Char("Column", readonly=True)
    header = fields.Char("Header", readonly=True)
    value = fields.Char("Cell", readonly=True, help="Shown masked.")
    code = fields.Char("Code", readonly=True)
    detail = fields.Char("Detail", readonly=True)
    error = fields.Boolean(
        "Not Loaded", readonly=True,
        help="Whether the row can not be loaded as it is.")
    message = fields.Function(
        fields.Char("What to do"), 'get_message')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('row', 'ASC'), ('id', 'ASC')]
        cls.__access__.add('import_')
        t = cls.__table__()
        cls._sql_indexes.add(
            Index(
                t,
                (t.import_, Index.Equality()),
                (t.row, Index.Range())))

    def get_message(self, name):
        return message(self.code, self.detail)

    def get_rec_name(self, name):
        return f'{self.letter or ""}{self.row}'

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Eval('error'), 'danger', 'warning')),
            ]

    @classmethod
    def replace(cls, import_, batch, problems, headers):
        """Keep the problems of a batch instead of those found before.

        headers are {letters: header}."""
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.delete(
                where=(table.import_ == import_) & (table.batch == batch)))
        bulk_insert(
            cls, [
                'import_', 'batch', 'row', 'letter', 'header', 'value',
                'code', 'detail', 'error'],
            [(import_, batch, row, letter, headers.get(letter),
                    # a person's name or number is in the file, not here
                    shown(field, value) if field in PRIVATE
                    else None if value is None else str(value)[:80],
                    code, None if detail is None else str(detail), error)
                for row, letter, field, code, value, error, detail
                in problems.rows])


def message(code, detail):
    return gettext(
        f'fupin_household.msg_import_{code}', detail=detail or '')
