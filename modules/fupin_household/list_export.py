# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Any list as XLSX: its columns under their titles, what the user may see,
personal data masked as on the screen."""
import datetime as dt

from lxml import etree

from trytond.i18n import gettext
from trytond.pool import Pool
from trytond.report import Report
from trytond.tools import grouped_slice
from trytond.transaction import check_access

from .workbook import write_workbook

SLICE = 1000
SKIPPED = {'binary', 'one2many', 'many2many', 'dict'}


class Column:
    "A column of a list: its title and where a record that was read has it"

    def __init__(self, name, title, type_):
        self.name = name
        self.title = title
        self.type = type_
        if type_ in {'many2one', 'one2one', 'reference'}:
            self.reads = [f'{name}.rec_name']
        elif type_ in {'selection', 'multiselection'}:
            self.reads = [f'{name}:string']
        else:
            self.reads = [name]

    def get(self, values):
        if self.type in {'many2one', 'one2one', 'reference'}:
            target = values.get(f'{self.name}.')
            return target and target['rec_name']
        if self.type in {'selection', 'multiselection'}:
            value = values.get(f'{self.name}:string')
            return ', '.join(value) if isinstance(value, list) else value
        value = values.get(self.name)
        if self.type == 'boolean':
            return gettext(
                'fupin_household.msg_export_yes' if value
                else 'fupin_household.msg_export_no')
        if isinstance(value, dt.datetime) and value.tzinfo:
            return value.replace(tzinfo=None)
        return value


def list_columns(Model):
    "Return the columns of the first list of the model for the user"
    view = Model.fields_view_get(view_type='tree')
    columns = []
    for node in etree.fromstring(view['arch']).iter('field'):
        name = node.get('name')
        definition = view['fields'][name]
        if (node.get('tree_invisible') == '1'
                or definition['type'] in SKIPPED
                or name in {c.name for c in columns}):
            continue
        columns.append(Column(
                name, node.get('string') or definition['string'],
                definition['type']))
    return columns


class ListWorkbook(Report):
    __name__ = 'fupin.list.workbook'

    @classmethod
    def execute(cls, ids, data):
        extension, content, direct, _ = super().execute(ids, data)
        title = cls._title(Pool().get(data['model']))
        return extension, content, direct, title

    @classmethod
    def _get_records(cls, ids, model, data):
        # they are read, not browsed
        return []

    @classmethod
    def _title(cls, Model):
        return Pool().get('ir.model').get_name(Model.__name__)

    @classmethod
    def _execute(cls, records, header, data, action):
        Model = Pool().get(data['model'])
        with check_access():
            columns = list_columns(Model)
            content = write_workbook(
                cls._title(Model), [c.title for c in columns],
                cls._rows(Model, data['ids'], columns))
        return 'xlsx', content

    @classmethod
    def _rows(cls, Model, ids, columns):
        names = [n for c in columns for n in c.reads]
        for sub_ids in grouped_slice(ids, SLICE):
            sub_ids = list(sub_ids)
            rows = {
                r['id']: r for r in Model.read(sub_ids, ['id', *names])}
            for id_ in sub_ids:
                yield [c.get(rows[id_]) for c in columns]
