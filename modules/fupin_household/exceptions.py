# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.exceptions import UserError, UserWarning
from trytond.model.exceptions import AccessError, ValidationError


class AreaError(ValidationError):
    pass


class AreaImportError(UserError):
    pass


class IdNumberError(ValidationError):
    pass


class IdNumberWarning(UserWarning):
    pass


class PhoneError(ValidationError):
    pass


class BankAccountWarning(UserWarning):
    pass


class PrivacyError(AccessError):
    pass


class MembershipError(ValidationError):
    pass


class RegistrationError(ValidationError):
    pass


class IncomeError(UserError):
    pass


class IncomeYearError(ValidationError):
    pass


class IncomeYearNotFoundError(UserError):
    pass


class IncomeYearClosedError(UserError):
    pass


class IncomeCategoryError(UserError):
    pass


class PovertyLineError(UserError):
    pass


class GrowthError(UserError):
    pass


class LedgerError(AccessError):
    pass


class DeclarationError(UserError):
    pass


class SheetImportError(UserError):
    pass


class HouseholdCardError(UserError):
    pass
