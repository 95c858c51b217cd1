# This file is part of fupin.  The COPYRIGHT file at the top level of
# this repository contains the full copyright notices and license terms.
"""Invented names and numbers that pass every check and belong to nobody.

The region of the ID numbers is a province's, which is on no real card; the
phones, the bank cards and the credit codes count up from a round number.
"""
from stdnum import luhn
from stdnum.cn import ric, uscc

REGION = '410000'
PHONE = 19900000000
BANK_CARD = '620099000000000000'
ORGANISATION = 'MA99{:04}'

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾"
    "彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱"
    "秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文")
GIVEN = {
    'male': (
        "建国志强永福长春德明新民保田成林有才广生树根学文金山水旺家和大伟俊杰晓东海涛"
        "玉堂振华立军宏亮忠义自强天佑思远浩然子轩",
        "国强福春明民田林才生根文山旺和伟杰东涛堂华军亮义平安波刚勇超鹏飞宇轩辰泽"),
    'female': (
        "秀桂玉凤春淑兰翠彩月小红爱香巧金银文晓雪丽美慧婷思雨欣佳梦若子诗",
        "英兰芳珍梅莲荣花云霞琴香娥枝芝玲娟萍敏静丽燕慧婷雪琳怡涵欣妍悦"),
    }


class Identities:

    def __init__(self, random):
        self.random = random
        self.births = {}
        self.phones = 0
        self.cards = 0
        self.names = set()

    def name(self, sex, surname=None):
        "Return a name that nobody else in the county bears"
        random = self.random
        first, second = GIVEN[sex]
        while True:
            name = surname or random.choice(SURNAMES)
            name += random.choice(first)
            if random.random() < .8:
                name += random.choice(second)
            if name not in self.names and name[-1] != name[-2]:
                self.names.add(name)
                return name

    def id_number(self, birth_date, sex):
        "Return a resident ID number of GB 11643, odd for a man"
        key = birth_date, sex
        self.births[key] = self.births.get(key, -1) + 1
        sequence = 2 * self.births[key] + (1 if sex == 'male' else 2)
        number = f'{REGION}{birth_date:%Y%m%d}{sequence:03}'
        return number + ric.calc_check_digit(number + '0')

    def phone(self):
        self.phones += 1
        return str(PHONE + self.phones)

    def bank_card(self):
        self.cards += 1
        number = str(int(BANK_CARD) + self.cards)
        return number + luhn.calc_check_digit(number)


def credit_code(kind, region, serial):
    """Return a unified social credit code of GB 32100.

    The nine digits of the organisation have their own check, GB 11714."""
    code = ORGANISATION.format(serial)
    alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
    weights = [3, 7, 9, 10, 5, 8, 4, 2]
    rest = -sum(alphabet.index(c) * w for c, w in zip(code, weights)) % 11
    code = f'{kind}{region}{code}' + ('X' if rest == 10 else str(rest))
    return code + uscc.calc_check_digit(code)
