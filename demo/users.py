# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Enter the users of the demo county with their roles and areas."""
from trytond.pool import Pool
from trytond.transaction import Transaction

from population import COUNTY, TOWNSHIPS

MANAGER = [
    'fupin_coop.group_cooperative',
    'fupin_coop.group_cooperative_admin',
    'fupin_coop.group_settlement_approval',
    'account.group_account',
    'account_payment.group_payment',
    'account_payment.group_payment_approval',
    'party.group_party_admin',
    'product.group_product_admin',
    'sale.group_sale',
    'stock.group_stock',
    ]
GROUPS = {
    'nongye': ['fupin_household.group_county'],
    'chengguan': [
        'fupin_household.group_township', 'fupin_household.group_privacy'],
    'qingshi': ['fupin_household.group_township'],
    'liuhe': ['fupin_household.group_township'],
    'shuangqiao': ['fupin_household.group_township'],
    'mogu': MANAGER,
    'xigua': MANAGER,
    'huoji': MANAGER,
    'shenji': ['fupin_household.group_auditor'],
    }
OFFICERS = ['chengguan', 'qingshi', 'liuhe', 'shuangqiao']
# those who work here but do not log in to the demo
COLLEAGUES = [('liuhe', "高文海"), ('shuangqiao', "江晓燕")]


def enter_users(county):
    from county import USERS
    pool = Pool()
    Lang = pool.get('ir.lang')
    ModelData = pool.get('ir.model.data')
    User = pool.get('res.user')
    language, = Lang.search([('code', '=', 'zh_CN')])
    whole, _ = COUNTY
    areas = {'nongye': whole, 'shenji': whole}
    for login, (township, _, _) in zip(OFFICERS, TOWNSHIPS):
        areas[login] = whole + township

    to_create = []
    for login, name, password in [
            *(user[:3] for user in USERS),
            *((*colleague, None) for colleague in COLLEAGUES)]:
        to_create.append({
                'login': login,
                'name': name,
                'password': password,
                'language': language.id,
                'groups': [('add', [
                            ModelData.get_id(*g.split('.'))
                            for g in GROUPS[login]])],
                'areas': [('add', [
                            county.areas[areas[login]].id]
                        if login in areas else [])],
                })
    county.users = {u.login: u for u in User.create(to_create)}
    with Transaction().set_user(0):
        # the name is data of Tryton, which only the system may change
        User.write([User(ModelData.get_id('res', 'user_admin'))], {
                'name': "系统管理员",
                'language': language.id,
                })


def officer(county, area):
    "The officer of the township of the area's code"
    for login, (township, _, _) in zip(OFFICERS, TOWNSHIPS):
        if area[6:9] == township:
            return county.users[login]
