# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""A real server on a free port of 127.0.0.1, for the real clients."""
import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import caching
import client
from postgresql import free_port

TOP = caching.TOP
NAME = 'fupin'
ADMIN = 'admin'
PASSWORD = 'fupin-admin'
# a quarter of the county shows the same
COUNTY = {'size': 100, 'today': dt.date.today()}
OPTIONS = {'county.py': [
        word for name, value in COUNTY.items()
        for word in [f'--{name}', str(value)]]}
CONFIGURATION = """\
[database]
uri = sqlite://
path = {folder}
language = zh_CN

[web]
listen = 127.0.0.1:{port}
root = {root}
"""
# Tryton's own process must see the choice of this file, not of the tests
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items()
        if not k.startswith(('TRYTOND_', 'DB_'))},
    'PYTHONOPTIMIZE': '1',
    'PYTHONUTF8': '1',
    }


class ServerError(Exception):
    pass


def web_root():
    with caching.locked('web'):
        return client.fetch(TOP / 'var' / 'web')


def configure(folder, port=0, root=''):
    path = Path(folder) / 'trytond.conf'
    path.write_text(CONFIGURATION.format(
            folder=folder, port=port, root=root))
    return path


def demo(program, folder, options=()):
    "Run a program of demo/ on the database in folder"
    password = folder / 'password'
    password.write_text(PASSWORD)
    done = subprocess.run([
            sys.executable, TOP / 'demo' / program,
            '-c', configure(folder), '-d', NAME, *options],
        env={**ENVIRONMENT, 'TRYTONPASSFILE': str(password)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise ServerError(f"demo/{program} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def prepared(*programs, options=None):
    """Return a database made by these programs of demo/.

    options are theirs by their name.  It is made once for the present sources;
    what the last program said lies beside it in a file .txt.
    """
    if options is None:
        options = OPTIONS
    *before, program = programs
    chosen = options.get(program, [])
    name = '-'.join([
            *(Path(p).stem for p in programs), *chosen,
            caching.digest('demo')])
    kept = caching.folder() / f'{name}.sqlite'
    with caching.locked(name):
        if not kept.exists():
            folder = caching.folder() / f'{name}.{os.getpid()}'
            folder.mkdir()
            try:
                if before:
                    shutil.copy(
                        prepared(*before), folder / f'{NAME}.sqlite')
                said = demo(program, folder, chosen)
                kept.with_suffix('.txt').write_text(said)
                # what is still in its log belongs to the file
                with closing(sqlite3.connect(
                            folder / f'{NAME}.sqlite')) as connection:
                    connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
                (folder / f'{NAME}.sqlite').rename(kept)
            finally:
                shutil.rmtree(folder)
    return kept


class Server:

    def __init__(self, folder, database, root=''):
        self.folder = Path(folder)
        self.port = free_port()
        self.database = NAME
        # the web client's cookie needs localhost, or TLS
        self.url = f'http://localhost:{self.port}'
        self.log = self.folder / 'server.log'
        shutil.copy(database, self.folder / f'{NAME}.sqlite')
        self.config = configure(self.folder, self.port, root)

    def __enter__(self):
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen([
                    Path(sys.executable).with_name('trytond'),
                    '-c', self.config, '-d', NAME,
                    '--logconf', TOP / 'config' / 'logging.conf'],
                env=ENVIRONMENT, stdout=log, stderr=subprocess.STDOUT)
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
            except urllib.error.HTTPError:
                pass  # it answers
            except OSError:
                if (self.process.poll() is not None
                        or time.monotonic() > until):
                    self.__exit__()
                    raise ServerError(
                        f"no server:\n{self.log.read_text()[-4000:]}")
                time.sleep(.2)
                continue
            return self

    def __exit__(self, *args):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
