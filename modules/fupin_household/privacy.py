# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from sql import Literal

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .exceptions import PrivacyError

NAKED = '_naked'


def mask_id_number(number):
    "Keep the region and the last four of a resident ID number"
    if not number:
        return number
    if len(number) <= 10:
        return '*' * len(number)
    return number[:6] + '*' * (len(number) - 10) + number[-4:]


def mask_phone(phone):
    "Keep the first three and the last four digits of a phone number"
    if not phone:
        return phone
    if len(phone) <= 7:
        return '*' * len(phone)
    return phone[:3] + '*' * (len(phone) - 7) + phone[-4:]


def mask_bank_account(account):
    "Keep the last four digits of a bank account"
    if not account:
        return account
    if len(account) <= 4:
        return '*' * len(account)
    return '*' * (len(account) - 4) + account[-4:]


def mask_name(name):
    "Keep the first character of a name"
    if not name:
        return name
    return name[0] + '*' * (len(name) - 1)


def mask_code(code):
    "Tell only that something is recorded"
    return 'masked' if code else code


class PrivateMixin:
    """Keep personal data behind masked fields.

    A subclass lists in _private the field names with their masking
    function.  The field NAME is a Function that reads masked and whose
    setter stores into the column NAME_naked, which no group may read,
    search or order: only reveal() gives it and writes down who asked
    and why."""
    __slots__ = ()

    _private = {}

    @classmethod
    def __setup__(cls):
        super().__setup__()
        for name in cls._private:
            setattr(cls, f'domain_{name}{NAKED}', cls._domain_nothing)
            setattr(cls, f'order_{name}{NAKED}', cls._order_nothing)

    @classmethod
    def fields_get(cls, fields_names=None, level=0):
        "Offer the naked columns to nobody"
        definitions = super().fields_get(
            fields_names=fields_names, level=level)
        if Transaction().user:
            for name in cls._private:
                definitions.pop(name + NAKED, None)
        return definitions

    @classmethod
    def _naked_values(cls, ids, names):
        "Return {id: {name: value}} of the naked columns"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        values = {i: dict.fromkeys(names) for i in ids}
        if ids:
            cursor.execute(*table.select(
                    table.id,
                    *(getattr(table, n + NAKED) for n in names),
                    where=fields.SQL_OPERATORS['in'](table.id, list(ids))))
            for id_, *row in cursor:
                values[id_].update(zip(names, row))
        return values

    @classmethod
    def get_masked(cls, records, names):
        values = cls._naked_values([r.id for r in records], names)
        return {
            n: {i: cls._private[n](v[n]) for i, v in values.items()}
            for n in names}

    @classmethod
    def set_naked(cls, records, name, value):
        mask = cls._private[name]
        values = cls._naked_values([r.id for r in records], [name])
        to_write = [
            r for r in records
            # The client sends back what it was shown
            if not (value and value == mask(values[r.id][name]))]
        if to_write:
            check = getattr(cls, f'check_{name}', None)
            if check and value:
                value = check(to_write, value)
            with without_check_access():
                cls.write(to_write, {name + NAKED: value or None})

    @classmethod
    def search_naked(cls, name, clause):
        "Search by the whole value only, so that nothing can be guessed"
        _, operator, value = clause
        naked = name + NAKED
        if operator.endswith('like') and isinstance(value, str):
            value, operator = value.strip('%'), '='
        if operator not in {'=', 'in', '!='} or (
                operator == '!=' and value is not None):
            return [('id', '=', None)]
        table = cls.__table__()
        column = getattr(table, naked)
        return [('id', 'in', table.select(
                    table.id,
                    where=fields.SQL_OPERATORS[operator](column, value)))]

    @classmethod
    def _domain_nothing(cls, domain, tables):
        "Find nothing, also through relations where no access is checked"
        return Literal(False)

    @classmethod
    def _order_nothing(cls, tables):
        table, _ = tables[None]
        return [table.id]

    @classmethod
    def reveal(cls, records, names, reason):
        """Return {id: {name: value}} of the real values and log it.

        names are field names of _private; reason says why and is kept with
        the user and the time in fupin.person.reveal.  The caller has to
        have checked that the user may."""
        Log = Pool().get('fupin.person.reveal')
        with without_check_access():
            Log.create([{
                        'record': str(r),
                        'field': n,
                        'user': Transaction().user,
                        'reason': reason,
                        } for r in records for n in names])
        return cls._naked_values([r.id for r in records], names)


class Reveal(ModelSQL, ModelView):
    __name__ = 'fupin.person.reveal'

    record = fields.Reference(
        "Whom", selection='get_models', required=True, readonly=True)
    field = fields.Selection([
            ('id_number', "ID Number"),
            ('phone', "Phone"),
            ('bank_account', "Bank Account"),
            ('health', "Health"),
            ('disability', "Disability"),
            ], "What", required=True, readonly=True)
    user = fields.Many2One(
        'res.user', "Who", required=True, readonly=True, ondelete='RESTRICT')
    reason = fields.Char("Why", required=True, readonly=True)
    time = fields.Function(fields.Timestamp("When"), 'get_time')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('id', 'DESC')]
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t, (t.record, Index.Equality())),
                Index(t, (t.user, Index.Equality())),
                })

    @classmethod
    def get_models(cls):
        Model = Pool().get('ir.model')
        return [(m, Model.get_name(m)) for m in cls._get_models()]

    @classmethod
    def _get_models(cls):
        return ['fupin.person']

    def get_time(self, name):
        return self.create_date

    @classmethod
    def order_time(cls, tables):
        table, _ = tables[None]
        return [table.create_date]

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if mode in {'write', 'delete'}:
            raise PrivacyError(gettext('fupin_household.msg_privacy_log'))


class RevealStart(ModelView):
    __name__ = 'fupin.person.reveal.start'

    id_number = fields.Boolean("ID Number")
    phone = fields.Boolean("Phone")
    bank_account = fields.Boolean("Bank Account")
    health = fields.Boolean("Health")
    disability = fields.Boolean("Disability")
    reason = fields.Char(
        "Reason", required=True,
        help="Why the data are needed; it is kept with your name.")


class RevealResult(ModelView):
    __name__ = 'fupin.person.reveal.result'

    person = fields.Char("Person", readonly=True)
    id_number = fields.Char(
        "ID Number", readonly=True,
        states={'invisible': ~Eval('id_number')})
    phone = fields.Char(
        "Phone", readonly=True,
        states={'invisible': ~Eval('phone')})
    bank_account = fields.Char(
        "Bank Account", readonly=True,
        states={'invisible': ~Eval('bank_account')})
    health = fields.Selection(
        'get_health', "Health", readonly=True,
        states={'invisible': ~Eval('health')})
    disability = fields.Selection(
        'get_disability', "Disability", readonly=True,
        states={'invisible': ~Eval('disability')})

    @classmethod
    def get_health(cls):
        return cls._selection('health')

    @classmethod
    def get_disability(cls):
        return cls._selection('disability')

    @classmethod
    def _selection(cls, name):
        Person = Pool().get('fupin.person')
        return Person.fields_get([name])[name]['selection']


class RevealPerson(Wizard):
    __name__ = 'fupin.person.reveal'

    start = StateView(
        'fupin.person.reveal.start',
        'fupin_household.reveal_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Show", 'show', 'tryton-ok', default=True),
            ])
    show = StateTransition()
    result = StateView(
        'fupin.person.reveal.result',
        'fupin_household.reveal_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    _names = ['id_number', 'phone', 'bank_account', 'health', 'disability']

    @classmethod
    def _check_group(cls):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        User = pool.get('res.user')
        group = ModelData.get_id('fupin_household', 'group_privacy')
        if group not in User.get_groups():
            raise PrivacyError(gettext('fupin_household.msg_privacy_group'))

    def transition_show(self):
        Person = Pool().get('fupin.person')
        self._check_group()
        names = [n for n in self._names if getattr(self.start, n)]
        if not names or not (self.start.reason or '').strip():
            raise PrivacyError(gettext('fupin_household.msg_privacy_reason'))
        # Read by the user, so that the rules decide whom he may ask for
        person, = Person.search([('id', '=', self.record.id)])
        values = Person.reveal([person], names, self.start.reason)
        for name in self._names:
            setattr(self.result, name, values[person.id].get(name))
        self.result.person = person.rec_name
        return 'result'

    def default_result(self, fields):
        return {
            n: getattr(self.result, n, None)
            for n in ['person'] + self._names}
