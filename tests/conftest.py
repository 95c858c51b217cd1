# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What every test needs: the choice of the database and no silent skip.

    pytest tests                          on SQLite, in memory
    pytest tests --database postgresql    on the server of TRYTOND_DATABASE_URI
                                          or a private one made for the run
"""
import os
import signal
import sys

import hypothesis
import pytest
from _pytest.unittest import TestCaseFunction

import caching
import postgresql
from scenario import pytest_collect_file  # noqa: F401

CLUSTER = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption(
        '--database', choices=['sqlite', 'postgresql'], default='sqlite',
        help="run the tests on this database")
    parser.addoption(
        '--keep-database', action='store_true',
        help="SQLite: take the database prepared last, though the sources "
        "changed; enough where only bodies of methods did")
    parser.addoption(
        '--no-skips', action='store_true',
        default=os.environ.get('CI') == 'true',
        help="a skipped test fails (default when CI=true)")


# how fast the machine is, is no property of the code
hypothesis.settings.register_profile(
    'fupin', deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile('fupin')


# Tryton's checks of a module are tens of thousands of subtests: to report
# each that passes takes longer than the checks
_report_subtest = TestCaseFunction.addSubTest


def _report_failed_subtest(self, test_case, test, exc_info):
    if exc_info is not None:
        _report_subtest(self, test_case, test, exc_info)


TestCaseFunction.addSubTest = _report_failed_subtest


def pytest_configure(config):
    # before anything of trytond is imported, which reads them at import
    os.environ.setdefault('TZ', 'Asia/Shanghai')
    if config.getoption('database') == 'sqlite':
        # Tryton looks at its caches every so often on a connection that
        # commits at once: in memory that is the one of the test
        os.environ.setdefault('TRYTOND_CACHE__CLEAN_TIMEOUT', '86400')
        os.environ['TRYTOND_DATABASE_URI'] = 'sqlite://'
        os.environ['DB_NAME'] = ':memory:'
        os.environ['DB_CACHE'] = str(
            caching.folder(config.getoption('keep_database')))
        return
    if not hasattr(config, 'workerinput'):
        uri = os.environ.get('TRYTOND_DATABASE_URI', '')
        if uri.startswith('postgresql'):
            os.environ.setdefault('DB_CACHE', str(caching.folder()))
        else:
            try:
                cluster = postgresql.Cluster().start()
            except postgresql.ClusterError as error:
                raise pytest.UsageError(str(error))
            config.stash[CLUSTER] = cluster
            # a run that is told to end takes the server with it
            signal.signal(signal.SIGTERM, lambda *args: sys.exit(1))
            os.environ['TRYTOND_DATABASE_URI'] = cluster.uri
            # as templates: the databases vanish with the cluster
            os.environ['DB_CACHE'] = caching.TEMPLATES
    os.environ['DB_NAME'] = f'test_{os.getpid()}'


def pytest_unconfigure(config):
    if cluster := config.stash.get(CLUSTER, None):
        cluster.stop()


def pytest_report_header(config):
    return f"database: {config.getoption('database')}"


def pytest_collection_modifyitems(config, items):
    if config.getoption('database') == 'postgresql':
        return
    other = [i for i in items if i.get_closest_marker('postgresql')]
    config.hook.pytest_deselected(items=other)
    items[:] = [i for i in items if i not in other]


def pytest_collection_finish(session):
    if any(not item.get_closest_marker('plain') for item in session.items):
        caching.mend_cache()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    setattr(item, f'report_{report.when}', report)
    _refuse_skip(item.config, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _refuse_skip(collector.config, report)
    return report


def _refuse_skip(config, report):
    if (report.skipped
            and config.getoption('no_skips')
            and not hasattr(report, 'wasxfail')):
        report.outcome = 'failed'
        reason = report.longrepr
        if isinstance(reason, tuple):
            reason = reason[-1]
        report.longrepr = f"Skipped, which --no-skips forbids: {reason}"


# which depends on the others
MODULES = ['fupin_industry']


@pytest.fixture(scope='module')
def database(request):
    """A fresh database for one test file, with our modules activated: all of
    them, or those that the file names as MODULES"""
    from trytond.tests.test_tryton import DB_NAME, activate_module, drop_db
    drop_db()
    activate_module(getattr(request.module, 'MODULES', MODULES))
    yield DB_NAME
    drop_db()


@pytest.fixture
def transaction(database):
    "A transaction of the administrator that leaves nothing behind"
    from trytond.cache import Cache
    from trytond.transaction import Transaction
    with Transaction().start(database, 1) as transaction:
        try:
            yield transaction
        finally:
            transaction.rollback()
            transaction.tasks.clear()
            Cache.drop(database)
