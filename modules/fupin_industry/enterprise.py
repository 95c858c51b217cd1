# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql.operators import Exists

from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction


class Enterprise(ExportMixin, ModelSQL, ModelView):
    "One business of a cooperative in one place"
    __name__ = 'fupin.enterprise'

    name = fields.Char("Name", required=True)
    company = fields.Many2One(
        'company.company', "Cooperative", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    kind = fields.Selection([
            ('mushroom', "Mushroom Base"),
            ('watermelon', "Watermelon Base"),
            ('lighter', "Lighter Workshop"),
            ('other', "Other"),
            ], "Kind", required=True, sort=False)
    area = fields.Many2One(
        'country.subdivision', "Area", required=True, ondelete='RESTRICT',
        domain=[
            ('type', 'in', ['county', 'township', 'village', 'group']),
            ],
        help="Where the enterprise lies.")
    manager = fields.Many2One(
        'company.employee', "Person in Charge", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ])
    start_date = fields.Date(
        "Start Date", required=True,
        domain=[
            If(Eval('start_date') & Eval('end_date'),
                ('start_date', '<=', Eval('end_date')),
                ()),
            ])
    end_date = fields.Date(
        "End Date",
        domain=[
            If(Eval('start_date') & Eval('end_date'),
                ('end_date', '>=', Eval('start_date')),
                ()),
            ],
        help="The last day on which the enterprise takes deliveries.")
    products = fields.Many2Many(
        'fupin.enterprise-product.product', 'enterprise', 'product',
        "Products",
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="The products that the enterprise handles.")
    assets = fields.Many2Many(
        'fupin.enterprise-project.asset', 'enterprise', 'asset',
        "Project Assets",
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        help="The assets of poverty alleviation projects that it uses.")
    income_areas = fields.Function(fields.Many2Many(
            'country.subdivision', None, None, "Areas of Households",
            help="The areas of the households that earned from it."),
        'get_income_areas', searcher='search_income_areas')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints = [
            ('name_company_unique', Unique(t, t.name, t.company),
                'fupin_industry.msg_enterprise_name_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.company, Index.Equality())),
                Index(t, (t.area, Index.Equality())),
                })
        cls._order.insert(0, ('name', 'ASC'))

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_kind(cls):
        return 'other'

    @classmethod
    def default_start_date(cls):
        return Pool().get('ir.date').today()

    @classmethod
    def _income_areas(cls):
        "Return the tables of income by source and household and their join"
        pool = Pool()
        income = pool.get('fupin.household.year.source').__table__()
        household = pool.get('fupin.household').__table__()
        return income, household, income.join(
            household, condition=income.household == household.id)

    @classmethod
    def get_income_areas(cls, enterprises, name):
        income, household, join = cls._income_areas()
        cursor = Transaction().connection.cursor()
        areas = {e.id: [] for e in enterprises}
        cursor.execute(*join.select(
                income.enterprise, household.area,
                where=fields.SQL_OPERATORS['in'](
                    income.enterprise, list(areas)),
                group_by=[income.enterprise, household.area]))
        for enterprise, area in cursor:
            areas[enterprise].append(area)
        return areas

    @classmethod
    def search_income_areas(cls, name, clause):
        pool = Pool()
        Subdivision = pool.get('country.subdivision')
        nested = clause[0][len(name) + 1:] or (
            'id' if clause[1] in {'in', '='} else 'rec_name')
        areas = Subdivision.search(
            [(nested, *clause[1:])], order=[], query=True)
        income, household, join = cls._income_areas()
        enterprise = cls.__table__()
        # One line is enough, there are many of them
        query = enterprise.select(enterprise.id,
            where=Exists(join.select(
                    income.id,
                    where=(income.enterprise == enterprise.id)
                    & household.area.in_(areas))))
        return [('id', 'in', query)]

    def handles(self, product, date):
        "Return whether the enterprise takes the product on the date"
        return (product in self.products
            and self.start_date <= date
            and (self.end_date is None or date <= self.end_date))

    @classmethod
    def get_sole(cls, company, product, date):
        """Return the enterprise of the company that handles the product on
        the date, None if there is none or more than one."""
        enterprises = cls.search([
                ('company', '=', company.id),
                ('products', '=', product.id),
                ('start_date', '<=', date),
                ['OR',
                    ('end_date', '=', None),
                    ('end_date', '>=', date),
                    ],
                ],
            limit=2)
        if len(enterprises) == 1:
            enterprise, = enterprises
            return enterprise


class EnterpriseProduct(ModelSQL):
    __name__ = 'fupin.enterprise-product.product'

    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise", required=True, ondelete='CASCADE')
    product = fields.Many2One(
        'product.product', "Product", required=True, ondelete='RESTRICT')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('enterprise')
        t = cls.__table__()
        cls._sql_constraints = [
            ('enterprise_product_unique',
                Unique(t, t.enterprise, t.product),
                'fupin_industry.msg_enterprise_product_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.enterprise, Index.Equality())),
                Index(t, (t.product, Index.Equality())),
                })


class EnterpriseAsset(ModelSQL):
    __name__ = 'fupin.enterprise-project.asset'

    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise", required=True, ondelete='CASCADE')
    asset = fields.Many2One(
        'fupin.project.asset', "Asset", required=True, ondelete='CASCADE')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('enterprise')
        t = cls.__table__()
        cls._sql_constraints = [
            ('enterprise_asset_unique', Unique(t, t.enterprise, t.asset),
                'fupin_industry.msg_enterprise_asset_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.enterprise, Index.Equality())),
                Index(t, (t.asset, Index.Equality())),
                })
