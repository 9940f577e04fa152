"""What can be chosen as the value of a condition, and the names behind what was chosen."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import takers
from zhiyin.accounts.models import Member, Unit
from zhiyin.customers.filters.terms import Option
from zhiyin.customers.filters.values import NOBODY
from zhiyin.customers.models import Grade, Tag
from zhiyin.platform.actors import Actor

Row = Mapping[str, object]


def owners(actor: Actor) -> list[Row]:
    """The members to whom this actor may give customers: those within its own scope."""
    return list(takers(actor).order_by("name_key", "name").values("id", "name", "unit__name"))


def units(actor: Actor) -> list[Row]:
    rows = Unit.objects.all() if actor.scope == "all" else Unit.objects.filter(pk__in=actor.unit_ids)
    return list(rows.order_by("path").values("id", "name"))


def tags() -> list[Tag]:
    return list(Tag.objects.order_by("name"))


def owner_options(actor: Actor) -> list[Option]:
    return [(NOBODY, _("Nobody")), *((str(each["id"]), str(each["name"])) for each in owners(actor))]


def member_options(_actor: Actor) -> list[Option]:
    rows = Member.objects.filter(is_active=True).order_by("name_key", "id")
    return [(str(key), name) for key, name in rows.values_list("pk", "name")]


def grade_options(_actor: Actor) -> list[Option]:
    return [(NOBODY, _("None")), *((str(each.pk), each.name) for each in Grade.objects.all())]


def unit_options(actor: Actor) -> list[Option]:
    return [(NOBODY, _("Nobody")), *((str(each["id"]), str(each["name"])) for each in units(actor))]


def tag_options(_actor: Actor) -> list[Option]:
    return [(str(each.pk), each.name) for each in tags()]


def named(model: type[Model]) -> Any:
    """The names of rows by their keys as text. One SQL statement."""

    def names(_actor: Actor, ids: Iterable[uuid.UUID]) -> dict[str, str]:
        rows = model._default_manager.filter(pk__in=list(ids)).values_list("pk", "name")
        return {str(key): name for key, name in rows}

    return names
