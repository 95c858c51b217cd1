# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import csv
import io

from trytond.cache import Cache
from trytond.i18n import gettext
from trytond.model import Index, ModelView, fields
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction, inactive_records
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .exceptions import AreaError, AreaImportError

AREA_TYPES = {
    6: 'county',
    9: 'township',
    12: 'village',
    14: 'group',
    }
LEVELS = ['county', 'township', 'village', 'group']


def split_code(code):
    """Return the significant digits of a statistical code and its type.

    code is the 6, 9, 12 or 14 digits of a county, township, village or
    group; the 12 digits of the statistical bureau, in which a county or
    township is filled up with zeros, are accepted too.
    ValueError if it is neither."""
    code = code.strip()
    if not (code.isascii() and code.isdigit()):
        raise ValueError(code)
    if len(code) == 12:
        if code.endswith('0' * 6):
            code = code[:6]
        elif code.endswith('0' * 3):
            code = code[:9]
    try:
        return code, AREA_TYPES[len(code)]
    except KeyError:
        raise ValueError(code)


class Subdivision(metaclass=PoolMeta):
    __name__ = 'country.subdivision'

    childs = fields.One2Many(
        'country.subdivision', 'parent', "Areas Below", readonly=True)
    county = fields.Many2One(
        'country.subdivision', "County", readonly=True, ondelete='RESTRICT',
        help="The county to which the area belongs.")
    township = fields.Many2One(
        'country.subdivision', "Township", readonly=True, ondelete='RESTRICT',
        help="The township to which the area belongs.")
    village = fields.Many2One(
        'country.subdivision', "Village", readonly=True, ondelete='RESTRICT',
        help="The village to which the area belongs.")
    _rec_names_cache = Cache(
        'country.subdivision.rec_names', context=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        for type_ in [
                ('township', "Township"),
                ('village', "Village"),
                ('group', "Village Group"),
                ]:
            if type_ not in cls.type.selection:
                cls.type.selection.append(type_)
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t, (t.parent, Index.Equality())),
                Index(t, (t.township, Index.Equality())),
                Index(t, (t.village, Index.Equality())),
                Index(
                    t, (t.code, Index.Equality(cardinality='high')),
                    where=t.type.in_(LEVELS)),
                })

    @classmethod
    def get_rec_name(cls, areas, name):
        # each list shows some, and they hardly ever change
        language = Transaction().language
        names = {
            a.id: cls._rec_names_cache.get((a.id, language)) for a in areas}
        for area in areas:
            if names[area.id] is None:
                names[area.id] = area._get_full_name()
                cls._rec_names_cache.set((area.id, language), names[area.id])
        return names

    def _get_full_name(self):
        names = [self.name]
        if self.type == 'group' and self.village:
            names.insert(0, self.village.name)
        if self.type in {'village', 'group'} and self.township:
            names.insert(0, self.township.name)
        return ' '.join(names)

    @classmethod
    def validate_fields(cls, areas, field_names):
        super().validate_fields(areas, field_names)
        cls.check_code(areas, field_names)

    @classmethod
    def check_code(cls, areas, field_names=None):
        "The code has the digits of its type and starts with the parent's"
        if field_names and not (field_names & {'code', 'type', 'parent'}):
            return
        codes = set()
        for area in areas:
            if area.type not in LEVELS or not (area.code or '').isdigit():
                # The foreign kinds and the ISO codes are Tryton's
                if area.type in {'township', 'village', 'group'}:
                    raise AreaError(gettext(
                            'fupin_household.msg_area_code_invalid',
                            area=area.name, code=area.code or ''))
                continue
            try:
                code, type_ = split_code(area.code)
            except ValueError:
                code, type_ = None, None
            if code != area.code or type_ != area.type:
                raise AreaError(gettext(
                        'fupin_household.msg_area_code_invalid',
                        area=area.name, code=area.code))
            parent = area.parent
            if area.type != 'county':
                if not parent or parent.type != LEVELS[
                        LEVELS.index(area.type) - 1]:
                    raise AreaError(gettext(
                            'fupin_household.msg_area_parent_type',
                            area=area.name))
                if not area.code.startswith(parent.code):
                    raise AreaError(gettext(
                            'fupin_household.msg_area_code_parent',
                            area=area.name, code=area.code,
                            parent=parent.name, parent_code=parent.code))
            codes.add(area.code)
        if codes:
            with inactive_records():
                same = cls.search([
                        ('code', 'in', list(codes)),
                        ('type', 'in', LEVELS),
                        ])
            seen = {}
            for area in same:
                if area.code in seen:
                    raise AreaError(gettext(
                            'fupin_household.msg_area_code_unique',
                            code=area.code, area=area.name,
                            other=seen[area.code].name))
                seen[area.code] = area

    @classmethod
    def on_modification(cls, mode, areas, field_names=None):
        User = Pool().get('res.user')
        super().on_modification(mode, areas, field_names=field_names)
        cls._rec_names_cache.clear()
        if (mode in {'create', 'write'}
                and (field_names is None or field_names & {'type', 'parent'})):
            cls._set_ancestors(areas)
        User.clear_areas()

    @classmethod
    def _set_ancestors(cls, areas):
        while areas:
            for area in areas:
                parent = area.parent
                values = {
                    t: (area.id if area.type == t
                        else getattr(parent, t).id
                        if parent and getattr(parent, t) else None)
                    for t in ['county', 'township', 'village']}
                changed = {
                    t: v for t, v in values.items()
                    if (getattr(area, t).id if getattr(area, t) else None)
                    != v}
                if changed:
                    cls.write([area], changed)
            with inactive_records():
                areas = cls.search([('parent', 'in', [a.id for a in areas])])

    @classmethod
    def load_areas(cls, rows, country):
        """Create or rename the areas of rows of (code, name) below country.

        Codes as in split_code; a parent is found by the digits, among the
        rows or in the database, and must be there.
        Return the number of areas created and of areas renamed.
        AreaImportError names the first row that is wrong."""
        entries = {}
        for i, (code, name) in enumerate(rows, 1):
            name = (name or '').strip()
            try:
                code, type_ = split_code(code or '')
            except ValueError:
                raise AreaImportError(gettext(
                        'fupin_household.msg_area_import_code',
                        row=i, code=code or ''))
            if not name:
                raise AreaImportError(gettext(
                        'fupin_household.msg_area_import_name',
                        row=i, code=code))
            if code in entries:
                raise AreaImportError(gettext(
                        'fupin_household.msg_area_import_twice',
                        row=i, code=code))
            entries[code] = (i, name, type_)
        with inactive_records():
            known = {
                a.code: a for a in cls.search([('type', 'in', LEVELS)])
                if a.code}
        created, renamed = 0, 0
        for level in LEVELS:
            to_save = []
            for code, (i, name, type_) in sorted(entries.items()):
                if type_ != level:
                    continue
                area = known.get(code)
                if area:
                    if area.name != name:
                        area.name = name
                        to_save.append(area)
                        renamed += 1
                    continue
                area = cls(country=country, code=code, name=name, type=type_)
                if level != 'county':
                    length = [n for n, t in AREA_TYPES.items()
                        if t == LEVELS[LEVELS.index(level) - 1]][0]
                    area.parent = known.get(code[:length])
                    if not area.parent:
                        raise AreaImportError(gettext(
                                'fupin_household.msg_area_import_parent',
                                row=i, code=code, parent=code[:length]))
                to_save.append(area)
                known[code] = area
                created += 1
            cls.save(to_save)
        return created, renamed


class ImportStart(ModelView):
    __name__ = 'country.subdivision.import.start'
    country = fields.Many2One('country.country', "Country", required=True)
    data = fields.Binary(
        "CSV File", required=True, filename='filename',
        help="Two columns, code and name, in UTF-8 or GB18030, "
        "with or without a header row.")
    filename = fields.Char("File Name")

    @classmethod
    def default_country(cls):
        Country = Pool().get('country.country')
        countries = Country.search([('code', '=', 'CN')], limit=1)
        if countries:
            return countries[0].id


class ImportDone(ModelView):
    __name__ = 'country.subdivision.import.done'
    created = fields.Integer("Areas Created", readonly=True)
    renamed = fields.Integer("Areas Renamed", readonly=True)


class Import(Wizard):
    __name__ = 'country.subdivision.import'
    start = StateView(
        'country.subdivision.import.start',
        'fupin_household.area_import_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Import", 'load', 'tryton-ok', default=True),
            ])
    load = StateTransition()
    done = StateView(
        'country.subdivision.import.done',
        'fupin_household.area_import_done_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def transition_load(self):
        Subdivision = Pool().get('country.subdivision')
        data = self.start.data
        for encoding in ['utf-8-sig', 'gb18030']:
            try:
                text = bytes(data).decode(encoding)
                break
            except UnicodeDecodeError:
                continue
        else:
            raise AreaImportError(gettext(
                    'fupin_household.msg_area_import_encoding'))
        rows = [r for r in csv.reader(io.StringIO(text)) if any(r)]
        if rows and not rows[0][0].strip().isdigit():
            rows = rows[1:]
        for i, row in enumerate(rows, 1):
            if len(row) < 2:
                raise AreaImportError(gettext(
                        'fupin_household.msg_area_import_name',
                        row=i, code=row[0]))
        self.done.created, self.done.renamed = Subdivision.load_areas(
            [r[:2] for r in rows], self.start.country)
        return 'done'

    def default_done(self, fields):
        return {
            'created': self.done.created,
            'renamed': self.done.renamed,
            }
