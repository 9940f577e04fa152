"""The frame around pages is made once and kept: it must never carry what belongs to somebody else."""

import re

import pytest
from django.template import Context
from django.utils import translation
from django.utils.html import escape

from tests.cast import Company, Person
from zhiyin.web.templatetags.zhiyin import kept

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


def _frame(person: Person, path: str = "/jobs/", language: str = "en") -> str:
    person.client.cookies["zhiyin_language"] = language
    return person.client.get(path).content.decode()


def _rail(html: str) -> str:
    return html.split('<nav class="rail"')[1].split("</nav>", maxsplit=1)[0]


@pytest.mark.django_db
def test_a_company_never_sees_anothers_name_or_people(cast: Company, other: Company) -> None:
    for ours, theirs in [(cast, other), (other, cast), (cast, other)]:
        html = _frame(ours.gao)
        assert ours.tenant.name in _rail(html)
        assert ours.gao.user.email in html
        assert theirs.tenant.name not in html
        assert theirs.gao.user.email not in html


@pytest.mark.django_db
def test_colleagues_see_their_own_name_and_their_own_links(cast: Company) -> None:
    administrator, agent = _frame(cast.gao), _frame(cast.an)
    assert (cast.gao.user.email in administrator, cast.an.user.email in administrator) == (True, False)
    assert (cast.gao.user.email in agent, cast.an.user.email in agent) == (False, True)
    for address in ("/settings/", "/imports/", "/insight/"):
        assert f'href="{address}"' in administrator
        assert f'href="{address}"' not in agent


@pytest.mark.django_db
def test_each_language_and_theme_has_a_frame_of_its_own(cast: Company) -> None:
    assert ["Customers" in _frame(cast.lin, language=each) for each in ("en", "zh-hans", "en")] == [
        True,
        False,
        True,
    ]
    cast.lin.client.post("/preferences/", {"theme": "dark"})
    chosen = re.compile(r'value="(\w+)"[^>]*aria-checked="true"')
    assert chosen.findall(_frame(cast.lin)) == ["dark"]
    assert chosen.findall(_frame(cast.chen)) == ["auto"]


@pytest.mark.django_db
def test_the_link_of_the_page_shown_is_marked(cast: Company) -> None:
    for path in ("/customers/", "/jobs/", "/customers/"):
        marked = re.findall(r'href="([^"]+)" aria-current="page"', _rail(_frame(cast.gao, path)))
        assert marked == [path]


@pytest.mark.django_db
def test_every_form_has_the_readers_own_token(cast: Company) -> None:
    first, second = (TOKEN.findall(_frame(person, "/customers/")) for person in (cast.gao, cast.gao))
    assert first
    assert not set(first) & set(second), "a token is masked anew for each page"


def _kept(fragment: str, **values: object) -> str:
    return kept(Context({"csrf_token": "tok"}), fragment, **values)


def test_a_kept_fragment_sees_no_request_and_shows_what_is_in_its_key() -> None:
    hostile = _kept("components/rail.html", company="<b>A</b>")
    assert "&lt;b&gt;A&lt;/b&gt;" in hostile
    assert _kept("components/rail.html", company="B") != hostile
    with translation.override("en"):
        english = _kept("components/shortcuts.html")
    with translation.override("zh-hans"):
        assert _kept("components/shortcuts.html") != english


def test_what_comes_late_is_escaped_and_not_kept() -> None:
    for summary in ("<b>1</b>", "2", None):
        html = _kept(
            "components/pages.html", previous=False, next=True, late_summary=summary, late_next="?a&b"
        )
        assert f"<span>{escape(summary or '')}</span>" in html
        assert 'href="?a&amp;b"' in html
    assert 'value="tok"' in _kept("components/language_form.html", here="/")
