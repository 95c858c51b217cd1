# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import Index, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool, PoolMeta
from trytond.pyson import PYSONEncoder
from trytond.transaction import check_access, without_check_access
from trytond.wizard import StateAction, Wizard

from .exceptions import DocumentAccessError


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


class IncomeSource(metaclass=PoolMeta):
    __name__ = 'fupin.household.year.source'

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
    def get_names(cls):
        return [*super().get_names(), 'enterprise']


class OpenDocument(Wizard):
    """Open the document from which a line of income comes

    The clients hide the reference itself from everybody who may not read all
    kinds of documents."""
    __name__ = 'fupin.income.open_document'
    _readonly = True

    start_state = 'open_'
    open_ = StateAction('fupin_industry.act_income_document')

    def do_open_(self, action):
        with without_check_access():
            income = self.record.__class__(self.record.id)
            document = income.origin
            if document.__name__ == 'fupin.income.declaration.line':
                document = document.declaration
            number = document.rec_name
        Document = Pool().get(document.__name__)
        try:
            with check_access():
                Document.read([document.id], ['id'])
        except AccessError as error:
            raise DocumentAccessError(gettext(
                    'fupin_industry.msg_income_document_access',
                    document=number)) from error
        action['res_model'] = Document.__name__
        action['views'] = [(None, 'form'), (None, 'tree')]
        action['pyson_domain'] = PYSONEncoder().encode(
            [('id', '=', document.id)])
        action['name'] = number
        return action, {'res_id': document.id}
