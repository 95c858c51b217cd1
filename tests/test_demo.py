# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What make demo says when something is missing."""
import ast
import builtins
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import client
import environment
import serve

pytestmark = pytest.mark.plain
TOP = Path(__file__).resolve().parent.parent


def test_old_python(monkeypatch):
    monkeypatch.setattr(sys, 'version_info', (3, 9, 2))
    with pytest.raises(SystemExit, match="Python 3.11 or newer"):
        environment.check_python()


def test_environment_is_read_by_old_python():
    "So that it can say that it is too old"
    ast.parse(
        (TOP / 'demo' / 'environment.py').read_text(),
        feature_version=(3, 6))


def test_no_venv(monkeypatch):
    import_ = builtins.__import__

    def no_ensurepip(name, *args, **kwargs):
        if name == 'ensurepip':
            raise ImportError(name)
        return import_(name, *args, **kwargs)
    monkeypatch.setattr(builtins, '__import__', no_ensurepip)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        environment.check_python()


def test_no_npm(monkeypatch, tmp_path):
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(client.ClientError, match="apt install npm"):
        client.fetch(tmp_path / 'web')


def test_npm_fails(monkeypatch, tmp_path):
    npm = tmp_path / 'npm'
    npm.write_text('#!/bin/sh\nexit 1\n')
    npm.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=os.pathsep)
    with pytest.raises(client.ClientError, match="try again"):
        client.fetch(tmp_path / 'web')
    assert not (tmp_path / 'web' / 'done').exists()


def test_desktop_without_npm(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(serve, 'VAR', tmp_path)
    monkeypatch.setattr(client, 'fetch', fail)
    demo = serve.Demo()
    assert not demo.configure()
    assert "npm is missing" in capsys.readouterr().out
    assert '\nroot = \n' in demo.config.read_text()


def fail(folder):
    raise client.ClientError("npm is missing")


@pytest.mark.parametrize('uri', ['mysql://localhost/x', 'fupin'])
def test_wrong_database(uri):
    with pytest.raises(SystemExit, match="DB must be postgresql://"):
        serve.Demo(uri)


@pytest.mark.parametrize('uri, server, name', [
        ('postgresql://u:p@h:5433/county', 'postgresql://u:p@h:5433/',
            'county'),
        ('postgresql://h', 'postgresql://h/', 'fupin'),
        ('postgresql:///county', 'postgresql:///', 'county'),
        ])
def test_database(monkeypatch, tmp_path, uri, server, name):
    monkeypatch.setattr(serve, 'VAR', tmp_path)
    demo = serve.Demo(uri)
    assert (demo.uri, demo.name) == (server, name)


def test_each_database_has_its_own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(serve, 'VAR', tmp_path)
    demos = [serve.Demo(u) for u in [
            None, 'postgresql://h/a', 'postgresql://h/b', 'postgresql://i/a']]
    assert len({d.folder for d in demos}) == len(demos)


def test_port_in_use(monkeypatch, tmp_path):
    monkeypatch.setattr(serve, 'VAR', tmp_path)
    with socket.create_server(('127.0.0.1', 0)) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(SystemExit, match=f"PORT={port + 1}"):
            serve.Demo(port=port).check_port()


def test_interrupted(monkeypatch, tmp_path):
    "What an interrupted preparation left is made anew, what is done kept"
    monkeypatch.setattr(serve, 'VAR', tmp_path)
    monkeypatch.setattr(serve, 'digest', lambda: 'now')
    runs = []
    monkeypatch.setattr(
        serve.Demo, 'run', lambda self, program, **env: runs.append(program))
    demo = serve.Demo()
    half = demo.folder / 'fupin.sqlite'
    half.touch()
    demo.prepare()
    assert not half.exists()
    assert runs == ['database.py', 'county.py']
    half.touch()
    demo.prepare()
    assert half.exists()
    assert len(runs) == 2
    monkeypatch.setattr(serve, 'digest', lambda: 'later')
    demo.prepare()
    assert half.exists()
    assert len(runs) == 4


def test_database_unreachable(tmp_path):
    config = tmp_path / 'trytond.conf'
    config.write_text(
        '[database]\nuri = postgresql://nobody:x@127.0.0.1:1/\n')
    done = subprocess.run([
            sys.executable, TOP / 'demo' / 'database.py', '-c', config,
            '-d', 'fupin'],
        capture_output=True, text=True, timeout=300)
    assert done.returncode
    assert "can't be reached" in done.stderr
    assert 'Traceback' not in done.stderr
