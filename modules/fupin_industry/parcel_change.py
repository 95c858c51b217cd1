# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt

from trytond.i18n import gettext
from trytond.model import (
    Index, ModelSQL, ModelView, Unique, Workflow, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.fupin_coop.document import wait_for
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import without_check_access

from .exceptions import ParcelChangeError

ONE_DAY = dt.timedelta(days=1)
DRAFT = {
    'readonly': Eval('state') != 'draft',
    }


class ParcelChange(Workflow, ModelSQL, ModelView):
    "The split, merger or exchange of parcels on a day"
    __name__ = 'fupin.parcel.change'
    __string__ = "Parcel Change"

    kind = fields.Selection([
            ('split', "Split"),
            ('merge', "Merger"),
            ('swap', "Exchange"),
            ], "Kind", required=True, sort=False, states=DRAFT)
    kind_string = kind.translated('kind')
    area = fields.Many2One(
        'country.subdivision', "Area", required=True, ondelete='RESTRICT',
        domain=[
            ('type', 'in', ['village', 'group']),
            ],
        states=DRAFT)
    date = fields.Date(
        "Date", required=True, states=DRAFT,
        help="The first day of the new parcels or holders.")
    document = fields.Char(
        "Document", required=True, states=DRAFT,
        help="The agreement or decision it comes from.")
    parcels = fields.Many2Many(
        'fupin.parcel.change-fupin.parcel', 'change', 'parcel', "Parcels",
        states=DRAFT,
        help="What is split, merged or exchanged.")
    lines = fields.One2Many(
        'fupin.parcel.change.line', 'change', "Result", states=DRAFT,
        help="The new parcels, or the parcels with their new holders.")
    state = fields.Selection([
            ('draft', "Draft"),
            ('done', "Done"),
            ('undone', "Undone"),
            ], "State", readonly=True, required=True, sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.area, Index.Equality())))
        cls._transitions |= {
            ('draft', 'done'),
            ('done', 'undone'),
            }
        cls._buttons.update({
                'do': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                'undo': {
                    'invisible': Eval('state') != 'done',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_area(cls):
        Person = Pool().get('fupin.person')
        return Person.default_area()

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def default_state(cls):
        return 'draft'

    def get_rec_name(self, name):
        return f'{self.kind_string} {self.date}'

    def _refuse(self, message, **values):
        raise ParcelChangeError(gettext(
                f'fupin_industry.msg_parcel_change_{message}',
                change=self.rec_name, **values))

    def check_do(self):
        """Raise ParcelChangeError if areas or holders do not fit or a parcel
        is let."""
        pool = Pool()
        Parcel = pool.get('fupin.parcel')
        Line = pool.get('fupin.land.transfer.line')
        counts = len(self.parcels), len(self.lines)
        if (not all(counts)
                or (self.kind == 'split' and (
                        counts[0] != 1 or counts[1] < 2))
                or (self.kind == 'merge' and (
                        counts[0] < 2 or counts[1] != 1))
                or (self.kind == 'swap' and (
                        counts[0] < 2 or counts[0] != counts[1]))):
            self._refuse('count')
        for parcel in self.parcels:
            if parcel.end_date or (
                    parcel.start_date and parcel.start_date >= self.date):
                self._refuse('parcel', parcel=parcel.rec_name)
        if lets := Line.find_let(self.parcels, self.date):
            self._refuse(
                'let', parcel=lets[0].parcel.rec_name,
                transfer=lets[0].transfer.rec_name)
        holders = Parcel.holders_at(self.parcels, self.date)
        for parcel in self.parcels:
            if not holders.get(parcel.id):
                self._refuse('holder', parcel=parcel.rec_name)
        if self.kind == 'swap':
            if {ln.parcel for ln in self.lines} != set(self.parcels):
                self._refuse('swap_parcels')
            if sorted(ln.household.id for ln in self.lines) != sorted(
                    holders.values()):
                self._refuse('swap_households')
            # Art. 33: within the same collective
            if len({p.area for p in self.parcels}) > 1:
                self._refuse('swap_area')
            return
        for name in ['contract_square_metres', 'contract_mu']:
            before = sum(getattr(p, name) for p in self.parcels)
            after = sum(getattr(ln, name) or 0 for ln in self.lines)
            if before != after:
                self._refuse('areas', before=before, after=after)
        if self.kind == 'merge' and len(set(holders.values())) > 1:
            self._refuse('merge_households')

    @classmethod
    @ModelView.button
    @Workflow.transition('done')
    def do(cls, changes):
        "Make the new parcels or holders"
        for change in changes:
            wait_for(change.parcels)
            change.check_do()
            with without_check_access():
                if change.kind == 'swap':
                    change.swap()
                else:
                    change.replace()

    def _end_holdings(self):
        """End the holdings of the parcels the day before and return {parcel:
        the last one of it}."""
        Holding = Pool().get('fupin.parcel.holding')
        found = {}
        for parcel in self.parcels:
            for holding in parcel.holdings:
                if (holding.from_date < self.date
                        and (not holding.to_date
                            or holding.to_date >= self.date)):
                    holding.to_date = self.date - ONE_DAY
                    found[parcel] = holding
                elif holding.from_date >= self.date:
                    self._refuse('parcel', parcel=parcel.rec_name)
        Holding.save(list(found.values()))
        return found

    def swap(self):
        Holding = Pool().get('fupin.parcel.holding')
        ended = self._end_holdings()
        Holding.save([
                Holding(
                    parcel=line.parcel,
                    household=line.household,
                    from_date=self.date,
                    contract_code=ended[line.parcel].contract_code,
                    contract_end=ended[line.parcel].contract_end)
                for line in self.lines])

    def replace(self):
        pool = Pool()
        Holding = pool.get('fupin.parcel.holding')
        Line = pool.get('fupin.parcel.change.line')
        Parcel = pool.get('fupin.parcel')
        ended = self._end_holdings()
        old = self.parcels[0]
        holding = ended[old]
        for parcel in self.parcels:
            parcel.end_date = self.date - ONE_DAY
        Parcel.save(self.parcels)
        parcels = []
        for line in self.lines:
            parcel = Parcel(
                code=line.code, name=line.name, start_date=self.date,
                contract_square_metres=line.contract_square_metres,
                contract_mu=line.contract_mu, outline=line.outline,
                basic_farmland=any(p.basic_farmland for p in self.parcels))
            for name in [
                    'area', 'ownership', 'kind', 'land_type', 'grade', 'use',
                    'outline_system']:
                setattr(parcel, name, getattr(old, name))
            parcel.holdings = [Holding(
                    household=line.household or holding.household,
                    from_date=self.date,
                    contract_code=holding.contract_code,
                    contract_end=min(filter(None, (
                                h.contract_end for h in ended.values())),
                        default=None))]
            parcels.append(parcel)
        Parcel.save(parcels)
        for line, parcel in zip(self.lines, parcels):
            line.parcel = parcel
        Line.save(self.lines)

    @classmethod
    @ModelView.button
    @Workflow.transition('undone')
    def undo(cls, changes):
        "Bring back what was before, while nothing stands on the result"
        pool = Pool()
        Holding = pool.get('fupin.parcel.holding')
        Line = pool.get('fupin.land.transfer.line')
        Parcel = pool.get('fupin.parcel')
        for change in changes:
            results = [line.parcel for line in change.lines]
            wait_for({*change.parcels, *results})
            if lets := Line.find_let(results, change.date):
                change._refuse(
                    'let', parcel=lets[0].parcel.rec_name,
                    transfer=lets[0].transfer.rec_name)
            later = cls.search([
                    ('parcels', 'in', [p.id for p in results]),
                    ('state', '=', 'done'),
                    ('id', '!=', change.id),
                    ('date', '>=', change.date),
                    ], limit=1)
            if later:
                change._refuse('later', later=later[0].rec_name)
            with without_check_access():
                holdings = Holding.search([
                        ('parcel', 'in', [p.id for p in results]),
                        ('from_date', '>=', change.date),
                        ])
                Holding.delete(holdings)
                if change.kind != 'swap':
                    Parcel.write(results, {'end_date': change.date})
                    Parcel.write(list(change.parcels), {'end_date': None})
                Holding.write(Holding.search([
                            ('parcel', 'in', [p.id for p in change.parcels]),
                            ('to_date', '=', change.date - ONE_DAY),
                            ]), {'to_date': None})

    @classmethod
    def check_modification(
            cls, mode, changes, values=None, external=False):
        super().check_modification(
            mode, changes, values=values, external=external)
        if (mode == 'delete'
                or (mode == 'write' and values.keys() - {'state'})):
            for change in changes:
                if change.state != 'draft':
                    raise AccessError(gettext(
                            'fupin_industry.msg_parcel_change_modify',
                            change=change.rec_name))

    @classmethod
    def copy(cls, changes, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('state', 'draft')
        return super().copy(changes, default=default)


class ParcelChangeParcel(ModelSQL):
    "Parcel Change - Parcel"
    __name__ = 'fupin.parcel.change-fupin.parcel'
    __string__ = "Parcel Change - Parcel"

    change = fields.Many2One(
        'fupin.parcel.change', "Change", required=True, ondelete='CASCADE')
    parcel = fields.Many2One(
        'fupin.parcel', "Parcel", required=True, ondelete='RESTRICT')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('change')
        t = cls.__table__()
        cls._sql_constraints += [
            ('change_parcel_unique', Unique(t, t.change, t.parcel),
                'fupin_industry.msg_parcel_change_parcel_unique'),
            ]
        cls._sql_indexes.add(Index(t, (t.parcel, Index.Equality())))


class ParcelChangeLine(ModelSQL, ModelView):
    "A new parcel, or a parcel with its new holder"
    __name__ = 'fupin.parcel.change.line'
    __string__ = "Parcel Change Result"

    change = fields.Many2One(
        'fupin.parcel.change', "Change", required=True, ondelete='CASCADE')
    kind = fields.Function(
        fields.Selection('get_kinds', "Kind"), 'on_change_with_kind')
    change_state = fields.Function(
        fields.Selection('get_states', "State of the Change"),
        'on_change_with_change_state')
    parcel = fields.Many2One(
        'fupin.parcel', "Parcel", ondelete='RESTRICT',
        states={
            'readonly': (
                (Eval('change_state') != 'draft') | (Eval('kind') != 'swap')),
            'required': Eval('kind') == 'swap',
            })
    household = fields.Many2One(
        'fupin.household', "Household", ondelete='RESTRICT',
        states={
            'readonly': Eval('change_state') != 'draft',
            'required': Eval('kind') == 'swap',
            },
        help="Who holds it from the day on; empty for who held it before.")
    code = fields.Char(
        "Code",
        states={
            'readonly': Eval('change_state') != 'draft',
            'invisible': Eval('kind') == 'swap',
            'required': Eval('kind') != 'swap',
            })
    name = fields.Char(
        "Name",
        states={
            'readonly': Eval('change_state') != 'draft',
            'invisible': Eval('kind') == 'swap',
            'required': Eval('kind') != 'swap',
            })
    contract_square_metres = fields.Numeric(
        "Contracted Area (m²)", digits=(16, 2),
        states={
            'readonly': Eval('change_state') != 'draft',
            'invisible': Eval('kind') == 'swap',
            'required': Eval('kind') != 'swap',
            })
    contract_mu = fields.Numeric(
        "Contracted Area (mu)", digits=(16, 2),
        states={
            'readonly': Eval('change_state') != 'draft',
            'invisible': Eval('kind') == 'swap',
            'required': Eval('kind') != 'swap',
            })
    outline = fields.Text(
        "Outline", strip=False,
        states={
            'readonly': Eval('change_state') != 'draft',
            'invisible': Eval('kind') == 'swap',
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('change')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.change, Index.Equality())))

    @classmethod
    def get_kinds(cls):
        Change = Pool().get('fupin.parcel.change')
        return Change.fields_get(['kind'])['kind']['selection'] + [(None, "")]

    @classmethod
    def get_states(cls):
        Change = Pool().get('fupin.parcel.change')
        return Change.fields_get(
            ['state'])['state']['selection'] + [(None, "")]

    @fields.depends('change', '_parent_change.kind')
    def on_change_with_kind(self, name=None):
        return self.change.kind if self.change else None

    @fields.depends('change', '_parent_change.state')
    def on_change_with_change_state(self, name=None):
        return self.change.state if self.change else 'draft'

    def get_rec_name(self, name):
        return self.parcel.rec_name if self.parcel else self.name
