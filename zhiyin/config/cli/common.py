"""What the commands share: examples in their help, exit codes, JSON, the database.

Exit codes: 0 done, 1 the work failed or has no answer, 2 wrong usage, 3 configuration or a dependency is at fault.
"""

import importlib
import json
import sys
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from zhiyin.accounts.models import Tenant
    from zhiyin.platform.actors import Actor

FAILED, USAGE, UNFIT = 1, 2, 3


class Failed(click.ClickException):
    """The work could not be done."""

    exit_code = FAILED


class Unfit(click.ClickException):
    """The configuration, or something zhiyin depends on, is at fault."""

    exit_code = UNFIT


class _WithExample(click.Command):
    """A command whose help ends with an example."""

    def __init__(self, *arguments: Any, example: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.example = example

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example"):
            for line in self.example.splitlines():
                formatter.write_text(line)


class Command(_WithExample):
    """One command."""


class Group(_WithExample, click.Group):
    """A group of commands, such as ``zhiyin tenant``."""


class Main(Group):
    """The program: finds its commands by name, and turns errors into a sentence and an exit code."""

    def __init__(self, *, commands_in: str, lazy: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self._package = commands_in
        self._lazy = lazy

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self._lazy)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return None
        module, name = self._lazy[cmd_name].split(":")
        command = getattr(importlib.import_module(f"{self._package}.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            known = _as_click(error)
            if known is None:
                raise
            raise known from error


def _as_click(error: Exception) -> click.ClickException | None:
    """Errors that people can act upon; any other is a fault of the program and keeps its traceback."""
    from zhiyin.config.environment import ConfigurationError
    from zhiyin.platform.postgres import PostgresError

    if isinstance(error, ConfigurationError | PostgresError):
        return Unfit(str(error))
    if isinstance(error, OSError):
        return Failed(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    if "django" not in sys.modules:
        return None
    from django.db import OperationalError

    from zhiyin.platform.errors import DomainError

    if isinstance(error, DomainError):
        return Failed(str(error.message))
    if isinstance(error, OperationalError):
        return Unfit(f"The database does not answer: {str(error).strip()}")
    return None


json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


def answer(data: Any, *, as_json: bool, text: str) -> None:
    """Print ``data`` as JSON, or ``text`` for people."""
    if as_json:
        from django.core.serializers.json import DjangoJSONEncoder

        click.echo(json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
    elif text:
        click.echo(text)


def open_database(*, schema: bool = True) -> None:
    """Database up and Django loaded until the command ends; with ``schema`` also the tables current."""
    from zhiyin.config import startup

    click.get_current_context().with_resource(startup.database())
    startup.load_django()
    if schema:
        startup.ensure_schema()


def tenant_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--tenant", "tenant_code", required=True, help="The company's code.")(function)


def find_tenant(code: str) -> "Tenant":
    """The company of this code; the database must be open."""
    from zhiyin.accounts.models import Tenant

    tenant = Tenant.objects.filter(code=code).first()
    if tenant is None:
        known = ", ".join(Tenant.objects.order_by("code").values_list("code", flat=True)[:10])
        raise Failed(
            f"There is no company {code}. "
            + (f"Known: {known}." if known else "Make one: zhiyin tenant create.")
        )
    return tenant


def operator(tenant_id: uuid.UUID) -> "Actor":
    """Who types a command: may do everything in one company, and is named so in its audit log."""
    from zhiyin.platform.actors import Actor

    return Actor.system(tenant_id, "command line")
