# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Whatever a cooperative does in whatever order: after every step the accounts
of the members are what the general ledger says, to the cent.

A sequence follows from its seed alone.  A step that is refused writes
nothing; what a sequence must have done at least once is stated."""
import datetime as dt
from collections import Counter
from decimal import Decimal as D
from random import Random

import pytest
from assembly import adopted, new_charter
from cooperative import (
    MODULES, again, balances, new_delivery, new_household, new_member,
    new_product, new_settlement)
from equity import new_fund, new_party, new_project, quantify
from test_coop_contribution import new_contribution
from test_coop_member_event import new_event
from test_coop_surplus import END, MEETING, YEAR, book, fiscalyear

from trytond.exceptions import UserError
from trytond.pool import Pool
from trytond.transaction import Transaction

pytest_plugins = ['cooperative']
__all__ = ['MODULES']

pytestmark = pytest.mark.usefixtures('transaction')

STEPS = 60
SHARES = ['reserve', 'grant', 'donation']


class Cooperative:
    "Does at random what cooperatives do"

    def __init__(self, company, area, seed):
        self.company = company
        self.area = area
        self.random = Random(seed)
        self.day = dt.date(YEAR, 1, 10)
        self.done, self.refused = Counter(), Counter()
        # reserve booked without a document
        self.waiting = D(0)
        self.product = new_product(company, "香菇", '7.60')
        Price = Pool().get('fupin.price')
        Price.write(Price.search([]), {'from_date': dt.date(YEAR, 1, 1)})
        new_charter(
            company, reserve_rate=D('0.1'), refund_rate=D('0.6'))
        self.farmers = [
            new_member(company, new_household(area, name))
            for name in "甲乙丙丁戊己"]

    # What is checked

    def check(self):
        """The accounts of equity are what the members hold and what is not
        quantified yet, and no check of the reconciliation differs."""
        pool = Pool()
        Contribution = pool.get('fupin.member.contribution')
        Entry = pool.get('fupin.member.entry')
        Fund = pool.get('fupin.fund')
        Reconciliation = pool.get('fupin.reconciliation')
        held = Counter()
        for holding in Entry.balances(self.company, dt.date.max).values():
            held.update(holding)
        quantified = Counter()
        for entry in Entry.search([
                    ('origin', 'like', 'fupin.quantification,%')]):
            quantified[entry.kind] += entry.amount
        brought = sum(f.amount for f in Fund.search([
                    ('kind', 'in', ['asset', 'cash_donation']),
                    ('state', '=', 'posted')]))
        premiums = sum(c.premium or 0 for c in Contribution.search([
                    ('state', '=', 'posted')]))
        books = Counter({c: -b for c, b in balances(self.company).items()})
        assert books['301'] == held['household_asset'] + held['other']
        assert books['311'] == (
            held['grant'] + held['donation'] + brought
            - quantified['grant'] - quantified['donation'])
        assert books['321'] + books['322'] == (
            held['reserve'] + premiums + self.waiting
            - quantified['reserve'])
        different = {
            c.name: c.difference
            for c in Reconciliation.check(self.company) if c.count}
        assert not different

    def do(self, name):
        "Do a step, or see it refused and leave no trace"
        cursor = Transaction().connection.cursor()
        cursor.execute('SAVEPOINT step')
        try:
            if getattr(self, name)() is not False:
                self.done[name] += 1
        except UserError as error:
            assert '%(' not in error.message
            cursor.execute('ROLLBACK TO step')
            Transaction().counter += 1
            for cache in Transaction().cache.values():
                cache.clear()
            self.refused[name] += 1
        self.check()

    # What the steps need

    def money(self, least, most):
        return D(self.random.randint(100 * least, 100 * most)) / 100

    def pick(self, model, *domain):
        "Return one of the records, None if there is none"
        records = Pool().get(model).search([
                ('company', '=', self.company.id), *domain,
                ], order=[('id', 'ASC')])
        return self.random.choice(records) if records else None

    def member(self):
        return self.pick(
            'fupin.member', ('from_date', '<=', self.day),
            ['OR', ('to_date', '=', None), ('to_date', '>=', self.day)])

    def void(self, model, *domain):
        document = self.pick(model, ('state', '=', 'posted'), *domain)
        if not document:
            return False
        document.cancel([document])

    # The steps of a year

    def join(self):
        name = f"户{self.random.randrange(10 ** 6)}"
        new_event(
            self.company, 'admission', date=self.day, effect_date=self.day,
            person=new_household(self.area, name).head)

    def leave(self):
        new_event(
            self.company, 'notice', member=self.member(),
            date=min(self.day, dt.date(YEAR, 9, 1)))

    def contribute(self):
        amount = self.money(100, 5000)
        premium = self.random.choice([D(0), self.money(0, 90)])
        new_contribution(
            self.member(), amount, date=self.day, form='money',
            value=amount + premium)

    def contribute_in_kind(self):
        amount = self.money(100, 5000)
        new_contribution(
            self.member(), amount, date=self.day,
            form=self.random.choice(['goods', 'land', 'household_asset']),
            value=amount + self.money(0, 50),
            resolution=adopted(self.company, 'valuation', self.day))

    def transfer(self):
        new_contribution(
            self.member(), self.money(1, 900), kind='transfer',
            transferee=self.member(), date=self.day)

    def void_contribution(self):
        return self.void('fupin.member.contribution', ('origin', '=', None))

    def deliver(self):
        delivery = new_delivery(
            self.company, self.product,
            self.random.choice([self.member(), None]) or self.member(),
            date=self.day, gross=self.money(20, 400), tare=D('1.25'))
        delivery.post([delivery])

    def void_delivery(self):
        return self.void('fupin.delivery')

    def sell(self):
        book(self.company, '102', '501', self.money(1000, 9000), self.day)

    def spend(self):
        book(self.company, '523', '102', self.money(10, 900), self.day)

    def grant(self):
        amount = self.money(1000, 20000)
        common = {
            'project': new_project(
                self.company, f"项目{self.random.randrange(10 ** 6)}"),
            'date': self.day}
        new_fund(self.company, 'receipt', amount, cash='102', **common)
        new_fund(
            self.company, 'asset', self.random.choice([amount, amount // 2]),
            asset='151', **common)

    def donate(self):
        new_fund(
            self.company, 'cash_donation', self.money(10, 3000), cash='102',
            party=new_party("捐赠人"), date=self.day)

    def void_fund(self):
        return self.void('fupin.fund')

    def set_aside(self):
        "A reserve of former years that nobody has a share in yet"
        amount = self.money(10, 900)
        book(self.company, '102', '322', amount, self.day)
        self.waiting += amount

    def quantify(self):
        quantify(
            self.company, self.random.choice(SHARES), date=self.day)

    def void_quantification(self):
        return self.void('fupin.quantification')

    def settle(self):
        Settlement = Pool().get('fupin.settlement')
        settlement = new_settlement(
            self.company, method='cash', date=self.day, up_to=self.day)
        Settlement.compute([settlement])
        Settlement.approve([again(settlement)])
        settlement = again(settlement)
        settlement.pay(list(settlement.lines), self.day)

    # The end of the year

    @property
    def closing(self):
        return self.pick('fupin.closing')

    def close(self):
        Closing = Pool().get('fupin.closing')
        closing = self.closing
        if not closing:
            closing, = Closing.create([{
                        'company': self.company.id,
                        'fiscalyear': fiscalyear(self.company).id,
                        }])
        Closing.transfer([closing])

    def undo(self):
        Closing = Pool().get('fupin.closing')
        Closing.undo([self.closing])

    def distribute(self):
        Surplus = Pool().get('fupin.surplus')
        result = self.closing.surplus
        values = {
            'company': self.company.id,
            'fiscalyear': fiscalyear(self.company).id,
            'reserve_rate': D(self.random.randint(0, 30)) / 100,
            'refund_rate': D(self.random.randint(60, 100)) / 100,
            'resolution': adopted(
                self.company, 'surplus' if result >= 0 else 'loss',
                MEETING).id,
            }
        if self.random.random() < 0.7:
            values['refund_converted'] = D(self.random.randint(1, 500))
        surplus, = Surplus.create([values])
        Surplus.compute([surplus])
        Surplus.post([again(surplus)])

    def void_distribution(self):
        return self.void('fupin.surplus')

    def pay_leaver(self):
        Leaver = Pool().get('fupin.leaver')
        member = self.pick(
            'fupin.member', ('to_date', '<=', END))
        if not member:
            return False
        leaver, = Leaver.create([{
                    'company': self.company.id,
                    'member': member.id,
                    'date': self.day,
                    }])
        Leaver.compute([leaver])
        Leaver.post([again(leaver)])

    def void_leaver(self):
        return self.void('fupin.leaver')

    def close_books(self):
        Closing = Pool().get('fupin.closing')
        Closing.close([self.closing])


DURING = [
    'join', 'leave', 'contribute', 'contribute', 'contribute_in_kind',
    'transfer', 'transfer', 'void_contribution', 'deliver', 'deliver',
    'deliver', 'void_delivery', 'sell', 'sell', 'spend', 'grant', 'donate',
    'void_fund', 'set_aside', 'quantify', 'quantify', 'quantify',
    'void_quantification', 'settle']
AFTER = [
    'close', 'distribute', 'void_distribution', 'undo', 'close', 'distribute',
    'settle', 'pay_leaver', 'void_leaver', 'pay_leaver', 'void_distribution',
    'deliver', 'contribute', 'settle', 'quantify', 'close_books',
    'void_distribution', 'close', 'deliver', 'void_delivery']


@pytest.mark.parametrize('seed', [20250101, 20251231])
def test_members_and_ledger_agree_after_every_step(
        company, area, seed):
    Year = Pool().get('fupin.income.year')
    Year.create([{
                'name': str(YEAR),
                'start_date': dt.date(YEAR - 1, 10, 1),
                'end_date': dt.date(YEAR, 9, 30),
                }])
    with Transaction().set_context(_skip_warnings=True):
        cooperative = Cooperative(company, area, seed)
        random = cooperative.random
        steps = DURING * 2 + random.choices(
            DURING, k=STEPS - 2 * len(DURING))
        random.shuffle(steps)
        for name in steps:
            cooperative.day += dt.timedelta(days=random.randint(0, 4))
            cooperative.do(name)
        cooperative.day = dt.date(YEAR + 1, 4, 1)
        for name in AFTER:
            cooperative.do(name)
    # nearly everything was really done
    done, refused = cooperative.done, cooperative.refused
    assert {'close', 'distribute', 'pay_leaver', 'settle'} <= done.keys()
    assert sum(done.values()) > 3 * sum(refused.values()), refused
    assert len(done) > 20, (done, refused)
