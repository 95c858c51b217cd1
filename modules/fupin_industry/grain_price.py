# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, Unique, fields

from .exceptions import LandRentError

GRAINS = [
    (None, ""),
    ('wheat', "Wheat"),
    ('rice', "Rice"),
    ('maize', "Maize"),
    ]


class GrainPrice(ModelSQL, ModelView):
    "The price of grain by which a rent in grain is paid"
    __name__ = 'fupin.grain.price'
    __string__ = "Grain Price"

    grain = fields.Selection(GRAINS, "Grain", required=True, sort=False)
    grain_string = grain.translated('grain')
    date = fields.Date(
        "From", required=True,
        help="The price holds until the next one.")
    price = fields.Numeric(
        "Price (yuan/kg)", digits=(16, 4), required=True,
        domain=[('price', '>=', 0)])
    floor = fields.Numeric(
        "State Floor Price (yuan/kg)", digits=(16, 4),
        domain=[['OR', ('floor', '=', None), ('floor', '>=', 0)]],
        help="The least purchase price of the state, if it sets one.")
    document = fields.Char("Document", required=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('grain', 'ASC'), ('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('grain_date_unique', Unique(t, t.grain, t.date),
                'fupin_industry.msg_grain_price_unique'),
            ]

    def get_rec_name(self, name):
        return f'{self.grain_string} {self.date}'

    @classmethod
    def find(cls, grain, date):
        """Return the price of the grain that holds on the date.

        LandRentError if there is none."""
        prices = cls.search([
                ('grain', '=', grain),
                ('date', '<=', date),
                ], order=[('date', 'DESC')], limit=1)
        if not prices:
            names = dict(cls.fields_get(['grain'])['grain']['selection'])
            raise LandRentError(gettext(
                    'fupin_industry.msg_grain_price_missing',
                    grain=names.get(grain, grain), date=date))
        return prices[0]
