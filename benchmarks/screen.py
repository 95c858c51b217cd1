# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What the web client asks the server for when it opens a list or a form
(search_filter of its screen, load of its records)."""
import re

LIMIT = 1000
RELATED = 20
NAMED = {'many2one', 'one2one', 'reference'}
SELECTION = {'selection', 'multiselection'}
X2MANY = {'one2many', 'many2many'}
ALWAYS = ['_timestamp', '_write', '_delete']


class Screen:
    "A view of a model in the hands of a client; opened once, kept by it"

    def __init__(
            self, client, model, type_, view=None, context=None, limit=None):
        self.client = client
        self.limit = limit or LIMIT
        self.model = model
        self.context = context or {}
        definition = client.model(
            model, 'fields_view_get', view, type_, context=self.context)
        self.fields = definition['fields']
        for name in re.findall(
                r'<field(?=[^>]* visible="1")[^>]* name="(\w+)"',
                definition['arch']):
            self.fields[name]['visible'] = True

    def call(self, method, *params, context=None):
        return self.client.model(
            self.model, method, *params,
            context=self.context | (context or {}))

    def names(self, lazy):
        "Return the names to read: without the lazy ones, or all"
        names = []
        for name, field in self.fields.items():
            loading = field.get('loading', 'eager')
            if not lazy and loading != 'eager':
                continue
            names.append(name)
            type_ = field['type']
            if type_ in NAMED:
                names.append(f'{name}.rec_name')
            elif type_ in SELECTION and loading == 'eager':
                names.append(f'{name}:string')
            elif type_ in X2MANY and lazy:
                names.extend(related_names(field, name))
        if 'rec_name' not in names:
            names.append('rec_name')
        return names + ALWAYS

    def search(self, domain):
        ids = self.call('search', domain, 0, self.limit, None)
        if len(ids) == self.limit:
            self.call('search_count', domain, 0, self.limit * 100)
        return ids

    def open(self, domain, rows=None):
        """Search and read the rows of the first page, or so many; return
        them in order."""
        names = self.names(False)
        ids = self.search(domain)[:rows or LIMIT // min(len(names), 10)]
        if not ids:
            return []
        values = {v['id']: v for v in self.call('read', ids, names)}
        return [values[i] for i in ids]

    def show(self, id_):
        "Read a record for a form"
        return self.call(
            'read', [id_], self.names(True),
            context={'related_read_limit': RELATED})[0]


def related_names(field, prefix):
    "Return the names to read of the records of a x2many field"
    if not (field.get('visible') and field.get('views')):
        return []
    view = next(iter(field['views'].values()))
    names = []
    for name, below in (view.get('fields') or {}).items():
        path = f'{prefix}.{name}'
        names.append(path)
        if below['type'] in NAMED:
            names.append(f'{path}.rec_name')
        elif below['type'] in SELECTION:
            names.append(f'{path}:string')
        elif below['type'] in X2MANY:
            names.extend(related_names(below, path))
    return names + [f'{prefix}.{name}' for name in ALWAYS]
