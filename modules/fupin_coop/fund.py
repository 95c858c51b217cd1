# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The property that the state grants and others donate (专项资金).

Money of the state is owed to its project (235) until it is used; what it
turns into belongs to the special fund (311), as donations do."""
from collections import defaultdict
from decimal import Decimal

from sql import Null
from sql.aggregate import Sum
from sql.conditionals import Case

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, Id
from trytond.transaction import Transaction

from .configuration import default_sequence
from .document import DRAFT, DocumentMixin, wait_for
from .exact_sum import to_amount, to_cents
from .exceptions import FundError

ZERO = Decimal('0.00')
NOMINAL = Decimal('1.00')
KINDS = [
    ('receipt', "Grant Received"),
    ('asset', "Used for Assets"),
    ('earlier_asset', "Used for Assets Bought Before"),
    ('expense', "Used for Training and Other Expenses"),
    ('earlier_expense', "Used for Expenses Made Before"),
    ('return', "Unused Grant Returned"),
    ('asset_grant', "Assets Granted by the State"),
    ('asset_donation', "Assets Donated"),
    ('cash_donation', "Money Donated"),
    ('opening_project', "Opening Balance of a Grant"),
    ('opening_fund', "Opening Balance of the Special Fund"),
    ]
SOURCES = [
    ('grant', "State Grants"),
    ('donation', "Donations"),
    ]
# (debit, credit) by kind (235, 311 of 财会〔2021〕37号).  What opens the books
# of a cooperative is booked by their opening move.
POSTINGS = {
    'receipt': [('cash', 'payable')],
    'asset': [('asset', 'cash'), ('payable', 'fund')],
    'earlier_asset': [('payable', 'fund')],
    'expense': [('payable', 'cash')],
    'earlier_expense': [('payable', 'expense')],
    'return': [('payable', 'cash')],
    'asset_grant': [('asset', 'fund')],
    'asset_donation': [('asset', 'fund')],
    'cash_donation': [('cash', 'fund')],
    'opening_project': [],
    'opening_fund': [],
    }
ACCOUNTS = {
    'payable': '235',
    'fund': '311',
    'other_expense': '529',
    }
# what makes the special fund, by source; an opening names it
FUND_KINDS = {
    'grant': ['asset', 'earlier_asset', 'asset_grant'],
    'donation': ['asset_donation', 'cash_donation'],
    }
# what a project gets, and what is used of it
GIVING = ['receipt', 'opening_project']
USING = ['asset', 'earlier_asset', 'expense', 'earlier_expense', 'return']


def uses(account):
    "Return the kinds that book on the account"
    return [
        kind for kind, posting in POSTINGS.items()
        if any(account in pair for pair in posting)]


IN_KIND = ['asset_grant', 'asset_donation']
OF_ASSETS = uses('asset') + ['earlier_asset']
WITH_CASH = uses('cash')
WITH_EXPENSE = uses('expense')


def code_domain(*codes):
    return [
        ('company', '=', Eval('company', -1)),
        ('closed', '!=', True),
        ('type', '!=', None),
        ['OR', *(('code', 'like', f'{code}%') for code in codes)],
        ]


def for_kinds(kinds, required=True):
    return {
        'readonly': Eval('state') != 'draft',
        'invisible': ~Eval('kind').in_(kinds),
        'required': Eval('kind').in_(kinds) if required else False,
        }


class Configuration(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration'

    fund_sequence = fields.MultiValue(fields.Many2One(
            'ir.sequence.strict', "Special Fund Sequence", required=True,
            domain=[
                ('company', 'in',
                    [Eval('context', {}).get('company', -1), None]),
                ('sequence_type', '=',
                    Id('fupin_coop', 'sequence_type_fund')),
                ],
            help="Used to generate the number of a special fund document; "
            "it leaves no gaps."))

    default_fund_sequence = default_sequence('sequence_fund')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        if 'fund_sequence' not in cls._sequences:
            cls._sequences = cls._sequences + ['fund_sequence']


class ConfigurationSequence(metaclass=PoolMeta):
    __name__ = 'fupin.coop.configuration.sequence'

    fund_sequence = fields.Many2One(
        'ir.sequence.strict', "Special Fund Sequence",
        domain=[
            ('company', 'in', [Eval('company', -1), None]),
            ('sequence_type', '=', Id('fupin_coop', 'sequence_type_fund')),
            ])

    default_fund_sequence = default_sequence('sequence_fund')


class Project(ModelSQL, ModelView):
    "A project for which the state grants money (财政补助项目)"
    __name__ = 'fupin.fund.project'
    __string__ = "Grant Project"

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    name = fields.Char("Name", required=True)
    document = fields.Char(
        "Document", required=True, help="The document that grants the money.")
    grantor = fields.Char("Granted by", required=True)
    purpose = fields.Text("Purpose")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    received = fields.Function(Monetary(
            "Received", currency='currency', digits='currency'),
        'get_amounts')
    used = fields.Function(Monetary(
            "Used or Returned", currency='currency', digits='currency'),
        'get_amounts')
    left = fields.Function(Monetary(
            "Left", currency='currency', digits='currency',
            help="What has not been used yet (235)."),
        'get_amounts')
    funds = fields.One2Many(
        'fupin.fund', 'project', "Documents", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('name', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('name_unique', Unique(t, t.company, t.name),
                'fupin_coop.msg_fund_project_unique'),
            ]

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @classmethod
    def get_amounts(cls, projects, names):
        Fund = Pool().get('fupin.fund')
        cursor = Transaction().connection.cursor()
        table = Fund.__table__()
        amounts = {
            name: dict.fromkeys([p.id for p in projects], ZERO)
            for name in ['received', 'used', 'left']}
        giving = fields.SQL_OPERATORS['in'](table.kind, GIVING)
        cursor.execute(*table.select(
                table.project,
                Sum(Case((giving, to_cents(table.amount)), else_=0)),
                Sum(Case((giving, 0), else_=to_cents(table.amount))),
                where=fields.SQL_OPERATORS['in'](
                    table.project, [p.id for p in projects])
                & (table.state == 'posted'),
                group_by=[table.project]))
        for id_, received, used in cursor:
            received, used = to_amount(received), to_amount(used)
            amounts['received'][id_] = received
            amounts['used'][id_] = used
            amounts['left'][id_] = received - used
        return {name: amounts[name] for name in names}

    @classmethod
    def copy(cls, projects, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('funds')
        return super().copy(projects, default=default)


class Fund(DocumentMixin):
    "Property granted or donated, and the use of what is granted"
    __name__ = 'fupin.fund'
    __string__ = "Special Fund Document"

    _sequence_name = 'fund_sequence'

    kind = fields.Selection(
        KINDS, "Kind", required=True, sort=False, states=DRAFT)
    kind_string = kind.translated('kind')
    source = fields.Selection(
        [(None, "")] + SOURCES, "Source", sort=False,
        states=for_kinds(['opening_fund']))
    project = fields.Many2One(
        'fupin.fund.project', "Project", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=for_kinds(GIVING + USING))
    party = fields.Many2One(
        'party.party', "Granted or Donated by", ondelete='RESTRICT',
        states=for_kinds(IN_KIND + ['cash_donation']),
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True,
        domain=[
            ('amount', '>', 0),
            ],
        states=DRAFT)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    cash_account = fields.Many2One(
        'account.account', "Cash Account", ondelete='RESTRICT',
        domain=code_domain('101', '102'),
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('kind').in_(WITH_CASH + IN_KIND),
            'required': Eval('kind').in_(WITH_CASH),
            })
    asset_account = fields.Many2One(
        'account.account', "Asset Account", ondelete='RESTRICT',
        domain=code_domain('121', '141', '142', '144', '151', '153', '161'),
        states={
            'readonly': Eval('state') != 'draft',
            'invisible': ~Eval('kind').in_(OF_ASSETS),
            'required': Eval('kind').in_(uses('asset')),
            })
    expense_account = fields.Many2One(
        'account.account', "Expense Account", ondelete='RESTRICT',
        domain=code_domain('521', '523'),
        states=for_kinds(WITH_EXPENSE),
        help="Where the expense was booked when it was made.")
    asset = fields.Char(
        "Assets", states=for_kinds(OF_ASSETS, required=False))
    quantity = fields.Char(
        "Quantity and Model", states=for_kinds(OF_ASSETS, required=False))
    fees = Monetary(
        "Taxes and Freight", currency='currency', digits='currency',
        domain=[
            ('fees', '>=', 0),
            ],
        states=for_kinds(IN_KIND),
        help="What the cooperative paid to get the assets.")
    nominal = fields.Boolean(
        "Nominal Value", states=for_kinds(IN_KIND, required=False),
        help="The value can not be found by evidence, appraisal or market "
        "price, so the assets are booked at 1 yuan.")
    poverty_project = fields.Boolean(
        "Poverty Alleviation Project",
        states=for_kinds(OF_ASSETS, required=False),
        help="The assets belong to a poverty alleviation project and are "
        "kept in a register (Art. 33).")
    evidence = fields.Char(
        "Evidence", states=DRAFT,
        help="The voucher, contract or appraisal that shows the amount; "
        "the reason where the value is nominal.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t, (t.project, Index.Equality())),
                })

    @classmethod
    def default_kind(cls):
        return 'receipt'

    @classmethod
    def default_fees(cls):
        return ZERO

    @classmethod
    def default_cash_account(cls):
        Configuration = Pool().get('account.configuration')
        if company := cls.default_company():
            account = Configuration._find_chart_account('102', company)
            return account.id if account else None

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('kind', 'nominal')
    def on_change_kind(self):
        if self.kind not in IN_KIND:
            self.nominal = False
            self.fees = ZERO
        if self.kind not in OF_ASSETS:
            self.poverty_project = False
            self.asset_account = None
        if self.kind not in GIVING + USING:
            self.project = None
        if self.kind not in WITH_EXPENSE:
            self.expense_account = None
        if self.kind != 'opening_fund':
            self.source = None

    @fields.depends('nominal')
    def on_change_nominal(self):
        if self.nominal:
            self.amount = NOMINAL

    # What it is worth to the special fund

    @classmethod
    def special_funds(cls, company, date=None, start=None):
        """Return {source: yuan} of the special fund (311) by state grants and
        donations at the end of the date, default is all that is posted; with
        start only what came since then."""
        cursor = Transaction().connection.cursor()
        table = cls.__table__()

        def kinds(source):
            return (
                fields.SQL_OPERATORS['in'](table.kind, FUND_KINDS[source])
                | ((table.kind == 'opening_fund')
                    & (table.source == source)))

        def total(when):
            where = (table.company == int(company)) & (when != Null)
            if date is not None:
                where &= when <= date
            if start is not None:
                where &= when >= start
            cursor.execute(*table.select(
                    *(Sum(Case(
                                (kinds(source), to_cents(table.amount)),
                                else_=0)) for source, _ in SOURCES),
                    where=where
                    & fields.SQL_OPERATORS['in'](
                        table.state, ['posted', 'cancelled'])))
            return map(to_amount, cursor.fetchone())

        return {
            source: posted - cancelled
            for (source, _), posted, cancelled in zip(
                SOURCES, total(table.date), total(table.cancel_date))}

    # Posting

    def _refuse(self, message, **values):
        raise FundError(gettext(
                f'fupin_coop.msg_fund_{message}',
                document=self.full_name, **values))

    def check_post(self):
        super().check_post()
        if self.nominal and self.amount != NOMINAL:
            self._refuse('nominal', amount=self.amount)
        if (self.nominal or self.kind in IN_KIND) and not self.evidence:
            self._refuse('evidence')
        if self.kind in IN_KIND and self.fees and not self.cash_account:
            self._refuse('cash')
        if self.project:
            wait_for([self.project])

    @classmethod
    @ModelView.button
    def post(cls, documents):
        super().post(documents)
        cls.check_projects(documents)

    @classmethod
    @ModelView.button
    def cancel(cls, documents):
        wait_for({d.project for d in documents if d.project})
        super().cancel(documents)
        cls.check_projects(documents)

    @classmethod
    def check_projects(cls, documents):
        "Raise FundError if a project has used more than it had on a day"
        projects = {d.project for d in cls.browse(documents) if d.project}
        if not projects:
            return
        cursor = Transaction().connection.cursor()
        table = cls.__table__()
        in_project = fields.SQL_OPERATORS['in'](
            table.project, [p.id for p in projects])
        cursor.execute(*table.select(
                table.project, table.kind, table.date, table.cancel_date,
                to_cents(table.amount),
                where=in_project & fields.SQL_OPERATORS['in'](
                    table.state, ['posted', 'cancelled'])))
        changes = defaultdict(lambda: defaultdict(int))
        for project, kind, date, cancel_date, cents in cursor:
            if kind in USING:
                cents = -cents
            changes[project][date] += cents
            if cancel_date:
                changes[project][cancel_date] -= cents
        for project in projects:
            left = 0
            for day in sorted(changes[project.id]):
                left += changes[project.id][day]
                if left < 0:
                    raise FundError(gettext(
                            'fupin_coop.msg_fund_overspent',
                            project=project.rec_name,
                            amount=to_amount(-left),
                            date=day))

    def get_account(self, name):
        "Return the account of what a posting calls it"
        Configuration = Pool().get('account.configuration')
        if code := ACCOUNTS.get(name):
            return Configuration.get_chart_account(code, self.company)
        return getattr(self, f'{name}_account')

    def get_move(self):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        Line = pool.get('account.move.line')
        amounts = defaultdict(lambda: [ZERO, ZERO])
        postings = [
            (debit, credit, self.amount)
            for debit, credit in POSTINGS[self.kind]]
        if self.fees:
            postings.append((
                    'other_expense' if self.nominal else 'asset', 'cash',
                    self.fees))
        if not postings:
            return
        for debit, credit, amount in postings:
            amounts[debit][0] += amount
            amounts[credit][1] += amount
        lines = []
        for name, (debit, credit) in amounts.items():
            account = self.get_account(name)
            for value, side in [(debit, 'debit'), (credit, 'credit')]:
                if value:
                    line = Line(account=account, debit=ZERO, credit=ZERO)
                    setattr(line, side, value)
                    if account.party_required:
                        line.party = self.party
                    lines.append(line)
        description = ' '.join(filter(None, [
                    self.kind_string,
                    self.project.name if self.project else None,
                    self.asset]))
        return self.new_move(
            Configuration.get_delivery_journal(self.company), lines,
            description=description)
