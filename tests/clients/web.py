# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The web client (sao) in a real Chromium, used as a person uses it.

Menus, buttons, pages and columns are named by the Chinese that is shown,
fields by their technical names.  What is done last on top holds: an open
dialog or wizard first, the active tab otherwise.
"""
import os
import re
import shutil
import time
from pathlib import Path

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import sync_playwright

CHROMIUM = os.environ.get('CHROMIUM', '/usr/bin/chromium')
FLAGS = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--disable-dev-shm-usage', '--font-render-hinting=none',
    ]
DIALOG = '.modal.in:visible'
TAB = '#tabcontent > .tab-pane.active'
IDLE = """() => typeof jQuery !== 'undefined' && jQuery.active
    <= (window.Sao?.Bus?.listening ? 1 : 0)
    && (!window.Sao?.Tab?.tabs?.get_current?.()?._action_running
        || document.querySelector('.modal.in') !== null)"""
COMPLETES = """field => field.closest(
    '.form-many2one, .form-reference, .form-one2one, .many2one') !== null"""
TABLE = """table => {
    const shown = e => e.offsetParent !== null;
    const text = e => [...e.querySelectorAll('input, select')]
        .filter(i => i.type !== 'checkbox' && i.type !== 'radio')
        .map(i => i.tagName === 'SELECT'
            ? i.selectedOptions[0]?.text ?? '' : i.value).join(' ').trim()
        || e.innerText.trim();
    const titles = {};
    table.querySelectorAll('thead th[id]').forEach(
        th => { titles[th.id] = th.innerText.trim(); });
    const rows = [...table.querySelectorAll(':scope > tbody > tr')]
        .filter(shown);
    // rows are drawn when they come into view
    rows.find(tr => !tr.querySelector(':scope > td[headers]'))
        ?.scrollIntoView({block: 'nearest'});
    return rows.map(tr => {
            const row = {};
            tr.querySelectorAll(':scope > td[headers]').forEach(td => {
                const title = titles[td.getAttribute('headers')];
                if (title && shown(td)) {
                    const box = td.querySelector('.widget input[type=checkbox]');
                    row[title] = box ? box.checked : text(td);
                }
            });
            return row;
        });
}"""  # noqa: E501
MENU_ROW = """([name, after, depth]) => {
    const rows = [...document.querySelectorAll('#menu tbody tr')].filter(
        r => r.offsetParent !== null);
    const level = r => {
        const x = r.querySelector('.expander > *');
        const style = x && getComputedStyle(x);
        return style ? Math.round(
            parseFloat(style.marginLeft) / parseFloat(style.fontSize)) : 0;
    };
    for (let i = after + 1; i < rows.length; i++) {
        const l = level(rows[i]);
        if (after >= 0 && l < depth) break;
        if (l === depth && rows[i].innerText.trim() === name) {
            const open = rows[i + 1] && level(rows[i + 1]) > depth;
            return [i, open];
        }
    }
    return null;
}"""


class WebError(Exception):
    pass


def available():
    "What is missing to run the web client, or None"
    if not shutil.which(CHROMIUM):
        return f"{CHROMIUM} (apt install chromium)"
    if not shutil.which('npm'):
        return "npm (apt install npm)"


class Web:

    _opened = 0

    def __init__(self, server, folder, timeout=60):
        self.server = server
        self.folder = Path(folder)
        self.timeout = timeout * 1000
        self.errors = []
        self._asked = 0

    def __enter__(self):
        # one thread can have one of it only, for several browsers
        if not Web._opened:
            Web._playwright = sync_playwright().start()
        Web._opened += 1
        self._browser = self._playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=FLAGS)
        context = self._browser.new_context(
            viewport={'width': 1500, 'height': 950}, locale='zh-CN',
            timezone_id='Asia/Shanghai', accept_downloads=True)
        # nothing is fetched from anywhere else
        context.route(
            lambda url: not url.startswith(
                (self.server.url, 'data:', 'blob:', 'about:')),
            lambda route: route.abort())
        self.page = context.new_page()
        self.page.set_default_timeout(self.timeout)
        self.page.on('pageerror', lambda e: self.errors.append(str(e)))
        self.page.on('request', self._count)
        return self

    def __exit__(self, *args):
        self._browser.close()
        Web._opened -= 1
        if not Web._opened:
            self._playwright.stop()

    def _count(self, request):
        # the client listens to the bus all the time
        self._asked += not request.url.endswith('/bus')

    def idle(self):
        """Wait until nothing is asked of the server any more.

        An answer is drawn before the next question comes, which takes its
        time on a busy machine."""
        quiet = 0
        while quiet < 3:
            self.page.wait_for_function(IDLE, polling=50)
            asked = self._asked
            self.page.wait_for_timeout(150)
            quiet = quiet + 1 if self._asked == asked else 0

    def screenshot(self, name):
        path = self.folder / f'{name}.png'
        self.page.screenshot(path=path)
        return path

    def login(self, login, password):
        page = self.page
        page.goto(f'{self.server.url}/#{self.server.database}')
        page.locator('.login-dialog #login').fill(login)
        page.locator('.login-dialog button[type=submit]').click()
        entry = page.locator('.modal.in input[type=password]:visible')
        entry.fill(password)
        entry.press('Enter')
        try:
            page.locator('#menu tbody tr:visible').first.wait_for()
        except PlaywrightTimeout:
            raise WebError(f"No menu after the login: {self.message()}")
        # the bar of messages lies over the tools for a while
        page.add_style_tag(content='.infobar { pointer-events: none }')
        self.idle()

    @property
    def top(self):
        "Where the person acts: the uppermost dialog, or the active tab"
        dialogs = self.page.locator(DIALOG)
        if dialogs.count():
            return dialogs.last
        return self.page.locator(TAB)

    def menu_names(self):
        "The entries of the menu that are shown"
        names = self.page.locator('#menu tbody tr:visible').all_inner_texts()
        return [n.strip() for n in names]

    def menu(self, path):
        "Open the menu 'A/B/C'"
        after = -1
        names = path.split('/')
        for depth, name in enumerate(names):
            found = self.page.evaluate(MENU_ROW, [name, after, depth])
            if not found:
                raise WebError(f"No menu {name!r} of {path!r} among "
                    f"{self.menu_names()}")
            after, opened = found
            row = self.page.locator('#menu tbody tr:visible').nth(after)
            row.scroll_into_view_if_needed()
            if depth == len(names) - 1:
                row.locator('td[headers]:visible').first.click()
            elif not opened:
                row.locator('.expander').first.click()
            self.idle()

    def tool(self, name):
        """Press a tool of the tab by its id.

        new_, save, reload, copy, delete_, export, import, switch_ ...
        """
        tab = self.page.locator(TAB)
        button = tab.locator(f'.btn-toolbar button#{name}:visible')
        if not button.count():
            tab.locator('.navbar-brand.dropdown-toggle').click()
            button = tab.locator(f'ul.dropdown-menu a#{name}:visible')
        button.first.click()
        self.idle()

    def new(self):
        self.tool('new_')

    def save(self):
        self.tool('save')

    def choose(self, tool, text):
        "Choose from the list behind a tool: action, relate, print"
        self.tool(tool)
        entry = self.page.locator(
            f'{TAB} .dropdown.open ul li a:visible, '
            f'{TAB} .btn-group.open ul li a:visible, {DIALOG} label'
            ).filter(has_text=text)
        entry.first.click()
        dialog = self.page.locator(DIALOG)
        if dialog.count() and dialog.locator('input[type=radio]').count():
            dialog.locator('.btn-primary').click()
        self.idle()

    def _field(self, name, scope=None):
        fields = (scope or self.top).locator(f'[name="{name}"]:visible')
        # a new record shows its fields when its defaults have come
        self.wait_until(fields.count, f"field {name!r} shown", seconds=20)
        field = fields.last
        if field.evaluate(
                'e => !/^(INPUT|TEXTAREA|SELECT)$/.test(e.tagName)'):
            field = field.locator(
                'input:visible, textarea:visible, select:visible').first
        return field

    def fill(self, name, value):
        "Enter a value as it is typed, or True or False"
        field = self._field(name)
        if isinstance(value, bool):
            field.set_checked(value)
        elif field.evaluate('e => e.tagName') == 'SELECT':
            field.select_option(label=value)
        else:
            number = field.locator('xpath=../input[@type="number"]')
            if number.count():
                # it takes the place of the text when that has the focus
                field.focus()
                field = number
            field.fill(value)
            # a related record is taken from the list that drops down
            offered = field.locator(
                'xpath=ancestor::*[ul[contains(@class, '
                '"dropdown-completion")]][1]').locator(
                '.dropdown-completion > li > a')
            if value and field.evaluate(COMPLETES):
                try:
                    offered.filter(has_text=value).first.click()
                except PlaywrightTimeout:
                    raise WebError(f"{name} offers no {value!r} but "
                        f"{offered.all_inner_texts()}")
            else:
                field.press('Tab')
        self.idle()

    def upload(self, name, path):
        "Choose a file in a binary field"
        self.top.locator('.form-binary').filter(
            has=self.page.locator(f'[name="{name}"]')).locator(
            'input[type=file]').first.set_input_files(path)
        self.idle()

    def value(self, name):
        field = self._field(name)
        kind = field.evaluate('e => e.tagName + (e.type || "")')
        if kind == 'INPUTcheckbox':
            return field.is_checked()
        if kind.startswith('SELECT'):
            return field.evaluate('e => e.selectedOptions[0]?.text ?? ""')
        return field.input_value()

    def page_tab(self, text):
        "Turn to a page of the form"
        self.top.locator('.nav-tabs a:visible').filter(
            has_text=text).first.click()
        self.idle()

    def button(self, text):
        return self.top.locator(
            'button:visible, a.btn:visible, .btn:visible').filter(
            has_text=re.compile(f'^\\s*{re.escape(text)}\\s*$'))

    def click(self, text):
        "Press the button with this text"
        buttons = self.button(text)
        if not buttons.count():
            shown = self.top.locator('button:visible').all_inner_texts()
            raise WebError(f"No button {text!r} among "
                f"{[t.strip() for t in shown if t.strip()]}")
        buttons.last.click()
        self.idle()

    def _table(self, index=0):
        return self.top.locator('table.tree:visible').nth(index)

    def rows(self, table=0):
        "The rows of the list as {title of the column: text}"
        def drawn():
            nonlocal rows
            rows = self._table(table).evaluate(TABLE)
            return all(rows)
        rows = []
        self.wait_until(drawn, "rows drawn")
        return rows

    def _row(self, row, table):
        if not isinstance(row, int):
            rows = self.rows(table)
            row = next((
                    i for i, r in enumerate(rows) if row in r.values()), None)
            if row is None:
                raise WebError(f"No such row among {rows}")
        return self._rows(table).nth(row)

    def _rows(self, table):
        return self._table(table).locator(
            'xpath=./tbody/tr').locator('visible=true')

    def choose_rows(self, *rows, table=0):
        "Tick these rows only, given by number or by the text of a cell"
        wanted = [
            self._row(row, table).locator('td.selection-state input')
            for row in rows]

        def chosen():
            # a list that is still drawn forgets the choice
            boxes = self._rows(table).locator('td.selection-state input')
            for box in boxes.all():
                box.uncheck()
            for box in wanted:
                box.check()
            self.idle()
            return all(box.is_checked() for box in wanted)
        self.wait_until(chosen, f"rows {rows} chosen")

    def tick(self, title, table=0):
        "Tick the column under the title in each row of an editable list"
        header = self._header(title, table)
        for number in range(self._rows(table).count()):
            cell = self._rows(table).nth(number).locator(
                f'td[headers="{header}"]')
            cell.click()
            self.idle()
            cell.locator('input[type=checkbox]').check()
            self.idle()

    def _header(self, title, table):
        return self._table(table).locator('thead th[id]').filter(
            has_text=re.compile(f'^\\s*{re.escape(title)}\\s*$')
            ).first.get_attribute('id')

    def open_row(self, row=0, table=0):
        "Open a row as with a double click"
        cell = self._row(row, table).locator(
            'td[headers]:visible:not(:has(a:visible, button, '
            'input[type=checkbox]))').first
        cell.dblclick()
        self.idle()

    def follow(self, row, title, table=0):
        "Open what the cell under the title names"
        header = self._header(title, table)
        self._row(row, table).locator(
            f'td[headers="{header}"] a:visible').last.click()
        self.idle()

    def related(self, text):
        "Press the button that counts the related records"
        self.top.locator('button:visible').filter(has_text=text).first.click()
        self.idle()

    def search(self, text):
        entry = self.top.locator('.filter-box input[placeholder]:visible').last
        entry.fill(text)
        entry.press('Enter')
        self.idle()

    def message(self):
        "The text of the uppermost dialog, or of the bar under the form"
        dialogs = self.page.locator(DIALOG)
        if dialogs.count():
            return dialogs.last.inner_text().strip()
        bars = self.page.locator(f'{TAB} .infobar:visible')
        return '\n'.join(bars.all_inner_texts()).replace('×', '').strip()

    def confirm(self):
        "Press the leading button of the uppermost dialog"
        self.page.locator(DIALOG).last.locator('.btn-primary').last.click()
        self.idle()

    def dismiss(self):
        "Press the other button of the uppermost dialog"
        self.page.locator(DIALOG).last.locator(
            '.modal-footer .btn-link, .modal-footer .btn-default'
            ).first.click()
        self.idle()

    def download(self, act):
        "Do act() and return the path of the file that comes"
        with self.page.expect_download() as download:
            act()
        path = self.folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def close_tab(self):
        self.page.evaluate('() => { Sao.Tab.tabs.close_current(); }')
        self.idle()

    def tab(self):
        "The name of the active tab"
        text = self.page.locator('#tablist li.active').inner_text()
        return text.replace('×', '').strip().splitlines()[0]

    def latin(self):
        "Texts shown that have Latin words and no Chinese"
        texts = self.page.evaluate("""() => [...document.querySelectorAll(
            'label, th, button, legend, h4, option, .nav-tabs a, '
            + '.dropdown-menu a, #menu td')].filter(
            e => e.offsetParent !== null).map(e => e.innerText.trim())""")
        return sorted({
                t for t in texts if re.search('[A-Za-z]{3,}', t)
                and not re.search('[\u4e00-\u9fff]', t)})

    def wait_until(self, condition, what, seconds=60):
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise WebError(f"Not within {seconds} s: {what}")
            self.page.wait_for_timeout(100)
