"""Joins that are no columns."""

from django.core.checks import CheckMessage
from django.db import models


class OneOfMany(models.ForeignObject):  # type: ignore[type-arg]  # generic for type checkers alone
    """A join to rows of which a ``FilteredRelation`` leaves one at most, so that all that asks of it shares it."""

    def _check_unique_target(self) -> list[CheckMessage]:
        return []
