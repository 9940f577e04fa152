"""What customers can be to each other: a company's own types beside the standard ones."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, fields
from graphlib import CycleError, TopologicalSorter

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.choices import CustomerKind
from zhiyin.customers.events import RelationTypeChanged
from zhiyin.customers.models import Relation, RelationType
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.record import record
from zhiyin.platform.versions import require_seen

MOST = 60
LONGEST = 60


@dataclass(frozen=True, slots=True)
class RelationRules:
    """A kind of relation as ``RelationType`` describes it; ``name`` is what the target is to the source."""

    name: str
    inverse: str
    source_kind: str = ""
    target_kind: str = ""
    only_one: bool = False
    acyclic: bool = False
    rolls_up: bool = False
    has_role: bool = False


FIELDS = tuple(field.name for field in fields(RelationRules))


class RelationTypeTaken(Conflict):
    message = _("There is a kind of relation of this name already.")


class RelationsDoNotFit(Conflict):
    message = _("There are relations of this kind that break this rule. Change those first.")


def create_relation_type(*, actor: Actor, rules: RelationRules, now: datetime.datetime) -> RelationType:
    """A kind of relation of the company's own. Raises ``RelationTypeTaken``."""
    actor.require("settings.manage")
    others = _all_held()
    if len(others) >= MOST:
        raise Invalid(_("These are enough kinds of relation; %d at most.") % MOST)
    made = RelationType(code="")
    _apply(made, rules, others)
    made.save(force_insert=True)
    said = {field: [None, value] for field in FIELDS if (value := getattr(made, field))}
    _tell(actor, made, "added", said, now)
    return made


def change_relation_type(
    *,
    actor: Actor,
    type_id: uuid.UUID,
    rules: RelationRules,
    version: str | None = None,
    now: datetime.datetime,
) -> RelationType:
    """Rename a kind of relation or change its rules, which the relations that there are must keep.

    Raises ``RelationTypeTaken``, ``RelationsDoNotFit``, and ``Conflict`` when it is not of ``version`` any more.
    """
    actor.require("settings.manage")
    found, others = _held(type_id, version)
    before = {field: getattr(found, field) for field in FIELDS}
    _apply(found, rules, others)
    _require_kept(found, before, timezone.localdate(now))
    different = {field: [old, new] for field, old in before.items() if (new := getattr(found, field)) != old}
    if different:
        found.save(update_fields=list(different))
        _tell(actor, found, "changed", different, now)
    return found


def remove_relation_type(
    *, actor: Actor, type_id: uuid.UUID, version: str | None = None, now: datetime.datetime
) -> RelationType:
    """Offer it no more. One of the company's own that nobody used is forgotten, others stay archived."""
    actor.require("settings.manage")
    found, _others = _held(type_id, version)
    if not found.code and not found.relations.exists():
        RelationType.objects.filter(pk=type_id).delete()
        _tell(actor, found, "removed", {"name": [found.name, None]}, now)
    elif not found.archived_at:
        found.archived_at = now
        found.save(update_fields=["archived_at"])
        _tell(actor, found, "archived", {"archived_at": [None, now.isoformat()]}, now)
    return found


def restore_relation_type(
    *, actor: Actor, type_id: uuid.UUID, version: str | None = None, now: datetime.datetime
) -> RelationType:
    """Offer an archived one again."""
    actor.require("settings.manage")
    found, _others = _held(type_id, version)
    if found.archived_at:
        before, found.archived_at = found.archived_at, None
        found.save(update_fields=["archived_at"])
        _tell(actor, found, "restored", {"archived_at": [before.isoformat(), None]}, now)
    return found


def _all_held() -> list[RelationType]:
    """All of the company's, held until the transaction ends."""
    return list(RelationType.objects.select_for_update(no_key=True).order_by("pk"))


def _held(type_id: uuid.UUID, version: str | None) -> tuple[RelationType, list[RelationType]]:
    every = _all_held()
    found = next((each for each in every if each.pk == type_id), None)
    if found is None:
        raise NotFound
    require_seen(version, found.version, str(found))
    return found, [each for each in every if each is not found]


def _apply(kind: RelationType, rules: RelationRules, others: list[RelationType]) -> None:
    for field in FIELDS:
        setattr(kind, field, getattr(rules, field))
    for field in ("name", "inverse"):
        setattr(kind, field, _named(kind, field))
    for field in ("source_kind", "target_kind"):
        if getattr(kind, field) not in ("", *CustomerKind.values):
            raise Invalid(_("This is not one of the choices."), field=field)
    if kind.rolls_up and not kind.acyclic:
        raise Invalid(_("Numbers are added up only where circles are forbidden."), field="rolls_up")
    if str(kind.label).casefold() in {str(each.label).casefold() for each in others}:
        raise RelationTypeTaken(field="name")


def _named(kind: RelationType, field: str) -> str:
    """As it is kept: empty where it is the standard name, which each reader has in his own language."""
    text = " ".join(getattr(kind, field).split())
    if "\0" in text:
        raise Invalid(field=field)
    if len(text) > LONGEST:
        raise Invalid(_("This is longer than %d characters.") % LONGEST, field=field)
    if kind.code:
        standard = RelationType(code=kind.code, name="", inverse="")
        label = standard.label if field == "name" else standard.inverse_label
        return "" if text == str(label) else text
    if not text:
        raise Invalid(_("Say what each side is to the other."), field=field)
    return text


def _require_kept(kind: RelationType, before: dict[str, str | bool], today: datetime.date) -> None:
    """Raise ``RelationsDoNotFit`` for a rule that is new and broken already."""
    every = Relation.objects.filter(type=kind)
    lasting = every.filter(Q(until=None) | Q(until__gte=today))
    for side in ("source", "target"):
        wanted = getattr(kind, f"{side}_kind")
        if (
            wanted
            and wanted != before[f"{side}_kind"]
            and every.exclude(**{f"{side}__kind": wanted}).exists()
        ):
            raise RelationsDoNotFit(field=f"{side}_kind")
    if kind.only_one and not before["only_one"]:
        several = lasting.values("source").annotate(number=Count("pk")).filter(number__gt=1)
        if several.exists():
            raise RelationsDoNotFit(field="only_one")
    if kind.acyclic and not before["acyclic"] and _has_circle(lasting.values_list("source", "target")):
        raise RelationsDoNotFit(field="acyclic")


def _has_circle(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> bool:
    sorter: TopologicalSorter[uuid.UUID] = TopologicalSorter()
    for source, target in pairs:
        sorter.add(source, target)
    try:
        sorter.prepare()
    except CycleError:
        return True
    return False


def _tell(
    actor: Actor, kind: RelationType, what: str, changes: dict[str, list[object]], now: datetime.datetime
) -> None:
    record(
        RelationTypeChanged(kind.pk, what),
        actor=actor,
        now=now,
        subject=("relation_type", kind.pk),
        changes=changes,
    )
