"""The keys' part of a backup: beside the archive, one file for all backups, always the newest."""

from collections.abc import Iterator
from pathlib import Path

from zhiyin.config.backup.database import Connection, Owner
from zhiyin.config.backup.manifest import BackupError
from zhiyin.platform.crypto import kept
from zhiyin.platform.crypto.kept import (
    SUBJECT_COLUMNS,
    SUPPRESSION_COLUMNS,
    TENANT_COLUMNS,
    Keys,
    KeysFileError,
)

# their rows are in no dump: keys, and what could be tried out by whoever has the keys
LEFT_OUT = ("platform_tenantkey", "platform_subjectkey", "platform_suppression", "customers_sensitiveindex")
VALUES = "customers_sensitivevalue"
_DESTROYED = "SELECT subject_id FROM platform_subjectkey WHERE wrapped IS NULL"
_JUST_DESTROYED = f"{_DESTROYED} AND destroyed_at > now() - interval '1 day'"
_KEYS = (
    (b"T", "platform_tenantkey", TENANT_COLUMNS),
    (b"S", "platform_subjectkey", SUBJECT_COLUMNS),
)
_KINDS = (*_KEYS, (b"X", "platform_suppression", SUPPRESSION_COLUMNS))
_THERE = "SELECT to_regclass('public.' || %s) IS NOT NULL"
_SUPPRESS = f"""
INSERT INTO platform_suppression ({SUPPRESSION_COLUMNS}) VALUES (%s, %s, decode(%s, 'hex'), %s, %s)
ON CONFLICT DO NOTHING
"""  # noqa: S608 - our own columns


def save_keys(owner: Owner, path: Path, home: Path) -> int:
    """Bring the keys file up to date; gives the number of keys.

    Raises ``BackupError`` where keys would be lost: the file is another zhiyin's, or this one was restored without it.
    """
    try:
        with owner.connect() as connection:
            _require_known(path, connection)
            count = kept.write(path, _rows(connection))
        kept.remember(home, path)
        # what was destroyed while they were being read
        with owner.connect() as connection:
            kept.blot_out(path, [subject for (subject,) in connection.execute(_JUST_DESTROYED)])
    except (KeysFileError, OSError) as error:
        raise BackupError(f"The keys file {path} was not written: {error}") from error
    return count


def _require_known(path: Path, connection: Connection) -> None:
    former = kept.read(path).living() if path.exists() else set()
    known = {row[:36] for kind, row in _rows(connection) if kind == b"S"} if former else set()
    if lost := len(former - known):
        raise BackupError(
            f"{path} holds the keys of {lost} customers that this zhiyin does not know: it belongs to another, "
            "or this one was restored without its keys. Name another file with --keys."
        )


def unblotted(owner: Owner, path: Path) -> int:
    """How many destroyed keys still stand in the keys file. Raises ``KeysFileError``."""
    living = kept.read(path).living()
    with owner.connect() as connection:
        return sum(str(subject).encode() in living for (subject,) in connection.execute(_DESTROYED))


def _rows(connection: Connection) -> Iterator[tuple[bytes, bytes]]:
    for kind, table, columns in _KINDS:
        if connection.execute(_THERE, [table]).fetchone() != (True,):
            continue  # an earlier version's
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) TO STDOUT".encode()) as copy,
        ):
            pending = b""
            for block in copy:
                *rows, pending = (pending + bytes(block)).split(b"\n")
                yield from ((kind, row.replace(rb"\\x", rb"\x")) for row in rows)


def present(connection: Connection) -> Keys:
    """The keys that are in the database now; none where it has no such tables."""
    keys = Keys()
    for kind, row in _rows(connection):
        keys.take(kind, row)
    return keys


def read_keys(path: Path) -> Keys:
    """What the keys file holds. Raises ``BackupError``."""
    try:
        return kept.read(path)
    except KeysFileError as error:
        raise BackupError(str(error)) from error


def script(keys: Keys) -> Iterator[bytes]:
    """SQL that puts them into empty tables; by way of others, as COPY refuses tables under row-level security."""
    yield b"SET row_security = on;\n"
    for kind, table, columns in _KEYS:
        yield f"CREATE TEMPORARY TABLE kept_{table} (LIKE public.{table}) ON COMMIT DROP;\n".encode()
        yield f"COPY pg_temp.kept_{table} ({columns}) FROM stdin;\n".encode()
        yield from (row.replace(rb"\x", rb"\\x") + b"\n" for each, row in kept.rows_of(keys) if each == kind)
        yield b"\\.\n"
        move = f"INSERT INTO public.{table} ({columns}) SELECT {columns} FROM pg_temp.kept_{table};\n"  # noqa: S608
        yield move.encode()


def suppress(owner: Owner, keys: Keys) -> None:
    """Know again by what erased persons are known; into tables that are up to date."""
    rows = [row.decode().split("\t") for row in keys.suppressions.values()]
    with owner.connect() as connection, connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL zhiyin.maintenance = 'on'")
        cursor.executemany(
            _SUPPRESS, [(key, tenant, hashed[2:], *rest) for key, tenant, hashed, *rest in rows]
        )
