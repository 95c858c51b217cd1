# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The desktop client (GTK) on a display of its own.

The client runs unmodified with the system's Python, which has PyGObject;
gtk_driver.py lives inside of it and does what it is told, line by line.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import caching

PYTHON = '/usr/bin/python3'
PACKAGES = ['tryton~=8.0.0', 'python-dateutil', 'six']
PROGRAMS = {
    'Xvfb': 'xvfb', 'openbox': 'openbox', 'xdotool': 'xdotool',
    'import': 'imagemagick', 'dbus-run-session': 'dbus'}
DRIVER = Path(__file__).with_name('gtk_driver.py')
PROFILES = """\
[local]
host = {host}
database = {database}
username = {login}
"""
CONFIGURATION = """\
[login]
profile = local
host = {host}
db = {database}
login = {login}
expanded = True

[client]
check_version = False
lang = zh_CN
"""


class DesktopError(Exception):
    pass


def available():
    "What is missing to run the desktop client, or None"
    missing = [
        package for program, package in PROGRAMS.items()
        if not shutil.which(program)]
    if missing:
        return f"apt install {' '.join(missing)}"
    code = ("import gi; gi.require_version('Gtk', '3.0'); "
        "gi.require_foreign('cairo')")
    if subprocess.run([PYTHON, '-c', code], capture_output=True).returncode:
        return "apt install python3-gi python3-gi-cairo gir1.2-gtk-3.0"
    locales = subprocess.run(
        ['locale', '-a'], capture_output=True, text=True).stdout.lower()
    if 'zh_cn.utf' not in locales:
        return "localedef -i zh_CN -f UTF-8 zh_CN.UTF-8 (apt install locales)"


@cache
def site():
    "The folder with the client's packages"
    folder = caching.TOP / 'var' / 'desktop'
    with caching.locked('desktop'):
        if not (folder / 'done').exists():
            done = subprocess.run([
                    sys.executable, '-m', 'pip', 'install', '--quiet',
                    '--upgrade', '--target', folder, '--no-deps', *PACKAGES],
                capture_output=True, text=True)
            if done.returncode:
                raise DesktopError(done.stderr)
            (folder / 'done').touch()
    return folder


class Desktop:
    """A logged out client.

    After login() every method of gtk_driver.Driver can be called on it.
    """

    def __init__(self, server, folder, timeout=90):
        self.server = server
        self.folder = Path(folder)
        self.timeout = timeout
        self.log = self.folder / 'desktop.log'
        self._processes = []

    def __enter__(self):
        self._home = Path(tempfile.mkdtemp(prefix='fupin-desktop-'))
        try:
            self._start_display()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *args):
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def _start(self, command, **kwargs):
        process = subprocess.Popen(command, env=self._environment, **kwargs)
        self._processes.append(process)
        return process

    def _start_display(self):
        read, write = os.pipe()
        self._environment = {
            **{k: v for k, v in os.environ.items()
                if k not in {'DISPLAY', 'PYTHONPATH', 'WAYLAND_DISPLAY'}},
            'HOME': str(self._home),
            'XDG_CONFIG_HOME': str(self._home / 'config'),
            'XDG_RUNTIME_DIR': str(self._home),
            'GDK_BACKEND': 'x11',
            'GSETTINGS_BACKEND': 'memory',
            'GTK_THEME': 'Adwaita',
            'NO_AT_BRIDGE': '1',
            'LANG': 'zh_CN.UTF-8',
            'LC_ALL': 'zh_CN.UTF-8',
            'LANGUAGE': 'zh_CN',
            'FUPIN_DESKTOP_SITE': str(site()),
            }
        output = open(self.log, 'w')
        self._start([
                'Xvfb', '-displayfd', str(write), '-screen', '0',
                '1500x950x24', '-nolisten', 'tcp', '-noreset'],
            pass_fds=[write], stdout=output, stderr=output)
        os.close(write)
        with open(read) as display:
            self._environment['DISPLAY'] = f':{display.readline().strip()}'
        self._start(['openbox'], stdout=output, stderr=output)
        time.sleep(.5)
        self._output = output

    def login(self, login, password):
        config = self._home / 'config' / 'tryton' / '8.0'
        config.mkdir(parents=True, exist_ok=True)
        values = {
            'host': f'localhost:{self.server.port}',
            'database': self.server.database,
            'login': login,
            }
        (config / 'profiles.cfg').write_text(PROFILES.format(**values))
        (config / 'tryton.conf').write_text(CONFIGURATION.format(**values))
        self._client = self._start(
            ['dbus-run-session', '--', PYTHON, DRIVER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._output, text=True)
        self._call('login', password)

    def _call(self, name, *args):
        try:
            json.dump([name, args, self.timeout], self._client.stdin)
            self._client.stdin.write('\n')
            self._client.stdin.flush()
            answer = self._client.stdout.readline()
        except BrokenPipeError:
            answer = None
        if not answer:
            raise DesktopError(
                f"The client ended at {name}{args}, see {self.log}:\n"
                f"{self.log.read_text()[-2000:]}")
        answer = json.loads(answer)
        if 'error' in answer:
            raise DesktopError(f"{name}{args}: {answer['error']}")
        return answer['result']

    def __getattr__(self, name):
        if name.startswith('_'):
            raise AttributeError(name)
        return lambda *args: self._call(name, *args)

    def new(self):
        self.tool('new')

    def save(self):
        self.tool('save')

    def screenshot(self, name):
        path = self.folder / f'{name}.png'
        subprocess.run(
            ['import', '-window', 'root', path], env=self._environment,
            check=True, timeout=30)
        return path
