# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What the documents of piecework have in common: they count, nothing of
them is in the books."""
from trytond.i18n import gettext
from trytond.model import Index, ModelView, fields
from trytond.model.exceptions import AccessError
from trytond.modules.fupin_coop.document import DocumentMixin
from trytond.pool import Pool


class PieceworkDocumentMixin(DocumentMixin):
    """A document that moves parts of an order.

    Whoever posts or voids holds the order, so that what one takes the next
    one finds gone."""
    __slots__ = ()

    _sequence_name = 'piecework_document_sequence'

    def get_order(self):
        "Return the order of the document"
        return self.order

    def get_part_changes(self):
        "Return {part: quantity} that posting brings into the workshop"
        raise NotImplementedError

    @classmethod
    @ModelView.button
    def post(cls, documents):
        # one after the other: what one takes, the next one finds gone
        for document in sorted(documents, key=lambda d: (d.date, d.id)):
            super().post([document])

    def check_post(self):
        super().check_post()
        order = self._hold()
        order.check_document(self)
        order.check_stock(self, self.get_part_changes())

    @classmethod
    @ModelView.button
    def cancel(cls, documents):
        for document in sorted(
                documents, key=lambda d: (d.date, d.id), reverse=True):
            super().cancel([document])

    def check_cancel(self):
        super().check_cancel()
        order = self._hold()
        order.check_document(self)
        order.check_stock(self, {
                part: -change
                for part, change in self.get_part_changes().items()})

    def get_cancel_date(self):
        "What was counted wrong was wrong from the first day on"
        return self.date

    def _hold(self):
        "Return the order as it is once nobody else works on it"
        Order = Pool().get('fupin.piecework.order')
        order = self.get_order()
        Order.hold([order])
        return Order(order.id)


class PieceworkDetailMixin:
    "A line of a document, which stays as it is once that is posted"
    __slots__ = ()

    _document_name = None
    # what posting writes, and nobody else
    _posting_fields = set()

    company = fields.Function(
        fields.Many2One('company.company', "Company"),
        'on_change_with_company', searcher='search_company')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add(cls._document_name)
        t = cls.__table__()
        cls._sql_indexes.add(Index(
                t, (getattr(t, cls._document_name), Index.Equality())))

    def on_change_with_company(self, name=None):
        document = getattr(self, self._document_name, None)
        return document.company if document else None

    @classmethod
    def search_company(cls, name, clause):
        return [(f'{cls._document_name}.{clause[0]}', *clause[1:])]

    @classmethod
    def check_modification(cls, mode, details, values=None, external=False):
        super().check_modification(
            mode, details, values=values, external=external)
        for detail in details:
            document = getattr(detail, cls._document_name)
            if document.state != 'draft':
                raise AccessError(gettext(
                        'fupin_coop.msg_document_modify',
                        document=document.full_name))
        if mode == 'write' and external and values.keys() & {
                cls._document_name, *cls._posting_fields}:
            raise AccessError(gettext(
                    'fupin_coop.msg_document_write_state',
                    document=getattr(
                        details[0], cls._document_name).full_name))

    @classmethod
    def copy(cls, details, default=None):
        default = default.copy() if default is not None else {}
        for name in cls._posting_fields:
            default.setdefault(name)
        return super().copy(details, default=default)
