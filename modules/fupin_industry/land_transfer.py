# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import datetime as dt
from decimal import Decimal

from sql.aggregate import Count, Sum

from trytond.i18n import gettext
from trytond.model import (
    Index, ModelSQL, ModelView, Unique, Workflow, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.fupin_coop.document import wait_for
from trytond.modules.fupin_coop.exact_sum import to_amount, to_cents
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, If
from trytond.transaction import Transaction, without_check_access

from . import rent
from .exceptions import LandTransferError
from .grain_price import GRAINS
from .working_days import add_working_days

ONE_DAY = dt.timedelta(days=1)
DRAFT = {
    'readonly': Eval('state') != 'draft',
    }
MODES = [
    ('lease', "Lease"),
    ('subcontract', "Sub-contract"),
    ('share', "Share-in"),
    ('swap', "Exchange"),
    ('transfer', "Transfer of the Right"),
    ('other', "Other"),
    ]
# the modes that move the contracting right itself (Art. 33 and 34)
OF_RIGHT = ['swap', 'transfer']
REVIEW_DAYS = 20


def for_rent(*forms):
    forms = list(forms)
    return {
        'readonly': Eval('state') != 'draft',
        'invisible': ~Eval('rent_form').in_(forms),
        'required': Eval('rent_form').in_(forms),
        }


class LandTransfer(Workflow, ModelSQL, ModelView):
    "The transfer of land operating rights of many parcels to one transferee"
    __name__ = 'fupin.land.transfer'
    __string__ = "Land Transfer"
    _rec_name = 'number'

    number = fields.Char(
        "Number", readonly=True,
        help="The number that the contract got when it was signed.")
    area = fields.Many2One(
        'country.subdivision', "Area", required=True, ondelete='RESTRICT',
        domain=[
            ('type', 'in', ['township', 'village', 'group']),
            ],
        states=DRAFT,
        help="The township or village where the land lies and whose ledger "
        "has the contract.")
    company = fields.Many2One(
        'company.company', "Cooperative", ondelete='RESTRICT', states=DRAFT,
        help="The cooperative that takes the land and books its rent; empty "
        "if the transferee keeps its books elsewhere.")
    transferee = fields.Many2One(
        'party.party', "Transferee", required=True, ondelete='RESTRICT',
        states={
            'readonly': (Eval('state') != 'draft') | Bool(Eval('company')),
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    mode = fields.Selection(MODES, "Mode", required=True, sort=False,
        states=DRAFT)
    mode_string = mode.translated('mode')
    use = fields.Char(
        "Land Use", required=True, states=DRAFT,
        help="What is grown, for example mushrooms or watermelons.")
    use_kind = fields.Selection('get_uses', "Kind of Use", required=True,
        sort=False, states=DRAFT)
    sign_date = fields.Date("Date of Signing", states=DRAFT)
    delivery_date = fields.Date("Date of Handing over", states=DRAFT)
    start_date = fields.Date("Start Date", required=True, states=DRAFT)
    end_date = fields.Date(
        "End Date", required=True, states=DRAFT,
        domain=[
            If(Eval('start_date') & Eval('end_date'),
                ('end_date', '>=', Eval('start_date', None)),
                ()),
            ])
    last_date = fields.Function(fields.Date(
            "Last Day", help="The end date, or the day of an early end."),
        'on_change_with_last_date', searcher='search_last_date')
    lines = fields.One2Many(
        'fupin.land.transfer.line', 'transfer', "Parcels", states=DRAFT)
    mu = fields.Function(fields.Numeric(
            "Area (mu)", digits=(16, 2)), 'get_totals')
    parcels_count = fields.Function(
        fields.Integer("Number of Parcels"), 'get_totals')
    households_count = fields.Function(
        fields.Integer("Number of Households"), 'get_totals')

    rent_form = fields.Selection([
            ('cash', "Cash"),
            ('grain', "Grain"),
            ('mixed', "Cash and Grain"),
            ('shares', "Shares"),
            ], "Form of Rent", required=True, sort=False, states=DRAFT)
    rent_form_string = rent_form.translated('rent_form')
    rates = fields.One2Many(
        'fupin.land.transfer.rate', 'transfer', "Rent per Mu and Year",
        states={
            'readonly': ~Eval('state').in_(['draft', 'signed', 'filed']),
            'invisible': Eval('rent_form') == 'shares',
            },
        help="The first rate holds from the start, another one from the day "
        "of a review.")
    grain = fields.Selection(
        GRAINS, "Grain", sort=False, states=for_rent('grain', 'mixed'))
    grain_string = grain.translated('grain')
    grain_floor = fields.Numeric(
        "Least Price of Grain (yuan/kg)", digits=(16, 4),
        domain=[
            ['OR',
                ('grain_floor', '=', None),
                ('grain_floor', '>=', 0),
                ],
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('rent_form').in_(['grain', 'mixed']),
            },
        help="The grain is not priced below it, whatever the market says.")
    instalment_months = fields.Selection([
            ('1', "Monthly"),
            ('3', "Quarterly"),
            ('6', "Half-yearly"),
            ('12', "Yearly"),
            ('24', "Every Two Years"),
            ('36', "Every Three Years"),
            ('60', "Every Five Years"),
            ('0', "Once for the Whole Term"),
            ], "Payment", required=True, sort=False, states=DRAFT)
    instalment_months_string = instalment_months.translated(
        'instalment_months')
    in_advance = fields.Boolean("In Advance", states=DRAFT)
    due_days = fields.Integer(
        "Days until Due", required=True, states=DRAFT,
        help="After the first day of what is paid for if it is paid in "
        "advance, else after the last one; negative for before.")
    review_years = fields.Integer(
        "Review Every (years)",
        domain=[
            ['OR',
                ('review_years', '=', None),
                ('review_years', '>', 0),
                ],
            ],
        states=DRAFT)
    review_method = fields.Char(
        "Method of the Review",
        states={
            'readonly': Eval('state') != 'draft',
            'required': Bool(Eval('review_years')),
            })
    late_fee_rate = fields.Numeric(
        "Late Fee (per 10,000 and day)", digits=(6, 2), required=True,
        domain=[('late_fee_rate', '>=', 0)], states=DRAFT)
    late_fee_base = fields.Selection([
            ('annual', "Rent of the Year"),
            ('overdue', "Overdue Rent"),
            ], "Late Fee on", required=True, sort=False, states=DRAFT)
    late_fee_base_string = late_fee_base.translated('late_fee_base')
    deposit = fields.Numeric(
        "Risk Deposit", digits=(16, 2),
        domain=[
            ['OR',
                ('deposit', '=', None),
                ('deposit', '>=', 0),
                ],
            ],
        states=DRAFT)
    expense_account = fields.Many2One(
        'account.account', "Rent Expense", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ('closed', '!=', True),
            ('type', '!=', None),
            ['OR', *(
                    ('code', 'like', f'{code}%')
                    for code in ['141', '171', '401', '521', '523'])],
            ],
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('company') | (Eval('rent_form') == 'shares'),
            'required': Bool(Eval('company')) & (
                Eval('rent_form') != 'shares'),
            },
        help="Where the rent is booked: 401 or 141 for own production.")
    instalments = fields.One2Many(
        'fupin.land.instalment', 'transfer', "Instalments", readonly=True)

    agent = fields.Char(
        "Agent", states=DRAFT,
        help="Who signs for the contractors with their letter of entrustment "
        "(Art. 8).")
    entrust_document = fields.Char(
        "Letter of Entrustment",
        states={
            'readonly': Eval('state') != 'draft',
            'required': Bool(Eval('agent')),
            })
    entrust_from = fields.Date(
        "Entrusted from",
        states={
            'readonly': Eval('state') != 'draft',
            'required': Bool(Eval('agent')),
            })
    entrust_to = fields.Date(
        "Entrusted to",
        states={
            'readonly': Eval('state') != 'draft',
            'required': Bool(Eval('agent')),
            })
    outside_collective = fields.Boolean(
        "Transferee outside the Collective", states=DRAFT)
    priority_document = fields.Char(
        "Offer to the Collective",
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('outside_collective'),
            'required': Bool(Eval('outside_collective')),
            },
        help="How it was offered to members of the collective first "
        "(Art. 9), and their answer.")
    issuer_document = fields.Char(
        "Consent of the Collective",
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('mode').in_(OF_RIGHT),
            'required': Eval('mode').in_(OF_RIGHT),
            })
    original = fields.Many2One(
        'fupin.land.transfer', "Original Transfer", ondelete='RESTRICT',
        domain=[
            ('state', 'in', ['signed', 'filed']),
            ],
        states=DRAFT,
        help="The transfer whose transferee passes the land on.")
    consent_document = fields.Char(
        "Consent to Pass on",
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('original'),
            'required': Bool(Eval('original')),
            },
        help="The written consent of the contractors (Art. 12).")
    depth = fields.Integer(
        "Depth", readonly=True,
        help="How often the land has been passed on.")
    social_capital = fields.Boolean(
        "Social Capital", states=DRAFT,
        help="The transferee is an enterprise or other social capital, whose "
        "project is reviewed before signing (Art. 29).")
    review_date = fields.Date(
        "Applied for Review on",
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('social_capital'),
            'required': Bool(Eval('social_capital')),
            })
    review_due = fields.Function(fields.Date(
            "Review Due on",
            states={
                'invisible': ~Eval('social_capital'),
                },
            help="20 working days after the application (Art. 29)."),
        'on_change_with_review_due')
    review_level = fields.Selection([
            (None, ""),
            ('township', "Township"),
            ('county', "County"),
            ('prefecture', "Prefecture"),
            ], "Reviewed by", sort=False,
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('social_capital'),
            'required': Bool(Eval('social_capital')),
            })
    review_level_string = review_level.translated('review_level')
    review_result = fields.Selection([
            (None, ""),
            ('passed', "Passed"),
            ('failed', "Not Passed"),
            ], "Result of the Review", sort=False,
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('social_capital'),
            })
    review_decided = fields.Date(
        "Decided on",
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('social_capital'),
            'required': Bool(Eval('review_result')),
            })
    review_document = fields.Char(
        "Document of the Review",
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('social_capital'),
            'required': Bool(Eval('review_result')),
            })

    rights = fields.Text("Rights and Duties", states=DRAFT)
    attachments_handling = fields.Text(
        "Attachments and Facilities at the End", states=DRAFT)
    expropriation = fields.Text(
        "Compensation on Expropriation", states=DRAFT)
    breach = fields.Text("Breach of Contract", states=DRAFT)

    filing_number = fields.Char(
        "Filing Number",
        states={
            'readonly': Eval('state') != 'signed',
            'invisible': Eval('state') == 'draft',
            },
        help="The number under which the township keeps it, 18 to 20 "
        "characters.")
    filing_date = fields.Date(
        "Filed on",
        states={
            'readonly': Eval('state') != 'signed',
            'invisible': Eval('state') == 'draft',
            'required': Bool(Eval('filing_number')),
            })
    registration_number = fields.Char(
        "Registration Number",
        states={
            'invisible': Eval('state') == 'draft',
            },
        help="Of the registered operating right; possible from 5 years on "
        "(Art. 41).")
    registration_date = fields.Date(
        "Registered on",
        states={
            'invisible': Eval('state') == 'draft',
            'required': Bool(Eval('registration_number')),
            })
    renewal_of = fields.Many2One(
        'fupin.land.transfer', "Renewal of", ondelete='RESTRICT',
        states=DRAFT)
    renewals = fields.One2Many(
        'fupin.land.transfer', 'renewal_of', "Renewals", readonly=True)
    ended_on = fields.Date(
        "Early End on", readonly=True,
        states={
            'invisible': ~Eval('ended_on'),
            })
    end_reason = fields.Char(
        "Reason of the Early End", readonly=True,
        states={
            'invisible': ~Eval('ended_on'),
            })
    state = fields.Selection([
            ('draft', "Draft"),
            ('signed', "Signed"),
            ('filed', "Filed"),
            ('ended', "Ended"),
            ('cancelled', "Voided"),
            ], "State", readonly=True, required=True, sort=False)
    state_string = state.translated('state')

    # what the workflow writes, and what may still be entered when signed
    _workflow_fields = {
        'state', 'number', 'depth', 'ended_on', 'end_reason'}
    _open_fields = {
        'filing_number', 'filing_date', 'registration_number',
        'registration_date', 'rates'}

    @classmethod
    def __setup__(cls):
        cls.number.search_unaccented = False
        super().__setup__()
        cls._order = [('start_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('number_unique', Unique(t, t.number),
                'fupin_industry.msg_land_transfer_number_unique'),
            ('filing_number_unique', Unique(t, t.filing_number),
                'fupin_industry.msg_land_transfer_filing_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.area, Index.Equality()),
                    (t.start_date, Index.Range(order='DESC'))),
                Index(t, (t.company, Index.Equality())),
                Index(t, (t.end_date, Index.Range())),
                Index(t, (t.number, Index.Similarity())),
                })
        cls._transitions |= {
            ('draft', 'signed'),
            ('signed', 'filed'),
            ('signed', 'ended'),
            ('filed', 'ended'),
            ('signed', 'cancelled'),
            }
        cls._buttons.update({
                'sign': {
                    'invisible': Eval('state') != 'draft',
                    'depends': ['state'],
                    },
                'file': {
                    'invisible': Eval('state') != 'signed',
                    'depends': ['state'],
                    },
                'end': {
                    'invisible': ~Eval('state').in_(['signed', 'filed']),
                    'depends': ['state'],
                    },
                'renew': {
                    'invisible': ~Eval('state').in_(
                        ['signed', 'filed', 'ended']),
                    'depends': ['state'],
                    },
                'cancel': {
                    'invisible': Eval('state') != 'signed',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def get_uses(cls):
        Parcel = Pool().get('fupin.parcel')
        return Parcel.fields_get(['use'])['use']['selection']

    @classmethod
    def default_area(cls):
        User = Pool().get('res.user')
        areas = User(Transaction().user).areas
        if len(areas) == 1 and areas[0].type in {
                'township', 'village', 'group'}:
            return areas[0].id

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_transferee(cls):
        Company = Pool().get('company.company')
        if company := cls.default_company():
            return Company(company).party.id

    @classmethod
    def default_mode(cls):
        return 'lease'

    @classmethod
    def default_use_kind(cls):
        return '1'

    @classmethod
    def default_rent_form(cls):
        return 'cash'

    @classmethod
    def default_instalment_months(cls):
        return '12'

    @classmethod
    def default_in_advance(cls):
        return True

    @classmethod
    def default_due_days(cls):
        return 0

    @classmethod
    def default_late_fee_rate(cls):
        return Decimal(0)

    @classmethod
    def default_late_fee_base(cls):
        return 'annual'

    @classmethod
    def default_depth(cls):
        return 0

    @classmethod
    def default_state(cls):
        return 'draft'

    @fields.depends('company')
    def on_change_company(self):
        if self.company:
            self.transferee = self.company.party
        self.expense_account = None

    @fields.depends('end_date', 'ended_on')
    def on_change_with_last_date(self, name=None):
        return self.ended_on or self.end_date

    @classmethod
    def search_last_date(cls, name, clause):
        return ['OR',
            [('ended_on', '=', None), ('end_date', *clause[1:])],
            ('ended_on', *clause[1:]),
            ]

    @fields.depends('social_capital', 'review_date')
    def on_change_with_review_due(self, name=None):
        Holiday = Pool().get('fupin.land.holiday')
        if self.social_capital and self.review_date:
            return add_working_days(
                self.review_date, REVIEW_DAYS, *Holiday.exceptions())

    @classmethod
    def get_totals(cls, transfers, names):
        Line = Pool().get('fupin.land.transfer.line')
        line = Line.__table__()
        cursor = Transaction().connection.cursor()
        totals = {
            'mu': {t.id: Decimal('0.00') for t in transfers},
            'parcels_count': {t.id: 0 for t in transfers},
            'households_count': {t.id: 0 for t in transfers},
            }
        cursor.execute(*line.select(
                line.transfer, line.household, Sum(to_cents(line.mu)),
                Count(line.id),
                where=fields.SQL_OPERATORS['in'](
                    line.transfer, [t.id for t in transfers]),
                group_by=[line.transfer, line.household]))
        for transfer, _, mu, parcels in cursor:
            totals['mu'][transfer] += to_amount(mu)
            totals['parcels_count'][transfer] += parcels
            totals['households_count'][transfer] += 1
        return {name: totals[name] for name in names}

    def get_rec_name(self, name):
        return self.number or f'({self.id})'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('number', *clause[1:]),
            ('filing_number', *clause[1:]),
            ]

    # Signing

    def _refuse(self, message, error=LandTransferError, **values):
        raise error(gettext(
                f'fupin_industry.msg_land_transfer_{message}',
                transfer=self.rec_name, **values))

    def check_sign(self):
        """Raise LandTransferError if the law does not allow the transfer or
        the contract lacks what Art. 19 of the rules of 2021 asks for."""
        if not self.lines:
            self._refuse('parcels')
        if not self.sign_date:
            self._refuse('sign_date')
        # Art. 19 (6), (8), (9) and (10)
        for name in [
                'rights', 'attachments_handling', 'expropriation', 'breach']:
            if not (getattr(self, name) or '').strip():
                self._refuse(
                    'content', content=self.__names__(name)['field'])
        if self.agent and not (
                self.entrust_from <= self.sign_date <= self.entrust_to):
            self._refuse(
                'entrust', agent=self.agent, date=self.sign_date)
        if self.social_capital and (
                self.review_result != 'passed'
                or self.review_decided > self.sign_date):
            self._refuse('review')
        if self.original:
            if (self.original.company or self.original.transferee) == (
                    self.company or self.transferee):
                self._refuse('original_self')
            if self.end_date > self.original.last_date:
                self._refuse(
                    'original_end', original=self.original.rec_name,
                    date=self.original.last_date)
        for line in self.lines:
            line.check_sign()
        if self.rent_form != 'shares':
            self.check_rates()

    def check_rates(self):
        if (not self.rates
                or min(r.from_date for r in self.rates) != self.start_date):
            self._refuse('rates', date=self.start_date)
        for rate in self.rates:
            if (self.rent_form != 'grain') != bool(rate.cash) or (
                    self.rent_form != 'cash') != bool(rate.grain):
                self._refuse('rate', date=rate.from_date)

    @classmethod
    @ModelView.button
    @Workflow.transition('signed')
    def sign(cls, transfers):
        """Let the parcels and make the schedule of the rent.

        The rows of the parcels are locked, so that of two who let the same
        parcel the second finds what the first one did."""
        pool = Pool()
        Line = pool.get('fupin.land.transfer.line')
        for transfer in transfers:
            with without_check_access():
                wait_for({ln.parcel for ln in transfer.lines})
            transfer.depth = (
                transfer.original.depth + 1 if transfer.original else 0)
            transfer.check_sign()
            Line.check_let(transfer)
        cls.set_number(transfers)
        to_save = []
        for transfer in transfers:
            for line in transfer.lines:
                line.from_date = transfer.start_date
                line.to_date = transfer.end_date
                line.depth = transfer.depth
                line.let = True
                to_save.append(line)
        cls.save(transfers)
        Line.save(to_save)
        cls.set_instalments(transfers)

    @classmethod
    def set_number(cls, transfers):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        Sequence = pool.get('ir.sequence')
        to_number = [t for t in transfers if not t.number]
        with without_check_access():
            sequence = Sequence(ModelData.get_id(
                    'fupin_industry', 'sequence_land_transfer'))
            for transfer, number in zip(
                    to_number, sequence.get_many(len(to_number))):
                transfer.number = number

    def get_schedule(self):
        """Return the instalments of the rent up to the last day, see
        rent.schedule."""
        if self.rent_form == 'shares':
            return []
        return rent.schedule(
            self.start_date, self.last_date,
            sum(line.mu for line in self.lines),
            [rent.Rate(
                    r.from_date, r.cash or Decimal(0), r.grain or Decimal(0))
                for r in self.rates],
            months=int(self.instalment_months),
            in_advance=self.in_advance, days=self.due_days)

    @classmethod
    def set_instalments(cls, transfers):
        """Bring the instalments up to the contract; those that are posted
        stay and must be the same."""
        Instalment = Pool().get('fupin.land.instalment')
        to_save, to_delete = [], []
        for transfer in transfers:
            kept = {
                i.number: i for i in Instalment.search([
                        ('transfer', '=', transfer.id)])}
            for part in transfer.get_schedule():
                instalment = kept.pop(part.number, None)
                values = {
                    'from_date': part.from_date, 'to_date': part.to_date,
                    'due_date': part.due_date, 'cash': part.cash,
                    'grain': part.grain}
                if not instalment:
                    instalment = Instalment(
                        transfer=transfer, number=part.number)
                elif all(getattr(instalment, n) == v
                        for n, v in values.items()):
                    continue
                elif instalment.rent:
                    transfer._refuse(
                        'posted', number=part.number,
                        rent=instalment.rent.rec_name)
                for name, value in values.items():
                    setattr(instalment, name, value)
                to_save.append(instalment)
            for instalment in kept.values():
                if instalment.rent:
                    transfer._refuse(
                        'posted', number=instalment.number,
                        rent=instalment.rent.rec_name)
                to_delete.append(instalment)
        with without_check_access():
            Instalment.save(to_save)
            Instalment.drop(to_delete)

    @classmethod
    @ModelView.button
    @Workflow.transition('filed')
    def file(cls, transfers):
        "Enter the transfer into the ledger of the township (Art. 21)"
        for transfer in transfers:
            if not transfer.filing_number or not transfer.filing_date:
                transfer._refuse('filing')
            if not 18 <= len(transfer.filing_number) <= 20:
                transfer._refuse(
                    'filing_length', number=transfer.filing_number)
            if transfer.filing_date < transfer.sign_date:
                transfer._refuse('filing_date', date=transfer.filing_date)

    @classmethod
    @ModelView.button_action('fupin_industry.wizard_land_transfer_end')
    def end(cls, transfers):
        pass

    @classmethod
    def end_early(cls, transfers, date, reason):
        """Let the transfers end on the day, for the reason.

        LandTransferError if rent is posted for days after it."""
        Line = Pool().get('fupin.land.transfer.line')
        for transfer in transfers:
            if not transfer.start_date <= date < transfer.end_date:
                transfer._refuse('end_date', date=date)
            passed_on = cls.search([
                    ('original', '=', transfer.id),
                    ('state', 'in', ['signed', 'filed']),
                    ('last_date', '>', date),
                    ], limit=1)
            if passed_on:
                transfer._refuse('passed_on', other=passed_on[0].rec_name)
            transfer.ended_on = date
            transfer.end_reason = reason
        cls.save(transfers)
        lines = [line for t in transfers for line in t.lines]
        Line.write(lines, {'to_date': date})
        cls.set_instalments(transfers)
        cls.end_expired()

    @classmethod
    def end_expired(cls):
        "Mark the transfers whose last day has passed as ended"
        Date = Pool().get('ir.date')
        transfers = cls.search([
                ('state', 'in', ['signed', 'filed']),
                ('last_date', '<', Date.today()),
                ])
        cls.write(transfers, {'state': 'ended'})

    @classmethod
    @ModelView.button_action('fupin_industry.act_land_transfer_renew')
    def renew(cls, transfers):
        "Draft a contract that follows on the last day"
        Line = Pool().get('fupin.land.transfer.line')
        for transfer in transfers:
            length = transfer.end_date - transfer.start_date
            start = transfer.last_date + ONE_DAY
            renewal, = cls.copy([transfer], default={
                    'renewal_of': transfer.id,
                    'start_date': start,
                    'end_date': start + length,
                    'sign_date': None,
                    'delivery_date': None,
                    'rates': None,
                    'review_result': None,
                    'review_decided': None,
                    'review_document': None,
                    })
            Line.set_households(renewal.lines)

    @classmethod
    @ModelView.button
    @Workflow.transition('cancelled')
    def cancel(cls, transfers):
        "Void contracts that were signed by mistake"
        pool = Pool()
        Instalment = pool.get('fupin.land.instalment')
        Line = pool.get('fupin.land.transfer.line')
        for transfer in transfers:
            for instalment in transfer.instalments:
                if instalment.rent:
                    transfer._refuse(
                        'posted', number=instalment.number,
                        rent=instalment.rent.rec_name)
            passed_on = cls.search([
                    ('original', '=', transfer.id),
                    ('state', 'in', ['signed', 'filed']),
                    ], limit=1)
            if passed_on:
                transfer._refuse('passed_on', other=passed_on[0].rec_name)
        with without_check_access():
            Line.write(
                [ln for t in transfers for ln in t.lines], {'let': False})
            Instalment.drop([i for t in transfers for i in t.instalments])

    @classmethod
    def check_modification(
            cls, mode, transfers, values=None, external=False):
        super().check_modification(
            mode, transfers, values=values, external=external)
        if mode == 'create':
            refused = [t for t in transfers if t.state != 'draft']
        elif mode == 'write':
            if external and values.keys() & cls._workflow_fields:
                refused = transfers
            else:
                refused = [
                    t for t in transfers
                    if (t.state != 'draft'
                        and values.keys() - cls._workflow_fields
                        - cls._open_fields)
                    or (t.state in {'ended', 'cancelled'}
                        and values.keys() - cls._workflow_fields)]
        else:
            refused = [t for t in transfers if t.state != 'draft']
        if refused:
            raise AccessError(gettext(
                    'fupin_industry.msg_land_transfer_modify',
                    transfer=refused[0].rec_name,
                    state=refused[0].state_string))

    @classmethod
    def on_modification(cls, mode, transfers, field_names=None):
        super().on_modification(mode, transfers, field_names=field_names)
        if mode == 'write' and field_names and 'rates' in field_names:
            signed = [t for t in transfers if t.state in {'signed', 'filed'}]
            for transfer in signed:
                transfer.check_rates()
            cls.set_instalments(signed)

    @classmethod
    def copy(cls, transfers, default=None):
        default = default.copy() if default is not None else {}
        for name in [
                'number', 'depth', 'ended_on', 'end_reason', 'instalments',
                'filing_number', 'filing_date', 'registration_number',
                'registration_date', 'renewals']:
            default.setdefault(name)
        default.setdefault('depth', 0)
        default['depth'] = 0
        default.setdefault('state', 'draft')
        return super().copy(transfers, default=default)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('state').in_(['ended', 'cancelled']), 'muted', '')),
            ('//page[@id="review"]', 'states', {
                    'invisible': ~Eval('social_capital'),
                    }),
            ]


class Cron(metaclass=PoolMeta):
    __name__ = 'ir.cron'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection.append(
            ('fupin.land.transfer|end_expired', "End Expired Land Transfers"))
