# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Let the cooperatives work, day after day: they take deliveries, sell, are
paid and pay their members, each in the name of its manager."""
import calendar
import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from trytond.modules.fupin_coop import bank_file
from trytond.modules.fupin_coop.conversion import (
    convert_price, convert_quantity)
from trytond.pool import Pool
from trytond.transaction import Transaction

import batches
import cycles
import inputs
import pieceworks
import statutes
import wages
from cooperatives import acting, get_id
from population import DAY

# month: share of the deliveries of a year
SEASONS = {
    'mushroom': {10: 2, 11: 4, 12: 4, 1: 4, 2: 3, 3: 4, 4: 2},
    'watermelon': {6: 3, 7: 6, 8: 4},
    'lighter': dict.fromkeys(range(1, 13), 2) | {2: 1},
    }
# deliveries of a member in a full year
DELIVERIES = {'mushroom': 2, 'watermelon': 1.6, 'lighter': 2.2}
# on which days of the month goods are sold
SALES = {
    'mushroom': [31], 'watermelon': [15, 31], 'lighter': [31]}
COMMISSION = {'mushroom': .06, 'watermelon': .18, 'lighter': 0}
FAILURES = ["账号与户名不符", "收款账户已销户", "收款账户为睡眠户，暂停入账"]
# how many of the payments the bank sends back
FAILED = .025


def trade(county):
    days = {c: diary(c, county) for c in county.cooperatives}
    total = sum(map(len, days.values()))
    for cooperative in county.cooperatives:
        work = Work(cooperative, county)
        with acting(cooperative):
            for date, action in days[cooperative]:
                getattr(work, action)(date)
                work.finish()
                yield 1 / total


def diary(cooperative, county):
    "Return (date, what is done) in order"
    days = []
    year, month = county.start.year, county.start.month
    while dt.date(year, month, 1) <= county.today:
        last = calendar.monthrange(year, month)[1]
        for day in SALES[cooperative.kind]:
            date = dt.date(year, month, min(day, last))
            date = min(date, county.today)
            if date.month == month:
                days += [(date, 'deliver'), (date, 'cancel')]
                # the factory fetches lighters every other month
                if (cooperative.kind != 'lighter' or not month % 2
                        or date == county.today):
                    days.append((date, 'sell'))
                if cooperative.kind == 'watermelon':
                    days.append((date + 4 * DAY, 'settle'))
        if (cooperative.kind in wages.TASKS
                and month in SEASONS[cooperative.kind]
                and dt.date(year, month, last) <= county.today):
            days.append((dt.date(year, month, last), 'pay_wages'))
        days.append((dt.date(year, month, last) + 8 * DAY, 'settle'))
        year, month = year + month // 12, month % 12 + 1
    days.append((county.today, 'settle'))
    years = range(county.start.year, county.today.year + 1)
    first = county.start.year + (county.start > dt.date(years[0], 7, 10))
    if cooperative.kind in inputs.INPUTS:
        month, _ = inputs.INPUTS[cooperative.kind]
        given = [
            dt.date(year, month, 5) for year in years
            if county.start < dt.date(year, month, 5) <= county.today]
        days += [(date, 'give_inputs') for date in given[-2:]]
    # before the first year ends: a grant to quantify, a leaver to settle with
    granted = dt.date(first, 7, 10)
    if granted + statutes.BUILDING <= county.today:
        days.append((granted, 'receive_grant'))
    days.append((dt.date(first, 9, 1), 'give_notice'))
    # long enough ago that the last harvest is in
    days.append((county.today - 70 * DAY, 'produce'))
    days += [
        (day, 'make_pieces') for day in pieceworks.find_days(
            cooperative.kind, county.start, county.today)]
    days += [(day, 'grow') for day in cycles.days(cooperative, county)]
    for year in years[1:]:
        days += [
            (dt.date(year, 3, 15), 'end_year'),
            (dt.date(year, 3, 20), 'settle_leavers')]
    days = sorted(set(days), key=lambda d: (d[0], ORDER[d[1]]))
    return [d for d in days if d[0] <= county.today]


ORDER = {
    'give_inputs': -1, 'deliver': 0, 'cancel': 1, 'sell': 2, 'pay_wages': 3,
    'receive_grant': 4, 'give_notice': 5, 'end_year': 6,
    'settle_leavers': 7, 'produce': 7, 'make_pieces': 7, 'grow': 7,
    'settle': 8}


@dataclass
class Left:
    lot: object
    quantity: Decimal
    # of one unit
    cost: Decimal


class Work:
    "What the manager of a cooperative does"

    def __init__(self, cooperative, county):
        self.cooperative = cooperative
        self.county = county
        self.company = cooperative.record
        self.random = county.random(cooperative.login)
        self.delivered = county.start - DAY
        self.posted = []
        # what is left of each lot, the oldest first
        self.stock = {p.record: [] for p in self.cooperative.products}
        self.unpaid = []
        self.labour = None
        self.cycles = cycles.Cycles(self)
        # what a member brings in a year, and the odd grower
        self.capacity = {
            member: self.random.uniform(.9, 2.5)
            for member, _, _ in cooperative.farmers}

    def finish(self):
        "Do what was put off, as a worker would, each thing once"
        pool = Pool()
        Queue = pool.get('ir.queue')
        tasks = Transaction().tasks
        while tasks:
            to_do = {}
            records = Queue.browse(tasks)
            for record in records:
                key = record.data['model'], record.data['method']
                to_do.setdefault(key, {}).update(
                    dict.fromkeys(record.data['instances']))
            Queue.delete(records)
            tasks.clear()
            for (model, method), ids in to_do.items():
                # who wants an invoice on paper prints it
                if method != 'print_invoice':
                    Model = pool.get(model)
                    getattr(Model, method)(Model.browse(list(ids)))

    def give_inputs(self, date):
        random = self.county.random(f'inputs {self.cooperative.login} {date}')
        inputs.give_inputs(self.cooperative, random, date)

    def pay_wages(self, date):
        if not self.labour:
            self.labour = wages.Labour(self.cooperative, self.county.start)
        self.labour.work(date)

    def produce(self, date):
        batches.produce(self.cooperative, date)

    def make_pieces(self, date):
        if not self.labour:
            self.labour = wages.Labour(self.cooperative, self.county.start)
        if self.labour.workers:
            random = self.county.random(
                f'piecework {self.cooperative.login} {date}')
            pieceworks.Piecework(
                self.cooperative, self.labour.workers[:2], random, date).run(
                close=date + pieceworks.LENGTH < self.county.today)

    def grow(self, date):
        self.cycles.grow(date)

    def receive_grant(self, date):
        statutes.receive_grant(self.cooperative, date)

    def give_notice(self, date):
        statutes.give_notice(self.cooperative, date)

    def end_year(self, date):
        statutes.end_year(self.cooperative, date)

    def settle_leavers(self, date):
        statutes.settle_leavers(self.cooperative, date)

    # Deliveries

    def deliver(self, until):
        "Take what was brought since the last time"
        Delivery = Pool().get('fupin.delivery')
        since, self.delivered = self.delivered + DAY, until
        season = SEASONS[self.cooperative.kind]
        share = sum(
            season.get((since + i * DAY).month, 0)
            for i in range((until - since).days + 1)) / 30
        share /= sum(season.values())
        if not share:
            self.posted = []
            return
        values = []
        for member, household, _ in self.cooperative.farmers:
            expected = DELIVERIES[self.cooperative.kind] * share
            count = int(expected + self.random.random())
            for _ in range(count):
                date = self.day(since, until)
                if member.is_member(date):
                    values.append(self.delivery(date, member, household))
        for household, person in self.cooperative.growers:
            if self.random.random() < 3 * share:
                values.append(self.delivery(
                        self.day(since, until), None, household, person))
        values.sort(key=lambda v: v['date'])
        waiting = []
        if until == self.county.today:
            # somebody is still waiting at the scale
            waiting = [
                self.delivery(until, member, household)
                for member, household, _ in self.cooperative.farmers
                if member.is_member(until)][:2]
        deliveries = Delivery.create(values + waiting)
        self.post(deliveries[:len(values)])

    def post(self, deliveries):
        "Post and remember what is in stock"
        Delivery = Pool().get('fupin.delivery')
        Delivery.post(deliveries)
        self.posted = deliveries
        for delivery in deliveries:
            unit = delivery.product.default_uom
            quantity = convert_quantity(
                delivery.quantity, delivery.unit, unit)
            self.stock[delivery.product].append(Left(
                    delivery.lot, quantity, delivery.amount / quantity))
        self.sort()

    def keep(self, lots):
        "Remember (lot, quantity, amount) of what is sold with the rest"
        for lot, quantity, amount in lots:
            if lot.product in self.stock and amount:
                self.stock[lot.product].append(
                    Left(lot, quantity, amount / quantity))
        self.sort()

    def sort(self):
        for left in self.stock.values():
            left.sort(key=lambda x: (x.lot.document.date, x.lot.id))

    def day(self, since, until):
        return since + self.random.randint(0, (until - since).days) * DAY

    def delivery(self, date, member, household, person=None):
        random = self.random
        index = (date - self.county.start).days / 365
        size = self.capacity.get(member, .6) * household.trend ** index
        size *= random.uniform(.75, 1.25)
        enterprise, product = random.choice(list(zip(
                    self.cooperative.enterprise_records,
                    [self.cooperative.products[p] for *_, p
                        in self.cooperative.enterprises])))
        if member:
            # a member grows for the nearest one
            area = self.county.areas[household.area]
            for record, (*_, number) in zip(
                    self.cooperative.enterprise_records,
                    self.cooperative.enterprises):
                if record.area.township == area.township:
                    enterprise = record
                    product = self.cooperative.products[number]
        _, unit, _ = product.units
        values = {
            'company': self.company.id,
            'date': date,
            'member': member.id if member else None,
            'method': (
                'commission'
                if random.random() < COMMISSION[self.cooperative.kind]
                else 'purchase'),
            'product': product.record.id,
            'enterprise': enterprise.id,
            'unit': get_id(unit),
            **getattr(self, self.cooperative.kind)(size),
            }
        if person:
            values['grower'] = person.record.get_party().id
        grades = product.record.grades
        if grades:
            weights = {3: [5, 3, 1], 2: [3, 2]}[len(grades)]
            values['grade'] = random.choices(grades, weights)[0].id
        return values

    def mushroom(self, size):
        random = self.random
        crates = max(2, round(size * 22))
        return {
            'gross': Decimal(round(crates * random.uniform(215, 265)))
            / 10,
            'tare': crates * Decimal('1.2'),
            'deduction_rate': Decimal(random.choice([0, 0, 1, 1, 2])),
            }

    def watermelon(self, size):
        random = self.random
        tare = random.randint(180, 240) * 20
        return {
            'gross': Decimal(
                tare + round(size * random.uniform(310, 400)) * 20),
            'tare': Decimal(tare),
            'deduction_rate': Decimal(random.choice([0, 0, 0, 1])),
            'comment': "车辆过磅",
            }

    def lighter(self, size):
        return {
            'gross': Decimal(
                round(size * self.random.uniform(1300, 1600)) * 50),
            'tare': Decimal(0),
            'deduction_rate': Decimal(
                self.random.choice(['0', '0', '0.5', '1'])),
            }

    def cancel(self, date):
        "Sometimes a ticket was wrong: it is cancelled and written anew"
        Delivery = Pool().get('fupin.delivery')
        if len(self.posted) < 8 or self.random.random() > .3:
            return
        wrong = self.random.choice(self.posted)
        Delivery.cancel([wrong])
        self.stock[wrong.product] = [
            x for x in self.stock[wrong.product] if x.lot != wrong.lot]
        if self.random.random() < .7:
            right, = Delivery.copy([wrong], default={
                    'gross': wrong.gross - wrong.net // 10,
                    'comment': f"更正 {wrong.number}",
                    })
            self.post([right])

    # Sales

    def sell(self, date):
        "Sell most of what is there, the oldest first"
        pool = Pool()
        Invoice = pool.get('account.invoice')
        Sale = pool.get('sale.sale')
        self.collect(date)
        if not any(self.stock.values()):
            return
        ends = (date + 3 * DAY).month not in SEASONS[self.cooperative.kind]
        lines = []
        for product in self.cooperative.products:
            share = 1 if ends else self.random.uniform(.8, .97)
            if date == self.county.today:
                share *= .5
            if line := self.sale_line(product, share):
                lines.append(line)
        if not lines:
            return
        customer = self.random.choice(self.cooperative.customer_records)
        sale = Sale(
            company=self.company, party=customer, sale_date=date)
        sale.on_change_party()
        sale.warehouse = self.company.warehouse
        sale.lines = lines
        sale.save()
        Sale.quote([sale])
        Sale.confirm([sale])
        self.finish()
        self.ship(Sale(sale.id), date)
        self.finish()
        invoices = list(Sale(sale.id).invoices)
        Invoice.write(invoices, {'invoice_date': date})
        Invoice.post(invoices)
        self.unpaid.extend(
            (date + self.random.randint(3, 35) * DAY, i) for i in invoices)

    def sale_line(self, product, share):
        "Sell a share of what is in stock"
        pool = Pool()
        Line = pool.get('sale.line')
        Uom = pool.get('product.uom')
        left = self.stock[product.record]
        quantity = sum(x.quantity for x in left)
        unit = Uom(get_id(product.units[2]))
        sold = convert_quantity(quantity, product.record.default_uom, unit)
        if share != 1:
            sold = (sold * Decimal(str(share))).quantize(
                Decimal(1), ROUND_DOWN)
        if not sold:
            return
        cost = sum(x.quantity * x.cost for x in left) / quantity
        margin = Decimal(str(round(self.random.uniform(1.1, 1.24), 3)))
        return Line(
            type='line',
            product=product.record,
            unit=unit,
            quantity=float(sold),
            unit_price=convert_price(
                cost * margin, product.record.default_uom, unit, digits=2))

    def ship(self, sale, date):
        ShipmentOut = Pool().get('stock.shipment.out')
        shipments = list(sale.shipments)
        ShipmentOut.write(shipments, {
                'effective_date': date,
                'planned_date': date,
                })
        for shipment in shipments:
            for move in shipment.outgoing_moves:
                self.choose_lots(move)
        shipments = ShipmentOut.browse(shipments)
        ShipmentOut.assign_try(shipments)
        if any(s.state != 'assigned' for s in shipments):
            raise ValueError(
                f"{self.company.rec_name} {date}: goods are missing")
        ShipmentOut.pick(shipments)
        ShipmentOut.pack(shipments)
        ShipmentOut.do(shipments)

    def choose_lots(self, move):
        "Split the move by lot, all at once: one by one takes its time"
        Move = Pool().get('stock.move')
        unit = move.product.default_uom
        wanted = convert_quantity(
            Decimal(str(move.quantity)), move.unit, unit)
        left = self.stock[move.product]
        parts = []
        while wanted:
            taken = min(wanted, left[0].quantity)
            parts.append({
                    'lot': left[0].lot.id,
                    'quantity': float(
                        convert_quantity(taken, unit, move.unit)),
                    })
            wanted -= taken
            left[0].quantity -= taken
            if not left[0].quantity:
                left.pop(0)
        first, *others = parts
        if others:
            lots = iter([p['lot'] for p in others])
            quantities = iter([p['quantity'] for p in others])
            Move.copy([move] * len(others), default={
                    'lot': lambda data: next(lots),
                    'quantity': lambda data: next(quantities),
                    })
        Move.write([move], first)

    def collect(self, date):
        "Take the money of the customers who pay until the date"
        pool = Pool()
        Line = pool.get('account.move.line')
        Method = pool.get('account.invoice.payment.method')
        method, = Method.search([
                ('company', '=', self.company.id),
                ('debit_account.code', '=', '102'),
                ])
        for due, invoice in self.unpaid[:]:
            if due <= date:
                amount = invoice.amount_to_pay
                lines, _ = invoice.get_reconcile_lines_for_amount(
                    amount, invoice.currency)
                Line.reconcile(
                    lines + invoice.pay_invoice(amount, method, due))
                self.unpaid.remove((due, invoice))

    # Settlements

    def settle(self, date):
        "Pay what is owed, read the bank's answer some days later"
        pool = Pool()
        Settlement = pool.get('fupin.settlement')
        up_to = date - 4 * DAY
        if not self.owed(up_to):
            return
        settlement = Settlement(
            company=self.company, date=date, up_to=up_to)
        settlement.save()
        Settlement.compute([settlement])
        answered = date + 3 * DAY <= self.county.today
        if not answered and self.cooperative.kind != 'lighter':
            # it waits for the approval
            return
        Settlement.approve([settlement])
        settlement = Settlement(settlement.id)
        if settlement.state == 'done':
            # all was set off against what the members owe
            return
        settlement.export('csv-gb18030')
        settlement = Settlement(settlement.id)
        if not answered:
            return
        content = self.answer(settlement)
        settlement.import_results(
            content, f'{settlement.number}-回盘.csv',
            date + self.random.randint(1, 3) * DAY)

    def owed(self, up_to):
        Settlement = Pool().get('fupin.settlement')
        return Settlement(
            company=self.company, up_to=up_to).collect_lines()

    def answer(self, settlement):
        "What the bank sends back"
        results = []
        for i, payment in enumerate(settlement.get_bank_payments(), 1):
            reason = (
                self.random.choice(FAILURES)
                if self.random.random() < FAILED else '')
            results.append(bank_file.Result(
                    i, payment.number, payment.account, payment.name,
                    payment.amount, not reason, reason))
        return bank_file.write_results(results, 'csv', 'gb18030')
