# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What members have bound themselves to contribute (认缴出资)."""
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from .exact_sum import to_amount, to_cents
from .exceptions import SubscriptionError

STATES = {
    'readonly': Eval('id', -1) >= 0,
    }


class Subscription(ModelSQL, ModelView):
    """The amount that a member subscribes from a date on.

    Lines are only added: of the same date the last one holds."""
    __name__ = 'fupin.member.subscription'
    __string__ = "Subscription"

    company = fields.Many2One(
        'company.company', "Company", required=True, readonly=True,
        ondelete='RESTRICT')
    member = fields.Many2One(
        'fupin.member', "Member", required=True, ondelete='RESTRICT',
        states=STATES)
    date = fields.Date("Date", required=True, states=STATES)
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True,
        domain=[
            ('amount', '>=', 0),
            ],
        states=STATES,
        help="All that the member subscribes, not only what is added.")
    due_date = fields.Date(
        "Due", states=STATES, help="The day until which it is paid in.")
    document = fields.Char(
        "Document", states=STATES, help="The charter or agreement.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_indexes.add(
            Index(t,
                (t.member, Index.Equality()),
                (t.date, Index.Range())))

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @fields.depends('member', '_parent_member.company')
    def on_change_with_currency(self, name=None):
        if self.member and self.member.company:
            return self.member.company.currency

    def get_rec_name(self, name):
        return f'{self.member.rec_name} {self.date}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('member.rec_name', *clause[1:])]

    @classmethod
    def preprocess_values(cls, mode, values):
        Member = Pool().get('fupin.member')
        values = super().preprocess_values(mode, values)
        if mode == 'create' and values.get('member'):
            values['company'] = Member(values['member']).company.id
        return values

    @classmethod
    def validate_fields(cls, subscriptions, field_names):
        super().validate_fields(subscriptions, field_names)
        for subscription in subscriptions:
            member = subscription.member
            if not member.is_member(subscription.date):
                raise SubscriptionError(gettext(
                        'fupin_coop.msg_subscription_member',
                        member=member.rec_name,
                        date=Pool().get('ir.lang').get().strftime(
                            subscription.date)))

    @classmethod
    def amounts(cls, members, date):
        "Return {id of the member: what is subscribed on the date}"
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        amounts = {m.id: Decimal('0.00') for m in members}
        for ids in grouped_slice(list(amounts), 1000):
            # a later line takes the place of an earlier one
            cursor.execute(*table.select(
                    table.member, to_cents(table.amount),
                    where=fields.SQL_OPERATORS['in'](table.member, list(ids))
                    & (table.date <= date),
                    order_by=[table.date.asc, table.id.asc]))
            amounts.update((m, to_amount(cents)) for m, cents in cursor)
        return amounts

    @classmethod
    def check_modification(
            cls, mode, subscriptions, values=None, external=False):
        super().check_modification(
            mode, subscriptions, values=values, external=external)
        if mode in {'write', 'delete'}:
            raise AccessError(gettext(
                    'fupin_coop.msg_subscription_append_only',
                    member=subscriptions[0].member.rec_name))
