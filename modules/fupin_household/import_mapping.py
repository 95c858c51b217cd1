# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Which column of a sheet holds what: guessed from the headers, kept for
each user and layout."""
import hashlib

from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction

from .spreadsheet import column_letter, header_key

KINDS = [
    ('registry', "Households and Persons"),
    ('income', "Declared Income"),
    ]
FIELDS = [
    (None, ""),
    ('household_number', "Household Number"),
    ('head_id_number', "ID Number of the Head"),
    ('head', "Name of the Head"),
    ('area_code', "Code of the Area"),
    ('township', "Township"),
    ('village', "Village"),
    ('group', "Village Group"),
    ('address', "Address"),
    ('kind', "Registered As"),
    ('kind_date', "Registered From"),
    ('cause', "Main Cause"),
    ('relation', "Relation to Head"),
    ('name', "Name"),
    ('sex', "Sex"),
    ('birth_date', "Birth Date"),
    ('id_number', "ID Number"),
    ('phone', "Phone"),
    ('bank_name', "Bank"),
    ('bank_account', "Bank Account"),
    ('health', "Health"),
    ('disability', "Disability"),
    ('from_date', "In the Household From"),
    ('category', "Income Category"),
    ('date', "Date"),
    ('amount', "Amount"),
    ('cost', "Production Cost"),
    ('source', "Source"),
    ('category_amount', "Amount of one Category"),
    ]
OF_INCOME = {
    'household_number', 'head_id_number', 'head', 'name', 'id_number',
    'category', 'date', 'amount', 'cost', 'source', 'category_amount'}
ONLY_INCOME = {
    'head', 'category', 'date', 'amount', 'cost', 'source',
    'category_amount'}


# the column that the file of the bad rows has more than the sheet
PROBLEM = "问题"


def layout(headers):
    "Return what names the layout of a sheet with those headers"
    keys = '\n'.join(
        f'{column_letter(c)} {header_key(h)}' for c, h in headers.items()
        if h != PROBLEM)
    return hashlib.sha256(keys.encode()).hexdigest()


class Mapping(ModelSQL, ModelView):
    __name__ = 'fupin.import.mapping'

    name = fields.Char("Name", required=True)
    kind = fields.Selection(KINDS, "Holds", required=True, readonly=True)
    layout = fields.Char("Layout", required=True, readonly=True)
    user = fields.Many2One(
        'res.user', "User", required=True, readonly=True, ondelete='CASCADE')
    columns = fields.One2Many(
        'fupin.import.mapping.column', 'mapping', "Columns")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('layout_unique', Unique(t, t.user, t.kind, t.layout),
                'fupin_household.msg_import_mapping_unique'),
            ]
        cls._order.insert(0, ('name', 'ASC'))

    @classmethod
    def find(cls, kind, headers, guess, name):
        """Return the user's mapping for a sheet with the headers.

        A new one has the choices of whoever mapped the same layout last, or
        what guess makes of the headers: {column: (field, category)}."""
        user = Transaction().user
        same = [('kind', '=', kind), ('layout', '=', layout(headers))]
        own = cls.search([*same, ('user', '=', user)], limit=1)
        if own:
            return own[0]
        others = cls.search(same, order=[('id', 'DESC')], limit=1)
        if others:
            choices = {
                c.number: (c.field, c.category and c.category.id)
                for c in others[0].columns}
        else:
            choices = guess(headers)
        mapping, = cls.create([{
                    'name': name,
                    'kind': kind,
                    'layout': layout(headers),
                    'user': user,
                    'columns': [('create', [{
                                    'number': number,
                                    'header': header,
                                    'field': field,
                                    'category': category,
                                    } for number, header in headers.items()
                                if header != PROBLEM
                                for field, category in [
                                    choices.get(number, (None, None))]])],
                    }])
        return mapping


class MappingColumn(ModelSQL, ModelView):
    __name__ = 'fupin.import.mapping.column'

    mapping = fields.Many2One(
        'fupin.import.mapping', "Mapping", required=True, readonly=True,
        ondelete='CASCADE')
    number = fields.Integer("Number", required=True, readonly=True)
    letter = fields.Function(fields.Char("Column"), 'on_change_with_letter')
    header = fields.Char("Header", required=True, readonly=True)
    field = fields.Selection(
        'get_fields', "Holds",
        help="What the cells of the column are; "
        "leave empty what is not wanted.")
    fields_ = fields.Function(
        fields.Selection(FIELDS, "Fields", sort=False), 'get_none')
    category = fields.Many2One(
        'fupin.income.category', "Category", ondelete='RESTRICT',
        domain=[('declarable', '=', True)],
        states={
            'required': Eval('field') == 'category_amount',
            'readonly': Eval('field') != 'category_amount',
            },
        help="The income category whose amounts are in the column.")
    kind = fields.Function(
        fields.Selection(KINDS, "Kind"), 'on_change_with_kind')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('mapping', 'ASC'), ('number', 'ASC'), ('id', 'ASC')]
        cls.__access__.add('mapping')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.mapping, Index.Equality())))

    @fields.depends('number')
    def on_change_with_letter(self, name=None):
        return column_letter(self.number) if self.number else ''

    @fields.depends('mapping', '_parent_mapping.kind')
    def on_change_with_kind(self, name=None):
        if self.mapping:
            return self.mapping.kind

    def get_none(self, name):
        return None

    @fields.depends('kind')
    def get_fields(self):
        labels = self.__class__.fields_get(['fields_'])['fields_']['selection']
        return [
            (field, label) for field, label in labels
            if field is None or (
                field in OF_INCOME if self.kind == 'income'
                else field not in ONLY_INCOME)]

    @fields.depends('field')
    def on_change_field(self):
        if self.field != 'category_amount':
            self.category = None

    def get_rec_name(self, name):
        return f'{self.letter} {self.header}'


def missing(kind, columns):
    """Return the fields without which a sheet of the kind can't be loaded,
    each as a set of which one is enough."""
    held = {c.field for c in columns}
    if kind == 'registry':
        needed = [
            {'name'}, {'relation'},
            {'household_number', 'head_id_number', 'id_number'}]
    else:
        needed = [
            {'household_number', 'head_id_number', 'id_number'},
            {'amount', 'category_amount'}]
        if 'amount' in held:
            needed.append({'category'})
    return [n for n in needed if not n & held]


def twice(columns):
    "Return a field that two columns hold, None if there is none"
    seen = set()
    for column in columns:
        if not column.field:
            continue
        key = (column.field, column.category)
        if key in seen:
            return column
        seen.add(key)


def selection_labels():
    "Return {field: label} in the language of the user"
    Column = Pool().get('fupin.import.mapping.column')
    return dict(Column.fields_get(['fields_'])['fields_']['selection'])
