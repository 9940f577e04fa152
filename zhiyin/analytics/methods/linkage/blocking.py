"""Which pairs are compared at all: rows that share one of several keys."""

from collections.abc import Collection

import duckdb

_PER_RECORD, _AT_LEAST = 3, 300_000
"""Pairs that one rule may bring: this many for each record, or so many in all if that is more."""


def keys(columns: Collection[str]) -> list[str]:
    """Expressions over ``records``, one for each rule; a list gives several keys for a row."""
    have = set(columns)
    given, surname = ("given_py" if "given" in have else None), ("surname_py" if "surname" in have else None)
    place = [column for column in ("postcode", "city", "address_1") if column in have]
    rules: list[str] = [
        column for column in ("id_number", "code", "phone", "email", "birthday", "core_py") if column in have
    ]
    if given and surname:
        rules.append("least(given_py, surname_py) || ' ' || greatest(given_py, surname_py)")
    names = [name for name in (given, surname) if name]
    rules += [f"{name} || ' ' || {where}" for name in names for where in place]
    if "birthday" in have:
        rules += [f"birthday || ' ' || {name}[1]" for name in names]
        rules += [f"birthday[1:6] || ' ' || {name}" for name in names]
    if "core" in have:
        rules += [f"core[1:2] || ' ' || {where}" for where in place] + ["core_py[1:6]", "core[-4:]"]
    if "phone" in have:
        rules += [
            f"list_transform(phone, lambda x: {name} || ' ' || x[-4:])"
            for name in (*names, *(["core_py"] if "core" in have else []))
        ]
        rules += [
            f"list_transform(phone, lambda x: {name} || ' ' || x[:-5])"
            for name in (*names, *(["core_py"] if "core" in have else []))
        ]
    if "email" in have:
        rules.append("list_transform(email, lambda x: split_part(x, '@', 1))")
    if "address_1" in have:
        number = "coalesce(street_number, '')" if "street_number" in have else "''"
        rules += [f"address_1 || ' ' || {number}"]
        rules += [f"address_1 || ' ' || {where}" for where in place if where != "address_1"]
    if {"street_number", "postcode"} <= have:
        rules.append("street_number || ' ' || postcode")
    if "id_number" in have:
        rules += ["id_number[:-3]", "id_number[4:]"]
    return rules


def block(connection: duckdb.DuckDBPyConnection, columns: Collection[str], *, linked: bool) -> list[str]:
    """Make the table ``pairs`` (join_key_l, join_key_r) from ``records``; the rules that were cut short.

    A key that too many rows share brings too many pairs and is left out: of each rule the largest blocks go
    until the rest is within its budget. ``linked`` pairs only rows of different files.
    """
    rows = connection.execute("SELECT count(*) FROM records").fetchall()[0][0]
    budget = max(_PER_RECORD * rows, _AT_LEAST)
    cut = []
    connection.execute("CREATE TABLE keys (rule UTINYINT, key UBIGINT, row BIGINT, side UTINYINT)")
    for number, rule in enumerate(keys(columns)):
        connection.execute(
            "CREATE TEMP TABLE rule_keys AS SELECT DISTINCT hash(key) AS key, row, side FROM"
            f" (SELECT unnest({rule if _gives_list(rule) else f'[{rule}]'}) AS key, row, side FROM records)"
            " WHERE key IS NOT NULL"
        )
        amount = (
            "(count(*) FILTER (side = 0)) * (count(*) FILTER (side = 1))"
            if linked
            else "count(*) * (count(*) - 1) // 2"
        )
        connection.execute(
            f"CREATE TEMP TABLE blocks AS SELECT key, {amount} AS amount FROM rule_keys GROUP BY key HAVING amount > 0"
        )
        most = connection.execute(
            "SELECT coalesce(max(amount), 0) FROM (SELECT amount, sum(sum(amount)) OVER (ORDER BY amount) AS running"
            f" FROM blocks GROUP BY amount) WHERE running <= {budget}"
        ).fetchall()[0][0]
        if connection.execute("SELECT count(*) FROM blocks WHERE amount > ?", [most]).fetchall()[0][0]:
            cut.append(rule)
        connection.execute(
            f"INSERT INTO keys SELECT {number}, key, row, side FROM rule_keys"
            " WHERE key IN (SELECT key FROM blocks WHERE amount <= ?)",
            [most],
        )
        connection.execute("DROP TABLE rule_keys; DROP TABLE blocks")
    apart = "l.side < r.side" if linked else "l.row < r.row"
    connection.execute(
        "CREATE TABLE pairs AS SELECT DISTINCT l.row AS join_key_l, r.row AS join_key_r FROM keys l JOIN keys r"
        f" ON l.rule = r.rule AND l.key = r.key AND {apart}"
    )
    connection.execute("DROP TABLE keys")
    return cut


def _gives_list(rule: str) -> bool:
    return rule in ("phone", "email") or rule.startswith("list_transform")
