# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Two officers of the county at once."""
import datetime as dt

import pytest
from sessions import at_once, open_sessions, serve
from sessions import Work as BaseWork

ROUNDS = 4


@pytest.fixture(scope='module')
def records(database):
    from trytond.transaction import Transaction
    with Transaction().start(database, 1):
        return create_records()


def create_records():
    "Return the ids of the year, the county and two officers"
    from trytond.pool import Pool
    pool = Pool()
    Country = pool.get('country.country')
    Household = pool.get('fupin.household')
    ModelData = pool.get('ir.model.data')
    Subdivision = pool.get('country.subdivision')
    User = pool.get('res.user')
    Year = pool.get('fupin.income.year')
    year, = Year.create([{
                'name': '2024',
                'start_date': dt.date(2023, 10, 1),
                'end_date': dt.date(2024, 9, 30),
                }])
    country, = Country.create([{'name': "中国", 'code': 'CN'}])
    Subdivision.load_areas([
            ('410990', "试验县"), ('410990101', "镇"),
            ('410990101201', "村")], country)
    county, = Subdivision.search([('code', '=', '410990')])
    village, = Subdivision.search([('code', '=', '410990101201')])
    Household.create([{'area': village.id} for _ in range(20)])
    users = User.create([{
                'name': login,
                'login': login,
                'areas': [('add', [county.id])],
                'groups': [('add', [ModelData.get_id(
                                'fupin_household', 'group_county')])],
                } for login in ['first', 'second']])
    return [year.id, county.id, *(u.id for u in users)]


@pytest.fixture(scope='module')
def sessions(database, records, tmp_path_factory):
    with open_sessions(
            __file__, database, tmp_path_factory.mktemp('review')) as sessions:
        yield sessions


def test_opened_by_two(sessions, records):
    "Each household has one review, and both are told how many they opened"
    year, county, *users = records
    for _ in range(ROUNDS):
        counts = at_once(
            sessions, *(['open', u, year, county] for u in users))
        assert sum(counts) == 20
        assert sessions[0].ask('count') == 20
        sessions[0].ask('clear')


def test_accepted_by_two(sessions, records):
    "One of them accepts it"
    year, county, *users = records
    for _ in range(ROUNDS):
        assert sessions[0].ask('open', users[0], year, county) == 20
        done = at_once(sessions, *(['accept', u] for u in users))
        assert sorted(done) == [0, 20]
        sessions[0].ask('clear')


class Work(BaseWork):

    def _review(self):
        return self.pool.get('fupin.review')

    def open(self, user, year, county):
        from trytond.transaction import Transaction
        Subdivision = self.pool.get('country.subdivision')
        Year = self.pool.get('fupin.income.year')
        with Transaction().set_user(user):
            return self._review().open(
                Year(year), Subdivision(county), 'all')

    def accept(self, user):
        from trytond.transaction import Transaction
        Review = self._review()
        with Transaction().set_user(user):
            reviews = Review.search([])
            Review.accept(reviews)
            return Review.search([
                    ('state', '=', 'accepted'), ('accepted_by', '=', user),
                    ], count=True)

    def count(self):
        return self._review().search([], count=True)

    def clear(self):
        Review = self._review()
        Review.delete(Review.search([]))
        return 'done'


if __name__ == '__main__':
    serve(Work)
