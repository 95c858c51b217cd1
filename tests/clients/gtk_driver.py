# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Inside the desktop client: does what the lines on its input say.

Started by desktop.py with the system's Python.  A line is [name, arguments,
seconds]; the answer is {"result": …} or {"error": …}.  Keys are real events
of the X server; the rest calls what the client's own widgets call.
"""
import json
import os
import re
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, os.environ['FUPIN_DESKTOP_SITE'])
sys.argv = ['tryton']
answers = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)

import gi  # noqa: E402

gi.require_version('Gtk', '3.0')
from gi.repository import Gio, GLib, Gtk  # noqa: E402

import tryton.client  # noqa: E402
import tryton.rpc as rpc  # noqa: E402
from tryton.gui import Main  # noqa: E402
from tryton.gui.window.win_search import WinSearch  # noqa: E402


class Problem(Exception):
    pass


class Traffic:
    "Counts the requests under way, to know when the client is idle"

    def __init__(self):
        self.lock = threading.Lock()
        self.open = 0
        self.last = time.monotonic()
        self.execute, rpc.execute = rpc.execute, self

    def __call__(self, *args):
        with self.lock:
            self.open += 1
        try:
            return self.execute(*args)
        finally:
            with self.lock:
                self.open -= 1
                self.last = time.monotonic()

    def quiet(self):
        return not self.open and time.monotonic() - self.last > .4


def children(widget):
    if isinstance(widget, Gtk.Container):
        for child in widget.get_children():
            yield child
            yield from children(child)


def texts(widget):
    "The texts of a widget and of what is in it, without mnemonics"
    for child in [widget, *children(widget)]:
        if isinstance(child, Gtk.Label) and child.get_mapped():
            yield re.sub(r'\([A-Z]\)', '', child.get_text()).strip()


def windows():
    return [
        w for w in Gtk.Window.list_toplevels()
        if w.get_mapped() and w.get_window_type() == Gtk.WindowType.TOPLEVEL]


class Driver:

    def __init__(self):
        self.traffic = Traffic()
        self.timeout = 60
        self.files = []
        Gio.AppInfo.launch_default_for_uri = lambda uri: self.files.append(
            GLib.filename_from_uri(uri)[0])

    def gui(self, func, wait=True):
        """Run func in the main loop and return its result.

        What opens a modal dialog returns only when that is closed, and is
        not waited for.
        """
        result, done = {}, threading.Event()

        def call():
            try:
                result['value'] = func()
            except Exception as error:
                traceback.print_exc()
                result['error'] = error
            done.set()
        GLib.idle_add(call)
        if not done.wait(self.timeout if wait else 1.5) and wait:
            raise Problem("the client does not answer")
        if 'error' in result:
            raise result['error']
        return result.get('value')

    def until(self, condition, what):
        end = time.monotonic() + self.timeout
        while not (result := condition()):
            if time.monotonic() > end:
                raise Problem(f"not within {self.timeout} s: {what}")
            time.sleep(.1)
        return result

    def idle(self):
        def still():
            done = threading.Event()
            GLib.idle_add(done.set, priority=GLib.PRIORITY_LOW)
            return self.traffic.quiet() and done.wait(5)
        self.until(lambda: still() and still(), "idle")

    def key(self, *keys):
        subprocess.run(
            ['xdotool', 'key', '--clearmodifiers', *keys], check=True)
        time.sleep(.2)
        self.idle()

    def act(self, func):
        self.gui(func, wait=False)
        self.idle()

    # login and menu

    def login(self, password):
        self.until(lambda: self.gui(windows), "login dialog")
        time.sleep(.8)
        self.key('Return')      # the profile is chosen
        self.until(lambda: len(self.gui(windows)) > 1, "password dialog")
        time.sleep(.8)
        subprocess.run(
            ['xdotool', 'type', '--delay', '25', password], check=True)
        self.key('Return')
        self.until(
            lambda: self.gui(lambda: getattr(Main(), 'menu_screen', None)),
            "menu after the login")
        self.gui(lambda: Main().window.maximize())
        self.idle()

    def _menu_rows(self, parent):
        tree = Main().menu_screen.current_view.treeview
        model = tree.get_model()
        iter_ = model.iter_children(parent and model.get_iter(parent))
        while iter_:
            record = model.get_value(iter_, 0)
            yield (record['name'].get_client(record),
                model.get_path(iter_))
            iter_ = model.iter_next(iter_)

    def menu_names(self):
        return self.gui(lambda: [name for name, _ in self._menu_rows(None)])

    def menu(self, path):
        "Open the menu 'A/B/C'"
        parent = None
        names = path.split('/')
        for depth, name in enumerate(names):
            rows = self.gui(lambda p=parent: list(self._menu_rows(p)))
            if name not in dict(rows):
                raise Problem(f"no menu {name!r} of {path!r} among "
                    f"{[n for n, _ in rows]}")
            parent = dict(rows)[name]

            last = depth == len(names) - 1

            def choose(path=parent, last=last):
                tree = Main().menu_screen.current_view.treeview
                tree.set_cursor(path, None, False)
                tree.scroll_to_cell(path)
                tree.grab_focus()
                if not last:
                    tree.expand_row(path, False)
            self.act(choose)
        self.key('Return')

    # what is on top: the last dialog of the tab, or the tab

    @property
    def _top(self):
        page = Main().get_page()
        if page is None:
            raise Problem("no tab is open")
        return page.dialogs[-1] if page.dialogs else page

    @property
    def _screen(self):
        return self._top.screen

    def tab(self):
        "The name of the tab, without the menus above it"
        return self.gui(lambda: Main().get_page().name).split(' / ')[-1]

    def tool(self, name):
        "new, save, switch, reload, remove, close, previous, next, search"
        self.act(lambda: getattr(Main().get_page(), f'sig_{name}')())

    def choose(self, tool, text):
        "Choose from the list behind a tool: action, relate, open, print"
        def choose():
            button = Main().get_page().buttons[tool]
            button.set_active(True)
            items = {
                (i.get_label() or '').replace('_', ''): i
                for i in button._menu.get_children()}
            if text not in items:
                button._menu.popdown()
                raise Problem(f"no {text!r} among {list(items)}")
            button._menu.select_item(items[text])
        self.act(choose)
        self.key('Return')

    def opened(self):
        "The files that the client has opened for the user, reports say"
        return self.files

    # fields of a form

    def _widget(self, name):
        widgets = self._screen.current_view.widgets.get(name, [])
        for widget in widgets:
            if widget.widget.get_mapped():
                return widget
        raise Problem(f"no field {name!r} is shown")

    def _entry(self, name):
        widget = self._widget(name).widget
        kinds = Gtk.CheckButton, Gtk.Entry, Gtk.TextView
        for child in [widget, *children(widget)]:
            if isinstance(child, kinds) and child.get_mapped():
                return child
        raise Problem(f"nothing can be entered in {name!r}")

    def fill(self, name, value):
        "Enter a value as it is typed, or True or False"
        def fill():
            entry = self._entry(name)
            entry.grab_focus()
            if isinstance(entry, Gtk.CheckButton):
                entry.set_active(value)
            elif isinstance(entry, Gtk.TextView):
                entry.get_buffer().set_text(value)
            else:
                entry.set_text(value)
        self.act(fill)
        self.key('Tab')
        if self.gui(lambda: isinstance(self._top, WinSearch)):
            # a related record is chosen in the window that opens
            self.choose_row(0 if len(self.rows()) == 1 else value)
            self.act(lambda: self._top.response(None, Gtk.ResponseType.OK))

    def value(self, name):
        def value():
            entry = self._entry(name)
            if isinstance(entry, Gtk.CheckButton):
                return entry.get_active()
            if isinstance(entry, Gtk.TextView):
                return entry.get_buffer().props.text
            return entry.get_text()
        return self.gui(value)

    def page_tab(self, text):
        "Turn to a page of the form"
        def turn():
            for book in children(self._screen.widget):
                if isinstance(book, Gtk.Notebook) and book.get_mapped():
                    for i in range(book.get_n_pages()):
                        label = book.get_tab_label(book.get_nth_page(i))
                        if any(text in t for t in texts(label)):
                            book.set_current_page(i)
                            return
            raise Problem(f"no page {text!r}")
        self.act(turn)

    # buttons and dialogs

    def _buttons(self):
        for window in reversed(windows()):
            for child in children(window):
                if (isinstance(child, Gtk.Button) and child.get_mapped()
                        and child.is_sensitive()):
                    yield child

    def click(self, text):
        "Press the button with this text"
        def click():
            found = []
            for button in self._buttons():
                label = ''.join(texts(button))
                if label == text:
                    button.clicked()
                    return
                found.append(label)
            raise Problem(f"no button {text!r} among {found}")
        self.act(click)

    def message(self):
        "The texts of an open dialog, or of the bar under the form"
        def message():
            dialogs = [w for w in windows() if isinstance(w, Gtk.Dialog)]
            if dialogs:
                return '\n'.join(texts(dialogs[-1]))
            return '\n'.join(
                t for child in children(Main().window)
                if isinstance(child, Gtk.InfoBar) for t in texts(child))
        return self.gui(message)

    # lists

    def _records(self):
        view = self._screen.current_view
        if view.view_type != 'tree':
            raise Problem("no list is shown")
        return view, list(self._screen.group)

    def rows(self):
        "The rows of the list as {title of the column: text}"
        def rows():
            view, records = self._records()
            columns = [
                c for c in view.treeview.get_columns()
                if c.get_visible() and getattr(c, 'name', None)]
            return [{
                    c.get_title() or c.name:
                    str(view.get_column_widget(c).get_textual_value(r))
                    for c in columns} for r in records]
        return self.gui(rows)

    def _number(self, row):
        if isinstance(row, int):
            return row
        rows = self.rows()
        for i, values in enumerate(rows):
            if row in values.values():
                return i
        raise Problem(f"no such row among {rows}")

    def choose_row(self, row):
        number = self._number(row)

        def choose():
            view, records = self._records()
            self._screen.current_record = records[number]
            self._screen.display()
        self.act(choose)

    def open_row(self, row):
        self.choose_row(row)
        self.act(lambda: self._screen.switch_view())

    def search(self, text):
        def search():
            container = self._screen.screen_container
            container.set_text(text)
            self._screen.search_filter(text)
        self.act(search)

    def latin(self):
        "Texts of the tab that have Latin words and no Chinese"
        def shown():
            found = set(texts(Main().window))
            for child in children(Main().window):
                if isinstance(child, Gtk.TreeView) and child.get_mapped():
                    found |= {c.get_title() for c in child.get_columns()
                        if c.get_visible() and c.get_title()}
            return sorted(
                t for t in found
                if any(c.isascii() and c.isalpha() for c in t)
                and not any('\u4e00' <= c <= '\u9fff' for c in t))
        return self.gui(shown)


def listen(driver):
    for line in sys.stdin:
        name, args, driver.timeout = json.loads(line)
        try:
            if name.startswith('_'):
                raise AttributeError(name)
            answer = {'result': getattr(driver, name)(*args)}
        except Exception as error:
            answer = {'error': f'{type(error).__name__}: {error}'}
        json.dump(answer, answers)
        answers.write('\n')
        answers.flush()
    os._exit(0)


threading.Thread(target=listen, args=[Driver()], daemon=True).start()
tryton.client.main()
