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
from trytond.modules.fupin_household.privacy import (
    PrivateMixin, mask_bank_account)
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import bank_file
from .configuration import default_sequence
from .document import get_effect_models
from .exceptions import (
    BankFileRefusedError, SettlementBankAccountError, SettlementDateError,
    SettlementEmptyError, SettlementJournalError, SettlementLineError,
    SettlementStateError)

CENT = Decimal('0.01')
BANK_FILE_FORMATS = [
    ('csv-utf-8', "CSV (UTF-8)"),
    ('csv-gb18030', "CSV (GB18030)"),
    ('xlsx', "Excel (XLSX)"),
    ]
_ENCODINGS = {
    'csv-utf-8': 'utf-8-sig',
    'csv-gb18030': 'gb18030',
    'xlsx': 'utf-8-sig',
    }
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


class IncomePayment(metaclass=PoolMeta):
    __name__ = 'fupin.income.payment'

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + ['fupin.settlement.line']


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
                    'invisible': ~Eval('state').in_(['draft', 'approved']),
                    'icon': 'tryton-cancel',
                    'depends': ['state'],
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
            for n in ['amount', 'amount_paid', 'amount_failed', 'count']}
        states = {'succeeded': 'amount_paid', 'failed': 'amount_failed'}
        cursor.execute(*line.select(
                line.settlement, line.state, Count(line.id),
                Round(Sum(line.amount), 2),
                where=fields.SQL_OPERATORS['in'](line.settlement, ids),
                group_by=[line.settlement, line.state]))
        for id_, state, count, amount in cursor:
            amount = Decimal(str(amount)).quantize(CENT)
            totals['count'][id_] += count
            totals['amount'][id_] += amount
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
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cls.lock(settlements)
        cursor.execute(*table.update(
                [table.state], [table.state],
                where=fields.SQL_OPERATORS['in'](
                    table.id, [s.id for s in settlements])))
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
        """Return the accounts that hold what is owed: the account of members
        and the account of those who deliver without being members."""
        Configuration = Pool().get('account.configuration')
        return [
            Configuration.get_cooperative_account('member_payable', company),
            Configuration.get_cooperative_account('payable', company),
            ]

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
        for model in get_effect_models():
            by_document |= move.origin.like(f'{model},%')
        return line.join(move, condition=line.move == move.id).select(
            line.id, line.party, line.account, line.debit, line.credit,
            where=(move.company == self.company.id)
            & (move.state == 'posted')
            & (move.date <= self.up_to)
            & ((line.account == members.id)
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
        for settlement in settlements:
            if settlement.process_method != 'cash':
                Line.freeze_bank_details(settlement.lines)
        payments = [line.get_payment() for line in lines]
        Payment.save(payments)
        Payment.submit(payments)
        Payment.approve(payments)
        for line, payment in zip(lines, payments):
            line.payment = payment
            line.state = 'approved'
        Line.save(lines)
        cls.write(settlements, {
                'state': 'approved',
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
                with Transaction().set_context(date=settlement.date):
                    settlement.number = sequence.get()
        cls.save(settlements)

    @classmethod
    @ModelView.button
    def cancel(cls, settlements):
        "Give up settlements that were not sent to the bank"
        pool = Pool()
        Line = pool.get('fupin.settlement.line')
        Payment = pool.get('account.payment')
        cls.claim(settlements, 'draft', 'approved')
        lines = [line for s in settlements for line in s.lines]
        payments = [line.payment for line in lines if line.payment]
        Line.write(lines, {'state': 'cancelled', 'payment': None})
        Payment.draft(payments)
        Payment.delete(payments)
        Line.release(lines)
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

        self.group = Payment.process(
            [line.payment for line in self.lines], new_group)
        Line.write(list(self.lines), {'state': 'processing'})
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
            for line in self.lines]

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
        self.__class__.lock([self])
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


class SettlementLine(PrivateMixin, ModelSQL, ModelView):
    __name__ = 'fupin.settlement.line'

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
        'fupin.settlement.item', 'line', "Items", readonly=True)
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
        raise AccessError(gettext('fupin_coop.msg_settlement_line_modify'))

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
        MoveLine.lock([
                i.move_line for line in settlement.lines
                for i in line.items])

        good = (table
            .join(item, condition=item.line == table.id)
            .join(move_line, condition=item.held_line == move_line.id)
            .join(move, condition=move_line.move == move.id)
            .select(
                table.id,
                Round(Sum(move_line.credit - move_line.debit), 2),
                Count(item.id),
                where=(table.settlement == settlement.id)
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
            if found.get(line.id) != (line.amount, len(line.items))]

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
                            account.numbers[0].compact_number
                            or account.numbers[0].number,
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
        Move = pool.get('account.move')
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
        Move.post([
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
        Move.post(cancel_moves)
        IncomePayment.reverse(lines, date=date)
        cls.write(lines, {'state': 'failed', 'paid_date': None})
        cls.release(lines)
        Settlement.check_done({line.settlement for line in lines})

    @classmethod
    def release(cls, lines):
        "Let other settlements pay what the lines held"
        Item = Pool().get('fupin.settlement.item')
        Item.release([i for line in lines for i in line.items])

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
                for origin in origins(item.move_line):
                    for income in incomes[origin]:
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

    line = fields.Many2One(
        'fupin.settlement.line', "Settlement Line", required=True,
        readonly=True, ondelete='CASCADE')
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
        raise AccessError(gettext('fupin_coop.msg_settlement_line_modify'))

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


class SettlementFile(ModelSQL, ModelView):
    "A file that went to the bank or came from it"
    __name__ = 'fupin.settlement.file'

    settlement = fields.Many2One(
        'fupin.settlement', "Settlement", required=True, readonly=True,
        ondelete='RESTRICT')
    company = fields.Many2One(
        'company.company', "Company", required=True, readonly=True,
        ondelete='RESTRICT')
    kind = fields.Selection([
            ('export', "Bank File"),
            ('result', "Result File"),
            ], "Kind", required=True, readonly=True, sort=False)
    name = fields.Char("File Name", required=True, readonly=True)
    content = fields.Binary("File", filename='name', readonly=True)
    digest = fields.Char("Digest", readonly=True)
    count = fields.Integer("Payments", readonly=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True)
    user = fields.Function(
        fields.Many2One('res.user', "User"), 'get_user')
    time = fields.Function(fields.Timestamp("Time"), 'get_time')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('settlement')
        cls._order = [('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('digest_unique', Unique(t, t.company, t.digest),
                'fupin_coop.msg_settlement_file_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.settlement, Index.Equality())),
                })

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    def get_user(self, name):
        return self.create_uid.id if self.create_uid else None

    def get_time(self, name):
        return self.create_date

    @classmethod
    def preprocess_values(cls, mode, values):
        Settlement = Pool().get('fupin.settlement')
        values = super().preprocess_values(mode, values)
        if mode == 'create' and values.get('settlement'):
            values['company'] = Settlement(values['settlement']).company.id
        return values

    @classmethod
    def check_modification(cls, mode, files, values=None, external=False):
        super().check_modification(
            mode, files, values=values, external=external)
        if external or mode != 'create':
            raise AccessError(gettext('fupin_coop.msg_settlement_file_modify'))

    @classmethod
    def copy(cls, files, default=None):
        raise AccessError(gettext('fupin_coop.msg_settlement_file_modify'))

    @classmethod
    def check_twice(cls, company, digest):
        "BankFileRefusedError if the company has imported the same file"
        same = cls.search([
                ('company', '=', company.id),
                ('digest', '=', digest),
                ], limit=1)
        if same:
            file, = same
            raise BankFileRefusedError(gettext(
                    'fupin_coop.msg_bank_file_twice',
                    settlement=file.settlement.rec_name,
                    file=file.name,
                    time=file.time))


class ExportStart(ModelView):
    __name__ = 'fupin.settlement.export.start'

    format = fields.Selection(
        BANK_FILE_FORMATS, "Format", required=True, sort=False)

    @classmethod
    def default_format(cls):
        return BANK_FILE_FORMATS[0][0]


class ExportResult(ModelView):
    __name__ = 'fupin.settlement.export.result'

    file = fields.Binary("File", filename='name', readonly=True)
    name = fields.Char("File Name", readonly=True)
    count = fields.Integer("Payments", readonly=True)
    currency = fields.Many2One('currency.currency', "Currency")
    amount = Monetary(
        "Amount", currency='currency', digits='currency', readonly=True)


class Export(Wizard):
    __name__ = 'fupin.settlement.export'

    start = StateView(
        'fupin.settlement.export.start',
        'fupin_coop.settlement_export_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Export", 'export', 'tryton-ok', default=True),
            ])
    export = StateTransition()
    result = StateView(
        'fupin.settlement.export.result',
        'fupin_coop.settlement_export_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def transition_export(self):
        file = self.record.export(self.start.format)
        self.result.file = file.content
        self.result.name = file.name
        self.result.count = file.count
        self.result.currency = file.currency
        self.result.amount = file.amount
        return 'result'

    def default_result(self, fields):
        result = self.result
        # The session does not keep the account numbers
        content, result.file = result.file, None
        return {
            'file': content,
            'name': result.name,
            'count': result.count,
            'currency': result.currency.id,
            'amount': result.amount,
            }


class ImportStart(ModelView):
    __name__ = 'fupin.settlement.import.start'

    file = fields.Binary(
        "File", filename='name', required=True,
        help="The bank's result file: CSV in UTF-8 or GB18030, or XLSX.")
    name = fields.Char("File Name")
    date = fields.Date(
        "Date", required=True, help="The day on which the bank paid.")

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()


class ImportResult(ModelView):
    __name__ = 'fupin.settlement.import.result'

    paid = fields.Integer("Payments Paid", readonly=True)
    failed = fields.Integer("Payments Failed", readonly=True)
    currency = fields.Many2One('currency.currency', "Currency")
    amount_paid = Monetary(
        "Paid", currency='currency', digits='currency', readonly=True)
    amount_failed = Monetary(
        "Failed", currency='currency', digits='currency', readonly=True)


class Import(Wizard):
    __name__ = 'fupin.settlement.import'

    start = StateView(
        'fupin.settlement.import.start',
        'fupin_coop.settlement_import_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Import", 'import_', 'tryton-ok', default=True),
            ])
    import_ = StateTransition()
    result = StateView(
        'fupin.settlement.import.result',
        'fupin_coop.settlement_import_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def transition_import_(self):
        self.record.import_results(
            self.start.file,
            self.start.name or gettext(
                'fupin_coop.msg_settlement_result_file'),
            self.start.date)
        self.start.file = None
        return 'result'

    def default_result(self, fields):
        # Read anew what the import has changed
        settlement = self.model(self.record.id)
        states = [line.state for line in settlement.lines]
        return {
            'paid': states.count('succeeded'),
            'failed': states.count('failed'),
            'currency': settlement.currency.id,
            'amount_paid': settlement.amount_paid,
            'amount_failed': settlement.amount_failed,
            }


class PayStart(ModelView):
    __name__ = 'fupin.settlement.pay.start'

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
