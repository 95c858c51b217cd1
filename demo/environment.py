# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Make .venv and install the project in it, for the demo or the tests.

Run with the system's Python, old ones included: it says what is missing.
"""
import hashlib
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(TOP, '.venv')
VENV_PYTHON = os.path.join(VENV, 'bin', 'python')
EXTRAS = {
    'demo': ['.[PostgreSQL,server]'],
    'test': ['.[PostgreSQL,server,test]', 'ruff'],
    }
PANGO = 'apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0'


def say(text):
    print(text, flush=True)


def stop(text):
    sys.exit('\n' + text)


def check_python():
    if sys.version_info < (3, 11):
        stop("Python 3.11 or newer is needed, this is %d.%d.\n"
            "Install it (apt install python3 on Debian 12 or Ubuntu 24.04) "
            "or name another one: make demo PYTHON=python3.12"
            % sys.version_info[:2])
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop("Python's venv is missing. Install it: apt install python3-venv")


def stamp(purpose):
    "The file that says what is installed, and what it must say"
    digest = hashlib.sha256(sys.version.encode())
    digest.update(repr((VENV, EXTRAS[purpose])).encode())
    with open(os.path.join(TOP, 'setup.cfg'), 'rb') as setup:
        digest.update(setup.read())
    return os.path.join(VENV, purpose + '.stamp'), digest.hexdigest()


def installed(purpose):
    path, value = stamp(purpose)
    try:
        with open(path) as file:
            return file.read() == value
    except IOError:
        return False


def pip(*args):
    "Run pip, printing the names of the packages as they come"
    process = subprocess.Popen(
        [VENV_PYTHON, '-m', 'pip', '--disable-pip-version-check'] + list(args),
        cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        universal_newlines=True)
    lines = []
    for line in process.stdout:
        lines.append(line)
        words = line.split()
        if words[:1] == ['Collecting']:
            sys.stdout.write(' ' + re.split('[^A-Za-z0-9_.-]', words[1])[0])
            sys.stdout.flush()
    say('')
    if process.wait():
        say(''.join(lines[-20:]))
        return False
    return True


def install(purpose):
    say("Making .venv and installing (a minute or two, only once) ...")
    if not os.path.exists(VENV_PYTHON) or subprocess.call(
            [VENV_PYTHON, '-c', 'import pip'], stderr=subprocess.DEVNULL):
        if subprocess.call([sys.executable, '-m', 'venv', '--clear', VENV]):
            stop("No virtual environment could be made in %s.\n"
                "Install python3-venv (apt install python3-venv) and check "
                "that the disk isn't full." % VENV)
    first, *others = EXTRAS[purpose]
    if not pip('install', '--editable', first, *others):
        stop("pip could not install the project, see its message above.\n"
            "Check the connection to the package index and run it again.")
    install_report()
    path, value = stamp(purpose)
    with open(path, 'w') as file:
        file.write(value)


def install_report():
    "WeasyPrint makes PDF only where Pango is; without it, slips stay HTML"
    pip('install', 'fpdf2')
    if pip('install', 'weasyprint') and subprocess.call(
            [VENV_PYTHON, '-c', 'import weasyprint'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        pip('uninstall', '--yes', 'weasyprint')
        say("Pango is missing: slips can't be made as PDF.\n"
            "Install it (" + PANGO + "), then make clean and start again.")


def main():
    purpose, = sys.argv[1:]
    check_python()
    if not installed(purpose):
        install(purpose)


if __name__ == '__main__':
    main()
