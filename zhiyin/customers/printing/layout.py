"""What somebody wants printed, and how."""

import datetime
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, Annotated, Any, Literal, get_args

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access
from zhiyin.customers.keys import REGIONS
from zhiyin.customers.models import Customer
from zhiyin.customers.printing import pages
from zhiyin.customers.printing.recipients import Recipient, entries, recipients
from zhiyin.customers.printing.sheets import ENVELOPES, LABELS, Envelope, LabelSheet
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.pdf import Part, write_pdf

MOST = 10_000
PRINT_AT_ONCE = 200
# what is laid out lies in memory, a megabyte for some ten labels
AT_A_TIME = 500
Shift = Annotated[float, Field(ge=-30, le=30)]
What = Literal["labels", "envelopes", "phones"]
WHATS: tuple[What, ...] = get_args(What)
SHEETS: Mapping[str, Mapping[str, LabelSheet | Envelope]] = {
    "labels": LABELS,
    "envelopes": ENVELOPES,
    "phones": {},
}


class Layout(BaseModel):
    """What is printed, on which sheet or envelope; measures in millimetres."""

    model_config = ConfigDict(extra="forbid")

    what: What = "labels"
    sheet: str = Field("", max_length=20, description="The code of a sheet of labels or of an envelope.")
    start: int = Field(1, ge=1, description="The first label that is still on a partly used sheet.")
    order: Literal["name", "postcode"] = "name"
    sender: Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00]*$")] = Field(
        "", description="Of envelopes, in lines."
    )
    boxes: bool = Field(True, description="Draw the boxes of the postcode on Chinese envelopes.")
    frames: bool = Field(False, description="Draw the edges of labels, to try a sheet on plain paper.")
    shift_x: Shift = Field(
        0.0, description="Everything so far to the right, for a printer that is a little off."
    )
    shift_y: Shift = Field(0.0, description="Everything so far down.")

    @model_validator(mode="after")
    def _fits(self) -> "Layout":
        sheets = SHEETS[self.what]
        if not self.sheet and sheets:
            self.sheet = next(iter(sheets))
        if sheets and self.sheet not in sheets:
            raise ValueError("there is no such sheet")
        if self.what == "labels" and self.start > LABELS[self.sheet].count:
            raise ValueError("the sheet has fewer labels")
        return self

    @property
    def shift(self) -> tuple[float, float]:
        return self.shift_x, self.shift_y


@dataclass(frozen=True, slots=True)
class Preview:
    """The first of whom it is for, of ``chosen`` customers; of those looked at, ``without`` have no address."""

    recipients: list[Recipient]
    chosen: int
    without: int


def chosen_among(customers: QuerySet[Customer]) -> list[uuid.UUID]:
    """The keys of customers to be printed. Raises ``Invalid`` for none, or for more than ``MOST``."""
    found = list(customers.order_by().values_list("pk", flat=True)[: MOST + 1])
    if not found:
        raise Invalid(_("Choose some customers first."), field="ids")
    if len(found) > MOST:
        raise Invalid(
            _("At most %d customers are printed at a time. Narrow the list first.") % MOST, field="ids"
        )
    return found


def require_open(actor: Actor, layout: Layout) -> None:
    """Raise ``PermissionDenied`` unless this actor sees whole what is printed."""
    wanted = {"phone", "email", "city"} if layout.what == "phones" else {"address"}
    if wanted & access.closed(actor):
        raise PermissionDenied


def preview(actor: Actor, customers: QuerySet[Customer], layout: Layout, now: datetime.datetime) -> Preview:
    """Whom a print would be for. Reads at most ``PRINT_AT_ONCE`` addresses."""
    require_open(actor, layout)
    chosen = chosen_among(customers)
    if layout.what == "phones":
        return Preview([], len(chosen), 0)
    looked_at = chosen[:PRINT_AT_ONCE]
    found = _recipients(Customer.objects.filter(pk__in=looked_at), layout, now)
    return Preview(found, len(chosen), len(looked_at) - len(found))


def _recipients(customers: QuerySet[Customer], layout: Layout, now: datetime.datetime) -> list[Recipient]:
    found = recipients(customers, timezone.localdate(now))
    return sorted(found, key=lambda each: each.postcode) if layout.order == "postcode" else found


def file_name(layout: Layout, now: datetime.datetime) -> str:
    words = {"labels": _("labels"), "envelopes": _("envelopes"), "phones": _("phone-list")}
    return f"{words[layout.what]}-{now:%Y%m%d}.pdf"


def columns(layout: Layout) -> list[str]:
    """What of customers is on it, for the log."""
    return ["name", "phone", "email"] if layout.what == "phones" else ["name", "address"]


def write(
    actor: Actor,
    customers: QuerySet[Customer],
    layout: Layout,
    stream: IO[bytes],
    *,
    now: datetime.datetime,
    mark: str = "",
    progress: Callable[[int], None] = lambda _done: None,
) -> int:
    """Write the PDF and return how many customers are on it.

    Raises ``PermissionDenied`` where not all of it is open to the actor, and ``CannotPrint``.
    """
    require_open(actor, layout)
    whom: Sequence[Any] = (
        entries(customers, timezone.localdate(now), _region(actor))
        if layout.what == "phones"
        else _recipients(customers, layout, now)
    )
    on = mark or date_format(timezone.localdate(now))
    write_pdf(_parts(layout, whom, on, progress), stream)
    return len(whom)


def _region(actor: Actor) -> str | None:
    """Whose telephone numbers are written without their country."""
    currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    return REGIONS.get(currency)


def _parts(layout: Layout, whom: Sequence[Any], on: str, progress: Callable[[int], None]) -> Iterator[Part]:
    """A few hundred at a time; labels by whole sheets."""
    sheet = LABELS.get(layout.sheet)
    size = AT_A_TIME // sheet.count * sheet.count if sheet else AT_A_TIME
    start = layout.start if sheet else 1
    begin, end = 0, size - start + 1
    while True:
        yield partial(_part, layout, whom[begin:end], start, on)
        progress(min(end, len(whom)))
        if end >= len(whom):
            return
        begin, end, start = end, end + size, 1


def _part(layout: Layout, whom: Sequence[Any], start: int, on: str, before: int) -> str:
    match layout.what:
        case "phones":
            return pages.phone_list(whom, title=_("Phone list"), on=on, before=before)
        case "labels":
            sheet = LABELS[layout.sheet]
            return pages.labels(whom, sheet, start=start, shift=layout.shift, frames=layout.frames)
        case _:
            envelope = ENVELOPES[layout.sheet]
            return pages.envelopes(
                whom, envelope, sender=layout.sender, boxes=layout.boxes, shift=layout.shift
            )
