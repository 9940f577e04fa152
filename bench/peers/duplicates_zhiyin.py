"""Our side of bench/duplicates.py."""

import sys

import pyarrow.compute as pc
from pyarrow import parquet

from bench.peers.timing import Timing
from bench.peers.truth import measured
from zhiyin.analytics.methods.linkage import Duplicates, find_duplicates

FEBRL = {
    "given_name": ["given_name"], "surname": ["surname"], "birthday": ["date_of_birth"], "id_number": ["soc_sec_id"],
    "street_number": ["street_number"], "address": ["address_1", "address_2"], "city": ["suburb"],
    "postcode": ["postcode"], "province": ["state"],
}  # fmt: skip
CHINESE = {
    "name": ["姓名"], "phone": ["手机"], "email": ["邮箱"], "birthday": ["生日"], "city": ["城市"], "address": ["地址"],
}  # fmt: skip

table = parquet.read_table(sys.argv[1]).combine_chunks()
is_febrl = "soc_sec_id" in table.column_names
left, right = (table.filter(pc.equal(table["side"], side)) for side in (0, 1))
timing = Timing()


def find() -> Duplicates:
    roles, region = (FEBRL, "AU") if is_febrl else (CHINESE, "CN")
    return find_duplicates(
        left, right if right.num_rows else None, roles=roles, region=region, precision=0.99
    )


found = timing.task("duplicates", find, 1)
pairs = found.pairs.slice(0, found.accepted)
ends = zip(pairs["left"].to_pylist(), pairs["right"].to_pylist(), strict=True)
shift = left.num_rows if right.num_rows else 0
timing.facts = measured(table, ((one, other + shift) for one, other in ends))
timing.facts |= {"expected_precision": found.expected_precision, "compared": found.compared}
timing.report()
