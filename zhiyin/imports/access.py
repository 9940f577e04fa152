"""Who sees which import. Profiles say only how files are read: they are the company's."""

import uuid

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from zhiyin.imports.kinds import Kind, kinds
from zhiyin.imports.models import Import, ImportProfile
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound, PermissionDenied


def imports(actor: Actor) -> QuerySet[Import]:
    """Everybody's imports for those who see all records, else one's own. Raises ``PermissionDenied``.

    An import shows rows of the file, and its undoing reaches all that the file touched.
    """
    actor.require("imports.run")
    rows = Import.objects.all()
    return rows if actor.scope == "all" else rows.filter(created_by=actor.member_id)


def get_import(actor: Actor, import_id: uuid.UUID, *, lock: bool = False) -> Import:
    """One import. Raises ``PermissionDenied`` or ``NotFound``."""
    rows = imports(actor).select_related("file", "refused_file", "job")
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=import_id).first()
    if found is None:
        raise NotFound
    return found


def kinds_for(actor: Actor) -> list[Kind]:
    """The kinds of file that this actor may import, at least one. Raises ``PermissionDenied``."""
    actor.require("imports.run")
    found = [kind.seen_by(actor) for kind in kinds().values() if actor.may(kind.permission)]
    if not found:
        raise PermissionDenied(
            _("You may change neither customers nor products nor orders, so there is nothing to import.")
        )
    return found


def kind_of(actor: Actor, batch: Import) -> Kind:
    """The kind of an import's file, with the fields that this actor may fill in."""
    return kinds()[batch.kind].seen_by(actor, batch.new_fields)


def get_profile(actor: Actor, profile_id: uuid.UUID) -> ImportProfile:
    """One profile. Raises ``PermissionDenied`` or ``NotFound``."""
    actor.require("imports.run")
    found = ImportProfile.objects.filter(pk=profile_id).first()
    if found is None:
        raise NotFound
    return found
