"""Imports and profiles are the company's: whoever may import sees them all."""

import uuid

from zhiyin.imports.models import Import, ImportProfile
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound


def get_import(actor: Actor, import_id: uuid.UUID, *, lock: bool = False) -> Import:
    """One import. Raises ``PermissionDenied`` or ``NotFound``."""
    actor.require("imports.run")
    rows = Import.objects.select_for_update(of=("self",)) if lock else Import.objects.all()
    found = rows.select_related("file", "refused_file", "job").filter(pk=import_id).first()
    if found is None:
        raise NotFound
    return found


def get_profile(actor: Actor, profile_id: uuid.UUID) -> ImportProfile:
    """One profile. Raises ``PermissionDenied`` or ``NotFound``."""
    actor.require("imports.run")
    found = ImportProfile.objects.filter(pk=profile_id).first()
    if found is None:
        raise NotFound
    return found
