# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What tests of the equity and of the accounts of members need."""
import datetime as dt
from decimal import Decimal as D

from cooperative import new_move
from trytond.pool import Pool

MARCH = dt.date(2026, 3, 10)


def account(company, code):
    Account = Pool().get('account.account')
    return Account.search([
            ('company', '=', company.id), ('code', '=', code)])[0]


def new_party(name):
    Party = Pool().get('party.party')
    return Party.create([{'name': name}])[0]


def new_project(company, name="冷库"):
    Project = Pool().get('fupin.fund.project')
    return Project.create([{
                'company': company.id,
                'name': name,
                'document': "县农〔2026〕1号",
                'grantor': "县农业农村局",
                }])[0]


def new_fund(company, kind, amount, post=True, date=MARCH, **values):
    Fund = Pool().get('fupin.fund')
    for name in ['cash', 'asset', 'expense']:
        if code := values.pop(name, None):
            values[f'{name}_account'] = account(company, code).id
    fund, = Fund.create([{
                'company': company.id,
                'date': date,
                'kind': kind,
                'amount': D(amount),
                **{k: int(v) if hasattr(v, 'id') else v
                    for k, v in values.items()},
                }])
    if post:
        Fund.post([fund])
    return Fund(fund.id)


def quantify(company, fund, date=MARCH, post=True):
    Quantification = Pool().get('fupin.quantification')
    quantification, = Quantification.create([{
                'company': company.id, 'date': date, 'fund': fund}])
    Quantification.compute([quantification])
    if post:
        Quantification.post([quantification])
    return Quantification(quantification.id)


def pay_in(member, amount, source='other', date=MARCH, origin=None):
    """Book a contribution and enter it, as the register of contributions
    does."""
    Entry = Pool().get('fupin.member.entry')
    company = member.company
    move = new_move(company, [
            (account(company, '102'), D(amount), None),
            (account(company, '301'), -D(amount), member.party)], date=date)
    if origin is None:
        origin = new_fund(
            company, 'opening_project', 1, post=False, date=date,
            project=new_project(company, f'origin {move.id}'))
    return Entry.post([Entry(
                member=member, date=date, kind='contribution',
                source=source, amount=D(amount), origin=origin)])


def set_aside(company, amount, date=MARCH):
    "Book a reserve that nobody has a share in yet"
    return new_move(company, [
            (account(company, '102'), D(amount), None),
            (account(company, '322'), -D(amount), None)], date=date)


def shares(company, fund, date=MARCH):
    "Return {number of the member: share}"
    pool = Pool()
    Entry = pool.get('fupin.member.entry')
    Member = pool.get('fupin.member')
    return {
        Member(id_).number: holding[fund]
        for id_, holding in Entry.balances(company, date).items()
        if holding[fund]}


def equity(company, date=None):
    "Return the differences of the equity, by check"
    Reconciliation = Pool().get('fupin.reconciliation')
    return {
        check.name: check.difference
        for check in Reconciliation.check_equity(company, date)}
