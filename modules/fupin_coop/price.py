# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from collections import namedtuple

from sql.conditionals import Coalesce
from sql.operators import Equal

from trytond.i18n import gettext
from trytond.model import Check, Exclude, Index, ModelSQL, ModelView, fields
from trytond.modules.currency.fields import Monetary
from trytond.modules.product import price_digits
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.sql.functions import DateRange
from trytond.sql.operators import RangeOverlap
from trytond.transaction import Transaction

from .conversion import convert_price
from .exceptions import PriceNotFoundError, PriceValidationError

PriceValue = namedtuple('PriceValue', ['price', 'floor_price', 'record'])


class Price(ModelSQL, ModelView):
    __name__ = 'fupin.price'
    __string__ = "Price"

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='CASCADE')
    product = fields.Many2One(
        'product.product', "Product", required=True, ondelete='RESTRICT',
        context={
            'company': Eval('company', -1),
            },
        depends={'company'})
    graded = fields.Function(
        fields.Boolean("Graded"), 'on_change_with_graded')
    grade = fields.Many2One(
        'fupin.product.grade', "Grade", ondelete='RESTRICT',
        domain=[
            ('template.products', '=', Eval('product', -1)),
            ],
        states={
            'required': Eval('graded', False),
            'invisible': ~Eval('graded', False) & ~Eval('grade'),
            })
    from_date = fields.Date(
        "From Date", required=True,
        domain=[
            If(Bool(Eval('to_date')) & Bool(Eval('from_date')),
                ('from_date', '<=', Eval('to_date', None)),
                ()),
            ])
    to_date = fields.Date(
        "To Date",
        domain=[
            If(Bool(Eval('to_date')) & Bool(Eval('from_date')),
                ('to_date', '>=', Eval('from_date', None)),
                ()),
            ],
        help="The last day on which the price applies.\n"
        "Leave empty if it applies until further notice.")
    product_uom_category = fields.Function(
        fields.Many2One('product.uom.category', "Product UoM Category"),
        'on_change_with_product_uom_category')
    unit = fields.Many2One(
        'product.uom', "Unit", required=True, ondelete='RESTRICT',
        domain=[
            If(Eval('product_uom_category'),
                ('category', '=', Eval('product_uom_category', -1)),
                ()),
            ],
        help="The unit to which the price applies.")
    currency = fields.Function(
        fields.Many2One('currency.currency', "Currency"),
        'on_change_with_currency')
    price = Monetary(
        "Price", currency='currency', digits=price_digits, required=True)
    floor_price = Monetary(
        "Floor Price", currency='currency', digits=price_digits,
        help="The price under which the cooperative never buys.")
    document = fields.Char(
        "Document",
        help="The resolution or notice that fixes the price.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('dates_overlap',
                Exclude(t,
                    (t.company, Equal),
                    (t.product, Equal),
                    (Coalesce(t.grade, -1), Equal),
                    (DateRange(t.from_date, t.to_date, '[]'), RangeOverlap),
                    ),
                'fupin_coop.msg_price_overlap_database'),
            ('price_positive', Check(t, t.price > 0),
                'fupin_coop.msg_price_positive_database'),
            ('floor_price_positive', Check(t, t.floor_price >= 0),
                'fupin_coop.msg_floor_price_positive_database'),
            ('floor_price_below', Check(t, t.floor_price <= t.price),
                'fupin_coop.msg_floor_price_above_database'),
            ]
        cls._sql_indexes.add(
            Index(
                t,
                (t.company, Index.Equality()),
                (t.product, Index.Equality()),
                (t.from_date, Index.Range(order='DESC'))))
        cls._order.insert(0, ('from_date', 'DESC'))

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_from_date(cls):
        pool = Pool()
        Date = pool.get('ir.date')
        return Date.today()

    @fields.depends('product')
    def on_change_with_graded(self, name=None):
        return bool(self.product and self.product.grades)

    @fields.depends('product')
    def on_change_with_product_uom_category(self, name=None):
        return self.product.default_uom_category if self.product else None

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('product', 'unit', 'grade')
    def on_change_product(self):
        if not self.product:
            return
        if (not self.unit
                or self.unit.category != self.product.default_uom.category):
            self.unit = self.product.default_uom
        if self.grade and self.grade not in self.product.grades:
            self.grade = None

    def get_rec_name(self, name):
        pool = Pool()
        Lang = pool.get('ir.lang')
        lang = Lang.get()
        names = [self.product.rec_name]
        if self.grade:
            names.append(self.grade.rec_name)
        names.append('%s – %s' % (
                lang.strftime(self.from_date),
                lang.strftime(self.to_date) if self.to_date else ''))
        return ' '.join(names).strip()

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, operand, *extra = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('product.rec_name', operator, operand, *extra),
            ('grade.rec_name', operator, operand, *extra),
            ]

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if mode == 'create':
            defaults = {
                'company': cls.default_company(),
                'from_date': cls.default_from_date(),
                }
            cls._check_values(defaults | values)
        return values

    @classmethod
    def check_modification(cls, mode, prices, values=None, external=False):
        super().check_modification(
            mode, prices, values=values, external=external)
        if mode == 'write':
            for price in prices:
                current = {
                    'company': price.company.id,
                    'product': price.product.id,
                    'grade': price.grade.id if price.grade else None,
                    'from_date': price.from_date,
                    'to_date': price.to_date,
                    'price': price.price,
                    'floor_price': price.floor_price,
                    }
                cls._check_values(current | values, price=price)

    @classmethod
    def _check_values(cls, values, price=None):
        """Refuse bad values before they are stored.

        The constraints refuse them also, but know neither the product nor
        the other price. Missing values are left to the required fields."""
        if any(values.get(n) is None for n in {
                    'company', 'product', 'from_date', 'price'}):
            return
        cls._check_amounts(values)
        cls._check_dates(values, price=price)

    @classmethod
    def _check_amounts(cls, values):
        pool = Pool()
        Product = pool.get('product.product')
        Grade = pool.get('fupin.product.grade')
        price, floor_price = values['price'], values.get('floor_price')
        names = {
            'product': Product(int(values['product'])).rec_name,
            'grade': Grade(int(values['grade'])).rec_name
            if values.get('grade') else '',
            'price': price,
            'floor_price': floor_price,
            }
        if price <= 0:
            raise PriceValidationError(
                gettext('fupin_coop.msg_price_positive', **names))
        if floor_price is None:
            return
        if floor_price < 0:
            raise PriceValidationError(
                gettext('fupin_coop.msg_floor_price_positive', **names))
        if floor_price > price:
            raise PriceValidationError(
                gettext('fupin_coop.msg_floor_price_above', **names))

    @classmethod
    def _check_dates(cls, values, price=None):
        "Refuse two prices of a product and grade on the same day"
        values = {
            n: values.get(n) for n in [
                'company', 'product', 'grade', 'from_date', 'to_date']}
        domain = [
            ('company', '=', int(values['company'])),
            ('product', '=', int(values['product'])),
            ('grade', '=', int(values['grade']) if values['grade'] else None),
            ['OR',
                ('to_date', '=', None),
                ('to_date', '>=', values['from_date']),
                ],
            ]
        if values['to_date']:
            domain.append(('from_date', '<=', values['to_date']))
        if price:
            domain.append(('id', '!=', price.id))
        others = cls.search(domain, order=[('from_date', 'ASC')], limit=1)
        if others:
            other, = others
            raise PriceValidationError(
                gettext('fupin_coop.msg_price_overlap',
                    price=cls(**values).get_rec_name(None),
                    other=other.rec_name))

    @classmethod
    def copy(cls, prices, default=None):
        pool = Pool()
        Date = pool.get('ir.date')
        default = default.copy() if default is not None else {}
        # A copy of the dates would only overlap
        today = Date.today()
        default.setdefault(
            'from_date', lambda data: data['to_date'] or today)
        default.setdefault('to_date', None)
        return super().copy(prices, default=default)

    @classmethod
    def find(cls, company, product, grade, date):
        """Return the price record of the company that applies on the date.

        A price without grade is not the price of a grade: what is not
        agreed is not paid."""
        prices = cls.search([
                ('company', '=', int(company)),
                ('product', '=', int(product)),
                ('grade', '=', int(grade) if grade else None),
                ('from_date', '<=', date),
                ['OR',
                    ('to_date', '=', None),
                    ('to_date', '>=', date),
                    ],
                ], limit=1)
        if not prices:
            cls._raise_not_found(product, grade, date)
        price, = prices
        return price

    @classmethod
    def _raise_not_found(cls, product, grade, date):
        pool = Pool()
        Product = pool.get('product.product')
        Grade = pool.get('fupin.product.grade')
        Lang = pool.get('ir.lang')
        names = {
            'product': Product(int(product)).rec_name,
            'date': Lang.get().strftime(date),
            }
        if grade:
            message = gettext('fupin_coop.msg_price_not_found_grade',
                grade=Grade(int(grade)).rec_name, **names)
        else:
            message = gettext('fupin_coop.msg_price_not_found', **names)
        raise PriceNotFoundError(message)

    @classmethod
    def get(cls, company, product, grade, date, unit):
        """Return price and floor price per the unit as PriceValue.

        They are exact decimals, rounded half up to the digits of prices
        only where the conversion does not end."""
        record = cls.find(company, product, grade, date)
        return PriceValue(
            record.get_price(unit), record.get_floor_price(unit), record)

    def get_price(self, unit):
        return convert_price(
            self.price, self.unit, unit, digits=price_digits[1])

    def get_floor_price(self, unit):
        if self.floor_price is not None:
            return convert_price(
                self.floor_price, self.unit, unit, digits=price_digits[1])
