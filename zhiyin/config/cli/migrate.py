import click

from zhiyin.config.cli.common import Command, answer, json_option, open_database


@click.command(cls=Command, example="zhiyin migrate --json")
@json_option
def migrate(*, as_json: bool) -> None:
    """Bring the database's tables up to date, as their owner.

    `zhiyin serve` does this by itself; with a database of your own run it once after each upgrade.
    """
    open_database(schema=False)
    from zhiyin.config import startup

    applied = startup.migrate()
    text = "\n".join(applied) if applied else "The database is up to date."
    answer({"applied": applied}, as_json=as_json, text=text)
