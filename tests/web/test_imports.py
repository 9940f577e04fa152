"""The wizard, as a person walks through it, and the same through the API."""

import csv
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.imports.test_orders import FILE
from zhiyin.imports.models import Import
from zhiyin.platform import jobs

HEADER = FILE.splitlines()[0].split(",")


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
    assert _cells(page, "th")[: len(HEADER)] == HEADER
    assert _cells(page, "td")[: len(HEADER)] == next(csv.reader(FILE.splitlines()[1:]))
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
