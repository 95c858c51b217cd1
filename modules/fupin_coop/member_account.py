# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from collections import defaultdict
from decimal import Decimal

from sql import Null
from sql.aggregate import Sum
from sql.operators import Equal

from trytond.model import (
    Exclude, Index, ModelSQL, ModelView, Unique, fields)
from trytond.modules.currency.fields import Monetary
from trytond.modules.fupin_household.income import LedgerMixin
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from trytond.modules.fupin_household.bulk_insert import bulk_insert
from .conversion import convert_quantity
from .document import get_effect_models
from .exact_sum import to_amount, to_cents, to_millionths, to_quantity

# the columns of the member account of 财会〔2021〕37号, in its order
KINDS = [
    ('contribution', "Contribution"),
    ('reserve', "Reserve Share"),
    ('grant', "Grant Share"),
    ('donation', "Donation Share"),
    ('trade', "Trade"),
    ('refund', "Refund"),
    ('remainder', "Remainder"),
    ]
SOURCES = [
    (None, ""),
    ('household_asset', "Household Poverty Alleviation Asset"),
    ('other', "Other Source"),
    ]
ZERO = Decimal('0.00')
# what a member holds; the rest is what happened in a year
HOLDINGS = ['household_asset', 'other', 'reserve', 'grant', 'donation']
# what an entry of them says is the member and the amount alone
_BARE_KINDS = {'reserve', 'grant', 'donation', 'refund', 'remainder'}


class Entry(LedgerMixin, ModelSQL, ModelView):
    "One line of a member's account (成员账户)"
    __name__ = 'fupin.member.entry'
    __string__ = "Member Account Entry"

    company = fields.Many2One(
        'company.company', "Company", required=True, readonly=True,
        ondelete='RESTRICT')
    member = fields.Many2One(
        'fupin.member', "Member", required=True, readonly=True,
        ondelete='RESTRICT')
    date = fields.Date("Date", required=True, readonly=True)
    kind = fields.Selection(
        KINDS, "Kind", required=True, readonly=True, sort=False)
    kind_string = kind.translated('kind')
    source = fields.Selection(
        SOURCES, "Source", readonly=True, sort=False,
        states={
            'invisible': Eval('kind') != 'contribution',
            'required': Eval('kind') == 'contribution',
            },
        domain=[
            If(Eval('kind') != 'contribution',
                ('source', '=', None),
                ()),
            ],
        help="Whether a contribution comes from assets of poverty "
        "alleviation projects that belong to the household.")
    source_string = source.translated('source')
    product = fields.Many2One(
        'product.product', "Product", readonly=True, ondelete='RESTRICT',
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    quantity = fields.Numeric("Quantity", digits='unit', readonly=True)
    unit = fields.Many2One(
        'product.uom', "Unit", readonly=True, ondelete='RESTRICT')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True,
        readonly=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    reversal_of = fields.Many2One(
        'fupin.member.entry', "Reversal of", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('reversal_of'),
            'required': Eval('entry') == 'reversal',
            },
        domain=[
            If(Eval('entry') == 'posting',
                ('id', '=', None),
                ()),
            ])
    reversals = fields.One2Many(
        'fupin.member.entry', 'reversal_of', "Reversals", readonly=True,
        states={
            'invisible': ~Eval('reversals', []),
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('origin_member_unique',
                Exclude(t,
                    (t.origin, Equal),
                    (t.member, Equal),
                    (t.kind, Equal),
                    (t.entry, Equal),
                    where=t.source == Null),
                'fupin_coop.msg_member_entry_unique'),
            ('origin_member_source_unique',
                Unique(t, t.origin, t.member, t.kind, t.source, t.entry),
                'fupin_coop.msg_member_entry_unique'),
            ('reversal_unique', Unique(t, t.reversal_of),
                'fupin_coop.msg_member_entry_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.member, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t,
                    (t.company, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t, (t.origin, Index.Equality())),
                })

    @classmethod
    def __register__(cls, module_name):
        super().__register__(module_name)
        table = cls.__table_handler__(module_name)
        # one document may enter the accounts of several members
        table.drop_constraint('origin_unique')

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + get_effect_models()

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    def get_rec_name(self, name):
        return f'{self.member.rec_name} {self.date} {self.origin.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('member.rec_name', *clause[1:])]

    @classmethod
    def post(cls, entries):
        """Write entries into the accounts of members and return them.

        entries are unsaved instances with member, date, kind, amount and
        origin, product, quantity and unit for a trade, and the source for a
        contribution."""
        companies = cls._get_companies({int(e.member) for e in entries})
        for entry in entries:
            entry.company = companies[int(entry.member)]
            entry.entry = 'posting'
        with without_check_access():
            cls.save(entries)
        return entries

    @classmethod
    def post_many(cls, company, date, rows):
        """Write thousands of entries into the accounts of members at once.

        rows are (id of the member, kind, yuan, origin as text), of kinds that
        have neither source nor product.  What create checks of each entry is
        checked here of all together; ValueError if one is not like that."""
        members = {row[0] for row in rows}
        companies = cls._get_companies(members)
        if any(companies.get(m) != company.id for m in members):
            raise ValueError("a member of another company")
        if not {row[1] for row in rows} <= _BARE_KINDS:
            raise ValueError("a kind with source or product")
        if any(row[2] != company.currency.round(row[2]) for row in rows):
            raise ValueError("an amount that is not in whole cents")
        if not ({row[3].partition(',')[0] for row in rows}
                <= set(cls._get_origin())):
            raise ValueError("an origin that posts no entries")
        bulk_insert(
            cls, [
                'company', 'member', 'date', 'kind', 'amount', 'origin',
                'entry'],
            [[company.id, member, date, kind, amount, origin, 'posting']
                for member, kind, amount, origin in rows])

    @classmethod
    def _get_companies(cls, members):
        "Return {id of a member: id of the company}"
        Member = Pool().get('fupin.member')
        member = Member.__table__()
        cursor = Transaction().connection.cursor()
        companies = {}
        for ids in grouped_slice(list(members), 1000):
            cursor.execute(*member.select(
                    member.id, member.company,
                    where=fields.SQL_OPERATORS['in'](member.id, list(ids))))
            companies.update(cursor)
        return companies

    @classmethod
    def reverse(cls, origins, date=None):
        """Take back what the documents posted and return the reversals.

        They count on date, default is the day of what they take back."""
        with without_check_access():
            reversals = []
            for entry in cls._to_reverse(origins):
                reversals.append(cls(
                        company=entry.company,
                        member=entry.member,
                        date=date or entry.date,
                        kind=entry.kind,
                        source=entry.source,
                        product=entry.product,
                        quantity=(-entry.quantity
                            if entry.quantity is not None else None),
                        unit=entry.unit,
                        amount=-entry.amount,
                        origin=entry.origin,
                        entry='reversal',
                        reversal_of=entry))
            cls.save(reversals)
        return reversals

    @classmethod
    def balances(cls, company, date):
        """Return what the members hold at the end of the date:
        {id of the member: {holding: yuan}} with each of HOLDINGS, of all
        members who ever held something."""
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        cursor.execute(*table.select(
                table.member, table.kind, table.source,
                Sum(to_cents(table.amount)),
                where=(table.company == int(company))
                & (table.date <= date)
                & fields.SQL_OPERATORS['in'](
                    table.kind,
                    ['contribution', 'reserve', 'grant', 'donation']),
                group_by=[table.member, table.kind, table.source]))
        balances = defaultdict(lambda: dict.fromkeys(HOLDINGS, ZERO))
        for member, kind, source, cents in cursor:
            holding = source if kind == 'contribution' else kind
            balances[member][holding] = to_amount(cents)
        return dict(balances)

    @classmethod
    def trade(cls, company, start, end):
        """Return what the members traded from start to end:
        {id of the member: {id of the product: (quantity in the default unit
        of the product, yuan)}}."""
        pool = Pool()
        Product = pool.get('product.product')
        Uom = pool.get('product.uom')
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        cursor.execute(*table.select(
                table.member, table.product, table.unit,
                Sum(to_millionths(table.quantity)),
                Sum(to_cents(table.amount)),
                where=(table.company == int(company))
                & (table.kind == 'trade')
                & (table.date >= start) & (table.date <= end),
                group_by=[table.member, table.product, table.unit]))
        rows = cursor.fetchall()
        with without_check_access():
            products = {
                p.id: p.default_uom
                for p in Product.browse({r[1] for r in rows if r[1]})}
            units = {
                u.id: u for u in Uom.browse({r[2] for r in rows if r[2]})}
        trade = defaultdict(dict)
        for member, product, unit, millionths, cents in rows:
            quantity = to_quantity(millionths)
            if product and unit:
                quantity = convert_quantity(
                    quantity, units[unit], products[product])
            before, amount = trade[member].get(product, (Decimal(0), ZERO))
            trade[member][product] = (
                before + quantity, amount + to_amount(cents))
        return dict(trade)
