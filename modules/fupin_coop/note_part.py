# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""The parts of the notes (附注) of 财会〔2021〕37号, in its order.

Each part is data: its title, the texts that the accountant fills, and the
columns of its figures.  Titles are statutory, Chinese in every language."""
from dataclasses import dataclass

TITLE = "财务报表附注"
NOTHING = "无。"
DECLARATION = (
    "本合作社编制的财务报表符合《农民专业合作社会计制度》（财会〔2021〕37号）"
    "的要求，真实、完整地反映了本合作社的财务状况、经营成果等有关信息。")
AMOUNTS = [
    ('opening', "年初余额"), ('increase', "本年增加"),
    ('decrease', "本年减少"), ('closing', "年末余额")]


@dataclass(frozen=True)
class Part:
    """One part of the notes.

    * texts: {name of the field: what stands before it}
    * section: which figures belong to it
    * columns: [(field of the figure, name)]
    * sums: the fields that are added up in a last row"""
    title: str
    texts: dict = None
    section: str = None
    columns: tuple = ()
    sums: tuple = ()


PARTS = [
    Part("一、遵循农民专业合作社会计制度的声明", {'declaration': ''}),
    Part("二、合作社的基本情况",
        {'customers': "主要服务对象：", 'business': "主要经营项目："},
        'basic', [
            ('item', "项目"), ('closing', "金额"), ('quantity', "数量"),
            ('rate', "占成员总数的比例")]),
    Part("三（一）理事长、理事、执行监事、监事会名单及变动情况",
        {'officers': ''}),
    Part("三（二）各成员的出资额和量化的公积金份额", None, 'member', [
            ('detail', "成员编号"), ('item', "成员"),
            ('opening', "年初出资额"), ('increase', "本年增减"),
            ('closing', "年末出资额"), ('amount', "公积金份额")],
        ('opening', 'increase', 'closing', 'amount')),
    Part("三（二）成员入社和退社情况", None, 'change', [
            ('detail', "情况"), ('item', "成员"), ('date', "日期"),
            ('closing', "年末出资额")]),
    Part("三（三）企业、事业单位或者社会组织成员", None, 'unit', [
            ('item', "成员类型"), ('quantity', "个数"),
            ('rate', "占成员总数的比例")]),
    Part("三（四）成员权益变动情况", None, 'equity', [
            ('item', "项目"), *AMOUNTS],
        ('opening', 'increase', 'decrease', 'closing')),
    Part("四、会计报表重要项目的进一步说明", {'items': ''}),
    Part("四（一）应收款项及其账龄", None, 'receivable', [
            ('item', "单位（个人）"), ('detail', "科目或账龄"),
            ('opening', "年初余额"), ('closing', "年末余额"),
            ('amount', "其中：按账龄")],
        ('opening', 'closing', 'amount')),
    Part("四（二）应付款项", None, 'payable', [
            ('item', "单位（个人）"), ('detail', "科目"),
            ('opening', "年初余额"), ('closing', "年末余额")],
        ('opening', 'closing')),
    Part("四（三）存货", None, 'stock', [
            ('detail', "科目编号"), ('item', "项目"), *AMOUNTS],
        ('opening', 'increase', 'decrease', 'closing')),
    Part("四（四）对外投资、生物资产、固定资产、无形资产等", None, 'asset', [
            ('detail', "科目编号"), ('item', "项目"), *AMOUNTS]),
    Part("四（五）借款、应付和专项应付款", None, 'liability', [
            ('detail', "科目编号"), ('item', "项目"), *AMOUNTS],
        ('opening', 'increase', 'decrease', 'closing')),
    Part("四（六）收入和费用", None, 'result', [
            ('detail', "科目编号"), ('item', "项目"),
            ('closing', "本年金额"), ('opening', "上年金额")]),
    Part("五、已发生损失但尚未批准核销的相关资产", None, 'loss', [
            ('detail', "类别"), ('item', "名称"), ('closing', "金额"),
            ('remark', "说明")], ('closing',)),
    Part("六、以名义金额计量的资产", None, 'nominal', [
            ('item', "名称"), ('detail', "数量"), ('date', "登记日期"),
            ('closing', "名义金额"), ('remark', "以名义金额计量的理由")],
        ('closing',)),
    Part("七（一）变更主要生产经营项目", {'business_change': ''}),
    Part("七（二）从事的进出口贸易", {'foreign_trade': ''}),
    Part("七（三）重大财产处理、大额举债、对外投资和担保",
        {'large_items': ''}),
    Part("七（四）接受捐赠", {'donations': ''}, 'donation', [
            ('item', "捐赠方"), ('detail', "捐赠财产"), ('date', "日期"),
            ('closing', "金额"), ('remark', "依据")], ('closing',)),
    Part("七（五）国家财政支持和税收优惠", {'support': ''}, 'grant', [
            ('item', "项目"), ('detail', "批准文件"),
            ('opening', "年初结余"), ('increase', "本年收到"),
            ('decrease', "本年使用或退回"), ('closing', "年末结余")],
        ('opening', 'increase', 'decrease', 'closing')),
    Part("七（六）与成员和非成员的交易量（额）", None, 'trade', [
            ('item', "产品"), ('detail', "交易方"), ('quantity', "交易量"),
            ('unit', "单位"), ('closing', "交易额")], ('closing',)),
    Part("七（七）提取盈余公积的比例", None, 'reserve', [
            ('item', "项目"), ('closing', "金额"), ('rate', "比例")]),
    Part("七（八）盈余分配方案、亏损处理方案", {'distribution': ''},
        'distribution', [
            ('item', "项目"), ('closing', "本年金额"),
            ('opening', "上年金额"), ('rate', "占可分配盈余（第四十四条）"),
            ('remark', "决议")]),
    Part("七（九）未决诉讼、仲裁等", {'lawsuits': ''}),
    Part("八、与企业所得税法规定存在差异的纳税调整过程", {'tax': ''}),
    Part("九、需要说明的其他事项", {'other': ''}),
    ]
SECTIONS = [p.section for p in PARTS if p.section]

# What stands in the rows of the figures
SHARE_CAPITAL = "股金总额"
MEMBERS = "成员总数"
FARMERS = "农民成员"
UNIT_KINDS = {
    'enterprise': "企业成员",
    'institution': "事业单位成员",
    'organization': "社会组织成员",
    }
UNITS = "合计"
JOINED, LEFT = "入社", "退社"
WITH_MEMBERS, WITH_OTHERS = "成员", "非成员"
IN_KIND, IN_MONEY = "实物", "货币资金"
CHARTER_RATE = "章程规定的提取比例"
RESERVE_RATE = "本年提取的盈余公积占本年盈余的比例"
# the accounts of the parts, and where they stand
ACCOUNTS = {
    'stock': ['121', '124', '125', '127', '128', '401'],
    'asset': [
        '131', '141', '142', '143', '144', '151', '152', '153', '154',
        '161', '162', '171'],
    'liability': [
        '201', '212', '213', '214', '215', '221', '222', '231', '235'],
    'result': [
        '501', '502', '511', '521', '522', '523', '524', '529', '531'],
    }
IN_CREDIT = {'143', '152', '162', *ACCOUNTS['liability']}
