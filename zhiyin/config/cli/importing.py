import shutil
import uuid
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import click

from zhiyin.config.cli.common import (
    Command,
    Failed,
    answer,
    find_tenant,
    json_option,
    open_database,
    operator,
    tenant_option,
)

if TYPE_CHECKING:
    from zhiyin.imports.models import Import
    from zhiyin.platform.actors import Actor

Pairs = dict[str, str]
_SAID = (
    "columns",
    "dates",
    "delimiter",
    "encoding",
    "sheet",
    "no_header",
    "source",
    "profile",
    "known",
    "alike",
    "by",
)
_AS_IT_IS: dict[str, Any] = dict.fromkeys((*_SAID, "new_fields"), ())


def _pairs(_ctx: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> Pairs:
    pairs = [value.partition("=") for value in values]
    if any(not sign for _, sign, _ in pairs):
        raise click.BadParameter("write it as FIELD=VALUE")
    return {field.strip(): value.strip() for field, _, value in pairs}


@click.command(
    "import",
    cls=Command,
    example="zhiyin import sales.csv --kind orders --tenant acme --refused refused.csv\n"
    "zhiyin import --undo 0199d1c8-7e0c-7b52-9a2e-0f3c54d1a6f0 --tenant acme",
)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@tenant_option
@click.option(
    "--kind", default="", help="customers, products, orders, opportunities or another; else it is guessed."
)
@click.option(
    "--column", "columns", multiple=True, callback=_pairs, help="FIELD=COLUMN, where the guess is wrong."
)
@click.option(
    "--date-format",
    "dates",
    multiple=True,
    callback=_pairs,
    help="FIELD=FORMAT, such as ordered_at=%d/%m/%Y.",
)
@click.option("--delimiter", help=r"What separates the columns: up to five characters, \t for a tab.")
@click.option("--encoding", help="How the file is written, such as gb18030.")
@click.option("--sheet", help="Which sheet of a workbook.")
@click.option("--no-header", is_flag=True, help="The first row holds data; columns are then called A, B, C.")
@click.option("--source", help="Whose order numbers these are, where several shops count for themselves.")
@click.option("--profile", help="Read the file as this saved profile says.")
@click.option(
    "--known",
    type=click.Choice(["update", "skip", "ask"]),
    help="Rows whose customer is there, by the code: what to do.",
)
@click.option(
    "--alike",
    type=click.Choice(["create", "update", "skip", "ask"]),
    help="Rows that agree with a customer in what --by names: what to do.",
)
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(["customer_phone", "customer_email", "customer_name"]),
    help="What a row and a customer may agree in; more than once for several.",
)
@click.option(
    "--new-field",
    "new_fields",
    multiple=True,
    help="COLUMN or COLUMN=TYPE: make a field of your own of a column that nothing is known of; * for all of them.",
)
@click.option("--alone", is_flag=True, help="Leave the files beside it alone.")
@click.option("--check", "only_check", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path), help="Write refused rows there.")
@click.option("--undo", type=click.UUID, metavar="ID", help="Take back the import of this id, whole.")
@json_option
def import_file(
    *,
    file: Path | None,
    tenant_code: str,
    kind: str,
    alone: bool,
    only_check: bool,
    refused: Path | None,
    undo: uuid.UUID | None,
    as_json: bool,
    **reading: Any,
) -> None:
    """Import a file of customers, products, orders or opportunities: CSV, XLSX or Parquet, also packed with gzip.

    Columns and dates are recognised. All rows that are well are imported at once, or none; the same file
    twice changes nothing. Refused rows do not make the command fail: look at "refused" in the answer. With --undo instead of a
    file all rows of an earlier import are taken back; its id is in that import's answer. Files beside one of opportunities that list the customers, products or
    colleagues whom its rows name, in a column of the same name, are imported before it, unless --alone.
    """
    if undo and (file or only_check or refused):
        raise click.UsageError("--undo takes an earlier import back: give no file with it.")
    if not file and not undo:
        raise click.UsageError("Name a file, or the import to --undo.")
    open_database()
    actor = operator(find_tenant(tenant_code).id)
    if undo:
        batch, result = _work(actor, undo, "undo", quiet=as_json)
        data = {"id": batch.id, "kind": batch.kind, "state": batch.state, "undone": result["undone"]}
        answer(data, as_json=as_json, text="\n".join(_undone(batch, result["undone"])))
        return
    assert file
    batch_id = _upload(actor, file, kind, reading)
    beside = [] if alone or only_check else _import_beside(actor, file, batch_id, quiet=as_json)
    batch, result = _work(actor, batch_id, "check" if only_check else "apply", quiet=as_json)
    if refused and batch.refused_file:
        _save_refused(actor, batch, refused)
    told = {"messages": _told(result["messages"]), "refusals": _refusals(result)}
    same = {"id": batch.id, "kind": batch.kind, "state": batch.state, "columns": batch.mapping}
    if beside:
        same["beside"] = beside
    answer({**same, **result, **told}, as_json=as_json, text="\n".join(_sentences(batch, result)))


def _import_beside(actor: "Actor", file: Path, batch_id: uuid.UUID, *, quiet: bool) -> list[dict[str, Any]]:
    """Import the lists that lie beside a file; what became of each."""
    from zhiyin.imports import access
    from zhiyin.imports.beside import files_beside
    from zhiyin.platform.tenancy import scope

    with scope(actor.tenant_id):
        lists = files_beside(file, access.get_import(actor, batch_id))
    done = []
    for each in lists:
        reading = _AS_IT_IS | {"columns": {each.field: each.column}}
        batch, result = _work(actor, _upload(actor, each.path, each.kind, reading), "apply", quiet=quiet)
        if not quiet:
            click.echo("\n".join([each.path.name, *_sentences(batch, result)]))
        done.append({"file": each.path.name, "id": batch.id, "kind": batch.kind, "effect": result["effect"]})
    return done


def _new_fields(given: tuple[str, ...], unknown: dict[str, str]) -> dict[str, str]:
    """The type of the field that each of these columns becomes; the likely one where none is said."""
    wanted: dict[str, str] = {}
    for each in given:
        column, _sign, kind = each.partition("=")
        wanted |= unknown if each == "*" else {column: kind or unknown.get(column, "text")}
    return wanted


def _upload(actor: "Actor", file: Path, kind: str, reading: dict[str, Any]) -> uuid.UUID:
    """Keep the file and settle how it is read."""
    from django.utils import timezone

    from zhiyin.imports import actions
    from zhiyin.platform.tenancy import scope

    now = timezone.now()
    options = {name: reading[name] for name in ("delimiter", "encoding", "sheet") if reading[name]}
    if reading["no_header"]:
        options["header"] = False
    with scope(actor.tenant_id), file.open("rb") as stream:
        profile = actions.find_profile(actor, reading["profile"], kind) if reading["profile"] else None
        batch = actions.upload_file(
            actor=actor,
            stream=stream,
            name=file.name,
            kind=kind,
            options=options,
            profile_id=profile.id if profile else None,
            now=now,
        )
        rules = {name: reading[name] for name in ("known", "alike", "by") if reading[name]}
        wanted = _new_fields(reading["new_fields"], batch.recognised.get("unknown", {}))
        if reading["columns"] or reading["dates"] or reading["source"] or rules or wanted:
            actions.choose_columns(
                actor=actor,
                import_id=batch.id,
                mapping=_chosen(batch.mapping, reading["columns"]),
                date_formats={**batch.date_formats, **dict(reading["dates"])},
                source=reading["source"] or None,
                matching={**batch.matching, **rules} if rules else None,
                new_fields=wanted or None,
                now=now,
            )
        return batch.id


def _chosen(guessed: Pairs, said: Pairs) -> Pairs:
    """The columns as guessed, but for what was said of them."""
    return {field: column for field, column in guessed.items() if column not in said.values()} | said


def _work(actor: "Actor", batch_id: uuid.UUID, step: Any, *, quiet: bool) -> tuple["Import", dict[str, Any]]:
    """Run one step in this process. Raises ``Failed`` with the reason; nothing is imported then."""
    from django.utils import timezone

    from zhiyin.imports import access, actions
    from zhiyin.platform import jobs
    from zhiyin.platform.choices import JobState
    from zhiyin.platform.tenancy import scope

    with scope(actor.tenant_id):
        job = actions.start(actor=actor, import_id=batch_id, step=step, now=timezone.now(), foreground=True)
    job = jobs.run_now(job, watcher=None if quiet else _watch)
    with scope(actor.tenant_id):
        batch = access.get_import(actor, batch_id)
    if job.state != JobState.SUCCEEDED:
        raise Failed(str(batch.problem or job.error or "The import was cancelled."))
    return batch, dict(job.result or {})


def _watch(done: int, total: int | None, message: str) -> None:
    share = f"{100 * done // total:3} % " if total else ""
    click.echo(f"  {share}{message}", err=True)


def _save_refused(actor: "Actor", batch: "Import", target: Path) -> None:
    from zhiyin.platform import files
    from zhiyin.platform.tenancy import scope

    assert batch.refused_file
    with scope(actor.tenant_id), files.open_stored(batch.refused_file) as source, target.open("wb") as copy:
        shutil.copyfileobj(cast(IO[bytes], source), copy)


def _told(messages: list[dict[str, Any]]) -> list[str]:
    from zhiyin.imports.messages import Message

    return [str(Message.from_json(message)) for message in messages]


def _refusals(result: dict[str, Any]) -> dict[str, int]:
    """How many rows were refused, by the reason."""
    reasons = _told([message for message, _count in result["refusals"]])
    return {reason: count for reason, (_message, count) in zip(reasons, result["refusals"], strict=True)}


def _sentences(batch: "Import", result: dict[str, Any]) -> list[str]:
    verb = "Checked" if batch.state == "checked" else "Imported"
    lines = [f"{verb} {result['rows']:,} rows of {batch.kind}; {result['refused']:,} refused."]
    lines += _counts(result["effect"])
    lines += [f"  {message}" for message in _told(result["messages"])]
    lines += [f"  {count:,} refused: {reason}" for reason, count in _refusals(result).items()]
    if batch.state == "applied":
        lines.append(f"To take it back: zhiyin import --undo {batch.id}")
    return lines


def _undone(batch: "Import", effect: dict[str, int]) -> list[str]:
    return [f"Took back the import of {batch.file.name}.", *_counts(effect)]


def _counts(effect: dict[str, int]) -> list[str]:
    return [f"  {name.replace('_', ' ')}: {number:,}" for name, number in effect.items()]
