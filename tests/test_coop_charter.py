# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The limits of the law and the charter within them."""
import datetime as dt
from decimal import Decimal as D

import pytest
from assembly import adopted, new_charter
from trytond.model.exceptions import AccessError, SQLConstraintError
from trytond.modules.fupin_coop.exceptions import (
    CharterError, CharterNotFoundError, LimitNotFoundError, ResolutionError)
from trytond.modules.fupin_coop.voting import (
    Majority, MembershipLimits, VotingLimits)
from trytond.pool import Pool

MODULES = ['fupin_coop']
START = dt.date(2025, 1, 1)
MAY = dt.date(2026, 5, 1)
JUNE = dt.date(2026, 6, 1)
LAW = VotingLimits(
    D('0.2'), Majority(2, 3), Majority(1, 2, over=True), Majority(2, 3), 15)

pytest_plugins = ['cooperative']
pytestmark = pytest.mark.usefixtures('transaction')


def test_limits():
    Limit = Pool().get('fupin.cooperative.limit')
    limit = Limit.get(dt.date(2018, 7, 1))
    assert limit.document == "农民专业合作社法(2017)"
    assert limit.refund_minimum == D('0.6')
    assert limit.voting_limits() == LAW
    assert limit.membership_limits() == MembershipLimits(
        5, D('0.8'), 20, 1, D('0.05'), 6)
    assert (limit.notice_months, limit.notice_months_unit) == (3, 6)
    assert Limit.get(dt.date(2018, 6, 30)).document != limit.document
    assert Limit.get(JUNE) == limit
    with pytest.raises(LimitNotFoundError):
        Limit.get(dt.date(2007, 6, 30))


def test_limit_dated():
    Limit = Pool().get('fupin.cooperative.limit')
    limit, = Limit.copy([Limit.get(JUNE)], {
            'from_date': JUNE, 'document': "新法",
            'refund_minimum': D('0.7')})
    assert Limit.get(JUNE) == limit
    assert Limit.get(MAY) != limit


def test_get(company, other):
    Charter = Pool().get('fupin.charter')
    with pytest.raises(CharterNotFoundError):
        Charter.get(company, JUNE)
    charter = new_charter(company, post=False)
    with pytest.raises(CharterNotFoundError):
        Charter.get(company, JUNE)
    Charter.post([charter])
    assert Charter.get(company, START) == charter
    assert Charter.get(company, JUNE) == charter
    with pytest.raises(CharterNotFoundError):
        Charter.get(company, START - dt.timedelta(days=1))
    with pytest.raises(CharterNotFoundError):
        Charter.get(other, JUNE)


def test_amended(company, members):
    Charter = Pool().get('fupin.charter')
    first = new_charter(company)
    second = new_charter(
        company, JUNE, refund_rate=D('0.7'),
        resolution=adopted(company, 'charter', MAY).id)
    assert Charter.get(company, MAY) == first
    assert Charter.get(company, JUNE) == second
    assert Charter.get(company, JUNE).refund_rate == D('0.7')


def test_amended_without_resolution(company, members):
    new_charter(company)
    with pytest.raises(ResolutionError):
        new_charter(company, JUNE)


def test_amended_before_meeting(company, members):
    new_charter(company)
    resolution = adopted(company, 'charter', JUNE)
    with pytest.raises(ResolutionError):
        new_charter(company, MAY, resolution=resolution.id)


def test_order(company, members):
    new_charter(company, MAY)
    with pytest.raises(CharterError, match="start after"):
        new_charter(company, START)


@pytest.mark.parametrize('values, article', [
        ({'refund_rate': D('0.599999')}, 44),
        ({'refund_rate': D('1.01')}, 44),
        ({'reserve_rate': D('-0.1')}, 42),
        ({'reserve_rate': D('1.1')}, 42),
        ({'reserve_volume_rate': D('0.5')}, 42),
        ({'reserve_volume_rate': D('1.5'), 'reserve_equal_rate': D('-0.5')},
            42),
        ({'refund_base': 'volume'}, 44),
        ({'additional_votes_rate': D('0.21')}, 22),
        ({'additional_votes_rate': D('-0.1')}, 22),
        ({'notice_months': -1}, 25),
        ({'quorum_numerator': 1, 'quorum_denominator': 2}, 30),
        ({'special_numerator': 1, 'special_denominator': 2}, 30),
        ({'ordinary_numerator': 2, 'ordinary_denominator': 1}, 30),
        ])
def test_forbidden(company, values, article):
    Charter = Pool().get('fupin.charter')
    charter = new_charter(company, post=False, **values)
    with pytest.raises(CharterError, match=f"Art. {article}"):
        Charter.post([charter])
    assert Charter(charter.id).state == 'draft'


def test_voting_limits(company):
    Charter = Pool().get('fupin.charter')
    assert Charter.get_voting_limits(company, JUNE) == LAW
    charter = new_charter(
        company, special_numerator=3, special_denominator=4,
        additional_votes_rate=D('0.1'))
    limits = Charter.get_voting_limits(company, JUNE)
    assert limits == charter.voting_limits()
    assert limits == VotingLimits(
        D('0.1'), LAW.quorum, LAW.ordinary, Majority(3, 4), 15)


def test_factors(company, product):
    charter = new_charter(
        company, refund_base='volume', reserve_volume_rate=D('0.5'),
        reserve_equal_rate=D('0.5'),
        factors=[('create', [{'product': product.id, 'factor': D('1.5')}])])
    assert charter.get_factors() == {product.id: D('1.5')}
    assert charter.factors[0].unit == product.default_uom
    assert charter.reserve_rates == {
        'trade': D('0.5'), 'contribution': D(0), 'equal': D('0.5')}


def test_in_force_stays(company, product):
    Charter = Pool().get('fupin.charter')
    Factor = Pool().get('fupin.charter.factor')
    charter = new_charter(
        company, refund_base='volume',
        factors=[('create', [{'product': product.id, 'factor': D(1)}])])
    with pytest.raises(AccessError):
        Charter.write([charter], {'reserve_rate': D('0.2')})
    with pytest.raises(AccessError):
        Charter.delete([charter])
    with pytest.raises(AccessError):
        Factor.write(list(charter.factors), {'factor': D(2)})
    with pytest.raises(AccessError):
        Factor.delete(list(charter.factors))
    with pytest.raises(CharterError, match="already"):
        Charter.post([charter])


def test_one_a_day(company):
    new_charter(company)
    with pytest.raises(SQLConstraintError):
        new_charter(company, post=False)
