"""Who does something: a member in the browser, an API token, or the system itself."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from zhiyin.platform.errors import PermissionDenied

Scope = Literal["own", "unit", "subtree", "all"]
Kind = Literal["user", "token", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """One acting party inside one tenant.

    ``fields`` are those of records, by name, that it does not see and change as it likes, each with how far.

    ``unit_ids`` are the organisation units which a record scope of ``unit`` or ``subtree`` covers.
    """

    tenant_id: uuid.UUID
    member_id: uuid.UUID | None
    name: str
    kind: Kind = "user"
    permissions: frozenset[str] = field(default_factory=frozenset)
    scope: Scope = "own"
    unit_id: uuid.UUID | None = None
    unit_ids: tuple[uuid.UUID, ...] = ()
    user_id: uuid.UUID | None = None
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def system(cls, tenant_id: uuid.UUID, name: str = "zhiyin") -> "Actor":
        """The program itself, which may do everything inside one tenant."""
        return cls(tenant_id=tenant_id, member_id=None, name=name, kind="system", scope="all")

    @property
    def reach(self) -> tuple[object, ...]:
        """What decides which records this actor sees: equal for two who see the same."""
        return self.tenant_id, self.scope, self.member_id, self.unit_ids

    def covers(self, scope: str, unit_id: uuid.UUID | None = None) -> bool:
        """Whether this actor reaches what a person of this record scope does, in ``unit_id`` when given."""
        if self.scope == "all":
            return True
        order = get_args(Scope)
        return order.index(scope) <= order.index(self.scope) and (unit_id is None or unit_id in self.unit_ids)

    def may(self, permission: str) -> bool:
        return self.kind == "system" or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise ``PermissionDenied`` unless this actor holds ``permission``."""
        if not self.may(permission):
            raise PermissionDenied
