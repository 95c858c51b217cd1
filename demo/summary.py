# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Close the demo county's first year and prove that its figures tie."""
import datetime as dt
from decimal import Decimal

from trytond.modules.fupin_household import household_year_check
from trytond.pool import Pool


class CheckError(Exception):
    "The county does not add up: a fault of the system, not of the reader"


def close_first_year(county):
    pool = Pool()
    HouseholdYear = pool.get('fupin.household.year')
    Year = pool.get('fupin.income.year')
    Year.close(county.years[:1])
    record_late(county)
    HouseholdYear.judge_ended()


def record_late(county):
    """In each township it turns out that somebody had left the household
    before the year that is closed was over."""
    pool = Pool()
    Area = pool.get('country.subdivision')
    Membership = pool.get('fupin.household.membership')
    year = county.years[0]
    for township in Area.search([
                ('type', '=', 'township'),
                ('id', 'in', [a.id for a in county.areas.values()]),
                ], order=[('code', 'ASC')]):
        memberships = Membership.search([
                ('household.area.township', '=', township.id),
                ('relation', 'in', ['son', 'daughter']),
                ('from_date', '<', year.start_date),
                ('to_date', '=', None),
                ], order=[('id', 'ASC')], limit=1)
        if memberships:
            Membership.write(memberships, {
                    'to_date': year.end_date - dt.timedelta(30),
                    'reason': 'move',
                    })


def check_household_years():
    "The kept rows are what the ledger and the registry say"
    count, differences = household_year_check.compare()
    if count:
        raise CheckError('\n'.join([
                    f"年度收入：{count} 行不符",
                    *(f"{d.household} {d.year}" for d in differences)]))


def reconcile(county):
    "Return (who, comparison, amount) of all comparisons, which have to tie"
    Reconciliation = Pool().get('fupin.reconciliation')
    rows = []
    for company in [c.record for c in county.cooperatives] + [None]:
        who = company.rec_name if company else "收入申报"
        for check in Reconciliation.check(company):
            if check.difference or check.count:
                raise CheckError('\n'.join([
                            f"{who}：{check.name}，差额 {check.difference}",
                            *(d.label for d in check.differences)]))
            rows.append((who, check.name, check.left))
    return rows


def report(county):
    "Yield the lines that tell what has been entered"
    pool = Pool()
    Year = pool.get('fupin.household.year')
    check_household_years()
    for who, name, amount in reconcile(county):
        yield f"  {who}  {name}  {amount:,.2f}  差额 0.00"
    for year in county.years:
        rows = Year.search([('year', '=', year.id)])
        persons = sum(r.persons for r in rows)
        net = sum((r.net for r in rows), Decimal(0))
        industry = sum((r.industry for r in rows), Decimal(0))
        per_capita = net / persons if persons else Decimal(0)
        yield (f"  {year.name}：{len(rows)} 户 {persons} 人，"
            f"人均纯收入 {per_capita:,.2f} 元，"
            f"其中产业收入合计 {industry:,.2f} 元")
    for model, label in [
            ('fupin.delivery', "交售单"), ('fupin.supply', "农资供应单"),
            ('sale.sale', "销售"),
            ('fupin.settlement', "结算单"), ('account.move', "记账凭证"),
            ('fupin.income.declaration', "收入申报"),
            ('fupin.income', "收入明细")]:
        count = pool.get(model).search([], count=True)
        yield f"  {label} {count}"
