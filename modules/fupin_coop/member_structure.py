# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Whether the members are those that Art. 12 and 20 ask for."""
from decimal import Decimal

from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction
from trytond.wizard import Button, StateView, Wizard

from .voting import UNITS, check_members, find_breaches, units_maximum

REASONS = [
    ('members', "Too few members"),
    ('farmers', "Too few farmers"),
    ('units', "Too many enterprises, institutions and organizations"),
    ]


class Structure(Wizard):
    "Show the kinds of members on a date and when they broke a limit"
    __name__ = 'fupin.member.structure'

    start = StateView(
        'fupin.member.structure.start',
        'fupin_coop.member_structure_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Show", 'result', 'tryton-ok', default=True),
            ])
    result = StateView(
        'fupin.member.structure.result',
        'fupin_coop.member_structure_result_view_form', [
            Button("Back", 'start', 'tryton-back'),
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    def default_start(self, fields):
        # again as it was, when coming back
        values = {}
        for name in ['company', 'date']:
            if value := getattr(self.start, name, None):
                values[name] = getattr(value, 'id', value)
        return values

    def default_result(self, fields):
        return self.get_structure(self.start.company, self.start.date)

    @classmethod
    def get_structure(cls, company, date):
        "Return the values of the result"
        pool = Pool()
        Limit = pool.get('fupin.cooperative.limit')
        Member = pool.get('fupin.member')
        limits = Limit.get(date).membership_limits()
        kinds = Member.count_kinds(company, date)
        total = sum(kinds.values())
        farmers = kinds.get('farmer', 0)
        breaches = find_breaches(Member.get_memberships(company), limits)
        return {
            'company': company.id,
            'date': date,
            'members': total,
            'members_minimum': limits.members,
            'farmers': farmers,
            'farmer_rate': (Decimal(farmers) / total).quantize(
                Decimal('0.0001')) if total else None,
            'farmer_minimum': limits.farmers,
            **{kind: kinds.get(kind, 0) for kind in UNITS},
            'units': sum(kinds.get(kind, 0) for kind in UNITS),
            'units_maximum': units_maximum(total, limits),
            'kept': not check_members(kinds, limits),
            'breaches': [{
                    'reason': breach.reason,
                    'article': breach.article,
                    'from_date': breach.from_date,
                    'to_date': breach.to_date,
                    'deadline': breach.deadline,
                    'overdue': breach.is_overdue(date),
                    } for breach in reversed(breaches)],
            }


class StructureStart(ModelView):
    __name__ = 'fupin.member.structure.start'
    __string__ = "Member Structure"

    company = fields.Many2One(
        'company.company', "Company", required=True,
        domain=[
            ('id', 'in', Eval('context', {}).get('companies', [])),
            ])
    date = fields.Date("Date", required=True)

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_date(cls):
        Date = Pool().get('ir.date')
        return Date.today()


class StructureResult(ModelView):
    __name__ = 'fupin.member.structure.result'
    __string__ = "Member Structure"

    company = fields.Many2One('company.company', "Company", readonly=True)
    date = fields.Date("Date", readonly=True)
    members = fields.Integer("Members", readonly=True)
    members_minimum = fields.Integer("At Least", readonly=True)
    farmers = fields.Integer("Farmers", readonly=True)
    farmer_rate = fields.Numeric(
        "Part of Farmers", digits=(16, 4), readonly=True)
    farmer_minimum = fields.Numeric(
        "At Least", digits=(16, 4), readonly=True)
    enterprise = fields.Integer("Enterprises", readonly=True)
    institution = fields.Integer("Public Institutions", readonly=True)
    organization = fields.Integer("Social Organizations", readonly=True)
    units = fields.Integer(
        "Enterprises, Institutions and Organizations", readonly=True)
    units_maximum = fields.Integer("At Most", readonly=True)
    kept = fields.Boolean("Limits Kept", readonly=True)
    breaches = fields.One2Many(
        'fupin.member.structure.breach', None, "Breaches", readonly=True)


class StructureBreach(ModelView):
    "A time in which the members did not keep a limit"
    __name__ = 'fupin.member.structure.breach'
    __string__ = "Breach of Limits"

    reason = fields.Selection(REASONS, "Breach", readonly=True, sort=False)
    article = fields.Integer("Article", readonly=True)
    from_date = fields.Date("From", readonly=True)
    to_date = fields.Date("To", readonly=True)
    deadline = fields.Date(
        "Cure until", readonly=True,
        help="The last day to admit or release members.")
    overdue = fields.Boolean("Overdue", readonly=True)
