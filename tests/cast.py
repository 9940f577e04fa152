"""The named people of the tests, in two companies; the second company's must never see the first's.

``cast.lin.actor``, ``.member``, ``.user`` and ``.client`` (a signed-in Django client); ``other.lin`` is the
second company's. Everybody's password is ``PASSWORD``.

====  =====================  ==============  ==================  =========
name  role                   unit            may                 records
====  =====================  ==============  ==================  =========
lin   林岚, owner of records  上海一组         sales person        own
chen  陈晨, teammate          上海一组         sales person        own
ma    马超, manager above     华东大区         sales manager       subtree
wu    吴桐, outsider          华南大区         sales person        own
an    安宁, agent             客服中心         agent               unit
xu    许安, analyst           总部             analyst             all
gao   高敏, administrator     总部             administrator       all
====  =====================  ==============  ==================  =========
"""

import datetime
import functools
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from zhiyin.accounts import access
from zhiyin.accounts.choices import RecordScope
from zhiyin.accounts.defaults import ROLES as DEFAULTS
from zhiyin.accounts.defaults import DefaultRole
from zhiyin.accounts.models import Member, Role, Tenant, Unit, User
from zhiyin.platform.actors import Actor
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.tenancy import scope

PASSWORD = "correct horse battery"


def _roles() -> dict[str, DefaultRole]:
    """What a new company starts with, by its English name; and the one role of the cast's own."""
    with override(None):
        found = {str(role.name).lower(): role for role in DEFAULTS}
    # no default role has a unit's records, and that scope wants to be tried as well
    found["agent"] = replace(found.pop("service agent"), scope=RecordScope.UNIT)
    return found


ROLES = _roles()
UNITS = {"总部": None, "华东大区": "总部", "上海一组": "华东大区", "华南大区": "总部", "客服中心": "总部"}
PEOPLE = {
    "lin": ("林岚", "sales person", "上海一组"),
    "chen": ("陈晨", "sales person", "上海一组"),
    "ma": ("马超", "sales manager", "华东大区"),
    "wu": ("吴桐", "sales person", "华南大区"),
    "an": ("安宁", "agent", "客服中心"),
    "xu": ("许安", "analyst", "总部"),
    "gao": ("高敏", "administrator", "总部"),
}


@dataclass
class Person:
    """A member with all that a test may want to do as him."""

    tenant: Tenant
    user: User
    member: Member

    @property
    def actor(self) -> Actor:
        with scope(self.tenant.id):
            return access.actor_for(Member.objects.select_related("role").get(pk=self.member.pk))

    @functools.cached_property
    def client(self) -> Client:
        """A browser in which this person is signed in and has chosen the company."""
        client = Client()
        client.force_login(self.user)
        session = client.session
        session[access.TENANT_KEY] = str(self.tenant.id)
        session.save()
        return client


@dataclass
class Company:
    """One tenant and its people."""

    tenant: Tenant
    units: dict[str, Unit]
    roles: dict[str, Role]
    lin: Person
    chen: Person
    ma: Person
    wu: Person
    an: Person
    xu: Person
    gao: Person

    def scope(self) -> AbstractContextManager[None]:
        """The tenant's transaction."""
        return scope(self.tenant.id)

    @property
    def people(self) -> dict[str, Person]:
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name in PEOPLE}


@functools.cache
def _password() -> str:
    return make_password(PASSWORD)


def company(code: str) -> Company:
    """A new company with all its people; ``code`` becomes the domain of their addresses."""
    tenant = Tenant.objects.create(
        code=code, name={"yihe": "颐和电器", "beichen": "北辰商贸"}.get(code, code)
    )
    with scope(tenant.id):
        units: dict[str, Unit] = {}
        for name, parent in UNITS.items():
            unit = Unit(name=name, parent=units[parent] if parent else None)
            unit.path = [*(units[parent].path if parent else []), unit.id]
            unit.tenant_id = tenant.id
            units[name] = unit
        Unit.objects.bulk_create(units.values())
        roles = {
            name: Role(
                name=name,
                scope=role.scope,
                tenant_id=tenant.id,
                permissions=sorted(role.permissions or ()),
                holds_all=role.permissions is None,
            )
            for name, role in ROLES.items()
        }
        Role.objects.bulk_create(roles.values())
        people: dict[str, Person] = {}
        for key, (name, role_name, unit_name) in PEOPLE.items():
            user = User(email=f"{key}@{code}.example", password=_password())
            member = Member(
                user=user, name=name, name_key=name_key(name), unit=units[unit_name], role=roles[role_name],
                tenant_id=tenant.id,
            )  # fmt: skip
            people[key] = Person(tenant, user, member)
        User.objects.bulk_create(person.user for person in people.values())
        Member.objects.bulk_create(person.member for person in people.values())
    return Company(tenant, units, roles, **people)


@pytest.fixture
def cast(db: None) -> Company:
    """The first company and its people."""
    return company("yihe")


@pytest.fixture
def other(db: None) -> Company:
    """The second company, people of the same names: they must never see the first's."""
    return company("beichen")


@pytest.fixture
def actor(cast: Company) -> Actor:
    """The administrator, inside whose tenant's scope the test then works."""
    return cast.gao.actor


@pytest.fixture
def now() -> datetime.datetime:
    return timezone.now()


@pytest.fixture
def inside(cast: Company) -> Iterator[Company]:
    """The first company, its transaction open."""
    with cast.scope():
        yield cast


@pytest.fixture
def stranger() -> uuid.UUID:
    """The key of nothing."""
    return uuid.UUID(int=7)
