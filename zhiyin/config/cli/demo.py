import json
import os
import subprocess
import sys
import time
from typing import Any, Self

import click

from zhiyin.config.cli.analyse import run
from zhiyin.config.cli.common import Command, Unfit, answer, json_option, open_database
from zhiyin.config.cli.serve import address_options, migrate_apart, run_servers

CODE = "demo"


@click.command(cls=Command, example="zhiyin demo --port 8080\nzhiyin demo --customers 2000 --no-serve --json")
@click.option("--seed", default=1, show_default=True, help="Another seed draws another company.")
@click.option(
    "--customers", default=20_000, show_default=True, type=click.IntRange(200, 1_000_000), help="How many."
)
@click.option("--serve/--no-serve", default=True, show_default=True, help="Also run the product on it.")
@address_options
@json_option
def demo(
    *, seed: int, customers: int, serve: bool, host: str | None, port: int | None, as_json: bool
) -> None:
    """Run zhiyin with an invented appliance maker: three years of sales whose truth is known.

    The company is made once; later starts open the same one, with the same logins.
    """
    if not serve:
        made = make(seed, customers)
        answer(made, as_json=as_json, text=told(made))
        return
    from zhiyin.config import startup

    os.environ.setdefault("ZHIYIN_LOG_LEVEL", "WARNING")  # else the logins are soon out of sight
    context = click.get_current_context()
    context.with_resource(startup.database())
    migrate_apart()
    company = find()
    making = None if company else context.with_resource(Making(seed, customers))

    def greeting(address: str) -> str | None:
        made = company or (making and making.outcome())
        if not made:
            return None
        return f"{json.dumps(made, ensure_ascii=False) if as_json else told(made)}\n\n{address}"

    run_servers(host, port, update=False, greeting=greeting)


class Making:
    """Makes the company in another process, while this one starts the servers and stays small."""

    def __init__(self, seed: int, customers: int) -> None:
        click.echo("Making the demo company; the first time this takes half a minute.", err=True)
        command = [sys.executable, "-m", "zhiyin", "demo", "--no-serve", "--json"]
        command += ["--seed", str(seed), "--customers", str(customers)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own program

    def outcome(self) -> dict[str, Any] | None:
        """What was made, once it is. Raises ``Unfit`` when it could not be."""
        if self.process.poll() is None:
            return None
        if self.process.returncode:
            raise Unfit("The demo company could not be made.")
        assert self.process.stdout
        made: dict[str, Any] = json.load(self.process.stdout)
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.communicate()


def find() -> dict[str, Any] | None:
    """The company that an earlier start made, without loading Django; nothing where that has to be looked into."""
    import psycopg

    from zhiyin.config import startup
    from zhiyin.config.environment import environment

    logins = environment().home / "demo" / CODE / "logins.json"
    if not (logins.exists() and startup.schema_is_current()):
        return None
    with psycopg.connect(environment().database_url) as connection:
        found = connection.execute("SELECT name FROM accounts_tenant WHERE code = %s", [CODE]).fetchone()
    if found is None:
        return None
    return {"tenant": CODE, "name": found[0], "made": False, "logins": json.loads(logins.read_text())}


def make(seed: int, customers: int) -> dict[str, Any]:
    """Make the company, or find it."""
    open_database()
    from django.utils.timezone import now

    from zhiyin.config.demo import make_demo
    from zhiyin.config.environment import environment

    begun = time.monotonic()
    made = make_demo(now=now(), home=environment().home, seed=seed, customers=customers)
    if made.made:
        run(made.tenant.code)
    return {
        "tenant": made.tenant.code,
        "name": made.tenant.name,
        "made": made.made,
        "seconds": round(time.monotonic() - begun, 2),
        "rows": made.rows,
        "logins": [
            {"name": login.name, "role": login.role, "email": login.email, "password": login.password}
            for login in made.logins
        ],
    }


def told(made: dict[str, Any]) -> str:
    """The logins as a table for the terminal."""
    lines = [f"{made['name']}  ({made['tenant']})"]
    lines += [
        f"  {login['email']:<28} {login['password']:<14} {login['role']}  {login['name']}"
        for login in made["logins"]
    ]
    return "\n".join(lines)
