"""With whom a customer is shared, what is shared with me, and why somebody sees a customer."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.db.models import QuerySet

from zhiyin.accounts.access import actor_for
from zhiyin.accounts.handover import PERMISSION
from zhiyin.accounts.models import Member, Unit
from zhiyin.customers import access
from zhiyin.customers.models import Customer, Pool, Share
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound, PermissionDenied
from zhiyin.platform.paging import Page, keyset

Row = Mapping[str, object]
Reason = Literal["all", "owner", "unit", "team", "share", "pool"]


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason why somebody sees a customer: ``unit`` through which, ``share`` by which, as one of the team too.

    ``pool`` is the one through which he may claim it; until then he sees no more than its name.
    """

    reason: Reason
    may_write: bool
    unit: Unit | None = None
    share: Share | None = None
    pool: Pool | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All reasons why a member sees a customer; ``lacks`` is what stands against it whatever the reasons."""

    member: Member
    grounds: list[Ground]
    lacks: Literal["", "active", "permission"]
    scope: str

    @property
    def may_read(self) -> bool:
        return any(each.reason != "pool" for each in self.grounds) and not self.lacks

    @property
    def may_write(self) -> bool:
        allowed = actor_for(self.member).may("customers.edit")
        return self.may_read and allowed and any(each.may_write for each in self.grounds)


def standing_of(actor: Actor, customer: Customer) -> access.Need:
    """How far a customer that the actor sees is within reach. One SQL statement at most."""
    if _by_role(actor, customer):
        return "full"
    may_write = access.shares(actor, "write").filter(customer=customer.pk).exists()
    return "write" if may_write else "read"


def shares_of(actor: Actor, customer_id: uuid.UUID, now: datetime.datetime) -> list[Share]:
    """With whom a customer is shared at this moment, the newest first. Raises ``NotFound``. Two statements."""
    access.customer(actor, customer_id)
    rows = _named(Share.objects.filter(customer=customer_id)).order_by("-created_at", "-id")
    return [share for share in rows if share.lasts(now)]


def team_of(customer_id: uuid.UUID) -> list[Share]:
    """Who looks after a customer beside the owner, by name; of one whom the caller may see. One SQL statement."""
    team = access.team_shares().filter(customer=customer_id, member__is_active=True)
    return list(_named(team).order_by("member__name_key", "id"))


def shared_with_me(actor: Actor, *, after: str = "", limit: int = 50) -> Page[Share]:
    """What is shared with the actor at this moment, the newest first. One SQL statement."""
    if actor.member_id is None:
        return Page([], None, None)
    rows = _named(access.shares(actor)).filter(customer__gone="").select_related("customer")
    return keyset(rows, order=["-created_at"], after=after, limit=limit)


def left_shares(actor: Actor, *, after: str = "", limit: int = 50) -> Page[Share]:
    """Shares whose giver left, of customers that are the actor's to dispose of, the newest first. One statement."""
    actor.require(PERMISSION)
    rows = _named(access.left_shares(actor)).select_related("customer")
    return keyset(rows, order=["-created_at"], after=after, limit=limit)


def colleagues() -> list[Row]:
    """Whom one may share with: active members by name, with their unit. One SQL statement."""
    rows = Member.objects.filter(is_active=True).order_by("name_key", "id")
    return list(rows.values("id", "name", "unit__name"))


def all_units() -> list[Row]:
    return list(Unit.objects.order_by("name", "id").values("id", "name"))


def explain_access(actor: Actor, customer_id: uuid.UUID, member_id: uuid.UUID) -> Explanation:
    """Why a member sees a customer, or why not. Raises ``NotFound``, ``PermissionDenied`` for whom it is hidden."""
    if not may_explain(actor):
        raise PermissionDenied
    customer = access.customer(actor, customer_id, related=["unit"])
    member = Member.objects.select_related("role", "unit").filter(pk=member_id).first()
    if member is None:
        raise NotFound
    asked = actor_for(member)
    lacks: Literal["", "active", "permission"] = ""
    if not member.is_active:
        lacks = "active"
    elif not asked.may("customers.view"):
        lacks = "permission"
    return Explanation(member, _grounds(asked, customer), lacks, member.role.scope)


def may_explain(actor: Actor) -> bool:
    """Managers and administrators: whose role reaches more than their own records."""
    return actor.scope != "own"


def _grounds(asked: Actor, customer: Customer) -> list[Ground]:
    found = []
    if asked.scope == "all" and (customer.pool_id is None or access.sees_everybody(asked)):
        found.append(Ground("all", may_write=True))
    if customer.owner_id and customer.owner_id == asked.member_id:
        found.append(Ground("owner", may_write=True))
    if customer.unit_id and customer.unit_id in asked.unit_ids:
        found.append(Ground("unit", may_write=True, unit=customer.unit))
    shares = _named(access.shares(asked).filter(customer=customer.pk)).order_by("created_at", "id")
    found += [
        Ground("team" if each.part else "share", may_write=each.may_write, share=each) for each in shares
    ]
    if customer.pool_id and asked.may("customers.edit"):
        pools = access.pools(asked, to_claim=True).filter(pk=customer.pool_id)
        found += [Ground("pool", may_write=False, pool=each) for each in pools]
    return found


def _by_role(actor: Actor, customer: Customer) -> bool:
    mine = customer.owner_id is not None and customer.owner_id == actor.member_id
    reached = actor.scope == "all" and (customer.pool_id is None or access.sees_everybody(actor))
    return reached or mine or customer.unit_id in actor.unit_ids


def _named(shares: QuerySet[Share]) -> QuerySet[Share]:
    return shares.select_related("member", "unit", "shared_by")
