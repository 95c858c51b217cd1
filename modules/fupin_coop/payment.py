# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import ModelView, Workflow, fields
from trytond.model.exceptions import AccessError
from trytond.model.fields.selection import TranslatedSelection
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.transaction import Transaction

from .document import open_journals
from .exceptions import (
    DocumentCancelError, SettlementLineError, SettlementPaymentError)

_CLEARING = Eval('process_method').in_(['bank_file', 'cash'])


class Journal(metaclass=PoolMeta):
    __name__ = 'account.payment.journal'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        for method in [('bank_file', "Bank File"), ('cash', "Cash")]:
            if method not in cls.process_method.selection:
                cls.process_method.selection.append(method)
        for field in [cls.clearing_account, cls.clearing_journal]:
            required = field.states.get('required', False)
            field.states['required'] = required | _CLEARING


class Group(metaclass=PoolMeta):
    __name__ = 'account.payment.group'

    def process_bank_file(self):
        pass

    def process_cash(self):
        pass


class Payment(metaclass=PoolMeta):
    __name__ = 'account.payment'

    state_string = TranslatedSelection('state')

    _settlement_fields = {
        'number', 'company', 'journal', 'kind', 'party', 'date', 'amount',
        'line', 'account', 'origin'}

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + ['fupin.settlement.line']

    @classmethod
    def process_method_with_group(cls):
        return super().process_method_with_group() + ['bank_file', 'cash']

    @property
    def settlement_line(self):
        "The settlement line that the payment pays"
        Line = Pool().get('fupin.settlement.line')
        if isinstance(self.origin, Line):
            return self.origin

    @classmethod
    def validate_fields(cls, payments, field_names):
        super().validate_fields(payments, field_names)
        cls.check_held(payments, field_names)

    @classmethod
    def check_held(cls, payments, field_names=None):
        "What a settlement pays is not paid beside it"
        if field_names and not (field_names & {'line', 'state'}):
            return
        for payment in payments:
            if payment.line and payment.state != 'failed':
                payment.line.check_not_held()

    @classmethod
    def check_modification(cls, mode, payments, values=None, external=False):
        super().check_modification(
            mode, payments, values=values, external=external)
        if (mode == 'create'
                or (mode == 'write'
                    and not (values.keys() & cls._settlement_fields))):
            return
        for payment in payments:
            line = payment.settlement_line
            if line and line.payment == payment:
                raise AccessError(gettext(
                        'fupin_coop.msg_payment_settlement_modify',
                        payment=payment.rec_name,
                        settlement=line.settlement.rec_name))

    @classmethod
    def _check_settlement(cls, payments, *states):
        "Refuse a step that goes around the settlement"
        for payment in payments:
            line = payment.settlement_line
            if (line and line.payment == payment
                    and payment.state not in states):
                raise SettlementPaymentError(gettext(
                        'fupin_coop.msg_payment_settlement_state',
                        payment=payment.rec_name,
                        state=payment.state_string,
                        settlement=line.settlement.rec_name))

    @classmethod
    @ModelView.button
    @Workflow.transition('draft')
    def draft(cls, payments):
        cls._check_settlement(payments)
        super().draft(payments)

    @classmethod
    @ModelView.button
    @Workflow.transition('processing')
    def proceed(cls, payments):
        cls._check_settlement(payments, 'approved')
        super().proceed(payments)

    @classmethod
    @ModelView.button
    @Workflow.transition('succeeded')
    def succeed(cls, payments):
        Line = Pool().get('fupin.settlement.line')
        cls._check_settlement(payments, 'processing')
        settled = [p for p in payments if p.settlement_line]
        cls._open_clearing_journals(settled)
        super().succeed(payments)
        Line.succeed(settled)

    @classmethod
    def _open_clearing_journals(cls, payments):
        "Open the journals of the clearing moves without locking all journals"
        pool = Pool()
        Date = pool.get('ir.date')
        Move = pool.get('account.move')
        Period = pool.get('account.period')
        date = Transaction().context.get('clearing_date') or Date.today()
        open_journals([
                Move(
                    journal=journal.clearing_journal,
                    period=Period.find(journal.company, date=date))
                for journal in {p.journal for p in payments}])

    @classmethod
    @ModelView.button
    @Workflow.transition('failed')
    def fail(cls, payments):
        Line = Pool().get('fupin.settlement.line')
        cls._check_settlement(payments, 'processing', 'succeeded')
        settled = [p for p in payments if p.settlement_line]
        clearing_moves = [
            p.clearing_move for p in settled if p.clearing_move]
        super().fail(payments)
        Line.fail(settled, clearing_moves)


class MoveLine(metaclass=PoolMeta):
    __name__ = 'account.move.line'

    settlement_items = fields.One2Many(
        'fupin.settlement.item', 'move_line', "Settlements", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._check_modify_exclude.add('settlement_items')

    @property
    def held_by(self):
        "The settlement line that is about to pay the line"
        for item in self.settlement_items:
            if item.held_line and item.line.state in {
                    'draft', 'approved', 'processing'}:
                return item.line

    def check_not_held(self):
        "Raise a UserError if a settlement is about to pay the line"
        line = self.held_by
        if line:
            raise SettlementLineError(gettext(
                    'fupin_coop.msg_move_line_held',
                    line=self.rec_name,
                    settlement=line.settlement.rec_name,
                    state=line.settlement.state_string))

    @classmethod
    def check_document_cancel(cls, document, lines):
        super().check_document_cancel(document, lines)
        for line in lines:
            held_by = line.held_by
            if held_by:
                raise DocumentCancelError(gettext(
                        'fupin_coop.msg_document_cancel_settlement',
                        document=document.full_name,
                        settlement=held_by.settlement.rec_name,
                        state=held_by.settlement.state_string))

    @classmethod
    def reconcile(cls, *lines_list, **kwargs):
        for lines in lines_list:
            for line in lines:
                line.check_not_held()
        return super().reconcile(*lines_list, **kwargs)

    @classmethod
    def copy(cls, lines, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('settlement_items')
        default.setdefault('payment_blocked', False)
        return super().copy(lines, default=default)
