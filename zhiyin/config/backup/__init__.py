"""A whole zhiyin in one file: the database, the files, the keys that sign and encrypt.

A tar archive: ``database.dump`` (pg_dump's custom format), ``files/…``, ``secret_key``, ``audit_key`` and,
last, ``manifest.json`` with the SHA-256 of every member and the number of rows of every table.
"""

from zhiyin.config.backup.manifest import BackupError, Manifest
from zhiyin.config.backup.read import restore
from zhiyin.config.backup.write import backup

__all__ = ["BackupError", "Manifest", "backup", "restore"]
