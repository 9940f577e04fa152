"""A server that somebody else runs: accepted if it keeps tenants apart, refused with a sentence if not."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from tests.postgres15 import postgres15
from zhiyin.platform.postgres import Cluster, PostgresError, check_external
from zhiyin.platform.postgres import external as external_module

ROLES = """
CREATE ROLE owning LOGIN PASSWORD 'a';
CREATE ROLE serving LOGIN PASSWORD 'b';
CREATE ROLE almighty LOGIN SUPERUSER PASSWORD 'c';
CREATE ROLE bypassing LOGIN BYPASSRLS PASSWORD 'd';
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL 15 with a database "crm", with places for role and password."""
    with postgres15() as server:
        with psycopg.connect(server.on_socket("admin", "postgres"), autocommit=True) as connection:
            connection.execute(ROLES)
            connection.execute("CREATE DATABASE crm OWNER owning")
            connection.execute(
                "CREATE DATABASE old ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0 OWNER owning"
            )
        yield server.on_socket("{}", "crm")


def test_a_proper_server_is_accepted(server: str) -> None:
    facts = check_external(server.format("serving"), server.format("owning"))
    assert (facts.major, facts.role, facts.database) == (15, "serving", "crm")


def test_the_embedded_server_is_proper(cluster: Cluster) -> None:
    assert check_external(cluster.application_url(), cluster.owner_url()).major == 18


@pytest.mark.parametrize(
    ("application", "owner", "complaint"),
    [
        ("almighty", "owning", "almighty in ZHIYIN_DATABASE_URL is a superuser.*NOSUPERUSER"),
        ("bypassing", "owning", "bypassing in ZHIYIN_DATABASE_URL has BYPASSRLS.*NOBYPASSRLS"),
        ("owning", "owning", "the same role owning"),
        ("stranger", "owning", "ZHIYIN_DATABASE_URL does not work.*stranger"),
        ("serving", "stranger", "ZHIYIN_OWNER_DATABASE_URL does not work.*stranger"),
    ],
)
def test_roles_that_would_mix_tenants_are_refused(
    server: str, application: str, owner: str, complaint: str
) -> None:
    with pytest.raises(PostgresError, match=complaint):
        check_external(server.format(application), server.format(owner))


def test_both_addresses_must_open_one_database(server: str) -> None:
    elsewhere = server.replace("/crm?", "/postgres?").format("owning")
    with pytest.raises(PostgresError, match="both must open the same"):
        check_external(server.format("serving"), elsewhere)


def test_a_database_without_unicode_is_refused(server: str) -> None:
    with pytest.raises(PostgresError, match="encoding LATIN1; zhiyin needs UTF8"):
        check_external(server.replace("/crm?", "/old?").format("serving"), None)


def test_an_old_server_is_refused(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = external_module.server_facts
    monkeypatch.setattr(external_module, "server_facts", lambda *given: replace(real(*given), major=14))
    with pytest.raises(PostgresError, match="PostgreSQL 14; zhiyin needs 15 or later"):
        check_external(server.format("serving"), None)


def test_a_server_that_is_away() -> None:
    with pytest.raises(PostgresError, match="ZHIYIN_DATABASE_URL does not work: connection failed"):
        check_external("postgresql://serving@127.0.0.1:1/crm", None)
