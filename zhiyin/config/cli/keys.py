from pathlib import Path

import click

from zhiyin.config.cli.common import Command, Group, answer, json_option, open_database


@click.group(cls=Group, example="zhiyin keys rotate")
def keys() -> None:
    """Keys of sensitive values."""


@keys.command(cls=Command, example="zhiyin keys index")
@json_option
def index(*, as_json: bool) -> None:
    """Make again what sensitive values are found by, as after a restore."""
    open_database()
    from zhiyin.config.maintenance import index_sensitive

    done = index_sensitive()
    answer({"indexed": done}, as_json=as_json, text=f"{done:,} values")


@keys.command(cls=Command, example="zhiyin keys backup /mnt/safe/zhiyin.keys")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@json_option
def backup(*, file: Path | None, as_json: bool) -> None:
    """Bring the keys file up to date, without a backup of the rest; FILE is the one of the last time, unless told."""
    open_database()
    from zhiyin.config.backup import BackupError
    from zhiyin.config.backup.database import Owner
    from zhiyin.config.backup.keys import save_keys
    from zhiyin.config.cli.backup import owner_url
    from zhiyin.config.cli.common import Failed
    from zhiyin.config.environment import environment
    from zhiyin.platform.crypto import kept

    env = environment()
    path = file or env.keys_file or kept.remembered(env.home)
    if path is None:
        raise Failed("Name the file: there was no backup yet.")
    try:
        count = save_keys(Owner(owner_url()), path.absolute(), env.home)
    except BackupError as error:
        raise Failed(str(error)) from error
    answer({"file": str(path), "keys": count}, as_json=as_json, text=f"{path}: {count:,} keys")
