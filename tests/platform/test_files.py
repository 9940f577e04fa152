"""Files in a folder and in object storage: what goes in comes out, and nothing reaches outside its place."""

import datetime
import hashlib
import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.platform import files
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import StoredFile
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.django_db
LIN = Actor(tenant_id=uuid.uuid4(), member_id=uuid.uuid4(), name="林岚")
STRANGER = Actor(tenant_id=uuid.uuid4(), member_id=uuid.uuid4(), name="林岚")


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[str]:
    if request.param == "folder":
        settings.ZHIYIN_HOME = tmp_path
        settings.ZHIYIN_STORAGE_URL = ""
        yield "folder"
        return
    request.getfixturevalue("bucket")
    settings.ZHIYIN_STORAGE_URL = "s3://zhiyin-files/some/prefix"
    yield "s3"


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    import s3fs

    environment = {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    boto3.client("s3").create_bucket(Bucket="zhiyin-files")


def save(data: bytes, name: str = "orders.csv", actor: Actor = LIN) -> StoredFile:
    with scope(actor.tenant_id):
        return files.save(io.BytesIO(data), name=name, actor=actor, now=timezone.now())


def test_what_goes_in_comes_out(storage: str) -> None:
    data = b"order,amount\n1,2.50\n" * 100_000
    stored = save(data)
    assert stored.size == len(data)
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    assert stored.key.startswith(f"{LIN.tenant_id}/")
    with scope(LIN.tenant_id), files.open(stored.id) as stream:
        assert stream.read() == data
    with files.local_path(stored) as path:
        assert path.read_bytes() == data


def test_another_company_cannot_open_it(storage: str) -> None:
    stored = save(b"secret")
    with pytest.raises(NotFound), scope(STRANGER.tenant_id):
        files.open(stored.id)


def test_a_file_too_large_leaves_nothing(storage: str, settings: Any, tmp_path: Path) -> None:
    settings.ZHIYIN_UPLOAD_LIMIT_MB = 1
    with pytest.raises(files.TooLarge):
        save(b"x" * (1024 * 1024 + 1))
    with scope(LIN.tenant_id):
        assert not StoredFile.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert save(b"x" * 1024 * 1024).size == 1024 * 1024


def test_a_stream_that_breaks_leaves_nothing(storage: str, tmp_path: Path) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            if self.tell_count:
                raise ConnectionError
            self.tell_count += 1
            return b"x"

        tell_count = 0

    with pytest.raises(ConnectionError), transaction.atomic(), scope(LIN.tenant_id):
        files.save(Broken(), name="a", actor=LIN, now=timezone.now())  # type: ignore[arg-type]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_deleted_bytes_go_with_the_commit(storage: str, django_capture_on_commit_callbacks: Any) -> None:
    stored = save(b"x")
    key = stored.key
    with django_capture_on_commit_callbacks(execute=True), scope(LIN.tenant_id):
        files.delete(stored)
    stored.key = key
    with pytest.raises(NotFound):
        files.open_stored(stored).close()


def test_bytes_without_a_row_are_removed_a_day_later(storage: str) -> None:
    kept, lost = save(b"kept"), save(b"lost")
    with scope(LIN.tenant_id):
        StoredFile.objects.filter(pk=lost.pk).delete()
    assert files.remove_orphans(timezone.now()) == 0
    assert files.remove_orphans(timezone.now() + datetime.timedelta(days=2)) >= 1
    with files.open_stored(kept) as stream:
        assert stream.read() == b"kept"
    with pytest.raises(NotFound):
        files.open_stored(lost).close()


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/etc/passwd", "passwd"),
        ("..", "file"),
        ("", "file"),
        ("a\x00b\r\nSet-Cookie: x=1.csv", "a_b__Set-Cookie_ x=1.csv"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ('quote".csv', "quote_.csv"),
        ("订单 2026.xlsx", "订单 2026.xlsx"),
    ],
)
def test_hostile_names_are_made_harmless(hostile: str, safe: str) -> None:
    assert files.safe_name(hostile) == safe


@given(st.text(max_size=400))
def test_no_name_breaks_out_of_a_header_or_a_folder(name: str) -> None:
    safe = files.safe_name(name)
    assert 1 <= len(safe) <= 200
    assert not set(safe) & set('/\\"\r\n\0')
    assert safe not in (".", "..")


def test_a_download_is_saved_and_never_run(storage: str) -> None:
    with scope(LIN.tenant_id):
        page = files.save(
            io.BytesIO(b"<script>"), name="逃 .html", actor=LIN, now=timezone.now(), content_type="text/html"
        )
        answer = files.download(page)
    assert b"".join(answer.streaming_content) == b"<script>"  # type: ignore[arg-type]
    answer.close()
    assert answer["Content-Type"] == "application/octet-stream"
    assert (
        answer["Content-Disposition"]
        == "attachment; filename=\"_ .html\"; filename*=UTF-8''%E9%80%83%20.html"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Length"] == "8"
