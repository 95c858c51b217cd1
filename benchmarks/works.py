# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Run the works on a county that is loaded.

    python -m benchmarks.works -c trytond.conf -d NAME --scale 1 [--only W3]
"""
import argparse
import datetime as dt
import importlib
import json
from pathlib import Path

from . import county, measure

GROUPS = [
    'imports', 'income_reports', 'surplus_posting', 'forms', 'posting',
    'closing_year']


def run(bench, groups=GROUPS):
    "Return the results of the works"
    results = []
    for name in groups:
        module = importlib.import_module(f'benchmarks.{name}')
        for result in module.run(bench):
            results.append(result)
            print(measure.line(result), flush=True)
    return results


def main():
    from trytond import config
    from trytond.pool import Pool
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('-c', '--config', required=True)
    parser.add_argument('-d', '--database', required=True)
    parser.add_argument('--scale', type=float, required=True)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--only', nargs='+', choices=GROUPS, default=GROUPS)
    parser.add_argument('-o', '--output')
    args = parser.parse_args()
    config.update_etc(args.config)
    Pool.start()
    Pool(args.database).init()
    bench = measure.Bench(
        args.database, county.Plan(args.scale, dt.date.today()), args.config,
        args.rounds)
    results = run(bench, args.only)
    if args.output:
        Path(args.output).write_text(json.dumps(
                [vars(r) for r in results], ensure_ascii=False))


if __name__ == '__main__':
    main()
