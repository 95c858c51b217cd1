# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Literal
from sql.aggregate import Max, Min, Sum
from sql.conditionals import Coalesce

from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.fupin_coop.exact_sum import to_amount, to_cents
from trytond.modules.fupin_household.cents import sql_sum
from trytond.modules.fupin_household.scope import ExportMixin
from trytond.pool import Pool


class PieceworkWorker(ExportMixin, ModelSQL, ModelView):
    """What each worker did of an order, step by step, and was paid

    The ledger of piecework (计件务工台账)."""
    __name__ = 'fupin.piecework.worker'
    __string__ = "Piecework by Worker"

    company = fields.Many2One('company.company', "Cooperative")
    enterprise = fields.Many2One('fupin.enterprise', "Enterprise")
    order = fields.Many2One('fupin.piecework.order', "Order")
    step = fields.Many2One('fupin.piecework.order.step', "Step")
    worker = fields.Many2One('fupin.labour.worker', "Worker")
    from_date = fields.Date("From", help="The day of the first return.")
    to_date = fields.Date("To", help="The day of the last return.")
    accepted = fields.Integer("Accepted")
    rejected = fields.Integer("Rejected")
    rework = fields.Integer("To Rework")
    paid_pieces = fields.Integer(
        "Paid Pieces", help="The accepted pieces on posted pay sheets.")
    wage_cents = fields.Integer("Wages in Cents")
    charged_cents = fields.Integer("Kept Back in Cents")
    wage = fields.Function(fields.Numeric(
            "Wages", digits=(16, 2),
            help="The posted wages, less what was kept back."),
        'get_amounts')
    charged = fields.Function(fields.Numeric(
            "Kept Back", digits=(16, 2),
            help="What was kept back for missing parts."),
        'get_amounts')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [
            ('order', 'DESC'), ('worker', 'ASC'), ('step', 'ASC'),
            ('id', 'ASC')]

    @classmethod
    def table_query(cls):
        pool = Pool()
        charge = pool.get('fupin.piecework.charge').__table__()
        document = pool.get('fupin.piecework.return').__table__()
        item = pool.get('fupin.piecework.item').__table__()
        line = pool.get('fupin.piecework.return.line').__table__()
        order = pool.get('fupin.piecework.order').__table__()
        piecework = pool.get('fupin.piecework').__table__()
        step = pool.get('fupin.piecework.order.step').__table__()
        wage = pool.get('fupin.labour.line').__table__()
        paid_line = pool.get('fupin.piecework.return.line').__table__()
        sheet = pool.get('fupin.labour').__table__()

        charged = charge.select(
            charge.line, Sum(to_cents(charge.amount)).as_('cents'),
            group_by=[charge.line])
        pieces = item.join(
            paid_line, condition=item.return_line == paid_line.id).select(
            item.line, Sum(paid_line.accepted).as_('pieces'),
            group_by=[item.line])
        wages = (wage
            .join(sheet, condition=wage.sheet == sheet.id)
            .join(pieces, condition=pieces.line == wage.id)
            .join(charged, 'LEFT', condition=charged.line == wage.id)
            .select(
                wage.worker.as_('worker'),
                wage.piecework_step.as_('step'),
                Sum(pieces.pieces).as_('pieces'),
                Sum(to_cents(wage.amount)).as_('wage'),
                Sum(Coalesce(charged.cents, 0)).as_('charged'),
                where=sheet.state == 'posted',
                group_by=[wage.worker, wage.piecework_step]))
        done = (line
            .join(document, condition=line.document == document.id)
            .join(piecework, condition=document.piecework == piecework.id)
            .select(
                Max(line.id).as_('id'),
                piecework.worker.as_('worker'),
                line.step.as_('step'),
                Min(document.date).as_('from_date'),
                Max(document.date).as_('to_date'),
                sql_sum(line.accepted).as_('accepted'),
                sql_sum(line.rejected).as_('rejected'),
                sql_sum(line.rework).as_('rework'),
                where=document.state == 'posted',
                group_by=[piecework.worker, line.step],
                # who has given it back undone did nothing
                having=Sum(
                    line.accepted + line.rejected + line.rework
                    ) > Literal(0)))
        return (done
            .join(step, condition=done.step == step.id)
            .join(order, condition=step.order == order.id)
            .join(wages, 'LEFT', condition=(wages.worker == done.worker)
                & (wages.step == done.step))
            .select(
                done.id,
                order.company.as_('company'),
                order.enterprise.as_('enterprise'),
                step.order.as_('order'),
                done.step.as_('step'),
                done.worker.as_('worker'),
                done.from_date.as_('from_date'),
                done.to_date.as_('to_date'),
                done.accepted.as_('accepted'),
                done.rejected.as_('rejected'),
                done.rework.as_('rework'),
                Coalesce(wages.pieces, 0).as_('paid_pieces'),
                Coalesce(wages.wage, 0).as_('wage_cents'),
                Coalesce(wages.charged, 0).as_('charged_cents')))

    @classmethod
    def get_amounts(cls, rows, names):
        return {
            name: {
                r.id: to_amount(getattr(r, f'{name}_cents')) for r in rows}
            for name in names}

    def get_rec_name(self, name):
        return f'{self.worker.rec_name} {self.step.rec_name}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return ['OR',
            ('worker.rec_name', *clause[1:]),
            ('step.rec_name', *clause[1:]),
            ]
