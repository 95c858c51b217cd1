# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The member account of a year (成员账户 of 财会〔2021〕37号)."""
from collections import defaultdict
from decimal import Decimal

from sql import Cast, Null
from sql.aggregate import Count, Min, Sum
from sql.conditionals import Case, Coalesce
from sql.functions import Round

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateReport, StateView, Wizard

from .conversion import convert_quantity
from .exact_sum import QUANTITY_DIGITS, to_cents, to_millionths
from .member_account import HOLDINGS
from .report import SlipReport

# more than there are years in the books of all cooperatives
YEARS = 100000
CENT = Decimal('0.01')
ZERO = Decimal('0.00')
# so many products fit on a page
PRODUCTS = 4


def money(string, help=''):
    return Monetary(
        string, currency='currency', digits='currency', readonly=True,
        help=help)


def year_id(member, year):
    return Cast(member, 'BIGINT') * YEARS + year


class MemberYear(ModelSQL, ModelView):
    """The account of a member in a fiscal year: sums over the entries."""
    __name__ = 'fupin.member.year'
    __string__ = "Member Account of the Year"

    company = fields.Many2One('company.company', "Company", readonly=True)
    member = fields.Many2One('fupin.member', "Member", readonly=True)
    year = fields.Many2One(
        'account.fiscalyear', "Fiscal Year", readonly=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    opening_household_asset = money(
        "Opening Contribution from Household Assets")
    increase_household_asset = money(
        "Change of Contribution from Household Assets")
    closing_household_asset = money(
        "Contribution from Household Assets")
    opening_other = money("Opening Contribution from Other Sources")
    increase_other = money("Change of Contribution from Other Sources")
    closing_other = money("Contribution from Other Sources")
    opening_reserve = money("Opening Reserve Share")
    increase_reserve = money("Change of Reserve Share")
    closing_reserve = money("Reserve Share")
    opening_grant = money("Opening Grant Share")
    increase_grant = money("Change of Grant Share")
    closing_grant = money("Grant Share")
    opening_donation = money("Opening Donation Share")
    increase_donation = money("Change of Donation Share")
    closing_donation = money("Donation Share")
    trade = money("Trade Value")
    refund = money("Refund")
    remainder = money("Remainder")
    products = fields.One2Many(
        'fupin.member.year.product', 'account', "Trade by Product",
        readonly=True)
    entries = fields.Function(fields.Many2Many(
            'fupin.member.entry', None, None, "Lines"), 'get_entries')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('year', 'DESC'), ('member', 'ASC'), ('id', 'ASC')]

    @classmethod
    def table_query(cls):
        pool = Pool()
        Entry = pool.get('fupin.member.entry')
        FiscalYear = pool.get('account.fiscalyear')
        Member = pool.get('fupin.member')
        entry = Entry.__table__()
        year = FiscalYear.__table__()
        member = Member.__table__()

        def holding(name):
            if name in {'household_asset', 'other'}:
                return (entry.kind == 'contribution') & (entry.source == name)
            return entry.kind == name

        def total(condition):
            return Cast(Round(Sum(Case(
                            (condition, to_cents(entry.amount)),
                            else_=0)) * CENT, 2), 'NUMERIC')

        before = entry.date < year.start_date
        within = entry.date >= year.start_date
        held = entry.kind.in_(['contribution', 'reserve', 'grant', 'donation'])
        columns = []
        for name in HOLDINGS:
            columns += [
                total(holding(name) & before).as_(f'opening_{name}'),
                total(holding(name) & within).as_(f'increase_{name}'),
                total(holding(name)).as_(f'closing_{name}'),
                ]
        columns += [
            total(entry.kind == name).as_(name)
            for name in ['trade', 'refund', 'remainder']]
        return (member
            .join(year, condition=year.company == member.company)
            .join(entry, 'LEFT',
                condition=(entry.member == member.id)
                & (entry.date <= year.end_date) & (held | within))
            .select(
                year_id(member.id, year.id).as_('id'),
                member.id.as_('member'),
                member.company.as_('company'),
                year.id.as_('year'),
                *columns,
                where=member.from_date <= year.end_date,
                group_by=[
                    member.id, member.company, member.to_date, year.id,
                    year.start_date],
                # who has left has an account while something is in it
                having=(
                    (member.to_date == Null)
                    | (member.to_date >= year.start_date)
                    | (Count(Case((within, entry.id), else_=Null)) > 0)
                    | (Sum(Case((held, to_cents(entry.amount)), else_=0))
                        != 0))))

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @property
    def opening(self):
        return {
            n: getattr(self, f'opening_{n}').quantize(CENT)
            for n in HOLDINGS}

    @property
    def closing(self):
        return {
            n: getattr(self, f'closing_{n}').quantize(CENT)
            for n in HOLDINGS}

    @classmethod
    def _entries(cls, accounts):
        "Return {(member, year): ids of the entries}, in their order"
        Entry = Pool().get('fupin.member.entry')
        cursor = Transaction().connection.cursor()
        table = Entry.__table__()
        result = defaultdict(list)
        years = {a.year for a in accounts}
        members = [a.member.id for a in accounts]
        for year in years:
            for ids in grouped_slice(members, 1000):
                cursor.execute(*table.select(
                        table.member, table.id,
                        where=fields.SQL_OPERATORS['in'](
                            table.member, list(ids))
                        & (table.date >= year.start_date)
                        & (table.date <= year.end_date),
                        order_by=[table.date, table.id]))
                for member, id_ in cursor:
                    result[member, year.id].append(id_)
        return result

    @classmethod
    def get_entries(cls, accounts, name):
        entries = cls._entries(accounts)
        return {
            a.id: entries.get((a.member.id, a.year.id), [])
            for a in accounts}

    def get_rec_name(self, name):
        return f'{self.member.rec_name} {self.year.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('member.rec_name', *clause[1:]),
            ('year.rec_name', *clause[1:]),
            ]


class MemberYearProduct(ModelSQL, ModelView):
    "What a member traded of a product in a fiscal year (交易量, 交易额)"
    __name__ = 'fupin.member.year.product'
    __string__ = "Trade of the Year"

    company = fields.Many2One('company.company', "Company", readonly=True)
    account = fields.Many2One(
        'fupin.member.year', "Member Account", readonly=True)
    member = fields.Many2One('fupin.member', "Member", readonly=True)
    year = fields.Many2One(
        'account.fiscalyear', "Fiscal Year", readonly=True)
    product = fields.Many2One(
        'product.product', "Product", readonly=True,
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    unit = fields.Many2One('product.uom', "Unit", readonly=True)
    quantity = fields.Numeric("Quantity", digits='unit', readonly=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('product', 'ASC'), ('id', 'ASC')]

    @classmethod
    def table_query(cls):
        pool = Pool()
        Entry = pool.get('fupin.member.entry')
        FiscalYear = pool.get('account.fiscalyear')
        entry = Entry.__table__()
        year = FiscalYear.__table__()
        millionth = Decimal(1).scaleb(-QUANTITY_DIGITS)
        return (entry
            .join(year,
                condition=(year.company == entry.company)
                & (entry.date >= year.start_date)
                & (entry.date <= year.end_date))
            .select(
                Min(entry.id).as_('id'),
                entry.company.as_('company'),
                year_id(entry.member, year.id).as_('account'),
                entry.member.as_('member'),
                year.id.as_('year'),
                entry.product.as_('product'),
                entry.unit.as_('unit'),
                Cast(Round(
                        Sum(to_millionths(Coalesce(entry.quantity, 0)))
                        * millionth, QUANTITY_DIGITS),
                    'NUMERIC').as_('quantity'),
                Cast(Round(Sum(to_cents(entry.amount)) * CENT, 2), 'NUMERIC')
                .as_('amount'),
                where=entry.kind == 'trade',
                group_by=[
                    entry.company, entry.member, year.id, entry.product,
                    entry.unit]))

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None


class MemberAccountPrint(Wizard):
    "Print the accounts of all members of a year"
    __name__ = 'fupin.member.account.print'

    start = StateView(
        'fupin.member.account.print.start',
        'fupin_coop.member_account_print_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Print Accounts", 'print_', 'tryton-print', default=True),
            Button("Print Explanations", 'explain', 'tryton-print'),
            Button("Excel", 'workbook', 'tryton-export'),
            ])
    print_ = StateReport('fupin.member.account')
    explain = StateReport('fupin.member.account.sheet')
    workbook = StateReport('fupin.member.account.workbook')

    def _data(self):
        Account = Pool().get('fupin.member.year')
        domain = [('year', '=', self.start.year.id)]
        if self.start.members:
            domain.append(
                ('member', 'in', [m.id for m in self.start.members]))
        accounts = Account.search(domain, order=[('member.number', 'ASC')])
        return {'ids': [a.id for a in accounts]}

    def do_print_(self, action):
        return action, self._data()

    def do_explain(self, action):
        return action, self._data()

    def do_workbook(self, action):
        return action, self._data()


class MemberAccountPrintStart(ModelView):
    __name__ = 'fupin.member.account.print.start'
    __string__ = "Print Member Accounts"

    company = fields.Many2One(
        'company.company', "Company", required=True,
        domain=[
            ('id', 'in', Eval('context', {}).get('companies', [])),
            ])
    year = fields.Many2One(
        'account.fiscalyear', "Fiscal Year", required=True,
        domain=[
            ('company', '=', Eval('company', -1)),
            ])
    members = fields.Many2Many(
        'fupin.member', None, None, "Members",
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        help="Leave empty to print the accounts of all.")

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_year(cls):
        "The last year that is over"
        pool = Pool()
        Date = pool.get('ir.date')
        FiscalYear = pool.get('account.fiscalyear')
        years = FiscalYear.search([
                ('company', '=', cls.default_company()),
                ('end_date', '<', Date.today()),
                ], order=[('end_date', 'DESC')], limit=1)
        return years[0].id if years else None


class MemberAccount(SlipReport):
    "The member account as the regulation prints it"
    __name__ = 'fupin.member.account'

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['pages'] = cls.get_pages(records)
        context['number'] = cls.number
        return context

    @classmethod
    def number(cls, value):
        "What a cell shows: nothing for nothing"
        if value is None:
            return ''
        if isinstance(value, Decimal) and not value:
            value = abs(value)
        return f'{value:,}'

    @classmethod
    def get_pages(cls, accounts):
        """Return the pages of the accounts, with all lines and as many
        products as have a column on one page; the others follow on pages of
        their own."""
        pool = Pool()
        Account = pool.get('fupin.member.year')
        Entry = pool.get('fupin.member.entry')
        ids = Account._entries(accounts)
        pages = []
        for sub_accounts in grouped_slice(list(accounts), 500):
            sub_accounts = list(sub_accounts)
            keys = [(a.member.id, a.year.id) for a in sub_accounts]
            entries = {
                e.id: e for e in Entry.browse(
                    sum((ids.get(k, []) for k in keys), []))}
            for account, key in zip(sub_accounts, keys):
                pages += cls.get_account_pages(
                    account, [entries[i] for i in ids.get(key, [])])
        return pages

    @classmethod
    def get_account_pages(cls, account, entries):
        products = []
        for entry in entries:
            if entry.product and entry.product not in products:
                products.append(entry.product)
        chunks = [
            products[i:i + PRODUCTS]
            for i in range(0, len(products), PRODUCTS)] or [[]]
        pages = []
        for index, chunk in enumerate(chunks):
            first = not index
            lines, quantities, amounts = [], {}, {}
            for number, entry in enumerate(entries, 1):
                line = cls.get_line(number, entry)
                if entry.kind == 'trade':
                    product = entry.product
                    if not (product in chunk or first and not product):
                        continue
                    quantities[product] = (
                        quantities.get(product, Decimal(0))
                        + line['quantity'])
                    amounts[product] = (
                        amounts.get(product, ZERO) + entry.amount)
                elif not first:
                    continue
                lines.append(line)
            pages.append({
                    'account': account,
                    'page': index + 1,
                    'pages': len(chunks),
                    'first': first,
                    # a form without trade has its columns, too
                    'products': chunk or [None],
                    'lines': lines,
                    'quantities': quantities,
                    'amounts': amounts,
                    'refund': account.refund.quantize(CENT),
                    'remainder': account.remainder.quantize(CENT),
                    'address': cls.get_address(account.member),
                    })
        return pages

    @classmethod
    def get_line(cls, number, entry):
        "Return a line of the account"
        column = (
            entry.source if entry.kind == 'contribution' else entry.kind)
        quantity = None
        if entry.product and entry.quantity is not None:
            unit = entry.product.default_uom
            quantity = convert_quantity(
                entry.quantity, entry.unit, unit, unit.digits)
        return {
            'number': number,
            'date': entry.date,
            'entry': entry,
            'summary': ' '.join(filter(None, [
                        entry.kind_string, entry.origin.rec_name])),
            'column': column,
            'amount': entry.amount,
            'product': entry.product,
            'quantity': quantity or Decimal(0),
            }

    @classmethod
    @without_check_access
    def get_address(cls, member):
        "Return where a member lives or has its seat"
        pool = Pool()
        Member = pool.get('fupin.member')
        member = Member(member.id)
        if member.household:
            return member.household.area.rec_name
        if address := member.party.address_get():
            return ' '.join(address.full_address.splitlines())
        return ''


class MemberAccountSheet(MemberAccount):
    "What a member finds in the account, and how it came about"
    __name__ = 'fupin.member.account.sheet'

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['sheets'] = cls.get_sheets(records)
        return context

    @classmethod
    def get_pages(cls, accounts):
        return []

    @classmethod
    def get_sheets(cls, accounts):
        pool = Pool()
        Account = pool.get('fupin.member.year')
        Entry = pool.get('fupin.member.entry')
        Line = pool.get('fupin.quantification.line')
        ids = Account._entries(accounts)
        quantified = defaultdict(list)
        members = list({a.member.id for a in accounts})
        for sub_members in grouped_slice(members, 1000):
            for line in Line.search([
                        ('member', 'in', list(sub_members)),
                        ('quantification.state', '=', 'posted'),
                        ], order=[('quantification.date', 'ASC'),
                        ('id', 'ASC')]):
                quantified[line.member.id].append(line)
        sheets = []
        for account in accounts:
            year = account.year
            entries = Entry.browse(
                ids.get((account.member.id, year.id), []))
            changes = defaultdict(list)
            for number, entry in enumerate(entries, 1):
                line = cls.get_line(number, entry)
                changes[line['column']].append(line)
            sheets.append({
                    'account': account,
                    'address': cls.get_address(account.member),
                    'opening': account.opening,
                    'closing': account.closing,
                    'changes': changes,
                    'quantified': [
                        x for x in quantified[account.member.id]
                        if year.start_date <= x.quantification.date
                        <= year.end_date],
                    'products': account.products,
                    'total': sum(account.closing.values(), ZERO),
                    })
        return sheets
