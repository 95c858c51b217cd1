# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""A private PostgreSQL server on 127.0.0.1, ended and removed afterwards."""
import atexit
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

SYSTEM_USER = 'postgres'
OPTIONS = {
    'listen_addresses': '127.0.0.1',
    'unix_socket_directories': '',
    'fsync': 'off',
    'full_page_writes': 'off',
    'synchronous_commit': 'off',
    'max_connections': '200',
    'max_locks_per_transaction': '256',
    'timezone': 'Asia/Shanghai',
    }


class ClusterError(Exception):
    pass


def binaries():
    "The newest PostgreSQL's programs, or None"
    def version(path):
        return [int(n) for n in re.findall(r'\d+', str(path))]
    found = sorted(Path('/usr/lib/postgresql').glob('*/bin/initdb'),
        key=version)
    if found:
        return found[-1].parent
    if initdb := shutil.which('initdb'):
        return Path(initdb).resolve().parent


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


class Cluster:

    def __init__(self, options=None):
        "options are set over those of tests, which lose data with the power"
        self.options = OPTIONS | (options or {})
        self.bin = binaries()
        self.folder = None

    @property
    def uri(self):
        return (f'postgresql://{SYSTEM_USER}:{self.password}'
            f'@127.0.0.1:{self.port}/')

    @property
    def version(self):
        program = subprocess.run(
            [self.bin / 'postgres', '--version'],
            capture_output=True, text=True)
        return program.stdout.split()[2]

    def call(self, program, *args):
        command = [str(self.bin / program), *map(str, args)]
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root
            command = ['runuser', '-u', SYSTEM_USER, '--', *command]
        done = subprocess.run(
            command, cwd='/', stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise ClusterError(f"{' '.join(command)}:\n{done.stdout}")

    def start(self):
        if not self.bin:
            raise ClusterError("PostgreSQL is missing. Install it (apt "
                "install postgresql) or name a server in "
                "TRYTOND_DATABASE_URI=postgresql://user:password@host:port/")
        self.password = secrets.token_hex(16)
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix='fupin-postgresql-'))
        atexit.register(self.stop)
        password = self.folder / 'password'
        password.write_text(self.password)
        if os.getuid() == 0:
            for path in [self.folder, password]:
                shutil.chown(path, SYSTEM_USER)
        data = self.folder / 'data'
        self.call('initdb', '-D', data, '-U', SYSTEM_USER, '-E', 'UTF8',
            '--locale=C.UTF-8', '-A', 'scram-sha-256', '--no-sync',
            f'--pwfile={password}')
        options = ' '.join(
            f"-c {name}='{value}'" for name, value in self.options.items())
        self.call('pg_ctl', '-D', data, '-l', self.folder / 'log', '-w',
            '-o', f'-p {self.port} {options}', 'start')
        # backup programs are found by name
        os.environ['PATH'] = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        return self

    def stop(self):
        if not self.folder:
            return
        try:
            self.call(
                'pg_ctl', '-D', self.folder / 'data', '-m', 'immediate',
                '-w', 'stop')
        except ClusterError:
            pass  # it never started
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = None
