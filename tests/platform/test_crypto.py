"""Values under keys: who can open what, and what nobody can open any more."""

import base64
import datetime
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.platform import crypto
from zhiyin.platform.crypto import Item, boxes, master
from zhiyin.platform.crypto.master import FileKeys
from zhiyin.platform.models import MasterKey, SubjectKey, TenantKey
from zhiyin.platform.tenancy import scope

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
NUMBER = "11010519491231002X"


@pytest.fixture
def tenant(db: None) -> Iterator[uuid.UUID]:
    tenant_id = uuid.uuid4()
    with scope(tenant_id):
        yield tenant_id


@pytest.mark.usefixtures("tenant")
def test_a_value_opens_only_where_it_was_written() -> None:
    subject, other = uuid.uuid4(), uuid.uuid4()
    first, second = (crypto.encrypt(subject, "id_number", NUMBER) for _ in range(2))
    assert first != second, "equal values look different"
    assert NUMBER.encode() not in first
    assert crypto.decrypt(subject, "id_number", first) == NUMBER
    crypto.encrypt(other, "id_number", NUMBER)
    for subject_id, field in ((other, "id_number"), (subject, "bank_account")):
        with pytest.raises(crypto.Unreadable):
            crypto.decrypt(subject_id, field, first)
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(subject, "id_number", first[:-1] + bytes([first[-1] ^ 1]))


@pytest.mark.django_db
def test_one_company_cannot_open_anothers() -> None:
    subject = uuid.uuid4()
    one, two = uuid.uuid4(), uuid.uuid4()
    with scope(one):
        encrypted, blind = crypto.encrypt(subject, "f", NUMBER), crypto.blind("f", NUMBER)
        sealed, hashed = crypto.seal("caldav", "pass"), crypto.suppression_hash(NUMBER)
    with scope(two):
        with pytest.raises(crypto.Erased):
            crypto.decrypt(subject, "f", encrypted)
        assert crypto.blind("f", NUMBER) != blind
        assert crypto.suppression_hash(NUMBER) != hashed
        with pytest.raises(crypto.Unreadable):
            crypto.unseal("caldav", sealed)


@pytest.mark.usefixtures("tenant")
def test_many_values_take_a_fixed_number_of_statements(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    items = [Item(uuid.uuid4(), "f", f"value {number}") for number in range(50)]
    crypto.encrypt_many(items[:1])
    with django_assert_num_queries(4):
        encrypted = crypto.encrypt_many(items)
    with django_assert_num_queries(2):
        found = crypto.decrypt_many(
            [each._replace(value=closed) for each, closed in zip(items, encrypted, strict=True)]
        )
    assert found == [each.value for each in items]


@pytest.mark.usefixtures("tenant")
def test_a_destroyed_key_never_comes_back() -> None:
    subject, other = uuid.uuid4(), uuid.uuid4()
    encrypted, kept = crypto.encrypt(subject, "f", NUMBER), crypto.encrypt(other, "f", NUMBER)
    crypto.destroy(subject, now=NOW)
    crypto.destroy(subject, now=NOW)
    with pytest.raises(crypto.Erased):
        crypto.decrypt(subject, "f", encrypted)
    with pytest.raises(crypto.Erased):
        crypto.encrypt(subject, "f", NUMBER)
    assert crypto.decrypt(other, "f", kept) == NUMBER
    items = [Item(subject, "f", encrypted), Item(other, "f", kept)]
    assert crypto.decrypt_many(items) == [None, NUMBER]
    assert crypto.destroyed() == {subject}
    crypto.destroy(never := uuid.uuid4(), now=NOW)
    with pytest.raises(crypto.Erased):
        crypto.encrypt(never, "f", NUMBER)


@pytest.mark.usefixtures("tenant")
def test_equal_values_are_found_and_told_apart_by_field() -> None:
    assert crypto.blind("id_number", NUMBER) == crypto.blind("id_number", " 110105 19491231 002x")
    assert crypto.blind("id_number", NUMBER) != crypto.blind("bank_account", NUMBER)
    assert crypto.blind("id_number", NUMBER) != crypto.blind("id_number", NUMBER[:-1])
    assert len(crypto.blind("id_number", NUMBER)) == 16
    assert crypto.suppression_hash("a@b.cn") == crypto.suppression_hash("A@B.CN ")


@pytest.mark.usefixtures("tenant")
def test_a_sealed_secret_opens_under_its_name() -> None:
    sealed = crypto.seal("caldav", "秘密")
    assert crypto.unseal("caldav", memoryview(sealed)) == "秘密"
    with pytest.raises(crypto.Unreadable):
        crypto.unseal("other", sealed)


@pytest.mark.usefixtures("tenant")
def test_no_key_lies_open_in_the_database() -> None:
    crypto.encrypt(uuid.uuid4(), "f", NUMBER)
    keys = crypto.ring.ring()  # type: ignore[attr-defined]
    plain = {*keys.keys.values()}
    assert not plain & {bytes(each.wrapped) for each in TenantKey.objects.all()}
    assert all(each not in repr(keys).encode() for each in plain)
    row = SubjectKey.objects.get()
    assert row.wrapped is not None
    assert len(bytes(row.wrapped)) == 12 + 32 + 16


@given(st.lists(st.text(max_size=6), max_size=3), st.lists(st.text(max_size=6), max_size=3))
def test_places_differ_unless_all_their_parts_are_equal(one: list[str], other: list[str]) -> None:
    assert (boxes.place(*one) == boxes.place(*other)) == (one == other)


def test_the_key_file_is_for_zhiyin_alone(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path / "master_key")
    assert keys.current() == ""
    first = keys.make("")
    assert (tmp_path / "master_key").stat().st_mode & 0o777 == 0o600
    wrapped = keys.wrap(b"k" * 32, b"place")
    elsewhere = FileKeys(tmp_path / "master_key")
    second = keys.make(first)
    assert elsewhere.has(second), "read again once another process added to it"
    assert elsewhere.unwrap(first, wrapped, b"place") == b"k" * 32
    elsewhere.forget(first)
    with pytest.raises(crypto.MasterKeyMissing, match=first):
        FileKeys(keys.path).unwrap(first, wrapped, b"place")


def test_several_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    keys = [FileKeys(tmp_path / "master_key") for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda each: each.make(""), keys))
    assert made == {FileKeys(tmp_path / "master_key").current()}


def test_a_key_from_the_environment(settings: Any, tmp_path: Path) -> None:
    new, old = os.urandom(32), os.urandom(32)
    given = [base64.b64encode(each).decode() for each in (new, old)]
    settings.ZHIYIN_MASTER_KEY = ",".join(given)
    keys = master.master_keys()
    assert keys.current() == master.version_of(new)
    assert keys.has(master.version_of(old))
    settings.ZHIYIN_MASTER_KEY = "c2hvcnQ="
    with pytest.raises(crypto.CryptoError, match="openssl rand") as refused:
        master.master_keys()
    assert "c2hvcnQ=" not in str(refused.value)
    (tmp_path / "there").write_text(given[0])
    settings.ZHIYIN_MASTER_KEY = str(tmp_path / "there")
    assert master.master_keys().current() == master.version_of(new)


class Vault:
    """A KMS in the process."""

    inner = master.GivenKeys([b"v" * 32])

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


@pytest.mark.django_db
def test_a_kms_wraps_and_unwraps(settings: Any) -> None:
    settings.ZHIYIN_KMS = "tests.platform.test_crypto:Vault"
    MasterKey.objects.all().delete()
    subject = uuid.uuid4()
    with scope(uuid.uuid4()):
        encrypted = crypto.encrypt(subject, "f", NUMBER)
        assert {each.master for each in TenantKey.objects.all()} == {master.version_of(b"v" * 32)}
        assert crypto.decrypt(subject, "f", encrypted) == NUMBER


@pytest.mark.django_db
def test_a_machine_without_the_key_begins_none_of_its_own(settings: Any, tmp_path: Path) -> None:
    with scope(uuid.uuid4()):
        crypto.seal("a", "b")
    settings.ZHIYIN_HOME = tmp_path
    with scope(uuid.uuid4()), pytest.raises(crypto.MasterKeyMissing, match="master_key"):
        crypto.seal("a", "b")
    assert not (tmp_path / "master_key").exists()


@pytest.mark.usefixtures("tenant")
def test_rows_of_keys_are_under_tenancy() -> None:
    crypto.encrypt(uuid.uuid4(), "f", NUMBER)
    with scope(uuid.uuid4()), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM platform_subjectkey), (SELECT count(*) FROM platform_tenantkey)"
        )
        assert cursor.fetchone() == (0, 0)
