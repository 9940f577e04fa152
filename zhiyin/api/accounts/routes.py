"""Operations on accounts."""

from zhiyin.api.accounts.schemas import MeOut
from zhiyin.api.http import Request, Routes

routes = Routes("accounts")


@routes.get("/me/", permission=None, response=MeOut)
def me(request: Request) -> dict[str, object]:
    """Who the caller is, and what the caller may do."""
    actor = request.actor
    return {
        "member_id": actor.member_id,
        "tenant_id": actor.tenant_id,
        "name": actor.name,
        "kind": actor.kind,
        "permissions": sorted(actor.permissions),
        "scope": actor.scope,
        "unit_ids": list(actor.unit_ids),
    }
