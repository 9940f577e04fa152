"""Documents: kept in versions, given by links, opened by their recipients, removed and brought back."""

import datetime
import io

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer, Document, DocumentOpening, TimelineEvent
from zhiyin.platform import notifications
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, StoredFile

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def wang(inside: Company, now: Now) -> Customer:
    return actions.create_customer(actor=inside.lin.actor, name="王小明", now=now)


def add(
    company: Company, customer: Customer, now: Now, *, title: str = "报价单", data: bytes = b"1"
) -> Document:
    return actions.add_document(
        actor=company.lin.actor, customer_id=customer.pk, title=title, stream=io.BytesIO(data),
        name="offer.pdf", now=now,
    )  # fmt: skip


def give(company: Company, document: Document, now: Now, until: Now | None = None) -> actions.NewLink:
    return actions.give_link(
        actor=company.lin.actor, customer_id=document.customer_id, document_id=document.pk,
        recipient=" 王  小明 ", expires_at=until, now=now,
    )  # fmt: skip


def opened(link: actions.NewLink, now: Now) -> str | None:
    stored = actions.open_link(token=link.token, program="Firefox\0", now=now)
    return stored.name if stored else None


def test_a_link_shows_the_newest_version_and_tells_who_opened_it(
    inside: Company, wang: Customer, now: Now
) -> None:
    document = add(inside, wang, now)
    link = give(inside, document, now)
    assert link.link.recipient == "王 小明"
    assert opened(link, now) == "offer.pdf"
    actions.add_document_version(
        actor=inside.lin.actor, customer_id=wang.pk, document_id=document.pk, stream=io.BytesIO(b"22"),
        name="offer-2.pdf", now=now,
    )  # fmt: skip
    assert opened(link, now + DAY) == "offer-2.pdf"
    shown = queries.documents(inside.lin.actor, wang.pk)[0]
    assert [each.number for each in shown.versions.all()] == [2, 1]
    counted = shown.links.all()[0]
    assert (counted.times, counted.last_at) == (2, now + DAY)
    assert [(each.version.number, each.program) for each in queries.openings(inside.lin.actor, wang.pk, document.pk)] == [
        (2, "Firefox"), (1, "Firefox"),
    ]  # fmt: skip
    told = [each.kind for each in notifications.listed(inside.lin.actor).rows]
    assert told == ["customers.document_opened"], "the first opening only"
    touches = TimelineEvent.objects.filter(customer=wang.pk, kind="document").order_by("occurred_at", "id")
    assert [each.data["what"] for each in touches] == ["given", "opened"]
    assert AuditEntry.objects.filter(action="customers.document_changed").count() == 3


def test_a_link_ends_by_its_day_by_revoking_and_with_its_document(
    inside: Company, wang: Customer, now: Now
) -> None:
    document = add(inside, wang, now)
    dated, revoked, kept = (
        give(inside, document, now, now + DAY),
        give(inside, document, now),
        give(inside, document, now),
    )
    assert opened(dated, now + DAY) is None
    ends = {"customer_id": wang.pk, "document_id": document.pk}
    actions.revoke_link(actor=inside.lin.actor, link_id=revoked.link.pk, now=now, **ends)
    assert opened(revoked, now) is None
    actions.remove_document(actor=inside.lin.actor, now=now, **ends)
    assert opened(kept, now) is None
    with pytest.raises(NotFound):
        actions.remove_document(actor=inside.lin.actor, now=now, **ends)
    actions.restore_document(actor=inside.lin.actor, now=now, **ends)
    assert opened(kept, now) == "offer.pdf"
    assert not DocumentOpening.objects.exclude(link=kept.link).exists()


def test_what_was_removed_goes_for_good_with_its_files(inside: Company, wang: Customer, now: Now) -> None:
    gone, kept = add(inside, wang, now), add(inside, wang, now, title="说明书")
    actions.remove_document(actor=inside.lin.actor, customer_id=wang.pk, document_id=gone.pk, now=now)
    assert actions.purge_documents(removed_before=now) == 0
    assert actions.purge_documents(removed_before=now + DAY) == 1
    assert [each.pk for each in Document.objects.all()] == [kept.pk]
    assert StoredFile.objects.count() == 1


def test_bad_input_and_strangers_are_refused(inside: Company, wang: Customer, now: Now) -> None:
    with pytest.raises(Invalid) as empty:
        add(inside, wang, now, data=b"")
    assert empty.value.field == "file"
    with pytest.raises(Invalid):
        add(inside, wang, now, title="长" * 201)
    document = add(inside, wang, now)
    for until in (now - DAY, now + 800 * DAY):
        with pytest.raises(Invalid):
            give(inside, document, now, until)
    for stranger, refusal in ((inside.chen, NotFound), (inside.xu, PermissionDenied)):
        with pytest.raises(refusal):
            actions.remove_document(
                actor=stranger.actor, customer_id=wang.pk, document_id=document.pk, now=now
            )


def test_the_recipient_opens_it_without_signing_in(cast: Company, now: Now) -> None:
    with cast.scope():
        customer = actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)
        link = give(cast, add(cast, customer, now), now)
    visitor = Client()
    page = visitor.get(reverse("customers:shown_document", args=[link.token]))
    assert "报价单" in page.content.decode()
    assert page["Cache-Control"].startswith("max-age=0")
    with cast.scope():
        assert not DocumentOpening.objects.exists(), "a mail program that looks at the link opens nothing"
    answer = visitor.post(reverse("customers:opened_document", args=[link.token]))
    assert b"".join(answer.streaming_content) == b"1"
    assert "attachment" in answer["Content-Disposition"], "nothing in it runs under our address"
    for wrong in (link.token[:-2] + "xx", "zd_", "x" * 300):
        for name in ("shown_document", "opened_document"):
            asked = visitor.post if name == "opened_document" else visitor.get
            assert asked(reverse(f"customers:{name}", args=[wrong])).status_code == 404


def test_the_tab_adds_gives_removes_and_undoes(cast: Company, now: Now) -> None:
    client = cast.lin.client
    with cast.scope():
        customer = actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)
    record = reverse("customers:record", args=[customer.pk]) + "?tab=documents"
    assert "还没有文档" in client.get(record).content.decode()
    sent = {"title": "", "file": io.BytesIO(b"%PDF-1.4")}
    sent["file"].name = "报价 2026.pdf"  # type: ignore[attr-defined]
    assert client.post(reverse("customers:add_document", args=[customer.pk]), sent).status_code == 302
    assert "报价 2026.pdf" in client.get(record).content.decode()
    with cast.scope():
        document = Document.objects.get()
    link = client.post(
        reverse("customers:give_link", args=[customer.pk, document.pk]), {"recipient": "王小明"}
    )
    assert "http://testserver/d/zd_" in link.content.decode()
    assert "王小明" in client.get(record).content.decode()
    client.post(reverse("customers:remove_document", args=[customer.pk, document.pk]))
    assert "还没有文档" in client.get(record).content.decode()
    client.post(reverse("customers:restore_document", args=[customer.pk, document.pk]))
    assert "报价 2026.pdf" in client.get(record).content.decode()
