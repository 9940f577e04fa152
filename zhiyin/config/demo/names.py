"""Names of people, companies and streets that nobody has, put together from short lists.

Phone numbers begin with 154: eleven digits as every Chinese mobile number, but a range that the ministry has
given to no operator, so nobody can be called by mistake. E-mail uses the reserved domains of RFC 2606.
"""

from dataclasses import dataclass

import numpy as np

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
SINGLE = "伟芳敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玲鹏辉红梅琳峰斌宁晨悦欣妍浩宇轩婷雪颖璐琪薇岚澈"
FIRST = "子梓欣雨佳思晓志建文俊嘉一若诗宇浩天海春秋明国永玉秀美丽雅静淑慧景知清书亦星云可乐安承泽"
SECOND = "涵轩怡萱豪杰琪瑶宁妍彤阳晨航洋博睿翔辰然林华英兰芳梅珍平军强东生荣昌山川峰成远哲瑜琳月溪禾言"
BRAND_FIRST = "泽瀚晟禾澄沐嵘昱屿砚栎琛珩煦霁筠榆穗衡朔"
BRAND_SECOND = "远洲宸岚榕庭汐陌川序棠屹淮璟程渡野舟信屏"
TRADES = (
    "家电有限公司",
    "电器商行",
    "电器贸易有限公司",
    "家居电器有限公司",
    "电器连锁有限公司",
    "厨卫电器经营部",
)
ROADS = ("青禾", "望澄", "栖云", "听澜", "知秋", "采薇", "临溪", "朝霁", "枕石", "揽月", "南柯", "疏影")
DOMAINS = ("example.com", "example.net", "example.org")


@dataclass(frozen=True, slots=True)
class City:
    """A city, how many of the customers live there, and the branch that serves it."""

    name: str
    weight: float
    branch: str


CITIES = (
    City("杭州", 10, "杭州营业部"),
    City("宁波", 5, "杭州营业部"),
    City("温州", 3, "杭州营业部"),
    City("上海", 12, "上海营业部"),
    City("苏州", 6, "上海营业部"),
    City("南京", 6, "南京营业部"),
    City("合肥", 4, "南京营业部"),
    City("广州", 8, "广州营业部"),
    City("佛山", 4, "广州营业部"),
    City("深圳", 9, "深圳营业部"),
    City("东莞", 3, "深圳营业部"),
    City("北京", 9, "北京营业部"),
    City("石家庄", 3, "北京营业部"),
    City("天津", 4, "天津营业部"),
    City("成都", 7, "成都营业部"),
    City("昆明", 3, "成都营业部"),
    City("重庆", 5, "重庆营业部"),
    City("贵阳", 2, "重庆营业部"),
)


def people(count: int, random: np.random.Generator) -> list[str]:
    """Full names, the first surnames of the list more often; names repeat as they do in life."""
    rank = np.arange(1, len(SURNAMES) + 1)
    surname = random.choice(list(SURNAMES), count, p=(1 / (rank + 4)) / (1 / (rank + 4)).sum())
    single = random.choice(list(SINGLE), count)
    first, second = random.choice(list(FIRST), count), random.choice(list(SECOND), count)
    short = random.random(count) < 0.2
    return [
        family + (one if brief else left + right)
        for family, brief, one, left, right in zip(surname, short, single, first, second, strict=True)
    ]


def companies(cities: list[str], random: np.random.Generator) -> list[str]:
    """One dealer's name for each city given, all different."""
    names: dict[str, None] = {}
    for city in cities:
        while True:
            brand = random.choice(list(BRAND_FIRST)) + random.choice(list(BRAND_SECOND))
            name = f"{city}{brand}{random.choice(TRADES)}"
            if name not in names:
                break
        names[name] = None
    return list(names)


def phones(count: int, random: np.random.Generator) -> list[str]:
    """Different national numbers of the unassigned range 154."""
    numbers = random.choice(100_000_000, count, replace=False)
    return [f"154{number:08d}" for number in numbers]


def streets(cities: list[str], random: np.random.Generator) -> list[str]:
    """An address in each city given."""
    roads = random.choice(ROADS, len(cities))
    numbers, rooms = random.integers(1, 380, len(cities)), random.integers(101, 2705, len(cities))
    return [
        f"{city}市{road}路{number}号{room}室"
        for city, road, number, room in zip(cities, roads, numbers, rooms, strict=True)
    ]
