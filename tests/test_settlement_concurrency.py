# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Two people settle at once: nobody is paid twice, and nothing that is about
to be paid is taken back."""
import base64
import datetime as dt
import json
import subprocess
import sys

import pytest
import test_concurrency
from test_concurrency import at_once, create_records

MODULES = ['fupin_coop']
ROUNDS = 3
APRIL = dt.date(2026, 4, 1)
ACCOUNT = '6228480402564890018'


class Session(test_concurrency.Session):

    def __init__(self, database, **environment):
        self.process = subprocess.Popen(
            [sys.executable, __file__, database],
            env=test_concurrency.os.environ | environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope='module')
def records(database):
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ['lock_table', 'lock_records']:
            monkeypatch.setattr(Transaction, name, lambda *args: None)
        with Transaction().start(database, 1) as transaction:
            records = create_records()
            with transaction.set_context(_skip_warnings=True):
                Person = Pool().get('fupin.person')
                Person.write(Person.search([]), {'bank_account': ACCOUNT})
            return records


@pytest.fixture(scope='module')
def sessions(database, records, tmp_path_factory):
    from trytond import backend
    environment = {}
    if backend.name == 'sqlite':
        from trytond.tests import test_tryton
        folder = tmp_path_factory.mktemp('settlements')
        database = 'settlements'
        test_tryton._sqlite_copy(str(folder / f'{database}.sqlite'))
        environment['TRYTOND_DATABASE__PATH'] = str(folder)
    sessions = [Session(database, **environment) for _ in range(2)]
    for session in sessions:
        session.ask('wait')
    yield sessions
    for session in sessions:
        session.end()


def outcome(results):
    return sorted(r[0] for r in results)


def test_collecting_at_once_holds_once(sessions, records):
    for _ in range(ROUNDS):
        assert sessions[0].ask('post', records.pop())[0] == 'done'
        settlements = [sessions[0].ask('new') for _ in range(2)]
        results = at_once(sessions, *[('collect', s) for s in settlements])
        assert outcome(results) == ['done', 'refused']
        for settlement in settlements:
            sessions[1].ask('delete', settlement)


def test_paying_at_once_pays_once(sessions, records):
    for _ in range(ROUNDS):
        assert sessions[0].ask('post', records.pop())[0] == 'done'
        settlement = sessions[0].ask('new')
        assert sessions[1].ask('collect', settlement)[0] == 'done'
        results = at_once(sessions, *[('approve', settlement)] * 2)
        assert outcome(results) == ['done', 'refused']
        answer = sessions[0].ask('answer', settlement)
        results = at_once(sessions, *[('results', settlement, answer)] * 2)
        assert outcome(results) == ['done', 'refused']
        assert sessions[1].ask('state', settlement) == 'done'
        assert sessions[1].ask('ties')


def test_voiding_and_collecting_at_once(sessions, records):
    for _ in range(ROUNDS):
        delivery = records.pop()
        assert sessions[0].ask('post', delivery)[0] == 'done'
        settlement = sessions[0].ask('new')
        results = at_once(
            sessions, ('collect', settlement), ('cancel', delivery))
        assert outcome(results) == ['done', 'refused']
        sessions[0].ask('delete', settlement)
        sessions[1].ask('cancel', delivery)
        assert sessions[0].ask('ties')


class Work(test_concurrency.Work):

    def settlement(self, id_):
        return self.pool.get('fupin.settlement')(id_)

    def new(self):
        pool = self.pool
        company, = pool.get('company.company').search([])
        journal, = pool.get('account.payment.journal').search([
                ('process_method', '=', 'bank_file')])
        settlement, = pool.get('fupin.settlement').create([{
                    'company': company.id,
                    'date': APRIL,
                    'up_to': APRIL,
                    'journal': journal.id,
                    }])
        return settlement.id

    def collect(self, id_):
        settlement = self.settlement(id_)
        settlement.compute([settlement])
        return ['done', id_]

    def delete(self, id_):
        settlement = self.settlement(id_)
        settlement.delete([settlement])
        return ['done', id_]

    def approve(self, id_):
        settlement = self.settlement(id_)
        settlement.approve([settlement])
        return ['done', id_]

    def answer(self, id_):
        from trytond.modules.fupin_coop import bank_file
        settlement = self.settlement(id_)
        settlement.export('csv-utf-8')
        settlement = self.settlement(id_)
        content = bank_file.write_results([
                bank_file.Result(
                    None, p.number, p.account, p.name, p.amount, True, '')
                for p in settlement.get_bank_payments()])
        return base64.b64encode(content).decode()

    def results(self, id_, content):
        self.settlement(id_).import_results(
            base64.b64decode(content), 'results.csv', APRIL)
        return ['done', id_]

    def state(self, id_):
        return self.settlement(id_).state

    def ties(self):
        company, = self.pool.get('company.company').search([])
        checks = self.pool.get('fupin.reconciliation').check(company)
        return not any(c.count for c in checks)


def main():
    work = Work(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(work(*json.loads(line))), flush=True)


if __name__ == '__main__':
    main()
