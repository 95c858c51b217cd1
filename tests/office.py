# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What other programs see in the files that the reports make."""
import csv
import shutil
import subprocess

import pytest

from trytond.modules.fupin_household.slip import load_weasyprint

needs_libreoffice = pytest.mark.skipif(
    not shutil.which('soffice'), reason="no LibreOffice")
needs_pdf = pytest.mark.skipif(
    not (load_weasyprint() and shutil.which('pdftotext')),
    reason="no weasyprint or no pdftotext")
# each sheet into a file of its own, as shown, in UTF-8
CSV = ('csv:Text - txt - csv (StarCalc):'
    '44,34,76,1,,0,false,true,true,false,false,-1')


def convert(content, folder, target):
    "Let LibreOffice make another file of the content of an XLSX"
    path = folder / 'workbook.xlsx'
    path.write_bytes(content)
    subprocess.run([
            'soffice', f'-env:UserInstallation=file://{folder}/profile',
            '--headless', '--convert-to', target,
            '--outdir', str(folder), str(path)],
        check=True, capture_output=True, timeout=300)


def read_sheets(content, folder):
    "Return {name of the sheet: rows of what LibreOffice shows}"
    convert(content, folder, CSV)
    sheets = {}
    for path in folder.glob('workbook-*.csv'):
        with path.open(encoding='utf-8', newline='') as lines:
            sheets[path.stem.removeprefix('workbook-')] = list(
                csv.reader(lines))
    return sheets


def read_pages(content):
    "Return the lines of the text of each page of a PDF"
    text = subprocess.run(
        ['pdftotext', '-layout', '-', '-'], input=content,
        capture_output=True, check=True).stdout.decode()
    return [
        [' '.join(line.split()) for line in page.splitlines()]
        for page in text.split('\f') if page.strip()]


def workbook_pages(content, folder):
    "Return the lines of each page that LibreOffice prints of an XLSX"
    convert(content, folder, 'pdf')
    return read_pages((folder / 'workbook.pdf').read_bytes())
