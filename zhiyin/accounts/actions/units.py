"""The organisation's tree. Changes of it wait for one another, so that two moves cannot close a circle."""

import datetime
import uuid

from django.db import connection
from django.db.models import ForeignObjectRel
from django.utils.translation import gettext as _

from zhiyin.accounts import events
from zhiyin.accounts.actions.guards import MANAGE, lock_company, locked, name_once
from zhiyin.accounts.errors import TooMuch, UnitInUse, WouldBeCircular
from zhiyin.accounts.models import Unit
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.record import record

# every unit below the moved one keeps what follows the moved one in its path
_MOVE = """
UPDATE accounts_unit SET path = %s::uuid[] || path[array_position(path, %s):]
WHERE path @> ARRAY[%s]
"""


def create_unit(*, actor: Actor, name: str, parent_id: uuid.UUID, now: datetime.datetime) -> Unit:
    """A new unit below ``parent_id``; raises ``NotFound``, ``Invalid`` or ``NameTaken``."""
    actor.require(MANAGE)
    lock_company(actor)
    parent = locked(Unit.objects.all(), parent_id)
    unit = Unit(name=_checked(name), parent=parent)
    unit.path = [*parent.path, unit.id]
    with name_once():
        unit.save(force_insert=True)
    record(
        events.UnitCreated(unit_id=unit.id),
        actor=actor,
        now=now,
        subject=("unit", unit.id),
        changes={"name": [None, unit.name], "parent": [None, parent.name]},
    )
    return unit


def rename_unit(
    *, actor: Actor, unit_id: uuid.UUID, name: str, version: int | None = None, now: datetime.datetime
) -> Unit:
    """Raises ``NotFound``, ``Conflict``, ``Invalid`` or ``NameTaken``."""
    actor.require(MANAGE)
    unit = locked(Unit.objects.all(), unit_id, version)
    before, unit.name = unit.name, _checked(name)
    if unit.name == before:
        return unit
    unit.version += 1
    with name_once():
        unit.save(update_fields=["name", "version"])
    record(
        events.UnitRenamed(unit_id=unit.id),
        actor=actor,
        now=now,
        subject=("unit", unit.id),
        changes={"name": [before, unit.name]},
    )
    return unit


def move_unit(
    *,
    actor: Actor,
    unit_id: uuid.UUID,
    parent_id: uuid.UUID,
    version: int | None = None,
    now: datetime.datetime,
) -> Unit:
    """Hang a unit, with all below it, under another.

    Raises ``WouldBeCircular``, ``NotFound``, ``Conflict``, ``Invalid`` for the topmost, or ``TooMuch`` for units
    beyond the actor's reach: whoever reaches a unit reaches what is hung under it.
    """
    actor.require(MANAGE)
    lock_company(actor)
    unit = locked(Unit.objects.select_related("parent"), unit_id, version)
    parent = locked(Unit.objects.all(), parent_id)
    if actor.scope != "all" and not {unit.id, parent.id} <= set(actor.unit_ids):
        raise TooMuch
    if unit.id in parent.path:
        raise WouldBeCircular(field="parent")
    if unit.parent is None:
        raise Invalid(_("The topmost unit cannot be moved."), field="parent")
    if unit.parent_id == parent.id:
        return unit
    before, unit.parent = unit.parent.name, parent
    unit.version += 1
    with name_once("parent"):
        unit.save(update_fields=["parent", "version"])
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [parent.path, unit.id, unit.id])
    unit.refresh_from_db(fields=["path"])
    record(
        events.UnitMoved(unit_id=unit.id),
        actor=actor,
        now=now,
        subject=("unit", unit.id),
        changes={"parent": [before, parent.name]},
    )
    return unit


def delete_unit(*, actor: Actor, unit_id: uuid.UUID, now: datetime.datetime) -> None:
    """Remove an empty unit; raises ``UnitInUse``, ``NotFound``, or ``Invalid`` for the topmost."""
    actor.require(MANAGE)
    lock_company(actor)
    unit = locked(Unit.objects.all(), unit_id)
    if unit.parent_id is None:
        raise Invalid(_("The topmost unit cannot be deleted."))
    if _is_used(unit):
        raise UnitInUse
    name = unit.name
    unit.delete()
    record(
        events.UnitDeleted(unit_id=unit_id),
        actor=actor,
        now=now,
        subject=("unit", unit_id),
        changes={"name": [name, None]},
    )


def _is_used(unit: Unit) -> bool:
    """Whether any row of any app refers to the unit: people, units below it, customers."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: unit}).exists()
        for relation in Unit._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel)
    )


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= 200:
        raise Invalid(_("Give a name of 200 characters at most."), field="name")
    return name
