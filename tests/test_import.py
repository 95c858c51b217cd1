# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Sheets loaded: by the thousand as one by one, and only what may be."""
import datetime as dt
import io

import pytest
from openpyxl import load_workbook
from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError
from trytond.modules.fupin_household import household_year_check
from trytond.modules.fupin_household import import_work
from trytond.modules.fupin_household.exceptions import SheetImportError
from trytond.modules.fupin_household.registry_sheet import FIELDS, propose
from trytond.modules.fupin_household.spreadsheet import read_sheet
from trytond.pool import Pool
from trytond.transaction import Transaction

import spoilt_workbooks as spoilt
from test_fupin_household import (  # noqa: F401
    MODULES, acting, county, declaration, user, years)

pytestmark = pytest.mark.usefixtures('transaction', 'at_once')

TODAY = dt.date(2026, 3, 1)
TABLES = {
    'fupin.household': ['number', 'area', 'address', 'start_date', 'note'],
    'fupin.person': [
        'name', 'sex', 'birth_date', 'death_date', 'area', 'party',
        'id_number_naked', 'phone_naked', 'bank_name', 'bank_account_naked',
        'health_naked', 'disability_naked'],
    'fupin.household.membership': [
        'household.number', 'person.name', 'relation', 'from_date',
        'to_date', 'reason'],
    'fupin.household.registration': [
        'household.number', 'kind.code', 'from_date', 'to_date',
        'cause.code', 'document'],
    }


@pytest.fixture(autouse=True)
def kept_rows(transaction):
    "Whatever is loaded, the rows of household and year say so"
    yield
    assert household_year_check.compare() == (0, [])


@pytest.fixture
def at_once(monkeypatch):
    "All steps in the transaction of the test"
    monkeypatch.setattr(import_work, 'commit', lambda: None)
    monkeypatch.setattr(import_work, 'rollback', lambda: None)
    # to get one, the transaction would start again
    monkeypatch.setattr(Transaction, 'lock_records', lambda *args: None)


@pytest.fixture
def officer(county):  # noqa: F811
    return user('zhen1', ['group_township'], [county["镇1"]])


def enter(who, data, name='sheet.xlsx', kind='registry', **values):
    "Enter a file as the user and return the import, checked"
    Import = Pool().get('fupin.import')
    with acting(who):
        import_, = Import.create([{
                    'kind': kind, 'filename': name, 'date': TODAY,
                    'data': data, **values}])
        Import.check([import_])
    return work(import_)


def work(import_):
    Import = Pool().get('fupin.import')
    Import.work([import_])
    return Import(import_.id)


def load(who, import_):
    Import = Pool().get('fupin.import')
    with acting(who):
        if import_.rows_bad:
            Import.load_good([Import(import_.id)])
        else:
            Import.load_all([Import(import_.id)])
    return work(import_)


def counts(import_):
    return {
        n: getattr(import_, f'rows_{n}')
        for n in ['new', 'changed', 'same', 'bad']}


def cells(import_):
    "Return {(row, letters, code)} of what is not loaded"
    return {
        (p.row, p.letter, p.code) for p in import_.problems if p.error}


def snapshot():
    "Return the rows of the registry, whatever their ids"
    result = {}
    for name, fields in TABLES.items():
        rows = []
        for record in Pool().get(name).search([]):
            row = []
            for field in fields:
                value = record
                for part in field.split('.'):
                    value = value and getattr(value, part)
                row.append(getattr(value, 'id', value))
            rows.append(tuple(map(str, row)))
        result[name] = sorted(rows)
    return result


# spoilt workbooks

@pytest.mark.parametrize('maker', spoilt.MAKERS, ids=lambda m: m.__name__)
def test_spoilt_workbook(officer, maker):
    people = spoilt.make_people(14)
    data, name, spoilt_cells = maker(people)
    import_ = enter(officer, data, name)
    assert import_.state == 'checked'
    assert not Pool().get('fupin.person').search([])
    reported = {
        (p.row, p.header) for p in import_.problems
        if p.error and p.code != 'held'}
    assert len(reported) == len(spoilt_cells)
    assert {h.removeprefix("家庭成员").removeprefix("住址").strip()
        for _, h in reported} == {h for _, h in spoilt_cells}
    checked = counts(import_)
    assert checked['new'] + checked['bad'] == len(people)
    import_ = load(officer, import_)
    assert import_.state == 'done'
    assert counts(import_) == checked
    persons = {p.name: p for p in Pool().get('fupin.person').search([])}
    wrong = {n for n, _ in spoilt_cells}
    held = {p.row for p in import_.problems if p.code == 'held'}
    assert len(persons) == len(people) - len(wrong) - len(held)
    for person in people:
        record = persons.get(person["姓名"])
        if not record:
            continue
        assert person["姓名"] not in wrong
        assert record.birth_date == person["出生日期"]
        assert record.id_number_naked == person["证件号码"]
        assert record.phone_naked == person["联系电话"]
        assert record.household.number == person["户编号"]
        assert record.area.name == "村11"
        assert record.create_uid == officer


@pytest.mark.parametrize('maker', [
        spoilt.plain, spoilt.merged_households, spoilt.first_row_only,
        spoilt.wrong_cells], ids=lambda m: m.__name__)
def test_twice_changes_nothing(officer, maker):
    data, name, _ = maker(spoilt.make_people(14))
    first = load(officer, enter(officer, data, name))
    before = snapshot()
    second = enter(officer, data, name)
    assert counts(second) == {
        'new': 0, 'changed': 0, 'same': first.rows_new,
        'bad': first.rows_bad}
    second = load(officer, second)
    assert second.rows_same == first.rows_new
    assert snapshot() == before


# as one by one

def one_by_one(data):
    """Enter the rows of a plain sheet as the forms would, each person with
    the household; return the rows that were refused."""
    pool = Pool()
    Household = pool.get('fupin.household')
    Kind = pool.get('fupin.registration.kind')
    Membership = pool.get('fupin.household.membership')
    Person = pool.get('fupin.person')
    Registration = pool.get('fupin.household.registration')
    Subdivision = pool.get('country.subdivision')
    sheet = read_sheet(data, FIELDS)
    columns = propose(sheet.headers)
    labels = {"男": 'male', "女": 'female', "户主": 'head', "配偶": 'spouse',
        "之子": 'son', "之女": 'daughter', "健康": 'healthy'}
    refused = set()
    for number, row in sheet:
        values = {f: row[c - 1] for c, f in columns.items()}
        cursor = Transaction().connection.cursor()
        cursor.execute('SAVEPOINT row_')
        try:
            villages = Subdivision.search([
                    ('name', '=', values['village']),
                    ('id', 'in', Pool().get('res.user').get_areas())])
            if not villages:
                raise UserError("no village of the user")
            found = Household.search([
                    ('number', '=', values['household_number'])])
            household, = found or Household.create([{
                        'number': values['household_number'],
                        'area': villages[0].id,
                        'address': values.get('address')}])
            # what the database says of it ends the transaction on SQLite
            if Person.search([('id_number', '=', values['id_number'])]):
                raise UserError("a person with this number")
            person, = Person.create([{
                        'name': values['name'],
                        'sex': labels.get(values['sex'], values['sex']),
                        'birth_date': dt.date.fromisoformat(
                            values['birth_date']),
                        'area': villages[0].id,
                        'id_number': values['id_number'],
                        'phone': values['phone'],
                        # the forms offer nothing else
                        'health': labels[values['health']]}])
            Membership.create([{
                        'household': household.id,
                        'person': person.id,
                        'relation': labels.get(
                            values['relation'], values['relation']),
                        'from_date': TODAY,
                        'reason': 'record'}])
            if values.get('kind') and not found:
                kind, = Kind.search([('code', '=', values['kind'])])
                Registration.create([{
                            'household': household.id, 'kind': kind.id,
                            'from_date': dt.date.fromisoformat(
                                values['kind_date'])}])
        except (UserError, KeyError, ValueError):
            cursor.execute('ROLLBACK TO SAVEPOINT row_')
            Transaction().cache.clear()
            refused.add(number)
        cursor.execute('RELEASE SAVEPOINT row_')
    return refused


def sheet_to_compare():
    headers = [*spoilt.HEADERS, "家庭住址", "户类型", "识别时间"]
    people = spoilt.make_people(12, 3)
    rows = [
        [*spoilt.cells(p), f"{p['户编号']}号", 'lifted_2021', '2021-03-01']
        for p in people]
    place = {h: i for i, h in enumerate(headers)}

    def spoil(row, header, value):
        rows[row][place[header]] = value
    spoil(1, "证件号码", rows[1][place["证件号码"]][:-1] + '@')
    spoil(4, "出生日期", '1980-13-01')
    spoil(7, "性别", "不明")
    spoil(10, "与户主关系", "户主")
    spoil(13, "证件号码", rows[14][place["证件号码"]])
    spoil(13, "出生日期", rows[14][place["出生日期"]])
    spoil(13, "性别", rows[14][place["性别"]])
    spoil(16, "联系电话", '12345')
    spoil(19, "姓名", None)
    spoil(20, "健康状况", "尚可")
    for row in rows[21:24]:
        row[place["村"]] = "村21"
    for row in rows[24:27]:
        row[place["识别时间"]] = '2019-03-01'
    return spoilt.save(spoilt.workbook([headers, *rows]))


def test_as_one_by_one(officer, county):  # noqa: F811
    """The same rows and the same refusals, but for a household whose first
    row is refused: one by one the next row would found it without head."""
    data = sheet_to_compare()
    transaction = Transaction()
    cursor = transaction.connection.cursor()
    cursor.execute('SAVEPOINT before_')
    with acting(officer):
        refused = one_by_one(data)
    slow = snapshot()
    cursor.execute('ROLLBACK TO SAVEPOINT before_')
    transaction.cache.clear()
    import_ = load(officer, enter(officer, data))
    assert {p.row for p in import_.problems if p.error} == refused
    assert snapshot() == slow
    assert refused


def test_history(officer):
    pool = Pool()
    Log = pool.get('ir.model.log')
    Person = pool.get('fupin.person')
    people = spoilt.make_people(1)
    load(officer, enter(officer, spoilt.plain(people)[0]))
    people[1]["联系电话"] = '13911112222'
    import_ = load(officer, enter(officer, spoilt.plain(people)[0]))
    assert counts(import_) == {'new': 0, 'changed': 1, 'same': 2, 'bad': 0}
    person, = Person.search([('name', '=', people[1]["姓名"])])
    assert person.phone_naked == '13911112222'
    assert person.write_uid == officer
    log, = Log.search([('resource', '=', str(person))])
    assert (log.user, log.event, log.target) == (
        officer, 'write', 'phone_naked')


# mending

def test_bad_rows_mended(officer):
    BadRows = Pool().get('fupin.import.bad_rows', type='report')
    people = spoilt.make_people(14)
    data, name, _ = spoilt.wrong_cells(people)
    import_ = load(officer, enter(officer, data, name))
    assert import_.rows_bad == 14
    with acting(officer):
        extension, content, _, _ = BadRows.execute([import_.id], {})
    assert extension == 'xlsx'
    book = load_workbook(io.BytesIO(content))
    header, *rows = book.active.iter_rows(values_only=True)
    assert header == (*spoilt.HEADERS, "问题")
    assert len(rows) == 14
    assert all(r[-1] for r in rows)
    for row in book.active.iter_rows(min_row=2):
        # one cell of each is wrong
        right, = [
            p for p in map(spoilt.cells, people)
            if sum(a.value == b for a, b in zip(row, p)) >= len(p) - 1]
        for cell, value in zip(row, right):
            cell.value = value
    mended = enter(officer, spoilt.save(book))
    assert mended.mapping == import_.mapping
    assert counts(mended) == {'new': 14, 'changed': 0, 'same': 0, 'bad': 0}
    mended = load(officer, mended)
    assert len(Pool().get('fupin.person').search([])) == len(people)
    # all is loaded: the file is gone
    assert not mended.content


def test_mapping_is_kept(officer):
    pool = Pool()
    Import = pool.get('fupin.import')
    headers = [h if h != "姓名" else "名字" for h in spoilt.HEADERS]
    people = spoilt.make_people(1)

    def data(villages="村11"):
        return spoilt.save(spoilt.workbook(
                [headers, *map(spoilt.cells, people)]))
    with acting(officer):
        import_, = Import.create([{
                    'filename': 'a.xlsx', 'date': TODAY, 'data': data()}])
        with pytest.raises(SheetImportError):
            Import.check([import_])
        column, = [c for c in import_.columns if c.header == "名字"]
        Import.write([import_], {
                'columns': [('write', [column.id], {'field': 'name'})]})
        Import.check([import_])
    assert work(import_).rows_new == 3
    again = enter(officer, data())
    assert again.mapping == Import(import_.id).mapping
    assert counts(again)['new'] == 3


# rights

def test_rights(officer, county):  # noqa: F811
    pool = Pool()
    Import = pool.get('fupin.import')
    BadRows = pool.get('fupin.import.bad_rows', type='report')
    colleague = user('zhen1b', ['group_township'], [county["镇1"]])
    bureau = user('xian', ['group_county'], [county["试验县"]])
    people = spoilt.make_people(3)
    people[0]["村"] = people[1]["村"] = people[2]["村"] = "村21"
    people[0]["乡镇"] = people[1]["乡镇"] = people[2]["乡镇"] = "镇2"
    import_ = enter(officer, spoilt.plain(people)[0])
    assert {(r, code) for r, _, code in cells(import_)} >= {
        (2, 'area'), (3, 'area'), (4, 'area')}
    assert counts(import_) == {'new': 6, 'changed': 0, 'same': 0, 'bad': 3}
    with acting(officer):
        assert Import(import_.id).data
        with pytest.raises(AccessError):
            Import.read([import_.id], ['content'])
    with acting(colleague):
        assert not Import.search([])
    with acting(bureau):
        seen, = Import.search([])
        assert seen.rows_new == 6
        assert not seen.data
        with pytest.raises(UserError):
            Import.load_good([seen])
        with pytest.raises(UserError):
            BadRows.execute([seen.id], {})
        with pytest.raises(AccessError):
            Import.create([{'date': TODAY}])


def test_other_township(officer, county):  # noqa: F811
    "Neither a household nor a person of the other township is touched"
    other = user('zhen2', ['group_township'], [county["镇2"]])
    people = spoilt.make_people(2, township="镇2", village="村21")
    load(other, enter(other, spoilt.plain(people)[0]))
    before = snapshot()
    mine = [p | {"乡镇": "镇1", "村": "村11"} for p in people]
    moved = [p | {"户编号": f'X{p["户编号"]}'} for p in mine[3:]]
    import_ = enter(officer, spoilt.plain(mine[:3] + moved)[0])
    assert {code for _, _, code in cells(import_)} == {
        'household_elsewhere', 'person_elsewhere'}
    assert counts(import_)['bad'] == 6
    load(officer, import_)
    assert snapshot() == before


def test_states(officer):
    Import = Pool().get('fupin.import')
    import_ = enter(officer, spoilt.plain(spoilt.make_people(1))[0])
    with acting(officer):
        with pytest.raises(AccessError):
            Import.write([import_], {'kind': 'income'})
        Import.again([import_])
        Import.check([Import(import_.id)])
        Import.cancel([Import(import_.id)])
    assert work(import_).state == 'cancelled'
    assert not Pool().get('fupin.person').search([])


@pytest.mark.parametrize('data', [b'PK\x03\x04 broken', b'a,b\n1,2\n'])
def test_no_sheet(officer, data):
    with pytest.raises(SheetImportError):
        enter(officer, data)


# batches

def test_broken_off(officer, monkeypatch):
    "What is done stays, the rest is done later, nothing twice"
    monkeypatch.setattr(import_work, 'BATCH', 6)
    Import = Pool().get('fupin.import')
    import_ = enter(officer, spoilt.plain(spoilt.make_people(6))[0])
    assert import_.batches == 3
    with acting(officer):
        Import.load_all([import_])
    step = Import._step
    assert step(import_.id)
    import_ = Import(import_.id)
    assert (import_.state, import_.position) == ('loading', 1)
    assert import_.progress == pytest.approx(1 / 3)
    assert import_.rows_new == 6
    # the same step is not done again
    assert step(import_.id)
    stale = Import(import_.id)
    stale.state, stale.position = 'loading', 1
    assert not stale._claim()
    import_ = work(import_)
    assert (import_.state, import_.rows_new) == ('done', 18)
    assert len(Pool().get('fupin.person').search([])) == 18
    assert not Pool().get('fupin.import.batch').search([])


def test_resume_silent(officer):
    Import = Pool().get('fupin.import')
    Queue = Pool().get('ir.queue')
    import_ = enter(officer, spoilt.plain(spoilt.make_people(1))[0])
    with acting(officer):
        Import.load_all([import_])
    before = len(Queue.search([]))
    Import.resume_silent()
    assert len(Queue.search([])) == before
    cursor = Transaction().connection.cursor()
    table = Import.__table__()
    cursor.execute(*table.update(
            [table.write_date], [dt.datetime.now() - dt.timedelta(hours=1)]))
    Import.resume_silent()
    assert len(Queue.search([])) == before + 1
    assert work(import_).state == 'done'
    # nothing is done by a task that comes too late
    assert work(import_).rows_new == 3
