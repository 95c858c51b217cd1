# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The members as on a date: list, structure, register, certificates."""
import datetime as dt
import re
from decimal import Decimal as D

import pytest
from cooperative import acting, new_household, new_member, new_user

from trytond.modules.fupin_household.slip import load_weasyprint
from trytond.pool import Pool
from trytond.pyson import PYSONDecoder
from trytond.transaction import Transaction

MODULES = ['fupin_coop']
FEBRUARY = dt.date(2026, 2, 1)
MARCH = dt.date(2026, 3, 10)

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def html(monkeypatch):
    "Reports as on a server that can not make PDF"
    monkeypatch.setattr(
        'trytond.modules.fupin_household.slip.load_weasyprint', lambda: None)


@pytest.fixture
def farmers(company, area):
    "Five farmers, the last one for the year 2025 only"
    Member = Pool().get('fupin.member')
    farmers = [
        new_member(company, new_household(area, name))
        for name in "甲乙丙丁戊"]
    Member.write(farmers[-1:], {'to_date': dt.date(2025, 12, 31)})
    return farmers


def contribute(member, amount, **values):
    Contribution = Pool().get('fupin.member.contribution')
    contribution, = Contribution.create([{
                'company': member.company.id,
                'member': member.id,
                'date': MARCH,
                'amount': D(amount),
                **values,
                }])
    Contribution.post([contribution])
    return contribution


def listed(date):
    "The members that the list of the date shows"
    pool = Pool()
    Action = pool.get('ir.action.act_window')
    Member = pool.get('fupin.member')
    ModelData = pool.get('ir.model.data')
    action = Action(ModelData.get_id('fupin_coop.act_member_date_form'))
    domain = PYSONDecoder({'date': date}).decode(
        action.pyson_context_domain
        if hasattr(action, 'pyson_context_domain')
        else action.context_domain)
    with Transaction().set_context(date=date):
        return Member.search(domain)


def test_list(company, farmers):
    assert listed(dt.date(2024, 12, 31)) == []
    assert listed(dt.date(2025, 12, 31)) == farmers
    assert listed(dt.date(2026, 1, 1)) == farmers[:-1]


def structure(company, date):
    Structure = Pool().get('fupin.member.structure', type='wizard')
    return Structure.get_structure(company, date)


def test_structure(company, farmers):
    result = structure(company, dt.date(2025, 6, 1))
    assert (result['members'], result['farmers']) == (5, 5)
    assert result['farmer_rate'] == 1
    assert result['kept']


def test_breach(company, farmers):
    result = structure(company, MARCH)
    assert not result['kept']
    breach, = result['breaches']
    assert breach == {
        'reason': 'members',
        'article': 12,
        'from_date': dt.date(2026, 1, 1),
        'to_date': None,
        'deadline': dt.date(2026, 7, 1),
        'overdue': False,
        }
    breach, = structure(company, dt.date(2026, 7, 2))['breaches']
    assert breach['overdue']


def test_structure_wizard(company, farmers):
    Structure = Pool().get('fupin.member.structure', type='wizard')
    with acting(new_user(company, 'fupin_coop.group_cooperative')):
        session_id, start, _ = Structure.create()
        values = Structure.execute(session_id, {}, start)['view']['defaults']
        assert values['company'] == company.id
        result = Structure.execute(session_id, {
                'start': {'company': company.id, 'date': MARCH},
                }, 'result')
        defaults = result['view']['defaults']
        assert defaults['members'] == 4
        assert len(defaults['breaches']) == 1


def text(content):
    content = re.sub(r'(?s)<style.*?</style>', '', content)
    return ' '.join(re.sub(r'<[^>]*>', ' ', content).split())


def print_register(company, date):
    "Print as somebody of the cooperative, by the wizard"
    pool = Pool()
    Print = pool.get('fupin.member.list.print', type='wizard')
    Report = pool.get('fupin.member.list', type='report')
    with acting(new_user(company, 'fupin_coop.group_cooperative')):
        session_id, _, _ = Print.create()
        result = Print.execute(session_id, {
                'start': {'company': company.id, 'date': date},
                }, 'print_')
        (action, data), = result['actions']
        return Report.execute(data.get('ids') or [], data)


def test_register(company, farmers, html):
    member = farmers[0]
    member.person.id_number = '410000197003150011'
    member.person.save()
    contribute(member, '1000')
    contribute(farmers[1], '3000')
    extension, content, *_ = print_register(company, MARCH)
    content = text(content)
    assert extension == 'html'
    assert company.party.name in content
    assert company.credit_code in content
    for farmer in farmers[:-1]:
        assert farmer.number in content
    assert farmers[-1].number not in content
    assert '410000197003150011' not in content
    assert '1,000.00' in content and '4,000.00' in content
    assert '25.00 %' in content and '75.00 %' in content
    assert "村一" in content
    assert "Money" in content


def test_register_of_past(company, farmers, html):
    contribute(farmers[0], '1000')
    _, content, *_ = print_register(company, dt.date(2025, 6, 1))
    content = text(content)
    assert farmers[-1].number in content
    assert '1,000.00' not in content


def test_certificate(company, farmers, html):
    one, two = farmers[:2]
    first = contribute(one, '1000')
    second = contribute(one, '234.56', kind='transfer', transferee=two.id)
    Report = Pool().get('fupin.member.certificate', type='report')
    with acting(new_user(company, 'fupin_coop.group_cooperative')):
        _, content, *_ = Report.execute([one.id, two.id], {})
    content = text(content)
    for contribution in [first, second]:
        assert contribution.number in content
    for amount in ['1,000.00', '765.44', '234.56']:
        assert amount in content
    assert '-' in re.search(r'Transfer .*?234.56', content).group()
    assert "柒佰陆拾伍元肆角肆分" in content


def test_pdf(company, farmers):
    if not load_weasyprint():
        pytest.skip("weasyprint does not work here")
    contribute(farmers[0], '1000')
    extension, content, *_ = print_register(company, MARCH)
    assert extension == 'pdf'
    assert content.startswith(b'%PDF')
