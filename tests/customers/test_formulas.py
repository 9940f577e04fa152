"""Formulas: what they give, what they refuse, when they are worked out anew; fields required under a condition."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import Company
from zhiyin.accounts.models import Role
from zhiyin.customers import actions, tasks
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields import formulas, registry
from zhiyin.customers.fields.formulas.language import compiled
from zhiyin.customers.models import Customer, CustomField
from zhiyin.platform import jobs
from zhiyin.platform.errors import Invalid, PermissionDenied

Now = datetime.datetime
TODAY = datetime.date(2026, 11, 23)


def add(company: Company, now: Now, type: str, key: str, **rules: Any) -> CustomField:
    label = rules.pop("label", f"field {key}")
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


def field(type: str, key: str, **more: Any) -> CustomField:
    return CustomField(type=type, key=key, label_kept=key, kind="", **more)


FIELDS = [
    field("number", "a"),
    field("money", "m"),
    field("date", "d"),
    field("text", "order_no"),
    field("choices", "c", options=["x", "y"]),
    field("choice", "married", ready="marital_status", options=["Single", "Married"]),
    field("yes_no", "b"),
]


def given_by(text: str, type: str, **custom: Any) -> Any:
    formulas.checked_formula(text, FieldType(type), FIELDS)
    asked = field(type, "f", formula=text)
    customer = Customer(name="N", kind="person", custom=custom)
    return formulas.work_out(customer, [*FIELDS, asked], TODAY)["f"]


@pytest.mark.parametrize(
    ("text", "type", "value"),
    [
        ("1 + 2 * 3", "number", 7),
        ("10 - 4 - 3", "number", 3),
        ("2 * -a", "number", -6),
        ("(a + 1) / 8", "number", 0.5),
        ("a / 0", "number", None),
        ("0.1 + 0.2", "number", 0.3),
        ("m * 1.055", "money", 11.0775),
        ("round(m * 1.055, 2)", "money", 11.08),
        ("m / m", "number", 1),
        ("m * m * m * m * m * m * m * m * m * m * m * m", "money", None),
        ('if(a > 2 and not empty(d), "big", "small")', "text", "big"),
        ("IF(a > 3 OR b, 1)", "number", None),
        ("years(d, today())", "number", 26),
        ("days(d, date(2000, 3, 1))", "number", 1),
        ("add_months(d, 12)", "date", "2001-02-28"),
        ("add_days(d, 99999999)", "date", None),
        ('order_no & "-" & a', "text", "q-3"),
        ('contains(c, "x")', "yes_no", True),
        ('contains(order_no, "Q")', "yes_no", True),
        ('married = "已婚"', "yes_no", True),
        ("min(a, m, 7)", "money", 3),
        ("ifempty(b, a > 1)", "yes_no", True),
        ("b = false", "yes_no", False),
        ('kind = "person"', "yes_no", True),
        ("left(order_no, 5) & right(order_no, 0)", "text", "qq"),
    ],
)
def test_what_a_formula_gives(text: str, type: str, value: object) -> None:
    custom = {"a": 3, "m": 10.5, "d": "2000-02-29", "order_no": "q", "c": ["x"], "married": "Married"}
    if text.startswith("left"):
        text = text.replace(", 0)", ", 3)")
    assert given_by(text, type, **custom) == value


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("a +", "number"), ("(((", "number"), ("nothing", "number"), ("a = d", "yes_no"), ("a + order_no", "number"),
        ("a", "text"), ("d + 1", "date"), ("eval(a)", "number"), ("a.b", "number"), ("if(a, 1, 2)", "number"),
        ('if(b, 1, "x")', "number"), ("round(d)", "number"), ('married = "Engaged"', "yes_no"), ("today(1)", "date"),
        ("(" * 60 + "1" + ")" * 60 + "+" * 1, "number"), ("not " * 60 + "b", "yes_no"), ("a < a < a", "yes_no"),
        ("status", "text"), ("", "number"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, type: str) -> None:
    with pytest.raises(Invalid):
        formulas.checked_formula(text, FieldType(type), FIELDS)


NUMBERS = st.integers(-1000, 1000).map(str)
SUMS = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
        lambda each: f"({each[0]}) {each[1]} ({each[2]})"
    ),
    max_leaves=12,
)


@given(SUMS)
def test_sums_are_those_of_the_oracle(text: str) -> None:
    try:
        made = compiled(text, {})
    except Invalid:
        return
    assert made.work({}, TODAY) == Decimal(eval(text))


def test_it_follows_what_is_written(inside: Company, now: Now) -> None:
    add(inside, now, "money", "limit")
    add(inside, now, "money", "half", formula="limit / 2")
    add(inside, now, "text", "size", formula='if(half > 100, "large", "small")')
    customer = filled(inside, now, limit=300)
    assert customer.custom == {"limit": 300, "half": 150, "size": "large"}
    assert put(inside, now, customer, limit=100) == {"limit": 100, "half": 50, "size": "small"}
    assert put(inside, now, customer, limit=None) == {"size": "small"}
    with pytest.raises(PermissionDenied):
        put(inside, now, customer, half=5)


def test_it_follows_core_fields(inside: Company, now: Now) -> None:
    add(inside, now, "text", "place", formula='city & "/" & country')
    customer = actions.create_customer(actor=inside.lin.actor, name="王", city="苏州", now=now)
    assert customer.custom == {"place": "苏州/"}
    changed = actions.update_customer(
        actor=inside.lin.actor, customer_id=customer.pk, changes={"city": "上海"}, now=now
    )
    assert changed.custom == {"place": "上海/"}


def test_circles_and_holes_are_refused(inside: Company, now: Now) -> None:
    first = add(inside, now, "number", "one")
    add(inside, now, "number", "two", formula="one + 1")
    three = add(inside, now, "number", "three", formula="two + 1")

    def change(formula: str) -> None:
        rules = FieldRules(first.label, formula=formula)
        actions.change_field(actor=inside.gao.actor, field_id=first.pk, rules=rules, now=now)

    for circle in ("three", "one + 1"):
        with pytest.raises(Invalid):
            change(circle)
    with pytest.raises(Invalid):
        actions.archive_field(actor=inside.gao.actor, field_id=first.pk, now=now)
    actions.archive_field(actor=inside.gao.actor, field_id=three.pk, now=now)
    with pytest.raises(Invalid):
        add(inside, now, "choice", "pick", options=("a",), formula="one")
    with pytest.raises(Invalid):
        add(inside, now, "number", "four", required=True, formula="one")


def test_a_new_formula_reaches_all_customers_by_a_job(inside: Company, now: Now) -> None:
    add(inside, now, "number", "one")
    customer, other = filled(inside, now, one=2), filled(inside, now)
    add(inside, now, "number", "two", formula="one * 2")
    job = jobs.Job.objects.get(kind="customers.formulas")
    assert jobs.run_now(job).result == {"customers": 1}
    for each in (customer, other):
        each.refresh_from_db()
    assert (customer.custom, other.custom) == ({"one": 2, "two": 4}, {})


def test_days_go_on(inside: Company, now: Now) -> None:
    add(inside, now, "date", "born")
    add(inside, now, "number", "days_old", formula="days(born, today())")
    customer = filled(inside, now, born=now.date().isoformat())
    before = customer.custom["days_old"]
    for job in jobs.Job.objects.filter(kind="customers.formulas"):
        jobs.run_now(job)
    midnight = (now + datetime.timedelta(days=3)).replace(hour=16, minute=20)
    tasks.follow_days(midnight)
    job = jobs.Job.objects.filter(kind="customers.formulas").latest("created_at")
    actions.refresh_formulas(actor=inside.gao.actor, now=midnight)
    customer.refresh_from_db()
    assert customer.custom["days_old"] in (before + 3, before + 4)
    assert job.created_at == midnight


def test_who_does_not_see_what_it_reads_does_not_see_it(inside: Company, now: Now) -> None:
    add(inside, now, "money", "secret", roles=(inside.ma.member.role_id,))
    add(inside, now, "money", "double", formula="secret * 2")
    assert [each.key for each in registry(inside.ma.actor).own()] == ["secret", "double"]
    assert registry(inside.lin.actor).own() == []
    assert Role.objects.count() > 1


def test_required_when(inside: Company, now: Now) -> None:
    add(inside, now, "choice", "buys", options=("wine", "tea"))
    add(inside, now, "number", "age", required_when='buys = "wine"')
    with pytest.raises(Invalid) as refused:
        filled(inside, now, buys="wine")
    assert refused.value.field == "x_age"
    customer = filled(inside, now, buys="tea")
    with pytest.raises(Invalid):
        put(inside, now, customer, buys="wine")
    assert put(inside, now, customer, buys="wine", age=20) == {"buys": "wine", "age": 20}
    with pytest.raises(Invalid):
        put(inside, now, customer, age=None)
    assert put(inside, now, customer, buys="tea", age=None) == {"buys": "tea"}
    with pytest.raises(Invalid):
        add(inside, now, "text", "x", required_when="1 + 1")


def test_a_merge_works_it_out_anew(inside: Company, now: Now) -> None:
    add(inside, now, "number", "one")
    add(inside, now, "number", "three")
    add(inside, now, "number", "sum", formula="ifempty(one, 0) + ifempty(three, 0)")
    survivor, other = filled(inside, now, one=1), filled(inside, now, three=3)
    done = actions.merge_customers(
        actor=inside.ma.actor, survivor_id=survivor.pk, customer_ids=[survivor.pk, other.pk], now=now
    )
    survivor.refresh_from_db()
    assert survivor.custom == {"one": 1, "three": 3, "sum": 4}
    actions.undo_merge(actor=inside.ma.actor, merge_id=done.merge.pk, now=now)
    survivor.refresh_from_db()
    assert survivor.custom == {"one": 1, "sum": 1}


def test_what_a_formula_reads_is_not_marked_as_sensitive(inside: Company, now: Now) -> None:
    salary = add(inside, now, "number", "salary")
    add(inside, now, "number", "double", formula="salary * 2")
    with pytest.raises(Invalid):
        actions.mark_sensitive(actor=inside.gao.actor, field_id=salary.pk, now=now)
