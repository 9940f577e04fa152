import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from zhiyin.config.cli.common import (
    Command,
    Failed,
    Group,
    answer,
    find_tenant,
    json_option,
    open_database,
    operator,
)


@click.group(cls=Group, example="zhiyin keys rotate")
def keys() -> None:
    """Keys of sensitive values."""


@keys.command(cls=Command, example="zhiyin keys index")
@json_option
def index(*, as_json: bool) -> None:
    """Make again what sensitive values are found by, as after a restore."""
    open_database()
    from zhiyin.config.maintenance import index_sensitive

    with refusals():
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


@keys.command(cls=Command, example="zhiyin keys status")
@json_option
def status(*, as_json: bool) -> None:
    """Tell which keys there are and what is under them; no key itself."""
    open_database()
    from zhiyin.config.maintenance import standing
    from zhiyin.platform.crypto.master import master_keys

    current, companies = master_keys().current(), standing()
    lines = [f"master key {current or 'none yet'}"]
    for each in companies:
        versions = ", ".join(f"{name} {max(numbers)}" for name, numbers in each.versions.items())
        older = f", {each.under_older:,} under an older key" if each.under_older else ""
        masters = "" if each.masters in ([], [current]) else f"; under master key {', '.join(each.masters)}"
        lines.append(
            f"{each.tenant}: {versions or 'no keys yet'}; {each.subjects:,} customers{older}, {each.erased:,} erased{masters}"
        )
    data = {"master": current, "companies": [dataclasses.asdict(each) for each in companies]}
    answer(data, as_json=as_json, text="\n".join(lines))


@keys.command(cls=Command, example="zhiyin keys rotate --tenant acme")
@click.option("--tenant", "tenant_code", help="Only this company's own keys, and its customers' under them.")
@click.option(
    "--values",
    is_flag=True,
    help="With --tenant: new keys of its customers too, and all their values encrypted anew under them."
    " Sensitive values in older backups cannot be read any more: make one right after.",
)
@json_option
def rotate(*, tenant_code: str | None, values: bool, as_json: bool) -> None:
    """Make a new master key and wrap every company's keys anew; or, with --tenant, new keys of one company.

    Unless --values is said no value is touched. All stays readable meanwhile, and it may be stopped at any moment and
    begun again.
    """
    if values and not tenant_code:
        raise Failed("Name the company whose values are to be encrypted anew: --tenant.")
    open_database()
    from django.utils import timezone

    from zhiyin.config import maintenance

    with refusals():
        if tenant_code:
            tenant = find_tenant(tenant_code)
            done = maintenance.rotate_company(
                tenant,
                actor=operator(tenant.pk),
                now=timezone.now(),
                values=values,
                report=lambda _done: None,
            )
            data: dict[str, Any] = {"tenant": tenant_code, "rewrapped": done, "values": values}
            text = f"{done:,} customers' keys wrapped anew"
            if values:
                text += "; all values are encrypted under new ones. Make a backup now."
        else:
            version, done = maintenance.rotate_master()
            data = {"master": version, "rewrapped": done}
            text = f"master key {version}: {done:,} keys wrapped anew. Copy it to a safe place."
    answer(data, as_json=as_json, text=text)


@keys.command(cls=Command, example="zhiyin keys forget")
@json_option
def forget(*, as_json: bool) -> None:
    """Destroy former master keys that wrap nothing any more, here or in the keys file.

    Backups stay readable: with the keys file of today, not with one of before.
    """
    open_database()
    from zhiyin.config.maintenance import forget_masters

    with refusals():
        gone = forget_masters()
    answer({"forgotten": gone}, as_json=as_json, text=f"Forgotten: {', '.join(gone) or 'none'}")


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """What is wrong with keys, as a sentence."""
    from zhiyin.config.backup import BackupError
    from zhiyin.platform.crypto import CryptoError

    try:
        yield
    except (CryptoError, BackupError) as error:
        raise Failed(str(error)) from error
