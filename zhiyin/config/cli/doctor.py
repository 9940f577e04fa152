import dataclasses

import click

from zhiyin.config.cli.common import UNFIT, Command, answer, json_option

_SIGNS = {"ok": "ok      ", "warning": "warning ", "failed": "FAILED  "}


@click.command(cls=Command, example="zhiyin doctor --json")
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Check everything zhiyin depends on, and say what to do.

    Ends with status 3 if a check failed; warnings do not count.
    """
    from zhiyin.config.doctor import Check, examine

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
