# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What the cooperatives of the demo county have made of their customers'
parts: two weeks of work at home and in the workshop, paid by the week."""
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from trytond.pool import Pool

from inputs import get_id

DAY = dt.timedelta(days=1)
# from the first day of an order to its last one, a Sunday
LENGTH = 13 * DAY
PIECE, GRAM = 'fupin_coop.uom_piece', 'product.uom_gram'


@dataclass
class Work:
    article: str
    # yuan of a thousand pieces
    fee: str
    # pieces of a worker
    pieces: int
    # name, yuan of a thousand, whether it handles gas
    steps: list
    # name, unit, step that uses it, step that makes it, per piece, allowed
    # loss, price
    parts: list


ORDERS = {
    'lighter': Work(
        "一次性打火机", '58.00', 5000, [
            ("装机芯", '18.00', False),
            ("充气", '7.50', True),
            ("贴标包装", '11.00', False),
            ], [
            ("壳体", PIECE, 0, None, '1', '0.01', '0.12'),
            ("阀组", PIECE, 0, None, '1', '0.01', '0.09'),
            ("砂轮", PIECE, 0, None, '1', '0.01', '0.03'),
            ("火石", PIECE, 0, None, '1', '0.03', '0.015'),
            ("半成品", PIECE, 1, 0, '1', '0', '0.26'),
            ("丁烷", GRAM, 1, None, '4.5', '0.02', '0.008'),
            ("充气品", PIECE, 2, 1, '1', '0', '0.30'),
            ("商标", PIECE, 2, None, '1', '0.02', '0.01'),
            ]),
    'mushroom': Work(
        "香菇礼盒（来料折盒）", '190.00', 600, [
            ("折盒", '95.00', False),
            ("贴封口标", '35.00', False),
            ], [
            ("盒坯", PIECE, 0, None, '1', '0.02', '1.20'),
            ("空盒", PIECE, 1, 0, '1', '0', '1.30'),
            ("封口标", PIECE, 1, None, '2', '0.03', '0.02'),
            ]),
    'watermelon': Work(
        "西瓜包装网套（来料穿绳）", '120.00', 800, [
            ("穿绳", '60.00', False),
            ("挂吊牌", '22.00', False),
            ], [
            ("网套", PIECE, 0, None, '1', '0.01', '0.35'),
            ("提绳", PIECE, 0, None, '1', '0.02', '0.05'),
            ("穿绳网套", PIECE, 1, 0, '1', '0', '0.40'),
            ("吊牌", PIECE, 1, None, '1', '0.02', '0.03'),
            ]),
    }
# the months in which an order ends
MONTHS = {'lighter': [3, 7, 11]}


def find_days(kind, start, today):
    "Return the Sundays on which orders end, the last one still going on"
    last = today - (today.weekday() + 1) % 7 * DAY
    days = []
    for year in range(start.year, today.year + 1):
        for month in MONTHS.get(kind, []):
            day = dt.date(year, month, 26)
            day -= (day.weekday() + 1) % 7 * DAY
            if start + LENGTH <= day < last - LENGTH:
                days.append(day)
    if start + LENGTH <= last:
        days.append(last)
    return days


class Piecework:
    "The order that ends on a Sunday, and what the workers do for it"

    def __init__(self, cooperative, workers, random, sunday):
        self.cooperative = cooperative
        self.company = cooperative.record
        self.workers = workers
        self.random = random
        self.start = sunday - LENGTH
        self.work = ORDERS[cooperative.kind]
        self.order = self.new_order()
        self.steps = list(self.order.steps)

    def day(self, number):
        return self.start + (number - 1) * DAY

    def get_task(self, name, rate):
        "The kind of work is the same in each order"
        Task = Pool().get('fupin.labour.task')
        tasks = Task.search([
                ('company', '=', self.company.id), ('name', '=', name)])
        if tasks:
            return tasks[0]
        task, = Task.create([{
                    'company': self.company.id,
                    'name': name,
                    'unit': 'thousand',
                    'purpose': 'operation',
                    'rates': [('create', [{
                                    'from_date': self.start,
                                    'rate': Decimal(rate),
                                    'document': "理事会决议",
                                    }])],
                    }])
        return task

    def new_order(self):
        "Enter the order and what the customer brought for it"
        pool = Pool()
        Order = pool.get('fupin.piecework.order')
        Part = pool.get('fupin.piecework.order.part')
        work = self.work
        pieces = work.pieces * len(self.workers)
        order, = Order.create([{
                    'company': self.company.id,
                    'enterprise': self.cooperative.enterprise_records[0].id,
                    'name': work.article,
                    'customer': self.cooperative.customer_records[0].id,
                    'customer_reference':
                    f'LL{self.start:%y%m}-{self.random.randint(10, 99)}',
                    'pieces': pieces,
                    'from_date': self.start,
                    'to_date': self.start + LENGTH,
                    'fee': Decimal(work.fee),
                    'steps': [('create', [{
                                    'sequence': i,
                                    'task': self.get_task(name, rate).id,
                                    'gas': gas,
                                    } for i, (name, rate, gas)
                                in enumerate(work.steps, 1)])],
                    }])
        steps = order.steps
        Part.create([{
                    'order': order.id,
                    'sequence': i,
                    'name': name,
                    'unit': get_id(unit),
                    'step': steps[step].id,
                    'made_by': (
                        None if made_by is None else steps[made_by].id),
                    'per_piece': Decimal(per_piece),
                    'loss_rate': Decimal(loss),
                    'price': Decimal(price),
                    } for i, (
                        name, unit, step, made_by, per_piece, loss, price)
                in enumerate(work.parts, 1)])
        Order.run([Order(order.id)])
        order = Order(order.id)
        self.move(order, 'received', self.start, {
                # a little more than is needed
                p: p.per_piece * pieces + pieces // 50
                for p in order.parts if not p.made_by})
        return order

    def move(self, order, kind, date, quantities):
        Receipt = Pool().get('fupin.piecework.receipt')
        Receipt.post(Receipt.create([{
                        'company': self.company.id,
                        'date': date,
                        'order': order.id,
                        'kind': kind,
                        'reference': f'SH{date:%m%d}',
                        'lines': [('create', [{
                                        'part': part.id,
                                        'quantity': quantity,
                                        } for part, quantity
                                    in quantities.items() if quantity])],
                        }]))

    def issue(self, worker, step, pieces, date, place='home'):
        Issue = Pool().get('fupin.piecework')
        issue, = Issue.create([{
                    'company': self.company.id,
                    'date': date,
                    'order': self.order.id,
                    'worker': worker.id,
                    'place': place,
                    'pieces': pieces,
                    'due_date': self.start + LENGTH,
                    'steps': [('create', [{'step': step.id}])],
                    }])
        Issue.fill([issue])
        Issue.post([issue])
        return Issue(issue.id)

    def bring(self, issue, date, final, parts=None, **counts):
        Return = Pool().get('fupin.piecework.return')
        return_, = Return.create([{
                    'company': self.company.id,
                    'date': date,
                    'piecework': issue.id,
                    'final': final,
                    'lines': [('create', [{
                                    'step': issue.steps[0].step.id,
                                    **counts}])],
                    'parts': [('create', [{
                                    'part': part.id,
                                    'returned': quantity,
                                    } for part, quantity
                                in (parts or {}).items() if quantity])],
                    }])
        Return.post([return_])

    def first_step(self, worker):
        "Give out the parts on Monday, take the pieces back in two parts"
        random = self.random
        pieces = self.work.pieces
        issue = self.issue(worker, self.steps[0], pieces, self.day(1))
        rework = random.randint(0, pieces // 100)
        first = pieces * random.randint(50, 65) // 100
        self.bring(
            issue, self.day(5), False, accepted=first,
            rejected=random.randint(0, pieces // 200), rework=rework)
        rest = issue.__class__(issue.id).open_pieces
        # some pieces are not made any more, and of some parts a few are gone
        undone = random.randint(0, pieces // 50)
        self.bring(
            issue, self.day(9), True, {
                line.part: max(
                    undone - random.choice([0, 0, 3, pieces // 40]), 0)
                for line in issue.parts},
            accepted=rest - undone, reworked=rework)

    def next_step(self, worker, step, date):
        "Let a worker do at once what lies there of the step before"
        part, = [p for p in self.order.parts if p.step == step and p.made_by]
        pieces = int(part.__class__(part.id).on_hand)
        issue = self.issue(
            worker, step, pieces, date, 'workshop' if step.gas else 'home')
        rejected = self.random.randint(0, pieces // 100)
        self.bring(
            issue, date + DAY, True, accepted=pieces - rejected,
            rejected=rejected)

    def pay(self, sunday):
        Sheet = Pool().get('fupin.labour')
        sheet, = Sheet.create([{
                    'company': self.company.id,
                    'date': sunday,
                    'from_date': sunday - 6 * DAY,
                    'to_date': sunday,
                    'comment': "计件工资",
                    }])
        Sheet.gather([sheet])
        Sheet.post([Sheet(sheet.id)])

    def run(self, close):
        "Do the two weeks; what is not closed goes on"
        Order = Pool().get('fupin.piecework.order')
        for worker in self.workers:
            self.first_step(worker)
        for i, step in enumerate(self.steps[1:]):
            self.next_step(
                self.workers[i % len(self.workers)], step,
                self.day(10 + 2 * i))
        if not close:
            self.go_on()
        for day in [7, 14]:
            self.pay(self.day(day))
        if close:
            order = Order(self.order.id)
            self.move(order, 'returned', self.day(14), {
                    p: p.on_hand for p in order.parts if not p.made_by})
            Order.close([Order(self.order.id)])

    def go_on(self):
        "Some parts are with a worker still"
        Order = Pool().get('fupin.piecework.order')
        parts = [
            p for p in Order(self.order.id).parts
            if p.step == self.steps[0] and not p.made_by]
        pieces = int(min(p.on_hand / p.per_piece for p in parts)) // 2
        self.issue(self.workers[-1], self.steps[0], pieces, self.day(12))
