# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What payees owe is set off when they are paid, the oldest supply first.

A line holds the open lines of the debts of its payee.  Approving the
settlement books the set-off (Dr 11402 / Cr 11401, of others Dr 211 / Cr 113)
and puts it among what the line pays, so that only the rest is paid.  A
set-off stands when the bank does not pay the rest; cancelling the settlement
takes it back."""
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.transaction import Transaction

from .debt import get_debt_accounts, get_open_lines, reconcile, split
from .document import DocumentMixin, open_journals
from .netting import ZERO, cover, net


class Settlement(metaclass=PoolMeta):
    __name__ = 'fupin.settlement'

    gross = fields.Function(Monetary(
            "Owed", currency='currency', digits='currency'), 'get_totals')
    netted = fields.Function(Monetary(
            "Set Off", currency='currency', digits='currency',
            help="What is set off against what the payees owe."),
        'get_totals')

    def collect_lines(self):
        lines = super().collect_lines()
        self.collect_nettings(lines)
        return lines

    def collect_nettings(self, lines):
        "Set off what the payees of the unsaved lines owe"
        pool = Pool()
        Item = pool.get('fupin.settlement.item')
        Limit = pool.get('fupin.supply.limit')
        accounts = self.get_netting_accounts()
        lines = [line for line in lines if line.account.id in accounts]
        debts = get_open_lines(
            self.company, {line.party.id for line in lines}, self.up_to)
        if not debts:
            return
        limits = Limit.find(self.company, self.up_to)
        for line in lines:
            open_lines = debts.get(
                (line.party.id, accounts[line.account.id]), [])
            limit = Limit.get(limits, line.member)
            owed, paid = split(open_lines)
            credit = sum((a for _, a in paid), ZERO)
            line.netted = net(
                line.amount, sum((a for _, a in owed), ZERO) - credit,
                limit.netting_rate if limit else Decimal(1))
            if not line.netted:
                continue
            line.amount -= line.netted
            parts, _ = cover([a for _, a in owed], line.netted, credit)
            parts = dict(zip([key for key, _ in owed], parts))
            line.nettings = [
                Item(
                    kind='netted', move_line=key, held_line=key,
                    amount=parts.get(key, ZERO))
                for key, _ in open_lines]

    def get_netting_accounts(self):
        "Return {account of what is owed to a payee: account of his debts}"
        Configuration = Pool().get('account.configuration')
        members, others = get_debt_accounts(self.company)
        return {
            Configuration.get_cooperative_account(name, self.company).id:
            debts.id
            for name, debts in [
                ('member_payable', members), ('payable', others)]}


class SettlementLine(metaclass=PoolMeta):
    __name__ = 'fupin.settlement.line'

    gross = fields.Function(Monetary(
            "Owed", currency='currency', digits='currency'), 'get_gross')
    netted = Monetary(
        "Set Off", currency='currency', digits='currency', required=True,
        readonly=True,
        help="What is set off against what the payee owes.")
    nettings = fields.One2Many(
        'fupin.settlement.item', 'line', "Set Off", readonly=True,
        filter=[
            ('kind', '=', 'netted'),
            ])
    netting_move = fields.Many2One(
        'account.move', "Set-off Move", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('netting_move'),
            })

    @classmethod
    def default_netted(cls):
        return ZERO

    def get_gross(self, name):
        return self.amount + self.netted

    @classmethod
    def find_changed(cls, settlement):
        changed = super().find_changed(settlement)
        return changed + [
            line for line in settlement.lines
            if line not in changed and (
                any(i.move_line.reconciliation for i in line.nettings)
                or line.netted != sum(
                    (i.amount for i in line.nettings), ZERO))]

    # Booking

    @classmethod
    def net(cls, lines):
        "Book what the lines set off"
        pool = Pool()
        Item = pool.get('fupin.settlement.item')
        Move = pool.get('account.move')
        lines = [line for line in lines if line.netted]
        if not lines:
            return
        for line in lines:
            line.netting_move = line.get_netting_move()
        moves = [line.netting_move for line in lines]
        open_journals(moves)
        Move.save(moves)
        cls.save(lines)
        DocumentMixin.post_moves(moves)
        Item.release([i for line in lines for i in line.nettings])
        items, paid = [], []
        for line in lines:
            booked, = [
                x for x in line.netting_move.lines
                if x.account == line.account]
            items.append(Item(
                    line=line, kind='owed', move_line=booked,
                    held_line=booked, amount=-line.netted))
            open_lines = [
                *(i.move_line for i in line.nettings),
                *sorted(
                    (x for x in line.netting_move.lines if x != booked),
                    key=lambda x: x.id)]
            paid.append([(x.id, x.debit - x.credit) for x in open_lines])
        Item.save(items)
        reconcile(*paid)

    def get_netting_move(self):
        "Return the unsaved move that sets off what the payee owes"
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Date = pool.get('ir.date')
        Line = pool.get('account.move.line')
        Move = pool.get('account.move')
        Period = pool.get('account.period')
        company = self.settlement.company
        with Transaction().set_context(company=company.id):
            date = min(self.settlement.date, Date.today())
        return Move(
            company=company,
            journal=Configuration.get_delivery_journal(company),
            period=Period.find(company, date=date),
            date=date,
            origin=self,
            description=gettext(
                'fupin_coop.msg_settlement_netting_move',
                settlement=self.settlement.rec_name,
                party=self.party.name),
            lines=[
                Line(account=self.account, party=self.party,
                    debit=self.netted, credit=ZERO, maturity_date=date),
                *(Line(account=i.move_line.account, party=self.party,
                        debit=ZERO, credit=i.amount, maturity_date=date)
                    for i in self.nettings if i.amount)])

    @classmethod
    def close_netted(cls, lines):
        "Take note that the lines pay nothing but what they set off"
        pool = Pool()
        IncomePayment = pool.get('fupin.income.payment')
        MoveLine = pool.get('account.move.line')
        if not lines:
            return
        for line in lines:
            line.state = 'succeeded'
            line.paid_date = line.netting_move.date
        cls.save(lines)
        lines = cls.browse(lines)
        MoveLine.reconcile(*(
                [i.move_line for i in line.items] for line in lines))
        IncomePayment.post(cls.get_income_payments(lines))

    @classmethod
    def take_back_nettings(cls, lines):
        "Take back what cancelled lines had set off"
        pool = Pool()
        IncomePayment = pool.get('fupin.income.payment')
        Move = pool.get('account.move')
        MoveLine = pool.get('account.move.line')
        Reconciliation = pool.get('account.move.reconciliation')
        lines = [line for line in lines if line.netting_move]
        if not lines:
            return
        dates = {line: line.get_take_back_date() for line in lines}
        for line in lines:
            IncomePayment.reverse([line], date=dates[line])
        Reconciliation.delete(list({
                    x.reconciliation for line in lines
                    for x in line.netting_move.lines if x.reconciliation}))
        moves = [line.get_take_back_move(dates[line]) for line in lines]
        open_journals(moves)
        Move.save(moves)
        DocumentMixin.post_moves(moves)
        MoveLine.reconcile(*(
                [x.origin, x] for move in moves for x in move.lines))

    def get_take_back_date(self):
        "Return the day of the set-off while its period is open, else today"
        Date = Pool().get('ir.date')
        if self.netting_move.period.state == 'open':
            return self.netting_move.date
        with Transaction().set_context(company=self.settlement.company.id):
            return Date.today()

    def get_take_back_move(self, date):
        Period = Pool().get('account.period')
        period = Period.find(self.settlement.company, date=date)
        with Transaction().set_context(_document_cancel=True):
            move = self.netting_move.cancel(default={
                    'date': date,
                    'period': period.id,
                    })
        move.origin = self
        return move


class AccountMove(metaclass=PoolMeta):
    __name__ = 'account.move'

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + ['fupin.settlement.line']

    @property
    def document(self):
        SettlementLine = Pool().get('fupin.settlement.line')
        if isinstance(self.origin, SettlementLine):
            return self.origin
        return super().document
