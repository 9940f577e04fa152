"""Passkeys and codes in a real browser, whose authenticator is a virtual one."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, Page, expect

from tests.e2e.product import Product, complaints

pytestmark = pytest.mark.e2e
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(browser: Browser, product: Product) -> Page:  # type: ignore[misc]
    """A window of nobody; passkeys need a name, not an address."""
    context = browser.new_context(base_url=product.address.replace("127.0.0.1", "localhost"), locale="en-GB")
    context.add_cookies([{"name": "zhiyin_language", "value": "en", "domain": "localhost", "path": "/"}])
    yield context.new_page()  # type: ignore[misc]
    context.close()


def give_password(page: Page, login: dict[str, str]) -> None:
    page.goto("/account/login/")
    page.fill("[name=login]", login["email"])
    page.fill("[name=password]", login["password"])
    page.press("[name=password]", "Enter")


def confirm(page: Page, login: dict[str, str]) -> None:
    page.fill("[name=password]", login["password"])
    page.press("[name=password]", "Enter")


def sign_out(page: Page) -> None:
    page.context.clear_cookies(name="zhiyin_session")


def test_a_passkey_is_added_and_then_opens_without_a_password(page: Page, product: Product) -> None:
    heard = complaints(page)
    authenticator = page.context.new_cdp_session(page)
    authenticator.send("WebAuthn.enable")
    authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    login = product.login("客服专员")

    give_password(page, login)
    page.wait_for_selector("nav.rail")
    page.goto("/account/2fa/keys/add/")
    confirm(page, login)
    page.check("#id_passwordless")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(re.compile("recovery-codes"))

    sign_out(page)
    page.goto("/account/login/")
    page.click("#passkey_login")
    page.wait_for_selector("nav.rail")
    assert heard == []


def test_an_authenticator_app_is_set_up_and_then_asked_for(page: Page, product: Product) -> None:
    login = product.login("数据分析师")
    give_password(page, login)
    page.wait_for_selector("nav.rail")
    page.goto("/account/2fa/totp/activate/")
    confirm(page, login)
    secret = page.input_value("#authenticator_secret")
    page.fill("[name=code]", code(secret))
    page.press("[name=code]", "Enter")
    page.wait_for_url(re.compile("recovery-codes"))

    sign_out(page)
    give_password(page, login)
    page.fill("[name=code]", "000000")
    page.press("[name=code]", "Enter")
    expect(page.locator(".field-error, .note.is-bad").first).to_be_visible()
    # a code works once: the next one
    page.fill("[name=code]", code(secret, ahead=1))
    page.press("[name=code]", "Enter")
    page.wait_for_selector("nav.rail")


def code(secret: str, ahead: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))
