"""Every single change to an exported log is found, and the entry named."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.platform.audit.verify import CHAIN_START, Tree, canonical, chain_hash, entry_hash, told, verify

TENANT = "01a203a0-0000-7000-8000-000000000000"


def entry(number: int) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "tenant": TENANT,
        "action": "customers.edited",
        "changes": {"name": [None, "王"]},
    }


def export(size: int, seals: set[int], start: int = 0) -> list[str]:
    tree, chain, rows = Tree(), CHAIN_START, []
    for sequence in range(1, size + 1):
        leaf = entry_hash(sequence, entry(sequence + start))
        chain = chain_hash(chain, leaf)
        tree.append(leaf)
        rows.append(
            {
                "type": "entry",
                "sequence": sequence,
                "entry": entry(sequence + start),
                "leaf": leaf.hex(),
                "chain": chain.hex(),
            }
        )
        if sequence in seals or sequence == size:
            rows.append({"type": "seal", "size": sequence, "root": tree.root().hex()})
    head = {"type": "log", "format": 1, "tenant": TENANT, "size": size, "root": tree.root().hex()}
    return [canonical(row) for row in [head, *rows]]


def sequences(lines: list[str]) -> list[int | None]:
    return [json.loads(line).get("sequence") for line in lines]


LOGS = st.builds(export, st.integers(2, 20), st.sets(st.integers(1, 20)))


@given(LOGS)
def test_an_untouched_log_is_found_whole(lines: list[str]) -> None:
    report = verify(lines)
    assert report.ok
    assert report.root == json.loads(lines[0])["root"]


@given(LOGS, st.data())
def test_any_altered_character_is_found(lines: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(lines[at]) - 1))
    char = data.draw(st.characters(codec="utf-8").filter(lambda new: new != lines[at][place]))
    sequence = json.loads(lines[at]).get("sequence")
    lines[at] = lines[at][:place] + char + lines[at][place + 1 :]
    report = verify(lines)
    assert not report.ok
    if sequence:
        assert report.first_bad == sequence
        assert told(report).startswith(f"first bad entry: {sequence}\n")


@given(LOGS, st.data())
def test_any_removed_entry_is_named(lines: list[str], data: st.DataObject) -> None:
    size = json.loads(lines[0])["size"]
    sequence = data.draw(st.integers(1, size))
    del lines[sequences(lines).index(sequence)]
    report = verify(lines)
    assert report.first_bad == sequence
    assert sequence in {problem.sequence for problem in report.problems if "missing" in problem.text}


@given(LOGS, st.data())
def test_an_end_cut_off_is_named(lines: list[str], data: st.DataObject) -> None:
    size = json.loads(lines[0])["size"]
    first = data.draw(st.integers(1, size))
    report = verify(lines[: sequences(lines).index(first)])
    assert report.first_bad == first
    assert len(report.problems) >= size - first + 1


@given(LOGS, st.data())
def test_any_two_exchanged_entries_are_named(lines: list[str], data: st.DataObject) -> None:
    size = json.loads(lines[0])["size"]
    one, two = data.draw(st.lists(st.integers(1, size), min_size=2, max_size=2, unique=True).map(sorted))
    here, there = sequences(lines).index(one), sequences(lines).index(two)
    lines[here], lines[there] = lines[there], lines[here]
    report = verify(lines)
    assert one in {problem.sequence for problem in report.problems if "moved" in problem.text}


@given(LOGS, st.data())
def test_a_doubled_entry_is_named(lines: list[str], data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([n for n, sequence in enumerate(sequences(lines)) if sequence]))
    lines.insert(data.draw(st.integers(at, len(lines))), lines[at])
    found = {problem.sequence for problem in verify(lines).problems}
    assert sequences([lines[at]])[0] in found


@given(LOGS, st.data())
def test_renumbering_does_not_hide_a_removal(lines: list[str], data: st.DataObject) -> None:
    removed = data.draw(st.integers(1, json.loads(lines[0])["size"] - 1))
    rows = [json.loads(line) for line in lines]
    rows = [row for row in rows if row.get("sequence") != removed]
    for row in rows:
        if row.get("sequence", 0) > removed:
            row["sequence"] -= 1
    found = {problem.sequence for problem in verify([canonical(row) for row in rows]).problems}
    assert removed in found


@given(st.integers(2, 20), st.data())
def test_a_rewritten_log_is_found_by_a_noted_root(size: int, data: st.DataObject) -> None:
    noted_at = data.draw(st.integers(1, size))
    noted = json.loads(export(noted_at, set())[0])["root"]
    assert verify(export(size, set()), noted_roots=[noted]).roots_found == {noted: noted_at}
    rewritten = verify(export(size, set(), start=1), noted_roots=[noted])
    assert not rewritten.ok
    assert verify(export(size, set(), start=1)).ok  # consistent in itself: only the noted root tells


@pytest.mark.parametrize(
    "lines",
    [[], [""], ["[]"], ["not JSON"], ['{"type":"log"}'], export(3, set())[1:], [*export(3, set()), ""]],
    ids=["empty", "blank", "list", "text", "bare", "headless", "trailing"],
)
def test_what_is_no_export_is_refused(lines: list[str]) -> None:
    assert not verify(lines).ok


def test_checking_needs_no_django() -> None:
    code = "import sys, zhiyin.platform.audit.verify; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
