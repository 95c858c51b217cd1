# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The county's review of what the households earned in a year"""
import datetime as dt
from functools import wraps

from sql import Null
from sql.conditionals import Case, Coalesce
from sql.functions import CurrentTimestamp

from trytond.i18n import gettext
from trytond.model import (
    Index, ModelSQL, ModelView, Unique, Workflow, fields)
from trytond.modules.fupin_coop.document import wait_for
from trytond.modules.fupin_household.cents import sql_cents
from trytond.modules.fupin_household.household_growth import JUDGEMENTS
from trytond.modules.fupin_household.household_year import KeptMixin
from trytond.modules.fupin_household.household_year_figures import among
from trytond.pool import Pool
from trytond.pyson import Eval, If, PYSONEncoder
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import (
    Button, StateAction, StateTransition, StateView, Wizard)

from .exceptions import ReviewError

MONEY = ['net', 'industry', 'per_capita']
# What stays on the review as it was accepted
FROZEN = [*MONEY, 'judgement']
# Reviews that are asked for at once
SLICE = 1000
REASONS = [
    ('all', "All Households"),
    ('changed', "Net Income Changed much"),
    ('unproved', "Industry Income without Proof"),
    ('below_line', "Below the Line"),
    ('sample', "Drawn by Lot"),
    ]


def _figure(field):
    "Return the field as one that is read from the row of household and year"
    return fields.Function(field, 'get_figures', searcher='search_figure')


def _order_figure(name):
    def order(cls, tables):
        HouseholdYear = Pool().get('fupin.household.year')
        table, _ = tables[None]
        if 'kept' not in tables:
            kept = HouseholdYear.__table__()
            tables['kept'] = {
                None: (kept, (table.household == kept.household)
                    & (table.year == kept.year)),
                }
        kept, _ = tables['kept'][None]
        return [getattr(kept, name)]
    return classmethod(order)


def _held(method):
    "Let the method find the reviews as whoever had them has left them"
    @wraps(method)
    def wrapper(cls, reviews, *args):
        wait_for(reviews)
        cls._forget()
        return method(cls, cls.browse([r.id for r in reviews]), *args)
    return wrapper


class Review(Workflow, KeptMixin, ModelSQL, ModelView):
    """What the county thinks of a household's income of a year: accepted, or
    sent back with a question that the township answers.

    Nobody writes it, all happens by its buttons.  The figures are those of
    the row of household and year, as they are now; those that were accepted
    stay beside them."""
    __name__ = 'fupin.review'
    __string__ = "Review"

    household = fields.Many2One(
        'fupin.household', "Household", required=True, readonly=True,
        ondelete='RESTRICT')
    area = fields.Function(
        fields.Many2One('country.subdivision', "Area"),
        'get_area', searcher='search_area')
    year = fields.Many2One(
        'fupin.income.year', "Income Year", required=True, readonly=True,
        ondelete='RESTRICT')
    reason = fields.Selection(
        REASONS, "Opened because", required=True, readonly=True, sort=False,
        help="The condition by which the household was chosen.")
    township = _figure(fields.Many2One('country.subdivision', "Township"))
    village = _figure(fields.Many2One('country.subdivision', "Village"))
    registration_kind = _figure(
        fields.Many2One('fupin.registration.kind', "Registered As"))
    persons = _figure(fields.Integer("Persons"))
    net = _figure(fields.Numeric("Net Income", digits=(16, 2)))
    industry = _figure(fields.Numeric("Industry Income", digits=(16, 2)))
    per_capita = _figure(
        fields.Numeric("Net Income per Person", digits=(16, 2)))
    judgement = _figure(
        fields.Selection(JUDGEMENTS, "Judgement", sort=False))
    opened_by = fields.Function(
        fields.Many2One('res.user', "Opened by"), 'get_opened')
    opened_at = fields.Function(
        fields.Timestamp("Opened at"), 'get_opened')
    accepted_by = fields.Many2One(
        'res.user', "Accepted by", readonly=True, ondelete='RESTRICT')
    accepted_at = fields.Timestamp("Accepted at", readonly=True)
    accepted_net = fields.Numeric(
        "Accepted Net Income", digits=(16, 2), readonly=True)
    accepted_industry = fields.Numeric(
        "Accepted Industry Income", digits=(16, 2), readonly=True)
    accepted_per_capita = fields.Numeric(
        "Accepted Net Income per Person", digits=(16, 2), readonly=True)
    accepted_judgement = fields.Selection(
        JUDGEMENTS, "Accepted Judgement", readonly=True, sort=False)
    changed = fields.Function(fields.Boolean(
            "Changed Since",
            help="Checked when a figure is no longer the accepted one."),
        'get_changed', searcher='search_changed')
    questions = fields.One2Many(
        'fupin.review.question', 'review', "Questions", readonly=True)
    state = fields.Selection([
            ('pending', "Pending"),
            ('sent_back', "Sent Back"),
            ('answered', "Answered"),
            ('accepted', "Accepted"),
            ], "State", required=True, readonly=True, sort=False)

    order_township = _order_figure('township')
    order_village = _order_figure('village')
    order_registration_kind = _order_figure('registration_kind')
    order_persons = _order_figure('persons')
    order_net = _order_figure('net')
    order_industry = _order_figure('industry')
    order_per_capita = _order_figure('per_capita')
    order_judgement = _order_figure('judgement')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('year', 'DESC'), ('household', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('household_year_unique', Unique(t, t.household, t.year),
                'fupin_industry.msg_review_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.year, Index.Range())),
                Index(
                    t, (t.state, Index.Equality(cardinality='low')),
                    where=t.state != 'accepted'),
                })
        cls._transitions |= {
            ('pending', 'accepted'),
            ('pending', 'sent_back'),
            ('sent_back', 'answered'),
            ('answered', 'accepted'),
            ('answered', 'sent_back'),
            # whose figures are no longer those that were accepted
            ('accepted', 'sent_back'),
            }
        cls._buttons.update({
                'accept': {
                    'invisible': ~Eval('state').in_(['pending', 'answered']),
                    'depends': ['state'],
                    },
                'send_back': {
                    'invisible': Eval('state') == 'sent_back',
                    'depends': ['state'],
                    },
                'answer': {
                    'invisible': Eval('state') != 'sent_back',
                    'depends': ['state'],
                    },
                'open_incomes': {},
                'open_proofs': {},
                })

    @classmethod
    def default_state(cls):
        return 'pending'

    @classmethod
    def get_area(cls, reviews, name):
        return {r.id: r.household.area.id for r in reviews}

    @classmethod
    def search_area(cls, name, clause):
        return [('household.' + clause[0], *clause[1:])]

    @classmethod
    def _join_kept(cls):
        "Return the tables of the review and of its row, and their join"
        HouseholdYear = Pool().get('fupin.household.year')
        table = cls.__table__()
        kept = HouseholdYear.__table__()
        return table, kept, table.join(kept, 'LEFT',
            condition=(table.household == kept.household)
            & (table.year == kept.year))

    @classmethod
    def get_figures(cls, reviews, names):
        cursor = Transaction().connection.cursor()
        table, kept, from_ = cls._join_kept()
        figures = {n: {} for n in names}
        for slice_ in grouped_slice(reviews, SLICE):
            cursor.execute(*from_.select(
                    table.id, *(getattr(kept, n) for n in names),
                    where=among(table.id, [r.id for r in slice_])))
            for id_, *values in cursor:
                for name, value in zip(names, values):
                    figures[name][id_] = value
        return figures

    @classmethod
    def search_figure(cls, name, clause):
        HouseholdYear = Pool().get('fupin.household.year')
        table, kept, from_ = cls._join_kept()
        query = from_.select(
            table.id,
            where=kept.id.in_(HouseholdYear.search(
                    [clause], order=[], query=True)))
        return [('id', 'in', query)]

    @classmethod
    def get_opened(cls, reviews, names):
        values = {
            'opened_by': lambda r: r.create_uid.id if r.create_uid else None,
            'opened_at': lambda r: r.create_date,
            }
        return {n: {r.id: values[n](r) for r in reviews} for n in names}

    @classmethod
    def _query_changed(cls):
        "Return the query of the accepted reviews whose figures changed"
        table, kept, from_ = cls._join_kept()
        changed = (Coalesce(kept.judgement, '')
            != Coalesce(table.accepted_judgement, ''))
        for name in MONEY:
            now = sql_cents(getattr(kept, name))
            then = sql_cents(getattr(table, f'accepted_{name}'))
            # a figure may be missing, which is not 0
            changed |= Case(
                ((now == Null) & (then == Null), 0),
                (now == then, 0),
                else_=1) == 1
        return from_.select(
            table.id, where=(table.state == 'accepted') & changed)

    @classmethod
    def get_changed(cls, reviews, name):
        cursor = Transaction().connection.cursor()
        changed = dict.fromkeys([r.id for r in reviews], False)
        for slice_ in grouped_slice(list(changed), SLICE):
            query = cls._query_changed()
            query.where &= among(query.columns[0], list(slice_))
            cursor.execute(*query)
            changed.update((id_, True) for id_, in cursor)
        return changed

    @classmethod
    def search_changed(cls, name, clause):
        _, operator, value = clause
        if operator not in {'=', '!='}:
            return [('id', '=', -1)]
        operator = 'in' if bool(value) == (operator == '=') else 'not in'
        return [('id', operator, cls._query_changed())]

    def get_rec_name(self, name):
        return f'{self.household.rec_name} {self.year.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('household.rec_name', *clause[1:]),
            ('year.rec_name', *clause[1:]),
            ]

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('changed', False), 'danger',
                    If(Eval('state') == 'sent_back', 'warning',
                        If(Eval('state') == 'accepted', 'success', '')))),
            ]

    @classmethod
    @ModelView.button
    @_held
    @Workflow.transition('accepted')
    def accept(cls, reviews):
        """Accept the figures as they are now and keep them.

        ReviewError if the user has answered a question of one of them, or if
        the household has no row in the year any more."""
        Question = Pool().get('fupin.review.question')
        user = Transaction().user
        for slice_ in grouped_slice(reviews, SLICE):
            own = Question.search([
                    ('review', 'in', [r.id for r in slice_]),
                    ('answered_by', '=', user),
                    ], limit=1)
            if own:
                raise ReviewError(gettext(
                        'fupin_industry.msg_review_accept_own',
                        review=own[0].review.rec_name))
        cls._freeze(reviews)

    @classmethod
    def _freeze(cls, reviews):
        HouseholdYear = Pool().get('fupin.household.year')
        cursor = Transaction().connection.cursor()
        table, kept, from_ = cls._join_kept()
        for slice_ in grouped_slice(reviews, SLICE):
            ids = [r.id for r in slice_]
            cursor.execute(*from_.select(
                    table.id, where=among(table.id, ids) & (kept.id == Null),
                    limit=1))
            if row := cursor.fetchone():
                raise ReviewError(gettext(
                        'fupin_industry.msg_review_no_figures',
                        review=cls(row[0]).rec_name))
            review = cls.__table__()
            now = HouseholdYear.__table__()
            cursor.execute(*review.update(
                    [*(getattr(review, f'accepted_{n}') for n in FROZEN),
                        review.accepted_by, review.accepted_at],
                    [*(getattr(now, n) for n in FROZEN),
                        Transaction().user, CurrentTimestamp()],
                    from_=[now],
                    where=among(review.id, ids)
                    & (now.household == review.household)
                    & (now.year == review.year)))
        cls._forget()

    @classmethod
    @ModelView.button_action('fupin_industry.wizard_review_ask')
    def send_back(cls, reviews):
        pass

    @classmethod
    @ModelView.button_action('fupin_industry.wizard_review_reply')
    def answer(cls, reviews):
        pass

    @classmethod
    @_held
    @Workflow.transition('sent_back')
    def ask(cls, reviews, question):
        "Send the reviews back to their townships with the question"
        Question = Pool().get('fupin.review.question')
        Question.create([{
                    'review': r.id,
                    'question': question,
                    'asked_by': Transaction().user,
                    'asked_at': dt.datetime.now(),
                    } for r in reviews])

    @classmethod
    @_held
    @Workflow.transition('answered')
    def reply(cls, reviews, answer):
        "Answer the open questions of the reviews"
        Question = Pool().get('fupin.review.question')
        for slice_ in grouped_slice(reviews, SLICE):
            Question.write(Question.search([
                        ('review', 'in', [r.id for r in slice_]),
                        ('answered_at', '=', None),
                        ]), {
                    'answer': answer,
                    'answered_by': Transaction().user,
                    'answered_at': dt.datetime.now(),
                    })

    @classmethod
    @ModelView.button_action('fupin_industry.wizard_review_open_incomes')
    def open_incomes(cls, reviews):
        pass

    @classmethod
    @ModelView.button_action('fupin_industry.wizard_review_open_proofs')
    def open_proofs(cls, reviews):
        pass


class Question(ModelSQL, ModelView):
    "What the county asked about a review and what the township answered"
    __name__ = 'fupin.review.question'
    __string__ = "Question"

    review = fields.Many2One(
        'fupin.review', "Review", required=True, readonly=True,
        ondelete='CASCADE')
    question = fields.Text("Question", required=True, readonly=True)
    asked_by = fields.Many2One(
        'res.user', "Asked by", required=True, readonly=True,
        ondelete='RESTRICT')
    asked_at = fields.Timestamp("Asked at", required=True, readonly=True)
    answer = fields.Text("Answer", readonly=True)
    answered_by = fields.Many2One(
        'res.user', "Answered by", readonly=True, ondelete='RESTRICT')
    answered_at = fields.Timestamp("Answered at", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('review', 'ASC'), ('id', 'ASC')]
        cls.__access__.add('review')
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.review, Index.Equality())))

    def get_rec_name(self, name):
        return self.review.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('review.rec_name', *clause[1:])]


class AskStart(ModelView):
    "Send Back"
    __name__ = 'fupin.review.ask.start'
    __string__ = "Send Back"

    question = fields.Text("Question", required=True)


class ReplyStart(ModelView):
    "Answer"
    __name__ = 'fupin.review.reply.start'
    __string__ = "Answer"

    question = fields.Text(
        "Question", readonly=True,
        states={
            'invisible': ~Eval('question'),
            })
    answer = fields.Text("Answer", required=True)


def _check_words(reviews, state, words):
    """Return the words to be kept with the reviews.

    ReviewError if there are none or if a review may not go to the state."""
    for review in reviews:
        if (review.state, state) not in review._transitions:
            raise ReviewError(gettext(
                    'fupin_industry.msg_review_state',
                    review=review.rec_name))
    words = (words or '').strip()
    if not words:
        raise ReviewError(gettext('fupin_industry.msg_review_words'))
    return words


class Ask(Wizard):
    "Send reviews back to the township with a question"
    __name__ = 'fupin.review.ask'

    start = StateView(
        'fupin.review.ask.start',
        'fupin_industry.review_ask_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Send Back", 'ask', 'tryton-back', default=True),
            ])
    ask = StateTransition()

    @without_check_access
    def transition_ask(self):
        reviews = list(self.records)
        self.model.ask(
            reviews, _check_words(reviews, 'sent_back', self.start.question))
        return 'end'


class Reply(Wizard):
    "Answer the open questions of reviews"
    __name__ = 'fupin.review.reply'

    start = StateView(
        'fupin.review.reply.start',
        'fupin_industry.review_reply_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Answer", 'reply', 'tryton-ok', default=True),
            ])
    reply = StateTransition()

    def default_start(self, fields):
        questions = {
            q.question for r in self.records for q in r.questions
            if not q.answered_at}
        return {
            'question': questions.pop() if len(questions) == 1 else None,
            }

    @without_check_access
    def transition_reply(self):
        reviews = list(self.records)
        self.model.reply(
            reviews, _check_words(reviews, 'answered', self.start.answer))
        return 'end'


class OpenIncomes(Wizard):
    "Open the lines of the ledger behind a review"
    __name__ = 'fupin.review.open_incomes'
    _readonly = True

    start_state = 'open_'
    open_ = StateAction('fupin_household.act_household_year_income')

    def do_open_(self, action):
        action['name'] += ' (%s)' % self.record.rec_name
        action['pyson_domain'] = PYSONEncoder().encode([
                ('household', '=', self.record.household.id),
                ('year', '=', self.record.year.id),
                ])
        return action, {}


class OpenProofs(Wizard):
    "Open what is claimed and proved for the household of a review"
    __name__ = 'fupin.review.open_proofs'
    _readonly = True

    start_state = 'open_'
    open_ = StateAction('fupin_industry.act_linkage_proof_form')

    def do_open_(self, action):
        action['name'] += ' (%s)' % self.record.rec_name
        action['pyson_context'] = PYSONEncoder().encode({
                'year': self.record.year.id,
                })
        action['pyson_domain'] = PYSONEncoder().encode([
                ('household', '=', self.record.household.id),
                ])
        return action, {}
