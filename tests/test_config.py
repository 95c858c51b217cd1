# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The files of config/ run: the server they start answers, a backup taken
while it runs is restored, and nginx and systemd accept theirs."""
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from postgresql import free_port

CONFIG = Path(__file__).resolve().parent.parent / 'config'
BACKUP = CONFIG / 'backup.py'


@pytest.fixture
def config_file(database, tmp_path):
    "A configuration of the file's choice with the database of the tests"
    from trytond import backend, config
    if backend.name == 'sqlite':
        # to a file, which several processes can open
        (tmp_path / 'db').mkdir()
        connection = backend.Database(database).connect().get_connection()
        with sqlite3.connect(tmp_path / 'db' / 'fupin.sqlite') as copy:
            connection.backup(copy)
        name, source = 'fupin', 'trytond.conf'
    else:
        name, source = database, 'trytond-postgresql.conf'
    text = (CONFIG / source).read_text()
    for option, value in {
            'uri': config.get('database', 'uri'),
            'path': tmp_path / 'db',
            }.items():
        text = re.sub(f'(?m)^{option} = .*', f'{option} = {value}', text)
    path = tmp_path / 'trytond.conf'
    path.write_text(text)
    return path, name


def run_backup(*args):
    return subprocess.run(
        [sys.executable, BACKUP, *args], capture_output=True, text=True)


def test_server(config_file, tmp_path):
    path, name = config_file
    port = free_port()
    environment = dict(
        line.split('=', 1)
        for line in (CONFIG / 'fupin.env').read_text().splitlines()
        if line and not line.startswith('#'))
    environment |= {
        'TRYTOND_CONFIG': str(path),
        'TRYTOND_LOGGING_CONFIG': str(CONFIG / 'logging.conf'),
        'TRYTOND_DATABASE_NAMES': name,
        'FUPIN_BIND': f'127.0.0.1:{port}',
        'FUPIN_WORKERS': '1',
        'PATH': os.environ['PATH'],
        }
    log = tmp_path / 'log'
    with open(log, 'w') as output:
        server = subprocess.Popen([
                Path(sys.executable).with_name('gunicorn'),
                '-c', CONFIG / 'gunicorn.conf.py', 'trytond.application:app'],
            env=environment, stdout=output, stderr=output)
    try:
        assert name in call(port, server, log)
    finally:
        server.terminate()
        server.wait(60)


def call(port, server, log):
    request = urllib.request.Request(
        f'http://127.0.0.1:{port}/rpc/',
        json.dumps({
                'id': 0, 'method': 'common.db.list', 'params': []},
            ).encode(),
        {'Content-Type': 'application/json'})
    until = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)['result']
        except OSError:
            if server.poll() is not None or time.monotonic() > until:
                pytest.fail(log.read_text())
            time.sleep(.2)


def test_backup(config_file, tmp_path):
    path, name = config_file
    options = ['-c', path, '-d']
    folder = tmp_path / 'backup'
    saved = run_backup('save', *options, name, '-o', folder, '--keep', '1')
    assert not saved.returncode, saved.stderr
    backup, = folder.iterdir()
    assert saved.stdout.strip() == str(backup)
    assert backup.stat().st_mode & 0o777 == 0o600

    over = run_backup('restore', *options, name, backup)
    assert over.returncode and 'new database name' in over.stderr

    restored = f'{name}_restored'
    done = run_backup('restore', *options, restored, backup)
    assert not done.returncode, done.stderr
    try:
        modules = subprocess.run([
                sys.executable, '-c', QUERY, path, restored],
            capture_output=True, text=True)
        assert modules.stdout.split() == [
            'fupin_coop', 'fupin_household', 'fupin_industry'], modules.stderr
    finally:
        subprocess.run([sys.executable, '-c', DROP, path, restored])

    missing = run_backup('save', *options, 'absent', '-o', folder)
    assert missing.returncode and missing.stderr
    assert list(folder.iterdir()) == [backup]


START = """\
import sys
from trytond import backend, config
config.update_etc(sys.argv[1])
from trytond.transaction import Transaction
"""
QUERY = START + """
with Transaction().start(sys.argv[2], 0, close=True) as transaction:
    cursor = transaction.connection.cursor()
    cursor.execute("SELECT name FROM ir_module WHERE state = 'activated' "
        "AND name LIKE 'fupin%' ORDER BY name")
    print(*[name for name, in cursor.fetchall()])
"""
DROP = START + """
with Transaction().start(None, 0, close=True, autocommit=True) as t:
    t.database.drop(t.connection, sys.argv[2])
"""


@pytest.mark.plain
def test_nginx(tmp_path):
    if not (nginx := shutil.which('nginx', path='/usr/sbin:/usr/bin')):
        pytest.skip("MISSING: nginx (apt install nginx)")
    for name in ['fullchain.pem', 'privkey.pem']:
        (tmp_path / name).touch()
    subprocess.run([
            'openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes',
            '-subj', '/CN=fupin.example.cn', '-keyout',
            tmp_path / 'privkey.pem', '-out', tmp_path / 'fullchain.pem'],
        check=True, capture_output=True)
    site = (CONFIG / 'nginx.conf').read_text()
    for text, other in [
            ('/etc/ssl/fupin', str(tmp_path)),
            ('listen 80;', f'listen 127.0.0.1:{free_port()};'),
            ('listen 443 ssl;', f'listen 127.0.0.1:{free_port()} ssl;')]:
        assert text in site
        site = site.replace(text, other)
    # what nginx otherwise keeps in the system's folders
    folders = '\n'.join(
        f'{name}_temp_path {tmp_path};' for name in [
            'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'])
    path = tmp_path / 'nginx.conf'
    path.write_text(
        f'pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\n'
        f'http {{\naccess_log off;\n{folders}\n{site}\n}}\n')
    done = subprocess.run(
        [nginx, '-t', '-c', path], capture_output=True, text=True)
    assert not done.returncode, done.stderr


@pytest.mark.plain
def test_services_name_installed_files():
    "The files that the services read are those that config/ provides"
    for unit in (CONFIG / 'systemd').glob('*.service'):
        text = unit.read_text()
        for name in re.findall(r'/etc/fupin/(\S+)', text):
            assert (CONFIG / name).is_file(), unit
        for program in re.findall(r'/opt/fupin/bin/(\S+)', text):
            assert Path(sys.executable).with_name(program).exists(), unit
