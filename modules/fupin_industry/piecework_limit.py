# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from trytond.model import ModelSQL, ModelView, Unique, fields


class PieceworkLimit(ModelSQL, ModelView):
    """What may be kept back of a wage for missing parts, by law

    《工资支付暂行规定》(劳部发〔1994〕489号) 第十六条."""
    __name__ = 'fupin.piecework.limit'
    __string__ = "Limit of Deductions"
    _rec_name = 'document'

    from_date = fields.Date("From", required=True)
    share = fields.Numeric(
        "Share of the Wage", digits=(16, 4), required=True,
        domain=[
            ('share', '>=', 0),
            ('share', '<=', 1),
            ],
        help="The most that a pay sheet keeps back of the wages of a worker.")
    document = fields.Char(
        "Document", required=True,
        help="The law or rule that sets the limit.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('from_date_unique', Unique(t, t.from_date),
                'fupin_industry.msg_piecework_limit_unique'),
            ]

    @classmethod
    def get_share(cls, date):
        "Return the share of the date, nothing where no rule allows it"
        limits = cls.search([
                ('from_date', '<=', date),
                ], order=[('from_date', 'DESC')], limit=1)
        return limits[0].share if limits else Decimal(0)
