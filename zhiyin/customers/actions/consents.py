"""The consent ledger: what customers said to which use of their data, and whether they want to be contacted."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.actions.timeline import add_to_timeline
from zhiyin.customers.choices import ConsentAnswer, ConsentChannel, ConsentSource, TimelineKind
from zhiyin.customers.events import ConsentRecorded
from zhiyin.customers.models import Consent, Purpose
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.record import record
from zhiyin.platform.text import checked

EARLIEST = datetime.date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a customer said.

    Without ``channels`` it holds for all; ``wording`` is what was asked, the purpose's own when left empty;
    ``proof`` says where the evidence is kept.
    """

    answer: str
    source: str
    channels: Sequence[str] = ()
    answered_on: datetime.date | None = None
    wording: str = ""
    proof: str = ""


def record_consent(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    purpose_id: uuid.UUID | None,
    answer: Answer,
    now: datetime.datetime,
) -> list[Consent]:
    """Write a customer's answer into the ledger, an entry for each channel; gives the entries.

    Without a purpose it is about any contact at all: refused means "do not contact", given lifts that.
    An entry is never changed: what was written wrongly is answered by a further entry.
    """
    actor.require("customers.edit")
    access.hold(access.customer(actor, customer_id, need="write").pk)
    purpose = _purpose(purpose_id)
    _check(answer)
    wording = checked(answer.wording, "wording", 4000) or (purpose.wording if purpose else "")
    made = Consent.objects.bulk_create(
        Consent(
            customer_id=customer_id,
            purpose=purpose,
            channel=channel,
            answer=answer.answer,
            source=answer.source,
            wording=wording,
            proof=checked(" ".join(answer.proof.split()), "proof", 500),
            actor_name=actor.name,
            answered_at=_moment(answer.answered_on, now),
            recorded_at=now,
        )
        for channel in dict.fromkeys(answer.channels or [""])
    )
    for entry in made:
        _tell(actor, entry, purpose, now)
    return made


def _purpose(purpose_id: uuid.UUID | None) -> Purpose | None:
    if purpose_id is None:
        return None
    found = Purpose.objects.filter(pk=purpose_id, archived_at=None).first()
    if found is None:
        raise NotFound(_("There is no such purpose."), field="purpose")
    return found


def _check(answer: Answer) -> None:
    choices = (
        ("answer", [answer.answer], ConsentAnswer),
        ("source", [answer.source], ConsentSource),
        ("channels", answer.channels, ConsentChannel),
    )
    for field, given, known in choices:
        if not set(given) <= set(known.values):
            raise Invalid(_("This is not one of the choices."), field=field)


def _moment(day: datetime.date | None, now: datetime.datetime) -> datetime.datetime:
    """The moment that an answer holds from: now, or the end of an earlier day, which an answer of that day keeps."""
    today = timezone.localdate(now)
    if day is None or day == today:
        return now
    if not EARLIEST <= day <= today:
        raise Invalid(_("The day of an answer lies in the past."), field="answered_on")
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.max))


def _tell(actor: Actor, entry: Consent, purpose: Purpose | None, now: datetime.datetime) -> None:
    said = {"purpose": purpose.name or purpose.code if purpose else "", "channel": entry.channel}
    add_to_timeline(
        actor=actor,
        customer_id=entry.customer_id,
        kind=TimelineKind.CONSENT,
        occurred_at=now,
        object_id=entry.pk,
        data={**said, "standard": bool(purpose and not purpose.name), "answer": entry.answer},
    )
    record(
        ConsentRecorded(entry.customer_id, entry.purpose_id, entry.channel, entry.answer),
        actor=actor,
        now=now,
        subject=("customer", entry.customer_id),
        changes={
            "consent": [None, entry.answer],
            "source": [None, entry.source],
            "answered_at": [None, entry.answered_at],
            **{name: [None, value] for name, value in said.items() if value},
        },
    )
