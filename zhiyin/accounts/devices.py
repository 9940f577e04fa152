"""The sessions a person has open, and when each was last used."""

import threading
import time
import uuid

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from zhiyin.accounts.access import TENANT_KEY
from zhiyin.accounts.network import client_address

_EVERY = 300.0
_noted: dict[str, float] = {}
_lock = threading.Lock()


def note_use(request: HttpRequest) -> None:
    """Keep the time and place of a session's last use, written at most every five minutes a process."""
    key = request.session.session_key
    if key is None or not _is_due(key):
        return
    UserSession.objects.filter(session_key=key).update(
        last_seen_at=timezone.now(), ip=client_address(request)
    )


def _is_due(key: str) -> bool:
    present = time.monotonic()
    with _lock:
        if present - _noted.get(key, -_EVERY) < _EVERY:
            return False
        if len(_noted) > 20_000:
            _noted.clear()
        _noted[key] = present
    return True


def open_sessions(user_id: uuid.UUID, *, tenant_id: uuid.UUID | None = None) -> list[UserSession]:
    """A person's open sessions, the last used first; only those in ``tenant_id`` if given."""
    found = {
        session.session_key: session
        for session in UserSession.objects.filter(user_id=user_id).order_by("-last_seen_at")
    }
    living = Session.objects.filter(session_key__in=found, expire_date__gt=timezone.now())
    tenants = {each.session_key: each.get_decoded().get(TENANT_KEY) for each in living}
    wanted = str(tenant_id) if tenant_id else None
    return [
        session
        for key, session in found.items()
        if key in tenants and (wanted is None or tenants[key] == wanted)
    ]


def end_sessions(
    user_id: uuid.UUID,
    *,
    tenant_id: uuid.UUID | None = None,
    only: int | None = None,
    keep: str | None = None,
) -> int:
    """End a person's sessions and say how many.

    Those in ``tenant_id`` if given, the one numbered ``only`` if given, not the one with the key ``keep``.
    """
    keys = [
        session.session_key
        for session in open_sessions(user_id, tenant_id=tenant_id)
        if (only is None or session.pk == only) and session.session_key != keep
    ]
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)
