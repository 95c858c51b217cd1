# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Open the reviews of a year: which households, all in one statement"""
import random
from decimal import Decimal
from fractions import Fraction
from math import ceil

from sql import Conflict, Literal, Null
from sql.functions import Abs, CurrentTimestamp

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.fupin_household.cents import sql_cents
from trytond.modules.fupin_household.household_year_figures import among
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.transaction import (
    Transaction, inactive_records, without_check_access)
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .exceptions import ReviewError
from .review import REASONS


def draw(numbers, share, seed):
    """Return the share of the numbers that are drawn by lot, at least one.

    The same numbers in whatever order, the same share and the same seed give
    the same lot: anyone can draw it again."""
    numbers = sorted(numbers)
    count = ceil(len(numbers) * Fraction(share))
    return set(random.Random(seed).sample(numbers, count))


class Review(metaclass=PoolMeta):
    __name__ = 'fupin.review'

    @classmethod
    def open(cls, year, area, reason, change=None, share=None, seed=None):
        """Open reviews of the households of the area in the year that meet
        the reason and have none, and return how many.

        change is the share of last year's net income by which it has to have
        changed, share and seed are those of the lot.  ReviewError if the year
        is not over.  Only the user's areas are taken."""
        pool = Pool()
        Date = pool.get('ir.date')
        HouseholdYear = pool.get('fupin.household.year')
        Subdivision = pool.get('country.subdivision')
        User = pool.get('res.user')
        if year.end_date >= Date.today():
            raise ReviewError(gettext(
                    'fupin_industry.msg_review_year',
                    year=year.rec_name, date=year.end_date))
        with inactive_records(), without_check_access():
            below = Subdivision.search(
                [('parent', 'child_of', [area.id], 'parent')], order=[])
        areas = sorted({a.id for a in below} & set(User.get_areas()))
        kept = HouseholdYear.__table__()
        where = (kept.year == year.id) & among(kept.area, areas)
        if reason == 'changed':
            where &= cls._changed_more(kept, change)
        elif reason == 'unproved':
            where &= cls._unproved(kept, year)
        elif reason == 'below_line':
            where &= kept.line_distance < 0
        elif reason == 'sample':
            where &= among(kept.household, cls._draw(
                    kept, where, share, seed))
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.insert(
                [table.household, table.year, table.reason, table.state,
                    table.create_uid, table.create_date],
                kept.select(
                    kept.household, kept.year, Literal(reason),
                    Literal('pending'), Literal(Transaction().user),
                    CurrentTimestamp(),
                    where=where,
                    # everybody locks in the same order
                    order_by=[kept.household]),
                on_conflict=Conflict(table, [table.household, table.year])))
        count = cursor.rowcount
        cls._forget()
        return count

    @classmethod
    def _changed_more(cls, kept, change):
        """Return the SQL condition that the net income has changed by more
        than the share of a positive one, or at all from another."""
        net = sql_cents(kept.net_change)
        before = sql_cents(kept.previous_net)
        limit = int(Decimal(change) * 10000)
        return (((before > 0) & (Abs(net) * 10000 > before * limit))
            | ((before <= 0) & (net != 0)))

    @classmethod
    def _unproved(cls, kept, year):
        """Return the SQL condition that industry income is only declared, or
        that what is claimed for the household is not in the ledger."""
        pool = Pool()
        Proof = pool.get('fupin.linkage.proof')
        source = pool.get('fupin.household.year.source').__table__()
        with Transaction().set_context(
                year=year.id, cooperative=None, enterprise=None,
                township=None):
            proof = Proof.table_query()
        return (kept.household.in_(source.select(
                    source.household,
                    where=(source.year == year.id)
                    & (source.company == Null)
                    & (source.industry == Literal(True))
                    & (source.amount > 0)))
            | kept.household.in_(proof.select(
                    proof.household,
                    where=(proof.year == year.id)
                    & proof.result.in_(['unproved', 'unpaid']))))

    @classmethod
    def _draw(cls, kept, where, share, seed):
        household = Pool().get('fupin.household').__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*kept
            .join(household, condition=kept.household == household.id)
            .select(household.number, household.id, where=where))
        # the numbers are the same whatever the database
        ids = dict(cursor)
        return [ids[n] for n in sorted(draw(ids, share, seed))]


class OpenStart(ModelView):
    "Open Reviews"
    __name__ = 'fupin.review.open.start'
    __string__ = "Open Reviews"

    year = fields.Many2One(
        'fupin.income.year', "Income Year", required=True,
        help="A year that is over.")
    area = fields.Many2One(
        'country.subdivision', "Area", required=True,
        help="The households of the area and of those below it.")
    reason = fields.Selection(
        REASONS, "Households", required=True, sort=False)
    change = fields.Numeric(
        "Changed by more than", digits=(16, 4),
        domain=[
            ['OR', ('change', '=', None), ('change', '>=', 0)],
            ],
        states={
            'invisible': Eval('reason') != 'changed',
            'required': Eval('reason') == 'changed',
            },
        help="Of the net income of the year before, up or down.")
    share = fields.Numeric(
        "Share of the Lot", digits=(16, 4),
        domain=[
            ['OR',
                ('share', '=', None),
                [('share', '>', 0), ('share', '<=', 1)],
                ],
            ],
        states={
            'invisible': Eval('reason') != 'sample',
            'required': Eval('reason') == 'sample',
            })
    seed = fields.Integer(
        "Number of the Lot",
        states={
            'invisible': Eval('reason') != 'sample',
            'required': Eval('reason') == 'sample',
            },
        help="With the same number the same households are drawn again.")

    @classmethod
    def default_year(cls):
        pool = Pool()
        Date = pool.get('ir.date')
        Year = pool.get('fupin.income.year')
        years = Year.search(
            [('end_date', '<', Date.today())],
            order=[('start_date', 'DESC')], limit=1)
        return years[0].id if years else None

    @classmethod
    def default_area(cls):
        User = Pool().get('res.user')
        areas = User(Transaction().user).areas
        return areas[0].id if len(areas) == 1 else None

    @classmethod
    def default_reason(cls):
        return 'all'


class OpenDone(ModelView):
    "Reviews Opened"
    __name__ = 'fupin.review.open.done'
    __string__ = "Reviews Opened"

    count = fields.Integer("Reviews Opened", readonly=True)


class Open(Wizard):
    "Open the reviews of a year"
    __name__ = 'fupin.review.open'

    start = StateView(
        'fupin.review.open.start',
        'fupin_industry.review_open_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Open", 'open_', 'tryton-ok', default=True),
            ])
    open_ = StateTransition()
    done = StateView(
        'fupin.review.open.done',
        'fupin_industry.review_open_done_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    @without_check_access
    def transition_open_(self):
        Review = Pool().get('fupin.review')
        start = self.start
        self.done.count = Review.open(
            start.year, start.area, start.reason, change=start.change,
            share=start.share, seed=start.seed)
        return 'done'

    def default_done(self, fields):
        return {'count': self.done.count}
