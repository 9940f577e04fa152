"""The wizard, as a person walks through it, and the same through the API."""

import csv
import re
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from tests.imports.importing import HEADER, ODD, ODD_MAPPING, odd_profile
from tests.imports.test_orders import FILE
from zhiyin.commerce.models import Order
from zhiyin.imports import actions
from zhiyin.imports.models import Import
from zhiyin.platform import jobs
from zhiyin.platform.models import StoredFile


def _cells(page, tag):
    return [unescape(cell) for cell in re.findall(f"<{tag}[^>]*>([^<]*)</{tag}>", page)]


def _upload(client, content=FILE, name="订单.csv"):
    return client.post(
        reverse("imports:start"), {"file": SimpleUploadedFile(name, content.encode()), "kind": ""}
    )


def _run(cast):
    with cast.scope():
        job = jobs.Job.objects.order_by("-id").first()
    return jobs.run_now(job)


def test_from_the_file_to_the_result_and_back(cast):
    client = cast.gao.client
    show = _upload(client).headers["Location"]
    page = client.get(show).content.decode()
    assert "订单号" in page
    assert 'value="商品编码" selected' in page
    names, first, *_rest = csv.reader(FILE.splitlines())
    assert _cells(page, "th")[: len(names)] == names
    assert _cells(page, "td")[: len(names)] == first
    with cast.scope():
        batch = Import.objects.get()
    chosen = dict(batch.mapping)
    assert client.post(reverse("imports:columns", args=[batch.id]), chosen).status_code == 302
    assert _run(cast).state == "succeeded"
    assert client.get(show).status_code == 200
    client.post(reverse("imports:apply", args=[batch.id]))
    assert _run(cast).state == "succeeded"
    page = client.get(show).content.decode()
    assert reverse("imports:undo", args=[batch.id]) in page
    client.post(reverse("imports:save_profile", args=[batch.id]), {"name": "商城"})
    assert "商城" in client.get(reverse("imports:profiles")).content.decode()
    assert "订单.csv" in client.get(reverse("imports:list")).content.decode()
    client.post(reverse("imports:undo", args=[batch.id]))
    assert _run(cast).state == "succeeded"
    assert client.get(show).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        "code,name,type,phone,email,city,source\nK1,林岚,person,13800000000,lin@example.com,上海,展会\n",
        "商品编码,商品名称,品牌\nP1,电饭煲,知音\n",
    ],
    ids=["customers", "products"],
)
def test_master_data_from_the_file_to_the_result(cast, content):
    client = cast.gao.client
    show = _upload(client, content).headers["Location"]
    assert client.get(show).status_code == 200
    with cast.scope():
        batch = Import.objects.get()
    assert client.post(reverse("imports:columns", args=[batch.id]), batch.mapping).status_code == 302
    assert _run(cast).state == "succeeded"
    assert client.get(show).status_code == 200


def test_a_file_that_cannot_be_read_is_told_beside_the_form(cast):
    answer = _upload(cast.gao.client, "", "empty.csv")
    assert answer.status_code == 422
    with cast.scope():
        assert not Import.objects.exists()


def test_a_missing_column_is_told(cast):
    client = cast.gao.client
    _upload(client)
    with cast.scope():
        batch = Import.objects.get()
    mapping = {**batch.mapping, "ordered_at": ""}
    answer = client.post(reverse("imports:columns", args=[batch.id]), mapping)
    assert answer.status_code == 422


def test_the_same_through_the_api(cast):
    client = cast.gao.client
    answer = client.post(
        reverse("api:upload_import"),
        {"file": SimpleUploadedFile("a.csv", FILE.encode())},
    )
    assert answer.status_code == 201, answer.content
    key = answer.json()["id"]
    assert answer.json()["kind"] == "orders"
    started = client.post(reverse("api:apply_import", args=[key]))
    assert started.status_code == 202
    _run(cast)
    done = client.get(reverse("api:get_import", args=[key])).json()
    assert done["state"] == "applied"
    assert done["result"]["effect"]["lines_created"] == 4


@pytest.fixture
def profile(cast):
    """How a shop writes its files: nothing of it can be guessed."""
    with cast.scope():
        return odd_profile()


def _is_read_as_the_profile_says(cast):
    with cast.scope():
        batch = Import.objects.get()
        assert (batch.kind, batch.mapping, batch.source) == ("orders", ODD_MAPPING, "shop")
        assert batch.date_formats == {"ordered_at": "%d.%m.%Y"}
        assert batch.options["delimiter"] == "||"
    return batch


def _has_both_orders(cast):
    with cast.scope():
        orders = Order.objects.order_by("number")
        assert [(o.number, o.total, o.source) for o in orders] == [
            ("1001", 19, "shop"),
            ("1002", 9.5, "shop"),
        ]
        assert {timezone.localtime(o.ordered_at).month for o in orders} == {3}


def test_a_profile_chosen_with_the_file_reads_what_nothing_could_guess(cast, profile):
    client = cast.gao.client
    assert _upload(client, ODD, "shop.txt").status_code == 422
    sent = {"file": SimpleUploadedFile("shop.txt", ODD.encode()), "kind": "", "profile": str(profile.id)}
    show = client.post(reverse("imports:start"), sent).headers["Location"]
    batch = _is_read_as_the_profile_says(cast)
    assert 'value="C" selected' in client.get(show).content.decode()
    client.post(reverse("imports:apply", args=[batch.id]))
    assert _run(cast).state == "succeeded"
    _has_both_orders(cast)


def test_a_profile_used_in_the_wizard(cast, profile):
    client = cast.gao.client
    file = SimpleUploadedFile("shop.txt", ODD.encode())
    client.post(reverse("imports:start"), {"file": file, "kind": "orders", "no_header": "on"})
    with cast.scope():
        batch = Import.objects.get()
    assert batch.mapping != ODD_MAPPING
    client.post(reverse("imports:use_profile", args=[batch.id]), {"profile": str(profile.id)})
    _is_read_as_the_profile_says(cast)


def test_a_profile_through_the_api(cast, profile):
    client = cast.gao.client
    sent = {"file": SimpleUploadedFile("shop.txt", ODD.encode()), "profile": str(profile.id)}
    first = client.post(reverse("api:upload_import"), sent)
    assert first.status_code == 201, first.content
    batch = _is_read_as_the_profile_says(cast)
    plain = {"kind": "orders", "options": {"header": False, "delimiter": "||"}}
    address = reverse("api:change_import", args=[batch.id])
    client.patch(address, {**plain, "mapping": {"ordered_at": "B"}, "source": ""}, "application/json")
    with cast.scope():
        assert Import.objects.get().mapping == {"ordered_at": "B"}
    again = client.post(
        reverse("api:use_import_profile", args=[batch.id]), {"profile": str(profile.id)}, "application/json"
    )
    assert again.status_code == 200
    _is_read_as_the_profile_says(cast)


def test_a_file_without_header_is_said_so_at_upload(cast):
    client = cast.gao.client
    page = client.get(reverse("imports:start")).content.decode()
    assert 'name="no_header"' in page
    assert 'name="profile"' not in page, "there is none"
    content = "A1,2024-03-05,K1,P1,2,9.5\n"
    assert _upload(client, content).status_code == 422
    file = SimpleUploadedFile("a.csv", content.encode())
    sent = client.post(reverse("imports:start"), {"file": file, "kind": "orders", "no_header": "on"})
    assert sent.status_code == 302
    with cast.scope():
        assert Import.objects.get().recognised["columns"] == list("ABCDEF")


@pytest.fixture
def small(settings):
    settings.ZHIYIN_UPLOAD_LIMIT_MB = 1
    return Path(settings.ZHIYIN_HOME) / "files"


def _kept(folder):
    return {path for path in folder.rglob("*") if path.is_file()} if folder.exists() else set()


@pytest.mark.parametrize("address", ["imports:start", "api:upload_import"])
def test_too_large_a_file_is_refused_in_words_and_nothing_stays(cast, small, address):
    before = _kept(small)
    large = SimpleUploadedFile("large.csv", b"a,b\n" * 2**19)
    answer = cast.gao.client.post(reverse(address), {"file": large, "kind": ""})
    assert answer.status_code == (422 if address == "imports:start" else 413)
    assert "1 MB" in answer.content.decode()
    with cast.scope():
        assert not Import.objects.exists()
        assert not StoredFile.objects.exists()
    assert _kept(small) == before


def test_what_goes_beyond_the_limit_does_not_reach_the_disk(small):
    sent = RequestFactory().post("/", {"file": SimpleUploadedFile("large.csv", b"x" * 9 * 2**20)})
    with closing(sent):
        assert len(sent.FILES["file"].read()) < 2**20 + 2**17


def test_undoing_asks_first_and_says_what_goes(cast):
    client = cast.gao.client
    show = _upload(client).headers["Location"]
    with cast.scope():
        batch = Import.objects.get()
    client.post(reverse("imports:apply", args=[batch.id]))
    assert _run(cast).state == "succeeded"
    page = client.get(show).content.decode()
    undo = reverse("imports:undo", args=[batch.id])
    assert page.count(f'action="{undo}"') == 1
    dialog = re.search(r'<dialog[^>]* id="undo".*?</dialog>', page, re.S).group(0)
    assert undo in dialog
    with cast.scope():
        effect = Import.objects.get().result["effect"]
    facts = dict(zip(_cells(dialog, "dt"), _cells(dialog, "dd"), strict=True))
    assert list(facts.values()) == [str(n) for key, n in effect.items() if n and key.endswith("_created")]


def test_drafts_are_removed_from_the_list_one_or_many(cast):
    client = cast.gao.client
    for number in range(3):
        _upload(client, name=f"{number}.csv")
    with cast.scope():
        *drafts, applied = Import.objects.order_by("id")
        Import.objects.filter(pk=applied.pk).update(state="applied")
    boxes = re.findall(r'name="ids" value="([^"]*)"', client.get(reverse("imports:list")).content.decode())
    assert set(boxes) == {str(each.id) for each in drafts}
    discard = reverse("imports:discard_chosen")
    client.post(discard, {"ids": [str(applied.id), boxes[0]]})
    with cast.scope():
        assert Import.objects.count() == 3, "all or none"
    client.post(discard, {"ids": boxes})
    with cast.scope():
        assert list(Import.objects.values_list("id", flat=True)) == [applied.id]
        assert StoredFile.objects.count() == 1


def test_a_foreign_sign_is_told_beside_its_column(cast):
    show = _upload(cast.gao.client, HEADER + "A1,2024-03-05,K1,P1,1,£5\n").headers["Location"]
    with cast.scope():
        told = str(actions.file_preview(Import.objects.get()).warnings["unit_price"])
    page = unescape(cast.gao.client.get(show).content.decode())
    assert told in page[page.index('name="unit_price"') : page.index('name="amount"')]
