# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The notes to the statements: each figure by its rule."""
import datetime as dt
import re
from decimal import Decimal as D

import pytest
from assembly import new_charter
from cooperative import (  # noqa: F401
    acting, again, alone, area, cancel, company, cooperatives, members,
    new_area, new_delivery, new_household, new_member, new_product, new_user,
    other, post, product)
from equity import new_fund, new_party, new_project
from office import needs_libreoffice, needs_pdf, read_pages, read_sheets
from test_coop_closing import book, get_fiscalyear
from test_coop_contribution import new_contribution
from test_coop_statement import books, untied  # noqa: F401
from test_coop_surplus import (  # noqa: F401
    charter, close, closed, decided, posted, traders)

from trytond.model.exceptions import (
    AccessButtonError, AccessError, SQLConstraintError)
from trytond.modules.fupin_coop.exceptions import StatementNoteError
from trytond.modules.fupin_coop.form import name_sheets, to_text
from trytond.modules.fupin_coop.note_figure import NoteFigures
from trytond.modules.fupin_coop.note_part import DECLARATION, PARTS
from trytond.modules.fupin_coop.statement import compute
from trytond.pool import Pool

MODULES = ['fupin_coop']
JANUARY = dt.date(2026, 1, 20)
MARCH = dt.date(2026, 3, 10)
APRIL = dt.date(2026, 4, 1)
NOVEMBER = dt.date(2026, 11, 1)

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


def figures(company, section, year='2026'):  # noqa: F811
    return [
        f for f in NoteFigures(company, get_fiscalyear(company, year)).get()
        if f.section == section]


def values(company, section, *names, year='2026'):  # noqa: F811
    return [
        tuple(getattr(f, n) for n in names)
        for f in figures(company, section, year)]


# 2 and 3: the cooperative and its members

@pytest.fixture
def society(company, members, area):  # noqa: F811
    """Three farmers of 2025, a fourth of 2026, one who left that year and one
    the year before; two units of two kinds."""
    pool = Pool()
    Member = pool.get('fupin.member')
    fourth = new_member(company, new_household(area, "赵六"))
    fourth.from_date = JANUARY
    fourth.save()
    left = new_member(company, new_household(area, "钱七"))
    left.to_date = MARCH
    left.save()
    gone = new_member(company, new_household(area, "孙八"))
    gone.to_date = dt.date(2025, 12, 31)
    gone.save()
    units = Member.create([{
                'company': company.id,
                'kind': kind,
                'party': new_party(name).id,
                'from_date': MARCH,
                } for kind, name in [
                ('enterprise', "县食品厂"), ('institution', "县农技站")]])
    new_contribution(
        members[0], '1000', date=dt.date(2025, 6, 1))
    new_contribution(members[0], '200.50', date=MARCH)
    new_contribution(
        members[0], '300', kind='transfer', transferee=members[1], date=APRIL)
    new_contribution(units[0], '50', date=APRIL)
    return [*members, fourth, left, gone, *units]


def test_basic(company, society):  # noqa: F811
    assert values(
        company, 'basic', 'item', 'closing', 'quantity', 'rate') == [
        ("股金总额", D('1250.50'), None, None),
        ("成员总数", None, 6, None),
        ("农民成员", None, 4, D('0.666667')),
        ]
    # who is there until the last day is a member on it
    assert values(company, 'basic', 'quantity', 'rate', year='2025') == [
        (None, None), (5, None), (5, 1)]


def test_members(company, society):  # noqa: F811
    "Each with what the register of contributions has"
    Entry = Pool().get('fupin.member.entry')
    first, second = society[:2]
    contribution = first.contributions[0]
    Entry.post([
            Entry(
                member=m, date=date, kind='reserve', amount=D(amount),
                origin=contribution)
            for m, date, amount in [
                (first, APRIL, '7.01'), (second, APRIL, '3.00')]])
    found = {
        f.item: (f.detail, f.opening, f.increase, f.closing, f.amount)
        for f in figures(company, 'member')}
    assert found == {
        "张三": (first.number, 1000, D('-99.50'), D('900.50'), D('7.01')),
        "李四": (second.number, 0, 300, 300, 3),
        "王五": (society[2].number, 0, 0, 0, 0),
        "赵六": (society[3].number, 0, 0, 0, 0),
        "钱七": (society[4].number, 0, 0, 0, 0),
        "县食品厂": (society[6].number, 0, 50, 50, 0),
        "县农技站": (society[7].number, 0, 0, 0, 0),
        }
    numbers = [f.detail for f in figures(company, 'member')]
    assert numbers == sorted(numbers)
    assert sum(v[3] for v in found.values()) == compute(
        company, get_fiscalyear(company, '2026')).balance[36][0]


def test_changes(company, society):  # noqa: F811
    assert values(
        company, 'change', 'date', 'detail', 'item', 'closing') == [
        (JANUARY, "入社", "赵六", 0), (MARCH, "入社", "县食品厂", 50),
        (MARCH, "入社", "县农技站", 0), (MARCH, "退社", "钱七", 0)]
    assert [
        f.item for f in figures(company, 'change', '2025')
        if f.detail == "退社"] == ["孙八"]


def test_units(company, society):  # noqa: F811
    assert values(company, 'unit', 'item', 'quantity', 'rate') == [
        ("企业成员", 1, D('0.166667')), ("事业单位成员", 1, D('0.166667')),
        ("社会组织成员", 0, 0), ("合计", 2, D('0.333333'))]


def test_equity(books):  # noqa: F811
    "The matrix of 会农社03 by column"
    equity = compute(books, get_fiscalyear(books)).equity
    names = ['item', 'opening', 'increase', 'decrease', 'closing']
    assert values(books, 'equity', *names, year='2025') == [
        ("股金", 5000, 10, 0, 5010), ("专项基金", 0, 800, 0, 800),
        ("资本公积", 0, 0, 0, 0), ("盈余公积", 900, 34, 0, 934),
        ("未分配盈余", 600, 340, 330, 610)]
    for name in names[1:]:
        assert sum(
            v for v, in values(books, 'equity', name, year='2025')
            ) == equity[name]['total']


# 4: items of the statements

@pytest.fixture
def dealings(company, members):  # noqa: F811
    """Two customers, one with a debt of two years; two members, one who owes
    and one who is owed; two suppliers."""
    first, second = members[0].party, members[1].party
    old, new = new_party("客户甲"), new_party("客户乙")
    supplier, paid = new_party("供应商甲"), new_party("供应商乙")
    for date, lines in [
            (dt.date(2025, 2, 1), [('113', 300, old), ('501', -300, None)]),
            (MARCH, [('102', 250, None), ('113', -250, old)]),
            (NOVEMBER, [('113', 80, old), ('501', -80, None)]),
            (APRIL, [('113', 40, new), ('501', -40, None)]),
            (MARCH, [('11401', 30, first), ('121', -30, None)]),
            (dt.date(2025, 5, 1), [
                    ('121', 100, None), ('11402', -100, second)]),
            (APRIL, [('11402', 25, second), ('102', -25, None)]),
            (APRIL, [('121', 60, None), ('211', -60, supplier)]),
            (dt.date(2025, 5, 1), [
                    ('121', 5, None), ('211', -5, paid)]),
            (APRIL, [('211', 5, paid), ('102', -5, None)]),
            ]:
        book(company, lines, date=date)
    return company


def test_receivables(dealings):
    assert values(
        dealings, 'receivable', 'item', 'detail', 'opening', 'closing',
        'amount') == [
        ("客户乙", '113', 0, 40, None),
        ("客户乙", "1年以内（含1年）", None, None, 40),
        ("客户甲", '113', 300, 130, None),
        ("客户甲", "1年以内（含1年）", None, None, 80),
        ("客户甲", "1至2年（含2年）", None, None, 50),
        ("张三", '114', 0, 30, None),
        ("张三", "1年以内（含1年）", None, None, 30),
        ]
    line = compute(dealings, get_fiscalyear(dealings, '2026')).balance[2]
    for name, amount in [
            ('closing', line[0]), ('amount', line[0]), ('opening', line[1])]:
        assert sum(
            v for v, in values(dealings, 'receivable', name) if v) == amount


def test_payables(dealings):
    assert values(
        dealings, 'payable', 'item', 'detail', 'opening', 'closing') == [
        ("李四", '114', 100, 75),
        ("供应商乙", '211', 5, 0), ("供应商甲", '211', 0, 60)]
    line = compute(dealings, get_fiscalyear(dealings, '2026')).balance[24]
    assert line == (135, 105)


def test_member_who_owes_and_is_owed(dealings, members):  # noqa: F811
    "The two sides of one member's dealings are one balance"
    book(dealings, [
            ('121', 12, None), ('11402', -12, members[0].party)], date=APRIL)
    assert ("张三", 18) in values(dealings, 'receivable', 'item', 'closing')
    assert "张三" not in [
        item for item, in values(dealings, 'payable', 'item')]


def test_accounts(company):  # noqa: F811
    "Opening, additions, reductions and closing, each on its own side"
    for date, lines in [
            (dt.date(2025, 6, 30), {'151': 900, '102': -900}),
            (dt.date(2025, 6, 30), {'523': 90, '152': -90}),
            (MARCH, {'151': 50, '102': -50}),
            (MARCH, {'102': 200, '151': -200}),
            (MARCH, {'152': 20, '154': -20}),
            (MARCH, {'523': 45, '152': -45}),
            (MARCH, {'121': 70, '102': -70}),
            (MARCH, {'521': 30, '121': -30}),
            (MARCH, {'401': 11, '102': -11}),
            (MARCH, {'102': 500, '231': -500}),
            (APRIL, {'231': 120, '102': -120}),
            ]:
        book(company, lines, date=date)
    names = ['detail', 'opening', 'increase', 'decrease', 'closing']
    assert values(company, 'stock', *names) == [
        ('121', 0, 70, 30, 40), ('401', 0, 11, 0, 11)]
    assert values(company, 'asset', *names) == [
        ('151', 900, 50, 200, 750), ('152', 90, 45, 20, 115),
        ('154', 0, 0, 20, -20)]
    assert values(company, 'liability', *names) == [
        ('231', 0, 500, 120, 380)]
    assert values(company, 'asset', 'detail', year='2025') == [
        ('151',), ('152',)]
    names = ['item', 'detail', 'closing', 'opening']
    assert values(company, 'result', *names) == [
        ("经营支出", '521', 30, 0), ("管理费用", '523', 45, 90)]


def test_result(books):  # noqa: F811
    "Not what the transfer at the end of the year takes away"
    names = ['detail', 'closing', 'opening']
    assert values(books, 'result', *names, year='2025') == [
        ('501', 1000, 0), ('502', 50, 0), ('511', D('10.05'), 0),
        ('521', 700, 0), ('523', 20, 0), ('524', D('0.05'), 0)]
    assert values(books, 'result', *names) == [
        ('501', 0, 1000), ('502', 0, 50), ('511', 0, D('10.05')),
        ('521', 0, 700), ('523', 25, 20), ('524', 0, D('0.05'))]


# 6 and 7

def test_nominal(company):  # noqa: F811
    Asset = Pool().get('fupin.project.asset')
    funds = [
        new_fund(
            company, 'asset_donation', 1, asset='151', nominal=True,
            evidence=f"{name}无凭据", date=date, fees=D(0),
            party=new_party("捐赠人"))
        for name, date in [
            ("大棚", dt.date(2025, 6, 1)), ("水泵", MARCH), ("旧车", MARCH)]]
    new_fund(
        company, 'asset_donation', 77, asset='151', evidence="发票",
        date=MARCH, fees=D(0), party=new_party("捐赠人"),
        poverty_project=True)
    gone, = funds[2].project_assets
    Asset.write([gone], {'to_date': APRIL, 'reason': "报废"})
    assert values(company, 'nominal', 'remark', 'date', 'closing') == [
        ("大棚无凭据", dt.date(2025, 6, 1), 1), ("水泵无凭据", MARCH, 1)]
    assert len(figures(company, 'nominal', '2025')) == 1


def test_donations(company):  # noqa: F811
    Fund = Pool().get('fupin.fund')
    new_fund(
        company, 'cash_donation', '10.50', party=new_party("王老板"),
        date=MARCH)
    new_fund(
        company, 'asset_donation', 77, asset='151', evidence="发票",
        date=APRIL, fees=D(0), party=new_party("县慈善会"))
    new_fund(
        company, 'cash_donation', 9, party=new_party("去年的人"),
        date=dt.date(2025, 6, 1))
    void = new_fund(
        company, 'cash_donation', 5, party=new_party("误记"), date=MARCH)
    Fund.cancel([void])
    new_fund(company, 'asset_grant', 6, asset='151', evidence="文件",
        date=MARCH, fees=D(0), party=new_party("县林业局"))
    assert values(
        company, 'donation', 'item', 'detail', 'date', 'closing',
        'remark') == [
        ("王老板", "货币资金", MARCH, D('10.50'), None),
        ("县慈善会", "实物", APRIL, 77, "发票")]


def test_grants(company):  # noqa: F811
    Fund = Pool().get('fupin.fund')
    storage, training = (
        new_project(company), new_project(company, "培训"))
    new_fund(
        company, 'receipt', 100, project=storage, date=dt.date(2025, 3, 1))
    new_fund(
        company, 'asset', 30, project=storage, asset='151',
        date=dt.date(2025, 4, 1))
    new_fund(company, 'receipt', 50, project=storage, date=MARCH)
    new_fund(company, 'return', 20, project=storage, date=APRIL)
    void = new_fund(company, 'expense', 7, project=storage, date=APRIL)
    Fund.cancel([void])
    new_fund(company, 'receipt', 8, project=training, date=MARCH)
    new_fund(company, 'expense', 8, project=training, date=MARCH)
    names = ['item', 'detail', 'opening', 'increase', 'decrease', 'closing']
    document = "县农〔2026〕1号"
    assert values(company, 'grant', *names) == [
        ("冷库", document, 70, 50, 20, 100), ("培训", document, 0, 8, 8, 0)]
    assert values(company, 'grant', *names, year='2025') == [
        ("冷库", document, 0, 100, 30, 70)]
    # what is left is what 235 has
    balance = compute(company, get_fiscalyear(company, '2026')).balance[33]
    assert balance == (100, 70)


def test_trade(company, product, members):  # noqa: F811
    "By product, with members and with those who are none"
    grapes = new_product(company, "葡萄", '3.00')
    grower = new_party("外村人")
    weights = {
        'gross': D(100), 'tare': D(0), 'deduction_rate': D(0)}

    def deliver(product, **values):
        return new_delivery(company, product, **weights | values)

    mine = deliver(product, member=members[0])
    yours = deliver(product, member=members[1], gross=D('10.5'))
    fruit = deliver(grapes, member=members[0])
    void = deliver(product, member=members[0], gross=D(1))
    foreign = deliver(product, grower=grower.id, gross=D(20))
    foreign_void = deliver(product, grower=grower.id, gross=D(3))
    post(mine, yours, fruit, void, foreign, foreign_void)
    deliver(product, grower=grower.id)
    cancel(void, foreign_void)
    assert values(
        company, 'trade', 'item', 'detail', 'quantity', 'closing') == [
        (grapes.rec_name, "成员", D(100), D('300.00')),
        (product.rec_name, "成员", D('110.5'), D('839.80')),
        (product.rec_name, "非成员", D(20), D('152.00')),
        ]
    assert {u for u, in values(company, 'trade', 'unit')} == {
        product.default_uom.symbol}
    assert not figures(company, 'trade', '2025')


def test_reserve_and_distribution(company, closed):  # noqa: F811
    "The charter's rate beside the year's, and the plan that was adopted"
    rates = values(company, 'reserve', 'item', 'closing', 'rate', year='2025')
    assert rates == [
        ("章程规定的提取比例", None, D('0.1')),
        ("本年提取的盈余公积占本年盈余的比例", 0, 0)]
    surplus = posted(decided(company))
    rates = values(company, 'reserve', 'closing', 'rate', year='2025')
    assert rates == [(None, D('0.1')), (1000, D('0.1'))]
    found = {
        f.item: (f.closing, f.opening, f.rate, f.remark)
        for f in figures(company, 'distribution', '2025')}
    assert found == {
        "四、本年盈余": (10000, 0, None, None),
        "加：年初未分配盈余": (0, 0, None, None),
        "其他转入": (0, 0, None, None),
        "减：提取盈余公积": (1000, 0, None, None),
        "五、可分配盈余": (9000, 0, None, None),
        "减：盈余返还": (5400, 0, D('0.6'), surplus.resolution.rec_name),
        "剩余盈余分配": (3600, 0, D('0.4'), None),
        "转为成员出资": (0, 0, None, None),
        "六、年末未分配盈余": (0, 0, None, None),
        }
    later = {
        f.item: f.opening for f in figures(company, 'distribution')}
    assert later["减：盈余返还"] == 5400 and later["五、可分配盈余"] == 9000


def test_without_charter(company):  # noqa: F811
    assert values(company, 'reserve', 'rate') == [(None,)]
    new_charter(company, reserve_rate=D('0.15'))
    assert values(company, 'reserve', 'rate')[0] == (D('0.15'),)


# The record

def new_note(company, year='2025', **values):  # noqa: F811
    Note = Pool().get('fupin.statement.note')
    note, = Note.create([{
                'company': company.id,
                'fiscalyear': get_fiscalyear(company, year).id,
                **values,
                }])
    return note


def test_texts_are_kept_from_year_to_year(company):  # noqa: F811
    Note = Pool().get('fupin.statement.note')
    new_note(company, officers="理事长：张三", business="香菇", tax="无差异")
    note = Note(
        company=company, fiscalyear=get_fiscalyear(company, '2026'),
        declaration=DECLARATION, customers=None, business="木耳",
        officers=None)
    note.on_change_fiscalyear()
    assert note.officers == "理事长：张三" and note.business == "木耳"
    assert getattr(note, 'tax', None) is None


def test_one_a_year(company):  # noqa: F811
    new_note(company)
    with pytest.raises(SQLConstraintError):
        new_note(company)


def test_posted_is_frozen(books):  # noqa: F811
    pool = Pool()
    Figure = pool.get('fupin.statement.note.figure')
    Note = pool.get('fupin.statement.note')
    user = new_user(books, 'fupin_coop.group_cooperative')
    with acting(user):
        note = new_note(books, losses=[('create', [{
                            'kind': 'receivable', 'name': "客户甲",
                            'amount': D(7), 'explanation': "破产",
                            }])])
        assert not note.figures and note.declaration == DECLARATION
        Note.compute([note])
        before = len(again(note).figures)
        assert before > 20
        with pytest.raises(AccessError):
            Figure.write(list(again(note).figures[:1]), {'closing': D(1)})
        Note.post([note])
        note = again(note)
        assert note.state == 'posted' and len(note.figures) == before
        for change in [
                lambda: Note.write([note], {'tax': "改"}),
                lambda: Note.write([note], {'state': 'draft'}),
                lambda: Note.delete([note]),
                lambda: note.losses[0].__class__.delete(list(note.losses)),
                lambda: Figure.delete(list(note.figures[:1])),
                lambda: Note.compute([note]),
                ]:
            with pytest.raises((AccessError, AccessButtonError)):
                change()
        Note.draft([note])
        Note.write([again(note)], {'tax': "改"})
        note = again(note)
        Note.delete([note])
    assert not Figure.search([])


def test_figures_stay_as_they_were(company):  # noqa: F811
    "What is posted shows what was, the draft what is"
    Note = Pool().get('fupin.statement.note')
    book(company, {'121': 70, '102': -70})
    note = new_note(company)
    Note.post([note])
    book(company, {'121': 5, '102': -5})

    def stock(note):
        Workbook = Pool().get('fupin.statement.note.workbook', type='report')
        form, = [
            f for f in Workbook.get_note_forms(again(note))
            if "存货" in f.title]
        return form.rows[-1].cells[-1]

    assert stock(note) == 70
    Note.draft([again(note)])
    assert stock(note) == 75


def test_frozen_with_the_year(company, closed):  # noqa: F811
    "Closing the year posts its notes, made where there are none"
    pool = Pool()
    Closing = pool.get('fupin.closing')
    Note = pool.get('fupin.statement.note')
    FiscalYear = pool.get('account.fiscalyear')
    posted(decided(company))
    Closing.close([again(closed)])
    note, = Note.search([])
    assert (note.fiscalyear.name, note.state) == ('2025', 'posted')
    assert note.declaration == DECLARATION
    assert {f.section for f in note.figures} >= {
        'basic', 'member', 'equity', 'distribution'}
    with pytest.raises(StatementNoteError):
        Note.draft([note])
    FiscalYear.reopen([note.fiscalyear])
    Note.draft([again(note)])
    Note.write([again(note)], {'other': "补充"})
    Closing.close([again(closed)])
    note, = Note.search([])
    assert (note.state, note.other) == ('posted', "补充")


def test_foreign_company(company, other):  # noqa: F811
    pool = Pool()
    Note = pool.get('fupin.statement.note')
    note = new_note(company)
    Note.compute([note])
    user = new_user(other, 'fupin_coop.group_cooperative')
    with acting(user):
        assert Note.search([]) == []
        assert pool.get('fupin.statement.note.figure').search([]) == []
        with pytest.raises(AccessError):
            pool.get('fupin.statement.note', type='report').execute(
                [note.id], {'model': Note.__name__})


# What is printed

@pytest.fixture
def written(company, society, dealings):  # noqa: F811
    return new_note(
        company, '2026', customers="成员和周边农户", business="香菇",
        officers="理事长：张三\n执行监事：李四", lawsuits="一起，标的 5 万元",
        losses=[('create', [{
                        'kind': 'receivable', 'name': "客户丙",
                        'amount': D('12.50'), 'explanation': "破产",
                        }, {
                        'kind': 'other', 'name': "菌棒",
                        'amount': D(30), 'explanation': "受灾",
                        }])])


def execute(name, note):
    Report = Pool().get(name, type='report')
    user = new_user(note.company, 'fupin_coop.group_cooperative')
    with acting(user):
        extension, content, _, _ = Report.execute(
            [note.id], {'model': 'fupin.statement.note'})
    return extension, content


def note_forms(note):
    Workbook = Pool().get('fupin.statement.note.workbook', type='report')
    return Workbook.get_note_forms(note)


def test_parts(written):
    "In the order of the regulation, with a text or a table each"
    forms = note_forms(written)
    assert [f.title for f in forms] == [p.title for p in PARTS]
    numbers = [re.match('[一二三四五六七八九]', f.title)[0] for f in forms]
    assert list(dict.fromkeys(numbers)) == list('一二三四五六七八九')
    parts = dict(zip((f.title[:4] for f in forms), forms))
    for form in forms:
        assert form.text or form.rows
        assert len({len(r.cells) for r in form.rows} | (
                {len(form.columns)} if form.rows else set())) <= 1
    assert forms[0].text == DECLARATION
    assert forms[1].text == (
        "主要服务对象：成员和周边农户\n主要经营项目：香菇")
    assert parts["七（九）"].text == "一起，标的 5 万元"
    assert parts["七（一）"].text == "无。"
    loss, = [f for f in forms if f.title.startswith("五、")]
    assert [[to_text(c) for c in r.cells[1:]] for r in loss.rows] == [
        ["客户丙", '12.50', "破产"], ["菌棒", '30.00', "受灾"],
        ['', '42.50', '']]
    assert [to_text(c) for c in forms[1].rows[2].cells] == [
        "农民成员", '', '4', '66.67%']


@needs_libreoffice
def test_workbook(written, tmp_path):
    "LibreOffice shows each part, line by line"
    extension, content = execute('fupin.statement.note.workbook', written)
    assert extension == 'xlsx'
    sheets = read_sheets(content, tmp_path)
    forms = note_forms(written)
    assert sheets.keys() == set(name_sheets(forms))
    for name, form in zip(name_sheets(forms), forms):
        rows = sheets[name]
        assert rows[0][0] == form.title
        paragraphs = form.text.splitlines()
        assert [r[0] for r in rows[3:3 + len(paragraphs)]] == paragraphs
        if form.columns:
            table = rows[3 + len(paragraphs):]
            assert table[0] == form.columns
            assert table[1:] == [
                [to_text(c) for c in r.cells] for r in form.rows]


@needs_pdf
def test_pdf(written):
    extension, content = execute('fupin.statement.note', written)
    assert extension == 'pdf'
    lines = [line for page in read_pages(content) for line in page]
    for form in note_forms(written):
        assert form.title in lines
        for row in form.rows:
            words = ' '.join(filter(None, map(to_text, row.cells)))
            assert words in lines, words
    for words in ["理事长：张三", "执行监事：李四", "财务报表附注"]:
        assert words in lines


def test_screen_is_what_is_printed(written):
    "The list on the screen has the figures of the print"
    Note = Pool().get('fupin.statement.note')
    Note.compute([written])
    shown = {}
    for figure in again(written).figures:
        shown.setdefault(figure.section, []).append(figure)
    for part, form in zip(PARTS, note_forms(again(written))):
        if part.section and part.section != 'loss':
            rows = [r for r in form.rows if r.style != 'total']
            assert len(rows) == len(shown.get(part.section, []))
            for row, figure in zip(rows, shown.get(part.section, [])):
                for cell, (name, _) in zip(row.cells, part.columns):
                    if name not in {'rate', 'quantity'}:
                        assert getattr(figure, name) == cell
