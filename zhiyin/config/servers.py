"""Which server processes zhiyin consists of, and how each is started."""

import sys
from dataclasses import dataclass

from zhiyin.config.environment import Environment

GRACE = 3  # seconds that open requests and streams get at the end


@dataclass(frozen=True)
class Server:
    """One process that `zhiyin serve` keeps running."""

    name: str
    command: list[str]
    grace: float


def web(env: Environment, host: str, port: int) -> Server:
    """Pages and API over WSGI: the quickest of those measured (docs/adr)."""
    command = [*_granian("wsgi", "zhiyin.config.wsgi:application", host, port)]
    command += ["--workers", str(env.web_workers), "--blocking-threads", str(env.web_threads)]
    return Server("web", command, GRACE + 5)


def worker() -> Server:
    """Jobs, deliveries and what runs by the clock."""
    return Server("worker", [sys.executable, "-m", "zhiyin.config.worker"], 10)


def servers(env: Environment, host: str, port: int) -> list[Server]:
    return [web(env, host, port), worker()]


def _granian(interface: str, application: str, host: str, port: int) -> list[str]:
    command = [sys.executable, "-m", "granian", "--interface", interface, application]
    command += ["--host", host, "--port", str(port), "--no-ws", "--log-level", "warning"]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", str(GRACE)]
    return command
