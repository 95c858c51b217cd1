# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Fixtures of the tests with real clients.

server          on a fresh database with our modules, only admin in it
county_server   on the seeded demo county
web, desktop    a client that is not yet logged in on the server fixture
open_web, open_desktop
                make a client for a given server
"""
import re
from contextlib import ExitStack

import pytest

import caching
from clients import desktop as desktop_, server as server_, web as web_


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == 'clients':
            item.add_marker(pytest.mark.client)


@pytest.fixture(scope='module')
def web_root():
    if missing := web_.available():
        pytest.skip(f"MISSING for the web client: {missing}")
    return server_.web_root()


def serve(folder, *programs, options=None):
    "Yield a server on the database made by these programs of demo/"
    root = ''
    if not web_.available():
        root = server_.web_root()
    database = server_.prepared(*programs, options=options)
    with server_.Server(folder, database, root) as server:
        yield server


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    yield from serve(tmp_path_factory.mktemp('server'), 'database.py')


@pytest.fixture(scope='module')
def county_server(tmp_path_factory):
    yield from serve(
        tmp_path_factory.mktemp('county'), 'database.py', 'county.py')


@pytest.fixture
def _open(request, tmp_path):
    "Open clients; what they show when the test fails is kept"
    with ExitStack() as stack:
        opened = []

        def open_(kind, server):
            client = stack.enter_context(kind(server, tmp_path))
            opened.append(client)
            return client
        yield open_
        report = getattr(request.node, 'report_call', None)
        if report is not None and report.failed:
            keep(request.node, opened)


def keep(item, clients):
    folder = caching.TOP / 'var' / 'test-output'
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r'[^\w.-]+', '-', item.nodeid)
    for number, client in enumerate(clients):
        kept = folder / f'{name}-{number}.png'
        client.screenshot('failed').replace(kept)
        item.add_report_section('call', 'screenshot', str(kept))


@pytest.fixture
def open_web(_open, web_root):
    return lambda server: _open(web_.Web, server)


@pytest.fixture
def open_desktop(_open):
    if missing := desktop_.available():
        pytest.skip(f"MISSING for the desktop client: {missing}")
    return lambda server: _open(desktop_.Desktop, server)


@pytest.fixture
def web(open_web, server):
    return open_web(server)


@pytest.fixture
def desktop(open_desktop, server):
    return open_desktop(server)
