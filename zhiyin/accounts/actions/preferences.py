"""What a person chooses for himself: the name in this company, and what is the same in every company."""

import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import events
from zhiyin.accounts.actions.members import rename_myself
from zhiyin.accounts.choices import Theme, TimeFormat
from zhiyin.accounts.models import User
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.record import record


def change_profile(
    *,
    actor: Actor,
    name: str,
    language: str,
    theme: str,
    time_format: str,
    mails: bool,
    now: datetime.datetime,
) -> User:
    """Change one's own name here and all preferences; raises as ``choose_preferences`` does."""
    rename_myself(actor=actor, name=name, now=now)
    return choose_preferences(
        actor=actor, language=language, theme=theme, time_format=time_format, mails=mails, now=now
    )


def choose_preferences(
    *,
    actor: Actor,
    language: str | None = None,
    theme: str | None = None,
    time_format: str | None = None,
    mails: bool | None = None,
    now: datetime.datetime,
) -> User:
    """Keep one's own language (empty: the company's), theme, time format or wish for mails; ``None`` leaves it.

    Raises ``Invalid``, or ``NotFound`` for an actor that is no person.
    """
    if actor.user_id is None or actor.member_id is None:
        raise NotFound
    if language and language not in dict(settings.LANGUAGES):
        raise Invalid(_("This language is not available."), field="language")
    if theme is not None and theme not in Theme.values:
        raise Invalid(field="theme")
    if time_format is not None and time_format not in TimeFormat.values:
        raise Invalid(field="time_format")
    user = User.objects.select_for_update().get(pk=actor.user_id)
    wanted = {"language": language, "theme": theme, "time_format": time_format, "mails": mails}
    before = {name: getattr(user, name) for name in wanted}
    after = {name: value for name, value in wanted.items() if value is not None and value != before[name]}
    if not after:
        return user
    for name, value in after.items():
        setattr(user, name, value)
    user.save(update_fields=[*after])
    record(
        events.PreferencesChanged(member_id=actor.member_id),
        actor=actor,
        now=now,
        subject=("member", actor.member_id),
        changes={name: [before[name], value] for name, value in after.items()},
    )
    return user
