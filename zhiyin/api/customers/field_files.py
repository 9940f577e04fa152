"""Operations on files in a customer's own fields."""

import uuid

from django.http import FileResponse
from ninja import File, Schema
from ninja.files import UploadedFile

from zhiyin.api.http import Request, Routes, now
from zhiyin.customers import actions, queries
from zhiyin.customers.fields import PREFIX
from zhiyin.platform import files
from zhiyin.platform.models import StoredFile

routes = Routes("customers")
ONE = "/customers/{uuid:customer_id}/files/{slug:key}/"


class FileOut(Schema):
    name: str
    size: int


@routes.post(ONE, permission="customers.edit", response=FileOut, status=201)
def put_file(request: Request, customer_id: uuid.UUID, key: str, file: File[UploadedFile]) -> StoredFile:
    """Put a file into a field, in place of one that is there; ``null`` in ``fields`` takes it away."""
    actions.attach_file(
        actor=request.actor,
        customer_id=customer_id,
        key=key,
        stream=file,
        name=file.name or "",
        size=file.size or 0,
        now=now(),
    )
    return queries.own_file(request.actor, customer_id, PREFIX + key)


@routes.get(ONE, permission="customers.view", response=str)
def get_file(request: Request, customer_id: uuid.UUID, key: str) -> FileResponse:
    return files.download(queries.own_file(request.actor, customer_id, PREFIX + key))
