# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Keep a database with modules activated, for the tests to start from.

    python -O tests/prepare.py NAME-OF-MODULE ...

Without asserts that takes half the time, and what the modules depend on is
activated only once: on SQLite for all states of the sources.  The tests call
it with their own environment when the database is missing.
"""
import os
import sys
from pathlib import Path

import caching


def depends(modules):
    "Return the names of the modules that these depend on"
    from trytond.modules import get_module_info
    found, todo = set(), list(modules)
    while todo:
        new = set(get_module_info(todo.pop()).get('depends', [])) - found
        found |= new
        todo.extend(new)
    return found


def base(modules):
    "Have in the database what the modules depend on"
    from trytond.tests import test_tryton
    needed = depends(modules)
    others = sorted(name for name in needed if not name.startswith('fupin_'))
    current = test_tryton.DB_CACHE
    if current != caching.TEMPLATES:
        folder = Path(current).parent / caching.digest()
        folder.mkdir(exist_ok=True)
        test_tryton.DB_CACHE = str(folder)
        test_tryton.activate_module(others)
        test_tryton.DB_CACHE = current
    elif ours := [n for n in needed if n.startswith('fupin_')]:
        # nothing is kept from an earlier run: one builds on the other
        lower = max(ours, key=lambda n: len(depends([n])))
        del os.environ['FUPIN_PREPARE']
        test_tryton.restore_db_cache(lower)
        os.environ['FUPIN_PREPARE'] = ''


def main():
    modules = sys.argv[1:]
    caching.mend_cache()
    from trytond.tests import test_tryton
    base(modules)
    test_tryton.activate_module(modules)
    test_tryton.drop_db()


if __name__ == '__main__':
    # not again for what it makes itself
    os.environ['FUPIN_PREPARE'] = ''
    main()
