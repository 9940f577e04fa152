"""What somebody wants printed, and how."""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import IO, Annotated, Any, Literal, get_args

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from zhiyin.customers.models import Customer
from zhiyin.customers.printing import pages
from zhiyin.customers.printing.recipients import Recipient, entries, recipients
from zhiyin.customers.printing.sheets import ENVELOPES, LABELS, Envelope, LabelSheet
from zhiyin.platform.pdf import Part, write_pdf

MOST = 10_000
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


def preview(customers: QuerySet[Customer], layout: Layout, now: datetime.datetime) -> list[Recipient]:
    """Whom labels and envelopes are for, in their order."""
    found = recipients(customers, timezone.localdate(now))
    return sorted(found, key=lambda each: each.postcode) if layout.order == "postcode" else found


def write(
    customers: QuerySet[Customer],
    layout: Layout,
    stream: IO[bytes],
    *,
    region: str | None,
    now: datetime.datetime,
    progress: Callable[[int], None] = lambda _done: None,
) -> int:
    """Write the PDF and return how many customers are on it. Raises ``CannotPrint``."""
    whom: Sequence[Any] = (
        entries(customers, timezone.localdate(now), region)
        if layout.what == "phones"
        else preview(customers, layout, now)
    )
    write_pdf(_parts(layout, whom, date_format(timezone.localdate(now)), progress), stream)
    return len(whom)


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
