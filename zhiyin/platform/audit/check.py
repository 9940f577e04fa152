"""Computes a tenant's log anew and compares it with what was sealed, in the background."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from zhiyin.platform import jobs
from zhiyin.platform.audit import log
from zhiyin.platform.audit.entries import canonical
from zhiyin.platform.audit.verify import verify
from zhiyin.platform.models import Job

KIND = "audit.check"
MOST_PROBLEMS = 50


def latest() -> Job | None:
    """The tenant's last check, finished or not."""
    return Job.objects.filter(kind=KIND).order_by("-id").first()


@jobs.handler(KIND, permission="audit.view", repeatable=True)
def check(run: jobs.JobRun) -> dict[str, Any]:
    """What ``zhiyin audit verify`` does with an export, without writing one."""
    log.seal(run.tenant_id, now=run.now)
    with run.scope():
        report = verify(_lines(run))
    problems = [dataclasses.asdict(each) for each in report.problems[:MOST_PROBLEMS]]
    return {
        "ok": report.ok,
        "size": report.size,
        "root": report.root,
        "problems": problems,
        "problem_count": len(report.problems),
    }


def _lines(run: jobs.JobRun) -> Iterator[str]:
    total, done = 0, 0
    for line in log.lines(run.tenant_id):
        if line["type"] == "log":
            total = line["size"]
        elif line["type"] == "entry":
            done += 1
            run.progress(done, total)
        yield canonical(line)
