"""One product and one browser for all end-to-end tests of a process."""

import contextlib
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, sync_playwright

from tests.e2e.product import Look, Product, chromium, launch, main_pages, open_context, running, sign_in
from tests.shared import missing_part

Open = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    if not chromium():
        missing_part("no Chromium on this machine: make test-parts")
    with running(tmp_path_factory.mktemp("product"), customers=300) as product:
        yield product


@pytest.fixture(scope="module")
def browser(product: Product) -> Iterator[Browser]:
    """For one file only: Playwright's loop must not run on beside tests that use the database."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def admin(browser: Browser, product: Product) -> StorageState:
    return sign_in(browser, product, "管理员")


@pytest.fixture(scope="module")
def pages(browser: Browser, product: Product, admin: StorageState) -> dict[str, str]:
    """Name and address of every main page."""
    with contextlib.closing(open_context(browser, product, admin)) as context:
        return main_pages(context.new_page())


@pytest.fixture(scope="module")
def director(browser: Browser, product: Product) -> StorageState:
    """Somebody whose language and theme a test may change."""
    return sign_in(browser, product, "销售总监")


@pytest.fixture
def window(browser: Browser, product: Product, admin: StorageState) -> Iterator[Open]:
    """Opens windows of the administrator: ``window(language="en", width=360, dark=True)``."""
    opened: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        state = cast("StorageState | None", options.pop("state", admin))
        context = open_context(browser, product, state, Look(**options))  # type: ignore[arg-type]
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
