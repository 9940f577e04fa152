"""Files in own fields: what is let in, who gets them, and that what is replaced is gone."""

import datetime
import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.cast import Company
from zhiyin.customers import actions
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.models import Customer, CustomField
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.models import StoredFile

Now = datetime.datetime
PDF = b"%PDF-1.4 passport"


def field(company: Company, now: Now, **rules: object) -> CustomField:
    return actions.create_field(
        actor=company.gao.actor, type="file", key="pass", rules=FieldRules("Passport", **rules), now=now
    )  # type: ignore[arg-type]


def made(company: Company, now: Now) -> Customer:
    return actions.create_customer(actor=company.lin.actor, name="王小明", fields={}, now=now)


def put(
    company: Company, now: Now, customer: Customer, name: str = "a.pdf", content: bytes = PDF
) -> Customer:
    return actions.attach_file(
        actor=company.lin.actor,
        customer_id=customer.pk,
        key="pass",
        stream=io.BytesIO(content),
        name=name,
        size=len(content),
        now=now,
    )


def test_what_is_let_in(inside: Company, now: Now) -> None:
    field(inside, now, options=("PDF", ".jpg"), most="1")
    customer = made(inside, now)
    for name, content in (
        ("a.exe", b"MZ"), ("a.png", b"\x89PNG\r\n"), ("a", PDF), ("a.pdf", b"MZ"), ("a.jpg", PDF),
        ("a.pdf", PDF + b" " * 1024 * 1024),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            put(inside, now, customer, name, content)
        assert refused.value.field == "x_pass"
    assert not StoredFile.objects.exists()
    assert put(inside, now, customer).custom.keys() == {"pass"}
    for wrong in ({"options": ("exe",)}, {"most": "0"}, {"required": True}):
        with pytest.raises(Invalid):
            actions.create_field(
                actor=inside.gao.actor,
                type="file",
                rules=FieldRules("Other", **wrong),
                now=now,  # type: ignore[arg-type]
            )


def test_nobody_names_a_file_that_he_did_not_upload(inside: Company, now: Now) -> None:
    field(inside, now)
    customer, other = made(inside, now), made(inside, now)
    theirs = put(inside, now, other).custom["pass"]
    for given in (theirs, str(uuid.uuid4()), "a.pdf"):
        with pytest.raises(Invalid):
            actions.update_customer(
                actor=inside.lin.actor, customer_id=customer.pk, changes={}, fields={"pass": given}, now=now
            )


def test_what_is_replaced_or_removed_is_gone(inside: Company, now: Now) -> None:
    field(inside, now)
    customer = made(inside, now)
    first = put(inside, now, customer).custom["pass"]
    second = put(inside, now, customer, "b.pdf").custom["pass"]
    assert set(StoredFile.objects.values_list("pk", flat=True)) == {uuid.UUID(second)} != {uuid.UUID(first)}
    actions.update_customer(
        actor=inside.lin.actor, customer_id=customer.pk, changes={}, fields={"pass": None}, now=now
    )
    assert not StoredFile.objects.exists()


def test_a_merged_file_is_there_when_the_merge_is_undone(inside: Company, now: Now) -> None:
    field(inside, now)
    survivor, other = made(inside, now), made(inside, now)
    kept = put(inside, now, other).custom["pass"]
    done = actions.merge_customers(
        actor=inside.ma.actor, survivor_id=survivor.pk, customer_ids=[survivor.pk, other.pk], now=now
    )
    survivor.refresh_from_db()
    assert survivor.custom == {"pass": kept}
    put(inside, now, survivor, "b.pdf")
    actions.undo_merge(actor=inside.ma.actor, merge_id=done.merge.pk, now=now)
    other.refresh_from_db()
    assert other.custom == {"pass": kept}
    assert StoredFile.objects.filter(pk=kept).exists()


def test_a_purged_customer_takes_the_file_along(inside: Company, now: Now) -> None:
    field(inside, now)
    customer = made(inside, now)
    put(inside, now, customer)
    actions.delete_customer(actor=inside.gao.actor, customer_id=customer.pk, now=now)
    assert StoredFile.objects.exists(), "from the bin it can be had back"
    actions.purge_customers(actor=inside.gao.actor, customer_ids=[customer.pk], now=now)
    assert not StoredFile.objects.exists()


def test_on_the_page(cast: Company, now: Now) -> None:
    with cast.scope():
        field(cast, now)
        customer = made(cast, now)
    lin, chen = cast.lin.client, cast.chen.client
    file = reverse("customers:own_file", args=[customer.pk, "x_pass"])
    change = f"{file}change/"
    refused = lin.post(change, {"x_pass": SimpleUploadedFile("a.pdf", b"MZ")})
    assert refused.status_code == 422
    assert b"id_x_pass_error" in refused.content
    assert lin.post(change, {"x_pass": SimpleUploadedFile("护照.pdf", PDF)}).status_code == 302
    record = lin.get(reverse("customers:record", args=[customer.pk])).content.decode()
    assert f'<a href="{file}">护照.pdf</a>' in record
    answer = lin.get(file)
    assert b"".join(answer) == PDF  # type: ignore[arg-type]
    assert answer["Content-Disposition"].startswith("attachment")
    assert chen.get(file).status_code == 404
    assert lin.post(change, {"remove": "1"}).status_code == 302
    assert lin.get(file).status_code == 404


def test_a_role_that_does_not_see_the_field_does_not_get_the_file(inside: Company, now: Now) -> None:
    field(inside, now, roles=(inside.ma.member.role_id,))
    with pytest.raises(NotFound):
        put(inside, now, made(inside, now))
