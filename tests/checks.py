"""Checks of the whole tree that no linter makes: translations, migrations, the API's description.

``python -m tests.checks`` runs all and exits 1 with one line per fault; ``… openapi`` writes the API's description.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import polib

ROOT = Path(__file__).parents[1]
CATALOGUE = Path("locale/zh_Hans/LC_MESSAGES/django.po")
OPENAPI = ROOT / "docs" / "api" / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")


def django() -> None:
    """Set Django up without a database."""
    os.environ.setdefault("ZHIYIN_HOME", str(ROOT / "build" / "home"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.config.settings")
    import django as framework

    framework.setup()


def missing_translations() -> list[str]:
    """Strings in the sources that Chinese pages would show in English."""
    if not shutil.which("xgettext"):
        return ["xgettext is missing: make test-parts"]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "zhiyin"
        shutil.copytree(
            ROOT / "zhiyin", copy, ignore=shutil.ignore_patterns("static", "assets", "__pycache__")
        )
        subprocess.run(
            [
                sys.executable,
                "-P",
                "-W",
                "ignore",
                "-m",
                "django",
                "makemessages",
                "-l",
                "zh_Hans",
                "--no-obsolete",
            ],
            cwd=copy,
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        catalogue = polib.pofile(str(copy / CATALOGUE))
    return [f"not translated: {entry.msgid!r}" for entry in catalogue if not entry.translated()]


def forked_migrations() -> list[str]:
    """Migrations of one app that do not follow one another in a line."""
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    faults = []
    ours = {each.label for each in apps.get_app_configs() if each.name.startswith("zhiyin.")}
    for app in sorted(ours & loader.migrated_apps):
        leaves = loader.graph.leaf_nodes(app)
        if len(leaves) != 1:
            faults.append(f"{app}: {len(leaves)} last migrations")
        numbers = sorted(name[:4] for label, name in loader.disk_migrations if label == app)
        if numbers != [f"{number:04}" for number in range(1, len(numbers) + 1)]:
            faults.append(f"{app}: migrations are not numbered in a line: {', '.join(numbers)}")
    return faults


def openapi() -> dict[str, Any]:
    """The description of the API as the code gives it."""
    from zhiyin.api.http import api
    from zhiyin.config import urls

    assert urls.urlpatterns
    document: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return document


def breaking_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Operations that went away, and inputs that became required."""
    faults = []
    for path, operations in old.get("paths", {}).items():
        for method in METHODS:
            if method not in operations:
                continue
            fresh = new.get("paths", {}).get(path, {}).get(method)
            if fresh is None:
                faults.append(f"{method.upper()} {path} is gone")
                continue
            before = {p["name"] for p in operations[method].get("parameters", []) if p.get("required")}
            after = {p["name"] for p in fresh.get("parameters", []) if p.get("required")}
            faults += [f"{method.upper()} {path} now requires {name}" for name in sorted(after - before)]
    return faults


def stale_openapi() -> list[str]:
    """Whether the committed description differs from the code's."""
    committed = json.loads(OPENAPI.read_text()) if OPENAPI.exists() else {}
    return [] if committed == openapi() else ["docs/api/openapi.json is stale: make openapi"]


def write_openapi() -> list[str]:
    """Write the description; refuse a breaking change unless the version moved."""
    old = json.loads(OPENAPI.read_text()) if OPENAPI.exists() else {}
    new = openapi()
    if old.get("info", {}).get("version") == new["info"]["version"] and (
        faults := breaking_changes(old, new)
    ):
        return faults
    OPENAPI.parent.mkdir(parents=True, exist_ok=True)
    OPENAPI.write_text(json.dumps(new, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return []


def main() -> int:
    django()
    checks = (
        [write_openapi]
        if sys.argv[1:] == ["openapi"]
        else [missing_translations, forked_migrations, stale_openapi]
    )
    faults = [fault for check in checks for fault in check()]
    print("\n".join(faults), file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
