"""Jobs come and go on open pages by themselves."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Open
from tests.e2e.product import complaints

pytestmark = pytest.mark.e2e


def test_a_job_begun_elsewhere_appears_and_ends_on_the_open_list(window: Open) -> None:
    context = window(language="en")
    watching, working = context.new_page(), context.new_page()
    heard, asked = complaints(watching), []
    watching.goto("/jobs/")
    before = watching.locator("#jobs .job").count()
    watching.on("request", lambda request: asked.append(request.url))
    working.goto("/settings/audit/")
    working.click("text=Check the log")
    expect(watching.locator("#jobs .job")).to_have_count(before + 1)
    expect(watching.locator("#jobs .job").first).to_contain_text("Done", timeout=15_000)
    expect(working.locator("#check .note.is-good")).to_contain_text(
        "entries are as they were sealed", timeout=15_000
    )
    for _ in range(5):
        asked.clear()
        watching.wait_for_timeout(4000)  # longer than the pause of polling, were there no stream
        if not asked:  # the stream of what is watched now is open
            break
    assert asked == []
    assert heard == []


def test_a_change_of_many_customers_is_undone_by_the_button_of_its_message(window: Open) -> None:
    page = window(language="en").new_page()
    heard = complaints(page)
    page.goto("/customers/?columns=owner")
    rows = page.locator("table.rows tbody tr")
    before = rows.nth(0).inner_text(), rows.nth(1).inner_text()
    for number in range(2):
        rows.nth(number).locator(".check input").check()
    page.get_by_role("button", name="Assign").click()
    page.locator("dialog[open] select[name=owner]").select_option(index=2)
    page.locator("dialog[open] .btn-primary").click()
    expect(page.locator(".toast")).to_contain_text("changed")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("as before")
    assert (rows.nth(0).inner_text(), rows.nth(1).inner_text()) == before
    assert heard == []
