import dataclasses
from pathlib import Path

import click

from zhiyin.config.cli.common import (
    FAILED,
    Command,
    Group,
    answer,
    find_tenant,
    json_option,
    open_database,
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
    text = f"{file}: {head['size']} entries. Note the root elsewhere:\n{head['root']}"
    answer(head, as_json=as_json, text=text)


@audit.command(
    cls=Command, example="zhiyin audit verify audit.jsonl --root 5feceb66ffc86f38d952786c6d696c79…"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--root", "roots", multiple=True, help="A root noted earlier, which the log must have had.")
@json_option
@click.pass_context
def verify(ctx: click.Context, *, file: Path, roots: tuple[str, ...], as_json: bool) -> None:
    """Check an exported audit log, without a database: is an entry altered, removed, added or moved?

    Ends with status 1 if anything is wrong.
    """
    from zhiyin.platform.audit.verify import verify as check

    with file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        report = check(lines, noted_roots=roots)
    found = [f"line {problem.line}: {problem.text}" for problem in report.problems]
    text = (
        "\n".join(found)
        or f"{report.size} entries, none altered, removed, added or moved. Root {report.root}"
    )
    answer({"ok": report.ok, **dataclasses.asdict(report)}, as_json=as_json, text=text)
    if not report.ok:
        ctx.exit(FAILED)
