"""What the pages' tags and filters write, in both languages."""

import datetime
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation

import zhiyin.web
from zhiyin.platform.times import twelve_hours
from zhiyin.web.templatetags.zhiyin import _icon, ago, compact, day, money, number, percent

TEMPLATES = Path(zhiyin.web.__file__).parent / "templates"
ASSETS = Path(zhiyin.web.__file__).parent / "assets"


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        (Decimal("9747747.934"), "CNY", "¥9,747,747.93"),
        (Decimal("-12.5"), "USD", "-$12.50"),
        (1234, "JPY", "JP¥1,234"),
        (Decimal("3"), "XAU", "XAU\u00a03.00"),
        (None, "CNY", "–"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_money(value: Decimal | None, currency: str, expected: str, language: str) -> None:
    with translation.override(language):
        assert money(value, currency) == expected


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (999, "999", "999"),
        (1234, "1,234", "1,234"),
        (10_000, "10k", "1 万"),
        (34_600, "34.6k", "3.46 万"),
        (345_210, "345k", "34.5 万"),
        (1_177_000, "1.18M", "118 万"),
        (128_460_000, "128M", "1.28 亿"),
        (Decimal("12.345"), "12.3", "12.3"),
        (-2_000_000, "-2M", "-200 万"),
    ],
)
def test_compact_counts_in_the_readers_units(value: int, english: str, chinese: str) -> None:
    with translation.override("en"):
        assert compact(value) == english
    with translation.override("zh-hans"):
        assert compact(value) == chinese


def test_numbers_and_shares() -> None:
    with translation.override("zh-hans"):
        assert number(541909) == "541,909"
        assert number(Decimal("1234.567"), 2) == "1,234.57"
        assert percent(0.8734) == "87.3%"
        assert number(None) == percent(None) == "–"


@pytest.mark.parametrize(
    ("hour", "language", "expected"),
    [
        (0, "en", "3 Mar 2026, 12:05 a.m."),
        (15, "en", "3 Mar 2026, 3:05 p.m."),
        (15, "zh-hans", "2026-03-03 下午 3:05"),
        (9, "zh-hans", "2026-03-03 上午 9:05"),
    ],
)
def test_times_of_day_have_twelve_hours_for_who_wants_them(hour: int, language: str, expected: str) -> None:
    moment = datetime.datetime(2026, 3, 3, hour, 5, tzinfo=timezone.get_current_timezone())
    with translation.override(language):
        with twelve_hours(True):
            assert f'title="{expected}"' in ago(moment)
        assert f"{hour:02}:05" in ago(moment)


def test_days_follow_the_locale() -> None:
    with translation.override("zh-hans"):
        assert day(datetime.date(2026, 8, 3)) == "2026-08-03"
    with translation.override("en"):
        assert day(datetime.date(2026, 8, 3)) == "3 Aug 2026"


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (datetime.timedelta(seconds=20), "just now"),
        (datetime.timedelta(minutes=1, seconds=5), "1 minute ago"),
        (datetime.timedelta(hours=3, minutes=5), "3 hours ago"),
        (datetime.timedelta(days=2, hours=1), "2 days ago"),
    ],
)
def test_recent_times_are_relative_with_the_exact_time_on_hover(
    before: datetime.timedelta, words: str
) -> None:
    with translation.override("en"):
        text = str(ago(timezone.now() - before))
    assert f">{words}</time>" in text
    assert re.search(r'title="\d+ \w+ \d{4}, \d\d:\d\d"', text)


def test_old_and_future_times_are_dates() -> None:
    with translation.override("zh-hans"):
        for moment in (
            timezone.now() - datetime.timedelta(days=8),
            timezone.now() + datetime.timedelta(days=3),
        ):
            assert f">{day(moment)}</time>" in str(ago(moment))


class ExampleForm(forms.Form):
    name = forms.CharField(label="Name")
    agreed = forms.BooleanField(label="Agreed", required=False)


def test_an_error_stands_beside_its_field_and_is_announced() -> None:
    html = Template("{% load zhiyin %}{% field form.name %}{% field form.agreed %}").render(
        Context({"form": ExampleForm({"name": ""})})
    )
    assert 'aria-describedby="id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_error"' in html
    assert 'class="form-check-input"' in html


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    known = set(re.findall(r'"([a-z0-9-]+)"', (ASSETS / "icons.json").read_text()))
    used = {
        (path.name, name)
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'{% (?:icon|empty) "([a-z0-9-]+)"', path.read_text())
    }
    assert len(used) > 20
    assert sorted(pair for pair in used if pair[1] not in known) == []


def test_icons_are_decoration_unless_labelled() -> None:
    assert 'aria-hidden="true"' in _icon("user")
    assert "icons-" in _icon("user")


def test_templates_obey_the_content_security_policy() -> None:
    """No inline style, no inline script, nothing that needs ``eval``."""
    forbidden = re.compile(
        r"""\sstyle=|<style|\son\w+=|hx-on|hx-vars|["'\s{]js:|javascript:|<script(?![^>]*src=)"""
    )
    guilty = [path.name for path in TEMPLATES.rglob("*.html") if forbidden.search(path.read_text())]
    assert guilty == []
