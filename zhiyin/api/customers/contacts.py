"""Operations on how a customer is reached."""

import uuid
from typing import Any

from zhiyin.api.customers.schemas import (
    ContactChange,
    ContactIn,
    ContactOut,
    KeptOut,
    Seen,
    SharedContactOut,
)
from zhiyin.api.http import Request, Routes, now
from zhiyin.customers import access, actions, queries
from zhiyin.customers.models import ContactPoint, Undo
from zhiyin.customers.queries import Sharing

routes = Routes("customers")
_ALL = "/customers/{uuid:customer_id}/contacts/"
_ONE = _ALL + "{uuid:contact_id}/"


@routes.get(_ALL, permission="customers.view", response=list[SharedContactOut])
def list_contacts(request: Request, customer_id: uuid.UUID) -> list[dict[str, Any]]:
    """How a customer is reached, of each kind the one to use first, and who else is reached there."""
    access.customer(request.actor, customer_id)
    points = queries.contact_points(request.actor, customer_id)
    sharing = queries.also_of(request.actor, customer_id, points)
    return [_shared(point, sharing.get((point.kind, point.value_key), Sharing())) for point in points]


def _shared(point: ContactPoint, sharing: Sharing) -> dict[str, Any]:
    plain = {name: getattr(point, name) for name in ContactOut.model_fields}
    also_of = [{"id": key, "name": name} for key, name in sharing.seen]
    return {**plain, "also_of": also_of, "others": sharing.more}


@routes.post(_ALL, permission="customers.edit", response=ContactOut, status=201)
def add_contact(request: Request, customer_id: uuid.UUID, body: ContactIn) -> ContactPoint:
    made = actions.add_contact(actor=request.actor, customer_id=customer_id, now=now(), **body.model_dump())
    return _again(request, customer_id, made)


@routes.put(_ONE, permission="customers.edit", response=ContactOut)
def change_contact(
    request: Request, customer_id: uuid.UUID, contact_id: uuid.UUID, body: ContactChange
) -> ContactPoint:
    changed = actions.change_contact(
        actor=request.actor, customer_id=customer_id, contact_id=contact_id, now=now(), **body.model_dump()
    )
    return _again(request, customer_id, changed)


def _again(request: Request, customer_id: uuid.UUID, point: ContactPoint) -> ContactPoint:
    """Read beside the others, which decide whether it leads."""
    return next(each for each in queries.contact_points(request.actor, customer_id) if each.pk == point.pk)


@routes.delete(_ONE, permission="customers.edit", response=KeptOut, status=200)
def remove_contact(
    request: Request, customer_id: uuid.UUID, contact_id: uuid.UUID, version: Seen = None
) -> Undo:
    return actions.remove_contact(
        actor=request.actor, customer_id=customer_id, contact_id=contact_id, version=version, now=now()
    )
