"""What a company uses personal data for: its own purposes beside the standard ones."""

import datetime
import uuid
from dataclasses import dataclass, fields

from django.utils.translation import gettext_lazy as _

from zhiyin.customers.choices import LegalBasis
from zhiyin.customers.events import PurposeChanged
from zhiyin.customers.models import Purpose
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.record import record
from zhiyin.platform.text import checked
from zhiyin.platform.versions import require_seen

MOST = 40


@dataclass(frozen=True, slots=True)
class PurposeRules:
    """A purpose as ``Purpose`` describes it."""

    name: str
    basis: str
    wording: str = ""


FIELDS = tuple(field.name for field in fields(PurposeRules))


class PurposeTaken(Conflict):
    message = _("There is a purpose of this name already.")


def create_purpose(*, actor: Actor, rules: PurposeRules, now: datetime.datetime) -> Purpose:
    """A purpose of the company's own. Raises ``PurposeTaken``."""
    actor.require("settings.manage")
    others = _all_held()
    if len(others) >= MOST:
        raise Invalid(_("These are enough purposes; %d at most.") % MOST)
    made = Purpose(code="")
    _apply(made, rules, others)
    made.save(force_insert=True)
    _tell(actor, made, "added", {field: [None, getattr(made, field)] for field in FIELDS}, now)
    return made


def change_purpose(
    *,
    actor: Actor,
    purpose_id: uuid.UUID,
    rules: PurposeRules,
    version: str | None = None,
    now: datetime.datetime,
) -> Purpose:
    """Say a purpose differently; the answers that there are keep the wording they were given to.

    Raises ``PurposeTaken``, and ``Conflict`` when it is not of ``version`` any more.
    """
    actor.require("settings.manage")
    found, others = _held(purpose_id, version)
    before = {field: getattr(found, field) for field in FIELDS}
    _apply(found, rules, others)
    different = {field: [old, new] for field, old in before.items() if (new := getattr(found, field)) != old}
    if different:
        found.save(update_fields=list(different))
        _tell(actor, found, "changed", different, now)
    return found


def archive_purpose(
    *, actor: Actor, purpose_id: uuid.UUID, version: str | None = None, now: datetime.datetime
) -> Purpose:
    """Ask for it no more; its answers stay."""
    return _set_archived(actor, purpose_id, version, now, archived=True)


def restore_purpose(
    *, actor: Actor, purpose_id: uuid.UUID, version: str | None = None, now: datetime.datetime
) -> Purpose:
    """Ask for an archived one again."""
    return _set_archived(actor, purpose_id, version, now, archived=False)


def _set_archived(
    actor: Actor, purpose_id: uuid.UUID, version: str | None, now: datetime.datetime, *, archived: bool
) -> Purpose:
    actor.require("settings.manage")
    found, _others = _held(purpose_id, version)
    if (found.archived_at is not None) == archived:
        return found
    before, found.archived_at = found.archived_at, now if archived else None
    found.save(update_fields=["archived_at"])
    _tell(
        actor,
        found,
        "archived" if archived else "restored",
        {"archived_at": [before, found.archived_at]},
        now,
    )
    return found


def _all_held() -> list[Purpose]:
    """All of the company's, held until the transaction ends."""
    return list(Purpose.objects.select_for_update(no_key=True).order_by("pk"))


def _held(purpose_id: uuid.UUID, version: str | None) -> tuple[Purpose, list[Purpose]]:
    every = _all_held()
    found = next((each for each in every if each.pk == purpose_id), None)
    if found is None:
        raise NotFound
    require_seen(version, found.version, str(found))
    return found, [each for each in every if each is not found]


def _apply(purpose: Purpose, rules: PurposeRules, others: list[Purpose]) -> None:
    purpose.name = _named(purpose, rules.name)
    if rules.basis not in LegalBasis.values:
        raise Invalid(_("This is not one of the choices."), field="basis")
    purpose.basis = rules.basis
    purpose.wording = checked(rules.wording, "wording", 4000)
    if str(purpose.label).casefold() in {str(each.label).casefold() for each in others}:
        raise PurposeTaken(field="name")


def _named(purpose: Purpose, given: str) -> str:
    """As it is kept: empty where it is the standard name, which each reader has in his own language."""
    name = checked(" ".join(given.split()), "name", 60, needed=not purpose.code)
    return "" if purpose.code and name == str(Purpose(code=purpose.code).label) else name


def _tell(
    actor: Actor, purpose: Purpose, what: str, changes: dict[str, list[object]], now: datetime.datetime
) -> None:
    record(
        PurposeChanged(purpose.pk, what),
        actor=actor,
        now=now,
        subject=("purpose", purpose.pk),
        changes=changes,
    )
