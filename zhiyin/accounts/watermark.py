"""Who took data out of zhiyin, written into what was taken out."""

import datetime

from django.utils import timezone

from zhiyin.accounts.models import Tenant
from zhiyin.platform.actors import Actor


def watermark(actor: Actor, now: datetime.datetime) -> str:
    """The company, who exports and when, in the company's time zone; nothing where exports bear no mark."""
    name = Tenant.objects.filter(pk=actor.tenant_id, watermark=True).values_list("name", flat=True).first()
    return f"{name} · {actor.name} · {timezone.localtime(now):%Y-%m-%d %H:%M}" if name else ""
