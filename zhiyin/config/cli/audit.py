import dataclasses
from pathlib import Path
from typing import Any

import click

from zhiyin.config.cli.common import (
    FAILED,
    Command,
    Group,
    answer,
    find_tenant,
    json_option,
    open_database,
    operator,
    tenant_option,
)


@click.group(cls=Group, example="zhiyin audit verify audit.jsonl")
def audit() -> None:
    """The log of who did what, which cannot be changed unseen."""


@audit.command(cls=Command, example="zhiyin audit export audit.jsonl --tenant acme")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@tenant_option
@json_option
def export(*, file: Path, tenant_code: str, as_json: bool) -> None:
    """Write a company's audit log to FILE, to be kept elsewhere and verified there."""
    open_database()
    from zhiyin.platform.audit import log

    company = find_tenant(tenant_code)
    draft = file.with_name(file.name + ".partial")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as target:
            head = log.export(company.id, target)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    text = f"{file}: {head['size']} entries. Root {head['root']}"
    answer(head, as_json=as_json, text=text)


@audit.command(cls=Command, example="zhiyin audit checkpoint checkpoint.txt --tenant acme")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@tenant_option
@json_option
def checkpoint(*, file: Path, tenant_code: str, as_json: bool) -> None:
    """Sign a company's audit log as it is now, and write the checkpoint to FILE, to be handed out."""
    open_database()
    from django.utils import timezone

    from zhiyin.platform.actions import make_checkpoint
    from zhiyin.platform.tenancy import scope

    company = find_tenant(tenant_code)
    with scope(company.id):
        made = make_checkpoint(actor=operator(company.id), now=timezone.now())
    file.write_text(made.note, encoding="utf-8")
    text = f"{file}: a checkpoint over {made.size} entries. Hand it to somebody outside."
    answer({"size": made.size, "checkpoint": made.note}, as_json=as_json, text=text)


@audit.command(cls=Command, example="zhiyin audit key --tenant acme")
@tenant_option
@json_option
def key(*, tenant_code: str, as_json: bool) -> None:
    """Print the key with which a company's checkpoints are verified."""
    open_database()
    from zhiyin.platform.audit import signing
    from zhiyin.platform.audit.verify import origin_of

    public = signing.verifier_key(origin_of(str(find_tenant(tenant_code).id)))
    answer({"key": public}, as_json=as_json, text=public)


@audit.command(
    cls=Command, example="zhiyin audit verify audit.jsonl --checkpoint checkpoint.txt --key zhiyin/audit/…"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--root", "roots", multiple=True, help="A root noted earlier, which the log must have had.")
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint kept from earlier, which the log must still agree with.",
)
@click.option("--key", "public", default="", help="The verifier key that checkpoints must be signed with.")
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    file: Path,
    roots: tuple[str, ...],
    checkpoints: tuple[Path, ...],
    public: str,
    as_json: bool,
) -> None:
    """Check an exported audit log or a proof, without a database: is an entry altered, removed, added or moved?

    Ends with status 1 if anything is wrong.
    """
    from zhiyin.platform.audit import verify as script

    notes = [each.read_text("utf-8", "replace") for each in checkpoints]
    with file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        report = script.verify(lines, noted_roots=roots, checkpoints=notes, key=public)
    answer(_as_data(report), as_json=as_json, text=script.told(report))
    if not report.ok:
        ctx.exit(FAILED)


def _as_data(report: Any) -> dict[str, Any]:
    problems = [dataclasses.asdict(each) | {"text": each.text} for each in report.problems]
    found = {"ok": report.ok, "first_bad": report.first_bad}
    return found | dataclasses.asdict(report) | {"problems": problems}
