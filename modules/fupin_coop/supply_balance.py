# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Cast, Literal, Null
from sql.aggregate import Max, Min, Sum
from sql.conditionals import Case
from sql.functions import Round

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Eval

from .debt import DOCUMENTS
from .exact_sum import to_cents
from .member_year import CENT


class SupplyBalance(ModelSQL, ModelView):
    """What each grower owes for inputs: the open lines of 114 成员往来, and of
    113 应收款 for those who are no members."""
    __name__ = 'fupin.supply.balance'
    __string__ = "Supply Balance"

    company = fields.Many2One('company.company', "Company", readonly=True)
    grower = fields.Many2One(
        'party.party', "Grower", readonly=True,
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    member = fields.Many2One('fupin.member', "Member", readonly=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    amount = Monetary(
        "Owed", currency='currency', digits='currency', readonly=True,
        help="Negative if the grower has paid in advance.")
    since = fields.Date(
        "Owed since", readonly=True,
        help="The day of the oldest supply that is not paid.")
    supplies = fields.Function(fields.Many2Many(
            'fupin.supply', None, None, "Supplies"), 'get_documents')
    receipts = fields.Function(fields.Many2Many(
            'fupin.member.receipt', None, None, "Receipts"),
        'get_documents')
    nettings = fields.Function(fields.Many2Many(
            'fupin.settlement.line', None, None, "Settlements"),
        'get_documents')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('company', 'ASC'), ('amount', 'DESC'), ('id', 'ASC')]

    @classmethod
    def table_query(cls):
        pool = Pool()
        Configuration = pool.get('account.configuration.default_account')
        ModelData = pool.get('ir.model.data')
        account = pool.get('account.account').__table__()
        configuration = Configuration.__table__()
        line = pool.get('account.move.line').__table__()
        member = pool.get('fupin.member').__table__()
        move = pool.get('account.move').__table__()
        of_members, of_others = (
            account.template == ModelData.get_id(
                'fupin_coop', f'account_template_{code}')
            for code in ['11401', '113'])
        of_members |= account.id.in_(configuration.select(
                configuration.member_receivable,
                where=configuration.member_receivable != Null))
        by_document = Literal(False)
        for name in DOCUMENTS:
            by_document |= move.origin.like(f'{name},%')
        amount = to_cents(line.debit - line.credit)
        members = member.select(
            member.company, member.party, Max(member.id).as_('member'),
            group_by=[member.company, member.party])
        return (line
            .join(move, condition=line.move == move.id)
            .join(account, condition=line.account == account.id)
            .join(members, 'LEFT',
                condition=(members.company == move.company)
                & (members.party == line.party))
            .select(
                Max(line.id).as_('id'),
                move.company.as_('company'),
                line.party.as_('grower'),
                members.member.as_('member'),
                Cast(Round(Sum(amount) * CENT, 2), 'NUMERIC').as_('amount'),
                Min(Case((amount > 0, move.date), else_=Null)).as_('since'),
                where=(move.state == 'posted')
                & (line.party != Null)
                & (line.reconciliation == Null)
                & (of_members | (of_others & by_document)),
                group_by=[move.company, line.party, members.member],
                having=Sum(amount) != 0))

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    def get_rec_name(self, name):
        return (self.member or self.grower).rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('grower.rec_name', *clause[1:])]

    @classmethod
    def get_documents(cls, balances, name):
        pool = Pool()
        model, field = {
            'supplies': ('fupin.supply', 'grower'),
            'receipts': ('fupin.member.receipt', 'grower'),
            'nettings': ('fupin.settlement.line', 'party'),
            }[name]
        Document = pool.get(model)
        result = {b.id: [] for b in balances}
        keys = {(b.company.id, b.grower.id): b.id for b in balances}
        domain = [
            ('company', 'in', list({c for c, _ in keys})),
            (field, 'in', list({p for _, p in keys})),
            ]
        if name == 'nettings':
            domain.append(('netted', '!=', 0))
        for document in Document.search(domain):
            key = (document.company.id, getattr(document, field).id)
            if key in keys:
                result[keys[key]].append(document.id)
        return result
