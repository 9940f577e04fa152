"""The kinds of job that exist, registered by each app's ``tasks.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhiyin.platform.jobs.run import JobRun

Function = Callable[["JobRun"], "dict[str, Any] | None"]


@dataclass(frozen=True, slots=True)
class Handler:
    """``repeatable`` work may begin again from its start after its worker was killed.

    ``permission`` is what who started it needs when it runs, whatever he needed to start it.
    """

    function: Function
    repeatable: bool
    permission: str | None


_handlers: dict[str, Handler] = {}


def handler(
    kind: str, *, permission: str | None = None, repeatable: bool = False
) -> Callable[[Function], Function]:
    """Register the function that does jobs of this kind.

    It runs outside any transaction and opens its own with ``run.scope()``. What it returns becomes the
    job's result, unless it was kept with the work (``run.keep``). Only ``repeatable`` work is taken up again
    after a crash; other work is then marked failed. Without ``permission`` the work itself asks for it.
    """

    def register(function: Function) -> Function:
        _handlers[kind] = Handler(function, repeatable, permission)
        return function

    return register


def kinds() -> dict[str, Handler]:
    """All that are registered."""
    return dict(_handlers)


def find(kind: str) -> Handler | None:
    return _handlers.get(kind)
