# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The map of parcels says what the books say, to each what is his."""
import base64
import datetime as dt
import html
import json
import re
from decimal import Decimal as D

import pytest
from cooperative import (
    CREDIT_CODES, NAMES, alone, new_area, new_household, new_income_years)
from land import new_parcel, signed, square
from werkzeug.test import Client

from trytond.modules.fupin_industry.routes import FOLDER, LABELS
from trytond.pool import Pool
from trytond.protocols.wrappers import Response
from trytond.transaction import Transaction
from trytond.wsgi import app

__all__ = ['alone']

TODAY = dt.date.today()
START = dt.date(TODAY.year, 1, 1)
END = dt.date(TODAY.year + 2, 12, 31)
PASSWORD = 'look-at-the-map'


def outline(number):
    return json.dumps(square(west=114.80 + number * 0.002))


@pytest.fixture(scope='module')
def land(database, alone):  # noqa: F811
    """Two villages: of the three parcels in the first one has no outline and
    one is let, the second has two."""
    with Transaction().start(database, 1, context={}) as transaction:
        pool = Pool()
        Company = pool.get('company.company')
        ModelData = pool.get('ir.model.data')
        Subdivision = pool.get('country.subdivision')
        User = pool.get('res.user')
        new_income_years(TODAY.year)
        village = new_area()
        Subdivision.load_areas(
            [('410990110202', "村二")], village.country)
        other, = Subdivision.search([('name', '=', "村二")])
        here, there = (
            new_household(village, "张三"), new_household(other, "李四"))
        parcels = [
            new_parcel(here, 1, mu='15.23', outline=outline(1)),
            new_parcel(here, 2, mu='15.23', outline=outline(2), use='2'),
            new_parcel(here, 3, mu='3.00'),
            new_parcel(there, 4, mu='15.23', outline=outline(4)),
            new_parcel(there, 5, mu='15.23', outline=outline(5)),
            ]
        cooperative = Company.create_cooperative(
            NAMES[0], CREDIT_CODES[0], [TODAY.year])
        transfer = signed(
            cooperative, parcels[:1],
            [{'from_date': START, 'cash': D(800)}],
            sign_date=START, start_date=START, end_date=END)
        township = ModelData.get_id('fupin_household.group_township')
        for login, area in [('here', village), ('there', other)]:
            User.create([{
                        'name': login,
                        'login': login,
                        'password': PASSWORD,
                        'groups': [('add', [township])],
                        'areas': [('add', [area.id])],
                        # Tryton gives the only one to everybody
                        'companies': None,
                        'company': None,
                        }])
        User.create([{
                    'name': 'nobody',
                    'login': 'nobody',
                    'password': PASSWORD,
                    }])
        transaction.commit()
        return {
            'parcels': [p.id for p in parcels],
            'codes': [p.code for p in parcels],
            'village': village.id,
            'other': other.id,
            'transferee': transfer.transferee.name,
            'number': transfer.number,
            'today': str(pool.get('ir.date').today()),
            }


@pytest.fixture
def get(database, land):
    client = Client(app, Response)

    def get(path, login='here', password=PASSWORD, **query):
        headers = {}
        if login:
            token = base64.b64encode(f'{login}:{password}'.encode()).decode()
            headers['Authorization'] = f'Basic {token}'
        return client.get(
            f'/{database}/fupin/map/{path}', headers=headers,
            query_string=query)
    return get


def parcels(response):
    assert response.status_code == 200
    answer = json.loads(response.get_data(as_text=True))
    return answer, {p[1]: p for p in answer['parcels']}


def test_what_it_shows(get, land):
    answer, found = parcels(get('parcels'))
    first, second = land['codes'][:2]
    assert found.keys() == {first, second}
    assert answer['today'] == land['today']
    assert answer['transferees'] == [land['transferee']]
    assert found[first] == [
        land['parcels'][0], first, "地块1", '15.23', '1', 0, str(END),
        json.loads(outline(1))]
    assert found[second][4:7] == ['2', None, None]


def test_of_one_area(get, land):
    for area, codes in [
            (land['village'], land['codes'][:2]), (land['other'], [])]:
        _, found = parcels(get('parcels', area=area))
        assert sorted(found) == codes


def test_each_sees_his_own(get, land):
    _, found = parcels(get('parcels', login='there'))
    assert sorted(found) == land['codes'][3:]
    here, there = land['parcels'][0], land['parcels'][3]
    assert get(f'parcel/{here}', login='there').status_code == 404
    assert get(f'parcel/{there}', login='there').status_code == 200


def test_who_may_not_read_parcels(get):
    for path in ['', 'parcels', 'border', 'parcel/1']:
        assert get(path, login='nobody').status_code == 403
        assert get(path, login=None).status_code == 401
        assert get(path, password='wrong').status_code == 401


def test_details(get, land):
    response = get(f'parcel/{land["parcels"][0]}')
    details = dict(json.loads(response.get_data(as_text=True)))
    assert details['Code'] == land['codes'][0]
    assert details['Contracted Area (mu)'] == '15.23'
    assert details['Number'] == land['number']
    assert details['Transferee'] == land['transferee']
    response = get(f'parcel/{land["parcels"][1]}')
    details = dict(json.loads(response.get_data(as_text=True)))
    assert details['Use'] == "Forestry"
    assert 'Transferee' not in details


def test_page(get, land):
    response = get('')
    assert response.status_code == 200
    page = response.get_data(as_text=True)
    assert not re.search(r'\[\[[a-z]', page)
    settings = json.loads(html.unescape(
            page.split('data-settings="')[1].split('"')[0]))
    # the other village has nothing for this user
    assert [a[1:] for a in settings['areas']] == [
        [0, "试验县"], [1, "镇一"], [2, "村一"]]
    assert settings['labels'].keys() == set(LABELS)
    assert all(settings['labels'].values())
    assert "default-src 'self'" in response.headers['Content-Security-Policy']


def test_wrong_area(get):
    assert get('parcels', area='x').status_code == 400
    assert parcels(get('parcels', area=0))[1].keys()
    assert parcels(get('parcels', area=10 ** 6))[1] == {}


def test_files(get):
    for name in ['leaflet.js', 'leaflet.css', 'parcel_map.js']:
        assert get(f'file/{name}', login=None).status_code == 200
    for name in ['parcel_map.html', 'leaflet-LICENSE', '..', 'x.js']:
        assert get(f'file/{name}', login=None).status_code == 404
    # no internet when it runs
    for path in FOLDER.iterdir():
        if path.name.startswith('parcel_map'):
            assert 'http' not in path.read_text('utf-8')


def test_opened(database, land):
    with Transaction().start(database, 1, context={
                '_request': {'http_host': 'fupin.example.cn',
                    'is_secure': True}}):
        Map = Pool().get('fupin.parcel.map', type='wizard')
        action, _ = Map(Map.create()[0]).do_start({'url': '/'})
    assert action['url'].startswith('https://fupin.example.cn/')
    assert action['url'].endswith('/fupin/map/')
