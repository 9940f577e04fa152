"""The consent ledger: answers written, refused, held; what holds of them; and purposes."""

import datetime
import itertools
import json
import random
import uuid
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from tests.cast import Company, Person
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import Answer, PurposeRules
from zhiyin.customers.actions.purposes import PurposeTaken
from zhiyin.customers.choices import ConsentAnswer, ConsentChannel
from zhiyin.customers.filters.consents import contactable
from zhiyin.customers.models import Consent, Customer, Purpose, TimelineEvent
from zhiyin.customers.queries.listing import CustomerFilter
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, OutboxEvent

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def wang(inside: Company, now: Now) -> Customer:
    return actions.create_customer(actor=inside.lin.actor, name="王小明", now=now)


@pytest.fixture
def purpose(inside: Company) -> dict[str, Purpose]:
    return {each.code: each for each in queries.purposes()}


def say(
    by: Person,
    customer: Customer,
    purpose: Purpose | None,
    answer: str,
    *channels: str,
    now: Now,
    **more: Any,
) -> list[Consent]:
    return actions.record_consent(
        actor=by.actor,
        customer_id=customer.pk,
        purpose_id=purpose.pk if purpose else None,
        answer=Answer(answer, "talk", channels, **more),
        now=now,
    )


def allowed(customer: Customer, purpose: Purpose) -> set[str]:
    standing = queries.standing(customer.pk)
    return {each for each in ConsentChannel.values if standing.verdict(purpose, each).allowed}


def test_every_company_begins_with_the_standard_purposes(purpose: dict[str, Purpose]) -> None:
    assert {code: each.basis for code, each in purpose.items()} == {
        "news": "consent", "survey": "consent", "service": "contract", "profiling": "interest",
    }  # fmt: skip


def test_unasked_the_legal_basis_decides(wang: Customer, purpose: dict[str, Purpose]) -> None:
    assert allowed(wang, purpose["news"]) == set()
    assert allowed(wang, purpose["service"]) == set(ConsentChannel.values)


def test_an_answer_leaves_entry_trail_touch_and_event(
    inside: Company, wang: Customer, purpose: dict[str, Purpose], now: Now
) -> None:
    actions.change_purpose(
        actor=inside.gao.actor,
        purpose_id=purpose["news"].pk,
        rules=PurposeRules("", "consent", "我们可以给您发送新品消息吗？"),
        now=now,
    )
    made = say(inside.lin, wang, purpose["news"], "given", "sms", "email", now=now, proof=" 表格  17 ")
    assert [each.channel for each in made] == ["sms", "email"]
    assert {each.wording for each in made} == {"我们可以给您发送新品消息吗？"}
    assert made[0].proof == "表格 17"
    assert allowed(wang, purpose["news"]) == {"sms", "email"}
    assert TimelineEvent.objects.filter(customer=wang.pk, kind="consent").count() == 2
    entry = AuditEntry.objects.filter(action="customers.consent_recorded").latest("id")
    assert entry.subject_id == wang.pk
    assert entry.changes["consent"] == [None, "given"]
    assert OutboxEvent.objects.filter(name="customers.consent_recorded").count() == 2


def test_the_later_answer_holds_and_one_written_down_late_does_not_beat_it(
    inside: Company, wang: Customer, purpose: dict[str, Purpose], now: Now
) -> None:
    today = timezone.localdate(now)
    say(inside.lin, wang, purpose["news"], "given", now=now)
    say(inside.lin, wang, purpose["news"], "withdrawn", "phone", now=now + datetime.timedelta(hours=1))
    assert allowed(wang, purpose["news"]) == {"sms", "email", "wechat", "post"}
    say(inside.lin, wang, purpose["news"], "given", "phone", answered_on=today - DAY, now=now + 2 * DAY)
    assert "phone" not in allowed(wang, purpose["news"])
    say(inside.lin, wang, purpose["news"], "refused", now=now + 3 * DAY)
    assert allowed(wang, purpose["news"]) == set()


def test_do_not_contact_goes_before_everything_until_it_is_lifted(
    inside: Company, wang: Customer, purpose: dict[str, Purpose], now: Now
) -> None:
    say(inside.lin, wang, purpose["news"], "given", now=now)
    say(inside.lin, wang, None, "refused", "phone", now=now)
    assert "phone" not in allowed(wang, purpose["service"])
    assert not queries.standing(wang.pk).is_barred
    say(inside.lin, wang, None, "refused", now=now + DAY)
    standing = queries.standing(wang.pk)
    assert standing.is_barred
    assert allowed(wang, purpose["service"]) == allowed(wang, purpose["news"]) == set()
    say(inside.lin, wang, None, "given", now=now + 2 * DAY)
    assert allowed(wang, purpose["news"]) == {"sms", "email", "wechat", "post"}, "the phone is barred still"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("answer", {"answer": "perhaps"}),
        ("source", {"source": "dream"}),
        ("channels", {"channels": ["drum"]}),
        ("answered_on", {"answered_on": datetime.date(2199, 1, 1)}),
        ("answered_on", {"answered_on": datetime.date(1899, 12, 31)}),
        ("wording", {"wording": "长" * 4001}),
        ("proof", {"proof": "\0"}),
    ],
)
def test_a_wrong_answer_is_refused_and_writes_nothing(
    inside: Company, wang: Customer, purpose: dict[str, Purpose], now: Now, field: str, given: dict[str, Any]
) -> None:
    answer = Answer(**{"answer": "given", "source": "talk", **given})
    with pytest.raises(Invalid) as refused:
        actions.record_consent(
            actor=inside.lin.actor, customer_id=wang.pk, purpose_id=purpose["news"].pk, answer=answer, now=now
        )
    assert refused.value.field == field
    assert not Consent.objects.exists()


def test_who_may_not_reach_the_customer_or_edit_cannot_answer(
    inside: Company, wang: Customer, purpose: dict[str, Purpose], now: Now
) -> None:
    with pytest.raises(NotFound):
        say(inside.chen, wang, purpose["news"], "given", now=now)
    with pytest.raises(PermissionDenied):
        say(inside.xu, wang, purpose["news"], "given", now=now)
    with pytest.raises(NotFound):
        actions.record_consent(
            actor=inside.lin.actor,
            customer_id=wang.pk,
            purpose_id=uuid.uuid4(),
            answer=Answer("given", "talk"),
            now=now,
        )


def test_an_entry_is_never_changed_but_a_merge_may_move_it(
    inside: Company, wang: Customer, purpose: dict[str, Purpose], now: Now
) -> None:
    say(inside.lin, wang, purpose["news"], "refused", now=now)
    for change in ("answer = 'given'", "answered_at = now()", "wording = 'x'"):
        with (
            pytest.raises(ProgrammingError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE customers_consent SET {change}")
    other = actions.create_customer(actor=inside.lin.actor, name="王小明", now=now)
    assert Consent.objects.update(customer=other) == 1


def test_sets_and_single_customers_are_judged_alike(
    inside: Company, purpose: dict[str, Purpose], now: Now
) -> None:
    """Against random ledgers: the set-based statement says what the rule says of each."""
    chance = random.Random(7)
    people = [actions.create_customer(actor=inside.gao.actor, name=f"客户{n}", now=now) for n in range(25)]
    ways = list(itertools.product([None, purpose["news"], purpose["service"]], ["", "sms", "email"]))
    for number in range(150):
        about, channel = chance.choice(ways)
        say(
            inside.gao, chance.choice(people), about, chance.choice(ConsentAnswer.values),
            *filter(None, [channel]), now=now + number * datetime.timedelta(minutes=1),
        )  # fmt: skip
    for each, channel in itertools.product(purpose.values(), ("sms", "email", "post")):
        found = set(
            access.customers(inside.gao.actor).filter(contactable(each, channel)).values_list("pk", flat=True)
        )
        assert found == {one.pk for one in people if queries.standing(one.pk).verdict(each, channel).allowed}


def test_a_purpose_is_named_once_changed_and_archived(
    inside: Company, wang: Customer, purpose: dict[str, Purpose], now: Now
) -> None:
    made = actions.create_purpose(
        actor=inside.gao.actor, rules=PurposeRules(" 会员  日 ", "consent"), now=now
    )
    assert made.name == "会员 日"
    with pytest.raises(PurposeTaken):
        actions.create_purpose(actor=inside.gao.actor, rules=PurposeRules("会员 日", "law"), now=now)
    with pytest.raises(Invalid):
        actions.create_purpose(actor=inside.gao.actor, rules=PurposeRules(" ", "law"), now=now)
    with pytest.raises(Invalid):
        actions.create_purpose(actor=inside.gao.actor, rules=PurposeRules("甲", "whim"), now=now)
    with pytest.raises(Conflict):
        actions.archive_purpose(actor=inside.gao.actor, purpose_id=made.pk, version="old", now=now)
    with pytest.raises(PermissionDenied):
        actions.archive_purpose(actor=inside.ma.actor, purpose_id=made.pk, now=now)
    actions.archive_purpose(actor=inside.gao.actor, purpose_id=made.pk, now=now)
    with pytest.raises(NotFound):
        say(inside.lin, wang, made, "given", now=now)
    actions.restore_purpose(actor=inside.gao.actor, purpose_id=made.pk, now=now)
    assert say(inside.lin, wang, made, "given", now=now)


def test_a_list_is_narrowed_to_who_may_be_contacted(
    inside: Company, wang: Customer, purpose: dict[str, Purpose], now: Now
) -> None:
    actions.create_customer(actor=inside.lin.actor, name="李雷", now=now)
    say(inside.lin, wang, purpose["news"], "given", "sms", now=now)

    def names(op: str, channel: str) -> list[str]:
        asked = {"field": "contactable", "op": op, "value": [f"{purpose['news'].pk}:{channel}"]}
        where = CustomerFilter(filter=json.dumps({"of": [asked]}))
        return [row["name"] for row in queries.list_customers(inside.lin.actor, where).rows]

    assert names("in", "sms") == ["王小明"]
    assert names("in", "email") == []
    assert names("not_in", "sms") == ["李雷"]
