# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Parcels go out as GeoJSON and come in again as they were."""
import datetime as dt
import io
import json
from decimal import Decimal as D

import pytest
from cooperative import alone, new_household
from land import AREA, new_area, new_parcel, square
from openpyxl import load_workbook

from trytond.modules.fupin_industry.exceptions import ParcelImportError
from trytond.modules.fupin_industry.outline import WGS84
from trytond.modules.fupin_industry.parcel_file import (
    export_parcels, export_tables, import_parcels)
from trytond.pool import Pool

__all__ = ['alone']

pytestmark = pytest.mark.usefixtures('alone')
MODULES = ['fupin_industry']
TODAY = dt.date(2026, 3, 1)


@pytest.fixture
def household(transaction):
    return new_household(new_area(), "张三")


@pytest.fixture
def parcels(household):
    return [
        new_parcel(
            household, 1, mu='15.23', outline=json.dumps(square()),
            grade='03', land_type='012', basic_farmland=True, east="沟"),
        new_parcel(household, 2, mu='1.17', measured_mu=D('1.20'))]


def feature(**properties):
    return {
        'type': 'Feature',
        'properties': {
            'DKBM': AREA + '0000009', 'DKMC': "东坡地", 'HTMJM': '2.50',
            **properties},
        'geometry': None,
        }


def collection(*features, **values):
    return json.dumps({
            'type': 'FeatureCollection', 'features': list(features),
            **values})


def test_out_and_in_again_changes_nothing(parcels):
    text = export_parcels(parcels)
    assert import_parcels(text, TODAY) == (0, 0, 2)


def test_out_and_in_again_after_they_are_gone(parcels, household):
    Parcel = Pool().get('fupin.parcel')
    text = export_parcels(parcels, WGS84)
    Parcel.delete(parcels)
    assert import_parcels(text, TODAY) == (2, 0, 0)
    again = Parcel.search([], order=[('code', 'ASC')])
    assert export_parcels(again, WGS84) == text
    assert {p.household for p in again} == {household}
    assert {p.outline_system for p in again} == {WGS84}
    assert again[0].basic_farmland and again[0].grade == '03'
    assert again[1].measured_mu == D('1.20')


def test_new_and_changed(parcels):
    Parcel = Pool().get('fupin.parcel')
    text = collection(
        feature(), feature(DKBM=parcels[1].code, HTMJM='1.17', DKMC="新名"))
    assert import_parcels(text, TODAY) == (1, 1, 0)
    assert import_parcels(text, TODAY) == (0, 0, 2)
    assert Parcel(parcels[1].id).name == "新名"


@pytest.mark.parametrize('text, words', [
        ('{', "GeoJSON"),
        (collection(crs={'properties': {'name': 'EPSG:4527'}}), "4527"),
        (collection(feature(DKBM='1')), "Parcel 1"),
        (collection(feature(), feature()), "Parcel 2"),
        (collection(feature(DKBM='4109991102010000009')), "Parcel 1"),
        (collection(feature(HTMJM='x')), "HTMJM"),
        (collection(feature(SFJBNT='是')), "SFJBNT"),
        (collection(feature(CBFBM='H999')), "H999"),
        (collection(feature(HTMJM=None)), "HTMJM"),
        (collection(feature(DKLB='77')), "Parcel 1"),
        (collection({**feature(), 'geometry': {
                        'type': 'Point', 'coordinates': [1, 1]}}),
            "Parcel 1"),
        ])
def test_files_that_are_refused(household, text, words):
    Parcel = Pool().get('fupin.parcel')
    with pytest.raises(ParcelImportError, match=words):
        import_parcels(text, TODAY)
    assert not Parcel.search([('code', '=', AREA + '0000008')])


def test_tables(parcels):
    workbook = load_workbook(io.BytesIO(export_tables(parcels, [])))
    assert workbook.sheetnames == ['DK', 'CBDKXX', 'LZHT']
    names, first, second = workbook['DK'].values
    assert dict(zip(names, first))['HTMJM'] == 15.23
    assert dict(zip(names, second))['DKBM'] == parcels[1].code
    _, first, second = workbook['CBDKXX'].values
    assert first[:4] == (
        parcels[0].code, parcels[0].code[:14],
        parcels[0].household.number, '110')
