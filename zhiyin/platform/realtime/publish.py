import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

CHANNEL = "zhiyin_realtime"
# PostgreSQL takes payloads below 8000 bytes.
MOST_BYTES = 7_900


def notify(
    tenant_id: uuid.UUID,
    topic: str,
    payload: Mapping[str, Any] | None = None,
    *,
    using: BaseDatabaseWrapper | None = None,
) -> None:
    """Send ``payload`` to the open pages of a tenant that watch ``topic``, when the transaction commits.

    A payload too long for PostgreSQL becomes ``{"reload": true}``.
    """
    message = _message(tenant_id, topic, dict(payload or {}))
    if len(message.encode()) > MOST_BYTES:
        message = _message(tenant_id, topic, {"reload": True})
    with (using or connection).cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message])


def _message(tenant_id: uuid.UUID, topic: str, data: dict[str, Any]) -> str:
    return json.dumps(
        {"tenant": str(tenant_id), "topic": topic, "data": data},
        cls=DjangoJSONEncoder,
        ensure_ascii=False,
        separators=(",", ":"),
    )
