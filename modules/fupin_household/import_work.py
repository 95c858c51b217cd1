# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The work of an import, step by step, each step a transaction."""
import datetime as dt

from sql.aggregate import Count
from sql.functions import CurrentTimestamp

from trytond import backend
from trytond.exceptions import UserError
from trytond.model import Index, ModelSQL, Unique, fields
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction, without_check_access

from .bulk_insert import bulk_insert, forget
from .income_verify import verify_declarations
from .sheet_import import AT_WORK, COUNTS, LOADERS
from .sheet_loader import BATCH, Problems, batches, pack, unpack

# where a work that can't go on returns to
BEFORE = {'checking': 'draft', 'loading': 'checked', 'verifying': 'done'}
DECLARATIONS = BATCH // 2
ATTEMPTS = 3
# the file of an import that is left alone is removed
KEEP = dt.timedelta(days=90)


def commit():
    Transaction().commit()


def rollback():
    Transaction().rollback()


class Batch(ModelSQL):
    """The rows of an import that are written together, as recognised.

    They are naked personal data: no group reads them, and they go when the
    import is done."""
    __name__ = 'fupin.import.batch'

    import_ = fields.Many2One(
        'fupin.import', "Import", required=True, ondelete='CASCADE')
    number = fields.Integer("Number", required=True)
    content = fields.Binary("Content", required=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('import_')
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.import_, t.number),
                'fupin_household.msg_import_batch_unique'),
            ]
        cls._sql_indexes.add(Index(t, (t.import_, Index.Equality())))

    @classmethod
    def get(cls, import_, number):
        "Return the units of the batch"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.content,
                where=(table.import_ == import_) & (table.number == number)))
        content, = cursor.fetchone()
        return unpack(bytes(content))

    @classmethod
    def erase(cls, import_):
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.delete(where=table.import_ == import_))
        forget(cls)


class Import(metaclass=PoolMeta):
    __name__ = 'fupin.import'

    @classmethod
    def work(cls, imports):
        "Do the steps that are left, and keep each"
        for import_ in imports:
            failed = 0
            while True:
                try:
                    if not cls._step(import_.id):
                        break
                    failed = 0
                except backend.DatabaseIntegrityError:
                    # somebody has entered the same meanwhile: look again
                    rollback()
                    failed += 1
                    if failed == ATTEMPTS:
                        raise
                except UserError as error:
                    rollback()
                    cls._stop(import_.id, error.message)
                commit()

    @classmethod
    @without_check_access
    def _step(cls, id_):
        "Do the next step, return if there was one"
        import_ = cls(id_)
        state, position = import_.state, import_.position
        worker = import_.worker
        if state not in AT_WORK or not import_._claim():
            return False
        context = {}
        if worker.language:
            context['language'] = worker.language.code
        with Transaction().set_user(worker.id), \
                Transaction().set_context(context):
            getattr(cls(id_), f'_step_{state}')(position)
        return True

    def _claim(self):
        """Mark the step as done, in the transaction that does it.

        Of two that would do the same step only one finds it undone."""
        table = self.__class__.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.update(
                [table.position, table.write_date],
                [self.position + 1, CurrentTimestamp()],
                where=(table.id == self.id)
                & (table.state == self.state)
                & (table.position == self.position)))
        forget(self.__class__)
        return cursor.rowcount == 1

    @classmethod
    @without_check_access
    def _stop(cls, id_, message):
        import_ = cls(id_)
        if import_.state in BEFORE:
            import_._set(state=BEFORE[import_.state], error=message)

    def _loader(self):
        columns = [c for c in self.mapping.columns if c.field]
        return LOADERS[self.kind](self, columns, self.date), columns

    def _step_checking(self, position):
        pool = Pool()
        Problem = pool.get('fupin.import.problem')
        if position >= 0:
            self._step_batch(position, write=False)
            return
        Batch = pool.get('fupin.import.batch')
        self._forget_rows()
        loader, columns = self._loader()
        problems = Problems(columns)
        units = loader.read(self._read(), problems)
        Problem.replace(self.id, -1, problems, self._headers(columns))
        count, rows = 0, len(problems.bad)
        for count, batch in enumerate(batches(units, BATCH), 1):
            bulk_insert(
                Batch, ['import_', 'number', 'content'],
                [(self.id, count - 1, pack(batch))])
            rows += sum(
                1 for u in batch for r in u['rows']
                if r[0] not in problems.bad)
        self._set(
            batches=count, rows_total=rows, households_new=0, error=None,
            **{f'rows_{c}': 0 for c in COUNTS})
        if not count:
            self._finish()

    def _step_loading(self, position):
        self._step_batch(position, write=True)

    def _step_batch(self, position, write):
        pool = Pool()
        Batch = pool.get('fupin.import.batch')
        Problem = pool.get('fupin.import.problem')
        if position < self.batches:
            loader, columns = self._loader()
            problems = Problems(columns)
            counts = loader.load(
                Batch.get(self.id, position), problems, write)
            Problem.replace(
                self.id, position, problems, self._headers(columns))
            self._set(
                households_new=(
                    (self.households_new or 0) + counts['households']),
                **{f'rows_{c}': (
                        getattr(self, f'rows_{c}') or 0) + counts[c]
                    for c in COUNTS})
        if position + 1 >= self.batches:
            self._finish()

    @staticmethod
    def _headers(columns):
        return {c.letter: c.header for c in columns}

    def _finish(self):
        Problem = Pool().get('fupin.import.problem')
        table = Problem.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                Count(table.row, distinct=True),
                where=(table.import_ == self.id)
                & (table.error == True)))  # noqa: E712
        bad, = cursor.fetchone()
        values = {'state': 'checked', 'rows_bad': bad}
        if self.state == 'loading':
            values['state'] = 'done'
            Pool().get('fupin.import.batch').erase(self.id)
            if not bad:
                values['content'] = None
        self._set(**values)

    def _step_verifying(self, position):
        if verify_declarations(self.id, DECLARATIONS):
            return
        # those of other areas are left to others
        left = Pool().get('fupin.income.declaration').search([
                ('sheet_import', '=', self.id),
                ('state', '=', 'submitted')], limit=1)
        self._set(state='done' if left else 'verified')

    def _forget_rows(self):
        pool = Pool()
        Problem = pool.get('fupin.import.problem')
        problem = Problem.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*problem.delete(where=problem.import_ == self.id))
        forget(Problem)
        pool.get('fupin.import.batch').erase(self.id)

    @classmethod
    @without_check_access
    def erase_old(cls):
        "Remove the files and rows of imports that nobody goes on with"
        for import_ in cls.search([
                    ('state', 'not in', AT_WORK),
                    ('content', '!=', None),
                    ['OR',
                        ('write_date', '<', dt.datetime.now() - KEEP),
                        [('write_date', '=', None),
                            ('create_date', '<', dt.datetime.now() - KEEP),
                            ]],
                    ]):
            import_._forget_rows()
            import_._set(
                content=None,
                state=(import_.state
                    if import_.state in {'done', 'verified'}
                    else 'cancelled'))


class Cron(metaclass=PoolMeta):
    __name__ = 'ir.cron'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection.extend([
                ('fupin.import|resume_silent', "Resume Imports"),
                ('fupin.import|erase_old', "Erase Files of Old Imports"),
                ])
