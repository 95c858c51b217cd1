# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The figures of the notes (附注), as the books and registers have them."""
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from sql import Null
from sql.aggregate import Sum
from sql.conditionals import Case

from trytond.model import fields
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access

from .conversion import convert_quantity
from .exact_sum import to_amount, to_cents, to_millionths, to_quantity
from .exceptions import CharterNotFoundError
from .fund import FUND_KINDS, GIVING, USING
from .ledger import get_codes, get_result, is_opening
from .member import to_date
from .note_part import (
    ACCOUNTS, CHARTER_RATE, FARMERS, IN_CREDIT, IN_KIND, IN_MONEY, JOINED,
    LEFT, MEMBERS, RESERVE_RATE, SECTIONS, SHARE_CAPITAL, UNIT_KINDS, UNITS,
    WITH_MEMBERS, WITH_OTHERS)
from .receivable_age import age
from .statement import Scope, compute, compute_trial
from .statement_line import EQUITY_COLUMNS, INCOME, SURPLUS

ZERO = Decimal('0.00')
RATE = Decimal('0.000001')


@dataclass(frozen=True)
class Figure:
    """One row of the figures; which of its amounts have a meaning is said by
    the columns of its part."""
    section: str
    item: str
    detail: str = None
    date: dt.date = None
    opening: Decimal = None
    increase: Decimal = None
    decrease: Decimal = None
    closing: Decimal = None
    amount: Decimal = None
    quantity: Decimal = None
    unit: str = None
    rate: Decimal = None
    remark: str = None


def share(part, whole):
    "Return the share to the millionth, None of nothing"
    if whole:
        return (Decimal(part) / Decimal(whole)).quantize(RATE)


def signed(amount, sign):
    "Return the amount with the sign, no -0.00"
    return sign * amount + ZERO


class NoteFigures:
    "The figures of the notes of a year"

    def __init__(self, company, fiscalyear):
        self.company = company
        self.fiscalyear = fiscalyear
        self.start = fiscalyear.start_date
        self.end = fiscalyear.end_date
        self.statements = compute(company, fiscalyear)
        self.codes = get_codes(company)

    @without_check_access
    def get(self):
        "Return the figures of all sections, in their order"
        figures = []
        for section in SECTIONS:
            if section in ACCOUNTS and section != 'result':
                figures += self._get_accounts(section)
            elif section != 'loss':
                figures += getattr(self, f'_get_{section}')()
        return figures

    # 2 and 3: the cooperative and its members

    def _get_basic(self):
        Member = Pool().get('fupin.member')
        kinds = Member.count_kinds(self.company, self.end)
        total, farmers = sum(kinds.values()), kinds.get('farmer', 0)
        yield Figure(
            'basic', SHARE_CAPITAL, closing=self.statements.balance[36][0])
        yield Figure('basic', MEMBERS, quantity=Decimal(total))
        yield Figure(
            'basic', FARMERS, quantity=Decimal(farmers),
            rate=share(farmers, total))

    def _get_holdings(self):
        Entry = Pool().get('fupin.member.entry')
        day = dt.timedelta(days=1)
        return (Entry.balances(self.company, self.start - day),
            Entry.balances(self.company, self.end))

    @staticmethod
    def _get_contribution(holdings, member):
        held = holdings.get(member.id, {})
        return held.get('household_asset', ZERO) + held.get('other', ZERO)

    def _get_member(self):
        Member = Pool().get('fupin.member')
        before, after = self._get_holdings()
        for member in Member.search([
                    ('company', '=', self.company.id),
                    ('from_date', '<=', self.end),
                    ], order=[('number', 'ASC'), ('id', 'ASC')]):
            opening = self._get_contribution(before, member)
            closing = self._get_contribution(after, member)
            reserve = after.get(member.id, {}).get('reserve', ZERO)
            if (member.to_date and member.to_date < self.start
                    and not (opening or closing or reserve)):
                continue
            yield Figure(
                'member', member.party.name, member.number, opening=opening,
                increase=closing - opening, closing=closing, amount=reserve)

    def _get_change(self):
        Member = Pool().get('fupin.member')
        _, after = self._get_holdings()
        changes = []
        for name, detail in [('from_date', JOINED), ('to_date', LEFT)]:
            for member in Member.search([
                        ('company', '=', self.company.id),
                        (name, '>=', self.start),
                        (name, '<=', self.end),
                        ]):
                changes.append((
                        getattr(member, name), detail, member.number,
                        member))
        for date, detail, _, member in sorted(changes, key=lambda c: c[:3]):
            yield Figure(
                'change', member.party.name, detail, date,
                closing=self._get_contribution(after, member))

    def _get_unit(self):
        Member = Pool().get('fupin.member')
        kinds = Member.count_kinds(self.company, self.end)
        total = sum(kinds.values())
        units = 0
        for kind, name in UNIT_KINDS.items():
            count = kinds.get(kind, 0)
            units += count
            yield Figure(
                'unit', name, quantity=Decimal(count),
                rate=share(count, total))
        yield Figure(
            'unit', UNITS, quantity=Decimal(units), rate=share(units, total))

    def _get_equity(self):
        equity = self.statements.equity
        for column, name in EQUITY_COLUMNS.items():
            yield Figure('equity', name, **{
                    key: equity[key][column] for key in [
                        'opening', 'increase', 'decrease', 'closing']})

    # 4: items of the statements

    def _get_dealings(self, *codes):
        """Return {(code, party): (opening, closing, [(date, debit)])} of the
        accounts, a member's dealings in one."""
        pool = Pool()
        accounts = [
            a for a, code in self.codes.items() if code.startswith(codes)]
        if not accounts:
            return {}
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        journal = pool.get('account.journal').__table__()
        opening = Case(
            (is_opening(move, journal, self.start), 1), else_=0
            ).as_('is_opening')
        cursor = Transaction().connection.cursor()
        cursor.execute(*line
            .join(move, condition=line.move == move.id)
            .join(journal, condition=move.journal == journal.id)
            .select(
                line.account, line.party, move.date, opening,
                Sum(to_cents(line.debit)), Sum(to_cents(line.credit)),
                where=(move.company == self.company.id)
                & (move.state == 'posted') & (move.date <= self.end)
                & fields.SQL_OPERATORS['in'](line.account, accounts),
                group_by=[line.account, line.party, move.date, opening]))
        dealings = defaultdict(lambda: [ZERO, ZERO, []])
        for account, party, date, before, debit, credit in cursor:
            debit, credit = to_amount(debit), to_amount(credit)
            found = dealings[self.codes[account][:3], party]
            if before:
                found[0] += debit - credit
            found[1] += debit - credit
            found[2].append((to_date(date), debit))
        return dealings

    def _get_named(self, dealings, sign):
        """Return [(code, name, opening, closing, debits)] of who owes (1) or
        is owed (-1) at the beginning or the end."""
        Party = Pool().get('party.party')
        names = {
            p.id: p.rec_name for p in Party.browse(
                sorted({party for _, party in dealings if party}))}
        named = []
        for (code, party), (opening, closing, debits) in dealings.items():
            if code == '114':
                # not set off against each other
                opening = max(sign * opening, ZERO)
                closing = max(sign * closing, ZERO)
            else:
                opening, closing = signed(opening, sign), signed(closing, sign)
            if opening or closing:
                named.append((
                        code, names.get(party, ''), party or 0, opening,
                        closing, debits))
        return sorted(named)

    def _get_receivable(self):
        for code, name, _, opening, closing, debits in self._get_named(
                self._get_dealings('113', '114'), 1):
            yield Figure(
                'receivable', name, code, opening=opening, closing=closing)
            for term, amount in age(closing, debits, self.end).items():
                if amount:
                    yield Figure('receivable', name, term, amount=amount)

    def _get_payable(self):
        for code, name, _, opening, closing, _ in self._get_named(
                self._get_dealings('211', '114'), -1):
            yield Figure(
                'payable', name, code, opening=opening, closing=closing)

    def _get_accounts(self, section):
        Account = Pool().get('account.account')
        trial = compute_trial(*Scope(
                self.company, self.fiscalyear, self.end))
        accounts = [
            a for a in Account.browse(list(trial))
            if self.codes.get(a.id, '')[:3] in ACCOUNTS[section]]
        for account in sorted(accounts, key=lambda a: (a.code or '', a.id)):
            opening, debit, credit, closing = trial[account.id]
            if not (opening or debit or credit):
                continue
            if self.codes[account.id][:3] in IN_CREDIT:
                opening, closing = signed(opening, -1), signed(closing, -1)
                debit, credit = credit, debit
            yield Figure(
                section, account.name, account.code, opening=opening,
                increase=debit, decrease=credit, closing=closing)

    def _get_result(self):
        Account = Pool().get('account.account')
        FiscalYear = Pool().get('account.fiscalyear')
        current = get_result(self.company, self.start, self.end)
        previous = {}
        for year in FiscalYear.search([
                    ('company', '=', self.company.id),
                    ('end_date', '<', self.start),
                    ], order=[('end_date', 'DESC')], limit=1):
            previous = get_result(
                self.company, year.start_date, year.end_date)
        names = {}
        for account in Account.browse(sorted(self.codes, reverse=True)):
            names[self.codes[account.id]] = account.name
        for code in ACCOUNTS['result']:
            sign = -1 if code in INCOME else 1
            opening = signed(previous.get(code, ZERO), sign)
            closing = signed(current.get(code, ZERO), sign)
            if opening or closing:
                yield Figure(
                    'result', names[code], code, opening=opening,
                    closing=closing)

    # 6 and 7: assets at nominal value, other matters

    def _get_nominal(self):
        Asset = Pool().get('fupin.project.asset')
        for asset in Asset.search([
                    ('company', '=', self.company.id),
                    ('nominal', '=', True),
                    ('from_date', '<=', self.end),
                    ['OR',
                        ('to_date', '=', None),
                        ('to_date', '>', self.end),
                        ],
                    ], order=[('from_date', 'ASC'), ('id', 'ASC')]):
            yield Figure(
                'nominal', asset.name, asset.quantity, asset.from_date,
                closing=asset.value, remark=asset.nominal_reason)

    def _get_donation(self):
        Fund = Pool().get('fupin.fund')
        for fund in Fund.search([
                    ('company', '=', self.company.id),
                    ('kind', 'in', FUND_KINDS['donation']),
                    ('date', '>=', self.start),
                    ('date', '<=', self.end),
                    ['OR',
                        ('state', '=', 'posted'),
                        [
                            ('state', '=', 'cancelled'),
                            ('cancel_date', '>', self.end),
                            ],
                        ],
                    ], order=[('date', 'ASC'), ('id', 'ASC')]):
            in_kind = fund.kind == 'asset_donation'
            yield Figure(
                'donation', fund.party.name if fund.party else '',
                fund.asset or (IN_KIND if in_kind else IN_MONEY), fund.date,
                closing=fund.amount, remark=fund.evidence)

    def _get_grant(self):
        pool = Pool()
        Fund = pool.get('fupin.fund')
        Project = pool.get('fupin.fund.project')
        table = Fund.__table__()
        giving = fields.SQL_OPERATORS['in'](table.kind, GIVING)
        cursor = Transaction().connection.cursor()
        # project: [opening, received, used]
        amounts = defaultdict(lambda: [ZERO, ZERO, ZERO])
        for when, sign in [(table.date, 1), (table.cancel_date, -1)]:
            before = Case((
                    (when < self.start) | (
                        (table.kind == 'opening_project')
                        & (when == self.start)), 1), else_=0
                ).as_('is_before')
            gives = Case((giving, 1), else_=0).as_('gives')
            cursor.execute(*table.select(
                    table.project, gives, before, Sum(to_cents(table.amount)),
                    where=(table.company == self.company.id)
                    & fields.SQL_OPERATORS['in'](table.kind, GIVING + USING)
                    & table.state.in_(['posted', 'cancelled'])
                    & (when != Null) & (when <= self.end),
                    group_by=[table.project, gives, before]))
            for project, is_giving, is_before, cents in cursor:
                amount = sign * to_amount(cents)
                found = amounts[project]
                if is_before:
                    found[0] += amount if is_giving else -amount
                else:
                    found[1 if is_giving else 2] += amount
        for project in Project.search(
                [('id', 'in', list(amounts))],
                order=[('name', 'ASC'), ('id', 'ASC')]):
            opening, received, used = amounts[project.id]
            if opening or received or used:
                yield Figure(
                    'grant', project.name, project.document, opening=opening,
                    increase=received, decrease=used,
                    closing=opening + received - used)

    def _get_trade(self):
        pool = Pool()
        Entry = pool.get('fupin.member.entry')
        Product = pool.get('product.product')
        traded = defaultdict(lambda: [Decimal(0), ZERO])
        for products in Entry.trade(
                self.company, self.start, self.end).values():
            for product, (quantity, amount) in products.items():
                found = traded[product, WITH_MEMBERS]
                found[0] += quantity
                found[1] += amount
        for product, quantity, amount in self._get_other_trade():
            found = traded[product, WITH_OTHERS]
            found[0] += quantity
            found[1] += amount
        products = {
            p.id: p for p in Product.browse(
                sorted({product for product, _ in traded if product}))}

        def order(key):
            product, party = key
            name = products[product].rec_name if product else ''
            return name, product or 0, party != WITH_MEMBERS

        for product, party in sorted(traded, key=order):
            quantity, amount = traded[product, party]
            if not (quantity or amount):
                continue
            record = products.get(product)
            yield Figure(
                'trade', record.rec_name if record else '', party,
                quantity=quantity if record else None,
                unit=record.default_uom.symbol if record else None,
                closing=amount)

    def _get_other_trade(self):
        """Return [(product, quantity in its default unit, yuan)] of what was
        traded with who is no member"""
        pool = Pool()
        Delivery = pool.get('fupin.delivery')
        Product = pool.get('product.product')
        Uom = pool.get('product.uom')
        table = Delivery.__table__()
        cursor = Transaction().connection.cursor()
        trade = []
        for when, sign in [(table.date, 1), (table.cancel_date, -1)]:
            cursor.execute(*table.select(
                    table.product, table.unit,
                    Sum(to_millionths(table.quantity)),
                    Sum(to_cents(table.amount)),
                    where=(table.company == self.company.id)
                    & (table.member == Null)
                    & table.state.in_(['posted', 'cancelled'])
                    & (when >= self.start) & (when <= self.end),
                    group_by=[table.product, table.unit]))
            for product, unit, millionths, cents in cursor.fetchall():
                quantity = convert_quantity(
                    to_quantity(millionths), Uom(unit),
                    Product(product).default_uom)
                trade.append(
                    (product, sign * quantity, sign * to_amount(cents)))
        return trade

    def _get_reserve(self):
        Charter = Pool().get('fupin.charter')
        try:
            charter = Charter.get(self.company, self.end)
        except CharterNotFoundError:
            charter = None
        if charter:
            yield Figure('reserve', CHARTER_RATE, rate=charter.reserve_rate)
        surplus = self.statements.surplus
        yield Figure(
            'reserve', RESERVE_RATE, closing=surplus[15][0],
            rate=share(surplus[15][0], max(surplus[12][0], ZERO)))

    def _get_distribution(self):
        Surplus = Pool().get('fupin.surplus')
        plans = Surplus.search([
                ('company', '=', self.company.id),
                ('fiscalyear', '=', self.fiscalyear.id),
                ('state', '=', 'posted'),
                ])
        rates, remark = {}, None
        for plan in plans:
            remark = plan.resolution.rec_name if plan.resolution else None
            rates = {
                17: share(plan.refund, plan.distributable),
                18: share(plan.remainder, plan.distributable)}
        for line in SURPLUS:
            if line.number >= 12:
                closing, opening = self.statements.surplus[line.number]
                yield Figure(
                    'distribution', line.name, opening=opening,
                    closing=closing, rate=rates.get(line.number),
                    remark=remark if line.number == 17 else None)
