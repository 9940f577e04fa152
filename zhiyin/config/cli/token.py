import datetime

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
    tenant_option,
)


@click.group(
    cls=Group,
    example="zhiyin token create --tenant acme --user lin@example.com --name shop --may orders.view",
)
def token() -> None:
    """Keys with which programs use the API."""


@token.command(
    cls=Command,
    example="zhiyin token create --tenant acme --user lin@example.com --name shop --may orders.view",
)
@tenant_option
@click.option("--user", "email", required=True, help="E-mail of the member for whom the token acts.")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--may", "permissions", multiple=True, required=True, help="A permission; repeat for more.")
@click.option(
    "--days", default=365, show_default=True, type=click.IntRange(1, 365), help="Days until it ends."
)
@json_option
def create(
    *, tenant_code: str, email: str, name: str, permissions: tuple[str, ...], days: int, as_json: bool
) -> None:
    """Make an API token and print it; it cannot be shown again."""
    open_database()
    from django.utils import timezone

    from zhiyin.accounts.actions.tokens import create_token
    from zhiyin.accounts.models import Member
    from zhiyin.platform.tenancy import scope

    company = find_tenant(tenant_code)
    now = timezone.now()
    with scope(company.id):
        member = Member.objects.filter(user__email__iexact=email).first()
        if member is None:
            raise Failed(f"{email} is not a member of {company.name}.")
        made = create_token(
            actor=operator(company.id),
            name=name,
            permissions=permissions,
            expires_at=now + datetime.timedelta(days=days),
            member_id=member.id,
            now=now,
        )
    data = {"id": made.token.id, "token": made.text, "expires_at": made.token.expires_at}
    answer(data, as_json=as_json, text=made.text)
