"""The shape of a filter: groups of conditions in each other, as JSON, within bounds."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    FiniteFloat,
    StringConstraints,
    Tag,
    ValidationError,
    model_validator,
)

from zhiyin.platform.errors import Invalid

MOST_DEEP = 5
MOST_CONDITIONS = 50
MOST_VALUES = 200
LONGEST = 16_000  # characters of a filter as JSON

Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Scalar = bool | int | FiniteFloat | Text
Unit = Literal["day", "week", "month", "quarter", "year"]
Match = Literal["all", "any", "none"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Span(_Strict):
    """A length of time."""

    number: int = Field(ge=1, le=1000)
    unit: Unit


class RelationTo(_Strict):
    """A lasting relation: of a type or of any, and to a customer or to anybody."""

    type: uuid.UUID | None = None
    way: Literal["out", "in"] = Field(
        "out", description="out: the other is to this customer what the type says; in: the other way round."
    )
    customer: uuid.UUID | None = None


Value = Scalar | Annotated[list[Scalar], Field(max_length=MOST_VALUES)] | Span | RelationTo | None


Veil = Callable[[Any], Any]
# says of a field what stands in a filter for its values, where these may not lie about
VEILS: list[Callable[[str], Veil | None]] = []


def _veil_of(name: object) -> Veil | None:
    found = (each(name) for each in VEILS if isinstance(name, str))
    return next((veil for veil in found if veil), None)


class Condition(_Strict):
    """One thing that is asked of a customer; which operators and values a field takes, ``list_filter_fields`` tells."""

    field: Annotated[str, StringConstraints(max_length=60)]
    op: Annotated[str, StringConstraints(max_length=20)]
    value: Value = None

    @model_validator(mode="before")
    @classmethod
    def _veil(cls, given: Any) -> Any:
        veil = _veil_of(given.get("field")) if isinstance(given, dict) else None
        return {**given, "value": veil(given.get("value"))} if veil else given


def _which(node: Any) -> str:
    given = node if isinstance(node, dict) else getattr(node, "__dict__", {})
    return "group" if "of" in given or "match" in given else "condition"


Node = Annotated[
    Annotated["Group", Tag("group")] | Annotated[Condition, Tag("condition")], Discriminator(_which)
]


class Group(_Strict):
    """Several conditions: a customer must meet ``all`` of them, ``any``, or ``none``."""

    match: Match = "all"
    of: list[Node] = []

    def conditions(self) -> Iterator[Condition]:
        for node in self.of:
            if isinstance(node, Group):
                yield from node.conditions()
            else:
                yield node

    def written(self) -> str:
        """As an address carries it."""
        return self.model_dump_json(exclude_defaults=True) if self.of else ""


def bounded(raw: Any) -> Any:
    """What is not too deep or too large to be looked at. Raises ``ValueError``."""
    if isinstance(raw, Group):
        return raw
    groups, conditions = [raw], 0
    for _level in range(MOST_DEEP):
        nodes = [each for group in groups for each in _inside(group)]
        groups = [each for each in nodes if isinstance(each, dict) and "of" in each]
        conditions += len(nodes) - len(groups)
        if conditions > MOST_CONDITIONS or len(groups) > MOST_CONDITIONS:
            raise ValueError(_("A filter has at most %d conditions.") % MOST_CONDITIONS)
    if groups:
        raise ValueError(_("Groups of a filter lie at most %d deep in each other.") % MOST_DEEP)
    return raw


def _inside(group: Any) -> list[Any]:
    within = group.get("of") if isinstance(group, dict) else None
    return within if isinstance(within, list) else []


def veiled(text: str) -> str:
    """The same filter, without values that may not lie about; what cannot be read says so where it is used."""
    try:
        tree = parse(text)
    except Invalid:
        return text
    return tree.written() if any(_veil_of(each.field) for each in tree.conditions()) else text


class _Root(BaseModel):
    filter: Annotated[Group, BeforeValidator(bounded)]


def parse(text: str) -> Group:
    """A filter from its JSON; none from no text. Raises ``Invalid`` that names the place at fault."""
    if not text:
        return Group()
    if len(text) > LONGEST:
        raise Invalid(_("This filter is too long."), field="filter")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(_("This filter is no JSON."), field="filter") from error
    return read(raw)


def read(raw: Any) -> Group:
    """A filter from what JSON holds. Raises ``Invalid`` that names the place at fault."""
    try:
        return _Root(filter=raw).filter
    except ValidationError as error:
        where, message = fault(error)
        raise Invalid(
            _("The filter cannot be read at %(place)s: %(why)s") % {"place": where, "why": message},
            field=where,
        ) from error


# in a larger shape, such as an operation's body
Filter = Annotated[Group, BeforeValidator(read)]

# what of a value's many forms says why none of them fits
_TELLING = ("too_long", "string_too_long", "greater_than_equal", "less_than_equal", "finite_number")


def fault(error: ValidationError) -> tuple[str, str]:
    """Where a filter cannot be read, and why."""
    errors = error.errors(include_url=False)
    first = next((each for each in errors if each["type"] in _TELLING), errors[0])
    where = place(first["loc"])
    if ".value" in where and first["type"] not in _TELLING:
        return where[: where.index(".value") + 6], _("This value is not valid.")
    if first["type"] == "value_error":
        return where, str(first["ctx"]["error"])
    return where, str(first["msg"])


def place(loc: tuple[Any, ...]) -> str:
    """Where in a filter something is: ``filter.of[1].value``."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part in (
            "filter",
            "of",
            "match",
            "field",
            "op",
            "value",
            "number",
            "unit",
            "type",
            "way",
            "customer",
        ):
            text += f".{part}" if text else part
    return text or "filter"
