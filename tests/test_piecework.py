# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Piecework: parts given out, pieces brought back, weeks paid.

The figures are worked by hand."""
import datetime as dt
from decimal import Decimal as D

import pytest
from cooperative import (
    ACCOUNTS, acting, again, balances, new_user)
from labour import cancel_sheet, new_worker, post_sheet
from piecework import (
    ASSEMBLE, BODY, FILL, FLINT, FRIDAY, FULL, GAS, HALF, LABEL, MONDAY,
    NEXT_FRIDAY, START, STICKER, SUNDAY, cancelled, new_order, new_piecework,
    new_return, new_week, on_hand, part, posted, received, running, step)
from trytond.model.exceptions import (
    AccessError, DomainValidationError, SQLConstraintError)
from trytond.modules.fupin_coop.exceptions import (
    DocumentDateError, DocumentStateError, LabourError)
from trytond.modules.fupin_industry.exceptions import (
    PieceworkError, PieceworkStepError)
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULES = ['fupin_industry']

pytest_plugins = ['cooperative', 'piecework']
pytestmark = pytest.mark.usefixtures('transaction')


@pytest.fixture
def worker(company, area):
    return new_worker(company, area, "赵六", account=ACCOUNTS[0])


@pytest.fixture
def other_worker(company, area):
    return new_worker(company, area, "钱七", account=ACCOUNTS[1])


@pytest.fixture
def piecework(order, worker):
    "1,000 to assemble, with 1,020 flints"
    return posted(new_piecework(
            order, worker, ASSEMBLE, **{BODY: 1000, FLINT: 1020}))


@pytest.fixture
def short(piecework):
    """980 accepted, 10 rejected, 60 flints gone missing.

    Body: 1,000 − 990 = 10 short, 9.9 so 10 allowed.  Flint: 1,020 − 990 −
    10 back = 20 short, 29.7 so all 20 allowed."""
    return posted(new_return(
            piecework, {ASSEMBLE: (980, 10)}, {FLINT: 10}, final=True))


def incomes(worker):
    Income = Pool().get('fupin.income')
    return sorted(
        (i.category.code, i.amount, i.enterprise and i.enterprise.name)
        for i in Income.search([('person', '=', worker.person.id)]))


def charges(return_):
    return {
        p.part.name: (p.used, p.returned, p.allowed, p.missing, p.charge)
        for p in return_.parts}


def lines(sheet):
    return [
        (x.worker.rec_name, x.task.name, x.quantity, x.deductions, x.amount)
        for x in again(sheet).lines]


# The order

def test_order(order):
    assert (order.state, order.number) == ('running', 'LJ2026-0001')
    assert order.rec_name == 'LJ2026-0001 一次性打火机'
    assert on_hand(order) == {
        BODY: 5000, FLINT: 5000, HALF: 0, GAS: 22500, FULL: 0, STICKER: 5000}
    assert (order.accepted, order.margin) == (0, D('0.00'))
    assert order.wages_per_thousand is None


def test_running_order_is_not_edited(order, worker):
    Order = Pool().get('fupin.piecework.order')
    Part = Pool().get('fupin.piecework.order.part')
    with pytest.raises(AccessError, match="runs or is closed"):
        Order.write([order], {'fee': D(50)})
    with pytest.raises(AccessError, match="runs or is closed"):
        Part.write([part(order, BODY)], {'price': D(0)})
    with pytest.raises(AccessError, match="runs or is closed"):
        Part.delete([part(order, BODY)])
    with pytest.raises(PieceworkError, match="can not be edited again"):
        order.draft([order])
    with pytest.raises(AccessError, match="can not be deleted"):
        Order.delete([order])


def test_order_without_steps(company, area):
    Part = Pool().get('fupin.piecework.order.part')
    Step = Pool().get('fupin.piecework.order.step')
    order = new_order(company, area)
    Part.delete(order.parts)
    Step.delete(order.steps)
    with pytest.raises(PieceworkError, match="has no steps"):
        running(again(order))


def test_duplicate_starts_a_new_order(order):
    Order = Pool().get('fupin.piecework.order')
    new, = Order.copy([order])
    assert (new.state, new.number) == ('draft', None)
    assert [s.task for s in new.steps] == [s.task for s in order.steps]
    assert not set(new.steps) & set(order.steps)
    assert [
        (p.name, p.per_piece, p.step.task, p.made_by and p.made_by.task)
        for p in new.parts] == [
        (p.name, p.per_piece, p.step.task, p.made_by and p.made_by.task)
        for p in order.parts]
    assert {p.step.order for p in new.parts} == {new}


def test_gas_is_for_the_workshop(company, area):
    Step = Pool().get('fupin.piecework.order.step')
    order = new_order(company, area)
    fill = step(order, FILL)
    assert fill.gas and fill.workshop
    with pytest.raises(SQLConstraintError, match="workshop only"):
        Step.write([fill], {'workshop': False})


def test_part_is_made_before_it_is_used(company, area):
    Part = Pool().get('fupin.piecework.order.part')
    order = new_order(company, area)
    with pytest.raises(PieceworkStepError, match="does not come before"):
        Part.write(
            [part(order, HALF)], {'made_by': step(order, LABEL).id})


def test_close(order, worker, piecework):
    with pytest.raises(PieceworkError, match="can not be closed"):
        order.close([order])
    posted(new_return(
            piecework, {ASSEMBLE: 0}, {BODY: 1000, FLINT: 1020}, final=True))
    draft = new_piecework(order, worker, ASSEMBLE)
    with pytest.raises(PieceworkError, match="can not be closed"):
        order.close([order])
    draft.delete([draft])
    order.close([again(order)])
    assert again(order).state == 'closed'
    with pytest.raises(PieceworkError, match='is "Closed"'):
        cancelled(again(piecework).returns[0])
    with pytest.raises(DomainValidationError):
        received(again(order))


# The parts

def test_customer_takes_parts_back(order, piecework):
    received(order, MONDAY, 'returned', **{BODY: 4000})
    assert on_hand(order)[BODY] == 0
    with pytest.raises(PieceworkError, match="1 pc of .* too few"):
        received(order, FRIDAY, 'returned', **{BODY: 1})


def test_part_of_a_step_is_not_the_customers(order):
    with pytest.raises(DomainValidationError):
        received(order, **{HALF: 1})


def test_parts_of_another_order(company, area, order):
    Receipt = Pool().get('fupin.piecework.receipt')
    receipt, = Receipt.create([{
                'company': company.id,
                'date': MONDAY,
                'order': order.id,
                'lines': [('create', [{
                                'part': part(order, BODY).id,
                                'quantity': D(1),
                                }])],
                }])
    Receipt.write([receipt], {'order': running(new_order(company, area)).id})
    with pytest.raises(PieceworkError, match="not provided by the customer"):
        posted(again(receipt))


def test_given_before_it_came(order, worker):
    with pytest.raises(PieceworkError, match="starts on"):
        posted(new_piecework(
                order, worker, ASSEMBLE, date=START - dt.timedelta(days=1)))
    received(order, NEXT_FRIDAY, **{FLINT: 1000})
    with pytest.raises(PieceworkError, match="2026-03-09"):
        posted(new_piecework(
                order, worker, ASSEMBLE, **{FLINT: 6000}))
    posted(new_piecework(
            order, worker, ASSEMBLE, date=NEXT_FRIDAY, **{FLINT: 6000}))


def test_receipt_whose_parts_are_gone(order, worker):
    Receipt = Pool().get('fupin.piecework.receipt')
    posted(new_piecework(order, worker, ASSEMBLE))
    receipt, = Receipt.search([])
    with pytest.raises(PieceworkError, match="1,000 pc .* too few"):
        cancelled(receipt)


def test_register(order, piecework, short):
    Register = Pool().get('fupin.piecework.register')

    def entries(name):
        return [
            (e.date, e.document.__name__, e.received, e.issued, e.balance)
            for e in Register.search([('part.name', '=', name)])]

    assert entries(FLINT) == [
        (START, 'fupin.piecework.receipt', 5000, None, 5000),
        (MONDAY, 'fupin.piecework', None, 1020, 3980),
        (FRIDAY, 'fupin.piecework.return', 10, None, 3990),
        ]
    # what was accepted lies there for the next step
    assert entries(HALF) == [
        (FRIDAY, 'fupin.piecework.return', 980, None, 980)]


# Giving out

def test_issue(order, piecework):
    assert (piecework.number, piecework.state) == ('JJ2026-0001', 'posted')
    assert not piecework.move
    assert (piecework.open_pieces, piecework.closed) == (1000, False)
    assert on_hand(order)[BODY] == 4000


def test_form_proposes_the_steps_of_the_place(order, worker):
    Piecework = Pool().get('fupin.piecework')
    piecework = Piecework(order=order, place='home')
    piecework.on_change_order()
    assert [x.step.task.name for x in piecework.steps] == [ASSEMBLE, LABEL]
    piecework.place = 'workshop'
    piecework.on_change_place()
    assert [x.step.task.name for x in piecework.steps] == [
        ASSEMBLE, FILL, LABEL]


def test_filled_parts(order, worker):
    "Who goes on with her own pieces is not given them"
    piecework = new_piecework(
        order, worker, ASSEMBLE, FILL, place='workshop', pieces=200)
    assert {x.part.name: x.quantity for x in piecework.parts} == {
        BODY: 200, FLINT: 200, GAS: 900}
    piecework = new_piecework(order, worker, FILL, place='workshop')
    assert {x.part.name for x in piecework.parts} == {HALF, GAS}


def test_gas_not_at_home(order, worker):
    piecework = new_piecework(order, worker, FILL, **{GAS: 4500})
    with pytest.raises(PieceworkError, match="handles gas"):
        posted(piecework)


def test_workshop_step_not_at_home(company, area, worker):
    Step = Pool().get('fupin.piecework.order.step')
    order = new_order(company, area)
    Step.write([step(order, LABEL)], {'workshop': True})
    order = received(running(order))
    with pytest.raises(PieceworkError, match="in the workshop only"):
        posted(new_piecework(order, worker, LABEL, **{STICKER: 10}))


def test_part_of_no_step(order, worker):
    with pytest.raises(PieceworkError, match="none of its steps uses"):
        posted(new_piecework(order, worker, ASSEMBLE, **{STICKER: 10}))


def test_no_steps(order, worker):
    with pytest.raises(PieceworkError, match="has no steps"):
        posted(new_piecework(order, worker, **{BODY: 1}))


def test_worker_of_another_cooperative(order, other, area):
    stranger = new_worker(other, area, "孙八")
    with pytest.raises(DomainValidationError):
        new_piecework(order, stranger, ASSEMBLE)


def test_date_to_come(order, worker):
    with pytest.raises(DocumentDateError):
        posted(new_piecework(
                order, worker, ASSEMBLE, date=dt.date(2099, 1, 1)))


# Bringing back

def test_return(piecework, short):
    assert (short.number, short.charge) == ('LJ2026-0003', D('0.00'))
    assert charges(short) == {
        BODY: (990, 0, 10, 0, D('0.00')),
        FLINT: (990, 10, 20, 0, D('0.00')),
        }
    piecework = again(piecework)
    assert (
        piecework.accepted, piecework.rejected, piecework.open_pieces,
        piecework.closed) == (980, 10, 0, True)


def test_missing_parts_are_charged(piecework):
    """Body: 1,000 − 900 = 100, 9 allowed, 91 × 0.12 = 10.92.  Flint: 1,020 −
    900 − 20 = 100, 27 allowed, 73 × 0.015 = 1.095."""
    return_ = posted(new_return(
            piecework, {ASSEMBLE: 900}, {FLINT: 20}, final=True))
    assert charges(return_) == {
        BODY: (900, 0, 9, 91, D('10.92')),
        FLINT: (900, 20, 27, 73, D('1.10')),
        }
    assert return_.charge == D('12.02')
    assert sum(p.open_charge for p in return_.parts) == D('12.02')


def test_all_missing(piecework):
    return_ = posted(new_return(piecework, {}, final=True))
    assert charges(return_)[BODY] == (0, 0, 0, 1000, D('120.00'))


def test_rework_is_paid_once(company, worker, piecework):
    posted(new_return(piecework, {ASSEMBLE: (600, 0, 50)}))
    assert again(piecework).open_rework == 50
    assert again(piecework).open_pieces == 400
    posted(new_return(piecework, {ASSEMBLE: (390, 5, 0, 45)}))
    assert again(piecework).open_rework == 5
    # 990 × 8.50 / 1,000 = 8.415
    sheet = new_week(company)
    assert lines(sheet) == [
        ("赵六", ASSEMBLE, D('0.990'), D('0.00'), D('8.42'))]
    with pytest.raises(PieceworkError, match="reworked than"):
        posted(new_return(piecework, {ASSEMBLE: (5, 0, 0, 6)}))


@pytest.mark.parametrize('counts, parts, message', [
        ((1001,), {}, "more pieces"),
        ((990, 11), {}, "more pieces"),
        ((980, 10), {BODY: 11}, "more parts"),
        ((0,), {FLINT: 1021}, "more parts"),
        ((10, 0, 0, 1), {}, "reworked than"),
        ((0,), {}, "nothing is in it"),
        ])
def test_more_than_was_given(piecework, counts, parts, message):
    with pytest.raises(PieceworkError, match=message):
        posted(new_return(piecework, {ASSEMBLE: counts}, parts))


def test_second_return_counts_with_the_first(piecework):
    posted(new_return(piecework, {ASSEMBLE: 900}, {BODY: 60}))
    with pytest.raises(PieceworkError, match="more pieces"):
        posted(new_return(piecework, {ASSEMBLE: 101}))
    with pytest.raises(PieceworkError, match="more parts"):
        posted(new_return(piecework, {ASSEMBLE: 41}))
    posted(new_return(piecework, {ASSEMBLE: 40}))


def test_next_step_gets_what_was_accepted(order, worker):
    piecework = posted(new_piecework(
            order, worker, ASSEMBLE, FILL, place='workshop'))
    with pytest.raises(PieceworkError, match="the one before"):
        posted(new_return(piecework, {ASSEMBLE: (980, 20), FILL: 981}))


@pytest.mark.parametrize('name', [
        'accepted', 'rejected', 'rework', 'reworked'])
def test_negative_count(piecework, name):
    Line = Pool().get('fupin.piecework.return.line')
    return_ = new_return(piecework, {ASSEMBLE: 1})
    # PostgreSQL checks it before the domain does
    with pytest.raises((DomainValidationError, SQLConstraintError)):
        Line.write(return_.lines, {name: -1})


def test_step_that_is_not_the_workers(piecework):
    with pytest.raises(PieceworkError, match="is not one of"):
        posted(new_return(piecework, {LABEL: 1}))


def test_return_before_the_issue(piecework):
    with pytest.raises(PieceworkError, match="dated before"):
        posted(new_return(piecework, {ASSEMBLE: 1}, date=START))


def test_last_return_is_the_last(piecework):
    posted(new_return(piecework, {ASSEMBLE: 1}, date=FRIDAY))
    with pytest.raises(PieceworkError, match="dated before"):
        posted(new_return(piecework, {}, date=MONDAY, final=True))
    draft = new_return(piecework, {ASSEMBLE: 1}, date=NEXT_FRIDAY)
    posted(new_return(piecework, {}, date=NEXT_FRIDAY, final=True))
    with pytest.raises(PieceworkError, match="not open any more"):
        posted(draft)
    with pytest.raises(DomainValidationError):
        new_return(piecework, {ASSEMBLE: 1})


def test_voided_return(order, piecework):
    first = posted(new_return(piecework, {ASSEMBLE: (100, 0, 20)}))
    second = posted(new_return(piecework, {ASSEMBLE: (20, 0, 0, 20)}))
    with pytest.raises(PieceworkError, match="reworked than"):
        cancelled(first)
    last = posted(new_return(piecework, {}, final=True))
    with pytest.raises(PieceworkError, match="is closed"):
        cancelled(second)
    cancelled(last)
    assert not again(piecework).closed
    cancelled(second)
    assert again(piecework).accepted == 100
    assert on_hand(order)[HALF] == 100
    with pytest.raises(PieceworkError, match="can not be voided"):
        cancelled(piecework)
    cancelled(again(first))
    cancelled(again(piecework))
    assert on_hand(order)[BODY] == 5000


def test_voided_return_whose_pieces_went_on(
        order, piecework, short, other_worker):
    posted(new_piecework(
            order, other_worker, FILL, place='workshop', pieces=980,
            date=FRIDAY))
    with pytest.raises(PieceworkError, match="980.* too few"):
        cancelled(short)


def test_posted_is_posted(piecework, short):
    pool = Pool()
    Piecework = pool.get('fupin.piecework')
    Part = pool.get('fupin.piecework.part')
    Line = pool.get('fupin.piecework.return.line')
    ReturnPart = pool.get('fupin.piecework.return.part')
    for Model, records, values in [
            (Piecework, [piecework], {'pieces': 2000}),
            (Part, piecework.parts, {'quantity': D(1)}),
            (Line, short.lines, {'accepted': 1000}),
            (ReturnPart, short.parts, {'charge': D(0)}),
            ]:
        with pytest.raises(AccessError):
            Model.write(list(records), values)
        with pytest.raises(AccessError):
            Model.delete(list(records))
    with pytest.raises(DocumentStateError):
        posted(short)
    draft = new_return(
        posted(new_piecework(
                piecework.order, piecework.worker, ASSEMBLE)), {},
        {BODY: 1})
    with Transaction().set_context(_check_access=True), \
            pytest.raises(AccessError):
        ReturnPart.write(list(draft.parts), {'charge': D(0)})


# Paying

def test_week(company, order, worker, other_worker, short):
    """赵六 assembled 980: 8.33.  钱七 filled 960 in the workshop: 4.032, and
    labelled 950 at home: 3.135."""
    filling = posted(new_piecework(
            order, other_worker, FILL, place='workshop', pieces=980,
            date=FRIDAY))
    posted(new_return(
            filling, {FILL: (960, 20)}, date=FRIDAY, final=True))
    labelling = posted(new_piecework(
            order, other_worker, LABEL, pieces=960, date=FRIDAY))
    posted(new_return(labelling, {LABEL: (950, 10)}, date=SUNDAY))
    sheet = new_week(company)
    assert lines(sheet) == [
        ("赵六", ASSEMBLE, D('0.980'), D('0.00'), D('8.33')),
        ("钱七", FILL, D('0.960'), D('0.00'), D('4.03')),
        ("钱七", LABEL, D('950'), D('0.00'), D('3.14')),
        ]
    post_sheet(sheet)
    assert balances(company) == {'521': D('15.50'), '213': D('-15.50')}
    assert incomes(worker) == [('piece_wage', D('8.33'), "打火机车间")]
    assert incomes(other_worker) == [
        ('piece_wage', D('3.14'), "打火机车间"),
        ('piece_wage', D('4.03'), "打火机车间")]
    order = again(order)
    # 950 × 45 / 1,000 = 42.75; 40 rejected of 990
    assert (order.accepted, order.rejected, order.reject_rate) == (
        950, 40, D('4.04'))
    assert (order.total_fee, order.wages, order.margin) == (
        D('42.75'), D('15.50'), D('27.25'))
    # × 1,000 / 950
    assert (order.wages_per_thousand, order.margin_per_thousand) == (
        D('16.32'), D('28.68'))
    Row = Pool().get('fupin.piecework.worker')
    assert sorted(
        (r.worker.rec_name, r.step.rec_name, r.accepted, r.rejected,
            r.paid_pieces, r.wage, r.to_date)
        for r in Row.search([])) == sorted([
            ("赵六", ASSEMBLE, 980, 10, 980, D('8.33'), FRIDAY),
            ("钱七", FILL, 960, 20, 960, D('4.03'), FRIDAY),
            ("钱七", LABEL, 950, 10, 950, D('3.14'), SUNDAY),
            ])
    Reconciliation = Pool().get('fupin.reconciliation')
    checks = {c.name: c for c in Reconciliation.check(company)}
    assert all(not c.differences for c in checks.values())
    assert checks['fupin_industry.piecework_pieces'].left == 2890


def test_paid_once(company, worker, piecework):
    posted(new_return(piecework, {ASSEMBLE: 100}))
    sheet = new_week(company)
    assert len(sheet.lines) == 1
    assert not new_week(company).lines
    posted(new_return(piecework, {ASSEMBLE: 50}, date=SUNDAY))
    sheet.gather([sheet])
    assert [x.quantity for x in again(sheet).lines] == [D('0.1'), D('0.05')]
    post_sheet(again(sheet))
    assert not new_week(company).lines


def test_the_database_pays_once(company, piecework):
    Item = Pool().get('fupin.piecework.item')
    return_ = posted(new_return(piecework, {ASSEMBLE: 100}))
    sheet = new_week(company)
    with pytest.raises(SQLConstraintError, match="on another pay sheet"):
        Item.create([{
                    'line': sheet.lines[0].id,
                    'return_line': return_.lines[0].id,
                    'held_line': return_.lines[0].id,
                    }])


def test_other_week(company, piecework):
    posted(new_return(piecework, {ASSEMBLE: 100}, date=NEXT_FRIDAY))
    assert not new_week(company).lines


def test_voided_sheet_frees_the_pieces(company, worker, piecework):
    return_ = posted(new_return(piecework, {ASSEMBLE: 100}))
    sheet = post_sheet(new_week(company))
    with pytest.raises(PieceworkError, match="pays or charges it"):
        cancelled(return_)
    assert again(return_).lines[0].sheet == sheet
    cancel_sheet(sheet)
    assert incomes(worker) == [
        ('piece_wage', D('-0.85'), "打火机车间"),
        ('piece_wage', D('0.85'), "打火机车间")]
    assert len(new_week(company).lines) == 1


def test_draft_sheet_holds_the_return(company, piecework):
    return_ = posted(new_return(piecework, {ASSEMBLE: 100}))
    sheet = new_week(company)
    with pytest.raises(PieceworkError, match="pays or charges it"):
        cancelled(return_)
    sheet.delete([sheet])
    cancelled(again(return_))


def test_gathered_line_is_kept(company, piecework):
    Line = Pool().get('fupin.labour.line')
    posted(new_return(piecework, {ASSEMBLE: 100}))
    sheet = new_week(company)
    manager = new_user(company, 'fupin_coop.group_cooperative')
    with acting(manager), pytest.raises(AccessError, match="not edited"):
        Line.write(list(sheet.lines), {'quantity': D(5)})


def test_rate_of_the_day_of_the_return(company, order, piecework):
    task = step(order, ASSEMBLE).task
    task.write([task], {'rates': [
                ('write', [task.rates[0].id], {'to_date': FRIDAY}),
                ('create', [{
                            'from_date': FRIDAY + dt.timedelta(days=1),
                            'rate': D('9.00'),
                            }]),
                ]})
    posted(new_return(piecework, {ASSEMBLE: 500}, date=FRIDAY))
    posted(new_return(piecework, {ASSEMBLE: 400}, date=SUNDAY))
    assert [(x.rate, x.amount) for x in new_week(company).lines] == [
        (D('8.50'), D('4.25')), (D('9.00'), D('3.60'))]


# Keeping back

@pytest.fixture
def charged(piecework):
    "12.02 owed of a wage of 900 × 8.50 / 1,000 = 7.65"
    return posted(new_return(
            piecework, {ASSEMBLE: 900}, {FLINT: 20}, final=True))


def test_a_fifth_is_kept_back(company, order, worker, charged):
    """20 % of 7.65 is 1.53; of the next 1,000, 8.50, another 1.70; 8.79 of
    12.02 stays open."""
    sheet = post_sheet(new_week(company))
    assert lines(sheet) == [
        ("赵六", ASSEMBLE, D('0.900'), D('1.53'), D('6.12'))]
    assert sheet.lines[0].reason == (
        f"Missing parts {charged.number}: 1.53")
    assert balances(company) == {'521': D('6.12'), '213': D('-6.12')}
    assert incomes(worker) == [('piece_wage', D('6.12'), "打火机车间")]
    again_ = posted(new_piecework(order, worker, ASSEMBLE, date=NEXT_FRIDAY))
    posted(new_return(
            again_, {ASSEMBLE: 1000}, date=NEXT_FRIDAY, final=True))
    sheet = post_sheet(new_week(
            company, dt.date(2026, 3, 16), dt.date(2026, 3, 22)))
    assert lines(sheet) == [
        ("赵六", ASSEMBLE, D('1'), D('1.70'), D('6.80'))]
    owed = {
        p.part.name: (p.charge, p.taken, p.open_charge)
        for p in again(charged).parts}
    assert owed == {
        BODY: (D('10.92'), D('3.23'), D('7.69')),
        FLINT: (D('1.10'), D('0.00'), D('1.10')),
        }
    order = again(order)
    assert (order.charges, order.charged) == (D('12.02'), D('3.23'))


def test_no_rule_no_deduction(company, charged):
    Limit = Pool().get('fupin.piecework.limit')
    limit, = Limit.search([])
    Limit.write([limit], {'from_date': dt.date(2027, 1, 1)})
    assert lines(new_week(company)) == [
        ("赵六", ASSEMBLE, D('0.900'), D('0.00'), D('7.65'))]


def test_only_the_worker_who_owes(company, order, other_worker, charged):
    other = posted(new_piecework(order, other_worker, ASSEMBLE))
    posted(new_return(other, {ASSEMBLE: 1000}, final=True))
    assert [(x[0], x[3]) for x in lines(new_week(company))] == [
        ("赵六", D('1.53')), ("钱七", D('0.00'))]


def test_kept_back_is_taken_anew(company, charged):
    sheet = new_week(company)
    Line = Pool().get('fupin.labour.line')
    line, = sheet.lines
    # another deduction of the manager's stays
    Line.write([line], {'deductions': line.deductions + D('0.50')})
    sheet.gather([again(sheet)])
    assert lines(sheet) == [
        ("赵六", ASSEMBLE, D('0.900'), D('2.03'), D('5.62'))]
    Line.write([again(line)], {'deductions': D('1.00')})
    with pytest.raises(LabourError, match="[Gg]ather"):
        post_sheet(again(sheet))


def test_voided_sheet_owes_again(company, worker, charged):
    sheet = post_sheet(new_week(company))
    with pytest.raises(PieceworkError, match="pays or charges it"):
        cancelled(charged)
    cancel_sheet(sheet)
    assert sum(p.open_charge for p in again(charged).parts) == D('12.02')
    cancelled(again(charged))
    assert not new_week(company).lines


# Who sees what

def test_manager(company, order, worker, piecework):
    "Who works in the cooperative does it all by the screens"
    manager = new_user(company, 'fupin_coop.group_cooperative')
    Return = Pool().get('fupin.piecework.return')
    with acting(manager):
        return_ = Return(
            company=company.id, piecework=piecework.id, date=FRIDAY)
        return_.on_change_piecework()
        return_.lines[0].accepted = 1000
        return_.save()
        Return.post([return_])
        sheet = new_week(company)
        assert sheet.amount == D('8.50')
        post_sheet(sheet)


def test_other_cooperative_sees_nothing(company, other, piecework, short):
    stranger = new_user(other, 'fupin_coop.group_cooperative')
    pool = Pool()
    with acting(stranger):
        for name in [
                'order', 'receipt', 'return', 'return.part', 'register',
                'worker', 'part']:
            assert not pool.get(f'fupin.piecework.{name}').search([])
        assert not pool.get('fupin.piecework').search([])


@pytest.mark.parametrize('group', [
        'fupin_household.group_auditor', 'fupin_household.group_county'])
def test_county_only_reads(company, piecework, group):
    reader = new_user(company, group)
    Piecework = Pool().get('fupin.piecework')
    with acting(reader):
        found, = Piecework.search([])
        with pytest.raises(AccessError):
            Piecework.write([found], {'comment': "改"})


def test_week_wizard(company, piecework):
    posted(new_return(piecework, {ASSEMBLE: 100}, date=MONDAY))
    Wizard = Pool().get('fupin.piecework.week_sheet', type='wizard')
    Sheet = Pool().get('fupin.labour')
    session, _, _ = Wizard.create()
    Wizard.execute(session, {'start': {
                'company': company.id, 'date': dt.date(2026, 3, 11),
                }}, 'make')
    sheet, = Sheet.search([])
    assert (sheet.from_date, sheet.to_date) == (MONDAY, SUNDAY)
    assert sheet.amount == D('0.85')


@pytest.mark.parametrize('name, words', [
        ('issue_slip', [ASSEMBLE, BODY, '1,020', '1,000', '0.12']),
        ('return_slip', [
                ASSEMBLE, BODY, '900', '73', '12.02', "壹拾贰元零贰分"]),
        ])
def test_slip(company, piecework, charged, monkeypatch, name, words):
    monkeypatch.setattr(
        'trytond.modules.fupin_household.slip.load_weasyprint', lambda: None)
    Report = Pool().get(f'fupin.piecework.{name}', type='report')
    document = piecework if name == 'issue_slip' else charged
    user = new_user(company, 'fupin_coop.group_cooperative')
    with acting(user):
        extension, content, _, title = Report.execute([document.id], {})
    assert extension == 'html'
    assert document.number in title
    for word in ["赵六", document.number, *words]:
        assert word in content
