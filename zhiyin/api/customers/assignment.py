"""Operations on rules of assignment, and on what was given by them."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import Request, Routes, now
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import AssignmentRules, Turn
from zhiyin.customers.choices import AssignmentTarget
from zhiyin.customers.filters import Filter, Group
from zhiyin.customers.models import Assignment, AssignmentRule
from zhiyin.customers.queries import Trial

routes = Routes("customers")


class TurnIn(Schema):
    """Of a rule with several people each gets customers in proportion to his weight."""

    model_config = ConfigDict(extra="forbid")

    member: uuid.UUID
    weight: int = Field(1, ge=1, le=100)
    most: int | None = Field(
        None, ge=1, le=10_000_000, description="Who has so many customers is passed over."
    )


class TurnOut(Schema):
    member: uuid.UUID = Field(alias="member_id")
    weight: int
    most: int | None


class AssignmentRuleIn(Schema):
    """Of several rules whose filter takes a customer the first gives it, unless all its people have enough."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(max_length=100, pattern=TEXT)]
    filter: Filter = Field(Group(), description="Whom it takes; no condition: all.")
    target: AssignmentTarget = AssignmentTarget.MEMBERS
    people: list[TurnIn] = Field([], max_length=100, description="With the target ``members``, in turn.")
    unit: uuid.UUID | None = Field(None, description="With the target ``unit``.")
    pool: uuid.UUID | None = Field(None, description="With the target ``pool``.")
    reason: Annotated[str, StringConstraints(max_length=200, pattern=TEXT)] = Field(
        "", description="Kept with each assignment; the name where it is empty."
    )

    def rules(self) -> AssignmentRules:
        people = tuple(Turn(each.member, each.weight, each.most) for each in self.people)
        values = {name: getattr(self, name) for name in AssignmentRuleIn.model_fields}
        return AssignmentRules(**{**values, "people": people, "target": str(self.target)})


class AssignmentRuleChange(AssignmentRuleIn):
    version: int | None = Field(None, description="The one seen; another's change since is a conflict.")


class AssignmentRuleOut(Schema):
    id: uuid.UUID
    version: int
    name: str
    filter: dict[str, Any]
    target: AssignmentTarget
    people: list[TurnOut]
    unit: uuid.UUID | None = Field(alias="unit_id")
    pool: uuid.UUID | None = Field(alias="pool_id")
    reason: str
    archived_at: datetime.datetime | None

    @staticmethod
    def resolve_people(rule: AssignmentRule) -> list[Any]:
        return sorted(rule.turns.all(), key=lambda each: each.place)


class RuleOrder(Schema):
    model_config = ConfigDict(extra="forbid")

    ids: list[uuid.UUID] = Field(max_length=1000, description="Those that are left out come after.")


class TrialFilter(BaseModel):
    days: int = Field(30, ge=1, le=366, description="Customers made in the last so many days.")


class TrialLineOut(Schema):
    """Null for member, unit and pool: no rule takes them."""

    member: uuid.UUID | None
    unit: uuid.UUID | None
    pool: uuid.UUID | None
    name: str
    would_get: int
    has_got: int


class TrialOut(Schema):
    customers: int
    more: bool = Field(description="Whether there are more than were looked at.")
    lines: list[TrialLineOut]


class AssignmentOut(Schema):
    assigned_at: datetime.datetime
    previous: uuid.UUID | None = Field(alias="previous_id")
    owner: uuid.UUID | None = Field(alias="owner_id")
    unit: uuid.UUID | None = Field(alias="unit_id")
    pool: uuid.UUID | None = Field(alias="pool_id")
    rule: uuid.UUID | None = Field(alias="rule_id")
    reason: str
    by: str = Field(alias="actor_name")


@routes.get("/assignment-rules/", permission="customers.assign_rules", response=list[AssignmentRuleOut])
def list_assignment_rules(request: Request) -> list[AssignmentRule]:
    """In the order in which they are asked, archived ones aside."""
    return queries.assignment_rules()


@routes.post(
    "/assignment-rules/", permission="customers.assign_rules", response=AssignmentRuleOut, status=201
)
def create_assignment_rule(request: Request, body: AssignmentRuleIn) -> AssignmentRule:
    """It is asked last."""
    return actions.create_assignment_rule(actor=request.actor, rules=body.rules(), now=now())


@routes.put("/assignment-rules/order/", permission="customers.assign_rules", response=list[AssignmentRuleOut])
def order_assignment_rules(request: Request, body: RuleOrder) -> list[AssignmentRule]:
    actions.order_assignment_rules(actor=request.actor, ids=body.ids, now=now())
    return queries.assignment_rules()


@routes.put(
    "/assignment-rules/{uuid:rule_id}/", permission="customers.assign_rules", response=AssignmentRuleOut
)
def change_assignment_rule(
    request: Request, rule_id: uuid.UUID, body: AssignmentRuleChange
) -> AssignmentRule:
    version = None if body.version is None else str(body.version)
    return actions.change_assignment_rule(
        actor=request.actor, rule_id=rule_id, rules=body.rules(), version=version, now=now()
    )


@routes.post(
    "/assignment-rules/{uuid:rule_id}/archive/",
    permission="customers.assign_rules",
    response=AssignmentRuleOut,
)
def archive_assignment_rule(request: Request, rule_id: uuid.UUID) -> AssignmentRule:
    """It gives nobody any more."""
    return actions.set_assignment_rule_archived(
        actor=request.actor, rule_id=rule_id, archived=True, now=now()
    )


@routes.post(
    "/assignment-rules/{uuid:rule_id}/restore/",
    permission="customers.assign_rules",
    response=AssignmentRuleOut,
)
def restore_assignment_rule(request: Request, rule_id: uuid.UUID) -> AssignmentRule:
    return actions.set_assignment_rule_archived(
        actor=request.actor, rule_id=rule_id, archived=False, now=now()
    )


@routes.get("/assignment-rules/trial/", permission="customers.assign_rules", response=TrialOut)
def try_assignment_rules(request: Request, where: Query[TrialFilter]) -> Trial:
    """Who would have got the newest customers by the rules as they are; nothing is written."""
    return queries.try_assignment_rules(request.actor, days=where.days, now=now())


@routes.get(
    "/customers/{uuid:customer_id}/assignments/",
    permission="customers.view",
    response=list[AssignmentOut],
)
def list_assignments(request: Request, customer_id: uuid.UUID) -> list[Assignment]:
    """How a customer came to its owners, the newest first."""
    return queries.assignments_of(access.customer(request.actor, customer_id).pk)
