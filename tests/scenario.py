# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Run the scenarios (scenarios/*.rst) under pytest.

Tryton hands its scenarios to unittest by load_tests, which pytest ignores.
As there, a .json file beside a scenario lists the globals of its runs.
"""
import doctest
import json
import unittest

import pytest


def pytest_collect_file(file_path, parent):
    if file_path.suffix == '.rst' and file_path.parent.name == 'scenarios':
        return ScenarioFile.from_parent(parent, path=file_path)


class ScenarioFile(pytest.File):

    def collect(self):
        runs = [{}]
        if (path := self.path.with_suffix('.json')).exists():
            runs = json.loads(path.read_text())
        for globs in runs:
            name = self.path.stem
            if globs:
                name += f"[{'-'.join(map(str, globs.values()))}]"
            yield Scenario.from_parent(self, name=name, globs=globs)


class ScenarioFailure(Exception):
    pass


class Scenario(pytest.Item):

    def __init__(self, *, globs, **kwargs):
        super().__init__(**kwargs)
        self.globs = globs

    def runtest(self):
        from trytond import backend
        from trytond.tests import test_tryton
        flags = (doctest.REPORT_ONLY_FIRST_FAILURE | doctest.ELLIPSIS
            | doctest.IGNORE_EXCEPTION_DETAIL)
        if backend.name == 'sqlite':
            flags |= test_tryton.STRIP_DECIMAL
        suite = doctest.DocFileSuite(
            str(self.path), module_relative=False, globs=dict(self.globs),
            setUp=test_tryton.doctest_setup,
            tearDown=test_tryton.doctest_teardown,
            encoding='utf-8', checker=test_tryton.doctest_checker,
            optionflags=flags)
        result = unittest.TestResult()
        suite.run(result)
        problems = [text for _, text in result.failures + result.errors]
        if problems:
            raise ScenarioFailure('\n'.join(problems))
        examples = doctest.DocTestParser().get_examples(
            self.path.read_text('utf-8'))
        if not examples or result.skipped:
            raise ScenarioFailure("The scenario has no example to run.")

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, ScenarioFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"scenario: {self.name}"
