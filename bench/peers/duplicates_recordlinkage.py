"""The side of recordlinkage in bench/duplicates.py: after its example for FEBRL, with its ECM classifier."""

# Its libraries live in an environment of their own.
# mypy: ignore-errors

import sys
import warnings

import recordlinkage
from pyarrow import parquet

from bench.peers.timing import Timing
from bench.peers.truth import measured

warnings.simplefilter("ignore")
table = parquet.read_table(sys.argv[1])
frame = table.to_pandas()
left, right = frame[frame.side == 0], frame[frame.side == 1]
timing = Timing()


def find():
    sides = (left, right) if len(right) else (left,)
    indexer = recordlinkage.Index()
    for column in ("surname", "given_name", "postcode", "date_of_birth"):
        indexer.block(column)
    candidates = indexer.index(*sides)
    compare = recordlinkage.Compare()
    compare.string("given_name", "given_name", method="jarowinkler", threshold=0.85)
    compare.string("surname", "surname", method="jarowinkler", threshold=0.85)
    compare.exact("date_of_birth", "date_of_birth")
    compare.string("suburb", "suburb", method="jarowinkler", threshold=0.85)
    compare.exact("state", "state")
    compare.exact("postcode", "postcode")
    compare.string("address_1", "address_1", method="jarowinkler", threshold=0.85)
    compare.string("soc_sec_id", "soc_sec_id", method="levenshtein", threshold=0.8)
    features = compare.compute(candidates, *sides)
    return recordlinkage.ECMClassifier().fit_predict(features)


timing.facts = measured(table, timing.task("duplicates", find, 1))
timing.report()
