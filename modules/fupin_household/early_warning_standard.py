# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import ModelSQL, ModelView, Unique, fields

from . import early_warning
from .household_growth import StandardMixin


def _share(string, name, help):
    return fields.Numeric(
        string, digits=(16, 4), required=True,
        domain=[(name, '>', 0), (name, '<=', 1)], help=help)


def _months(string, name, help):
    return fields.Integer(
        string, required=True,
        domain=[(name, '>=', 1), (name, '<=', 12)], help=help)


class Standard(StandardMixin, ModelSQL, ModelView):
    "When the county wants to be warned, from a date on"
    __name__ = 'fupin.early_warning.standard'
    __string__ = "Standard of Early Warning"

    from_date = fields.Date("From", required=True)
    document = fields.Char(
        "Document", required=True,
        help="The document with which the county decided it.")
    lag_months = fields.Integer(
        "Months until Entered", required=True,
        domain=[('lag_months', '>=', 0), ('lag_months', '<=', 6)],
        help="How many months that are over are not yet looked at, as their "
        "income may still be entered.")
    line_days = fields.Integer(
        "Days to Answer: Below the Line", required=True,
        domain=[('line_days', '>=', 0)])
    fall_months = _months(
        "Months Compared", 'fall_months',
        "How many of the last months are compared with the same months of "
        "last year.")
    fall_share = _share(
        "Fall by", 'fall_share',
        "The share by which the net income of the household fell at least.")
    fall_amount = fields.Numeric(
        "Fall by at Least", digits=(16, 2), required=True,
        domain=[('fall_amount', '>=', 0)],
        help="In yuan, for the household and the months compared: what is "
        "less is no warning.")
    fall_days = fields.Integer(
        "Days to Answer: Fall", required=True,
        domain=[('fall_days', '>=', 0)])
    stopped_months = _months(
        "Months without Income", 'stopped_months',
        "How many of the last months a source gave nothing, though it did in "
        "the same months of last year.")
    stopped_share = _share(
        "Share of a Main Source", 'stopped_share',
        "A source is a main one with at least this share of the income of "
        "the twelve months before.")
    season_share = _share(
        "Share of the Season", 'season_share',
        "The months are in the season of the source with at least this share "
        "of what it gave in twelve months.")
    stopped_days = fields.Integer(
        "Days to Answer: Main Source Stopped", required=True,
        domain=[('stopped_days', '>=', 0)])
    expense_amount = fields.Numeric(
        "Large Expense from", digits=(16, 2), required=True,
        domain=[('expense_amount', '>', 0)],
        help="What the household bears itself of large expenses in twelve "
        "months, in yuan.")
    expense_days = fields.Integer(
        "Days to Answer: Large Expense", required=True,
        domain=[('expense_days', '>=', 0)])
    repeat_days = fields.Integer(
        "Days until Repeated", required=True,
        domain=[('repeat_days', '>=', 1)],
        help="So many days after the answer the household is warned of anew "
        "when the reason still holds.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('from_date_unique', Unique(t, t.from_date),
                'fupin_household.msg_warning_standard_unique'),
            ]

    @classmethod
    def default_lag_months(cls):
        return 0

    def get_plain(self):
        return early_warning.Standard(*(
                getattr(self, n) for n in early_warning.Standard._fields))

    def get_days(self, rule):
        "Return the days in which a warning of the rule is to be answered"
        return getattr(self, f'{rule}_days')
