# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Window
from sql.aggregate import Sum
from sql.conditionals import Case, Coalesce

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Eval

from .exact_sum import to_amount, to_cents
from .labour_worker import CODES, KINDS


class LabourEntry(ModelSQL, ModelView):
    """What is owed to each worker and paid, with the balance

    The detailed ledgers of 212 应付工资 and 213 应付劳务费."""
    __name__ = 'fupin.labour.entry'
    __string__ = "Ledger of Wages"

    company = fields.Many2One('company.company', "Company")
    party = fields.Many2One(
        'party.party', "Party",
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    kind = fields.Selection(KINDS, "Kind", sort=False)
    account = fields.Many2One('account.account', "Account")
    date = fields.Date("Date")
    move = fields.Many2One('account.move', "Account Move")
    document = fields.Function(fields.Char("Document"), 'get_document')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'get_currency')
    owed = Monetary("Earned", currency='currency', digits='currency')
    paid = Monetary("Paid", currency='currency', digits='currency')
    balance_cents = fields.Integer("Balance in Cents")
    balance = fields.Function(Monetary(
            "Owed", currency='currency', digits='currency',
            help="What is owed after the entry."),
        'get_balance')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('party', 'ASC'), ('account', 'ASC'), ('date', 'ASC'),
            ('id', 'ASC')]

    @classmethod
    def table_query(cls):
        pool = Pool()
        Account = pool.get('account.account')
        Line = pool.get('account.move.line')
        ModelData = pool.get('ir.model.data')
        Move = pool.get('account.move')
        account, parent = Account.__table__(), Account.__table__()
        line, move = Line.__table__(), Move.__table__()
        templates = {
            kind: ModelData.get_id(
                'fupin_coop', f'account_template_{code}')
            for kind, code in CODES.items()}
        # a sub-account belongs to the account above it
        template = Coalesce(account.template, parent.template)
        kind = Case(
            *((template == id_, kind) for kind, id_ in templates.items()))
        window = Window(
            [move.company, line.party, line.account],
            order_by=[move.date, line.id])
        return (line
            .join(move, condition=line.move == move.id)
            .join(account, condition=line.account == account.id)
            .join(parent, 'LEFT', condition=account.parent == parent.id)
            .select(
                line.id,
                move.company.as_('company'),
                line.party.as_('party'),
                kind.as_('kind'),
                line.account.as_('account'),
                move.date.as_('date'),
                line.move.as_('move'),
                line.credit.as_('owed'),
                line.debit.as_('paid'),
                Sum(to_cents(line.credit - line.debit), window=window)
                .as_('balance_cents'),
                where=(move.state == 'posted')
                & template.in_(list(templates.values()))))

    @classmethod
    def get_currency(cls, entries, name):
        return {e.id: e.company.currency.id for e in entries}

    @classmethod
    def get_balance(cls, entries, name):
        return {e.id: to_amount(e.balance_cents) for e in entries}

    @classmethod
    def get_document(cls, entries, name):
        return {
            e.id: (e.move.origin or e.move).rec_name for e in entries}

    def get_rec_name(self, name):
        return f'{self.party.rec_name} {self.date}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('party.rec_name', *clause[1:])]
