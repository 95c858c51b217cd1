# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.pool import PoolMeta


class ConfigurationSaleMethod(metaclass=PoolMeta):
    __name__ = 'sale.configuration.sale_method'

    @classmethod
    def default_sale_invoice_method(cls):
        # What was weighed at loading is invoiced, in the month in which its
        # cost is booked
        return 'fulfillment'
