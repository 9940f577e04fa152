"""Handing over as people click it: who left, what goes to whom, and that nothing goes unseen."""

import datetime

import pytest
from django.urls import reverse

from tests.cast import Company
from zhiyin.accounts.actions import members
from zhiyin.accounts.models import Handover
from zhiyin.customers import actions

Now = datetime.datetime


@pytest.fixture
def left(cast: Company, now: Now) -> str:
    with cast.scope():
        actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)
        members.deactivate_member(actor=cast.gao.actor, member_id=cast.lin.member.pk, now=now)
    return reverse("customers:hand_over", args=[cast.lin.member.pk])


def test_who_left_is_offered_on_the_list_and_on_the_page_of_the_person(cast: Company, left: str) -> None:
    for address in (reverse("customers:handovers"), reverse("accounts:user", args=[cast.lin.member.pk])):
        assert left in cast.gao.client.get(address).content.decode()
    assert left in cast.ma.client.get(reverse("customers:handovers")).content.decode()


def test_nothing_is_handed_over_that_was_not_seen(cast: Company, left: str) -> None:
    sent = {"parts": ["customers"], "place": "people", "people": [str(cast.chen.member.pk)]}
    page = cast.ma.client.post(left, {**sent, "go": "1"})
    assert page.status_code == 200
    assert "陈晨" in page.content.decode()
    chart = page.context["chart"]
    assert (chart.categories, [each.values for each in chart.series]) == (["陈晨"], [[0], [1]])
    seen = page.context["seen"]
    other = {**sent, "people": [str(cast.ma.member.pk)], "go": "1", "seen": seen}
    assert cast.ma.client.post(left, other).status_code == 200
    with cast.scope():
        assert not Handover.objects.exists()
    done = cast.ma.client.post(left, {**sent, "go": "1", "seen": seen})
    with cast.scope():
        made = Handover.objects.get()
    assert done["Location"] == reverse("customers:handover", args=[made.pk])
    assert cast.ma.client.get(done["Location"]).status_code == 200


def test_a_wrong_weight_is_told(cast: Company, left: str) -> None:
    chen = str(cast.chen.member.pk)
    for weight in ("0", "101", "zwei"):
        sent = {"parts": ["customers"], "place": "people", "people": [chen], f"weight_{chen}": weight}
        assert "is-invalid" in (page := cast.ma.client.post(left, sent).content.decode()) or "权重" in page
        assert 'id="preview"' not in page


def test_a_unit_is_asked_for_where_customers_go_into_one(cast: Company, left: str) -> None:
    sent = {"parts": ["customers"], "place": "unit"}
    page = cast.ma.client.post(left, sent)
    assert "unit" in page.context["form"].errors
    seen = cast.ma.client.post(left, {**sent, "unit": str(cast.units["上海一组"].pk)})
    assert seen.context["previews"][0].to == [("", 1)]
    assert seen.context["chart"] is None
