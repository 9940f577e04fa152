"""Every main page: accessible, fitting on every screen, without a complaint from the browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import Open
from tests.e2e.product import complaints, settle

pytestmark = pytest.mark.e2e
GRAVE = ("serious", "critical")
OPEN_PAGES = ("/account/login/", "/account/password/reset/", "/no/such/page/")


def grave_findings(page: Page) -> list[str]:
    """What axe-core finds serious or critical, one line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["impact"] in GRAVE
    ]


@pytest.mark.parametrize(("language", "dark"), [("zh-hans", False), ("en", True)])
def test_no_page_has_a_serious_finding_or_a_complaint(
    window: Open, pages: dict[str, str], language: str, dark: bool
) -> None:
    page = window(language=language, dark=dark).new_page()
    heard = complaints(page)
    findings: list[str] = []
    for address in pages.values():
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok, f"{address}: {answer.status}"
        settle(page)
        findings += grave_findings(page)
    assert len(pages) > 5
    assert findings == []
    assert heard == []


@pytest.mark.parametrize("address", OPEN_PAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_pages_before_signing_in_are_accessible(window: Open, address: str, dark: bool) -> None:
    page = window(state=None, dark=dark).new_page()
    page.goto(address)
    assert grave_findings(page) == []


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_page_is_wider_than_the_screen(window: Open, pages: dict[str, str], width: int) -> None:
    page = window(width=width).new_page()
    wide = []
    for address in pages.values():
        page.goto(address)
        settle(page)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wide.append(f"{address}: {over} px too wide")
    assert wide == []


def test_a_strict_policy_holds_on_every_page(window: Open, pages: dict[str, str]) -> None:
    page = window().new_page()
    for address in [*pages.values(), *OPEN_PAGES]:
        answer = page.goto(address)
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy, address
        assert "script-src 'self'" in policy, address
        assert page.locator("[style]:not(canvas, canvas *, .chart-plot, .chart-plot *, .menu)").count() == 0
