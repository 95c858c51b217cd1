# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The register of members (成员名册) and certificates of contributions
(出资证明书)."""
from collections import defaultdict
from decimal import Decimal

from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction, without_check_access
from trytond.wizard import Button, StateReport, StateView, Wizard

from .report import SlipReport
from .voting import UNITS


class PrintMembers(Wizard):
    "Print the register of members as on a date"
    __name__ = 'fupin.member.list.print'

    start = StateView(
        'fupin.member.list.print.start',
        'fupin_coop.member_list_print_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Print", 'print_', 'tryton-print', default=True),
            ])
    print_ = StateReport('fupin.member.list')

    def do_print_(self, action):
        Member = Pool().get('fupin.member')
        members = Member.search([
                ('company', '=', self.start.company.id),
                Member.current_domain(self.start.date),
                ])
        ids = [m.id for m in members]
        return action, {
            'id': ids[0] if ids else None,
            'ids': ids,
            'company': self.start.company.id,
            'date': self.start.date,
            }


class PrintMembersStart(ModelView):
    __name__ = 'fupin.member.list.print.start'
    __string__ = "Print Member Register"

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


class MemberReport(SlipReport):
    "A report of members as on the date that it is given, else today"

    @classmethod
    def execute(cls, ids, data):
        Date = Pool().get('ir.date')
        date = (data or {}).get('date') or Date.today()
        with Transaction().set_context(date=date):
            return super().execute(ids, data or {})

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['date'] = Transaction().context['date']
        context['identifier'] = cls.identifier
        context['address'] = cls.address
        return context

    @classmethod
    @without_check_access
    def identifier(cls, member):
        "Return the masked ID number, or the credit code of a unit"
        Member = Pool().get('fupin.member')
        member = Member(member.id)
        if member.person:
            return cls.masked_id_number(member.person)
        identifier = member.party.tax_identifier
        if not identifier and member.party.identifiers:
            identifier = member.party.identifiers[0]
        return identifier.code if identifier else ''

    @classmethod
    @without_check_access
    def address(cls, member):
        "Return the village of a farmer, or the address of a unit"
        Member = Pool().get('fupin.member')
        member = Member(member.id)
        if member.person:
            return member.person.area.rec_name
        address = member.party.address_get()
        return ' '.join(address.full_address.splitlines()) if address else ''


class MemberList(MemberReport):
    __name__ = 'fupin.member.list'

    @classmethod
    def get_context(cls, records, header, data):
        Company = Pool().get('company.company')
        context = super().get_context(records, header, data)
        members = sorted(records, key=lambda m: (m.number, m.id))
        company = data.get('company') or (
            members[0].company.id if members
            else Transaction().context.get('company'))
        context['company'] = Company(company)
        context['members'] = members
        context['forms'] = cls.forms(members, context['date'])
        context['farmers'] = sum(m.kind == 'farmer' for m in members)
        context['units'] = sum(m.kind in UNITS for m in members)
        for name in ['subscribed', 'contribution']:
            context[name] = sum(
                (getattr(m, name) for m in members), Decimal('0.00'))
        return context

    @classmethod
    def forms(cls, members, date):
        "Return {member id: the forms of what was contributed until the date}"
        Contribution = Pool().get('fupin.member.contribution')
        forms = defaultdict(set)
        cursor = Transaction().connection.cursor()
        table = Contribution.__table__()
        for holder, kinds in [
                (table.member, ['payment', 'opening', 'conversion']),
                (table.transferee, ['transfer'])]:
            cursor.execute(*table.select(
                    holder, table.form,
                    where=fields.SQL_OPERATORS['in'](
                        holder, [m.id for m in members])
                    & (table.state == 'posted')
                    & table.kind.in_(kinds)
                    & (table.date <= date),
                    group_by=[holder, table.form]))
            for member, form in cursor:
                forms[member].add(form)
        selection = Contribution.fields_get(['form'])['form']['selection']
        return {
            m.id: '、'.join(s for n, s in selection if n in forms[m.id])
            for m in members}


class ContributionCertificate(MemberReport):
    __name__ = 'fupin.member.certificate'

    @classmethod
    def get_context(cls, records, header, data):
        context = super().get_context(records, header, data)
        context['lines'] = cls.lines(records, context['date'])
        return context

    @classmethod
    def lines(cls, members, date):
        "Return {member id: [(entry, contribution or None, held)]}"
        Entry = Pool().get('fupin.member.entry')
        lines = defaultdict(list)
        held = defaultdict(Decimal)
        entries = Entry.search([
                ('member', 'in', [m.id for m in members]),
                ('kind', '=', 'contribution'),
                ('date', '<=', date),
                ], order=[('date', 'ASC'), ('id', 'ASC')])
        for entry in entries:
            held[entry.member.id] += entry.amount
            origin = entry.origin
            contribution = (
                origin if origin.__name__ == 'fupin.member.contribution'
                else None)
            lines[entry.member.id].append(
                (entry, contribution, held[entry.member.id]))
        return lines
