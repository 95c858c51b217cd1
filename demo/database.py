# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Create a database, activate the modules in it and load Chinese.

    python demo/database.py -c trytond.conf -d NAME

An existing database is updated.  The password of admin is read from the
file that TRYTONPASSFILE names.
"""
import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from trytond import config
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_household', 'fupin_coop', 'fupin_industry']
LANGUAGE = 'zh_CN'
EMAIL = 'admin@example.com'


def create(name):
    "Create the empty database unless it exists"
    # only now: it is chosen by the configuration when first imported
    from trytond import backend
    if backend.name == 'sqlite':
        path = Path(config.get('database', 'path'), f'{name}.sqlite')
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return
    import psycopg
    try:
        with Transaction().start(
                None, 0, close=True, autocommit=True) as transaction:
            cursor = transaction.connection.cursor()
            cursor.execute(
                'SELECT 1 FROM pg_database WHERE datname = %s', [name])
            if not cursor.fetchone():
                transaction.database.create(transaction.connection, name)
    except psycopg.Error as error:
        sys.exit(f"{error}\nThe server can't be reached or refuses to create "
            f"the database {name}: check its address, the user, the password "
            "and that the user may create databases.")


def activate(name, config_file, modules=MODULES):
    "Activate or update the modules, printing each as it is loaded"
    admin = subprocess.Popen([
            Path(sys.executable).with_name('trytond-admin'), '-vv',
            '-c', config_file, '-d', name, '-l', LANGUAGE, '--email', EMAIL,
            '-u', *modules, '--activate-dependencies'],
        env={**os.environ, 'PYTHONOPTIMIZE': '1', 'PYTHONUTF8': '1'},
        stderr=subprocess.PIPE, text=True)
    other = []
    for line in admin.stderr:
        if match := re.search(r' INFO trytond\.modules (\w+) load$', line):
            print(f' {match[1]}', end='', flush=True)
        elif ' INFO ' not in line:
            other.append(line)
    print(flush=True)
    if admin.wait():
        sys.exit(''.join(other[-30:])
            + f"\nThe modules could not be activated in {name}.")


def finish(name):
    "Mark the configuration wizards done: they keep the web menu empty"
    pool = Pool(name)
    pool.init()
    with Transaction().start(name, 0, context={'active_test': False}):
        Item = pool.get('ir.module.config_wizard.item')
        Lang = pool.get('ir.lang')
        User = pool.get('res.user')
        Item.write(
            Item.search([('state', '=', 'open')]), {'state': 'done'})
        language, = Lang.search([('code', '=', LANGUAGE)])
        User.write(
            User.search([('login', '=', 'admin')]),
            {'language': language.id, 'name': "系统管理员"})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('-c', '--config', required=True)
    parser.add_argument('-d', '--database', required=True)
    parser.add_argument(
        '-u', '--update', nargs='+', default=MODULES, metavar='MODULE')
    args = parser.parse_args()
    config.update_etc(args.config)
    create(args.database)
    activate(args.database, args.config, args.update)
    Pool.start()
    finish(args.database)


if __name__ == '__main__':
    main()
