"""What a person sets for himself."""

import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from zhiyin.accounts import events
from zhiyin.accounts.actions.members import rename_myself
from zhiyin.accounts.choices import Theme, TimeFormat
from zhiyin.accounts.models import User
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.record import record


def change_preferences(
    *, actor: Actor, name: str, language: str, theme: str, time_format: str, now: datetime.datetime
) -> User:
    """Change one's own name here, and language, appearance and time format everywhere.

    ``language`` may be empty: as the company. Raises ``Invalid``, or ``NotFound`` when a program asks.
    """
    if actor.kind != "user" or actor.member_id is None or actor.user_id is None:
        raise NotFound
    _check(language, theme, time_format)
    rename_myself(actor=actor, name=name, now=now)
    user = User.objects.select_for_update().get(pk=actor.user_id)
    values = {"language": language, "theme": theme, "time_format": time_format}
    changes = {
        field: [getattr(user, field), value]
        for field, value in values.items()
        if getattr(user, field) != value
    }
    if changes:
        for field, value in values.items():
            setattr(user, field, value)
        user.save(update_fields=list(values))
        record(
            events.PreferencesChanged(member_id=actor.member_id),
            actor=actor,
            now=now,
            subject=("member", actor.member_id),
            changes=changes,
        )
    return user


def _check(language: str, theme: str, time_format: str) -> None:
    if language and language not in dict(settings.LANGUAGES):
        raise Invalid(_("This language is not available."), field="language")
    if theme not in Theme.values:
        raise Invalid(field="theme")
    if time_format not in TimeFormat.values:
        raise Invalid(field="time_format")
