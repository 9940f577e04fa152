"""Everything zhiyin depends on, looked at one by one."""

import datetime
import shutil
import smtplib
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from zhiyin.config import startup
from zhiyin.config.environment import ConfigurationError, environment
from zhiyin.platform.postgres import PostgresError, check_external, find_leftovers

State = Literal["ok", "warning", "failed"]
_OLDEST_PYTHON = (3, 11)
_WORKER_SILENCE = datetime.timedelta(minutes=2)
_CLOCK_DIFFERENCE = datetime.timedelta(seconds=5)
_PACKAGE = Path(__file__).parent.parent
_LITTLE_DISK, _NO_DISK = 2 << 30, 200 << 20

_OPEN_TABLES = """
SELECT c.relname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
AND NOT (c.relrowsecurity AND c.relforcerowsecurity
         AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
ORDER BY 1
"""


@dataclass(frozen=True)
class Check:
    """What was looked at, how it stands, and what to do if it is not well."""

    name: str
    state: State
    message: str
    advice: str = ""


class Finding(Exception):
    """Something is not well."""

    def __init__(self, message: str, advice: str, state: State = "failed") -> None:
        super().__init__(message)
        self.message, self.advice, self.state = message, advice, state


def examine() -> Iterator[Check]:
    """All checks in order; those that need the database only if it answers."""
    yield _check("python", _python)
    configuration = _check("configuration", _configuration)
    yield configuration
    if configuration.state == "failed":
        return
    folder = _check("data folder", _home)
    yield folder
    if folder.state == "failed":
        return
    yield _check("secret key", _secret_key)
    yield from _with_database()
    yield _check("assets", _assets)
    yield _check("translations", _translations)
    yield _check("files", _storage)
    yield _check("mail", _mail)
    yield _check("left-over folders", _leftovers)


def _with_database() -> Iterator[Check]:
    try:
        with startup.database():
            database = _check("database", _database)
            yield database
            if database.state != "failed":
                startup.load_django()
                yield _check("migrations", _migrations)
                yield _check("row-level security", _row_level_security)
                yield _check("worker", _worker)
                yield _check("deliveries", _deliveries)
                yield _check("clock", _clock)
                yield _check("backup", _backup)
                yield _check("master key", _master_key)
                yield _check("keys file", _keys_file)
    except PostgresError as error:
        yield Check("database", "failed", str(error))


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", look())
    except Finding as finding:
        return Check(name, finding.state, finding.message, finding.advice)


def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        raise Finding(f"Python {version} is too old.", "Install Python 3.11 or later.")
    return f"Python {version}"


def _configuration() -> str:
    try:
        environment()
    except ConfigurationError as error:
        raise Finding(str(error), "Correct these variables in zhiyin's environment.") from error
    return "All ZHIYIN_ variables are valid."


def _home() -> str:
    home = environment().home
    try:
        startup.require_home(home)
    except ConfigurationError as error:
        raise Finding(str(error), "") from error
    free = shutil.disk_usage(home).free
    message = f"{home} can be written; {free >> 20:,} MB are free."
    if free < _LITTLE_DISK:
        raise Finding(
            message, "Free some space, or move ZHIYIN_HOME.", "failed" if free < _NO_DISK else "warning"
        )
    return message


def _secret_key() -> str:
    env = environment()
    if env.secret_key:
        return "Set by ZHIYIN_SECRET_KEY."
    env.signing_key()
    path = env.home / "secret_key"
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Finding(f"{path} can be read by others.", f"chmod 600 {path}")
    return f"Kept in {path}."


def _database() -> str:
    env = environment()
    try:
        facts = check_external(env.database_url, env.owner_database_url or None)
    except PostgresError as error:
        raise Finding(str(error), "") from error
    whose = "embedded" if startup.is_embedded() else "external"
    message = (
        f"PostgreSQL {facts.major} ({whose}) answers; the role {facts.role} cannot bypass row-level security."
    )
    if not env.owner_database_url:
        raise Finding(message, "Set ZHIYIN_OWNER_DATABASE_URL for migrate, backup and restore.", "warning")
    return message


def _migrations() -> str:
    pending = startup.pending_migrations()
    if pending:
        raise Finding(f"{len(pending)} migrations are missing, first {pending[0]}.", "Run `zhiyin migrate`.")
    return "All migrations are in."


def _row_level_security() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_OPEN_TABLES)
        names = [name for (name,) in cursor.fetchall()]
    if names:
        advice = (
            "Run `zhiyin migrate`; if that does not help, stop zhiyin: tenants could see each other's rows."
        )
        raise Finding(f"Not forced on {', '.join(names)}.", advice)
    return "Forced on every table of tenants."


def _worker() -> str:
    from django.db import ProgrammingError
    from django.utils import timezone

    from zhiyin.platform.models import Worker

    advice = "Start `zhiyin serve`, or `zhiyin worker` beside `zhiyin web`."
    try:
        seen = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    except ProgrammingError:  # its table is not there yet, as the migrations' check says
        seen = None
    if seen is None:
        raise Finding("No worker has run yet.", advice, "warning")
    if timezone.now() - seen > _WORKER_SILENCE:
        raise Finding(f"The last worker was seen at {seen:%Y-%m-%d %H:%M} UTC.", advice, "warning")
    return "A worker is at work."


def _deliveries() -> str:
    from django.db import ProgrammingError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pending, dead FROM outbox_backlog()")
            pending, dead = cursor.fetchone()
    except ProgrammingError:  # not there yet, as the migrations' check says
        return "None yet."
    if dead:
        advice = "An administrator finds them under Settings, Failed deliveries, and tries them again there."
        raise Finding(f"{dead} deliveries of events were given up.", advice, "warning")
    return f"{pending} under way, none given up."


def _clock() -> str:
    from django.db import connection
    from django.utils import timezone

    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        difference = abs(cursor.fetchone()[0] - timezone.now())
    if difference > _CLOCK_DIFFERENCE:
        message = f"This machine and the database differ by {difference.total_seconds():.0f} s."
        raise Finding(message, "Set both clocks by NTP.")
    return "This machine's clock agrees with the database's."


def _backup() -> str:
    from zhiyin.config.backup.database import Owner

    url = environment().owner_database_url
    if not url:
        raise Finding("Not possible as the application role.", "Set ZHIYIN_OWNER_DATABASE_URL.", "warning")
    try:
        owner = Owner(url)
    except PostgresError as error:
        raise Finding(
            str(error), "Until then `zhiyin backup` and `zhiyin restore` fail.", "warning"
        ) from error
    return f"pg_dump {owner.programs.major} is there for PostgreSQL {owner.major}."


def _master_key() -> str:
    from django.db import ProgrammingError

    from zhiyin.platform.crypto import CryptoError
    from zhiyin.platform.crypto.master import FileKeys, master_keys
    from zhiyin.platform.models import MasterKey

    try:
        known = set(MasterKey.objects.values_list("version", flat=True))
        held = master_keys()
        missing = sorted(each for each in known if not held.has(each))
    except ProgrammingError:  # its table is not there yet, as the migrations' check says
        return "None yet."
    except CryptoError as error:
        raise Finding(str(error), "Until then no sensitive value can be read.") from error
    if missing:
        advice = "Put it back: without it the sensitive values under it are lost."
        raise Finding(f"The master key {', '.join(missing)} is not here.", advice)
    if isinstance(held, FileKeys) and held.is_open():
        raise Finding(f"{held.path} can be read by others.", f"chmod 600 {held.path}")
    if not known:
        return "None yet: it is made with the first sensitive value."
    place = held.path if isinstance(held, FileKeys) else "the environment"
    return f"{held.current()}, in {place}. It is in no backup: keep a copy in a safe place."


def _keys_file() -> str:
    from zhiyin.config.backup.database import Owner
    from zhiyin.config.backup.keys import unblotted
    from zhiyin.platform.crypto import kept

    env = environment()
    path = kept.remembered(env.home)
    if path is None or not env.owner_database_url:
        return "None yet: `zhiyin backup` writes it."
    try:
        left = unblotted(Owner(env.owner_database_url), path)
    except (kept.KeysFileError, PostgresError) as error:
        advice = (
            "Bring it within reach and run `zhiyin keys backup`: keys destroyed meanwhile still stand in it."
        )
        raise Finding(str(error), advice, "warning") from error
    if left:
        raise Finding(f"{left} destroyed keys still stand in {path}.", "Run `zhiyin keys backup`.", "warning")
    return f"{path} is sound and holds no destroyed key."


def _translations() -> str:
    if not list((_PACKAGE / "locale").glob("*/LC_MESSAGES/django.mo")):
        raise Finding("Pages are in English only.", "In a checkout: `make wheel` or `make demo`.", "warning")
    return "Compiled."


def _assets() -> str:
    manifest = _PACKAGE / "web" / "static" / "zhiyin" / "manifest.json"
    if not manifest.exists():
        raise Finding(
            "The pages' style and scripts are not built.", "In a checkout: `npm ci && npm run build`."
        )
    return "Built."


def _storage() -> str:
    import fsspec

    env = environment()
    url = env.storage_url or str(env.home / "files")
    try:
        system, folder = fsspec.core.url_to_fs(url)
        place = f"{folder.rstrip('/')}/zhiyin-doctor"
        system.makedirs(folder, exist_ok=True)
        system.pipe_file(place, b"zhiyin")
        content = system.cat_file(place)
        system.rm_file(place)
    except Exception as error:
        raise Finding(
            f"{url} cannot be used: {error}", "Check ZHIYIN_STORAGE_URL and its credentials."
        ) from error
    if content != b"zhiyin":
        raise Finding(f"{url} gives back other bytes than were written.", "Check the storage.")
    return f"{url} can be written and read."


def _mail() -> str:
    url = environment().mail_url
    if not url:
        raise Finding(
            "No mail is sent.", "Set ZHIYIN_MAIL_URL, such as smtps://user:password@host.", "warning"
        )
    parts = urlsplit(url)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(parts.hostname or "localhost", parts.port or 0, timeout=10) as server:
            if parts.scheme == "smtp" and parts.username:
                server.starttls()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        raise Finding(f"{parts.hostname} does not take mail: {error}", "Check ZHIYIN_MAIL_URL.") from error
    return f"{parts.hostname} takes mail."


def _leftovers() -> str:
    found = find_leftovers()
    if not found:
        return "None."
    names = "; ".join(f"{each.folder} of {each.belonged_to}" for each in found)
    raise Finding(f"No longer used: {names}.", "`zhiyin doctor --clean` removes them.", "warning")
