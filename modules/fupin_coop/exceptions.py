# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.exceptions import UserError, UserWarning
from trytond.model.exceptions import ValidationError


class ChartMissingError(UserError):
    pass


class CreditCodeValidationError(ValidationError):
    pass


class PriceNotFoundError(UserError):
    pass


class PriceValidationError(ValidationError):
    pass


class DocumentStateError(UserError):
    pass


class DocumentDateError(UserError):
    pass


class DocumentPeriodError(UserError):
    pass


class DocumentCancelError(UserError):
    pass


class MemberError(ValidationError):
    pass


class MemberNotFoundError(UserError):
    pass


class MemberEventError(UserError):
    pass


class MemberStructureError(UserError):
    pass


class MemberStructureWarning(UserWarning):
    pass


class SubscriptionError(ValidationError):
    pass


class ContributionError(UserError):
    pass


class ContributionHoldingError(UserError):
    pass


class DeliveryError(UserError):
    pass


class DeliveryWeightError(ValidationError):
    pass


class DeliveryMemberError(ValidationError):
    pass


class DeliveryPriceError(UserError):
    pass


class DeliveryCancelError(UserError):
    pass


class GrowerError(ValidationError):
    pass


class SupplyError(UserError):
    pass


class SupplyStockError(UserError):
    pass


class SupplyCancelError(UserError):
    pass


class SupplyLimitError(UserError):
    pass


class SupplyLimitWarning(UserWarning):
    pass


class LotQuantityError(UserError):
    pass


class LotMoveError(UserError):
    pass


class BankFileRefusedError(UserError):
    pass


class SettlementBankAccountError(UserError):
    pass


class SettlementDateError(UserError):
    pass


class SettlementEmptyError(UserError):
    pass


class SettlementJournalError(UserError):
    pass


class SettlementLineError(UserError):
    pass


class SettlementPaymentError(UserError):
    pass


class SettlementStateError(UserError):
    pass


class LimitNotFoundError(UserError):
    pass


class CharterError(UserError):
    pass


class CharterNotFoundError(UserError):
    pass


class MeetingError(UserError):
    pass


class ResolutionError(UserError):
    pass


class ClosingCheckError(UserError):
    pass


class ClosingNotFoundError(UserError):
    pass


class ClosingStateError(UserError):
    pass


class FundError(UserError):
    pass


class QuantificationPostError(UserError):
    pass


class SurplusError(UserError):
    pass


class SurplusParameterError(UserError):
    pass


class SurplusYearError(UserError):
    pass


class SurplusBalanceError(UserError):
    pass


class LeaverError(UserError):
    pass


class LeaverSurplusWarning(UserWarning):
    pass


class AccountBookError(UserError):
    pass


class StatementNoteError(UserError):
    pass


class LabourError(UserError):
    pass


class LabourWorkerError(ValidationError):
    pass


class LabourRateError(ValidationError):
    pass


class LabourRateNotFoundError(UserError):
    pass


class LabourLineError(ValidationError):
    pass


class LabourAttendanceError(ValidationError):
    pass


class LabourHouseholdWarning(UserWarning):
    pass


class OwnProductionError(UserError):
    pass


class OwnProductionCancelError(UserError):
    pass
