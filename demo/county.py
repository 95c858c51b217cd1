# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Seed the demo county: invented, the same every time, complete or not at all.

    python demo/county.py -c trytond.conf -d NAME [--today DATE] [--scale N]

Everything goes through the models of the system, in the name of the users
of the county.  A database that has the county already is left alone.
"""
import argparse
import datetime as dt
import random
import sys
import time

from trytond import config
from trytond.pool import Pool
from trytond.transaction import Transaction

PASSWORD = 'fupin-demo'
# login, name, password, role
USERS = [
    ('nongye', "何敏", PASSWORD, "县农业农村局"),
    ('chengguan', "郑涛", PASSWORD, "城关镇经办"),
    ('qingshi', "苏静", PASSWORD, "青石镇经办"),
    ('mogu', "赵立新", PASSWORD, "食用菌合作社负责人"),
    ('xigua', "孙丰收", PASSWORD, "西瓜合作社负责人"),
    ('huoji', "刘敬业", PASSWORD, "打火机合作社负责人"),
    ('shenji', "宋明鉴", PASSWORD, "审计"),
    ]
SEED = 'fupin'
HOUSEHOLDS = 400
# the income year of a date ends on 30 September
YEAR_START = 10


class County:
    "What the stages of the seeding hand on to one another"

    def __init__(self, today, size=HOUSEHOLDS):
        self.today = today
        self.size = size
        current = today.year + (today.month >= YEAR_START)
        self.income_years = range(current - 2, current + 1)
        # the first day for which the county has books
        self.start = dt.date(current - 3, YEAR_START, 1)
        self.areas = {}
        self.households = []
        self.users = {}

    def random(self, name):
        "The same numbers every time, whatever the other stages draw"
        return random.Random(f'{SEED} {name}')


def stages():
    "Return (share of the time, what is done, function) of each stage"
    import declarations
    import registry
    import users
    return [
        (2, "行政区划", registry.enter_areas),
        (2, "用户", users.enter_users),
        (1, "收入年度", registry.enter_income_years),
        (20, "农户和人口", registry.enter_households),
        (20, "收入申报", declarations.enter_declarations),
        ]


def seed(today, size=HOUSEHOLDS, say=print):
    """Enter the county in the current transaction and return it.

    None if it is there already."""
    import registry
    if registry.find_county():
        return
    county = County(today, size)
    to_do = stages()
    total = sum(share for share, _, _ in to_do)
    done = 0
    for share, name, function in to_do:
        say(f'{done * 100 // total:3d} %  {name} …')
        shown = part = 0
        for step in function(county) or []:
            part += step
            if (part - shown) * share > total / 10:
                say(f'{(done + part * share) * 100 / total:3.0f} %  {name} …')
                shown = part
        done += share
    say("100 %")
    return county


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('-c', '--config', required=True)
    parser.add_argument('-d', '--database', required=True)
    parser.add_argument(
        '--today', type=dt.date.fromisoformat, default=dt.date.today(),
        metavar='DATE', help="the last day of the county, default today")
    parser.add_argument(
        '--size', type=int, default=HOUSEHOLDS, metavar='N',
        help="the number of households, default %(default)s")
    args = parser.parse_args()
    config.update_etc(args.config)
    Pool.start()
    pool = Pool(args.database)
    pool.init()
    start = time.monotonic()
    with Transaction().start(
            args.database, 1, context={'language': 'zh_CN'}) as transaction:
        if not seed(args.today, args.size, lambda s: print(s, flush=True)):
            print("演示县已在库中，未作改动。")
            return
        transaction.commit()
    print(f"用时 {time.monotonic() - start:.0f} 秒", flush=True)


if __name__ == '__main__':
    sys.exit(main())
