# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The land that households of the demo county let to the cooperatives."""
import datetime as dt
import json
from decimal import Decimal

from trytond.modules.fupin_industry import outline
from trytond.pool import Pool

from cooperatives import acting

# of a township of the whole county: households that let land, parcels of
# each, contracts
HOUSEHOLDS = 25
PARCELS = 3
CONTRACTS = 15
# of one contract after the other
YEARS = [5, 3, 1, 10, 2]
USES = {'mushroom': "食用菌", 'watermelon': "西瓜", 'lighter': "蔬菜"}
# yuan, or kilograms of wheat, of a mu and year
CASH, GRAIN = Decimal(820), Decimal(480)
PRICE, FLOOR = Decimal('2.46'), Decimal('2.38')
CONTRACT_END = dt.date(2057, 9, 30)
WEST, SOUTH = 114.2, 34.1
TEXTS = {
    'rights': "甲方按期交付土地，乙方按约定用途使用并按期付款。",
    'attachments_handling': "到期后乙方拆除设施并恢复土地原状。",
    'expropriation': "土地补偿归承包方，地上附着物补偿归乙方。",
    'breach': "逾期付款按日加收滞纳金。",
    }


def square(number, row, metres):
    """Return an outline of about so many square metres as GeoJSON.

    The parcels of a row, those of a township, are a block twelve wide."""
    east, north = metres ** .5 / 91500, metres ** .5 / 110900
    west = WEST + (row % 4 * 14 + number % 12) * .001
    south = SOUTH + (row // 4 * 9 + number // 12) * .001
    return {
        'type': 'Polygon',
        'coordinates': [[
                [round(x, 7), round(y, 7)] for x, y in [
                    (west, south), (west + east, south),
                    (west + east, south + north), (west, south + north),
                    (west, south)]]],
        }


def enter_land(county):
    "Enter parcels, and let some of them to a cooperative in each township"
    pool = Pool()
    GrainPrice = pool.get('fupin.grain.price')
    Holiday = pool.get('fupin.land.holiday')
    start = dt.date(county.today.year, 1, 1)
    GrainPrice.create([{
                'grain': 'wheat',
                'date': start - dt.timedelta(days=30),
                'price': PRICE,
                'floor': FLOOR,
                'document': "县发改委价格监测（演示）",
                }])
    Holiday.create([{
                'date': start, 'name': "元旦", 'document': "放假通知（演示）",
                }])
    townships = {}
    for household in county.households:
        area = county.areas[household.area]
        townships.setdefault(area.township.code, []).append(household)
    random = county.random('land')
    count = max(4, round(HOUSEHOLDS * county.scale))
    contracts = max(1, int(CONTRACTS * county.scale))
    for row, households in enumerate(townships.values()):
        letting = [
            h for h in households
            if not h.record.end_date and h not in county.members
            and can_be_paid(h, start)][:count]
        parcels = [
            new_parcel(county, household, row, number, random)
            for number, household in enumerate(
                h for h in letting for _ in range(PARCELS))]
        if parcels:
            split(parcels.pop(), county)
        size = -(-len(parcels) // contracts)
        for number in range(contracts):
            part = parcels[number * size:(number + 1) * size]
            if part:
                let(county.cooperatives[
                        (row + number) % len(county.cooperatives)],
                    part, start, YEARS[number % len(YEARS)],
                    grain=(row + number) % 2)
        yield 1 / len(townships)


def can_be_paid(household, start):
    "Whether its head is so since the start and has an account"
    heads = {
        m.person for m in household.record.memberships
        if m.relation == 'head' and m.from_date <= start and not m.to_date}
    return any(p.bank_card and p.record in heads for p in household.persons)


def new_parcel(county, household, row, number, random):
    Parcel = Pool().get('fupin.parcel')
    area = county.areas[household.area]
    geometry = square(number, row, random.randint(600, 3600))
    mu = outline.to_mu(outline.area(geometry))
    parcel, = Parcel.create([{
                'code': f'{area.village.code}00{row:02}{number:03}',
                'name': f'{area.village.name}{number + 1}号地',
                'area': area.id,
                'land_type': random.choice(['012', '013']),
                'grade': f'{random.randint(3, 7):02}',
                'contract_mu': mu,
                'east': "生产路", 'south': "水渠",
                'west': "邻地", 'north': "邻地",
                'outline': json.dumps(geometry),
                'holdings': [('create', [{
                                'household': household.record.id,
                                'from_date': dt.date(2017, 10, 1),
                                'contract_end': CONTRACT_END,
                                }])],
                }])
    return parcel


def split(parcel, county):
    "Split the parcel in two on a day of last year"
    Change = Pool().get('fupin.parcel.change')
    lines, left = [], {
        n: getattr(parcel, n)
        for n in ['contract_mu', 'contract_square_metres']}
    half = (parcel.contract_mu / 2).quantize(Decimal('0.01'))
    first = {
        'contract_mu': half,
        'contract_square_metres': outline.to_square_metres(half),
        }
    for number, areas in enumerate([
                first, {n: left[n] - first[n] for n in left}], 1):
        lines.append({
                'code': parcel.code[:14] + f'{number}{parcel.code[15:]}',
                'name': f'{parcel.name}之{number}',
                **areas})
    change, = Change.create([{
                'kind': 'split',
                'area': parcel.area.id,
                'date': dt.date(county.today.year - 1, 7, 1),
                'document': "分户协议（演示）",
                'parcels': [('add', [parcel.id])],
                'lines': [('create', lines)],
                }])
    Change.do([change])


def let(cooperative, parcels, start, years, grain):
    "Let the parcels, file the contract and post the rent that is due"
    pool = Pool()
    Configuration = pool.get('account.configuration')
    Instalment = pool.get('fupin.land.instalment')
    Parcel = pool.get('fupin.parcel')
    Rent = pool.get('fupin.land.rent')
    Transfer = pool.get('fupin.land.transfer')
    holders = Parcel.holders_at(parcels, start)
    rate = {'grain': GRAIN} if grain else {'cash': CASH}
    with acting(cooperative):
        transfer, = Transfer.create([{
                    'area': parcels[0].area.township.id,
                    'company': cooperative.record.id,
                    'transferee': cooperative.record.party.id,
                    'use': USES[cooperative.kind],
                    'sign_date': start - dt.timedelta(days=20),
                    'start_date': start,
                    'end_date': dt.date(start.year + years - 1, 12, 31),
                    'rent_form': 'grain' if grain else 'cash',
                    'grain': 'wheat' if grain else None,
                    'late_fee_rate': Decimal(5),
                    'expense_account': Configuration.get_chart_account(
                        '401', cooperative.record).id,
                    'rates': [('create', [{
                                    'from_date': start,
                                    'document': "流转合同", **rate}])],
                    'lines': [('create', [{
                                    'parcel': p.id, 'household': holders[p.id],
                                    } for p in parcels])],
                    **TEXTS}])
        Transfer.sign([transfer])
        transfer = Transfer(transfer.id)
        Transfer.write([transfer], {
                'filing_number': f'{parcels[0].code[:14]}{transfer.id:04}',
                'filing_date': transfer.sign_date + dt.timedelta(days=8),
                })
        Transfer.file([Transfer(transfer.id)])
        Rent.post(Instalment.draft_rents([
                    i for i in transfer.instalments
                    if i.due_date <= start]))
