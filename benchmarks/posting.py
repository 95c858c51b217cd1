# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Post a delivery with all its effects, alone and with others."""
import tempfile
import threading
import time

from .county import managers
from .measure import Result, percentile, seconds
from .screen import LIMIT
from .server import LocalClient, RemoteClient, serve

# milliseconds of 95 of 100
ALONE = 60
# 8 clients post 1.5 times as much as one
TOGETHER = 1 / 1.5
CLIENTS = 8
EACH = 5


def run(bench):
    yield alone(bench)
    yield together(bench)


class Weigher:
    "Writes tickets and posts them"

    def __init__(self, client):
        self.client = client
        company = client.context['company']
        self.members = client.model(
            'fupin.member', 'search', [('company', '=', company)], 0, LIMIT,
            [('id', 'ASC')])
        product, = client.model(
            'product.product', 'search', [], 0, 1, None)
        self.values = client.model(
            'fupin.delivery', 'default_get', [
                'company', 'date', 'method', 'warehouse', 'tare',
                'deduction_rate'])
        self.values = {
            n: v for n, v in self.values.items() if '.' not in n} | {
            'product': product,
            'grade': client.model(
                'fupin.product.grade', 'search', [], 0, 1, None)[0],
            'unit': client.model(
                'product.product', 'read', [product],
                ['default_uom'])[0]['default_uom'],
            'gross': decimal('123.5'),
            'tare': decimal('1.2'),
            }

    def draft(self, count):
        "Return the ids of new tickets"
        return self.client.model('fupin.delivery', 'create', [
                self.values | {'member': self.members[i % len(self.members)]}
                for i in range(count)])

    def post(self, id_):
        self.client.model('fupin.delivery', 'post', [id_])


def decimal(value):
    return {'__class__': 'Decimal', 'decimal': value}


def alone(bench):
    weigher = Weigher(LocalClient(bench.database, managers(bench.plan)[0]))
    rounds = bench.rounds * 10
    ids = iter(weigher.draft(rounds + 1))
    result = bench.alternate(
        'posting one delivery', lambda: weigher.post(next(ids)), limit=ALONE,
        rounds=rounds)
    result.note = f'95 of 100: {seconds(percentile(result.ours, .95))}'
    return result


def together(bench):
    """The time of a posting with many clients, each at the scale of its own
    cooperative, by that of one client; both over HTTP."""
    logins = managers(bench.plan)
    with tempfile.TemporaryDirectory() as folder, \
            serve(bench.config_file, bench.database, folder) as port:
        weighers = [
            Weigher(RemoteClient(
                    port, bench.database, logins[i % len(logins)]))
            for i in range(CLIENTS)]
        # each worker of the server has posted once
        at_once(weighers, 2)
        result = Result(
            f'posting, {CLIENTS} clients by one', limit=TOGETHER)
        for _ in range(bench.rounds):
            result.floor.append(at_once(weighers[:1], EACH))
            result.ours.append(at_once(weighers, EACH))
    result.note = (
        f'{1 / min(result.floor):.1f} postings/s with one client, '
        f'{1 / min(result.ours):.1f} with {CLIENTS}')
    return result


def at_once(weighers, count):
    "Let each post so many and return the seconds that a posting took"
    tickets = [(w, w.draft(count)) for w in weighers]
    errors = []

    def work(weigher, ids):
        try:
            for id_ in ids:
                weigher.post(id_)
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=work, args=t) for t in tickets]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return (time.perf_counter() - start) / (count * len(weighers))
