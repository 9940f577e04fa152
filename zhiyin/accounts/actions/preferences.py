"""What a person chooses for himself, the same in every company."""

import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import events
from zhiyin.accounts.choices import Theme
from zhiyin.accounts.models import User
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.record import record


def choose_preferences(
    *, actor: Actor, language: str | None = None, theme: str | None = None, now: datetime.datetime
) -> User:
    """Keep one's own language or theme (``None`` leaves it); ``NotFound`` for an actor that is no person."""
    if actor.user_id is None or actor.member_id is None:
        raise NotFound
    if language is not None and language not in dict(settings.LANGUAGES):
        raise Invalid(_("This language is not available."), field="language")
    if theme is not None and theme not in Theme.values:
        raise Invalid(field="theme")
    user = User.objects.select_for_update().get(pk=actor.user_id)
    wanted = {"language": language, "theme": theme}
    before = {name: getattr(user, name) for name in wanted}
    after = {name: value for name, value in wanted.items() if value is not None and value != before[name]}
    if not after:
        return user
    for name, value in after.items():
        setattr(user, name, value)
    user.save(update_fields=[*after])
    record(
        events.MemberChanged(member_id=actor.member_id),
        actor=actor,
        now=now,
        subject=("member", actor.member_id),
        changes={name: [before[name], value] for name, value in after.items()},
    )
    return user
