# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Through which account a cooperative books its own production."""
from sql import Null

from trytond.model import Index, ModelSQL, ValueMixin, fields
from trytond.modules.company.model import CompanyValueMixin
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval

# crops and vegetables until they are harvested; workshops and services
ACCOUNTS = [
    ('141', "Consumable Biological Assets (141)"),
    ('401', "Production Cost (401)"),
    ]
DEFAULT = '401'

production_account = fields.Selection(
    ACCOUNTS, "Production Account", sort=False,
    help="Where the cost of what the cooperative produces itself is "
    "collected: 141 for what grows until it is harvested, 401 for what is "
    "made in a workshop.")


class Template(metaclass=PoolMeta):
    __name__ = 'product.template'

    production_account = fields.MultiValue(production_account)
    production_accounts = fields.One2Many(
        'fupin.product.production_account', 'template',
        "Production Accounts")

    @classmethod
    def multivalue_model(cls, field):
        pool = Pool()
        if field == 'production_account':
            return pool.get('fupin.product.production_account')
        return super().multivalue_model(field)

    @classmethod
    def default_production_account(cls, **pattern):
        return DEFAULT


class ProductionAccount(ModelSQL, CompanyValueMixin, ValueMixin):
    "The production account of a product in one cooperative"
    __name__ = 'fupin.product.production_account'
    __string__ = "Production Account of a Product"

    template = fields.Many2One(
        'product.template', "Product", ondelete='CASCADE',
        context={
            'company': Eval('company', -1),
            },
        depends={'company'})
    production_account = production_account

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(t, (t.template, Index.Equality())))


class Product(metaclass=PoolMeta):
    __name__ = 'product.product'

    def get_production_account(self, company):
        "Return the account that collects what the company spends on it"
        Configuration = Pool().get('account.configuration')
        code = self.template.get_multivalue(
            'production_account', company=company.id)
        return Configuration.get_chart_account(code or DEFAULT, company)


class AccountMoveLine(metaclass=PoolMeta):
    __name__ = 'account.move.line'

    cost_product = fields.Many2One(
        'product.product', "Cost Object", ondelete='RESTRICT',
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="The own product for which the cost was made (141, 401); empty "
        "for what is common to several.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(
                t, (t.cost_product, Index.Equality()),
                where=t.cost_product != Null))
