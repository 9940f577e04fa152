"""The tab of consent, writing an answer, and the settings of purposes, as people click them."""

import datetime

import pytest
from django.urls import reverse

from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer, Purpose

Now = datetime.datetime


@pytest.fixture
def wang(cast: Company, now: Now) -> Customer:
    with cast.scope():
        return actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)


@pytest.fixture
def news(cast: Company) -> Purpose:
    with cast.scope():
        return next(each for each in queries.purposes() if each.code == "news")


def tab(company: Company, customer: Customer) -> str:
    address = reverse("customers:record", args=[customer.pk])
    return company.lin.client.get(f"{address}?tab=consents").content.decode()


def say(company: Company, customer: Customer, **data: object) -> int:
    address = reverse("customers:record_consent", args=[customer.pk])
    return company.lin.client.post(address, {"source": "phone", **data}).status_code


def test_an_answer_shows_in_table_ledger_and_timeline(cast: Company, wang: Customer, news: Purpose) -> None:
    page = tab(cast, wang)
    assert "还没有问过" in page
    sent = {"purpose": str(news.pk), "answer": "given", "channels": ["sms"], "proof": "https://x.cn/17"}
    assert say(cast, wang, **sent, wording="可以吗？" * 20) == 302
    page = tab(cast, wang)
    assert "已同意, 电话中" in page
    assert '<a href="https://x.cn/17" rel="nofollow">' in page
    assert "新品与优惠" in page
    timeline = cast.lin.client.get(reverse("customers:timeline", args=[wang.pk])).content.decode()
    assert "新品与优惠: 已同意" in timeline


def test_do_not_contact_stands_over_the_whole_record(cast: Company, wang: Customer) -> None:
    assert say(cast, wang, purpose="all", answer="refused") == 302
    record = cast.lin.client.get(reverse("customers:record", args=[wang.pk])).content.decode()
    assert "完全不希望被联系" in record
    assert say(cast, wang, purpose="all", answer="given") == 302
    record = cast.lin.client.get(reverse("customers:record", args=[wang.pk])).content.decode()
    assert "完全不希望被联系" not in record


def test_a_wrong_answer_comes_back_with_what_was_typed(cast: Company, wang: Customer, news: Purpose) -> None:
    address = reverse("customers:record_consent", args=[wang.pk])
    sent = {"purpose": str(news.pk), "answer": "given", "source": "talk", "answered_on": "2199-01-01"}
    answer = cast.lin.client.post(address, {**sent, "proof": "表格 17"})
    assert answer.status_code == 422
    assert "表格 17" in answer.content.decode()
    assert "回答的日期须在过去" in answer.content.decode()


def test_purposes_are_added_changed_archived_and_brought_back(cast: Company, news: Purpose) -> None:
    client = cast.gao.client
    made = {"name": "会员日", "basis": "consent", "wording": "会员日可以通知您吗？"}
    assert client.post(reverse("customers:create_purpose"), made).status_code == 302
    page = client.get(reverse("customers:purposes")).content.decode()
    assert "会员日可以通知您吗？" in page
    again = client.post(reverse("customers:create_purpose"), made)
    assert "已有同名的用途" in again.content.decode()
    assert client.post(reverse("customers:archive_purpose", args=[news.pk])).status_code == 302
    assert "已归档" in client.get(reverse("customers:purposes")).content.decode()
    assert client.post(reverse("customers:restore_purpose", args=[news.pk])).status_code == 302
