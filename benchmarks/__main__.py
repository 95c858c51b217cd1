# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Measure the system on an invented county beside plain SQL on the same data.

    make bench [SCALE=0.1] [ARGS='--only forms']

It works on a private PostgreSQL server, which is gone afterwards, prints a
table and writes benchmarks/results/."""
import argparse
import datetime as dt
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from . import TOP, measure
from .works import GROUPS

import caching
import postgresql
from settings import settings

RESULTS = TOP / 'benchmarks' / 'results'
KEPT = RESULTS / 'kept.json'
# a server of a county: what it has written is safe, and a quarter of a small
# machine's memory is its own
SERVER = {
    'fsync': 'on',
    'full_page_writes': 'on',
    'synchronous_commit': 'on',
    'shared_buffers': '1GB',
    'effective_cache_size': '3GB',
    'work_mem': '32MB',
    'maintenance_work_mem': '256MB',
    'max_wal_size': '4GB',
    'checkpoint_timeout': '15min',
    'random_page_cost': '1.1',
    }


class Run:
    "A server, and the county at each scale in a database of its own"

    def __init__(self, cluster, folder):
        self.cluster = cluster
        self.folder = Path(folder)
        self.config = self.folder / 'trytond.conf'
        self.config.write_text(settings(
                'postgresql', uri=cluster.uri, root=''))

    def call(self, *command, **environment):
        done = subprocess.run([str(c) for c in command], cwd=TOP, env={
                **{k: v for k, v in os.environ.items()
                    if not k.startswith('TRYTOND_')},
                'PYTHONOPTIMIZE': '1', 'PYTHONUTF8': '1',
                'TZ': 'Asia/Shanghai', **environment})
        if done.returncode:
            raise SystemExit(f"{command[0]} failed, see above")

    def python(self, *command, **environment):
        self.call(sys.executable, *command, **environment)

    def create(self, name, template='template0'):
        self.call(
            'psql', '-q', f'{self.cluster.uri}template1', '-c',
            f'CREATE DATABASE {name} TEMPLATE {template}')

    def activate(self):
        """Make the database empty with our modules, which others start from;
        it is kept in var/bench from one run to the next."""
        digest = hashlib.sha256(
            f"{caching.digest('modules')} {self.cluster.version}".encode())
        kept = TOP / 'var' / 'bench' / f'{digest.hexdigest()[:16]}.dump'
        uri = f'{self.cluster.uri}empty'
        if kept.exists():
            self.create('empty')
            self.call('pg_restore', '--no-owner', '-d', uri, kept)
            return
        password = self.folder / 'password'
        password.write_text('fupin-admin')
        self.python(
            TOP / 'demo' / 'database.py', '-c', self.config, '-d', 'empty',
            TRYTONPASSFILE=str(password))
        shutil.rmtree(kept.parent, ignore_errors=True)
        kept.parent.mkdir(parents=True)
        part = kept.with_suffix('.part')
        self.call('pg_dump', '-F', 'c', '-f', part, uri)
        part.rename(kept)

    def measure(self, scale, args):
        "Load a county and return what was measured on it"
        name = f'county_{scale:g}'.replace('.', '_')
        print(f'county of scale {scale:g}', flush=True)
        self.create(name, 'empty')
        self.python(
            '-m', 'benchmarks.county', '-c', self.config, '-d', name,
            '--scale', scale)
        output = self.folder / f'{name}.json'
        print(f'\n{measure.HEADER}', flush=True)
        self.python(
            '-m', 'benchmarks.works', '-c', self.config, '-d', name,
            '--scale', scale, '--rounds', args.rounds, '-o', output,
            '--only', *args.only)
        self.call(
            'psql', '-q', f'{self.cluster.uri}template1', '-c',
            f'DROP DATABASE {name}')
        print(flush=True)
        return [
            measure.Result(**values)
            for values in json.loads(output.read_text())]


def growth(half, full):
    "Return {work: how many times as long it takes at twice the scale}"
    before = {r.name: min(r.ours) for r in half}
    return {
        r.name: round(min(r.ours) / before[r.name], 2)
        for r in full if before.get(r.name)}


def report(args, cluster, results, grown):
    return {
        'date': dt.datetime.now(dt.timezone.utc).isoformat(
            timespec='minutes'),
        'scale': args.scale,
        'machine': measure.machine(),
        'versions': {
            'python': platform.python_version(),
            'postgresql': cluster.version,
            **{name: metadata.version(name)
                for name in ['trytond', 'psycopg', 'python-sql', 'fupin']},
            },
        'growth': grown,
        'results': {r.name: r.as_dict() for r in results},
        }


def main():
    parser = argparse.ArgumentParser(
        prog='make bench', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--scale', type=float, default=.1)
    parser.add_argument(
        '--rounds', type=int, default=3, help="default %(default)s")
    parser.add_argument('--only', nargs='+', choices=GROUPS, default=GROUPS)
    parser.add_argument(
        '--half', action='store_true',
        help="measure half the scale before, for the growth")
    parser.add_argument(
        '--check', action='store_true',
        help="fail when it is worse than benchmarks/results/kept.json, and "
        "write nothing")
    parser.add_argument(
        '--keep', action='store_true', help="let kept.json be this run")
    args = parser.parse_args()
    if args.rounds < 3:
        parser.error("at least 3 rounds")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    cluster = postgresql.Cluster(SERVER).start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            run = Run(cluster, folder)
            run.activate()
            half = run.measure(args.scale / 2, args) if args.half else []
            full = run.measure(args.scale, args)
    finally:
        cluster.stop()
    grown = growth(half, full)
    for name, factor in grown.items():
        print(f'{name:<44} {factor:5.2f} times from half to full scale')
    if args.check:
        kept = json.loads(KEPT.read_text())
        problems = measure.compare(full, kept['results'])
        print('\n'.join(problems) or 'nothing is worse than what is kept')
        raise SystemExit(bool(problems))
    text = json.dumps(
        report(args, cluster, full, grown), ensure_ascii=False, indent=1)
    path = KEPT if args.keep else RESULTS / (
        f'{dt.date.today():%Y-%m-%d}-scale-{args.scale:g}.json')
    path.write_text(text + '\n')
    print(f'\nwritten: {path.relative_to(TOP)}')


if __name__ == '__main__':
    main()
