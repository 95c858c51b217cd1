# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What the law asks of the cooperatives of the demo county: the charter, what
the members hold, the grants, and the end of each year with the meeting that
shares the surplus."""
import datetime as dt
from decimal import Decimal

from trytond.pool import Pool
from trytond.transaction import Transaction

from population import DAY

BUILDING = 60 * DAY
HOUSEHOLD_ASSET = Decimal(3000)
UNIT_SHARE = Decimal(20000)
PROJECTS = {
    'mushroom': ("香菇保鲜冷库", 200000, 186400),
    'watermelon': ("西瓜大棚节水灌溉", 120000, 120000),
    'lighter': ("就业帮扶车间改造", 80000, 64500),
    }


def account(cooperative, code):
    Configuration = Pool().get('account.configuration')
    return Configuration.get_chart_account(code, cooperative.record)


def found(cooperative, county, founded):
    "Enter the charter and what the members hold since they joined"
    Charter = Pool().get('fupin.charter')
    charter, = Charter.create([{
                'company': cooperative.record.id,
                'from_date': founded,
                'document': f"章程（{founded.year}年设立大会通过）",
                'reserve_rate': Decimal('0.1'),
                'refund_rate': Decimal('0.6'),
                }])
    Charter.post([charter])
    contribute(cooperative, county)


def contribute(cooperative, county):
    pool = Pool()
    Contribution = pool.get('fupin.member.contribution')
    Member = pool.get('fupin.member')
    random = county.random(f'contributions {cooperative.login}')
    households = {
        member: household for member, household, _ in cooperative.farmers}
    to_create = []
    for member in Member.search([
                ('company', '=', cooperative.record.id),
                ('from_date', '<=', county.today),
                ], order=[('from_date', 'ASC'), ('id', 'ASC')]):
        shares = [('money', Decimal(random.randint(2, 10) * 500))]
        if not households.get(member):
            shares = [('money', UNIT_SHARE)]
        elif households[member].record.registrations:
            # what was bought with the money of a project for the household
            shares.append(('household_asset', HOUSEHOLD_ASSET))
        # what was paid before these books began is in their opening balance
        kind = 'opening' if member.from_date < county.start else 'payment'
        for form, amount in shares:
            if kind == 'payment' and form != 'money':
                continue
            to_create.append({
                    'company': cooperative.record.id,
                    'member': member.id,
                    'date': member.from_date,
                    'kind': kind,
                    'form': form,
                    'amount': amount,
                    })
    contributions = Contribution.create(to_create)
    Contribution.post(contributions)
    subscribe(contributions)
    open_books(cooperative, county, [
            c for c in contributions if c.kind == 'opening'])


def subscribe(contributions):
    "Enter what the members subscribed, all of it paid in"
    Subscription = Pool().get('fupin.member.subscription')
    amounts = {}
    for contribution in contributions:
        amounts.setdefault(contribution.member, []).append(contribution.amount)
    Subscription.create([{
                'company': member.company.id,
                'member': member.id,
                'date': member.from_date,
                'due_date': member.from_date,
                'document': "入社协议",
                'amount': sum(paid),
                } for member, paid in amounts.items()])


def open_books(cooperative, county, contributions):
    "Book what the members held when these books began"
    pool = Pool()
    Configuration = pool.get('account.configuration')
    Line = pool.get('account.move.line')
    Move = pool.get('account.move')
    Period = pool.get('account.period')
    company = cooperative.record
    bank, capital, assets = (
        account(cooperative, code) for code in ['102', '301', '151'])
    lines = []
    for contribution in contributions:
        lines.append(Line(
                account=capital, credit=contribution.amount,
                party=(contribution.member.party
                    if capital.party_required else None)))
        lines.append(Line(
                account=(
                    bank if contribution.form == 'money' else assets),
                debit=contribution.amount))
    move = Move(
        company=company,
        journal=Configuration(1).get_multivalue(
            'delivery_journal', company=company.id),
        period=Period.find(company, date=county.start),
        date=county.start,
        description="期初余额：成员出资",
        lines=lines)
    move.save()
    Move.post([move])


def receive_grant(cooperative, date):
    "The state pays for a project, most of which is built"
    pool = Pool()
    Fund = pool.get('fupin.fund')
    Project = pool.get('fupin.fund.project')
    name, granted, used = PROJECTS[cooperative.kind]
    project, = Project.create([{
                'company': cooperative.record.id,
                'name': name,
                'document': f"禾农计〔{date.year}〕12号（演示）",
                'grantor': "禾望县农业农村局",
                'purpose': name,
                }])
    common = {
        'company': cooperative.record.id,
        'project': project.id,
        'cash_account': account(cooperative, '102').id,
        }
    funds = Fund.create([{
                **common,
                'date': date,
                'kind': 'receipt',
                'amount': Decimal(granted),
                }, {
                **common,
                'date': date + BUILDING,
                'kind': 'asset',
                'asset': name,
                'poverty_project': True,
                'asset_account': account(cooperative, '151').id,
                'evidence': "竣工验收单",
                'amount': Decimal(used),
                }, {
                'company': cooperative.record.id,
                'date': date + BUILDING,
                'kind': 'asset_donation',
                'party': cooperative.supplier_record.id,
                'asset': "旧货架",
                'nominal': True,
                'asset_account': account(cooperative, '151').id,
                'evidence': "使用多年，无票据，同类已无售价",
                'amount': Decimal(1),
                }])
    Fund.post(funds)


def quantify(cooperative, date):
    "Give each member the equal share of what the state has granted"
    pool = Pool()
    Fund = pool.get('fupin.fund')
    Quantification = pool.get('fupin.quantification')
    if not Fund.search([
                ('company', '=', cooperative.record.id),
                ('kind', '=', 'asset'),
                ('date', '<=', date),
                ], limit=1):
        return
    quantification, = Quantification.create([{
                'company': cooperative.record.id,
                'date': date,
                'fund': 'grant',
                }])
    Quantification.compute([quantification])
    Quantification.post([quantification])


def find_year(cooperative, year):
    FiscalYear = Pool().get('account.fiscalyear')
    fiscalyear, = FiscalYear.search([
            ('company', '=', cooperative.record.id),
            ('start_date', '=', dt.date(year, 1, 1)),
            ])
    return fiscalyear


def end_year(cooperative, date):
    """The meeting of the date shares the surplus of the year before, whose
    books are closed then."""
    pool = Pool()
    Closing = pool.get('fupin.closing')
    Surplus = pool.get('fupin.surplus')
    fiscalyear = find_year(cooperative, date.year - 1)
    quantify(cooperative, fiscalyear.end_date)
    closing, = Closing.create([{
                'company': cooperative.record.id,
                'fiscalyear': fiscalyear.id,
                }])
    Closing.transfer([closing])
    year_surplus = Closing(closing.id).surplus
    surplus, = Surplus.create([{
                'company': cooperative.record.id,
                'fiscalyear': fiscalyear.id,
                'name': "理事会方案",
                'resolution': resolve(
                    cooperative, date, fiscalyear,
                    'surplus' if year_surplus >= 0 else 'loss').id,
                'reserve_rate': Decimal('0.1'),
                'refund_rate': Decimal('0.6'),
                }])
    Surplus.compute([surplus])
    Surplus.post([surplus])
    Closing.close([Closing(closing.id)])


def give_notice(cooperative, date):
    "The farmer who came first wants to leave at the end of the year"
    Event = Pool().get('fupin.member.event')
    member, household, person = cooperative.farmers[0]
    event, = Event.create([{
                'company': cooperative.record.id,
                'kind': 'notice',
                'member': member.id,
                'date': date,
                'document': "退社申请书",
                'reason': "外出务工",
                }])
    with Transaction().set_context(_skip_warnings=True):
        Event.post([event])
    # which ends the membership, read it again
    member = type(member)(member.id)
    cooperative.farmers[0] = member, household, person


def settle_leavers(cooperative, date):
    "Pay out who left at the end of the year before"
    pool = Pool()
    Leaver = pool.get('fupin.leaver')
    Member = pool.get('fupin.member')
    members = Member.search([
            ('company', '=', cooperative.record.id),
            ('to_date', '=', dt.date(date.year - 1, 12, 31)),
            ])
    if not members:
        return
    leavers = Leaver.create([{
                'company': cooperative.record.id,
                'member': member.id,
                'date': date,
                } for member in members])
    Leaver.compute(leavers)
    Leaver.post(leavers)


def resolve(cooperative, date, fiscalyear, subject):
    "Return what the meeting of the members resolves on the plan"
    Meeting = Pool().get('fupin.meeting')
    text = {
        'surplus': f"同意《{fiscalyear.name}年度盈余分配方案》。",
        'loss': f"同意《{fiscalyear.name}年度亏损处理方案》。",
        }
    meeting, = Meeting.create([{
                'company': cooperative.record.id,
                'name': f"{fiscalyear.name}年度成员大会",
                'date': date,
                'place': "合作社会议室",
                'recorder': "会计",
                'papers_ready': date - 20 * DAY,
                'resolutions': [('create', [{
                                'subject': subject,
                                'text': text[subject],
                                }])],
                }])
    Meeting.fill([meeting])
    meeting = Meeting(meeting.id)
    # the last one on the list could not come
    present = meeting.attendance[:-1] or meeting.attendance
    for attendance in present:
        attendance.present = True
    meeting.attendance = meeting.attendance
    meeting.chair = meeting.attendance[0].member
    meeting.save()
    meeting = Meeting(meeting.id)
    resolution, = meeting.resolutions
    resolution.in_favour = sum(a.votes for a in present)
    resolution.save()
    Meeting.hold([meeting])
    return resolution
