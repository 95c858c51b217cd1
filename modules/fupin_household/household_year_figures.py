# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The SQL of what the rows of household and year should be

Queries over the registry and the ledger, money in cents, shares in hundredths
of a percent.  households and years are lists of ids, None for all."""
from sql import Literal, Null, Table, Window, With
from sql.aggregate import Count, Max
from sql.conditionals import Case, Coalesce
from sql.functions import RowNumber
from sql.operators import Exists

from trytond.model import fields
from trytond.pool import Pool
from trytond.transaction import Transaction

from .cents import sql_cents, sql_divide, sql_sum

CLASSES = ['wage', 'business', 'property', 'transfer']
SUMS = [*CLASSES, 'amount', 'cost', 'industry']
PLACES = ['county', 'township', 'village']
MONEY = [
    *SUMS, 'net', 'per_capita', 'industry_paid', 'paid', 'previous_net',
    'net_change', 'previous_industry', 'industry_change', 'line',
    'line_distance']
SHARES = ['largest_share', 'transfer_share']
# What the closing of the year does not freeze: where the household lives now,
# which decides who may see it, and what the bank has paid since
LIVE = ['area', 'paid', 'industry_paid']


class _Excluded(Table):
    "The row to be inserted, which PostgreSQL knows in small letters only"
    alias = 'excluded'
    has_alias = False


excluded = _Excluded('excluded')


def among(column, ids):
    "Return the SQL condition that the column is one of the ids"
    if ids is None:
        return Literal(True)
    if not ids:
        return Literal(False)
    return fields.SQL_OPERATORS['in'](column, list(ids))


class Scope:
    """The households and years that a change concerns.

    * given: the years themselves
    * targets: with those that follow them, whose rows show the year before
    * ledger: with those before the targets
    * closed: the closed ones of those given
    * open: the open ones of the targets"""

    def __init__(self, households=None, years=None):
        Year = Pool().get('fupin.income.year')
        year = Year.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*year.select(year.id, year.previous, year.state))
        rows = cursor.fetchall()
        self.households = (
            None if households is None else sorted(set(households)))
        self.given = self.targets = self.ledger = None
        self.closed = [
            id_ for id_, _, state in rows
            if state == 'closed' and (years is None or id_ in years)]
        if years is not None:
            self.given = sorted(set(years))
            self.targets = sorted(
                {*years, *(i for i, p, _ in rows if p in self.given)})
            self.ledger = sorted({*self.targets, *(
                        p for i, p, _ in rows if p and i in self.targets)})
        self.open = [
            id_ for id_, _, state in rows
            if state == 'open' and (years is None or id_ in self.targets)]

    def __bool__(self):
        return self.households != [] and self.given != []

    def holds(self, table, years):
        "Return the SQL condition that a row of household and year is in it"
        return (among(table.household, self.households)
            & among(table.year, years))


def query_lines(scope, years, corrected=False):
    """Return the query of the sums of the ledger by household and year.

    corrected counts what took back a line of a closed year in that year.
    largest is what came from one source: a cooperative, or what was declared
    in one category."""
    Income = Pool().get('fupin.income')
    income = Income.__table__()
    from_, year = income, income.year
    if corrected:
        original = Income.__table__()
        from_ = income.join(original, 'LEFT',
            condition=income.reversal_of == original.id)
        year = Coalesce(original.year, income.year)
    amount = sql_cents(income.amount)
    keys = [
        income.household, year, income.company,
        Case((income.company == Null, income.category), else_=Null)]
    source = from_.select(
        income.household, year.as_('year'),
        *(sql_sum(amount, income.income_class == c).as_(c) for c in CLASSES),
        sql_sum(amount).as_('amount'),
        sql_sum(sql_cents(income.cost)).as_('cost'),
        sql_sum(amount, income.industry == Literal(True)).as_('industry'),
        where=among(income.household, scope.households) & among(year, years),
        group_by=keys)
    return source.select(
        source.household, source.year,
        *(sql_sum(getattr(source, n)).as_(n) for n in SUMS),
        Max(source.amount).as_('largest'),
        group_by=[source.household, source.year])


def query_paid(scope, years, *names):
    "Return the query of what was paid of the income, also by names"
    pool = Pool()
    income = pool.get('fupin.income').__table__()
    payment = pool.get('fupin.income.payment').__table__()
    amount = sql_cents(payment.amount)
    keys = [getattr(income, n) for n in ['household', 'year', *names]]
    return payment.join(
        income, condition=payment.income == income.id).select(
        *keys,
        sql_sum(amount).as_('paid'),
        sql_sum(amount, income.industry == Literal(True)).as_(
            'industry_paid'),
        where=scope.holds(income, years),
        group_by=keys)


def query_persons(scope, years):
    """Return the query of the persons and the head of the households on the
    last day of the years."""
    pool = Pool()
    Membership = pool.get('fupin.household.membership')
    membership = Membership.__table__()
    year = pool.get('fupin.income.year').__table__()
    return membership.join(year,
        condition=Membership.active_at(membership, year.end_date)).select(
        membership.household, year.id.as_('year'),
        Count(membership.id).as_('persons'),
        Max(Case((membership.relation == 'head', membership.person),
                else_=Null)).as_('head'),
        where=among(membership.household, scope.households)
        & among(year.id, years),
        group_by=[membership.household, year.id])


def query_registrations(households, years, kind=None):
    """Return the query of the kind as which the households are registered on
    the last day of the years, the latest where there are many; or of those
    that are registered as kind."""
    pool = Pool()
    Registration = pool.get('fupin.household.registration')
    registration = Registration.__table__()
    year = pool.get('fupin.income.year').__table__()
    where = (among(registration.household, households)
        & among(year.id, years))
    if kind:
        where &= registration.kind == kind
    kinds = registration.join(year,
        condition=Registration.active_at(registration, year.end_date)).select(
        registration.household, year.id.as_('year'), registration.kind,
        RowNumber(window=Window(
                [registration.household, year.id],
                order_by=[
                    registration.from_date.desc,
                    registration.id.desc])).as_('rank'),
        where=where)
    return kinds.select(
        kinds.household, kinds.year, kinds.kind, where=kinds.rank == 1)


def exists_in(household, year):
    "Return the SQL condition that the household exists in the year"
    return (((household.start_date == Null)
            | (household.start_date <= year.end_date))
        & ((household.end_date == Null)
            | (household.end_date >= year.start_date)))


def join_line(from_, area, year):
    "Return from_ with the standard lines, and the amount of the nearest"
    pool = Pool()
    Subdivision = pool.get('country.subdivision')
    Line = pool.get('fupin.poverty.line')
    county, upper = Subdivision.__table__(), Subdivision.__table__()
    from_ = (from_
        .join(county, 'LEFT', condition=area.county == county.id)
        .join(upper, 'LEFT', condition=county.parent == upper.id))
    amounts = []
    for place in [area.township, county.id, upper.id, upper.parent, Null]:
        line = Line.__table__()
        from_ = from_.join(line, 'LEFT',
            condition=(line.year == year.id) & (line.area == place))
        amounts.append(line.amount)
    return from_, sql_cents(Coalesce(*amounts))


def query_rows(scope, missing=False, corrected=False):
    """Return the query of the rows of the scope.

    A household has one in each year in which it exists or has income, or had
    some the year before.  In a closed year only those are there that the
    county has closed, with missing also the others."""
    pool = Pool()
    household = pool.get('fupin.household').__table__()
    year = pool.get('fupin.income.year').__table__()
    area = pool.get('country.subdivision').__table__()
    kept = pool.get('fupin.household.year').__table__()
    lines = With(query=query_lines(scope, scope.ledger, corrected=corrected))
    previous = _get_previous(lines)
    paid = query_paid(scope, scope.targets)
    persons = query_persons(scope, scope.targets)
    registration = query_registrations(scope.households, scope.targets)

    def of(table, of_year=year.id):
        return (table.household == household.id) & (table.year == of_year)
    from_ = (household
        .join(area, condition=household.area == area.id)
        .join(year, type_='CROSS')
        .join(kept, 'LEFT', condition=of(kept))
        .join(lines, 'LEFT', condition=of(lines))
        .join(previous, 'LEFT', condition=of(previous, year.previous))
        .join(paid, 'LEFT', condition=of(paid))
        .join(persons, 'LEFT', condition=of(persons))
        .join(registration, 'LEFT', condition=of(registration)))
    from_, line = join_line(from_, area, year)

    where = (among(household.id, scope.households)
        & among(year.id, scope.targets)
        & (exists_in(household, year) | (lines.household != Null)
            | (previous.household != Null)))
    if not missing:
        where &= (year.state == 'open') | (kept.id != Null)
    figures = _get_figures(lines, previous, paid, persons.persons, line)
    return from_.select(
        household.id.as_('household'),
        year.id.as_('year'),
        area.id.as_('area'),
        *(getattr(area, n).as_(n) for n in PLACES),
        registration.kind.as_('registration_kind'),
        persons.head.as_('head'),
        Coalesce(persons.persons, 0).as_('persons'),
        *(figures[n].as_(n) for n in [*MONEY, *SHARES]),
        (year.state == 'closed').as_('closed'),
        where=where,
        with_=[lines])


def _get_previous(lines):
    return lines.select(
        lines.household, lines.year,
        (lines.amount - lines.cost).as_('net'), lines.industry)


def _get_figures(lines, previous, paid, persons, line):
    "Return the SQL expressions of what follows from the ledger, by name"
    figures = {n: Coalesce(getattr(lines, n), 0) for n in SUMS}
    amount = figures['amount']
    figures['net'] = net = amount - figures['cost']
    figures['per_capita'] = per_capita = sql_divide(net, Coalesce(persons, 0))
    for name in ['paid', 'industry_paid']:
        figures[name] = Coalesce(getattr(paid, name), 0)
    for name, now in [('net', net), ('industry', figures['industry'])]:
        before = Coalesce(getattr(previous, name), 0)
        figures[f'previous_{name}'] = before
        figures[f'{name}_change'] = now - before
    figures['line'] = line
    figures['line_distance'] = per_capita - line
    for name, part in [
            ('largest_share', Coalesce(lines.largest, 0)),
            ('transfer_share', figures['transfer'])]:
        figures[name] = sql_divide(part * 10000, amount)
    return figures


def query_posted(scope):
    """Return the query of the kept rows of the scope with what follows from
    the ledger, when nothing else has changed."""
    pool = Pool()
    year = pool.get('fupin.income.year').__table__()
    kept = pool.get('fupin.household.year').__table__()
    lines = With(query=query_lines(scope, scope.ledger))
    previous = _get_previous(lines)
    paid = query_paid(scope, scope.targets)

    def of(table, of_year=kept.year):
        return (table.household == kept.household) & (table.year == of_year)
    figures = _get_figures(
        lines, previous, paid, kept.persons, sql_cents(kept.line))
    del figures['line']
    return (kept
        .join(year, condition=kept.year == year.id)
        .join(lines, 'LEFT', condition=of(lines))
        .join(previous, 'LEFT', condition=of(previous, year.previous))
        .join(paid, 'LEFT', condition=of(paid))
        .select(
            kept.id, *(f.as_(n) for n, f in figures.items()),
            where=scope.holds(kept, scope.targets),
            with_=[lines]))


def no_longer(kept):
    """Return the SQL condition that the household of a kept row neither
    exists in the year nor has income in it or the one before."""
    pool = Pool()
    household = pool.get('fupin.household').__table__()
    year = pool.get('fupin.income.year').__table__()
    income = pool.get('fupin.income').__table__()
    return ~Exists(household.join(year, type_='CROSS').select(
            Literal(1),
            where=(household.id == kept.household) & (year.id == kept.year)
            & (exists_in(household, year) | Exists(income.select(
                        Literal(1),
                        where=(income.household == kept.household)
                        & ((income.year == year.id)
                            | (income.year == year.previous)))))))


def query_sources(scope, names):
    "Return the query of the sums of the ledger by source, named by names"
    income = Pool().get('fupin.income').__table__()
    keys = [getattr(income, n) for n in ['household', 'year', *names]]
    amount = sql_cents(income.amount)
    lines = income.select(
        *keys,
        *(sql_sum(amount, income.income_class == c).as_(c) for c in CLASSES),
        sql_sum(amount).as_('amount'),
        sql_sum(sql_cents(income.cost)).as_('cost'),
        where=scope.holds(income, scope.given),
        group_by=keys)
    paid = query_paid(scope, scope.given, *names)

    def same(name):
        left, right = getattr(lines, name), getattr(paid, name)
        if name == 'industry':
            return left == right
        return Coalesce(left, 0) == Coalesce(right, 0)
    condition = ((lines.household == paid.household)
        & (lines.year == paid.year))
    for name in names:
        condition &= same(name)
    return lines.join(paid, 'LEFT', condition=condition).select(
        *(getattr(lines, n) for n in [
                'household', 'year', *names, *CLASSES, 'amount', 'cost']),
        Coalesce(paid.paid, 0).as_('paid'))

