# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""W6, and the first page of each of our lists for each role."""
from .county import AUDITOR, COUNTY, TOWNSHIP
from .screen import Screen
from .server import LocalClient

# milliseconds of the server
FORM, LIST = 15, 100
FEW, MANY = 10, 100
ROLES = [TOWNSHIP, COUNTY, AUDITOR, 'she1']


def run(bench):
    yield household(bench)
    for login in ROLES:
        yield from lists(bench, login)


def household(bench):
    "W6: a household with its persons and five years of income"
    client = LocalClient(bench.database, TOWNSHIP)
    screen = Screen(client, 'fupin.household', 'form')
    few, many = household_ids(bench, client)
    result = bench.alternate(
        'W6 household form', lambda: screen.show(many), limit=FORM,
        rounds=bench.rounds * 5)
    result.statements = bench.count(lambda: screen.show(few))
    result.growing = bench.count(lambda: screen.show(many))
    return result


def household_ids(bench, client):
    "Return a household with the least and with the most lines of income"
    ids = Screen(client, 'fupin.household', 'tree').search([])
    rows = bench.select(
        'SELECT household FROM fupin_income WHERE household = ANY(%(ids)s) '
        'GROUP BY household ORDER BY count(*), household', ids=ids)
    return rows[0][0], rows[-1][0]


def lists(bench, login):
    client = LocalClient(bench.database, login)
    for name, action in actions(bench, client).items():
        yield first_page(bench, f'{login} {name}', client, action)


def first_page(bench, name, client, action):
    """Open the list; with ten rows and with a hundred it takes as many
    statements.

    They are counted within one cooperative: Tryton reads parties and products
    in the context of the company, so each company shown takes some more."""
    screen = Screen(
        client, action['model'], 'tree', action['view'], action['context'],
        action['limit'])
    domain = action['domain']
    result = bench.alternate(
        name, lambda: screen.open(domain), limit=LIST)
    if 'company' in action['fields'] and client.context.get('company'):
        domain = [domain, ('company', '=', client.context['company'])]
    if len(screen.search(domain)) >= MANY:
        result.statements = bench.count(lambda: screen.open(domain, FEW))
        result.growing = bench.count(lambda: screen.open(domain, MANY))
    return result


def actions(bench, client):
    "Return {name: action} of our lists in the menu of the client's user"
    from trytond.pool import Pool
    from trytond.pyson import PYSONDecoder
    from trytond.transaction import Transaction, check_access
    pool = Pool(bench.database)
    found = {}
    with Transaction().start(
            bench.database, client.user, readonly=True,
            context=client.context), check_access():
        Menu = pool.get('ir.ui.menu')
        Data = pool.get('ir.model.data')
        labels = {
            d.db_id: d.fs_id for d in Data.search([
                    ('model', '=', 'ir.action.act_window'),
                    ])}
        for menu in Menu.search([]):
            action = menu.action
            if (not action or action.__name__ != 'ir.action.act_window'
                    or not (action.res_model or '').startswith('fupin.')):
                continue
            decoder = PYSONDecoder(client.context)
            context = decoder.decode(action.pyson_context or '{}')
            if action.context_model:
                Context = pool.get(action.context_model)
                names = [
                    n for n in Context._fields
                    if n not in {'id', 'rec_name', 'xml_id'}
                    and not n.startswith('total_')]
                with Transaction().set_context(context):
                    context |= Context.default_get(
                        names, with_rec_name=False)
            views = [
                v.view.id for v in action.act_window_views
                if v.view and v.view.type == 'tree']
            found[labels[action.id]] = {
                'model': action.res_model,
                'fields': pool.get(action.res_model)._fields.keys(),
                'domain': decoder.decode(action.pyson_domain or '[]'),
                'context': context,
                'limit': action.limit,
                'view': views[0] if views else None,
                }
    return found
