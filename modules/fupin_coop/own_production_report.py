# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from .report import SlipReport

ZERO = Decimal('0.00')


class BatchSheet(SlipReport):
    "What went into a batch, what came out and what is left, by document"
    __name__ = 'fupin.own_production.sheet'

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['rows'] = {r: cls.get_rows(r) for r in records}
        return context

    @classmethod
    def get_rows(cls, production):
        """Return (date, number, kind, text, in, out, balance) of the posted
        documents of the batch, by date."""
        entries = []

        def add(document, kind, text, amount):
            if document.state == 'posted' and amount:
                entries.append((document, kind, text, amount))

        for document in production.inputs:
            for line in document.lines:
                add(document, 'material',
                    f'{line.product.name} '
                    f'{cls.measure(line.quantity, line.unit)}', line.amount)
            for cost in document.costs:
                add(document, 'cost', cost.description, cost.amount)
        for line in production.labour_lines:
            add(line.sheet, 'labour',
                f'{line.worker.party.name} {line.task.name}', line.amount)
        for line in production.allocation_lines:
            add(line.allocation, 'common',
                line.allocation.comment or '', line.amount)
        for document in production.harvests:
            add(document, 'harvest', '、'.join(
                    f'{line.product.name} '
                    f'{cls.measure(line.quantity, line.unit)}'
                    for line in document.lines), -(document.amount or ZERO))
        for document in production.losses:
            add(document, 'loss', document.cause_string,
                -(document.amount or ZERO))
        rows, balance = [], ZERO
        for document, kind, text, amount in sorted(
                entries, key=lambda e: (e[0].date, e[3] < 0, e[0].number)):
            balance += amount
            rows.append((
                    document.date, document.number, kind, text,
                    max(amount, ZERO), max(-amount, ZERO), balance))
        return rows
