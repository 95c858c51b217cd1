# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""A manager sees the books of the own cooperative, and of the households
those of its members; nothing of any other by any path."""
import datetime as dt
from decimal import Decimal as D

import pytest
from trytond.model.exceptions import AccessButtonError, AccessError
from trytond.modules.company.tests import set_company
from trytond.pool import Pool
from trytond.transaction import Transaction, check_access

from cooperative import (  # noqa: F401
    alone, area, cooperatives, new_delivery, new_member, new_price,
    new_product)

MODULES = ['fupin_coop']
OWN, OTHER, STRANGER = "张三", "李四", "王五"
BOOKS = [
    'fupin.delivery', 'fupin.income', 'fupin.member', 'fupin.member.entry',
    'stock.lot']

pytestmark = pytest.mark.usefixtures('transaction')


def new_household(area, name):  # noqa: F811
    pool = Pool()
    Household = pool.get('fupin.household')
    Person = pool.get('fupin.person')
    persons = Person.create([
            {'name': n, 'area': area.id} for n in [name, f'{name}之子']])
    household, = Household.create([{
                'area': area.id,
                'memberships': [('create', [{
                                'person': person.id,
                                'relation': relation,
                                'from_date': dt.date(2020, 1, 1),
                                } for person, relation in zip(
                                    persons, ['head', 'son'])])],
                }])
    return household


@pytest.fixture
def world(cooperatives, area):  # noqa: F811
    """Each of two cooperatives has a member who delivers; to the first one a
    stranger delivers too"""
    pool = Pool()
    Company = pool.get('company.company')
    Delivery = pool.get('fupin.delivery')
    households = {n: new_household(area, n) for n in [OWN, OTHER, STRANGER]}
    companies = Company.browse(cooperatives)
    first, second = companies
    product = new_product(first, "香菇", '7.60')
    new_price(second, product, '7.60')
    for company, name in zip(companies, [OWN, OTHER]):
        with set_company(company):
            weight = {
                'gross': D(10), 'tare': D(0), 'deduction_rate': D(0),
                'warehouse': company.warehouse.id}
            member = new_member(company, households[name])
            deliveries = [new_delivery(company, product, member, **weight)]
            if name == OWN:
                stranger = households[STRANGER].head.get_party()
                deliveries.append(new_delivery(
                        company, product, grower=stranger.id, **weight))
            Delivery.post(deliveries)
    return companies


@pytest.fixture
def manager(world):
    "Work as the manager of the first cooperative, with all checks"
    pool = Pool()
    ModelData = pool.get('ir.model.data')
    User = pool.get('res.user')
    company = world[0]
    user, = User.create([{
                'name': "社长",
                'login': 'shezhang',
                'companies': [('add', [company.id])],
                'company': company.id,
                'groups': [('add', [
                            ModelData.get_id(*name.split('.')) for name in [
                                'fupin_coop.group_cooperative',
                                'fupin_coop.group_cooperative_admin',
                                'account.group_account',
                                'sale.group_sale',
                                'stock.group_stock',
                                'party.group_party_admin',
                                ]])],
                }])
    with Transaction().set_user(user.id), \
            Transaction().set_context(
                User.get_preferences(context_only=True)), \
            check_access():
        yield company


def hidden_from(model, visible):
    "Return the ids of the records that are not among the visible ones"
    with Transaction().set_user(0):
        return [
            r.id for r in Pool().get(model).search([])
            if r.id not in visible]


@pytest.mark.parametrize('model, count', [
        ('fupin.delivery', 2),
        ('fupin.income', 1),
        ('fupin.member', 1),
        ('fupin.member.entry', 1),
        ('stock.lot', 2),
        ('fupin.household', 1),
        ('fupin.person', 2),
        ])
def test_manager_sees_the_own(manager, model, count):
    Model = pool_get(model)
    visible = Model.search([])

    assert len(visible) == Model.search([], count=True) == count
    hidden = hidden_from(model, {r.id for r in visible})
    assert hidden
    for id_ in hidden:
        with pytest.raises(AccessError):
            Model.read([id_], ['id', 'rec_name'])
        with pytest.raises(AccessError):
            Model.export_data([Model(id_)], ['rec_name'])


def pool_get(model):
    return Pool().get(model)


@pytest.mark.parametrize('model', BOOKS)
def test_rows_of_lists_are_readable(manager, model):
    "A column that names a hidden record would close the whole list"
    Model = pool_get(model)
    names = ['rec_name'] + [
        f'{name}.rec_name' for name in Model.fields_get()
        if Model._fields[name]._type in {'many2one', 'reference'}]
    rows = Model.search_read([], fields_names=names)

    assert rows
    exported = Model.export_data(
        Model.search([]), ['rec_name'], header=False)
    assert len(exported) == len(rows)


@pytest.mark.parametrize('model, name', [
        ('fupin.household', OTHER),
        ('fupin.household', STRANGER),
        ('fupin.person', OTHER),
        ('fupin.person', STRANGER),
        ('fupin.member', OTHER),
        ('fupin.member.entry', OTHER),
        ('fupin.income', OTHER),
        ('fupin.income', STRANGER),
        ('stock.lot', OTHER),
        ])
def test_nobody_else_is_found_by_name(manager, model, name):
    assert not pool_get(model).search([('rec_name', 'ilike', f'%{name}%')])


def test_related_fields_do_not_leak(manager):
    Person = pool_get('fupin.person')
    Household = pool_get('fupin.household')

    assert {p.name for p in Person.search([
                ('memberships.household.incomes.amount', '>', 0)])} == {
        OWN, f'{OWN}之子'}
    assert [h.head.name for h in Household.search([
                ('memberships.person.name', 'like', '%')])] == [OWN]


def test_persons_are_masked(manager):
    Person = pool_get('fupin.person')
    person, = Person.search([('name', '=', OWN)])
    with Transaction().set_user(0):
        Person.write([Person(person.id)], {'phone': '13800000000'})

    assert Person(person.id).phone == '138****0000'


def test_manager_writes_no_ledger(manager):
    for model in ['fupin.income', 'fupin.member.entry']:
        Model = pool_get(model)
        lines = Model.search([])
        with pytest.raises(AccessError):
            Model.write(lines, {'amount': D(1)})
        with pytest.raises(AccessError):
            Model.delete(lines)


def test_manager_posts_only_the_own(manager):
    Delivery = pool_get('fupin.delivery')
    own, *_ = Delivery.search([])
    hidden, = hidden_from(
        'fupin.delivery', {d.id for d in Delivery.search([])})
    with pytest.raises(AccessError):
        Delivery.cancel([Delivery(hidden)])
    Delivery.cancel([own])

    assert own.__class__(own.id).state == 'cancelled'


def test_auditor_changes_nothing(world):
    pool = Pool()
    Delivery = pool.get('fupin.delivery')
    ModelData = pool.get('ir.model.data')
    User = pool.get('res.user')
    user, = User.create([{
                'name': "审计",
                'login': 'shenji',
                'companies': [('add', [c.id for c in world])],
                'company': world[0].id,
                'company_filter': 'all',
                'groups': [('add', [
                            ModelData.get_id(
                                'fupin_household', 'group_auditor')])],
                }])
    with Transaction().set_user(user.id), \
            Transaction().set_context(
                User.get_preferences(context_only=True)), \
            check_access():
        deliveries = Delivery.search([])
        assert len(deliveries) == 3
        with pytest.raises(AccessButtonError):
            Delivery.cancel(deliveries)
        with pytest.raises(AccessError):
            Delivery.delete(deliveries)
        with pytest.raises(AccessError):
            Delivery.write(deliveries, {'comment': "x"})
