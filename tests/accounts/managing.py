"""What the tests of managing a company do again and again."""

import datetime
from typing import Any

from tests.cast import Company, Person
from zhiyin.accounts.actions import members
from zhiyin.accounts.models import Member
from zhiyin.platform.actors import Actor
from zhiyin.platform.models import AuditEntry, OutboxEvent
from zhiyin.platform.tenancy import scope

NOW = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)


def trace(company: Company) -> list[str]:
    """Names of the events and of the audit entries, which must agree."""
    with company.scope():
        events = list(OutboxEvent.objects.order_by("id").values_list("name", flat=True))
        assert events == list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    return [name.removeprefix("accounts.") for name in events]


def member_of(person: Person) -> Member:
    with scope(person.tenant.id):
        return Member.objects.select_related("role", "unit").get(pk=person.member.id)


def invite(cast: Company, actor: Actor, **more: Any) -> Member:
    values = {
        "email": "New@Yihe.example",
        "name": "新人",
        "unit_id": cast.units["总部"].id,
        "role_id": cast.roles["sales person"].id,
        **more,
    }
    with cast.scope():
        return members.invite_member(actor=actor, now=NOW, **values)
