"""The real product on a small demo company, and browsers that are signed in to it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, StorageState

START_SECONDS = 90
# what is reached from within pages of the navigation
BESIDE = (
    "/sales/board/", "/sales/funnel/", "/sales/forecast/", "/customers/flow/", "/customers/bin/", "/customers/requests/", "/customers/erasures/", "/customers/duplicates/",
    "/customers/shared/left/", "/pools/fairness/", "/pools/disputes/", "/pools/assignment/", "/pools/assignment/trial/",
    "/pools/handover/", "/pools/ending/", "/pools/protection/", "/settings/retention/new/", "/settings/retention/holds/",
    "/calendar/new/", "/calendar/connection/", "/calendar/address/", "/customers/shared/", "/customers/merges/",
    "/approvals/absences/", "/settings/approvals/new/",
    "/sales/targets/edit/", "/settings/competitors/", "/sales/leads/new/", "/settings/lead-forms/", "/settings/lead-rules/", "/sales/territories/new/",
    "/sales/opportunities/", "/sales/opportunities/new/", "/settings/pipelines/", "/settings/rates/",
    "/pools/new/", "/pools/assignment/new/", "/pools/protection/new/", "/settings/fields/new/",
)  # fmt: skip
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Product:
    """A running server; ``logins`` as ``zhiyin demo`` prints them: name, role, email, password."""

    address: str
    logins: list[dict[str, str]]

    def login(self, role: str) -> dict[str, str]:
        return next(each for each in self.logins if each["role"] == role)


@contextlib.contextmanager
def running(home: Path, *, customers: int) -> Iterator[Product]:
    """Make the demo company in ``home``, serve it on a free port, and end it."""
    env = {**os.environ, "ZHIYIN_HOME": str(home), "ZHIYIN_LOG_LEVEL": "WARNING"}
    for name in (
        "ZHIYIN_DATABASE_URL", "ZHIYIN_OWNER_DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR",
    ):  # fmt: skip
        env.pop(name, None)
    made = _zhiyin(env, "demo", "--no-serve", "--json", "--customers", str(customers))
    port = _free_port()
    with (home / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "zhiyin", "serve", "--port", str(port)], env=env, stdout=log, stderr=log
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, server, home / "serve.log")
        yield Product(address, made["logins"])
    finally:
        server.terminate()
        server.wait(60)


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    return next((path for path in map(shutil.which, CHROMIUM) if path), None)


def launch(playwright: Playwright) -> Browser:
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=chromium(), args=arguments)


def sign_in(browser: Browser, product: Product, role: str) -> StorageState:
    """Sign in through the page as the demo person of ``role``; gives the browser's cookies."""
    login = product.login(role)
    context = browser.new_context(base_url=product.address, locale="zh-CN")
    page = context.new_page()
    page.goto("/account/login/")
    page.fill("input[name=login]", login["email"])
    page.fill("input[name=password]", login["password"])
    page.click("main button[type=submit]:not([name=language])")
    page.wait_for_selector("nav.rail")
    state = context.storage_state()
    context.close()
    return state


@dataclass(frozen=True)
class Look:
    """A language, a width in pixels, a theme."""

    language: str = "zh-hans"
    width: int = 1440
    dark: bool = False


def open_context(
    browser: Browser, product: Product, state: StorageState | None = None, look: Look = Look()
) -> BrowserContext:
    """A browser window of a person (of nobody without ``state``)."""
    context = browser.new_context(
        base_url=product.address,
        storage_state=state,
        locale="zh-CN" if look.language == "zh-hans" else "en-GB",
        viewport={"width": look.width, "height": 900},
        color_scheme="dark" if look.dark else "light",
        reduced_motion="reduce",
    )
    context.add_cookies([{"name": "zhiyin_language", "value": look.language, "url": product.address}])
    return context


def complaints(page: Page) -> list[str]:
    """What the browser complains of from now on: script errors, refused content, failed requests."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda line: heard.append(f"{page.url}: {line.text}") if line.type in ("error", "warning") else None,
    )
    return heard


def main_pages(page: Page) -> dict[str, str]:
    """Name and address of each page in the navigation and of the first record in each of its lists."""
    page.goto("/")
    found: dict[str, str] = {}
    for address in _hrefs(page, "nav.rail a.rail-link"):
        found[_name(address)] = address
    for name, address in list(found.items()):
        page.goto(address)
        records = _hrefs(page, "table.rows tbody th a")
        if records:
            found[f"{name}-record"] = records[0]
        for number, tab in enumerate(_hrefs(page, "main .tabs a.tab")[1:], 2):
            if "?" not in tab:
                found[f"{name}-{number}"] = tab
    page.goto("/me/")
    mine = _hrefs(page, "main .tabs a.tab")
    for address in [*_hrefs(page, "#create-menu a"), *mine]:
        found[_name(address)] = address
    found["checkpoints"] = "/settings/audit/checkpoints/"
    record = found["customers-record"]
    found["customers-trail"] = f"{record}trail/"
    found["customers-graph"] = f"{record}relations/graph/"
    for tab in ("contacts", "relations", "follow_ups", "documents", "consents"):
        found[f"customers-{tab}"] = f"{record}?tab={tab}"
    for part in ("history", "grade", "erasure"):
        found[f"customers-{part}"] = f"{record}{part}/"
    for address in BESIDE:
        found[_name(address)] = address
        page.goto(address)
        records = _hrefs(page, "table.rows tbody th a")
        if records:
            found[f"{_name(address)}-record"] = records[0]
    return found


def settle(page: Page) -> None:
    """Wait until what a page fetches and draws by itself is there."""
    for chart in page.locator("figure[data-chart]").all():
        chart.scroll_into_view_if_needed()
        chart.locator("canvas").wait_for()
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)


def _hrefs(page: Page, selector: str) -> list[str]:
    hrefs: list[str] = page.locator(selector).evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return [href for href in hrefs if href and href.startswith("/")]


def _name(address: str) -> str:
    return address.partition("?")[0].strip("/").replace("/", "-") or "home"


def _zhiyin(env: dict[str, str], *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "zhiyin", *arguments], env=env, stdout=subprocess.PIPE, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{address}/account/login/", timeout=5).close()
            return
        time.sleep(0.3)
    raise RuntimeError(f"zhiyin serve did not come up:\n{log.read_text()[-3000:]}")
