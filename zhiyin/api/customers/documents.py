"""Operations on documents that customers are given."""

import datetime
import uuid
from typing import Annotated, Any

from django.http import FileResponse
from django.urls import reverse
from ninja import File, Form, Schema
from ninja.files import UploadedFile
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT, Text100
from zhiyin.api.http import Request, Routes, now
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Document, DocumentLink, DocumentOpening, DocumentVersion
from zhiyin.platform import files

routes = Routes("customers")
Title = Annotated[str, StringConstraints(max_length=200, pattern=TEXT)]
Recipient = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=TEXT)]
ONE = "/customers/{uuid:customer_id}/documents/{uuid:document_id}/"


class VersionOut(Schema):
    number: int
    name: str
    size: int
    author_name: str
    created_at: datetime.datetime

    @staticmethod
    def resolve_name(version: DocumentVersion) -> str:
        return version.file.name

    @staticmethod
    def resolve_size(version: DocumentVersion) -> int:
        return version.file.size


class DocumentLinkOut(Schema):
    id: uuid.UUID
    recipient: Text100
    expires_at: datetime.datetime | None
    revoked_at: datetime.datetime | None
    created_at: datetime.datetime


class CountedLinkOut(DocumentLinkOut):
    times: int = Field(description="How often it was opened.")
    last_at: datetime.datetime | None


class NewLinkOut(DocumentLinkOut):
    path: str = Field(description="Where the recipient opens it; told only now.")


class DocumentOut(Schema):
    id: uuid.UUID
    title: str
    created_at: datetime.datetime
    versions: list[VersionOut]
    links: list[CountedLinkOut]


class OpeningOut(Schema):
    """One time that a recipient opened a version."""

    recipient: str
    version: int
    program: str = Field(description="The browser as it names itself.")
    opened_at: datetime.datetime

    @staticmethod
    def resolve_recipient(opening: DocumentOpening) -> str:
        return opening.link.recipient

    @staticmethod
    def resolve_version(opening: DocumentOpening) -> int:
        return opening.version.number


class LinkIn(Schema):
    model_config = ConfigDict(extra="forbid")

    recipient: Recipient
    expires_at: AwareDatetime | None = None


@routes.get(
    "/customers/{uuid:customer_id}/documents/", permission="customers.view", response=list[DocumentOut]
)
def list_documents(request: Request, customer_id: uuid.UUID) -> list[Document]:
    """The newest 200, with versions, links, and how often these were opened."""
    return queries.documents(request.actor, customer_id)


@routes.post(
    "/customers/{uuid:customer_id}/documents/", permission="customers.edit", response=DocumentOut, status=201
)
def add_document(
    request: Request, customer_id: uuid.UUID, file: File[UploadedFile], title: Form[Title] = ""
) -> Any:
    made = actions.add_document(
        actor=request.actor,
        customer_id=customer_id,
        title=title,
        stream=file,
        name=file.name or "",
        now=now(),
    )
    return next(each for each in queries.documents(request.actor, customer_id) if each.pk == made.pk)


@routes.post(f"{ONE}versions/", permission="customers.edit", response=VersionOut, status=201)
def add_document_version(
    request: Request, customer_id: uuid.UUID, document_id: uuid.UUID, file: File[UploadedFile]
) -> DocumentVersion:
    """All links show it from now on."""
    return actions.add_document_version(
        actor=request.actor,
        customer_id=customer_id,
        document_id=document_id,
        stream=file,
        name=file.name or "",
        now=now(),
    )


@routes.get(f"{ONE}versions/{{number}}/", permission="customers.view", response=str)
def get_document_file(
    request: Request, customer_id: uuid.UUID, document_id: uuid.UUID, number: int
) -> FileResponse:
    return files.download(queries.document_file(request.actor, customer_id, document_id, number))


@routes.delete(ONE, permission="customers.edit", response=None, status=204)
def remove_document(request: Request, customer_id: uuid.UUID, document_id: uuid.UUID) -> None:
    """Its links lead nowhere at once; for a week it can be restored."""
    actions.remove_document(actor=request.actor, customer_id=customer_id, document_id=document_id, now=now())


@routes.post(f"{ONE}restore/", permission="customers.edit", response=None, status=204)
def restore_document(request: Request, customer_id: uuid.UUID, document_id: uuid.UUID) -> None:
    actions.restore_document(actor=request.actor, customer_id=customer_id, document_id=document_id, now=now())


@routes.get(f"{ONE}openings/", permission="customers.view", response=list[OpeningOut])
def list_openings(request: Request, customer_id: uuid.UUID, document_id: uuid.UUID) -> list[DocumentOpening]:
    """Who opened which version when, the latest 200."""
    return queries.openings(request.actor, customer_id, document_id)


@routes.post(f"{ONE}links/", permission="customers.edit", response=NewLinkOut, status=201)
def give_link(
    request: Request, customer_id: uuid.UUID, document_id: uuid.UUID, body: LinkIn
) -> dict[str, Any]:
    """A link for one recipient, who opens the document without signing in."""
    made = actions.give_link(
        actor=request.actor, customer_id=customer_id, document_id=document_id, now=now(), **body.model_dump()
    )
    link = DocumentLinkOut.from_orm(made.link).model_dump()
    return {**link, "path": reverse("customers:shown_document", args=[made.token])}


@routes.post(f"{ONE}links/{{uuid:link_id}}/revoke/", permission="customers.edit", response=DocumentLinkOut)
def revoke_link(
    request: Request, customer_id: uuid.UUID, document_id: uuid.UUID, link_id: uuid.UUID
) -> DocumentLink:
    return actions.revoke_link(
        actor=request.actor, customer_id=customer_id, document_id=document_id, link_id=link_id, now=now()
    )
