"""Who may import at all, and whose imports one sees."""

import io

import pytest
from django.urls import reverse

from tests.imports.importing import HEADER, NOW
from zhiyin.accounts.defaults import ROLES
from zhiyin.accounts.models import Role
from zhiyin.config.demo.staff import ROLES as DEMO_ROLES
from zhiyin.imports import access, actions, queries
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound, PermissionDenied
from zhiyin.platform.permissions import registered, usable

FILE = HEADER + "A1,2024-03-05,K1,P1,2,9.5\n"


def _uploaded(actor):
    return actions.upload_file(actor=actor, stream=io.BytesIO(FILE.encode()), name="a.csv", now=NOW)


def test_a_manager_sees_only_his_own_imports(cast):
    with cast.scope():
        of_gao, of_ma = _uploaded(cast.gao.actor), _uploaded(cast.ma.actor)
        assert [batch.id for batch in queries.imports(cast.ma.actor).rows] == [of_ma.id]
        assert {batch.id for batch in queries.imports(cast.gao.actor).rows} == {of_gao.id, of_ma.id}
        for step in ("check", "apply", "undo"):
            with pytest.raises(NotFound):
                actions.start(actor=cast.ma.actor, import_id=of_gao.id, step=step, now=NOW)
        with pytest.raises(NotFound):
            actions.discard_import(actor=cast.ma.actor, import_id=of_gao.id, now=NOW)


@pytest.fixture
def idle(cast):
    """The analyst, whose role says that he may import, but nothing that he could."""
    with cast.scope():
        role = Role.objects.get(name="analyst")
        role.permissions = [*role.permissions, "imports.run"]
        role.save()
    return cast.xu


def test_who_can_import_nothing_is_not_offered_it(idle):
    home = idle.client.get(reverse("web:home")).content.decode()
    assert reverse("imports:start") not in home
    assert reverse("imports:list") not in home
    assert idle.client.get(reverse("imports:start")).status_code == 403


def test_who_can_import_nothing_is_refused_in_words(cast):
    actor = Actor(
        tenant_id=cast.tenant.id,
        member_id=cast.xu.member.id,
        name="许安",
        kind="user",
        permissions=frozenset({"imports.run"}),
        scope="all",
        unit_ids=(),
        unit_id=None,
    )
    with cast.scope():
        with pytest.raises(PermissionDenied) as caught:
            _uploaded(actor)
        assert caught.value.message != PermissionDenied.message
        with pytest.raises(PermissionDenied):
            access.kinds_for(actor)


def test_whoever_holds_a_role_that_imports_can_import_something():
    every = frozenset(registered())
    for role in ROLES:
        held = every if role.permissions is None else role.permissions
        assert usable(held) == held, role.name
    for name, (_scope, permissions) in DEMO_ROLES.items():
        assert usable(frozenset(permissions)) == frozenset(permissions), name
