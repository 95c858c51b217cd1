# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from sql.conditionals import Coalesce
from sql.operators import Equal

from trytond.i18n import gettext
from trytond.model import Exclude, Index, ModelSQL, ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.transaction import Transaction

from .debt import get_debts
from .document import wait_for
from .exceptions import (
    SupplyLimitError, SupplyLimitWarning)
from .limit import RATE_DIGITS


class SupplyLimit(ModelSQL, ModelView):
    """How much growers may owe a cooperative for inputs, and how much of a
    payout is set off against it, from a date on.

    What is set for a member goes before what is set for all."""
    __name__ = 'fupin.supply.limit'
    __string__ = "Supply Limit"
    _rec_name = 'document'

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT')
    member = fields.Many2One(
        'fupin.member', "Member", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        help="Leave it empty for all growers.")
    from_date = fields.Date("From", required=True)
    document = fields.Char(
        "Document", required=True,
        help="The resolution or rule that sets the limit.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = Monetary(
        "Most Owed", currency='currency', digits='currency', required=True,
        domain=[
            ('amount', '>=', 0),
            ])
    over = fields.Selection([
            ('refuse', "Refuse"),
            ('warn', "Warn"),
            ], "Over the Limit", required=True, sort=False)
    netting_rate = fields.Numeric(
        "Set Off at Most", digits=RATE_DIGITS, required=True,
        domain=[
            ('netting_rate', '>=', 0),
            ('netting_rate', '<=', 1),
            ],
        help="The part of a payout that is set off against what is owed, "
        "at most.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('from_date_unique',
                Exclude(t,
                    (t.company, Equal),
                    (Coalesce(t.member, -1), Equal),
                    (t.from_date, Equal)),
                'fupin_coop.msg_supply_limit_unique'),
            ]
        cls._sql_indexes.add(
            Index(t,
                (t.company, Index.Equality()),
                (t.member, Index.Equality()),
                (t.from_date, Index.Range(order='DESC'))))

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_from_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def default_over(cls):
        return 'refuse'

    @classmethod
    def default_netting_rate(cls):
        return Decimal(1)

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @classmethod
    def find(cls, company, date):
        """Return {member: limit} of the date by id, that of all others under
        None if there is one."""
        limits = {}
        for limit in cls.search([
                    ('company', '=', company.id),
                    ('from_date', '<=', date),
                    ], order=[('from_date', 'ASC'), ('id', 'ASC')]):
            limits[limit.member.id if limit.member else None] = limit
        return limits

    @classmethod
    def get(cls, limits, member):
        "Return the limit of the member among the found ones, None if none"
        return limits.get(member.id if member else None, limits.get(None))


class Supply(metaclass=PoolMeta):
    __name__ = 'fupin.supply'

    @classmethod
    def prepare_post(cls, supplies):
        super().prepare_post(supplies)
        for company in {s.company for s in supplies}:
            cls.check_limits(
                company, [s for s in supplies if s.company == company])

    @classmethod
    def check_limits(cls, company, supplies):
        "Refuse or warn if a grower comes to owe more than he may"
        pool = Pool()
        Limit = pool.get('fupin.supply.limit')
        Warning = pool.get('res.user.warning')
        wait_for({s.grower for s in supplies})
        debts = get_debts(company, {s.grower.id for s in supplies})
        for supply in supplies:
            limit = Limit.get(
                Limit.find(company, supply.date), supply.member)
            amount = sum(line.amount for line in supply.lines) + supply.fee
            owed = debts[supply.grower.id]
            debts[supply.grower.id] += amount
            if not limit or owed + amount <= limit.amount:
                continue
            message = gettext(
                'fupin_coop.msg_supply_limit_%s' % limit.over,
                document=supply.full_name,
                grower=(supply.member or supply.grower).rec_name,
                owed=owed,
                amount=amount,
                limit=limit.amount,
                source=limit.document)
            if limit.over == 'refuse':
                raise SupplyLimitError(message)
            key = Warning.format('supply_limit', [supply])
            if Warning.check(key):
                raise SupplyLimitWarning(key, message)
