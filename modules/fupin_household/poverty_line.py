# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql.conditionals import Coalesce
from sql.operators import Equal

from trytond.i18n import gettext
from trytond.model import Exclude, ModelSQL, ModelView, fields
from trytond.pool import Pool

from .exceptions import PovertyLineError


class PovertyLine(ModelSQL, ModelView):
    """The net income per person below which a household is helped, as it was
    decided for an area and an income year."""
    __name__ = 'fupin.poverty.line'

    year = fields.Many2One(
        'fupin.income.year', "Income Year", required=True,
        ondelete='RESTRICT')
    area = fields.Many2One(
        'country.subdivision', "Area", ondelete='RESTRICT',
        domain=[
            ('type', 'not in', ['village', 'group']),
            ],
        help="Leave empty for everywhere.  The line of the nearest area "
        "holds: of the township, the county, or what is above it.")
    amount = fields.Numeric(
        "Amount", digits=(16, 2), required=True,
        domain=[('amount', '>', 0)],
        help="In yuan per person and year.")
    document = fields.Char(
        "Document", required=True,
        help="The document with which the line was set.")
    note = fields.Text("Note")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('year.start_date', 'DESC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('area_year_unique',
                Exclude(t,
                    (t.year, Equal),
                    (Coalesce(t.area, -1), Equal)),
                'fupin_household.msg_poverty_line_unique'),
            ]

    def get_rec_name(self, name):
        names = [self.year.rec_name]
        if self.area:
            names.append(self.area.rec_name)
        return ' '.join([*names, str(self.amount)])

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('year.rec_name', *clause[1:]),
            ('area.rec_name', *clause[1:]),
            ]

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        "What the rows of a closed year were compared with stays"
        super().check_modification(
            mode, lines, values=values, external=external)
        years = {line.year for line in lines}
        if mode == 'write' and values.get('year'):
            Year = Pool().get('fupin.income.year')
            years.add(Year(values['year']))
        for year in years:
            if year.state != 'open':
                raise PovertyLineError(gettext(
                        'fupin_household.msg_poverty_line_closed',
                        year=year.rec_name))
