# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Cycles of mushrooms and watermelons: from the plan to the margin, and from
a lot to its growers and buyers, all figures worked out by hand."""
import datetime as dt
from decimal import Decimal as D

import pytest

from cooperative import (
    acting, again, new_delivery, new_household, new_user, post)
from cycle import (
    SOWN, begin, new_enterprise, new_template, run, sell)
from labour import new_sheet, new_task, new_worker, post_sheet
from land import new_parcel, signed
from own_production import (
    new_batch, new_harvest, new_loss, new_own_product,
    new_production_input)
from supply import (
    cancelled, differences, new_input, new_purchase, new_supply, posted)
from trytond.model.exceptions import AccessError, DomainValidationError
from trytond.modules.fupin_industry.exceptions import (
    CycleError, CycleGradeError, CyclePlanError, CycleRotationWarning)
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_industry']
JUNE, JULY = dt.date(2026, 6, 1), dt.date(2026, 7, 1)
AUGUST = dt.date(2026, 8, 1)

pytest_plugins = ['cooperative', 'supply', 'own_production']
pytestmark = pytest.mark.usefixtures('transaction')


def graded(company, product, price, *codes):
    "Give the product grades, each with the price"
    Grade = Pool().get('fupin.product.grade')
    Grade.create([{
                'template': product.template.id,
                'code': code,
                'name': f'{code}级',
                'sequence': i,
                } for i, code in enumerate(codes, 1)])
    Price = Pool().get('fupin.price')
    product = again(product)
    Price.create([{
                'company': company.id,
                'product': product.id,
                'grade': grade.id,
                'from_date': dt.date(2026, 1, 1),
                'unit': product.default_uom.id,
                'price': D(price),
                'floor_price': D(1),
                } for grade in product.grades])
    return product


@pytest.fixture
def bags(company):
    return piece(new_own_product(company, "菌棒", '401'))


@pytest.fixture
def fresh(company):
    return graded(
        company, new_own_product(company, "鲜香菇", '401'), '7.60', 'A')


@pytest.fixture
def sawdust(company):
    return new_input("木屑", 'product.uom_kilogram')


@pytest.fixture
def base(company, area, fresh):
    return new_enterprise(company, area, 'mushroom', fresh)


@pytest.fixture
def template(company, bags, fresh, sawdust):
    return new_template(company, 'mushroom', bags, [
            ('material', sawdust, '800', '0.80'),
            ('cost', "灭菌用煤", '1', '300.00'),
            ('labour', "装袋", '4', '80.00'),
            ('output', bags, '980', '1.75'),
            ('output', fresh, '700', '8.00'),
            ], days=150, dry_substrate=D('0.95'))


@pytest.fixture
def cycle(company, base, template):
    Cycle = Pool().get('fupin.cycle')
    cycle = run(begin(base, template, "2026年春", bags=2000))
    assert isinstance(cycle, Cycle)
    return cycle


def piece(product):
    "The product is counted"
    ModelData = Pool().get('ir.model.data')
    template = product.template
    template.default_uom = template.sale_uom = ModelData.get_id(
        'fupin_coop', 'uom_piece')
    template.save()
    return again(product)


@pytest.fixture
def made(company, area, bags, cycle, sawdust, store):
    """1600 kg of sawdust for 0.80, coal for 620.00 and ten days for 80.00 are
    2700.00; 40 of 2000 bags are contaminated, 1960 get into stock."""
    production, = cycle.productions
    posted(new_purchase(
            company, store, [(sawdust, '2000', '0.80')], purpose='own'))
    posted(new_production_input(
            company, production, [(sawdust, '1600')],
            [("灭菌用煤", '620.00', '102')]))
    post_sheet(new_sheet(company, (
                new_worker(company, area, "赵六"),
                new_task(company, "装袋"), 10,
                {'own_production': production.id})))
    posted(new_loss(
            company, production, cause='contamination', method='quantity',
            quantity=D(40), remaining=D(1960)))
    return posted(new_harvest(company, production, [(bags, '1960')]))


@pytest.fixture
def fruited(company, bags, cycle, made, fresh, members):
    """1000 bags are the first member's, who brings 500 and 263.4 kg; of the
    other 960 the cooperative harvests 300 and 180 kg and spent substrate."""
    substrate = new_own_product(company, "菌渣", '401')
    supply = posted(new_supply(
            company, members[0], [(bags, '1000')], date=JUNE, route='own',
            cycle=cycle.id))
    fruiting = new_batch(
        company, fresh, "出菇", cycle=cycle.id, expected_quantity=D(480))
    posted(new_production_input(
            company, fruiting, [(bags, '960')], [("水电", '120.00', '102')],
            date=JUNE))
    first = posted(new_harvest(
            company, fruiting, [
                (fresh, '300', {'grade': fresh.grades[0].id})],
            '180', date=JUNE, flush=1))
    second = posted(new_harvest(
            company, fruiting, [
                (fresh, '180', {'grade': fresh.grades[0].id}),
                (substrate, '600', {'factor': D('0.01')})],
            date=JULY, flush=2))
    brought = post(*(
            new_delivery(
                company, fresh, members[0], date=date, cycle=cycle.id,
                flush=flush, gross=D(gross), tare=D(0), deduction_rate=D(0))
            for date, flush, gross in [
                (JUNE, 1, '500'), (JULY, 2, '263.4')]))
    return supply, [first, second], brought


def figures(cycle, *names):
    cycle = again(cycle)
    return [getattr(cycle, n) for n in names]


# The plan

def test_season_from_the_template(company, area, base, template, bags):
    cycle = begin(base, template, "2026年春", bags=2000)

    assert cycle.state == 'planned'
    assert cycle.number.startswith('ZQ')
    assert (cycle.kind, cycle.area) == ('mushroom', area)
    assert cycle.end_date == SOWN + dt.timedelta(days=150)
    assert cycle.dry_substrate == D('0.95')
    production, = cycle.productions
    assert (production.product, production.start_date, production.state) == (
        bags, SOWN, 'open')
    # 980 of a thousand
    assert production.expected_quantity == 1960
    assert [
        (x.kind, x.planned_quantity, x.planned_amount) for x in cycle.plan
        ] == [
        ('material', D(1600), D('1280.00')), ('cost', D(2), D('600.00')),
        ('labour', D(8), D('640.00')), ('output', D(1960), D('3430.00')),
        ('output', D(1400), D('11200.00'))]
    assert figures(
        cycle, 'planned_cost', 'planned_revenue', 'planned_margin',
        'unplanned') == [
        D('2520.00'), D('14630.00'), D('12110.00'), D('0.00')]


def test_plan_against_actual(cycle, made, fruited):
    # the water of the fruiting batch and the bags are not in the plan
    by_key = {(x.kind, x.item): x for x in again(cycle).plan}
    assert [
        (x.actual_quantity, x.actual_amount, x.deviation, x.deviation_rate)
        for x in by_key.values()] == [
        (D(1600), D('1280.00'), D('0.00'), D('0.00')),
        (None, D('620.00'), D('20.00'), D('3.33')),
        (D(10), D('800.00'), D('160.00'), D('25.00')),
        # 1000 of the bags were supplied
        (D(1960), D('1350.00'), D('-2080.00'), D('-60.64')),
        (D('1243.4'), D('0.00'), D('-11200.00'), D('-100.00')),
        ]
    # 960 bags for 1.35, and 120.00 of water
    assert again(cycle).unplanned == D('1416.00')


@pytest.mark.parametrize('line', [
        ('material', None), ('cost', "灭菌用煤"), ('labour', "装袋")])
def test_nothing_is_planned_twice(template, sawdust, line):
    Line = Pool().get('fupin.cycle.template.line')
    kind, description = line
    with pytest.raises(CyclePlanError, match="twice"):
        Line.create([{
                    'template': template.id,
                    'kind': kind,
                    'description': description,
                    'product': sawdust.id if kind == 'material' else None,
                    'quantity': D(1),
                    'price': D(1),
                    }])


def test_template_of_another_kind(company, area, template):
    field = new_enterprise(company, area, 'watermelon')
    with pytest.raises(CycleError, match="another kind"):
        begin(field, template, bags=10)


# Mushrooms

def test_mushrooms(company, cycle, made, fruited):
    supply, (first, second), (early, late) = fruited

    # 2700.00 × 40 / 2000; the rest by 1960; 1000 and 960 of them
    assert made.amount == D('2646.00')
    assert supply.amount == D('1350.00')
    # 1296.00 + 120.00, 300 of 480 kg; then 180 and 600 × 0.01
    assert [first.amount, second.amount] == [D('885.00'), D('531.00')]
    assert [x.amount for x in second.lines] == [D('513.87'), D('17.13')]
    assert [early.amount, late.amount] == [D('3800.00'), D('2001.84')]

    customer = sell(
        company, [(first.lines[0].lot, 300), (early.lot, 500)], '9.00',
        AUGUST)

    assert customer
    assert figures(
        cycle, 'cost', 'bought', 'sold', 'supplied', 'used', 'lost', 'left',
        'revenue', 'margin') == [
        # without the bags that the cycle made itself
        D('2820.00'), D('5801.84'), D('7200.00'), D('1350.00'), D('0.00'),
        D('54.00'), D('513.87') + D('17.13') + D('2001.84'), D('8550.00'),
        # (2700 - 885) + (4500 - 3800) - 54
        D('2461.00')]
    # by 2000 bags
    assert figures(cycle, 'unit_cost', 'unit_revenue', 'unit_margin') == [
        D('1.41'), D('4.28'), D('1.23')]
    assert figures(
        cycle, 'yield_quantity', 'contaminated', 'contamination_rate',
        'biological_efficiency', 'households_count') == [
        # 1243.4 / (1960 × 0.95)
        D('1243.4'), D(40), D('2.00'), D('66.78'), 1]
    assert differences(company) == {}


def test_everything_sold_leaves_nothing(company, cycle, made, fruited, bags):
    "What is sold or gone is not left: the margin is that of the sales"
    _, (first, second), (early, late) = fruited
    lots = [x.lot for h in [first, second] for x in h.lines]
    sell(company, [
            (lots[0], 300), (lots[1], 180), (early.lot, 500),
            (late.lot, D('263.4'))], '9.00', AUGUST)
    substrate = lots[2]
    sell(company, [(substrate, 600)], '0.05', AUGUST)

    sold, left, margin = figures(cycle, 'sold', 'left', 'margin')
    # 1243.4 × 9.00 + 600 × 0.05
    assert (sold, left) == (D('11220.60'), D('0.00'))
    assert margin == sold + D('1350.00') - D('2820.00') - D('5801.84')
    assert differences(company) == {}


def test_substrate_feeds_another_cycle(
        company, area, cycle, made, fruited, melon):
    _, (_, second), _ = fruited
    field = new_enterprise(company, area, 'other', melon)
    other = run(begin(field, new_template(company, 'other', melon), date=JUNE))
    production, = other.productions
    posted(new_production_input(
            company, production, [(second.lines[1].product, '300')],
            date=JULY))

    # half of 17.13; what is left is worth 8.57
    assert figures(cycle, 'used') == [D('8.56')]
    assert figures(other, 'cost', 'left', 'margin', 'unit_cost') == [
        D('8.56'), D('8.56'), D('0.00'), None]
    assert figures(cycle, 'margin') == [D('-54.00')]


def test_taken_back(company, cycle, made, fruited):
    supply, (first, second), (early, late) = fruited
    for document in [late, second, first]:
        cancelled(document)
    assert figures(cycle, 'bought', 'yield_quantity') == [
        D('3800.00'), D('500')]
    cancelled(early)
    cancelled(supply)
    # all that was put in is there, but for what was contaminated
    assert figures(
        cycle, 'revenue', 'bought', 'cost', 'left', 'margin') == [
        D('0.00'), D('0.00'), D('2820.00'), D('2766.00'), D('-54.00')]
    assert differences(company) == {}


def test_yields(company, cycle, made, fruited):
    Yield = Pool().get('fupin.cycle.yield')
    rows = Yield.search([], order=[('flush', 'ASC'), ('source', 'DESC')])
    assert [
        (r.flush, r.source, r.product.name, r.quantity, r.amount)
        for r in rows if r.product.name == "鲜香菇"] == [
        (1, 'own', "鲜香菇", D('300'), D('885.00')),
        (1, 'grower', "鲜香菇", D('500'), D('3800.00')),
        (2, 'own', "鲜香菇", D('180'), D('513.87')),
        (2, 'grower', "鲜香菇", D('263.4'), D('2001.84')),
        ]


def test_cost_that_is_not_in_the_books(company, cycle, made):
    cost = Pool().get('fupin.own_production.input.cost').__table__()
    cursor = Transaction().connection.cursor()
    cursor.execute(*cost.update([cost.amount], [D('620.01')]))
    assert differences(company)['fupin_industry.cycle_cost'] == [D('0.01')]


# Begin and end

def test_documents_want_a_running_cycle(
        company, base, template, bags, fresh, members):
    cycle = begin(base, template, bags=100)
    production, = cycle.productions
    input_ = new_production_input(
        company, production, costs=[("煤", '1.00', '102')])
    with pytest.raises(CycleError, match="Run the cycle"):
        posted(input_)
    with pytest.raises(DomainValidationError):
        new_delivery(company, fresh, members[0], cycle=cycle.id)


def test_delivery_before_the_cycle(company, cycle, fresh, members):
    delivery = new_delivery(
        company, fresh, members[0], cycle=cycle.id,
        date=SOWN - dt.timedelta(days=1))
    assert delivery.enterprise == cycle.enterprise
    with pytest.raises(CycleError, match="starts on"):
        post(delivery)


def test_cycle_needs_its_scale(base, template):
    cycle = begin(base, template)
    with pytest.raises(CycleError, match="number of its bags"):
        run(cycle)


def test_close_and_reopen(company, cycle, made, bags):
    Cycle = cycle.__class__
    other = new_batch(company, bags, "另一批", cycle=cycle.id)
    with pytest.raises(CycleError, match="另一批"):
        Cycle.close([cycle])
    other.__class__.close([other])
    Cycle.close([cycle])
    closed = again(cycle)
    assert closed.state == 'closed'
    with pytest.raises(AccessError):
        Pool().get('fupin.cycle.stage').create([{
                    'cycle': cycle.id, 'date': JUNE, 'kind': 'fruit'}])
    assert run(cycle).state == 'running'


def test_used_cycle_stays(company, cycle, made):
    Cycle = cycle.__class__
    with pytest.raises(AccessError, match="names it"):
        Cycle.plan_again([cycle])
    with pytest.raises(AccessError):
        Cycle.delete([cycle])
    with pytest.raises(AccessError):
        Cycle.write([cycle], {'start_date': JUNE})


def test_stage_after_the_end(cycle):
    Stage = Pool().get('fupin.cycle.stage')
    Stage.create([{'cycle': cycle.id, 'date': SOWN, 'kind': 'sterilise'}])
    with pytest.raises(CycleError, match="after the end"):
        Stage.create([{
                    'cycle': cycle.id, 'kind': 'fruit',
                    'date': cycle.end_date + dt.timedelta(days=1)}])


# Watermelons

@pytest.fixture
def melons(company):
    melons = graded(
        company, new_own_product(company, "麒麟瓜", '141'), '2.40', 'T', '1')
    top, first = melons.grades
    top.min_piece_weight, top.min_sugar = D('5'), D('12')
    first.min_sugar = D('10')
    top.__class__.save([top, first])
    return again(melons)


@pytest.fixture
def field(company, area, melons):
    return new_enterprise(company, area, 'watermelon', melons)


@pytest.fixture
def season(company, melons):
    return new_template(company, 'watermelon', melons, [
            ('cost', "瓜苗", '700', '1.20'),
            ('output', melons, '3500', '2.40'),
            ], name="大棚西瓜")


@pytest.fixture
def parcels(company, area, members):
    "One that the cooperative has, one of a member, one of a stranger"
    stranger = new_household(area, "赵一")
    land = [
        new_parcel(stranger, 1, mu='3.00'),
        new_parcel(members[0].household, 2, mu='2.00'),
        new_parcel(stranger, 3, mu='1.00')]
    signed(company, land[:1])
    return land


@pytest.fixture
def five_years():
    Pool().get('fupin.rotation.rule').create([{
                'years': 5, 'document': "农技站意见"}])


def test_watermelons(company, field, season, parcels, melons, members):
    cycle = run(begin(field, season, parcels=parcels[:2]))
    production, = cycle.productions
    assert (cycle.mu, production.area) == (D('5.00'), D('5.00'))
    assert production.expected_quantity == 17500
    own, grown = cycle.parcels
    assert own.transfer and not own.household
    assert grown.household == members[0].household and not grown.transfer
    posted(new_production_input(
            company, production, costs=[("瓜苗", '4200.00', '102')]))
    top, first = melons.grades
    posted(new_harvest(
            company, production, [
                (melons, '6000', {
                        'grade': top.id, 'sugar': D('12.5'),
                        'piece_weight': D('6.2')}),
                (melons, '2000', {'grade': first.id, 'sugar': D('10.5')})],
            '4000', date=JUNE, flush=1))
    post(new_delivery(
            company, melons, members[0], date=JUNE, cycle=cycle.id, flush=1,
            gross=D('5000'), tare=D(0), deduction_rate=D(0),
            sugar=D('12.0'), piece_weight=D('5.0'), grade=top.id))

    # 13000 kg on 5 mu; 4200.00 / 5
    assert figures(
        cycle, 'yield_quantity', 'yield_per_mu', 'unit_cost',
        'biological_efficiency') == [
        D('13000'), D('2600.00'), D('840.00'), None]
    Yield = Pool().get('fupin.cycle.yield')
    assert {
        (r.source, r.grade.code): (r.quantity, r.sugar)
        for r in Yield.search([])} == {
        ('own', 'T'): (D(6000), D('12.5')),
        ('own', '1'): (D(2000), D('10.5')),
        ('grower', 'T'): (D(5000), D('12.0'))}
    assert differences(company) == {}


@pytest.mark.parametrize('code, values, match', [
        ('T', {'sugar': D('11.9'), 'piece_weight': D('6')}, "12.* °Bx"),
        ('T', {'sugar': D('12'), 'piece_weight': D('4.9')}, "5.* kg"),
        ('1', {}, "measured were —"),
        ])
def test_grade_refused(company, melons, members, code, values, match):
    grade, = [g for g in melons.grades if g.code == code]
    delivery = new_delivery(
        company, melons, members[0], grade=grade.id, **values)
    with pytest.raises(CycleGradeError, match=match):
        post(delivery)


def test_grade_proposed(company, melons):
    Delivery = Pool().get('fupin.delivery')
    delivery = Delivery(company=company, product=melons, date=JUNE)
    for sugar, weight, code in [
            ('12.5', '6', 'T'), ('12.5', '4', '1'), ('9', '6', None)]:
        delivery.sugar, delivery.piece_weight = D(sugar), D(weight)
        delivery.on_change_sugar()
        assert (delivery.grade.code if delivery.grade else None) == code


def test_land_of_a_stranger(field, season, parcels):
    with pytest.raises(CycleError, match="no contract in force"):
        begin(field, season, parcels=parcels)


def test_more_land_than_there_is(field, season, parcels):
    cycle = begin(field, season, parcels=parcels[:1])
    line, = cycle.parcels
    line.mu = D('3.01')
    line.save()
    with pytest.raises(CycleError, match="only 3.00 mu"):
        run(cycle)


def test_rotation(company, field, season, parcels, five_years):
    run(begin(field, season, parcels=parcels[1:2], date=dt.date(2025, 3, 1)))
    cycle = begin(field, season, "第二季", parcels=parcels[:2])
    with pytest.raises(CycleRotationWarning, match="2025-03-01.*5 years"):
        run(cycle)
    with Transaction().set_context(_skip_warnings=True):
        assert run(cycle).state == 'running'


def test_rotation_of_other_land_or_grafted(
        field, season, parcels, five_years):
    run(begin(field, season, parcels=parcels[:1]))
    run(begin(field, season, parcels=parcels[1:2], date=JUNE))
    grafted = begin(field, season, parcels=parcels[:1], date=JULY)
    grafted.grafted = True
    grafted.save()
    assert run(grafted).state == 'running'


def test_rotation_after_a_split(company, field, season, parcels, five_years):
    "The land remembers, under whatever code"
    Change = Pool().get('fupin.parcel.change')
    old = parcels[1]
    run(begin(field, season, parcels=[old], date=dt.date(2025, 3, 1)))
    change, = Change.create([{
                'kind': 'split',
                'area': old.area.id,
                'date': dt.date(2025, 12, 1),
                'document': "分户协议",
                'parcels': [('add', [old.id])],
                'lines': [('create', [{
                                'code': old.code[:14] + f'{number:05}',
                                'name': f"地块{number}",
                                'contract_mu': D(1),
                                'contract_square_metres': D(metres),
                                } for number, metres in [
                                (21, '666.67'), (22, '666.66')]])],
                }])
    Change.do([change])
    new = [x.parcel for x in again(change).lines]
    assert old not in new
    cycle = begin(field, season, "第二季", parcels=new[:1])
    with pytest.raises(CycleRotationWarning):
        run(cycle)


def test_no_rule_no_warning(field, season, parcels):
    run(begin(field, season, parcels=parcels[:1]))
    assert run(begin(
            field, season, parcels=parcels[:1], date=JUNE)).state == 'running'


# Who may

def test_clerk_begins_and_county_reads(company, area, base, template):
    Cycle = Pool().get('fupin.cycle')
    clerk = new_user(company, 'fupin_coop.group_cooperative')
    auditor = new_user(company, 'fupin_household.group_auditor')
    officer = new_user(company, 'fupin_household.group_township')
    officer.companies, officer.company = [], None
    officer.areas = [area]
    officer.save()
    with acting(clerk):
        cycle = run(begin(base, template, bags=10))
    for reader in [auditor, officer]:
        with acting(reader):
            assert Cycle.search([]) == [cycle]
            assert Cycle(cycle.id).cost == 0
            with pytest.raises(AccessError):
                Cycle.write([cycle], {'name': "别的"})


def test_other_cooperative(company, other, cycle):
    stranger = new_user(other, 'fupin_coop.group_cooperative')
    with acting(stranger):
        for record in [cycle, cycle.plan[0], cycle.template]:
            Model = record.__class__
            assert Model.search([]) == []
            with pytest.raises(AccessError):
                Model.read([record.id], ['id'])
