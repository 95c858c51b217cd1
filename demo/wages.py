# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Who works for wages in the cooperatives of the demo county: members who
sort and pack by the day, and a manager by the month."""
import datetime as dt
from decimal import Decimal

from trytond.pool import Pool

# kind of cooperative: name of the work, yuan of a day
TASKS = {
    'mushroom': ("分拣包装", '80'),
    'watermelon': ("瓜田管护", '85'),
    'lighter': ("质检装箱", '75'),
    }
MANAGER = "经营管理", '400'
# half days of a worker in a month
DAYS = 2
HALF = Decimal('0.5')
# one worker more for so many members; who has fewer has no manager to pay
MEMBERS = 20


class Labour:
    "The workers of one cooperative and what they do each month"

    def __init__(self, cooperative, start):
        self.cooperative = cooperative
        self.company = cooperative.record
        name, rate = TASKS[cooperative.kind]
        self.task = self.new_task(
            name, 'day', 'operation', rate, start)
        persons = [member.person for member, _, _ in cooperative.farmers]
        count = len(persons) // MEMBERS
        # the first one leaves
        self.workers = [
            self.new_worker(person, 'temporary', name)
            for person in persons[1:count + 2]]
        self.manager = self.management = None
        if count:
            self.manager = self.new_worker(persons[-1], 'staff', "经理")
            name, rate = MANAGER
            self.management = self.new_task(
                name, 'month', 'management', rate, start)

    def new_task(self, name, unit, purpose, rate, start):
        Task = Pool().get('fupin.labour.task')
        task, = Task.create([{
                    'company': self.company.id,
                    'name': name,
                    'unit': unit,
                    'purpose': purpose,
                    'rates': [('create', [{
                                    'from_date': start,
                                    'rate': Decimal(rate),
                                    'document': "理事会决议",
                                    }])],
                    }])
        return task

    def new_worker(self, person, kind, duty):
        Worker = Pool().get('fupin.labour.worker')
        worker, = Worker.create([{
                    'company': self.company.id,
                    'person': person.id,
                    'kind': kind,
                    'duty': duty,
                    }])
        return worker

    def work(self, until):
        "Enter the attendance of the month, gather and post it"
        pool = Pool()
        Attendance = pool.get('fupin.labour.attendance')
        Sheet = pool.get('fupin.labour')
        start = until.replace(day=1)
        Attendance.create([{
                    'company': self.company.id,
                    'worker': worker.id,
                    'task': self.task.id,
                    'date': until - dt.timedelta(days=i),
                    'quantity': HALF,
                    }
                for worker in self.workers
                for i in range(min(DAYS, until.day))])
        lines = []
        if self.manager:
            lines.append({
                    'worker': self.manager.id,
                    'task': self.management.id,
                    'quantity': Decimal(1),
                    })
        sheet, = Sheet.create([{
                    'company': self.company.id,
                    'date': until,
                    'from_date': start,
                    'to_date': until,
                    'lines': [('create', lines)],
                    }])
        Sheet.gather([sheet])
        Sheet.post([Sheet(sheet.id)])
