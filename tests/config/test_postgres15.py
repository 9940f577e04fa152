"""The whole way on a server that is not ours: PostgreSQL 15, an owner who is no superuser, a second role."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest

from tests.commands import answers, run_commands
from tests.postgres15 import Server, postgres15

pytestmark = pytest.mark.slow
SALES = """order,date,customer code,customer,product,quantity,price
1001,2025-01-31,C1,王小明,P1,2,10.50
1001,2025-01-31,C1,王小明,P2,1,4.00
1002,2025-02-13,C2,李雷,P1,3,10.50
"""
PASSWORD = "p%265%25%20%2F"  # quoted as addresses want it
ROLES = """
CREATE ROLE crm_owner LOGIN PASSWORD 'p&5% /' NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE ROLE crm_app LOGIN PASSWORD 'p&5% /' NOSUPERUSER NOBYPASSRLS;
"""
LOOK = """
import json
from zhiyin.config.startup import load_django
load_django()
from django.db import connection
from zhiyin.accounts.models import Tenant
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import quick_search
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope
found = {}
for tenant in Tenant.objects.all():
    with scope(tenant.id):
        actor = Actor.system(tenant.id)
        searches = {text: [row["name"] for row in quick_search(actor, text)] for text in ("小明", "wxm", "lilei")}
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_user")
            found[tenant.code] = searches | {"customers": Customer.objects.count(), "role": cursor.fetchone()[0]}
print(json.dumps(found | {"without tenant": Customer.objects.count()}))
"""
ENCRYPTED = """
import json
from zhiyin.config.startup import load_django
load_django()
import psycopg
from django.db import connection
from procrastinate.contrib.django.utils import connector_params
look = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
with connection.cursor() as cursor, psycopg.connect(**connector_params()) as queue:
    cursor.execute(look)
    print(json.dumps([cursor.fetchone()[0], queue.execute(look).fetchone()[0]]))
"""
FOUND = {"小明": ["王小明"], "wxm": ["王小明"], "lilei": ["李雷"], "customers": 2, "role": "crm_app"}
NOTHING = {"小明": [], "wxm": [], "lilei": [], "customers": 0, "role": "crm_app"}


class Company:
    """A zhiyin on one database of the server, with a data folder of its own."""

    def __init__(self, owner_url: str, application_url: str, home: Path) -> None:
        self.owner_url = owner_url
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIYIN_")}
        self.environment = inherited | {
            "ZHIYIN_HOME": str(home),
            "ZHIYIN_DATABASE_URL": application_url,
            "ZHIYIN_OWNER_DATABASE_URL": self.owner_url,
            "DJANGO_SETTINGS_MODULE": "zhiyin.config.settings",
            "LANG": "en",
        }

    @classmethod
    def on_socket(cls, server: Server, database: str, home: Path) -> Self:
        return cls(server.on_socket("crm_owner", database), server.on_socket("crm_app", database), home)

    @classmethod
    def over_tls(cls, server: Server, database: str, home: Path) -> Self:
        owner = server.over_tls("crm_owner", PASSWORD, database)
        return cls(owner, server.over_tls("crm_app", PASSWORD, database), home)

    def zhiyin(self, *commands: list[str]) -> list[dict[str, Any]]:
        """The answers of commands that are run one after the other in one process."""
        printed = answers(*([*words, "--json"] for words in commands), variables=self.environment)
        return [json.loads(text) for text in printed]

    def python(self, code: str, *arguments: str) -> list[Any]:
        outcome = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stderr
        return [json.loads(line) for line in outcome.stdout.splitlines()]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres15() as server:
        with psycopg.connect(server.on_socket("admin", "postgres"), autocommit=True) as connection:
            connection.execute(ROLES)
            for name in ("crm", "copy", "far", "near"):
                connection.execute(f"CREATE DATABASE {name} OWNER crm_owner")
        yield server


def test_from_the_first_migration_to_a_restored_copy(server: Server, tmp_path: Path) -> None:
    sales, archive = tmp_path / "sales.csv", tmp_path / "backup.tar"
    sales.write_text(SALES, encoding="utf-8")
    company = Company.on_socket(server, "crm", tmp_path / "home")
    totals = ["report", "totals", "--tenant", "acme"]
    migrated, *_, imported, figures, written = company.zhiyin(
        ["migrate"],
        ["tenant", "create", "acme", "--name", "Acme"],
        ["tenant", "create", "other", "--name", "Other"],
        ["import", str(sales), "--kind", "orders", "--tenant", "acme"],
        totals,
        ["backup", str(archive)],
    )
    assert "accounts.0001_initial" in migrated["applied"]
    assert (imported["state"], imported["refused"]) == ("applied", 0)
    assert (figures["lines"], figures["customers"], figures["value"]) == (3, 2, 56.5)
    assert company.python(LOOK) == [{"acme": FOUND, "other": NOTHING, "without tenant": 0}]
    with psycopg.connect(company.owner_url) as owner:
        assert owner.info.server_version // 10000 == 15
        count = owner.execute("SELECT count(*) FROM customers_customer").fetchone()
        assert count == (0,), "row-level security holds for the owner too"

    copy = Company.on_socket(server, "copy", tmp_path / "copy")
    restored, same = copy.zhiyin(["restore", str(archive)], totals)
    assert restored["rows"] == written["rows"]
    assert same == figures
    assert copy.python(LOOK) == [{"acme": FOUND, "other": NOTHING, "without tenant": 0}]


def test_over_tls_all_connections_are_encrypted_and_backups_as_well(server: Server, tmp_path: Path) -> None:
    """pg_dump and psql get the address by environment variables, and must not fall back to no encryption."""
    archive = tmp_path / "backup.tar"
    far = Company.over_tls(server, "far", tmp_path / "far")
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(far.owner_url.split("?")[0] + "?sslmode=disable")
    *_, written = far.zhiyin(
        ["migrate"], ["tenant", "create", "acme", "--name", "Acme"], ["backup", str(archive)]
    )
    assert written["rows"]["accounts_tenant"] == 1
    assert far.python(ENCRYPTED) == [[True, True]]
    near = Company.over_tls(server, "near", tmp_path / "near")
    (restored,) = near.zhiyin(["restore", str(archive)])
    assert restored["rows"] == written["rows"]
    without_tools = {**far.environment, "PATH": str(tmp_path)}
    told = json.loads(run_commands(["doctor", "--json"], variables=without_tools)[0].stdout)
    (backup,) = [check for check in told["checks"] if check["name"] == "backup"]
    assert backup["state"] == "warning"
    assert "postgresql-client-15" in backup["message"]
    stranger = far.owner_url.replace("server.crt", "missing.crt")
    for tampered in (far.owner_url.replace("127.0.0.1", "localhost"), stranger):
        outcome = run_commands(
            ["backup", str(tmp_path / "no.tar")],
            variables={**far.environment, "ZHIYIN_OWNER_DATABASE_URL": tampered},
        )[0]
        assert outcome.code == 3, outcome
        assert "certificate" in outcome.stderr
