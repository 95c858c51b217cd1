# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""What the cooperatives of the demo county claim to do for households: most
of it true, some of it not."""
from trytond.pool import Pool
from trytond.transaction import Transaction

# of the households that a cooperative claims, and nobody paid
FALSE = 2
FORGOTTEN = 5
# of the agreements that ended with the year, one is not renewed
ENDED = 7


def enter_linkages(county):
    """Claim nearly all that the ledger proves for last year, and a little
    more; most of it goes on this year."""
    pool = Pool()
    Kind = pool.get('fupin.linkage.kind')
    Linkage = pool.get('fupin.linkage')
    Proof = pool.get('fupin.linkage.proof')
    Rule = pool.get('fupin.linkage.rule')
    Year = pool.get('fupin.income.year')
    Rule.create([{
                'grace_days': 60,
                'document': "县农业农村局通知（演示）",
                }])
    order, = Kind.search([('code', '=', 'order')])
    current = Year.find(county.today)
    year = current.previous
    random = county.random('linkages')
    for cooperative in county.cooperatives:
        company = cooperative.record
        with Transaction().set_context(
                year=year.id, cooperative=company.id):
            rows = [
                (r.enterprise, r.household, r.kind)
                for r in Proof.search([('company', '=', company.id)])]
        led = {household for _, household, _ in rows}
        strangers = [
            h.record for h in county.households
            if h.record not in led and not h.record.end_date]
        claims = [r for i, r in enumerate(rows) if (i + 1) % FORGOTTEN]
        claims += [
            (None, h, order) for h in random.sample(
                strangers, min(FALSE, len(strangers)))]
        linkages = Linkage.create([{
                    'company': company.id,
                    'enterprise': enterprise.id if enterprise else None,
                    'household': household.id,
                    'kind': kind.id,
                    'from_date': year.start_date,
                    'to_date': year.end_date,
                    'document': f"带动协议{number:03}（演示）",
                    } for number, (enterprise, household, kind)
                in enumerate(claims, 1)])
        Linkage.post(linkages)
        renewed = Linkage.copy(
            [r for i, r in enumerate(linkages, 1) if i % ENDED], {
                'from_date': current.start_date,
                'to_date': current.end_date,
                'document': lambda data: data['document'].replace(
                    "带动协议", "续签协议"),
                'state': 'draft',
                })
        Linkage.post(renewed)
        yield 1 / len(county.cooperatives)
