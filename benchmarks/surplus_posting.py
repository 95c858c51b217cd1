# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""W5: post the surplus of a cooperative that is shared among its members,
beside SQL that writes the same rows."""
from . import surplus
from .measure import Result

MEMBERS = 1_000
LIMIT = 6


def run(bench):
    count = max(50, round(MEMBERS * min(1, bench.plan.scale)))
    result = Result(
        'W5 surplus posted', limit=LIMIT, note=f'{count} members')
    id_, company = surplus.run(bench.database, surplus.prepare, count)
    surplus.run(bench.database, compute, id_, company)
    for _ in range(bench.rounds):
        figures = surplus.Figures(count)
        surplus.run(bench.database, post, figures, id_, company)
        result.ours.append(figures.parts['post'].seconds)
        result.floor.append(figures.parts['floor'].seconds)
        result.statements = figures.parts['post'].statements
        result.memory = figures.memory
    yield result


def compute(id_, company):
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    Surplus = Pool().get('fupin.surplus')
    with Transaction().set_context(company=company, companies=[company]):
        Surplus.compute([Surplus(id_)])


def post(figures, id_, company):
    "Post, write the same rows plainly, and take both back"
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    transaction = Transaction()
    Surplus = Pool().get('fupin.surplus')
    with transaction.set_context(company=company, companies=[company]):
        with surplus.measured(figures, 'post'):
            Surplus.post([Surplus(id_)])
        effects = surplus.get_effects(Surplus(id_))
        transaction.rollback()
        with surplus.measured(figures, 'floor'):
            surplus.write_plainly(effects)
        transaction.rollback()
