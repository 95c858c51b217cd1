# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.exceptions import UserError, UserWarning
from trytond.model.exceptions import ValidationError


class DocumentAccessError(UserError):
    pass


class ParcelCodeError(ValidationError):
    pass


class ParcelHoldingError(ValidationError):
    pass


class ParcelOutlineError(ValidationError):
    pass


class ParcelAreaWarning(UserWarning):
    pass


class ParcelChangeError(UserError):
    pass


class ParcelImportError(UserError):
    pass


class LandTransferError(UserError):
    pass


class LandTransferLetError(UserError):
    pass


class LandRentError(UserError):
    pass


class LinkageError(UserError):
    pass


class PieceworkError(UserError):
    pass


class PieceworkStepError(ValidationError):
    pass


class CycleError(UserError):
    pass


class CyclePlanError(ValidationError):
    pass


class CycleGradeError(UserError):
    pass


class CycleRotationWarning(UserWarning):
    pass


class ReviewError(UserError):
    pass
