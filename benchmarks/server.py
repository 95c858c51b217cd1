# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Calls as the clients make them: to the application in this process, so
that what is measured is the server's time, or to gunicorn on loopback."""
import base64
import gzip
import http.client
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from . import TOP
from .county import PASSWORD

# as the clients do: uncompressed answers come in thousands of pieces
SESSION = {'Content-Type': 'application/json', 'Accept-Encoding': 'gzip'}
GZIP = bytes([0x1f, 0x8b])


class CallError(Exception):
    "The server refused a call"


class Client:
    "A user who has logged in"

    def __init__(self, database, login):
        self.path = f'/{database}/rpc/'
        self.headers = dict(SESSION)
        id_, session, *_ = self(
            'common.db.login', login, {'password': PASSWORD}, 'zh_CN')
        token = base64.b64encode(
            f'{login}:{id_}:{session}'.encode()).decode()
        self.headers['Authorization'] = f'Session {token}'
        self.user = id_
        self.context = {}
        self.context = self('model.res.user.get_preferences', True, {})
        self.context['client'] = 'benchmark'

    def __call__(self, method, *params):
        from trytond.protocols.jsonrpc import JSONEncoder
        body = json.dumps(
            {'id': 1, 'method': method, 'params': params}, cls=JSONEncoder)
        status, answer = self.send(body)
        if answer.startswith(GZIP):
            answer = gzip.decompress(answer)
        if status != 200:
            raise CallError(f'{method}: {status} {answer[:500]}')
        answer = json.loads(answer)
        if answer.get('error'):
            raise CallError(f"{method}: {answer['error']}")
        return answer['result']

    def model(self, name, method, *params, context=None):
        return self(
            f'model.{name}.{method}', *params, self.context | (context or {}))

    def send(self, body):
        raise NotImplementedError


class LocalClient(Client):
    "To the application in this process"

    def __init__(self, database, login):
        # the routes come with the dispatcher
        import trytond.protocols.dispatcher  # noqa: F401
        from werkzeug.test import Client as Werkzeug
        from trytond.wsgi import app
        self.client = Werkzeug(app)
        super().__init__(database, login)

    def send(self, body):
        response = self.client.post(
            self.path, data=body, headers=self.headers)
        return response.status_code, response.get_data()


class RemoteClient(Client):
    "Over HTTP"

    def __init__(self, port, database, login):
        self.connection = http.client.HTTPConnection(
            '127.0.0.1', port, timeout=120)
        super().__init__(database, login)

    def send(self, body):
        self.connection.request(
            'POST', self.path, body=body, headers=self.headers)
        response = self.connection.getresponse()
        return response.status, response.read()


@contextmanager
def serve(config_file, database, folder):
    "The server as config/ runs it, on a free port"
    from postgresql import free_port
    port = free_port()
    environment = os.environ | {
        'TRYTOND_CONFIG': str(config_file),
        'TRYTOND_LOGGING_CONFIG': str(TOP / 'config' / 'logging.conf'),
        'TRYTOND_DATABASE_NAMES': database,
        'FUPIN_BIND': f'127.0.0.1:{port}',
        'PYTHONOPTIMIZE': '1',
        'PYTHONUTF8': '1',
        }
    log = Path(folder, 'gunicorn.log')
    with open(log, 'w') as output:
        server = subprocess.Popen([
                Path(sys.executable).with_name('gunicorn'),
                '-c', TOP / 'config' / 'gunicorn.conf.py',
                'trytond.application:app'],
            env=environment, stdout=output, stderr=output)
    try:
        wait_for(port, server, log)
        yield port
    finally:
        server.terminate()
        server.wait(60)


def wait_for(port, server, log):
    until = time.monotonic() + 180
    while True:
        try:
            connection = http.client.HTTPConnection(
                '127.0.0.1', port, timeout=60)
            connection.request(
                'POST', '/rpc/', headers=SESSION, body=json.dumps({
                        'id': 0, 'method': 'common.server.version',
                        'params': []}))
            if connection.getresponse().status == 200:
                return
        except OSError:
            if server.poll() is not None or time.monotonic() > until:
                raise CallError(
                    f'The server did not start:\n{log.read_text()}')
            time.sleep(.2)
