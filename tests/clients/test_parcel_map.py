# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""A township officer looks at the map of the land in the township."""
import re
import time

PASSWORD = 'fupin-demo'
SHOWN = 'window.parcelMap && parcelMap.count() > 0'
CENTRE = """() => {
    const all = parcelMap.map.getBounds();
    let point;
    parcelMap.map.eachLayer(layer => {
        if (!point && layer.getLatLngs && parcelMap.at(
                layer.getBounds().getCenter())) {
            point = layer.getBounds().getCenter();
        }
    });
    // close enough to hit it
    parcelMap.map.setView(point, 17, {animate: false});
    const at = parcelMap.map.latLngToContainerPoint(point);
    return [at.x, at.y];
}"""


def test_map(open_web, county_server):
    web = open_web(county_server)
    web.login('chengguan', PASSWORD)
    web.menu('产业/土地流转/地块')
    listed = len(web.rows())
    with web.page.context.expect_page() as opened:
        web.menu('产业/土地流转/地块图')
    page = opened.value
    errors = []
    page.on('pageerror', lambda e: errors.append(str(e)))
    # the policy of the page forbids the waiting of the browser's driver
    until = time.monotonic() + 60
    while not page.evaluate(SHOWN) and time.monotonic() < until:
        page.wait_for_timeout(100)
    assert page.title() == '地块图'
    count = page.evaluate('parcelMap.count()')
    assert 0 < count <= listed
    said = page.locator('#said').inner_text()
    assert said.startswith(f'地块： {count} · ') and said.endswith(' 亩')

    # what is coloured adds up to what is shown
    for kind, label in [
            ('use', '种植业'), ('transferee', '合作社'), ('expiry', '到期')]:
        page.select_option('#colour', kind)
        legend = page.locator('#legend').inner_text()
        assert label in legend
        counts = re.findall(r'(\d+) · ([\d.]+)', legend)
        assert sum(int(c) for c, _ in counts) == count
        hundredths = sum(round(float(mu) * 100) for _, mu in counts)
        assert f'{hundredths / 100:.2f} 亩' in said
    assert not re.search('[A-Za-z]{2}', page.locator('body').inner_text())

    # the drawing is there: more colours than the ground
    web.folder.joinpath('map.png').write_bytes(page.screenshot())
    x, y = page.evaluate(CENTRE)
    box = page.locator('#map').bounding_box()
    page.mouse.click(box['x'] + x, box['y'] + y)
    popup = page.locator('.leaflet-popup-content')
    popup.wait_for()
    assert '代码' in popup.inner_text()

    # the link leads to the parcel in the client
    with page.context.expect_page() as followed:
        popup.locator('a').click()
    assert '/model/fupin.parcel/' in followed.value.url
    assert not errors
