"""From nothing to a program that can work: database up, Django loaded, tables current."""

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from zhiyin.config.environment import ConfigurationError, environment
from zhiyin.platform.postgres import Cluster, PostgresError, check_external

_MIGRATION_LOCK = 0x7A686979696E  # "zhiyin"


def embedded_cluster() -> Cluster:
    """The PostgreSQL of this data folder, not started."""
    return Cluster(environment().home / "postgres")


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Keep the database up; without ``ZHIYIN_DATABASE_URL`` our own, whose address child processes inherit.

    Raises ``PostgresError``, or ``ConfigurationError`` when the data folder cannot be used.
    """
    env = environment()
    require_home(env.home)
    if env.database_url:
        check_external(env.database_url, env.owner_database_url or None)
        yield
        return
    with embedded_cluster() as cluster, _addresses(cluster):
        try:
            yield
        finally:
            _close_connections()


def require_home(home: Path) -> None:
    """Make the data folder; raises ``ConfigurationError`` when it cannot be written."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=home).close()
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {home} cannot be written ({error.strerror}): set ZHIYIN_HOME to one of yours."
        ) from error


@contextlib.contextmanager
def _addresses(cluster: Cluster) -> Iterator[None]:
    addresses = {
        "ZHIYIN_DATABASE_URL": cluster.application_url(),
        "ZHIYIN_OWNER_DATABASE_URL": cluster.owner_url(),
        "ZHIYIN_EMBEDDED": "1",
    }
    os.environ.update(addresses)
    environment.cache_clear()
    try:
        yield
    finally:
        for name in addresses:
            os.environ.pop(name, None)
        environment.cache_clear()


def _close_connections() -> None:
    if "django.db" in sys.modules:
        from django.db import connections

        connections.close_all()


def is_embedded() -> bool:
    """Whether the database is our own, in this process or in one that started it."""
    return os.environ.get("ZHIYIN_EMBEDDED") == "1" or not environment().database_url


def load_django() -> None:
    """Make Django usable in this process; messages come in the terminal's language."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.config.settings")
    import django
    from django.utils import translation

    django.setup()
    language = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"
    translation.activate("zh-hans" if language.startswith("zh") else "en")


def pending_migrations() -> list[str]:
    """The names of migrations that the database has not had, in order."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrate() -> list[str]:
    """Bring the database up to date, one process at a time; the names of what was run."""
    from django.db import connections

    from zhiyin.platform import schema

    if not environment().owner_database_url and pending_migrations():
        raise PostgresError(
            "Set ZHIYIN_OWNER_DATABASE_URL to the role that owns the tables, to bring them up to date."
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            pending = pending_migrations()
            if pending:
                schema.migrate()
            else:
                schema.grant_application_role()
            if is_embedded():
                _stamp().write_text(_fingerprint())
            return pending
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])


def _fingerprint() -> str:
    """Changes whenever there may be a new migration: found without loading Django."""
    package = Path(__file__).parent.parent
    files = sorted(package.glob("*/migrations/*.py"))
    versions = [f"{name} {version(name)}" for name in ("django", "django-allauth", "procrastinate")]
    parts = [*versions, *(f"{path.relative_to(package)} {path.stat().st_mtime_ns}" for path in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _stamp() -> Path:
    return embedded_cluster().places.data_dir / "migrated"


def schema_is_current() -> bool:
    """Whether our own database has had every migration; false when that has to be looked up."""
    return is_embedded() and _stamp().exists() and _stamp().read_text() == _fingerprint()


def ensure_schema() -> None:
    """Our own database is brought up to date; another's owner is asked to do it."""
    if is_embedded():
        if not schema_is_current():
            migrate()
    elif pending := pending_migrations():
        raise PostgresError(f"The database lacks {len(pending)} migrations: run `zhiyin migrate` first.")
