# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The register of the assets of poverty alleviation projects and of those
at nominal value (备查簿).

财会〔2021〕37号 asks for it beside the books: Art. 33 for the assets of such
projects, the rules of the accounts 141 to 161 for those at 1 yuan."""
from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.currency.fields import Monetary
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval, If
from trytond.transaction import Transaction, without_check_access

from .fund import FUND_KINDS, NOMINAL, OF_ASSETS, SOURCES, code_domain

# 141-144, 151-154, 161 and 162 tell apart what belongs to such a project
ASSET_CODES = ['121', '141', '142', '144', '151', '153', '161']
FROM_FUND = {
    'readonly': Bool(Eval('fund')),
    }


class ProjectAsset(ModelSQL, ModelView):
    """An asset of a poverty alleviation project (扶贫项目资产), or one at
    nominal value"""
    __name__ = 'fupin.project.asset'
    __string__ = "Poverty Project Asset"

    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='RESTRICT',
        states={
            'readonly': Bool(Eval('fund')) | (Eval('id', -1) >= 0),
            })
    name = fields.Char("Assets", required=True)
    fund = fields.Many2One(
        'fupin.fund', "Special Fund Document", readonly=True,
        ondelete='RESTRICT',
        states={
            'invisible': ~Eval('fund'),
            })
    project = fields.Char("Project", required=True, states=FROM_FUND)
    source = fields.Selection(
        SOURCES, "Source", required=True, sort=False, states=FROM_FUND)
    source_string = source.translated('source')
    account = fields.Many2One(
        'account.account', "Account", required=True, ondelete='RESTRICT',
        domain=code_domain(*ASSET_CODES), states=FROM_FUND)
    from_date = fields.Date(
        "Registered on", required=True, states=FROM_FUND,
        domain=[
            If(Eval('from_date') & Eval('to_date'),
                ('from_date', '<=', Eval('to_date', None)),
                ()),
            ])
    value = Monetary(
        "Value", currency='currency', digits='currency', required=True,
        states=FROM_FUND)
    currency = fields.Function(fields.Many2One(
            'currency.currency', "Currency"), 'on_change_with_currency')
    poverty_project = fields.Boolean(
        "Poverty Alleviation Project", states=FROM_FUND,
        domain=[
            If(~Eval('nominal', False),
                ('poverty_project', '=', True),
                ()),
            ],
        help="The assets belong to a poverty alleviation project (Art. 33).")
    nominal = fields.Boolean("Nominal Value", states=FROM_FUND)
    nominal_reason = fields.Char(
        "Reason for the Nominal Value",
        states={
            'readonly': Bool(Eval('fund')),
            'invisible': ~Eval('nominal', False),
            'required': Eval('nominal', False),
            },
        help="Why the value can not be found.")
    quantity = fields.Char("Quantity and Model")
    location = fields.Char("Location")
    owner = fields.Selection([
            ('cooperative', "Cooperative"),
            ('household', "Households"),
            ('village', "Village Collective"),
            ('state', "State"),
            ], "Owned by", required=True, sort=False)
    owner_string = owner.translated('owner')
    keeper = fields.Char(
        "Kept by", help="Who looks after the assets and maintains them.")
    use = fields.Selection([
            ('own', "Used by the Cooperative"),
            ('rented', "Rented out"),
            ('household', "Used by Households"),
            ('idle', "Idle"),
            ], "Use", required=True, sort=False)
    use_string = use.translated('use')
    benefit = fields.Char(
        "Benefit",
        help="What households get from the assets, and how many.")
    to_date = fields.Date(
        "Removed on", help="Empty while the assets are there.")
    reason = fields.Char(
        "Reason",
        states={
            'required': Bool(Eval('to_date')),
            'invisible': ~Eval('to_date'),
            },
        help="Why the assets are gone: scrapped, sold, transferred, lost.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('from_date', 'DESC'), ('id', 'DESC')]
        t = cls.__table__()
        cls._sql_constraints += [
            ('fund_unique', Unique(t, t.fund),
                'fupin_coop.msg_project_asset_unique'),
            ]
        cls._sql_indexes.update({
                Index(t,
                    (t.company, Index.Equality()),
                    (t.from_date, Index.Range())),
                })

    @classmethod
    def __register__(cls, module_name):
        table_h = cls.__table_handler__(module_name)
        exists = table_h.column_exist('poverty_project')
        super().__register__(module_name)
        if not exists:
            # all were such assets
            t = cls.__table__()
            cursor = Transaction().connection.cursor()
            cursor.execute(*t.update([t.poverty_project], [True]))

    @classmethod
    def default_company(cls):
        return Transaction().context.get('company')

    @classmethod
    def default_poverty_project(cls):
        return True

    @classmethod
    def default_owner(cls):
        return 'cooperative'

    @classmethod
    def default_use(cls):
        return 'own'

    @fields.depends('company')
    def on_change_with_currency(self, name=None):
        return self.company.currency if self.company else None

    @fields.depends('nominal')
    def on_change_nominal(self):
        if self.nominal:
            self.value = NOMINAL

    @classmethod
    def check_modification(cls, mode, assets, values=None, external=False):
        super().check_modification(
            mode, assets, values=values, external=external)
        if mode == 'delete':
            for asset in assets:
                if asset.fund:
                    raise AccessError(gettext(
                            'fupin_coop.msg_project_asset_delete',
                            asset=asset.rec_name,
                            document=asset.fund.full_name))

    @classmethod
    def copy(cls, assets, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('fund')
        return super().copy(assets, default=default)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Bool(Eval('to_date')), 'muted', '')),
            ]


class Fund(metaclass=PoolMeta):
    __name__ = 'fupin.fund'

    project_assets = fields.One2Many(
        'fupin.project.asset', 'fund', "Register of Project Assets",
        readonly=True,
        states={
            'invisible': ~Eval('project_assets', []),
            })

    @classmethod
    @ModelView.button
    def post(cls, documents):
        Asset = Pool().get('fupin.project.asset')
        super().post(documents)
        assets = []
        for fund in cls.browse(documents):
            if fund.nominal or (
                    fund.poverty_project and fund.kind in OF_ASSETS):
                assets.append(Asset(
                        company=fund.company,
                        name=fund.asset or fund.kind_string,
                        fund=fund,
                        project=fund.get_project_name(),
                        source=('donation'
                            if fund.kind in FUND_KINDS['donation']
                            else 'grant'),
                        account=fund.get_register_account(),
                        from_date=fund.date,
                        value=fund.amount + (
                            0 if fund.nominal else fund.fees or 0),
                        poverty_project=fund.poverty_project,
                        nominal=fund.nominal,
                        nominal_reason=(
                            fund.evidence if fund.nominal else None),
                        quantity=fund.quantity))
        with without_check_access():
            Asset.save(assets)

    def get_project_name(self):
        if self.project:
            return self.project.rec_name
        return self.party.name if self.party else self.kind_string

    def get_register_account(self):
        "Return the account where the assets are"
        Configuration = Pool().get('account.configuration')
        return (self.asset_account
            or Configuration.get_chart_account('151', self.company))

    @classmethod
    @ModelView.button
    def cancel(cls, documents):
        super().cancel(documents)
        with without_check_access():
            for fund in cls.browse(documents):
                for asset in fund.project_assets:
                    asset.to_date = fund.cancel_date
                    asset.reason = gettext(
                        'fupin_coop.msg_project_asset_cancelled',
                        document=fund.full_name)
                    asset.save()
