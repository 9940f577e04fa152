"""From a stranger's words on the website to a won deal: a sales director, a sales person, and an approver on the phone."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.product import Product, complaints, sign_in

pytestmark = pytest.mark.e2e
WHO, DEAL = "王若琳", "展厅照明改造"


def test_a_lead_from_the_web_becomes_a_won_deal_with_an_approved_discount(
    browser: Browser, product: Product, window: Open
) -> None:
    director = window(state=sign_in(browser, product, "销售总监")).new_page()
    seller = window(state=sign_in(browser, product, "销售代表")).new_page()
    phone = window(state=sign_in(browser, product, "大区经理"), width=390).new_page()
    stranger = browser.new_context(base_url=product.address, locale="zh-CN").new_page()
    heard = [complaints(page) for page in (director, seller, phone, stranger)]

    # the director makes a form whose leads go to the sales person
    director.goto("/settings/lead-forms/")
    director.fill("[name=name]", "官网询价")
    director.fill("[name=title]", "询价")
    director.fill("[name=source]", "官网")
    director.fill("[name=campaign]", "秋季展会")
    director.locator("[name=owner_id]").select_option(label="林岚")
    director.click("main form .btn-primary")
    address = director.locator("main a[href*='/f/'], main input[value*='/f/']").first
    href = address.get_attribute("href") or address.get_attribute("value") or ""

    # a stranger fills it in; who sends it at once is asked to look it over
    stranger.goto(href)
    stranger.fill("[name=name]", WHO)
    stranger.fill("[name=phone]", "13912345678")
    stranger.fill("[name=details]", "展厅要换一批灯具，请报价。")
    stranger.wait_for_timeout(2100)
    stranger.click("main button")
    expect(stranger.get_by_role("status")).to_be_visible()

    # the sales person takes it up and makes it a customer with an opportunity
    seller.goto("/sales/leads/")
    seller.click(f"text={WHO}")
    expect(seller.locator("main")).to_contain_text("秋季展会")
    seller.click("main button:has-text('接手')")
    seller.fill("[name=deal]", DEAL)
    seller.fill("[name=amount]", "80000")
    seller.click("main button:has-text('作为新客户')")
    seller.wait_for_url("**/sales/opportunities/0*/")
    deal = seller.url
    expect(seller.locator("main")).to_contain_text("官网")

    # a discount of a fifth, which needs a yes before the deal is won
    seller.goto(f"{deal}edit/")
    seller.fill("[name=amount]", "64000")
    seller.fill("[name=discount]", "16000")
    seller.click("main form .btn-primary")
    win(seller)
    expect(seller.locator("main [role=alert]")).to_contain_text("审批")
    seller.goto(deal)
    seller.click("text=申请审批")
    seller.fill("[name=reason]", "对方同时比三家，给到八折可签。")
    seller.click("main form .btn-primary")

    # the approver, on the phone
    phone.goto("/approvals/")
    row = phone.locator("tr", has_text=DEAL)
    expect(row).to_contain_text("20")
    row.get_by_role("button", name="批准").click()
    expect(phone.locator("tr", has_text=DEAL)).to_have_count(0)

    # won, and where it came from is kept to the end of the money
    seller.goto(deal)
    win(seller)
    expect(seller.locator("main [aria-current=step]")).to_have_text(re.compile("赢单"))
    director.goto("/sales/funnel/")
    expect(director.locator("tr", has_text="官网")).to_contain_text("¥6.4")
    director.goto("/sales/opportunities/?state=won&q=" + DEAL)
    expect(director.locator("#list")).to_contain_text(DEAL)
    # but for the one move that was refused
    assert [each for said in heard for each in said if "(Unprocessable Entity)" not in each] == []
    stranger.context.close()


def win(page: Page) -> None:
    page.click("[data-opens=close-won]")
    page.click("#close-won .btn-primary")
