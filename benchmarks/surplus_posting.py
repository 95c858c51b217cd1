# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""W5: the surplus of a cooperative shared among its members."""
from .measure import Result

MEMBERS = 1_000
LIMIT = 6


def run(bench):
    from . import surplus
    count = max(50, round(MEMBERS * min(1, bench.plan.scale)))
    result = Result(
        'W5 surplus posted', limit=LIMIT, note=f'{count} members')
    for _ in range(bench.rounds):
        figures = surplus.measure(bench.database, count)
        result.ours.append(figures.parts['post'].seconds)
        result.floor.append(figures.parts['floor'].seconds)
        result.statements = figures.parts['post'].statements
        result.memory = figures.memory
    yield result
