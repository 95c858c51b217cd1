# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The rows of a sheet of households and persons, recognised cell by cell.

One row is one person.  What belongs to the household stands in each of its
rows, in the first one or in merged cells."""
from stdnum import luhn

from .household import RELATIONS
from .recognition import (
    CellError, Choice, account, birth_date, code, date, id_number, name,
    phone, region_known, sex, text)
from .spreadsheet import blank, column_letter, header_key

# The headers of county and national sheets by field
HEADERS = {
    'household_number': [
        "户编号", "农户编号", "户号", "家庭编号", "户编码"],
    'area_code': [
        "行政区划代码", "区划代码", "村代码", "村组代码", "组代码",
        "地区代码"],
    'township': ["乡镇", "乡(镇)", "乡镇名称", "所在乡镇", "镇", "乡"],
    'village': ["村", "行政村", "村名", "村名称", "所在村", "行政村名称"],
    'group': ["组", "村民小组", "组别", "小组", "自然村组"],
    'address': ["家庭住址", "住址", "地址", "家庭地址", "详细地址"],
    'kind': ["户类型", "帮扶身份", "农户类型", "监测对象类别", "户属性"],
    'kind_date': [
        "识别时间", "识别日期", "认定日期", "认定时间", "纳入时间",
        "纳入日期"],
    'cause': [
        "主要致贫原因", "致贫原因", "主要返贫致贫风险", "主要风险",
        "致贫返贫风险"],
    'head_id_number': [
        "户主证件号码", "户主身份证号", "户主身份证号码", "户主身份证"],
    'relation': ["与户主关系", "与户主的关系", "家庭关系", "关系"],
    'name': ["姓名", "成员姓名", "家庭成员姓名", "家庭成员", "人口姓名"],
    'sex': ["性别", "成员性别", "家庭成员性别"],
    'birth_date': [
        "出生日期", "出生年月日", "生日", "出生年月", "家庭成员出生日期"],
    'id_number': [
        "证件号码", "身份证号", "身份证号码", "身份证", "公民身份号码",
        "成员证件号码", "家庭成员证件号码", "家庭成员身份证号"],
    'phone': ["联系电话", "电话", "手机", "手机号", "手机号码", "电话号码"],
    'bank_name': ["开户银行", "开户行", "银行"],
    'bank_account': [
        "银行账号", "银行卡号", "银行帐号", "卡号", "账号", "一卡通账号"],
    'health': ["健康状况", "健康状态", "身体状况"],
    'disability': ["残疾类别", "残疾类型"],
    'from_date': ["入户时间", "入户日期", "加入日期", "成员起始日期"],
    }
FIELDS = {
    header_key(header): field
    for field, headers in HEADERS.items() for header in headers}
REQUIRED = ['name', 'relation']
# In the masked form only, wherever it is shown
PRIVATE = {
    'id_number', 'head_id_number', 'phone', 'bank_account', 'health',
    'disability'}
HOUSEHOLD = ['area', 'address', 'kind', 'kind_date', 'cause']
PERSON = [
    'name', 'sex', 'birth_date', 'id_number', 'phone', 'bank_name',
    'bank_account', 'health', 'disability']

# 与户主关系 in the order of the national dictionary
RELATION_NAMES = {
    'head': ["户主", "本人", "本人或户主"],
    'spouse': ["配偶", "妻子", "丈夫", "妻", "夫"],
    'son': ["之子", "儿子", "子", "长子", "次子", "三子", "独生子"],
    'daughter': ["之女", "女儿", "女", "长女", "次女", "三女", "独生女"],
    'daughter_in_law': ["之儿媳", "儿媳", "儿媳妇"],
    'son_in_law': ["之女婿", "女婿"],
    'grandson': ["之孙子", "孙子"],
    'granddaughter': ["之孙女", "孙女"],
    'daughters_son': ["之外孙子", "外孙子", "外孙"],
    'daughters_daughter': ["之外孙女", "外孙女"],
    'father': ["之父", "父亲", "父"],
    'mother': ["之母", "母亲", "母"],
    'wifes_father': ["之岳父", "岳父"],
    'wifes_mother': ["之岳母", "岳母"],
    'husbands_father': ["之公公", "公公"],
    'husbands_mother': ["之婆婆", "婆婆"],
    'grandfather': ["之祖父", "祖父", "爷爷"],
    'grandmother': ["之祖母", "祖母", "奶奶"],
    'maternal_grandfather': ["之外祖父", "外祖父", "外公", "姥爷"],
    'maternal_grandmother': ["之外祖母", "外祖母", "外婆", "姥姥"],
    'other': ["其他", "其它", "99"],
    }
relation = Choice(
    [(n, r) for r, names in RELATION_NAMES.items() for n in names]
    + [(str(i), r) for i, (r, _) in enumerate(RELATIONS[:-1], 1)])
sex_choice = Choice([
        ("男", 'male'), ("男性", 'male'), ("1", 'male'),
        ("女", 'female'), ("女性", 'female'), ("2", 'female')])
health = Choice([
        ("健康", 'healthy'), ("良好", 'healthy'), ("一般", 'healthy'),
        ("长期慢性病", 'chronic'), ("慢性病", 'chronic'),
        ("患有长期慢性病", 'chronic'), ("患有大病", 'serious'),
        ("大病", 'serious'), ("残疾", 'disabled'), ("残疾人", 'disabled')])
disability = Choice([
        (entry, value)
        for i, (value, label) in enumerate([
                ('visual', "视力"), ('hearing', "听力"), ('speech', "言语"),
                ('physical', "肢体"), ('intellectual', "智力"),
                ('mental', "精神"), ('multiple', "多重")], 1)
        for entry in [label, label + "残疾", str(i)]])


def propose(headers):
    """Return {column: field} of the headers that are known, each field once.

    headers are the texts by number of the column."""
    columns = {}
    for column in sorted(headers):
        field = FIELDS.get(header_key(headers[column]))
        if field and field not in columns.values():
            columns[column] = field
    return columns


def area_key(value):
    value = value.replace(' ', '')
    for suffix in ["村民委员会", "居民委员会", "村委会", "居委会"]:
        if value.endswith(suffix):
            return value.removesuffix(suffix).removesuffix("村") + "村"
    return value


class Areas:
    "The villages and groups of a user by code and by names"

    def __init__(self, rows):
        "rows are id, code, and the names of township, village and group"
        self._codes = {}
        self._names = {}
        self._grouped = set()
        for id_, code_, township, village, group in rows:
            self._codes[code_] = id_
            keys = [(t, area_key(village), group and area_key(group))
                for t in {township and area_key(township), None}]
            for key in keys:
                # Of several with one name none is meant
                self._names[key] = None if key in self._names else id_
                if group:
                    self._grouped.add(key[:2])

    def by_code(self, code_):
        if len(code_) == 12 and code_ not in self._codes:
            code_ = code_.rstrip('0')
        try:
            return self._codes[code_]
        except KeyError:
            raise CellError('area')

    def by_name(self, township, village, group):
        key = (township and area_key(township), area_key(village))
        if group and key in self._grouped:
            found = self._names.get((*key, area_key(group)))
        else:
            found = self._names.get((*key, None))
        if found is None:
            raise CellError('area')
        return found


class HouseholdRow:
    __slots__ = [
        'first_row', 'number', 'head_id_number', 'bad', *HOUSEHOLD]

    def __init__(self, first_row):
        self.first_row = first_row
        self.bad = False
        for field in ['number', 'head_id_number', *HOUSEHOLD]:
            setattr(self, field, None)


class RegistrySheet:
    """The persons of a sheet, and its households after all have been read.

    columns are the fields by number of the column; areas an Areas; kinds
    and causes pairs of a name or code and an id; kind_valid tells if the
    kind of an id holds on a date; today is the date where none is given.
    issue(row, column, field, code, value, error) is told of each cell."""

    def __init__(self, sheet, columns, areas, kinds, causes, kind_valid,
            today, issue):
        parsers = {
            'household_number': code, 'area_code': code, 'township': text,
            'village': text, 'group': text, 'address': text,
            'kind': Choice([
                    ("一般户", 0), ("一般农户", 0), *kinds]),
            'kind_date': date, 'cause': Choice(causes),
            'head_id_number': id_number, 'relation': relation, 'name': name,
            'sex': sex_choice, 'birth_date': date, 'id_number': id_number,
            'phone': phone, 'bank_name': text, 'bank_account': account,
            'health': health, 'disability': disability, 'from_date': date}
        self.sheet = sheet
        self._cells = [
            (column - 1, field, parsers[field])
            for column, field in sorted(columns.items())]
        self._columns = {f: c for c, f in columns.items()}
        self._areas = areas
        self._kind_valid = kind_valid
        self._today = today
        self._issue = issue
        self._by_number = {}
        self.households = []

    def _say(self, number, field, code_, value=None, error=True):
        column = self._columns.get(field)
        self._issue(
            number, column and column_letter(column), field, code_, value,
            error)

    def __iter__(self):
        """Yield row, household, relation, from_date, bad and the PERSON
        fields of each person; household is the place in households."""
        for number, row in self.sheet:
            values = {}
            bad = False
            for place, field, parse in self._cells:
                raw = row[place]
                if raw is None or raw == '':
                    continue
                try:
                    value = parse(raw)
                except CellError as error:
                    bad = True
                    self._say(number, field, error.args[0], raw)
                    values[field] = None
                    continue
                if value is not None:
                    values[field] = value
            get = values.get
            for field in REQUIRED:
                if field not in values:
                    bad = True
                    self._say(number, field, 'required')
            if id_ := get('id_number'):
                bad |= self._check_id_number(number, id_, values)
            if (card := get('bank_account')) and not (
                    card.isdigit() and luhn.is_valid(card)):
                self._say(number, 'bank_account', 'card', card, False)
            place = self._place(number, values)
            if place is None:
                continue
            bad |= self._complete(self.households[place], number, values)
            if bad:
                self.households[place].bad = True
            yield (
                number, place, get('relation'), get('from_date'), bad,
                get('name'), get('sex'), get('birth_date'), id_,
                get('phone'), get('bank_name'), card, get('health'),
                get('disability'))

    def _check_id_number(self, number, id_, values):
        bad = False
        for field, derived in [
                ('birth_date', birth_date(id_)), ('sex', sex(id_))]:
            value = values.setdefault(field, derived)
            if value is not None and value != derived:
                bad = True
                self._say(number, field, f'id_{field}', value)
        if not region_known(id_[:10]):
            self._say(number, 'id_number', 'region', id_, False)
        return bad

    def _place(self, number, values):
        "Return the place of the household of the row, a new one if need be"
        get = values.get
        key = get('household_number')
        if not key and (head := get('head_id_number')):
            key = ('head', head)
        if not key and get('relation') == 'head':
            key = ('row', number)
        if not key:
            if not self.households:
                self._say(number, 'household_number', 'household')
                key = ('row', number)
            else:
                return len(self.households) - 1
        place = self._by_number.get(key)
        if place is None:
            place = self._by_number[key] = len(self.households)
            household = HouseholdRow(number)
            household.number = get('household_number')
            if household.number is None and 'household_number' in values:
                household.bad = True
            self.households.append(household)
        return place

    def _complete(self, household, number, values):
        "Take what the row tells of the household, return if it is wrong"
        get = values.get
        bad = False
        area = None
        try:
            if area_code := get('area_code'):
                field = 'area_code'
                area = self._areas.by_code(area_code)
            elif village := get('village'):
                field = 'village'
                area = self._areas.by_name(
                    get('township'), village, get('group'))
        except CellError as error:
            bad = True
            self._say(number, field, error.args[0], get(field))
        if area is not None:
            values['area'] = area
        kind = get('kind')
        if kind == 0:
            kind = values['kind'] = None
        if kind:
            day = values.setdefault('kind_date', self._today)
            if day and not self._kind_valid(kind, day):
                bad = True
                self._say(number, 'kind', 'kind_date', day)
        head = get('head_id_number')
        if get('relation') == 'head' and not head:
            head = values['head_id_number'] = get('id_number')
        for field in ['head_id_number', *HOUSEHOLD]:
            value = get(field)
            if value is None:
                continue
            if (old := getattr(household, field)) is None:
                setattr(household, field, value)
            elif old != value:
                bad = True
                said = 'village' if field == 'area' else field
                self._say(number, said, 'conflict', get(said))
        return bad


def shown(field, value):
    "Return the text of a cell for a list, personal data masked"
    if blank(value):
        return ''
    if field in PRIVATE:
        value = str(value)
        return value[:2] + '*' * max(len(value) - 2, 0)
    return str(value)
