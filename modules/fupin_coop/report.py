# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from trytond.modules.fupin_household import slip
from trytond.report import Report

from .capital_amount import capital_amount
from .form import UNIT, to_kind, to_text, write_workbook


class SlipReport(slip.SlipReport):
    "A slip with money, prices and weights"

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['capital_amount'] = capital_amount
        context['money'] = cls.money
        context['measure'] = cls.measure
        context['price'] = cls.price
        return context

    @classmethod
    def money(cls, amount, currency):
        return cls.format_currency(
            amount if amount is not None else Decimal(0), None, currency)

    @classmethod
    def price(cls, price):
        "Return a price with its cents, and more digits only if it has them"
        if price is None:
            return '-'
        _, _, exponent = price.normalize().as_tuple()
        return cls.format_number(price, None, digits=max(2, -exponent))

    @classmethod
    def measure(cls, value, unit):
        return cls.format_number_symbol(
            value if value is not None else Decimal(0), None, unit,
            digits=unit.digits)


class FormMixin:
    """A report of forms.

    get_forms(records, data) returns them, at least one."""
    __slots__ = ()

    @classmethod
    def execute(cls, ids, data):
        extension, content, direct, name = super().execute(ids, data)
        return extension, content, direct, cls.get_name(ids, data) or name

    @classmethod
    def get_name(cls, ids, data):
        "Return the name of the file, None for that of the report"

    @classmethod
    def get_forms(cls, records, data):
        raise NotImplementedError


class FormReport(FormMixin, SlipReport):
    "The forms printed, each on pages of its own"

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['forms'] = cls.get_forms(records, data)
        context['cell'] = to_text
        context['kind'] = to_kind
        context['unit'] = UNIT
        return context


class FormWorkbook(FormMixin, Report):
    "The forms as XLSX, each a sheet"

    @classmethod
    def _execute(cls, records, header, data, action):
        return 'xlsx', write_workbook(cls.get_forms(records, data))


class DeliverySlip(SlipReport):
    __name__ = 'fupin.delivery.slip'


class DeliveryTicket(SlipReport):
    __name__ = 'fupin.delivery.ticket'


class SupplySlip(SlipReport):
    __name__ = 'fupin.supply.slip'


class SupplyTicket(SlipReport):
    __name__ = 'fupin.supply.ticket'


class SettlementList(SlipReport):
    __name__ = 'fupin.settlement.list'


class SettlementTicket(SlipReport):
    __name__ = 'fupin.settlement.ticket'

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['lines'] = [line for r in records for line in r.lines]
        return context
