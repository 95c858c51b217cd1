# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The outlines of parcels as GeoJSON (RFC 7946): no database.

Coordinates are longitude and latitude in degrees, of CGCS2000 (EPSG:4490) or
WGS 84 (EPSG:4326): the two differ by less than a surveyor measures, so the
name is kept and the numbers are never turned into those of the other.

An area that is measured on the outline comes from floating point; it is
rounded to the hundredth of a square metre and only compared with what the
contract says, never taken for it."""
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from pyproj import Geod
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.ops import orient
from shapely.validation import explain_validity

# a mu is the fifteenth part of a hectare
SQUARE_METRES_TO_MU = Decimal('0.0015')
MU_TO_SQUARE_METRES = Decimal(10000) / 15
HUNDREDTH = Decimal('0.01')
CGCS2000, WGS84 = 'EPSG:4490', 'EPSG:4326'
# how the systems are named in the files of others
_NAMES = {
    '4490': CGCS2000,
    '4326': WGS84,
    'CRS84': WGS84,
    }
_SEMI_MAJOR, _INVERSE_FLATTENING = 6378137, 298.257222101


class OutlineError(ValueError):
    """The outline of a parcel, or the file it comes from, is wrong.

    The reason is one of 'json' (no GeoJSON), 'system' (another system of
    coordinates), 'type' (no polygon), 'coordinates' (not finite numbers in
    degrees), 'open' (a ring does not return to its start) or 'crosses' (it
    crosses itself); detail says where."""

    def __init__(self, reason, detail=''):
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Feature:
    """A parcel of a file.

    * number: its place in the file, from 1
    * properties: {name: value}
    * geometry: GeoJSON of the outline, None if it has none"""
    number: int
    properties: dict = field(default_factory=dict)
    geometry: dict | None = None


@cache
def ellipsoid():
    "Return the ellipsoid of CGCS2000; that of WGS 84 is the same to 0.1 mm"
    return Geod(a=_SEMI_MAJOR, rf=_INVERSE_FLATTENING)


def to_mu(square_metres):
    return (square_metres * SQUARE_METRES_TO_MU).quantize(HUNDREDTH)


def to_square_metres(mu):
    return (mu * MU_TO_SQUARE_METRES).quantize(HUNDREDTH)


def _no_constant(name):
    raise OutlineError('coordinates', name)


def load(text):
    "Return the JSON of a text, OutlineError if it is none"
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (TypeError, ValueError, RecursionError) as exception:
        if isinstance(exception, OutlineError):
            raise
        raise OutlineError('json', str(exception))


def system_of(collection):
    """Return the system of coordinates that a file names, CGCS2000 if none.

    RFC 7946 dropped the name, but surveyors' tools still write it."""
    crs = collection.get('crs')
    if crs is None:
        return CGCS2000
    try:
        name = str(crs['properties']['name'])
    except (KeyError, TypeError):
        raise OutlineError('system', str(crs)[:80])
    code = re.split('[:/]', name)[-1]
    try:
        return _NAMES[code]
    except KeyError:
        raise OutlineError('system', name[:80])


def read_collection(text):
    """Return the system of coordinates and the list of Feature of a GeoJSON
    feature collection.

    OutlineError 'json' or 'system' if it is none of ours; the outlines are
    not looked at."""
    collection = load(text)
    if (not isinstance(collection, dict)
            or collection.get('type') != 'FeatureCollection'
            or not isinstance(collection.get('features'), list)):
        raise OutlineError('json', 'FeatureCollection')
    system = system_of(collection)
    features = []
    for number, item in enumerate(collection['features'], 1):
        if not isinstance(item, dict) or item.get('type') != 'Feature':
            raise OutlineError('json', f'Feature {number}')
        properties = item.get('properties')
        geometry = item.get('geometry')
        features.append(Feature(
                number,
                properties if isinstance(properties, dict) else {},
                geometry if isinstance(geometry, dict) else None))
    return system, features


def write_collection(system, features):
    "Return the text of a GeoJSON feature collection"
    return json.dumps({
            'type': 'FeatureCollection',
            'crs': {
                'type': 'name',
                'properties': {
                    'name': 'urn:ogc:def:crs:%s' % system.replace(':', '::'),
                    },
                },
            'features': [{
                    'type': 'Feature',
                    'properties': feature.properties,
                    'geometry': feature.geometry,
                    } for feature in features],
            }, ensure_ascii=False)


def _rings(geometry):
    kind, coordinates = geometry.get('type'), geometry.get('coordinates')
    if kind == 'Polygon':
        polygons = [coordinates]
    elif kind == 'MultiPolygon':
        polygons = coordinates
    else:
        raise OutlineError('type', str(kind))
    if not isinstance(polygons, list) or not polygons:
        raise OutlineError('coordinates')
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            raise OutlineError('coordinates')
        yield from polygon


def _check_ring(ring):
    if not isinstance(ring, list) or len(ring) < 4:
        raise OutlineError('open')
    for position in ring:
        if (not isinstance(position, list)
                or len(position) < 2
                or any(
                    isinstance(value, bool)
                    or not isinstance(value, (int, float))
                    for value in position)
                or not (-180 <= position[0] <= 180)
                or not (-90 <= position[1] <= 90)):
            raise OutlineError('coordinates', str(position)[:80])
    if ring[0] != ring[-1]:
        raise OutlineError('open', str(ring[-1])[:80])


def check(geometry):
    """Return the shape of a GeoJSON polygon or multi-polygon.

    OutlineError if it is none, is not closed or crosses itself."""
    if not isinstance(geometry, dict):
        raise OutlineError('type', '')
    for ring in _rings(geometry):
        _check_ring(ring)
    try:
        result = shape(geometry)
    except (ShapelyError, ValueError) as exception:
        raise OutlineError('coordinates', str(exception)[:80])
    if not result.is_valid or result.is_empty:
        raise OutlineError('crosses', explain_validity(result))
    return result


def area(geometry):
    "Return the square metres of a checked outline, on the ellipsoid"
    result = shape(geometry)
    parts = getattr(result, 'geoms', [result])
    square_metres = sum(
        abs(ellipsoid().geometry_area_perimeter(orient(part))[0])
        for part in parts)
    return Decimal(repr(square_metres)).quantize(HUNDREDTH)


def is_within(geometry, outer):
    "Return whether an outline lies in another one, its border included"
    return shape(outer).covers(shape(geometry))


def overlapping(geometry, other):
    "Return the square metres that two outlines share"
    shared = shape(geometry).intersection(shape(other))
    parts = [
        part for part in getattr(shared, 'geoms', [shared])
        if part.geom_type in {'Polygon', 'MultiPolygon'}]
    return sum((area(mapping(part)) for part in parts), Decimal(0))


def bounds(geometry):
    "Return the west, south, east and north of an outline, in degrees"
    return shape(geometry).bounds


def differs(measured, stated, tolerance):
    """Return whether an area in square metres is off what is stated by more
    than the tolerance, a part of it (0.05 for 5 %)."""
    return abs(measured - stated) > stated * tolerance
