import hashlib
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from zhiyin.config.backup.database import Owner
from zhiyin.config.backup.keys import VALUES, present, read_keys, script, suppress
from zhiyin.config.backup.manifest import DUMP, FILES, KEYS, BackupError, Manifest, chunks, read_manifest
from zhiyin.platform.crypto.kept import Keys

_TENANTS = "SELECT EXISTS (SELECT FROM accounts_tenant)"
_LEAVING = 5  # seconds
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL
"""


def restore(
    source: Path,
    *,
    owner_url: str,
    home: Path,
    known_migrations: set[str],
    migrate: Callable[[], object],
    keys: Path | None = None,
    without_keys: bool = False,
    force: bool = False,
) -> Manifest:
    """Put a backup into an empty database and data folder; with `force` what is there is replaced.

    Keys come from the file ``keys`` and from what the database has now; one that was destroyed in either stays so.
    Nothing is changed unless the whole backup is sound; the database changes in one transaction.
    Raises ``BackupError``.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".zhiyin-restore-", dir=home) as folder:
            with tarfile.open(source, "r:") as archive:
                manifest = read_manifest(archive)
                _require_known(manifest, known_migrations)
                owner = Owner(owner_url)
                _require_room(owner, home, force=force)
                _unpack(archive, manifest, Path(folder))
            found = _keys(owner, keys, manifest, without=without_keys)
            # of an earlier version, which had no tables for keys
            owner.load(Path(folder) / DUMP, manifest, script(found) if VALUES in manifest.rows else iter(()))
            _place(Path(folder), home)
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{source} cannot be restored: {error}") from error
    migrate()
    suppress(owner, found)
    return manifest


def _keys(owner: Owner, file: Path | None, manifest: Manifest, *, without: bool) -> Keys:
    """The newest word on every key, from before the database is replaced."""
    there = file is not None and file.exists()
    with owner.connect() as connection:
        found = present(connection)
    # the file's keys are those that the backup was written under; what the database has may have begun without them
    found.add(read_keys(file) if file and there else Keys())
    if manifest.rows.get(VALUES) and not there and not without:
        raise BackupError(
            f"The keys file {file} is not there: name it with --keys, or leave sensitive values unreadable with --without-keys."
        )
    return found


def _require_known(manifest: Manifest, known: set[str]) -> None:
    unknown = [name for name in manifest.migrations if name not in known]
    if unknown:
        raise BackupError(
            f"The backup is of zhiyin {manifest.zhiyin} and knows more ({unknown[0]}): use that version."
        )


def _require_room(owner: Owner, home: Path, *, force: bool) -> None:
    if not _is_left(owner):
        raise BackupError("The database is in use: stop zhiyin first.")
    with owner.connect() as connection:
        exists = connection.execute("SELECT to_regclass('public.accounts_tenant') IS NOT NULL").fetchone()
        filled = bool(exists and exists[0] and (connection.execute(_TENANTS).fetchone() or [False])[0])
    files = home / "files"
    filled = filled or (files.is_dir() and any(path.is_file() for path in files.rglob("*")))
    if filled and not force:
        raise BackupError("There is a company in this database already; --force replaces everything.")


def _is_left(owner: Owner) -> bool:
    """Whether nobody else is connected; a zhiyin that was just stopped takes a moment to leave."""
    deadline = time.monotonic() + _LEAVING
    while True:
        with owner.connect() as connection:
            (others,) = connection.execute(_OTHERS).fetchone() or (0,)
        if not others or time.monotonic() > deadline:
            return not others
        time.sleep(0.1)


def _unpack(archive: tarfile.TarFile, manifest: Manifest, folder: Path) -> None:
    """Write every member out and compare it with the manifest."""
    for name, expected in manifest.sha256.items():
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise BackupError(f"The backup holds a file that would leave its folder: {name}")
        try:
            member = archive.extractfile(name)
        except KeyError:
            member = None
        if member is None:
            raise BackupError(f"The backup is damaged: {name} is missing.")
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = hashlib.sha256()
        target.touch(mode=0o600)
        with target.open("wb") as stream:
            for chunk in chunks(member):
                digest.update(chunk)
                stream.write(chunk)
        if digest.hexdigest() != expected:
            raise BackupError(f"The backup is damaged: {name} is not what was written.")
    if DUMP not in manifest.sha256:
        raise BackupError("The backup is damaged: it holds no database.")


def _place(folder: Path, home: Path) -> None:
    """Move files and keys to where they belong; the former ones go."""
    files, former = home / "files", folder / "former"
    if files.exists():
        files.rename(former)
    if (folder / FILES).is_dir():
        (folder / FILES).rename(files)
    for key in KEYS:
        if (folder / key).exists():
            shutil.copy2(folder / key, home / key)
            (home / key).chmod(0o600)
