# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""An import in the queue: a worker that dies leaves whole batches only."""
import datetime as dt
from contextlib import contextmanager

import pytest
from trytond.modules.fupin_household import import_work
from trytond.modules.fupin_household.registry_write import RegistryWriter
from trytond.pool import Pool
from trytond.transaction import Transaction
from trytond.worker import run_task

import spoilt_workbooks as spoilt
from test_fupin_household import MODULES, acting, user  # noqa: F401

TODAY = dt.date(2026, 3, 1)


@contextmanager
def committed(database):
    "A transaction that is kept, and whose tasks are done afterwards"
    with Transaction().start(database, 1) as transaction:
        yield transaction
        transaction.commit()
        tasks = list(transaction.tasks)
        transaction.tasks.clear()
    for task in tasks:
        run_task(Pool(database), task)


@pytest.fixture(scope='module')
def officer(database):
    with committed(database):
        pool = Pool()
        Country = pool.get('country.country')
        Subdivision = pool.get('country.subdivision')
        country, = Country.create([{'name': "中国", 'code': 'CN'}])
        Subdivision.load_areas([
                ('410990', "试验县"), ('410990110', "镇1"),
                ('410990110201', "村11")], country)
        area, = Subdivision.search([('code', '=', '410990110')])
        return user('zhen1', ['group_township'], [area]).id


def press(database, officer, button, id_):
    with committed(database):
        Import = Pool().get('fupin.import')
        with acting(Pool().get('res.user')(officer)):
            getattr(Import, button)([Import(id_)])


def enter(database, officer, people):
    with committed(database):
        Import = Pool().get('fupin.import')
        with acting(Pool().get('res.user')(officer)):
            import_, = Import.create([{
                        'filename': 'a.xlsx', 'date': TODAY,
                        'data': spoilt.plain(people)[0]}])
    press(database, officer, 'check', import_.id)
    return import_.id


@contextmanager
def seen(database, id_):
    with Transaction().start(database, 1, readonly=True):
        pool = Pool()
        yield (
            pool.get('fupin.import')(id_),
            pool.get('fupin.person').search([], count=True))


def test_worker_dies(database, officer, monkeypatch):
    monkeypatch.setattr(import_work, 'BATCH', 6)
    id_ = enter(database, officer, spoilt.make_people(6))
    with seen(database, id_) as (import_, persons):
        assert (import_.state, import_.batches, persons) == ('checked', 3, 0)
    calls = []
    write = RegistryWriter.write

    def dying(self):
        write(self)
        calls.append(self)
        if len(calls) == 2:
            raise RuntimeError("the worker dies, with half a batch written")
    with monkeypatch.context() as patched:
        patched.setattr(RegistryWriter, 'write', dying)
        press(database, officer, 'load_all', id_)
    with seen(database, id_) as (import_, persons):
        assert (import_.state, import_.position) == ('loading', 1)
        assert (import_.rows_new, persons) == (6, 6)
    press(database, officer, 'resume', id_)
    with seen(database, id_) as (import_, persons):
        assert import_.state == 'done'
        assert (import_.rows_new, persons) == (18, 18)
        assert len({
                (p.id_number_naked) for p in Pool().get(
                    'fupin.person').search([])}) == 18


def test_entered_meanwhile(database, officer, monkeypatch):
    """What somebody enters between the match and the write is found by the
    database, and the batch is matched anew."""
    people = spoilt.make_people(2, prefix='Z', first=100)
    id_ = enter(database, officer, people)
    write = RegistryWriter.write
    calls = []

    def late(self):
        calls.append(self)
        if len(calls) == 1:
            # a household of the test before
            self.units[0].number = 'W00001'
        write(self)
    with monkeypatch.context() as patched:
        patched.setattr(RegistryWriter, 'write', late)
        press(database, officer, 'load_all', id_)
    with seen(database, id_) as (import_, _):
        assert len(calls) == 2
        assert import_.state == 'done'
        assert import_.rows_new == 6


def test_cancelled_while_waiting(database, officer):
    id_ = enter(database, officer, spoilt.make_people(
            1, prefix='Y', first=200))
    with committed(database) as transaction:
        Import = Pool().get('fupin.import')
        with acting(Pool().get('res.user')(officer)):
            Import.load_all([Import(id_)])
        transaction.commit()
        with acting(Pool().get('res.user')(officer)):
            Import.cancel([Import(id_)])
    with seen(database, id_) as (import_, _):
        assert import_.state == 'cancelled'
        assert not Pool().get('fupin.household').search([
                ('number', 'like', 'Y%')])
