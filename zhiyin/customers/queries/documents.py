"""Documents of a customer with their versions, links and openings."""

import uuid

from django.db.models import Count, Max, Prefetch

from zhiyin.customers import access
from zhiyin.customers.models import Document, DocumentLink, DocumentOpening, DocumentVersion
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import StoredFile

MOST = 200


def documents(actor: Actor, customer_id: uuid.UUID) -> list[Document]:
    """The newest first, each with ``versions`` and ``links``, these with ``times`` and ``last_at`` of openings.

    Four SQL statements. Raises ``NotFound``.
    """
    access.customer(actor, customer_id)
    links = DocumentLink.objects.annotate(times=Count("openings"), last_at=Max("openings__opened_at"))
    return list(
        Document.objects.filter(customer=customer_id, removed_at=None)
        .prefetch_related(
            Prefetch("versions", DocumentVersion.objects.select_related("file").order_by("-number")),
            Prefetch("links", links.order_by("-created_at", "-id")),
        )
        .order_by("-created_at", "-id")[:MOST]
    )


def document_file(actor: Actor, customer_id: uuid.UUID, document_id: uuid.UUID, number: int) -> StoredFile:
    """The file of one version. Raises ``NotFound``."""
    document = access.document(actor, customer_id, document_id)
    version = DocumentVersion.objects.select_related("file").filter(document=document, number=number).first()
    if version is None:
        raise NotFound
    return version.file


def openings(actor: Actor, customer_id: uuid.UUID, document_id: uuid.UUID) -> list[DocumentOpening]:
    """Who opened which version when, the latest first. Raises ``NotFound``."""
    document = access.document(actor, customer_id, document_id)
    rows = DocumentOpening.objects.select_related("link", "version").filter(link__document=document)
    return list(rows.order_by("-opened_at", "-id")[:MOST])
