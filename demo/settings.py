# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import re
from pathlib import Path

CONFIG = Path(__file__).resolve().parent.parent / 'config'
# nothing stands in front, and no worker takes the tasks
ALONE = {'num_proxies': '0', 'worker': 'False'}


def settings(engine, **values):
    """Return the configuration of a server on its own: the file of config/
    for sqlite or postgresql with the values of these options instead."""
    name = {
        'sqlite': 'trytond.conf',
        'postgresql': 'trytond-postgresql.conf',
        }[engine]
    text = (CONFIG / name).read_text()
    for option, value in (ALONE | values).items():
        line = f'{option} = {value}'.replace('\\', r'\\')
        text = re.sub(f'(?m)^{option} = .*', line, text)
    return text
