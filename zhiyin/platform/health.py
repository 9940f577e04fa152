"""What watches zhiyin from outside asks here: alive, ready, measured.

These addresses are answered before sessions, host names and companies come into play.
"""

import datetime
import hmac
import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone

from zhiyin.platform import metrics
from zhiyin.platform.models import Worker

SILENCE = datetime.timedelta(seconds=30)
_migrated = False


class ProbeMiddleware:
    """Before all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = probe(request)
        response["Cache-Control"] = "no-store"
        return response


def alive(_request: HttpRequest) -> HttpResponse:
    """``/healthz``: this process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready(_request: HttpRequest) -> HttpResponse:
    """``/readyz``: 200 when work can be done, else 503 with the reasons."""
    reasons = reasons_against()
    return JsonResponse({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)


def measured(request: HttpRequest) -> HttpResponse:
    """``/metrics`` for this machine itself, or with ``Authorization: Bearer`` and the configured token."""
    if not _may_measure(request):
        return HttpResponse(status=404)
    try:
        body = metrics.exposition()
    except (DatabaseError, InterfaceError):
        connection.close()
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse(body, content_type="text/plain; version=0.0.4; charset=utf-8")


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": alive,
    "/readyz": ready,
    "/metrics": measured,
}


def reasons_against() -> list[str]:
    """Why zhiyin is not ready, in words; nothing when it is."""
    try:
        return [*_missing_migrations(), *_silent_worker()]
    except (DatabaseError, InterfaceError):
        connection.close()
        return ["The database does not answer."]


def _missing_migrations() -> list[str]:
    global _migrated  # noqa: PLW0603 - once up to date, this version stays so
    if not _migrated:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            return [f"The database lacks {len(plan)} migrations: run zhiyin migrate."]
        _migrated = True
    return []


def _silent_worker() -> list[str]:
    seen = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    if seen is None:
        return ["No worker runs: start zhiyin serve or zhiyin worker."]
    if timezone.now() - seen > SILENCE:
        return [f"No worker has been seen since {seen:%Y-%m-%d %H:%M:%S} UTC."]
    return []


def _may_measure(request: HttpRequest) -> bool:
    token = settings.ZHIYIN_METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    # a proxy on this machine also comes from a loopback address, and says for whom
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
