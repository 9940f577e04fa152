"""The operating-system user that PostgreSQL runs as: ourselves, or an unprivileged one when we are root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from zhiyin.platform.postgres.errors import PostgresError

# initdb looks its user up by name, so a number without an entry in the user database will not do.
_CANDIDATES = ("zhiyin", "postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Who runs the server; `uid` is None when that is the current user."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def choose(cls, existing: Path) -> Account:
        """The owner of an `existing` data folder, else the first unprivileged user that is there."""
        if os.geteuid() != 0:
            return cls()
        if existing.exists() and (uid := existing.stat().st_uid) != 0:
            return cls(uid, existing.stat().st_gid)
        for name in _CANDIDATES:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise PostgresError(
            "PostgreSQL refuses to run as root and there is no user 'postgres' or 'nobody' to run it as: "
            "`useradd --system postgres`, or run zhiyin as an ordinary user."
        )

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as this user and return its outcome; its messages are in English."""
        environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC"}
        return subprocess.run(  # noqa: S603 - callers pass our own programs
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can reach `folder`; tried, because modes alone do not tell (ACLs, mounts)."""
        return self.uid is None or self.run("test", "-x", folder).returncode == 0

    def can_run(self, program: Path) -> bool:
        try:
            return self.run(program, "--version").returncode == 0
        except OSError:
            return False

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def make_folder(self, path: Path) -> None:
        """A folder of this user that nobody else may enter; one that is not his is refused."""
        if not path.exists():
            path.mkdir(mode=0o700, parents=True)
            self.own(path)
        expected = os.geteuid() if self.uid is None else self.uid
        if path.is_symlink() or path.stat().st_uid != expected:
            raise PostgresError(
                f"{path} belongs to somebody else: remove it, or set ZHIYIN_HOME to another folder."
            )


def copy_programs(source: Path, target: Path) -> None:
    """Copy one installation and the libraries beside its package to `target`, complete or not at all."""
    if target.exists():
        return
    package = source.parent
    libraries = package.with_name(package.name + ".libs")
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    ignored = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(source, draft / package.name / source.name, symlinks=True, ignore=ignored)
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    try:
        draft.rename(target)
    except OSError:  # another process was faster
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():
            raise
