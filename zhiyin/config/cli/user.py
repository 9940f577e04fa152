import secrets
import sys
import uuid
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from zhiyin.accounts.models import Role, Tenant


@click.group(
    cls=Group, example="zhiyin user create lin@example.com --tenant acme --name Lin --role Administrator"
)
def user() -> None:
    """People who sign in."""


@user.command(
    cls=Command,
    example="zhiyin user create lin@example.com --tenant acme --name Lin --role Administrator --generate",
)
@click.argument("email")
@tenant_option
@click.option("--name", required=True, help="The person's name in the company.")
@click.option("--role", required=True, help="Name of a role, in the company's language or in English.")
@click.option("--unit", help="Name of an organisation unit; else the company itself.")
@click.option("--generate", is_flag=True, help="Make up a password and print it, once.")
@json_option
def create(
    *, email: str, tenant_code: str, name: str, role: str, unit: str | None, generate: bool, as_json: bool
) -> None:
    """Make a person a member of a company.

    The password is asked for, or read as one line from standard input. A person who signs in already, for
    another company, keeps the password.
    """
    open_database()
    from django.utils import timezone

    from zhiyin.accounts.actions.members import invite_member
    from zhiyin.accounts.models import User
    from zhiyin.platform.tenancy import scope

    company = find_tenant(tenant_code)
    known = User.objects.filter(email__iexact=email.strip()).exists()
    password = None if known else _password(generate)
    with scope(company.id):
        member = invite_member(
            actor=operator(company.id),
            email=email,
            name=name,
            unit_id=_unit(unit),
            role_id=_role(company, role).id,
            password=password,
            now=timezone.now(),
        )
    data = {"id": member.user_id, "member": member.id, "email": member.user.email, "name": member.name}
    text = f"{member.name} <{member.user.email}> is a member of {company.name}."
    if generate and password:
        data["password"] = password
        text += f"\nPassword: {password}"
    answer(data, as_json=as_json, text=text)


def _password(generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(12)
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    password = sys.stdin.readline().rstrip("\n")
    if not password:
        raise click.UsageError("Give a password on standard input, or --generate.")
    return password


def _unit(name: str | None) -> uuid.UUID:
    from zhiyin.accounts.models import Unit

    units = list(Unit.objects.filter(name=name) if name else Unit.objects.filter(parent=None))
    if len(units) != 1:
        raise Failed(f"{'No' if not units else 'More than one'} organisation unit is named {name}.")
    return units[0].id


def _role(company: "Tenant", name: str) -> "Role":
    """A role by its name, or a role of the first hour by its English name."""
    from django.utils import translation

    from zhiyin.accounts.defaults import ROLES
    from zhiyin.accounts.models import Role

    names = {name.casefold()}
    with translation.override("en"):
        wanted = [role for role in ROLES if str(role.name).casefold() == name.casefold()]
    with translation.override(company.language):
        names |= {str(role.name).casefold() for role in wanted}
    roles = list(Role.objects.order_by("name"))
    for role in roles:
        if role.name.casefold() in names:
            return role
    raise Failed(f"There is no role {name}. Known: {', '.join(role.name for role in roles)}.")
