# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Keep an SQLite database with modules activated, for the tests to start from.

    python -O tests/prepare.py NAME-OF-MODULE ...

Without asserts that takes half the time, and what the modules depend on is
activated only once for all states of the sources.  The tests call it with
their own environment when the database is missing.
"""
import os
import sys
from pathlib import Path

import caching


def depends(modules):
    "Return the names of the modules of others that these depend on"
    from trytond.modules import get_module_info
    found, todo = set(), list(modules)
    while todo:
        new = set(get_module_info(todo.pop()).get('depends', [])) - found
        found |= new
        todo.extend(new)
    return sorted(name for name in found if not name.startswith('fupin_'))


def main():
    modules = sys.argv[1:]
    caching.mend_cache()
    from trytond.tests import test_tryton
    current = test_tryton.DB_CACHE
    base = Path(current).parent / caching.digest()
    base.mkdir(exist_ok=True)
    test_tryton.DB_CACHE = str(base)
    test_tryton.activate_module(depends(modules))
    test_tryton.DB_CACHE = current
    test_tryton.activate_module(modules)


if __name__ == '__main__':
    # not again for what it makes itself
    os.environ['FUPIN_PREPARE'] = ''
    main()
