"""``zhiyin clv``: customer lifetime value of a bare file, without a database."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhiyin.config.cli.common import FAILED

if TYPE_CHECKING:
    import pyarrow as pa

    from zhiyin.analytics.methods.clv import Analysis

UNITS = ("day", "week", "month", "quarter", "year")

EXAMPLE = """
\b
Example:
  zhiyin clv sales.csv.gz --customer customer_id --date day --amount total \\
    --unit week --calibration-end 2026-06-30 --out customers.parquet

\b
Exit codes: 0 a model was fitted; 1 there is none: the data are too thin (the answer
says why, "refused" in JSON), or the file cannot be read; 2 wrong use.
"""


@click.command(epilog=EXAMPLE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--customer", required=True, metavar="COLUMN", help="Column that tells customers apart.")
@click.option("--date", "day", required=True, metavar="COLUMN", help="Column with the day of the purchase.")
@click.option("--amount", metavar="COLUMN", help="Column with the amount; without it no value is given.")
@click.option("--unit", type=click.Choice(UNITS), default="week", show_default=True, help="Unit of time.")
@click.option(
    "--calibration-end",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Fit up to this day and test on the rest; all purchases are used if missing.",
)
@click.option(
    "--model", type=click.Choice(["bgnbd", "paretonbd"]), default="bgnbd", show_default=True, help="Model."
)
@click.option(
    "--horizon", type=click.IntRange(1, 120), default=12, show_default=True, help="Months to predict."
)
@click.option(
    "--discount-rate",
    type=click.FloatRange(0, 10),
    default=0.1,
    show_default=True,
    help="Discount rate a year (0.1 is 10 %).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a row per customer (.csv or .parquet).",
)
def clv(
    *,
    file: Path,
    customer: str,
    day: str,
    amount: str | None,
    unit: Any,
    calibration_end: datetime | None,
    model: Any,
    horizon: int,
    discount_rate: float,
    as_json: bool,
    out: Path | None,
) -> None:
    """Fit purchase and spend models to FILE (CSV, also gzipped, or Parquet; a row per purchase)."""
    from zhiyin.analytics.methods.clv import Record, analyse

    if out and out.suffix.lower() not in (".csv", ".parquet"):
        raise click.BadParameter("must end in .csv or .parquet", param_hint="--out")
    table = read_table(file, [name for name in (customer, day, amount) if name], customer)
    try:
        record = Record.of(table, customer=customer, date=day, amount=amount)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    answer = analyse(
        record,
        unit=unit,
        calibration_end=calibration_end.date() if calibration_end else None,
        model=model,
        months=horizon,
        yearly_rate=discount_rate,
    )
    if out:
        write_table(answer, out)
    facts = answer.to_dict()
    click.echo(
        json.dumps(facts, ensure_ascii=False, allow_nan=False) if as_json else "\n".join(report(facts))
    )
    if "refused" in facts["transactions"]:
        raise click.exceptions.Exit(FAILED)


def read_table(file: Path, columns: list[str], customer: str) -> "pa.Table":
    """The named columns; customer codes of a CSV stay text, so that leading zeros are kept."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    try:
        if file.suffix.lower() in (".parquet", ".pq"):
            known = parquet.read_schema(file).names
            table = parquet.read_table(file, columns=[name for name in columns if name in known])
        else:
            options = csv.ConvertOptions(column_types={customer: pa.string()}, strings_can_be_null=True)
            table = csv.read_csv(file, convert_options=options)
            known = table.column_names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file.name} cannot be read: {error}") from None
    missing = [name for name in columns if name not in known]
    if missing:
        raise click.UsageError(f"{file.name} has no column {', '.join(missing)}; it has {', '.join(known)}")
    return table


def write_table(answer: "Analysis", out: Path) -> None:
    from pyarrow import csv, parquet

    table = answer.table()
    if out.suffix.lower() == ".csv":
        csv.write_csv(table, out)
    else:
        parquet.write_table(table, out)


def report(facts: dict[str, Any]) -> list[str]:
    """The answer in a few lines."""
    lines = [
        f"{facts['rows']:,} purchases of {facts['customers']:,} customers, "
        f"{facts['repeat_buyers']:,} of whom bought again by {facts['calibration_end'] or date.min}."
    ]
    for part in ("transactions", "spend"):
        lines.append(model_line(facts[part]))
    test = facts["backtest"]
    if "refused" in test:
        lines.append(f"Back-test: {test['message']}")
    else:
        lines.append(
            f"Back-test {test['calibration_end']} to {test['end']}: {test['actual']:,} purchases, "
            f"predicted {test['model']['total']:,.0f}; error per customer {test['model']['mae']:.3f} "
            f"(last period again {test['last_period']['mae']:.3f}, mean rate {test['mean_rate']['mae']:.3f})."
        )
    ahead = facts["prediction"]
    if ahead:
        worth = "" if ahead["value"] is None else f", worth {ahead['value']:,.2f} today"
        lines.append(
            f"Next {ahead['steps']} months: {ahead['purchases']:,.0f} purchases{worth}; "
            f"about {ahead['alive']:,.0f} customers are still there."
        )
    return lines


def model_line(fit: dict[str, Any]) -> str:
    if "refused" in fit:
        return f"No model: {fit['message']}"
    numbers = ", ".join(
        f"{name} {value:.4g} (±{fit['standard_errors'][name]:.2g})"
        for name, value in fit["parameters"].items()
    )
    note = "" if fit.get("requested", fit["model"]) == fit["model"] else " Nobody is seen to leave."
    return f"{fit['model']}: {numbers}; log-likelihood {fit['log_likelihood']:.1f}.{note}"
