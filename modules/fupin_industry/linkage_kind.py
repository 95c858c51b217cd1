# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.modules.fupin_household.registration import CodeMixin
from trytond.pool import Pool


class LinkageKind(CodeMixin, ModelSQL, ModelView):
    "A way in which an enterprise lets households earn"
    __name__ = 'fupin.linkage.kind'
    __string__ = "Linkage Kind"

    judged = fields.Boolean(
        "Judged",
        help="Uncheck for what is no income, like a service: it is not "
        "compared with the ledger.")
    categories = fields.Many2Many(
        'fupin.linkage.kind-income.category', 'kind', 'category',
        "Income Categories",
        help="The income of the ledger that proves a linkage of this kind.")

    @classmethod
    def default_judged(cls):
        return True


class LinkageKindCategory(ModelSQL):
    __name__ = 'fupin.linkage.kind-income.category'

    kind = fields.Many2One(
        'fupin.linkage.kind', "Kind", required=True, ondelete='CASCADE')
    category = fields.Many2One(
        'fupin.income.category', "Category", required=True,
        ondelete='CASCADE')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('kind')
        t = cls.__table__()
        # else one payment would prove two promises
        cls._sql_constraints += [
            ('category_unique', Unique(t, t.category),
                'fupin_industry.msg_linkage_category_unique'),
            ]
        cls._sql_indexes.add(Index(t, (t.kind, Index.Equality())))


class LinkageRule(ModelSQL, ModelView):
    "How long the county waits before it calls a promise unkept"
    __name__ = 'fupin.linkage.rule'
    __string__ = "Linkage Rule"

    from_date = fields.Date("From", help="Leave empty for always.")
    grace_days = fields.Integer(
        "Days of Grace", required=True,
        domain=[('grace_days', '>=', 0)],
        help="So many days after the day on which it was due or earned an "
        "amount must have been paid.")
    document = fields.Char("Document", required=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'DESC NULLS LAST'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('from_date_unique', Unique(t, t.from_date),
                'fupin_industry.msg_linkage_rule_unique'),
            ]

    @classmethod
    def default_grace_days(cls):
        return 0

    def get_rec_name(self, name):
        return f"{self.from_date or ''} {self.document}".strip()

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('document', *clause[1:])]

    @classmethod
    def get_grace_days(cls, date=None):
        "Return the days of grace on the date (default today), 0 if not ruled"
        if date is None:
            date = Pool().get('ir.date').today()
        rules = cls.search(
            ['OR', ('from_date', '=', None), ('from_date', '<=', date)],
            order=[('from_date', 'DESC NULLS LAST')], limit=1)
        return rules[0].grace_days if rules else 0
