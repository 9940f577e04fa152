"""The frame around the pages: palette, menus, theme, language, keyboard."""

import re

import pytest
from playwright.sync_api import StorageState, expect

from tests.e2e.conftest import Open

pytestmark = pytest.mark.e2e


def test_the_palette_opens_on_a_key_and_goes_where_its_words_say(window: Open) -> None:
    page = window().new_page()
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("dialog.palette")).to_be_visible()
    page.keyboard.type("zy")
    chosen = page.locator(".palette-item[aria-selected=true]")
    expect(chosen).to_have_attribute("href", "/jobs/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/")


def test_the_palette_says_when_nothing_is_found(window: Open) -> None:
    page = window().new_page()
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator(".palette-nothing")).to_be_hidden()
    page.keyboard.type("qqzzxx")
    expect(page.locator(".palette-nothing")).to_be_visible()


def test_a_question_mark_shows_the_shortcuts_unless_one_types(window: Open) -> None:
    page = window().new_page()
    page.goto("/")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("?")
    expect(page.locator("#shortcuts")).to_be_hidden()


def test_the_palette_also_opens_while_typing_with_control_k(window: Open) -> None:
    page = window().new_page()
    page.goto("/")
    page.keyboard.press("Control+k")
    expect(page.locator("dialog.palette input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.palette")).to_be_hidden()


def test_the_theme_changes_at_once_and_stays(window: Open, director: StorageState) -> None:
    page = window(state=director).new_page()
    page.goto("/")
    page.click("[popovertarget=theme-menu]")
    with page.expect_response("**/preferences/"):
        page.click("[data-theme-choice=dark]")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.click("[popovertarget=theme-menu]")
    with page.expect_response("**/preferences/"):
        page.click("[data-theme-choice=auto]")
    expect(page.locator("html")).not_to_have_attribute("data-bs-theme", re.compile("."))


def test_the_language_changes_and_comes_back_to_the_same_page(window: Open, director: StorageState) -> None:
    page = window(state=director).new_page()
    page.goto("/jobs/")
    for name, code in (("English", "en"), ("简体中文", "zh-hans")):
        page.click("[popovertarget=theme-menu]")
        page.get_by_role("button", name=name).click()
        expect(page.locator("html")).to_have_attribute("lang", code)
        assert page.url.endswith("/jobs/")


def test_on_a_phone_the_navigation_opens_and_closes(window: Open) -> None:
    page = window(width=360).new_page()
    page.goto("/")
    expect(page.locator("nav.rail")).to_be_hidden()
    page.click(".bar-menu")
    expect(page.locator("nav.rail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("nav.rail")).to_be_hidden()


def test_the_first_stop_of_the_tab_key_skips_the_navigation(window: Open) -> None:
    page = window().new_page()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_list_is_worked_by_keyboard(window: Open) -> None:
    page = window().new_page()
    page.goto("/customers/")
    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    second = page.locator("#list tbody tr").nth(1)
    expect(second).to_have_attribute("data-current", "")
    expect(second.locator(".check input")).to_be_checked()
    expect(page.locator(".bulk")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/customers/[0-9a-f-]{36}/"))
