# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import (
    Transaction, check_access, without_check_access)

from .exceptions import SheetImportError
from .import_mapping import KINDS, missing, selection_labels, twice
from .income_import import IncomeLoader
from .registry_import import RegistryLoader
from .sheet_loader import BATCH
from .spreadsheet import SheetError, header_key, read_sheet

LOADERS = {'registry': RegistryLoader, 'income': IncomeLoader}
# what the user must be allowed to do one by one
ACCESS = {
    'registry': [
        ('fupin.household', 'create'), ('fupin.household', 'write'),
        ('fupin.person', 'create'), ('fupin.person', 'write')],
    'income': [('fupin.income.declaration', 'create')],
    }
AT_WORK = ['checking', 'loading', 'verifying']
# a work that says nothing for so long is taken up again
SILENCE = dt.timedelta(minutes=10)
COUNTS = ['new', 'changed', 'same']
_DRAFT = {'readonly': Eval('state') != 'draft'}


class Import(ModelSQL, ModelView):
    """A sheet that is checked in a dry run, and loaded by batches.

    A batch is one transaction that also marks how far the work came, so
    that a work that was broken off goes on there, and nothing is half
    done."""
    __name__ = 'fupin.import'

    kind = fields.Selection(
        KINDS, "Holds", required=True, sort=False, states=_DRAFT)
    data = fields.Function(fields.Binary(
            "File", filename='filename', states=_DRAFT,
            help="XLSX, XLS, ODS or CSV (UTF-8 or GB18030).  Only who "
            "entered it can open it; it is removed once all is loaded."),
        'get_data', setter='set_data')
    content = fields.Binary("Content")
    filename = fields.Char("File Name", states=_DRAFT)
    date = fields.Date(
        "Date", required=True, states=_DRAFT,
        help="The day from which new persons belong to the household and on "
        "which income was earned where the sheet has no date.")
    source = fields.Char(
        "Source",
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': Eval('kind') != 'income',
            },
        help="Who paid the income and what proves it, "
        "where the sheet does not say.")
    mapping = fields.Many2One(
        'fupin.import.mapping', "Mapping", readonly=True,
        ondelete='SET NULL')
    columns = fields.Function(fields.One2Many(
            'fupin.import.mapping.column', None, "Columns", states=_DRAFT,
            help="What the columns hold; it is kept for the next file "
            "with the same headers."),
        'get_columns', setter='set_columns')
    user = fields.Many2One(
        'res.user', "Entered by", required=True, readonly=True,
        ondelete='RESTRICT')
    worker = fields.Many2One(
        'res.user', "Started by", readonly=True, ondelete='RESTRICT')
    batches = fields.Integer("Batches", readonly=True)
    position = fields.Integer("Position", readonly=True)
    progress = fields.Function(fields.Float("Progress"), 'get_progress')
    rows_total = fields.Integer("Rows", readonly=True)
    rows_new = fields.Integer("New Rows", readonly=True)
    rows_changed = fields.Integer("Changed Rows", readonly=True)
    rows_same = fields.Integer("Same Rows", readonly=True)
    rows_bad = fields.Integer("Rows Not Loaded", readonly=True)
    households_new = fields.Integer(
        "Households", readonly=True,
        help="New households, or households with newly declared income.")
    problems = fields.One2Many(
        'fupin.import.problem', 'import_', "Problems", readonly=True)
    declarations = fields.One2Many(
        'fupin.income.declaration', 'sheet_import', "Declarations",
        readonly=True,
        states={'invisible': Eval('kind') != 'income'})
    error = fields.Char(
        "Stopped", readonly=True,
        states={'invisible': ~Eval('error')},
        help="Why the last work could not go on.")
    state = fields.Selection([
            ('draft', "Draft"),
            ('checking', "Being Checked"),
            ('checked', "Checked"),
            ('loading', "Being Loaded"),
            ('done', "Loaded"),
            ('verifying', "Being Verified"),
            ('verified', "Verified"),
            ('cancelled', "Cancelled"),
            ], "State", required=True, readonly=True, sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('id', 'DESC')]
        t = cls.__table__()
        cls._sql_indexes.add(
            Index(
                t, (t.state, Index.Equality(cardinality='low')),
                where=t.state.in_(AT_WORK)))
        state = Eval('state')
        bad = Eval('rows_bad', 0)
        for name, invisible in [
                ('check', state != 'draft'),
                ('load_all', (state != 'checked') | (bad > 0)),
                ('load_good', (state != 'checked') | (bad == 0)),
                ('verify', (state != 'done') | (Eval('kind') != 'income')),
                ('again', ~state.in_(['checked', 'cancelled'])),
                ('cancel', ~state.in_([
                            'draft', 'checking', 'checked', 'loading'])),
                ('resume', ~state.in_(AT_WORK)),
                ]:
            cls._buttons[name] = {
                'invisible': invisible,
                'depends': ['state', 'rows_bad', 'kind'],
                }

    @classmethod
    def default_kind(cls):
        return 'registry'

    @classmethod
    def default_state(cls):
        return 'draft'

    @classmethod
    def default_user(cls):
        return Transaction().user

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def default_source(cls):
        return gettext('fupin_household.msg_import_source')

    def get_rec_name(self, name):
        return self.filename or str(self.id)

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('filename', *clause[1:])]

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(
                    Eval('state') == 'cancelled', 'muted',
                    If(Eval('rows_bad', 0) > 0, 'warning', ''))),
            ('/form//page[@id="result"]', 'states', {
                    'invisible': Eval('state') == 'draft'}),
            ]

    @classmethod
    def fields_get(cls, fields_names=None, level=0):
        "Offer the file itself to nobody"
        definitions = super().fields_get(
            fields_names=fields_names, level=level)
        if Transaction().user:
            definitions.pop('content', None)
        return definitions

    def get_data(self, name):
        if Transaction().user not in {0, self.user.id}:
            return None
        with without_check_access():
            content = self.__class__(self.id).content
        size = Transaction().context.get(f'{self.__name__}.{name}')
        if content and size == 'size':
            return len(content)
        return content

    @classmethod
    def set_data(cls, imports, name, value):
        with without_check_access():
            cls.write(imports, {'content': value})

    def get_columns(self, name):
        with without_check_access():
            mapping = self.__class__(self.id).mapping
            return [c.id for c in mapping.columns] if mapping else []

    @classmethod
    def set_columns(cls, imports, name, value):
        Column = Pool().get('fupin.import.mapping.column')
        for import_ in imports:
            own = set(import_.get_columns('columns'))
            for action, *args in value or []:
                if action == 'write':
                    ids, values = args
                    values = {
                        n: values[n] for n in ['field', 'category']
                        if n in values}
                    Column.write(
                        Column.browse([i for i in ids if i in own]), values)

    def get_progress(self, name):
        if self.state in AT_WORK and self.batches:
            return max(self.position or 0, 0) / self.batches
        return 0.0 if self.state in {'draft', *AT_WORK} else 1.0

    @classmethod
    def check_modification(cls, mode, imports, values=None, external=False):
        super().check_modification(
            mode, imports, values=values, external=external)
        if not external or mode == 'create':
            return
        for import_ in imports:
            if import_.state != 'draft' and not (
                    mode == 'delete'
                    and import_.state in {'checked', 'cancelled'}):
                raise AccessError(gettext(
                        'fupin_household.msg_import_modify',
                        **{'import': import_.rec_name}))

    @classmethod
    def on_modification(cls, mode, imports, field_names=None):
        super().on_modification(mode, imports, field_names=field_names)
        if mode == 'delete':
            return
        if field_names is None or field_names & {'content', 'kind'}:
            for import_ in imports:
                if import_.state == 'draft' and import_.content:
                    with without_check_access():
                        import_._map()

    def _map(self):
        "Find out which column holds what"
        sheet = self._read()
        guess = LOADERS[self.kind].guess
        mapping = Pool().get('fupin.import.mapping').find(
            self.kind, dict(sorted(sheet.headers.items())), guess,
            self.filename or self.kind)
        if self.mapping != mapping:
            self.mapping = mapping
            self.save()

    def _read(self):
        "Return the sheet of the file, SheetImportError if it is none"
        loader = LOADERS[self.kind](self, [], self.date)
        known = set(loader.known)
        if self.mapping:
            known.update(
                header_key(c.header) for c in self.mapping.columns if c.field)
        try:
            return read_sheet(self.content, known)
        except SheetError as error:
            raise SheetImportError(gettext(
                    f'fupin_household.msg_import_file_{error.args[0]}',
                    **{'import': self.rec_name}))

    @classmethod
    @ModelView.button
    def check(cls, imports):
        for import_ in imports:
            import_._check_access()
            if not import_.content:
                raise SheetImportError(gettext(
                        'fupin_household.msg_import_no_file'))
            columns = import_.mapping.columns
            labels = selection_labels()
            for choices in missing(import_.kind, columns):
                raise SheetImportError(gettext(
                        'fupin_household.msg_import_column_missing',
                        fields=' / '.join(
                            labels[c] for c in labels if c in choices)))
            if column := twice(columns):
                raise SheetImportError(gettext(
                        'fupin_household.msg_import_column_twice',
                        field=labels[column.field], column=column.letter))
        cls._start(imports, 'checking', -1, None)

    def _check_access(self):
        ModelAccess = Pool().get('ir.model.access')
        with check_access():
            for model, mode in ACCESS[self.kind]:
                ModelAccess.check(model, mode)

    @classmethod
    def _start(cls, imports, state, position, count):
        for import_ in imports:
            import_._set(
                state=state, position=position, batches=count, error=None,
                worker=Transaction().user)
        cls.__queue__.work(imports)

    def _set(self, **values):
        with without_check_access():
            self.__class__.write([self], values)

    @classmethod
    @ModelView.button
    def load_all(cls, imports):
        cls._load(imports)

    @classmethod
    @ModelView.button
    def load_good(cls, imports):
        cls._load(imports)

    @classmethod
    def _load(cls, imports):
        for import_ in imports:
            import_._check_access()
            import_._set(**{f'rows_{c}': 0 for c in COUNTS}, households_new=0)
            cls._start([import_], 'loading', 0, import_.batches)

    @classmethod
    @ModelView.button
    def verify(cls, imports):
        Declaration = Pool().get('fupin.income.declaration')
        for import_ in imports:
            count = Declaration.search_count([
                    ('sheet_import', '=', import_.id),
                    ('state', '=', 'submitted')])
            if count and Transaction().user == import_.user.id:
                raise SheetImportError(gettext(
                        'fupin_household.msg_import_verify_own',
                        **{'import': import_.rec_name}))
            cls._start(
                [import_], 'verifying', 0, -(-count // (BATCH // 2)) or 1)

    @classmethod
    @ModelView.button
    def again(cls, imports):
        for import_ in imports:
            import_._forget_rows()
            import_._set(
                state='draft', batches=None, position=None,
                rows_total=None, rows_bad=None, households_new=None,
                **{f'rows_{c}': None for c in COUNTS})

    @classmethod
    @ModelView.button
    def cancel(cls, imports):
        for import_ in imports:
            import_._set(state='cancelled')

    @classmethod
    @ModelView.button
    def resume(cls, imports):
        cls.__queue__.work(imports)

    @classmethod
    def resume_silent(cls):
        "Take up the works that were broken off"
        with without_check_access():
            imports = cls.search([
                    ('state', 'in', AT_WORK),
                    ('write_date', '<', dt.datetime.now() - SILENCE),
                    ])
            if imports:
                cls.resume(imports)
