"""An order written by hand in a real browser, by keyboard, and without scripts."""

import contextlib

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.e2e.conftest import Open
from tests.e2e.product import Product, complaints
from tests.e2e.test_pages import grave_findings

pytestmark = pytest.mark.e2e


def test_by_keyboard_alone(window: Open) -> None:
    page = window(language="en").new_page()
    heard = complaints(page)
    page.goto("/orders/new/")
    # as extensions of browsers do: copying it would break the content security policy
    page.evaluate("for (const field of document.querySelectorAll('input')) field.setAttribute('style', '')")
    heard.clear()
    page.focus("#who")
    page.keyboard.type("w")
    expect(page.locator("#customer-picks [role=option]").first).to_have_attribute("aria-selected", "true")
    assert grave_findings(page) == []
    page.keyboard.press("ArrowDown")
    name = page.locator("#customer-picks [aria-selected=true] span").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#order-customer .picked")).to_contain_text(name)
    page.focus("#words")
    page.keyboard.type("LH")
    expect(page.locator("#product-picks [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#quantity-1")).to_be_focused()
    page.route("**/orders/new/draft/", lambda route: (page.wait_for_timeout(300), route.continue_()))
    page.keyboard.type("3")  # in place of the 1 that stands there
    page.keyboard.press("Tab")
    page.keyboard.type("0.10")
    page.keyboard.press("Tab")
    expect(page.locator("#order-amounts")).to_have_text("¥0.30")
    expect(page.locator("#quantity-1")).to_have_value("3")
    page.unroute_all(behavior="wait")
    page.click("main .btn-primary")
    page.wait_for_url("**/orders/0*/")
    expect(page.locator("main")).to_contain_text(name)
    assert heard == []


def test_without_scripts(browser: Browser, product: Product, admin: StorageState) -> None:
    context = browser.new_context(base_url=product.address, storage_state=admin, java_script_enabled=False)
    with contextlib.closing(context):
        page = context.new_page()
        page.goto("/orders/new/")
        page.fill("#who", "C000001")
        page.keyboard.press("Enter")
        expect(page.locator("#order-customer .picked")).to_contain_text("C000001")
        page.fill("#words", "LH")
        page.keyboard.press("Enter")
        page.locator("#product-picks button").first.click()
        page.fill("input[name=quantity]", "many")
        page.click("main .btn-primary")
        expect(page.locator("#order-lines .field-error")).to_be_visible()
        page.fill("input[name=quantity]", "2")
        page.click("main .btn-primary")
        assert "/orders/new/" not in page.url
