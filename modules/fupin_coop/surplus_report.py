# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import logging
from decimal import Decimal
from itertools import islice

from trytond.bus import notify
from trytond.i18n import gettext
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access

from . import form_pdf
from .report import SlipReport

logger = logging.getLogger(__name__)
# How many sheets are drawn at once, and how often progress is shown
_SHEETS = 100


class SurplusPlan(SlipReport):
    "The plans of a year side by side, for the members to decide on"
    __name__ = 'fupin.surplus.plan'

    _rows = [
        ('year_surplus', 12), ('opening', 13), ('transferred', 14),
        ('losses', None), ('covered', None), ('available', None),
        ('reserve', 15), ('distributable', None), ('line_16', 16),
        ('released', None), ('base', None), ('refund_minimum', None),
        ('refund', None), ('remainder', None), ('carried', None),
        ('line_17', 17), ('line_18', 18), ('line_19', 19), ('line_20', 20),
        ]

    @classmethod
    def get_context(cls, records, header, data):
        Surplus = Pool().get('fupin.surplus')
        context = super().get_context(records, header, data)
        strings = Surplus.fields_get([n for n, _ in cls._rows])
        context['rows'] = [
            (name, number, strings[name]['string'])
            for name, number in cls._rows]
        context['percent'] = cls.percent
        # a template itself reads no attribute by name
        context['figure'] = getattr
        return context

    @classmethod
    def percent(cls, rate):
        return cls.format_number((rate or Decimal(0)) * 100, None) + ' %'


class SurplusSheet(SlipReport):
    "How the sum of each member arose (盈余分配明细单)"
    __name__ = 'fupin.surplus.sheet'

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['sheets'] = cls.sheets(records)
        context['number'] = lambda value: cls.format_number(value, None)
        return context

    @classmethod
    def _execute(cls, records, header, data, action):
        """Draw many sheets in parts, which is quick and needs little memory.

        The user sees how far it is, by notifications of the client."""
        count = sum(len(lines) for lines in cls.get_lines(records).values())
        if (count <= _SHEETS or action.extension != 'pdf'
                or not form_pdf.load()):
            return super()._execute(records, header, data, action)
        done = 0
        with Transaction().set_context(Transaction().context):
            context = cls.get_context(records, header, data)
            form = form_pdf.Form(action.name)
            sheets = context['sheets']
            while part := list(islice(sheets, _SHEETS)):
                html = cls.render(action, {**context, 'sheets': part})
                if isinstance(html, bytes):
                    html = html.decode('utf-8')
                form.add(form_pdf.read(html))
                done += len(part)
                cls.show_progress(done, count)
            return 'pdf', form.output()

    @classmethod
    def show_progress(cls, done, count):
        logger.info("surplus sheets: %s of %s", done, count)
        notify(gettext(
                'fupin_coop.msg_surplus_sheet_progress',
                done=done, count=count))

    @classmethod
    def get_lines(cls, records):
        "Return {surplus: lines to print}"
        return {surplus: surplus.lines for surplus in records}

    @classmethod
    def sheets(cls, records):
        "Generate what each sheet shows"
        for surplus, lines in cls.get_lines(records).items():
            trade = cls.get_trade(surplus)
            totals = surplus.get_totals()
            for line in lines:
                yield {
                    'surplus': surplus,
                    'line': line,
                    'trade': trade.get(line.member.id, []),
                    'refund': line.explain(
                        'refund', surplus.refund, totals['traded']),
                    'remainder': line.explain(
                        'remainder', surplus.remainder, totals['capital']),
                    }

    @classmethod
    @without_check_access
    def get_trade(cls, surplus):
        "Return {member id: [(product, quantity, value, factor)]} of the year"
        pool = Pool()
        Entry = pool.get('fupin.member.entry')
        Product = pool.get('product.product')
        trades = Entry.trade(
            surplus.company, surplus.fiscalyear.start_date, surplus.date)
        by_volume = surplus.charter and surplus.charter.refund_base == 'volume'
        factors = surplus.charter.get_factors() if by_volume else {}
        products = {
            p.id: p for p in Product.browse(
                {p for trade in trades.values() for p in trade if p})}
        return {
            member: [
                (products.get(product), quantity, amount,
                    factors.get(product))
                for product, (quantity, amount) in sorted(
                    trade.items(), key=lambda item: item[0] or 0)]
            for member, trade in trades.items()}


class SurplusLineSheet(SurplusSheet):
    __name__ = 'fupin.surplus.line.sheet'

    @classmethod
    def get_lines(cls, records):
        lines = {}
        for line in records:
            lines.setdefault(line.surplus, []).append(line)
        return lines
