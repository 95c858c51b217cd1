# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from decimal import Decimal

from sql.aggregate import Sum

from trytond.i18n import gettext
from trytond.model import (
    DeactivableMixin, Index, ModelSQL, ModelView, Unique, fields)
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool
from trytond.pyson import Bool, Eval
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .exact_sum import to_amount, to_cents
from .exceptions import LabourWorkerError
from .ledger import get_accounts

# 212 应付工资, 213 应付劳务费
KINDS = [
    ('staff', "Regular Staff"),
    ('temporary', "Temporary Worker"),
    ]
CODES = {
    'staff': '212',
    'temporary': '213',
    }
ZERO = Decimal('0.00')


class LabourWorker(DeactivableMixin, ModelSQL, ModelView):
    "Who works for wages in a cooperative, member or not"
    __name__ = 'fupin.labour.worker'
    __string__ = "Worker"

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    kind = fields.Selection(
        KINDS, "Kind", required=True, sort=False,
        help="Managers and regular staff are paid wages (212), seasonal and "
        "temporary workers remuneration (213).")
    kind_string = kind.translated('kind')
    duty = fields.Char(
        "Duty", help="What the worker is, for instance manager or picker.")
    person = fields.Many2One(
        'fupin.person', "Person", ondelete='RESTRICT',
        states={
            'readonly': Eval('id', -1) >= 0,
            },
        help="Leave it empty for somebody whose household is in no register "
        "of the county: the wages are then nobody's income here.")
    party = fields.Many2One(
        'party.party', "Party", required=True, ondelete='RESTRICT',
        states={
            'required': (Eval('id', -1) >= 0) | ~Eval('person'),
            'readonly': (Eval('id', -1) >= 0) | Bool(Eval('person')),
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'],
        help="Who is paid; made from the person's name if there is none.")
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    earned = fields.Function(Monetary(
            "Earned", currency='currency', digits='currency',
            help="The wages of all posted pay sheets."),
        'get_earned')
    balance = fields.Function(Monetary(
            "Owed", currency='currency', digits='currency',
            help="What the cooperative still owes the worker "
            "(212 and 213)."),
        'get_balance')
    lines = fields.One2Many(
        'fupin.labour.line', 'worker', "Pay Sheet Lines", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('company', 'ASC'), ('party', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('party_unique', Unique(t, t.company, t.party),
                'fupin_coop.msg_labour_worker_unique'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.party, Index.Equality())),
                Index(t, (t.person, Index.Equality())),
                })

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_kind(cls):
        return 'temporary'

    @fields.depends('person', 'party')
    def on_change_person(self):
        if self.person:
            self.party = self.person.party

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @classmethod
    def get_earned(cls, workers, name):
        pool = Pool()
        Line = pool.get('fupin.labour.line')
        Sheet = pool.get('fupin.labour')
        line, sheet = Line.__table__(), Sheet.__table__()
        cursor = Transaction().connection.cursor()
        earned = {w.id: ZERO for w in workers}
        cursor.execute(*line
            .join(sheet, condition=line.sheet == sheet.id)
            .select(
                line.worker, Sum(to_cents(line.amount)),
                where=(sheet.state == 'posted')
                & fields.SQL_OPERATORS['in'](line.worker, list(earned)),
                group_by=[line.worker]))
        for worker, cents in cursor:
            earned[worker] = to_amount(cents)
        return earned

    @classmethod
    def get_balance(cls, workers, name):
        pool = Pool()
        Line = pool.get('account.move.line')
        Move = pool.get('account.move')
        cursor = Transaction().connection.cursor()
        balances = {w.id: ZERO for w in workers}
        accounts = []
        for company in {w.company for w in workers}:
            accounts += get_accounts(company, *CODES.values())
        if not accounts:
            return balances
        table = cls.__table__()
        line, move = Line.__table__(), Move.__table__()
        cursor.execute(*table
            .join(line, condition=line.party == table.party)
            .join(move, condition=(line.move == move.id)
                & (move.company == table.company))
            .select(
                table.id, Sum(to_cents(line.credit - line.debit)),
                where=fields.SQL_OPERATORS['in'](table.id, list(balances))
                & fields.SQL_OPERATORS['in'](line.account, accounts)
                & (move.state == 'posted'),
                group_by=[table.id]))
        for worker, cents in cursor:
            balances[worker] = to_amount(cents)
        return balances

    def get_rec_name(self, name):
        return self.party.rec_name

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('party.rec_name', *clause[1:])]

    def find_household(self, date):
        """Return the household whose income the wages of the date are, None
        if it is in no register.

        The cooperative does not get to see the household."""
        with without_check_access():
            person = self.__class__(self.id).person
            return person.get_household_at(date) if person else None

    @classmethod
    def preprocess_values(cls, mode, values):
        Person = Pool().get('fupin.person')
        values = super().preprocess_values(mode, values)
        if mode == 'create' and values.get('person') \
                and not values.get('party'):
            person = Person(int(values['person']))
            values['party'] = person.get_party().id
        return values

    @classmethod
    def validate_fields(cls, workers, field_names):
        super().validate_fields(workers, field_names)
        if field_names and not field_names & {'person', 'party'}:
            return
        with without_check_access():
            for worker in cls.browse(workers):
                worker.check_party()

    def check_party(self):
        "Refuse another party than the person's, or no person where there is"
        Person = Pool().get('fupin.person')
        if self.person:
            if self.person.party != self.party:
                raise LabourWorkerError(gettext(
                        'fupin_coop.msg_labour_worker_party',
                        worker=self.rec_name,
                        person=self.person.rec_name))
        elif Person.search([('party', '=', self.party.id)], count=True):
            raise LabourWorkerError(gettext(
                    'fupin_coop.msg_labour_worker_person',
                    worker=self.rec_name))

    @classmethod
    def check_modification(cls, mode, workers, values=None, external=False):
        Line = Pool().get('fupin.labour.line')
        super().check_modification(
            mode, workers, values=values, external=external)
        if mode == 'write' and values.keys() & {
                'company', 'person', 'party'}:
            used = Line.search([
                    ('worker', 'in', [w.id for w in workers]),
                    ], limit=1)
            if used:
                raise AccessError(gettext(
                        'fupin_coop.msg_labour_worker_used',
                        worker=used[0].worker.rec_name))

    @classmethod
    def copy(cls, workers, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('lines')
        return super().copy(workers, default=default)


class RegisterWorker(Wizard):
    "Make a worker of the person whose ID card was shown"
    __name__ = 'fupin.labour.worker.register'

    start = StateView('fupin.labour.worker.register.start',
        'fupin_coop.labour_worker_register_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Register", 'register', 'tryton-ok', default=True),
            ])
    register = StateTransition()

    def transition_register(self):
        Worker = Pool().get('fupin.labour.worker')
        start = self.start
        with without_check_access():
            person = start.get_person()
            worker = Worker(
                company=start.company, person=person, kind=start.kind,
                duty=start.duty)
            worker.save()
        return 'end'

    def end(self):
        return 'reload'


class RegisterWorkerStart(ModelView):
    __name__ = 'fupin.labour.worker.register.start'
    __string__ = "Register Worker"

    company = fields.Many2One(
        'company.company', "Company", required=True,
        domain=[
            ('id', 'in', Eval('context', {}).get('companies', [])),
            ])
    name = fields.Char(
        "Full Name", required=True, help="The name as on the ID card.")
    id_number = fields.Char(
        "ID Number", required=True, strip=False,
        help="The resident ID number as on the ID card.")
    kind = fields.Selection(KINDS, "Kind", required=True, sort=False)
    duty = fields.Char("Duty")

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_kind(cls):
        return 'temporary'

    def get_person(self):
        """Return the person with exactly this name and ID number.

        The cooperative sees persons only once they deal with it, so it has
        to know both."""
        Person = Pool().get('fupin.person')
        number = ''.join(self.id_number.split()).upper()
        persons = Person.search([
                ('id_number', '=', number),
                ('name', '=', self.name.strip()),
                ], limit=1)
        if not persons:
            raise LabourWorkerError(gettext(
                    'fupin_coop.msg_labour_worker_register',
                    name=self.name))
        return persons[0]
