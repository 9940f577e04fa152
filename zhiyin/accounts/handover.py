"""What a member leaves to others: each app registers its part, so that all of it goes over together.

An app does so in ``actions/handover.py``, which its ``apps.py`` imports::

    handover.register(Part("tasks", _("Open tasks"), "activities.edit", held, found, give, give_back))
"""

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from django.db.models import Count, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.accounts import access
from zhiyin.accounts.models import Unit
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.text import checked

PERMISSION = "customers.assign"
KEPT = datetime.timedelta(days=7)  # as long as other changes of many customers are undone
MOST_PEOPLE = 50
# what is said of how many that stay
STAYS: dict[str, str | Promise] = {}


class Taker(BaseModel):
    """Somebody who gets his share of what one person gets; of two with weights 2 and 1 the first gets two thirds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    member_id: uuid.UUID
    weight: int = Field(1, ge=1, le=100)


class Plan(BaseModel):
    """What of a member goes over, and to whom.

    Customers may go into a unit or a pool instead (the one whose filter takes each, unless ``pool_id`` names it);
    all else needs people. ``filter`` chooses the customers, in the language of lists.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: tuple[str, ...]
    people: tuple[Taker, ...] = Field((), max_length=MOST_PEOPLE)
    unit_id: uuid.UUID | None = None
    into_pool: bool = False
    pool_id: uuid.UUID | None = None
    filter: dict[str, Any] = {}
    reason: Annotated[str, StringConstraints(max_length=200)] = ""

    @property
    def to_nobody(self) -> bool:
        """Whether customers go to no person."""
        return bool(self.unit_id) or self.into_pool


@dataclass(frozen=True, slots=True)
class Handing:
    """One member's handing over, as each part sees it; what it finds is locked where it ``writes``."""

    actor: Actor
    giver_id: uuid.UUID
    plan: Plan
    now: datetime.datetime
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Belongs:
    """The customer that something goes with, and whose that is at this moment."""

    customer_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What goes over, by key; and of what stays how many, by a code of ``STAYS``."""

    keys: Mapping[uuid.UUID, Belongs]
    stays: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Back:
    """What went is to be the giver's again; ``undo`` is what ``Part.give`` answered, ``kept`` of it by key."""

    actor: Actor
    giver_id: uuid.UUID
    undo: Any
    now: datetime.datetime

    @property
    def kept(self) -> dict[uuid.UUID, uuid.UUID]:
        return {uuid.UUID(key): uuid.UUID(member) for key, member in self.undo.items()}


# by key who gets it; nobody where it goes into a unit or pool
Destined = Mapping[uuid.UUID, uuid.UUID | None]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of what a member has.

    ``held`` counts it for several members; ``give`` answers with what takes it back, as JSON; ``give_back`` with how
    many are as before. ``carries`` says that other parts go with these customers.
    """

    code: str
    label: str | Promise
    permission: str
    held: Callable[[Actor, Collection[uuid.UUID], datetime.datetime], Mapping[uuid.UUID, int]]
    found: Callable[[Handing], Found]
    give: Callable[[Handing, Destined], Any]
    give_back: Callable[["Back"], int]
    carries: bool = False
    position: int = 100


_parts: dict[str, Part] = {}


def register(part: Part, stays: Mapping[str, str | Promise] | None = None) -> None:
    """Make a part known, and the words for why some of it stays."""
    _parts[part.code] = part
    STAYS.update(stays or {})


def parts(actor: Actor) -> list[Part]:
    """Those that this actor may hand over, customers first."""
    found = [each for each in _parts.values() if actor.may(each.permission)]
    return sorted(found, key=lambda each: (each.position, each.code))


def shared_out(plan: Plan, found: Found, carried: Destined) -> dict[uuid.UUID, uuid.UUID]:
    """Who gets what: whoever has its customer, or will have by ``carried``; the rest in turns by weight."""
    takers = {each.member_id for each in plan.people}
    turns = _turns(plan.people)
    to: dict[uuid.UUID, uuid.UUID] = {}
    for key, belongs in found.keys.items():
        with_it = carried.get(belongs.customer_id) if belongs.customer_id else None
        owner = with_it or belongs.owner_id
        to[key] = owner if owner in takers else next(turns)
    return to


def by_taker(to: Destined) -> dict[uuid.UUID | None, list[uuid.UUID]]:
    """What each gets."""
    found: dict[uuid.UUID | None, list[uuid.UUID]] = defaultdict(list)
    for key, member in to.items():
        found[member].append(key)
    return found


def kept(to: Destined) -> dict[str, str]:
    """Who got what, as JSON: what takes it back."""
    return {str(key): str(member) for key, member in to.items()}


def counted(rows: QuerySet[Any], column: str) -> dict[uuid.UUID, int]:
    """How many rows there are of each member."""
    return dict(rows.order_by().values_list(column).annotate(Count("pk")))


def _turns(people: Sequence[Taker]) -> Iterator[uuid.UUID]:
    """Each as often as his weight says, and evenly in between (smooth weighted round robin, as in nginx)."""
    total = sum(each.weight for each in people)
    credit = [0] * len(people)
    while True:
        credit = [had + each.weight for had, each in zip(credit, people, strict=True)]
        place = max(range(len(people)), key=credit.__getitem__)
        credit[place] -= total
        yield people[place].member_id


@dataclass(frozen=True, slots=True)
class Preview:
    """Of one part: how many each person would get (``None`` for a unit or pool), and how many stay, and why."""

    part: Part
    to: Mapping[uuid.UUID | None, int]
    stays: Mapping[str, int]

    @property
    def count(self) -> int:
        return sum(self.to.values())


def preview(*, actor: Actor, giver_id: uuid.UUID, plan: Plan, now: datetime.datetime) -> list[Preview]:
    """What would go to whom; nothing is written. Raises ``NotFound`` and ``Invalid``."""
    handing = Handing(actor, giver_id, checked_plan(actor, giver_id, plan), now)
    carried: Destined = {}
    previews = []
    for part in chosen(actor, plan):
        found, to = destined(part, handing, carried)
        carried = {**carried, **to} if part.carries else carried
        previews.append(Preview(part, Counter(to.values()), found.stays))
    return previews


def checked_plan(actor: Actor, giver_id: uuid.UUID, plan: Plan) -> Plan:
    """The plan with its reason made whole. Raises what is wrong with it."""
    actor.require(PERMISSION)
    access.colleague(actor, giver_id)
    wanted = chosen(actor, plan)
    if not wanted:
        raise Invalid(_("Choose what to hand over."), field="parts")
    ids = {each.member_id for each in plan.people}
    if giver_id in ids or access.takers(actor).filter(pk__in=ids).count() != len(ids):
        raise Invalid(_("Choose somebody you may give customers to."), field="people")
    if plan.unit_id and plan.into_pool:
        raise Invalid(_("Choose a unit or a pool, not both."), field="unit_id")
    if plan.unit_id and not _unit_reached(actor, plan.unit_id):
        raise Invalid(_("There is no such unit."), field="unit_id")
    if not ids and not (plan.to_nobody and all(each.carries for each in wanted)):
        raise Invalid(_("Choose at least one person: tasks and appointments need one."), field="people")
    return plan.model_copy(update={"reason": checked(" ".join(plan.reason.split()), "reason", 200)})


def _unit_reached(actor: Actor, unit_id: uuid.UUID) -> bool:
    reached = actor.scope == "all" or unit_id in actor.unit_ids
    return reached and Unit.objects.filter(pk=unit_id).exists()


def chosen(actor: Actor, plan: Plan) -> list[Part]:
    return [each for each in parts(actor) if each.code in plan.parts]


def destined(part: Part, handing: Handing, carried: Destined) -> tuple[Found, Destined]:
    found = part.found(handing)
    if part.carries and handing.plan.to_nobody:
        return found, dict.fromkeys(found.keys)
    return found, shared_out(handing.plan, found, carried)
