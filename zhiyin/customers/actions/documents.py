"""Documents that customers are given: versions, links for one recipient each, and who opened what when."""

import datetime
import uuid
from dataclasses import dataclass
from typing import IO

from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.actions.timeline import add_to_timeline
from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.events import DocumentChanged
from zhiyin.customers.models import Document, DocumentLink, DocumentOpening, DocumentVersion
from zhiyin.platform import files, notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.models import StoredFile
from zhiyin.platform.record import record
from zhiyin.platform.text import checked
from zhiyin.platform.tokens import digest, new_token

LINK_START = "zd_"
LONGEST = datetime.timedelta(days=731)


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link and its secret, which nobody can see again."""

    link: DocumentLink
    token: str


def add_document(
    *, actor: Actor, customer_id: uuid.UUID, title: str, stream: IO[bytes], name: str, now: datetime.datetime
) -> Document:
    """Keep a file for a customer; without a title it has the file's name. Raises ``Invalid`` and ``TooLarge``."""
    actor.require("customers.edit")
    customer = access.customer(actor, customer_id, need="write")
    access.hold(customer.pk)
    title = checked(" ".join(title.split()) or files.safe_name(name), "title", 200, needed=True)
    document = Document.objects.create(
        customer=customer, title=title, author_id=actor.member_id, created_at=now
    )
    _add_version(actor, document, stream, name, now)
    _tell(actor, document, "added", {"document": [None, title]}, now)
    return document


def add_document_version(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    document_id: uuid.UUID,
    stream: IO[bytes],
    name: str,
    now: datetime.datetime,
) -> DocumentVersion:
    """A newer state of a document, which all its links show from now on."""
    actor.require("customers.edit")
    document = access.document(actor, customer_id, document_id, need="write", lock=True)
    version = _add_version(actor, document, stream, name, now)
    _tell(actor, document, "changed", {"version": [version.number - 1, version.number]}, now)
    return version


def remove_document(
    *, actor: Actor, customer_id: uuid.UUID, document_id: uuid.UUID, now: datetime.datetime
) -> Document:
    """Take a document away: its links lead nowhere at once. It can be brought back for some days."""
    actor.require("customers.edit")
    document = access.document(actor, customer_id, document_id, need="write", lock=True)
    document.removed_at = now
    document.save(update_fields=["removed_at"])
    _tell(actor, document, "removed", {"document": [document.title, None]}, now)
    return document


def restore_document(
    *, actor: Actor, customer_id: uuid.UUID, document_id: uuid.UUID, now: datetime.datetime
) -> Document:
    """Bring a removed document back, with its links."""
    actor.require("customers.edit")
    document = access.document(actor, customer_id, document_id, need="write", lock=True, removed=True)
    document.removed_at = None
    document.save(update_fields=["removed_at"])
    _tell(actor, document, "restored", {"document": [None, document.title]}, now)
    return document


def give_link(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    document_id: uuid.UUID,
    recipient: str,
    expires_at: datetime.datetime | None = None,
    now: datetime.datetime,
) -> NewLink:
    """A link for one recipient, good until ``expires_at``; the secret in it is told this once."""
    actor.require("customers.edit")
    document = access.document(actor, customer_id, document_id, need="write")
    if expires_at is not None and not now < expires_at <= now + LONGEST:
        raise Invalid(_("A link ends within two years from now."), field="expires_at")
    token = new_token(LINK_START, actor.tenant_id)
    link = DocumentLink.objects.create(
        document=document,
        recipient=checked(" ".join(recipient.split()), "recipient", 100, needed=True),
        digest=digest(token),
        expires_at=expires_at,
        author_id=actor.member_id,
        created_at=now,
    )
    _touch(actor, document, {"what": "given", "recipient": link.recipient}, now)
    _tell(actor, document, "given", {"recipient": [None, link.recipient], "until": [None, expires_at]}, now)
    return NewLink(link, token)


def revoke_link(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    document_id: uuid.UUID,
    link_id: uuid.UUID,
    now: datetime.datetime,
) -> DocumentLink:
    """End a link at once. Revoking twice is no error."""
    actor.require("customers.edit")
    document = access.document(actor, customer_id, document_id, need="write")
    link = DocumentLink.objects.select_for_update().filter(pk=link_id, document=document).first()
    if link is None:
        raise NotFound
    if link.revoked_at is None:
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
        _tell(actor, document, "revoked", {"recipient": [link.recipient, None]}, now)
    return link


def good_link(token: str, now: datetime.datetime) -> DocumentLink | None:
    """The link of a token, ``None`` when it is not good any more; in the scope of the token's tenant."""
    lasting = Q(expires_at=None) | Q(expires_at__gt=now)
    links = DocumentLink.objects.select_related("document", "document__customer")
    return links.filter(lasting, digest=digest(token), revoked_at=None, document__removed_at=None).first()


def open_link(*, token: str, program: str, now: datetime.datetime) -> StoredFile | None:
    """The newest file of a link's document; the opening is noted, and the first one told to who gave the link.

    ``None`` when the link is not good any more.
    """
    link = good_link(token, now)
    if link is None:
        return None
    version = link.document.versions.select_related("file").latest("number")
    is_first = not link.openings.exists()
    DocumentOpening.objects.create(
        link=link, version=version, program=program.replace("\0", "")[:200], opened_at=now
    )
    if is_first:
        actor = Actor.system(link.tenant_id, link.recipient)
        _touch(actor, link.document, {"what": "opened", "recipient": link.recipient}, now)
        notifications.tell(
            members=[link.author_id] if link.author_id else [],
            code="customers.document_opened",
            data={
                "who": link.recipient,
                "title": link.document.title,
                "customer": str(link.document.customer_id),
            },
            actor=actor,
            now=now,
        )
    return version.file


def purge_documents(*, removed_before: datetime.datetime) -> int:
    """Delete for good what was removed before, in the tenant whose scope is open; gives how many."""
    gone = list(Document.objects.filter(removed_at__lt=removed_before))
    for document in gone:
        stored = [version.file for version in document.versions.select_related("file")]
        document.delete()
        for file in stored:
            files.delete(file)
    return len(gone)


def _add_version(
    actor: Actor, document: Document, stream: IO[bytes], name: str, now: datetime.datetime
) -> DocumentVersion:
    number = document.versions.aggregate(last=Max("number"))["last"] or 0
    stored = files.save(stream, name=name, actor=actor, now=now)
    if not stored.size:
        files.forget(stored)
        raise Invalid(_("The file is empty."), field="file")
    return DocumentVersion.objects.create(
        document=document, number=number + 1, file=stored, author_name=actor.name, created_at=now
    )


def _touch(actor: Actor, document: Document, data: dict[str, str], now: datetime.datetime) -> None:
    add_to_timeline(
        actor=actor,
        customer_id=document.customer_id,
        kind=TimelineKind.DOCUMENT,
        occurred_at=now,
        object_id=document.pk,
        data={"title": document.title, **data},
    )


def _tell(
    actor: Actor, document: Document, what: str, changes: dict[str, list[object]], now: datetime.datetime
) -> None:
    record(
        DocumentChanged(document.customer_id, document.pk, what),
        actor=actor,
        now=now,
        subject=("customer", document.customer_id),
        changes=changes,
    )
