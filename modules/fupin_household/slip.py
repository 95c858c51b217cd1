# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Slips: sheets for a hand, which are signed or given to somebody"""
import logging
import subprocess
from functools import cache

from trytond.pool import Pool
from trytond.report import Report
from trytond.transaction import without_check_access

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
        context['masked_id_number'] = cls.masked_id_number
        context['today'] = Date.today()
        return context

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
