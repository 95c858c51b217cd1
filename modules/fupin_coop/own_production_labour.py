# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Pay sheets whose lines name the batch for which the work was done."""
from sql import Null

from trytond.i18n import gettext
from trytond.model import Index, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, If

from .exceptions import LabourLineError


class Labour(metaclass=PoolMeta):
    __name__ = 'fupin.labour'

    def check_post(self):
        Production = Pool().get('fupin.own_production')
        super().check_post()
        productions = {
            line.own_production for line in self.lines if line.own_production}
        Production.hold(productions)
        for production in productions:
            Production(production.id).check_document(
                self, self.company, self.date)

    def check_cancel(self):
        Production = Pool().get('fupin.own_production')
        super().check_cancel()
        Production.check_document_cancel(self)


class LabourLine(metaclass=PoolMeta):
    __name__ = 'fupin.labour.line'

    own_production = fields.Many2One(
        'fupin.own_production', "Production Batch", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            If(Eval('sheet_state') == 'draft', ('state', '=', 'open'), ()),
            If(Bool(Eval('product')),
                ('product', '=', Eval('product', -1)), ()),
            ],
        states={
            'readonly': Eval('sheet_state') != 'draft',
            'invisible': Eval('purpose') != 'production',
            },
        help="The batch for which the work was done; empty for work common "
        "to several.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.add(Index(
                t, (t.own_production, Index.Equality()),
                where=t.own_production != Null))

    @fields.depends('own_production')
    def on_change_own_production(self):
        if self.own_production:
            self.product = self.own_production.product

    @fields.depends('purpose', 'own_production')
    def on_change_purpose(self):
        super().on_change_purpose()
        if self.purpose != 'production':
            self.own_production = None

    @classmethod
    def preprocess_values(cls, mode, values):
        Production = Pool().get('fupin.own_production')
        values = super().preprocess_values(mode, values)
        if values.get('own_production'):
            # the batch knows what it produces, whatever the task says
            values['product'] = Production(
                values['own_production']).product.id
        return values

    def check_purpose(self):
        super().check_purpose()
        production = self.own_production
        if production and (
                self.purpose != 'production'
                or production.product != self.product
                or production.company != self.sheet.company):
            raise LabourLineError(gettext(
                    'fupin_coop.msg_labour_line_production',
                    line=self.rec_name,
                    production=production.rec_name))

    def get_account(self):
        if self.own_production:
            return self.own_production.account
        return super().get_account()

    def get_cost_object(self):
        return super().get_cost_object() + (
            ('own_production', self.own_production),)
