# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Two people settle at once: nobody is paid twice, and nothing that is about
to be paid is taken back."""
import base64

import pytest
import test_concurrency
from cooperative import ACCOUNTS, APRIL, alone
from sessions import at_once, open_sessions, serve
from test_concurrency import create_records

__all__ = ['alone']

MODULES = ['fupin_coop']
ROUNDS = 3


@pytest.fixture(scope='module')
def records(database, alone):  # noqa: F811
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    with Transaction().start(database, 1) as transaction:
        records = create_records()
        with transaction.set_context(_skip_warnings=True):
            Person = Pool().get('fupin.person')
            Person.write(Person.search([]), {'bank_account': ACCOUNTS[0]})
        return records


@pytest.fixture(scope='module')
def sessions(database, records, tmp_path_factory):
    with open_sessions(
            __file__, database, tmp_path_factory.mktemp('settlements')
            ) as sessions:
        yield sessions


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


if __name__ == '__main__':
    serve(Work)
