# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import ModelSQL, ModelView, Unique, fields


class RotationRule(ModelSQL, ModelView):
    "How many years watermelons have to stay away from land"
    __name__ = 'fupin.rotation.rule'
    __string__ = "Rotation Rule"

    from_date = fields.Date("From", help="Leave empty for always.")
    years = fields.Integer(
        "Years", required=True,
        domain=[('years', '>=', 0)],
        help="So many years after the start of a season of watermelons the "
        "next one on the same land starts at the earliest, without a "
        "warning, unless the seedlings are grafted.")
    document = fields.Char(
        "Document", required=True, help="What the rule comes from.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'DESC NULLS LAST'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('from_date_unique', Unique(t, t.from_date),
                'fupin_industry.msg_rotation_rule_unique'),
            ]

    def get_rec_name(self, name):
        return f"{self.from_date or ''} {self.document}".strip()

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('document', *clause[1:])]

    @classmethod
    def get_years(cls, date):
        "Return the years that hold on the date, 0 if there is no rule"
        rules = cls.search(
            ['OR', ('from_date', '=', None), ('from_date', '<=', date)],
            order=[('from_date', 'DESC NULLS LAST')], limit=1)
        return rules[0].years if rules else 0
