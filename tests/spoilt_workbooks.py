# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Sheets of households and persons, spoilt as county people spoil them.

Each maker takes the people, which it does not change, and returns the file,
its name and the cells that have to be reported, as (name of the person,
header): the row of a cell depends on what else is wrong with the sheet."""
import csv
import datetime as dt
import io

from openpyxl import Workbook
from stdnum.cn import ric

HEADERS = [
    "户编号", "乡镇", "村", "与户主关系", "姓名", "性别", "出生日期",
    "证件号码", "联系电话", "健康状况"]
RELATIONS = ["户主", "配偶", "之子", "之女"]
LABELS = {'male': "男", 'female': "女"}
EPOCH = dt.date(1899, 12, 30)


def id_number(birth, sequence, sex='male'):
    "Return an invented ID number of a region on no real card"
    sequence = sequence * 2 + (sex == 'male')
    number = f'410000{birth:%Y%m%d}{sequence % 1000:03}'
    return number + ric.calc_check_digit(number + '0')


def make_people(households=3, persons=3, prefix='W', township="镇1",
        village="村11", first=1):
    "Return rows by header, values as Python has them"
    people = []
    for h in range(first, first + households):
        for p in range(persons):
            sex = ['male', 'female'][p % 2]
            birth = dt.date(1970, 1, 2) + dt.timedelta(days=97 * h + 4000 * p)
            people.append({
                    "户编号": f'{prefix}{h:05}',
                    "乡镇": township,
                    "村": village,
                    "与户主关系": RELATIONS[p % 4],
                    "姓名": f"{'赵钱孙李周'[p % 5]}{chr(0x4e00 + h)}",
                    "性别": LABELS[sex],
                    "出生日期": birth,
                    "证件号码": id_number(birth, h, sex),
                    "联系电话": f'138{h:04}{p:04}',
                    "健康状况": "健康",
                    })
    return people


def cells(person, headers=HEADERS):
    return [
        v.isoformat() if isinstance(v, dt.date) else v
        for v in (person[h] for h in headers)]


def save(workbook):
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def workbook(rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return book


def encode(rows, encoding, delimiter=','):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def plain(people):
    rows = [HEADERS, *map(cells, people)]
    return save(workbook(rows)), 'plain.xlsx', set()


def csv_utf8(people):
    rows = [HEADERS, *map(cells, people)]
    return encode(rows, 'utf-8'), 'utf8.csv', set()


def csv_bom(people):
    rows = [HEADERS, *map(cells, people)]
    return encode(rows, 'utf-8-sig'), 'bom.csv', set()


def csv_gb18030(people):
    rows = [["某镇农户花名册"], [], HEADERS, *map(cells, people)]
    return encode(rows, 'gb18030'), 'gb.csv', set()


def text_utf16(people):
    rows = [HEADERS, *map(cells, people)]
    return encode(rows, 'utf-16', '\t'), 'unicode.txt', set()


def title_and_signatures(people):
    book = workbook([
            ["某县农户及人口基本情况表（2026年）"], [],
            ["填报单位：镇1", None, None, "填报日期：2026年9月30日"],
            HEADERS, *map(cells, people[:4]), HEADERS,
            *map(cells, people[4:]), [],
            ["合计", None, None, None, len(people)],
            ["填表人：", None, "审核人："]])
    book.active.merge_cells('A1:J1')
    return save(book), 'title.xlsx', set()


def shifted(people):
    "The table begins in the middle of the sheet"
    book = Workbook()
    for r, row in enumerate([HEADERS, *map(cells, people)], 6):
        for c, value in enumerate(row, 4):
            book.active.cell(r, c, value)
    return save(book), 'shifted.xlsx', set()


def any_order(people):
    headers = ["序号", "备注", *reversed(HEADERS)]
    rows = [[i, None, *cells(p, headers[2:])]
        for i, p in enumerate(people, 1)]
    return save(workbook([headers, *rows])), 'order.xlsx', set()


def two_headers(people):
    top = ["户编号", "住址", None, "家庭成员"] + [None] * 6
    bottom = [None, *HEADERS[1:]]
    book = workbook([["花名册"], top, bottom, *map(cells, people)])
    for area in ['A1:J1', 'A2:A3', 'B2:C2', 'D2:J2']:
        book.active.merge_cells(area)
    return save(book), 'two.xlsx', set()


def merged_households(people):
    book = workbook([HEADERS])
    sheet = book.active
    start = 2
    for number in dict.fromkeys(p["户编号"] for p in people):
        rows = [cells(p) for p in people if p["户编号"] == number]
        for i, row in enumerate(rows):
            sheet.append([None] * 3 + row[3:] if i else row)
        for column in 'ABC':
            sheet.merge_cells(f'{column}{start}:{column}{sheet.max_row}')
        start = sheet.max_row + 1
    return save(book), 'merged.xlsx', set()


def first_row_only(people):
    "The number stands in the head's row, the cells below are empty"
    rows = []
    for person in people:
        row = cells(person)
        if person["与户主关系"] != "户主":
            row[:3] = [None] * 3
        rows.append(row)
    return save(workbook([HEADERS, *rows])), 'first.xlsx', set()


def dates_in_many_forms(people):
    forms = [
        lambda d: f'{d.year}-{d.month}-{d.day}',
        lambda d: f'{d.year}/{d.month}/{d.day}',
        lambda d: f'{d.year}年{d.month}月{d.day}日',
        lambda d: f'{d.year} 年 {d.month} 月 {d.day} 日',
        lambda d: f'{d:%Y%m%d}',
        lambda d: int(f'{d:%Y%m%d}'),
        lambda d: (d - EPOCH).days,
        lambda d: str((d - EPOCH).days),
        lambda d: f'{d.year}.{d.month}.{d.day}',
        lambda d: f'{d:%Y-%m-%d} 00:00:00',
        lambda d: d,
        lambda d: dt.datetime.combine(d, dt.time()),
        ]
    rows = [[*cells(p)] for p in people]
    for i, (row, person) in enumerate(zip(rows, people)):
        row[6] = forms[i % len(forms)](person["出生日期"])
    return save(workbook([HEADERS, *rows])), 'dates.xlsx', set()


def full_width(people):
    wide = {c: c + 0xfee0 for c in range(0x21, 0x7f)} | {0x20: 0x3000}
    rows = [
        [f"　{str(v).translate(wide)} " for v in cells(p)] for p in people]
    return save(workbook([HEADERS, *rows])), 'wide.xlsx', set()


def quotes_and_spaces(people):
    rows = []
    for person in people:
        row = cells(person)
        row[4] = row[4][0] + " " + row[4][1:]
        row[7] = f"'{row[7][:6]} {row[7][6:14]} {row[7][14:]}"
        row[8] = f' {row[8]}\n'
        rows.append(row)
    headers = [f' {h} ' for h in HEADERS]
    return save(workbook([headers, *rows])), 'quotes.xlsx', set()


def codes(people):
    relations = {"户主": "01", "配偶": 2, "之子": "03", "之女": 4.0}
    rows = []
    for person in people:
        row = cells(person)
        row[3] = relations[row[3]]
        row[5] = {"男": 1, "女": "2"}[row[5]]
        row[8] = int(row[8])
        rows.append(row)
    return save(workbook([HEADERS, *rows])), 'codes.xlsx', set()


def scientific(people):
    "The spreadsheet took the ID numbers for numbers"
    spoilt = set()
    rows = []
    for i, person in enumerate(people):
        row = cells(person)
        if i % 4 == 1 and not row[7].endswith('X'):
            row[7] = float(row[7])
            spoilt.add((person["姓名"], "证件号码"))
        elif i % 4 == 2:
            row[7] = '4.1E+17'
            spoilt.add((person["姓名"], "证件号码"))
        rows.append(row)
    return save(workbook([HEADERS, *rows])), 'scientific.xlsx', spoilt


def wrong_cells(people):
    "One of each mistake, a household each"
    def check_digit(value):
        return value[:-1] + '0123456789X'[
            ('0123456789X'.index(value[-1]) + 1) % 11]

    mistakes = [
        ("证件号码", check_digit),
        ("证件号码", lambda v: v[:6] + v[8:17]),
        ("证件号码", lambda v: v[:17]),
        ("出生日期", lambda v: '1980-01-01'),
        ("出生日期", lambda v: '1980-13-01'),
        ("出生日期", lambda v: '3/4/20'),
        ("性别", lambda v: {"男": "女", "女": "男"}[v]),
        ("性别", lambda v: '3'),
        ("与户主关系", lambda v: "邻居"),
        ("与户主关系", lambda v: None),
        ("姓名", lambda v: None),
        ("联系电话", lambda v: '12345'),
        ("健康状况", lambda v: "尚可"),
        ("村", lambda v: "没有村"),
        ]
    heads = [p for p in people if p["与户主关系"] == "配偶"]
    spoilt = set()
    rows = [cells(p) for p in people]
    for person, (header, mistake) in zip(heads, mistakes):
        row = rows[people.index(person)]
        place = HEADERS.index(header)
        row[place] = mistake(row[place])
        spoilt.add((person["姓名"], header))
    return save(workbook([HEADERS, *rows])), 'wrong.xlsx', spoilt


MAKERS = [
    plain, csv_utf8, csv_bom, csv_gb18030, text_utf16, title_and_signatures,
    shifted, any_order, two_headers, merged_households, first_row_only,
    dates_in_many_forms, full_width, quotes_and_spaces, codes, scientific,
    wrong_cells]
