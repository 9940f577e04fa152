"""A company's own fields: defined, filled in, refused, hidden, archived."""

import datetime
from typing import Any

import pytest

from tests.cast import Company
from zhiyin.customers import actions
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.actions.fields import FieldTaken
from zhiyin.customers.fields import registry
from zhiyin.customers.models import Customer, CustomField
from zhiyin.platform.errors import Conflict, Invalid, PermissionDenied
from zhiyin.platform.models import AuditEntry

Now = datetime.datetime


def add(company: Company, now: Now, type: str, label: str, key: str = "", **rules: Any) -> CustomField:
    return actions.create_field(
        actor=company.gao.actor, type=type, key=key, rules=FieldRules(label, **rules), now=now
    )


def filled(company: Company, now: Now, **values: Any) -> Customer:
    return actions.create_customer(actor=company.lin.actor, name="王小明", fields=values, now=now)


def put(company: Company, now: Now, customer: Customer, **values: Any) -> dict[str, Any]:
    changed = actions.update_customer(
        actor=company.lin.actor, customer_id=customer.pk, changes={}, fields=values, now=now
    )
    return dict(changed.custom)


def test_each_type_keeps_one_form_of_a_value(inside: Company, now: Now) -> None:
    for type in ("text", "long_text", "number", "money", "date", "yes_no"):
        add(inside, now, type, f"field {type}", key=type)
    add(inside, now, "choice", "School", key="choice", options=("北大", "清华"))
    add(inside, now, "choices", "Hobbies", key="choices", options=("棋", "茶", "书"))
    customer = filled(
        inside, now, text="  a   b ", long_text=" a\r\nb ", number="1,234.50", money=3, date=" 2026-02-28",
        yes_no="no", choice="北大", choices="书\n棋",
    )  # fmt: skip
    customer.refresh_from_db()
    assert customer.custom == {
        "text": "a b", "long_text": "a\nb", "number": 1234.5, "money": 3, "date": "2026-02-28", "yes_no": False,
        "choice": "北大", "choices": ["棋", "书"],
    }  # fmt: skip
    assert "choice" not in put(inside, now, customer, choice=None), "nothing is not kept"


@pytest.mark.parametrize(
    ("type", "rules", "value"),
    [
        ("text", {"most": "3"}, "abcd"),
        ("text", {"least": "3"}, "ab"),
        ("text", {"pattern": r"\d{4}"}, "12345"),
        ("text", {"pattern": r"(a+)+b"}, "a" * 200),
        ("text", {}, "a\0b"),
        ("text", {}, 5),
        ("number", {"least": "-1", "most": "10"}, "-1.5"),
        ("number", {"most": "10"}, 11),
        ("number", {}, "NaN"),
        ("number", {}, True),
        ("number", {}, "1e30"),
        ("number", {}, "0.00001"),
        ("date", {"least": "2026-01-01"}, "2025-12-31"),
        ("date", {}, "31.12.2025"),
        ("choice", {"options": ("a",)}, "b"),
        ("choices", {"options": ("a",)}, ["a", "b"]),
        ("yes_no", {}, "perhaps"),
        ("text", {"required": True}, " "),
    ],
)
def test_what_breaks_a_rule_is_refused_beside_its_field(
    inside: Company, now: Now, type: str, rules: dict[str, Any], value: object
) -> None:
    add(inside, now, type, "Field", key="f", **rules)
    with pytest.raises(Invalid) as refused:
        filled(inside, now, f=value)
    assert refused.value.field == "x_f"


def test_required_and_default(inside: Company, now: Now) -> None:
    add(inside, now, "text", "Hometown", key="home", required=True)
    add(inside, now, "number", "Children", key="children", default="0")
    with pytest.raises(Invalid):
        filled(inside, now)
    customer = filled(inside, now, home="苏州")
    assert customer.custom == {"home": "苏州", "children": 0}
    assert put(inside, now, customer, children=2) == {"home": "苏州", "children": 2}
    with pytest.raises(Invalid):
        put(inside, now, customer, home="")
    known_by_nobody = actions.create_customer(actor=inside.lin.actor, name="张", now=now)
    assert known_by_nobody.custom == {}, "an order's new customer is not asked"


def test_of_persons_or_of_organisations(inside: Company, now: Now) -> None:
    add(inside, now, "number", "Employees", key="staff", kind="organisation", required=True)
    with pytest.raises(Invalid):
        filled(inside, now, staff=5)
    assert filled(inside, now).custom == {}


def test_a_role_that_is_not_named_neither_reads_nor_writes(inside: Company, now: Now) -> None:
    role = inside.ma.member.role_id
    add(inside, now, "text", "Secret", key="secret", roles=(role,))
    assert [each.key for each in registry(inside.ma.actor).own()] == ["secret"]
    assert registry(inside.lin.actor).own() == []
    with pytest.raises(Invalid, match=r"no such field|没有"):
        filled(inside, now, secret="x")
    customer = filled(inside, now)
    actions.update_customer(
        actor=inside.ma.actor, customer_id=customer.pk, changes={}, fields={"secret": "x"}, now=now
    )
    assert put(inside, now, customer) == {"secret": "x"}


def test_history_says_what_it_was(inside: Company, now: Now) -> None:
    add(inside, now, "number", "Children", key="children")
    customer = filled(inside, now, children=1)
    put(inside, now, customer, children=2)
    assert AuditEntry.objects.filter(subject_id=customer.pk).latest("id").changes == {"x_children": [1, 2]}
    entries = AuditEntry.objects.count()
    put(inside, now, customer, children="2.0")
    assert AuditEntry.objects.count() == entries, "the same value is no change"


def test_a_choice_offered_no_more_stays_where_it_is(inside: Company, now: Now) -> None:
    field = add(inside, now, "choice", "School", key="school", options=("北大", "清华"))
    customer, other = filled(inside, now, school="北大"), filled(inside, now)
    rules = FieldRules("School", options=("清华",))
    actions.change_field(
        actor=inside.gao.actor, field_id=field.pk, rules=rules, version=field.version, now=now
    )
    assert put(inside, now, customer, school="北大") == {"school": "北大"}
    with pytest.raises(Invalid):
        put(inside, now, other, school="北大")
    with pytest.raises(Conflict):
        actions.change_field(
            actor=inside.gao.actor, field_id=field.pk, rules=rules, version=field.version, now=now
        )


def test_archived_and_back(inside: Company, now: Now) -> None:
    field = add(inside, now, "text", "School", key="school")
    customer = filled(inside, now, school="北大")
    actions.archive_field(actor=inside.gao.actor, field_id=field.pk, now=now)
    assert registry(inside.lin.actor).own() == []
    with pytest.raises(Invalid):
        put(inside, now, customer, school="清华")
    add(inside, now, "text", "School")
    with pytest.raises(FieldTaken):
        actions.restore_field(actor=inside.gao.actor, field_id=field.pk, now=now)
    customer.refresh_from_db()
    assert customer.custom == {"school": "北大"}


def test_order_within_a_section(inside: Company, now: Now) -> None:
    first = add(inside, now, "text", "A", section="Life")
    add(inside, now, "text", "B")
    last = add(inside, now, "text", "C", section="Life")
    actions.move_field(actor=inside.gao.actor, field_id=last.pk, up=True, now=now)
    sections = registry(inside.lin.actor).sections()
    assert [each.label for each in sections["Life"]] == ["C", "A"]
    actions.move_field(actor=inside.gao.actor, field_id=first.pk, up=False, now=now)
    assert [each.label for each in registry(inside.lin.actor).sections()["Life"]] == ["C", "A"]


def test_keys_and_who_may(inside: Company, now: Now) -> None:
    assert add(inside, now, "text", "毕业院校").key == "bi_ye_yuan_xiao"
    assert add(inside, now, "text", "毕业-院校").key == "bi_ye_yuan_xiao_2"
    with pytest.raises(FieldTaken):
        add(inside, now, "text", "毕业院校")
    with pytest.raises(Invalid):
        add(inside, now, "text", "X", key="No!")
    with pytest.raises(Invalid):
        add(inside, now, "text", "X", pattern="(")
    with pytest.raises(Invalid):
        add(inside, now, "number", "X", least="5", most="1")
    with pytest.raises(Invalid):
        add(inside, now, "choice", "X")
    with pytest.raises(Invalid):
        add(inside, now, "number", "X", default="many")
    with pytest.raises(PermissionDenied):
        actions.create_field(actor=inside.lin.actor, type="text", rules=FieldRules("X"), now=now)
