"""Which customer a row of a file about something else means: by code, e-mail, telephone or name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhiyin.customers.choices import ContactKind
from zhiyin.customers.importers.reach import within
from zhiyin.customers.keys import REGIONS, code_key, phone_key
from zhiyin.customers.sealing import is_anything_sealed, token_of
from zhiyin.imports.landing import Landing
from zhiyin.imports.messages import Message, gettext_noop
from zhiyin.imports.reading import ROW
from zhiyin.platform.pinyin import name_key, normalise

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

_SEVERAL = gettext_noop("Several customers are called so; a code, telephone or e-mail would tell which.")

# what a row may name its customer by, the surest first: column of the file, and how a customer is found by its key
_FOUND_BY = {
    "customer_code": "SELECT c.id FROM customers_customer c WHERE c.code_key = l.customer_code",
    "customer_email": (
        "SELECT p.customer_id FROM customers_contactpoint p"
        " WHERE p.kind = 'email' AND p.value_key IN (l.customer_email, l.sealed_email)"
    ),
    "customer_phone": (
        "SELECT p.customer_id FROM customers_contactpoint p"
        " WHERE p.kind = 'phone' AND p.value_key IN (l.customer_phone, l.sealed_phone)"
    ),
    "customer_name": "SELECT c.id FROM customers_customer c WHERE c.name_key = l.customer_name",
}

NAMED_BY = tuple(_FOUND_BY)
_SEALED = {"sealed_email": ContactKind.EMAIL, "sealed_phone": ContactKind.PHONE}


def find_named(work: Workspace, landing: Landing) -> None:
    """Make ``naming`` (row, ``nno``) and ``found``: for each ``nno`` the ``number`` of customers within the actor's reach
    whom it means, one of them as ``customer``, and that one's ``owner``. Rows that mean several are refused.

    The rows have all fields of ``NAMED_BY``; of those that a row fills in the first counts.
    """
    _number_named(work)
    _find_named(work, landing)
    work.refuse(Message(_SEVERAL), f"SELECT {ROW} FROM naming JOIN found USING (nno) WHERE number > 1")


def _number_named(work: Workspace) -> None:
    """Make ``mentioned`` (``nno`` and what names a customer, as keys) and ``naming`` (row and ``nno``)."""
    region = REGIONS.get(work.frame.currency)
    keys = {
        "customer_code": code_key,
        "customer_email": str.casefold,
        "customer_phone": lambda text: phone_key(text, region) or normalise(text),
        "customer_name": lambda text: name_key(text[:200]),
    }
    for column, key in keys.items():
        work.key(f"SELECT {column} FROM typed", f"{column}_keys", key)
    joins = " ".join(f"LEFT JOIN {column}_keys ON {column}_keys.value = t.{column}" for column in keys)
    cells = ", ".join(f"{column}_keys.key AS {column}" for column in keys)
    work.con.execute(f"CREATE TABLE keyed AS SELECT t.{ROW}, {cells} FROM typed t {joins}")
    names = ", ".join(keys)
    work.con.execute(
        f"CREATE TABLE mentioned AS SELECT (row_number() OVER ())::INTEGER AS nno, {names}"
        f" FROM (SELECT DISTINCT {names} FROM keyed)"
    )
    same = " AND ".join(f"k.{name} IS NOT DISTINCT FROM n.{name}" for name in keys)
    work.con.execute(f"CREATE TABLE naming AS SELECT {ROW}, nno FROM keyed k JOIN mentioned n ON {same}")


def _sealed(work: Workspace) -> tuple[str, str]:
    """Columns over ``mentioned`` for what contact points of customers in a pool have instead of keys, and their joins."""
    if not is_anything_sealed():
        return ", ".join("NULL" for _each in _SEALED), ""
    for name, kind in _SEALED.items():
        work.key(f"SELECT customer_{kind} FROM mentioned", name, token_of(kind))
    joins = (f"LEFT JOIN {name} ON {name}.value = customer_{kind}" for name, kind in _SEALED.items())
    return ", ".join(f"{name}.key" for name in _SEALED), " ".join(joins)


def _find_named(work: Workspace, landing: Landing) -> None:
    """Make ``found``: for each ``nno`` how many customers within reach it means, and the one with its owner."""
    tokens, joins = _sealed(work)
    landing.copy(
        work.con,
        f"SELECT nno, {', '.join(_FOUND_BY)}, {tokens} FROM mentioned {joins}",
        "landed_named",
        f"nno int, {' text, '.join((*_FOUND_BY, *_SEALED))} text",
    )
    reach = "" if landing.actor.scope == "all" else f" AND {within('c')}"
    first = " ".join(
        f"WHEN l.{column} IS NOT NULL THEN ARRAY({found} LIMIT 2)" for column, found in _FOUND_BY.items()
    )
    landing.fetch(
        work,
        "SELECT l.nno, count(c.id), min(c.id::text)::uuid, min(c.owner_id::text)::uuid FROM"
        f" (SELECT nno, CASE {first} END AS ids FROM landed_named l) AS l"
        f" LEFT JOIN customers_customer c ON c.id = ANY (l.ids){reach} GROUP BY l.nno",
        "found",
        "nno INTEGER, number BIGINT, customer UUID, owner UUID",
    )
