# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from sql import Null
from sql.conditionals import Case

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool, PoolMeta
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from trytond.modules.fupin_household.bulk_insert import bulk_insert, forget
from .exceptions import SurplusYearError
from .surplus_line import COLUMNS, ZERO

# those whose lines have a party
_MEMBER_ACCOUNTS = ['221', '222', '301']
_SLICE = 500


class Surplus(metaclass=PoolMeta):
    """What the posting of a distribution books, enters and takes back.

    There are several rows for each member, so they are written by the
    thousand: what create would check of each is the same for all and is
    checked once."""
    __name__ = 'fupin.surplus'

    # What the posting books

    @classmethod
    def get_effect_models(cls):
        return super().get_effect_models() + ['fupin.surplus.line']

    def get_effect_origins(self):
        return super().get_effect_origins() + list(self.lines)

    @classmethod
    def prepare_post(cls, surpluses):
        super().prepare_post(surpluses)
        for surplus in surpluses:
            # the database has the last word on a year distributed twice
            surplus.distributed_year = surplus.fiscalyear
        cls.save(surpluses)

    def get_accounts_used(self):
        "Return {code: account}"
        Configuration = Pool().get('account.configuration')
        return {
            code: Configuration.get_chart_account(code, self.company)
            for code in ['221', '222', '301', '322', '33201', '33202']}

    def get_move(self):
        """Return the move with the lines that have no party; those of the
        members are inserted before it is posted."""
        pool = Pool()
        Line = pool.get('account.move.line')
        ModelData = pool.get('ir.model.data')
        accounts = self.get_accounts_used()
        lines = []

        def book(debit, credit, amount, description):
            for code, debit_amount, credit_amount in [
                    (debit, amount, ZERO), (credit, ZERO, amount)]:
                if code and amount:
                    lines.append(Line(
                            account=accounts[code],
                            debit=debit_amount, credit=credit_amount,
                            description=gettext(
                                f'fupin_coop.msg_surplus_book_{description}',
                                year=self.fiscalyear.rec_name)))

        # 37号, account 332, in its order
        book('322', '33202', self.transferred, 'transferred')
        book('33201', '322', self.reserve, 'reserve')
        book('33201', None, self.line_17, 'refund')
        book('33201', None, self.line_18, 'remainder')
        book('33201', None, self.line_19, 'converted')
        book('33202', '33201',
            self.reserve + self.line_17 + self.line_18 + self.line_19,
            'settled')
        if lines:
            return self.new_move(
                ModelData.get_id('fupin_coop', 'journal_closing'), lines,
                description=gettext(
                    'fupin_coop.msg_surplus_move',
                    year=self.fiscalyear.rec_name))

    @classmethod
    def post_moves(cls, moves):
        for move in moves:
            surplus = move.origin
            if surplus.move == move:
                surplus.insert_member_lines()
            else:
                surplus.insert_cancel_lines()
        super().post_moves(moves)

    def insert_member_lines(self):
        """Insert what is owed to the members into the move, and what becomes
        their contribution.

        Three lines for each member are too many for create: what it would
        check of each is the same for all and checked once."""
        SurplusLine = Pool().get('fupin.surplus.line')
        accounts = self.get_accounts_used()
        parties = {
            m.id: m.party for m in self.get_members().values()}
        descriptions = {
            code: gettext(
                f'fupin_coop.msg_surplus_book_{name}',
                year=self.fiscalyear.rec_name)
            for code, name in [
                ('221', 'refund'), ('222', 'remainder'), ('301', 'converted')]}
        ids, rows = SurplusLine.read_rows(self)
        to_insert = []
        for id_, row in zip(ids, rows):
            values = dict(zip(COLUMNS, row))
            converted = (
                values['refund_converted'] + values['remainder_converted'])
            for code, amount in [
                    ('221', values['refund'] - values['refund_converted']),
                    ('222',
                        values['remainder'] - values['remainder_converted']),
                    ('301', converted)]:
                if amount:
                    to_insert.append([
                            self.move.id, accounts[code].id,
                            parties[values['member']], ZERO, amount,
                            None if code == '301' else self.maturity_date,
                            f'fupin.surplus.line,{id_}', descriptions[code],
                            'valid'])
        if to_insert:
            self._insert_lines(self.move, to_insert)

    def _insert_lines(self, move, rows):
        pool = Pool()
        Line = pool.get('account.move.line')
        Move = pool.get('account.move')
        accounts = self.get_accounts_used()
        Line.check_insert(move, [accounts[c] for c in _MEMBER_ACCOUNTS])
        bulk_insert(Line, [
                'move', 'account', 'party', 'debit', 'credit',
                'maturity_date', 'origin', 'description', 'state'], rows)
        forget(Move)
        Move.validate_move([move])

    @property
    def maturity_date(self):
        "Who decides also decides when it is owed"
        return self.resolution.date if self.resolution else self.date

    def post_many(self):
        "Enter what the members get, and the income of their households"
        pool = Pool()
        Category = pool.get('fupin.income.category')
        Entry = pool.get('fupin.member.entry')
        Income = pool.get('fupin.income')
        ModelData = pool.get('ir.model.data')
        super().post_many()
        categories = {
            kind: Category(ModelData.get_id(
                    'fupin_household', f'category_{kind}'))
            for kind in ['refund', 'remainder']}
        entries, incomes = [], []
        for origin, values in self._stored_lines():
            member, household = values['member'], values['household']
            for kind, category in categories.items():
                amount = values[kind]
                if not amount:
                    continue
                entries.append((member, kind, amount, origin))
                if household is not None:
                    incomes.append((
                            household, values['person'], category, amount,
                            origin))
            share = values['reserve_share'] - values['reserve_taken']
            if share:
                entries.append((member, 'reserve', share, origin))
        if entries:
            Entry.post_many(self.company, self.date, entries)
        if incomes:
            Income.post_many(self.company, self.maturity_date, incomes)

    def _stored_lines(self):
        SurplusLine = Pool().get('fupin.surplus.line')
        ids, rows = SurplusLine.read_rows(self)
        for id_, row in zip(ids, rows):
            yield f'fupin.surplus.line,{id_}', dict(zip(COLUMNS, row))

    @classmethod
    @ModelView.button
    def post(cls, surpluses):
        super().post(surpluses)
        for surplus in cls.browse(surpluses):
            surplus.convert()

    def convert(self):
        """Enter what is converted into the register of contributions.

        The households have earned it and it is not paid out any more: their
        income counts as paid."""
        pool = Pool()
        Contribution = pool.get('fupin.member.contribution')
        Income = pool.get('fupin.income')
        IncomePayment = pool.get('fupin.income.payment')
        Member = pool.get('fupin.member')
        ModelData = pool.get('ir.model.data')
        converted = {
            origin: values for origin, values in self._stored_lines()
            if values['refund_converted'] or values['remainder_converted']}
        if not converted:
            return
        Contribution.register_converted(
            self, self.date, [
                (Member(values['member']),
                    values['refund_converted'] + values['remainder_converted'],
                    'surplus')
                for values in converted.values()])
        names = {
            ModelData.get_id('fupin_household', f'category_{kind}'):
            f'{kind}_converted'
            for kind in ['refund', 'remainder']}
        payments = []
        for origins in grouped_slice(list(converted), 500):
            for income in Income.search([
                        ('origin', 'in', list(origins)),
                        ('entry', '=', 'posting'),
                        ], order=[('id', 'ASC')]):
                name = names[income.category.id]
                if amount := converted[str(income.origin)][name]:
                    payments.append(IncomePayment(
                            income=income,
                            date=income.date,
                            amount=amount,
                            origin=income.origin))
        IncomePayment.post(payments)

    # Cancelling

    def get_cancel_date(self):
        # the fiscal year is open, so it stays in the books of the year
        return self.date

    def check_cancel(self):
        super().check_cancel()
        if self.fiscalyear.state != 'open':
            raise SurplusYearError(gettext(
                    'fupin_coop.msg_surplus_year_closed',
                    surplus=self.full_name,
                    year=self.fiscalyear.rec_name))

    def get_cancel_move(self):
        """Return the move with the lines that have no party; those of the
        members are inserted before it is posted."""
        Line = Pool().get('account.move.line')
        move = self.new_move(self.move.journal, [
                Line(
                    account=line.account,
                    debit=-line.debit, credit=-line.credit,
                    description=line.description,
                    origin=line)
                for line in Line.search([
                        ('move', '=', self.move.id),
                        ('party', '=', None),
                        ], order=[('id', 'ASC')])],
            description=self.move.description)
        move.date = self.cancel_date
        move.period = self.get_period(self.cancel_date)
        return move

    def insert_cancel_lines(self):
        "Insert the reverse of the lines of the members (red letters)"
        Line = Pool().get('account.move.line')
        table = Line.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id, table.account, table.party, table.debit,
                table.credit, table.maturity_date, table.description,
                where=(table.move == self.move.id) & (table.party != Null),
                order_by=[table.id]))
        rows = [[
                self.cancel_move.id, account, party, -Decimal(str(debit)),
                -Decimal(str(credit)), maturity_date,
                f'account.move.line,{id_}', description, 'valid']
            for id_, account, party, debit, credit, maturity_date, description
            in cursor]
        if rows:
            self._insert_lines(self.cancel_move, rows)

    def get_cancelled_lines(self):
        "Those of the members are reconciled all together"
        return []

    def reconcile_cancelled(self):
        """Reconcile what was owed to each member with its reverse.

        Both are of the same account and party, and their sum is zero.  None
        is paid or about to be: check_cancel has seen to it."""
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        Reconciliation = pool.get('account.move.reconciliation')
        cursor = Transaction().connection.cursor()
        table, reconciliation = Line.__table__(), Reconciliation.__table__()
        accounts = [
            a.id for a in self.get_accounts_used().values() if a.reconcile]
        cursor.execute(*table.select(
                table.id, table.origin,
                where=(table.move == self.cancel_move.id)
                & (table.party != Null)
                & fields.SQL_OPERATORS['in'](table.account, accounts),
                order_by=[table.id]))
        pairs = [
            (id_, int(origin.partition(',')[2])) for id_, origin in cursor]
        if not pairs:
            return
        sequence = Configuration(1).get_multivalue(
            'reconciliation_sequence', company=self.company.id)
        numbers = list(sequence.get_many(len(pairs)))
        bulk_insert(
            Reconciliation, ['company', 'number', 'date'],
            [[self.company.id, number, max(self.date, self.cancel_date)]
                for number in numbers])
        for part in grouped_slice(list(zip(numbers, pairs)), _SLICE):
            part = dict(part)
            cursor.execute(*reconciliation.select(
                    reconciliation.number, reconciliation.id,
                    where=(reconciliation.company == self.company.id)
                    & fields.SQL_OPERATORS['in'](
                        reconciliation.number, list(part))))
            lines = {
                line: id_ for number, id_ in cursor for line in part[number]}
            cursor.execute(*table.update(
                    [table.reconciliation],
                    [Case(*((table.id == line, id_)
                            for line, id_ in lines.items()))],
                    where=fields.SQL_OPERATORS['in'](table.id, list(lines))))
        forget(Line)

    @classmethod
    @ModelView.button
    def cancel(cls, surpluses):
        pool = Pool()
        Contribution = pool.get('fupin.member.contribution')
        IncomePayment = pool.get('fupin.income.payment')
        surpluses = cls.claim(surpluses, 'posted')
        for surplus in surpluses:
            surplus.check_cancel()
        for surplus in surpluses:
            if surplus.line_19:
                Contribution.take_back(surplus)
                IncomePayment.reverse(list(surplus.lines), date=surplus.date)
        super().cancel(surpluses)
        for surplus in cls.browse(surpluses):
            if surplus.cancel_move:
                surplus.reconcile_cancelled()
        cls.write(surpluses, {'distributed_year': None})
