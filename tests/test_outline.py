# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Outlines of parcels: out and in again is equal, what is wrong is found."""
import json
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.fupin_industry.outline import (
    CGCS2000, WGS84, Feature, OutlineError, area, bounds, check, differs,
    is_within, load, overlapping, read_collection, to_mu, to_square_metres,
    write_collection)

pytestmark = pytest.mark.plain


def square(west=114.80, south=34.80, size=0.001):
    east, north = west + size, south + size
    return {
        'type': 'Polygon',
        'coordinates': [[
                [west, south], [east, south], [east, north], [west, north],
                [west, south]]],
        }


def reason(call, *args):
    with pytest.raises(OutlineError) as caught:
        call(*args)
    return caught.value.reason


def test_units():
    assert to_mu(D('666.67')) == D('1.00')
    assert to_square_metres(D(15)) == D('10000.00')
    assert to_mu(D(10000)) == D('15.00')


def test_area_by_hand():
    # 0.001° of latitude at 34.8° are 110.94 m (meridian radius 6,356,218 m),
    # of longitude 91.51 m (normal radius 6,385,099 m × cos 34.8005°)
    assert abs(area(square()) - D('10151')) < 10


def test_direction_and_holes():
    outline = square()
    turned = {**outline, 'coordinates': [outline['coordinates'][0][::-1]]}
    assert area(turned) == area(outline)
    hole = square(114.8002, 34.8002, 0.0002)['coordinates'][0]
    holed = {**outline, 'coordinates': [outline['coordinates'][0], hole]}
    assert check(holed)
    assert abs(area(holed) / area(outline) - D('0.96')) < D('0.0001')


def test_many_polygons():
    many = {
        'type': 'MultiPolygon',
        'coordinates': [
            square()['coordinates'], square(114.9)['coordinates']],
        }
    assert check(many)
    # rounded once, not twice
    assert abs(area(many) - area(square()) - area(square(114.9))) <= D('0.01')


@pytest.mark.parametrize('expected, geometry', [
        ('type', None),
        ('type', {'type': 'Point', 'coordinates': [114.8, 34.8]}),
        ('type', {}),
        ('coordinates', {'type': 'Polygon', 'coordinates': []}),
        ('coordinates', {'type': 'Polygon'}),
        ('coordinates', {
                'type': 'Polygon',
                'coordinates': [[[1, 'a'], [1, 2], [2, 2], [1, 'a']]]}),
        ('coordinates', {
                'type': 'Polygon',
                'coordinates': [[[190, 1], [1, 2], [2, 2], [190, 1]]]}),
        ('coordinates', {
                'type': 'Polygon',
                'coordinates': [[[True, 1], [1, 2], [2, 2], [True, 1]]]}),
        ('open', {
                'type': 'Polygon',
                'coordinates': [[[1, 1], [2, 1], [2, 2], [1, 2]]]}),
        ('open', {
                'type': 'Polygon',
                'coordinates': [[[1, 1], [2, 1], [1, 1]]]}),
        ('crosses', {
                'type': 'Polygon',
                'coordinates': [[
                        [1, 1], [2, 2], [2, 1], [1, 2], [1, 1]]]}),
        ('crosses', {
                'type': 'Polygon',
                'coordinates': [[[1, 1], [2, 2], [3, 3], [1, 1]]]}),
        ])
def test_wrong_outlines(expected, geometry):
    assert reason(check, geometry) == expected


@pytest.mark.parametrize('expected, text', [
        ('json', 'no'),
        ('json', None),
        ('json', '[' * 100000),
        ('json', '[]'),
        ('json', '{"type": "FeatureCollection"}'),
        ('json', '{"type": "FeatureCollection", "features": [1]}'),
        ('coordinates', '{"type": NaN}'),
        ('system', json.dumps({
                    'type': 'FeatureCollection', 'features': [],
                    'crs': {'properties': {'name': 'EPSG:4527'}}})),
        ('system', json.dumps({
                    'type': 'FeatureCollection', 'features': [],
                    'crs': {'type': 'link'}})),
        ])
def test_wrong_files(expected, text):
    assert reason(read_collection, text) == expected


@pytest.mark.parametrize('name, expected', [
        ('EPSG:4490', CGCS2000),
        ('urn:ogc:def:crs:EPSG::4490', CGCS2000),
        ('EPSG:4326', WGS84),
        ('urn:ogc:def:crs:OGC:1.3:CRS84', WGS84),
        ('http://www.opengis.net/def/crs/EPSG/0/4490', CGCS2000),
        ])
def test_systems(name, expected):
    system, _ = read_collection(json.dumps({
                'type': 'FeatureCollection', 'features': [],
                'crs': {'type': 'name', 'properties': {'name': name}}}))
    assert system == expected


def test_system_without_name():
    system, features = read_collection(
        '{"type": "FeatureCollection", "features": []}')
    assert (system, features) == (CGCS2000, [])


def test_within_and_overlapping():
    assert is_within(square(), square())
    assert is_within(square(114.8002, 34.8002, 0.0002), square())
    assert not is_within(square(114.8008), square())
    assert overlapping(square(), square(114.801)) == 0
    half = overlapping(square(), square(114.8005))
    assert abs(half * 2 / area(square()) - 1) < D('0.0001')


def test_bounds_and_differs():
    assert bounds(square(114, 34, 1)) == (114, 34, 115, 35)
    assert not differs(D(105), D(100), D('0.05'))
    assert differs(D('105.01'), D(100), D('0.05'))
    assert differs(D('94.99'), D(100), D('0.05'))


@st.composite
def collections(draw):
    features = []
    for number in range(1, draw(st.integers(0, 8)) + 1):
        geometry = draw(st.none() | st.builds(
                square,
                st.floats(100, 120), st.floats(20, 40),
                st.floats(0.0001, 0.01)))
        properties = draw(st.dictionaries(
                st.text(max_size=8),
                st.text(max_size=8) | st.integers() | st.none(),
                max_size=4))
        features.append(Feature(number, properties, geometry))
    return draw(st.sampled_from([CGCS2000, WGS84])), features


@given(collections())
def test_out_and_in_again_is_equal(collection):
    assert read_collection(write_collection(*collection)) == collection


@given(st.floats(100, 120), st.floats(20, 40), st.floats(0.0001, 0.01))
def test_every_square_is_an_outline(west, south, size):
    outline = load(json.dumps(square(west, south, size)))
    assert check(outline)
    assert area(outline) > 0
    assert is_within(outline, outline)
