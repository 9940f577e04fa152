"""Operations on relations between customers."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT, KeptOut, Seen, Text100
from zhiyin.api.http import PageOut, Request, Routes, now
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import RelationRules
from zhiyin.customers.choices import BuyingRole, CustomerKind
from zhiyin.customers.models import Relation, RelationType, Undo
from zhiyin.platform.errors import NotFound

routes = Routes("customers")
Way = Annotated[
    Literal["out", "in"], Field(description="``out``: this customer is the source, ``in``: the other one is.")
]
Filled60 = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=TEXT)]


class RelationTypeOut(Schema):
    """``name`` is what the target is to the source, ``inverse`` what the source is to the target."""

    id: uuid.UUID
    version: str
    code: str = Field(description="Of a standard type; empty for the company's own.")
    name: str
    inverse: str
    source_kind: CustomerKind | Literal[""]
    target_kind: CustomerKind | Literal[""]
    only_one: bool
    acyclic: bool
    rolls_up: bool
    has_role: bool
    archived: bool

    @staticmethod
    def resolve_name(kind: RelationType) -> str:
        return str(kind.label)

    @staticmethod
    def resolve_inverse(kind: RelationType) -> str:
        return str(kind.inverse_label)

    @staticmethod
    def resolve_archived(kind: RelationType) -> bool:
        return kind.archived_at is not None


class RelationTypeIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Filled60
    inverse: Filled60
    source_kind: CustomerKind | Literal[""] = ""
    target_kind: CustomerKind | Literal[""] = ""
    only_one: bool = Field(False, description="A source has one target at a time.")
    acyclic: bool = Field(False, description="It never leads back to where it began.")
    rolls_up: bool = Field(False, description="Numbers of all sources are added up at the target.")
    has_role: bool = Field(False, description="With role in buying and job title.")

    def rules(self) -> RelationRules:
        return RelationRules(**self.model_dump(exclude={"version"}))


class RelationTypeChange(RelationTypeIn):
    version: Seen = None


class RelationIn(Schema):
    model_config = ConfigDict(extra="forbid")

    type_id: uuid.UUID
    other_id: uuid.UUID
    way: Way = "out"
    role: BuyingRole | Literal[""] = ""
    title: Text100 = ""
    since: datetime.date | None = None
    until: datetime.date | None = None


class RelationChange(Schema):
    """What is said of a relation, as it shall be; whom it is between stays."""

    model_config = ConfigDict(extra="forbid")

    role: BuyingRole | Literal[""] = ""
    title: Text100 = ""
    since: datetime.date | None = None
    until: datetime.date | None = None
    version: Seen = None


class RelationOut(Schema):
    id: uuid.UUID
    version: str
    type_id: uuid.UUID
    source_id: uuid.UUID
    target_id: uuid.UUID
    role: BuyingRole | Literal[""]
    title: str
    since: datetime.date | None
    until: datetime.date | None


class RelatedOut(Schema):
    """A relation with the customer at its other end."""

    id: uuid.UUID
    type_id: uuid.UUID
    way: Way
    role: BuyingRole | Literal[""]
    title: str
    since: datetime.date | None
    until: datetime.date | None
    other_id: uuid.UUID
    name: str
    code: str
    kind: CustomerKind


class RollUpOut(Schema):
    """The numbers of a customer and all below it; what one may not see is missing."""

    type_id: uuid.UUID
    members: int
    orders: int | None = None
    spend: float | None = None
    last_at: datetime.datetime | None = None
    value: float | None = None
    value_low: float | None = Field(None, description="The sum of the single intervals' lower ends.")
    value_high: float | None = None
    cut: bool = Field(description="There are more than were added up.")


class NodeOut(Schema):
    id: uuid.UUID
    name: str
    code: str
    kind: CustomerKind
    depth: int


class EdgeOut(Schema):
    type_id: uuid.UUID
    source_id: uuid.UUID
    target_id: uuid.UUID


class GraphOut(Schema):
    nodes: list[NodeOut]
    edges: list[EdgeOut]
    cut: bool = Field(description="There are more than are given.")


class Which(BaseModel):
    type: uuid.UUID | None = None
    way: Literal["out", "in"] | None = None
    after: uuid.UUID | None = Field(None, description="``next`` of an earlier page.")
    limit: int = Field(50, ge=1, le=200)


class Depth(BaseModel):
    depth: int = Field(2, ge=1, le=3)


@routes.get("/relation-types/", permission="customers.view", response=list[RelationTypeOut])
def list_relation_types(request: Request) -> list[RelationType]:
    """What customers can be to each other, the archived ones too."""
    return queries.relation_types()


@routes.post("/relation-types/", permission="settings.manage", response=RelationTypeOut, status=201)
def create_relation_type(request: Request, body: RelationTypeIn) -> RelationType:
    return actions.create_relation_type(actor=request.actor, rules=body.rules(), now=now())


@routes.put("/relation-types/{uuid:type_id}/", permission="settings.manage", response=RelationTypeOut)
def change_relation_type(request: Request, type_id: uuid.UUID, body: RelationTypeChange) -> RelationType:
    """A rule that relations break already answers 409."""
    return actions.change_relation_type(
        actor=request.actor, type_id=type_id, rules=body.rules(), version=body.version, now=now()
    )


@routes.delete("/relation-types/{uuid:type_id}/", permission="settings.manage")
def remove_relation_type(request: Request, type_id: uuid.UUID, version: Seen = None) -> None:
    """One that is used, or a standard one, is archived."""
    actions.remove_relation_type(actor=request.actor, type_id=type_id, version=version, now=now())


@routes.post(
    "/relation-types/{uuid:type_id}/restore/", permission="settings.manage", response=RelationTypeOut
)
def restore_relation_type(request: Request, type_id: uuid.UUID) -> RelationType:
    """Offer an archived one again."""
    return actions.restore_relation_type(actor=request.actor, type_id=type_id, now=now())


@routes.get(
    "/customers/{uuid:customer_id}/relations/", permission="customers.view", response=PageOut[RelatedOut]
)
def list_relations(request: Request, customer_id: uuid.UUID, which: Query[Which]) -> dict[str, Any]:
    """A customer's relations to those that one may see, the newest first."""
    access.customer(request.actor, customer_id)
    types = [each.pk for each in queries.relation_types() if which.type in (None, each.pk)]
    if which.type and not types:
        raise NotFound
    found = queries.related(
        request.actor,
        customer_id,
        types,
        ways=[which.way] if which.way else ("out", "in"),
        before=which.after,
        limit=which.limit + 1,
    )
    found.sort(key=lambda row: row["id"], reverse=True)
    shown = found[: which.limit]
    return {"items": shown, "next": str(shown[-1]["id"]) if len(found) > which.limit else None}


@routes.post(
    "/customers/{uuid:customer_id}/relations/", permission="customers.edit", response=RelationOut, status=201
)
def add_relation(request: Request, customer_id: uuid.UUID, body: RelationIn) -> Relation:
    """One to itself answers 400; one that is there already, a second only one or a circle 409."""
    return actions.add_relation(actor=request.actor, customer_id=customer_id, now=now(), **body.model_dump())


@routes.put(
    "/customers/{uuid:customer_id}/relations/{uuid:relation_id}/",
    permission="customers.edit",
    response=RelationOut,
)
def change_relation(
    request: Request, customer_id: uuid.UUID, relation_id: uuid.UUID, body: RelationChange
) -> Relation:
    return actions.change_relation(
        actor=request.actor,
        customer_id=customer_id,
        relation_id=relation_id,
        now=now(),
        **body.model_dump(),
    )


@routes.delete(
    "/customers/{uuid:customer_id}/relations/{uuid:relation_id}/",
    permission="customers.edit",
    response=KeptOut,
    status=200,
)
def remove_relation(
    request: Request, customer_id: uuid.UUID, relation_id: uuid.UUID, version: Seen = None
) -> Undo:
    return actions.remove_relation(
        actor=request.actor, customer_id=customer_id, relation_id=relation_id, version=version, now=now()
    )


@routes.get(
    "/customers/{uuid:customer_id}/relations/sums/", permission="customers.view", response=list[RollUpOut]
)
def add_up_relations(request: Request, customer_id: uuid.UUID) -> list[dict[str, Any]]:
    """The numbers of the groups and households that a customer heads, of those that one may see."""
    access.customer(request.actor, customer_id)
    sees_orders, sees_value = request.actor.may("orders.view"), request.actor.may("insight.view")
    names = ["type_id", "members", "cut"]
    names += ["orders", "spend", "last_at"] if sees_orders else []
    names += ["value", "value_low", "value_high"] if sees_value else []
    sums = queries.roll_up(request.actor, customer_id, queries.relation_types())
    return [{name: getattr(each, name) for name in names} for each in sums]


@routes.get("/customers/{uuid:customer_id}/relations/graph/", permission="customers.view", response=GraphOut)
def graph_relations(request: Request, customer_id: uuid.UUID, how: Query[Depth]) -> dict[str, Any]:
    """The customers some relations away, at most 200."""
    access.customer(request.actor, customer_id)
    found = queries.relation_graph(request.actor, customer_id, queries.relation_types(), depth=how.depth)
    edges = [{"type_id": kind, "source_id": one, "target_id": two} for kind, one, two in found.edges]
    return {"nodes": list(found.nodes.values()), "edges": edges, "cut": found.cut}
