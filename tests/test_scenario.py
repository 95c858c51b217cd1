# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The bridge to the scenarios and the ban of skips must not sleep."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.plain
TESTS = Path(__file__).parent
RIGHT = ">>> 1 + 1\n2\n"
WRONG = ">>> 1 + 1\n3\n"
ERROR = ">>> unknown\n"
REPEATED = ">>> expected == 1\nTrue\n"


def run(tmp_path, *args, **files):
    scenarios = tmp_path / 'scenarios'
    scenarios.mkdir(exist_ok=True)
    for name, text in files.items():
        stem, _, suffix = name.rpartition('_')
        (scenarios / f'{stem}.{suffix}').write_text(text)
    return subprocess.run([
            sys.executable, '-m', 'pytest', '-p', 'no:cacheprovider',
            '-p', 'conftest', '-c', os.devnull, '--rootdir', tmp_path,
            '--strict-markers', *args, scenarios],
        env={**os.environ, 'PYTHONPATH': str(TESTS), 'CI': ''},
        cwd=tmp_path, capture_output=True, text=True)


def test_scenario_right(tmp_path):
    done = run(tmp_path, right_rst=RIGHT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '1 passed' in done.stdout


@pytest.mark.parametrize('text, shown', [
        (WRONG, 'Expected:\n    3\nGot:\n    2'),
        (ERROR, 'NameError'),
        ("no example", 'no example to run'),
        ])
def test_scenario_wrong(tmp_path, text, shown):
    done = run(tmp_path, right_rst=RIGHT, wrong_rst=text)
    assert done.returncode == 1, done.stdout + done.stderr
    assert '1 failed, 1 passed' in done.stdout
    assert shown in done.stdout


def test_scenario_each_line_of_json(tmp_path):
    done = run(
        tmp_path, repeated_rst=REPEATED,
        repeated_json='[{"expected": 1}, {"expected": 2}]')
    assert '1 failed, 1 passed' in done.stdout


def test_no_skips(tmp_path):
    skipping = "import pytest\ndef test_a():\n    pytest.skip('absent')\n"
    done = run(tmp_path, test_skipping_py=skipping)
    assert done.returncode == 0 and '1 skipped' in done.stdout
    done = run(tmp_path, '--no-skips', test_skipping_py=skipping)
    assert done.returncode == 1 and '1 failed' in done.stdout
    assert 'absent' in done.stdout
