import dataclasses

import click

from zhiyin.config.cli.common import UNFIT, Command, answer, json_option

_SIGNS = {"ok": "ok      ", "warning": "warning ", "failed": "FAILED  "}


@click.command(cls=Command, example="zhiyin doctor --json\nzhiyin doctor --clean")
@click.option("--clean", is_flag=True, help="Remove left-over folders of databases and programs; asks first.")
@click.option("--yes", is_flag=True, help="With --clean: do not ask.")
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, clean: bool, yes: bool, as_json: bool) -> None:
    """Check everything zhiyin depends on, and say what to do.

    Ends with status 3 if a check failed; warnings do not count.
    """
    from zhiyin.config.doctor import Check, examine

    if clean:
        remove_leftovers(sure=yes)

    def line(check: Check) -> str:
        advice = f"\n        {check.advice}" if check.advice else ""
        return f"{_SIGNS[check.state]}{check.name}: {check.message}{advice}"

    checks = list(examine())
    well = all(check.state != "failed" for check in checks)
    answer(
        {"ok": well, "checks": [dataclasses.asdict(check) for check in checks]},
        as_json=as_json,
        text="\n".join(map(line, checks)),
    )
    if not well:
        ctx.exit(UNFIT)


def remove_leftovers(*, sure: bool) -> None:
    """Remove what no data folder uses any more; a database only when a person says that it may go."""
    from zhiyin.platform.postgres import find_leftovers

    for each in find_leftovers():
        question = f"Remove {each.folder}, last used {each.used_at:%Y-%m-%d}, of {each.belonged_to}?"
        if each.holds_data:
            question += " It holds a database: is its data folder only out of reach, on a disk not mounted?"
        if sure or click.confirm(question, err=True):
            each.remove()
            click.echo(f"Removed {each.folder}.", err=True)
