"""``zhiyin duplicates``: records of one person or company in bare files, without a database."""

import json
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhiyin.config.cli.common import Command, Failed

if TYPE_CHECKING:
    import pyarrow as pa

    from zhiyin.analytics.methods.linkage import Duplicates

Roles = dict[str, list[str]]

_DERIVED = re.compile(r"^(?P<entity>.+)-(?:org|dup-\d+)$")
"""How FEBRL writes who a record is of: rec-7-org, rec-7-dup-0."""

EXAMPLE = """zhiyin duplicates customers.csv --column phone=手机 --out pairs.csv
zhiyin duplicates shop.csv club.xlsx --one-to-one --precision 0.999 --json
zhiyin duplicates febrl4a.csv.gz febrl4b.csv.gz --truth rec_id --json"""


@dataclass(frozen=True)
class Input:
    """One file: its rows, what its columns mean, and who each row is of where that is known."""

    table: "pa.Table"
    roles: Roles
    entities: list[str | None] | None


@click.command(cls=Command, example=EXAMPLE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("file2", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--column", "named", multiple=True, metavar="ROLE=COLUMN",
    help="What a column means; recognised from its name otherwise. ROLE= leaves a role out. Roles: name, given_name, "
    "surname, phone, email, birthday, id_number, code, street_number, address, city, postcode, province.",
)  # fmt: skip
@click.option(
    "--truth", metavar="COLUMN",
    help="Column that says who a row is of: rows with the same value, or rec-7-org and rec-7-dup-0, are the same. "
    "Only precision and recall are reckoned from it.",
)  # fmt: skip
@click.option(
    "--precision", type=click.FloatRange(0.5, 1, max_open=True), default=0.99, show_default=True,
    help="Share of the pairs that shall be true, by the probabilities of the model.",
)  # fmt: skip
@click.option("--one-to-one", is_flag=True, help="Of two files, a row has one partner at most.")
@click.option(
    "--region", default="CN", show_default=True, metavar="CODE",
    help="Country of telephone numbers without a country code.",
)  # fmt: skip
@click.option(
    "--memory", "memory_mb", type=click.IntRange(256), default=2000, show_default=True, metavar="MB",
    help="Memory of the comparison; what does not fit goes to a temporary file.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path),
    help="Write the pairs with probability and evidence (.csv or .parquet).",
)  # fmt: skip
def duplicates(
    *,
    file: Path,
    file2: Path | None,
    named: Sequence[str],
    truth: str | None,
    precision: float,
    one_to_one: bool,
    region: str,
    memory_mb: int,
    as_json: bool,
    out: Path | None,
) -> None:
    """Find rows of FILE that are one person or company, or rows of FILE that are also in FILE2.

    Files may be CSV (also gzipped), XLSX or Parquet.
    """
    if out and out.suffix.lower() not in (".csv", ".parquet"):
        raise click.BadParameter("must end in .csv or .parquet", param_hint="--out")
    if one_to_one and file2 is None:
        raise click.UsageError("--one-to-one needs two files.")
    choices = _choices(named)
    start = time.perf_counter()
    inputs = [_open(path, choices, truth) for path in (file, file2) if path]
    _check_named(choices, inputs)
    from zhiyin.analytics.methods.linkage import find_duplicates

    second = inputs[1] if file2 else None
    try:
        found = find_duplicates(
            inputs[0].table,
            second.table if second else None,
            roles=inputs[0].roles,
            right_roles=second.roles if second else None,
            precision=precision,
            one_to_one=one_to_one,
            region=region,
            memory_mb=memory_mb,
        )
    except ValueError as error:
        raise Failed(str(error)) from None
    facts = _facts(found, inputs) | {"seconds": round(time.perf_counter() - start, 2)}
    if out:
        _write(found, out)
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else _told(facts))


def _choices(named: Sequence[str]) -> Roles:
    from zhiyin.analytics.methods.linkage.records import ROLES

    choices: Roles = {}
    for text in named:
        role, mark, column = text.partition("=")
        if not mark or role not in ROLES:
            raise click.BadParameter(
                f"{text} is not ROLE=COLUMN; roles are {', '.join(ROLES)}", param_hint="--column"
            )
        choices.setdefault(role, []).extend([column] if column else [])
    return choices


def _open(path: Path, choices: Roles, truth: str | None) -> Input:
    import pyarrow as pa

    from zhiyin.imports.reading import ROW, open_file
    from zhiyin.imports.reading.errors import FileError

    try:
        source = open_file(path)
        batches = list(source.batches())
    except FileError as error:
        raise Failed(f"{path.name}: {error}") from None
    names = list(source.columns)
    if truth and truth not in names:
        raise click.UsageError(f"{path.name} has no column {truth}; it has {', '.join(names)}")
    empty = pa.table({name: pa.array([], pa.string()) for name in names})
    table = pa.Table.from_batches(batches).drop_columns([ROW]) if batches else empty
    entities = [_entity(text) for text in table[truth].to_pylist()] if truth else None
    return Input(table, _roles(table, choices, truth), entities)


def _entity(text: str | None) -> str | None:
    if text is None:
        return None
    derived = _DERIVED.match(text)
    return derived["entity"] if derived else text


def _roles(table: "pa.Table", choices: Roles, truth: str | None) -> Roles:
    """What was said, and what the names and the first rows of the other columns tell."""
    from zhiyin.config.cli.columns import recognised

    said = {column for columns in choices.values() for column in columns}
    free = [name for name in table.column_names if name != truth and name not in said]
    samples = {name: [text or "" for text in table[name].slice(0, 200).to_pylist()] for name in free}
    roles = {role: columns for role, columns in recognised(samples).items() if role not in choices}
    for role, columns in choices.items():
        roles[role] = [column for column in columns if column in table.column_names]
    if roles.get("given_name") and roles.get("surname") and "name" not in choices:
        roles.pop("name", None)
    return {role: columns for role, columns in roles.items() if columns}


def _check_named(choices: Roles, inputs: Sequence[Input]) -> None:
    known = {name for one in inputs for name in one.table.column_names}
    missing = sorted({column for columns in choices.values() for column in columns} - known)
    if missing:
        raise click.UsageError(
            f"There is no column {', '.join(missing)}; the columns are {', '.join(sorted(known))}"
        )


def _facts(found: "Duplicates", inputs: Sequence[Input]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "rows": [one.table.num_rows for one in inputs],
        "columns": [one.roles for one in inputs],
        "compared": found.compared,
        "pairs": found.accepted,
        "least_probability": found.threshold if found.accepted else None,
        "expected_precision": found.expected_precision,
    }
    if inputs[0].entities is not None:
        facts |= _measured(found, [one.entities or [] for one in inputs])
    return facts


def _measured(found: "Duplicates", entities: Sequence[Sequence[str | None]]) -> dict[str, float | int | None]:
    """Precision and recall against the truth; ``None`` where there is nothing to divide by."""
    left, right = entities[0], entities[-1]
    pairs = found.pairs.slice(0, found.accepted)
    hits = sum(
        left[one] is not None and left[one] == right[other]
        for one, other in zip(pairs["left"].to_pylist(), pairs["right"].to_pylist(), strict=True)
    )
    counts = [Counter(entity for entity in side if entity is not None) for side in entities]
    within = sum(own * (own - 1) // 2 for own in counts[0].values())
    between = sum(own * counts[-1][entity] for entity, own in counts[0].items())
    true = within if len(counts) == 1 else between
    return {
        "true_pairs": true,
        "precision": hits / found.accepted if found.accepted else None,
        "recall": hits / true if true else None,
    }


def _write(found: "Duplicates", out: Path) -> None:
    """Row numbers count from 1, without the header."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv, parquet

    pairs = found.pairs.slice(0, found.accepted)
    coded = pairs["pattern"].combine_chunks().dictionary_encode()
    words = pa.array(
        [_words(found.evidence(pattern)) for pattern in coded.dictionary.to_pylist()], pa.string()
    )
    table = pa.table(
        {
            "row_1": pc.add(pairs["left"], 1),
            "row_2": pc.add(pairs["right"], 1),
            "probability": pairs["probability"],
            "evidence": words.take(coded.indices),
        }
    )
    (csv.write_csv if out.suffix.lower() == ".csv" else parquet.write_table)(table, out)


def _words(evidence: Mapping[str, tuple[str, str]]) -> str:
    return "; ".join(f"{field.replace('_', ' ')}: {words}" for field, (_, words) in evidence.items())


def _told(facts: Mapping[str, Any]) -> str:
    rows = " and ".join(f"{count:,}" for count in facts["rows"])
    lines = [
        f"{facts['pairs']:,} pairs of {rows} rows in {facts['seconds']} s; {facts['compared']:,} were compared."
    ]
    if facts["pairs"]:
        lines.append(
            f"Each is at least {facts['least_probability']:.3f} probable; "
            f"{facts['expected_precision']:.4f} of them are expected to be true."
        )
    for number, roles in enumerate(facts["columns"], 1):
        meant = ", ".join(f"{role}: {' + '.join(columns)}" for role, columns in roles.items())
        lines.append(f"Columns{f' of file {number}' if len(facts['columns']) > 1 else ''}: {meant}.")
    if "true_pairs" in facts:
        lines.append(
            f"Of {facts['true_pairs']:,} true pairs: "
            f"precision {_share(facts['precision'])}, recall {_share(facts['recall'])}."
        )
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"
