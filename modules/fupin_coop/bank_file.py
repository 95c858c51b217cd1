# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The files that go to the bank and come back from it.

Plain reading, writing and comparing, without the pool: what is wrong with
a file is a BankFileError that names the problem and the row."""
import csv
import io
import re
import unicodedata
import zipfile
from collections import namedtuple
from decimal import Context as DecimalContext
from decimal import Decimal, InvalidOperation

from openpyxl import Workbook, load_workbook

PAYMENT_COLUMNS = {
    'sequence': '序号',
    'account': '收款账号',
    'name': '收款户名',
    'bank': '开户行',
    'amount': '金额',
    'purpose': '附言',
    'number': '业务编号',
    }
RESULT_COLUMNS = {
    'number': '业务编号',
    'account': '收款账号',
    'name': '收款户名',
    'amount': '金额',
    'status': '状态',
    'reason': '失败原因',
    }
_ALIASES = {
    'sequence': {'序号'},
    'account': {'收款账号', '账号', '收款人账号', '收款卡号'},
    'name': {'收款户名', '户名', '收款人户名', '收款人名称', '收款人'},
    'bank': {'开户行', '收款行', '收款人开户行'},
    'amount': {'金额', '交易金额', '金额(元)', '金额（元）'},
    'purpose': {'附言', '用途', '附言/用途'},
    'number': {'业务编号', '客户业务编号'},
    'status': {'状态', '处理状态', '交易状态', '处理结果'},
    'reason': {'失败原因', '原因', '处理信息'},
    }
_COLUMN_OF = {a: c for c, aliases in _ALIASES.items() for a in aliases}
_TOTAL = {'合计', '总计'}
_SUCCEEDED = {'成功', '交易成功', '处理成功'}
_FAILED = {'失败', '交易失败', '处理失败'}
_COUNT = re.compile(r'^(\d+)\s*笔$')
_AMOUNT = re.compile(r'^(\d+|\d{1,3}(,\d{3})+)(\.\d{1,2})?$')
_DELIMITERS = [',', '\t', ';', '|']
# What a spreadsheet takes as the start of a formula, full width included
_FORMULA = '=+-@＝＋－＠'
_CENT = Decimal('0.01')
# A spreadsheet keeps 15 significant digits of a number
_SPREADSHEET = DecimalContext(prec=15)
_HEADER_ROWS = 10
MAX_SIZE = 10 * 1024 * 1024
MAX_UNPACKED = 100 * 1024 * 1024
ENCODINGS = ['utf-8-sig', 'gb18030']

Payment = namedtuple(
    'Payment', ['number', 'account', 'name', 'bank', 'amount', 'purpose'])
Result = namedtuple(
    'Result',
    ['row', 'number', 'account', 'name', 'amount', 'succeeded', 'reason'])


class BankFileError(Exception):
    """A file that is refused.

    problem is a word of PROBLEMS, row the number of the row in the file
    (None if it is about the whole file) and values what a message needs."""

    def __init__(self, problem, row=None, **values):
        super().__init__(problem, row, values)
        self.problem = problem
        self.row = row
        self.values = values


PROBLEMS = [
    'empty', 'size', 'encoding', 'format', 'cut_short', 'header',
    'column_twice', 'row_short', 'row_long', 'number_missing',
    'account_lost', 'amount_invalid', 'status_unknown', 'row_twice',
    'row_contradictory', 'total_count', 'total_amount', 'total_unreadable',
    'total_twice', 'row_after_total', 'number_unknown', 'account_changed',
    'name_changed', 'amount_changed', 'rows_missing']


def clean(text):
    "Return text on one line, without control characters"
    return ' '.join(''.join(
            c if _is_text(c) else ' ' for c in text or '').split())


def neutralise(text):
    "Return text that no spreadsheet takes as a formula"
    text = clean(text)
    if text and (text[0] in _FORMULA or text[0] == "'"):
        text = "'" + text
    return text


def _plain(text):
    "Return the text of before neutralise"
    text = clean(text)
    return text[1:].strip() if text.startswith("'") else text


def _payment_rows(payments):
    yield list(PAYMENT_COLUMNS.values())
    for i, payment in enumerate(payments, 1):
        yield [
            i,
            neutralise(payment.account),
            neutralise(payment.name),
            neutralise(payment.bank),
            payment.amount,
            neutralise(payment.purpose),
            neutralise(payment.number),
            ]
    yield [
        '合计', '', '%d笔' % len(payments), '',
        sum((p.amount for p in payments), Decimal(0)).quantize(_CENT), '', '']


def _result_rows(results):
    yield list(RESULT_COLUMNS.values())
    for result in results:
        yield [
            neutralise(result.number),
            neutralise(result.account),
            neutralise(result.name),
            result.amount,
            '成功' if result.succeeded else '失败',
            neutralise(result.reason),
            ]
    yield [
        '合计', '', '%d笔' % len(results),
        sum((r.amount for r in results), Decimal(0)).quantize(_CENT), '', '']


def _write_csv(rows, encoding):
    if encoding not in ENCODINGS:
        raise ValueError(encoding)
    output = io.StringIO(newline='')
    writer = csv.writer(output, lineterminator='\r\n')
    for row in rows:
        writer.writerow([
                format(c, 'f') if isinstance(c, Decimal) else c for c in row])
    return output.getvalue().encode(encoding)


def _write_xlsx(rows, title):
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = title
    for i, row in enumerate(rows, 1):
        for j, value in enumerate(row, 1):
            cell = sheet.cell(i, j)
            if isinstance(value, str):
                # As text, so that neither an account number loses its
                # digits nor a name becomes a formula
                cell.value = value
                cell.data_type = 's'
                cell.number_format = '@'
            else:
                cell.value = value
                if isinstance(value, Decimal):
                    cell.number_format = '0.00'
    for letter, width in zip('ABCDEFG', [12, 24, 16, 30, 16, 24, 20]):
        sheet.column_dimensions[letter].width = width
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


def write_payments(payments, format_='csv', encoding='utf-8-sig'):
    "Return the content of the file that asks the bank for the payments"
    payments = list(payments)
    rows = _payment_rows(payments)
    if format_ == 'xlsx':
        return _write_xlsx(rows, '批量代发')
    return _write_csv(rows, encoding)


def write_results(results, format_='csv', encoding='utf-8-sig'):
    "Return the content of a file with the results, as the bank writes it"
    results = list(results)
    rows = _result_rows(results)
    if format_ == 'xlsx':
        return _write_xlsx(rows, '代发结果')
    return _write_csv(rows, encoding)


def _decode(content):
    "Return the text of content in UTF-8 or GB18030"
    text = None
    try:
        text = content.decode('utf-8-sig')
    except UnicodeDecodeError as utf8_error:
        try:
            text = content.decode('gb18030')
        except UnicodeDecodeError as exception:
            for encoding, error in [
                    ('utf-8-sig', utf8_error), ('gb18030', exception)]:
                # A character of which only the first bytes are there
                if error.start >= len(content) - 4:
                    head = content[:error.start].decode(
                        encoding, errors='replace')
                    if _is_text(head) and _find_header(_split(head)):
                        raise BankFileError('cut_short') from exception
            raise BankFileError('encoding') from exception
        if (utf8_error.start >= len(content) - 3
                and not _find_header(_split(text))):
            raise BankFileError('cut_short') from utf8_error
    if not _is_text(text):
        raise BankFileError('encoding')
    return text


def _is_text(text):
    return not any(
        unicodedata.category(c) in {'Cc', 'Cs'} and c not in '\t\r\n'
        or c in '\ufffd\ufffe\uffff'
        for c in text)


def _split(text, delimiter=','):
    try:
        return list(csv.reader(
                io.StringIO(text, newline=''), delimiter=delimiter,
                strict=True))
    except csv.Error:
        return None


def _find_header(rows):
    "Return the index of the header row and its columns by position"
    for i, row in enumerate((rows or [])[:_HEADER_ROWS]):
        columns = {}
        for j, cell in enumerate(row):
            column = _COLUMN_OF.get(_plain(str(cell or '')).replace(' ', ''))
            if column:
                if column in columns.values():
                    raise BankFileError(
                        'column_twice', i + 1, column=str(cell))
                columns[j] = column
        if {'number', 'amount'} <= set(columns.values()):
            return i, columns


def _read_csv(content):
    text = _decode(content)
    quoted = False
    for delimiter in _DELIMITERS:
        rows = _split(text, delimiter)
        if rows is None:
            quoted = True
            continue
        found = _find_header(rows)
        if found:
            return rows, found
    raise BankFileError('cut_short' if quoted else 'header')


def _read_xlsx(content):
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(i.file_size for i in archive.infolist()) > MAX_UNPACKED:
                raise BankFileError('size')
            if archive.testzip():
                raise BankFileError('cut_short')
    except BankFileError:
        raise
    except Exception as exception:
        raise BankFileError('cut_short') from exception
    # The library answers what it does not understand with errors of any kind
    try:
        workbook = load_workbook(
            io.BytesIO(content), read_only=True, data_only=True)
        tables = []
        for sheet in workbook.worksheets:
            # The size written in the file is not to be believed
            sheet.reset_dimensions()
            tables.append([list(r) for r in sheet.iter_rows(values_only=True)])
        workbook.close()
    except Exception as exception:
        raise BankFileError('format') from exception
    for rows in tables:
        found = _find_header(rows)
        if found:
            return rows, found
    raise BankFileError('header')


def _text(value):
    "Return the text of a cell"
    if value is None:
        return ''
    if isinstance(value, str):
        return _plain(value)
    return str(value)


def _amount(value, row):
    if isinstance(value, bool):
        raise BankFileError('amount_invalid', row, amount=str(value))
    if isinstance(value, (int, float)):
        try:
            amount = _SPREADSHEET.create_decimal(repr(value))
            if amount != amount.quantize(_CENT):
                raise BankFileError('amount_invalid', row, amount=str(value))
        except InvalidOperation as exception:
            raise BankFileError(
                'amount_invalid', row, amount=str(value)) from exception
    else:
        text = _text(value).replace(' ', '')
        text = text.removeprefix('¥').removeprefix('￥').removesuffix('元')
        if not text.isascii() or not _AMOUNT.match(text):
            raise BankFileError('amount_invalid', row, amount=_text(value))
        amount = Decimal(text.replace(',', ''))
    amount = amount.quantize(_CENT)
    if amount < 0:
        raise BankFileError('amount_invalid', row, amount=str(value))
    return amount


def _account(value, row):
    # A spreadsheet that took the account for a number lost its last digits
    if (isinstance(value, float)
            or (isinstance(value, str)
                and re.match(r'^\d[\d.]*[eE]\+?\d+$', value.strip()))
            or (isinstance(value, int) and value >= 10 ** 15)):
        raise BankFileError('account_lost', row, account=str(value))
    return _text(value).replace(' ', '')


def _read(content):
    "Yield the rows (number, {column: value}) and check the total"
    if not content or not content.strip():
        raise BankFileError('empty')
    if len(content) > MAX_SIZE:
        raise BankFileError('size')
    if content.startswith(b'PK'):
        rows, (start, columns) = _read_xlsx(content)
        cut = False
    elif content.startswith(b'\xd0\xcf\x11\xe0'):
        raise BankFileError('format')
    else:
        rows, (start, columns) = _read_csv(content)
        cut = True
    width = len(rows[start])
    entries = []
    total = None
    for i, row in enumerate(rows[start + 1:], start + 2):
        texts = [_text(c) for c in row]
        if not any(texts):
            continue
        if total:
            if next(filter(None, texts)) in _TOTAL:
                raise BankFileError('total_twice', i)
            raise BankFileError('row_after_total', i)
        if next(filter(None, texts)) in _TOTAL:
            counts = [
                int(m.group(1)) for m in map(_COUNT.match, texts) if m]
            amounts = [
                row[j] for j, column in columns.items()
                if column == 'amount' and j < len(row)]
            if len(counts) != 1 or not amounts or amounts[0] in {None, ''}:
                raise BankFileError('total_unreadable', i)
            total = i, counts[0], _amount(amounts[0], i)
            continue
        if cut and len(row) < width:
            raise BankFileError('row_short', i)
        if any(texts[width:]):
            raise BankFileError('row_long', i)
        row = row + [None] * (width - len(row))
        entries.append((i, {c: row[j] for j, c in columns.items()}))
    if not entries:
        raise BankFileError('empty')
    if total:
        row, count, amount = total
        if count != len(entries):
            raise BankFileError(
                'total_count', row, declared=count, found=len(entries))
        found = sum(
            (_amount(e['amount'], i) for i, e in entries), Decimal(0))
        if amount != found:
            raise BankFileError(
                'total_amount', row, declared=amount, found=found)
    return set(columns.values()), entries


def _number(entry, row):
    number = _text(entry['number'])
    if not number:
        raise BankFileError('number_missing', row)
    return number


def read_payments(content):
    "Return the payments of a file of write_payments"
    columns, entries = _read(content)
    for column, name in PAYMENT_COLUMNS.items():
        if column not in columns:
            raise BankFileError('header', column=name)
    return [
        Payment(
            number=_number(e, i),
            account=_account(e['account'], i),
            name=_text(e['name']),
            bank=_text(e['bank']),
            amount=_amount(e['amount'], i),
            purpose=_text(e['purpose']))
        for i, e in entries]


def read_results(content):
    """Return the results of a file from the bank.

    CSV in UTF-8 or GB18030, or XLSX; the columns stand in any order, a
    title may stand above them and a total row below.
    Each payment stands there once; how many there should be is for match.
    """
    columns, entries = _read(content)
    for column, name in RESULT_COLUMNS.items():
        if column not in columns:
            raise BankFileError('header', column=name)
    results = {}
    for row, entry in entries:
        number = _number(entry, row)
        status = _text(entry['status'])
        if status not in _SUCCEEDED and status not in _FAILED:
            raise BankFileError('status_unknown', row, status=status)
        result = Result(
            row=row,
            number=number,
            account=_account(entry['account'], row),
            name=_text(entry['name']),
            amount=_amount(entry['amount'], row),
            succeeded=status in _SUCCEEDED,
            reason=_text(entry['reason']))
        if number in results:
            same = results[number]._replace(row=row, reason=result.reason)
            raise BankFileError(
                'row_twice' if same == result else 'row_contradictory',
                row, number=number, other=results[number].row)
        results[number] = result
    return list(results.values())


def match(results, payments):
    """Return the results by number of payment.

    Refused is a result of a payment that is not among the payments, one
    with another account, name or amount, and a payment without result.
    """
    expected = {p.number: p for p in payments}
    matched = {}
    for result in results:
        payment = expected.get(result.number)
        if not payment:
            raise BankFileError(
                'number_unknown', result.row, number=result.number)
        for name in ['account', 'name', 'amount']:
            found, own = getattr(result, name), getattr(payment, name)
            if name != 'amount':
                own = clean(own)
            if name == 'account':
                own = own.replace(' ', '')
            if found != own:
                values = {}
                if name == 'amount':
                    values = {'found': found, 'own': own}
                raise BankFileError(
                    '%s_changed' % name, result.row, number=result.number,
                    **values)
        matched[result.number] = result
    missing = [p.number for p in payments if p.number not in matched]
    if missing:
        raise BankFileError(
            'rows_missing', count=len(missing), total=len(expected),
            numbers=missing)
    return matched
