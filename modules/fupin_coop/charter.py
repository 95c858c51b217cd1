# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What the charter of a cooperative says, from a date on (章程)."""
from dataclasses import replace
from decimal import Decimal

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from .document import wait_for
from .exceptions import CharterError, CharterNotFoundError
from .limit import RATE_DIGITS
from .voting import Majority, VotingError

STATES = {
    'readonly': Eval('state') != 'draft',
    }
RESERVE_BASES = {
    'trade': 'reserve_volume_rate',
    'contribution': 'reserve_contribution_rate',
    'equal': 'reserve_equal_rate',
    }
MAJORITIES = ['quorum', 'ordinary', 'special']


def required_with(name):
    return {
        'readonly': Eval('state') != 'draft',
        'required': Eval(name, None) != None,  # noqa: E711 PYSON
        }


class Charter(ModelSQL, ModelView):
    """The parameters that a charter sets, in force from a date on.

    What is in force is not changed: another charter takes its place, by a
    special resolution of the members."""
    __name__ = 'fupin.charter'
    __string__ = "Charter"
    _rec_name = 'document'

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': (Eval('state') != 'draft') | (Eval('id', -1) >= 0),
            })
    from_date = fields.Date("From", required=True, states=STATES)
    document = fields.Char(
        "Document", required=True, states=STATES,
        help="The charter or the amendment that sets the parameters.")
    resolution = fields.Many2One(
        'fupin.resolution', "Resolution", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('subject', '=', 'charter'),
            If(Eval('state') == 'draft',
                ('state', '=', 'adopted'),
                ()),
            ],
        states=STATES,
        help="The special resolution that changes the charter (Art. 30).\n"
        "Empty for the first one, which all founders adopt (Art. 14).")
    reserve_rate = fields.Numeric(
        "Reserve", digits=RATE_DIGITS, required=True, states=STATES,
        help="What is set aside of the surplus of the year after losses "
        "(Art. 42).")
    refund_rate = fields.Numeric(
        "Refund", digits=RATE_DIGITS, required=True, states=STATES,
        help="What is refunded of the distributable surplus by trade, "
        "at least 60 % (Art. 44).")
    refund_base = fields.Selection([
            ('value', "Trading Value"),
            ('volume', "Trading Volume"),
            ], "Refund by", required=True, sort=False, states=STATES)
    factors = fields.One2Many(
        'fupin.charter.factor', 'charter', "Factors",
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': Eval('refund_base') != 'volume',
            },
        help="What one unit of a product counts, "
        "so that products can be added up.")
    reserve_volume_rate = fields.Numeric(
        "Reserve by Trade", digits=RATE_DIGITS, required=True, states=STATES,
        help="The part of the reserve of a year that members share by "
        "their trade, the same as for the refund (Art. 42).")
    reserve_contribution_rate = fields.Numeric(
        "Reserve by Contribution", digits=RATE_DIGITS, required=True,
        states=STATES,
        help="The part of the reserve of a year that members share by "
        "their contributions (Art. 42).")
    reserve_equal_rate = fields.Numeric(
        "Reserve in Equal Shares", digits=RATE_DIGITS, required=True,
        states=STATES,
        help="The part of the reserve of a year that members share "
        "equally (Art. 42).")
    loss_base = fields.Selection([
            ('liable', "Contribution and Reserve Share"),
            ('contribution', "Contribution"),
            ('trade', "Trade"),
            ('equal', "Equal Shares"),
            ], "Losses Shared by", required=True, sort=False, states=STATES,
        help="By what members bear losses and debts when they leave "
        "(Art. 28).")
    additional_votes_rate = fields.Numeric(
        "Additional Votes", digits=RATE_DIGITS, required=True, states=STATES,
        help="The most that additional votes are of the basic votes, "
        "20 % at most (Art. 22).")
    quorum_numerator = fields.Integer(
        "Quorum", states=required_with('quorum_denominator'),
        help="The part of the members that has to attend (Art. 30).\n"
        "Leave empty for that of the law.")
    quorum_denominator = fields.Integer(
        "Quorum of", states=required_with('quorum_numerator'))
    ordinary_numerator = fields.Integer(
        "Ordinary Majority", states=required_with('ordinary_denominator'),
        help="The part of all votes that an ordinary resolution passes "
        "(Art. 30).\n"
        "Leave empty for that of the law.")
    ordinary_denominator = fields.Integer(
        "Ordinary Majority of", states=required_with('ordinary_numerator'))
    special_numerator = fields.Integer(
        "Special Majority", states=required_with('special_denominator'),
        help="The part of all votes that a special resolution reaches "
        "(Art. 30).\n"
        "Leave empty for that of the law.")
    special_denominator = fields.Integer(
        "Special Majority of", states=required_with('special_numerator'))
    notice_months = fields.Integer(
        "Notice in Months", required=True, states=STATES,
        help="The months before the end of the year in which a farmer "
        "gives notice (Art. 25).")
    notice_months_unit = fields.Integer(
        "Notice of Units in Months", required=True, states=STATES,
        help="The months before the end of the year in which an enterprise, "
        "institution or social organization gives notice (Art. 25).")
    state = fields.Selection([
            ('draft', "Draft"),
            ('posted', "In Force"),
            ], "State", readonly=True, required=True, sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('from_date_unique', Unique(t, t.company, t.from_date),
                'fupin_coop.msg_charter_unique'),
            ]
        cls._sql_indexes.add(
            Index(t,
                (t.company, Index.Equality()),
                (t.from_date, Index.Range())))
        cls._buttons.update({
                'post': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_from_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()

    @classmethod
    def default_state(cls):
        return 'draft'

    @classmethod
    def _law(cls):
        "Return the limits of today, None if there are none"
        pool = Pool()
        Date = pool.get('ir.date')
        Limit = pool.get('fupin.cooperative.limit')
        limits = Limit.search([
                ('from_date', '<=', Date.today()),
                ], order=[('from_date', 'DESC')], limit=1)
        return limits[0] if limits else None

    @classmethod
    def default_reserve_rate(cls):
        return Decimal(0)

    @classmethod
    def default_refund_rate(cls):
        law = cls._law()
        return law.refund_minimum if law else None

    @classmethod
    def default_refund_base(cls):
        return 'value'

    @classmethod
    def default_reserve_volume_rate(cls):
        return Decimal(1)

    @classmethod
    def default_reserve_contribution_rate(cls):
        return Decimal(0)

    @classmethod
    def default_reserve_equal_rate(cls):
        return Decimal(0)

    @classmethod
    def default_loss_base(cls):
        return 'liable'

    @classmethod
    def default_additional_votes_rate(cls):
        return Decimal(0)

    @classmethod
    def default_notice_months(cls):
        law = cls._law()
        return law.notice_months if law else None

    @classmethod
    def default_notice_months_unit(cls):
        law = cls._law()
        return law.notice_months_unit if law else None

    # What the others ask

    @classmethod
    def get(cls, company, date):
        "Return the charter of the company that is in force on the date"
        charters = cls.search([
                ('company', '=', company.id),
                ('state', '=', 'posted'),
                ('from_date', '<=', date),
                ], order=[('from_date', 'DESC')], limit=1)
        if not charters:
            Lang = Pool().get('ir.lang')
            raise CharterNotFoundError(gettext(
                    'fupin_coop.msg_charter_not_found',
                    company=company.rec_name,
                    date=Lang.get().strftime(date)))
        return charters[0]

    @classmethod
    def get_voting_limits(cls, company, date):
        """Return the VotingLimits of the company on the date: those of the
        law, or stricter ones of its charter."""
        Limit = Pool().get('fupin.cooperative.limit')
        try:
            charter = cls.get(company, date)
        except CharterNotFoundError:
            return Limit.get(date).voting_limits()
        return charter.voting_limits(date)

    def voting_limits(self, date=None):
        "Return the VotingLimits on the date"
        Limit = Pool().get('fupin.cooperative.limit')
        law = Limit.get(date or self.from_date).voting_limits()
        changes = {'additional': self.additional_votes_rate}
        for name in MAJORITIES:
            if numerator := getattr(self, name + '_numerator'):
                changes[name] = Majority(
                    numerator, getattr(self, name + '_denominator'),
                    over=getattr(law, name).over)
        return replace(law, **changes)

    @property
    def reserve_rates(self):
        "The rates of quantification.quantify_reserve"
        return {
            base: getattr(self, name)
            for base, name in RESERVE_BASES.items()}

    def get_factors(self):
        """Return {product id: factor}, what one default unit of each product
        counts."""
        return {f.product.id: f.factor for f in self.factors}

    # Putting in force

    @classmethod
    @ModelView.button
    def post(cls, charters):
        "Put the charters in force"
        # one after the other in a company, so that their order is that of
        # their dates
        wait_for({c.company for c in charters})
        charters = sorted(charters, key=lambda c: (c.company.id, c.from_date))
        for charter in charters:
            if charter.state != 'draft':
                charter._refuse('posted')
            charter.check_law()
            charter.check_resolution()
            charter.state = 'posted'
            charter.save()

    def _refuse(self, message, **values):
        raise CharterError(gettext(
                f'fupin_coop.msg_charter_{message}',
                charter=self.rec_name, **values))

    def check_law(self):
        "Raise CharterError for a parameter that the law forbids"
        Limit = Pool().get('fupin.cooperative.limit')

        def percent(rate):
            return f'{(rate * 100).normalize():f}'

        law = Limit.get(self.from_date)
        if not 0 <= self.reserve_rate <= 1:
            self._refuse('reserve_rate', rate=percent(self.reserve_rate))
        if not law.refund_minimum <= self.refund_rate <= 1:
            self._refuse(
                'refund_rate', rate=percent(self.refund_rate),
                minimum=percent(law.refund_minimum))
        rates = self.reserve_rates.values()
        if sum(rates) != 1 or min(rates) < 0:
            self._refuse('reserve_bases', sum=percent(sum(rates)))
        if self.refund_base == 'volume' and not self.factors:
            self._refuse('factors')
        if self.additional_votes_rate < 0:
            self._refuse('additional_votes_negative')
        if self.notice_months < 0 or self.notice_months_unit < 0:
            self._refuse('notice')
        for name in MAJORITIES:
            numerator = getattr(self, name + '_numerator')
            denominator = getattr(self, name + '_denominator')
            if (numerator is None) != (denominator is None):
                self._refuse('majority')
            if numerator is not None and not 0 < numerator <= denominator:
                self._refuse('majority')
        try:
            self.voting_limits().check(law.voting_limits())
        except VotingError as error:
            if error.values['name'] == 'additional':
                self._refuse(
                    'additional_votes',
                    rate=percent(self.additional_votes_rate),
                    maximum=percent(law.additional_votes))
            self._refuse('stricter', article=error.article)

    def check_resolution(self):
        "Raise an error if the members have not adopted the charter"
        pool = Pool()
        Lang = pool.get('ir.lang')
        Resolution = pool.get('fupin.resolution')
        former = self.__class__.search([
                ('company', '=', self.company.id),
                ('state', '=', 'posted'),
                ], order=[('from_date', 'DESC')], limit=1)
        if not former:
            # Art. 14: all founders adopt the first one
            return
        former, = former
        if self.from_date <= former.from_date:
            self._refuse(
                'order', former=former.rec_name,
                date=Lang.get().strftime(former.from_date))
        Resolution.check(
            self.resolution, 'charter', self.company, date=self.from_date)
        if not self.resolution.special:
            self._refuse('special', resolution=self.resolution.rec_name)

    # What is in force stays

    @classmethod
    def check_modification(cls, mode, charters, values=None, external=False):
        super().check_modification(
            mode, charters, values=values, external=external)
        if mode == 'create':
            refused = any(c.state != 'draft' for c in charters)
        elif mode == 'write' and external and 'state' in values:
            refused = True
        else:
            refused = (
                mode in {'write', 'delete'}
                and any(c.state != 'draft' for c in charters))
        if refused:
            raise AccessError(gettext(
                    'fupin_coop.msg_charter_modify',
                    charter=charters[0].rec_name))

    @classmethod
    def copy(cls, charters, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('state')
        default.setdefault('resolution')
        default.setdefault('from_date', cls.default_from_date())
        return super().copy(charters, default=default)


class CharterFactor(ModelSQL, ModelView):
    "What one unit of a product counts where volumes are added up"
    __name__ = 'fupin.charter.factor'
    __string__ = "Charter Factor"

    charter = fields.Many2One(
        'fupin.charter', "Charter", required=True, ondelete='CASCADE')
    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')
    product = fields.Many2One(
        'product.product', "Product", required=True, ondelete='RESTRICT',
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    unit = fields.Function(
        fields.Many2One('product.uom', "Unit"), 'on_change_with_unit')
    factor = fields.Numeric(
        "Factor", digits=RATE_DIGITS, required=True,
        domain=[
            ('factor', '>=', 0),
            ],
        help="What one unit of the product counts.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('charter')
        t = cls.__table__()
        cls._sql_constraints += [
            ('product_unique', Unique(t, t.charter, t.product),
                'fupin_coop.msg_charter_factor_unique'),
            ]
        cls._sql_indexes.add(Index(t, (t.charter, Index.Equality())))

    @fields.depends('charter', '_parent_charter.company')
    def on_change_with_company(self, name=None):
        return self.charter.company if self.charter else None

    @classmethod
    def search_company(cls, name, clause):
        return [('charter.' + clause[0], *clause[1:])]

    @fields.depends('product')
    def on_change_with_unit(self, name=None):
        return self.product.default_uom if self.product else None

    def get_rec_name(self, name):
        return self.product.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('product.rec_name', *clause[1:])]

    @classmethod
    def check_modification(cls, mode, factors, values=None, external=False):
        Charter = Pool().get('fupin.charter')
        super().check_modification(
            mode, factors, values=values, external=external)
        charters = {f.charter for f in factors}
        if values and values.get('charter'):
            charters.add(Charter(values['charter']))
        for charter in charters:
            if charter.state != 'draft':
                raise AccessError(gettext(
                        'fupin_coop.msg_charter_modify',
                        charter=charter.rec_name))
