"""What is done to keys and to what is under them, company by company, from the command line."""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count

from zhiyin.accounts.models import Tenant
from zhiyin.activities.actions import connections
from zhiyin.config.backup.database import Owner
from zhiyin.config.backup.keys import save_keys
from zhiyin.config.environment import environment
from zhiyin.customers.actions import erase_again, seal_again
from zhiyin.customers.actions.sensitive import encrypt_again
from zhiyin.customers.actions.sensitive import index_sensitive as index_of_company
from zhiyin.platform.actions import rotate_keys
from zhiyin.platform.actors import Actor
from zhiyin.platform.crypto import CryptoError, kept, rotation
from zhiyin.platform.crypto.master import master_keys
from zhiyin.platform.models import MasterKey, SubjectKey, TenantKey
from zhiyin.platform.tenancy import scope

PURGED_AT_ONCE = 500
Report = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Standing:
    """The keys of one company: versions by purpose, under which master keys, subjects with and without a key."""

    tenant: str
    versions: dict[str, list[int]]
    masters: list[str]
    subjects: int
    erased: int
    under_older: int


def purge_again(now: datetime.datetime) -> int:
    """Erase in each company whom a backup of before the purge or erasure brought back; how many."""
    total = 0
    for tenant in Tenant.objects.order_by("code"):
        actor, count = Actor.system(tenant.pk), PURGED_AT_ONCE
        while count == PURGED_AT_ONCE:
            with scope(tenant.pk):
                count = erase_again(actor=actor, most=PURGED_AT_ONCE, now=now)
            total += count
    return total


def standing() -> list[Standing]:
    found = []
    for tenant in Tenant.objects.order_by("code"):
        with scope(tenant.pk):
            rows = list(TenantKey.objects.order_by("purpose", "version"))
            newest = max((each.version for each in rows if each.purpose == "data"), default=0)
            by_version = dict(
                SubjectKey.objects.exclude(wrapped=None)
                .values("version")
                .annotate(many=Count("pk"))
                .values_list("version", "many")
            )
            versions: dict[str, list[int]] = {}
            for each in rows:
                versions.setdefault(each.purpose, []).append(each.version)
            found.append(
                Standing(
                    tenant.code,
                    versions,
                    sorted({each.master for each in rows}),
                    sum(by_version.values()),
                    SubjectKey.objects.filter(wrapped=None).count(),
                    sum(many for version, many in by_version.items() if version < newest),
                )
            )
    return found


def index_sensitive() -> int:
    """Make again what sensitive values are found by; gives how many. Raises ``CryptoError``."""
    done = 0
    for tenant in Tenant.objects.order_by("code"):
        with scope(tenant.pk):
            done += index_of_company() + seal_again(tenant.pk)
    return done


def rotate_master() -> tuple[str, int]:
    """A new master key, and every company's keys under it; what was left half done is done first.

    Gives the version and how many keys were wrapped anew.
    """
    held = master_keys()
    used = {each for company in standing() for each in company.masters}
    former = held.current()
    if used <= {former}:
        held.make(former)
    done = 0
    for tenant in Tenant.objects.order_by("code"):
        with scope(tenant.pk):
            done += rotation.rewrap_company()
    keep_file()
    return held.current(), done


def forget_masters() -> list[str]:
    """Destroy the versions of the master key that wrap nothing any more, neither here nor in the keys file."""
    held = master_keys()
    used = {each for company in standing() for each in company.masters} | {held.current()}
    if path := kept.remembered(environment().home):
        try:
            used |= kept.read(path).masters()
        except kept.KeysFileError as error:
            raise CryptoError(f"{error} Until then no master key is forgotten.") from error
    gone = [each for each in MasterKey.objects.values_list("version", flat=True) if each not in used]
    for each in gone:
        held.forget(each)
    MasterKey.objects.filter(version__in=gone).delete()
    return gone


def rotate_company(
    tenant: Tenant,
    *,
    actor: Actor,
    now: datetime.datetime,
    batch: int = rotation.BATCH,
    values: bool = False,
    report: Report = print,
) -> int:
    """New keys for one company, and those of its customers under them, in batches that are committed one by one.

    With ``values`` each customer has a new key too, and his values are encrypted under it.
    """
    with scope(tenant.pk):
        rotate_keys(actor=actor, now=now)
    done = 0
    while True:
        with scope(tenant.pk):
            some = rotation.rewrap_some(batch)
        if not some:
            break
        done += some
        report(done)
    if values:
        _encrypt_again(tenant, batch)
    with scope(tenant.pk):
        index_of_company()
        seal_again(tenant.pk)
        connections.seal_again()
        rotation.finish()
    keep_file()
    return done


def _encrypt_again(tenant: Tenant, batch: int) -> None:
    last: uuid.UUID | None = None
    while True:
        with scope(tenant.pk):
            last = encrypt_again(after=last, batch=batch)
        if last is None:
            return


def keep_file() -> Path | None:
    """Bring the keys file of the last backup up to date, if it is within reach."""
    env = environment()
    path = kept.remembered(env.home)
    if path is None or not env.owner_database_url or not path.exists():
        return None
    save_keys(Owner(env.owner_database_url), path, env.home)
    return path
