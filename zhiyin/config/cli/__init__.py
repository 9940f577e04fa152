"""The command line ``zhiyin``: one file for each command, loaded when it is named."""

import click

from zhiyin.config.cli.common import Main

COMMANDS = {
    "serve": "serve:serve",
    "web": "serve:web",
    "worker": "serve:worker",
    "migrate": "migrate:migrate",
    "tenant": "tenant:tenant",
    "user": "user:user",
    "token": "token:token",
    "demo": "demo:demo",
    "import": "importing:import_file",
    "analyse": "analyse:analyse",
    "report": "report:report",
    "clv": "clv:clv",
    "duplicates": "duplicates:duplicates",
    "doctor": "doctor:doctor",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "audit": "audit:audit",
    "keys": "keys:keys",
}

main = Main(
    name="zhiyin",
    commands_in=__name__,
    lazy=COMMANDS,
    help="""Customer relationship management on one customer file.

    Exit codes of every command: 0 done; 1 the work failed, or there is no answer; 2 wrong usage;
    3 the configuration, or something zhiyin depends on, is at fault.
    """,
    example="zhiyin serve",
)
click.version_option(package_name="zhiyin")(main)
