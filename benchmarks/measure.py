# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Measure a work beside its floor in turn, and tell it as a table."""
import math
import os
import statistics
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

# a floor shorter than this is too short for a stable ratio
STABLE = .02
# a ratio may grow by half
TOLERANCE = 1.5
# statements that more rows may take: a kind of record that few do not have
SPARE = 5


class AnswerError(Exception):
    "Both sides do not give the same answer"


@dataclass
class Result:
    """What was measured of one work.

    * floor, ours: seconds of each round; no floor where there is none
    * processor: seconds of the processor in ours, without the database's
    * limit: what the ratio must not pass, or the milliseconds of ours where
      there is no floor
    * statements: sent to the database by ours in the last round
    * growing: statements of ours with more rows, None if not asked
    * memory: the most that the process held in ours, MB"""
    name: str
    ours: list = field(default_factory=list)
    floor: list = field(default_factory=list)
    processor: list = field(default_factory=list)
    limit: float = None
    statements: int = None
    growing: int = None
    memory: int = None
    note: str = ''

    @property
    def ratio(self):
        "Of the minima, which a busy machine disturbs least"
        if self.floor and min(self.floor):
            return min(self.ours) / min(self.floor)

    @property
    def median_ratio(self):
        if self.floor and statistics.median(self.floor):
            return (statistics.median(self.ours)
                / statistics.median(self.floor))

    @property
    def stable(self):
        return bool(self.floor) and min(self.floor) >= STABLE

    @property
    def grows(self):
        "Whether more rows take more statements"
        return (self.growing is not None
            and self.growing > self.statements + SPARE)

    @property
    def reached(self):
        "Whether the limit is kept, None without limit"
        if self.limit is None:
            return None
        if self.floor:
            return self.ratio <= self.limit
        return percentile(self.ours, .95) * 1000 <= self.limit

    def as_dict(self):
        values = asdict(self)
        for side in ['ours', 'floor', 'processor']:
            seconds = values.pop(side)
            if seconds:
                values[side] = {
                    'rounds': len(seconds),
                    'minimum': round(min(seconds), 6),
                    'median': round(statistics.median(seconds), 6),
                    'p95': round(percentile(seconds, .95), 6),
                    'maximum': round(max(seconds), 6),
                    }
        if self.ratio is not None:
            values['ratio'] = round(self.ratio, 3)
            values['median_ratio'] = round(self.median_ratio, 3)
        values['reached'] = self.reached
        return {k: v for k, v in values.items() if v not in (None, '')}


def percentile(values, share):
    values = sorted(values)
    return values[max(0, math.ceil(share * len(values)) - 1)]


class Bench:
    """What the works are given.

    * database: the name of the database of the county
    * plan: how many of what there are, see county.Plan
    * rounds: how often each side runs"""

    def __init__(self, database, plan, config_file, rounds=3):
        self.database = database
        self.plan = plan
        self.config_file = config_file
        self.rounds = rounds
        self.counter = StatementCounter()

    def alternate(self, name, ours, floor=None, limit=None, rounds=None,
            check=None):
        """Run floor and ours in turn and return the Result.

        check is called with both answers (of ours only without floor);
        AnswerError is raised with what it finds."""
        result = Result(name, limit=limit)
        answers = {}
        ours()
        for _ in range(rounds or self.rounds):
            if floor:
                with clock(result.floor):
                    answers['floor'] = floor()
            forget_peak()
            processor = time.process_time()
            with self.counter as counter, clock(result.ours):
                answers['ours'] = ours()
            result.processor.append(time.process_time() - processor)
            result.statements = counter.count
            result.memory = peak()
        if check:
            message = check(*[answers[s] for s in ['ours', 'floor']
                    if s in answers])
            if message:
                raise AnswerError(f'{name}: {message}')
        return result

    def count(self, function):
        """Return the statements of a call that finds warm caches: the least
        of some, as the caches are renewed now and then."""
        counts = []
        for _ in range(3):
            with self.counter as counter:
                function()
            counts.append(counter.count)
        return min(counts)

    @contextmanager
    def transaction(self, **context):
        from trytond.transaction import Transaction
        with Transaction().start(
                self.database, 0, readonly=True, context=context
                ) as transaction:
            yield transaction.connection.cursor()

    def select(self, query, **values):
        "Return the rows of plain SQL"
        with self.transaction() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall()


@contextmanager
def clock(seconds):
    start = time.perf_counter()
    yield
    seconds.append(time.perf_counter() - start)


class StatementCounter:
    "Count what psycopg sends, but for the begin and end of transactions"

    def __enter__(self):
        from psycopg import Cursor
        self.count = 0
        self._execute = execute = Cursor.execute
        counter = self

        def counting(self, *args, **kwargs):
            counter.count += 1
            return execute(self, *args, **kwargs)
        Cursor.execute = counting
        return self

    def __exit__(self, *args):
        from psycopg import Cursor
        Cursor.execute = self._execute


def forget_peak():
    "Let the system measure the peak anew, where it can"
    try:
        with open('/proc/self/clear_refs', 'w') as file:
            file.write('5')
    except OSError:
        pass


def peak():
    "Return the most memory that the process held, in MB, None if unknown"
    try:
        with open('/proc/self/status') as file:
            for row in file:
                if row.startswith('VmHWM'):
                    return int(row.split()[1]) // 1024
    except OSError:
        return None


HEADER = (
    f"{'work':<44} {'floor':>10} {'ours':>10} {'least':>9} {'most':>9} "
    f"{'python':>9} {'ratio':>7} {'limit':>9} {'SQL':>7} {'MB':>5}")


def seconds(value):
    return f'{value * 1000:.1f} ms' if value < 1 else f'{value:.2f} s'


def line(result):
    "A line of the table: medians, the least and the most of ours, the ratio"
    limit, ratio = '', ''
    if result.ratio is not None:
        ratio = f'{result.ratio:.2f}'
    if result.limit is not None:
        limit = (f'{result.limit:g} x' if result.floor
            else f'{result.limit:g} ms')
        limit += ' ' if result.reached else '!'
    statements = '' if result.statements is None else str(result.statements)
    if result.grows:
        statements += f'>{result.growing}'
    processor = (
        seconds(statistics.median(result.processor))
        if result.processor else '')
    return (
        f'{result.name:<44} '
        + (f'{seconds(statistics.median(result.floor)):>10} '
            if result.floor else f"{'':>10} ")
        + f'{seconds(statistics.median(result.ours)):>10} '
        f'{seconds(min(result.ours)):>9} {seconds(max(result.ours)):>9} '
        f'{processor:>9} {ratio:>7} {limit:>9} {statements:>7} '
        f'{result.memory or "":>5}'
        + (f'  {result.note}' if result.note else ''))


def machine():
    "What it runs on, without its name"
    model = ''
    try:
        with open('/proc/cpuinfo') as file:
            for row in file:
                if row.startswith('model name'):
                    model = row.partition(':')[2].strip()
                    break
    except OSError:
        pass
    pages, size = os.sysconf('SC_PHYS_PAGES'), os.sysconf('SC_PAGE_SIZE')
    return {
        'cores': os.cpu_count(),
        'memory_gb': round(pages * size / 2 ** 30, 1),
        'processor': model,
        'load': [round(x, 1) for x in os.getloadavg()],
        }


def compare(results, kept):
    """Return what is worse than kept, the results of an earlier run: ratios
    half as large again, and statements that grow with the rows.

    A ratio counts only where the floor is long enough to be stable."""
    problems = []
    for result in results:
        if result.grows:
            problems.append(
                f'{result.name}: {result.statements} statements, with more '
                f'rows {result.growing}')
        before = kept.get(result.name, {}).get('ratio')
        if before and result.stable and result.ratio > before * TOLERANCE:
            problems.append(
                f'{result.name}: ratio {result.ratio:.2f}, kept {before:.2f}')
    return problems
