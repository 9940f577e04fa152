"""Proofs and checkpoints: against the definition, by the script alone, and from the database."""

import datetime
import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from tests.platform.tampering import as_owner
from tests.platform.test_audit_log import exported, write
from zhiyin.platform.actions import make_checkpoint
from zhiyin.platform.actors import Actor
from zhiyin.platform.audit import checkpoints, log, proofs, signing
from zhiyin.platform.audit import verify as script
from zhiyin.platform.audit.verify import Checkpoint, Refused, leaf_hash, node_hash, verify
from zhiyin.platform.errors import Conflict, NotFound, PermissionDenied
from zhiyin.platform.models import AuditCheckpoint, AuditEntry, AuditLeaf, AuditNode, AuditSeal
from zhiyin.platform.tenancy import scope

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def defined(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(defined(hashes[:split]), defined(hashes[split:]))


class Whole:
    """Every node of a tree, worked out from its leaves."""

    def __init__(self, hashes: list[bytes]) -> None:
        self.hashes = hashes

    def __call__(self, level: int, index: int) -> bytes:
        found = self.hashes[index << level : index + 1 << level]
        assert len(found) == 1 << level
        return defined(found)


@given(st.integers(1, 80), st.data())
def test_each_entry_is_proved_to_be_in_the_log(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    path = proofs.inclusion(index, size, Whole(hashes))
    assert len(path) <= (size - 1).bit_length()
    assert script.inclusion_root(hashes[index], index, size, path) == defined(hashes)
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index or size == 1))
    if size > 1:
        assert _fails(hashes[other], index, size, path, defined(hashes))
        assert _fails(hashes[index], other, size, path, defined(hashes))
        place = data.draw(st.integers(0, len(path) - 1))
        assert _fails(hashes[index], index, size, path[:place] + path[place + 1 :], defined(hashes))
        assert _fails(hashes[index], index, size, [*path, path[0]], defined(hashes))


def _fails(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    try:
        return script.inclusion_root(leaf, index, size, path) != root
    except Refused:
        return True


@given(st.integers(0, 80), st.data())
def test_growth_is_proved_and_nothing_else(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    old = data.draw(st.integers(0, size))
    roots = [defined(hashes[:each]) if each else script.EMPTY for each in (old, size)]
    path = proofs.consistency(old, size, Whole(hashes))
    script.check_consistency(old, roots[0], size, roots[1], path)
    with pytest.raises(Refused):
        script.check_consistency(old, leaf_hash(b"other"), size, roots[1], path)
    if old < size:
        rewritten = [leaf_hash(b"other"), *hashes[1:]]
        if old:
            with pytest.raises(Refused):
                path = proofs.consistency(old, size, Whole(rewritten))
                script.check_consistency(old, roots[0], size, defined(rewritten), path)


# RFC 6962, 2.1.3, and the same in RFC 9162, 2.1.5: the paths in a tree of seven leaves, by their names
def test_the_example_of_the_rfc() -> None:
    d = leaves(7)
    g, h, i = (node_hash(d[n], d[n + 1]) for n in (0, 2, 4))
    j = d[6]
    k, l = node_hash(g, h), node_hash(i, j)  # noqa: E741
    tree = Whole(d)
    assert proofs.inclusion(0, 7, tree) == [d[1], h, l]
    assert proofs.inclusion(3, 7, tree) == [d[2], g, l]
    assert proofs.inclusion(4, 7, tree) == [d[5], j, k]
    assert proofs.inclusion(6, 7, tree) == [i, k]
    assert proofs.consistency(3, 7, tree) == [d[2], d[3], g, l]
    assert proofs.consistency(4, 7, tree) == [l]
    assert proofs.consistency(6, 7, tree) == [i, j, k]


# the specification's own example, https://c2sp.org/signed-note
NOTE = """Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
CHECKPOINT = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""


def test_checkpoints_are_read_as_specified() -> None:
    point = Checkpoint.read(CHECKPOINT)
    assert (point.origin, point.size) == ("example.com/behind-the-sofa", 20852163)
    assert point.text == CHECKPOINT.split("\n\n", maxsplit=1)[0] + "\n"
    assert point.signatures[0][1][:4].hex() == "033de0ae"
    for wrong in (
        NOTE,
        "",
        CHECKPOINT.replace("\n\n", "\n"),
        CHECKPOINT.replace("2085", "02085"),
        "a\n1\nb\n\n",
    ):
        with pytest.raises(Refused):
            Checkpoint.read(wrong)


def test_a_signature_holds_for_its_text_and_key_only() -> None:
    name = script.origin_of("t")
    note = signing.signed(script.checkpoint_text(name, 3, bytes(32), "2026-11-22T12:00:00Z"), name)
    point = Checkpoint.read(note)
    assert (point.size, point.time) == (3, "2026-11-22T12:00:00Z")
    point.check_signature(signing.public_key())
    point.check_signature(signing.verifier_key(name))
    for altered in (note.replace("\n3\n", "\n4\n"), note.replace("12:00", "13:00")):
        with pytest.raises(Refused, match="wrong"):
            Checkpoint.read(altered).check_signature(signing.public_key())
    other = script.base64.b64encode(bytes(31) + b"\x01").decode()
    with pytest.raises(Refused, match="nobody"):
        point.check_signature(other)
    with pytest.raises(Refused, match="not a key"):
        point.check_signature("nonsense")


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    made = tmp_path / "home" / "audit_key"
    first = signing._load.__wrapped__("", made)
    assert made.stat().st_mode & 0o777 == 0o600
    assert list(made.parent.iterdir()) == [made]
    again = signing._load.__wrapped__("", made)
    configured = signing._load.__wrapped__(made.read_text(), tmp_path / "none")
    by_path = signing._load.__wrapped__(str(made), tmp_path / "none")
    assert len({key.public_key().public_bytes_raw() for key in (first, again, configured, by_path)}) == 1
    for wrong in ("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n", str(tmp_path / "none")):
        with pytest.raises(ImproperlyConfigured) as told:
            signing._load.__wrapped__(wrong, made)
        assert "c2VjcmV0" not in str(told.value)
        assert told.value.__cause__ is None


# from the database


@pytest.fixture
def tenant(committed: None) -> uuid.UUID:
    return uuid.uuid4()


def sign(tenant: uuid.UUID) -> AuditCheckpoint:
    with scope(tenant):
        return checkpoints.make(tenant, now=NOW)[0]


def entries(tenant: uuid.UUID) -> list[uuid.UUID]:
    with scope(tenant):
        return list(AuditLeaf.objects.order_by("sequence").values_list("entry_id", flat=True))


def test_every_entry_and_every_growth_of_a_log_is_proved_by_the_script_alone(
    tenant: uuid.UUID, tmp_path: Path
) -> None:
    points = []
    for count in (3, 255, 6):
        write(tenant, count)
        points.append(sign(tenant))
    write(tenant, 2)
    log.seal(tenant, now=NOW)
    with scope(tenant):
        documents = [checkpoints.inclusion_proof(tenant, each) for each in entries(tenant)]
        grown = checkpoints.consistency_proof(tenant, 3, 264)
    assert [each["sequence"] for each in documents] == list(range(1, 267))
    assert [bool(each["checkpoint"]) for each in documents] == [True] * 264 + [False] * 2
    for document in documents:
        assert verify([json.dumps(document)]).ok
    assert verify([json.dumps(grown)], checkpoints=[points[0].note], key=signing.public_key()).ok
    # in a process that knows neither zhiyin nor a database
    copy = tmp_path / "verify.py"
    copy.write_bytes(Path(str(script.__file__)).read_bytes())
    (tmp_path / "proof.json").write_text(json.dumps(documents[100]))
    (tmp_path / "grown.json").write_text(json.dumps(grown))
    (tmp_path / "audit.jsonl").write_text("\n".join(exported(tenant)) + "\n")
    (tmp_path / "first.txt").write_text(points[0].note)
    (tmp_path / "old.txt").write_text(points[1].note)
    key = ["--key", signing.verifier_key(points[0].note.split("\n")[0])]
    for words in (
        ["proof.json", *key],
        ["grown.json", "--checkpoint", "first.txt", *key],
        ["audit.jsonl", "--checkpoint", "old.txt", *key],
    ):
        ended = subprocess.run(
            [sys.executable, "-I", "verify.py", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended
        assert ended.stdout.startswith("ok: ")
    (tmp_path / "proof.json").write_text(json.dumps(documents[100] | {"sequence": 100}))
    ended = subprocess.run(
        [sys.executable, "-I", "verify.py", "proof.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout[:20]) == (1, "first bad entry: 100")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sequence": 2}, "not in the log"),
        ({"size": 4}, "path"),
        ({"root": "00" * 32}, "not in the log"),
        ({"path": []}, "too short"),
        ({"path": ["zz"]}, "not a proof"),
        ({"tenant": str(uuid.uuid4())}, "another tenant"),
        ({"entry": None}, "not a proof"),
    ],
)
def test_an_altered_proof_does_not_hold(tenant: uuid.UUID, change: dict[str, Any], text: str) -> None:
    write(tenant, 5)
    sign(tenant)
    with scope(tenant):
        proof = checkpoints.inclusion_proof(tenant, entries(tenant)[2])
    assert verify([json.dumps(proof)], key=signing.public_key()).ok
    (problem,) = verify([json.dumps(proof | change)]).problems
    assert text in problem.text
    assert not verify([json.dumps(proof | {"checkpoint": None})], key=signing.public_key()).ok


def test_a_log_that_was_rewritten_or_cut_is_found_by_a_checkpoint(tenant: uuid.UUID) -> None:
    write(tenant, 5)
    point = sign(tenant)
    write(tenant, 2)
    lines = exported(tenant)
    assert verify(lines, checkpoints=[point.note], key=signing.public_key()).ok
    other = uuid.uuid4()
    write(other, 7)
    strange = [line.replace(str(other), str(tenant)) for line in exported(other)]
    kinds = {each.kind for each in verify(strange, checkpoints=[point.note]).problems}
    assert "checkpoint" in kinds
    write(other, 1)
    assert {each.kind for each in verify(exported(other), checkpoints=[point.note]).problems} >= {"tenant"}
    longer = point.note.replace("\n5\n", "\n50\n")
    assert [each.kind for each in verify(lines, checkpoints=[longer]).problems] == ["shorter"]
    assert "signature" in [
        each.kind for each in verify(lines, checkpoints=[longer], key=signing.public_key()).problems
    ]
    assert [each.kind for each in verify(lines, checkpoints=["nonsense"]).problems] == ["unreadable"]


def test_checkpoints_are_signed_on_demand_once_a_size_and_audited(tenant: uuid.UUID) -> None:
    write(tenant, 2)
    auditor = Actor(
        tenant_id=tenant, member_id=uuid.uuid4(), name="高敏", permissions=frozenset({"audit.view"})
    )
    nobody = Actor(tenant_id=tenant, member_id=uuid.uuid4(), name="吴桐")
    with scope(tenant):
        with pytest.raises(PermissionDenied):
            make_checkpoint(actor=nobody, now=NOW)
        assert not AuditCheckpoint.objects.exists()
        assert make_checkpoint(actor=auditor, now=NOW).size == 2
        assert AuditEntry.objects.get(action="platform.checkpoint_made").changes == {"size": [None, 2]}
        point, is_new = checkpoints.make(tenant, now=NOW)
        assert (point.size, is_new) == (3, True)
        assert checkpoints.make(tenant, now=NOW) == (point, False)
        assert checkpoints.read(point).time == "2026-11-22T12:00:00Z"


def test_nothing_is_signed_that_contradicts_what_was_signed(tenant: uuid.UUID) -> None:
    write(tenant, 4)
    sign(tenant)
    with as_owner(tenant, "platform_auditseal") as cursor:
        cursor.execute("UPDATE platform_auditseal SET peaks[1] = sha256(root)")
    write(tenant, 1)
    with scope(tenant), pytest.raises(Conflict):
        checkpoints.make(tenant, now=NOW)


def test_what_waits_or_is_not_there_has_no_proof(tenant: uuid.UUID) -> None:
    write(tenant, 1)
    with scope(tenant):
        entry = AuditEntry.objects.get()
        with pytest.raises(Conflict):
            checkpoints.inclusion_proof(tenant, entry.pk)
        with pytest.raises(NotFound):
            checkpoints.inclusion_proof(tenant, uuid.uuid4())
        with pytest.raises(NotFound):
            checkpoints.consistency_proof(tenant, 1, 2)


@pytest.mark.parametrize("index", [0, 7_654_321, 9_999_999])
def test_a_proof_over_ten_million_entries_reads_six_short_ranges(
    index: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 10_000_000
    read: list[int] = []

    def block(level: int, first: int) -> list[bytes]:
        count = min(256, (size >> level) - first)
        read.append(count)
        return [leaf_hash(f"{level}/{first + place}".encode()) for place in range(count)]

    monkeypatch.setattr(proofs, "_read", block)
    assert len(proofs.inclusion(index, size, proofs.Stored())) <= 24
    assert len(read) <= 6
    read.clear()
    assert len(proofs.consistency(index + 1, size, proofs.Stored())) <= 25
    assert len(read) <= 6


def test_what_was_sealed_before_nodes_were_kept_is_filled_in(tenant: uuid.UUID) -> None:
    from importlib import import_module

    for count in (200, 1, 400):
        write(tenant, count)
        log.seal(tenant, now=NOW)
    with scope(tenant):
        nodes = set(AuditNode.objects.values_list("level", "index", "hash"))
        seals = list(AuditSeal.objects.order_by("size").values_list("previous", "size"))
    assert {each[:2] for each in nodes} == {(8, 0), (8, 1)}
    assert seals == [(0, 200), (200, 201), (201, 601)]
    with as_owner(tenant, "platform_auditnode", "platform_auditseal") as cursor:
        cursor.execute("DELETE FROM platform_auditnode")
        cursor.execute("UPDATE platform_auditseal SET previous = 0")
    fill = import_module("zhiyin.platform.migrations.0006_audit_proofs").FILL
    with connections["owner"].cursor() as cursor:
        cursor.execute(fill)
    with scope(tenant):
        assert set(AuditNode.objects.values_list("level", "index", "hash")) == nodes
        assert list(AuditSeal.objects.order_by("size").values_list("previous", "size")) == seals
