import json
import os
import subprocess
import sys
import time
from typing import Any

import click

from zhiyin.config.cli.analyse import run
from zhiyin.config.cli.common import Command, Unfit, answer, json_option, open_database
from zhiyin.config.cli.serve import address_options, run_servers

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
    click.get_current_context().with_resource(startup.database())
    made = find() or make_apart(seed, customers)
    text = json.dumps(made, ensure_ascii=False) if as_json else told(made)
    run_servers(host, port, greeting=f"{escaped(text)}\n\n{{address}}")


def escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


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


def make_apart(seed: int, customers: int) -> dict[str, Any]:
    """Make it in a process of its own, so that the one which serves stays small."""
    click.echo("Making the demo company; the first time this takes half a minute.", err=True)
    command = [sys.executable, "-m", "zhiyin", "demo", "--no-serve", "--json"]
    command += ["--seed", str(seed), "--customers", str(customers)]
    outcome = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own program
    if outcome.returncode:
        raise Unfit("The demo company could not be made.")
    made: dict[str, Any] = json.loads(outcome.stdout)
    return made


def told(made: dict[str, Any]) -> str:
    """The logins as a table for the terminal."""
    lines = [f"{made['name']}  ({made['tenant']})"]
    lines += [
        f"  {login['email']:<28} {login['password']:<14} {login['role']}  {login['name']}"
        for login in made["logins"]
    ]
    return "\n".join(lines)
