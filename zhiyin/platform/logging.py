"""Structured logs: one event a line, with request, tenant and user ids and no personal data.

What is logged of a request is its route (``customers/<uuid:customer_id>/``), never its path, query or body.
Messages of exceptions and of libraries may quote data, so addresses, numbers, quoted text and Chinese are
taken out of them; their kind and where they arose stay.
"""

import logging
import re
import sys
import time
import traceback
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase
from structlog.typing import Processor

from zhiyin.platform import metrics

log = structlog.get_logger("zhiyin.request")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_PERSONAL = (
    (re.compile(r"=\((?:[^()]|\([^()]*\))*\)"), "=(…)"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*"), "<address>"),
    (re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"), "<text>"),
    (re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|«[^»]*»"), "'…'"),
    (re.compile(r"(?<![\w-])\+?\d[\d ()./-]{4,}\d(?![\w-])"), "<number>"),
)
_OURS = ("zhiyin",)


def scrub(text: str) -> str:
    """A library's message without the data that it may quote."""
    for pattern, stand_in in _PERSONAL:
        text = pattern.sub(stand_in, text)
    return text


def configure(level: str, *, as_json: bool) -> None:
    """Send all logs of this process to standard error, as JSON or as text for people."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_data,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    renderers: list[Processor] = (
        [structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [_exception_as_text, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    handler.name = "zhiyin"
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if each.name != "zhiyin"] + [handler]
    root.setLevel(level)
    # these name paths and arguments, and what they tell we tell ourselves
    for name in ("django.request", "django.server", "procrastinate", "psycopg.pool", "asyncio", "faker"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.getLogger("django.request").setLevel(logging.ERROR)


def _without_data(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put an exception as its kinds and places; scrub what others than ourselves wrote."""
    info = event.pop("exc_info", None)
    if info:
        error = info if isinstance(info, BaseException) else (info[1] if isinstance(info, tuple) else None)
        error = error or sys.exc_info()[1]
        if error is not None:
            event["exception"] = describe(error)
    request = getattr(event.get("_record"), "request", None)
    if isinstance(request, HttpRequest):
        event["event"], event["route"] = "request.failed", route(request)
    elif not str(event.get("logger", "")).startswith(_OURS):
        event["event"] = scrub(str(event.get("event", "")))
    return event


def _exception_as_text(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The console renderer takes an exception as one text."""
    if isinstance(event.get("exception"), list):
        event["exception"] = "\n".join(event["exception"])
    return event


def describe(error: BaseException) -> list[str]:
    """The chain of exceptions, each with its scrubbed message and where it arose, the innermost last."""
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(lines) < 10:
        frames = traceback.extract_tb(cause.__traceback__)[-6:]
        places = " < ".join(f"{_short(frame.filename)}:{frame.lineno}" for frame in reversed(frames))
        lines.append(f"{type(cause).__name__}: {scrub(str(cause))[:300]} at {places}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return lines


def kind_and_place(error: BaseException) -> str:
    """For where people read it: what an error says may name persons, even scrubbed."""
    frames = traceback.extract_tb(error.__traceback__)
    kind = type(error).__name__
    return f"{kind} at {_short(frames[-1].filename)}:{frames[-1].lineno}" if frames else kind


def _short(path: str) -> str:
    return "/".join(path.replace("\\", "/").rsplit("/", 3)[-3:])


class RequestMiddleware:
    """First of all: gives each request an id, and one line and one measurement at its end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            _note(request, response, seconds)
            structlog.contextvars.unbind_contextvars("tenant_id", "user_id")
        response["X-Request-ID"] = request_id
        return response


class ActorLogMiddleware:
    """After the actor is known: its ids go into each line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> None:
        actor = getattr(request, "actor", None)
        if actor is not None:
            structlog.contextvars.bind_contextvars(
                tenant_id=str(actor.tenant_id), user_id=str(actor.user_id) if actor.user_id else None
            )


def route(request: HttpRequest) -> str:
    """The pattern that matched, without what stood in its place."""
    match = request.resolver_match
    return f"/{match.route}" if match else "(none)"


def _note(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    where, method = route(request), request.method or ""
    metrics.observe_request(method, where, response.status_code, seconds)
    level = logging.ERROR if response.status_code >= 500 else logging.INFO
    log.log(
        level,
        "request",
        method=method,
        route=where,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
    )
