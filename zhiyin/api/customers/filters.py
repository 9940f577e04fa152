"""Operations on the language of filters: what can be asked, and customers by a filter in the body."""

from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from zhiyin.api.customers.schemas import CountOut, CustomerOut, customers_out
from zhiyin.api.http import PageOut, Request, Routes, page_out
from zhiyin.customers import queries
from zhiyin.customers.filters import Filter, FilterType, Group, Term, Words, terms
from zhiyin.customers.queries import CustomerFilter, Sort

routes = Routes("customers")

EXAMPLE = {
    "match": "all",
    "of": [
        {"field": "status", "op": "in", "value": ["loyal", "repeat"]},
        {
            "match": "any",
            "of": [
                {"field": "last", "op": "older", "value": {"number": 6, "unit": "month"}},
                {"field": "value", "op": "at_least", "value": 5000},
            ],
        },
    ],
}


class OptionOut(Schema):
    value: str
    label: str


class FilterFieldOut(Schema):
    """What a condition can be about. ``options`` is null where any value may be written.

    Values by operator: ``in``, ``not_in``, ``all`` take a list; ``between`` a list of two; ``last``, ``older`` and
    ``next`` ``{"number": 30, "unit": "day"}``; ``this`` and ``previous`` a unit (day, week, month, quarter, year);
    ``empty`` and ``filled`` none; days are written 2026-01-31, probabilities as 0.5.
    """

    name: str
    label: str
    type: FilterType
    section: str
    operators: list[str]
    slow: list[str] = Field(description="Operators that alone look at every customer.")
    options: list[OptionOut] | None


class Asked(Schema):
    model_config = ConfigDict(extra="forbid")

    filter: Filter = Field(Group(), examples=[EXAMPLE])
    q: str = Field("", max_length=200, description="Words of the search box.")

    def where(self) -> CustomerFilter:
        return CustomerFilter.model_validate({"q": self.q, "filter": self.filter.written()})


class QueryIn(Asked):
    sort: Sort = "name"
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")
    limit: int = Field(50, ge=1, le=200)


class MatchOut(CountOut):
    """How many customers a filter lets through, and the filter in words of the reader's language."""

    words: str


@routes.get("/customers/filter-fields/", permission="customers.view", response=list[FilterFieldOut])
def list_filter_fields(request: Request) -> list[dict[str, Any]]:
    """What the customers of a list can be filtered by."""
    return [_field(request, each) for each in terms(request.actor).known.values()]


@routes.post("/customers/query/", permission="customers.view", response=PageOut[CustomerOut])
def query_customers(request: Request, body: QueryIn) -> dict[str, Any]:
    """A page of the customers that a filter lets through; ``list_customers`` takes the same filter in its address."""
    found = queries.list_customers(
        request.actor, body.where(), sort=body.sort, after=body.after, limit=body.limit
    )
    return {**page_out(found), "items": customers_out(request.actor, found.rows)}


@routes.post("/customers/query/count/", permission="customers.view", response=MatchOut)
def count_query(request: Request, body: Asked) -> dict[str, Any]:
    """How many customers a filter lets through, and what it says."""
    count = queries.count_customers(request.actor, body.where())
    said = Words(terms(request.actor), body.filter).sentence(body.filter)
    return {"number": count.number, "exact": count.exact, "least": count.least, "words": said}


def _field(request: Request, term: Term) -> dict[str, Any]:
    options = term.options(request.actor) if term.options else None
    return {
        "name": term.name,
        "label": str(term.label),
        "type": term.type,
        "section": str(term.section),
        "operators": term.operators,
        "slow": [each for each in term.operators if each in term.slow],
        "options": options and [{"value": value, "label": str(label)} for value, label in options],
    }
