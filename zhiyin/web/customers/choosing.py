"""A filter as part of a larger form: whom a rule or a pool is about."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from zhiyin.customers import filters, queries
from zhiyin.customers.filters import Group
from zhiyin.customers.filters.tree import read
from zhiyin.web.customers import builder
from zhiyin.web.http import HttpRequest


@dataclass(slots=True)
class Choosing:
    """``kept`` is the filter as JSON holds it; what was sent goes before it."""

    request: HttpRequest
    kept: object = None

    @property
    def is_step(self) -> bool:
        """Whether a button of the filter was pressed, rather than the form's own."""
        return bool(self.request.POST.get("do"))

    def root(self) -> builder.Row:
        known = filters.terms(self.request.actor)
        if f"{builder.ROOT}.match" in self.request.POST:
            root = builder.of_form(self.request.POST)
            builder.changed(root, self.request.POST.get("do", ""))
            return root
        tree = read(self.kept or {})
        return builder.of_filter(tree, known, queries.codes_of(self.request.actor, tree))

    def read(self) -> tuple[Group | None, dict[str, Any]]:
        """The filter, ``None`` where a row is wrong, and what the template needs to show its rows."""
        known = filters.terms(self.request.actor)
        root = self.root()
        keys = queries.keys_of(self.request.actor, builder.codes(root))
        tree = builder.filter_of(root, known, keys, timezone.localdate())
        context = {"line": builder.lines(root, known), "rows_url": reverse("customers:filter_rows")}
        return (None if builder.has_problems(root) else tree), context
