"""Operations on customers."""

import uuid
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import BaseModel, Field

from zhiyin.api.customers.schemas import (
    BulkIn,
    BulkOut,
    CountOut,
    CustomerIn,
    CustomerOut,
    CustomerPatch,
    ExportIn,
    KeptOut,
    NoteChange,
    NoteIn,
    NoteOut,
    PinIn,
    PrintIn,
    RecordOut,
    Seen,
    SelectionIn,
    TagChange,
    TagIn,
    TagOut,
    TagsIn,
    TouchOut,
    UndoneOut,
    ViewIn,
    ViewOut,
    ViewPatch,
    customers_out,
)
from zhiyin.api.customers.shares import ShareManyIn, UnshareIn
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.api.jobs.schemas import JobOut
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import Selection
from zhiyin.customers.fields import registry, veiled_customer
from zhiyin.customers.models import Customer, Note, SavedView, Tag, Undo
from zhiyin.customers.queries import CustomerFilter, Sort
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound

routes = Routes("customers")


class Paging(BaseModel):
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")
    limit: int = Field(50, ge=1, le=200)


class Order(BaseModel):
    sort: Sort = "name"


@routes.get("/customers/", permission="customers.view", response=PageOut[CustomerOut])
def list_customers(
    request: Request, where: Query[CustomerFilter], order: Query[Order], paging: Query[Paging]
) -> dict[str, Any]:
    """A page of the customers that a filter lets through."""
    found = queries.list_customers(
        request.actor, where, sort=order.sort, after=paging.after, limit=paging.limit
    )
    return {**page_out(found), "items": customers_out(request.actor, found.rows)}


@routes.get("/customers/count/", permission="customers.view", response=CountOut)
def count_customers(request: Request, where: Query[CustomerFilter]) -> queries.Count:
    """How many customers a filter lets through."""
    return queries.count_customers(request.actor, where)


@routes.post("/customers/", permission="customers.edit", response=RecordOut, status=201)
def create_customer(request: Request, body: CustomerIn) -> dict[str, Any]:
    given = {**body.model_dump(exclude_unset=True), "fields": body.fields}
    made = actions.create_customer(actor=request.actor, now=now(), **given)
    try:
        return _record(request, made.pk)
    except NotFound:  # the rules gave it to somebody beyond reach: as it was made
        seen = queries.record_customer(Actor.system(request.actor.tenant_id), made.pk)
        return RecordOut.of(
            veiled_customer(request.actor, seen), contacts=[], tags=[], fields={}, sees_value=False
        )


@routes.post("/customers/bulk/", permission="customers.edit", response=BulkOut)
def change_customers(request: Request, where: Query[CustomerFilter], body: BulkIn) -> dict[str, Any]:
    """One change on many customers: those in ``ids``, or with ``everything`` all that the filter lets through."""
    common: dict[str, Any] = {
        "actor": request.actor,
        "selection": _selection(request, where, body),
        "now": now(),
    }
    if body.tag:
        done = actions.tag_customers(tag_id=body.tag, **common)
    elif body.untag:
        done = actions.untag_customers(tag_id=body.untag, **common)
    elif body.grade:
        done = actions.set_grade(grade_id=body.grade, reason=body.reason, **common)
    elif body.field:
        done = actions.fill_customers(key=body.field, value=body.value, **common)
    elif body.by_rules:
        done = actions.assign_by_rules(**common)
    else:
        done = actions.assign_customers(owner_id=body.owner, reason=body.reason, **common)
    return {"count": done.count, "job_id": done.job.pk if done.job else None, "undo_id": done.undo_id}


@routes.post("/customers/share/", permission="customers.edit", response=BulkOut)
def share_customers(request: Request, where: Query[CustomerFilter], body: ShareManyIn) -> dict[str, Any]:
    """Share those in ``ids``, or with ``everything`` all that the filter lets through, as far as one may."""
    done = actions.share_customers(
        actor=request.actor,
        selection=_selection(request, where, body),
        sharing=body.sharing(),
        now=now(),
    )
    return {"count": done.count, "job_id": done.job.pk if done.job else None, "undo_id": done.undo_id}


@routes.post("/customers/unshare/", permission="customers.edit", response=BulkOut)
def end_shares(request: Request, where: Query[CustomerFilter], body: UnshareIn) -> dict[str, Any]:
    """End shares of those in ``ids``, or with ``everything`` of all that the filter lets through."""
    done = actions.end_shares(
        actor=request.actor,
        selection=_selection(request, where, body),
        sharing=body.sharing(),
        now=now(),
    )
    return {"count": done.count, "job_id": done.job.pk if done.job else None, "undo_id": done.undo_id}


@routes.post("/customers/export/", permission="customers.export", response=JobOut, status=202)
def export_customers(request: Request, where: Query[CustomerFilter], body: ExportIn) -> jobs.Job:
    """Write customers into a file, as a job: once it has succeeded, ``get_job_file`` gives the file."""
    return actions.export_customers(
        actor=request.actor,
        selection=_selection(request, where, body),
        columns=[],
        style=body.style,
        sensitive=body.sensitive,
        now=now(),
    )


@routes.post("/customers/print/", permission="customers.export", response=JobOut, status=202)
def print_customers(request: Request, where: Query[CustomerFilter], body: PrintIn) -> jobs.Job:
    """Labels, envelopes or a phone list as PDF, as a job: once it has succeeded, ``get_job_file`` gives the file."""
    return actions.print_in_background(
        actor=request.actor, selection=_selection(request, where, body), layout=body.layout, now=now()
    )


@routes.post("/customers/undo/{uuid:undo_id}/", permission="customers.edit", response=UndoneOut)
def undo_change(request: Request, undo_id: uuid.UUID) -> dict[str, Any]:
    """Take back one's own change of many customers or of a note, within seven days."""
    undone = actions.undo_change(actor=request.actor, undo_id=undo_id, now=now())
    return {
        "what": undone.what,
        "restored": undone.restored,
        "left": undone.left,
        "job_id": undone.job.pk if undone.job else None,
    }


@routes.get("/customers/{uuid:customer_id}/", permission="customers.view", response=RecordOut)
def read_customer(request: Request, customer_id: uuid.UUID) -> dict[str, Any] | HttpResponse:
    """A customer's record; of one that was merged, 301 leads to the file that it is part of."""
    try:
        return _record(request, customer_id)
    except NotFound:
        found = queries.led_on(request.actor, customer_id)
        return redirect("api:read_customer", found, permanent=True)


@routes.patch("/customers/{uuid:customer_id}/", permission="customers.edit", response=RecordOut)
def update_customer(request: Request, customer_id: uuid.UUID, body: CustomerPatch) -> dict[str, Any]:
    actions.update_customer(
        actor=request.actor,
        customer_id=customer_id,
        changes=body.changes(),
        fields=body.fields,
        reason=body.reason,
        version=body.version,
        now=now(),
    )
    return _record(request, customer_id)


@routes.delete("/customers/{uuid:customer_id}/", permission="customers.delete")
def delete_customer(request: Request, customer_id: uuid.UUID) -> None:
    """Put a customer into the bin; see ``list_bin``."""
    actions.delete_customer(actor=request.actor, customer_id=customer_id, now=now())


@routes.get(
    "/customers/{uuid:customer_id}/timeline/", permission="customers.view", response=PageOut[TouchOut]
)
def read_timeline(request: Request, customer_id: uuid.UUID, paging: Query[Paging]) -> dict[str, Any]:
    """What happened between the customer and the company, the newest first."""
    access.customer(request.actor, customer_id)
    found = queries.touches(request.actor, customer_id, after=paging.after, limit=paging.limit)
    return page_out(found)


@routes.get(
    "/customers/{uuid:customer_id}/timeline/pinned/", permission="customers.view", response=list[TouchOut]
)
def list_pinned(request: Request, customer_id: uuid.UUID) -> Any:
    """What stays on top of the timeline, the newest first."""
    access.customer(request.actor, customer_id)
    return queries.pinned_touches(request.actor, customer_id)


@routes.put(
    "/customers/{uuid:customer_id}/timeline/{uuid:event_id}/pin/",
    permission="customers.edit",
    response=None,
    status=204,
)
def pin_touch(request: Request, customer_id: uuid.UUID, event_id: uuid.UUID, body: PinIn) -> None:
    """Keep an entry on top of the timeline, or let it go."""
    actions.pin_touch(
        actor=request.actor, customer_id=customer_id, event_id=event_id, pinned=body.pinned, now=now()
    )


@routes.get("/customers/{uuid:customer_id}/notes/", permission="customers.view", response=list[NoteOut])
def list_notes(request: Request, customer_id: uuid.UUID) -> list[Note]:
    access.customer(request.actor, customer_id)
    return queries.notes(customer_id)


@routes.post(
    "/customers/{uuid:customer_id}/notes/", permission="customers.edit", response=NoteOut, status=201
)
def add_note(request: Request, customer_id: uuid.UUID, body: NoteIn) -> Note:
    return actions.add_note(actor=request.actor, customer_id=customer_id, body=body.body, now=now())


@routes.put(
    "/customers/{uuid:customer_id}/notes/{uuid:note_id}/", permission="customers.edit", response=KeptOut
)
def change_note(request: Request, customer_id: uuid.UUID, note_id: uuid.UUID, body: NoteChange) -> Undo:
    """Only its author changes a note."""
    return actions.change_note(
        actor=request.actor, customer_id=customer_id, note_id=note_id, now=now(), **body.model_dump()
    )


@routes.put(
    "/customers/{uuid:customer_id}/notes/{uuid:note_id}/pin/", permission="customers.edit", response=NoteOut
)
def pin_note(request: Request, customer_id: uuid.UUID, note_id: uuid.UUID, body: PinIn) -> Note:
    """Keep a note on top, or let it go."""
    return actions.pin_note(
        actor=request.actor, customer_id=customer_id, note_id=note_id, pinned=body.pinned, now=now()
    )


@routes.delete(
    "/customers/{uuid:customer_id}/notes/{uuid:note_id}/",
    permission="customers.edit",
    response=KeptOut,
    status=200,
)
def remove_note(request: Request, customer_id: uuid.UUID, note_id: uuid.UUID, version: Seen = None) -> Undo:
    """Only its author removes a note."""
    return actions.remove_note(
        actor=request.actor, customer_id=customer_id, note_id=note_id, version=version, now=now()
    )


@routes.put("/customers/{uuid:customer_id}/tags/", permission="customers.edit", response=RecordOut)
def set_tags(request: Request, customer_id: uuid.UUID, body: TagsIn) -> dict[str, Any]:
    """The customer carries these tags and no others."""
    actions.set_tags(
        actor=request.actor, customer_id=customer_id, tag_ids=body.tags, seen=body.seen, now=now()
    )
    return _record(request, customer_id)


@routes.get("/tags/", permission="customers.view", response=list[TagOut])
def list_tags(request: Request) -> list[Tag]:
    return queries.tags()


@routes.post("/tags/", permission="customers.edit", response=TagOut, status=201)
def create_tag(request: Request, body: TagIn) -> Tag:
    return actions.create_tag(actor=request.actor, name=body.name, colour=body.colour, now=now())


@routes.put("/tags/{uuid:tag_id}/", permission="customers.edit", response=TagOut)
def change_tag(request: Request, tag_id: uuid.UUID, body: TagChange) -> Tag:
    return actions.update_tag(actor=request.actor, tag_id=tag_id, now=now(), **body.model_dump())


@routes.delete("/tags/{uuid:tag_id}/", permission="customers.edit")
def delete_tag(request: Request, tag_id: uuid.UUID, version: Seen = None) -> None:
    """Take a tag from all customers and forget it."""
    actions.delete_tag(actor=request.actor, tag_id=tag_id, version=version, now=now())


@routes.get("/views/", permission=None, response=list[ViewOut])
def list_views(request: Request, page: Literal["customers", "orders", "products"]) -> list[SavedView]:
    """The views that one keeps of a list, and the shared ones; needs the right to see the list."""
    request.actor.require(f"{page}.view")
    return queries.saved_views(request.actor, page)


@routes.post("/views/", permission=None, response=ViewOut, status=201)
def save_view(request: Request, body: ViewIn) -> SavedView:
    """Keep a list's filter, order and columns under a name; one's view of that name is written over."""
    return actions.save_view(actor=request.actor, now=now(), **body.model_dump())


@routes.patch("/views/{uuid:view_id}/", permission=None, response=ViewOut)
def change_view(request: Request, view_id: uuid.UUID, body: ViewPatch) -> SavedView:
    """Name a view anew, or keep another filter, order and columns in it."""
    return actions.change_view(actor=request.actor, view_id=view_id, now=now(), **body.model_dump())


@routes.post("/views/{uuid:view_id}/restore/", permission=None, response=ViewOut)
def restore_view(request: Request, view_id: uuid.UUID) -> SavedView:
    """Have back a view that was forgotten within seven days."""
    return actions.restore_view(actor=request.actor, view_id=view_id, now=now())


@routes.delete("/views/{uuid:view_id}/", permission=None)
def delete_view(request: Request, view_id: uuid.UUID) -> None:
    """Forget a view of one's own or, who may edit what the list shows, a shared one."""
    actions.delete_view(actor=request.actor, view_id=view_id, now=now())


def _selection(request: Request, where: CustomerFilter, body: SelectionIn) -> Selection:
    """The chosen customers; a filter that is not known would choose far more than was meant."""
    if body.everything:
        if unknown := sorted(request.GET.keys() - CustomerFilter.model_fields.keys()):
            raise Invalid(_("This filter cannot be read: %s") % unknown[0], field=unknown[0])
        return Selection(where=where)
    if not body.ids:
        raise Invalid(field="ids")
    return Selection(ids=tuple(body.ids))


def _record(request: Request, customer_id: uuid.UUID) -> dict[str, Any]:
    customer: Customer = queries.record_customer(request.actor, customer_id)
    return RecordOut.of(
        customer,
        contacts=queries.contact_points(request.actor, customer_id),
        tags=queries.tags_of([customer_id]).get(customer_id, []),
        fields={
            each.key: customer.custom.get(each.key) for each in registry(request.actor).own(customer.kind)
        },
        sees_value=request.actor.may("insight.view"),
    )
