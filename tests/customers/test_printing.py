"""Labels, envelopes and phone lists: where each thing stands on the paper, who is on it, what the log says."""

import datetime
import io
import uuid
from collections.abc import Callable
from typing import Any

import pypdf
import pytest
from django.utils.translation import override

from tests.cast import Company, company
from zhiyin.customers import actions, printing
from zhiyin.customers.actions import Selection
from zhiyin.customers.models import ContactPoint, Customer
from zhiyin.customers.printing import ENVELOPES, LABELS, Layout, pages
from zhiyin.customers.printing.recipients import Recipient, recipient_of
from zhiyin.customers.printing.sheets import LabelSheet
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform import jobs, pdf
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.models import AuditEntry, OutboxEvent

Now = datetime.datetime
MM = 72 / 25.4
HOME = {
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "township": "灵隐街道",
    "street": "龙井路 1 号",
}
Make = Callable[..., Customer]


@pytest.fixture
def make(inside: Company, now: Now) -> Make:
    def made(name: str, parts: dict[str, str] | None = None, phone: str = "", **more: Any) -> Customer:
        actor = inside.gao.actor
        customer = actions.create_customer(actor=actor, name=name, now=now)
        for kind, value, of in (("address", "", parts), ("phone", phone, None)):
            if value or of:
                actions.add_contact(
                    actor=actor, customer_id=customer.pk, kind=kind, value=value, parts=of, now=now, **more
                )
        return customer

    return made


def read(data: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def placed(data: bytes, page: int, word: str) -> tuple[float, float]:
    """Where a text that holds ``word`` begins, in mm from the left and the top."""
    sheet = pypdf.PdfReader(io.BytesIO(data)).pages[page]
    found: list[tuple[float, float]] = []

    def look(text: str, cm: list[float], tm: list[float], _font: Any, _size: float) -> None:
        if word in text:
            x, y = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
            found.append((x / MM, (float(sheet.mediabox.height) - y) / MM))

    sheet.extract_text(visitor_text=look)
    assert found, f"{word} is not on the page"
    return found[0]


def printed(actor: Any, now: Now, *customers: Customer, **layout: Any) -> bytes:
    selection = Selection(ids=tuple(each.pk for each in customers))
    return actions.print_customers(actor=actor, selection=selection, layout=Layout(**layout), now=now).pdf


@pytest.mark.parametrize("sheet", LABELS.values(), ids=lambda sheet: sheet.code)
def test_every_sheet_fits_its_page(sheet: LabelSheet) -> None:
    left, top = sheet.place(0)
    right, bottom = sheet.place(sheet.count - 1)
    assert left >= 0
    assert top >= 0
    assert right + sheet.width <= sheet.page[0] + 0.01
    assert bottom + sheet.height <= sheet.page[1] + 0.01


@pytest.mark.parametrize(
    ("code", "left", "top"),
    # as the makers' templates have them
    [
        ("l7160", 7.25, 15.15),
        ("l7163", 4.65, 15.15),
        ("l7159", 7.25, 12.9),
        ("l7651", 4.75, 10.7),
        ("5160", 4.76, 12.7),
    ],
)
def test_labels_begin_where_the_maker_says(code: str, left: float, top: float) -> None:
    assert LABELS[code].place(0) == (pytest.approx(left, abs=0.05), pytest.approx(top, abs=0.05))


def test_labels_stand_in_their_places(inside: Company, make: Make, now: Now) -> None:
    customers = [make(f"客户{at:02}", {**HOME, "street": f"龙井路 {at} 号"}) for at in range(25)]
    data = printed(inside.gao.actor, now, *customers, what="labels", sheet="l7160")
    assert len(read(data)) == 2
    sheet = LABELS["l7160"]
    for number, page in ((0, 0), (20, 0), (21, 1)):
        left, top = sheet.place(number % sheet.count)
        x, y = placed(data, page, f"客户{number:02}")
        assert left < x < left + sheet.width, number
        assert top < y < top + sheet.height, number


def test_a_partly_used_sheet_is_used_up(inside: Company, make: Make, now: Now) -> None:
    customers = [make(f"客户{at}", HOME) for at in range(2)]
    data = printed(inside.gao.actor, now, *customers, what="labels", sheet="l7160", start=21)
    assert len(read(data)) == 2
    left, top = LABELS["l7160"].place(20)
    x, y = placed(data, 0, "客户0")
    assert (left < x < left + 63.5, top < y < top + 38.1) == (True, True)
    x, y = placed(data, 1, "客户1")
    assert (x < 71, y < 54) == (True, True)


def test_an_address_is_written_from_the_largest_down_and_a_municipality_once() -> None:
    def lines(**parts: str) -> tuple[str, ...]:
        return recipient_of("王", _point(parts)).lines

    assert lines(**HOME) == ("浙江省杭州市西湖区灵隐街道", "龙井路 1 号")
    assert (
        lines(province="上海市", city="上海市", district="徐汇区", street="衡山路 1 号")[0] == "上海市徐汇区"
    )
    abroad = lines(country="France", city="Paris", postcode="75007", street="5 Avenue Foch")
    assert abroad == ("5 Avenue Foch", "75007 Paris", "FRANCE")


def _point(parts: dict[str, str]) -> Any:
    return ContactPoint(kind="address", value=" ".join(parts.values()), parts=parts)


def test_who_has_no_address_that_holds_is_left_out_and_counted(inside: Company, make: Make, now: Now) -> None:
    there, nowhere = make("在", HOME), make("无", phone="13800138000")
    moved = make("搬走", HOME, valid_until=now.date() - datetime.timedelta(days=1))
    selection = Selection(ids=(there.pk, nowhere.pk, moved.pk))
    actor = inside.gao.actor
    seen = printing.preview(actor, actions.selected(actor, selection), Layout(), now)
    assert ([each.name for each in seen.recipients], seen.chosen, seen.without) == (["在"], 3, 2)


def test_the_digits_of_a_postcode_lie_in_the_boxes(inside: Company, make: Make, now: Now) -> None:
    wang = make("王小明", {**HOME, "postcode": "310013"})
    data = printed(inside.gao.actor, now, wang, what="envelopes", sheet="gb-zl", sender="岚禾电器")
    page = pypdf.PdfReader(io.BytesIO(data)).pages[0]
    width, height = float(page.mediabox.width) / MM, float(page.mediabox.height) / MM
    assert (round(width), round(height)) == (230, 120)
    x, y = placed(data, 0, "3")
    assert (12 < x < 20, 10 < y < 20) == (True, True)
    x, y = placed(data, 0, "王小明")
    assert y > 26, "the corner that machines read is for the postcode alone"
    x, y = placed(data, 0, "岚禾电器")
    assert (x > 115, y < 100) == (True, True), "the bar code's place below stays white"
    assert "王小明" in read(printed(inside.gao.actor, now, wang, what="envelopes", sheet="dl"))[0]


def test_a_phone_list_has_numbers_that_hold_and_its_pages_count_on(
    inside: Company, make: Make, now: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing.layout, "AT_A_TIME", 60)
    customers = [make(f"客户{at:03}", phone=f"138001{at:05}") for at in range(100)]
    over = make("失效", phone="13900139000", valid_until=now.date() - datetime.timedelta(days=1))
    found = read(printed(inside.gao.actor, now, *customers, over, what="phones"))
    assert "138 0010 0000" in "".join(found)
    assert "139 0013 9000" not in "".join(found)
    assert [page.split()[-1] for page in found] == [str(at + 1) for at in range(len(found))]
    assert len(found) > 2


def test_each_page_of_a_phone_list_says_whose_print_it_is(inside: Company, make: Make, now: Now) -> None:
    type(inside.tenant).objects.filter(pk=inside.tenant.pk).update(watermark=True, name="知'};@音")
    customer = make("王小明", phone="13800100000")
    assert "知'};@音 · 高敏" in read(printed(inside.gao.actor, now, customer, what="phones"))[0]


def test_hostile_and_long_text_is_text(make: Make, inside: Company, now: Now) -> None:
    hostile = make("<img src=file:///etc/passwd>𠮷", {**HOME, "street": "</style><script>" + "长" * 150})
    text = read(printed(inside.gao.actor, now, hostile, what="labels", sheet="l7651"))
    assert len(text) == 1
    assert "<img" in text[0].replace("\n", "")
    with pytest.raises(ValueError, match="nothing outside"):
        pdf._nothing("file:///etc/passwd")


@pytest.mark.parametrize(("width", "height"), [(60, 30), (35, 18)])
def test_type_shrinks_until_it_fits(width: float, height: float) -> None:
    short, _height = pages.fitting(["杭州市", "王小明"], width, height)
    long, needed = pages.fitting(["内蒙古自治区锡林郭勒盟" * 12, "王小明"], width, height)
    assert short == 12
    assert long < short
    assert needed <= height


def test_what_leaves_on_paper_is_in_the_log(inside: Company, make: Make, now: Now) -> None:
    make("王小明", HOME)
    make("李雷", phone="13800138000")
    everything = Selection(where=CustomerFilter())
    actions.print_customers(actor=inside.gao.actor, selection=everything, layout=Layout(), now=now)
    entry = AuditEntry.objects.filter(action="customers.export_written").get()
    assert entry.changes["rows"] == [None, 1]
    assert entry.changes["columns"] == [None, ["name", "address"]]
    assert OutboxEvent.objects.filter(name="customers.customers_exported").count() == 1


def test_without_the_right_to_export_nothing_is_printed(inside: Company, make: Make, now: Now) -> None:
    wang = make("王小明", HOME)
    with pytest.raises(PermissionDenied):
        printed(inside.lin.actor, now, wang)
    assert not AuditEntry.objects.filter(action="customers.export_written").exists()


def test_only_customers_in_sight_are_printed(inside: Company, make: Make, now: Now) -> None:
    with pytest.raises(Invalid):
        printed(inside.ma.actor, now, make("高敏的", HOME))


@pytest.mark.parametrize(
    "layout", [{"sheet": "x"}, {"what": "envelopes", "sheet": "l7160"}, {"sheet": "l7160", "start": 22}]
)
def test_a_layout_that_there_is_not_is_refused(layout: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Layout(**layout)


def test_a_name_is_addressed_as_the_language_does() -> None:
    with override("zh-hans"):
        html = pages.labels([Recipient("王小明", ("杭州",))], LABELS["l7160"])
    assert "王小明 收" in html
    assert all(each.width > each.height for each in ENVELOPES.values())


@pytest.mark.usefixtures("committed")
def test_many_become_a_job_that_hands_the_file_over(now: Now, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhiyin.customers.actions.printing.PRINT_AT_ONCE", 1)
    cast = company(f"print-{uuid.uuid4().hex[:8]}")
    actor = cast.gao.actor
    with cast.scope():
        for at in range(3):
            customer = actions.create_customer(actor=actor, name=f"客户{at}", now=now)
            actions.add_contact(actor=actor, customer_id=customer.pk, kind="address", parts=HOME, now=now)
        everything = Selection(where=CustomerFilter())
        done = actions.print_customers(actor=actor, selection=everything, layout=Layout(), now=now)
    assert done.job
    assert done.pdf == b""
    jobs.run_now(done.job)
    answer = cast.gao.client.get(f"/jobs/{done.job.pk}/file/")
    assert "客户2" in read(b"".join(answer.streaming_content))[0]
    with cast.scope():
        entry = AuditEntry.objects.filter(action="customers.export_written").get()
    assert entry.changes["rows"] == [None, 3]
    assert entry.changes["selection"] == [None, {"ids": [], "where": {}}]
