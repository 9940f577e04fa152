"""Keys for programs. The secret is shown once; only its SHA-256 is kept."""

import datetime
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from zhiyin.accounts import access, events
from zhiyin.accounts.actions.guards import MANAGE, known, locked, require_covers
from zhiyin.accounts.errors import TooMuch
from zhiyin.accounts.models import ApiToken, Member
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.record import record
from zhiyin.platform.tokens import digest

LONGEST = datetime.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token and its text, which nobody can see again."""

    token: ApiToken
    text: str


def create_token(
    *,
    actor: Actor,
    name: str,
    permissions: Iterable[str],
    expires_at: datetime.datetime,
    member_id: uuid.UUID | None = None,
    now: datetime.datetime,
) -> NewToken:
    """A token that acts for ``member_id`` (oneself when not given), for a year at most.

    It gets no permission that the actor or that member lacks. For another member ``accounts.manage`` is
    needed, and to reach all that he reaches. A token cannot make tokens. Raises ``Invalid``, ``TooMuch``, ``NotFound``, ``PermissionDenied``.
    """
    if actor.kind == "token":
        raise Invalid(_("A token cannot make tokens. Sign in to make one."))
    holder = member_id or actor.member_id
    if holder is None:
        raise NotFound(field="member")
    if holder != actor.member_id:
        actor.require(MANAGE)
    member = Member.objects.select_related("role").filter(pk=holder, is_active=True).first()
    if member is None:
        raise NotFound(field="member")
    wanted = known(permissions)
    require_covers(actor, wanted)
    require_covers(access.actor_for(member), wanted)
    if holder != actor.member_id and not actor.covers(member.role.scope, member.unit_id):
        raise TooMuch
    _check(name, expires_at, now)
    text = access.token_text(actor.tenant_id, secrets.token_bytes(24))
    token = ApiToken.objects.create(
        member=member,
        name=name.strip(),
        # what lies behind the tenant's part, so that tokens can be told apart
        prefix=text[26:34],
        digest=digest(text),
        permissions=wanted,
        expires_at=expires_at,
        created_at=now,
    )
    record(
        events.TokenCreated(token_id=token.id),
        actor=actor,
        now=now,
        subject=("token", token.id),
        changes={"name": [None, token.name], "member": [None, member.name], "permissions": [None, wanted]},
    )
    return NewToken(token, text)


def revoke_token(*, actor: Actor, token_id: uuid.UUID, now: datetime.datetime) -> None:
    """End a token at once: one's own, or with ``accounts.manage`` anybody's. Revoking twice is no error."""
    tokens = ApiToken.objects.all()
    if not actor.may(MANAGE):
        tokens = tokens.filter(member_id=actor.member_id) if actor.member_id else tokens.none()
    token = locked(tokens, token_id)
    if token.revoked_at is not None:
        return
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    record(
        events.TokenRevoked(token_id=token.id),
        actor=actor,
        now=now,
        subject=("token", token.id),
        changes={"name": [token.name, None]},
    )


def _check(name: str, expires_at: datetime.datetime, now: datetime.datetime) -> None:
    if not 0 < len(name.strip()) <= 100:
        raise Invalid(_("Give a name of 100 characters at most."), field="name")
    if not now < expires_at <= now + LONGEST:
        raise Invalid(_("A token ends within a year from now."), field="expires_at")
