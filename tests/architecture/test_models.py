"""What imports cannot show: directions of foreign keys, row-level security, who writes which table."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

import zhiyin

PACKAGE = Path(zhiyin.__file__).parent
# from top to bottom; an app refers to models of its own and of lower lines only
MAP = (
    "automation", "contactcentre", "sales marketing service", "loyalty knowledge", "commerce", "channels",
    "activities", "customers", "analytics", "imports", "approvals", "accounts", "platform",
)  # fmt: skip
RANK = {app: rank for rank, line in enumerate(MAP) for app in line.split()}
# tables of no tenant, each with its reason; the list may only shrink
GLOBAL = {
    "accounts_tenant": "a company is found before it is entered",
    "accounts_user": "one person may be a member of several companies",
    "accounts_signinattempt": "nobody is signed in yet; keyed hashes only",
    "platform_worker": "a worker process serves all tenants",
    "django_migrations": "of the database as a whole",
    "django_content_type": "names of models",
    "django_session": "read before the tenant is known",
    "auth_group": "Django's, not used",
    "auth_group_permissions": "Django's, not used",
    "auth_permission": "Django's, not used",
    "account_emailaddress": "django-allauth's, of persons",
    "account_emailconfirmation": "django-allauth's, not used",
    "mfa_authenticator": "django-allauth's, second factors of persons",
    "usersessions_usersession": "django-allauth's, sessions of persons",
    "procrastinate_events": "the queue's; arguments carry the tenant, rows of interest are in platform_job",
    "procrastinate_jobs": "the queue's",
    "procrastinate_periodic_defers": "the queue's",
    "procrastinate_workers": "the queue's",
}
WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete"}
# who writes another app's table on purpose, with the reason; the list may only shrink
WRITES_ELSEWHERE: dict[tuple[str, str], str] = {}


def own_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("zhiyin.")]


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model.__name__)
def test_foreign_keys_point_down_the_map(model: type[models.Model]) -> None:
    app = model._meta.app_label
    for field in model._meta.get_fields():
        target = field.related_model
        if not (field.is_relation and field.concrete and isinstance(target, type)):
            continue
        other = target._meta.app_label
        if target.__module__.startswith("zhiyin."):
            assert other == app or RANK[other] > RANK[app], (
                f"{model.__name__}.{field.name} points up to {other}"
            )


def _tables() -> list[tuple[str, bool, bool, bool]]:
    """Name, has tenant_id, row-level security, forced; of every table, partitions too."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT c.relname, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
                       AND a.attname = 'tenant_id' AND NOT a.attisdropped),
                   c.relrowsecurity, c.relforcerowsecurity
            FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND NOT c.relispartition
        """)
        return list(cursor.fetchall())


@pytest.mark.django_db
def test_every_tenant_table_has_forced_row_level_security() -> None:
    open_ones = [name for name, tenant, enabled, forced in _tables() if tenant and not (enabled and forced)]
    assert not open_ones, f"add EnableTenancy to a migration for: {open_ones}"


@pytest.mark.django_db
def test_every_table_belongs_to_a_tenant_or_says_why_not() -> None:
    tables = _tables()
    stray = sorted(name for name, tenant, *_rest in tables if not tenant and name not in GLOBAL)
    assert not stray, f"derive from TenantModel, or give the reason in GLOBAL: {stray}"
    gone = sorted(GLOBAL.keys() - {name for name, tenant, *_rest in tables if not tenant})
    assert not gone, f"take out of GLOBAL: {gone}"


@pytest.mark.django_db
def test_policies_let_nobody_into_another_tenant() -> None:
    """Each tenant table has the tenant's policy; others are for the owner, or listed here."""
    also = {
        ("accounts_member", "own_memberships"),
        # for the function search_customers, which returns ids; the rows come through the tenant's policy
        ("customers_customersearch", "search"),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, policyname, qual FROM pg_policies WHERE schemaname = 'public'")
        found = cursor.fetchall()
    tenant = {
        table for table, name, condition in found if name == "tenant" and "current_tenant()" in condition
    }
    assert {name for name, has, *_rest in _tables() if has} <= tenant
    others = {(table, name) for table, name, _condition in found if name not in ("tenant", "maintenance")}
    assert others == also


@pytest.mark.django_db
def test_partitions_cannot_be_reached_past_their_parent() -> None:
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind = 'r'
              AND c.relnamespace = 'public'::regnamespace
              AND has_table_privilege(current_user, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
        """)
        assert cursor.fetchall() == []


def _sources() -> Iterator[tuple[str, str, ast.Module]]:
    """App, path and syntax tree of every file of the domain apps, and of pages and API."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if "migrations" in parts or parts[0] == "config":
            continue
        app = parts[1] if parts[0] in ("web", "api") and len(parts) > 2 else parts[0]
        yield (
            (parts[0] if parts[0] in ("web", "api") else app),
            str(path.relative_to(PACKAGE)),
            ast.parse(path.read_text()),
        )


def _imported_models(tree: ast.Module) -> dict[str, str]:
    """Name in this file to the app whose model it is."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and re.fullmatch(r"zhiyin\.\w+\.models", node.module or ""):
            for name in node.names:
                found[name.asname or name.name] = str(node.module).split(".")[1]
    return found


def _root(node: ast.expr) -> str:
    """The name a chain of calls and attributes starts from."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _writes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names of models whose manager is written through, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            chain = ast.unparse(node.func.value)
            if ".objects" in chain or "_base_manager" in chain:
                yield _root(node.func.value), node.lineno


def test_a_table_is_written_only_in_its_own_app() -> None:
    wrong = []
    for app, path, tree in _sources():
        imported = _imported_models(tree)
        for name, line in _writes(tree):
            owner = imported.get(name)
            if owner and owner != app and (path, name) not in WRITES_ELSEWHERE:
                wrong.append(f"{path}:{line} writes {owner}'s {name}")
    assert not wrong, "call an action of the app that owns the table:\n" + "\n".join(wrong)


def test_the_scan_of_writes_would_notice_one() -> None:
    tree = ast.parse("from zhiyin.accounts.models import Role\nRole.objects.filter(x=1).update(x=2)\n")
    assert [(_imported_models(tree)[name], line) for name, line in _writes(tree)] == [("accounts", 2)]


def test_models_hold_no_business_rules_in_save() -> None:
    for model in own_models():
        own: dict[str, Any] = vars(model)
        assert "save" not in own, f"{model.__name__}.save: put it into an action"
        assert "delete" not in own, f"{model.__name__}.delete: put it into an action"
        assert inspect.getmodule(model) is not None
