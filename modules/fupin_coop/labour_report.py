# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from .report import SlipReport


class LabourSheet(SlipReport):
    "The pay sheet that the workers sign"
    __name__ = 'fupin.labour.sheet'


class LabourSlip(SlipReport):
    "What each worker gets by a pay sheet, one page each"
    __name__ = 'fupin.labour.slip'

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        slips = {}
        for sheet in records:
            for line in sheet.lines:
                slips.setdefault((sheet, line.worker), []).append(line)
        context['slips'] = [
            (sheet, worker, lines)
            for (sheet, worker), lines in slips.items()]
        return context
