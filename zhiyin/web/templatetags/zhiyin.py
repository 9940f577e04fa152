"""Tags and filters of the pages. Rows of lists use filters that return text, because rows are many."""

import functools
import math
import re
import secrets
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.conf import settings
from django.contrib.messages import get_messages
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    RadioSelect,
    Select,
    SelectMultiple,
)
from django.http import QueryDict
from django.template.context import Context
from django.template.defaultfilters import linebreaksbr
from django.template.loader import get_template
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django_vite.templatetags.django_vite import vite_asset_url

from zhiyin.platform.paging import Page
from zhiyin.platform.times import has_twelve_hours
from zhiyin.web import navigation
from zhiyin.web.charts import Chart, HeatTable
from zhiyin.web.http import undo_address

register = template.Library()

SYMBOLS = {
    "CNY": "¥",
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "JP¥",
    "HKD": "HK$",
    "TWD": "NT$",
    "KRW": "₩",
}
WITHOUT_CENTS = {"JPY", "KRW", "VND"}
RELATIVE_DAYS = 7
NOTHING = "–"


@register.filter
def number(value: Any, places: int = 0) -> str:
    """1234.5 as "1,234.50" with ``places`` decimals, in the reader's locale; nothing as a dash."""
    return NOTHING if _missing(value) else _written(value, places)


@register.filter
def money(value: Any, currency: str = "") -> str:
    """An amount with its currency's sign; nothing as a dash."""
    return money_in(currency)(value)


@functools.lru_cache(maxsize=64)
def money_in(currency: str) -> Callable[[Any], str]:
    """``money`` for many values of one currency."""
    symbol, places = _symbol(currency), 0 if currency in WITHOUT_CENTS else 2

    def written(value: Any) -> str:
        if _missing(value):
            return NOTHING
        return f"-{symbol}{_written(-value, places)}" if value < 0 else f"{symbol}{_written(value, places)}"

    return written


@register.filter
def compact(value: Any, currency: str = "") -> str:
    """A large number in three digits: 3.46 万 or 34.6k; with ``currency`` as money. For headers, not tables."""
    if _missing(value):
        return NOTHING
    units = [(10**8, " 亿"), (10**4, " 万")] if _chinese() else [(10**9, "B"), (10**6, "M"), (10**4, "k")]
    sign, size = ("-" if value < 0 else ""), abs(value)
    unit, word = next((each for each in units if size >= each[0]), (1, ""))
    if word == "k":
        unit = 1000
    scaled = Decimal(str(size)) / unit
    digits = _written(scaled, max(0, 2 - max(scaled.adjusted(), 0)))
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return f"{sign}{_symbol(currency)}{digits}{word}"


@register.filter
def percent(value: Any, places: int = 1) -> str:
    """A share from 0 to 1 as "12.3%"; nothing as a dash."""
    if _missing(value):
        return NOTHING
    return f"{_written(float(value) * 100, places)}%"


@register.filter
def day(value: date | datetime | None) -> str:
    """A date in the reader's locale; for rows of lists."""
    return day_in(timezone.get_current_timezone(), get_language())(value)


def day_in(zone: tzinfo, language: str | None) -> Callable[[date | datetime | None], str]:
    """``day`` for many values: what it depends on is looked up once."""

    def written(value: date | datetime | None) -> str:
        if value is None:
            return NOTHING
        local = value.astimezone(zone).date() if isinstance(value, datetime) else value
        return _day(local, language or "")

    return written


@functools.lru_cache(maxsize=4096)
def _day(value: date, _language: str) -> str:
    return formats.date_format(value, "DATE_FORMAT")


def exact_time(local: datetime) -> str:
    """Date and time of day, with twelve or twenty-four hours as the reader chose."""
    if not has_twelve_hours():
        return formats.date_format(local, "DATETIME_FORMAT")
    half = _("%(day)s, %(time)s a.m.") if local.hour < 12 else _("%(day)s, %(time)s p.m.")
    return half % {"day": day(local), "time": f"{local.hour % 12 or 12}:{local:%M}"}


@register.simple_tag
def ago(value: datetime | None) -> SafeString | str:
    """How long ago within a week, the date otherwise; the exact time on hover."""
    if value is None:
        return NOTHING
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        exact_time(local),
        _relative((timezone.now() - value).total_seconds()) or day(local),
    )


def _relative(seconds: float) -> str:
    """Seconds since as words; empty for the future and for more than a week."""
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86_400)
    if not -60 < seconds < RELATIVE_DAYS * 86_400:
        return ""
    if minutes < 1:
        return _("just now")
    if hours < 1:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {"count": minutes}
    if days < 1:
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}


def _missing(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    return value is None or value == "" or (not isinstance(value, str) and not math.isfinite(value))


def _written(value: Any, places: int) -> str:
    """Rounded half up; Django's own formatting cuts decimals off, and takes twenty times as long.

    Both languages of the pages write 1,234.50.
    """
    if isinstance(value, int) and not places:
        return f"{value:,d}"
    if isinstance(value, float):
        shortest = repr(value)
        half = shortest[-1] == "5" and shortest.find(".") == len(shortest) - places - 2
        if not half:  # then all ways of rounding agree
            return f"{value:,.{places}f}"
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{rounded:,f}"


def _symbol(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}" if currency else "")


def _chinese() -> bool:
    return (get_language() or "").startswith("zh")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One of ``assets/icons.json``; decoration for screen readers unless it has a ``label``."""
    if not label:
        return _icon(name)
    return format_html(
        '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, _sprite(), name
    )


@functools.lru_cache(maxsize=512)
def _icon(name: str) -> SafeString:
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', _sprite(), name)


@functools.lru_cache(maxsize=1)
def _sprite() -> str:
    return str(vite_asset_url("icons.svg"))


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """One number of a record's or a page's header: ``value`` as text, a ``note`` below, a link to "why"."""

    label: str | Promise
    value: str
    note: str | Promise = ""
    url: str = ""


@register.inclusion_tag("components/keys.html")
def keys(numbers: Sequence[KeyNumber]) -> dict[str, Any]:
    return {"numbers": numbers}


@register.inclusion_tag("components/empty.html")
def empty(  # noqa: PLR0917
    icon: str, title: str, text: str = "", url: str = "", action: str = "", action_icon: str = "plus"
) -> dict[str, str]:
    """What would be here, and how to begin."""
    return {
        "icon": icon,
        "title": title,
        "text": text,
        "url": url,
        "action": action,
        "action_icon": action_icon,
    }


@register.inclusion_tag("components/steps.html")
def steps(labels: Sequence[str | Promise], current: int) -> dict[str, Any]:
    """The steps of a wizard; ``current`` counts from 1."""
    return {"labels": labels, "current": current}


def _pin(item: Any) -> SafeString | str:
    """The button that keeps an entry on top or lets it go, where this reader may."""
    url = getattr(item, "pin_url", "")
    if not url:
        return icon("pin", _("Kept on top")) if getattr(item, "pinned", False) else ""
    return format_html(
        '<button class="btn btn-sm btn-quiet timeline-pin" type="button" hx-post="{}" hx-vals=\'{{"pinned": "{}"}}\''
        ' hx-target="#timeline" hx-swap="outerHTML" aria-pressed="{}" title="{}">{}</button>',
        url,
        "0" if item.pinned else "1",
        "true" if item.pinned else "false",
        _("Let go") if item.pinned else _("Keep on top"),
        icon("pin", f"{_('Keep on top')}: {item.title}"),
    )


@register.simple_tag
def timeline_item(item: Any) -> SafeString:
    """One event with ``.icon .title .text .at .url``; made here because a timeline has many."""
    title = escape(item.title)
    return format_html(
        '<li class="timeline-item"><span class="timeline-dot">{}</span><div><div class="timeline-head">'
        "<span>{}</span>{}{}</div>{}</div></li>",
        icon(item.icon or "point-filled"),
        format_html('<a href="{}">{}</a>', item.url, title) if item.url else title,
        ago(item.at),
        _pin(item),
        format_html('<div class="timeline-body">{}</div>', linebreaksbr(item.text)) if item.text else "",
    )


@register.simple_tag(takes_context=True)
def kept_for(context: Context, field: str) -> SafeString:
    """A sign beside a field that tells what it is kept for, as the view's ``keeping`` has it."""
    words = (context.get("keeping") or {}).get(field)
    if not words:
        return mark_safe("")
    sign = '<span class="text-3" title="{}">{}<span class="visually-hidden"> {}</span></span>'
    return format_html(sign, words, icon("clock"), words)


@register.simple_tag(takes_context=True)
def fact(
    context: Context, field: str, label: str, value: Any, url: str = "", *, link: str = ""
) -> SafeString:
    """A fact of a record; with ``url`` it is changed where it stands, with ``link`` it leads somewhere."""
    shown = value or NOTHING
    if link:
        shown = format_html('<a href="{}">{}</a>', link, shown)
    if url:
        button = '{}<button class="inline-edit" type="button" hx-get="{}" hx-target="#fact-{}" aria-label="{}">{}{}</button>'
        words = _("Change: %(label)s") % {"label": label}
        shown = format_html(
            button, shown if link else "", url, field, words, "" if link else shown, icon("pencil")
        )
    return format_html(
        '<dt>{} {}</dt><dd id="fact-{}">{}</dd>', label, kept_for(context, field), field, shown
    )


@register.inclusion_tag("components/job.html", takes_context=True)
def job(context: Context, job: Any) -> dict[str, Any]:
    """The progress of one job, which keeps itself up to date; who started it may undo what it did."""
    actor = getattr(context.get("request"), "actor", None)
    return {"job": job, "mine": actor is not None and job.created_by == actor.member_id}


@register.inclusion_tag("components/chart.html")
def chart(figure: Chart) -> dict[str, Any]:
    columns, rows = figure.table()
    return {"figure": figure, "columns": columns, "rows": rows}


@register.inclusion_tag("components/heat.html")
def heat(table: HeatTable) -> dict[str, Any]:
    return {"table": table}


@register.filter
def chart_value(value: Any, figure: Chart) -> str:
    """A number of a chart's table as the chart writes it."""
    if _missing(value):
        return NOTHING
    if isinstance(value, str):
        return value
    match figure.format:
        case "percent":
            return percent(value)
        case "money":
            return money(value, figure.currency)
        case "integer":
            return number(value)
    return number(value, 0 if float(value).is_integer() else 2)


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, hint: str = "", width: str = "") -> dict[str, Any]:
    """A form field with its label, hint and error."""
    widget = bound.field.widget
    listed = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    check = isinstance(widget, CheckboxInput)
    return {
        "field": bound,
        "input": bound.as_widget(attrs=_attributes(bound)),
        "check": check,
        "listed": listed,
        "hint": hint or bound.help_text,
        "width": width,
    }


def _attributes(bound: BoundField) -> dict[str, str | bool]:
    widget = bound.field.widget
    if isinstance(widget, CheckboxInput):
        name = "form-check-input"
    elif isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        name = "choices"
    elif isinstance(widget, Select | SelectMultiple):
        name = "form-select"
    else:
        name = "form-control"
    classes = [widget.attrs.get("class", ""), name, "is-invalid" if bound.errors else ""]
    attributes: dict[str, str | bool] = {"class": " ".join(filter(None, classes))}
    if bound.errors and not isinstance(widget, FileInput):
        attributes["aria-describedby"] = f"{bound.id_for_label}_error"
    return attributes


@register.simple_tag(takes_context=True)
def kept(context: Context, template_name: str, **values: Any) -> SafeString:
    """A fragment that is rendered once for the same values and language, then kept in this process.

    The template sees the values and nothing else, no request and no person, so what it shows is in the key
    under which it is kept. Values named ``late_…`` it can only print: they and the form token are put in
    afterwards, escaped, and are not kept. Not for times, which depend on the reader's zone.
    """
    late = {name: values.pop(name) for name in list(values) if name.startswith(LATE)}
    texts, places = _kept(template_name, get_language(), tuple(values.items()), tuple(late))
    if not places:
        return texts[0]
    late["csrf_token"] = context.get("csrf_token", "")
    filled = {name: escape("" if late[name] is None else late[name]) for name in set(places)}
    parts = [each for text, name in zip(texts, places, strict=False) for each in (text, filled[name])]
    return mark_safe("".join(parts) + texts[-1])  # noqa: S308  # a template and escape() made them


LATE = "late_"
# cannot be guessed, so nothing that people wrote is taken for it
_MARK = secrets.token_hex(8)
_PLACE = re.compile(rf"{_MARK}_(\w+?)_{_MARK}")


@functools.lru_cache(maxsize=512)
def _kept(
    template_name: str,
    _language: str | None,
    values: tuple[tuple[str, Hashable], ...],
    late: tuple[str, ...],
) -> tuple[list[SafeString], list[str]]:
    """The texts of a fragment, and the names of the values between them."""
    marks = {name: f"{_MARK}_{name}_{_MARK}" for name in ("csrf_token", *late)}
    parts = _PLACE.split(get_template(template_name).render({**dict(values), **marks}))
    return [mark_safe(text) for text in parts[::2]], parts[1::2]  # noqa: S308  # a template escapes


@register.simple_tag(takes_context=True)
def frame(context: Context, template_name: str) -> SafeString:
    """A part of what stands around every page: the way to other pages, and the person's own menu."""
    request = context["request"]
    actor, tenant = getattr(request, "actor", None), getattr(request, "tenant", None)
    return kept(
        context,
        template_name,
        company=tenant.name if tenant else "",
        theme=theme(context),
        nav=destinations(context),
        signed_in=actor is not None,
        late_person=actor.name if actor else "",
        late_initial=initial(actor.name) if actor else "",
        late_email=request.user.email if actor else "",
        late_here=request.get_full_path(),
    )


@register.simple_tag(takes_context=True)
def pages(context: Context, page: Page[Any], summary: str = "") -> SafeString:
    """The foot of a list: how many there are, and the way to the pages beside this one."""
    query: QueryDict = context["request"].GET
    return kept(
        context,
        "components/pages.html",
        previous=page.previous is not None,
        next=page.next is not None,
        late_summary=summary,
        late_previous=_at(query, page.previous),
        late_next=_at(query, page.next),
    )


def _at(query: QueryDict, position: str | None) -> str:
    if position is None:
        return ""
    there = query.copy()
    there["after"] = position
    return f"?{there.urlencode()}"


@register.simple_tag
def address(url_name: str) -> str:
    """The address of a page without arguments, looked up once; ``{% url %}`` walks all patterns each time."""
    return navigation.address(url_name)


@register.simple_tag(takes_context=True)
def destinations(context: Context) -> navigation.Destinations:
    """Where the person may go and what he may begin."""
    request = context["request"]
    return navigation.destinations(getattr(request, "actor", None), request.path)


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The chosen theme: the person's, else this browser's; "light", "dark" or "auto"."""
    request = context.get("request")
    if request is None:
        return "auto"
    person = getattr(getattr(request, "actor", None), "user_id", None) and request.user
    chosen = (person and person.theme) or request.COOKIES.get("zhiyin_theme", "auto")
    return chosen if chosen in {"light", "dark"} else "auto"


@register.simple_tag(takes_context=True)
def toasts(context: Context) -> list[dict[str, Any]]:
    """The messages waiting to be shown, with the address that undoes each."""
    request = context.get("request")
    if request is None or not hasattr(request, "_messages"):
        return []
    return [
        {"text": each.message, "level": each.level_tag, "undo": undo_address(each)}
        for each in get_messages(request)
    ]


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """The languages, each named in itself."""
    names = {"zh-hans": "简体中文", "en": "English"}
    return [(code, names.get(code, str(name))) for code, name in settings.LANGUAGES]


@register.filter
def initial(name: str) -> SafeString | str:
    """The one letter or character that stands for ``name`` in an avatar."""
    return name.strip()[:1].upper() or mark_safe("&middot;")
