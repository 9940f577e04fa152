"""``make screenshots``: the main pages of the demo company into ``build/screenshots/``.

Both languages, on a desk and on a phone, and once more in the dark. With ``ZHIYIN_SCREENSHOTS_URL`` (and
``…_EMAIL``, ``…_PASSWORD``) of a product that runs already, nothing is started.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, StorageState, sync_playwright

from tests.e2e.product import (
    Look,
    Product,
    chromium,
    launch,
    main_pages,
    open_context,
    running,
    settle,
    sign_in,
)

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "build" / "screenshots"
LOOKS = [
    Look("zh-hans", 1440),
    Look("zh-hans", 390),
    Look("zh-hans", 1440, dark=True),
    Look("en", 1440),
    Look("en", 390),
]
ADMINISTRATOR = "管理员"


def main() -> None:
    if not chromium():
        sys.exit("No Chromium on this machine: make test-parts")
    with _product() as product, sync_playwright() as playwright:
        browser = launch(playwright)
        state = sign_in(browser, product, ADMINISTRATOR)
        with contextlib.closing(open_context(browser, product, state)) as context:
            pages = main_pages(context.new_page())
        for look in LOOKS:
            _walk(browser, product, state, pages, look)
        browser.close()
    print(f"{len(list(TARGET.rglob('*.png')))} pictures in {TARGET}")


@contextlib.contextmanager
def _product() -> Iterator[Product]:
    address = os.environ.get("ZHIYIN_SCREENSHOTS_URL")
    if address:
        login = {name: os.environ[f"ZHIYIN_SCREENSHOTS_{name.upper()}"] for name in ("email", "password")}
        yield Product(address, [{"role": ADMINISTRATOR, **login}])
        return
    home = ROOT / "build" / "screenshots-home"
    home.mkdir(parents=True, exist_ok=True)
    with running(home, customers=2000) as product:
        yield product


def _walk(browser: Browser, product: Product, state: StorageState, pages: dict[str, str], look: Look) -> None:
    folder = TARGET / f"{look.language}-{look.width}{'-dark' if look.dark else ''}"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(open_context(browser, product, None, look)) as context:
        _shoot(context, "/account/login/", folder / "sign-in.png")
    with contextlib.closing(open_context(browser, product, state, look)) as context:
        for number, (name, address) in enumerate(pages.items(), 1):
            _shoot(context, address, folder / f"{number:02}-{name}.png")
        _shoot_palette(context, folder / "palette.png")


def _shoot(context: BrowserContext, address: str, path: Path) -> None:
    page = context.new_page()
    page.goto(address)
    settle(page)
    size = page.viewport_size or {"width": 1440, "height": 900}
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(height, 6000))})
    page.screenshot(path=path)
    page.close()


def _shoot_palette(context: BrowserContext, path: Path) -> None:
    page = context.new_page()
    page.goto("/")
    page.click("[data-palette-open]")
    page.keyboard.type("wang")
    page.wait_for_timeout(600)
    page.screenshot(path=path)
    page.close()


if __name__ == "__main__":
    main()
