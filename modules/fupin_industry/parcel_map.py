# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The map of parcels: a page of our own beside the clients (routes.py).

Everything on it is read with the rights of who looks at it."""
import json
from urllib.parse import quote

from sql import Literal
from sql.operators import Exists

from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction
from trytond.url import http_host
from trytond.wizard import StateAction, Wizard

# a parcel that is let by a contract which the user may not read
HIDDEN = -1


class Parcel(metaclass=PoolMeta):
    __name__ = 'fupin.parcel'

    @classmethod
    def get_map_areas(cls):
        "Return [[id, level, name]] of the areas in which the user has parcels"
        pool = Pool()
        Subdivision = pool.get('country.subdivision')
        table = cls.__table__()
        parcels = cls.search([], order=[], query=True)
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.area, where=table.id.in_(parcels),
                group_by=[table.area]))
        areas = {}
        readable = {a.id for a in Subdivision.search([
                    ('parent', 'parent_of', [id_ for id_, in cursor]),
                    ])}
        for area in Subdivision.browse(list(readable)):
            names, parent = [], area
            while parent and parent.id in readable:
                names.insert(0, parent.name)
                parent = parent.parent
            areas[area.id] = names
        return [
            [id_, len(names) - 1, names[-1]]
            for id_, names in sorted(
                areas.items(), key=lambda item: item[1])]

    @classmethod
    def get_map(cls, area=None):
        """Return the text of JSON for the map: the parcels with an outline in
        the area and below it, today, and the transferees that they name.

        A parcel is [id, code, name, mu, use, transferee, last day, outline];
        transferee is an index of transferees, null if it is not let."""
        pool = Pool()
        Date = pool.get('ir.date')
        Line = pool.get('fupin.land.transfer.line')
        Party = pool.get('party.party')
        Transfer = pool.get('fupin.land.transfer')
        today = Date.today()
        parcel = cls.__table__()
        line = Line.__table__()
        transfer = Transfer.__table__()
        party = Party.__table__()

        domain = [
            ('outline', '!=', None),
            ['OR', ('start_date', '=', None), ('start_date', '<=', today)],
            ['OR', ('end_date', '=', None), ('end_date', '>=', today)],
            ]
        if area:
            domain.append(('area', 'child_of', [area], 'parent'))
        parcels = cls.search(domain, order=[], query=True)
        transfers = Transfer.search([], order=[], query=True)
        # the innermost one where land is let on
        further = Line.__table__()
        in_force = (
            line.let & (line.from_date <= today) & (line.to_date >= today)
            & ~Exists(further.select(
                    Literal(1),
                    where=further.let
                    & (further.parcel == line.parcel)
                    & (further.depth > line.depth)
                    & (further.from_date <= today)
                    & (further.to_date >= today))))
        query = (parcel
            .join(line, 'LEFT',
                condition=(line.parcel == parcel.id) & in_force)
            .join(transfer, 'LEFT',
                condition=(line.transfer == transfer.id)
                & transfer.id.in_(transfers))
            .join(party, 'LEFT', condition=transfer.transferee == party.id)
            .select(
                parcel.id, parcel.code, parcel.name, parcel.contract_mu,
                parcel.use, line.id, party.id, party.name, line.to_date,
                parcel.outline,
                where=parcel.id.in_(parcels),
                order_by=[parcel.code]))
        cursor = Transaction().connection.cursor()
        cursor.execute(*query)
        transferees, rows = {}, []
        names = []
        for (id_, code, name, mu, use, let, party_id, party_name, to_date,
                outline) in cursor:
            transferee = last = None
            if party_id is not None:
                if party_id not in transferees:
                    transferees[party_id] = len(names)
                    names.append(party_name)
                transferee, last = transferees[party_id], str(to_date)
            elif let is not None:
                transferee = HIDDEN
            start = json.dumps(
                [id_, code, name, str(mu), use, transferee, last],
                ensure_ascii=False)
            # what is kept is JSON that was checked when it was written
            rows.append(f'{start[:-1]}, {outline}]')
        return '{"today": "%s", "transferees": %s, "parcels": [\n%s\n]}' % (
            today, json.dumps(names, ensure_ascii=False), ',\n'.join(rows))

    @classmethod
    def get_map_border(cls, area=None):
        "Return the outlines of the area, or of the areas of the user"
        Subdivision = Pool().get('country.subdivision')
        domain = [('outline', '!=', None)]
        if area:
            domain.append(('parent', 'parent_of', [area]))
        return [
            json.loads(a.outline)
            for a in Subdivision.search(domain, limit=1000) if a.outline]

    def get_map_details(self):
        """Return [[label, value]] of what the map says about the parcel, in
        the language of the user."""
        pool = Pool()
        Date = pool.get('ir.date')
        Lang = pool.get('ir.lang')
        Line = pool.get('fupin.land.transfer.line')
        today = Date.today()
        lang = Lang.get()

        def labelled(record, *names):
            definitions = record.fields_get(list(names))
            for name in names:
                value = getattr(record, name)
                type_ = definitions[name]['type']
                if type_ == 'selection':
                    value = getattr(
                        record, f'{name}_string', None) or dict(
                        definitions[name]['selection'])[value]
                elif type_ == 'many2one':
                    value = value.rec_name if value else None
                elif type_ == 'date' and value:
                    value = lang.strftime(value)
                elif type_ == 'numeric' and value is not None:
                    value = lang.format_number(value, digits=2)
                if value not in {None, ''}:
                    yield [definitions[name]['string'], value]

        details = list(labelled(
                self, 'code', 'name', 'area', 'contract_mu', 'use',
                'household'))
        lines = Line.search([
                ('parcel', '=', self.id),
                ('let', '=', True),
                ('from_date', '<=', today),
                ('to_date', '>=', today),
                ],
            order=[('depth', 'DESC')], limit=1)
        for line in lines:
            details.extend(labelled(
                    line.transfer, 'number', 'transferee', 'start_date',
                    'last_date'))
        return details


class OpenMap(Wizard):
    "Open the map of parcels in a browser"
    __name__ = 'fupin.parcel.map'
    __string__ = "Map of Parcels"
    start = StateAction('fupin_industry.act_parcel_map_page')

    def do_start(self, action):
        database = quote(Transaction().database.name)
        action['url'] = f'{http_host()}/{database}/fupin/map/'
        return action, {}
