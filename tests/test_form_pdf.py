# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Forms that are printed by the thousand are drawn, each on its page."""
import subprocess

import pytest

from trytond.modules.fupin_coop import form_pdf

pytestmark = pytest.mark.plain

HTML = """<html><head><title>head</title><style>h1 { color: red }</style>
</head><body>%s</body></html>"""
SHEET = """<div class="sheet"><h1>合作社</h1><p class="mark">已作废</p>
<table class="grid"><tr><th>产品</th><th>金额</th></tr>
<tr class="total"><td><span>%s</span> &amp;
more</td><td class="number">¥1,234.50</td></tr></table>
<p class="note">2026-03-20</p></div>"""


def draw(*sheets):
    pytest.importorskip('fpdf')
    form = form_pdf.Form("明细")
    for sheet in sheets:
        form.add(form_pdf.read(HTML % sheet))
    return form


def pages(form):
    text = subprocess.run(
        ['pdftotext', '-layout', '-', '-'], input=form.output(),
        capture_output=True, check=True).stdout.decode()
    return text.split('\f')[:-1]


def test_read():
    "Blocks in their order, words with one space, classes of row and cell"
    (title, mark, table, note), = form_pdf.read(HTML % (SHEET % "香菇"))
    assert (title.tag, title.string) == ('h1', "合作社")
    assert mark.classes == {'mark'}
    assert table.grid
    assert [[cell.string for cell in row] for row in table.rows] == [
        ["产品", "金额"], ["香菇 & more", "¥1,234.50"]]
    assert table.rows[1][1].classes == {'number', 'total'}
    assert table.rows[0][0].classes == set()
    assert note.string == '2026-03-20'


def test_a_page_for_each_sheet():
    form = draw(SHEET % "甲", SHEET % "乙" + SHEET % "丙")
    assert form.pages == 3
    for page, name in zip(pages(form), "甲乙丙", strict=True):
        assert name in page and "¥1,234.50" in page
        assert 'head' not in page and 'color' not in page


def test_long_words_and_long_tables_are_not_cut():
    "A cell grows with its words, and a table goes on on the next page"
    words = "香菇一等品" * 40
    row = '<tr><td>%s</td><td>%s</td></tr>'
    rows = ''.join(row % (i, words if i == 3 else "短") for i in range(60))
    form = draw(f'<div class="sheet"><table class="grid">{rows}</table></div>')
    assert form.pages == 2
    text = ''.join(pages(form))
    assert text.count("香") == 40
    assert all(str(i) in text.split() for i in range(60))
