# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Seed the demo county: invented, the same every time, complete or not at all.

    python demo/county.py -c trytond.conf -d NAME [--today DATE]
        [--start DATE] [--size N]

Everything goes through the models of the system, in the name of the users
of the county.  A database that has the county already is left alone.
"""
import argparse
import datetime as dt
import gc
import random
import sys
import time

from trytond import config
from trytond.pool import Pool
from trytond.transaction import Transaction, TransactionError

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

    def __init__(self, today, size=HOUSEHOLDS, start=None):
        self.today = today
        self.size = size
        current = today.year + (today.month >= YEAR_START)
        self.income_years = range(current - 2, current + 1)
        # the first day on which the cooperatives work
        self.start = start or dt.date(current - 3, YEAR_START, 1)
        self.areas = {}
        self.households = []
        self.users = {}
        self.cooperatives = []
        # households with somebody in a cooperative
        self.members = set()

    @property
    def scale(self):
        return self.size / HOUSEHOLDS

    def random(self, name):
        "The same numbers every time, whatever the other stages draw"
        return random.Random(f'{SEED} {name}')


def stages():
    "Return (share of the time, what is done, function) of each stage"
    import cooperatives
    import cycles
    import declarations
    import linkages
    import parcels
    import registry
    import relapses
    import reviews
    import summary
    import trade
    import users
    return [
        (2, "行政区划", registry.enter_areas),
        (2, "用户", users.enter_users),
        (1, "收入年度", registry.enter_income_years),
        (20, "农户和人口", registry.enter_households),
        (10, "合作社、成员和价格", cooperatives.enter_cooperatives),
        (1, "轮作规定", cycles.enter_rotation_rule),
        (60, "交售、销售和结算", trade.trade),
        (4, "土地流转", parcels.enter_land),
        (1, "利益联结", linkages.enter_linkages),
        (20, "收入申报", declarations.enter_declarations),
        (1, "返贫预警", relapses.enter_warnings),
        (1, "年度关账", summary.close_first_year),
        (1, "年度审核", reviews.review_first_year),
        ]


def seed(today, size=HOUSEHOLDS, start=None, say=print):
    """Enter the county in the current transaction and return it.

    size is the number of households, start the day on which the cooperatives
    begin to work.  None if the county is there already."""
    import registry
    import summary
    if registry.find_county():
        return
    county = County(today, size, start)
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
                analyze()
        done += share
        analyze()
    say(" 99 %  核对 …")
    for line in summary.report(county):
        say(line)
    say("100 %")
    return county


def analyze():
    """Tell PostgreSQL what is in the tables by now.

    By itself it looks only after the end of the transaction, and plans until
    then as if nothing was there."""
    # only now: the configuration chooses it
    from trytond import backend
    connection = Transaction().connection
    if backend.name == 'postgresql':
        connection.cursor().execute('ANALYZE')


def run(database, *args, **kwargs):
    """Enter the county and commit; return what seed returns.

    All tables are locked beforehand: to ask for the lock of one later would
    mean to start anew."""
    # only now: it chooses the backend
    from trytond.model import ModelSQL
    extras = {'_lock_tables': ['ir_sequence_strict', *sorted(
                Model._table for name, Model in Pool(database).iterobject()
                if issubclass(Model, ModelSQL)
                and not Model._is_table_query()
                and name.split('.')[0] not in {'ir', 'res'})]}
    while True:
        try:
            with Transaction().start(
                    database, 1, context={'language': 'zh_CN'}, **extras
                    ) as transaction:
                county = seed(*args, **kwargs)
                transaction.commit()
                return county
        except TransactionError as error:
            error.fix(extras)
        finally:
            # nobody waits for what was put off
            Transaction().tasks.clear()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('-c', '--config', required=True)
    parser.add_argument('-d', '--database', required=True)
    parser.add_argument(
        '--today', type=dt.date.fromisoformat, default=dt.date.today(),
        metavar='DATE', help="the last day of the county, default today")
    parser.add_argument(
        '--start', type=dt.date.fromisoformat, metavar='DATE',
        help="the first day of the cooperatives, default three years before")
    parser.add_argument(
        '--size', type=int, default=HOUSEHOLDS, metavar='N',
        help="the number of households, default %(default)s")
    args = parser.parse_args()
    config.update_etc(args.config)
    Pool.start()
    pool = Pool(args.database)
    pool.init()
    # What is loaded stays: looking for garbage in it takes a tenth of the time
    gc.freeze()
    gc.set_threshold(20000, 20, 100)
    start = time.monotonic()
    if run(args.database, args.today, args.size, args.start,
            say=lambda text: print(text, flush=True)):
        print(f"用时 {time.monotonic() - start:.0f} 秒", flush=True)
    else:
        print("演示县已在库中，未作改动。", flush=True)


if __name__ == '__main__':
    sys.exit(main())
