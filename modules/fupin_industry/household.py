# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import fields
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction


class Household(metaclass=PoolMeta):
    __name__ = 'fupin.household'

    parcel_holdings = fields.One2Many(
        'fupin.parcel.holding', 'household', "Parcels", readonly=True)
    land_transfer_lines = fields.One2Many(
        'fupin.land.transfer.line', 'household', "Land Transfers",
        readonly=True)

    @classmethod
    def companies_of(cls, ids):
        "A cooperative deals with a household whose land it takes"
        pool = Pool()
        Line = pool.get('fupin.land.transfer.line')
        Transfer = pool.get('fupin.land.transfer')
        cursor = Transaction().connection.cursor()
        line, transfer = Line.__table__(), Transfer.__table__()
        companies = super().companies_of(ids)
        cursor.execute(*line.join(
                transfer, condition=line.transfer == transfer.id).select(
                line.household, transfer.company,
                where=fields.SQL_OPERATORS['in'](
                    line.household, list(companies)),
                group_by=[line.household, transfer.company]))
        for household, company in cursor:
            if company and company not in companies[household]:
                companies[household].append(company)
        return companies

    @classmethod
    def search_companies(cls, name, clause):
        nested = clause[0][len(name):]
        return ['OR',
            super().search_companies(name, clause),
            ('land_transfer_lines.transfer.company' + nested, *clause[1:]),
            ]

    @classmethod
    def copy(cls, households, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('parcel_holdings')
        default.setdefault('land_transfer_lines')
        return super().copy(households, default=default)
