"""A backup holds everything, and a restored copy equals what was backed up."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psycopg
import pytest

from tests.commands import answers
from zhiyin.config.backup import BackupError, Manifest, database, restore
from zhiyin.config.backup.manifest import MANIFEST
from zhiyin.platform.postgres import Cluster

FILL = """
import io
from zhiyin.config import startup
with startup.database():
    startup.load_django()
    from django.utils import timezone
    from zhiyin.accounts.models import Tenant
    from zhiyin.customers.actions import create_customer
    from zhiyin.platform import files
    from zhiyin.platform.actors import Actor
    from zhiyin.platform.tenancy import scope
    for tenant in Tenant.objects.all():
        with scope(tenant.id):
            content = io.BytesIO(f"of {tenant.code}".encode() * 100_000)
            actor = Actor.system(tenant.id)
            files.save(content, name="数据.bin", actor=actor, now=timezone.now())
            create_customer(actor=actor, name="王小明", now=timezone.now())
"""
TABLES = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


def zhiyin(home: Path, *words: str, code: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIYIN_")}
    command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "zhiyin", *words]
    variables = {**inherited, "ZHIYIN_HOME": str(home), "LANG": "en", **more}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def done(outcome: subprocess.CompletedProcess[str]) -> str:
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def digests(home: Path) -> dict[str, tuple[int, str]]:
    """For each table the number of its rows and a hash over them, all tenants' rows included."""
    url = Cluster(home / "postgres").owner_url()
    with psycopg.connect(url, options="-c zhiyin.maintenance=on") as connection:
        found = {}
        for (table,) in connection.execute(TABLES).fetchall():
            statement = f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
            row = connection.execute(statement.encode()).fetchone()
            assert row
            found[table] = row
        return found


def kept_files(home: Path) -> dict[str, bytes]:
    folder = home / "files"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def make_home() -> Iterator[Callable[[], Path]]:
    """Makes data folders whose database runs until the last test."""
    clusters: dict[Path, Cluster] = {}

    def make() -> Path:
        home = Path(tempfile.mkdtemp(prefix="zhiyin-backup-"))
        home.chmod(0o711)
        clusters[home] = Cluster(home / "postgres", durable=False).start()
        return home

    yield make
    for home, cluster in clusters.items():
        cluster.destroy()
        shutil.rmtree(home)


@pytest.fixture(scope="module")
def full(make_home: Callable[[], Path]) -> Path:
    """A data folder with two companies, their people, tokens and files."""
    home = make_home()
    commands = []
    for code in ("one", "two"):
        person = ["--tenant", code, "--name", "林岚", "--role", "Administrator", "--generate"]
        commands += [
            ["tenant", "create", code, "--name", f"Company {code}", "--language", "en"],
            ["user", "create", f"lin@{code}.example", *person],
        ]
    answers(*commands, variables={"ZHIYIN_HOME": str(home)})
    done(zhiyin(home, code=FILL))
    done(zhiyin(home, "audit", "key", "--tenant", "one"))
    return home


@pytest.fixture(scope="module")
def archive(full: Path) -> Path:
    file = full / "backup.tar"
    done(zhiyin(full, "backup", str(file)))
    return file


@pytest.fixture(scope="module")
def restored(archive: Path, make_home: Callable[[], Path]) -> Path:
    home = make_home()
    done(zhiyin(home, "restore", str(archive)))
    return home


def test_a_restored_copy_is_equal(full: Path, restored: Path) -> None:
    original, copy = digests(full), digests(restored)
    assert original["accounts_tenant"][0] == 2
    assert original["accounts_member"][0] == 2
    assert original["customers_timelineevent"][0] > 0, "kept in partitions"
    assert copy == original
    assert len(kept_files(full)) == 2
    assert kept_files(restored) == kept_files(full)
    for key in ("secret_key", "audit_key"):
        assert (restored / key).read_text() == (full / key).read_text()
        assert (restored / key).stat().st_mode & 0o777 == 0o600


def test_a_restored_copy_is_protected_and_works(restored: Path) -> None:
    report = json.loads(done(zhiyin(restored, "doctor", "--json")))
    states = {check["name"]: check["state"] for check in report["checks"]}
    assert states["row-level security"] == states["migrations"] == states["database"] == "ok"
    done(zhiyin(restored, "tenant", "create", "three", "--name", "Three"))
    cluster = Cluster(restored / "postgres")
    for url in (cluster.application_url(), cluster.owner_url()):
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM accounts_member").fetchone() == (0,)


def test_the_manifest_tells_what_is_inside(archive: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as tar:
        member = tar.extractfile(MANIFEST)
        assert member
        manifest = Manifest.model_validate_json(member.read())
        assert set(tar.getnames()) == {*manifest.sha256, MANIFEST}
    assert manifest.rows["accounts_tenant"] == 2
    assert manifest.owner == "zhiyin_owner"


def test_a_company_is_not_overwritten_unless_forced(full: Path, archive: Path, restored: Path) -> None:
    refused = zhiyin(restored, "restore", str(archive))
    assert refused.returncode == 1
    assert "--force replaces everything" in refused.stderr
    done(zhiyin(restored, "tenant", "create", "surplus", "--name", "Surplus"))
    done(zhiyin(restored, "restore", str(archive), "--force"))
    assert digests(restored) == digests(full)


def restore_here(archive: Path, home: Path) -> None:
    """What the command does, in this process; all migrations it names are known but the future."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(MANIFEST) if MANIFEST in tar.getnames() else None
        names = json.loads(member.read())["migrations"] if member else []
    restore(
        archive,
        owner_url=Cluster(home / "postgres").owner_url(),
        home=home,
        known_migrations={name for name in names if "future" not in name},
        migrate=lambda: None,
        force=True,
    )


def test_a_database_in_use_is_left_alone(archive: Path, restored: Path) -> None:
    with (
        psycopg.connect(Cluster(restored / "postgres").application_url()),
        pytest.raises(BackupError, match="stop zhiyin first"),
    ):
        restore_here(archive, restored)


def rewritten(archive: Path, target: Path, change: "Change") -> Path:
    with tarfile.open(archive) as source, tarfile.open(target, "w") as copy:
        for entry in source.getmembers():
            member = source.extractfile(entry)
            content = change(entry.name, member.read() if member else b"")
            if content is not None:
                entry.size = len(content)
                copy.addfile(entry, io.BytesIO(content))
    return target


Change = Callable[[str, bytes], bytes | None]


def of(wanted: str, change: Callable[[bytes], bytes | None]) -> Change:
    return lambda name, data: change(data) if name.startswith(wanted) else data


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (of("database.dump", lambda data: data[:-1] + b"x"), "database.dump is not what was written"),
        (of("files/", lambda _: None), "is missing"),
        (of(MANIFEST, lambda _: None), "not a backup of zhiyin"),
        (of(MANIFEST, lambda data: data.replace(b'"format": 1', b'"format": 9')), "format 9"),
        (of(MANIFEST, lambda data: data.replace(b"accounts.0001", b"accounts.future")), "accounts.future"),
        (
            of(MANIFEST, lambda data: data.replace(b'"accounts_tenant": 2', b'"accounts_tenant": 3')),
            "lacks rows",
        ),
        (of(MANIFEST, lambda data: data.replace(b'"secret_key":', b'"../secret":')), "leave its folder"),
    ],
)
def test_a_damaged_backup_changes_nothing(
    archive: Path, restored: Path, tmp_path: Path, change: Change, complaint: str
) -> None:
    before, files = digests(restored), kept_files(restored)
    with pytest.raises(BackupError, match=complaint):
        restore_here(rewritten(archive, tmp_path / "damaged.tar", change), restored)
    assert digests(restored) == before
    assert kept_files(restored) == files
    assert not list(restored.glob(".zhiyin-restore-*"))


def test_a_dump_that_cannot_be_loaded_leaves_the_database_as_it_was(
    archive: Path, restored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load fails at its end: everything before it is undone."""
    real = database._copy_script

    def spoiled(source: IO[bytes], target: IO[bytes], former: bytes, owner: bytes) -> None:
        real(source, target, former, owner)
        target.write(b"SELECT 1 / 0;\n")

    before = digests(restored)
    monkeypatch.setattr(database, "_copy_script", spoiled)
    with pytest.raises(BackupError, match="division by zero"):
        restore_here(archive, restored)
    assert digests(restored) == before


@pytest.mark.parametrize("content", [b"", b"not a tar file", None])
def test_no_backup_or_half_of_one(
    archive: Path, restored: Path, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "half.tar"
    half = archive.read_bytes()[: archive.stat().st_size // 2]
    file.write_bytes(half if content is None else content)
    with pytest.raises(BackupError):
        restore(
            file,
            owner_url=Cluster(restored / "postgres").owner_url(),
            home=restored,
            known_migrations=set(),
            migrate=lambda: None,
            force=True,
        )


def test_an_existing_file_is_kept_unless_forced(full: Path, archive: Path) -> None:
    before = archive.read_bytes()
    refused = zhiyin(full, "backup", str(archive))
    assert refused.returncode == 1
    assert archive.read_bytes() == before
    nowhere = zhiyin(full, "backup", "/proc/zhiyin.tar")
    assert nowhere.returncode == 1
    assert "cannot be written" in nowhere.stderr
    done(zhiyin(full, "backup", str(archive), "--force"))
    assert not list(full.glob("*.partial"))
    assert not list(full.glob(".zhiyin-backup-*"))
