import datetime
import io
import os
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import IO, cast

from zhiyin.config.backup.database import Connection, Owner
from zhiyin.config.backup.keys import LEFT_OUT, save_keys
from zhiyin.config.backup.manifest import (
    DUMP,
    FILES,
    FORMAT,
    KEYS,
    MANIFEST,
    BackupError,
    HashingReader,
    Manifest,
)


def backup(
    target: Path, *, owner_url: str, home: Path, keys: Path, files_elsewhere: str, now: datetime.datetime
) -> Manifest:
    """Write a backup to `target`, which appears only when it is complete, and the keys to the file ``keys``.

    Files are written once and never changed, so those that belong to the database's snapshot are there when
    it is over. Files in object storage (`files_elsewhere`) are not copied. Raises ``BackupError``.
    """
    owner = Owner(owner_url)
    draft = target.with_name(target.name + ".partial")
    try:
        with tempfile.TemporaryDirectory(prefix=".zhiyin-backup-", dir=target.parent) as folder:
            dump = Path(folder) / DUMP
            with owner.snapshot() as (connection, snapshot):
                owner.dump(dump, snapshot, without=LEFT_OUT)
                manifest = Manifest(
                    format=FORMAT,
                    zhiyin=version("zhiyin"),
                    created_at=now.isoformat(),
                    postgres=owner.major,
                    owner=owner.role,
                    migrations=_migrations(connection),
                    rows=owner.row_counts(connection, without=LEFT_OUT),
                    sha256={},
                    files_elsewhere=files_elsewhere,
                )
            _write(draft, dump, home, manifest)
        # behind the snapshot: a key that was destroyed since is not written again
        save_keys(owner, keys, home)
        draft.replace(target)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _write(target: Path, dump: Path, home: Path, manifest: Manifest) -> None:
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)  # it holds everything that is to be protected
    with (
        target.open("wb") as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, path in _members(dump, home, with_files=not manifest.files_elsewhere):
            manifest.sha256[name] = _add(archive, name, path)
        content = manifest.model_dump_json(indent=2).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
        archive.close()
        stream.flush()
        os.fsync(stream.fileno())


def _members(dump: Path, home: Path, *, with_files: bool) -> list[tuple[str, Path]]:
    members = [(DUMP, dump)]
    members += [(key, home / key) for key in KEYS if (home / key).exists()]
    files = home / "files"
    if with_files and files.is_dir():
        found = sorted(path for path in files.rglob("*") if path.is_file())
        members += [(FILES + path.relative_to(files).as_posix(), path) for path in found]
    return members


def _add(archive: tarfile.TarFile, name: str, path: Path) -> str:
    with path.open("rb") as stream:
        entry = archive.gettarinfo(arcname=name, fileobj=stream)
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mode = 0o600
        reader = HashingReader(stream)
        archive.addfile(entry, cast(IO[bytes], reader))
        return reader.hexdigest()


def _migrations(connection: Connection) -> list[str]:
    rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
    return [str(name) for (name,) in rows]
