# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The page with the map of parcels and what it asks for.

A browser that is logged in to the web client brings its session; any other,
the one that the desktop client opens too, is asked for name and password."""
import html
import json
from pathlib import Path

from trytond.i18n import gettext
from trytond.protocols.wrappers import (
    HTTPStatus, Response, abort, redirect, with_pool, with_transaction)
from trytond.transaction import Transaction
from trytond.wsgi import app

FOLDER = Path(__file__).with_name('map')
TYPES = {
    '.css': 'text/css',
    '.js': 'text/javascript',
    }
# nothing comes from anywhere else
POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'"
LABELS = [
    'title', 'area', 'all_areas', 'colour', 'use', 'transferee', 'expiry',
    'not_let', 'hidden', 'expiry_1', 'expiry_3', 'expiry_5',
    'expiry_more', 'count', 'mu', 'nothing', 'open', 'failed', 'loading']


def with_user(func):
    "Call func as the user of the request, with the user's rights and language"
    @with_pool
    @with_transaction(user='request', context={'_check_access': True})
    def wrapper(request, pool, *args, **kwargs):
        User = pool.get('res.user')
        ModelAccess = pool.get('ir.model.access')
        transaction = Transaction()
        context = User(transaction.user).get_preferences(context_only=True)
        with transaction.set_context(context):
            if not ModelAccess.check('fupin.parcel', 'read', False):
                abort(HTTPStatus.FORBIDDEN)
            return func(request, pool, *args, **kwargs)
    return app.auth_required(wrapper)


def secure(response):
    response.headers['Content-Security-Policy'] = POLICY
    response.headers['X-Content-Type-Options'] = 'nosniff'
    response.headers['Referrer-Policy'] = 'same-origin'
    return response


def answer(text):
    response = Response(text, mimetype='application/json')
    response.headers['Cache-Control'] = 'no-store'
    return secure(response)


def area_of(request):
    try:
        return int(request.args['area']) if 'area' in request.args else None
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)


@app.route('/<database_name>/fupin/map', methods={'GET'})
def map_folder(request, database_name):
    return redirect(request.path + '/')


@app.route('/<database_name>/fupin/map/', methods={'GET'})
@with_user
def map_page(request, pool):
    Parcel = pool.get('fupin.parcel')
    settings = {
        'database': pool.database_name,
        'areas': Parcel.get_map_areas(),
        'uses': Parcel.fields_get(['use'])['use']['selection'],
        'labels': {
            name: gettext(f'fupin_industry.msg_map_{name}')
            for name in LABELS},
        }
    page = (FOLDER / 'parcel_map.html').read_text('utf-8')
    for name, value in [
            ('language', Transaction().language.replace('_', '-')),
            ('title', settings['labels']['title']),
            ('settings', json.dumps(settings, ensure_ascii=False))]:
        page = page.replace(f'[[{name}]]', html.escape(value))
    response = Response(page, mimetype='text/html')
    response.headers['Cache-Control'] = 'no-store'
    return secure(response)


@app.route('/<database_name>/fupin/map/parcels', methods={'GET'})
@with_user
def map_parcels(request, pool):
    Parcel = pool.get('fupin.parcel')
    return answer(Parcel.get_map(area_of(request)))


@app.route('/<database_name>/fupin/map/border', methods={'GET'})
@with_user
def map_border(request, pool):
    Parcel = pool.get('fupin.parcel')
    return answer(json.dumps(Parcel.get_map_border(area_of(request))))


@app.route('/<database_name>/fupin/map/parcel/<int:parcel>', methods={'GET'})
@with_user
def map_parcel(request, pool, parcel):
    Parcel = pool.get('fupin.parcel')
    found = Parcel.search([('id', '=', parcel)])
    if not found:
        abort(HTTPStatus.NOT_FOUND)
    parcel, = found
    return answer(json.dumps(parcel.get_map_details(), ensure_ascii=False))


@app.route('/<database_name>/fupin/map/file/<name>', methods={'GET'})
def map_file(request, database_name, name):
    "The scripts and styles of the page, which say nothing of anyone"
    path = FOLDER / name
    if path.suffix not in TYPES or path.name not in {
            p.name for p in FOLDER.iterdir()}:
        abort(HTTPStatus.NOT_FOUND)
    response = Response(path.read_bytes(), mimetype=TYPES[path.suffix])
    response.headers['Cache-Control'] = 'max-age=3600'
    return secure(response)
