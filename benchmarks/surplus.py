# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""How long the surplus of a year takes to be computed, printed, posted and
voided, by the number of members, beside plain SQL that writes the rows of the
posting.

    PYTHONOPTIMIZE=1 .venv/bin/python benchmarks/surplus.py 1000 5000 10000

runs on a private PostgreSQL server.  measure() does the same for one number
of members in a database that has our modules."""
import argparse
import datetime as dt
import os
import resource
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / 'tests'
YEAR = 2025
FIRST = dt.date(YEAR, 1, 2)
JUNE = dt.date(YEAR, 6, 10)
MEETING = dt.date(YEAR + 1, 3, 20)
SLICE = 500
# what a posting writes
EFFECTS = [
    'account.move', 'account.move.line', 'fupin.member.entry', 'fupin.income']


@dataclass
class Measure:
    """What one part took.

    * seconds: of the clock
    * busy: seconds of them in which this process worked, not the database
    * statements: sent to the database"""
    seconds: float = 0.0
    busy: float = 0.0
    statements: int = 0


@dataclass
class Figures:
    """What was measured with count members.

    * parts: {name: Measure} of compute, sheets, post, void and floor
    * rows: what the posting wrote, by model
    * memory: the most that the process has held so far, MB"""
    count: int
    parts: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)
    memory: int = 0

    @property
    def ratio(self):
        "The time of the posting by that of plain SQL"
        return self.parts['post'].seconds / self.parts['floor'].seconds

    def __str__(self):
        parts = ', '.join(
            f'{name} {m.seconds:.2f} s ({m.busy:.2f} s busy, '
            f'{m.statements} statements)'
            for name, m in self.parts.items())
        return (
            f'{self.count} members: {parts}, '
            f'post / floor {self.ratio:.1f}, '
            f'{sum(self.rows.values())} rows, {self.memory} MB')


@contextmanager
def measured(figures, name):
    "Measure what happens inside as the part called name"
    from psycopg import Cursor
    part = figures.parts[name] = Measure()
    execute = Cursor.execute

    def counting(*args, **kwargs):
        part.statements += 1
        return execute(*args, **kwargs)
    Cursor.execute = counting
    start, busy = time.perf_counter(), time.process_time()
    try:
        yield
    finally:
        part.seconds = time.perf_counter() - start
        part.busy = time.process_time() - busy
        Cursor.execute = execute
        figures.memory = (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def insert(model, names, rows):
    "Insert rows and return their ids"
    from trytond.pool import Pool
    from trytond.tools import grouped_slice
    from trytond.transaction import Transaction
    cursor = Transaction().connection.cursor()
    table = Pool().get(model).__table__()
    columns = [getattr(table, name) for name in names]
    ids = []
    for part in grouped_slice(rows, SLICE):
        cursor.execute(*table.insert(
                columns, [list(row) for row in part], returning=[table.id]))
        ids.extend(id_ for id_, in cursor)
    return ids


def new_cooperative(name):
    "Return a cooperative with its charter that has no members"
    from stdnum.cn import uscc
    from trytond.pool import Pool
    Company = Pool().get('company.company')
    count = Company.search([], count=True)
    code = f'93410000MA{count:07}'
    return Company.create_cooperative(
        name, code + uscc.calc_check_digit(code), [YEAR, YEAR + 1])


def new_area():
    from trytond.pool import Pool
    pool = Pool()
    Country = pool.get('country.country')
    Subdivision = pool.get('country.subdivision')
    areas = Subdivision.search([('code', '=', '410990110201')])
    if not areas:
        country, = Country.create([{'name': "中国", 'code': 'CN'}])
        Subdivision.load_areas([
                ('410990', "试验县"), ('410990110', "镇一"),
                ('410990110201', "村一")], country)
        areas = Subdivision.search([('code', '=', '410990110201')])
    return areas[0]


def new_members(company, count):
    """Insert farmers who are members since the year began, with what they
    contributed, and return their ids."""
    from trytond.pool import Pool
    pool = Pool()
    Account = pool.get('account.configuration')
    ModelData = pool.get('ir.model.data')
    Period = pool.get('account.period')
    Journal = pool.get('account.journal')
    area = new_area()
    key = f'{company.id}-'
    names = [f'{key}{i:05}' for i in range(1, count + 1)]
    parties = insert(
        'party.party', ['name', 'code', 'active'],
        [[n, n, True] for n in names])
    persons = insert(
        'fupin.person', ['name', 'area', 'party'],
        [[n, area.id, p] for n, p in zip(names, parties)])
    households = insert(
        'fupin.household', ['number', 'area'], [[n, area.id] for n in names])
    insert(
        'fupin.household.membership',
        ['household', 'person', 'relation', 'from_date'],
        [[h, p, 'head', dt.date(2020, 1, 1)]
            for h, p in zip(households, persons)])
    members = insert(
        'fupin.member',
        ['company', 'number', 'kind', 'person', 'household', 'party',
            'from_date'],
        [[company.id, f'{i:05}', 'farmer', *row, dt.date(YEAR, 1, 1)]
            for i, row in enumerate(zip(persons, households, parties), 1)])
    amounts = [
        Decimal(500 * (1 + i * 7919 % 20)) for i in range(count)]
    journal = Journal(ModelData.get_id('fupin_coop', 'journal_closing'))
    move, = insert(
        'account.move',
        ['company', 'period', 'journal', 'date', 'number', 'post_date',
            'state'],
        [[company.id, Period.find(company, date=FIRST).id, journal.id, FIRST,
                f'{key}0', FIRST, 'posted']])
    bank, capital = (
        Account.get_chart_account(code, company).id for code in ['102', '301'])
    zero = Decimal(0)
    insert(
        'account.move.line',
        ['move', 'account', 'party', 'debit', 'credit', 'state'],
        [[move, bank, None, sum(amounts), zero, 'valid']] + [
            [move, capital, party, zero, amount, 'valid']
            for party, amount in zip(parties, amounts)])
    contributions = insert(
        'fupin.member.contribution',
        ['company', 'member', 'date', 'kind', 'form', 'amount', 'state',
            'number'],
        [[company.id, member, FIRST, 'opening', 'money', amount, 'posted',
                f'{key}{member}']
            for member, amount in zip(members, amounts)])
    insert(
        'fupin.member.entry',
        ['company', 'member', 'date', 'kind', 'source', 'amount', 'origin',
            'entry'],
        [[company.id, member, FIRST, 'contribution', 'other', amount,
                f'fupin.member.contribution,{contribution}', 'posting']
            for member, amount, contribution in zip(
                members, amounts, contributions)])
    return members


def trade(company, members):
    """Insert what nine of ten members traded.

    There is nothing else of their deliveries: the closing, which would find
    it, is done."""
    insert(
        'fupin.member.entry',
        ['company', 'member', 'date', 'kind', 'amount', 'origin', 'entry'],
        [[company.id, member, JUNE, 'trade',
                Decimal(i * 104729 % 9999999) / 100,
                f'fupin.delivery,{member}', 'posting']
            for i, member in enumerate(members, 1) if i % 10])


def prepare(count):
    """Return the ids of a plan for count members that can be computed, and of
    their cooperative."""
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    pool = Pool()
    Charter = pool.get('fupin.charter')
    Closing = pool.get('fupin.closing')
    FiscalYear = pool.get('account.fiscalyear')
    IncomeYear = pool.get('fupin.income.year')
    Surplus = pool.get('fupin.surplus')
    company = new_cooperative(f"示例{count}专业合作社")
    if not IncomeYear.search([], limit=1):
        IncomeYear.create([{
                    'name': str(YEAR + 1),
                    'start_date': dt.date(YEAR, 10, 1),
                    'end_date': dt.date(YEAR + 1, 9, 30),
                    }])
    with Transaction().set_context(
            company=company.id, companies=[company.id], _skip_warnings=True):
        charter, = Charter.create([{
                    'company': company.id,
                    'from_date': dt.date(YEAR, 1, 1),
                    'document': "章程",
                    'reserve_rate': Decimal('0.1'),
                    'refund_rate': Decimal('0.6'),
                    }])
        Charter.post([charter])
        members = new_members(company, count)
        book(company, '102', '501', Decimal(count * 997) + Decimal('0.77'))
        fiscalyear, = FiscalYear.search([
                ('company', '=', company.id),
                ('start_date', '=', dt.date(YEAR, 1, 1)),
                ])
        closing, = Closing.create([{
                    'company': company.id,
                    'fiscalyear': fiscalyear.id,
                    }])
        Closing.transfer([closing])
        trade(company, members)
        surplus, = Surplus.create([{
                    'company': company.id,
                    'fiscalyear': fiscalyear.id,
                    'resolution': resolve(company),
                    'reserve_rate': charter.reserve_rate,
                    'refund_rate': charter.refund_rate,
                    }])
    return surplus.id, company.id


def book(company, debit, credit, amount):
    from trytond.pool import Pool
    pool = Pool()
    Account = pool.get('account.configuration')
    Line = pool.get('account.move.line')
    ModelData = pool.get('ir.model.data')
    Move = pool.get('account.move')
    Period = pool.get('account.period')
    move = Move(
        company=company, date=JUNE, period=Period.find(company, date=JUNE),
        journal=ModelData.get_id('fupin_coop', 'journal_closing'),
        lines=[
            Line(account=Account.get_chart_account(debit, company),
                debit=amount, credit=Decimal(0)),
            Line(account=Account.get_chart_account(credit, company),
                debit=Decimal(0), credit=amount)])
    move.save()
    Move.post([move])


def resolve(company):
    "Return the id of a resolution on the surplus"
    meeting, = insert(
        'fupin.meeting',
        ['company', 'name', 'date', 'state', 'number'],
        [[company.id, "成员大会", MEETING, 'held', f'M{company.id}']])
    resolution, = insert(
        'fupin.resolution',
        ['meeting', 'subject', 'text', 'state'],
        [[meeting, 'surplus', "同意。", 'adopted']])
    return resolution


def get_effects(surplus):
    "Return {model: (names of columns, rows)} of what the posting wrote"
    from trytond.model import fields
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    cursor = Transaction().connection.cursor()
    effects = {}
    for model in EFFECTS:
        Model = Pool().get(model)
        table = Model.__table__()
        names = [
            n for n, f in Model._fields.items()
            if f.sql_type() and not isinstance(f, fields.Function)]
        if model == 'account.move':
            where = table.id == surplus.move.id
        elif model == 'account.move.line':
            where = table.move == surplus.move.id
        else:
            where = fields.SQL_OPERATORS['in'](
                table.origin, [str(line) for line in surplus.lines])
        cursor.execute(*table.select(
                *[getattr(table, n) for n in names], where=where))
        effects[model] = names, cursor.fetchall()
    return effects


def write_plainly(effects):
    "Write the rows as plain SQL does"
    for model, (names, rows) in effects.items():
        insert(model, names, rows)


def run(database, function, *args):
    "Do it in a transaction of its own, with the locks it asks for"
    from trytond.transaction import Transaction, TransactionError
    extras = {}
    while True:
        with Transaction().start(
                database, 1, context={'_skip_warnings': True}, **extras
                ) as transaction:
            try:
                return function(*args)
            except TransactionError as error:
                transaction.rollback()
                error.fix(extras)


def print_sheets(id_):
    "Return the size of the PDF of the members' sheets"
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    pool = Pool()
    ActionReport = pool.get('ir.action.report')
    Report = pool.get('fupin.surplus.sheet', type='report')
    action, = ActionReport.search([
            ('report_name', '=', 'fupin.surplus.sheet')])
    # as the server itself, which has no companies to be kept to
    with Transaction().set_user(0):
        _, content, _, _ = Report.execute([id_], {'action_id': action.id})
    return len(content)


def analyze():
    "Let the database count its rows, as a server does by itself"
    from trytond.transaction import Transaction
    Transaction().connection.cursor().execute('ANALYZE')


def measure(database, count):
    """Return the Figures of a distribution for count members.

    What it prepares stays in the database, what it posts does not."""
    figures = Figures(count)
    id_, company = run(database, prepare, count)
    run(database, analyze)
    run(database, distribute, figures, id_, company)
    return figures


def distribute(figures, id_, company):
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    transaction = Transaction()
    Surplus = Pool().get('fupin.surplus')
    with transaction.set_context(company=company, companies=[company]):
        with measured(figures, 'compute'):
            Surplus.compute([Surplus(id_)])
        transaction.commit()
        with measured(figures, 'sheets'):
            print_sheets(id_)
        transaction.rollback()
        with measured(figures, 'post'):
            Surplus.post([Surplus(id_)])
        effects = get_effects(Surplus(id_))
        figures.rows = {
            model: len(rows) for model, (_, rows) in effects.items()}
        with measured(figures, 'void'):
            Surplus.cancel([Surplus(id_)])
        transaction.rollback()
        with measured(figures, 'floor'):
            write_plainly(effects)
        transaction.rollback()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('counts', type=int, nargs='*', default=[1000, 10000])
    args = parser.parse_args()
    if not sys.flags.optimize:
        sys.exit("run it as the server runs: with PYTHONOPTIMIZE=1")
    sys.path.insert(0, str(TESTS))
    import postgresql
    cluster = postgresql.Cluster().start()
    os.environ.update(
        TRYTOND_DATABASE_URI=cluster.uri, DB_NAME='benchmark',
        TZ='Asia/Shanghai')
    try:
        from trytond.tests.test_tryton import activate_module
        from trytond.pool import Pool
        activate_module(['fupin_coop'])
        # tests validate what a server does not
        Pool.test = False
        for count in args.counts:
            print(measure('benchmark', count), flush=True)
    finally:
        cluster.stop()


if __name__ == '__main__':
    main()
