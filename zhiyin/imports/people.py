"""Members of the company named in files: by e-mail address, or by a name that only one of them has."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from zhiyin.accounts.access import takers
from zhiyin.platform.actors import Actor

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace


def make_people(work: Workspace, actor: Actor) -> None:
    """Make the table ``people`` (``key``, ``id``) of those whom this actor reaches.

    ``key`` is what `person` makes of a cell. Called inside the company's scope.
    """
    found = list(takers(actor).values_list("id", "name", "user__email"))
    names = Counter(_key(name) for _id, name, _email in found)
    keys = {_key(email): member for member, _name, email in found}
    keys |= {_key(name): member for member, name, _email in found if names[_key(name)] == 1}
    work.con.execute("CREATE OR REPLACE TABLE people (key VARCHAR, id UUID)")
    work.insert("people", [list(keys), [str(member) for member in keys.values()]])


def person(column: str) -> str:
    """The expression that brings a cell into the form of ``people.key``."""
    return f"lower(regexp_replace({column}, '\\s+', ' ', 'g'))"


def _key(text: str) -> str:
    return " ".join(text.lower().split())
