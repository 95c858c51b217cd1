# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction

from trytond.modules.fupin_household.bulk_insert import bulk_insert, forget
from .division import CENT, cut

ZERO = Decimal('0.00')
# The order in which the columns of a line are stored and compared
COLUMNS = [
    'member', 'sequence', 'person', 'household', 'leaving', 'traded',
    'trade_amount', 'contribution', 'reserve', 'grant', 'donation', 'refund',
    'remainder', 'refund_converted', 'remainder_converted', 'reserve_taken',
    'reserve_share']


def amount_field(string, help=''):
    return Monetary(
        string, currency='currency', digits='currency', required=True,
        readonly=True, help=help)


def sum_field(string, help=''):
    return fields.Function(Monetary(
            string, currency='currency', digits='currency', help=help),
        'get_sum')


class SurplusLine(ModelSQL, ModelView):
    "What one member gets of the surplus of a year, and by what"
    __name__ = 'fupin.surplus.line'
    __string__ = "Surplus Distribution Line"

    surplus = fields.Many2One(
        'fupin.surplus', "Surplus Distribution", required=True, readonly=True,
        ondelete='CASCADE')
    company = fields.Many2One(
        'company.company', "Company", required=True, readonly=True,
        ondelete='RESTRICT')
    sequence = fields.Integer("Sequence", required=True, readonly=True)
    member = fields.Many2One(
        'fupin.member', "Member", required=True, readonly=True,
        ondelete='RESTRICT')
    person = fields.Many2One(
        'fupin.person', "Person", readonly=True, ondelete='RESTRICT')
    household = fields.Many2One(
        'fupin.household', "Household", readonly=True, ondelete='RESTRICT',
        help="The member's household at the end of the year.")
    leaving = fields.Boolean(
        "Leaving", readonly=True,
        help="The membership ended in the year or with it.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'get_currency')

    traded = fields.Numeric(
        "Refund Base", required=True, readonly=True,
        help="The value of the trade of the year, or its volume weighted by "
        "the factors of the charter.")
    trade_amount = amount_field(
        "Trade Amount", help="The value of the trade of the year.")
    contribution = amount_field("Contribution")
    reserve = amount_field(
        "Reserve Share", help="Before the reserve of this year.")
    grant = amount_field("Grant Share")
    donation = amount_field("Donation Share")
    capital = sum_field(
        "Remainder Base",
        help="Contribution and shares in reserve, grants and donations.")

    refund = amount_field("Refund")
    remainder = amount_field("Remainder")
    amount = sum_field("Amount", help="Refund and remainder.")
    refund_converted = amount_field(
        "Refund Converted", help="What of the refund becomes contribution.")
    remainder_converted = amount_field(
        "Remainder Converted",
        help="What of the remainder becomes contribution.")
    converted = sum_field(
        "Converted", help="What becomes contribution of the member.")
    payable_refund = sum_field("Refund to Pay")
    payable_remainder = sum_field("Remainder to Pay")
    payable = sum_field("To Pay")
    reserve_taken = amount_field(
        "Reserve Taken",
        help="What of the member's reserve share covers losses.")
    reserve_share = amount_field(
        "Reserve Quantified",
        help="The member's share in the reserve of this year.")

    _sums = {
        'capital': lambda r: (
            r.contribution + r.reserve + r.grant + r.donation),
        'amount': lambda r: r.refund + r.remainder,
        'converted': lambda r: r.refund_converted + r.remainder_converted,
        'payable_refund': lambda r: r.refund - r.refund_converted,
        'payable_remainder': lambda r: r.remainder - r.remainder_converted,
        'payable': lambda r: (
            r.refund - r.refund_converted
            + r.remainder - r.remainder_converted),
        }

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('surplus')
        # plans of several years may have the same name
        cls._order = [
            ('surplus.date', 'DESC'), ('surplus.id', 'DESC'),
            ('sequence', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('member_unique', Unique(t, t.surplus, t.member),
                'fupin_coop.msg_surplus_line_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.surplus, Index.Equality()),
                    (t.sequence, Index.Range())),
                Index(t, (t.member, Index.Equality())),
                Index(t, (t.household, Index.Equality())),
                })

    @classmethod
    def get_currency(cls, lines, name):
        return {line.id: line.company.currency.id for line in lines}

    @classmethod
    def get_sum(cls, lines, names):
        return {
            name: {line.id: cls._sums[name](line) for line in lines}
            for name in names}

    def get_rec_name(self, name):
        return f'{self.surplus.rec_name} {self.member.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('surplus.rec_name', *clause[1:]),
            ('member.rec_name', *clause[1:]),
            ]

    @property
    def full_name(self):
        return self.surplus.full_name

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        if external or mode == 'write':
            raise AccessError(gettext('fupin_coop.msg_surplus_line_modify'))

    @classmethod
    def copy(cls, lines, default=None):
        if lines:
            raise AccessError(gettext('fupin_coop.msg_surplus_line_modify'))
        return super().copy(lines, default=default)

    # Thousands of lines at once

    @classmethod
    def replace(cls, surplus, rows):
        "Make the rows, in the order of COLUMNS, the lines of the surplus"
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        cursor.execute(*table.delete(where=table.surplus == surplus.id))
        bulk_insert(
            cls, ['surplus', 'company', *COLUMNS], [
                [surplus.id, surplus.company.id, *row] for row in rows])
        forget(surplus.__class__)

    @classmethod
    def read_rows(cls, surplus):
        "Return the stored rows of the surplus in the order of COLUMNS"
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        columns = [table.id] + [getattr(table, name) for name in COLUMNS]
        cursor.execute(*table.select(
                *columns, where=table.surplus == surplus.id,
                order_by=[table.sequence]))
        numeric = [
            isinstance(cls._fields[name], fields.Numeric) for name in COLUMNS]
        ids, rows = [], []
        for id_, *row in cursor:
            ids.append(id_)
            rows.append([
                    Decimal(str(value)) if number and value is not None
                    else bool(value) if name == 'leaving'
                    else value
                    for name, number, value in zip(COLUMNS, numeric, row)])
        return ids, rows

    # How a sum arose

    def explain(self, name, total, weights):
        """Return how the amount called name arose of total: the member's
        weight, the sum of all, the exact amount and whether a cent that
        rounding down left came here."""
        weight = self.capital if name == 'remainder' else self.traded
        amount = getattr(self, name)
        exact = cut(total, weight, weights, 6)
        return {
            'total': total,
            'weight': weight,
            'weights': weights,
            'exact': exact,
            'amount': amount,
            'cent': amount - exact.quantize(CENT, rounding='ROUND_DOWN')
            == CENT,
            }


class AccountMoveLine(metaclass=PoolMeta):
    __name__ = 'account.move.line'

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + ['fupin.surplus.line']

    @property
    def income_category(self):
        """The only category of income that is paid by the line, None for any.

        A refund and a remainder have the same origin."""
        pool = Pool()
        Category = pool.get('fupin.income.category')
        ModelData = pool.get('ir.model.data')
        code = self.account.template.code if self.account.template else None
        if name := {'221': 'refund', '222': 'remainder'}.get(code):
            return Category(ModelData.get_id(
                    'fupin_household', f'category_{name}'))

    @classmethod
    def check_insert(cls, move, accounts):
        """Check what create checks of each line, for lines that are inserted
        with a party into a draft move on the accounts of its company."""
        if move.state != 'draft':
            raise AccessError(gettext(
                    'account.msg_modify_line_posted_move',
                    line='', move=move.rec_name))
        cls.check_journal_period_modify(move.period, move.journal)
        for account in accounts:
            if (not account.type or account.closed
                    or account.company != move.company):
                raise AccessError(gettext(
                        'account.msg_line_closed_account',
                        account=account.rec_name))
            if not account.party_required:
                raise AccessError(gettext(
                        'account.msg_line_party_set',
                        account=account.rec_name, line=''))


class IncomePayment(metaclass=PoolMeta):
    __name__ = 'fupin.income.payment'

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + ['fupin.surplus.line']
