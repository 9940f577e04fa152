"""Whoever sees a customer by a share may not change it: every action says how far its customers must be in reach."""

import ast
from pathlib import Path

import zhiyin

PACKAGE = Path(zhiyin.__file__).parent
REACHING = {
    "customer",
    "customers",
    "note",
    "relation",
    "document",
    "merge",
    "order",
    "orders",
    "selected",
    "opportunity",
    "opportunities",
}
# calls in actions that only read, by file and function, with the reason; the list may only shrink
READS = {
    "customers.disputes._disputed": "a claim to another's customer changes nothing about it",
    "customers.notes._sees": "whom a note may tell of the customer",
    "customers.relations._other": "the other end of a relation is only named",
    "customers.printing._begin": "prints",
    "customers.sensitive.reveal_sensitive": "shows",
    "sales.targets._require_reach": "a target names a customer and changes nothing of them",
    "customers.relations.relate_again": "both ends are only to be seen; what is restored was one's own change",
}


def _asks_nothing(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    through = isinstance(call.func, ast.Name) or (
        isinstance(call.func.value, ast.Name) and call.func.value.id.endswith(("access", "customers"))
        if isinstance(call.func, ast.Attribute)
        else False
    )
    if name not in REACHING or not through or not call.args:
        return False
    by_place = name in {"customers", "orders", "opportunities"} and len(call.args) > 1
    by_place = by_place or (name == "selected" and len(call.args) > 2)
    return not by_place and "need" not in {each.arg for each in call.keywords}


def readers() -> set[str]:
    found = set()
    for app in ("customers", "activities", "commerce", "sales"):
        for path in sorted((PACKAGE / app / "actions").rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and any(
                    isinstance(part, ast.Call) and _asks_nothing(part) for part in ast.walk(node)
                ):
                    found.add(f"{app}.{path.stem}.{node.name}")
    return found


def test_an_action_asks_for_customers_that_it_may_change() -> None:
    assert readers() <= READS.keys(), "give `need`, or the reason why reading is enough"
