# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Let the county of the demo review the first year: most of it accepted, some
of it sent back, answered and sent back again."""
from decimal import Decimal

from trytond.pool import Pool
from trytond.transaction import Transaction

from population import COUNTY
from users import officer

QUESTIONS = [
    "纯收入与村里掌握的情况不一致，请入户核实并说明原因。",
    "务工收入请核对工资流水。",
    "请核实常住人口和经营支出是否有漏报。",
    ]
ANSWERS = [
    "已入户核实：磅单和结算单已核对，数据属实。",
    "已核对工资流水和外出月数，数据属实。",
    "已核实户口簿和支出票据，无漏报。",
    ]
# the lot that is looked at first, and how many of it are asked about in
# each township
SHARE, SEED = Decimal('0.3'), 1
ASKED = 6


def review_first_year(county):
    "Open all reviews of the year, ask about some and accept the others"
    pool = Pool()
    Review = pool.get('fupin.review')
    year = county.years[0]
    bureau = county.users['nongye'].id
    whole = county.areas[COUNTY[0]]
    with Transaction().set_user(bureau):
        Review.open(year, whole, 'sample', share=SHARE, seed=SEED)
        Review.open(year, whole, 'all')
    by_township = {}
    for review in Review.search(
            [('reason', '=', 'sample')],
            order=[('household.number', 'ASC')]):
        by_township.setdefault(review.township, []).append(review)
    asked, answered = [], []
    for reviews in by_township.values():
        reviews = reviews[:ASKED]
        asked += reviews
        answered += reviews[1:-1]
    with Transaction().set_user(bureau):
        for i, question in enumerate(QUESTIONS):
            Review.ask(asked[i::len(QUESTIONS)], question)
    for review in answered:
        person = officer(county, review.household.area.code)
        with Transaction().set_user(person.id):
            Review.reply([review], ANSWERS[asked.index(review) % len(ANSWERS)])
    with Transaction().set_user(bureau):
        # one answer is not enough, some wait
        Review.ask(answered[:1], "请补充结算单复印件。")
        Review.accept(answered[1::2])
        # the last are still to be looked at
        pending = Review.search(
            [('state', '=', 'pending')],
            order=[('household.number', 'ASC')])
        Review.accept(pending[:len(pending) * 9 // 10])
