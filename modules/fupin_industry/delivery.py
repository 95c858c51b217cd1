# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import Index, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval


class Delivery(metaclass=PoolMeta):
    __name__ = 'fupin.delivery'

    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states={
            'readonly': Eval('state') != 'draft',
            },
        help="The enterprise that the produce is for.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.enterprise, Index.Equality())))

    @fields.depends('company', 'product', 'date', 'enterprise')
    def _set_enterprise(self):
        Enterprise = Pool().get('fupin.enterprise')
        if self.company and self.product and self.date:
            if (not self.enterprise
                    or self.product not in self.enterprise.products):
                self.enterprise = Enterprise.get_sole(
                    self.company, self.product, self.date)

    @fields.depends(methods=['_set_enterprise'])
    def on_change_product(self):
        try:
            super_on_change = super().on_change_product
        except AttributeError:
            pass
        else:
            super_on_change()
        self._set_enterprise()

    def get_incomes(self):
        incomes = super().get_incomes()
        for income in incomes:
            income.enterprise = self.enterprise
        return incomes
