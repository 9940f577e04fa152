"""Labels, envelopes and phone lists as pages of HTML, which become PDF."""

import math
import unicodedata
from collections.abc import Iterable, Sequence

from django.utils.html import escape
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from zhiyin.customers.printing.recipients import Entry, Recipient
from zhiyin.customers.printing.sheets import Envelope, LabelSheet
from zhiyin.platform.pdf import FONTS

MM_A_POINT = 25.4 / 72
LINE = 1.3
SIZES = (12, 11, 10, 9, 8, 7, 6, 5, 4)
# printers leave the edge of a page white
EDGE = 6.0
# of the boxes for the postcode: they lie in the 90 × 26 mm that machines read at the top left
BOX = {"left": 12.0, "top": 10.0, "width": 8.0, "height": 9.0, "step": 10.0}
RED = "#d22630"


def labels(
    recipients: Sequence[Recipient],
    sheet: LabelSheet,
    *,
    start: int = 1,
    shift: tuple[float, float] = (0, 0),
    frames: bool = False,
) -> str:
    """``start`` is the first label that is still on a partly used sheet, from 1; ``frames`` draws their edges."""
    edges = ".label{outline:0.2mm solid #999}" if frames else ""
    pages: list[str] = []
    for number, recipient in enumerate(recipients, start - 1):
        if number % sheet.count == 0 or not pages:
            pages.append("")
        pages[-1] += _label(recipient, sheet, number % sheet.count, shift)
    return _document(sheet.page, edges, (f"<section>{page}</section>" for page in pages or [""]))


def _label(recipient: Recipient, sheet: LabelSheet, at: int, shift: tuple[float, float]) -> str:
    left, top = sheet.place(at)
    inner = 3.0 if sheet.height > 25 else 1.5
    # on sheets without margins what is near the edge would not be printed
    pad_left = max(inner, EDGE - left)
    pad_right = max(inner, EDGE - (sheet.page[0] - left - sheet.width))
    pad_top = max(inner, EDGE - top)
    pad_bottom = max(inner, EDGE - (sheet.page[1] - top - sheet.height))
    lines = [*filter(None, [recipient.postcode]), *recipient.lines]
    name = recipient.name if recipient.is_abroad else addressed(recipient.name)
    width, room = sheet.width - pad_left - pad_right, sheet.height - pad_top - pad_bottom
    size, height = fitting([*lines, name], width, room)
    place = _box(left + shift[0], top + shift[1], sheet.width, sheet.height)
    padding = f"{pad_top + max(0, room - height) / 2:.2f}mm {pad_right:.1f}mm 0 {pad_left:.1f}mm"
    return (
        f'<div class="label" style="{place}padding:{padding};font-size:{size}pt">'
        f"{_whole(lines, name, recipient.is_abroad)}</div>"
    )


def _whole(lines: Iterable[str], name: str, is_abroad: bool) -> str:
    named = f'<p class="name">{escape(name)}</p>'
    return named + _lines(lines) if is_abroad else _lines(lines) + named


def envelopes(
    recipients: Sequence[Recipient],
    envelope: Envelope,
    *,
    sender: str = "",
    boxes: bool = True,
    shift: tuple[float, float] = (0, 0),
) -> str:
    """``boxes`` are drawn on plain envelopes; where they are printed already, the digits alone go into them."""
    one = _chinese if envelope.chinese else _western
    sections = (
        f'<section><div class="shift" style="left:{shift[0]}mm;top:{shift[1]}mm">'
        f"{one(each, envelope, sender.splitlines(), boxes)}</div></section>"
        for each in recipients
    )
    return _document((envelope.width, envelope.height), "", sections)


def _chinese(recipient: Recipient, envelope: Envelope, sender: list[str], boxes: bool) -> str:
    """Postcode at the top left, address and name in the middle, the sender at the right above the bar code's place."""
    width, height = envelope.width, envelope.height
    code = recipient.postcode if len(recipient.postcode) == 6 and recipient.postcode.isdecimal() else ""
    border = f"border:0.3mm solid {RED};" if boxes else ""
    digits = "".join(
        f'<div class="digit" style="{border}'
        f'{_box(BOX["left"] + at * BOX["step"], BOX["top"], BOX["width"], BOX["height"])}">{code[at : at + 1]}</div>'
        for at in range(6)
    )
    address = [*recipient.lines] if code or not recipient.postcode else [recipient.postcode, *recipient.lines]
    room = height - 26 - 20 - 18
    size, _height = fitting([*address, addressed(recipient.name)], width - 60, room, sizes=(16, 14, *SIZES))
    sent = _lines(line for line in sender if line.strip())
    return (
        f'{digits}<div class="block" style="{_box(30, 30, width - 60, room)}font-size:{size}pt">'
        f'{_lines(address)}<p class="name wide">{escape(addressed(recipient.name))}</p></div>'
        f'<div class="block sender right" style="{_box(width * 0.4, height - 38, width * 0.6 - 12, 17)}">{sent}</div>'
    )


def _western(recipient: Recipient, envelope: Envelope, sender: list[str], _boxes: bool) -> str:
    """The sender at the top left, name and address right of the middle."""
    width, height = envelope.width, envelope.height
    last = [recipient.postcode] if recipient.postcode else []
    lines = [recipient.name, *recipient.lines, *last]
    left, top = width * 0.45, height * 0.45
    size, _height = fitting(lines, width - left - 15, height - top - 15, sizes=(14, *SIZES))
    return (
        f'<div class="block sender" style="{_box(12, 10, width * 0.4, 24)}">{_lines(sender)}</div>'
        f'<div class="block" style="{_box(left, top, width - left - 15, height - top - 15)}font-size:{size}pt">'
        f'<p class="name">{escape(lines[0])}</p>{_lines(lines[1:])}</div>'
    )


def _in_css(text: str) -> str:
    """Text within quotation marks of a style sheet, where only letters, digits, blanks and hyphens stand for themselves."""
    return "".join(each if each.isalnum() or each in " -" else f"\\{ord(each):x} " for each in text)


def phone_list(entries: Sequence[Entry], *, title: str, on: str, before: int = 0) -> str:
    """A table on A4 with its head on each page; ``before`` is how many pages lie before these."""
    heads = (_("Name"), _("Code"), _("Phone"), _("E-mail"), _("City"), _("Owner"))
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{'<br>'.join(escape(each) for each in cell)}</td>"
            for cell in ([entry.name], [entry.code], entry.phones, entry.emails, [entry.city], [entry.owner])
        )
        + "</tr>"
        for entry in entries
    )
    style = (
        f"@page:first{{counter-reset:page {before + 1}}}"
        "@page{size:A4;margin:16mm 12mm;@bottom-right{content:counter(page);font-size:8pt}"
        f"@bottom-left{{content:'{_in_css(title)} · {_in_css(on)}';font-size:8pt}}}}"
        "h1{font-size:14pt;margin:0 0 3mm}h1 small{font-weight:400;font-size:9pt}"
        "table{width:100%;border-collapse:collapse;table-layout:fixed;font-size:8.5pt}"
        "col:nth-child(1){width:26%}col:nth-child(2){width:13%}col:nth-child(3){width:20%}col:nth-child(4){width:21%}"
        "th{text-align:left;border-bottom:0.4mm solid #333;padding:1mm}"
        "td{border-bottom:0.1mm solid #aaa;padding:1mm;vertical-align:top;overflow-wrap:anywhere}"
        "tr{break-inside:avoid}"
    )
    heading = f"<h1>{escape(title)} <small>{escape(on)}</small></h1>" if not before else ""
    body = (
        f"{heading}<table>{'<col>' * len(heads)}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )
    return _html(style, body)


def addressed(name: str) -> str:
    """A name as it stands on a letter."""
    return pgettext("on a letter", "%s") % name


def fitting(
    lines: Iterable[str], width: float, height: float, sizes: Sequence[float] = SIZES
) -> tuple[float, float]:
    """The largest type, in points, in which the lines, broken where they must be, fit into the room in mm.

    And how high they are then, more than the room when not even the smallest fits.
    """
    ems = [_ems(line) for line in lines]
    needed = 0.0
    for size in sizes:
        em = size * MM_A_POINT
        needed = sum(max(1, math.ceil(each * em / width)) for each in ems) * em * LINE
        if needed <= height:
            return size, needed
    return sizes[-1], needed


def _ems(text: str) -> float:
    return sum(1.0 if unicodedata.east_asian_width(each) in "WF" else 0.58 for each in text)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _box(left: float, top: float, width: float, height: float) -> str:
    return f"left:{left:.2f}mm;top:{top:.2f}mm;width:{width:.2f}mm;height:{height:.2f}mm;"


def _document(page: tuple[float, float], style: str, sections: Iterable[str]) -> str:
    width, height = page
    common = (
        f"@page{{size:{width:.2f}mm {height:.2f}mm;margin:0}}"
        f"section{{position:relative;width:{width:.2f}mm;height:{height:.2f}mm;overflow:hidden;break-after:page}}"
        "section:last-child{break-after:auto}"
        ".label,.block,.digit,.shift{position:absolute;box-sizing:border-box;overflow:hidden}"
        ".shift{width:100%;height:100%}"
        ".name{font-weight:700}"
        ".digit{text-align:center;font-size:16pt;line-height:8.4mm}.wide{margin-top:3mm;font-size:1.2em}"
        ".sender{font-size:10pt}.right{text-align:right}"
    )
    return _html(common + style, "".join(sections))


def _html(style: str, body: str) -> str:
    base = f"html{{font-family:{FONTS}}}body,p{{margin:0;line-height:{LINE}}}p{{overflow-wrap:anywhere}}"
    return (
        f'<!doctype html><html lang="{escape(get_language() or "en")}"><head><meta charset="utf-8">'
        f"<style>{base}{style}</style></head><body>{body}</body></html>"
    )
