"""Every action says who acts and when, checks that he may, and leaves an audit entry and an event."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import zhiyin

PACKAGE = Path(zhiyin.__file__).parent
VERBS_FREE = {"__init__", "guards"}
# public functions beside actions that are none, with the reason; the list may only shrink
NO_ACTIONS = {
    "customers.selected": "reads which customers are meant, for several actions and for the page that asks",
    "imports.find_profile": "reads a profile by its name, for the action and the command that use it",
}
# actions that ask for no permission by name, with the reason; the list may only shrink
WITHOUT_PERMISSION = {
    "accounts.enter_company": "membership was checked on the way in",
    "accounts.change_profile": "everybody's own",
    "accounts.choose_preferences": "everybody's own",
    "accounts.create_token": "for oneself; for others it requires accounts.manage",
    "platform.start": "the action that starts the job has asked",
    "platform.cancel": "one's own; jobs.view_all opens the others'",
    "platform.retry": "one's own; jobs.view_all opens the others'",
}


@dataclass(frozen=True)
class Action:
    """A public function of an app's actions that takes ``actor`` and is called from outside them."""

    app: str
    path: str
    node: ast.FunctionDef
    helpers: dict[str, ast.FunctionDef]

    def __str__(self) -> str:
        return f"{self.app}.{self.node.name}"


def _files() -> Iterator[tuple[str, Path]]:
    for app in sorted(PACKAGE.iterdir()):
        single, folder = app / "actions.py", app / "actions"
        if single.exists():
            yield app.name, single
        if folder.is_dir():
            yield from (
                (app.name, path) for path in sorted(folder.rglob("*.py")) if path.stem not in VERBS_FREE
            )
    jobs = PACKAGE / "platform" / "jobs" / "actions.py"
    if jobs.exists():
        yield "platform", jobs


def _used_outside() -> set[str]:
    """Names imported from actions by files that are none: pages, operations, commands, handlers, tasks."""
    names: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name == "actions.py" or "actions" in path.parts:
            continue
        tree = ast.parse(path.read_text())
        modules: set[str] = set()
        for part in ast.walk(tree):
            if isinstance(part, ast.ImportFrom) and part.module and part.module.startswith("zhiyin."):
                inside = "actions" in part.module.split(".")
                names |= {each.name for each in part.names if inside}
                modules |= {
                    each.asname or each.name for each in part.names if inside or each.name == "actions"
                }
        for part in ast.walk(tree):
            if (
                isinstance(part, ast.Attribute)
                and isinstance(part.value, ast.Name)
                and part.value.id in modules
            ):
                names.add(part.attr)
    return names


def actions() -> list[Action]:
    found: list[Action] = []
    used = _used_outside()
    for app, path in _files():
        functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
        by_name = {node.name: node for node in functions}
        found += [
            Action(app, str(path.relative_to(PACKAGE)), node, by_name)
            for node in functions
            if not node.name.startswith("_") and node.name in used and _takes(node, "actor")
        ]
    return [action for action in found if str(action) not in NO_ACTIONS]


def _takes(node: ast.FunctionDef, name: str) -> bool:
    return any(argument.arg == name for argument in [*node.args.args, *node.args.kwonlyargs])


def _calls(
    node: ast.FunctionDef, helpers: dict[str, ast.FunctionDef], seen: frozenset[str] = frozenset()
) -> set[str]:
    """Names called in a function and in the functions of the same file that it calls."""
    names: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            name = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
            names.add(name)
    for name in sorted(names & helpers.keys() - seen):
        names |= _calls(helpers[name], helpers, seen | {name})
    return names


def _asking_access(app: str) -> set[str]:
    """Functions of an app's ``access`` that ask for a permission themselves."""
    path = PACKAGE / app / "access.py"
    if not path.exists():
        return set()
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    helpers = {node.name: node for node in functions}
    return {node.name for node in functions if _calls(node, helpers) & {"require", "may"}}


ACTIONS = actions()
every_action = pytest.mark.parametrize("action", ACTIONS, ids=str)


def test_there_are_actions() -> None:
    assert len(ACTIONS) > 20


@every_action
def test_takes_keywords_only_with_actor_and_now(action: Action) -> None:
    arguments = action.node.args
    assert not [*arguments.args, *arguments.posonlyargs], f"{action.path}: {action} takes positions"
    assert {"actor", "now"} <= {each.arg for each in arguments.kwonlyargs}


@every_action
def test_leaves_an_audit_entry_and_an_event(action: Action) -> None:
    # an action may be made of others, which record
    others = {each.node.name for each in ACTIONS} - {action.node.name}
    assert _calls(action.node, action.helpers) & ({"record", "record_read"} | others), (
        f"{action.path}: {action}"
    )


@every_action
def test_asks_whether_the_actor_may(action: Action) -> None:
    if str(action) not in WITHOUT_PERMISSION:
        asked = {"require", "may"} | _asking_access(action.app)
        assert _calls(action.node, action.helpers) & asked, f"{action.path}: {action}"


@every_action
def test_the_clock_is_passed_in(action: Action) -> None:
    for part in ast.walk(action.node):
        assert not (isinstance(part, ast.Call) and ast.unparse(part.func) in ("timezone.now", "datetime.now"))


def test_no_exception_is_left_of_an_action_that_went() -> None:
    names = {str(action) for action in ACTIONS}
    assert WITHOUT_PERMISSION.keys() <= names
