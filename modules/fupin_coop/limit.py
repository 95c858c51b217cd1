# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
from trytond.i18n import gettext
from trytond.model import Check, Index, ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool

from .exceptions import LimitNotFoundError
from .voting import Majority, MembershipLimits, VotingLimits

RATE_DIGITS = (16, 6)


class Limit(ModelSQL, ModelView):
    """What the 农民专业合作社法 asks of every cooperative from a date on.

    The numbers of the articles are those of 2017."""
    __name__ = 'fupin.cooperative.limit'
    __string__ = "Legal Limit"
    _rec_name = 'document'

    from_date = fields.Date("From", required=True)
    document = fields.Char(
        "Document", required=True,
        help="The law or rule that sets the limits.")
    refund_minimum = fields.Numeric(
        "Least Refund", digits=RATE_DIGITS, required=True,
        help="The least part of the distributable surplus that is refunded "
        "by trade (Art. 44).")
    members_minimum = fields.Integer(
        "Least Members", required=True,
        help="The least number of members (Art. 12).")
    farmer_minimum = fields.Numeric(
        "Least Farmers", digits=RATE_DIGITS, required=True,
        help="The least part of the members who are farmers (Art. 20).")
    small_cooperative = fields.Integer(
        "Small up to", required=True,
        help="Up to how many members a number of units is set, "
        "above it a part of the members (Art. 20).")
    small_units = fields.Integer(
        "Units in Small", required=True,
        help="The most enterprises, institutions and social organizations "
        "in a small cooperative (Art. 20).")
    units_rate = fields.Numeric(
        "Most Units", digits=RATE_DIGITS, required=True,
        help="The highest part of the members who are enterprises, "
        "institutions or social organizations (Art. 20).")
    cure_months = fields.Integer(
        "Months to Cure", required=True,
        help="The months to make good a breach of the limits of members.")
    additional_votes = fields.Numeric(
        "Most Additional Votes", digits=RATE_DIGITS, required=True,
        help="The most that additional votes are of the basic votes "
        "(Art. 22).")
    quorum_numerator = fields.Integer("Quorum", required=True)
    quorum_denominator = fields.Integer(
        "Quorum of", required=True,
        help="The part of the members that has to attend, at least "
        "(Art. 30).")
    ordinary_numerator = fields.Integer("Ordinary Majority", required=True)
    ordinary_denominator = fields.Integer(
        "Ordinary Majority of", required=True,
        help="The part of all votes that an ordinary resolution passes "
        "(Art. 30).")
    special_numerator = fields.Integer("Special Majority", required=True)
    special_denominator = fields.Integer(
        "Special Majority of", required=True,
        help="The part of all votes that a special resolution reaches "
        "(Art. 30).")
    papers_days = fields.Integer(
        "Days for Papers", required=True,
        help="The days that plans and reports are laid out before the "
        "meeting (Art. 40).")
    notice_months = fields.Integer(
        "Notice in Months", required=True,
        help="The months before the end of the year in which a farmer "
        "gives notice (Art. 25).")
    notice_months_unit = fields.Integer(
        "Notice of Units in Months", required=True,
        help="The months before the end of the year in which an enterprise, "
        "institution or social organization gives notice (Art. 25).")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('from_date_unique', Unique(t, t.from_date),
                'fupin_coop.msg_limit_unique'),
            ]
        for name in [
                'refund_minimum', 'farmer_minimum', 'units_rate',
                'additional_votes']:
            getattr(cls, name).domain = [(name, '>=', 0), (name, '<=', 1)]
        for name in ['quorum', 'ordinary', 'special']:
            numerator = getattr(t, name + '_numerator')
            denominator = getattr(t, name + '_denominator')
            cls._sql_constraints.append(
                (name + '_part',
                    Check(t, (numerator > 0) & (numerator <= denominator)),
                    'fupin_coop.msg_limit_rate'))
        cls._sql_indexes.add(Index(t, (t.from_date, Index.Range())))

    @classmethod
    def get(cls, date):
        "Return the limits that the law sets on the date"
        limits = cls.search([
                ('from_date', '<=', date),
                ], order=[('from_date', 'DESC')], limit=1)
        if not limits:
            Lang = Pool().get('ir.lang')
            raise LimitNotFoundError(gettext(
                    'fupin_coop.msg_limit_not_found',
                    date=Lang.get().strftime(date)))
        return limits[0]

    def voting_limits(self):
        "Return them as the VotingLimits of voting.py"
        return VotingLimits(
            additional=self.additional_votes,
            quorum=Majority(self.quorum_numerator, self.quorum_denominator),
            ordinary=Majority(
                self.ordinary_numerator, self.ordinary_denominator,
                over=True),
            special=Majority(
                self.special_numerator, self.special_denominator),
            papers=self.papers_days)

    def membership_limits(self):
        "Return them as the MembershipLimits of voting.py"
        return MembershipLimits(
            members=self.members_minimum,
            farmers=self.farmer_minimum,
            small=self.small_cooperative,
            small_units=self.small_units,
            units=self.units_rate,
            cure=self.cure_months)
