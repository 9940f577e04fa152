import http.client
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import TypeVar

import click

from zhiyin.config.cli.common import Command, Failed, Unfit

Function = TypeVar("Function", bound=Callable[..., None])


def address_options(function: Function) -> Function:
    host = click.option("--host", help="Address to listen on; else ZHIYIN_HOST, else 127.0.0.1.")
    port = click.option("--port", type=click.IntRange(1, 65535), help="Port; else ZHIYIN_PORT, else 8000.")
    return host(port(function))


@click.command(cls=Command, example="zhiyin serve --port 8080")
@address_options
def serve(*, host: str | None, port: int | None) -> None:
    """Run the whole product: database, pages and API, worker.

    The database is brought up to date first. Ends with Ctrl-C or SIGTERM; a part that crashes is started
    again.
    """
    run_servers(host, port)


@click.command(cls=Command, example="zhiyin web --host 0.0.0.0 --port 8000")
@address_options
def web(*, host: str | None, port: int | None) -> None:
    """Run pages and API only; a worker runs elsewhere."""
    run_servers(host, port, parts=("web",), update=False)


@click.command(cls=Command, example="zhiyin worker")
def worker() -> None:
    """Run a worker only: jobs, deliveries and what runs by the clock."""
    run_servers(None, None, parts=("worker",), update=False)


def run_servers(
    host: str | None,
    port: int | None,
    *,
    parts: tuple[str, ...] = ("web", "worker"),
    update: bool = True,
    greeting: Callable[[str], str | None] = "zhiyin is ready at {} (Ctrl-C ends it)".format,
) -> None:
    """Run servers until told to stop.

    Once pages answer, what `greeting` makes of their address is printed; none means that it is too early.
    """
    from zhiyin.config import servers, startup, supervise
    from zhiyin.config.environment import environment

    env = environment()
    host, port = host or env.host, port or env.port
    if "web" in parts:
        _require_free(host, port)
    click.get_current_context().with_resource(startup.database())
    if update:
        migrate_apart()
    address = env.origin or f"http://{_in_address(host)}:{port}"

    def greet() -> bool:
        text = greeting(address) if "web" in parts and _answers(host, port) else None
        if text:
            click.echo(text)
        return bool(text)

    try:
        supervise.run(
            [server for server in servers.servers(env, host, port) if server.name in parts],
            greet=greet,
            warn=lambda warning: click.echo(warning, err=True),
        )
    except supervise.ServerError as error:
        raise Failed(str(error)) from error


def migrate_apart() -> None:
    """Bring the database up to date in another process, so that this one need not load Django."""
    from zhiyin.config import startup

    if startup.schema_is_current():
        return
    outcome = subprocess.run(
        [sys.executable, "-m", "zhiyin", "migrate"], stdout=subprocess.DEVNULL, check=False
    )
    if outcome.returncode:
        raise Unfit("The database could not be brought up to date.")


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unfit(
                f"zhiyin cannot listen on {host} port {port}: {error.strerror}. Choose another --port."
            ) from error


def _answers(host: str, port: int) -> bool:
    """Whether pages are answered by now, whatever the answer is."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(reachable, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        connection.close()


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
