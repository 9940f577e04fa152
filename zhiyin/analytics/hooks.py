"""What apps further up do with an analysis, in the transaction that keeps its results."""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zhiyin.platform.actors import Actor

if TYPE_CHECKING:
    from zhiyin.analytics.compute.options import Options
    from zhiyin.analytics.compute.purchases import Purchases


@dataclass(frozen=True, slots=True)
class Finished:
    """An analysis about to be committed: who ran it, when and where, by which rules, on which purchases."""

    actor: Actor
    now: datetime.datetime
    time_zone: str
    options: "Options"
    purchases: "Purchases"


Hook = Callable[[Finished], None]
_hooks: dict[str, Hook] = {}


def after_analysis(function: Hook) -> Hook:
    """Register a function; it is called inside the tenant's scope."""
    _hooks[f"{function.__module__}.{function.__qualname__}"] = function
    return function


LeftOut = Callable[[], list[uuid.UUID]]
_left_out: dict[str, LeftOut] = {}


def leaves_out(function: LeftOut) -> LeftOut:
    """Register a function that names customers whose purchases are not to be analysed, inside the tenant's scope."""
    _left_out[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def left_out() -> list[uuid.UUID]:
    """All of them, in order."""
    return sorted({each for function in _left_out.values() for each in function()})


def call(finished: Finished) -> None:
    for function in _hooks.values():
        function(finished)
