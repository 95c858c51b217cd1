# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import (
    DeactivableMixin, Index, ModelSQL, ModelView, Unique, fields,
    sequence_ordered)
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction


class Grade(DeactivableMixin, sequence_ordered(), ModelSQL, ModelView):
    __name__ = 'fupin.product.grade'
    __string__ = "Product Grade"

    template = fields.Many2One(
        'product.template', "Product", required=True, ondelete='CASCADE',
        help="The product that is graded.")
    code = fields.Char("Code", required=True)
    name = fields.Char("Name", required=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_constraints += [
            ('template_code_unique', Unique(t, t.template, t.code),
                'fupin_coop.msg_grade_code_unique'),
            ]
        cls._order.insert(0, ('template', 'ASC'))
        cls._sql_indexes.add(
            Index(t, (t.template, Index.Range())))

    def get_rec_name(self, name):
        return self.name

    @classmethod
    def search_rec_name(cls, name, clause):
        _, operator, operand, *extra = clause
        if operator.startswith('!') or operator.startswith('not '):
            bool_op = 'AND'
        else:
            bool_op = 'OR'
        return [bool_op,
            ('name', operator, operand, *extra),
            ('code', operator, operand, *extra),
            ]


class Template(metaclass=PoolMeta):
    __name__ = 'product.template'

    grades = fields.One2Many(
        'fupin.product.grade', 'template', "Grades",
        help="The grades in which the product is bought and priced.")


class Product(metaclass=PoolMeta):
    __name__ = 'product.product'

    # Own field because the one that is made from the template's shows as
    # editable on the variant but saves nothing
    grades = fields.Function(fields.Many2Many(
            'fupin.product.grade', None, None, "Grades", readonly=True),
        'on_change_with_grades')

    @fields.depends('template', '_parent_template.grades')
    def on_change_with_grades(self, name=None):
        return self.template.grades if self.template else []


class Category(metaclass=PoolMeta):
    __name__ = 'product.category'

    @classmethod
    def default_account_stock(cls, **pattern):
        return cls._default_stock_account('account_stock', **pattern)

    @classmethod
    def default_account_stock_in(cls, **pattern):
        return cls._default_stock_account('account_stock_in', **pattern)

    @classmethod
    def default_account_stock_out(cls, **pattern):
        return cls._default_stock_account('account_stock_out', **pattern)

    def set_multivalue(self, name, value, save=True, **pattern):
        context = Transaction().context
        if (name.startswith('account_') and not value
                and not pattern.get('company', context.get('company'))):
            # An empty value of no company would hide the accounts of the
            # companies to come
            return []
        return super().set_multivalue(name, value, save=save, **pattern)

    @classmethod
    def _default_stock_account(cls, name, **pattern):
        pool = Pool()
        Configuration = pool.get('account.configuration')
        config = Configuration(1)
        account = config.get_multivalue(
            'default_category_%s' % name, **pattern)
        return account.id if account else None
