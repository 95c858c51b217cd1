# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Verify the declarations that an import entered, and post their income,
many at once: the same checks as one by one, in statements whose number does
not grow with the declarations."""
from collections import defaultdict

from sql.functions import CurrentTimestamp

from trytond.i18n import gettext
from trytond.model import fields
from trytond.pool import Pool
from trytond.transaction import (
    Transaction, check_access, without_check_access)

from .bulk_insert import bulk_insert, bulk_log, forget
from .exceptions import (
    DeclarationError, IncomeYearClosedError, IncomeYearNotFoundError)
from .income_import import Calendar
from .sheet_loader import refresh_households

IN = fields.SQL_OPERATORS['in']


@without_check_access
def verify_declarations(import_, count):
    """Verify up to count submitted declarations of the import that the user
    may see, and has neither entered nor submitted.

    Return how many were verified; errors as of Declaration.verify and
    Income.post."""
    pool = Pool()
    Declaration = pool.get('fupin.income.declaration')
    Income = pool.get('fupin.income')
    table = Declaration.__table__()
    cursor = Transaction().connection.cursor()
    user = Transaction().user
    with check_access():
        found = Declaration.search([
                ('sheet_import', '=', import_),
                ('state', '=', 'submitted'),
                ], order=[('id', 'ASC')], limit=count)
    cursor.execute(*table.select(
            table.id, table.household, table.number, table.create_uid,
            table.declared_by,
            where=IN(table.id, [d.id for d in found]),
            order_by=[table.id]))
    households = {}
    for id_, household, number, *users in cursor.fetchall():
        if user in users:
            raise DeclarationError(gettext(
                    'fupin_household.msg_declaration_verify_own',
                    declaration=number))
        households[id_] = household
    if not households:
        return 0
    ids = list(households)
    rows = list(_income_rows(households))
    # first, so that who verifies one of them at the same time has to wait
    cursor.execute(*table.update(
            [table.state, table.verified_by, table.write_uid,
                table.write_date],
            ['verified', user, user, CurrentTimestamp()],
            where=IN(table.id, ids)))
    forget(Declaration)
    bulk_insert(
        Income, [
            'household', 'person', 'category', 'income_class', 'industry',
            'date', 'year', 'amount', 'cost', 'origin', 'entry'], rows)
    bulk_log(Declaration, ids, 'button', 'verify')
    bulk_log(Declaration, ids, 'transition', 'state:verified')
    touched = defaultdict(set)
    for household, *_, year, _, _, _, _ in rows:
        touched[year].add(household)
    for year, of_year in touched.items():
        refresh_households(of_year, [year])
    return len(ids)


def _income_rows(households):
    line = Pool().get('fupin.income.declaration.line').__table__()
    cursor = Transaction().connection.cursor()
    calendar = Calendar()
    cursor.execute(*line.select(
            line.id, line.declaration, line.person, line.category,
            line.date, line.amount, line.cost,
            where=IN(line.declaration, list(households)),
            order_by=[line.id]))
    for id_, declaration, person, category, date, amount, cost in (
            cursor.fetchall()):
        year = calendar.year(date)
        if not year:
            raise IncomeYearNotFoundError(gettext(
                    'fupin_household.msg_income_year_not_found', date=date))
        if year.state != 'open':
            raise IncomeYearClosedError(gettext(
                    'fupin_household.msg_income_year_closed',
                    year=year.rec_name, date=date))
        rule = calendar.rule(category, date)
        if not rule:
            # says what is missing
            Pool().get('fupin.income.category')(category).get_rule(date)
        yield (
            households[declaration], person, category, rule.income_class,
            rule.industry, date, year.id, amount, cost,
            f'fupin.income.declaration.line,{id_}', 'posting')
