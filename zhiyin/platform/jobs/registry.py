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
    """``repeatable`` work may begin again from its start after its worker was killed."""

    function: Function
    repeatable: bool


_handlers: dict[str, Handler] = {}


def handler(kind: str, *, repeatable: bool = False) -> Callable[[Function], Function]:
    """Register the function that does jobs of this kind.

    It runs outside any transaction and opens its own with ``run.scope()``. What it returns becomes the
    job's result. Only ``repeatable`` work is taken up again after a crash; other work is then marked failed.
    """

    def register(function: Function) -> Function:
        _handlers[kind] = Handler(function, repeatable)
        return function

    return register


def find(kind: str) -> Handler | None:
    return _handlers.get(kind)
