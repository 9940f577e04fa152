"""Our side of bench/rfm.py."""

import sys

from pyarrow import parquet

from bench.peers.timing import Timing
from zhiyin.analytics.methods.rfm import Summary, score, summarise

table = parquet.read_table(sys.argv[1]).combine_chunks()
timing = Timing()


def summary() -> Summary:
    return summarise(table["customer"], table["day"], table["amount"], unit="week")


def with_scores() -> int:
    found = summary()
    scores = [score(-found.T + found.t_x), score(found.x), score(found.spend)]
    return int(sum(part.sum(dtype=int) for part in scores))


found = timing.task("summary", summary)
timing.task("summary_and_scores", with_scores)
timing.facts = {"x": int(found.x.sum()), "t_x": float(found.t_x.sum()), "spend": float(found.spend.sum())}
timing.report()
