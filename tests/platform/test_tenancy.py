"""The database itself keeps tenants apart."""

import uuid

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from zhiyin.accounts.models import Unit
from zhiyin.platform.postgres.cluster import APPLICATION_ROLE, Cluster
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.django_db
ONE, TWO = uuid.uuid4(), uuid.uuid4()


def test_the_application_role_cannot_bypass_row_level_security() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)


def test_a_tenant_sees_only_its_own_rows() -> None:
    with scope(ONE):
        Unit.objects.create(name="one")
    with scope(TWO):
        Unit.objects.create(name="two")
        assert [unit.name for unit in Unit.objects.all()] == ["two"]
        with scope(ONE):
            assert [unit.name for unit in Unit.objects.all()] == ["one"]
        assert [unit.name for unit in Unit.objects.all()] == ["two"]


def test_without_a_tenant_there_are_no_rows_and_no_writes() -> None:
    with scope(ONE):
        Unit.objects.create(name="one")
    assert not Unit.objects.exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        Unit.objects.create(name="nobody's")


def test_a_row_cannot_be_written_into_another_tenant() -> None:
    with pytest.raises(DatabaseError), scope(ONE):
        Unit.objects.create(name="stray", tenant_id=TWO)
    with scope(ONE):
        unit = Unit.objects.create(name="one")
    with scope(TWO):
        assert Unit.objects.filter(pk=unit.pk).update(name="stolen") == 0


@pytest.mark.parametrize("tenants", [(ONE, TWO)])
def test_a_failed_scope_leaves_no_tenant_behind(tenants: tuple[uuid.UUID, uuid.UUID]) -> None:
    with pytest.raises(RuntimeError), scope(tenants[0]):
        raise RuntimeError
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_tenant()")
        assert cursor.fetchone() == (None,)


_OWNERS_FUNCTIONS = f"""
SELECT oid::regprocedure::text, has_function_privilege('public', oid, 'EXECUTE'),
    has_function_privilege('{APPLICATION_ROLE}', oid, 'EXECUTE')
FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
"""


def test_what_looks_past_the_tenants_is_called_by_the_application_alone(cluster: Cluster) -> None:
    """On a server shared with others any role may set a tenant; it must not reach its rows by a function."""
    with psycopg.connect(cluster.superuser_url("zhiyin")) as superuser:
        rights = {name: rest for name, *rest in superuser.execute(_OWNERS_FUNCTIONS)}
        assert len(rights) > 5
        assert {name: rest for name, rest in rights.items() if rest != [False, True]} == {}
        superuser.execute("CREATE ROLE stranger")
        superuser.execute("SET ROLE stranger")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            superuser.execute("SELECT jobs_running()")
        superuser.rollback()
