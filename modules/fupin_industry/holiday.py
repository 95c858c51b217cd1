# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import ModelSQL, ModelView, Unique, fields


class Holiday(ModelSQL, ModelView):
    "A day off, or a weekend day that is worked instead"
    __name__ = 'fupin.land.holiday'
    __string__ = "Holiday"

    date = fields.Date("Date", required=True)
    worked = fields.Boolean(
        "Worked", help="Check for a Saturday or Sunday that is worked.")
    name = fields.Char("Name")
    document = fields.Char(
        "Document", help="The notice of the State Council.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order.insert(0, ('date', 'DESC'))
        t = cls.__table__()
        cls._sql_constraints += [
            ('date_unique', Unique(t, t.date),
                'fupin_industry.msg_land_holiday_unique'),
            ]

    def get_rec_name(self, name):
        return ' '.join(filter(None, [str(self.date), self.name]))

    @classmethod
    def exceptions(cls):
        "Return the set of the days off and of the weekend days worked"
        days = cls.search([])
        return (
            {d.date for d in days if not d.worked},
            {d.date for d in days if d.worked})
