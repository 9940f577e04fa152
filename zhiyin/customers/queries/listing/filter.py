"""Which customers a list shows, as its address says it."""

import datetime
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, FiniteFloat, StringConstraints, field_validator

from zhiyin.customers import filters
from zhiyin.customers.choices import CustomerKind, Stage, Status
from zhiyin.customers.filters import Condition, Group

Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Cell = Annotated[str, StringConstraints(pattern=r"^[1-5][1-5]$")]
Someone = uuid.UUID | Literal["none"]
_KEY = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
RelatedTo = Annotated[str, StringConstraints(pattern=rf"^{_KEY}:{_KEY}:(in|out)$")]


class CustomerFilter(BaseModel):
    """Which customers a list shows. Values of one field are alternatives, fields narrow each other."""

    q: Text = Field(
        "", description="Name fragment, pinyin, initials, code, number fragment, part of an e-mail."
    )
    kind: list[CustomerKind] = []
    status: list[Status] = []
    stage: list[Stage] = []
    grade: list[str] = []
    owner: list[Someone] = Field([], description="Members, or none for customers without an owner.")
    unit: list[Someone] = []
    tag: list[uuid.UUID] = Field([], description="Customers that carry all of these tags.")
    source: list[Text] = []
    country: list[Text] = []
    group: list[Text] = Field([], description="Groups of the recency, frequency and monetary scores.")
    created_from: datetime.date | None = None
    created_to: datetime.date | None = None
    last_from: datetime.date | None = Field(None, description="Last purchase on this day or later.")
    last_to: datetime.date | None = Field(None, description="Last purchase on this day or earlier.")
    ordered: bool | None = Field(None, description="Has bought, or has never bought.")
    value_min: FiniteFloat | None = None
    value_max: FiniteFloat | None = None
    rfm: list[Cell] = Field([], description="Recency and frequency score, two digits 1 to 5, such as 53.")
    spend_min: FiniteFloat | None = Field(None, description="Has paid at least so much.")
    alive_max: FiniteFloat | None = Field(
        None, description="Is still a customer with at most this probability."
    )
    related: list[RelatedTo] = Field(
        [],
        description="Has these lasting relations: CUSTOMER:TYPE:WAY, as that customer's relations are listed.",
    )
    filter: str = Field(
        "",
        max_length=16_000,
        description='Groups of conditions as JSON: `{"match": "all", "of": [{"field": "last", "op": "older", "value": '
        '{"number": 6, "unit": "month"}}]}`; `list_filter_fields` tells the fields, operators and values.',
    )

    @field_validator("filter")
    @classmethod
    def _veil(cls, given: str) -> str:
        """What may not lie about is not kept, logged or handed on either."""
        return filters.veiled(given)

    def is_empty(self) -> bool:
        return self == CustomerFilter()

    def tree(self) -> Group:
        """All that narrows the list but the words in the search box. Raises ``Invalid`` for what cannot be read."""
        asked = filters.parse(self.filter)
        short = self.short()
        return Group(
            match="all", of=[*short, asked] if asked.of and asked.match != "all" else [*short, *asked.of]
        )

    def short(self) -> list[Condition | Group]:
        """What the other parameters say, as conditions."""
        return [
            node
            for name in _SHORT
            if (given := getattr(self, name)) not in (None, [])
            for node in _SHORT[name](given)
        ]


def _one(field: str, op: str) -> Callable[[Any], list[Condition | Group]]:
    def make(given: Any) -> list[Condition | Group]:
        plain = [str(each) for each in given] if isinstance(given, list) else given
        plain = plain.isoformat() if isinstance(plain, datetime.date) else plain
        return [Condition(field=field, op=op, value=plain)]

    return make


def _relations(given: list[str]) -> list[Condition | Group]:
    """As a customer's relations are listed: ``way`` is that of the customer named, not of those to be found."""
    parts = [each.split(":") for each in given]
    return [
        Condition.model_validate(
            {
                "field": "relation",
                "op": "has",
                "value": {"customer": customer, "type": kind, "way": "in" if way == "out" else "out"},
            }
        )
        for customer, kind, way in parts
    ]


def _cells(given: list[str]) -> list[Condition | Group]:
    names = ("recency", "frequency")
    return [
        Group(
            match="any",
            of=[
                Group(
                    of=[
                        Condition(field=name, op="is", value=int(score))
                        for name, score in zip(names, cell, strict=True)
                    ]
                )
                for cell in given
            ],
        )
    ]


# the short parameters of an address, and what they say in the language of filters
_SHORT: dict[str, Callable[[Any], list[Condition | Group]]] = {
    **{
        name: _one(name, "in")
        for name in ("kind", "status", "stage", "grade", "source", "country", "owner", "unit", "group")
    },
    "tag": _one("tag", "all"),
    "related": _relations,
    "created_from": _one("created", "since"),
    "created_to": _one("created", "until"),
    "last_from": _one("last", "since"),
    "last_to": _one("last", "until"),
    "ordered": _one("ordered", "is"),
    "value_min": _one("value", "at_least"),
    "value_max": _one("value", "at_most"),
    "spend_min": _one("spend", "at_least"),
    "alive_max": _one("alive", "at_most"),
    "rfm": _cells,
}
