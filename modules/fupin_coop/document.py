# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt
from decimal import Decimal
from itertools import groupby

from trytond.i18n import gettext
from trytond.model import (
    Index, ModelSQL, ModelView, Unique, Workflow, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.account.exceptions import PeriodNotFoundError
from trytond.modules.fupin_household.exceptions import IncomeYearClosedError
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from trytond.modules.fupin_household.bulk_insert import bulk_insert
from .exceptions import (
    DocumentCancelError, DocumentDateError, DocumentPeriodError,
    DocumentStateError)

DRAFT = {
    'readonly': Eval('state') != 'draft',
    }
POSTED = {
    'invisible': Eval('state') == 'draft',
    }


def wait_for(records):
    """Lock the rows of the records, after waiting for whoever has them.

    ModelSQL.lock gives up soon and with a message of the database.  Here
    the second of two waits; if the first one has changed the row, the
    database refuses and the server does the work of the second again, which
    then finds what the first one did.  SQLite knows no locks of rows: there
    the update waits for the whole database."""
    transaction = Transaction()
    cursor = transaction.connection.cursor()
    records = sorted(records)
    if records:
        Model = records[0].__class__
        table = Model.__table__()
        ids = [r.id for r in records]
        cursor.execute(*table.update(
                [table.id], [table.id],
                where=fields.SQL_OPERATORS['in'](table.id, ids)))
        # so that ModelSQL.lock does not ask again
        transaction._locked_records[Model._table].update(ids)


def open_journals(moves):
    """Open the journals of the account moves in their periods.

    Tryton does it with the first move of a period and locks all journals for
    it, which two first moves at once do not survive."""
    JournalPeriod = Pool().get('account.journal.period')
    to_create = []
    for journal, period in {(m.journal, m.period) for m in moves}:
        domain = [
            ('journal', '=', journal.id),
            ('period', '=', period.id),
            ]
        if not JournalPeriod.search(domain, limit=1):
            wait_for([period])
            to_create.append(JournalPeriod(journal=journal, period=period))
    JournalPeriod.save(to_create)


class DocumentMixin(Workflow, ModelSQL, ModelView):
    """A document on which money, goods and income depend.

    Posting makes all its effects in one transaction: the account move, the
    stock moves, the entries of member accounts and the income of households.
    What is posted is not edited or deleted; cancelling takes back each effect
    by its reverse, and both stay visible.

    A model defines what it books by the methods get_move, get_stock_moves,
    get_member_entries and get_incomes, what it demands by check_post and
    check_cancel, and its sequence by the name of a field of
    fupin.coop.configuration in _sequence_name."""
    __slots__ = ()

    _sequence_name = None
    # what post and cancel write, and nobody else
    _document_fields = {
        'state', 'number', 'move', 'cancel_move', 'posted_by', 'posted_at',
        'cancelled_by', 'cancelled_at', 'cancel_date'}

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': (Eval('state') != 'draft') | (Eval('id', -1) >= 0),
            })
    number = fields.Char("Number", readonly=True)
    date = fields.Date("Date", required=True, states=DRAFT)
    state = fields.Selection([
            ('draft', "Draft"),
            ('posted', "Posted"),
            ('cancelled', "Voided"),
            ], "State", readonly=True, required=True, sort=False)
    state_string = state.translated('state')
    move = fields.Many2One(
        'account.move', "Account Move", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('move'),
            })
    cancel_move = fields.Many2One(
        'account.move', "Voiding Move", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('cancel_move'),
            })
    stock_moves = fields.One2Many(
        'stock.move', 'origin', "Stock Moves", readonly=True,
        states={
            'invisible': ~Eval('stock_moves', []),
            })
    posted_by = fields.Many2One(
        'res.user', "Posted by", readonly=True, ondelete='RESTRICT',
        states=POSTED)
    posted_at = fields.Timestamp(
        "Posted at", readonly=True, states=POSTED)
    cancelled_by = fields.Many2One(
        'res.user', "Voided by", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': Eval('state') != 'cancelled',
            })
    cancelled_at = fields.Timestamp(
        "Voided at", readonly=True,
        states={
            'invisible': Eval('state') != 'cancelled',
            })
    cancel_date = fields.Date(
        "Void Date", readonly=True,
        states={
            'invisible': Eval('state') != 'cancelled',
            },
        help="The day of the bookings that took the document back.")

    @classmethod
    def __setup__(cls):
        cls.number.search_unaccented = False
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        # the last line of defence against booking twice
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.company, t.number),
                'fupin_coop.msg_document_number_unique'),
            ('move_unique', Unique(t, t.move),
                'fupin_coop.msg_document_move_unique'),
            ('cancel_move_unique', Unique(t, t.cancel_move),
                'fupin_coop.msg_document_move_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.company, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t,
                    (t.state, Index.Equality(cardinality='low')),
                    where=t.state == 'draft'),
                Index(t, (t.number, Index.Similarity())),
                })
        cls._transitions |= {
            ('draft', 'posted'),
            ('posted', 'cancelled'),
            }
        cls._buttons.update({
                'post': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                'cancel': {
                    'invisible': Eval('state') != 'posted',
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
    def default_state(cls):
        return 'draft'

    def get_rec_name(self, name):
        return self.number or f'({self.id})'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('number', *clause[1:])]

    # What a document books

    @classmethod
    def get_effect_models(cls):
        "Return the names of the models that stand as origin of the effects"
        return [cls.__name__]

    def get_effect_origins(self):
        "Return the records that stand as origin of the effects"
        return [self]

    @classmethod
    def prepare_post(cls, documents):
        "Make what the effects of the numbered documents need"

    def get_move(self):
        "Return the unsaved account move, None if there is none"

    def get_stock_moves(self):
        "Return the unsaved stock moves"
        return []

    def get_member_entries(self):
        "Return the unsaved entries of member accounts"
        return []

    def get_incomes(self):
        "Return the unsaved lines of household income"
        return []

    def post_many(self):
        "Post effects that are too many to be made one by one"

    def new_move(self, journal, lines, description=None):
        "Return an unsaved account move of the document with the lines"
        pool = Pool()
        Move = pool.get('account.move')
        return Move(
            company=self.company,
            journal=journal,
            period=self.get_period(self.date),
            date=self.date,
            origin=self,
            description=description,
            lines=lines)

    def get_period(self, date):
        "Return the open accounting period of the date"
        Period = Pool().get('account.period')
        try:
            return Period.find(self.company, date=date)
        except PeriodNotFoundError as exception:
            raise DocumentPeriodError(gettext(
                    'fupin_coop.msg_document_period',
                    document=self.full_name,
                    message=exception.message)) from exception

    @property
    def full_name(self):
        "What messages call the document"
        Model = Pool().get('ir.model')
        return f'{Model.get_name(self.__name__)} {self.rec_name}'

    # What a document demands

    def check_post(self):
        """Raise a UserError if the document can not be posted.

        Nothing has been written yet."""
        Date = Pool().get('ir.date')
        with Transaction().set_context(company=self.company.id):
            today = Date.today()
        if self.date > today:
            raise DocumentDateError(gettext(
                    'fupin_coop.msg_document_date_future',
                    document=self.full_name,
                    date=self.date))
        self.get_period(self.date)

    def check_cancel(self):
        """Raise a UserError if the document can not be cancelled.

        Nothing has been written yet."""
        Line = Pool().get('account.move.line')
        if self.move:
            Line.check_document_cancel(self, self.move.lines)

    # Posting

    @classmethod
    def claim(cls, documents, state):
        """Return the documents as they are now, with their rows locked.

        DocumentStateError if one is not in the state: somebody else was
        faster."""
        wait_for(documents)
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        ids = [d.id for d in documents]
        cursor.execute(*table.select(
                table.id, table.state,
                where=fields.SQL_OPERATORS['in'](table.id, ids)))
        states = dict(cursor)
        Transaction().counter += 1
        for cache in Transaction().cache.values():
            if cls.__name__ in cache:
                cache[cls.__name__].clear()
        documents = cls.browse(ids)
        for document in documents:
            if states.get(document.id) != state:
                raise DocumentStateError(gettext(
                        f'fupin_coop.msg_document_not_{state}',
                        document=document.full_name,
                        state=document.state_string))
        return documents

    @classmethod
    @ModelView.button
    def post(cls, documents):
        "Make all effects of the documents, or none"
        pool = Pool()
        Income = pool.get('fupin.income')
        Entry = pool.get('fupin.member.entry')
        Move = pool.get('account.move')
        StockMove = pool.get('stock.move')
        if not documents:
            return
        documents = cls.claim(documents, 'draft')
        for document in documents:
            document.check_post()
        cls.set_number(documents)
        cls.prepare_post(documents)

        now = dt.datetime.now()
        moves, stock_moves, entries, incomes = [], [], [], []
        for document in documents:
            document.posted_by = Transaction().user or None
            document.posted_at = now
            if move := document.get_move():
                document.move = move
                moves.append(move)
            stock_moves.extend(document.get_stock_moves())
            entries.extend(document.get_member_entries())
            incomes.extend(document.get_incomes())
        open_journals(moves)
        Move.save(moves)
        StockMove.save(stock_moves)
        StockMove.do(stock_moves)
        Entry.post(entries)
        Income.post(incomes)
        for document in documents:
            document.post_many()
            document.state = 'posted'
        cls.save(documents)
        cls.post_moves(moves)
        cls.log(documents, 'transition', 'state:posted')

    @classmethod
    def post_moves(cls, moves):
        "Post account moves, after waiting for whoever numbers others"
        Move = Pool().get('account.move')
        wait_for({m.period.move_sequence_used for m in moves})
        Move.post(moves)

    @classmethod
    def set_number(cls, documents):
        pool = Pool()
        Configuration = pool.get('fupin.coop.configuration')
        if not cls._sequence_name:
            return
        configuration = Configuration(1)
        to_number = [d for d in documents if not d.number]
        for company, group in groupby(
                sorted(to_number, key=lambda d: (d.company.id, d.id)),
                key=lambda d: d.company):
            group = list(group)
            sequence = configuration.get_multivalue(
                cls._sequence_name, company=company.id)
            wait_for([sequence])
            for document, number in zip(
                    group, sequence.get_many(len(group))):
                document.number = number
        cls.save(to_number)

    # Cancelling

    @classmethod
    @ModelView.button
    def cancel(cls, documents):
        "Take back all effects of the documents, or none"
        pool = Pool()
        Income = pool.get('fupin.income')
        Entry = pool.get('fupin.member.entry')
        Line = pool.get('account.move.line')
        Move = pool.get('account.move')
        StockMove = pool.get('stock.move')
        if not documents:
            return
        documents = cls.claim(documents, 'posted')
        for document in documents:
            document.check_cancel()

        now = dt.datetime.now()
        cancel_moves, to_reconcile = [], []
        for document in documents:
            document.cancelled_by = Transaction().user or None
            document.cancelled_at = now
            document.cancel_date = document.get_cancel_date()
            origins = document.get_effect_origins()
            if document.move:
                cancel_move = document.get_cancel_move()
                document.cancel_move = cancel_move
                cancel_moves.append(cancel_move)
            return_moves = document.get_return_moves()
            StockMove.save(return_moves)
            StockMove.do(return_moves)
            Entry.reverse(origins, date=document.cancel_date)
            Income.reverse(origins, date=document.cancel_date)
            document.state = 'cancelled'
        Move.save(cancel_moves)
        cls.save(documents)
        cls.post_moves(cancel_moves)
        for document in documents:
            if document.move:
                to_reconcile.extend(document.get_cancelled_lines())
        if to_reconcile:
            Line.reconcile(*to_reconcile)
        cls.log(documents, 'transition', 'state:cancelled')

    def get_cancel_date(self):
        """Return the day on which the document is taken back: its own while
        the accounting period is open, else today."""
        pool = Pool()
        Date = pool.get('ir.date')
        Period = pool.get('account.period')
        period = Period.find(self.company, date=self.date, test_state=False)
        if period.state == 'open':
            return self.date
        with Transaction().set_context(company=self.company.id):
            return Date.today()

    def get_cancel_move(self):
        "Return the saved move with the opposite amounts (red letters)"
        period = self.get_period(self.cancel_date)
        with Transaction().set_context(_document_cancel=True):
            move = self.move.cancel(default={
                    'date': self.cancel_date,
                    'period': period.id,
                    })
        move.origin = self
        return move

    def get_cancelled_lines(self):
        "Return the pairs of lines that cancel each other"
        for line in self.cancel_move.lines:
            if line.account.reconcile:
                yield [line.origin, line]

    def get_return_moves(self):
        "Return the unsaved stock moves that bring back the goods"
        StockMove = Pool().get('stock.move')
        moves = []
        for move in self.stock_moves:
            if move.state != 'done':
                continue
            moves.append(StockMove(
                    company=move.company,
                    product=move.product,
                    unit=move.unit,
                    quantity=move.quantity,
                    from_location=move.to_location,
                    to_location=move.from_location,
                    lot=move.lot,
                    effective_date=self.cancel_date,
                    unit_price=move.unit_price,
                    currency=move.currency,
                    origin=self))
        return moves

    # What is posted stays

    @classmethod
    def check_modification(
            cls, mode, documents, values=None, external=False):
        super().check_modification(
            mode, documents, values=values, external=external)
        if mode == 'create':
            for document in documents:
                if document.state != 'draft' or document.move:
                    raise AccessError(gettext(
                            'fupin_coop.msg_document_create_draft',
                            document=document.full_name))
        elif mode == 'write':
            if external and values.keys() & cls._document_fields:
                raise AccessError(gettext(
                        'fupin_coop.msg_document_write_state',
                        document=documents[0].full_name))
            if values.keys() - cls._document_fields:
                for document in documents:
                    if document.state != 'draft':
                        raise AccessError(gettext(
                                'fupin_coop.msg_document_modify',
                                document=document.full_name))
        elif mode == 'delete':
            for document in documents:
                if document.state != 'draft' or document.number:
                    raise AccessError(gettext(
                            'fupin_coop.msg_document_delete',
                            document=document.full_name))

    @classmethod
    def copy(cls, documents, default=None):
        default = default.copy() if default is not None else {}
        for name in cls._document_fields - {'state'}:
            default.setdefault(name)
        default.setdefault('stock_moves')
        return super().copy(documents, default=default)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('state') == 'cancelled', 'muted', '')),
            ]


def get_effect_models():
    "Return the names of the models of which effects are"
    names = []
    for _, Model in Pool().iterobject():
        if issubclass(Model, DocumentMixin):
            names.extend(Model.get_effect_models())
    return names


class DocumentOriginMixin:
    "Moves that only a document makes and takes back"
    __slots__ = ()

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + get_effect_models()

    @property
    def document(self):
        "The document that made the move, None if there is none"
        if self.origin and self.origin.__name__ in get_effect_models():
            return self.origin

    @classmethod
    def check_modification(cls, mode, moves, values=None, external=False):
        super().check_modification(
            mode, moves, values=values, external=external)
        if external and (
                mode == 'create' or (mode == 'write' and 'origin' in values)):
            for move in moves:
                cls.refuse_document(move)

    @classmethod
    def refuse_document(cls, move):
        "Raise an AccessError if the move is the work of a document"
        if document := move.document:
            raise AccessError(gettext(
                    'fupin_coop.msg_document_move',
                    document=getattr(
                        document, 'full_name', document.rec_name)))


class AccountMove(DocumentOriginMixin, metaclass=PoolMeta):
    __name__ = 'account.move'

    def cancel(self, default=None, reversal=False):
        if not Transaction().context.get('_document_cancel'):
            self.refuse_document(self)
        return super().cancel(default=default, reversal=reversal)


class AccountMoveLine(metaclass=PoolMeta):
    __name__ = 'account.move.line'

    @classmethod
    def check_document_cancel(cls, document, lines):
        """Raise a UserError if one of the lines of the posted document is
        paid or about to be paid."""
        for line in lines:
            if line.reconciliation:
                raise DocumentCancelError(gettext(
                        'fupin_coop.msg_document_cancel_paid',
                        document=document.full_name,
                        party=line.party.rec_name if line.party else '',
                        reconciliation=line.reconciliation.rec_name))
            for payment in line.payments:
                if payment.state != 'failed':
                    raise DocumentCancelError(gettext(
                            'fupin_coop.msg_document_cancel_payment',
                            document=document.full_name,
                            payment=payment.rec_name))


class StockMove(DocumentOriginMixin, metaclass=PoolMeta):
    __name__ = 'stock.move'

    @classmethod
    @ModelView.button
    @Workflow.transition('cancelled')
    def cancel(cls, moves):
        for move in moves:
            if move.state == 'done':
                cls.refuse_document(move)
        super().cancel(moves)

    def _get_account_stock_move(self):
        # The document has booked the goods itself
        if self.document:
            return
        return super()._get_account_stock_move()


class Income(metaclass=PoolMeta):
    __name__ = 'fupin.income'

    @classmethod
    def _get_origin(cls):
        return super()._get_origin() + get_effect_models()

    @classmethod
    def post_many(cls, company, date, rows):
        """Write thousands of lines of income of a date into the ledger at
        once.

        rows are (id of the household, id of the person, category, yuan,
        origin as text), without cost.  What post and create check of each
        line is checked here of all together; errors as of post, ValueError
        if one can not be posted at all."""
        pool = Pool()
        HouseholdYear = pool.get('fupin.household.year')
        Year = pool.get('fupin.income.year')
        year = Year.find(date)
        if year.state != 'open':
            raise IncomeYearClosedError(gettext(
                    'fupin_household.msg_income_year_closed',
                    year=year.rec_name, date=date))
        rules = {c: c.get_rule(date) for c in {row[2] for row in rows}}
        if any(row[3] != company.currency.round(row[3]) for row in rows):
            raise ValueError("an amount that is not in whole cents")
        if not ({row[4].partition(',')[0] for row in rows}
                <= set(cls._get_origin())):
            raise ValueError("an origin that posts no income")
        bulk_insert(
            cls, [
                'household', 'person', 'company', 'category', 'income_class',
                'industry', 'date', 'year', 'amount', 'cost', 'origin',
                'entry'],
            [[household, person, company.id, category.id,
                    rules[category].income_class, rules[category].industry,
                    date, year.id, amount, Decimal('0.00'), origin, 'posting']
                for household, person, category, amount, origin in rows])
        HouseholdYear.refresh({row[0] for row in rows}, [year.id])
