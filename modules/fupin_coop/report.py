# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import logging
import subprocess
from decimal import Decimal
from functools import cache

from trytond.pool import Pool
from trytond.report import Report
from trytond.transaction import without_check_access

from .capital_amount import capital_amount
from .form import UNIT, to_kind, to_text, write_workbook

logger = logging.getLogger(__name__)


@cache
def load_weasyprint():
    """Return the module that makes PDF of HTML, None if it does not work.

    Without the libraries of its own it answers with an OSError, and without
    a Chinese font it would print empty boxes."""
    try:
        import weasyprint
    except (ImportError, OSError) as exception:
        logger.info("slips are HTML, weasyprint does not work: %s", exception)
        return None
    try:
        fonts = subprocess.run(
            ['fc-list', ':lang=zh-cn', 'family'],
            capture_output=True, timeout=30, check=True).stdout
    except (subprocess.SubprocessError, OSError):
        fonts = b''
    if not fonts.strip():
        logger.warning("slips are HTML, there is no Chinese font")
        return None
    return weasyprint


def refuse_url(url, *args, **kwargs):
    raise ValueError("a slip takes nothing from elsewhere")


class SlipReport(Report):
    "A slip in HTML that becomes PDF where the server can make it"

    @classmethod
    def get_context(cls, records, header, data):
        Date = Pool().get('ir.date')
        context = super().get_context(records, header, data)
        context['capital_amount'] = capital_amount
        context['money'] = cls.money
        context['measure'] = cls.measure
        context['price'] = cls.price
        context['masked_id_number'] = cls.masked_id_number
        context['today'] = Date.today()
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

    @classmethod
    @without_check_access
    def masked_id_number(cls, person):
        """Return the masked ID number of a person of the slip, also to whom
        the person is closed."""
        if person:
            Person = Pool().get('fupin.person')
            return Person(person.id).id_number or ''
        return ''

    @classmethod
    def convert(cls, report, data, **kwargs):
        if (report.extension == 'pdf'
                and report.template_extension in {'html', 'xhtml'}):
            weasyprint = load_weasyprint()
            if not weasyprint:
                return 'html', data
            if isinstance(data, bytes):
                data = data.decode('utf-8')
            return 'pdf', weasyprint.HTML(
                string=data, url_fetcher=refuse_url).write_pdf()
        return super().convert(report, data, **kwargs)


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
