# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
# the private PostgreSQL server of the tests, the inventions of the demo
for folder in ['tests', 'demo']:
    if str(TOP / folder) not in sys.path:
        sys.path.append(str(TOP / folder))
