from decimal import Decimal

import click

from zhiyin.config.cli.common import (
    Command,
    Group,
    answer,
    find_tenant,
    json_option,
    open_database,
    operator,
    tenant_option,
)


@click.group(cls=Group, example="zhiyin report totals --tenant acme --json")
def report() -> None:
    """Figures of a company."""


@report.command(cls=Command, example="zhiyin report totals --tenant acme --json")
@tenant_option
@json_option
def totals(*, tenant_code: str, as_json: bool) -> None:
    """Count lines, orders, products and customers, and sum quantity and value, to compare with the files."""
    open_database()
    from zhiyin.commerce.totals import totals as count
    from zhiyin.platform.tenancy import scope

    company = find_tenant(tenant_code)
    with scope(company.id):
        figures = count(operator(company.id))
    text = "\n".join(f"{name.replace('_', ' '):<24} {value:>18,}" for name, value in figures.items())
    answer({name: _number(value) for name, value in figures.items()}, as_json=as_json, text=text)


def _number(value: int | Decimal) -> int | float | Decimal:
    """A number of JSON where that says it exactly; else a decimal, which becomes a string."""
    if isinstance(value, int) or value == int(value):
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else value
