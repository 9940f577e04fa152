"""Everything on one port: the stream of events natively, pages and API in threads."""

import functools
import gc
import os
from importlib import import_module
from typing import Any, cast

from zhiyin.platform import metrics

gc.disable()  # until all is loaded: none of it is garbage
metrics.share()

from a2wsgi import WSGIMiddleware  # noqa: E402 - metrics first
from django.core.wsgi import get_wsgi_application  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.config.settings")
django = get_wsgi_application()

from django.conf import settings  # noqa: E402 - Django is ready only now
from procrastinate.contrib.django.utils import connector_params  # noqa: E402
from starlette.types import ASGIApp, Receive, Scope, Send  # noqa: E402

from zhiyin.accounts.access import actor_by_session  # noqa: E402
from zhiyin.config.environment import environment  # noqa: E402
from zhiyin.platform.actors import Actor  # noqa: E402
from zhiyin.platform.realtime.asgi import Events, end_in_time  # noqa: E402

GRACE = 2.5  # seconds that open requests get at the end
sessions = import_module(settings.SESSION_ENGINE)


def actor_of(session_key: str) -> Actor | None:
    return actor_by_session(sessions.SessionStore(session_key))


events = Events(actor_of, cookie=settings.SESSION_COOKIE_NAME, database=connector_params())
# its types are stricter than Django's and Starlette's
pages = cast(ASGIApp, WSGIMiddleware(cast(Any, django), workers=environment().web_threads))

import_module(settings.ROOT_URLCONF)  # else the first visitor waits for it
gc.freeze()  # it stays as long as the process: no collection need walk through it again
gc.enable()


@functools.cache
def prepare() -> None:
    """At the first request, when the server's own signal handlers are in place."""
    end_in_time(events.hub, GRACE)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    prepare()
    if scope["path"] == events.PATH:
        await events(scope, receive, send)
    else:
        await pages(scope, receive, send)
