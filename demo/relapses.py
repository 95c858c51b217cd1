# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Large expenses of households of the demo county, the warnings that are
found, and what the officers of the townships do about them."""
import datetime as dt
from decimal import Decimal

from trytond.pool import Pool
from trytond.transaction import Transaction

from users import officer

# kind, amount, what the household bears itself, the document, recorded
EXPENSES = [
    ('illness', '48600.00', '13200.00', "医保结算单（演示）", True),
    ('schooling', '6800.00', '5300.00', "学校收费票据（演示）", True),
    ('disaster', '9500.00', '4100.00', "村委会灾情核查表（演示）", False),
    ]
# how long ago the county looked for the first time
FIRST_LOOK = dt.timedelta(days=40)
# what the officers found out
ANSWERS = [
    ('helped', "入户核实，已联系合作社安排务工"),
    ('false_alarm', "粮食尚未出售，收入没有减少"),
    ('helped', "已协助申请临时救助和产业帮扶"),
    ]


def enter_warnings(county):
    pool = Pool()
    EarlyWarning = pool.get('fupin.early_warning')
    random = county.random('relapses')
    EarlyWarning.look(date=county.today - FIRST_LOOK)
    yield .3
    enter_expenses(county, random)
    yield .2
    EarlyWarning.look(date=county.today)
    yield .3
    answer_some(county)


def by_officer(county):
    "Return {officer: households} of those that last"
    households = {}
    for household in county.households:
        if not household.record.end_date:
            households.setdefault(
                officer(county, household.area), []).append(household)
    return households


def enter_expenses(county, random):
    "In each township a few households had something to bear"
    Expense = Pool().get('fupin.household.expense')
    for user, households in by_officer(county).items():
        chosen = random.sample(
            households, min(len(EXPENSES), len(households)))
        with Transaction().set_user(user.id):
            for household, (kind, amount, own, document, recorded) in zip(
                    chosen, EXPENSES):
                expense, = Expense.create([{
                            'household': household.record.id,
                            'kind': kind,
                            'date': county.today - dt.timedelta(
                                days=random.randint(1, 35)),
                            'amount': Decimal(amount),
                            'own_share': Decimal(own),
                            'document': document,
                            }])
                if recorded:
                    Expense.record([expense])


def answer_some(county):
    "Of every five an officer has answered one and looks after another"
    EarlyWarning = Pool().get('fupin.early_warning')
    for user in by_officer(county):
        warnings = EarlyWarning.search([
                ('owner', '=', user.id),
                ('state', '=', 'open'),
                ], order=[('id', 'ASC')])
        with Transaction().set_user(user.id):
            EarlyWarning.take_up(warnings[1::5])
            for i, warning in enumerate(warnings[3::5]):
                EarlyWarning.close_with([warning], *ANSWERS[i % len(ANSWERS)])
