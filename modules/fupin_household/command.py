# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""A command that looks at a database from outside of the server."""
import argparse
import os
import subprocess
import sys

from trytond.pool import Pool
from trytond.transaction import Transaction, TransactionError

_START = (
    'import importlib, sys; import trytond.config as config; '
    'config.update_etc(sys.argv.pop(1)); '
    'command = importlib.import_module(sys.argv.pop(1)); '
    'sys.exit(command.run(sys.argv[1:]))')


def get_parser(prog, description):
    "Return a parser with the arguments that each command has"
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument(
        '-c', '--config', dest='configfile', metavar='FILE',
        default=os.environ.get('TRYTOND_CONFIG'),
        help="the configuration of the server")
    parser.add_argument(
        '-d', '--database', required=True, metavar='DATABASE')
    parser.add_argument(
        '-l', '--language', metavar='CODE',
        help="the language of the output (default that of the database)")
    return parser


def start(module, parser, args=None):
    """Call run(args) of the module in a process that has read the
    configuration first, and return its exit status.

    The package of the modules has chosen the database already when a module
    of it is imported."""
    args = sys.argv[1:] if args is None else args
    options = parser.parse_args(args)
    flags = ['-O'] * sys.flags.optimize
    return subprocess.call([
            sys.executable, *flags, '-c', _START,
            options.configfile or '', module, *args])


def in_transaction(options, report, readonly=True):
    """Return what report() returns in a transaction on the database of the
    options and in their language.

    It is done again when it needs a lock that others hold."""
    Pool.start()
    pool = Pool(options.database)
    pool.init()
    extras = {}
    while True:
        with Transaction().start(
                options.database, 0, readonly=readonly,
                **extras) as transaction:
            language = options.language
            if not language:
                language = pool.get('ir.configuration').get_language()
            try:
                with transaction.set_context(language=language):
                    return report()
            except TransactionError as error:
                transaction.rollback()
                error.fix(extras)
