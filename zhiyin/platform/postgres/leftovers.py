"""Folders that nobody uses any more among those a root user's servers keep outside their data folders.

They remain where a data folder was removed by hand, a test run was killed, or Python packages were upgraded.
"""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from zhiyin.platform.postgres.places import BELONGS_TO, SHARED_ROOT, programs_stamp


@dataclass(frozen=True)
class Leftover:
    """A folder, what it was for, and when it was last in use."""

    folder: Path
    belonged_to: str
    used_at: datetime.datetime

    @property
    def holds_data(self) -> bool:
        """Whether it is a database, whose data folder may just be out of reach (an unmounted disk)."""
        return self.folder.name.startswith("postgres-")

    def remove(self) -> None:
        shutil.rmtree(self.folder)


def find_leftovers(shared_root: Path = SHARED_ROOT) -> list[Leftover]:
    """What can be removed: its user is gone, and no process works in it or runs from it."""
    found = [_leftover(folder) for folder in sorted(shared_root.glob("*-*")) if _is_abandoned(folder)]
    busy = set(_places_of_processes()) if found else set()
    return [each for each in found if not any(place.is_relative_to(each.folder) for place in busy)]


def _is_abandoned(folder: Path) -> bool:
    try:
        user = (folder / BELONGS_TO).read_text().strip()
    except OSError:  # not ours to judge
        return False
    if folder.name.startswith("postgres-"):
        return (Path(user) / "server").resolve() != folder.resolve()
    return f"programs-{programs_stamp(Path(user))}" != folder.name


def _leftover(folder: Path) -> Leftover:
    newest = max(path.stat().st_mtime for path in (folder, *folder.glob("*")))
    used_at = datetime.datetime.fromtimestamp(newest, tz=datetime.UTC)
    return Leftover(folder, (folder / BELONGS_TO).read_text().strip(), used_at)


def _places_of_processes() -> Iterator[Path]:
    for process in psutil.process_iter():
        for ask in (process.cwd, process.exe):
            try:
                yield Path(ask())
            except (psutil.Error, OSError):
                continue
