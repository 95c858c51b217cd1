/* This file is part of fupin.  The COPYRIGHT file at the top level of
this repository contains the full copyright notices and license terms. */
'use strict';
(() => {

const settings = JSON.parse(document.body.dataset.settings);
const labels = settings.labels;
const element = id => document.getElementById(id);
// told apart by people who do not see red and green as others do as well
// (Okabe and Ito, then paler ones)
const COLOURS = [
    '#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00',
    '#f0e442', '#7a5195', '#8c8c00', '#00a0a0', '#b07040', '#a0b0e0'];
const BARE = '#d9d4c7', HIDDEN = '#9a9a9a';
const ID = 0, CODE = 1, NAME = 2, MU = 3, USE = 4, TRANSFEREE = 5, LAST = 6,
    OUTLINE = 7;
// the same renderer draws all parcels: moving the map moves its picture, and
// it is drawn anew when the map has come to rest
const renderer = L.canvas({padding: 0.5});
const map = L.map('map', {renderer: renderer, attributionControl: false,
    zoomSnap: 0.5, maxZoom: 20});
L.control.scale({imperial: false}).addTo(map);
let parcels = [], transferees = [], today = '', layers = L.layerGroup(),
    border = L.layerGroup(), asked = 0;
layers.addTo(map);
border.addTo(map);
map.setView([34.8, 114.8], 11);

function ask(path) {
    return fetch(path, {credentials: 'same-origin', headers: {
        'X-Requested-With': 'XMLHttpRequest'}}).then(response => {
            if (!response.ok) {
                throw new Error(response.status);
            }
            return response.json();
        });
}

function option(select, value, text) {
    const item = document.createElement('option');
    item.value = value;
    item.textContent = text;
    select.append(item);
}

function years(last) {
    const [year, month, day] = today.split('-').map(Number);
    const pad = n => String(n).padStart(2, '0');
    // both are dates as text, which compare as dates do
    const ahead = n => `${year + n}-${pad(month)}-${pad(day)}`;
    return [1, 3, 5].find(n => last <= ahead(n)) || 'more';
}

// Return the key of the class of a parcel
const KEYS = {
    use: parcel => parcel[USE],
    transferee: parcel => parcel[TRANSFEREE],
    expiry: parcel => parcel[LAST] ? years(parcel[LAST]) : parcel[TRANSFEREE],
};

// Return {key, label, colour, count, mu} of each class that there is
function classes(kind) {
    const found = new Map();
    for (const parcel of parcels) {
        const key = KEYS[kind](parcel);
        const class_ = found.get(key) || {key: key, count: 0, hundredths: 0};
        class_.count += 1;
        class_.hundredths += Math.round(parcel[MU] * 100);
        found.set(key, class_);
    }
    const result = [...found.values()];
    const named = {
        use: key => (settings.uses.find(u => u[0] === key) || [])[1],
        transferee: key => transferees[key],
        expiry: key => labels[`expiry_${key}`],
    }[kind];
    const order = {
        use: settings.uses.map(u => u[0]), expiry: [1, 3, 5, 'more']}[kind];
    result.sort((a, b) => order ? order.indexOf(a.key) - order.indexOf(b.key)
        : b.hundredths - a.hundredths);
    let used = 0;
    for (const class_ of result) {
        if (class_.key === null || class_.key === undefined) {
            Object.assign(class_, {label: labels.not_let, colour: BARE});
        } else if (kind !== 'use' && class_.key === -1) {
            Object.assign(class_, {label: labels.hidden, colour: HIDDEN});
        } else {
            class_.label = named(class_.key);
            class_.colour = COLOURS[used++ % COLOURS.length];
        }
    }
    return result;
}

function paint() {
    const kind = element('colour').value;
    const shown = classes(kind);
    const colour = new Map(shown.map(c => [c.key, c.colour]));
    for (const parcel of parcels) {
        parcel.layer.setStyle({fillColor: colour.get(KEYS[kind](parcel))});
    }
    element('legend').replaceChildren(...shown.map(class_ => {
        const row = document.createElement('div');
        const sample = document.createElement('i');
        sample.style.backgroundColor = class_.colour;
        const figures = document.createElement('b');
        figures.textContent = `${class_.count} · `
            + `${(class_.hundredths / 100).toFixed(2)} ${labels.mu}`;
        row.append(sample, class_.label, figures);
        return row;
    }));
    element('legend').hidden = !shown.length;
}

// GeoJSON has the longitude first
const turned = ring => ring.map(([x, y]) => [y, x]);
function polygon(outline, style) {
    const rings = outline.type === 'MultiPolygon'
        ? outline.coordinates.map(p => p.map(turned))
        : outline.coordinates.map(turned);
    return L.polygon(rings, style);
}

function draw(answer) {
    parcels = answer.parcels;
    transferees = answer.transferees;
    today = answer.today;
    layers.clearLayers();
    for (const parcel of parcels) {
        parcel.layer = polygon(parcel[OUTLINE], {
            interactive: false, renderer: renderer, weight: 0.7,
            color: '#555', fillOpacity: 0.75, smoothFactor: 0.5});
        layers.addLayer(parcel.layer);
    }
    paint();
    const hundredths = parcels.reduce(
        (sum, p) => sum + Math.round(p[MU] * 100), 0);
    element('said').textContent = parcels.length
        ? `${labels.count} ${parcels.length} · `
            + `${(hundredths / 100).toFixed(2)} ${labels.mu}`
        : labels.nothing;
    if (parcels.length) {
        const all = L.latLngBounds();
        parcels.forEach(p => all.extend(p.layer.getBounds()));
        map.fitBounds(all, {animate: false});
    }
}

function load() {
    const area = element('area').value;
    const query = area ? `?area=${area}` : '';
    const number = ++asked;
    element('said').textContent = labels.loading;
    map.closePopup();
    return Promise.all([ask(`border${query}`), ask(`parcels${query}`)]).then(
        ([borders, answer]) => {
            // another area may have been chosen meanwhile
            if (number !== asked) {
                return;
            }
            border.clearLayers();
            borders.forEach(outline => border.addLayer(polygon(outline, {
                interactive: false, fill: false, color: '#3465a4',
                weight: 2, dashArray: '6 4'})));
            draw(answer);
        }, () => {
            if (number === asked) {
                element('said').textContent = labels.failed;
            }
        });
}

function inside(point, ring) {
    let result = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const a = ring[i], b = ring[j];
        if ((a.lat > point.lat) !== (b.lat > point.lat)
                && point.lng < (b.lng - a.lng) * (point.lat - a.lat)
                    / (b.lat - a.lat) + a.lng) {
            result = !result;
        }
    }
    return result;
}

// Return the parcel at a point of the map
function at(point) {
    return parcels.find(parcel => {
        if (!parcel.layer.getBounds().contains(point)) {
            return false;
        }
        const parts = parcel.layer.getLatLngs();
        const polygons = Array.isArray(parts[0][0]) ? parts : [parts];
        return polygons.some(rings => inside(point, rings[0])
            && !rings.slice(1).some(hole => inside(point, hole)));
    });
}

map.on('click', event => {
    const parcel = at(event.latlng);
    if (!parcel) {
        return;
    }
    ask(`parcel/${parcel[ID]}`).then(details => {
        const table = document.createElement('table');
        for (const [label, value] of details) {
            const row = table.insertRow();
            const head = document.createElement('th');
            head.textContent = label;
            row.append(head);
            row.insertCell().textContent = value;
        }
        const link = document.createElement('a');
        link.href = `/#${encodeURIComponent(settings.database)}`
            + `/model/fupin.parcel/${parcel[ID]}`;
        link.target = '_blank';
        link.textContent = labels.open;
        const content = document.createElement('div');
        content.append(table, link);
        L.popup({maxWidth: 420}).setLatLng(event.latlng).setContent(content)
            .openOn(map);
    }, () => {
        element('said').textContent = labels.failed;
    });
});

element('area-label').textContent = labels.area;
element('colour-label').textContent = labels.colour;
option(element('area'), '', labels.all_areas);
for (const [id, level, name] of settings.areas) {
    option(element('area'), id, '\u3000'.repeat(level) + name);
}
for (const kind of ['use', 'transferee', 'expiry']) {
    option(element('colour'), kind, labels[kind]);
}
element('area').addEventListener('change', load);
element('colour').addEventListener('change', paint);
load();
// for who looks from outside whether all is drawn
window.parcelMap = {map: map, count: () => parcels.length, at: at};

})();
