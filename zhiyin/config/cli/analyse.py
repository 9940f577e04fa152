import datetime
import uuid
from typing import Any

import click

from zhiyin.config.cli.common import Command, Failed, answer, find_tenant, json_option, open_database


@click.command(
    cls=Command,
    example="zhiyin analyse --tenant demo --json\nzhiyin analyse --tenant cdnow --until 1997-09-30",
)
@click.option("--tenant", "code", required=True, help="Code of the company.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day to look at; else the last order's."
)
@json_option
def analyse(*, code: str, until: datetime.datetime | None, as_json: bool) -> None:
    """Learn what each customer of a company is worth: fit the models, test them, predict everybody.

    What the data cannot carry is told with the reason. Only what has changed since the last time is exported;
    when nothing has, the last analysis is told again.
    """
    open_database()
    told = run(code, until.date() if until else None, quiet=as_json)
    answer(told, as_json=as_json, text="\n".join(lines(told)))


def run(code: str, until: datetime.date | None = None, *, quiet: bool = True) -> dict[str, Any]:
    """Analyse in this process. Raises ``Failed`` with the reason."""
    from django.utils.timezone import now

    from zhiyin.analytics import actions
    from zhiyin.platform import jobs
    from zhiyin.platform.actors import Actor
    from zhiyin.platform.choices import JobState
    from zhiyin.platform.tenancy import scope

    tenant = find_tenant(code)
    with scope(tenant.id):
        job = actions.start_analysis(actor=Actor.system(tenant.id), now=now(), until=until, foreground=True)
    job = jobs.run_now(job, watcher=None if quiet else watch)
    if job.state != JobState.SUCCEEDED:
        raise Failed(job.error or "The analysis was cancelled.")
    return describe(tenant, job.result or {})


def watch(done: int, total: int | None, message: str) -> None:
    if message:
        click.echo(f"  {done}/{total} {message}", err=True)


def describe(tenant: Any, result: dict[str, Any]) -> dict[str, Any]:
    """The analysis that the job made, or found unchanged."""
    from zhiyin.analytics.models import Analysis
    from zhiyin.analytics.sentences import sentence
    from zhiyin.platform.tenancy import scope

    with scope(tenant.id):
        analysis = Analysis.objects.get(pk=uuid.UUID(result["analysis"]))
    backtest = {
        name: {key: value for key, value in test.items() if key != "track"}
        for name, test in analysis.backtest.items()
    }
    return {
        "tenant": tenant.code,
        "analysis": str(analysis.pk),
        "fresh": result["fresh"],
        "as_of": analysis.as_of.isoformat(),
        "currency": tenant.currency,
        "settings": analysis.settings,
        "counts": analysis.counts,
        "models": analysis.fits,
        "backtest": backtest,
        "findings": [sentence(each, currency=tenant.currency) for each in analysis.findings],
    }


def lines(told: dict[str, Any]) -> list[str]:
    """The same for people."""
    result = [] if told["fresh"] else ["Nothing has changed since the last analysis."]
    result += [f"- {finding}" for finding in told["findings"]]
    for name, models in told["models"].items():
        for part in ("transactions", "spend"):
            fit = models[part]
            if "parameters" not in fit:
                result.append(f"{name} {part}: {fit['message']}")
                continue
            numbers = [
                f"{parameter} {value:.4g} ± {fit['standard_errors'][parameter]:.2g}"
                for parameter, value in fit["parameters"].items()
            ]
            likelihood = f"log-likelihood {fit['log_likelihood']:.2f}"
            result.append(f"{name} {fit['model']}: {', '.join(numbers)}; {likelihood}")
    return result
