# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import Index, fields
from trytond.pool import Pool
from trytond.pyson import Bool, Eval

from .document import DRAFT
from .exceptions import GrowerError


class GrowerMixin:
    """A document about what a member, or another grower, owes.

    Dealings with members are in 114, with all others in 113 (财会〔2021〕37号,
    article 41 of the law)."""
    __slots__ = ()

    member = fields.Many2One(
        'fupin.member', "Member", ondelete='RESTRICT',
        domain=[
            ('company', '=', Eval('company', -1)),
            ],
        states=DRAFT,
        help="Leave it empty for a grower who is no member.")
    grower = fields.Many2One(
        'party.party', "Grower", required=True, ondelete='RESTRICT',
        states={
            'readonly': (Eval('state') != 'draft') | Bool(Eval('member')),
            },
        context={
            'company': Eval('company', -1),
            },
        depends=['company'])
    household = fields.Many2One(
        'fupin.household', "Household", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('household'),
            },
        help="The member's household on the day of the document.")
    person = fields.Many2One(
        'fupin.person', "Person", readonly=True, ondelete='RESTRICT',
        states={
            'invisible': ~Eval('person'),
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        t = cls.__table__()
        cls._sql_indexes.update({
                Index(t,
                    (t.member, Index.Equality()),
                    (t.date, Index.Range())),
                Index(t, (t.grower, Index.Equality())),
                Index(t, (t.household, Index.Equality())),
                })

    @fields.depends('member', 'date')
    def on_change_member(self):
        self.person = self.household = None
        if self.member:
            self.grower = self.member.party
            self.person = self.member.person
            self.household = self.member.household
            if self.person and self.date:
                self.household = (
                    self.person.get_household_at(self.date)
                    or self.member.household)

    @fields.depends(methods=['on_change_member'])
    def on_change_date(self):
        self.on_change_member()

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if mode == 'create' and values.get('member'):
            document = cls(
                member=values['member'],
                date=values.get('date') or cls.default_date())
            document.on_change_member()
            for name in ['grower', 'person', 'household']:
                value = getattr(document, name)
                values[name] = value.id if value else None
        return values

    @classmethod
    def validate_fields(cls, documents, field_names):
        super().validate_fields(documents, field_names)
        if not field_names or field_names & {
                'member', 'grower', 'date', 'company'}:
            for document in documents:
                document.check_grower()

    def check_grower(self):
        "Refuse a member under another name, or a member as a stranger"
        Member = Pool().get('fupin.member')
        if self.member:
            if (self.member.company != self.company
                    or self.member.party != self.grower):
                raise GrowerError(gettext(
                        'fupin_coop.msg_grower_member_other',
                        document=self.full_name,
                        member=self.member.rec_name,
                        company=self.company.rec_name))
        elif self.state == 'draft':
            members = Member.search([
                    ('company', '=', self.company.id),
                    ('party', '=', self.grower.id),
                    Member.current_domain(self.date),
                    ], limit=1)
            if members:
                raise GrowerError(gettext(
                        'fupin_coop.msg_grower_is_member',
                        document=self.full_name,
                        member=members[0].rec_name))

    def check_membership(self):
        "Refuse a member who was none on the day"
        member = self.member
        if not member:
            return
        if member.from_date > self.date:
            raise GrowerError(gettext(
                    'fupin_coop.msg_grower_member_before',
                    document=self.full_name,
                    member=member.rec_name,
                    from_date=member.from_date,
                    date=self.date))
        if not member.is_member(self.date):
            raise GrowerError(gettext(
                    'fupin_coop.msg_grower_member_left',
                    document=self.full_name,
                    member=member.rec_name,
                    to_date=member.to_date,
                    date=self.date))

    def get_debt_account(self):
        "Return 114 for a member, 113 for anybody else"
        Configuration = Pool().get('account.configuration')
        return Configuration.get_cooperative_account(
            'member_receivable' if self.member else 'receivable',
            self.company)
