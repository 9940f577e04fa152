"""What is under a customer's key: in no backup in clear, back after a restore, and never back once erased."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import answers
from tests.config.test_backup import done, make_home, zhiyin  # noqa: F401
from zhiyin.platform.crypto import kept

NUMBER, OTHER = "11010519491231002X", "440524188001010014"
BEGIN = """
import json, sys
from zhiyin.config import startup
with startup.database():
    startup.load_django()
    from django.utils import timezone
    from zhiyin.accounts.models import Tenant
    from zhiyin.customers import actions, queries
    from zhiyin.customers.models import Customer
    from zhiyin.platform import crypto
    from zhiyin.platform.actors import Actor
    from zhiyin.platform.tenancy import scope
    tenant = Tenant.objects.get()
    actor, now = Actor.system(tenant.id), timezone.now()
    with scope(tenant.id):
"""
FILL = f"""
        for name, number in (("王小明", {NUMBER!r}), ("李四", {OTHER!r})):
            made = actions.create_customer(actor=actor, name=name, now=now)
            actions.set_sensitive(actor=actor, customer_id=made.pk, name="id_number", value=number, now=now)
            actions.reveal_sensitive(actor=actor, customer_id=made.pk, name="id_number", now=now)
        print(len(crypto.seal("caldav", "secret")))
"""
ERASE = """
        wang = Customer.objects.get(name="王小明").pk
        actions.delete_customer(actor=actor, customer_id=wang, now=now)
        actions.purge_customers(actor=actor, customer_ids=[wang], now=now)
"""
ROWS_LEFT = """
        from zhiyin.platform.tenancy import with_gone
        with with_gone():
            print(Customer.objects.count())
"""
READ = f"""
        told = {{}}
        for each in Customer.objects.all():
            try:
                told[each.name] = actions.reveal_sensitive(actor=actor, customer_id=each.pk, name="id_number", now=now)
            except crypto.Erased:
                told[each.name] = "erased"
        told["found"] = [row["name"] for row in queries.quick_search(actor, {OTHER!r})]
        told["gone"] = [row["name"] for row in queries.quick_search(actor, {NUMBER!r})]
        told["destroyed"] = len(crypto.destroyed())
        print(json.dumps(told, ensure_ascii=False))
"""


def inside(home: Path, code: str) -> str:
    return done(zhiyin(home, code=BEGIN + code))


def told(home: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads(inside(home, READ))
    return read


def plain_in(folder: Path) -> list[str]:
    """Files that hold one of the numbers, as text or as hexadecimal digits."""
    wanted = [form for each in (NUMBER, OTHER) for form in (each.encode(), each.encode().hex().encode())]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(each in path.read_bytes() for each in wanted)]


@pytest.fixture(scope="module")
def filled(make_home: Callable[[], Path]) -> Path:  # noqa: F811
    home = make_home()
    answers(["tenant", "create", "one", "--name", "One"], variables={"ZHIYIN_HOME": str(home)})
    inside(home, FILL)
    return home


@pytest.mark.slow
def test_a_restore_brings_back_values_but_nobody_who_was_erased(
    filled: Path,
    make_home: Callable[[], Path],  # noqa: F811
    tmp_path: Path,
) -> None:
    tar, keys = tmp_path / "day1.tar", tmp_path / "zhiyin.keys"
    done(zhiyin(filled, "backup", str(tar)))
    assert keys.stat().st_mode & 0o777 == 0o600
    assert (filled / "master_key").read_bytes().strip() not in tar.read_bytes() + keys.read_bytes()
    assert plain_in(tmp_path) == []
    assert plain_in(filled) == [], "also in no file of the database, log or job"
    both = {"王小明": NUMBER, "李四": OTHER, "found": ["李四"], "gone": ["王小明"], "destroyed": 0}

    copy = make_home()
    shutil.copy(filled / "master_key", copy / "master_key")
    done(zhiyin(copy, "restore", str(tar)))
    assert told(copy) == both

    # erased after the backup: in the keys file beside it the key is overwritten at once
    living = kept.read(keys).living()
    inside(filled, ERASE)
    assert len(kept.read(keys).living()) == len(living) - 1
    one = {"李四": OTHER, "found": ["李四"], "gone": [], "destroyed": 1}
    assert told(filled) == one

    # the old backup, over the present database and in an empty one: purged again, with the name and all
    assert json.loads(done(zhiyin(filled, "restore", str(tar), "--force", "--json")))["purged_again"] == 1
    assert told(filled) == one
    assert json.loads(inside(filled, ROWS_LEFT)) == 1
    elsewhere = make_home()
    shutil.copy(filled / "master_key", elsewhere / "master_key")
    done(zhiyin(elsewhere, "restore", str(tar)))
    assert told(elsewhere) == one

    # nor does a keys file of before help where the database knows of the erasure
    done(zhiyin(copy, "backup", str(tmp_path / "copy.tar"), "--keys", str(tmp_path / "copy.keys")))
    done(zhiyin(filled, "restore", str(tar), "--keys", str(tmp_path / "copy.keys"), "--force"))
    assert told(filled) == one


PHONE = "13912345678"
KNOWN = f"""
        made = actions.create_customer(actor=actor, name="赵六金丝雀", code="Z-6", now=now)
        actions.add_contact(actor=actor, customer_id=made.pk, kind="phone", value={PHONE!r}, now=now)
        from zhiyin.platform.audit import log
        log.seal(tenant.pk, now=now)
"""
ERASED = """
        from zhiyin.platform import jobs
        from zhiyin.platform.models import Job
        zhao = Customer.objects.get(code="Z-6")
        asked = actions.ask_erasure(actor=actor, customer_id=zhao.pk, basis="request", code="Z-6", now=now)
        job = Job.objects.get(pk=asked.job_id)
    assert jobs.run_now(job).state == "succeeded"
"""
TOLD = f"""
        from django.db import connection
        from zhiyin.customers.suppression import Suppressed
        from zhiyin.platform.audit.check import examine
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM platform_auditentry WHERE changes::text ~ '赵六金丝雀|{PHONE}'")
            told = {{"entries": cursor.fetchone()[0]}}
        told["customers"] = Customer.objects.filter(code="Z-6").count()
        told["problems"] = [each.text for each in examine(tenant.pk, lambda _done, _total: None)[1]]
        try:
            actions.create_customer(actor=actor, name="x", code="z-6", now=now)
        except Suppressed:
            told["blocked"] = True
        print(json.dumps(told))
"""


@pytest.mark.slow
def test_an_old_backup_neither_brings_back_who_was_erased_nor_lets_him_in_again(
    filled: Path,
    make_home: Callable[[], Path],  # noqa: F811
    tmp_path: Path,
) -> None:
    tar = tmp_path / "before.tar"
    inside(filled, KNOWN)
    done(zhiyin(filled, "backup", str(tar)))
    inside(filled, ERASED)
    gone = {"entries": 0, "customers": 0, "problems": [], "blocked": True}
    assert json.loads(inside(filled, TOLD)) == gone
    elsewhere = make_home()
    shutil.copy(filled / "master_key", elsewhere / "master_key")
    assert json.loads(done(zhiyin(elsewhere, "restore", str(tar), "--json")))["purged_again"] >= 1
    assert json.loads(inside(elsewhere, TOLD)) == gone


def test_what_is_appended_to_the_keys_file_counts_once_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    kept.write(file, rows(a="11"))
    kept.append(file, rows(b=None))
    kept.append(file, rows(c="33"))
    assert kept.read(file).living() == {b"a".rjust(36, b"0"), b"c".rjust(36, b"0")}
    whole = file.read_bytes()
    with file.open("ab") as torn:
        torn.write(b"S\t" + b"d".rjust(36, b"0") + b"\tx")
    assert len(kept.read(file).subjects) == 3
    kept.append(file, rows(e=None))
    assert len(kept.read(file).subjects) == 4
    file.write_bytes(whole[: whole.index(b"E\t")])
    with pytest.raises(kept.KeysFileError):
        kept.read(file)


@pytest.mark.slow
def test_a_restore_asks_for_keys_and_tells_of_a_missing_master_key(
    filled: Path,
    make_home: Callable[[], Path],  # noqa: F811
    tmp_path: Path,
) -> None:
    tar, keys = tmp_path / "a.tar", tmp_path / "k.keys"
    done(zhiyin(filled, "backup", str(tar), "--keys", str(keys)))
    home = make_home()
    refused = zhiyin(home, "restore", str(tar))
    assert refused.returncode == 1
    assert "--without-keys" in refused.stderr
    without_master = done(zhiyin(home, "restore", str(tar), "--keys", str(keys)))
    assert "The master key" in without_master
    assert "zhiyin keys index" in without_master
    assert not (home / "master_key").exists(), "no other key is begun"
    shutil.copy(filled / "master_key", home / "master_key")
    done(zhiyin(home, "keys", "index"))
    assert told(home)["found"] == ["李四"]
    # a zhiyin without these keys does not overwrite them
    bare = make_home()
    done(zhiyin(bare, "restore", str(tar), "--without-keys"))
    refused = zhiyin(bare, "backup", str(tmp_path / "b.tar"), "--keys", str(keys))
    assert refused.returncode == 1
    assert "--keys" in refused.stderr
    assert len(kept.read(keys).living()) >= 1


def rows(**keys: str | None) -> list[tuple[bytes, bytes]]:
    """Lines of subjects: a key in hexadecimal digits, or none."""
    tenant = "0" * 36
    return [
        (
            b"S",
            f"{name:0>36}\t{tenant}\t1\t\\x{key}\t\\N".encode()
            if key
            else f"{name:0>36}\t{tenant}\t0\t\\N\t2026-11-22 00:00:00+00".encode(),
        )
        for name, key in keys.items()
    ]


def test_a_destroyed_key_wins_over_any_other(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    kept.write(file, rows(a="11", b=None, c="33"))
    found = kept.read(file)
    other = tmp_path / "other"
    kept.write(other, rows(a=None, b="22", c="44"))
    found.add(kept.read(other))
    assert {each[-1:] for each in found.living()} == {b"c"}
    assert b"44" in found.subjects[b"c".rjust(36, b"0")]


@pytest.mark.parametrize("content", [b"", b"x\n", b"S\ta\n", b"E\t1\n"])
def test_half_a_keys_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(kept.KeysFileError):
        kept.read(tmp_path / "keys")


def test_the_former_keys_file_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    kept.write(file, rows(a="1f" * 60))
    with file.open("rb") as former:
        kept.write(file, rows(a=None))
        assert not former.read().strip(b"\0"), "nothing of it is left on the disk"
    assert kept.read(file).living() == set()


MANY = """
        items = [crypto.Item(uuid.UUID(int=number), "f", str(number)) for number in range(1, 61)]
        closed = crypto.encrypt_many(items)
        crypto.destroy(uuid.UUID(int=60), now=now)
        print(json.dumps([each.hex() for each in closed]))
"""
CHECK = """
        closed = [bytes.fromhex(each) for each in CLOSED]
        items = [crypto.Item(uuid.UUID(int=number), "f", each) for number, each in enumerate(closed, 1)]
        assert crypto.decrypt_many(items) == [*map(str, range(1, 60)), None]
"""
KILLED = """
        pass
    import os
    from zhiyin.config.maintenance import rotate_company
    rotate_company(tenant, actor=actor, now=now, batch=10, report=lambda done: done >= 20 and os._exit(9))
"""


def standing(home: Path) -> dict[str, object]:
    company: dict[str, object] = json.loads(done(zhiyin(home, "keys", "status", "--json")))["companies"][0]
    return company


@pytest.mark.slow
def test_keys_are_rotated_although_it_is_killed_in_the_middle(
    make_home: Callable[[], Path],  # noqa: F811
    tmp_path: Path,
) -> None:
    home = make_home()
    answers(["tenant", "create", "one", "--name", "One"], variables={"ZHIYIN_HOME": str(home)})
    inside(home, FILL)
    many = "\n        import uuid" + MANY
    closed = inside(home, many)
    check = "\n        import uuid" + CHECK.replace("CLOSED", closed.strip())
    done(zhiyin(home, "backup", str(tmp_path / "a.tar")))

    killed = zhiyin(home, code=BEGIN + KILLED)
    assert killed.returncode == 9, killed.stderr
    assert (standing(home)["subjects"], standing(home)["under_older"]) == (61, 41)
    inside(home, check)
    done(zhiyin(home, "keys", "rotate", "--tenant", "one"))
    company = standing(home)
    assert company["versions"] == {"data": [1, 2], "index": [2], "suppression": [1]}
    assert (company["under_older"], company["erased"]) == (0, 1)
    inside(home, check)
    assert told(home)["found"] == ["李四"], "found by the new index"

    first = (home / "master_key").read_text().split()
    done(zhiyin(home, "keys", "rotate"))
    second = (home / "master_key").read_text().split()
    assert second[1:] == first
    forgotten = json.loads(done(zhiyin(home, "keys", "forget", "--json")))["forgotten"]
    assert len(forgotten) == 1
    assert (home / "master_key").read_text().split() == second[:1]
    inside(home, check)
    done(zhiyin(home, "restore", str(tmp_path / "a.tar"), "--force"))
    assert told(home)["王小明"] == NUMBER, "an old backup is read with the keys file of today"
    assert inside(home, check) == ""
