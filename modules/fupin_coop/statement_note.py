# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The notes of a year (附注 of 财会〔2021〕37号).

The accountant fills the texts; the figures are computed from the books and
registers, and frozen with the texts when the notes are posted, at the latest
when the year is closed."""
from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, Workflow, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from .exceptions import StatementNoteError
from .form import (
    CURRENCY, UNIT, Form, Measure, Row, to_kind, to_text)
from .note_figure import Figure, NoteFigures
from .note_part import DECLARATION, NOTHING, PARTS, TITLE
from .report import FormWorkbook, SlipReport
from .statement import get_scope
from .statement_line import TOTAL

DRAFT = {
    'readonly': Eval('state') != 'draft',
    }
# what usually stays as it was the year before
KEPT = ['declaration', 'customers', 'business', 'officers']
QUANTITY_DIGITS = (16, 6)
RATE_DIGITS = (10, 6)


def text(string, help=''):
    return fields.Text(string, states=DRAFT, help=help)


class Note(Workflow, ModelSQL, ModelView):
    "The notes to the statements of a year"
    __name__ = 'fupin.statement.note'
    __string__ = "Notes to the Statements"

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
    state = fields.Selection([
            ('draft', "Draft"),
            ('posted', "Posted"),
            ], "State", readonly=True, required=True, sort=False)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    declaration = text(
        "Declaration", "That the statements comply with the regulation.")
    customers = text("Mainly Served")
    business = text("Main Business")
    officers = text(
        "Officers",
        "Chair, directors and supervisors, and who of them has changed.")
    items = text(
        "Items Explained", "What the figures of the items do not tell.")
    losses = fields.One2Many(
        'fupin.statement.note.loss', 'note', "Losses Not Yet Approved",
        states=DRAFT)
    business_change = text("Changes of the Main Business")
    foreign_trade = text("Imports and Exports")
    large_items = text(
        "Large Disposals, Debts, Investments and Guarantees")
    donations = text("Donations Explained")
    support = text("State Support and Tax Relief")
    distribution = text("Plans for the Surplus or the Loss")
    lawsuits = text("Lawsuits and Arbitration")
    tax = text(
        "Tax Adjustments",
        "From the items of the statements to the taxable income.")
    other = text("Other Matters")
    figures = fields.One2Many(
        'fupin.statement.note.figure', 'note', "Figures", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('fiscalyear.start_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('fiscalyear_unique', Unique(t, t.fiscalyear),
                'fupin_coop.msg_statement_note_unique'),
            ]
        cls._transitions |= {
            ('draft', 'posted'),
            ('posted', 'draft'),
            }
        cls._buttons.update({
                'compute': {
                    'invisible': Eval('state') != 'draft',
                    'icon': 'tryton-refresh',
                    'depends': ['state'],
                    },
                'post': {
                    'invisible': Eval('state') != 'draft',
                    'icon': 'tryton-ok',
                    'depends': ['state'],
                    },
                'draft': {
                    'invisible': Eval('state') != 'posted',
                    'icon': 'tryton-back',
                    'depends': ['state'],
                    },
                })

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_fiscalyear(cls):
        scope = get_scope()
        return scope.fiscalyear.id if scope else None

    @classmethod
    def default_state(cls):
        return 'draft'

    @classmethod
    def default_declaration(cls):
        return DECLARATION

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('company', 'fiscalyear', *KEPT)
    def on_change_fiscalyear(self):
        "Take over what the notes of the year before say"
        if not (self.company and self.fiscalyear):
            return
        for former in self.__class__.search([
                    ('company', '=', self.company.id),
                    ('fiscalyear.end_date', '<', self.fiscalyear.start_date),
                    ], order=[('fiscalyear.end_date', 'DESC')], limit=1):
            for name in KEPT:
                if not getattr(self, name) or name == 'declaration':
                    setattr(self, name, getattr(former, name))

    def get_rec_name(self, name):
        return f'{self.fiscalyear.rec_name} {self.company.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('fiscalyear.rec_name', *clause[1:]),
            ('company.rec_name', *clause[1:]),
            ]

    # Figures

    @classmethod
    @ModelView.button
    def compute(cls, notes):
        "Compute the figures anew"
        for note in notes:
            if note.state != 'draft':
                note._refuse('posted')
        cls._compute(notes)

    @classmethod
    @without_check_access
    def _compute(cls, notes):
        NoteFigure = Pool().get('fupin.statement.note.figure')
        NoteFigure.delete(
            NoteFigure.search([('note', 'in', [n.id for n in notes])]))
        for note in notes:
            figures = [
                NoteFigure(note=note, sequence=sequence, **vars(figure))
                for sequence, figure in enumerate(
                    NoteFigures(note.company, note.fiscalyear).get(), 1)]
            for sub_figures in grouped_slice(figures, 1000):
                NoteFigure.save(list(sub_figures))

    @classmethod
    @ModelView.button
    @Workflow.transition('posted')
    def post(cls, notes):
        "Freeze the figures as they are now, and the texts"
        cls._compute(notes)

    @classmethod
    @ModelView.button
    @Workflow.transition('draft')
    def draft(cls, notes):
        for note in notes:
            if note.fiscalyear.state != 'open':
                note._refuse('closed')

    def _refuse(self, message):
        raise StatementNoteError(gettext(
                f'fupin_coop.msg_statement_note_{message}',
                note=self.rec_name))

    @classmethod
    def freeze(cls, fiscalyears):
        "Post the notes of the years that are closed, made where missing"
        with without_check_access():
            notes = cls.search([
                    ('fiscalyear', 'in', [f.id for f in fiscalyears])])
            found = {n.fiscalyear for n in notes}
            missing = []
            for fiscalyear in fiscalyears:
                if fiscalyear not in found:
                    note = cls(
                        company=fiscalyear.company, fiscalyear=fiscalyear,
                        declaration=DECLARATION)
                    note.on_change_fiscalyear()
                    missing.append(note)
            cls.save(missing)
            cls.post([
                    n for n in [*notes, *missing] if n.state == 'draft'])

    # What is posted stays

    @classmethod
    def check_modification(cls, mode, notes, values=None, external=False):
        super().check_modification(
            mode, notes, values=values, external=external)
        if not external:
            return
        for note in notes:
            if note.state != 'draft' or 'state' in (values or {}):
                if mode == 'create' and note.state == 'draft':
                    continue
                raise AccessError(gettext(
                        'fupin_coop.msg_statement_note_posted',
                        note=note.rec_name))

    @classmethod
    def copy(cls, notes, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('state', 'draft')
        default.setdefault('figures')
        return super().copy(notes, default=default)


class NoteLoss(ModelSQL, ModelView):
    "Assets that are lost, which nobody has approved yet to write off"
    __name__ = 'fupin.statement.note.loss'
    __string__ = "Loss Not Yet Approved"

    note = fields.Many2One(
        'fupin.statement.note', "Notes", required=True, ondelete='CASCADE')
    kind = fields.Selection([
            ('receivable', "Receivables that can not be recovered"),
            ('investment', "Investments that can not be recovered"),
            ('fixed_asset', "Fixed assets damaged or scrapped"),
            ('construction', "Construction damaged or scrapped"),
            ('intangible', "Intangible assets cancelled or void"),
            ('other', "Other assets lost"),
            ], "Kind", required=True, sort=False)
    kind_string = kind.translated('kind')
    name = fields.Char("Name", required=True)
    amount = Monetary(
        "Amount", currency='currency', digits='currency', required=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    explanation = fields.Char("Explanation", required=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('note')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.note, Index.Equality())))

    @fields.depends('note', '_parent_note.company')
    def on_change_with_currency(self, name=None):
        if self.note and self.note.company:
            return self.note.company.currency

    @classmethod
    def check_modification(cls, mode, losses, values=None, external=False):
        super().check_modification(
            mode, losses, values=values, external=external)
        for loss in losses:
            if loss.note.state != 'draft':
                raise AccessError(gettext(
                        'fupin_coop.msg_statement_note_posted',
                        note=loss.note.rec_name))


def money(string):
    return Monetary(
        string, currency='currency', digits='currency', readonly=True)


class NoteFigure(ModelSQL, ModelView):
    "A figure of the notes, as it was when it was computed"
    __name__ = 'fupin.statement.note.figure'
    __string__ = "Figure of the Notes"

    note = fields.Many2One(
        'fupin.statement.note', "Notes", required=True, readonly=True,
        ondelete='CASCADE')
    sequence = fields.Integer("Sequence", required=True, readonly=True)
    section = fields.Selection([
            ('basic', "Basics"),
            ('member', "Contributions and Reserve Shares"),
            ('change', "Members Who Joined or Left"),
            ('unit', "Members That Are Units"),
            ('equity', "Changes of Members' Equity"),
            ('receivable', "Receivables"),
            ('payable', "Payables"),
            ('stock', "Stocks"),
            ('asset', "Other Assets"),
            ('liability', "Other Liabilities"),
            ('result', "Income and Expense"),
            ('nominal', "Assets at Nominal Value"),
            ('donation', "Donations"),
            ('grant', "Grants"),
            ('trade', "Trade with Members and Others"),
            ('reserve', "Reserve Rate"),
            ('distribution', "Surplus Distribution"),
            ], "Section", required=True, readonly=True, sort=False)
    item = fields.Char("Item", readonly=True)
    detail = fields.Char("Detail", readonly=True)
    date = fields.Date("Date", readonly=True)
    opening = money("Opening or Last Year")
    increase = money("Increase")
    decrease = money("Decrease")
    closing = money("Closing or Amount")
    amount = money("Further Amount")
    quantity = fields.Numeric(
        "Quantity", digits=QUANTITY_DIGITS, readonly=True)
    unit = fields.Char("Unit", readonly=True)
    rate = fields.Numeric("Rate", digits=RATE_DIGITS, readonly=True)
    remark = fields.Char("Remark", readonly=True)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('note')
        cls._order = [('note', 'DESC'), ('sequence', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_indexes.add(Index(t,
                (t.note, Index.Equality()),
                (t.sequence, Index.Range())))

    @fields.depends('note', '_parent_note.company')
    def on_change_with_currency(self, name=None):
        if self.note and self.note.company:
            return self.note.company.currency

    def get_rec_name(self, name):
        return ' '.join(filter(None, [self.item, self.detail]))

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR', ('item', *clause[1:]), ('detail', *clause[1:])]

    @classmethod
    def check_modification(cls, mode, figures, values=None, external=False):
        super().check_modification(
            mode, figures, values=values, external=external)
        if external:
            raise AccessError(gettext(
                    'fupin_coop.msg_statement_note_figure'))


class FiscalYear(metaclass=PoolMeta):
    __name__ = 'account.fiscalyear'

    @classmethod
    @ModelView.button
    def close(cls, fiscalyears):
        "The notes of a cooperative are frozen with the year"
        Note = Pool().get('fupin.statement.note')
        super().close(fiscalyears)
        Note.freeze([f for f in fiscalyears if f.company.cooperative])


# What is printed

class NoteMixin:
    "The parts of the notes; those of a draft have the figures of today"
    __slots__ = ()

    @classmethod
    def get_forms(cls, records, data):
        return [
            form for note in records for form in cls.get_note_forms(note)]

    @classmethod
    def get_note_forms(cls, note):
        figures = {}
        if note.state == 'draft':
            found = NoteFigures(note.company, note.fiscalyear).get()
        else:
            found = note.figures
        for figure in found:
            figures.setdefault(figure.section, []).append(figure)
        figures['loss'] = [
            Figure(
                'loss', loss.name, loss.kind_string, closing=loss.amount,
                remark=loss.explanation) for loss in note.losses]
        date = f'{note.fiscalyear.start_date.year}年度'
        return [
            cls._get_form(note, part, figures.get(part.section, []), date)
            for part in PARTS]

    @classmethod
    def _get_form(cls, note, part, figures, date):
        paragraphs = []
        for name, prefix in (part.texts or {}).items():
            written = (getattr(note, name) or '').strip()
            if written or (prefix and part.section):
                paragraphs.append(prefix + (written or NOTHING))
        if not paragraphs and not figures:
            paragraphs.append(NOTHING)
        rows = [
            Row([cls._get_cell(figure, name) for name, _ in part.columns])
            for figure in figures]
        if figures and part.sums:
            rows.append(Row([
                        TOTAL if not index else cls._sum(figures, name)
                        if name in part.sums else None
                        for index, (name, _) in enumerate(part.columns)],
                    'total'))
        return Form(
            part.title, note.company.party.name, date,
            [name for _, name in part.columns] if figures else [], rows,
            text='\n'.join(paragraphs), code=TITLE, currency=CURRENCY)

    @staticmethod
    def _sum(figures, name):
        return sum(
            amount for f in figures
            if (amount := getattr(f, name)) is not None)

    @staticmethod
    def _get_cell(figure, name):
        value = getattr(figure, name)
        if value is None:
            return None
        elif name == 'rate':
            return f'{value * 100:.2f}%'
        elif name == 'quantity':
            value = value.normalize()
            return Measure(value, max(0, -value.as_tuple().exponent))
        return value


class NoteReport(NoteMixin, SlipReport):
    __name__ = 'fupin.statement.note'

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['cell'] = to_text
        context['kind'] = to_kind
        context['unit'] = UNIT
        context['notes'] = [
            (TITLE, note, cls.get_note_forms(note)) for note in records]
        return context


class NoteWorkbook(NoteMixin, FormWorkbook):
    "The notes as XLSX, each part a sheet"
    __name__ = 'fupin.statement.note.workbook'
