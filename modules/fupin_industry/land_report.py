# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The contract, filing form and ledger (流转台账) of land transfers."""
from datetime import timedelta
from decimal import Decimal

from trytond.modules.fupin_coop.report import SlipReport

from .rent import MONTHS, add_months


def first_rent(transfer):
    "Return the yuan in cash of the first year of a signed transfer"
    end = add_months(transfer.start_date, MONTHS) - timedelta(days=1)
    return sum(
        (i.cash for i in transfer.instalments if i.from_date <= end),
        Decimal(0))


class LandTransferContract(SlipReport):
    __name__ = 'fupin.land.transfer.contract'


class LandTransferFiling(SlipReport):
    __name__ = 'fupin.land.transfer.filing'


class LandTransferLedger(SlipReport):
    __name__ = 'fupin.land.transfer.ledger'

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['first_rent'] = first_rent
        return context
