"""Companies: founded, and their settings."""

from typing import Any

import pytest

from tests.accounts.managing import NOW, trace
from tests.cast import Company
from zhiyin.accounts.actions import company as companies
from zhiyin.accounts.errors import NameTaken
from zhiyin.accounts.models import Role, Tenant, Unit
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.keys import uuid7
from zhiyin.platform.models import AuditEntry
from zhiyin.platform.permissions import registered
from zhiyin.platform.tenancy import scope


def found(code: str = "acme", **more: Any) -> Tenant:
    values = {"name": "Acme", "currency": "EUR", "time_zone": "Europe/Berlin", "language": "en", **more}
    return companies.create_tenant(actor=Actor.system(uuid7()), code=code, now=NOW, **values)


@pytest.mark.django_db
def test_a_new_company_has_a_root_and_roles_whose_permissions_exist() -> None:
    tenant = found()
    with scope(tenant.id):
        root = Unit.objects.get()
        assert (root.name, root.path) == ("Acme", [root.id])
        names = set(Role.objects.values_list("name", flat=True))
        assert {"Administrator", "Sales manager", "Sales person"} <= names
        administrator = Role.objects.get(name="Administrator")
        assert administrator.grants == frozenset(registered())
        for role in Role.objects.all():
            assert role.grants <= registered().keys()
            assert role.grants
        assert AuditEntry.objects.get().action == "accounts.tenant_created"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "No Blanks"), ("code", ""), ("name", " "), ("currency", "yuan"), ("time_zone", "Mars/Base"),
        ("language", "xx"),
    ],
)  # fmt: skip
def test_a_company_with_nonsense_is_refused(field: str, value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        found(**{field: value})
    assert refusal.value.field == field
    assert not Tenant.objects.filter(name="Acme").exists()


@pytest.mark.django_db
def test_a_code_is_given_once() -> None:
    found()
    with pytest.raises(NameTaken):
        found()
    assert Tenant.objects.filter(code="acme").count() == 1


def test_days_of_requests_are_those_of_the_law_again(cast: Company, gao: Actor) -> None:
    values = {"name": "新名", "currency": "CNY", "time_zone": "Asia/Shanghai", "language": "en"}
    with cast.scope():
        assert companies.change_company(actor=gao, now=NOW, request_days=7, **values).days_to_answer == 7
        assert companies.change_company(actor=gao, now=NOW, **values).days_to_answer == 7
        assert companies.change_company(actor=gao, now=NOW, request_days=0, **values).days_to_answer == 15
        with pytest.raises(Invalid):
            companies.change_company(actor=gao, now=NOW, bin_days=0, **values)


def test_settings_change_and_the_second_of_two_is_told(cast: Company, gao: Actor) -> None:
    values = {"name": "新名", "currency": "CNY", "time_zone": "Asia/Shanghai", "language": "en"}
    with cast.scope():
        companies.change_company(actor=gao, version=1, now=NOW, **values)
        with pytest.raises(Conflict):
            companies.change_company(actor=gao, version=1, now=NOW, **{**values, "name": "别名"})
    assert Tenant.objects.get(pk=cast.tenant.id).name == "新名"
    assert trace(cast) == ["company_changed"]
