# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Both clients log in, in Chinese, and show the menus."""
import pytest
from clients.server import ADMIN, PASSWORD
from clients.web import WebError


def test_web(web):
    web.login(ADMIN, PASSWORD)
    assert {'农户', '合作社', '产业'} <= set(web.menu_names())
    web.menu('系统管理/用户/用户')
    assert web.tab() == '用户'
    assert ['admin' in row.values() for row in web.rows()] == [True]
    web.open_row('admin')
    assert web.value('login') == 'admin'
    assert not web.errors


def test_web_wrong_password(web):
    web.timeout = 10000
    web.page.set_default_timeout(web.timeout)
    with pytest.raises(WebError):
        web.login(ADMIN, 'wrong')


def test_desktop(desktop):
    desktop.login(ADMIN, PASSWORD)
    assert {'农户', '合作社', '产业'} <= set(desktop.menu_names())
    desktop.menu('系统管理/用户/用户')
    assert desktop.tab() == '用户'
    assert ['admin' in row.values() for row in desktop.rows()] == [True]
    desktop.open_row('admin')
    assert desktop.value('login') == 'admin'
