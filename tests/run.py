# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Run all tests: everything on SQLite, what uses the database on PostgreSQL.

Without the asserts of Tryton, as its servers run and to be done in time.

The arguments are handed to pytest.
"""
import os
import subprocess
import sys
from pathlib import Path

import caching
import postgresql

TOP = Path(__file__).resolve().parent.parent
NO_TESTS = 5


def pytest(*args):
    command = [sys.executable, '-m', 'pytest', *args, *sys.argv[1:]]
    if (cpus := os.cpu_count() or 1) > 1:
        command += ['-n', str(min(cpus, 8)), '--dist', 'loadfile']
    code = subprocess.call(command, cwd=TOP, env=os.environ | {
            'PYTHONOPTIMIZE': '1'})
    return 0 if code == NO_TESTS else code


def prepare():
    """Begin to make the databases on PostgreSQL that the tests copy.

    One process has to do it: meanwhile the tests run on SQLite."""
    if not os.environ.get(
            'TRYTOND_DATABASE_URI', '').startswith('postgresql'):
        os.environ['TRYTOND_DATABASE_URI'] = postgresql.Cluster().start().uri
        os.environ['DB_CACHE'] = caching.TEMPLATES
    environment = {'DB_CACHE': str(caching.folder())} | os.environ | {
        'DB_NAME': 'test_prepare', 'TZ': 'Asia/Shanghai'}
    return subprocess.Popen(
        [sys.executable, '-O', Path(__file__).with_name('prepare.py'),
            'fupin_industry'],
        cwd=TOP, env=environment)


def main():
    uri = os.environ.get('TRYTOND_DATABASE_URI', '')
    prepared = None
    if postgresql.binaries() or uri.startswith('postgresql'):
        prepared = prepare()
    code = pytest('--database', 'sqlite')
    if prepared:
        code = prepared.wait() or code
        code = pytest(
            '--database', 'postgresql',
            '-m', 'not plain and not once and not client') or code
    else:
        print("\n" + "!" * 79 + "\n"
            "NOTHING WAS TESTED ON POSTGRESQL, which is missing here.\n"
            "Install it (apt install postgresql) or name a server in\n"
            "TRYTOND_DATABASE_URI=postgresql://user:password@host:port/\n"
            + "!" * 79)
        if os.environ.get('CI') == 'true':
            code = code or 1
    sys.exit(code)


if __name__ == '__main__':
    main()
