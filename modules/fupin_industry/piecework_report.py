# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.modules.fupin_coop.report import SlipReport


class PieceworkIssueSlip(SlipReport):
    "The parts that a worker signs for"
    __name__ = 'fupin.piecework.issue_slip'


class PieceworkReturnSlip(SlipReport):
    "What a worker brought back, signed by both"
    __name__ = 'fupin.piecework.return_slip'
