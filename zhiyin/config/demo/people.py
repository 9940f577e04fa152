"""The demo company's customers: files, ways to reach them, tags, notes, and what finds them in a search."""

import json

import numpy as np
import pyarrow as pa

from zhiyin.config.demo import names
from zhiyin.config.demo.load import changed, instant, numbers, table
from zhiyin.config.demo.staff import DEALERS, WEB
from zhiyin.config.demo.world import HOUR_MS, World, moments
from zhiyin.customers.keys import search_text
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.search import tokens

TAGS = {
    "装修户": ("orange", 0.12), "以旧换新": ("green", 0.1), "会员日": ("purple", 0.14),
    "企业采购": ("blue", 0.02), "老带新": ("grey", 0.07), "售后关注": ("red", 0.03),
}  # fmt: skip
NOTES = (
    "电话回访，对产品满意，询问滤芯更换周期。",
    "计划明年春天装修厨房，想看油烟机和洗碗机套餐。",
    "反映洗地机滚刷磨损快，已寄出新滚刷。",
    "咨询以旧换新补贴，已发政策说明。",
    "希望周末上门安装，已与安装师傅约好。",
    "介绍邻居来店，对方对净水器感兴趣。",
    "嫌价格偏高，等双十一再联系。",
    "家里添了孩子，想要静音的空气净化器。",
)
DEALER_NOTES = (
    "拜访门店，样机陈列整齐，建议增加洗地机展位。",
    "对账完成，本季返利已确认。",
    "希望旺季前备货空调，要求延长账期。",
    "反映周边有新竞品低价促销，需要支持。",
    "二季度目标已沟通，主推厨卫大电。",
)


def customer_rows(world: World, since: np.ndarray, dealer: np.ndarray) -> pa.Table:
    """Customers, each made on the day of its first purchase; a few columns more than the table has."""
    random, count = world.random, len(since)
    moment = moments(since, random) - HOUR_MS
    weight = np.array([city.weight for city in names.CITIES])
    place = random.choice(len(names.CITIES), count, p=weight / weight.sum())
    city = [names.CITIES[each].name for each in place]
    person = names.people(count, random)
    firm = iter(names.companies([each for each, firm in zip(city, dealer, strict=True) if firm], random))
    name = [next(firm) if is_dealer else human for is_dealer, human in zip(dealer, person, strict=True)]
    online = random.random(count) < 0.55
    source = np.where(
        dealer,
        "渠道拓展",
        np.where(online, "网上商城", random.choice(["门店", "门店", "老带新", "展会"], count)),
    )
    branch = [names.CITIES[each].branch for each in place]
    unit = np.where(dealer, DEALERS, np.where(online, WEB, branch))
    phone, street = names.phones(count, random), names.streets(city, random)
    with_mail, with_street = random.random(count) < 0.3, dealer | (random.random(count) < 0.6)
    domain = random.choice(names.DOMAINS, count)
    serial = np.argsort(np.argsort(moment, kind="stable"), kind="stable") + 1
    code = [
        f"{'D' if is_dealer else 'C'}{number:06d}" for is_dealer, number in zip(dealer, serial, strict=True)
    ]
    return table(
        id=world.keys(moment),
        kind=np.where(dealer, "organisation", "person"),
        code=code,
        code_key=[each.casefold() for each in code],
        name=name,
        name_key=[name_key(each) for each in name],
        short_name=[each[2:4] if firm else "" for each, firm in zip(name, dealer, strict=True)],
        country="中国",
        city=city,
        status="potential",
        stage="",
        source=source,
        owner_id=owners(world, unit),
        unit_id=[str(world.staff.units[each].id) for each in unit],
        created_at=instant(moment),
        updated_at=instant(moment),
        moment=moment,
        phone=phone,
        email=[
            f"{each.lower()}@{at}" if has else None
            for each, at, has in zip(code, domain, with_mail, strict=True)
        ],
        address=[each if has else None for each, has in zip(street, with_street, strict=True)],
    )


def owners(world: World, unit: np.ndarray) -> list[str | None]:
    """A seller of the unit for each customer; the web shop's customers and some others have none."""
    chance, pick = world.random.random(len(unit)), world.random.integers(0, 1 << 30, len(unit))
    result: list[str | None] = []
    for name, luck, number in zip(unit, chance, pick, strict=True):
        sellers = world.staff.sellers.get(name)
        owned = sellers and (name == DEALERS or luck < 0.75)
        result.append(str(sellers[number % len(sellers)].id) if sellers and owned else None)
    return result


def search_rows(world: World, people: pa.Table) -> pa.Table:
    names = ("name", "short_name", "code", "phone", "email")
    columns = (people[each].to_pylist() for each in names)
    texts = [
        search_text(
            name=name, short_name=short, code=code, contacts=[f"+86{phone}", *([email] if email else [])]
        )
        for name, short, code, phone, email in zip(*columns, strict=True)
    ]
    found = ["{" + ",".join(map(str, tokens(world.tenant_id, text))) + "}" for text in texts]
    return table(customer_id=people["id"], text=texts, tokens=found, name_key=people["name_key"])


def contact_rows(world: World, people: pa.Table) -> pa.Table:
    """A phone for everybody, e-mail and address for some."""
    parts = []
    for kind, prefix in (("phone", "+86"), ("email", ""), ("address", "")):
        own = people.filter(people[kind].is_valid())
        city = [json.dumps({"city": each} if kind == "address" else {}) for each in own["city"].to_pylist()]
        parts.append(
            table(
                customer_id=own["id"],
                moment=own["moment"],
                kind=kind,
                value=own[kind],
                value_key=[f"{prefix}{each}" for each in own[kind].to_pylist()],
                parts=city,
            )
        )
    rows = pa.concat_tables(parts)
    moment = numbers(rows, "moment")
    return changed(
        rows, id=world.keys(moment), label="", is_primary=True, created_at=instant(moment)
    ).drop_columns("moment")


def tag_rows(world: World, people: pa.Table) -> dict[str, pa.Table]:
    """The company's tags, and which customer bears which."""
    random = world.random
    begun = np.full(len(TAGS), world.until)
    tags = table(id=world.keys(begun), name=list(TAGS), colour=[colour for colour, _ in TAGS.values()])
    wearers = [np.flatnonzero(random.random(len(people)) < share) for _, share in TAGS.values()]
    tag = np.repeat(np.arange(len(TAGS)), [len(each) for each in wearers])
    worn = table(
        id=world.keys(np.full(len(tag), world.until)),
        customer_id=people["id"].take(np.concatenate(wearers)),
        tag_id=tags["id"].take(tag),
    )
    return {"customers_tag": tags, "customers_customertag": worn}


def note_rows(world: World, people: pa.Table) -> pa.Table:
    """Notes by the owners: most dealers have some, few consumers; a few columns more than the table has."""
    random = world.random
    dealer = numbers(people, "kind") == "organisation"
    count = random.poisson(np.where(dealer, 2.5, 0.12)) * people["owner_id"].is_valid().to_numpy()
    about = np.repeat(np.arange(len(people)), count)
    own, dealer = people.take(about), dealer[about]
    moment = numbers(own, "moment")
    later = moment + (random.random(len(own)) * (world.until - moment)).astype(np.int64)
    body = np.where(dealer, random.choice(DEALER_NOTES, len(own)), random.choice(NOTES, len(own)))
    author = {str(member.id): name for name, member in world.staff.members.items()}
    return table(
        id=world.keys(later),
        customer_id=own["id"],
        author_id=own["owner_id"],
        body=body,
        moment=later,
        pinned=False,
        actor_name=[author[each] for each in own["owner_id"].to_pylist()],
        created_at=instant(later),
        updated_at=instant(later),
    )
