"""A PostgreSQL server that somebody else runs: is it one that keeps tenants apart?"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from zhiyin.platform.postgres.errors import PostgresError

OLDEST_MAJOR = 15

_FACTS = """
SELECT current_setting('server_version_num')::int / 10000, current_user::text, current_database()::text,
       rolsuper, rolbypassrls, current_setting('server_encoding')
FROM pg_roles WHERE rolname = current_user
"""


@dataclass(frozen=True)
class ServerFacts:
    """What one role sees of a server."""

    major: int
    role: str
    database: str
    superuser: bool
    bypasses_rls: bool
    encoding: str


def server_facts(url: str, variable: str) -> ServerFacts:
    """Connect with `url`; errors name the environment `variable` that it came from."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(_FACTS).fetchone()
    except psycopg.Error as error:
        raise PostgresError(f"{variable} does not work: {str(error).strip()}") from error
    if row is None:  # pragma: no cover - pg_roles always holds the current role
        raise PostgresError(f"{variable}: the server does not tell who we are.")
    return ServerFacts(*row)


def check_external(application_url: str, owner_url: str | None) -> ServerFacts:
    """Facts about the application role's server; PostgresError says what is wrong and how to mend it."""
    facts = server_facts(application_url, "ZHIYIN_DATABASE_URL")
    _check_server(facts)
    if facts.superuser:
        raise PostgresError(
            f"The role {facts.role} in ZHIYIN_DATABASE_URL is a superuser and would see every tenant's rows: "
            f"`ALTER ROLE {facts.role} NOSUPERUSER`, or give another role."
        )
    if facts.bypasses_rls:
        raise PostgresError(
            f"The role {facts.role} in ZHIYIN_DATABASE_URL has BYPASSRLS and would see every tenant's rows: "
            f"`ALTER ROLE {facts.role} NOBYPASSRLS`, or give another role."
        )
    if owner_url is not None:
        _check_owner(server_facts(owner_url, "ZHIYIN_OWNER_DATABASE_URL"), facts)
    return facts


def _check_server(facts: ServerFacts) -> None:
    if facts.major < OLDEST_MAJOR:
        raise PostgresError(f"The server is PostgreSQL {facts.major}; zhiyin needs {OLDEST_MAJOR} or later.")
    if facts.encoding != "UTF8":
        raise PostgresError(
            f"The database {facts.database} has the encoding {facts.encoding}; zhiyin needs UTF8."
        )


def _check_owner(owner: ServerFacts, application: ServerFacts) -> None:
    if owner.role == application.role:
        raise PostgresError(
            f"ZHIYIN_DATABASE_URL and ZHIYIN_OWNER_DATABASE_URL name the same role {owner.role}: the "
            "application must not own its tables. Create a second role for ZHIYIN_DATABASE_URL."
        )
    if owner.database != application.database:
        raise PostgresError(
            f"ZHIYIN_DATABASE_URL opens the database {application.database}, ZHIYIN_OWNER_DATABASE_URL "
            f"{owner.database}: both must open the same."
        )
