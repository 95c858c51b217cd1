# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.model import ModelView, fields
from trytond.modules.fupin_coop.report import SlipReport
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction


class LotTraceContext(ModelView):
    "What the trace is asked for"
    __name__ = 'fupin.lot.trace.context'
    __string__ = "Trace Context"

    trace_lot = fields.Many2One('stock.lot', "Lot")
    trace_product = fields.Many2One(
        'product.product', "Product",
        context={
            'company': Eval('context', {}).get('company', -1),
            })
    trace_household = fields.Many2One('fupin.household', "Household")
    trace_grower = fields.Many2One('party.party', "Grower")
    trace_cycle = fields.Many2One('fupin.cycle', "Production Cycle")
    trace_buyer = fields.Many2One('party.party', "Buyer")


class LotTraceReport(SlipReport):
    "Who grew a lot, with weight and share, and who bought of it"
    __name__ = 'fupin.lot.trace.report'

    @classmethod
    def get_context(cls, records, header, data):
        pool = Pool()
        LotGrower = pool.get('fupin.lot.grower')
        LotTrace = pool.get('fupin.lot.trace')
        context = super().get_context(records, header, data)
        with Transaction().set_context(lots=[r.id for r in records]):
            growers = LotGrower.search([])
            traces = LotTrace.search([])
        context['growers'] = {
            r.id: [g for g in growers if g.lot.id == r.id] for r in records}
        sales = {r.id: {} for r in records}
        for trace in traces:
            key = trace.date, trace.buyer, trace.shipment
            sale = sales[trace.lot.id]
            sale[key] = sale.get(key, 0) + trace.quantity
        context['sales'] = {
            id_: [(*key, quantity) for key, quantity in sale.items()]
            for id_, sale in sales.items()}
        return context
