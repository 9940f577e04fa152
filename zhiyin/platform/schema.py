"""Brings the database up to date as its owner, and gives the application role what it needs and no more."""

from django.core.management import call_command
from django.db import connections

_GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role};
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role};
"""
# what runs with the owner's rights looks past row-level security, and PostgreSQL lets everybody call it
_OWNERS_FUNCTIONS = """
SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
AND proowner = current_user::regrole
"""
_APPEND_ONLY = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only'"
# a partition is reached through its parent only
_PARTITIONS = """
SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind = 'r'
AND relnamespace = 'public'::regnamespace
"""


def migrate(*, verbosity: int = 0) -> None:
    """Run all migrations on the owner's connection, then grant the application role its rights."""
    call_command("migrate", database="owner", verbosity=verbosity, interactive=False)
    grant_application_role()


def grant_application_role() -> None:
    """Give the application role read and write, append-only tables read and insert, partitions nothing; all others nothing."""
    owner = connections["owner"]
    _close_functions()
    user = connections["default"].settings_dict["USER"]
    if user == owner.settings_dict["USER"]:
        return
    role = owner.ops.quote_name(user)
    with owner.cursor() as cursor:
        cursor.execute(_GRANTS.format(role=role))
        cursor.execute(_APPEND_ONLY)
        for (table,) in cursor.fetchall():
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
        cursor.execute(_PARTITIONS)
        for (table,) in cursor.fetchall():
            cursor.execute(f"REVOKE ALL ON {table} FROM {role}")


def _close_functions() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(_OWNERS_FUNCTIONS)
        for (function,) in cursor.fetchall():
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
