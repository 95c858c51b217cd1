# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What finds the warnings: one query of the figures for each rule, whatever
the number of households, judged by early_warning.py"""
import datetime as dt
from collections import namedtuple
from decimal import Decimal

from sql import Literal, Null, Window
from sql.aggregate import Count, Sum
from sql.conditionals import Case
from sql.operators import Exists

from trytond.model import fields
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction, without_check_access

from . import early_warning
from .bulk_insert import bulk_insert, bulk_update
from .cents import sql_cents, sql_sum
from .household_warning import WHOLE
from .household_year_figures import CLASSES, among, join_line

IN = fields.SQL_OPERATORS['in']
# A finding of a household: what the text says more, the days looked at
Found = namedtuple(
    'Found', ['household', 'finding', 'detail', 'first', 'last'])
FIGURES = [
    'measured', 'compared', 'share', 'limit_share', 'limit_amount', 'detail',
    'from_date', 'to_date']


def yuan(cents):
    return None if cents is None else Decimal(int(cents)).scaleb(-2)


def within(column, days):
    first, last = days
    return (column >= first) & (column <= last)


class Search:
    "What is looked for: the months, the standard, the households"

    def __init__(self, date, standard, households=None, areas=None):
        self.date = date
        self.standard = standard
        self.plain = standard.get_plain()
        self.month = early_warning.month_before(
            date, standard.lag_months)
        self.households = (
            None if households is None else sorted(set(households)))
        self.areas = None if areas is None else list(areas)

    def days(self, count, shift=0):
        return early_warning.window(self.month, count, shift)

    def holds(self, column):
        "Return the SQL condition that the household of the column is meant"
        where = among(column, self.households)
        if self.areas is not None:
            table = Pool().get('fupin.household').__table__()
            where &= column.in_(table.select(
                    table.id, where=among(table.area, self.areas)))
        return where

    def exists(self, household):
        "Return the SQL condition that the household still exists"
        return (self.holds(household.id)
            & ((household.end_date == Null)
                | (household.end_date >= self.date)))


class EarlyWarning(metaclass=PoolMeta):
    __name__ = 'fupin.early_warning'

    @classmethod
    def get_rules(cls):
        "Return the names of the rules in the order in which they are applied"
        return ['line', 'fall', 'stopped', 'expense']

    @classmethod
    def look_daily(cls):
        "Look for warnings of all households; called every day"
        cls.look()

    @classmethod
    @without_check_access
    def look(cls, date=None, households=None, areas=None, rules=None):
        """Look for what the county wants to be warned of.

        On the date (default today), of the households or of those in the
        areas (ids, None for all).  Return how many warnings are new, still
        hold and hold no longer; nothing is done without a standard."""
        pool = Pool()
        Standard = pool.get('fupin.early_warning.standard')
        date = date or pool.get('ir.date').today()
        standard = Standard.find(date)
        if not standard:
            return 0, 0, 0
        # the later of two at once finds what the other has found
        cls.lock()
        search = Search(date, standard, households, areas)
        new, again, ended = [], [], []
        for rule in rules or cls.get_rules():
            for kept, found in zip(
                    [new, again, ended], cls._compare(rule, search)):
                kept.extend(found)
        cls._create_found(new, search)
        bulk_update(cls, [*FIGURES, 'last_found', 'holds'], [
                (id_, *cls._figures_of(found), date, True)
                for id_, found in again])
        bulk_update(cls, ['holds', 'pending', 'state', 'ended_on'], [
                (id_, False, False, state, ended_on)
                for id_, state, ended_on in ended])
        return (len(new), len(again),
            len([id_ for id_, state, _ in ended if state == 'ended']))

    @classmethod
    def _compare(cls, rule, search):
        "Return what is new, what is found again and what holds no longer"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id, table.household, table.subject, table.state,
                table.pending, table.answered_on, table.ended_on, table.holds,
                where=(table.rule == rule)
                & ((table.holds == Literal(True))
                    | (table.pending == Literal(True)))
                & search.holds(table.household),
                order_by=[table.id]))
        known = {
            (household, subject): row
            for row_id, household, subject, *rest in cursor.fetchall()
            for row in [(row_id, *rest)]}
        lasting = getattr(cls, f'_recovered_{rule}', None)
        recovered = lasting(search) if lasting else None
        new, again, ended = [], [], []
        for found in getattr(cls, f'_find_{rule}')(search):
            key = (found.household, found.finding.subject or WHOLE)
            row = known.pop(key, None)
            if not row:
                new.append(found)
                continue
            id_, state, pending, answered_on, ended_on, _ = row
            if pending:
                again.append((id_, found))
            elif search.date >= answered_on + dt.timedelta(
                    days=search.standard.repeat_days):
                ended.append((id_, state, ended_on))
                new.append(found)
        for id_, state, pending, _, ended_on, holds in known.values():
            if not holds:
                # reopened by the county, which wants to know more
                continue
            # what is over by itself, like a season, has not got better
            if recovered is not None and id_ not in recovered:
                continue
            if pending:
                ended.append((id_, 'ended', search.date))
            else:
                ended.append((id_, state, ended_on))
        return new, again, ended

    @classmethod
    def _figures_of(cls, found):
        finding = found.finding
        return (
            finding.measured, finding.compared, finding.share,
            finding.limit_share, finding.limit_amount, found.detail,
            found.first, found.last)

    @classmethod
    def _create_found(cls, new, search):
        new = sorted(new, key=lambda f: (
                f.household, f.finding.rule, f.finding.subject or WHOLE))
        owners = cls._find_owners(sorted({f.household for f in new}))
        date = search.date
        bulk_insert(cls, [
                'household', 'rule', 'subject', 'found_on', 'last_found',
                'owner', 'due_date', 'holds', 'pending', 'state', *FIGURES], [
                (f.household, f.finding.rule, f.finding.subject or WHOLE,
                    date, date, owners.get(f.household),
                    date + dt.timedelta(
                        days=search.standard.get_days(f.finding.rule)),
                    True, True, 'open', *cls._figures_of(f))
                for f in new])

    @classmethod
    def _find_owners(cls, households):
        """Return {household: user} of the township officers for the nearest
        area, the one who was entered first of several."""
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        user = pool.get('res.user').__table__()
        of_group = pool.get('res.user-res.group').__table__()
        of_area = pool.get('res.user-country.subdivision').__table__()
        household = pool.get('fupin.household').__table__()
        area = pool.get('country.subdivision').__table__()
        cursor = Transaction().connection.cursor()
        if not households:
            return {}
        group = ModelData.get_id('fupin_household', 'group_township')
        cursor.execute(*of_area
            .join(user, condition=of_area.user == user.id)
            .select(
                of_area.area, of_area.user,
                where=(user.active == Literal(True)) & Exists(
                    of_group.select(
                        Literal(1),
                        where=(of_group.user == user.id)
                        & (of_group.group == group))),
                order_by=[of_area.user.desc]))
        officers = dict(cursor.fetchall())
        cursor.execute(*household
            .join(area, condition=household.area == area.id)
            .select(
                household.id, area.id, area.village, area.township,
                area.county,
                where=among(household.id, households)))
        return {
            id_: next((officers[p] for p in places if p in officers), None)
            for id_, *places in cursor}

    @classmethod
    def _last_line_year(cls, search):
        "Return the latest income year with a standard line until the months"
        pool = Pool()
        line = pool.get('fupin.poverty.line').__table__()
        year = pool.get('fupin.income.year').__table__()
        cursor = Transaction().connection.cursor()
        _, last = search.days(12)
        cursor.execute(*line
            .join(year, condition=line.year == year.id)
            .select(
                year.id, where=year.start_date <= last,
                order_by=[year.start_date.desc], limit=1))
        found = cursor.fetchone()
        return found[0] if found else None

    @classmethod
    def _find_line(cls, search):
        """Below the line: households that were there in all the twelve
        months and of which there is income in the last two years."""
        pool = Pool()
        Membership = pool.get('fupin.household.membership')
        income = pool.get('fupin.income').__table__()
        household = pool.get('fupin.household').__table__()
        membership = Membership.__table__()
        area = pool.get('country.subdivision').__table__()
        year = pool.get('fupin.income.year').__table__()
        cursor = Transaction().connection.cursor()
        year_id = cls._last_line_year(search)
        if not year_id:
            return
        first, last = search.days(12)
        net = sql_cents(income.amount) - sql_cents(income.cost)
        lines = income.select(
            income.household,
            sql_sum(net, within(income.date, (first, last))).as_('net'),
            where=search.holds(income.household)
            & within(income.date, (search.days(12, 12)[0], last)),
            group_by=[income.household])
        persons = membership.select(
            membership.household, Count(membership.id).as_('persons'),
            where=search.holds(membership.household)
            & Membership.active_at(membership, last),
            group_by=[membership.household])
        from_ = (household
            .join(area, condition=household.area == area.id)
            .join(year, condition=year.id == year_id)
            .join(lines, condition=lines.household == household.id)
            .join(persons, condition=persons.household == household.id))
        from_, line = join_line(from_, area, year)
        cursor.execute(*from_.select(
                household.id, lines.net, persons.persons, line,
                where=search.exists(household)
                & ((household.start_date == Null)
                    | (household.start_date <= first))
                & (lines.net < line * persons.persons)))
        for id_, net, count, line in cursor:
            if finding := early_warning.below_line(
                    yuan(net), count, yuan(line)):
                yield Found(id_, finding, None, first, last)

    @classmethod
    def _find_fall(cls, search):
        "The net income of some months against the same of last year"
        pool = Pool()
        income = pool.get('fupin.income').__table__()
        household = pool.get('fupin.household').__table__()
        cursor = Transaction().connection.cursor()
        plain = search.plain
        now = search.days(plain.fall_months)
        before = search.days(plain.fall_months, 12)
        net = sql_cents(income.amount) - sql_cents(income.cost)
        sums = income.select(
            income.household,
            sql_sum(net, within(income.date, now)).as_('now'),
            sql_sum(net, within(income.date, before)).as_('before'),
            where=search.holds(income.household)
            & (within(income.date, now) | within(income.date, before)),
            group_by=[income.household])
        cursor.execute(*sums
            .join(household, condition=sums.household == household.id)
            .select(
                household.id, sums.now, sums.before,
                where=search.exists(household) & (sums.before > sums.now)))
        for id_, *amounts in cursor:
            if finding := early_warning.fell(
                    *map(yuan, amounts), plain.fall_share, plain.fall_amount):
                yield Found(id_, finding, None, *now)

    @classmethod
    def _sources(cls, income):
        """Return [(model, SQL column of the ledger)] of the sources: the
        first that is there is the source of a line."""
        return [
            ('company.company', income.company),
            ('fupin.income.category', income.category)]

    @classmethod
    def _source_keys(cls, income):
        "Return the model and the SQL columns by which sources are told apart"
        # without parameters, for PostgreSQL has to see that what is grouped
        # by is the same
        models, keys, empty = [], [], None
        for model, column in cls._sources(income):
            models.append(model)
            if empty is None:
                keys.append(column)
                empty = column == Null
            else:
                keys.append(Case((empty, column)))
                empty &= column == Null
        return models, keys

    @classmethod
    def _query_sources(cls, search, now, before, year):
        """Return the models of the sources and the query of what each gave
        the households in these days: key0, key1 … the source, the sums now,
        before, year, and by class of income in year."""
        income = Pool().get('fupin.income').__table__()
        models, keys = cls._source_keys(income)
        amount = sql_cents(income.amount)
        in_year = within(income.date, year)
        return models, income.select(
            income.household,
            *(k.as_(f'key{i}') for i, k in enumerate(keys)),
            sql_sum(amount, within(income.date, now)).as_('now'),
            sql_sum(amount, within(income.date, before)).as_('before'),
            sql_sum(amount, in_year).as_('year'),
            *(sql_sum(amount, in_year & (income.income_class == c)).as_(c)
                for c in CLASSES),
            where=search.holds(income.household)
            & (in_year | within(income.date, now)
                | within(income.date, before)),
            group_by=[income.household, *keys])

    @classmethod
    def _find_stopped(cls, search):
        "A main source gave nothing in its season"
        household = Pool().get('fupin.household').__table__()
        cursor = Transaction().connection.cursor()
        plain = search.plain
        # what came after the months shows that it has not stopped
        now = search.days(plain.stopped_months)[0], search.date
        models, sources = cls._query_sources(
            search, now, search.days(plain.stopped_months, 12),
            search.days(12, 12))
        keys = [f'key{i}' for i in range(len(models))]
        names = [*keys, 'now', 'before', 'year', *CLASSES]
        whole = sources.select(
            sources.household, *(getattr(sources, n) for n in names),
            Sum(sources.year, window=Window([sources.household])).as_(
                'whole'))
        cursor.execute(*whole
            .join(household, condition=whole.household == household.id)
            .select(
                household.id, whole.whole,
                *(getattr(whole, n) for n in names),
                where=search.exists(household)
                & (whole.now <= 0) & (whole.before > 0)))
        for id_, whole, *row in cursor:
            ids, row = row[:len(keys)], row[len(keys):]
            subject = next(
                f'{m},{i}' for m, i in zip(models, ids) if i is not None)
            (now_, before, year), by_class = row[:3], row[3:]
            if finding := early_warning.stopped(
                    yuan(now_), yuan(before), yuan(year), yuan(whole),
                    plain.stopped_share, plain.season_share, subject):
                detail = max(zip(by_class, CLASSES), key=lambda x: x[0])[1]
                yield Found(id_, finding, detail, *now)

    @classmethod
    def _recovered_stopped(cls, search):
        """Return the ids of the warnings whose source gives again since, or
        did after all in the months that were looked at."""
        pool = Pool()
        income = pool.get('fupin.income').__table__()
        household = pool.get('fupin.household').__table__()
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        models, keys = cls._source_keys(income)
        joined = (table
            .join(household, condition=table.household == household.id)
            .join(income, condition=(income.household == table.household)
                & (income.date >= table.from_date)
                & (income.date <= search.date)))
        cursor.execute(*joined.select(
                table.id, table.subject, *keys,
                sql_sum(sql_cents(income.amount)).as_('amount'),
                where=(table.rule == 'stopped')
                & (table.holds == Literal(True))
                & search.holds(table.household),
                group_by=[table.id, table.subject, *keys]))
        recovered = {
            id_ for id_, subject, *ids, amount in cursor
            if amount > 0 and subject == next(
                f'{m},{i}' for m, i in zip(models, ids) if i is not None)}
        # who is gone earns nothing here any more
        cursor.execute(*table
            .join(household, condition=table.household == household.id)
            .select(
                table.id,
                where=(table.rule == 'stopped')
                & (table.holds == Literal(True))
                & search.holds(table.household)
                & (household.end_date < search.date)))
        return recovered | {id_ for id_, in cursor}

    @classmethod
    def _find_expense(cls, search):
        "What was borne of large expenses in the twelve months to the date"
        pool = Pool()
        expense = pool.get('fupin.household.expense').__table__()
        household = pool.get('fupin.household').__table__()
        cursor = Transaction().connection.cursor()
        first = early_warning.year_before(search.date)
        own = sql_cents(expense.own_share)
        cursor.execute(*expense
            .join(household, condition=expense.household == household.id)
            .select(
                household.id, sql_sum(own),
                where=search.exists(household)
                & (expense.state == 'recorded')
                & within(expense.date, (first, search.date)),
                group_by=[household.id]))
        for id_, cents in cursor:
            if finding := early_warning.large_expense(
                    yuan(cents), search.plain.expense_amount):
                yield Found(id_, finding, None, first, search.date)


class Cron(metaclass=PoolMeta):
    __name__ = 'ir.cron'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection.append(
            ('fupin.early_warning|look_daily', "Look for Early Warnings"))
