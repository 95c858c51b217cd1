# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Fetch the web client, already built, from the npm registry."""
import shutil
import subprocess
from pathlib import Path

PACKAGE = 'tryton-sao@~8.0.0'
OPTIONS = [
    '--install-strategy=nested', '--omit=dev', '--ignore-scripts',
    '--no-audit', '--no-fund', '--loglevel=error']


class ClientError(Exception):
    pass


def fetch(folder):
    """Put the web client into folder unless it is there.

    Return the folder to serve.
    """
    root = Path(folder, 'node_modules', 'tryton-sao')
    done = Path(folder, 'done')
    if done.is_file() and (root / 'index.html').is_file():
        return root
    if not (npm := shutil.which('npm')):
        raise ClientError(
            "npm is missing, so there is no web client. "
            "Install it: apt install npm")
    print("Fetching the web client ...", flush=True)
    Path(folder).mkdir(parents=True, exist_ok=True)
    if subprocess.call(
            [npm, 'install', '--prefix', str(folder), PACKAGE, *OPTIONS]):
        raise ClientError(
            "npm could not fetch the web client, see its message above. "
            "Check the connection to the registry (npm ping) and try again.")
    # asked for by index.html, not in the package
    for name in ['custom.js', 'custom.css']:
        (root / name).touch()
    done.touch()
    return root
