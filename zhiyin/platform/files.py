"""Files kept outside the database: a local folder, or object storage, through fsspec.

Every tenant has a folder of its own; a file's place is its key, never the name a person gave it.
"""

import contextlib
import datetime
import hashlib
import os
import re
import shutil
import tempfile
import unicodedata
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.http import FileResponse
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.keys import uuid7
from zhiyin.platform.models import StoredFile
from zhiyin.platform.tenancy import scope

CHUNK = 1024 * 1024
ORPHANS_KEPT = datetime.timedelta(days=1)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]')
# Only these are shown inside the browser; all else is downloaded.
INLINE = {"image/png", "image/jpeg", "image/gif", "image/webp"}


class TooLarge(Invalid):
    status = 413
    message = _("The file is larger than allowed.")


def save(
    stream: IO[bytes],
    *,
    name: str,
    actor: Actor,
    now: datetime.datetime,
    content_type: str = "application/octet-stream",
) -> StoredFile:
    """Keep a stream's bytes. Raises ``TooLarge``; nothing stays then.

    When the transaction fails later the bytes stay without a row until ``remove_orphans`` finds them.
    """
    file_id = uuid7()
    key = f"{actor.tenant_id}/{now:%Y%m}/{file_id}"
    try:
        size, digest = _copy(stream, key)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            _storage().rm(_place(key))
        raise
    return StoredFile.objects.create(
        id=file_id,
        name=safe_name(name),
        key=key,
        size=size,
        sha256=digest,
        content_type=content_type[:100],
        created_by=actor.member_id,
        created_at=now,
    )


def open(file_id: uuid.UUID) -> BinaryIO:
    """The bytes of a stored file of the current tenant, for reading. Raises ``NotFound``."""
    return open_stored(get(file_id))


def get(file_id: uuid.UUID) -> StoredFile:
    """A stored file of the current tenant. Raises ``NotFound``."""
    stored = StoredFile.objects.filter(pk=file_id).first()
    if stored is None:
        raise NotFound
    return stored


def open_stored(stored: StoredFile) -> BinaryIO:
    try:
        return cast(BinaryIO, _storage().open(_place(stored.key), "rb"))
    except FileNotFoundError as error:
        raise NotFound(_("The file is no longer in the storage.")) from error


@contextlib.contextmanager
def local_path(stored: StoredFile) -> Iterator[Path]:
    """The file as a path on this machine; fetched first when it is kept elsewhere."""
    if not settings.ZHIYIN_STORAGE_URL:
        path = Path(_place(stored.key))
        if not path.exists():
            raise NotFound(_("The file is no longer in the storage."))
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=Path(stored.name).suffix) as copy, open_stored(stored) as source:
        shutil.copyfileobj(source, copy, CHUNK)
        copy.flush()
        yield Path(copy.name)


def delete(stored: StoredFile) -> None:
    """Forget a file; its bytes go once the transaction commits."""
    place = _place(stored.key)
    stored.delete()
    transaction.on_commit(lambda: _remove(place))


def expire(stored: StoredFile, *, now: datetime.datetime) -> None:
    """Keep of a file only that there was one; its bytes go once the transaction commits."""
    place = _place(stored.key)
    stored.expired_at = now
    stored.save(update_fields=["expired_at"])
    transaction.on_commit(lambda: _remove(place))


def forget(stored: StoredFile) -> None:
    """Remove the bytes now, for a file whose row will not be committed."""
    _remove(_place(stored.key))


def download(stored: StoredFile) -> FileResponse:
    """The file as an answer that a browser saves and never runs."""
    response = FileResponse(open_stored(stored), content_type="application/octet-stream")
    inline = stored.content_type in INLINE
    if inline:
        response["Content-Type"] = stored.content_type
    ascii_name = re.sub(r"[^A-Za-z0-9._ -]", "_", stored.name)
    kind = "inline" if inline else "attachment"
    response["Content-Disposition"] = (
        f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(stored.name)}"
    )
    response["Content-Length"] = str(stored.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def safe_name(name: str) -> str:
    """A name fit to show and to save under: no folders, no control or direction characters."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    text = _FORBIDDEN.sub("_", text).strip(". ")
    stem, dot, suffix = text.rpartition(".")
    if dot and len(suffix) <= 20:
        text = f"{stem[: 199 - len(suffix)]}.{suffix}"
    return text[:200] or "file"


def remove_orphans(now: datetime.datetime) -> int:
    """Remove bytes that no row knows a day after they were written, and say how many files that were."""
    storage, root = _storage(), _place("")
    orphans = [
        place
        for place, info in storage.find(root, detail=True).items()
        if now - _written(info) > ORPHANS_KEPT and _is_orphan(place.removeprefix(root).lstrip("/"))
    ]
    for place in orphans:
        _remove(place)
    return len(orphans)


def _written(info: dict[str, Any]) -> datetime.datetime:
    written = info.get("LastModified") or info["mtime"]
    if isinstance(written, datetime.datetime):
        return written
    return datetime.datetime.fromtimestamp(written, tz=datetime.UTC)


def _is_orphan(key: str) -> bool:
    tenant, _slash, rest = key.partition("/")
    try:
        tenant_id, file_id = uuid.UUID(tenant), uuid.UUID(rest.rpartition("/")[2])
    except ValueError:
        return False
    with scope(tenant_id):
        return not StoredFile.objects.filter(pk=file_id).exists()


def _copy(stream: IO[bytes], key: str) -> tuple[int, str]:
    limit = settings.ZHIYIN_UPLOAD_LIMIT_MB * CHUNK
    size, digest = 0, hashlib.sha256()
    place = _place(key)
    storage = _storage()
    if not settings.ZHIYIN_STORAGE_URL:
        Path(place).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with storage.open(place, "wb") as target:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(_("The file is larger than %(limit)s MB.") % {"limit": limit // CHUNK})
            digest.update(chunk)
            target.write(chunk)
        if not settings.ZHIYIN_STORAGE_URL:
            target.flush()
            os.fsync(target.fileno())
    return size, digest.hexdigest()


def _storage() -> Any:
    import fsspec

    url = settings.ZHIYIN_STORAGE_URL
    return fsspec.core.url_to_fs(url)[0] if url else fsspec.filesystem("file")


def _place(key: str) -> str:
    url = settings.ZHIYIN_STORAGE_URL
    if url:
        import fsspec

        return f"{fsspec.core.url_to_fs(url)[1].rstrip('/')}/{key}"
    return str(Path(settings.ZHIYIN_HOME) / "files" / key)


def _remove(place: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        _storage().rm(place)
