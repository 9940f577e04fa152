"""Shares: a customer seen, or changed, beyond ownership."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import TypeAdapter

from zhiyin.accounts.handover import PERMISSION
from zhiyin.accounts.models import Member, Unit
from zhiyin.customers import access
from zhiyin.customers.actions.before import keep_shares
from zhiyin.customers.actions.bulk import Done, Selection, selected, too_many
from zhiyin.customers.actions.timeline import each_on_timeline
from zhiyin.customers.choices import TimelineKind, UndoKind
from zhiyin.customers.events import CustomersShared, CustomersUnshared, SharingEnded
from zhiyin.customers.models import Customer, Share, Undo
from zhiyin.platform import jobs, notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied
from zhiyin.platform.record import record, write_each
from zhiyin.platform.text import checked

BATCH = 5_000
_TERMS = ("may_write", "ends_at", "part", "reason", "shared_by_id", "created_at")


@dataclass(frozen=True, slots=True)
class Sharing:
    """With whom, a member or a unit, to read or also to write, until the end of which day, and why.

    ``part`` is what a member does in the customer's team; without one he is not of it.
    """

    member_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    may_write: bool = False
    until: datetime.date | None = None
    reason: str = ""
    part: str = ""

    def data(self) -> dict[str, Any]:
        """As JSON, for a job."""
        found: dict[str, Any] = TypeAdapter(Sharing).dump_python(self, mode="json")
        return found

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Sharing":
        return TypeAdapter(cls).validate_python(data)


def share_customers(
    *,
    actor: Actor,
    selection: Selection,
    sharing: Sharing,
    now: datetime.datetime,
    in_background: bool = False,
) -> Done:
    """Share customers that are the actor's to dispose of; what was shared with the same before holds anew.

    More than ``BULK_AT_ONCE`` become a job. Raises ``Invalid``.
    """
    actor.require("customers.edit")
    recipient = _recipient(sharing)
    terms = _terms(actor, sharing, now)
    if not in_background and (many := too_many(actor, selection, "full")):
        return Done(0, _job(actor, many, sharing, now))
    ids = _held(actor, selection)
    shares = Share.objects.filter(customer__among=ids, member=sharing.member_id, unit=sharing.unit_id)
    before = list(shares)
    shares.update(**terms)
    there = {share.customer_id for share in before}
    made = Share.objects.bulk_create(
        (
            Share(customer_id=key, member_id=sharing.member_id, unit_id=sharing.unit_id, **terms)
            for key in ids
            if key not in there
        ),
        batch_size=BATCH,
    )
    _tell(actor, ids, recipient, sharing, now)
    told = {"what": "shared", "with": recipient, "may_write": sharing.may_write}
    if terms["part"]:
        told["part"] = terms["part"]
    each_on_timeline(actor, TimelineKind.SHARE, dict.fromkeys(ids, told), now)
    kept = keep_shares(actor, made, before, now)
    return Done(len(ids), undo_id=kept.pk)


def share_customer(*, actor: Actor, customer_id: uuid.UUID, sharing: Sharing, now: datetime.datetime) -> Done:
    """Share one customer. Raises what ``access.customer`` and ``share_customers`` do."""
    actor.require("customers.edit")
    access.customer(actor, customer_id, need="full")
    return share_customers(actor=actor, selection=Selection((customer_id,)), sharing=sharing, now=now)


def end_share(*, actor: Actor, customer_id: uuid.UUID, share_id: uuid.UUID, now: datetime.datetime) -> Undo:
    """Take a share away at once; gives what takes that back. Raises ``NotFound`` and ``OnlyShared``."""
    actor.require("customers.edit")
    access.customer(actor, customer_id, need="full")
    share = Share.objects.select_for_update().filter(pk=share_id, customer=customer_id).first()
    if share is None:
        raise NotFound
    record(
        SharingEnded(customer_id, share.member_id, share.unit_id),
        actor=actor,
        now=now,
        subject=("customer", customer_id),
        changes={"shared_with": [str(share.member or share.unit), None]},
    )
    return _end(actor, [share], now)


def end_shares(
    *,
    actor: Actor,
    selection: Selection,
    sharing: Sharing | None = None,
    now: datetime.datetime,
    in_background: bool = False,
) -> Done:
    """Take away all shares of customers that are the actor's to dispose of, or only those with one recipient.

    More than ``BULK_AT_ONCE`` customers become a job.
    """
    actor.require("customers.edit")
    if not in_background and (many := too_many(actor, selection, "full")):
        return Done(0, _job(actor, many, sharing, now, kind="customers.end_shares"))
    rows = Share.objects.filter(customer__among=_held(actor, selection))
    if sharing:
        rows = rows.filter(member=sharing.member_id, unit=sharing.unit_id)
    return _end_many(actor, rows, now)


def end_left_shares(*, actor: Actor, share_ids: Sequence[uuid.UUID], now: datetime.datetime) -> Done:
    """Take away shares whose giver left."""
    actor.require(PERMISSION)
    chosen = access.left_shares(actor).filter(pk__in=share_ids)
    return _end_many(actor, Share.objects.filter(pk__in=chosen.values("pk")), now)


def take_over_shares(*, actor: Actor, share_ids: Sequence[uuid.UUID], now: datetime.datetime) -> Done:
    """Make shares whose giver left the actor's own: they hold as before, and he answers for them."""
    actor.require(PERMISSION)
    if actor.member_id is None:
        raise PermissionDenied
    chosen = access.left_shares(actor).filter(pk__in=share_ids)
    rows = Share.objects.filter(pk__in=chosen.values("pk")).order_by("pk").select_for_update(of=("self",))
    before = list(rows)
    kept = keep_shares(actor, [], before, now)
    there = Share.objects.filter(pk__in=[each.pk for each in before])
    take_over(actor, there, actor.member_id, now)
    there.update(created_at=now)
    record(CustomersShared(len(before), None, None, None, may_write=False), actor=actor, now=now)
    return Done(len(before), undo_id=kept.pk)


def take_over(
    actor: Actor, rows: QuerySet[Share], member_id: uuid.UUID | None, now: datetime.datetime
) -> int:
    """Make shares those of somebody else, who answers for them from now on; how many."""
    before = list(rows.values_list("pk", "customer_id", "shared_by__name"))
    name = Member.objects.get(pk=member_id).name if member_id else None
    Share.objects.filter(pk__among=[key for key, *_rest in before]).update(shared_by=member_id)
    each = {customer: {"shared_by": [giver, name]} for _key, customer, giver in before}
    write_each(CustomersShared.name, actor=actor, now=now, kind="customer", changes=each)
    return len(before)


def share_instead(
    actor: Actor, rows: QuerySet[Share], member_id: uuid.UUID | None, now: datetime.datetime
) -> list[uuid.UUID]:
    """Share with somebody else what these share with a person, but customers that are his or shared with him; their keys."""
    his = Share.objects.filter(customer=OuterRef("customer"), member=member_id)
    fit = rows.exclude(customer__owner=member_id).exclude(Exists(his))
    before = list(fit.values_list("pk", "customer_id", "member__name"))
    ids = [key for key, *_rest in before]
    if ids and member_id:
        name = Member.objects.get(pk=member_id).name
        Share.objects.filter(pk__among=ids).update(member=member_id)
        each = {customer: {"shared_with": [former, name]} for _key, customer, former in before}
        write_each(CustomersShared.name, actor=actor, now=now, kind="customer", changes=each)
    return ids


def _end_many(actor: Actor, rows: QuerySet[Share], now: datetime.datetime) -> Done:
    shares = list(rows.select_related("member", "unit").order_by("pk").select_for_update(of=("self",)))
    by_customer: dict[uuid.UUID, list[str]] = defaultdict(list)
    for share in shares:
        by_customer[share.customer_id].append(str(share.member or share.unit))
    each = {key: {"shared_with": [", ".join(names), None]} for key, names in by_customer.items()}
    write_each(SharingEnded.name, actor=actor, now=now, kind="customer", changes=each)
    changes = {"customers": [None, len(by_customer)]}
    record(CustomersUnshared(len(by_customer), len(shares)), actor=actor, now=now, changes=changes)
    return Done(len(by_customer), undo_id=_end(actor, shares, now).pk)


def _end(actor: Actor, shares: Sequence[Share], now: datetime.datetime) -> Undo:
    kept = keep_shares(actor, [], shares, now, ended=True)
    _on_timeline(actor, "ended", shares, now)
    Share.objects.filter(pk__among=[each.pk for each in shares]).delete()
    return kept


def _on_timeline(actor: Actor, what: str, shares: Sequence[Share], now: datetime.datetime) -> None:
    """With each customer once, whoever it was shared with."""
    by_customer: dict[uuid.UUID, list[str]] = defaultdict(list)
    for share in shares:
        by_customer[share.customer_id].append(str(share.member or share.unit))
    each = {key: {"what": what, "with": ", ".join(names)} for key, names in by_customer.items()}
    each_on_timeline(actor, TimelineKind.SHARE, each, now)


def shares_undone(actor: Actor, kept: Undo, now: datetime.datetime) -> list[uuid.UUID]:
    """Shares are as they were, those aside that were changed since or whose customer or recipient is gone."""
    mine = set(
        access.customers(actor, "full").filter(pk__among=kept.customer_ids).values_list("pk", flat=True)
    )
    made = Share.objects.filter(pk__among=kept.link_ids, customer__in=mine, created_at=kept.created_at)
    ended, again = list(made.select_related("member", "unit")), list[Share]()
    done = {share.customer_id for share in ended}
    made.delete()
    columns = {column.attname: column for column in Share._meta.concrete_fields}
    for row in kept.data.get("before", []):
        values = {name: columns[name].to_python(value) for name, value in row.items()}
        if values["customer_id"] in mine and (found := _again(values, kept)):
            done.add(found.customer_id)
            again.append(found)
    _on_timeline(actor, "ended", ended, now)
    _on_timeline(actor, "shared", again if kept.what == UndoKind.UNSHARE else (), now)
    return sorted(done)


def _again(values: dict[str, Any], kept: Undo) -> Share | None:
    """A share that was changed by what is taken back, or ended by it, has its former terms."""
    there = Share.objects.select_for_update().filter(
        customer=values["customer_id"], member=values["member_id"], unit=values["unit_id"]
    )
    found = there.first()
    # kept before a term was there, a row does not tell it
    terms = {name: values[name] for name in _TERMS if name in values}
    if found is not None:
        return found if found.created_at == kept.created_at and there.update(**terms) else None
    if kept.what != UndoKind.UNSHARE or not _exists(values["member_id"], values["unit_id"]):
        return None
    return Share.objects.create(**values)


def _job(
    actor: Actor,
    selection: Selection,
    sharing: Sharing | None,
    now: datetime.datetime,
    kind: str = "customers.share",
) -> jobs.Job:
    return jobs.start(
        actor=actor,
        kind=kind,
        title=gettext("Sharing of many customers"),
        arguments={"selection": selection.data(), "sharing": sharing.data() if sharing else None},
        now=now,
    )


def _held(actor: Actor, selection: Selection) -> list[uuid.UUID]:
    """The customers to be shared, held so that none is deleted meanwhile."""
    rows = Customer.objects.filter(pk__in=selected(actor, selection, "full").values("pk")).order_by("pk")
    return list(rows.select_for_update(no_key=True).values_list("pk", flat=True))


def _recipient(sharing: Sharing) -> str:
    if bool(sharing.member_id) == bool(sharing.unit_id):
        raise Invalid(_("Choose a person or a unit."), field="with")
    name = _exists(sharing.member_id, sharing.unit_id)
    if not name:
        raise Invalid(_("Choose a person or a unit."), field="with")
    return name


def _exists(member_id: uuid.UUID | None, unit_id: uuid.UUID | None) -> str:
    """The name of an active member, or of a unit; nothing for nobody."""
    if member_id:
        member = Member.objects.filter(pk=member_id, is_active=True).first()
        return member.name if member else ""
    unit = Unit.objects.filter(pk=unit_id).first() if unit_id else None
    return unit.name if unit else ""


def _terms(actor: Actor, sharing: Sharing, now: datetime.datetime) -> dict[str, Any]:
    ends_at = None
    if sharing.until:
        if sharing.until < timezone.localdate(now):
            raise Invalid(_("A share ends today or later."), field="until")
        following = sharing.until + datetime.timedelta(days=1)
        ends_at = timezone.make_aware(datetime.datetime.combine(following, datetime.time.min))
    part = checked(" ".join(sharing.part.split()), "part", 60)
    if part and not sharing.member_id:
        raise Invalid(_("Only a person has a part in the team."), field="part")
    return {
        "may_write": sharing.may_write,
        "ends_at": ends_at,
        "part": part,
        "reason": checked(" ".join(sharing.reason.split()), "reason", 200),
        "shared_by_id": actor.member_id,
        "created_at": now,
    }


def _tell(
    actor: Actor, ids: Sequence[uuid.UUID], recipient: str, sharing: Sharing, now: datetime.datetime
) -> None:
    if not ids:
        return
    changes: dict[str, list[Any]] = {
        "shared_with": [None, recipient],
        "may_write": [None, sharing.may_write],
        "until": [None, sharing.until.isoformat() if sharing.until else None],
        "team_part": [None, sharing.part],
        "reason": [None, sharing.reason],
    }
    told = {name: pair for name, pair in changes.items() if pair[1] not in (None, "")}
    one = ids[0] if len(ids) == 1 else None
    if one is None:
        write_each(
            CustomersShared.name, actor=actor, now=now, kind="customer", changes=dict.fromkeys(ids, told)
        )
        told = {**told, "customers": [None, len(ids)]}
    record(
        CustomersShared(len(ids), one, sharing.member_id, sharing.unit_id, sharing.may_write),
        actor=actor,
        now=now,
        subject=("customer", one) if one else None,
        changes=told,
    )
    if sharing.member_id:
        notifications.tell(
            members=[sharing.member_id],
            code="customers.shared",
            data={"who": actor.name, "count": len(ids)},
            actor=actor,
            now=now,
        )
