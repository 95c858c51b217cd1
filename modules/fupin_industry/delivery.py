# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import Index, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval, If


class Delivery(metaclass=PoolMeta):
    __name__ = 'fupin.delivery'

    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            If((Eval('state') == 'draft') & Eval('date'), [
                    ('start_date', '<=', Eval('date', None)),
                    ['OR',
                        ('end_date', '=', None),
                        ('end_date', '>=', Eval('date', None)),
                        ],
                    ],
                []),
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
        "Keep an enterprise that handles the product, else take the only one"
        Enterprise = Pool().get('fupin.enterprise')
        if not (self.company and self.product and self.date):
            return
        enterprise = getattr(self, 'enterprise', None)
        if not enterprise or not enterprise.handles(self.product, self.date):
            self.enterprise = Enterprise.get_sole(
                self.company, self.product, self.date)

    @fields.depends(methods=['_set_enterprise'])
    def on_change_product(self):
        super().on_change_product()
        self._set_enterprise()

    @fields.depends(methods=['_set_enterprise'])
    def on_change_date(self):
        super().on_change_date()
        self._set_enterprise()

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if (mode == 'create'
                and 'enterprise' not in values
                and values.get('product')):
            delivery = cls(product=values['product'])
            for name in ['company', 'date']:
                setattr(delivery, name, values[name] if name in values
                    else cls.default_get([name]).get(name))
            delivery._set_enterprise()
            if enterprise := getattr(delivery, 'enterprise', None):
                values['enterprise'] = enterprise.id
        return values

    def get_incomes(self):
        incomes = super().get_incomes()
        for income in incomes:
            income.enterprise = self.enterprise
        return incomes
