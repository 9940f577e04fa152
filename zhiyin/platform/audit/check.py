"""Computes a tenant's log anew and compares it with what was sealed, in the background."""

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from zhiyin.platform import jobs
from zhiyin.platform.audit import log, signing
from zhiyin.platform.audit.verify import CHAIN_START, Problem, Report, Tree, canonical, chain_hash, verify
from zhiyin.platform.events import CheckpointMade
from zhiyin.platform.models import AuditCheckpoint, AuditNode, AuditSeal, Job

KIND = "audit.check"
MOST_PROBLEMS = 50
# in one statement each, as the worker seals on meanwhile
_BESIDE = """
SELECT (SELECT count(*) FROM platform_auditentry e
        WHERE NOT EXISTS (SELECT FROM platform_auditleaf l WHERE l.entry_id = e.id)
          AND NOT EXISTS (SELECT FROM platform_auditpending p WHERE p.id = e.id)),
       (SELECT coalesce(max(sequence), 0) FROM platform_auditleaf)
       - (SELECT coalesce(max(size), 0) FROM platform_auditseal)
"""


def latest() -> Job | None:
    """The tenant's last check, finished or not."""
    return Job.objects.filter(kind=KIND).order_by("-id").first()


@jobs.handler(KIND, permission="audit.view", repeatable=True)
def check(run: jobs.JobRun) -> dict[str, Any]:
    """What ``zhiyin audit verify`` does with an export, without writing one, and with all that is stored."""
    log.seal(run.tenant_id, now=run.now)
    with run.scope():
        report, problems = examine(run.tenant_id, run.progress)
    return {
        "ok": not problems,
        "size": report.size,
        "root": report.root,
        "problems": [dataclasses.asdict(each) | {"text": each.text} for each in problems[:MOST_PROBLEMS]],
        "problem_count": len(problems),
    }


def examine(tenant_id: uuid.UUID, progress: Callable[[int, int], None]) -> tuple[Report, list[Problem]]:
    """The sealed log as it is read, and what is wrong in it or in the tree kept beside it."""
    stored = _Stored()
    notes = [point.note for point in stored.checkpoints]
    report = verify(_lines(tenant_id, stored, progress), checkpoints=notes, key=signing.public_key())
    # once an entry is wrong, everything above it is
    return report, report.problems or stored.finish()


def _lines(tenant_id: uuid.UUID, stored: "_Stored", progress: Callable[[int, int], None]) -> Iterator[str]:
    total, done = 0, 0
    for line in log.lines(tenant_id):
        if line["type"] == "log":
            total = line["size"]
            stored.begin(total)
        elif line["type"] == "entry":
            done += 1
            progress(done, total)
            stored.take(bytes.fromhex(line["leaf"]))
            if line["entry"]["action"] == CheckpointMade.name:
                stored.promised.add(line["entry"]["changes"]["size"][1])
        yield canonical(line)


class _Stored:
    """Nodes, seals and checkpoints as they are kept, beside those that the leaves give."""

    def __init__(self) -> None:
        self.checkpoints = list(AuditCheckpoint.objects.order_by("size"))
        self.promised: set[int] = set()
        self.problems: list[Problem] = []
        self._tree, self._chain, self._previous = Tree(), CHAIN_START, 0
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._seals: Iterator[AuditSeal] = iter(())
        self._seal: AuditSeal | None = None

    def begin(self, size: int) -> None:
        rows = AuditNode.objects.values_list("level", "index", "hash")
        self._nodes = {
            (level, index): bytes(found)
            for level, index, found in rows.iterator()
            if index + 1 << level <= size or index < 0
        }
        self._seals = AuditSeal.objects.filter(size__lte=size).order_by("size").iterator()
        self._seal = next(self._seals, None)

    def take(self, leaf: bytes) -> None:
        completed = self._tree.append(leaf)
        self._chain = chain_hash(self._chain, leaf)
        for node in log.kept_nodes(completed, self._tree.size):
            place = (node.level, node.index)
            if self._nodes.pop(place, None) != node.hash:
                self._problem("node", "{}/{}".format(*place))
        if self._seal and self._seal.size == self._tree.size:
            self._compare(self._seal)

    def _compare(self, seal: AuditSeal) -> None:
        kept = (seal.previous, bytes(seal.root), bytes(seal.chain), [bytes(peak) for peak in seal.peaks])
        if kept != (self._previous, self._tree.root(), self._chain, self._tree.peaks):
            self._problem("kept_seal", str(seal.size))
        self._previous, self._seal = seal.size, next(self._seals, None)

    def finish(self) -> list[Problem]:
        for level, index in self._nodes:
            self._problem("node", f"{level}/{index}")
        if self._seal:
            self._problem("kept_seal", str(self._seal.size))
        for point in self.checkpoints:
            if point.note.split("\n")[1] != str(point.size):
                self._problem("kept_checkpoint", str(point.size))
        for size in sorted(self.promised - {point.size for point in self.checkpoints}):
            self._problem("kept_checkpoint", str(size))
        with connection.cursor() as cursor:
            cursor.execute(_BESIDE)
            strangers, behind = cursor.fetchone()
        if strangers or behind:
            self._problem("unsealed", str(strangers or abs(behind)))
        return self.problems

    def _problem(self, kind: str, detail: str) -> None:
        self.problems.append(Problem(kind, detail=detail))
