"""What the invented maker sells: types of appliance, each in three series."""

from dataclasses import dataclass

import numpy as np

BRAND = "岚禾"
SERIES = (("轻享", "E", 1.0), ("臻选", "S", 1.55), ("旗舰", "P", 2.3))
# category, type, price of the first series, cost as a share of the list price
TYPES = (
    ("配件耗材", "清洁剂", 9.9, 0.34),
    ("配件耗材", "尘袋三只装", 15.9, 0.32),
    ("配件耗材", "滚刷", 29, 0.35),
    ("配件耗材", "滤芯", 49, 0.33),
    ("配件耗材", "净化器滤网", 89, 0.36),
    ("个护电器", "电吹风", 99, 0.55),
    ("个护电器", "挂烫机", 159, 0.56),
    ("生活电器", "电热水壶", 69, 0.58),
    ("生活电器", "加湿器", 119, 0.55),
    ("生活电器", "循环扇", 189, 0.57),
    ("生活电器", "除湿机", 899, 0.6),
    ("生活电器", "空气净化器", 1099, 0.58),
    ("厨房小电", "榨汁杯", 79, 0.55),
    ("厨房小电", "电饭煲", 239, 0.58),
    ("厨房小电", "空气炸锅", 269, 0.57),
    ("厨房小电", "破壁机", 349, 0.56),
    ("厨房小电", "微波炉", 429, 0.61),
    ("厨房小电", "电烤箱", 379, 0.59),
    ("清洁电器", "吸尘器", 599, 0.57),
    ("清洁电器", "洗地机", 1499, 0.56),
    ("清洁电器", "扫地机器人", 1799, 0.58),
    ("厨卫大电", "净水器", 1299, 0.54),
    ("厨卫大电", "燃气灶", 799, 0.6),
    ("厨卫大电", "油烟机", 1599, 0.58),
    ("厨卫大电", "洗碗机", 2999, 0.6),
    ("厨卫大电", "热水器", 1199, 0.62),
    ("大家电", "洗衣机", 1899, 0.64),
    ("大家电", "烘干机", 2899, 0.63),
    ("大家电", "冰箱", 2599, 0.65),
    ("大家电", "空调", 2399, 0.66),
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Products in order of list price; arrays of equal length."""

    codes: list[str]
    names: list[str]
    categories: list[str]
    price: np.ndarray
    cost: np.ndarray


def catalogue() -> Catalogue:
    """All products, cheapest first."""
    rows = sorted(
        (round(price * factor, 1), f"LH-{letter}{place:02d}", f"{BRAND}{series}{kind}", category, share)
        for place, (category, kind, price, share) in enumerate(TYPES, 1)
        for series, letter, factor in SERIES
    )
    price = np.array([row[0] for row in rows])
    return Catalogue(
        codes=[row[1] for row in rows],
        names=[row[2] for row in rows],
        categories=[row[3] for row in rows],
        price=price,
        cost=np.round(price * np.array([row[4] for row in rows]), 2),
    )
