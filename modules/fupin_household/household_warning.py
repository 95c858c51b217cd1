# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Warnings that a household may fall back into poverty; what finds them is in
household_warning_search.py"""
from collections import defaultdict

from sql.operators import Equal

from trytond.i18n import gettext
from trytond.model import (
    Exclude, Index, ModelSQL, ModelView, Workflow, fields)
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Eval, If, PYSONEncoder
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import (
    Button, StateAction, StateTransition, StateView, Wizard)

from .exceptions import EarlyWarningError

PENDING = ['open', 'in_work']
RESULTS = [
    (None, ""),
    ('helped', "Helped"),
    ('false_alarm', "False Alarm"),
    ('registered', "Registered for Monitoring"),
    ('moved_out', "Moved out"),
    ]
# what concerns the household as a whole
WHOLE = 'household'


def money(amount):
    return f'{amount:,.2f}' if amount is not None else ''


def percent(share):
    return f'{share * 100:.1f} %' if share is not None else ''


class EarlyWarning(Workflow, ModelSQL, ModelView):
    __name__ = 'fupin.early_warning'
    __string__ = "Early Warning"

    household = fields.Many2One(
        'fupin.household', "Household", required=True, readonly=True,
        ondelete='CASCADE')
    area = fields.Function(
        fields.Many2One('country.subdivision', "Area"),
        'get_area', searcher='search_area')
    township = fields.Function(
        fields.Many2One('country.subdivision', "Township"),
        'get_area', searcher='search_area')
    rule = fields.Selection([
            ('line', "Below the Line"),
            ('fall', "Fall against Last Year"),
            ('stopped', "Main Source Stopped"),
            ('expense', "Large Expense"),
            ], "Reason", required=True, readonly=True, sort=False)
    subject = fields.Char("Concerning", required=True, readonly=True)
    source = fields.Function(fields.Char(
            "Source", help="The source of income that is concerned."),
        'get_source')
    detail = fields.Char("Detail", readonly=True)
    found_on = fields.Date("Found on", required=True, readonly=True)
    last_found = fields.Date(
        "Last Found on", required=True, readonly=True,
        help="The figures are of this day.")
    from_date = fields.Date("From", readonly=True)
    to_date = fields.Date("To", readonly=True)
    measured = fields.Numeric("Measured", digits=(16, 2), readonly=True)
    compared = fields.Numeric("Compared with", digits=(16, 2), readonly=True)
    share = fields.Numeric("Share", digits=(16, 4), readonly=True)
    limit_share = fields.Numeric(
        "Limit of the Share", digits=(16, 4), readonly=True)
    limit_amount = fields.Numeric("Limit", digits=(16, 2), readonly=True)
    explanation = fields.Function(
        fields.Text("Explanation"), 'get_explanation')
    owner = fields.Many2One(
        'res.user', "Responsible", ondelete='RESTRICT',
        states={
            'readonly': ~Eval('state').in_(PENDING),
            },
        help="Who looks after it, at first an officer of the township.")
    due_date = fields.Date("Due Date", required=True, readonly=True)
    overdue = fields.Function(
        fields.Boolean("Overdue"), 'get_overdue', searcher='search_overdue')
    taken_by = fields.Many2One(
        'res.user', "Taken up by", readonly=True, ondelete='RESTRICT')
    taken_on = fields.Date("Taken up on", readonly=True)
    result = fields.Selection(
        RESULTS, "Result", readonly=True, sort=False,
        states={
            'required': Eval('state') == 'answered',
            })
    note = fields.Text("What Was Done", readonly=True)
    answered_by = fields.Many2One(
        'res.user', "Answered by", readonly=True, ondelete='RESTRICT')
    answered_on = fields.Date("Answered on", readonly=True)
    ended_on = fields.Date(
        "Ended on", readonly=True,
        help="When the reason was found to hold no longer.")
    holds = fields.Boolean(
        "Still Holds", readonly=True,
        help="Whether the reason held when it was last looked for.")
    pending = fields.Boolean("Pending", readonly=True)
    state = fields.Selection([
            ('open', "Open"),
            ('in_work', "In Work"),
            ('answered', "Answered"),
            ('ended', "Ended"),
            ], "State", required=True, readonly=True, sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('due_date', 'ASC'), ('id', 'ASC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('pending_once', Exclude(t,
                    (t.household, Equal),
                    (t.rule, Equal),
                    (t.subject, Equal),
                    where=t.pending),
                'fupin_household.msg_warning_pending'),
            ]
        cls._sql_indexes.update({
                Index(t, (t.household, Index.Equality())),
                Index(t, (t.due_date, Index.Range()), where=t.pending),
                Index(t, (t.owner, Index.Equality()), where=t.pending),
                Index(t,
                    (t.rule, Index.Equality(cardinality='low')),
                    where=t.holds),
                })
        cls._transitions |= {
            ('open', 'in_work'),
            ('open', 'answered'),
            ('in_work', 'answered'),
            ('answered', 'in_work'),
            }
        cls._buttons.update({
                'take_up': {
                    'invisible': Eval('state') != 'open',
                    'depends': ['state'],
                    },
                'answer': {
                    'invisible': ~Eval('state').in_(PENDING),
                    'depends': ['state'],
                    },
                'reopen': {
                    'invisible': Eval('state') != 'answered',
                    'depends': ['state'],
                    },
                'open_incomes': {},
                })

    @classmethod
    def get_area(cls, warnings, names):
        pool = Pool()
        household = pool.get('fupin.household').__table__()
        area = pool.get('country.subdivision').__table__()
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        found = {'area': {}, 'township': {}}
        cursor.execute(*table
            .join(household, condition=table.household == household.id)
            .join(area, condition=household.area == area.id)
            .select(
                table.id, area.id, area.township,
                where=fields.SQL_OPERATORS['in'](
                    table.id, [w.id for w in warnings])))
        for id_, *places in cursor:
            found['area'][id_], found['township'][id_] = places
        return {name: found[name] for name in names}

    @classmethod
    def search_area(cls, name, clause):
        return [('household.' + clause[0], *clause[1:])]

    def get_rec_name(self, name):
        rules = dict(self.fields_get(['rule'])['rule']['selection'])
        return f'{self.household.rec_name} {rules[self.rule]}'

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('household.rec_name', *clause[1:])]

    @classmethod
    def get_source(cls, warnings, name):
        "The name is shown also to whom the source itself is closed"
        pool = Pool()
        ids = defaultdict(set)
        for warning in warnings:
            if warning.subject != WHOLE:
                model, id_, *_ = warning.subject.split(',')
                ids[model].add(int(id_))
        names = {}
        with without_check_access():
            for model, of_model in ids.items():
                Model = pool.get(model)
                found = Model.search([('id', 'in', list(of_model))], order=[])
                names.update(
                    ((model, r.id), cls._source_name(r)) for r in found)
        sources = {}
        for warning in warnings:
            model, id_, *_ = [*warning.subject.split(','), '0']
            sources[warning.id] = names.get((model, int(id_)))
        return sources

    @classmethod
    def _source_name(cls, record):
        return record.rec_name

    def get_explanation(self, name):
        message = 'fupin_household.msg_warning_' + self.rule
        if self.rule == 'stopped':
            message += '_' + (self.detail or 'business')
        return gettext(message, **self._figures())

    def _figures(self):
        "Return what the texts may say"
        return {
            'from_date': self.from_date,
            'to_date': self.to_date,
            'measured': money(self.measured),
            'compared': money(self.compared),
            'difference': money(
                (self.compared or 0) - (self.measured or 0)),
            'share': percent(self.share),
            'limit_share': percent(self.limit_share),
            'limit_amount': money(self.limit_amount),
            'source': self.source or '',
            }

    def get_overdue(self, name):
        today = Pool().get('ir.date').today()
        return bool(self.pending and self.due_date < today)

    @classmethod
    def search_overdue(cls, name, clause):
        _, operator, value = clause
        today = Pool().get('ir.date').today()
        if operator in {'in', 'not in'}:
            values = set(map(bool, value))
            if len(values) != 1:
                all_ = bool(values) == (operator == 'in')
                return [] if all_ else [('id', '=', None)]
            value, = values
            operator = '=' if operator == 'in' else '!='
        if bool(value) == (operator == '='):
            return [('pending', '=', True), ('due_date', '<', today)]
        return ['OR', ('pending', '=', False), ('due_date', '>=', today)]

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('overdue', False), 'danger',
                    If(Eval('state') == 'open', 'warning',
                        If(Eval('state').in_(['answered', 'ended']),
                            'muted', '')))),
            ]

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if 'state' in values:
            values['pending'] = values['state'] in PENDING
        return values

    @classmethod
    def check_modification(cls, mode, warnings, values=None, external=False):
        super().check_modification(
            mode, warnings, values=values, external=external)
        if not external:
            return
        for warning in warnings:
            if (mode != 'write' or values.keys() - {'owner'}
                    or warning.state not in PENDING):
                raise AccessError(gettext(
                        'fupin_household.msg_warning_modify',
                        warning=warning.rec_name))

    @classmethod
    def copy(cls, warnings, default=None):
        return []

    @classmethod
    @ModelView.button
    @Workflow.transition('in_work')
    def take_up(cls, warnings):
        today = Pool().get('ir.date').today()
        user = Transaction().user
        for warning in warnings:
            warning.taken_by, warning.taken_on = user, today
            if not warning.owner:
                warning.owner = user
        cls.save(warnings)

    @classmethod
    @ModelView.button_action('fupin_household.wizard_warning_answer')
    def answer(cls, warnings):
        pass

    @classmethod
    def close_with(cls, warnings, result, note):
        """Answer the warnings.

        EarlyWarningError without note, for one that is not pending, and for
        a household that is registered by name only."""
        for warning in warnings:
            if warning.state not in PENDING:
                raise EarlyWarningError(gettext(
                        'fupin_household.msg_warning_answered',
                        warning=warning.rec_name))
            if not (note or '').strip():
                raise EarlyWarningError(gettext(
                        'fupin_household.msg_warning_note',
                        warning=warning.rec_name))
            if (result == 'registered'
                    and not warning.household.registration_kind):
                raise EarlyWarningError(gettext(
                        'fupin_household.msg_warning_registered',
                        household=warning.household.rec_name))
        cls._answer(warnings, result, note)

    @classmethod
    @Workflow.transition('answered')
    def _answer(cls, warnings, result, note):
        cls.write(warnings, {
                'result': result,
                'note': note,
                'answered_by': Transaction().user,
                'answered_on': Pool().get('ir.date').today(),
                })

    @classmethod
    @ModelView.button
    @Workflow.transition('in_work')
    def reopen(cls, warnings):
        "The county does not content itself with the answer"

    @classmethod
    @ModelView.button_action('fupin_household.wizard_warning_income')
    def open_incomes(cls, warnings):
        pass


class AnswerStart(ModelView):
    "Answer a Warning"
    __name__ = 'fupin.early_warning.answer.start'

    result = fields.Selection(RESULTS, "Result", required=True, sort=False)
    note = fields.Text(
        "What Was Done", required=True,
        help="What was found and done.  Write no name of an illness.")


class Answer(Wizard):
    "Answer a Warning"
    __name__ = 'fupin.early_warning.answer'

    start = StateView(
        'fupin.early_warning.answer.start',
        'fupin_household.warning_answer_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Answer", 'answer', 'tryton-ok', default=True),
            ])
    answer = StateTransition()

    def transition_answer(self):
        self.model.close_with(
            list(self.records), self.start.result, self.start.note)
        return 'end'

    def end(self):
        return 'reload'


class OpenIncomes(Wizard):
    "Open the income of the household in the two years looked at"
    __name__ = 'fupin.early_warning.income'
    _readonly = True

    start_state = 'open_'
    open_ = StateAction('fupin_household.act_income_form')

    def do_open_(self, action):
        warning = self.record
        last = warning.to_date or warning.last_found
        action['name'] = warning.household.rec_name
        action['pyson_domain'] = PYSONEncoder().encode([
                ('household', '=', warning.household.id),
                ('date', '>', last.replace(year=last.year - 2, day=1)),
                ])
        return action, {}


class Context(ModelView):
    "Early Warnings of a Township"
    __name__ = 'fupin.early_warning.context'

    township = fields.Many2One(
        'country.subdivision', "Township",
        domain=[
            ('type', '=', 'township'),
            ])

    @classmethod
    def default_township(cls):
        return Transaction().context.get('township')


class LookStart(ModelView):
    "Look for Warnings"
    __name__ = 'fupin.early_warning.look.start'


class LookResult(ModelView):
    "Look for Warnings"
    __name__ = 'fupin.early_warning.look.result'

    new = fields.Integer("New Warnings", readonly=True)
    again = fields.Integer("Still Hold", readonly=True)
    ended = fields.Integer("Hold no Longer", readonly=True)


class Look(Wizard):
    "Look for Warnings"
    __name__ = 'fupin.early_warning.look'

    start = StateView(
        'fupin.early_warning.look.start',
        'fupin_household.warning_look_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Look", 'look', 'tryton-ok', default=True),
            ])
    look = StateTransition()
    result = StateView(
        'fupin.early_warning.look.result',
        'fupin_household.warning_look_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def transition_look(self):
        pool = Pool()
        EarlyWarning = pool.get('fupin.early_warning')
        Standard = pool.get('fupin.early_warning.standard')
        User = pool.get('res.user')
        today = pool.get('ir.date').today()
        if not Standard.find(today):
            raise EarlyWarningError(gettext(
                    'fupin_household.msg_warning_no_standard', date=today))
        counts = EarlyWarning.look(areas=User.get_areas())
        for name, count in zip(['new', 'again', 'ended'], counts):
            setattr(self.result, name, count)
        return 'result'

    def default_result(self, fields):
        return {
            n: getattr(self.result, n, None)
            for n in ['new', 'again', 'ended']}
