"""Looking for customers who are one, and deciding on those found."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access
from zhiyin.customers.actions.merges import MOST, merge_customers
from zhiyin.customers.choices import ContactKind, FieldType, Verdict
from zhiyin.customers.events import DuplicateRulesChanged, DuplicatesDecided, DuplicatesFound
from zhiyin.customers.keys import REGIONS
from zhiyin.customers.models import ContactPoint, Customer, CustomField, DuplicateRules, Suspect
from zhiyin.customers.sealing import in_clear
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import DomainError, Invalid, PermissionDenied
from zhiyin.platform.record import record

if TYPE_CHECKING:
    import pyarrow as pa

    from zhiyin.analytics.methods.linkage import Duplicates

KIND = "customers.duplicates"
WORTH_A_LOOK = 0.3
MOST_PAIRS = 50_000
CHUNK = 20_000
# decisions by people before anything is merged unseen
ENOUGH = 30
COLUMNS = ("id", "name", "city", "phone", "email", "address", "birthday", "id_number")
BIRTHDAYS = ("birthday", "birth", "date_of_birth", "生日", "出生")
# of ID numbers what they are found by is compared, which is equal or not and tells nothing else
_READ = """
SELECT c.id::text, c.name, c.city, p.phone, p.email, p.address, c.custom ->> %(birthday)s, encode(x.blind, 'hex')
FROM customers_customer c LEFT JOIN (
    SELECT customer_id, string_agg(value_key, ';') FILTER (WHERE kind = 'phone') AS phone,
        string_agg(value_key, ';') FILTER (WHERE kind = 'email') AS email,
        min(value) FILTER (WHERE kind = 'address') AS address
    FROM customers_contactpoint WHERE kind IN ('phone', 'email', 'address') AND sealed IS NULL GROUP BY customer_id
) p ON p.customer_id = c.id
LEFT JOIN customers_sensitivevalue v ON v.customer_id = c.id AND v.field = 'id_number'
LEFT JOIN customers_sensitiveindex x ON x.value_id = v.id
ORDER BY c.id
"""


def find_duplicates(*, actor: Actor, now: datetime.datetime) -> jobs.Job:
    """Compare all customers of the company, as a job whose findings are the queue."""
    actor.require("customers.edit")
    if actor.scope != "all":
        raise PermissionDenied
    return jobs.start(actor=actor, kind=KIND, title=_("Search for duplicates"), now=now)


def keep_duplicates(
    *, actor: Actor, now: datetime.datetime, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Find and keep them, and merge what the company's rules let merge unseen; what was found, in numbers."""
    actor.require("customers.edit")
    if actor.scope != "all":
        raise PermissionDenied
    rules = DuplicateRules.objects.first() or DuplicateRules()
    progress(_("Reading"))
    table = _table()
    if table.num_rows < 2:
        return {"compared": 0, "pairs": 0}
    progress(_("Comparing"))
    found = _found(actor, table, rules.precision)
    pairs = list(_pairs(found, table))
    _keep(pairs, now)
    result: dict[str, Any] = {
        "compared": found.compared,
        "pairs": len(pairs),
        "accepted": found.accepted,
        "expected_precision": round(found.expected_precision, 5),
        "precision": rules.precision,
    }
    decided, right = measured(found.threshold)
    result |= {"decided": decided, "right": right}
    if rules.automatic:
        proven = decided >= ENOUGH and right >= rules.precision * decided
        progress(_("Merging"))
        result["merged"] = _merge_sure(actor, pairs[: found.accepted], rules.precision, now) if proven else 0
    record(DuplicatesFound(len(pairs)), actor=actor, now=now, changes={"found": [None, result]})
    return result


def _table() -> "pa.Table":
    import pyarrow as pa

    dates = CustomField.objects.filter(archived_at=None, type=FieldType.DATE)
    birthday = next(
        (each.key for each in dates if any(word in f"{each.key} {each.label}".lower() for word in BIRTHDAYS)),
        "",
    )
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    batches = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(_READ, {"birthday": birthday})
        while rows := cursor.fetchmany(CHUNK):
            read = _in_clear(rows)
            batches.append(
                pa.record_batch([pa.array(each, pa.string()) for each in zip(*read, strict=True)], schema)
            )
    return pa.Table.from_batches(batches, schema)


def _in_clear(rows: Sequence[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    """Rows of ``_READ`` with what is sealed of those in a pool. One SQL statement, two where anything is."""
    sealed = ContactPoint.objects.filter(customer__among=[row[0] for row in rows], sealed__isnull=False)
    known: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in in_clear(sealed):
        if each.sealed:
            continue
        known[str(each.customer_id)][each.kind].append(
            each.value if each.kind == ContactKind.ADDRESS else each.value_key
        )
    for row in rows:
        if (mine := known.get(row[0])) is None:
            yield row
        else:
            phone, email, address = (mine[kind] for kind in ("phone", "email", "address"))
            yield (
                *row[:3],
                ";".join(phone) or None,
                ";".join(email) or None,
                min(address, default=None),
                *row[6:],
            )


def _found(actor: Actor, table: "pa.Table", precision: float) -> "Duplicates":
    from zhiyin.analytics.methods import linkage

    roles = {
        name: [name]
        for name in COLUMNS[1:]
        if table[name].null_count < table.num_rows and any(table[name].to_pylist())
    }
    currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    return linkage.find_duplicates(
        table, roles=roles, precision=precision, region=REGIONS.get(currency, "CN")
    )


Pair = tuple[uuid.UUID, uuid.UUID, float, dict[str, str]]


def _pairs(found: "Duplicates", table: "pa.Table") -> Iterator[Pair]:
    ids = table["id"]
    evidence: dict[int, dict[str, str]] = {}
    columns = (found.pairs[name].to_pylist() for name in ("left", "right", "probability", "pattern"))
    for place, (left, right, probability, pattern) in enumerate(zip(*columns, strict=True)):
        if place >= max(MOST_PAIRS, found.accepted) or probability < WORTH_A_LOOK:
            return
        if pattern not in evidence:
            evidence[pattern] = {field: code for field, (code, _words) in found.evidence(pattern).items()}
        one, other = sorted((uuid.UUID(ids[left].as_py()), uuid.UUID(ids[right].as_py())))
        yield one, other, probability, evidence[pattern]


def _keep(pairs: Sequence[Pair], now: datetime.datetime) -> None:
    """The queue is what was found now; verdicts stay."""
    rows = [
        Suspect(one_id=one, other_id=other, probability=probability, evidence=evidence, found_at=now)
        for one, other, probability, evidence in pairs
    ]
    tenant = _tenant()
    for each in rows:
        each.tenant_id = tenant
    Suspect.objects.bulk_create(
        rows,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["tenant_id", "one_id", "other_id"],
        update_fields=["probability", "evidence", "found_at"],
    )
    Suspect.objects.filter(verdict=Verdict.OPEN, found_at__lt=now).delete()


def _tenant() -> uuid.UUID:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_tenant()")
        found: uuid.UUID = cursor.fetchone()[0]
    return found


def measured(threshold: float) -> tuple[int, int]:
    """Of pairs at least so likely: on how many people have decided, and how many of these they merged for good.

    The model's own precision holds only where its assumptions do: without birthdays, say, relatives who share a
    telephone number look like one person.
    """
    decided = Suspect.objects.filter(probability__gte=threshold).exclude(decided_by="")
    counts = decided.aggregate(
        right=Count("pk", filter=Q(verdict=Verdict.MERGED)),
        wrong=Count("pk", filter=Q(verdict=Verdict.DIFFERENT)),
    )
    return counts["right"] + counts["wrong"], counts["right"]


def _merge_sure(actor: Actor, pairs: Sequence[Pair], precision: float, now: datetime.datetime) -> int:
    """Merge those accepted, but for whom somebody said that they are not the same; how many vanished."""
    kept = Suspect.objects.filter(verdict=Verdict.DIFFERENT).values_list("one_id", "other_id")
    different = set(kept)
    merged = 0
    for group in _groups((one, other) for one, other, *_rest in pairs if (one, other) not in different):
        if len(group) > MOST or any((one, other) in different for one in group for other in group):
            continue
        several = Customer.objects.filter(pk__in=group)
        oldest = several.order_by("created_at", "pk").first()
        if oldest is None or access.unrestricted(several).count() < len(group):
            continue
        others = [key for key in group if key != oldest.pk]
        try:
            with transaction.atomic():
                merge_customers(
                    actor=actor, survivor_id=oldest.pk, customer_ids=others, precision=precision, now=now
                )
        except DomainError:
            continue
        merged += len(others)
    return merged


def _groups(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> list[list[uuid.UUID]]:
    """Those who hang together through pairs."""
    leads: dict[uuid.UUID, uuid.UUID] = {}

    def lead(key: uuid.UUID) -> uuid.UUID:
        while leads.setdefault(key, key) != key:
            leads[key] = leads[leads[key]]
            key = leads[key]
        return key

    for one, other in pairs:
        leads[lead(one)] = lead(other)
    groups: dict[uuid.UUID, list[uuid.UUID]] = {}
    for key in list(leads):
        groups.setdefault(lead(key), []).append(key)
    return [sorted(group) for group in groups.values()]


def decide_duplicates(
    *, actor: Actor, suspect_ids: Sequence[uuid.UUID], verdict: str, now: datetime.datetime
) -> int:
    """Say of pairs that they are not the same, or to be looked at later, or open again; how many there were.

    Pairs of which the actor does not reach both are left alone.
    """
    actor.require("customers.edit")
    if verdict not in (Verdict.OPEN, Verdict.LATER, Verdict.DIFFERENT):
        raise Invalid(_("This is not one of the choices."), field="verdict")
    seen = access.customers(actor, "write").values("pk")
    pairs = Suspect.objects.filter(pk__in=list(suspect_ids), one_id__in=seen, other_id__in=seen)
    pairs = pairs.exclude(verdict=verdict)
    ids = [(each.one_id, each.other_id) for each in pairs.select_for_update().order_by("pk")]
    if not ids:
        return 0
    pairs.update(verdict=verdict, decided_at=now, decided_by=actor.name)
    told = [f"{one} {other}" for one, other in ids]
    record(DuplicatesDecided(len(ids), verdict), actor=actor, now=now, changes={"pairs": [None, told]})
    return len(ids)


def change_duplicate_rules(
    *, actor: Actor, automatic: bool, precision: float, tell_others: bool, now: datetime.datetime
) -> DuplicateRules:
    """Whether, and how sure, duplicates are merged unseen; whether a colleague's customers are told of at entry."""
    actor.require("settings.manage")
    if not 0.9 <= precision < 1:
        raise Invalid(_("The precision lies between 0.9 and 1."), field="precision")
    rules = DuplicateRules.objects.select_for_update().first() or DuplicateRules()
    after = {"automatic": automatic, "precision": precision, "tell_others": tell_others}
    changes = {
        name: [getattr(rules, name), value] for name, value in after.items() if getattr(rules, name) != value
    }
    for name, value in after.items():
        setattr(rules, name, value)
    rules.save()
    record(DuplicateRulesChanged(), actor=actor, now=now, changes=changes)
    return rules
