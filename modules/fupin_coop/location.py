# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import fields
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction


class Location(metaclass=PoolMeta):
    __name__ = 'stock.location'

    company = fields.Many2One(
        'company.company', "Company", ondelete='RESTRICT',
        help="The company that owns the location.\n"
        "Leave empty for locations shared by all companies.")

    @classmethod
    def get_default_warehouse(cls):
        pool = Pool()
        Company = pool.get('company.company')
        context = Transaction().context
        if not context.get('warehouse') and context.get('company'):
            # There is one warehouse per cooperative, so there is never only
            # one to choose from
            company = Company(context['company'])
            if company.warehouse and company.warehouse.active:
                return company.warehouse.id
        return super().get_default_warehouse()
