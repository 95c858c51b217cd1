# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import Index, ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, Id
from trytond.transaction import without_check_access

from .account_balance import get_balances
from .configuration import default_sequence
from .distribution import (
    Account, DistributionError, settle_leaver, share_losses)
from .document import DRAFT, DocumentMixin
from .exceptions import LeaverError, LeaverSurplusWarning
from .surplus_line import ZERO


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    leaver_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Leaver Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_leaver')),
                ],
            help="Used to generate the number of the settlement of a leaver; "
            "it leaves no gaps."))

    default_leaver_sequence = default_sequence('sequence_leaver')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'leaver_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['leaver_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    leaver_sequence = fields.Many2One(
        'ir.sequence.strict', "Leaver Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=', Id('fupin_coop', 'sequence_type_leaver')),
            ])

    default_leaver_sequence = default_sequence('sequence_leaver')


def figure(string, help=''):
    return Monetary(
        string, currency='currency', digits='currency', readonly=True,
        help=help)


class Leaver(DocumentMixin):
    """The settlement of who has left (农民专业合作社法, Art. 28).

    The member gets back contribution and reserve share less his share of
    losses.  Refund and remainder of the last year come with the distribution
    of that year; shares of grants and donations are not paid out but
    quantified again among those who stay."""
    __name__ = 'fupin.leaver'
    __string__ = "Settlement of a Leaver"

    _sequence_name = 'leaver_sequence'

    member = fields.Many2One(
        'fupin.member', "Member", required=True, ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('to_date', '!=', None),
            ],
        states=DRAFT)
    to_date = fields.Function(
        fields.Date("Left on"), 'on_change_with_to_date')
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    total_losses = Monetary(
        "Losses to Share", currency='currency', digits='currency',
        required=True, states=DRAFT,
        help="The losses and debts of the time of the membership that all "
        "members bear; by default the losses that were not covered when the "
        "member left and still are not.")
    charter = fields.Many2One(
        'fupin.charter', "Charter", readonly=True, ondelete='RESTRICT',
        help="By its base the losses are shared.")
    household_asset = figure(
        "Contribution from Household Assets",
        help="From poverty alleviation projects for households.")
    other = figure("Contribution from Other Sources")
    reserve = figure("Reserve Share")
    losses = figure("Share of Losses")
    from_reserve = figure(
        "Taken from Reserve Share",
        help="The reserve is there to cover losses (Art. 42).")
    from_contribution = figure("Taken from Contribution")
    refused = figure(
        "Not Borne",
        help="Nobody answers with more than contribution and reserve share "
        "(Art. 6).")
    lapsed = figure(
        "Shares of Grants and Donations",
        help="They are not paid out, but quantified among those who stay.")
    paid = figure("To Pay")

    _figures = [
        'charter', 'household_asset', 'other', 'reserve', 'losses',
        'from_reserve', 'from_contribution', 'refused', 'lapsed', 'paid']

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.member, Index.Equality())))
        cls._buttons.update({
                'compute': {
                    'invisible': Eval('state') != 'draft',
                    'icon': 'tryton-refresh',
                    'depends': ['state'],
                    },
                })
        cls._buttons['post']['readonly'] = ~Bool(Eval('charter'))
        cls._buttons['post']['depends'] = ['state', 'charter']

    @classmethod
    def default_total_losses(cls):
        return ZERO

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('member')
    def on_change_with_to_date(self, name=None):
        return self.member.to_date if self.member else None

    @fields.depends('company', 'member', 'date')
    def on_change_member(self):
        if (self.company and self.date
                and self.member and self.member.to_date):
            self.total_losses = self.get_uncovered()

    @fields.depends(methods=['on_change_member'])
    def on_change_date(self):
        self.on_change_member()

    def get_uncovered(self):
        """Return the losses that were not covered when the member left and
        are not covered on the date either."""
        return max(
            min(self._get_losses(self.member.to_date),
                self._get_losses(self.date)),
            ZERO)

    def _get_losses(self, date):
        balances = get_balances(
            self.company, ['331', '33201', '33202'], until=date)
        return -sum(balances.values())

    @classmethod
    def copy(cls, leavers, default=None):
        default = default.copy() if default is not None else {}
        for name in cls._figures:
            default.setdefault(name)
        return super().copy(leavers, default=default)

    # Computing

    @classmethod
    @ModelView.button
    def compute(cls, leavers):
        "Work out what the leavers get back"
        for leaver in cls.claim(leavers, 'draft'):
            leaver.check_member()
            for name, value in leaver.get_figures().items():
                setattr(leaver, name, value)
            leaver.save()

    def get_figures(self):
        "Return the values of the computed fields"
        pool = Pool()
        Charter = pool.get('fupin.charter')
        Entry = pool.get('fupin.member.entry')
        charter = Charter.get(self.company, self.member.to_date)
        number = self.member.number
        balance = Entry.balances(self.company, self.date).get(
            self.member.id, {})
        account = Account(
            number,
            contribution=balance.get('household_asset', ZERO)
            + balance.get('other', ZERO),
            reserve=balance.get('reserve', ZERO),
            grant=balance.get('grant', ZERO),
            donation=balance.get('donation', ZERO),
            leaving=True)
        try:
            losses = ZERO
            if self.total_losses:
                losses = share_losses(
                    self.total_losses, self.get_accounts(charter),
                    charter.loss_base)[number].amount
            leaving = settle_leaver(account, losses)
        except (DistributionError, KeyError) as error:
            raise LeaverError(gettext(
                    'fupin_coop.msg_leaver_losses',
                    leaver=self.full_name,
                    member=self.member.rec_name)) from error
        return {
            'charter': charter,
            'household_asset': balance.get('household_asset', ZERO),
            'other': balance.get('other', ZERO),
            'reserve': leaving.reserve,
            'losses': leaving.losses,
            'from_reserve': leaving.from_reserve,
            'from_contribution': leaving.from_contribution,
            'refused': leaving.refused,
            'lapsed': leaving.lapsed,
            'paid': leaving.paid,
            }

    @classmethod
    @without_check_access
    def get_borne(cls, company, start, end):
        """Return the losses that leavers have borne in the time, which are
        none of the cooperative any more (33202)."""
        borne = ZERO
        for states, date, sign in [
                (['posted', 'cancelled'], 'date', 1),
                (['cancelled'], 'cancel_date', -1)]:
            borne += sign * sum((
                    leaver.from_reserve + leaver.from_contribution
                    for leaver in cls.search([
                            ('company', '=', company.id),
                            ('state', 'in', states),
                            (date, '>=', start),
                            (date, '<=', end),
                            ])), ZERO)
        return borne

    def get_accounts(self, charter):
        "Return the accounts of all who bear losses with the leaver"
        pool = Pool()
        FiscalYear = pool.get('account.fiscalyear')
        Surplus = pool.get('fupin.surplus')
        date = self.member.to_date
        fiscalyear = FiscalYear.find(
            self.company, date=date, test_state=False)
        surplus = Surplus(
            company=self.company, fiscalyear=fiscalyear, date=date)
        accounts, _ = surplus.get_accounts(surplus.get_members(), charter)
        return accounts.values()

    # Posting

    def check_member(self):
        if not self.member.to_date or self.date < self.member.to_date:
            raise LeaverError(gettext(
                    'fupin_coop.msg_leaver_member',
                    leaver=self.full_name,
                    member=self.member.rec_name,
                    date=self.date))

    def check_post(self):
        super().check_post()
        self.check_member()
        if not self.charter:
            raise LeaverError(gettext(
                    'fupin_coop.msg_leaver_not_computed',
                    leaver=self.full_name))
        figures = self.get_figures()
        if any(getattr(self, n) != v for n, v in figures.items()):
            raise LeaverError(gettext(
                    'fupin_coop.msg_leaver_changed',
                    leaver=self.full_name,
                    member=self.member.rec_name))
        if not (self.household_asset or self.other or self.reserve):
            raise LeaverError(gettext(
                    'fupin_coop.msg_leaver_nothing',
                    leaver=self.full_name,
                    member=self.member.rec_name))
        self.check_distributed()

    def check_distributed(self):
        "Warn when the last year of the member is not distributed yet"
        pool = Pool()
        Surplus = pool.get('fupin.surplus')
        Warning = pool.get('res.user.warning')
        if not Surplus.search([
                    ('company', '=', self.company.id),
                    ('state', '=', 'posted'),
                    ('fiscalyear.start_date', '<=', self.member.to_date),
                    ('fiscalyear.end_date', '>=', self.member.to_date),
                    ], limit=1):
            key = Warning.format('leaver_not_distributed', [self])
            if Warning.check(key):
                raise LeaverSurplusWarning(key, gettext(
                        'fupin_coop.msg_leaver_not_distributed',
                        leaver=self.full_name,
                        member=self.member.rec_name,
                        date=self.member.to_date))

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        ModelData = pool.get('ir.model.data')
        contribution = self.household_asset + self.other
        # what 322 no longer holds of the shares was quantified from 321
        held = get_balances(self.company, ['322'], until=self.date)['322']
        surplus_reserve = min(self.reserve, max(held, ZERO))
        lines = []
        for code, debit, credit in [
                ('301', contribution, ZERO),
                ('322', surplus_reserve, ZERO),
                ('321', self.reserve - surplus_reserve, ZERO),
                ('33202', ZERO, self.from_reserve + self.from_contribution),
                ('11402', ZERO, self.paid)]:
            if debit or credit:
                line = Line(
                    account=Configuration.get_chart_account(
                        code, self.company),
                    debit=debit, credit=credit)
                if line.account.party_required:
                    line.party = self.member.party
                if code == '11402':
                    line.maturity_date = self.date
                lines.append(line)
        return self.new_move(
            ModelData.get_id('account', 'journal_miscellaneous'), lines,
            description=gettext(
                'fupin_coop.msg_leaver_move', member=self.member.rec_name))

    def get_member_entries(self):
        Entry = Pool().get('fupin.member.entry')
        entries = super().get_member_entries()
        if self.reserve:
            entries.append(Entry(
                    member=self.member,
                    date=self.date,
                    kind='reserve',
                    amount=-self.reserve,
                    origin=self))
        return entries

    @classmethod
    @ModelView.button
    def post(cls, leavers):
        pool = Pool()
        Contribution = pool.get('fupin.member.contribution')
        super().post(leavers)
        for leaver in cls.browse(leavers):
            Contribution.register_withdrawn(leaver, leaver.date, [
                    (leaver.member, amount, form)
                    for amount, form in [
                        (leaver.household_asset, 'household_asset'),
                        (leaver.other, 'money')]
                    if amount])

    @classmethod
    @ModelView.button
    def cancel(cls, leavers):
        pool = Pool()
        Contribution = pool.get('fupin.member.contribution')
        super().cancel(leavers)
        for leaver in cls.browse(leavers):
            Contribution.take_back(leaver, date=leaver.cancel_date)
