# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Are the rows of household and year what the ledger and the registry say?

    python -m trytond.modules.fupin_household.household_year_check \\
        -c CONFIG -d DATABASE [--rebuild]

names the rows that differ and exits with 1 if there are any; with --rebuild
it writes them anew."""
import sys
from collections import namedtuple

from sql import Literal, Null, Union
from sql.aggregate import Count, Sum
from sql.conditionals import Case, Coalesce

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateTransition, StateView, Wizard

from . import command
from .cents import sql_cents
from .household_year_figures import (
    CLASSES, LIVE, MONEY, PLACES, SHARES, Scope, no_longer, query_rows,
    query_sources)

# How many rows are named
NAMED = 100
LINKS = ['area', *PLACES, 'registration_kind', 'head', 'persons']
# What the ledger still says of a closed year, in which nothing is posted
LEDGER = [*CLASSES, 'amount', 'cost', 'net', 'industry']

Difference = namedtuple('Difference', ['household', 'year', 'names'])


def differs(left, right):
    return (Coalesce(left, -1) != Coalesce(right, -1)) | (
        (left == Null) != (right == Null))


@without_check_access
def compare():
    """Return how many rows of household and year differ and the first of
    them as (number of the household, name of the year, names of fields)."""
    found = {}
    count = 0
    for query in [_compare_rows(), _compare_sources()]:
        cursor = Transaction().connection.cursor()
        cursor.execute(*query)
        for household, year, *flags in cursor:
            names = [n for n, flag in zip(_names(query), flags) if flag]
            key = (household, year)
            if key not in found:
                count += 1
                if len(found) >= NAMED:
                    continue
            found.setdefault(key, []).extend(names)
    return count, [Difference(*key, names) for key, names in found.items()]


def _names(query):
    return [c.output_name for c in query.columns[2:]]


def _named(rows, columns, where):
    "Return the query of the rows with the names of household and year"
    pool = Pool()
    household = pool.get('fupin.household').__table__()
    year = pool.get('fupin.income.year').__table__()
    return (rows
        .join(household, condition=rows.household == household.id)
        .join(year, condition=rows.year == year.id)
        .select(
            household.number, year.name, *columns, where=where,
            order_by=[year.start_date, household.number]))


def _compare_rows():
    "Each column of what is kept with what should be, and rows too few or many"
    HouseholdYear = Pool().get('fupin.household.year')
    kept = HouseholdYear.__table__()
    rows = query_rows(Scope(), missing=True)
    frozen = (kept.closed == Literal(True)) & (rows.closed == Literal(True))

    both = {}
    for name in [*LINKS, *MONEY, *SHARES]:
        value, should = getattr(kept, name), getattr(rows, name)
        if name in MONEY:
            value = sql_cents(value)
        elif name in SHARES:
            value = sql_cents(value * 100)
        both[name] = differs(value, should)
        if name not in LIVE and name not in LEDGER:
            both[name] &= ~frozen
    both['closed'] = kept.closed != rows.closed
    names = list(both)
    is_kept = kept.id != Null
    found = rows.join(kept, 'LEFT',
        condition=(kept.household == rows.household)
        & (kept.year == rows.year)).select(
        rows.household, rows.year,
        *(Case((is_kept & both[n], 1), else_=0).as_(n) for n in names),
        Case((~is_kept & (rows.closed == Literal(False)), 1), else_=0).as_(
            'id'))
    spare = HouseholdYear.__table__()
    needless = spare.select(
        spare.household, spare.year, *(Literal(0).as_(n) for n in names),
        Literal(1).as_('id'),
        where=(spare.closed == Literal(False)) & no_longer(spare))
    all_ = Union(found, needless, all_=True)
    columns = [getattr(all_, n).as_(n) for n in [*names, 'id']]
    where = Literal(False)
    for name in [*names, 'id']:
        where |= getattr(all_, name) == 1
    return _named(all_, columns, where)


def _compare_sources():
    "The sums of the sources with those of the ledger"
    Source = Pool().get('fupin.household.year.source')
    names = Source.get_names()
    money = [*CLASSES, 'amount', 'cost', 'paid']
    kept = Source.__table__()
    should = query_sources(Scope(), names)

    def side(table, sign, value):
        return table.select(
            table.household, table.year,
            *(Coalesce(getattr(table, n), 0).as_(n) if n != 'industry'
                else Case((table.industry == Literal(True), 1),
                    else_=0).as_(n) for n in names),
            *((value(getattr(table, n)) * sign).as_(n) for n in money))
    both = Union(
        side(kept, 1, sql_cents), side(should, -1, lambda c: c), all_=True)
    keys = [both.household, both.year, *(getattr(both, n) for n in names)]
    by_source = both.select(
        *keys, *(Sum(getattr(both, n)).as_(n) for n in money),
        Count(Literal(1)).as_('count'), group_by=keys)
    wrong = Literal(False)
    for name in money:
        wrong |= getattr(by_source, name) != 0
    rows = by_source.select(
        by_source.household, by_source.year,
        where=wrong | (by_source.count != 2),
        group_by=[by_source.household, by_source.year])
    return _named(rows, [Literal(1).as_('sources')], Literal(True))


def label(names):
    "Return what a person calls the fields that differ"
    pool = Pool()
    HouseholdYear = pool.get('fupin.household.year')
    strings = HouseholdYear.fields_get(
        [n for n in names if n in HouseholdYear._fields])
    strings.pop('id', None)
    labels = [strings[n]['string'] for n in names if n in strings]
    if 'id' in names:
        labels.append(gettext('fupin_household.msg_household_year_row'))
    if 'sources' in names:
        labels.append(gettext('fupin_household.msg_household_year_sources'))
    return ', '.join(labels)


# The wizard

class CheckStart(ModelView):
    __name__ = 'fupin.household.year.check.start'
    __string__ = "Check Income by Year"


class CheckResult(ModelView):
    __name__ = 'fupin.household.year.check.result'
    __string__ = "Check Income by Year"

    count = fields.Integer("Rows that Differ", readonly=True)
    differences = fields.One2Many(
        'fupin.household.year.check.difference', None, "Differences",
        readonly=True)


class CheckDifference(ModelView):
    "No figures: who keeps the server sees no personal data by right"
    __name__ = 'fupin.household.year.check.difference'
    __string__ = "Difference"

    household = fields.Char("Household Number", readonly=True)
    year = fields.Char("Income Year", readonly=True)
    names = fields.Char("What Differs", readonly=True)


class Check(Wizard):
    __name__ = 'fupin.household.year.check'

    start = StateView(
        'fupin.household.year.check.start',
        'fupin_household.household_year_check_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Check", 'result', 'tryton-ok', default=True),
            ])
    result = StateView(
        'fupin.household.year.check.result',
        'fupin_household.household_year_check_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            Button("Rebuild", 'rebuild', 'tryton-refresh'),
            ])
    rebuild = StateTransition()

    def default_result(self, fields):
        count, differences = compare()
        return {
            'count': count,
            'differences': [{
                    'household': d.household,
                    'year': d.year,
                    'names': label(d.names),
                    } for d in differences],
            }

    @without_check_access
    def transition_rebuild(self):
        Pool().get('fupin.household.year').rebuild()
        return 'result'


# The command

def get_parser():
    parser = command.get_parser(
        'fupin-household-year', "Check the rows of household and year.")
    parser.add_argument(
        '--rebuild', action='store_true',
        help="write the rows anew, those of closed years stay")
    return parser


def main(args=None):
    return command.start(
        'trytond.modules.fupin_household.household_year_check',
        get_parser(), args)


def run(args=None):
    "Print what differs and return the exit status"
    options = get_parser().parse_args(args)
    return command.in_transaction(
        options, lambda: report(options.rebuild),
        readonly=not options.rebuild)


def report(rebuild=False, file=None):
    "Print what differs, return 1 if something does"
    HouseholdYear = Pool().get('fupin.household.year')
    if rebuild:
        # who posts meanwhile is done again after it
        HouseholdYear.lock()
    count, differences = compare()
    for difference in differences:
        print(f'! {difference.household}  {difference.year}  '
            + label(difference.names), file=file)
    if count > len(differences):
        print('! …', file=file)
    if count:
        print(gettext(
                'fupin_household.msg_household_year_differ', count=count),
            file=file)
    else:
        print(gettext('fupin_household.msg_household_year_same'), file=file)
    if rebuild:
        HouseholdYear.rebuild()
        Transaction().commit()
        print(gettext('fupin_household.msg_household_year_rebuilt'),
            file=file)
    return 1 if count else 0


if __name__ == '__main__':
    sys.exit(main())
