"""The sessions a person has open, and when each was last used."""

import threading
import time
import uuid

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.utils import timezone

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


def open_sessions(user_id: uuid.UUID) -> list[UserSession]:
    """A person's sessions, the last used first; ended ones are cleared away."""
    kept = [session for session in UserSession.objects.filter(user_id=user_id) if session.exists()]
    return sorted(kept, key=lambda session: session.last_seen_at, reverse=True)


def end_sessions(user_id: uuid.UUID, *, only: int | None = None, keep: str | None = None) -> int:
    """End all of a person's sessions, or only one, or all but the one whose key is ``keep``; how many ended."""
    sessions = UserSession.objects.filter(user_id=user_id)
    if only is not None:
        sessions = sessions.filter(pk=only)
    if keep is not None:
        sessions = sessions.exclude(session_key=keep)
    keys = list(sessions.values_list("session_key", flat=True))
    for key in keys:
        SessionStore().delete(key)
    sessions.delete()
    return len(keys)
