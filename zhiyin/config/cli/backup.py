from pathlib import Path

import click

from zhiyin.config.cli.common import Command, Failed, Unfit, answer, json_option, open_database

_keys_option = click.option(
    "--keys",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The keys file, instead of ZHIYIN_KEYS_FILE or zhiyin.keys beside FILE.",
)


@click.command(cls=Command, example="zhiyin backup /var/backups/zhiyin.tar")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@_keys_option
@json_option
def backup(*, file: Path, force: bool, keys: Path | None, as_json: bool) -> None:
    """Write the database, the files and the secret key to FILE, while zhiyin runs.

    Keys of sensitive values go to the keys file, which is overwritten each time: keep no older ones, or what was
    erased comes back with them. The master key is in neither: keep a copy of it in a safe place.

    FILE holds everything, so keep it as safe as zhiyin itself. Files in object storage (ZHIYIN_STORAGE_URL)
    are not copied.
    """
    if file.exists() and not force:
        raise Failed(f"{file} exists; --force replaces it.")
    open_database()
    from django.utils import timezone

    from zhiyin.config.backup import BackupError
    from zhiyin.config.backup import backup as write
    from zhiyin.config.environment import environment

    env = environment()
    try:
        manifest = write(
            file.absolute(),
            owner_url=owner_url(),
            home=env.home,
            keys=_keys_file(file, keys),
            files_elsewhere=env.storage_url,
            now=timezone.now(),
        )
    except BackupError as error:
        raise Failed(str(error)) from error
    rows, files = sum(manifest.rows.values()), sum(name.startswith("files/") for name in manifest.sha256)
    size = file.stat().st_size
    answer(
        {
            "file": str(file),
            "keys": str(_keys_file(file, keys)),
            "bytes": size,
            "rows": manifest.rows,
            "files": files,
        },
        as_json=as_json,
        text=f"{file}: {rows:,} rows, {files:,} files, {size / 1e6:,.1f} MB; keys in {_keys_file(file, keys)}",
    )


@click.command(cls=Command, example="zhiyin restore /var/backups/zhiyin.tar")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the companies that are there.")
@_keys_option
@click.option("--without-keys", is_flag=True, help="Restore although sensitive values cannot be read then.")
@json_option
def restore(*, file: Path, force: bool, keys: Path | None, without_keys: bool, as_json: bool) -> None:
    """Put a backup into an empty zhiyin, then bring it up to date.

    Stop zhiyin first. Without --force nothing is done where a company exists. The database is replaced as a
    whole or not at all, and only if every checksum of the backup is right. Customers who were purged since the
    backup are purged again.
    """
    open_database(schema=False)
    from django.db import connections
    from django.db.migrations.loader import MigrationLoader

    from zhiyin.config import startup
    from zhiyin.config.backup import BackupError
    from zhiyin.config.backup import restore as read
    from zhiyin.config.environment import environment

    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in {*loader.disk_migrations, *loader.replacements}}
    connections.close_all()
    try:
        manifest = read(
            file,
            owner_url=owner_url(),
            home=environment().home,
            known_migrations=known,
            migrate=startup.migrate,
            keys=_keys_file(file, keys),
            without_keys=without_keys,
            force=force,
        )
    except BackupError as error:
        raise Failed(str(error)) from error
    purged = _purge_again()
    unread = _index_again()
    rows = sum(manifest.rows.values())
    elsewhere = f" Its files are in {manifest.files_elsewhere}." if manifest.files_elsewhere else ""
    again = f"\nPurged since that backup, and purged again: {purged:,} customers." if purged else ""
    answer(
        {
            "created_at": manifest.created_at,
            "zhiyin": manifest.zhiyin,
            "rows": manifest.rows,
            "purged_again": purged,
        },
        as_json=as_json,
        text=f"Restored {rows:,} rows of {manifest.created_at}.{elsewhere}{again}{unread}",
    )


def _purge_again() -> int:
    from django.utils import timezone

    from zhiyin.config.maintenance import purge_again

    return purge_again(timezone.now())


def _index_again() -> str:
    """Sensitive values are found again; what to do where the master key is not here."""
    from zhiyin.config.maintenance import index_sensitive
    from zhiyin.platform.crypto import CryptoError

    try:
        index_sensitive()
    except CryptoError as error:
        return f"\n{error} Then run `zhiyin keys index`."
    return ""


def _keys_file(file: Path, keys: Path | None) -> Path:
    from zhiyin.config.environment import environment
    from zhiyin.platform.crypto.kept import NAME

    return (keys or environment().keys_file or file.absolute().with_name(NAME)).absolute()


def owner_url() -> str:
    from zhiyin.config.environment import environment

    url = environment().owner_database_url
    if not url:
        raise Unfit("Set ZHIYIN_OWNER_DATABASE_URL to the role that owns the tables.")
    return url
