# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The registers beside the books, printed and as XLSX."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (  # noqa: F401
    acting, alone, area, company, cooperatives, members, new_user, other)
from equity import new_fund, new_party, new_project
from office import needs_libreoffice, needs_pdf, read_pages, read_sheets
from test_coop_contribution import new_contribution

from trytond.model.exceptions import AccessError
from trytond.modules.fupin_coop.form import to_text
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_coop']
JANUARY = dt.date(2026, 1, 20)
MARCH = dt.date(2026, 3, 10)
APRIL = dt.date(2026, 4, 1)
JUNE = dt.date(2026, 6, 30)

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def user(company):  # noqa: F811
    return new_user(company, 'fupin_coop.group_cooperative')


@pytest.fixture
def assets(company):  # noqa: F811
    "Two of a project, one of them gone; two at 1 yuan, one of a project"
    Asset = Pool().get('fupin.project.asset')
    project = new_project(company)
    new_fund(company, 'receipt', 100, project=project, date=JANUARY)
    new_fund(
        company, 'asset', 60, project=project, asset='151',
        poverty_project=True, date=MARCH)
    new_fund(company, 'asset', 20, project=project, asset='153', date=MARCH)
    given = new_fund(
        company, 'asset_grant', 40, asset='142', fees=D(2), date=MARCH,
        poverty_project=True, evidence="发票", party=new_party("县林业局"))
    for name, poverty_project, date in [
            ("旧大棚", False, MARCH), ("果苗", True, APRIL)]:
        fund = new_fund(
            company, 'asset_donation', 1, asset='151', nominal=True,
            evidence=f"{name}无凭据，也无同类市价", date=date, fees=D(0),
            poverty_project=poverty_project, party=new_party("捐赠人"),
            post=False)
        fund.asset, fund.quantity = name, f"{name} 3 座"
        fund.save()
        fund.post([fund])
    asset, = given.project_assets
    asset.to_date, asset.reason = APRIL, "移交村集体"
    asset.location, asset.keeper, asset.benefit = "村一", "张三", "12 户"
    asset.save()
    return Asset.search([], order=[('id', 'ASC')])


def form(company, register, to_date=JUNE, **values):  # noqa: F811
    Report = Pool().get('fupin.register', type='report')
    with Transaction().set_user(0):
        form, = Report.get_forms([], {
                'company': company.id, 'register': register,
                'to_date': to_date, **values})
    return form


def columns(form, *names):
    "Return what is in the columns, without the row of the total"
    indexes = [form.columns.index(n) for n in names]
    return [tuple(r.cells[i] for i in indexes) for r in form.rows[:-1]]


def test_project_assets(company, assets):  # noqa: F811
    register = form(company, 'project')
    assert register.title == "扶贫项目资产备查簿"
    assert register.date == "截至 2026-06-30"
    assert columns(register, "序号", "登记日期", "入账价值", "会计科目") == [
        (1, MARCH, 60, "151 - 固定资产"),
        (2, MARCH, 42, "142 - 生产性生物资产"),
        (3, APRIL, 1, "151 - 固定资产")]
    assert columns(
        register, "坐落地点", "管护人", "受益情况", "移除日期",
        "移除原因") == [
        (None, None, None, None, None),
        ("村一", "张三", "12 户", APRIL, "移交村集体"),
        (None, None, None, None, None)]
    total = register.rows[-1].cells
    assert total[2] == "合计" and total[7] == 103
    # on a day before it was removed, and before the last one came
    assert columns(
        form(company, 'project', MARCH), "登记日期", "移除日期") == [
        (MARCH, None), (MARCH, None)]
    assert columns(
        form(company, 'project', from_date=APRIL), "资产名称") == [("果苗",)]


def test_nominal_assets(company, assets):  # noqa: F811
    register = form(company, 'nominal')
    assert columns(
        register, "资产名称", "数量及型号", "名义金额",
        "以名义金额计量的理由") == [
        ("旧大棚", "旧大棚 3 座", 1, "旧大棚无凭据，也无同类市价"),
        ("果苗", "果苗 3 座", 1, "果苗无凭据，也无同类市价")]
    assert register.rows[-1].cells[6] == 2
    assert [a.poverty_project for a in assets] == [True, True, False, True]


@pytest.fixture
def contributions(company, members):  # noqa: F811
    Contribution = Pool().get('fupin.member.contribution')
    first, second, third = members
    paid = [
        new_contribution(first, '1000', date=JANUARY),
        new_contribution(second, '50', date=JANUARY),
        new_contribution(
            first, '300', kind='transfer', transferee=second, date=MARCH),
        new_contribution(
            second, '10.50', kind='transfer', transferee=third, date=APRIL),
        ]
    void = new_contribution(
        first, '7', kind='transfer', transferee=third, date=APRIL)
    Contribution.cancel([void])
    new_contribution(
        first, '9', kind='transfer', transferee=third, date=APRIL, post=False)
    return paid + [void]


def test_transfers(company, members, contributions):  # noqa: F811
    "Art. 301: from whom, to whom, and what each holds afterwards"
    register = form(company, 'transfer')
    names = [m.party.name for m in members]
    assert columns(
        register, "编号", "转让方", "受让方", "金额", "转让方结余出资",
        "受让方结余出资") == [
        (contributions[2].number, names[0], names[1], 300, 700, 350),
        (contributions[3].number, names[1], names[2], D('10.50'),
            D('339.50'), D('10.50')),
        (contributions[4].number, names[0], names[2], 7, 693, D('17.50'))]
    # what was voided does not count
    assert [bool(state) for state, in columns(register, "状态")] == [
        False, False, True]
    assert register.rows[-1].cells[8] == D('310.50')
    assert columns(
        form(company, 'transfer', MARCH), "编号") == [
        (contributions[2].number,)]


def test_contributions(company, members, contributions):  # noqa: F811
    register = form(company, 'contribution', MARCH, from_date=JANUARY)
    assert register.date == "2026-01-20 至 2026-03-10"
    assert columns(register, "成员", "受让方", "金额", "成员结余出资") == [
        (members[0].party.name, None, 1000, 1000),
        (members[1].party.name, None, 50, 50),
        (members[0].party.name, members[1].party.name, 300, 700)]


def run_wizard(user, company, state, register):  # noqa: F811
    pool = Pool()
    Print = pool.get('fupin.register.print', type='wizard')
    with acting(user):
        session_id, _, _ = Print.create()
        result = Print.execute(session_id, {'start': {
                    'company': company.id, 'register': register,
                    'from_date': None, 'to_date': JUNE}}, state)
        (action, data), = result['actions']
        Report = pool.get(action['report_name'], type='report')
        return Report.execute([], {**data, 'action_id': action['id']})


@needs_libreoffice
@pytest.mark.parametrize('register', ['project', 'transfer'])
def test_workbook(
        company, assets, contributions, user, tmp_path, register):  # noqa: F811
    extension, content, _, _ = run_wizard(user, company, 'workbook', register)
    assert extension == 'xlsx'
    expected = form(company, register)
    rows = read_sheets(content, tmp_path)[expected.title]
    assert rows[0][0] == expected.title
    assert rows[3] == expected.columns
    assert rows[4:] == [
        [str(to_text(c)) for c in r.cells] for r in expected.rows]


@needs_pdf
def test_pdf(company, assets, user):  # noqa: F811
    extension, content, _, _ = run_wizard(user, company, 'print_', 'nominal')
    assert extension == 'pdf'
    words = ' '.join(' '.join(p) for p in read_pages(content))
    for word in ["名义金额计量资产备查簿", "旧大棚", "果苗", "合计 2.00"]:
        assert word in words


def test_foreign_company(company, other, assets):  # noqa: F811
    Report = Pool().get('fupin.register.workbook', type='report')
    stranger = new_user(other, 'fupin_coop.group_cooperative')
    with acting(stranger), pytest.raises(AccessError):
        Report.execute([], {
                'company': company.id, 'register': 'project',
                'to_date': JUNE})
