# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The county's review: opened, sent back, answered, accepted."""
import datetime as dt
import unittest
from decimal import Decimal
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trytond.model.exceptions import AccessError, SQLConstraintError
from trytond.model.modelview import AccessButtonError
from trytond.modules.fupin_industry.exceptions import ReviewError
from trytond.modules.fupin_industry.review_opening import draw
from trytond.pool import Pool
from trytond.transaction import Transaction

from cooperative import ignore_locks
from test_fupin_industry import County, Statements, date

MODULES = ['fupin_industry']
TODAY = date('2025-12-31')
D = Decimal


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    ignore_locks(monkeypatch)


@pytest.mark.plain
@given(
    st.sets(st.text('0123456789', min_size=1, max_size=6), min_size=1),
    st.decimals('0.0001', '1', places=4), st.integers(0, 9999))
def test_draw(numbers, share, seed):
    drawn = draw(numbers, share, seed)
    assert drawn <= numbers
    # the least that is no less than the share
    assert len(drawn) >= len(numbers) * share > len(drawn) - 1
    assert draw(sorted(numbers, reverse=True), share, seed) == drawn


@pytest.mark.plain
def test_draw_another_seed():
    numbers = [f'{i:04}' for i in range(1000)]
    assert draw(numbers, D('0.1'), 1) != draw(numbers, D('0.1'), 2)
    assert not draw([], D('0.1'), 1)


@pytest.mark.usefixtures('transaction')
class ReviewTestCase(unittest.TestCase):
    "Reviews of the households of a county"

    def setUp(self):
        pool = Pool()
        Date = pool.get('ir.date')
        today = patch.object(Date, 'today', return_value=TODAY)
        today.start()
        self.addCleanup(today.stop)
        self.c = c = County()
        c.fill()
        township, county = (
            f'fupin_household.group_{n}' for n in ['township', 'county'])
        self.officer = c.user('officer', [township], [c.t1])
        self.bureau = c.user('bureau', [county], [c.county])
        self.both = c.user('both', [township, county], [c.county])
        self.auditor = c.user(
            'auditor', ['fupin_household.group_auditor'], [c.county])
        self.manager = c.user(
            'manager', ['fupin_coop.group_cooperative'], companies=[c.c1])

    def as_user(self, user):
        transaction = Transaction()
        with transaction.set_user(user.id):
            preferences = Pool().get('res.user').get_preferences(
                context_only=True)
        return _As(user, preferences)

    def open(self, reason='all', area=None, user=None, **parameters):
        "Let the bureau open reviews of the second year, return the numbers"
        pool = Pool()
        Open = pool.get('fupin.review.open', type='wizard')
        Review = pool.get('fupin.review')
        before = set(Review.search([]))
        with self.as_user(user or self.bureau):
            session, _, _ = Open.create()
            result = Open.execute(session, {'start': {
                        'year': self.c.y2.id,
                        'area': (area or self.c.county).id,
                        'reason': reason,
                        'change': None, 'share': None, 'seed': None,
                        **parameters}}, 'open_')
        opened = set(Review.search([])) - before
        self.assertEqual(
            result['view']['defaults']['count'], len(opened))
        self.assertLessEqual({r.reason for r in opened}, {reason})
        self.assertLessEqual({r.state for r in opened}, {'pending'})
        return {r.household.number for r in opened}

    def review(self, household):
        review, = Pool().get('fupin.review').search([
                ('household', '=', household.id)])
        return review

    def say(self, name, state, user, reviews, **values):
        "Let the user go through the wizard"
        Wizard = Pool().get(
            f'fupin.review.{name}', type='wizard')
        ids = [r.id for r in reviews]
        with self.as_user(user), Transaction().set_context(
                active_model='fupin.review', active_id=ids[0],
                active_ids=ids):
            session, _, _ = Wizard.create()
            Wizard.execute(session, {}, 'start')
            Wizard.execute(session, {'start': values}, state)

    def ask(self, user, reviews, question="Why so little?"):
        self.say('ask', 'ask', user, reviews, question=question)

    def reply(self, user, reviews, answer="The harvest failed."):
        self.say('reply', 'reply', user, reviews, answer=answer)

    def accept(self, user, reviews):
        Review = Pool().get('fupin.review')
        with self.as_user(user):
            Review.accept(Review.browse([r.id for r in reviews]))

    def test_open(self):
        "Each household of the year has one review, however often one opens"
        self.assertEqual(self.open(area=self.c.v1), {'H1', 'H2'})
        self.assertEqual(self.open(), {'H3', 'H4', 'H5'})
        self.assertEqual(self.open(), set())
        review = self.review(self.c.h1)
        self.assertEqual(review.opened_by, self.bureau)
        self.assertTrue(review.opened_at)
        self.assertEqual(
            [review.persons, review.net, review.industry, review.per_capita],
            [4, D('2491.18'), D('1266.67'), D('622.80')])
        self.assertEqual(review.township, self.c.t1)
        self.assertFalse(review.changed)

    def test_open_of_own_areas(self):
        "Nobody opens reviews outside the own areas"
        west = self.c.user(
            'west', ['fupin_household.group_county'], [self.c.t2])
        self.assertEqual(self.open(user=west), {'H4', 'H5'})

    def test_open_changed(self):
        # H1 +149.1 %, H2 -93.3 %, H3 none, H4 70 % exactly, H5 -100 %
        for change, numbers in [
                ('1', {'H1'}), ('0.7', {'H1', 'H2', 'H5'}),
                ('0.6999', {'H1', 'H2', 'H4', 'H5'})]:
            with self.subTest(change=change):
                Review = Pool().get('fupin.review')
                Review.delete(Review.search([]))
                self.assertEqual(
                    self.open('changed', change=D(change)), numbers)

    def test_open_changed_from_nothing(self):
        "What grows from nothing has changed by more than any share"
        self.c.income(self.c.h3, '2025-05-05', '1.00', 'pension')
        self.assertEqual(
            self.open('changed', change=D(1)), {'H1', 'H3'})

    def test_open_below_line(self):
        Line = Pool().get('fupin.poverty.line')
        Line.create([{
                    'year': self.c.y2.id,
                    'amount': D('170.00'),
                    'document': "1",
                    }])
        # H4 has 170.00, H5 nobody
        self.assertEqual(self.open('below_line'), {'H2', 'H3'})

    def test_open_unproved(self):
        "Claimed and not in the ledger, or industry income only declared"
        pool = Pool()
        Kind = pool.get('fupin.linkage.kind')
        Linkage = pool.get('fupin.linkage')
        Rule = pool.get('fupin.linkage.rule')
        c = self.c
        Rule.create([{
                    'from_date': date('2020-01-01'),
                    'grace_days': 30,
                    'document': "1",
                    }])
        kind, = Kind.search([('code', '=', 'order')])
        Linkage.post(Linkage.create([{
                        'company': c.c1.id,
                        'enterprise': c.e1.id,
                        'household': h.id,
                        'kind': kind.id,
                        'from_date': date('2024-10-01'),
                        'to_date': date('2025-09-30'),
                        } for h in [c.h3]]))
        c.income(c.h5, '2025-02-02', '10.00', 'sale')
        self.assertEqual(self.open('unproved'), {'H3', 'H5'})

    def test_open_sample(self):
        lot = {'share': D('0.4'), 'seed': 7}
        first = self.open('sample', **lot)
        self.assertEqual(first, draw(['H1', 'H2', 'H3', 'H4', 'H5'], **lot))
        self.assertEqual(len(first), 2)
        self.assertEqual(self.open('sample', **lot), set())

    def test_open_refused(self):
        "The year has to be over, and only the county opens"
        Year = Pool().get('fupin.income.year')
        year, = Year.create([{
                    'name': "2026 Year",
                    'start_date': date('2025-10-01'),
                    'end_date': date('2026-09-30'),
                    }])
        with self.assertRaisesRegex(ReviewError, "2026 Year.*2026-09-30"):
            self.open(year=year.id)
        for user in [self.officer, self.auditor, self.manager]:
            with self.subTest(user=user.login), \
                    self.assertRaises(AccessError):
                self.open(user=user)

    def test_unique(self):
        Review = Pool().get('fupin.review')
        values = {
            'household': self.c.h1.id, 'year': self.c.y2.id, 'reason': 'all'}
        Review.create([values])
        with self.assertRaisesRegex(
                SQLConstraintError, "already a review"):
            Review.create([values])

    def test_conversation(self):
        "Who asked, answered and accepted, when, and what"
        self.open()
        review = self.review(self.c.h2)
        self.ask(self.bureau, [review])
        self.assertEqual(review.state, 'sent_back')
        self.reply(self.officer, [review], "  They lost a wage. ")
        self.assertEqual(review.state, 'answered')
        self.ask(self.bureau, [review], "Which?")
        self.reply(self.officer, [review], "The factory closed.")
        self.accept(self.bureau, [review])
        self.assertEqual(review.state, 'accepted')
        self.assertEqual(
            [(q.question, q.asked_by, q.answer, q.answered_by)
                for q in review.questions], [
                ("Why so little?", self.bureau, "They lost a wage.",
                    self.officer),
                ("Which?", self.bureau, "The factory closed.",
                    self.officer)])
        now = dt.datetime.now()
        first, second = review.questions
        times = [
            first.asked_at, first.answered_at, second.asked_at,
            second.answered_at]
        self.assertEqual(times, sorted(times))
        for time in times:
            self.assertLess(abs(now - time), dt.timedelta(minutes=5))
        self.assertEqual(review.accepted_by, self.bureau)
        self.assertTrue(review.accepted_at)

    def test_batch(self):
        "Many at once"
        self.open()
        c = self.c
        asked = [self.review(h) for h in [c.h1, c.h2]]
        self.ask(self.bureau, asked)
        self.reply(self.officer, asked)
        self.accept(
            self.bureau,
            [self.review(h) for h in [c.h1, c.h2, c.h3, c.h4, c.h5]])
        reviews = Pool().get('fupin.review').search([])
        self.assertEqual({r.state for r in reviews}, {'accepted'})
        for review in reviews:
            self.assertEqual(
                [review.accepted_net, review.accepted_industry,
                    review.accepted_per_capita, review.accepted_judgement],
                [review.net, review.industry, review.per_capita,
                    review.judgement])

    def test_changed_since(self):
        "What was accepted stays, and it is told that it is no longer so"
        Review = Pool().get('fupin.review')
        c = self.c
        self.open()
        review, other = self.review(c.h1), self.review(c.h5)
        self.accept(self.bureau, [review, other])
        self.assertEqual(Review.search([('changed', '=', True)]), [])
        c.income(c.h1, '2025-09-01', '0.01', 'pension')
        review = self.review(c.h1)
        self.assertEqual(review.net, D('2491.19'))
        self.assertEqual(review.accepted_net, D('2491.18'))
        self.assertTrue(review.changed)
        self.assertFalse(self.review(c.h5).changed)
        self.assertEqual(Review.search([('changed', '=', True)]), [review])
        for clause in [('changed', '=', False), ('changed', '!=', True)]:
            self.assertNotIn(review, Review.search([clause]))
            self.assertIn(other, Review.search([clause]))
        # nobody was counted in H5, a figure that is missing
        Line = Pool().get('fupin.household.membership')
        Line.write(Line.search([('household', '=', c.h5.id)]), {
                'to_date': None})
        self.assertTrue(self.review(c.h5).changed)
        # the county asks, and accepts what is there now
        self.ask(self.bureau, [review])
        self.assertEqual(Review.search([('changed', '=', True)]), [other])
        self.reply(self.officer, [review])
        self.accept(self.bureau, [review])
        self.assertEqual(review.accepted_net, D('2491.19'))
        self.assertFalse(review.changed)

    def test_judgement_frozen(self):
        HouseholdYear = Pool().get('fupin.household.year')
        self.open()
        table = HouseholdYear.__table__()
        cursor = Transaction().connection.cursor()

        def judge(judgement):
            cursor.execute(*table.update(
                    [table.judgement], [judgement],
                    where=table.household == self.c.h1.id))
            HouseholdYear._forget()
        judge('fragile')
        self.accept(self.bureau, [self.review(self.c.h1)])
        judge('falling')
        review = self.review(self.c.h1)
        self.assertEqual(review.judgement, 'falling')
        self.assertEqual(review.accepted_judgement, 'fragile')
        self.assertTrue(review.changed)

    def test_without_row(self):
        HouseholdYear = Pool().get('fupin.household.year')
        self.open()
        HouseholdYear.delete(HouseholdYear.search([
                    ('household', '=', self.c.h3.id)]))
        review = self.review(self.c.h3)
        self.assertIsNone(review.net)
        with self.assertRaisesRegex(ReviewError, "H3.*any more"):
            self.accept(self.bureau, [review])

    def test_steps(self):
        "Only the steps that are there, with words"
        self.open()
        review = self.review(self.c.h1)
        with self.assertRaisesRegex(ReviewError, "H1"):
            self.reply(self.officer, [review])
        for words in ["", "  \n"]:
            with self.assertRaisesRegex(ReviewError, "Write the question"):
                self.ask(self.bureau, [review], words)
        self.ask(self.bureau, [review])
        with self.assertRaisesRegex(ReviewError, "H1"):
            self.ask(self.bureau, [review])
        with self.assertRaises(AccessButtonError):
            self.accept(self.bureau, [review])
        with self.assertRaisesRegex(ReviewError, "Write the question"):
            self.reply(self.officer, [review], " ")
        self.assertEqual(review.state, 'sent_back')
        self.assertIsNone(review.questions[0].answered_at)

    def test_nobody_accepts_own_answer(self):
        self.open()
        review, other = self.review(self.c.h1), self.review(self.c.h2)
        self.ask(self.bureau, [review])
        self.reply(self.both, [review])
        with self.assertRaisesRegex(ReviewError, "H1.*yourself"):
            self.accept(self.both, [other, review])
        self.accept(self.both, [other])
        self.accept(self.bureau, [review])
        self.assertEqual(review.state, 'accepted')

    def test_rights(self):
        "The township answers its own area, the audit reads, others nothing"
        Review = Pool().get('fupin.review')
        c = self.c
        self.open()
        own, foreign = self.review(c.h1), self.review(c.h4)
        self.ask(self.bureau, [own, foreign])
        for user, count in [
                (self.officer, 3), (self.bureau, 5), (self.auditor, 5)]:
            with self.subTest(user=user.login), self.as_user(user):
                self.assertEqual(Review.search([], count=True), count)
                self.assertEqual(
                    len(Pool().get('fupin.review.question').search([])),
                    1 if user == self.officer else 2)
                with self.assertRaises(AccessError):
                    Review.write([own], {'state': 'accepted'})
                with self.assertRaises(AccessError):
                    Review.create([{
                                'household': c.h1.id, 'year': c.y1.id,
                                'reason': 'all'}])
                with self.assertRaises(AccessError):
                    Review.delete([own])
        with self.as_user(self.manager), self.assertRaises(AccessError):
            Review.search([])
        with self.assertRaises(AccessError):
            self.reply(self.officer, [foreign])
        for user in [self.bureau, self.auditor, self.manager]:
            with self.subTest(user=user.login), \
                    self.assertRaises(AccessError):
                self.reply(user, [own])
        for user in [self.officer, self.auditor, self.manager]:
            with self.subTest(user=user.login), \
                    self.assertRaises(AccessError):
                self.ask(user, [self.review(c.h2)])
            with self.subTest(user=user.login), \
                    self.assertRaises((AccessError, AccessButtonError)):
                self.accept(user, [self.review(c.h2)])
        self.reply(self.officer, [own])

    def test_drill_down(self):
        "From the review to the lines and to claim and proof"
        Review = Pool().get('fupin.review')
        self.open()
        review = self.review(self.c.h1)
        for user in [self.officer, self.bureau, self.auditor]:
            with self.as_user(user):
                self.assertTrue(Review.open_incomes([Review(review.id)]))
                self.assertTrue(Review.open_proofs([Review(review.id)]))
        for name in ['open_incomes', 'open_proofs']:
            Wizard = Pool().get(
            f'fupin.review.{name}', type='wizard')
            with self.as_user(self.officer), Transaction().set_context(
                    active_model='fupin.review', active_id=review.id,
                    active_ids=[review.id]):
                session, _, _ = Wizard.create()
                (action, _), = Wizard.execute(
                    session, {}, 'open_')['actions']
                self.assertIn(
                    f'["household", "=", {self.c.h1.id}]',
                    action['pyson_domain'])
                self.assertIn("H1", action['name'])

    def test_search(self):
        Review = Pool().get('fupin.review')
        self.open()

        def numbers(*domain, **kwargs):
            return [
                r.household.number
                for r in Review.search(list(domain), **kwargs)]
        self.assertEqual(
            numbers(order=[('net', 'DESC'), ('household', 'ASC')]),
            ['H1', 'H4', 'H2', 'H3', 'H5'])
        self.assertEqual(set(numbers(('net', '>', D('333.33')))), {
                'H1', 'H4'})
        self.assertEqual(set(numbers(('net', '>=', D('333.33')))), {
                'H1', 'H2', 'H4'})
        self.assertEqual(
            set(numbers(('township', '=', self.c.t2.id))), {'H4', 'H5'})
        self.assertEqual(numbers(('township.name', '=', "East"),
                ('per_capita', '=', D('622.80'))), ['H1'])
        self.assertEqual(numbers(('rec_name', 'ilike', '%H3%')), ['H3'])

    def test_statements(self):
        "As many for two as for five"
        Review = Pool().get('fupin.review')
        self.open()

        def count(households):
            reviews = Review.browse([self.review(h) for h in households])
            # what is logged is a row for each
            with patch.object(Review, 'log'), Statements() as statements:
                Review.accept(reviews)
            return statements.count
        c = self.c
        count([c.h1])
        self.assertEqual(count([c.h2]), count([c.h3, c.h4, c.h5]))


class _As:
    "In the name of a user, with the rights of one"

    def __init__(self, user, preferences):
        self.user = user
        self.preferences = preferences

    def __enter__(self):
        transaction = Transaction()
        self.stack = transaction.set_user(self.user.id)
        self.stack.__enter__()
        self.context = transaction.set_context(
            self.preferences, _check_access=True)
        self.context.__enter__()

    def __exit__(self, *args):
        self.context.__exit__(*args)
        self.stack.__exit__(*args)
