# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Keep databases with activated modules from one run to the next.

Tryton keys its DB_CACHE by the names of the modules and of the functions
that set the database up only: the folder is named for the content of the
modules here, and the functions for the content of their files.
"""
import contextlib
import fcntl
import hashlib
import inspect
import os
import shutil
import subprocess
import sys
import time
from functools import cache
from importlib import metadata
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
CACHE = TOP / 'var' / 'test-cache'
SOURCES = {'.cfg', '.csv', '.html', '.po', '.py', '.xml'}
# where PostgreSQL keeps prepared databases as templates
TEMPLATES = 'postgresql://'
UNUSED = 2 * 24 * 60 * 60


@cache
def digest(*folders):
    "Name the content of the sources in these folders"
    result = hashlib.sha256()
    for distribution in sorted(
            f'{d.name} {d.version}' for d in metadata.distributions()
            if d.name.startswith('trytond')):
        result.update(distribution.encode())
    for folder in folders:
        for path in sorted((TOP / folder).rglob('*')):
            if path.suffix in SOURCES and path.is_file():
                result.update(str(path.relative_to(TOP)).encode())
                result.update(path.read_bytes())
    return result.hexdigest()[:16]


@cache
def folder(keep=False):
    """The folder for the present modules; those long unused are removed.

    With keep the one used last, whatever has changed since."""
    current = CACHE / digest('modules')
    if keep:
        current = max(
            (p for p in CACHE.glob('*') if list(p.glob('*.dump'))),
            key=lambda p: p.stat().st_mtime, default=current)
    current.mkdir(parents=True, exist_ok=True)
    current.touch()
    for other in CACHE.iterdir():
        if other != current and other.stat().st_mtime < time.time() - UNUSED:
            shutil.rmtree(other, ignore_errors=True)
    return current


@contextlib.contextmanager
def locked(name):
    "Only one process at a time makes what is kept under this name"
    with open(folder() / f'{name}.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def mend_cache():
    """Make Tryton's cache fit for us.

    Dumps appear complete or not at all to other processes, a changed set-up
    function is another one, and what is missing is made by prepare.py.
    """
    from trytond.tests import test_tryton, tools
    copy, func_name = test_tryton._sqlite_copy, tools._func_name
    restore_cache = test_tryton.restore_db_cache

    def sqlite_copy(file_, restore=False):
        if restore or os.path.exists(file_):
            return copy(file_, restore=restore)
        part = f'{file_}.{os.getpid()}'
        try:
            result = copy(part)
            os.replace(part, file_)
        finally:
            if os.path.exists(part):
                os.unlink(part)
        return result

    def kept(name):
        path = test_tryton._db_cache_file(test_tryton.DB_CACHE, name)
        if path.startswith(TEMPLATES):
            return test_tryton.db_exist(path.rpartition('/')[2])
        return os.path.exists(path)

    def restore_db_cache(name):
        modules = name.split('-')
        if ('FUPIN_PREPARE' not in os.environ
                and all(m.startswith('fupin_') for m in modules)):
            with locked(f'{test_tryton.backend.name}-{name}'):
                if not kept(name):
                    prepare(modules)
        return restore_cache(name)

    def named(func):
        source = Path(inspect.getsourcefile(
                getattr(func, 'func', func))).read_bytes()
        return f'{func_name(func)}-{hashlib.sha256(source).hexdigest()[:16]}'

    test_tryton._sqlite_copy, tools._func_name = sqlite_copy, named
    for module in [test_tryton, tools]:
        module.restore_db_cache = restore_db_cache


def prepare(modules):
    "Make the database of the modules in a process that has no asserts"
    subprocess.run(
        [sys.executable, '-O', Path(__file__).with_name('prepare.py'),
            *modules],
        check=True, cwd=TOP)
