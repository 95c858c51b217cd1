# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Save a database to one file while the server runs, and bring it back.

    backup.py save -c trytond.conf -d fupin -o /var/lib/fupin/backup --keep 30
    backup.py restore -c trytond.conf -d fupin_restored FILE

A backup is restored into a new database only: the one in use is never
overwritten.
"""
import argparse
import datetime as dt
import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from trytond import config


class BackupError(Exception):
    pass


def engine():
    scheme = config.parse_uri(config.get('database', 'uri')).scheme
    name = scheme.split('+')[0]
    if name not in {'sqlite', 'postgresql'}:
        raise BackupError(f"There is no backup for {scheme} databases.")
    return name


def sqlite_file(name):
    return Path(config.get('database', 'path'), f'{name}.sqlite')


def postgresql(command, database, *args):
    "Run one of PostgreSQL's programs on the database"
    uri = config.parse_uri(config.get('database', 'uri'))
    connection = uri._replace(
        scheme='postgresql', path=f'/{database}').geturl()
    if subprocess.call([command, '-d', connection, *args]):
        raise BackupError(f"{command} failed, see its message above.")


def save_sqlite(name, path):
    source = sqlite_file(name)
    if not source.is_file():
        raise BackupError(f"There is no database {source}.")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        copy = Path(folder, 'copy.sqlite')
        with closing(sqlite3.connect(source)) as from_, \
                closing(sqlite3.connect(copy)) as to:
            from_.backup(to)
            check, = to.execute('PRAGMA integrity_check').fetchone()
        if check != 'ok':
            raise BackupError(f"The database is damaged: {check}")
        with open(copy, 'rb') as from_, gzip.open(path, 'wb') as to:
            shutil.copyfileobj(from_, to)


def save_postgresql(name, path):
    postgresql('pg_dump', name, '-F', 'c', '-f', str(path))
    if subprocess.call(
            ['pg_restore', '--list', str(path)], stdout=subprocess.DEVNULL):
        raise BackupError(f"The backup {path} can't be read.")


def save(name, folder, keep=None):
    "Write FOLDER/NAME-TIME.backup, keep only the last backups, return it"
    folder = Path(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    time = dt.datetime.now().strftime('%Y%m%d-%H%M%S')
    path = folder / f'{name}-{time}.backup'
    part = path.with_suffix('.part')
    try:
        {'sqlite': save_sqlite, 'postgresql': save_postgresql}[engine()](
            name, part)
        part.chmod(0o600)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    if keep:
        pattern = f'{name}-{"[0-9]" * 8}-{"[0-9]" * 6}.backup'
        for old in sorted(folder.glob(pattern))[:-keep]:
            old.unlink()
    return path


def restore_sqlite(name, path):
    target = sqlite_file(name)
    if target.exists():
        raise BackupError(
            f"{target} exists, restore into a new database name.")
    part = target.with_suffix('.part')
    try:
        with gzip.open(path) as from_, open(part, 'xb') as to:
            shutil.copyfileobj(from_, to)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def restore_postgresql(name, path):
    from trytond import backend
    from trytond.transaction import Transaction
    with Transaction().start(
            None, 0, close=True, autocommit=True) as transaction:
        if name in transaction.database.list():
            raise BackupError(
                f"The database {name} exists, "
                "restore into a new database name.")
        transaction.database.create(transaction.connection, name)
    backend.Database(name).close()
    postgresql(
        'pg_restore', name, '--no-owner', '--single-transaction', str(path))


def restore(name, path):
    if not os.path.isfile(path):
        raise BackupError(f"There is no backup {path}.")
    {'sqlite': restore_sqlite, 'postgresql': restore_postgresql}[engine()](
        name, path)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    save_ = commands.add_parser('save')
    save_.add_argument('-o', '--output', required=True, metavar='FOLDER')
    save_.add_argument('--keep', type=int, metavar='NUMBER')
    restore_ = commands.add_parser('restore')
    restore_.add_argument('file')
    for command in [save_, restore_]:
        command.add_argument(
            '-c', '--config', default=os.environ.get('TRYTOND_CONFIG'))
        command.add_argument('-d', '--database', required=True)
    args = parser.parse_args()
    config.update_etc(args.config)
    try:
        if args.command == 'save':
            print(save(args.database, args.output, args.keep))
        else:
            restore(args.database, args.file)
    except (BackupError, OSError) as error:
        sys.exit(str(error))


if __name__ == '__main__':
    main()
