# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Many officers let the same parcels at once: no parcel is let twice.

FUPIN_LETTING=20x500 makes the full 10,000 tries of 20 sessions."""
import datetime as dt
import os
import random

import pytest
from cooperative import (
    CREDIT_CODES, NAMES, alone, new_area, new_household, new_income_years)
from land import new_parcel, new_transfer
from sessions import Work as Session
from sessions import at_once, open_sessions, serve

__all__ = ['alone']

MODULES = ['fupin_industry']
SESSIONS, ROUNDS = map(
    int, os.environ.get('FUPIN_LETTING', '4x25').split('x'))
PARCELS = 12


@pytest.fixture(scope='module')
def parcels(database, alone):  # noqa: F811
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    with Transaction().start(database, 1):
        Company = Pool().get('company.company')
        new_income_years(2026)
        household = new_household(new_area(), "张三")
        Company.create_cooperative(NAMES[0], CREDIT_CODES[0], [2026])
        return [
            new_parcel(household, number).id
            for number in range(1, PARCELS + 1)]


@pytest.fixture(scope='module')
def sessions(database, parcels, tmp_path_factory):
    with open_sessions(
            __file__, database, tmp_path_factory.mktemp('letting'), SESSIONS,
            # Tryton pauses for 20 ms times the tries that are left: many
            # tries make the first pauses long
            TRYTOND_DATABASE__RETRY=str(max(10, SESSIONS))) as sessions:
        yield sessions


def test_no_parcel_is_let_twice(sessions, parcels):
    chance = random.Random('letting')
    results = []
    for _ in range(ROUNDS):
        # all want the same few days of the same few parcels
        wanted = chance.sample(parcels, 2)
        commands = []
        for _ in sessions:
            start = dt.date(2026, 1, 1) + dt.timedelta(
                days=chance.randrange(2000))
            end = start + dt.timedelta(days=chance.randrange(400))
            commands.append((
                    'let', chance.sample(wanted, chance.randint(1, 2)),
                    start.isoformat(), end.isoformat()))
        results.extend(
            r[0] for r in at_once(sessions, *commands))

    assert set(results) == {'done', 'refused'}
    found = sessions[0].ask('lettings')
    assert found['transfers'] == results.count('done')
    assert found['twice'] == 0


# What a session does

class Work(Session):

    def let(self, parcels, start, end):
        Company = self.pool.get('company.company')
        Parcel = self.pool.get('fupin.parcel')
        company, = Company.search([])
        start, end = map(dt.date.fromisoformat, [start, end])
        transfer = new_transfer(
            company, Parcel.browse(parcels),
            [{'from_date': start, 'cash': 1}],
            start_date=start, end_date=end, sign_date=start)
        transfer.sign([transfer])
        return ['done', transfer.number]

    def lettings(self):
        Line = self.pool.get('fupin.land.transfer.line')
        Transfer = self.pool.get('fupin.land.transfer')
        times = {}
        for line in Line.search([('let', '=', True)]):
            times.setdefault(line.parcel.id, []).append(
                (line.from_date, line.to_date))
        twice = 0
        for spans in times.values():
            spans.sort()
            twice += sum(
                after[0] <= before[1]
                for before, after in zip(spans, spans[1:]))
        return {
            'transfers': Transfer.search(
                [('state', '=', 'signed')], count=True),
            'twice': twice,
            }


if __name__ == '__main__':
    serve(Work)
