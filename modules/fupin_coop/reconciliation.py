# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Do the ledgers, the documents and the books tie?

    python -m trytond.modules.fupin_coop.reconciliation -c CONFIG -d DATABASE

prints each comparison with its difference, names the records that differ
and exits with 1 if there are any."""
import sys
import unicodedata
from collections import namedtuple
from decimal import Decimal

from sql import Cast, Literal, Null, Union
from sql.aggregate import Sum
from sql.conditionals import Case, Coalesce, NullIf
from sql.functions import Abs, Round
from sql.operators import Concat, Exists

from trytond.i18n import gettext
from trytond.model import Model, ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.modules.fupin_household import command
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateView, Wizard

from .document import get_effect_models
from .exact_sum import to_amount, to_cents
from .lot_cost import lot_value

# How many records of one check are named
NAMED = 100

Comparison = namedtuple(
    'Comparison', ['name', 'left', 'right', 'detail'], defaults=[None])
Check = namedtuple(
    'Check', ['name', 'left', 'right', 'difference', 'differences', 'count'])
Difference = namedtuple(
    'Difference', ['record', 'label', 'left', 'right', 'difference'])


def to_text(column):
    return Cast(column, 'VARCHAR')


def to_reference(name, column):
    return Concat(f'{name},', to_text(column))


def entries(from_, record, amount, where, detail=None):
    "Return a query of what one side of a comparison has for each record"
    return from_.select(
        record.as_('record'),
        to_text(detail if detail is not None else Literal(''))
        .as_('detail'),
        to_cents(amount).as_('amount'),
        where=where)


class Reconciliation(Model):
    """The comparisons of a company.

    Each has two queries of (record, detail, amount in cents): what should be
    and what is.  They tie when both have the same sum for each record and
    detail.  Modules with other documents add theirs to get_comparisons."""
    __name__ = 'fupin.reconciliation'

    @classmethod
    @without_check_access
    def check(cls, company):
        """Return the checks of the company, None for what the households
        declared without one."""
        if company is None:
            comparisons = cls.get_declaration_comparisons()
        else:
            comparisons = cls.get_comparisons(company)
        checks = [cls._compare(c) for c in comparisons]
        if company is not None:
            checks.append(cls._check_lot_values(company))
        return checks

    @classmethod
    def get_comparisons(cls, company):
        return (cls.get_delivery_comparisons(company)
            + cls.get_income_comparisons(company)
            + cls.get_settlement_comparisons(company)
            + cls.get_book_comparisons(company))

    @classmethod
    def _compare(cls, comparison):
        cursor = Transaction().connection.cursor()

        def both():
            left, right = comparison.left, comparison.right
            return Union(
                left.select(
                    left.record, left.detail, left.amount.as_('left_amount'),
                    Cast(Literal(0), 'BIGINT').as_('right_amount')),
                right.select(
                    right.record, right.detail,
                    Cast(Literal(0), 'BIGINT').as_('left_amount'),
                    right.amount.as_('right_amount')),
                all_=True)

        table = both()
        cursor.execute(*table.select(
                Sum(table.left_amount), Sum(table.right_amount)))
        left, right = map(to_amount, cursor.fetchone())
        table = both()
        grouped = table.select(
            table.record, table.detail,
            Sum(table.left_amount).as_('left_amount'),
            Sum(table.right_amount).as_('right_amount'),
            group_by=[table.record, table.detail],
            having=Sum(table.left_amount) != Sum(table.right_amount),
            order_by=[table.record, table.detail])
        cursor.execute(*grouped)
        rows = cursor.fetchall()
        differences = [
            cls._difference(
                record, to_amount(own), to_amount(found),
                comparison.detail, detail)
            for record, detail, own, found in rows[:NAMED]]
        return Check(
            comparison.name, left, right, left - right, differences,
            len(rows))

    @classmethod
    def _difference(cls, record, left, right, model=None, detail=None):
        label = cls._label(record)
        if model and detail:
            label += ' · ' + cls._label(f'{model},{detail}')
        elif detail:
            label += ' · ' + cls._label(detail)
        return Difference(record, label, left, right, left - right)

    @classmethod
    def _label(cls, record):
        "Return what a person calls the record, also one that is gone"
        pool = Pool()
        IrModel = pool.get('ir.model')
        name, _, id_ = record.partition(',')
        try:
            Record = pool.get(name)
            label = IrModel.get_name(name)
            records = Record.search([('id', '=', int(id_))])
        except (KeyError, ValueError):
            return record
        if not records:
            return gettext(
                'fupin_coop.msg_reconciliation_missing',
                model=label, id=id_)
        return f'{label} {records[0].rec_name}'

    # Deliveries: each effect has the amount of the document

    @classmethod
    def get_delivery_comparisons(cls, company):
        pool = Pool()
        Delivery = pool.get('fupin.delivery')
        Entry = pool.get('fupin.member.entry')
        Income = pool.get('fupin.income')
        Line = pool.get('account.move.line')
        Location = pool.get('stock.location')
        Move = pool.get('account.move')
        StockMove = pool.get('stock.move')
        model = Delivery.__name__

        def deliveries(amount='amount', detail=None):
            table = Delivery.__table__()
            where = (
                (table.company == company.id) & (table.state == 'posted'))
            if detail:
                detail = getattr(table, detail)
                where &= detail != Null
            return entries(
                table, to_reference(model, table.id), getattr(table, amount),
                where, detail)

        # Who is no member earns income if the township knows the person
        delivery, income = Delivery.__table__(), Income.__table__()
        of_others = entries(
            delivery.join(income, condition=income.origin
                == to_reference(model, delivery.id)),
            to_reference(model, delivery.id), delivery.amount,
            (delivery.company == company.id) & (delivery.state == 'posted')
            & (delivery.member == Null) & (income.entry == 'posting')
            & (income.company == company.id),
            income.household)
        income = Income.__table__()
        incomes = entries(
            income, income.origin, income.amount,
            (income.company == company.id) & income.origin.like(f'{model},%'),
            income.household)

        entry = Entry.__table__()
        member_entries = entries(
            entry, entry.origin, entry.amount,
            (entry.company == company.id) & (entry.kind == 'trade')
            & entry.origin.like(f'{model},%'),
            entry.member)

        def booked(amount, payable):
            move, line = Move.__table__(), Line.__table__()
            return entries(
                line.join(move, condition=line.move == move.id),
                move.origin, amount(line),
                (move.company == company.id) & (move.state == 'posted')
                & move.origin.like(f'{model},%')
                & (line.party != Null if payable else line.party == Null),
                line.party if payable else None)

        move, location = StockMove.__table__(), Location.__table__()
        stock_moves = entries(
            move.join(
                location, condition=move.from_location == location.id),
            move.origin,
            Case((location.type == 'supplier', move.quantity),
                else_=-move.quantity),
            (move.company == company.id) & (move.state == 'done')
            & move.origin.like(f'{model},%'),
            move.product)

        return [
            Comparison(
                'delivery_income',
                Union(deliveries(detail='household'), of_others, all_=True),
                incomes, 'fupin.household'),
            Comparison(
                'delivery_member_entry', deliveries(detail='member'),
                member_entries, 'fupin.member'),
            Comparison(
                'delivery_payable', deliveries(detail='grower'),
                booked(lambda line: line.credit - line.debit, True),
                'party.party'),
            Comparison(
                'delivery_stock', deliveries(),
                booked(lambda line: line.debit - line.credit, False)),
            Comparison(
                'delivery_quantity',
                deliveries(amount='quantity', detail='product'),
                stock_moves, 'product.product'),
            Comparison(
                'lot_cost', *cls._get_lot_costs(company)),
            ]

    @classmethod
    def _get_lot_costs(cls, company):
        "What left and came back of each delivery, and what was booked of it"
        pool = Pool()
        Delivery = pool.get('fupin.delivery')
        Harvest = pool.get('fupin.own_production.harvest')
        HarvestLine = pool.get('fupin.own_production.harvest.line')
        Line = pool.get('account.move.line')
        Location = pool.get('stock.location')
        Lot = pool.get('stock.lot')
        Move = pool.get('account.move')
        Purchase = pool.get('fupin.supply.purchase')
        PurchaseLine = pool.get('fupin.supply.purchase.line')
        StockMove = pool.get('stock.move')

        stock_move, location = StockMove.__table__(), Location.__table__()
        costs = entries(
            stock_move.join(location,
                condition=stock_move.from_location == location.id),
            to_reference('stock.move', stock_move.id),
            Case((location.type == 'storage', -stock_move.lot_cost),
                else_=stock_move.lot_cost),
            (stock_move.company == company.id)
            & (stock_move.state == 'done') & (stock_move.lot_cost != Null)
            # what a supply or the own production takes is booked by it
            & ~Coalesce(stock_move.origin, '').like('fupin.supply,%')
            & ~Coalesce(stock_move.origin, '').like(
                'fupin.own_production.input,%'))

        move, line = Move.__table__(), Line.__table__()
        stock_move, lot = StockMove.__table__(), Lot.__table__()
        delivery, stock = Delivery.__table__(), Line.__table__()
        purchase = Purchase.__table__()
        purchase_line = PurchaseLine.__table__()
        harvest, harvest_line = Harvest.__table__(), HarvestLine.__table__()
        booked = entries(
            line
            .join(move, condition=line.move == move.id)
            .join(stock_move, condition=move.origin
                == to_reference('stock.move', stock_move.id))
            .join(lot, condition=stock_move.lot == lot.id)
            .join(delivery, 'LEFT', condition=lot.delivery == delivery.id)
            .join(purchase_line, 'LEFT',
                condition=lot.purchase_line == purchase_line.id)
            .join(purchase, 'LEFT',
                condition=purchase_line.purchase == purchase.id)
            .join(harvest_line, 'LEFT',
                condition=lot.harvest_line == harvest_line.id)
            .join(harvest, 'LEFT',
                condition=harvest_line.harvest == harvest.id)
            .join(stock, condition=(stock.move
                    == Coalesce(delivery.move, purchase.move, harvest.move))
                & (to_cents(stock.debit) > 0)),
            move.origin, line.debit - line.credit,
            (move.company == company.id) & (move.state == 'posted')
            & move.origin.like('stock.move,%')
            & (line.account == stock.account))
        return costs, booked

    @classmethod
    def _check_lot_values(cls, company):
        """What the books have for a lot is its share of what the delivery,
        the purchase or the harvest cost, so that an empty lot is worth
        nothing."""
        pool = Pool()
        Delivery = pool.get('fupin.delivery')
        Harvest = pool.get('fupin.own_production.harvest')
        HarvestLine = pool.get('fupin.own_production.harvest.line')
        Location = pool.get('stock.location')
        Lot = pool.get('stock.lot')
        Purchase = pool.get('fupin.supply.purchase')
        PurchaseLine = pool.get('fupin.supply.purchase.line')
        StockMove = pool.get('stock.move')
        delivery, lot = Delivery.__table__(), Lot.__table__()
        purchase = Purchase.__table__()
        purchase_line = PurchaseLine.__table__()
        harvest, harvest_line = Harvest.__table__(), HarvestLine.__table__()
        move, location = StockMove.__table__(), Location.__table__()
        cursor = Transaction().connection.cursor()

        sign = Case((location.type == 'storage', -1), else_=1)
        received = (location.type.in_(['supplier', 'production'])
            & (move.origin == Coalesce(
                    to_reference('fupin.delivery', delivery.id),
                    to_reference('fupin.supply.purchase', purchase.id),
                    to_reference(Harvest.__name__, harvest.id))))
        amount = Coalesce(
            delivery.amount, purchase_line.amount, harvest_line.amount)
        values = (lot
            .join(delivery, 'LEFT', condition=lot.delivery == delivery.id)
            .join(purchase_line, 'LEFT',
                condition=lot.purchase_line == purchase_line.id)
            .join(purchase, 'LEFT',
                condition=purchase_line.purchase == purchase.id)
            .join(harvest_line, 'LEFT',
                condition=lot.harvest_line == harvest_line.id)
            .join(harvest, 'LEFT',
                condition=harvest_line.harvest == harvest.id)
            .join(move, condition=move.lot == lot.id)
            .join(location, condition=move.from_location == location.id)
            .select(
                lot.id, to_cents(amount).as_('amount'),
                Sum(Case((received, move.internal_quantity), else_=0))
                .as_('received'),
                Sum(Case(
                        (received, move.internal_quantity),
                        (move.lot_cost != Null,
                            sign * move.internal_quantity),
                        else_=0)).as_('remaining'),
                (to_cents(amount) + Sum(to_cents(
                            sign * Coalesce(move.lot_cost, 0))))
                .as_('book'),
                where=(lot.company == company.id)
                & (Coalesce(delivery.state, purchase.state, harvest.state)
                    == 'posted')
                & (move.state == 'done'),
                group_by=[
                    lot.id, delivery.amount, purchase_line.amount,
                    harvest_line.amount]))
        cursor.execute(*values.select(Sum(values.book)))
        total = to_amount(cursor.fetchone()[0])
        cursor.execute(*values.select(
                values.id, values.amount, values.received, values.remaining,
                values.book,
                # More than rounding can make; decided below
                where=(values.received <= 0) | (Abs((
                            values.book - values.amount * values.remaining
                            / NullIf(values.received, 0)) * 10) > 4),
                order_by=[values.id]))
        differences = []
        missing = Decimal(0)
        for id_, amount, received, remaining, book in cursor.fetchall():
            received, remaining = (
                round(Decimal(str(x)), 6) for x in [received, remaining])
            should = Decimal('0.00')
            if received > 0:
                should = lot_value(to_amount(amount), received, remaining)
            book = to_amount(book)
            if should != book:
                missing += should - book
                differences.append((f'stock.lot,{id_}', should, book))
        return Check(
            'lot_value', total + missing, total, missing,
            [cls._difference(*d) for d in differences[:NAMED]],
            len(differences))

    # The ledger of income

    @classmethod
    def get_income_comparisons(cls, company):
        pool = Pool()
        Income = pool.get('fupin.income')
        Year = pool.get('fupin.income.year')

        def of_company(condition=None):
            income = Income.__table__()
            where = income.company == company.id
            if condition:
                where &= condition(income)
            return entries(
                income, to_reference('fupin.income', income.id),
                income.amount, where)

        def in_year(income):
            year = Year.__table__()
            return Exists(year.select(
                    year.id,
                    where=(year.id == income.year)
                    & (year.start_date <= income.date)
                    & (year.end_date >= income.date)))

        def with_document(income):
            known = Literal(False)
            for name in cls.get_documents():
                known |= income.origin.like(f'{name},%')
            return known

        def reversal(income):
            "A posting, or the opposite of the posting that it takes back"
            posting = Income.__table__()
            return (income.entry == 'posting') | Exists(posting.select(
                    posting.id,
                    where=(posting.id == income.reversal_of)
                    & (to_cents(posting.amount) == to_cents(-income.amount))
                    & (posting.household == income.household)
                    & (posting.origin == income.origin)))

        return [
            Comparison(
                'income_document', of_company(with_document), of_company()),
            Comparison('income_year', of_company(in_year), of_company()),
            Comparison('income_reversal', of_company(reversal), of_company()),
            Comparison('income_paid', *cls._get_paid(company)),
            Comparison('income_paid_limit', *cls._get_paid_limit(company)),
            ]

    @classmethod
    def get_documents(cls):
        "Return the names of the models that post income of a cooperative"
        return get_effect_models()

    @classmethod
    def _get_paid(cls, company):
        "What settlements paid of the income, and what the ledger says"
        pool = Pool()
        Income = pool.get('fupin.income')
        Item = pool.get('fupin.settlement.item')
        Line = pool.get('fupin.settlement.line')
        Move = pool.get('account.move')
        MoveLine = pool.get('account.move.line')
        Payment = pool.get('fupin.income.payment')
        Settlement = pool.get('fupin.settlement')

        income, reversal = Income.__table__(), Income.__table__()
        earned = income.select(
            income.origin, Sum(income.amount).as_('amount'),
            where=(income.company == company.id)
            & (income.entry == 'posting')
            & ~Exists(reversal.select(
                    reversal.id, where=reversal.reversal_of == income.id)),
            group_by=[income.origin])
        settlement, line = Settlement.__table__(), Line.__table__()
        item, move_line = Item.__table__(), MoveLine.__table__()
        move = Move.__table__()
        paid = entries(
            line
            .join(settlement, condition=line.settlement == settlement.id)
            .join(item, condition=item.line == line.id)
            .join(move_line, condition=item.move_line == move_line.id)
            .join(move, condition=move_line.move == move.id)
            .join(earned, condition=earned.origin == move.origin),
            to_reference('fupin.settlement.line', line.id),
            Case((to_cents(item.amount) < to_cents(earned.amount),
                    item.amount),
                else_=earned.amount),
            (settlement.company == company.id)
            & (line.state == 'succeeded') & (to_cents(item.amount) > 0),
            move.origin)
        income, payment = Income.__table__(), Payment.__table__()
        ledger = entries(
            payment.join(income, condition=payment.income == income.id),
            payment.origin, payment.amount,
            income.company == company.id, income.origin)
        return paid, ledger

    @classmethod
    def _get_paid_limit(cls, company):
        "No income is paid beyond its amount or below nothing"
        pool = Pool()
        Income = pool.get('fupin.income')
        Payment = pool.get('fupin.income.payment')

        def query(limited):
            income, reversal = Income.__table__(), Income.__table__()
            payment = Payment.__table__()
            paid = payment.select(
                payment.income, Round(Sum(payment.amount), 2).as_('amount'),
                group_by=[payment.income])
            limit = income.amount + Coalesce(reversal.amount, 0)
            amount = paid.amount
            if limited:
                amount = Case(
                    (to_cents(amount) < 0, 0),
                    (to_cents(amount) > to_cents(limit), limit),
                    else_=amount)
            return entries(
                income
                .join(paid, condition=paid.income == income.id)
                .join(reversal, 'LEFT',
                    condition=reversal.reversal_of == income.id),
                to_reference('fupin.income', income.id), amount,
                (income.company == company.id) & (income.entry == 'posting'))
        return query(True), query(False)

    @classmethod
    def get_declaration_comparisons(cls):
        "What was declared and verified is in the ledger"
        pool = Pool()
        Declaration = pool.get('fupin.income.declaration')
        Income = pool.get('fupin.income')
        Line = pool.get('fupin.income.declaration.line')
        declaration, line = Declaration.__table__(), Line.__table__()
        income = Income.__table__()
        return [Comparison(
                'declaration_income',
                entries(
                    line.join(declaration,
                        condition=line.declaration == declaration.id),
                    to_reference(Line.__name__, line.id), line.amount,
                    declaration.state == 'verified', declaration.household),
                entries(
                    income, income.origin, income.amount,
                    income.company == Null, income.household),
                'fupin.household'),
            ]

    # Settlements

    @classmethod
    def get_settlement_comparisons(cls, company):
        pool = Pool()
        Item = pool.get('fupin.settlement.item')
        Line = pool.get('fupin.settlement.line')
        Move = pool.get('account.move')
        MoveLine = pool.get('account.move.line')
        Payment = pool.get('account.payment')
        Settlement = pool.get('fupin.settlement')
        model = Line.__name__

        def lines(condition, detail=None, gross=False):
            settlement, line = Settlement.__table__(), Line.__table__()
            return entries(
                line.join(
                    settlement, condition=line.settlement == settlement.id),
                to_reference(model, line.id),
                line.amount + (
                    Case((line.state == 'draft', line.netted), else_=0)
                    if gross else 0),
                (settlement.company == company.id) & condition(line.state),
                getattr(line, detail) if detail else None)

        def succeeded(state):
            return state == 'succeeded'

        def with_items():
            settlement, line = Settlement.__table__(), Line.__table__()
            item, move_line = Item.__table__(), MoveLine.__table__()
            return settlement, line, item, move_line, (line
                .join(settlement, condition=line.settlement == settlement.id)
                .join(item, condition=(item.line == line.id)
                    & (item.kind == 'owed'))
                .join(move_line, condition=item.move_line == move_line.id))

        settlement, line, item, move_line, from_ = with_items()
        covered = entries(
            from_, to_reference(model, line.id),
            move_line.credit - move_line.debit,
            (settlement.company == company.id) & (line.state != 'cancelled'))

        payment = Payment.__table__()
        payments = entries(
            payment, payment.origin, payment.amount,
            (payment.company == company.id) & (payment.state == 'succeeded')
            & payment.origin.like(f'{model},%'))

        # What the moves of the payments, and those that took them back,
        # booked on the account of the payee
        def booked(taken_back):
            line, payment = Line.__table__(), Payment.__table__()
            move, move_line = Move.__table__(), MoveLine.__table__()
            from_ = (payment
                .join(line, condition=payment.origin
                    == to_reference(model, line.id))
                .join(move, condition=move.origin
                    == to_reference('account.payment', payment.id)))
            booking = move
            if taken_back:
                booking = Move.__table__()
                from_ = from_.join(booking, condition=booking.origin
                    == to_reference('account.move', move.id))
            return entries(
                from_.join(move_line, condition=(move_line.move == booking.id)
                    & (move_line.account == line.account)),
                payment.origin, move_line.debit - move_line.credit,
                (payment.company == company.id)
                & (booking.state == 'posted'),
                move_line.party)

        settlement, line, item, move_line, from_ = with_items()
        payment, cleared = Payment.__table__(), MoveLine.__table__()
        reconciled = entries(
            from_
            .join(payment, condition=line.payment == payment.id)
            .join(cleared, condition=(cleared.move == payment.clearing_move)
                & (cleared.account == line.account)
                & (cleared.reconciliation == move_line.reconciliation)),
            to_reference(model, line.id),
            move_line.credit - move_line.debit,
            (settlement.company == company.id) & (line.state == 'succeeded'))

        return [
            Comparison(
                'settlement_covered',
                # a draft has not booked yet what it sets off
                lines(lambda state: state != 'cancelled', gross=True),
                covered),
            Comparison('settlement_payment', lines(succeeded), payments),
            Comparison(
                'settlement_booked', lines(succeeded, 'party'),
                Union(booked(False), booked(True), all_=True),
                'party.party'),
            Comparison('settlement_reconciled', lines(succeeded), reconciled),
            ]

    # The books

    @classmethod
    def get_book_comparisons(cls, company):
        pool = Pool()
        Line = pool.get('account.move.line')
        Move = pool.get('account.move')

        def booked(side, by_reconciliation=False):
            line, move = Line.__table__(), Move.__table__()
            where = (move.company == company.id) & (move.state == 'posted')
            if by_reconciliation:
                where &= line.reconciliation != Null
                record = to_reference(
                    'account.move.reconciliation', line.reconciliation)
            else:
                record = to_reference('account.move', move.id)
            return entries(
                line.join(move, condition=line.move == move.id),
                record, getattr(line, side), where)

        def with_origin(existing):
            line, move = Line.__table__(), Move.__table__()
            where = (move.company == company.id) & (move.state == 'posted')
            found, known = Literal(False), Literal(False)
            for name in ['stock.move', 'account.payment', 'account.move']:
                origin = pool.get(name).__table__()
                of_model = move.origin.like(f'{name},%')
                known |= of_model
                found |= of_model & Exists(origin.select(
                        origin.id,
                        where=move.origin == to_reference(name, origin.id)))
            where &= found if existing else known
            return entries(
                line.join(move, condition=line.move == move.id),
                to_reference('account.move', move.id), line.debit, where)

        return [
            Comparison('move_balance', booked('debit'), booked('credit')),
            Comparison(
                'reconciliation_balance',
                booked('debit', True), booked('credit', True)),
            Comparison('move_origin', with_origin(True), with_origin(False)),
            ]


class ReconciliationStart(ModelView):
    __name__ = 'fupin.reconciliation.start'
    __string__ = "Reconciliation"

    company = fields.Many2One(
        'company.company', "Company",
        help="Leave empty to check all your cooperatives.")
    date = fields.Date(
        "Equity on",
        help="Check only the equity and the accounts of members at the end "
        "of this day; leave empty to check everything as it is now.")

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')


class ReconciliationResult(ModelView):
    __name__ = 'fupin.reconciliation.result'
    __string__ = "Reconciliation"

    tied = fields.Boolean("Everything Ties", readonly=True)
    checks = fields.One2Many(
        'fupin.reconciliation.check', None, "Checks", readonly=True)
    differences = fields.One2Many(
        'fupin.reconciliation.difference', None, "Differences",
        readonly=True)


class ReconciliationCheck(ModelView):
    __name__ = 'fupin.reconciliation.check'
    __string__ = "Reconciliation Check"

    company = fields.Many2One('company.company', "Company", readonly=True)
    title = fields.Char("Check", readonly=True)
    currency = fields.Many2One(
        'currency.currency', "Currency", readonly=True)
    left = Monetary(
        "Should Be", currency='currency', digits='currency', readonly=True)
    right = Monetary(
        "Is", currency='currency', digits='currency', readonly=True)
    difference = Monetary(
        "Difference", currency='currency', digits='currency', readonly=True)
    count = fields.Integer("Records that Differ", readonly=True)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Eval('count', 0) > 0, 'danger', '')),
            ]


class ReconciliationDifference(ModelView):
    __name__ = 'fupin.reconciliation.difference'
    __string__ = "Difference"

    title = fields.Char("Check", readonly=True)
    label = fields.Char("Record", readonly=True)
    currency = fields.Many2One(
        'currency.currency', "Currency", readonly=True)
    left = Monetary(
        "Should Be", currency='currency', digits='currency', readonly=True)
    right = Monetary(
        "Is", currency='currency', digits='currency', readonly=True)
    difference = Monetary(
        "Difference", currency='currency', digits='currency', readonly=True)


class Reconcile(Wizard):
    __name__ = 'fupin.reconciliation'

    start = StateView(
        'fupin.reconciliation.start',
        'fupin_coop.reconciliation_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Check", 'result', 'tryton-ok', default=True),
            ])
    result = StateView(
        'fupin.reconciliation.result',
        'fupin_coop.reconciliation_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def default_result(self, fields):
        pool = Pool()
        Company = pool.get('company.company')
        Reconciliation = pool.get('fupin.reconciliation')
        User = pool.get('res.user')
        allowed = User(Transaction().user).companies
        companies = [
            c for c in allowed
            if not self.start.company or c == self.start.company]
        date = getattr(self.start, 'date', None)
        checks, differences = [], []
        for company in map(Company, map(int, companies)):
            currency = company.currency.id
            if date:
                company_checks = Reconciliation.check_equity(
                    company, date)
            else:
                company_checks = Reconciliation.check(company)
            for check in company_checks:
                title = get_title(check)
                checks.append({
                        'company': company.id,
                        'title': title,
                        'currency': currency,
                        'left': check.left,
                        'right': check.right,
                        'difference': check.difference,
                        'count': check.count,
                        })
                differences += [{
                        'title': title,
                        'label': d.label,
                        'currency': currency,
                        'left': d.left,
                        'right': d.right,
                        'difference': d.difference,
                        } for d in check.differences]
        return {
            'tied': bool(checks) and not any(c['count'] for c in checks),
            'checks': checks,
            'differences': differences,
            }


def get_title(check):
    "Return what the check is called; other modules prefix their names"
    module, _, name = check.name.rpartition('.')
    return gettext(f'{module or "fupin_coop"}.msg_reconciliation_{name}')


# The command

def get_parser():
    parser = command.get_parser(
        'fupin-reconcile', "Check that ledgers, documents and books tie.")
    parser.add_argument(
        '--company', action='append', metavar='NAME',
        help="check only this cooperative (may be repeated)")
    return parser


def main(args=None):
    return command.start(
        'trytond.modules.fupin_coop.reconciliation', get_parser(), args)


def run(args=None):
    "Print the checks and return the exit status"
    options = get_parser().parse_args(args)
    return command.in_transaction(options, lambda: report(options.company))


def report(names=None, file=None):
    "Print the checks of all cooperatives, return 1 if one finds something"
    pool = Pool()
    Company = pool.get('company.company')
    Reconciliation = pool.get('fupin.reconciliation')
    domain = [('cooperative', '=', True)]
    if names:
        domain.append(('party.name', 'in', names))
    companies = Company.search(domain, order=[('id', 'ASC')])
    if names and len(companies) != len(set(names)):
        print(gettext('fupin_coop.msg_reconciliation_company'), file=file)
        return 2
    found = 0
    for company in [*companies, None]:
        if company is None and names:
            continue
        title = (company.rec_name if company
            else gettext('fupin_coop.msg_reconciliation_declarations'))
        print(title, file=file)
        for check in Reconciliation.check(company):
            found += check.count
            print('  ' + _row(
                    get_title(check), check.left, check.right,
                    check.difference), file=file)
            for difference in check.differences:
                print('    ! ' + _row(
                        difference.label, difference.left, difference.right,
                        difference.difference, width=46), file=file)
            if check.count > len(check.differences):
                print('    ! ' + gettext(
                        'fupin_coop.msg_settlement_more',
                        count=check.count - len(check.differences)),
                    file=file)
    if found:
        print(gettext(
                'fupin_coop.msg_reconciliation_found', count=found),
            file=file)
    else:
        print(gettext('fupin_coop.msg_reconciliation_tied'), file=file)
    return 1 if found else 0


def _row(label, *amounts, width=50):
    # A Chinese character is as wide as two others
    size = sum(
        2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in label)
    return label + ' ' * (width - size) + ''.join(
        f' {a:>16,.2f}' for a in amounts)


if __name__ == '__main__':
    sys.exit(main())
