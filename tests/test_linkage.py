# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What is claimed to lift a household, and what the ledger proves of it."""
import datetime as dt
import random
import unittest
from collections import defaultdict
from decimal import Decimal
from unittest.mock import patch

import pytest
from trytond.model.exceptions import AccessError
from trytond.modules.fupin_industry.exceptions import LinkageError
from trytond.pool import Pool
from trytond.transaction import Transaction

from cooperative import ignore_locks
from test_fupin_industry import County, date

MODULES = ['fupin_industry']
TODAY = date('2025-12-31')
D = Decimal
KINDS = {
    'sale': 'order', 'refund': 'order', 'piece_wage': 'labour',
    'labour_wage': 'labour', 'rent': 'rent', 'remainder': 'shares',
    'linkage': 'assets'}


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    ignore_locks(monkeypatch)


@pytest.mark.usefixtures('transaction')
class LinkageTestCase(unittest.TestCase):
    "Linkages and the ledger"

    def setUp(self):
        pool = Pool()
        Date = pool.get('ir.date')
        today = patch.object(Date, 'today', return_value=TODAY)
        today.start()
        self.addCleanup(today.stop)
        Rule = pool.get('fupin.linkage.rule')
        Rule.create([{
                    'from_date': date('2020-01-01'),
                    'grace_days': 90,
                    'document': "1",
                    }, {
                    'from_date': date('2025-01-01'),
                    'grace_days': 30,
                    'document': "2",
                    }, {
                    'from_date': date('2026-01-01'),
                    'grace_days': 0,
                    'document': "3",
                    }])
        Year = pool.get('fupin.income.year')
        self.c = County()
        self.y3, = Year.create([{
                    'name': "2026 Year",
                    'start_date': date('2025-10-01'),
                    'end_date': date('2026-09-30'),
                    }])

    def claim(
            self, source, household, kind, from_='2024-10-01',
            to='2025-09-30', promises=(), post=True):
        pool = Pool()
        Linkage = pool.get('fupin.linkage')
        Kind = pool.get('fupin.linkage.kind')
        kind, = Kind.search([('code', '=', kind)])
        enterprise = source if source.__name__ == 'fupin.enterprise' else None
        linkage, = Linkage.create([{
                    'company': (
                        enterprise.company if enterprise else source).id,
                    'enterprise': enterprise.id if enterprise else None,
                    'household': household.id,
                    'kind': kind.id,
                    'from_date': date(from_),
                    'to_date': date(to) if to else None,
                    'promises': [('create', [{
                                    'due_date': date(d),
                                    'amount': D(a),
                                    } for d, a in promises])],
                    }])
        if post:
            Linkage.post([linkage])
        return linkage

    def proofs(self, **context):
        "Return {(source, household, kind): (result, outstanding)} of a year"
        Proof = Pool().get('fupin.linkage.proof')
        context.setdefault('year', self.c.y2.id)
        with Transaction().set_context(**context):
            rows = Proof.search([])
            self.assertEqual(len({r.id for r in rows}), len(rows))
            return {
                ((r.enterprise or r.company), r.household.number,
                    r.kind.code): (r.result, r.outstanding)
                for r in rows}

    def test_planted(self):
        "Each false claim is found, and no true one"
        c = self.c
        c.fill()
        self.claim(c.e1, c.h2, 'labour')
        self.claim(c.e1, c.h3, 'order')
        self.claim(c.e1, c.h5, 'labour')
        self.claim(c.c1, c.h1, 'order')
        self.claim(c.c1, c.h1, 'rent')
        self.claim(
            c.c1, c.h4, 'shares', promises=[
                ('2025-06-30', '600'), ('2025-09-30', '0.05')])
        self.claim(c.e2, c.h4, 'order')
        self.claim(c.e2, c.h5, 'service')
        self.claim(c.e2, c.h2, 'order', post=False)
        Linkage = Pool().get('fupin.linkage')
        Linkage.cancel([self.claim(c.e2, c.h3, 'order')])
        self.assertEqual(self.proofs(), {
                (c.e1, 'H2', 'labour'): ('proved', D('0.00')),
                (c.e1, 'H3', 'order'): ('unproved', D('0.00')),
                (c.e1, 'H5', 'labour'): ('unproved', D('0.00')),
                # 887.83 + 112.17, of which 937.83 is paid
                (c.c1, 'H1', 'order'): ('unpaid', D('62.17')),
                (c.c1, 'H1', 'rent'): ('unpaid', D('66.67')),
                (c.c1, 'H4', 'shares'): ('unpaid', D('600.05')),
                (c.e2, 'H4', 'order'): ('unpaid', D('450.00')),
                (c.e2, 'H5', 'service'): ('not_judged', D('0.00')),
                # its payment was taken back
                (c.e2, 'H1', 'order'): ('unclaimed', D('200.00')),
                })
        # the year before, nothing was paid and nobody claimed
        self.assertEqual(
            {r for r, _ in self.proofs(year=c.y1.id).values()},
            {'unclaimed'})

    def test_own_before_whole(self):
        "What an enterprise pays proves its own claim first"
        c = self.c
        line = c.income(c.h1, '2025-05-01', '100', enterprise=c.e1)
        c.pay(line, '100')
        self.claim(c.c1, c.h1, 'order')
        self.claim(c.e1, c.h1, 'order')
        self.assertEqual(self.proofs(), {
                (c.c1, 'H1', 'order'): ('unproved', D('0.00')),
                (c.e1, 'H1', 'order'): ('proved', D('0.00')),
                })

    def test_grace(self):
        "What was due a month ago may still come, not what was due before"
        c = self.c
        self.claim(c.e1, c.h1, 'shares', '2025-10-01', None, [
                ('2025-12-02', '10'), ('2026-01-31', '20')])
        self.claim(c.e1, c.h2, 'shares', '2025-10-01', None, [
                ('2025-12-01', '10'), ('2026-01-31', '20')])
        self.claim(c.e1, c.h3, 'shares', '2025-10-01', None)
        self.assertEqual(self.proofs(year=self.y3.id), {
                (c.e1, 'H1', 'shares'): ('pending', D('0.00')),
                (c.e1, 'H2', 'shares'): ('unpaid', D('10.00')),
                (c.e1, 'H3', 'shares'): ('pending', D('0.00')),
                })

    def test_ended_owes_no_more(self):
        c = self.c
        linkage = self.claim(c.e1, c.h1, 'shares', promises=[
                ('2025-03-31', '10'), ('2025-09-30', '20')])
        self.end(linkage, '2025-06-30')
        self.assertEqual(linkage.end_reason, "Left")
        self.assertEqual(self.proofs(), {
                (c.e1, 'H1', 'shares'): ('unpaid', D('10.00'))})
        for day in ['2024-09-30', '2025-07-01']:
            with self.assertRaises(LinkageError):
                self.end(linkage, day)

    def end(self, linkage, day):
        pool = Pool()
        End = pool.get('fupin.linkage.end', type='wizard')
        with Transaction().set_context(
                active_model='fupin.linkage', active_id=linkage.id,
                active_ids=[linkage.id], _companies=(self.c.c1.id,)):
            session, _, _ = End.create()
            End.execute(session, {
                    'start': {'date': date(day), 'reason': "Left"}}, 'end_')

    def test_random(self):
        "The report says what counting in Python does"
        c = self.c
        numbers = random.Random(5)
        households = [c.h1, c.h2, c.h3, c.h4, c.h5]
        sources = [c.e1, c.e2, c.c1, c.c2]
        earned, paid = defaultdict(D), defaultdict(D)
        lines, claims, due = [], set(), defaultdict(D)
        for _ in range(60):
            category = numbers.choice(list(KINDS))
            source = numbers.choice(sources)
            household = numbers.choice(households)
            amount = D(numbers.randint(1, 99999)) / 100
            enterprise = source if source in [c.e1, c.e2] else None
            line = c.income(
                household, '2025-05-05', amount, category,
                enterprise=enterprise, company=source)
            part = numbers.choice([D(0), amount, amount, amount / 2])
            part = part.quantize(D('0.01'))
            if part:
                c.pay(line, part)
            lines.append((
                    source, household.number, KINDS[category], amount, part))
        for source in sources:
            for household in households:
                for kind in ['order', 'labour', 'rent', 'shares', 'assets']:
                    if numbers.random() < .4:
                        key = (source, household.number, kind)
                        claims.add(key)
                        promises = []
                        if numbers.random() < .4:
                            due[key] = D(numbers.randint(1, 40000)) / 100
                            promises = [('2025-09-01', due[key])]
                        self.claim(source, household, kind, promises=promises)
        for source, household, kind, amount, part in lines:
            key = source, household, kind
            if key not in claims and source.__name__ == 'fupin.enterprise':
                whole = source.company, household, kind
                key = whole if whole in claims else key
            earned[key] += amount
            paid[key] += part
        expected = {}
        for key in claims | set(earned):
            outstanding = max(
                max(earned[key], due[key]) - paid[key], D('0.00'))
            if key not in claims:
                result = 'unclaimed'
            elif outstanding:
                result = 'unpaid'
            else:
                result = 'proved' if earned[key] else 'unproved'
            expected[key] = result, outstanding
        self.assertEqual(
            {r for r, _ in expected.values()},
            {'unclaimed', 'unpaid', 'proved', 'unproved'})
        self.assertEqual(self.proofs(), expected)
        # one of the sources, and one township
        self.assertEqual(self.proofs(enterprise=c.e1.id), {
                k: v for k, v in expected.items() if k[0] == c.e1})
        self.assertEqual(self.proofs(cooperative=c.c2.id), {
                k: v for k, v in expected.items() if k[0] in {c.c2, c.e2}})
        self.assertEqual(self.proofs(township=c.t2.id), {
                k: v for k, v in expected.items() if k[1] in {'H4', 'H5'}})

    def test_indicators(self):
        "A household counts once, registered ones apart"
        c = self.c
        c.fill()
        self.claim(c.e1, c.h1, 'order')
        self.claim(c.e1, c.h1, 'shares')
        self.claim(c.e1, c.h2, 'labour')
        self.claim(c.e1, c.h3, 'order')
        Kind = Pool().get('fupin.registration.kind')
        Kind.write([c.watched], {'poor': True})
        Indicator = Pool().get('fupin.linkage.indicator')
        with Transaction().set_context(year=c.y2.id):
            row, = Indicator.search([('enterprise', '=', c.e1.id)])
        self.assertEqual(
            [row.claimed, row.poor_claimed, row.led, row.poor_led,
                row.unproved, row.unpaid, row.unclaimed],
            [3, 1, 2, 1, 2, 1, 0])
        self.assertEqual(
            [row.earned, row.paid, row.outstanding, row.per_household,
                row.poor_rate],
            # 937.83 + 333.33 to two households
            [D('1333.33'), D('1271.16'), D('62.17'), D('635.58'), D('0.5')])
        self.assertEqual(
            [row.previous_paid, row.change, row.change_rate],
            [D('0.00'), D('1271.16'), None])

    def test_indicators_scope(self):
        "Each counts the households that he may see"
        pool = Pool()
        Indicator = pool.get('fupin.linkage.indicator')
        c = self.c
        for household in [c.h1, c.h4]:
            self.claim(c.e1, household, 'order')
            self.claim(c.e2, household, 'order')
        officer = c.user(
            'officer', ['fupin_household.group_township'], areas=[c.t2])
        manager = c.user(
            'manager', ['fupin_coop.group_cooperative'], companies=[c.c2])
        for user, expected in [
                (officer, {(c.e1, 1), (c.e2, 1)}),
                (manager, {(c.e2, 2)})]:
            with self.subTest(user=user.login), \
                    Transaction().set_user(user.id), \
                    Transaction().set_context(
                        _check_access=True, year=c.y2.id):
                self.assertEqual(
                    {(r.enterprise, r.claimed) for r in Indicator.search([])},
                    expected)

    def test_refused(self):
        pool = Pool()
        Linkage = pool.get('fupin.linkage')
        c = self.c
        first = self.claim(c.e1, c.h1, 'order', '2025-01-01', '2025-06-30')
        for from_, to in [
                ('2025-06-30', '2025-12-31'), ('2024-01-01', '2025-01-01'),
                ('2024-01-01', None), ('2025-02-01', '2025-02-02')]:
            with self.subTest(from_=from_), \
                    self.assertRaisesRegex(LinkageError, 'in force already'):
                Linkage.post([
                        self.claim(
                            c.e1, c.h1, 'order', from_, to, post=False)])
            Linkage.cancel(Linkage.search([
                        ('id', '!=', first.id), ('state', '!=', 'cancelled')]))
        # another time, source, household or kind is no overlap
        self.claim(c.e1, c.h1, 'order', '2025-07-01', None)
        self.claim(c.c1, c.h1, 'order', '2025-01-01', None)
        self.claim(c.e1, c.h2, 'order', '2025-01-01', None)
        self.claim(c.e1, c.h1, 'labour', '2025-01-01', None)
        with self.assertRaisesRegex(LinkageError, 'not within its term'):
            self.claim(
                c.e1, c.h3, 'order', promises=[('2025-10-01', '1')])
        draft = self.claim(c.e1, c.h4, 'order', post=False)
        Linkage.write([draft], {'yearly': D(100)})
        with self.assertRaisesRegex(LinkageError, 'nothing falls due'):
            Linkage.post([draft])
        Linkage.propose([draft])
        Linkage.post([draft])
        self.assertEqual(
            [(p.due_date, p.amount) for p in draft.promises],
            [(dt.date(2025, 9, 30), D('100.00'))])
        with self.assertRaises(AccessError):
            Linkage.delete([draft])
        with self.assertRaises(AccessError):
            pool.get('fupin.linkage.promise').write(
                list(draft.promises), {'amount': D(1)})

    def test_list(self):
        "What the ledger proves is not typed again"
        pool = Pool()
        Linkage = pool.get('fupin.linkage')
        List = pool.get('fupin.linkage.list', type='wizard')
        c = self.c
        c.fill()
        self.claim(c.e1, c.h2, 'labour')
        for _ in range(2):
            session, _, _ = List.create()
            List.execute(session, {
                    'start': {'company': c.c1.id, 'year': c.y2.id}}, 'enter')
            drafts = Linkage.search([('state', '=', 'draft')])
            self.assertEqual(
                {(d.enterprise, d.household.number, d.kind.code)
                    for d in drafts},
                {(c.e1, 'H1', 'order'), (None, 'H1', 'rent')})
            self.assertEqual(len(drafts), 2)

    def test_scope(self):
        "A township sees its households, a manager the own cooperative"
        pool = Pool()
        c = self.c
        c.fill()
        for household in [c.h1, c.h4]:
            c.member(c.c2, household)
            self.claim(c.e1, household, 'order')
            self.claim(c.e2, household, 'labour')
        officer = c.user(
            'officer', ['fupin_household.group_township'], areas=[c.t2])
        manager = c.user(
            'manager', ['fupin_coop.group_cooperative'], companies=[c.c2])
        for user, wanted in [
                (officer, lambda r: r.household == c.h4),
                (manager, lambda r: r.company == c.c2)]:
            for name in ['fupin.linkage', 'fupin.linkage.proof']:
                with self.subTest(user=user.login, name=name):
                    Model = pool.get(name)
                    with Transaction().set_context(year=c.y2.id):
                        ids = {r.id for r in Model.search([]) if wanted(r)}
                        with Transaction().set_user(user.id), \
                                Transaction().set_context(
                                    _check_access=True,
                                    companies=[
                                        x.id for x in user.companies]):
                            found = {r.id for r in Model.search([])}
                    self.assertTrue(found)
                    self.assertEqual(found, ids)
