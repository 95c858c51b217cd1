# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""PDF of the forms that are printed by the thousand.

It draws what our own templates of such forms have, which is little HTML: the
headings h1 to h3, paragraphs and tables in blocks of the class sheet, each on
a page of its own.  Classes mean what they mean in the templates: grid, number,
total, mark, note and signature.  Everything else of HTML and all of CSS is
ignored; that makes it a hundred times as fast as a browser's layout."""
import logging
import subprocess
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from html.parser import HTMLParser

logger = logging.getLogger(__name__)
# millimetres, but sizes of letters in points
MARGIN = 15
SIZES = {'h1': 16, 'h2': 13, 'h3': 11, 'p': 10, 'td': 10, 'th': 10}
LINE = 1.45 * 25.4 / 72
SPACE = 2
PADDING = 1
ROW_PADDING = 0.5
# where letters stand in the height of their line
BASELINE = 0.74
SIGNATURE = 12
NOTE = 0.85
RED = 187, 0, 0
FAMILIES = 'Noto Sans CJK SC,Source Han Sans SC,Microsoft YaHei,SimHei'
_IGNORED = {'head', 'style', 'title', 'script'}


@dataclass
class Text:
    "A heading, a paragraph or a cell, with its words and its classes"
    tag: str
    classes: set
    words: list = field(default_factory=list)

    @cached_property
    def string(self):
        return ' '.join(''.join(self.words).split())


@dataclass
class Table:
    "Rows of cells"
    grid: bool
    rows: list = field(default_factory=list)


class Reader(HTMLParser):
    "Reads sheets, each a list of texts and tables"

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.sheets = []
        self.text = self.table = None
        self.depth = self.ignored = 0
        self.row_classes = set()

    def handle_starttag(self, tag, attributes):
        classes = set((dict(attributes).get('class') or '').split())
        if tag in _IGNORED:
            self.ignored += 1
        elif tag == 'div' and 'sheet' in classes:
            self.sheets.append([])
        elif not self.sheets:
            return
        elif tag == 'table':
            self.table = Table('grid' in classes)
            self.sheets[-1].append(self.table)
        elif tag == 'tr':
            self.table.rows.append([])
            self.row_classes = classes
        elif tag in SIZES:
            self.text = Text(tag, classes)
            if tag in {'td', 'th'}:
                self.text.classes |= self.row_classes
                self.table.rows[-1].append(self.text)
            else:
                self.sheets[-1].append(self.text)

    def handle_endtag(self, tag):
        if tag in _IGNORED:
            self.ignored -= 1
        elif tag == 'table':
            self.table = None
        elif tag in SIZES:
            self.text = None

    def handle_data(self, data):
        if self.text and not self.ignored:
            self.text.words.append(data)


def read(html):
    "Return the sheets of the HTML"
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.sheets


@cache
def load():
    """Return the module that draws and the (file, number) of a Chinese font
    and of its bold face, None if something of it is missing."""
    try:
        import fpdf
    except ImportError as exception:
        logger.info("sheets are not drawn: %s", exception)
        return None
    faces = []
    for weight in ['regular', 'bold']:
        try:
            answer = subprocess.run([
                    'fc-match', '-f', '%{file}\t%{index}\t%{lang}',
                    f'{FAMILIES}:lang=zh-cn:weight={weight}'],
                capture_output=True, text=True, timeout=30, check=True).stdout
        except (subprocess.SubprocessError, OSError):
            answer = ''
        file, _, rest = answer.partition('\t')
        number, _, languages = rest.partition('\t')
        if 'zh-cn' not in languages.split('|'):
            logger.warning("sheets are not drawn, there is no Chinese font")
            return None
        # the upper bits name an instance of a variable font
        faces.append((file, int(number or 0) & 0xFFFF))
    return fpdf, *faces


class Form:
    "The sheets as PDF; add them in as many parts as you like"

    def __init__(self, title=''):
        fpdf, *faces = load()
        # letters are laid out one after the other
        logging.getLogger('fontTools').setLevel(logging.WARNING)
        self.pdf = pdf = fpdf.FPDF(format='A4')
        pdf.set_margin(MARGIN)
        pdf.set_auto_page_break(True, MARGIN)
        pdf.set_line_width(0.15)
        pdf.c_margin = PADDING
        pdf.set_title(title)
        for style, (file, number) in zip(['', 'B'], faces):
            pdf.add_font(
                'form', style=style, fname=file,
                collection_font_number=number)
        self.width = pdf.epw
        # most words are on each sheet
        self.get_string_width = lru_cache(10000)(self._get_string_width)

    @property
    def pages(self):
        return self.pdf.page

    def add(self, sheets):
        for sheet in sheets:
            self.pdf.add_page()
            for block in sheet:
                if isinstance(block, Table):
                    self.draw_table(block)
                else:
                    self.draw_text(block)

    def output(self):
        return bytes(self.pdf.output())

    def get_font(self, text):
        "Return style and size of the letters"
        size = SIZES[text.tag]
        if 'note' in text.classes:
            size *= NOTE
        bold = (
            text.tag.startswith('h') or text.classes & {'total', 'mark'})
        return 'B' if bold else '', size

    def _get_string_width(self, string, style, size):
        self.pdf.set_font('form', style, size)
        return self.pdf.get_string_width(string)

    def draw(self, text, x, y, width, align):
        "Draw the text from x, y downwards and return its height"
        pdf = self.pdf
        string, (style, size) = text.string, self.get_font(text)
        line = size * LINE
        needed = self.get_string_width(string, style, size)
        pdf.set_font('form', style, size)
        if needed > width:
            pdf.set_xy(x - PADDING, y)
            pdf.multi_cell(
                width + 2 * PADDING, line, string, align=align,
                new_x='LEFT', new_y='NEXT')
            return pdf.get_y() - y
        if string:
            x += {'L': 0, 'C': (width - needed) / 2, 'R': width - needed}[
                align]
            pdf.text(x, y + line * BASELINE, string)
        return line

    def draw_text(self, text):
        pdf = self.pdf
        centred = text.tag in {'h1', 'h2'} or 'mark' in text.classes
        if text.tag in {'h3', 'p'}:
            pdf.ln(SPACE)
        self.make_room(SIZES[text.tag] * LINE)
        if 'mark' in text.classes:
            pdf.set_text_color(*RED)
        y = pdf.get_y()
        height = self.draw(
            text, pdf.l_margin, y, self.width, 'C' if centred else 'L')
        pdf.set_text_color(0)
        pdf.set_xy(pdf.l_margin, y + height)

    def draw_table(self, table):
        pdf = self.pdf
        widths = self.get_widths(table)
        for row in table.rows:
            height = self.get_height(row, widths)
            self.make_room(height)
            x, y = pdf.l_margin, pdf.get_y()
            for cell, width in zip(row, widths):
                if table.grid:
                    pdf.rect(x, y, width, height)
                if cell.tag == 'th':
                    align = 'C'
                else:
                    align = 'R' if 'number' in cell.classes else 'L'
                self.draw(
                    cell, x + PADDING, y + ROW_PADDING, width - 2 * PADDING,
                    align)
                x += width
            pdf.set_xy(pdf.l_margin, y + height)

    def make_room(self, height):
        if self.pdf.will_page_break(height):
            self.pdf.add_page()

    def get_widths(self, table):
        """Return the widths of the columns: what they need, and the same of
        what is left for each.  Where there is not enough, the narrow ones
        get what they need and the wide ones the same of the rest."""
        needed = []
        for row in table.rows:
            for i, cell in enumerate(row):
                width = 2 * PADDING + self.get_string_width(
                    cell.string, *self.get_font(cell))
                if i == len(needed):
                    needed.append(width)
                needed[i] = max(needed[i], width)
        widths, rest = {}, self.width
        by_width = sorted(range(len(needed)), key=needed.__getitem__)
        for position, i in enumerate(by_width):
            widths[i] = min(needed[i], rest / (len(needed) - position))
            rest -= widths[i]
        return [widths[i] + rest / len(needed) for i in range(len(needed))]

    def get_height(self, row, widths):
        heights = []
        for cell, width in zip(row, widths):
            string, (style, size) = cell.string, self.get_font(cell)
            lines = 1
            if (self.get_string_width(string, style, size)
                    > width - 2 * PADDING):
                self.pdf.set_font('form', style, size)
                lines = len(self.pdf.multi_cell(
                        width, size * LINE, string, dry_run=True,
                        output='LINES'))
            height = lines * size * LINE + 2 * ROW_PADDING
            if 'signature' in cell.classes:
                height = max(height, SIGNATURE)
            heights.append(height)
        return max(heights, default=0)
