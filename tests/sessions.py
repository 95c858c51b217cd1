# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""People at once: each is a process of its own with its own connection; all
wait until the others are ready too.

A test file opens the sessions on itself as the script, which does
serve(Work) when it is run."""
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

TIMEOUT = 300


class Session:
    "A process that does what it is told"

    def __init__(self, script, database, **environment):
        self.process = subprocess.Popen(
            [sys.executable, script, database],
            env=os.environ | environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, *command):
        print(json.dumps(command), file=self.process.stdin, flush=True)

    def hear(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, *command):
        self.tell(*command)
        return self.hear()

    def end(self):
        self.process.stdin.close()
        self.process.wait(TIMEOUT)


def at_once(sessions, *commands):
    "Let each session do its command at the same time and return the results"
    for session, command in zip(sessions, commands):
        session.tell(*command)
    return [session.hear() for session in sessions]


@contextmanager
def open_sessions(script, database, folder, count=2, **environment):
    "Sessions on the database; SQLite's is copied into the folder"
    from trytond import backend
    if backend.name == 'sqlite':
        from trytond.tests import test_tryton
        database = 'sessions'
        test_tryton._sqlite_copy(str(folder / f'{database}.sqlite'))
        environment['TRYTOND_DATABASE__PATH'] = str(folder)
    sessions = [
        Session(script, database, **environment) for _ in range(count)]
    for session in sessions:
        session.ask('wait')
    yield sessions
    for session in sessions:
        session.end()


# What a session does

class Work:

    def __init__(self, database):
        from trytond.pool import Pool
        self.database = database
        self.pool = Pool(database)
        self.pool.init()

    def __call__(self, name, *args):
        "Do it as the server does (trytond.protocols.dispatcher)"
        from trytond import backend, config
        from trytond.exceptions import UserError
        from trytond.transaction import Transaction, TransactionError
        retry, count, extras = config.getint('database', 'retry'), 0, {}
        while True:
            time.sleep(0.02 * count)
            try:
                with Transaction().start(
                        self.database, 1, **extras) as transaction:
                    User = self.pool.get('res.user')
                    try:
                        with transaction.set_context(
                                User.get_preferences(context_only=True),
                                _skip_warnings=True):
                            result = getattr(self, name)(*args)
                        transaction.commit()
                        return result
                    except TransactionError as exception:
                        transaction.rollback()
                        exception.fix(extras)
                    except UserError as exception:
                        transaction.rollback()
                        return ['refused', exception.message]
                    except backend.DatabaseOperationalError:
                        transaction.rollback()
                        raise
            except backend.DatabaseOperationalError:
                if count >= retry:
                    raise
                count += 1

    def wait(self):
        return 'ready'


def serve(work_class):
    "Do what is told, line by line"
    work = work_class(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(work(*json.loads(line))), flush=True)
