# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import Index, fields
from trytond.pool import PoolMeta


class Income(metaclass=PoolMeta):
    __name__ = 'fupin.income'

    enterprise = fields.Many2One(
        'fupin.enterprise', "Enterprise", readonly=True, ondelete='RESTRICT',
        help="The enterprise from which the income comes.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(
            Index(
                t,
                (t.enterprise, Index.Equality()),
                (t.year, Index.Equality()),
                where=t.enterprise != None))  # noqa: E711

    @classmethod
    def _reversal_names(cls):
        return [*super()._reversal_names(), 'enterprise']
