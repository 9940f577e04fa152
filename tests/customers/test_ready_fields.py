"""Ready-made fields: taken, translated, filled in, moved by section; a new company has the core of them."""

import datetime

import pytest
from django.utils.translation import override

from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.fields import registry, shown
from zhiyin.customers.handlers import start_with_core_fields
from zhiyin.customers.models import CustomField
from zhiyin.customers.ready import READY
from zhiyin.platform.errors import Invalid
from zhiyin.platform.keys import uuid7
from zhiyin.platform.outbox import Delivered

Now = datetime.datetime


def add(company: Company, now: Now, *codes: str) -> list[CustomField]:
    return actions.add_ready_fields(actor=company.gao.actor, codes=codes, now=now)


def test_every_ready_field_stands_as_a_field(inside: Company, now: Now) -> None:
    assert len(add(inside, now, *READY)) == len(READY)
    assert add(inside, now, *READY) == [], "none twice"
    for each in CustomField.objects.all():
        with override("zh-hans"):
            rules = FieldRules(
                each.label, each.section, each.kind, options=tuple(map(each.words, each.options)), hint=each.words(each.hint),
                least=each.least, most=each.most, pattern=each.pattern,
            )  # fmt: skip
            actions.change_field(actor=inside.gao.actor, field_id=each.pk, rules=rules, now=now)
        kept = CustomField.objects.get(pk=each.pk)
        assert (kept.version, kept.label_kept) == (each.version, READY[each.ready].label)


def test_it_is_read_and_written_in_each_language(inside: Company, now: Now) -> None:
    add(inside, now, "marital_status", "hobbies")
    customer = actions.create_customer(
        actor=inside.lin.actor, name="王", fields={"marital_status": "已婚", "hobbies": "茶\nMusic"}, now=now
    )
    assert customer.custom == {"marital_status": "Married", "hobbies": ["Music", "Tea"]}
    known = {each.key: each for each in registry(inside.lin.actor).own()}
    for language, label, words in (("zh-hans", "婚姻状况", "已婚"), ("en", "Marital status", "Married")):
        with override(language):
            own = known["marital_status"]
            assert (own.label, shown(own, "Married")) == (label, words)


def test_a_renamed_one_keeps_its_name(inside: Company, now: Now) -> None:
    (field,) = add(inside, now, "employees")
    changed = actions.change_field(
        actor=inside.gao.actor, field_id=field.pk, rules=FieldRules("Staff", "House"), now=now
    )
    for language in ("zh-hans", "en"):
        with override(language):
            assert (changed.label, changed.section) == ("Staff", "House")


def test_one_whose_name_is_taken_is_left_out(inside: Company, now: Now) -> None:
    with override("en"):
        actions.create_field(
            actor=inside.gao.actor, type="text", rules=FieldRules("gender"), key="sex", now=now
        )
        assert [each.key for each in add(inside, now, "gender", "birthday")] == ["birthday"]
    with pytest.raises(Invalid):
        add(inside, now, "shoe_size")


def test_a_new_company_has_the_core(inside: Company, now: Now) -> None:
    event = Delivered(
        uuid7(), "accounts.tenant_created", inside.gao.actor.tenant_id, now, "", "tenant", None, {}, 1
    )
    for _again in range(2):
        start_with_core_fields(event)
    assert {each.ready for each in registry(inside.lin.actor).own()} == {
        each.code for each in READY.values() if each.core
    }
    assert {each.code for each in queries.ready_to_add(queries.all_fields(inside.gao.actor))} == {
        each.code for each in READY.values() if not each.core
    }


def test_sections_change_places(inside: Company, now: Now) -> None:
    with override("en"):
        add(inside, now, "gender", "job_title", "birthday", "children")
        for section, up in (("Career", True), ("Career", True), ("Personal basics", False)):
            actions.move_section(actor=inside.gao.actor, section=section, up=up, now=now)
        assert list(registry(inside.lin.actor).sections()) == ["Career", "Family", "Personal basics"]
        assert [each.key for each in registry(inside.lin.actor).sections()["Personal basics"]] == [
            "gender",
            "birthday",
        ]
