"""The company itself: founding, settings, entering."""

import datetime
import re
import zoneinfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from zhiyin.accounts import events
from zhiyin.accounts.actions.guards import known, name_once
from zhiyin.accounts.defaults import ROLES
from zhiyin.accounts.models import Role, Tenant, Unit
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import record
from zhiyin.platform.tenancy import scope

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
MOST_DAYS = 3650
MOST_REQUEST_DAYS = 90
SETTINGS = (
    "name",
    "currency",
    "time_zone",
    "language",
    "watermark",
    "bin_days",
    "export_days",
    "upload_days",
    "request_days",
)


def create_tenant(
    *,
    actor: Actor,
    code: str,
    name: str,
    currency: str = "CNY",
    time_zone: str = "Asia/Shanghai",
    language: str = "zh-hans",
    now: datetime.datetime,
) -> Tenant:
    """Found a company with its root unit and the default roles; its id is the actor's ``tenant_id``.

    Raises ``Invalid`` or ``NameTaken``. Opens the new tenant's scope itself.
    """
    actor.require("settings.manage")
    if not _CODE.fullmatch(code):
        raise Invalid(_("Use small letters, digits and hyphens, 50 at most."), field="code")
    _check(name=name, currency=currency, time_zone=time_zone, language=language)
    with scope(actor.tenant_id), name_once("code"), translation.override(language):
        tenant = Tenant.objects.create(
            id=actor.tenant_id,
            code=code,
            name=name.strip(),
            currency=currency,
            time_zone=time_zone,
            language=language,
            created_at=now,
        )
        root = Unit(name=tenant.name)
        root.path = [root.id]
        root.save(force_insert=True)
        for role in ROLES:
            Role.objects.create(
                name=str(role.name),
                scope=role.scope,
                holds_all=role.permissions is None,
                permissions=known(role.permissions or ()),
            )
        record(
            events.TenantCreated(code=code),
            actor=actor,
            now=now,
            subject=("tenant", tenant.id),
            changes={"name": [None, tenant.name]},
        )
    return tenant


def change_company(
    *,
    actor: Actor,
    name: str,
    currency: str,
    time_zone: str,
    language: str,
    watermark: bool | None = None,
    bin_days: int | None = None,
    export_days: int | None = None,
    upload_days: int | None = None,
    request_days: int | None = None,
    version: int | None = None,
    now: datetime.datetime,
) -> Tenant:
    """Change the company's settings; what is ``None`` stays. ``request_days`` of 0 are again those of the law.

    Raises ``Invalid``, or ``Conflict`` when somebody was faster.
    """
    actor.require("settings.manage")
    _check(name=name, currency=currency, time_zone=time_zone, language=language)
    values: dict[str, str | bool | int | None] = {
        "name": name.strip(),
        "currency": currency,
        "time_zone": time_zone,
        "language": language,
    }
    if watermark is not None:
        values["watermark"] = watermark
    days = {
        "bin_days": (bin_days, MOST_DAYS),
        "export_days": (export_days, MOST_DAYS),
        "upload_days": (upload_days, MOST_DAYS),
        "request_days": (request_days, MOST_REQUEST_DAYS),
    }
    for field, (given, most) in days.items():
        if given == 0 and field == "request_days":
            values[field] = None
        elif given is not None:
            if not 1 <= given <= most:
                raise Invalid(_("Give 1 to %d days.") % most, field=field)
            values[field] = given
    tenant = Tenant.objects.select_for_update().get(pk=actor.tenant_id)
    if version is not None and tenant.version != version:
        raise Conflict
    changes = {
        field: [getattr(tenant, field), value]
        for field, value in values.items()
        if getattr(tenant, field) != value
    }
    if not changes:
        return tenant
    for field, value in values.items():
        setattr(tenant, field, value)
    tenant.version += 1
    tenant.save(update_fields=[*SETTINGS, "version"])
    record(events.CompanyChanged(), actor=actor, now=now, subject=("tenant", tenant.id), changes=changes)
    return tenant


def enter_company(*, actor: Actor, now: datetime.datetime) -> None:
    """Note that a person signed in and entered the company."""
    if actor.member_id is None:
        return
    record(
        events.CompanyEntered(member_id=actor.member_id),
        actor=actor,
        now=now,
        subject=("member", actor.member_id),
    )


def _check(*, name: str, currency: str, time_zone: str, language: str) -> None:
    if not 0 < len(name.strip()) <= 200:
        raise Invalid(_("Give the company's name, 200 characters at most."), field="name")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Invalid(_("Use a currency's three capital letters, such as CNY."), field="currency")
    if time_zone not in zoneinfo.available_timezones():
        raise Invalid(_("Use a time zone's name, such as Asia/Shanghai."), field="time_zone")
    if language not in dict(settings.LANGUAGES):
        raise Invalid(_("This language is not available."), field="language")
