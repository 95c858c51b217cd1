# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""A township officer's work in the real desktop client, on the demo county."""
from county import PASSWORD


def test_desktop(county_server, open_desktop):
    "Households of the own township, a declaration verified by another"
    officer = open_desktop(county_server)
    officer.login('qingshi', PASSWORD)
    officer.menu('农户/农户')
    rows = officer.rows()
    assert rows
    assert {r['乡镇'] for r in rows} == {'青石镇'}
    officer.open_row(0)
    assert officer.value('number') == rows[0]['户编号']
    assert not officer.latin()

    officer.menu('收入/收入申报')
    household = officer.rows()[0]['农户']
    officer.open_row(0)
    officer.click('提交')
    number = officer.value('number')
    assert number
    assert not officer.latin()
    officer.click('核实')
    officer.click('是')
    assert '必须由录入人和申报人以外的人核实' in officer.message()
    officer.click('确定')

    county = open_desktop(county_server)
    county.login('nongye', PASSWORD)
    county.menu('收入/收入申报')
    county.page_tab('已提交')
    county.open_row(number)
    assert county.value('household') == household
    county.click('核实')
    county.click('是')
    assert not county.latin()
    county.menu('收入/收入台账')
    assert any(number in r['单据'] for r in county.rows())
