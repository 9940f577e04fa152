"""What imports cannot show: directions of foreign keys, row-level security."""

import inspect
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

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
    "platform_masterkey": "names of the installation's own master keys",
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


def test_models_hold_no_business_rules_in_save() -> None:
    for model in own_models():
        own: dict[str, Any] = vars(model)
        assert "save" not in own, f"{model.__name__}.save: put it into an action"
        assert "delete" not in own, f"{model.__name__}.delete: put it into an action"
        assert inspect.getmodule(model) is not None


# columns that name a customer and stay when customers are merged, each with its reason
STAYS = {
    "customers.Holding.customer_id": "worked out anew from what happened",
    "customers.CustomerSearch.customer_id": "what the vanished is found by; its trigger hides it",
    "customers.FieldValue.customer_id": "its triggers keep it equal to what each customer has",
    "customers.Erasure.customer_ids": "the keys that files had which are gone",
    "customers.Undo.customer_ids": "leads on when it is used",
    "customers.Customer.merged_into": "where the merge itself leads",
    "customers.Merge.customer_ids": "the merge itself",
    "customers.Merge.survivor_id": "the merge itself",
    "customers.MergedRow.vanished_id": "the merge itself",
    "customers.Suspect.one_id": "closed by the merge, open again when it is undone",
    "customers.Suspect.other_id": "closed by the merge, open again when it is undone",
}
# columns that name a customer and are not in the copy of a person's data, each with its reason
NOT_PACKED = {
    "customers.CustomerSearch.customer_id": "made of the file, to be found by",
    "customers.FieldValue.customer_id": "the file's own values once more, to filter by",
    "customers.Undo.customer_ids": "values as they were, kept a week to take a change back",
    "customers.Merge.customer_ids": "the merge; the files are packed themselves",
    "customers.Merge.survivor_id": "the merge; the files are packed themselves",
    "customers.MergedRow.vanished_id": "where rows were before; the rows are packed themselves",
    "customers.Suspect.one_id": "a comparison with another person",
    "customers.Suspect.other_id": "a comparison with another person",
    "customers.Erasure.customer_ids": "that somebody is erased, of whom there is no copy",
    "sales.Target.customer_id": "what the company means to sell",
    "customers.TimelinePin.customer_id": "what stays on top of a page",
}
NAMES_A_CUSTOMER = (
    "customer_id",
    "customer_ids",
    "survivor_id",
    "vanished_id",
    "merged_into",
    "one_id",
    "other_id",
)


def _naming_a_customer() -> set[tuple[type[models.Model], str]]:
    from zhiyin.customers.models import Customer

    return {
        (model, field.attname)
        for model in own_models()
        for field in model._meta.concrete_fields
        if field.related_model is Customer or field.attname in NAMES_A_CUSTOMER
    }


def test_a_persons_copy_has_all_that_names_them() -> None:
    from zhiyin.platform.portability import areas

    packed = {model for each in areas() for model in each.models}
    forgotten = {
        f"{model._meta.label}.{column}" for model, column in _naming_a_customer() if model not in packed
    }
    assert not forgotten - NOT_PACKED.keys(), (
        "register an area in portability.py of its app, or say why it is not packed"
    )
    assert not NOT_PACKED.keys() - forgotten, "take it out of NOT_PACKED"


def test_all_that_refers_to_a_customer_moves_when_files_become_one() -> None:
    from zhiyin.customers.actions.merging.parts import parts

    moved = {(each.model, each.column) for each in parts()}
    moved |= {(each.model, "target_id") for each in parts() if each.code == "relations"}
    forgotten = {f"{model._meta.label}.{column}" for model, column in _naming_a_customer() - moved}
    assert not forgotten - STAYS.keys(), (
        "register its rows in actions/merging.py of its app, or say why it stays"
    )
    assert not STAYS.keys() - forgotten, "take it out of STAYS"
