# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The accounts of members are the equity of the books, whatever happens."""
import datetime as dt
import random
from decimal import Decimal as D

import pytest
from assembly import new_charter
from cooperative import new_delivery, new_household, new_member
from equity import (
    account, equity, new_fund, new_party, new_project, quantify, set_aside)
from trytond.exceptions import UserError
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']
START = dt.date(2026, 1, 5)
STEPS = 40
EXACT = {'equity_capital': 0, 'equity_fund': 0, 'equity_reserve': 0}

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


class Business:
    "What happens in a cooperative, by chance"

    def __init__(self, random_, company, area, product):
        pool = Pool()
        self.random = random_
        self.company, self.area, self.product = company, area, product
        self.date = START
        self.Contribution = pool.get('fupin.member.contribution')
        self.Fund = pool.get('fupin.fund')
        self.Member = pool.get('fupin.member')
        self.Quantification = pool.get('fupin.quantification')
        self.project = new_project(company)
        self.donor = new_party("捐赠人")
        self.steps = [
            self.join, self.leave, self.contribute, self.contribute,
            self.transfer, self.withdraw, self.convert, self.grant, self.use,
            self.donate, self.save, self.save, self.deliver, self.quantify,
            self.quantify, self.cancel]

    def amount(self, most=100000):
        return D(self.random.randint(1, most)) / 100

    @property
    def members(self):
        return self.Member.search([
                ('company', '=', self.company.id),
                self.Member.current_domain(self.date)])

    @property
    def member(self):
        return self.random.choice(self.members)

    def join(self):
        household = new_household(self.area, "成员")
        member = new_member(self.company, household)
        member.from_date = self.date
        member.save()

    def leave(self):
        if len(self.members) > 2:
            member = self.member
            member.to_date = self.date
            member.save()

    def new_contribution(self, kind, **values):
        contribution, = self.Contribution.create([{
                    'company': self.company.id,
                    'date': self.date,
                    'kind': kind,
                    'form': 'money',
                    **values,
                    }])
        self.Contribution.post([contribution])

    def contribute(self):
        amount = self.amount()
        self.new_contribution(
            'payment', member=self.member.id, amount=amount,
            value=amount + self.random.choice([0, self.amount(100)]))

    def transfer(self):
        one, other = self.random.sample(self.members, 2)
        self.new_contribution(
            'transfer', member=one.id, transferee=other.id,
            amount=self.amount(5000))

    def withdraw(self):
        self.new_contribution(
            'withdrawal', member=self.member.id, amount=self.amount(5000))

    def convert(self):
        self.new_contribution(
            'conversion', form='reserve', member=self.member.id,
            amount=self.amount(500))

    def grant(self):
        new_fund(
            self.company, 'receipt', self.amount(), date=self.date,
            project=self.project)

    def use(self):
        kind, values = self.random.choice([
                ('asset', {'asset': '151'}),
                ('earlier_asset', {}),
                ('expense', {}),
                ('earlier_expense', {'expense': '523'}),
                ('return', {}),
                ])
        new_fund(
            self.company, kind, self.amount(20000), date=self.date,
            project=self.project, **values)

    def donate(self):
        kind, values = self.random.choice([
                ('asset_grant', {
                        'asset': '142',
                        'fees': self.amount(),
                        'evidence': "发票",
                        }),
                ('cash_donation', {}),
                ])
        new_fund(
            self.company, kind, self.amount(), date=self.date,
            party=self.donor, **values)

    def save(self):
        set_aside(self.company, self.amount(), self.date)

    def deliver(self):
        Delivery = Pool().get('fupin.delivery')
        Delivery.post([new_delivery(
                    self.company, self.product, self.member,
                    date=self.date)])

    def quantify(self):
        quantify(
            self.company, self.random.choice(['grant', 'donation', 'reserve']),
            self.date)

    def cancel(self):
        Model = self.random.choice([
                self.Contribution, self.Fund, self.Quantification])
        documents = Model.search([
                ('company', '=', self.company.id), ('state', '=', 'posted')])
        if documents:
            Model.cancel([self.random.choice(documents)])


def attempt(step):
    "Return whether the step was not refused; what is refused writes nothing"
    transaction = Transaction()
    cursor = transaction.connection.cursor()
    cursor.execute('SAVEPOINT step')
    try:
        step()
    except UserError:
        cursor.execute('ROLLBACK TO SAVEPOINT step')
        transaction.counter += 1
        for cache in transaction.cache.values():
            cache.clear()
        return False
    cursor.execute('RELEASE SAVEPOINT step')
    return True


@pytest.mark.parametrize('seed', range(3))
def test_any_sequence(company, area, product, members, seed):
    Reconciliation = Pool().get('fupin.reconciliation')
    new_charter(
        company, reserve_volume_rate=D(0), reserve_equal_rate=D(1))
    business = Business(random.Random(seed), company, area, product)
    done, days = {}, []
    for _ in range(STEPS):
        step = business.random.choice(business.steps)
        if attempt(step):
            done[step.__name__] = done.get(step.__name__, 0) + 1
        assert equity(company) == EXACT, step.__name__
        days.append(business.date)
        business.date += dt.timedelta(days=business.random.randint(0, 3))
    assert sum(done.values()) > STEPS / 2, done
    for day in days[::5]:
        assert equity(company, day) == EXACT
    for check in Reconciliation.check(company):
        assert not check.count, (check.name, check.differences)


def test_transfer(company, members):
    Contribution = Pool().get('fupin.member.contribution')
    business = Business(random.Random(0), company, None, None)
    one, other, _ = members
    business.new_contribution('payment', member=one.id, amount=D(100))
    business.date += dt.timedelta(days=1)
    business.new_contribution(
        'transfer', member=one.id, transferee=other.id, amount=D(40))
    assert equity(company) == EXACT
    assert equity(company, START) == EXACT
    transfer, = Contribution.search([('kind', '=', 'transfer')])
    Contribution.cancel([transfer])
    assert equity(company) == EXACT


def test_capital_of_another_member(company, members):
    "The sum is right and yet it does not tie"
    from cooperative import new_move
    Reconciliation = Pool().get('fupin.reconciliation')
    business = Business(random.Random(0), company, None, None)
    business.new_contribution(
        'payment', member=members[0].id, amount=D(100))
    capital = account(company, '301')
    new_move(company, [
            (capital, D(30), members[0].party),
            (capital, D(-30), members[1].party)])
    check, *_ = Reconciliation.check_equity(company)
    assert check.difference == 0
    assert check.count == 2
    assert "张三" in check.differences[0].label
