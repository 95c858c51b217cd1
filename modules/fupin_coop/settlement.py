# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt
import hashlib
from collections import defaultdict
from decimal import Decimal

from sql import Literal, Null
from sql.aggregate import Count, Sum
from sql.functions import Round
from sql.operators import Exists

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import bank_file
from .configuration import default_sequence
from .document import get_effect_models, wait_for
from .exceptions import (
    BankFileRefusedError, SettlementDateError, SettlementEmptyError,
    SettlementJournalError, SettlementLineError, SettlementStateError)
from .settlement_line import name_some

CENT = Decimal('0.01')
_ENCODINGS = {
    'csv-utf-8': 'utf-8-sig',
    'csv-gb18030': 'gb18030',
    'xlsx': 'utf-8-sig',
    }
_SLICE = 1000


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    settlement_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Settlement Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_settlement')),
                ],
            help="Used to generate the number of a settlement; "
            "it leaves no gaps."))

    default_settlement_sequence = default_sequence('sequence_settlement')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'settlement_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['settlement_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    settlement_sequence = fields.Many2One(
        'ir.sequence.strict', "Settlement Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=',
                Id('fupin_coop', 'sequence_type_settlement')),
            ])

    default_settlement_sequence = default_sequence('sequence_settlement')


_STATES = {
    'readonly': Eval('state') != 'draft',
    }


class Settlement(ModelSQL, ModelView):
    """The payment of what a cooperative owes its members up to a date.

    compute collects the open payable lines into one line per party, approve
    freezes amounts and bank details and makes one payment per line; from
    then on nothing of it can be edited.  The bank's results succeed or fail
    the payments; what failed is owed again."""
    __name__ = 'fupin.settlement'
    __string__ = "Settlement"
    _rec_name = 'number'

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': (Eval('state') != 'draft') | Eval('lines', [0]),
            })
    number = fields.Char("Number", readonly=True)
    date = fields.Date(
        "Date", required=True, states=_STATES,
        help="The day of the payments.")
    up_to = fields.Date(
        "Owed up to", required=True,
        states={
            'readonly': (Eval('state') != 'draft') | Eval('lines', [0]),
            },
        help="What was booked until this day is paid.")
    journal = fields.Many2One(
        'account.payment.journal', "Payment Journal", required=True,
        ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('process_method', 'in', ['bank_file', 'cash']),
            ],
        states=_STATES)
    process_method = fields.Function(
        fields.Selection('get_process_methods', "Process Method"),
        'on_change_with_process_method')
    purpose = fields.Char(
        "Purpose", states=_STATES,
        help="What the members read on their bank statement.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    lines = fields.One2Many(
        'fupin.settlement.line', 'settlement', "Lines",
        states={
            'readonly': Eval('state') != 'draft',
            })
    files = fields.One2Many(
        'fupin.settlement.file', 'settlement', "Files", readonly=True)
    amount = fields.Function(Monetary(
            "Amount", currency='currency', digits='currency'), 'get_totals')
    amount_paid = fields.Function(Monetary(
            "Paid", currency='currency', digits='currency'), 'get_totals')
    amount_failed = fields.Function(Monetary(
            "Failed", currency='currency', digits='currency'), 'get_totals')
    count = fields.Function(fields.Integer("Payees"), 'get_totals')
    group = fields.Many2One(
        'account.payment.group', "Payment Group", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('group'),
            })
    approved_by = fields.Many2One(
        'res.user', "Approved by", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('approved_by'),
            })
    approved_at = fields.Timestamp(
        "Approved at", readonly=True,
        states={
            'invisible': ~Eval('approved_at'),
            })
    state = fields.Selection([
            ('draft', "Draft"),
            ('approved', "Approved"),
            ('processing', "Processing"),
            ('done', "Done"),
            ('cancelled', "Cancelled"),
            ], "State", required=True, readonly=True, sort=False)
    state_string = state.translated('state')

    # What the buttons write, and nobody else
    _button_fields = {
        'number', 'group', 'approved_by', 'approved_at', 'state', 'files'}

    @classmethod
    def __setup__(cls):
        cls.number.search_unaccented = False
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.company, t.number),
                'fupin_coop.msg_settlement_number_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.company, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t,
                    (t.state, Index.Equality(cardinality='low')),
                    where=t.state.in_(['draft', 'approved', 'processing'])),
                Index(t, (t.number, Index.Similarity())),
                })
        cls._buttons.update({
                'compute': {
                    'invisible': Eval('state') != 'draft',
                    'icon': 'tryton-refresh',
                    'depends': ['state'],
                    },
                'approve': {
                    'invisible': Eval('state') != 'draft',
                    'readonly': ~Eval('lines', []),
                    'icon': 'tryton-ok',
                    'depends': ['state', 'lines'],
                    },
                'export_wizard': {
                    'invisible': (
                        ~Eval('state').in_(['approved', 'processing'])
                        | (Eval('process_method') == 'cash')),
                    'icon': 'tryton-export',
                    'depends': ['state', 'process_method'],
                    },
                'import_wizard': {
                    'invisible': (
                        (Eval('state') != 'processing')
                        | (Eval('process_method') == 'cash')),
                    'icon': 'tryton-import',
                    'depends': ['state', 'process_method'],
                    },
                'pay_wizard': {
                    'invisible': (
                        ~Eval('state').in_(['approved', 'processing'])
                        | (Eval('process_method') != 'cash')),
                    'icon': 'tryton-ok',
                    'depends': ['state', 'process_method'],
                    },
                'fail_wizard': {
                    'invisible': ~Eval('state').in_(['processing', 'done']),
                    'icon': 'tryton-cancel',
                    'depends': ['state'],
                    },
                'cancel': {
                    'invisible': (
                        ~Eval('state').in_(['draft', 'approved'])
                        & ~((Eval('state') == 'done')
                            & ~Eval('amount', 0))),
                    'icon': 'tryton-cancel',
                    'depends': ['state', 'amount'],
                    },
                })

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def default_up_to(cls):
        return cls.default_date()

    @classmethod
    def default_journal(cls):
        Journal = Pool().get('account.payment.journal')
        journals = Journal.search([
                ('company', '=', cls.default_company()),
                ('process_method', '=', 'bank_file'),
                ], limit=2)
        if len(journals) == 1:
            return journals[0].id

    @classmethod
    def default_purpose(cls):
        return gettext('fupin_coop.msg_settlement_purpose')

    @classmethod
    def default_state(cls):
        return 'draft'

    @classmethod
    def get_process_methods(cls):
        Journal = Pool().get('account.payment.journal')
        name = 'process_method'
        return Journal.fields_get([name])[name]['selection'] + [(None, '')]

    @fields.depends('journal')
    def on_change_with_process_method(self, name=None):
        return self.journal.process_method if self.journal else None

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @classmethod
    def get_totals(cls, settlements, names):
        Line = Pool().get('fupin.settlement.line')
        line = Line.__table__()
        cursor = Transaction().connection.cursor()
        ids = [s.id for s in settlements]
        totals = {
            n: dict.fromkeys(ids, 0 if n == 'count' else Decimal('0.00'))
            for n in [
                'amount', 'amount_paid', 'amount_failed', 'gross', 'netted',
                'count']}
        states = {'succeeded': 'amount_paid', 'failed': 'amount_failed'}
        cursor.execute(*line.select(
                line.settlement, line.state, Count(line.id),
                Round(Sum(line.amount), 2), Round(Sum(line.netted), 2),
                where=fields.SQL_OPERATORS['in'](line.settlement, ids),
                group_by=[line.settlement, line.state]))
        for id_, state, count, amount, netted in cursor:
            amount = Decimal(str(amount)).quantize(CENT)
            netted = Decimal(str(netted)).quantize(CENT)
            totals['count'][id_] += count
            totals['amount'][id_] += amount
            totals['netted'][id_] += netted
            totals['gross'][id_] += amount + netted
            if state in states:
                totals[states[state]][id_] += amount
        return {n: totals[n] for n in names}

    def get_rec_name(self, name):
        return self.number or f'({self.id})'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('number', *clause[1:])]

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('state') == 'cancelled', 'muted', '')),
            ('/tree/field[@name="amount_failed"]', 'visual',
                If(Eval('amount_failed', 0) > 0, 'danger', '')),
            ]

    # What is approved stays

    @classmethod
    def check_modification(
            cls, mode, settlements, values=None, external=False):
        super().check_modification(
            mode, settlements, values=values, external=external)
        if mode == 'create':
            for settlement in settlements:
                if settlement.state != 'draft' or settlement.number:
                    raise AccessError(gettext(
                            'fupin_coop.msg_settlement_create_draft'))
        elif mode == 'write':
            if external and values.keys() & cls._button_fields:
                raise AccessError(gettext(
                        'fupin_coop.msg_settlement_write_state',
                        settlement=settlements[0].rec_name))
            if values.keys() - cls._button_fields:
                for settlement in settlements:
                    if settlement.state != 'draft':
                        raise AccessError(gettext(
                                'fupin_coop.msg_settlement_modify',
                                settlement=settlement.rec_name,
                                state=settlement.state_string))
        elif mode == 'delete':
            for settlement in settlements:
                if settlement.state != 'draft' or settlement.number:
                    raise AccessError(gettext(
                            'fupin_coop.msg_settlement_delete',
                            settlement=settlement.rec_name,
                            state=settlement.state_string))

    @classmethod
    def copy(cls, settlements, default=None):
        default = default.copy() if default is not None else {}
        for name in cls._button_fields - {'state'} | {'lines'}:
            default.setdefault(name)
        default.setdefault('state', 'draft')
        return super().copy(settlements, default=default)

    @classmethod
    def claim(cls, settlements, *states):
        """Keep other sessions off the settlements.

        SettlementStateError if one is not in one of the states."""
        wait_for(settlements)
        for settlement in settlements:
            if settlement.state not in states:
                raise SettlementStateError(gettext(
                        'fupin_coop.msg_settlement_state',
                        settlement=settlement.rec_name,
                        state=settlement.state_string))

    # Collecting

    @classmethod
    @ModelView.button
    def compute(cls, settlements):
        "Collect what is owed up to the date, one line per payee"
        pool = Pool()
        Line = pool.get('fupin.settlement.line')
        cls.claim(settlements, 'draft')
        Line.delete([line for s in settlements for line in s.lines])
        for settlement in settlements:
            lines = settlement.collect_lines()
            if not lines:
                raise SettlementEmptyError(gettext(
                        'fupin_coop.msg_settlement_nothing_owed',
                        company=settlement.company.rec_name,
                        date=settlement.up_to))
            Line.save(lines)

    @classmethod
    def get_accounts(cls, company):
        """Return the accounts that hold what is owed: those of members, for
        their dealings, refunds and remainders, those of wages, and the
        account of those who deliver without being members."""
        Configuration = Pool().get('account.configuration')
        members = [
            Configuration.get_cooperative_account('member_payable', company)]
        for code in ['221', '222', '212', '213']:
            if account := Configuration._find_chart_account(code, company):
                members.append(account)
        return members, Configuration.get_cooperative_account(
            'payable', company)

    def get_open_lines_query(self):
        """Return the query of the open payable lines: id, party, account,
        debit and credit.

        On the account of non-members only what documents of ours booked is
        paid, not the invoices of suppliers."""
        pool = Pool()
        Item = pool.get('fupin.settlement.item')
        Move = pool.get('account.move')
        MoveLine = pool.get('account.move.line')
        Payment = pool.get('account.payment')
        item = Item.__table__()
        move = Move.__table__()
        line = MoveLine.__table__()
        payment = Payment.__table__()

        members, others = self.get_accounts(self.company)
        by_document = Literal(False)
        for model in self.get_payable_models():
            by_document |= move.origin.like(f'{model},%')
        return line.join(move, condition=line.move == move.id).select(
            line.id, line.party, line.account, line.debit, line.credit,
            where=(move.company == self.company.id)
            & (move.state == 'posted')
            & (move.date <= self.up_to)
            & (line.account.in_([a.id for a in members])
                | ((line.account == others.id) & by_document))
            & (line.party != Null)
            & (line.reconciliation == Null)
            & ((line.payment_blocked == Null)
                | (line.payment_blocked == Literal(False)))
            & ~Exists(item.select(
                    item.id, where=item.held_line == line.id))
            & ~Exists(payment.select(
                    payment.id,
                    where=(payment.line == line.id)
                    & (payment.state != 'failed'))),
            order_by=[line.id])

    @classmethod
    def get_payable_models(cls):
        """Return the names of the models that book what the cooperative owes
        to who is no member; suppliers are paid by their invoices."""
        suppliers = {
            'fupin.supply', 'fupin.supply.purchase',
            'fupin.own_production.input'}
        return [
            n for n in get_effect_models() if n not in suppliers
            ] + ['fupin.settlement.line']

    def collect_lines(self):
        "Return unsaved settlement lines of all that is owed"
        pool = Pool()
        Item = pool.get('fupin.settlement.item')
        Line = pool.get('fupin.settlement.line')
        Member = pool.get('fupin.member')
        Party = pool.get('party.party')
        Person = pool.get('fupin.person')
        cursor = Transaction().connection.cursor()

        owed = defaultdict(list)
        cursor.execute(*self.get_open_lines_query())
        for id_, party, account, debit, credit in cursor:
            amount = (
                Decimal(str(credit)) - Decimal(str(debit))).quantize(CENT)
            if amount:
                owed[party, account].append((id_, amount))

        parties = {p for p, _ in owed}
        members, persons = {}, {}
        for sub_parties in grouped_slice(parties, _SLICE):
            sub_parties = list(sub_parties)
            for member in Member.search([
                        ('company', '=', self.company.id),
                        ('party', 'in', sub_parties),
                        ], order=[('from_date', 'ASC')]):
                members[member.party.id] = member
            for person in Person.search([
                        ('party', 'in', sub_parties),
                        ], order=[('id', 'DESC')]):
                persons[person.party.id] = person

        lines = []
        for (party, account), items in owed.items():
            amount = sum(a for _, a in items)
            # Who owes more than is owed gets nothing
            if amount <= 0:
                continue
            member = members.get(party)
            lines.append(Line(
                    settlement=self,
                    party=Party(party),
                    member=member,
                    person=(member.person if member and member.person
                        else persons.get(party)),
                    account=account,
                    amount=amount,
                    state='draft',
                    items=[
                        Item(move_line=line, held_line=line, amount=a)
                        for line, a in items]))
        lines.sort(key=lambda line: (
                not line.member, line.member.number if line.member else '',
                line.party.id, line.account))
        for i, line in enumerate(lines, 1):
            line.sequence = i
        return lines

    # Approving

    @classmethod
    @ModelView.button
    def approve(cls, settlements):
        "Freeze amounts and bank details and make the payments"
        pool = Pool()
        Line = pool.get('fupin.settlement.line')
        Payment = pool.get('account.payment')
        cls.claim(settlements, 'draft')
        for settlement in settlements:
            settlement.check_approve()
        cls.set_number(settlements)
        lines = [line for s in settlements for line in s.lines]
        Line.net(lines)
        to_pay = [line for line in lines if line.amount]
        for settlement in settlements:
            if settlement.process_method != 'cash':
                Line.freeze_bank_details([
                        line for line in to_pay
                        if line.settlement == settlement])
        payments = [line.get_payment() for line in to_pay]
        Payment.save(payments)
        Payment.submit(payments)
        Payment.approve(payments)
        for line, payment in zip(to_pay, payments):
            line.payment = payment
            line.state = 'approved'
        Line.save(to_pay)
        Line.close_netted([line for line in lines if not line.amount])
        unpaid = {line.settlement for line in to_pay}
        for settlement in settlements:
            cls.write([settlement], {
                    'state': 'approved' if settlement in unpaid else 'done',
                    'approved_by': Transaction().user or None,
                    'approved_at': dt.datetime.now(),
                    })
        cls.log(settlements, 'transition', 'state:approved')

    def check_approve(self):
        "Raise a UserError if the settlement can not be approved"
        Line = Pool().get('fupin.settlement.line')
        if not self.lines:
            raise SettlementEmptyError(gettext(
                    'fupin_coop.msg_settlement_empty',
                    settlement=self.rec_name))
        if (not self.journal.clearing_account
                or not self.journal.clearing_journal):
            raise SettlementJournalError(gettext(
                    'fupin_coop.msg_settlement_journal_clearing',
                    journal=self.journal.rec_name))
        changed = Line.find_changed(self)
        if changed:
            raise SettlementLineError(gettext(
                    'fupin_coop.msg_settlement_line_changed',
                    settlement=self.rec_name,
                    parties=name_some(
                        line.party.rec_name for line in changed)))

    @classmethod
    def set_number(cls, settlements):
        Configuration = Pool().get('fupin.coop.configuration')
        configuration = Configuration(1)
        for settlement in settlements:
            if not settlement.number:
                sequence = configuration.get_multivalue(
                    'settlement_sequence', company=settlement.company.id)
                wait_for([sequence])
                with Transaction().set_context(date=settlement.date):
                    settlement.number = sequence.get()
        cls.save(settlements)

    @classmethod
    @ModelView.button
    def cancel(cls, settlements):
        """Give up settlements that were not sent to the bank, or that set
        off everything"""
        pool = Pool()
        Line = pool.get('fupin.settlement.line')
        Payment = pool.get('account.payment')
        cls.claim(settlements, 'draft', 'approved', 'done')
        lines = [line for s in settlements for line in s.lines]
        cls.claim(
            {line.settlement for line in lines if line.payment},
            'draft', 'approved')
        payments = [line.payment for line in lines if line.payment]
        Line.write(lines, {'state': 'cancelled', 'payment': None})
        Payment.draft(payments)
        Payment.delete(payments)
        Line.release(lines)
        Line.take_back_nettings(lines)
        cls.write(settlements, {'state': 'cancelled'})
        cls.log(settlements, 'transition', 'state:cancelled')

    # Paying

    def process(self):
        "Put the approved payments into one group on their way"
        pool = Pool()
        Group = pool.get('account.payment.group')
        Line = pool.get('fupin.settlement.line')
        Payment = pool.get('account.payment')

        def new_group():
            group = Group(
                company=self.company, journal=self.journal, kind='payable')
            group.save()
            return group

        lines = [line for line in self.lines if line.payment]
        self.group = Payment.process(
            [line.payment for line in lines], new_group)
        Line.write(lines, {'state': 'processing'})
        self.state = 'processing'
        self.save()

    @classmethod
    def check_done(cls, settlements):
        "Close the settlements of which each payment has its result"
        done = [
            s for s in cls.browse(settlements)
            if s.state == 'processing'
            and all(line.state != 'processing' for line in s.lines)]
        if done:
            cls.write(done, {'state': 'done'})

    def check_result_date(self, date):
        Date = Pool().get('ir.date')
        with Transaction().set_context(company=self.company.id):
            today = Date.today()
        if not (self.date <= date <= today):
            raise SettlementDateError(gettext(
                    'fupin_coop.msg_settlement_result_date',
                    settlement=self.rec_name, date=date,
                    from_date=self.date, to_date=today))

    def get_bank_payments(self):
        "Return the payments as the bank's file has them"
        Line = Pool().get('fupin.settlement.line')
        accounts = Line._naked_values(
            [line.id for line in self.lines], ['bank_account'])
        return [
            bank_file.Payment(
                number=line.payment.number,
                account=accounts[line.id]['bank_account'],
                name=line.bank_account_name,
                bank=line.bank_name or '',
                amount=line.amount,
                purpose=self.purpose or '')
            for line in self.lines if line.payment]

    def export(self, format_):
        """Return the saved file that asks the bank for the payments.

        The real account numbers go into it, which is logged."""
        pool = Pool()
        File = pool.get('fupin.settlement.file')
        Person = pool.get('fupin.person')
        self.claim([self], 'approved', 'processing')
        if self.process_method == 'cash':
            raise SettlementJournalError(gettext(
                    'fupin_coop.msg_settlement_journal_cash',
                    settlement=self.rec_name, journal=self.journal.rec_name))
        if self.state == 'approved':
            self.process()
        format_, _, encoding = format_.partition('-')
        name = '%s.%s' % (self.number, format_)
        payments = self.get_bank_payments()
        content = bank_file.write_payments(
            payments, format_,
            _ENCODINGS['-'.join(filter(None, [format_, encoding]))])
        Person.reveal(
            [line.person for line in self.lines if line.person],
            ['bank_account'],
            gettext('fupin_coop.msg_settlement_export_reason',
                settlement=self.number, file=name))
        file = File(
            settlement=self, kind='export', name=name, content=content,
            count=len(payments), amount=sum(p.amount for p in payments))
        file.save()
        return file

    def import_results(self, content, name, date):
        """Succeed and fail the payments as the bank's result file says.

        BankFileRefusedError, and nothing is written, if the file is not the
        whole answer to this settlement."""
        pool = Pool()
        File = pool.get('fupin.settlement.file')
        Payment = pool.get('account.payment')
        content = bytes(content or b'')
        digest = hashlib.sha256(content).hexdigest()
        wait_for([self])
        File.check_twice(self.company, digest)
        self.claim([self], 'processing')
        self.check_result_date(date)
        lines = {
            line.payment.number: line for line in self.lines if line.payment}
        try:
            results = bank_file.read_results(content)
            results = bank_file.match(results, self.get_bank_payments())
        except bank_file.BankFileError as error:
            raise self._refuse(error) from error
        settled = [
            (n, line) for n, line in lines.items()
            if line.state != 'processing']
        if settled:
            number, line = settled[0]
            raise BankFileRefusedError(gettext(
                    'fupin_coop.msg_bank_file_settled',
                    row=results[number].row, number=number,
                    state=line.state_string))
        succeeded, failed = [], []
        for number, result in results.items():
            line = lines[number]
            if result.succeeded:
                succeeded.append(line.payment)
            else:
                line.reason = result.reason or gettext(
                    'fupin_coop.msg_settlement_no_reason')
                line.save()
                failed.append(line.payment)
        file = File(
            settlement=self, kind='result', name=name, content=content,
            digest=digest, count=len(results),
            amount=sum(r.amount for r in results.values()))
        file.save()
        with Transaction().set_context(clearing_date=date):
            Payment.succeed(succeeded)
            Payment.fail(failed)
        return file

    def _refuse(self, error):
        "Return the message of an error of the bank's file"
        Line = Pool().get('fupin.settlement.line')
        values = dict(error.values)
        if error.problem == 'rows_missing':
            values['numbers'] = name_some(values['numbers'])
        elif error.problem == 'number_unknown':
            others = Line.search([
                    ('settlement.company', '=', self.company.id),
                    ('payment.number', '=', values['number']),
                    ], limit=1)
            if others:
                return BankFileRefusedError(gettext(
                        'fupin_coop.msg_bank_file_number_other',
                        row=error.row, number=values['number'],
                        settlement=others[0].settlement.rec_name))
        values['settlement'] = self.rec_name
        return BankFileRefusedError(gettext(
                f'fupin_coop.msg_bank_file_{error.problem}',
                row=error.row, **values))

    def pay(self, lines, date):
        "Pay the lines in cash"
        Payment = Pool().get('account.payment')
        self.claim([self], 'approved', 'processing')
        if self.process_method != 'cash':
            raise SettlementJournalError(gettext(
                    'fupin_coop.msg_settlement_journal_not_cash',
                    settlement=self.rec_name, journal=self.journal.rec_name))
        self.check_result_date(date)
        if self.state == 'approved':
            self.process()
        self._check_lines(lines, 'processing')
        with Transaction().set_context(clearing_date=date):
            Payment.succeed([line.payment for line in lines])

    def fail(self, lines, reason, date):
        """Take note that the bank did not pay the lines, or that money it
        had paid came back."""
        pool = Pool()
        Line = pool.get('fupin.settlement.line')
        Payment = pool.get('account.payment')
        self.claim([self], 'processing', 'done')
        self.check_result_date(date)
        self._check_lines(lines, 'processing', 'succeeded')
        Line.write(list(lines), {'reason': reason})
        with Transaction().set_context(clearing_date=date):
            Payment.fail([line.payment for line in lines])

    def _check_lines(self, lines, *states):
        if not lines:
            raise SettlementEmptyError(gettext(
                    'fupin_coop.msg_settlement_no_line',
                    settlement=self.rec_name))
        for line in lines:
            if line.settlement != self or line.state not in states:
                raise SettlementLineError(gettext(
                        'fupin_coop.msg_settlement_line_state',
                        line=line.rec_name, state=line.state_string))

    @classmethod
    @ModelView.button_action('fupin_coop.wizard_settlement_export')
    def export_wizard(cls, settlements):
        pass

    @classmethod
    @ModelView.button_action('fupin_coop.wizard_settlement_import')
    def import_wizard(cls, settlements):
        pass

    @classmethod
    @ModelView.button_action('fupin_coop.wizard_settlement_pay')
    def pay_wizard(cls, settlements):
        pass

    @classmethod
    @ModelView.button_action('fupin_coop.wizard_settlement_fail')
    def fail_wizard(cls, settlements):
        pass


class PayStart(ModelView):
    __name__ = 'fupin.settlement.pay.start'
    __string__ = "Pay in Cash"

    settlement = fields.Many2One('fupin.settlement', "Settlement")
    date = fields.Date("Date", required=True)
    lines = fields.Many2Many(
        'fupin.settlement.line', None, None, "Lines", required=True,
        domain=[
            ('settlement', '=', Eval('settlement', -1)),
            ('state', 'in', ['approved', 'processing']),
            ],
        help="Who was paid in cash.")


class Pay(Wizard):
    __name__ = 'fupin.settlement.pay'

    start = StateView(
        'fupin.settlement.pay.start',
        'fupin_coop.settlement_pay_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Pay", 'pay', 'tryton-ok', default=True),
            ])
    pay = StateTransition()

    def default_start(self, fields):
        Date = Pool().get('ir.date')
        return {
            'settlement': self.record.id,
            'date': Date.today(),
            'lines': [
                line.id for line in self.record.lines
                if line.state in {'approved', 'processing'}],
            }

    def transition_pay(self):
        self.record.pay(list(self.start.lines), self.start.date)
        return 'end'

    def end(self):
        return 'reload'


class FailStart(ModelView):
    __name__ = 'fupin.settlement.fail.start'
    __string__ = "Mark as Failed"

    settlement = fields.Many2One('fupin.settlement', "Settlement")
    date = fields.Date("Date", required=True)
    reason = fields.Char("Reason", required=True)
    lines = fields.Many2Many(
        'fupin.settlement.line', None, None, "Lines", required=True,
        domain=[
            ('settlement', '=', Eval('settlement', -1)),
            ('state', 'in', ['processing', 'succeeded']),
            ],
        help="Whose money was not paid or came back.")

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()


class Fail(Wizard):
    __name__ = 'fupin.settlement.fail'

    start = StateView(
        'fupin.settlement.fail.start',
        'fupin_coop.settlement_fail_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Mark as Failed", 'fail', 'tryton-ok', default=True),
            ])
    fail = StateTransition()

    def default_start(self, fields):
        return {
            'settlement': self.record.id,
            }

    def transition_fail(self):
        self.record.fail(
            list(self.start.lines), self.start.reason, self.start.date)
        return 'end'

    def end(self):
        return 'reload'
