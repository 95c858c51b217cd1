# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Work and wages of a cooperative, for tests."""
import datetime as dt
from decimal import Decimal as D

from cooperative import APRIL, MARCH, new_household, set_bank_account
from trytond.pool import Pool

JANUARY = dt.date(2026, 1, 1)
FIRST, LAST = dt.date(2026, 3, 1), dt.date(2026, 3, 31)


def new_worker(company, area, name, kind='temporary', account=None):
    "Return a worker who is a person of a household of her own"
    Worker = Pool().get('fupin.labour.worker')
    person = new_household(area, name).head
    if account:
        set_bank_account(person, account)
    return Worker.create([{
                'company': company.id,
                'person': person.id,
                'kind': kind,
                }])[0]


def new_task(
        company, name="采摘", rate='80', unit='day', purpose='production',
        product=None, from_date=JANUARY):
    Task = Pool().get('fupin.labour.task')
    return Task.create([{
                'company': company.id,
                'name': name,
                'unit': unit,
                'purpose': purpose,
                'product': product.id if product else None,
                'rates': [('create', [{
                                'from_date': from_date,
                                'rate': D(rate),
                                }])] if rate else [],
                }])[0]


def attend(worker, task, date=MARCH, quantity=1):
    Attendance = Pool().get('fupin.labour.attendance')
    return Attendance.create([{
                'company': worker.company.id,
                'worker': worker.id,
                'task': task.id,
                'date': date,
                'quantity': D(quantity),
                }])[0]


def new_sheet(company, *lines, **values):
    "Return a sheet for March of lines (worker, task, quantity, values)"
    Sheet = Pool().get('fupin.labour')
    values = {
        'company': company.id,
        'date': APRIL,
        'from_date': FIRST,
        'to_date': LAST,
        } | values
    if lines:
        values['lines'] = [('create', [{
                        'worker': worker.id,
                        'task': task.id,
                        'quantity': D(quantity),
                        **(others[0] if others else {}),
                        } for worker, task, quantity, *others in lines])]
    return Sheet.create([values])[0]


def gather(sheet):
    Sheet = Pool().get('fupin.labour')
    Sheet.gather([sheet])
    return Sheet(sheet.id)


def post_sheet(sheet):
    Sheet = Pool().get('fupin.labour')
    Sheet.post([sheet])
    return Sheet(sheet.id)


def cancel_sheet(sheet):
    Sheet = Pool().get('fupin.labour')
    Sheet.cancel([sheet])
    return Sheet(sheet.id)
