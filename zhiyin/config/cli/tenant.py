import click

from zhiyin.config.cli.common import Command, Group, answer, json_option, open_database, operator


@click.group(cls=Group, example='zhiyin tenant create acme --name "Acme"')
def tenant() -> None:
    """Companies, each with a customer file of its own."""


@tenant.command(
    cls=Command,
    example='zhiyin tenant create acme --name "Acme" --currency EUR --time-zone Europe/Berlin --language en',
)
@click.argument("code")
@click.option("--name", required=True, help="The company's name.")
@click.option("--currency", default="CNY", show_default=True, help="ISO code of its currency.")
@click.option("--time-zone", default="Asia/Shanghai", show_default=True, help="Its days begin there.")
@click.option(
    "--language",
    default="zh-hans",
    show_default=True,
    type=click.Choice(["zh-hans", "en"]),
    help="Its language.",
)
@json_option
def create(*, code: str, name: str, currency: str, time_zone: str, language: str, as_json: bool) -> None:
    """Found a company with its root unit and the usual roles; CODE names it in commands."""
    open_database()
    from django.utils import timezone

    from zhiyin.accounts.actions.company import create_tenant
    from zhiyin.platform.keys import uuid7

    made = create_tenant(
        actor=operator(uuid7()),
        code=code,
        name=name,
        currency=currency,
        time_zone=time_zone,
        language=language,
        now=timezone.now(),
    )
    data = {"id": made.id, "code": made.code, "name": made.name, "currency": made.currency}
    data |= {"time_zone": made.time_zone, "language": made.language}
    answer(data, as_json=as_json, text=f"{made.name} ({made.code}) was founded.")


@tenant.command("list", cls=Command, example="zhiyin tenant list --json")
@json_option
def list_tenants(*, as_json: bool) -> None:
    """List the companies."""
    open_database()
    from zhiyin.accounts.models import Tenant

    rows = list(
        Tenant.objects.order_by("code").values("id", "code", "name", "currency", "time_zone", "language")
    )
    answer(rows, as_json=as_json, text="\n".join(f"{row['code']:<20} {row['name']}" for row in rows))
