# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What a cycle took and brought, on its form: sums over posted documents."""
from trytond.model import fields
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval


def amount_field(string, help=''):
    return fields.Function(Monetary(
            string, currency='currency', digits='currency', help=help),
        'get_figures')


def figure_field(string, digits=(16, 2), help='', kinds=()):
    states = {}
    if kinds:
        states['invisible'] = ~Eval('kind').in_(list(kinds))
    return fields.Function(fields.Numeric(
            string, digits=digits, states=states, help=help), 'get_figures')


class Cycle(metaclass=PoolMeta):
    __name__ = 'fupin.cycle'

    cost = amount_field(
        "Cost", "What was put into its batches, without its own goods.")
    bought = amount_field(
        "Bought back", "What growers are owed for what they brought.")
    sold = amount_field("Sold", "What the goods were sold for.")
    supplied = amount_field(
        "Supplied", "What growers owe for goods of the cycle.")
    used = amount_field(
        "Used elsewhere", "The cost of goods that went into other batches.")
    lost = amount_field("Lost", "The cost that was written off.")
    left = amount_field(
        "Left", "The cost of what is in stock and on the batches.")
    revenue = amount_field(
        "Revenue", "Sales, goods and fees of supplies, and what insurers and "
        "responsible persons pay.")
    margin = amount_field(
        "Margin", "Revenue, what was used elsewhere and what is left, less "
        "the cost and what was bought back.")
    unit_cost = amount_field(
        "Unit Cost", "Per bag, per mu or per thousand pieces.")
    unit_revenue = amount_field(
        "Unit Revenue", "Per bag, per mu or per thousand pieces.")
    unit_margin = amount_field(
        "Unit Margin", "Per bag, per mu or per thousand pieces.")
    yield_quantity = figure_field(
        "Yield (kg)", (16, 3),
        "What the enterprise handles, of harvests and of growers.")
    contaminated = figure_field(
        "Contaminated Bags", (16, 0), "Written off as contaminated.",
        ['mushroom'])
    contamination_rate = figure_field(
        "Contamination (%)", help="Of the bags that were inoculated.",
        kinds=['mushroom'])
    biological_efficiency = figure_field(
        "Biological Efficiency (%)",
        help="The fresh yield by the dry substrate of the bags that were "
        "not contaminated.", kinds=['mushroom'])
    yield_per_mu = figure_field(
        "Yield per Mu (kg)", kinds=['watermelon'])
    households_count = fields.Function(
        fields.Integer("Number of Households"), 'get_figures')
    planned_cost = fields.Function(Monetary(
            "Planned Cost", currency='currency', digits='currency'),
        'get_plan')
    planned_revenue = fields.Function(Monetary(
            "Planned Revenue", currency='currency', digits='currency'),
        'get_plan')
    planned_margin = fields.Function(Monetary(
            "Planned Margin", currency='currency', digits='currency'),
        'get_plan')
    unplanned = fields.Function(Monetary(
            "Not in the Plan", currency='currency', digits='currency',
            help="What was put into the batches and has no line in the "
            "plan."),
        'get_plan')

    @classmethod
    def get_figures(cls, cycles, names):
        figures = cls.compute_figures(cycles)
        return {name: figures[name] for name in names}

    @classmethod
    def get_plan(cls, cycles, names):
        Line = Pool().get('fupin.cycle.plan.line')
        totals = Line.get_totals(cycles)
        return {name: totals[name] for name in names}
