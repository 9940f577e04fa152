"""What several actions make sure of before they write."""

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.db import IntegrityError, models, transaction

from zhiyin.accounts.errors import LastAdministrator, NameTaken, TooMuch, UnknownPermission
from zhiyin.accounts.models import Member, Role, Tenant
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, NotFound
from zhiyin.platform.permissions import registered

MANAGE = "accounts.manage"
Row = TypeVar("Row", bound=models.Model)


def locked(queryset: models.QuerySet[Row], key: uuid.UUID, version: int | None = None) -> Row:
    """The row, locked until the transaction ends.

    Raises ``NotFound``, or ``Conflict`` when ``version`` is given and somebody changed the row since.
    """
    row = queryset.select_for_update(of=("self",)).filter(pk=key).first()
    if row is None:
        raise NotFound
    if version is not None and row.version != version:  # type: ignore[attr-defined]
        raise Conflict
    return row


def lock_company(actor: Actor) -> Tenant:
    """One at a time: changes of the tree, and of who may administer."""
    return Tenant.objects.select_for_update().get(pk=actor.tenant_id)


@contextlib.contextmanager
def name_once(field: str = "name") -> Iterator[None]:
    """Turns a broken rule of uniqueness into ``NameTaken``."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise NameTaken(field=field) from error


def known(permissions: Iterable[str]) -> list[str]:
    """The permissions, sorted; raises ``UnknownPermission``."""
    wanted = set(permissions)
    if not wanted <= registered().keys():
        raise UnknownPermission(field="permissions")
    return sorted(wanted)


def require_covers(actor: Actor, permissions: Iterable[str]) -> None:
    """Nobody gives permissions that he does not have; raises ``TooMuch``."""
    if not all(actor.may(permission) for permission in permissions):
        raise TooMuch


def require_covers_role(actor: Actor, role: Role, unit_id: uuid.UUID | None = None) -> None:
    """Nobody gives a role, or takes over somebody who has it, that may or reaches more; raises ``TooMuch``.

    ``unit_id`` is the unit of the person: who reaches part of the records has no say over people elsewhere.
    """
    require_covers(actor, role.grants)
    if not actor.covers(role.scope, unit_id):
        raise TooMuch


def require_administrator_left() -> None:
    """After a change: an active member can still manage all users; raises ``LastAdministrator``."""
    may_manage = models.Q(role__holds_all=True) | models.Q(role__permissions__contains=[MANAGE])
    everybody = Member.objects.filter(may_manage, role__scope="all")
    if not everybody.filter(is_active=True, user__is_active=True).exists():
        raise LastAdministrator


def role_of(key: uuid.UUID) -> Role:
    """A role of the company; raises ``NotFound``."""
    role = Role.objects.filter(pk=key).first()
    if role is None:
        raise NotFound(field="role")
    return role
