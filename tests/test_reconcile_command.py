# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The command that whoever keeps the server runs."""
import os
import sqlite3
import subprocess
import sys
from decimal import Decimal as D

import pytest

from trytond import backend
from trytond.tests.test_tryton import DB_NAME
from trytond.transaction import Transaction

MODULES = ['fupin_coop']

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


def run(folder, database, *args, command=(
            '-m', 'trytond.modules.fupin_coop.reconciliation')):
    config = folder / 'trytond.conf'
    env = {
        k: v for k, v in os.environ.items()
        if not k.startswith('TRYTOND_')}
    if backend.name == 'sqlite':
        uri = f'sqlite:///{folder}'
        config.write_text(f'[database]\nuri = {uri}\npath = {folder}\n')
    else:
        uri = os.environ['TRYTOND_DATABASE_URI']
        config.write_text(f'[database]\nuri = {uri}\n')
    process = subprocess.run(
        [sys.executable, *command, '-c', str(config), '-d', database,
            '-l', 'en', *args],
        env=env | {'PYTHONIOENCODING': 'utf-8'},
        capture_output=True, encoding='utf-8', timeout=300)
    return process.returncode, process.stdout, process.stderr


def copy_database(folder):
    "Return the name of a copy of the database as the transaction sees it"
    if backend.name != 'sqlite':
        return DB_NAME
    target = sqlite3.connect(folder / 'copy.sqlite')
    Transaction().connection.commit()
    Transaction().connection.backup(target)
    target.close()
    return 'copy'


def test_command(company, owed, tmp_path):
    database = copy_database(tmp_path)
    status, output, error = run(tmp_path, database)
    assert status == 0, error
    assert company.party.name in output
    assert 'Everything ties' in output

    status, _, _ = run(tmp_path, database, '--company', "没有")
    assert status == 2

    if backend.name != 'sqlite':
        return  # what is changed here is not seen there
    assert owed[0].amount == D('887.83')
    with sqlite3.connect(tmp_path / 'copy.sqlite') as connection:
        connection.execute(
            "UPDATE fupin_income SET amount = '887.84' WHERE origin = ?",
            (str(owed[0]),))
    connection.close()
    status, output, _ = run(tmp_path, database)
    assert status == 1
    assert owed[0].number in output
    assert '-0.01' in output


def test_wrong_arguments(tmp_path):
    status, _, error = run(tmp_path, 'x', '--nonsense')
    assert status == 2
    assert 'usage' in error
