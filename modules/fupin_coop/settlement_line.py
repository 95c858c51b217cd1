# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from collections import defaultdict
from decimal import Decimal

from sql import Null
from sql.aggregate import Count, Sum
from sql.functions import Round

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.modules.fupin_household.privacy import (
    PrivateMixin, mask_bank_account)
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from .document import DocumentMixin, wait_for
from .exceptions import SettlementBankAccountError

CENT = Decimal('0.01')
# How many names a message shows
_NAMED = 10
_SLICE = 1000


def name_some(names):
    "Return the first of the names and how many more there are"
    names = list(names)
    text = '\n'.join(names[:_NAMED])
    if len(names) > _NAMED:
        text += '\n' + gettext(
            'fupin_coop.msg_settlement_more', count=len(names) - _NAMED)
    return text


class SettlementLine(PrivateMixin, ModelSQL, ModelView):
    __name__ = 'fupin.settlement.line'
    __string__ = "Settlement Line"

    settlement = fields.Many2One(
        'fupin.settlement', "Settlement", required=True, readonly=True,
        ondelete='CASCADE')
    sequence = fields.Integer("Sequence", readonly=True)
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    party = fields.Many2One(
        'party.party', "Party", required=True, readonly=True,
        ondelete='RESTRICT',
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    member = fields.Many2One(
        'fupin.member', "Member", readonly=True, ondelete='RESTRICT')
    person = fields.Many2One(
        'fupin.person', "Person", readonly=True, ondelete='RESTRICT')
    account = fields.Many2One(
        'account.account', "Account", required=True, readonly=True,
        ondelete='RESTRICT')
    items = fields.One2Many(
        'fupin.settlement.item', 'line', "Items", readonly=True,
        filter=[
            ('kind', '=', 'owed'),
            ])
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True,
        readonly=True)
    bank_account_name = fields.Char("Account Holder", readonly=True)
    bank_account = fields.Function(
        fields.Char("Bank Account", help="Shown masked."),
        'get_bank_account')
    bank_account_naked = fields.Char("Bank Account (real)", readonly=True)
    bank_name = fields.Char("Bank", readonly=True)
    payment = fields.Many2One(
        'account.payment', "Payment", readonly=True, ondelete='RESTRICT')
    paid_date = fields.Date(
        "Paid on", readonly=True,
        states={
            'invisible': ~Eval('paid_date'),
            })
    reason = fields.Char(
        "Reason", readonly=True,
        states={
            'invisible': Eval('state') != 'failed',
            },
        help="Why the payment failed.")
    state = fields.Selection([
            ('draft', "Draft"),
            ('approved', "Approved"),
            ('processing', "Processing"),
            ('succeeded', "Paid"),
            ('failed', "Failed"),
            ('cancelled', "Cancelled"),
            ], "State", required=True, readonly=True, sort=False)
    state_string = state.translated('state')

    _private = {
        'bank_account': mask_bank_account,
        }

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('settlement')
        cls._order = [
            ('settlement', 'DESC'), ('sequence', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('party_unique',
                Unique(t, t.settlement, t.party, t.account),
                'fupin_coop.msg_settlement_line_unique'),
            ('payment_unique', Unique(t, t.payment),
                'fupin_coop.msg_settlement_line_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.settlement, Index.Equality())),
                Index(t, (t.party, Index.Equality())),
                Index(t, (t.member, Index.Equality())),
                })

    @classmethod
    def default_state(cls):
        return 'draft'

    @fields.depends('settlement', '_parent_settlement.company')
    def on_change_with_company(self, name=None):
        return self.settlement.company if self.settlement else None

    @classmethod
    def search_company(cls, name, clause):
        return [('settlement.' + clause[0], *clause[1:])]

    @fields.depends('settlement', '_parent_settlement.company')
    def on_change_with_currency(self, name=None):
        if self.settlement and self.settlement.company:
            return self.settlement.company.currency

    def get_rec_name(self, name):
        return f'{self.settlement.rec_name} {self.party.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('settlement.number', *clause[1:]),
            ('party.rec_name', *clause[1:]),
            ]

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('state') == 'failed', 'danger',
                    If(Eval('state') == 'succeeded', 'success',
                        If(Eval('state') == 'cancelled', 'muted', '')))),
            ]

    @classmethod
    def get_bank_account(cls, lines, name):
        "The frozen account, before approval the account as it is now"
        masked = cls.get_masked(lines, [name])[name]
        Person = Pool().get('fupin.person')
        drafts = [
            line for line in lines if line.state == 'draft' and line.person]
        persons = Person.get_masked(
            list({line.person for line in drafts}), [name])[name]
        for line in drafts:
            masked[line.id] = persons[line.person.id]
        return masked

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        super().check_modification(
            mode, lines, values=values, external=external)
        if mode in {'create', 'write'} and external:
            raise AccessError(gettext('fupin_coop.msg_settlement_line_modify'))
        if mode == 'delete':
            for line in lines:
                if line.settlement.state != 'draft':
                    raise AccessError(gettext(
                            'fupin_coop.msg_settlement_modify',
                            settlement=line.settlement.rec_name,
                            state=line.settlement.state_string))

    @classmethod
    def copy(cls, lines, default=None):
        if lines:
            raise AccessError(
                gettext('fupin_coop.msg_settlement_line_modify'))
        return super().copy(lines, default=default)

    @classmethod
    def find_changed(cls, settlement):
        """Return the lines of the settlement that are no longer what is
        owed."""
        pool = Pool()
        Item = pool.get('fupin.settlement.item')
        Move = pool.get('account.move')
        MoveLine = pool.get('account.move.line')
        table = cls.__table__()
        item = Item.__table__()
        move = Move.__table__()
        move_line = MoveLine.__table__()
        cursor = Transaction().connection.cursor()
        wait_for([
                i.move_line for line in settlement.lines
                for i in [*line.items, *line.nettings]])

        good = (table
            .join(item, condition=item.line == table.id)
            .join(move_line, condition=item.held_line == move_line.id)
            .join(move, condition=move_line.move == move.id)
            .select(
                table.id,
                Round(Sum(move_line.credit - move_line.debit), 2),
                Count(item.id),
                where=(table.settlement == settlement.id)
                & (item.kind == 'owed')
                & (move.state == 'posted')
                & (move.company == settlement.company.id)
                & (move_line.reconciliation == Null)
                & (move_line.party == table.party)
                & (move_line.account == table.account),
                group_by=[table.id]))
        cursor.execute(*good)
        found = {
            id_: (Decimal(str(amount)).quantize(CENT), count)
            for id_, amount, count in cursor}
        return [
            line for line in settlement.lines
            if found.get(line.id) != (line.gross, len(line.items))]

    # Bank details

    @classmethod
    def freeze_bank_details(cls, lines):
        "Write into the lines where their money goes, or name who is missing"
        details = cls.get_bank_details(lines)
        missing = [line for line in lines if not details.get(line)]
        if missing:
            raise SettlementBankAccountError(gettext(
                    'fupin_coop.msg_settlement_bank_account_missing',
                    count=len(missing),
                    parties=name_some(
                        line.party.rec_name for line in missing)))
        for line in lines:
            (line.bank_account_naked, line.bank_account_name,
                line.bank_name) = details[line]
        cls.save(lines)

    @classmethod
    def get_bank_details(cls, lines):
        "Return {line: (account, holder, bank)} of who has an account"
        Person = Pool().get('fupin.person')
        details = {}
        accounts = Person._naked_values(
            {line.person.id for line in lines if line.person},
            ['bank_account'])
        for line in lines:
            if line.person:
                account = accounts[line.person.id]['bank_account']
                if account:
                    details[line] = (
                        account, line.person.name,
                        line.person.bank_name)
            else:
                for account in line.party.bank_accounts:
                    if account.numbers:
                        details[line] = (
                            ''.join(account.numbers[0].number.split()),
                            line.party.name,
                            account.bank.rec_name if account.bank else None)
                        break
        return details

    # Payments

    def get_payment(self):
        "Return the unsaved payment of the line"
        Payment = Pool().get('account.payment')
        return Payment(
            company=self.settlement.company,
            journal=self.settlement.journal,
            kind='payable',
            number='%s-%03d' % (self.settlement.number, self.sequence),
            reference=self.settlement.purpose,
            party=self.party,
            date=self.settlement.date,
            amount=self.amount,
            account=self.account,
            origin=self)

    @classmethod
    def succeed(cls, payments):
        """Take over the success of payments of lines.

        The clearing move is posted and reconciled with what it pays, and
        the households' income counts as paid."""
        pool = Pool()
        MoveLine = pool.get('account.move.line')
        IncomePayment = pool.get('fupin.income.payment')
        Settlement = pool.get('fupin.settlement')

        lines = []
        for payment in payments:
            line = payment.origin
            line.state = 'succeeded'
            line.paid_date = payment.clearing_move.date
            line.reason = None
            lines.append(line)
        cls.save(lines)
        DocumentMixin.post_moves([
                p.clearing_move for p in payments
                if p.clearing_move.state != 'posted'])
        to_reconcile = []
        for payment in payments:
            line = payment.origin
            cleared, = [
                c for c in payment.clearing_move.lines
                if c.account == line.account and c.party == line.party]
            to_reconcile.append(
                [i.move_line for i in line.items] + [cleared])
        MoveLine.reconcile(*to_reconcile)
        IncomePayment.post(cls.get_income_payments(lines))
        Settlement.check_done({line.settlement for line in lines})

    @classmethod
    def fail(cls, payments, clearing_moves):
        """Take over the failure of payments of lines.

        What they should have paid is owed again; clearing_moves are the
        moves of payments that had succeeded before."""
        pool = Pool()
        Date = pool.get('ir.date')
        IncomePayment = pool.get('fupin.income.payment')
        Move = pool.get('account.move')
        Period = pool.get('account.period')
        Settlement = pool.get('fupin.settlement')

        lines = [p.origin for p in payments]
        date = Transaction().context.get('clearing_date') or Date.today()
        cancel_moves = Move.search([
                ('origin', 'in', [str(m) for m in clearing_moves]),
                ('state', '=', 'draft'),
                ])
        for move in cancel_moves:
            move.date = date
            move.period = Period.find(move.company, date=date)
        Move.save(cancel_moves)
        DocumentMixin.post_moves(cancel_moves)
        IncomePayment.reverse(lines, date=date)
        cls.write(lines, {'state': 'failed', 'paid_date': None})
        cls.release(lines)
        Settlement.check_done({line.settlement for line in lines})

    @classmethod
    def release(cls, lines):
        "Let other settlements pay what the lines held"
        Item = Pool().get('fupin.settlement.item')
        Item.release([
                i for line in lines for i in [*line.items, *line.nettings]])

    @classmethod
    def get_income_payments(cls, lines):
        """Return the unsaved payments of the income that the lines pay: of
        each line of income that names the document of a move line."""
        pool = Pool()
        Income = pool.get('fupin.income')
        IncomePayment = pool.get('fupin.income.payment')

        def origins(move_line):
            return filter(None, [
                    str(o) if o else None
                    for o in [move_line.origin, move_line.move.origin]])

        names = {
            o for line in lines for i in line.items
            for o in origins(i.move_line)}
        incomes = defaultdict(list)
        for sub_names in grouped_slice(names, _SLICE):
            for income in Income.search([
                        ('origin', 'in', list(sub_names)),
                        ('entry', '=', 'posting'),
                        ('reversals', '=', None),
                        ], order=[('id', 'ASC')]):
                incomes[str(income.origin)].append(income)

        payments = {}
        unpaid = {}
        for line in lines:
            for item in line.items:
                amount = item.amount
                category = item.move_line.income_category
                for origin in origins(item.move_line):
                    for income in incomes[origin]:
                        if category and income.category != category:
                            continue
                        if (income.person and income.person.party
                                and income.person.party != line.party):
                            continue
                        left = unpaid.setdefault(
                            income, income.amount - income.paid)
                        paid = min(amount, left)
                        if paid <= 0:
                            continue
                        amount -= paid
                        unpaid[income] -= paid
                        key = (line, income)
                        if key not in payments:
                            payments[key] = IncomePayment(
                                income=income, date=line.paid_date,
                                amount=Decimal(0), origin=line)
                        payments[key].amount += paid
        return list(payments.values())


class SettlementItem(ModelSQL, ModelView):
    "What of the accounts a settlement line pays"
    __name__ = 'fupin.settlement.item'
    __string__ = "Settlement Item"

    line = fields.Many2One(
        'fupin.settlement.line', "Settlement Line", required=True,
        readonly=True, ondelete='CASCADE')
    kind = fields.Selection([
            ('owed', "Owed"),
            ('netted', "Set Off"),
            ], "Kind", required=True, readonly=True, sort=False)
    move_line = fields.Many2One(
        'account.move.line', "Account Move Line", required=True,
        readonly=True, ondelete='RESTRICT')
    held_line = fields.Many2One(
        'account.move.line', "Held Move Line", readonly=True,
        ondelete='RESTRICT',
        help="The move line as long as no other settlement may pay it.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True,
        readonly=True)
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    date = fields.Function(fields.Date("Date"), 'get_date')
    document = fields.Function(
        fields.Char("Document"), 'get_document')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('line')
        t = cls.__table__()
        cls._sql_constraints += [
            # Two sessions that settle at once can not hold the same line
            ('held_line_unique', Unique(t, t.held_line),
                'fupin_coop.msg_settlement_item_held'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.line, Index.Equality())),
                Index(t, (t.move_line, Index.Equality())),
                })

    @classmethod
    def default_kind(cls):
        return 'owed'

    @fields.depends('line', '_parent_line.company')
    def on_change_with_company(self, name=None):
        return self.line.company if self.line else None

    @classmethod
    def search_company(cls, name, clause):
        return [('line.settlement.' + clause[0], *clause[1:])]

    @fields.depends('line', '_parent_line.settlement')
    def on_change_with_currency(self, name=None):
        if self.line and self.line.settlement:
            return self.line.settlement.company.currency

    def get_date(self, name):
        return self.move_line.date

    def get_document(self, name):
        origin = self.move_line.move.origin
        return (origin or self.move_line.move).rec_name

    def get_rec_name(self, name):
        return f'{self.line.rec_name} {self.document}'

    @classmethod
    def check_modification(cls, mode, items, values=None, external=False):
        super().check_modification(
            mode, items, values=values, external=external)
        if external:
            raise AccessError(gettext('fupin_coop.msg_settlement_line_modify'))
        if mode == 'delete':
            for item in items:
                if item.line.settlement.state != 'draft':
                    raise AccessError(gettext(
                            'fupin_coop.msg_settlement_modify',
                            settlement=item.line.settlement.rec_name,
                            state=item.line.settlement.state_string))

    @classmethod
    def copy(cls, items, default=None):
        if items:
            raise AccessError(
                gettext('fupin_coop.msg_settlement_line_modify'))
        return super().copy(items, default=default)

    @classmethod
    def on_modification(cls, mode, items, field_names=None):
        super().on_modification(mode, items, field_names=field_names)
        if mode == 'create':
            cls.block([i for i in items if i.held_line], True)

    @classmethod
    def on_delete(cls, items):
        callback = super().on_delete(items)
        cls.block([i for i in items if i.held_line], False)
        return callback

    @classmethod
    def block(cls, items, blocked):
        """Block the move lines for other payments, or unblock them.

        Writing to the line makes also a session that takes back its document
        at the same moment see the settlement."""
        MoveLine = Pool().get('account.move.line')
        MoveLine.write(
            [i.move_line for i in items], {'payment_blocked': blocked})

    @classmethod
    def release(cls, items):
        items = [i for i in items if i.held_line]
        cls.block(items, False)
        cls.write(items, {'held_line': None})


class IncomePayment(metaclass=PoolMeta):
    __name__ = 'fupin.income.payment'

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + ['fupin.settlement.line']
