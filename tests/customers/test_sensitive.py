"""Sensitive values: checked, masked, looked at with a trace, and nowhere else in clear."""

import dataclasses
import datetime
import io
import json
import random
from typing import Any

import pytest
from django.db import connection

from tests.cast import Company
from zhiyin.customers import actions, exports, fields, filters, queries
from zhiyin.customers.actions import marks
from zhiyin.customers.actions.sensitive import encrypt_again
from zhiyin.customers.fields.sensitive import BUILT_IN, Sensitive, read_sensitive
from zhiyin.customers.models import Customer, CustomField, SensitiveIndex, SensitiveValue
from zhiyin.platform import crypto
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, OutboxEvent, SubjectKey

Now = datetime.datetime
NUMBER, OTHER = "11010519491231002X", "440524188001010014"
CARD = "6222021234567890128"
FIELDS = {each.name: each for each in BUILT_IN}


@pytest.fixture
def wang(inside: Company, now: Now) -> Customer:
    return actions.create_customer(actor=inside.lin.actor, name="王小明", now=now)


def put(company: Company, customer: Customer, value: str, now: Now, name: str = "id_number") -> Any:
    return actions.set_sensitive(
        actor=company.lin.actor, customer_id=customer.pk, name=name, value=value, now=now
    )


def shown(company: Company, customer: Customer) -> dict[str, str]:
    return {each.field.name: each.mask for each in queries.sensitive_of(company.lin.actor, customer.pk)}


def revealed(actor: Actor, customer: Customer, now: Now, reason: str = "") -> str:
    return actions.reveal_sensitive(
        actor=actor, customer_id=customer.pk, name="id_number", reason=reason, now=now
    )


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("id_number", "11010519491231002x", NUMBER),
        ("id_number", " 440524 18800101 0014 ", OTHER),
        ("id_number", "e 1234-5678", "E12345678"),
        ("bank_account", "6222 0212 3456 7890 128", CARD),
        ("bank_account", "GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("bank_account", "1001 2450 0920 0123 456", "1001245009200123456"),
        ("bank_account", "", ""),
    ],
)
def test_values_are_kept_in_one_form(field: str, given: str, kept: str) -> None:
    assert read_sensitive(FIELDS[field], given) == kept


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("id_number", "110105194912310021"),
        ("id_number", "11010519491331002X"),
        ("id_number", "1101051949123100"),
        ("id_number", "12"),
        ("id_number", "身份证号码不知道"),
        ("bank_account", "6222021234567890127"),
        ("bank_account", "GB82WEST12345698765433"),
        ("bank_account", "abc"),
    ],
)
def test_what_was_mistyped_is_refused_and_not_repeated(field: str, given: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_sensitive(FIELDS[field], given)
    assert given not in str(refused.value.message)
    assert refused.value.field == field


def test_each_mistyped_digit_of_a_resident_number_is_found() -> None:
    """The check digit finds every single wrong digit and every two neighbours swapped (GB 11643-1999)."""
    field: Sensitive = FIELDS["id_number"]
    for place in range(17):
        wrong = NUMBER[:place] + str((int(NUMBER[place]) + random.Random(place).randint(1, 9)) % 10)
        with pytest.raises(Invalid):
            read_sensitive(field, wrong + NUMBER[place + 1 :])


def test_a_page_shows_a_mask(inside: Company, wang: Customer, now: Now) -> None:
    assert shown(inside, wang) == {"id_number": "", "bank_account": ""}
    put(inside, wang, NUMBER, now)
    put(inside, wang, CARD, now, "bank_account")
    assert shown(inside, wang) == {"id_number": "1101**********002X", "bank_account": "6222 **** **** 0128"}
    put(inside, wang, "E12345678", now)
    assert shown(inside, wang)["id_number"] == "E1***"


def test_who_looks_is_audited_without_the_value(inside: Company, wang: Customer, now: Now) -> None:
    put(inside, wang, NUMBER, now)
    with pytest.raises(PermissionDenied):
        revealed(inside.lin.actor, wang, now)
    assert revealed(inside.ma.actor, wang, now, "合同") == NUMBER
    entry = AuditEntry.objects.get(action="customers.sensitive_revealed")
    assert (entry.actor_id, entry.subject_id) == (inside.ma.actor.member_id, wang.pk)
    assert entry.changes == {"field": [None, "id_number"], "why": [None, "合同"]}


def test_a_company_may_ask_for_a_reason(inside: Company, wang: Customer, now: Now) -> None:
    put(inside, wang, NUMBER, now)
    actions.change_sensitive_rules(actor=inside.gao.actor, ask_reason=True, now=now)
    for reason in ("", "  "):
        with pytest.raises(Invalid) as refused:
            revealed(inside.ma.actor, wang, now, reason)
        assert refused.value.field == "reason"
    assert not AuditEntry.objects.filter(action="customers.sensitive_revealed").exists()
    assert revealed(inside.ma.actor, wang, now, "合同") == NUMBER


def test_a_change_is_undone_unless_another_followed(inside: Company, wang: Customer, now: Now) -> None:
    later = now + datetime.timedelta(minutes=1)
    put(inside, wang, NUMBER, now)
    kept = put(inside, wang, OTHER, later)
    assert put(inside, wang, OTHER, later) is None, "nothing changed"
    actions.undo_change(actor=inside.lin.actor, undo_id=kept.pk, now=later)
    assert revealed(inside.ma.actor, wang, later) == NUMBER
    gone = put(inside, wang, "", later)
    assert shown(inside, wang)["id_number"] == ""
    assert not SensitiveIndex.objects.exists()
    actions.undo_change(actor=inside.lin.actor, undo_id=gone.pk, now=later)
    assert revealed(inside.ma.actor, wang, later) == NUMBER
    changed = put(inside, wang, OTHER, later)
    put(inside, wang, NUMBER, later + datetime.timedelta(minutes=1))
    done = actions.undo_change(actor=inside.lin.actor, undo_id=changed.pk, now=later)
    assert done.restored == 0
    assert revealed(inside.ma.actor, wang, later) == NUMBER


def found(actor: Actor, text: str) -> list[str]:
    return [str(row["name"]) for row in queries.quick_search(actor, text)]


def asked(actor: Actor, op: str, value: Any = None) -> list[str]:
    tree = {"of": [{"field": "id_number", "op": op, "value": value}]}
    where = queries.CustomerFilter(filter=json.dumps(tree))
    assert not isinstance(value, list) or value[0] not in where.filter
    return [row["name"] for row in queries.list_customers(actor, where).rows]


def test_a_whole_number_finds_its_customer(inside: Company, wang: Customer, now: Now) -> None:
    put(inside, wang, NUMBER, now)
    lin, wu = inside.lin.actor, inside.wu.actor
    assert found(lin, NUMBER) == found(lin, NUMBER.lower()) == ["王小明"]
    assert found(lin, NUMBER[:-1]) == []
    assert found(wu, NUMBER) == [], "out of this person's records"


def test_a_filter_asks_without_holding_the_value(inside: Company, wang: Customer, now: Now) -> None:
    actions.create_customer(actor=inside.lin.actor, name="李四", now=now)
    put(inside, wang, NUMBER, now)
    lin = inside.lin.actor
    assert asked(lin, "in", [NUMBER.lower()]) == asked(lin, "filled") == ["王小明"]
    assert asked(lin, "in", [OTHER]) == []
    assert asked(lin, "not_in", [NUMBER]) == asked(lin, "empty") == ["李四"]
    tree = filters.parse(f'{{"of":[{{"field":"id_number","op":"in","value":["{NUMBER}"]}}]}}')
    assert NUMBER not in tree.written()
    assert filters.parse(tree.written()) == tree, "what was veiled stays as it is"
    assert "***" in filters.Words(filters.terms(lin), tree).sentence(tree)


def test_values_are_encrypted_anew_under_new_keys(inside: Company, wang: Customer, now: Now) -> None:
    cards = [CARD, "1001245009200123456", "GB82WEST12345698765432", CARD]
    others = [actions.create_customer(actor=inside.lin.actor, name=each, now=now) for each in cards]
    for each, card in zip(others, cards, strict=True):
        put(inside, each, card, now, "bank_account")
    put(inside, wang, NUMBER, now)
    kept = put(inside, wang, OTHER, now)
    crypto.destroy(others[3].pk, now=now)
    before = dict(SensitiveValue.objects.values_list("pk", "encrypted"))
    keys = dict(SubjectKey.objects.values_list("pk", "wrapped"))
    last, batches = encrypt_again(batch=3), 1
    while last := encrypt_again(after=last, batch=3):
        batches += 1
    assert batches == 2
    after = dict(SensitiveValue.objects.values_list("pk", "encrypted"))
    assert sum(after[key] != before[key] for key in after) == 4, "who was erased stays so"
    new = dict(SubjectKey.objects.values_list("pk", "wrapped"))
    assert sum(new[key] != keys[key] for key in keys) == 4
    for each, card in zip(others[:3], cards, strict=False):
        gao = inside.gao.actor
        found = actions.reveal_sensitive(actor=gao, customer_id=each.pk, name="bank_account", now=now)
        assert found == card
    assert actions.undo_change(actor=inside.lin.actor, undo_id=kept.pk, now=now).restored == 1
    assert revealed(inside.gao.actor, wang, now) == NUMBER


def test_erased_values_are_told_as_erased(inside: Company, wang: Customer, now: Now) -> None:
    put(inside, wang, NUMBER, now)
    kept = put(inside, wang, OTHER, now)
    crypto.destroy(wang.pk, now=now)
    row = queries.sensitive_of(inside.lin.actor, wang.pk)[0]
    assert row.erased
    with pytest.raises(crypto.Erased):
        revealed(inside.ma.actor, wang, now)
    with pytest.raises(crypto.Erased):
        put(inside, wang, NUMBER, now)
    with pytest.raises(crypto.Erased):
        actions.undo_change(actor=inside.lin.actor, undo_id=kept.pk, now=now)


def test_a_merge_hands_values_over_and_back(inside: Company, wang: Customer, now: Now) -> None:
    other = actions.create_customer(actor=inside.lin.actor, name="王晓明", now=now)
    put(inside, wang, NUMBER, now)
    put(inside, other, OTHER, now)
    put(inside, other, CARD, now, "bank_account")
    merged = actions.merge_customers(
        actor=inside.ma.actor, survivor_id=wang.pk, customer_ids=[other.pk], now=now
    )
    assert shown(inside, wang) == {"id_number": "1101**********002X", "bank_account": "6222 **** **** 0128"}
    assert found(inside.lin.actor, CARD) == ["王小明"]
    actions.undo_merge(actor=inside.ma.actor, merge_id=merged.merge.pk, now=now)
    assert shown(inside, wang) == {"id_number": "1101**********002X", "bank_account": ""}
    assert shown(inside, other) == {"id_number": "4405**********0014", "bank_account": "6222 **** **** 0128"}


def test_the_plain_value_is_in_no_table(inside: Company, wang: Customer, now: Now) -> None:
    kept = put(inside, wang, NUMBER, now)
    put(inside, wang, OTHER, now)
    revealed(inside.ma.actor, wang, now)
    actions.undo_change(actor=inside.lin.actor, undo_id=kept.pk, now=now)
    assert AuditEntry.objects.exists()
    assert OutboxEvent.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND has_table_privilege(oid, 'SELECT')"
        )
        tables = [name for (name,) in cursor.fetchall()]
        plain = [f"%{each}%" for number in (NUMBER, OTHER) for each in (number, number.encode().hex())]
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE ANY (%s)", [plain])
            assert cursor.fetchone() == (0,), table


def test_a_role_that_sees_less(inside: Company, wang: Customer, now: Now) -> None:
    put(inside, wang, NUMBER, now)
    masked = dataclasses.replace(inside.ma.actor, fields={"id_number": "masked"})
    with pytest.raises(PermissionDenied):
        revealed(masked, wang, now)
    assert found(masked, NUMBER) == []
    hidden = dataclasses.replace(inside.ma.actor, fields={"id_number": "hidden"})
    assert [each.field.name for each in queries.sensitive_of(hidden, wang.pk)] == ["bank_account"]
    with pytest.raises(NotFound):
        revealed(hidden, wang, now)


def own_field(company: Company, now: Now, kind: str = "text", label: str = "护照") -> CustomField:
    rules = actions.FieldRules(label=label)
    return actions.create_field(actor=company.gao.actor, type=kind, rules=rules, key=f"own_{kind}", now=now)


def moved(company: Company, field: CustomField, now: Now) -> int:
    return marks.move_values(company.tenant.pk, field.pk, now, lambda _done: None)


@pytest.mark.parametrize(("kind", "given", "kept"), [("text", "E 123", "E 123"), ("number", "12.50", 12.5)])
def test_a_marked_field_is_encrypted_and_laid_open_again(
    inside: Company, now: Now, kind: str, given: str, kept: object
) -> None:
    gao = inside.gao.actor
    field = own_field(inside, now, kind)
    name = f"x_{field.key}"
    made = [
        actions.create_customer(actor=gao, name=each, fields={field.key: given}, now=now)
        for each in ("甲", "乙")
    ]
    job = actions.mark_sensitive(actor=gao, field_id=field.pk, now=now)
    assert job.kind == "customers.move_sensitive"
    assert name not in [each.name for each in fields.registry(gao)], "out of sight at once"
    # somebody writes it before the job is there: that counts
    actions.set_sensitive(actor=gao, customer_id=made[0].pk, name=name, value="99", now=now)
    assert moved(inside, field, now) == 2
    assert moved(inside, field, now) == 0
    assert [each.custom for each in Customer.objects.order_by("name")] == [{}, {}]
    told = {
        each.name: actions.reveal_sensitive(actor=gao, customer_id=each.pk, name=name, now=now)
        for each in made
    }
    assert told == {"甲": "99", "乙": str(kept)}
    tree = {"of": [{"field": f"s_{field.key}", "op": "in", "value": ["99"]}]}
    where = queries.CustomerFilter(filter=json.dumps(tree))
    assert '"99"' not in where.filter
    assert [row["name"] for row in queries.list_customers(gao, where).rows] == ["甲"]
    actions.unmark_sensitive(actor=gao, field_id=field.pk, now=now)
    assert moved(inside, field, now) == 2
    assert not SensitiveValue.objects.exists()
    back = {each.name: each.custom[field.key] for each in Customer.objects.all()}
    assert back == {"甲": "99" if kind == "text" else 99, "乙": kept}


def test_only_text_and_numbers_are_marked_by_who_may(inside: Company, now: Now) -> None:
    field = own_field(inside, now, "date", "生日")
    with pytest.raises(Invalid):
        actions.mark_sensitive(actor=inside.gao.actor, field_id=field.pk, now=now)
    text = own_field(inside, now)
    with pytest.raises(PermissionDenied):
        actions.mark_sensitive(actor=inside.ma.actor, field_id=text.pk, now=now)
    actions.mark_sensitive(actor=inside.gao.actor, field_id=text.pk, now=now)
    settings = dataclasses.replace(inside.gao.actor, permissions=frozenset({"settings.manage"}))
    with pytest.raises(PermissionDenied):
        actions.unmark_sensitive(actor=settings, field_id=text.pk, now=now)


def exported(actor: Actor, *, sensitive: bool = True) -> str:
    stream = io.BytesIO()
    rows = Customer.objects.all()
    exports.write_customers(rows, stream, columns=["name"], actor=actor, style="csv", sensitive=sensitive)
    return stream.getvalue().decode("utf-8-sig")


def test_an_export_holds_values_for_who_may(inside: Company, wang: Customer, now: Now) -> None:
    put(inside, wang, NUMBER, now)
    put(inside, wang, CARD, now, "bank_account")
    gao = inside.gao.actor
    assert exported(gao).splitlines()[1] == f"王小明,{NUMBER},{CARD}"
    assert exported(gao, sensitive=False).splitlines()[1] == "王小明"
    assert NUMBER not in exported(inside.ma.actor)
    everybody = actions.Selection(where=queries.CustomerFilter())
    with pytest.raises(PermissionDenied):
        actions.export_customers(
            actor=inside.ma.actor, selection=everybody, columns=[], style="csv", sensitive=True, now=now
        )
    masked = dataclasses.replace(gao, fields={"bank_account": "masked"})
    assert exported(masked).splitlines()[1] == f"王小明,{NUMBER}"
