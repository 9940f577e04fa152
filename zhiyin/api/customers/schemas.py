"""Shapes of what the operations on customers take and give."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from zhiyin.customers.choices import (
    ContactCheck,
    ContactKind,
    CustomerKind,
    Stage,
    Status,
    TagColour,
    UndoKind,
)
from zhiyin.customers.fields import registry
from zhiyin.customers.models import Customer, SavedView
from zhiyin.customers.printing import Layout
from zhiyin.platform.actors import Actor

TEXT = r"^[^\x00]*$"


# strings that their columns hold
Body = Annotated[str, StringConstraints(min_length=1, max_length=10_000, pattern=TEXT)]
Text50 = Annotated[str, StringConstraints(max_length=50, pattern=TEXT)]
Filled50 = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=TEXT)]
Text64 = Annotated[str, StringConstraints(max_length=64, pattern=TEXT)]
Filled64 = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=TEXT)]
Text100 = Annotated[str, StringConstraints(max_length=100, pattern=TEXT)]
Filled100 = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=TEXT)]
Text200 = Annotated[str, StringConstraints(max_length=200, pattern=TEXT)]
Filled200 = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=TEXT)]
Text400 = Annotated[str, StringConstraints(max_length=400, pattern=TEXT)]
Text8000 = Annotated[str, StringConstraints(max_length=8000, pattern=TEXT)]
Seen = Annotated[str | None, Field(description="The ``version`` that was read; an older one answers 409.")]

OwnValue = str | bool | int | float | list[str] | None
OwnValues = Annotated[
    dict[Annotated[str, StringConstraints(max_length=40)], OwnValue],
    Field(description="The company's own fields by key, see ``/customer-fields/``; null is nothing."),
]


class ValueOut(Schema):
    """What analysis last found; money in the tenant's currency, ``alive`` a probability."""

    orders: int
    spend: float
    last_at: datetime.datetime
    group: str
    alive: float | None
    value: float | None
    value_low: float | None
    value_high: float | None


class CustomerOut(Schema):
    id: uuid.UUID
    code: str
    name: str
    kind: CustomerKind
    status: Status
    stage: Stage | Literal[""]
    country: str
    city: str
    source: str
    created_at: datetime.datetime
    grade_name: str | None
    owner_name: str | None
    unit_name: str | None
    value: ValueOut | None = Field(None, description="Missing without the permission insight.view.")
    fields: OwnValues = {}


def customers_out(actor: Actor, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the list as ``CustomerOut``. One SQL statement."""
    own = frozenset(each.key for each in registry(actor).own())
    return [_customer_out(row, own, sees_value=actor.may("insight.view")) for row in rows]


def _customer_out(row: Mapping[str, Any], own: frozenset[str], *, sees_value: bool) -> dict[str, Any]:
    value = None
    if sees_value and row["value__orders"] is not None:
        names = {"spend": "spend_key"}
        value = {name: row[f"value__{names.get(name, name)}"] for name in ValueOut.model_fields}
    return {
        **{name: row[name] for name in CustomerOut.model_fields if name in row},
        "grade_name": row["grade__name"],
        "owner_name": row["owner__name"],
        "unit_name": row["unit__name"],
        "value": value,
        "fields": {key: value for key, value in row["custom"].items() if key in own},
    }


class ContactOut(Schema):
    id: uuid.UUID
    version: str
    kind: ContactKind
    label: str
    value: str
    value_key: str = Field(description="E.164 for phones, lower case for all others.")
    parts: dict[str, str]
    is_primary: bool
    verified_on: datetime.date | None
    verified_how: ContactCheck | Literal[""]
    valid_until: datetime.date | None
    leads: bool = Field(description="Is the one of its kind to use today: a primary one that is over is not.")


class SharingOut(Schema):
    id: uuid.UUID
    name: str


class SharedContactOut(ContactOut):
    also_of: list[SharingOut] = Field(description="Customers in sight who have the same.")
    others: int = Field(description="How many customers out of sight have the same; up to 200 are counted.")


class WornOut(Schema):
    """A tag that a customer carries."""

    id: uuid.UUID
    name: str
    colour: TagColour


class TagOut(WornOut):
    version: str


class RecordOut(Schema):
    """One customer with everything that hangs on it but timeline, notes and orders."""

    id: uuid.UUID
    version: int
    code: str
    name: str
    short_name: str
    kind: CustomerKind
    status: Status
    stage: Stage | Literal[""]
    country: str
    city: str
    source: str
    owner_id: uuid.UUID | None
    unit_id: uuid.UUID | None
    created_at: datetime.datetime
    updated_at: datetime.datetime
    value: ValueOut | None
    contacts: list[ContactOut]
    tags: list[WornOut]
    fields: OwnValues

    @classmethod
    def of(
        cls,
        customer: Customer,
        *,
        contacts: list[Any],
        tags: list[Any],
        fields: dict[str, Any],
        sees_value: bool,
    ) -> dict[str, Any]:
        """A customer as this shape."""
        plain = {name: getattr(customer, name) for name in cls.model_fields if hasattr(customer, name)}
        worth = customer.value if sees_value else None
        value = None
        if worth:
            names = {"spend": "spend_key"}
            value = {name: getattr(worth, names.get(name, name)) for name in ValueOut.model_fields}
        shown = [{"id": tag["tag_id"], "name": tag["name"], "colour": tag["colour"]} for tag in tags]
        return {**plain, "value": value, "contacts": contacts, "tags": shown, "fields": fields}


class CustomerIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Filled200
    code: Text64 = Field("", description="Left empty, the customer gets one.")
    kind: CustomerKind = CustomerKind.PERSON
    short_name: Text100 = ""
    country: Text64 = ""
    city: Text100 = ""
    status: Status = Status.POTENTIAL
    stage: Stage | Literal[""] = ""
    source: Text64 = ""
    owner_id: uuid.UUID | None = Field(
        None, description="Left out, whom the rules of assignment say, else whoever asks; null: nobody."
    )
    by_rules: bool | None = Field(
        None, description="Whether the rules are asked; by default for who reaches all records."
    )
    fields: OwnValues = {}


class CustomerPatch(Schema):
    """Only what is given is changed. ``version`` is the one that was read; an older one answers 409."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2_147_483_647)
    name: Filled200 | None = None
    code: Filled64 | None = None
    kind: CustomerKind | None = None
    short_name: Text100 | None = None
    country: Text64 | None = None
    city: Text100 | None = None
    status: Status | None = None
    stage: Stage | Literal[""] | None = None
    source: Text64 | None = None
    owner_id: uuid.UUID | None = Field(None, description="null takes the owner away.")
    reason: Text200 = Field("", description="Why the status changes; asked for with another status.")
    fields: OwnValues = {}

    def changes(self) -> dict[str, Any]:
        given = self.model_dump(exclude_unset=True, exclude={"version", "fields", "reason"})
        return {name: value for name, value in given.items() if value is not None or name == "owner_id"}


Parts = Annotated[
    dict[str, Text200],
    Field(description="Of an address: country, province, city, district, township, street, postcode."),
]


class _ContactDetails(Schema):
    model_config = ConfigDict(extra="forbid")

    value: Text400 = ""
    label: Text50 = ""
    parts: Parts = {}
    verified_on: datetime.date | None = Field(None, description="Today when only ``verified_how`` is given.")
    verified_how: ContactCheck | Literal[""] = ""
    valid_until: datetime.date | None = None


class ContactIn(_ContactDetails):
    kind: ContactKind
    is_primary: bool = False


class ContactChange(_ContactDetails):
    """A contact point as it shall be; it stays of its kind."""

    is_primary: bool = Field(False, description="A primary one stays so until another becomes it.")
    version: Seen = None


class NoteOut(Schema):
    id: uuid.UUID
    version: str
    body: str
    pinned: bool
    author_id: uuid.UUID | None
    created_at: datetime.datetime
    updated_at: datetime.datetime


class NoteIn(Schema):
    model_config = ConfigDict(extra="forbid")

    body: Body


class NoteChange(NoteIn):
    version: Seen = None


class PinIn(Schema):
    model_config = ConfigDict(extra="forbid")

    pinned: bool


class TagsIn(Schema):
    model_config = ConfigDict(extra="forbid")

    tags: list[uuid.UUID] = Field(max_length=100)
    seen: list[uuid.UUID] | None = Field(
        None,
        max_length=100,
        description="The tags that it carried when read: then what others changed meanwhile stays.",
    )


class TagIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Filled50
    colour: TagColour = TagColour.BLUE


class TagChange(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Filled50
    colour: TagColour
    version: Seen = None


class TouchOut(Schema):
    id: uuid.UUID
    occurred_at: datetime.datetime
    kind: str
    actor_name: str
    object_id: uuid.UUID | None
    data: dict[str, Any]


class CountOut(Schema):
    number: int
    exact: bool = Field(description="Up to 1,000 the count is exact, beyond an estimate.")
    least: bool = Field(False, description="There are more; counting them would have taken too long.")


class SelectionIn(Schema):
    """Either ``ids`` or ``everything`` chooses the customers."""

    model_config = ConfigDict(extra="forbid")

    ids: list[uuid.UUID] = Field([], max_length=5000)
    everything: bool = Field(False, description="All customers that the address's filter lets through.")


class ExportIn(SelectionIn):
    style: Literal["csv", "xlsx"] = "csv"
    sensitive: bool = Field(False, description="Sensitive values too, in clear: takes `customers.sensitive`.")


class PrintIn(SelectionIn):
    layout: Layout = Layout()


class BulkIn(SelectionIn):
    tag: uuid.UUID | None = Field(None, description="Put this tag on them.")
    untag: uuid.UUID | None = Field(None, description="Take this tag from them.")
    owner: uuid.UUID | None = Field(None, description="Give them to this member.")
    by_rules: bool | None = Field(None, description="Give each by the rules of assignment.")
    grade: uuid.UUID | None = Field(None, description="Grade them by hand; needs a reason.")
    field: str | None = Field(
        None, max_length=40, pattern=TEXT, description="Set this own field, by its key."
    )
    value: str = Field("", max_length=5000, pattern=r"^[^\x00]*$", description="What the field becomes.")
    reason: Text200 = Field("", description="Why they are given to the member, or graded.")

    @model_validator(mode="after")
    def _one_change(self) -> "BulkIn":
        changes = (self.tag, self.untag, self.owner, self.by_rules, self.grade, self.field)
        if sum(bool(each) for each in changes) != 1:
            raise ValueError("exactly one of tag, untag, owner, by_rules, grade and field")
        return self


class BulkOut(Schema):
    count: int
    job_id: uuid.UUID | None = Field(description="The job that does it, when these are many.")
    undo_id: uuid.UUID | None = Field(description="What ``undo_change`` takes it back by, for seven days.")


class KeptOut(Schema):
    undo_id: uuid.UUID = Field(
        alias="pk", description="What ``undo_change`` takes it back by, for seven days."
    )


class UndoneOut(Schema):
    """What was changed since the change stays as it is."""

    what: UndoKind
    restored: int
    left: int
    job_id: uuid.UUID | None = Field(description="The job that does it, when these are many.")


class ViewIn(Schema):
    """``query`` is what the list's address carries after the question mark, ``columns`` those to be shown."""

    model_config = ConfigDict(extra="forbid")

    page: Literal["customers", "orders", "products"]
    name: Filled100
    query: Text8000 = ""
    columns: list[Text50] = Field([], max_length=50)
    shared: bool = Field(False, description="For everybody; needs the right to edit what the list shows.")


class ViewPatch(Schema):
    """What a view keeps from now on; what is missing stays."""

    model_config = ConfigDict(extra="forbid")

    name: Filled100 | None = None
    query: Text8000 | None = None
    columns: Annotated[list[Text50], Field(max_length=50)] | None = None


class ViewOut(Schema):
    id: uuid.UUID
    page: str
    name: str
    query: str
    columns: list[str]
    shared: bool

    @staticmethod
    def resolve_shared(view: SavedView) -> bool:
        return view.member_id is None
