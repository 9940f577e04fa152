"""Everything on one port: the stream of events natively, pages and API in threads."""

import os
from importlib import import_module

from zhiyin.platform import metrics

metrics.share()

from a2wsgi import WSGIMiddleware  # noqa: E402 - metrics first
from django.core.wsgi import get_wsgi_application  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.config.settings")
django = get_wsgi_application()

from django.conf import settings  # noqa: E402 - Django is ready only now
from procrastinate.contrib.django.utils import connector_params  # noqa: E402
from starlette.types import ASGIApp, Message, Receive, Scope, Send  # noqa: E402

from zhiyin.accounts.access import actor_by_session  # noqa: E402
from zhiyin.config.environment import environment  # noqa: E402
from zhiyin.platform.actors import Actor  # noqa: E402
from zhiyin.platform.realtime.asgi import Events  # noqa: E402

sessions = import_module(settings.SESSION_ENGINE)


def actor_of(session_key: str) -> Actor | None:
    return actor_by_session(sessions.SessionStore(session_key))


events = Events(actor_of, cookie=settings.SESSION_COOKIE_NAME, database=connector_params())
pages: ASGIApp = WSGIMiddleware(django, workers=environment().web_threads)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" and scope["path"] == events.PATH:
        await events(scope, receive, send)
    elif scope["type"] == "http":
        await pages(scope, _coroutine(receive), send)


def _coroutine(receive: Receive) -> Receive:
    """a2wsgi reads a request's body through a coroutine; what granian gives can be awaited but is none."""

    async def received() -> Message:
        return await receive()

    return received
