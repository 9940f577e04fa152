"""The main job, as an administrator does it: from a sales file to what each customer is worth, and back."""

import datetime
import random
import re
import time
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.product import complaints, settle

pytestmark = pytest.mark.e2e
HEADER = ["客户编号", "客户名称", "订单号", "日期", "商品", "数量", "单价"]
SURNAME = "尉迟"  # nobody of the demo company has it
CUSTOMERS = 60
GOODS = {"电饭煲": 399, "空气炸锅": 549, "吸尘器": 1299, "净水器": 2199}
PATIENCE = 40_000  # milliseconds that a job may take on a busy machine
ROWS = "table.rows tbody tr"


def sales() -> list[list[str]]:
    """A shop's export: 60 customers over two years, some loyal, some gone after their first purchase."""
    draw = random.Random(7)
    today = datetime.date.today()
    rows: list[list[str]] = []
    for customer in range(CUSTOMERS):
        day = today - datetime.timedelta(days=draw.randint(400, 730))
        pause = draw.choice([40, 90, 200, 500])
        while day < today:
            product = draw.choice(list(GOODS))
            rows.append(
                [
                    f"YC{customer:03}", f"{SURNAME}{'安宁和平清'[customer % 5]}{customer}", f"YC-{len(rows):05}",
                    f"{day.year}年{day.month}月{day.day}日", product, str(draw.randint(1, 3)), str(GOODS[product]),
                ]
            )  # fmt: skip
            day += datetime.timedelta(days=draw.randint(pause // 2, pause * 2))
    return rows


@pytest.fixture
def page(window: Open) -> Page:
    return window().new_page()


def test_from_a_sales_file_to_known_customers_and_back(page: Page, tmp_path: Path) -> None:
    heard = complaints(page)
    rows = sales()
    file = tmp_path / "门店销售.csv"
    file.write_text("\n".join(map(",".join, [HEADER, *rows])), encoding="gb18030")
    analyse(page)  # what other tests have sold meanwhile
    known = buyers(page)

    address = upload(page, file)
    assert page.locator("table.rows th").all_inner_texts() == HEADER
    assert page.locator(ROWS).first.locator("td").all_inner_texts() == rows[0]

    press(page, "columns", until="apply")
    assert {str(len(rows)), str(CUSTOMERS), str(len(GOODS)), total(rows)} <= facts(page)
    assert found(page, "customers") == []

    page.goto(address)
    press(page, "apply", until="undo")
    assert {str(len(rows)), str(CUSTOMERS)} <= facts(page)

    wait_for_buyers(page, known + CUSTOMERS)
    assert page.locator("ul.findings li").count() > 4

    values = [amount(row) for row in found(page, "customers", sort="-value")]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0
    page.locator(f"{ROWS} th a").first.click()
    card = page.locator("section#value")
    expect(card.locator(".key-note").first).to_have_text(re.compile(r"¥.+ – ¥.+"))
    expect(card.locator(".steps-why li")).to_have_count(5)
    settle(page)

    page.goto(address)
    page.click("[data-opens=undo]")
    expect(page.locator("dialog[open] dd").first).to_have_text(re.compile(r"\d"))
    press(page, "undo", until="discard")
    assert {str(len(rows)), str(CUSTOMERS)} <= facts(page)
    assert found(page, "customers") == []
    assert found(page, "orders", q="YC-") == []
    wait_for_buyers(page, known)
    assert heard == []


def upload(page: Page, file: Path) -> str:
    page.goto("/imports/")
    page.locator("main a[href='/imports/new/']").first.click()
    page.set_input_files("main input[type=file]", file)
    page.click("main form:has(input[type=file]) button[type=submit]")
    page.wait_for_url(re.compile(r"/imports/[0-9a-f-]{36}/"), timeout=PATIENCE)
    return page.url


def press(page: Page, step: str, *, until: str) -> None:
    """Send the form of a step, and wait for its job: then the page offers the next."""
    page.locator(f"main form[action$='/{step}/'] button[type=submit]").click()
    page.locator(f"main form[action$='/{until}/']").wait_for(state="attached", timeout=PATIENCE)


def facts(page: Page) -> set[str]:
    return {text.replace(",", "") for text in page.locator("#state dd").all_inner_texts()}


def total(rows: list[list[str]]) -> str:
    return f"{sum(int(row[5]) * int(row[6]) for row in rows):.2f}"


def found(page: Page, what: str, *, q: str = SURNAME, sort: str = "") -> list[str]:
    page.goto(f"/{what}/?q={q}&sort={sort}")
    expect(page.locator("#list")).to_be_visible()
    return page.locator(ROWS).all_inner_texts()


def amount(row: str) -> Decimal:
    return Decimal(row.rsplit("\t", maxsplit=1)[-1].strip().lstrip("¥").replace(",", ""))


def buyers(page: Page) -> int:
    page.goto("/insight/")
    return int(page.locator("main .key dd").first.inner_text().replace(",", ""))


def analyse(page: Page) -> None:
    """Analyse now, and wait until one could do so again."""
    page.goto("/insight/")
    page.locator("form[action$='/insight/run/'] button").click()
    page.locator("form[action$='/insight/run/']").wait_for(timeout=PATIENCE)


def wait_for_buyers(page: Page, count: int) -> None:
    """Analysis runs by itself after an import and after its undo."""
    deadline = time.monotonic() + PATIENCE / 1000
    while (seen := buyers(page)) != count:
        assert time.monotonic() < deadline, f"{seen} customers analysed instead of {count}"
        page.wait_for_timeout(500)
