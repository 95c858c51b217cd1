# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from sql import Literal, Union
from sql.aggregate import Sum

from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, Unique, Workflow, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from .document import (
    DocumentMixin, get_effect_models, open_journals, wait_for)
from .exceptions import (
    ClosingCheckError, ClosingNotFoundError, ClosingStateError)
from .ledger import get_accounts, get_codes, get_movements, get_result
from .reconciliation import get_title, to_amount, to_cents
from .statement_line import INCOME, PENDING, RESULT, Movement

ZERO = Decimal('0.00')
# The steps in the order in which 37号 prints them
STEPS = [
    'draft', 'pending', 'previous', 'reconciliation', 'result', 'surplus',
    'loss', 'reserve', 'refund', 'remainder', 'conversion', 'allocation',
    'fiscalyear']
_FORBIDDEN = {'state', 'period', 'transfer_move', 'surplus_move'}


class Closing(Workflow, ModelSQL, ModelView):
    """The end of a fiscal year of a cooperative (37号, 331 and 332).

    transfer books income and expense to 331 and from there to 33202, dated
    the last day, in an adjustment period of their own.  undo takes both back
    and can be repeated until the fiscal year is closed.  In between stands
    the distribution (fupin.surplus), which needs what find returns:

    * surplus: what went to 33202, negative for a loss
    * period: the adjustment period in which the distribution is booked too
    * date: the last day of the year"""
    __name__ = 'fupin.closing'
    __string__ = "Year-End Closing"

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    fiscalyear = fields.Many2One(
        'account.fiscalyear', "Fiscal Year", required=True,
        ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    date = fields.Function(
        fields.Date("Date"), 'on_change_with_date')
    currency = fields.Function(
        fields.Many2One('currency.currency', "Currency"),
        'on_change_with_currency')
    state = fields.Selection([
            ('draft', "Draft"),
            ('transferred', "Transferred"),
            ('closed', "Closed"),
            ], "State", readonly=True, required=True, sort=False)
    period = fields.Many2One(
        'account.period', "Closing Period", readonly=True,
        ondelete='RESTRICT',
        help="The adjustment period of the closing, so that the months "
        "keep what they earned.")
    transfer_move = fields.Many2One(
        'account.move', "Transfer of Income and Expense", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('transfer_move'),
            })
    surplus_move = fields.Many2One(
        'account.move', "Transfer of the Surplus", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('surplus_move'),
            })
    moves = fields.One2Many(
        'account.move', 'origin', "Account Moves", readonly=True,
        order=[('number', 'ASC'), ('id', 'ASC')],
        help="All moves of the closing, also those taken back.")
    surplus = fields.Function(
        Monetary(
            "Surplus of the Year", currency='currency', digits='currency',
            help="Negative for a loss. Before the transfer it is what the "
            "accounts of income and expense come to so far."),
        'get_surplus')
    steps = fields.One2Many(
        'fupin.closing.step', 'closing', "Steps", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('fiscalyear.start_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('fiscalyear_unique', Unique(t, t.fiscalyear),
                'fupin_coop.msg_closing_fiscalyear_unique'),
            ]
        cls._transitions |= {
            ('draft', 'transferred'),
            ('transferred', 'draft'),
            ('transferred', 'closed'),
            ('closed', 'transferred'),
            }
        cls._buttons.update({
                'check': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                'transfer': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                'undo': {
                    'invisible': Eval('state') != 'transferred',
                    'depends': ['state'],
                    },
                'close': {
                    'invisible': Eval('state') != 'transferred',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_state(cls):
        return 'draft'

    @fields.depends('fiscalyear')
    def on_change_with_date(self, name=None):
        return self.fiscalyear.end_date if self.fiscalyear else None

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    def get_rec_name(self, name):
        return f'{self.fiscalyear.rec_name} {self.company.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('fiscalyear.rec_name', *clause[1:]),
            ('company.rec_name', *clause[1:]),
            ]

    @classmethod
    def find(cls, company, fiscalyear):
        """Return the closing of the year whose surplus is in 33202.

        ClosingNotFoundError, which says what to do, if there is none."""
        closings = cls.search([
                ('company', '=', int(company)),
                ('fiscalyear', '=', int(fiscalyear)),
                ('state', 'in', ['transferred', 'closed']),
                ], limit=1)
        if not closings:
            pool = Pool()
            FiscalYear = pool.get('account.fiscalyear')
            raise ClosingNotFoundError(gettext(
                    'fupin_coop.msg_closing_not_found',
                    fiscalyear=FiscalYear(int(fiscalyear)).rec_name))
        closing, = closings
        return closing

    def get_surplus(self, name):
        if self.state == 'draft':
            return -sum(
                get_result(self.company, *self._dates).values(), ZERO)
        if not self.surplus_move:
            return ZERO
        account = self._get_account('33202')
        return sum(
            (line.credit - line.debit for line in self.surplus_move.lines
                if line.account == account), ZERO)

    @property
    def _dates(self):
        return self.fiscalyear.start_date, self.fiscalyear.end_date

    def _get_account(self, code):
        Configuration = Pool().get('account.configuration')
        return Configuration.get_chart_account(code, self.company)

    # What the closing demands

    @classmethod
    @ModelView.button
    def check(cls, closings):
        "Raise a UserError if the year can not be closed yet"
        for closing in closings:
            closing.check_transfer()

    def check_transfer(self):
        pool = Pool()
        Date = pool.get('ir.date')
        Reconciliation = pool.get('fupin.reconciliation')
        name = self.fiscalyear.rec_name
        with Transaction().set_context(company=self.company.id):
            today = Date.today()
        if self.date > today:
            raise ClosingCheckError(gettext(
                    'fupin_coop.msg_closing_future',
                    fiscalyear=name, date=self.date))
        if self.fiscalyear.state != 'open':
            raise ClosingCheckError(gettext(
                    'fupin_coop.msg_closing_fiscalyear_closed',
                    fiscalyear=name))
        if drafts := self.get_drafts():
            raise ClosingCheckError(gettext(
                    'fupin_coop.msg_closing_draft',
                    fiscalyear=name,
                    count=len(drafts),
                    drafts='\n'.join(drafts[:10])))
        if pending := self.get_balance(PENDING):
            raise ClosingCheckError(gettext(
                    'fupin_coop.msg_closing_pending',
                    date=self.date, amount=pending))
        if previous := self.get_previous():
            raise ClosingCheckError(gettext(
                    'fupin_coop.msg_closing_previous',
                    fiscalyear=name, amount=previous))
        different = [
            c for c in Reconciliation.check(self.company) if c.count]
        if different:
            raise ClosingCheckError(gettext(
                    'fupin_coop.msg_closing_reconciliation',
                    fiscalyear=name,
                    checks='\n'.join(
                        f'{get_title(c)} {c.difference}'
                        for c in different[:10])))

    def get_drafts(self):
        "Return the names of the documents and moves that are not posted yet"
        pool = Pool()
        IrModel = pool.get('ir.model')
        start, end = self._dates
        domain = [
            ('company', '=', self.company.id),
            ('state', '=', 'draft'),
            ('date', '>=', start),
            ('date', '<=', end),
            ]
        names = []
        for name in [*get_effect_models(), 'account.move']:
            Model = pool.get(name)
            # The plans of the distribution are drafts until one is voted
            if name == 'fupin.surplus' or not (
                    issubclass(Model, DocumentMixin)
                    or name == 'account.move'):
                continue
            label = IrModel.get_name(name)
            names += [
                f'{label} {r.rec_name}' for r in Model.search(domain)]
        return names

    def get_balance(self, *prefixes, before=False):
        """Return debit - credit of the statutory accounts at the end of the
        year or before its start"""
        pool = Pool()
        line = pool.get('account.move.line').__table__()
        move = pool.get('account.move').__table__()
        accounts = get_accounts(self.company, *prefixes)
        if not accounts:
            return ZERO
        start, end = self._dates
        cursor = Transaction().connection.cursor()
        cursor.execute(*line
            .join(move, condition=line.move == move.id)
            .select(
                Sum(to_cents(line.debit - line.credit)),
                where=line.account.in_(accounts)
                & (move.state == 'posted')
                & (move.date < start if before else move.date <= end)))
        amount, = cursor.fetchone()
        return to_amount(amount)

    def get_previous(self):
        "Return what an earlier year has left in income, expense and 331"
        return -self.get_balance(*RESULT, '331', before=True)

    # Transfer and back

    @classmethod
    def claim(cls, closings, state):
        "Return the closings as they are now, with their rows locked"
        wait_for(closings)
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        ids = [c.id for c in closings]
        cursor.execute(*table.select(
                table.id, table.state,
                where=fields.SQL_OPERATORS['in'](table.id, ids)))
        states = dict(cursor)
        Transaction().counter += 1
        for cache in Transaction().cache.values():
            if cls.__name__ in cache:
                cache[cls.__name__].clear()
        closings = cls.browse(ids)
        for closing in closings:
            if states.get(closing.id) != state:
                raise ClosingStateError(gettext(
                        'fupin_coop.msg_closing_state',
                        closing=closing.rec_name))
        return closings

    @classmethod
    @ModelView.button
    def transfer(cls, closings):
        "Book income and expense to 331 and 331 to 33202"
        if not closings:
            return
        for closing in cls.claim(closings, 'draft'):
            closing.check_transfer()
            closing.period = closing.get_closing_period()
            closing.transfer_move = closing.post_move(
                closing.get_transfer_lines(),
                gettext('fupin_coop.msg_closing_transfer',
                    fiscalyear=closing.fiscalyear.rec_name))
            closing.surplus_move = closing.post_move(
                closing.get_surplus_lines(),
                gettext('fupin_coop.msg_closing_surplus',
                    fiscalyear=closing.fiscalyear.rec_name))
            closing.state = 'transferred'
            closing.save()
        cls.log(closings, 'transition', 'state:transferred')

    def get_closing_period(self):
        "Return the open adjustment period of the last day, made if missing"
        pool = Pool()
        Period = pool.get('account.period')
        if self.period and self.period.state == 'open':
            return self.period
        periods = Period.search([
                ('fiscalyear', '=', self.fiscalyear.id),
                ('type', '=', 'adjustment'),
                ('start_date', '<=', self.date),
                ('end_date', '>=', self.date),
                ('state', '=', 'open'),
                ], order=[('id', 'ASC')], limit=1)
        if periods:
            period, = periods
        else:
            period = Period(
                name=gettext('fupin_coop.msg_closing_period',
                    fiscalyear=self.fiscalyear.name),
                type='adjustment',
                fiscalyear=self.fiscalyear,
                start_date=self.date,
                end_date=self.date)
            period.save()
        return period

    def post_move(self, lines, description):
        "Return the posted move of the lines, None if there are none"
        pool = Pool()
        Move = pool.get('account.move')
        ModelData = pool.get('ir.model.data')
        if not lines:
            return
        move = Move(
            company=self.company,
            journal=ModelData.get_id('fupin_coop', 'journal_closing'),
            period=self.period,
            date=self.date,
            origin=self,
            description=description,
            lines=lines)
        open_journals([move])
        move.save()
        DocumentMixin.post_moves([move])
        return move

    def get_transfer_lines(self):
        """Return the lines that empty income and expense.

        331 gets two of them: what was earned and what was spent."""
        pool = Pool()
        Account = pool.get('account.account')
        Line = pool.get('account.move.line')
        line = Line.__table__()
        move = pool.get('account.move').__table__()
        codes = get_codes(self.company)
        accounts = [
            id_ for id_, code in codes.items() if code.startswith(RESULT)]
        if not accounts:
            return []
        _, end = self._dates
        cursor = Transaction().connection.cursor()
        cursor.execute(*line
            .join(move, condition=line.move == move.id)
            .select(
                line.account, line.party,
                Sum(to_cents(line.debit - line.credit)),
                where=line.account.in_(accounts)
                & (move.state == 'posted') & (move.date <= end),
                group_by=[line.account, line.party]))
        balances = {}
        for account, party, balance in cursor:
            if not Account(account).party_required:
                party = None
            key = account, party
            balances[key] = balances.get(key, 0) + to_amount(balance)
        lines, earned, spent = [], ZERO, ZERO
        for account, party in sorted(
                balances, key=lambda k: (codes[k[0]], k[0], k[1] or 0)):
            balance = balances[account, party]
            if not balance:
                continue
            lines.append(self._get_line(account, -balance, party))
            if codes[account].startswith(INCOME):
                earned += balance
            else:
                spent += balance
        surplus = self._get_account('331')
        lines += [
            self._get_line(surplus, b) for b in [earned, spent] if b]
        return lines

    def get_surplus_lines(self):
        "Return the lines that bring all of 331 to 33202"
        balance = self.get_balance('331')
        if not balance:
            return []
        return [
            self._get_line(self._get_account('331'), -balance),
            self._get_line(self._get_account('33202'), balance),
            ]

    def _get_line(self, account, amount, party=None):
        Line = Pool().get('account.move.line')
        return Line(
            account=account,
            party=party,
            debit=max(amount, ZERO),
            credit=max(-amount, ZERO))

    @classmethod
    @ModelView.button
    def undo(cls, closings):
        "Take the transfers back; both and their reverse stay visible"
        pool = Pool()
        JournalPeriod = pool.get('account.journal.period')
        Move = pool.get('account.move')
        Period = pool.get('account.period')
        if not closings:
            return
        for closing in cls.claim(closings, 'transferred'):
            closing.check_undo()
            if closing.period.state == 'closed':
                # A fiscal year that is opened again leaves its periods closed
                Period.reopen([closing.period])
                JournalPeriod.reopen(JournalPeriod.search([
                            ('period', '=', closing.period.id),
                            ('state', '=', 'closed'),
                            ]))
            cancel_moves = []
            for move in [closing.surplus_move, closing.transfer_move]:
                if move:
                    with Transaction().set_context(_document_cancel=True):
                        cancel_move = move.cancel(default={
                                'date': closing.date,
                                'period': closing.period.id,
                                })
                    cancel_move.origin = closing
                    cancel_moves.append(cancel_move)
            Move.save(cancel_moves)
            if cancel_moves:
                DocumentMixin.post_moves(cancel_moves)
            closing.transfer_move = None
            closing.surplus_move = None
            closing.state = 'draft'
            closing.save()
        cls.log(closings, 'transition', 'state:draft')

    def check_undo(self):
        if self.fiscalyear.state != 'open':
            raise ClosingStateError(gettext(
                    'fupin_coop.msg_closing_fiscalyear_closed',
                    fiscalyear=self.fiscalyear.rec_name))
        if distribution := self.get_distribution():
            raise ClosingStateError(gettext(
                    'fupin_coop.msg_closing_undo_distributed',
                    closing=self.rec_name,
                    surplus=distribution.rec_name))

    def get_distribution(self):
        "Return the posted distribution of the year, None if there is none"
        Surplus = Pool().get('fupin.surplus')
        for distribution in Surplus.search([
                    ('company', '=', self.company.id),
                    ('fiscalyear', '=', self.fiscalyear.id),
                    ('state', '=', 'posted'),
                    ], limit=1):
            return distribution

    @classmethod
    @ModelView.button
    def close(cls, closings):
        "Close the fiscal year for good"
        FiscalYear = Pool().get('account.fiscalyear')
        if not closings:
            return
        closings = cls.claim(closings, 'transferred')
        FiscalYear.close([c.fiscalyear for c in closings])
        # which has set the state of the closings
        cls.log(closings, 'transition', 'state:closed')

    def check_close(self):
        "Raise a UserError if something of the year is left to do"
        name = self.fiscalyear.rec_name
        for codes in [RESULT, ('331',)]:
            if balance := self.get_balance(*codes):
                raise ClosingCheckError(gettext(
                        'fupin_coop.msg_closing_late',
                        fiscalyear=name, account=codes[0],
                        amount=abs(balance)))
        if self.surplus and not self.get_distribution():
            message = ('undistributed' if self.surplus > 0 else 'loss')
            raise ClosingCheckError(gettext(
                    f'fupin_coop.msg_closing_{message}',
                    fiscalyear=name, amount=abs(self.surplus)))
        if balance := self.get_balance('33201'):
            raise ClosingCheckError(gettext(
                    'fupin_coop.msg_closing_allocation',
                    fiscalyear=name, amount=abs(balance)))

    # What is transferred stays

    @classmethod
    def check_modification(
            cls, mode, closings, values=None, external=False):
        super().check_modification(
            mode, closings, values=values, external=external)
        if external and mode in {'create', 'write'}:
            for closing in closings:
                if mode == 'write' and values.keys() & _FORBIDDEN:
                    pass
                elif mode == 'create' and (
                        closing.state != 'draft' or closing.transfer_move
                        or closing.surplus_move or closing.period):
                    pass
                else:
                    continue
                raise AccessError(gettext(
                        'fupin_coop.msg_closing_state',
                        closing=closing.rec_name))
        if mode == 'delete':
            for closing in closings:
                if closing.state != 'draft' or closing.moves:
                    raise AccessError(gettext(
                            'fupin_coop.msg_closing_delete',
                            closing=closing.rec_name))

    @classmethod
    def copy(cls, closings, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('state', 'draft')
        default.setdefault('moves')
        for name in ['period', 'transfer_move', 'surplus_move']:
            default.setdefault(name)
        return super().copy(closings, default=default)


class ClosingStep(ModelSQL, ModelView):
    "What a closing has to do, one after the other, and what is done of it"
    __name__ = 'fupin.closing.step'
    __string__ = "Closing Step"

    company = fields.Many2One('company.company', "Company")
    closing = fields.Many2One('fupin.closing', "Closing")
    sequence = fields.Integer("No.")
    kind = fields.Selection([
            ('draft', "No drafts are left"),
            ('pending', "Nothing is pending in 181"),
            ('previous', "The years before are closed"),
            ('reconciliation', "Ledgers, documents and books tie"),
            ('result', "501 to 531 are transferred to 331"),
            ('surplus', "331 is transferred to 33202"),
            ('loss', "The reserve covers the loss"),
            ('reserve', "Reserve is set aside"),
            ('refund', "Surplus is refunded by trade"),
            ('remainder', "The remainder is distributed"),
            ('conversion', "Surplus becomes contribution"),
            ('allocation', "33201 is transferred to 33202"),
            ('fiscalyear', "The fiscal year is closed"),
            ], "Step", sort=False)
    currency = fields.Function(
        fields.Many2One('currency.currency', "Currency"), 'get_result')
    amount = fields.Function(
        Monetary("Amount", currency='currency', digits='currency'),
        'get_result')
    status = fields.Function(fields.Selection([
                ('open', "To Do"),
                ('done', "Done"),
                ('none', "Nothing to Do"),
                ('problem', "Problem"),
                ], "State"), 'get_result')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('closing', 'DESC'), ('sequence', 'ASC'), ('id', 'ASC')]

    @classmethod
    def table_query(cls):
        closing = Pool().get('fupin.closing').__table__()
        return Union(*(
                closing.select(
                    (closing.id * 100 + i).as_('id'),
                    closing.company.as_('company'),
                    closing.id.as_('closing'),
                    Literal(i).as_('sequence'),
                    Literal(kind).as_('kind'))
                for i, kind in enumerate(STEPS, 1)), all_=True)

    @classmethod
    def get_result(cls, steps, names):
        result = {n: {} for n in names}
        found = {}
        for step in steps:
            closing = step.closing
            if closing.id not in found:
                found[closing.id] = dict(cls._get_steps(closing))
            amount, status = found[closing.id][step.kind]
            for name, value in [
                    ('amount', amount), ('status', status),
                    ('currency', closing.currency.id)]:
                if name in names:
                    result[name][step.id] = value
        return result

    @classmethod
    def _get_steps(cls, closing):
        "Yield (kind, (amount, status)) of the closing"
        transferred = closing.state != 'draft'
        drafts = len(closing.get_drafts())
        yield 'draft', (None, 'problem' if drafts else 'done')
        pending = closing.get_balance(PENDING)
        yield 'pending', (pending, 'problem' if pending else 'done')
        previous = closing.get_previous()
        yield 'previous', (previous, 'problem' if previous else 'done')
        yield 'reconciliation', (None, 'done' if transferred else 'open')
        late = closing.get_balance(*RESULT)
        surplus = closing.surplus
        yield 'result', (surplus, (
                'problem' if late else 'done') if transferred else 'open')
        left = closing.get_balance('331')
        yield 'surplus', (surplus, (
                'problem' if left else 'done') if transferred else 'open')

        movements = [
            Movement(debits, credits)
            for _, _, debits, credits in get_movements(
                closing.company, *closing._dates)]
        movements = [m for m in movements if m.touches('332')]

        def total(method, *codes):
            return sum((getattr(m, method)(*codes) for m in movements), ZERO)

        decided = bool(closing.get_distribution())
        for kind, amount in [
                ('loss', total('debit', '321', '322')),
                ('reserve', total('credit', '322')),
                ('refund', total('net', '221')),
                ('remainder', total('net', '222')),
                ('conversion', total('net', '301'))]:
            if amount:
                status = 'done'
            elif decided or transferred and not surplus:
                status = 'none'
            else:
                status = 'open'
            yield kind, (amount, status)
        allocated = closing.get_balance('33201')
        yield 'allocation', (allocated, (
                'problem' if allocated
                else 'done' if decided
                else 'none' if transferred and not surplus
                else 'open'))
        yield 'fiscalyear', (None, (
                'open' if closing.fiscalyear.state == 'open' else 'done'))

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('status') == 'problem', 'danger',
                    If(Eval('status') == 'done', 'success',
                        If(Eval('status') == 'none', 'muted', '')))),
            ]


class FiscalYear(metaclass=PoolMeta):
    __name__ = 'account.fiscalyear'

    @classmethod
    @ModelView.button
    def close(cls, fiscalyears):
        "The year of a cooperative is closed through its closing"
        pool = Pool()
        Closing = pool.get('fupin.closing')
        to_close = []
        for fiscalyear in fiscalyears:
            if not fiscalyear.company.cooperative:
                continue
            # Books that come from elsewhere may be closed without
            closings = Closing.search([('fiscalyear', '=', fiscalyear.id)])
            for closing in closings:
                if closing.state == 'draft':
                    raise ClosingNotFoundError(gettext(
                            'fupin_coop.msg_closing_not_found',
                            fiscalyear=fiscalyear.rec_name))
            for closing in closings:
                closing.check_close()
            to_close.extend(closings)
        super().close(fiscalyears)
        for closing in to_close:
            closing.state = 'closed'
        Closing.save(to_close)

    @classmethod
    @ModelView.button
    def reopen(cls, fiscalyears):
        Closing = Pool().get('fupin.closing')
        super().reopen(fiscalyears)
        closings = Closing.search([
                ('fiscalyear', 'in', [f.id for f in fiscalyears]),
                ('state', '=', 'closed'),
                ])
        for closing in closings:
            closing.state = 'transferred'
        Closing.save(closings)


class AccountMove(metaclass=PoolMeta):
    __name__ = 'account.move'

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + ['fupin.closing']

    @property
    def document(self):
        if self.origin and self.origin.__name__ == 'fupin.closing':
            return self.origin
        return super().document
