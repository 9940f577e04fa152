"""Rules of assignment as people set them up, order them and use them."""

import datetime
import uuid

import pytest
from django.urls import reverse

from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import AssignmentRules, Turn
from zhiyin.customers.models import Customer

Now = datetime.datetime


@pytest.fixture
def rules(cast: Company, now: Now) -> list[uuid.UUID]:
    made = []
    with cast.scope():
        for name, who in (("给陈晨", cast.chen), ("给林岚", cast.lin)):
            given = AssignmentRules(name, people=(Turn(who.member.pk),), reason=f"{name}，轮到了")
            made.append(actions.create_assignment_rule(actor=cast.gao.actor, rules=given, now=now).pk)
    return made


def test_a_rule_is_set_up_with_weights_and_limits(cast: Company) -> None:
    lin, chen = cast.lin.member.pk, cast.chen.member.pk
    sent = {
        "name": "轮流",
        "target": "members",
        f"weight_{lin}": "2",
        f"most_{lin}": "300",
        f"weight_{chen}": "1",
        f"most_{cast.ma.member.pk}": "5",
        "f.match": "all",
    }
    client = cast.gao.client
    assert client.post(reverse("customers:create_assignment_rule"), sent).status_code == 302
    with cast.scope():
        [rule] = queries.assignment_rules()
        people = {each.member_id: (each.weight, each.most) for each in rule.turns.all()}
    assert people == {lin: (2, 300), chen: (1, None)}
    shown = client.get(reverse("customers:change_assignment_rule", args=[rule.pk])).content.decode()
    assert f'name="most_{lin}" value="300"' in shown
    assert "×2" in client.get(reverse("customers:assignment_rules")).content.decode()


def test_nobody_with_a_weight_is_told_at_the_form(cast: Company) -> None:
    sent = {"name": "轮流", "target": "members"}
    answer = cast.gao.client.post(reverse("customers:create_assignment_rule"), sent)
    assert answer.status_code == 422
    assert "请至少选择一个人" in answer.content.decode()


def test_arrows_and_dragging_change_the_order(cast: Company, rules: list[uuid.UUID]) -> None:
    address, (first, second) = reverse("customers:order_assignment_rules"), rules

    def order() -> list[uuid.UUID]:
        with cast.scope():
            return [each.pk for each in queries.assignment_rules()]

    cast.gao.client.post(address, {"ids": [str(first), str(second)], "down": str(first)})
    assert order() == [second, first]
    cast.gao.client.post(address, {"ids": [str(first), str(second)]})
    assert order() == [first, second]
    cast.gao.client.post(address, {"ids": [str(first), str(second)], "up": str(first)})
    assert order() == [first, second]


@pytest.mark.usefixtures("rules")
def test_who_gives_a_new_customer_away_is_told_to_whom(cast: Company) -> None:
    page = cast.lin.client.get(reverse("customers:create")).content.decode()
    assert 'value="rules"' in page
    sent = {"name": "新客户", "kind": "person", "status": "potential", "phone": "13812345678"}
    own = cast.lin.client.post(reverse("customers:create"), {**sent, "owner_id": str(cast.lin.member.pk)})
    given = cast.lin.client.post(reverse("customers:create"), {**sent, "owner_id": "rules"}, follow=True)
    assert "陈晨" in given.content.decode()
    with cast.scope():
        owners = list(Customer.objects.order_by("created_at").values_list("owner_id", flat=True))
        assert owners == [cast.lin.member.pk, cast.chen.member.pk]
        assert own["Location"] == reverse(
            "customers:record", args=[Customer.objects.earliest("created_at").pk]
        )


@pytest.mark.usefixtures("rules")
def test_the_record_says_why(cast: Company, now: Now) -> None:
    with cast.scope():
        made = actions.create_customer(actor=cast.gao.actor, name="甲", now=now)
    page = cast.gao.client.get(reverse("customers:record", args=[made.pk]), {"tab": "access"})
    text = page.content.decode()
    assert text.count("给陈晨，轮到了") == 2, "on the tab and on the timeline"


@pytest.mark.usefixtures("rules")
def test_ticked_customers_go_by_the_rules(cast: Company, now: Now) -> None:
    with cast.scope():
        made = actions.create_customer(actor=cast.lin.actor, name="甲", now=now)
    sent = {"action": "assign", "owner": "rules", "ids": str(made.pk)}
    assert cast.ma.client.post(reverse("customers:bulk"), sent).status_code == 403
    assert cast.gao.client.post(reverse("customers:bulk"), sent).status_code == 302
    with cast.scope():
        made.refresh_from_db()
        assert made.owner_id == cast.chen.member.pk


@pytest.mark.usefixtures("rules")
def test_a_program_is_answered_also_when_the_customer_went_beyond_reach(cast: Company) -> None:
    address = reverse("api:create_customer")
    sent = {"name": "新客户", "by_rules": True}
    answer = cast.lin.client.post(address, sent, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["owner_id"] == str(cast.chen.member.pk)
    assert cast.gao.client.post(address, {"name": "乙"}, content_type="application/json").json()[
        "owner_id"
    ] == str(cast.chen.member.pk)
