"""A thing that needs a yes, for tests: its facts are what a test says."""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tests.cast import Company, Person
from zhiyin.approvals import actions, subjects
from zhiyin.approvals.actions import RuleSaid, StepSaid
from zhiyin.approvals.models import ApprovalRequest, ApprovalRule
from zhiyin.approvals.subjects import Matter, Subject
from zhiyin.platform.actors import Actor

CODE = "test.thing"


@dataclass
class Things:
    """By key what each is now; those of ``hidden`` nobody but the one who asks reaches."""

    now: dict[uuid.UUID, Matter] = field(default_factory=dict)
    hidden: set[uuid.UUID] = field(default_factory=set)

    def make(self, **facts: Any) -> uuid.UUID:
        key = uuid.uuid4()
        self.put(key, **facts)
        return key

    def put(self, key: uuid.UUID, **facts: Any) -> None:
        facts = {"amount": Decimal(200_000), "currency": "CNY", **facts}
        self.now[key] = Matter(digest=str(sorted(facts.items()))[-32:], **facts)

    def seen(self, _actor: Actor, keys: Collection[uuid.UUID]) -> set[uuid.UUID]:
        return set(keys) - self.hidden

    def names(self, keys: Collection[uuid.UUID]) -> Mapping[uuid.UUID, str]:
        return {key: "颐和空调大单" for key in keys if key in self.now}


@contextmanager
def things() -> Iterator[Things]:
    made = Things()
    subjects.register(Subject(CODE, _("Product"), "sales.edit", made.now.get, made.names, made.seen))
    try:
        yield made
    finally:
        subjects._subjects.pop(CODE)


def rule(company: Company, *steps: StepSaid, name: str = "大单", **bounds: Any) -> ApprovalRule:
    bounds = bounds or {"amount_from": Decimal(100_000)}
    said = RuleSaid(CODE, name, steps or (StepSaid(),), **bounds)
    return actions.create_rule(actor=company.gao.actor, said=said, now=timezone.now())


def named(*people: Person, mode: str = "any", hours: int | None = None) -> StepSaid:
    return StepSaid("people", mode, tuple(each.member.pk for each in people), hours)


def ask(who: Person, key: uuid.UUID, reason: str = "客户要年底前定") -> ApprovalRequest:
    return actions.ask_approval(
        actor=who.actor, subject=CODE, subject_id=key, reason=reason, now=timezone.now()
    )


def decide(who: Person, request: ApprovalRequest, answer: str = "approved", **more: Any) -> ApprovalRequest:
    more = {"comment": "" if answer == "approved" else "价太低", "now": timezone.now(), **more}
    return actions.decide_approval(actor=who.actor, request_id=request.pk, answer=answer, **more)


def asked(request: ApprovalRequest) -> Sequence[str]:
    """Whose answer is waited for now."""
    open_turn = request.turns.filter(state="open").first()
    rows = open_turn.seats.filter(answer="").order_by("member__name") if open_turn else ()
    return [each.member.name for each in rows]
