# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.wizard import Button, StateTransition, StateView, Wizard


class EarlyEndStart(ModelView):
    "Early End of a Transfer"
    __name__ = 'fupin.land.transfer.end.start'
    __string__ = "Early End of a Land Transfer"

    date = fields.Date("Last Day", required=True)
    reason = fields.Char("Reason and Document", required=True)

    @classmethod
    def default_date(cls):
        return Pool().get('ir.date').today()


class EarlyEnd(Wizard):
    "Early End of a Transfer"
    __name__ = 'fupin.land.transfer.end'

    start = StateView(
        'fupin.land.transfer.end.start',
        'fupin_industry.land_transfer_end_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("End Early", 'end_', 'tryton-ok', default=True),
            ])
    end_ = StateTransition()

    def transition_end_(self):
        self.model.end_early(
            self.records, self.start.date, self.start.reason)
        return 'end'

    def end(self):
        return 'reload'
