# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import fields
from trytond.pool import PoolMeta


class GeneralLedgerLine(metaclass=PoolMeta):
    __name__ = 'account.general_ledger.line'

    side = fields.Function(fields.Selection([
                ('debit', "In Debit"),
                ('credit', "In Credit"),
                ('level', "Level"),
                ], "Side of the Balance", sort=False), 'get_side')

    def get_side(self, name):
        if self.balance > 0:
            return 'debit'
        elif self.balance < 0:
            return 'credit'
        return 'level'
