# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Parcels from and to the files of surveyors: GeoJSON with the field names of
NY/T 2539, and its field tables as a workbook."""
import io
import json
from decimal import Decimal, InvalidOperation

from openpyxl import Workbook

from trytond.exceptions import UserError
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.transaction import Transaction
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import outline
from .exceptions import ParcelImportError
from .outline import CGCS2000, WGS84, Feature, OutlineError

# the field names of the table DK and what they are here
TEXTS = {
    'DKMC': 'name',
    'SYQXZ': 'ownership',
    'DKLB': 'kind',
    'TDLYLX': 'land_type',
    'DLDJ': 'grade',
    'TDYT': 'use',
    'DKDZ': 'east',
    'DKXZ': 'west',
    'DKNZ': 'south',
    'DKBZ': 'north',
    'DKBZXX': 'note',
    'ZJRXM': 'pointed_out_by',
    }
NUMBERS = {
    'SCMJ': 'measured_square_metres',
    'SCMJM': 'measured_mu',
    'HTMJ': 'contract_square_metres',
    'HTMJM': 'contract_mu',
    }
YES, NO = '1', '2'
BATCH = 500


def properties_of(parcel):
    "Return the fields of NY/T 2539 of a parcel"
    values = {'DKBM': parcel.code, 'FBFBM': parcel.code[:14]}
    for name, field in TEXTS.items():
        values[name] = getattr(parcel, field) or ''
    for name, field in NUMBERS.items():
        value = getattr(parcel, field)
        values[name] = str(value) if value is not None else None
    values['SFJBNT'] = YES if parcel.basic_farmland else NO
    values['CBFBM'] = parcel.household.number if parcel.household else ''
    return values


def export_parcels(parcels, system=CGCS2000):
    "Return the GeoJSON text of the parcels"
    return outline.write_collection(system, [
            Feature(
                number, properties_of(parcel),
                outline.load(parcel.outline) if parcel.outline else None)
            for number, parcel in enumerate(parcels, 1)])


def values_of(feature, areas):
    """Return the values of a parcel of a feature, without the household.

    areas is {code: id}.  ParcelImportError names the feature and the field
    that is wrong."""
    def refuse(message, **values):
        raise ParcelImportError(gettext(
                f'fupin_industry.msg_parcel_import_{message}',
                number=feature.number, code=code or '', **values))
    code = str(feature.properties.get('DKBM') or '').strip()
    if len(code) != 19 or not (code.isascii() and code.isdigit()):
        refuse('code')
    # the group, or the village where no group is recorded
    area = areas.get(code[:14]) or areas.get(code[:12])
    if not area:
        refuse('area')
    values = {'code': code, 'area': area}
    for name, field in TEXTS.items():
        value = feature.properties.get(name)
        if value not in {None, ''}:
            values[field] = str(value).strip()
    for name, field in NUMBERS.items():
        value = feature.properties.get(name)
        if value in {None, ''}:
            continue
        try:
            number = Decimal(str(value).strip())
            values[field] = number.quantize(outline.HUNDREDTH)
        except InvalidOperation:
            refuse('number', field=name, value=value)
    values.setdefault('name', code[-5:])
    farmland = feature.properties.get('SFJBNT')
    if farmland is not None:
        if str(farmland) not in {YES, NO}:
            refuse('number', field='SFJBNT', value=farmland)
        values['basic_farmland'] = str(farmland) == YES
    if feature.geometry:
        values['outline'] = json.dumps(feature.geometry)
    return values


def import_parcels(text, date):
    """Create or change the parcels of a GeoJSON text and return how many were
    created, changed and were the same.

    A new parcel is held by the household whose number is CBFBM from the date
    on.  All or none: ParcelImportError names the first feature that is
    wrong."""
    pool = Pool()
    Household = pool.get('fupin.household')
    Parcel = pool.get('fupin.parcel')
    Subdivision = pool.get('country.subdivision')
    try:
        system, features = outline.read_collection(text)
    except OutlineError as error:
        raise ParcelImportError(gettext(
                'fupin_industry.msg_parcel_import_file',
                detail=f'{error.reason} {error.detail}')) from error
    areas = {
        a.code: a.id for a in Subdivision.search([
                ('type', 'in', ['village', 'group'])])}
    rows, seen = [], set()
    for feature in features:
        values = values_of(feature, areas)
        if values['code'] in seen:
            raise ParcelImportError(gettext(
                    'fupin_industry.msg_parcel_import_twice',
                    number=feature.number, code=values['code']))
        seen.add(values['code'])
        values['outline_system'] = system
        rows.append((feature, values))
    created = changed = same = 0
    for start in range(0, len(rows), BATCH):
        batch = rows[start:start + BATCH]
        known = {
            p.code: p for p in Parcel.search([
                    ('code', 'in', [v['code'] for _, v in batch])])}
        numbers = {
            str(f.properties.get('CBFBM') or '').strip() for f, _ in batch}
        households = {
            h.number: h.id for h in Household.search(
                [('number', 'in', list(numbers))])}
        to_create, to_write = [], []
        for feature, values in batch:
            parcel = known.get(values['code'])
            if parcel:
                values = {
                    n: v for n, v in values.items()
                    if not is_same(parcel, n, v)}
                if values:
                    to_write.append((feature, parcel, values))
                else:
                    same += 1
                continue
            if not any(
                    values.get(n)
                    for n in ['contract_mu', 'contract_square_metres']):
                # before the database refuses it, which ends the transaction
                raise ParcelImportError(gettext(
                        'fupin_industry.msg_parcel_import_number',
                        number=feature.number, code=values['code'],
                        field='HTMJM', value=''))
            number = str(feature.properties.get('CBFBM') or '').strip()
            if number:
                if number not in households:
                    raise ParcelImportError(gettext(
                            'fupin_industry.msg_parcel_import_household',
                            number=feature.number, code=values['code'],
                            household=number))
                values['holdings'] = [('create', [{
                                'household': households[number],
                                'from_date': date,
                                }])]
            to_create.append((feature, values))
        for feature, values in to_create:
            named(feature, values['code'], Parcel.create, [values])
        for feature, parcel, values in to_write:
            named(feature, parcel.code, Parcel.write, [parcel], values)
        created += len(to_create)
        changed += len(to_write)
    return created, changed, same


def is_same(parcel, name, value):
    "Return whether the parcel has the value of a file"
    own = getattr(parcel, name)
    if name == 'area':
        return own.id == value
    if name == 'outline':
        return bool(own) and outline.load(own) == outline.load(value)
    return (own or None) == (value or None)


def named(feature, code, function, *args):
    "Call the function and say of which feature it refuses something"
    try:
        return function(*args)
    except UserError as error:
        if getattr(error, 'name', None):
            # a warning, which the user may pass over
            raise
        raise ParcelImportError(gettext(
                'fupin_industry.msg_parcel_import_refused',
                number=feature.number, code=code,
                message=error.message)) from error


def export_tables(parcels, transfers):
    "Return the workbook of the field tables DK, CBDKXX and LZHT"
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet('DK')
    names = [
        'DKBM', 'FBFBM', *TEXTS, *NUMBERS, 'SFJBNT', 'CBFBM']
    sheet.append(names)
    for parcel in parcels:
        values = properties_of(parcel)
        sheet.append([
                Decimal(values[n]) if n in NUMBERS and values[n]
                else values[n] for n in names])
    sheet = workbook.create_sheet('CBDKXX')
    sheet.append([
            'DKBM', 'FBFBM', 'CBFBM', 'CBJYQQDFS', 'HTMJ', 'CBHTBM',
            'LZHTBM', 'HTMJM'])
    let = {}
    for transfer in transfers:
        for line in transfer.lines:
            if line.let:
                let[line.parcel.id] = transfer.filing_number or ''
    for parcel in parcels:
        for holding in parcel.holdings:
            sheet.append([
                    parcel.code, parcel.code[:14], holding.household.number,
                    '110', parcel.contract_square_metres,
                    holding.contract_code or '', let.get(parcel.id, ''),
                    parcel.contract_mu])
    sheet = workbook.create_sheet('LZHT')
    sheet.append([
            'CBHTBM', 'LZHTBM', 'CBFBM', 'SRFBM', 'LZFS', 'LZQX', 'LZQXKSRQ',
            'LZQXJSRQ', 'LZMJ', 'LZMJM', 'LZDKS', 'LZJGSM', 'HTQDRQ'])
    for transfer in transfers:
        if transfer.state not in {'signed', 'filed', 'ended'}:
            continue
        by_household = {}
        for line in transfer.lines:
            by_household.setdefault(line.household, []).append(line)
        for household, lines in by_household.items():
            mu = sum(line.mu for line in lines)
            sheet.append([
                    '', transfer.filing_number or transfer.number,
                    household.number, transfer.transferee.code,
                    {'transfer': '200', 'swap': '300'}.get(
                        transfer.mode, '900'),
                    (transfer.last_date - transfer.start_date).days + 1,
                    transfer.start_date, transfer.last_date,
                    outline.to_square_metres(mu), mu, len(lines),
                    transfer.rent_form_string, transfer.sign_date])
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


class ImportStart(ModelView):
    __name__ = 'fupin.parcel.import.start'
    __string__ = "Import Parcels"

    file = fields.Binary(
        "GeoJSON File", required=True, help="A GeoJSON file, in UTF-8.")
    date = fields.Date(
        "Held from", required=True,
        help="The day from which the households hold the new parcels.")

    @classmethod
    def default_date(cls):
        return Pool().get('ir.date').today()


class ImportResult(ModelView):
    __name__ = 'fupin.parcel.import.result'
    __string__ = "Import Parcels"

    created = fields.Integer("Created", readonly=True)
    changed = fields.Integer("Changed", readonly=True)
    same = fields.Integer("Unchanged", readonly=True)


class Import(Wizard):
    __name__ = 'fupin.parcel.import'

    start = StateView(
        'fupin.parcel.import.start',
        'fupin_industry.parcel_import_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Import", 'import_', 'tryton-ok', default=True),
            ])
    import_ = StateTransition()
    result = StateView(
        'fupin.parcel.import.result',
        'fupin_industry.parcel_import_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def transition_import_(self):
        try:
            text = bytes(self.start.file).decode('utf-8-sig')
        except UnicodeDecodeError:
            raise ParcelImportError(gettext(
                    'fupin_industry.msg_parcel_import_file',
                    detail='UTF-8'))
        (self.result.created, self.result.changed,
            self.result.same) = import_parcels(text, self.start.date)
        return 'result'

    def default_result(self, names):
        return {
            name: getattr(self.result, name)
            for name in ['created', 'changed', 'same']}


class ExportStart(ModelView):
    __name__ = 'fupin.parcel.export.start'
    __string__ = "Export Parcels"

    area = fields.Many2One(
        'country.subdivision', "Area", required=True,
        domain=[
            ('type', 'in', ['county', 'township', 'village', 'group']),
            ])
    format = fields.Selection([
            ('geojson', "GeoJSON"),
            ('tables', "Field Tables of NY/T 2539 (XLSX)"),
            ], "Format", required=True, sort=False)
    system = fields.Selection([
            (CGCS2000, "CGCS2000 (EPSG:4490)"),
            (WGS84, "WGS 84 (EPSG:4326)"),
            ], "System of Coordinates", required=True, sort=False)

    @classmethod
    def default_area(cls):
        User = Pool().get('res.user')
        areas = User(Transaction().user).areas
        return areas[0].id if len(areas) == 1 else None

    @classmethod
    def default_format(cls):
        return 'geojson'

    @classmethod
    def default_system(cls):
        return CGCS2000


class ExportResult(ModelView):
    __name__ = 'fupin.parcel.export.result'
    __string__ = "Export Parcels"

    count = fields.Integer("Parcels", readonly=True)
    file = fields.Binary(
        "Exported File", readonly=True, filename='name')
    name = fields.Char("Name", readonly=True)


class Export(Wizard):
    __name__ = 'fupin.parcel.export'

    start = StateView(
        'fupin.parcel.export.start',
        'fupin_industry.parcel_export_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Export", 'export', 'tryton-ok', default=True),
            ])
    export = StateTransition()
    result = StateView(
        'fupin.parcel.export.result',
        'fupin_industry.parcel_export_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def transition_export(self):
        pool = Pool()
        Parcel = pool.get('fupin.parcel')
        Transfer = pool.get('fupin.land.transfer')
        below = [('area', 'child_of', [self.start.area.id], 'parent')]
        parcels = Parcel.search(below + [('end_date', '=', None)])
        if self.start.format == 'geojson':
            data = export_parcels(
                parcels, self.start.system).encode('utf-8')
            extension = 'geojson'
        else:
            data = export_tables(parcels, Transfer.search(below))
            extension = 'xlsx'
        self.result.count = len(parcels)
        self.result.file = fields.Binary.cast(data)
        self.result.name = f'{self.start.area.name}.{extension}'
        return 'result'

    def default_result(self, names):
        return {
            'count': self.result.count,
            'file': self.result.file,
            'name': self.result.name,
            }
