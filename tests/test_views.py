# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The web client can show every view of ours.

It breaks off on a field in a list for which it has no kind of column: a
moment is shown as a date and a time."""
import pytest
from lxml import etree
from trytond.pool import Pool

# what the modules declare is the same on every database
pytestmark = [pytest.mark.once, pytest.mark.usefixtures('transaction')]

# sao 8.0, Sao.View.TreeXMLViewParser.WIDGETS
COLUMNS = {
    'binary', 'boolean', 'callto', 'char', 'date', 'dict', 'email', 'float',
    'image', 'integer', 'many2many', 'many2one', 'numeric', 'one2many',
    'one2one', 'progressbar', 'reference', 'selection', 'multiselection',
    'sip', 'text', 'time', 'timedelta', 'url'}


def test_columns():
    pool = Pool()
    View = pool.get('ir.ui.view')
    views = View.search([
            ('module', 'like', 'fupin_%'),
            ('type', 'in', ['tree', None]),
            ('model', '!=', None),
            ])
    assert views
    unknown = []
    for view in views:
        Model = pool.get(view.model)
        tree = etree.fromstring(view.arch.encode())
        root = view.inherit or view
        if view.type != 'tree' and root.type != 'tree':
            continue
        for field in tree.iter('field'):
            widget = field.get(
                'widget', Model._fields[field.get('name')]._type)
            if widget not in COLUMNS:
                unknown.append((view.name, field.get('name'), widget))
    assert not unknown
