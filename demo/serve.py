# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Prepare the demo county once, keep it in var/demo, and serve it."""
import argparse
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

import client
from settings import CONFIG, settings

TOP = Path(__file__).resolve().parent.parent
VAR = TOP / 'var' / 'demo'
NAME = 'fupin'
ADMIN_PASSWORD = 'fupin-admin'
ENVIRONMENT = {**os.environ, 'PYTHONOPTIMIZE': '1', 'PYTHONUTF8': '1'}


class Demo:

    def __init__(self, uri=None, port=8000):
        self.port = port
        self.url = f'http://localhost:{port}'
        if uri:
            parts = urllib.parse.urlsplit(uri)
            if parts.scheme not in {'postgresql', 'postgres'}:
                sys.exit("DB must be postgresql://user:password@host:port/name"
                    f", not {uri}")
            self.name = parts.path.strip('/') or NAME
            self.uri = parts._replace(scheme='postgresql', path='/').geturl()
            if not parts.netloc:
                self.uri = 'postgresql:///'
            key = hashlib.sha256(
                f'{self.uri}{self.name}'.encode()).hexdigest()[:8]
            self.folder = VAR / f'postgresql-{key}'
        else:
            self.name = NAME
            self.uri = 'sqlite://'
            self.folder = VAR / 'sqlite'
        self.config = self.folder / 'trytond.conf'
        self.stamp = self.folder / 'prepared'
        self.folder.mkdir(parents=True, exist_ok=True)

    def configure(self):
        try:
            root = client.fetch(TOP / 'var' / 'web')
        except client.ClientError as error:
            print(f"\n{error}\nThe desktop client is still served.\n")
            root = ''
        self.config.write_text(settings(
                'sqlite' if self.uri.startswith('sqlite') else 'postgresql',
                uri=self.uri, path=self.folder,
                listen=f'127.0.0.1:{self.port}', root=root))
        self.config.chmod(0o600)
        return bool(root)

    def prepare(self):
        "Create the database and the county, or bring kept ones up to date"
        kept = self.stamp.read_text() if self.stamp.exists() else None
        sources = digest()
        if kept == sources:
            return
        if kept is None and self.uri.startswith('sqlite'):
            # what an interrupted start has left
            for path in self.folder.glob(f'{self.name}.sqlite*'):
                path.unlink()
        print("Activating the modules (a minute):", end='', flush=True)
        with tempfile.NamedTemporaryFile('w') as password:
            password.write(ADMIN_PASSWORD)
            password.flush()
            self.run('database.py', TRYTONPASSFILE=password.name)
        print("Seeding the demo county ...", flush=True)
        self.run('county.py')
        self.stamp.write_text(sources)

    def run(self, program, **environment):
        if subprocess.call([
                    sys.executable, TOP / 'demo' / program,
                    '-c', self.config, '-d', self.name],
                env={**ENVIRONMENT, **environment}):
            sys.exit(f"\ndemo/{program} failed, see above. Run make demo "
                "again; when that fails too, make clean first.")

    def check_port(self):
        with socket.socket() as sock:
            if sock.connect_ex(('127.0.0.1', self.port)) == 0:
                sys.exit(f"\nPort {self.port} is in use, perhaps by another "
                    "make demo. End that one, or choose another port: "
                    f"make demo PORT={self.port + 1}")

    def serve(self, web):
        server = subprocess.Popen(self.command(), env={
                **ENVIRONMENT,
                'TRYTOND_CONFIG': str(self.config),
                'TRYTOND_DATABASE_NAMES': self.name,
                'TRYTOND_LOGGING_CONFIG': str(CONFIG / 'logging.conf'),
                'FUPIN_BIND': f'127.0.0.1:{self.port}',
                # SQLite lets one write at a time
                **({'FUPIN_WORKERS': '1'}
                    if self.uri.startswith('sqlite') else {}),
                })
        signal.signal(signal.SIGTERM, lambda *args: server.terminate())
        try:
            while server.poll() is None:
                with socket.socket() as sock:
                    if sock.connect_ex(('127.0.0.1', self.port)) == 0:
                        break
                time.sleep(.1)
            else:
                sys.exit("\nThe server did not start, see its message above.")
            self.announce(web)
            server.wait()
        except KeyboardInterrupt:
            pass
        finally:
            server.terminate()
            server.wait()

    def command(self):
        "gunicorn as config/ has it, else the server that trytond brings"
        gunicorn = Path(sys.executable).with_name('gunicorn')
        if gunicorn.exists():
            return [
                gunicorn, '-c', CONFIG / 'gunicorn.conf.py',
                'trytond.application:app']
        return [
            gunicorn.with_name('trytond'), '-c', self.config,
            '-d', self.name, '--logconf', CONFIG / 'logging.conf']

    def announce(self, web):
        from county import USERS
        if web:
            print(f"\nWeb client:      {self.url}/#{self.name}")
        else:
            print("\nWeb client:      not served, npm is missing")
        print(f"Desktop client:  localhost:{self.port}, "
            f"database {self.name} (Tryton 8.0)\n")
        users = [*USERS, ('admin', "系统管理员", ADMIN_PASSWORD, "管理员")]
        width = max(len(login) for login, *_ in users)
        for login, name, password, role in users:
            print(f"  {login:<{width}}  {password}  {name}（{role}）")
        print("\nCtrl+C ends the server; the data are kept.", flush=True)


def digest():
    "What the database was made from: a change asks for an update"
    result = hashlib.sha256()
    for path in sorted((TOP / 'modules').rglob('*')):
        if (re.search(r'\.(cfg|xml|po|csv|py|html)$', path.name)
                and path.is_file()):
            result.update(str(path.relative_to(TOP)).encode())
            result.update(path.read_bytes())
    return result.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--database', metavar='URI',
        help="postgresql://user:password@host:port/name")
    parser.add_argument('--port', type=int, default=8000)
    parser.add_argument('--prepare-only', action='store_true')
    args = parser.parse_args()
    demo = Demo(args.database, args.port)
    if not args.prepare_only:
        demo.check_port()
    web = demo.configure()
    demo.prepare()
    if args.prepare_only:
        print(f"Prepared: database {demo.name}, "
            f"configuration {demo.config.relative_to(TOP)}")
    else:
        demo.serve(web)


if __name__ == '__main__':
    main()
