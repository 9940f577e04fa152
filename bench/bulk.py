"""Changes of many among a million customers, and taking them back, beside the bare UPDATE of the same rows.

    python -m bench.bulk [--many 1000 5000]

In the tenant of ``bench.scale``, in a transaction that is rolled back. Each action writes an entry of the log and what
undoes it for every customer, and keeps ownership, holdings and protection; the ``UPDATE`` writes the one column, under
the same policies and triggers.
"""

import argparse
import functools
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from bench.scale import HOME, TENANT, settings
from zhiyin.platform.postgres.cluster import Cluster


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    done = work()
    return time.perf_counter() - began, done


def bare(ids: list[uuid.UUID], member_id: uuid.UUID) -> float:
    """Seconds of an UPDATE of the owner alone, taken back."""
    from django.db import transaction

    from zhiyin.customers.models import Customer

    rows = Customer.objects.filter(pk__among=ids)
    with transaction.atomic():
        seconds, _done = timed(lambda: rows.update(owner=member_id))
        transaction.set_rollback(True)
    return seconds


def changes(many: int) -> dict[str, float]:
    """Seconds of each change of so many customers, by what it is."""
    from django.utils import timezone

    from zhiyin.accounts.models import Member
    from zhiyin.customers import actions
    from zhiyin.customers.actions import Selection
    from zhiyin.customers.models import Customer
    from zhiyin.platform.actors import Actor

    actor, now = Actor.system(TENANT), timezone.now()
    member = Member.objects.filter(is_active=True).order_by("pk")[3]
    others = Customer.objects.exclude(owner=member).order_by("name_key")
    ids = list(others.values_list("pk", flat=True)[:many])
    chosen = Selection(ids=tuple(ids))
    found = {"UPDATE": bare(ids, member.pk)}
    steps: dict[str, Callable[[], Any]] = {
        "owner": lambda: actions.assign_customers(
            actor=actor, selection=chosen, owner_id=member.pk, now=now, in_background=True
        ),
        "grade": lambda: actions.set_grade(
            actor=actor, selection=chosen, grade_id=None, reason="x", now=now, in_background=True
        ),
    }
    for name, work in steps.items():
        found[name], done = timed(work)
        undo = functools.partial(actions.undo_change, actor=actor, undo_id=done.undo_id, now=now)
        found[f"{name}, undone"], _back = timed(functools.partial(undo, in_background=True))
    found["bin"], _done = timed(
        lambda: actions.delete_customers(actor=actor, selection=chosen, now=now, in_background=True)
    )
    return found


def hand_over() -> dict[str, float]:
    """Seconds of handing over all that a member has to three others, and of taking it back."""
    from django.utils import timezone

    from zhiyin.accounts.actions import handover as actions
    from zhiyin.accounts.handover import Plan, Taker, preview
    from zhiyin.accounts.models import Handover, Member
    from zhiyin.platform.actors import Actor

    actor, now = Actor.system(TENANT), timezone.now()
    giver, *takers = Member.objects.filter(is_active=True).order_by("pk")[4:8]
    plan = Plan(parts=("customers",), people=tuple(Taker(member_id=each.pk) for each in takers))
    found = {}
    found["preview"], _shown = timed(lambda: preview(actor=actor, giver_id=giver.pk, plan=plan, now=now))
    made = actions.hand_over(actor=actor, giver_id=giver.pk, plan=plan, now=now)
    part = functools.partial(
        actions.hand_over_part, actor=actor, handover_id=made.pk, code="customers", now=now
    )
    back = functools.partial(
        actions.take_back_part, actor=actor, handover_id=made.pk, code="customers", now=now
    )
    found["hand-over"], _done = timed(part)
    print(Handover.objects.get(pk=made.pk).parts["customers"]["count"], "customers handed over")
    found["hand-over, undone"], _back = timed(back)
    return found


def grades() -> dict[str, float]:
    """Seconds of the ready-made rules of grading over all customers."""
    from django.utils import timezone

    from zhiyin.customers import actions, queries
    from zhiyin.platform.actors import Actor

    actor, now = Actor.system(TENANT), timezone.now()
    actions.set_grades(actor=actor, grades=actions.ready_grades(), now=now)
    found = {}
    found["grades, preview"], _shown = timed(
        lambda: queries.preview_grades(actor, queries.all_grades(), timezone.localdate())
    )
    found["grades, applied"], moved = timed(lambda: actions.apply_grades(actor=actor, now=now))
    print(f"grades: {moved}")
    found["grades, again"], _none = timed(lambda: actions.apply_grades(actor=actor, now=now))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--only", choices=["changes", "hand_over", "grades"], nargs="+")
    options = parser.parse_args()
    with Cluster(HOME / "postgres", durable=False) as cluster:
        settings(cluster)
        import django

        django.setup()
        from django.db import transaction

        from zhiyin.platform.schema import migrate
        from zhiyin.platform.tenancy import scope

        migrate()
        logging.disable(logging.WARNING)
        runs: dict[str, Callable[[], dict[str, float]]] = {
            **{f"changes of {many:,}": functools.partial(changes, many) for many in options.many},
            "hand_over": hand_over,
            "grades": grades,
        }
        for name, run in runs.items():
            if options.only and name.split()[0] not in options.only:
                continue
            with transaction.atomic(), scope(TENANT):
                print(name)
                for what, seconds in run().items():
                    print(f"  {what:20} {seconds:8.2f} s", flush=True)
                transaction.set_rollback(True)


if __name__ == "__main__":
    main()
