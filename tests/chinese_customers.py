"""Invented Chinese customers with known duplicates, for tests and benchmarks: the same seed gives the same file.

Rates are what a shop's file is thought to have, and were set before anything was measured on it: of a customer's
second record a third has another spelling of the name, an eighth another or no telephone number. Relatives share
telephone and address, firms of one brand in two cities the middle of their names: they must not match.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zhiyin.analytics.methods.linkage.names import pinyin

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方"
    "白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
SINGLE = "伟芳敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玲鹏辉红梅琳峰斌宁晨悦欣妍浩宇轩婷雪颖璐琪薇岚澈"
FIRST = "子梓欣雨佳思晓志建文俊嘉一若诗宇浩天海春秋明国永玉秀美丽雅静淑慧景知清书亦星云可乐安承泽"
SECOND = "涵轩怡萱豪杰琪瑶宁妍彤阳晨航洋博睿翔辰然林华英兰芳梅珍平军强东生荣昌山川峰成远哲瑜琳月溪禾言"
BRAND_FIRST, BRAND_SECOND = (
    "泽瀚晟禾澄沐嵘昱屿砚栎琛珩煦霁筠榆穗衡朔",
    "远洲宸岚榕庭汐陌川序棠屹淮璟程渡野舟信屏",
)
ROADS = ("青禾", "望澄", "栖云", "听澜", "知秋", "采薇", "临溪", "朝霁", "枕石", "揽月", "南柯", "疏影")
CITIES = [
    "上海", "北京", "杭州", "深圳", "广州", "成都", "苏州", "南京",
    "宁波", "重庆", "合肥", "佛山", "天津", "温州", "东莞", "石家庄",
    "昆明", "贵阳", "武汉", "西安", "长沙", "郑州", "青岛", "厦门",
]  # fmt: skip
DOMAINS = ("example.com", "example.net", "example.org")

COMPANIES, DUPLICATES, RELATIVES, BRANCHES = 0.15, 0.25, 0.06, 0.1
"""Shares: of companies, of records that repeat an earlier one, of people and of firms beside whom one was made."""

COMPOUND = ("欧阳", "司马", "上官", "诸葛")
SIMPLE_TO_TRADITIONAL = str.maketrans(
    "张刘陈杨黄赵吴孙马罗郑谢许韩冯邓萧叶苏吕卢谭陆范贾韦邹贺顾龚邵万钱严伟丽强军艳杰涛霞刚华玲鹏辉红峰宁悦宇颖云乐诗晓国书亚东荣远",
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭葉蘇呂盧譚陸範賈韋鄒賀顧龔邵萬錢嚴偉麗強軍艷傑濤霞剛華玲鵬輝紅峰寧悅宇穎雲樂詩曉國書亞東榮遠",
)
TRADES = ("贸易", "科技", "电器", "家居", "食品", "服饰", "物流", "广告", "建材", "医疗器械")
FORMS = ("有限公司", "有限责任公司", "股份有限公司", "集团有限公司")
COLUMNS = ("客户", "姓名", "手机", "邮箱", "生日", "城市", "地址")


@dataclass
class Customer:
    """One record; ``who`` is the truth."""

    who: int
    name: str
    phone: str | None
    email: str | None
    born: tuple[int, int, int] | None
    city: str
    address: str | None
    company: bool
    birthday: str | None = None


class Generator:
    """Draws records; ``make`` gives them as a table."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.sounds: dict[str, list[str]] = defaultdict(list)
        for character in dict.fromkeys(
            FIRST + SECOND + SINGLE + "薇维玮卫莉俐利莹盈瀛静竞晓筱小宏弘鸿洪俊峻骏郡志智致芷紫姿雯文彬滨帆凡"
        ):
            self.sounds[pinyin(character)].append(character)
        self.seen = 0
        self.mails: set[str] = set()

    def make(self, rows: int) -> pa.Table:
        """About the right share of everything; exactly ``rows`` rows in a mixed order."""
        originals = rows - int(rows * DUPLICATES)
        firms = int(originals * COMPANIES)
        records: list[Customer] = []
        while len(records) < originals - firms:
            records += self._people(min(20_000, originals - firms - len(records)))
        records = records[: originals - firms]
        while len(records) < originals:
            records += self._firms(min(20_000, originals - len(records)))
        records = records[:originals]
        twice = self.random.integers(0, originals, rows - originals)
        records += [self._again(records[place]) for place in twice]
        order = self.random.permutation(rows)
        return self._table([records[place] for place in order])

    def _chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def _one(self, choices: str | tuple[str, ...] | list[str]) -> str:
        return choices[int(self.random.integers(len(choices)))]

    # --- originals ---------------------------------------------------------------------------------

    def _people(self, count: int) -> list[Customer]:
        found = []
        for _ in range(count):
            name = self._name()
            person = self._person(name)
            found.append(person)
            if self._chance(RELATIVES):
                found.append(self._relative(person))
        return found[:count]

    def _name(self) -> str:
        """The first surnames of the list are the more frequent, as in life."""
        common = int(len(SURNAMES) * self.random.random() ** 2)
        surname = self._one(COMPOUND) if self._chance(0.01) else SURNAMES[common]
        return surname + (self._one(SINGLE) if self._chance(0.2) else self._one(FIRST) + self._one(SECOND))

    def _person(self, name: str) -> Customer:
        city = self._one(CITIES)
        return Customer(
            self._next(), name,
            self._phone() if self._chance(0.93) else None,
            self._mail(pinyin(name)) if self._chance(0.45) else None,
            self._day(1945, 2005) if self._chance(0.6) else None,
            city, self._address(city) if self._chance(0.8) else None, company=False,
        )  # fmt: skip

    def _relative(self, person: Customer) -> Customer:
        """Husband, wife or child: the same address, mostly the same telephone, often the same surname."""
        surname = person.name[0] if self._chance(0.6) else self._one(SURNAMES[:40])
        other = self._person(surname + self._one(FIRST) + self._one(SECOND))
        other.city, other.address = person.city, person.address
        other.phone = person.phone if self._chance(0.7) else other.phone
        return other

    def _firms(self, count: int) -> list[Customer]:
        found: list[Customer] = []
        while len(found) < count:
            brand, trade = self._one(BRAND_FIRST) + self._one(BRAND_SECOND), self._one(TRADES)
            brand += self._one(BRAND_FIRST + BRAND_SECOND) if self._chance(0.5) else ""
            cities = self.random.permutation(CITIES)[: 2 if self._chance(BRANCHES) else 1]
            found += [self._firm(str(city), brand, trade) for city in cities]
        return found[:count]

    def _firm(self, city: str, brand: str, trade: str) -> Customer:
        area = {"上海": "021", "北京": "010", "广州": "020", "深圳": "0755"}.get(city, "0571")
        return Customer(
            self._next(), f"{city}{brand}{trade}{self._one(FORMS)}",
            f"{area}-{self.random.integers(20_000_000, 89_999_999)}" if self._chance(0.9) else None,
            self._mail(self._one(("info", "sales", "office")) + "." + pinyin(brand)) if self._chance(0.6) else None,
            None, city, self._address(city) if self._chance(0.9) else None, company=True,
        )  # fmt: skip

    def _next(self) -> int:
        self.seen += 1
        return self.seen

    def _phone(self) -> str:
        return f"154{self.random.integers(10**7, 10**8)}"

    def _mail(self, local: str) -> str:
        """Nobody is given an address that another has."""
        mail = f"{local}@{self._one(DOMAINS)}"
        while mail in self.mails or self._chance(0.5):
            mail = f"{local}{self.random.integers(1, 10_000)}@{self._one(DOMAINS)}"
        self.mails.add(mail)
        return mail

    def _day(self, first: int, last: int) -> tuple[int, int, int]:
        year, month, day = self.random.integers([first, 1, 1], [last + 1, 13, 29])
        return int(year), int(month), int(day)

    def _address(self, city: str) -> str:
        road, number = (
            self._one(ROADS) + self._one("路街巷") if self._chance(0.9) else "中山路",
            self.random.integers(1, 900),
        )
        home = (
            f"{self.random.integers(1, 30)}号楼{self.random.integers(1, 30)}0{self.random.integers(1, 5)}室"
        )
        return f"{city}市{road}{number}号{home}"

    # --- the same once more ------------------------------------------------------------------------

    def _again(self, first: Customer) -> Customer:
        return Customer(
            first.who,
            self._other_company(first) if first.company else self._other_name(first.name),
            self._other_phone(first.phone),
            self._other_mail(first.email),
            None,
            first.city,
            self._other_address(first),
            first.company,
            self._other_birthday(first.born),
        )

    def _other_name(self, name: str) -> str:
        if not self._chance(0.35):
            return name
        surname = name[:2] if name[:2] in COMPOUND else name[0]
        given = name[len(surname) :]
        kind = self.random.random()
        if kind < 0.3:
            place = int(self.random.integers(len(given)))
            alike = self.sounds.get(pinyin(given[place])) or [given[place]]
            return surname + given[:place] + self._one(alike) + given[place + 1 :]
        if kind < 0.5:
            return name.translate(SIMPLE_TO_TRADITIONAL)
        if kind < 0.65:
            return f"{surname} {given}" if self._chance(0.5) else f"{name} "
        if kind < 0.75:
            return f"{pinyin(surname).title()} {pinyin(given).title()}"
        if kind < 0.85:
            return name + self._one(("先生", "女士"))
        if kind < 0.92:
            return surname + self._one(("先生", "女士", "总")) if self._chance(0.6) else f"小{surname}"
        return given if len(given) > 1 else name

    def _other_company(self, firm: Customer) -> str:
        name, city = firm.name, firm.city
        if not self._chance(0.6):
            return name
        core = name[len(city) :]
        form = max((form for form in FORMS if core.endswith(form)), key=len)
        core = core.removesuffix(form)
        return self._one(
            [
                f"{core}{form}",
                f"{city}{core}",
                core,
                f"{core}（{city}）{form}",
                f"{city}市{core}{form}",
                f"{city}{core}公司",
            ]
        )

    def _other_phone(self, phone: str | None) -> str | None:
        kind = self.random.random()
        if phone is None or kind < 0.05:
            return None
        if kind < 0.1:
            place = int(self.random.integers(3, len(phone)))
            return (
                phone[:place]
                + str((int(phone[place]) + 1) % 10 if phone[place].isdigit() else 1)
                + phone[place + 1 :]
            )
        if kind < 0.18:
            return self._phone()
        if kind < 0.48 and phone.startswith("154"):
            return self._one(
                [
                    f"+86 {phone}",
                    f"{phone[:3]} {phone[3:7]} {phone[7:]}",
                    f"{phone[:3]}-{phone[3:7]}-{phone[7:]}",
                ]
            )
        return phone

    def _other_mail(self, email: str | None) -> str | None:
        kind = self.random.random()
        if email is None or kind < 0.15:
            return None
        if kind < 0.2:
            return self._mail(email.split("@")[0])
        return email.upper() if kind < 0.3 else email

    def _other_birthday(self, born: tuple[int, int, int] | None) -> str | None:
        kind = self.random.random()
        if born is None or kind < 0.15:
            return None
        year, month, day = born
        if kind < 0.18:
            day, month = (month, day) if day <= 12 else (day, month)
        elif kind < 0.21:
            day = day % 28 + 1
        return f"{year}年{month}月{day}日" if kind > 0.8 else f"{year}-{month:02d}-{day:02d}"

    def _other_address(self, first: Customer) -> str | None:
        kind = self.random.random()
        if first.address is None or kind < 0.1:
            return None
        if kind < 0.2:
            return self._address(first.city)
        if kind < 0.45:
            return first.address.removeprefix(f"{first.city}市")
        if kind < 0.6:
            return first.address.replace("号楼", "-").replace("室", "")
        return first.address

    @staticmethod
    def _table(records: list[Customer]) -> pa.Table:
        def birthday(record: Customer) -> str | None:
            return record.birthday or ("{}-{:02d}-{:02d}".format(*record.born) if record.born else None)

        columns = [
            [str(record.who) for record in records], [record.name for record in records],
            [record.phone for record in records], [record.email for record in records],
            [birthday(record) for record in records], [record.city for record in records],
            [record.address for record in records],
        ]  # fmt: skip
        return pa.table(
            {name: pa.array(values, pa.string()) for name, values in zip(COLUMNS, columns, strict=True)}
        )
