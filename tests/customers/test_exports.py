"""Exported files: what is in them, that spreadsheets run nothing of it, that their job hands them over."""

import csv
import datetime
import io
import uuid

import openpyxl
import pytest

from tests.cast import Company, company
from zhiyin.accounts.actions.company import change_company
from zhiyin.customers import actions, queries, tasks
from zhiyin.customers.exports import write_customers
from zhiyin.customers.models import Customer
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor

Now = datetime.datetime
FORMULA = '=HYPERLINK("http://evil","x")'


@pytest.fixture
def people(inside: Company, now: Now) -> list[Customer]:
    actor = inside.gao.actor
    made = [
        actions.create_customer(actor=actor, name=name, code=code, now=now)
        for name, code in [("王小明", "001"), (FORMULA, "+1"), ('Ann, "B"\n', "-2")]
    ]
    tag = actions.create_tag(actor=actor, name="VIP", now=now)
    actions.set_tags(actor=actor, customer_id=made[0].pk, tag_ids=[tag.pk], now=now)
    for value in ("13800138000", "13900139000"):
        actions.add_contact(actor=actor, customer_id=made[0].pk, kind="phone", value=value, now=now)
    return made


COLUMNS = ["code", "name", "tags", "phone", "orders", "created"]


def test_csv_opens_in_a_spreadsheet_and_runs_nothing(people: list[Customer]) -> None:
    stream = io.BytesIO()
    assert (
        write_customers(
            Customer.objects.all(), stream, columns=COLUMNS, actor=Actor.system(uuid.uuid4()), style="csv"
        )
        == 3
    )
    assert stream.getvalue().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(stream.getvalue().decode("utf-8-sig"))))
    assert rows[1][:5] == ["001", "王小明", "VIP", "13800138000; 13900139000", ""]
    assert rows[2][:2] == ["'+1", f"'{FORMULA}"]
    assert all(cell[:1] not in tuple("=+-@") for row in rows for cell in row)


def test_xlsx_keeps_codes_and_formulas_as_text(people: list[Customer]) -> None:
    stream = io.BytesIO()
    write_customers(
        Customer.objects.all(), stream, columns=COLUMNS, actor=Actor.system(uuid.uuid4()), style="xlsx"
    )
    sheet = openpyxl.load_workbook(io.BytesIO(stream.getvalue())).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows[0][:2] == ["001", "王小明"]
    assert rows[1][1] == FORMULA
    assert sheet["B3"].data_type == "s"
    assert isinstance(rows[0][5], datetime.datetime)


def test_unknown_columns_are_left_out_and_none_means_all(people: list[Customer]) -> None:
    stream = io.BytesIO()
    write_customers(
        Customer.objects.all(), stream, columns=["nonsense"], actor=Actor.system(uuid.uuid4()), style="csv"
    )
    assert stream.getvalue().decode("utf-8-sig").splitlines()[0].count(",") > 15


@pytest.mark.usefixtures("committed")
def test_the_job_writes_what_its_starter_sees_and_hands_the_file_over(now: Now) -> None:
    cast = company(f"export-{uuid.uuid4().hex[:8]}")
    with cast.scope():
        actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)
        actions.create_customer(actor=cast.wu.actor, name="王大明", now=now)
        selection = actions.Selection(where=queries.CustomerFilter(q="王"))
        job = actions.export_customers(
            actor=cast.ma.actor, selection=selection, columns=["name"], style="csv", now=now
        )
    assert tasks.TYPES
    jobs.run_now(job)
    answer = cast.ma.client.get(f"/jobs/{job.pk}/file/")
    assert answer.status_code == 200
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").split()  # type: ignore[attr-defined]
    assert rows[1:] == ["王小明"]
    assert cast.lin.client.get(f"/jobs/{job.pk}/file/").status_code == 404


@pytest.mark.usefixtures("committed")
def test_each_row_says_who_exported_it_where_the_company_wants_so(now: Now) -> None:
    cast = company(f"mark-{uuid.uuid4().hex[:8]}")
    actor = cast.gao.actor
    with cast.scope():
        actions.create_customer(actor=actor, name="王小明", now=now)
    settings = {"name": "知音", "currency": "CNY", "time_zone": "Asia/Shanghai", "language": "zh-hans"}
    lines = []
    for marked in (False, True):
        with cast.scope():
            change_company(actor=actor, now=now, watermark=marked, **settings)
            everybody = actions.Selection(where=queries.CustomerFilter())
            job = actions.export_customers(
                actor=actor, selection=everybody, columns=["name"], style="csv", now=now
            )
        jobs.run_now(job)
        answer = cast.gao.client.get(f"/jobs/{job.pk}/file/")
        lines.append(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[1])  # type: ignore[attr-defined]
    assert lines[0] == "王小明"
    name, mark = lines[1].split(",")
    assert (name, mark.split(" · ")[:2]) == ("王小明", ["知音", "高敏"])
