"""In words: what fields and records are kept for, and for how long."""

import uuid
from collections.abc import Iterable, Mapping

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhiyin.customers import access, queries
from zhiyin.customers.fields import PREFIX, own_among
from zhiyin.customers.models import RetentionRule
from zhiyin.platform.actors import Actor


def keeping(actor: Actor, customer_id: uuid.UUID) -> dict[str, str]:
    """By field and kind of records, of one customer. Three SQL statements at most."""
    return told(queries.rules_about(actor.tenant_id, customer_id, timezone.localdate()))


def kept_rows(actor: Actor, customer_id: uuid.UUID) -> list[tuple[str, str]]:
    """What the actor's role sees of ``keeping``, with what each field is called. Five SQL statements at most."""
    found = keeping(actor, customer_id)
    if not found:
        return []
    hidden = access.hidden(actor)
    own = own_among(actor, found)
    labels = {code: str(area.label) for code, area in queries.areas().items() if code not in hidden}
    seen = (code for code in found if code in own or not code.startswith(PREFIX))
    return [(labels[code], found[code]) for code in seen if code in labels]


def told(rules: Iterable[RetentionRule]) -> dict[str, str]:
    """By field and kind of records, what rules say."""
    return {code: " · ".join(map(_words, some)) for code, some in queries.kept_for(rules).items()}


def _words(rule: RetentionRule) -> str:
    parts = [_("kept for: %s") % rule.purpose.label] if rule.purpose else []
    return ", ".join([*parts, _for_how_long(rule)] if rule.is_on else parts)


def _for_how_long(rule: RetentionRule) -> str:
    days: Mapping[str, object] = {"n": rule.days, "since": rule.get_since_display()}
    return (
        ngettext("cleared %(n)s day after: %(since)s", "cleared %(n)s days after: %(since)s", rule.days)
        % days
    )
