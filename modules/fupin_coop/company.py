# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from trytond.i18n import gettext
from trytond.model import fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.transaction import without_check_access

from .exceptions import CreditCodeValidationError

# The name that party gives to the type cn_uscc of python-stdnum
CREDIT_CODE_TYPE = 'cn_vat'
# GB 32100: registered by 市场监管, 农民专业合作社
COOPERATIVE_PREFIX = '93'


class Company(metaclass=PoolMeta):
    __name__ = 'company.company'

    cooperative = fields.Boolean(
        "Cooperative",
        help="Check if the company is a farmers' specialised cooperative.")
    credit_code = fields.Function(fields.Char(
            "Unified Social Credit Code",
            help="The 18 characters on the business licence."),
        'get_credit_code', setter='set_credit_code',
        searcher='search_credit_code')
    warehouse = fields.Many2One(
        'stock.location', "Warehouse", ondelete='RESTRICT',
        domain=[
            ('type', '=', 'warehouse'),
            ('company', 'in', [None, Eval('id', -1)]),
            ],
        help="The default warehouse of the company.")

    def get_credit_code(self, name):
        for identifier in self.party.identifiers:
            if identifier.type == CREDIT_CODE_TYPE:
                return identifier.code_compact

    @classmethod
    def set_credit_code(cls, companies, name, value):
        pool = Pool()
        Identifier = pool.get('party.identifier')
        to_save, to_delete = [], []
        for company in companies:
            identifiers = [
                i for i in company.party.identifiers
                if i.type == CREDIT_CODE_TYPE]
            if not value and not company.cooperative:
                to_delete.extend(identifiers)
                continue
            code = cls.check_credit_code(
                company.party.rec_name, value, company.cooperative)
            if identifiers:
                identifier = identifiers[0]
            else:
                identifier = Identifier(
                    party=company.party, type=CREDIT_CODE_TYPE)
            if getattr(identifier, 'code', None) != code:
                identifier.code = code
                to_save.append(identifier)
        Identifier.delete(to_delete)
        Identifier.save(to_save)

    @classmethod
    def search_credit_code(cls, name, clause):
        _, operator, operand = clause
        where = [('type', '=', CREDIT_CODE_TYPE)]
        if operand is None:
            return [('party.identifiers',
                    'not where' if operator == '=' else 'where', where)]
        if isinstance(operand, str):
            operand = uscc.compact(operand)
        return [('party.identifiers', 'where', where + [
                    ('code_compact', operator, operand)])]

    @classmethod
    def check_credit_code(cls, name, code, cooperative=False):
        """Return the compact credit code or raise what is wrong with it.

        The name is the one of the company that the message tells."""
        compact = uscc.compact(code or '')
        names = {
            'code': compact,
            'company': name,
            }
        if not compact:
            raise CreditCodeValidationError(
                gettext('fupin_coop.msg_credit_code_missing', **names))
        try:
            compact = uscc.validate(compact)
        except InvalidLength:
            raise CreditCodeValidationError(
                gettext('fupin_coop.msg_credit_code_length',
                    length=len(compact), **names))
        except InvalidChecksum:
            raise CreditCodeValidationError(
                gettext('fupin_coop.msg_credit_code_check_digit', **names))
        except ValidationError:
            raise CreditCodeValidationError(
                gettext('fupin_coop.msg_credit_code_format', **names))
        if cooperative and not compact.startswith(COOPERATIVE_PREFIX):
            raise CreditCodeValidationError(
                gettext('fupin_coop.msg_credit_code_not_cooperative',
                    **names))
        return compact

    @classmethod
    def validate_fields(cls, companies, field_names):
        super().validate_fields(companies, field_names)
        if not field_names or 'cooperative' in field_names:
            cls.check_cooperatives(companies)

    @classmethod
    def check_cooperatives(cls, companies):
        "Check that cooperatives have a credit code of their own"
        with without_check_access():
            for company in cls.browse(companies):
                code = company.credit_code
                if company.cooperative:
                    cls.check_credit_code(
                        company.party.rec_name, code, cooperative=True)
                if not code:
                    continue
                others = cls.search([
                        ('credit_code', '=', code),
                        ('id', '!=', company.id),
                        ], limit=1)
                if others:
                    other, = others
                    raise CreditCodeValidationError(
                        gettext('fupin_coop.msg_credit_code_unique',
                            code=code,
                            company=company.party.rec_name,
                            other=other.rec_name))


class Identifier(metaclass=PoolMeta):
    __name__ = 'party.identifier'

    @classmethod
    def validate_fields(cls, identifiers, field_names):
        pool = Pool()
        Company = pool.get('company.company')
        super().validate_fields(identifiers, field_names)
        parties = [
            i.party.id for i in identifiers if i.type == CREDIT_CODE_TYPE]
        if parties:
            with without_check_access():
                Company.check_cooperatives(Company.search([
                            ('party', 'in', parties),
                            ]))

    @classmethod
    def check_modification(
            cls, mode, identifiers, values=None, external=False):
        pool = Pool()
        Company = pool.get('company.company')
        super().check_modification(
            mode, identifiers, values=values, external=external)
        if (mode == 'delete'
                or (mode == 'write' and values.keys() & {'type', 'party'})):
            for identifier in identifiers:
                if identifier.type != CREDIT_CODE_TYPE:
                    continue
                companies = Company.search([
                        ('party', '=', identifier.party.id),
                        ('cooperative', '=', True),
                        ])
                if companies:
                    raise AccessError(
                        gettext('fupin_coop.msg_credit_code_remove',
                            code=identifier.code,
                            company=companies[0].rec_name))
