"""Several commands in one process of its own: a process a command is what scripts do, and slow."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

PROGRAM = """
import json, sys
from click.testing import CliRunner
from zhiyin.config.cli import main
for words in json.loads(sys.argv[1]):
    result = CliRunner().invoke(main, words)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    print(json.dumps([result.exit_code, result.stdout, result.stderr]), flush=True)
"""


class Outcome(NamedTuple):
    code: int
    stdout: str
    stderr: str


def run_commands(
    *commands: list[str], variables: Mapping[str, str], folder: Path | None = None
) -> list[Outcome]:
    """The outcomes of ``zhiyin`` commands in a folder, with no other ``ZHIYIN_*`` variables than these."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIYIN_")}
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(commands)],
        env={**inherited, "LANG": "en", **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return [Outcome(*json.loads(line)) for line in found.stdout.splitlines()]


def answers(*commands: list[str], variables: Mapping[str, str]) -> list[str]:
    """What the commands print; all must have done their work."""
    outcomes = run_commands(*commands, variables=variables)
    for words, outcome in zip(commands, outcomes, strict=True):
        assert outcome.code == 0, (words, outcome.stderr)
    return [outcome.stdout for outcome in outcomes]
