"""Every main page: accessible, fitting on every screen, without a complaint from the browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import Open
from tests.e2e.product import complaints, settle

pytestmark = pytest.mark.e2e
GRAVE = ("serious", "critical")
WIDTHS = (360, 768, 1440)
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
OPEN_PAGES = ("/account/login/", "/account/password/reset/", "/no/such/page/")


def grave_findings(page: Page, **asked: object) -> list[str]:
    """What axe-core finds serious or critical, one line each; ``asked`` are its options."""
    found = Axe().run(page, options=asked).response["violations"]
    return [
        f"{page.url}: {each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["impact"] in GRAVE
    ]


def visit(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok, f"{address}: {answer.status}"
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy, address
    assert "script-src 'self'" in policy, address
    settle(page)
    assert page.locator("[style]:not(canvas, canvas *, .chart-plot, .chart-plot *, .menu)").count() == 0


def test_no_page_has_a_serious_finding_or_a_complaint(window: Open, pages: dict[str, str]) -> None:
    """Each keeps to the strict policy besides."""
    page = window(language="zh-hans").new_page()
    heard = complaints(page)
    findings: list[str] = []
    for address in pages.values():
        visit(page, address)
        findings += grave_findings(page)
    assert len(pages) > 5
    assert findings == []
    assert heard == []


def test_all_can_be_read_in_the_dark(window: Open, pages: dict[str, str]) -> None:
    """In English, and without a complaint there either; what else axe-core looks at does not depend on colours."""
    page = window(language="en", dark=True).new_page()
    heard = complaints(page)
    findings: list[str] = []
    for address in pages.values():
        visit(page, address)
        findings += grave_findings(page, runOnly=["color-contrast"])
    assert findings == []
    assert heard == []


@pytest.mark.parametrize("address", OPEN_PAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_pages_before_signing_in_are_accessible(window: Open, address: str, dark: bool) -> None:
    page = window(state=None, dark=dark).new_page()
    page.goto(address)
    assert grave_findings(page) == []


def test_no_page_is_wider_than_the_screen(window: Open, pages: dict[str, str]) -> None:
    page = window(width=WIDTHS[0]).new_page()
    wide = []
    for address in pages.values():
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.goto(address)
        settle(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(TWO_FRAMES)
            over = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if over > 0:
                wide.append(f"{address}: {over} px too wide at {width}")
    assert wide == []


def test_pages_before_signing_in_keep_to_the_strict_policy(window: Open) -> None:
    page = window(state=None).new_page()
    for address in OPEN_PAGES:
        answer = page.goto(address)
        assert answer is not None
        assert "unsafe" not in answer.headers["content-security-policy"], address
