# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Parcels and contracts for the tests of land."""
import datetime as dt
from decimal import Decimal as D

from cooperative import new_area  # noqa: F401

from trytond.pool import Pool
from trytond.transaction import Transaction

AREA = '410990110201'
START = dt.date(2026, 1, 1)
END = dt.date(2028, 12, 31)
CONTRACT_END = dt.date(2057, 9, 30)


def square(west=114.80, south=34.80, size=0.001):
    "Return an outline as GeoJSON; of 15.23 mu by default"
    east, north = west + size, south + size
    return {
        'type': 'Polygon',
        'coordinates': [[
                [west, south], [east, south], [east, north], [west, north],
                [west, south]]],
        }


def new_parcel(household, number, mu='3.00', **values):
    "Return a parcel that the household holds since 2020"
    Parcel = Pool().get('fupin.parcel')
    return Parcel.create([{
                'code': f'{AREA}00{number:05}',
                'name': f"地块{number}",
                'area': household.area.id,
                'contract_mu': D(mu),
                'holdings': [('create', [{
                                'household': household.id,
                                'from_date': dt.date(2020, 1, 1),
                                'contract_end': CONTRACT_END,
                                }])],
                **values}])[0]


def new_transfer(cooperative, parcels, rates=None, **values):
    "Return the draft of a contract by which the cooperative takes parcels"
    pool = Pool()
    Configuration = pool.get('account.configuration')
    Transfer = pool.get('fupin.land.transfer')
    if rates is None:
        rates = [{'from_date': START, 'cash': D(800)}]
    values = {
        'area': parcels[0].area.id,
        'company': cooperative.id,
        'transferee': cooperative.party.id,
        'use': "西瓜",
        'sign_date': START - dt.timedelta(days=10),
        'start_date': START,
        'end_date': END,
        'rights': "按合同约定",
        'attachments_handling': "到期拆除",
        'expropriation': "归承包方",
        'breach': "按日计收滞纳金",
        'expense_account': Configuration.get_chart_account(
            '401', cooperative).id,
        'rates': [('create', rates)],
        **values}
    transfer = Transfer(**{
            n: v for n, v in values.items() if n in ['start_date']})
    values['lines'] = [('create', [{
                    'parcel': p.id,
                    'household': Pool().get('fupin.parcel').holders_at(
                        [p], transfer.start_date)[p.id],
                    } for p in parcels])]
    return Transfer.create([values])[0]


def signed(cooperative, parcels, rates=None, **values):
    Transfer = Pool().get('fupin.land.transfer')
    transfer = new_transfer(cooperative, parcels, rates, **values)
    Transfer.sign([transfer])
    return Transfer(transfer.id)


def warned(function, *args, **kwargs):
    "Call the function without its warnings"
    with Transaction().set_context(_skip_warnings=True):
        return function(*args, **kwargs)
