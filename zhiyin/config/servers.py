"""Which server processes zhiyin consists of, and how each is started."""

import sys
from dataclasses import dataclass

from zhiyin.config.environment import Environment

GRACE = 3  # seconds that open requests and streams get at the end


@dataclass(frozen=True)
class Server:
    """One process that `zhiyin serve` keeps running; `grace` seconds after SIGTERM it is killed."""

    name: str
    command: list[str]
    grace: float


def servers(env: Environment, host: str, port: int) -> list[Server]:
    return [web(env, host, port), worker()]


def web(env: Environment, host: str, port: int) -> Server:
    """Pages, API and the stream of events on one port; measured in docs/adr/0005-web-server.md."""
    command = [sys.executable, "-m", "uvicorn", "zhiyin.config.asgi:application"]
    command += ["--host", host, "--port", str(port), "--workers", str(env.web_workers)]
    # whom to believe about a request's sender is for zhiyin's own settings to say
    command += ["--lifespan", "off", "--no-proxy-headers", "--no-server-header", "--no-access-log"]
    command += ["--log-level", "warning", "--timeout-graceful-shutdown", str(GRACE)]
    return Server("web", command, GRACE + 5)


def worker() -> Server:
    """Jobs, deliveries and what runs by the clock; it ends by itself within three seconds."""
    return Server("worker", [sys.executable, "-m", "zhiyin.config.worker"], GRACE + 2)
