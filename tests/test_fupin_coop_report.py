# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The slips of deliveries and settlements."""
import builtins
import re
import subprocess
from decimal import Decimal as D
from types import SimpleNamespace

import pytest
from cooperative import (
    acting, cancel, computed, exported, import_results, new_delivery,
    new_user, post)
from supply import new_supply, posted

from trytond.modules.fupin_household.slip import load_weasyprint
from trytond.pool import Pool

MODULES = ['fupin_coop']

pytest_plugins = ['cooperative', 'supply']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def html(monkeypatch):
    "Slips as on a server that can not make PDF"
    monkeypatch.setattr(
        'trytond.modules.fupin_household.slip.load_weasyprint', lambda: None)


def execute(name, *records):
    "Print as somebody of the cooperative"
    pool = Pool()
    Report = pool.get(name, type='report')
    User = pool.get('res.user')
    users = User.search([('login', '=', 'fupin_coop.group_cooperative')])
    user = users[0] if users else new_user(
        records[0].company, 'fupin_coop.group_cooperative')
    with acting(user):
        return Report.execute([r.id for r in records], {})


def text(content):
    content = re.sub(r'(?s)<style.*?</style>', '', content)
    return ' '.join(re.sub(r'<[^>]*>', ' ', content).split())


@pytest.mark.parametrize('name', [
        'fupin.delivery.slip', 'fupin.delivery.ticket'])
def test_delivery(company, product, members, html, name):
    member = members[0]
    member.person.id_number = '410000197003150011'
    member.person.save()
    delivery = new_delivery(company, product, member)
    extension, content, direct, title = execute(name, delivery)
    assert extension == 'html'
    assert "Draft" in text(content)

    delivery, = post(delivery)
    _, content, _, title = execute(name, delivery)
    words = text(content)
    assert delivery.number in title
    for word in [
            company.party.name, delivery.number, "张三", member.number,
            '410000********0011', "香菇", "A级", '120.50', '2.50', '118.00',
            '1.18', '116.82', '7.60', '887.83', "捌佰捌拾柒元捌角叁分"]:
        assert word in words
    assert "Draft" not in words
    assert '410000197003150011' not in content

    delivery, = cancel(delivery)
    _, content, _, _ = execute(name, delivery)
    assert "Cancelled" in text(content)


@pytest.mark.parametrize('name', ['fupin.supply.slip', 'fupin.supply.ticket'])
def test_supply(company, bought, fertiliser, members, html, name):
    supply = new_supply(
        company, members[0], [(fertiliser, '120')], fee_rate=D('2.5'))
    _, content, _, _ = execute(name, supply)
    assert "Draft" in text(content)
    supply = posted(supply)
    _, content, _, _ = execute(name, supply)
    words = text(content)
    # 100 x 3.20 + 20 x 3.50 and 2.5 %
    for word in [
            company.party.name, supply.number, "张三", members[0].number,
            "复合肥", '120.00', '390.00', '9.75', '399.75',
            "叁佰玖拾玖元柒角伍分"]:
        assert word in words
    assert "Draft" not in words


def test_settlement_that_sets_off(
        company, owed, bought, fertiliser, members, html):
    posted(new_supply(company, members[0], [(fertiliser, '120')]))
    settlement = computed(company)
    for name in ['fupin.settlement.list', 'fupin.settlement.ticket']:
        _, content, _, _ = execute(name, settlement)
        words = text(content)
        for word in ['1,775.66', '390.00', '1,385.66', "Set Off"]:
            assert word in words
    settlement.__class__.approve([settlement])
    _, content, _, _ = execute('fupin.settlement.ticket', settlement)
    words = text(content)
    for word in ['1,775.66', '390.00', '1,385.66']:
        # what is set off is not among what is owed too
        assert words.count(word) == 1


def test_several_deliveries(company, owed, html):
    _, content, _, _ = execute('fupin.delivery.ticket', *owed)
    for delivery in owed:
        assert delivery.number in content


@pytest.mark.parametrize('name', [
        'fupin.settlement.list', 'fupin.settlement.ticket'])
def test_settlement(company, owed, html, name):
    settlement = computed(company)
    _, content, _, _ = execute(name, settlement)
    assert "Draft" in text(content)

    Pool().get('fupin.settlement').approve([settlement])
    _, content, _, _ = execute(name, settlement)
    words = text(content)
    for word in [
            company.party.name, 'FK2026-0001', "张三", "李四", "王五",
            '1,775.66', '*' * 15 + '0018']:
        assert word in words
    assert '6228480402564890018' not in content
    if name.endswith('list'):
        assert "叁仟伍佰伍拾壹元叁角贰分" in words
    else:
        assert "壹仟柒佰柒拾伍元陆角陆分" in words
        for delivery in owed:
            assert delivery.number in words


@pytest.mark.parametrize('name,pages,width', [
        ('fupin.delivery.slip', 1, 210),
        ('fupin.delivery.ticket', 1, 80),
        ('fupin.settlement.list', 1, 210),
        ('fupin.settlement.ticket', 3, 80),
        ])
def test_pdf(company, owed, name, pages, width):
    load_weasyprint.cache_clear()
    if not load_weasyprint():
        pytest.skip("weasyprint or a Chinese font is missing")
    if 'delivery' in name:
        record = owed[0]
    else:
        record, _ = exported(company)
        record = import_results(record)
    extension, content, _, _ = execute(name, record)
    assert extension == 'pdf'
    assert content.startswith(b'%PDF')
    boxes = re.findall(rb'/MediaBox \[0 0 ([\d.]+)', content)
    if boxes:
        assert len(boxes) == pages
        assert {round(D(b.decode()) / 72 * D('25.4')) for b in boxes} == {
            width}


@pytest.mark.parametrize('error', [ImportError, OSError])
def test_no_library(monkeypatch, error):
    "A server without weasyprint, or without its libraries, gives HTML"
    real = builtins.__import__

    def fail(name, *args, **kwargs):
        if name == 'weasyprint':
            raise error("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    load_weasyprint.cache_clear()
    monkeypatch.setattr(builtins, '__import__', fail)
    assert load_weasyprint() is None
    load_weasyprint.cache_clear()


@pytest.mark.parametrize('result', [
        OSError("no fc-list"), SimpleNamespace(stdout=b'')])
def test_no_chinese_font(monkeypatch, result):
    def run(*args, **kwargs):
        if isinstance(result, Exception):
            raise result
        return result

    load_weasyprint.cache_clear()
    monkeypatch.setattr(subprocess, 'run', run)
    assert load_weasyprint() is None
    load_weasyprint.cache_clear()


@pytest.mark.parametrize('price, text', [
        ('7.6', '7.60'), ('7', '7.00'), ('0.1234', '0.1234'),
        ('1200', '1,200.00'), (None, '-')])
def test_price(price, text, transaction):
    Slip = Pool().get('fupin.delivery.slip', type='report')
    assert Slip.price(D(price) if price else None) == text
