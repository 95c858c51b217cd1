# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
import io
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from trytond.modules.fupin_coop.bank_file import (
    PROBLEMS,
    BankFileError,
    Payment,
    Result,
    clean,
    match,
    neutralise,
    read_payments,
    read_results,
    write_payments,
    write_results,
)

pytestmark = pytest.mark.plain

FORMATS = [('csv', 'utf-8-sig'), ('csv', 'gb18030'), ('xlsx', None)]

texts = st.text(st.characters(exclude_categories=['Cs']), max_size=20)
names = texts.map(clean).filter(bool)
amounts = st.decimals(
    min_value=Decimal('0.01'), max_value=Decimal('99999999.99'), places=2)
accounts = st.from_regex(r'\A[0-9]{13,19}\Z')


@st.composite
def payment_lists(draw):
    count = draw(st.integers(min_value=1, max_value=8))
    return [
        Payment(
            'P%05d' % i, draw(accounts), draw(names), draw(texts.map(clean)),
            draw(amounts), draw(texts.map(clean)))
        for i in range(count)]


def to_results(payments, failed=()):
    return [
        Result(
            None, p.number, p.account, p.name, p.amount,
            p.number not in failed,
            '户名不符' if p.number in failed else '')
        for p in payments]


PAYMENTS = [
    Payment(number, account, name, '兰考农商行', Decimal(amount), '货款')
    for number, account, name, amount in [
        ('7', '6228480402564890018', '张三', '887.83'),
        ('8', '6228480402564890026', '李四', '1200.00'),
        ('9', '6228480402564890034', '王五', '0.50'),
        ]]


def refused(content, payments=PAYMENTS):
    with pytest.raises(BankFileError) as info:
        match(read_results(content), payments)
    assert info.value.problem in PROBLEMS
    return info.value.problem, info.value.row


def csv_lines(payments=PAYMENTS, failed=()):
    content = write_results(to_results(payments, failed))
    return content.decode('utf-8-sig').split('\r\n')


def from_lines(lines, encoding='utf-8-sig'):
    return '\r\n'.join(lines).encode(encoding)


@pytest.mark.parametrize('format_,encoding', FORMATS)
@settings(max_examples=40, deadline=None)
@given(payments=payment_lists())
def test_payments_round_trip(format_, encoding, payments):
    content = write_payments(payments, format_, encoding or 'utf-8-sig')
    assert read_payments(content) == payments


@pytest.mark.parametrize('format_,encoding', FORMATS)
@settings(max_examples=40, deadline=None)
@given(payments=payment_lists(), data=st.data())
def test_results_round_trip(format_, encoding, payments, data):
    failed = data.draw(st.sets(st.sampled_from([p.number for p in payments])))
    content = write_results(
        to_results(payments, failed), format_, encoding or 'utf-8-sig')
    matched = match(read_results(content), payments)
    assert {n for n, r in matched.items() if not r.succeeded} == failed
    assert matched.keys() == {p.number for p in payments}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_cleanly(content):
    with pytest.raises(BankFileError) as info:
        read_results(content)
    assert info.value.problem in PROBLEMS


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=50), st.integers(min_value=0))
def test_damaged_workbook_is_refused_or_right(noise, position):
    content = write_results(to_results(PAYMENTS), 'xlsx')
    position %= len(content)
    damaged = content[:position] + noise + content[position + len(noise):]
    try:
        matched = match(read_results(damaged), PAYMENTS)
    except BankFileError:
        return
    assert {n: r.amount for n, r in matched.items()} == {
        p.number: p.amount for p in PAYMENTS}


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'gb18030'])
@settings(max_examples=100, deadline=None)
@given(st.integers(min_value=0))
def test_cut_anywhere_is_refused(encoding, position):
    "A file of which the end is missing never passes for a whole one"
    content = from_lines(csv_lines(failed={'8'}), encoding)
    end = content.rstrip().rindex('合计'.encode(
            'gb18030' if encoding == 'gb18030' else 'utf-8'))
    position %= end - 6
    with pytest.raises(BankFileError):
        match(read_results(content[:position]), PAYMENTS)


@settings(max_examples=100, deadline=None)
@given(payments=payment_lists(), data=st.data())
def test_any_changed_cell_is_refused(payments, data):
    results = to_results(payments)
    i = data.draw(st.integers(min_value=0, max_value=len(results) - 1))
    field = data.draw(st.sampled_from(['number', 'account', 'name', 'amount']))
    value = data.draw({
            'number': names, 'account': accounts, 'name': names,
            'amount': amounts}[field])
    assume(value != getattr(results[i], field))
    results[i] = results[i]._replace(**{field: value})
    with pytest.raises(BankFileError):
        match(read_results(write_results(results)), payments)


@settings(max_examples=200)
@given(texts)
def test_neutralise(text):
    result = neutralise(text)
    assert not result or result[0] not in '=+-@＝＋－＠\t\r\n'


@pytest.mark.parametrize('format_', ['csv', 'xlsx'])
def test_no_formula(format_):
    payment = PAYMENTS[0]._replace(
        name='=HYPERLINK("http://x")', purpose='@SUM(A1)', bank='+1')
    content = write_payments([payment], format_)
    if format_ == 'xlsx':
        sheet = load_workbook(io.BytesIO(content)).active
        assert [c.data_type for c in sheet[2]] == [
            'n', 's', 's', 's', 'n', 's', 's']
        assert sheet['B2'].value == payment.account
        assert sheet['C2'].value.startswith("'=")
    else:
        row = content.decode('utf-8-sig').split('\r\n')[1]
        for cell in ["'=HYPER", "'@SUM", "'+1"]:
            assert cell in row
    assert read_payments(content) == [payment]


def test_payment_file():
    assert write_payments(PAYMENTS).decode('utf-8-sig').split('\r\n') == [
        '序号,收款账号,收款户名,开户行,金额,附言,业务编号',
        '1,6228480402564890018,张三,兰考农商行,887.83,货款,7',
        '2,6228480402564890026,李四,兰考农商行,1200.00,货款,8',
        '3,6228480402564890034,王五,兰考农商行,0.50,货款,9',
        '合计,,3笔,,2088.33,,',
        '']
    assert write_payments(PAYMENTS).startswith(b'\xef\xbb\xbf')
    assert '张三' in write_payments(
        PAYMENTS, encoding='gb18030').decode('gb18030')


def test_columns_in_any_order_under_a_title():
    lines = [
        '兰考农商银行批量代发结果,,,,,',
        '处理结果,金额,户名,失败原因,账号,业务编号,交易时间',
        '成功,"1,200.00",李四,,6228480402564890026,8,2026-11-20',
        '失败,￥887.83,张三,账户已销户,6228480402564890018,7,',
        '成功,0.5,王五,,6228480402564890034,9,2026-11-20',
        ]
    matched = match(read_results(from_lines(lines, 'gb18030')), PAYMENTS)
    assert matched['7'].reason == '账户已销户'
    assert not matched['7'].succeeded
    assert matched['8'].amount == Decimal('1200.00')


@pytest.mark.parametrize('delimiter', ['\t', ';'])
def test_delimiter(delimiter):
    lines = [line.replace(',', delimiter) for line in csv_lines()]
    assert len(match(read_results(from_lines(lines)), PAYMENTS)) == 3


def test_amounts_of_a_workbook():
    workbook = Workbook()
    sheet = workbook.active
    sheet.append(['业务编号', '账号', '户名', '金额', '状态', '失败原因'])
    sheet.append(
        [7, '6228480402564890018', '张三', 887.8299999999999999, '成功', None])
    sheet.append([8, '6228480402564890026', '李四', 1200, '成功', None])
    sheet.append([9, '6228480402564890034', '王五', '0.50', '成功', None])
    output = io.BytesIO()
    workbook.save(output)
    assert len(match(read_results(output.getvalue()), PAYMENTS)) == 3

    sheet['D2'] = 887.834
    output = io.BytesIO()
    workbook.save(output)
    assert refused(output.getvalue()) == ('amount_invalid', 2)

    sheet['D2'] = 887.83
    sheet['B3'] = 6228480402564890026
    output = io.BytesIO()
    workbook.save(output)
    assert refused(output.getvalue()) == ('account_lost', 3)


def replace(lines, row, old, new):
    assert old in lines[row - 1]
    lines[row - 1] = lines[row - 1].replace(old, new)
    return lines


def test_empty():
    assert refused(b'') == ('empty', None)
    assert refused(b'\r\n \r\n') == ('empty', None)
    assert refused(from_lines(csv_lines()[:1])) == ('empty', None)


def test_not_ours():
    assert refused('姓名,电话\r\n张三,1'.encode()) == ('header', None)
    assert refused(b'%PDF-1.7 ...') == ('header', None)
    assert refused(write_payments(PAYMENTS)) == ('header', None)
    assert refused(b'\xd0\xcf\x11\xe0 old workbook') == ('format', None)
    assert refused(b'PK\x03\x04') == ('cut_short', None)


@pytest.mark.parametrize('encoding', ['utf-16', 'utf-16-le', 'utf-32'])
def test_strange_encoding(encoding):
    assert refused(from_lines(csv_lines(), encoding)) == ('encoding', None)


def test_bytes_of_no_encoding():
    content = from_lines(csv_lines())
    assert refused(content[:80] + b'\xff\xff' + content[80:]) == (
        'encoding', None)


def test_big5():
    content = '業務編號,帳號,戶名,金額,狀態,失敗原因\r\n'.encode('big5')
    problem, _ = refused(content)
    assert problem in {'encoding', 'header'}


def test_cut_short():
    lines = csv_lines()
    assert refused(from_lines(lines[:3])) == ('rows_missing', None)
    assert refused(from_lines(lines[:2] + [lines[2][:20]])) == (
        'row_short', 3)
    assert refused(from_lines(lines[:2] + lines[3:])) == ('total_count', 4)
    content = from_lines(lines, 'utf-8')
    head = content[:content.index('李'.encode()) + 1]
    assert refused(head) == ('cut_short', None)
    content = from_lines(lines, 'gb18030')
    head = content[:content.index('李'.encode('gb18030')) + 1]
    assert refused(head) == ('cut_short', None)
    assert refused(write_results(to_results(PAYMENTS), 'xlsx')[:-100]) == (
        'cut_short', None)


@pytest.mark.parametrize('row,old,new,problem', [
        (2, '7,', '77,', 'number_unknown'),
        (2, '7,', ',', 'number_missing'),
        (2, '6228480402564890018', '6228480402564890019', 'account_changed'),
        (2, '6228480402564890018', '6.22848040256489E+18', 'account_lost'),
        (3, '李四', '李肆', 'name_changed'),
        (3, '1200.00', '1200.00元整', 'amount_invalid'),
        (3, '1200.00', '12,00.00', 'status_unknown'),
        (3, '成功', '成功,,多', 'row_long'),
        (3, '1200.00', '-1200.00', 'amount_invalid'),
        (3, '1200.00', '1200.005', 'amount_invalid'),
        (3, '1200.00', '', 'amount_invalid'),
        (3, '1200.00', '１２００.00', 'amount_invalid'),
        (4, '成功', '处理中', 'status_unknown'),
        (4, '成功', '', 'status_unknown'),
        ])
def test_row_refused(row, old, new, problem):
    lines = replace(csv_lines(), row, old, new)
    del lines[4]  # The total is another check
    assert refused(from_lines(lines)) == (problem, row)


def test_amount_changed():
    lines = replace(csv_lines(), 3, '1200.00', '1200.01')
    assert refused(from_lines(lines)) == ('total_amount', 5)
    assert refused(from_lines(lines[:4])) == ('amount_changed', 3)
    lines = replace(lines, 5, '2088.33', '2088.34')
    assert refused(from_lines(lines)) == ('amount_changed', 3)


def test_rows_twice():
    lines = csv_lines()[:4]
    assert refused(from_lines(lines + [lines[1]])) == ('row_twice', 5)
    other = replace(list(lines), 2, '成功', '失败')[1]
    assert refused(from_lines(lines + [other])) == ('row_contradictory', 5)


def test_total():
    lines = csv_lines()
    assert refused(from_lines(replace(list(lines), 5, '3笔', '4笔'))) == (
        'total_count', 5)
    assert refused(from_lines(replace(list(lines), 5, '3笔', '三笔'))) == (
        'total_unreadable', 5)
    assert refused(from_lines(lines[:5] + [lines[1]])) == (
        'row_after_total', 6)
    assert refused(from_lines(lines[:5] + [lines[4]])) == ('total_twice', 6)


def test_column_twice():
    lines = csv_lines()
    lines[0] = lines[0].replace('失败原因', '户名')
    assert refused(from_lines(lines)) == ('column_twice', 1)
